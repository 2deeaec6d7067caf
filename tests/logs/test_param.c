#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "logs/param.h"

struct settings {
    double range_m;
    int beams;
    bool enabled;
    int mode;
};

static const char *const modes[] = {"off", "monitor", "on", NULL};
static const struct param table[] = {
    {"range_m", PARAM_REAL, offsetof(struct settings, range_m), 12.5, 0.1, 100, "m", "farthest return", NULL},
    {"beams", PARAM_INT, offsetof(struct settings, beams), 360, 1, 2048, "", "per scan", NULL},
    {"enabled", PARAM_BOOL, offsetof(struct settings, enabled), 1, 0, 1, "", "runs at all", NULL},
    {"mode", PARAM_CHOICE, offsetof(struct settings, mode), 2, 0, 2, "", "what it may do", modes},
};

static void defaults_come_from_the_table(void **state)
{
    (void)state;
    struct settings settings;
    memset(&settings, 0xff, sizeof settings);
    param_defaults(table, COUNT_OF(table), &settings);
    assert_true(settings.range_m == 12.5);
    assert_int_equal(settings.beams, 360);
    assert_true(settings.enabled);
    assert_int_equal(settings.mode, 2);
}

static void values_are_parsed_by_kind(void **state)
{
    (void)state;
    struct settings settings = {0};
    static const char *const pairs[][2] = {
        {"range_m", "0.1"}, {"beams", "2048"}, {"enabled", "yes"}, {"mode", "monitor"}};
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        assert_int_equal(param_set(table, COUNT_OF(table), &settings, pairs[i][0], pairs[i][1], NULL), STATUS_OK);
    assert_true(settings.range_m == 0.1);
    assert_int_equal(settings.beams, 2048);
    assert_true(settings.enabled);
    assert_int_equal(settings.mode, 1);
    static const char *const falses[] = {"false", "no", "off", "0"}, *const trues[] = {"true", "yes", "on", "1"};
    for (size_t i = 0; i < COUNT_OF(falses); i++) {
        assert_int_equal(param_set(table, COUNT_OF(table), &settings, "enabled", trues[i], NULL), STATUS_OK);
        assert_true(settings.enabled);
        assert_int_equal(param_set(table, COUNT_OF(table), &settings, "enabled", falses[i], NULL), STATUS_OK);
        assert_false(settings.enabled);
    }
}

static void bad_values_get_a_sentence_and_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *words;
    } rows[] = {
        {"range_m", "", "a number from 0.1 to 100 m, not ''"},
        {"range_m", "far", "not 'far'"},
        {"range_m", "5m", "not '5m'"},
        {"range_m", "nan", "not 'nan'"},
        {"range_m", "inf", "not 'inf'"},
        {"range_m", "1e999", "not '1e999'"},
        {"range_m", "100.5", "range_m = 100.5 is outside 0.1 to 100 m"},
        {"range_m", "-1", "outside 0.1 to 100 m"},
        {"beams", "1.5", "a whole number from 1 to 2048"},
        {"beams", "0", "outside 1 to 2048"},
        {"beams", "99999999999999999999", "outside"},
        {"enabled", "maybe", "true or false, not 'maybe'"},
        {"mode", "monitr", "one of off, monitor, on, not 'monitr'; did you mean 'monitor'?"},
        {"mode", "1", "one of off, monitor, on"},
        {"rnge_m", "1", "unknown key 'rnge_m'; did you mean 'range_m'?"},
        {"", "1", "unknown key ''"},
        {"temperature", "1", "unknown key 'temperature'"},
    };
    struct settings settings, before;
    memset(&settings, 0, sizeof settings);
    param_defaults(table, COUNT_OF(table), &settings);
    memcpy(&before, &settings, sizeof before);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error err = {0};
        assert_int_equal(param_set(table, COUNT_OF(table), &settings, rows[i].name, rows[i].text, &err),
                         STATUS_BAD_INPUT);
        if (!strstr(err.text, rows[i].words))
            fail_msg("'%s' does not say '%s'", err.text, rows[i].words);
        assert_memory_equal(&settings, &before, sizeof settings);
    }
}

static void rows_print_value_bounds_and_help(void **state)
{
    (void)state;
    struct settings settings = {0};
    struct bytes out = {0};
    param_defaults(table, COUNT_OF(table), &settings);
    param_print(table, COUNT_OF(table), &settings, &out);
    bytes_put_u8(&out, 0);
    const char *text = (const char *)out.data;
    static const char *const words[] = {"range_m", "12.5", "farthest return", "[0.1, 100]", "beams", "360",
                                        "[1, 2048]", "enabled", "true", "mode", "on", "what it may do"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        text = strstr(text, words[i]); /* all of them, in this order */
        if (!text)
            fail_msg("'%s' is missing", words[i]);
    }
    bytes_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_come_from_the_table),
        cmocka_unit_test(values_are_parsed_by_kind),
        cmocka_unit_test(bad_values_get_a_sentence_and_change_nothing),
        cmocka_unit_test(rows_print_value_bounds_and_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
