/* perception/residual.h - what one sensor says minus what another, or its own neighbour or past, says of the same
 * thing.
 *
 * Robust throughout (medians): what one sees and the other does not (glass, edges, somebody who walks by) is a
 * minority. NaN where too little can be compared. For the channels of channel.h. */
#ifndef PERCEPTION_RESIDUAL_H
#define PERCEPTION_RESIDUAL_H

#include "logs/message.h"
#include "perception/camera.h"
#include "perception/sight.h"
#include "perception/sonar.h"

/* Metres that the scan in `sight` sees farther than the depth image, along the optical axis, of what lies on both's
 * rays. `lidar`: the scanner's place in base_link. Both of the same moment. */
double residual_lidar_depth(const struct sight *sight, struct vec3 lidar, const struct camera *camera,
                            const struct msg_image *depth);
/* How noisy a range is beside its neighbours on the same surface, times sigma_m (> 0). */
double residual_lidar_noise(const struct msg_laser_scan *scan, double sigma_m);
/* Levels that a pixel got brighter since the picture in `sight`. */
double residual_light(const struct sight *sight, const struct msg_image *image);
/* Metres that an echo comes from farther than the nearest return (base_link) in its cone; and in how many cones it
 * comes from about as far, and in how many from much farther, through what stops light. */
struct residual_echo {
    double off_m;
    int same, beyond;
};
struct residual_echo residual_echo(const struct sonar_cone *cones, size_t count, const struct vec2 *returns,
                                   size_t return_count);

#endif
