/* sim/actor.h - what moves by itself in a world: people, carts. One small file a kind, ending in a const descriptor.
 *
 * Actors are kinematic: they push and are not pushed. What an actor is stands in the scenario (struct actor), where it is
 * in its state; a kind's functions see all that is in the scene and change only their own state. They move in the order
 * of the scenario, each seeing where those before it have just gone. All of the state is hashed. */
#ifndef SIM_ACTOR_H
#define SIM_ACTOR_H

#include <stdint.h>

#include "logs/seed.h"
#include "sim/scenario.h"

struct actor_state {
    struct vec2 at;           /* centre, map frame */
    struct vec2 velocity_mps; /* of the last move */
    double heading_rad;
    /* walker */
    double wait_s;    /* left of a pause */
    double blocked_s; /* how long somebody has been in the way */
    int target, direction;
};

struct actor_scene {
    const struct scenario *scenario; /* its actors are those of the states */
    struct actor_state *states;
    struct pose2 robot;
    double now_s, dt_s; /* at the end of the move; how long it takes */
};

struct actor_class {
    const char *name;      /* as in ground truth: "person", "cart" */
    bool is_track;         /* something that a tracker is expected to follow */
    void (*start)(const struct actor *actor, struct seed_stream *pauses, struct actor_state *state);
    void (*move)(const struct actor_scene *scene, size_t index);
    uint64_t (*hash)(const struct actor_state *state, uint64_t hash);
};
extern const struct actor_class actor_walker, actor_cart;
extern const struct actor_class *const actor_classes[ACTOR_KIND_COUNT];

/* The body, upright and centred; where it is for a state; and the radius of the circle about it. */
struct shape actor_shape(const struct actor *actor);
struct pose3 actor_pose(const struct actor *actor, const struct actor_state *state);
double actor_reach_m(const struct actor *actor);

/* All of them, by dt_s; then velocities. */
void actors_move(const struct actor_scene *scene);

#endif
