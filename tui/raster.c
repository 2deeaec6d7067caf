#include "tui/raster.h"

#include <math.h>
#include <string.h>

#include "logs/memory.h"
#include "tui/font.h"

enum status raster_open(struct raster *raster, int width, int height, uint32_t rgb, int text_height, struct error *err)
{
    ASSERT(width > 0 && width <= IMAGE_SIDE_MAX && height > 0 && height <= IMAGE_SIDE_MAX);
    *raster = (struct raster){.font = font_open(text_height, err)};
    if (!raster->font)
        return err->status;
    size_t pixels = (size_t)width * (size_t)height;
    raster->image = (struct image){width, height, 3, NEW_ARRAY(pixels * 3, uint8_t)};
    for (size_t i = 0; i < pixels * 3; i++)
        raster->image.pixels[i] = (uint8_t)(rgb >> (16 - 8 * (i % 3)));
    return STATUS_OK;
}

struct image raster_close(struct raster *raster)
{
    struct image image = raster->image;
    font_close(&raster->font);
    *raster = (struct raster){0};
    return image;
}

static void blend(struct raster *raster, int x, int y, uint32_t rgb, double coverage)
{
    if (x < 0 || y < 0 || x >= raster->image.width || y >= raster->image.height || coverage <= 0)
        return;
    uint8_t *pixel = raster->image.pixels + ((size_t)y * (size_t)raster->image.width + (size_t)x) * 3;
    double share = fmin(coverage, 1);
    for (int i = 0; i < 3; i++) {
        double to = (double)(rgb >> (16 - 8 * i) & 255);
        pixel[i] = (uint8_t)(pixel[i] + (to - pixel[i]) * share + 0.5);
    }
}

/* Each pixel near the segment is covered by how far its middle lies inside the stroke. */
void raster_segment(struct raster *raster, const double *a, const double *b, uint32_t rgb, double width)
{
    double reach = width / 2 + 1, dx = b[0] - a[0], dy = b[1] - a[1], length2 = dx * dx + dy * dy;
    int x0 = (int)fmax(fmin(a[0], b[0]) - reach, 0), x1 = (int)fmin(fmax(a[0], b[0]) + reach, raster->image.width);
    int y0 = (int)fmax(fmin(a[1], b[1]) - reach, 0), y1 = (int)fmin(fmax(a[1], b[1]) + reach, raster->image.height);
    for (int y = y0; y <= y1; y++)
        for (int x = x0; x <= x1; x++) {
            double px = x + 0.5 - a[0], py = y + 0.5 - a[1];
            double along = length2 > 0 ? fmin(fmax((px * dx + py * dy) / length2, 0), 1) : 0;
            double distance = hypot(px - along * dx, py - along * dy);
            blend(raster, x, y, rgb, width / 2 + 0.5 - distance);
        }
}

/* How far a pixel's middle lies outside the area; negative inside. */
static double area_distance(const struct raster_area *area, double cos_yaw, double sin_yaw, int x, int y)
{
    double dx = x + 0.5 - area->at.x, dy = y + 0.5 - area->at.y;
    double u = fabs(cos_yaw * dx + sin_yaw * dy) - area->half.x, v = fabs(cos_yaw * dy - sin_yaw * dx) - area->half.y;
    double outside = hypot(fmax(u, 0), fmax(v, 0));
    return (outside > 0 ? outside : fmax(u, v)) - area->radius;
}

/* A band along the edge, `width` wide; infinitely wide inwards for a filling. */
static void area_draw(struct raster *raster, const struct raster_area *area, uint32_t rgb, double opacity, double width)
{
    double reach = vec2_length(area->half) + area->radius + 2, cos_yaw = cos(area->yaw_rad),
           sin_yaw = sin(area->yaw_rad);
    int x0 = (int)clamp(area->at.x - reach, 0, raster->image.width),
        y0 = (int)clamp(area->at.y - reach, 0, raster->image.height);
    int x1 = (int)clamp(area->at.x + reach, 0, raster->image.width),
        y1 = (int)clamp(area->at.y + reach, 0, raster->image.height);
    for (int y = y0; y <= y1; y++)
        for (int x = x0; x <= x1; x++) {
            double distance = area_distance(area, cos_yaw, sin_yaw, x, y);
            double inside = width > 0 ? width / 2 - fabs(distance) : -distance;
            blend(raster, x, y, rgb, clamp(inside + 0.5, 0, 1) * opacity);
        }
}

void raster_fill(struct raster *raster, const struct raster_area *area, uint32_t rgb, double opacity)
{
    area_draw(raster, area, rgb, opacity, 0);
}

void raster_outline(struct raster *raster, const struct raster_area *area, uint32_t rgb, double width)
{
    ASSERT(width > 0);
    area_draw(raster, area, rgb, 1, width);
}

void raster_text(struct raster *raster, double x, double y, int anchor, uint32_t rgb, const char *text)
{
    int width = font_width(raster->font), height = font_height(raster->font);
    int left = (int)(x - anchor * 0.5 * width * (double)strlen(text)), top = (int)(y - height / 2.0);
    for (; *text; text++, left += width) {
        const uint8_t *glyph = font_glyph(raster->font, (uint8_t)*text < 0x80 ? (uint32_t)*text : '?', false);
        for (int row = 0; row < height; row++)
            for (int column = 0; column < width; column++)
                blend(raster, left + column, top + row, rgb, glyph[row * width + column] / 255.0);
    }
}

void raster_paste(struct raster *raster, const struct image *image, int x, int y)
{
    ASSERT(image->channels == 3 && x >= 0 && y >= 0);
    ASSERT(x + image->width <= raster->image.width && y + image->height <= raster->image.height);
    size_t row_bytes = (size_t)image->width * 3;
    for (int row = 0; row < image->height; row++)
        memcpy(raster->image.pixels + ((size_t)(y + row) * (size_t)raster->image.width + (size_t)x) * 3,
               image->pixels + (size_t)row * row_bytes, row_bytes);
}
