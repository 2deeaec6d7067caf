#include "tui/view.h"

#include <stdio.h>

const char *const view_mode_names[VIEW_MODES] = {"LIVE", "PAUSED", "REWIND", "FILE", "ENDED", "WAITING", "NO LINK"};

extern const struct view view_camera, view_depth, view_lidar, view_map, view_policy, view_safety, view_motion,
    view_log, view_status, view_strip, view_timeline, view_keybar, view_rail, view_help, view_summary;

const struct view *const view_table[PANE_COUNT] = {
    [PANE_CAMERA] = &view_camera, [PANE_LIDAR] = &view_lidar,       [PANE_POLICY] = &view_policy,
    [PANE_SAFETY] = &view_safety, [PANE_MOTION] = &view_motion,     [PANE_LOG] = &view_log,
    [PANE_DEPTH] = &view_depth,   [PANE_MAP] = &view_map,           [PANE_STATUS] = &view_status,
    [PANE_STRIP] = &view_strip,   [PANE_TIMELINE] = &view_timeline, [PANE_KEYBAR] = &view_keybar,
    [PANE_RAIL] = &view_rail,     [PANE_HELP] = &view_help,         [PANE_SUMMARY] = &view_summary,
};

struct view_options view_options_default(void)
{
    return (struct view_options){.picture = PICTURE_COLOUR, .scale = 1, .follow = true, .log_level = 20};
}

double view_scale(double scale, int steps)
{
    return clamp(scale * pow(sqrt(2), steps), VIEW_SCALE_MIN, VIEW_SCALE_MAX);
}

void view_time(int64_t ns, char text[16])
{
    int64_t hundredths = (ns < 0 ? 0 : ns) / 10000000, minutes = hundredths / 6000;
    snprintf(text, 16, "%02d:%02d.%02d", minutes < 99999 ? (int)minutes : 99999, (int)(hundredths / 100 % 60),
             (int)(hundredths % 100));
}

void view_age(double age_s, char text[16])
{
    if (!isfinite(age_s))
        snprintf(text, 16, "   -  ");
    else if (age_s < 0.9995)
        snprintf(text, 16, "%3.0f ms", age_s * 1e3);
    else if (age_s < 99.95)
        snprintf(text, 16, "%4.1f s", age_s);
    else
        snprintf(text, 16, "%2.0f min", fmin(age_s / 60, 99));
}

enum role view_severity_role(uint8_t severity)
{
    return severity >= 3 ? ROLE_BAD : severity == 2 ? ROLE_WARN : ROLE_TEXT;
}

int view_number(struct canvas *canvas, int x, int y, int width, enum role role, double value, int decimals)
{
    if (!isfinite(value))
        return canvas_field(canvas, x, y, -width, ROLE_DIM, "-");
    return canvas_field(canvas, x, y, -width, role, "%.*f", decimals, value);
}

const char *view_sensor_of(enum topic topic)
{
    static const char *const names[TOPIC_COUNT] = {
        [TOPIC_SCAN] = "lidar", [TOPIC_IMAGE] = "camera",  [TOPIC_DEPTH] = "depth",
        [TOPIC_IMU] = "imu",    [TOPIC_ODOM] = "odometry", [TOPIC_BUMPER] = "bumper"};
    return names[topic];
}

static void centred(struct canvas *canvas, struct rect rect, int row, enum role role, const char *text)
{
    int columns = canvas_columns(text);
    canvas_text(canvas, rect.x + (columns < rect.width ? (rect.width - columns) / 2 : 0), rect.y + row, role, text);
}

void view_waiting(const struct view_context *context, struct canvas *canvas, struct rect rect, enum topic topic)
{
    char text[80];
    const char *sensor = view_sensor_of(topic);
    const struct msg_sensor_state *state = sensor ? model_sensor(context->model, sensor) : NULL;
    snprintf(text, sizeof text, "waiting for %s", topic_table[topic].name);
    int row = rect.height > 2 ? rect.height / 2 - 1 : 0;
    centred(canvas, rect, row, ROLE_DIM, text);
    if (state && state->state == 2) {
        snprintf(text, sizeof text, "the %s is removed or never spoke", sensor);
        centred(canvas, rect, row + 1, ROLE_WARN, text);
    }
}

/* --- one pane ------------------------------------------------------------------------------------------------- */

/* Returns the column where it begins. */
static int draw_rate(const struct view_context *context, struct canvas *canvas, struct rect rect, enum topic topic)
{
    char age[16];
    view_age(model_age_s(context->model, topic), age);
    bool stale = model_is_stale(context->model, topic);
    char text[48];
    if (stale)
        snprintf(text, sizeof text, " STALE %s ", age);
    else
        snprintf(text, sizeof text, " %3.0f Hz %s ", model_rate_hz(context->model, topic), age);
    int x = rect.x + rect.width - 2 - canvas_columns(text);
    canvas_text(canvas, x, rect.y, stale ? ROLE_WARN : ROLE_DIM, text);
    return x;
}

/* The parts of a heading, which two spaces separate, as many as fit before column `end`. */
static void draw_heading(struct canvas *canvas, int x, int y, int end, char *heading)
{
    for (char *part = heading, *next; *part; part = next) {
        char *gap = strstr(part, "  ");
        next = gap ? gap + 2 : part + strlen(part);
        if (gap)
            *gap = 0;
        if (x + (part != heading) + canvas_columns(part) + 1 > end)
            return;
        x = canvas_print(canvas, x, y, ROLE_TEXT, part == heading ? "%s " : " %s ", part);
    }
}

static void draw_frame(const struct view_context *context, struct canvas *canvas, enum pane pane, struct rect rect)
{
    const struct view *view = view_table[pane];
    bool focused = pane == context->focus;
    char heading[96] = "";
    if (view->heading)
        view->heading(context, heading, sizeof heading);
    canvas_box(canvas, rect, focused ? ROLE_FOCUS : ROLE_BORDER);
    struct rect old = canvas_clip(canvas, (struct rect){rect.x + 1, rect.y, rect.width > 2 ? rect.width - 2 : 0, 1});
    int x = rect.x + 1, end = rect.x + rect.width - 1;
    if (view->topic && context->model->topics[view->topic(context)].received)
        end = draw_rate(context, canvas, rect, view->topic(context));
    if (pane < PANE_FOCUSABLE)
        x = canvas_print(canvas, x, rect.y, ROLE_KEY, "%d", (int)pane + 1);
    x = canvas_print(canvas, x, rect.y, focused ? ROLE_FOCUS : ROLE_TITLE, " %s ", view->title);
    draw_heading(canvas, x, rect.y, end, heading);
    canvas_clip_restore(canvas, old);
}

void view_pane(const struct view_context *context, struct canvas *canvas, enum pane pane, const struct slot *slot)
{
    const struct view *view = view_table[pane];
    struct rect old = canvas_clip(canvas, slot->rect);
    canvas_fill(canvas, slot->rect, ' ', ROLE_TEXT, ROLE_DEFAULT);
    struct rect inner = slot->framed ? rect_inset(slot->rect, 1) : slot->rect;
    enum topic topic = view->topic ? view->topic(context) : TOPIC_COUNT;
    bool waiting = topic != TOPIC_COUNT && !model_latest(context->model, topic);
    struct rect frame = canvas_clip(canvas, inner);
    bool room = inner.width > 0 && inner.height > 0;
    if (room && waiting)
        view_waiting(context, canvas, inner, topic);
    else if (room)
        view->draw(context, canvas, inner);
    if (topic != TOPIC_COUNT && model_is_stale(context->model, topic))
        canvas_dim(canvas, inner);
    canvas_clip_restore(canvas, frame);
    if (slot->framed)
        draw_frame(context, canvas, pane, slot->rect);
    canvas_clip_restore(canvas, old);
}

void view_screen(const struct view_context *context, struct canvas *canvas, const struct layout *layout)
{
    canvas_erase(canvas);
    for (int pane = 0; pane < PANE_COUNT; pane++)
        if (layout->slots[pane].rect.width > 0 && layout->slots[pane].rect.height > 0)
            view_pane(context, canvas, (enum pane)pane, &layout->slots[pane]);
}

bool view_wants_strip(const struct model *model) { return model_unacknowledged(model) > 0; }
