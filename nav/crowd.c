#include "nav/crowd.h"

static const double still_mps = 0.1;
static const double trust_s = 2; /* beyond, people have turned as often as not */

void crowd_fill(struct crowd *crowd, const struct belief *belief, double within_m)
{
    double distances[CROWD_MAX];
    struct vec2 here = {belief->pose.x, belief->pose.y};
    crowd->count = 0;
    for (size_t i = 0; i < belief->track_count; i++) {
        const struct track *track = &belief->tracks[i];
        double d = vec2_distance(track->at, here);
        if (!track->confirmed || d > within_m || !(vec2_length(track->velocity_mps) > still_mps))
            continue;
        size_t at = crowd->count;
        if (at == CROWD_MAX && d >= distances[at - 1])
            continue;
        at = at < CROWD_MAX ? crowd->count++ : at - 1;
        for (; at > 0 && distances[at - 1] > d; at--) {
            distances[at] = distances[at - 1];
            crowd->movers[at] = crowd->movers[at - 1];
        }
        distances[at] = d;
        crowd->movers[at] = (struct mover){track->at, track->velocity_mps, track->radius_m};
    }
}

double crowd_gap_m(const struct crowd *crowd, double x, double y, double t_s)
{
    double least = HUGE_VAL, t = t_s < trust_s ? t_s : trust_s;
    for (size_t i = 0; i < crowd->count; i++) {
        const struct mover *mover = &crowd->movers[i];
        struct vec2 then = vec2_add(mover->at, vec2_scale(mover->velocity_mps, t));
        least = fmin(least, vec2_distance(then, (struct vec2){x, y}) - mover->radius_m);
    }
    return least;
}
