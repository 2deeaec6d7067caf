#include "nav/train_labels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "nav/train_blas.h"
#include "nav/train_labels_model.h"
#include "perception/seeing.h"

static const double SPREAD_MIN = 0.05;

struct fitting {
    struct train_labels *model;
    const struct train_pictures *pictures;
    uint32_t *train, *held; /* indices of pictures */
    size_t train_count, held_count;
    float weights[LABEL_COUNT];
    float *targets, *picture; /* of a batch; one, before the normaliser */
    uint8_t *seen;            /* the labels told for a batch's pictures, pixel by pixel */
    struct seed_stream order, chance;
};

/* Sharp edges need few channels, what things are needs a wide view: dilations widen it without a pixel
 * lost. */
struct train_labels_config train_labels_config_default(void)
{
    return (struct train_labels_config){
        .layers = {{8, 3, 2, 1}, {16, 3, 2, 1}, {16, 3, 1, 2}, {16, 3, 1, 4}},
        .layer_count = 4,
        .epochs = 20,
        .batch = 16,
        .rate = 3e-3,
        .decay = 1e-3,
        .tint = 0.15,
        .mirror = true,
        .held_out = 0.1,
        .seed = 1,
    };
}

/* --- a picture as the network gets it ------------------------------------------------ */

/* Relative to its own brightness; channel by channel. */
static void picture_level(const struct train_pictures *pictures, size_t index, float *to)
{
    size_t pixels = pictures->width * pictures->height;
    const uint8_t *rgb = pictures->rgb + index * 3 * pixels;
    double sum = 0;
    for (size_t i = 0; i < 3 * pixels; i++)
        sum += rgb[i];
    float level = (float)(sum / (double)(3 * pixels)) + TRAIN_LABELS_DARK;
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < 3; c++)
            to[c * pixels + i] = (float)rgb[3 * i + c] / level;
    seeing_down(&pictures->camera[index], pictures->width, pictures->height, to + 3 * pixels);
}

/* Into a batch's input, picture n of `count`. */
static void picture_place(const struct train_labels *model, const float *from, size_t n, size_t count,
                          bool mirrored, const float tint[TRAIN_LABELS_CHANNELS])
{
    const struct train_conv_plan *plan = &model->net->plan;
    size_t pixels = plan->width * plan->height;
    for (size_t c = 0; c < TRAIN_LABELS_CHANNELS; c++) {
        float *to = train_conv_input(model->net) + (c * count + n) * pixels;
        float scale = tint[c] / model->spread[c], off = model->mean[c] / model->spread[c];
        for (size_t y = 0; y < plan->height; y++, to += plan->width, from += plan->width)
            for (size_t x = 0; x < plan->width; x++)
                to[x] = from[mirrored ? plan->width - 1 - x : x] * scale - off;
    }
}

/* Each label's share of each cell. */
static void targets_place(const struct fitting *f, size_t index, size_t n, size_t count, bool mirrored)
{
    const struct train_conv *net = f->model->net;
    const struct train_conv_map *map = train_conv_cells(net);
    size_t width = f->pictures->width, px = train_conv_cell_px(net), cells = map->width * map->height;
    const uint8_t *labels = f->pictures->labels + index * width * f->pictures->height;
    float share = 1.0f / (float)(px * px);
    for (size_t c = 0; c < LABEL_COUNT; c++)
        memset(f->targets + (c * count + n) * cells, 0, cells * sizeof *f->targets);
    for (size_t y = 0; y < f->pictures->height; y++)
        for (size_t x = 0; x < width; x++) {
            size_t label = labels[y * width + (mirrored ? width - 1 - x : x)];
            f->targets[(label * count + n) * cells + y / px * map->width + x / px] += share;
        }
}

static void gather(struct fitting *f, const uint32_t *chosen, size_t count, bool training)
{
    const struct train_labels_config *config = &f->model->config;
    for (size_t i = 0; i < count; i++) {
        float tint[TRAIN_LABELS_CHANNELS] = {1, 1, 1, 1};
        bool mirrored = training && config->mirror && seed_u64(&f->chance) >> 63;
        for (size_t c = 0; training && c < 3; c++)
            tint[c] = (float)pow(1 + config->tint, seed_between(&f->chance, -1, 1));
        picture_level(f->pictures, chosen[i], f->picture);
        picture_place(f->model, f->picture, i, count, mirrored, tint);
        targets_place(f, chosen[i], i, count, mirrored);
    }
}

/* --- preparing ------------------------------------------------ */

/* Whole worlds to one side or the other. */
static void split(struct fitting *f)
{
    const struct train_labels_config *config = &f->model->config;
    f->train = NEW_ARRAY(f->pictures->count, uint32_t);
    f->held = NEW_ARRAY(f->pictures->count, uint32_t);
    for (size_t i = 0; i < f->pictures->count; i++)
        if (train_is_held_out(config->seed, config->held_out, f->pictures->world[i]))
            f->held[f->held_count++] = (uint32_t)i;
        else
            f->train[f->train_count++] = (uint32_t)i;
    if (!f->train_count) { /* very few worlds: better no validation than no training */
        memcpy(f->train, f->held, f->held_count * sizeof *f->held);
        f->train_count = f->held_count;
        f->held_count = 0;
    }
}

static void measure(struct fitting *f)
{
    struct train_labels *model = f->model;
    size_t pixels = f->pictures->width * f->pictures->height;
    double sums[TRAIN_LABELS_CHANNELS] = {0}, squares[TRAIN_LABELS_CHANNELS] = {0};
    for (size_t i = 0; i < f->train_count; i++) {
        picture_level(f->pictures, f->train[i], f->picture);
        for (size_t k = 0; k < TRAIN_LABELS_CHANNELS * pixels; k++) {
            double value = (double)f->picture[k];
            sums[k / pixels] += value;
            squares[k / pixels] += value * value;
        }
    }
    for (size_t c = 0; c < TRAIN_LABELS_CHANNELS; c++) {
        double count = (double)(f->train_count * pixels), mean = sums[c] / count;
        model->mean[c] = (float)mean;
        model->spread[c] = (float)fmax(sqrt(fmax(squares[c] / count - mean * mean, 0)), SPREAD_MIN);
    }
}

/* So that the mean over all pixels is 1. */
static void weigh(struct fitting *f)
{
    size_t pixels = f->pictures->width * f->pictures->height;
    double share[LABEL_COUNT] = {0}, mean = 0;
    for (size_t i = 0; i < f->train_count; i++)
        for (size_t k = 0; k < pixels; k++)
            share[f->pictures->labels[f->train[i] * pixels + k]] += 1 / (double)(f->train_count * pixels);
    for (int c = 0; c < LABEL_COUNT; c++)
        mean += sqrt(share[c]);
    for (int c = 0; c < LABEL_COUNT; c++)
        f->weights[c] = share[c] > 0 ? (float)(1 / (sqrt(share[c]) * mean)) : 0;
}

static void prepare(struct fitting *f)
{
    struct train_labels *model = f->model;
    const struct train_labels_config *config = &model->config;
    struct train_conv_plan plan = {.channels = TRAIN_LABELS_CHANNELS,
                                   .width = f->pictures->width,
                                   .height = f->pictures->height,
                                   .labels = LABEL_COUNT,
                                   .layer_count = config->layer_count};
    size_t pixels = plan.width * plan.height;
    memcpy(plan.layers, config->layers, sizeof plan.layers);
    model->net = train_conv_create(&plan, config->batch, config->seed);
    f->targets = NEW_ARRAY(config->batch * LABEL_COUNT * pixels, float);
    f->picture = NEW_ARRAY(TRAIN_LABELS_CHANNELS * pixels, float);
    f->seen = NEW_ARRAY(pixels, uint8_t);
    f->order = seed_stream_named(config->seed, "train.order");
    f->chance = seed_stream_named(config->seed, "train.chance");
    split(f);
    measure(f);
    weigh(f);
}

/* --- epochs ------------------------------------------------ */

static double train_once(struct fitting *f, double rate)
{
    struct train_conv *net = f->model->net;
    size_t batch = f->model->config.batch;
    double sum = 0;
    seed_shuffle(&f->order, f->train, f->train_count, sizeof *f->train);
    for (size_t done = 0; done < f->train_count; done += batch) {
        size_t count = f->train_count - done < batch ? f->train_count - done : batch;
        gather(f, f->train + done, count, true);
        train_conv_forward(net, count);
        sum += train_conv_backward(net, count, f->targets, f->weights) * (double)count;
        train_conv_step(net, rate, f->model->config.decay);
    }
    return sum / (double)f->train_count;
}

/* What picture n of a batch's answer means, pixel by pixel. */
static void answer_read(const struct fitting *f, const float *answer, size_t n, size_t count)
{
    const struct train_conv_map *map = train_conv_cells(f->model->net);
    size_t px = train_conv_cell_px(f->model->net), cells = map->width * map->height,
           width = f->pictures->width;
    for (size_t y = 0; y < f->pictures->height; y++)
        for (size_t x = 0; x < width; x++) {
            const float *cell = answer + n * cells + y / px * map->width + x / px;
            size_t meant = 0;
            for (size_t c = 1; c < LABEL_COUNT; c++)
                meant = cell[c * count * cells] > cell[meant * count * cells] ? c : meant;
            f->seen[y * width + x] = (uint8_t)meant;
        }
}

static void validate(struct fitting *f, struct train_labels_epoch *epoch)
{
    struct train_conv *net = f->model->net;
    size_t batch = f->model->config.batch, pixels = f->pictures->width * f->pictures->height;
    double loss = 0;
    for (size_t done = 0; done < f->held_count; done += batch) {
        size_t count = f->held_count - done < batch ? f->held_count - done : batch;
        gather(f, f->held + done, count, false);
        const float *answer = train_conv_forward(net, count);
        loss += train_conv_loss(net, count, f->targets, f->weights) * (double)count;
        for (size_t i = 0; i < count; i++) {
            answer_read(f, answer, i, count);
            label_tally_add(&epoch->tally, f->pictures->labels + f->held[done + i] * pixels, f->seen, pixels);
        }
    }
    epoch->validation = loss / (double)f->held_count; /* of none: NaN, as announced */
    epoch->mean_iou = label_mean_iou(&epoch->tally);
    epoch->accuracy = label_accuracy(&epoch->tally);
}

static void run(struct fitting *f, void (*each)(void *, const struct train_labels_epoch *), void *self)
{
    struct train_labels *model = f->model;
    const struct train_labels_config *config = &model->config;
    size_t bytes = model->net->adam.count * sizeof(float);
    float *best = memory_new(1, bytes);
    for (size_t i = 0; i < config->epochs; i++) {
        struct train_labels_epoch epoch = {.epoch = i + 1, .epochs = config->epochs};
        epoch.loss = train_once(f, train_adam_rate(config->rate, i, config->epochs));
        validate(f, &epoch);
        epoch.best = !i || !(epoch.mean_iou <= model->result.mean_iou); /* without validation: the last */
        if (epoch.best) {
            model->result = epoch;
            memcpy(best, model->net->adam.parameters, bytes);
        }
        if (each)
            each(self, &epoch);
    }
    memcpy(model->net->adam.parameters, best, bytes);
    free(best);
}

struct train_labels *train_labels_fit(const struct train_labels_config *config,
                                      const struct train_pictures *pictures,
                                      void (*each)(void *self, const struct train_labels_epoch *epoch),
                                      void *self, struct error *err)
{
    ASSERT(config->layer_count >= 2 && config->batch > 0 && config->epochs > 0);
    if (!pictures->count) {
        error_set(err, STATUS_BAD_INPUT, "there is no picture to learn from");
        return NULL;
    }
    if (train_blas_load(err))
        return NULL;
    struct train_labels *model = NEW(struct train_labels);
    struct fitting f = {.model = model, .pictures = pictures};
    model->config = *config;
    prepare(&f);
    run(&f, each, self);
    void *owned[] = {f.train, f.held, f.targets, f.picture, f.seen};
    for (size_t i = 0; i < COUNT_OF(owned); i++)
        free(owned[i]);
    return model;
}

void train_labels_destroy(struct train_labels **model)
{
    if (!*model)
        return;
    train_conv_destroy(&(*model)->net);
    free(*model);
    *model = NULL;
}

const struct train_labels_epoch *train_labels_result(const struct train_labels *model)
{
    return &model->result;
}
size_t train_labels_parameters(const struct train_labels *model) { return model->net->adam.count; }

const float *train_labels_answer(struct train_labels *model, const struct train_pictures *pictures,
                                 size_t index)
{
    static const float plain[TRAIN_LABELS_CHANNELS] = {1, 1, 1, 1};
    float *picture = NEW_ARRAY(TRAIN_LABELS_CHANNELS * pictures->width * pictures->height, float);
    ASSERT(index < pictures->count);
    picture_level(pictures, index, picture);
    picture_place(model, picture, 0, 1, false, plain);
    free(picture);
    return train_conv_forward(model->net, 1);
}
