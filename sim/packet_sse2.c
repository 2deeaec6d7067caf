/* The packet kernel in SSE2 (see sim/packet.h). */
#if defined(__x86_64__)
#define LANES 2
#include "sim/packet_trace.h"

const struct packet_kernel packet_sse2 = {LANES, trace_bundle};
#else
typedef int packet_sse2_is_not_here; /* a file may not be empty */
#endif
