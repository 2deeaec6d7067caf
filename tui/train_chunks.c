#include "tui/train_chunks.h"

#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "tui/command.h"
#include "tui/jobs.h"

enum { CHUNK = 32 };

struct room {
    const struct train_chunks *chunks;
    const struct train_item *items; /* of this chunk */
    size_t done;                    /* of the chunks before */
    struct progress *progress;
};

static void work(void *self, size_t item, void *result)
{
    const struct room *room = self;
    room->chunks->work(room->chunks->self, &room->items[item], result);
}

static void died(void *self, size_t item, void *result, int signal)
{
    const struct room *room = self;
    struct train_outcome *outcome = result;
    outcome->status = error_set(&outcome->err, STATUS_CORRUPT, "the %s of %s died (signal %d)",
                                room->chunks->unit, room->items[item].source, signal);
}

static void done(void *self, size_t finished, size_t count)
{
    struct room *room = self;
    size_t all = room->chunks->items->count, now = room->done + finished;
    (void)count;
    progress_update(room->progress, (double)now / (double)all, "%s: %s %zu of %zu", room->chunks->what,
                    room->chunks->unit, now, all);
}

enum status train_chunks_run(const struct train_chunks *chunks, struct error *err)
{
    size_t size = chunks->result_size, all = chunks->items->count;
    char *results = memory_new(CHUNK, size);
    struct progress progress = progress_start();
    struct room room = {.chunks = chunks, .progress = &progress};
    enum status status = STATUS_OK;
    ASSERT(size >= sizeof(struct train_outcome));
    for (size_t i = 0; i < all && !status; i += CHUNK) {
        size_t count = all - i < CHUNK ? all - i : CHUNK;
        while (!chunks->logs && count && chunks->items->items[i + count - 1].is_log)
            count--;
        room.items = chunks->items->items + i;
        memset(results, 0, CHUNK * size);
        struct jobs jobs = {count, chunks->processes, size, results, work, died, done, &room};
        status = jobs_run(&jobs, err);
        for (size_t k = 0; k < count && !status; k++) {
            struct train_outcome *outcome = (struct train_outcome *)(void *)(results + k * size);
            status = outcome->status;
            if (status)
                *err = outcome->err;
            else
                chunks->take(chunks->self, i + k, outcome);
        }
        room.done += count;
    }
    progress_end(&progress);
    free(results);
    return status;
}
