#include "sim/episode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "sim/build_id.h"
#include "sim/episode_parts.h"

#define OUTCOME_NAME(id, name) name,
const char *const outcome_names[OUTCOME_COUNT] = {OUTCOMES(OUTCOME_NAME)};

/* --- building --------------------------------------------------------------------------------------------------- */

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
    e->labels_before_ns = INT64_MIN;
    for (int i = 0; i <= SENSOR_COUNT; i++)
        e->rules_before[i] = "";
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

/* --- the loop --------------------------------------------------------------------------------------------------- */

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
    episode_kidnap(e);
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
        .labels_before_ns = e->labels_before_ns,
        .rules_before = e->rules_before,
        .navigator = e->navigator,
        .output = &e->output,
        .applied = e->applied,
        .hashes = h,
        .companions = e->companions,
    });
    e->tracked_before = e->belief && e->belief->track_count > 0;
    e->labels_before_ns = e->belief->sight.labels_ns;
    for (int i = 0; i <= SENSOR_COUNT; i++)
        e->rules_before[i] = i < SENSOR_COUNT ? e->belief->sensors[i].rule : e->belief->drive.rule;
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
    perception_command(e->perception, e->now_ns, e->output.verdict->command);
    return true;
}

bool episode_step(struct episode *e)
{
    struct error err = {0};
    if (e->outcome != OUTCOME_RUNNING)
        return false;
    e->tick++;
    if (sense(e, &err)) {
        episode_finish(e, OUTCOME_DIVERGED, err.text);
        return false;
    }
    e->belief = perception_update(e->perception, e->now_ns); /* perceive */
    e->decides = decide(e);
    companions_decide(e->companions, e->now_ns);
    e->drove = drive(e); /* act */
    episode_judge(e);
    record(e);
    episode_conclude(e);
    return e->outcome == OUTCOME_RUNNING;
}

/* An input like any other: it is logged before the result it causes. */
void episode_stop(struct episode *e, const char *why)
{
    if (e->outcome != OUTCOME_RUNNING)
        return;
    struct msg_command command = {.tick = e->tick + 1, .verb = "stop", .text = why};
    journal_publish(e->journal, TOPIC_COMMAND, e->now_ns, &command);
    episode_finish(e, OUTCOME_STOPPED, why);
}

/* --- looking in ------------------------------------------------------------------------------------------------- */

void episode_bring(struct episode *e, const struct policy *policy) { navigator_bring(e->navigator, policy); }

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
        .clock_s = episode_clock_s(e),
        .official_length_m = benchmark ? e->scenario->official_length_m : (double)NAN,
        .barn_score = benchmark ? score_barn(success, e->scenario->official_length_m, episode_clock_s(e)) : (double)NAN,
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
