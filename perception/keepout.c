#include "perception/keepout.h"

#include <stdlib.h>

#include "logs/memory.h"

enum { DARK_SUM = 60 }; /* of the three channels; below, noise decides the hue */

void keepout_init(struct keepout *keepout, const struct camera *camera, enum keepout_rule rule)
{
    *keepout = (struct keepout){.rule = rule,
                                .paint = NEW_ARRAY((size_t)camera->width * (size_t)camera->height, uint8_t)};
}

void keepout_clear(struct keepout *keepout)
{
    free(keepout->paint);
    *keepout = (struct keepout){0};
}

/* Without a jump: colours are as good as random. */
bool keepout_is_yellow(uint8_t red, uint8_t green, uint8_t blue)
{
    int sum = red + green + blue;
    return (sum >= DARK_SUM) & (7 * blue <= sum) & (100 * green >= 66 * red) & (100 * green <= 105 * red);
}

void keepout_image(struct keepout *keepout, const struct camera *camera, const uint8_t *rows, size_t step,
                   const struct seeing *seeing, int64_t stamp_ns)
{
    size_t width = (size_t)camera->width;
    bool labels = seeing && keepout->rule != KEEPOUT_BY_COLOUR, all = keepout->rule == KEEPOUT_BY_LABELS;
    uint8_t any = 0;
    for (size_t row = 0; row < (size_t)camera->height; row++) {
        const uint8_t *restrict pixel = rows + row * step;
        const uint8_t *restrict label = labels ? seeing_labels(seeing) + row * width : NULL;
        const uint8_t *restrict sure = labels ? seeing_sure(seeing) + row * width : NULL;
        uint8_t *restrict out = keepout->paint + row * width;
        for (size_t i = 0; i < width; i++)
            out[i] = keepout_is_yellow(pixel[3 * i], pixel[3 * i + 1], pixel[3 * i + 2]);
        for (size_t i = 0; labels && i < width; i++)
            out[i] = all | sure[i] ? label[i] == LABEL_KEEPOUT : out[i];
        for (size_t i = 0; i < width; i++)
            any |= out[i];
    }
    keepout->waits = any;
    keepout->stamp_ns = stamp_ns;
}

/* Where the pixel's floor is, level frame. False if it is not floor, or too far. */
static bool floor_at(const struct camera *camera, const struct camera_view *view,
                     const struct camera_cloud *cloud, int column, int row, struct vec2 *out)
{
    if (cloud) {
        size_t i = (size_t)row * (size_t)camera->width + (size_t)column;
        *out = (struct vec2){(double)cloud->x_m[i], (double)cloud->y_m[i]};
        return cloud->kind[i] == CAMERA_FLOOR;
    }
    struct vec3 ray = camera_ray(camera, view, column, row);
    if (ray.z > -1e-3) /* at or above the horizon */
        return false;
    struct vec3 p = vec3_add(view->origin, vec3_scale(ray, -view->origin.z / ray.z));
    *out = (struct vec2){p.x, p.y};
    return p.x * p.x + p.y * p.y <= square(KEEPOUT_FLAT_REACH_M);
}

void keepout_mark(struct keepout *keepout, const struct camera *camera, const struct camera_view *view,
                  const struct camera_cloud *cloud, struct pose2 pose, struct mapper *mapper)
{
    keepout->waits = false;
    mapper_paint_image(mapper);
    for (int column = 0; column < camera->width; column++) {
        bool below = false; /* the pixel below is paint too: the paint goes on between both */
        struct vec2 last = {0, 0};
        for (int row = camera->height - 1; row >= 0; row--) {
            struct vec2 p;
            bool paint = keepout->paint[(size_t)row * (size_t)camera->width + (size_t)column] &&
                         floor_at(camera, view, cloud, column, row, &p);
            if (paint) {
                struct vec2 at = pose2_apply(pose, p);
                mapper_paint(mapper, below ? last : at, at);
                last = at;
            }
            below = paint;
        }
    }
}
