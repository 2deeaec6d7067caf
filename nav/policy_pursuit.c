/* nav/policy_pursuit.c - regulated pure pursuit along the first plan it was given: the honest bad baseline.
 *
 * Coulter 1992, with speed lowered in bends and towards the goal. It keeps the way that was known at the start
 * and looks at nothing later: what was not on the map then, or moved since, it hits. */
#include <stdio.h>

#include "nav/decision.h"
#include "nav/footprint.h"

enum { WAY_MAX = 64 };

struct pursuit_params {
    double lookahead_s, lookahead_min_m, lookahead_max_m, cruise_mps, turn_rad;
};

#define NUMBER(name, fallback, low, high, unit, help)                                                                  \
    {#name, PARAM_REAL, offsetof(struct pursuit_params, name), fallback, low, high, unit, help, NULL}
static const struct param pursuit_params[] = {
    NUMBER(lookahead_s, 0.9, 0.1, 5, "s", "the point steered at is this far ahead in time ..."),
    NUMBER(lookahead_min_m, 0.4, 0.1, 3, "m", "... but at least so far ..."),
    NUMBER(lookahead_max_m, 1.2, 0.1, 5, "m", "... and at most so far"),
    NUMBER(cruise_mps, 1.0, 0.05, 5, "m/s", "speed on a straight path"),
    NUMBER(turn_rad, 0.8, 0.1, 3.2, "rad", "a larger heading error is turned away on the spot"),
};

struct pursuit_state {
    struct vec2 goal;
    struct vec2 way[WAY_MAX]; /* the first plan, thinned out evenly */
    uint32_t count, at;       /* `at`: the last waypoint passed */
};

static void way_keep(struct pursuit_state *state, const struct policy_input *in)
{
    bool moved = state->goal.x != in->task->goal.x || state->goal.y != in->task->goal.y;
    if ((state->count && !moved) || !in->plan->count)
        return;
    size_t count = in->plan->count < WAY_MAX ? in->plan->count : WAY_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t from = count > 1 ? i * (in->plan->count - 1) / (count - 1) : 0;
        state->way[i].x = in->plan->points[from].x;
        state->way[i].y = in->plan->points[from].y;
    }
    state->goal.x = in->task->goal.x;
    state->goal.y = in->task->goal.y;
    state->count = (uint32_t)count;
    state->at = 0;
}

/* The point of the kept way that is `ahead` metres along it from the place nearest to the robot. */
static struct vec2 way_point(struct pursuit_state *state, struct vec2 here, double ahead)
{
    while (state->at + 1 < state->count &&
           vec2_distance(state->way[state->at + 1], here) <= vec2_distance(state->way[state->at], here))
        state->at++;
    struct vec2 from = state->way[state->at];
    for (uint32_t i = state->at + 1; i < state->count; i++) {
        double length = vec2_distance(from, state->way[i]);
        if (length >= ahead)
            return vec2_add(from, vec2_scale(vec2_sub(state->way[i], from), ahead / length));
        ahead -= length;
        from = state->way[i];
    }
    return from;
}

static void pursuit_decide(const void *params, void *memory, const struct policy_input *in, struct decision *out)
{
    const struct pursuit_params *p = params;
    struct pursuit_state *state = memory;
    const struct task *task = in->task;
    struct vec2 here = {in->belief->pose.x, in->belief->pose.y};
    double away = vec2_distance(task->goal, here);
    out->valid = true;
    way_keep(state, in);
    if (!state->count || away < 0.6 * task->goal_tolerance_m) {
        out->wish = footprint_reach(task, in->last, (struct twist2){0, 0});
        out->confidence = state->count ? 1 : 0;
        if (state->count)
            snprintf(out->reason, sizeof out->reason, "at the goal, %.2f m off", away);
        else
            snprintf(out->reason, sizeof out->reason, "no path yet: %s", in->plan->reason);
        decision_single(task, out);
        return;
    }
    double ahead = clamp(p->lookahead_s * fabs(in->last.v_mps), p->lookahead_min_m,
                         fmax(p->lookahead_min_m, p->lookahead_max_m));
    struct vec2 target = pose2_unapply(in->belief->pose, way_point(state, here, ahead));
    double distance = fmax(0.05, vec2_length(target)), error = atan2(target.y, target.x);
    double bend = 2 * target.y / square(distance);
    double cruise = fmin(p->cruise_mps, task->max_v_mps), in_bend = 0.6 * task->max_w_radps / fmax(fabs(bend), 1e-6);
    double to_stop = sqrt(2 * 0.35 * task->max_a_mps2 * away), v = fmin(fmin(cruise, in_bend), to_stop);
    bool turning = fabs(error) > p->turn_rad;
    struct twist2 want = {turning ? 0 : v, turning ? 1.5 * error : bend * fmax(v, fabs(in->last.v_mps))};
    out->wish = footprint_reach(task, in->last, want);
    out->confidence = 0.5 * fmax(0, cos(error)); /* half at most: it looks at nothing */
    snprintf(out->reason, sizeof out->reason, "%s, blind to obstacles, %.1f m from the goal",
             turning ? "turning towards the first path" : "following the first path", away);
    snprintf(out->constraint, sizeof out->constraint, "%s",
             turning        ? "turns on the spot first"
             : v >= cruise  ? "cruise speed"
             : v >= in_bend ? "bend ahead"
                            : "goal ahead");
    decision_single(task, out);
}

extern const struct policy policy_pursuit;
const struct policy policy_pursuit = {
    .name = "pursuit",
    .summary = "pure pursuit of the first path; hits whatever was not on the map",
    .params = pursuit_params,
    .param_count = COUNT_OF(pursuit_params),
    .param_size = sizeof(struct pursuit_params),
    .state_size = sizeof(struct pursuit_state),
    .decide = pursuit_decide,
};
