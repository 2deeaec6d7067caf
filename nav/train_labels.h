/* nav/train_labels.h - a network that labels pictures, taught by pictures whose labels are known.
 *
 *   pictures  what the camera showed and what it truly was, by world                            train_pictures.c
 *   model     normaliser and network (nav/train_conv.h), fitted by Adam to the cross-entropy     train_labels.c
 *   file      the network as perception/seeing.h reads it, normaliser inside                     train_labels_write.c
 *
 * A picture is first divided by its own mean brightness, so that the network need not learn exposure;
 * then each channel gets mean 0 and spread 1 over the worlds that train. Rare labels count more: by one
 * over the root of their share.
 *
 * Same pictures and settings: the same bytes (nav/train_blas.h says where). */
#ifndef NAV_TRAIN_LABELS_H
#define NAV_TRAIN_LABELS_H

#include "nav/train.h"
#include "nav/train_conv.h"
#include "perception/camera.h"
#include "perception/label.h"

/* --- pictures ------------------------------------------------ */
struct train_pictures { /* zero-initialise with width and height, multiples of SEEING_MULTIPLE; all owned */
    size_t width, height, count, capacity;
    uint8_t *rgb;          /* count * height * width * 3 */
    uint8_t *labels;       /* count * height * width, each below LABEL_COUNT */
    struct camera *camera; /* of each */
    uint32_t *world;       /* any number; pictures of one are never divided between training and validation */
};
void train_pictures_put(struct train_pictures *pictures, const uint8_t *rgb, const uint8_t *labels,
                        const struct camera *camera, uint32_t world);
void train_pictures_clear(struct train_pictures *pictures);
/* Gives every picture the labels of another: little but where floor usually is can be learned then. */
void train_pictures_shuffle(struct train_pictures *pictures, uint64_t seed);

/* --- model ------------------------------------------------ */
enum { TRAIN_LABELS_CHANNELS = 4 }; /* red, green, blue; how far below the horizon */

struct train_labels_config {
    struct train_conv_layer layers[TRAIN_CONV_LAYERS_MAX];
    size_t layer_count;
    size_t epochs, batch;
    double rate, decay; /* as in nav/train.h */
    double tint;        /* each colour of a training picture is multiplied by up to 1 + tint, or divided */
    bool mirror;        /* every other training picture is seen in a mirror */
    double held_out;    /* share of the worlds that validate */
    uint64_t seed;
};
struct train_labels_config train_labels_config_default(void);

struct train_labels_epoch {
    size_t epoch, epochs;      /* 1 .. */
    double loss, validation;   /* mean cross-entropy; NaN: nothing is held out */
    struct label_tally tally;  /* of the pixels held out */
    double mean_iou, accuracy; /* theirs; NaN likewise */
    bool best;                 /* so far, by mean IoU */
};

struct train_labels;
/* Fits a new model; that of the epoch with the best mean IoU is kept. `each` (may be NULL) is called
 * after every epoch. STATUS_BAD_INPUT if there is no picture. */
MUST_USE struct train_labels *
train_labels_fit(const struct train_labels_config *config, const struct train_pictures *pictures,
                 void (*each)(void *self, const struct train_labels_epoch *epoch), void *self,
                 struct error *err);
void train_labels_destroy(struct train_labels **model);

const struct train_labels_epoch *
train_labels_result(const struct train_labels *model);            /* of the kept epoch */
size_t train_labels_parameters(const struct train_labels *model); /* without the normaliser's */
/* The answer for one of the pictures, as the trainer computes it: as train_conv_forward's. Until the next
 * call. */
const float *train_labels_answer(struct train_labels *model, const struct train_pictures *pictures,
                                 size_t index);

void train_labels_write(const struct train_labels *model, const struct train_note *notes, size_t note_count,
                        struct bytes *out);

#endif
