/* The packet kernel in plain C (see sim/packet.h). */
#define LANES 1
#include "sim/packet_trace.h"

const struct packet_kernel packet_plain = {LANES, trace_bundle};
