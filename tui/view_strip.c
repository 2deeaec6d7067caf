/* Violation strip: one row that says what happened last and what to do about it. */
#include <stdio.h>

#include "tui/view.h"

static const struct model_event *newest_open(const struct model *model)
{
    const struct model_event *event = NULL;
    for (uint32_t i = 0; (event = model_event(model, i)) != NULL && event->acknowledged; i++) {
    }
    return event;
}

static void draw_open(const struct view_context *context, struct canvas *canvas, struct rect rect,
                      const struct model_event *event)
{
    const struct model *model = context->model;
    uint32_t open = model_unacknowledged(model);
    char when[16], keys[80], jump[24], acknowledge[24], text[1024]; /* more than the numbers and names can fill */
    view_time(event->start_ns, when);
    keymap_label(context->keymap, ACTION_PREVIOUS_VIOLATION, jump, sizeof jump);
    keymap_label(context->keymap, ACTION_ACKNOWLEDGE, acknowledge, sizeof acknowledge);
    snprintf(keys, sizeof keys, " %s jump  %s ack ", jump, acknowledge);
    int used = snprintf(text, sizeof text, " !! %u VIOLATION%s  %s", open, open == 1 ? "" : "S", event->id);
    if (isfinite(event->value) && *event->unit)
        used += snprintf(text + used, sizeof text - (size_t)used, " %.2f %s", event->value, event->unit);
    if (isfinite(event->threshold) && event->threshold > 0)
        used += snprintf(text + used, sizeof text - (size_t)used, ", limit %.2f", event->threshold);
    if (event->active)
        used += snprintf(text + used, sizeof text - (size_t)used, "  NOW since %s", when);
    else
        used += snprintf(text + used, sizeof text - (size_t)used, "  at %s (%.1f s ago)", when,
                         fmax(0, (double)(model->now_ns - event->start_ns) / 1e9));
    if (*event->action)
        snprintf(text + used, sizeof text - (size_t)used, "  while %s", event->action);
    enum role role = event->active || event->severity >= 3 ? ROLE_BAD : ROLE_WARN;
    int keys_columns = canvas_columns(keys);
    canvas_field(canvas, rect.x, rect.y, rect.width > keys_columns ? rect.width - keys_columns : rect.width, role,
                 "%s", text);
    if (rect.width > keys_columns)
        canvas_text(canvas, rect.x + rect.width - keys_columns, rect.y, role, keys);
    canvas_attribute(canvas, rect, CELL_REVERSE | CELL_BOLD);
}

/* Nothing is wrong that should not be: then what is wrong on purpose. False if nothing is. */
static bool draw_faults(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    const struct msg_fault_event *event = MODEL(context->model, FAULTS, fault_event);
    if (!event || !event->in_force.count)
        return false;
    char text[1024];
    int used = snprintf(text, sizeof text, "%u fault%s in force:", event->in_force.count,
                        event->in_force.count == 1 ? "" : "s");
    for (uint32_t i = 0; i < event->in_force.count && used < (int)sizeof text; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "  %s", event->in_force.data[i]);
    canvas_field(canvas, rect.x + 1, rect.y, rect.width - 1, ROLE_WARN, "%s", text);
    return true;
}

static void strip_draw(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    const struct msg_safety_counters *counters = MODEL(context->model, SAFETY_COUNTERS, safety_counters);
    const struct model_event *event = newest_open(context->model);
    if (event) {
        draw_open(context, canvas, rect, event);
        return;
    }
    if (draw_faults(context, canvas, rect))
        return;
    if (!counters || counters->total == 0) {
        canvas_text(canvas, rect.x + 1, rect.y, ROLE_OK, counters ? "OK no violations" : "");
        return;
    }
    int x = canvas_print(canvas, rect.x + 1, rect.y, ROLE_TEXT, "%u violation%s this episode, all acknowledged",
                         counters->total, counters->total == 1 ? "" : "s");
    if (isfinite(counters->min_clearance_m))
        canvas_print(canvas, x, rect.y, ROLE_DIM, "   least clearance %.2f m", counters->min_clearance_m);
}

extern const struct view view_strip;
const struct view view_strip = {"VIOLATIONS", NULL, strip_draw, NULL};
