/* Slow faults are named in time, and the right sensor; wrong units by a hard rule; healthy runs of every built-in
 * scenario name nobody. DRIFT_SEEDS=n tries n seeds of each instead of one. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "sim/episode.h"
#include "tests/sim/stage.h"

enum { NAMES_MAX = 16 };

struct told { /* of one episode, from its log alone */
    const char *sensor; /* the one that is watched */
    double ph_s, psi_s; /* when its Page-Hinkley was over its line, its PSI over its own; infinite: never */
    double least_weight, variance_m2, now_s; /* variance: of the position believed last */
    struct naming {
        char text[24]; /* "lidar drift" */
        double at_s;
    } names[NAMES_MAX];
    int count;
    char detail[160];
};

static void note(struct told *told, const struct msg_sensor_state *one)
{
    char text[24];
    snprintf(text, sizeof text, "%.11s %.11s", one->name, one->rule);
    for (int i = 0; i < told->count; i++)
        if (!strcmp(told->names[i].text, text))
            return;
    assert_true(told->count < NAMES_MAX && strlen(one->detail) > 0);
    if (!told->count)
        snprintf(told->detail, sizeof told->detail, "%s", one->detail);
    told->names[told->count].at_s = told->now_s;
    memcpy(told->names[told->count++].text, text, sizeof text);
}

static void told_put(void *self, const struct frame *frame)
{
    struct told *told = self;
    struct msg_sensor_health health;
    struct arena arena = {0};
    told->now_s = (double)frame->stamp_ns * 1e-9;
    if (frame->topic == TOPIC_BELIEF) {
        struct msg_belief belief;
        assert_int_equal(
            message_decode(topic_table[frame->topic].type, frame->payload, frame->size, &belief, &arena, NULL), 0);
        told->variance_m2 = belief.covariance[0] + belief.covariance[4];
        arena_clear(&arena);
    }
    if (frame->topic != TOPIC_SENSOR_HEALTH)
        return;
    assert_int_equal(
        message_decode(topic_table[frame->topic].type, frame->payload, frame->size, &health, &arena, NULL), 0);
    for (uint32_t i = 0; i < health.sensors.count; i++) {
        const struct msg_sensor_state *one = &health.sensors.data[i];
        assert_true(one->weight >= 0 && one->weight <= 1);
        assert_true(*one->rule || one->weight == 1 || one->state != HEALTH_OK || !strcmp(one->name, "drive"));
        if (*one->rule)
            note(told, one);
        if (!told->sensor || strcmp(one->name, told->sensor))
            continue;
        if (one->ph > one->ph_line && one->ph_line > 0)
            told->ph_s = fmin(told->ph_s, told->now_s);
        if (one->psi > one->psi_critical)
            told->psi_s = fmin(told->psi_s, told->now_s);
        if (one->state == HEALTH_OK)
            told->least_weight = fmin(told->least_weight, one->weight);
    }
    arena_clear(&arena);
}

/* Returns the simulated time it lasted. */
static double drive(struct told *told, const char *name, uint64_t seed, const char *fault, const char *sensor,
                    double until_s)
{
    struct error err = {0};
    struct journal *journal = journal_create();
    struct scenario *scenario = scenario_load(name, &err);
    const struct episode_options options = {.seed = seed, .policy = "dwa", .shield = "on",
                                            .faults = &fault, .fault_count = fault != NULL};
    stage_must(scenario, &err);
    if (sensor && !strcmp(sensor, "ultrasonic"))
        stage_must(scenario_set(scenario, "ultrasonic.enabled=true", &err) == STATUS_OK, &err);
    *told = (struct told){.sensor = sensor, .ph_s = (double)INFINITY, .psi_s = (double)INFINITY, .least_weight = 1};
    journal_add(journal, (struct sink){told_put, told});
    struct episode *episode = episode_create(scenario, &options, journal, &err);
    stage_must(episode, &err);
    episode_announce(episode);
    while (told->now_s < until_s && episode_step(episode))
        continue;
    episode_destroy(&episode);
    scenario_destroy(&scenario);
    journal_destroy(&journal);
    return told->now_s;
}

static double named_s(const struct told *told, const char *text)
{
    for (int i = 0; i < told->count; i++)
        if (!strcmp(told->names[i].text, text))
            return told->names[i].at_s;
    return (double)INFINITY;
}

/* All begin at second 5 of the office; the sensor must be named within so many seconds, and nobody before it. 0: too
 * small to be seen, and then nobody must be named at all. */
#define ONSET_S 5.0
static const struct plant {
    const char *fault, *sensor;
    double within_s;
} plants[] = {
    {"odometry:drift=0.01@5", "odometry", 8},   {"odometry:drift=0.03@5", "odometry", 5},
    {"odometry:scale=1.08@5", "odometry", 5},   {"imu:drift=0.002@5", "imu", 13},
    {"imu:drift=0.005@5", "imu", 7},            {"imu:scale=1.05@5", "imu", 4},
    {"lidar:drift=0.005@5", "lidar", 9},        {"lidar:drift=0.02@5", "lidar", 5},
    {"lidar:noise=0.02@5", "lidar", 5},         {"depth:drift=0.005@5", "depth", 9},
    {"depth:drift=0.02@5", "depth", 5},         {"camera:drift=-3@5", "camera", 9},
    {"camera:drift=-8@5", "camera", 5},         {"camera:drift=-0.3@5", "camera", 0},
    {"ultrasonic:drift=0.02@5", "ultrasonic", 6},
};

static void slow_faults_are_named(void **unused)
{
    (void)unused;
    int wrong = 0, ph_missed = 0, psi_missed = 0;
    for (size_t i = 0; i < COUNT_OF(plants); i++) {
        const struct plant *p = &plants[i];
        struct told told;
        char text[24];
        snprintf(text, sizeof text, "%s drift", p->sensor);
        drive(&told, "office", 3, p->fault, p->sensor, ONSET_S + (p->within_s > 0 ? p->within_s + 2 : 8));
        double after_s = named_s(&told, text) - ONSET_S;
        printf("figure: %-24s named after %5.1f s, Page-Hinkley %5.1f, PSI over its line %5.1f; %s\n", p->fault,
               after_s, told.ph_s - ONSET_S, told.psi_s - ONSET_S, told.detail);
        ph_missed += !isfinite(told.ph_s);
        psi_missed += !isfinite(told.psi_s);
        bool right = p->within_s > 0 ? after_s >= 0 && after_s <= p->within_s && !strcmp(told.names[0].text, text) &&
                                           told.least_weight <= 0.5
                                     : told.count == 0;
        if (!right)
            print_error("%s: '%s' after %.1f s, %.1f asked; first '%s', weight %.2f\n", p->fault, text, after_s,
                        p->within_s, told.count ? told.names[0].text : "", told.least_weight);
        wrong += !right;
    }
    printf("figure: of %zu slow faults Page-Hinkley missed %d, PSI in those few seconds %d\n", COUNT_OF(plants),
           ph_missed, psi_missed);
    assert_int_equal(wrong, 0);
}

/* Wheels that drift say where the robot is with less confidence: without a map, position's variance grows faster. */
static void who_drifts_is_doubted(void **unused)
{
    (void)unused;
    struct told sound, drifting;
    drive(&sound, "clutter", 3, NULL, "odometry", 8);
    drive(&drifting, "clutter", 3, "odometry:drift=0.04@1", "odometry", 8);
    printf("figure: position's sd after 8 s: %.3f m, with wheels that drift %.3f m\n", sqrt(sound.variance_m2),
           sqrt(drifting.variance_m2));
    assert_true(sound.least_weight == 1 && drifting.least_weight == 0.5);
    assert_true(drifting.variance_m2 > 1.1 * sound.variance_m2);
}

/* PSI needs a reference and a window: a fault that comes after both it sees as well, but later than Page-Hinkley. A
 * reference of few effective samples puts its line so high that it sees nothing: once in a while it may. */
static void psi_sees_it_later(void **unused)
{
    static const char *const faults[][2] = {{"imu:bias=0.02@12", "imu"}, {"lidar:bias=0.06@12", "lidar"}};
    enum { FIRST_SEED = 3, SEEDS = 3 };
    size_t seen = 0;
    (void)unused;
    for (size_t i = 0; i < COUNT_OF(faults) * SEEDS; i++) {
        const char *const *fault = faults[i / SEEDS];
        uint64_t seed = FIRST_SEED + i % SEEDS;
        struct told told;
        drive(&told, "warehouse", seed, fault[0], fault[1], 36);
        printf("figure: %s, seed %" PRIu64 ": Page-Hinkley after %.1f s, PSI over its line after %.1f\n", fault[0],
               seed, told.ph_s - 12, told.psi_s - 12);
        assert_true(told.ph_s > 12 && told.ph_s < told.psi_s && told.ph_s < 20);
        seen += told.psi_s < 36;
    }
    assert_true(seen >= COUNT_OF(faults) * SEEDS - 1);
}

/* A range that is far off has a rule of its own, quicker than drift. */
static void far_off_is_named(void **unused)
{
    static const struct {
        const char *fault, *rule;
    } rows[] = {{"lidar:bias=0.2@3", "lidar off"}, {"depth:bias=0.1@3", "depth off"}};
    (void)unused;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct told told;
        drive(&told, "corridor", 3, rows[i].fault, NULL, 9);
        printf("figure: %s: '%s' after %.1f s\n", rows[i].fault, rows[i].rule, named_s(&told, rows[i].rule) - 3);
        assert_true(named_s(&told, rows[i].rule) <= 3 + 4);
    }
}

/* Centimetres, millimetres, degrees for metres and radians: out of any range, or against the others. */
static void wrong_units_are_named(void **unused)
{
    static const struct {
        const char *fault, *sensor, *rule;
    } rows[] = {
        {"lidar:scale=100@2", "lidar", "lidar values"},
        {"lidar:scale=0.01@2", "lidar", "lidar values"},
        {"imu:scale=57.3@2", "imu", "imu values"},
        {"imu:scale=0.1@2", "imu", "imu gravity"},
        {"depth:scale=1000@2", "depth", "depth unit"},
        {"depth:scale=0.001@2", "depth", "depth unit"},
        {"odometry:scale=100@2", "odometry", "odometry values"},
        {"odometry:scale=0.01@2", "odometry", "odometry turn"},
        {"ultrasonic:scale=100@2", "ultrasonic", "ultrasonic values"},
        {"ultrasonic:scale=0.01@2", "ultrasonic", "ultrasonic values"},
        {"ultrasonic:scale=2@2", "ultrasonic", "ultrasonic unit"},
    };
    (void)unused;
    int missed = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct told told;
        drive(&told, "corridor", 1, rows[i].fault, rows[i].sensor, 5);
        double after_s = named_s(&told, rows[i].rule) - 2;
        if (!(after_s >= 0 && after_s <= 2.5))
            print_error("%s: '%s' after %.2f s; first '%s'\n", rows[i].fault, rows[i].rule, after_s,
                        told.count ? told.names[0].text : "");
        missed += !(after_s >= 0 && after_s <= 2.5);
    }
    assert_int_equal(missed, 0);
}

/* On the slippery floor wheels do drift away from the scans: there, naming the odometry is no false alarm. */
static void nobody_healthy_drifts(void **unused)
{
    static const char *const names[] = {
        "black-sofa", "blind-corner", "clutter", "corridor", "crowd", "dark", "doorway", "glass",
        "kerb", "low-boxes", "maze", "office", "ramp", "slippery", "warehouse", "wet-floor",
    };
    (void)unused;
    const char *more = getenv("DRIFT_SEEDS");
    uint64_t seeds = more ? (uint64_t)atoi(more) : 1;
    double lasted_s = 0;
    int alarms = 0;
    for (size_t s = 0; s < COUNT_OF(names); s++)
        for (uint64_t k = 0; k < seeds; k++) {
            struct told told;
            bool slips = !strcmp(names[s], "slippery");
            lasted_s += drive(&told, names[s], 101 + s + 16 * k, NULL, NULL, more ? 60 : 16);
            for (int i = 0; i < told.count; i++) {
                bool is_drift = strstr(told.names[i].text, " drift") || strstr(told.names[i].text, " off");
                if (!is_drift || (slips && !strncmp(told.names[i].text, "odometry", 8)))
                    continue;
                print_error("%s, seed %u: %s at %.2f s, first of all: %s\n", names[s], (unsigned)(101 + s + 16 * k),
                            told.names[i].text, told.names[i].at_s, told.detail);
                alarms++;
            }
        }
    printf("figure: %d false alarms of drift in %.2f simulated hours of %zu scenarios\n", alarms, lasted_s / 3600,
           COUNT_OF(names));
    assert_true(alarms <= (int)(lasted_s / 3600)); /* at most one an hour: none in the short run */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_faults_are_named),
        cmocka_unit_test(psi_sees_it_later),
        cmocka_unit_test(who_drifts_is_doubted),
        cmocka_unit_test(far_off_is_named),
        cmocka_unit_test(wrong_units_are_named),
        cmocka_unit_test(nobody_healthy_drifts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
