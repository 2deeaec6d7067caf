#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "logs/recorder.h"
#include "logs/recover.h"

struct playback {
    struct mcap_reader *reader;
    uint8_t topics[UINT16_MAX + 1]; /* by channel id; TOPIC_COUNT: not one of ours */
};

/* By the fingerprint the recorder left, or, in a file another tool rewrote, by the schema's text. */
static bool same_schema(const struct mcap_reader *reader, const struct mcap_channel *channel,
                        const struct message_type *type)
{
    char fingerprint[17];
    snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, message_fingerprint(type));
    for (size_t i = 0; i < channel->metadata_count; i++)
        if (!strcmp(channel->metadata[i].key, "binnacle_fingerprint"))
            return !strcmp(channel->metadata[i].value, fingerprint);
    const struct mcap_schema *schema = mcap_reader_schema(reader, channel->schema_id);
    struct bytes text = {0};
    message_schema(type, &text);
    bool same = schema && schema->size == text.size && !memcmp(schema->data, text.data, text.size);
    bytes_clear(&text);
    return same && !strcmp(channel->encoding, "cdr");
}

static enum status channels_map(struct playback *playback, const char *path, struct error *err)
{
    const struct mcap_channel *const *channels;
    size_t count = mcap_reader_channels(playback->reader, &channels), ours = 0;
    memset(playback->topics, TOPIC_COUNT, sizeof playback->topics);
    for (size_t i = 0; i < count; i++) {
        enum topic topic = topic_find(channels[i]->topic);
        if (topic == TOPIC_COUNT)
            continue;
        if (!same_schema(playback->reader, channels[i], topic_table[topic].type))
            return error_set(err, STATUS_VERSION,
                             "%s: topic %s has another message layout than here; read the log with the version that "
                             "wrote it", path, topic_table[topic].name);
        playback->topics[channels[i]->id] = (uint8_t)topic;
        ours++;
    }
    const struct mcap_info *info = mcap_reader_info(playback->reader);
    if (ours)
        return STATUS_OK;
    if (!count)
        return error_set(err, STATUS_CORRUPT, "%s is an MCAP file without any message%s%s; record it again", path,
                         *info->damage ? ": " : "", info->damage);
    return error_set(err, STATUS_CORRUPT, "%s is an MCAP file but not a Binnacle log: none of its %zu topics is ours",
                     path, count);
}

struct playback *playback_open(const char *path, struct error *err)
{
    recover_beside(path);
    struct mcap_reader *reader = mcap_reader_open(path, err);
    if (!reader)
        return NULL;
    struct playback *playback = NEW(struct playback);
    playback->reader = reader;
    if (channels_map(playback, path, err))
        playback_destroy(&playback);
    return playback;
}

void playback_destroy(struct playback **playback)
{
    if (!*playback)
        return;
    mcap_reader_destroy(&(*playback)->reader);
    free(*playback);
    *playback = NULL;
}

struct mcap_reader *playback_reader(struct playback *playback) { return playback->reader; }

enum status playback_query(struct playback *playback, enum mcap_order order, int64_t from_ns, int64_t to_ns,
                           const enum topic *topics, size_t topic_count, struct error *err)
{
    const char *names[TOPIC_COUNT];
    ASSERT(topic_count <= TOPIC_COUNT);
    size_t count = topic_count ? topic_count : TOPIC_COUNT;
    for (size_t i = 0; i < count; i++)
        names[i] = topic_table[topic_count ? topics[i] : i].name;
    const struct mcap_query query = {order, from_ns, to_ns, names, count};
    return mcap_reader_query(playback->reader, &query, err);
}

enum status playback_next(struct playback *playback, struct frame *frame, struct error *err)
{
    struct mcap_message message;
    enum status status = mcap_reader_next(playback->reader, &message, err);
    if (status)
        return status;
    *frame = (struct frame){(enum topic)playback->topics[message.channel->id], message.sequence, message.log_ns,
                            message.data, message.size};
    return STATUS_OK;
}
