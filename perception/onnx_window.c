#include "perception/onnx_window.h"

#include <string.h>

enum { SIZE_MAX_TAP = 1 << 20 }; /* strides, dilations, taps, pads: beyond is nonsense, and products stay countable */

static enum status read_list(struct onnx_model *model, struct onnx_node *node, const char *name, size_t wanted,
                             int64_t low, const int64_t **list)
{
    size_t count;
    if (onnx_integers(model, node, name, -1, list, &count))
        return model->err->status;
    if (*list && count != wanted)
        return onnx_refuse(model, node, "the attribute '%s' has %zu numbers instead of %zu", name, count, wanted);
    for (size_t i = 0; *list && i < count; i++)
        if ((*list)[i] < low || (*list)[i] > SIZE_MAX_TAP)
            return onnx_refuse(model, node, "%lld in the attribute '%s' is outside %lld..%d", (long long)(*list)[i],
                               name, (long long)low, SIZE_MAX_TAP);
    return STATUS_OK;
}

/* Output size along one axis, and the padding auto_pad asks for. */
static int64_t fit_axis(struct onnx_window *w, int axis, const char *mode, bool ceil)
{
    int64_t reach = w->dilation[axis] * (w->taps[axis] - 1) + 1, in = w->in[axis], stride = w->stride[axis];
    if (!strncmp(mode, "SAME", 4)) {
        int64_t out = (in + stride - 1) / stride, total = (out - 1) * stride + reach - in;
        total = total > 0 ? total : 0;
        w->before[axis] = !strcmp(mode, "SAME_LOWER") ? total - total / 2 : total / 2;
        w->after[axis] = total - w->before[axis];
        return out;
    }
    int64_t span = in + w->before[axis] + w->after[axis] - reach;
    if (span < 0)
        return 0;
    int64_t out = (span + (ceil ? stride - 1 : 0)) / stride + 1;
    /* The last window must begin inside the input or the padding before it. */
    return ceil && (out - 1) * stride >= in + w->before[axis] ? out - 1 : out;
}

enum status onnx_window_read(struct onnx_model *model, struct onnx_node *node, const struct onnx_tensor *in,
                             const int64_t *taps, struct onnx_window *window)
{
    const int64_t *strides, *dilations, *pads;
    const char *mode = onnx_attribute_text(node, "auto_pad", "NOTSET");
    int rank = in->rank - 2, front = WINDOW_AXES - rank;
    ASSERT(rank >= 1 && rank <= WINDOW_AXES);
    if (strcmp(mode, "NOTSET") && strcmp(mode, "SAME_UPPER") && strcmp(mode, "SAME_LOWER") && strcmp(mode, "VALID"))
        return onnx_refuse(model, node, "auto_pad '%s' is not known", mode);
    if (read_list(model, node, "strides", (size_t)rank, 1, &strides) ||
        read_list(model, node, "dilations", (size_t)rank, 1, &dilations) ||
        read_list(model, node, "pads", 2 * (size_t)rank, 0, &pads))
        return model->err->status;
    *window = (struct onnx_window){
        .rank = rank, .in = {1, 1, 1}, .out = {1, 1, 1}, .taps = {1, 1, 1}, .stride = {1, 1, 1}, .dilation = {1, 1, 1}};
    for (int i = 0; i < rank; i++) {
        int axis = front + i;
        if (taps[i] < 1 || taps[i] > SIZE_MAX_TAP)
            return onnx_refuse(model, node, "its window has the size %lld along axis %d", (long long)taps[i], i);
        window->in[axis] = in->dims[2 + i];
        window->taps[axis] = taps[i];
        window->stride[axis] = strides ? strides[i] : 1;
        window->dilation[axis] = dilations ? dilations[i] : 1;
        window->before[axis] = pads && !strcmp(mode, "NOTSET") ? pads[i] : 0;
        window->after[axis] = pads && !strcmp(mode, "NOTSET") ? pads[rank + i] : 0;
        window->out[axis] = fit_axis(window, axis, mode, onnx_attribute_int(node, "ceil_mode", 0) != 0);
        if (window->out[axis] < 1)
            return onnx_refuse(model, node, "its window does not fit into its input of shape %s", onnx_shape(in).text);
    }
    return STATUS_OK;
}

enum status onnx_window_out(struct onnx_model *model, struct onnx_node *node, int output, enum onnx_type type,
                            const struct onnx_window *window, int64_t batch, int64_t channels)
{
    int64_t dims[2 + WINDOW_AXES] = {batch, channels};
    for (int i = 0; i < window->rank; i++)
        dims[2 + i] = window->out[WINDOW_AXES - window->rank + i];
    return onnx_out(model, node, output, type, 2 + window->rank, dims);
}

struct onnx_range onnx_window_inside(const struct onnx_window *window, int axis, int64_t tap)
{
    ASSERT(axis >= 0 && axis < WINDOW_AXES && tap < window->taps[axis]);
    /* o * stride >= shift and o * stride < in + shift, solved for o. */
    int64_t shift = window->before[axis] - tap * window->dilation[axis], stride = window->stride[axis];
    int64_t from = shift > 0 ? (shift + stride - 1) / stride : 0, end = window->in[axis] + shift;
    int64_t to = end > 0 ? (end + stride - 1) / stride : 0;
    to = to < window->out[axis] ? to : window->out[axis];
    return (struct onnx_range){from, to > from ? to : from};
}
