/* nav/train_blas.h - matrix products by OpenBLAS: the only door to it.
 *
 * The library is loaded when a training begins, not with the program: it reads its settings at that moment, starts
 * threads and takes 30 MB, which nobody else should pay for. It is told to use one thread, and on every processor with
 * AVX2 the same kernels ("Haswell", unless OPENBLAS_CORETYPE says otherwise), so that sums have one order: left alone
 * it chooses by the processor's model, and takes one that it does not know for one of 2004. */
#ifndef NAV_TRAIN_BLAS_H
#define NAV_TRAIN_BLAS_H

#include "logs/status.h"

/* Once loaded it stays. STATUS_IO if the library is not there. Not thread-safe. */
MUST_USE enum status train_blas_load(struct error *err);

struct train_matrix { /* row-major, without gaps */
    const float *data;
    size_t rows, columns;
    bool transposed; /* is meant the other way round */
};
/* c = a * b + keep * c, keep 0 or 1. Only after train_blas_load. */
void train_blas_multiply(struct train_matrix a, struct train_matrix b, float keep, float *c);

#endif
