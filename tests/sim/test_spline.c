/* Splines by the clock: keys exact, slopes as the header says, all three ends. */
#include "sim/spline.h"

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

static const struct spline_key zigzag[] = {{0, {0, 0}}, {1, {1, 0}}, {4, {3, 2}}, {6, {4, -1}}};
static const struct spline_key even[] = {{2, {0, 0}}, {3, {1, 0}}, {5, {3, 0}}, {10, {8, 0}}};
static const struct spline_key square_of_4[] = {{0, {0, 0}}, {0, {4, 0}}, {0, {4, 4}}, {0, {0, 4}}, {0, {0, 0}}};

static void a_key_is_met_to_the_bit(void **state)
{
    (void)state;
    for (int pace = SPLINE_TIMED; pace <= SPLINE_COUNTED; pace++)
        for (int end = SPLINE_RETURNS; end <= SPLINE_STOPS; end++) {
            struct spline *spline = spline_create(&(struct spline_def){.pace = (enum spline_pace)pace,
                .end = (enum spline_end)end, .keys = zigzag, .key_count = COUNT_OF(zigzag)});
            for (size_t i = 0; i + 1 < COUNT_OF(zigzag); i++) {
                struct vec2 got = spline_at(spline, zigzag[i].t_s).at;
                assert_memory_equal(&got, &zigzag[i].at, sizeof got);
                got = spline_at(spline, end == SPLINE_REPEATS ? zigzag[i].t_s + 6 : 6).at;
                const struct vec2 *want = end == SPLINE_REPEATS ? &zigzag[i].at : &zigzag[3].at;
                assert_memory_equal(&got, want, sizeof got);
            }
            spline_destroy(&spline);
        }
}

static void even_gaps_in_time_are_a_uniform_motion(void **state)
{
    (void)state;
    struct spline *spline = spline_create(&(struct spline_def){.end = SPLINE_RETURNS, .keys = even, .key_count = 4});
    for (int i = 0; i <= 80; i++) {
        struct spline_point p = spline_at(spline, 2 + i * 0.1), back = spline_at(spline, 18 - i * 0.1);
        assert_point(p.at, i * 0.1, 0, 1e-12);
        assert_point(p.velocity_mps, 1, 0, 1e-12);
        assert_point(back.at, i * 0.1, 0, 1e-12);
        assert_point(back.velocity_mps, i && i < 80 ? -1 : back.velocity_mps.x, 0, 1e-12);
    }
    assert_point(spline_at(spline, 0).at, 0, 0, 0); /* it waits for its first key */
    assert_point(spline_at(spline, 18 + 3.5).at, 3.5, 0, 1e-12);
    assert_true(spline_duration_s(spline) == 8);
    spline_destroy(&spline);
}

/* By hand, in the formulas of Gazebo's PoseAnimation: slopes (0.5, 0), (1.5, 1), (1.5, -0.5), (0.5, -1.5). */
static void counted_keys_bend_as_gazebo_bends_them(void **state)
{
    (void)state;
    struct spline *spline = spline_create(&(struct spline_def){
        .pace = SPLINE_COUNTED, .end = SPLINE_STOPS, .keys = zigzag, .key_count = COUNT_OF(zigzag)});
    assert_point(spline_at(spline, 0.5).at, 0.5 + 0.125 * (0.5 - 1.5), 0.125 * (0 - 1), 1e-12);
    assert_point(spline_at(spline, 2.5).at, 2 + 0.125 * (1.5 - 1.5), 1 + 0.125 * (1 + 0.5), 1e-12);
    assert_point(spline_at(spline, 5).at, 3.5 + 0.125 * (1.5 - 0.5), 0.5 + 0.125 * (-0.5 + 1.5), 1e-12);
    assert_point(spline_at(spline, 1.0).velocity_mps, 0.5, 1.0 / 3, 1e-12);
    assert_point(spline_at(spline, 7).at, 4, -1, 0);
    assert_point(spline_at(spline, 7).velocity_mps, 0, 0, 0);
    spline_destroy(&spline);
}

static void velocity_is_the_derivative(void **state)
{
    (void)state;
    for (int pace = SPLINE_TIMED; pace <= SPLINE_STEADY; pace++) {
        struct spline *spline = spline_create(&(struct spline_def){.pace = (enum spline_pace)pace, .keys = zigzag,
                                                               .key_count = COUNT_OF(zigzag), .speed_mps = 1.5});
        for (int i = 0; i < 200; i++) {
            double t = 0.0137 + i * 0.0531, h = 1e-6;
            struct vec2 a = spline_at(spline, t - h).at, b = spline_at(spline, t + h).at;
            struct vec2 slope = vec2_scale(vec2_sub(b, a), 0.5 / h);
            assert_point(spline_at(spline, t).velocity_mps, slope.x, slope.y, 1e-4);
        }
        spline_destroy(&spline);
    }
}

static void a_steady_spline_keeps_its_speed_and_closes_smoothly(void **state)
{
    (void)state;
    struct spline *spline = spline_create(&(struct spline_def){.pace = SPLINE_STEADY, .end = SPLINE_REPEATS,
                                                           .keys = square_of_4, .key_count = 5, .speed_mps = 0.8});
    double length = spline_length_m(spline), period = spline_duration_s(spline);
    assert_true(length > 16 && length < 2 * PI * 4 && fabs(period - length / 0.8) < 1e-9);
    double gone = 0;
    struct vec2 last = spline_at(spline, 0).at;
    for (int i = 1; i <= 4000; i++) {
        struct spline_point p = spline_at(spline, period * i / 4000);
        assert_true(fabs(vec2_length(p.velocity_mps) - 0.8) < 1e-12);
        gone += vec2_distance(p.at, last);
        assert_true(fabs(gone - 0.8 * period * i / 4000) < 1e-4);
        last = p.at;
    }
    for (size_t i = 0; i < spline_key_count(spline); i++)
        assert_point(spline_at(spline, spline_key(spline, i).t_s).at, square_of_4[i].at.x, square_of_4[i].at.y, 1e-9);
    struct vec2 in = spline_at(spline, period - 1e-7).velocity_mps, out = spline_at(spline, 1e-7).velocity_mps;
    assert_point(in, out.x, out.y, 1e-5);
    spline_destroy(&spline);
}

static void it_pauses_at_the_ends(void **state)
{
    (void)state;
    struct spline *spline = spline_create(&(struct spline_def){.keys = even, .key_count = 4, .pause_s = 3});
    static const struct {
        double t_s, x;
    } cases[] = {{10, 8}, {11, 8}, {13, 8}, {14, 7}, {21, 0}, {23, 0}, {24, 0}, {25, 1}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_point(spline_at(spline, cases[i].t_s).at, cases[i].x, 0, 1e-12);
    spline_destroy(&spline);
}

static void faults_are_named_with_their_key(void **state)
{
    (void)state;
    static const struct spline_key late[] = {{0, {0, 0}}, {2, {1, 0}}, {2, {2, 0}}},
                                   early[] = {{-1, {0, 0}}, {2, {1, 0}}},
                                   still[] = {{0, {0, 0}}, {0, {1, 1}}, {0, {1, 1}}},
                                   wild[] = {{0, {0, 0}}, {1, {HUGE_VAL, 0}}};
    static const struct {
        struct spline_def def;
        size_t key;
        const char *fault;
    } cases[] = {
        {{.keys = late, .key_count = 1}, 0, "a spline needs two keys at least"},
        {{.keys = late, .key_count = 3}, 2, "the times of keys must increase, from 0 or later"},
        {{.keys = early, .key_count = 2}, 0, "the times of keys must increase, from 0 or later"},
        {{.keys = wild, .key_count = 2}, 1, "a key's numbers must be finite"},
        {{.pace = SPLINE_STEADY, .keys = still, .key_count = 3, .speed_mps = 1}, 2,
         "two keys in a row are at the same place"},
        {{.pace = SPLINE_STEADY, .keys = still, .key_count = 2}, 0, "a spline's speed must be above zero"},
        {{.keys = late, .key_count = 2, .pause_s = -1}, 0, "a spline's pause must not be negative"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t key = 99;
        assert_string_equal(spline_fault(&cases[i].def, &key), cases[i].fault);
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
        cmocka_unit_test(a_steady_spline_keeps_its_speed_and_closes_smoothly),
        cmocka_unit_test(it_pauses_at_the_ends),
        cmocka_unit_test(faults_are_named_with_their_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
