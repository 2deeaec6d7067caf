#include "perception/onnx_copy.h"

#include <string.h>

enum { SHORT = 8 };

/* Shapes come in with up to eight axes, most of size 1 or evenly spaced: one or two loops are left of them. */

void onnx_copy_strides(const struct onnx_tensor *tensor, ptrdiff_t stride[ONNX_RANK_MAX])
{
    ptrdiff_t step = 1;
    for (int i = tensor->rank - 1; i >= 0; i--) {
        stride[i] = step;
        step *= (ptrdiff_t)tensor->dims[i];
    }
}

/* Nobody sees in which order elements are copied; a short inner loop costs more than its elements. */
static void longest_innermost(struct onnx_copy *copy)
{
    int last = copy->rank - 1, longest = last;
    for (int i = 0; i < last && copy->dims[last] < SHORT; i++)
        longest = copy->dims[i] > copy->dims[longest] ? i : longest;
    size_t dim = copy->dims[last];
    ptrdiff_t from = copy->from_stride[last], to = copy->to_stride[last];
    copy->dims[last] = copy->dims[longest];
    copy->from_stride[last] = copy->from_stride[longest];
    copy->to_stride[last] = copy->to_stride[longest];
    copy->dims[longest] = dim;
    copy->from_stride[longest] = from;
    copy->to_stride[longest] = to;
}

void onnx_copy_simplify(struct onnx_copy *copy)
{
    int rank = 0;
    ASSERT(copy->rank <= ONNX_RANK_MAX);
    for (int i = 0; i < copy->rank; i++) {
        ptrdiff_t dim = (ptrdiff_t)copy->dims[i];
        if (dim == 1)
            continue;
        bool joins = rank && copy->from_stride[rank - 1] == copy->from_stride[i] * dim &&
                     copy->to_stride[rank - 1] == copy->to_stride[i] * dim;
        size_t size = joins ? copy->dims[rank - 1] * (size_t)dim : (size_t)dim;
        rank -= joins;
        copy->dims[rank] = size;
        copy->from_stride[rank] = copy->from_stride[i];
        copy->to_stride[rank++] = copy->to_stride[i];
    }
    if (!rank) {
        copy->dims[0] = 1;
        copy->from_stride[0] = copy->to_stride[0] = 1;
        rank = 1;
    }
    copy->rank = rank;
    longest_innermost(copy);
}

static void copy_line(uint8_t *to, const uint8_t *from, size_t element, size_t count, ptrdiff_t from_step,
                      ptrdiff_t to_step)
{
    ptrdiff_t from_bytes = from_step * (ptrdiff_t)element, to_bytes = to_step * (ptrdiff_t)element;
    /* memcpy of a constant size is one load and one store. */
    if (from_step == 1 && to_step == 1)
        memcpy(to, from, count * element);
    else if (element == 4)
        for (size_t i = 0; i < count; i++, to += to_bytes, from += from_bytes)
            memcpy(to, from, 4);
    else
        for (size_t i = 0; i < count; i++, to += to_bytes, from += from_bytes)
            memcpy(to, from, element);
}

void onnx_copy_run(const struct onnx_copy *copy, void *to, const void *from)
{
    const int last = copy->rank - 1;
    const ptrdiff_t element = (ptrdiff_t)copy->element;
    ptrdiff_t from_at = copy->from_start, to_at = copy->to_start;
    size_t index[ONNX_RANK_MAX] = {0};
    ASSERT(copy->rank >= 1 && copy->element >= 1); /* simplified before */
    for (int i = 0; i <= last; i++)
        if (!copy->dims[i])
            return;
    /* An odometer over the outer axes; both positions walk along instead of being computed anew. */
    for (;;) {
        int axis = last - 1;
        copy_line((uint8_t *)to + to_at * element, (const uint8_t *)from + from_at * element, copy->element,
                  copy->dims[last], copy->from_stride[last], copy->to_stride[last]);
        for (; axis >= 0; axis--) {
            from_at += copy->from_stride[axis];
            to_at += copy->to_stride[axis];
            if (++index[axis] < copy->dims[axis])
                break;
            from_at -= copy->from_stride[axis] * (ptrdiff_t)copy->dims[axis];
            to_at -= copy->to_stride[axis] * (ptrdiff_t)copy->dims[axis];
            index[axis] = 0;
        }
        if (axis < 0)
            return;
    }
}
