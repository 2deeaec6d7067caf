#include "sim/episode.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "sim/actuator.h"
#include "sim/build_id.h"
#include "sim/companion.h"
#include "sim/episode_mind.h"
#include "sim/episode_publish.h"
#include "sim/sensors.h"

#define OUTCOME_NAME(id, name) name,
const char *const outcome_names[OUTCOME_COUNT] = {OUTCOMES(OUTCOME_NAME)};

enum { NS_PER_S = 1000000000 };
static const double STUCK_ENDS_S = 20; /* this long without progress and the episode is given up */
static const double TTC_HORIZON_S = 3, TOUCHING_M = 0.01, CLEARANCE_LOOK_M = 2;

struct episode {
    struct scenario *scenario; /* borrowed */
    struct episode_options options;
    struct journal *journal; /* borrowed */
    struct world *world;
    struct robot *robot;
    struct faults *faults;
    struct sensors *sensors;
    struct actuator *actuator;
    struct companions *companions; /* the further robots */
    struct perception *perception;
    struct bring *bring;
    struct navigator *navigator;
    struct monitor *monitor;
    struct score score;

    uint64_t tick, step;
    uint64_t steps_per_tick;
    int64_t now_ns;
    struct pose2 odometry; /* latest wheel odometry, odom frame */
    struct robot_state truth;
    const struct belief *belief;
    struct navigator_output output;
    struct twist2 asked, applied; /* of the drive, and what it made of it */
    bool decides;       /* in this tick */
    bool drove;         /* a command reached the drive at this very moment */
    bool tracked_before; /* the belief of the tick before had tracks */
    int64_t decided_ns; /* when it last did */
    int64_t thinking_until_ns;
    char named[BROUGHT_NAME_MAX]; /* of the policy a command asks for */
    double clearance_m;
    struct episode_hashes hashes;
    double reference_length_m;
    bool clock_runs; /* scenario.clock_from_m */
    int64_t clock_ns; /* when it began to */

    uint32_t robot_touches; /* between any two robots */
    enum outcome outcome;
    char detail[160];
};

/* --- building ---------------------------------------------------------------------------------------------------- */

static void take(void *self, enum topic topic, const void *message)
{
    struct episode *e = self;
    if (topic == TOPIC_ODOM) {
        const struct msg_odometry *odometry = message;
        const struct msg_quaternion *q = &odometry->pose.pose.orientation;
        e->odometry = (struct pose2){odometry->pose.pose.position.x, odometry->pose.pose.position.y,
                                     quat_yaw((struct quat){q->x, q->y, q->z, q->w})};
    }
    perception_put(e->perception, topic, message);
}

static struct robot *create_robot(struct episode *e, struct error *err)
{
    struct robot_def def = robot_def_of(e->scenario);
    def.seen = e->scenario->robot_count > 0;
    return robot_create(e->world, &def, err);
}

/* The scenario's, then those asked for; what has no onset begins with the episode. */
static enum status faults_build(struct episode *e, struct error *err)
{
    enum status status = STATUS_OK;
    e->faults = faults_create(e->options.seed);
    for (size_t i = 0; i < e->scenario->fault_count && !status; i++)
        status = faults_add(e->faults, &e->scenario->faults[i], 0, err);
    for (size_t i = 0; i < e->options.fault_count && !status; i++) {
        struct fault_spec spec;
        status = fault_parse(e->options.faults[i], &spec, err);
        if (!status)
            status = faults_add(e->faults, &spec, 0, err);
    }
    return status;
}

static enum status build(struct episode *e, struct error *err)
{
    e->bring = bring_create(&e->options, e->journal);
    enum status status = faults_build(e, err);
    if (!status)
        status = episode_mind(e->scenario, &e->options, e->bring, &e->perception, &e->navigator, err);
    if (!status && !(e->world = world_create(e->scenario, e->options.seed, err)))
        status = err->status;
    if (!status && !(e->robot = create_robot(e, err)))
        status = err->status;
    if (!status && !(e->companions = companions_create(e->scenario, e->world, e->options.seed, err)))
        status = err->status;
    if (status)
        return status;
    e->sensors = sensors_create(&(struct sensors_def){.world = e->world,
                                                      .robot = e->robot,
                                                      .journal = e->journal,
                                                      .seed = e->options.seed,
                                                      .without = e->options.without,
                                                      .take = take,
                                                      .self = e,
                                                      .faults = e->faults});
    e->actuator = actuator_create(robot_config(e->robot), e->options.seed, e->faults);
    e->monitor = monitor_create();
    e->steps_per_tick = (uint64_t)(e->scenario->world.physics_hz / e->scenario->world.control_hz);
    e->reference_length_m = scenario_reference_length_m(e->scenario);
    score_start(&e->score, (struct vec2){e->scenario->start.x, e->scenario->start.y});
    return STATUS_OK;
}

struct episode *episode_create(struct scenario *scenario, const struct episode_options *options,
                               struct journal *journal, struct error *err)
{
    struct error local = {0};
    struct episode *e = NEW(struct episode);
    e->scenario = scenario;
    e->options = *options;
    e->journal = journal;
    if (build(e, &local)) {
        if (err)
            *err = local;
        episode_destroy(&e);
    }
    return e;
}

void episode_destroy(struct episode **episode)
{
    struct episode *e = *episode;
    if (!e)
        return;
    monitor_destroy(&e->monitor);
    navigator_destroy(&e->navigator);
    bring_destroy(&e->bring);
    perception_destroy(&e->perception);
    actuator_destroy(&e->actuator);
    sensors_destroy(&e->sensors);
    faults_destroy(&e->faults);
    companions_destroy(&e->companions);
    robot_destroy(&e->robot);
    world_destroy(&e->world);
    free(e);
    *episode = NULL;
}

/* --- the loop ---------------------------------------------------------------------------------------------------- */

/* What has come through to the wheels' controller takes effect. */
static bool drive(struct episode *e)
{
    if (!actuator_arrived(e->actuator, e->now_ns, &e->asked))
        return false;
    e->applied = robot_drive(e->robot, e->asked, 1.0 / e->scenario->world.control_hz);
    return true;
}

/* The world moves on by one control period; late commands arrive, sensors speak when their time has come. */
static enum status sense(struct episode *e, struct error *err)
{
    robot_contacts_clear(e->robot);
    companions_start_tick(e->companions);
    for (uint64_t i = 0; i < e->steps_per_tick; i++) {
        uint64_t hz = (uint64_t)e->scenario->world.physics_hz;
        if (drive(e))
            publish_command(e->journal, e->now_ns, e->applied);
        struct actor_robot outlines[ROBOTS_MAX + 1] = {robot_outline(e->robot, e->world)};
        size_t robot_count = 1 + companions_drive(e->companions, e->now_ns, &outlines[1]);
        world_move_actors(e->world, outlines, robot_count, 1.0 / (double)hz);
        robot_step(e->robot, 1.0 / (double)hz);
        if (physics_step(e->world->physics, err))
            return STATUS_DIVERGED;
        robot_contacts_gather(e->robot, e->world);
        world_update_rays(e->world);
        robot_update_rays(e->robot, e->world);
        e->step++;
        e->now_ns = (int64_t)(e->step * NS_PER_S / hz);
        faults_tell(e->faults, e->journal, e->tick, e->now_ns);
        companions_sense(e->companions, e->step, e->now_ns);
        sensors_sample(e->sensors, e->step, e->now_ns);
    }
    e->robot_touches = companions_count_touches(e->companions, e->robot);
    e->truth = robot_state(e->robot, e->world);
    return STATUS_OK;
}

static double clearance_at(const struct episode *e, struct pose2 pose)
{
    const struct robot_config *robot = robot_config(e->robot);
    robot_hide(e->robot, e->world);
    double clearance_m = raycast_clearance(e->world->raycast, pose, robot->length_m, robot->width_m, 0.03,
                                           robot->height_m, CLEARANCE_LOOK_M, NULL);
    robot_show(e->robot, e->world);
    return clearance_m;
}

/* Truth's time to collision by conservative advancement: no point of the footprint moves faster than `rate`, so a clearance c
 * is safe for c / rate seconds. Everything else is taken as standing still. */
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

static void record(struct episode *e)
{
    struct episode_hashes *h = &e->hashes;
    h->world = actuator_hash(e->actuator, robot_hash(e->robot, world_hash(e->world, HASH_START)));
    h->world = companions_hash(e->companions, h->world);
    h->sensors = faults_hash(e->faults, sensors_hash(e->sensors, HASH_START));
    h->belief = perception_hash(e->perception, HASH_START);
    h->decision = monitor_hash(e->monitor, navigator_hash(e->navigator, HASH_START));
    if (e->thinking_until_ns > e->now_ns)
        h->decision = hash_bytes(h->decision, &e->thinking_until_ns, sizeof e->thinking_until_ns);
    h->all = hash_bytes(HASH_START, h, offsetof(struct episode_hashes, all));
    publish_tick(&(struct tick_report){
        .journal = e->journal,
        .tick = e->tick,
        .now_ns = e->now_ns,
        .scenario = e->scenario,
        .world = e->world,
        .robot = e->robot,
        .truth = &e->truth,
        .odometry = e->odometry,
        .decides = e->decides,
        .drove = e->drove,
        .belief = e->belief,
        .without = e->options.without,
        .tracked_before = e->tracked_before,
        .navigator = e->navigator,
        .output = &e->output,
        .applied = e->applied,
        .hashes = h,
        .companions = e->companions,
    });
    e->tracked_before = e->belief && e->belief->track_count > 0;
}

static void judge(struct episode *e)
{
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

static void finish(struct episode *e, enum outcome outcome, const char *detail)
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
static double clock_s(const struct episode *e) { return (double)(e->now_ns - e->clock_ns) * 1e-9; }

static void clock_update(struct episode *e)
{
    double moved_m = hypot(e->truth.ground.x - e->scenario->start.x, e->truth.ground.y - e->scenario->start.y);
    if (e->clock_runs || moved_m < e->scenario->clock_from_m)
        return;
    e->clock_runs = true;
    if (e->scenario->clock_from_m > 0)
        e->clock_ns = e->now_ns;
}

/* Is it over, and how? */
static void conclude(struct episode *e)
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
        finish(e, OUTCOME_COLLISION, detail);
    } else if (e->scenario->contact_ends && robot_contacts(e->robot, &contacts)) {
        snprintf(detail, sizeof detail, "touched '%s', %.1f m before the goal", world_tag_name(e->world, contacts->tag),
                 left_m);
        finish(e, OUTCOME_COLLISION, detail);
    } else if (left_m <= e->scenario->goal_tolerance_m) {
        finish(e, OUTCOME_SUCCESS, "reached the goal");
    } else if (tally[VIOLATION_STUCK].active && tally[VIOLATION_STUCK].active_s > STUCK_ENDS_S) {
        snprintf(detail, sizeof detail, "no progress, %.1f m before the goal", left_m);
        finish(e, OUTCOME_STUCK, detail);
    } else if ((double)(e->now_ns - e->clock_ns) >= e->scenario->time_limit_s * NS_PER_S) {
        snprintf(detail, sizeof detail, "time limit of %g s, %.1f m before the goal", e->scenario->time_limit_s,
                 left_m);
        finish(e, OUTCOME_TIMEOUT, detail);
    }
}

/* While the policy hangs, or still thinks, the last command stays in force. It boots first. */
static bool decide(struct episode *e)
{
    double more_s;
    bool awake = faults_policy(e->faults, e->now_ns, &more_s) || e->tick == 1;
    if (!awake || e->now_ns < e->thinking_until_ns)
        return false;
    bring_tick(e->bring, e->tick, e->now_ns);
    e->output = navigator_decide(e->navigator, e->belief); /* decide, shield */
    e->thinking_until_ns = e->now_ns + (int64_t)llround((e->scenario->world.policy_latency_s + more_s) * NS_PER_S);
    actuator_send(e->actuator, e->output.verdict->command, e->thinking_until_ns);
    return true;
}

bool episode_step(struct episode *e)
{
    struct error err = {0};
    if (e->outcome != OUTCOME_RUNNING)
        return false;
    e->tick++;
    if (sense(e, &err)) {
        finish(e, OUTCOME_DIVERGED, err.text);
        return false;
    }
    e->belief = perception_update(e->perception, e->now_ns); /* perceive */
    e->decides = decide(e);
    companions_decide(e->companions, e->now_ns);
    e->drove = drive(e); /* act */
    judge(e);
    record(e);
    conclude(e);
    return e->outcome == OUTCOME_RUNNING;
}

/* An input like any other: it is logged before the result it causes. */
void episode_stop(struct episode *e, const char *why)
{
    if (e->outcome != OUTCOME_RUNNING)
        return;
    struct msg_command command = {.tick = e->tick + 1, .verb = "stop", .text = why};
    journal_publish(e->journal, TOPIC_COMMAND, e->now_ns, &command);
    finish(e, OUTCOME_STOPPED, why);
}

/* --- commands ------------------------------------------------------------------------------------------------------ */

static enum status command_estop(struct episode *e, struct msg_command *c, struct error *err)
{
    (void)err;
    navigator_estop(e->navigator, !strcmp(c->verb, "estop"));
    return STATUS_OK;
}

static enum status command_teleop(struct episode *e, struct msg_command *c, struct error *err)
{
    (void)err;
    navigator_teleop(e->navigator, (struct twist2){c->values.data[0], c->values.data[1]}, e->now_ns);
    return STATUS_OK;
}

/* The policy of that name, file or endpoint, known to the navigator from now on as `name`. */
static enum status bring(struct episode *e, const char *what, char name[BROUGHT_NAME_MAX], struct error *err)
{
    const struct policy *policy;
    enum status status = bring_policy(e->bring, what, name, &policy, err);
    if (policy)
        navigator_bring(e->navigator, policy);
    return status;
}

/* What is logged is the name that says which version of a file it was. */
static enum status command_policy(struct episode *e, struct msg_command *c, struct error *err)
{
    enum status status = bring(e, c->text, e->named, err);
    c->text = e->named;
    return status ? status : navigator_swap(e->navigator, e->named, err);
}

static enum status command_shadow(struct episode *e, struct msg_command *c, struct error *err)
{
    e->named[0] = '\0';
    enum status status = *c->text ? bring(e, c->text, e->named, err) : STATUS_OK;
    c->text = e->named;
    return status ? status : navigator_shadow(e->navigator, e->named, err);
}

static enum status command_rollback(struct episode *e, struct msg_command *c, struct error *err)
{
    (void)c, (void)err;
    navigator_rollback(e->navigator);
    return STATUS_OK;
}

static enum status command_answer(struct episode *e, struct msg_command *c, struct error *err)
{
    if (!e->options.repeats)
        return error_set(err, STATUS_BAD_INPUT, "answer is what a policy's process says; it cannot be given as a command");
    bring_answer(e->bring, c);
    return STATUS_OK;
}

static enum status command_shield(struct episode *e, struct msg_command *c, struct error *err)
{
    for (int mode = 0; shield_mode_names[mode]; mode++)
        if (!strcmp(c->text, shield_mode_names[mode])) {
            navigator_shield(e->navigator, (enum shield_mode)mode);
            return STATUS_OK;
        }
    return error_set(err, STATUS_BAD_INPUT, "unknown shield mode '%s'; use off, monitor or on", c->text);
}

static enum status command_set(struct episode *e, struct msg_command *c, struct error *err)
{
    if (!bring_is_navigation(e->bring, c->text))
        return error_set(err, STATUS_BAD_INPUT, "'%s' cannot change in a running episode; reset with --set", c->text);
    return navigator_set(e->navigator, c->text, err);
}

static enum status command_goal(struct episode *e, struct msg_command *c, struct error *err)
{
    const struct scenario *s = e->scenario;
    struct vec2 goal = {c->values.data[0], c->values.data[1]};
    if (goal.x < s->x0_m || goal.x > s->x1_m || goal.y < s->y0_m || goal.y > s->y1_m)
        return error_set(err, STATUS_BAD_INPUT, "goal (%g, %g) is outside the world, %g..%g x %g..%g m", goal.x, goal.y,
                         s->x0_m, s->x1_m, s->y0_m, s->y1_m);
    navigator_goal(e->navigator, goal);
    publish_goal(e->journal, e->now_ns, goal);
    return STATUS_OK;
}

static enum status command_seed(struct episode *e, struct msg_command *c, struct error *err)
{
    char *end;
    errno = 0;
    unsigned long long seed = strtoull(c->text, &end, 10);
    if (*c->text < '0' || *c->text > '9' || *end || errno)
        return error_set(err, STATUS_BAD_INPUT, "seed takes a whole number, not '%s'", c->text);
    sensors_seed(e->sensors, seed);
    companions_seed(e->companions, seed);
    return STATUS_OK;
}

static enum status command_fault(struct episode *e, struct msg_command *c, struct error *err)
{
    struct fault_spec spec;
    enum status status = fault_parse(c->text, &spec, err);
    return status ? status : faults_add(e->faults, &spec, e->now_ns, err);
}

static enum status command_fault_clear(struct episode *e, struct msg_command *c, struct error *err)
{
    return faults_clear(e->faults, c->text, e->now_ns, err);
}

static const struct command_row {
    const char *verb;
    uint32_t values;
    enum status (*apply)(struct episode *, struct msg_command *, struct error *);
    bool silent; /* it is logged when it is used */
} command_table[] = {
    {"estop", 0, command_estop, false},   {"release", 0, command_estop, false},
    {"teleop", 2, command_teleop, false}, {"policy", 0, command_policy, false},
    {"shield", 0, command_shield, false}, {"set", 0, command_set, false},
    {"goal", 2, command_goal, false},     {"seed", 0, command_seed, false},
    {"rollback", 0, command_rollback, false}, {"shadow", 0, command_shadow, false},
    {"answer", 4, command_answer, true},
    {"fault", 0, command_fault, false},   {"fault_clear", 0, command_fault_clear, false},
};

static const struct command_row *command_find(const char *verb)
{
    for (size_t i = 0; i < COUNT_OF(command_table); i++)
        if (!strcmp(command_table[i].verb, verb))
            return &command_table[i];
    return NULL;
}

bool episode_knows(const char *verb) { return command_find(verb) != NULL; }

uint32_t episode_values(const char *verb)
{
    const struct command_row *row = command_find(verb);
    return row ? row->values : 0;
}

enum status episode_command(struct episode *e, const struct msg_command *command, struct error *err)
{
    const struct command_row *row = command_find(command->verb);
    if (!row)
        return error_set(err, STATUS_BAD_INPUT, "unknown command '%s'", command->verb);
    if (command->values.count != row->values)
        return error_set(err, STATUS_BAD_INPUT, "%s takes %u numbers, not %u", row->verb, row->values,
                         command->values.count);
    for (uint32_t i = 0; i < command->values.count; i++)
        if (!isfinite(command->values.data[i]))
            return error_set(err, STATUS_BAD_INPUT, "%s: number %u is not finite", row->verb, i + 1);
    if (e->outcome != OUTCOME_RUNNING)
        return error_set(err, STATUS_BAD_INPUT, "the episode is over (%s); reset first", outcome_names[e->outcome]);
    struct msg_command logged = *command;
    logged.tick = e->tick + 1; /* it takes effect before this tick */
    if (!logged.text)
        logged.text = "";
    enum status status = row->apply(e, &logged, err);
    if (status || row->silent)
        return status;
    journal_publish(e->journal, TOPIC_COMMAND, e->now_ns, &logged);
    if (strcmp(logged.verb, "teleop")) /* many a second, and seen in the decision */
        journal_say(e->journal, e->now_ns, 20, "operator", "%s%s%s", logged.verb, *logged.text ? " " : "", logged.text);
    return STATUS_OK;
}

/* --- looking in ---------------------------------------------------------------------------------------------------- */

void episode_go_live(struct episode *e) { bring_go_live(e->bring); }

void episode_announce(struct episode *e)
{
    publish_start(e->journal, e->scenario, &e->options, e->navigator, e->reference_length_m);
    sensors_announce(e->sensors, 0);
    e->truth = robot_state(e->robot, e->world);
}

struct episode_summary episode_summary(const struct episode *e)
{
    bool benchmark = e->scenario->official_length_m > 0, success = e->outcome == OUTCOME_SUCCESS;
    const struct policy *shadow = navigator_shadow_policy(e->navigator);
    const struct navigator_shadow *compared = navigator_compared(e->navigator);
    return (struct episode_summary){
        .outcome = e->outcome,
        .detail = e->detail,
        .tick = e->tick,
        .now_ns = e->now_ns,
        .score = &e->score,
        .violations = monitor_tally(e->monitor),
        .spl = score_spl(&e->score, success, e->reference_length_m),
        .reference_length_m = e->reference_length_m,
        .clock_s = clock_s(e),
        .official_length_m = benchmark ? e->scenario->official_length_m : (double)NAN,
        .barn_score = benchmark ? score_barn(success, e->scenario->official_length_m, clock_s(e)) : (double)NAN,
        .shadow_policy = shadow ? shadow->name : NULL,
        .shadow_disagreement = compared->ticks ? compared->disagreement_sum / (double)compared->ticks : 0,
        .shadow_vetoes = compared->vetoes,
        .shadow_ticks = compared->ticks,
        .hash = e->hashes.all,
        .robot_touches = e->robot_touches,
    };
}

const char *episode_fault(const struct episode *e, size_t i) { return faults_text(e->faults, i); }
const char *episode_policy_path(const struct episode *e)
{
    return bring_path(e->bring, navigator_policy(e->navigator)->name);
}

const struct navigator *episode_navigator(const struct episode *e) { return e->navigator; }

int64_t episode_tick_ns(const struct episode *e) { return NS_PER_S / e->scenario->world.control_hz; }

void episode_describe(const struct episode *e, struct recorder *recorder)
{
    episode_pack(e->scenario, &e->options, e->navigator, recorder);
    bring_describe(e->bring, recorder);
}
