/* sim/stereo.h - from true depths to what a stereo camera reports.
 *
 * A disparity's constant error is a depth's error that grows with its square: sigma = depth_noise * z^2. The window
 * that matches both pictures holds a piece of the near thing a little beyond its edge: with depth_edge_px = n a pixel
 * reports the nearest of the 2 n + 1 pixels around it in its row. What is nearer than depth_min_m, farther than
 * depth_max_m, or nothing, is NaN. */
#ifndef SIM_STEREO_H
#define SIM_STEREO_H

#include "sim/film.h"

/* `truth` and `depth_m` hold width * height pixels; truth is infinite where nothing is. */
void stereo_measure(const struct film *film, struct seed_stream *noise, const float *truth, float *depth_m);

#endif
