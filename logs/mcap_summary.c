#include "logs/mcap_inside.h"

struct summary {
    uint64_t data_end; /* where the data section ends at the latest */
    uint64_t claimed;  /* bytes that indexes point at: hostile ones could name the same bytes many times */
    bool has_statistics;
    uint64_t chunks;
    uint16_t strangers; /* channels with messages that the summary does not define */
};

static bool claim(const struct mcap_reader *reader, struct summary *summary, uint64_t offset, uint64_t length)
{
    if (offset < reader->data_start || length < MCAP_PREFIX_BYTES || offset > summary->data_end ||
        length > summary->data_end - offset)
        return false;
    summary->claimed += length;
    return summary->claimed <= summary->data_end;
}

static bool read_statistics(struct mcap_reader *reader, struct summary *summary, struct cursor body)
{
    struct mcap_info *info = &reader->info;
    info->message_count = cursor_u64(&body);
    cursor_take(&body, 2 + 4 + 4 + 4); /* schemas, channels, attachments, metadata: we count what we find */
    summary->chunks = cursor_u32(&body);
    info->start_ns = (int64_t)cursor_u64(&body);
    info->end_ns = (int64_t)cursor_u64(&body);
    uint32_t length = cursor_u32(&body);
    struct cursor counts = mcap_reader_part(&body, length);
    while (cursor_left(&counts)) {
        struct mcap_known *known = reader->known[cursor_u16(&counts)];
        uint64_t messages = cursor_u64(&counts);
        if (known)
            known->messages = messages;
        else
            summary->strangers++;
    }
    summary->has_statistics = !counts.failed;
    return summary->has_statistics;
}

static bool read_chunk_index(struct mcap_reader *reader, struct summary *summary, struct cursor body)
{
    int64_t start_ns = (int64_t)cursor_u64(&body), end_ns = (int64_t)cursor_u64(&body);
    uint64_t offset = cursor_u64(&body), length = cursor_u64(&body);
    uint32_t map_length = cursor_u32(&body);
    struct cursor map = mcap_reader_part(&body, map_length);
    uint64_t index_length = cursor_u64(&body);
    cursor_take(&body, cursor_u32(&body)); /* compression: the chunk says it too */
    uint64_t stored = cursor_u64(&body), unpacked = cursor_u64(&body);
    if (body.failed || !claim(reader, summary, offset, length))
        return false;
    struct mcap_block *block = mcap_index_block(reader, offset, length, true);
    block->start_ns = start_ns;
    block->end_ns = end_ns;
    block->index_length = index_length;
    reader->info.compressed_bytes += block->stored = stored;
    reader->info.uncompressed_bytes += block->unpacked = unpacked;
    if (map_length)
        block->channels = arena_new(&reader->arena, map_length / 10 + 1, sizeof *block->channels);
    while (cursor_left(&map)) {
        block->channels[block->channel_count++] = cursor_u16(&map);
        cursor_u64(&map);
        if (map.failed)
            return false;
    }
    return true;
}

static bool read_attachment_index(struct mcap_reader *reader, struct summary *summary, struct cursor body)
{
    uint64_t offset = cursor_u64(&body), length = cursor_u64(&body);
    struct mcap_attachment about = {.log_ns = (int64_t)cursor_u64(&body)};
    about.create_ns = (int64_t)cursor_u64(&body);
    cursor_u64(&body);
    about.name = mcap_reader_string(reader, &body);
    about.media_type = mcap_reader_string(reader, &body);
    if (body.failed || !claim(reader, summary, offset, length))
        return false;
    mcap_index_attachment(reader, offset, length, about);
    return true;
}

static bool read_metadata_index(struct mcap_reader *reader, struct summary *summary, struct cursor body)
{
    uint64_t offset = cursor_u64(&body), length = cursor_u64(&body);
    const char *name = mcap_reader_string(reader, &body);
    if (body.failed || !claim(reader, summary, offset, length))
        return false;
    mcap_index_metadata(reader, offset, length, name);
    return true;
}

static bool summary_record(struct mcap_reader *reader, struct summary *summary, uint8_t op, struct cursor body)
{
    switch (op) {
    case MCAP_SCHEMA: return mcap_index_schema(reader, body);
    case MCAP_CHANNEL: return mcap_index_channel(reader, body);
    case MCAP_STATISTICS: return read_statistics(reader, summary, body);
    case MCAP_CHUNK_INDEX: return read_chunk_index(reader, summary, body);
    case MCAP_ATTACHMENT_INDEX: return read_attachment_index(reader, summary, body);
    case MCAP_METADATA_INDEX: return read_metadata_index(reader, summary, body);
    default: return op != 0;
    }
}

/* All records of the summary; STATUS_CORRUPT says where they stop making sense. */
static enum status summary_records(struct mcap_reader *reader, struct summary *summary, const struct bytes *bytes,
                                   uint64_t start, struct error *err)
{
    struct cursor cursor = {bytes->data, bytes->size, 0, false};
    while (cursor_left(&cursor)) {
        uint64_t offset = start + cursor.offset;
        uint8_t op = cursor_u8(&cursor);
        uint64_t length = cursor_u64(&cursor);
        const uint8_t *body = cursor_take(&cursor, length <= cursor_left(&cursor) ? (size_t)length : SIZE_MAX);
        if (!body || !summary_record(reader, summary, op, (struct cursor){body, (size_t)length, 0, false}))
            return error_set(err, STATUS_CORRUPT,
                             "the summary is damaged at byte %llu; the index was rebuilt from the records",
                             (unsigned long long)offset);
    }
    return STATUS_OK;
}

/* Adds up the MessageIndex records of a chunk; false if they are not that. */
static bool count_entries(struct mcap_reader *reader, struct cursor records)
{
    enum { ENTRY_BYTES = 16 };
    while (cursor_left(&records)) {
        uint8_t op = cursor_u8(&records);
        uint64_t length = cursor_u64(&records);
        struct cursor body = mcap_reader_part(&records, length <= cursor_left(&records) ? (size_t)length : SIZE_MAX);
        struct mcap_known *known = reader->known[cursor_u16(&body)];
        uint32_t size = cursor_u32(&body);
        if (body.failed || op != MCAP_MESSAGE_INDEX || size > cursor_left(&body) || !known)
            return false;
        known->messages += size / ENTRY_BYTES;
        reader->info.message_count += size / ENTRY_BYTES;
    }
    return !records.failed;
}

/* What the statistics would have said. False if the chunks have no index of their messages either. */
static bool count_messages(struct mcap_reader *reader, struct summary *summary)
{
    struct mcap_info *info = &reader->info;
    struct bytes bytes = {0};
    bool counted = reader->block_count > 0;
    info->start_ns = INT64_MAX;
    info->end_ns = INT64_MIN;
    for (size_t i = 0; i < reader->block_count && counted; i++) {
        const struct mcap_block *block = reader->blocks[i];
        uint64_t start = block->offset + block->length;
        bytes.size = 0;
        counted = claim(reader, summary, start, block->index_length) &&
                  !mcap_reader_pread(reader, start, bytes_add(&bytes, (size_t)block->index_length),
                                     (size_t)block->index_length, NULL) &&
                  count_entries(reader, (struct cursor){bytes.data, bytes.size, 0, false});
        info->start_ns = block->start_ns < info->start_ns ? block->start_ns : info->start_ns;
        info->end_ns = block->end_ns > info->end_ns ? block->end_ns : info->end_ns;
    }
    bytes_clear(&bytes);
    summary->chunks = reader->block_count;
    return counted;
}

enum status mcap_summary_read(struct mcap_reader *reader, struct error *err)
{
    uint8_t tail[MCAP_TAIL_BYTES];
    uint64_t footer = reader->info.file_bytes - sizeof tail;
    reader->info.truncated = reader->info.file_bytes < reader->data_start + sizeof tail;
    if (reader->info.truncated)
        return STATUS_END;
    enum status status = mcap_reader_pread(reader, footer, tail, sizeof tail, err);
    if (status)
        return status;
    struct cursor cursor = {tail, sizeof tail, 0, false};
    bool is_footer = cursor_u8(&cursor) == MCAP_FOOTER && cursor_u64(&cursor) == MCAP_FOOTER_BYTES;
    uint64_t start = cursor_u64(&cursor);
    cursor_u64(&cursor);
    uint32_t crc = cursor_u32(&cursor);
    const uint8_t *closing = tail + sizeof tail - MCAP_MAGIC_BYTES;
    reader->info.truncated = !is_footer || memcmp(closing, MCAP_MAGIC, MCAP_MAGIC_BYTES);
    if (reader->info.truncated || !start)
        return STATUS_END;
    if (start < reader->data_start || start > footer)
        return error_set(err, STATUS_CORRUPT,
                         "the footer at byte %llu is damaged; the index was rebuilt from the records",
                         (unsigned long long)footer);
    struct bytes bytes = {0};
    struct summary summary = {.data_end = start};
    size_t checked = (size_t)(footer - start) + MCAP_PREFIX_BYTES + 16; /* the footer up to its checksum */
    status = mcap_reader_pread(reader, start, bytes_add(&bytes, checked), checked, err);
    if (!status && crc && mcap_codec_crc(bytes.data, checked) != crc)
        status = error_set(err, STATUS_CORRUPT,
                           "the summary at byte %llu is damaged: its checksum is wrong; the index was rebuilt from the "
                           "records", (unsigned long long)start);
    bytes.size = (size_t)(footer - start);
    if (!status)
        status = summary_records(reader, &summary, &bytes, start, err);
    bytes_clear(&bytes);
    reader->info.has_summary = !status;
    reader->info.chunk_count = reader->block_count;
    bool counted = summary.has_statistics || (!status && count_messages(reader, &summary));
    bool complete = counted && !summary.strangers && summary.chunks == reader->block_count &&
                    (reader->block_count || !reader->info.message_count);
    return status ? status : complete ? STATUS_OK : STATUS_END;
}
