#include "nav/train_blas.h"

#include <cblas.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static __typeof__(cblas_sgemm) *multiply;

enum status train_blas_load(struct error *err)
{
    static const char file[] = "libopenblas.so.0";
    __typeof__(openblas_set_num_threads) *set_threads;
    if (multiply)
        return STATUS_OK;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        setenv("OPENBLAS_CORETYPE", "Haswell", 0);
#endif
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    void *symbols[] = {library ? dlsym(library, "cblas_sgemm") : NULL,
                       library ? dlsym(library, "openblas_set_num_threads") : NULL};
    if (!symbols[0] || !symbols[1])
        return error_set(err, STATUS_IO, "training needs OpenBLAS (on Debian: apt-get install libopenblas0): %s",
                         dlerror());
    /* ISO C knows no way from an object's address to a function's but this. */
    memcpy(&set_threads, &symbols[1], sizeof set_threads);
    set_threads(1);
    memcpy(&multiply, &symbols[0], sizeof multiply);
    return STATUS_OK;
}

void train_blas_multiply(struct train_matrix a, struct train_matrix b, float keep, float *c)
{
    size_t m = a.transposed ? a.columns : a.rows, k = a.transposed ? a.rows : a.columns;
    size_t n = b.transposed ? b.rows : b.columns;
    ASSERT(multiply && k == (b.transposed ? b.columns : b.rows));
    multiply(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans, b.transposed ? CblasTrans : CblasNoTrans, (int)m,
             (int)n, (int)k, 1, a.data, (int)a.columns, b.data, (int)b.columns, keep, c, (int)n);
}
