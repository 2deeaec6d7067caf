/* Where each tensor's bytes lie in a run's arena: whatever is not alive at the same time may share a place. */
#include <stdlib.h>
#include <string.h>

#include "perception/onnx_inside.h"

enum { ALIGN = 64 };

/* A stretch of bytes needed from step `first` to step `last`. */
struct piece {
    size_t bytes, offset;
    int32_t first, last;
    size_t *result; /* where the offset goes */
    size_t order;   /* breaks ties, so that the layout is a function of the file */
};

int32_t onnx_value_root(const struct onnx_model *model, int32_t value)
{
    ASSERT(value >= 0 && (size_t)value < model->value_count);
    while (model->values[value].root != value)
        value = model->values[value].root;
    return value;
}

static struct onnx_value *root_of(struct onnx_model *model, int32_t value)
{
    return &model->values[onnx_value_root(model, value)];
}

static void find_lives(struct onnx_model *model)
{
    int32_t steps = (int32_t)model->info.steps;
    for (size_t i = 0; i < model->value_count; i++) {
        struct onnx_value *value = &model->values[i];
        value->first = value->is_fixed ? 0 : steps;
        value->last = value->is_fixed ? steps : -1;
    }
    for (int32_t step = 0; step < steps; step++) {
        const struct onnx_node *node = &model->nodes[model->steps[step]];
        for (int i = 0; i < node->input_count + node->output_count; i++) {
            int32_t index = i < node->input_count ? node->inputs[i] : node->outputs[i - node->input_count];
            if (index == ONNX_ABSENT || model->data[index])
                continue;
            struct onnx_value *value = root_of(model, index);
            value->first = step < value->first ? step : value->first;
            value->last = step > value->last ? step : value->last;
        }
    }
}

static size_t value_bytes(const struct onnx_value *value)
{
    return value->tensor.count * onnx_type_size(value->tensor.type);
}

/* An element-wise step may write over its input when that dies with it. */
static void share_in_place(struct onnx_model *model)
{
    for (size_t step = 0; step < model->info.steps; step++) {
        const struct onnx_node *node = &model->nodes[model->steps[step]];
        if (!(node->op->traits & ONNX_IN_PLACE) || model->data[node->inputs[0]])
            continue;
        struct onnx_value *from = root_of(model, node->inputs[0]), *to = root_of(model, node->outputs[0]);
        if (from->is_fixed || to->is_fixed || from->last != (int32_t)step || value_bytes(from) != value_bytes(to))
            continue;
        ASSERT(to->first == (int32_t)step); /* nobody can want the output before */
        from->last = to->last;
        to->root = from->root;
    }
}

/* Larger first; a small piece then fits into the gaps. */
static int piece_compare(const void *a, const void *b)
{
    const struct piece *left = a, *right = b;
    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? 1 : -1;
    return left->order < right->order ? -1 : left->order > right->order;
}

/* The lowest gap between the pieces that live at the same time; `placed` is sorted by offset. */
static size_t find_gap(const struct piece *piece, struct piece *const *placed, size_t count)
{
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        const struct piece *other = placed[i];
        if (other->last < piece->first || other->first > piece->last)
            continue;
        if (offset + piece->bytes <= other->offset)
            break;
        size_t end = other->offset + other->bytes;
        offset = end > offset ? end : offset;
    }
    return offset;
}

/* Returns the end of the last byte. */
static size_t place(struct piece *pieces, size_t count, struct piece **placed, size_t *placed_count, size_t end)
{
    qsort(pieces, count, sizeof *pieces, piece_compare);
    for (size_t i = 0; i < count; i++) {
        struct piece *piece = &pieces[i];
        size_t at = *placed_count;
        ASSERT(piece->first <= piece->last && piece->bytes % ALIGN == 0);
        piece->offset = *piece->result = find_gap(piece, placed, *placed_count);
        end = piece->offset + piece->bytes > end ? piece->offset + piece->bytes : end;
        for (; at > 0 && placed[at - 1]->offset > piece->offset; at--)
            placed[at] = placed[at - 1];
        placed[at] = piece;
        ++*placed_count;
    }
    return end;
}

static size_t aligned(size_t bytes) { return (bytes + ALIGN - 1) / ALIGN * ALIGN; }

static size_t value_pieces(struct onnx_model *model, struct piece *pieces)
{
    size_t count = 0;
    for (size_t i = 0; i < model->value_count; i++) {
        struct onnx_value *value = &model->values[i];
        if (value->root == (int32_t)i && !model->data[i] && value->last >= value->first)
            pieces[count++] =
                (struct piece){aligned(value_bytes(value)), 0, value->first, value->last, &value->offset, i};
    }
    return count;
}

static size_t scratch_pieces(struct onnx_model *model, struct piece *pieces)
{
    size_t count = 0;
    for (size_t step = 0; step < model->info.steps; step++) {
        struct onnx_node *node = &model->nodes[model->steps[step]];
        if (node->scratch_bytes)
            pieces[count++] = (struct piece){aligned(node->scratch_bytes), 0,   (int32_t)step, (int32_t)step,
                                             &node->scratch_offset,        step};
    }
    return count;
}

/* Tensors first, scratch into what is left between them. */
enum status onnx_plan_memory(struct onnx_model *model)
{
    size_t room = model->value_count + model->info.steps + 1, placed_count = 0;
    struct piece *pieces = memory_new(room, sizeof *pieces), **placed = memory_new(room, sizeof *placed);
    find_lives(model);
    share_in_place(model);
    size_t values = value_pieces(model, pieces), scratches = scratch_pieces(model, pieces + values);
    size_t end = place(pieces, values, placed, &placed_count, 0);
    model->info.activation_bytes = end;
    end = place(pieces + values, scratches, placed, &placed_count, end);
    model->info.arena_bytes = end;
    free(placed);
    free(pieces);
    if (end > ONNX_BYTES_MAX)
        return error_set(model->err, STATUS_BAD_INPUT,
                         "%s: its tensors need %zu MB at once, but at most %d MB are supported", model->name, end >> 20,
                         ONNX_BYTES_MAX >> 20);
    return STATUS_OK;
}
