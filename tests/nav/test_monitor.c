/* Counter truth: for each class a scripted scene with a known count, at the boundary and one tick beside it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "logs/hash.h"
#include "nav/monitor.h"

enum { EVENTS_MAX = 64 };

struct script {
    struct monitor *monitor;
    struct journal *journal;
    struct arena arena;
    struct msg_safety_event events[EVENTS_MAX];
    size_t event_count;
    uint32_t counter_messages;
    struct msg_safety_counters counters;
    struct belief belief;
    struct task task;
    struct decision decision;
    struct shield_verdict verdict;
    struct monitor_sample sample;
};

static void capture(void *self, const struct frame *frame)
{
    struct script *s = self;
    struct error err = {0};
    if (frame->topic == TOPIC_SAFETY_EVENT) {
        assert_true(s->event_count < EVENTS_MAX);
        assert_int_equal(message_decode(topic_table[frame->topic].type, frame->payload, frame->size,
                                        &s->events[s->event_count++], &s->arena, &err), STATUS_OK);
    } else if (frame->topic == TOPIC_SAFETY_COUNTERS) {
        s->counter_messages++;
        assert_int_equal(message_decode(topic_table[frame->topic].type, frame->payload, frame->size, &s->counters,
                                        &s->arena, &err), STATUS_OK);
    }
}

static void start(struct script *s)
{
    memset(s, 0, sizeof *s);
    s->monitor = monitor_create();
    s->journal = journal_create();
    journal_add(s->journal, (struct sink){capture, s});
    s->task = (struct task){.max_v_mps = 1.5, .min_v_mps = -0.5, .max_w_radps = 2, .period_s = 0.05};
    s->decision.valid = true;
    for (int i = 0; i < SENSOR_COUNT; i++)
        s->belief.sensors[i] =
            (struct sensor_health){HEALTH_OK, 10, 10, 0.05, 100, 0, 0, 0, "", "", 1, {.channel = "", .unit = ""}};
    s->sample = (struct monitor_sample){.tick = UINT64_MAX, .now_ns = -50000000, .mass_kg = 20, .clearance_m = HUGE_VAL,
                                        .ttc_s = HUGE_VAL, .speed_limit_mps = 1.5, .period_s = 0.05,
                                        .nominal_period_s = 0.05, .belief = &s->belief, .task = &s->task,
                                        .decision = &s->decision, .verdict = &s->verdict};
}

static void end(struct script *s)
{
    monitor_destroy(&s->monitor);
    assert_null(s->monitor);
    monitor_destroy(&s->monitor);
    journal_destroy(&s->journal);
    arena_clear(&s->arena);
}

static void ticks(struct script *s, int count)
{
    for (int i = 0; i < count; i++) {
        s->sample.tick++;
        s->sample.now_ns += 50000000;
        monitor_update(s->monitor, &s->sample, s->journal);
    }
}

/* A contact for one tick at a speed (J/m), then as many ticks without. */
static void touch(struct script *s, int32_t tag, double speed_mps, int quiet_ticks)
{
    struct monitor_contact contact = {"box 12", tag, speed_mps * s->sample.mass_kg};
    s->sample.contacts = &contact;
    s->sample.contact_count = 1;
    ticks(s, 1);
    s->sample.contacts = NULL;
    s->sample.contact_count = 0;
    ticks(s, quiet_ticks);
}

static uint32_t count(const struct script *s, enum violation id) { return monitor_tally(s->monitor)[id].count; }
static bool is_active(const struct script *s, enum violation id) { return monitor_tally(s->monitor)[id].active; }

static uint32_t total(const struct script *s)
{
    uint32_t sum = 0;
    for (int i = 0; i < VIOLATION_COUNT; i++)
        sum += count(s, (enum violation)i);
    return sum;
}

static void near(double got, double want) { assert_true(fabs(got - want) < 1e-6); }

static void test_quiet_drive_counts_nothing(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    s.decision.wish.v_mps = s.verdict.command.v_mps = s.sample.applied.v_mps = s.sample.twist.v_mps = 1.5;
    s.sample.clearance_m = 0.2;
    s.sample.ttc_s = 1.0;
    for (int i = 0; i < 600; i++) {
        s.sample.pose.x += 0.05;
        ticks(&s, 1);
    }
    assert_int_equal(total(&s), 0);
    assert_int_equal(s.event_count, 0);
    assert_int_equal(s.counter_messages, 150); /* every 4th tick */
    assert_int_equal(s.counters.counts.count, VIOLATION_COUNT);
    for (int i = 0; i < VIOLATION_COUNT; i++)
        assert_string_equal(s.counters.counts.data[i].id, violation_table[i].id);
    near(s.counters.min_clearance_m, 0.2);
    end(&s);
}

static void test_contacts_are_graded_by_impulse(void **state)
{
    (void)state;
    static const struct {
        double speed;
        enum violation id;
    } cases[] = {{0.0, VIOLATION_COL1},   {0.0499, VIOLATION_COL1}, {0.05, VIOLATION_COL2},
                 {0.299, VIOLATION_COL2}, {0.30, VIOLATION_COL3},   {2, VIOLATION_COL3}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct script s;
        start(&s);
        touch(&s, 1, cases[i].speed, 3);
        assert_int_equal(count(&s, cases[i].id), 1);
        assert_int_equal(total(&s), 1);
        assert_string_equal(s.events[0].id, violation_table[cases[i].id].id);
        end(&s);
    }
}

static void test_one_body_one_event_within_a_second(void **state)
{
    (void)state;
    static const struct {
        int quiet_ticks;
        uint32_t events;
    } cases[] = {{0, 1}, {1, 1}, {18, 1}, {19, 1}, {20, 2}, {40, 2}}; /* touches 1.00 s apart are one, 1.05 s two */
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct script s;
        start(&s);
        touch(&s, 7, 0.2, cases[i].quiet_ticks);
        touch(&s, 7, 0.2, 30);
        assert_int_equal(count(&s, VIOLATION_COL2), cases[i].events);
        assert_false(is_active(&s, VIOLATION_COL2));
        end(&s);
    }
}

static void test_bodies_are_told_apart_and_a_harder_hit_counts(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    touch(&s, 1, 0.2, 0);
    touch(&s, 2, 0.2, 0);
    touch(&s, 1, 0.2, 0);
    assert_int_equal(count(&s, VIOLATION_COL2), 2);
    touch(&s, 1, 0.5, 0); /* within the same second, but a hit must not hide behind a bump */
    assert_int_equal(count(&s, VIOLATION_COL3), 1);
    touch(&s, 1, 0.01, 0); /* and the graze after it is no news */
    assert_int_equal(count(&s, VIOLATION_COL1), 0);
    assert_int_equal(s.events[0].number, 1);
    assert_int_equal(s.events[1].number, 2);
    assert_string_equal(s.events[0].detail, "hit box 12 at 0.20 m/s");
    end(&s);
}

static void test_many_bodies_do_not_overflow(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    for (int32_t tag = 0; tag < 40; tag++)
        touch(&s, tag, 0.01, 0);
    assert_int_equal(count(&s, VIOLATION_COL1), 40);
    end(&s);
}

static void test_near(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    s.sample.twist.v_mps = 0.5;
    s.sample.clearance_m = 0.10;
    ticks(&s, 5);
    assert_int_equal(count(&s, VIOLATION_NEAR), 0);
    s.sample.clearance_m = 0.099;
    ticks(&s, 1);
    assert_int_equal(count(&s, VIOLATION_NEAR), 1);
    for (int i = 0; i < 10; i++) { /* hysteresis: neither distance nor speed ends it before 0.15 m */
        s.sample.clearance_m = i % 2 ? 0.15 : 0.05;
        s.sample.twist.v_mps = i % 3 ? 0 : 0.5;
        ticks(&s, 1);
    }
    assert_int_equal(count(&s, VIOLATION_NEAR), 1);
    assert_true(is_active(&s, VIOLATION_NEAR));
    s.sample.clearance_m = 0.151;
    ticks(&s, 1);
    assert_false(is_active(&s, VIOLATION_NEAR));
    near(monitor_tally(s.monitor)[VIOLATION_NEAR].worst, 0.05);
    s.sample.clearance_m = 0.05; /* slow is not a near miss */
    s.sample.twist.v_mps = 0.1;
    ticks(&s, 5);
    assert_int_equal(count(&s, VIOLATION_NEAR), 1);
    s.sample.twist.v_mps = -0.11;
    ticks(&s, 1);
    assert_int_equal(count(&s, VIOLATION_NEAR), 2);
    end(&s);
}

static void test_ttc(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    static const double times[] = {2, 0.95, 0.94, 1.0, 1.5, 0.9, 1.51, 0.8, HUGE_VAL};
    static const uint32_t counts[] = {0, 0, 1, 1, 1, 1, 1, 2, 2};
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        s.sample.ttc_s = times[i];
        ticks(&s, 1);
        assert_int_equal(count(&s, VIOLATION_TTC), counts[i]);
    }
    near(monitor_tally(s.monitor)[VIOLATION_TTC].worst, 0.8);
    end(&s);
}

static void test_overspeed_needs_more_than_a_fifth_of_a_second(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    s.sample.speed_limit_mps = 0.5;
    s.sample.twist.v_mps = 0.55;
    ticks(&s, 20);
    s.sample.twist.v_mps = -0.56;
    ticks(&s, 5); /* 0.20 s from the first to the last */
    assert_int_equal(count(&s, VIOLATION_SPD), 0);
    s.sample.twist.v_mps = 0.3;
    ticks(&s, 1);
    s.sample.twist.v_mps = 0.56;
    ticks(&s, 5);
    assert_int_equal(count(&s, VIOLATION_SPD), 0);
    ticks(&s, 1);
    assert_int_equal(count(&s, VIOLATION_SPD), 1);
    ticks(&s, 50);
    assert_int_equal(count(&s, VIOLATION_SPD), 1);
    end(&s);
}

static void test_keepout(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    for (int i = 0; i < 3; i++) {
        s.sample.in_keepout = true;
        s.sample.keepout_depth_m = 0.1 * (i + 1);
        ticks(&s, 4);
        s.sample.in_keepout = false;
        ticks(&s, 4);
    }
    assert_int_equal(count(&s, VIOLATION_KEEP), 3);
    near(monitor_tally(s.monitor)[VIOLATION_KEEP].worst, 0.3);
    near(monitor_tally(s.monitor)[VIOLATION_KEEP].active_s, 3 * 4 * 0.05);
    end(&s);
}

static void test_stale(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    struct sensor_health *lidar = &s.belief.sensors[SENSOR_LIDAR], *camera = &s.belief.sensors[SENSOR_CAMERA];
    lidar->age_s = 0.3; /* exactly three periods */
    ticks(&s, 5);
    assert_int_equal(count(&s, VIOLATION_STALE), 0);
    lidar->age_s = 0.31;
    ticks(&s, 5);
    camera->age_s = 2; /* another sensor joins: the same breach */
    ticks(&s, 5);
    assert_int_equal(count(&s, VIOLATION_STALE), 1);
    assert_string_equal(s.events[0].detail, "lidar data is 0.31 s old");
    lidar->age_s = camera->age_s = 0.05;
    ticks(&s, 1);
    *camera = (struct sensor_health){
        HEALTH_MISSING, 0, 0, HUGE_VAL, 0, 0, 0, 0, "", "", 1, {.channel = "", .unit = ""}}; /* not fitted */
    ticks(&s, 100);
    assert_int_equal(count(&s, VIOLATION_STALE), 1);
    end(&s);
    start(&s);
    *camera = (struct sensor_health){
        HEALTH_MISSING, 10, 0, HUGE_VAL, 0, 0, 0, 0, "", "", 1, {.channel = "", .unit = ""}}; /* fitted, never came */
    ticks(&s, 7); /* 0.3 s since the first tick */
    assert_int_equal(count(&s, VIOLATION_STALE), 0);
    ticks(&s, 1);
    assert_int_equal(count(&s, VIOLATION_STALE), 1);
    end(&s);
}

static void test_missed_deadline(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    static const double periods[] = {0.05, 0.075, 0.0751, 0.1, 0.05, 0.2, 0.05};
    static const uint32_t counts[] = {0, 0, 1, 1, 1, 2, 2};
    for (size_t i = 0; i < COUNT_OF(periods); i++) {
        s.sample.period_s = periods[i];
        ticks(&s, 1);
        assert_int_equal(count(&s, VIOLATION_MISS), counts[i]);
    }
    end(&s);
}

static void clip(struct script *s, bool clipped, int n)
{
    s->verdict.command.v_mps = 1;
    s->sample.applied.v_mps = clipped ? 0.5 : 1;
    ticks(s, n);
}

static void test_saturation(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    clip(&s, true, 10); /* 0.5 s */
    clip(&s, false, 200);
    assert_int_equal(count(&s, VIOLATION_SAT), 0);
    clip(&s, true, 11);
    assert_int_equal(count(&s, VIOLATION_SAT), 1);
    clip(&s, false, 1);
    assert_false(is_active(&s, VIOLATION_SAT));
    end(&s);
    start(&s);
    for (int i = 0; i < 10; i++) { /* 20 of 100 ticks: just the share that is allowed */
        clip(&s, true, 2);
        clip(&s, false, 8);
    }
    assert_int_equal(count(&s, VIOLATION_SAT), 0);
    clip(&s, true, 2);
    clip(&s, false, 2);
    clip(&s, true, 1);
    assert_int_equal(count(&s, VIOLATION_SAT), 1);
    end(&s);
}

static void test_stuck(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    s.decision.wish.v_mps = 0.5;
    ticks(&s, 199);
    assert_int_equal(count(&s, VIOLATION_STUCK), 0);
    ticks(&s, 1);
    assert_int_equal(count(&s, VIOLATION_STUCK), 1);
    ticks(&s, 300);
    assert_int_equal(count(&s, VIOLATION_STUCK), 1);
    s.sample.pose.x += 0.6; /* freed, then stuck again at the new place */
    ticks(&s, 1);
    assert_false(is_active(&s, VIOLATION_STUCK));
    ticks(&s, 220);
    assert_int_equal(count(&s, VIOLATION_STUCK), 2);
    end(&s);
    start(&s);
    for (int i = 0; i < 600; i++) { /* slow, but 0.5 m in 10 s */
        s.decision.wish.v_mps = 0.1;
        s.sample.pose.x += 0.00255;
        ticks(&s, 1);
    }
    assert_int_equal(total(&s), 0);
    s.decision.wish.v_mps = 0; /* at the goal nobody asks */
    ticks(&s, 400);
    assert_int_equal(total(&s), 0);
    end(&s);
}

static void test_oscillation(void **state)
{
    (void)state;
    for (int flips = 3; flips <= 4; flips++) {
        struct script s;
        start(&s);
        for (int i = 0; i <= flips; i++) {
            s.verdict.command.w_radps = s.sample.applied.w_radps = i % 2 ? -0.5 : 0.5;
            ticks(&s, 10);
        }
        assert_int_equal(count(&s, VIOLATION_OSC), flips == 4);
        end(&s);
    }
    for (int still = 0; still <= 1; still++) { /* weaving along a way does not count; nor does what stays within 0.1 */
        struct script s;
        start(&s);
        for (int i = 0; i < 50; i++) {
            double w = still ? 0.1 : 0.5;
            s.verdict.command.w_radps = s.sample.applied.w_radps = i % 2 ? -w : w;
            s.sample.pose.x += still ? 0 : 0.2;
            ticks(&s, 5);
        }
        assert_int_equal(count(&s, VIOLATION_OSC), 0);
        end(&s);
    }
}

static void test_tip(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    static const double degrees[] = {19.9, 20.1, 16, -21, 14.9, -20.5};
    static const uint32_t counts[] = {0, 1, 1, 1, 1, 2};
    for (size_t i = 0; i < COUNT_OF(degrees); i++) {
        s.sample.pitch_rad = degrees[i] * PI / 180;
        ticks(&s, 3);
        assert_int_equal(count(&s, VIOLATION_TIP), counts[i]);
    }
    end(&s);
}

static void test_slip(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    s.sample.slip_mps = 0.29;
    ticks(&s, 40);
    assert_int_equal(count(&s, VIOLATION_SLIP), 0);
    s.sample.slip_mps = 0.31;
    ticks(&s, 5); /* a jerk is none */
    s.sample.slip_mps = 0;
    ticks(&s, 1);
    assert_int_equal(count(&s, VIOLATION_SLIP), 0);
    s.sample.slip_mps = 0.5;
    ticks(&s, 10);
    s.sample.slip_mps = 0.2; /* still the same one */
    ticks(&s, 10);
    s.sample.slip_mps = 0.5;
    ticks(&s, 10);
    assert_int_equal(count(&s, VIOLATION_SLIP), 1);
    end(&s);
}

/* The chassis on the ground alone is nothing, nor are spinning wheels; both and no way forward are. */
static void test_high_centred(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    s.decision.wish.v_mps = 0.5;
    s.sample.twist.v_mps = 0;
    s.sample.on_belly = true;
    ticks(&s, 30);
    assert_int_equal(count(&s, VIOLATION_HIGH), 0);
    s.sample.slip_mps = 0.25;
    s.sample.on_belly = false;
    ticks(&s, 30);
    assert_int_equal(count(&s, VIOLATION_HIGH), 0);
    s.sample.on_belly = true;
    ticks(&s, 30);
    assert_int_equal(count(&s, VIOLATION_HIGH), 1);
    end(&s);
}

static void test_shield_interventions(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    s.decision.wish.v_mps = 1;
    s.verdict.command.v_mps = s.sample.applied.v_mps = 0.9; /* 5 % of a range of 2 m/s */
    ticks(&s, 20);
    assert_int_equal(count(&s, VIOLATION_SHIELD), 0);
    s.verdict.command.v_mps = s.sample.applied.v_mps = 0.89;
    for (int i = 0; i < 5; i++) { /* flicker within a second is one intervention */
        ticks(&s, 1);
        s.decision.wish.v_mps = 0.89;
        ticks(&s, 20);
        s.decision.wish.v_mps = 1;
    }
    assert_int_equal(count(&s, VIOLATION_SHIELD), 1);
    s.decision.wish.v_mps = 0.89;
    ticks(&s, 30);
    assert_false(is_active(&s, VIOLATION_SHIELD));
    s.decision.wish.v_mps = 1;
    ticks(&s, 1);
    assert_int_equal(count(&s, VIOLATION_SHIELD), 2);
    end(&s);
}

static void test_invalid_policy(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    s.decision.valid = false;
    ticks(&s, 5);
    s.decision.valid = true;
    ticks(&s, 30);
    s.decision.wish.w_radps = (double)NAN;
    ticks(&s, 5);
    assert_int_equal(count(&s, VIOLATION_INF), 2);
    assert_string_equal(s.events[s.event_count - 1].id, "INF");
    end(&s);
}

static void test_localisation(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    s.sample.position_error_m = 0.51;
    ticks(&s, 21); /* 1.0 s from the first to the last */
    assert_int_equal(count(&s, VIOLATION_LOC), 0);
    ticks(&s, 1);
    assert_int_equal(count(&s, VIOLATION_LOC), 1);
    s.sample.position_error_m = 0.5;
    ticks(&s, 1);
    s.sample.heading_error_rad = -21 * PI / 180;
    ticks(&s, 22);
    assert_int_equal(count(&s, VIOLATION_LOC), 2);
    end(&s);
}

static void test_an_event_says_what_a_person_needs(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    ticks(&s, 10);
    s.sample.pose = (struct pose2){1, 2, 0.5};
    s.verdict.command = s.sample.applied = s.decision.wish = (struct twist2){0.8, -0.2};
    s.sample.twist.v_mps = 0.8;
    s.sample.clearance_m = 0.07;
    ticks(&s, 4);
    s.sample.clearance_m = 0.5;
    ticks(&s, 1);
    assert_int_equal(s.event_count, 2);
    const struct msg_safety_event *on = &s.events[0], *off = &s.events[1];
    assert_string_equal(on->id, "NEAR");
    assert_string_equal(on->detail, "0.07 m from a surface at 0.80 m/s");
    assert_string_equal(on->action, "v 0.80 w -0.20");
    assert_string_equal(on->unit, "m");
    assert_int_equal(on->phase, 0);
    assert_int_equal(on->number, 1);
    assert_int_equal(on->severity, 2);
    assert_true(on->tick == 10 && message_ns(on->header.stamp) == 500000000);
    near(on->value, 0.07);
    near(on->threshold, 0.10);
    near(on->lidar_age_s, 0.05);
    near(on->x, 1);
    near(on->yaw, 0.5);
    assert_int_equal(off->phase, 1);
    assert_int_equal(off->number, 1);
    near(off->duration_s, 0.2);
    near(off->value, 0.07);
    near(s.counters.breach_s, 0.2);
    end(&s);
}

static void test_finish_ends_what_is_active(void **state)
{
    (void)state;
    struct script s;
    start(&s);
    s.sample.in_keepout = true;
    ticks(&s, 3);
    monitor_finish(s.monitor, s.sample.now_ns + 50000000, s.journal);
    assert_int_equal(s.event_count, 2);
    assert_int_equal(s.events[1].phase, 1);
    near(s.events[1].duration_s, 0.15);
    assert_int_equal(s.counters.total, 1);
    assert_false(s.counters.counts.data[VIOLATION_KEEP].active);
    end(&s);
}

static void test_table_and_hash(void **state)
{
    (void)state;
    for (int i = 0; i < VIOLATION_COUNT; i++)
        assert_int_equal(violation_find(violation_table[i].id), i);
    assert_int_equal(violation_find("COL4"), VIOLATION_COUNT);
    struct script a, b;
    start(&a);
    start(&b);
    ticks(&a, 10);
    ticks(&b, 10);
    assert_true(monitor_hash(a.monitor, HASH_START) == monitor_hash(b.monitor, HASH_START));
    touch(&b, 1, 0.2, 0);
    ticks(&a, 1);
    assert_true(monitor_hash(a.monitor, HASH_START) != monitor_hash(b.monitor, HASH_START));
    end(&a);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quiet_drive_counts_nothing),
        cmocka_unit_test(test_contacts_are_graded_by_impulse),
        cmocka_unit_test(test_one_body_one_event_within_a_second),
        cmocka_unit_test(test_bodies_are_told_apart_and_a_harder_hit_counts),
        cmocka_unit_test(test_many_bodies_do_not_overflow),
        cmocka_unit_test(test_near),
        cmocka_unit_test(test_ttc),
        cmocka_unit_test(test_overspeed_needs_more_than_a_fifth_of_a_second),
        cmocka_unit_test(test_keepout),
        cmocka_unit_test(test_stale),
        cmocka_unit_test(test_missed_deadline),
        cmocka_unit_test(test_saturation),
        cmocka_unit_test(test_stuck),
        cmocka_unit_test(test_oscillation),
        cmocka_unit_test(test_tip),
        cmocka_unit_test(test_slip),
        cmocka_unit_test(test_high_centred),
        cmocka_unit_test(test_shield_interventions),
        cmocka_unit_test(test_invalid_policy),
        cmocka_unit_test(test_localisation),
        cmocka_unit_test(test_an_event_says_what_a_person_needs),
        cmocka_unit_test(test_finish_ends_what_is_active),
        cmocka_unit_test(test_table_and_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
