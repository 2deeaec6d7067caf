/* tui/picture.h - camera messages -> RGB pixels of the size a pane has, cheap to send to a terminal.
 *
 * Sensor noise changes every pixel a little in every frame; sent as it is, a picture costs ten times the bytes of its
 * motion. So a pixel keeps the value last drawn until a channel has moved by more than a few steps (picture_settle),
 * before anything is rounded to a palette. The error stays within that threshold. */
#ifndef TUI_PICTURE_H
#define TUI_PICTURE_H

#include "logs/message.h"

enum { PICTURE_SIDE_MAX = 512, PICTURE_HYSTERESIS = 8 };

struct picture { /* zero-initialise; picture_clear frees. As a cache it remembers what was last drawn. */
    int width, height;
    uint8_t *rgb;
    size_t capacity;
};
void picture_clear(struct picture *picture);

/* Labels are the truth; seen is what perception takes for it. */
enum picture_map { PICTURE_COLOUR, PICTURE_DEPTH, PICTURE_LABELS, PICTURE_SEEN, PICTURE_MAPS };

/* False if the message's encoding, step or size is not what the map needs (rgb8, 32FC1, mono8) or its bytes are too
 * few. */
bool picture_is_valid(const struct msg_image *image, enum picture_map map);
/* The image scaled to width x height (at most PICTURE_SIDE_MAX): the mean of the source pixels under each (labels and
 * depth: the nearest one). Depth maps near_m..far_m to a map whose brightness falls with distance; NaN is black. Image
 * must be valid. */
void picture_render(struct picture *picture, const struct msg_image *image, enum picture_map map, int width, int height,
                    double near_m, double far_m);
/* Largest size with the image's aspect inside width x height, never 0. */
void picture_fit(int image_width, int image_height, int *width, int *height);
/* Copies into `shown` every pixel of `fresh` with a channel that moved by more than `threshold`; all of them if the
 * size changed. Returns how many were copied. `shown` is then what to draw. */
int picture_settle(struct picture *shown, const struct picture *fresh, int threshold);
/* Colour of a distance as a fraction 0 (near) .. 1 (far), of a label, and a label's word. */
void picture_depth_colour(double fraction, uint8_t rgb[3]);
void picture_label_colour(uint8_t label, uint8_t rgb[3]);

#endif
