/* Means, and what is scaled by them: ReduceMean, Softmax, LayerNormalization, BatchNormalization. */
#include <math.h>
#include <string.h>

#include "perception/onnx_copy.h"

/* --- Softmax ---------------------------------------------------------------------------------------------------- */

/* Numbers that are normalised together: `count` of them, `inner` apart, `outer` times. Up to operator set 12 all axes
 * from `axis` on. */
struct lines {
    size_t outer, count, inner;
};

static enum status softmax_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    bool one_axis = model->doc.opset >= 13;
    int axis;
    if (onnx_axis(model, node, onnx_attribute_int(node, "axis", one_axis ? -1 : 1), in->rank, !one_axis, &axis))
        return model->err->status;
    struct lines *lines = node->plan = arena_new(&model->arena, 1, sizeof *lines);
    *lines =
        (struct lines){dims_product(in, 0, axis), one_axis ? (size_t)in->dims[axis] : dims_product(in, axis, in->rank),
                       one_axis ? dims_product(in, axis + 1, in->rank) : 1};
    if (onnx_scratch(model, node, lines->count, sizeof(float)))
        return model->err->status;
    return onnx_out(model, node, 0, ONNX_F32, in->rank, in->dims);
}

static const char *softmax_run(const struct onnx_call *call)
{
    const struct lines *lines = call->node->plan;
    const struct kernel *kernel = call->model->kernel;
    ASSERT(lines->outer * lines->count * lines->inner == call_shape_out(call, 0)->count);
    float *line = call->scratch;
    for (size_t i = 0; i < lines->outer * lines->inner; i++) {
        size_t at = i / lines->inner * lines->inner * lines->count + i % lines->inner;
        const float *x = (const float *)call_in(call, 0) + at;
        float *y = (float *)call_out(call, 0) + at, peak = -INFINITY;
        kernel->stride(line, x, lines->inner, lines->count);
        for (size_t j = 0; j < lines->count; j++)
            peak = line[j] > peak ? line[j] : peak;
        for (size_t j = 0; j < lines->count; j++)
            line[j] -= peak;
        kernel->unary(KERNEL_EXP, line, line, lines->count, 0, 0);
        float sum = (float)kernel->sum(line, lines->count);
        for (size_t j = 0; j < lines->count; j++)
            y[j * lines->inner] = line[j] / sum;
    }
    return NULL;
}

/* --- ReduceMean ------------------------------------------------------------------------------------------------- */

/* The input with the axes that stay in front, those that go behind: then each mean is of neighbours. */
struct reduce {
    struct onnx_copy gather;
    size_t kept, gone;
};

static enum status reduce_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    const int64_t *axes;
    int64_t dims[ONNX_RANK_MAX];
    size_t count;
    bool goes[ONNX_RANK_MAX] = {false}, keep = onnx_attribute_int(node, "keepdims", 1) != 0;
    struct reduce *plan = node->plan = arena_new(&model->arena, 1, sizeof *plan);
    ptrdiff_t stride[ONNX_RANK_MAX], step;
    int rank = 0;
    if (onnx_integers(model, node, "axes", 1, &axes, &count))
        return model->err->status;
    for (size_t i = 0; i < count; i++) {
        int axis;
        if (onnx_axis(model, node, axes[i], in->rank, false, &axis))
            return model->err->status;
        goes[axis] = true;
    }
    bool all = !count && !onnx_attribute_int(node, "noop_with_empty_axes", 0);
    *plan = (struct reduce){.gather = {.element = sizeof(float)}, .kept = 1, .gone = 1};
    onnx_copy_strides(in, stride);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < in->rank; i++)
            if ((goes[i] || all) == (round == 1)) {
                plan->gather.dims[plan->gather.rank] = (size_t)in->dims[i];
                plan->gather.from_stride[plan->gather.rank++] = stride[i];
                *(round ? &plan->gone : &plan->kept) *= (size_t)in->dims[i];
            }
    step = 1;
    for (int i = in->rank - 1; i >= 0; i--) {
        plan->gather.to_stride[i] = step;
        step *= (ptrdiff_t)plan->gather.dims[i];
    }
    onnx_copy_simplify(&plan->gather);
    for (int i = 0; i < in->rank; i++)
        if (!goes[i] && !all)
            dims[rank++] = in->dims[i];
        else if (keep)
            dims[rank++] = 1;
    if (onnx_scratch(model, node, in->count, sizeof(float)))
        return model->err->status;
    return onnx_out(model, node, 0, ONNX_F32, rank, dims);
}

static const char *reduce_mean_run(const struct onnx_call *call)
{
    const struct reduce *plan = call->node->plan;
    float *sorted = call->scratch, *y = call_out(call, 0);
    ASSERT(plan->kept == call_shape_out(call, 0)->count);
    onnx_copy_run(&plan->gather, sorted, call_in(call, 0));
    for (size_t i = 0; i < plan->kept; i++)
        y[i] = (float)(call->model->kernel->sum(sorted + i * plan->gone, plan->gone) / (double)plan->gone);
    return NULL;
}

/* --- LayerNormalization ----------------------------------------------------------------------------------------- */

static enum status layer_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    int64_t dims[ONNX_RANK_MAX];
    int axis;
    if (onnx_axis(model, node, onnx_attribute_int(node, "axis", -1), in->rank, false, &axis))
        return model->err->status;
    size_t each = dims_product(in, axis, in->rank);
    for (int i = 1; i <= 2; i++)
        if (onnx_has(node, i) && (onnx_in(model, node, i)->type != ONNX_F32 || onnx_in(model, node, i)->count != each))
            return onnx_refuse(model, node,
                               "its scale or bias %s does not have the %zu numbers that are normalised together",
                               onnx_shape(onnx_in(model, node, i)).text, each);
    for (int i = 0; i < in->rank; i++)
        dims[i] = i < axis ? in->dims[i] : 1;
    struct lines *lines = node->plan = arena_new(&model->arena, 1, sizeof *lines);
    *lines = (struct lines){dims_product(in, 0, axis), each, 1};
    if (onnx_out(model, node, 0, ONNX_F32, in->rank, in->dims) || onnx_out(model, node, 1, ONNX_F32, in->rank, dims))
        return model->err->status;
    return onnx_out(model, node, 2, ONNX_F32, in->rank, dims);
}

static const char *layer_run(const struct onnx_call *call)
{
    const struct lines *lines = call->node->plan;
    const struct kernel *kernel = call->model->kernel;
    ASSERT(lines->inner == 1);
    const float epsilon = onnx_attribute_float(call->node, "epsilon", 1e-5f);
    const float *x = call_in(call, 0), *scale = call_in(call, 1), *bias = call_in(call, 2);
    float *y = call_out(call, 0), *means = call_out(call, 1), *inverses = call_out(call, 2);
    for (size_t i = 0; i < lines->outer; i++, x += lines->count, y += lines->count) {
        double mean = kernel->sum(x, lines->count) / (double)lines->count;
        double variance = kernel->sum_squares(x, mean, lines->count) / (double)lines->count;
        float inverse = (float)(1 / sqrt(variance + (double)epsilon));
        if (means)
            means[i] = (float)mean;
        if (inverses)
            inverses[i] = inverse;
        for (size_t j = 0; j < lines->count; j++)
            y[j] = (float)((double)x[j] - mean) * inverse;
        kernel->binary(KERNEL_MUL, y, y, 1, scale, 1, lines->count);
        if (bias)
            kernel->binary(KERNEL_ADD, y, y, 1, bias, 1, lines->count);
    }
    return NULL;
}

/* --- BatchNormalization ----------------------------------------------------------------------------------------- */

static enum status batch_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    bool trains = onnx_attribute_int(node, "training_mode", 0) != 0;
    if (in->rank < 2)
        return onnx_refuse(model, node, "its input %s must have at least 2 axes", onnx_shape(in).text);
    for (int i = 1; i <= 4; i++)
        if (onnx_in(model, node, i)->type != ONNX_F32 || onnx_in(model, node, i)->count != (size_t)in->dims[1])
            return onnx_refuse(model, node,
                               "its input %d of shape %s does not have one float32 for each of %lld channels", i,
                               onnx_shape(onnx_in(model, node, i)).text, (long long)in->dims[1]);
    if (onnx_attribute_int(node, "spatial", 1) != 1)
        return onnx_refuse(model, node, "spatial 0 is not supported; supported is 1");
    if ((onnx_wants(node, 1) || onnx_wants(node, 2)) && !trains)
        return onnx_refuse(model, node, "it is exported for training; export the model for inference");
    if (onnx_out(model, node, 0, ONNX_F32, in->rank, in->dims) || onnx_out(model, node, 1, ONNX_F32, 1, &in->dims[1]))
        return model->err->status;
    return onnx_out(model, node, 2, ONNX_F32, 1, &in->dims[1]);
}

/* Mean and variance of one channel over the whole batch. */
static void channel_moments(const struct onnx_call *call, size_t channel, double *mean, double *variance)
{
    const struct onnx_tensor *in = call_shape_in(call, 0);
    const struct kernel *kernel = call->model->kernel;
    const size_t channels = (size_t)in->dims[1], each = dims_product(in, 2, in->rank),
                 count = (size_t)in->dims[0] * each;
    const float *x = (const float *)call_in(call, 0) + channel * each;
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < in->dims[0]; i++)
        sum += kernel->sum(x + (size_t)i * channels * each, each);
    *mean = sum / (double)count;
    for (int64_t i = 0; i < in->dims[0]; i++)
        squares += kernel->sum_squares(x + (size_t)i * channels * each, *mean, each);
    *variance = squares / (double)count;
}

static float blend(float momentum, float old, double new) { return old * momentum + (float)new *(1 - momentum); }

static const char *batch_run(const struct onnx_call *call)
{
    const struct onnx_tensor *in = call_shape_in(call, 0);
    const size_t channels = (size_t)in->dims[1], each = dims_product(in, 2, in->rank);
    const float epsilon = onnx_attribute_float(call->node, "epsilon", 1e-5f);
    const float momentum = onnx_attribute_float(call->node, "momentum", 0.9f);
    const float *scale = call_in(call, 1), *bias = call_in(call, 2), *means = call_in(call, 3),
                *variances = call_in(call, 4);
    float *new_means = call_out(call, 1), *new_variances = call_out(call, 2);
    for (size_t c = 0; c < channels; c++) {
        double mean = (double)means[c], variance = (double)variances[c];
        if (onnx_attribute_int(call->node, "training_mode", 0))
            channel_moments(call, c, &mean, &variance);
        if (new_means)
            new_means[c] = blend(momentum, means[c], mean);
        if (new_variances)
            new_variances[c] = blend(momentum, variances[c], variance);
        float slope = (float)((double)scale[c] / sqrt(variance + (double)epsilon));
        float start = (float)((double)bias[c] - mean * (double)slope);
        for (int64_t i = 0; i < in->dims[0]; i++) {
            size_t at = ((size_t)i * channels + c) * each;
            call->model->kernel->unary(KERNEL_SCALE, (float *)call_out(call, 0) + at,
                                       (const float *)call_in(call, 0) + at, each, slope, start);
        }
    }
    return NULL;
}

static const struct onnx_op ops[] = {
    {"Softmax", "axis", 1, 1, 1, TYPES_F32, 1, softmax_infer, NULL, softmax_run, 0},
    {"ReduceMean", "axes keepdims noop_with_empty_axes", 1, 2, 1, TYPES_F32, 1, reduce_infer, NULL, reduce_mean_run, 0},
    {"LayerNormalization", "axis epsilon stash_type", 2, 3, 3, TYPES_F32, 17, layer_infer, NULL, layer_run, 0},
    {"BatchNormalization", "epsilon momentum spatial training_mode", 5, 5, 3, TYPES_F32, 7, batch_infer, NULL,
     batch_run, 0},
};
const struct onnx_op_table onnx_ops_norm = {ops, COUNT_OF(ops)};
