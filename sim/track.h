/* sim/track.h - where something is that follows a spline by the clock: position and velocity as exact functions of time.
 *
 * Between two keys runs a cubic Hermite segment, and the slopes at the keys follow from their neighbours (Catmull and Rom
 * 1974): slope = (p[i+1] - p[i-1]) / (knot[i+1] - knot[i-1]). The paces differ in what a knot is:
 *   TRACK_TIMED    its time, so that equal gaps in equal times are a uniform motion
 *   TRACK_COUNTED  its number, as Gazebo's PoseAnimation has it (the slopes at open ends are half a chord there): for
 *                  worlds made for Gazebo. Speed jumps at keys
 *   TRACK_STEADY   the square root of the chord (centripetal: no loops), walked at one speed; the keys' times are worked out
 * A position at a key's time is the key, bit for bit. */
#ifndef SIM_TRACK_H
#define SIM_TRACK_H

#include <stddef.h>

#include "logs/geometry.h"

enum track_pace { TRACK_TIMED, TRACK_COUNTED, TRACK_STEADY };
enum track_end {
    TRACK_RETURNS, /* goes back the way it came, and so on */
    TRACK_REPEATS, /* begins again; jumps if the ends are apart, else its slope is the same on both sides */
    TRACK_STOPS,
};

struct track_key {
    double t_s; /* increasing; STEADY: not looked at */
    struct vec2 at;
};

struct track_def {
    enum track_pace pace;
    enum track_end end;
    const struct track_key *keys; /* copied */
    size_t key_count;             /* 2 at least */
    double speed_mps;             /* STEADY only, > 0 */
    double pause_s;               /* at each end of a there and back */
};

struct track; /* opaque, owned by whoever created it */

/* What is wrong with a def (a static clause without its full stop; *key receives the key it is about), or NULL. */
const char *track_fault(const struct track_def *def, size_t *key);
/* The def has no fault. */
struct track *track_create(const struct track_def *def);
void track_destroy(struct track **track);

struct track_point {
    struct vec2 at, velocity_mps;
};
/* Before the first key's time it waits there. */
struct track_point track_at(const struct track *track, double t_s);
double track_duration_s(const struct track *track); /* until the end, one way, from the first key */
double track_length_m(const struct track *track);
size_t track_key_count(const struct track *track);
struct track_key track_key(const struct track *track, size_t i); /* with its time */

#endif
