#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "nav/train.h"

void train_samples_put(struct train_samples *samples, const float *inputs, const float *command, uint32_t episode)
{
    ASSERT(samples->width > 0);
    if (samples->count == samples->capacity) {
        size_t capacity = samples->capacity = samples->capacity * 2 + 1024;
        samples->inputs = memory_resize(samples->inputs, capacity, samples->width * sizeof(float));
        samples->commands = memory_resize(samples->commands, capacity, TRAIN_OUTPUTS * sizeof(float));
        samples->episode = memory_resize(samples->episode, capacity, sizeof(uint32_t));
    }
    memcpy(samples->inputs + samples->count * samples->width, inputs, samples->width * sizeof(float));
    memcpy(samples->commands + samples->count * TRAIN_OUTPUTS, command, TRAIN_OUTPUTS * sizeof(float));
    samples->episode[samples->count++] = episode;
}

void train_samples_clear(struct train_samples *samples)
{
    free(samples->inputs);
    free(samples->commands);
    free(samples->episode);
    *samples = (struct train_samples){.width = samples->width};
}

bool train_is_held_out(uint64_t seed, double share, uint32_t episode)
{
    struct seed_stream stream = seed_stream_named(seed, "train.held_out");
    stream.counter = episode;
    return seed_uniform(&stream) < share;
}

void train_samples_shuffle(struct train_samples *samples, uint64_t seed)
{
    struct seed_stream stream = seed_stream_named(seed, "train.shuffle");
    seed_shuffle(&stream, samples->commands, samples->count, TRAIN_OUTPUTS * sizeof *samples->commands);
}
