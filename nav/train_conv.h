/* nav/train_conv.h - a small convolutional network that labels every cell of a picture, and its gradient.
 *
 *   picture -> layer 0 -> layer 1 -> ... -> last      square convolutions with ReLU, by stride and dilation
 *   labels of a cell of layer 0 = fine(layer 0) + spread(coarse(last))
 *
 * fine and coarse are 1 x 1 convolutions: edges come from near the picture, what it is from far. A cell
 * of the last layer covers `spread` x `spread` cells of layer 0; coarse has as many times the labels,
 * laid out over them.
 *
 * Convolutions are matrix products over patches (im2col, Chellapilla et al. 2006). Numbers of a batch lie
 * channel by channel, in each picture by picture, in each row by row, so that a layer's product is the
 * next one's input. Zeros surround a picture, as with ONNX's pads. */
#ifndef NAV_TRAIN_CONV_H
#define NAV_TRAIN_CONV_H

#include "nav/train_adam.h"

enum { TRAIN_CONV_LAYERS_MAX = 8, TRAIN_CONV_OPS_MAX = TRAIN_CONV_LAYERS_MAX + 2 };

struct train_conv_layer {
    size_t channels, taps, stride, dilation; /* taps: along a side, odd */
};

struct train_conv_plan {
    size_t channels, width, height; /* of the picture; both sides whole multiples of all strides together */
    size_t labels;
    struct train_conv_layer layers[TRAIN_CONV_LAYERS_MAX];
    size_t layer_count; /* at least 2 */
};

struct train_conv_map { /* a layer's input or output; a picture's size */
    size_t channels, width, height;
};

struct train_conv_op { /* a convolution: the layers, then coarse, then fine */
    struct train_conv_layer layer;
    size_t from, to;        /* maps */
    size_t weights, biases; /* offsets into the parameters; weights as ONNX's Conv takes them */
    float *patches;         /* NULL: the input itself */
};

struct train_conv {
    struct train_conv_plan plan;
    size_t batch_max, spread;
    struct train_conv_op ops[TRAIN_CONV_OPS_MAX];
    size_t op_count;
    struct train_conv_map maps[TRAIN_CONV_OPS_MAX + 1]; /* [0] the picture, [i + 1] what op i makes */
    float *values[TRAIN_CONV_OPS_MAX + 1],
        *errors[TRAIN_CONV_OPS_MAX + 1]; /* errors: the loss's derivative by values */
    float *patch_errors, *labels, *label_errors;
    struct train_adam adam;
};

/* Only after train_blas_load. Weights after He et al. 2015, from the seed; biases 0. */
struct train_conv *train_conv_create(const struct train_conv_plan *plan, size_t batch_max, uint64_t seed);
void train_conv_destroy(struct train_conv **net);

/* The size of the answer, and how many pixels along a side a cell of it covers. */
const struct train_conv_map *train_conv_cells(const struct train_conv *net);
size_t train_conv_cell_px(const struct train_conv *net);

/* Where `count` pictures are to be written: number (channel, picture, row, column). */
static inline float *train_conv_input(struct train_conv *net) { return net->values[0]; }
/* Of the first `count`: a number for each label, picture and cell, in that order; the larger the likelier. */
const float *train_conv_forward(struct train_conv *net, size_t count);

/* Mean cross-entropy of the last forward over all cells. `targets` lie as the answer: each label's share
 * of the cell; `weights`: what a label's share counts. */
double train_conv_loss(const struct train_conv *net, size_t count, const float *targets,
                       const float *weights);
/* The same, and its gradient by every parameter. */
double train_conv_backward(struct train_conv *net, size_t count, const float *targets, const float *weights);
/* A step against the gradient; decay pulls weights (not biases) towards 0. */
void train_conv_step(struct train_conv *net, double rate, double decay);

#endif
