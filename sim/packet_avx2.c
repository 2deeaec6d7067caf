/* The packet kernel in AVX2 (see sim/packet.h). */
#if defined(__x86_64__)
#define LANES 4
#include "sim/packet_trace.h"

const struct packet_kernel packet_avx2 = {LANES, trace_bundle};
#else
typedef int packet_avx2_is_not_here; /* a file may not be empty */
#endif
