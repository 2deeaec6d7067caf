#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "logs/recover_inside.h"
#include "logs/sidecar.h"

enum { SUMMARY_MAX = 64 << 20, LOOK_AHEAD_RECORDS = 4096, TOLD_MAX = 100 };

/* --- what the file says before its records are walked ----------------------------------------------------------- */

/* Definitions of a summary whose checksum is right are better than those in data that may be damaged. */
static void summary_definitions(struct recover *recover, struct records_source *source)
{
    const uint8_t *tail =
        source->size < MCAP_TAIL_BYTES ? NULL : records_at(source, source->size - MCAP_TAIL_BYTES, MCAP_TAIL_BYTES);
    if (!tail)
        return;
    struct cursor cursor = {tail, MCAP_TAIL_BYTES, 0, false};
    bool footer = cursor_u8(&cursor) == MCAP_FOOTER && cursor_u64(&cursor) == MCAP_FOOTER_BYTES;
    uint64_t start = cursor_u64(&cursor), end = source->size - MCAP_TAIL_BYTES;
    cursor_u64(&cursor);
    uint32_t crc = cursor_u32(&cursor);
    size_t covered = MCAP_PREFIX_BYTES + MCAP_FOOTER_BYTES - sizeof crc; /* of the footer */
    if (!footer || !crc || !start || start > end || end - start > SUMMARY_MAX)
        return;
    const uint8_t *summary = records_at(source, start, end - start + covered);
    if (summary && mcap_codec_crc(summary, (size_t)(end - start) + covered) == crc)
        recover_take_definitions(recover, (struct cursor){summary, (size_t)(end - start), 0, false});
}

static const char *header_text(struct arena *arena, struct cursor *body, const char *fallback)
{
    struct records_text text = records_text(body);
    return body->failed ? fallback : arena_string(arena, text.data, text.size);
}

/* Profile, library and compression as in the log; where it does not say, as we write them. True if it begins as an
 * MCAP file. */
static bool options_guess(struct arena *arena, struct records_source *source, struct mcap_options *options)
{
    uint64_t at = MCAP_MAGIC_BYTES;
    bool chunks = false;
    enum mcap_compression compression = MCAP_NONE;
    const uint8_t *magic = records_at(source, 0, MCAP_MAGIC_BYTES);
    bool is_mcap = magic && !memcmp(magic, MCAP_MAGIC, MCAP_MAGIC_BYTES);
    for (int i = 0; i < LOOK_AHEAD_RECORDS && compression == MCAP_NONE; i++) {
        const uint8_t *prefix = records_at(source, at, MCAP_PREFIX_BYTES);
        struct cursor cursor = {prefix, prefix ? MCAP_PREFIX_BYTES : 0, 0, !prefix};
        uint8_t op = cursor_u8(&cursor);
        uint64_t length = cursor_u64(&cursor), look = length < RECORDS_NAMES_MAX ? length : RECORDS_NAMES_MAX;
        at += MCAP_PREFIX_BYTES;
        const uint8_t *data = cursor.failed ? NULL : records_at(source, at, look);
        struct cursor body = {data, data ? (size_t)look : 0, 0, !data};
        struct records_chunk chunk;
        if (!data)
            break;
        if (op == MCAP_HEADER && i == 0) {
            options->profile = header_text(arena, &body, options->profile);
            options->library = header_text(arena, &body, options->library);
        } else if (op == MCAP_CHUNK && records_chunk(body, &chunk)) {
            chunks = mcap_codec_find(chunk.compression.data, chunk.compression.size, &compression);
        }
        if (length > source->size - at)
            break;
        at += length;
    }
    if (chunks)
        options->compression = compression;
    return is_mcap;
}

/* --- the sidecar ------------------------------------------------------------------------------------------------ */

static void sidecar_take(struct recover *recover, struct sidecar_view *view)
{
    struct ring_record record;
    enum status status;
    uint64_t before = recover->report->messages, records = 0;
    while (!(status = ring_view_next(&view->ring, &record))) {
        struct cursor body = {record.data, record.size, 0, false};
        uint8_t op = cursor_u8(&body);
        uint64_t length = cursor_u64(&body);
        records++;
        if (op == MCAP_MESSAGE && length == cursor_left(&body))
            recover_take_message(recover, (struct cursor){record.data + body.offset, (size_t)length, 0, false}, true);
    }
    recover->report->from_sidecar = recover->report->messages - before;
    if (status != STATUS_END || records - view->records > 1) { /* one more: killed between the record and its count */
        uint64_t place = view->ring.position % view->ring.capacity;
        recover_take_loss(recover, true, (uint64_t)(view->ring.memory - view->bytes.data) + place,
                          view->ring.head - view->ring.position, "records beside the log that never reached the disk");
    }
}

/* --- the whole -------------------------------------------------------------------------------------------------- */

/* The new log itself says that it is not the whole story. */
static void tell(struct recover *recover)
{
    const struct recover_report *report = recover->report;
    struct bytes ranges = {0};
    char lost[24], missing[24], unverified[24];
    uint64_t count = 0;
    for (size_t i = 0; i < report->topic_count; i++)
        count += report->topics[i].numbered ? report->topics[i].missing : 0;
    for (size_t i = 0; i < report->loss_count && i < TOLD_MAX; i++)
        bytes_format(&ranges, "%s%" PRIu64 "+%" PRIu64, i ? " " : "", report->losses[i].offset,
                     report->losses[i].bytes);
    bytes_put_u8(&ranges, 0);
    snprintf(lost, sizeof lost, "%" PRIu64, report->lost_bytes);
    snprintf(missing, sizeof missing, "%" PRIu64, count);
    snprintf(unverified, sizeof unverified, "%" PRIu64, report->unverified);
    const struct mcap_pair pairs[] = {{"closed", report->closed || report->sidecar ? "yes" : "no"},
                                      {"lost_bytes", lost},
                                      {"lost_ranges", (const char *)ranges.data},
                                      {"missing_messages", missing},
                                      {"unverified_messages", unverified}};
    mcap_writer_metadata(recover->writer, "recovery", pairs, COUNT_OF(pairs));
    bytes_clear(&ranges);
}

static void walk(struct recover *recover, struct records_source *source, struct sidecar_view *view)
{
    struct recover_report *report = recover->report;
    uint64_t end = source->size;
    if (report->sidecar) {
        recover_take_definitions(recover, view->definitions);
        end = view->file_bytes < end ? view->file_bytes : end;
    }
    summary_definitions(recover, source);
    recover_scan_file(recover, source, end);
    if (report->sidecar && view->file_bytes > source->size)
        recover_take_loss(recover, false, source->size, view->file_bytes - source->size,
                          "the end of the log, which never reached the disk");
    if (report->sidecar)
        sidecar_take(recover, view);
    report->complete =
        !report->loss_count && !report->unverified && !source->unreadable && (report->closed || report->sidecar);
    if (!report->complete)
        tell(recover);
}

static void recover_free(struct recover *recover)
{
    mcap_codec_clear(&recover->codec);
    bytes_clear(&recover->unpacked);
    arena_clear(&recover->arena);
    arena_clear(&recover->scratch);
    free(recover);
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Both are open; `temporary` is where the new log grows. */
static enum status recover_to(const char *in, const char *temporary, struct records_source *source,
                              struct sidecar_view *view, struct recover_report *report, struct error *err)
{
    struct recover *recover = NEW(struct recover);
    struct mcap_options options = mcap_options_default();
    enum status status = STATUS_OK;
    recover->report = report;
    recover->last_ns = RECOVER_NO_TIME;
    bool is_mcap = options_guess(&recover->arena, source, &options);
    recover->writer = mcap_writer_create(temporary, &options, err);
    if (!recover->writer) {
        recover_free(recover);
        return err->status;
    }
    if (!is_mcap)
        recover_take_loss(recover, false, 0, source->size < MCAP_MAGIC_BYTES ? source->size : MCAP_MAGIC_BYTES,
                          "not the beginning of an MCAP file");
    walk(recover, source, view);
    if (!report->messages && !report->attachments && !report->metadata && !(is_mcap && report->complete))
        status = error_set(err, STATUS_CORRUPT, "%s holds nothing that can be recovered: not one whole record", in);
    struct error trouble = {0};
    if (mcap_writer_close(&recover->writer, &trouble) && !status)
        status = error_set(err, trouble.status, "%s", trouble.text);
    recover_free(recover);
    return status;
}

enum status recover_log(const char *in, const char *out, struct recover_report *report, struct error *err)
{
    struct records_source source;
    struct sidecar_view view;
    struct bytes name = {0};
    *report = (struct recover_report){0};
    if (same_file(in, out))
        return error_set(err, STATUS_BAD_INPUT, "%s is the log itself; name another file for what is recovered", out);
    enum status status = records_open(&source, in, err);
    if (status)
        return status;
    enum status beside = sidecar_load(in, &view, NULL);
    if (view.recording)
        status = error_set(err, STATUS_IO, "%s is being recorded at this moment; end that first", in);
    report->bytes = source.size;
    report->sidecar = !beside;
    bytes_format(&name, "%s.%ld.tmp", out, (long)getpid());
    bytes_put_u8(&name, 0);
    const char *temporary = (const char *)name.data;
    if (!status)
        status = recover_to(in, temporary, &source, &view, report, err);
    if (!status && rename(temporary, out))
        status = error_set(err, STATUS_IO, "cannot write %s: %s", out, strerror(errno));
    if (status)
        unlink(temporary);
    bytes_clear(&name);
    bytes_clear(&view.bytes);
    records_close(&source);
    return status;
}

void recover_report_clear(struct recover_report *report)
{
    for (size_t i = 0; i < report->topic_count; i++)
        free(report->topics[i].name);
    free(report->topics);
    free(report->losses);
    free(report->gaps);
    *report = (struct recover_report){0};
}

void recover_beside(const char *log)
{
    struct sidecar_view view;
    struct recover_report report;
    struct bytes name = {0};
    enum status status = sidecar_load(log, &view, NULL);
    bool recording = view.recording;
    bytes_clear(&view.bytes);
    if (status || recording)
        return;
    bytes_format(&name, "%s.%ld.whole", log, (long)getpid());
    bytes_put_u8(&name, 0);
    const char *whole = (const char *)name.data;
    status = recover_log(log, whole, &report, NULL);
    if (!status && report.complete && !rename(whole, log))
        sidecar_forget(log);
    else
        unlink(whole);
    recover_report_clear(&report);
    bytes_clear(&name);
}
