/* log diff: which fields of which topics differ between two logs, from when on, by how much. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "logs/diff.h"
#include "tui/log_verb.h"

struct report {
    const struct diff *diff;
    char *const *files;
    struct bytes out;
    const struct diff_topic *topics, *first; /* first: the topic that differs earliest; NULL: none does */
    size_t topic_count, compared, differing; /* compared: topics with any message */
};

/* The row of the topic's first difference by field; NULL if there is none. */
static const struct message_tally_row *first_row(const struct diff_topic *topic)
{
    const struct message_tally_row *first = NULL;
    for (size_t i = 0; i < topic->tally.row_count; i++) {
        const struct message_tally_row *row = &topic->tally.rows[i];
        if (row->count && (!first || row->first_ns < first->first_ns))
            first = row;
    }
    return first;
}

static void report_sum(struct report *report)
{
    report->topic_count = diff_topics(report->diff, &report->topics);
    for (size_t i = 0; i < report->topic_count; i++) {
        const struct diff_topic *topic = &report->topics[i];
        report->compared += topic->messages[0] || topic->messages[1];
        report->differing += topic->differs;
        if (topic->differs && (!report->first || topic->first_ns < report->first->first_ns))
            report->first = topic;
    }
}

/* What is measured between two ticks is published in the later one. */
static int64_t tick_of(const struct report *report, int64_t log_ns)
{
    int64_t tick_ns = diff_tick_ns(report->diff);
    return log_ns / tick_ns + (log_ns % tick_ns > 0);
}

/* "tick 124 (6.200 s)", or without a tick the time alone. */
static void put_moment(const struct report *report, struct bytes *out, int64_t log_ns)
{
    if (diff_tick_ns(report->diff)) {
        bytes_format(out, "tick %" PRId64 " (%.3f s)", tick_of(report, log_ns), (double)log_ns / 1e9);
    } else {
        log_time(out, log_ns);
        bytes_format(out, " s");
    }
}

/* --- for people ------------------------------------------------------------------------------------------- */

static void row_people(struct report *report, const struct message_tally_row *row)
{
    bytes_format(&report->out, "    %-34s %8" PRIu64 " from ", row->path, row->count);
    put_moment(report, &report->out, row->first_ns);
    bytes_format(&report->out, ": ");
    log_text(&report->out, row->first.left);
    bytes_format(&report->out, " / ");
    log_text(&report->out, row->first.right);
    if (row->largest > 0)
        bytes_format(&report->out, ", at most %.6g apart", row->largest);
    if (row->largest_ulp && isfinite(row->largest))
        bytes_format(&report->out, " (%" PRIu64 " ulp)", row->largest_ulp);
    bytes_format(&report->out, "\n");
}

static void topic_people(struct report *report, const struct diff_topic *topic)
{
    struct bytes *out = &report->out;
    bytes_format(out, "  ");
    log_text(out, topic->name);
    bytes_format(out, ": %" PRIu64 " and %" PRIu64 " messages, %" PRIu64 " pairs differ", topic->messages[0],
                 topic->messages[1], topic->differing);
    for (int which = 0; which < 2; which++)
        if (topic->only[which])
            bytes_format(out, ", %" PRIu64 " only in %s", topic->only[which], report->files[which]);
    bytes_format(out, ", from ");
    put_moment(report, out, topic->first_ns);
    if (topic->why_bytes)
        bytes_format(out, "; by bytes only: %s", topic->why_bytes);
    bytes_format(out, "\n");
    for (size_t i = 0; i < topic->tally.row_count; i++)
        if (topic->tally.rows[i].count)
            row_people(report, &topic->tally.rows[i]);
}

static void curve_people(struct report *report)
{
    const struct diff_point *points;
    size_t count = diff_curve(report->diff, &points), step = count / 12 + 1;
    if (!count || !report->differing)
        return;
    bytes_format(&report->out, "  robots apart:");
    for (size_t i = 0; i < count; i += step)
        bytes_format(&report->out, "%s %.1f s %.3f m", i ? "," : "", (double)points[i].log_ns / 1e9,
                     points[i].distance_m);
    bytes_format(&report->out, "\n");
}

static void report_people(struct report *report)
{
    bytes_format(&report->out, "%s / %s: %zu of %zu topics differ\n", report->files[0], report->files[1],
                 report->differing, report->compared);
    for (size_t i = 0; i < report->topic_count; i++)
        if (report->topics[i].differs)
            topic_people(report, &report->topics[i]);
    curve_people(report);
}

/* --- as JSON ---------------------------------------------------------------------------------------------- */

static void put_number(struct bytes *out, double value)
{
    if (isfinite(value))
        bytes_format(out, "%.17g", value);
    else
        bytes_format(out, "null");
}

static void put_first(const struct report *report, struct bytes *out, int64_t log_ns)
{
    bytes_format(out, "\"first_s\":");
    log_time(out, log_ns);
    if (diff_tick_ns(report->diff))
        bytes_format(out, ",\"first_tick\":%" PRId64, tick_of(report, log_ns));
}

static void row_json(struct report *report, const struct message_tally_row *row)
{
    struct bytes *out = &report->out;
    bytes_format(out, "{\"field\":\"%s\",\"count\":%" PRIu64 ",", row->path, row->count);
    put_first(report, out, row->first_ns);
    bytes_format(out, ",\"first_field\":\"%s\",\"left\":", row->first.path);
    message_json_text(row->first.left, out);
    bytes_format(out, ",\"right\":");
    message_json_text(row->first.right, out);
    bytes_format(out, ",\"largest\":");
    put_number(out, row->largest);
    bytes_format(out, ",\"largest_ulp\":%" PRIu64 "}", row->largest_ulp);
}

static void topic_json(struct report *report, const struct diff_topic *topic)
{
    struct bytes *out = &report->out;
    size_t rows = 0;
    message_json_text(topic->name, out);
    bytes_format(out, ":{\"messages\":[%" PRIu64 ",%" PRIu64 "],\"only\":[%" PRIu64 ",%" PRIu64 "],\"differing\":%"
                 PRIu64 ",\"differs\":%s", topic->messages[0], topic->messages[1], topic->only[0], topic->only[1],
                 topic->differing, topic->differs ? "true" : "false");
    if (topic->differs) {
        bytes_format(out, ",");
        put_first(report, out, topic->first_ns);
    }
    bytes_format(out, ",\"fields\":[");
    for (size_t i = 0; i < topic->tally.row_count; i++)
        if (topic->tally.rows[i].count) {
            bytes_format(out, "%s", rows++ ? "," : "");
            row_json(report, &topic->tally.rows[i]);
        }
    bytes_format(out, "]}");
}

static void report_json(struct report *report)
{
    struct bytes *out = &report->out;
    const struct diff_point *points;
    size_t count = diff_curve(report->diff, &points);
    bytes_format(out, "{\"logs\":[");
    message_json_text(report->files[0], out);
    bytes_format(out, ",");
    message_json_text(report->files[1], out);
    bytes_format(out, "],\"same\":%s,\"topics\":{", report->differing ? "false" : "true");
    for (size_t i = 0; i < report->topic_count; i++) {
        bytes_format(out, "%s", i ? "," : "");
        topic_json(report, &report->topics[i]);
    }
    bytes_format(out, "},\"apart\":[");
    for (size_t i = 0; i < count; i++) {
        bytes_format(out, "%s{\"time_s\":", i ? "," : "");
        log_time(out, points[i].log_ns);
        bytes_format(out, ",\"distance_m\":");
        put_number(out, points[i].distance_m);
        bytes_format(out, "}");
    }
    bytes_format(out, "]}\n");
}

/* --- the verb --------------------------------------------------------------------------------------------- */

/* The finding in one sentence. */
static enum status verdict(const struct report *report, struct error *err)
{
    struct bytes text = {0};
    const struct message_tally_row *row = report->first ? first_row(report->first) : NULL;
    if (!report->first)
        return STATUS_OK;
    bytes_format(&text, "the logs differ in %zu of %zu topics; first at ", report->differing, report->compared);
    put_moment(report, &text, report->first->first_ns);
    bytes_format(&text, ": ");
    log_text(&text, report->first->name);
    if (row && row->first_ns == report->first->first_ns) {
        bytes_format(&text, " %s: ", row->first.path);
        log_text(&text, row->first.left);
        bytes_format(&text, " / ");
        log_text(&text, row->first.right);
    }
    bytes_put_u8(&text, 0);
    error_set(err, STATUS_DIVERGED, "%s", (char *)text.data);
    bytes_clear(&text);
    return STATUS_DIVERGED;
}

/* Both logs in step. */
static enum status logs_walk(struct log_source sources[2], struct diff *diff, struct error *err)
{
    bool over[2];
    for (int i = 0; i < 2; i++) {
        enum status status = log_source_next(&sources[i], err);
        over[i] = status == STATUS_END;
        if (status && !over[i])
            return status;
    }
    while (!over[0] || !over[1]) {
        int next = over[0] || (!over[1] && sources[1].message.log_ns < sources[0].message.log_ns);
        enum status status = diff_add(diff, next, &sources[next].message, err);
        if (!status)
            status = log_source_next(&sources[next], err);
        over[next] = status == STATUS_END;
        if (status && !over[next])
            return status;
    }
    diff_finish(diff);
    return STATUS_OK;
}

enum status log_diff(const struct log_options *options, int file_count, char **files, struct error *err)
{
    struct log_source sources[2] = {{0}};
    struct diff *diff = NULL;
    struct report report = {.files = files};
    enum status status = STATUS_OK;
    for (int i = 0; i < file_count && !status; i++)
        status = log_source_open(&sources[i], options, files[i], MCAP_TIME_ORDER, err);
    struct reflect *const reflects[] = {sources[0].reflect, sources[1].reflect};
    if (!status) {
        diff = diff_create((struct mcap_reader *const[]){sources[0].reader, sources[1].reader}, reflects);
        status = log_source_walk(&sources[0], MCAP_TIME_ORDER, err);
    }
    if (!status)
        status = logs_walk(sources, diff, err);
    if (!status) {
        report.diff = diff;
        report_sum(&report);
        (options->json ? report_json : report_people)(&report);
        status = log_print(&report.out) ? STATUS_END : verdict(&report, err);
    }
    diff_destroy(&diff);
    bytes_clear(&report.out);
    for (int i = 0; i < 2; i++)
        status = log_source_close(&sources[i], status, err);
    return status;
}
