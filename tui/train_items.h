/* tui/train_items.h - what a training learns from, as words name it. */
#ifndef TUI_TRAIN_ITEMS_H
#define TUI_TRAIN_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "logs/status.h"

enum { TRAIN_ITEMS_MAX = 4096 };

/* An episode to be driven or a log to be read; its number in the list is its samples' episode. */
struct train_item {
    char *source;  /* owned */
    uint64_t seed; /* of its first round */
    bool is_log;
};
struct train_items {
    struct train_item items[TRAIN_ITEMS_MAX];
    size_t count;
};
/* Adds what a word means, `seeds` times with other seeds: a scenario's name or path, worlds.txt#ID, a
 * range worlds.txt#A-B or every k-th of it worlds.txt#A-B/k, a log (.mcap, once), or @FILE with such
 * words, one a line. */
MUST_USE enum status train_items_add(struct train_items *items, const char *word, uint64_t first_seed,
                                     size_t seeds, struct error *err);
void train_items_clear(struct train_items *items);

#endif
