/* Log: the newest lines at the bottom, from a least level up, filtered, with search hits underlined. */
#include <ctype.h>
#include <stdio.h>

#include "tui/view.h"

/* Where `needle` stands in `text`, case ignored, or NULL. */
static const char *find_text(const char *text, const char *needle)
{
    for (; *needle && *text; text++) {
        size_t i = 0;
        while (needle[i] && tolower((unsigned char)text[i]) == tolower((unsigned char)needle[i]))
            i++;
        if (!needle[i])
            return text;
    }
    return NULL;
}

static bool has_text(const struct model_line *line, const char *needle)
{
    return find_text(line->text, needle) || find_text(line->name, needle);
}

static bool passes(const struct view_options *options, const struct model_line *line)
{
    return line->level >= options->log_level && (!*options->log_filter || has_text(line, options->log_filter));
}

const struct model_line *view_log_line(const struct view_context *context, uint32_t i)
{
    const struct model_line *line = NULL;
    for (uint32_t at = 0; (line = model_line(context->model, at)) != NULL; at++)
        if (passes(&context->options, line) && i-- == 0)
            break;
    return line;
}

uint32_t view_log_count(const struct view_context *context)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < context->model->line_ring.count; i++)
        count += passes(&context->options, model_line(context->model, i));
    return count;
}

int view_log_find(const struct view_context *context, int from, int direction)
{
    int count = (int)view_log_count(context);
    for (int i = from + direction; i >= 0 && i < count; i += direction)
        if (has_text(view_log_line(context, (uint32_t)i), context->options.log_search))
            return i;
    return -1;
}

static const struct {
    int level;
    const char *word;
    enum role role;
} levels[] = {{40, "ERROR", ROLE_BAD}, {30, "WARN", ROLE_WARN}, {20, "INFO", ROLE_TEXT}, {0, "DEBUG", ROLE_DIM}};

static void draw_line(const struct view_context *context, struct canvas *canvas, struct rect rect,
                      const struct model_line *line)
{
    size_t level = 0;
    while (line->level < levels[level].level)
        level++;
    char when[16];
    view_time(line->stamp_ns, when);
    int x = canvas_print(canvas, rect.x, rect.y, ROLE_DIM, " %s ", when);
    x = canvas_field(canvas, x, rect.y, 6, levels[level].role, "%s", levels[level].word);
    x = canvas_field(canvas, x, rect.y, 11, ROLE_DIM, "%s", line->name);
    canvas_text(canvas, x, rect.y, levels[level].role, line->text);
    const char *needle = context->options.log_search;
    for (const char *hit = find_text(line->text, needle); hit; hit = find_text(hit + 1, needle)) {
        char before[sizeof line->text];
        snprintf(before, sizeof before, "%.*s", (int)(hit - line->text), line->text);
        canvas_attribute(canvas, (struct rect){x + canvas_columns(before), rect.y, canvas_columns(needle), 1},
                         CELL_REVERSE);
    }
}

static void log_draw(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    int count = (int)view_log_count(context), last = count - rect.height, scroll = context->options.scroll[PANE_LOG];
    scroll = scroll > last ? last : scroll;
    scroll = scroll < 0 ? 0 : scroll;
    if (count == 0)
        canvas_text(canvas, rect.x + 1, rect.y, ROLE_DIM, "no lines");
    int shown = count < rect.height ? count : rect.height;
    uint32_t index = 0;
    for (int passed = 0; passed < scroll + shown; index++) {
        const struct model_line *line = model_line(context->model, index);
        if (!passes(&context->options, line))
            continue;
        int row = shown - 1 - (passed++ - scroll);
        if (row < shown)
            draw_line(context, canvas, (struct rect){rect.x, rect.y + row, rect.width, 1}, line);
    }
}

static void log_heading(const struct view_context *context, char *text, size_t size)
{
    const struct view_options *o = &context->options;
    int level = 0;
    while (o->log_level < levels[level].level)
        level++;
    int used = snprintf(text, size, "%s and up  %u of %llu", levels[level].word, view_log_count(context),
                        (unsigned long long)context->model->line_total);
    if (*o->log_filter)
        used += snprintf(text + used, size - (size_t)used, "  only \"%.16s\"", o->log_filter);
    if (*o->log_search && (size_t)used < size)
        used += snprintf(text + used, size - (size_t)used, "  /%.16s", o->log_search);
    if (o->scroll[PANE_LOG] > 0 && (size_t)used < size)
        snprintf(text + used, size - (size_t)used, "  -%d lines", o->scroll[PANE_LOG]);
}

extern const struct view view_log;
const struct view view_log = {"LOG", NULL, log_draw, log_heading};
