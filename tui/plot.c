#include "tui/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/file.h"
#include "logs/memory.h"
#include "tui/raster.h"

enum { LEFT = 76, RIGHT = 20, TOP = 44, BOTTOM = 52, TEXT_HEIGHT = 16, TICKS_MAX = 16 };
static const uint32_t INK = 0x202124, GRID = 0xdadce0, PAPER = 0xffffff;
/* Okabe and Ito's palette: apart for colour-blind eyes, too. */
static const uint32_t colours[PLOT_SERIES_MAX] = {0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7,
                                                  0xe69f00, 0x56b4e9, 0x000000, 0x8a8a8a};

/* What a plot is drawn on. `anchor`: the text begins (0), is centred (1) or ends (2) at x; y is its middle. */
struct surface {
    void (*line)(void *self, const double *xy, size_t points, uint32_t rgb, double width);
    void (*text)(void *self, double x, double y, int anchor, uint32_t rgb, const char *text);
    void *self;
};

struct axis {
    double from, to;           /* data */
    double pixel_from, pixel_to;
    double step;               /* between ticks */
};

/* --- scales ----------------------------------------------------------------------------------------------- */

static bool is_drawable(double value) { return fabs(value) <= 1e100; } /* not NaN, either */

static void range_of(const struct plot *plot, bool vertical, double *from, double *to)
{
    *from = (double)INFINITY;
    *to = (double)-INFINITY;
    for (size_t s = 0; s < plot->series_count; s++)
        for (size_t i = 0; i < plot->series[s].count; i++) {
            double x = plot->series[s].x[i], y = plot->series[s].y[i], value = vertical ? y : x;
            if (!is_drawable(x) || !is_drawable(y))
                continue;
            *from = fmin(*from, value);
            *to = fmax(*to, value);
        }
}

bool plot_has_points(const struct plot *plot)
{
    double from, to;
    range_of(plot, false, &from, &to);
    return from <= to;
}

static double tick_step(double range, int ticks)
{
    double step = pow(10, floor(log10(range / ticks)));
    static const double factors[] = {1, 2, 5, 10};
    for (size_t i = 0; i < COUNT_OF(factors); i++)
        if (range / (step * factors[i]) <= ticks)
            return step * factors[i];
    return step * 10;
}

static struct axis axis_make(const struct plot *plot, bool vertical)
{
    struct axis axis = {.pixel_from = vertical ? PLOT_HEIGHT - BOTTOM : LEFT,
                        .pixel_to = vertical ? TOP : PLOT_WIDTH - RIGHT};
    range_of(plot, vertical, &axis.from, &axis.to);
    double room = (axis.to - axis.from) * (vertical || plot->same_scale ? 0.05 : 0);
    double least = fmax(1e-9, fabs(axis.to) * 1e-9); /* of a flat line */
    if (axis.to - axis.from < least)
        room = least > 1e-6 ? least : 0.5;
    axis.from -= room;
    axis.to += room;
    return axis;
}

/* Widens the axis whose unit is the longer one. */
static void axes_equalise(struct axis *x, struct axis *y)
{
    double per_x = (x->to - x->from) / fabs(x->pixel_to - x->pixel_from);
    double per_y = (y->to - y->from) / fabs(y->pixel_to - y->pixel_from);
    struct axis *wide = per_x < per_y ? x : y;
    double range = fmax(per_x, per_y) * fabs(wide->pixel_to - wide->pixel_from), middle = (wide->from + wide->to) / 2;
    wide->from = middle - range / 2;
    wide->to = middle + range / 2;
}

static double axis_at(const struct axis *axis, double value)
{
    double share = (value - axis->from) / (axis->to - axis->from);
    return axis->pixel_from + share * (axis->pixel_to - axis->pixel_from);
}

/* --- drawing ---------------------------------------------------------------------------------------------- */

static void axis_draw(const struct axis *axis, const struct axis *other, bool vertical, const struct surface *surface)
{
    double first = ceil(axis->from / axis->step) * axis->step;
    for (int i = 0; i < 2 * TICKS_MAX && first + i * axis->step <= axis->to + axis->step * 1e-9; i++) {
        double value = first + i * axis->step, at = axis_at(axis, value);
        double grid[4] = {at, other->pixel_from, at, other->pixel_to};
        double across[4] = {other->pixel_from, at, other->pixel_to, at};
        char label[32];
        snprintf(label, sizeof label, "%.6g", fabs(value) < axis->step * 1e-6 ? 0.0 : value);
        surface->line(surface->self, vertical ? across : grid, 2, GRID, 1);
        surface->text(surface->self, vertical ? LEFT - 8 : at, vertical ? at : PLOT_HEIGHT - BOTTOM + 14,
                      vertical ? 2 : 1, INK, label);
    }
}

static void series_draw(const struct plot_series *series, const struct axis *x, const struct axis *y, uint32_t rgb,
                        const struct surface *surface)
{
    double *xy = NEW_ARRAY(series->count * 2, double);
    size_t points = 0;
    for (size_t i = 0; i <= series->count; i++) {
        bool there = i < series->count && is_drawable(series->x[i]) && is_drawable(series->y[i]);
        if (!there && points)
            surface->line(surface->self, xy, points, rgb, 1.6);
        points = there ? points : 0;
        if (there) {
            xy[2 * points] = axis_at(x, series->x[i]);
            xy[2 * points + 1] = axis_at(y, series->y[i]);
            points++;
        }
    }
    free(xy);
}

static void plot_draw(const struct plot *plot, const struct surface *surface)
{
    struct axis x = axis_make(plot, false), y = axis_make(plot, true);
    if (plot->same_scale)
        axes_equalise(&x, &y);
    x.step = tick_step(x.to - x.from, 10);
    y.step = tick_step(y.to - y.from, 8);
    axis_draw(&x, &y, false, surface);
    axis_draw(&y, &x, true, surface);
    double frame[] = {LEFT, TOP, LEFT, PLOT_HEIGHT - BOTTOM, PLOT_WIDTH - RIGHT, PLOT_HEIGHT - BOTTOM};
    surface->line(surface->self, frame, 3, INK, 1);
    surface->text(surface->self, LEFT, 16, 0, INK, plot->title);
    surface->text(surface->self, (LEFT + PLOT_WIDTH - RIGHT) / 2.0, PLOT_HEIGHT - 14, 1, INK, plot->x_label);
    surface->text(surface->self, LEFT, TOP - 10, 2, INK, plot->y_label);
    for (size_t i = 0; i < plot->series_count; i++) {
        series_draw(&plot->series[i], &x, &y, colours[i], surface);
        if (plot->series_count > 1)
            surface->text(surface->self, PLOT_WIDTH - RIGHT - 8, TOP + 12 + 18.0 * (double)i, 2, colours[i],
                          plot->series[i].name);
    }
}

/* --- SVG -------------------------------------------------------------------------------------------------- */

static void svg_line(void *self, const double *xy, size_t points, uint32_t rgb, double width)
{
    bytes_format(self, "<polyline fill=\"none\" stroke=\"#%06x\" stroke-width=\"%g\" points=\"", rgb, width);
    for (size_t i = 0; i < points; i++)
        bytes_format(self, "%s%.2f,%.2f", i ? " " : "", xy[2 * i], xy[2 * i + 1]);
    bytes_format(self, "\"/>\n");
}

static void svg_text(void *self, double x, double y, int anchor, uint32_t rgb, const char *text)
{
    static const char *const anchors[] = {"start", "middle", "end"};
    bytes_format(self, "<text x=\"%.2f\" y=\"%.2f\" fill=\"#%06x\" text-anchor=\"%s\" "
                 "dominant-baseline=\"central\">", x, y, rgb, anchors[anchor]);
    for (; *text; text++)
        if (*text == '<' || *text == '&')
            bytes_format(self, *text == '<' ? "&lt;" : "&amp;");
        else
            bytes_put_u8(self, (uint8_t)*text < 0x20 ? '?' : (uint8_t)*text);
    bytes_format(self, "</text>\n");
}

void plot_svg(const struct plot *plot, struct bytes *out)
{
    const struct surface surface = {svg_line, svg_text, out};
    bytes_format(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"monospace\" "
                      "font-size=\"13\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#%06x\"/>\n",
                 PLOT_WIDTH, PLOT_HEIGHT, PAPER);
    plot_draw(plot, &surface);
    bytes_format(out, "</svg>\n");
}

/* --- PNG -------------------------------------------------------------------------------------------------- */

static void raster_line(void *self, const double *xy, size_t points, uint32_t rgb, double width)
{
    if (points == 1)
        raster_segment(self, xy, xy, rgb, width);
    for (size_t i = 1; i < points; i++)
        raster_segment(self, xy + 2 * (i - 1), xy + 2 * i, rgb, width);
}

static void raster_label(void *self, double x, double y, int anchor, uint32_t rgb, const char *text)
{
    raster_text(self, x, y, anchor, rgb, text);
}

enum status plot_image(const struct plot *plot, struct image *image, struct error *err)
{
    struct raster raster = {0};
    if (raster_open(&raster, PLOT_WIDTH, PLOT_HEIGHT, PAPER, TEXT_HEIGHT, err))
        return err->status;
    const struct surface surface = {raster_line, raster_label, &raster};
    plot_draw(plot, &surface);
    *image = raster_close(&raster);
    return STATUS_OK;
}

enum status plot_save(const struct plot *plot, const char *path, struct error *err)
{
    struct bytes file = {0};
    struct image image = {0};
    size_t length = strlen(path);
    enum status status = STATUS_OK;
    if (length > 4 && !strcmp(path + length - 4, ".png")) {
        status = plot_image(plot, &image, err);
        if (!status)
            png_encode(&image, &file);
    } else {
        plot_svg(plot, &file);
    }
    if (!status)
        status = file_save(path, file.data, file.size, err);
    image_clear(&image);
    bytes_clear(&file);
    return status;
}
