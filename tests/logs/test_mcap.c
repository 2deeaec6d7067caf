/* MCAP, written and read: every walk against a plain list of messages, and the bytes on disk. */
#include "tests/logs/mcap_model.h"

/* --- agreement with the model ---------------------------------------------------------------------------- */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_model),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_bytes_on_disk),
        cmocka_unit_test(test_chunk_spans_time),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
