/* The journal's file and what comes back from it. `test_recorder --write FILE none|lz4|zstd` leaves a sample for
 * judge.mjs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "logs/file.h"
#include "logs/recorder.h"
#include "logs/seed.h"

static char folder[] = "/tmp/binnacle-recorder-XXXXXX";
static char path[64], other[64];

/* --- messages full of random values, through the descriptors --------------------------------------------- */
static void fill(const struct message_type *type, void *message, struct seed_stream *stream, struct arena *arena);

static void fill_element(const struct message_field *field, void *at, struct seed_stream *stream, struct arena *arena)
{
    static const char *const texts[] = {"", "a", "map", "b\"c\\d", "é", "12345678", "wheel €: ok\n"};
    uint64_t bits = seed_u64(stream);
    float small = (float)seed_gaussian(stream);
    double large = 1e6 * seed_gaussian(stream);
    switch (field->kind) {
    case MESSAGE_NESTED: fill(field->nested, at, stream, arena); break;
    case MESSAGE_BOOL: *(bool *)at = bits & 1; break;
    case MESSAGE_FLOAT32: memcpy(at, &small, sizeof small); break;
    case MESSAGE_FLOAT64: memcpy(at, &large, sizeof large); break;
    case MESSAGE_STRING:
        *(const char **)at = bits % 9 ? texts[bits / 9 % COUNT_OF(texts)] : NULL;
        break;
    case MESSAGE_BYTE:
    case MESSAGE_INT8:
    case MESSAGE_UINT8:
    case MESSAGE_INT16:
    case MESSAGE_UINT16:
    case MESSAGE_INT32:
    case MESSAGE_UINT32:
    case MESSAGE_INT64:
    case MESSAGE_UINT64: memcpy(at, &bits, message_element_size(field)); break;
    case MESSAGE_KIND_COUNT: break;
    }
}

static void fill(const struct message_type *type, void *message, struct seed_stream *stream, struct arena *arena)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct message_field *field = &type->fields[i];
        uint8_t *at = (uint8_t *)message + field->offset;
        size_t count = field->length, size = message_element_size(field);
        if (field->shape == MESSAGE_SEQUENCE) {
            struct message_sequence *sequence = (struct message_sequence *)(void *)at;
            count = sequence->count = (uint32_t)seed_below(stream, 5);
            sequence->data = at = arena_new(arena, count, size);
        }
        for (size_t k = 0; k < count; k++)
            fill_element(field, at + k * size, stream, arena);
    }
}

/* One message of a random topic each 2 ms; a capture of the frames goes to `sinks` as well. */
static void episode_publish(struct journal *journal, size_t count)
{
    struct seed_stream stream = seed_stream_named(7, "messages");
    struct arena arena = {0};
    for (size_t i = 0; i < count; i++) {
        enum topic topic = (enum topic)seed_below(&stream, TOPIC_COUNT);
        const struct message_type *type = topic_table[topic].type;
        void *message = arena_new(&arena, 1, type->size);
        fill(type, message, &stream, &arena);
        journal_publish(journal, topic, (int64_t)i * 2000000, message);
        arena_reset(&arena);
    }
    arena_clear(&arena);
}

static enum status episode_record(const char *file, enum mcap_compression compression, size_t count,
                                  struct sink second, struct error *err)
{
    struct mcap_options options = mcap_options_default();
    options.compression = compression;
    options.chunk_bytes = 40000;
    struct recorder *recorder = recorder_create(file, &options, err);
    assert_non_null(recorder);
    struct journal *journal = journal_create();
    journal_add(journal, recorder_sink(recorder));
    if (second.put)
        journal_add(journal, second);
    recorder_attach(recorder, "scenario.yaml", "text/yaml", "name: test\n", 11);
    const struct mcap_pair pairs[] = {{"seed", "7"}, {"policy", "dwa"}};
    recorder_metadata(recorder, "binnacle", pairs, COUNT_OF(pairs));
    episode_publish(journal, count);
    journal_destroy(&journal);
    enum status status = recorder_close(&recorder, err);
    assert_null(recorder);
    return status;
}

/* --- what went in comes out ------------------------------------------------------------------------------ */
struct capture { /* frames, packed: struct frame, then the payload */
    struct bytes bytes;
    size_t count;
};

static void capture_put(void *self, const struct frame *frame)
{
    struct capture *capture = self;
    if (topic_table[frame->topic].flags & TOPIC_BUS_ONLY)
        return;
    bytes_put(&capture->bytes, frame, sizeof *frame);
    bytes_put(&capture->bytes, frame->payload, frame->size);
    capture->count++;
}

static void assert_frame(const struct frame *frame, struct cursor *expected)
{
    struct frame was;
    memcpy(&was, cursor_take(expected, sizeof was), sizeof was);
    assert_int_equal(frame->topic, was.topic);
    assert_int_equal(frame->sequence, was.sequence);
    assert_int_equal(frame->stamp_ns, was.stamp_ns);
    assert_int_equal(frame->size, was.size);
    assert_memory_equal(frame->payload, cursor_take(expected, was.size), was.size);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (enum mcap_compression compression = MCAP_NONE; compression <= MCAP_ZSTD; compression++) {
        struct capture capture = {0};
        struct error err = {0};
        struct frame frame;
        const struct sink second = {capture_put, &capture};
        assert_int_equal(episode_record(path, compression, 1500, second, &err), STATUS_OK);
        struct playback *playback = playback_open(path, &err);
        assert_non_null(playback);
        assert_int_equal(playback_query(playback, MCAP_TIME_ORDER, 0, INT64_MAX, NULL, 0, &err), STATUS_OK);
        struct cursor cursor = {capture.bytes.data, capture.bytes.size, 0, false};
        for (size_t i = 0; i < capture.count; i++) {
            assert_int_equal(playback_next(playback, &frame, &err), STATUS_OK);
            assert_frame(&frame, &cursor);
        }
        assert_int_equal(playback_next(playback, &frame, &err), STATUS_END);
        const enum topic some[] = {TOPIC_SCAN, TOPIC_ROSOUT};
        const int64_t from_ns = 1000000000, to_ns = 2000000000;
        assert_int_equal(playback_query(playback, MCAP_REVERSE_ORDER, from_ns, to_ns, some, 2, &err), STATUS_OK);
        size_t found = 0;
        for (int64_t last_ns = to_ns; !playback_next(playback, &frame, &err); last_ns = frame.stamp_ns, found++) {
            assert_true(frame.topic == TOPIC_SCAN || frame.topic == TOPIC_ROSOUT);
            assert_true(frame.stamp_ns <= last_ns && frame.stamp_ns >= from_ns);
        }
        assert_true(found > 10);
        assert_non_null(mcap_reader_attachment(playback_reader(playback), "scenario.yaml"));
        assert_non_null(mcap_reader_metadata(playback_reader(playback), "binnacle"));
        playback_destroy(&playback);
        assert_null(playback);
        bytes_clear(&capture.bytes);
    }
}

static void test_same_bytes(void **state)
{
    (void)state;
    struct bytes a = {0}, b = {0};
    struct error err = {0};
    assert_int_equal(episode_record(path, MCAP_ZSTD, 400, (struct sink){0}, &err), STATUS_OK);
    assert_int_equal(episode_record(other, MCAP_ZSTD, 400, (struct sink){0}, &err), STATUS_OK);
    assert_int_equal(file_load(path, SIZE_MAX, &a, &err), STATUS_OK);
    assert_int_equal(file_load(other, SIZE_MAX, &b, &err), STATUS_OK);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    bytes_clear(&a);
    bytes_clear(&b);
}

static const char *channel_metadata(const struct mcap_channel *channel, const char *key)
{
    for (size_t i = 0; i < channel->metadata_count; i++)
        if (!strcmp(channel->metadata[i].key, key))
            return channel->metadata[i].value;
    return "";
}

static void test_channels(void **state)
{
    (void)state;
    static const char *const keys[] = {"history",  "depth",      "reliability",
                                       "durability", "deadline",   "lifespan",
                                       "liveliness", "liveliness_lease_duration", "avoid_ros_namespace_conventions"};
    const struct mcap_channel *const *channels;
    struct error err = {0};
    assert_int_equal(episode_record(path, MCAP_ZSTD, 1500, (struct sink){0}, &err), STATUS_OK);
    struct playback *playback = playback_open(path, &err);
    const struct mcap_reader *reader = playback_reader(playback);
    size_t count = mcap_reader_channels(reader, &channels);
    assert_int_equal(count, TOPIC_COUNT - 1); /* all but /binnacle/server_status */
    for (size_t i = 0; i < count; i++) {
        enum topic topic = topic_find(channels[i]->topic);
        const struct mcap_schema *schema = mcap_reader_schema(reader, channels[i]->schema_id);
        const char *qos = channel_metadata(channels[i], "offered_qos_profiles");
        char name[64];
        assert_true(topic < TOPIC_COUNT && !(topic_table[topic].flags & TOPIC_BUS_ONLY));
        message_full_name(topic_table[topic].type, name, sizeof name);
        assert_string_equal(schema->name, name);
        assert_string_equal(schema->encoding, "ros2msg");
        assert_string_equal(channels[i]->encoding, "cdr");
        bool latched = topic_table[topic].flags & TOPIC_LATCHED;
        assert_true(!strncmp(qos, "- history: 1\n", 13));
        assert_true(!strstr(qos, "  durability: 1\n") == !latched && !strstr(qos, "  depth: 1\n") == !latched);
        for (size_t k = 0; k < COUNT_OF(keys); k++)
            assert_non_null(strstr(qos, keys[k]));
        assert_int_equal(strlen(channel_metadata(channels[i], "binnacle_fingerprint")), 16);
    }
    playback_destroy(&playback);
}

/* --- files that are not ours ----------------------------------------------------------------------------- */
static void foreign_write(const char *topic, const char *schema, const char *fingerprint)
{
    struct error err = {0};
    struct mcap_options options = mcap_options_default();
    struct mcap_writer *writer = mcap_writer_create(path, &options, &err);
    const struct mcap_pair pair = {"binnacle_fingerprint", fingerprint ? fingerprint : ""};
    uint16_t id = mcap_writer_schema(writer, "geometry_msgs/msg/Twist", "ros2msg", schema, strlen(schema));
    uint16_t channel = mcap_writer_channel(writer, id, topic, "cdr", &pair, fingerprint != NULL);
    mcap_writer_message(writer, channel, 0, 5, 5, "\0\1\0\0", 4);
    assert_int_equal(mcap_writer_close(&writer, &err), STATUS_OK);
}

static void assert_refused(enum status status, const char *says)
{
    struct error err = {0};
    assert_null(playback_open(path, &err));
    assert_int_equal(err.status, status);
    assert_non_null(strstr(err.text, path));
    if (!strstr(err.text, says))
        fail_msg("'%s' lacks '%s'", err.text, says);
}

static void test_foreign_files(void **state)
{
    (void)state;
    struct bytes text = {0};
    struct error err = {0};
    char fingerprint[17];
    message_schema(topic_table[TOPIC_CMD_VEL].type, &text);
    bytes_put_u8(&text, 0);
    snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, message_fingerprint(topic_table[TOPIC_CMD_VEL].type));
    foreign_write("/cmd_vel", "whatever", "0123456789abcdef");
    assert_refused(STATUS_VERSION, "/cmd_vel");
    foreign_write("/cmd_vel", "float64 x", NULL);
    assert_refused(STATUS_VERSION, "/cmd_vel");
    foreign_write("/elsewhere", (const char *)text.data, fingerprint);
    assert_refused(STATUS_CORRUPT, "not a Binnacle log");
    foreign_write("/cmd_vel", "whatever", fingerprint);
    struct playback *playback = playback_open(path, &err);
    assert_non_null(playback);
    playback_destroy(&playback);
    foreign_write("/cmd_vel", (const char *)text.data, NULL); /* rewritten by a tool that drops channel metadata */
    playback = playback_open(path, &err);
    assert_non_null(playback);
    playback_destroy(&playback);
    bytes_clear(&text);
    struct recorder *recorder = recorder_create(path, NULL, &err);
    assert_int_equal(recorder_close(&recorder, &err), STATUS_OK);
    assert_refused(STATUS_CORRUPT, "without any message");
    assert_int_equal(file_save(path, "\x89PNG\r\n\x1a\n", 8, &err), STATUS_OK);
    assert_refused(STATUS_CORRUPT, "not an MCAP file");
    assert_int_equal(file_save(path, "", 0, &err), STATUS_OK);
    assert_refused(STATUS_CORRUPT, "is empty");
    unlink(path);
    assert_refused(STATUS_IO, "No such file");
}

static void test_disk_full(void **state)
{
    (void)state;
    struct error err = {0};
    assert_null(recorder_create("/nonexistent/x.mcap", NULL, &err));
    assert_int_equal(err.status, STATUS_IO);
    struct recorder *recorder = recorder_create("/dev/full", NULL, &err);
    assert_non_null(recorder);
    struct journal *journal = journal_create();
    journal_add(journal, recorder_sink(recorder));
    episode_publish(journal, 400); /* the episode goes on */
    assert_int_equal(journal_count(journal, TOPIC_CLOCK) > 0, 1);
    recorder_attach(recorder, "late", "", "x", 1); /* waits for the writer */
    assert_true(recorder_failed(recorder));
    assert_non_null(strstr(recorder_note(recorder), "/dev/full"));
    assert_int_equal(recorder_close(&recorder, &err), STATUS_IO);
    assert_non_null(strstr(err.text, "/dev/full"));
    journal_destroy(&journal);
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/a.mcap", folder);
    snprintf(other, sizeof other, "%s/b.mcap", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    unlink(other);
    return rmdir(folder);
}

static int sample_write(const char *file, const char *compression)
{
    static const char *const names[] = {[MCAP_NONE] = "none", [MCAP_LZ4] = "lz4", [MCAP_ZSTD] = "zstd"};
    struct error err = {0};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (!strcmp(names[i], compression)) {
            enum status status = episode_record(file, (enum mcap_compression)i, 3000, (struct sink){0}, &err);
            if (status)
                fprintf(stderr, "%s\n", err.text);
            return status_exit_code(status);
        }
    fprintf(stderr, "compression is none, lz4 or zstd, not %s\n", compression);
    return 2;
}

int main(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "--write"))
        return sample_write(argv[2], argv[3]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_same_bytes),    cmocka_unit_test(test_channels),
        cmocka_unit_test(test_disk_full),  cmocka_unit_test(test_foreign_files),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
