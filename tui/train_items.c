#include "tui/train_items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/file.h"
#include "logs/memory.h"

static bool ends_in(const char *word, const char *end)
{
    size_t length = strlen(word), tail = strlen(end);
    return length > tail && !strcmp(word + length - tail, end);
}

static enum status add_one(struct train_items *items, const char *source, uint64_t first_seed, size_t seeds,
                           struct error *err)
{
    bool is_log = ends_in(source, ".mcap");
    for (size_t i = 0; i < items->count; i++) /* named again: with seeds of its own */
        first_seed += !strcmp(items->items[i].source, source);
    for (size_t i = 0; i < (is_log ? 1 : seeds); i++) {
        if (items->count == TRAIN_ITEMS_MAX)
            return error_set(err, STATUS_BAD_INPUT, "more than %d episodes a round", TRAIN_ITEMS_MAX);
        items->items[items->count++] = (struct train_item){memory_string(source), first_seed + i, is_log};
    }
    return STATUS_OK;
}

/* PATH#A-B or PATH#A-B/STEP */
static enum status add_range(struct train_items *items, const char *word, const char *numbers, uint64_t first_seed,
                             size_t seeds, struct error *err)
{
    char source[512], rest;
    unsigned first, last, step = 1;
    int fields = sscanf(numbers, "#%9u-%9u/%9u%c", &first, &last, &step, &rest);
    if (fields < 2 || fields > 3 || !step || last < first)
        return error_set(err, STATUS_BAD_INPUT, "'%s': a range is #FIRST-LAST, or #FIRST-LAST/STEP for every STEP-th",
                         word);
    enum status status = STATUS_OK;
    for (unsigned i = first; i <= last && !status; i += step) {
        snprintf(source, sizeof source, "%.*s#%u", (int)(numbers - word), word, i);
        status = add_one(items, source, first_seed, seeds, err);
    }
    return status;
}

static enum status add_file(struct train_items *items, const char *path, uint64_t first_seed, size_t seeds,
                            struct error *err)
{
    struct bytes text = {0};
    enum status status = file_load(path, 1 << 20, &text, err);
    char *at = status ? NULL : (char *)text.data, *rest;
    for (char *word = at ? strtok_r(at, " \t\r\n", &rest) : NULL; word && !status;
         word = strtok_r(NULL, " \t\r\n", &rest))
        status = *word == '@' ? error_set(err, STATUS_BAD_INPUT, "%s: a list may not name another (%s)", path, word)
                              : train_items_add(items, word, first_seed, seeds, err);
    bytes_clear(&text);
    return status;
}

enum status train_items_add(struct train_items *items, const char *word, uint64_t first_seed, size_t seeds,
                            struct error *err)
{
    const char *numbers = strrchr(word, '#');
    ASSERT(seeds > 0);
    if (*word == '@')
        return add_file(items, word + 1, first_seed, seeds, err);
    if (numbers && strchr(numbers, '-'))
        return add_range(items, word, numbers, first_seed, seeds, err);
    return add_one(items, word, first_seed, seeds, err);
}

void train_items_clear(struct train_items *items)
{
    while (items->count)
        free(items->items[--items->count].source);
}
