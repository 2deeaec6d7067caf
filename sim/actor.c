#include "sim/actor.h"

#include "logs/hash.h"
#include "logs/status.h"

const struct actor_class *const actor_classes[ACTOR_KIND_COUNT] = {
    [ACTOR_WALKER] = &actor_walker, [ACTOR_PEDESTRIAN] = &actor_pedestrian, [ACTOR_CHILD] = &actor_child,
    [ACTOR_CART] = &actor_cart,     [ACTOR_DOOR] = &actor_door,
};

static bool is_box(const struct actor *actor) { return actor->size_m.z > 0; }

static bool is_person(const struct actor *actor)
{
    return actor->kind == ACTOR_WALKER || actor->kind == ACTOR_PEDESTRIAN || actor->kind == ACTOR_CHILD;
}

struct shape actor_shape(const struct actor *actor)
{
    if (is_person(actor))
        return (struct shape){.kind = SHAPE_CAPSULE, .radius_m = actor->radius_m,
                              .height_m = actor->height_m - 2 * actor->radius_m};
    if (is_box(actor))
        return (struct shape){.kind = SHAPE_BOX, .half_m = vec3_scale(actor->size_m, 0.5)};
    return (struct shape){.kind = SHAPE_CYLINDER, .radius_m = actor->radius_m, .height_m = actor->height_m};
}

struct pose3 actor_pose(const struct actor *actor, const struct actor_state *state)
{
    double height_m = is_box(actor) ? actor->size_m.z : actor->height_m;
    return (struct pose3){{state->at.x, state->at.y, height_m / 2}, quat_from_yaw(state->heading_rad)};
}

double actor_reach_m(const struct actor *actor)
{
    return is_box(actor) ? vec2_length((struct vec2){actor->size_m.x, actor->size_m.y}) / 2 : actor->radius_m;
}

struct gap actor_gap(const struct actor *actor, const struct actor_state *state, struct vec2 p)
{
    bool box = is_box(actor);
    return gap_rectangle((struct pose2){state->at.x, state->at.y, box ? state->heading_rad : 0},
                         box ? actor->size_m.x : 0, box ? actor->size_m.y : 0, box ? 0 : actor->radius_m, p);
}

struct gap actor_robot_gap(const struct actor_robot *robot, struct vec2 p)
{
    return gap_rectangle(robot->pose, robot->length_m, robot->width_m, 0, p);
}

void actors_move(const struct actor_scene *scene)
{
    const struct actor *actors = scene->scenario->actors;
    ASSERT(scene->dt_s > 0 && isfinite(scene->now_s));
    for (size_t i = 0; i < scene->scenario->actor_count; i++)
        if (actor_classes[actors[i].kind]->plan)
            actor_classes[actors[i].kind]->plan(scene, i);
    for (size_t i = 0; i < scene->scenario->actor_count; i++)
        actor_classes[actors[i].kind]->move(scene, i);
}

/* --- people on waypoints --------------------------------------------------------------------------------------- */

void actor_next_waypoint(const struct actor *actor, struct actor_state *state)
{
    int next = state->target + state->direction;
    if (next < 0 || next >= actor->waypoint_count) {
        state->direction = -state->direction;
        state->wait_s = actor->pause_s;
        next = state->target + state->direction;
    }
    ASSERT(next >= 0 && next < actor->waypoint_count);
    state->target = next;
}

void actor_turn_back(struct actor_state *state)
{
    state->direction = -state->direction;
    state->target += state->direction;
    state->blocked_s = 0;
}

uint64_t actor_hash_person(const struct actor_state *state, uint64_t hash)
{
    const double reals[] = {state->at.x, state->at.y, state->heading_rad, state->wait_s, state->blocked_s};
    const int32_t whole[] = {state->target, state->direction};
    return hash_bytes(hash_bytes(hash, reals, sizeof reals), whole, sizeof whole);
}
