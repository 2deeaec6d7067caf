/* sim/world.h - the expanded scenario made solid: bodies in Bullet, solids for the rays, actors moving. Truth lives
 * here. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "sim/actor.h"
#include "sim/physics.h"
#include "sim/raycast.h"
#include "sim/scenario.h"

enum {
    TAG_GROUND = -1,
    TAG_ROBOT = -2
}; /* further robots: TAG_ROBOT - 1 and so on; others: index into world->things */
enum { ROBOTS_MAX = 8 };

struct world_thing { /* a solid or an actor */
    const char *name; /* borrowed from the scenario */
    struct physics_body body;
    uint32_t solid; /* in the raycaster */
    int material;
    bool moves, ground;
};

struct world {
    const struct scenario *scenario; /* borrowed */
    struct physics *physics;
    struct raycast *raycast;
    struct obstacles *obstacles; /* as people see them */
    struct world_thing *things;
    size_t thing_count, actor_first; /* things[actor_first + i] is scenario->actors[i] */
    const char *robot_names[ROBOTS_MAX]; /* borrowed; [0] is TAG_ROBOT */
    struct actor_state actors[SCENARIO_ACTORS_MAX];
    double reach_m;   /* of the largest of them */
    int64_t moved_ns; /* how long they have moved */
};

MUST_USE struct world *world_create(const struct scenario *scenario, uint64_t seed, struct error *err);
void world_destroy(struct world **world);
/* Moves the actors by dt (they see the robots), hands kinematic poses to physics. Call before physics_step. */
void world_move_actors(struct world *world, const struct actor_robot *robots, size_t robot_count, double dt_s);
/* After physics: poses of everything that moves go to the raycaster. Call before sensors look. */
void world_update_rays(struct world *world);
bool world_is_ground(const struct world *world, int32_t tag); /* the floor, and solids that are driven on */
const char *world_tag_name(const struct world *world, int32_t tag); /* "ground", a robot's name, "box 12" */

/* Zones under a footprint: whether a corner (or the centre) is in a keep-out zone and how deep, and the lowest speed
 * limit there. */
struct zone_state {
    bool in_keepout;
    double depth_m, speed_limit_mps; /* infinite: none */
};
struct zone_state world_zones(const struct world *world, struct pose2 pose, double length_m, double width_m);
/* The zone painted at a floor point, or NULL. */
const struct zone *world_paint(const struct world *world, struct vec2 p);
uint64_t world_hash(const struct world *world, uint64_t hash); /* physics and actors */

#endif
