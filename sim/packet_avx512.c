/* The packet kernel in AVX-512 (see sim/packet.h). */
#if defined(__x86_64__)
#define LANES 8
#include "sim/packet_trace.h"

const struct packet_kernel packet_avx512 = {LANES, trace_bundle};
#else
typedef int packet_avx512_is_not_here; /* a file may not be empty */
#endif
