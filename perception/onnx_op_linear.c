/* Gemm and MatMul. Constant right sides are packed into panels when the model is loaded, or into int8 rows. */
#include <string.h>

#include "perception/onnx_inside.h"

/* One right side, depth x columns, ready to be multiplied with. */
struct right {
    size_t depth, columns;
    const float *packed; /* panels, or NULL */
    const int8_t *rows;  /* int8: one row per column of the matrix, padded; or NULL */
    const float *scales; /* of the int8 rows */
    size_t row_bytes;
};

struct linear {
    size_t rows, depth, columns;           /* of one product */
    size_t batch;                          /* products */
    const uint32_t *a_at, *b_at;           /* by product: which matrix of a and of b */
    struct right *right;                   /* by matrix of b, if constant; else NULL */
    size_t a_row, a_step, b_row, b_column; /* how the matrices lie in their tensors */
};

static size_t padded(size_t depth) { return (depth + KERNEL_I8_STEP - 1) / KERNEL_I8_STEP * KERNEL_I8_STEP; }

static enum status right_quantise(struct onnx_model *model, struct onnx_node *node, struct right *right, const float *b,
                                  size_t b_row, size_t b_column)
{
    right->row_bytes = padded(right->depth);
    int8_t *rows = onnx_keep(model, node, right->columns, right->row_bytes);
    float *scales = rows ? onnx_keep(model, node, right->columns, sizeof *scales) : NULL;
    float *line = scales ? onnx_keep(model, node, right->depth, sizeof *line) : NULL;
    if (!line)
        return model->err->status;
    for (size_t j = 0; j < right->columns; j++) {
        for (size_t k = 0; k < right->depth; k++)
            line[k] = b[k * b_row + j * b_column];
        float peak = model->kernel->peak(line, right->depth);
        scales[j] = peak / 127;
        model->kernel->quantise(rows + j * right->row_bytes, line, right->depth, peak > 0 ? 127 / peak : 0);
    }
    right->rows = rows;
    right->scales = scales;
    return STATUS_OK;
}

static enum status right_prepare(struct onnx_model *model, struct onnx_node *node, struct right *right, const float *b,
                                 size_t b_row, size_t b_column)
{
    const struct linear *plan = node->plan;
    bool plain_left =
        !onnx_known(model, node, 0) && plan->a_step == 1; /* what is computed once is not worth approximating */
    model->info.int8_parameters += right->depth * right->columns;
    model->info.int8_rows += right->columns;
    if (model->int8_weights && plain_left)
        return right_quantise(model, node, right, b, b_row, b_column);
    float *packed = onnx_keep(model, node, kernel_packed_size(right->depth, right->columns), sizeof *packed);
    if (!packed)
        return model->err->status;
    kernel_pack(packed, b, b_row, b_column, right->depth, right->columns);
    right->packed = packed;
    return STATUS_OK;
}

/* `count` matrices of b; scratch for what has to be packed, or quantised, in every run. */
static enum status linear_prepare(struct onnx_model *model, struct onnx_node *node)
{
    struct linear *plan = node->plan;
    const float *b = onnx_known(model, node, 1);
    size_t each = plan->depth * plan->columns, count = each ? onnx_in(model, node, 1)->count / each : 0;
    if (__builtin_mul_overflow(plan->rows * plan->columns, plan->depth, &node->multiply_adds) ||
        __builtin_mul_overflow(node->multiply_adds, plan->batch, &node->multiply_adds))
        return onnx_refuse(model, node, "it takes more multiply-adds than can be counted");
    if (b && count) {
        plan->right = arena_new(&model->arena, count, sizeof *plan->right);
        for (size_t i = 0; i < count; i++) {
            plan->right[i] = (struct right){.depth = plan->depth, .columns = plan->columns};
            if (right_prepare(model, node, &plan->right[i], b + i * each, plan->b_row, plan->b_column))
                return model->err->status;
        }
        return onnx_scratch(model, node, padded(plan->depth) + (plan->columns + 16) * sizeof(int32_t), 1);
    }
    if (plan->b_column == 1)
        return STATUS_OK;
    return onnx_scratch(model, node, kernel_packed_size(plan->depth, plan->columns), sizeof(float));
}

/* A row of a as int8, times the int8 rows: integers all the way, then one scale per output. */
static void multiply_int8(const struct onnx_call *call, const struct linear *plan, const struct right *right,
                          const float *a, const float *start, float *y)
{
    const size_t columns = right->columns, depth = right->depth;
    const struct kernel *kernel = call->model->kernel;
    int32_t *sums = call->scratch;
    int8_t *row = (int8_t *)(sums + columns);
    ASSERT(plan->a_step == 1);
    memset(row, 0, right->row_bytes);
    for (size_t r = 0; r < plan->rows; r++, a += plan->a_row, y += columns) {
        float peak = kernel->peak(a, depth), scale = peak / 127;
        kernel->quantise(row, a, depth, peak > 0 ? 127 / peak : 0);
        kernel->dot_i8(sums, right->rows, row, columns, right->row_bytes);
        for (size_t j = 0; j < columns; j++) {
            float value = (float)sums[j] * (scale * right->scales[j]);
            y[j] = start ? value + start[j] : value;
        }
    }
}

/* All products; `start` (columns) or NULL. */
static void linear_multiply(const struct onnx_call *call, const float *start)
{
    const struct linear *plan = call->node->plan;
    const struct kernel *kernel = call->model->kernel;
    const float *a = call_in(call, 0), *b = call_in(call, 1);
    float *y = call_out(call, 0);
    ASSERT(plan->batch * plan->rows * plan->columns == call_shape_out(call, 0)->count);
    for (size_t i = 0; i < plan->batch; i++, y += plan->rows * plan->columns) {
        struct kernel_multiply m = {.a = a + (size_t)plan->a_at[i] * plan->rows * plan->depth,
                                    .a_row = plan->a_row,
                                    .a_step = plan->a_step,
                                    .b = b + (size_t)plan->b_at[i] * plan->depth * plan->columns,
                                    .b_step = plan->b_row,
                                    .column_start = start,
                                    .y = y,
                                    .y_row = plan->columns,
                                    .rows = plan->rows,
                                    .columns = plan->columns,
                                    .depth = plan->depth};
        const struct right *right = plan->right ? &plan->right[plan->b_at[i]] : NULL;
        if (right && right->rows)
            multiply_int8(call, plan, right, m.a, start, y);
        else if (right)
            kernel_multiply_packed(kernel, m, right->packed);
        else if (plan->b_column == 1)
            kernel->multiply(&m);
        else {
            kernel_pack(call->scratch, m.b, plan->b_row, plan->b_column, plan->depth, plan->columns);
            kernel_multiply_packed(kernel, m, call->scratch);
        }
    }
}

/* --- MatMul: as numpy.matmul ------------------------------------------------------------------------------------ */

/* Which matrix of a tensor belongs to product `i` of the output's leading axes. */
static uint32_t matrix_of(const struct onnx_tensor *tensor, int lead, const int64_t *out_dims, int out_lead, size_t i)
{
    size_t matrix = 0, step = 1;
    for (int axis = out_lead - 1; axis >= 0; axis--) {
        int own = axis - (out_lead - lead);
        size_t at = i % (size_t)out_dims[axis];
        i /= (size_t)out_dims[axis];
        if (own < 0)
            continue;
        matrix += tensor->dims[own] == 1 ? 0 : at * step;
        step *= (size_t)tensor->dims[own];
    }
    return (uint32_t)matrix;
}

/* The output's leading axes into dims; ONNX_ABSENT if those of a and b do not fit. */
static int leading_axes(const struct onnx_tensor *a, int a_lead, const struct onnx_tensor *b, int b_lead, int64_t *dims)
{
    int lead = a_lead > b_lead ? a_lead : b_lead;
    for (int i = 0; i < lead; i++) {
        int in_a = i - (lead - a_lead), in_b = i - (lead - b_lead);
        int64_t left = in_a < 0 ? 1 : a->dims[in_a], right = in_b < 0 ? 1 : b->dims[in_b];
        if (left != right && left != 1 && right != 1)
            return ONNX_ABSENT;
        dims[i] = left == 1 ? right : left;
    }
    return lead;
}

static enum status matmul_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *a = onnx_in(model, node, 0), *b = onnx_in(model, node, 1);
    int a_lead = a->rank > 2 ? a->rank - 2 : 0, b_lead = b->rank > 2 ? b->rank - 2 : 0;
    int64_t dims[ONNX_RANK_MAX + 2];
    if (b->type != ONNX_F32 || !a->rank || !b->rank)
        return onnx_refuse(model, node, "its inputs must be float32 with at least one axis");
    int64_t rows = a->rank > 1 ? a->dims[a->rank - 2] : 1, depth = a->dims[a->rank - 1];
    int64_t columns = b->rank > 1 ? b->dims[b->rank - 1] : 1, b_depth = b->rank > 1 ? b->dims[b->rank - 2] : b->dims[0];
    int rank = leading_axes(a, a_lead, b, b_lead, dims);
    if (rank == ONNX_ABSENT || depth != b_depth)
        return onnx_refuse(model, node, "its inputs of shapes %s and %s cannot be multiplied", onnx_shape(a).text,
                           onnx_shape(b).text);
    size_t batch = 1;
    int lead = rank;
    if (a->rank > 1)
        dims[rank++] = rows;
    if (b->rank > 1)
        dims[rank++] = columns;
    if (onnx_out(model, node, 0, ONNX_F32, rank, dims))
        return model->err->status;
    for (int i = 0; i < lead; i++)
        batch *= (size_t)dims[i];
    if (b_lead == 0 && batch) { /* one right side for all: the leading axes of a are more rows */
        rows *= (int64_t)batch;
        batch = 1;
    }
    uint32_t *at = onnx_keep(model, node, 2 * batch, sizeof *at);
    if (!at)
        return model->err->status;
    for (size_t i = 0; i < batch && b_lead; i++) {
        at[i] = matrix_of(a, a_lead, dims, lead, i);
        at[batch + i] = matrix_of(b, b_lead, dims, lead, i);
    }
    struct linear *plan = node->plan = arena_new(&model->arena, 1, sizeof *plan);
    *plan = (struct linear){(size_t)rows,
                            (size_t)depth,
                            (size_t)columns,
                            batch,
                            at,
                            at + batch,
                            NULL,
                            (size_t)depth,
                            1,
                            (size_t)columns,
                            1};
    return STATUS_OK;
}

static const char *matmul_run(const struct onnx_call *call)
{
    linear_multiply(call, NULL);
    return NULL;
}

/* --- Gemm: alpha * a * b + beta * c ----------------------------------------------------------------------------- */

static bool stretches_to(const struct onnx_tensor *c, int64_t rows, int64_t columns)
{
    int64_t have_columns = c->rank > 0 ? c->dims[c->rank - 1] : 1, have_rows = c->rank > 1 ? c->dims[c->rank - 2] : 1;
    return c->type == ONNX_F32 && c->rank <= 2 && (have_columns == 1 || have_columns == columns) &&
           (have_rows == 1 || have_rows == rows);
}

static enum status gemm_infer(struct onnx_model *model, struct onnx_node *node)
{
    static const uint32_t first[1] = {0};
    const struct onnx_tensor *a = onnx_in(model, node, 0), *b = onnx_in(model, node, 1);
    bool turn_a = onnx_attribute_int(node, "transA", 0) != 0, turn_b = onnx_attribute_int(node, "transB", 0) != 0;
    if (a->rank != 2 || b->rank != 2 || b->type != ONNX_F32)
        return onnx_refuse(model, node, "its inputs of shapes %s and %s must be float32 matrices", onnx_shape(a).text,
                           onnx_shape(b).text);
    int64_t rows = a->dims[turn_a], depth = a->dims[!turn_a], b_depth = b->dims[turn_b], columns = b->dims[!turn_b];
    if (depth != b_depth)
        return onnx_refuse(model, node, "its inputs of shapes %s%s and %s%s cannot be multiplied", onnx_shape(a).text,
                           turn_a ? " (turned)" : "", onnx_shape(b).text, turn_b ? " (turned)" : "");
    if (onnx_has(node, 2) && !stretches_to(onnx_in(model, node, 2), rows, columns))
        return onnx_refuse(model, node, "its third input of shape %s cannot be stretched to %lldx%lld",
                           onnx_shape(onnx_in(model, node, 2)).text, (long long)rows, (long long)columns);
    struct linear *plan = node->plan = arena_new(&model->arena, 1, sizeof *plan);
    *plan = (struct linear){(size_t)rows,
                            (size_t)depth,
                            (size_t)columns,
                            1,
                            first,
                            first,
                            NULL,
                            turn_a ? 1 : (size_t)depth,
                            turn_a ? (size_t)rows : 1,
                            turn_b ? 1 : (size_t)columns,
                            turn_b ? (size_t)depth : 1};
    return onnx_out(model, node, 0, ONNX_F32, 2, (int64_t[]){rows, columns});
}

static const char *gemm_run(const struct onnx_call *call)
{
    const struct linear *plan = call->node->plan;
    const float alpha = onnx_attribute_float(call->node, "alpha", 1),
                beta = onnx_attribute_float(call->node, "beta", 1);
    const float *c = call_in(call, 2);
    const struct onnx_tensor *shape = c ? call_shape_in(call, 2) : NULL;
    bool is_row = c && alpha == 1 && beta == 1 && shape->count == plan->columns && shape->rank &&
                  shape->dims[shape->rank - 1] == (int64_t)plan->columns;
    float *y = call_out(call, 0);
    linear_multiply(call, is_row ? c : NULL);
    if (is_row || (!c && alpha == 1))
        return NULL;
    size_t c_column = c && shape->rank > 0 && shape->dims[shape->rank - 1] > 1;
    size_t c_row = c && shape->rank > 1 && shape->dims[0] > 1 ? (size_t)shape->dims[1] : 0;
    for (size_t i = 0; i < plan->rows; i++)
        for (size_t j = 0; j < plan->columns; j++, y++)
            *y = alpha * *y + (c ? beta * c[i * c_row + j * c_column] : 0);
    return NULL;
}

static const struct onnx_op ops[] = {
    {"Gemm", "alpha beta transA transB", 2, 3, 1, TYPES_F32, 1, gemm_infer, linear_prepare, gemm_run, 0},
    {"MatMul", "", 2, 2, 1, TYPES_F32, 1, matmul_infer, linear_prepare, matmul_run, 0},
};
const struct onnx_op_table onnx_ops_linear = {ops, COUNT_OF(ops)};
