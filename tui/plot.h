/* tui/plot.h - lines over two axes, as SVG and as PNG, from one description.
 *
 * The same plot gives the same bytes. A value that is not finite, or beyond 1e100, breaks a line. Ticks are at 1, 2 or 5 times a power of ten. */
#ifndef TUI_PLOT_H
#define TUI_PLOT_H

#include "logs/png.h"

enum { PLOT_WIDTH = 960, PLOT_HEIGHT = 540, PLOT_SERIES_MAX = 8 };

struct plot_series {
    const char *name;
    const double *x, *y; /* borrowed */
    size_t count;
};

struct plot {
    const char *title, *x_label, *y_label;
    struct plot_series series[PLOT_SERIES_MAX];
    size_t series_count;
    bool same_scale; /* a metre is as long on both axes */
};

/* False if there is no point that can be drawn; then it may not be drawn. */
bool plot_has_points(const struct plot *plot);
void plot_svg(const struct plot *plot, struct bytes *out);
/* An owned RGB image. STATUS_IO if there is no font (tui/font.h). */
MUST_USE enum status plot_image(const struct plot *plot, struct image *image, struct error *err);
/* PNG if the path ends so, else SVG. */
MUST_USE enum status plot_save(const struct plot *plot, const char *path, struct error *err);

#endif
