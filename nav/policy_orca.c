/* nav/policy_orca.c - velocities that collide with nobody for some seconds, the one nearest to what is wanted.
 *
 * Van den Berg, Guy, Lin, Manocha 2011. Everybody who moves (belief->tracks), and the nearest thing in every
 * direction as a disc that stands, forbids the velocities beyond a line; of a fan of velocities the one is taken
 * that crosses the lines least and differs least from the wanted one (along the path). ORCA shares the way out
 * between two agents; people are not asked to do their half (share 1). The robot is taken for a disc that can go
 * anywhere, and turns towards the velocity it was given. */
#include <stdio.h>
#include <string.h>

#include "nav/around.h"
#include "nav/decision.h"
#include "nav/footprint.h"

enum { LINES_MAX = CROWD_MAX + AROUND_SECTORS, SPEEDS = 6 };
static const char *const critic_names[] = {"wanted", "people", "things", "turning"};
enum { CRITIC_WANTED, CRITIC_PEOPLE, CRITIC_THINGS, CRITIC_TURNING, CRITIC_COUNT };

/* Directions of the fan, from the wanted one, to both sides. */
static const double fan_rad[] = {0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.25, 1.5, 1.8, 2.1, 2.5, 3.1};

struct orca_params {
    double weights[CRITIC_COUNT];
    double horizon_s, things_s, share, margin_m, ahead_m, cruise_mps, turn_gain;
};

#define WEIGHT(name, critic, fallback, help)                                                                           \
    {name "_weight", PARAM_REAL, offsetof(struct orca_params, weights) + (critic) * sizeof(double), fallback, 0, 100,  \
     "s/m", help, NULL}
#define NUMBER(name, fallback, low, high, unit, help)                                                                  \
    {#name, PARAM_REAL, offsetof(struct orca_params, name), fallback, low, high, unit, help, NULL}
static const struct param orca_params[] = {
    WEIGHT("wanted", CRITIC_WANTED, 1, "price of differing from the wanted velocity"),
    WEIGHT("people", CRITIC_PEOPLE, 20, "price of crossing somebody's line"),
    WEIGHT("things", CRITIC_THINGS, 20, "price of crossing the line of something that stands"),
    WEIGHT("turning", CRITIC_TURNING, 0.3, "price of a velocity away from the heading"),
    NUMBER(horizon_s, 3, 0.5, 10, "s", "no collision with people for so long"),
    NUMBER(things_s, 0.8, 0.1, 5, "s", "no collision with things for so long"),
    NUMBER(share, 1, 0.3, 1, "", "of the way out that the robot takes itself"),
    NUMBER(margin_m, 0.2, 0, 0.6, "m", "kept free between the robot and people"),
    NUMBER(ahead_m, 0.9, 0.2, 4, "m", "the point of the path that is steered at"),
    NUMBER(cruise_mps, 1.0, 0.05, 5, "m/s", "wanted speed"),
    NUMBER(turn_gain, 2.5, 0.1, 10, "1/s", "turn rate by heading error"),
};

struct orca_state {
    struct standing standing;
};

struct line { /* velocities to the left of `along` through `point` are free; robot frame */
    struct vec2 point, along;
    bool person;
};

struct orca { /* one decision in the making */
    const struct orca_params *params;
    const struct policy_input *in;
    struct crowd crowd;
    struct around around;
    struct line lines[LINES_MAX];
    size_t line_count;
    struct vec2 velocity, wanted; /* robot frame */
    bool backs; /* somebody comes: not even standing is free, and there is no time to turn round */
};

static double cross(struct vec2 a, struct vec2 b) { return a.x * b.y - a.y * b.x; }

/* The line of a disc at `at` of radius `radius` (both bodies together) that moves at `velocity`: the velocities that
 * meet it within `time_s` are a cone cut off by an arc; the relative velocity is moved to the nearest point of its
 * edge. */
static void line_add(struct orca *orca, struct vec2 at, struct vec2 velocity, double radius, double time_s, bool person)
{
    struct vec2 relative = vec2_sub(orca->velocity, velocity);
    double away2 = vec2_dot(at, at);
    bool inside = away2 <= square(radius);
    double horizon = inside ? 0.5 : time_s; /* in touch already: apart within half a second */
    struct vec2 from_arc = vec2_sub(relative, vec2_scale(at, 1 / horizon)), change, along;
    double length = vec2_length(from_arc), before = vec2_dot(from_arc, at);
    ASSERT(orca->line_count < LINES_MAX);
    if (inside || (before < 0 && square(before) > square(radius) * square(length))) {
        struct vec2 out = length > 1e-9 ? vec2_scale(from_arc, 1 / length) : (struct vec2){-1, 0};
        along = (struct vec2){out.y, -out.x};
        change = vec2_scale(out, radius / horizon - length);
    } else { /* one of the two tangents */
        double leg = sqrt(away2 - square(radius)), side = cross(at, from_arc) > 0 ? 1 : -1;
        along = vec2_scale((struct vec2){at.x * leg - side * at.y * radius, side * at.x * radius + at.y * leg},
                           side / away2);
        change = vec2_sub(vec2_scale(along, vec2_dot(relative, along)), relative);
    }
    double share = person ? orca->params->share : 1;
    orca->lines[orca->line_count++] = (struct line){vec2_add(orca->velocity, vec2_scale(change, share)), along, person};
}

static void lines_fill(struct orca *orca)
{
    const struct orca_params *p = orca->params;
    const struct task *task = orca->in->task;
    const struct pose2 pose = orca->in->belief->pose, turned = {0, 0, pose.yaw};
    double body = footprint_of(task).reach_m, slim = task->width_m / 2 + 0.05;
    crowd_fill(&orca->crowd, orca->in->belief, 8);
    around_fill(&orca->around, orca->in->belief, &orca->crowd, 2.5);
    for (size_t i = 0; i < orca->crowd.count; i++) {
        const struct mover *mover = &orca->crowd.movers[i];
        line_add(orca, pose2_unapply(pose, mover->at), pose2_unapply(turned, mover->velocity_mps),
                 body + mover->radius_m + p->margin_m, p->horizon_s, true);
    }
    for (size_t i = 0; i < AROUND_SECTORS; i++)
        if (isfinite(orca->around.distance_m[i]))
            line_add(orca, orca->around.at[i], (struct vec2){0, 0}, slim, p->things_s, false);
}

/* The wanted velocity: towards the path, slower before its end. */
static void want(struct orca *orca)
{
    const struct orca_params *p = orca->params;
    const struct task *task = orca->in->task;
    struct vec2 target = pose2_unapply(orca->in->belief->pose, around_target(orca->in->plan, p->ahead_m));
    double v = fmin(fmin(p->cruise_mps, task->max_v_mps), sqrt(task->max_a_mps2 * 0.6 * orca->in->plan->length_m));
    double length = fmax(1e-6, vec2_length(target));
    orca->velocity = (struct vec2){orca->in->belief->twist.v_mps, 0};
    orca->wanted = vec2_scale(target, v / length);
}

/* How far a velocity is beyond the worst line of people, or of things; 0: it is free. */
static double worst_mps(const struct orca *orca, struct vec2 velocity, bool person)
{
    double worst = 0;
    for (size_t i = 0; i < orca->line_count; i++) {
        const struct line *line = &orca->lines[i];
        if (line->person == person)
            worst = fmax(worst, -cross(line->along, vec2_sub(velocity, line->point)));
    }
    return worst;
}

/* A velocity ahead is turned to. One behind, too, unless somebody comes: then it is backed into, as far as the drive
 * can. No camera looks there, so that backing along the path would find what is low with the bumper. */
static struct twist2 steer(const struct orca_params *p, double speed, double error, bool backs)
{
    if (!backs || fabs(error) <= 0.6 * PI)
        return (struct twist2){speed * square(fmax(0, cos(error))), p->turn_gain * error};
    return (struct twist2){speed * cos(error), p->turn_gain * wrap_angle(error - PI)};
}

static void offer(const struct orca *orca, struct vec2 velocity, struct decision *out)
{
    const struct orca_params *p = orca->params;
    double speed = vec2_length(velocity), error = speed > 1e-6 ? atan2(velocity.y, velocity.x) : 0;
    const double raw[CRITIC_COUNT] = {
        [CRITIC_WANTED] = vec2_distance(velocity, orca->wanted),
        [CRITIC_PEOPLE] = worst_mps(orca, velocity, true),
        [CRITIC_THINGS] = worst_mps(orca, velocity, false),
        [CRITIC_TURNING] = speed * fabs(error) / PI,
    };
    struct candidate candidate = {.valid = true};
    candidate.command = footprint_reach(orca->in->task, orca->in->last, steer(p, speed, error, orca->backs));
    for (size_t i = 0; i < CRITIC_COUNT; i++)
        candidate.total += candidate.costs[i] = p->weights[i] * raw[i];
    out->candidates_total++;
    out->candidates_valid += raw[CRITIC_PEOPLE] <= 0 && raw[CRITIC_THINGS] <= 0;
    decision_offer(out, &candidate);
}

static void fan_offer(const struct orca *orca, struct decision *out)
{
    double most = fmin(orca->params->cruise_mps, orca->in->task->max_v_mps);
    double middle = atan2(orca->wanted.y, orca->wanted.x);
    offer(orca, orca->wanted, out);
    offer(orca, (struct vec2){0, 0}, out);
    for (size_t i = 0; i < COUNT_OF(fan_rad); i++)
        for (int side = 1; side >= (i ? -1 : 1); side -= 2)
            for (int k = 1; k <= SPEEDS; k++) {
                double angle = middle + side * fan_rad[i], v = most * k / SPEEDS;
                offer(orca, (struct vec2){v * cos(angle), v * sin(angle)}, out);
            }
}

static void tell(const struct orca *orca, struct decision *out)
{
    const struct candidate *best = &out->candidates[0];
    const double *costs = best->costs;
    double share = (double)out->candidates_valid / (double)out->candidates_total;
    out->wish = best->command;
    out->confidence = clamp(0.2 + share, 0, 1);
    snprintf(out->reason, sizeof out->reason, "%s, %zu people near, %.0f %% of velocities free",
             costs[CRITIC_PEOPLE] + costs[CRITIC_THINGS] > 0 ? "least bad velocity" : "free velocity",
             orca->crowd.count, 100 * share);
    snprintf(out->constraint, sizeof out->constraint, "%s",
             costs[CRITIC_PEOPLE] > 0   ? "people: no velocity avoids all"
             : costs[CRITIC_THINGS] > 0 ? "things: no velocity avoids all"
             : costs[CRITIC_WANTED] > 0 ? "the line of somebody or something"
                                        : "speed limit");
}

static void orca_decide(const void *params, void *memory, const struct policy_input *in, struct decision *out)
{
    struct orca orca = {.params = params, .in = in};
    struct orca_state *state = memory;
    out->valid = true;
    if (decision_stands(&state->standing, in, out))
        return;
    want(&orca);
    lines_fill(&orca);
    orca.backs = worst_mps(&orca, (struct vec2){0, 0}, true) > 0;
    out->critics = critic_names;
    out->critic_count = CRITIC_COUNT;
    fan_offer(&orca, out);
    tell(&orca, out);
}

extern const struct policy policy_orca;
const struct policy policy_orca = {
    .name = "orca",
    .summary = "velocity obstacles for crowds (ORCA); dithers in narrow places",
    .params = orca_params,
    .param_count = COUNT_OF(orca_params),
    .param_size = sizeof(struct orca_params),
    .state_size = sizeof(struct orca_state),
    .decide = orca_decide,
};
