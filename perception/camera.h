/* perception/camera.h - pixels to points: a pinhole above the floor.
 *
 * The level frame is base_link with the robot's roll and pitch taken out: x forward, y left, z up, the floor at
 * z = 0. A pixel's ray has length 1 along the optical axis, so that depth (which is measured along it) times
 * ray is the point. */
#ifndef PERCEPTION_CAMERA_H
#define PERCEPTION_CAMERA_H

#include <stddef.h>
#include <stdint.h>

#include "logs/geometry.h"

enum { CAMERA_COLUMNS_MAX = 480 };

struct camera {
    int width, height;
    double focal_px;
    struct pose3 mount; /* a body frame in base_link */
    double min_m, max_m; /* of depth */
};

struct camera_view { /* in the level frame */
    struct vec3 origin, forward, left, up;
};
struct camera_view camera_view(const struct camera *camera, double roll_rad, double pitch_rad);

static inline struct vec3 camera_ray(const struct camera *camera, const struct camera_view *view, int column, int row)
{
    double left = (0.5 * camera->width - column - 0.5) / camera->focal_px;
    double up = (0.5 * camera->height - row - 0.5) / camera->focal_px;
    return vec3_add(view->forward, vec3_add(vec3_scale(view->left, left), vec3_scale(view->up, up)));
}

#define CAMERA_REACH_M 4.0         /* horizontal distance up to which points are used */
#define CAMERA_OBSTACLE_TOP_M 0.6  /* what is higher does not matter to the robot */

enum camera_kind {
    CAMERA_NOTHING,  /* no return, out of reach, or neither of the following */
    CAMERA_FLOOR,    /* level, at the height of the floor; or a ramp that rises from it */
    CAMERA_OBSTACLE, /* between about 0.08 m and CAMERA_OBSTACLE_TOP_M */
};

struct camera_cloud { /* one depth image; arrays of width * height, row by row from the top left */
    float *x_m, *y_m; /* level frame */
    float *z_m;
    uint8_t *kind;    /* enum camera_kind; x, y, z hold only where it is not CAMERA_NOTHING */
    int64_t stamp_ns;
};
void camera_cloud_init(struct camera_cloud *cloud, const struct camera *camera);
void camera_cloud_clear(struct camera_cloud *cloud);
/* `rows` are height rows of width little-endian floats, `step` bytes apart. Any bits are accepted as values. */
void camera_cloud_fill(struct camera_cloud *cloud, const struct camera *camera, const struct camera_view *view,
                       const uint8_t *rows, size_t step);

#endif
