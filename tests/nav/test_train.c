/* Training: gradients against finite differences, learning what can be learned, the same bytes twice, and the file's
 * network against the trainer's. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/geometry.h"
#include "logs/hash.h"
#include "logs/memory.h"
#include "nav/brought.h"
#include "nav/train.h"
#include "nav/train_blas.h"
#include "nav/train_net.h"
#include "perception/onnx.h"
#include "tests/nav/scene.h"

static struct train_config config_of(const char *rows)
{
    struct error err = {0};
    struct train_config config = train_config_default();
    if (train_rows_parse(rows, &config.rows, &err))
        fail_msg("%s", err.text);
    return config;
}

/* Commands that are a smooth function of what is seen. */
static struct train_samples samples_of(const struct train_rows *rows, size_t count, uint64_t seed)
{
    struct train_samples samples = {.width = rows->width};
    struct seed_stream stream = seed_stream_named(seed, "samples");
    float *seen = NEW_ARRAY(rows->width, float);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < rows->width; k++)
            seen[k] = (float)seed_between(&stream, 0, 5);
        float command[TRAIN_OUTPUTS] = {sinf(seen[0]) + 0.1f * seen[1], 0.5f * seen[2] - 1};
        train_samples_put(&samples, seen, command, (uint32_t)(i / 50));
    }
    free(seen);
    return samples;
}

static struct train_model *fit(const struct train_config *config, const struct train_samples *samples)
{
    struct error err = {0};
    struct train_model *model = train_fit(config, samples, NULL, NULL, &err);
    if (!model)
        fail_msg("%s", err.text);
    return model;
}

/* Which units are on: where a step of the finite difference switches one, there is no derivative to compare with. */
static uint64_t units_on(const struct train_net *net, size_t count)
{
    uint64_t hash = HASH_START;
    for (size_t l = 1; l < net->layers; l++)
        for (size_t i = 0; i < count * net->sizes[l]; i++)
            hash = hash_bytes(hash, &(char){net->values[l][i] > 0}, 1);
    return hash;
}

static void test_gradient(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(train_blas_load(&err), STATUS_OK);
    static const size_t sizes[] = {7, 9, 6, 2};
    enum { COUNT = 12 };
    struct seed_stream stream = seed_stream_named(3, "gradient");
    struct train_net *net = train_net_create(sizes, 3, COUNT, 4);
    float targets[COUNT * 2];
    double worst = 0, size = 0;
    size_t compared = 0;
    for (size_t i = 0; i < COUNT * sizes[0]; i++)
        train_net_input(net)[i] = (float)seed_gaussian(&stream);
    for (size_t i = 0; i < net->parameter_count; i++) /* biases, too; and outputs on both sides of Huber's corner */
        net->adam.parameters[i] = (float)(0.5 * seed_gaussian(&stream));
    for (size_t i = 0; i < COUNT * 2; i++)
        targets[i] = (float)(2 * seed_gaussian(&stream));
    train_net_forward(net, COUNT);
    train_net_backward(net, COUNT, targets);
    for (size_t i = 0; i < net->parameter_count; i++) {
        float kept = net->adam.parameters[i], step = 1e-3f;
        double loss[2];
        uint64_t on[2];
        for (int side = 0; side < 2; side++) {
            net->adam.parameters[i] = side ? kept + step : kept - step;
            train_net_forward(net, COUNT);
            loss[side] = train_net_loss(net, COUNT, targets);
            on[side] = units_on(net, COUNT);
        }
        net->adam.parameters[i] = kept;
        if (on[0] != on[1])
            continue;
        compared++;
        double off = (loss[1] - loss[0]) / (2 * (double)step) - (double)net->adam.gradient[i];
        worst = fmax(worst, fabs(off));
        size = fmax(size, fabs((double)net->adam.gradient[i]));
    }
    print_message("figure: gradient within %.1e of finite differences\n", worst / size);
    assert_true(worst / size < 1e-3);
    assert_true(compared > net->parameter_count / 2);
    train_net_destroy(&net);
}

static void test_overfit(void **state)
{
    (void)state;
    struct train_config config = config_of("lidar=20,goal");
    config.hidden[0] = config.hidden[1] = 64;
    config.epochs = 400;
    config.batch = 64;
    config.rate = 5e-3;
    config.dropout = config.held_out = config.decay = 0;
    config.mirror = false;
    struct train_samples samples = samples_of(&config.rows, 64, 1);
    struct train_model *model = fit(&config, &samples);
    print_message("figure: 64 samples learned to a loss of %.1e\n", train_result(model)->loss);
    assert_true(train_result(model)->loss < 1e-4);
    assert_true(isnan(train_result(model)->validation));
    train_destroy(&model);
    train_samples_clear(&samples);
}

static void test_same_bytes(void **state)
{
    (void)state;
    struct train_config config = config_of("lidar=24,depth=4,goal,path=10,velocity");
    config.epochs = 3;
    struct train_samples samples = samples_of(&config.rows, 1000, 2);
    struct bytes files[3] = {0};
    const struct train_note note = {"parent", "none"};
    for (size_t i = 0; i < 3; i++) {
        config.seed = i < 2 ? 5 : 6;
        struct train_model *model = fit(&config, &samples);
        train_write(model, "policy", &note, 1, &files[i]);
        train_destroy(&model);
    }
    assert_int_equal(files[0].size, files[1].size);
    assert_memory_equal(files[0].data, files[1].data, files[0].size);
    assert_true(files[0].size != files[2].size || memcmp(files[0].data, files[2].data, files[0].size) != 0);
    for (size_t i = 0; i < 3; i++)
        bytes_clear(&files[i]);
    train_samples_clear(&samples);
}

/* The file is read by our own runtime, which sums in its own order. */
static void test_file_is_the_model(void **state)
{
    (void)state;
    struct error err = {0};
    struct train_config config = config_of("lidar=40,goal,last");
    config.epochs = 4;
    struct train_samples samples = samples_of(&config.rows, 600, 3);
    struct train_model *model = fit(&config, &samples);
    struct bytes file = {0};
    const struct train_note note = {"seed", "1"};
    train_write(model, "policy", &note, 1, &file);
    struct onnx_model *onnx = onnx_load(file.data, file.size, "policy", NULL, &err);
    if (!onnx)
        fail_msg("%s", err.text);
    struct onnx_run *run = onnx_run_create(onnx);
    assert_string_equal(onnx_metadata(onnx, "seed"), "1");
    assert_int_equal(onnx_info(onnx)->parameters, train_parameters(model) + 2 * config.rows.width + 2 * TRAIN_OUTPUTS);
    double worst = 0;
    for (size_t i = 0; i < samples.count; i++) {
        const float *seen = samples.inputs + i * samples.width;
        float command[TRAIN_OUTPUTS];
        for (size_t r = 0; r < config.rows.count; r++)
            memcpy(onnx_run_input(run, onnx_find_input(onnx, config.rows.rows[r].feature->name)),
                   seen + config.rows.rows[r].offset, config.rows.rows[r].length * sizeof *seen);
        assert_int_equal(onnx_run_forward(run, &err), STATUS_OK);
        train_forward(model, seen, command);
        for (size_t k = 0; k < TRAIN_OUTPUTS; k++)
            worst = fmax(worst, fabs((double)command[k] - (double)onnx_run_output(run, 0)[k]));
    }
    print_message("figure: file's network within %.1e of the trainer's\n", worst);
    assert_true(worst < 1e-5);
    const struct policy *policy = policy_network_open("policy", file.data, file.size, &err);
    assert_non_null(policy);
    policy->close(policy);
    onnx_run_destroy(&run);
    onnx_destroy(&onnx);
    bytes_clear(&file);
    train_destroy(&model);
    train_samples_clear(&samples);
}

/* A network that is shown the mirrored world answers with the mirrored command once it has learned so. */
static void test_mirror(void **state)
{
    (void)state;
    struct train_config config = config_of("lidar=6,depth=3,goal,path=4,limits,velocity");
    uint32_t from[64];
    float sign[64];
    static const uint32_t expected[] = {0, 5, 4, 3, 2, 1, 8, 7, 6, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19};
    assert_int_equal(config.rows.width, COUNT_OF(expected));
    assert_true(train_rows_mirror(&config.rows, from, sign));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        bool sideways = i == 10 || i == 12 || i == 14 || i == 19;
        assert_int_equal(from[i], expected[i]);
        assert_true(sign[i] == (sideways ? -1 : 1));
    }
    config = config_of("rgb=12,goal");
    assert_false(train_rows_mirror(&config.rows, from, sign));
}

/* What the table says is what the rows do: a scene and its mirror image give rows that train_rows_mirror maps. */
static void test_mirrored_scene(void **state)
{
    (void)state;
    struct train_config config = config_of("lidar=24,keepout=24,fused=24,goal,path=10");
    static struct scene scenes[2];
    float seen[2][128], sign[128];
    uint32_t from[128];
    for (int side = 0; side < 2; side++) {
        double up = side ? -1 : 1;
        struct scene *scene = &scenes[side];
        scene_init(scene, 12, 12, SCENE_BLANK);
        scene->pose = (struct pose2){6.025, 6.025, 0};
        scene->task.goal = (struct vec2){9.025, 6.025 + up * 2};
        for (int i = 0; i < 64; i++) {
            scene_block(scene, (struct cell){130 + i % 8, 120 + (side ? -1 : 1) * (20 + i / 8)}, false);
            scene_block(scene, (struct cell){100 - i % 8, 120 + (side ? -1 : 1) * (12 + i / 8)}, true);
        }
        struct vec2 points[] = {{6.025, 6.025}, {7.025, 6.025 + up * 0.5}, {9.025, 6.025 + up * 2}};
        struct plan plan = {.points = points, .count = 3, .length_m = 4, .reason = ""};
        float ranges[72];
        for (size_t i = 0; i < 72; i++) /* from straight behind, to the left; the mirror's the other way round */
            ranges[side ? (72 - i) % 72 : i] = 1 + 0.05f * (float)i;
        const struct belief *belief = scene_sense(scene, 0);
        struct belief shown = *belief;
        shown.sight =
            (struct sight){.lidar_m = ranges, .lidar_count = 72, .lidar_first_rad = -PI, .lidar_step_rad = 2 * PI / 72};
        struct policy_input in = {.belief = &shown, .task = &scene->task, .plan = &plan};
        train_rows_fill(&config.rows, &in, seen[side]);
    }
    assert_true(train_rows_mirror(&config.rows, from, sign));
    for (size_t i = 0; i < config.rows.width; i++)
        if (!(fabsf(seen[1][i] - sign[i] * seen[0][from[i]]) < 0.06f)) /* a cell */
            fail_msg("number %zu: %g, its mirror image %g", i, (double)seen[1][i],
                     (double)(sign[i] * seen[0][from[i]]));
    scene_clear(&scenes[0]);
    scene_clear(&scenes[1]);
}

static void test_rows_refused(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"", "no rows are given"},
        {"lidr=3", "did you mean 'lidar'"},
        {"lidar", "needs a length"},
        {"lidar=0", "is 1 to"},
        {"lidar=12x", "is 1 to"},
        {"lidar=99999", "is 1 to"},
        {"goal=3", "has 2 numbers"},
        {"goal,goal", "twice"},
        {"goal,,last", "no row is called ''"},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct train_rows rows;
        struct error err = {0};
        assert_int_equal(train_rows_parse(wrong[i][0], &rows, &err), STATUS_BAD_INPUT);
        if (!strstr(err.text, wrong[i][1]))
            fail_msg("'%s': %s", wrong[i][0], err.text);
    }
    struct train_rows rows;
    struct bytes text = {0};
    struct error err = {0};
    assert_int_equal(train_rows_parse("lidar=12,goal=2,last", &rows, &err), STATUS_OK);
    train_rows_text(&rows, &text);
    assert_memory_equal(text.data, "lidar=12,goal=2,last=2", text.size);
    bytes_clear(&text);
}

static void test_nothing_to_learn(void **state)
{
    (void)state;
    struct error err = {0};
    struct train_config config = config_of("goal");
    struct train_samples samples = {.width = 2};
    assert_null(train_fit(&config, &samples, NULL, NULL, &err));
    assert_non_null(strstr(err.text, "no sample"));
    train_samples_put(&samples, (float[]){1, NAN}, (float[]){0, 0}, 0);
    assert_null(train_fit(&config, &samples, NULL, NULL, &err));
    assert_non_null(strstr(err.text, "number 1 of sample 0"));
    train_samples_clear(&samples);
}

/* Every sample of an episode lies on one side: an answer that each episode keeps to itself cannot be validated. */
static void test_split_by_episode(void **state)
{
    (void)state;
    struct train_config config = config_of("lidar=8");
    struct train_samples samples = {.width = 8};
    struct seed_stream stream = seed_stream_named(9, "episodes");
    config.epochs = 30;
    config.dropout = 0;
    config.mirror = false;
    config.held_out = 0.3;
    for (uint32_t episode = 0; episode < 40; episode++) {
        float seen[8], command[TRAIN_OUTPUTS] = {(float)seed_gaussian(&stream), (float)seed_gaussian(&stream)};
        for (size_t k = 0; k < 8; k++)
            seen[k] = (float)seed_between(&stream, 0, 5);
        for (int i = 0; i < 50; i++)
            train_samples_put(&samples, seen, command, episode);
    }
    struct train_model *model = fit(&config, &samples);
    assert_true(train_result(model)->validation > 0.2); /* by samples it would be near 0 */
    train_destroy(&model);
    train_samples_shuffle(&samples, 1);
    assert_int_equal(samples.count, 2000);
    train_samples_clear(&samples);
}

static struct train_model *fit_dropping(const char *rows, double dropout, const struct train_samples *samples)
{
    struct train_config config = config_of(rows);
    config.epochs = 30;
    config.held_out = 0;
    config.mirror = false;
    config.dropout = dropout;
    return fit(&config, samples);
}

/* Two senses say the same: who has learned without the one now and then can do without it; goals never go missing. */
static void test_dropout(void **state)
{
    (void)state;
    struct train_rows rows = config_of("lidar=4,depth=4,goal").rows;
    struct train_samples twice = {.width = rows.width}, task = {.width = rows.width};
    struct seed_stream stream = seed_stream_named(3, "dropout");
    for (uint32_t i = 0; i < 2000; i++) {
        float x = (float)seed_between(&stream, 1, 5), goal = (float)seed_between(&stream, 1, 5);
        const float seen[] = {x, x, x, x, x, x, x, x, goal, 0};
        train_samples_put(&twice, seen, (float[]){x, 0}, i);
        train_samples_put(&task, seen, (float[]){goal, 0}, i);
    }
    double off[2] = {0};
    for (size_t k = 0; k < 2; k++) {
        struct train_model *model = fit_dropping("lidar=4,depth=4,goal", k ? 0.3 : 0, &twice);
        for (float x = 1; x < 5; x += 0.25f) {
            float command[TRAIN_OUTPUTS];
            train_forward(model, (const float[]){x, x, x, x, 0, 0, 0, 0, 3, 0}, command); /* no depth */
            off[k] += (double)fabsf(command[0] - x) / 16;
        }
        train_destroy(&model);
    }
    struct train_model *model = fit_dropping("lidar=4,depth=4,goal", 0.9, &task);
    print_message("figure: without one of two senses the command is off by %.2f, or %.2f with dropout\n", off[0],
                  off[1]);
    print_message("figure: goals under a dropout of 0.9 are learned to a loss of %.4f\n", train_result(model)->loss);
    assert_true(off[0] > 0.5 && off[1] < off[0] / 3);
    assert_true(train_result(model)->loss < 0.01);
    train_destroy(&model);
    train_samples_clear(&twice);
    train_samples_clear(&task);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradient),         cmocka_unit_test(test_overfit),
        cmocka_unit_test(test_same_bytes),       cmocka_unit_test(test_file_is_the_model),
        cmocka_unit_test(test_mirror),           cmocka_unit_test(test_mirrored_scene),
        cmocka_unit_test(test_rows_refused),     cmocka_unit_test(test_nothing_to_learn),
        cmocka_unit_test(test_split_by_episode), cmocka_unit_test(test_dropout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
