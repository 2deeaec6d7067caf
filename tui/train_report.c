#include "tui/train_report.h"

#include <math.h>
#include <stdlib.h>

#include "logs/memory.h"
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

static void put_round(struct bytes *out, const struct train_round *r)
{
    const struct train_verdict *v = &r->verdict;
    bytes_format(out, "{");
    train_json_number(out, "expert_share", r->expert_share);
    bytes_format(out, "\"episodes\":%zu,\"successes\":%zu,\"samples\":%zu,\"samples_all\":%zu,\"epoch\":%zu,",
                 r->episodes, r->successes, r->samples, r->samples_all, r->fit.epoch);
    train_json_number(out, "loss", r->fit.loss);
    train_json_number(out, "validation", r->fit.validation);
    train_json_number(out, "validation_mps", r->fit.validation_mps);
    train_json_number(out, "validation_radps", r->fit.validation_radps);
    if (v->episodes) {
        bytes_format(out, "\"evaluation\":{\"episodes\":%zu,\"successes\":%zu,\"collisions\":%zu,", v->episodes,
                     v->successes, v->collisions);
        train_json_number(out, "success_low", v->success_low);
        train_json_number(out, "success_high", v->success_high);
        train_json_number(out, "spl", v->spl);
        train_json_number(out, "score", v->score);
        train_json_number(out, "score_low", v->score_low);
        train_json_number(out, "score_high", v->score_high);
        train_json_close(out, "}");
    }
    train_json_close(out, "}");
}

void train_report_json(const struct train_run *run, const struct train_record *record, struct bytes *out)
{
    struct bytes rows = {0};
    train_rows_text(&run->config.rows, &rows);
    bytes_put_u8(&rows, 0);
    bytes_format(out, "{");
    train_json_record(out, record, run->config.seed);
    train_json_text(out, "rows", (const char *)rows.data);
    train_json_text(out, "expert", run->teach.expert);
    bytes_format(out, "\"parameters\":%zu,\"kept_round\":%zu,", train_parameters(run->model), run->best + 1);
    train_json_sources(out, "parents", run->items);
    train_json_sources(out, "evaluated_on", run->evaluation);
    bytes_format(out, "\"rounds\":[");
    for (size_t i = 0; i < run->round_count; i++)
        put_round(out, &run->round[i]);
    train_json_close(out, "]");
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
