/* sim/sweep.h - where the robot was while the scanner turned: its poses over the last scan, step by step. */
#ifndef SIM_SWEEP_H
#define SIM_SWEEP_H

#include <stddef.h>

#include "logs/geometry.h"

struct sweep { /* owned; sweep_clear frees it */
    struct pose3 *poses; /* ring of steps + 1 */
    size_t steps, count; /* physics steps in a scan; poses put so far */
};

void sweep_init(struct sweep *sweep, size_t steps);
void sweep_clear(struct sweep *sweep);
/* Once every physics step. */
void sweep_put(struct sweep *sweep, struct pose3 pose);
/* So many steps (0..steps, may be between two) before the last put; the oldest known one where that is too far back. */
struct pose3 sweep_pose(const struct sweep *sweep, double steps_ago);

#endif
