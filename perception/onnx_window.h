/* perception/onnx_window.h - the geometry that Conv and the pools share: a window of taps walks over up to three axes.
 */
#ifndef PERCEPTION_ONNX_WINDOW_H
#define PERCEPTION_ONNX_WINDOW_H

#include "perception/onnx_inside.h"

enum { WINDOW_AXES = 3 };

/* Always three axes; those the tensor does not have are in front, of size 1. Tap t of output o is input o * stride + t
 * * dilation - before; outside 0..in-1 it is padding. */
struct onnx_window {
    int rank; /* axes the tensor has */
    int64_t in[WINDOW_AXES], out[WINDOW_AXES], taps[WINDOW_AXES], stride[WINDOW_AXES], dilation[WINDOW_AXES];
    int64_t before[WINDOW_AXES], after[WINDOW_AXES]; /* padding */
};

/* Reads strides, dilations, pads, auto_pad and ceil_mode; `taps` holds the window's size along each of the tensor's
 * axes after the first two. */
MUST_USE enum status onnx_window_read(struct onnx_model *model, struct onnx_node *node, const struct onnx_tensor *in,
                                      const int64_t *taps, struct onnx_window *window);
/* The output's shape: batch, channels, then the window's own. */
MUST_USE enum status onnx_window_out(struct onnx_model *model, struct onnx_node *node, int output, enum onnx_type type,
                                     const struct onnx_window *window, int64_t batch, int64_t channels);

/* The outputs from..to-1 along an axis whose tap `tap` is inside the input. */
struct onnx_range {
    int64_t from, to;
};
struct onnx_range onnx_window_inside(const struct onnx_window *window, int axis, int64_t tap);

#endif
