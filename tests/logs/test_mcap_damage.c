/* MCAP files that are cut at every byte, flipped, damaged, hostile, foreign, or on a full disk. */
#include "tests/logs/mcap_model.h"

#include <signal.h>
#include <sys/resource.h>

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
        struct mcap_statistics statistics = {.channels = 1, .chunks = 3, .messages = 5};
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
    assert_null(
        mcap_writer_create("/nonexistent/file.mcap", &(struct mcap_options){.profile = "", .library = ""}, &err));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_flipped_bytes),
        cmocka_unit_test(test_damaged_chunk),
        cmocka_unit_test(test_hostile_sizes),
        cmocka_unit_test(test_hostile_index),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_device_full),
        cmocka_unit_test(test_disk_fills),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
