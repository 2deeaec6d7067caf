/* Logs made from logs: copied, joined, annotated, and the state they begin with. Compared message by message. */
#include "mcap_model.h"

#include "logs/latched.h"
#include "logs/mcap_append.h"
#include "logs/transfer.h"

enum { COUNT = 2000 };

static struct transfer *transfer_open(const char *file, enum mcap_compression compression)
{
    struct mcap_options options = mcap_options_default();
    struct error err = {0};
    options.compression = compression;
    struct transfer *transfer = transfer_create(file, &options, &err);
    if (!transfer)
        fail_msg("%s", err.text);
    return transfer;
}

static void messages_copy(struct transfer *transfer, size_t source, struct mcap_reader *reader)
{
    struct mcap_message message;
    struct error err = {0};
    assert_int_equal(mcap_reader_query(reader, &everything, &err), STATUS_OK);
    while (!mcap_reader_next(reader, &message, &err))
        transfer_message(transfer, source, &message);
}

static void extras_check(struct mcap_reader *reader, size_t times)
{
    const struct mcap_attachment *attachments;
    const struct mcap_metadata *metadata;
    assert_int_equal(mcap_reader_attachments(reader, &attachments), 2 * times);
    assert_string_equal(attachments[0].name, "scenario");
    assert_memory_equal(attachments[0].data, "world: office\n", 14);
    assert_int_equal(attachments[1].log_ns, 9);
    assert_int_equal(mcap_reader_metadatas(reader, &metadata), times);
    assert_string_equal(metadata[0].pairs[0].value, "7");
    assert_string_equal(metadata[0].pairs[1].value, "empty key");
}

/* Everything survives, definitions without messages too, and the output may be the input. */
static void test_copy(void **state)
{
    (void)state;
    struct item *items = model_new(COUNT, 500, "transfer");
    for (size_t i = 0; i < COUNT; i++)
        items[i].channel = items[i].channel == 3 ? 1 : items[i].channel; /* channel 3 stays empty */
    struct error err = {0};
    struct mcap_writer *writer = writer_open(path, MCAP_ZSTD, 4000);
    const struct mcap_pair pairs[] = {{"seed", "7"}, {"", "empty key"}};
    const struct mcap_attachment late = {"empty", "", 9, 5, NULL, 0};
    for (uint16_t id = 1; id <= CHANNELS; id++)
        mcap_writer_define(writer, id);
    mcap_writer_attachment(writer, "scenario", "text/yaml", 0, "world: office\n", 14);
    items_write(writer, items, COUNT);
    mcap_writer_metadata(writer, "run", pairs, COUNT_OF(pairs));
    mcap_writer_attachment_put(writer, &late);
    assert_int_equal(mcap_writer_close(&writer, &err), STATUS_OK);
    struct mcap_reader *reader = reader_open(path);
    struct transfer *transfer = transfer_open(path, MCAP_LZ4);
    size_t source = transfer_source(transfer, reader, topics, CHANNELS);
    assert_int_equal(transfer_extras(transfer, reader), 0);
    messages_copy(transfer, source, reader);
    if (transfer_close(&transfer, &err))
        fail_msg("%s", err.text);
    mcap_reader_destroy(&reader);
    reader = reader_open(path);
    const struct mcap_channel *const *channels;
    struct mcap_message message;
    assert_int_equal(mcap_reader_channels(reader, &channels), CHANNELS);
    for (size_t i = 0; i < CHANNELS; i++) {
        assert_string_equal(channels[i]->topic, topics[i]);
        assert_int_equal(channels[i]->metadata_count, i % 3);
        assert_int_equal(channels[i]->schema_id, i != 4);
    }
    extras_check(reader, 1);
    assert_int_equal(mcap_reader_attachment(reader, "empty")->create_ns, 5);
    assert_int_equal(mcap_reader_query(reader, &everything, &err), STATUS_OK);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(mcap_reader_next(reader, &message, &err), STATUS_OK);
        assert_same(&message, &items[i]);
    }
    assert_int_equal(mcap_reader_next(reader, &message, &err), STATUS_END);
    mcap_reader_destroy(&reader);
    free(items);
}

/* What two logs share is there once. */
static void test_join(void **state)
{
    (void)state;
    struct item *items = model_new(COUNT, 0, "join");
    model_write(path, MCAP_NONE, 4000, items, COUNT);
    struct error err = {0};
    struct mcap_reader *a = reader_open(path), *b = reader_open(path);
    struct transfer *transfer = transfer_open(other, MCAP_ZSTD);
    const char *const some[] = {"/a", "/b"};
    struct mcap_reader *readers[] = {a, b};
    for (size_t i = 0; i < 2; i++) {
        size_t source = transfer_source(transfer, readers[i], some, 2);
        assert_int_equal(source, i);
        assert_int_equal(transfer_extras(transfer, readers[i]), 0);
        messages_copy(transfer, source, readers[i]);
    }
    assert_int_equal(transfer_close(&transfer, &err), STATUS_OK);
    mcap_reader_destroy(&a);
    mcap_reader_destroy(&b);
    struct mcap_reader *reader = reader_open(other);
    const struct mcap_channel *const *channels;
    const struct mcap_schema *schemas;
    assert_int_equal(mcap_reader_channels(reader, &channels), CHANNELS);
    assert_int_equal(mcap_reader_schemas(reader, &schemas), 1);
    assert_int_equal(mcap_reader_info(reader)->message_count, 2 * COUNT);
    extras_check(reader, 2);
    mcap_reader_destroy(&reader);
    free(items);
}

static void test_failures(void **state)
{
    (void)state;
    struct mcap_options options = mcap_options_default();
    struct error err = {0};
    assert_null(transfer_create("/nonexistent/x.mcap", &options, &err));
    assert_int_equal(err.status, STATUS_IO);
    struct item *items = model_new(COUNT, 0, "failures");
    model_write(path, MCAP_NONE, 4000, items, COUNT);
    struct mcap_reader *reader = reader_open(path);
    struct transfer *transfer = transfer_open("/dev/full", MCAP_NONE); /* a device is written to, never replaced */
    size_t source = transfer_source(transfer, reader, NULL, 0);
    for (int i = 0; i < 20; i++)
        messages_copy(transfer, source, reader);
    assert_true(transfer_failed(transfer));
    assert_int_equal(transfer_close(&transfer, &err), STATUS_IO);
    unlink(other);
    transfer = transfer_open(other, MCAP_NONE);
    transfer_abandon(&transfer);
    assert_int_equal(access(other, F_OK), -1);
    char temporary[80];
    snprintf(temporary, sizeof temporary, "%s.tmp", other);
    assert_int_equal(access(temporary, F_OK), -1);
    transfer_abandon(&transfer);
    mcap_reader_destroy(&reader);
    free(items);
}

/* --- latched state ---------------------------------------------------------------------------------------- */
static void test_latched(void **state)
{
    (void)state;
    static const char *const qos[] = {"- history: 1\n  durability: 1\n", "- durability: 2\n", "",
                                      "- durability: transient_local\n", "- durability: 10\n"};
    struct mcap_options options = mcap_options_default();
    struct error err = {0};
    options.chunk_bytes = 300;
    struct mcap_writer *writer = mcap_writer_create(path, &options, &err);
    for (size_t i = 0; i < COUNT_OF(qos); i++) {
        const struct mcap_pair pair = {"offered_qos_profiles", qos[i]};
        mcap_writer_channel(writer, 0, topics[i], "cdr", &pair, 1);
    }
    for (uint32_t i = 0; i < 100; i++)
        mcap_writer_message(writer, (uint16_t)(1 + i % 5), i, (int64_t)i * 10, (int64_t)i * 10, &i, sizeof i);
    assert_int_equal(mcap_writer_close(&writer, &err), STATUS_OK);
    struct mcap_reader *reader = reader_open(path);
    const struct mcap_message *messages;
    static const struct {
        int64_t before_ns;
        size_t count;
        uint32_t sequences[2];
    } cases[] = {{555, 2, {53, 55}}, {500, 2, {45, 48}}, {501, 2, {48, 50}}, {30, 1, {0, 0}},
                 {0, 0, {0, 0}},     {INT64_MAX, 2, {95, 98}}, {INT64_MIN, 0, {0, 0}}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct latched *latched = latched_create(reader);
        assert_int_equal(latched_seek(latched, reader, cases[i].before_ns, &err), STATUS_OK);
        assert_int_equal(latched_messages(latched, &messages), cases[i].count);
        for (size_t k = 0; k < cases[i].count; k++) {
            assert_int_equal(messages[k].sequence, cases[i].sequences[k]);
            assert_memory_equal(messages[k].data, &cases[i].sequences[k], 4);
        }
        latched_destroy(&latched);
    }
    mcap_reader_destroy(&reader);
}

/* --- annotations ------------------------------------------------------------------------------------------ */
static void test_append(void **state)
{
    (void)state;
    struct item *items = model_new(COUNT, 0, "append");
    struct error err = {0};
    struct bytes before = {0}, after = {0};
    const struct mcap_pair pairs[] = {{"text", "a note"}, {"tag", ""}};
    const struct mcap_metadata *metadata;
    model_write(path, MCAP_ZSTD, 4000, items, COUNT);
    assert_int_equal(file_load(path, SIZE_MAX, &before, &err), STATUS_OK);
    for (size_t n = 1; n <= 3; n++) {
        if (mcap_append_metadata(path, "note", pairs, COUNT_OF(pairs), &err))
            fail_msg("%s", err.text);
        struct mcap_reader *reader = reader_open(path);
        const struct mcap_info *info = mcap_reader_info(reader);
        assert_true(info->has_summary && !*info->damage);
        assert_int_equal(info->message_count, COUNT);
        assert_int_equal(mcap_reader_metadatas(reader, &metadata), 1 + n);
        assert_string_equal(metadata[n].name, "note");
        assert_string_equal(metadata[n].pairs[0].value, "a note");
        mcap_reader_destroy(&reader);
    }
    /* the data section is untouched, and its checksum and the summary's are right */
    assert_int_equal(file_load(path, SIZE_MAX, &after, &err), STATUS_OK);
    uint64_t start, old;
    memcpy(&start, after.data + after.size - MCAP_TAIL_BYTES + MCAP_PREFIX_BYTES, 8);
    memcpy(&old, before.data + before.size - MCAP_TAIL_BYTES + MCAP_PREFIX_BYTES, 8);
    assert_memory_equal(before.data, after.data, old - MCAP_DATA_END_BYTES);
    uint32_t crc;
    memcpy(&crc, after.data + start - 4, 4);
    assert_int_equal(crc, mcap_codec_crc(after.data, start - MCAP_DATA_END_BYTES));
    size_t footer = after.size - MCAP_TAIL_BYTES;
    memcpy(&crc, after.data + footer + MCAP_PREFIX_BYTES + 16, 4);
    assert_int_equal(crc, mcap_codec_crc(after.data + start, footer + MCAP_PREFIX_BYTES + 16 - start));
    struct record record = record_at(&after, start);
    for (size_t at = start; at < footer; at += record.length) { /* one group per kind, each named by its offset */
        record = record_at(&after, at);
        if (record.op != MCAP_SUMMARY_OFFSET)
            continue;
        uint8_t group = cursor_u8(&record.body);
        uint64_t group_start = cursor_u64(&record.body), length = cursor_u64(&record.body);
        assert_int_equal(after.data[group_start], group);
        assert_int_not_equal(after.data[group_start + length], group);
    }
    bytes_clear(&before);
    bytes_clear(&after);
    free(items);
}

static void test_append_refused(void **state)
{
    (void)state;
    struct item *items = model_new(100, 0, "refused");
    struct error err = {0};
    struct bytes whole = {0}, now = {0};
    const struct mcap_pair pair = {"text", "x"};
    model_write(path, MCAP_ZSTD, 1000, items, 100);
    assert_int_equal(file_load(path, SIZE_MAX, &whole, &err), STATUS_OK);
    for (size_t cut = 0; cut < whole.size; cut += 7) { /* what is not finished stays as it is */
        assert_int_equal(file_save(path, whole.data, cut, &err), STATUS_OK);
        assert_int_equal(mcap_append_metadata(path, "note", &pair, 1, &err), STATUS_CORRUPT);
        assert_non_null(strstr(err.text, path));
        now.size = 0;
        assert_int_equal(file_load(path, SIZE_MAX, &now, &err), STATUS_OK);
        assert_int_equal(now.size, cut);
    }
    struct seed_stream stream = seed_stream_named(3, "append");
    for (int i = 0; i < 1000; i++) { /* nor does a flipped byte crash it */
        size_t at = whole.size - 1 - seed_below(&stream, 400);
        uint8_t old = whole.data[at];
        whole.data[at] ^= (uint8_t)(1 + seed_below(&stream, 255));
        assert_int_equal(file_save(path, whole.data, whole.size, &err), STATUS_OK);
        enum status status = mcap_append_metadata(path, "note", &pair, 1, &err);
        assert_true(status == STATUS_OK || status == STATUS_CORRUPT);
        whole.data[at] = old;
    }
    unlink(path);
    assert_int_equal(mcap_append_metadata(path, "note", &pair, 1, &err), STATUS_IO);
    bytes_clear(&whole);
    bytes_clear(&now);
    free(items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy),    cmocka_unit_test(test_join),   cmocka_unit_test(test_failures),
        cmocka_unit_test(test_latched), cmocka_unit_test(test_append), cmocka_unit_test(test_append_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
