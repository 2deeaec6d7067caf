/* Operators that choose numbers by index, change their type, or fill. */
#include <string.h>

#include "perception/onnx_inside.h"

/* --- Gather ----------------------------------------------------------------------------------------------------- */

static enum status gather_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0), *picks = onnx_in(model, node, 1);
    int64_t dims[2 * ONNX_RANK_MAX];
    int axis, rank = 0;
    if (picks->type != ONNX_I64 && picks->type != ONNX_I32)
        return onnx_refuse(model, node, "its indices are %s; supported are int64 and int32",
                           onnx_type_name(picks->type));
    if (onnx_axis(model, node, onnx_attribute_int(node, "axis", 0), in->rank, false, &axis))
        return model->err->status;
    for (int i = 0; i < axis; i++)
        dims[rank++] = in->dims[i];
    for (int i = 0; i < picks->rank; i++)
        dims[rank++] = picks->dims[i];
    for (int i = axis + 1; i < in->rank; i++)
        dims[rank++] = in->dims[i];
    node->plan = arena_new(&model->arena, 1, sizeof axis);
    memcpy(node->plan, &axis, sizeof axis);
    return onnx_out(model, node, 0, in->type, rank, dims);
}

static const char *gather_run(const struct onnx_call *call)
{
    const struct onnx_tensor *in = call_shape_in(call, 0), *picks = call_shape_in(call, 1);
    int axis = *(const int *)call->node->plan;
    ASSERT(axis >= 0 && axis < in->rank);
    size_t outer = dims_product(in, 0, axis), inner = dims_product(in, axis + 1, in->rank) * onnx_type_size(in->type);
    int64_t size = in->dims[axis];
    const uint8_t *from = call_in(call, 0);
    uint8_t *to = call_out(call, 0);
    for (size_t i = 0; i < outer; i++, from += inner * (size_t)size)
        for (size_t j = 0; j < picks->count; j++, to += inner) {
            int64_t index = picks->type == ONNX_I64 ? ((const int64_t *)call_in(call, 1))[j]
                                                    : ((const int32_t *)call_in(call, 1))[j];
            index = index < 0 ? index + size : index;
            if (index < 0 || index >= size)
                return "an index is outside the axis it picks from";
            memcpy(to, from + (size_t)index * inner, inner);
        }
    return NULL;
}

/* --- Pad: where each output position comes from is known along every axis --------------------------------------- */

enum { FILL = -1 };

struct pad {
    int32_t *from[ONNX_RANK_MAX]; /* by output position: input position, or FILL */
};

/* The position in 0..size-1 that stands at `at`, which may lie outside. */
static int32_t pad_source(const char *mode, int64_t at, int64_t size)
{
    if (at >= 0 && at < size)
        return (int32_t)at;
    if (!size || !strcmp(mode, "constant"))
        return FILL;
    if (!strcmp(mode, "edge"))
        return (int32_t)(at < 0 ? 0 : size - 1);
    if (!strcmp(mode, "wrap"))
        return (int32_t)((at % size + size) % size);
    int64_t period = size > 1 ? 2 * (size - 1) : 1, folded = (at % period + period) % period;
    return (int32_t)(folded < size ? folded : period - folded);
}

static enum status pad_axes(struct onnx_model *model, struct onnx_node *node, int rank, int64_t before[],
                            int64_t after[])
{
    const int64_t *pads, *axes;
    size_t count, axis_count;
    if (onnx_integers(model, node, "pads", 1, &pads, &count) || onnx_integers(model, node, "", 3, &axes, &axis_count))
        return model->err->status;
    size_t listed = axes ? axis_count : (size_t)rank;
    if (count != 2 * listed)
        return onnx_refuse(model, node, "pads has %zu numbers instead of two for each of %zu axes", count, listed);
    for (size_t i = 0; i < listed; i++) {
        int axis;
        if (onnx_axis(model, node, axes ? axes[i] : (int64_t)i, rank, false, &axis))
            return model->err->status;
        before[axis] = pads[i];
        after[axis] = pads[listed + i];
        if (pads[i] < -ONNX_BYTES_MAX || pads[i] > ONNX_BYTES_MAX || pads[listed + i] < -ONNX_BYTES_MAX ||
            pads[listed + i] > ONNX_BYTES_MAX)
            return onnx_refuse(model, node, "a pad of %lld or %lld is too large", (long long)pads[i],
                               (long long)pads[listed + i]);
    }
    return STATUS_OK;
}

static enum status pad_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    const char *mode = onnx_attribute_text(node, "mode", "constant");
    int64_t before[ONNX_RANK_MAX] = {0}, after[ONNX_RANK_MAX] = {0}, dims[ONNX_RANK_MAX];
    struct pad *plan = node->plan = arena_new(&model->arena, 1, sizeof *plan);
    if (strcmp(mode, "constant") && strcmp(mode, "edge") && strcmp(mode, "reflect") && strcmp(mode, "wrap"))
        return onnx_refuse(model, node,
                           "the mode '%s' is not supported; supported are constant, reflect, edge and wrap", mode);
    if (onnx_has(node, 2) && (onnx_in(model, node, 2)->type != in->type || onnx_in(model, node, 2)->count != 1))
        return onnx_refuse(model, node, "its value is not a single %s", onnx_type_name(in->type));
    if (pad_axes(model, node, in->rank, before, after))
        return model->err->status;
    for (int i = 0; i < in->rank; i++)
        dims[i] = in->dims[i] + before[i] + after[i];
    if (onnx_out(model, node, 0, in->type, in->rank, dims))
        return model->err->status;
    for (int i = 0; i < in->rank; i++) {
        plan->from[i] = onnx_keep(model, node, (size_t)dims[i], sizeof *plan->from[i]);
        if (!plan->from[i])
            return model->err->status;
        for (int64_t j = 0; j < dims[i]; j++)
            plan->from[i][j] = pad_source(mode, j - before[i], in->dims[i]);
    }
    return STATUS_OK;
}

static const char *pad_run(const struct onnx_call *call)
{
    const struct onnx_tensor *in = call_shape_in(call, 0), *out = call_shape_out(call, 0);
    const struct pad *plan = call->node->plan;
    const size_t element = onnx_type_size(in->type);
    const float otherwise = onnx_attribute_float(call->node, "value", 0);
    const uint8_t zero[8] = {0};
    const void *fill = call_in(call, 2) ? call_in(call, 2) : in->type == ONNX_F32 ? (const void *)&otherwise : zero;
    uint8_t *to = call_out(call, 0);
    for (size_t i = 0; i < out->count; i++, to += element) {
        size_t rest = i, from = 0, step = 1;
        bool filled = false;
        for (int axis = out->rank - 1; axis >= 0; axis--) {
            int32_t at = plan->from[axis][rest % (size_t)out->dims[axis]];
            rest /= (size_t)out->dims[axis];
            filled |= at == FILL;
            from += filled ? 0 : (size_t)at * step;
            step *= (size_t)in->dims[axis];
        }
        memcpy(to, filled ? fill : (const uint8_t *)call_in(call, 0) + from * element, element);
    }
    return NULL;
}

/* --- ConstantOfShape -------------------------------------------------------------------------------------------- */

static enum status fill_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_attribute *value = onnx_attribute(node, "value");
    const int64_t *shape;
    size_t count;
    if (onnx_integers(model, node, "", 0, &shape, &count))
        return model->err->status;
    if (value && (value->kind != ATTRIBUTE_TENSOR || value->constant.tensor.count != 1))
        return onnx_refuse(model, node, "its value is not a tensor of one number");
    if (count > ONNX_RANK_MAX)
        return onnx_refuse(model, node, "its shape has %zu axes, but at most %d are supported", count, ONNX_RANK_MAX);
    return onnx_out(model, node, 0, value ? value->constant.tensor.type : ONNX_F32, (int)count, shape);
}

static const char *fill_run(const struct onnx_call *call)
{
    const struct onnx_attribute *value = onnx_attribute(call->node, "value");
    const struct onnx_tensor *out = call_shape_out(call, 0);
    const size_t element = onnx_type_size(out->type);
    const float zero = 0;
    for (size_t i = 0; i < out->count; i++)
        memcpy((uint8_t *)call_out(call, 0) + i * element, value ? value->constant.data : &zero, element);
    return NULL;
}

/* --- Cast ------------------------------------------------------------------------------------------------------- */

/* Beyond the range of the target: its nearest end; NaN: 0. */
static int64_t whole(double x) { return x != x ? 0 : x >= 0x1p63 ? INT64_MAX : x < -0x1p63 ? INT64_MIN : (int64_t)x; }

static uint8_t truth(double x) { return x != 0; }

#define CAST_LOOP(from_type, to_type, expression)                                                                      \
    for (size_t i = 0; i < count; i++) {                                                                               \
        const from_type x = ((const from_type *)from)[i];                                                              \
        ((to_type *)to)[i] = (to_type)(expression);                                                                    \
    }                                                                                                                  \
    break

/* Integers wrap among each other; `REAL` sources go through int64, which bounds them. */
#define CAST_FROM(name, from_type, integer)                                                                            \
    static void name(void *to, enum onnx_type type, const void *from, size_t count)                                    \
    {                                                                                                                  \
        switch (type) {                                                                                                \
        case ONNX_F32: CAST_LOOP(from_type, float, x);                                                                 \
        case ONNX_F64: CAST_LOOP(from_type, double, x);                                                                \
        case ONNX_I64: CAST_LOOP(from_type, int64_t, integer);                                                         \
        case ONNX_I32: CAST_LOOP(from_type, int32_t, (uint32_t)(integer));                                             \
        case ONNX_U8: CAST_LOOP(from_type, uint8_t, (uint8_t)(integer));                                               \
        case ONNX_BOOL: CAST_LOOP(from_type, uint8_t, truth((double)x));                                               \
        case ONNX_NONE: break;                                                                                         \
        }                                                                                                              \
    }
CAST_FROM(cast_f32, float, whole((double)x))
CAST_FROM(cast_f64, double, whole(x))
CAST_FROM(cast_i64, int64_t, x)
CAST_FROM(cast_i32, int32_t, x)
CAST_FROM(cast_u8, uint8_t, x)

static enum status cast_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    int64_t to = onnx_attribute_int(node, "to", 0);
    if (to < 0 || to > ONNX_F64 || !onnx_type_size((enum onnx_type)to))
        return onnx_refuse(model, node,
                           "its target is element type %lld; supported are float32 (1), uint8 (2), int32 (6), int64 "
                           "(7), bool (9) and float64 (11)",
                           (long long)to);
    return onnx_out(model, node, 0, (enum onnx_type)to, in->rank, in->dims);
}

static const char *cast_run(const struct onnx_call *call)
{
    const struct onnx_tensor *in = call_shape_in(call, 0);
    enum onnx_type to = call_shape_out(call, 0)->type;
    switch (in->type) {
    case ONNX_F32: cast_f32(call_out(call, 0), to, call_in(call, 0), in->count); break;
    case ONNX_F64: cast_f64(call_out(call, 0), to, call_in(call, 0), in->count); break;
    case ONNX_I64: cast_i64(call_out(call, 0), to, call_in(call, 0), in->count); break;
    case ONNX_I32: cast_i32(call_out(call, 0), to, call_in(call, 0), in->count); break;
    case ONNX_U8:
    case ONNX_BOOL: cast_u8(call_out(call, 0), to, call_in(call, 0), in->count); break;
    case ONNX_NONE: ASSERT(in->type != ONNX_NONE);
    }
    return NULL;
}

static const struct onnx_op ops[] = {
    {"Gather", "axis", 2, 2, 1, TYPES_ALL, 1, gather_infer, NULL, gather_run, 0},
    {"Pad", "mode pads value", 1, 4, 1, TYPES_ALL, 2, pad_infer, NULL, pad_run, 0},
    {"ConstantOfShape", "value", 1, 1, 1, 1u << ONNX_I64, 9, fill_infer, NULL, fill_run, 0},
    {"Cast", "to saturate", 1, 1, 1, TYPES_ALL, 6, cast_infer, NULL, cast_run, 0},
};
const struct onnx_op_table onnx_ops_pick = {ops, COUNT_OF(ops)};
