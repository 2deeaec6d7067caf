#include "sim/sweep.h"

#include <stdlib.h>

#include "logs/memory.h"
#include "logs/status.h"

void sweep_init(struct sweep *sweep, size_t steps)
{
    ASSERT(steps > 0);
    *sweep = (struct sweep){.poses = NEW_ARRAY(steps + 1, struct pose3), .steps = steps};
}

void sweep_clear(struct sweep *sweep)
{
    free(sweep->poses);
    *sweep = (struct sweep){0};
}

void sweep_put(struct sweep *sweep, struct pose3 pose) { sweep->poses[sweep->count++ % (sweep->steps + 1)] = pose; }

static const struct pose3 *pose_ago(const struct sweep *sweep, size_t ago)
{
    size_t known = sweep->count - 1 < sweep->steps ? sweep->count - 1 : sweep->steps;
    ago = ago < known ? ago : known;
    return &sweep->poses[(sweep->count - 1 - ago) % (sweep->steps + 1)];
}

/* Between two steps in a straight line, and the shorter way round. */
static struct pose3 pose_between(const struct pose3 *a, const struct pose3 *b, double share)
{
    struct quat p = a->orientation, q = b->orientation;
    double side = p.x * q.x + p.y * q.y + p.z * q.z + p.w * q.w < 0 ? -share : share, rest = 1 - share;
    struct quat r = {rest * p.x + side * q.x, rest * p.y + side * q.y, rest * p.z + side * q.z,
                     rest * p.w + side * q.w};
    double length = sqrt(r.x * r.x + r.y * r.y + r.z * r.z + r.w * r.w);
    return (struct pose3){vec3_add(vec3_scale(a->position, rest), vec3_scale(b->position, share)),
                          {r.x / length, r.y / length, r.z / length, r.w / length}};
}

struct pose3 sweep_pose(const struct sweep *sweep, double steps_ago)
{
    ASSERT(sweep->count > 0 && steps_ago >= 0);
    double whole = floor(steps_ago);
    return pose_between(pose_ago(sweep, (size_t)whole), pose_ago(sweep, (size_t)whole + 1), steps_ago - whole);
}
