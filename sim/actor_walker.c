/* A walker goes from waypoint to waypoint, there and back. One that yields stops for whoever is close ahead and,
 * after a while, turns back. */
#include "sim/actor.h"

static const double YIELD_GAP_M = 0.6, YIELD_COS = 0.5; /* ahead: within 60 degrees of the way one goes */
static const double ELBOW_GAP_M = 0.1; /* this near, whatever is not behind is ahead */
static const double PATIENCE_S = 2, PATIENCE_STEP_S = 0.25; /* one after the other, so that not both turn back */
static const double ARRIVED_M = 1e-3;

static void walker_start(const struct actor *actor, struct seed_stream *pauses, struct actor_state *state)
{
    struct vec2 way = vec2_sub(actor->waypoints[1], actor->waypoints[0]);
    *state = (struct actor_state){.at = actor->waypoints[0], .heading_rad = atan2(way.y, way.x), .target = 1,
                                  .direction = 1, .wait_s = seed_between(pauses, 0, actor->pause_s)};
}

/* Is something that begins `gap` away, seen along `to`, in the way of somebody who goes along `way` (unit)? */
static bool is_ahead(struct vec2 way, struct vec2 to, double gap_m)
{
    double least = gap_m < ELBOW_GAP_M ? 0 : YIELD_COS;
    return gap_m < YIELD_GAP_M && vec2_dot(way, to) > least * vec2_length(to);
}

static struct vec2 nearest_on_robot(const struct actor_robot *robot, struct vec2 p)
{
    struct vec2 local = pose2_unapply(robot->pose, p);
    return pose2_apply(robot->pose, (struct vec2){clamp(local.x, -robot->length_m / 2, robot->length_m / 2),
                                                  clamp(local.y, -robot->width_m / 2, robot->width_m / 2)});
}

static bool is_blocked(const struct actor_scene *scene, size_t index, struct vec2 way)
{
    const struct actor *actors = scene->scenario->actors;
    struct vec2 at = scene->states[index].at;
    for (size_t i = 0; i < scene->robot_count; i++) {
        struct vec2 to = vec2_sub(nearest_on_robot(&scene->robots[i], at), at);
        if (is_ahead(way, to, vec2_length(to) - actors[index].radius_m))
            return true;
    }
    for (size_t i = 0; i < scene->scenario->actor_count; i++) {
        struct vec2 to = vec2_sub(scene->states[i].at, at);
        if (i != index && is_ahead(way, to, vec2_length(to) - actors[index].radius_m - actor_reach_m(&actors[i])))
            return true;
    }
    return false;
}

static void walk(const struct actor_scene *scene, size_t index)
{
    const struct actor *actor = &scene->scenario->actors[index];
    struct actor_state *state = &scene->states[index];
    if (state->wait_s > 0) {
        state->wait_s -= scene->dt_s;
        return;
    }
    struct vec2 to = vec2_sub(actor->waypoints[state->target], state->at);
    double distance = vec2_length(to), stride = actor->speed_mps * scene->dt_s;
    if (distance <= ARRIVED_M) {
        actor_next_waypoint(actor, state);
        return;
    }
    struct vec2 way = vec2_scale(to, 1 / distance);
    state->heading_rad = atan2(way.y, way.x);
    if (actor->yields && is_blocked(scene, index, way)) {
        state->blocked_s += scene->dt_s;
        if (state->blocked_s > PATIENCE_S + PATIENCE_STEP_S * (double)index)
            actor_turn_back(state);
        return;
    }
    state->blocked_s = 0;
    state->at = vec2_add(state->at, vec2_scale(way, fmin(stride, distance)));
}

static void walker_move(const struct actor_scene *scene, size_t index)
{
    struct actor_state *state = &scene->states[index];
    struct vec2 before = state->at;
    walk(scene, index);
    state->velocity_mps = vec2_scale(vec2_sub(state->at, before), 1 / scene->dt_s);
}

const struct actor_class actor_walker = {"person", true, walker_start, NULL, walker_move, actor_hash_person};
