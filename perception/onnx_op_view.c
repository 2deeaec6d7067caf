/* Operators that compute nothing while running: the same bytes under another shape, and what is known from shapes
 * alone. */
#include <string.h>

#include "perception/onnx_inside.h"

static enum status reshape_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    const int64_t *wanted;
    int64_t dims[ONNX_RANK_MAX];
    size_t count, known = 1;
    int unknown = -1;
    if (onnx_integers(model, node, "shape", 1, &wanted, &count))
        return model->err->status;
    if (count > ONNX_RANK_MAX)
        return onnx_refuse(model, node, "its shape has %zu axes, but at most %d are supported", count, ONNX_RANK_MAX);
    for (size_t i = 0; i < count; i++) {
        bool copies = wanted[i] == 0 && !onnx_attribute_int(node, "allowzero", 0);
        if (copies && (int)i >= in->rank)
            return onnx_refuse(model, node, "axis %zu is to be copied from its input, which has only %d", i, in->rank);
        dims[i] = copies ? in->dims[i] : wanted[i];
        if (dims[i] == -1 && unknown < 0)
            unknown = (int)i;
        else if (dims[i] < 0 || __builtin_mul_overflow(known, (size_t)dims[i], &known))
            return onnx_refuse(model, node, "its shape has the size %lld at axis %zu", (long long)dims[i], i);
    }
    if (unknown >= 0)
        dims[unknown] = known ? (int64_t)(in->count / known) : 0;
    size_t total = unknown >= 0 ? known * (size_t)dims[unknown] : known;
    if (total != in->count)
        return onnx_refuse(model, node, "its input of shape %s has %zu numbers, the wanted shape %zu",
                           onnx_shape(in).text, in->count, total);
    return onnx_out(model, node, 0, in->type, (int)count, dims);
}

static enum status flatten_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    int axis;
    if (onnx_axis(model, node, onnx_attribute_int(node, "axis", 1), in->rank, true, &axis))
        return model->err->status;
    int64_t dims[2] = {(int64_t)dims_product(in, 0, axis), (int64_t)dims_product(in, axis, in->rank)};
    return onnx_out(model, node, 0, in->type, 2, dims);
}

/* Marks the listed axes of `rank`; refuses one that is outside or there twice. */
static enum status mark_axes(struct onnx_model *model, const struct onnx_node *node, const int64_t *axes, size_t count,
                             int rank, bool marked[ONNX_RANK_MAX])
{
    for (size_t i = 0; i < count; i++) {
        int axis;
        if (onnx_axis(model, node, axes[i], rank, false, &axis))
            return model->err->status;
        if (marked[axis])
            return onnx_refuse(model, node, "axis %d is named twice", axis);
        marked[axis] = true;
    }
    return STATUS_OK;
}

static enum status squeeze_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    const int64_t *axes;
    int64_t dims[ONNX_RANK_MAX];
    bool goes[ONNX_RANK_MAX] = {false};
    size_t count;
    int rank = 0;
    if (onnx_integers(model, node, "axes", 1, &axes, &count) || mark_axes(model, node, axes, count, in->rank, goes))
        return model->err->status;
    for (int i = 0; i < in->rank; i++) {
        if (goes[i] && in->dims[i] != 1)
            return onnx_refuse(model, node, "axis %d of its input %s is not of size 1", i, onnx_shape(in).text);
        if (!goes[i] && (count || in->dims[i] != 1)) /* without a list all axes of size 1 go */
            dims[rank++] = in->dims[i];
    }
    return onnx_out(model, node, 0, in->type, rank, dims);
}

static enum status unsqueeze_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    const int64_t *axes;
    int64_t dims[ONNX_RANK_MAX];
    bool is_new[ONNX_RANK_MAX] = {false};
    size_t count;
    if (onnx_integers(model, node, "axes", 1, &axes, &count))
        return model->err->status;
    if (count + (size_t)in->rank > ONNX_RANK_MAX)
        return onnx_refuse(model, node, "its output has %zu axes, but at most %d are supported",
                           count + (size_t)in->rank, ONNX_RANK_MAX);
    int rank = in->rank + (int)count;
    if (mark_axes(model, node, axes, count, rank, is_new))
        return model->err->status;
    for (int i = 0, from = 0; i < rank; i++)
        dims[i] = is_new[i] ? 1 : in->dims[from++];
    return onnx_out(model, node, 0, in->type, rank, dims);
}

static enum status identity_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    return onnx_out(model, node, 0, in->type, in->rank, in->dims);
}

/* Always known: sizes are fixed when the model is loaded. From operator set 15 on a range of axes may be asked for. */
static enum status shape_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    int64_t from = onnx_attribute_int(node, "start", 0), to = onnx_attribute_int(node, "end", in->rank);
    from = from < 0 ? from + in->rank : from;
    to = to < 0 ? to + in->rank : to;
    from = from < 0 ? 0 : from > in->rank ? in->rank : from;
    to = to < from ? from : to > in->rank ? in->rank : to;
    int64_t *data = onnx_keep(model, node, (size_t)(to - from), sizeof *data);
    if (!data || onnx_out(model, node, 0, ONNX_I64, 1, &(int64_t){to - from}))
        return model->err->status;
    memcpy(data, in->dims + from, (size_t)(to - from) * sizeof *data);
    onnx_out_known(model, node, 0, data);
    return STATUS_OK;
}

static enum status constant_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_attribute *value = node->doc->attribute_count == 1 ? node->doc->attributes : NULL;
    int kind = value ? value->kind : ATTRIBUTE_NONE;
    struct onnx_tensor tensor = {0};
    const void *data = NULL;
    if (kind == ATTRIBUTE_TENSOR)
        tensor = value->constant.tensor, data = value->constant.data;
    else if (kind == ATTRIBUTE_FLOAT)
        tensor.type = ONNX_F32, data = &value->number;
    else if (kind == ATTRIBUTE_INT)
        tensor.type = ONNX_I64, data = &value->integer;
    else if (kind == ATTRIBUTE_FLOATS || kind == ATTRIBUTE_INTS) {
        tensor.type = kind == ATTRIBUTE_INTS ? ONNX_I64 : ONNX_F32;
        tensor.rank = 1;
        tensor.dims[0] = (int64_t)value->count;
        data = kind == ATTRIBUTE_INTS ? (const void *)value->integers : value->numbers;
    } else
        return onnx_refuse(model, node, "its value must be one tensor, number or list of numbers");
    if (onnx_out(model, node, 0, tensor.type, tensor.rank, tensor.dims))
        return model->err->status;
    onnx_out_known(model, node, 0, data ? data : arena_new(&model->arena, 1, 1));
    return STATUS_OK;
}

static const struct onnx_op ops[] = {
    {"Reshape", "allowzero", 2, 2, 1, TYPES_ALL, 5, reshape_infer, NULL, NULL, 0},
    {"Flatten", "axis", 1, 1, 1, TYPES_ALL, 1, flatten_infer, NULL, NULL, 0},
    {"Squeeze", "axes", 1, 2, 1, TYPES_ALL, 1, squeeze_infer, NULL, NULL, 0},
    {"Unsqueeze", "axes", 1, 2, 1, TYPES_ALL, 1, unsqueeze_infer, NULL, NULL, 0},
    {"Identity", "", 1, 1, 1, TYPES_ALL, 1, identity_infer, NULL, NULL, 0},
    {"Shape", "start end", 1, 1, 1, TYPES_ALL, 1, shape_infer, NULL, NULL, 0},
    {"Constant", "value value_float value_floats value_int value_ints", 0, 0, 1, TYPES_ALL, 1, constant_infer, NULL,
     NULL, 0},
};
const struct onnx_op_table onnx_ops_view = {ops, COUNT_OF(ops)};
