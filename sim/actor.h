/* sim/actor.h - what moves by itself in a world: people, carts, doors. One small file a kind, ending in a const
 * descriptor.
 *
 *   walker      a person on waypoints who stops for whoever is close ahead
 *   pedestrian  a person on waypoints under social forces (sim/social_force.h), alone or in a group
 *   child       stands somewhere and darts out when a robot comes near, or at a time
 *   cart        on a spline by the clock (sim/spline.h), for nobody's sake
 *   door        swings or slides; by the clock, or when somebody is near; waits for whoever is in its way
 *
 * Actors are kinematic: they push and are not pushed. What an actor is stands in the scenario (struct actor), where
 * it is in its state; a kind's functions see all that is in the scene and change only their own state. First all make
 * up their minds about one and the same scene, then they move in the order of the scenario, each seeing where those
 * before it have just gone. All of the state is hashed. */
#ifndef SIM_ACTOR_H
#define SIM_ACTOR_H

#include <stdint.h>

#include "logs/seed.h"
#include "sim/obstacle.h"
#include "sim/scenario.h"

struct actor_state {
    struct vec2 at;           /* centre, map frame */
    struct vec2 velocity_mps; /* of the last move */
    double heading_rad;
    double wait_s;            /* left of a pause, of a door's rest */
    double blocked_s;         /* people: how long somebody has been in the way */
    int target, direction;    /* people: which waypoint next; +1 there, -1 back; a child 0 until it runs */
    double open;              /* door: 0 closed, 1 open */
    struct vec2 push_mps2;    /* pedestrian: what plan found, for move; not kept, not hashed */
};

struct actor_robot { /* a robot as actors see it: the footprint, and how its middle moves */
    struct pose2 pose;
    struct vec2 velocity_mps;
    double length_m, width_m;
};

struct actor_scene {
    const struct scenario *scenario; /* its actors are those of the states */
    struct actor_state *states;
    const struct actor_robot *robots;
    size_t robot_count;
    const struct obstacles *obstacles;
    double reach_m; /* the greatest of all actors' */
    double now_s, dt_s; /* at the end of the move; how long it takes */
};

struct actor_class {
    const char *name; /* as in ground truth: "person", "cart" */
    bool is_track;    /* something that a tracker is expected to follow */
    void (*start)(const struct actor *actor, struct seed_stream *pauses, struct actor_state *state);
    void (*plan)(const struct actor_scene *scene, size_t index); /* may be NULL */
    void (*move)(const struct actor_scene *scene, size_t index);
    uint64_t (*hash)(const struct actor_state *state, uint64_t hash);
};
extern const struct actor_class actor_walker, actor_pedestrian, actor_child, actor_cart, actor_door;
extern const struct actor_class *const actor_classes[ACTOR_KIND_COUNT];

/* The body, upright and centred; where it is for a state; and the radius of the circle about it. */
struct shape actor_shape(const struct actor *actor);
struct pose3 actor_pose(const struct actor *actor, const struct actor_state *state);
double actor_reach_m(const struct actor *actor);
/* From its surface, or a robot's, to a point of the floor. */
struct gap actor_gap(const struct actor *actor, const struct actor_state *state, struct vec2 p);
struct gap actor_robot_gap(const struct actor_robot *robot, struct vec2 p);

/* All of them, by dt_s. */
void actors_move(const struct actor_scene *scene);

/* For people on waypoints: the next one there or, from an end, back, after a pause; turning round where one is. */
void actor_next_waypoint(const struct actor *actor, struct actor_state *state);
void actor_turn_back(struct actor_state *state);
uint64_t actor_hash_person(const struct actor_state *state, uint64_t hash);

#endif
