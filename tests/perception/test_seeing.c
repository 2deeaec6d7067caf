/* A network that labels pictures: what it is shown, what is made of its answer, and what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "logs/seed.h"
#include "perception/keepout.h"
#include "perception/onnx_write.h"
#include "perception/seeing.h"

#define DIMS(...)                                                                                            \
    (int64_t[]) { __VA_ARGS__ }
enum { H = ONNX_WRITE_HEIGHT, W = ONNX_WRITE_WIDTH, R = ONNX_WRITE_ROWS, C = ONNX_WRITE_COLUMNS };

static struct camera camera_of(int width, int height)
{
    return (struct camera){
        .width = width, .height = height, .focal_px = width / 2.0, .mount = {{0.2, 0, 0.35}, {0, 0, 0, 1}}};
}

/* A pixel is what colour leads: red a sign, green a person, blue a door; and never paint, whose number is
 * 0. With `cell` above 1 every cell looks at its first pixel. */
static struct bytes by_colour(int64_t cell, float scale)
{
    struct onnx_write file = onnx_write_begin("by_colour", 13);
    struct bytes out = {0};
    float weights[LABEL_COUNT * 3] = {0};
    weights[LABEL_SIGN * 3] = weights[LABEL_PERSON * 3 + 1] = weights[LABEL_DOOR * 3 + 2] = scale;
    onnx_write_input(&file, "rgb", DIMS(1, 3, H, W), 4);
    onnx_write_weights(&file, "weights", DIMS(LABEL_COUNT, 3, 1, 1), 4, weights);
    onnx_write_node(&file, "Conv", "rgb weights", "labels");
    onnx_write_ints(&file, "strides", DIMS(cell, cell), 2);
    onnx_write_output(&file, "labels", DIMS(1, LABEL_COUNT, R, C), 4);
    onnx_write_end(&file, &out);
    return out;
}

static struct seeing *seeing_of(struct bytes file, const struct camera *camera)
{
    struct error err = {0};
    struct seeing *seeing = seeing_create(file.data, file.size, "net.onnx", camera, &err);
    if (!seeing)
        fail_msg("%s", err.text);
    bytes_clear(&file);
    return seeing;
}

/* Any size of picture, with gaps between its rows; cells hang over the edge where it is no multiple. */
static void test_any_size(void **state)
{
    (void)state;
    static const int sizes[][3] = {{64, 48, 1}, {64, 48, 2}, {8, 8, 4},
                                   {33, 19, 1}, {33, 19, 4}, {321 - 2, 239, 2}};
    static const enum label meant[] = {LABEL_SIGN, LABEL_PERSON, LABEL_DOOR};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        int width = sizes[i][0], height = sizes[i][1], cell = sizes[i][2];
        struct camera camera = camera_of(width, height);
        struct seeing *seeing = seeing_of(by_colour(cell, 0.1f), &camera);
        struct seed_stream stream = seed_stream_named(i, "sizes");
        size_t step = 3 * (size_t)width + 5;
        uint8_t *rows = NEW_ARRAY(step * (size_t)height, uint8_t);
        for (size_t k = 0; k < step * (size_t)height; k++)
            rows[k] = (uint8_t)seed_u64(&stream);
        seeing_look(seeing, rows, step);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                const uint8_t *rgb = rows + (size_t)(y / cell * cell) * step + 3 * (size_t)(x / cell * cell);
                int best = 0, lead = 255;
                for (int c = 1; c < 3; c++)
                    best = rgb[c] > rgb[best] ? c : best;
                for (int c = 0; c < 3; c++)
                    lead = c != best && rgb[best] - rgb[c] < lead ? rgb[best] - rgb[c] : lead;
                size_t at = (size_t)y * (size_t)width + (size_t)x;
                if (lead > 0)
                    assert_int_equal(seeing_labels(seeing)[at], meant[best]);
                if (rgb[best] != 10)
                    assert_int_equal(seeing_sure(seeing)[at], rgb[best] > 10);
            }
        free(rows);
        seeing_destroy(&seeing);
    }
}

/* The sine of the angle below the horizon, for a camera that looks down by 0.3. */
static void test_down(void **state)
{
    (void)state;
    struct camera camera = camera_of(65, 49);
    float down[68 * 52];
    camera.mount.orientation = quat_from_rpy(0, 0.3, 0);
    seeing_down(&camera, 68, 52, down);
    assert_true(fabs((double)down[24 * 68 + 32] - sin(0.3)) < 1e-6);
    assert_true(fabs((double)down[0 * 68 + 32] - sin(0.3 - atan(24 / 32.5))) < 1e-6);
    assert_true(down[51 * 68 + 67] == down[48 * 68 + 64]); /* what is beyond the picture repeats its edge */
}

/* Numbers that are none are never sure, and do no harm. */
static void test_no_numbers(void **state)
{
    (void)state;
    struct camera camera = camera_of(8, 8);
    uint8_t rows[8 * 8 * 3] = {255, 3, 9};
    const float scales[] = {NAN, INFINITY, 0};
    for (size_t i = 0; i < COUNT_OF(scales); i++) {
        struct seeing *seeing = seeing_of(by_colour(1, scales[i]), &camera);
        seeing_look(seeing, rows, 24);
        for (size_t k = 0; k < 64; k++) {
            assert_true(seeing_labels(seeing)[k] < LABEL_COUNT);
            assert_int_equal(seeing_sure(seeing)[k], 0);
        }
        seeing_destroy(&seeing);
    }
}

static struct bytes other_net(const char *input, const int64_t *in, const char *more, int64_t channels,
                              int64_t stride, int outputs)
{
    struct onnx_write file = onnx_write_begin("other", 13);
    struct bytes out = {0};
    float *weights = NEW_ARRAY((size_t)(channels * 3 * stride * stride), float);
    onnx_write_input(&file, input, in, 4);
    if (more)
        onnx_write_input(&file, more, DIMS(1, 1, H, W), 4);
    onnx_write_weights(&file, "weights", DIMS(channels, 3, stride, stride), 4, weights);
    char inputs[64];
    snprintf(inputs, sizeof inputs, "%s weights", input);
    onnx_write_node(&file, "Conv", inputs, "labels");
    onnx_write_ints(&file, "strides", DIMS(stride, stride), 2);
    onnx_write_output(&file, "labels", DIMS(1, channels, R, C), 4);
    if (outputs > 1) {
        onnx_write_node(&file, "Relu", "labels", "again");
        onnx_write_output(&file, "again", DIMS(1, channels, R, C), 4);
    }
    onnx_write_end(&file, &out);
    free(weights);
    return out;
}

static void test_others_are_refused(void **state)
{
    (void)state;
    const struct {
        struct bytes file;
        const char *says;
    } rows[] = {
        {other_net("image", DIMS(1, 3, H, W), NULL, LABEL_COUNT, 2, 1), "takes \"rgb\""},
        {other_net("rgb", DIMS(1, 3, H, W), "depth", LABEL_COUNT, 2, 1), "takes \"rgb\""},
        {other_net("rgb", DIMS(1, 3, 24, 32), NULL, LABEL_COUNT, 2, 1), "[1, 3, 48, 64]"},
        {other_net("rgb", DIMS(2, 3, H, W), NULL, LABEL_COUNT, 2, 1), "2x9x24x32"},
        {other_net("rgb", DIMS(1, 3, H, W), NULL, LABEL_COUNT - 1, 2, 1), "[1, 9, rows, columns]"},
        {other_net("rgb", DIMS(1, 3, H, W), NULL, LABEL_COUNT, 5, 1), "[1, 9, rows, columns]"},
        {other_net("rgb", DIMS(1, 3, H, W), NULL, LABEL_COUNT, 2, 2), "[1, 9, rows, columns]"},
        {{.data = (uint8_t *)memory_string("no network"), .size = 10}, "net.onnx"},
        {{0}, "net.onnx"},
    };
    struct camera camera = camera_of(64, 48);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error err = {0};
        struct bytes file = rows[i].file;
        struct seeing *seeing = seeing_create(file.data, file.size, "net.onnx", &camera, &err);
        if (seeing || strncmp(err.text, "net.onnx", 8) != 0 || !strstr(err.text, rows[i].says))
            fail_msg("row %zu: '%s' should say '%s'", i, err.text, rows[i].says);
        bytes_clear(&file);
    }
}

/* What is sure counts, whatever the colour; the colour counts where it is not. */
static void test_what_tells_paint(void **state)
{
    (void)state;
    struct camera camera = camera_of(8, 8);
    struct onnx_write file = onnx_write_begin("halves", 13);
    struct bytes bytes = {0};
    float bias[LABEL_COUNT * 64] = {0};
    for (size_t i = 0; i < 64;
         i++) /* from the left: sure of paint, unsure of it, sure of floor, unsure of it */
        bias[(i % 8 < 4 ? (size_t)LABEL_KEEPOUT : (size_t)LABEL_FLOOR) * 64 + i] = i % 8 / 2 % 2 ? 0.5f : 2;
    static const float none[LABEL_COUNT * 3] = {0};
    onnx_write_input(&file, "rgb", DIMS(1, 3, H, W), 4);
    onnx_write_weights(&file, "none", DIMS(LABEL_COUNT, 3, 1, 1), 4, none);
    onnx_write_weights(&file, "bias", DIMS(1, LABEL_COUNT, 8, 8), 4, bias);
    onnx_write_node(&file, "Conv", "rgb none", "zeros");
    onnx_write_node(&file, "Add", "zeros bias", "labels");
    onnx_write_output(&file, "labels", DIMS(1, LABEL_COUNT, 8, 8), 4);
    onnx_write_end(&file, &bytes);
    struct seeing *seeing = seeing_of(bytes, &camera);
    uint8_t rows[8 * 8 * 3];
    for (size_t i = 0; i < 64; i++) { /* the upper half is yellow */
        const uint8_t yellow[3] = {240, 200, 20}, grey[3] = {120, 120, 120};
        memcpy(rows + 3 * i, i < 32 ? yellow : grey, 3);
    }
    seeing_look(seeing, rows, 24);
    for (enum keepout_rule rule = KEEPOUT_BY_BOTH; rule <= KEEPOUT_BY_LABELS; rule++)
        for (int has_network = 0; has_network < 2; has_network++) {
            struct keepout keepout;
            keepout_init(&keepout, &camera, rule);
            keepout_image(&keepout, &camera, rows, 24, has_network ? seeing : NULL, 0);
            for (size_t i = 0; i < 64; i++) {
                bool yellow = i < 32, sure = i % 8 / 2 % 2 == 0, paint = i % 8 < 4;
                bool by_labels = has_network &&
                                 (rule == KEEPOUT_BY_LABELS || (rule == KEEPOUT_BY_BOTH && sure));
                assert_int_equal(keepout.paint[i], by_labels ? paint : yellow);
            }
            keepout_clear(&keepout);
        }
    seeing_destroy(&seeing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_size),         cmocka_unit_test(test_down),
        cmocka_unit_test(test_no_numbers),       cmocka_unit_test(test_others_are_refused),
        cmocka_unit_test(test_what_tells_paint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
