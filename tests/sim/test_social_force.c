/* The law itself at configurations worked out by hand, and against the slope of its own potential. */
#include "sim/social_force.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "logs/param.h"
#include "sim/obstacle.h"

static struct pedestrian_config config_default(void)
{
    struct pedestrian_config config;
    for (size_t i = 0; i < scenario_section_count; i++)
        if (scenario_section_table[i].offset == offsetof(struct scenario, pedestrians))
            param_defaults(scenario_section_table[i].rows, scenario_section_table[i].row_count, &config);
    return config;
}

static void assert_vector(struct vec2 got, double x, double y, double within)
{
    if (!(fabs(got.x - x) <= within && fabs(got.y - y) <= within))
        print_error("(%.12g, %.12g) is not (%.12g, %.12g)\n", got.x, got.y, x, y);
    assert_true(fabs(got.x - x) <= within && fabs(got.y - y) <= within);
}

static void the_goal_pulls_towards_ones_own_speed(void **state)
{
    (void)state;
    struct pedestrian_config c = config_default();
    assert_vector(force_goal(&c, (struct vec2){1, 0}, 1.34, (struct vec2){0, 0}), 2.68, 0, 1e-12);
    assert_vector(force_goal(&c, (struct vec2){1, 0}, 1.34, (struct vec2){1.34, 0.5}), 0, -1, 1e-12);
    assert_vector(force_goal(&c, (struct vec2){0, 1}, 0, (struct vec2){0.6, 0}), -1.2, 0, 1e-12);
}

/* Someone who stands has circles for ellipses: V0 / sigma exp(-r / sigma) = 7 e^-2 at 0.6 m. */
static void somebody_standing_pushes_like_a_circle(void **state)
{
    (void)state;
    struct pedestrian_config c = config_default();
    double push = 7 * exp(-2);
    assert_vector(force_person(&c, (struct vec2){0.6, 0}, (struct vec2){0, 0}), push, 0, 1e-12);
    assert_vector(force_person(&c, (struct vec2){0.36, -0.48}, (struct vec2){0, 0}), 0.6 * push, -0.8 * push, 1e-12);
    assert_vector(force_person(&c, (struct vec2){9, 0}, (struct vec2){0, 0}), 0, 0, 0);
}

/* r = (1, 0), next step s = (0, 1): foci sum 1 + sqrt 2, 2b = sqrt((1 + sqrt 2)^2 - 1), by hand. */
static void somebody_walking_pushes_like_an_ellipse(void **state)
{
    (void)state;
    struct pedestrian_config c = config_default();
    double sum = 1 + sqrt(2), b = sqrt(sum * sum - 1) / 2, push = 7 * exp(-b / 0.3), share = sum / (4 * b);
    assert_vector(force_person(&c, (struct vec2){1, 0}, (struct vec2){0, 0.5}), push * share * (1 + sqrt(0.5)),
                  push * share * -sqrt(0.5), 1e-12);
}

static double potential(const struct pedestrian_config *c, struct vec2 r, struct vec2 velocity)
{
    struct vec2 step = vec2_scale(velocity, c->step_s);
    double sum = vec2_length(r) + vec2_length(vec2_sub(r, step));
    return c->repulsion_m2ps2 * exp(-sqrt(sum * sum - vec2_dot(step, step)) / 2 / c->repulsion_range_m);
}

static void a_push_is_the_slope_of_its_potential(void **state)
{
    (void)state;
    struct pedestrian_config c = config_default();
    const double h = 1e-6;
    for (int i = 0; i < 200; i++) {
        struct vec2 r = {cos(i * 0.7) * (0.4 + i * 0.01), sin(i * 0.7) * (0.4 + i * 0.01)};
        struct vec2 v = {cos(i * 1.3) * 0.9, sin(i * 1.3) * 0.9}, got = force_person(&c, r, v);
        if (got.x == 0 && got.y == 0)
            continue;
        double dx = potential(&c, (struct vec2){r.x + h, r.y}, v) - potential(&c, (struct vec2){r.x - h, r.y}, v);
        double dy = potential(&c, (struct vec2){r.x, r.y + h}, v) - potential(&c, (struct vec2){r.x, r.y - h}, v);
        assert_vector(got, -dx / (2 * h), -dy / (2 * h), 1e-5 * (1 + vec2_length(got)));
    }
}

static void a_wall_pushes_off_exponentially(void **state)
{
    (void)state;
    struct pedestrian_config c = config_default();
    assert_vector(force_wall(&c, (struct vec2){0, 1}, 0.4), 0, 50 * exp(-2), 1e-12);
    assert_vector(force_wall(&c, (struct vec2){0, 1}, -1), 0, 50, 1e-12);
}

static void sight_weighs_and_turns(void **state)
{
    (void)state;
    struct pedestrian_config c = config_default();
    const struct vec2 e = {1, 0};
    assert_vector(force_seen(&c, e, (struct vec2){2, 0}), 1, 0, 1e-12); /* from behind: half */
    assert_vector(force_seen(&c, e, (struct vec2){0, 2}), 0, 2, 1e-9);  /* from the side: all */
    struct vec2 ahead = force_seen(&c, e, (struct vec2){-2, 0});        /* head on: all, and turned to my right */
    assert_vector(ahead, -2 * cos(0.5), -2 * sin(0.5), 1e-12);
    c.side_rad = 0;
    assert_vector(force_seen(&c, e, (struct vec2){-2, 0}), -2, 0, 1e-12);
}

static void a_group_pulls_pushes_and_waits(void **state)
{
    (void)state;
    struct pedestrian_config c = config_default();
    const struct vec2 e = {1, 0}, at = {0, 0}, v = {1, 0};
    /* One other 4 m to the left: the middle is 2 m away, farther than half a metre; abreast, so no gaze. */
    assert_vector(force_group(&c, at, e, v, &(struct vec2){0, 4}, 1), 0, 3, 1e-9);
    assert_vector(force_group(&c, at, e, v, &(struct vec2){0, 0.8}, 1), 0, 0, 1e-9);
    assert_vector(force_group(&c, at, e, v, &(struct vec2){0, 0.5}, 1), 0, -1, 1e-9);
    /* Right behind: the head would turn by 90 degrees more. */
    assert_vector(force_group(&c, at, e, v, &(struct vec2){-0.9, 0}, 1), -4 * PI / 2, 0, 1e-9);
}

static void gaps_are_exact(void **state)
{
    (void)state;
    const struct pose2 box = {2, 1, PI / 2};
    static const struct { struct vec2 p; double distance_m, x, y;
    } cases[] = {
        {{2, 3}, 1, 0, 1},      {{4, 1}, 1.5, 1, 0},     {{2.5 + 3, 2 + 4}, 5, 0.6, 0.8},
        {{2.4, 1}, -0.1, 1, 0}, {{2, 0.2}, -0.2, 0, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gap gap = gap_rectangle(box, 2, 1, 0, cases[i].p);
        assert_true(fabs(gap.distance_m - cases[i].distance_m) < 1e-12);
        assert_vector(gap.away, cases[i].x, cases[i].y, 1e-12);
    }
    assert_true(fabs(gap_rectangle(box, 0, 0, 0.5, (struct vec2){5, 5}).distance_m - 4.5) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_goal_pulls_towards_ones_own_speed),
        cmocka_unit_test(somebody_standing_pushes_like_a_circle),
        cmocka_unit_test(somebody_walking_pushes_like_an_ellipse),
        cmocka_unit_test(a_push_is_the_slope_of_its_potential),
        cmocka_unit_test(a_wall_pushes_off_exponentially),
        cmocka_unit_test(sight_weighs_and_turns),
        cmocka_unit_test(a_group_pulls_pushes_and_waits),
        cmocka_unit_test(gaps_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
