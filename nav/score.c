#include "nav/score.h"

#include "logs/status.h"

void score_start(struct score *score, struct vec2 at)
{
    *score = (struct score){.min_clearance_m = HUGE_VAL, .last = at};
}

void score_update(struct score *score, struct vec2 at, double clearance_m, double position_error_m, bool shield_active)
{
    static const double far_m = 10; /* an empty world would otherwise make the mean infinite */
    double n = (double)++score->ticks;
    score->path_length_m += vec2_distance(score->last, at);
    score->last = at;
    score->min_clearance_m = fmin(score->min_clearance_m, clearance_m);
    score->clearance_sum += fmin(clearance_m, far_m);
    score->error_sum += square(position_error_m);
    score->shield_sum += shield_active;
    score->mean_clearance_m = score->clearance_sum / n;
    score->position_rms_m = sqrt(score->error_sum / n);
    score->shield_share = score->shield_sum / n;
}

double score_spl(const struct score *score, bool success, double reference_length_m)
{
    if (!success || !(reference_length_m > 0))
        return 0;
    return reference_length_m / fmax(score->path_length_m, reference_length_m);
}

double score_barn(bool success, double official_length_m, double time_s)
{
    static const double SPEED_MPS = 2.0;
    ASSERT(official_length_m > 0);
    double optimal_s = official_length_m / SPEED_MPS;
    return success ? optimal_s / clamp(time_s, 2 * optimal_s, 8 * optimal_s) : 0;
}
