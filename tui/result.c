#include "tui/result.h"

#include <inttypes.h>
#include <math.h>

static uint32_t total_of(const struct violation_tally *tally)
{
    uint32_t total = 0;
    for (int i = 0; i < VIOLATION_COUNT; i++)
        total += tally[i].count;
    return total;
}

void result_violations(const struct violation_tally *tally, struct bytes *out)
{
    const char *separator = "";
    for (int i = 0; i < VIOLATION_COUNT; i++)
        if (tally[i].count) {
            bytes_format(out, "%s%s %" PRIu32, separator, violation_table[i].id, tally[i].count);
            separator = ", ";
        }
    if (!*separator)
        bytes_format(out, "none");
}

void result_line(const struct result *result, struct bytes *out)
{
    const struct episode_summary *s = &result->summary;
    double sim_s = (double)s->now_ns / 1e9;
    bytes_format(out,
                 "%s seed %" PRIu64 " %s: %s (%s) in %.1f s, %.1f m, SPL %.2f, clearance %.2f m, violations %" PRIu32,
                 result->scenario, result->seed, result->policy, outcome_names[s->outcome], s->detail, sim_s,
                 s->score->path_length_m, s->spl, s->score->min_clearance_m, total_of(s->violations));
    if (total_of(s->violations)) {
        bytes_format(out, " (");
        result_violations(s->violations, out);
        bytes_format(out, ")");
    }
    if (isfinite(s->barn_score))
        bytes_format(out, ", BARN score %.3f (clock %.1f s)", s->barn_score, s->clock_s);
    if (s->shadow_policy)
        bytes_format(out, ", shadow %s disagrees by %.3f, %" PRIu64 " of %" PRIu64 " vetoed", s->shadow_policy,
                     s->shadow_disagreement, s->shadow_vetoes, s->shadow_ticks);
    bytes_format(out, ", %.0fx real time", sim_s / fmax(result->wall_time_s, 1e-9));
    if (result->log)
        bytes_format(out, ", log %s", result->log);
    bytes_format(out, "\n");
}

static void json_text(struct bytes *out, const char *key, const char *text)
{
    bytes_format(out, "\"%s\":\"", key);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            bytes_format(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            bytes_format(out, "\\u%04x", *text);
        else
            bytes_put_u8(out, (uint8_t)*text);
    }
    bytes_format(out, "\",");
}

static void json_number(struct bytes *out, const char *key, double value)
{
    if (isfinite(value))
        bytes_format(out, "\"%s\":%.9g,", key, value);
    else
        bytes_format(out, "\"%s\":null,", key);
}

void result_json(const struct result *result, struct bytes *out)
{
    const struct episode_summary *s = &result->summary;
    double sim_s = (double)s->now_ns / 1e9;
    bytes_format(out, "{");
    json_text(out, "scenario", result->scenario);
    bytes_format(out, "\"seed\":%" PRIu64 ",", result->seed);
    json_text(out, "policy", result->policy);
    json_text(out, "outcome", outcome_names[s->outcome]);
    json_text(out, "detail", s->detail);
    bytes_format(out, "\"success\":%s,", s->outcome == OUTCOME_SUCCESS ? "true" : "false");
    json_number(out, "sim_time_s", sim_s);
    json_number(out, "wall_time_s", result->wall_time_s);
    json_number(out, "real_time_factor", sim_s / result->wall_time_s);
    json_number(out, "path_length_m", s->score->path_length_m);
    json_number(out, "spl", s->spl);
    json_number(out, "reference_length_m", s->reference_length_m);
    if (s->shadow_policy) {
        json_text(out, "shadow", s->shadow_policy);
        json_number(out, "shadow_disagreement", s->shadow_disagreement);
        json_number(out, "shadow_vetoes", (double)s->shadow_vetoes);
    }
    json_number(out, "clock_s", s->clock_s);
    json_number(out, "official_length_m", s->official_length_m);
    json_number(out, "barn_score", s->barn_score);
    json_number(out, "min_clearance_m", s->score->min_clearance_m);
    bytes_format(out, "\"violations\":{");
    for (int i = 0; i < VIOLATION_COUNT; i++)
        bytes_format(out, "%s\"%s\":%" PRIu32, i ? "," : "", violation_table[i].id, s->violations[i].count);
    bytes_format(out, "},\"faults\":[");
    for (size_t i = 0; episode_fault(result->episode, i); i++)
        bytes_format(out, "%s\"%s\"", i ? "," : "", episode_fault(result->episode, i));
    bytes_format(out, "],\"robot_touches\":%" PRIu32, s->robot_touches);
    bytes_format(out, ",\"ticks\":%" PRIu64 ",\"state_hash\":\"%016" PRIx64 "\",", s->tick, s->hash);
    if (result->log) {
        json_text(out, "log", result->log);
        if (*result->log_sha256)
            json_text(out, "log_sha256", result->log_sha256);
        else
            bytes_format(out, "\"log_sha256\":null,");
        bytes_format(out, "\"recorder_waits\":%" PRIu64 ",", result->recorder_waits);
    } else {
        bytes_format(out, "\"log\":null,\"log_sha256\":null,");
    }
    out->size--; /* the last comma */
    bytes_format(out, "}\n");
}
