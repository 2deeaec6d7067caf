#include "tui/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void picture_clear(struct picture *picture)
{
    free(picture->rgb);
    *picture = (struct picture){0};
}

static void picture_size(struct picture *picture, int width, int height)
{
    size_t bytes = (size_t)width * (size_t)height * 3;
    if (bytes > picture->capacity) {
        picture->rgb = memory_resize(picture->rgb, bytes, 1);
        picture->capacity = bytes;
    }
    picture->width = width;
    picture->height = height;
}

static const struct {
    const char *encoding;
    uint32_t bytes; /* per pixel */
} formats[PICTURE_MAPS] = {{"rgb8", 3}, {"32FC1", 4}, {"mono8", 1}, {"mono8", 1}};

bool picture_is_valid(const struct msg_image *image, enum picture_map map)
{
    uint64_t row = (uint64_t)image->width * formats[map].bytes;
    return image->width > 0 && image->height > 0 && image->width <= 8192 && image->height <= 8192 &&
           strcmp(image->encoding, formats[map].encoding) == 0 && image->step >= row && !image->is_bigendian &&
           (uint64_t)image->step * (image->height - 1) + row <= image->data.count;
}

/* Five stops whose brightness falls steadily from near to far, so that the order survives without colour. */
void picture_depth_colour(double fraction, uint8_t rgb[3])
{
    static const uint8_t stops[5][3] = {{252, 244, 178}, {246, 164, 73}, {196, 70, 94}, {96, 32, 112}, {14, 10, 48}};
    double at = fraction < 0 ? 0 : fraction > 1 ? 4 : fraction * 4;
    int low = at >= 4 ? 3 : (int)at;
    for (int i = 0; i < 3; i++)
        rgb[i] = (uint8_t)(stops[low][i] + (stops[low + 1][i] - stops[low][i]) * (at - low) + 0.5);
}

void picture_label_colour(uint8_t label, uint8_t rgb[3])
{
    static const uint8_t colours[][3] = {/* nothing, floor, wall, obstacle, person, keep-out, glass,
                                          * door, sign; unknown */
                                         {0, 0, 0},    {70, 76, 82},   {150, 158, 166}, {0, 114, 178},
                                         {213, 94, 0}, {240, 228, 66}, {86, 180, 233},  {0, 158, 115},
                                         {230, 159, 0}, {204, 121, 167}};
    memcpy(rgb, colours[label < COUNT_OF(colours) ? label : COUNT_OF(colours) - 1], 3);
}

/* Source columns (or rows) from..to-1 under the i-th of `count` targets; at least one. */
static void span(int i, int count, int size, int *from, int *to)
{
    *from = (int)((int64_t)i * size / count);
    *to = (int)((int64_t)(i + 1) * size / count);
    *to = *to > *from ? *to : *from + 1;
}

static void mean_colour(const struct msg_image *image, int x0, int x1, int y0, int y1, uint8_t rgb[3])
{
    uint32_t sum[3] = {0}, count = (uint32_t)(x1 - x0) * (uint32_t)(y1 - y0);
    for (int y = y0; y < y1; y++) {
        const uint8_t *pixel = image->data.data + (size_t)y * image->step + (size_t)x0 * 3;
        for (int x = x0; x < x1; x++, pixel += 3)
            for (int i = 0; i < 3; i++)
                sum[i] += pixel[i];
    }
    for (int i = 0; i < 3; i++)
        rgb[i] = (uint8_t)((sum[i] + count / 2) / count);
}

static void depth_colour(const uint8_t *pixel, double near_m, double far_m, uint8_t rgb[3])
{
    float depth_m;
    memcpy(&depth_m, pixel, sizeof depth_m);
    if (isfinite(depth_m))
        picture_depth_colour(((double)depth_m - near_m) / (far_m - near_m), rgb);
    else
        memset(rgb, 0, 3);
}

void picture_render(struct picture *picture, const struct msg_image *image, enum picture_map map, int width,
                    int height, double near_m, double far_m)
{
    width = width < 1 ? 1 : width > PICTURE_SIDE_MAX ? PICTURE_SIDE_MAX : width;
    height = height < 1 ? 1 : height > PICTURE_SIDE_MAX ? PICTURE_SIDE_MAX : height;
    picture_size(picture, width, height);
    uint8_t *rgb = picture->rgb;
    for (int y = 0; y < height; y++) {
        int y0, y1, x0, x1;
        span(y, height, (int)image->height, &y0, &y1);
        for (int x = 0; x < width; x++, rgb += 3) {
            span(x, width, (int)image->width, &x0, &x1);
            const uint8_t *middle = image->data.data + (size_t)((y0 + y1) / 2) * image->step +
                                    (size_t)((x0 + x1) / 2) * formats[map].bytes;
            if (map == PICTURE_COLOUR)
                mean_colour(image, x0, x1, y0, y1, rgb);
            else if (map == PICTURE_DEPTH)
                depth_colour(middle, near_m, far_m, rgb);
            else
                picture_label_colour(*middle, rgb);
        }
    }
}

void picture_fit(int image_width, int image_height, int *width, int *height)
{
    int64_t by_width = (int64_t)*width * image_height, by_height = (int64_t)*height * image_width;
    if (by_width > by_height)
        *width = (int)(by_height / image_height);
    else
        *height = (int)(by_width / image_width);
    *width = *width < 1 ? 1 : *width;
    *height = *height < 1 ? 1 : *height;
}

int picture_settle(struct picture *shown, const struct picture *fresh, int threshold)
{
    bool same = shown->rgb && shown->width == fresh->width && shown->height == fresh->height;
    picture_size(shown, fresh->width, fresh->height);
    long pixels = (long)fresh->width * fresh->height;
    int copied = 0;
    for (long i = 0; i < pixels; i++) {
        uint8_t *old = shown->rgb + 3 * i;
        const uint8_t *now = fresh->rgb + 3 * i;
        bool moved = !same || abs(old[0] - now[0]) > threshold || abs(old[1] - now[1]) > threshold ||
                     abs(old[2] - now[2]) > threshold;
        if (moved)
            memcpy(old, now, 3);
        copied += moved;
    }
    return copied;
}
