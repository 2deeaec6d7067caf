#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/clock.h"
#include "tui/dashboard_state.h"
#include "tui/shot.h"

static const int64_t NS_PER_S = 1000000000, NOTICE_NS = 4000000000, DRIVE_EVERY_NS = 150000000;
static const double DRIVE_V_STEP_MPS = 0.1, DRIVE_W_STEP_RADPS = 0.2, DRIVE_V_MAX_MPS = 1.0, DRIVE_W_MAX_RADPS = 1.6,
                    PAN_M = 0.5;

void dashboard_say(struct dashboard *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(d->notice, sizeof d->notice, format, args);
    va_end(args);
    d->notice_until_ns = clock_wall_ns() + NOTICE_NS;
    d->dirty = true;
}

static bool is_live(const struct dashboard *d) { return feed_is_live(d->feed); }

/* A command to the simulator. Where there is none the operator is told. Returns its number, 0 if it was not sent. */
static uint64_t tell(struct dashboard *d, const char *verb, const char *text, const double *values, size_t count)
{
    uint64_t request = feed_command(d->feed, verb, text, values, count);
    if (!request)
        dashboard_say(d, "%s: %s", verb,
                      is_live(d) ? "no simulator is there to obey" : "this is a log; only a live simulator obeys");
    return request;
}

/* --- time ------------------------------------------------------------------------------------------------------------- */

struct model *dashboard_model(const struct dashboard *d) { return d->looking_back ? d->past : d->live; }

static void go_live(struct dashboard *d)
{
    if (!is_live(d)) {
        dashboard_go(d, feed_last_ns(d->feed));
        d->playing = feed_is_growing(d->feed); /* stay with what is being recorded */
        return;
    }
    model_copy_acknowledged(d->live, d->past);
    d->looking_back = d->playing = false;
    d->dirty = true;
}

void dashboard_go(struct dashboard *d, int64_t t_ns)
{
    if (is_live(d) && d->looking_back && t_ns > feed_last_ns(d->feed)) {
        go_live(d);
        return;
    }
    d->looking_back = true;
    d->cursor_ns = feed_seek(d->feed, d->past, t_ns);
    model_copy_acknowledged(d->past, d->live);
    d->last_wall_ns = clock_wall_ns();
    d->dirty = true;
}

static int64_t moment(const struct dashboard *d) { return d->looking_back ? d->cursor_ns : d->live->now_ns; }

static void go_by(struct dashboard *d, int64_t by_ns)
{
    d->playing = false;
    dashboard_go(d, moment(d) + by_ns);
}

static void act_back_1s(struct dashboard *d) { go_by(d, -NS_PER_S); }
static void act_forward_1s(struct dashboard *d) { go_by(d, NS_PER_S); }
static void act_back_10s(struct dashboard *d) { go_by(d, -10 * NS_PER_S); }
static void act_forward_10s(struct dashboard *d) { go_by(d, 10 * NS_PER_S); }

static void act_start(struct dashboard *d)
{
    d->playing = false;
    dashboard_go(d, feed_first_ns(d->feed));
}

static void act_pause(struct dashboard *d)
{
    const struct msg_server_status *status = MODEL(d->live, SERVER_STATUS, server_status);
    d->last_wall_ns = clock_wall_ns();
    if (d->looking_back) {
        bool at_end = !is_live(d) && d->cursor_ns >= feed_last_ns(d->feed);
        if (at_end && !d->playing)
            dashboard_go(d, feed_first_ns(d->feed));
        d->playing = !d->playing;
        d->dirty = true;
    } else {
        tell(d, status && status->paused ? "resume" : "pause", "", NULL, 0);
    }
}

/* On the live end a step forward is one tick of the simulator; anywhere else it moves the cursor. */
static void act_step(struct dashboard *d)
{
    d->playing = false;
    if (d->looking_back)
        dashboard_go(d, history_step(feed_history(d->feed), d->cursor_ns, 1));
    else
        tell(d, "step", "", &(double){1}, 1);
}

static void act_step_back(struct dashboard *d)
{
    d->playing = false;
    dashboard_go(d, history_step(feed_history(d->feed), moment(d), -1));
}

static void act_find(struct dashboard *d, enum history_mark_kind kind, int direction, const char *what)
{
    int64_t found_ns;
    d->playing = false;
    if (feed_find(d->feed, kind, moment(d), direction, &found_ns))
        dashboard_go(d, found_ns);
    else
        dashboard_say(d, "no %s %s", what, direction > 0 ? "after this moment" : "before this moment");
}

static void act_next_violation(struct dashboard *d) { act_find(d, HISTORY_VIOLATION, 1, "violation"); }
static void act_previous_violation(struct dashboard *d) { act_find(d, HISTORY_VIOLATION, -1, "violation"); }
static void act_next_error(struct dashboard *d) { act_find(d, HISTORY_ERROR, 1, "error"); }
static void act_previous_error(struct dashboard *d) { act_find(d, HISTORY_ERROR, -1, "error"); }

static void act_mark(struct dashboard *d)
{
    char text[16];
    d->mark_ns = moment(d);
    history_mark(feed_history(d->feed), d->mark_ns);
    view_time(d->mark_ns, text);
    dashboard_say(d, "marked %s", text);
}

static void act_return(struct dashboard *d)
{
    if (d->mark_ns >= 0)
        dashboard_go(d, d->mark_ns);
    else
        dashboard_say(d, "nothing is marked yet");
}

/* --- the robot ----------------------------------------------------------------------------------------------------------- */

/* Said aloud as well: while one looks back, the robot's present state is not on screen. */
static void order(struct dashboard *d, const char *verb, const char *text)
{
    if (tell(d, verb, text, NULL, 0))
        dashboard_say(d, "%s%s%s", verb, *text ? " " : "", text);
}

static void act_estop(struct dashboard *d) { order(d, "estop", ""); }
static void act_release(struct dashboard *d) { order(d, "release", ""); }

static void speed_by(struct dashboard *d, double factor)
{
    const struct msg_server_status *status = MODEL(d->live, SERVER_STATUS, server_status);
    if (!is_live(d)) {
        d->play_speed = fmin(fmax(d->play_speed * factor, 0.125), 64);
        dashboard_say(d, "playing at x%g", d->play_speed);
        return;
    }
    /* Two presses may come faster than a report: until the report changes, what was asked for is the newest known. */
    double reported = status && status->speed > 0 ? status->speed : 1;
    double now = d->speed_asked > 0 && reported == d->speed_then ? d->speed_asked : reported;
    double next = fmin(fmax(now * factor, 0.1), 100);
    if (tell(d, "speed", "", &next, 1)) {
        d->speed_asked = next;
        d->speed_then = reported;
        dashboard_say(d, "speed x%g", next);
    }
}
static void act_slower(struct dashboard *d) { speed_by(d, 0.5); }
static void act_faster(struct dashboard *d) { speed_by(d, 2); }

static void act_reset(struct dashboard *d)
{
    go_live(d);
    order(d, "reset", "");
}

static const char *policy_now(const struct dashboard *d)
{
    const struct msg_server_status *status = MODEL(d->live, SERVER_STATUS, server_status);
    return status ? status->policy : "";
}

/* The next of the list given by whoever opened us. */
static void act_policy(struct dashboard *d)
{
    const char *const *names = d->options->policies;
    size_t count = 0, at = 0;
    while (names && names[count])
        count++;
    for (size_t i = 0; i < count; i++)
        if (!strcmp(names[i], policy_now(d)))
            at = i + 1;
    if (count)
        order(d, "policy", names[at % count]);
}

static void act_rollback(struct dashboard *d) { order(d, "rollback", ""); }

static void act_shield(struct dashboard *d)
{
    static const char *const modes[] = {"off", "monitor", "on"};
    const struct msg_decision *decision = MODEL(d->live, DECISION, decision);
    size_t at = 0;
    for (size_t i = 0; decision && i < COUNT_OF(modes); i++)
        if (!strcmp(modes[i], decision->shield_mode))
            at = i + 1;
    order(d, "shield", modes[at % COUNT_OF(modes)]);
}

static void act_teleop(struct dashboard *d)
{
    if (!is_live(d)) {
        tell(d, "teleop", "", NULL, 0);
        return;
    }
    go_live(d);
    snprintf(d->policy_before, sizeof d->policy_before, "%s", policy_now(d));
    d->driving = true;
    d->drive = (struct twist2){0};
    d->drive_due_ns = 0;
    tell(d, "policy", "teleop", NULL, 0);
}

static void act_drive_end(struct dashboard *d)
{
    d->driving = false;
    if (*d->policy_before)
        tell(d, "policy", d->policy_before, NULL, 0);
    dashboard_say(d, "driving ended, %s drives", d->policy_before);
}

static void drive_by(struct dashboard *d, double v, double w)
{
    d->drive.v_mps = clamp(d->drive.v_mps + v, -DRIVE_V_MAX_MPS / 2, DRIVE_V_MAX_MPS);
    d->drive.w_radps = clamp(d->drive.w_radps + w, -DRIVE_W_MAX_RADPS, DRIVE_W_MAX_RADPS);
    d->drive_due_ns = 0;
    d->dirty = true;
}
static void act_drive_forward(struct dashboard *d) { drive_by(d, DRIVE_V_STEP_MPS, -d->drive.w_radps); }
static void act_drive_back(struct dashboard *d) { drive_by(d, -DRIVE_V_STEP_MPS, -d->drive.w_radps); }
static void act_drive_left(struct dashboard *d) { drive_by(d, 0, DRIVE_W_STEP_RADPS); }
static void act_drive_right(struct dashboard *d) { drive_by(d, 0, -DRIVE_W_STEP_RADPS); }
static void act_drive_stop(struct dashboard *d) { drive_by(d, -d->drive.v_mps, -d->drive.w_radps); }

void dashboard_drive(struct dashboard *d, int64_t wall_ns)
{
    if (!d->driving || wall_ns < d->drive_due_ns)
        return;
    d->drive_due_ns = wall_ns + DRIVE_EVERY_NS;
    tell(d, "teleop", "", (double[]){d->drive.v_mps, d->drive.w_radps}, 2);
}

static void act_acknowledge(struct dashboard *d)
{
    if (!model_acknowledge(dashboard_model(d)))
        dashboard_say(d, "nothing to acknowledge");
    if (d->looking_back)
        model_copy_acknowledged(d->live, d->past);
    d->dirty = true;
}

static void act_acknowledge_all(struct dashboard *d)
{
    model_acknowledge_all(d->live);
    model_acknowledge_all(d->past);
    d->dirty = true;
}

/* --- panes and views -------------------------------------------------------------------------------------------------------- */

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
static void act_side_by_side(struct dashboard *d) { d->context.options.side_by_side = !d->context.options.side_by_side; }
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

/* --- the log ------------------------------------------------------------------------------------------------------------------ */

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
        dashboard_say(d, "'%s' is not %s", d->context.options.log_search, direction > 0 ? "further back" : "further on");
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

/* "speed 4", "policy pursuit", "goal 3 2.5", "set dwa.clearance_weight=2": numbers become values, other words the text. */
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
    d->typed_request = tell(d, verb, text, values, count);
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

/* --- the rest ------------------------------------------------------------------------------------------------------------------- */

static void shoot(struct dashboard *d, bool png)
{
    struct error err = {0};
    char name[512], time[16];
    d->notice[0] = '\0';
    dashboard_draw(d, d->canvas.width, d->canvas.height); /* as it is now, without an earlier notice */
    view_time(moment(d), time);
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
    else if (d->looking_back && is_live(d))
        go_live(d);
}

#define ACT(ID, id) [ACTION_##ID] = act_##id
static void (*const actions[ACTION_COUNT])(struct dashboard *) = {
    ACT(HELP, help), ACT(PAUSE, pause), ACT(STEP, step), ACT(STEP_BACK, step_back), ACT(BACK_1S, back_1s),
    ACT(FORWARD_1S, forward_1s), ACT(BACK_10S, back_10s), ACT(FORWARD_10S, forward_10s), ACT(START, start),
    [ACTION_LIVE] = go_live, ACT(NEXT_VIOLATION, next_violation), ACT(PREVIOUS_VIOLATION, previous_violation),
    ACT(NEXT_ERROR, next_error), ACT(PREVIOUS_ERROR, previous_error), ACT(MARK, mark), ACT(RETURN, return),
    ACT(ESTOP, estop), ACT(RELEASE, release), ACT(TELEOP, teleop), ACT(POLICY, policy), ACT(ROLLBACK, rollback),
    ACT(SHIELD, shield), ACT(SLOWER, slower), ACT(FASTER, faster), ACT(RESET, reset), ACT(COMMAND, command),
    ACT(FAULT, fault), ACT(NEXT_PANE, next_pane),
    ACT(PREVIOUS_PANE, previous_pane), ACT(PANE_1, pane_1), ACT(PANE_2, pane_2), ACT(PANE_3, pane_3),
    ACT(PANE_4, pane_4), ACT(PANE_5, pane_5), ACT(PANE_6, pane_6), ACT(MAXIMISE, maximise),
    ACT(ACKNOWLEDGE, acknowledge), ACT(ACKNOWLEDGE_ALL, acknowledge_all), ACT(UP, up), ACT(DOWN, down),
    ACT(LEFT, left), ACT(RIGHT, right), ACT(PAGE_UP, page_up), ACT(PAGE_DOWN, page_down), ACT(ZOOM_IN, zoom_in),
    ACT(ZOOM_OUT, zoom_out), ACT(ZOOM_RESET, zoom_reset), ACT(FOLLOW, follow), ACT(FRAME, frame),
    ACT(SOURCES, sources),
    ACT(PICTURE, picture), ACT(SIDE_BY_SIDE, side_by_side), ACT(BLOCKS, blocks), ACT(COLOURS, colours),
    ACT(THEME, theme), ACT(SEARCH, search), ACT(SEARCH_NEXT, search_next), ACT(SEARCH_PREVIOUS, search_previous),
    ACT(FILTER, filter), ACT(LEVEL, level), ACT(SCREENSHOT, screenshot), ACT(SCREENSHOT_TEXT, screenshot_text),
    ACT(REPAINT, repaint), ACT(SUSPEND, suspend), ACT(BACK, back), ACT(QUIT, quit),
    ACT(DRIVE_FORWARD, drive_forward), ACT(DRIVE_BACK, drive_back), ACT(DRIVE_LEFT, drive_left),
    ACT(DRIVE_RIGHT, drive_right), ACT(DRIVE_STOP, drive_stop), ACT(DRIVE_END, drive_end),
};

void dashboard_act(struct dashboard *d, enum action action)
{
    if (action == ACTION_NONE)
        return;
    actions[action](d);
    d->dirty = true;
}
