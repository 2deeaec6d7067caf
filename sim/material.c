#include "sim/material.h"

#include <string.h>

#include "logs/status.h"
#include "sim/raycast.h"

enum {
    ALL = SENSE_LIDAR | SENSE_DEPTH | SENSE_CAMERA | SENSE_TOUCH,
    CLEAR = ALL & ~SENSE_LIDAR, /* a laser goes through; projected infrared speckle and eyes do not */
    SOOT = ALL & ~SENSE_DEPTH,  /* swallows the speckle that a depth camera needs */
    FLAT = SENSE_CAMERA,        /* a colour on something else */
};

/* Only paint is yellow: the keep-out layer goes by colour, and nothing else may look like it. */
const struct material material_table[] = {
    /* name      red green blue     friction restitution senses label */
    {"plaster", {214, 212, 206}, 0.8, 0.05, ALL, LABEL_WALL},
    {"concrete", {150, 150, 152}, 0.9, 0.05, ALL, LABEL_WALL},
    {"floor", {112, 114, 118}, 0.9, 0.0, ALL, LABEL_FLOOR},
    {"wood", {134, 92, 66}, 0.6, 0.1, ALL, LABEL_OBSTACLE},
    {"cardboard", {158, 124, 100}, 0.5, 0.05, ALL, LABEL_OBSTACLE},
    {"plastic", {178, 58, 52}, 0.4, 0.2, ALL, LABEL_OBSTACLE},
    {"metal", {128, 136, 148}, 0.4, 0.2, ALL, LABEL_OBSTACLE},
    {"fabric", {74, 82, 108}, 0.8, 0.0, ALL, LABEL_OBSTACLE},
    {"plant", {48, 112, 58}, 0.7, 0.0, ALL, LABEL_OBSTACLE},
    {"black", {16, 16, 18}, 0.6, 0.05, SOOT, LABEL_OBSTACLE},
    {"glass", {168, 198, 208}, 0.4, 0.1, CLEAR, LABEL_GLASS},
    {"person", {62, 88, 160}, 0.8, 0.0, ALL, LABEL_PERSON},
    {"paint", {240, 200, 24}, 0.7, 0.0, FLAT, LABEL_KEEPOUT},
};
const int material_count = COUNT_OF(material_table);

int material_find(const char *name)
{
    for (int i = 0; i < material_count; i++)
        if (!strcmp(material_table[i].name, name))
            return i;
    return -1;
}
