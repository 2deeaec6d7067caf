/* Records as they come: whole files, growing ones, and what is no record. */
#include <fcntl.h>

#include "tests/logs/mcap_model.h"

enum { ITEMS = 300 };

static void load(struct bytes *bytes)
{
    struct error err = {0};
    bytes->size = 0;
    assert_int_equal(file_load(path, SIZE_MAX, bytes, &err), STATUS_OK);
}

/* Where a record of that kind begins, outside of chunks. */
static size_t find(const struct bytes *bytes, enum mcap_op op)
{
    for (size_t at = MCAP_MAGIC_BYTES; at < bytes->size;) {
        struct record record = record_at(bytes, at);
        if (record.op == op)
            return at;
        at += record.length;
    }
    fail_msg("no record of kind %d", op);
    return 0;
}

static void test_whole_files(void **state)
{
    (void)state;
    struct item *items = model_new(ITEMS, 50, "stream");
    const size_t chunks[] = {0, 300, 1 << 20};
    for (size_t i = 0; i < COUNT_OF(chunks); i++)
        for (enum mcap_compression compression = MCAP_NONE; compression <= MCAP_ZSTD; compression++) {
            struct error err = {0};
            struct mcap_record record;
            size_t count[MCAP_DATA_END + 1] = {0};
            uint64_t in_chunks = 0, compressed = 0;
            model_write(path, compression, chunks[i], items, ITEMS);
            struct mcap_stream *stream = mcap_stream_open(path, &err);
            while (!mcap_stream_next(stream, &record, &err)) {
                if (record.op == MCAP_MESSAGE)
                    assert_same(&record.message, &items[count[MCAP_MESSAGE]]);
                if (record.op == MCAP_STATISTICS)
                    assert_int_equal(record.statistics.messages, ITEMS);
                if (record.op == MCAP_CHUNK)
                    compressed += !strcmp(record.chunk.compression, mcap_codec_name(compression));
                in_chunks += record.in_chunk;
                count[record.op]++;
            }
            assert_int_equal(mcap_stream_next(stream, &record, &err), STATUS_END);
            assert_int_equal(count[MCAP_MESSAGE], ITEMS);
            assert_int_equal(count[MCAP_ATTACHMENT], 2);
            assert_int_equal(count[MCAP_METADATA], 1);
            assert_int_equal(count[MCAP_CHANNEL], 2 * CHANNELS); /* data and summary */
            assert_int_equal(count[MCAP_SCHEMA], 2);
            assert_int_equal(count[MCAP_CHUNK_INDEX], count[MCAP_CHUNK]);
            assert_true(chunks[i] ? in_chunks == ITEMS + CHANNELS + 1 : !in_chunks && !count[MCAP_CHUNK]);
            assert_true(chunks[i] < 1 << 20 || compressed);
            mcap_stream_destroy(&stream);
            assert_null(stream);
        }
    free(items);
}

/* Everything a beginning of the file can give, in order, and then a request to wait. */
static void test_every_beginning(void **state)
{
    (void)state;
    struct item *items = model_new(12, 20, "cut");
    struct bytes bytes = {0};
    struct error err = {0};
    struct mcap_record record;
    model_write(path, MCAP_ZSTD, 300, items, 12);
    load(&bytes);
    size_t before = 0, total = 0;
    for (size_t size = 0; size <= bytes.size; size++) {
        struct bytes cut = {0};
        bytes_put(&cut, bytes.data, size); /* of its own, so that a sanitizer sees every byte too far */
        struct mcap_stream *stream = mcap_stream_bytes(cut.data, size);
        size_t count = 0, messages = 0;
        while (!mcap_stream_next(stream, &record, &err)) {
            if (record.op == MCAP_MESSAGE)
                assert_same(&record.message, &items[messages++]);
            count++;
        }
        for (int again = 0; again < 2; again++)
            assert_int_equal(mcap_stream_next(stream, &record, &err), size < bytes.size ? STATUS_AGAIN : STATUS_END);
        assert_true(count >= before);
        before = total = count;
        mcap_stream_destroy(&stream);
        bytes_clear(&cut);
    }
    assert_true(total > 30);
    bytes_clear(&bytes);
    free(items);
}

static void test_growing_file(void **state)
{
    (void)state;
    struct item *items = model_new(40, 20, "grow");
    struct bytes bytes = {0};
    struct error err = {0};
    struct mcap_record record;
    size_t messages = 0, footers = 0;
    enum status status = STATUS_AGAIN;
    model_write(path, MCAP_LZ4, 2000, items, 40);
    load(&bytes);
    int fd = open(other, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    struct mcap_stream *stream = mcap_stream_open(other, &err);
    assert_non_null(stream);
    for (size_t at = 0, step; at < bytes.size; at += step) {
        assert_int_equal(status, STATUS_AGAIN);
        step = 1 + at % 37 < bytes.size - at ? 1 + at % 37 : bytes.size - at;
        assert_int_equal(write(fd, bytes.data + at, step), step);
        while (!(status = mcap_stream_next(stream, &record, &err))) {
            if (record.op == MCAP_MESSAGE)
                assert_same(&record.message, &items[messages++]);
            footers += record.op == MCAP_FOOTER;
        }
    }
    assert_int_equal(status, STATUS_END);
    assert_int_equal(messages, 40);
    assert_int_equal(footers, 1);
    mcap_stream_destroy(&stream);
    close(fd);
    bytes_clear(&bytes);
    free(items);
}

/* Reads to the end; what was said on the way is in *err, how often in *damaged. */
static size_t messages_of(const struct bytes *bytes, enum status last, size_t *damaged, struct error *err)
{
    struct mcap_stream *stream = mcap_stream_bytes(bytes->data, bytes->size);
    struct mcap_record record;
    enum status status;
    size_t messages = 0;
    *damaged = 0;
    while ((status = mcap_stream_next(stream, &record, err)) != STATUS_END && status != STATUS_AGAIN) {
        messages += !status && record.op == MCAP_MESSAGE;
        *damaged += status == STATUS_CORRUPT;
        assert_true(*damaged < 1000);
    }
    assert_int_equal(status, last);
    mcap_stream_destroy(&stream);
    return messages;
}

static void assert_damage(const struct bytes *bytes, enum status last, size_t messages, const char *sentence)
{
    struct error err = {0};
    size_t damaged;
    assert_int_equal(messages_of(bytes, last, &damaged, &err), messages);
    assert_int_equal(damaged, sentence != NULL);
    if (sentence && !strstr(err.text, sentence))
        fail_msg("'%s' lacks '%s'", err.text, sentence);
}

static void test_chunk_damage(void **state)
{
    (void)state;
    struct item *items = model_new(ITEMS, 0, "damage");
    struct bytes bytes = {0};
    model_write(path, MCAP_NONE, 1 << 20, items, ITEMS); /* two chunks: metadata lies between */
    load(&bytes);
    size_t chunk = find(&bytes, MCAP_CHUNK), records = chunk + 9 + 8 + 8 + 8 + 4 + 4 + 8;
    assert_damage(&bytes, STATUS_END, ITEMS, NULL);
    struct error err = {0};
    size_t damaged, places[] = {records + 200, chunk + 9 + 8 + 8}; /* a record; the unpacked size */
    for (size_t i = 0; i < COUNT_OF(places); i++) { /* the channels of the second chunk were lost, too */
        bytes.data[places[i]] ^= 1;
        assert_int_equal(messages_of(&bytes, STATUS_END, &damaged, &err), 0);
        assert_int_equal(damaged, 1 + ITEMS / 2);
        bytes.data[places[i]] ^= 1;
    }
    memset(bytes.data + chunk + 9 + 8 + 8 + 8, 0, 4); /* no checksum, so that what follows is reached */
    uint8_t op = bytes.data[records];
    bytes.data[records] = MCAP_ATTACHMENT;
    assert_damage(&bytes, STATUS_END, ITEMS, "belongs outside of chunks");
    bytes.data[records] = 0x90; /* someone's private record */
    assert_damage(&bytes, STATUS_END, ITEMS, NULL);
    bytes.data[records] = op;
    bytes.data[records + 1 + 7] = 1; /* the first record of the chunk reaches beyond it */
    assert_int_equal(messages_of(&bytes, STATUS_END, &damaged, &err), 0);
    assert_int_equal(damaged, 1 + ITEMS / 2);
    bytes_clear(&bytes);
    free(items);
}

static void test_file_damage(void **state)
{
    (void)state;
    struct item *items = model_new(20, 0, "damage");
    struct bytes bytes = {0};
    model_write(path, MCAP_NONE, 0, items, 20);
    load(&bytes);
    size_t attachment = find(&bytes, MCAP_ATTACHMENT), channel = find(&bytes, MCAP_CHANNEL);
    const struct {
        size_t at;
        uint8_t value;
        enum status last;
        size_t messages;
        const char *sentence;
    } cases[] = {
        {0, 'X', STATUS_END, 0, "no MCAP magic at byte 0"},
        {bytes.size - 1, 'X', STATUS_END, 20, "no MCAP magic at byte"},
        {attachment, 0, STATUS_END, 0, "there is no record at byte"},
        {attachment, 0x80, STATUS_END, 20, NULL},
        {attachment, 0x7F, STATUS_END, 20, NULL},
        {attachment + 8, 0x10, STATUS_AGAIN, 0, NULL}, /* reaches beyond any file: wait for the rest */
        {attachment + 60, 'X', STATUS_END, 20, "the attachment at byte"},
        {find(&bytes, MCAP_METADATA) + 9, 200, STATUS_END, 20, "the metadata record at byte"},
        {find(&bytes, MCAP_STATISTICS) + 9 + 42, 200, STATUS_END, 20, "the statistics record at byte"},
        {channel + 9 + 4, 255, STATUS_END, 20, "the channel at byte"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint8_t was = bytes.data[cases[i].at];
        bytes.data[cases[i].at] = cases[i].value;
        if (cases[i].at != channel + 9 + 4) {
            assert_damage(&bytes, cases[i].last, cases[i].messages, cases[i].sentence);
        } else {
            struct error err = {0};
            size_t damaged, messages = messages_of(&bytes, STATUS_END, &damaged, &err);
            assert_true(messages < 20 && damaged == 1 + 20 - messages); /* its messages belong to nobody */
            assert_non_null(strstr(err.text, "not defined before it"));
        }
        bytes.data[cases[i].at] = was;
    }
    bytes_clear(&bytes);
    free(items);
}

/* Lengths that no memory could hold are refused before any is set aside. */
static void test_sizes(void **state)
{
    (void)state;
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    uint8_t start[MCAP_MAGIC_BYTES + MCAP_PREFIX_BYTES] = MCAP_MAGIC;
    const struct {
        uint8_t op;
        uint64_t length;
        enum status first;
    } cases[] = {
        {MCAP_CHANNEL, (uint64_t)1 << 32, STATUS_CORRUPT},    {MCAP_CHUNK, (uint64_t)1 << 32, STATUS_CORRUPT},
        {MCAP_ATTACHMENT, (uint64_t)1 << 32, STATUS_CORRUPT}, {0x81, (uint64_t)1 << 32, STATUS_AGAIN},
        {MCAP_MESSAGE, UINT64_MAX, STATUS_AGAIN},             {MCAP_MESSAGE, UINT64_MAX - 8, STATUS_AGAIN},
    };
    assert_true(fd >= 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        struct mcap_record record;
        start[MCAP_MAGIC_BYTES] = cases[i].op;
        memcpy(start + MCAP_MAGIC_BYTES + 1, &cases[i].length, sizeof cases[i].length);
        assert_int_equal(pwrite(fd, start, sizeof start, 0), sizeof start);
        assert_int_equal(ftruncate(fd, (off_t)sizeof start + ((off_t)1 << 32)), 0); /* sparse */
        struct mcap_stream *stream = mcap_stream_open(path, &err);
        assert_int_equal(mcap_stream_next(stream, &record, &err), cases[i].first);
        assert_int_equal(mcap_stream_next(stream, &record, &err), STATUS_AGAIN);
        mcap_stream_destroy(&stream);
    }
    close(fd);
}

static void test_bad_files(void **state)
{
    (void)state;
    struct error err = {0};
    assert_null(mcap_stream_open("/nonexistent.mcap", &err));
    assert_int_equal(err.status, STATUS_IO);
    assert_null(mcap_stream_open("/tmp", &err));
    struct mcap_stream *nothing = NULL;
    mcap_stream_destroy(&nothing);
    const struct bytes text = {(uint8_t *)(uintptr_t)"log", 3, 0}, empty = {0};
    assert_damage(&text, STATUS_END, 0, "no MCAP magic");
    assert_damage(&empty, STATUS_AGAIN, 0, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_files),  cmocka_unit_test(test_every_beginning),
        cmocka_unit_test(test_growing_file), cmocka_unit_test(test_chunk_damage),
        cmocka_unit_test(test_file_damage),  cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_bad_files),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
