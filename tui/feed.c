#include "tui/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "logs/bus.h"
#include "logs/memory.h"
#include "logs/recorder.h"
#include "tui/dashboard.h"

enum { FRAMES_AT_ONCE = 4096 };
static const int64_t NS_PER_S = 1000000000, WINDOW_NS = 120 * (int64_t)1000000000;

/* What an episode says once and what stays true until said again: needed before any window of a file. */
static const enum topic announced[] = {TOPIC_EPISODE_INFO, TOPIC_MAP, TOPIC_TF_STATIC, TOPIC_CAMERA_INFO, TOPIC_GOAL};
static const enum topic marking[] = {TOPIC_SAFETY_EVENT, TOPIC_ROSOUT, TOPIC_FAULTS};

struct feed {
    struct bus_client *bus;      /* live ... */
    struct playback *playback;   /* ... or file */
    const char *path;            /* borrowed */
    bool growing;                /* no summary yet: somebody may still be writing */
    uint64_t file_bytes;
    struct history *history;
    int64_t first_ns, last_ns;   /* of the file */
    int64_t loaded_from_ns, loaded_to_ns;
};

/* What the file holds now. The last moment of one that grows may still lack messages, so it counts only up to just
 * before. */
static void extent_read(struct feed *feed)
{
    const struct mcap_info *info = mcap_reader_info(playback_reader(feed->playback));
    feed->growing = !info->has_summary;
    feed->file_bytes = info->file_bytes;
    feed->first_ns = info->start_ns;
    feed->last_ns = info->end_ns - (feed->growing && info->end_ns > info->start_ns);
}

struct feed *feed_open(const char *source, struct error *err)
{
    struct history_options options = history_options_default();
    struct feed *feed = NEW(struct feed);
    if (dashboard_is_endpoint(source)) {
        feed->bus = bus_client_create(source, err);
    } else if ((feed->playback = playback_open(source, err))) {
        feed->path = source;
        extent_read(feed);
        feed->loaded_to_ns = -1;
        options.window_ns = INT64_MAX; /* what is loaded is already a window */
    }
    if (!feed->bus && !feed->playback) {
        free(feed);
        return NULL;
    }
    feed->history = history_create(&options);
    return feed;
}

void feed_close(struct feed **feed)
{
    if (!*feed)
        return;
    bus_client_destroy(&(*feed)->bus);
    playback_destroy(&(*feed)->playback);
    history_destroy(&(*feed)->history);
    free(*feed);
    *feed = NULL;
}

bool feed_is_live(const struct feed *feed) { return feed->bus != NULL; }
int feed_fd(struct feed *feed) { return feed->bus ? bus_client_fd(feed->bus) : -1; }
struct history *feed_history(struct feed *feed) { return feed->history; }
int64_t feed_first_ns(const struct feed *feed) { return feed->bus ? history_first_ns(feed->history) : feed->first_ns; }
int64_t feed_last_ns(const struct feed *feed) { return feed->bus ? history_last_ns(feed->history) : feed->last_ns; }

bool feed_take(struct feed *feed, struct model *live, char notice[256])
{
    bool any = false;
    for (int i = 0; feed->bus && i < FRAMES_AT_ONCE; i++) {
        struct frame frame;
        struct error err = {0};
        enum status status = bus_client_receive(feed->bus, &frame, &err);
        if (status == STATUS_AGAIN)
            return any;
        if (status) {
            snprintf(notice, 256, "%.255s", err.text);
            continue;
        }
        any = true;
        if (model_apply(live, &frame))
            history_clear(feed->history);
        history_put(feed->history, &frame);
    }
    return any;
}

/* --- a file's window -------------------------------------------------------------------------------------------- */

static void load_range(struct feed *feed, const enum topic *topics, size_t count, int64_t from_ns, int64_t to_ns)
{
    struct error err = {0};
    struct frame frame;
    enum status status = playback_query(feed->playback, MCAP_TIME_ORDER, from_ns, to_ns, topics, count, &err);
    while (!status && !(status = playback_next(feed->playback, &frame, &err)))
        history_put(feed->history, &frame);
}

/* Reads the two minutes around t. Damage ends the reading early: what came before it stays. */
static void load_around(struct feed *feed, int64_t t_ns)
{
    if (t_ns >= feed->loaded_from_ns && t_ns <= feed->loaded_to_ns)
        return;
    int64_t from_ns = t_ns - WINDOW_NS / 2, to_ns = t_ns + WINDOW_NS / 2;
    bool whole = feed->last_ns - feed->first_ns <= WINDOW_NS;
    feed->loaded_from_ns = whole || from_ns < feed->first_ns ? feed->first_ns : from_ns;
    feed->loaded_to_ns = whole || to_ns > feed->last_ns ? feed->last_ns : to_ns;
    history_reset(feed->history);
    if (feed->loaded_from_ns > feed->first_ns) {
        load_range(feed, announced, COUNT_OF(announced), INT64_MIN, feed->loaded_from_ns - 1);
        load_range(feed, marking, COUNT_OF(marking), INT64_MIN, feed->loaded_from_ns - 1);
    }
    load_range(feed, NULL, 0, feed->loaded_from_ns, feed->loaded_to_ns);
}

bool feed_is_growing(const struct feed *feed) { return feed->growing; }

bool feed_refresh(struct feed *feed)
{
    struct stat about;
    int64_t before_ns = feed->last_ns;
    if (!feed->growing || stat(feed->path, &about) || (uint64_t)about.st_size == feed->file_bytes)
        return false;
    struct playback *fresh = playback_open(feed->path, NULL);
    if (!fresh)
        return false; /* half a record; the next look will do */
    playback_destroy(&feed->playback);
    feed->playback = fresh;
    extent_read(feed);
    bool at_end = feed->loaded_to_ns == before_ns, fits = feed->last_ns - feed->loaded_from_ns <= WINDOW_NS;
    if (at_end && fits)
        load_range(feed, NULL, 0, before_ns + 1, feed->last_ns);
    if (at_end)
        feed->loaded_to_ns = fits ? feed->last_ns : -1; /* else the next seek loads a window anew */
    return true;
}

int64_t feed_seek(struct feed *feed, struct model *model, int64_t t_ns)
{
    if (feed->playback) {
        t_ns = t_ns < feed->first_ns ? feed->first_ns : t_ns > feed->last_ns ? feed->last_ns : t_ns;
        load_around(feed, t_ns);
    }
    return history_seek(feed->history, model, t_ns);
}

/* A step of half a window at a time until the mark is found or the file ends. */
bool feed_find(struct feed *feed, enum history_mark_kind kind, int64_t t_ns, int direction, int64_t *found_ns)
{
    for (int64_t at_ns = t_ns;;) {
        if (feed->playback)
            load_around(feed, at_ns);
        if (history_find(feed->history, kind, t_ns, direction, found_ns))
            return true;
        bool more = feed->playback && (direction > 0 ? feed->loaded_to_ns < feed->last_ns : false);
        if (!more)
            return false;
        at_ns = feed->loaded_to_ns + NS_PER_S;
    }
}

/* --- talking back ----------------------------------------------------------------------------------------------- */

uint64_t feed_command(struct feed *feed, const char *verb, const char *text, const double *values, size_t count)
{
    return feed->bus ? bus_client_command(feed->bus, verb, text, values, count) : 0;
}

bool feed_reply(struct feed *feed, uint64_t *request, bool *ok, char *text, size_t size)
{
    return feed->bus && !bus_client_reply(feed->bus, request, ok, text, size);
}

bool feed_is_connected(const struct feed *feed) { return !feed->bus || bus_client_connected(feed->bus); }
uint64_t feed_dropped(const struct feed *feed) { return feed->bus ? bus_client_dropped(feed->bus) : 0; }
