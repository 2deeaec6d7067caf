/* logs/transfer.h - one MCAP file made from others: what is copied keeps every byte that means something.
 *
 * Schemas and channels that several inputs share (same definition, same metadata) become one. The output
 * appears under its name only when it is whole: it grows beside it ("x.mcap.tmp") and is renamed at the end, so
 * the output may even be one of the inputs. A device or pipe is written to directly. A failure (disk full, more
 * definitions than ids) is kept and told by transfer_close. */
#ifndef LOGS_TRANSFER_H
#define LOGS_TRANSFER_H

#include "logs/mcap.h"

struct transfer;
MUST_USE struct transfer *transfer_create(const char *path, const struct mcap_options *options, struct error *err);
/* Registers an input, borrowed until the end, with its schemas and those channels that `topics` names (NULL:
 * all), whether or not messages of them follow. Returns its number. */
MUST_USE size_t transfer_source(struct transfer *transfer, const struct mcap_reader *reader, const char *const *topics,
                                size_t topic_count);
/* The input's attachments and metadata records, in order. Damaged ones are left out and counted. */
MUST_USE size_t transfer_extras(struct transfer *transfer, struct mcap_reader *reader);
void transfer_message(struct transfer *transfer, size_t source, const struct mcap_message *message);
bool transfer_failed(const struct transfer *transfer); /* nothing more will be written */
/* Finishes and renames; the first failure, and then no output is left. Frees, nulls. */
enum status transfer_close(struct transfer **transfer, struct error *err);
/* Leaves no output. NULL inside is fine. */
void transfer_abandon(struct transfer **transfer);

#endif
