#include "nav/recovery.h"

#include <stdio.h>
#include <string.h>

#include "nav/footprint.h"
#include "nav/shield.h"

const char *const recovery_names[RECOVERY_KINDS] = {"", "waiting", "backing up", "spinning", "taking another way"};

#define NUMBER(name, fallback, low, high, unit, help)                                                                  \
    {#name, PARAM_REAL, offsetof(struct recovery_params, name), fallback, low, high, unit, help, NULL}
const struct param recovery_params[] = {
    {"enabled", PARAM_BOOL, offsetof(struct recovery_params, enabled), 1, 0, 1, "",
     "get a stuck robot going again", NULL},
    NUMBER(patience_s, 2.0, 0.2, 60, "s", "without progress for so long is stuck"),
    NUMBER(progress_m, 0.25, 0.05, 2, "m", "this far from where it was is progress"),
    NUMBER(back_m, 0.3, 0.05, 2, "m", "how far to back up"),
    NUMBER(back_mps, 0.25, 0.05, 1, "m/s", "how fast to back up"),
    NUMBER(spin_radps, 0.9, 0.1, 3, "rad/s", "how fast to spin"),
    NUMBER(wait_s, 1.5, 0.1, 30, "s", "how long to wait for people to pass"),
};
const size_t recovery_param_count = COUNT_OF(recovery_params);

static const double turn_rad = 1.5;      /* this much turning is progress once, and ends a spin */
static const double look_s = 0.6;        /* an arc must be clear for so long to be begun or kept */
static const double somebody_m = 2.0, somebody_mps = 0.15;
static const double settled_m = 1.0;     /* so far from the last recovery the next one starts from the top */
static const double blame_m = 0.45;      /* the place ahead that the planner is told to avoid */

/* True if the command keeps clear of what is seen, and of the grid unless the robot is already too near there. */
static bool is_clear(const struct policy_input *in, struct twist2 command)
{
    const struct pose2 pose = in->belief->pose;
    struct footprint footprint = footprint_of(in->task);
    double now = footprint_grid_gap_m(in->belief, &footprint, pose.x, pose.y, cos(pose.yaw), sin(pose.yaw));
    double limit = now < 0.02 ? now - 0.005 : 0.02;
    if (isfinite(shield_ttc_s(in->belief, in->task, command, look_s)))
        return false;
    for (int i = 1; i <= 6; i++) {
        struct pose2 at = pose2_compose(pose, footprint_arc(command, look_s * i / 6));
        if (footprint_grid_gap_m(in->belief, &footprint, at.x, at.y, cos(at.yaw), sin(at.yaw)) < limit)
            return false;
    }
    return true;
}

static bool is_somebody_near(const struct policy_input *in)
{
    struct vec2 here = {in->belief->pose.x, in->belief->pose.y};
    for (size_t i = 0; i < in->belief->track_count; i++) {
        const struct track *track = &in->belief->tracks[i];
        if (track->confirmed && vec2_length(track->velocity_mps) > somebody_mps &&
            vec2_distance(track->at, here) < somebody_m)
            return true;
    }
    return false;
}

/* The path's direction as seen from the robot; straight ahead without one. */
static double path_bearing_rad(const struct policy_input *in)
{
    const struct plan *plan = in->plan;
    struct vec2 here = {in->belief->pose.x, in->belief->pose.y};
    for (size_t i = 0; i < plan->count; i++)
        if (vec2_distance(plan->points[i], here) > 0.5) {
            struct vec2 p = pose2_unapply(in->belief->pose, plan->points[i]);
            return atan2(p.y, p.x);
        }
    return 0;
}

/* --- the recoveries ----------------------------------------------------------------------------------------- */

/* Whether it can begin now; fills what it needs. */
static bool can_begin(const struct recovery_params *params, struct recovery *state, const struct policy_input *in,
                      enum recovery_kind kind)
{
    if (kind == RECOVERY_WAIT)
        return is_somebody_near(in);
    if (kind == RECOVERY_REROUTE)
        return in->plan->count > 0;
    double v = -fmin(params->back_mps, -in->task->min_v_mps);
    double bearing = path_bearing_rad(in), side = bearing < 0 ? -1 : 1;
    const double bends[] = {0, 0.5 * side, -0.5 * side}; /* backing while turning towards the path first */
    for (size_t i = 0; i < COUNT_OF(bends) && kind == RECOVERY_BACK && v < -0.01; i++)
        if (is_clear(in, (struct twist2){v, bends[i]})) {
            state->bend_radps = bends[i];
            return true;
        }
    for (int i = 0; i < 2 && kind == RECOVERY_SPIN; i++, side = -side)
        if (is_clear(in, (struct twist2){0, side * params->spin_radps})) {
            state->bend_radps = side * params->spin_radps;
            return true;
        }
    return false;
}

/* What the one in force commands; false when it is over. */
static bool go_on(const struct recovery_params *params, struct recovery *state, const struct policy_input *in,
                  struct twist2 *want)
{
    const struct pose2 pose = in->belief->pose;
    double gone = vec2_distance((struct vec2){pose.x, pose.y}, (struct vec2){state->begun.x, state->begun.y});
    state->left_s -= in->task->period_s;
    state->turned_rad += fabs(in->belief->twist.w_radps) * in->task->period_s;
    *want = (struct twist2){0, 0};
    if (state->left_s <= 0 || state->kind == RECOVERY_REROUTE)
        return false;
    if (state->kind == RECOVERY_WAIT)
        return is_somebody_near(in);
    bool back = state->kind == RECOVERY_BACK;
    *want = back ? (struct twist2){-fmin(params->back_mps, -in->task->min_v_mps), state->bend_radps}
                 : (struct twist2){0, state->bend_radps};
    bool done = back ? gone >= params->back_m : state->turned_rad >= turn_rad;
    bool faces = !back && state->turned_rad > 0.3 && fabs(path_bearing_rad(in)) < 0.3 && in->plan->count;
    return !done && !faces && is_clear(in, *want);
}

/* How long each may take at most. */
static double limit_s(const struct recovery_params *params, enum recovery_kind kind)
{
    switch (kind) {
    case RECOVERY_WAIT: return params->wait_s;
    case RECOVERY_BACK: return 2 * params->back_m / params->back_mps + 0.5;
    case RECOVERY_SPIN: return 2 * turn_rad / params->spin_radps + 0.5;
    case RECOVERY_NONE:
    case RECOVERY_REROUTE:
    case RECOVERY_KINDS: break;
    }
    return 0;
}

/* --- when ----------------------------------------------------------------------------------------------------- */

static void anchor(struct recovery *state, const struct pose2 pose)
{
    state->anchor.x = pose.x;
    state->anchor.y = pose.y;
    state->anchor.yaw = pose.yaw;
    state->anchored = 1;
    state->stuck_s = 0;
}

static bool is_stuck(const struct recovery_params *params, struct recovery *state, const struct policy_input *in,
                     const struct decision *decision)
{
    const struct pose2 pose = in->belief->pose;
    struct vec2 here = {pose.x, pose.y};
    double gone = vec2_distance(here, (struct vec2){state->anchor.x, state->anchor.y});
    bool at_goal = vec2_distance(here, in->task->goal) < in->task->goal_tolerance_m;
    const struct sensor_health *lidar = &in->belief->sensors[SENSOR_LIDAR];
    bool waking = lidar->nominal_hz > 0 && !lidar->received;
    bool turned = fabs(wrap_angle(pose.yaw - state->anchor.yaw)) > turn_rad;
    if (vec2_distance(here, (struct vec2){state->begun.x, state->begun.y}) > settled_m)
        state->next = RECOVERY_WAIT;
    if (!state->anchored || gone > params->progress_m || at_goal || waking || turned)
        anchor(state, pose);
    state->stuck_s += in->task->period_s;
    state->invalid_s = decision->valid || waking ? 0 : state->invalid_s + in->task->period_s;
    if (state->invalid_s > params->patience_s / 2)
        snprintf(state->why, sizeof state->why, "no valid command for %.1f s", state->invalid_s);
    else if (state->stuck_s > params->patience_s)
        snprintf(state->why, sizeof state->why, in->plan->count ? "no progress for %.1f s" : "no path for %.1f s",
                 state->stuck_s);
    else
        return false;
    return true;
}

static void begin(const struct recovery_params *params, struct recovery *state, const struct policy_input *in)
{
    for (int tries = RECOVERY_WAIT; tries < RECOVERY_KINDS; tries++) {
        enum recovery_kind kind = state->next ? (enum recovery_kind)state->next : RECOVERY_WAIT;
        state->next = kind + 1 < RECOVERY_KINDS ? (int32_t)kind + 1 : RECOVERY_WAIT;
        if (!can_begin(params, state, in, kind))
            continue;
        state->kind = (int32_t)kind;
        state->count++;
        state->left_s = limit_s(params, kind);
        state->turned_rad = 0;
        state->begun.x = in->belief->pose.x;
        state->begun.y = in->belief->pose.y;
        state->begun.yaw = in->belief->pose.yaw;
        return;
    }
    anchor(state, in->belief->pose); /* nothing is possible: look again after another patience_s */
}

static void replace(const struct recovery *state, const struct policy_input *in, struct twist2 want,
                    struct decision *decision)
{
    ASSERT(state->kind > RECOVERY_NONE && state->kind < RECOVERY_KINDS);
    size_t count = decision->candidate_count < CANDIDATES_MAX ? ++decision->candidate_count : CANDIDATES_MAX;
    memmove(decision->candidates + 1, decision->candidates, (count - 1) * sizeof *decision->candidates);
    decision->wish = footprint_reach(in->task, in->last, want);
    decision->valid = true;
    decision->confidence = 0;
    decision->candidates[0] = (struct candidate){.command = decision->wish, .valid = true};
    snprintf(decision->reason, sizeof decision->reason, "recovery %u, %s: %s", state->count,
             recovery_names[state->kind], state->why);
}

bool recovery_step(const struct recovery_params *params, struct recovery *state, const struct policy_input *in,
                   struct decision *decision, struct vec2 *at)
{
    struct twist2 want = {0, 0};
    if (!params->enabled) {
        recovery_forget(state);
        return false;
    }
    bool was_none = state->kind == RECOVERY_NONE;
    if (was_none && is_stuck(params, state, in, decision))
        begin(params, state, in);
    if (state->kind == RECOVERY_NONE)
        return false;
    bool reroute = was_none && state->kind == RECOVERY_REROUTE;
    if (reroute) {
        double angle = path_bearing_rad(in);
        *at = pose2_apply(in->belief->pose, (struct vec2){blame_m * cos(angle), blame_m * sin(angle)});
    }
    if (go_on(params, state, in, &want) || reroute) {
        replace(state, in, want, decision);
        state->kind = reroute ? RECOVERY_NONE : state->kind;
    } else {
        state->kind = RECOVERY_NONE;
    }
    if (state->kind == RECOVERY_NONE) {
        anchor(state, in->belief->pose);
        state->invalid_s = 0;
    }
    return reroute;
}

void recovery_forget(struct recovery *state)
{
    state->anchored = 0;
    state->stuck_s = state->invalid_s = 0;
    state->kind = RECOVERY_NONE;
}
