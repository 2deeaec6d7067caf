#include "tui/train_label.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "logs/memory.h"
#include "tui/command.h"
#include "tui/plot.h"
#include "tui/train_chunks.h"

/* --- pictures, then a fit ------------------------------------------------ */

struct darkroom {
    struct train_label *run;
    struct train_pictures pictures;
};

static void work(void *self, const struct train_item *item, void *result)
{
    album_fill(&((const struct darkroom *)self)->run->order, item->source, item->seed, result);
}

static void take(void *self, size_t item, void *result)
{
    struct darkroom *room = self;
    const struct album *album = result;
    for (uint32_t i = 0; i < album->count; i++)
        train_pictures_put(&room->pictures, album_rgb(album, i), album_labels(album, i), &album->camera, (uint32_t)item);
}

static enum status pictures_take(struct darkroom *room, struct error *err)
{
    static_assert(offsetof(struct album, err) == offsetof(struct train_outcome, err), "an album begins as an outcome");
    return train_chunks_run(&(struct train_chunks){.items = room->run->items,
                                                   .processes = room->run->processes,
                                                   .result_size = album_size(&room->run->order),
                                                   .what = "pictures",
                                                   .unit = "world",
                                                   .work = work,
                                                   .take = take,
                                                   .self = room},
                            err);
}

struct watch {
    struct train_label *run;
    struct progress progress;
};

static void on_epoch(void *self, const struct train_labels_epoch *epoch)
{
    struct watch *watch = self;
    if (watch->run->curve_count < COUNT_OF(watch->run->curve))
        watch->run->curve[watch->run->curve_count++] = *epoch;
    progress_update(&watch->progress, (double)epoch->epoch / (double)epoch->epochs,
                    "epoch %zu of %zu: loss %.4f, validation %.4f, mean IoU %.3f", epoch->epoch, epoch->epochs,
                    epoch->loss, epoch->validation, epoch->mean_iou);
}

enum status train_label_run(struct train_label *run, struct error *err)
{
    struct darkroom room = {run, {.width = (size_t)run->order.width, .height = (size_t)run->order.height}};
    enum status status = pictures_take(&room, err);
    run->pictures = room.pictures.count;
    if (!status) {
        struct watch watch = {run, progress_start()};
        if (run->shuffle)
            train_pictures_shuffle(&room.pictures, run->config.seed);
        run->model = train_labels_fit(&run->config, &room.pictures, on_epoch, &watch, err);
        progress_end(&watch.progress);
        status = run->model ? STATUS_OK : err->status;
    }
    train_pictures_clear(&room.pictures);
    return status;
}

void train_label_clear(struct train_label *run) { train_labels_destroy(&run->model); }

/* --- reports ------------------------------------------------ */

void train_label_text(const struct train_label *run, struct bytes *out)
{
    const struct train_labels_epoch *kept = train_labels_result(run->model);
    bytes_format(out, "%zu pictures of %zu worlds; epoch %zu of %zu kept: loss %.4f", run->pictures, run->items->count,
                 kept->epoch, kept->epochs, kept->loss);
    if (isfinite(kept->mean_iou))
        bytes_format(out, ", validation %.4f; of the worlds held out %.1f %% of the pixels, mean IoU %.3f",
                     kept->validation, 100 * kept->accuracy, kept->mean_iou);
    bytes_format(out, "\n");
    for (int i = 0; i < LABEL_COUNT; i++)
        if (isfinite(label_iou(&kept->tally, (enum label)i)))
            bytes_format(out, "  %-9s IoU %.3f\n", label_names[i], label_iou(&kept->tally, (enum label)i));
}

static void put_layers(struct bytes *out, const struct train_labels_config *config)
{
    bytes_format(out, "\"layers\":[");
    for (size_t i = 0; i < config->layer_count; i++) {
        const struct train_conv_layer *l = &config->layers[i];
        bytes_format(out, "{\"channels\":%zu,\"taps\":%zu,\"stride\":%zu,\"dilation\":%zu},", l->channels, l->taps,
                     l->stride, l->dilation);
    }
    train_json_close(out, "]");
}

void train_label_json(const struct train_label *run, const struct train_record *record, struct bytes *out)
{
    const struct train_labels_epoch *kept = train_labels_result(run->model);
    bytes_format(out, "{");
    train_json_record(out, record, run->config.seed);
    put_layers(out, &run->config);
    bytes_format(out, "\"parameters\":%zu,\"pictures\":%zu,\"worlds\":%zu,\"width\":%d,\"height\":%d,\"kept_epoch\":%zu,",
                 train_labels_parameters(run->model), run->pictures, run->items->count, run->order.width,
                 run->order.height, kept->epoch);
    train_json_sources(out, "parents", run->items);
    train_json_number(out, "loss", kept->loss);
    train_json_number(out, "validation", kept->validation);
    train_json_number(out, "accuracy", kept->accuracy);
    train_json_number(out, "mean_iou", kept->mean_iou);
    bytes_format(out, "\"iou\":{");
    for (int i = 0; i < LABEL_COUNT; i++)
        train_json_number(out, label_names[i], label_iou(&kept->tally, (enum label)i));
    train_json_close(out, "}");
    out->size--; /* the comma */
    bytes_format(out, "}\n");
}

enum { LOSS, VALIDATION, IOU, SERIES };

enum status train_label_plot(const struct train_label *run, const char *path, struct error *err)
{
    static const char *const names[SERIES] = {"loss", "validation", "mean IoU of worlds held out"};
    double *numbers = NEW_ARRAY((SERIES + 1) * COUNT_OF(run->curve), double), *at = numbers;
    struct plot plot = {.title = "training: labels of pictures", .x_label = "epochs", .y_label = "loss; IoU",
                        .series_count = SERIES};
    for (size_t s = 0; s < SERIES; s++)
        plot.series[s] = (struct plot_series){names[s], at, numbers + (s + 1) * COUNT_OF(run->curve), run->curve_count};
    for (size_t i = 0; i < run->curve_count; i++) {
        const double now[SERIES] = {run->curve[i].loss, run->curve[i].validation, run->curve[i].mean_iou};
        at[i] = (double)run->curve[i].epoch;
        for (size_t s = 0; s < SERIES; s++)
            numbers[(s + 1) * COUNT_OF(run->curve) + i] = now[s];
    }
    enum status status = plot_save(&plot, path, err);
    free(numbers);
    return status;
}
