/* The layout over every size and switch: inside, apart, in order; and the two reference sizes by number. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tui/layout.h"

static bool is_shown(const struct slot *slot) { return slot->rect.width > 0 && slot->rect.height > 0; }

static bool meet(struct rect a, struct rect b) { return rect_intersect(a, b).width > 0; }

static void check(const struct layout *l, const struct layout_options *o)
{
    char name[96];
    snprintf(name, sizeof name, "%dx%d focus %d max %d strip %d help %d", l->width, l->height, (int)o->focus,
             o->maximised, o->strip, o->help);
    int covered = 0;
    for (int i = 0; i < PANE_COUNT; i++) {
        const struct slot *slot = &l->slots[i];
        if (!is_shown(slot))
            continue;
        struct rect r = slot->rect;
        if (r.x < 0 || r.y < 0 || r.x + r.width > l->width || r.y + r.height > l->height)
            fail_msg("%s: pane %d is outside: %d,%d %dx%d", name, i, r.x, r.y, r.width, r.height);
        if (slot->framed && (r.width < 20 || r.height < 4))
            fail_msg("%s: pane %d has %dx%d with its frame", name, i, r.width, r.height);
        for (int k = i + 1; k < PANE_COUNT; k++)
            if (is_shown(&l->slots[k]) && meet(r, l->slots[k].rect))
                fail_msg("%s: panes %d and %d overlap", name, i, k);
        covered += r.width * r.height;
        if (layout_hit(l, r.x + r.width - 1, r.y) != (enum pane)i)
            fail_msg("%s: pane %d is not hit", name, i);
    }
    int whole = l->form == LAYOUT_LINE ? l->width : l->width * l->height;
    if (covered != whole)
        fail_msg("%s: %d of %d cells are covered", name, covered, whole);
    if (!is_shown(&l->slots[PANE_STATUS]) || l->slots[PANE_STATUS].rect.y != 0)
        fail_msg("%s: the status line is not on top", name);
    if (l->form >= LAYOUT_COMPACT && !o->help && !is_shown(&l->slots[o->focus]))
        fail_msg("%s: the focused pane is not shown", name);
    if (l->form >= LAYOUT_SUMMARY && l->slots[PANE_KEYBAR].rect.y != l->height - 1)
        fail_msg("%s: the key bar is not at the bottom", name);
}

static void test_every_size(void **state)
{
    (void)state;
    for (int height = 1; height <= 100; height++)
        for (int width = 1; width <= 300; width++)
            for (int bits = 0; bits < 8; bits++) {
                struct layout_options o = {(enum pane)((width + height) % PANE_FOCUSABLE), bits & 1, bits & 2,
                                           bits & 4};
                struct layout l = layout_compute(width, height, &o);
                check(&l, &o);
            }
}

static void test_every_focus(void **state)
{
    (void)state;
    static const int sizes[][2] = {{60, 16}, {80, 24}, {99, 29}, {100, 30}, {120, 36}, {160, 44}, {200, 60}};
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        for (int focus = 0; focus < PANE_FOCUSABLE; focus++)
            for (int bits = 0; bits < 8; bits++) {
                struct layout_options o = {(enum pane)focus, bits & 1, bits & 2, bits & 4};
                struct layout l = layout_compute(sizes[i][0], sizes[i][1], &o);
                check(&l, &o);
            }
}

static void test_nonsense_is_not_refused(void **state)
{
    (void)state;
    struct layout_options o = {0};
    struct layout l = layout_compute(0, -5, &o);
    assert_int_equal(l.width, 1);
    assert_int_equal(l.height, 1);
    assert_int_equal(l.form, LAYOUT_LINE);
}

static void expect(const struct layout *l, enum pane pane, int x, int y, int width, int height)
{
    struct rect r = l->slots[pane].rect;
    if (r.x != x || r.y != y || r.width != width || r.height != height)
        fail_msg("pane %d is at %d,%d %dx%d", (int)pane, r.x, r.y, r.width, r.height);
}

static void test_reference_sizes(void **state)
{
    (void)state;
    struct layout_options o = {.strip = true};
    struct layout l = layout_compute(120, 36, &o);
    assert_int_equal(l.form, LAYOUT_FULL);
    expect(&l, PANE_STATUS, 0, 0, 120, 1);
    expect(&l, PANE_STRIP, 0, 1, 120, 1);
    expect(&l, PANE_CAMERA, 0, 2, 60, 15);
    expect(&l, PANE_LIDAR, 60, 2, 60, 15);
    expect(&l, PANE_POLICY, 0, 17, 40, 10);
    expect(&l, PANE_SAFETY, 40, 17, 38, 10);
    expect(&l, PANE_MOTION, 78, 17, 42, 10);
    expect(&l, PANE_TIMELINE, 0, 27, 120, 1);
    expect(&l, PANE_LOG, 0, 28, 120, 7);
    expect(&l, PANE_KEYBAR, 0, 35, 120, 1);
    l = layout_compute(80, 24, &o);
    assert_int_equal(l.form, LAYOUT_COMPACT);
    expect(&l, PANE_CAMERA, 0, 2, 56, 17);
    expect(&l, PANE_RAIL, 56, 2, 24, 17);
    expect(&l, PANE_TIMELINE, 0, 19, 80, 1);
    expect(&l, PANE_LOG, 0, 20, 80, 3);
    expect(&l, PANE_KEYBAR, 0, 23, 80, 1);
    o.strip = false;
    l = layout_compute(80, 24, &o);
    expect(&l, PANE_CAMERA, 0, 1, 56, 18);
    expect(&l, PANE_STRIP, 0, 0, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_every_focus),
        cmocka_unit_test(test_nonsense_is_not_refused),
        cmocka_unit_test(test_reference_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
