/* sim/spline.h - where something is that follows a spline by the clock: position and velocity as exact functions of
 * time.
 *
 * Between two keys runs a cubic Hermite segment, and the slopes at the keys follow from their neighbours (Catmull and
 * Rom 1974): slope = (p[i+1] - p[i-1]) / (knot[i+1] - knot[i-1]). The paces differ in what a knot is:
 *   SPLINE_TIMED    its time, so that equal gaps in equal times are a uniform motion
 *   SPLINE_COUNTED  its number, as Gazebo's PoseAnimation has it (the slopes at open ends are half a chord there): for
 *                  worlds made for Gazebo. Speed jumps at keys
 *   SPLINE_STEADY   the square root of the chord (centripetal: no loops), walked at one speed; the
 *                   keys' times are worked out
 * A position at a key's time is the key, bit for bit. */
#ifndef SIM_SPLINE_H
#define SIM_SPLINE_H

#include <stddef.h>

#include "logs/geometry.h"

enum spline_pace { SPLINE_TIMED, SPLINE_COUNTED, SPLINE_STEADY };
enum spline_end {
    SPLINE_RETURNS, /* goes back the way it came, and so on */
    SPLINE_REPEATS, /* begins again; jumps if the ends are apart, else its slope is the same on both sides */
    SPLINE_STOPS,
};

struct spline_key {
    double t_s; /* increasing; STEADY: not looked at */
    struct vec2 at;
};

struct spline_def {
    enum spline_pace pace;
    enum spline_end end;
    const struct spline_key *keys; /* copied */
    size_t key_count;             /* 2 at least */
    double speed_mps;             /* STEADY only, > 0 */
    double pause_s;               /* at each end of a there and back */
};

struct spline; /* opaque, owned by whoever created it */

/* What is wrong with a def (a static clause without its full stop; *key receives the key it is about), or NULL. */
const char *spline_fault(const struct spline_def *def, size_t *key);
/* The def has no fault. */
struct spline *spline_create(const struct spline_def *def);
void spline_destroy(struct spline **spline);

struct spline_point {
    struct vec2 at, velocity_mps;
};
/* Before the first key's time it waits there. */
struct spline_point spline_at(const struct spline *spline, double t_s);
double spline_duration_s(const struct spline *spline); /* until the end, one way, from the first key */
double spline_length_m(const struct spline *spline);
size_t spline_key_count(const struct spline *spline);
struct spline_key spline_key(const struct spline *spline, size_t i); /* with its time */

#endif
