/* Pools: the largest or the mean of a window, and the mean of everything. */
#include <math.h>
#include <string.h>

#include "perception/onnx_window.h"

static const uint64_t WORK_MAX = UINT64_C(1) << 36; /* taps in all: a file of a few bytes shall not keep us for hours */

static enum status pool_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    struct onnx_window *window = node->plan = arena_new(&model->arena, 1, sizeof *window);
    const int64_t *taps;
    size_t count;
    uint64_t work;
    if (in->rank < 3 || in->rank > 2 + WINDOW_AXES)
        return onnx_refuse(model, node, "its input %s must have 3 to 5 axes", onnx_shape(in).text);
    if (onnx_integers(model, node, "kernel_shape", -1, &taps, &count))
        return model->err->status;
    if (count != (size_t)in->rank - 2)
        return onnx_refuse(model, node, "kernel_shape has %zu numbers instead of %d", count, in->rank - 2);
    if (onnx_window_read(model, node, in, taps, window) ||
        onnx_window_out(model, node, 0, ONNX_F32, window, in->dims[0], in->dims[1]) ||
        onnx_window_out(model, node, 1, ONNX_I64, window, in->dims[0], in->dims[1]))
        return model->err->status;
    work = (uint64_t)in->dims[0] * (uint64_t)in->dims[1];
    for (int i = 0; i < WINDOW_AXES; i++)
        if (__builtin_mul_overflow(work, (uint64_t)(window->taps[i] * window->out[i]), &work) || work > WORK_MAX)
            return onnx_refuse(model, node, "its window of %lld numbers is too large for that many outputs",
                               (long long)(window->taps[0] * window->taps[1] * window->taps[2]));
    node->taps = work;
    return STATUS_OK;
}

/* What is done where one tap of the window meets one row of outputs: `count` of them from y on, every stride-th number
 * from x on. */
typedef void meet_rows(const struct onnx_window *window, const struct kernel *kernel, float *y, const float *x,
                       size_t count);

static void walk_rows(const struct onnx_window *w, const struct kernel *kernel, float *y, const float *x,
                      const int64_t tap[WINDOW_AXES], meet_rows *meet)
{
    struct onnx_range depths = onnx_window_inside(w, 0, tap[0]), rows = onnx_window_inside(w, 1, tap[1]);
    struct onnx_range columns = onnx_window_inside(w, 2, tap[2]);
    for (int64_t d = depths.from; d < depths.to; d++)
        for (int64_t r = rows.from; r < rows.to; r++) {
            int64_t in_d = d * w->stride[0] + tap[0] * w->dilation[0] - w->before[0];
            int64_t in_r = r * w->stride[1] + tap[1] * w->dilation[1] - w->before[1];
            int64_t in_c = columns.from * w->stride[2] + tap[2] * w->dilation[2] - w->before[2];
            if (columns.to > columns.from)
                meet(w, kernel, y + (d * w->out[1] + r) * w->out[2] + columns.from,
                     x + (in_d * w->in[1] + in_r) * w->in[2] + in_c, (size_t)(columns.to - columns.from));
        }
}

static void walk_taps(const struct onnx_window *w, const struct kernel *kernel, float *y, const float *x,
                      meet_rows *meet)
{
    int64_t tap[WINDOW_AXES];
    for (tap[0] = 0; tap[0] < w->taps[0]; tap[0]++)
        for (tap[1] = 0; tap[1] < w->taps[1]; tap[1]++)
            for (tap[2] = 0; tap[2] < w->taps[2]; tap[2]++)
                walk_rows(w, kernel, y, x, tap, meet);
}

static void meet_max(const struct onnx_window *w, const struct kernel *kernel, float *y, const float *x, size_t count)
{
    kernel->stride_max(y, x, (size_t)w->stride[2], count);
}

static void meet_sum(const struct onnx_window *w, const struct kernel *kernel, float *y, const float *x, size_t count)
{
    const size_t stride = (size_t)w->stride[2];
    (void)kernel;
    for (size_t i = 0; i < count; i++)
        y[i] += x[i * stride];
}

static size_t numbers_of(const int64_t size[WINDOW_AXES]) { return (size_t)(size[0] * size[1] * size[2]); }

/* The place of the first largest number of a window, counted over the whole input: the last axis fastest, or the first
 * if `turned`. */
static int64_t place_of_max(const struct onnx_window *w, const float *x, int64_t d, int64_t r, int64_t c, bool turned)
{
    int64_t best = -1, place = 0;
    for (int64_t i = 0; i < w->taps[0] * w->taps[1] * w->taps[2]; i++) {
        int64_t in_d = d * w->stride[0] + i / (w->taps[1] * w->taps[2]) * w->dilation[0] - w->before[0];
        int64_t in_r = r * w->stride[1] + i / w->taps[2] % w->taps[1] * w->dilation[1] - w->before[1];
        int64_t in_c = c * w->stride[2] + i % w->taps[2] * w->dilation[2] - w->before[2];
        if (in_d < 0 || in_d >= w->in[0] || in_r < 0 || in_r >= w->in[1] || in_c < 0 || in_c >= w->in[2])
            continue;
        int64_t at = (in_d * w->in[1] + in_r) * w->in[2] + in_c;
        if (best >= 0 && x[at] <= x[best])
            continue;
        best = at;
        place = turned ? (in_c * w->in[1] + in_r) * w->in[0] + in_d : at;
    }
    return place;
}

/* What most networks ask for: 2 x 2 numbers, side by side. */
static bool is_quartering(const struct onnx_window *w)
{
    bool plain = w->taps[0] == 1 && w->in[0] == w->out[0] && !w->before[0] && w->stride[0] == 1;
    for (int i = 1; i < WINDOW_AXES; i++)
        plain = plain && w->taps[i] == 2 && w->stride[i] == 2 && w->dilation[i] == 1 && !w->before[i] &&
                2 * w->out[i] <= w->in[i];
    return plain;
}

static const char *max_pool_run(const struct onnx_call *call)
{
    const struct onnx_window *w = call->node->plan;
    const size_t channels = dims_product(call_shape_in(call, 0), 0, 2), in = numbers_of(w->in),
                 out = numbers_of(w->out);
    ASSERT(in * channels == call_shape_in(call, 0)->count && out > 0);
    const float *x = call_in(call, 0);
    float *y = call_out(call, 0);
    int64_t *places = call_out(call, 1);
    const bool quarters = is_quartering(w), turned = onnx_attribute_int(call->node, "storage_order", 0) != 0;
    for (size_t i = 0; i < channels; i++, x += in) {
        for (size_t j = 0; j < out && !quarters; j++)
            y[j] = -INFINITY;
        if (!quarters)
            walk_taps(w, call->model->kernel, y, x, meet_max);
        for (size_t d = 0; d < (size_t)w->in[0] && quarters; d++)
            call->model->kernel->pool_2x2(y + d * out / (size_t)w->in[0], x + d * in / (size_t)w->in[0],
                                          (size_t)w->in[2], (size_t)w->out[1], (size_t)w->out[2]);
        y += out;
        for (int64_t d = 0; d < w->out[0] && places; d++)
            for (int64_t r = 0; r < w->out[1]; r++)
                for (int64_t c = 0; c < w->out[2]; c++)
                    *places++ = (int64_t)(i * in) + place_of_max(w, x, d, r, c, turned);
    }
    return NULL;
}

/* How many taps of output `o` are inside the input, or inside the input and its padding. */
static int64_t taps_counted(const struct onnx_window *w, int axis, int64_t o, bool with_padding)
{
    int64_t low = with_padding ? -w->before[axis] : 0, high = w->in[axis] + (with_padding ? w->after[axis] : 0),
            count = 0;
    for (int64_t t = 0; t < w->taps[axis]; t++) {
        int64_t at = o * w->stride[axis] + t * w->dilation[axis] - w->before[axis];
        count += at >= low && at < high;
    }
    return count;
}

static const char *average_pool_run(const struct onnx_call *call)
{
    const struct onnx_window *w = call->node->plan;
    const size_t channels = dims_product(call_shape_in(call, 0), 0, 2), in = numbers_of(w->in),
                 out = numbers_of(w->out);
    const bool padding = onnx_attribute_int(call->node, "count_include_pad", 0) != 0;
    float *y = call_out(call, 0);
    ASSERT(channels * out == call_shape_out(call, 0)->count);
    memset(y, 0, channels * out * sizeof *y);
    for (size_t i = 0; i < channels; i++)
        walk_taps(w, call->model->kernel, y + i * out, (const float *)call_in(call, 0) + i * in, meet_sum);
    for (int64_t d = 0, at = 0; d < w->out[0]; d++)
        for (int64_t r = 0; r < w->out[1]; r++)
            for (int64_t c = 0; c < w->out[2]; c++, at++) {
                float count = (float)(taps_counted(w, 0, d, padding) * taps_counted(w, 1, r, padding) *
                                      taps_counted(w, 2, c, padding));
                for (size_t i = 0; i < channels; i++)
                    y[i * out + (size_t)at] /= count > 0 ? count : 1;
            }
    return NULL;
}

static enum status global_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    int64_t dims[ONNX_RANK_MAX];
    if (in->rank < 3)
        return onnx_refuse(model, node, "its input %s must have at least 3 axes", onnx_shape(in).text);
    for (int i = 0; i < in->rank; i++)
        dims[i] = i < 2 ? in->dims[i] : 1;
    return onnx_out(model, node, 0, ONNX_F32, in->rank, dims);
}

static const char *global_average_run(const struct onnx_call *call)
{
    const struct onnx_tensor *in = call_shape_in(call, 0);
    const size_t channels = dims_product(in, 0, 2), each = dims_product(in, 2, in->rank);
    const float *x = call_in(call, 0);
    float *y = call_out(call, 0);
    for (size_t i = 0; i < channels; i++)
        y[i] = (float)(call->model->kernel->sum(x + i * each, each) / (double)each);
    return NULL;
}

static const struct onnx_op ops[] = {
    {"MaxPool", "auto_pad ceil_mode dilations kernel_shape pads storage_order strides", 1, 1, 2, TYPES_F32, 1,
     pool_infer, NULL, max_pool_run, 0},
    {"AveragePool", "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides", 1, 1, 1, TYPES_F32, 1,
     pool_infer, NULL, average_pool_run, 0},
    {"GlobalAveragePool", "", 1, 1, 1, TYPES_F32, 1, global_infer, NULL, global_average_run, 0},
};
const struct onnx_op_table onnx_ops_pool = {ops, COUNT_OF(ops)};
