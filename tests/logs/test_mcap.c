/* MCAP, written and read: against a plain list of messages; cut at every byte, flipped, hostile, on a full disk. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
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
static struct item *model_new(size_t count, int64_t disorder_ns, const char *name)
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

static struct mcap_writer *writer_open(const char *file, enum mcap_compression compression, size_t chunk_bytes)
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

static void items_write(struct mcap_writer *writer, const struct item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mcap_writer_message(writer, items[i].channel, items[i].sequence, items[i].log_ns, items[i].log_ns - 5,
                            items[i].payload, items[i].size);
}

static void model_write(const char *file, enum mcap_compression compression, size_t chunk_bytes,
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

static int item_compare(const void *a, const void *b) /* by time, then by place in the file */
{
    const struct item *x = *(const struct item *const *)a, *y = *(const struct item *const *)b;
    if (x->log_ns != y->log_ns)
        return x->log_ns < y->log_ns ? -1 : 1;
    return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

static bool item_wanted(const struct item *item, const struct mcap_query *query)
{
    if (item->log_ns < query->from_ns || item->log_ns > query->to_ns)
        return false;
    for (size_t i = 0; query->topics && i < query->topic_count; i++)
        if (!strcmp(query->topics[i], topics[item->channel - 1]))
            return true;
    return !query->topics;
}

static void assert_same(const struct mcap_message *message, const struct item *item)
{
    assert_int_equal(message->sequence, item->sequence);
    assert_string_equal(message->channel->topic, topics[item->channel - 1]);
    assert_int_equal(message->log_ns, item->log_ns);
    assert_int_equal(message->publish_ns, item->log_ns - 5);
    assert_int_equal(message->size, item->size);
    assert_memory_equal(message->data, item->payload, item->size);
}

/* One walk of the reader against a filter and a sort of the whole list. */
static void assert_walk(struct mcap_reader *reader, const struct mcap_query *query, const struct item *items,
                        size_t count)
{
    const struct item **expected = NEW_ARRAY(count, const struct item *);
    struct mcap_message message;
    struct error err = {0};
    size_t wanted = 0;
    for (size_t i = 0; i < count; i++)
        if (item_wanted(&items[i], query))
            expected[wanted++] = &items[i];
    if (query->order != MCAP_FILE_ORDER)
        qsort(expected, wanted, sizeof *expected, item_compare);
    assert_int_equal(mcap_reader_query(reader, query, &err), STATUS_OK);
    for (size_t i = 0; i < wanted; i++) {
        assert_int_equal(mcap_reader_next(reader, &message, &err), STATUS_OK);
        assert_same(&message, expected[query->order == MCAP_REVERSE_ORDER ? wanted - 1 - i : i]);
    }
    assert_int_equal(mcap_reader_next(reader, &message, &err), STATUS_END);
    assert_int_equal(mcap_reader_next(reader, &message, &err), STATUS_END);
    free(expected);
}

static const struct mcap_query everything = {MCAP_FILE_ORDER, INT64_MIN, INT64_MAX, NULL, 0};

static void assert_walks(struct mcap_reader *reader, const struct item *items, size_t count, const char *name)
{
    struct seed_stream stream = seed_stream_named(3, name);
    int64_t end_ns = items[count - 1].log_ns + 200;
    for (enum mcap_order order = MCAP_FILE_ORDER; order <= MCAP_REVERSE_ORDER; order++) {
        struct mcap_query query = everything;
        query.order = order;
        assert_walk(reader, &query, items, count);
        for (int trial = 0; trial < 6; trial++) {
            const char *picked[CHANNELS + 1] = {"/nobody"};
            size_t first = (size_t)seed_below(&stream, CHANNELS);
            query.topics = trial % 3 ? picked : NULL;
            query.topic_count = 1 + (size_t)seed_below(&stream, CHANNELS - first);
            for (size_t i = 1; i < query.topic_count; i++)
                picked[i] = topics[first + i];
            query.from_ns = (int64_t)seed_below(&stream, (uint64_t)end_ns);
            query.to_ns = query.from_ns + (int64_t)seed_below(&stream, (uint64_t)(end_ns - query.from_ns));
            assert_walk(reader, &query, items, count);
        }
    }
}

static struct mcap_reader *reader_open(const char *file)
{
    struct error err = {0};
    struct mcap_reader *reader = mcap_reader_open(file, &err);
    if (!reader)
        fail_msg("%s", err.text);
    return reader;
}

/* --- agreement with the model ---------------------------------------------------------------------------- */
static void assert_info(struct mcap_reader *reader, const struct item *items, size_t count)
{
    const struct mcap_info *info = mcap_reader_info(reader);
    const struct mcap_channel *const *channels;
    int64_t start_ns = INT64_MAX, end_ns = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        start_ns = items[i].log_ns < start_ns ? items[i].log_ns : start_ns;
        end_ns = items[i].log_ns > end_ns ? items[i].log_ns : end_ns;
    }
    assert_string_equal(info->profile, "ros2");
    assert_string_equal(info->library, "binnacle");
    assert_int_equal(info->message_count, count);
    assert_int_equal(info->start_ns, start_ns);
    assert_int_equal(info->end_ns, end_ns);
    uint64_t sum = 0;
    size_t known = mcap_reader_channels(reader, &channels);
    assert_int_equal(known, CHANNELS);
    for (size_t i = 0; i < known; i++) {
        const struct mcap_schema *schema = mcap_reader_schema(reader, channels[i]->schema_id);
        sum += mcap_reader_channel_messages(reader, channels[i]->id);
        assert_string_equal(channels[i]->topic, topics[channels[i]->id - 1]);
        assert_int_equal(channels[i]->metadata_count, (channels[i]->id - 1) % 3);
        assert_true(channels[i]->id == 5 ? !schema : schema->size == 12 && !memcmp(schema->data, "uint8[] data", 12));
    }
    assert_int_equal(sum, count);
}

static void assert_extras(struct mcap_reader *reader)
{
    const struct mcap_attachment *scenario = mcap_reader_attachment(reader, "scenario"), *all;
    assert_non_null(scenario);
    assert_int_equal(scenario->size, 14);
    assert_memory_equal(scenario->data, "world: office\n", 14);
    assert_int_equal(mcap_reader_attachments(reader, &all), 2);
    assert_string_equal(all[1].name, "empty");
    assert_true(all[1].data && !all[1].size && all[1].log_ns == 9);
    const struct mcap_metadata *run = mcap_reader_metadata(reader, "run");
    assert_non_null(run);
    assert_int_equal(run->count, 2);
    assert_string_equal(run->pairs[1].value, "empty key");
    assert_null(mcap_reader_attachment(reader, "nothing"));
    assert_null(mcap_reader_metadata(reader, "nothing"));
}

/* The same file without everything from DataEnd on, as a killed program leaves it. */
static void summary_drop(const char *from, const char *to)
{
    struct bytes bytes = {0};
    struct error err = {0};
    assert_int_equal(file_load(from, SIZE_MAX, &bytes, &err), STATUS_OK);
    uint64_t summary_start;
    memcpy(&summary_start, bytes.data + bytes.size - MCAP_TAIL_BYTES + MCAP_PREFIX_BYTES, 8);
    assert_int_equal(file_save(to, bytes.data, summary_start - MCAP_DATA_END_BYTES, &err), STATUS_OK);
    bytes_clear(&bytes);
}

static void test_agrees_with_model(void **state)
{
    (void)state;
    static const struct {
        size_t chunk_bytes, count;
        int64_t disorder_ns;
    } cases[] = {
        {0, 900, 0},      {0, 900, 400},       {300, 1500, 0},     {300, 1500, 2000}, /* over 256 chunks at once */
        {3000, 1500, 80}, {768 << 10, 1500, 0}, {40000, 1500, 4000}, {1, 60, 300},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (enum mcap_compression compression = MCAP_NONE; compression <= MCAP_ZSTD; compression++) {
            struct item *items = model_new(cases[i].count, cases[i].disorder_ns, "model");
            model_write(path, compression, cases[i].chunk_bytes, items, cases[i].count);
            struct mcap_reader *reader = reader_open(path);
            assert_true(mcap_reader_info(reader)->has_summary);
            assert_false(mcap_reader_info(reader)->truncated);
            assert_string_equal(mcap_reader_info(reader)->damage, "");
            assert_info(reader, items, cases[i].count);
            assert_walks(reader, items, cases[i].count, "with summary");
            assert_extras(reader);
            mcap_reader_destroy(&reader);
            summary_drop(path, other);
            reader = reader_open(other);
            assert_false(mcap_reader_info(reader)->has_summary);
            assert_true(mcap_reader_info(reader)->truncated);
            assert_non_null(strstr(mcap_reader_info(reader)->damage, "never closed"));
            assert_info(reader, items, cases[i].count);
            assert_walks(reader, items, cases[i].count, "scanned");
            assert_extras(reader);
            mcap_reader_destroy(&reader);
            free(items);
        }
}

static void test_same_bytes(void **state)
{
    (void)state;
    struct item *items = model_new(400, 100, "same");
    for (enum mcap_compression compression = MCAP_NONE; compression <= MCAP_ZSTD; compression++) {
        struct bytes a = {0}, b = {0};
        model_write(path, compression, 5000, items, 400);
        model_write(other, compression, 5000, items, 400);
        assert_int_equal(file_load(path, SIZE_MAX, &a, NULL), STATUS_OK);
        assert_int_equal(file_load(other, SIZE_MAX, &b, NULL), STATUS_OK);
        assert_int_equal(a.size, b.size);
        assert_memory_equal(a.data, b.data, a.size);
        bytes_clear(&a);
        bytes_clear(&b);
    }
    free(items);
}

/* --- the bytes themselves: a second, slow reading of the format ------------------------------------------ */
static uint32_t crc_slow(const uint8_t *data, size_t size)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

struct record {
    uint8_t op;
    size_t at, length; /* whole record */
    struct cursor body;
};

static struct record record_at(const struct bytes *bytes, size_t at)
{
    struct cursor cursor = {bytes->data, bytes->size, at, false};
    struct record record = {.op = cursor_u8(&cursor), .at = at};
    uint64_t length = cursor_u64(&cursor);
    record.body = (struct cursor){cursor_take(&cursor, length), length, 0, cursor.failed};
    assert_false(cursor.failed);
    record.length = 9 + length;
    return record;
}

/* The entries of one MessageIndex name the messages of its channel in an uncompressed chunk. */
static size_t assert_message_index(struct record index, struct bytes records)
{
    uint16_t channel = cursor_u16(&index.body);
    size_t count = cursor_u32(&index.body) / 16;
    for (size_t i = 0; i < count; i++) {
        uint64_t log_ns = cursor_u64(&index.body);
        struct record message = record_at(&records, cursor_u64(&index.body));
        assert_int_equal(message.op, 5);
        assert_int_equal(cursor_u16(&message.body), channel);
        cursor_u32(&message.body);
        assert_int_equal(cursor_u64(&message.body), log_ns);
    }
    assert_int_equal(cursor_left(&index.body), 0);
    return count;
}

static size_t assert_chunk(const struct bytes *bytes, struct record index)
{
    struct cursor *body = &index.body;
    int64_t start_ns = (int64_t)cursor_u64(body), end_ns = (int64_t)cursor_u64(body);
    uint64_t at = cursor_u64(body), length = cursor_u64(body);
    struct record chunk = record_at(bytes, at);
    assert_int_equal(chunk.op, 6);
    assert_int_equal(chunk.length, length);
    assert_int_equal(cursor_u64(&chunk.body), start_ns);
    assert_int_equal(cursor_u64(&chunk.body), end_ns);
    uint64_t unpacked = cursor_u64(&chunk.body);
    uint32_t crc = cursor_u32(&chunk.body);
    assert_int_equal(cursor_u32(&chunk.body), 0);
    struct bytes records = {.size = cursor_u64(&chunk.body)};
    assert_int_equal(records.size, unpacked);
    records.data = (uint8_t *)(uintptr_t)cursor_take(&chunk.body, records.size);
    assert_int_equal(crc_slow(records.data, records.size), crc);
    size_t messages = 0, entries = cursor_u32(body) / 10, next = at + length;
    for (size_t i = 0; i < entries; i++) {
        uint16_t channel = cursor_u16(body);
        struct record message_index = record_at(bytes, cursor_u64(body));
        assert_int_equal(message_index.op, 7);
        assert_int_equal(message_index.at, next);
        assert_int_equal(message_index.body.data[0] | message_index.body.data[1] << 8, channel);
        messages += assert_message_index(message_index, records);
        next += message_index.length;
    }
    assert_int_equal(cursor_u64(body), next - at - length);
    return messages;
}

static void test_bytes_on_disk(void **state)
{
    (void)state;
    struct item *items = model_new(300, 100, "disk");
    struct bytes bytes = {0};
    model_write(path, MCAP_NONE, 4000, items, 300);
    assert_int_equal(file_load(path, SIZE_MAX, &bytes, NULL), STATUS_OK);
    assert_memory_equal(bytes.data, MCAP_MAGIC, 8);
    assert_memory_equal(bytes.data + bytes.size - 8, MCAP_MAGIC, 8);
    size_t at = 8, seen[16] = {0}, messages = 0, summary = 0;
    uint8_t last = 0;
    for (struct record record; at < bytes.size - 8; at += record.length) {
        record = record_at(&bytes, at);
        assert_in_range(record.op, 1, 15);
        seen[record.op]++;
        if (record.op == MCAP_DATA_END) {
            assert_int_equal(cursor_u32(&record.body), crc_slow(bytes.data, at));
            summary = at + record.length;
        } else if (record.op == MCAP_CHUNK_INDEX) {
            messages += assert_chunk(&bytes, record);
        } else if (record.op == MCAP_SUMMARY_OFFSET) {
            uint8_t group = cursor_u8(&record.body);
            uint64_t start = cursor_u64(&record.body), end = start + cursor_u64(&record.body);
            assert_int_equal(bytes.data[start], group);
            assert_true(bytes.data[end] != group && start >= summary && end <= at);
        } else if (record.op == MCAP_FOOTER) {
            assert_int_equal(cursor_u64(&record.body), summary);
            assert_int_equal(bytes.data[cursor_u64(&record.body)], MCAP_SUMMARY_OFFSET);
            assert_int_equal(cursor_u32(&record.body), crc_slow(bytes.data + summary, at + 25 - summary));
        }
        last = record.op;
    }
    assert_int_equal(last, MCAP_FOOTER);
    assert_int_equal(messages, 300);
    assert_int_equal(seen[MCAP_SCHEMA], 1); /* outside chunks: only the summary's */
    assert_int_equal(seen[MCAP_CHANNEL], CHANNELS);
    assert_int_equal(seen[MCAP_STATISTICS], 1);
    assert_int_equal(seen[MCAP_CHUNK], seen[MCAP_CHUNK_INDEX]);
    assert_int_equal(seen[MCAP_ATTACHMENT_INDEX], 2);
    assert_int_equal(seen[MCAP_METADATA_INDEX], 1);
    assert_int_equal(seen[MCAP_SUMMARY_OFFSET], 6);
    bytes_clear(&bytes);
    free(items);
}

static void test_chunk_spans_time(void **state)
{
    (void)state;
    struct error err = {0};
    struct mcap_options options = mcap_options_default();
    options.chunk_ns = 1000;
    struct mcap_writer *writer = mcap_writer_create(path, &options, &err);
    uint16_t channel = mcap_writer_channel(writer, 0, "/x", "", NULL, 0);
    for (uint32_t i = 0; i < 100; i++)
        mcap_writer_message(writer, channel, i, i * 100, i * 100, "", 0);
    assert_int_equal(mcap_writer_close(&writer, &err), STATUS_OK);
    struct mcap_reader *reader = reader_open(path);
    assert_int_equal(mcap_reader_info(reader)->chunk_count, 10);
    mcap_reader_destroy(&reader);
}

/* --- damage ---------------------------------------------------------------------------------------------- */
/* File offsets at which each message of an uncompressed file is complete. */
static size_t *ends_new(const struct bytes *bytes, size_t count)
{
    size_t *ends = NEW_ARRAY(count, size_t), n = 0;
    for (size_t at = 8; at < bytes->size - 8 && bytes->data[at] != MCAP_DATA_END;) {
        struct record record = record_at(bytes, at);
        at += record.length;
        if (record.op == MCAP_MESSAGE)
            ends[n++] = at;
        if (record.op != MCAP_CHUNK)
            continue;
        cursor_take(&record.body, 28);
        bool open = !cursor_u32(&record.body);
        cursor_take(&record.body, open ? 8 : 12);
        const uint8_t *records = cursor_take(&record.body, cursor_left(&record.body));
        assert_true(open);
        struct bytes inside = {(uint8_t *)(uintptr_t)records, (size_t)(bytes->data + at - records), 0};
        for (size_t in = 0; in < inside.size;) {
            struct record inner = record_at(&inside, in);
            in += inner.length;
            if (inner.op == MCAP_MESSAGE)
                ends[n++] = (size_t)(records - bytes->data) + in;
        }
    }
    assert_int_equal(n, count);
    return ends;
}

/* What a reader of `file` gives in file order must be the model's first messages. How many? -1: it cannot be opened. */
static int leading_count(const char *file, const struct item *items, size_t count, enum mcap_order order)
{
    struct error err = {0};
    struct mcap_reader *reader = mcap_reader_open(file, &err);
    if (!reader) {
        assert_int_equal(err.status, STATUS_CORRUPT);
        return -1;
    }
    struct mcap_query query = everything;
    query.order = order;
    struct mcap_message message;
    size_t got = 0;
    assert_int_equal(mcap_reader_query(reader, &query, &err), STATUS_OK);
    enum status status;
    while (!(status = mcap_reader_next(reader, &message, &err)))
        if (got++ < count && order == MCAP_FILE_ORDER)
            assert_same(&message, &items[got - 1]);
    assert_int_equal(status, STATUS_END);
    assert_true(got <= count);
    assert_int_equal(got, mcap_reader_info(reader)->message_count);
    assert_true(mcap_reader_info(reader)->truncated && *mcap_reader_info(reader)->damage);
    mcap_reader_destroy(&reader);
    return (int)got;
}

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    enum { COUNT = 60 };
    static const struct {
        enum mcap_compression compression;
        size_t chunk_bytes;
    } cases[] = {{MCAP_NONE, 0}, {MCAP_NONE, 1500}, {MCAP_ZSTD, 1500}, {MCAP_LZ4, 1500}};
    struct item *items = model_new(COUNT, 50, "cut");
    size_t *whole = NULL, salvaged = 0;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes bytes = {0};
        model_write(path, cases[i].compression, cases[i].chunk_bytes, items, COUNT);
        assert_int_equal(file_load(path, SIZE_MAX, &bytes, NULL), STATUS_OK);
        if (cases[i].compression == MCAP_NONE)
            whole = ends_new(&bytes, COUNT);
        assert_int_equal(truncate(path, (off_t)bytes.size - 1), 0);
        int before = COUNT;
        for (size_t size = bytes.size - 1; size; size--) {
            assert_int_equal(truncate(path, (off_t)size), 0);
            int got = leading_count(path, items, COUNT, MCAP_FILE_ORDER);
            size_t expected = 0;
            while (whole && expected < COUNT && whole[expected] <= size)
                expected++;
            if (whole && got >= 0)
                assert_int_equal(got, expected);
            assert_true(got >= 0 || size < 8 + 9 + 20); /* the header */
            assert_true(got <= before); /* a shorter file never gives more */
            if (size % 7 == 0 && got >= 0)
                assert_int_equal(leading_count(path, items, COUNT, MCAP_TIME_ORDER), got);
            salvaged += got > 0 && got < before && cases[i].compression != MCAP_NONE;
            before = got;
        }
        free(whole);
        whole = NULL;
        bytes_clear(&bytes);
    }
    assert_true(salvaged > 6); /* also from within compressed chunks */
    free(items);
}

/* Reads everything in every order; whatever comes out must be what went in, for the checksums stand between. */
static void assert_harmless(const char *file, const struct item *items, size_t count)
{
    struct mcap_reader *reader = mcap_reader_open(file, NULL);
    if (!reader)
        return;
    const struct mcap_attachment *attachments;
    mcap_reader_attachments(reader, &attachments);
    mcap_reader_metadata(reader, "run");
    for (enum mcap_order order = MCAP_FILE_ORDER; order <= MCAP_REVERSE_ORDER; order++) {
        struct mcap_query query = everything;
        struct mcap_message message;
        struct error err = {0};
        size_t got = 0, complaints = 0;
        query.order = order;
        assert_int_equal(mcap_reader_query(reader, &query, &err), STATUS_OK);
        for (enum status status; (status = mcap_reader_next(reader, &message, &err)) != STATUS_END;) {
            if (status) {
                assert_true(status == STATUS_CORRUPT && strstr(err.text, "byte"));
                assert_true(++complaints <= count);
                continue;
            }
            assert_true(++got <= count && message.sequence < count);
            assert_same(&message, &items[message.sequence]);
        }
    }
    mcap_reader_destroy(&reader);
}

static void test_flipped_bytes(void **state)
{
    (void)state;
    enum { COUNT = 120, CASES = 1000 };
    struct seed_stream stream = seed_stream_named(5, "flips");
    struct item *items = model_new(COUNT, 60, "flips");
    for (enum mcap_compression compression = MCAP_NONE; compression <= MCAP_ZSTD; compression++) {
        struct bytes bytes = {0};
        model_write(path, compression, 1500, items, COUNT);
        if (compression == MCAP_LZ4)
            summary_drop(path, path);
        assert_int_equal(file_load(path, SIZE_MAX, &bytes, NULL), STATUS_OK);
        uint8_t *copy = NEW_ARRAY(bytes.size, uint8_t);
        for (int i = 0; i < CASES / 3 + 1; i++) {
            memcpy(copy, bytes.data, bytes.size);
            for (uint64_t flips = 1 + seed_below(&stream, 6); flips; flips--)
                copy[seed_below(&stream, bytes.size)] ^= (uint8_t)(1 + seed_below(&stream, 255));
            assert_int_equal(file_save(other, copy, bytes.size, NULL), STATUS_OK);
            assert_harmless(other, items, COUNT);
        }
        free(copy);
        bytes_clear(&bytes);
    }
    free(items);
}

/* One bad chunk in the middle: said once, with its place; everything else is there. */
static void test_damaged_chunk(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    struct item *items = model_new(COUNT, 0, "damage");
    for (int with_summary = 0; with_summary < 2; with_summary++)
        for (enum mcap_order order = MCAP_FILE_ORDER; order <= MCAP_REVERSE_ORDER; order++) {
            struct bytes bytes = {0};
            model_write(path, MCAP_ZSTD, 1500, items, COUNT);
            if (!with_summary)
                summary_drop(path, path);
            assert_int_equal(file_load(path, SIZE_MAX, &bytes, NULL), STATUS_OK);
            size_t at = 8, chunks = 0;
            for (; bytes.data[at] != MCAP_CHUNK || chunks++ < 3; at += record_at(&bytes, at).length) {
            }
            bytes.data[at + 200] ^= 0x40;
            assert_int_equal(file_save(path, bytes.data, bytes.size, NULL), STATUS_OK);
            bytes_clear(&bytes);
            char place[32];
            snprintf(place, sizeof place, "at byte %zu ", at);
            struct mcap_reader *reader = reader_open(path);
            struct mcap_query query = everything;
            query.order = order;
            struct mcap_message message;
            struct error err = {0};
            size_t got = 0, complaints = 0;
            assert_int_equal(mcap_reader_query(reader, &query, &err), STATUS_OK);
            for (enum status status; (status = mcap_reader_next(reader, &message, &err)) != STATUS_END; got += !status)
                if (status) {
                    assert_int_equal(status, STATUS_CORRUPT);
                    assert_non_null(strstr(err.text, place));
                    complaints++;
                }
            assert_int_equal(complaints, 1);
            assert_true(got > COUNT * 3 / 4 && got < COUNT);
            if (!with_summary)
                assert_non_null(strstr(mcap_reader_info(reader)->damage, place));
            mcap_reader_destroy(&reader);
        }
    free(items);
}

/* --- hostile files --------------------------------------------------------------------------------------- */
static void hostile_save(struct bytes *records)
{
    struct bytes file = {0};
    bytes_put(&file, MCAP_MAGIC, 8);
    mcap_emit_header(&file, "", "");
    bytes_put(&file, records->data, records->size);
    bytes_put(&file, MCAP_MAGIC, 8);
    assert_int_equal(file_save(path, file.data, file.size, NULL), STATUS_OK);
    bytes_clear(&file);
    bytes_clear(records);
}

static void test_hostile_sizes(void **state)
{
    (void)state;
    static const char *const compressions[] = {"", "lz4", "zstd", "brotli"};
    static const uint64_t sizes[] = {0, 1, 100, MCAP_CHUNK_MAX, 1ull << 40, UINT64_MAX};
    for (size_t c = 0; c < COUNT_OF(compressions); c++)
        for (size_t i = 0; i < COUNT_OF(sizes); i++)
            for (size_t k = 0; k < COUNT_OF(sizes); k++) {
                struct bytes records = {0};
                struct mcap_message message;
                struct error err = {0};
                bytes_put_u8(&records, MCAP_CHUNK);
                size_t length_at = records.size;
                bytes_put_u64(&records, 0);
                bytes_put(&records, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
                bytes_put_u64(&records, sizes[i]); /* unpacked */
                bytes_put_u32(&records, 0);
                bytes_put_string(&records, compressions[c]);
                bytes_put_u64(&records, sizes[k]); /* stored */
                bytes_put(&records, "\x28\xb5\x2f\xfd\x04\x22\x4d\x18\x05\xff\xff\xff\xff\xff\xff\xff", 16);
                uint64_t length = records.size - 9;
                memcpy(records.data + length_at, &length, 8);
                hostile_save(&records);
                struct mcap_reader *reader = reader_open(path);
                assert_int_equal(mcap_reader_query(reader, &everything, &err), STATUS_OK);
                while (mcap_reader_next(reader, &message, &err) != STATUS_END) {
                }
                assert_int_equal(mcap_reader_info(reader)->message_count, 0);
                mcap_reader_destroy(&reader);
            }
}

/* A chunk index that names bytes which are no chunk, or the same chunk over and over. */
static void test_hostile_index(void **state)
{
    (void)state;
    static const uint64_t places[][2] = {{0, 9}, {8, 25}, {1ull << 60, 40}, {33, UINT64_MAX}, {33, 100}, {33, 22}};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct bytes records = {0}, summary = {0};
        struct mcap_message message;
        struct error err = {0};
        const struct mcap_channel channel = {.id = 1, .topic = "/x", .encoding = "cdr"};
        struct mcap_chunk_index index = {.offset = places[i][0], .length = places[i][1], .compression = ""};
        struct mcap_statistics statistics = {.channels = 1, .chunks = 3, .span.messages = 5};
        mcap_emit_channel(&records, &channel);
        mcap_emit_message(&records, 1, 0, 0, 0, "x", 1);
        mcap_emit_data_end(&records, 0);
        mcap_emit_channel(&summary, &channel);
        mcap_emit_statistics(&summary, &statistics);
        for (int copies = 0; copies < 3; copies++)
            mcap_emit_chunk_index(&summary, &index);
        mcap_emit_footer(&summary, 8 + 9 + 8 + records.size, 0);
        bytes_put(&records, summary.data, summary.size);
        bytes_clear(&summary);
        hostile_save(&records);
        struct mcap_reader *reader = reader_open(path);
        assert_int_equal(mcap_reader_query(reader, &everything, &err), STATUS_OK);
        for (int steps = 0; mcap_reader_next(reader, &message, &err) != STATUS_END; steps++)
            assert_true(steps < 5);
        mcap_reader_destroy(&reader);
    }
}

static void test_bad_files(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *says;
    } cases[] = {
        {"", 0, "is empty"},
        {"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16, "not an MCAP file"},
        {"hello", 5, "not an MCAP file"},
        {"\x89MCAP", 5, "cut off"},
        {MCAP_MAGIC, 8, "cut off"},
        {MCAP_MAGIC "\x01\xff\xff\xff\xff\xff\xff\xff\x7f", 17, "cut off"},
        {MCAP_MAGIC "\x01\x04\0\0\0\0\0\0\0\xff\xff\xff\xff", 21, "damaged header"},
    };
    struct error err = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(file_save(path, cases[i].bytes, cases[i].size, &err), STATUS_OK);
        assert_null(mcap_reader_open(path, &err));
        assert_int_equal(err.status, STATUS_CORRUPT);
        assert_non_null(strstr(err.text, cases[i].says));
        assert_non_null(strstr(err.text, path));
    }
    assert_null(mcap_reader_open("/nonexistent/file.mcap", &err));
    assert_int_equal(err.status, STATUS_IO);
    assert_null(mcap_reader_open(folder, &err));
    assert_true(err.status == STATUS_IO && strstr(err.text, "folder"));
    assert_null(mcap_reader_open("/dev/null", &err));
    assert_int_equal(err.status, STATUS_IO);
    assert_null(mcap_writer_create("/nonexistent/file.mcap", &(struct mcap_options){"", "", MCAP_NONE, 0, 0, 0}, &err));
    assert_int_equal(err.status, STATUS_IO);
}

/* --- a full disk ----------------------------------------------------------------------------------------- */
static void test_device_full(void **state)
{
    (void)state;
    struct error err = {0};
    struct item *items = model_new(2000, 0, "full");
    struct mcap_writer *writer = writer_open("/dev/full", MCAP_ZSTD, 4000);
    items_write(writer, items, 2000);
    mcap_writer_attachment(writer, "a", "b", 0, "c", 1);
    assert_int_equal(mcap_writer_lost(writer), 2000);
    assert_int_equal(mcap_writer_close(&writer, &err), STATUS_IO);
    assert_non_null(strstr(err.text, "No space left on device"));
    assert_non_null(strstr(err.text, "2000 messages"));
    free(items);
}

/* Wherever the disk ends, the file holds the leading whole chunks, and what it lacks was counted. */
static void test_disk_fills(void **state)
{
    (void)state;
    enum { COUNT = 600 };
    struct item *items = model_new(COUNT, 0, "fills");
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    for (rlim_t room = 40; room < 20000; room += 777) {
        struct error err = {0};
        struct mcap_writer *writer = writer_open(path, MCAP_ZSTD, 3000);
        limit = (struct rlimit){room, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        items_write(writer, items, COUNT);
        mcap_writer_metadata(writer, "run", NULL, 0);
        uint64_t lost = mcap_writer_lost(writer);
        enum status status = mcap_writer_close(&writer, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(status, STATUS_IO);
        assert_int_equal(leading_count(path, items, COUNT, MCAP_FILE_ORDER), COUNT - lost);
        assert_true(lost || room > 15000);
    }
    signal(SIGXFSZ, handler);
    free(items);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_model), cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_bytes_on_disk),     cmocka_unit_test(test_chunk_spans_time),
        cmocka_unit_test(test_cut_at_every_byte), cmocka_unit_test(test_flipped_bytes),
        cmocka_unit_test(test_damaged_chunk),     cmocka_unit_test(test_hostile_sizes),
        cmocka_unit_test(test_hostile_index),     cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_device_full),       cmocka_unit_test(test_disk_fills),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
