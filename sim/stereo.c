#include "sim/stereo.h"

#include "logs/status.h"

/* The nearest of a row within `reach` of a column. */
static float nearest_in_row(const float *row, int column, int width, int reach)
{
    int from = column > reach ? column - reach : 0, to = column + reach < width ? column + reach : width - 1;
    float nearest = row[from];
    for (int i = from + 1; i <= to; i++)
        nearest = row[i] < nearest ? row[i] : nearest;
    return nearest;
}

void stereo_measure(const struct film *film, struct seed_stream *noise, const float *truth, float *depth_m)
{
    const struct camera_config *c = film->config;
    ASSERT(c->depth_edge_px >= 0 && c->depth_min_m < c->depth_max_m);
    struct film_draws draws = {.stream = noise};
    float sigma = (float)c->depth_noise, low = (float)c->depth_min_m, high = (float)c->depth_max_m;
    for (int v = 0; v < c->height; v++) {
        const float *row = truth + v * c->width;
        for (int u = 0; u < c->width; u++) {
            float real = c->depth_edge_px ? nearest_in_row(row, u, c->width, c->depth_edge_px) : row[u];
            float z = real + sigma * real * real * film->gaussian[film_draw(&draws)];
            *depth_m++ = real <= high && z >= low && z <= high ? z : NAN;
        }
    }
}
