/* log recover: everything that is whole in a damaged or killed log, in a new one, and what is missing. */
#include <inttypes.h>

#include "logs/message.h"
#include "logs/recover.h"
#include "tui/log_verb.h"

/* "1.234 s", or the word for the side where there is no message. */
static void put_time(struct bytes *out, int64_t ns, const char *otherwise)
{
    if (ns == RECOVER_NO_TIME)
        bytes_format(out, "%s", otherwise);
    else
        bytes_format(out, "%.3f s", (double)ns / 1e9);
}

static size_t kept(size_t count) { return count < RECOVER_ENTRIES_MAX ? count : RECOVER_ENTRIES_MAX; }

static void people(const struct recover_report *report, const char *out_path, struct bytes *out)
{
    bytes_format(out, "%s: %" PRIu64 " messages, %" PRIu64 " attachments, %" PRIu64 " metadata records", out_path,
                 report->messages, report->attachments, report->metadata);
    if (report->sidecar)
        bytes_format(out, ", %" PRIu64 " of the messages from beside the log", report->from_sidecar);
    bytes_format(out, "\n");
    for (size_t i = 0; i < kept(report->loss_count); i++) {
        const struct recover_loss *loss = &report->losses[i];
        bytes_format(out, "  lost: %" PRIu64 " bytes at byte %" PRIu64 "%s (%s), between ", loss->bytes, loss->offset,
                     loss->beside ? " of the sidecar" : "", loss->what);
        put_time(out, loss->after_ns, "the start");
        bytes_format(out, " and ");
        put_time(out, loss->before_ns, "the end");
        bytes_format(out, "\n");
    }
    for (size_t i = 0; i < kept(report->gap_count); i++) {
        const struct recover_gap *gap = &report->gaps[i];
        if (!gap->count || !report->topics[gap->topic].numbered)
            continue;
        bytes_format(out, "  missing: %" PRIu32 " of %s from #%" PRIu32 " on, between ", gap->count,
                     report->topics[gap->topic].name, gap->first);
        put_time(out, gap->after_ns, "the start");
        bytes_format(out, " and ");
        put_time(out, gap->before_ns, "the end");
        bytes_format(out, "\n");
    }
    if (report->unverified)
        bytes_format(out, "  unverified: %" PRIu64 " messages are from chunks whose checksum is wrong\n",
                     report->unverified);
    if (!report->closed && !report->sidecar)
        bytes_format(out, "  the log was never closed, and nothing is kept beside it: how it went on is unknown\n");
}

static void put_json_time(struct bytes *out, const char *key, int64_t ns)
{
    if (ns == RECOVER_NO_TIME)
        bytes_format(out, ",\"%s\":null", key);
    else
        bytes_format(out, ",\"%s\":%.9f", key, (double)ns / 1e9);
}

static void json(const struct recover_report *report, struct bytes *out)
{
    bytes_format(out,
                 "{\"complete\":%s,\"closed\":%s,\"sidecar\":%s,\"messages\":%" PRIu64 ",\"from_sidecar\":%" PRIu64
                 ",\"unverified\":%" PRIu64 ",\"attachments\":%" PRIu64 ",\"metadata\":%" PRIu64
                 ",\"bytes\":%" PRIu64 ",\"lost_bytes\":%" PRIu64 ",\"losses\":[",
                 report->complete ? "true" : "false", report->closed ? "true" : "false",
                 report->sidecar ? "true" : "false", report->messages, report->from_sidecar, report->unverified,
                 report->attachments, report->metadata, report->bytes, report->lost_bytes);
    for (size_t i = 0; i < kept(report->loss_count); i++) {
        const struct recover_loss *loss = &report->losses[i];
        bytes_format(out, "%s{\"offset\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"beside\":%s,\"what\":\"%s\"", i ? "," : "",
                     loss->offset, loss->bytes, loss->beside ? "true" : "false", loss->what);
        put_json_time(out, "after_s", loss->after_ns);
        put_json_time(out, "before_s", loss->before_ns);
        bytes_format(out, "}");
    }
    bytes_format(out, "],\"gaps\":[");
    const char *separator = "";
    for (size_t i = 0; i < kept(report->gap_count); i++) {
        const struct recover_gap *gap = &report->gaps[i];
        if (!gap->count || !report->topics[gap->topic].numbered)
            continue;
        bytes_format(out, "%s{\"topic\":", separator);
        message_json_text(report->topics[gap->topic].name, out);
        bytes_format(out, ",\"first\":%" PRIu32 ",\"count\":%" PRIu32, gap->first, gap->count);
        put_json_time(out, "after_s", gap->after_ns);
        put_json_time(out, "before_s", gap->before_ns);
        bytes_format(out, "}");
        separator = ",";
    }
    bytes_format(out, "]}\n");
}

enum status log_recover(const struct log_options *options, int file_count, char **files, struct error *err)
{
    struct recover_report report;
    struct bytes text = {0};
    (void)file_count;
    enum status status = recover_log(files[0], files[1], &report, err);
    if (!status) {
        if (options->json)
            json(&report, &text);
        else
            people(&report, files[1], &text);
        status = log_print(&text);
    }
    if (!status && !report.complete)
        status = error_set(err, STATUS_DIVERGED, "%s is not complete: %s holds what could be saved of it", files[0],
                           files[1]);
    recover_report_clear(&report);
    bytes_clear(&text);
    return status;
}
