/* logs/mcap_emit.h - every MCAP record as one function that appends its bytes. Internal to logs/.
 *
 * Nothing here decides what a file contains or in which order: that is logs/mcap_writer.c. Strings and data are
 * borrowed. */
#ifndef LOGS_MCAP_EMIT_H
#define LOGS_MCAP_EMIT_H

#include "logs/mcap_format.h"

void mcap_emit_header(struct bytes *out, const char *profile, const char *library);
void mcap_emit_schema(struct bytes *out, const struct mcap_schema *schema);
void mcap_emit_channel(struct bytes *out, const struct mcap_channel *channel);
/* A Message record up to its payload of `size` bytes. */
void mcap_emit_message_head(uint8_t head[MCAP_PREFIX_BYTES + MCAP_MESSAGE_BYTES], uint16_t channel, uint32_t sequence,
                            int64_t log_ns, int64_t publish_ns, size_t size);
void mcap_emit_message(struct bytes *out, uint16_t channel, uint32_t sequence, int64_t log_ns, int64_t publish_ns,
                       const void *data, size_t size);
/* The Chunk record without the stored bytes, which the caller lets follow. */
void mcap_emit_chunk_head(struct bytes *out, const struct mcap_chunk *chunk);
/* `entries`: packed (u64 log time, u64 offset in the unpacked chunk). */
void mcap_emit_message_index(struct bytes *out, uint16_t channel, const struct bytes *entries);
void mcap_emit_chunk_index(struct bytes *out, const struct mcap_chunk_index *index);
void mcap_emit_attachment(struct bytes *out, const struct mcap_attachment *attachment);
/* `offset` and `length` are those of the Attachment (Metadata) record. */
void mcap_emit_attachment_index(struct bytes *out, const struct mcap_attachment *attachment, uint64_t offset,
                                uint64_t length);
void mcap_emit_metadata(struct bytes *out, const struct mcap_metadata *metadata);
void mcap_emit_metadata_index(struct bytes *out, const char *name, uint64_t offset, uint64_t length);
void mcap_emit_statistics(struct bytes *out, const struct mcap_statistics *statistics);
void mcap_emit_summary_offset(struct bytes *out, enum mcap_op group, uint64_t start, uint64_t length);
void mcap_emit_data_end(struct bytes *out, uint32_t crc);
/* `out` must hold the summary and its offsets and nothing else: their checksum runs into the footer. */
void mcap_emit_footer(struct bytes *out, uint64_t summary_start, uint64_t summary_offset_start);
/* Puts three meaningless bytes behind the fields of every record from byte `from` of `out` on. */
void mcap_emit_padding(struct bytes *out, size_t from);

#endif
