/* Inference of one sample on one core. The bars are ONNX Runtime 1.30's C API, recorded on another machine: it is no
 * package of the distribution, so it cannot take its turn here. */
#include "tests/bench/bench.h"
#include "tests/perception/onnx_model.h"

struct work {
    struct onnx_model *model;
    struct onnx_run *run;
};

static struct work load(void (*write)(struct bytes *out), struct onnx_options options)
{
    struct bytes file = {0};
    struct error err = {0};
    struct work work = {0};
    write(&file);
    work.model = onnx_load(file.data, file.size, "bench", &options, &err);
    if (!work.model) {
        fprintf(stderr, "%s\n", err.text);
        exit(3);
    }
    work.run = onnx_run_create(work.model);
    for (size_t i = 0; i < onnx_input_count(work.model); i++)
        model_fill(onnx_run_input(work.run, i), onnx_input(work.model, i)->count, "bench", 1);
    bytes_clear(&file);
    return work;
}

static double forward(void *context)
{
    struct work *work = context;
    struct error err = {0};
    for (int i = 0; i < 50; i++)
        if (onnx_run_forward(work->run, &err))
            return 1;
    return 50;
}

static void mlp_small(struct bytes *out) { model_mlp(out, 400, 64, 2); }
static void mlp_128(struct bytes *out) { model_mlp(out, 400, 128, 2); }
static void mlp_512(struct bytes *out) { model_mlp(out, 400, 512, 2); }

/* The state goes in and comes out. */
static void gru_64(struct bytes *out)
{
    struct onnx_write file = onnx_write_begin("gru", 13);
    onnx_write_input(&file, "x", (int64_t[]){1, 1, 72}, 3);
    onnx_write_input(&file, "h", (int64_t[]){1, 1, 64}, 3);
    model_weights(&file, "w", (int64_t[]){1, 192, 72}, 3);
    model_weights(&file, "r", (int64_t[]){1, 192, 64}, 3);
    model_weights(&file, "b", (int64_t[]){1, 384}, 2);
    onnx_write_node(&file, "GRU", "x w r b - h", "- next");
    onnx_write_int(&file, "hidden_size", 64);
    onnx_write_int(&file, "linear_before_reset", 1);
    onnx_write_output(&file, "next", (int64_t[]){1, 1, 64}, 3);
    onnx_write_end(&file, out);
}

static double load_cnn(void *context)
{
    const struct bytes *file = context;
    struct onnx_model *model = onnx_load(file->data, file->size, "bench", NULL, NULL);
    onnx_destroy(&model);
    return 1;
}

int main(void)
{
    static const struct row {
        const char *name;
        void (*write)(struct bytes *out);
        struct onnx_options options;
        double bar_us;
    } rows[] = {
        {"MLP 400-64-64-2", mlp_small, {0}, (double)NAN},
        {"MLP 400-128-128-2", mlp_128, {0}, 8},
        {"... without AVX-512", mlp_128, {.kernel = "avx2"}, (double)NAN},
        {"... without FMA (software)", mlp_128, {.kernel = "scalar"}, (double)NAN},
        {"... int8 weights", mlp_128, {.int8_weights = true}, (double)NAN},
        {"MLP 400-512-512-2", mlp_512, {0}, 77},
        {"... int8 weights", mlp_512, {.int8_weights = true}, 25},
        {"CNN 3x64x64 + 72, 2.7 MMAC", model_cnn, {0}, 90},
        {"... without AVX-512", model_cnn, {.kernel = "avx2"}, (double)NAN},
        {"GRU-64", gru_64, {0}, (double)NAN},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].options.kernel && !kernel_named(rows[i].options.kernel))
            continue;
        struct work work = load(rows[i].write, rows[i].options);
        struct bench_contestant contestant = {forward, &work};
        double us = 1e6 / bench_rounds(&contestant, 1, 0.1).per_s[0];
        bench_row(rows[i].name, us, "us", rows[i].bar_us, false,
                  isfinite(rows[i].bar_us) ? "ONNX Runtime's time (recorded)" : NULL,
                  isfinite(rows[i].bar_us) ? us / rows[i].bar_us : BENCH_NONE);
        onnx_run_destroy(&work.run);
        onnx_destroy(&work.model);
    }
    struct bytes file = {0};
    model_cnn(&file);
    struct bench_contestant contestant = {load_cnn, &file};
    bench_row("load of the CNN", 1e6 / bench_rounds(&contestant, 1, 0.1).per_s[0], "us", BENCH_NONE, false, NULL,
              BENCH_NONE);
    bytes_clear(&file);
    return 0;
}
