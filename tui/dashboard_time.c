/* Moving about in time: pausing, stepping, looking back, the operator's marks. */
#include "logs/clock.h"
#include "tui/dashboard_state.h"

static const int64_t NS_PER_S = 1000000000;

struct model *dashboard_model(const struct dashboard *d) { return d->looking_back ? d->past : d->live; }

void dashboard_go_live(struct dashboard *d)
{
    if (!dashboard_is_live(d)) {
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
    if (dashboard_is_live(d) && d->looking_back && t_ns > feed_last_ns(d->feed)) {
        dashboard_go_live(d);
        return;
    }
    d->looking_back = true;
    d->cursor_ns = feed_seek(d->feed, d->past, t_ns);
    model_copy_acknowledged(d->past, d->live);
    d->last_wall_ns = clock_wall_ns();
    d->dirty = true;
}

int64_t dashboard_moment(const struct dashboard *d) { return d->looking_back ? d->cursor_ns : d->live->now_ns; }

static void go_by(struct dashboard *d, int64_t by_ns)
{
    d->playing = false;
    dashboard_go(d, dashboard_moment(d) + by_ns);
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
        bool at_end = !dashboard_is_live(d) && d->cursor_ns >= feed_last_ns(d->feed);
        if (at_end && !d->playing)
            dashboard_go(d, feed_first_ns(d->feed));
        d->playing = !d->playing;
        d->dirty = true;
    } else {
        dashboard_tell(d, status && status->paused ? "resume" : "pause", "", NULL, 0);
    }
}

/* On the live end a step forward is one tick of the simulator; anywhere else it moves the cursor. */
static void act_step(struct dashboard *d)
{
    d->playing = false;
    if (d->looking_back)
        dashboard_go(d, history_step(feed_history(d->feed), d->cursor_ns, 1));
    else
        dashboard_tell(d, "step", "", &(double){1}, 1);
}

static void act_step_back(struct dashboard *d)
{
    d->playing = false;
    dashboard_go(d, history_step(feed_history(d->feed), dashboard_moment(d), -1));
}

static void act_find(struct dashboard *d, enum history_mark_kind kind, int direction, const char *what)
{
    int64_t found_ns;
    d->playing = false;
    if (feed_find(d->feed, kind, dashboard_moment(d), direction, &found_ns))
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
    d->mark_ns = dashboard_moment(d);
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

const struct dashboard_binding dashboard_time_actions[] = {
    {ACTION_PAUSE, act_pause}, {ACTION_STEP, act_step}, {ACTION_STEP_BACK, act_step_back},
    {ACTION_BACK_1S, act_back_1s}, {ACTION_FORWARD_1S, act_forward_1s}, {ACTION_BACK_10S, act_back_10s},
    {ACTION_FORWARD_10S, act_forward_10s}, {ACTION_START, act_start}, {ACTION_LIVE, dashboard_go_live},
    {ACTION_NEXT_VIOLATION, act_next_violation}, {ACTION_PREVIOUS_VIOLATION, act_previous_violation},
    {ACTION_NEXT_ERROR, act_next_error}, {ACTION_PREVIOUS_ERROR, act_previous_error},
    {ACTION_MARK, act_mark}, {ACTION_RETURN, act_return},
    {ACTION_NONE, NULL},
};
