/* tests/logs/mcap_model.h - what the MCAP tests write and compare with: a plain list of messages. */
#ifndef TESTS_LOGS_MCAP_MODEL_H
#define TESTS_LOGS_MCAP_MODEL_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "logs/file.h"
#include "logs/mcap_emit.h"
#include "logs/memory.h"
#include "logs/seed.h"

static char folder[] = "/tmp/binnacle-mcap-XXXXXX";
static char path[64], other[64];

/* --- the model: what was written, in order --------------------------------------------------------------- */
enum { CHANNELS = 5, PAYLOAD_MAX = 90 };
static const char *const topics[CHANNELS] = {"/a", "/b", "/c", "/d", "/e"};

struct item {
    uint16_t channel;
    uint32_t sequence; /* its place in the model */
    int64_t log_ns;
    uint8_t payload[PAYLOAD_MAX];
    size_t size;
};

/* Times wander back and forth by up to `disorder_ns`, and often tie. */
static inline struct item *model_new(size_t count, int64_t disorder_ns, const char *name)
{
    struct seed_stream stream = seed_stream_named(11, name);
    struct item *items = NEW_ARRAY(count, struct item);
    for (size_t i = 0; i < count; i++) {
        struct item *item = &items[i];
        item->channel = (uint16_t)(1 + seed_below(&stream, CHANNELS));
        item->sequence = (uint32_t)i;
        item->log_ns = (int64_t)i / 3 * 10;
        if (disorder_ns)
            item->log_ns += (int64_t)seed_below(&stream, (uint64_t)disorder_ns) / 10 * 10;
        item->size = seed_below(&stream, PAYLOAD_MAX);
        for (size_t k = 0; k < item->size; k++)
            item->payload[k] = (uint8_t)(seed_below(&stream, 4) ? 7 : seed_below(&stream, 256));
    }
    return items;
}

static inline struct mcap_writer *writer_open(const char *file, enum mcap_compression compression, size_t chunk_bytes)
{
    struct mcap_options options = mcap_options_default();
    options.compression = compression;
    options.chunk_bytes = chunk_bytes;
    options.chunk_ns = 0;
    struct error err = {0};
    struct mcap_writer *writer = mcap_writer_create(file, &options, &err);
    assert_non_null(writer);
    uint16_t schema = mcap_writer_schema(writer, "pkg/msg/Thing", "ros2msg", "uint8[] data", 12);
    assert_int_equal(schema, 1);
    const struct mcap_pair metadata[] = {{"offered_qos_profiles", ""}, {"note", "b"}};
    for (size_t i = 0; i < CHANNELS; i++)
        assert_int_equal(mcap_writer_channel(writer, i == 4 ? 0 : schema, topics[i], "cdr", metadata, i % 3), i + 1);
    return writer;
}

static inline void items_write(struct mcap_writer *writer, const struct item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mcap_writer_message(writer, items[i].channel, items[i].sequence, items[i].log_ns, items[i].log_ns - 5,
                            items[i].payload, items[i].size);
}

static inline void model_write(const char *file, enum mcap_compression compression, size_t chunk_bytes,
                        const struct item *items, size_t count)
{
    struct error err = {0};
    struct mcap_writer *writer = writer_open(file, compression, chunk_bytes);
    mcap_writer_attachment(writer, "scenario", "text/yaml", 0, "world: office\n", 14);
    items_write(writer, items, count / 2);
    const struct mcap_pair pairs[] = {{"seed", "7"}, {"", "empty key"}};
    mcap_writer_metadata(writer, "run", pairs, COUNT_OF(pairs));
    items_write(writer, items + count / 2, count - count / 2);
    mcap_writer_attachment(writer, "empty", "", 9, NULL, 0);
    assert_int_equal(mcap_writer_lost(writer), 0);
    assert_int_equal(mcap_writer_close(&writer, &err), STATUS_OK);
    assert_null(writer);
}

static inline void assert_same(const struct mcap_message *message, const struct item *item)
{
    assert_int_equal(message->sequence, item->sequence);
    assert_string_equal(message->channel->topic, topics[item->channel - 1]);
    assert_int_equal(message->log_ns, item->log_ns);
    assert_int_equal(message->publish_ns, item->log_ns - 5);
    assert_int_equal(message->size, item->size);
    assert_memory_equal(message->data, item->payload, item->size);
}

static const struct mcap_query everything = {MCAP_FILE_ORDER, INT64_MIN, INT64_MAX, NULL, 0};

static inline struct mcap_reader *reader_open(const char *file)
{
    struct error err = {0};
    struct mcap_reader *reader = mcap_reader_open(file, &err);
    if (!reader)
        fail_msg("%s", err.text);
    return reader;
}

/* The same file without everything from DataEnd on, as a killed program leaves it. */
static inline void summary_drop(const char *from, const char *to)
{
    struct bytes bytes = {0};
    struct error err = {0};
    assert_int_equal(file_load(from, SIZE_MAX, &bytes, &err), STATUS_OK);
    uint64_t summary_start;
    memcpy(&summary_start, bytes.data + bytes.size - MCAP_TAIL_BYTES + MCAP_PREFIX_BYTES, 8);
    assert_int_equal(file_save(to, bytes.data, summary_start - MCAP_DATA_END_BYTES, &err), STATUS_OK);
    bytes_clear(&bytes);
}

/* --- records, read plainly --------------------------------------------------------------------------------- */
struct record {
    uint8_t op;
    size_t at, length; /* whole record */
    struct cursor body;
};

static inline struct record record_at(const struct bytes *bytes, size_t at)
{
    struct cursor cursor = {bytes->data, bytes->size, at, false};
    struct record record = {.op = cursor_u8(&cursor), .at = at};
    uint64_t length = cursor_u64(&cursor);
    record.body = (struct cursor){cursor_take(&cursor, length), length, 0, cursor.failed};
    assert_false(cursor.failed);
    record.length = 9 + length;
    return record;
}

static inline int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/a.mcap", folder);
    snprintf(other, sizeof other, "%s/b.mcap", folder);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    unlink(path);
    unlink(other);
    return rmdir(folder);
}

#endif
