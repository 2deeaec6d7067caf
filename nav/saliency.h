/* nav/saliency.h - what a network's command hangs on: parts of its inputs are covered, one after the other,
 * and the network is asked again (occlusion sensitivity: Zeiler & Fergus 2014).
 *
 * A group is what is covered at once: a sector of a ring of directions, some columns of the depth stripes, a
 * rectangle of an image, a whole row such as the goal, or the network's memory. Its saliency is how far the
 * command moves without it, in shares of the drive's range (decision_distance), 0 if the command does not
 * care.
 *
 * Covered means "nothing stands there", not "no sensor": sectors, stripes and depth become as far as the
 * feature goes, a rectangle of a colour image takes on the image's mean colour; rows without places (goal,
 * path, velocity, last, limits) and the memory become zeros. Far and plain is what networks have met in
 * training at any single place, zeros in some sectors of a living lidar is what none has ever seen. A row that
 * is all zeros is a sense that is not there (nav/features.h): its groups are covered already, and so is a
 * sector that is far anyway; both have saliency 0.
 *
 * Groups are covered one at a time: two that say the same hide each other, and their saliencies do not add up
 * to anything. */
#ifndef NAV_SALIENCY_H
#define NAV_SALIENCY_H

#include "nav/features.h"

enum saliency_of { SALIENCY_OFF, SALIENCY_DRIVER, SALIENCY_SHADOW };
struct saliency_params { /* "saliency.of=driver" */
    int of; /* enum saliency_of */
    int sectors, columns, rows;
};
extern const struct param saliency_params[];
extern const size_t saliency_param_count;

struct salient { /* one group */
    const char *input; /* static: the feature's name, or "state" */
    enum feature_layout layout;
    int column, columns, row, rows; /* which of how many; a sector is a column, 0 straight behind, then to the left */
    struct twist2 without; /* the command when it is covered; NaN: none */
    double saliency; /* at least 0; 1 if the network has no answer without it, though it has one with it */
};
enum { SALIENCY_MAX = 512 };
struct saliency {
    const char *policy; /* whose; NULL: nobody was asked, or it is no network */
    struct twist2 command; /* with everything; NaN: none */
    struct salient groups[SALIENCY_MAX]; /* by input, row, column */
    size_t count;
};

/* "15 deg L", "ahead", "column 3 of 8, row 1 of 4"; "" for a whole row. */
void saliency_region(const struct salient *group, char *text, size_t size);
/* Its edges. A sector: bearings in rad, robot frame, right and left edge (the one behind goes beyond pi). Of
 * images and stripes: shares of the width from the left, of the height from the top. A whole row: zeros. */
void saliency_bounds(const struct salient *group, double across[2], double down[2]);

/* --- for whoever runs the network
 * ------------------------------------------------------------------------------ */
/* The groups of an input of `count` numbers; NULL feature: memory. Only the first five members are filled.
 * Returns how many were appended to *saliency. */
size_t saliency_split(const struct feature *feature, const struct saliency_params *params,
                      const struct policy_input *in, size_t count, struct saliency *saliency);
/* Covers one group in a row as feature->fill() left it. */
void saliency_cover(const struct feature *feature, const struct salient *group, const struct policy_input *in,
                    size_t count, float *row);

#endif
