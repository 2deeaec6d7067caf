/* nav/train_model.h - what a fitted model is made of; for nav/train_fit.c and nav/train_write.c. */
#ifndef NAV_TRAIN_MODEL_H
#define NAV_TRAIN_MODEL_H

#include "nav/train.h"
#include "nav/train_net.h"

struct train_model {
    struct train_config config;
    struct train_epoch result;
    struct train_net *net;
    float *mean, *spread; /* of each input, over the episodes that train */
    float command_mean[TRAIN_OUTPUTS], command_spread[TRAIN_OUTPUTS];
};

#endif
