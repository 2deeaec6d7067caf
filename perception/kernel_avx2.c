/* The loops of kernel_body.h for AVX2 with FMA. */
#include "perception/kernel_sets.h"

#ifdef __x86_64__
#include <immintrin.h>

enum { LANES = 8, TILE_ROWS = 4, TILE_VECTORS = 2, ROW_VECTORS = 8 };
typedef float vec __attribute__((vector_size(32)));

static inline vec vec_fma(vec a, vec b, vec c) { return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }

#define BODY_AVX2
#define KERNEL_TABLE kernel_avx2
#define KERNEL_NAME "avx2"
#include "perception/kernel_body.h"
#endif
