/* sim/texture.h - patterns on surfaces, as exact functions of the point that a ray hit. One table.
 *
 * A surface has paper (the material's colour, unless the texture brings its own) and ink; a pattern says how much ink
 * there is at a point of a face, 0..1. Faces are measured in metres from their lower left corner as one stands before
 * them (u to the right, v up), so that an arrow points the same way on every side; round things are unrolled. Detail
 * that is smaller than a pixel fades into the pattern's mean instead of flickering. Nothing but + - * / and
 * comparisons: the same bits everywhere. */
#ifndef SIM_TEXTURE_H
#define SIM_TEXTURE_H

#include <stdbool.h>

#include "logs/geometry.h"
#include "sim/shape.h"

struct texture_spot { /* a point of a face */
    double u_m, v_m;
    double width_m, height_m; /* of the face; 0: endless or unknown */
};

struct texture {
    const char *name;
    double (*ink)(const struct texture_spot *spot); /* NULL: none anywhere */
    double mean, detail_m; /* of the ink; the size below which its features are not told apart */
    double shade;          /* ink is the paper's colour times this; 0: it is ink_rgb */
    float paper_rgb[3], ink_rgb[3]; /* paper {0, 0, 0}: the material's */
    const char *help;
    bool sign; /* what wears it is there to be read */
};

extern const struct texture texture_table[]; /* "plain" first */
extern const int texture_count;
int texture_find(const char *name); /* -1 if unknown */

/* The spot of a hit: `point` and `normal` in the world, of a solid of that shape and pose. */
struct texture_spot texture_spot(const struct shape *shape, struct pose3 pose, struct vec3 point, struct vec3 normal);
/* The colour of a surface of colour `rgb` there; `pixel_m` is how much of it one pixel covers. */
void texture_colour(const struct texture *texture, const struct texture_spot *spot, double pixel_m, float rgb[3]);

#endif
