/* tui/plain.h - the dashboard's stand-in where there is no terminal (pipes, logs, screen readers): one line per thing
 * that happens. */
#ifndef TUI_PLAIN_H
#define TUI_PLAIN_H

#include <signal.h>

#include "logs/status.h"

/* Prints what comes over `endpoint` until the episode's result, *stop becomes non-zero, nobody reads stdout any more,
 * or the publisher is silent for 10 s (for 5 s if there never was one). A publisher that comes back in time is
 * followed on. *success tells the outcome. */
MUST_USE enum status plain_run(const char *endpoint, const volatile sig_atomic_t *stop, bool *success,
                               struct error *err);

#endif
