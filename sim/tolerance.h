/* sim/tolerance.h - how far two runs may be apart and still count as the same: bounds by field, from a small text.
 *
 *   # PATTERN                      ABSOLUTE  RELATIVE
 *   *                              1e-6      1e-6
 *   /binnacle/state_hash.hash      inf       0
 *   /scan.ranges                   0.01      0
 *   measure.pose_max_m             0.05      0
 *
 * A pattern (* ? [...] as in the shell; * also spans dots and slashes) is held against "TOPIC.FIELD", FIELD a path
 * without its indices; the last row that fits decides. Numbers agree if |a - b| <= absolute or <= relative *
 * max(|a|, |b|). An infinite absolute bound passes over the field, whatever its type; text and counts must otherwise
 * be equal. The rows "measure.NAME" bound what sim/align.h measures over the whole drive. */
#ifndef SIM_TOLERANCE_H
#define SIM_TOLERANCE_H

#include "logs/message.h"

struct bound {
    double absolute, relative;
};

struct tolerance;
/* What another build may differ by: rounding, but no other decision. tolerance_text is its source, to start a file
 * from. */
struct tolerance *tolerance_default(void);
extern const char tolerance_text[];
/* The defaults with a file's rows behind them. STATUS_IO, or STATUS_BAD_INPUT with path:line. */
MUST_USE struct tolerance *tolerance_load(const char *path, struct error *err);
void tolerance_destroy(struct tolerance **tolerance);

struct bound tolerance_bound(const struct tolerance *tolerance, const char *topic, const char *field);
bool bound_holds(struct bound bound, double a, double b, double difference);

/* Calls `found` for every field of two messages that is out of its bounds (of an array of numbers once, with its
 * first element). */
void tolerance_compare(const struct tolerance *tolerance, enum topic topic, const void *a, const void *b,
                       void (*found)(void *self, const struct message_difference *difference), void *self);

#endif
