/* One thread puts, one takes: everything, in order, unharmed, whatever the sizes and however slow the other. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>

#include "logs/memory.h"
#include "logs/ring.h"
#include "logs/seed.h"

enum { CAPACITY = 4096, RECORDS = 20000 };

struct pair {
    struct ring_control control;
    struct ring *ring;
    uint8_t *memory;
    size_t held_max; /* the consumer holds on to as much before it releases */
    uint64_t taken, wrong;
};

/* The n-th record: its size and bytes follow from n. */
static size_t record_make(uint64_t n, uint8_t *out, size_t max)
{
    struct seed_stream stream = {n, 0};
    size_t size = seed_below(&stream, seed_below(&stream, 8) ? 80 : max + 1);
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(n + i);
    return size;
}

static bool record_is(const struct ring_record *record, uint64_t n, size_t max)
{
    uint8_t expected[CAPACITY];
    size_t size = record_make(n, expected, max);
    return record->size == size && !memcmp(record->data, expected, size);
}

static void *consume(void *self)
{
    struct pair *pair = self;
    struct ring_record record;
    uint64_t released = 0;
    size_t max = ring_record_max(pair->ring);
    while (ring_wait(pair->ring, INT64_MAX))
        while (ring_next(pair->ring, &record)) {
            pair->wrong += !record_is(&record, pair->taken++, max);
            if (record.end - released > pair->held_max) {
                released = record.start;
                ring_release(pair->ring, released);
            }
        }
    ring_release(pair->ring, ring_taken(pair->ring));
    return NULL;
}

static void pair_begin(struct pair *pair, size_t held_max)
{
    *pair = (struct pair){.held_max = held_max, .memory = NEW_ARRAY(CAPACITY, uint8_t)};
    pair->ring = ring_create(&pair->control, pair->memory, CAPACITY);
}

static void pair_end(struct pair *pair)
{
    ring_destroy(&pair->ring);
    assert_null(pair->ring);
    free(pair->memory);
}

static void test_two_threads(void **state)
{
    (void)state;
    static const size_t held[] = {0, 500, CAPACITY / 2};
    for (size_t h = 0; h < COUNT_OF(held); h++) {
        struct pair pair;
        pthread_t thread;
        uint8_t record[CAPACITY];
        pair_begin(&pair, held[h]);
        assert_int_equal(pthread_create(&thread, NULL, consume, &pair), 0);
        for (uint64_t n = 0; n < RECORDS; n++) {
            size_t size = record_make(n, record, ring_record_max(pair.ring)), head = n % 7 < size ? n % 7 : size;
            ring_put(pair.ring, record, head, record + head, size - head);
            if (n % 1000 == 999) {
                ring_drain(pair.ring);
                assert_int_equal(pair.taken, n + 1); /* the other thread is done, so this is ours to look at */
            }
        }
        ring_close(pair.ring);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(pair.taken, RECORDS);
        assert_int_equal(pair.wrong, 0);
        assert_true(ring_waits(pair.ring) > 0); /* 4 kB do not hold 20000 records */
        assert_int_equal(pair.control.put, RECORDS);
        pair_end(&pair);
    }
}

/* What was put and not released can be read from the memory alone; damaged memory is noticed. */
static void test_view(void **state)
{
    (void)state;
    struct seed_stream stream = seed_stream_named(3, "ring damage");
    struct pair pair;
    uint8_t bytes[CAPACITY];
    pair_begin(&pair, 0);
    struct ring_record record;
    const size_t max = 300;
    uint64_t first = 0, next = 0, position = 0;
    for (int turn = 0; turn < 300; turn++) {
        for (; pair.control.head - position < CAPACITY / 2; next++)
            ring_put(pair.ring, bytes, record_make(next, bytes, max), NULL, 0);
        struct ring_view view = {pair.memory, CAPACITY, position, pair.control.head};
        uint64_t n = first;
        enum status status;
        while (!(status = ring_view_next(&view, &record)))
            assert_true(record_is(&record, n++, max));
        assert_int_equal(status, STATUS_END);
        assert_int_equal(n, next);
        for (uint64_t drop = 1 + seed_below(&stream, 4); drop && ring_next(pair.ring, &record); drop--, first++)
            position = record.end;
        ring_release(pair.ring, position);
    }
    assert_int_equal(ring_waits(pair.ring), 0); /* there always was room */
    for (int n = 0; n < 2000; n++) {
        uint8_t damaged[CAPACITY];
        memcpy(damaged, pair.memory, CAPACITY);
        damaged[seed_below(&stream, CAPACITY)] ^= (uint8_t)(1 + seed_below(&stream, 255));
        struct ring_view view = {damaged, CAPACITY, position, pair.control.head};
        if (n % 4 == 0)
            view.head += seed_below(&stream, 3) ? 8 : seed_u64(&stream);
        if (n % 4 == 1)
            view.position = seed_u64(&stream) >> seed_below(&stream, 64);
        uint64_t at = first;
        for (int steps = 0; steps <= CAPACITY && !ring_view_next(&view, &record); steps++) {
            assert_true(steps < CAPACITY);
            if (n % 4 > 1)
                assert_true(record_is(&record, at++, max));
        }
    }
    pair_end(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_threads),
        cmocka_unit_test(test_view),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
