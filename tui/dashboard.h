/* tui/dashboard.h - the dashboard: one loop over keys, frames and a frame timer, on a live bus or on a log file.
 *
 * It never slows the simulator: a slow or stopped terminal costs pictures, not simulated time. The terminal is
 * restored on every way out (quit, signals, errors); suspending and resuming works. */
#ifndef TUI_DASHBOARD_H
#define TUI_DASHBOARD_H

#include <stdbool.h>

#include "logs/status.h"

struct dashboard_options {
    const char *source; /* an endpoint (ipc://, tcp://), or the path of a log */
    const char *title;  /* shown while nothing has come yet */
    double fps;         /* at most, 15 */
    bool ascii;         /* no UTF-8, even if the locale has it */
    bool no_colour;
    bool owns_server;   /* q also tells the server to quit */
    const char *folder; /* where screenshots go; NULL: the current folder */
    double start_s;     /* of a file: where to begin */
    const char *const *policies; /* names the swap key goes through, NULL-terminated; may be NULL */
    const char *shot;   /* not NULL: no terminal; draw one frame at start_s into SHOT.txt and SHOT.png and return */
    int shot_columns, shot_rows;
};

/* STATUS_OK after q. STATUS_IO: no terminal, nobody behind the endpoint for 5 s, unreadable log. */
MUST_USE enum status dashboard_run(const struct dashboard_options *options, struct error *err);

/* Is `source` an endpoint rather than a file? */
bool dashboard_is_endpoint(const char *source);

#endif
