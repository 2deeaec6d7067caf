/* perception/onnx_copy.h - moving a block of numbers from one layout to another: what Transpose, Slice, Split, Expand
 * and Concat have in common. */
#ifndef PERCEPTION_ONNX_COPY_H
#define PERCEPTION_ONNX_COPY_H

#include "perception/onnx_inside.h"

struct onnx_copy {
    size_t element; /* bytes */
    int rank;
    size_t dims[ONNX_RANK_MAX];
    ptrdiff_t from_stride[ONNX_RANK_MAX], to_stride[ONNX_RANK_MAX]; /* in elements; 0 repeats, below 0 walks back */
    ptrdiff_t from_start, to_start;
};

/* Row-major strides of a tensor. */
void onnx_copy_strides(const struct onnx_tensor *tensor, ptrdiff_t stride[ONNX_RANK_MAX]);
/* Drops axes of size 1 and joins neighbours, so that the innermost runs are as long as they can be. */
void onnx_copy_simplify(struct onnx_copy *copy);
void onnx_copy_run(const struct onnx_copy *copy, void *to, const void *from);

#endif
