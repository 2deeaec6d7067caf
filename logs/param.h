/* logs/param.h - numbers, switches and words that people may set: declared once in a table with bounds and units.
 *
 * The same rows serve a scenario file, `--set PATH=VALUE`, a policy's parameters and the printed help. A row
 * describes one member of some struct by its offset. */
#ifndef LOGS_PARAM_H
#define LOGS_PARAM_H

#include <stddef.h>

#include "logs/bytes.h"
#include "logs/status.h"

enum param_kind {
    PARAM_REAL,   /* double */
    PARAM_INT,    /* int */
    PARAM_BOOL,   /* bool: true false yes no on off 1 0 */
    PARAM_CHOICE, /* int: index into choices (NULL-terminated) */
    PARAM_TEXT,   /* char[max + 1]: one line, up to max bytes; its default is none */
};

struct param {
    const char *name; /* lower_snake with its unit, e.g. "range_m" */
    enum param_kind kind;
    size_t offset;
    double fallback, min, max; /* defaults and inclusive bounds; a choice's default is its index */
    const char *unit, *help;
    const char *const *choices;
};

/* Writes every row's default into `target`. */
void param_defaults(const struct param *table, size_t count, void *target);

/* Parses `text` into the row called `name`. STATUS_BAD_INPUT with a sentence for an unknown name (nearest one
 * offered), a value that is not of the kind, not finite, or outside the bounds (which are printed). */
MUST_USE enum status param_set(const struct param *table, size_t count, void *target, const char *name,
                               const char *text, struct error *err);

/* "name = value unit   help" lines, one per row, with the bounds. */
void param_print(const struct param *table, size_t count, const void *target, struct bytes *out);

#endif
