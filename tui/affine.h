/* tui/affine.h - metres of a frame -> braille dots of the canvas. */
#ifndef TUI_AFFINE_H
#define TUI_AFFINE_H

#include "logs/geometry.h"

struct affine {
    double xx, xy, x0, yx, yy, y0;
};

static inline struct vec2 affine_dots(const struct affine *a, struct vec2 p)
{
    return (struct vec2){a->xx * p.x + a->xy * p.y + a->x0, a->yx * p.x + a->yy * p.y + a->y0};
}

/* That of a frame which stands at `pose` in the frame of `a`. */
static inline struct affine affine_within(const struct affine *a, struct pose2 pose)
{
    double c = cos(pose.yaw), s = sin(pose.yaw);
    struct vec2 at = affine_dots(a, (struct vec2){pose.x, pose.y});
    return (struct affine){a->xx * c + a->xy * s, a->xy * c - a->xx * s, at.x,
                           a->yx * c + a->yy * s, a->yy * c - a->yx * s, at.y};
}

#endif
