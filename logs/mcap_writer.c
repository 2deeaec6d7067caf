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
    struct bytes chunk_indexes, attachment_indexes, metadata_indexes; /* records, kept for the summary */
    uint32_t chunk_count, attachment_count, metadata_count;
    uint64_t lost;
    struct error failure; /* the first; everything after it is refused */
};

struct mcap_options mcap_options_default(void)
{
    return (struct mcap_options){"ros2", "binnacle", MCAP_ZSTD, 1, 768 * 1024, 1000000000};
}

/* Remembers the failure and cuts the file back to its last whole record. */
static void file_failed(struct mcap_writer *writer, int reason)
{
    error_set(&writer->failure, STATUS_IO, "cannot write %s beyond byte %llu: %s; the file is whole up to there",
              writer->path, (unsigned long long)writer->offset, strerror(reason));
    if (ftruncate(writer->fd, (off_t)writer->offset)) { /* a device: there is nothing to cut */
    }
}

/* Writes all of both parts or nothing. */
static bool file_put(struct mcap_writer *writer, const struct bytes *head, const struct bytes *tail)
{
    const struct bytes nothing = {0}, *both[] = {head, tail ? tail : &nothing};
    struct iovec parts[] = {{both[0]->data, both[0]->size}, {both[1]->data, both[1]->size}};
    while (!writer->failure.status && parts[0].iov_len + parts[1].iov_len) {
        ssize_t put = writev(writer->fd, parts, COUNT_OF(parts));
        if (put <= 0 && !(put < 0 && errno == EINTR))
            file_failed(writer, put ? errno : ENOSPC);
        size_t took = put > 0 ? (size_t)put : 0;
        for (size_t i = 0; i < COUNT_OF(parts); i++) {
            size_t part = took < parts[i].iov_len ? took : parts[i].iov_len;
            parts[i].iov_base = (uint8_t *)parts[i].iov_base + part;
            parts[i].iov_len -= part;
            took -= part;
        }
    }
    for (size_t i = 0; i < COUNT_OF(both) && !writer->failure.status; i++) {
        if (both[i]->size) /* of NULL the checksum would start over */
            writer->crc = mcap_codec_crc_more(writer->crc, both[i]->data, both[i]->size);
        writer->offset += both[i]->size;
    }
    return !writer->failure.status;
}

static void span_add(struct mcap_span *span, int64_t log_ns)
{
    if (!span->messages++)
        span->start_ns = span->end_ns = log_ns;
    if (log_ns < span->start_ns)
        span->start_ns = log_ns;
    if (log_ns > span->end_ns)
        span->end_ns = log_ns;
}

/* The MessageIndex records go to `scratch`, and where they will stand into `index`. */
static void chunk_index_messages(struct mcap_writer *writer, struct mcap_chunk_index *index)
{
    writer->scratch.size = 0;
    for (size_t i = 0; i < writer->channel_count; i++) {
        struct channel *channel = writer->channels[i];
        if (!channel->index.size)
            continue;
        bytes_put_u16(&index->message_index_offsets, channel->public.id);
        bytes_put_u64(&index->message_index_offsets, writer->offset + writer->scratch.size);
        mcap_emit_message_index(&writer->scratch, channel->public.id, &channel->index);
        channel->index.size = 0;
    }
    index->message_index_length = writer->scratch.size;
}

/* The open chunk goes to the file whole, with its index, or is lost whole. */
static void chunk_close(struct mcap_writer *writer)
{
    struct bytes *records = &writer->chunk;
    if (!records->size || writer->failure.status)
        return;
    bool raw = !writer->options.chunk_bytes;
    bool packed = !raw && mcap_codec_pack(&writer->codec, writer->options.compression, writer->options.level,
                                          records->data, records->size, &writer->packed);
    const struct bytes *stored = packed ? &writer->packed : records;
    struct mcap_chunk_index index = {
        .span = writer->chunk_span,
        .offset = writer->offset,
        .compression = mcap_codec_name(packed ? writer->options.compression : MCAP_NONE),
        .stored = stored->size,
        .unpacked = records->size,
    };
    writer->scratch.size = 0;
    if (!raw)
        mcap_emit_chunk_head(&writer->scratch, &index.span, records, index.compression, stored->size);
    if (!file_put(writer, &writer->scratch, stored)) {
        writer->lost += writer->chunk_span.messages;
    } else if (!raw) {
        index.length = writer->offset - index.offset;
        chunk_index_messages(writer, &index);
        file_put(writer, &writer->scratch, NULL);
        mcap_emit_chunk_index(&writer->chunk_indexes, &index);
        writer->chunk_count++;
        bytes_clear(&index.message_index_offsets);
    }
    records->size = 0;
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
    file_put(writer, &writer->scratch, NULL);
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
    writer->channels[writer->channel_count++] = channel;
    return id;
}

static void channel_define(struct mcap_writer *writer, struct channel *channel)
{
    struct schema *schema = channel->public.schema_id ? writer->schemas[channel->public.schema_id - 1] : NULL;
    if (schema && !schema->defined)
        mcap_emit_schema(&writer->chunk, &schema->public);
    if (schema)
        schema->defined = true;
    mcap_emit_channel(&writer->chunk, &channel->public);
    channel->defined = true;
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
    if (writer->options.chunk_bytes) {
        const uint64_t entry[2] = {(uint64_t)log_ns, writer->chunk.size};
        bytes_put(&channel->index, entry, sizeof entry);
    }
    mcap_emit_message(&writer->chunk, channel_id, sequence, log_ns, publish_ns, data, size);
    channel->messages++;
    span_add(&writer->chunk_span, log_ns);
    span_add(&writer->span, log_ns);
}

void mcap_writer_attachment(struct mcap_writer *writer, const char *name, const char *media_type, int64_t log_ns,
                            const void *data, size_t size)
{
    const struct mcap_attachment attachment = {name, media_type, log_ns, log_ns, data, size};
    chunk_close(writer);
    writer->scratch.size = 0;
    mcap_emit_attachment(&writer->scratch, &attachment);
    mcap_emit_attachment_index(&writer->attachment_indexes, &attachment, writer->offset, writer->scratch.size);
    file_put(writer, &writer->scratch, NULL);
    writer->attachment_count++;
}

void mcap_writer_metadata(struct mcap_writer *writer, const char *name, const struct mcap_pair *pairs, size_t count)
{
    const struct mcap_metadata metadata = {name, pairs, count};
    chunk_close(writer);
    writer->scratch.size = 0;
    mcap_emit_metadata(&writer->scratch, &metadata);
    mcap_emit_metadata_index(&writer->metadata_indexes, name, writer->offset, writer->scratch.size);
    file_put(writer, &writer->scratch, NULL);
    writer->metadata_count++;
}

uint64_t mcap_writer_lost(const struct mcap_writer *writer) { return writer->lost; }

/* What the summary repeats: the definitions that were used, and what the file holds. */
static void summary_definitions(struct mcap_writer *writer, struct bytes groups[MCAP_DATA_END])
{
    struct mcap_statistics statistics = {
        .span = writer->span,
        .attachments = writer->attachment_count,
        .metadata = writer->metadata_count,
        .chunks = writer->chunk_count,
    };
    for (size_t i = 0; i < writer->schema_count; i++)
        if (writer->schemas[i]->defined) {
            mcap_emit_schema(&groups[MCAP_SCHEMA], &writer->schemas[i]->public);
            statistics.schemas++;
        }
    for (size_t i = 0; i < writer->channel_count; i++)
        if (writer->channels[i]->defined) {
            mcap_emit_channel(&groups[MCAP_CHANNEL], &writer->channels[i]->public);
            bytes_put_u16(&statistics.channel_counts, writer->channels[i]->public.id);
            bytes_put_u64(&statistics.channel_counts, writer->channels[i]->messages);
            statistics.channels++;
        }
    mcap_emit_statistics(&groups[MCAP_STATISTICS], &statistics);
    bytes_clear(&statistics.channel_counts);
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
    out->size = 0;
    mcap_emit_data_end(out, writer->crc);
    file_put(writer, out, NULL);
    summary_definitions(writer, groups);
    out->size = 0;
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        const struct bytes *group = &groups[order[i]];
        if (group->size)
            mcap_emit_summary_offset(&offsets, order[i], writer->offset + out->size, group->size);
        bytes_put(out, group->data, group->size);
    }
    uint64_t offset_start = writer->offset + out->size;
    bytes_put(out, offsets.data, offsets.size);
    mcap_emit_footer(out, writer->offset, offset_start);
    bytes_put(out, MCAP_MAGIC, MCAP_MAGIC_BYTES);
    file_put(writer, out, NULL);
    bytes_clear(&offsets);
    bytes_clear(&groups[MCAP_SCHEMA]);
    bytes_clear(&groups[MCAP_CHANNEL]);
    bytes_clear(&groups[MCAP_STATISTICS]);
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
