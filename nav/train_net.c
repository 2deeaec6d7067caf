#include "nav/train_net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "logs/seed.h"
#include "nav/train_blas.h"

struct train_net *train_net_create(const size_t *sizes, size_t layers, size_t batch_max, uint64_t seed)
{
    struct train_net *net = NEW(struct train_net);
    struct seed_stream stream = seed_stream_named(seed, "train.weights");
    ASSERT(layers >= 1 && layers <= TRAIN_LAYERS_MAX && batch_max > 0);
    net->layers = layers;
    net->batch_max = batch_max;
    for (size_t i = 0; i <= layers; i++) {
        ASSERT(sizes[i] > 0);
        net->sizes[i] = sizes[i];
        net->values[i] = NEW_ARRAY(batch_max * sizes[i], float);
        net->errors[i] = i ? NEW_ARRAY(batch_max * sizes[i], float) : NULL; /* nobody asks for the input's */
    }
    for (size_t i = 0; i < layers; i++) {
        net->weights[i] = net->parameter_count;
        net->biases[i] = net->weights[i] + sizes[i] * sizes[i + 1];
        net->parameter_count = net->biases[i] + sizes[i + 1];
    }
    train_adam_init(&net->adam, net->parameter_count);
    for (size_t i = 0; i < layers; i++) {
        double spread = sqrt(2.0 / (double)sizes[i]) * (i + 1 == layers ? 0.1 : 1);
        for (size_t w = net->weights[i]; w < net->biases[i]; w++)
            net->adam.parameters[w] = (float)(spread * seed_gaussian(&stream));
    }
    return net;
}

void train_net_destroy(struct train_net **net)
{
    if (!*net)
        return;
    for (size_t i = 0; i <= (*net)->layers; i++) {
        free((*net)->values[i]);
        free((*net)->errors[i]);
    }
    train_adam_clear(&(*net)->adam);
    free(*net);
    *net = NULL;
}

static void rectify(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = values[i] > 0 ? values[i] : 0;
}

const float *train_net_forward(struct train_net *net, size_t count)
{
    ASSERT(count > 0 && count <= net->batch_max);
    for (size_t l = 0; l < net->layers; l++) {
        size_t in = net->sizes[l], out = net->sizes[l + 1];
        float *values = net->values[l + 1];
        for (size_t row = 0; row < count; row++)
            memcpy(values + row * out, net->adam.parameters + net->biases[l], out * sizeof *values);
        train_blas_multiply((struct train_matrix){net->values[l], count, in, false},
                            (struct train_matrix){net->adam.parameters + net->weights[l], out, in, true}, 1, values);
        if (l + 1 < net->layers)
            rectify(values, count * out);
    }
    return net->values[net->layers];
}

/* The loss, and its derivative by every output if asked for. */
static double huber(const float *outputs, const float *targets, size_t count, float *derivative)
{
    double sum = 0;
    float share = 1.0f / (float)count;
    for (size_t i = 0; i < count; i++) {
        float off = outputs[i] - targets[i], size = fabsf(off);
        sum += size <= 1 ? 0.5 * (double)off * (double)off : (double)size - 0.5;
        if (derivative)
            derivative[i] = share * (off > 1 ? 1 : off < -1 ? -1 : off);
    }
    return sum / (double)count;
}

double train_net_loss(const struct train_net *net, size_t count, const float *targets)
{
    return huber(net->values[net->layers], targets, count * net->sizes[net->layers], NULL);
}

static void sum_rows(const float *rows, size_t count, size_t width, float *sums)
{
    memset(sums, 0, width * sizeof *sums);
    for (size_t row = 0; row < count; row++)
        for (size_t i = 0; i < width; i++)
            sums[i] += rows[row * width + i];
}

/* What did not pass the rectifier has no share in the loss. */
static void hold_back(float *errors, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        errors[i] = values[i] > 0 ? errors[i] : 0;
}

double train_net_backward(struct train_net *net, size_t count, const float *targets)
{
    size_t last = net->layers;
    ASSERT(count > 0 && count <= net->batch_max);
    double loss = huber(net->values[last], targets, count * net->sizes[last], net->errors[last]);
    for (size_t l = last; l-- > 0;) {
        size_t in = net->sizes[l], out = net->sizes[l + 1];
        const float *errors = net->errors[l + 1], *weights = net->adam.parameters + net->weights[l];
        train_blas_multiply((struct train_matrix){errors, count, out, true},
                            (struct train_matrix){net->values[l], count, in, false}, 0,
                            net->adam.gradient + net->weights[l]);
        sum_rows(errors, count, out, net->adam.gradient + net->biases[l]);
        if (!l)
            break; /* nobody asks for the derivative by the inputs */
        train_blas_multiply((struct train_matrix){errors, count, out, false},
                            (struct train_matrix){weights, out, in, false}, 0, net->errors[l]);
        hold_back(net->errors[l], net->values[l], count * in);
    }
    return loss;
}

void train_net_step(struct train_net *net, double rate, double decay)
{
    struct train_adam_step step = train_adam_begin(&net->adam, rate);
    for (size_t l = 0; l < net->layers; l++) {
        train_adam_move(&net->adam, step, net->weights[l], net->biases[l] - net->weights[l],
                        (float)(1 - rate * decay));
        train_adam_move(&net->adam, step, net->biases[l], net->sizes[l + 1], 1);
    }
}
