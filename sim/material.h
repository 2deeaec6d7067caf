/* sim/material.h - what things are made of: how they rub, how they look, and which senses they answer to. One table. */
#ifndef SIM_MATERIAL_H
#define SIM_MATERIAL_H

#include <stdint.h>

#include "perception/label.h"

struct material {
    const char *name;
    uint8_t rgb[3];
    double friction, restitution;
    unsigned senses; /* bits of enum sense in sim/raycast.h; glass lacks SENSE_LIDAR, black lacks SENSE_DEPTH, paint has only CAMERA */
    enum label label;
};

extern const struct material material_table[]; /* plaster first: the default */
extern const int material_count;
int material_find(const char *name); /* -1 if unknown */

#endif
