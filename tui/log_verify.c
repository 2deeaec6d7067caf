/* log verify: is a log all that it should be? Every problem, with its byte. */
#include <inttypes.h>

#include "logs/message.h"
#include "logs/verify.h"
#include "tui/log_verb.h"

static void people(const struct verify_report *report, const char *path, struct bytes *out)
{
    for (size_t i = 0; i < report->problem_count; i++)
        bytes_format(out, "%s: byte %" PRIu64 ": %s%s\n", path, report->problems[i].offset,
                     report->problems[i].warning ? "warning: " : "", report->problems[i].text);
    bytes_format(out, "%s: %s: %" PRIu64 " bytes, %" PRIu64 " chunks, %" PRIu64 " messages", path,
                 report->errors ? "not sound" : "sound", report->bytes, report->chunks, report->messages);
    if (report->ours)
        bytes_format(out, ", %" PRIu64 " ticks with a state hash, build %s", report->ticks,
                     *report->build_id ? report->build_id : "unknown");
    bytes_format(out, "; %" PRIu64 " errors, %" PRIu64 " warnings\n", report->errors, report->warnings);
}

static void json(const struct verify_report *report, const char *path, struct bytes *out)
{
    bytes_format(out, "{\"log\":");
    message_json_text(path, out);
    bytes_format(out,
                 ",\"sound\":%s,\"bytes\":%" PRIu64 ",\"chunks\":%" PRIu64 ",\"messages\":%" PRIu64
                 ",\"ticks\":%" PRIu64 ",\"build_id\":",
                 report->errors ? "false" : "true", report->bytes, report->chunks, report->messages, report->ticks);
    message_json_text(report->build_id, out);
    bytes_format(out, ",\"errors\":%" PRIu64 ",\"warnings\":%" PRIu64 ",\"problems\":[", report->errors,
                 report->warnings);
    for (size_t i = 0; i < report->problem_count; i++) {
        bytes_format(out, "%s{\"offset\":%" PRIu64 ",\"warning\":%s,\"text\":", i ? "," : "",
                     report->problems[i].offset, report->problems[i].warning ? "true" : "false");
        message_json_text(report->problems[i].text, out);
        bytes_format(out, "}");
    }
    bytes_format(out, "]}\n");
}

enum status log_verify(const struct log_options *options, int file_count, char **files, struct error *err)
{
    struct bytes text = {0};
    enum status status = STATUS_OK;
    int unsound = 0;
    for (int i = 0; i < file_count && !status; i++) {
        struct verify_report report;
        status = verify_log(files[i], &report, err);
        if (!status) {
            (options->json ? json : people)(&report, files[i], &text);
            status = log_print(&text);
        }
        unsound += report.errors != 0;
        verify_report_clear(&report);
    }
    bytes_clear(&text);
    if (!status && unsound)
        status = error_set(err, STATUS_DIVERGED, "%d of %d logs %s not sound", unsound, file_count,
                           unsound == 1 ? "is" : "are");
    return status;
}
