#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/clock.h"
#include "tui/dashboard_state.h"
#include "tui/shot.h"

static const int64_t NOTICE_NS = 4000000000;
static const double PAN_M = 0.5;

void dashboard_say(struct dashboard *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(d->notice, sizeof d->notice, format, args);
    va_end(args);
    d->notice_until_ns = clock_wall_ns() + NOTICE_NS;
    d->dirty = true;
}

bool dashboard_is_live(const struct dashboard *d) { return feed_is_live(d->feed); }

/* A command to the simulator. Where there is none the operator is told. Returns its number, 0 if it was not sent. */
uint64_t dashboard_tell(struct dashboard *d, const char *verb, const char *text, const double *values, size_t count)
{
    uint64_t request = feed_command(d->feed, verb, text, values, count);
    const char *why =
        dashboard_is_live(d) ? "no simulator is there to obey" : "this is a log; only a live simulator obeys";
    if (!request)
        dashboard_say(d, "%s: %s", verb, why);
    return request;
}

/* --- panes and views -------------------------------------------------------------------------------------------- */

static void focus(struct dashboard *d, int pane)
{
    d->layout.focus = (enum pane)((pane + PANE_FOCUSABLE) % PANE_FOCUSABLE);
    d->dirty = true;
}
static void act_next_pane(struct dashboard *d) { focus(d, (int)d->layout.focus + 1); }
static void act_previous_pane(struct dashboard *d) { focus(d, (int)d->layout.focus - 1); }
static void act_pane_1(struct dashboard *d) { focus(d, 0); }
static void act_pane_2(struct dashboard *d) { focus(d, 1); }
static void act_pane_3(struct dashboard *d) { focus(d, 2); }
static void act_pane_4(struct dashboard *d) { focus(d, 3); }
static void act_pane_5(struct dashboard *d) { focus(d, 4); }
static void act_pane_6(struct dashboard *d) { focus(d, 5); }
static void act_maximise(struct dashboard *d) { d->layout.maximised = !d->layout.maximised; }
static void act_help(struct dashboard *d)
{
    d->layout.help = !d->layout.help;
    d->context.options.scroll[PANE_HELP] = 0;
}

/* Which pane the arrows move. */
static enum pane scrolled(const struct dashboard *d) { return d->layout.help ? PANE_HELP : d->layout.focus; }

/* The log counts its lines from the newest, everything else from the top. */
static void scroll_by(struct dashboard *d, int lines)
{
    enum pane pane = scrolled(d);
    int *at = &d->context.options.scroll[pane];
    *at += pane == PANE_LOG ? -lines : lines;
    *at = *at < 0 ? 0 : *at;
}

static void move_by(struct dashboard *d, int x, int y)
{
    struct view_options *o = &d->context.options;
    if (scrolled(d) == PANE_LIDAR || scrolled(d) == PANE_MAP) {
        o->pan_x_m += x * PAN_M / o->scale;
        o->pan_y_m -= y * PAN_M / o->scale;
    } else {
        scroll_by(d, y);
    }
}
static void act_up(struct dashboard *d) { move_by(d, 0, -1); }
static void act_down(struct dashboard *d) { move_by(d, 0, 1); }
static void act_left(struct dashboard *d) { move_by(d, -1, 0); }
static void act_right(struct dashboard *d) { move_by(d, 1, 0); }
static void act_page_up(struct dashboard *d) { scroll_by(d, -10); }
static void act_page_down(struct dashboard *d) { scroll_by(d, 10); }

static void act_zoom_in(struct dashboard *d) { d->context.options.scale = view_scale(d->context.options.scale, 1); }
static void act_zoom_out(struct dashboard *d) { d->context.options.scale = view_scale(d->context.options.scale, -1); }
static void act_zoom_reset(struct dashboard *d)
{
    struct view_options *o = &d->context.options;
    o->scale = 1;
    o->pan_x_m = o->pan_y_m = 0;
}
static void act_follow(struct dashboard *d)
{
    d->context.options.follow = !d->context.options.follow;
    d->context.options.scroll[PANE_LOG] = 0;
}
static void act_frame(struct dashboard *d) { d->context.options.map_frame = !d->context.options.map_frame; }
static void act_sources(struct dashboard *d) { d->context.options.sources = !d->context.options.sources; }
static void act_picture(struct dashboard *d)
{
    d->context.options.picture = (enum picture_map)((d->context.options.picture + 1) % PICTURE_MAPS);
}
static void act_side_by_side(struct dashboard *d)
{
    d->context.options.side_by_side = !d->context.options.side_by_side;
}
static void act_blocks(struct dashboard *d) { d->blocks = !d->blocks; }

static void act_colours(struct dashboard *d)
{
    d->theme.depth = (enum theme_depth)((d->theme.depth + THEME_DEPTHS - 1) % THEME_DEPTHS);
    dashboard_say(d, "colours: %s", theme_depth_names[d->theme.depth]);
}
static void act_theme(struct dashboard *d)
{
    d->theme.palette = (enum theme_palette)((d->theme.palette + 1) % THEME_PALETTES);
    dashboard_say(d, "theme: %s", theme_palette_names[d->theme.palette]);
}

/* --- the log ---------------------------------------------------------------------------------------------------- */

static void ask(struct dashboard *d, enum action what)
{
    d->asking = what;
    d->input[0] = '\0';
}
static void act_search(struct dashboard *d) { ask(d, ACTION_SEARCH); }
static void act_filter(struct dashboard *d) { ask(d, ACTION_FILTER); }
static void act_command(struct dashboard *d) { ask(d, ACTION_COMMAND); }
static void act_fault(struct dashboard *d)
{
    ask(d, ACTION_COMMAND);
    snprintf(d->input, sizeof d->input, "fault ");
}

static void search_go(struct dashboard *d, int direction)
{
    int at = view_log_find(&d->context, d->context.options.scroll[PANE_LOG], direction);
    if (at < 0)
        dashboard_say(d, "'%s' is not %s", d->context.options.log_search,
                      direction > 0 ? "further back" : "further on");
    else
        d->context.options.scroll[PANE_LOG] = at;
}
static void act_search_next(struct dashboard *d) { search_go(d, 1); }
static void act_search_previous(struct dashboard *d) { search_go(d, -1); }

static void act_level(struct dashboard *d)
{
    int *level = &d->context.options.log_level;
    *level = *level >= 40 ? 10 : *level + 10;
    d->context.options.scroll[PANE_LOG] = 0;
}

/* "speed 4", "policy pursuit", "goal 3 2.5", "set dwa.clearance_weight=2": numbers become values, other words the
 * text. */
static void command_run(struct dashboard *d)
{
    char *rest = NULL, *verb = strtok_r(d->input, " ", &rest), *word, text[INPUT_MAX] = "";
    double values[8];
    size_t count = 0;
    if (!verb)
        return;
    while ((word = strtok_r(NULL, " ", &rest))) {
        char *end;
        double value = strtod(word, &end);
        if (!*end && count < COUNT_OF(values))
            values[count++] = value;
        else
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? " " : "", word);
    }
    d->typed_request = dashboard_tell(d, verb, text, values, count);
}

static void input_done(struct dashboard *d)
{
    enum action what = d->asking;
    struct view_options *o = &d->context.options;
    d->asking = ACTION_NONE;
    if (what == ACTION_COMMAND) {
        command_run(d);
        return;
    }
    char *target = what == ACTION_SEARCH ? o->log_search : o->log_filter;
    snprintf(target, VIEW_TEXT, "%.*s", VIEW_TEXT - 1, d->input);
    o->scroll[PANE_LOG] = 0;
    if (what == ACTION_SEARCH && *target)
        search_go(d, 1);
}

void dashboard_type(struct dashboard *d, int key)
{
    size_t length = strlen(d->input);
    d->dirty = true;
    if (key == KEYS_ENTER) {
        input_done(d);
    } else if (key == KEYS_ESC || key == 3) {
        d->asking = ACTION_NONE;
    } else if (key == KEYS_BACKSPACE) {
        while (length && (d->input[--length] & 0xc0) == 0x80)
            continue;
        d->input[length] = '\0';
    } else if (key >= ' ' && key < 0x110000) {
        char bytes[4];
        int size = canvas_utf8((uint32_t)key, bytes);
        if (length + (size_t)size < sizeof d->input) {
            memcpy(d->input + length, bytes, (size_t)size);
            d->input[length + (size_t)size] = '\0';
        }
    }
}

/* --- the rest --------------------------------------------------------------------------------------------------- */

static void shoot(struct dashboard *d, bool png)
{
    struct error err = {0};
    char name[512], time[16];
    d->notice[0] = '\0';
    dashboard_draw(d, d->canvas.width, d->canvas.height); /* as it is now, without an earlier notice */
    view_time(dashboard_moment(d), time);
    shot_name(name, sizeof name, d->options->folder ? d->options->folder : ".", time, png ? "png" : "txt");
    enum status status = png ? shot_png(&d->canvas, &d->theme, name, &err) : shot_text(&d->canvas, name, &err);
    dashboard_say(d, "%s%s", status ? "" : "saved ", status ? err.text : name);
}
static void act_screenshot(struct dashboard *d) { shoot(d, true); }
static void act_screenshot_text(struct dashboard *d) { shoot(d, false); }
static void act_repaint(struct dashboard *d) { screen_repaint(d->screen); }
static void act_suspend(struct dashboard *d) { screen_suspend(d->screen); }
static void act_quit(struct dashboard *d) { d->running = false; }

static void act_back(struct dashboard *d)
{
    if (d->layout.help)
        d->layout.help = false;
    else if (d->layout.maximised)
        d->layout.maximised = false;
    else if (*d->context.options.log_search)
        d->context.options.log_search[0] = '\0';
    else if (d->looking_back && dashboard_is_live(d))
        dashboard_go_live(d);
}

static const struct dashboard_binding own_actions[] = {
    {ACTION_HELP, act_help}, {ACTION_COMMAND, act_command}, {ACTION_FAULT, act_fault},
    {ACTION_NEXT_PANE, act_next_pane}, {ACTION_PREVIOUS_PANE, act_previous_pane},
    {ACTION_PANE_1, act_pane_1}, {ACTION_PANE_2, act_pane_2}, {ACTION_PANE_3, act_pane_3},
    {ACTION_PANE_4, act_pane_4}, {ACTION_PANE_5, act_pane_5}, {ACTION_PANE_6, act_pane_6},
    {ACTION_MAXIMISE, act_maximise}, {ACTION_UP, act_up}, {ACTION_DOWN, act_down},
    {ACTION_LEFT, act_left}, {ACTION_RIGHT, act_right}, {ACTION_PAGE_UP, act_page_up},
    {ACTION_PAGE_DOWN, act_page_down}, {ACTION_ZOOM_IN, act_zoom_in}, {ACTION_ZOOM_OUT, act_zoom_out},
    {ACTION_ZOOM_RESET, act_zoom_reset}, {ACTION_FOLLOW, act_follow}, {ACTION_FRAME, act_frame},
    {ACTION_SOURCES, act_sources},
    {ACTION_PICTURE, act_picture}, {ACTION_SIDE_BY_SIDE, act_side_by_side}, {ACTION_BLOCKS, act_blocks},
    {ACTION_COLOURS, act_colours}, {ACTION_THEME, act_theme}, {ACTION_SEARCH, act_search},
    {ACTION_SEARCH_NEXT, act_search_next}, {ACTION_SEARCH_PREVIOUS, act_search_previous},
    {ACTION_FILTER, act_filter}, {ACTION_LEVEL, act_level}, {ACTION_SCREENSHOT, act_screenshot},
    {ACTION_SCREENSHOT_TEXT, act_screenshot_text}, {ACTION_REPAINT, act_repaint},
    {ACTION_SUSPEND, act_suspend}, {ACTION_BACK, act_back}, {ACTION_QUIT, act_quit},
    {ACTION_NONE, NULL},
};

void dashboard_act(struct dashboard *d, enum action action)
{
    const struct dashboard_binding *const tables[] = {own_actions, dashboard_time_actions, dashboard_robot_actions};
    for (size_t i = 0; i < COUNT_OF(tables) && action != ACTION_NONE; i++)
        for (const struct dashboard_binding *row = tables[i]; row->act; row++)
            if (row->action == action) {
                row->act(d);
                d->dirty = true;
                return;
            }
    ASSERT(action == ACTION_NONE); /* every other one is in a table */
}
