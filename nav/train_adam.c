#include "nav/train_adam.h"

#include <math.h>
#include <stdlib.h>

#include "logs/geometry.h"
#include "logs/memory.h"
#include "logs/status.h"

static const float BETA1 = 0.9f, BETA2 = 0.999f, TINY = 1e-8f;

void train_adam_init(struct train_adam *adam, size_t count)
{
    ASSERT(count > 0);
    *adam = (struct train_adam){.count = count,
                                .parameters = NEW_ARRAY(count, float),
                                .gradient = NEW_ARRAY(count, float),
                                .first = NEW_ARRAY(count, float),
                                .second = NEW_ARRAY(count, float)};
}

void train_adam_clear(struct train_adam *adam)
{
    free(adam->parameters);
    free(adam->gradient);
    free(adam->first);
    free(adam->second);
    *adam = (struct train_adam){0};
}

struct train_adam_step train_adam_begin(struct train_adam *adam, double rate)
{
    double t = (double)++adam->steps;
    return (struct train_adam_step){.rate = (float)(rate / (1 - pow((double)BETA1, t))),
                                    .correction = (float)(1 / (1 - pow((double)BETA2, t)))};
}

static void move(float *restrict parameters, const float *restrict gradient, float *restrict first,
                 float *restrict second, size_t count, float rate, float correction, float keep)
{
    for (size_t i = 0; i < count; i++) {
        float g = gradient[i];
        first[i] = BETA1 * first[i] + (1 - BETA1) * g;
        second[i] = BETA2 * second[i] + (1 - BETA2) * g * g;
        parameters[i] = keep * parameters[i] - rate * first[i] / (sqrtf(second[i] * correction) + TINY);
    }
}

void train_adam_move(struct train_adam *adam, struct train_adam_step step, size_t from, size_t count,
                     float keep)
{
    ASSERT(from + count <= adam->count);
    move(adam->parameters + from, adam->gradient + from, adam->first + from, adam->second + from, count,
         step.rate, step.correction, keep);
}

double train_adam_rate(double rate, size_t epoch, size_t epochs)
{
    double along = (double)epoch / (double)epochs;
    return rate * (0.01 + 0.99 * 0.5 * (1 + cos(PI * along)));
}
