/* tui/feed.h - where frames come from: a live bus or a log file, seen through one history.
 *
 * Live: frames flow in; the history keeps the last two minutes. File: the two minutes around the moment wanted are
 * read into the same history, so that all that walks in time is the same code. */
#ifndef TUI_FEED_H
#define TUI_FEED_H

#include "tui/history.h"

struct feed;

/* STATUS_IO, STATUS_CORRUPT, STATUS_BAD_INPUT as from the bus or the reader. */
MUST_USE struct feed *feed_open(const char *source, struct error *err);
void feed_close(struct feed **feed);

bool feed_is_live(const struct feed *feed);
int feed_fd(struct feed *feed); /* to poll; -1 for a file */
/* Takes what waits (live) into `live` and the history; true if anything came. STATUS_VERSION sentences go to *notice
 * (may be ""). */
bool feed_take(struct feed *feed, struct model *live, char notice[256]);
struct history *feed_history(struct feed *feed);

/* The moments one can go to. Of a file: all of it. */
int64_t feed_first_ns(const struct feed *feed);
int64_t feed_last_ns(const struct feed *feed);
/* Brings `model` to time t; returns the time reached. */
int64_t feed_seek(struct feed *feed, struct model *model, int64_t t_ns);
/* The nearest mark of a kind beyond t, also where a file's window does not reach. */
bool feed_find(struct feed *feed, enum history_mark_kind kind, int64_t t_ns, int direction, int64_t *found_ns);

/* A file that is still being recorded: takes up what has come since; true if anything did. Cheap when nothing has;
 * ask once a second. */
bool feed_refresh(struct feed *feed);
bool feed_is_growing(const struct feed *feed); /* a file that was not closed when last looked at */

/* Live only. Commands go out (0: nobody is there to take it, it is not kept); answers, with the number of their
 * command, come back later (false: none waits). */
uint64_t feed_command(struct feed *feed, const char *verb, const char *text, const double *values, size_t count);
bool feed_reply(struct feed *feed, uint64_t *request, bool *ok, char *text, size_t size);
bool feed_is_connected(const struct feed *feed);
uint64_t feed_dropped(const struct feed *feed);

#endif
