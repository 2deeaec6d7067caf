/* perception/label.h - what a pixel can mean, and how well somebody tells. The numbers are those in
 * /camera/labels. */
#ifndef PERCEPTION_LABEL_H
#define PERCEPTION_LABEL_H

#include <stddef.h>
#include <stdint.h>

enum label {
    LABEL_NOTHING, /* sky, out of range */
    LABEL_FLOOR,
    LABEL_WALL,
    LABEL_OBSTACLE,
    LABEL_PERSON,
    LABEL_KEEPOUT, /* painted floor that may not be entered */
    LABEL_GLASS,
    LABEL_DOOR, /* a leaf, open or closed */
    LABEL_SIGN, /* arrow, exit, stop */
    LABEL_COUNT
};
extern const char *const label_names[LABEL_COUNT];

struct label_tally { /* pixels, by what they are and what they were taken for; zero-initialise */
    uint64_t pixels[LABEL_COUNT][LABEL_COUNT];
};
/* `count` pixels, each below LABEL_COUNT. */
void label_tally_add(struct label_tally *tally, const uint8_t *truth, const uint8_t *seen, size_t count);

/* Of the pixels that are that label or were taken for it the share that is both (intersection over
 * union); NaN if there is none that is it. */
double label_iou(const struct label_tally *tally, enum label label);
/* The mean over the labels that occur; NaN if there is no pixel. */
double label_mean_iou(const struct label_tally *tally);
double label_accuracy(const struct label_tally *tally); /* share of pixels told right; NaN likewise */

#endif
