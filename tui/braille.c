/* The braille half of tui/canvas.h: a cell is 2 x 4 dots, and its rune holds them, so dots need no memory of their
 * own. */
#include <math.h>

#include "tui/canvas.h"

enum { BRAILLE = 0x2800, LINE_DOTS_MAX = 4096 };

void canvas_dot(struct canvas *canvas, int dot_x, int dot_y, enum role role)
{
    static const uint8_t bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    if (dot_x < 0 || dot_y < 0)
        return;
    int x = dot_x / 2, y = dot_y / 4;
    const struct cell *cell = canvas_cell(canvas, x, y);
    if (!cell)
        return;
    uint32_t rune = (cell->rune & ~0xffU) == BRAILLE ? cell->rune : BRAILLE;
    canvas_put(canvas, x, y, rune | bits[dot_y % 4][dot_x % 2], role);
}

/* Cuts the part of the segment with p + t d < low away from t0..t1 (d may be negative: then the far part). */
static void cut(double p, double d, double low, double high, double *t0, double *t1)
{
    if (d == 0) {
        if (p < low || p > high)
            *t1 = -1;
        return;
    }
    double a = (low - p) / d, b = (high - p) / d;
    *t0 = fmax(*t0, fmin(a, b));
    *t1 = fmin(*t1, fmax(a, b));
}

void canvas_dot_line(struct canvas *canvas, double x0, double y0, double x1, double y1, enum role role)
{
    if (!isfinite(x0) || !isfinite(y0) || !isfinite(x1) || !isfinite(y1))
        return;
    const struct rect clip = canvas->clip;
    double t0 = 0, t1 = 1, dx = x1 - x0, dy = y1 - y0;
    cut(x0, dx, 2.0 * clip.x - 1, 2.0 * (clip.x + clip.width), &t0, &t1);
    cut(y0, dy, 4.0 * clip.y - 1, 4.0 * (clip.y + clip.height), &t0, &t1);
    if (t0 > t1)
        return;
    double steps = ceil(fmax(fabs(dx), fabs(dy)) * (t1 - t0));
    int count = steps < LINE_DOTS_MAX ? (int)steps : LINE_DOTS_MAX;
    for (int i = 0; i <= count; i++) {
        double t = count ? t0 + (t1 - t0) * i / count : t0;
        canvas_dot(canvas, (int)floor(x0 + t * dx + 0.5), (int)floor(y0 + t * dy + 0.5), role);
    }
}

void canvas_plot(struct canvas *canvas, struct rect rect, const float *values, int count, double low, double high,
                 enum role role)
{
    if (rect.width <= 0 || rect.height <= 0 || count < 1 || !(high > low))
        return;
    struct rect old = canvas_clip(canvas, rect);
    double bottom = 4.0 * (rect.y + rect.height) - 1, span = 4.0 * rect.height - 1, last_x = 0, last_y = (double)NAN;
    for (int i = 0; i < count; i++) {
        double x = 2.0 * rect.x + (count > 1 ? (2.0 * rect.width - 1) * i / (count - 1) : 0);
        double share = ((double)values[i] - low) / (high - low);
        double y = isnan(share) ? (double)NAN : bottom - span * fmin(1, fmax(0, share));
        if (!isnan(y) && !isnan(last_y))
            canvas_dot_line(canvas, last_x, last_y, x, y, role);
        else if (!isnan(y))
            canvas_dot(canvas, (int)(x + 0.5), (int)(y + 0.5), role);
        last_x = x;
        last_y = y;
    }
    canvas_clip_restore(canvas, old);
}
