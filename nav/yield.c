#include "nav/yield.h"

static const double body_m = 0.15;    /* a track's radius is what was seen of it */
static const double nearer_m = 0.002; /* what is too near may not come nearer than this */
static const double look_s = 0.01;    /* the shortest step along the arc */
static const double sooner_s = 0.02;  /* less does not count: two looks */

static bool is_moving(const struct track *track, double sigma)
{
    const double *p = track->covariance;
    double speed2 = vec2_dot(track->velocity_mps, track->velocity_mps);
    return track->confirmed && isfinite(speed2) && speed2 > square(sigma) * (p[10] + p[15]) / 2;
}

static void take_points(struct yield *yield, const struct belief *belief, const struct track *track)
{
    const struct pose2 turned = {0, 0, belief->pose.yaw};
    struct vec2 velocity = pose2_unapply(turned, track->velocity_mps), now = pose2_unapply(belief->pose, track->at);
    struct vec2 moved = vec2_scale(velocity, track->unseen_s), seen = vec2_sub(now, moved);
    double reach2 = square(track->radius_m + body_m);
    for (size_t i = 0; i < belief->point_count && yield->count < YIELD_POINTS_MAX; i++) {
        struct vec2 away = vec2_sub(belief->points[i], seen);
        if (vec2_dot(away, away) < reach2)
            yield->points[yield->count++] =
                (struct yield_point){vec2_add(belief->points[i], moved), velocity, track->id};
    }
}

void yield_fill(struct yield *yield, const struct belief *belief, const struct task *task, double sigma,
                double margin_m, double within_s)
{
    struct vec2 here = {belief->pose.x, belief->pose.y};
    ASSERT(sigma >= 0 && margin_m >= 0 && within_s > 0 && isfinite(belief->pose.yaw));
    yield->footprint = footprint_of(task);
    yield->margin_m = margin_m;
    yield->count = 0;
    double own_m = yield->footprint.reach_m + margin_m + within_s * fmax(task->max_v_mps, -task->min_v_mps);
    for (size_t i = 0; i < belief->track_count; i++) {
        const struct track *track = &belief->tracks[i];
        double reach_m = own_m + track->radius_m + body_m + within_s * vec2_length(track->velocity_mps);
        if (is_moving(track, sigma) && vec2_distance(track->at, here) < reach_m)
            take_points(yield, belief, track);
    }
}

static double gap_at(const struct yield *yield, const struct yield_point *point, struct twist2 command, double t_s)
{
    struct vec2 then = vec2_add(point->at, vec2_scale(point->velocity_mps, t_s));
    return footprint_gap_m(&yield->footprint, pose2_unapply(footprint_arc(command, t_s), then));
}

/* When one point is met, before `before_s`; infinite if it is not. The gap shrinks no faster than both move, so that
 * the time until it can have shrunk to the limit is skipped (conservative advancement, Mirtich 1996). */
static double meets_s(const struct yield *yield, const struct yield_point *point, struct twist2 command,
                      double before_s)
{
    double closing = fabs(command.v_mps) + fabs(command.w_radps) * yield->footprint.reach_m +
                     vec2_length(point->velocity_mps);
    double gap = gap_at(yield, point, command, 0), limit = fmin(yield->margin_m, gap - nearer_m);
    for (double t = 0; t < before_s; t += fmax(look_s, (gap - limit) / closing)) {
        gap = gap_at(yield, point, command, t);
        if (gap < limit)
            return t;
    }
    return HUGE_VAL;
}

struct yield_meeting yield_meet(const struct yield *yield, struct twist2 command, double within_s)
{
    struct yield_meeting first = {HUGE_VAL, 0};
    for (size_t i = 0; i < yield->count; i++) {
        double t = meets_s(yield, &yield->points[i], command, fmin(within_s, first.time_s));
        if (t < first.time_s)
            first = (struct yield_meeting){t, i};
    }
    return first;
}

/* When the command meets a point, before `before_s`; infinite if not, or if a standing robot is met as soon. */
static double blamed_s(const struct yield *yield, const struct yield_point *point, struct twist2 command,
                       double before_s)
{
    double t = meets_s(yield, point, command, before_s);
    bool stands_to_blame = t < before_s && meets_s(yield, point, (struct twist2){0, 0}, t + sooner_s) < HUGE_VAL;
    return stands_to_blame ? HUGE_VAL : t;
}

struct yield_meeting yield_blame(const struct yield *yield, struct twist2 command, double within_s)
{
    struct yield_meeting first = {HUGE_VAL, 0};
    for (size_t i = 0; i < yield->count; i++) {
        double t = blamed_s(yield, &yield->points[i], command, fmin(within_s, first.time_s));
        if (t < first.time_s)
            first = (struct yield_meeting){t, i};
    }
    return first;
}

bool yield_is_blamed(const struct yield *yield, struct twist2 command, double within_s, size_t *by)
{
    ASSERT(*by < yield->count);
    for (size_t n = 0; n < yield->count; n++) {
        size_t i = (*by + n) % yield->count;
        if (blamed_s(yield, &yield->points[i], command, within_s) < within_s) {
            *by = i;
            return true;
        }
    }
    return false;
}
