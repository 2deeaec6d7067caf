#include "nav/train_conv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "logs/seed.h"
#include "nav/train_blas.h"

static size_t area(const struct train_conv_map *map) { return map->width * map->height; }

static size_t depth_of(const struct train_conv *net, const struct train_conv_op *op)
{
    return net->maps[op->from].channels * op->layer.taps * op->layer.taps;
}

/* A 1 x 1 convolution's patches are its input. */
static bool needs_patches(const struct train_conv_layer *layer)
{
    return layer->taps > 1 || layer->stride > 1;
}

/* --- building ------------------------------------------------ */

static void op_add(struct train_conv *net, struct train_conv_layer layer, size_t from)
{
    struct train_conv_op *op = &net->ops[net->op_count++];
    const struct train_conv_map *in = &net->maps[from];
    ASSERT(layer.taps % 2 == 1 && in->width % layer.stride == 0 && in->height % layer.stride == 0);
    *op = (struct train_conv_op){
        .layer = layer, .from = from, .to = net->op_count, .weights = net->adam.count};
    net->maps[op->to] = (struct train_conv_map){layer.channels, in->width / layer.stride,
                                                in->height / layer.stride};
    op->biases = op->weights + layer.channels * depth_of(net, op);
    net->adam.count = op->biases + layer.channels;
}

static void ops_lay_out(struct train_conv *net)
{
    const struct train_conv_plan *plan = &net->plan;
    net->maps[0] = (struct train_conv_map){plan->channels, plan->width, plan->height};
    net->spread = 1;
    for (size_t i = 0; i < plan->layer_count; i++) {
        op_add(net, plan->layers[i], i);
        net->spread *= i ? plan->layers[i].stride : 1;
    }
    op_add(net, (struct train_conv_layer){plan->labels * net->spread * net->spread, 1, 1, 1},
           plan->layer_count);
    op_add(net, (struct train_conv_layer){plan->labels, 1, 1, 1}, 1);
}

static void weights_draw(struct train_conv *net, uint64_t seed)
{
    struct seed_stream stream = seed_stream_named(seed, "train.weights");
    for (size_t i = 0; i < net->op_count; i++) {
        const struct train_conv_op *op = &net->ops[i];
        double spread = sqrt(2.0 / (double)depth_of(net, op)) * (i < net->plan.layer_count ? 1 : 0.1);
        for (size_t w = op->weights; w < op->biases; w++)
            net->adam.parameters[w] = (float)(spread * seed_gaussian(&stream));
    }
}

struct train_conv *train_conv_create(const struct train_conv_plan *plan, size_t batch_max, uint64_t seed)
{
    struct train_conv *net = NEW(struct train_conv);
    size_t largest = 1;
    ASSERT(plan->layer_count >= 2 && plan->layer_count <= TRAIN_CONV_LAYERS_MAX && plan->labels > 0 &&
           batch_max > 0);
    net->plan = *plan;
    net->batch_max = batch_max;
    ops_lay_out(net);
    for (size_t i = 0; i <= net->op_count; i++) {
        size_t numbers = net->maps[i].channels * batch_max * area(&net->maps[i]);
        net->values[i] = NEW_ARRAY(numbers, float);
        net->errors[i] = i ? NEW_ARRAY(numbers, float) : NULL; /* nobody asks for the picture's */
    }
    for (size_t i = 0; i < net->op_count; i++) {
        struct train_conv_op *op = &net->ops[i];
        size_t numbers = depth_of(net, op) * batch_max * area(&net->maps[op->to]);
        op->patches = needs_patches(&op->layer) ? NEW_ARRAY(numbers, float) : NULL;
        largest = numbers > largest ? numbers : largest;
    }
    size_t answers = plan->labels * batch_max * area(train_conv_cells(net));
    net->patch_errors = NEW_ARRAY(largest, float);
    net->labels = NEW_ARRAY(answers, float);
    net->label_errors = NEW_ARRAY(answers, float);
    train_adam_init(&net->adam, net->adam.count);
    weights_draw(net, seed);
    return net;
}

void train_conv_destroy(struct train_conv **net)
{
    if (!*net)
        return;
    for (size_t i = 0; i <= (*net)->op_count; i++) {
        free((*net)->values[i]);
        free((*net)->errors[i]);
        if (i < (*net)->op_count)
            free((*net)->ops[i].patches);
    }
    free((*net)->patch_errors);
    free((*net)->labels);
    free((*net)->label_errors);
    train_adam_clear(&(*net)->adam);
    free(*net);
    *net = NULL;
}

const struct train_conv_map *train_conv_cells(const struct train_conv *net) { return &net->maps[1]; }
size_t train_conv_cell_px(const struct train_conv *net) { return net->plan.layers[0].stride; }

/* --- patches ------------------------------------------------ */

struct tap {               /* of one channel of an op: which columns of the output see the input through it */
    ptrdiff_t row, column; /* of the input, for output (0, 0) */
    size_t first, end;     /* columns of the output */
};

static struct tap tap_at(const struct train_conv *net, const struct train_conv_op *op, size_t k)
{
    const struct train_conv_layer *l = &op->layer;
    size_t taps = l->taps, width = net->maps[op->from].width, out = net->maps[op->to].width;
    ptrdiff_t half = (ptrdiff_t)(taps / 2 * l->dilation), stride = (ptrdiff_t)l->stride;
    struct tap tap = {(ptrdiff_t)(k / taps % taps * l->dilation) - half,
                      (ptrdiff_t)(k % taps * l->dilation) - half, 0, 0};
    ptrdiff_t end = ((ptrdiff_t)width - tap.column + stride - 1) / stride;
    tap.first = tap.column < 0 ? (size_t)((-tap.column + stride - 1) / stride) : 0;
    tap.end = end < 0 ? 0 : (size_t)end < out ? (size_t)end : out;
    tap.first = tap.first < tap.end ? tap.first : tap.end;
    return tap;
}

/* Row k of the patches: what every output sees through tap k; or, backwards, adds what they say to the
 * input. */
static void row_walk(const struct train_conv *net, const struct train_conv_op *op, size_t k, size_t count,
                     float *patch, float *input, bool backwards)
{
    const struct train_conv_map *in = &net->maps[op->from], *out = &net->maps[op->to];
    struct tap tap = tap_at(net, op, k);
    size_t stride = op->layer.stride;
    input += k / (op->layer.taps * op->layer.taps) * count * area(in);
    for (size_t n = 0; n < count; n++, input += area(in))
        for (size_t y = 0; y < out->height; y++, patch += out->width) {
            ptrdiff_t row = (ptrdiff_t)(y * stride) + tap.row;
            bool outside = row < 0 || row >= (ptrdiff_t)in->height;
            if (!backwards)
                memset(patch, 0, out->width * sizeof *patch);
            if (outside)
                continue;
            size_t at = (size_t)((ptrdiff_t)in->width * row + tap.column + (ptrdiff_t)(tap.first * stride));
            if (backwards)
                for (size_t x = tap.first; x < tap.end; x++, at += stride)
                    input[at] += patch[x];
            else
                for (size_t x = tap.first; x < tap.end; x++, at += stride)
                    patch[x] = input[at];
        }
}

static void patches_walk(const struct train_conv *net, const struct train_conv_op *op, size_t count,
                         float *patches, float *input, bool backwards)
{
    size_t columns = count * area(&net->maps[op->to]), depth = depth_of(net, op);
    for (size_t k = 0; k < depth; k++)
        row_walk(net, op, k, count, patches + k * columns, input, backwards);
}

/* --- forward ------------------------------------------------ */

static const float *patches_of(const struct train_conv *net, const struct train_conv_op *op)
{
    return op->patches ? op->patches : net->values[op->from];
}

static void op_forward(struct train_conv *net, const struct train_conv_op *op, size_t count, bool rectified)
{
    size_t columns = count * area(&net->maps[op->to]), channels = op->layer.channels;
    float *values = net->values[op->to];
    if (op->patches)
        patches_walk(net, op, count, op->patches, net->values[op->from], false);
    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < columns; i++)
            values[c * columns + i] = net->adam.parameters[op->biases + c];
    train_blas_multiply(
        (struct train_matrix){net->adam.parameters + op->weights, channels, depth_of(net, op), false},
        (struct train_matrix){patches_of(net, op), depth_of(net, op), columns, false}, 1, values);
    for (size_t i = 0; rectified && i < channels * columns; i++)
        values[i] = values[i] > 0 ? values[i] : 0;
}

/* Walks the answer and what coarse has to do with it: number `at` of the answer is number `from` of
 * coarse. */
static void spread_walk(struct train_conv *net, size_t count,
                        void (*visit)(struct train_conv *, size_t at, size_t from))
{
    const struct train_conv_map *fine = train_conv_cells(net), *coarse = &net->maps[net->op_count - 1];
    size_t s = net->spread, at = 0;
    for (size_t c = 0; c < net->plan.labels; c++)
        for (size_t n = 0; n < count; n++)
            for (size_t y = 0; y < fine->height; y++)
                for (size_t x = 0; x < fine->width; x++, at++) {
                    size_t channel = (c * s + y % s) * s + x % s;
                    visit(net, at, ((channel * count + n) * coarse->height + y / s) * coarse->width + x / s);
                }
}

static void add_both(struct train_conv *net, size_t at, size_t from)
{
    net->labels[at] = net->values[net->op_count][at] + net->values[net->op_count - 1][from];
}

const float *train_conv_forward(struct train_conv *net, size_t count)
{
    ASSERT(count > 0 && count <= net->batch_max);
    for (size_t i = 0; i < net->op_count; i++)
        op_forward(net, &net->ops[i], count, i < net->plan.layer_count);
    spread_walk(net, count, add_both);
    return net->labels;
}

/* --- loss and gradient ------------------------------------------------ */

/* Of one cell, whose labels lie `step` apart; its derivatives if asked for. */
static double cell_loss(const float *z, const float *target, size_t step, size_t labels, const float *weights,
                        float share, float *derivative)
{
    float peak = z[0], weight = 0;
    double sum = 0, loss = 0;
    for (size_t c = 1; c < labels; c++)
        peak = z[c * step] > peak ? z[c * step] : peak;
    for (size_t c = 0; c < labels; c++) {
        sum += (double)expf(z[c * step] - peak);
        weight += target[c * step] * weights[c];
    }
    double log_sum = log(sum);
    for (size_t c = 0; c < labels; c++) {
        double log_p = (double)(z[c * step] - peak) - log_sum;
        float counts = target[c * step] * weights[c];
        loss -= (double)counts * log_p;
        if (derivative)
            derivative[c * step] = share * (weight * (float)exp(log_p) - counts);
    }
    return loss;
}

static double cross_entropy(const struct train_conv *net, size_t count, const float *targets,
                            const float *weights, float *derivative)
{
    size_t cells = count * area(train_conv_cells(net));
    double sum = 0;
    for (size_t i = 0; i < cells; i++)
        sum += cell_loss(net->labels + i, targets + i, cells, net->plan.labels, weights, 1.0f / (float)cells,
                         derivative ? derivative + i : NULL);
    return sum / (double)cells;
}

double train_conv_loss(const struct train_conv *net, size_t count, const float *targets, const float *weights)
{
    return cross_entropy(net, count, targets, weights, NULL);
}

static void share_out(struct train_conv *net, size_t at, size_t from)
{
    net->errors[net->op_count][at] = net->errors[net->op_count - 1][from] = net->label_errors[at];
}

static void op_backward(struct train_conv *net, const struct train_conv_op *op, size_t count, bool rectified)
{
    size_t columns = count * area(&net->maps[op->to]), channels = op->layer.channels,
           depth = depth_of(net, op);
    float *errors = net->errors[op->to], *gradient = net->adam.gradient;
    const float *values = net->values[op->to];
    for (size_t i = 0; rectified && i < channels * columns;
         i++) /* what did not pass has no share in the loss */
        errors[i] = values[i] > 0 ? errors[i] : 0;
    train_blas_multiply((struct train_matrix){errors, channels, columns, false},
                        (struct train_matrix){patches_of(net, op), depth, columns, true}, 0,
                        gradient + op->weights);
    for (size_t c = 0; c < channels; c++) {
        double sum = 0;
        for (size_t i = 0; i < columns; i++)
            sum += (double)errors[c * columns + i];
        gradient[op->biases + c] = (float)sum;
    }
    if (!op->from)
        return;
    struct train_matrix weights = {net->adam.parameters + op->weights, channels, depth, true};
    train_blas_multiply(weights, (struct train_matrix){errors, channels, columns, false}, !op->patches,
                        op->patches ? net->patch_errors : net->errors[op->from]);
    if (op->patches)
        patches_walk(net, op, count, net->patch_errors, net->errors[op->from], true);
}

double train_conv_backward(struct train_conv *net, size_t count, const float *targets, const float *weights)
{
    ASSERT(count > 0 && count <= net->batch_max);
    double loss = cross_entropy(net, count, targets, weights, net->label_errors);
    for (size_t i = 1; i <= net->plan.layer_count; i++) /* several add to them */
        memset(net->errors[i], 0, net->maps[i].channels * count * area(&net->maps[i]) * sizeof(float));
    spread_walk(net, count, share_out);
    for (size_t i = net->op_count; i-- > 0;)
        op_backward(net, &net->ops[i], count, i < net->plan.layer_count);
    return loss;
}

void train_conv_step(struct train_conv *net, double rate, double decay)
{
    struct train_adam_step step = train_adam_begin(&net->adam, rate);
    for (size_t i = 0; i < net->op_count; i++) {
        const struct train_conv_op *op = &net->ops[i];
        train_adam_move(&net->adam, step, op->weights, op->biases - op->weights, (float)(1 - rate * decay));
        train_adam_move(&net->adam, step, op->biases, op->layer.channels, 1);
    }
}
