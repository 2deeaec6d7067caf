/* perception/seeing.h - what is where in a colour picture, by a small network.
 *
 * The network is an ONNX file (perception/onnx.h), made by `binnacle train --labels` or by anything else:
 *   in    "rgb"   float32 [1, 3, height, width], 0..255
 *         "down"  float32 [1, 1, height, width], optional: how far below the horizon a pixel looks when the robot
 *                 stands level, as the sine of that angle; so it learns where floor can be, whatever the camera
 *   out   one, float32 [1, LABEL_COUNT, rows, columns]: a number for each label; the largest is meant. A cell
 *         of it covers a square of pixels.
 * Axes "height" and "width" may be symbolic: they become the camera's, rounded up to SEEING_MULTIPLE (the
 * picture's last rows and columns are repeated). Whether something is keep-out paint is sure where the
 * number of LABEL_KEEPOUT is SEEING_SURE above all others, or as far below the largest.
 *
 * Nothing is allocated after create. Same network, same picture: same bits. */
#ifndef PERCEPTION_SEEING_H
#define PERCEPTION_SEEING_H

#include <stdbool.h>

#include "logs/status.h"
#include "perception/camera.h"
#include "perception/label.h"

enum { SEEING_MULTIPLE = 4 };
#define SEEING_DARK 4.0 /* mean level of 255 below which a picture is noise, and no network is asked */
#define SEEING_SURE 1.0f /* as logarithm of odds: e to one */

struct seeing;

/* An owned network for pictures of that camera (borrowed during the call, as are the bytes), or NULL and
 * a sentence that begins with `name`: STATUS_BAD_INPUT, STATUS_CORRUPT, as onnx_load says, or because
 * inputs or outputs are others. */
MUST_USE struct seeing *seeing_create(const void *bytes, size_t size, const char *name,
                                      const struct camera *camera, struct error *err);
void seeing_destroy(struct seeing **seeing);

/* Takes a picture: `height` rows of `width` pixels of 3 bytes, rows `step` apart. */
void seeing_look(struct seeing *seeing, const uint8_t *rows, size_t step);
/* Of the last picture, width * height each: enum label; and 1 where it is sure whether that is paint.
 * LABEL_NOTHING and 0 before the first, and in the dark. */
const uint8_t *seeing_labels(const struct seeing *seeing);
const uint8_t *seeing_sure(const struct seeing *seeing);

/* The input "down" for pictures of `width` x `height`, at least the camera's; what is more repeats. */
void seeing_down(const struct camera *camera, size_t width, size_t height, float *down);

/* The network that comes with the program (perception/networks). */
extern const unsigned char seeing_onnx[];
extern const size_t seeing_onnx_size;

#endif
