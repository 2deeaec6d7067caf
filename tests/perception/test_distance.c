#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "logs/seed.h"
#include "perception/distance.h"

#define RESOLUTION_M 0.05
#define MAX_M 0.6

static double brute_m(const uint8_t *blocked, int width, int height, int x, int y)
{
    double least = MAX_M;
    for (int v = 0; v < height; v++)
        for (int u = 0; u < width; u++)
            if (blocked[v * width + u])
                least = fmin(least, RESOLUTION_M * sqrt((u - x) * (u - x) + (v - y) * (v - y)));
    return least;
}

/* Layers of odd sizes (no multiple of the vector width), sparse and dense, against every pair of cells. */
static void test_whole_transform_is_exact(void **state)
{
    (void)state;
    struct seed_stream random = seed_stream_named(1, "distance");
    for (int round = 0; round < 12; round++) {
        int width = 1 + (int)seed_below(&random, 70), height = 1 + (int)seed_below(&random, 50);
        size_t cells = (size_t)(width * height);
        uint8_t *blocked = NEW_ARRAY(cells, uint8_t);
        float *out = NEW_ARRAY(cells, float);
        for (size_t i = 0; i < cells; i++)
            blocked[i] = seed_uniform(&random) < (round % 3 ? 0.01 : 0.2);
        struct distance distance;
        distance_init(&distance, width, height, RESOLUTION_M, MAX_M);
        distance_update(&distance, blocked, (struct distance_window){0, 0, width, height}, out);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                assert_true(fabs((double)out[y * width + x] - brute_m(blocked, width, height, x, y)) < 1e-6);
        distance_clear(&distance);
        free(blocked);
        free(out);
    }
}

/* Random changes, each told by its window only, leave exactly what a transform of everything gives. */
static void test_window_equals_whole(void **state)
{
    (void)state;
    enum { W = 90, H = 61, CELLS = W * H };
    struct seed_stream random = seed_stream_named(2, "distance");
    uint8_t blocked[CELLS] = {0};
    float kept[CELLS], fresh[CELLS];
    struct distance distance, other;
    distance_init(&distance, W, H, RESOLUTION_M, MAX_M);
    distance_init(&other, W, H, RESOLUTION_M, MAX_M);
    distance_update(&distance, blocked, (struct distance_window){0, 0, W, H}, kept);
    for (int round = 0; round < 200; round++) {
        struct distance_window changed = {0};
        int around_x = (int)seed_below(&random, W), around_y = (int)seed_below(&random, H);
        for (int n = (int)seed_below(&random, 8); n >= 0; n--) {
            int x = (around_x + (int)seed_below(&random, 12)) % W, y = (around_y + (int)seed_below(&random, 12)) % H;
            blocked[y * W + x] ^= 1;
            distance_window_add(&changed, x, y);
        }
        distance_update(&distance, blocked, changed, kept);
        distance_update(&other, blocked, (struct distance_window){0, 0, W, H}, fresh);
        assert_memory_equal(kept, fresh, sizeof kept);
    }
    distance_clear(&distance);
    distance_clear(&other);
}

static void test_nothing_changed_touches_nothing(void **state)
{
    (void)state;
    uint8_t blocked[16] = {1};
    float out[16], same[16];
    memset(out, 7, sizeof out);
    memcpy(same, out, sizeof out);
    struct distance distance;
    distance_init(&distance, 4, 4, RESOLUTION_M, MAX_M);
    distance_update(&distance, blocked, (struct distance_window){0}, out);
    assert_memory_equal(out, same, sizeof out);
    distance_update(&distance, blocked, (struct distance_window){-3, -3, 9, 9}, out); /* clipped */
    assert_true(out[0] == 0.0f && fabs((double)out[3] - 0.15) < 1e-6);
    distance_clear(&distance);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_transform_is_exact),
        cmocka_unit_test(test_window_equals_whole),
        cmocka_unit_test(test_nothing_changed_touches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
