/* tui/train_chunks.h - what a training is made from, gathered in several processes: episodes driven,
 * pictures taken. */
#ifndef TUI_TRAIN_CHUNKS_H
#define TUI_TRAIN_CHUNKS_H

#include "tui/train_items.h"

struct train_outcome { /* every result begins with it: struct lesson, struct album */
    enum status status;
    struct error err;
};

struct train_chunks {
    const struct train_items *items;
    bool logs; /* those that are logs, too; they stand last in the list */
    size_t processes, result_size;
    const char *what, *unit; /* for the progress line: "the expert drives", "episode" */
    void (*work)(void *self, const struct train_item *item, void *result); /* in another process */
    void (*take)(void *self, size_t item,
                 void *result); /* in this one, in the list's order whatever finished first */
    void *self;
};
/* Fails with the first result that did. So many results as are worked on at a time lie in memory, no more. */
MUST_USE enum status train_chunks_run(const struct train_chunks *chunks, struct error *err);

#endif
