/* Any bytes as an MCAP file: opened, listed, and walked in every order; and as a stream of records. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "logs/recorder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 20000 }; /* a small chunk may unpack to millions of messages; reading a part of them will do */

static char path[] = "/tmp/binnacle-fuzz-mcap-XXXXXX";

static void path_remove(void) { unlink(path); }

static int file_new(void)
{
    int fd = mkstemp(path);
    ASSERT(fd >= 0);
    atexit(path_remove);
    return fd;
}

static void walk(struct mcap_reader *reader, enum mcap_order order, const char *const *topics, size_t topic_count)
{
    const struct mcap_query query = {order, INT64_MIN, INT64_MAX, topics, topic_count};
    struct mcap_message message;
    struct error err = {0};
    uint64_t sum = 0;
    enum status status = mcap_reader_query(reader, &query, &err);
    ASSERT(!status);
    for (int steps = 0; steps < STEPS_MAX && status != STATUS_END; steps++) {
        status = mcap_reader_next(reader, &message, &err);
        ASSERT(status == STATUS_OK || status == STATUS_END || status == STATUS_CORRUPT);
        for (size_t i = 0; !status && i < message.size; i += 512)
            sum += message.data[i] + (uint64_t)message.channel->topic[0];
    }
    ASSERT(sum < UINT64_MAX); /* keeps the reads */
}

static uint64_t pairs_sum(const struct mcap_pair *pairs, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += strlen(pairs[i].key) + strlen(pairs[i].value);
    return sum;
}

/* Looks at everything the record points at. */
static uint64_t record_sum(const struct mcap_record *record)
{
    uint64_t sum = record->offset + record->length;
    if (record->op == MCAP_CHANNEL)
        sum += strlen(record->channel.topic) + strlen(record->channel.encoding) +
               pairs_sum(record->channel.metadata, record->channel.metadata_count);
    else if (record->op == MCAP_METADATA)
        sum += strlen(record->metadata.name) + pairs_sum(record->metadata.pairs, record->metadata.count);
    else if (record->op == MCAP_SCHEMA && record->schema.size)
        sum += record->schema.data[record->schema.size - 1] + strlen(record->schema.name);
    else if (record->op == MCAP_MESSAGE && record->message.size)
        sum += record->message.data[record->message.size - 1] + strlen(record->message.channel->topic);
    else if (record->op == MCAP_ATTACHMENT && record->attachment.size)
        sum += record->attachment.data[record->attachment.size - 1] + strlen(record->attachment.name);
    else if (record->op == MCAP_MESSAGE_INDEX && record->message_index.count)
        sum += record->message_index.entries[record->message_index.count - 1].offset;
    else if (record->op == MCAP_STATISTICS && record->statistics.channel_message_count)
        sum += record->statistics.channel_messages[record->statistics.channel_message_count - 1].value;
    else if (record->op == MCAP_CHUNK_INDEX && record->chunk_index.message_index_count)
        sum += record->chunk_index.message_indexes[record->chunk_index.message_index_count - 1].value;
    return sum;
}

/* Records come in order, whole, and end; at the same place when asked again. */
static void stream_walk(const uint8_t *data, size_t size)
{
    struct mcap_stream *stream = mcap_stream_bytes(data, size);
    struct mcap_record record;
    struct error err = {0};
    enum status status = STATUS_OK;
    uint64_t end = 0, sum = 0;
    int steps = 0;
    while (status != STATUS_END && status != STATUS_AGAIN && steps++ < STEPS_MAX) {
        status = mcap_stream_next(stream, &record, &err);
        ASSERT(status == STATUS_OK || status == STATUS_END || status == STATUS_AGAIN || status == STATUS_CORRUPT);
        if (status)
            continue;
        sum += record_sum(&record);
        ASSERT(record.in_chunk || (record.offset >= end && record.offset + record.length <= size));
        end = record.in_chunk ? end : record.offset + record.length;
    }
    ASSERT(steps > STEPS_MAX || mcap_stream_next(stream, &record, &err) == status);
    ASSERT(sum != 1); /* keeps the reads */
    mcap_stream_destroy(&stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    if (fd < 0)
        fd = file_new();
    stream_walk(data, size);
    ASSERT(!ftruncate(fd, 0) && pwrite(fd, data, size, 0) == (ssize_t)size);
    struct error err = {0};
    struct mcap_reader *reader = mcap_reader_open(path, &err);
    struct playback *playback = playback_open(path, &err);
    playback_destroy(&playback);
    if (!reader) {
        ASSERT(err.status == STATUS_CORRUPT && *err.text);
        return 0;
    }
    const struct mcap_channel *const *channels;
    const struct mcap_attachment *attachments;
    size_t count = mcap_reader_channels(reader, &channels);
    for (enum mcap_order order = MCAP_FILE_ORDER; order <= MCAP_REVERSE_ORDER; order++) {
        walk(reader, order, NULL, 0);
        if (count)
            walk(reader, order, &channels[0]->topic, 1);
    }
    mcap_reader_attachments(reader, &attachments);
    mcap_reader_metadata(reader, "run");
    mcap_reader_destroy(&reader);
    return 0;
}
