/* nav/mppi.h - pricing one future of nav/policy_mppi.c: thousands of times a decision.
 *
 * Everything the futures are held against is brought into one frame beforehand: a square window of the clearance
 * layer around the robot, unit one cell, and the path's next points in it. Pricing is plain float arithmetic without
 * the C library, so that its bits are the same on every processor. */
#ifndef NAV_MPPI_H
#define NAV_MPPI_H

#include "nav/crowd.h"

enum {
    MPPI_BATCH_MAX = 4000,
    MPPI_STEPS_MAX = 70,
    MPPI_KNOT_STEPS = 7,
    MPPI_KNOTS = MPPI_STEPS_MAX / MPPI_KNOT_STEPS + 1,
    MPPI_WINDOW = 512, /* cells a side; a future that would leave it is cut short */
    MPPI_PATH_MAX = 96
};
enum mppi_critic {
    MPPI_PROGRESS,
    MPPI_PATH,
    MPPI_HEADING,
    MPPI_CLEARANCE,
    MPPI_SPEED,
    MPPI_SMOOTH,
    MPPI_PEOPLE,
    MPPI_COLLISION,
    MPPI_CRITICS
};

struct mppi_params {
    double weights[MPPI_CRITICS];
    double temperature, noise_mps, noise_radps, margin_m, comfort_m, crawl_mps, clearance_gain, people_m, ttc_s, hold_s;
    int batch, steps;
};

struct mppi_future {
    float v[MPPI_STEPS_MAX], w[MPPI_STEPS_MAX]; /* asked for; the drive's limits come in when it is priced */
    struct mppi_price {
        float total, costs[MPPI_CRITICS]; /* weighted, in seconds */
        float progress_m, least_m;        /* along the path; nearest to anything */
        bool valid;                       /* clear for ttc_s and for the time to stop */
    } price;
};

struct mppi_scene {
    const struct mppi_params *params;
    struct crowd crowd;                    /* in the window's frame, cells and cells a second */
    float gap_m[MPPI_WINDOW * MPPI_WINDOW]; /* clearance less the covering disc's radius; negative outside the map */
    struct {
        float x, y, along_x, along_y, left; /* cells */
    } path[MPPI_PATH_MAX];
    size_t path_count;
    int steps, clear_steps; /* how many periods a future has; how many must be clear */
    float cell_m, x, y, c, s, v, w; /* the robot: cells, heading, command in force */
    float period_s, v_min, v_max, w_max, wheel_mps, half_width_m, reach_m, dv, dw, disc, limit_m, comfort_m,
        per_comfort, brake_per_v, brake_per_w, near, hold_s;
};

/* The plan has at least one point. */
void mppi_scene_fill(struct mppi_scene *scene, const struct mppi_params *params, const struct policy_input *in);
/* Fills future->price from its commands. */
void mppi_price(const struct mppi_scene *scene, struct mppi_future *future);

#endif
