#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "logs/memory.h"
#include "tui/plot.h"
#include "tui/train_trials.h"

/* A line that grows by points; one that is not finite interrupts it. */
struct line {
    double *x, *y;
    size_t count;
};

static void line_put(struct line *line, double x, double y)
{
    line->x[line->count] = x;
    line->y[line->count++] = y;
}

/* Epochs are counted through all rounds. */
static size_t epochs_before(const struct train_trials *trials, size_t round)
{
    size_t epochs = 0;
    for (size_t r = 0; r < round; r++)
        epochs += trials->round[r].curve_count;
    return epochs;
}

/* Mean over the trials; that of the samples learned from where nothing is held out. */
static void put_loss(const struct train_trials *trials, size_t way, struct line *line)
{
    for (size_t r = 0; r < trials->round_count; r++) {
        for (size_t k = 0; k < trials->round[r].curve_count; k++) {
            double sum = 0;
            for (size_t t = 0; t < trials->count; t++) {
                const struct train_epoch *epoch =
                    &trials->round[(way * trials->count + t) * trials->round_count + r].curve[k];
                sum += isfinite(epoch->validation) ? epoch->validation : epoch->loss;
            }
            line_put(line, (double)(epochs_before(trials, r) + k + 1), sum / (double)trials->count);
        }
        line_put(line, (double)NAN, (double)NAN); /* the next round begins anew */
    }
}

/* From round to round, then every interval as an upright stroke. */
static void put_success(const struct train_trials *trials, size_t way, struct line *line)
{
    for (size_t r = 0; r < trials->round_count; r++)
        line_put(line, (double)epochs_before(trials, r + 1), train_trials_pool(trials, way, r).success);
    for (size_t r = 0; r < trials->round_count; r++) {
        struct train_pool pool = train_trials_pool(trials, way, r);
        double x = (double)epochs_before(trials, r + 1);
        line_put(line, (double)NAN, (double)NAN);
        line_put(line, x, pool.success_low);
        line_put(line, x, pool.success_high);
    }
}

enum status train_trials_plot(const struct train_trials *trials, const char *path, struct error *err)
{
    enum { KINDS = 2 };
    static void (*const put[KINDS])(const struct train_trials *, size_t, struct line *) = {put_success, put_loss};
    static const char *const what[KINDS] = {"goal reached, 95 %", "validation loss"};
    struct line lines[KINDS * TRAIN_WAYS_MAX];
    char names[KINDS * TRAIN_WAYS_MAX][64];
    size_t count = KINDS * trials->way_count;
    size_t room = epochs_before(trials, trials->round_count) + 4 * trials->round_count;
    struct plot plot = {.title = "taught on the same number of samples: closed loop by round, loss by epoch",
                        .x_label = "epochs, all rounds",
                        .y_label = "share",
                        .series_count = count};
    for (size_t i = 0; i < count; i++) {
        size_t kind = i / trials->way_count, way = i % trials->way_count;
        lines[i] = (struct line){NEW_ARRAY(room, double), NEW_ARRAY(room, double), 0};
        put[kind](trials, way, &lines[i]);
        snprintf(names[i], sizeof names[i], "%s: %s", trials->ways[way].name, what[kind]);
        plot.series[i] = (struct plot_series){names[i], lines[i].x, lines[i].y, lines[i].count};
    }
    enum status status = plot_save(&plot, path, err);
    for (size_t i = 0; i < count; i++) {
        free(lines[i].x);
        free(lines[i].y);
    }
    return status;
}
