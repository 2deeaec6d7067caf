/* nav/train.h - a policy network taught by example: samples in, an ONNX file out.
 *
 *   rows      what the network is shown: named rows of nav/features.h, side by side            train_rows.c
 *   samples   what was shown and what the expert then asked for (m/s, rad/s), by episode       train_samples.c
 *   model     normaliser, network, fitted by Adam (Kingma & Ba 2015) to the Huber loss         train_fit.c, train_net.h
 *   file      the network as policy_network_open reads it, normaliser inside                   train_write.c
 *
 * Same samples and settings: the same bytes (nav/train_blas.h says where). */
#ifndef NAV_TRAIN_H
#define NAV_TRAIN_H

#include "logs/seed.h"
#include "nav/features.h"

/* --- rows ------------------------------------------------ */
enum { TRAIN_ROWS_MAX = 12, TRAIN_OUTPUTS = 2, TRAIN_HIDDEN_MAX = 5 };

struct train_row {
    const struct feature *feature;
    size_t length, offset;
};
struct train_rows {
    struct train_row rows[TRAIN_ROWS_MAX];
    size_t count, width; /* width: all lengths together */
};
/* "lidar=120,depth=16,goal": a row's length must be given where features.h leaves it open. STATUS_BAD_INPUT with a
 * sentence. */
MUST_USE enum status train_rows_parse(const char *text, struct train_rows *rows, struct error *err);
/* The same as text again. */
void train_rows_text(const struct train_rows *rows, struct bytes *out);
void train_rows_fill(const struct train_rows *rows, const struct policy_input *in, float *out);
bool train_rows_have(const struct train_rows *rows, const char *name);

/* The world in a mirror, left for right: number i of what is seen there is sign[i] times number from[i] of what is seen
 * here. False if a row cannot be mirrored without knowing more (images). Both arrays hold `width`. */
bool train_rows_mirror(const struct train_rows *rows, uint32_t *from, float *sign);

/* --- samples ------------------------------------------------ */
struct train_samples { /* zero-initialise with `width`; all owned */
    size_t width, count, capacity;
    float *inputs;     /* count * width */
    float *commands;   /* count * TRAIN_OUTPUTS */
    uint32_t *episode; /* any number; samples of one are never divided between training and validation */
};
void train_samples_put(struct train_samples *samples, const float *inputs, const float *command, uint32_t episode);
void train_samples_clear(struct train_samples *samples);
/* Gives every sample the command of another: nothing can be learned then, which any judge must notice. */
void train_samples_shuffle(struct train_samples *samples, uint64_t seed);

/* Does that episode only validate? A draw that depends on seed and episode alone, so that more rounds move
 * none from one side to the other. */
bool train_is_held_out(uint64_t seed, double share, uint32_t episode);

/* --- model ------------------------------------------------ */
struct train_config {
    struct train_rows rows;
    size_t hidden[TRAIN_HIDDEN_MAX], hidden_count;
    size_t epochs, batch;
    double rate;     /* Adam's step in the first epoch; it falls to a hundredth along a cosine */
    double decay;    /* of weights, per unit of rate (Loshchilov & Hutter 2019) */
    double dropout;  /* probability that a sensed row of a training sample is as if its sensor were not there */
    bool mirror;     /* every other sample is seen in a mirror */
    double held_out; /* share of the episodes that validate */
    uint64_t seed;
};
struct train_config train_config_default(void); /* no rows */

struct train_epoch {
    size_t epoch, epochs;    /* 1 .. */
    double loss, validation; /* mean Huber loss in standard deviations of the command; NaN: nothing is held out */
    double validation_mps, validation_radps; /* mean absolute error */
    bool best;                               /* so far */
};

struct train_model;
/* Fits a new model; that of the epoch with the least validation loss is kept. `each` (may be NULL) is called after
 * every epoch. STATUS_BAD_INPUT if there is nothing to learn from (no sample, or a number that is not finite: says
 * which). */
MUST_USE struct train_model *train_fit(const struct train_config *config, const struct train_samples *samples,
                                       void (*each)(void *self, const struct train_epoch *epoch), void *self,
                                       struct error *err);
void train_destroy(struct train_model **model);

/* Of the kept epoch. */
const struct train_epoch *train_result(const struct train_model *model);
size_t train_parameters(const struct train_model *model); /* without the normaliser's */
/* The command for `width` numbers, as the trainer computes it. */
void train_forward(const struct train_model *model, const float *inputs, float command[TRAIN_OUTPUTS]);

struct train_note { /* provenance, for metadata_props */
    const char *key, *value;
};
void train_write(const struct train_model *model, const char *name, const struct train_note *notes, size_t note_count,
                 struct bytes *out);

#endif
