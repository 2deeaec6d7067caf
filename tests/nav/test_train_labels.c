/* Training of the network that labels pictures: its gradient, learning by heart, the same bytes twice,
 * the file's network against the trainer's, and that nothing is learned where there is nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "nav/train_blas.h"
#include "nav/train_labels.h"
#include "perception/onnx.h"
#include "perception/seeing.h"

enum { WIDTH = 24, HEIGHT = 16, PIXELS = WIDTH * HEIGHT };
static const struct camera camera = {
    .width = WIDTH, .height = HEIGHT, .focal_px = 14, .mount = {{0.2, 0, 0.35}, {0, 0, 0, 1}}};

static void fill(float *numbers, size_t count, struct seed_stream *stream, double scale)
{
    for (size_t i = 0; i < count; i++)
        numbers[i] = (float)(scale * seed_gaussian(stream));
}

/* Which units are on: where a step of the finite difference switches one, there is no derivative to
 * compare with. */
static uint64_t units_on(const struct train_conv *net, size_t count)
{
    uint64_t hash = HASH_START;
    for (size_t l = 1; l <= net->plan.layer_count; l++)
        for (size_t i = 0; i < net->maps[l].channels * count * net->maps[l].width * net->maps[l].height; i++)
            hash = hash_bytes(hash, &(char){net->values[l][i] > 0}, 1);
    return hash;
}

static void test_gradient(void **state)
{
    (void)state;
    enum { COUNT = 3, LABELS = 4, CELLS = COUNT * 4 * 6 };
    struct error err = {0};
    assert_int_equal(train_blas_load(&err), STATUS_OK);
    const struct train_conv_plan plan = {.channels = 2,
                                         .width = 12,
                                         .height = 8,
                                         .labels = LABELS,
                                         .layer_count = 4,
                                         .layers = {{3, 3, 2, 1}, {4, 3, 2, 1}, {3, 3, 1, 2}, {3, 1, 1, 1}}};
    struct train_conv *net = train_conv_create(&plan, COUNT + 1, 4); /* a batch need not be full */
    struct seed_stream stream = seed_stream_named(3, "gradient");
    float targets[LABELS * CELLS];
    static const float weights[LABELS] = {0.5f, 1, 2, 1.5f};
    double worst = 0, size = 0;
    size_t compared = 0;
    fill(train_conv_input(net), plan.channels * COUNT * plan.width * plan.height, &stream, 1);
    fill(net->adam.parameters, net->adam.count, &stream, 0.5);
    for (size_t i = 0; i < CELLS; i++) {
        float share = (float)seed_uniform(&stream);
        size_t a = seed_below(&stream, LABELS), b = (a + 1) % LABELS;
        for (size_t c = 0; c < LABELS; c++)
            targets[c * CELLS + i] = c == a ? share : c == b ? 1 - share : 0;
    }
    train_conv_forward(net, COUNT);
    train_conv_backward(net, COUNT, targets, weights);
    for (size_t i = 0; i < net->adam.count; i++) {
        float kept = net->adam.parameters[i], step = 1e-3f;
        double loss[2];
        uint64_t on[2];
        for (int side = 0; side < 2; side++) {
            net->adam.parameters[i] = side ? kept + step : kept - step;
            train_conv_forward(net, COUNT);
            loss[side] = train_conv_loss(net, COUNT, targets, weights);
            on[side] = units_on(net, COUNT);
        }
        net->adam.parameters[i] = kept;
        size = fmax(size, fabs((double)net->adam.gradient[i]));
        if (on[0] != on[1])
            continue;
        compared++;
        worst = fmax(worst, fabs((loss[1] - loss[0]) / (2 * (double)step) - (double)net->adam.gradient[i]));
    }
    print_message("figure: gradient of the convolutions within %.1e of finite differences\n", worst / size);
    assert_true(worst / size < 1e-3);
    assert_true(compared > net->adam.count / 2);
    train_conv_destroy(&net);
}

/* Floor below; above it wall, and in it a block of a colour that tells its label, in any light. */
static struct train_pictures scenes(size_t count, uint64_t seed)
{
    static const uint8_t colours[][3] = {{40, 40, 200}, {200, 40, 40}, {40, 200, 40}};
    static const enum label meant[] = {LABEL_DOOR, LABEL_SIGN, LABEL_PERSON};
    struct train_pictures pictures = {.width = WIDTH, .height = HEIGHT};
    struct seed_stream stream = seed_stream_named(seed, "scenes");
    uint8_t rgb[3 * PIXELS], labels[PIXELS];
    for (size_t i = 0; i < count; i++) {
        size_t kind = seed_below(&stream, COUNT_OF(meant)), left = 2 * seed_below(&stream, WIDTH / 2 - 4);
        size_t top = 2 * seed_below(&stream, HEIGHT / 2 - 3); /* even: no cell is of two labels */
        double light = seed_between(&stream, 0.3, 1);
        for (size_t k = 0; k < PIXELS; k++) {
            size_t x = k % WIDTH, y = k / WIDTH;
            bool block = x >= left && x < left + 8 && y >= top && y < top + 6;
            labels[k] = (uint8_t)(block ? meant[kind] : y < HEIGHT / 2 ? LABEL_WALL : LABEL_FLOOR);
            for (size_t c = 0; c < 3; c++)
                rgb[3 * k + c] = (uint8_t)(light * (block ? colours[kind][c] : y < HEIGHT / 2 ? 210 : 110));
        }
        train_pictures_put(&pictures, rgb, labels, &camera, (uint32_t)(i / 4));
    }
    return pictures;
}

static struct train_labels *fit(const struct train_labels_config *config,
                                const struct train_pictures *pictures)
{
    struct error err = {0};
    struct train_labels *model = train_labels_fit(config, pictures, NULL, NULL, &err);
    if (!model)
        fail_msg("%s", err.text);
    return model;
}

static void test_by_heart(void **state)
{
    (void)state;
    struct train_labels_config config = train_labels_config_default();
    config.epochs = 120;
    config.batch = 8;
    config.rate = 1e-2;
    config.held_out = config.decay = config.tint = 0;
    config.mirror = false;
    struct train_pictures pictures = scenes(8, 1);
    struct train_labels *model = fit(&config, &pictures);
    print_message("figure: 8 pictures learned to a loss of %.1e\n", train_labels_result(model)->loss);
    assert_true(train_labels_result(model)->loss < 1e-2);
    assert_true(isnan(train_labels_result(model)->mean_iou));
    train_labels_destroy(&model);
    train_pictures_clear(&pictures);
}

/* What is learned holds for worlds that were held out; with the labels of other pictures it does not. */
static void test_shuffled_labels_teach_nothing(void **state)
{
    (void)state;
    struct train_labels_config config = train_labels_config_default();
    config.epochs = 25;
    config.rate = 1e-2;
    config.held_out = 0.3;
    double iou[2];
    for (int shuffled = 0; shuffled < 2; shuffled++) {
        struct train_pictures pictures = scenes(160, 2);
        if (shuffled)
            train_pictures_shuffle(&pictures, 1);
        struct train_labels *model = fit(&config, &pictures);
        iou[shuffled] = train_labels_result(model)->mean_iou;
        train_labels_destroy(&model);
        train_pictures_clear(&pictures);
    }
    print_message("figure: mean IoU of worlds held out %.2f, with shuffled labels %.2f\n", iou[0], iou[1]);
    assert_true(iou[0] > 0.8 && iou[1] < 0.5);
}

static void test_same_bytes(void **state)
{
    (void)state;
    struct train_labels_config config = train_labels_config_default();
    struct train_pictures pictures = scenes(40, 3);
    struct bytes files[3] = {0};
    config.epochs = 2;
    for (size_t i = 0; i < 3; i++) {
        config.seed = i < 2 ? 5 : 6;
        struct train_labels *model = fit(&config, &pictures);
        train_labels_write(model, &(struct train_note){"parent", "none"}, 1, &files[i]);
        train_labels_destroy(&model);
    }
    assert_int_equal(files[0].size, files[1].size);
    assert_memory_equal(files[0].data, files[1].data, files[0].size);
    assert_memory_not_equal(files[0].data, files[2].data, files[0].size);
    for (size_t i = 0; i < 3; i++)
        bytes_clear(&files[i]);
    train_pictures_clear(&pictures);
}

/* The file is read by our own runtime, which sums in its own order; and by seeing, which tells labels. */
static void test_file_is_the_model(void **state)
{
    (void)state;
    struct error err = {0};
    struct train_labels_config config = train_labels_config_default();
    struct train_pictures pictures = scenes(24, 4);
    struct bytes file = {0};
    config.epochs = 3;
    struct train_labels *model = fit(&config, &pictures);
    train_labels_write(model, &(struct train_note){"seed", "1"}, 1, &file);
    const struct onnx_dim dims[] = {{"height", HEIGHT}, {"width", WIDTH}};
    struct onnx_model *onnx = onnx_load(file.data, file.size, "labels",
                                        &(struct onnx_options){.dims = dims, .dim_count = 2}, &err);
    struct seeing *seeing = seeing_create(file.data, file.size, "labels", &camera, &err);
    if (!onnx || !seeing)
        fail_msg("%s", err.text);
    assert_string_equal(onnx_metadata(onnx, "seed"), "1");
    struct onnx_run *run = onnx_run_create(onnx);
    const struct onnx_tensor *out = onnx_output(onnx, 0);
    double worst = 0;
    for (size_t i = 0; i < pictures.count; i++) {
        const uint8_t *rgb = pictures.rgb + i * 3 * PIXELS;
        float *to = onnx_run_input(run, onnx_find_input(onnx, "rgb"));
        for (size_t k = 0; k < 3 * PIXELS; k++)
            to[k % 3 * PIXELS + k / 3] = rgb[k];
        seeing_down(&camera, WIDTH, HEIGHT, onnx_run_input(run, onnx_find_input(onnx, "down")));
        assert_int_equal(onnx_run_forward(run, &err), STATUS_OK);
        const float *answer = train_labels_answer(model, &pictures, i), *told = onnx_run_output(run, 0);
        for (size_t k = 0; k < out->count; k++)
            worst = fmax(worst, fabs((double)answer[k] - (double)told[k]));
        seeing_look(seeing, rgb, 3 * WIDTH);
        for (size_t k = 0; k < out->count / LABEL_COUNT; k++) {
            size_t cell = 2 * (k / (WIDTH / 2)) * WIDTH + 2 * (k % (WIDTH / 2)),
                   meant = seeing_labels(seeing)[cell];
            for (size_t c = 0; c < LABEL_COUNT; c++)
                assert_true(told[c * out->count / LABEL_COUNT + k] <=
                            told[meant * out->count / LABEL_COUNT + k]);
        }
    }
    print_message("figure: file's network within %.1e of the trainer's\n", worst);
    assert_true(worst < 1e-4);
    seeing_destroy(&seeing);
    onnx_run_destroy(&run);
    onnx_destroy(&onnx);
    bytes_clear(&file);
    train_labels_destroy(&model);
    train_pictures_clear(&pictures);
}

static void test_nothing_to_learn(void **state)
{
    (void)state;
    struct error err = {0};
    struct train_labels_config config = train_labels_config_default();
    struct train_pictures pictures = {.width = WIDTH, .height = HEIGHT};
    assert_null(train_labels_fit(&config, &pictures, NULL, NULL, &err));
    assert_non_null(strstr(err.text, "no picture"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradient),
        cmocka_unit_test(test_by_heart),
        cmocka_unit_test(test_shuffled_labels_teach_nothing),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_file_is_the_model),
        cmocka_unit_test(test_nothing_to_learn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
