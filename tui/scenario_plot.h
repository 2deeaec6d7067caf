/* tui/scenario_plot.h - a scenario seen from above, as a picture: what stands in it, who moves where, lamps, start,
 * goal and the shortest way between them. */
#ifndef TUI_SCENARIO_PLOT_H
#define TUI_SCENARIO_PLOT_H

#include "logs/png.h"
#include "sim/scenario.h"

/* An owned picture of an expanded scenario that is as wide as it is told and as high as its shape wants, within
 * `height`. `way` are the corners of scenario_reference_way. STATUS_IO without a font. */
MUST_USE enum status scenario_plot(const struct scenario *scenario, const char *title, const struct vec2 *way,
                                   size_t corners, int width, int height, struct image *image, struct error *err);
/* Pictures on one sheet, `columns` a row. */
MUST_USE enum status scenario_plot_sheet(const struct image *images, size_t count, int columns, struct image *sheet,
                                         struct error *err);

#endif
