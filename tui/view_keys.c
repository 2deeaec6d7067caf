/* Key bar and help overlay: both are the key table, so they cannot drift from what keys do. */
#include <stdio.h>

#include "tui/view.h"

enum { BAR_RANKS = 32, KEY_COLUMNS = 16, HELP_COLUMN = 58 };

/* --- key bar -------------------------------------------------------------------------------------------------- */

static void first_key(const struct keymap *keymap, enum action action, char text[16])
{
    if (keymap->codes[action][0])
        keys_name(keymap->codes[action][0], text);
    else
        text[0] = 0;
}

static int bar_columns(const struct keymap *keymap, int action)
{
    char key[16];
    first_key(keymap, (enum action)action, key);
    return canvas_columns(key) + 1 + canvas_columns(action_table[action].bar) + 2;
}

static bool is_in_bar(int action, int rank)
{
    const struct action_row *row = &action_table[action];
    return row->bar && row->rank <= rank && row->group != KEYS_DRIVE;
}

/* The greatest rank for which all keys up to it fit into `width`. */
static int rank_that_fits(const struct keymap *keymap, int width)
{
    int rank = 1;
    for (; rank < BAR_RANKS; rank++) {
        int columns = 1;
        for (int i = 0; i < ACTION_COUNT; i++)
            if (is_in_bar(i, rank + 1))
                columns += bar_columns(keymap, i);
        if (columns > width)
            break;
    }
    return rank;
}

static int draw_key(struct canvas *canvas, int x, int y, const char *key, const char *word)
{
    x = canvas_text(canvas, x, y, ROLE_KEY, key);
    return canvas_print(canvas, x, y, ROLE_TEXT, " %s  ", word);
}

static void draw_driving(const struct view_context *context, struct canvas *canvas, int x, int y)
{
    x = canvas_print(canvas, x, y, ROLE_WARN, "DRIVING  v %+.2f m/s  w %+.2f rad/s   ", context->drive_v_mps,
                     context->drive_w_radps);
    for (int i = 0; i < ACTION_COUNT; i++)
        if (action_table[i].group == KEYS_DRIVE) {
            char key[16];
            first_key(context->keymap, (enum action)i, key);
            x = draw_key(canvas, x, y, key, action_table[i].bar);
        }
}

static void keybar_draw(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    canvas_background(canvas, rect, ROLE_BAR);
    int x = rect.x + 1;
    if (context->prompt) {
        x = canvas_text(canvas, x, rect.y, ROLE_KEY, context->prompt);
        x = canvas_text(canvas, x, rect.y, ROLE_TEXT, context->input ? context->input : "");
        canvas_put(canvas, x, rect.y, ' ', ROLE_TEXT);
        canvas_attribute(canvas, (struct rect){x, rect.y, 1, 1}, CELL_REVERSE);
    } else if (context->notice && *context->notice) {
        canvas_text(canvas, x, rect.y, ROLE_TITLE, context->notice);
    } else if (context->driving) {
        draw_driving(context, canvas, x, rect.y);
    } else {
        int rank = rank_that_fits(context->keymap, rect.width);
        for (int i = 0; i < ACTION_COUNT; i++)
            if (is_in_bar(i, rank)) {
                char key[16];
                first_key(context->keymap, (enum action)i, key);
                x = draw_key(canvas, x, rect.y, key, action_table[i].bar);
            }
    }
}

/* --- help ----------------------------------------------------------------------------------------------------- */

/* Rows of all groups: a title, one row an action, a free row. Calls draw (may be NULL) for each with its number. */
static int help_walk(struct canvas *canvas, const struct keymap *keymap, struct rect rect, int columns, int first)
{
    int row = 0, per_column = canvas ? rect.height : 1;
    int each = columns ? rect.width / columns : rect.width;
    for (int group = 0; group < KEYS_GROUPS; group++)
        for (int i = -1; i <= ACTION_COUNT; i++) {
            bool member = i < 0 || i == ACTION_COUNT || action_table[i].group == (enum key_group)group;
            if (!member)
                continue;
            int at = row++ - first, x = rect.x + 1 + at / per_column * each, y = rect.y + at % per_column;
            if (!canvas || at < 0 || at >= per_column * columns || i == ACTION_COUNT)
                continue;
            if (i < 0) {
                canvas_text(canvas, x, y, ROLE_TITLE, keys_group_names[group]);
                continue;
            }
            char keys[48];
            keymap_label(keymap, (enum action)i, keys, sizeof keys);
            x = canvas_field(canvas, x + 1, y, KEY_COLUMNS - 2, ROLE_KEY, "%s", keys);
            canvas_field(canvas, x, y, each - KEY_COLUMNS, ROLE_TEXT, "%s", action_table[i].help);
        }
    return row;
}

static int help_columns(int width) { return width < HELP_COLUMN ? 1 : width / HELP_COLUMN; }

int view_help_rows(const struct keymap *keymap, int width)
{
    int columns = help_columns(width);
    return (help_walk(NULL, keymap, (struct rect){0, 0, width, 1}, columns, 0) + columns - 1) / columns;
}

static void help_draw(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    int columns = help_columns(rect.width), rows = help_walk(NULL, context->keymap, rect, columns, 0);
    int last = rows - columns * rect.height, first = context->options.scroll[PANE_HELP] * columns;
    first = first > last ? last : first;
    help_walk(canvas, context->keymap, rect, columns, first < 0 ? 0 : first);
}

static void help_heading(const struct view_context *context, char *text, size_t size)
{
    char back[48];
    keymap_label(context->keymap, ACTION_BACK, back, sizeof back);
    snprintf(text, size, "%s closes, up and down scroll", back);
}

extern const struct view view_keybar, view_help;
const struct view view_keybar = {"KEYS", NULL, keybar_draw, NULL};
const struct view view_help = {"HELP", NULL, help_draw, help_heading};
