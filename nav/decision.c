#include "nav/decision.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nav/footprint.h"

double decision_distance(const struct task *task, struct twist2 a, struct twist2 b)
{
    double range_v = task->max_v_mps - task->min_v_mps, range_w = 2 * task->max_w_radps;
    return hypot((a.v_mps - b.v_mps) / range_v, (a.w_radps - b.w_radps) / range_w);
}

struct twist2 decision_slow(const struct policy_input *in)
{
    struct twist2 stop = footprint_reach(in->task, in->last, (struct twist2){0, 0});
    if (in->last.v_mps != 0)
        stop.w_radps = footprint_reach(in->task, in->last,
                                       (struct twist2){0, in->last.w_radps * stop.v_mps / in->last.v_mps}).w_radps;
    return stop;
}

static bool is_waking(struct standing *standing, const struct policy_input *in)
{
    const struct sensor_health *lidar = &in->belief->sensors[SENSOR_LIDAR];
    if (!(lidar->nominal_hz > 0) || lidar->received || standing->waited_s >= 1)
        return false;
    standing->waited_s += in->task->period_s;
    return true;
}

bool decision_stands(struct standing *standing, const struct policy_input *in, struct decision *out)
{
    const struct task *task = in->task;
    double away = vec2_distance(task->goal, (struct vec2){in->belief->pose.x, in->belief->pose.y});
    bool moved = standing->goal.x != task->goal.x || standing->goal.y != task->goal.y;
    standing->goal.x = task->goal.x;
    standing->goal.y = task->goal.y;
    standing->arrived = away < (standing->arrived && !moved ? 0.7 : 0.35) * task->goal_tolerance_m;
    bool waking = is_waking(standing, in);
    if (!standing->arrived && in->plan->count && !waking)
        return false;
    out->valid = true;
    out->wish = decision_slow(in);
    out->confidence = standing->arrived ? 1 : 0;
    if (standing->arrived)
        snprintf(out->reason, sizeof out->reason, "at the goal, %.2f m off", away);
    else if (waking)
        snprintf(out->reason, sizeof out->reason, "waiting for the first lidar scan");
    else
        snprintf(out->reason, sizeof out->reason, "no path: %s", in->plan->reason);
    return true;
}

void decision_offer(struct decision *out, const struct candidate *candidate)
{
    size_t at = out->candidate_count;
    if (at == CANDIDATES_MAX && candidate->total >= out->candidates[at - 1].total)
        return;
    if (at < CANDIDATES_MAX)
        out->candidate_count++;
    else
        at--;
    for (; at > 0 && out->candidates[at - 1].total > candidate->total; at--)
        out->candidates[at] = out->candidates[at - 1];
    out->candidates[at] = *candidate;
}

void decision_choose(struct decision *out, const struct candidate *candidate)
{
    if (out->candidate_count < CANDIDATES_MAX)
        out->candidate_count++;
    memmove(out->candidates + 1, out->candidates, (out->candidate_count - 1) * sizeof *out->candidates);
    out->candidates[0] = *candidate;
    out->wish = candidate->command;
}

void decision_single(const struct task *task, struct decision *out)
{
    const struct twist2 wish = out->wish;
    out->candidates[0] = (struct candidate){wish, out->valid, out->valid ? 0 : HUGE_VAL, {0}};
    out->candidate_count = out->candidates_total = 1;
    out->candidates_valid = out->valid;
    if (*out->constraint || !out->valid)
        return;
    if (wish.v_mps >= task->max_v_mps)
        snprintf(out->constraint, sizeof out->constraint, "speed limit %.1f m/s", task->max_v_mps);
    else if (wish.v_mps < 0 && wish.v_mps <= task->min_v_mps)
        snprintf(out->constraint, sizeof out->constraint, "reverse limit %.1f m/s", -task->min_v_mps);
    else if (fabs(wish.w_radps) >= task->max_w_radps)
        snprintf(out->constraint, sizeof out->constraint, "turn limit %.1f rad/s", task->max_w_radps);
}
