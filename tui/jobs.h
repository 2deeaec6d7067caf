/* tui/jobs.h - the same work on many items, in several processes; results in the order of the items.
 *
 * Each item is done in a child of its own and its result, plain bytes of one size, comes back through a pipe. A
 * child that dies (a failed assertion, a signal) costs its own item only. */
#ifndef TUI_JOBS_H
#define TUI_JOBS_H

#include <stddef.h>

#include "logs/status.h"

enum { JOBS_MAX = 64 };

struct jobs {
    size_t count;       /* items */
    size_t processes;   /* at most JOBS_MAX; 0: none, one item after the other in this one */
    size_t result_size;
    void *results;      /* count * result_size bytes, zeroed */
    void (*work)(void *self, size_t item, void *result);
    /* Fills in for a lost result; signal 0: the child just ended. */
    void (*died)(void *self, size_t item, void *result, int signal);
    void (*done)(void *self, size_t finished, size_t count);         /* after each item, in any order; may be NULL */
    void *self;
};

/* STATUS_IO if no process can be started. */
MUST_USE enum status jobs_run(const struct jobs *jobs, struct error *err);

#endif
