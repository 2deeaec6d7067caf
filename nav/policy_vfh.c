/* nav/policy_vfh.c - vector field histogram: of the open directions the one that costs least turning from the path.
 *
 * Ulrich and Borenstein 1998 (VFH+). A sector is blocked if something stands in it, widened by the robot's own half
 * width, nearer than a threshold with hysteresis. Openings give candidates: their middle, or their two sides and the
 * target itself if they are wide. The first weight is larger than the sum of the others, so that it does turn to the
 * target. It looks at directions, not at arcs: it cannot see that an opening is not reached along the curve that it
 * drives. */
#include <stdio.h>
#include <string.h>

#include "nav/around.h"
#include "nav/decision.h"
#include "nav/footprint.h"

enum { WIDE_SECTORS = 16 };
static const char *const critic_names[] = {"target", "heading", "previous"};

struct vfh_params {
    double weights[COUNT_OF(critic_names)];
    double ahead_m, near_m, far_m, margin_m, turn_gain, cruise_mps, brake_mps2;
};

#define WEIGHT(name, i, fallback, help)                                                                                \
    {name "_weight", PARAM_REAL, offsetof(struct vfh_params, weights) + (i) * sizeof(double), fallback, 0, 100, "",    \
     help, NULL}
#define NUMBER(name, fallback, low, high, unit, help)                                                                  \
    {#name, PARAM_REAL, offsetof(struct vfh_params, name), fallback, low, high, unit, help, NULL}
static const struct param vfh_params[] = {
    WEIGHT("target", 0, 5, "price of a half turn away from the path"),
    WEIGHT("heading", 1, 2, "price of a half turn of the robot"),
    WEIGHT("previous", 2, 2, "price of a half turn away from the last choice"),
    NUMBER(ahead_m, 0.8, 0.2, 4, "m", "the point of the path that is steered at"),
    NUMBER(near_m, 0.8, 0.3, 4, "m", "nearer things block a direction ..."),
    NUMBER(far_m, 1.0, 0.3, 5, "m", "... until they are farther than this"),
    NUMBER(margin_m, 0.06, 0, 0.5, "m", "kept free beside the robot"),
    NUMBER(turn_gain, 2.5, 0.1, 10, "1/s", "turn rate by heading error"),
    NUMBER(cruise_mps, 1.0, 0.05, 5, "m/s", "speed with nothing ahead"),
    NUMBER(brake_mps2, 0.8, 0.1, 5, "m/s2", "deceleration that speed is planned with"),
};

struct vfh_state {
    struct standing standing;
    double previous_rad; /* map frame */
    uint8_t blocked[AROUND_SECTORS];
};

struct vfh { /* one decision in the making */
    const struct vfh_params *params;
    const struct policy_input *in;
    struct vfh_state *state;
    struct around around;
    double target_rad, previous_rad; /* robot frame */
    double reach_m;                  /* half width and margin */
};

static double apart_rad(double a, double b) { return fabs(wrap_angle(a - b)); }

/* The nearest thing that is in the robot's way if it goes in that direction. */
static double free_m(const struct vfh *vfh, double angle)
{
    double least = HUGE_VAL;
    for (size_t i = 0; i < AROUND_SECTORS; i++) {
        double d = vfh->around.distance_m[i];
        if (isinf(d) || d >= least)
            continue;
        double off = apart_rad(atan2(vfh->around.at[i].y, vfh->around.at[i].x), angle);
        if (off < PI / 2 && d * sin(off) < vfh->reach_m)
            least = d * cos(off);
    }
    return least;
}

static void histogram_fill(struct vfh *vfh)
{
    double near = vfh->params->near_m, far = fmax(near, vfh->params->far_m);
    for (size_t i = 0; i < AROUND_SECTORS; i++) {
        double d = free_m(vfh, around_angle_rad(i));
        vfh->state->blocked[i] = d < near ? 1 : d > far ? 0 : vfh->state->blocked[i];
    }
}

static void offer(const struct vfh *vfh, double angle, struct decision *out)
{
    const struct vfh_params *p = vfh->params;
    const struct task *task = vfh->in->task;
    struct candidate candidate = {.valid = true};
    const double turns[] = {apart_rad(angle, vfh->target_rad), fabs(angle), apart_rad(angle, vfh->previous_rad)};
    for (size_t i = 0; i < COUNT_OF(turns); i++)
        candidate.total += candidate.costs[i] = p->weights[i] * turns[i] / PI;
    /* Room until the front would touch; turned away from where it goes it must turn first. */
    double room = fmin(free_m(vfh, angle), free_m(vfh, 0)) - task->length_m / 2 - p->margin_m;
    double v = fmin(fmin(p->cruise_mps, task->max_v_mps), sqrt(2 * p->brake_mps2 * fmax(0, room)));
    v = fmin(v, sqrt(2 * p->brake_mps2 * vfh->in->plan->length_m));
    v *= fmax(0, 1 - fabs(angle) / 0.9);
    candidate.command = footprint_reach(task, vfh->in->last, (struct twist2){v, p->turn_gain * angle});
    out->candidates_total++;
    out->candidates_valid++;
    if (out->candidate_count == 0 || candidate.total < out->candidates[0].total)
        vfh->state->previous_rad = wrap_angle(angle + vfh->in->belief->pose.yaw);
    decision_offer(out, &candidate);
}

/* The openings, going round once from a blocked sector. */
static void openings_offer(const struct vfh *vfh, struct decision *out)
{
    const uint8_t *blocked = vfh->state->blocked;
    const int sectors = AROUND_SECTORS;
    const uint8_t *first = memchr(blocked, 1, AROUND_SECTORS);
    if (!first) {
        offer(vfh, vfh->target_rad, out);
        return;
    }
    int start = (int)(first - blocked), from = -1;
    for (int k = start + 1; k <= start + sectors; k++) {
        bool open = !blocked[k % sectors];
        if (open && from < 0)
            from = k;
        if (open || from < 0)
            continue;
        int width = k - from;
        double low = 2 * PI * from / sectors, high = 2 * PI * (k - 1) / sectors;
        if (width < WIDE_SECTORS) {
            offer(vfh, wrap_angle((low + high) / 2), out);
        } else {
            offer(vfh, wrap_angle(low + PI * WIDE_SECTORS / sectors), out);
            offer(vfh, wrap_angle(high - PI * WIDE_SECTORS / sectors), out);
        }
        double beyond = wrap_angle(vfh->target_rad - low);
        if ((beyond < 0 ? beyond + 2 * PI : beyond) <= high - low)
            offer(vfh, vfh->target_rad, out);
        from = -1;
    }
}

static void vfh_decide(const void *params, void *memory, const struct policy_input *in, struct decision *out)
{
    struct vfh vfh = {.params = params, .in = in, .state = memory};
    out->valid = true;
    if (decision_stands(&vfh.state->standing, in, out))
        return;
    const struct pose2 pose = in->belief->pose;
    vfh.reach_m = in->task->width_m / 2 + vfh.params->margin_m + in->belief->grid.resolution_m / 2;
    around_fill(&vfh.around, in->belief, NULL, fmax(2.5, vfh.params->far_m));
    struct vec2 target = pose2_unapply(pose, around_target(in->plan, vfh.params->ahead_m));
    vfh.target_rad = atan2(target.y, target.x);
    vfh.previous_rad = wrap_angle(vfh.state->previous_rad - pose.yaw);
    histogram_fill(&vfh);
    out->critics = critic_names;
    out->critic_count = COUNT_OF(critic_names);
    openings_offer(&vfh, out);
    if (!out->candidate_count) {
        out->valid = fabs(in->last.v_mps) > 0.05 || fabs(in->last.w_radps) > 0.1;
        decision_choose(out, &(struct candidate){decision_slow(in), out->valid, out->valid ? 0 : HUGE_VAL, {0}});
        snprintf(out->reason, sizeof out->reason, "boxed in: no direction is open for %.1f m", vfh.params->near_m);
        return;
    }
    double angle = wrap_angle(vfh.state->previous_rad - pose.yaw), room = fmin(9, free_m(&vfh, angle));
    out->wish = out->candidates[0].command;
    out->confidence = clamp(1 - out->candidates[0].total / 9, 0, 1);
    snprintf(out->reason, sizeof out->reason, "opening %.0f deg %s, path %.0f deg %s", fabs(angle) * 180 / PI,
             angle >= 0 ? "left" : "right", fabs(vfh.target_rad) * 180 / PI, vfh.target_rad >= 0 ? "left" : "right");
    snprintf(out->constraint, sizeof out->constraint, "%.1f m free that way, %.1f m ahead", room,
             fmin(9, free_m(&vfh, 0)));
}

extern const struct policy policy_vfh;
const struct policy policy_vfh = {
    .name = "vfh",
    .summary = "steers into the best open direction (VFH+); slow in tight places",
    .params = vfh_params,
    .param_count = COUNT_OF(vfh_params),
    .param_size = sizeof(struct vfh_params),
    .state_size = sizeof(struct vfh_state),
    .decide = vfh_decide,
};
