/* nav/policy_dwa.c - dynamic window: of the commands within the drive's reach, the one whose arc is best.
 *
 * Fox, Burgard, Thrun 1997, with the critics that people tune by: every reachable command is carried forward
 * for sim_s; it is admissible if its arc stays clear for ttc_s and for the time to brake; the admissible ones
 * are priced. */
#include <stdio.h>

#include "nav/crowd.h"
#include "nav/decision.h"
#include "nav/footprint.h"
#include "nav/way.h"

enum { V_COUNT = 9, W_COUNT = 21, STEPS = 15 };
enum critic {
    CRITIC_PATH,
    CRITIC_HEADING,
    CRITIC_PROGRESS,
    CRITIC_CLEARANCE,
    CRITIC_SPEED,
    CRITIC_SMOOTH,
    CRITIC_PEOPLE,
    CRITIC_COUNT
};
static const char *const critic_names[CRITIC_COUNT] = {
    "path", "heading", "progress", "clearance", "speed", "smooth", "people"};

static const double latency_s = 0.1;
static const double people_within_m = 5;
static const double gentle = 0.4; /* share of the drive's deceleration that is planned with */
static const double turn_begin_rad = 1.0, turn_end_rad = 0.35;

struct dwa_params {
    double weights[CRITIC_COUNT];
    double sim_s, ttc_s, margin_m, comfort_m, people_m, crawl_mps, clearance_gain;
};

#define WEIGHT(name, critic, fallback, help)                                                                           \
    {name "_weight", PARAM_REAL, offsetof(struct dwa_params, weights) + (critic) * sizeof(double), fallback, 0, 100,   \
     "", help, NULL}
#define NUMBER(name, fallback, low, high, unit, help)                                                                  \
    {#name, PARAM_REAL, offsetof(struct dwa_params, name), fallback, low, high, unit, help, NULL}
static const struct param dwa_params[] = {
    WEIGHT("path", CRITIC_PATH, 1.5, "price of leaving the path, per half metre"),
    WEIGHT("heading", CRITIC_HEADING, 1.0, "price of pointing away from the path"),
    WEIGHT("progress", CRITIC_PROGRESS, 1.5, "price of not getting along the path"),
    WEIGHT("clearance", CRITIC_CLEARANCE, 3.0, "price of passing near to things"),
    WEIGHT("speed", CRITIC_SPEED, 1.0, "price of another speed than the wanted one"),
    WEIGHT("smooth", CRITIC_SMOOTH, 0.3, "price of changing the command"),
    WEIGHT("people", CRITIC_PEOPLE, 6.0, "price of being where somebody will be"),
    NUMBER(sim_s, 1.3, 0.5, 3, "s", "how far an arc is looked at"),
    NUMBER(ttc_s, 1.1, 0.2, 3, "s", "an arc must stay clear for so long"),
    NUMBER(margin_m, 0.03, 0, 0.5, "m", "kept free around the footprint"),
    NUMBER(comfort_m, 0.35, 0.05, 1.2, "m", "more clearance than this is not rewarded"),
    NUMBER(people_m, 0.6, 0.1, 2, "m", "distance kept from somebody who moves"),
    NUMBER(crawl_mps, 0.35, 0.05, 1, "m/s", "wanted speed without any clearance"),
    NUMBER(clearance_gain, 2.0, 0, 20, "1/s", "wanted speed per metre of clearance"),
};

struct dwa_state {
    struct standing standing;
    int64_t turning;
};

struct arc { /* of one turning rate at unit speed, from the robot, in the map */
    double w;
    struct {
        double x, y, c, s;
    } at[STEPS];
};

struct dwa { /* one decision in the making */
    const struct dwa_params *params;
    const struct policy_input *in;
    struct dwa_state *state;
    struct footprint footprint;
    struct way way;
    struct crowd crowd;
    struct way_look here;
    double heading_error; /* of the robot to the path ahead */
    double gap_m, limit_m; /* now; what an arc must keep */
    double v_wanted;
    double way_gap_m; /* the least that the path itself offers */
    double v[V_COUNT];
    struct arc arcs[W_COUNT];
    struct candidate candidates[V_COUNT * W_COUNT];
    size_t count, valid;
};

/* --- how fast --------------------------------------------------------------------------------------------- */

/* What may be driven now so that `then_mps` is reached `ahead_m` later without braking hard. */
static double speed_before(const struct task *task, double then_mps, double ahead_m)
{
    return sqrt(square(then_mps) + 2 * gentle * task->max_a_mps2 * fmax(0, ahead_m));
}

static const char *nearer_side(const struct dwa *dwa)
{
    const struct pose2 pose = dwa->in->belief->pose;
    double reach = dwa->footprint.half_width_m + 0.1;
    struct vec2 left = pose2_apply(pose, (struct vec2){0.2, reach});
    struct vec2 right = pose2_apply(pose, (struct vec2){0.2, -reach});
    bool is_left = footprint_sample_m(dwa->in->belief, left.x, left.y) <
                   footprint_sample_m(dwa->in->belief, right.x, right.y);
    return is_left ? "left" : "right";
}

static void speed_want(struct dwa *dwa, struct decision *out)
{
    const struct task *task = dwa->in->task;
    const struct belief *belief = dwa->in->belief;
    double by_goal = speed_before(task, 0.05, dwa->here.left_m - 0.2 * task->goal_tolerance_m);
    double by_turn = dwa->state->turning ? 0 : task->max_v_mps * fmax(0.1, square(cos(dwa->heading_error)));
    double by_clearance = HUGE_VAL, by_bend = HUGE_VAL, tightest = 0;
    dwa->way_gap_m = HUGE_VAL;
    for (size_t i = 0; i < dwa->way.count; i++) {
        double ahead = dwa->way.points[0].left_m - dwa->way.points[i].left_m;
        double clearance = footprint_sample_m(belief, dwa->way.points[i].at.x, dwa->way.points[i].at.y);
        double side = fmax(0, clearance - dwa->footprint.half_width_m);
        double v = speed_before(task, dwa->params->crawl_mps + dwa->params->clearance_gain * side, ahead);
        if (v < by_clearance) {
            by_clearance = v;
            tightest = side;
        }
        double bend = fmax(0.4, 0.6 * task->max_w_radps / fmax(way_bend(&dwa->way, i), 1e-6));
        by_bend = fmin(by_bend, speed_before(task, bend, ahead));
        if (ahead <= task->max_v_mps * dwa->params->sim_s)
            dwa->way_gap_m = fmin(dwa->way_gap_m, clearance - dwa->footprint.disc_radius_m);
    }
    double v = dwa->v_wanted = fmin(fmin(fmin(by_clearance, by_goal), fmin(by_bend, by_turn)), task->max_v_mps);
    size_t size = sizeof out->constraint;
    if (v >= task->max_v_mps)
        snprintf(out->constraint, size, "speed limit %.1f m/s", task->max_v_mps);
    else if (v >= by_turn)
        snprintf(out->constraint, size, "path is %.0f deg %s", fabs(dwa->heading_error) * 180 / PI,
                 dwa->heading_error > 0 ? "left" : "right");
    else if (v >= by_clearance)
        snprintf(out->constraint, size, "clearance %.2f m %s", tightest, nearer_side(dwa));
    else if (v >= by_goal)
        snprintf(out->constraint, size, "goal in %.1f m", dwa->here.left_m);
    else
        snprintf(out->constraint, size, "bend ahead");
}

/* --- the window ------------------------------------------------------------------------------------------- */

static void window_fill(struct dwa *dwa)
{
    const struct task *task = dwa->in->task;
    struct twist2 last = dwa->in->last;
    double dv = task->max_a_mps2 * task->period_s, dw = task->max_alpha_radps2 * task->period_s;
    struct twist2 high = {clamp(last.v_mps + dv, task->min_v_mps, task->max_v_mps),
                          clamp(last.w_radps + dw, -task->max_w_radps, task->max_w_radps)};
    struct twist2 low = {clamp(last.v_mps - dv, fmin(0, high.v_mps), high.v_mps), /* backwards only to end it */
                         clamp(last.w_radps - dw, -task->max_w_radps, task->max_w_radps)};
    for (int i = 0; i < V_COUNT; i++)
        dwa->v[i] = low.v_mps + (high.v_mps - low.v_mps) * i / (V_COUNT - 1);
    double v_step = (high.v_mps - low.v_mps) / (V_COUNT - 1);
    if (dwa->v_wanted >= low.v_mps && dwa->v_wanted <= high.v_mps && v_step > 0)
        dwa->v[lround((dwa->v_wanted - low.v_mps) / v_step)] = dwa->v_wanted;
    double w_step = (high.w_radps - low.w_radps) / (W_COUNT - 1);
    for (int j = 0; j < W_COUNT; j++)
        dwa->arcs[j].w = low.w_radps + w_step * j;
    if (low.w_radps <= 0 && high.w_radps >= 0 && w_step > 0)
        dwa->arcs[lround(-low.w_radps / w_step)].w = 0; /* straight ahead is always among them */
}

static void arc_fill(const struct dwa *dwa, struct arc *arc)
{
    double yaw = dwa->in->belief->pose.yaw, dt = dwa->params->sim_s / STEPS;
    for (int k = 0; k < STEPS; k++) {
        struct pose2 unit = footprint_arc((struct twist2){1, arc->w}, dt * (k + 1));
        double c = cos(yaw), s = sin(yaw);
        arc->at[k].x = c * unit.x - s * unit.y;
        arc->at[k].y = s * unit.x + c * unit.y;
        arc->at[k].c = cos(yaw + unit.yaw);
        arc->at[k].s = sin(yaw + unit.yaw);
    }
}

/* How near the arc comes to where people will be then: 0 far from all, 1 in touch with one. */
static double arc_people(const struct dwa *dwa, const struct arc *arc, double v)
{
    const struct pose2 pose = dwa->in->belief->pose;
    double worst = 0;
    for (int k = 0; k < STEPS && dwa->crowd.count; k++) {
        double x = pose.x + v * arc->at[k].x, y = pose.y + v * arc->at[k].y, t = dwa->params->sim_s * (k + 1) / STEPS;
        double gap = crowd_gap_m(&dwa->crowd, x, y, t) - dwa->footprint.half_length_m;
        worst = fmax(worst, 1 - gap / dwa->params->people_m);
    }
    return worst;
}

/* How long the arc at speed v keeps its limit (sim_s or more: infinite), and its least gap. */
static double arc_clear_s(const struct dwa *dwa, const struct arc *arc, double v, double *least_m)
{
    const struct belief *belief = dwa->in->belief;
    *least_m = dwa->gap_m;
    for (int k = 0; k < STEPS; k++) {
        double gap = footprint_grid_gap_m(belief, &dwa->footprint, belief->pose.x + v * arc->at[k].x,
                                  belief->pose.y + v * arc->at[k].y, arc->at[k].c, arc->at[k].s);
        if (gap < *least_m)
            *least_m = gap;
        if (gap < dwa->limit_m)
            return k * dwa->params->sim_s / STEPS;
    }
    return HUGE_VAL;
}

static bool is_admissible(const struct dwa *dwa, struct twist2 command, double clear_s)
{
    const struct task *task = dwa->in->task;
    double brake_s = fmax(fabs(command.v_mps) / (2 * task->max_a_mps2),
                          fabs(command.w_radps) / (2 * task->max_alpha_radps2)) + latency_s;
    return clear_s >= brake_s && clear_s >= dwa->params->ttc_s;
}

static void candidate_price(const struct dwa *dwa, const struct arc *arc, double v, double least_m,
                            struct candidate *candidate)
{
    const struct pose2 pose = dwa->in->belief->pose;
    const struct task *task = dwa->in->task;
    int middle = STEPS / 2, end = dwa->state->turning ? middle : STEPS - 1;
    double x = pose.x + v * arc->at[end].x, y = pose.y + v * arc->at[end].y;
    struct way_look half = way_look(&dwa->way, pose.x + v * arc->at[middle].x, pose.y + v * arc->at[middle].y);
    struct way_look look = end == middle ? half : way_look(&dwa->way, x, y);
    bool passing = look.over && !dwa->here.over;
    double turn = passing ? 0 : way_turn(&dwa->way, x, y, arc->at[end].c, arc->at[end].s, look.nearest);
    double progress = (dwa->here.left_m - look.left_m) / (task->max_v_mps * dwa->params->sim_s);
    double over = v - dwa->v_wanted;
    /* A gap on the path is no reason to stay before it. */
    double offered = dwa->state->turning ? fmin(dwa->way_gap_m, dwa->gap_m) : dwa->way_gap_m;
    double comfort = clamp(offered - 0.02, 0.04, dwa->params->comfort_m);
    const double raw[CRITIC_COUNT] = {
        [CRITIC_PATH] = fmin(2, half.off_m + look.off_m),
        [CRITIC_HEADING] = fabs(turn) / PI * (dwa->state->turning ? 3 : 1),
        [CRITIC_PROGRESS] = 1 - clamp(progress, -1, 1),
        [CRITIC_CLEARANCE] = square(clamp(1 - least_m / comfort, 0, 2)),
        [CRITIC_SPEED] = fabs(over) * (over > 0 ? 3 : 1) / task->max_v_mps,
        [CRITIC_PEOPLE] = square(fmin(2, arc_people(dwa, arc, v))),
        [CRITIC_SMOOTH] = (fabs(arc->w - dwa->in->last.w_radps) + fabs(arc->w)) / task->max_w_radps,
    };
    candidate->total = 0;
    for (int i = 0; i < CRITIC_COUNT; i++)
        candidate->total += candidate->costs[i] = dwa->params->weights[i] * raw[i];
}

static void window_weigh(struct dwa *dwa)
{
    for (int j = 0; j < W_COUNT; j++) {
        arc_fill(dwa, &dwa->arcs[j]);
        double fastest = footprint_fastest_mps(dwa->in->task, dwa->arcs[j].w);
        for (int i = 0; i < V_COUNT; i++) {
            struct candidate *candidate = &dwa->candidates[dwa->count++];
            double least, v = clamp(dwa->v[i], -fastest, fastest);
            candidate->command = (struct twist2){v, dwa->arcs[j].w};
            candidate->total = HUGE_VAL;
            candidate->valid = is_admissible(dwa, candidate->command, arc_clear_s(dwa, &dwa->arcs[j], v, &least));
            dwa->valid += candidate->valid;
            if (candidate->valid)
                candidate_price(dwa, &dwa->arcs[j], v, least, candidate);
        }
    }
}

/* The cheapest CANDIDATES_MAX, in order; those that are not admissible come last, as they were made. */
static void window_report(const struct dwa *dwa, struct decision *out)
{
    out->critics = critic_names;
    out->critic_count = CRITIC_COUNT;
    out->candidates_total = (uint32_t)dwa->count;
    out->candidates_valid = (uint32_t)dwa->valid;
    for (size_t i = 0; i < dwa->count; i++)
        decision_offer(out, &dwa->candidates[i]);
}

/* --- decide ----------------------------------------------------------------------------------------------- */

/* What is clear along the chosen arc, up to three metres. */
static double clear_ahead_m(const struct dwa *dwa, struct twist2 command)
{
    const struct pose2 pose = dwa->in->belief->pose;
    const double most = 3, step = 0.1;
    double bend = command.v_mps > 0.05 ? command.w_radps / command.v_mps : 0;
    for (double d = 0; d < most; d += step) {
        struct pose2 at = pose2_compose(pose, footprint_arc((struct twist2){1, bend}, d));
        double c = cos(at.yaw), s = sin(at.yaw);
        if (footprint_grid_gap_m(dwa->in->belief, &dwa->footprint, at.x, at.y, c, s) < dwa->limit_m)
            return d;
    }
    return most;
}

static void situation_fill(struct dwa *dwa)
{
    const struct pose2 pose = dwa->in->belief->pose;
    double c = cos(pose.yaw), s = sin(pose.yaw);
    way_fill(&dwa->way, dwa->in->plan, pose.yaw);
    crowd_fill(&dwa->crowd, dwa->in->belief, people_within_m);
    dwa->footprint = footprint_of(dwa->in->task);
    dwa->here = way_look(&dwa->way, pose.x, pose.y);
    dwa->heading_error = way_turn(&dwa->way, pose.x, pose.y, c, s, dwa->here.nearest);
    dwa->gap_m = footprint_grid_gap_m(dwa->in->belief, &dwa->footprint, pose.x, pose.y, c, s);
    /* What is too near already must not stop the robot from leaving. */
    dwa->limit_m = fmin(dwa->params->margin_m, dwa->gap_m - 0.01);
    dwa->state->turning = fabs(dwa->heading_error) > (dwa->state->turning ? turn_end_rad : turn_begin_rad);
}

static void choice_tell(const struct dwa *dwa, struct decision *out)
{
    const struct candidate *best = &out->candidates[0];
    double share = dwa->count ? (double)dwa->valid / (double)dwa->count : 0;
    out->wish = best->command;
    out->confidence = clamp(share * (1 - best->total / 12), 0, 1);
    if (dwa->state->turning)
        snprintf(out->reason, sizeof out->reason, "turning %.0f deg %s towards the path",
                 fabs(dwa->heading_error) * 180 / PI, dwa->heading_error > 0 ? "left" : "right");
    else
        snprintf(out->reason, sizeof out->reason, "following path, %.1f m clear ahead, %.1f m to go",
                 clear_ahead_m(dwa, best->command), dwa->here.left_m);
}

static void dwa_decide(const void *params, void *state, const struct policy_input *in, struct decision *out)
{
    struct dwa_state *memory = state;
    out->valid = true;
    if (decision_stands(&memory->standing, in, out)) {
        memory->turning = 0;
        return;
    }
    struct dwa dwa = {.params = params, .in = in, .state = state};
    situation_fill(&dwa);
    speed_want(&dwa, out);
    window_fill(&dwa);
    window_weigh(&dwa);
    window_report(&dwa, out);
    if (dwa.valid) {
        choice_tell(&dwa, out);
        return;
    }
    out->valid = fabs(in->last.v_mps) > 0.05 || fabs(in->last.w_radps) > 0.1; /* still braking */
    snprintf(out->reason, sizeof out->reason, "%s: none of %zu arcs is clear for %.1f s",
             out->valid ? "braking" : "boxed in", dwa.count, dwa.params->ttc_s);
    decision_choose(out, &(struct candidate){decision_slow(in), out->valid, out->valid ? 0 : HUGE_VAL, {0}});
}

extern const struct policy policy_dwa;
const struct policy policy_dwa = {
    .name = "dwa",
    .summary = "dynamic window on the known map; fails in dead ends and fast crowds",
    .params = dwa_params,
    .param_count = COUNT_OF(dwa_params),
    .param_size = sizeof(struct dwa_params),
    .state_size = sizeof(struct dwa_state),
    .decide = dwa_decide,
};
