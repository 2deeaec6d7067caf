/* Every fault that can be injected is caught by a rule that is named in the log, in time; none of it ends in a
 * collision with the shield on; and on healthy runs nobody is accused. */
#include <math.h>

#include "sim/episode.h"
#include "tests/sim/stage.h"

enum { SHOWN_MAX = 32, ROWS = SENSOR_COUNT + 1 };

struct told { /* of one episode, from its log alone */
    char rules[SHOWN_MAX][40]; /* "imu frozen" */
    double at_s[SHOWN_MAX];
    int count;
    char last[ROWS][24];
    double now_s;
    enum outcome outcome;
    uint32_t collisions;
    char detail[160];
};

static void told_put(void *self, const struct frame *frame)
{
    struct told *told = self;
    struct msg_sensor_health health;
    struct arena arena = {0};
    told->now_s = (double)frame->stamp_ns * 1e-9;
    if (frame->topic != TOPIC_SENSOR_HEALTH)
        return;
    assert_int_equal(
        message_decode(topic_table[frame->topic].type, frame->payload, frame->size, &health, &arena, NULL), 0);
    assert_true(health.sensors.count > 1 && health.sensors.count <= ROWS);
    for (uint32_t i = 0; i < health.sensors.count; i++) {
        const struct msg_sensor_state *one = &health.sensors.data[i];
        bool news = strcmp(told->last[i], one->rule) != 0;
        snprintf(told->last[i], sizeof told->last[i], "%s", one->rule);
        if (!news || !*one->rule || told->count == SHOWN_MAX)
            continue;
        assert_true(strlen(one->detail) > 0);
        told->at_s[told->count] = told->now_s;
        snprintf(told->rules[told->count++], sizeof *told->rules, "%s %s", one->name, one->rule);
    }
    arena_clear(&arena);
}

static void drive(struct told *told, const char *name, uint64_t seed, const char *fault, double until_s)
{
    struct error err = {0};
    struct journal *journal = journal_create();
    struct scenario *scenario = scenario_load(name, &err);
    const struct episode_options options = {.seed = seed, .policy = "dwa", .shield = "on",
                                            .faults = &fault, .fault_count = fault != NULL};
    stage_must(scenario, &err);
    *told = (struct told){0};
    journal_add(journal, (struct sink){told_put, told});
    struct episode *episode = episode_create(scenario, &options, journal, &err);
    stage_must(episode, &err);
    episode_announce(episode);
    while (told->now_s < until_s && episode_step(episode))
        continue;
    struct episode_summary summary = episode_summary(episode);
    told->outcome = summary.outcome;
    told->collisions = summary.violations[VIOLATION_COL2].count + summary.violations[VIOLATION_COL3].count;
    snprintf(told->detail, sizeof told->detail, "%s", summary.detail);
    episode_destroy(&episode);
    scenario_destroy(&scenario);
    journal_destroy(&journal);
}

/* Faults begin at second 3 and last for 5; the rule must be in force within so many seconds. Turn rules need a turn. */
static const struct catch {
    const char *fault, *rule;
    double within_s;
} catches[] = {
    {"lidar:blackout@3+5", "lidar nothing", 0.25},   {"lidar:freeze@3+5", "lidar frozen", 0.45},
    {"lidar:swap@3+5", "lidar turn", 2.0},           {"lidar:stuck=0.1@3+5", "lidar stuck", 0.6},
    {"camera:freeze@3+5", "camera frozen", 0.45},    {"camera:blackout@3+5", "camera blank", 0.3},
    {"depth:freeze@3+5", "depth frozen", 0.45},      {"depth:blackout@3+5", "depth values", 0.15},
    {"depth:scale=1000@3+5", "depth unit", 0.4},     {"odometry:bias=0.4@3+5", "odometry speed", 1.5},
    {"odometry:swap@3+5", "odometry turn", 2.0},     {"odometry:scale=2@3+5", "odometry turn", 1.5},
    {"odometry:flip@3+5", "odometry turn", 1.5},    {"odometry:freeze@3+5", "odometry frozen", 0.15},
    {"imu:scale=1.5@3+5", "imu gravity", 1.0},       {"imu:flip@3+5", "imu turn", 2.0},
    {"imu:freeze@3+5", "imu frozen", 0.1},           {"imu:bias=0.3@3+5", "imu turn", 1.5},
    {"clock:drift=0.02@3+5", "lidar ahead", 1.0},    {"clock:drift=-0.04@3+5", "lidar late", 3.0},
    {"actuator:flip@3+5", "drive against", 1.0},     {"actuator:scale=0.4@3+5", "drive follow", 1.5},
    {"actuator:swap@3+5", "drive against", 3.0},     {"camera:drop=0.5@3+5", "camera rate", 4.0},
};

static void every_fault_is_caught_by_a_named_rule(void **unused)
{
    (void)unused;
    int missed = 0;
    for (size_t i = 0; i < COUNT_OF(catches); i++) {
        const struct catch *c = &catches[i];
        struct told told;
        double after_s = (double)INFINITY;
        drive(&told, "corridor", 1, c->fault, 3 + c->within_s + 0.3);
        for (int k = told.count; k-- > 0;)
            if (strcmp(told.rules[k], c->rule) == 0)
                after_s = told.at_s[k] - 3;
        bool early = told.count && told.at_s[0] < 3;
        if (early || !(after_s <= c->within_s)) {
            print_error("%s: '%s' after %.2f s, %.2f asked; first '%s'\n", c->fault, c->rule, after_s, c->within_s,
                        told.count ? told.rules[0] : "");
            missed++;
        }
    }
    assert_int_equal(missed, 0);
}

/* Either the goal or a safe stop: no hard contact, whatever fails. */
static void no_fault_ends_in_a_collision(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT_OF(catches); i++) {
        struct told told;
        drive(&told, "corridor", 2, catches[i].fault, 17);
        if (told.collisions)
            print_error("%s: %s\n", catches[i].fault, told.detail);
        assert_int_equal(told.collisions, 0);
    }
}

static void nobody_healthy_is_accused(void **unused)
{
    (void)unused;
    static const char *const scenarios[] = {"corridor", "office", "clutter", "glass", "wet-floor", "crowd"};
    int accused = 0;
    for (size_t s = 0; s < COUNT_OF(scenarios); s++)
        for (uint64_t seed = 1; seed <= 5; seed++) {
            struct told told;
            drive(&told, scenarios[s], seed, NULL, 11);
            for (int k = 0; k < told.count; k++)
                print_error("%s, seed %u: %s at %.2f s\n", scenarios[s], (unsigned)seed, told.rules[k], told.at_s[k]);
            accused += told.count;
        }
    assert_int_equal(accused, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_is_caught_by_a_named_rule),
        cmocka_unit_test(no_fault_ends_in_a_collision),
        cmocka_unit_test(nobody_healthy_is_accused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
