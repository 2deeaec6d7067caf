#include "nav/shield.h"

#include <stdio.h>

#include "nav/footprint.h"
#include "nav/yield.h"

enum { STEPS_MAX = 192, SHARES = 16 };
static const double step_m = 0.05;       /* between two looks along the arc, for the fastest part of the footprint */
static const double horizon_s = 3;       /* of the verdict's time to collision */
static const double nearer_m = 0.002;    /* what is too near may not come nearer than this */
static const double grid_nearer_m = 0.01;
static const double blind_v_mps = 0.5;   /* on depth alone */
static const double still = 0.02;        /* slower than this, m/s or rad/s, is a stop */

const char *const shield_mode_names[4] = {"off", "monitor", "on", NULL};

const struct param shield_params[] = {
    {"brake_mps2", PARAM_REAL, offsetof(struct shield_params, brake_mps2), 2.5, 0.3, 10, "m/s2",
     "deceleration that the robot is trusted with", NULL},
    {"latency_s", PARAM_REAL, offsetof(struct shield_params, latency_s), 0.1, 0, 1, "s",
     "from what is sensed to what the wheels do", NULL},
    {"margin_m", PARAM_REAL, offsetof(struct shield_params, margin_m), 0.05, 0, 0.5, "m",
     "kept free around the footprint", NULL},
    {"ttc_s", PARAM_REAL, offsetof(struct shield_params, ttc_s), 1.0, 0, 2.5, "s",
     "time to collision that is kept", NULL},
    {"yield_s", PARAM_REAL, offsetof(struct shield_params, yield_s), 1.0, 0, 2.5, "s",
     "time to collision with what moves that is kept; 0: it is taken to stand still", NULL},
    {"yield_sigma", PARAM_REAL, offsetof(struct shield_params, yield_sigma), 1.0, 0, 10, "",
     "standard deviations of its speed above which a track moves", NULL},
};
const size_t shield_param_count = COUNT_OF(shield_params);

/* The poses that a command leads through, as seen from the robot. They depend on the command's direction only: a scaled
 * command meets the same ones, later. */
struct sweep {
    struct footprint footprint;
    struct twist2 command;
    double step_s;
    int count;
    struct {
        double x, y, c, s;
    } poses[STEPS_MAX + 1];
};

struct hit { /* the first pose at which something is met */
    int step;
    bool by_point; /* otherwise a cell of the grid */
    struct vec2 at; /* robot frame; of a cell: where the footprint's centre would be */
};

static void sweep_init(struct sweep *sweep, const struct task *task, struct twist2 command, double time_s)
{
    sweep->footprint = footprint_of(task);
    sweep->command = command;
    sweep->count = 0;
    double speed = fabs(command.v_mps) + fabs(command.w_radps) * sweep->footprint.reach_m;
    if (!(speed > 1e-9))
        return;
    sweep->step_s = step_m / speed;
    sweep->count = (int)fmin(STEPS_MAX, ceil(time_s / sweep->step_s));
    for (int i = 0; i <= sweep->count; i++) {
        struct pose2 pose = footprint_arc(command, i * sweep->step_s);
        sweep->poses[i].x = pose.x;
        sweep->poses[i].y = pose.y;
        sweep->poses[i].c = cos(pose.yaw);
        sweep->poses[i].s = sin(pose.yaw);
    }
}

static double sweep_gap_m(const struct sweep *sweep, int step, struct vec2 p)
{
    double dx = p.x - sweep->poses[step].x, dy = p.y - sweep->poses[step].y;
    double c = sweep->poses[step].c, s = sweep->poses[step].s;
    return footprint_gap_m(&sweep->footprint, (struct vec2){c * dx + s * dy, c * dy - s * dx});
}

static void sweep_points(const struct sweep *sweep, const struct belief *belief, double margin_m, struct hit *hit)
{
    double reach = sweep->footprint.reach_m + margin_m;
    for (size_t i = 0; i < belief->point_count; i++) {
        struct vec2 p = belief->points[i];
        double away = vec2_length(p) - reach;
        if (!(away < hit->step * step_m))
            continue; /* out of reach, or not a number */
        double now = footprint_gap_m(&sweep->footprint, p);
        double limit = now < margin_m ? now - nearer_m : margin_m;
        for (int k = away > 0 ? (int)(away / step_m) : 0; k < hit->step; k++) {
            double gap = sweep_gap_m(sweep, k, p);
            if (gap < limit)
                *hit = (struct hit){k, true, p};
            else
                k += (int)fmax(0, (gap - limit) / step_m - 1); /* nothing moves faster than a step a step */
        }
    }
}

static void sweep_grid(const struct sweep *sweep, const struct belief *belief, struct hit *hit)
{
    const struct pose2 at = belief->pose;
    double c = cos(at.yaw), s = sin(at.yaw);
    double now = footprint_grid_gap_m(belief, &sweep->footprint, at.x, at.y, c, s);
    double limit = now < 0 ? now - grid_nearer_m : 0;
    for (int k = 0; k < hit->step; k++) {
        double px = sweep->poses[k].x, py = sweep->poses[k].y, pc = sweep->poses[k].c, ps = sweep->poses[k].s;
        double gap = footprint_grid_gap_m(belief, &sweep->footprint, at.x + c * px - s * py, at.y + s * px + c * py,
                                  c * pc - s * ps, s * pc + c * ps);
        if (gap < limit)
            *hit = (struct hit){k, false, {px, py}};
        else
            k += (int)fmax(0, (gap - limit) / (2 * step_m) - 1);
    }
}

/* How long the command may go on: the time of the last clear pose before the hit; infinite without one. */
static double hit_time_s(const struct sweep *sweep, const struct hit *hit)
{
    return hit->step > sweep->count ? HUGE_VAL : fmax(0, hit->step - 1) * sweep->step_s;
}

static struct hit sweep_meet(const struct sweep *sweep, const struct belief *belief, double margin_m)
{
    struct hit hit = {.step = sweep->count + 1};
    if (sweep->count) {
        sweep_points(sweep, belief, margin_m, &hit);
        sweep_grid(sweep, belief, &hit);
    }
    return hit;
}

static bool is_finite_belief(const struct belief *belief)
{
    return isfinite(belief->pose.x) && isfinite(belief->pose.y) && isfinite(belief->pose.yaw);
}

/* --- what rules out moving at all ------------------------------------------------------------------------- */

/* The speed that the sensors allow, and why it is limited. */
static double sight(const struct belief *belief, char *reason, size_t size)
{
    static const char *const words[] = {"ok", "stale", "missing", "giving bad values"};
    enum health lidar = belief->sensors[SENSOR_LIDAR].state, depth = belief->sensors[SENSOR_DEPTH].state;
    if (lidar == HEALTH_OK)
        return HUGE_VAL;
    if (lidar == HEALTH_STALE || depth != HEALTH_OK) {
        snprintf(reason, size, "lidar is %s%s", words[lidar],
                 lidar == HEALTH_STALE ? "" : " and depth cannot stand in");
        return 0;
    }
    snprintf(reason, size, "lidar is %s: on depth alone, at most %.1f m/s", words[lidar], blind_v_mps);
    return blind_v_mps;
}

static bool is_refused(bool estop, const struct belief *belief, const struct decision *decision, char *reason,
                       size_t size)
{
    const char *why = estop                                      ? "emergency stop is pressed"
                      : !isfinite(decision->wish.v_mps) || !isfinite(decision->wish.w_radps) ? "wish is not a number"
                      : !decision->valid                         ? "policy has no valid command"
                      : !is_finite_belief(belief)                ? "position is not a number"
                      : belief->drive.state == HEALTH_BAD        ? "drive goes the other way than it is told"
                                                                 : NULL;
    if (why)
        snprintf(reason, size, "%s", why);
    return why != NULL;
}

/* --- the rules -------------------------------------------------------------------------------------------- */

/* The share of the command that keeps both rules, with `free_s` of it clear ahead. At share k the way is clear
 * for free_s / k, and braking takes k * brake_s (half the time to stop, since the mean speed is half) after the
 * latency. */
static double rule_share(const struct shield_params *params, const struct task *task, struct twist2 command,
                         double free_s, bool *by_ttc)
{
    double brake_s = fmax(fabs(command.v_mps) / (2 * params->brake_mps2),
                          fabs(command.w_radps) / (2 * task->max_alpha_radps2));
    double l = params->latency_s;
    double braking = (sqrt(l * l + 4 * brake_s * free_s) - l) / (2 * brake_s);
    double ttc = params->ttc_s > 0 ? free_s / params->ttc_s : HUGE_VAL;
    *by_ttc = ttc < braking;
    return fmin(braking, ttc);
}

/* What the grid has at the footprint when it is at `at` (robot frame): the nearest blocked cell, moved into *at. */
static const char *grid_what(const struct belief *belief, const struct footprint *footprint, struct vec2 *at)
{
    const char *what = "edge of the map";
    struct vec2 there = pose2_apply(belief->pose, *at);
    int r = (int)ceil((footprint->reach_m + footprint->disc_radius_m) / belief->grid.resolution_m);
    if (!footprint_on_grid(&belief->grid, there))
        return what;
    struct cell centre = grid_cell(&belief->grid, there);
    double nearest = HUGE_VAL;
    for (int y = centre.y - r; y <= centre.y + r; y++)
        for (int x = centre.x - r; x <= centre.x + r; x++) {
            struct cell c = {x, y};
            double d = vec2_distance(grid_centre(&belief->grid, c), there);
            if (d >= nearest || !grid_holds(&belief->grid, c) || belief->clearance_m[grid_index(&belief->grid, c)] > 0)
                continue;
            nearest = d;
            *at = pose2_unapply(belief->pose, grid_centre(&belief->grid, c));
            what = belief->keepout[grid_index(&belief->grid, c)] ? "keep-out floor" : "mapped obstacle";
        }
    return what;
}

static void rule_tell(const struct shield_params *params, const struct belief *belief, const struct sweep *sweep,
                      const struct hit *hit, bool by_ttc, char *reason, size_t size)
{
    struct vec2 at = hit->at;
    const char *what = hit->by_point ? "obstacle" : grid_what(belief, &sweep->footprint, &at);
    double free_s = hit_time_s(sweep, hit), v = fabs(sweep->command.v_mps), degrees = atan2(at.y, at.x) * 180 / PI;
    const char *side = degrees >= 0 ? "left" : "right";
    if (by_ttc)
        snprintf(reason, size, "ttc: %.2f s to %s at %.0f deg %s, keeps %.2f s", free_s, what, fabs(degrees), side,
                 params->ttc_s);
    else
        snprintf(reason, size, "brake: %.2f m to %s at %.0f deg %s, needs %.2f m", v * free_s, what, fabs(degrees),
                 side, v * v / (2 * params->brake_mps2) + v * params->latency_s);
}

/* A share of the command; a stop if it is hardly one. */
static struct twist2 slower(struct twist2 command, double share)
{
    command = (struct twist2){command.v_mps * share, command.w_radps * share};
    bool stop = fabs(command.v_mps) < still && fabs(command.w_radps) < still;
    return stop ? (struct twist2){0, 0} : command;
}

/* As if nothing moved. */
static struct twist2 filter_still(const struct shield_params *params, const struct belief *belief,
                                  const struct task *task, const struct decision *decision,
                                  struct shield_verdict *verdict)
{
    char *reason = verdict->reason;
    size_t size = sizeof verdict->reason;
    double v_max = sight(belief, reason, size);
    struct twist2 wish = decision->wish;
    struct twist2 command = {clamp(wish.v_mps, task->min_v_mps, task->max_v_mps),
                             clamp(wish.w_radps, -task->max_w_radps, task->max_w_radps)};
    if (fabs(command.v_mps) > v_max) {
        double share = v_max / fabs(command.v_mps);
        command = (struct twist2){command.v_mps * share, command.w_radps * share};
    } else if (v_max > 0) {
        reason[0] = '\0';
    }
    if (v_max <= 0)
        return (struct twist2){0, 0};
    struct sweep sweep;
    sweep_init(&sweep, task, command, horizon_s);
    struct hit hit = sweep_meet(&sweep, belief, params->margin_m);
    double free_s = hit_time_s(&sweep, &hit);
    if (isinf(free_s))
        return command;
    bool by_ttc;
    double share = rule_share(params, task, command, free_s, &by_ttc);
    if (share >= 1 - 1e-9)
        return command;
    rule_tell(params, belief, &sweep, &hit, by_ttc, reason, size);
    return slower(command, share);
}

static void yield_tell(const struct shield_params *params, const struct yield *yield, struct yield_meeting meeting,
                       char *reason, size_t size)
{
    const struct yield_point *point = &yield->points[meeting.point];
    double degrees = atan2(point->at.y, point->at.x) * 180 / PI;
    snprintf(reason, size, "yield: %.2f s to mover %u at %.0f deg %s, %.1f m/s, keeps %.2f s", meeting.time_s,
             point->track, fabs(degrees), degrees >= 0 ? "left" : "right", vec2_length(point->velocity_mps),
             params->yield_s);
}

/* The time for which a command must meet nobody: that of the rule, and no less than it takes to stop, for who
 * comes goes on coming meanwhile. */
static double yield_within_s(const struct shield_params *params, const struct task *task, struct twist2 command)
{
    double stop_s = fmax(fabs(command.v_mps) / params->brake_mps2, fabs(command.w_radps) / task->max_alpha_radps2);
    return fmax(params->yield_s, params->latency_s + stop_s);
}

/* The fastest share of a command (that keeps the rules for what stands) for which no mover is to blame on it. */
static struct twist2 filter_moving(const struct shield_params *params, const struct yield *yield,
                                   const struct task *task, struct twist2 command, struct shield_verdict *verdict)
{
    double within_s = yield_within_s(params, task, command);
    size_t by = 0;
    if (!yield_is_blamed(yield, command, within_s, &by))
        return command;
    yield_tell(params, yield, yield_blame(yield, command, within_s), verdict->reason, sizeof verdict->reason);
    for (int i = SHARES - 1; i > 0; i--) {
        struct twist2 offer = slower(command, (double)i / SHARES);
        if (!yield_is_blamed(yield, offer, yield_within_s(params, task, offer), &by))
            return offer;
    }
    return (struct twist2){0, 0};
}

double shield_ttc_s(const struct belief *belief, const struct task *task, struct twist2 command, double within_s)
{
    if (!isfinite(command.v_mps) || !isfinite(command.w_radps) || !(within_s > 0))
        return HUGE_VAL;
    struct sweep sweep;
    sweep_init(&sweep, task, command, within_s);
    struct hit hit = {.step = sweep.count + 1};
    if (sweep.count)
        sweep_points(&sweep, belief, 0, &hit);
    return hit_time_s(&sweep, &hit);
}

static double clearance_m(const struct belief *belief, const struct task *task)
{
    struct footprint footprint = footprint_of(task);
    double best = HUGE_VAL;
    for (size_t i = 0; i < belief->point_count; i++) {
        double gap = footprint_gap_m(&footprint, belief->points[i]);
        if (gap < best)
            best = gap;
    }
    return fmax(0, best);
}

void shield_apply(const struct shield_params *params, enum shield_mode mode, bool estop, const struct belief *belief,
                  const struct task *task, const struct decision *decision, struct shield_verdict *verdict)
{
    *verdict = (struct shield_verdict){.ttc_s = HUGE_VAL};
    struct twist2 wish = decision->wish;
    bool refused = is_refused(estop, belief, decision, verdict->reason, sizeof verdict->reason);
    bool usable = isfinite(wish.v_mps) && isfinite(wish.w_radps);
    if (!refused)
        verdict->safe = filter_still(params, belief, task, decision, verdict);
    struct yield yield;
    yield.count = 0;
    if (!refused && params->yield_s > 0 && belief->track_count > 0) {
        double longest_s = yield_within_s(params, task, (struct twist2){task->max_v_mps, task->max_w_radps});
        yield_fill(&yield, belief, task, params->yield_sigma, params->margin_m, fmax(horizon_s, longest_s));
    }
    if (yield.count)
        verdict->safe = filter_moving(params, &yield, task, verdict->safe, verdict);
    verdict->command = mode == SHIELD_ON || estop || !usable ? verdict->safe : wish;
    verdict->active = !usable || fabs(verdict->safe.v_mps - wish.v_mps) > 1e-9 ||
                      fabs(verdict->safe.w_radps - wish.w_radps) > 1e-9;
    verdict->ttc_s = shield_ttc_s(belief, task, wish, horizon_s);
    if (yield.count)
        verdict->ttc_s = fmin(verdict->ttc_s, yield_meet(&yield, wish, horizon_s).time_s);
    verdict->clearance_m = clearance_m(belief, task);
}
