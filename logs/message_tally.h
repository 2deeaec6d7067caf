/* logs/message_tally.h - how two streams of messages of one type differ, field by field.
 *
 * Every scalar member of the type is one row, whatever the arrays it lies in: "ranges[]", "pose.position.x". */
#ifndef LOGS_MESSAGE_TALLY_H
#define LOGS_MESSAGE_TALLY_H

#include "logs/message.h"

struct message_tally_row {
    char path[160]; /* without indexes; "" until the first difference */
    uint64_t count; /* of values that differ */
    int64_t first_ns;
    struct message_difference first; /* its path with indexes */
    double largest;                  /* |a - b|; 0 for text; infinite if one is NaN or infinite */
    uint64_t largest_ulp;
};

struct message_tally {
    const struct message_type *type; /* borrowed */
    struct message_tally_row *rows;  /* by member, depth first */
    size_t row_count;
    uint64_t compared, differing; /* pairs of messages */
};
void message_tally_init(struct message_tally *tally, const struct message_type *type);
void message_tally_clear(struct message_tally *tally);
void message_tally_add(struct message_tally *tally, int64_t log_ns, const void *a, const void *b);

/* Do the two name the same members in the same order, so that messages of both can be compared? */
bool message_same_shape(const struct message_type *a, const struct message_type *b);

#endif
