/* The shipped network on one picture, with all that perception does about it: CPU time. */
#include <stdio.h>
#include <stdlib.h>

#include "logs/memory.h"
#include "logs/seed.h"
#include "perception/seeing.h"
#include "tests/bench/bench.h"

struct work {
    struct seeing *seeing;
    uint8_t *rows;
    size_t step;
};

static double look(void *context)
{
    struct work *work = context;
    for (int i = 0; i < 50; i++)
        seeing_look(work->seeing, work->rows, work->step);
    return 50;
}

static struct work work_of(int width, int height)
{
    const struct camera camera = {
        .width = width, .height = height, .focal_px = width * 0.6, .mount = {{0.2, 0, 0.35}, {0, 0, 0, 1}}};
    struct error err = {0};
    struct seed_stream stream = seed_stream_named(1, "bench.seeing");
    size_t bytes = 3 * (size_t)width * (size_t)height;
    struct work work = {seeing_create(seeing_onnx, seeing_onnx_size, "shipped", &camera, &err),
                        NEW_ARRAY(bytes, uint8_t), 3 * (size_t)width};
    if (!work.seeing) {
        fprintf(stderr, "bench_seeing: %s\n", err.text);
        exit(3);
    }
    for (size_t i = 0; i < bytes; i++)
        work.rows[i] = (uint8_t)seed_u64(&stream);
    return work;
}

int main(void)
{
    static const struct {
        const char *name;
        int width, height;
        double bar_us;
    } rows[] = {{"labels of a 64 x 48 picture", 64, 48, 100},
                {"labels of a 160 x 120 picture", 160, 120, (double)NAN}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct work work = work_of(rows[i].width, rows[i].height);
        struct bench_contestant contestant = {look, &work};
        bench_row(rows[i].name, 1e6 / bench_rounds(&contestant, 1, 0.1).per_s[0], "us", rows[i].bar_us, false,
                  NULL, BENCH_NONE);
        seeing_destroy(&work.seeing);
        free(work.rows);
    }
    return 0;
}
