/* A policy of one's own, in C: keeps to the middle of what is free and heads for the goal.
 *
 *     cc -std=c17 -shared -fPIC -I . -o mine.so tests/example/policy.c && binnacle run clutter --policy ./mine.so */
#include <stdio.h>

#include "nav/policy.h"

struct params {
    double speed_mps, turn_gain, keep_m;
};
static const struct param rows[] = {
    {.name = "speed_mps", .offset = offsetof(struct params, speed_mps), .fallback = 0.6, .min = 0.05, .max = 2,
     .unit = "m/s", .help = "where nothing is near"},
    {.name = "turn_gain", .offset = offsetof(struct params, turn_gain), .fallback = 1.8, .min = 0.1, .max = 10,
     .unit = "1/s", .help = "turn rate per radian of error"},
    {.name = "keep_m", .offset = offsetof(struct params, keep_m), .fallback = 0.7, .min = 0.1, .max = 3,
     .unit = "m", .help = "slower where something ahead is nearer"},
};

/* The plan a little ahead, or the goal where there is no plan; in the robot's frame. */
static struct vec2 carrot(const struct policy_input *in)
{
    const struct plan *plan = in->plan;
    for (size_t i = 0; i < plan->count; i++) {
        struct vec2 p = pose2_unapply(in->belief->pose, plan->points[i]);
        if (p.x * p.x + p.y * p.y > 0.5 * 0.5)
            return p;
    }
    return pose2_unapply(in->belief->pose, in->task->goal);
}

static double room_ahead_m(const struct policy_input *in)
{
    double nearest = 10;
    for (size_t i = 0; i < in->belief->point_count; i++) {
        struct vec2 p = in->belief->points[i];
        if (p.x > 0 && fabs(p.y) < in->task->width_m / 2 + 0.1 && p.x - in->task->length_m / 2 < nearest)
            nearest = p.x - in->task->length_m / 2;
    }
    return nearest;
}

static void decide(const void *bytes, void *state, const struct policy_input *in, struct decision *out)
{
    const struct params *params = bytes;
    struct vec2 to = carrot(in);
    double error = atan2(to.y, to.x), room = room_ahead_m(in);
    (void)state;
    out->wish.w_radps = clamp(params->turn_gain * error, -in->task->max_w_radps, in->task->max_w_radps);
    out->wish.v_mps = params->speed_mps * fmax(cos(error), 0) * clamp(room / params->keep_m, 0, 1);
    out->valid = true;
    out->confidence = clamp(room / params->keep_m, 0, 1);
    snprintf(out->reason, sizeof out->reason, "carrot at %.0f deg, %.2f m of room", error * 180 / PI, room);
}

static const struct policy mine = {
    .name = "mine", .summary = "follows the plan, slower where it is tight", .params = rows,
    .param_count = COUNT_OF(rows), .param_size = sizeof(struct params), .decide = decide,
};
POLICY_PLUGIN(mine);
