/* Logs cut at every byte, flipped at random places, killed while recording: what is whole comes back, and nothing
 * else. */
#include "tests/logs/mcap_model.h"

#include <signal.h>
#include <sys/wait.h>

#include "logs/recorder.h"
#include "logs/recover.h"
#include "logs/sidecar.h"

enum { ITEMS = 36, FLIP_CASES = 1000 };
static char third[80];

/* --- where the messages of a file are --------------------------------------------------------------------------- */
struct place {
    size_t at, end;             /* of the record; in a compressed chunk, of the chunk */
    size_t chunk_at, chunk_end; /* 0: not in a chunk */
};

static size_t places_of_records(const struct bytes *bytes, size_t from, size_t to, struct place *places, size_t count)
{
    size_t chunk_at = 0;
    for (size_t at = from; at < to;) {
        struct record record = record_at(bytes, at);
        if (record.op == MCAP_MESSAGE)
            places[count++] = (struct place){at, at + record.length, 0, 0};
        if (record.op == MCAP_CHUNK) {
            chunk_at = at;
            cursor_take(&record.body, 28);
            bool packed = cursor_u32(&record.body) != 0;
            assert_false(packed);
            cursor_u64(&record.body);
            size_t first = count, end = at + record.length;
            count = places_of_records(bytes, end - cursor_left(&record.body), end, places, count);
            for (size_t i = first; i < count; i++) {
                places[i].chunk_at = chunk_at;
                places[i].chunk_end = end;
            }
        }
        if (record.op == MCAP_DATA_END)
            break;
        at += record.length;
    }
    return count;
}

/* --- what comes back -------------------------------------------------------------------------------------------- */
struct back {
    bool seen[ITEMS];
    size_t count, foreign; /* foreign: equal to no item */
    bool prefix;           /* the first `count` items, in order */
    enum status status;
    struct recover_report report;
};

static bool item_equals(const struct mcap_message *message, const struct item *item)
{
    return message->size == item->size && message->log_ns == item->log_ns &&
           !strcmp(message->channel->topic, topics[item->channel - 1]) && message->publish_ns == item->log_ns - 5 &&
           (!item->size || !memcmp(message->data, item->payload, item->size));
}

static struct back recover_back(const char *in, const struct item *items)
{
    struct back back = {.prefix = true};
    struct error err = {0};
    struct mcap_message message;
    unlink(other);
    back.status = recover_log(in, other, &back.report, &err);
    assert_true(back.status == STATUS_OK || back.status == STATUS_CORRUPT);
    if (back.status) {
        assert_true(*err.text != 0);
        return back;
    }
    struct mcap_reader *reader = reader_open(other);
    assert_true(mcap_reader_info(reader)->has_summary);
    assert_string_equal(mcap_reader_info(reader)->damage, "");
    assert_int_equal(mcap_reader_info(reader)->message_count, back.report.messages);
    assert_int_equal(mcap_reader_metadata(reader, "recovery") != NULL, !back.report.complete);
    assert_int_equal(mcap_reader_query(reader, &everything, &err), STATUS_OK);
    while (!mcap_reader_next(reader, &message, &err)) {
        bool known = message.sequence < ITEMS && item_equals(&message, &items[message.sequence]);
        back.prefix = back.prefix && known && message.sequence == back.count;
        back.foreign += !known || back.seen[message.sequence];
        if (known)
            back.seen[message.sequence] = true;
        back.count++;
    }
    mcap_reader_destroy(&reader);
    return back;
}

static void file_put(const char *file, const void *data, size_t size)
{
    unlink(file); /* a new file: ext4 hurries to write back what is truncated or renamed over */
    FILE *stream = fopen(file, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(data, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
}

static struct bytes model_bytes(enum mcap_compression compression, size_t chunk_bytes, const struct item *items)
{
    struct bytes bytes = {0};
    struct error err = {0};
    model_write(path, compression, chunk_bytes, items, ITEMS);
    assert_int_equal(file_load(path, SIZE_MAX, &bytes, &err), STATUS_OK);
    return bytes;
}

/* --- cut at every byte ------------------------------------------------------------------------------------------ */
static void test_cut_plain(void **state)
{
    (void)state;
    struct item *items = model_new(ITEMS, 0, "cut");
    for (size_t chunk_bytes = 0; chunk_bytes <= 700; chunk_bytes += 700) {
        struct place places[ITEMS];
        struct bytes bytes = model_bytes(MCAP_NONE, chunk_bytes, items);
        assert_int_equal(places_of_records(&bytes, 8, bytes.size, places, 0), ITEMS);
        size_t data_end = 0;
        for (size_t at = 8; !data_end; at += record_at(&bytes, at).length)
            data_end = record_at(&bytes, at).op == MCAP_DATA_END ? at + MCAP_DATA_END_BYTES : 0;
        for (size_t cut = 0; cut <= bytes.size; cut++) {
            size_t whole = 0;
            while (whole < ITEMS && places[whole].end <= cut)
                whole++;
            file_put(path, bytes.data, cut);
            struct back back = recover_back(path, items);
            if (back.count != whole || !back.prefix)
                fail_msg("cut at %zu of %zu: %zu of %zu messages", cut, bytes.size, back.count, whole);
            if (back.report.complete != (cut >= data_end && !back.status))
                fail_msg("cut at %zu of %zu: complete %d", cut, bytes.size, back.report.complete);
            recover_report_clear(&back.report);
        }
        bytes_clear(&bytes);
    }
    free(items);
}

/* Chunks large enough to be packed: whole chunks come back, and of the last what unpacks, in order. */
static void test_cut_packed(void **state)
{
    (void)state;
    struct item *items = model_new(ITEMS, 0, "cut packed");
    for (enum mcap_compression compression = MCAP_LZ4; compression <= MCAP_ZSTD; compression++) {
        struct bytes bytes = model_bytes(compression, 1300, items);
        size_t before = 0, salvaged = 0;
        for (size_t cut = 0; cut <= bytes.size; cut++) {
            file_put(path, bytes.data, cut);
            struct back back = recover_back(path, items);
            if (!back.prefix || back.count < before)
                fail_msg("cut at %zu of %zu: %zu messages after %zu", cut, bytes.size, back.count, before);
            salvaged += back.count > before;
            before = back.count;
            recover_report_clear(&back.report);
        }
        assert_int_equal(before, ITEMS);
        assert_true(salvaged >= 2);
        bytes_clear(&bytes);
    }
    free(items);
}

/* --- flipped bytes ---------------------------------------------------------------------------------------------- */
static void flip(struct bytes *bytes, struct seed_stream *stream, size_t at)
{
    uint8_t was = bytes->data[at];
    while (bytes->data[at] == was)
        if (seed_below(stream, 2))
            bytes->data[at] = (uint8_t)(was ^ 1u << seed_below(stream, 8));
        else
            bytes->data[at] = (uint8_t)seed_below(stream, 256);
}

/* One byte damages one message, or none. */
static void test_flip_plain(void **state)
{
    (void)state;
    struct item *items = model_new(ITEMS, 0, "flip");
    struct seed_stream stream = seed_stream_named(5, "flips");
    struct place places[ITEMS];
    for (size_t chunk_bytes = 0; chunk_bytes <= 700; chunk_bytes += 700) {
        struct bytes bytes = model_bytes(MCAP_NONE, chunk_bytes, items);
        places_of_records(&bytes, 8, bytes.size, places, 0);
        for (int n = 0; n < FLIP_CASES; n++) {
            size_t at = seed_below(&stream, bytes.size);
            uint8_t was = bytes.data[at];
            flip(&bytes, &stream, at);
            file_put(path, bytes.data, bytes.size);
            struct back back = recover_back(path, items);
            assert_int_equal(back.status, STATUS_OK);
            for (size_t i = 0; i < ITEMS; i++) {
                bool touched = at >= places[i].at && at < places[i].end;
                bool chunk_touched = at >= places[i].chunk_at && at < places[i].chunk_end;
                if (!back.seen[i] && !touched)
                    fail_msg("byte %zu: %02x -> %02x: message %zu at %zu..%zu is lost", at, was, bytes.data[at], i,
                             places[i].at, places[i].end);
                if (touched && chunk_touched && back.report.complete)
                    fail_msg("byte %zu: %02x -> %02x: damage to message %zu goes unnoticed", at, was, bytes.data[at],
                             i);
            }
            if (back.foreign > 1)
                fail_msg("byte %zu: %02x -> %02x: %zu invented messages", at, was, bytes.data[at], back.foreign);
            recover_report_clear(&back.report);
            bytes.data[at] = was;
        }
        bytes_clear(&bytes);
    }
    free(items);
}

/* Many flips at once, packed or not: never a crash, never an unreadable result. */
static void test_flip_many(void **state)
{
    (void)state;
    struct item *items = model_new(ITEMS, 0, "flip many");
    struct seed_stream stream = seed_stream_named(6, "flips");
    size_t returned = 0;
    for (enum mcap_compression compression = MCAP_NONE; compression <= MCAP_ZSTD; compression++) {
        struct bytes bytes = model_bytes(compression, 1300, items), damaged = {0};
        for (int n = 0; n < FLIP_CASES / 3; n++) {
            damaged.size = 0;
            bytes_put(&damaged, bytes.data, bytes.size);
            for (uint64_t flips = 1 + seed_below(&stream, 12); flips; flips--)
                flip(&damaged, &stream, seed_below(&stream, damaged.size));
            if (seed_below(&stream, 4) == 0) { /* a hole, or a torn tail */
                size_t at = seed_below(&stream, damaged.size), size = seed_below(&stream, damaged.size - at);
                memset(damaged.data + at, 0, size / 4);
            }
            file_put(path, damaged.data, damaged.size);
            struct back back = recover_back(path, items);
            for (size_t i = 0; i < ITEMS; i++)
                returned += back.seen[i];
            recover_report_clear(&back.report);
        }
        bytes_clear(&bytes);
        bytes_clear(&damaged);
    }
    printf("figure: %zu %% of the messages come back from files with 1 to 12 flipped bytes\n",
           returned * 100 / ((size_t)(FLIP_CASES / 3) * 3 * ITEMS));
    assert_true(returned > (size_t)FLIP_CASES * ITEMS / 2);
    free(items);
}

/* --- damage in words -------------------------------------------------------------------------------------------- */
static void test_report(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    struct error err = {0};
    struct recover_report report;
    struct mcap_writer *writer = writer_open(path, MCAP_NONE, 200); /* two or three messages a chunk */
    for (uint32_t i = 0; i < 12; i++)
        mcap_writer_message(writer, 1, i, 1000 * i, 1000 * i, "0123456789012345678901234567890123456789", 40);
    assert_int_equal(mcap_writer_close(&writer, &err), STATUS_OK);
    assert_int_equal(file_load(path, SIZE_MAX, &bytes, &err), STATUS_OK);
    struct place places[12];
    assert_int_equal(places_of_records(&bytes, 8, bytes.size, places, 0), 12);
    memset(bytes.data + places[5].at, 0xEE, places[6].end - places[5].at); /* messages 5 and 6, and what is between */
    file_put(path, bytes.data, bytes.size);
    assert_int_equal(recover_log(path, other, &report, &err), STATUS_OK);
    assert_false(report.complete);
    assert_true(report.closed);
    assert_int_equal(report.messages, 10);
    assert_int_equal(report.topic_count, 1);
    assert_int_equal(report.topics[0].missing, 2);
    assert_int_equal(report.gap_count, 1);
    assert_int_equal(report.gaps[0].first, 5);
    assert_int_equal(report.gaps[0].count, 2);
    assert_int_equal(report.gaps[0].after_ns, 4000);
    assert_int_equal(report.gaps[0].before_ns, 7000);
    uint64_t lost_from = UINT64_MAX, lost_to = 0;
    for (size_t i = 0; i < report.loss_count; i++) {
        const struct recover_loss *loss = &report.losses[i];
        lost_from = loss->offset < lost_from ? loss->offset : lost_from;
        lost_to = loss->offset + loss->bytes > lost_to ? loss->offset + loss->bytes : lost_to;
        assert_int_equal(loss->after_ns, 4000);
        assert_int_equal(loss->before_ns, 7000);
    }
    assert_in_range(lost_from, places[5].at, places[5].end);
    assert_int_equal(lost_to, places[6].end);
    recover_report_clear(&report);

    assert_int_equal(recover_log(path, path, &report, &err), STATUS_BAD_INPUT);
    assert_non_null(strstr(err.text, "itself"));
    assert_int_equal(recover_log(folder, other, &report, &err), STATUS_IO);
    file_put(path, "", 0);
    assert_int_equal(recover_log(path, third, &report, &err), STATUS_CORRUPT);
    assert_non_null(strstr(err.text, path));
    assert_int_not_equal(access(third, F_OK), 0);
    recover_report_clear(&report);
    bytes_clear(&bytes);
}

/* --- killed while recording ------------------------------------------------------------------------------------- */
static void record_and_die(size_t messages, uint64_t seed)
{
    struct error err = {0};
    struct mcap_options options = mcap_options_default();
    options.chunk_bytes = 20000;
    options.compression = (enum mcap_compression)(seed % 3);
    struct recorder *recorder = recorder_create(path, &options, &err);
    if (!recorder || *recorder_note(recorder))
        _exit(1);
    struct sink sink = recorder_sink(recorder);
    struct seed_stream stream = seed_stream_named(seed, "payloads");
    static uint8_t payload[60000];
    recorder_attach(recorder, "scenario", "text/plain", "office", 6);
    for (size_t i = 0; i < messages; i++) {
        size_t size = seed_below(&stream, 10) ? seed_below(&stream, 400) : seed_below(&stream, sizeof payload);
        for (size_t k = 0; k < size; k += 97)
            payload[k] = (uint8_t)seed_u64(&stream);
        struct frame frame = {TOPIC_SCAN, (uint32_t)i, (int64_t)i * 3000000, payload, size};
        sink.put(sink.self, &frame);
    }
    kill(getpid(), SIGKILL);
}

static void killed_recording(size_t messages, uint64_t seed)
{
    int code = 0;
    fflush(NULL);
    pid_t child = fork();
    if (!child)
        record_and_die(messages, seed);
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_true(WIFSIGNALED(code) && WTERMSIG(code) == SIGKILL);
}

static size_t messages_in(const char *file)
{
    struct error err = {0};
    struct mcap_message message;
    struct mcap_reader *reader = reader_open(file);
    size_t count = 0;
    assert_string_equal(mcap_reader_info(reader)->damage, "");
    assert_non_null(mcap_reader_attachment(reader, "scenario"));
    assert_int_equal(mcap_reader_query(reader, &everything, &err), STATUS_OK);
    for (; !mcap_reader_next(reader, &message, &err); count++)
        assert_int_equal(message.sequence, count);
    mcap_reader_destroy(&reader);
    return count;
}

static void test_killed(void **state)
{
    (void)state;
    struct seed_stream stream = seed_stream_named(9, "kills");
    struct recover_report report;
    struct error err = {0};
    size_t beside = 0, all = 0;
    for (uint64_t seed = 0; seed < 30; seed++) {
        size_t messages = seed ? seed_below(&stream, 2000) : 0;
        killed_recording(messages, seed);
        assert_int_equal(recover_log(path, other, &report, &err), STATUS_OK);
        assert_true(report.complete && report.sidecar && !report.gap_count);
        assert_int_equal(report.messages, messages);
        assert_int_equal(messages_in(other), messages);
        beside += report.from_sidecar;
        all += messages;
        recover_report_clear(&report);
        if (seed % 2 && messages) { /* opening the log folds the sidecar in */
            struct playback *playback = playback_open(path, &err);
            assert_non_null(playback);
            playback_destroy(&playback);
            assert_int_equal(messages_in(path), messages);
            assert_int_not_equal(access(third, F_OK), 0);
        }
    }
    assert_true(beside > 100);
    printf("figure: 30 recordings killed, 0 of %zu messages lost, %zu of them found beside the log\n", all, beside);
}

/* A power failure may leave anything of the sidecar. */
static void test_damaged_sidecar(void **state)
{
    (void)state;
    struct seed_stream stream = seed_stream_named(10, "sidecars");
    struct recover_report report;
    struct error err = {0};
    struct bytes sidecar = {0};
    killed_recording(1500, 4);
    assert_int_equal(file_load(third, SIZE_MAX, &sidecar, &err), STATUS_OK);
    for (int n = 0; n < 60; n++) {
        struct bytes damaged = {0};
        bytes_put(&damaged, sidecar.data, sidecar.size);
        size_t page = seed_below(&stream, sidecar.size / 4096), near_start = seed_below(&stream, 128);
        if (n % 3 == 0)
            memset(damaged.data + page * 4096, 0, 4096);
        else if (n % 3 == 1)
            flip(&damaged, &stream, near_start);
        else
            damaged.size = seed_below(&stream, damaged.size);
        file_put(third, damaged.data, damaged.size);
        enum status status = recover_log(path, other, &report, &err);
        assert_true(status == STATUS_OK || status == STATUS_CORRUPT);
        assert_true(report.messages <= 1500);
        if (report.messages < 1500 && report.complete)
            fail_msg("case %d: %d messages and nothing said to be lost", n, (int)report.messages);
        recover_report_clear(&report);
        bytes_clear(&damaged);
    }
    unlink(third);
    bytes_clear(&sidecar);
}

static int setup_three(void **state)
{
    int bad = setup(state);
    snprintf(third, sizeof third, "%s.open", path);
    return bad;
}

static int teardown_three(void **state)
{
    unlink(third);
    return teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_plain), cmocka_unit_test(test_cut_packed), cmocka_unit_test(test_flip_plain),
        cmocka_unit_test(test_flip_many), cmocka_unit_test(test_report),     cmocka_unit_test(test_killed),
        cmocka_unit_test(test_damaged_sidecar),
    };
    return cmocka_run_group_tests(tests, setup_three, teardown_three);
}
