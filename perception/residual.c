#include "perception/residual.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS_MAX = 720, PAIRS_MIN = 12 };
#define NEAR_M 3.0         /* a depth's error grows with its square */
#define SAME_M 0.3         /* farther apart are two different things */
#define JUMP 0.05          /* of neighbouring ranges, as a share: more is an edge */
#define UPRIGHT 0.03       /* of depths one above the other, as a share */
#define NORMAL_MAD 0.6745  /* of a normal variable, in sigmas */
#define ECHO_SAME_M 0.2
#define ECHO_BEYOND 1.3

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Reorders the values. */
static double median(double *values, size_t count)
{
    if (count < PAIRS_MIN)
        return (double)NAN;
    qsort(values, count, sizeof *values, ascending);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* The depth at a pixel of an upright surface; NaN at an edge, or where the surface lies flat: there a row is a long
 * way. */
static double upright_depth(const struct msg_image *depth, int column, int row)
{
    float at[3];
    for (int i = 0; i < 3; i++)
        memcpy(&at[i], depth->data.data + (size_t)(row + i - 1) * depth->step + (size_t)column * sizeof at[i],
               sizeof at[i]);
    bool flat = fabs((double)(at[0] - at[1])) < UPRIGHT * (double)at[1] &&
                fabs((double)(at[2] - at[1])) < UPRIGHT * (double)at[1];
    return flat ? (double)at[1] : (double)NAN;
}

double residual_lidar_depth(const struct sight *sight, struct vec3 lidar, const struct camera *camera,
                            const struct msg_image *depth)
{
    struct camera_view view = camera_view(camera, 0, 0); /* both are mounted on the same body, however it tilts */
    double apart[PAIRS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < sight->lidar_count && count < PAIRS_MAX; i++) {
        double range_m = (double)sight->lidar_m[i], angle = sight->lidar_first_rad + (double)i * sight->lidar_step_rad;
        if (!isfinite(range_m))
            continue;
        struct vec3 from = vec3_sub(vec3_add(lidar, (struct vec3){range_m * cos(angle), range_m * sin(angle), 0}),
                                    view.origin);
        double ahead_m = vec3_dot(from, view.forward);
        if (ahead_m < camera->min_m || ahead_m > NEAR_M)
            continue;
        double column = floor(0.5 * camera->width - camera->focal_px * vec3_dot(from, view.left) / ahead_m);
        double row = floor(0.5 * camera->height - camera->focal_px * vec3_dot(from, view.up) / ahead_m);
        if (!(column >= 0 && column < camera->width && row >= 1 && row < camera->height - 1))
            continue;
        double apart_m = ahead_m - upright_depth(depth, (int)column, (int)row);
        if (fabs(apart_m) < SAME_M)
            apart[count++] = apart_m;
    }
    return median(apart, count);
}

double residual_lidar_noise(const struct msg_laser_scan *scan, double sigma_m)
{
    double off[PAIRS_MAX];
    size_t count = 0, beams = scan->ranges.count, stride = (beams + PAIRS_MAX - 1) / PAIRS_MAX;
    for (size_t i = 1; i + 1 < beams; i += stride) {
        const float *r = scan->ranges.data + i;
        double before = (double)r[-1], here = (double)r[0], after = (double)r[1];
        bool smooth =
            fabs(before - here) < JUMP * here && fabs(after - here) < JUMP * here; /* false for NaN, infinite */
        if (smooth && r[0] > scan->range_min && r[0] < scan->range_max)
            off[count++] = fabs(before - 2 * here + after);
    }
    return median(off, count) / (NORMAL_MAD * sqrt(6) * sigma_m);
}

double residual_light(const struct sight *sight, const struct msg_image *image)
{
    enum { LEVELS = 256 };
    uint32_t counts[2 * LEVELS] = {0}, total = 0;
    for (size_t row = 0; row < image->height; row++)
        for (size_t column = 0; column < image->width; column++) {
            size_t green = column * 3 + 1;
            int now = image->data.data[row * image->step + green];
            counts[LEVELS + now - sight->rgb[row * (size_t)image->width * 3 + green]]++;
            total++;
        }
    /* the median, between levels */
    double below = 0;
    int i = 0;
    while (below + counts[i] < total / 2.0)
        below += counts[i++];
    return i - LEVELS - 0.5 + (total / 2.0 - below) / counts[i];
}

struct residual_echo residual_echo(const struct sonar_cone *cones, size_t count, const struct vec2 *returns,
                                   size_t return_count)
{
    struct residual_echo out = {.off_m = (double)NAN};
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double nearest_m = (double)INFINITY;
        for (size_t k = 0; k < return_count; k++) {
            struct vec2 p = pose2_unapply(cones[i].mount, returns[k]);
            if (fabs(atan2(p.y, p.x)) <= cones[i].fov_rad / 2)
                nearest_m = fmin(nearest_m, vec2_length(p));
        }
        double off_m = cones[i].range_m - nearest_m;
        if (fabs(off_m) < ECHO_SAME_M) {
            sum += off_m;
            out.same++;
        }
        out.beyond += isfinite(cones[i].range_m) && cones[i].range_m > ECHO_BEYOND * nearest_m + ECHO_SAME_M;
    }
    if (out.same)
        out.off_m = sum / out.same;
    return out;
}
