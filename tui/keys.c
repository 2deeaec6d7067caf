#include "tui/keys.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/names.h"

#define ACTION_ROW(id, name, keys, group, bar, rank, help) {name, keys, KEYS_##group, bar, rank, help},
const struct action_row action_table[ACTION_COUNT] = {ACTIONS(ACTION_ROW)};

const char *const keys_group_names[KEYS_GROUPS] = {"General", "Panes", "Time",           "Robot",
                                                   "View",    "Log",   "Driving by hand"};

static const struct {
    const char *name;
    int code;
} named[] = {{"Space", ' '},          {"Tab", KEYS_TAB},      {"BackTab", KEYS_BACK_TAB},
             {"Enter", KEYS_ENTER},   {"Esc", KEYS_ESC},      {"Backspace", KEYS_BACKSPACE},
             {"Delete", KEYS_DELETE}, {"Up", KEYS_UP},        {"Down", KEYS_DOWN},
             {"Left", KEYS_LEFT},     {"Right", KEYS_RIGHT},  {"Home", KEYS_HOME},
             {"End", KEYS_END},       {"PgUp", KEYS_PAGE_UP}, {"PgDn", KEYS_PAGE_DOWN}};

int keys_parse(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(named); i++)
        if (strcmp(named[i].name, name) == 0)
            return named[i].code;
    if (isgraph((unsigned char)name[0]) && name[1] == 0)
        return name[0];
    if (strncmp(name, "Ctrl-", 5) == 0 && name[5] >= 'A' && name[5] <= 'Z' && name[6] == 0)
        return name[5] - 'A' + 1;
    char *end;
    long function = name[0] == 'F' && isdigit((unsigned char)name[1]) ? strtol(name + 1, &end, 10) : 0;
    return function >= 1 && function <= 12 && *end == 0 ? KEYS_F1 + (int)function - 1 : KEYS_NONE;
}

void keys_name(int code, char text[16])
{
    for (size_t i = 0; i < COUNT_OF(named); i++)
        if (named[i].code == code) {
            snprintf(text, 16, "%s", named[i].name);
            return;
        }
    if (code >= KEYS_F1 && code <= KEYS_F12)
        snprintf(text, 16, "F%d", code - KEYS_F1 + 1);
    else if (code >= 1 && code <= 26)
        snprintf(text, 16, "Ctrl-%c", 'A' + code - 1);
    else
        snprintf(text, 16, "%c", code > ' ' && code < 127 ? code : '?');
}

/* Splits `keys` at spaces. False with the word that is no key, or that is one too many, in `wrong`. */
static bool parse_keys(const char *keys, int codes[KEYS_PER_ACTION], char wrong[32])
{
    int count = 0;
    memset(codes, 0, KEYS_PER_ACTION * sizeof *codes);
    for (keys += strspn(keys, " "); *keys; keys += strspn(keys, " ")) {
        size_t length = strcspn(keys, " ");
        snprintf(wrong, 32, "%.*s", (int)(length < 31 ? length : 31), keys);
        int code = keys_parse(wrong);
        if (code == KEYS_NONE || count == KEYS_PER_ACTION)
            return false;
        codes[count++] = code;
        keys += length;
    }
    return true;
}

struct keymap keymap_default(void)
{
    struct keymap keymap;
    char wrong[32];
    for (int i = 0; i < ACTION_COUNT; i++) {
        bool ok = parse_keys(action_table[i].keys, keymap.codes[i], wrong);
        ASSERT(ok);
    }
    return keymap;
}

/* Driving keys stand before the others while driving, so only keys of the same set can collide. */
static bool same_set(int a, int b)
{
    return (action_table[a].group == KEYS_DRIVE) == (action_table[b].group == KEYS_DRIVE);
}

static int holder(const struct keymap *keymap, int action, int code)
{
    for (int i = 0; i < ACTION_COUNT; i++)
        for (int k = 0; k < KEYS_PER_ACTION; k++)
            if (i != action && same_set(i, action) && keymap->codes[i][k] == code)
                return i;
    return ACTION_NONE;
}

enum status keymap_bind(struct keymap *keymap, const char *text, struct error *err)
{
    char name[32], wrong[32];
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return error_set(err, STATUS_BAD_INPUT, "'%s' is no key binding; write action=key, for example quit=q", text);
    snprintf(name, sizeof name, "%.*s", (int)(equals - text < 31 ? equals - text : 31), text);
    int action = 0, codes[KEYS_PER_ACTION];
    while (action < ACTION_COUNT && strcmp(action_table[action].name, name) != 0)
        action++;
    if (action == ACTION_COUNT) {
        char hint[80];
        names_hint(hint, sizeof hint, name, action_table, ACTION_COUNT, sizeof action_table[0]);
        return error_set(err, STATUS_BAD_INPUT, "no action is called '%s'%s", name, hint);
    }
    if (!parse_keys(equals + 1, codes, wrong))
        return error_set(err, STATUS_BAD_INPUT, "'%s' cannot be a key of %s; write at most %d of: one character, %s",
                         wrong, name, KEYS_PER_ACTION,
                         "Ctrl-A..Ctrl-Z, F1..F12, Space, Tab, Enter, Esc, Up, Down, ...");
    for (int k = 0; k < KEYS_PER_ACTION; k++) {
        int other = codes[k] ? holder(keymap, action, codes[k]) : ACTION_NONE;
        if (other != ACTION_NONE) {
            keys_name(codes[k], wrong);
            return error_set(err, STATUS_BAD_INPUT,
                             "key %s of %s already belongs to %s; bind that to another key first", wrong, name,
                             action_table[other].name);
        }
    }
    memcpy(keymap->codes[action], codes, sizeof codes);
    return STATUS_OK;
}

enum action keymap_action(const struct keymap *keymap, int code, bool driving)
{
    for (int set = driving ? 0 : 1; set < 2 && code != KEYS_NONE; set++)
        for (int i = 0; i < ACTION_COUNT; i++)
            for (int k = 0; k < KEYS_PER_ACTION; k++)
                if (keymap->codes[i][k] == code && (action_table[i].group == KEYS_DRIVE) == (set == 0))
                    return (enum action)i;
    return ACTION_NONE;
}

void keymap_label(const struct keymap *keymap, enum action action, char *text, size_t size)
{
    size_t used = 0;
    text[0] = 0;
    for (int k = 0; k < KEYS_PER_ACTION && keymap->codes[action][k] && used < size; k++) {
        char name[16];
        keys_name(keymap->codes[action][k], name);
        used += (size_t)snprintf(text + used, size - used, "%s%s", k ? " " : "", name);
    }
}
