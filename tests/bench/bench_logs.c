/* MCAP written and read, and what recording and checking cost. Files lie in memory (/dev/shm) where there is some, so
 * that no disk is measured; every chunk has its checksum, the data section and the summary theirs. The peer's figures
 * are recorded ones: an existing C++ library (version 2.1) on such a machine, same sizes, payloads and checksums. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "logs/clock.h"
#include "logs/memory.h"
#include "logs/recorder.h"
#include "logs/seed.h"
#include "sim/check.h"
#include "sim/episode.h"
#include "tests/bench/bench.h"

enum { CHANNELS = 8, SMALL_BYTES = 100, LARGE_BYTES = 100 * 1000, SMALL = 1000000, LARGE = 1000,
       STEP_NS = 1000, POOL_BYTES = 8 << 20 };

#define PEER "C++ (recorded)" /* no ratio within the round: the library is not at hand */

static const char *folder = "/dev/shm";
static char written[64], small_file[64], mixed_file[64], large_file[64], log_file[64];

static void must(enum status status, const struct error *err)
{
    if (!status)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(3);
}

static void name(char path[64], const char *what)
{
    snprintf(path, 64, "%s/binnacle-bench-%ld-%s.mcap", folder, (long)getpid(), what);
}

static void files_remove(void)
{
    const char *const all[] = {written, small_file, mixed_file, large_file, log_file};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        unlink(all[i]);
}

/* --- writing ---------------------------------------------------------------------------------------------------- */
struct load {
    const char *path;
    size_t messages, size;
    enum mcap_compression compression;
    size_t chunk_bytes;
    const uint8_t *pool; /* payloads are cut from it */
    bool disordered;     /* times jump back and forth by up to 64 steps */
};

static double write_load(void *context)
{
    const struct load *load = context;
    struct error err = {0};
    struct mcap_options options = mcap_options_default();
    options.compression = load->compression;
    options.chunk_bytes = load->chunk_bytes;
    options.chunk_ns = 0;
    struct mcap_writer *writer = mcap_writer_create(load->path, &options, &err);
    must(writer ? STATUS_OK : err.status, &err);
    uint16_t channels[CHANNELS], schema = mcap_writer_schema(writer, "pkg/msg/Ranges", "ros2msg", "float32[] data", 14);
    for (int i = 0; i < CHANNELS; i++) {
        const char topic[] = {'/', (char)('a' + i), 0};
        channels[i] = mcap_writer_channel(writer, schema, topic, "cdr", NULL, 0);
    }
    for (size_t i = 0; i < load->messages; i++) {
        int64_t now_ns = (int64_t)(load->disordered ? i ^ i * 37 % 64 : i) * STEP_NS;
        mcap_writer_message(writer, channels[i % CHANNELS], (uint32_t)i, now_ns, now_ns,
                            load->pool + i * load->size % (POOL_BYTES - load->size), load->size);
    }
    must(mcap_writer_close(&writer, &err), &err);
    return (double)load->messages;
}

static void bench_write(const uint8_t *pool)
{
    enum { CHUNK = 768 * 1024, PART = 10 };
    struct load loads[] = {
        {written, SMALL / PART, SMALL_BYTES, MCAP_NONE, CHUNK, pool, false},
        {written, SMALL / PART, SMALL_BYTES, MCAP_NONE, 0, pool, false},
        {written, SMALL / PART, SMALL_BYTES, MCAP_LZ4, CHUNK, pool, false},
        {written, SMALL / PART, SMALL_BYTES, MCAP_ZSTD, CHUNK, pool, false},
        {written, LARGE, LARGE_BYTES, MCAP_NONE, CHUNK, pool, false},
    };
    struct bench_contestant all[COUNT_OF(loads)];
    for (size_t i = 0; i < COUNT_OF(loads); i++)
        all[i] = (struct bench_contestant){write_load, &loads[i]};
    struct bench_result r = bench_rounds(all, COUNT_OF(all), .1);
    double large_Bps = r.per_s[4] * LARGE_BYTES;
    bench_row("log write, 100 B, CRC", r.per_s[0], "msgs/s", 4e6, true, PEER, r.per_s[0] / 3.17e6);
    bench_row("log write, 100 B, CRC, no chunks", r.per_s[1], "msgs/s", BENCH_NONE, true, PEER,
              r.per_s[1] / 3.58e6);
    bench_row("log write, 100 B, CRC, lz4", r.per_s[2], "msgs/s", BENCH_NONE, true, PEER,
              r.per_s[2] / 1.5e6);
    bench_row("log write, 100 B, CRC, zstd 1", r.per_s[3], "msgs/s", BENCH_NONE, true, PEER,
              r.per_s[3] / .91e6);
    bench_row("log write, 100 kB, CRC", large_Bps, "B/s", 2e9, true, PEER, large_Bps / .999e9);
}

/* --- reading ---------------------------------------------------------------------------------------------------- */
struct reading {
    struct mcap_reader *reader;
    enum mcap_order order;
    struct seed_stream stream;
    uint64_t sum; /* of payload bytes, so that they are looked at */
};

static double read_all(void *context)
{
    struct reading *reading = context;
    const struct mcap_query query = {reading->order, INT64_MIN, INT64_MAX, NULL, 0};
    struct mcap_message message;
    struct error err = {0};
    enum status status = mcap_reader_query(reading->reader, &query, &err);
    double count = 0;
    while (!status && !(status = mcap_reader_next(reading->reader, &message, &err))) {
        reading->sum += message.data[0];
        count++;
    }
    must(status == STATUS_END ? STATUS_OK : status, &err);
    return count;
}

static double read_records(void *context)
{
    struct reading *reading = context;
    struct mcap_record record;
    struct error err = {0};
    enum status status;
    double count = 0;
    struct mcap_stream *stream = mcap_stream_open(small_file, &err);
    must(stream ? STATUS_OK : err.status, &err);
    while (!(status = mcap_stream_next(stream, &record, &err)))
        if (record.op == MCAP_MESSAGE) {
            reading->sum += record.message.data[0];
            count++;
        }
    must(status == STATUS_END ? STATUS_OK : status, &err);
    mcap_stream_destroy(&stream);
    return count;
}

/* To any time, then ten messages of one topic. */
static double seek(void *context)
{
    struct reading *reading = context;
    static const char *const topic = "/c";
    struct mcap_query query = {MCAP_TIME_ORDER, 0, INT64_MAX, &topic, 1};
    struct mcap_message message;
    struct error err = {0};
    query.from_ns = (int64_t)seed_below(&reading->stream, (SMALL - 10 * CHANNELS) * (uint64_t)STEP_NS);
    must(mcap_reader_query(reading->reader, &query, &err), &err);
    for (int i = 0; i < 10; i++) {
        must(mcap_reader_next(reading->reader, &message, &err), &err);
        reading->sum += message.data[0];
    }
    return 1;
}

static double open_file(void *context)
{
    struct reading *reading = context;
    struct error err = {0};
    struct mcap_reader *reader = mcap_reader_open(small_file, &err);
    must(reader ? STATUS_OK : err.status, &err);
    reading->sum += mcap_reader_info(reader)->message_count;
    mcap_reader_destroy(&reader);
    return 1;
}

static struct reading reading_new(const char *path, enum mcap_order order)
{
    struct error err = {0};
    struct reading reading = {mcap_reader_open(path, &err), order, seed_stream_named(1, "seek"), 0};
    must(reading.reader ? STATUS_OK : err.status, &err);
    return reading;
}

static void bench_read(const uint8_t *pool)
{
    struct load small = {small_file, SMALL, SMALL_BYTES, MCAP_NONE, 768 * 1024, pool, false};
    struct load large = {large_file, LARGE, LARGE_BYTES, MCAP_NONE, 768 * 1024, pool, false};
    struct load mixed = {mixed_file, SMALL, SMALL_BYTES, MCAP_NONE, 768 * 1024, pool, true};
    write_load(&small);
    write_load(&mixed);
    write_load(&large);
    struct reading file = reading_new(small_file, MCAP_FILE_ORDER), by_time = reading_new(small_file, MCAP_TIME_ORDER);
    struct reading any = reading_new(small_file, MCAP_TIME_ORDER), big = reading_new(large_file, MCAP_FILE_ORDER);
    struct reading sorted = reading_new(mixed_file, MCAP_TIME_ORDER);
    const struct bench_contestant all[] = {{read_all, &file}, {read_all, &by_time}, {read_records, &any},
                                           {open_file, &any}, {seek, &any},         {read_all, &big},
                                           {read_all, &sorted}};
    struct bench_result r = bench_rounds(all, COUNT_OF(all), .1);
    double open_ms = 1e3 / r.per_s[3], seek_ms = 1e3 / r.per_s[4], large_Bps = r.per_s[5] * LARGE_BYTES;
    bench_row("log read, 100 B, file order, CRC", r.per_s[0], "msgs/s", 7e6, true, PEER, r.per_s[0] / 6.74e6);
    bench_row("log read, 100 B, time order, CRC", r.per_s[1], "msgs/s", 4e6, true, PEER, r.per_s[1] / 3.35e6);
    bench_row("log read, 100 B, unordered to time order", r.per_s[6], "msgs/s", 4e6, true, NULL, BENCH_NONE);
    bench_row("log read, 100 B, record stream, CRC", r.per_s[2], "msgs/s", BENCH_NONE, true, NULL, BENCH_NONE);
    bench_row("log read, 100 kB, file order, CRC", large_Bps, "B/s", BENCH_NONE, true, PEER,
              large_Bps / 5.274e9);
    bench_row("log open and summary, 147 MB", open_ms, "ms", 1, false, PEER, open_ms / .5);
    bench_row("log seek and 10 messages of a topic", seek_ms, "ms", .5, false, PEER, seek_ms / .46);
    mcap_reader_destroy(&file.reader);
    mcap_reader_destroy(&by_time.reader);
    mcap_reader_destroy(&sorted.reader);
    mcap_reader_destroy(&any.reader);
    mcap_reader_destroy(&big.reader);
}

/* --- recording and checking ------------------------------------------------------------------------------------- */
static double thread_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

struct drive {
    double loop_s, all_s; /* processor time of the thread that simulates; of the recorder's, too */
    double sim_s;
    uint64_t ticks;
};

static struct drive drive(const char *name_, unsigned without, const char *log, uint64_t ticks_max)
{
    struct error err = {0};
    struct episode_options options = {.seed = 1, .without = without};
    struct journal *journal = journal_create();
    struct scenario *scenario = scenario_load(name_, &err);
    must(scenario ? STATUS_OK : err.status, &err);
    struct episode *episode = episode_create(scenario, &options, journal, &err);
    must(episode ? STATUS_OK : err.status, &err);
    struct recorder *recorder = log ? recorder_create(log, NULL, &err) : NULL;
    must(log && !recorder ? err.status : STATUS_OK, &err);
    if (recorder) {
        journal_add(journal, recorder_sink(recorder));
        episode_describe(episode, recorder);
    }
    episode_announce(episode);
    struct drive result = {.loop_s = -thread_s(), .all_s = -(double)clock_cpu_ns() * 1e-9};
    while (result.ticks < ticks_max && episode_step(episode))
        result.ticks++;
    result.loop_s += thread_s();
    result.sim_s = (double)episode_summary(episode).now_ns * 1e-9;
    must(recorder_close(&recorder, &err), &err);
    result.all_s += (double)clock_cpu_ns() * 1e-9;
    episode_destroy(&episode);
    scenario_destroy(&scenario);
    journal_destroy(&journal);
    return result;
}

static void bench_record(void)
{
    double loop[BENCH_ROUNDS], all[BENCH_ROUNDS];
    for (int round = -1; round < BENCH_ROUNDS; round++) {
        struct drive with = drive("office", 0, log_file, 300), alone = drive("office", 0, NULL, 300);
        if (round < 0)
            continue;
        loop[round] = 100 * (1 - alone.loop_s / with.loop_s);
        all[round] = 100 * (with.all_s / alone.all_s - 1);
    }
    bench_row("recording slows the simulator by", bench_median(loop, BENCH_ROUNDS), "%", 5, false, NULL, BENCH_NONE);
    bench_row("recording's processor time, both threads", bench_median(all, BENCH_ROUNDS), "%", BENCH_NONE, false, NULL,
              BENCH_NONE);
}

static double check_once(void *context)
{
    static struct check_report report;
    const struct check_options options = {0};
    struct error err = {0};
    must(check_log(log_file, &options, NULL, NULL, &report, &err), &err);
    if (!report.same) {
        fprintf(stderr, "check: the log of this very program differs\n");
        exit(3);
    }
    return *(const double *)context;
}

static void bench_check(void)
{
    double sim_s = drive("corridor", 1u << SENSOR_CAMERA, log_file, UINT64_MAX).sim_s;
    const struct bench_contestant check = {check_once, &sim_s};
    struct bench_result r = bench_rounds(&check, 1, .1);
    bench_row("check without camera, each log twice", r.per_s[0], "x real", 50, true, NULL, BENCH_NONE);
}

int main(void)
{
    uint8_t *pool = NEW_ARRAY(POOL_BYTES, uint8_t);
    struct seed_stream stream = seed_stream_named(1, "ranges");
    for (size_t i = 0; i + sizeof(float) <= POOL_BYTES; i += sizeof(float)) { /* like a scan: smooth, with noise */
        float range_m = (float)(3 + .001 * (double)(i % 400) + seed_between(&stream, -.01, .01));
        memcpy(pool + i, &range_m, sizeof range_m);
    }
    if (access(folder, W_OK))
        folder = "/tmp";
    name(written, "written");
    name(small_file, "small");
    name(mixed_file, "mixed");
    name(large_file, "large");
    name(log_file, "log");
    atexit(files_remove);
    bench_write(pool);
    bench_read(pool);
    bench_record();
    bench_check();
    free(pool);
    return 0;
}
