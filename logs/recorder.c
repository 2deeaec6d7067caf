#include "logs/recorder.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "logs/clock.h"
#include "logs/mcap_emit.h"
#include "logs/sidecar.h"

enum { RING_PER_CHUNK = 4, RING_CHUNK_MIN = 1 << 20, NS_PER_S = 1000000000 };
static const int64_t WAKE_EVERY_NS = NS_PER_S / 2; /* of log time: a slow recording still reaches the file */

struct recorder {
    struct mcap_writer *writer; /* of whoever holds `writing` */
    uint16_t channels[TOPIC_COUNT]; /* 0: not recorded */
    struct sidecar *sidecar;        /* NULL: the ring is in our own memory */
    struct ring_control control;
    uint8_t *memory;
    struct ring *ring;
    pthread_t thread;
    pthread_mutex_t writing;
    int64_t woken_ns; /* log time when the writer was last told to look */
    _Atomic int64_t sync_every_ns;
    _Atomic bool failed;
    char note[256];
    /* the writer thread's */
    uint64_t released;
    uint64_t taken;            /* records */
    uint64_t tail, file_bytes, records; /* the log's first file_bytes hold `records`, those below position tail */
    int64_t sync_due_ns;       /* wall */
};

/* How rosbag2 is to offer a topic again. The numbers are those of rmw's enums; it insists on all nine keys. */
#define QOS_FOREVER "\n    sec: 9223372036\n    nsec: 854775807\n"
#define QOS_PROFILE(depth, durability)                                                                                 \
    "- history: 1\n  depth: " depth "\n  reliability: 1\n  durability: " durability "\n  deadline:" QOS_FOREVER       \
    "  lifespan:" QOS_FOREVER "  liveliness: 1\n  liveliness_lease_duration:" QOS_FOREVER                              \
    "  avoid_ros_namespace_conventions: false\n"
static const char qos_latched[] = QOS_PROFILE("1", "1"); /* keep the last one, reliable, transient local */
static const char qos_stream[] = QOS_PROFILE("10", "2"); /* keep the last ten, reliable, volatile */

/* Definitions go to the writer, which puts them into the file when a message needs them, and to the sidecar. */
static uint16_t schema_add(struct mcap_writer *writer, const struct message_type *type, struct bytes *definitions)
{
    char name[128];
    struct bytes text = {0};
    message_full_name(type, name, sizeof name);
    message_schema(type, &text);
    struct mcap_schema schema = {0, name, "ros2msg", text.data, (uint32_t)text.size};
    schema.id = mcap_writer_schema(writer, schema.name, schema.encoding, schema.data, schema.size);
    mcap_emit_schema(definitions, &schema);
    bytes_clear(&text);
    return schema.id;
}

static void channels_add(struct recorder *recorder, struct bytes *definitions)
{
    uint16_t schemas[TOPIC_COUNT] = {0};
    for (size_t i = 0; i < TOPIC_COUNT; i++) {
        const struct topic_info *topic = &topic_table[i];
        if (topic->flags & TOPIC_BUS_ONLY)
            continue;
        for (size_t same = 0; same < i && !schemas[i]; same++)
            schemas[i] = topic_table[same].type == topic->type ? schemas[same] : 0;
        if (!schemas[i])
            schemas[i] = schema_add(recorder->writer, topic->type, definitions);
        char fingerprint[17];
        snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, message_fingerprint(topic->type));
        struct mcap_pair metadata[] = {
            {"offered_qos_profiles", topic->flags & TOPIC_LATCHED ? qos_latched : qos_stream},
            {"binnacle_fingerprint", fingerprint},
        };
        struct mcap_channel channel = {0, schemas[i], topic->name, "cdr", metadata, COUNT_OF(metadata)};
        channel.id = recorder->channels[i] = mcap_writer_channel(recorder->writer, channel.schema_id, channel.topic,
                                                                 channel.encoding, metadata, COUNT_OF(metadata));
        mcap_emit_channel(definitions, &channel);
    }
}

/* --- the writer thread ------------------------------------------------------------------------------------------ */

/* What the log has now need not be kept beside it any longer; against power failure, only once the disk has it. */
static void progress(struct recorder *recorder, bool sync)
{
    if (sync) {
        mcap_writer_sync(recorder->writer);
        recorder->sync_due_ns = clock_wall_ns() + recorder->sync_every_ns;
    }
    if (sync || !recorder->sync_every_ns) {
        if (recorder->sidecar)
            sidecar_commit(recorder->sidecar, recorder->tail, recorder->file_bytes, recorder->records);
        ring_release(recorder->ring, recorder->tail);
        recorder->released = recorder->tail;
    }
    if (sync && recorder->sidecar)
        sidecar_sync(recorder->sidecar);
}

/* Messages below `tail` are in the file, or refused for good. */
static void advance(struct recorder *recorder, uint64_t tail, uint64_t records)
{
    recorder->tail = tail;
    recorder->records = records;
    recorder->file_bytes = mcap_writer_offset(recorder->writer);
    bool crowded = ring_taken(recorder->ring) - recorder->released > 2 * (uint64_t)ring_record_max(recorder->ring);
    progress(recorder, recorder->sync_every_ns && crowded); /* room cannot wait for the next sync */
}

static void message_write(struct recorder *recorder, const struct ring_record *record)
{
    struct cursor cursor = {record->data, record->size, MCAP_PREFIX_BYTES, false};
    uint16_t channel = cursor_u16(&cursor);
    uint32_t sequence = cursor_u32(&cursor);
    int64_t log_ns = (int64_t)cursor_u64(&cursor), publish_ns = (int64_t)cursor_u64(&cursor);
    mcap_writer_message(recorder->writer, channel, sequence, log_ns, publish_ns, record->data + cursor.offset,
                        cursor_left(&cursor));
    if (mcap_writer_lost(recorder->writer)) {
        recorder->failed = true;
        advance(recorder, record->end, recorder->taken + 1);
    } else if (mcap_writer_offset(recorder->writer) != recorder->file_bytes) {
        advance(recorder, record->start, recorder->taken); /* the chunk before this message was closed */
    }
    recorder->taken++;
}

static void *writer_main(void *self)
{
    struct recorder *recorder = self;
    struct ring_record record;
    while (ring_wait(recorder->ring, recorder->sync_every_ns ? recorder->sync_due_ns : INT64_MAX)) {
        pthread_mutex_lock(&recorder->writing);
        while (ring_next(recorder->ring, &record))
            message_write(recorder, &record);
        if (recorder->sync_every_ns && clock_wall_ns() >= recorder->sync_due_ns)
            progress(recorder, true);
        pthread_mutex_unlock(&recorder->writing);
    }
    return NULL;
}

/* The writer is ours alone until writer_leave: the thread is done with everything put so far. */
static void writer_enter(struct recorder *recorder)
{
    ring_drain(recorder->ring);
    pthread_mutex_lock(&recorder->writing);
}

/* Everything given to the writer is in the file. */
static void writer_leave(struct recorder *recorder)
{
    mcap_writer_flush(recorder->writer);
    recorder->failed = mcap_writer_lost(recorder->writer) != 0;
    advance(recorder, ring_taken(recorder->ring), recorder->taken);
    pthread_mutex_unlock(&recorder->writing);
}

/* --- both sides ------------------------------------------------------------------------------------------------- */

/* The sidecar's ring, or one in our own memory and a note that says why. */
static void ring_place(struct recorder *recorder, const struct bytes *definitions, size_t ring_bytes, struct error *why)
{
    if (recorder->sidecar && sidecar_map(recorder->sidecar, definitions, ring_bytes, why))
        sidecar_remove(&recorder->sidecar);
    if (recorder->sidecar) {
        recorder->ring =
            ring_create(sidecar_control(recorder->sidecar), sidecar_memory(recorder->sidecar), ring_bytes);
        return;
    }
    snprintf(recorder->note, sizeof recorder->note, "%.180s; if this process is killed, up to 1 s of log is lost",
             why->text);
    recorder->memory = NEW_ARRAY(ring_bytes, uint8_t);
    recorder->ring = ring_create(&recorder->control, recorder->memory, ring_bytes);
}

/* The thread takes no signals: their handlers are the program's, and a program's loop waits to be interrupted by
 * them. */
static enum status thread_start(struct recorder *recorder, struct error *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&recorder->thread, NULL, writer_main, recorder);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure ? error_set(err, STATUS_IO, "cannot start the thread that writes the log: %s", strerror(failure))
                   : STATUS_OK;
}

static void recorder_free(struct recorder **recorder)
{
    ring_destroy(&(*recorder)->ring);
    sidecar_remove(&(*recorder)->sidecar);
    pthread_mutex_destroy(&(*recorder)->writing);
    free((*recorder)->memory);
    free(*recorder);
    *recorder = NULL;
}

struct recorder *recorder_create(const char *path, const struct mcap_options *options, struct error *err)
{
    const struct mcap_options defaults = mcap_options_default();
    struct recorder *recorder = NEW(struct recorder);
    struct bytes definitions = {0};
    struct error why = {0};
    options = options ? options : &defaults;
    pthread_mutex_init(&recorder->writing, NULL);
    enum status status = sidecar_lock(path, &recorder->sidecar, &why);
    if (status == STATUS_AGAIN)
        status = error_set(err, STATUS_IO, "%s", why.text);
    else if ((recorder->writer = mcap_writer_create(path, options, err))) {
        size_t chunk = options->chunk_bytes > RING_CHUNK_MIN ? options->chunk_bytes : RING_CHUNK_MIN;
        channels_add(recorder, &definitions);
        ring_place(recorder, &definitions, RING_PER_CHUNK * ((chunk + RING_ALIGN - 1) / RING_ALIGN * RING_ALIGN), &why);
        recorder->file_bytes = mcap_writer_offset(recorder->writer);
        progress(recorder, false);
        status = thread_start(recorder, err);
    } else {
        status = err->status;
    }
    bytes_clear(&definitions);
    if (!status)
        return recorder;
    (void)!mcap_writer_close(&recorder->writer, NULL);
    recorder_free(&recorder);
    return NULL;
}

const char *recorder_note(const struct recorder *recorder) { return recorder->note; }

void recorder_sync_every(struct recorder *recorder, double seconds)
{
    recorder->sync_every_ns = (int64_t)(seconds * NS_PER_S);
    ring_wake(recorder->ring);
}

static void recorder_put(void *self, const struct frame *frame)
{
    struct recorder *recorder = self;
    uint16_t channel = recorder->channels[frame->topic];
    uint8_t head[MCAP_PREFIX_BYTES + MCAP_MESSAGE_BYTES];
    if (!channel)
        return;
    if (sizeof head + frame->size > ring_record_max(recorder->ring)) { /* larger than a chunk: it sits alone */
        writer_enter(recorder);
        mcap_writer_message(recorder->writer, channel, frame->sequence, frame->stamp_ns, frame->stamp_ns,
                            frame->payload, frame->size);
        writer_leave(recorder);
        return;
    }
    mcap_emit_message_head(head, channel, frame->sequence, frame->stamp_ns, frame->stamp_ns, frame->size);
    ring_put(recorder->ring, head, sizeof head, frame->payload, frame->size);
    if (frame->stamp_ns - recorder->woken_ns >= WAKE_EVERY_NS) {
        recorder->woken_ns = frame->stamp_ns;
        ring_wake(recorder->ring);
    }
}

struct sink recorder_sink(struct recorder *recorder) { return (struct sink){recorder_put, recorder}; }

void recorder_attach(struct recorder *recorder, const char *name, const char *media_type, const void *data,
                     size_t size)
{
    writer_enter(recorder);
    mcap_writer_attachment(recorder->writer, name, media_type, 0, data, size);
    writer_leave(recorder);
}

void recorder_metadata(struct recorder *recorder, const char *name, const struct mcap_pair *pairs, size_t count)
{
    writer_enter(recorder);
    mcap_writer_metadata(recorder->writer, name, pairs, count);
    writer_leave(recorder);
}

bool recorder_failed(const struct recorder *recorder) { return recorder->failed; }

uint64_t recorder_waits(const struct recorder *recorder) { return ring_waits(recorder->ring); }

enum status recorder_close(struct recorder **handle, struct error *err)
{
    struct recorder *recorder = *handle;
    if (!recorder)
        return STATUS_OK;
    ring_close(recorder->ring);
    pthread_join(recorder->thread, NULL);
    if (recorder->sync_every_ns) { /* the index that follows can be rebuilt */
        mcap_writer_flush(recorder->writer);
        mcap_writer_sync(recorder->writer);
    }
    enum status status = mcap_writer_close(&recorder->writer, err);
    recorder_free(handle);
    return status;
}
