/* Keys: the table is consistent, every key has one meaning, and remapping says what is wrong. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tui/keys.h"

static void test_every_default_key_has_one_meaning(void **state)
{
    (void)state;
    struct keymap keymap = keymap_default();
    for (int i = 0; i < ACTION_COUNT; i++) {
        assert_true(keymap.codes[i][0] != KEYS_NONE);
        assert_true(strlen(action_table[i].help) > 0);
        assert_true((action_table[i].bar != NULL) == (action_table[i].rank > 0));
        for (int k = 0; k < KEYS_PER_ACTION && keymap.codes[i][k]; k++) {
            bool driving = action_table[i].group == KEYS_DRIVE;
            char name[16];
            keys_name(keymap.codes[i][k], name);
            if (keymap_action(&keymap, keymap.codes[i][k], driving) != (enum action)i)
                fail_msg("key %s of %s does something else", name, action_table[i].name);
            assert_int_equal(keys_parse(name), keymap.codes[i][k]);
        }
        for (int k = 0; k < i; k++)
            assert_string_not_equal(action_table[i].name, action_table[k].name);
    }
}

static void test_driving_keys_come_first_only_while_driving(void **state)
{
    (void)state;
    struct keymap keymap = keymap_default();
    assert_int_equal(keymap_action(&keymap, KEYS_UP, false), ACTION_UP);
    assert_int_equal(keymap_action(&keymap, KEYS_UP, true), ACTION_DRIVE_FORWARD);
    assert_int_equal(keymap_action(&keymap, 'x', true), ACTION_ESTOP); /* the stop always works */
    assert_int_equal(keymap_action(&keymap, 'q', true), ACTION_QUIT);
    assert_int_equal(keymap_action(&keymap, KEYS_NONE, true), ACTION_NONE);
    assert_int_equal(keymap_action(&keymap, 0x4f60, false), ACTION_NONE);
}

static void test_bind(void **state)
{
    (void)state;
    struct keymap keymap = keymap_default();
    struct error err = {0};
    char label[64];
    assert_int_equal(keymap_bind(&keymap, "quit=Ctrl-Q F12", &err), STATUS_OK);
    assert_int_equal(keymap_action(&keymap, 17, false), ACTION_QUIT);
    assert_int_equal(keymap_action(&keymap, 'q', false), ACTION_NONE);
    keymap_label(&keymap, ACTION_QUIT, label, sizeof label);
    assert_string_equal(label, "Ctrl-Q F12");
    assert_int_equal(keymap_bind(&keymap, "drive-left=q", &err), STATUS_OK); /* another set */
    static const struct {
        const char *text, *says;
    } bad[] = {{"quit", "action=key"},        {"=x", "action=key"},       {"qiut=q", "did you mean 'quit'"},
               {"quit=Hyper-X", "'Hyper-X'"}, {"quit=1 2 3 4", "'4'"},    {"quit=v", "belongs to next-violation"},
               {"quit=F13", "'F13'"},         {"quit=Ctrl-1", "'Ctrl-1'"}};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct keymap before = keymap;
        assert_int_equal(keymap_bind(&keymap, bad[i].text, &err), STATUS_BAD_INPUT);
        if (!strstr(err.text, bad[i].says))
            fail_msg("%s: %s", bad[i].text, err.text);
        assert_memory_equal(&before, &keymap, sizeof keymap); /* refused means unchanged */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_default_key_has_one_meaning),
        cmocka_unit_test(test_driving_keys_come_first_only_while_driving),
        cmocka_unit_test(test_bind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
