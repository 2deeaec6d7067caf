/* Faults in the loop: every pair of the table on one log that repeats bit for bit, what an operator does to them, and
 * which rules of health and monitor notice what. */
#include "logs/file.h"
#include "sim/branch.h"
#include "sim/check.h"
#include "tests/sim/stage.h"
#include "tests/sim/recorded.h"

enum { FAULTED_MAX = 64 };
static const char *const quick[] = {"lidar.beams=60", "camera.width=16", "camera.height=12", "time_limit_s=6"};

struct watched { /* of an episode */
    int64_t now_ns;
    double path_length_m;
    uint32_t violations[VIOLATION_COUNT];
    bool stale[SENSOR_COUNT], bad[SENSOR_COUNT];
    uint32_t gaps[SENSOR_COUNT], bad_values[SENSOR_COUNT], received[SENSOR_COUNT];
    uint64_t hash;
    uint32_t events;
};

static void watched_put(void *self, const struct frame *frame)
{
    struct watched *w = self;
    w->hash = hash_bytes(w->hash, &frame->stamp_ns, sizeof frame->stamp_ns);
    w->hash = hash_bytes(w->hash, frame->payload, frame->size);
    w->events += frame->topic == TOPIC_FAULTS;
    if (frame->topic != TOPIC_SENSOR_HEALTH)
        return;
    struct arena arena = {0};
    struct msg_sensor_health health;
    assert_int_equal(
        message_decode(topic_table[frame->topic].type, frame->payload, frame->size, &health, &arena, NULL), 0);
    for (uint32_t i = 0; i + 1 < health.sensors.count; i++) { /* the drive's row is the last */
        const struct msg_sensor_state *one = &health.sensors.data[i];
        w->stale[i] |= one->state == 1;
        w->bad[i] |= one->state == 3;
        w->gaps[i] = one->gaps;
        w->bad_values[i] = one->bad_values;
        w->received[i] = one->received;
    }
    arena_clear(&arena);
}

/* `path` NULL: no log. Verbs are given before their ticks. */
struct input { uint64_t tick; const char *verb, *text; };
static void watch(struct watched *w, const char *const *faults, size_t fault_count, const struct input *inputs,
                  size_t input_count, uint64_t ticks, const char *path)
{
    struct error err = {0};
    struct journal *journal = journal_create();
    struct scenario *scenario = scenario_load("office", &err);
    const struct episode_options options = {.seed = 7, .sets = quick, .set_count = COUNT_OF(quick), .faults = faults,
                                            .fault_count = fault_count};
    *w = (struct watched){.hash = HASH_START};
    journal_add(journal, (struct sink){watched_put, w});
    struct episode *episode = episode_create(scenario, &options, journal, &err);
    stage_must(episode, &err);
    struct recorder *recorder = path ? recorder_create(path, NULL, &err) : NULL;
    if (recorder) {
        journal_add(journal, recorder_sink(recorder));
        episode_describe(episode, recorder);
    }
    episode_announce(episode);
    for (uint64_t tick = 1; tick <= ticks; tick++) {
        for (size_t i = 0; i < input_count; i++) {
            const struct msg_command command = {.verb = inputs[i].verb, .text = inputs[i].text};
            if (inputs[i].tick == tick)
                stage_must(!episode_command(episode, &command, &err), &err);
        }
        if (!episode_step(episode))
            break;
    }
    episode_stop(episode, "enough");
    struct episode_summary summary = episode_summary(episode);
    w->now_ns = summary.now_ns;
    w->path_length_m = summary.score->path_length_m;
    for (int i = 0; i < VIOLATION_COUNT; i++)
        w->violations[i] = summary.violations[i].count;
    if (recorder)
        assert_int_equal(recorder_close(&recorder, &err), STATUS_OK);
    episode_destroy(&episode);
    scenario_destroy(&scenario);
    journal_destroy(&journal);
}

/* Every n-th pair of the table, each at its own time. */
static size_t pairs_text(size_t first, size_t every, char texts[FAULTED_MAX][FAULT_TEXT], const char **list)
{
    size_t at = 0, count = 0;
    for (int target = 0; target < FAULT_TARGETS; target++)
        for (int i = 0; i < FAULT_KIND_COUNT; i++) {
            struct fault_range range = fault_range(target, (enum fault_kind)i);
            if (!(fault_target_kinds(target) >> i & 1) || at++ % every != first)
                continue;
            double amount = i == FAULT_DELAY || i == FAULT_JITTER ? 0.1 : i == FAULT_SCALE ? 1.1 : 0.001 * range.most;
            struct fault_spec spec = {target, (enum fault_kind)i, range.unit ? amount : 0, 0.2 + 0.02 * (double)at, 0.5,
                                      0.3};
            fault_text(&spec, texts[count]);
            list[count] = texts[count];
            count++;
        }
    return count;
}

static void every_fault_repeats_bit_for_bit(void **unused)
{
    (void)unused;
    static char texts[FAULTED_MAX][FAULT_TEXT];
    const char *list[FAULTED_MAX];
    char path[128];
    static struct check_report report;
    struct error err = {0};
    for (size_t part = 0; part < 2; part++) {
        struct watched a, b, plain;
        size_t count = pairs_text(part, 2, texts, list);
        const struct input inputs[] = {{30, "fault", "lidar:noise=0.05+0.4"}, {40, "fault_clear", ""}};
        assert_true(count > 40);
        watch(&a, list, count, inputs, COUNT_OF(inputs), 60, recorded_path("faults.mcap", path));
        watch(&b, list, count, inputs, COUNT_OF(inputs), 60, NULL);
        watch(&plain, NULL, 0, NULL, 0, 60, NULL);
        assert_true(a.hash == b.hash && a.hash != plain.hash);
        assert_true(a.events > count); /* an onset each, and ends */
        stage_must(!check_log(path, &(struct check_options){0}, NULL, NULL, &report, &err), &err);
        assert_true(report.same && report.mode == CHECK_EXACT && report.complete);
    }
}

static void without_faults_nothing_changes(void **unused)
{
    (void)unused;
    struct watched plain, later;
    const char *const never[] = {"lidar:bias=1@1000", "policy:hang@1000"};
    watch(&plain, NULL, 0, NULL, 0, 40, NULL);
    watch(&later, never, COUNT_OF(never), NULL, 0, 40, NULL);
    assert_true(plain.now_ns == later.now_ns && plain.events == 0 && later.events == 0);
    assert_memory_equal(plain.received, later.received, sizeof plain.received);
    assert_true(plain.path_length_m == later.path_length_m);
}

static void an_operator_injects_and_clears(void **unused)
{
    (void)unused;
    struct error err = {0};
    struct journal *journal = journal_create();
    struct scenario *scenario = scenario_load("office", &err);
    const struct episode_options options = {.seed = 7, .without = 1u << SENSOR_CAMERA | 1u << SENSOR_DEPTH};
    struct episode *episode = episode_create(scenario, &options, journal, &err);
    stage_must(episode, &err);
    episode_announce(episode);
    for (int i = 0; i < 10; i++)
        episode_step(episode);
    struct msg_command command = {.verb = "fault", .text = "lidar:bios=1"};
    assert_int_equal(episode_command(episode, &command, &err), STATUS_BAD_INPUT);
    assert_non_null(strstr(err.text, "column 7: there is no kind of fault 'bios'; did you mean 'bias'?"));
    assert_int_equal(journal_count(journal, TOPIC_COMMAND), 0); /* what is refused is not logged */
    command.text = "lidar:bias=1+1";
    assert_int_equal(episode_command(episode, &command, &err), STATUS_OK);
    assert_string_equal(episode_fault(episode, 0), "lidar:bias=1@0.5+1");
    assert_null(episode_fault(episode, 1));
    episode_step(episode);
    assert_int_equal(journal_count(journal, TOPIC_FAULTS), 1);
    command = (struct msg_command){.verb = "fault_clear", .text = "lidar"};
    assert_int_equal(episode_command(episode, &command, &err), STATUS_OK);
    assert_int_equal(episode_command(episode, &command, &err), STATUS_BAD_INPUT);
    episode_step(episode);
    assert_int_equal(journal_count(journal, TOPIC_FAULTS), 2);
    assert_int_equal(journal_count(journal, TOPIC_COMMAND), 2);
    episode_destroy(&episode);
    scenario_destroy(&scenario);
    journal_destroy(&journal);
}

static void a_branch_and_a_counterfactual_take_faults(void **unused)
{
    (void)unused;
    struct watched w;
    struct error err = {0};
    char parent[128], child[128];
    static struct check_report report;
    struct branch_report branched;
    const struct branch_change change = {"fault", "lidar:blackout"};
    watch(&w, NULL, 0, NULL, 0, 40, recorded_path("parent.mcap", parent));
    const struct branch_options options = {.at = "20t", .changes = &change, .change_count = 1};
    stage_must(!branch_run(parent, recorded_path("child.mcap", child), &options, NULL, NULL, &branched, &err), &err);
    assert_true(branched.tick == 20 && branched.ticks > 20);
    stage_must(!check_log(child, &(struct check_options){0}, NULL, NULL, &report, &err), &err);
    assert_true(report.same && report.mode == CHECK_EXACT);
    const char *const faults[] = {"actuator:blackout@1"};
    const struct check_options question = {.faults = faults, .fault_count = 1};
    stage_must(!check_log(parent, &question, NULL, NULL, &report, &err), &err);
    assert_int_equal(report.mode, CHECK_CLOSED_LOOP);
    assert_true(!report.same && report.counterfactual.different > 0);
}

/* --- who notices ------------------------------------------------------------------------------------------------ */

/* A fault from second 1 to 3 of 4, and what must have noticed it. */
static const struct notice {
    const char *fault;
    enum sensor sensor;
    enum { BY_STALE = 1, BY_BAD = 2, BY_GAPS = 4, BY_BAD_VALUES = 8, BY_MISS = 16, BY_VIOLATION_STALE = 32 } by;
} notices[] = {
    {"imu:drop@1+2", SENSOR_IMU, BY_STALE | BY_GAPS | BY_VIOLATION_STALE},
    {"lidar:drop@1+2", SENSOR_LIDAR, BY_STALE | BY_GAPS | BY_VIOLATION_STALE},
    {"camera:drop=0.3@1+2", SENSOR_CAMERA, BY_GAPS},
    {"lidar:delay=0.5@1+2", SENSOR_LIDAR, BY_STALE | BY_VIOLATION_STALE},
    {"odometry:jitter=0.2@1+2", SENSOR_ODOMETRY, BY_BAD_VALUES}, /* overtaken messages are not used */
    {"lidar:stale_stamp@1+2", SENSOR_LIDAR, BY_STALE | BY_VIOLATION_STALE},
    {"clock:freeze@1+2", SENSOR_ODOMETRY, BY_STALE | BY_VIOLATION_STALE},
    {"clock:bias=2@1+2", SENSOR_LIDAR, BY_BAD_VALUES}, /* stamps from the future */
    {"clock:bias=-1@1+2", SENSOR_LIDAR, BY_BAD_VALUES | BY_STALE},
    {"lidar:scale=100@1+2", SENSOR_LIDAR, BY_BAD | BY_BAD_VALUES}, /* beyond range_max */
    {"depth:blackout@1+2", SENSOR_DEPTH, BY_BAD | BY_BAD_VALUES},
    {"imu:scale=1000@1+2", SENSOR_IMU, BY_BAD | BY_BAD_VALUES},
    {"link:drop@1+2", SENSOR_BUMPER, BY_STALE | BY_GAPS | BY_VIOLATION_STALE},
    {"policy:hang@1+0.5", SENSOR_LIDAR, BY_MISS},
    {"policy:delay=0.2@1+2", SENSOR_LIDAR, BY_MISS},
};

static void rules_notice_what_they_are_for(void **unused)
{
    (void)unused;
    struct watched plain;
    watch(&plain, NULL, 0, NULL, 0, 80, NULL);
    for (size_t i = 0; i < COUNT_OF(notices); i++) {
        const struct notice *n = &notices[i];
        struct watched w;
        watch(&w, &n->fault, 1, NULL, 0, 80, NULL);
        unsigned by = (w.stale[n->sensor] ? BY_STALE : 0u) | (w.bad[n->sensor] ? BY_BAD : 0u) |
                      (w.gaps[n->sensor] > plain.gaps[n->sensor] ? BY_GAPS : 0u) |
                      (w.bad_values[n->sensor] > plain.bad_values[n->sensor] ? BY_BAD_VALUES : 0u) |
                      (w.violations[VIOLATION_MISS] > plain.violations[VIOLATION_MISS] ? BY_MISS : 0u) |
                      (w.violations[VIOLATION_STALE] > plain.violations[VIOLATION_STALE] ? BY_VIOLATION_STALE : 0u);
        if ((by & n->by) != n->by)
            print_error("%s: noticed by %#x, expected %#x\n", n->fault, by, (unsigned)n->by);
        assert_int_equal(by & n->by, n->by);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_repeats_bit_for_bit),
        cmocka_unit_test(without_faults_nothing_changes),
        cmocka_unit_test(an_operator_injects_and_clears),
        cmocka_unit_test(a_branch_and_a_counterfactual_take_faults),
        cmocka_unit_test(rules_notice_what_they_are_for),
    };
    return cmocka_run_group_tests(tests, recorded_setup, recorded_teardown);
}
