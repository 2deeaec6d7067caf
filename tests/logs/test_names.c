#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "logs/names.h"
#include "logs/status.h"

static void distances_count_edits(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } rows[] = {
        {"", "", 0},          {"", "abc", 3},       {"abc", "abc", 0},      {"abc", "abd", 1}, {"abc", "ab", 1},
        {"abc", "xabc", 1},   {"abc", "acb", 1},    {"kitten", "sitting", 3}, {"ab", "ba", 1},
        {"office", "ofice", 1}, {"dwa", "pursuit", 7}, {"abcd", "badc", 2},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(names_distance(rows[i].a, rows[i].b), rows[i].distance);
        assert_int_equal(names_distance(rows[i].b, rows[i].a), rows[i].distance);
    }
    char longer[200];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(names_distance(longer, "a"), 199); /* too long to compare: as far as can be */
}

struct scenario { /* a table whose rows begin with their name */
    const char *name;
    int other;
};
static const struct scenario scenarios[] = {{"office", 1}, {"corridor", 2}, {"clutter", 3}, {"glass", 4}, {"crowd", 5}};

static size_t nearest(const char *word)
{
    return names_nearest(word, scenarios, COUNT_OF(scenarios), sizeof *scenarios);
}

static void the_nearest_name_is_offered_if_near(void **state)
{
    (void)state;
    assert_int_equal(nearest("office"), 0);
    assert_int_equal(nearest("ofice"), 0);
    assert_int_equal(nearest("coridor"), 1);
    assert_int_equal(nearest("cluttr"), 2);
    assert_int_equal(nearest("galss"), 3);
    assert_int_equal(nearest("kitchen"), COUNT_OF(scenarios));
    assert_int_equal(nearest(""), COUNT_OF(scenarios));
    assert_int_equal(names_nearest("office", scenarios, 0, sizeof *scenarios), 0); /* none: `count` */
    char hint[64];
    names_hint(hint, sizeof hint, "crowed", scenarios, COUNT_OF(scenarios), sizeof *scenarios);
    assert_string_equal(hint, "; did you mean 'crowd'?");
    names_hint(hint, sizeof hint, "zzzzzzzz", scenarios, COUNT_OF(scenarios), sizeof *scenarios);
    assert_string_equal(hint, "");
    names_hint(hint, 8, "crowed", scenarios, COUNT_OF(scenarios), sizeof *scenarios);
    assert_string_equal(hint, "; did y");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_count_edits),
        cmocka_unit_test(the_nearest_name_is_offered_if_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
