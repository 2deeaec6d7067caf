#include <stdio.h>

#include "perception/motion.h"
#include "sim/scenario_internal.h"

static const double SIDE_MAX_M = 100;
static const double RING_TOP_RAD = 1.5;

/* --- checks ---------------------------------------------------------------------------------------------------- */

static enum status refuse_rate(const struct scenario *s, const char *name, double rate_hz, struct error *err)
{
    char places[64]; /* the rate or, where that is the default, the step */
    snprintf(places, sizeof places, "%s world.physics_hz", name);
    int lower = (int)fmin(rate_hz, s->world.physics_hz);
    while (s->world.physics_hz % lower)
        lower--;
    return scenario_refuse(s, places, err,
                           "%s %g does not divide world.physics_hz %d; the next lower rate that does is %d", name,
                           rate_hz, s->world.physics_hz, lower);
}

static enum status check_rates(const struct scenario *s, struct error *err)
{
    const struct {
        const char *name;
        bool enabled;
        double rate_hz;
    } rates[] = {
        {"world.control_hz", true, s->world.control_hz}, {"lidar.rate_hz", s->lidar.enabled, s->lidar.rate_hz},
        {"camera.rate_hz", s->camera.enabled, s->camera.rate_hz}, {"imu.rate_hz", s->imu.enabled, s->imu.rate_hz},
        {"odometry.rate_hz", s->odometry.enabled, s->odometry.rate_hz},
        {"bumper.rate_hz", s->bumper.enabled, s->bumper.rate_hz},
        {"ultrasonic.rate_hz", s->ultrasonic.enabled, s->ultrasonic.rate_hz},
    };
    if (1000000000 % s->world.physics_hz)
        return scenario_refuse(s, "world.physics_hz", err, "world.physics_hz %d does not give a step of whole "
                               "nanoseconds; use 200, 250 or 500", s->world.physics_hz);
    for (size_t i = 0; i < COUNT_OF(rates); i++)
        if (rates[i].enabled && fmod(s->world.physics_hz, rates[i].rate_hz) != 0)
            return refuse_rate(s, rates[i].name, rates[i].rate_hz, err);
    return STATUS_OK;
}

/* A scan or picture is taken at the pose of its stamp; dead reckoning must still know it when the message comes. */
static enum status check_lateness(const struct scenario *s, struct error *err)
{
    const struct {
        const char *name;
        double latest_s;
    } rows[] = {
        {"lidar", s->lidar.latency_s + s->lidar.jitter_s},   {"camera", s->camera.latency_s + s->camera.jitter_s},
        {"ultrasonic", s->ultrasonic.latency_s + s->ultrasonic.jitter_s},
        {"imu", s->imu.latency_s + s->imu.jitter_s},         {"odometry", s->odometry.latency_s + s->odometry.jitter_s},
        {"bumper", s->bumper.latency_s + s->bumper.jitter_s},
    };
    double known_s = s->odometry.latency_s + (MOTION_TRACK - 1) / s->odometry.rate_hz;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].latest_s > LATE_MAX_S)
            return scenario_refuse(s, rows[i].name, err, "%s.latency_s and %s.jitter_s are %g s together; what is more "
                                   "than %g s old is of no use, lower them", rows[i].name, rows[i].name,
                                   rows[i].latest_s, LATE_MAX_S);
        if (i < 3 && s->odometry.enabled && rows[i].latest_s > known_s)
            return scenario_refuse(s, rows[i].name, err, "%s messages may be %g s old when they come, but at "
                                   "odometry.rate_hz %g the robot remembers only its last %.2f s; lower one of them",
                                   rows[i].name, rows[i].latest_s, s->odometry.rate_hz, known_s);
    }
    return STATUS_OK;
}

static bool is_inside(const struct scenario *s, struct vec2 p)
{
    return p.x >= s->x0_m && p.x <= s->x1_m && p.y >= s->y0_m && p.y <= s->y1_m;
}

static enum status check_bounds(const struct scenario *s, struct error *err)
{
    double width = s->x1_m - s->x0_m, height = s->y1_m - s->y0_m;
    if (!(width > 0 && height > 0 && width <= SIDE_MAX_M && height <= SIDE_MAX_M))
        return scenario_refuse(s, "bounds", err, "bounds [%g, %g, %g, %g] must be [x0, y0, x1, y1] with x0 < x1 and "
                               "y0 < y1, at most %g m apart", s->x0_m, s->y0_m, s->x1_m, s->y1_m, SIDE_MAX_M);
    return STATUS_OK;
}

static enum status check_numbers(const struct scenario *s, struct error *err)
{
    struct vec2 start = {s->start.x, s->start.y};
    if (!is_inside(s, start))
        return scenario_refuse(s, "start", err, "start (%g, %g) is outside the bounds", start.x, start.y);
    if (!is_inside(s, s->goal))
        return scenario_refuse(s, "goal", err, "goal (%g, %g) is outside the bounds", s->goal.x, s->goal.y);
    if (vec2_distance(start, s->goal) <= s->goal_tolerance_m)
        return scenario_refuse(s, "start", err, "start (%g, %g) is within goal_tolerance_m %g of the goal (%g, %g)"
                               "; move them apart", start.x, start.y, s->goal_tolerance_m, s->goal.x, s->goal.y);
    if (s->lidar.range_min_m >= s->lidar.range_max_m)
        return scenario_refuse(s, "lidar.range_min_m lidar.range_max_m", err, "lidar.range_min_m %g must be below "
                               "range_max_m %g", s->lidar.range_min_m, s->lidar.range_max_m);
    if (s->lidar.rings / 2 * s->lidar.ring_step_rad > RING_TOP_RAD)
        return scenario_refuse(s, "lidar.rings lidar.ring_step_rad", err,
                               "%d lidar.rings, ring_step_rad %g apart, would "
                               "reach beyond %g rad from the level",
                               s->lidar.rings, s->lidar.ring_step_rad, RING_TOP_RAD);
    if (s->ultrasonic.range_min_m >= s->ultrasonic.range_max_m)
        return scenario_refuse(s, "ultrasonic.range_min_m ultrasonic.range_max_m", err,
                               "ultrasonic.range_min_m %g must "
                               "be below range_max_m %g",
                               s->ultrasonic.range_min_m, s->ultrasonic.range_max_m);
    if (s->camera.depth_min_m >= s->camera.depth_max_m)
        return scenario_refuse(s, "camera.depth_min_m camera.depth_max_m", err, "camera.depth_min_m %g must be below "
                               "depth_max_m %g", s->camera.depth_min_m, s->camera.depth_max_m);
    if (s->robot.wheel_base_m > s->robot.width_m || 2 * s->robot.wheel_radius_m > s->robot.length_m)
        return scenario_refuse(s, "robot.wheel_base_m robot.wheel_radius_m robot", err,
                               "the robot's wheels (wheel_base_m "
                               "%g, wheel_radius_m %g) stick out of its footprint of %g x %g m",
                               s->robot.wheel_base_m, s->robot.wheel_radius_m, s->robot.length_m, s->robot.width_m);
    return STATUS_OK;
}

/* The robot's footprint at the start as three discs along its body, and the goal as one. */
static enum status check_places(const struct scenario *s, struct error *err)
{
    double radius = s->robot.width_m / 2, reach = fmax(0, s->robot.length_m / 2 - radius);
    const char *blocker = NULL;
    for (int i = -1; i <= 1 && !blocker; i++)
        blocker = scenario_route_blocker(s, pose2_apply(s->start, (struct vec2){i * reach, 0}), radius);
    if (blocker)
        return scenario_refuse(s, "start", err, "at start (%g, %g) the robot stands in '%s'; move one of them",
                               s->start.x, s->start.y, blocker);
    blocker = scenario_route_blocker(s, s->goal, radius);
    if (blocker)
        return scenario_refuse(s, "goal", err, "at goal (%g, %g) the robot would stand in '%s'; move one of them",
                               s->goal.x, s->goal.y, blocker);
    return STATUS_OK;
}

enum status scenario_expand(struct scenario *scenario, uint64_t seed, struct error *err)
{
    const struct scenario_import *import = scenario->import;
    enum status status = scenario->is_random ? scenario_redraw(scenario, seed, err) : STATUS_OK;
    if (!status)
        status = scenario_urdf(scenario, err);
    if (!status)
        status = scenario_labels(scenario, err);
    if (!status && import && import->expand)
        status = import->expand(scenario, err);
    if (!status)
        status = check_bounds(scenario, err);
    if (!status)
        status = check_lateness(scenario, err);
    if (!status)
        status = scenario_map_walls(scenario, err);
    if (!status)
        status = scenario_places(scenario, seed, err);
    if (!status)
        status = check_numbers(scenario, err);
    if (!status)
        status = check_rates(scenario, err);
    if (!status && scenario->maze.enabled)
        status = scenario_maze(scenario, seed, err);
    if (!status && scenario->rooms.enabled)
        status = scenario_rooms(scenario, seed, err);
    if (!status && scenario->clutter.enabled)
        status = scenario_clutter(scenario, seed, err);
    if (!status)
        status = check_places(scenario, err);
    if (!status)
        status = scenario_robots_check(scenario, err);
    if (!status && scenario->crowd.enabled)
        status = scenario_crowd(scenario, seed, err);
    return status;
}
