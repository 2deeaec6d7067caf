/* logs/mcap_append.h - a metadata record added to a finished log, everything else byte for byte as it was.
 *
 * The data section is copied beside the log, the record and a summary that knows it follow, and the copy takes
 * the log's name when the disk has it: a kill at any moment leaves the old log or the new one. */
#ifndef LOGS_MCAP_APPEND_H
#define LOGS_MCAP_APPEND_H

#include "logs/mcap.h"

/* STATUS_CORRUPT if the log was never closed, has no summary or a damaged one: it must be recovered first. */
MUST_USE enum status mcap_append_metadata(const char *path, const char *name, const struct mcap_pair *pairs,
                                          size_t count, struct error *err);

#endif
