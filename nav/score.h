/* nav/score.h - how well an episode went: SPL (Anderson et al. 2018), clearance, time, path length. */
#ifndef NAV_SCORE_H
#define NAV_SCORE_H

#include "logs/geometry.h"

#include <stdbool.h>
#include <stdint.h>

struct score {
    double path_length_m;   /* sum of straight displacements per tick */
    double min_clearance_m; /* infinite if nothing was ever near */
    double mean_clearance_m;
    double position_rms_m;  /* estimate against truth */
    double shield_share;    /* of ticks with the shield active */
    /* running sums */
    struct vec2 last;
    double clearance_sum, error_sum, shield_sum;
    uint64_t ticks;
};
void score_start(struct score *score, struct vec2 at);
void score_update(struct score *score, struct vec2 at, double clearance_m, double position_error_m,
                  bool shield_active);
/* success * reference / max(path, reference); 0 if reference is not positive. */
double score_spl(const struct score *score, bool success, double reference_length_m);

/* The BARN challenge's score as of 2024: success * OT / clip(time, 2 OT, 8 OT), where OT = official length / (2 m/s);
 * at most 0.5. */
double score_barn(bool success, double official_length_m, double time_s);

#endif
