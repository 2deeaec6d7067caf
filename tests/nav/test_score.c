#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "nav/score.h"

static void near(double got, double want) { assert_true(fabs(got - want) < 1e-12); }

static void test_sums_over_ticks(void **state)
{
    (void)state;
    struct score score;
    score_start(&score, (struct vec2){0, 0});
    score_update(&score, (struct vec2){3, 4}, 0.5, 0.3, false);
    score_update(&score, (struct vec2){3, 5}, 0.2, 0.4, true);
    near(score.path_length_m, 6);
    near(score.min_clearance_m, 0.2);
    near(score.mean_clearance_m, 0.35);
    near(score.position_rms_m, sqrt((0.09 + 0.16) / 2));
    near(score.shield_share, 0.5);
}

static void test_spl(void **state)
{
    (void)state;
    struct score score;
    score_start(&score, (struct vec2){0, 0});
    score_update(&score, (struct vec2){10, 0}, 1, 0, false);
    near(score_spl(&score, true, 8), 0.8);
    near(score_spl(&score, true, 12), 1); /* shorter than the reference is not better than perfect */
    near(score_spl(&score, false, 8), 0);
    near(score_spl(&score, true, 0), 0);
    near(score_spl(&score, true, (double)NAN), 0);
}

static void test_nothing_near_keeps_the_mean_finite(void **state)
{
    (void)state;
    struct score score;
    score_start(&score, (struct vec2){0, 0});
    score_update(&score, (struct vec2){0, 0}, HUGE_VAL, 0, false);
    assert_true(isinf(score.min_clearance_m));
    assert_true(isfinite(score.mean_clearance_m));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_over_ticks),
        cmocka_unit_test(test_spl),
        cmocka_unit_test(test_nothing_near_keeps_the_mean_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
