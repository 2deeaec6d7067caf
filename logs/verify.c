#include "logs/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "logs/hash.h"
#include "logs/sidecar.h"
#include "logs/verify_inside.h"

enum { READ_BYTES = 1 << 18 };

void verify_problem(struct verify *verify, bool warning, uint64_t offset, const char *format, ...)
{
    struct verify_report *report = verify->report;
    *(warning ? &report->warnings : &report->errors) += 1;
    if (report->problem_count >= VERIFY_PROBLEMS_MAX)
        return;
    report->problems = memory_resize(report->problems, report->problem_count + 1, sizeof *report->problems);
    struct verify_problem *problem = &report->problems[report->problem_count++];
    *problem = (struct verify_problem){.offset = offset, .warning = warning};
    va_list args;
    va_start(args, format);
    vsnprintf(problem->text, sizeof problem->text, format, args);
    va_end(args);
}

uint64_t verify_hash(const void *data, size_t size) { return hash_bytes(HASH_START, data, size); }

struct cursor verify_record(struct verify *verify, uint64_t at, uint64_t end, uint8_t *op, uint64_t *length)
{
    const uint8_t *prefix = end - at < MCAP_PREFIX_BYTES ? NULL : records_at(&verify->source, at, MCAP_PREFIX_BYTES);
    struct cursor cursor = {prefix, prefix ? MCAP_PREFIX_BYTES : 0, 0, !prefix};
    *op = cursor_u8(&cursor);
    *length = cursor_u64(&cursor);
    const uint8_t *body = cursor.failed || *length > end - at - MCAP_PREFIX_BYTES
                              ? NULL
                              : records_at(&verify->source, at + MCAP_PREFIX_BYTES, *length);
    return (struct cursor){body, body ? (size_t)*length : 0, 0, !body};
}

/* DataEnd at `at`: does its checksum fit everything before it? */
static void data_end_check(struct verify *verify, uint64_t at)
{
    const uint8_t *record = records_at(&verify->source, at, MCAP_DATA_END_BYTES);
    uint32_t crc = 0, is = 0;
    if (record)
        memcpy(&crc, record + MCAP_PREFIX_BYTES, sizeof crc);
    else
        verify_problem(verify, false, at, "DataEnd is cut off");
    for (uint64_t from = 0, size; crc && from < at; from += size) {
        size = at - from < READ_BYTES ? at - from : READ_BYTES;
        is = mcap_codec_crc_more(is, records_at(&verify->source, from, size), (size_t)size);
    }
    uint64_t length = MCAP_DATA_END_BYTES - MCAP_PREFIX_BYTES;
    if (record && memcmp(records_at(&verify->source, at, MCAP_PREFIX_BYTES) + 1, &length, sizeof length))
        verify_problem(verify, false, at, "DataEnd has another length than %" PRIu64, length);
    if (crc && is != crc)
        verify_problem(verify, false, at, "the data section's checksum is wrong: bytes before this one were altered");
    if (record && !crc)
        verify_problem(verify, true, at, "the data section has no checksum");
}

static void sidecar_check(struct verify *verify, const char *path)
{
    struct sidecar_view view;
    if (!sidecar_load(path, &view, NULL))
        verify_problem(
            verify, false, verify->source.size,
            view.recording
                ? "the log is being recorded at this moment"
                : "the recording was killed, and its last messages are still beside it (recover folds them in)");
    bytes_clear(&view.bytes);
}

static void verify_free(struct verify *verify)
{
    records_close(&verify->source);
    mcap_codec_clear(&verify->codec);
    bytes_clear(&verify->unpacked);
    arena_clear(&verify->arena);
    free(verify->chunks);
    free(verify->extras);
    free(verify);
}

enum status verify_log(const char *path, struct verify_report *report, struct error *err)
{
    struct records_source source;
    *report = (struct verify_report){0};
    enum status status = records_open(&source, path, err);
    if (status)
        return status;
    struct verify *verify = NEW(struct verify);
    verify->source = source;
    verify->report = report;
    report->bytes = source.size;
    const uint8_t *magic = records_at(&verify->source, 0, MCAP_MAGIC_BYTES);
    if (!magic || memcmp(magic, MCAP_MAGIC, MCAP_MAGIC_BYTES)) {
        verify_free(verify);
        return error_set(err, STATUS_CORRUPT, "%s is not an MCAP file: it does not begin like one", path);
    }
    bool ended;
    uint64_t at = verify_data(verify, &ended);
    if (ended) {
        data_end_check(verify, at);
        verify_summary(verify, at + MCAP_DATA_END_BYTES);
    } else {
        verify_problem(verify, false, at,
                       "the data section has no end: the log was never closed, or is cut or damaged");
    }
    if (verify->disordered && !report->ours)
        verify_problem(verify, true, verify->disordered,
                       "messages are not in the order of their log times, from here on");
    if (report->ours && !report->ticks)
        verify_problem(verify, false, 0, "no tick has a state hash, so a re-simulation has nothing to compare");
    if (verify->source.unreadable)
        verify_problem(verify, false, 0, "%" PRIu64 " bytes of the file cannot be read from the disk",
                       verify->source.unreadable);
    sidecar_check(verify, path);
    verify_free(verify);
    return STATUS_OK;
}

void verify_report_clear(struct verify_report *report)
{
    free(report->problems);
    *report = (struct verify_report){0};
}
