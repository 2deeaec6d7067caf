/* Sensors: one row each, for panes with room: does it live, how much does it count, and how near is it to a drift's
 * lines. */
#include "tui/view.h"

enum { BAR_COLUMNS = 10 };

static enum role drift_role(const struct msg_sensor_state *one)
{
    static const enum role roles[] = {ROLE_TEXT, ROLE_WARN, ROLE_BAD};
    return roles[one->drift_state < COUNT_OF(roles) ? one->drift_state : COUNT_OF(roles) - 1];
}

void view_drift_bar(struct canvas *canvas, int x, int y, int columns, const struct msg_sensor_state *one)
{
    double share = one->ph_line > 0 ? one->ph / one->ph_line : 0;
    canvas_bar(canvas, x, y, columns, share, one->drift_state ? drift_role(one) : ROLE_OK);
}

static void draw_row(struct canvas *canvas, int x, int y, const struct msg_sensor_state *one)
{
    static const char *const words[] = {"ok", "STALE", "none", "BAD"};
    static const enum role roles[] = {ROLE_OK, ROLE_WARN, ROLE_DIM, ROLE_BAD};
    size_t state = one->state < COUNT_OF(words) ? one->state : COUNT_OF(words) - 1;
    bool named = one->rule && *one->rule;
    char age[16];
    view_age(one->age_s, age);
    x = canvas_field(canvas, x + 1, y, 11, ROLE_TEXT, "%s", one->name);
    x = canvas_field(canvas, x, y, 8, named && state == 0 ? ROLE_WARN : roles[state], "%s",
                     named ? one->rule : words[state]);
    x = view_number(canvas, x, y, 5, ROLE_TEXT, one->rate_hz, 0);
    x = canvas_text(canvas, x + 1, y, ROLE_TEXT, age);
    x = view_number(canvas, x, y, 7, one->weight < 1 ? ROLE_WARN : ROLE_TEXT, one->weight, 2);
    if (!one->drift_channel || !*one->drift_channel)
        return;
    enum role role = drift_role(one);
    x = canvas_field(canvas, x + 2, y, 8, role, "%s", one->drift_channel);
    x = view_number(canvas, x, y, 8, role, one->drift_value, 3);
    x = view_number(canvas, x, y, 8, ROLE_DIM, one->drift_usual, 3);
    x = canvas_field(canvas, x + 1, y, 9, ROLE_DIM, "%s", one->drift_unit ? one->drift_unit : "");
    view_drift_bar(canvas, x, y, BAR_COLUMNS, one);
    x = view_number(canvas, x + BAR_COLUMNS, y, 6, role, one->ph, 1);
    x = view_number(canvas, x, y, 7, role, one->psi, 2);
    x = canvas_text(canvas, x, y, ROLE_DIM, " /");
    x = view_number(canvas, x, y, 5, ROLE_DIM, one->psi_critical, 2);
    view_number(canvas, x, y, 7, role, one->drift_state ? one->drift_since_s : (double)NAN, 1);
}

void view_sensors(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    const struct msg_sensor_health *health = MODEL(context->model, SENSOR_HEALTH, sensor_health);
    if (!health)
        return;
    canvas_text(
        canvas, rect.x, rect.y, ROLE_DIM,
        " sensor     state      Hz    age weight  channel    value   usual unit     Page-Hinkley  S    PSI / line"
        "  since");
    for (uint32_t i = 0; i < health->sensors.count && (int)i + 1 < rect.height; i++)
        draw_row(canvas, rect.x, rect.y + 1 + (int)i, &health->sensors.data[i]);
}
