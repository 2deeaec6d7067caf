/* sim/raycast_parts.h - what the files behind sim/raycast.h share. */
#ifndef SIM_RAYCAST_PARTS_H
#define SIM_RAYCAST_PARTS_H

#include "sim/grid.h"
#include "sim/packet.h"
#include "sim/raycast.h"

struct raycast {
    struct grid grid;
    struct cell planes;
    struct ray_solid *solids;        /* made ready; same order as given */
    struct raycast_solid *given; /* as added, with copies of the shapes' arrays */
    struct triangles **triangles; /* owned; NULL for closed forms */
    uint32_t count, capacity;
    uint32_t refine_at;          /* the count at which smaller cells are due */
    double widest_m;             /* cells may be smaller */
    const struct packet_kernel *kernel;
};

#endif
