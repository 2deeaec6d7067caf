/* nav/planner.h - A* over the inflated costmap.
 *
 * Octile moves, no corner cutting (nav/search.h). A cell is closed if its clearance is under the robot's radius, except
 * close around a robot that stands in such a place; a cell's price grows as clearance falls under `comfort_m`, and is
 * the highest where less than `tight_m` is to spare, or where the robot got stuck before. Unknown
 * cells are open at a price. The path is shortened by line of sight where that costs no clearance, resampled, and
 * smoothed. A goal up to 0.3 m inside a closed area is moved to the nearest open cell. */
#ifndef NAV_PLANNER_H
#define NAV_PLANNER_H

#include "nav/policy.h"

struct planner_params {
    double comfort_m, clearance_weight, unknown_cost, tight_m, replan_s;
};
extern const struct param planner_params[];
extern const size_t planner_param_count;

/* `params` is borrowed and may change between updates. A cell with less clearance than `robot_radius_m` is closed. */
struct planner;
struct planner *planner_create(const struct planner_params *params, double robot_radius_m);
void planner_destroy(struct planner **planner);

/* The current plan from the belief's pose to the goal; what lies behind the robot is dropped. Searches anew when
 * there is no plan (every replan_s), the goal moved, the robot is more than 0.6 m off, the path became blocked, or
 * (every replan_s) its rest became 15 % dearer; *changed tells of a new search (may be NULL). If no path exists
 * plan.count is 0 and plan.reason says why ("goal is inside an obstacle", "no way around: 1234 cells searched").
 * Valid until the next call. */
struct plan planner_update(struct planner *planner, const struct belief *belief, struct vec2 goal, bool *changed);

/* The robot got stuck at `at`: for 30 s the way leads through there only if there is no other. */
void planner_avoid(struct planner *planner, struct vec2 at, int64_t now_ns);

/* Length of the optimal octile path on a 0/1 grid (blocked != 0), in cells; negative if there is none. For tests
 * against published optima: cardinal 1, diagonal sqrt 2, a diagonal only between two free orthogonal neighbours. */
double planner_grid_length(const uint8_t *blocked, int width, int height, struct cell from, struct cell to);

uint64_t planner_hash(const struct planner *planner, uint64_t hash);

#endif
