/* logs/mcap_emit.h - every MCAP record as one function that appends its bytes. Internal to logs/mcap_*.c.
 *
 * Nothing here decides what a file contains or in which order: that is logs/mcap_writer.c. Strings and data are
 * borrowed. */
#ifndef LOGS_MCAP_EMIT_H
#define LOGS_MCAP_EMIT_H

#include "logs/mcap_format.h"

struct mcap_span { /* of log time; both ends 0 if it covers no message */
    int64_t start_ns, end_ns;
    uint64_t messages;
};

struct mcap_chunk_index {
    struct mcap_span span;
    uint64_t offset, length;            /* of the Chunk record */
    struct bytes message_index_offsets; /* packed (u16 channel, u64 file offset) */
    uint64_t message_index_length;      /* of all the MessageIndex records behind the chunk */
    const char *compression;
    uint64_t stored, unpacked; /* bytes of the chunk's records */
};

struct mcap_statistics {
    struct mcap_span span;
    uint16_t schemas;
    uint32_t channels, attachments, metadata, chunks;
    struct bytes channel_counts; /* packed (u16 channel, u64 messages) */
};

void mcap_emit_header(struct bytes *out, const char *profile, const char *library);
void mcap_emit_schema(struct bytes *out, const struct mcap_schema *schema);
void mcap_emit_channel(struct bytes *out, const struct mcap_channel *channel);
void mcap_emit_message(struct bytes *out, uint16_t channel, uint32_t sequence, int64_t log_ns, int64_t publish_ns,
                       const void *data, size_t size);
/* The Chunk record without its last field's `stored` bytes, which the caller lets follow. `records` are the bytes
 * before compression; their checksum goes in. */
void mcap_emit_chunk_head(struct bytes *out, const struct mcap_span *span, const struct bytes *records,
                          const char *compression, size_t stored);
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

#endif
