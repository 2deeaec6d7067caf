/* nav/footprint.h - the robot as a moving rectangle: what the policies and the shield agree on.
 *
 * Against points the rectangle is exact. Against the grid it is covered by three discs, which bulge over its sides
 * by two centimetres and over its ends by about 15; the clearance layer is read with bilinear
 * interpolation, so that a robot that slides along a wall sees no steps. */
#ifndef NAV_FOOTPRINT_H
#define NAV_FOOTPRINT_H

#include <stdbool.h>

#include "nav/policy.h"

struct footprint {
    double half_length_m, half_width_m;
    double reach_m;                 /* centre to corner */
    double disc_x_m, disc_radius_m; /* discs at (0, 0) and (+-disc_x_m, 0) cover the rectangle */
};

static inline struct footprint footprint_of(const struct task *task)
{
    double l = task->length_m / 2, w = task->width_m / 2;
    return (struct footprint){l, w, sqrt(l * l + w * w), 2 * l / 3, sqrt(l * l / 9 + w * w)};
}

/* Signed distance from the rectangle's edge to a point of the robot's frame; negative inside. */
static inline double footprint_gap_m(const struct footprint *footprint, struct vec2 p)
{
    double x = fabs(p.x) - footprint->half_length_m, y = fabs(p.y) - footprint->half_width_m;
    if (x <= 0 && y <= 0)
        return x > y ? x : y;
    return x <= 0 ? y : y <= 0 ? x : sqrt(x * x + y * y);
}

/* False for coordinates that are no numbers. */
static inline bool footprint_on_grid(const struct grid *grid, struct vec2 p)
{
    double x = (p.x - grid->origin.x) / grid->resolution_m, y = (p.y - grid->origin.y) / grid->resolution_m;
    return x >= 0 && y >= 0 && x < grid->width && y < grid->height;
}

/* The clearance layer between cell centres; 0 outside the grid and for coordinates that are no numbers. */
static inline double footprint_sample_m(const struct belief *belief, double x, double y)
{
    const struct grid *grid = &belief->grid;
    double gx = (x - grid->origin.x) / grid->resolution_m - 0.5, gy = (y - grid->origin.y) / grid->resolution_m - 0.5;
    if (!(gx >= 0 && gy >= 0 && gx < grid->width - 1 && gy < grid->height - 1))
        return 0;
    int ix = (int)gx, iy = (int)gy;
    const float *at = &belief->clearance_m[(size_t)iy * (size_t)grid->width + (size_t)ix], *up = at + grid->width;
    double fx = gx - ix, fy = gy - iy;
    double low = (double)at[0] + fx * ((double)at[1] - (double)at[0]);
    double high = (double)up[0] + fx * ((double)up[1] - (double)up[0]);
    return low + fy * (high - low);
}

/* Gap between the covering discs, with the robot at (x, y) and headed along (c, s), and the nearest occupied or
 * keep-out cell's centre. */
static inline double footprint_grid_gap_m(const struct belief *belief, const struct footprint *footprint,
                                          double x, double y, double c, double s)
{
    double dx = c * footprint->disc_x_m, dy = s * footprint->disc_x_m;
    double front = footprint_sample_m(belief, x + dx, y + dy), rear = footprint_sample_m(belief, x - dx, y - dy);
    double ends = front < rear ? front : rear, middle = footprint_sample_m(belief, x, y);
    return (ends < middle ? ends : middle) - footprint->disc_radius_m;
}

/* Where a constant command leads after `t_s`, seen from where it began. */
static inline struct pose2 footprint_arc(struct twist2 command, double t_s)
{
    double angle = command.w_radps * t_s, half = angle / 2;
    double chord = command.v_mps * t_s * (fabs(half) < 1e-6 ? 1 : sin(half) / half);
    return (struct pose2){chord * cos(half), chord * sin(half), angle};
}

/* The fastest forward speed while turning at w: the outer wheel has only so much. (The wheels are taken to be at the
 * footprint's sides, so a real drive has a little more.) */
static inline double footprint_fastest_mps(const struct task *task, double w_radps)
{
    double half = task->width_m / 2;
    return fmax(task->max_v_mps, task->max_w_radps * half) - fabs(w_radps) * half;
}

/* The command nearest to `want` that the drive can reach within a control period; turning comes before speed. */
static inline struct twist2 footprint_reach(const struct task *task, struct twist2 last, struct twist2 want)
{
    double dv = task->max_a_mps2 * task->period_s, dw = task->max_alpha_radps2 * task->period_s;
    double v = clamp(want.v_mps, last.v_mps - dv, last.v_mps + dv);
    double w = clamp(want.w_radps, last.w_radps - dw, last.w_radps + dw);
    w = clamp(w, -task->max_w_radps, task->max_w_radps);
    double fastest = fmin(task->max_v_mps, footprint_fastest_mps(task, w));
    return (struct twist2){clamp(v, fmax(task->min_v_mps, -fastest), fastest), w};
}

#endif
