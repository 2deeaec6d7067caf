/* Plots: the same bytes twice, lines broken where values are missing, and no data that upsets them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "logs/memory.h"
#include "tui/plot.h"

static size_t count_of(const struct bytes *text, const char *word)
{
    size_t count = 0;
    for (const char *at = (const char *)text->data; (at = strstr(at, word)); at++)
        count++;
    return count;
}

static struct bytes svg_of(const struct plot *plot)
{
    struct bytes text = {0};
    plot_svg(plot, &text);
    bytes_put_u8(&text, 0);
    return text;
}

static void test_svg(void **state)
{
    (void)state;
    const double x[] = {0, 1, 2, 3, 4, 5}, y[] = {1, 2, (double)NAN, 4, (double)INFINITY, 6};
    struct plot plot = {"a<b & c\n", "x", "y", {{"one", x, y, 6}}, 1, false};
    struct bytes a = svg_of(&plot), b = svg_of(&plot);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    assert_int_equal(count_of(&a, "#0072b2"), 3); /* three pieces, no legend for a single line */
    assert_int_equal(count_of(&a, "a&lt;b &amp; c?"), 1);
    bytes_clear(&a);
    plot.series[plot.series_count++] = (struct plot_series){"two", y, x, 2};
    a = svg_of(&plot);
    assert_int_equal(count_of(&a, ">two<"), 1);
    bytes_clear(&a);
    bytes_clear(&b);
}

/* A metre on one axis is a metre on the other: a square's corners are as far apart in x as in y. */
static void test_same_scale(void **state)
{
    (void)state;
    const double x[] = {0, 1, 1}, y[] = {0, 0, 1};
    const struct plot plot = {"t", "x", "y", {{"one", x, y, 3}}, 1, true};
    struct bytes text = svg_of(&plot);
    double at[6];
    const char *line = strstr((char *)text.data, "#0072b2");
    assert_int_equal(sscanf(strstr(line, "points"), "points=\"%lf,%lf %lf,%lf %lf,%lf", &at[0], &at[1], &at[2], &at[3],
                            &at[4], &at[5]), 6);
    assert_true(fabs((at[2] - at[0]) - (at[3] - at[5])) < 0.05 && at[2] - at[0] > 100);
    bytes_clear(&text);
}

static void test_odd_values(void **state)
{
    (void)state;
    static const double values[][2] = {{0, 0},       {1e300, -1e300}, {1e99, -1e99},        {1e-320, 0},
                                       {1e15, 1e15}, {-5e-324, 1e100}, {123456789, 123456789.1}};
    struct error err = {0};
    for (size_t i = 0; i < COUNT_OF(values); i++)
        for (int same = 0; same < 2; same++) {
            const struct plot plot = {"t", "x", "y", {{"one", values[i], values[i], 2}}, 1, same};
            struct image image = {0};
            assert_int_equal(plot_has_points(&plot), i != 1);
            if (i == 1)
                continue;
            struct bytes text = svg_of(&plot);
            assert_int_equal(count_of(&text, "nan,") + count_of(&text, "inf,") + count_of(&text, ",inf"), 0);
            assert_true(count_of(&text, "<text") < 40);
            bytes_clear(&text);
            if (plot_image(&plot, &image, &err))
                fail_msg("%s", err.text);
            image_clear(&image);
        }
}

static void test_image(void **state)
{
    (void)state;
    const double x[] = {0, 1}, y[] = {0, 1};
    const struct plot plot = {"t", "x", "y", {{"one", x, y, 2}}, 1, false};
    struct image image = {0};
    struct error err = {0};
    size_t blue = 0;
    assert_int_equal(plot_image(&plot, &image, &err), STATUS_OK);
    assert_int_equal(image.width, PLOT_WIDTH);
    assert_int_equal(image.height, PLOT_HEIGHT);
    for (size_t i = 0; i < (size_t)PLOT_WIDTH * PLOT_HEIGHT; i++)
        blue += image.pixels[3 * i] < 40 && image.pixels[3 * i + 2] > 150;
    assert_in_range(blue, 400, 4000); /* a thin diagonal */
    image_clear(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_svg), cmocka_unit_test(test_same_scale), cmocka_unit_test(test_odd_values),
        cmocka_unit_test(test_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
