/* tui/train_report.h - what a training says of itself: a line a round, a provenance record, a picture. */
#ifndef TUI_TRAIN_REPORT_H
#define TUI_TRAIN_REPORT_H

#include "tui/train_json.h"
#include "tui/train_run.h"

/* How the last round went, as one line. */
void train_report_line(const struct train_run *run, struct bytes *out);

/* One JSON object: the command line, seed, build, rows, expert, every source with its hash, every round
 * with its figures. Nothing in it depends on the time of day. */
void train_report_json(const struct train_run *run, const struct train_record *record, struct bytes *out);

/* Loss and validation by epoch, the closed loop's score with its interval by round; SVG or PNG by the
 * path's end. */
MUST_USE enum status train_report_plot(const struct train_run *run, const char *path, struct error *err);

#endif
