#include "tui/train_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/file.h"
#include "logs/hash.h"
#include "logs/memory.h"
#include "logs/message.h"
#include "sim/build_id.h"
#include "tui/plot.h"

void train_report_line(const struct train_run *run, struct bytes *out)
{
    const struct train_round *r = &run->round[run->round_count - 1];
    const struct train_verdict *v = &r->verdict;
    bytes_format(out, "%sround %zu: expert %.0f %%, %zu of %zu reached the goal; %zu samples of %zu; loss %.4f",
                 run->label ? run->label : "", run->round_count, 100 * r->expert_share, r->successes, r->episodes,
                 r->samples, r->samples_all, r->fit.loss);
    if (isfinite(r->fit.validation))
        bytes_format(out, ", validation %.4f (%.3f m/s, %.3f rad/s)", r->fit.validation, r->fit.validation_mps,
                     r->fit.validation_radps);
    if (v->episodes)
        bytes_format(out, "; alone: %zu of %zu (%.0f..%.0f %%), %zu collided, SPL %.3f, score %.3f (%.3f..%.3f)",
                     v->successes, v->episodes, 100 * v->success_low, 100 * v->success_high, v->collisions, v->spl,
                     v->score, v->score_low, v->score_high);
    bytes_format(out, "\n");
}

/* --- JSON ------------------------------------------------ */

static void put_text(struct bytes *out, const char *key, const char *text)
{
    bytes_format(out, "\"%s\":", key);
    message_json_text(text, out);
    bytes_format(out, ",");
}

static void put_number(struct bytes *out, const char *key, double value)
{
    if (isfinite(value))
        bytes_format(out, "\"%s\":%.9g,", key, value);
    else
        bytes_format(out, "\"%s\":null,", key);
}

static void close_with(struct bytes *out, const char *bracket)
{
    if (out->data[out->size - 1] == ',')
        out->size--;
    bytes_format(out, "%s,", bracket);
}

/* A built-in scenario is in the build's id; a file is known by its hash. */
static void put_source(struct bytes *out, const char *source)
{
    char path[512], sha256[65];
    struct error err = {0};
    size_t length = strcspn(source, "#");
    bytes_format(out, "{");
    put_text(out, "source", source);
    memcpy(path, source, length = length < sizeof path ? length : sizeof path - 1);
    path[length] = '\0';
    if (strpbrk(path, "./") && !hash_file_sha256(path, sha256, &err))
        put_text(out, "sha256", sha256);
    close_with(out, "}");
}

/* Each source once, however many seeds it is driven with. */
static void put_sources(struct bytes *out, const char *key, const struct train_items *items)
{
    bytes_format(out, "\"%s\":[", key);
    for (size_t i = 0; i < items->count; i++)
        if (!i || strcmp(items->items[i].source, items->items[i - 1].source) != 0)
            put_source(out, items->items[i].source);
    close_with(out, "]");
}

static void put_round(struct bytes *out, const struct train_round *r)
{
    const struct train_verdict *v = &r->verdict;
    bytes_format(out, "{");
    put_number(out, "expert_share", r->expert_share);
    bytes_format(out, "\"episodes\":%zu,\"successes\":%zu,\"samples\":%zu,\"samples_all\":%zu,\"epoch\":%zu,",
                 r->episodes, r->successes, r->samples, r->samples_all, r->fit.epoch);
    put_number(out, "loss", r->fit.loss);
    put_number(out, "validation", r->fit.validation);
    put_number(out, "validation_mps", r->fit.validation_mps);
    put_number(out, "validation_radps", r->fit.validation_radps);
    if (v->episodes) {
        bytes_format(out, "\"evaluation\":{\"episodes\":%zu,\"successes\":%zu,\"collisions\":%zu,", v->episodes,
                     v->successes, v->collisions);
        put_number(out, "success_low", v->success_low);
        put_number(out, "success_high", v->success_high);
        put_number(out, "spl", v->spl);
        put_number(out, "score", v->score);
        put_number(out, "score_low", v->score_low);
        put_number(out, "score_high", v->score_high);
        close_with(out, "}");
    }
    close_with(out, "}");
}

void train_report_json(const struct train_run *run, const struct train_record *record, struct bytes *out)
{
    struct bytes rows = {0};
    train_rows_text(&run->config.rows, &rows);
    bytes_put_u8(&rows, 0);
    bytes_format(out, "{");
    if (record->onnx)
        put_text(out, "onnx", record->onnx);
    if (record->onnx_sha256)
        put_text(out, "sha256", record->onnx_sha256);
    put_text(out, "command_line", record->command_line);
    put_text(out, "build", build_id());
    bytes_format(out, "\"seed\":%" PRIu64 ",", run->config.seed);
    put_text(out, "rows", (const char *)rows.data);
    put_text(out, "expert", run->teach.expert);
    bytes_format(out, "\"parameters\":%zu,\"kept_round\":%zu,", train_parameters(run->model), run->best + 1);
    put_sources(out, "parents", run->items);
    put_sources(out, "evaluated_on", run->evaluation);
    bytes_format(out, "\"rounds\":[");
    for (size_t i = 0; i < run->round_count; i++)
        put_round(out, &run->round[i]);
    close_with(out, "]");
    out->size--; /* the comma */
    bytes_format(out, "}\n");
    bytes_clear(&rows);
}

/* --- picture ------------------------------------------------ */

enum { LOSS, VALIDATION, SCORE, LOW, HIGH, SERIES };

static void curves(const struct train_run *run, struct plot_series series[SERIES])
{
    static const char *const names[SERIES] = {"loss", "validation", "closed loop", "95 % from", "95 % to"};
    double *values[SERIES], *at[SERIES];
    size_t room = run->round_count * COUNT_OF(run->round->curve), epochs = 0;
    for (size_t s = 0; s < SERIES; s++) {
        at[s] = NEW_ARRAY(room, double);
        values[s] = NEW_ARRAY(room, double);
        series[s] = (struct plot_series){names[s], at[s], values[s], 0};
    }
    for (size_t i = 0; i < run->round_count; i++) {
        const struct train_round *r = &run->round[i];
        for (size_t k = 0; k < r->curve_count; k++) {
            const double now[] = {r->curve[k].loss, r->curve[k].validation};
            epochs++;
            for (size_t s = LOSS; s <= VALIDATION; s++) {
                at[s][series[s].count] = (double)epochs;
                values[s][series[s].count++] = now[s];
            }
        }
        const double verdict[] = {r->verdict.score, r->verdict.score_low, r->verdict.score_high};
        for (size_t s = SCORE; r->verdict.episodes && s < SERIES; s++) {
            at[s][series[s].count] = (double)epochs;
            values[s][series[s].count++] = verdict[s - SCORE];
        }
    }
}

enum status train_report_plot(const struct train_run *run, const char *path, struct error *err)
{
    struct plot plot = {.title = "training: loss by epoch, closed loop by round",
                        .x_label = "epochs, all rounds",
                        .y_label = "loss; score",
                        .series_count = run->evaluation->count ? SERIES : SCORE};
    curves(run, plot.series);
    enum status status = plot_save(&plot, path, err);
    for (size_t s = 0; s < SERIES; s++) {
        free((void *)(uintptr_t)plot.series[s].x);
        free((void *)(uintptr_t)plot.series[s].y);
    }
    return status;
}
