/* Sampled now, known later: the wire, the sensors on it, the way to the wheels, and a policy that takes its time. */
#include "sim/actuator.h"
#include "sim/episode.h"
#include "sim/wire.h"
#include "tests/sim/capture.h"

static const int64_t MS = 1000000;

/* --- the wire --------------------------------------------------------------------------------------------- */

enum { ARRIVALS_MAX = 64 };
struct arrivals {
    struct { enum topic topic; int64_t now_ns, stamp_ns; } rows[ARRIVALS_MAX];
    size_t count;
    int64_t now_ns;
};

static void arrive(void *self, enum topic topic, const void *message)
{
    struct arrivals *a = self;
    assert_true(a->count < ARRIVALS_MAX);
    const struct msg_header *header = message;
    a->rows[a->count].topic = topic;
    a->rows[a->count].now_ns = a->now_ns;
    a->rows[a->count++].stamp_ns = message_ns(header->stamp);
}

static void post(struct wire *wire, enum topic topic, int64_t now_ns, int64_t due_ns, bool overtakes)
{
    struct msg_bumper bumper = {.header = {message_time(now_ns), "base_link"}};
    struct msg_imu imu = {.header = {message_time(now_ns), "imu"}};
    const void *message = topic == TOPIC_IMU ? (const void *)&imu : &bumper;
    wire_send(wire, &(struct wire_letter){topic, message, now_ns, due_ns, overtakes});
}

static void the_wire_keeps_the_order_within_a_topic(void **unused)
{
    (void)unused;
    struct arrivals a = {0};
    struct journal *journal = journal_create();
    struct wire *wire = wire_create((struct wire_out){journal, arrive, &a});
    uint64_t empty = wire_hash(wire, HASH_START);
    assert_true(empty == HASH_START);
    post(wire, TOPIC_BUMPER, 10 * MS, 40 * MS, false); /* slow */
    post(wire, TOPIC_IMU, 10 * MS, 10 * MS, false);    /* due at once: passes through */
    assert_int_equal(a.count, 1);
    assert_true(wire_hash(wire, HASH_START) != empty);
    post(wire, TOPIC_BUMPER, 20 * MS, 25 * MS, false); /* would overtake: waits for the one before */
    post(wire, TOPIC_IMU, 20 * MS, 30 * MS, false);    /* another topic: need not */
    post(wire, TOPIC_BUMPER, 22 * MS, 24 * MS, true);  /* may overtake */
    for (a.now_ns = 24 * MS; a.now_ns <= 50 * MS; a.now_ns += MS)
        wire_deliver(wire, a.now_ns);
    const struct { enum topic topic; int64_t now, stamp;
    } expected[] = {{TOPIC_IMU, 0, 10},
                    {TOPIC_BUMPER, 24, 22},
                    {TOPIC_IMU, 30, 20},
                    {TOPIC_BUMPER, 40, 10},
                    {TOPIC_BUMPER, 40, 20}};
    assert_int_equal(a.count, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_int_equal(a.rows[i].topic, expected[i].topic);
        assert_true(a.rows[i].now_ns == expected[i].now * MS && a.rows[i].stamp_ns == expected[i].stamp * MS);
    }
    assert_int_equal(wire_waiting(wire), 0);
    assert_true(wire_hash(wire, HASH_START) == empty);
    post(wire, TOPIC_BUMPER, 60 * MS, 90 * MS, false); /* lost when the wire goes, and freed */
    wire_destroy(&wire);
    journal_destroy(&journal);
}

/* --- the sensors on it ------------------------------------------------------------------------------------ */

struct timing { /* of one topic */
    enum topic topic;
    size_t count;
    int64_t least_ns, most_ns, last_stamp_ns;
    uint64_t values;
};

static void timing_put(void *self, const struct frame *frame)
{
    struct timing *t = self;
    if (frame->topic != t->topic)
        return;
    struct arena arena = {0};
    void *message = arena_new(&arena, 1, topic_table[t->topic].type->size);
    assert_int_equal(message_decode(topic_table[t->topic].type, frame->payload, frame->size, message, &arena, NULL), 0);
    int64_t stamp_ns = message_ns(((struct msg_header *)message)->stamp), late_ns = frame->stamp_ns - stamp_ns;
    assert_true(stamp_ns > t->last_stamp_ns); /* none overtook */
    t->least_ns = t->count && t->least_ns < late_ns ? t->least_ns : late_ns;
    t->most_ns = t->count && t->most_ns > late_ns ? t->most_ns : late_ns;
    t->last_stamp_ns = stamp_ns;
    if (t->count++ < 5) /* as many as all of the runs below deliver */
        t->values = hash_bytes(t->values, frame->payload, frame->size);
    arena_clear(&arena);
}

static struct timing timing_of(enum topic topic, uint64_t seed, const char *const *settings, uint64_t *state)
{
    struct timing timing = {.topic = topic, .last_stamp_ns = -1, .values = HASH_START};
    struct stage stage = stage_open(ROOM, settings);
    struct journal *journal = journal_create();
    journal_add(journal, (struct sink){timing_put, &timing});
    struct sensors_def def = {.world = stage.world, .robot = stage.robot, .journal = journal, .seed = seed};
    stage.sensors = sensors_create(&def);
    stage_run(&stage, (struct twist2){0.5, 0.3}, 1);
    *state = sensors_hash(stage.sensors, HASH_START);
    journal_destroy(&journal);
    stage_close(&stage);
    return timing;
}

static void a_latency_moves_the_delivery_and_nothing_else(void **unused)
{
    (void)unused;
    static const struct { enum topic topic; const char *setting; int64_t late_ms; size_t lost; } rows[] = {
        {TOPIC_SCAN, "lidar.latency_s=0.2", 200, 2},    {TOPIC_IMAGE, "camera.latency_s=0.03", 30, 1},
        {TOPIC_DEPTH, "camera.latency_s=0.03", 30, 1},  {TOPIC_IMU, "imu.latency_s=0.005", 5, 1},
        {TOPIC_ODOM, "odometry.latency_s=0.1", 100, 5}, {TOPIC_BUMPER, "bumper.latency_s=0.5", 500, 10},
        {TOPIC_SCAN, "lidar.latency_s=0.0123", 15, 1}, /* at the next physics step */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t state;
        struct timing plain = timing_of(rows[i].topic, 3, NULL, &state);
        struct timing late = timing_of(rows[i].topic, 3, (const char *[]){rows[i].setting, NULL}, &state);
        assert_true(plain.least_ns == 0 && plain.most_ns == 0);
        assert_true(late.least_ns == rows[i].late_ms * MS && late.most_ns == rows[i].late_ms * MS);
        assert_int_equal(late.count, plain.count - rows[i].lost);
        assert_true(late.values == plain.values); /* stamp and content are those of the sampling */
    }
}

static void jitter_is_drawn_by_the_seed_and_overtakes_nobody(void **unused)
{
    (void)unused;
    const char *const settings[] = {"odometry.latency_s=0.02", "odometry.jitter_s=0.2", NULL};
    uint64_t state_a, state_b, state_other;
    struct timing a = timing_of(TOPIC_ODOM, 3, settings, &state_a), b = timing_of(TOPIC_ODOM, 3, settings, &state_b);
    struct timing other = timing_of(TOPIC_ODOM, 4, settings, &state_other);
    assert_memory_equal(&a, &b, sizeof a);
    assert_true(state_a == state_b && state_a != state_other);
    assert_true(a.least_ns >= 20 * MS && a.most_ns <= 225 * MS && a.most_ns - a.least_ns > 50 * MS);
    assert_true(a.least_ns != other.least_ns || a.most_ns != other.most_ns);
}

static void what_is_under_way_is_state(void **unused)
{
    (void)unused;
    uint64_t plain, late;
    timing_of(TOPIC_SCAN, 3, NULL, &plain);
    timing_of(TOPIC_SCAN, 3, (const char *[]){"lidar.latency_s=0.2", NULL}, &late);
    assert_true(plain != late);
}

static void what_would_come_too_late_is_refused(void **unused)
{
    (void)unused;
    static const struct { const char *sets[3], *sentence;
    } rows[] = {
        {{"lidar.latency_s=0.4", "lidar.jitter_s=0.2", NULL},
         "office.yaml: lidar.latency_s and lidar.jitter_s are 0.6 s together; what is more than 0.5 s old is of no "
         "use, "
         "lower them"},
        {{"lidar.latency_s=0.2", "odometry.rate_hz=1000", "world.physics_hz=1000"},
         "office.yaml: lidar messages may be 0.2 s old when they come, but at odometry.rate_hz 1000 the robot "
         "remembers "
         "only its last 0.13 s; lower one of them"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error err = {0};
        struct scenario *scenario = scenario_load("office", &err);
        for (size_t j = 0; j < 3 && rows[i].sets[j]; j++)
            assert_int_equal(scenario_set(scenario, rows[i].sets[j], &err), STATUS_OK);
        assert_int_equal(scenario_expand(scenario, 1, &err), STATUS_BAD_INPUT);
        assert_string_equal(err.text, rows[i].sentence);
        scenario_destroy(&scenario);
    }
}

/* --- the way to the wheels -------------------------------------------------------------------------------- */

static void a_command_arrives_when_it_is_due(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", (const char *[]){"robot.latency_s=0.07", NULL});
    struct actuator *actuator = actuator_create(robot_config(stage.robot), 1, NULL);
    struct twist2 command = {9, 9};
    assert_true(actuator_hash(actuator, HASH_START) == HASH_START);
    actuator_send(actuator, (struct twist2){1, 0}, 50 * MS);
    actuator_send(actuator, (struct twist2){2, 0}, 100 * MS);
    assert_true(actuator_hash(actuator, HASH_START) != HASH_START);
    assert_false(actuator_arrived(actuator, 119 * MS, &command));
    assert_true(command.v_mps == 9); /* untouched */
    assert_true(actuator_arrived(actuator, 120 * MS, &command) && command.v_mps == 1);
    actuator_send(actuator, (struct twist2){3, 0}, 110 * MS);
    assert_true(actuator_arrived(actuator, 500 * MS, &command) && command.v_mps == 3); /* of several the last */
    assert_false(actuator_arrived(actuator, 1000 * MS, &command));
    assert_true(actuator_hash(actuator, HASH_START) == HASH_START);
    actuator_destroy(&actuator);
    stage_close(&stage);
}

/* --- in the loop ------------------------------------------------------------------------------------------ */

struct drive { /* what a log of an episode would tell */
    size_t decisions, commands;
    int64_t decided_ns[400], commanded_ns[400], stamp_ns;
    uint64_t hash;
};

static void drive_put(void *self, const struct frame *frame)
{
    struct drive *d = self;
    if (frame->topic == TOPIC_DECISION && d->decisions < 400)
        d->decided_ns[d->decisions++] = frame->stamp_ns;
    if (frame->topic == TOPIC_CMD_VEL && d->commands < 400)
        d->commanded_ns[d->commands++] = frame->stamp_ns;
    assert_true(frame->stamp_ns >= d->stamp_ns); /* a log's time never goes back */
    d->stamp_ns = frame->stamp_ns;
    d->hash = hash_bytes(d->hash, frame->payload, frame->size);
}

static struct episode_summary drive(const char *scenario_name, const char *const *sets, size_t set_count,
                                    uint64_t ticks, struct score *score, struct drive *d)
{
    struct error err = {0};
    struct journal *journal = journal_create();
    *d = (struct drive){.hash = HASH_START};
    journal_add(journal, (struct sink){drive_put, d});
    struct scenario *scenario = scenario_load(scenario_name, &err);
    struct episode_options options = {.seed = 7, .without = 1u << SENSOR_CAMERA | 1u << SENSOR_DEPTH, .sets = sets,
                                      .set_count = set_count};
    struct episode *episode = episode_create(scenario, &options, journal, &err);
    stage_must(episode, &err);
    episode_announce(episode);
    for (uint64_t i = 0; i < ticks && episode_step(episode); i++)
        continue;
    struct episode_summary summary = episode_summary(episode);
    *score = *summary.score;
    summary.score = score;
    static struct violation_tally tally[VIOLATION_COUNT];
    memcpy(tally, summary.violations, sizeof tally);
    summary.violations = tally;
    episode_destroy(&episode);
    scenario_destroy(&scenario);
    journal_destroy(&journal);
    return summary;
}

static void a_slow_actuator_acts_later(void **unused)
{
    (void)unused;
    struct score score;
    static struct drive d;
    drive("corridor", (const char *[]){"robot.latency_s=0.08"}, 1, 40, &score, &d);
    assert_int_equal(d.decisions, 40);
    assert_int_equal(d.commands, 38); /* two are under way */
    for (size_t i = 0; i < d.commands; i++)
        assert_true(d.commanded_ns[i] == d.decided_ns[i] + 80 * MS);
    drive("corridor", NULL, 0, 40, &score, &d);
    assert_int_equal(d.commands, 40);
    for (size_t i = 0; i < d.commands; i++)
        assert_true(d.commanded_ns[i] == d.decided_ns[i]);
}

static void a_slow_policy_decides_less_often_and_is_told_so(void **unused)
{
    (void)unused;
    struct score score;
    static struct drive d;
    const char *const sets[] = {"world.policy_latency_s=0.12"};
    struct episode_summary summary = drive("corridor", sets, 1, 60, &score, &d);
    assert_int_equal(d.decisions, 20); /* every third tick of 50 ms */
    for (size_t i = 0; i < d.commands; i++) {
        assert_true(i == 0 || d.decided_ns[i] == d.decided_ns[i - 1] + 150 * MS);
        assert_true(d.commanded_ns[i] == d.decided_ns[i] + 120 * MS);
    }
    assert_true(summary.violations[VIOLATION_MISS].count > 0);
    uint64_t hash = d.hash;
    drive("corridor", sets, 1, 60, &score, &d);
    assert_true(d.hash == hash); /* slow, and still the same bytes */
    summary = drive("corridor", (const char *[]){"world.policy_latency_s=0.05"}, 1, 60, &score, &d);
    assert_int_equal(d.decisions, 60); /* as long as a tick is no miss */
    assert_int_equal(summary.violations[VIOLATION_MISS].count, 0);
}

/* A scan is matched at the pose of its stamp: late scans tell less about now, but nothing wrong. Taken as of now, a
 * scan of 0.2 s ago would be 24 cm off at full speed. */
static void late_scans_do_not_move_the_robot(void **unused)
{
    (void)unused;
    static const char *const late[] = {"lidar.latency_s=0.2"};
    static const char *const all_late[] = {"lidar.latency_s=0.3", "lidar.jitter_s=0.1", "odometry.latency_s=0.1",
                                           "imu.latency_s=0.1"};
    struct score plain, lidar, all;
    static struct drive d;
    drive("office", NULL, 0, 400, &plain, &d);
    struct episode_summary summary = drive("office", late, COUNT_OF(late), 400, &lidar, &d);
    assert_int_equal(summary.violations[VIOLATION_STALE].count, 0); /* a latency that is known is no staleness */
    summary = drive("office", all_late, COUNT_OF(all_late), 400, &all, &d);
    assert_int_equal(summary.violations[VIOLATION_STALE].count, 0);
    printf("figure: position rms %.1f mm, with the lidar 0.2 s late %.1f mm, with all sensors late %.1f mm\n",
           1e3 * plain.position_rms_m, 1e3 * lidar.position_rms_m, 1e3 * all.position_rms_m);
    assert_true(plain.path_length_m > 5 && lidar.path_length_m > 5);
    assert_true(lidar.position_rms_m < 0.01);
    assert_true(all.position_rms_m < 0.03);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wire_keeps_the_order_within_a_topic),
        cmocka_unit_test(a_latency_moves_the_delivery_and_nothing_else),
        cmocka_unit_test(jitter_is_drawn_by_the_seed_and_overtakes_nobody),
        cmocka_unit_test(what_is_under_way_is_state),
        cmocka_unit_test(what_would_come_too_late_is_refused),
        cmocka_unit_test(a_command_arrives_when_it_is_due),
        cmocka_unit_test(a_slow_actuator_acts_later),
        cmocka_unit_test(a_slow_policy_decides_less_often_and_is_told_so),
        cmocka_unit_test(late_scans_do_not_move_the_robot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
