/* Rail: what small screens show beside the one large pane; and the summary, which is all that smaller ones show. */
#include <stdio.h>

#include "tui/view.h"

enum { CLASSES_SHOWN = 5, FAULTS_SHOWN = 3 };
#define BATTERY_LOW 0.2 /* a share of full below which it is worth a warning */

struct rows { /* text from top to bottom of a rectangle */
    struct canvas *canvas;
    struct rect rect;
    int y;
};

static void draw_command(const struct view_context *context, struct rows *rows)
{
    const struct msg_decision *d = MODEL(context->model, DECISION, decision);
    int x = canvas_text(rows->canvas, rows->rect.x, rows->y, ROLE_DIM, " v ");
    x = view_number(rows->canvas, x, rows->y, 6, ROLE_TEXT, d ? d->v_mps : (double)NAN, 2);
    x = canvas_text(rows->canvas, x, rows->y, ROLE_DIM, "  w ");
    view_number(rows->canvas, x, rows->y++, 6, ROLE_TEXT, d ? d->w_radps : (double)NAN, 2);
    bool active = d && d->shield_active;
    x = canvas_text(rows->canvas, rows->rect.x, rows->y, ROLE_DIM, " shield ");
    canvas_print(rows->canvas, x, rows->y++, active ? ROLE_WARN : ROLE_TEXT, "%s%s", d ? d->shield_mode : "-",
                 active ? " ACTS" : "");
}

static void draw_clearance(const struct view_context *context, struct rows *rows)
{
    const struct msg_safety_counters *c = MODEL(context->model, SAFETY_COUNTERS, safety_counters);
    int x = canvas_text(rows->canvas, rows->rect.x, rows->y, ROLE_DIM, " clear ");
    x = view_number(rows->canvas, x, rows->y, 4, ROLE_TEXT, c ? c->clearance_m : (double)NAN, 2);
    x = canvas_text(rows->canvas, x, rows->y, ROLE_DIM, " least ");
    view_number(rows->canvas, x, rows->y++, 4, ROLE_TEXT, c ? c->min_clearance_m : (double)NAN, 2);
    int flips = model_flips(context->model, 2);
    x = canvas_text(rows->canvas, rows->rect.x, rows->y, ROLE_DIM, " ttc   ");
    x = view_number(rows->canvas, x, rows->y, 4, ROLE_TEXT, c ? c->ttc_s : (double)NAN, 2);
    x = canvas_text(rows->canvas, x, rows->y, ROLE_DIM, " flips ");
    canvas_field(rows->canvas, x, rows->y++, -4, flips >= VIEW_FLIPS_ODD ? ROLE_WARN : ROLE_TEXT, "%d", flips);
}

/* Classes that happened; the number open after them. */
static void draw_violations(const struct view_context *context, struct rows *rows)
{
    const struct msg_safety_counters *c = MODEL(context->model, SAFETY_COUNTERS, safety_counters);
    int shown = 0;
    for (uint32_t i = 0; c && i < c->counts.count && shown < CLASSES_SHOWN; i++) {
        const struct msg_violation_count *row = &c->counts.data[i];
        if (!row->count)
            continue;
        enum role role = row->active ? ROLE_BAD : ROLE_WARN;
        int x = canvas_field(rows->canvas, rows->rect.x + 1, rows->y, 7, role, "%s", row->id);
        x = canvas_field(rows->canvas, x, rows->y, 3, role, "%s", row->active ? "!!" : "");
        x = canvas_field(rows->canvas, x, rows->y, -4, role, "%u", row->count);
        canvas_print(rows->canvas, x, rows->y++, ROLE_DIM, "%5.1f s", row->active_s);
        shown++;
    }
    if (c && !shown)
        canvas_text(rows->canvas, rows->rect.x + 1, rows->y++, ROLE_OK, "OK no violations");
}

static void draw_sensors(const struct view_context *context, struct rows *rows)
{
    static const char *const words[] = {"ok", "STALE", "none", "BAD"};
    static const enum role roles[] = {ROLE_OK, ROLE_WARN, ROLE_DIM, ROLE_BAD};
    const struct msg_sensor_health *health = MODEL(context->model, SENSOR_HEALTH, sensor_health);
    for (uint32_t i = 0; health && i < health->sensors.count; i++) {
        const struct msg_sensor_state *one = &health->sensors.data[i];
        size_t state = one->state < COUNT_OF(words) ? one->state : COUNT_OF(words) - 1;
        char age[16];
        view_age(one->age_s, age);
        int x = canvas_field(rows->canvas, rows->rect.x + 1, rows->y, 8, ROLE_DIM, "%s", one->name);
        x = canvas_text(rows->canvas, x, rows->y, ROLE_TEXT, age);
        bool named = one->rule && *one->rule && state != 1; /* the rule says more than the state */
        canvas_print(rows->canvas, x, rows->y, named && state == 0 ? ROLE_WARN : roles[state], " %s",
                     named ? one->rule : words[state]);
        if (!named && one->drift_state) /* on its way to a drift */
            view_drift_bar(rows->canvas, rows->rect.x + rows->rect.width - 3, rows->y, 3, one);
        rows->y++;
    }
}

/* What is left to drive on, if there is a line for it. */
static void draw_battery(const struct view_context *context, struct rows *rows)
{
    const struct msg_battery_state *battery = MODEL(context->model, BATTERY, battery_state);
    if (!battery || rows->y >= rows->rect.y + rows->rect.height)
        return;
    int x = canvas_field(rows->canvas, rows->rect.x + 1, rows->y, 8, ROLE_DIM, "battery");
    canvas_print(rows->canvas, x, rows->y++, (double)battery->percentage < BATTERY_LOW ? ROLE_WARN : ROLE_TEXT,
                 "%5.1f V %3.0f %%", (double)battery->voltage, 100 * (double)battery->percentage);
}

/* What is broken on purpose. */
static void draw_faults(const struct view_context *context, struct rows *rows)
{
    const struct msg_fault_event *event = MODEL(context->model, FAULTS, fault_event);
    uint32_t count = event ? event->in_force.count : 0;
    uint32_t shown = count > FAULTS_SHOWN ? FAULTS_SHOWN - 1 : count;
    for (uint32_t i = 0; i < shown; i++)
        canvas_field(rows->canvas, rows->rect.x + 1, rows->y++, rows->rect.width - 1, ROLE_WARN, "! %s",
                     event->in_force.data[i]);
    if (count > shown)
        canvas_print(rows->canvas, rows->rect.x + 1, rows->y++, ROLE_WARN, "! and %u more", count - shown);
}

static void rail_draw(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    struct rows rows = {canvas, rect, rect.y};
    bool spacious = rect.height >= 14;
    draw_command(context, &rows);
    draw_clearance(context, &rows);
    rows.y += spacious;
    draw_violations(context, &rows);
    rows.y += spacious;
    draw_sensors(context, &rows);
    draw_faults(context, &rows);
    draw_battery(context, &rows);
}

static void summary_draw(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    struct rows rows = {canvas, rect, rect.y};
    const struct msg_decision *d = MODEL(context->model, DECISION, decision);
    const struct msg_episode_result *result = MODEL(context->model, EPISODE_RESULT, episode_result);
    struct pose2 pose;
    if (model_pose(context->model, &pose))
        canvas_print(canvas, rect.x + 1, rows.y++, ROLE_TEXT, "at %.2f %.2f m, heading %.0f deg", pose.x, pose.y,
                     pose.yaw * 180 / PI);
    if (d)
        canvas_print(canvas, rect.x + 1, rows.y++, ROLE_TEXT, "%s: %s", d->policy, d->reason);
    if (result)
        canvas_print(canvas, rect.x + 1, rows.y++, result->success ? ROLE_OK : ROLE_BAD, "%s: %s", result->outcome,
                     result->detail);
    draw_command(context, &rows);
    draw_clearance(context, &rows);
    draw_violations(context, &rows);
    draw_sensors(context, &rows);
    draw_faults(context, &rows);
    draw_battery(context, &rows);
}

extern const struct view view_rail, view_summary;
const struct view view_rail = {"FIGURES", NULL, rail_draw, NULL};
const struct view view_summary = {"SUMMARY", NULL, summary_draw, NULL};
