/* The loops of kernel_body.h for AVX-512. */
#include "perception/kernel_sets.h"

#ifdef __x86_64__
#include <immintrin.h>

enum { LANES = 16, TILE_ROWS = 8, TILE_VECTORS = 2, ROW_VECTORS = 4 };
typedef float vec __attribute__((vector_size(64)));

static inline vec vec_fma(vec a, vec b, vec c) { return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }

#define BODY_AVX2
#define KERNEL_TABLE kernel_avx512
#define KERNEL_NAME "avx512"
#include "perception/kernel_body.h"
#endif
