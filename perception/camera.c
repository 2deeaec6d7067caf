#include "perception/camera.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"

/* Errors of tilt and range grow with distance, and so do the bands. */
#define FLOOR_BAND_M 0.03
#define FLOOR_BAND_SLOPE 0.012
#define OBSTACLE_FOOT_M 0.07
#define OBSTACLE_FOOT_SLOPE 0.012
#define LEVEL_SLOPE 0.5   /* from a pixel to the one LEVEL_ROWS above; steeper is the foot of something */
#define LEVEL_NOISE_M 0.012
#define RAMP_SLOPE 0.15   /* floor that rises no steeper is driven up */
enum { LEVEL_ROWS = 2 };

struct camera_view camera_view(const struct camera *camera, double roll_rad, double pitch_rad)
{
    struct quat tilt = quat_from_rpy(roll_rad, pitch_rad, 0);
    struct pose3 mount = pose3_compose((struct pose3){{0, 0, 0}, tilt}, camera->mount);
    return (struct camera_view){
        .origin = mount.position,
        .forward = quat_rotate(mount.orientation, (struct vec3){1, 0, 0}),
        .left = quat_rotate(mount.orientation, (struct vec3){0, 1, 0}),
        .up = quat_rotate(mount.orientation, (struct vec3){0, 0, 1}),
    };
}

void camera_cloud_init(struct camera_cloud *cloud, const struct camera *camera)
{
    size_t count = (size_t)camera->width * (size_t)camera->height;
    *cloud = (struct camera_cloud){.x_m = NEW_ARRAY(count, float), .y_m = NEW_ARRAY(count, float),
                                   .z_m = NEW_ARRAY(count, float), .kind = NEW_ARRAY(count, uint8_t),
                                   .stamp_ns = INT64_MIN};
}

void camera_cloud_clear(struct camera_cloud *cloud)
{
    free(cloud->x_m);
    free(cloud->y_m);
    free(cloud->z_m);
    free(cloud->kind);
    *cloud = (struct camera_cloud){0};
}

static enum camera_kind kind_by_height(struct vec3 p)
{
    double away2 = p.x * p.x + p.y * p.y;
    if (!(away2 <= square(CAMERA_REACH_M)) || p.z > CAMERA_OBSTACLE_TOP_M)
        return CAMERA_NOTHING;
    double away = sqrt(away2);
    if (fabs(p.z) <= FLOOR_BAND_M + FLOOR_BAND_SLOPE * away)
        return CAMERA_FLOOR;
    return p.z >= OBSTACLE_FOOT_M + OBSTACLE_FOOT_SLOPE * away ? CAMERA_OBSTACLE : CAMERA_NOTHING;
}

/* Floor goes on away from the camera; a wall's foot goes up. */
static bool is_level(const struct camera_cloud *cloud, size_t i, size_t above, const struct camera_view *view)
{
    if (cloud->kind[above] == CAMERA_NOTHING)
        return false;
    struct vec2 eye = {view->origin.x, view->origin.y};
    double near = vec2_distance((struct vec2){(double)cloud->x_m[i], (double)cloud->y_m[i]}, eye);
    double far = vec2_distance((struct vec2){(double)cloud->x_m[above], (double)cloud->y_m[above]}, eye);
    return fabs((double)cloud->z_m[above] - (double)cloud->z_m[i]) <= LEVEL_NOISE_M + LEVEL_SLOPE * fmax(far - near, 0);
}

/* What rises gently from the floor before it is a ramp and no obstacle, however high it gets. Followed from the bottom
 * of the picture up; behind the first thing that is steep nothing counts as ramp: the top of a low box does not. */
static void column_ramp(struct camera_cloud *cloud, const struct camera *camera, const struct camera_view *view,
                        int column)
{
    struct vec2 eye = {view->origin.x, view->origin.y};
    double foot_z_m = 0, foot_away_m = 0; /* at first where the robot itself stands */
    for (int row = camera->height - 1; row >= 0; row--) {
        size_t i = (size_t)row * (size_t)camera->width + (size_t)column;
        struct vec2 at = {(double)cloud->x_m[i], (double)cloud->y_m[i]};
        double z = (double)cloud->z_m[i], away = vec2_distance(at, eye);
        if (isnan(z))
            continue;
        if (cloud->kind[i] == CAMERA_FLOOR) {
            foot_z_m = z;
            foot_away_m = away;
            continue;
        }
        double rise = z - foot_z_m;
        if (rise < -LEVEL_NOISE_M || rise > LEVEL_NOISE_M + RAMP_SLOPE * (away - foot_away_m) ||
            vec2_length(at) > CAMERA_REACH_M)
            return;
        cloud->kind[i] = CAMERA_FLOOR;
    }
}

void camera_cloud_fill(struct camera_cloud *cloud, const struct camera *camera, const struct camera_view *view,
                       const uint8_t *rows, size_t step)
{
    size_t width = (size_t)camera->width;
    memset(cloud->kind, CAMERA_NOTHING, width * (size_t)camera->height);
    for (int row = 0; row < camera->height; row++) {
        for (int column = 0; column < camera->width; column++) {
            float depth_m;
            memcpy(&depth_m, rows + (size_t)row * step + (size_t)column * sizeof depth_m, sizeof depth_m);
            size_t i = (size_t)row * width + (size_t)column;
            cloud->z_m[i] = NAN;
            if (!((double)depth_m >= camera->min_m && (double)depth_m <= camera->max_m))
                continue;
            struct vec3 ray = camera_ray(camera, view, column, row);
            struct vec3 p = vec3_add(view->origin, vec3_scale(ray, (double)depth_m));
            cloud->kind[i] = (uint8_t)kind_by_height(p);
            cloud->x_m[i] = (float)p.x;
            cloud->y_m[i] = (float)p.y;
            cloud->z_m[i] = (float)p.z;
        }
    }
    for (int column = 0; column < camera->width; column++)
        column_ramp(cloud, camera, view, column);
    /* from the bottom up, so that every pixel is judged by its upper neighbour's height alone */
    size_t up = LEVEL_ROWS * width;
    for (size_t i = width * (size_t)camera->height; i-- > 0;)
        if (cloud->kind[i] == CAMERA_FLOOR && (i < up || !is_level(cloud, i, i - up, view)))
            cloud->kind[i] = CAMERA_NOTHING;
}
