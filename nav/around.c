#include "nav/around.h"

static const double body_m = 0.2; /* a track is where its legs are seen; cells this far around it are it */

static bool is_mover(const struct crowd *crowd, struct vec2 p)
{
    for (size_t i = 0; crowd && i < crowd->count; i++)
        if (vec2_distance(crowd->movers[i].at, p) < crowd->movers[i].radius_m + body_m)
            return true;
    return false;
}

void around_fill(struct around *around, const struct belief *belief, const struct crowd *crowd, double reach_m)
{
    const struct grid *grid = &belief->grid;
    struct vec2 here = {belief->pose.x, belief->pose.y};
    struct cell centre = grid_cell(grid, here);
    int r = (int)ceil(reach_m / grid->resolution_m);
    for (size_t i = 0; i < AROUND_SECTORS; i++)
        around->distance_m[i] = HUGE_VAL;
    for (int y = centre.y - r; y <= centre.y + r; y++)
        for (int x = centre.x - r; x <= centre.x + r; x++) {
            struct cell c = {x, y};
            if (!grid_holds(grid, c) || belief->clearance_m[grid_index(grid, c)] > 0)
                continue;
            struct vec2 there = grid_centre(grid, c);
            double d = vec2_distance(there, here);
            if (d > reach_m || is_mover(crowd, there))
                continue;
            struct vec2 p = pose2_unapply(belief->pose, there);
            long turn = lround(atan2(p.y, p.x) * AROUND_SECTORS / (2 * PI));
            size_t i = (size_t)((turn + AROUND_SECTORS) % AROUND_SECTORS);
            if (d < around->distance_m[i]) {
                around->distance_m[i] = d;
                around->at[i] = p;
            }
        }
}

struct vec2 around_target(const struct plan *plan, double ahead_m)
{
    ASSERT(plan->count > 0);
    struct vec2 from = plan->points[0];
    for (size_t i = 1; i < plan->count; i++) {
        double length = vec2_distance(from, plan->points[i]);
        if (length >= ahead_m && length > 0)
            return vec2_add(from, vec2_scale(vec2_sub(plan->points[i], from), ahead_m / length));
        ahead_m -= length;
        from = plan->points[i];
    }
    return from;
}
