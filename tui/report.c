#include "tui/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/build_id.h"

enum report_verdict report_verdict(const struct report_case *one)
{
    if (one->status)
        return REPORT_DAMAGED;
    return one->check.same && !one->reference_differs ? REPORT_SAME : REPORT_DIFFERS;
}

int report_exit_code(const struct report_case *cases, size_t count)
{
    int worst = 0;
    for (size_t i = 0; i < count; i++) {
        int code = cases[i].status ? status_exit_code(cases[i].status) : report_verdict(&cases[i]) == REPORT_DIFFERS;
        worst = code > worst ? code : worst;
    }
    return worst;
}

void report_violations(const uint32_t violations[VIOLATION_COUNT], struct bytes *out)
{
    const char *separator = "";
    for (int i = 0; i < VIOLATION_COUNT; i++)
        if (violations[i]) {
            bytes_format(out, "%s%s %" PRIu32, separator, violation_table[i].id, violations[i]);
            separator = ", ";
        }
    if (!*separator)
        bytes_format(out, "none");
}

/* --- one line
 * ------------------------------------------------------------------------------------------------------ */

static void put_experiment(const struct check_report *r, struct bytes *out)
{
    bytes_format(out, "%s seed %" PRIu64 " %s", r->scenario, r->seed, r->policy);
}

static void put_same(const struct check_report *r, struct bytes *out)
{
    if (r->mode == CHECK_CLOSED_LOOP || r->mode == CHECK_OPEN_LOOP) {
        bytes_format(out, "%s with %s: all %" PRIu64 " decisions the same", check_mode_names[r->mode], r->new_policy,
                     r->counterfactual.decisions);
        return;
    }
    bytes_format(out, "%s, %" PRIu64 " ticks, ", check_mode_names[r->mode], r->fresh.ticks);
    if (r->mode == CHECK_EXACT)
        bytes_format(out, "%" PRIu64 " messages, ", r->frames);
    bytes_format(out, "state %016" PRIx64 " (", r->fresh.hash);
    put_experiment(r, out);
    bytes_format(out, ", %s; violations: ", r->complete ? r->fresh.outcome : "the log ends before the episode does");
    report_violations(r->fresh.violations, out);
    bytes_format(out, ")");
}

static void put_difference(const struct difference *first, struct bytes *out)
{
    bytes_format(out, "tick %" PRIu64 ": %s %s", first->tick, first->topic, first->field.path);
    if (*first->field.left || *first->field.right)
        bytes_format(out, ": logged %s, re-simulated %s", first->field.left, first->field.right);
    if (first->field.ulp)
        bytes_format(out, " (%" PRIu64 " ulp)", first->field.ulp);
    if (*first->part)
        bytes_format(out, "; %s", first->part);
}

static void put_counterfactual(const struct check_report *r, struct bytes *out)
{
    const struct counterfactual *c = &r->counterfactual;
    bytes_format(out, "%s with %s: ", check_mode_names[r->mode], r->new_policy);
    if (c->different)
        bytes_format(out,
                     "decides otherwise from tick %" PRIu64 " on (v %.3f w %.3f, logged v %.3f w %.3f), in %" PRIu64
                     " of %" PRIu64 " ticks",
                     c->first_tick, c->fresh_wish.v_mps, c->fresh_wish.w_radps, c->logged_wish.v_mps,
                     c->logged_wish.w_radps, c->different, c->decisions);
    if (r->mode == CHECK_CLOSED_LOOP)
        bytes_format(out, "; %s, logged %s", r->fresh.outcome, r->complete ? r->logged.outcome : "nothing");
}

void report_headline(const struct report_case *one, struct bytes *out)
{
    const struct check_report *r = &one->check;
    if (one->status)
        bytes_format(out, "%s", one->err.text);
    else if (r->same)
        put_same(r, out);
    else if (r->mode == CHECK_CLOSED_LOOP || r->mode == CHECK_OPEN_LOOP)
        put_counterfactual(r, out);
    else if (r->unstable)
        bytes_format(out, "the re-simulation does not repeat itself: ");
    else if (*r->first.topic)
        bytes_format(out, "differs at ");
    else
        bytes_format(out, "every message is within its bounds, but the drive is not");
    if (!one->status && !r->same && *r->first.topic)
        put_difference(&r->first, out);
    if (one->reference_differs)
        bytes_format(out, "; against the reference: %s", one->reference);
}

/* --- details
 * ------------------------------------------------------------------------------------------------------- */

static void put_before(const struct check_report *r, struct bytes *out)
{
    if (!r->before_count)
        return;
    bytes_format(out, "  the ticks before (re-simulated):\n"
                      "      tick        x        y      yaw   wish v   wish w        v        w  clearance  hash\n");
    for (size_t i = 0; i < r->before_count; i++) {
        const struct trace_row *row = &r->before[i].row;
        bool exact = r->mode == CHECK_EXACT && row->tick <= r->ticks; /* the walk has compared it */
        bytes_format(out, "  %8" PRIu64 " %8.3f %8.3f %8.3f %8.3f %8.3f %8.3f %8.3f %10.3f  %s\n", row->tick,
                     row->pose.x, row->pose.y, row->pose.yaw, row->wish.v_mps, row->wish.w_radps, row->command.v_mps,
                     row->command.w_radps, row->clearance_m, exact || r->before[i].hash_agrees ? "ok" : "differs");
    }
}

static void put_fields(const struct check_report *r, struct bytes *out)
{
    const struct align_report *fields = &r->fields;
    if (fields->field_count)
        bytes_format(out, "  fields out of their bounds:\n"
                          "      from  messages    greatest  field: logged, re-simulated there\n");
    for (size_t i = 0; i < fields->field_count; i++) {
        const struct align_field *field = &fields->fields[i];
        bytes_format(out, "  %8" PRIu64 "  %8" PRIu32 "  %10.3g  %s %s: %s, %s\n", field->tick, field->count,
                     field->greatest, field->topic, field->path, field->first.left, field->first.right);
    }
    if (fields->fields_more)
        bytes_format(out, "  and %zu differences in other fields\n", fields->fields_more);
    if (fields->deleted || fields->inserted)
        bytes_format(out, "  %" PRIu64 " messages only in the log, %" PRIu64 " only in the re-simulation; first %s\n",
                     fields->deleted, fields->inserted, fields->first_stray);
}

static void put_curve(const struct check_report *r, struct bytes *out)
{
    const struct counterfactual *c = &r->counterfactual;
    bool closed = r->mode == CHECK_CLOSED_LOOP;
    if (!c->curve_count)
        return;
    bytes_format(out, "  %s:\n ",
                 closed ? "metres apart, at seconds" : "metres a second between the wishes, at seconds");
    for (size_t i = 0; i < c->curve_count; i++)
        bytes_format(out, "%s %.2f@%.1f", i && i % 12 == 0 ? "\n " : "",
                     closed ? c->curve[i].distance_m : c->curve[i].wish_mps, c->curve[i].t_s);
    bytes_format(out, "\n  greatest difference of a wish: %.3f m/s, %.3f rad/s\n", c->greatest_v_mps,
                 c->greatest_w_radps);
}

static void put_side(const char *name, const struct check_side *side, struct bytes *out)
{
    bytes_format(out, "    %-13s %-10s %7.2f s %7.2f m  SPL %.2f  clearance %6.3f m  violations: ", name,
                 *side->outcome ? side->outcome : "-", side->sim_time_s, side->path_length_m, side->spl,
                 side->min_clearance_m);
    report_violations(side->violations, out);
    bytes_format(out, "\n");
}

static void put_drives(const struct check_report *r, struct bytes *out)
{
    if (!r->compared)
        return;
    bytes_format(out, "  the drives:\n");
    put_side("logged", &r->logged, out);
    put_side("re-simulated", &r->fresh, out);
    bytes_format(out, "  apart: at most %.4f m, RMS %.4f m", r->measurements[MEASURE_POSE_MAX].difference,
                 r->measurements[MEASURE_POSE_RMS].difference);
    if (*r->violation_changes)
        bytes_format(out, "; violations gone (-) and new (+): %s", r->violation_changes);
    bytes_format(out, "\n");
    for (int i = 0; i < MEASURE_COUNT && r->mode == CHECK_TOLERANCE; i++)
        if (!r->measurements[i].within)
            bytes_format(out, "  out of bounds: %s, by %.6g\n", measure_names[i], r->measurements[i].difference);
}

void report_details(const struct report_case *one, struct bytes *out)
{
    const struct check_report *r = &one->check;
    if (one->status)
        return;
    if (!r->same) {
        put_before(r, out);
        put_fields(r, out);
        put_curve(r, out);
    }
    put_drives(r, out);
    if (r->checksum_wrong)
        bytes_format(out, "  note: a checksum of the file is wrong: it was altered after it was recorded\n");
    if (!r->same_build && (!r->same || r->mode == CHECK_TOLERANCE))
        bytes_format(out, "  note: the log was made by build %s, this is %s; only one build promises the same bits\n",
                     r->log_build, build_id());
}

/* --- for people
 * ---------------------------------------------------------------------------------------------------- */

static const char *const verdict_words[] = {"same", "DIFFERS", "DAMAGED"};

void report_table(const struct report_case *cases, size_t count, struct bytes *out)
{
    size_t counts[3] = {0}, width = 0;
    for (size_t i = 0; i < count; i++)
        width = strlen(cases[i].path) > width ? strlen(cases[i].path) : width;
    for (size_t i = 0; i < count; i++) {
        enum report_verdict verdict = report_verdict(&cases[i]);
        counts[verdict]++;
        bytes_format(out, "%-*s  %-7s  ", (int)width, cases[i].path, verdict_words[verdict]);
        report_headline(&cases[i], out);
        bytes_format(out, "\n");
        report_details(&cases[i], out);
    }
    if (count > 1)
        bytes_format(out, "%zu logs: %zu same, %zu differ, %zu damaged\n", count, counts[REPORT_SAME],
                     counts[REPORT_DIFFERS], counts[REPORT_DAMAGED]);
}

/* A cell must not end its row. */
static void put_cell(const struct bytes *text, struct bytes *out)
{
    for (size_t i = 0; i < text->size; i++) {
        if (text->data[i] == '|')
            bytes_put_u8(out, '\\');
        bytes_put_u8(out, text->data[i] == '\n' ? ' ' : text->data[i]);
    }
}

void report_markdown(const struct report_case *cases, size_t count, struct bytes *out)
{
    struct bytes text = {0};
    size_t counts[3] = {0};
    for (size_t i = 0; i < count; i++)
        counts[report_verdict(&cases[i])]++;
    bytes_format(out,
                 "### Replay gate: %s\n\n%zu same, %zu differ, %zu damaged\n\n| log | verdict | |\n|---|---|---|\n",
                 counts[REPORT_SAME] == count ? "passed" : "failed", counts[REPORT_SAME], counts[REPORT_DIFFERS],
                 counts[REPORT_DAMAGED]);
    for (size_t i = 0; i < count; i++) {
        text.size = 0;
        report_headline(&cases[i], &text);
        bytes_format(out, "| `%s` | %s | ", cases[i].name, verdict_words[report_verdict(&cases[i])]);
        put_cell(&text, out);
        bytes_format(out, " |\n");
    }
    for (size_t i = 0; i < count; i++) {
        text.size = 0;
        report_details(&cases[i], &text);
        if (report_verdict(&cases[i]) != REPORT_SAME && text.size)
            bytes_format(out, "\n<details><summary>%s</summary>\n\n```\n%.*s```\n</details>\n", cases[i].name,
                         (int)text.size, (const char *)text.data);
    }
    bytes_clear(&text);
}

void report_github(const struct report_case *cases, size_t count, struct bytes *out)
{
    for (size_t i = 0; i < count; i++) {
        if (report_verdict(&cases[i]) == REPORT_SAME)
            continue;
        struct bytes text = {0};
        report_headline(&cases[i], &text);
        bytes_format(out, "::error file=%s,title=replay::", cases[i].path);
        for (size_t k = 0; k < text.size; k++) /* the line is a command: its specials are percent-encoded */
            if (text.data[k] == '%' || text.data[k] == '\n' || text.data[k] == '\r')
                bytes_format(out, "%%%02X", text.data[k]);
            else
                bytes_put_u8(out, text.data[k]);
        bytes_format(out, "\n");
        bytes_clear(&text);
    }
}
