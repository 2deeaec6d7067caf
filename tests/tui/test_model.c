/* Model: what frames make of it, and what bad or unexpected frames cannot do to it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "logs/seed.h"
#include "tests/tui/story.h"
#include "tui/model.h"

struct fixture {
    struct model *model;
    struct journal *journal;
    int begins;    /* times model_apply announced another episode */
    uint32_t skip; /* of TOPIC_SCAN: every skip-th frame never arrives; 0 all do */
};

static void take(void *self, const struct frame *frame)
{
    struct fixture *f = self;
    if (frame->topic == TOPIC_SCAN && f->skip && frame->sequence % f->skip == 1)
        return;
    f->begins += model_apply(f->model, frame);
}

static void setup(struct fixture *f)
{
    *f = (struct fixture){model_create(), journal_create(), 0, 0};
    journal_add(f->journal, (struct sink){take, f});
}

static void teardown(struct fixture *f)
{
    model_destroy(&f->model);
    journal_destroy(&f->journal);
    model_destroy(&f->model); /* twice is fine */
}

static void test_latest_rates_and_ages(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    assert_null(MODEL(f.model, SCAN, laser_scan));
    assert_true(isinf(model_age_s(f.model, TOPIC_SCAN)));
    story_play(f.journal, 7, 0, 100);
    assert_int_equal(f.model->now_ns, 5000000000);
    assert_int_equal(MODEL(f.model, SCAN, laser_scan)->ranges.count, 360);
    assert_string_equal(MODEL(f.model, EPISODE_INFO, episode_info)->scenario, "office");
    assert_true(fabs(model_rate_hz(f.model, TOPIC_SCAN) - 10) < 0.01);
    assert_true(fabs(model_rate_hz(f.model, TOPIC_IMU) - 100) < 0.01);
    assert_true(fabs(model_age_s(f.model, TOPIC_SCAN) - 0.09) < 1e-9);
    assert_false(model_is_stale(f.model, TOPIC_SCAN));
    story_belief(f.journal, 5200000000, 103); /* the last scan is 0.29 s old, three periods are 0.3 s */
    assert_false(model_is_stale(f.model, TOPIC_SCAN));
    story_belief(f.journal, 5220000000, 104);
    assert_true(model_is_stale(f.model, TOPIC_SCAN));
    assert_false(model_is_stale(f.model, TOPIC_MAP)); /* said once: never stale */
    assert_int_equal(f.model->gaps, 0);
    assert_int_equal(f.begins, 0);
    teardown(&f);
}

static void test_gaps(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    f.skip = 5;
    story_play(f.journal, 7, 0, 101); /* 51 scans, of which number 1, 6, 11 ... 46 are lost */
    assert_int_equal(f.model->topics[TOPIC_SCAN].gaps, 10);
    assert_int_equal(f.model->gaps, 10);
    assert_true(fabs(model_rate_hz(f.model, TOPIC_SCAN) - 10) < 0.01); /* a lost frame does not slow the sensor */
    teardown(&f);
}

static void test_place_and_mount(void **state)
{
    (void)state;
    struct fixture f;
    struct pose2 pose, there = story_place(1000000000);
    setup(&f);
    assert_false(model_pose(f.model, &pose));
    story_announce(f.journal, 7);
    story_odom(f.journal, 1000000000);
    assert_true(model_pose(f.model, &pose)); /* from the start by odometry */
    assert_true(hypot(pose.x - there.x, pose.y - there.y) < 1e-9 && fabs(pose.yaw - there.yaw) < 1e-9);
    assert_true(fabs(model_mount(f.model, "lidar_link").x - 0.12) < 1e-12);
    assert_true(model_mount(f.model, "no such frame").x >= 0 && model_mount(f.model, "no such frame").x <= 0);
    struct msg_belief lost = {.x = (double)NAN};
    journal_publish(f.journal, TOPIC_BELIEF, 1050000000, &lost);
    assert_false(model_pose(f.model, &pose));
    assert_int_equal(f.model->trail_ring.count, 0);
    teardown(&f);
}

static void test_ledger(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    story_play(f.journal, 7, 0, 210);
    const struct model_event *near = model_event(f.model, 1), *shield = model_event(f.model, 0);
    assert_string_equal(near->id, "NEAR");
    assert_true(near->active && !near->acknowledged);
    assert_true(shield->active && shield->acknowledged); /* a notice wants no answer */
    assert_int_equal(model_unacknowledged(f.model), 1);
    story_play(f.journal, 7, 210, 300);
    assert_int_equal(f.model->event_ring.count, 3); /* an end changes its onset, it is no event */
    near = model_event(f.model, 2);
    assert_false(near->active);
    assert_true(fabs(near->duration_s - 1.0) < 1e-12);
    assert_int_equal(near->start_ns, 10050000000);
    assert_int_equal(model_unacknowledged(f.model), 2);
    assert_true(model_acknowledge(f.model)); /* the newest first */
    assert_true(model_event(f.model, 0)->acknowledged && !model_event(f.model, 2)->acknowledged);
    model_acknowledge_all(f.model);
    assert_false(model_acknowledge(f.model));
    struct fixture g;
    setup(&g);
    story_play(g.journal, 7, 0, 300);
    model_copy_acknowledged(g.model, f.model);
    assert_int_equal(model_unacknowledged(g.model), 0);
    teardown(&g);
    teardown(&f);
}

/* An end whose onset we never saw is a whole event in the past; a very long id is still found again. */
static void test_ledger_of_a_late_joiner(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    story_event(f.journal, 20000000000, 400, "A_CLASS_WITH_A_LONG_NAME", 2, 1, 9, 0.1, 0.2, "m");
    assert_int_equal(f.model->event_ring.count, 1);
    assert_int_equal(model_event(f.model, 0)->start_ns, 19000000000);
    assert_false(model_event(f.model, 0)->active);
    story_event(f.journal, 21000000000, 420, "A_CLASS_WITH_A_LONG_NAME", 2, 0, 10, 0.1, 0.2, "m");
    story_event(f.journal, 22000000000, 440, "A_CLASS_WITH_A_LONG_NAME", 2, 1, 10, 0.1, 0.2, "m");
    assert_int_equal(f.model->event_ring.count, 2);
    assert_false(model_event(f.model, 0)->active);
    teardown(&f);
}

static void test_rings_are_bounded(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    for (uint32_t i = 0; i < 3 * MODEL_LINES; i++)
        journal_say(f.journal, i, 20, "room", "line %u", i);
    assert_int_equal(f.model->line_ring.count, MODEL_LINES);
    assert_int_equal(f.model->line_total, 3 * MODEL_LINES);
    assert_string_equal(model_line(f.model, 0)->text, "line 2999");
    assert_string_equal(model_line(f.model, MODEL_LINES - 1)->text, "line 2000");
    assert_null(model_line(f.model, MODEL_LINES));
    for (uint32_t i = 0; i < MODEL_EVENTS + 5; i++)
        story_event(f.journal, 4000 + i, i, "NEAR", 2, 0, i, 0, 0, "m");
    assert_int_equal(f.model->event_ring.count, MODEL_EVENTS);
    assert_int_equal(model_event(f.model, MODEL_EVENTS - 1)->number, 5);
    teardown(&f);
}

static void test_flips(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    static const double turns[] = {0.5, 0.05, -0.5, -0.6,
                                   0.3, 0.02, -0.4}; /* + - + - : three changes; small ones count not */
    for (size_t i = 0; i < COUNT_OF(turns); i++) {
        struct msg_decision d = {.w_radps = turns[i]};
        journal_publish(f.journal, TOPIC_DECISION, (int64_t)i * 100000000, &d);
    }
    assert_int_equal(model_flips(f.model, 2), 3);
    assert_int_equal(model_flips(f.model, 0.25), 1);
    teardown(&f);
}

/* --- episodes ------------------------------------------------------------------------------------------------- */

static void test_new_seed_is_another_episode(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    story_play(f.journal, 7, 0, 210);
    assert_int_equal(f.model->episode, 1);
    story_announce(f.journal, 8);
    assert_int_equal(f.begins, 1);
    assert_int_equal(f.model->episode, 2);
    assert_int_equal(f.model->event_ring.count, 0);
    assert_null(MODEL(f.model, SCAN, laser_scan));
    assert_non_null(MODEL(f.model, MAP, occupancy_grid));
    assert_non_null(MODEL(f.model, SERVER_STATUS, server_status));
    assert_int_equal(f.model->now_ns, 0);
    teardown(&f);
}

/* The same seed again says the same words; that time went back tells it, whether or not the numbers start again. */
static void test_same_seed_again(void **state)
{
    (void)state;
    for (int fresh_numbers = 0; fresh_numbers < 2; fresh_numbers++) {
        struct fixture f;
        setup(&f);
        story_play(f.journal, 7, 0, 210);
        if (fresh_numbers) {
            journal_destroy(&f.journal);
            f.journal = journal_create();
            journal_add(f.journal, (struct sink){take, &f});
        }
        story_play(f.journal, 7, 0, 20);
        assert_int_equal(f.begins, 1);
        assert_int_equal(f.model->now_ns, 1000000000);
        assert_int_equal(f.model->event_ring.count, 0);
        assert_string_equal(MODEL(f.model, EPISODE_INFO, episode_info)->scenario,
                            "office"); /* announced before time told */
        assert_non_null(MODEL(f.model, MAP, occupancy_grid));
        assert_non_null(MODEL(f.model, GOAL, pose_stamped));
        teardown(&f);
    }
}

static void test_latched_repeats_change_nothing(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    story_play(f.journal, 7, 0, 210);
    int64_t now_ns = f.model->now_ns;
    story_map(f.journal);
    struct frame frame = {TOPIC_EPISODE_INFO, 0, 0, NULL, 0};
    struct bytes payload = {0};
    message_encode(topic_table[TOPIC_EPISODE_INFO].type, f.model->topics[TOPIC_EPISODE_INFO].message, &payload);
    frame.payload = payload.data;
    frame.size = payload.size;
    assert_false(model_apply(f.model, &frame));
    assert_int_equal(f.begins, 0);
    assert_int_equal(f.model->now_ns, now_ns);
    assert_int_equal(f.model->event_ring.count, 2);
    bytes_clear(&payload);
    teardown(&f);
}

/* --- bad bytes ------------------------------------------------------------------------------------------------ */

static void test_corrupt_frames_are_counted(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f);
    story_play(f.journal, 7, 0, 50);
    struct seed_stream stream = seed_stream_named(2, "noise");
    for (int round = 0; round < 20000; round++) {
        uint8_t noise[64] = {0, 1};
        size_t size = (size_t)seed_below(&stream, sizeof noise + 1);
        for (size_t i = 4; i < sizeof noise; i++)
            noise[i] = (uint8_t)seed_below(&stream, i % 4 ? 3 : 256);
        struct frame frame = {(enum topic)seed_below(&stream, TOPIC_COUNT), (uint32_t)(1000000 + round), 2500000000,
                              noise, size};
        model_apply(f.model, &frame);
    }
    assert_true(f.model->corrupt > 1000);
    /* A good message is still there after a bad one. */
    struct msg_clock clock = {message_time(2500000000)};
    struct bytes payload = {0};
    message_encode(&message_type_clock, &clock, &payload);
    struct frame good = {TOPIC_CLOCK, 3000000, 2500000000, payload.data, payload.size}, bad = good;
    bad.sequence++;
    bad.size = 5;
    model_apply(f.model, &good);
    uint64_t corrupt = f.model->topics[TOPIC_CLOCK].corrupt;
    model_apply(f.model, &bad);
    assert_int_equal(f.model->topics[TOPIC_CLOCK].corrupt, corrupt + 1);
    assert_int_equal(MODEL(f.model, CLOCK, clock)->clock.nanosec, 500000000);
    bytes_clear(&payload);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_latest_rates_and_ages),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_place_and_mount),
        cmocka_unit_test(test_ledger),
        cmocka_unit_test(test_ledger_of_a_late_joiner),
        cmocka_unit_test(test_rings_are_bounded),
        cmocka_unit_test(test_flips),
        cmocka_unit_test(test_new_seed_is_another_episode),
        cmocka_unit_test(test_same_seed_again),
        cmocka_unit_test(test_latched_repeats_change_nothing),
        cmocka_unit_test(test_corrupt_frames_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
