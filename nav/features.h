/* nav/features.h - what a network may be shown: named rows of numbers, made from a belief and nothing else.
 *
 * A row's length is the network's choice where the table says so: 90 or 360 lidar sectors, a path of 5 or 20 points.
 * Metres, radians, seconds, unscaled: a network carries its own normaliser. A sense that is not there, or shows nothing
 * now, gives zeros, which no sense that works ever gives: so a network can be taught to do without. */
#ifndef NAV_FEATURES_H
#define NAV_FEATURES_H

#include "nav/policy.h"

#define FEATURE_LIDAR_M 10.0  /* farther, or nothing */
#define FEATURE_FUSED_M 5.0
#define FEATURE_DEPTH_M 8.0
#define FEATURE_PATH_STEP_M 0.4

/* What a place in the row means, for whoever covers parts of it (nav/saliency.h). */
enum feature_layout {
    FEATURE_WHOLE,   /* numbers that only mean something together */
    FEATURE_RING,    /* directions, from straight behind to the left, all the way round */
    FEATURE_STRIPES, /* of the depth image, left to right */
    FEATURE_IMAGE,   /* pixels, row by row */
    FEATURE_COLOUR,  /* three planes of pixels */
};

struct feature {
    const char *name, *help;
    size_t length; /* of the row; 0: any, from 1 to FEATURE_LENGTH_MAX */
    /* Fills `count` numbers. */
    void (*fill)(const struct policy_input *in, size_t count, float *out);
    enum feature_layout layout;
    float nothing; /* what stands for a place with nothing there; rings, stripes and depth images only */
};
enum { FEATURE_LENGTH_MAX = 4096 };
extern const struct feature feature_table[];
extern const size_t feature_count;
/* NULL if there is none of that name. */
const struct feature *feature_find(const char *name);

#endif
