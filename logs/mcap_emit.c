#include "logs/mcap_emit.h"

/* Returns where the body starts; record_end fills in its length. */
static size_t record_begin(struct bytes *out, enum mcap_op op)
{
    bytes_put_u8(out, (uint8_t)op);
    bytes_put_u64(out, 0);
    return out->size;
}

static void record_end(struct bytes *out, size_t body)
{
    uint64_t length = out->size - body;
    memcpy(out->data + body - sizeof length, &length, sizeof length);
}

static void put_map(struct bytes *out, const struct mcap_pair *pairs, size_t count)
{
    bytes_put_u32(out, 0);
    size_t map = out->size;
    for (size_t i = 0; i < count; i++) {
        bytes_put_string(out, pairs[i].key);
        bytes_put_string(out, pairs[i].value);
    }
    uint32_t length = (uint32_t)(out->size - map);
    memcpy(out->data + map - sizeof length, &length, sizeof length);
}

static void put_counts(struct bytes *out, const struct mcap_count *counts, size_t count)
{
    bytes_put_u32(out, (uint32_t)(count * (sizeof counts->channel_id + sizeof counts->value)));
    for (size_t i = 0; i < count; i++) {
        bytes_put_u16(out, counts[i].channel_id);
        bytes_put_u64(out, counts[i].value);
    }
}

void mcap_emit_header(struct bytes *out, const char *profile, const char *library)
{
    size_t body = record_begin(out, MCAP_HEADER);
    bytes_put_string(out, profile);
    bytes_put_string(out, library);
    record_end(out, body);
}

void mcap_emit_schema(struct bytes *out, const struct mcap_schema *schema)
{
    size_t body = record_begin(out, MCAP_SCHEMA);
    bytes_put_u16(out, schema->id);
    bytes_put_string(out, schema->name);
    bytes_put_string(out, schema->encoding);
    bytes_put_u32(out, schema->size);
    bytes_put(out, schema->data, schema->size);
    record_end(out, body);
}

void mcap_emit_channel(struct bytes *out, const struct mcap_channel *channel)
{
    size_t body = record_begin(out, MCAP_CHANNEL);
    bytes_put_u16(out, channel->id);
    bytes_put_u16(out, channel->schema_id);
    bytes_put_string(out, channel->topic);
    bytes_put_string(out, channel->encoding);
    put_map(out, channel->metadata, channel->metadata_count);
    record_end(out, body);
}

void mcap_emit_message_head(uint8_t head[MCAP_PREFIX_BYTES + MCAP_MESSAGE_BYTES], uint16_t channel, uint32_t sequence,
                            int64_t log_ns, int64_t publish_ns, size_t size)
{
    uint64_t length = MCAP_MESSAGE_BYTES + size;
    head[0] = MCAP_MESSAGE;
    memcpy(head + 1, &length, 8);
    memcpy(head + 9, &channel, 2);
    memcpy(head + 11, &sequence, 4);
    memcpy(head + 15, &log_ns, 8);
    memcpy(head + 23, &publish_ns, 8);
}

void mcap_emit_message(struct bytes *out, uint16_t channel, uint32_t sequence, int64_t log_ns, int64_t publish_ns,
                       const void *data, size_t size)
{
    uint8_t head[MCAP_PREFIX_BYTES + MCAP_MESSAGE_BYTES];
    mcap_emit_message_head(head, channel, sequence, log_ns, publish_ns, size);
    uint8_t *at = bytes_add(out, sizeof head + size); /* most files consist of these: one check, two copies */
    memcpy(at, head, sizeof head);
    if (size)
        memcpy(at + sizeof head, data, size);
}

void mcap_emit_chunk_head(struct bytes *out, const struct mcap_chunk *chunk)
{
    size_t body = record_begin(out, MCAP_CHUNK);
    bytes_put_u64(out, (uint64_t)chunk->start_ns);
    bytes_put_u64(out, (uint64_t)chunk->end_ns);
    bytes_put_u64(out, chunk->unpacked);
    bytes_put_u32(out, chunk->crc);
    bytes_put_string(out, chunk->compression);
    bytes_put_u64(out, chunk->stored);
    uint64_t length = out->size - body + chunk->stored;
    memcpy(out->data + body - sizeof length, &length, sizeof length);
}

void mcap_emit_message_index(struct bytes *out, uint16_t channel, const struct bytes *entries)
{
    size_t body = record_begin(out, MCAP_MESSAGE_INDEX);
    bytes_put_u16(out, channel);
    bytes_put_u32(out, (uint32_t)entries->size);
    bytes_put(out, entries->data, entries->size);
    record_end(out, body);
}

void mcap_emit_chunk_index(struct bytes *out, const struct mcap_chunk_index *index)
{
    size_t body = record_begin(out, MCAP_CHUNK_INDEX);
    bytes_put_u64(out, (uint64_t)index->start_ns);
    bytes_put_u64(out, (uint64_t)index->end_ns);
    bytes_put_u64(out, index->offset);
    bytes_put_u64(out, index->length);
    put_counts(out, index->message_indexes, index->message_index_count);
    bytes_put_u64(out, index->message_index_length);
    bytes_put_string(out, index->compression);
    bytes_put_u64(out, index->stored);
    bytes_put_u64(out, index->unpacked);
    record_end(out, body);
}

void mcap_emit_attachment(struct bytes *out, const struct mcap_attachment *attachment)
{
    size_t body = record_begin(out, MCAP_ATTACHMENT);
    bytes_put_u64(out, (uint64_t)attachment->log_ns);
    bytes_put_u64(out, (uint64_t)attachment->create_ns);
    bytes_put_string(out, attachment->name);
    bytes_put_string(out, attachment->media_type);
    bytes_put_u64(out, attachment->size);
    bytes_put(out, attachment->data, attachment->size);
    bytes_put_u32(out, mcap_codec_crc(out->data + body, out->size - body));
    record_end(out, body);
}

void mcap_emit_attachment_index(struct bytes *out, const struct mcap_attachment *attachment, uint64_t offset,
                                uint64_t length)
{
    size_t body = record_begin(out, MCAP_ATTACHMENT_INDEX);
    bytes_put_u64(out, offset);
    bytes_put_u64(out, length);
    bytes_put_u64(out, (uint64_t)attachment->log_ns);
    bytes_put_u64(out, (uint64_t)attachment->create_ns);
    bytes_put_u64(out, attachment->size);
    bytes_put_string(out, attachment->name);
    bytes_put_string(out, attachment->media_type);
    record_end(out, body);
}

void mcap_emit_metadata(struct bytes *out, const struct mcap_metadata *metadata)
{
    size_t body = record_begin(out, MCAP_METADATA);
    bytes_put_string(out, metadata->name);
    put_map(out, metadata->pairs, metadata->count);
    record_end(out, body);
}

void mcap_emit_metadata_index(struct bytes *out, const char *name, uint64_t offset, uint64_t length)
{
    size_t body = record_begin(out, MCAP_METADATA_INDEX);
    bytes_put_u64(out, offset);
    bytes_put_u64(out, length);
    bytes_put_string(out, name);
    record_end(out, body);
}

void mcap_emit_statistics(struct bytes *out, const struct mcap_statistics *statistics)
{
    size_t body = record_begin(out, MCAP_STATISTICS);
    bytes_put_u64(out, statistics->messages);
    bytes_put_u16(out, statistics->schemas);
    bytes_put_u32(out, statistics->channels);
    bytes_put_u32(out, statistics->attachments);
    bytes_put_u32(out, statistics->metadata);
    bytes_put_u32(out, statistics->chunks);
    bytes_put_u64(out, (uint64_t)statistics->start_ns);
    bytes_put_u64(out, (uint64_t)statistics->end_ns);
    put_counts(out, statistics->channel_messages, statistics->channel_message_count);
    record_end(out, body);
}

void mcap_emit_summary_offset(struct bytes *out, enum mcap_op group, uint64_t start, uint64_t length)
{
    size_t body = record_begin(out, MCAP_SUMMARY_OFFSET);
    bytes_put_u8(out, (uint8_t)group);
    bytes_put_u64(out, start);
    bytes_put_u64(out, length);
    record_end(out, body);
}

void mcap_emit_data_end(struct bytes *out, uint32_t crc)
{
    size_t body = record_begin(out, MCAP_DATA_END);
    bytes_put_u32(out, crc);
    record_end(out, body);
}

void mcap_emit_footer(struct bytes *out, uint64_t summary_start, uint64_t summary_offset_start)
{
    size_t body = record_begin(out, MCAP_FOOTER);
    bytes_put_u64(out, summary_start);
    bytes_put_u64(out, summary_offset_start);
    uint64_t length = MCAP_FOOTER_BYTES;
    memcpy(out->data + body - sizeof length, &length, sizeof length);
    bytes_put_u32(out, mcap_codec_crc(out->data, out->size));
}

void mcap_emit_padding(struct bytes *out, size_t from)
{
    static const uint8_t padding[] = {0x01, 0xFF, 0xFF};
    struct bytes bare = {0};
    bytes_put(&bare, out->data + from, out->size - from);
    out->size = from;
    for (size_t at = 0; at < bare.size;) {
        uint64_t length;
        memcpy(&length, bare.data + at + 1, sizeof length);
        size_t body = record_begin(out, bare.data[at]);
        bytes_put(out, bare.data + at + MCAP_PREFIX_BYTES, (size_t)length);
        bytes_put(out, padding, sizeof padding);
        record_end(out, body);
        at += MCAP_PREFIX_BYTES + (size_t)length;
    }
    bytes_clear(&bare);
}
