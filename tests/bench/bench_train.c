/* An epoch of training, 50,000 samples of 400 numbers, 400-128-128-2: CPU time. */
#include <stdio.h>
#include <stdlib.h>

#include "nav/train.h"
#include "tests/bench/bench.h"

struct work {
    struct train_config config;
    struct train_samples samples;
};

static double epochs(void *context)
{
    struct work *work = context;
    struct error err = {0};
    struct train_model *model = train_fit(&work->config, &work->samples, NULL, NULL, &err);
    train_destroy(&model);
    return (double)work->config.epochs;
}

int main(void)
{
    static float seen[400];
    struct error err = {0};
    struct work work = {.config = train_config_default(), .samples = {.width = 400}};
    struct seed_stream stream = seed_stream_named(1, "bench.train");
    work.config.hidden[0] = work.config.hidden[1] = 128;
    work.config.epochs = 4; /* with what comes before the first */
    work.config.held_out = 0;
    work.config.dropout = 0;
    work.config.mirror = false;
    if (train_rows_parse("lidar=400", &work.config.rows, &err)) {
        fprintf(stderr, "bench_train: %s\n", err.text);
        return 1;
    }
    for (size_t i = 0; i < 50000; i++) {
        for (size_t k = 0; k < 400; k++)
            seen[k] = (float)seed_uniform(&stream);
        train_samples_put(&work.samples, seen, (float[]){seen[0] * seen[1], seen[2]}, (uint32_t)(i / 500));
    }
    struct bench_contestant contestant = {epochs, &work};
    bench_row("train 50,000 x 400, 400-128-128-2, an epoch", 1 / bench_rounds(&contestant, 1, 0.5).per_s[0], "s", 0.3,
              false, "PyTorch, one thread: 0.68 (recorded)", 0.68 * bench_rounds(&contestant, 1, 0.5).per_s[0]);
    train_samples_clear(&work.samples);
    return 0;
}
