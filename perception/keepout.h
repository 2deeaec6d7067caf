/* perception/keepout.h - painted keep-out floor in the RGB image, by a network's labels and by colour.
 *
 * By both rules: where a network (perception/seeing.h) is sure, a pixel is paint if it says so. Where it
 * is not, and without one, the colour decides: the paint is a saturated yellow, told by chromaticity
 * (each channel's share of the sum), which lighting scales but does not turn. An image waits for the
 * depth image of the same moment: only pixels that depth calls floor count, at depth's own place, so a
 * yellow box is no paint. Without a depth camera the floor is taken to be flat, and the reach is shorter,
 * because a small error of tilt moves a far pixel by much. */
#ifndef PERCEPTION_KEEPOUT_H
#define PERCEPTION_KEEPOUT_H

#include "perception/camera.h"
#include "perception/mapper.h"
#include "perception/seeing.h"

#define KEEPOUT_FLAT_REACH_M 2.5

enum keepout_rule {
    KEEPOUT_BY_BOTH,
    KEEPOUT_BY_COLOUR,
    KEEPOUT_BY_LABELS
}; /* the last: sure or not, where there is a network */

struct keepout {
    enum keepout_rule rule;
    uint8_t *paint; /* width * height: 1 where the waiting image shows it */
    int64_t stamp_ns;
    bool waits;
};

void keepout_init(struct keepout *keepout, const struct camera *camera, enum keepout_rule rule);
void keepout_clear(struct keepout *keepout);

/* True for the paint's yellow in any light that is not nearly dark. */
bool keepout_is_yellow(uint8_t red, uint8_t green, uint8_t blue);

/* Takes the image (width * height pixels of 3 bytes, rows `step` apart), and what a network made of it
 * (NULL: there is none); it waits if there is any paint in it. */
void keepout_image(struct keepout *keepout, const struct camera *camera, const uint8_t *rows, size_t step,
                   const struct seeing *seeing, int64_t stamp_ns);
/* Marks the waiting image's paint. `pose` is base_link's at the image's stamp; `cloud` NULL: no depth
 * camera. */
void keepout_mark(struct keepout *keepout, const struct camera *camera, const struct camera_view *view,
                  const struct camera_cloud *cloud, struct pose2 pose, struct mapper *mapper);

#endif
