#include "nav/way.h"

void way_fill(struct way *way, const struct plan *plan, double yaw)
{
    double left = plan->length_m, since = WAY_SPACING_M;
    way->count = 0;
    for (size_t i = 0; i < plan->count && way->count < WAY_MAX; i++) {
        double step = i ? vec2_distance(plan->points[i], plan->points[i - 1]) : 0;
        left -= step;
        since += step;
        if (since < WAY_SPACING_M - 1e-6 && i + 1 < plan->count)
            continue;
        way->points[way->count++] = (struct way_point){.at = plan->points[i], .left_m = fmax(0, left)};
        since = 0;
    }
    struct vec2 along = {cos(yaw), sin(yaw)};
    for (size_t i = 0; i < way->count; i++) {
        struct vec2 step = i + 1 < way->count ? vec2_sub(way->points[i + 1].at, way->points[i].at) : along;
        double length = vec2_length(step);
        if (length > 1e-9 && i + 1 < way->count)
            along = vec2_scale(step, 1 / length);
        way->points[i].along = along;
    }
}

struct way_look way_look(const struct way *way, double x, double y)
{
    size_t best = 0;
    double nearest = HUGE_VAL;
    for (size_t i = 0; i < way->count; i++) {
        double d = square(way->points[i].at.x - x) + square(way->points[i].at.y - y);
        if (d < nearest) {
            nearest = d;
            best = i;
        }
    }
    const struct way_point *point = &way->points[best];
    double dx = x - point->at.x, dy = y - point->at.y;
    double along = point->along.x * dx + point->along.y * dy, across = point->along.x * dy - point->along.y * dx;
    /* An arc that leads over the path's end is cut short by the wanted speed; only its sideways part counts. */
    bool over = best + 1 == way->count && along > 0 && point->left_m < 1e-3;
    bool apart = fabs(along) > WAY_SPACING_M && !over;
    return (struct way_look){apart ? sqrt(nearest) : fabs(across), fmax(0, point->left_m - along), best, over};
}

double way_turn(const struct way *way, double x, double y, double c, double s, size_t nearest)
{
    size_t i = nearest + WAY_AHEAD < way->count ? nearest + WAY_AHEAD : way->count - 1;
    double dx = way->points[i].at.x - x, dy = way->points[i].at.y - y;
    if (dx * dx + dy * dy < square(2 * WAY_SPACING_M))
        return 0;
    return atan2(c * dy - s * dx, c * dx + s * dy);
}

double way_bend(const struct way *way, size_t i)
{
    if (i + WAY_AHEAD >= way->count)
        return 0;
    struct vec2 a = way->points[i].along, b = way->points[i + WAY_AHEAD].along;
    return fabs(atan2(a.x * b.y - a.y * b.x, vec2_dot(a, b))) / (WAY_AHEAD * WAY_SPACING_M);
}
