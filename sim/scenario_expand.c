#include <stdio.h>
#include <string.h>

#include "logs/seed.h"
#include "perception/motion.h"
#include "sim/material.h"
#include "sim/scenario_internal.h"

static const double SIDE_MAX_M = 100;
static const double PERSON_RADIUS_M = 0.25, PERSON_HEIGHT_M = 1.7;
static const double STRIDE_M = 2.0;        /* people walk at least this far in one go */
static const double START_CLEAR_M = 1.5;   /* nobody begins nearer to the robot */
static const double ENDS_APART_M = 1.2;    /* so that no two who have just turned round bar each other's way for ever */
static const double MEMBER_APART_M = 0.6;  /* of a group, when they start */
enum { CROWD_TRIES = 2000, MEMBER_TRIES = 50, GROUP_MAX = 3 };

/* --- checks ---------------------------------------------------------------------------------------------------- */

static enum status refuse_rate(const struct scenario *s, const char *name, double rate_hz, struct error *err)
{
    int lower = (int)fmin(rate_hz, s->world.physics_hz);
    while (s->world.physics_hz % lower)
        lower--;
    return error_set(err, STATUS_BAD_INPUT, "%s: %s %g does not divide world.physics_hz %d; the next lower rate that "
                     "does is %d", s->files[0].name, name, rate_hz, s->world.physics_hz, lower);
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
    };
    if (1000000000 % s->world.physics_hz)
        return error_set(err, STATUS_BAD_INPUT, "%s: world.physics_hz %d does not give a step of whole nanoseconds; "
                         "use 200, 250 or 500", s->files[0].name, s->world.physics_hz);
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
        {"imu", s->imu.latency_s + s->imu.jitter_s},         {"odometry", s->odometry.latency_s + s->odometry.jitter_s},
        {"bumper", s->bumper.latency_s + s->bumper.jitter_s},
    };
    double known_s = s->odometry.latency_s + (MOTION_TRACK - 1) / s->odometry.rate_hz;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].latest_s > LATE_MAX_S)
            return error_set(err, STATUS_BAD_INPUT, "%s: %s.latency_s and %s.jitter_s are %g s together; what is more "
                             "than %g s old is of no use, lower them", s->files[0].name, rows[i].name, rows[i].name,
                             rows[i].latest_s, LATE_MAX_S);
        if (i < 2 && s->odometry.enabled && rows[i].latest_s > known_s)
            return error_set(err, STATUS_BAD_INPUT, "%s: %s messages may be %g s old when they come, but at "
                             "odometry.rate_hz %g the robot remembers only its last %.2f s; lower one of them",
                             s->files[0].name, rows[i].name, rows[i].latest_s, s->odometry.rate_hz, known_s);
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
        return error_set(err, STATUS_BAD_INPUT, "%s: bounds [%g, %g, %g, %g] must be [x0, y0, x1, y1] with x0 < x1 and "
                         "y0 < y1, at most %g m apart", s->files[0].name, s->x0_m, s->y0_m, s->x1_m, s->y1_m,
                         SIDE_MAX_M);
    return STATUS_OK;
}

static enum status check_numbers(const struct scenario *s, struct error *err)
{
    const char *file = s->files[0].name;
    struct vec2 start = {s->start.x, s->start.y};
    if (!is_inside(s, start))
        return error_set(err, STATUS_BAD_INPUT, "%s: start (%g, %g) is outside the bounds", file, start.x, start.y);
    if (!is_inside(s, s->goal))
        return error_set(err, STATUS_BAD_INPUT, "%s: goal (%g, %g) is outside the bounds", file, s->goal.x, s->goal.y);
    if (vec2_distance(start, s->goal) <= s->goal_tolerance_m)
        return error_set(err, STATUS_BAD_INPUT, "%s: start (%g, %g) is within goal_tolerance_m %g of the goal (%g, %g)"
                         "; move them apart", file, start.x, start.y, s->goal_tolerance_m, s->goal.x, s->goal.y);
    if (s->lidar.range_min_m >= s->lidar.range_max_m)
        return error_set(err, STATUS_BAD_INPUT, "%s: lidar.range_min_m %g must be below range_max_m %g", file,
                         s->lidar.range_min_m, s->lidar.range_max_m);
    if (s->camera.depth_min_m >= s->camera.depth_max_m)
        return error_set(err, STATUS_BAD_INPUT, "%s: camera.depth_min_m %g must be below depth_max_m %g", file,
                         s->camera.depth_min_m, s->camera.depth_max_m);
    if (s->robot.wheel_base_m > s->robot.width_m || 2 * s->robot.wheel_radius_m > s->robot.length_m)
        return error_set(err, STATUS_BAD_INPUT, "%s: the robot's wheels (wheel_base_m %g, wheel_radius_m %g) stick out "
                         "of its footprint of %g x %g m", file, s->robot.wheel_base_m, s->robot.wheel_radius_m,
                         s->robot.length_m, s->robot.width_m);
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
        return error_set(err, STATUS_BAD_INPUT, "%s: at start (%g, %g) the robot stands in '%s'; move one of them",
                         s->files[0].name, s->start.x, s->start.y, blocker);
    blocker = scenario_route_blocker(s, s->goal, radius);
    if (blocker)
        return error_set(err, STATUS_BAD_INPUT, "%s: at goal (%g, %g) the robot would stand in '%s'; move one of them",
                         s->files[0].name, s->goal.x, s->goal.y, blocker);
    return STATUS_OK;
}

/* --- crowd ----------------------------------------------------------------------------------------------------- */

static bool is_apart(const struct scenario *s, struct vec2 p)
{
    for (size_t i = 0; i < s->actor_count; i++) {
        const struct actor *actor = &s->actors[i];
        for (int j = 0; j < actor->waypoint_count; j++)
            if (vec2_distance(actor->waypoints[j], p) < ENDS_APART_M)
                return false;
        if (actor->waypoint_count && vec2_distance(vec2_add(actor->waypoints[0], actor->offset), p) < MEMBER_APART_M)
            return false;
    }
    return true;
}

/* A point where a person fits, reached in a straight line from `from` (NULL: anywhere clear of the robot). */
static bool draw_point(const struct scenario *s, const struct route *route, struct seed_stream *stream,
                       const struct vec2 *from, struct vec2 *point)
{
    struct vec2 start = {s->start.x, s->start.y};
    for (int i = 0; i < CROWD_TRIES; i++) {
        *point = (struct vec2){seed_between(stream, s->x0_m, s->x1_m), seed_between(stream, s->y0_m, s->y1_m)};
        bool fits = from ? vec2_distance(*from, *point) >= STRIDE_M &&
                               scenario_route_straight(route, *from, *point, PERSON_RADIUS_M)
                         : vec2_distance(*point, start) >= START_CLEAR_M &&
                               scenario_route_clearance_m(route, *point) >= PERSON_RADIUS_M;
        if (fits && is_apart(s, *point))
            return true;
    }
    return false;
}

static bool draw_person(const struct scenario *s, const struct route *route, struct seed_stream *stream,
                        struct actor *person)
{
    bool pushed = s->crowd.model == CROWD_SOCIAL_FORCE;
    *person = (struct actor){.kind = pushed ? ACTOR_PEDESTRIAN : ACTOR_WALKER, .group = s->actor_count,
                             .material = material_find("person"), .waypoint_count = 2, .radius_m = PERSON_RADIUS_M, .height_m = PERSON_HEIGHT_M, .yields = true};
    person->speed_mps = clamp(s->crowd.speed_mps + s->crowd.speed_jitter_mps * seed_gaussian(stream), 0.1, 2);
    person->pause_s = seed_between(stream, 0, 2);
    snprintf(person->name, sizeof person->name, "person %zu", s->actor_count + 1);
    return draw_point(s, route, stream, NULL, &person->waypoints[0]) &&
           draw_point(s, route, stream, &person->waypoints[0], &person->waypoints[1]);
}

static bool is_free_start(const struct scenario *s, const struct route *route, struct vec2 p)
{
    for (size_t i = 0; i < s->actor_count; i++)
        if (s->actors[i].waypoint_count &&
            vec2_distance(vec2_add(s->actors[i].waypoints[0], s->actors[i].offset), p) < MEMBER_APART_M)
            return false;
    return scenario_route_clearance_m(route, p) >= PERSON_RADIUS_M;
}

/* Somebody who walks where the first of the group walks, and starts beside it; false if there is no room. */
static bool join_group(const struct scenario *s, const struct route *route, struct seed_stream *stream, size_t first,
                       struct actor *person)
{
    const struct actor *leader = &s->actors[first];
    for (int i = 0; i < MEMBER_TRIES; i++) {
        double angle = seed_between(stream, -PI, PI), apart = seed_between(stream, MEMBER_APART_M, 2 * MEMBER_APART_M);
        struct vec2 offset = {apart * cos(angle), apart * sin(angle)};
        if (!is_free_start(s, route, vec2_add(leader->waypoints[0], offset)))
            continue;
        memcpy(person->waypoints, leader->waypoints, sizeof person->waypoints);
        person->group = leader->group;
        person->speed_mps = leader->speed_mps;
        person->offset = offset;
        return true;
    }
    return false;
}

/* The drawn person joins the group of the one before it, if the lot falls so and there are not three yet. */
static void draw_group(const struct scenario *s, size_t crowd_first, const struct route *route,
                       struct seed_stream *stream, struct actor *person)
{
    bool joins = seed_uniform(stream) < s->crowd.group_share;
    size_t count = s->actor_count;
    if (!joins || count == crowd_first)
        return;
    size_t first = s->actors[count - 1].group;
    if (count - first < GROUP_MAX)
        (void)join_group(s, route, stream, first, person);
}

static enum status add_crowd(struct scenario *s, uint64_t seed, struct error *err)
{
    size_t wanted = s->actor_count + (size_t)s->crowd.count, first = s->actor_count;
    if (wanted > SCENARIO_ACTORS_MAX)
        return error_set(err, STATUS_BAD_INPUT, "%s: %zu actors and a crowd of %d are more than %d people",
                         s->files[0].name, s->actor_count, s->crowd.count, SCENARIO_ACTORS_MAX);
    struct route *route = scenario_route_create(s, 2 * PERSON_RADIUS_M);
    struct seed_stream stream = seed_stream_named(seed, "crowd");
    struct seed_stream groups = seed_stream_named(seed, "crowd.groups");
    struct actor person;
    while (s->actor_count < wanted && draw_person(s, route, &stream, &person)) {
        if (s->crowd.model == CROWD_SOCIAL_FORCE)
            draw_group(s, first, route, &groups, &person);
        s->actors[s->actor_count++] = person;
    }
    scenario_route_destroy(&route);
    if (s->actor_count == wanted)
        return STATUS_OK;
    return error_set(err, STATUS_BAD_INPUT, "%s: there is room for %zu of the crowd's %d people; lower crowd.count or "
                     "enlarge the bounds", s->files[0].name, s->actor_count - first, s->crowd.count);
}

enum status scenario_expand(struct scenario *scenario, uint64_t seed, struct error *err)
{
    const struct scenario_import *import = scenario->import;
    enum status status = import && import->expand ? import->expand(scenario, err) : STATUS_OK;
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
    if (!status && scenario->clutter.enabled)
        status = scenario_clutter(scenario, seed, err);
    if (!status)
        status = check_places(scenario, err);
    if (!status)
        status = scenario_robots_check(scenario, err);
    if (!status && scenario->crowd.enabled)
        status = add_crowd(scenario, seed, err);
    return status;
}
