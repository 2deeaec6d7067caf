/* Safety: the ledger of violations: how often, how long, how bad, what is open; and each one where there is room. The
 * whole body has room for the sensors, too. */
#include <stdio.h>

#include "tui/view.h"

enum { FOOTER_ROWS = 3, CLASSES_MAX = 32, SPLIT_COLUMNS = 90, SUMMARY_COLUMNS = 40, LEDGER_ROWS_MIN = 3,
       SENSOR_COLUMNS = 117, SENSOR_ROWS = 10, SENSORS_FROM = 24 };

/* Active classes first, then those that happened, then the rest, each in the monitor's order: rows move only when
 * something new happens. */
static int sort_classes(const struct msg_safety_counters *counters, uint8_t order[CLASSES_MAX])
{
    int count = 0, classes = counters->counts.count < CLASSES_MAX ? (int)counters->counts.count : CLASSES_MAX;
    for (int rank = 0; rank < 3; rank++)
        for (int i = 0; i < classes; i++) {
            const struct msg_violation_count *row = &counters->counts.data[i];
            if ((row->active ? 0 : row->count ? 1 : 2) == rank)
                order[count++] = (uint8_t)i;
        }
    return count;
}

static void draw_classes(struct canvas *canvas, struct rect rect, const struct msg_safety_counters *counters)
{
    uint8_t order[CLASSES_MAX];
    int classes = sort_classes(counters, order), y = rect.y;
    canvas_print(canvas, rect.x, y, ROLE_DIM, " class      count  time s   worst");
    for (int i = 0; i < classes && i + 1 < rect.height; i++) {
        const struct msg_violation_count *row = &counters->counts.data[order[i]];
        enum role role = row->active ? ROLE_BAD : row->count ? ROLE_WARN : ROLE_DIM;
        int x = canvas_field(canvas, rect.x + 1, ++y, 7, role, "%s", row->id);
        x = canvas_field(canvas, x, y, 3, role, "%s", row->active ? "!!" : "");
        x = canvas_field(canvas, x, y, -6, role, "%u", row->count);
        x = view_number(canvas, x, y, 8, role, row->count ? row->active_s : (double)NAN, 1);
        view_number(canvas, x, y, 8, role, row->count ? row->worst : (double)NAN, 2);
    }
}

static void draw_footer(const struct view_context *context, struct canvas *canvas, struct rect rect,
                        const struct msg_safety_counters *c)
{
    uint32_t open = model_unacknowledged(context->model);
    double share = context->model->now_ns > 0 ? c->breach_s / ((double)context->model->now_ns / 1e9) : 0;
    char when[16];
    view_time(message_ns(c->min_clearance_stamp), when);
    int y = rect.y, x = canvas_text(canvas, rect.x, y, ROLE_DIM, " clear");
    x = view_number(canvas, x, y, 6, ROLE_TEXT, c->clearance_m, 2);
    x = canvas_text(canvas, x, y, ROLE_DIM, " m  least");
    x = view_number(canvas, x, y, 6, ROLE_TEXT, c->min_clearance_m, 2);
    canvas_print(canvas, x, y, ROLE_DIM, " %s", isfinite(c->min_clearance_m) ? when : "");
    x = canvas_text(canvas, rect.x, ++y, ROLE_DIM, " ttc  ");
    x = view_number(canvas, x, y, 6, isfinite(c->ttc_s) && c->ttc_s < 2 ? ROLE_WARN : ROLE_TEXT, c->ttc_s, 2);
    x = canvas_text(canvas, x, y, ROLE_DIM, " s  breach");
    x = view_number(canvas, x, y, 6, ROLE_TEXT, c->breach_s, 1);
    canvas_print(canvas, x, y, ROLE_DIM, " s %3.0f %%", 100 * share);
    x = canvas_text(canvas, rect.x, ++y, ROLE_DIM, " open ");
    x = canvas_field(canvas, x, y, -6, open ? ROLE_WARN : ROLE_OK, "%u", open);
    canvas_text(canvas, x, y, ROLE_DIM, open ? "    a acknowledge" : "    all acknowledged");
}

static void draw_ledger(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    int scroll = context->options.scroll[PANE_SAFETY],
        last = (int)context->model->event_ring.count - (rect.height - 1);
    scroll = scroll > last ? last : scroll;
    scroll = scroll < 0 ? 0 : scroll;
    canvas_print(canvas, rect.x, rect.y, ROLE_DIM,
                 "   time      class     value  limit       for s  command, detail");
    for (int row = 1; row < rect.height; row++) {
        const struct model_event *event = model_event(context->model, (uint32_t)(scroll + row - 1));
        if (!event)
            return;
        enum role role = view_severity_role(event->severity);
        role = event->active ? ROLE_BAD : event->acknowledged ? ROLE_DIM : role;
        char when[16];
        view_time(event->start_ns, when);
        int y = rect.y + row;
        const char *sign = event->active ? "!!" : event->acknowledged ? " ." : " !";
        int x = canvas_print(canvas, rect.x, y, role, "%s %s ", sign, when);
        x = canvas_field(canvas, x + 1, y, 7, role, "%s", event->id);
        x = view_number(canvas, x, y, 8, role, event->value, 2);
        x = view_number(canvas, x, y, 7, role, event->threshold, 2);
        x = canvas_field(canvas, x + 1, y, 5, ROLE_DIM, "%s", event->unit);
        double active_s = (double)(context->model->now_ns - event->start_ns) / 1e9;
        x = view_number(canvas, x, y, 6, role, event->active ? active_s : event->duration_s, 1);
        canvas_print(canvas, x + 2, y, role, "%s  %s", event->action, event->detail);
    }
}

static void safety_draw(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    const struct msg_safety_counters *counters = MODEL(context->model, SAFETY_COUNTERS, safety_counters);
    int classes = (int)counters->counts.count + 1;
    struct rect top = rect, footer = rect, ledger = rect;
    bool split = rect.width >= SPLIT_COLUMNS, sensors = rect.width >= SENSOR_COLUMNS && rect.height >= SENSORS_FROM;
    if (sensors) {
        rect.height -= SENSOR_ROWS;
        view_sensors(context, canvas, (struct rect){rect.x, rect.y + rect.height, rect.width, SENSOR_ROWS});
        ledger.height = rect.height;
    }
    top.width = split ? SUMMARY_COLUMNS : rect.width;
    top.height = rect.height - FOOTER_ROWS < classes ? rect.height - FOOTER_ROWS : classes;
    if (top.height > 0)
        draw_classes(canvas, top, counters);
    footer.y += top.height > 0 ? top.height : 0;
    draw_footer(context, canvas, footer, counters);
    if (split) {
        ledger.x += SUMMARY_COLUMNS;
        ledger.width -= SUMMARY_COLUMNS;
    } else {
        ledger.y = footer.y + FOOTER_ROWS;
        ledger.height = rect.y + rect.height - ledger.y;
    }
    if (ledger.height >= LEDGER_ROWS_MIN)
        draw_ledger(context, canvas, ledger);
}

static void safety_heading(const struct view_context *context, char *text, size_t size)
{
    const struct msg_safety_counters *counters = MODEL(context->model, SAFETY_COUNTERS, safety_counters);
    snprintf(text, size, "%u so far", counters ? counters->total : 0);
}

static enum topic safety_topic(const struct view_context *context)
{
    (void)context;
    return TOPIC_SAFETY_COUNTERS;
}

extern const struct view view_safety;
const struct view view_safety = {"SAFETY", safety_topic, safety_draw, safety_heading};
