/* perception/segment.h - a lidar scan cut into things small enough to be somebody.
 *
 * Returns that fall on what has long stood there are left out, the rest is cut where neighbouring beams end far
 * apart. What the map believed before this scan tells what moves: a thing that now stands where beams passed
 * freely has come there. */
#ifndef PERCEPTION_SEGMENT_H
#define PERCEPTION_SEGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "perception/mapper.h"

enum { SEGMENTS_MAX = 96 };
#define SEGMENT_WIDEST_M 1.2 /* people, robots, carts and what rolls; wider things are walls */

struct segment_return { /* one beam that hit, in the order of the beams */
    struct vec2 at;     /* map frame */
    double range_m;
    int beam;
};

struct segment {
    struct vec2 centroid; /* of its returns, map frame */
    double width_m;       /* across the line of sight */
    double slant_m;       /* between its two ends along the line of sight */
    double range_m;       /* of the nearest return */
    double newly;         /* how many of its returns fall where the map believed in free floor */
    bool hidden;          /* something nearer cuts it off on a side */
    size_t count;
};

/* How long cells have been hit: tells a pillar from a person who stands. */
struct segment_ages {
    struct grid grid;
    uint8_t *age;  /* scans that hit the cell, up to 255; begins anew when it was seen free */
    uint8_t *scan; /* the last scan that did, modulo 256 */
    uint8_t now;
    uint64_t history; /* a hash of all changes, for the state hash */
};
void segment_ages_init(struct segment_ages *ages, const struct grid *grid);
void segment_ages_clear(struct segment_ages *ages);
void segment_ages_forget(struct segment_ages *ages);

struct segment_keep { /* returns near here are kept although something stands there, if it came later than `age` scans
                         ago */
    struct vec2 at;
    double reach_m;
    uint8_t age;
};

/* The segments of one scan as seen from `eye`; to be called before the scan goes into the map. At most SEGMENTS_MAX. */
size_t segment_scan(struct segment_ages *ages, const struct mapper *mapper, struct vec2 eye, double beam_step_rad,
                    const struct segment_return *returns, size_t count, const struct segment_keep *keeps,
                    size_t keep_count, struct segment *segments);

#endif
