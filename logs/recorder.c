#include "logs/recorder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct recorder {
    struct mcap_writer *writer;
    uint16_t channels[TOPIC_COUNT]; /* 0: not recorded */
};

/* How rosbag2 is to offer a topic again. The numbers are those of rmw's enums; it insists on all nine keys. */
#define QOS_FOREVER "\n    sec: 9223372036\n    nsec: 854775807\n"
#define QOS_PROFILE(depth, durability)                                                                                 \
    "- history: 1\n  depth: " depth "\n  reliability: 1\n  durability: " durability "\n  deadline:" QOS_FOREVER       \
    "  lifespan:" QOS_FOREVER "  liveliness: 1\n  liveliness_lease_duration:" QOS_FOREVER                              \
    "  avoid_ros_namespace_conventions: false\n"
static const char qos_latched[] = QOS_PROFILE("1", "1"); /* keep the last one, reliable, transient local */
static const char qos_stream[] = QOS_PROFILE("10", "2"); /* keep the last ten, reliable, volatile */

static uint16_t schema_add(struct mcap_writer *writer, const struct message_type *type)
{
    char name[128];
    struct bytes text = {0};
    message_full_name(type, name, sizeof name);
    message_schema(type, &text);
    uint16_t id = mcap_writer_schema(writer, name, "ros2msg", text.data, text.size);
    bytes_clear(&text);
    return id;
}

static void channels_add(struct recorder *recorder)
{
    uint16_t schemas[TOPIC_COUNT] = {0};
    for (size_t i = 0; i < TOPIC_COUNT; i++) {
        const struct topic_info *topic = &topic_table[i];
        if (topic->flags & TOPIC_BUS_ONLY)
            continue;
        for (size_t same = 0; same < i && !schemas[i]; same++)
            schemas[i] = topic_table[same].type == topic->type ? schemas[same] : 0;
        if (!schemas[i])
            schemas[i] = schema_add(recorder->writer, topic->type);
        char fingerprint[17];
        snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, message_fingerprint(topic->type));
        const struct mcap_pair metadata[] = {
            {"offered_qos_profiles", topic->flags & TOPIC_LATCHED ? qos_latched : qos_stream},
            {"binnacle_fingerprint", fingerprint},
        };
        recorder->channels[i] =
            mcap_writer_channel(recorder->writer, schemas[i], topic->name, "cdr", metadata, COUNT_OF(metadata));
    }
}

struct recorder *recorder_create(const char *path, const struct mcap_options *options, struct error *err)
{
    const struct mcap_options defaults = mcap_options_default();
    struct mcap_writer *writer = mcap_writer_create(path, options ? options : &defaults, err);
    if (!writer)
        return NULL;
    struct recorder *recorder = NEW(struct recorder);
    recorder->writer = writer;
    channels_add(recorder);
    return recorder;
}

static void recorder_put(void *self, const struct frame *frame)
{
    struct recorder *recorder = self;
    uint16_t channel = recorder->channels[frame->topic];
    if (channel)
        mcap_writer_message(recorder->writer, channel, frame->sequence, frame->stamp_ns, frame->stamp_ns,
                            frame->payload, frame->size);
}

struct sink recorder_sink(struct recorder *recorder) { return (struct sink){recorder_put, recorder}; }

void recorder_attach(struct recorder *recorder, const char *name, const char *media_type, const void *data,
                     size_t size)
{
    mcap_writer_attachment(recorder->writer, name, media_type, 0, data, size);
}

void recorder_metadata(struct recorder *recorder, const char *name, const struct mcap_pair *pairs, size_t count)
{
    mcap_writer_metadata(recorder->writer, name, pairs, count);
}

bool recorder_failed(const struct recorder *recorder) { return mcap_writer_lost(recorder->writer) != 0; }

enum status recorder_close(struct recorder **recorder, struct error *err)
{
    if (!*recorder)
        return STATUS_OK;
    enum status status = mcap_writer_close(&(*recorder)->writer, err);
    free(*recorder);
    *recorder = NULL;
    return status;
}
