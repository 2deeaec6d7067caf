/* Conv, directly: no matrix of patches is built.
 *
 * The padded input is cut into planes, one per channel and per phase of the stride (with stride 2 along a row: its even
 * and its odd columns). Every tap is then a plane read from some shift on, for all outputs at once: neighbouring
 * outputs are neighbouring numbers. So the outputs of all rows form one run of a product-sum whose right side has row k
 * at taps_at[k]; where planes are wider than the output, the columns between are computed and dropped. */
#include <string.h>

#include "perception/onnx_window.h"

struct conv {
    struct onnx_window window;
    size_t groups, in_channels, out_channels; /* of a group */
    size_t depth;                             /* taps of an output: in_channels * window */
    size_t extent[WINDOW_AXES];               /* of a plane */
    size_t phase[WINDOW_AXES];                /* planes along each axis per channel */
    size_t plane, run;                        /* numbers of a plane; outputs computed, with those between rows */
    int32_t *taps_at;
    const float *packed;      /* constant weights, by group; or NULL */
    bool is_direct, is_dense; /* the input needs no planes; the outputs need no picking */
};

/* The product, or something too large for anything. */
static size_t bounded_product(size_t a, size_t b)
{
    size_t product;
    return __builtin_mul_overflow(a, b, &product) || product > ONNX_BYTES_MAX ? (size_t)ONNX_BYTES_MAX + 1 : product;
}

static void conv_measure(struct conv *conv)
{
    const struct onnx_window *w = &conv->window;
    conv->plane = 1;
    conv->is_direct = true;
    for (int i = 0; i < WINDOW_AXES; i++) {
        size_t last = (size_t)((w->taps[i] - 1) * w->dilation[i]);
        conv->extent[i] = (size_t)w->out[i] + last / (size_t)w->stride[i];
        conv->phase[i] = last < (size_t)w->stride[i] ? last + 1 : (size_t)w->stride[i];
        conv->plane = bounded_product(conv->plane, conv->extent[i]);
        conv->is_direct = conv->is_direct && w->stride[i] == 1 && !w->before[i] && !w->after[i];
    }
    if (conv->plane > ONNX_BYTES_MAX)
        return;
    conv->run =
        (((size_t)w->out[0] - 1) * conv->extent[1] + (size_t)w->out[1] - 1) * conv->extent[2] + (size_t)w->out[2];
    conv->is_dense = conv->run == (size_t)(w->out[0] * w->out[1] * w->out[2]);
}

static size_t conv_phases(const struct conv *conv)
{
    return bounded_product(bounded_product(conv->phase[0], conv->phase[1]), conv->phase[2]);
}

static void conv_place_taps(struct conv *conv)
{
    const struct onnx_window *w = &conv->window;
    size_t k = 0;
    for (size_t channel = 0; channel < conv->in_channels; channel++)
        for (int64_t d = 0; d < w->taps[0]; d++)
            for (int64_t r = 0; r < w->taps[1]; r++)
                for (int64_t c = 0; c < w->taps[2]; c++) {
                    const int64_t tap[WINDOW_AXES] = {d, r, c};
                    size_t plane = channel, at = 0;
                    for (int i = 0; i < WINDOW_AXES; i++) {
                        size_t reach = (size_t)(tap[i] * w->dilation[i]), stride = (size_t)w->stride[i];
                        plane = plane * conv->phase[i] + reach % stride;
                        at = at * conv->extent[i] + reach / stride;
                    }
                    conv->taps_at[k++] = (int32_t)(plane * conv->plane + at);
                }
    ASSERT(k == conv->depth);
}

static enum status conv_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *x = onnx_in(model, node, 0), *w = onnx_in(model, node, 1);
    const int64_t *taps;
    size_t tap_count;
    int64_t groups = onnx_attribute_int(node, "group", 1);
    struct conv *conv = node->plan = arena_new(&model->arena, 1, sizeof *conv);
    if (x->rank < 3 || x->rank > 2 + WINDOW_AXES || w->rank != x->rank || w->type != ONNX_F32)
        return onnx_refuse(model, node, "its input %s and weights %s must be float32 with the same 3 to 5 axes",
                           onnx_shape(x).text, onnx_shape(w).text);
    if (groups < 1 || groups > x->dims[1] || x->dims[1] % groups || w->dims[0] % groups ||
        w->dims[1] != x->dims[1] / groups || w->dims[0] < 1)
        return onnx_refuse(model, node, "its weights %s do not fit its input %s with %lld groups", onnx_shape(w).text,
                           onnx_shape(x).text, (long long)groups);
    if (onnx_has(node, 2) &&
        (onnx_in(model, node, 2)->type != ONNX_F32 || onnx_in(model, node, 2)->count != (size_t)w->dims[0]))
        return onnx_refuse(model, node, "its bias %s does not have the %lld numbers its weights ask for",
                           onnx_shape(onnx_in(model, node, 2)).text, (long long)w->dims[0]);
    if (onnx_integers(model, node, "kernel_shape", -1, &taps, &tap_count))
        return model->err->status;
    if (taps && (tap_count != (size_t)w->rank - 2 || memcmp(taps, w->dims + 2, tap_count * sizeof *taps)))
        return onnx_refuse(model, node, "kernel_shape is not the shape of its weights %s", onnx_shape(w).text);
    if (onnx_window_read(model, node, x, w->dims + 2, &conv->window))
        return model->err->status;
    conv->groups = (size_t)groups;
    conv->in_channels = (size_t)w->dims[1];
    conv->out_channels = (size_t)(w->dims[0] / groups);
    conv->depth = dims_product(w, 1, w->rank);
    return onnx_window_out(model, node, 0, ONNX_F32, &conv->window, x->dims[0], w->dims[0]);
}

static enum status conv_pack(struct onnx_model *model, struct onnx_node *node, struct conv *conv)
{
    const float *weights = onnx_known(model, node, 1);
    size_t each = kernel_packed_rows_size(conv->out_channels, conv->depth);
    float *packed = onnx_keep(model, node, conv->groups * each, sizeof *packed);
    if (!packed)
        return model->err->status;
    conv->packed = packed;
    for (size_t i = 0; i < conv->groups; i++, packed += each, weights += conv->out_channels * conv->depth)
        kernel_pack_rows(packed, weights, conv->out_channels, conv->depth);
    return STATUS_OK;
}

static enum status conv_prepare(struct onnx_model *model, struct onnx_node *node)
{
    struct conv *conv = node->plan;
    size_t planes, outputs, numbers;
    conv_measure(conv);
    ASSERT(conv->plane > ONNX_BYTES_MAX || conv->run <= conv->plane);
    if (onnx_known(model, node, 0)) /* the file's bytes may end where the input does */
        conv->is_direct = false;
    planes = bounded_product(bounded_product(conv->in_channels, conv_phases(conv)), conv->plane);
    outputs = bounded_product(conv->out_channels, conv->run);
    if (planes > ONNX_BYTES_MAX / sizeof(float) || outputs > ONNX_BYTES_MAX / sizeof(float))
        return onnx_refuse(model, node, "it needs more than %d MB to work in", ONNX_BYTES_MAX >> 20);
    numbers = (conv->is_direct ? 0 : planes) + (conv->is_dense ? 0 : outputs) + KERNEL_SLACK;
    conv->taps_at = onnx_keep(model, node, conv->depth, sizeof *conv->taps_at);
    if (!conv->taps_at)
        return model->err->status;
    conv_place_taps(conv);
    if (onnx_known(model, node, 1) && conv_pack(model, node, conv))
        return model->err->status;
    node->multiply_adds = model->values[node->outputs[0]].tensor.count * conv->depth;
    return onnx_scratch(model, node, numbers, sizeof(float));
}

/* One row of one plane: the columns of that phase, zeros where there is padding. */
static void fill_row(const struct kernel *kernel, const struct conv *conv, float *to, const float *from, int64_t phase)
{
    const struct onnx_window *w = &conv->window;
    int64_t count = (int64_t)conv->extent[2], stride = w->stride[2], first = phase - w->before[2];
    int64_t begin = first < 0 ? (-first + stride - 1) / stride : 0, end = (w->in[2] - first + stride - 1) / stride;
    ASSERT(phase < stride || stride == 1);
    begin = begin < count ? begin : count;
    end = end < begin ? begin : end < count ? end : count;
    for (int64_t i = 0; i < begin; i++)
        to[i] = 0;
    kernel->stride(to + begin, from + (begin * stride + first), (size_t)stride, (size_t)(end - begin));
    for (int64_t i = end; i < count; i++)
        to[i] = 0;
}

/* One channel of the input into its planes. */
static float *fill_planes(const struct kernel *kernel, const struct conv *conv, float *to, const float *from)
{
    const struct onnx_window *w = &conv->window;
    size_t at[WINDOW_AXES];
    for (at[0] = 0; at[0] < conv->phase[0]; at[0]++)
        for (at[1] = 0; at[1] < conv->phase[1]; at[1]++)
            for (at[2] = 0; at[2] < conv->phase[2]; at[2]++)
                for (size_t d = 0; d < conv->extent[0]; d++)
                    for (size_t r = 0; r < conv->extent[1]; r++, to += conv->extent[2]) {
                        int64_t depth = (int64_t)d * w->stride[0] + (int64_t)at[0] - w->before[0];
                        int64_t row = (int64_t)r * w->stride[1] + (int64_t)at[1] - w->before[1];
                        if (depth < 0 || depth >= w->in[0] || row < 0 || row >= w->in[1])
                            memset(to, 0, conv->extent[2] * sizeof *to);
                        else
                            fill_row(kernel, conv, to, from + (depth * w->in[1] + row) * w->in[2], (int64_t)at[2]);
                    }
    return to;
}

/* The outputs out of a run that has gaps between its rows. */
static void pick(const struct conv *conv, float *to, const float *from)
{
    const struct onnx_window *w = &conv->window;
    const size_t columns = (size_t)w->out[2];
    for (size_t channel = 0; channel < conv->out_channels; channel++, from += conv->run)
        for (size_t d = 0; d < (size_t)w->out[0]; d++)
            for (size_t r = 0; r < (size_t)w->out[1]; r++, to += columns)
                memcpy(to, from + (d * conv->extent[1] + r) * conv->extent[2], columns * sizeof *to);
}

static const char *conv_run(const struct onnx_call *call)
{
    const struct conv *conv = call->node->plan;
    const struct kernel *kernel = call->model->kernel;
    const struct onnx_tensor *shape = call_shape_in(call, 0);
    const size_t channel = dims_product(shape, 2, shape->rank);
    const size_t planes = conv->is_direct ? 0 : conv->in_channels * conv_phases(conv) * conv->plane;
    const size_t each =
        conv->packed ? kernel_packed_rows_size(conv->out_channels, conv->depth) : conv->out_channels * conv->depth;
    const size_t outputs =
        conv->out_channels * (size_t)(conv->window.out[0] * conv->window.out[1] * conv->window.out[2]);
    const float *x = call_in(call, 0), *weights = conv->packed ? conv->packed : call_in(call, 1),
                *bias = call_in(call, 2);
    float *y = call_out(call, 0), *work = call->scratch, *run = work + planes;
    for (size_t i = 0; i < (size_t)shape->dims[0] * conv->groups; i++, x += conv->in_channels * channel, y += outputs) {
        size_t group = i % conv->groups; /* outermost is the batch */
        float *to = work;
        for (size_t j = 0; !conv->is_direct && j < conv->in_channels; j++)
            to = fill_planes(kernel, conv, to, x + j * channel);
        kernel->multiply(&(struct kernel_multiply){.a = weights + group * each,
                                                   .a_packed = conv->packed != NULL,
                                                   .a_row = conv->depth,
                                                   .a_step = 1,
                                                   .b = conv->is_direct ? x : work,
                                                   .b_at = conv->taps_at,
                                                   .row_start = bias ? bias + group * conv->out_channels : NULL,
                                                   .y = conv->is_dense ? y : run,
                                                   .y_row = conv->run,
                                                   .rows = conv->out_channels,
                                                   .columns = conv->run,
                                                   .depth = conv->depth});
        if (!conv->is_dense)
            pick(conv, y, run);
    }
    return NULL;
}

static const struct onnx_op ops[] = {
    {"Conv", "auto_pad dilations group kernel_shape pads strides", 2, 3, 1, TYPES_F32, 1, conv_infer, conv_prepare,
     conv_run, 0},
};
const struct onnx_op_table onnx_ops_conv = {ops, COUNT_OF(ops)};
