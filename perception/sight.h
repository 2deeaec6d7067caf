/* perception/sight.h - keeps what lidar and camera showed last, as struct sight in belief.h promises. */
#ifndef PERCEPTION_SIGHT_H
#define PERCEPTION_SIGHT_H

#include "logs/message.h"
#include "perception/belief.h"

enum { SIGHT_BEAMS_MAX = 4096 };

struct sight_store { /* owned buffers; sight_store_clear frees them */
    float *lidar_m, *depth_m;
    uint8_t *rgb;
    struct sight shown; /* with every pointer set; stamps INT64_MIN before the first */
};
void sight_store_init(struct sight_store *store, int width, int height);
void sight_store_clear(struct sight_store *store);

/* Messages whose shape perception has checked. A scan is kept whole; one with more than SIGHT_BEAMS_MAX beams
 * is cut. */
void sight_scan(struct sight_store *store, int64_t stamp_ns, const struct msg_laser_scan *scan, double lidar_yaw_rad);
void sight_depth(struct sight_store *store, int64_t stamp_ns, const struct msg_image *image);
void sight_rgb(struct sight_store *store, int64_t stamp_ns, const struct msg_image *image);
/* Borrowed until the next; they belong to the image of that stamp. */
void sight_labels(struct sight_store *store, int64_t stamp_ns, const uint8_t *labels);
/* What of it is fresh enough at now_ns: the rest is NULL. */
struct sight sight_now(const struct sight_store *store, int64_t now_ns);

#endif
