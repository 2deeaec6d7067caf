/* sim/render.h - the world through a pinhole: colours, labels and depths without noise, one ray a pixel.
 *
 * Pixel (0, 0) is the upper left one. In body axes (x ahead, y left, z up) the middle of pixel (u, v) lies along
 * (1, -(u + 0.5 - width / 2) / focal, -(v + 0.5 - height / 2) / focal), focal = width / 2 / tan(hfov / 2).
 * Brightness: the surface's colour (sim/texture.h; yellow where a painted zone lies) times the light there
 * (sim/light.h). Glass adds 30 % of its own colour to what is behind, a mirror 15 % to what is in it; `labels` name
 * the first surface: what it is (a door, a sign: sim/texture.h), else what its material is. Depth goes by the first
 * surface, too, but what is made of glass, black things and mirrors is the camera's to choose: camera.depth_glass,
 * depth_black, depth_mirror. */
#ifndef SIM_RENDER_H
#define SIM_RENDER_H

#include "sim/world.h"

struct render;

struct render_frame { /* width * height pixels, row by row from the top; the renderer's own buffers */
    float *rgb;      /* three per pixel, 255 is white in full light; may be more */
    uint8_t *labels; /* enum label */
    float *depth_m;  /* along the optical axis, not the ray; infinite where nothing is, or nothing can be told */
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
