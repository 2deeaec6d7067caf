/* Splines by the clock: keys exact, slopes as the header says, all three ends. */
#include "sim/track.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <string.h>

#include "logs/status.h"

static void assert_point(struct vec2 got, double x, double y, double within)
{
    if (!(fabs(got.x - x) <= within && fabs(got.y - y) <= within))
        print_error("(%.12g, %.12g) is not (%.12g, %.12g)\n", got.x, got.y, x, y);
    assert_true(fabs(got.x - x) <= within && fabs(got.y - y) <= within);
}

static const struct track_key zigzag[] = {{0, {0, 0}}, {1, {1, 0}}, {4, {3, 2}}, {6, {4, -1}}};
static const struct track_key even[] = {{2, {0, 0}}, {3, {1, 0}}, {5, {3, 0}}, {10, {8, 0}}};
static const struct track_key square_of_4[] = {{0, {0, 0}}, {0, {4, 0}}, {0, {4, 4}}, {0, {0, 4}}, {0, {0, 0}}};

static void a_key_is_met_to_the_bit(void **state)
{
    (void)state;
    for (int pace = TRACK_TIMED; pace <= TRACK_COUNTED; pace++)
        for (int end = TRACK_RETURNS; end <= TRACK_STOPS; end++) {
            struct track *track = track_create(&(struct track_def){.pace = (enum track_pace)pace,
                .end = (enum track_end)end, .keys = zigzag, .key_count = COUNT_OF(zigzag)});
            for (size_t i = 0; i + 1 < COUNT_OF(zigzag); i++) {
                struct vec2 got = track_at(track, zigzag[i].t_s).at;
                assert_memory_equal(&got, &zigzag[i].at, sizeof got);
                got = track_at(track, end == TRACK_REPEATS ? zigzag[i].t_s + 6 : 6).at;
                const struct vec2 *want = end == TRACK_REPEATS ? &zigzag[i].at : &zigzag[3].at;
                assert_memory_equal(&got, want, sizeof got);
            }
            track_destroy(&track);
        }
}

static void even_gaps_in_time_are_a_uniform_motion(void **state)
{
    (void)state;
    struct track *track = track_create(&(struct track_def){.end = TRACK_RETURNS, .keys = even, .key_count = 4});
    for (int i = 0; i <= 80; i++) {
        struct track_point p = track_at(track, 2 + i * 0.1), back = track_at(track, 18 - i * 0.1);
        assert_point(p.at, i * 0.1, 0, 1e-12);
        assert_point(p.velocity_mps, 1, 0, 1e-12);
        assert_point(back.at, i * 0.1, 0, 1e-12);
        assert_point(back.velocity_mps, i && i < 80 ? -1 : back.velocity_mps.x, 0, 1e-12);
    }
    assert_point(track_at(track, 0).at, 0, 0, 0); /* it waits for its first key */
    assert_point(track_at(track, 18 + 3.5).at, 3.5, 0, 1e-12);
    assert_true(track_duration_s(track) == 8);
    track_destroy(&track);
}

/* By hand, in the formulas of Gazebo's PoseAnimation: slopes (0.5, 0), (1.5, 1), (1.5, -0.5), (0.5, -1.5). */
static void counted_keys_bend_as_gazebo_bends_them(void **state)
{
    (void)state;
    struct track *track = track_create(&(struct track_def){.pace = TRACK_COUNTED, .end = TRACK_STOPS, .keys = zigzag,
                                                           .key_count = COUNT_OF(zigzag)});
    assert_point(track_at(track, 0.5).at, 0.5 + 0.125 * (0.5 - 1.5), 0.125 * (0 - 1), 1e-12);
    assert_point(track_at(track, 2.5).at, 2 + 0.125 * (1.5 - 1.5), 1 + 0.125 * (1 + 0.5), 1e-12);
    assert_point(track_at(track, 5).at, 3.5 + 0.125 * (1.5 - 0.5), 0.5 + 0.125 * (-0.5 + 1.5), 1e-12);
    assert_point(track_at(track, 1.0).velocity_mps, 0.5, 1.0 / 3, 1e-12);
    assert_point(track_at(track, 7).at, 4, -1, 0);
    assert_point(track_at(track, 7).velocity_mps, 0, 0, 0);
    track_destroy(&track);
}

static void velocity_is_the_derivative(void **state)
{
    (void)state;
    for (int pace = TRACK_TIMED; pace <= TRACK_STEADY; pace++) {
        struct track *track = track_create(&(struct track_def){.pace = (enum track_pace)pace, .keys = zigzag,
                                                               .key_count = COUNT_OF(zigzag), .speed_mps = 1.5});
        for (int i = 0; i < 200; i++) {
            double t = 0.0137 + i * 0.0531, h = 1e-6;
            struct vec2 a = track_at(track, t - h).at, b = track_at(track, t + h).at;
            struct vec2 slope = vec2_scale(vec2_sub(b, a), 0.5 / h);
            assert_point(track_at(track, t).velocity_mps, slope.x, slope.y, 1e-4);
        }
        track_destroy(&track);
    }
}

static void a_steady_track_keeps_its_speed_and_closes_smoothly(void **state)
{
    (void)state;
    struct track *track = track_create(&(struct track_def){.pace = TRACK_STEADY, .end = TRACK_REPEATS,
                                                           .keys = square_of_4, .key_count = 5, .speed_mps = 0.8});
    double length = track_length_m(track), period = track_duration_s(track);
    assert_true(length > 16 && length < 2 * PI * 4 && fabs(period - length / 0.8) < 1e-9);
    double gone = 0;
    struct vec2 last = track_at(track, 0).at;
    for (int i = 1; i <= 4000; i++) {
        struct track_point p = track_at(track, period * i / 4000);
        assert_true(fabs(vec2_length(p.velocity_mps) - 0.8) < 1e-12);
        gone += vec2_distance(p.at, last);
        assert_true(fabs(gone - 0.8 * period * i / 4000) < 1e-4);
        last = p.at;
    }
    for (size_t i = 0; i < track_key_count(track); i++)
        assert_point(track_at(track, track_key(track, i).t_s).at, square_of_4[i].at.x, square_of_4[i].at.y, 1e-9);
    struct vec2 in = track_at(track, period - 1e-7).velocity_mps, out = track_at(track, 1e-7).velocity_mps;
    assert_point(in, out.x, out.y, 1e-5);
    track_destroy(&track);
}

static void it_pauses_at_the_ends(void **state)
{
    (void)state;
    struct track *track = track_create(&(struct track_def){.keys = even, .key_count = 4, .pause_s = 3});
    static const struct { double t_s, x; } cases[] = {{10, 8}, {11, 8}, {13, 8}, {14, 7}, {21, 0}, {23, 0}, {24, 0}, {25, 1}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_point(track_at(track, cases[i].t_s).at, cases[i].x, 0, 1e-12);
    track_destroy(&track);
}

static void faults_are_named_with_their_key(void **state)
{
    (void)state;
    static const struct track_key late[] = {{0, {0, 0}}, {2, {1, 0}}, {2, {2, 0}}}, early[] = {{-1, {0, 0}}, {2, {1, 0}}},
                                  still[] = {{0, {0, 0}}, {0, {1, 1}}, {0, {1, 1}}}, wild[] = {{0, {0, 0}}, {1, {HUGE_VAL, 0}}};
    static const struct {
        struct track_def def;
        size_t key;
        const char *fault;
    } cases[] = {
        {{.keys = late, .key_count = 1}, 0, "a track needs two keys at least"},
        {{.keys = late, .key_count = 3}, 2, "the times of keys must increase, from 0 or later"},
        {{.keys = early, .key_count = 2}, 0, "the times of keys must increase, from 0 or later"},
        {{.keys = wild, .key_count = 2}, 1, "a key's numbers must be finite"},
        {{.pace = TRACK_STEADY, .keys = still, .key_count = 3, .speed_mps = 1}, 2,
         "two keys in a row are at the same place"},
        {{.pace = TRACK_STEADY, .keys = still, .key_count = 2}, 0, "a track's speed must be above zero"},
        {{.keys = late, .key_count = 2, .pause_s = -1}, 0, "a track's pause must not be negative"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t key = 99;
        assert_string_equal(track_fault(&cases[i].def, &key), cases[i].fault);
        assert_int_equal(key, cases[i].key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_met_to_the_bit),
        cmocka_unit_test(even_gaps_in_time_are_a_uniform_motion),
        cmocka_unit_test(counted_keys_bend_as_gazebo_bends_them),
        cmocka_unit_test(velocity_is_the_derivative),
        cmocka_unit_test(a_steady_track_keeps_its_speed_and_closes_smoothly),
        cmocka_unit_test(it_pauses_at_the_ends),
        cmocka_unit_test(faults_are_named_with_their_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
