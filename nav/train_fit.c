#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "nav/train_blas.h"
#include "nav/train_model.h"

/* An input that hardly ever changed must not explode when it does. */
static const double SPREAD_MIN = 0.05;
static const char *const never_missing[] = {"goal", "limits"}; /* the task, not a sense */

struct fitting {
    struct train_model *model;
    const struct train_samples *samples;
    uint32_t *train, *held; /* indices of samples */
    size_t train_count, held_count;
    uint32_t *mirror_from; /* NULL: no mirror */
    float *mirror_sign, *targets;
    struct seed_stream order, chance;
};

struct train_config train_config_default(void)
{
    return (struct train_config){
        .hidden = {256, 256},
        .hidden_count = 2,
        .epochs = 20,
        .batch = 256,
        .rate = 1e-3,
        .decay = 1e-3,
        .dropout = 0.05,
        .mirror = true,
        .held_out = 0.1,
        .seed = 1,
    };
}

static enum status check_samples(const struct train_samples *samples, struct error *err)
{
    if (!samples->count)
        return error_set(err, STATUS_BAD_INPUT,
                         "there is no sample to learn from; the expert never had a valid command");
    for (size_t i = 0; i < samples->count * samples->width; i++)
        if (!isfinite(samples->inputs[i]))
            return error_set(err, STATUS_BAD_INPUT, "number %zu of sample %zu is not finite", i % samples->width,
                             i / samples->width);
    for (size_t i = 0; i < samples->count * TRAIN_OUTPUTS; i++)
        if (!isfinite(samples->commands[i]))
            return error_set(err, STATUS_BAD_INPUT, "the command of sample %zu is not finite", i / TRAIN_OUTPUTS);
    return STATUS_OK;
}

static void split(struct fitting *f)
{
    const struct train_samples *samples = f->samples;
    const struct train_config *config = &f->model->config;
    f->train = NEW_ARRAY(samples->count, uint32_t);
    f->held = NEW_ARRAY(samples->count, uint32_t);
    for (size_t i = 0; i < samples->count; i++)
        if (train_is_held_out(config->seed, config->held_out, samples->episode[i]))
            f->held[f->held_count++] = (uint32_t)i;
        else
            f->train[f->train_count++] = (uint32_t)i;
    if (!f->train_count) { /* very few episodes: better no validation than no training */
        memcpy(f->train, f->held, f->held_count * sizeof *f->held);
        f->train_count = f->held_count;
        f->held_count = 0;
    }
}

/* Means and standard deviations of `width` columns over the chosen rows, summed in double. */
static void measure(const float *rows, size_t width, const uint32_t *chosen, size_t count, float *mean, float *spread)
{
    double *sums = NEW_ARRAY(2 * width, double), *squares = sums + width;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < width; k++)
            sums[k] += (double)rows[chosen[i] * width + k];
    for (size_t k = 0; k < width; k++)
        mean[k] = (float)(sums[k] / (double)count);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < width; k++) {
            double off = (double)rows[chosen[i] * width + k] - (double)mean[k];
            squares[k] += off * off;
        }
    for (size_t k = 0; k < width; k++)
        spread[k] = (float)fmax(sqrt(squares[k] / (double)count), SPREAD_MIN);
    free(sums);
}

static void normalise(const struct train_model *model, const float *from, float *to)
{
    const float *restrict mean = model->mean, *restrict spread = model->spread;
    for (size_t k = 0; k < model->config.rows.width; k++)
        to[k] = (from[k] - mean[k]) / spread[k];
}

static void see_mirrored(const struct fitting *f, const float *from, float *to)
{
    const struct train_model *model = f->model;
    for (size_t k = 0; k < model->config.rows.width; k++)
        to[k] = (f->mirror_sign[k] * from[f->mirror_from[k]] - model->mean[k]) / model->spread[k];
}

static bool can_miss(const struct train_row *row)
{
    for (size_t i = 0; i < COUNT_OF(never_missing); i++)
        if (!strcmp(never_missing[i], row->feature->name))
            return false;
    return true;
}

/* A sense that is not there gives zeros (features.h); these are normalised like any number. */
static void lose_rows(struct fitting *f, float *to)
{
    const struct train_model *model = f->model;
    for (size_t r = 0; r < model->config.rows.count; r++) {
        const struct train_row *row = &model->config.rows.rows[r];
        if (!can_miss(row) || seed_uniform(&f->chance) >= model->config.dropout)
            continue;
        for (size_t k = row->offset; k < row->offset + row->length; k++)
            to[k] = -model->mean[k] / model->spread[k];
    }
}

static void gather(struct fitting *f, const uint32_t *chosen, size_t count, bool training)
{
    const struct train_model *model = f->model;
    const struct train_samples *samples = f->samples;
    float *to = train_net_input(model->net), *target = f->targets;
    for (size_t i = 0; i < count; i++, to += samples->width, target += TRAIN_OUTPUTS) {
        const float *from = samples->inputs + chosen[i] * samples->width;
        const float *command = samples->commands + chosen[i] * TRAIN_OUTPUTS;
        bool mirrored = training && f->mirror_from && seed_u64(&f->chance) >> 63;
        if (mirrored)
            see_mirrored(f, from, to);
        else
            normalise(model, from, to);
        if (training && model->config.dropout > 0)
            lose_rows(f, to);
        for (size_t k = 0; k < TRAIN_OUTPUTS; k++)
            target[k] = ((mirrored && k ? -command[k] : command[k]) - model->command_mean[k]) /
                        model->command_spread[k];
    }
}

static double train_once(struct fitting *f, double rate)
{
    struct train_net *net = f->model->net;
    size_t batch = f->model->config.batch;
    double sum = 0;
    seed_shuffle(&f->order, f->train, f->train_count, sizeof *f->train);
    for (size_t done = 0; done < f->train_count; done += batch) {
        size_t count = f->train_count - done < batch ? f->train_count - done : batch;
        gather(f, f->train + done, count, true);
        train_net_forward(net, count);
        sum += train_net_backward(net, count, f->targets) * (double)count;
        train_net_step(net, rate, f->model->config.decay);
    }
    return sum / (double)f->train_count;
}

static void validate(struct fitting *f, struct train_epoch *epoch)
{
    const struct train_model *model = f->model;
    size_t batch = model->config.batch;
    double loss = 0, off[TRAIN_OUTPUTS] = {0};
    for (size_t done = 0; done < f->held_count; done += batch) {
        size_t count = f->held_count - done < batch ? f->held_count - done : batch;
        gather(f, f->held + done, count, false);
        const float *outputs = train_net_forward(model->net, count);
        loss += train_net_loss(model->net, count, f->targets) * (double)count;
        for (size_t i = 0; i < count * TRAIN_OUTPUTS; i++)
            off[i % TRAIN_OUTPUTS] +=
                (double)(fabsf(outputs[i] - f->targets[i]) * model->command_spread[i % TRAIN_OUTPUTS]);
    }
    double share = 1 / (double)f->held_count; /* of none: NaN, as announced */
    epoch->validation = f->held_count ? loss * share : (double)NAN;
    epoch->validation_mps = f->held_count ? off[0] * share : (double)NAN;
    epoch->validation_radps = f->held_count ? off[1] * share : (double)NAN;
}

static void prepare(struct fitting *f)
{
    struct train_model *model = f->model;
    const struct train_config *config = &model->config;
    const struct train_samples *samples = f->samples;
    size_t width = config->rows.width, sizes[TRAIN_LAYERS_MAX + 1] = {width};
    split(f);
    model->mean = NEW_ARRAY(width, float);
    model->spread = NEW_ARRAY(width, float);
    measure(samples->inputs, width, f->train, f->train_count, model->mean, model->spread);
    measure(samples->commands, TRAIN_OUTPUTS, f->train, f->train_count, model->command_mean, model->command_spread);
    for (size_t i = 0; i < config->hidden_count; i++)
        sizes[i + 1] = config->hidden[i];
    sizes[config->hidden_count + 1] = TRAIN_OUTPUTS;
    model->net = train_net_create(sizes, config->hidden_count + 1, config->batch, config->seed);
    f->targets = NEW_ARRAY(config->batch * TRAIN_OUTPUTS, float);
    f->order = seed_stream_named(config->seed, "train.order");
    f->chance = seed_stream_named(config->seed, "train.chance");
    f->mirror_from = NEW_ARRAY(width, uint32_t);
    f->mirror_sign = NEW_ARRAY(width, float);
    if (!config->mirror || !train_rows_mirror(&config->rows, f->mirror_from, f->mirror_sign)) {
        free(f->mirror_from);
        f->mirror_from = NULL;
    }
}

static void run(struct fitting *f, void (*each)(void *, const struct train_epoch *), void *self)
{
    struct train_model *model = f->model;
    const struct train_config *config = &model->config;
    size_t bytes = model->net->parameter_count * sizeof(float);
    float *best = memory_new(1, bytes);
    for (size_t i = 0; i < config->epochs; i++) {
        struct train_epoch epoch = {.epoch = i + 1, .epochs = config->epochs};
        epoch.loss = train_once(f, train_adam_rate(config->rate, i, config->epochs));
        validate(f, &epoch);
        epoch.best = !i || !(epoch.validation >= model->result.validation); /* without validation: the last */
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

struct train_model *train_fit(const struct train_config *config, const struct train_samples *samples,
                              void (*each)(void *self, const struct train_epoch *epoch), void *self, struct error *err)
{
    ASSERT(config->rows.count && config->rows.width == samples->width);
    ASSERT(config->hidden_count <= TRAIN_HIDDEN_MAX && config->batch > 0 && config->epochs > 0);
    if (check_samples(samples, err) || train_blas_load(err))
        return NULL;
    struct train_model *model = NEW(struct train_model);
    struct fitting f = {.model = model, .samples = samples};
    model->config = *config;
    prepare(&f);
    run(&f, each, self);
    free(f.train);
    free(f.held);
    free(f.targets);
    free(f.mirror_from);
    free(f.mirror_sign);
    return model;
}

void train_destroy(struct train_model **model)
{
    if (!*model)
        return;
    train_net_destroy(&(*model)->net);
    free((*model)->mean);
    free((*model)->spread);
    free(*model);
    *model = NULL;
}

const struct train_epoch *train_result(const struct train_model *model) { return &model->result; }
size_t train_parameters(const struct train_model *model) { return model->net->parameter_count; }

void train_forward(const struct train_model *model, const float *inputs, float command[TRAIN_OUTPUTS])
{
    normalise(model, inputs, train_net_input(model->net));
    const float *outputs = train_net_forward(model->net, 1);
    for (size_t k = 0; k < TRAIN_OUTPUTS; k++)
        command[k] = outputs[k] * model->command_spread[k] + model->command_mean[k];
}
