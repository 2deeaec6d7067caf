/* tui/refs.h - what the golden episodes came to, one line each, as text that a review can read.
 *
 *   # name            ticks  state             outcome    violations
 *   corridor-dwa        284  4546c6929405a4ff  success    TTC:1,SHIELD:2
 *
 * Ticks and state are held against a run that is bit-exact; outcome and violations against any. */
#ifndef TUI_REFS_H
#define TUI_REFS_H

#include "tui/report.h"

struct ref {
    char name[64], hash[17], outcome[16], violations[256]; /* "-": none */
    uint64_t ticks;
};
struct refs {
    struct ref *rows;
    size_t count;
};

/* STATUS_IO, or STATUS_BAD_INPUT with path:line. */
MUST_USE enum status refs_load(struct refs *refs, const char *path, struct error *err);
void refs_clear(struct refs *refs);

/* Fills one->reference and one->reference_differs. */
void refs_compare(const struct refs *refs, struct report_case *one);
/* Rewrites the file from the cases that could be judged, and prints what changed: "name: outcome success ->
 * collision". */
MUST_USE enum status refs_update(const struct refs *old, const char *path, const struct report_case *cases,
                                 size_t count, struct bytes *changes, struct error *err);

#endif
