/* Operators that only move numbers: each becomes one strided copy per input or output, planned when the model is
 * loaded. */
#include <string.h>

#include "perception/onnx_copy.h"

/* A copy of a whole tensor shape; strides still to be filled in. */
static struct onnx_copy copy_of(const struct onnx_tensor *shape)
{
    struct onnx_copy copy = {.element = onnx_type_size(shape->type), .rank = shape->rank};
    for (int i = 0; i < shape->rank; i++)
        copy.dims[i] = (size_t)shape->dims[i];
    return copy;
}

static const char *one_copy_run(const struct onnx_call *call)
{
    ASSERT(call->node->plan);
    onnx_copy_run(call->node->plan, call_out(call, 0), call_in(call, 0));
    return NULL;
}

/* --- Transpose -------------------------------------------------------------------------------------------------- */

static enum status transpose_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    const int64_t *order;
    int64_t dims[ONNX_RANK_MAX];
    ptrdiff_t stride[ONNX_RANK_MAX];
    size_t count;
    bool seen[ONNX_RANK_MAX] = {false};
    if (onnx_integers(model, node, "perm", -1, &order, &count))
        return model->err->status;
    if (order && count != (size_t)in->rank)
        return onnx_refuse(model, node, "perm names %zu axes, but its input %s has %d", count, onnx_shape(in).text,
                           in->rank);
    struct onnx_copy *copy = node->plan = arena_new(&model->arena, 1, sizeof *copy);
    onnx_copy_strides(in, stride);
    for (int i = 0; i < in->rank; i++) {
        int64_t axis = order ? order[i] : in->rank - 1 - i;
        if (axis < 0 || axis >= in->rank || seen[axis])
            return onnx_refuse(model, node, "perm is not an order of the %d axes of its input", in->rank);
        seen[axis] = true;
        dims[i] = in->dims[axis];
        copy->from_stride[i] = stride[axis];
    }
    if (onnx_out(model, node, 0, in->type, in->rank, dims))
        return model->err->status;
    struct onnx_copy whole = copy_of(&model->values[node->outputs[0]].tensor);
    memcpy(whole.from_stride, copy->from_stride, sizeof whole.from_stride);
    onnx_copy_strides(&model->values[node->outputs[0]].tensor, whole.to_stride);
    onnx_copy_simplify(&whole);
    *copy = whole;
    return STATUS_OK;
}

/* --- Expand: broadcasting, written out -------------------------------------------------------------------------- */

static enum status expand_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    const int64_t *shape;
    int64_t dims[ONNX_RANK_MAX];
    ptrdiff_t stride[ONNX_RANK_MAX];
    size_t count;
    if (onnx_integers(model, node, "shape", 1, &shape, &count))
        return model->err->status;
    int rank = count > (size_t)in->rank ? (int)(count > ONNX_RANK_MAX ? ONNX_RANK_MAX + 1 : count) : in->rank;
    if (rank > ONNX_RANK_MAX)
        return onnx_refuse(model, node, "its shape has %zu axes, but at most %d are supported", count, ONNX_RANK_MAX);
    struct onnx_copy copy = {0};
    onnx_copy_strides(in, stride);
    for (int i = 0; i < rank; i++) {
        int own = i - (rank - in->rank), asked = i - (rank - (int)count);
        int64_t have = own < 0 ? 1 : in->dims[own], want = asked < 0 ? 1 : shape[asked];
        if (want < 0 || (have != want && have != 1 && want != 1))
            return onnx_refuse(model, node, "its input of shape %s cannot be stretched to %lld at axis %d",
                               onnx_shape(in).text, (long long)want, i);
        dims[i] = have == 1 ? want : have;
        copy.from_stride[i] = own < 0 || have == 1 ? 0 : stride[own];
    }
    if (onnx_out(model, node, 0, in->type, rank, dims))
        return model->err->status;
    const struct onnx_tensor *out = &model->values[node->outputs[0]].tensor;
    struct onnx_copy *plan = node->plan = arena_new(&model->arena, 1, sizeof *plan);
    *plan = copy_of(out);
    memcpy(plan->from_stride, copy.from_stride, sizeof copy.from_stride);
    onnx_copy_strides(out, plan->to_stride);
    onnx_copy_simplify(plan);
    return STATUS_OK;
}

/* --- Slice ------------------------------------------------------------------------------------------------------ */

static int64_t bounded(int64_t x, int64_t low, int64_t high) { return x < low ? low : x > high ? high : x; }

struct slice_lists {
    const int64_t *starts, *ends, *axes, *steps;
    size_t start_count, end_count, axis_count, step_count;
};

static enum status slice_read(struct onnx_model *model, struct onnx_node *node, struct slice_lists *lists)
{
    if (onnx_integers(model, node, "starts", 1, &lists->starts, &lists->start_count) ||
        onnx_integers(model, node, "ends", 2, &lists->ends, &lists->end_count) ||
        onnx_integers(model, node, "axes", 3, &lists->axes, &lists->axis_count) ||
        onnx_integers(model, node, "steps", 4, &lists->steps, &lists->step_count))
        return model->err->status;
    if (lists->start_count != lists->end_count || (lists->axes && lists->axis_count != lists->start_count) ||
        (lists->steps && lists->step_count != lists->start_count))
        return onnx_refuse(model, node, "starts, ends, axes and steps are not equally long");
    return STATUS_OK;
}

static enum status slice_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    struct slice_lists lists = {0};
    int64_t dims[ONNX_RANK_MAX];
    bool seen[ONNX_RANK_MAX] = {false};
    if (slice_read(model, node, &lists))
        return model->err->status;
    struct onnx_copy *copy = node->plan = arena_new(&model->arena, 1, sizeof *copy);
    *copy = copy_of(in);
    onnx_copy_strides(in, copy->from_stride);
    memcpy(dims, in->dims, sizeof dims);
    for (size_t i = 0; i < lists.start_count; i++) {
        int axis;
        if (onnx_axis(model, node, lists.axes ? lists.axes[i] : (int64_t)i, in->rank, false, &axis))
            return model->err->status;
        int64_t size = in->dims[axis], step = lists.steps ? lists.steps[i] : 1;
        int64_t start = lists.starts[i] < 0 && lists.starts[i] >= -size ? lists.starts[i] + size : lists.starts[i];
        int64_t end = lists.ends[i] < 0 && lists.ends[i] >= -size ? lists.ends[i] + size : lists.ends[i];
        if (step == 0 || step < -INT32_MAX || seen[axis])
            return onnx_refuse(model, node, "axis %d is named twice, or its step is 0 or far below", axis);
        seen[axis] = true;
        step = bounded(step, -INT32_MAX, INT32_MAX);
        start = step > 0 ? bounded(start, 0, size) : bounded(start, 0, size - 1);
        end = step > 0 ? bounded(end, 0, size) : bounded(end, -1, size - 1);
        int64_t span = step > 0 ? end - start : start - end;
        dims[axis] = span <= 0 ? 0 : (span - 1) / (step > 0 ? step : -step) + 1;
        copy->from_start += dims[axis] ? (ptrdiff_t)start * copy->from_stride[axis] : 0;
        copy->from_stride[axis] *= (ptrdiff_t)step;
        copy->dims[axis] = (size_t)dims[axis];
    }
    if (onnx_out(model, node, 0, in->type, in->rank, dims))
        return model->err->status;
    onnx_copy_strides(&model->values[node->outputs[0]].tensor, copy->to_stride);
    onnx_copy_simplify(copy);
    return STATUS_OK;
}

/* --- Split: one copy per output --------------------------------------------------------------------------------- */

/* Sizes are an attribute before operator set 13 and an input from then on; without them, equal parts (the last may be
 * smaller from 18). */
static enum status split_sizes(struct onnx_model *model, struct onnx_node *node, int64_t total, int64_t *sizes)
{
    const int64_t *listed;
    size_t count;
    int64_t parts = node->output_count, each = (total + parts - 1) / parts, sum = 0;
    if (onnx_integers(model, node, "split", 1, &listed, &count))
        return model->err->status;
    if (listed && count != (size_t)parts)
        return onnx_refuse(model, node, "split names %zu parts, but there are %d outputs", count, node->output_count);
    if (onnx_attribute_int(node, "num_outputs", parts) != parts)
        return onnx_refuse(model, node, "num_outputs is not its number of outputs, %d", node->output_count);
    if (!listed && total % parts && model->doc.opset < 18)
        return onnx_refuse(model, node, "%lld numbers cannot be split into %d equal parts", (long long)total,
                           node->output_count);
    for (int i = 0; i < node->output_count; i++) {
        sizes[i] = listed ? listed[i] : bounded(total - sum, 0, each);
        if (sizes[i] < 0 || sizes[i] > total - sum)
            return onnx_refuse(model, node, "the parts do not add up to the %lld there are", (long long)total);
        sum += sizes[i];
    }
    return sum == total ? STATUS_OK
                        : onnx_refuse(model, node, "the parts do not add up to the %lld there are", (long long)total);
}

static enum status split_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    int64_t *sizes = arena_new(&model->arena, (size_t)node->output_count, sizeof *sizes), before = 0;
    struct onnx_copy *copies = node->plan = arena_new(&model->arena, (size_t)node->output_count, sizeof *copies);
    int axis;
    if (onnx_axis(model, node, onnx_attribute_int(node, "axis", 0), in->rank, false, &axis) ||
        split_sizes(model, node, in->dims[axis], sizes))
        return model->err->status;
    for (int i = 0; i < node->output_count; before += sizes[i++]) {
        struct onnx_tensor part = *in;
        part.dims[axis] = sizes[i];
        if (!onnx_wants(node, i))
            continue;
        if (onnx_out(model, node, i, in->type, in->rank, part.dims))
            return model->err->status;
        copies[i] = copy_of(&part);
        onnx_copy_strides(in, copies[i].from_stride);
        onnx_copy_strides(&part, copies[i].to_stride);
        copies[i].from_start = (ptrdiff_t)before * copies[i].from_stride[axis];
        onnx_copy_simplify(&copies[i]);
    }
    return STATUS_OK;
}

static const char *split_run(const struct onnx_call *call)
{
    const struct onnx_copy *copies = call->node->plan;
    ASSERT(copies);
    for (int i = 0; i < call->node->output_count; i++)
        if (call_out(call, i))
            onnx_copy_run(&copies[i], call_out(call, i), call_in(call, 0));
    return NULL;
}

/* --- Concat: one copy per input --------------------------------------------------------------------------------- */

static enum status concat_infer(struct onnx_model *model, struct onnx_node *node)
{
    struct onnx_tensor out = *onnx_in(model, node, 0);
    struct onnx_copy *copies = node->plan = arena_new(&model->arena, (size_t)node->input_count, sizeof *copies);
    int64_t before = 0;
    int axis;
    if (!onnx_attribute(node, "axis"))
        return onnx_refuse(model, node, "the attribute 'axis' is missing");
    if (onnx_axis(model, node, onnx_attribute_int(node, "axis", 0), out.rank, false, &axis))
        return model->err->status;
    for (int i = 1; i < node->input_count; i++) {
        const struct onnx_tensor *in = onnx_has(node, i) ? onnx_in(model, node, i) : NULL;
        bool fits = in && in->rank == out.rank && in->type == out.type;
        for (int j = 0; fits && j < out.rank; j++)
            fits = j == axis || in->dims[j] == out.dims[j];
        if (!fits)
            return onnx_refuse(
                model, node, "its input %d%s%s does not fit the first, %s, in type or in axes other than %d", i,
                in ? " of shape " : "", in ? onnx_shape(in).text : "", onnx_shape(onnx_in(model, node, 0)).text, axis);
        out.dims[axis] += in->dims[axis]; /* each is bounded, and so is their number */
    }
    if (onnx_out(model, node, 0, out.type, out.rank, out.dims))
        return model->err->status;
    for (int i = 0; i < node->input_count; i++) {
        const struct onnx_tensor *in = onnx_in(model, node, i);
        copies[i] = copy_of(in);
        onnx_copy_strides(in, copies[i].from_stride);
        onnx_copy_strides(&out, copies[i].to_stride);
        copies[i].to_start = (ptrdiff_t)before * copies[i].to_stride[axis];
        before += in->dims[axis];
        onnx_copy_simplify(&copies[i]);
    }
    return STATUS_OK;
}

static const char *concat_run(const struct onnx_call *call)
{
    const struct onnx_copy *copies = call->node->plan;
    for (int i = 0; i < call->node->input_count; i++)
        onnx_copy_run(&copies[i], call_out(call, 0), call_in(call, i));
    return NULL;
}

static const struct onnx_op ops[] = {
    {"Transpose", "perm", 1, 1, 1, TYPES_ALL, 1, transpose_infer, NULL, one_copy_run, 0},
    {"Expand", "", 2, 2, 1, TYPES_ALL, 8, expand_infer, NULL, one_copy_run, 0},
    {"Slice", "starts ends axes", 1, 5, 1, TYPES_ALL, 1, slice_infer, NULL, one_copy_run, 0},
    {"Split", "axis split num_outputs", 1, 2, 1024, TYPES_ALL, 2, split_infer, NULL, split_run, 0},
    {"Concat", "axis", 1, 1024, 1, TYPES_ALL, 4, concat_infer, NULL, concat_run, 0},
};
const struct onnx_op_table onnx_ops_move = {ops, COUNT_OF(ops)};
