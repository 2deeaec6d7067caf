#include "sim/material.h"

#include <string.h>

#include "logs/status.h"
#include "sim/raycast.h"

enum {
    ALL = SENSE_LIDAR | SENSE_DEPTH | SENSE_CAMERA | SENSE_TOUCH,
    CLEAR = ALL & ~SENSE_LIDAR, /* a laser goes through; eyes and ultrasound do not */
    FLAT = SENSE_CAMERA,        /* a colour on something else */
};

/* Only paint is yellow: without a network the keep-out layer goes by colour, and little else should look like
 * it (sim/texture.c has two textures that do). */
const struct material material_table[] = {
    /* name      red green blue     friction restitution senses label      optic         echo  texture */
    {"plaster", {214, 212, 206}, 0.8, 0.05, ALL, LABEL_WALL, OPTIC_PLAIN, 0.90, "skirting"},
    {"concrete", {150, 150, 152}, 0.9, 0.05, ALL, LABEL_WALL, OPTIC_PLAIN, 0.60, "blotches"},
    {"floor", {112, 114, 118}, 0.9, 0.0, ALL, LABEL_FLOOR, OPTIC_PLAIN, 0.50, "floor"},
    {"wood", {134, 92, 66}, 0.6, 0.1, ALL, LABEL_OBSTACLE, OPTIC_PLAIN, 0.55, "planks"},
    {"cardboard", {158, 124, 100}, 0.5, 0.05, ALL, LABEL_OBSTACLE, OPTIC_PLAIN, 0.60, "parcel"},
    {"plastic", {178, 58, 52}, 0.4, 0.2, ALL, LABEL_OBSTACLE, OPTIC_PLAIN, 0.50, "plain"},
    {"metal", {128, 136, 148}, 0.4, 0.2, ALL, LABEL_OBSTACLE, OPTIC_PLAIN, 0.45, "panels"},
    {"fabric", {74, 82, 108}, 0.8, 0.0, ALL, LABEL_OBSTACLE, OPTIC_PLAIN, 0.40, "weave"},
    {"plant", {48, 112, 58}, 0.7, 0.0, ALL, LABEL_OBSTACLE, OPTIC_PLAIN, 0.45, "leaves"},
    {"black", {16, 16, 18}, 0.6, 0.05, ALL, LABEL_OBSTACLE, OPTIC_BLACK, 0.08, "plain"},
    {"glass", {168, 198, 208}, 0.4, 0.1, CLEAR, LABEL_GLASS, OPTIC_GLASS, 0.05, "plain"},
    {"mirror", {196, 204, 208}, 0.4, 0.1, ALL, LABEL_OBSTACLE, OPTIC_MIRROR, 0.95, "plain"},
    {"brick", {146, 82, 70}, 0.9, 0.05, ALL, LABEL_WALL, OPTIC_PLAIN, 0.50, "bricks"},
    {"person", {62, 88, 160}, 0.8, 0.0, ALL, LABEL_PERSON, OPTIC_PLAIN, 0.50, "dress"},
    {"paint", {240, 200, 24}, 0.7, 0.0, FLAT, LABEL_KEEPOUT, OPTIC_PLAIN, 0.50, "plain"},
};
const int material_count = COUNT_OF(material_table);

int material_find(const char *name)
{
    for (int i = 0; i < material_count; i++)
        if (!strcmp(material_table[i].name, name))
            return i;
    return -1;
}
