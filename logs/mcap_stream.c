#include <stdlib.h>
#include <sys/stat.h>

#include "logs/mcap_inside.h"
#include "logs/records.h"

struct mcap_stream {
    struct records_source source;
    uint64_t at;            /* the next record; 0: the opening magic */
    struct cursor chunk;    /* records of the open chunk still to come */
    uint64_t chunk_offset;
    bool closed, ended;     /* behind the footer; behind everything that can be read */
    struct arena scratch;   /* of the record handed out */
    struct arena definitions;
    size_t definition_bytes;
    struct mcap_channel *channels[UINT16_MAX + 1]; /* by id */
    struct mcap_codec codec;
    struct bytes unpacked;
};

/* --- bodies of records --------------------------------------------------------------------------------------- */
static const char *text(struct arena *arena, struct records_text from)
{
    return arena_string(arena, from.data, from.size);
}

static struct mcap_pair *pairs_read(struct arena *arena, struct records_text map, size_t *count)
{
    struct cursor cursor = {(const uint8_t *)map.data, map.size, 0, false};
    struct mcap_pair *pairs = arena_new(arena, map.size / 8, sizeof *pairs); /* two lengths each, at least */
    struct records_text key, value;
    for (*count = 0; records_pair(&cursor, &key, &value); (*count)++)
        pairs[*count] = (struct mcap_pair){text(arena, key), text(arena, value)};
    return pairs;
}

static const struct mcap_count *counts_read(struct arena *arena, struct cursor *body, size_t *count)
{
    uint32_t size = cursor_u32(body);
    struct cursor map = mcap_reader_part(body, size);
    struct mcap_count *counts = arena_new(arena, map.size / 10, sizeof *counts);
    for (*count = 0; cursor_left(&map); (*count)++) {
        struct mcap_count entry = {.channel_id = cursor_u16(&map)};
        entry.value = cursor_u64(&map);
        if (map.failed)
            break;
        counts[*count] = entry;
    }
    body->failed |= map.failed;
    return counts;
}

static bool header_read(struct mcap_stream *stream, struct cursor body, struct mcap_record *record)
{
    record->header.profile = text(&stream->scratch, records_text(&body));
    record->header.library = text(&stream->scratch, records_text(&body));
    return !body.failed;
}

static bool footer_read(struct mcap_stream *stream, struct cursor body, struct mcap_record *record)
{
    record->footer.summary_start = cursor_u64(&body);
    record->footer.summary_offset_start = cursor_u64(&body);
    record->footer.summary_crc = cursor_u32(&body);
    stream->closed = !body.failed;
    return !body.failed;
}

static bool schema_read(struct mcap_stream *stream, struct cursor body, struct mcap_record *record)
{
    struct records_schema schema;
    if (!records_schema(body, &schema))
        return false;
    record->schema = (struct mcap_schema){schema.id, text(&stream->scratch, schema.name),
                                          text(&stream->scratch, schema.encoding),
                                          (const uint8_t *)schema.data.data, schema.data.size};
    return true;
}

static struct mcap_channel channel_copy(struct arena *arena, const struct records_channel *from)
{
    struct mcap_channel channel = {.id = from->id, .schema_id = from->schema_id};
    channel.topic = text(arena, from->topic);
    channel.encoding = text(arena, from->encoding);
    channel.metadata = pairs_read(arena, from->metadata, &channel.metadata_count);
    return channel;
}

/* The first definition of an id is kept for its messages. */
static bool channel_read(struct mcap_stream *stream, struct cursor body, struct mcap_record *record)
{
    struct records_channel channel;
    if (!records_channel(body, &channel))
        return false;
    record->channel = channel_copy(&stream->scratch, &channel);
    if (stream->channels[channel.id] || body.size > MCAP_DEFINITIONS_MAX - stream->definition_bytes)
        return true;
    stream->definition_bytes += body.size;
    stream->channels[channel.id] = arena_new(&stream->definitions, 1, sizeof(struct mcap_channel));
    *stream->channels[channel.id] = channel_copy(&stream->definitions, &channel);
    return true;
}

static bool message_read(struct mcap_stream *stream, struct cursor body, struct mcap_record *record)
{
    struct records_message message;
    if (!records_message(body, &message))
        return false;
    record->message = (struct mcap_message){stream->channels[message.channel], message.sequence, message.log_ns,
                                            message.publish_ns, message.data, message.size};
    return record->message.channel != NULL;
}

static bool message_index_read(struct mcap_stream *stream, struct cursor body, struct mcap_record *record)
{
    struct mcap_message_index *index = &record->message_index;
    index->channel_id = cursor_u16(&body);
    uint32_t size = cursor_u32(&body);
    const uint8_t *packed = cursor_take(&body, size);
    if (!packed || size % sizeof *index->entries)
        return false;
    index->entries = memcpy(arena_new(&stream->scratch, size, 1), packed, size);
    index->count = size / sizeof *index->entries;
    return true;
}

static bool chunk_index_read(struct mcap_stream *stream, struct cursor body, struct mcap_record *record)
{
    struct mcap_chunk_index *index = &record->chunk_index;
    index->start_ns = (int64_t)cursor_u64(&body);
    index->end_ns = (int64_t)cursor_u64(&body);
    index->offset = cursor_u64(&body);
    index->length = cursor_u64(&body);
    index->message_indexes = counts_read(&stream->scratch, &body, &index->message_index_count);
    index->message_index_length = cursor_u64(&body);
    index->compression = text(&stream->scratch, records_text(&body));
    index->stored = cursor_u64(&body);
    index->unpacked = cursor_u64(&body);
    return !body.failed;
}

static bool attachment_read(struct mcap_stream *stream, struct cursor body, struct mcap_record *record)
{
    struct records_attachment about;
    if (!records_attachment(body, &about))
        return false;
    body.offset = about.head;
    const uint8_t *data = cursor_take(&body, about.size <= cursor_left(&body) ? (size_t)about.size : SIZE_MAX);
    size_t covered = body.offset;
    uint32_t crc = cursor_u32(&body);
    record->attachment = (struct mcap_attachment){text(&stream->scratch, about.name),
                                                  text(&stream->scratch, about.media_type), about.log_ns,
                                                  about.create_ns, data, (size_t)about.size};
    return !body.failed && (!crc || mcap_codec_crc(body.data, covered) == crc);
}

static bool attachment_index_read(struct mcap_stream *stream, struct cursor body, struct mcap_record *record)
{
    struct mcap_attachment_index *index = &record->attachment_index;
    index->offset = cursor_u64(&body);
    index->length = cursor_u64(&body);
    index->log_ns = (int64_t)cursor_u64(&body);
    index->create_ns = (int64_t)cursor_u64(&body);
    index->size = cursor_u64(&body);
    index->name = text(&stream->scratch, records_text(&body));
    index->media_type = text(&stream->scratch, records_text(&body));
    return !body.failed;
}

static bool statistics_read(struct mcap_stream *stream, struct cursor body, struct mcap_record *record)
{
    struct mcap_statistics *statistics = &record->statistics;
    statistics->messages = cursor_u64(&body);
    statistics->schemas = cursor_u16(&body);
    statistics->channels = cursor_u32(&body);
    statistics->attachments = cursor_u32(&body);
    statistics->metadata = cursor_u32(&body);
    statistics->chunks = cursor_u32(&body);
    statistics->start_ns = (int64_t)cursor_u64(&body);
    statistics->end_ns = (int64_t)cursor_u64(&body);
    statistics->channel_messages = counts_read(&stream->scratch, &body, &statistics->channel_message_count);
    return !body.failed;
}

static bool metadata_read(struct mcap_stream *stream, struct cursor body, struct mcap_record *record)
{
    record->metadata.name = text(&stream->scratch, records_text(&body));
    struct records_text map = records_text(&body);
    record->metadata.pairs = pairs_read(&stream->scratch, map, &record->metadata.count);
    return !body.failed && records_map_valid(map);
}

static bool metadata_index_read(struct mcap_stream *stream, struct cursor body, struct mcap_record *record)
{
    record->metadata_index.offset = cursor_u64(&body);
    record->metadata_index.length = cursor_u64(&body);
    record->metadata_index.name = text(&stream->scratch, records_text(&body));
    return !body.failed;
}

static bool summary_offset_read(struct mcap_stream *stream, struct cursor body, struct mcap_record *record)
{
    (void)stream;
    record->summary_offset.group = (enum mcap_op)cursor_u8(&body);
    record->summary_offset.start = cursor_u64(&body);
    record->summary_offset.length = cursor_u64(&body);
    return !body.failed;
}

static bool data_end_read(struct mcap_stream *stream, struct cursor body, struct mcap_record *record)
{
    (void)stream;
    record->data_end.crc = cursor_u32(&body);
    return !body.failed;
}

static const struct kind {
    const char *name;
    bool (*read)(struct mcap_stream *stream, struct cursor body, struct mcap_record *record);
    size_t most; /* bytes: texts and maps take several times as much when they are read */
} kinds[] = {
    [MCAP_HEADER] = {"header", header_read, MCAP_DEFINITIONS_MAX},
    [MCAP_FOOTER] = {"footer", footer_read, MCAP_DEFINITIONS_MAX},
    [MCAP_SCHEMA] = {"schema", schema_read, MCAP_DEFINITIONS_MAX},
    [MCAP_CHANNEL] = {"channel", channel_read, MCAP_DEFINITIONS_MAX},
    [MCAP_MESSAGE] = {"message", message_read, MCAP_CHUNK_MAX},
    [MCAP_CHUNK] = {"chunk", NULL, MCAP_CHUNK_MAX},
    [MCAP_MESSAGE_INDEX] = {"message index", message_index_read, MCAP_CHUNK_MAX},
    [MCAP_CHUNK_INDEX] = {"chunk index", chunk_index_read, MCAP_DEFINITIONS_MAX},
    [MCAP_ATTACHMENT] = {"attachment", attachment_read, MCAP_CHUNK_MAX},
    [MCAP_ATTACHMENT_INDEX] = {"attachment index", attachment_index_read, MCAP_DEFINITIONS_MAX},
    [MCAP_STATISTICS] = {"statistics record", statistics_read, MCAP_DEFINITIONS_MAX},
    [MCAP_METADATA] = {"metadata record", metadata_read, MCAP_DEFINITIONS_MAX},
    [MCAP_METADATA_INDEX] = {"metadata index", metadata_index_read, MCAP_DEFINITIONS_MAX},
    [MCAP_SUMMARY_OFFSET] = {"summary offset", summary_offset_read, MCAP_DEFINITIONS_MAX},
    [MCAP_DATA_END] = {"end of the data", data_end_read, MCAP_DEFINITIONS_MAX},
};

static bool known(uint8_t op) { return op && op < COUNT_OF(kinds); }

static enum status body_read(struct mcap_stream *stream, struct cursor body, struct mcap_record *record,
                             struct error *err)
{
    if (kinds[record->op].read(stream, body, record))
        return STATUS_OK;
    bool orphan = record->op == MCAP_MESSAGE && body.size >= MCAP_MESSAGE_BYTES;
    return error_set(err, STATUS_CORRUPT, "the %s %sat byte %llu %s", kinds[record->op].name,
                     record->in_chunk ? "in the chunk " : "",
                     (unsigned long long)(record->in_chunk ? stream->chunk_offset : record->offset),
                     orphan ? "belongs to a channel that is not defined before it" : "is damaged");
}

/* --- records in the open chunk ------------------------------------------------------------------------------- */
static enum status chunk_open(struct mcap_stream *stream, const uint8_t *bytes, struct mcap_record *record,
                              struct error *err)
{
    struct mcap_packed packed = {.offset = record->offset};
    enum status status = mcap_packed_head(&packed, bytes, (size_t)record->length, err);
    if (!status)
        status = mcap_packed_open(&packed, &stream->codec, &stream->unpacked, NULL, err);
    if (status)
        return status;
    record->chunk = packed.about;
    stream->chunk = (struct cursor){packed.records, packed.size, 0, false};
    stream->chunk_offset = record->offset;
    return STATUS_OK;
}

static enum status chunk_record(struct mcap_stream *stream, struct mcap_record *record, struct error *err)
{
    struct cursor *chunk = &stream->chunk;
    size_t start = chunk->offset;
    uint8_t op = cursor_u8(chunk);
    uint64_t length = cursor_u64(chunk);
    const uint8_t *body = cursor_take(chunk, length <= cursor_left(chunk) ? (size_t)length : SIZE_MAX);
    if (!body || !op || (known(op) && length > kinds[op].most)) {
        *chunk = (struct cursor){0};
        return error_set(err, STATUS_CORRUPT, "the chunk at byte %llu is damaged behind byte %zu of its records",
                         (unsigned long long)stream->chunk_offset, start);
    }
    if (known(op) && op != MCAP_MESSAGE && op != MCAP_SCHEMA && op != MCAP_CHANNEL)
        return error_set(err, STATUS_CORRUPT, "the chunk at byte %llu holds a %s, which belongs outside of chunks",
                         (unsigned long long)stream->chunk_offset, kinds[op].name);
    record->op = (enum mcap_op)op;
    record->in_chunk = true;
    record->offset = start;
    record->length = MCAP_PREFIX_BYTES + length;
    return known(op) ? body_read(stream, (struct cursor){body, (size_t)length, 0, false}, record, err) : STATUS_OK;
}

/* --- records of the file ------------------------------------------------------------------------------------- */
/* Are there `size` bytes? If not, looks whether the file has grown. */
static bool stream_has(struct mcap_stream *stream, uint64_t size)
{
    struct records_source *source = &stream->source;
    struct stat about;
    bool short_of = size > source->size - stream->at;
    if (short_of && source->fd >= 0 && !fstat(source->fd, &about) && (uint64_t)about.st_size > source->size)
        source->size = (uint64_t)about.st_size;
    return size <= source->size - stream->at;
}

/* The opening or the closing magic. */
static enum status magic_read(struct mcap_stream *stream, struct error *err)
{
    size_t there = stream_has(stream, MCAP_MAGIC_BYTES) ? MCAP_MAGIC_BYTES : (size_t)(stream->source.size - stream->at);
    if (memcmp(records_at(&stream->source, stream->at, there), MCAP_MAGIC, there)) {
        stream->ended = true;
        return error_set(err, STATUS_CORRUPT, "there is no MCAP magic at byte %llu", (unsigned long long)stream->at);
    }
    if (there < MCAP_MAGIC_BYTES)
        return STATUS_AGAIN;
    stream->at += MCAP_MAGIC_BYTES;
    stream->ended = stream->closed;
    return stream->ended ? STATUS_END : STATUS_OK;
}

static enum status file_record(struct mcap_stream *stream, struct mcap_record *record, struct error *err)
{
    if (stream->ended)
        return STATUS_END;
    if (!stream->at || stream->closed)
        return magic_read(stream, err);
    if (!stream_has(stream, MCAP_PREFIX_BYTES))
        return STATUS_AGAIN;
    struct cursor prefix = {records_at(&stream->source, stream->at, MCAP_PREFIX_BYTES), MCAP_PREFIX_BYTES, 0, false};
    uint8_t op = cursor_u8(&prefix);
    uint64_t length = cursor_u64(&prefix), offset = stream->at;
    stream->ended = !op;
    if (!op)
        return error_set(err, STATUS_CORRUPT, "there is no record at byte %llu, and nothing behind it can be read",
                         (unsigned long long)offset);
    if (length > INT64_MAX || !stream_has(stream, MCAP_PREFIX_BYTES + length))
        return STATUS_AGAIN;
    record->op = (enum mcap_op)op;
    record->offset = offset;
    record->length = MCAP_PREFIX_BYTES + length;
    stream->at += record->length; /* wherever this ends, the next call goes on behind it */
    if (!known(op))
        return STATUS_OK;
    if (length > kinds[op].most)
        return error_set(err, STATUS_CORRUPT, "the %s at byte %llu claims %llu bytes, more than is read at once",
                         kinds[op].name, (unsigned long long)offset, (unsigned long long)length);
    const uint8_t *bytes = records_at(&stream->source, offset, record->length);
    if (op == MCAP_CHUNK)
        return chunk_open(stream, bytes, record, err);
    return body_read(stream, (struct cursor){bytes + MCAP_PREFIX_BYTES, (size_t)length, 0, false}, record, err);
}

/* --- the stream ---------------------------------------------------------------------------------------------- */
struct mcap_stream *mcap_stream_open(const char *path, struct error *err)
{
    struct mcap_stream *stream = NEW(struct mcap_stream);
    stream->source.fd = -1;
    if (records_open(&stream->source, path, err))
        mcap_stream_destroy(&stream);
    return stream;
}

struct mcap_stream *mcap_stream_bytes(const void *data, size_t size)
{
    struct mcap_stream *stream = NEW(struct mcap_stream);
    stream->source = records_memory(data, size);
    return stream;
}

void mcap_stream_destroy(struct mcap_stream **handle)
{
    struct mcap_stream *stream = *handle;
    *handle = NULL;
    if (!stream)
        return;
    records_close(&stream->source);
    mcap_codec_clear(&stream->codec);
    bytes_clear(&stream->unpacked);
    arena_clear(&stream->scratch);
    arena_clear(&stream->definitions);
    free(stream);
}

enum status mcap_stream_next(struct mcap_stream *stream, struct mcap_record *record, struct error *err)
{
    enum status status;
    arena_reset(&stream->scratch);
    do {
        *record = (struct mcap_record){0};
        status = cursor_left(&stream->chunk) ? chunk_record(stream, record, err) : file_record(stream, record, err);
    } while (!status && !known((uint8_t)record->op));
    return status;
}
