/* Timeline: what is held, where we are in it, and what happened when. */
#include <stdio.h>

#include "tui/view.h"

static int column_of(int64_t t_ns, int64_t first_ns, int64_t last_ns, int width)
{
    double share = last_ns > first_ns ? (double)(t_ns - first_ns) / (double)(last_ns - first_ns) : 1;
    return (int)lround(clamp(share, 0, 1) * (width - 1));
}

static void timeline_draw(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    const struct history *history = context->history;
    int64_t now_ns = context->model->now_ns, first_ns = 0, last_ns = now_ns;
    if (history && !history_is_empty(history)) {
        first_ns = history_first_ns(history);
        last_ns = history_last_ns(history);
    }
    last_ns = last_ns > now_ns ? last_ns : now_ns;
    char text[16];
    view_time(first_ns, text);
    int x = canvas_print(canvas, rect.x, rect.y, ROLE_DIM, " %s ", text);
    view_time(last_ns, text);
    const char *keys = rect.width >= 100 ? "  ! breach  f fault  e error  m mark" : "";
    int width = rect.x + rect.width - x - (int)strlen(text) - 2 - (int)strlen(keys);
    if (width < 3)
        return;
    int cursor = column_of(now_ns, first_ns, last_ns, width);
    for (int i = 0; i < width; i++)
        canvas_put(canvas, x + i, rect.y, i <= cursor ? 0x2501 : 0x2500, i <= cursor ? ROLE_FOCUS : ROLE_BORDER);
    const struct history_mark *marks = NULL;
    size_t count = history ? history_marks(history, &marks) : 0;
    static const char signs[] = {[HISTORY_VIOLATION] = '!', [HISTORY_ERROR] = 'e', [HISTORY_FAULT] = 'f',
                                 [HISTORY_USER] = 'm'};
    for (size_t i = 0; i < count; i++) {
        enum role role = marks[i].kind == HISTORY_VIOLATION ? view_severity_role(marks[i].severity)
                         : marks[i].kind == HISTORY_ERROR   ? ROLE_BAD
                         : marks[i].kind == HISTORY_FAULT   ? ROLE_WARN
                                                            : ROLE_ACCENT;
        if (marks[i].stamp_ns >= first_ns && marks[i].stamp_ns <= last_ns)
            canvas_put(canvas, x + column_of(marks[i].stamp_ns, first_ns, last_ns, width), rect.y,
                       (uint32_t)signs[marks[i].kind], role);
    }
    bool live = context->mode == VIEW_LIVE || context->mode == VIEW_WAITING;
    canvas_put(canvas, x + cursor, rect.y, live ? 0x25b6 : 0x25c6, live ? ROLE_OK : ROLE_ACCENT);
    canvas_print(canvas, x + width, rect.y, ROLE_DIM, " %s%s", text, keys);
}

extern const struct view view_timeline;
const struct view view_timeline = {"TIME", NULL, timeline_draw, NULL};
