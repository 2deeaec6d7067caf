/* Networks planted so that what their command hangs on is known. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nav/brought.h"
#include "perception/onnx_write.h"
#include "tests/nav/scene.h"

enum { BEAMS = 360, WIDTH = 32, HEIGHT = 24 };

struct looking { /* what the robot sees: something everywhere, nearer and farther */
    float ranges[BEAMS], depth[WIDTH * HEIGHT];
    uint8_t rgb[WIDTH * HEIGHT * 3];
    struct belief belief;
    struct task task;
    struct plan plan;
    struct policy_input in;
};

static void looking_init(struct looking *l)
{
    memset(l, 0, sizeof *l);
    for (int i = 0; i < BEAMS; i++)
        l->ranges[i] = 2 + 0.01f * (float)i;
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        l->depth[i] = 1 + 0.001f * (float)i;
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
        l->rgb[i] = (uint8_t)(i * 7 % 256);
    l->belief = (struct belief){.pose = {1, 1, 0.3}, .twist = {0.5, -0.1}};
    l->belief.sight = (struct sight){.lidar_m = l->ranges, .lidar_count = BEAMS, .lidar_first_rad = -PI,
                                     .lidar_step_rad = 2 * PI / BEAMS, .depth_m = l->depth, .rgb = l->rgb,
                                     .width = WIDTH, .height = HEIGHT};
    l->task = (struct task){.goal = {6, 2}, .max_v_mps = 1.5, .min_v_mps = -0.5, .max_w_radps = 2};
    l->plan = (struct plan){.reason = ""};
    l->in = (struct policy_input){.belief = &l->belief, .task = &l->task, .plan = &l->plan, .last = {0.4, 0.1}};
}

/* command = (0.5, 0.25) + gain * each used number of the row `input`; the goal goes in with weight 0. */
static const struct policy *planted(const char *input, size_t count, const size_t *used, size_t used_count, float gain)
{
    struct onnx_write file = onnx_write_begin("planted", 13);
    struct bytes bytes = {0};
    struct error err = {0};
    char names[64];
    float *w = NEW_ARRAY(2 * count, float);
    for (size_t i = 0; i < used_count; i++)
        w[2 * used[i]] = w[2 * used[i] + 1] = gain;
    snprintf(names, sizeof names, "%s w b", input);
    onnx_write_input(&file, input, (int64_t[]){1, (int64_t)count}, 2);
    onnx_write_input(&file, "goal", (int64_t[]){1, 2}, 2);
    onnx_write_weights(&file, "w", (int64_t[]){(int64_t)count, 2}, 2, w);
    onnx_write_weights(&file, "b", (int64_t[]){2}, 1, (float[]){0.5f, 0.25f});
    onnx_write_weights(&file, "w0", (int64_t[]){2, 2}, 2, (float[]){0, 0, 0, 0});
    onnx_write_node(&file, "Gemm", names, "seen");
    onnx_write_node(&file, "MatMul", "goal w0", "nothing");
    onnx_write_node(&file, "Add", "seen nothing", "command");
    onnx_write_output(&file, "command", (int64_t[]){1, 2}, 2);
    onnx_write_end(&file, &bytes);
    const struct policy *policy = policy_network_open("planted", bytes.data, bytes.size, &err);
    bytes_clear(&bytes);
    free(w);
    if (!policy)
        fail_msg("%s", err.text);
    return policy;
}

/* speed = mean of its memory, which becomes memory + 0.1. */
static const struct policy *remembering(void)
{
    struct onnx_write file = onnx_write_begin("remembering", 13);
    struct bytes bytes = {0};
    struct error err = {0};
    onnx_write_input(&file, "state", (int64_t[]){1, 2}, 2);
    onnx_write_weights(&file, "more", (int64_t[]){2}, 1, (float[]){0.1f, 0.1f});
    onnx_write_weights(&file, "w", (int64_t[]){2, 2}, 2, (float[]){0.5f, 0, 0.5f, 0});
    onnx_write_node(&file, "MatMul", "state w", "command");
    onnx_write_node(&file, "Add", "state more", "state_out");
    onnx_write_output(&file, "command", (int64_t[]){1, 2}, 2);
    onnx_write_output(&file, "state_out", (int64_t[]){1, 2}, 2);
    onnx_write_end(&file, &bytes);
    const struct policy *policy = policy_network_open("remembering", bytes.data, bytes.size, &err);
    bytes_clear(&bytes);
    if (!policy)
        fail_msg("%s", err.text);
    return policy;
}

static struct saliency asked(const struct policy *policy, struct looking *l)
{
    static const struct saliency_params params = {SALIENCY_DRIVER, 24, 8, 4};
    static struct saliency out;
    memset(&out, 0, sizeof out);
    l->in.self = policy;
    policy->explain(NULL, &l->in, &params, &out);
    return out;
}

static size_t count_salient(const struct saliency *saliency)
{
    size_t count = 0;
    for (size_t i = 0; i < saliency->count; i++)
        count += saliency->groups[i].saliency > 0;
    return count;
}

/* Exactly one group has all saliency; returns it. */
static const struct salient *only(const struct saliency *saliency)
{
    size_t i = 0;
    assert_int_equal(count_salient(saliency), 1);
    while (!(saliency->groups[i].saliency > 0))
        i++;
    return &saliency->groups[i];
}

static void test_one_beam(void **state)
{
    (void)state;
    static const struct {
        size_t beam;
        const char *region;
    } cases[] = {{180, "ahead"}, {187, "ahead"}, {188, "15 deg L"}, {172, "15 deg R"}, {0, "behind"}, {353, "behind"},
                 {270, "90 deg L"}, {90, "90 deg R"}, {352, "165 deg L"}};
    static struct looking l;
    looking_init(&l);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct policy *policy = planted("lidar", BEAMS, &cases[i].beam, 1, 0.01f);
        struct saliency got = asked(policy, &l);
        const struct salient *first = only(&got);
        char region[40];
        double across[2], down[2], bearing = -PI + 2 * PI * (double)cases[i].beam / BEAMS;
        assert_int_equal(got.count, 24 + 1);
        saliency_region(first, region, sizeof region);
        saliency_bounds(first, across, down);
        assert_string_equal(region, cases[i].region);
        assert_string_equal(first->input, "lidar");
        bearing -= bearing > across[1] ? 2 * PI : 0; /* the sector behind goes beyond pi */
        assert_true(across[0] <= bearing && bearing <= across[1]);
        /* far instead of what stands there, in both components */
        double more = 0.01 * (10 - (double)l.ranges[cases[i].beam]);
        assert_true(fabs(first->without.v_mps - got.command.v_mps - more) < 1e-6);
        assert_true(fabs(first->saliency - hypot(more / 2, more / 4)) < 1e-6);
        policy->close(policy);
    }
    printf("figure: of %zu networks that look along one beam, that beam's sector has all saliency in %zu\n",
           COUNT_OF(cases), COUNT_OF(cases));
}

static void test_one_pixel(void **state)
{
    (void)state;
    static struct looking l;
    looking_init(&l);
    size_t pixel = 20 * WIDTH + 9; /* column 9 of 32 is the third of 8, row 20 of 24 the last of 4 */
    const struct policy *depth = planted("depth_image", WIDTH * HEIGHT, &pixel, 1, 0.1f);
    struct saliency got = asked(depth, &l);
    assert_int_equal(got.count, 8 * 4 + 1);
    const struct salient *first = only(&got);
    assert_true(first->column == 2 && first->row == 3);
    assert_true(fabs(first->without.v_mps - got.command.v_mps - 0.1 * (8 - (double)l.depth[pixel])) < 1e-5);
    depth->close(depth);
    size_t blue = 2 * WIDTH * HEIGHT + pixel;
    const struct policy *rgb = planted("rgb", 3 * WIDTH * HEIGHT, &blue, 1, 1);
    got = asked(rgb, &l);
    first = only(&got);
    assert_true(first->column == 2 && first->row == 3);
    double mean = 0;
    for (size_t i = 0; i < WIDTH * HEIGHT; i++)
        mean += l.rgb[3 * i + 2] / 255.0 / (WIDTH * HEIGHT);
    assert_true(fabs(first->without.v_mps - (0.5 + mean)) < 1e-5); /* the plane's own mean */
    rgb->close(rgb);
    size_t stripe = 5;
    const struct policy *stripes = planted("depth", 16, &stripe, 1, 0.1f);
    got = asked(stripes, &l);
    assert_int_equal(only(&got)->column, 2);
    stripes->close(stripes);
}

static void test_nothing_matters(void **state)
{
    (void)state;
    static struct looking l;
    size_t all[BEAMS];
    looking_init(&l);
    const struct policy *deaf = planted("lidar", BEAMS, NULL, 0, 0);
    struct saliency got = asked(deaf, &l);
    assert_int_equal(got.count, 25);
    assert_int_equal(count_salient(&got), 0);
    for (size_t i = 0; i < got.count; i++)
        assert_true(got.groups[i].saliency == 0 && got.groups[i].without.v_mps == got.command.v_mps);
    deaf->close(deaf);
    /* a sense that is not there, and one that sees nothing: there is nothing to cover */
    for (size_t i = 0; i < BEAMS; i++)
        all[i] = i;
    const struct policy *keen = planted("lidar", BEAMS, all, BEAMS, 0.001f);
    for (int i = 0; i < BEAMS; i++)
        l.ranges[i] = INFINITY;
    got = asked(keen, &l);
    assert_int_equal(count_salient(&got), 0);
    l.belief.sight.lidar_m = NULL;
    got = asked(keen, &l);
    assert_int_equal(count_salient(&got), 0);
    keen->close(keen);
}

/* It answers without the beam but not with it, or the other way round: that is all the difference there can be. */
static void test_no_answer(void **state)
{
    (void)state;
    static struct looking l;
    size_t beam = 180;
    looking_init(&l);
    const struct policy *policy = planted("lidar", BEAMS, &beam, 1, 3e38f); /* overflows at any range beyond 1.1 m */
    struct saliency got = asked(policy, &l);
    assert_true(isnan(got.command.v_mps) && got.groups[12].saliency == 0);
    l.ranges[beam] = 0.5f;
    got = asked(policy, &l);
    const struct salient *first = only(&got);
    assert_true(isfinite(got.command.v_mps) && isnan(first->without.v_mps) && first->saliency == 1);
    policy->close(policy);
}

/* Of four beams each group tells of its own: the nearer the wall, the more changes. */
static void test_several_beams(void **state)
{
    (void)state;
    static struct looking l;
    static const size_t beams[] = {0, 90, 180, 270};
    looking_init(&l);
    const struct policy *policy = planted("lidar", BEAMS, beams, COUNT_OF(beams), 0.01f);
    struct saliency got = asked(policy, &l);
    assert_int_equal(count_salient(&got), 4);
    for (int i = 0; i < 3; i++)
        assert_true(got.groups[6 * i].saliency > got.groups[6 * (i + 1)].saliency);
    policy->close(policy);
}

/* Memory: what is asked is what the decision is made with, and it is the same afterwards. */
static void test_memory_is_left_alone(void **state)
{
    (void)state;
    uint64_t hashes[2] = {0};
    for (int on = 0; on < 2; on++) {
        struct scene scene;
        struct error err = {0};
        scene_init(&scene, 12, 5, SCENE_BLANK);
        struct navigator_config config = navigator_config_default();
        const struct policy *policy = remembering();
        const char *sets[] = {on ? "saliency.of=driver" : "saliency.of=off"};
        config.task = scene.task;
        config.policy = "remembering";
        config.brought = &policy;
        config.brought_count = 1;
        config.sets = sets;
        config.set_count = 1;
        struct navigator *navigator = navigator_create(&config, &err);
        assert_non_null(navigator);
        for (int tick = 0; tick < 12; tick++) {
            struct navigator_output out = navigator_decide(navigator, scene_sense(&scene, tick * 50000000LL));
            const struct saliency *saliency = navigator_saliency(navigator);
            hashes[on] = navigator_hash(navigator, hashes[on]);
            assert_true(fabs(out.decision->wish.v_mps - 0.1 * tick) < 1e-6);
            assert_int_equal(saliency != NULL, on);
            if (!saliency)
                continue;
            assert_int_equal(saliency->count, 1);
            assert_string_equal(saliency->groups[0].input, "state");
            assert_true(fabs(saliency->command.v_mps - 0.1 * tick) < 1e-6); /* of this decision, not of the next */
            assert_true(saliency->groups[0].without.v_mps == 0);
            assert_true(fabs(saliency->groups[0].saliency - 0.1 * tick / 1.8) < 1e-6);
        }
        navigator_destroy(&navigator);
        scene_clear(&scene);
    }
    assert_true(hashes[0] == hashes[1]);
}

/* The driver's or the shadow's, as asked; of a policy that is no network there is none. */
static void test_whose(void **state)
{
    (void)state;
    struct scene scene;
    struct error err = {0};
    scene_init(&scene, 12, 5, SCENE_BLANK);
    struct navigator_config config = navigator_config_default();
    config.task = scene.task;
    struct navigator *navigator = navigator_create(&config, &err);
    assert_int_equal(navigator_set(navigator, "saliency.of=driver", &err), STATUS_OK);
    navigator_decide(navigator, scene_sense(&scene, 0));
    assert_null(navigator_saliency(navigator)); /* dwa */
    assert_int_equal(navigator_set(navigator, "saliency.of=shadow", &err), STATUS_OK);
    navigator_decide(navigator, scene_sense(&scene, 50000000));
    assert_null(navigator_saliency(navigator)); /* no shadow */
    assert_int_equal(navigator_shadow(navigator, "learned", &err), STATUS_OK);
    navigator_decide(navigator, scene_sense(&scene, 100000000));
    assert_string_equal(navigator_saliency(navigator)->policy, "learned");
    assert_int_equal(navigator_saliency(navigator)->count, 24 + 8 + 24 + 5);
    assert_int_equal(navigator_set(navigator, "saliency.of=me", &err), STATUS_BAD_INPUT);
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_beam),     cmocka_unit_test(test_one_pixel),
        cmocka_unit_test(test_nothing_matters), cmocka_unit_test(test_no_answer),
        cmocka_unit_test(test_several_beams),        cmocka_unit_test(test_memory_is_left_alone),
        cmocka_unit_test(test_whose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
