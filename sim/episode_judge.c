#include "sim/episode_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double STUCK_ENDS_S = 20; /* this long without progress and the episode is given up */
static const double TTC_HORIZON_S = 3, TOUCHING_M = 0.01, CLEARANCE_LOOK_M = 2;

static double clearance_at(const struct episode *e, struct pose2 pose)
{
    const struct robot_config *robot = robot_config(e->robot);
    robot_hide(e->robot, e->world);
    double clearance_m = raycast_clearance(e->world->raycast, pose, robot->length_m, robot->width_m, 0.03,
                                           robot->height_m, CLEARANCE_LOOK_M, NULL);
    robot_show(e->robot, e->world);
    return clearance_m;
}

/* Truth's time to collision by conservative advancement: no point of the footprint moves faster than `rate`, so a
 * clearance c is safe for c / rate seconds. Everything else is taken as standing still. */
static double true_ttc_s(const struct episode *e)
{
    const struct robot_config *robot = robot_config(e->robot);
    struct twist2 twist = e->truth.twist;
    double rate = fabs(twist.v_mps) + fabs(twist.w_radps) * hypot(robot->length_m, robot->width_m) / 2;
    double clearance_m = e->clearance_m;
    if (rate < 0.02)
        return (double)INFINITY;
    for (double t = 0; t < TTC_HORIZON_S;) {
        if (clearance_m < TOUCHING_M)
            return t;
        t += clearance_m / rate;
        double turn = twist.w_radps * t, half = turn / 2;
        double chord = twist.v_mps * t * (fabs(half) < 1e-6 ? 1 : sin(half) / half);
        struct pose2 ahead = pose2_compose(e->truth.ground, (struct pose2){chord * cos(half), chord * sin(half), turn});
        clearance_m = clearance_at(e, ahead);
    }
    return (double)INFINITY;
}

void episode_judge(struct episode *e)
{
    ASSERT(e->belief && e->output.verdict && e->output.decision);
    const struct scenario *s = e->scenario;
    const struct robot_config *robot = robot_config(e->robot);
    struct monitor_contact touched[32];
    const struct robot_contact *contacts;
    size_t count = robot_contacts(e->robot, &contacts);
    count = count < COUNT_OF(touched) ? count : COUNT_OF(touched);
    for (size_t i = 0; i < count; i++)
        touched[i] = (struct monitor_contact){world_tag_name(e->world, contacts[i].tag), contacts[i].tag,
                                              contacts[i].impulse_ns};
    struct pose2 at = e->truth.ground, believed = e->belief->pose;
    struct zone_state zone = world_zones(e->world, at, robot->length_m, robot->width_m);
    e->clearance_m = clearance_at(e, at);
    double error_m = hypot(at.x - believed.x, at.y - believed.y);
    struct shield_verdict verdict = *e->output.verdict;
    verdict.command = e->asked; /* what the drive did is judged by what it was told, not by what is still under way */
    struct monitor_sample sample = {
        .tick = e->tick,
        .now_ns = e->now_ns,
        .pose = at,
        .twist = e->truth.twist,
        .roll_rad = e->truth.roll_rad,
        .pitch_rad = e->truth.pitch_rad,
        .slip_mps = e->truth.slip_mps,
        .on_belly = e->truth.belly_ns > 0,
        .mass_kg = robot->mass_kg,
        .clearance_m = e->clearance_m < CLEARANCE_LOOK_M ? e->clearance_m : (double)INFINITY,
        .ttc_s = true_ttc_s(e),
        .in_keepout = zone.in_keepout,
        .keepout_depth_m = zone.depth_m,
        .speed_limit_mps = fmin(zone.speed_limit_mps, robot->max_v_mps),
        .period_s = (double)(e->now_ns - e->decided_ns) * 1e-9,
        .nominal_period_s = 1.0 / s->world.control_hz,
        .position_error_m = error_m,
        .heading_error_rad = fabs(wrap_angle(at.yaw - believed.yaw)),
        .contacts = touched,
        .contact_count = count,
        .belief = e->belief,
        .task = navigator_task(e->navigator),
        .decision = e->output.decision,
        .verdict = &verdict,
        .applied = e->applied,
    };
    monitor_update(e->monitor, &sample, e->journal);
    if (e->decides)
        e->decided_ns = e->now_ns;
    score_update(&e->score, (struct vec2){at.x, at.y}, e->clearance_m, error_m, e->output.verdict->active);
}

void episode_finish(struct episode *e, enum outcome outcome, const char *detail)
{
    e->outcome = outcome;
    size_t length = strnlen(detail, sizeof e->detail - 1);
    memcpy(e->detail, detail, length);
    e->detail[length] = '\0';
    if (e->robot_touches)
        snprintf(e->detail + length, sizeof e->detail - length, "; robots touched %u time%s", e->robot_touches,
                 e->robot_touches == 1 ? "" : "s");
    monitor_finish(e->monitor, e->now_ns, e->journal);
    struct episode_summary summary = episode_summary(e);
    publish_result(e->journal, e->scenario, &e->options, navigator_policy(e->navigator)->name, &summary);
}

/* Some benchmarks count from the first motion on; one that never moves still runs out of time. */
double episode_clock_s(const struct episode *e) { return (double)(e->now_ns - e->clock_ns) * 1e-9; }

static void clock_update(struct episode *e)
{
    double moved_m = hypot(e->truth.ground.x - e->scenario->start.x, e->truth.ground.y - e->scenario->start.y);
    if (e->clock_runs || moved_m < e->scenario->clock_from_m)
        return;
    e->clock_runs = true;
    if (e->scenario->clock_from_m > 0)
        e->clock_ns = e->now_ns;
}

void episode_conclude(struct episode *e)
{
    const struct robot_contact *contacts;
    clock_update(e);
    const struct violation_tally *tally = monitor_tally(e->monitor);
    struct vec2 goal = navigator_task(e->navigator)->goal;
    double left_m = hypot(goal.x - e->truth.ground.x, goal.y - e->truth.ground.y);
    char detail[160];
    if (tally[VIOLATION_COL2].count + tally[VIOLATION_COL3].count > 0) {
        snprintf(detail, sizeof detail, "hit something at %.2f m/s, %.1f m before the goal",
                 fmax(tally[VIOLATION_COL2].worst, tally[VIOLATION_COL3].worst), left_m);
        episode_finish(e, OUTCOME_COLLISION, detail);
    } else if (e->scenario->contact_ends && robot_contacts(e->robot, &contacts)) {
        snprintf(detail, sizeof detail, "touched '%s', %.1f m before the goal", world_tag_name(e->world, contacts->tag),
                 left_m);
        episode_finish(e, OUTCOME_COLLISION, detail);
    } else if (left_m <= e->scenario->goal_tolerance_m) {
        episode_finish(e, OUTCOME_SUCCESS, "reached the goal");
    } else if (tally[VIOLATION_STUCK].active && tally[VIOLATION_STUCK].active_s > STUCK_ENDS_S) {
        snprintf(detail, sizeof detail, "no progress, %.1f m before the goal", left_m);
        episode_finish(e, OUTCOME_STUCK, detail);
    } else if ((double)(e->now_ns - e->clock_ns) >= e->scenario->time_limit_s * NS_PER_S) {
        snprintf(detail, sizeof detail, "time limit of %g s, %.1f m before the goal", e->scenario->time_limit_s,
                 left_m);
        episode_finish(e, OUTCOME_TIMEOUT, detail);
    }
}
