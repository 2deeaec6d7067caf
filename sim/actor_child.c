/* A child stands behind something and darts out when a robot comes near, or at a time: once, looking at nobody. It
 * stops only where it would run into a robot's side, and stays at its last waypoint. */
#include "sim/actor.h"

static const double TOUCH_M = 0.02, ARRIVED_M = 1e-3;

static void child_start(const struct actor *actor, struct seed_stream *pauses, struct actor_state *state)
{
    (void)pauses;
    struct vec2 way = vec2_sub(actor->waypoints[1], actor->waypoints[0]);
    *state = (struct actor_state){.at = actor->waypoints[0], .heading_rad = atan2(way.y, way.x), .target = 1};
}

static bool is_triggered(const struct actor_scene *scene, size_t index)
{
    const struct actor *actor = &scene->scenario->actors[index];
    if (scene->now_s >= actor->trigger_s)
        return true;
    for (size_t i = 0; i < scene->robot_count; i++)
        if (actor_robot_gap(&scene->robots[i], scene->states[index].at).distance_m <= actor->trigger_m)
            return true;
    return false;
}

static bool is_stopped(const struct actor_scene *scene, size_t index, struct vec2 way)
{
    for (size_t i = 0; i < scene->robot_count; i++) {
        struct gap gap = actor_robot_gap(&scene->robots[i], scene->states[index].at);
        if (gap.distance_m < scene->scenario->actors[index].radius_m + TOUCH_M && vec2_dot(gap.away, way) < 0)
            return true;
    }
    return false;
}

static void child_move(const struct actor_scene *scene, size_t index)
{
    const struct actor *actor = &scene->scenario->actors[index];
    struct actor_state *state = &scene->states[index];
    state->velocity_mps = (struct vec2){0, 0};
    if (!state->direction && is_triggered(scene, index))
        state->direction = 1;
    struct vec2 to = vec2_sub(actor->waypoints[state->target], state->at);
    double distance = vec2_length(to), stride = actor->speed_mps * scene->dt_s;
    if (!state->direction || distance <= ARRIVED_M)
        return;
    struct vec2 way = vec2_scale(to, 1 / distance);
    state->heading_rad = atan2(way.y, way.x);
    if (is_stopped(scene, index, way))
        return;
    struct vec2 step = vec2_scale(way, fmin(stride, distance));
    state->at = vec2_add(state->at, step);
    state->velocity_mps = vec2_scale(step, 1 / scene->dt_s);
    if (distance <= stride + ARRIVED_M && state->target + 1 < actor->waypoint_count)
        state->target++;
}

const struct actor_class actor_child = {"person", true, child_start, NULL, child_move, actor_hash_person};
