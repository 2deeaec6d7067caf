/* sim/material.h - what things are made of: how they rub, how they look, and what each sense makes of them. One
 * table.
 *
 * `senses` says which rays meet the material at all (glass lacks SENSE_LIDAR, paint has only SENSE_CAMERA). `optic`
 * is what those that meet it then do; `echo` is the share of a laser's light that a matt white wall would
 * send back. */
#ifndef SIM_MATERIAL_H
#define SIM_MATERIAL_H

#include <stdint.h>

#include "perception/label.h"

enum optic {
    OPTIC_PLAIN,  /* one sees its surface */
    OPTIC_GLASS,  /* and what is behind it; what a depth camera reports of it is up to camera.depth_glass */
    OPTIC_BLACK,  /* swallows the texture that a depth camera needs: camera.depth_black */
    OPTIC_MIRROR, /* one sees the world in it, a laser measures the way there and back: camera.depth_mirror */
};

struct material {
    const char *name;
    uint8_t rgb[3];
    double friction, restitution;
    unsigned senses; /* bits of enum sense in sim/raycast.h */
    enum label label;
    enum optic optic;
    double echo; /* 0..1 */
    const char *texture; /* name in sim/texture.h; a solid may wear another */
};

extern const struct material material_table[]; /* plaster first: the default */
extern const int material_count;
int material_find(const char *name); /* -1 if unknown */

#endif
