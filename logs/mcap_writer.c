#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "logs/mcap_emit.h"
#include "logs/memory.h"

enum { RAW_FLUSH_BYTES = 1 << 16 }; /* without chunks: how much goes to the file at once */

struct channel {
    struct mcap_channel public;
    bool defined;       /* its records are in the file or in the open chunk */
    uint64_t messages;
    struct bytes index; /* of the open chunk: packed (log time, offset) */
};

struct schema {
    struct mcap_schema public;
    bool defined;
};

struct mcap_writer {
    int fd;
    char *path;
    struct mcap_options options;
    struct arena strings;
    struct mcap_codec codec;
    uint64_t offset; /* of the whole records in the file */
    uint32_t crc;    /* over them */
    struct bytes chunk, packed, scratch;
    struct mcap_span chunk_span, span;
    struct schema **schemas;
    struct channel **channels;
    size_t schema_count, channel_count;
    struct mcap_count *counts; /* room for one per channel */
    struct bytes chunk_indexes, attachment_indexes, metadata_indexes; /* records, kept for the summary */
    uint32_t chunk_count, attachment_count, metadata_count;
    uint64_t lost;
    struct error failure; /* the first; everything after it is refused */
};

struct mcap_options mcap_options_default(void)
{
    return (struct mcap_options){"ros2", "binnacle", MCAP_ZSTD, 1, 768 * 1024, 1000000000, 0, false};
}

static bool wants(const struct mcap_writer *writer, enum mcap_op op) { return !(writer->options.omit >> op & 1); }

/* The records of `out` from byte `from` on are whole. */
static void finish(const struct mcap_writer *writer, struct bytes *out, size_t from)
{
    if (writer->options.padded)
        mcap_emit_padding(out, from);
}

/* Remembers the failure and cuts the file back to its last whole record. */
static void file_failed(struct mcap_writer *writer, int reason)
{
    error_set(&writer->failure, STATUS_IO, "cannot write %s beyond byte %llu: %s; the file is whole up to there",
              writer->path, (unsigned long long)writer->offset, strerror(reason));
    if (ftruncate(writer->fd, (off_t)writer->offset)) { /* a device: there is nothing to cut */
    }
}

/* Writes all of both parts or nothing. `tail_crc` is the tail's checksum, which a chunk needs anyway. */
static bool file_write(struct mcap_writer *writer, const struct bytes *head, const struct bytes *tail,
                       uint32_t tail_crc)
{
    struct iovec parts[] = {{head->data, head->size}, {tail->data, tail->size}};
    while (!writer->failure.status && parts[0].iov_len + parts[1].iov_len) {
        ssize_t put = writev(writer->fd, parts, COUNT_OF(parts));
        if (put <= 0 && !(put < 0 && errno == EINTR))
            file_failed(writer, put ? errno : ENOSPC);
        size_t took = put > 0 ? (size_t)put : 0;
        for (size_t i = 0; i < COUNT_OF(parts); i++) {
            size_t part = took < parts[i].iov_len ? took : parts[i].iov_len;
            if (!part) /* an empty part may have no memory to point into */
                continue;
            parts[i].iov_base = (uint8_t *)parts[i].iov_base + part;
            parts[i].iov_len -= part;
            took -= part;
        }
    }
    if (writer->failure.status)
        return false;
    if (head->size) /* of NULL the checksum would start over */
        writer->crc = mcap_codec_crc_more(writer->crc, head->data, head->size);
    writer->crc = mcap_codec_crc_join(writer->crc, tail_crc, tail->size);
    writer->offset += head->size + tail->size;
    return true;
}

static bool file_put(struct mcap_writer *writer, const struct bytes *out)
{
    return file_write(writer, out, &(struct bytes){0}, 0);
}

/* The MessageIndex records go to `scratch`, and where they will stand into `index`. */
static void chunk_index_messages(struct mcap_writer *writer, struct mcap_chunk_index *index)
{
    struct bytes *out = &writer->scratch;
    out->size = 0;
    for (size_t i = 0; i < writer->channel_count; i++) {
        struct channel *channel = writer->channels[i];
        size_t start = out->size;
        if (!channel->index.size)
            continue;
        writer->counts[index->message_index_count++] =
            (struct mcap_count){channel->public.id, writer->offset + start};
        mcap_emit_message_index(out, channel->public.id, &channel->index);
        finish(writer, out, start);
        channel->index.size = 0;
    }
    index->message_indexes = writer->counts;
    index->message_index_length = out->size;
}

/* The open chunk with its index. False if it did not reach the file. */
static bool chunk_write(struct mcap_writer *writer)
{
    const struct mcap_options *options = &writer->options;
    const struct bytes *records = &writer->chunk;
    bool packed = mcap_codec_pack(&writer->codec, options->compression, options->level, records->data, records->size,
                                  &writer->packed);
    const struct bytes *stored = packed ? &writer->packed : records;
    const struct mcap_chunk chunk = {
        .start_ns = writer->chunk_span.start_ns,
        .end_ns = writer->chunk_span.end_ns,
        .stored = stored->size,
        .unpacked = records->size,
        .crc = mcap_codec_crc(records->data, records->size),
        .compression = mcap_codec_name(packed ? options->compression : MCAP_NONE),
    };
    struct mcap_chunk_index index = {
        .start_ns = chunk.start_ns,
        .end_ns = chunk.end_ns,
        .offset = writer->offset,
        .compression = chunk.compression,
        .stored = chunk.stored,
        .unpacked = chunk.unpacked,
    };
    writer->scratch.size = 0;
    mcap_emit_chunk_head(&writer->scratch, &chunk);
    if (!file_write(writer, &writer->scratch, stored, packed ? mcap_codec_crc(stored->data, stored->size) : chunk.crc))
        return false;
    index.length = writer->offset - index.offset;
    chunk_index_messages(writer, &index);
    file_put(writer, &writer->scratch);
    mcap_emit_chunk_index(&writer->chunk_indexes, &index);
    writer->chunk_count++;
    return true;
}

/* The open chunk, or what waits outside of chunks, goes to the file whole or is lost whole. */
static void chunk_close(struct mcap_writer *writer)
{
    if (!writer->chunk.size || writer->failure.status)
        return;
    if (!(writer->options.chunk_bytes ? chunk_write(writer) : file_put(writer, &writer->chunk)))
        writer->lost += writer->chunk_span.messages;
    writer->chunk.size = 0;
    writer->chunk_span = (struct mcap_span){0};
}

struct mcap_writer *mcap_writer_create(const char *path, const struct mcap_options *options, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        error_set(err, STATUS_IO, "cannot write %s: %s", path, strerror(errno));
        return NULL;
    }
    struct mcap_writer *writer = NEW(struct mcap_writer);
    writer->fd = fd;
    writer->path = memory_string(path);
    writer->options = *options;
    bytes_put(&writer->scratch, MCAP_MAGIC, MCAP_MAGIC_BYTES);
    mcap_emit_header(&writer->scratch, options->profile, options->library);
    finish(writer, &writer->scratch, MCAP_MAGIC_BYTES);
    file_put(writer, &writer->scratch);
    return writer;
}

static char *keep(struct mcap_writer *writer, const char *text)
{
    return arena_string(&writer->strings, text, strlen(text));
}

uint16_t mcap_writer_schema(struct mcap_writer *writer, const char *name, const char *encoding, const void *data,
                            size_t size)
{
    ASSERT(writer->schema_count < UINT16_MAX);
    struct schema *schema = arena_new(&writer->strings, 1, sizeof *schema);
    uint16_t id = (uint16_t)(writer->schema_count + 1);
    const uint8_t *copy = (uint8_t *)arena_string(&writer->strings, size ? data : "", size);
    schema->public = (struct mcap_schema){id, keep(writer, name), keep(writer, encoding), copy, (uint32_t)size};
    writer->schemas = memory_resize(writer->schemas, id, sizeof *writer->schemas);
    writer->schemas[writer->schema_count++] = schema;
    return id;
}

uint16_t mcap_writer_channel(struct mcap_writer *writer, uint16_t schema, const char *topic, const char *encoding,
                             const struct mcap_pair *metadata, size_t metadata_count)
{
    ASSERT(schema <= writer->schema_count && writer->channel_count < UINT16_MAX);
    struct channel *channel = arena_new(&writer->strings, 1, sizeof *channel);
    struct mcap_pair *pairs = arena_new(&writer->strings, metadata_count, sizeof *pairs);
    for (size_t i = 0; i < metadata_count; i++)
        pairs[i] = (struct mcap_pair){keep(writer, metadata[i].key), keep(writer, metadata[i].value)};
    uint16_t id = (uint16_t)(writer->channel_count + 1);
    channel->public = (struct mcap_channel){id,    schema,        keep(writer, topic), keep(writer, encoding),
                                            pairs, metadata_count};
    writer->channels = memory_resize(writer->channels, id, sizeof *writer->channels);
    writer->counts = memory_resize(writer->counts, id, sizeof *writer->counts);
    writer->channels[writer->channel_count++] = channel;
    return id;
}

static void channel_define(struct mcap_writer *writer, struct channel *channel)
{
    struct schema *schema = channel->public.schema_id ? writer->schemas[channel->public.schema_id - 1] : NULL;
    size_t start = writer->chunk.size;
    if (schema && !schema->defined)
        mcap_emit_schema(&writer->chunk, &schema->public);
    if (schema)
        schema->defined = true;
    mcap_emit_channel(&writer->chunk, &channel->public);
    channel->defined = true;
    if (!writer->options.chunk_bytes)
        finish(writer, &writer->chunk, start);
}

/* Would this message overflow the open chunk, in bytes or in time? A message larger than a chunk sits alone. */
static bool chunk_full(const struct mcap_writer *writer, int64_t log_ns, size_t size)
{
    const struct mcap_options *options = &writer->options;
    const struct mcap_span *span = &writer->chunk_span;
    size_t limit = options->chunk_bytes ? options->chunk_bytes : RAW_FLUSH_BYTES;
    if (!span->messages)
        return false;
    if (writer->chunk.size + MCAP_PREFIX_BYTES + MCAP_MESSAGE_BYTES + size > limit)
        return true;
    int64_t start_ns = log_ns < span->start_ns ? log_ns : span->start_ns;
    int64_t end_ns = log_ns > span->end_ns ? log_ns : span->end_ns;
    return options->chunk_ns && (uint64_t)end_ns - (uint64_t)start_ns >= (uint64_t)options->chunk_ns;
}

void mcap_writer_message(struct mcap_writer *writer, uint16_t channel_id, uint32_t sequence, int64_t log_ns,
                         int64_t publish_ns, const void *data, size_t size)
{
    ASSERT(channel_id && channel_id <= writer->channel_count && size < MCAP_CHUNK_MAX / 2);
    struct channel *channel = writer->channels[channel_id - 1];
    if (chunk_full(writer, log_ns, size))
        chunk_close(writer);
    if (writer->failure.status) {
        writer->lost++;
        return;
    }
    if (!channel->defined)
        channel_define(writer, channel);
    if (writer->options.chunk_bytes && wants(writer, MCAP_MESSAGE_INDEX)) {
        const uint64_t entry[2] = {(uint64_t)log_ns, writer->chunk.size};
        bytes_put(&channel->index, entry, sizeof entry);
    }
    mcap_emit_message(&writer->chunk, channel_id, sequence, log_ns, publish_ns, data, size);
    channel->messages++;
    mcap_span_add(&writer->chunk_span, log_ns);
    mcap_span_add(&writer->span, log_ns);
}

void mcap_writer_define(struct mcap_writer *writer, uint16_t channel_id)
{
    ASSERT(channel_id && channel_id <= writer->channel_count);
    if (!writer->channels[channel_id - 1]->defined && !writer->failure.status)
        channel_define(writer, writer->channels[channel_id - 1]);
}

void mcap_writer_attachment_put(struct mcap_writer *writer, const struct mcap_attachment *attachment)
{
    chunk_close(writer);
    writer->scratch.size = 0;
    mcap_emit_attachment(&writer->scratch, attachment);
    finish(writer, &writer->scratch, 0);
    mcap_emit_attachment_index(&writer->attachment_indexes, attachment, writer->offset, writer->scratch.size);
    file_put(writer, &writer->scratch);
    writer->attachment_count++;
}

void mcap_writer_attachment(struct mcap_writer *writer, const char *name, const char *media_type, int64_t log_ns,
                            const void *data, size_t size)
{
    const struct mcap_attachment attachment = {name, media_type, log_ns, log_ns, data, size};
    mcap_writer_attachment_put(writer, &attachment);
}

void mcap_writer_metadata(struct mcap_writer *writer, const char *name, const struct mcap_pair *pairs, size_t count)
{
    const struct mcap_metadata metadata = {name, pairs, count};
    chunk_close(writer);
    writer->scratch.size = 0;
    mcap_emit_metadata(&writer->scratch, &metadata);
    finish(writer, &writer->scratch, 0);
    mcap_emit_metadata_index(&writer->metadata_indexes, name, writer->offset, writer->scratch.size);
    file_put(writer, &writer->scratch);
    writer->metadata_count++;
}

uint64_t mcap_writer_lost(const struct mcap_writer *writer) { return writer->lost; }

uint64_t mcap_writer_offset(const struct mcap_writer *writer) { return writer->offset; }

void mcap_writer_flush(struct mcap_writer *writer) { chunk_close(writer); }

void mcap_writer_sync(struct mcap_writer *writer)
{
    if (fdatasync(writer->fd) && errno == EIO && !writer->failure.status)
        file_failed(writer, errno);
}

/* What the summary repeats: the definitions that were used, and what the file holds. */
static void summary_definitions(struct mcap_writer *writer, struct bytes groups[MCAP_DATA_END])
{
    struct mcap_statistics statistics = {
        .messages = writer->span.messages,
        .attachments = writer->attachment_count,
        .metadata = writer->metadata_count,
        .chunks = writer->chunk_count,
        .start_ns = writer->span.start_ns,
        .end_ns = writer->span.end_ns,
        .channel_messages = writer->counts,
    };
    for (size_t i = 0; i < writer->schema_count; i++)
        if (writer->schemas[i]->defined) {
            mcap_emit_schema(&groups[MCAP_SCHEMA], &writer->schemas[i]->public);
            statistics.schemas++;
        }
    for (size_t i = 0; i < writer->channel_count; i++)
        if (writer->channels[i]->defined) {
            const struct channel *channel = writer->channels[i];
            mcap_emit_channel(&groups[MCAP_CHANNEL], &channel->public);
            writer->counts[statistics.channels++] = (struct mcap_count){channel->public.id, channel->messages};
        }
    statistics.channel_message_count = statistics.channels;
    mcap_emit_statistics(&groups[MCAP_STATISTICS], &statistics);
}

/* DataEnd, summary, summary offsets, footer, magic. */
static void summary_write(struct mcap_writer *writer)
{
    static const enum mcap_op order[] = {MCAP_SCHEMA,         MCAP_CHANNEL,          MCAP_STATISTICS,
                                         MCAP_METADATA_INDEX, MCAP_ATTACHMENT_INDEX, MCAP_CHUNK_INDEX};
    struct bytes groups[MCAP_DATA_END] = {[MCAP_METADATA_INDEX] = writer->metadata_indexes,
                                          [MCAP_ATTACHMENT_INDEX] = writer->attachment_indexes,
                                          [MCAP_CHUNK_INDEX] = writer->chunk_indexes};
    struct bytes *out = &writer->scratch, offsets = {0};
    writer->metadata_indexes = writer->attachment_indexes = writer->chunk_indexes = offsets; /* owned by `groups` now */
    out->size = 0;
    mcap_emit_data_end(out, writer->crc);
    file_put(writer, out);
    summary_definitions(writer, groups);
    out->size = 0;
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        struct bytes *group = &groups[order[i]];
        if (group->size && wants(writer, order[i])) {
            finish(writer, group, 0);
            mcap_emit_summary_offset(&offsets, order[i], writer->offset + out->size, group->size);
            bytes_put(out, group->data, group->size);
        }
        bytes_clear(group);
    }
    uint64_t summary_start = out->size ? writer->offset : 0, offset_start = 0;
    if (offsets.size && wants(writer, MCAP_SUMMARY_OFFSET)) {
        finish(writer, &offsets, 0);
        offset_start = writer->offset + out->size;
        bytes_put(out, offsets.data, offsets.size);
    }
    mcap_emit_footer(out, summary_start, offset_start);
    bytes_put(out, MCAP_MAGIC, MCAP_MAGIC_BYTES);
    file_put(writer, out);
    bytes_clear(&offsets);
}

static void writer_free(struct mcap_writer *writer)
{
    struct bytes *owned[] = {&writer->chunk,         &writer->packed,          &writer->scratch,
                             &writer->chunk_indexes, &writer->metadata_indexes, &writer->attachment_indexes};
    for (size_t i = 0; i < COUNT_OF(owned); i++)
        bytes_clear(owned[i]);
    for (size_t i = 0; i < writer->channel_count; i++)
        bytes_clear(&writer->channels[i]->index);
    free(writer->channels);
    free(writer->schemas);
    free(writer->counts);
    free(writer->path);
    arena_clear(&writer->strings);
    mcap_codec_clear(&writer->codec);
    free(writer);
}

enum status mcap_writer_close(struct mcap_writer **handle, struct error *err)
{
    struct mcap_writer *writer = *handle;
    *handle = NULL;
    if (!writer)
        return STATUS_OK;
    chunk_close(writer);
    if (!writer->failure.status)
        summary_write(writer);
    if (close(writer->fd) && !writer->failure.status)
        error_set(&writer->failure, STATUS_IO, "cannot finish %s: %s", writer->path, strerror(errno));
    enum status status = writer->failure.status;
    if (status)
        error_set(err, status, "%s; %llu messages after it are missing", writer->failure.text,
                  (unsigned long long)writer->lost);
    writer_free(writer);
    return status;
}
