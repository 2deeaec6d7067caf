#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>

#include "logs/seed.h"
#include "nav/search.h"

enum { CELLS_MAX = 400 };

static uint32_t move_cost(uint8_t price, bool diagonal)
{
    return (uint32_t)(diagonal ? SEARCH_DIAGONAL : SEARCH_STEP) * price / SEARCH_OPEN;
}

/* Dijkstra by scanning, in the same integers; UINT32_MAX if there is no way. */
static uint32_t cost_by_scanning(const uint8_t *prices, int width, int height, struct cell from, struct cell to)
{
    uint32_t best[CELLS_MAX];
    bool done[CELLS_MAX] = {0};
    for (int i = 0; i < width * height; i++)
        best[i] = UINT32_MAX;
    best[from.y * width + from.x] = 0;
    for (;;) {
        int at = -1;
        for (int i = 0; i < width * height; i++)
            if (!done[i] && best[i] != UINT32_MAX && (at < 0 || best[i] < best[at]))
                at = i;
        if (at < 0)
            return best[to.y * width + to.x];
        done[at] = true;
        for (int dy = -1; dy <= 1; dy++)
            for (int dx = -1; dx <= 1; dx++) {
                int x = at % width + dx, y = at / width + dy;
                if ((!dx && !dy) || x < 0 || y < 0 || x >= width || y >= height || !prices[y * width + x])
                    continue;
                if (dx && dy && (!prices[y * width + x - dx] || !prices[(y - dy) * width + x]))
                    continue;
                uint32_t cost = best[at] + move_cost(prices[y * width + x], dx && dy);
                if (cost < best[y * width + x])
                    best[y * width + x] = cost;
            }
    }
}

static uint32_t path_cost(const uint8_t *prices, int width, struct search_path path)
{
    uint32_t cost = 0;
    for (size_t i = 1; i < path.count; i++) {
        struct cell a = path.cells[i - 1], b = path.cells[i];
        assert_true(abs(a.x - b.x) <= 1 && abs(a.y - b.y) <= 1 && (a.x != b.x || a.y != b.y));
        cost += move_cost(prices[b.y * width + b.x], a.x != b.x && a.y != b.y);
    }
    return cost;
}

/* One search object over grids of changing size: what an earlier search left behind must not matter. */
static void test_cost_is_that_of_dijkstra_on_any_prices(void **state)
{
    (void)state;
    struct seed_stream stream = seed_stream_named(1, "test.search");
    struct search *search = search_create();
    for (int round = 0; round < 600; round++) {
        int width = 2 + (int)seed_below(&stream, 18), height = 2 + (int)seed_below(&stream, 18);
        int dearest = 1 + (int)seed_below(&stream, SEARCH_PRICE_MAX - SEARCH_OPEN);
        double density = seed_between(&stream, 0, 0.4);
        uint8_t prices[CELLS_MAX], *target = search_prices(search, width, height);
        for (int i = 0; i < width * height; i++) {
            uint8_t open = (uint8_t)(SEARCH_OPEN + (int)seed_below(&stream, (uint64_t)dearest));
            prices[i] = seed_uniform(&stream) < density ? SEARCH_CLOSED : open;
            target[search_at(search, (struct cell){i % width, i / width})] = prices[i];
        }
        struct cell from = {(int)seed_below(&stream, (uint64_t)width), (int)seed_below(&stream, (uint64_t)height)};
        struct cell to = {(int)seed_below(&stream, (uint64_t)width), (int)seed_below(&stream, (uint64_t)height)};
        uint32_t want = cost_by_scanning(prices, width, height, from, to);
        struct search_path path = search_run(search, from, to);
        if (want == UINT32_MAX) {
            assert_int_equal(path.count, 0);
            continue;
        }
        assert_true(path.count > 0 && path.cost == want);
        assert_int_equal(path_cost(prices, width, path), want);
        assert_true(path.cells[0].x == from.x && path.cells[0].y == from.y);
        assert_true(path.cells[path.count - 1].x == to.x && path.cells[path.count - 1].y == to.y);
    }
    search_destroy(&search);
    assert_null(search);
}

/* The epoch counter has 16 bits: after it wraps, old nodes must not look fresh. */
static void test_many_searches(void **state)
{
    (void)state;
    struct search *search = search_create();
    uint8_t *prices = search_prices(search, 3, 1);
    for (int x = 0; x < 3; x++)
        prices[search_at(search, (struct cell){x, 0})] = SEARCH_OPEN;
    for (int i = 0; i < 70000; i++) {
        struct search_path path = search_run(search, (struct cell){i % 2 ? 0 : 2, 0}, (struct cell){i % 2 ? 2 : 0, 0});
        assert_true(path.count == 3 && path.cost == 2 * SEARCH_STEP);
    }
    search_destroy(&search);
    search_destroy(&search);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cost_is_that_of_dijkstra_on_any_prices),
        cmocka_unit_test(test_many_searches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
