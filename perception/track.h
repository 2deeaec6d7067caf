/* perception/track.h - who moves: segments of each scan, joined over time into tracks with a velocity.
 *
 * Constant-velocity Kalman filters (Bar-Shalom, Li, Kirubarajan, Estimation with Applications to Tracking and
 * Navigation, ch. 6: white-noise acceleration), nearest pairs first within a gate. A track is born where something
 * stands on floor that was free, is confirmed when it was seen again and again and has moved, and dies unseen. People
 * who stop stay tracks; what never moved is none. */
#ifndef PERCEPTION_TRACK_H
#define PERCEPTION_TRACK_H

#include "perception/segment.h"

#define TRACK_ACCEL_SD 0.9      /* m/s2: how people change their way */
#define TRACK_PLACE_SD 0.05     /* m, of a measured centre ... */
#define TRACK_HIDDEN_SD 0.15    /* ... when something hides a side of it */
#define TRACK_UNSEEN_S 1.5      /* a confirmed track lives so long unseen */
#define TRACK_RADIUS_M 0.25     /* what a person's is taken to be at first */

struct tracked {
    struct track track; /* as of stamp_ns */
    struct vec2 born_at, stood_at;
    uint32_t seen, missed; /* scans; missed in a row ... */
    uint32_t seen_through; /* ... and those of them that saw nobody where it should be */
    double newly;          /* sum over scans of the returns on formerly free floor */
    double surprise;       /* sum of squared normalised innovations */
    uint8_t stood;         /* scans within a quarter metre of stood_at */
};

struct tracker {
    struct segment_ages ages;
    struct tracked all[TRACKS_MAX];
    size_t count;
    uint32_t last_id;
    int64_t stamp_ns; /* of the last scan; INT64_MIN before */
};

void tracker_init(struct tracker *tracker, const struct grid *grid);
void tracker_clear(struct tracker *tracker);
/* Nobody is followed any more: places of before mean nothing now. Ids go on. */
void tracker_forget(struct tracker *tracker);
/* One scan's returns, before mapper_scan takes it. A scan that is not newer is left out. */
void tracker_scan(struct tracker *tracker, const struct mapper *mapper, int64_t stamp_ns, struct vec2 eye,
                  double beam_step_rad, const struct segment_return *returns, size_t count);
/* The confirmed tracks as they should be at now_ns; `out` has room for TRACKS_MAX. */
size_t tracker_now(const struct tracker *tracker, int64_t now_ns, struct track *out);
uint64_t tracker_hash(const struct tracker *tracker, uint64_t hash);

#endif
