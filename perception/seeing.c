#include "perception/seeing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "perception/onnx.h"

struct seeing {
    size_t width, height;               /* of the camera */
    size_t padded_width, padded_height; /* of the network's input */
    size_t cell_px, columns, rows;
    struct onnx_model *model;
    struct onnx_run *run;
    float *rgb;
    const float *answer;
    float *best, *second, *best_label; /* of each cell: the largest number, the next, whose it is */
    uint8_t *meant, *cell_sure;        /* of each cell */
    uint8_t *labels, *sure;            /* of each pixel */
};

static size_t round_up(size_t size)
{
    return (size + SEEING_MULTIPLE - 1) / SEEING_MULTIPLE * SEEING_MULTIPLE;
}

/* --- is it such a network? ------------------------------------------------ */

static bool has_shape(const struct onnx_tensor *tensor, int64_t channels, size_t height, size_t width)
{
    return tensor->type == ONNX_F32 && tensor->rank == 4 && tensor->dims[0] == 1 &&
           tensor->dims[1] == channels && tensor->dims[2] == (int64_t)height &&
           tensor->dims[3] == (int64_t)width;
}

static enum status check_inputs(const struct seeing *seeing, const char *name, struct error *err)
{
    const struct onnx_model *model = seeing->model;
    size_t count = onnx_input_count(model), rgb = onnx_find_input(model, "rgb"),
           down = onnx_find_input(model, "down");
    if (rgb == count || count > 2 || (count == 2 && down == count))
        return error_set(err, STATUS_BAD_INPUT,
                         "%s: a network that labels pictures takes \"rgb\" and, if it likes, "
                         "\"down\" (perception/seeing.h), nothing else",
                         name);
    if (!has_shape(onnx_input(model, rgb), 3, seeing->padded_height, seeing->padded_width) ||
        (count == 2 && !has_shape(onnx_input(model, down), 1, seeing->padded_height, seeing->padded_width)))
        return error_set(
            err, STATUS_BAD_INPUT,
            "%s: its inputs must be float32, \"rgb\" [1, 3, %zu, %zu] and \"down\" "
            "[1, 1, %zu, %zu] for this camera; leave its last axes symbolic, \"height\" and \"width\"",
            name, seeing->padded_height, seeing->padded_width, seeing->padded_height, seeing->padded_width);
    return STATUS_OK;
}

static enum status check_output(struct seeing *seeing, const char *name, struct error *err)
{
    const struct onnx_tensor *out = onnx_output(seeing->model, 0);
    size_t rows = out->rank == 4 ? (size_t)out->dims[2] : 0;
    seeing->cell_px = rows ? seeing->padded_height / rows : 0;
    seeing->rows = rows;
    seeing->columns = seeing->cell_px ? seeing->padded_width / seeing->cell_px : 0;
    if (onnx_output_count(seeing->model) != 1 || !seeing->cell_px ||
        seeing->cell_px * rows != seeing->padded_height ||
        seeing->columns * seeing->cell_px != seeing->padded_width ||
        !has_shape(out, LABEL_COUNT, rows, seeing->columns))
        return error_set(
            err, STATUS_BAD_INPUT,
            "%s: its one output must be float32 [1, %d, rows, columns], a number for "
            "each label (perception/label.h) and a whole number of pixels for each row and column",
            name, LABEL_COUNT);
    return STATUS_OK;
}

/* --- made and gone ------------------------------------------------ */

static void ready(struct seeing *seeing, const struct camera *camera)
{
    size_t pixels = seeing->width * seeing->height, down = onnx_find_input(seeing->model, "down");
    seeing->run = onnx_run_create(seeing->model);
    seeing->rgb = onnx_run_input(seeing->run, onnx_find_input(seeing->model, "rgb"));
    seeing->answer = onnx_run_output(seeing->run, 0);
    size_t cells = seeing->rows * seeing->columns;
    seeing->best = NEW_ARRAY(cells, float);
    seeing->second = NEW_ARRAY(cells, float);
    seeing->best_label = NEW_ARRAY(cells, float);
    seeing->meant = NEW_ARRAY(cells, uint8_t);
    seeing->cell_sure = NEW_ARRAY(cells, uint8_t);
    seeing->labels = NEW_ARRAY(pixels, uint8_t);
    seeing->sure = NEW_ARRAY(pixels, uint8_t);
    if (down < onnx_input_count(seeing->model))
        seeing_down(camera, seeing->padded_width, seeing->padded_height, onnx_run_input(seeing->run, down));
}

struct seeing *seeing_create(const void *bytes, size_t size, const char *name, const struct camera *camera,
                             struct error *err)
{
    ASSERT(camera->width > 0 && camera->height > 0);
    struct seeing *seeing = NEW(struct seeing);
    seeing->width = (size_t)camera->width;
    seeing->height = (size_t)camera->height;
    seeing->padded_width = round_up(seeing->width);
    seeing->padded_height = round_up(seeing->height);
    const struct onnx_dim dims[] = {{"height", (int64_t)seeing->padded_height},
                                    {"width", (int64_t)seeing->padded_width}};
    const struct onnx_options options = {.dims = dims, .dim_count = COUNT_OF(dims)};
    seeing->model = onnx_load(bytes, size, name, &options, err);
    if (!seeing->model || check_inputs(seeing, name, err) || check_output(seeing, name, err))
        seeing_destroy(&seeing);
    else
        ready(seeing, camera);
    return seeing;
}

void seeing_destroy(struct seeing **seeing)
{
    struct seeing *old = *seeing;
    *seeing = NULL;
    if (!old)
        return;
    onnx_run_destroy(&old->run);
    onnx_destroy(&old->model);
    void *owned[] = {old->best,      old->second, old->best_label, old->meant,
                     old->cell_sure, old->labels, old->sure};
    for (size_t i = 0; i < COUNT_OF(owned); i++)
        free(owned[i]);
    free(old);
}

/* --- looking ------------------------------------------------ */

void seeing_down(const struct camera *camera, size_t width, size_t height, float *down)
{
    struct camera_view view = camera_view(camera, 0, 0);
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) {
            int column = (int)x < camera->width ? (int)x : camera->width - 1;
            int row = (int)y < camera->height ? (int)y : camera->height - 1;
            struct vec3 ray = camera_ray(camera, &view, column, row);
            *down++ = (float)(-ray.z / vec3_length(ray));
        }
}

static void show(struct seeing *seeing, const uint8_t *rows, size_t step)
{
    size_t plane = seeing->padded_width * seeing->padded_height;
    float *restrict to = seeing->rgb;
    for (size_t y = 0; y < seeing->padded_height; y++) {
        const uint8_t *pixel = rows + step * (y < seeing->height ? y : seeing->height - 1);
        for (size_t x = 0; x < seeing->padded_width; x++, to++) {
            const uint8_t *at = pixel + 3 * (x < seeing->width ? x : seeing->width - 1);
            to[0] = at[0];
            to[plane] = at[1];
            to[2 * plane] = at[2];
        }
    }
}

/* The label meant in each cell, and whether it is sure about paint. Label by label over all cells,
 * without a jump, so that it is vector code. Comparisons are such that what is not a number is never
 * meant, nor sure. */
static void cells_read(struct seeing *seeing)
{
    size_t cells = seeing->rows * seeing->columns;
    float *restrict best = seeing->best, *restrict second = seeing->second,
                    *restrict label_of = seeing->best_label;
    uint8_t *restrict meant = seeing->meant, *restrict sure = seeing->cell_sure;
    const float *paint = seeing->answer + LABEL_KEEPOUT * cells;
    for (size_t i = 0; i < cells; i++) {
        best[i] = second[i] = -HUGE_VALF;
        label_of[i] = LABEL_NOTHING;
    }
    for (int label = 0; label < LABEL_COUNT; label++) {
        const float *restrict answer = seeing->answer + (size_t)label * cells;
        for (size_t i = 0; i < cells; i++) {
            float a = answer[i], was = best[i], lower = a > second[i] ? a : second[i];
            second[i] = a > was ? was : lower;
            best[i] = a > was ? a : was;
            label_of[i] = a > was ? (float)label : label_of[i]; /* of one width with the rest */
        }
    }
    for (size_t i = 0; i < cells; i++) {
        meant[i] = (uint8_t)label_of[i];
        float lead = best[i] - (meant[i] == LABEL_KEEPOUT ? second[i] : paint[i]);
        sure[i] = (lead >= SEEING_SURE) & (best[i] < HUGE_VALF);
    }
}

/* Cells laid out over their pixels. */
static void spread(const struct seeing *seeing, const uint8_t *cells, uint8_t *pixels)
{
    size_t px = seeing->cell_px, width = seeing->width;
    for (size_t y = 0; y < seeing->height; y++) {
        uint8_t *row = pixels + y * width;
        const uint8_t *from = cells + y / px * seeing->columns;
        if (y % px)
            memcpy(row, row - width, width);
        else
            for (size_t x = 0; x < width; from++)
                for (size_t end = x + px < width ? x + px : width; x < end; x++)
                    row[x] = *from;
    }
}

static bool is_dark(const struct seeing *seeing, const uint8_t *rows, size_t step)
{
    uint32_t sum = 0; /* of at most 480 columns: fits */
    for (size_t row = 0; row < seeing->height; row++)
        for (size_t i = 0; i < 3 * seeing->width; i++)
            sum += rows[row * step + i];
    return (double)sum < SEEING_DARK * 3 * (double)(seeing->width * seeing->height);
}

void seeing_look(struct seeing *seeing, const uint8_t *rows, size_t step)
{
    struct error err;
    ASSERT(step >= 3 * seeing->width);
    show(seeing, rows, step);
    if (is_dark(seeing, rows, step) || onnx_run_forward(seeing->run, &err)) { /* or an index out of its range */
        memset(seeing->labels, LABEL_NOTHING, seeing->width * seeing->height);
        memset(seeing->sure, 0, seeing->width * seeing->height);
        return;
    }
    cells_read(seeing);
    spread(seeing, seeing->meant, seeing->labels);
    spread(seeing, seeing->cell_sure, seeing->sure);
}

const uint8_t *seeing_labels(const struct seeing *seeing) { return seeing->labels; }
const uint8_t *seeing_sure(const struct seeing *seeing) { return seeing->sure; }
