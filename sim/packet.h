/* sim/packet.h - rays traced a few at a time: the inner loop of the ray caster, built once for each instruction set.
 *
 * Inside the ray caster only. The source is sim/packet_trace.h; sim/packet_*.c compile it with 1, 2, 4 and 8 lanes.
 * What a lane answers does not depend on the other lanes or on their number, so every build gives the same bits. */
#ifndef SIM_PACKET_H
#define SIM_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/raycast.h"

enum { BUNDLE_RAYS = 64 }; /* a multiple of every kernel's lanes */

#define BUNDLE_NO_SOLID 4294967295.0 /* UINT32_MAX */

struct bundle { /* rays, component by component */
    size_t count;
    bool one_origin; /* all have the first ray's */
    double origin[3][BUNDLE_RAYS], direction[3][BUNDLE_RAYS];
    double nearest_m[BUNDLE_RAYS]; /* in: how far to look; out: the nearest hit */
    double solid[BUNDLE_RAYS];     /* out: its id, or BUNDLE_NO_SOLID */
    double face[BUNDLE_RAYS];      /* out: for solid_normal */
};

struct packet_kernel {
    int lanes;
    /* `any`: any hit will do; its distance and face are then not told. */
    void (*trace)(const struct raycast *raycast, struct bundle *bundle, unsigned sense, bool any);
};

/* Of an instruction set that this processor has, else NULL. Plain C is always there. */
const struct packet_kernel *packet_kernel(enum raycast_lanes lanes);

extern const struct packet_kernel packet_plain;
#if defined(__x86_64__)
extern const struct packet_kernel packet_sse2, packet_avx2, packet_avx512;
#endif

#endif
