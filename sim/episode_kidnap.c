/* A robot that is carried away: where to. */
#include <math.h>

#include "sim/episode_parts.h"

enum { TRIES = 2000 };
static const double ROOM_M = 0.3; /* on all sides, of what stands there */

/* Nobody carries it into a wall, out of the house, onto forbidden floor, or where its goal cannot be
 * reached from. */
static bool is_place(const struct episode *e, struct pose2 pose, double least_m)
{
    const struct robot_config *robot = robot_config(e->robot);
    const struct scenario *s = e->scenario;
    struct cell cell = grid_cell(&s->map, (struct vec2){pose.x, pose.y});
    if (hypot(pose.x - e->truth.ground.x, pose.y - e->truth.ground.y) < least_m)
        return false;
    if (hypot(pose.x - s->goal.x, pose.y - s->goal.y) < s->goal_tolerance_m + ROOM_M)
        return false;
    if (s->map.width && !(grid_holds(&s->map, cell) && s->map_cells[grid_index(&s->map, cell)] == 0))
        return false;
    if (world_zones(e->world, pose, robot->length_m, robot->width_m).in_keepout)
        return false;
    robot_hide(e->robot, e->world);
    double room_m = raycast_clearance(e->world->raycast, pose, robot->length_m, robot->width_m, 0.03, robot->height_m,
                                      2 * ROOM_M, NULL);
    robot_show(e->robot, e->world);
    struct scenario there = *s;
    there.start = pose;
    return room_m >= ROOM_M && scenario_reference_length_m(&there) >= 0;
}

void episode_kidnap(struct episode *e)
{
    double least_m;
    struct seed_stream *random;
    const struct scenario *s = e->scenario;
    if (!faults_kidnap(e->faults, e->now_ns, &least_m, &random))
        return;
    for (int i = 0; i < TRIES; i++) {
        struct pose2 pose;
        pose.x = seed_between(random, s->x0_m, s->x1_m);
        pose.y = seed_between(random, s->y0_m, s->y1_m);
        pose.yaw = seed_between(random, -PI, PI);
        if (!is_place(e, pose, least_m))
            continue;
        robot_put(e->robot, pose);
        e->score.last = (struct vec2){pose.x, pose.y}; /* not driven */
        journal_say(e->journal, e->now_ns, 30, "fault", "the robot is carried from %.2f, %.2f to %.2f, %.2f",
                    e->truth.ground.x, e->truth.ground.y, pose.x, pose.y);
        return;
    }
    journal_say(e->journal, e->now_ns, 30, "fault", "there is no other place %.3g m away to carry the robot to",
                least_m);
}
