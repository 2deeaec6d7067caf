/* tui/raster.h - strokes, areas and words on an RGB picture, their edges smooth.
 *
 * Coordinates are pixels from the upper left corner, x right, y down; what lies outside is cut off. A pixel takes as
 * much of the colour as its middle lies inside the edge: the same calls give the same bytes. */
#ifndef TUI_RASTER_H
#define TUI_RASTER_H

#include "logs/geometry.h"
#include "logs/png.h"

struct raster {
    struct image image;
    struct font *font; /* owned */
};

/* A picture of one colour. STATUS_IO if there is no font (tui/font.h). */
MUST_USE enum status raster_open(struct raster *raster, int width, int height, uint32_t rgb, int text_height,
                                 struct error *err);
/* The finished picture, the caller's to clear. */
struct image raster_close(struct raster *raster);

/* A stroke from a to b (x, y each) with round ends. */
void raster_segment(struct raster *raster, const double *a, const double *b, uint32_t rgb, double width);

struct raster_area { /* a rectangle turned clockwise on the screen by yaw_rad and grown by a radius: also a disc, a
                        capsule */
    struct vec2 at, half;
    double yaw_rad, radius;
};
void raster_fill(struct raster *raster, const struct raster_area *area, uint32_t rgb, double opacity);
void raster_outline(struct raster *raster, const struct raster_area *area, uint32_t rgb, double width);

/* The text begins (anchor 0), is centred (1) or ends (2) at x; y is its middle. What is not ASCII becomes '?'. */
void raster_text(struct raster *raster, double x, double y, int anchor, uint32_t rgb, const char *text);
/* Copies a picture so that its upper left corner comes to x, y. */
void raster_paste(struct raster *raster, const struct image *image, int x, int y);

#endif
