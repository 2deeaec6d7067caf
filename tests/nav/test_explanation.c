/* What each policy says about its decision: candidates, costs, constraint, confidence; and that confidence
 * falls where it should. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "nav/brought.h"
#include "nav/decision.h"
#include "perception/onnx_write.h"
#include "tests/nav/scene.h"

/* --- those who drive in the table
 * ---------------------------------------------------------------------------------- */

/* Straight on at 0.5 m/s, whatever its lidar row of four says. */
static const struct policy *network_open(void)
{
    static const float zeros[8], straight[] = {0.5f, 0};
    struct onnx_write file = onnx_write_begin("straight", 13);
    struct bytes bytes = {0};
    struct error err = {0};
    onnx_write_input(&file, "lidar", (int64_t[]){1, 4}, 2);
    onnx_write_weights(&file, "w", (int64_t[]){4, 2}, 2, zeros);
    onnx_write_weights(&file, "b", (int64_t[]){2}, 1, straight);
    onnx_write_node(&file, "Gemm", "lidar w b", "command");
    onnx_write_output(&file, "command", (int64_t[]){1, 2}, 2);
    onnx_write_end(&file, &bytes);
    const struct policy *policy = policy_network_open("network", bytes.data, bytes.size, &err);
    bytes_clear(&bytes);
    assert_non_null(policy);
    return policy;
}

static void ask(void *self, const struct policy_question *question, struct policy_answer *answer)
{
    (void)question;
    *answer = *(const struct policy_answer *)self;
}

static const struct policy *process_open(void)
{
    static struct policy_answer answer = {true, {0.4, 0.1}, 0.7, "as told"};
    struct error err = {0};
    const struct policy *policy = policy_process_open("ipc:///x", (struct policy_line){ask, &answer}, &err);
    assert_non_null(policy);
    return policy;
}

static const struct row {
    const char *name;
    const struct policy *(*open)(void); /* NULL: built in */
    size_t critics, candidates;         /* at least so many candidates */
    bool always_limited;                /* names a constraint at every tick */
} rows[] = {
    {"dwa", NULL, 7, 12, true},          {"mppi", NULL, 8, 1, true},       {"vfh", NULL, 3, 1, true},
    {"orca", NULL, 4, 12, true},         {"potential", NULL, 2, 12, true},  {"pursuit", NULL, 0, 1, true},
    {"learned", NULL, 0, 1, false},      {"teleop", NULL, 0, 1, false},     {"network", network_open, 0, 1, false},
    {"ipc:///x", process_open, 0, 1, false},
};

static struct navigator *navigator_new(const struct scene *scene, const struct row *row)
{
    struct navigator_config config = navigator_config_default();
    struct error err = {0};
    const char *sets[] = {"recovery.enabled=false"};
    const struct policy *brought = row->open ? row->open() : NULL;
    config.task = scene->task;
    config.policy = row->name;
    config.brought = &brought;
    config.brought_count = brought != NULL;
    config.sets = sets;
    config.set_count = 1;
    struct navigator *navigator = navigator_create(&config, &err);
    if (!navigator)
        fail_msg("%s", err.text);
    return navigator;
}

/* What the robot sees, for those who look for themselves. */
static const struct belief *see(struct scene *scene, int64_t now_ns, bool lidar)
{
    static float ranges[SCENE_BEAMS], depth[8 * 6];
    scene_sense(scene, now_ns);
    for (int i = 0; i < SCENE_BEAMS; i++)
        ranges[i] = (float)scene_range_m(scene, 2 * PI * i / SCENE_BEAMS);
    for (int i = 0; i < 8 * 6; i++)
        depth[i] = 4;
    scene->belief.sight = (struct sight){.lidar_m = lidar ? ranges : NULL, .lidar_count = SCENE_BEAMS,
                                         .lidar_step_rad = 2 * PI / SCENE_BEAMS, .depth_m = depth,
                                         .width = 8, .height = 6};
    return &scene->belief;
}

/* --- every decision is explained
 * --------------------------------------------------------------------------------------- */

static void check_candidates(const struct row *row, const struct decision *d)
{
    assert_true(d->candidate_count >= row->candidates && d->candidate_count <= CANDIDATES_MAX);
    assert_true(d->candidates_total >= d->candidate_count && d->candidates_valid <= d->candidates_total);
    assert_memory_equal(&d->candidates[0].command, &d->wish, sizeof d->wish);
    for (size_t i = 0; i < d->candidate_count; i++) {
        double sum = 0;
        for (size_t k = 0; k < d->critic_count; k++)
            sum += d->candidates[i].costs[k];
        assert_true(!d->candidates[i].valid || fabs(sum - d->candidates[i].total) < 1e-6);
        assert_true(d->candidates[i].valid || isinf(d->candidates[i].total));
        assert_true(i < 2 || d->candidates[i].total >= d->candidates[i - 1].total);
    }
}

static void test_each_says_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        scene_clutter(&scene, 2, SCENE_KNOWN, 0.9);
        struct navigator *navigator = navigator_new(&scene, &rows[i]);
        double least = 1, most = 0;
        for (int64_t tick = 0; tick < 60; tick++) {
            navigator_teleop(navigator, (struct twist2){0.5, 0}, tick * 50000000);
            struct navigator_output out = navigator_decide(navigator, see(&scene, tick * 50000000, true));
            const struct decision *d = out.decision;
            if (!d->valid || strlen(d->reason) < 6 || (rows[i].always_limited && strlen(d->constraint) < 4))
                fail_msg("%s, tick %d: %s, reason '%s', constraint '%s'", rows[i].name, (int)tick,
                         d->valid ? "valid" : "not valid", d->reason, d->constraint);
            assert_int_equal(d->critic_count, rows[i].critics);
            assert_true(d->confidence > 0 && d->confidence <= 1);
            check_candidates(&rows[i], d);
            least = fmin(least, d->confidence);
            most = fmax(most, d->confidence);
            scene_move(&scene, out.verdict->command);
        }
        printf("figure: %s explains 60 of 60 decisions, confidence %.2f to %.2f\n", rows[i].name, least, most);
        navigator_destroy(&navigator);
        scene_clear(&scene);
    }
}

/* --- confidence falls where it should
 * ---------------------------------------------------------------------------------- */

static double confidence(const struct row *row, struct pose2 pose, bool pillars, bool lidar, int64_t operator_age_ns)
{
    struct scene scene;
    scene_init(&scene, 12, 5, SCENE_KNOWN);
    scene.pose = pose;
    /* a row of pillars too near to each other to pass, and some to the sides */
    for (int i = 0; i < 5 && pillars; i++) {
        scene_add(&scene, (struct vec2){2, 1.5 + 0.5 * i});
        scene_add(&scene, (struct vec2){0.8 + 0.3 * i, i % 2 ? 1.9 : 3.1});
    }
    struct navigator *navigator = navigator_new(&scene, row);
    navigator_teleop(navigator, (struct twist2){0.5, 0}, 0);
    double got = navigator_decide(navigator, see(&scene, operator_age_ns, lidar)).decision->confidence;
    navigator_destroy(&navigator);
    scene_clear(&scene);
    return got;
}

static void test_less_sure(void **state)
{
    (void)state;
    static const struct {
        size_t row;
        struct pose2 pose;
        bool pillars, lidar;
        int64_t operator_age_ns;
    } worse[] = {
        {0, {1, 2.5, 0}, true, true, 0},  {1, {1, 2.5, 0}, true, true, 0}, {2, {1, 2.5, 0}, true, true, 0},
        {3, {1, 2.5, 0}, true, true, 0},  {4, {1, 2.5, 0}, true, true, 0}, {5, {1, 2.5, 1.2}, false, true, 0},
        {6, {1, 2.5, 0}, false, false, 0}, {7, {1, 2.5, 0}, false, true, 2000000000}, {8, {1, 2.5, 0}, false, false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(worse); i++) {
        const struct row *row = &rows[worse[i].row];
        double open = confidence(row, (struct pose2){1, 2.5, 0}, false, true, 0);
        double hard = confidence(row, worse[i].pose, worse[i].pillars, worse[i].lidar, worse[i].operator_age_ns);
        if (!(hard < open))
            fail_msg("%s: confidence %.3f in the open, %.3f where it is harder", row->name, open, hard);
        printf("figure: %s: confidence %.2f in the open, %.2f where it is harder\n", row->name, open, hard);
    }
}

static void test_limits(void **state)
{
    (void)state;
    static const struct {
        struct twist2 wish;
        bool valid;
        const char *said, *constraint;
    } cases[] = {
        {{0.5, 0.1}, true, "", ""},          {{2, 0}, true, "", "speed limit 1.5 m/s"},
        {{-0.3, 0}, true, "", "reverse limit 0.3 m/s"}, {{0.5, -2}, true, "", "turn limit 2.0 rad/s"},
        {{2, 0}, true, "its own", "its own"}, {{0, 0}, false, "no answer", "no answer"},
    };
    const struct task task = scene_task((struct vec2){5, 5});
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct decision d = {.wish = cases[i].wish, .valid = cases[i].valid};
        snprintf(d.constraint, sizeof d.constraint, "%s", cases[i].said);
        decision_single(&task, &d);
        assert_string_equal(d.constraint, cases[i].constraint);
        assert_true(d.candidate_count == 1 && d.candidates_total == 1 && d.candidates_valid == cases[i].valid);
        assert_true(d.candidates[0].valid == cases[i].valid && isinf(d.candidates[0].total) == !cases[i].valid);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_says_why),
        cmocka_unit_test(test_less_sure),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
