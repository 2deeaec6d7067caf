/* tui/report.h - what `binnacle check` found, for people and for machines.
 *
 *   report_table      aligned lines, and below a log that differs the details
 *   report_json       one object a log and line
 *   report_junit      for CI servers: a log is a test case, a difference a failure, a log that cannot be judged an
 *   error
 *   report_markdown   for a pull request: a table, details folded
 *   report_github     ::error lines, which GitHub shows on the commit */
#ifndef TUI_REPORT_H
#define TUI_REPORT_H

#include "sim/check.h"

struct report_case { /* plain bytes: crosses a pipe */
    char path[256];      /* as given */
    char name[64];       /* without folder and ending */
    enum status status;  /* not OK: it could not be judged, and `err` says why */
    struct error err;
    struct check_report check;
    double wall_s;
    bool reference_differs;
    char reference[256]; /* what differs from the reference, or a note; "" if nothing does or none is used */
};

enum report_verdict { REPORT_SAME, REPORT_DIFFERS, REPORT_DAMAGED };
enum report_verdict report_verdict(const struct report_case *one);
/* The worst: 0 same, 1 differs, 2 usage, 3 damaged. */
int report_exit_code(const struct report_case *cases, size_t count);

/* One line without its end: "bit-exact, 284 ticks ..." or where and how it differs. */
void report_headline(const struct report_case *one, struct bytes *out);
/* The lines behind a difference: ticks before, fields, measures, safety. */
void report_details(const struct report_case *one, struct bytes *out);

void report_table(const struct report_case *cases, size_t count, struct bytes *out);
void report_json(const struct report_case *cases, size_t count, struct bytes *out);
void report_junit(const struct report_case *cases, size_t count, struct bytes *out);
void report_markdown(const struct report_case *cases, size_t count, struct bytes *out);
void report_github(const struct report_case *cases, size_t count, struct bytes *out);

/* "TTC 1, SHIELD 2" or "none". */
void report_violations(const uint32_t violations[VIOLATION_COUNT], struct bytes *out);

#endif
