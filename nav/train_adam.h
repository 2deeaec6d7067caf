/* nav/train_adam.h - Adam (Kingma & Ba 2015) with decoupled decay (Loshchilov & Hutter 2019), for any
 * array of parameters. */
#ifndef NAV_TRAIN_ADAM_H
#define NAV_TRAIN_ADAM_H

#include <stddef.h>
#include <stdint.h>

struct train_adam { /* train_adam_init makes the arrays; train_adam_clear frees them */
    size_t count;
    float *parameters, *gradient, *first, *second; /* the last two: Adam's moments */
    uint64_t steps;
};
/* Parameters, gradient and moments are zeros. */
void train_adam_init(struct train_adam *adam, size_t count);
void train_adam_clear(struct train_adam *adam);

/* A step begins; then every piece of the array takes it against its gradient. `keep` is what decay leaves
 * of a piece's parameters, 1 for those that are not pulled towards 0. */
struct train_adam_step {
    float rate, correction;
};
struct train_adam_step train_adam_begin(struct train_adam *adam, double rate);
void train_adam_move(struct train_adam *adam, struct train_adam_step step, size_t from, size_t count,
                     float keep);

/* The rate of an epoch (0 .. epochs - 1): from the whole down to a hundredth along a cosine. */
double train_adam_rate(double rate, size_t epoch, size_t epochs);

#endif
