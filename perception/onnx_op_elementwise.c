/* Operators that work number by number: two or more inputs stretched to one shape, or one input and some parameters. */
#include <math.h>
#include <string.h>

#include "perception/onnx_inside.h"

/* --- broadcasting: axes of size 1 are repeated, by a stride of 0 ------------------------------------------------ */

struct broadcast {
    int rank; /* at least 1; the innermost strides are 0 or 1 */
    size_t dims[ONNX_RANK_MAX], a_stride[ONNX_RANK_MAX], b_stride[ONNX_RANK_MAX];
};

/* The common shape of a and b, aligned at the last axis; false if they do not fit. */
static bool common_shape(const struct onnx_tensor *a, const struct onnx_tensor *b, struct onnx_tensor *out)
{
    int rank = a->rank > b->rank ? a->rank : b->rank;
    int64_t dims[ONNX_RANK_MAX];
    for (int i = 0; i < rank; i++) {
        int in_a = i - (rank - a->rank), in_b = i - (rank - b->rank);
        int64_t left = in_a < 0 ? 1 : a->dims[in_a], right = in_b < 0 ? 1 : b->dims[in_b];
        if (left != right && left != 1 && right != 1)
            return false;
        dims[i] = left == 1 ? right : left;
    }
    out->rank = rank;
    memcpy(out->dims, dims, sizeof *dims * (size_t)rank);
    return true;
}

static void strides(const struct onnx_tensor *tensor, const struct onnx_tensor *out, size_t stride[ONNX_RANK_MAX])
{
    size_t step = 1;
    for (int i = out->rank - 1; i >= 0; i--) {
        int own = i - (out->rank - tensor->rank);
        stride[i] = own < 0 || tensor->dims[own] == 1 ? 0 : step;
        step *= own < 0 ? 1 : (size_t)tensor->dims[own];
    }
}

/* Neighbouring axes over which both walk on evenly (or both stand still) become one. */
static struct broadcast broadcast_plan(const struct onnx_tensor *a, const struct onnx_tensor *b,
                                       const struct onnx_tensor *out)
{
    struct broadcast plan = {0};
    size_t a_stride[ONNX_RANK_MAX], b_stride[ONNX_RANK_MAX];
    strides(a, out, a_stride);
    strides(b, out, b_stride);
    for (int i = 0; i < out->rank; i++) {
        int last = plan.rank - 1;
        size_t dim = (size_t)out->dims[i];
        if (dim == 1)
            continue;
        if (last >= 0 && plan.a_stride[last] == a_stride[i] * dim && plan.b_stride[last] == b_stride[i] * dim) {
            plan.dims[last] *= dim;
            plan.a_stride[last] = a_stride[i];
            plan.b_stride[last] = b_stride[i];
            continue;
        }
        plan.dims[plan.rank] = dim;
        plan.a_stride[plan.rank] = a_stride[i];
        plan.b_stride[plan.rank++] = b_stride[i];
    }
    if (!plan.rank)
        plan = (struct broadcast){.rank = 1, .dims = {1}};
    ASSERT(plan.a_stride[plan.rank - 1] <= 1 && plan.b_stride[plan.rank - 1] <= 1);
    return plan;
}

/* Stretches of the output over which both inputs are even, one after another. */
struct stretch {
    size_t index[ONNX_RANK_MAX], a, b, done;
};

static bool stretch_next(const struct broadcast *plan, struct stretch *at)
{
    for (int i = plan->rank - 2; i >= 0; i--) {
        at->a += plan->a_stride[i];
        at->b += plan->b_stride[i];
        if (++at->index[i] < plan->dims[i])
            return true;
        at->a -= plan->a_stride[i] * plan->dims[i];
        at->b -= plan->b_stride[i] * plan->dims[i];
        at->index[i] = 0;
    }
    return false;
}

/* --- two inputs ------------------------------------------------------------------------------------------------- */

static const char *integer_pairs(enum kernel_binary function, int64_t *y, const int64_t *a, size_t a_step,
                                 const int64_t *b, size_t b_step, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t left = a[i * a_step], right = b[i * b_step];
        switch (function) { /* unsigned, so that overflow wraps */
        case KERNEL_ADD: y[i] = (int64_t)((uint64_t)left + (uint64_t)right); break;
        case KERNEL_SUB: y[i] = (int64_t)((uint64_t)left - (uint64_t)right); break;
        case KERNEL_MUL: y[i] = (int64_t)((uint64_t)left * (uint64_t)right); break;
        case KERNEL_MIN: y[i] = left < right ? left : right; break;
        case KERNEL_MAX: y[i] = left > right ? left : right; break;
        case KERNEL_POW: y[i] = 0; break;
        case KERNEL_DIV:
            if (!right)
                return "an integer is divided by 0";
            y[i] = right == -1 ? (int64_t)(0 - (uint64_t)left) : left / right;
            break;
        }
    }
    return NULL;
}

static const char *combine(const struct onnx_call *call, enum kernel_binary function, const struct broadcast *plan,
                           const void *a, const void *b)
{
    size_t run = plan->dims[plan->rank - 1], a_step = plan->a_stride[plan->rank - 1],
           b_step = plan->b_stride[plan->rank - 1];
    struct stretch at = {0};
    void *y = call_out(call, 0);
    const char *fault = NULL;
    if (!call_shape_out(call, 0)->count)
        return NULL;
    do {
        if (call_shape_out(call, 0)->type == ONNX_F32)
            call->model->kernel->binary(function, (float *)y + at.done, (const float *)a + at.a, a_step,
                                        (const float *)b + at.b, b_step, run);
        else
            fault = integer_pairs(function, (int64_t *)y + at.done, (const int64_t *)a + at.a, a_step,
                                  (const int64_t *)b + at.b, b_step, run);
        at.done += run;
    } while (!fault && stretch_next(plan, &at));
    return fault;
}

static enum status pair_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *a = onnx_in(model, node, 0), *b = onnx_in(model, node, 1);
    struct onnx_tensor shape;
    if (a->type != b->type)
        return onnx_refuse(model, node, "its inputs are %s and %s; they must have the same type",
                           onnx_type_name(a->type), onnx_type_name(b->type));
    if (!common_shape(a, b, &shape))
        return onnx_refuse(model, node, "its inputs of shapes %s and %s do not fit each other", onnx_shape(a).text,
                           onnx_shape(b).text);
    if (onnx_out(model, node, 0, a->type, shape.rank, shape.dims))
        return model->err->status;
    struct broadcast *plan = node->plan = arena_new(&model->arena, 1, sizeof *plan);
    *plan = broadcast_plan(a, b, &shape);
    return STATUS_OK;
}

static const char *add_run(const struct onnx_call *call)
{
    return combine(call, KERNEL_ADD, call->node->plan, call_in(call, 0), call_in(call, 1));
}

static const char *sub_run(const struct onnx_call *call)
{
    return combine(call, KERNEL_SUB, call->node->plan, call_in(call, 0), call_in(call, 1));
}

static const char *mul_run(const struct onnx_call *call)
{
    return combine(call, KERNEL_MUL, call->node->plan, call_in(call, 0), call_in(call, 1));
}

static const char *div_run(const struct onnx_call *call)
{
    return combine(call, KERNEL_DIV, call->node->plan, call_in(call, 0), call_in(call, 1));
}

/* --- Min, Max: any number of inputs ----------------------------------------------------------------------------- */

static enum status extreme_infer(struct onnx_model *model, struct onnx_node *node)
{
    struct onnx_tensor shape = *onnx_in(model, node, 0);
    struct broadcast *plan = node->plan = arena_new(&model->arena, (size_t)node->input_count, sizeof *plan);
    for (int i = 1; i < node->input_count; i++) {
        if (!onnx_has(node, i) || onnx_in(model, node, i)->type != shape.type)
            return onnx_refuse(model, node, "its inputs are not all there, or not all of one type");
        if (!common_shape(&shape, onnx_in(model, node, i), &shape))
            return onnx_refuse(model, node, "its inputs of shapes %s and %s do not fit each other",
                               onnx_shape(&shape).text, onnx_shape(onnx_in(model, node, i)).text);
    }
    if (onnx_out(model, node, 0, shape.type, shape.rank, shape.dims))
        return model->err->status;
    /* The first meets itself (which changes nothing), then the result meets each of the others. */
    for (int i = 0; i < node->input_count; i++)
        plan[i] = broadcast_plan(i ? &shape : onnx_in(model, node, 0), onnx_in(model, node, i), &shape);
    return STATUS_OK;
}

static const char *extreme(const struct onnx_call *call, enum kernel_binary function)
{
    const struct broadcast *plan = call->node->plan;
    combine(call, function, plan, call_in(call, 0), call_in(call, 0));
    for (int i = 1; i < call->node->input_count; i++)
        combine(call, function, plan + i, call_out(call, 0), call_in(call, i));
    return NULL;
}

static const char *min_run(const struct onnx_call *call) { return extreme(call, KERNEL_MIN); }
static const char *max_run(const struct onnx_call *call) { return extreme(call, KERNEL_MAX); }

/* --- Pow: the exponent may be of another type ------------------------------------------------------------------- */

static enum status pow_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *a = onnx_in(model, node, 0), *b = onnx_in(model, node, 1);
    struct onnx_tensor shape;
    if (b->type != ONNX_F32 && b->type != ONNX_I64 && b->type != ONNX_I32)
        return onnx_refuse(model, node, "its exponent is %s; supported are float32, int64 and int32",
                           onnx_type_name(b->type));
    if (!common_shape(a, b, &shape))
        return onnx_refuse(model, node, "its inputs of shapes %s and %s do not fit each other", onnx_shape(a).text,
                           onnx_shape(b).text);
    struct broadcast *plan = node->plan = arena_new(&model->arena, 1, sizeof *plan);
    *plan = broadcast_plan(a, b, &shape);
    return onnx_out(model, node, 0, a->type, shape.rank, shape.dims);
}

static int64_t integer_power(int64_t base, int64_t exponent)
{
    uint64_t result = 1, factor = (uint64_t)base;
    if (exponent < 0)
        return base == 1 ? 1 : base == -1 ? (exponent & 1 ? -1 : 1) : 0;
    for (; exponent; exponent >>= 1, factor *= factor)
        if (exponent & 1)
            result *= factor;
    return (int64_t)result;
}

static int64_t saturated(double x)
{
    return x != x ? 0 : x >= 0x1p63 ? INT64_MAX : x < -0x1p63 ? INT64_MIN : (int64_t)x;
}

static const char *pow_run(const struct onnx_call *call)
{
    const struct broadcast *plan = call->node->plan;
    enum onnx_type base = call_shape_in(call, 0)->type, exponent = call_shape_in(call, 1)->type;
    const void *a = call_in(call, 0), *b = call_in(call, 1);
    void *y = call_out(call, 0);
    struct stretch at = {0};
    if (base == ONNX_F32 && exponent == ONNX_F32)
        return combine(call, KERNEL_POW, plan, a, b);
    if (!call_shape_out(call, 0)->count)
        return NULL;
    do
        for (size_t i = 0; i < plan->dims[plan->rank - 1]; i++, at.done++) {
            size_t left = at.a + i * plan->a_stride[plan->rank - 1], right = at.b + i * plan->b_stride[plan->rank - 1];
            float real = exponent == ONNX_F32 ? ((const float *)b)[right] : 0;
            int64_t whole = exponent == ONNX_I64   ? ((const int64_t *)b)[right]
                            : exponent == ONNX_I32 ? ((const int32_t *)b)[right]
                                                   : 0;
            if (base == ONNX_F32)
                ((float *)y)[at.done] = kernel_pow(((const float *)a)[left], (float)whole);
            else if (exponent == ONNX_F32)
                ((int64_t *)y)[at.done] = saturated((double)kernel_pow((float)((const int64_t *)a)[left], real));
            else
                ((int64_t *)y)[at.done] = integer_power(((const int64_t *)a)[left], whole);
        }
    while (stretch_next(plan, &at));
    return NULL;
}

/* --- one input -------------------------------------------------------------------------------------------------- */

struct unary {
    enum kernel_unary function;
    float p, q;
};

static const struct unary_row {
    const char *name;
    enum kernel_unary function;
    const char *p, *q; /* attributes */
    float p_default, q_default;
} unary_table[] = {
    {"Relu", KERNEL_RELU, "", "", 0, 0},
    {"Exp", KERNEL_EXP, "", "", 0, 0},
    {"Tanh", KERNEL_TANH, "", "", 0, 0},
    {"Sigmoid", KERNEL_SIGMOID, "", "", 0, 0},
    {"Sqrt", KERNEL_SQRT, "", "", 0, 0},
    {"Neg", KERNEL_NEG, "", "", 0, 0},
    {"Abs", KERNEL_ABS, "", "", 0, 0},
    {"LeakyRelu", KERNEL_LEAKY_RELU, "alpha", "", 0.01f, 0},
    {"Elu", KERNEL_ELU, "alpha", "", 1, 0},
    {"HardSigmoid", KERNEL_HARD_SIGMOID, "alpha", "beta", 0.2f, 0.5f},
    {"HardSwish", KERNEL_HARD_SWISH, "", "", 0, 0},
};

static enum status unary_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    struct unary *plan = node->plan = arena_new(&model->arena, 1, sizeof *plan);
    for (size_t i = 0; i < COUNT_OF(unary_table); i++)
        if (!strcmp(unary_table[i].name, node->op->name))
            *plan = (struct unary){unary_table[i].function,
                                   onnx_attribute_float(node, unary_table[i].p, unary_table[i].p_default),
                                   onnx_attribute_float(node, unary_table[i].q, unary_table[i].q_default)};
    return onnx_out(model, node, 0, in->type, in->rank, in->dims);
}

static const char *unary_run(const struct onnx_call *call)
{
    const struct unary *plan = call->node->plan;
    size_t count = call_shape_out(call, 0)->count;
    if (call_shape_out(call, 0)->type == ONNX_F32) {
        call->model->kernel->unary(plan->function, call_out(call, 0), call_in(call, 0), count, plan->p, plan->q);
        return NULL;
    }
    const int64_t *x = call_in(call, 0);
    int64_t *y = call_out(call, 0);
    for (size_t i = 0; i < count; i++)
        y[i] = plan->function == KERNEL_NEG || x[i] < 0 ? (int64_t)(0 - (uint64_t)x[i]) : x[i];
    return NULL;
}

/* Bounds are attributes up to operator set 10, and inputs from 11 on. */
static enum status clip_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    for (int i = 1; i <= 2; i++)
        if (onnx_has(node, i) && (onnx_in(model, node, i)->type != ONNX_F32 || onnx_in(model, node, i)->count != 1))
            return onnx_refuse(model, node, "its bound '%s' is not a single float32", onnx_in(model, node, i)->name);
    return onnx_out(model, node, 0, in->type, in->rank, in->dims);
}

static const char *clip_run(const struct onnx_call *call)
{
    const float *low = call_in(call, 1), *high = call_in(call, 2);
    call->model->kernel->unary(KERNEL_CLIP, call_out(call, 0), call_in(call, 0), call_shape_out(call, 0)->count,
                               low ? *low : onnx_attribute_float(call->node, "min", -INFINITY),
                               high ? *high : onnx_attribute_float(call->node, "max", INFINITY));
    return NULL;
}

static const struct onnx_op ops[] = {
    {"Add", "", 2, 2, 1, TYPES_ARITHMETIC, 1, pair_infer, NULL, add_run, ONNX_IN_PLACE},
    {"Sub", "", 2, 2, 1, TYPES_ARITHMETIC, 1, pair_infer, NULL, sub_run, ONNX_IN_PLACE},
    {"Mul", "", 2, 2, 1, TYPES_ARITHMETIC, 1, pair_infer, NULL, mul_run, ONNX_IN_PLACE},
    {"Div", "", 2, 2, 1, TYPES_ARITHMETIC, 1, pair_infer, NULL, div_run, ONNX_IN_PLACE},
    {"Min", "", 1, 64, 1, TYPES_ARITHMETIC, 1, extreme_infer, NULL, min_run, 0},
    {"Max", "", 1, 64, 1, TYPES_ARITHMETIC, 1, extreme_infer, NULL, max_run, 0},
    {"Pow", "", 2, 2, 1, TYPES_ARITHMETIC, 1, pow_infer, NULL, pow_run, 0},
    {"Relu", "", 1, 1, 1, TYPES_F32, 1, unary_infer, NULL, unary_run, ONNX_IN_PLACE},
    {"Exp", "", 1, 1, 1, TYPES_F32, 1, unary_infer, NULL, unary_run, ONNX_IN_PLACE},
    {"Tanh", "", 1, 1, 1, TYPES_F32, 1, unary_infer, NULL, unary_run, ONNX_IN_PLACE},
    {"Sigmoid", "", 1, 1, 1, TYPES_F32, 1, unary_infer, NULL, unary_run, ONNX_IN_PLACE},
    {"Sqrt", "", 1, 1, 1, TYPES_F32, 1, unary_infer, NULL, unary_run, ONNX_IN_PLACE},
    {"Neg", "", 1, 1, 1, TYPES_ARITHMETIC, 1, unary_infer, NULL, unary_run, ONNX_IN_PLACE},
    {"Abs", "", 1, 1, 1, TYPES_ARITHMETIC, 1, unary_infer, NULL, unary_run, ONNX_IN_PLACE},
    {"LeakyRelu", "alpha", 1, 1, 1, TYPES_F32, 1, unary_infer, NULL, unary_run, ONNX_IN_PLACE},
    {"Elu", "alpha", 1, 1, 1, TYPES_F32, 1, unary_infer, NULL, unary_run, ONNX_IN_PLACE},
    {"HardSigmoid", "alpha beta", 1, 1, 1, TYPES_F32, 1, unary_infer, NULL, unary_run, ONNX_IN_PLACE},
    {"HardSwish", "", 1, 1, 1, TYPES_F32, 14, unary_infer, NULL, unary_run, ONNX_IN_PLACE},
    {"Clip", "min max", 1, 3, 1, TYPES_F32, 1, clip_infer, NULL, clip_run, ONNX_IN_PLACE},
};
const struct onnx_op_table onnx_ops_elementwise = {ops, COUNT_OF(ops)};
