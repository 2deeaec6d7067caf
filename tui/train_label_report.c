#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "logs/memory.h"
#include "tui/plot.h"
#include "tui/train_label.h"

static void put_text(const struct train_label *run, struct bytes *out)
{
    const struct train_labels_epoch *kept = train_labels_result(run->model);
    bytes_format(out, "%zu pictures of %zu worlds; epoch %zu of %zu kept: loss %.4f", run->pictures,
                 run->items->count, kept->epoch, kept->epochs, kept->loss);
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
        bytes_format(out, "{\"channels\":%zu,\"taps\":%zu,\"stride\":%zu,\"dilation\":%zu},", l->channels,
                     l->taps, l->stride, l->dilation);
    }
    train_json_close(out, "]");
}

static void put_json(const struct train_label *run, const struct train_record *record, struct bytes *out)
{
    const struct train_labels_epoch *kept = train_labels_result(run->model);
    bytes_format(out, "{");
    train_json_record(out, record, run->config.seed);
    put_layers(out, &run->config);
    bytes_format(
        out,
        "\"parameters\":%zu,\"pictures\":%zu,\"worlds\":%zu,\"width\":%d,\"height\":%d,\"kept_epoch\":%zu,",
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

enum status train_label_save(const struct train_label *run, const char *path, const char *command_line,
                             struct bytes *record, struct error *err)
{
    struct bytes inside = {0}, network = {0};
    char sha256[65];
    put_json(run, &(struct train_record){.command_line = command_line}, &inside);
    bytes_put_u8(&inside, 0);
    const struct train_note notes[] = {{"provenance", (const char *)inside.data}};
    train_labels_write(run->model, notes, COUNT_OF(notes), &network);
    struct train_record outside = train_json_outside(command_line, path, &network, sha256);
    put_json(run, &outside, record);
    enum status status = train_json_save(path, &network, record, err);
    bytes_clear(&inside);
    bytes_clear(&network);
    return status;
}

int train_label_conclude(const struct train_label *run, const char *path, double gate,
                         const struct bytes *record)
{
    struct bytes text = {0};
    double iou = train_labels_result(run->model)->mean_iou;
    bool good = !(gate >= 0) || iou >= gate;
    put_text(run, &text);
    fwrite(text.data, 1, text.size, record ? stderr : stdout);
    if (record)
        fwrite(record->data, 1, record->size, stdout);
    else
        printf("%s: %zu parameters\n", path, train_labels_parameters(run->model));
    if (!good && isnan(iou))
        fprintf(stderr, "binnacle train: the gate needs worlds that are held out; of these none was\n");
    else if (!good)
        fprintf(stderr, "binnacle train: the gate is a mean IoU of %.3g; the network has %.3g\n", gate, iou);
    bytes_clear(&text);
    return good ? 0 : 1;
}

enum { LOSS, VALIDATION, IOU, SERIES };

enum status train_label_plot(const struct train_label *run, const char *path, struct error *err)
{
    static const char *const names[SERIES] = {"loss", "validation", "mean IoU of worlds held out"};
    double *numbers = NEW_ARRAY((SERIES + 1) * COUNT_OF(run->curve), double), *at = numbers;
    struct plot plot = {.title = "training: labels of pictures",
                        .x_label = "epochs",
                        .y_label = "loss; IoU",
                        .series_count = SERIES};
    for (size_t s = 0; s < SERIES; s++)
        plot.series[s] = (struct plot_series){names[s], at, numbers + (s + 1) * COUNT_OF(run->curve),
                                              run->curve_count};
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
