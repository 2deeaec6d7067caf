#include "tui/train_label.h"

#include <assert.h>

#include "tui/command.h"
#include "tui/train_chunks.h"

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
        train_pictures_put(&room->pictures, album_rgb(album, i), album_labels(album, i), &album->camera,
                           (uint32_t)item);
}

static enum status pictures_take(struct darkroom *room, struct error *err)
{
    static_assert(offsetof(struct album, err) == offsetof(struct train_outcome, err),
                  "an album begins as an outcome");
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
                    "epoch %zu of %zu: loss %.4f, validation %.4f, mean IoU %.3f", epoch->epoch,
                    epoch->epochs, epoch->loss, epoch->validation, epoch->mean_iou);
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
