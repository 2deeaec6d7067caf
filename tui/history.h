/* tui/history.h - the frames of the last while, to go back in live data and to walk through a log with the same code.
 *
 * A ring of raw frames bounded by simulated time and by bytes. Memory is asked for once; pages are touched as the ring
 * fills, then resident memory stays flat. Of the frames that leave the ring it remembers the last one of each latched
 * topic, and the newest HISTORY_SPARSE violations and log lines, so that the oldest moment held still shows map, plan,
 * ledger and log. Frames are put in the order of their stamps; an earlier stamp is taken as the latest time already
 * held. */
#ifndef TUI_HISTORY_H
#define TUI_HISTORY_H

#include "tui/model.h"

struct history_options {
    int64_t window_ns;  /* simulated time to keep */
    size_t bytes;       /* of payloads */
    uint32_t frames;    /* most frames held */
};
struct history_options history_options_default(void); /* 120 s, 96 MiB, 131072 frames */

enum history_mark_kind { HISTORY_VIOLATION, HISTORY_ERROR, HISTORY_FAULT, HISTORY_USER };
struct history_mark {
    int64_t stamp_ns;
    enum history_mark_kind kind;
    uint8_t severity; /* of a violation: 2 or 3; notices leave no mark */
    char label[12];   /* violation id, or the target of a fault that began */
};
enum { HISTORY_MARKS = 1024, HISTORY_SPARSE = 2048 };

struct history;
struct history *history_create(const struct history_options *options);
void history_destroy(struct history **history);
/* Forgets all but the announced facts (info, map, frames, camera, goal): a new episode began. When model_apply says
 * so: clear first, then put the frame. */
void history_clear(struct history *history);
void history_reset(struct history *history); /* forgets everything */

/* Copies the frame; one that is larger than the whole ring is left out. */
void history_put(struct history *history, const struct frame *frame);
/* A mark by the user, at any time. */
void history_mark(struct history *history, int64_t stamp_ns);

bool history_is_empty(const struct history *history);
int64_t history_first_ns(const struct history *history); /* oldest and newest moment one can go to; 0 if empty */
int64_t history_last_ns(const struct history *history);
size_t history_frames(const struct history *history);
size_t history_bytes(const struct history *history); /* payload bytes held now */

/* Makes `model` what it was at time t: the latest of each topic up to and including t, with ledger, log, plots and
 * trail. Going forward from where the same model was last brought by this history (and not touched since) costs only
 * the frames in between. t is clamped to what is held; returns the time reached. Counts (received, gaps) cover only
 * the seconds before t. */
int64_t history_seek(struct history *history, struct model *model, int64_t t_ns);

/* All marks of this episode, oldest first (the newest HISTORY_MARKS of them). */
size_t history_marks(const struct history *history, const struct history_mark **marks);
/* The nearest mark of that kind strictly after (direction +1) or before (-1) t; false if there is none. */
bool history_find(const struct history *history, enum history_mark_kind kind, int64_t t_ns, int direction,
                  int64_t *found_ns);
/* The moment `ticks` control ticks (StateHash frames; any frame if there are none) after t, or before it if negative;
 * stays at the ends. */
int64_t history_step(const struct history *history, int64_t t_ns, int ticks);

#endif
