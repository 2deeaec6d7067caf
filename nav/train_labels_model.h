/* nav/train_labels_model.h - what a fitted model is made of; for nav/train_labels*.c alone. */
#ifndef NAV_TRAIN_LABELS_MODEL_H
#define NAV_TRAIN_LABELS_MODEL_H

#include "nav/train_labels.h"

#define TRAIN_LABELS_DARK                                                                                    \
    8.0f /* added to a picture's mean brightness, so that noise in the dark stays small */

struct train_labels {
    struct train_labels_config config;
    struct train_labels_epoch result;
    struct train_conv *net;
    float mean[TRAIN_LABELS_CHANNELS], spread[TRAIN_LABELS_CHANNELS];
};

#endif
