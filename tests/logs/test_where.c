/* Paths into messages, and expressions over them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "logs/field.h"
#include "logs/where.h"

static double costs[] = {1.5, -2, (double)NAN};
static struct msg_candidate candidates[] = {{.v_mps = 0.5, .valid = true, .costs = {costs, 3}},
                                            {.total = (double)INFINITY}};
static const char *critics[] = {"path", NULL};
static struct msg_decision decision = {
    .header = {{-3, 7}, "base"},
    .tick = UINT64_MAX,
    .policy = "dwa",
    .v_mps = 0.25,
    .shield_active = true,
    .candidates_total = 2,
    .critics = {critics, 2},
    .candidates = {candidates, 2},
};

static void test_paths(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int found; /* 2: the type has it, this message not */
        double number;
    } cases[] = {
        {"v_mps", 1, 0.25},
        {"header.stamp.sec", 1, -3},
        {"candidates.count", 1, 2},
        {"candidates[0].costs.count", 1, 3},
        {"candidates[0].costs[1]", 1, -2},
        {"candidates[1].costs.count", 1, 0},
        {"candidates[2].v_mps", 2, 0},
        {"candidates[0].costs[3]", 2, 0},
        {"candidates[99999999999999999999].v_mps", 2, 0},
        {"candidates", 0, 0},
        {"candidates[0]", 0, 0},
        {"candidates[-1].v_mps", 0, 0},
        {"candidates[0", 0, 0},
        {"candidates[0]x", 0, 0},
        {"header", 0, 0},
        {"header.", 0, 0},
        {"v_mps.x", 0, 0},
        {"v_mps[0]", 0, 0},
        {"v_mp", 0, 0},
        {"v_mpss", 0, 0},
        {"", 0, 0},
        {".", 0, 0},
    };
    struct field_value value;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool exists = field_find(&message_type_decision, NULL, cases[i].path, &value);
        bool found = field_find(&message_type_decision, &decision, cases[i].path, &value);
        if (exists != (cases[i].found != 0) || found != (cases[i].found == 1))
            fail_msg("'%s': exists %d, found %d", cases[i].path, exists, found);
        if (found)
            assert_true(field_number(value) == (long double)cases[i].number);
    }
    assert_true(field_find(&message_type_decision, &decision, "critics[0]", &value));
    assert_string_equal(field_text(value), "path");
    assert_true(field_find(&message_type_decision, &decision, "critics[1]", &value));
    assert_string_equal(field_text(value), "");
    assert_true(field_find(&message_type_belief, &(struct msg_belief){0}, "covariance.count", &value));
    assert_true(field_number(value) == 9);
}

static void test_verdicts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool matches;
    } cases[] = {
        {"v_mps == 0.25", true},
        {"v_mps != 0.25", false},
        {"v_mps<0.3&&v_mps>0.2", true},
        {"0.3 <= v_mps", false},
        {"v_mps >= 2.5e-1", true},
        {"v_mps > -1", true},
        {"policy == \"dwa\"", true},
        {"policy == 'dwa' && policy != 'pursuit'", true},
        {"policy < 'e'", true},
        {"policy", true},
        {"reason", false},
        {"!reason", true},
        {"shield_active", true},
        {"shield_active == true", true},
        {"shield_active == false || v_mps > 0", true},
        {"!(shield_active && v_mps > 0)", false},
        {"!!shield_active", true},
        {"candidates[0].valid && !candidates[1].valid", true},
        {"candidates[1].total > 1e308", true},
        {"candidates[0].costs[2] == candidates[0].costs[2]", false},
        {"candidates[0].costs[2] != candidates[0].costs[2]", true},
        {"candidates.count == candidates_total", true},
        {"tick == 18446744073709551615", true}, /* exactly, though a double holds only its neighbour */
        {"tick == 18446744073709551614", false},
        {"header.stamp.sec < header.stamp.nanosec", true},
        /* what the message lacks, or kinds that do not fit, is neither yes nor no */
        {"candidates[5].valid", false},
        {"!candidates[5].valid", false},
        {"candidates[5].valid || v_mps > 0", true},
        {"v_mps > 0 || candidates[5].valid", true},
        {"!(candidates[5].valid && v_mps < 0)", true},
        {"!(candidates[5].valid && v_mps > 0)", false},
        {"nothing == 1", false},
        {"nothing != 1", false},
        {"policy > 5", false},
        {"!(policy > 5)", false},
        {"true || false && false", true}, /* && binds tighter */
        {"(true || false) && false", false},
        {"1", true},
        {"''", false},
    };
    struct error err = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct where *where = where_parse(cases[i].text, &err);
        if (!where)
            fail_msg("%s", err.text);
        if (where_matches(where, &message_type_decision, &decision) != cases[i].matches)
            fail_msg("'%s' should%s match", cases[i].text, cases[i].matches ? "" : " not");
        where_destroy(&where);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "column 1"},
        {"a >", "column 4: something is missing"},
        {"a = 1", "column 3"},
        {"a == 1 b", "column 8"},
        {"(a", "column 3: a ')'"},
        {"a && || b", "column 6"},
        {"a == 'x", "column 6: the text"},
        {"a & b", "column 3"},
        {"$a", "column 1"},
        {"a == 1)", "column 7"},
    };
    struct error err = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_null(where_parse(cases[i].text, &err));
        assert_int_equal(err.status, STATUS_BAD_INPUT);
        if (!strstr(err.text, cases[i].says))
            fail_msg("'%s' lacks '%s'", err.text, cases[i].says);
    }
    char deep[301];
    memset(deep, '(', 300);
    deep[300] = '\0';
    assert_null(where_parse(deep, &err));
    assert_non_null(strstr(err.text, "too deeply"));
}

static void test_names(void **state)
{
    (void)state;
    const char *const *paths;
    struct where *where = where_parse("a.b > 1 && true || c[0] == 'd'", NULL);
    assert_int_equal(where_paths(where, &paths), 2);
    assert_string_equal(paths[0], "a.b");
    assert_string_equal(paths[1], "c[0]");
    where_destroy(&where);
    where_destroy(&where);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths), cmocka_unit_test(test_verdicts), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
