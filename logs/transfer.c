#include "logs/transfer.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "logs/file.h"
#include "logs/hash.h"
#include "logs/memory.h"

struct source {
    uint16_t schemas[UINT16_MAX + 1], channels[UINT16_MAX + 1]; /* the input's id -> ours; 0: none yet */
};

struct transfer {
    struct mcap_writer *writer;
    char *path, *temporary; /* NULL: a device, written to directly */
    struct source **sources;
    size_t source_count;
    uint64_t *schema_hashes, *channel_hashes; /* by our id - 1 */
    size_t schema_count, channel_count;
    struct error failure;
};

static char *text_join(const char *a, const char *b)
{
    struct bytes text = {0};
    bytes_format(&text, "%s%s", a, b);
    bytes_put_u8(&text, 0);
    return (char *)text.data;
}

struct transfer *transfer_create(const char *path, const struct mcap_options *options, struct error *err)
{
    struct stat about;
    bool direct = !stat(path, &about) && !S_ISREG(about.st_mode);
    char *temporary = direct ? NULL : text_join(path, ".tmp");
    struct mcap_writer *writer = mcap_writer_create(direct ? path : temporary, options, err);
    if (!writer) {
        free(temporary);
        return NULL;
    }
    struct transfer *transfer = NEW(struct transfer);
    transfer->writer = writer;
    transfer->path = memory_string(path);
    transfer->temporary = temporary;
    return transfer;
}

static void failed(struct transfer *transfer, const char *what)
{
    if (!transfer->failure.status)
        error_set(&transfer->failure, STATUS_BAD_INPUT, "%s cannot be written: %s", transfer->path, what);
}

/* The place of the hash among the first `count`, or `count`, having added it. 64 bits of hash stand for
 * equality: nobody gains by a collision in his own logs. */
static size_t hash_place(uint64_t **hashes, size_t count, uint64_t hash)
{
    size_t place = 0;
    while (place < count && (*hashes)[place] != hash)
        place++;
    if (place == count) {
        if (!(count & (count + 1)))
            *hashes = memory_resize(*hashes, 2 * count + 1, sizeof **hashes);
        (*hashes)[count] = hash;
    }
    return place;
}

/* Texts are hashed with their NUL, so that the border between two counts. */
static uint64_t hash_more(uint64_t hash, const char *text) { return hash_bytes(hash, text, strlen(text) + 1); }

static uint16_t schema_map(struct transfer *transfer, struct source *source, const struct mcap_schema *schema)
{
    uint16_t *id = &source->schemas[schema->id];
    if (*id || !schema->id)
        return *id;
    uint64_t hash = hash_more(hash_more(HASH_START, schema->name), schema->encoding);
    size_t place = hash_place(&transfer->schema_hashes, transfer->schema_count,
                              hash_bytes(hash, schema->data, schema->size));
    if (place == transfer->schema_count) {
        if (place == UINT16_MAX - 1) {
            failed(transfer, "the inputs have more than 65534 schemas together");
            return 0;
        }
        transfer->schema_count++;
        mcap_writer_schema(transfer->writer, schema->name, schema->encoding, schema->data, schema->size);
    }
    return *id = (uint16_t)(place + 1);
}

static uint16_t channel_map(struct transfer *transfer, struct source *source, const struct mcap_channel *channel)
{
    uint16_t *id = &source->channels[channel->id], schema = source->schemas[channel->schema_id];
    if (*id)
        return *id;
    uint64_t hash = hash_more(hash_more(hash_bytes(HASH_START, &schema, sizeof schema), channel->topic),
                              channel->encoding);
    for (size_t i = 0; i < channel->metadata_count; i++)
        hash = hash_more(hash_more(hash, channel->metadata[i].key), channel->metadata[i].value);
    size_t place = hash_place(&transfer->channel_hashes, transfer->channel_count, hash);
    if (place == transfer->channel_count) {
        if (place == UINT16_MAX - 1) {
            failed(transfer, "the inputs have more than 65534 channels together");
            return 0;
        }
        transfer->channel_count++;
        mcap_writer_channel(transfer->writer, schema, channel->topic, channel->encoding, channel->metadata,
                            channel->metadata_count);
    }
    return *id = (uint16_t)(place + 1);
}

static bool topic_named(const char *topic, const char *const *topics, size_t count)
{
    for (size_t i = 0; topics && i < count; i++)
        if (!strcmp(topics[i], topic))
            return true;
    return !topics;
}

size_t transfer_source(struct transfer *transfer, const struct mcap_reader *reader, const char *const *topics,
                       size_t topic_count)
{
    struct source *source = NEW(struct source);
    const struct mcap_schema *schemas;
    const struct mcap_channel *const *channels;
    size_t schema_count = mcap_reader_schemas(reader, &schemas), count = mcap_reader_channels(reader, &channels);
    transfer->sources = memory_resize(transfer->sources, transfer->source_count + 1, sizeof source);
    transfer->sources[transfer->source_count] = source;
    for (size_t i = 0; i < schema_count; i++)
        schema_map(transfer, source, &schemas[i]);
    for (size_t i = 0; i < count; i++) {
        uint16_t id = topic_named(channels[i]->topic, topics, topic_count)
                          ? channel_map(transfer, source, channels[i]) : 0;
        if (id)
            mcap_writer_define(transfer->writer, id);
    }
    return transfer->source_count++;
}

size_t transfer_extras(struct transfer *transfer, struct mcap_reader *reader)
{
    const struct mcap_attachment *attachments;
    const struct mcap_metadata *metadata;
    size_t damaged = 0, metadata_count = mcap_reader_metadatas(reader, &metadata);
    for (size_t i = 0; i < metadata_count; i++) {
        if (metadata[i].pairs)
            mcap_writer_metadata(transfer->writer, metadata[i].name, metadata[i].pairs, metadata[i].count);
        damaged += !metadata[i].pairs;
    }
    size_t attachment_count = mcap_reader_attachments(reader, &attachments);
    for (size_t i = 0; i < attachment_count; i++) {
        if (attachments[i].data)
            mcap_writer_attachment_put(transfer->writer, &attachments[i]);
        damaged += !attachments[i].data;
    }
    return damaged;
}

void transfer_message(struct transfer *transfer, size_t source, const struct mcap_message *message)
{
    uint16_t channel = channel_map(transfer, transfer->sources[source], message->channel);
    if (message->size >= MCAP_CHUNK_MAX / 2)
        failed(transfer, "a message is larger than half the largest chunk (128 MiB)");
    if (!transfer->failure.status)
        mcap_writer_message(transfer->writer, channel, message->sequence, message->log_ns, message->publish_ns,
                            message->data, message->size);
}

bool transfer_failed(const struct transfer *transfer)
{
    return transfer->failure.status || mcap_writer_lost(transfer->writer);
}

static void transfer_free(struct transfer **handle)
{
    struct transfer *transfer = *handle;
    for (size_t i = 0; i < transfer->source_count; i++)
        free(transfer->sources[i]);
    free(transfer->sources);
    free(transfer->schema_hashes);
    free(transfer->channel_hashes);
    free(transfer->path);
    free(transfer->temporary);
    free(transfer);
    *handle = NULL;
}

enum status transfer_close(struct transfer **handle, struct error *err)
{
    struct transfer *transfer = *handle;
    enum status status = mcap_writer_close(&transfer->writer, err);
    if (transfer->failure.status)
        status = error_set(err, transfer->failure.status, "%s", transfer->failure.text);
    if (status && transfer->temporary)
        unlink(transfer->temporary);
    else if (transfer->temporary)
        status = file_replace(transfer->temporary, transfer->path, err);
    transfer_free(handle);
    return status;
}

void transfer_abandon(struct transfer **transfer)
{
    if (!*transfer)
        return;
    if (mcap_writer_close(&(*transfer)->writer, NULL)) { /* whatever it says: the file goes */
    }
    if ((*transfer)->temporary)
        unlink((*transfer)->temporary);
    transfer_free(transfer);
}
