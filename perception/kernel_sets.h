/* perception/kernel_sets.h - the instruction sets kernel_body.h is compiled for. Each file is built with flags of its
 * own (Makefile, KERNEL_FLAGS_*); only kernel.c may call into one, after asking the processor. */
#ifndef PERCEPTION_KERNEL_SETS_H
#define PERCEPTION_KERNEL_SETS_H

#include "perception/kernel.h"

extern const struct kernel kernel_scalar, kernel_avx2, kernel_avx512;

#endif
