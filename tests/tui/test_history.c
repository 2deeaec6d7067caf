/* History: what is held, how far back, and that going back is like never having left. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "logs/seed.h"
#include "tests/tui/story.h"
#include "tui/history.h"

struct fixture {
    struct model *live, *past;
    struct history *history;
    struct journal *journal;
    int64_t until_ns; /* frames later than this reach the history only */
};

static void take(void *self, const struct frame *frame)
{
    struct fixture *f = self;
    if (frame->stamp_ns <= f->until_ns && model_apply(f->live, frame))
        history_clear(f->history);
    history_put(f->history, frame);
}

static void setup(struct fixture *f, int64_t window_ns, size_t bytes, uint32_t frames)
{
    const struct history_options options = {window_ns, bytes, frames};
    *f = (struct fixture){model_create(), model_create(), history_create(&options), journal_create(), INT64_MAX};
    journal_add(f->journal, (struct sink){take, f});
}

static void teardown(struct fixture *f)
{
    model_destroy(&f->live);
    model_destroy(&f->past);
    history_destroy(&f->history);
    journal_destroy(&f->journal);
}

static const int64_t second_ns = 1000000000;

/* Every latest message, ledger and log of the two models agree. */
static void expect_equal(const struct model *a, const struct model *b)
{
    assert_int_equal(a->now_ns, b->now_ns);
    for (int i = 0; i < TOPIC_COUNT; i++) {
        struct message_difference d;
        const void *left = model_latest(a, (enum topic)i), *right = model_latest(b, (enum topic)i);
        if (!left != !right)
            fail_msg("%s is only in one of them", topic_table[i].name);
        if (left && !message_equal(topic_table[i].type, left, right, 0, 0, &d))
            fail_msg("%s: %s is %s and %s", topic_table[i].name, d.path, d.left, d.right);
    }
    assert_int_equal(a->event_ring.count, b->event_ring.count);
    for (uint32_t i = 0; i < a->event_ring.count; i++) {
        assert_string_equal(model_event(a, i)->id, model_event(b, i)->id);
        assert_int_equal(model_event(a, i)->start_ns, model_event(b, i)->start_ns);
        assert_int_equal(model_event(a, i)->active, model_event(b, i)->active);
    }
    assert_int_equal(a->line_ring.count, b->line_ring.count);
    for (uint32_t i = 0; i < a->line_ring.count; i++)
        assert_string_equal(model_line(a, i)->text, model_line(b, i)->text);
}

static void test_going_back_is_like_never_having_left(void **state)
{
    (void)state;
    struct seed_stream stream = seed_stream_named(4, "seek");
    for (int round = 0; round < 20; round++) {
        struct fixture f;
        setup(&f, 60 * second_ns, 16 << 20, 65536);
        f.until_ns = (int64_t)(1 + seed_below(&stream, 290)) * STORY_TICK_NS;
        story_play(f.journal, 7, 0, 300);
        for (int i = 0; i < 5; i++) /* from anywhere, forward or back */
            history_seek(f.history, f.past, (int64_t)seed_below(&stream, 15) * second_ns);
        assert_int_equal(history_seek(f.history, f.past, f.until_ns), f.until_ns);
        expect_equal(f.past, f.live);
        assert_int_equal(f.past->imu_ring.count > 0, 1);
        assert_true(fabs(model_rate_hz(f.past, TOPIC_SCAN) - model_rate_hz(f.live, TOPIC_SCAN)) < 0.5 ||
                    f.until_ns < second_ns);
        teardown(&f);
    }
}

static void test_onward_equals_afresh(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, 60 * second_ns, 16 << 20, 65536);
    story_play(f.journal, 7, 0, 300);
    struct model *walker = model_create();
    for (int64_t t = second_ns; t <= 14 * second_ns; t += 350000000) {
        history_seek(f.history, walker, t); /* small steps onward */
        history_seek(f.history, f.past, 0); /* far away and back */
        history_seek(f.history, f.past, t);
        expect_equal(walker, f.past);
        history_seek(f.history, walker, t);
    }
    model_destroy(&walker);
    teardown(&f);
}

static void test_window_by_time(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, 5 * second_ns, 16 << 20, 65536);
    story_play(f.journal, 7, 0, 300);
    assert_int_equal(history_last_ns(f.history), 15 * second_ns);
    assert_true(history_first_ns(f.history) >= 10 * second_ns &&
                history_first_ns(f.history) < 10 * second_ns + 20000000);
    /* Long after they left the ring, map, goal, plan, the first violation and the first line of the log are known. */
    int64_t t = history_seek(f.history, f.past, 0);
    assert_int_equal(t, history_first_ns(f.history));
    assert_non_null(MODEL(f.past, MAP, occupancy_grid));
    assert_non_null(MODEL(f.past, PLAN, path));
    assert_non_null(MODEL(f.past, SAFETY_COUNTERS, safety_counters));
    assert_string_equal(model_line(f.past, 0)->text, "office, seed 7, policy dwa, shield on");
    story_play(f.journal, 7, 300, 500);
    history_seek(f.history, f.past, 0);
    assert_int_equal(f.past->event_ring.count, 3);
    teardown(&f);
}

static void test_bounds_hold(void **state)
{
    (void)state;
    static const struct {
        size_t bytes;
        uint32_t frames;
    } bounds[] = {{200000, 65536}, {1 << 20, 100}, {33333, 7}, {1, 1}};
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        struct fixture f;
        setup(&f, 60 * second_ns, bounds[i].bytes, bounds[i].frames);
        for (uint64_t tick = 0; tick < 120; tick++) {
            story_play(f.journal, 7, tick, tick + 1);
            assert_true(history_bytes(f.history) <= bounds[i].bytes);
            assert_true(history_frames(f.history) <= bounds[i].frames);
            history_seek(f.history, f.past, history_first_ns(f.history)); /* what is held is whole: it decodes */
            history_seek(f.history, f.past, history_last_ns(f.history));
            assert_int_equal(f.past->corrupt, 0);
        }
        teardown(&f);
    }
}

static void test_marks(void **state)
{
    (void)state;
    struct fixture f;
    int64_t found = 0;
    setup(&f, 60 * second_ns, 16 << 20, 65536);
    assert_false(history_find(f.history, HISTORY_VIOLATION, 0, 1, &found));
    story_play(f.journal, 7, 0, 300);
    assert_true(history_find(f.history, HISTORY_VIOLATION, 0, 1, &found));
    assert_int_equal(found, 10050000000);
    assert_true(history_find(f.history, HISTORY_VIOLATION, found, 1, &found));
    assert_int_equal(found, 14050000000);
    assert_false(history_find(f.history, HISTORY_VIOLATION, found, 1, &found));
    assert_true(history_find(f.history, HISTORY_VIOLATION, found, -1, &found));
    assert_int_equal(found, 10050000000);
    assert_true(history_find(f.history, HISTORY_ERROR, 15 * second_ns, -1, &found));
    assert_int_equal(found, 14150000000);
    struct msg_fault_event fault = {.name = "lidar:drop=1@8+1", .target = "lidar", .kind = "drop", .active = true};
    for (int64_t at_ns = 20 * second_ns; at_ns <= 21 * second_ns; at_ns += second_ns, fault.active = false)
        journal_publish(f.journal, TOPIC_FAULTS, at_ns, &fault);
    assert_true(history_find(f.history, HISTORY_FAULT, 0, 1, &found));
    assert_int_equal(found, 20 * second_ns);
    assert_false(history_find(f.history, HISTORY_FAULT, found, 1, &found)); /* that it is over leaves no mark */
    history_mark(f.history, 3 * second_ns);
    const struct history_mark *marks;
    assert_int_equal(history_marks(f.history, &marks), 6); /* two violations, two errors, a fault; notices leave none */
    assert_int_equal(marks[0].stamp_ns, 3 * second_ns);
    assert_string_equal(marks[1].label, "NEAR");
    for (int i = 0; i < 2 * HISTORY_MARKS; i++)
        history_mark(f.history, 20 * second_ns + i);
    assert_int_equal(history_marks(f.history, &marks), HISTORY_MARKS);
    for (size_t i = 1; i < HISTORY_MARKS; i++)
        assert_true(marks[i - 1].stamp_ns <= marks[i].stamp_ns);
    teardown(&f);
}

static void test_steps(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, 60 * second_ns, 16 << 20, 65536);
    assert_int_equal(history_step(f.history, 5, 3), 5); /* empty: stays */
    story_play(f.journal, 7, 0, 100);
    assert_int_equal(history_step(f.history, second_ns, 1), second_ns + STORY_TICK_NS);
    assert_int_equal(history_step(f.history, second_ns, -1), second_ns - STORY_TICK_NS);
    assert_int_equal(history_step(f.history, second_ns + 1, -1), second_ns);
    assert_int_equal(history_step(f.history, second_ns, 7), second_ns + 7 * STORY_TICK_NS);
    assert_int_equal(history_step(f.history, 5 * second_ns, 9), 5 * second_ns);
    teardown(&f);
}

static void test_new_episode_keeps_what_was_announced(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, 60 * second_ns, 16 << 20, 65536);
    story_play(f.journal, 7, 0, 210);
    history_seek(f.history, f.past, 2 * second_ns);
    story_play(f.journal, 7, 0, 40); /* the same again: only time tells */
    assert_true(history_last_ns(f.history) == 2 * second_ns);
    history_seek(f.history, f.past, 2 * second_ns);
    assert_int_equal(f.past->event_ring.count, 0);
    assert_string_equal(MODEL(f.past, EPISODE_INFO, episode_info)->scenario, "office");
    assert_non_null(MODEL(f.past, MAP, occupancy_grid));
    expect_equal(f.past, f.live);
    history_reset(f.history);
    assert_true(history_is_empty(f.history));
    history_seek(f.history, f.past, 0);
    assert_null(MODEL(f.past, MAP, occupancy_grid));
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_going_back_is_like_never_having_left),
        cmocka_unit_test(test_onward_equals_afresh),
        cmocka_unit_test(test_window_by_time),
        cmocka_unit_test(test_bounds_hold),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_new_episode_keeps_what_was_announced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
