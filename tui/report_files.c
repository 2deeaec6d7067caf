/* report_files.c - the machine-readable halves of tui/report.h: JSON lines and JUnit. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "logs/clock.h"
#include "sim/build_id.h"
#include "tui/report.h"

/* --- JSON
 * ---------------------------------------------------------------------------------------------------------- */

static void json_text(struct bytes *out, const char *key, const char *text)
{
    bytes_format(out, ",\"%s\":", key);
    message_json_text(text, out);
}

static void json_number(struct bytes *out, const char *key, double value)
{
    if (isfinite(value))
        bytes_format(out, ",\"%s\":%.9g", key, value);
    else
        bytes_format(out, ",\"%s\":null", key);
}

static void json_bool(struct bytes *out, const char *key, bool value)
{
    bytes_format(out, ",\"%s\":%s", key, value ? "true" : "false");
}

static void json_count(struct bytes *out, const char *key, uint64_t value)
{
    bytes_format(out, ",\"%s\":%" PRIu64, key, value);
}

static void json_side(struct bytes *out, const char *key, const struct check_side *side)
{
    bytes_format(out, ",\"%s\":{\"ticks\":%" PRIu64 ",\"state_hash\":\"%016" PRIx64 "\"", key, side->ticks, side->hash);
    json_text(out, "outcome", side->outcome);
    json_number(out, "sim_time_s", side->sim_time_s);
    json_number(out, "path_length_m", side->path_length_m);
    json_number(out, "spl", side->spl);
    json_number(out, "min_clearance_m", side->min_clearance_m);
    bytes_format(out, ",\"violations\":{");
    for (int i = 0; i < VIOLATION_COUNT; i++)
        bytes_format(out, "%s\"%s\":%" PRIu32, i ? "," : "", violation_table[i].id, side->violations[i]);
    bytes_format(out, "}}");
}

static void json_difference(struct bytes *out, const struct difference *first)
{
    json_count(out, "tick", first->tick);
    json_text(out, "topic", first->topic);
    json_text(out, "field", first->field.path);
    json_text(out, "logged", first->field.left);
    json_text(out, "resimulated", first->field.right);
    json_count(out, "ulp", first->field.ulp);
    json_text(out, "part", first->part);
}

static void json_fields(struct bytes *out, const struct check_report *r)
{
    bytes_format(out, ",\"measures\":{");
    for (int i = 0; i < MEASURE_COUNT; i++)
        bytes_format(out, "%s\"%s\":{\"difference\":%.9g,\"within\":%s}", i ? "," : "", measure_names[i],
                     r->measurements[i].difference, r->measurements[i].within ? "true" : "false");
    bytes_format(out, "},\"fields\":[");
    for (size_t i = 0; i < r->fields.field_count; i++) {
        const struct align_field *field = &r->fields.fields[i];
        struct difference first = {.tick = field->tick, .field = field->first};
        memcpy(first.topic, field->topic, sizeof first.topic);
        bytes_format(out, "%s{\"count\":%" PRIu32, i ? "," : "", field->count);
        json_number(out, "greatest", field->greatest);
        json_difference(out, &first);
        bytes_format(out, "}");
    }
    bytes_format(out, "]");
    json_count(out, "only_logged", r->fields.deleted);
    json_count(out, "only_resimulated", r->fields.inserted);
    json_text(out, "violation_changes", r->violation_changes);
}

static void json_counterfactual(struct bytes *out, const struct check_report *r)
{
    const struct counterfactual *c = &r->counterfactual;
    json_text(out, "new_policy", r->new_policy);
    json_count(out, "decisions", c->decisions);
    json_count(out, "different", c->different);
    json_count(out, "first_different_tick", c->first_tick);
    bytes_format(out, ",\"curve\":[");
    for (size_t i = 0; i < c->curve_count; i++)
        bytes_format(out, "%s[%.6g,%.6g,%.6g]", i ? "," : "", c->curve[i].t_s, c->curve[i].distance_m,
                     c->curve[i].wish_mps);
    bytes_format(out, "]");
}

static void json_check(struct bytes *out, const struct check_report *r)
{
    json_text(out, "mode", check_mode_names[r->mode]);
    json_bool(out, "complete", r->complete);
    json_bool(out, "repeats", !r->unstable);
    json_count(out, "ticks", r->ticks);
    json_count(out, "messages", r->frames);
    bytes_format(out, ",\"state_hash\":\"%016" PRIx64 "\"", r->fresh.hash);
    json_text(out, "scenario", r->scenario);
    json_count(out, "seed", r->seed);
    json_text(out, "policy", r->policy);
    json_text(out, "outcome", r->fresh.outcome);
    json_bool(out, "same_build", r->same_build);
    json_side(out, "log_side", &r->logged);
    json_side(out, "resimulated_side", &r->fresh);
    if (!r->same && *r->first.topic)
        json_difference(out, &r->first);
    if (r->compared)
        json_fields(out, r);
    if (r->mode == CHECK_CLOSED_LOOP || r->mode == CHECK_OPEN_LOOP)
        json_counterfactual(out, r);
}

void report_json(const struct report_case *cases, size_t count, struct bytes *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct report_case *one = &cases[i];
        bytes_format(out, "{\"log\":");
        message_json_text(one->path, out);
        json_bool(out, "same", report_verdict(one) == REPORT_SAME);
        json_number(out, "wall_time_s", one->wall_s);
        if (one->status)
            json_text(out, "error", one->err.text);
        else
            json_check(out, &one->check);
        if (*one->reference)
            json_text(out, "reference", one->reference);
        bytes_format(out, "}\n");
    }
}

/* --- JUnit
 * --------------------------------------------------------------------------------------------------------- */

/* XML 1.0 knows few control characters, and names may hold any byte. */
static void put_xml(const char *text, size_t size, struct bytes *out)
{
    static const struct {
        char byte;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&apos;"}};
    for (size_t i = 0; i < size; i++) {
        size_t k = 0;
        while (k < COUNT_OF(entities) && entities[k].byte != text[i])
            k++;
        if (k < COUNT_OF(entities))
            bytes_format(out, "%s", entities[k].entity);
        else if ((text[i] >= 0x20 && text[i] < 0x7f) || text[i] == '\n' || text[i] == '\t')
            bytes_put_u8(out, (uint8_t)text[i]);
        else
            bytes_put_u8(out, '?');
    }
}

static void put_attribute(const char *name, const char *text, struct bytes *out)
{
    bytes_format(out, " %s=\"", name);
    put_xml(text, strlen(text), out);
    bytes_format(out, "\"");
}

static void put_case(const struct report_case *one, struct bytes *out)
{
    static const char *const elements[] = {[REPORT_DIFFERS] = "failure", [REPORT_DAMAGED] = "error"};
    enum report_verdict verdict = report_verdict(one);
    struct bytes headline = {0}, details = {0};
    report_headline(one, &headline);
    report_details(one, &details);
    bytes_put_u8(&headline, '\0');
    bytes_format(out, "    <testcase");
    char place[80];
    snprintf(place, sizeof place, "replay.%s", *one->check.scenario ? one->check.scenario : "unreadable");
    put_attribute("classname", place, out);
    put_attribute("name", one->name, out);
    bytes_format(out, " time=\"%.3f\">\n", one->wall_s);
    if (verdict != REPORT_SAME) {
        bytes_format(out, "      <%s", elements[verdict]);
        put_attribute("message", (const char *)headline.data, out);
        put_attribute("type", verdict == REPORT_DAMAGED ? "damaged" : check_mode_names[one->check.mode], out);
        bytes_format(out, ">");
        put_xml((const char *)details.data, details.size, out);
        bytes_format(out, "</%s>\n", elements[verdict]);
    } else {
        bytes_format(out, "      <system-out>");
        put_xml((const char *)headline.data, headline.size - 1, out);
        bytes_format(out, "</system-out>\n");
    }
    bytes_format(out, "    </testcase>\n");
    bytes_clear(&headline);
    bytes_clear(&details);
}

void report_junit(const struct report_case *cases, size_t count, struct bytes *out)
{
    size_t counts[3] = {0};
    double wall_s = 0;
    char host[64] = "", date[32];
    for (size_t i = 0; i < count; i++) {
        counts[report_verdict(&cases[i])]++;
        wall_s += cases[i].wall_s;
    }
    clock_date(date);
    if (gethostname(host, sizeof host - 1))
        snprintf(host, sizeof host, "unknown");
    bytes_format(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"binnacle check\" "
                      "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"0\" time=\"%.3f\" timestamp=\"%s\"",
                 count, counts[REPORT_DIFFERS], counts[REPORT_DAMAGED], wall_s, date);
    put_attribute("hostname", host, out);
    bytes_format(out, ">\n    <properties>\n      <property name=\"build_id\" value=\"%s\"/>\n    </properties>\n",
                 build_id());
    for (size_t i = 0; i < count; i++)
        put_case(&cases[i], out);
    bytes_format(out, "  </testsuite>\n</testsuites>\n");
}
