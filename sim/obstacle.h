/* sim/obstacle.h - how far a point of the floor is from whatever stands as high as people: their view of the walls.
 *
 * Solids that never move lie in a grid of squares a metre wide; those that can be pushed in a list, kept up to date
 * by the world. Distances are exact for boxes and round solids. */
#ifndef SIM_OBSTACLE_H
#define SIM_OBSTACLE_H

#include "sim/scenario.h"

struct gap { /* from a surface to a point */
    double distance_m; /* negative: inside */
    struct vec2 away;  /* unit, from the surface to the point (or the shortest way out) */
};
/* A rectangle of the floor, turned to the pose, seen from p; radius: grown by it. */
struct gap gap_rectangle(struct pose2 pose, double length_m, double width_m, double radius_m, struct vec2 p);

struct obstacles; /* opaque, owned by whoever created it */
#define OBSTACLES_REACH_M 1.5 /* farther ones are not reported */
enum { OBSTACLES_NEAR_MAX = 6 };

struct obstacles *obstacles_create(const struct scenario *scenario);
void obstacles_destroy(struct obstacles **obstacles);
/* A solid that has mass is there now. */
void obstacles_move(struct obstacles *obstacles, size_t solid, struct pose3 pose);
/* The surfaces near p, nearest first; of several in about one direction (within 60 degrees: the pieces of one wall)
 * only the nearest. Returns how many. */
size_t obstacles_near(const struct obstacles *obstacles, struct vec2 p, struct gap gaps[OBSTACLES_NEAR_MAX]);

#endif
