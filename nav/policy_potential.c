/* nav/policy_potential.c - downhill in a potential: the textbook's first idea, and its first failure.
 *
 * Khatib 1986: the goal attracts, what stands within reach_m repels with 1/2 (1/d - 1/reach)^2. The robot goes where a
 * circle of directions is lowest. It knows no path, so in a dead end it comes to rest: every direction is uphill. */
#include <stdio.h>

#include "nav/around.h"
#include "nav/decision.h"
#include "nav/footprint.h"

enum { DIRECTIONS = 36 };
static const char *const critic_names[] = {"goal", "repulsion"};

struct potential_params {
    double attraction, repulsion, reach_m, step_m, turn_gain, cruise_mps;
};

#define NUMBER(name, fallback, low, high, unit, help)                                                                  \
    {#name, PARAM_REAL, offsetof(struct potential_params, name), fallback, low, high, unit, help, NULL}
static const struct param potential_params[] = {
    NUMBER(attraction, 1.0, 0, 100, "1/m", "price of a metre from the goal"),
    NUMBER(repulsion, 0.02, 0, 100, "m2", "price of being near things"),
    NUMBER(reach_m, 1.0, 0.1, 3, "m", "farther things do not repel"),
    NUMBER(step_m, 0.15, 0.02, 1, "m", "radius of the circle that is looked at"),
    NUMBER(turn_gain, 2.0, 0.1, 10, "1/s", "turn rate by heading error"),
    NUMBER(cruise_mps, 0.8, 0.05, 5, "m/s", "speed when heading downhill"),
};

struct potential_state {
    struct standing standing;
};

/* Weighted, by critic, at a point of the robot frame. */
static void price(const struct potential_params *p, const struct around *around, struct vec2 goal, struct vec2 at,
                  double body_m, double *costs)
{
    costs[0] = p->attraction * vec2_distance(goal, at);
    costs[1] = 0;
    for (size_t i = 0; i < AROUND_SECTORS; i++) {
        if (isinf(around->distance_m[i]))
            continue;
        double d = fmax(0.02, vec2_distance(around->at[i], at) - body_m);
        if (d < p->reach_m)
            costs[1] += p->repulsion / 2 * square(1 / d - 1 / p->reach_m);
    }
}

struct slope { /* what the circle showed */
    double level, lowest; /* here, and in the lowest direction ... */
    double downhill_rad;  /* ... which is this */
};

static void circle_offer(const struct potential_params *p, const struct around *around, const struct policy_input *in,
                         struct vec2 goal, struct slope *slope, struct decision *out)
{
    const struct task *task = in->task;
    out->candidates_total = DIRECTIONS;
    for (int i = 0; i < DIRECTIONS; i++) {
        double angle = wrap_angle(2 * PI * i / DIRECTIONS);
        double v = fmin(p->cruise_mps, task->max_v_mps) * fmax(0, cos(angle));
        struct candidate candidate = {0};
        candidate.command = footprint_reach(task, in->last, (struct twist2){v, p->turn_gain * angle});
        price(p, around, goal, (struct vec2){p->step_m * cos(angle), p->step_m * sin(angle)}, task->width_m / 2,
              candidate.costs);
        candidate.total = candidate.costs[0] + candidate.costs[1];
        candidate.valid = candidate.total < slope->level;
        out->candidates_valid += candidate.valid;
        if (candidate.total < slope->lowest) {
            slope->lowest = candidate.total;
            slope->downhill_rad = angle;
        }
        if (!candidate.valid)
            candidate.total = HUGE_VAL;
        decision_offer(out, &candidate);
    }
}

static void potential_decide(const void *params, void *memory, const struct policy_input *in, struct decision *out)
{
    const struct potential_params *p = params;
    struct potential_state *state = memory;
    struct plan straight = {.points = &in->task->goal, .count = 1, .reason = ""}; /* it has no use for a path */
    struct policy_input blind = *in;
    struct around around;
    double here[2], body_m = in->task->width_m / 2;
    blind.plan = &straight;
    out->valid = true;
    if (decision_stands(&state->standing, &blind, out))
        return;
    around_fill(&around, in->belief, NULL, p->reach_m + p->step_m + 0.3);
    struct vec2 goal = pose2_unapply(in->belief->pose, in->task->goal);
    price(p, &around, goal, (struct vec2){0, 0}, body_m, here);
    struct slope slope = {.level = here[0] + here[1], .lowest = HUGE_VAL};
    out->critics = critic_names;
    out->critic_count = COUNT_OF(critic_names);
    circle_offer(p, &around, in, goal, &slope, out);
    snprintf(out->constraint, sizeof out->constraint, "goal %.2f, repulsion %.2f here", here[0], here[1]);
    if (slope.lowest < slope.level) {
        out->wish = out->candidates[0].command;
        /* On an open slope half of all directions lead down. */
        out->confidence = fmin(1, 2 * (double)out->candidates_valid / DIRECTIONS);
        snprintf(out->reason, sizeof out->reason, "downhill, %.0f deg %s, no path in mind",
                 fabs(slope.downhill_rad) * 180 / PI, slope.downhill_rad > 0 ? "left" : "right");
        return;
    }
    struct candidate rest = {decision_slow(in), true, slope.level, {here[0], here[1]}};
    decision_choose(out, &rest);
    snprintf(out->reason, sizeof out->reason, "local minimum: every direction is uphill");
}

extern const struct policy policy_potential;
const struct policy policy_potential = {
    .name = "potential",
    .summary = "downhill in a potential field; comes to rest in every dead end",
    .params = potential_params,
    .param_count = COUNT_OF(potential_params),
    .param_size = sizeof(struct potential_params),
    .state_size = sizeof(struct potential_state),
    .decide = potential_decide,
};
