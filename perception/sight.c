#include "perception/sight.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"

void sight_store_init(struct sight_store *store, int width, int height)
{
    size_t pixels = (size_t)width * (size_t)height;
    *store = (struct sight_store){NEW_ARRAY(SIGHT_BEAMS_MAX, float),
                                  NEW_ARRAY(pixels, float),
                                  NEW_ARRAY(3 * pixels, uint8_t),
                                  {.width = width, .height = height}};
    store->shown.lidar_m = store->lidar_m;
    store->shown.depth_m = store->depth_m;
    store->shown.rgb = store->rgb;
    store->shown.lidar_ns = store->shown.depth_ns = store->shown.rgb_ns = store->shown.labels_ns = INT64_MIN;
}

void sight_store_clear(struct sight_store *store)
{
    free(store->lidar_m);
    free(store->depth_m);
    free(store->rgb);
    *store = (struct sight_store){0};
}

void sight_scan(struct sight_store *store, int64_t stamp_ns, const struct msg_laser_scan *scan, double lidar_yaw_rad)
{
    struct sight *shown = &store->shown;
    shown->lidar_count = scan->ranges.count < SIGHT_BEAMS_MAX ? scan->ranges.count : SIGHT_BEAMS_MAX;
    shown->lidar_first_rad = (double)scan->angle_min + lidar_yaw_rad;
    shown->lidar_step_rad = (double)scan->angle_increment;
    shown->lidar_ns = stamp_ns;
    for (size_t i = 0; i < shown->lidar_count; i++) {
        float range_m = scan->ranges.data[i];
        bool hit = range_m >= scan->range_min && range_m <= scan->range_max;
        bool nothing = isinf(range_m) && range_m > 0;
        store->lidar_m[i] = hit || nothing ? range_m : NAN;
    }
}

static void copy_rows(void *to, const struct msg_image *image, size_t row_bytes)
{
    for (size_t row = 0; row < image->height; row++)
        memcpy((uint8_t *)to + row * row_bytes, image->data.data + row * image->step, row_bytes);
}

void sight_depth(struct sight_store *store, int64_t stamp_ns, const struct msg_image *image)
{
    copy_rows(store->depth_m, image, (size_t)image->width * sizeof(float));
    store->shown.depth_ns = stamp_ns;
}

void sight_rgb(struct sight_store *store, int64_t stamp_ns, const struct msg_image *image)
{
    copy_rows(store->rgb, image, (size_t)image->width * 3);
    store->shown.rgb_ns = stamp_ns;
}

void sight_labels(struct sight_store *store, int64_t stamp_ns, const uint8_t *labels)
{
    store->shown.labels = labels;
    store->shown.labels_ns = stamp_ns;
}

static bool is_fresh(int64_t stamp_ns, int64_t now_ns)
{
    return stamp_ns != INT64_MIN && now_ns - stamp_ns <= SIGHT_OLD_NS;
}

struct sight sight_now(const struct sight_store *store, int64_t now_ns)
{
    struct sight shown = store->shown;
    if (!is_fresh(shown.lidar_ns, now_ns))
        shown.lidar_m = NULL;
    if (!is_fresh(shown.depth_ns, now_ns))
        shown.depth_m = NULL;
    if (!is_fresh(shown.rgb_ns, now_ns))
        shown.rgb = NULL;
    if (!is_fresh(shown.labels_ns, now_ns))
        shown.labels = NULL;
    return shown;
}
