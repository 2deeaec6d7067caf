/* An evaluation as tables, JSON and JUnit. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tui/evaluation.h"

/* What tables name: that something was hit or entered, nearly hit, or that nothing moved. SHIELD and SAT are not
 * faults. */
static const enum violation broken[] = {VIOLATION_COL1, VIOLATION_COL2, VIOLATION_COL3, VIOLATION_KEEP, VIOLATION_TIP,
                                        VIOLATION_HIGH, VIOLATION_NEAR, VIOLATION_STUCK, VIOLATION_INF, VIOLATION_LOC};

static void put_broken(const uint32_t *violations, const char *none, struct bytes *out)
{
    const char *separator = "";
    for (size_t i = 0; i < COUNT_OF(broken); i++)
        if (violations[broken[i]]) {
            bytes_format(out, "%s%s %" PRIu32, separator, violation_table[broken[i]].id, violations[broken[i]]);
            separator = ", ";
        }
    if (!*separator)
        bytes_format(out, "%s", none);
}

/* Without the folders; "worlds.txt#3-9/2" has a slash that belongs to no folder. */
static const char *scenario_name(const struct evaluation *e, size_t row)
{
    const char *name = e->scenarios[row], *hash = strchr(name, '#');
    for (const char *at = name; *at && at != hash; at++)
        if (*at == '/')
            name = at + 1;
    return name;
}

/* "0.94", or "-" where there is no number. */
static void put_number(double value, int width, int decimals, struct bytes *out)
{
    if (isfinite(value))
        bytes_format(out, "%*.*f", width, decimals, value);
    else
        bytes_format(out, "%*s", width, "-");
}

/* Is any of it a benchmark with a score? */
static bool is_scored(const struct evaluation *e)
{
    for (size_t i = 0; i < e->case_count; i++)
        if (!e->results[i].status && isfinite(e->results[i].barn_score))
            return true;
    return false;
}

static void put_row(const char *scenario, const char *variant, const struct evaluation_row *row, bool markdown,
                    bool scored, struct bytes *out)
{
    const char *bar = markdown ? " | " : "  ";
    bytes_format(out, markdown ? "| %s | %s" : "%-20s  %-14s", scenario, variant);
    bytes_format(out, "%s%4zu/%-4zu %3.0f %% (%.0f-%.0f)%s%3zu%s%3zu%s", bar, row->successes, row->runs - row->failed,
                 100.0 * (double)row->successes / fmax((double)(row->runs - row->failed), 1), 100 * row->success_low,
                 100 * row->success_high, bar, row->collisions, bar, row->timeouts, bar);
    put_number(row->spl, 5, 2, out);
    bytes_format(out, "%s", bar);
    put_number(row->time_s, 6, 1, out);
    bytes_format(out, "%s", bar);
    put_number(row->clearance_m, 5, 2, out);
    bytes_format(out, "%s", bar);
    if (scored) {
        put_number(row->barn_score, 6, 4, out);
        bytes_format(out, "%s", bar);
    }
    put_broken(row->violations, "none", out);
    if (row->failed)
        bytes_format(out, ", %zu could not be driven", row->failed);
    bytes_format(out, markdown ? " |\n" : "\n");
}

void evaluation_table(const struct evaluation *e, bool markdown, struct bytes *out)
{
    bool scored = is_scored(e);
    if (markdown)
        bytes_format(out,
                     "| scenario | policy | success (95 %%) | collided | no time | SPL | time s | least clearance m "
                     "|%s broken |\n"
                     "|---|---|---|---:|---:|---:|---:|---:|%s---|\n",
                     scored ? " BARN score |" : "", scored ? "---:|" : "");
    else
        bytes_format(out, "%-20s  %-14s  %-23s  %3s  %3s  %5s  %6s  %5s  %s%s\n", "scenario", "policy",
                     "success (95 %)", "hit", "late", "SPL", "time s", "clear", scored ? "  BARN  " : "", "broken");
    for (size_t v = 0; v < e->variant_count; v++)
        for (size_t s = 0; s < e->scenario_count; s++) {
            struct evaluation_row row = evaluation_sum(e, s, v);
            put_row(scenario_name(e, s), e->variants[v].name, &row, markdown, scored, out);
        }
    for (size_t v = 0; v < e->variant_count && e->scenario_count > 1; v++) {
        struct evaluation_row row = evaluation_total(e, v);
        put_row("all", e->variants[v].name, &row, markdown, scored, out);
    }
}

/* "10/10", and behind it what was broken. */
static void put_cell(const struct evaluation_row *row, struct bytes *out)
{
    bytes_format(out, "%zu/%zu", row->successes, row->runs - row->failed);
    const enum violation grave[] = {VIOLATION_COL2, VIOLATION_COL3, VIOLATION_KEEP, VIOLATION_TIP};
    for (size_t i = 0; i < COUNT_OF(grave); i++)
        if (row->violations[grave[i]])
            bytes_format(out, " %s %" PRIu32, violation_table[grave[i]].id, row->violations[grave[i]]);
}

void evaluation_matrix(const struct evaluation *e, bool markdown, struct bytes *out)
{
    bytes_format(out, markdown ? "| scenario |" : "%-16s", "scenario");
    for (size_t v = 0; v < e->variant_count; v++)
        bytes_format(out, markdown ? " %s |" : "  %-22s", e->variants[v].name);
    bytes_format(out, markdown ? "\n|---|" : "\n");
    for (size_t v = 0; markdown && v < e->variant_count; v++)
        bytes_format(out, "---|");
    bytes_format(out, markdown ? "\n" : "");
    for (size_t s = 0; s <= e->scenario_count; s++) {
        bool total = s == e->scenario_count;
        bytes_format(out, markdown ? "| %s |" : "%-16s", total ? "all" : scenario_name(e, s));
        for (size_t v = 0; v < e->variant_count; v++) {
            struct evaluation_row row = total ? evaluation_total(e, v) : evaluation_sum(e, s, v);
            struct bytes cell = {0};
            put_cell(&row, &cell);
            bytes_format(out, markdown ? " %.*s |" : "  %-22.*s", (int)cell.size, (const char *)cell.data);
            bytes_clear(&cell);
        }
        bytes_format(out, "\n");
    }
}

/* --- for machines ----------------------------------------------------------------------------------------------- */

static void json_text(struct bytes *out, const char *text)
{
    bytes_format(out, "\"");
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            bytes_format(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            bytes_format(out, "\\u%04x", *text);
        else
            bytes_put_u8(out, (uint8_t)*text);
    bytes_format(out, "\"");
}

static void json_number(struct bytes *out, const char *key, double value)
{
    bytes_format(out, isfinite(value) ? ",\"%s\":%.9g" : ",\"%s\":null", key, value);
}

static void json_violations(struct bytes *out, const uint32_t *violations)
{
    const char *separator = "";
    bytes_format(out, ",\"violations\":{");
    for (int i = 0; i < VIOLATION_COUNT; i++)
        if (violations[i]) {
            bytes_format(out, "%s\"%s\":%" PRIu32, separator, violation_table[i].id, violations[i]);
            separator = ",";
        }
    bytes_format(out, "}");
}

static void json_case(const struct evaluation *e, size_t i, struct bytes *out)
{
    const struct evaluation_case *one = &e->cases[i];
    const struct evaluation_result *r = &e->results[i];
    bytes_format(out, "{\"scenario\":");
    json_text(out, one->scenario);
    bytes_format(out, ",\"variant\":");
    json_text(out, e->variants[one->variant].name);
    bytes_format(out, ",\"seed\":%" PRIu64, one->seed);
    if (r->status) {
        bytes_format(out, ",\"outcome\":null,\"error\":");
        json_text(out, r->err.text);
        bytes_format(out, "}");
        return;
    }
    bytes_format(out, ",\"outcome\":\"%s\",\"success\":%s", outcome_names[r->outcome],
                 r->outcome == OUTCOME_SUCCESS ? "true" : "false");
    json_number(out, "sim_time_s", r->sim_time_s);
    json_number(out, "path_length_m", r->path_length_m);
    json_number(out, "spl", r->spl);
    json_number(out, "min_clearance_m", r->min_clearance_m);
    json_number(out, "clock_s", r->clock_s);
    json_number(out, "barn_score", r->barn_score);
    json_number(out, "wall_time_s", r->wall_s);
    json_violations(out, r->violations);
    bytes_format(out, "}");
}

static void json_sum(const struct evaluation *e, size_t scenario, size_t variant, struct bytes *out)
{
    struct evaluation_row row = evaluation_sum(e, scenario, variant);
    bytes_format(out, "{\"scenario\":");
    json_text(out, e->scenarios[scenario]);
    bytes_format(out, ",\"variant\":");
    json_text(out, e->variants[variant].name);
    bytes_format(out, ",\"runs\":%zu,\"successes\":%zu,\"collisions\":%zu,\"timeouts\":%zu,\"failed\":%zu", row.runs,
                 row.successes, row.collisions, row.timeouts, row.failed);
    json_number(out, "success_low", row.success_low);
    json_number(out, "success_high", row.success_high);
    json_number(out, "spl", row.spl);
    json_number(out, "time_s", row.time_s);
    json_number(out, "min_clearance_m", row.clearance_m);
    json_number(out, "barn_score", row.barn_score);
    json_violations(out, row.violations);
    bytes_format(out, "}");
}

void evaluation_json(const struct evaluation *e, struct bytes *out)
{
    bytes_format(out, "{\"episodes\":[");
    for (size_t i = 0; i < e->case_count; i++) {
        bytes_format(out, i ? ",\n" : "\n");
        json_case(e, i, out);
    }
    bytes_format(out, "],\n\"rows\":[");
    for (size_t s = 0; s < e->scenario_count; s++)
        for (size_t v = 0; v < e->variant_count; v++) {
            bytes_format(out, s || v ? ",\n" : "\n");
            json_sum(e, s, v, out);
        }
    bytes_format(out, "]}\n");
}

static void xml_text(struct bytes *out, const char *text)
{
    for (; *text; text++)
        if (*text == '<' || *text == '>' || *text == '&' || *text == '"')
            bytes_format(out, "&#%d;", *text);
        else if ((unsigned char)*text >= 0x20)
            bytes_put_u8(out, (uint8_t)*text);
}

void evaluation_junit(const struct evaluation *e, struct bytes *out)
{
    size_t failures = 0, errors = 0;
    for (size_t i = 0; i < e->case_count; i++) {
        errors += e->results[i].status != STATUS_OK;
        failures += !e->results[i].status && e->results[i].outcome != OUTCOME_SUCCESS;
    }
    bytes_format(out,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"binnacle eval\" "
                 "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"0\">\n",
                 e->case_count, failures, errors);
    for (size_t i = 0; i < e->case_count; i++) {
        const struct evaluation_case *one = &e->cases[i];
        const struct evaluation_result *r = &e->results[i];
        bytes_format(out, "<testcase classname=\"");
        xml_text(out, one->scenario);
        bytes_format(out, ".");
        xml_text(out, e->variants[one->variant].name);
        bytes_format(out, "\" name=\"seed %" PRIu64 "\" time=\"%.3f\">", one->seed, r->wall_s);
        if (r->status) {
            bytes_format(out, "<error message=\"");
            xml_text(out, r->err.text);
            bytes_format(out, "\"/>");
        } else if (r->outcome != OUTCOME_SUCCESS) {
            bytes_format(out, "<failure message=\"%s: ", outcome_names[r->outcome]);
            put_broken(r->violations, "nothing broken", out);
            bytes_format(out, "\"/>");
        }
        bytes_format(out, "</testcase>\n");
    }
    bytes_format(out, "</testsuite>\n</testsuites>\n");
}
