#include "tui/dashboard.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logs/clock.h"
#include "tui/dashboard_state.h"
#include "tui/shot.h"

static const int64_t NS_PER_S = 1000000000, NS_PER_MS = 1000000;
static const int64_t PATIENCE_NS = 5 * (int64_t)1000000000; /* for a peer that never was there */
static const int64_t RESIZE_SETTLE_NS = 30 * (int64_t)1000000, SLOW_FRAME_NS = 60 * (int64_t)1000000,
                     LULL_NS = 120 * (int64_t)1000000, RUNG_UP_NS = 500 * (int64_t)1000000,
                     RUNG_DOWN_NS = 5 * (int64_t)1000000000;
enum { IDLE_MS = 1000 };

/* What is given up, step by step, when the terminal cannot keep up. */
static const struct rung {
    double fps_share;
    int hysteresis;
} rungs[] = {
    {1, PICTURE_HYSTERESIS}, {0.5, PICTURE_HYSTERESIS}, {0.25, PICTURE_HYSTERESIS}, {0.25, 2 * PICTURE_HYSTERESIS}};

static volatile sig_atomic_t signalled;
static void on_signal(int number) { signalled = number; }

bool dashboard_is_endpoint(const char *source) { return strstr(source, "://") != NULL; }

/* --- one frame -------------------------------------------------------------------------------------------------- */

static enum view_mode mode_of(const struct dashboard *d)
{
    const struct msg_server_status *status = MODEL(d->live, SERVER_STATUS, server_status);
    if (!feed_is_live(d->feed))
        return VIEW_FILE;
    if (d->looking_back)
        return VIEW_REWIND;
    if (!d->connected)
        return d->ever_connected ? VIEW_LOST : VIEW_WAITING;
    if (!status)
        return VIEW_WAITING;
    return status->ended ? VIEW_ENDED : status->paused ? VIEW_PAUSED : VIEW_LIVE;
}

static const char *prompt_of(const struct dashboard *d)
{
    return d->asking == ACTION_SEARCH ? "search: " : d->asking == ACTION_FILTER ? "only lines with: "
         : d->asking == ACTION_COMMAND ? "command: " : NULL;
}

void dashboard_draw(struct dashboard *d, int width, int height)
{
    struct view_context *c = &d->context;
    c->model = dashboard_model(d);
    c->history = feed_history(d->feed);
    c->keymap = &d->keymap;
    c->mode = mode_of(d);
    c->cameras = d->cameras;
    c->hysteresis = rungs[d->rung].hysteresis;
    c->notice = d->notice;
    c->prompt = prompt_of(d);
    c->input = d->input;
    c->driving = d->driving;
    c->drive_v_mps = d->drive.v_mps;
    c->drive_w_radps = d->drive.w_radps;
    c->focus = d->layout.focus;
    c->link.dropped = feed_dropped(d->feed);
    c->link.quality = d->rung;
    c->link.colours = theme_depth_names[d->theme.depth];
    c->link.utf8 = !d->ascii;
    d->layout.strip = view_wants_strip(c->model);
    d->laid = layout_compute(width, height, &d->layout);
    canvas_resize(&d->canvas, width, height);
    view_screen(c, &d->canvas, &d->laid);
    canvas_degrade(&d->canvas, d->ascii, d->blocks || theme_wants_ramp(&d->theme));
}

/* Too slow for a while: one rung up; good for long: one down again. */
static void rung_adapt(struct dashboard *d, bool slow, int64_t wall_ns)
{
    if (slow) {
        d->good_since_ns = wall_ns;
        if (wall_ns - d->slow_since_ns > RUNG_UP_NS && d->rung < (int)COUNT_OF(rungs) - 1) {
            d->rung++;
            d->slow_since_ns = wall_ns;
        }
        return;
    }
    d->slow_since_ns = wall_ns;
    if (d->rung && wall_ns - d->good_since_ns > RUNG_DOWN_NS) {
        d->rung--;
        d->good_since_ns = wall_ns;
    }
}

static void frame_show(struct dashboard *d, int64_t wall_ns)
{
    int width, height;
    bool ready = screen_is_ready(d->screen);
    int64_t begun_ns = d->choked_ns ? d->choked_ns : wall_ns;
    d->choked_ns = ready ? 0 : begun_ns;
    if (!ready)
        return;
    d->frame_soonest_ns = wall_ns + (int64_t)((double)NS_PER_S / (d->options->fps * rungs[d->rung].fps_share));
    bool eager = d->playing || d->frame_soonest_ns > wall_ns + LULL_NS;
    d->frame_due_ns = eager ? d->frame_soonest_ns : wall_ns + LULL_NS;
    screen_size(d->screen, &width, &height);
    dashboard_draw(d, width, height);
    screen_show(d->screen, &d->canvas, &d->theme);
    rung_adapt(d, clock_wall_ns() - begun_ns > SLOW_FRAME_NS, wall_ns);
    d->frames++;
    d->dirty = false;
}

/* --- one turn of the loop --------------------------------------------------------------------------------------- */

static void keys_take(struct dashboard *d, int64_t wall_ns)
{
    for (int key; (key = screen_key(d->screen)) != KEYS_NONE;) {
        d->dirty = true;
        d->frame_due_ns = wall_ns; /* what a key does is seen at once */
        if (key == KEYS_RESIZE)
            d->frame_due_ns = wall_ns + RESIZE_SETTLE_NS;
        else if (d->asking != ACTION_NONE)
            dashboard_type(d, key);
        else
            dashboard_act(d, keymap_action(&d->keymap, key, d->driving));
    }
}

/* The big panes change with the camera and the lidar: a frame is drawn when they have spoken and their tick is whole,
 * which is sooner and steadier than any timer of ours. What comes in between waits for that, a lull at most. */
static void frame_pace(struct dashboard *d)
{
    const struct model_topic *topics = d->live->topics;
    int64_t image_ns = topics[TOPIC_IMAGE].stamp_ns, scan_ns = topics[TOPIC_SCAN].stamp_ns;
    int64_t newest_ns = image_ns > scan_ns ? image_ns : scan_ns;
    const struct msg_server_status *server = MODEL(d->live, SERVER_STATUS, server_status);
    unsigned state = server ? 1u + 2u * server->paused + 4u * server->ended + 8u * server->estop : 0;
    if (state != d->server_state || (server && server->paused)) /* the answer to a key, a single step */
        d->frame_due_ns = 0;
    d->server_state = state;
    if (newest_ns == d->pictured_ns || topics[TOPIC_STATE_HASH].stamp_ns < newest_ns)
        return;
    d->pictured_ns = newest_ns;
    if (d->frame_soonest_ns < d->frame_due_ns)
        d->frame_due_ns = d->frame_soonest_ns;
}

static void frames_take(struct dashboard *d)
{
    char notice[NOTICE_MAX] = "", text[NOTICE_MAX];
    uint64_t request;
    bool ok;
    if (feed_take(d->feed, d->live, notice) && !d->looking_back) {
        d->dirty = true;
        frame_pace(d);
    }
    if (*notice)
        dashboard_say(d, "%s", notice);
    while (feed_reply(d->feed, &request, &ok, text, sizeof text))
        if (!ok || request == d->typed_request)
            dashboard_say(d, "%s", text);
    bool connected = feed_is_connected(d->feed);
    d->dirty |= connected != d->connected;
    d->connected = connected;
    d->ever_connected |= connected;
}

/* A cursor that plays moves on with wall time, and joins the live end when it gets there. */
static void cursor_move(struct dashboard *d, int64_t wall_ns)
{
    if (!d->playing || wall_ns < d->frame_due_ns)
        return;
    int64_t by_ns = (int64_t)((double)(wall_ns - d->last_wall_ns) * d->play_speed);
    int64_t before_ns = d->cursor_ns;
    dashboard_go(d, before_ns + by_ns);
    if (!feed_is_live(d->feed) && !feed_is_growing(d->feed) && d->cursor_ns >= feed_last_ns(d->feed))
        d->playing = false;
    if (d->cursor_ns == before_ns) /* not even one frame further: keep the time that has passed */
        d->last_wall_ns = wall_ns - by_ns;
}

/* A log that is still being recorded grows under our eyes. */
static void file_follow(struct dashboard *d, int64_t wall_ns)
{
    if (feed_is_live(d->feed) || wall_ns < d->refresh_ns)
        return;
    d->refresh_ns = wall_ns + NS_PER_S;
    if (feed_refresh(d->feed))
        d->dirty = true;
}

static int wait_ms(const struct dashboard *d, int64_t wall_ns)
{
    int64_t until_ns = wall_ns + IDLE_MS * NS_PER_MS;
    if ((d->dirty || d->playing) && !d->choked_ns && d->frame_due_ns < until_ns)
        until_ns = d->frame_due_ns;
    if (*d->notice && d->notice_until_ns < until_ns)
        until_ns = d->notice_until_ns;
    if (d->driving && d->drive_due_ns < until_ns)
        until_ns = d->drive_due_ns;
    if (!d->ever_connected && d->give_up_ns < until_ns)
        until_ns = d->give_up_ns;
    return until_ns <= wall_ns ? 0 : (int)((until_ns - wall_ns + NS_PER_MS - 1) / NS_PER_MS);
}

static enum status loop(struct dashboard *d, struct error *err)
{
    d->give_up_ns = clock_wall_ns() + PATIENCE_NS;
    while (d->running && !signalled) {
        struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                               {.fd = feed_fd(d->feed), .events = POLLIN},
                               {.fd = d->choked_ns ? STDOUT_FILENO : -1, .events = POLLOUT}};
        poll(fds, COUNT_OF(fds), wait_ms(d, clock_wall_ns()));
        int64_t wall_ns = clock_wall_ns();
        if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
            return error_set(err, STATUS_IO, "the terminal went away");
        frames_take(d);
        keys_take(d, wall_ns);
        dashboard_drive(d, wall_ns);
        file_follow(d, wall_ns);
        cursor_move(d, wall_ns);
        if (*d->notice && wall_ns >= d->notice_until_ns) {
            d->notice[0] = '\0';
            d->dirty = true;
        }
        if (!d->ever_connected && wall_ns >= d->give_up_ns)
            return error_set(err, STATUS_IO, "nobody answers on %s; start a simulator with: binnacle sim --bind %s",
                             d->options->source, d->options->source);
        if (d->running && d->dirty && wall_ns >= d->frame_due_ns && (!d->choked_ns || fds[2].revents))
            frame_show(d, wall_ns);
    }
    return STATUS_OK;
}

/* --- setting up ------------------------------------------------------------------------------------------------- */

static void signals_catch(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    signalled = 0;
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        sigaction(numbers[i], &(struct sigaction){.sa_handler = on_signal}, NULL);
}

static struct dashboard *dashboard_create(const struct dashboard_options *options, struct error *err)
{
    struct feed *feed = feed_open(options->source, err);
    if (!feed)
        return NULL;
    struct dashboard *d = NEW(struct dashboard);
    d->options = options;
    d->feed = feed;
    d->keymap = keymap_default();
    d->live = model_create();
    d->past = model_create();
    d->context.options = view_options_default();
    d->context.link.source = options->source;
    d->layout.focus = PANE_CAMERA;
    d->asking = ACTION_NONE;
    d->play_speed = 1;
    d->mark_ns = -1;
    d->theme = (struct theme){THEME_256, THEME_DARK};
    d->running = d->dirty = true;
    d->frame_due_ns = d->slow_since_ns = d->good_since_ns = clock_wall_ns();
    if (!feed_is_live(feed)) {
        dashboard_go(d, (int64_t)(options->start_s * 1e9));
        d->playing = !options->shot;
    }
    return d;
}

static void dashboard_destroy(struct dashboard **dashboard)
{
    struct dashboard *d = *dashboard;
    if (!d)
        return;
    screen_close(&d->screen);
    feed_close(&d->feed);
    model_destroy(&d->live);
    model_destroy(&d->past);
    canvas_free(&d->canvas);
    for (size_t i = 0; i < COUNT_OF(d->cameras); i++)
        picture_clear(&d->cameras[i]);
    free(d);
    *dashboard = NULL;
}

/* One frame of a log, without a terminal. */
static enum status shoot(struct dashboard *d, struct error *err)
{
    char name[512];
    dashboard_draw(d, d->options->shot_columns, d->options->shot_rows);
    snprintf(name, sizeof name, "%s.txt", d->options->shot);
    enum status status = shot_text(&d->canvas, name, err);
    snprintf(name, sizeof name, "%s.png", d->options->shot);
    return status ? status : shot_png(&d->canvas, &d->theme, name, err);
}

static enum status screen_run(struct dashboard *d, struct error *err)
{
    signals_catch();
    d->screen = screen_open(err);
    if (!d->screen)
        return err->status;
    const char *no_colour = d->options->no_colour ? "1" : getenv("NO_COLOR");
    d->theme.depth = theme_depth_for(screen_colours(d->screen), no_colour);
    d->ascii = d->options->ascii || !screen_has_utf8(d->screen);
    enum status status = loop(d, err);
    screen_close(&d->screen);
    if (getenv("BINNACLE_STATS"))
        fprintf(stderr, "frames %llu\n", (unsigned long long)d->frames);
    return status;
}

enum status dashboard_run(const struct dashboard_options *options, struct error *err)
{
    struct dashboard *d = dashboard_create(options, err);
    if (!d)
        return err->status;
    enum status status = STATUS_OK;
    d->ascii = options->ascii;
    if (options->no_colour)
        d->theme.depth = THEME_MONO;
    if (options->shot && feed_is_live(d->feed))
        status = error_set(err, STATUS_BAD_INPUT, "--shot takes the path of a log, not an endpoint");
    else
        status = options->shot ? shoot(d, err) : screen_run(d, err);
    if (options->owns_server)
        feed_command(d->feed, "quit", "", NULL, 0);
    dashboard_destroy(&d);
    return status;
}
