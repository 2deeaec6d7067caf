/* nav/train_net.h - a perceptron with ReLU between its layers, and its gradient; Adam (nav/train_adam.h) fits it.
 *
 * All parameters lie in one array, layer by layer, weights (outputs x inputs, row-major, as ONNX's Gemm with transB
 * takes them) before biases; the gradient and Adam's moments lie alike. */
#ifndef NAV_TRAIN_NET_H
#define NAV_TRAIN_NET_H

#include <stdint.h>

#include "nav/train_adam.h"

enum { TRAIN_LAYERS_MAX = 6 };

struct train_net {
    size_t layers, sizes[TRAIN_LAYERS_MAX + 1];                 /* sizes[0] inputs ... sizes[layers] outputs */
    size_t weights[TRAIN_LAYERS_MAX], biases[TRAIN_LAYERS_MAX]; /* offsets into the arrays below */
    size_t parameter_count, batch_max;
    struct train_adam adam; /* parameters, gradient, moments */
    float *values[TRAIN_LAYERS_MAX + 1]; /* of each layer's units: batch_max rows */
    float *errors[TRAIN_LAYERS_MAX + 1]; /* the loss's derivative by them */
};

/* Only after train_blas_load (nav/train_blas.h). Weights after He et al. 2015, from the seed; biases 0; the last
 * layer's a tenth of that. */
struct train_net *train_net_create(const size_t *sizes, size_t layers, size_t batch_max, uint64_t seed);
void train_net_destroy(struct train_net **net);

/* Where `batch_max` rows of inputs are to be written, and the outputs of the first `count` of them. */
static inline float *train_net_input(struct train_net *net) { return net->values[0]; }
const float *train_net_forward(struct train_net *net, size_t count);

/* Mean Huber loss (1964; square/2 up to 1, then linear) of the last forward against the targets: the mean over rows and
 * outputs. */
double train_net_loss(const struct train_net *net, size_t count, const float *targets);
/* The same, and its gradient by every parameter. */
double train_net_backward(struct train_net *net, size_t count, const float *targets);

/* A step against the gradient; decay pulls weights (not biases) towards 0. */
void train_net_step(struct train_net *net, double rate, double decay);

#endif
