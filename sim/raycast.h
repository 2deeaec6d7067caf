/* sim/raycast.h - exact rays against the world's solids.
 *
 * Closed-form hits on boxes (any rotation), cylinders, spheres, capsules and planes; triangles for hulls,
 * meshes and heightfields. A uniform grid over the ground plane holds what stands in each cell; rays walk it in
 * packets, side by side in the processor's widest vectors (sim/packet_trace.h). Solids may move (raycast_move
 * updates only the cells they stand or stood on). Every solid says which senses it answers to, so glass lets lidar
 * pass and a sensor asks only for its own. Same inputs, same bits, whatever the vectors' width, the size of cells or
 * the number of rays asked for at once. Planes answer everywhere. Distances are from the origin along a unit
 * direction, hits from inside a solid are not reported (the exit is not a surface). max_m is finite. */
#ifndef SIM_RAYCAST_H
#define SIM_RAYCAST_H

#include "sim/shape.h"
#include <stdbool.h>
#include <stddef.h>

enum sense { /* bits */
    SENSE_LIDAR = 1,
    SENSE_DEPTH = 2,
    SENSE_CAMERA = 4,
    SENSE_TOUCH = 8, /* solid: counts for clearance */
};

/* Instruction sets of the inner loop, which all give the same bits. */
enum raycast_lanes { RAYCAST_PLAIN, RAYCAST_SSE2, RAYCAST_AVX2, RAYCAST_AVX512 };

struct raycast;

struct raycast_solid {
    struct shape shape;
    struct pose3 pose;
    unsigned senses;    /* bits of enum sense */
    int32_t material;   /* index for the caller (sim/material.h) */
    int32_t tag;        /* the caller's number */
};

struct raycast_hit {
    double distance_m;
    struct vec3 normal; /* unit, towards the origin's side */
    int32_t material, tag;
    uint32_t solid;
};

/* Covers x0..x1, y0..y1 with square cells of at most cell_m, smaller ones as solids become many (wider only if they
 * would exceed a million). Solids that reach outside are kept in one list that every ray tries. */
struct raycast *raycast_create(double x0, double y0, double x1, double y1, double cell_m);
void raycast_destroy(struct raycast **raycast);
/* Ids count from 0 in call order. The shape must pass shape_fault; its arrays are copied. */
uint32_t raycast_add(struct raycast *raycast, const struct raycast_solid *solid);
void raycast_move(struct raycast *raycast, uint32_t solid, struct pose3 pose);
/* From now on the solid answers to these senses (bits of enum sense); 0 hides it. */
void raycast_answer(struct raycast *raycast, uint32_t solid, unsigned senses);
/* The widest that this processor has is used unless one is asked for (tests do); false if it is not here. */
bool raycast_use(struct raycast *raycast, enum raycast_lanes lanes);
/* The nearest hit within max_m among solids that answer to `sense`; false if none. `direction` is a unit vector. */
bool raycast_ray(const struct raycast *raycast, struct vec3 origin, struct vec3 direction, double max_m, unsigned sense,
                 struct raycast_hit *hit);
/* Many rays from one origin: several times as fast as one by one where neighbours point alike. hits[i].distance_m
 * is max_m, tag and material are -1 and solid is UINT32_MAX where nothing was hit. */
void raycast_rays(const struct raycast *raycast, struct vec3 origin, const struct vec3 *directions, size_t count,
                  double max_m, unsigned sense, struct raycast_hit *hits);

struct raycast_line { /* from a point along a unit direction, as far as max_m */
    struct vec3 origin, direction;
    double max_m;
};
/* For each line whether anything that answers to `sense` stands on it: what raycast_ray would return, without the
 * search for the nearest. For shadows and lines of sight. */
void raycast_blocked(const struct raycast *raycast, const struct raycast_line *lines, size_t count, unsigned sense,
                     bool *blocked);

/* Smallest horizontal distance between an upright rectangle (the robot's footprint: pose, length along x,
 * width) and any solid that answers SENSE_TOUCH and reaches into z0..z1; up to max_m, which is returned if
 * nothing is nearer. 0 when overlapping. Exact for boxes turned about z, upright cylinders, spheres and capsules; a
 * bounding rectangle for anything else. Planes do not count. `solid` (may be NULL) receives the nearest one's
 * id, or UINT32_MAX. */
double raycast_clearance(const struct raycast *raycast, struct pose2 pose, double length_m, double width_m, double z0_m,
                         double z1_m, double max_m, uint32_t *solid);
/* With its present pose; valid until the next raycast_add. */
const struct raycast_solid *raycast_solid(const struct raycast *raycast, uint32_t solid);
size_t raycast_count(const struct raycast *raycast);

#endif
