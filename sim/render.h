/* sim/render.h - the world through a pinhole: colours, labels and depths without noise, one ray a pixel.
 *
 * Pixel (0, 0) is the upper left one. In body axes (x ahead, y left, z up) the middle of pixel (u, v) lies along
 * (1, -(u + 0.5 - width / 2) / focal, -(v + 0.5 - height / 2) / focal), focal = width / 2 / tan(hfov / 2).
 * Light: albedo * (ambient + (1 - ambient) * max(0, normal . sun)); no shadows. The floor has tiles of 1 m in two
 * greys, and is yellow where a painted zone lies. Glass adds 30 % of its own colour to what is behind. Depth and colour
 * see different things: a colour ray's hit serves for depth only where its solid answers SENSE_DEPTH. */
#ifndef SIM_RENDER_H
#define SIM_RENDER_H

#include "sim/world.h"

struct render;

struct render_frame { /* width * height pixels, row by row from the top; the renderer's own buffers */
    float *rgb;      /* three per pixel, 0..255 */
    uint8_t *labels; /* enum label */
    float *depth_m;  /* along the optical axis, not the ray; infinite where nothing is */
};

/* Borrows the scenario; `width`, `height`, `hfov_rad` are positive. */
struct render *render_create(const struct scenario *scenario);
void render_destroy(struct render **render);
double render_focal_px(const struct camera_config *config);
/* Draws what is asked for (the rest of the frame is stale) from a camera at `eye`, body axes. Valid until the next
 * call. */
struct render_frame render_draw(struct render *render, const struct world *world, struct pose3 eye, bool colour,
                                bool depth);

#endif
