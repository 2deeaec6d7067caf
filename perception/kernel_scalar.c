/* The loops of kernel_body.h without any extension: the reference for the others, and what old processors run. */
#include "perception/kernel_sets.h"

#include <math.h>

enum { LANES = 4, TILE_ROWS = 2, TILE_VECTORS = 1, ROW_VECTORS = 2 };
typedef float vec __attribute__((vector_size(16)));
typedef float half __attribute__((vector_size(8)));
typedef double wide __attribute__((vector_size(16)));
typedef int64_t word __attribute__((vector_size(16)));

/* fmaf by double precision: the product is exact there; the sum is rounded to odd (its last bit tells whether anything
 * was lost: Boldo and Melquiond 2008), so that rounding once more, to float, rounds the exact value. */
static inline half fused(half a, half b, half c)
{
    wide product = __builtin_convertvector(a, wide) * __builtin_convertvector(b, wide);
    wide addend = __builtin_convertvector(c, wide), sum = product + addend, part = sum - product;
    wide lost = (product - (sum - part)) + (addend - part); /* exact; NaN where the sum is not finite */
    word inexact = (lost > 0) | (lost < 0), away = (lost > 0) == (sum > 0), even = ((word)sum & 1) == 0;
    word step = (away & 2) - 1; /* a larger magnitude or a smaller one */
    return __builtin_convertvector((wide)((word)sum + (step & inexact & even)), half);
}

static inline vec vec_fma(vec a, vec b, vec c)
{
    half low = fused((half){a[0], a[1]}, (half){b[0], b[1]}, (half){c[0], c[1]});
    half high = fused((half){a[2], a[3]}, (half){b[2], b[3]}, (half){c[2], c[3]});
    return (vec){low[0], low[1], high[0], high[1]};
}

#define KERNEL_TABLE kernel_scalar
#define KERNEL_NAME "scalar"
#include "perception/kernel_body.h"
