/* Canvas, braille dots, theme and pictures: what is drawn, what is never drawn, and what poorer terminals get. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "logs/geometry.h"
#include "logs/seed.h"
#include "tui/canvas.h"
#include "tui/picture.h"
#include "tui/theme.h"

static struct canvas canvas_of(int width, int height)
{
    struct canvas canvas = {0};
    canvas_resize(&canvas, width, height);
    return canvas;
}

static void expect_dump(const struct canvas *canvas, bool roles, const char *expected)
{
    struct bytes out = {0};
    canvas_dump(canvas, roles, &out);
    bytes_put_u8(&out, 0);
    assert_string_equal((const char *)out.data, expected);
    bytes_clear(&out);
}

static void test_text(void **state)
{
    (void)state;
    struct canvas c = canvas_of(12, 3);
    assert_int_equal(canvas_text(&c, 1, 0, ROLE_OK, "wall \u2192 2\u00b0"), 10);
    assert_int_equal(canvas_field(&c, 0, 1, 5, ROLE_TEXT, "%s", "clearance"), 5);
    assert_int_equal(canvas_field(&c, 6, 1, -6, ROLE_WARN, "%.2f", 0.31), 12);
    canvas_text(&c, 9, 2, ROLE_BAD, "cut off");
    expect_dump(
        &c, true,
        " wall \u2192 2\u00b0\nclea\u2026   0.31\n         cut\n--\n oooo o oo\n.....   wwww\n         !!!\n");
    canvas_free(&c);
}

/* Bytes from the wire cannot move the cursor, widen a cell or end the string early. */
static void test_text_is_harmless(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } cases[] = {{"a\x1b[2Jb", "a?[2Jb"}, {"\t\r\n", "???"},       {"\xff\xfe", "??"},  {"\xc3(", "?("},
                 {"\xe2\x82", "?"},       {"\xe4\xbd\xa0x", "?x"}, {"e\xcc\x81", "e?"}, {"\xf0\x9f\x98\x80", "?"},
                 {"\xc0\x80", "?"},       {"\xed\xa0\x80", "?"},   {"\xc2\x9b", "?"},   {"\xc3\xa9", "\xc3\xa9"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct canvas c = canvas_of(8, 1);
        char expected[16];
        canvas_text(&c, 0, 0, ROLE_TEXT, cases[i].text);
        snprintf(expected, sizeof expected, "%s\n", cases[i].shown);
        expect_dump(&c, false, expected);
        canvas_free(&c);
    }
}

static void test_box_bar_and_ascii(void **state)
{
    (void)state;
    struct canvas c = canvas_of(10, 5);
    canvas_box(&c, (struct rect){0, 0, 10, 4}, ROLE_BORDER);
    canvas_bar(&c, 1, 1, 8, 0.5, ROLE_OK);
    canvas_bar(&c, 1, 2, 8, 0.30, ROLE_OK); /* 19 eighths */
    canvas_bar(&c, 1, 4, 8, (double)NAN, ROLE_OK);
    expect_dump(&c, false, "┌────────┐\n│████····│\n│██▍·····│\n└────────┘\n ········\n");
    canvas_degrade(&c, true, false);
    expect_dump(&c, false, "+--------+\n|####....|\n|##-.....|\n+--------+\n ........\n");
    canvas_free(&c);
}

static void test_braille(void **state)
{
    (void)state;
    struct canvas c = canvas_of(3, 1);
    canvas_dot(&c, 0, 0, ROLE_LIDAR);
    canvas_dot(&c, 1, 3, ROLE_LIDAR);
    canvas_dot_line(&c, 2, 0, 2, 3, ROLE_PLAN);
    canvas_dot(&c, -1, 0, ROLE_BAD);
    canvas_dot(&c, 6, 0, ROLE_BAD);
    expect_dump(&c, true, "\u2881\u2847\n--\nlp\n");
    canvas_degrade(&c, true, false);
    expect_dump(&c, false, ".:\n");
    canvas_free(&c);
}

static void test_plot(void **state)
{
    (void)state;
    const float values[] = {-1, 0, NAN, 99}; /* 99 sticks to the top */
    struct canvas c = canvas_of(4, 1);
    canvas_plot(&c, (struct rect){0, 0, 4, 1}, values, 4, -1, 1, ROLE_TRAIL);
    expect_dump(&c, false, "\u28c0\u2804 \u2808\n");
    canvas_plot(&c, (struct rect){0, 0, 4, 1}, values, 4, 1, 1, ROLE_TRAIL); /* no height: nothing */
    canvas_free(&c);
}

static void test_image(void **state)
{
    (void)state;
    static const uint8_t rgb[3 * 2 * 3] = {255, 255, 255, 0, 0, 0, 255, 255, 255, 0, 0, 0, 200, 200, 200, 90, 90, 90};
    struct canvas c = canvas_of(2, 2);
    canvas_image(&c, 0, 0, 2, 3, rgb);
    expect_dump(&c, true, "▀▀\n▀▀\n--\n90\n31\n");
    assert_int_equal(canvas_cell(&c, 0, 0)->bg.r, 255);
    assert_int_equal(canvas_cell(&c, 0, 1)->bg.role, ROLE_DEFAULT);
    canvas_degrade(&c, false, true);
    expect_dump(&c, false, "@\n-.\n");
    canvas_free(&c);
}

/* Whatever is drawn wherever: only cells inside the clip change. */
static void test_clipping(void **state)
{
    (void)state;
    struct seed_stream s = seed_stream_named(3, "clip");
    uint8_t rgb[20 * 20 * 3] = {0};
    float values[30] = {0};
    for (int round = 0; round < 4000; round++) {
        struct canvas c = canvas_of(20, 10);
        struct rect r = {(int)seed_below(&s, 30) - 5, (int)seed_below(&s, 20) - 5, (int)seed_below(&s, 15),
                         (int)seed_below(&s, 10)};
        int x = (int)seed_below(&s, 60) - 20, y = (int)seed_below(&s, 40) - 15, n = (int)seed_below(&s, 20);
        struct rect old = canvas_clip(&c, r);
        canvas_text(&c, x, y, ROLE_BAD, "a rather long text");
        canvas_field(&c, x, y + 1, n - 10, ROLE_BAD, "field");
        canvas_fill(&c, (struct rect){x, y, n, n}, '*', ROLE_BAD, ROLE_BAR);
        canvas_box(&c, (struct rect){x - 3, y, n, n}, ROLE_BAD);
        canvas_bar(&c, x, y, n, 0.6, ROLE_BAD);
        canvas_image(&c, x, y, n ? n : 1, 20, rgb);
        canvas_dot_line(&c, 4 * x, 8 * y, seed_between(&s, -500, 500), seed_between(&s, -1e9, 1e9), ROLE_BAD);
        canvas_plot(&c, (struct rect){x, y, n, n}, values, 30, -1, 1, ROLE_BAD);
        canvas_attribute(&c, (struct rect){x, y, n, n}, CELL_BOLD);
        canvas_background(&c, (struct rect){x, y, n, n}, ROLE_BAR);
        canvas_dim(&c, (struct rect){x, y, n, n});
        canvas_clip_restore(&c, old);
        for (int at = 0; at < 200; at++) {
            int cx = at % 20, cy = at / 20;
            bool inside = cx >= r.x && cy >= r.y && cx < r.x + r.width && cy < r.y + r.height;
            const struct cell *cell = canvas_cell(&c, cx, cy);
            if (!inside && (cell->rune != ' ' || cell->fg.role != ROLE_TEXT || cell->bg.role || cell->attributes))
                fail_msg("round %d: cell %d,%d outside %d,%d %dx%d", round, cx, cy, r.x, r.y, r.width, r.height);
        }
        canvas_free(&c);
    }
}

/* --- theme ---------------------------------------------------------------------------------------------------- */

static uint32_t xterm_rgb(int index)
{
    static const uint32_t cube[] = {0, 95, 135, 175, 215, 255};
    if (index >= 232)
        return (uint32_t)(8 + 10 * (index - 232)) * 0x10101;
    index -= 16;
    return cube[index / 36] << 16 | cube[index / 6 % 6] << 8 | cube[index % 6];
}

static int apart(uint32_t a, uint32_t b)
{
    int sum = 0;
    for (int shift = 0; shift < 24; shift += 8) {
        int d = (int)(a >> shift & 255) - (int)(b >> shift & 255);
        sum += d * d;
    }
    return sum;
}

static void test_256_is_nearest(void **state)
{
    (void)state;
    struct seed_stream s = seed_stream_named(5, "rgb");
    for (int i = 0; i < 3000; i++) {
        uint32_t rgb = (uint32_t)seed_below(&s, 1 << 24), grey = (uint32_t)seed_below(&s, 256) * 0x10101;
        rgb = i % 3 ? rgb : grey;
        int best = INT32_MAX;
        for (int k = 16; k < 256; k++)
            best = apart(rgb, xterm_rgb(k)) < best ? apart(rgb, xterm_rgb(k)) : best;
        int index = theme_index_256((uint8_t)(rgb >> 16), (uint8_t)(rgb >> 8), (uint8_t)rgb);
        assert_in_range(index, 16, 255);
        if (apart(rgb, xterm_rgb(index)) != best)
            fail_msg("%06x -> %d (%06x), %d instead of %d", rgb, index, xterm_rgb(index),
                     apart(rgb, xterm_rgb(index)), best);
    }
}

static void test_theme_depths(void **state)
{
    (void)state;
    assert_int_equal(theme_depth_for(256, NULL), THEME_256);
    assert_int_equal(theme_depth_for(256, ""), THEME_256);
    assert_int_equal(theme_depth_for(256, "1"), THEME_MONO);
    assert_int_equal(theme_depth_for(16, NULL), THEME_16);
    assert_int_equal(theme_depth_for(8, NULL), THEME_8);
    assert_int_equal(theme_depth_for(0, NULL), THEME_MONO);
    static const int limits[THEME_DEPTHS] = {[THEME_MONO] = 0, [THEME_8] = 8, [THEME_16] = 16, [THEME_256] = 256};
    for (int depth = 0; depth < THEME_DEPTHS; depth++)
        for (int fg = 0; fg < ROLE_COUNT; fg++) {
            struct theme theme = {(enum theme_depth)depth, THEME_DARK};
            struct cell cell = {'x', colour_role((enum role)fg), colour_role(ROLE_BAR), 0};
            struct style style = theme_style(&theme, &cell);
            assert_true(style.fg >= -1 && style.fg < limits[depth] && style.bg >= -1 && style.bg < limits[depth]);
            if (depth != THEME_256)
                assert_true(style.attributes & CELL_REVERSE); /* the bar stays a bar */
        }
}

/* --- pictures ------------------------------------------------------------------------------------------------- */

static void test_settle(void **state)
{
    (void)state;
    uint8_t first[] = {10, 10, 10, 100, 100, 100}, second[] = {18, 2, 10, 100, 109, 100};
    struct picture shown = {0}, fresh = {2, 1, first, 6};
    assert_int_equal(picture_settle(&shown, &fresh, PICTURE_HYSTERESIS), 2); /* all of a new size */
    fresh.rgb = second;
    assert_int_equal(picture_settle(&shown, &fresh, PICTURE_HYSTERESIS), 1); /* 8 steps are noise, 9 are motion */
    const uint8_t expected[] = {10, 10, 10, 100, 109, 100};
    assert_memory_equal(shown.rgb, expected, 6);
    assert_int_equal(picture_settle(&shown, &fresh, 0), 1);
    assert_memory_equal(shown.rgb, second, 6);
    picture_clear(&shown);
}

/* Never off by more than the threshold, however the picture creeps. */
static void test_settle_bound(void **state)
{
    (void)state;
    struct seed_stream s = seed_stream_named(8, "creep");
    uint8_t rgb[64 * 3] = {0};
    struct picture shown = {0}, fresh = {8, 8, rgb, sizeof rgb};
    for (int round = 0; round < 500; round++) {
        for (size_t i = 0; i < sizeof rgb; i++)
            rgb[i] = (uint8_t)clamp(rgb[i] + seed_between(&s, -3, 4), 0, 255);
        picture_settle(&shown, &fresh, PICTURE_HYSTERESIS);
        for (size_t i = 0; i < sizeof rgb; i++)
            assert_true(abs(shown.rgb[i] - rgb[i]) <= PICTURE_HYSTERESIS);
    }
    picture_clear(&shown);
}

static void test_render(void **state)
{
    (void)state;
    uint8_t rgb[4 * 2 * 3];
    for (size_t i = 0; i < sizeof rgb; i++)
        rgb[i] = (uint8_t)(i / 3 % 4 < 2 ? 10 : 30);
    struct msg_image image = {.width = 4, .height = 2, .encoding = "rgb8", .step = 12, .data = {rgb, sizeof rgb}};
    struct picture picture = {0};
    assert_true(picture_is_valid(&image, PICTURE_COLOUR));
    picture_render(&picture, &image, PICTURE_COLOUR, 2, 1, 0, 1);
    const uint8_t halves[] = {10, 10, 10, 30, 30, 30};
    assert_memory_equal(picture.rgb, halves, 6);
    picture_render(&picture, &image, PICTURE_COLOUR, 1, 1, 0, 1);
    assert_int_equal(picture.rgb[0], 20);
    picture_render(&picture, &image, PICTURE_COLOUR, 9, 7, 0, 1); /* larger than the source */
    assert_int_equal(picture.rgb[0], 10);
    assert_int_equal(picture.rgb[9 * 7 * 3 - 1], 30);
    assert_false(picture_is_valid(&image, PICTURE_DEPTH));
    image.data.count--;
    assert_false(picture_is_valid(&image, PICTURE_COLOUR));
    image.data.count++;
    image.step = 11;
    assert_false(picture_is_valid(&image, PICTURE_COLOUR));
    image.step = 12;
    image.width = UINT32_MAX;
    assert_false(picture_is_valid(&image, PICTURE_COLOUR));
    picture_clear(&picture);
}

static void test_fit_and_depth_map(void **state)
{
    (void)state;
    int width = 58, height = 26;
    picture_fit(64, 48, &width, &height);
    assert_int_equal(width, 34);
    assert_int_equal(height, 26);
    width = height = 1;
    picture_fit(1000, 1, &width, &height);
    assert_true(width == 1 && height == 1);
    int last = 1000;
    for (int i = 0; i <= 100; i++) { /* nearer is always brighter: the order survives without colour */
        uint8_t c[3];
        picture_depth_colour(i / 100.0, c);
        int brightness = c[0] * 54 + c[1] * 183 + c[2] * 19;
        assert_true(i == 0 || brightness < last);
        last = brightness;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_text_is_harmless),
        cmocka_unit_test(test_box_bar_and_ascii),
        cmocka_unit_test(test_braille),
        cmocka_unit_test(test_plot),
        cmocka_unit_test(test_image),
        cmocka_unit_test(test_clipping),
        cmocka_unit_test(test_256_is_nearest),
        cmocka_unit_test(test_theme_depths),
        cmocka_unit_test(test_settle),
        cmocka_unit_test(test_settle_bound),
        cmocka_unit_test(test_render),
        cmocka_unit_test(test_fit_and_depth_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
