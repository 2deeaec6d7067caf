#include <stdio.h>
#include <string.h>

#include "logs/seed.h"
#include "sim/material.h"
#include "sim/scenario_internal.h"

static const double PERSON_RADIUS_M = 0.25, PERSON_HEIGHT_M = 1.7;
static const double STRIDE_M = 2.0;        /* people walk at least this far in one go */
static const double START_CLEAR_M = 1.5;   /* nobody begins nearer to the robot */
static const double ENDS_APART_M = 1.2;    /* so that no two who have just turned round bar each other's way for ever */
static const double MEMBER_APART_M = 0.6;  /* of a group, when they start */
enum { CROWD_TRIES = 2000, MEMBER_TRIES = 50, GROUP_MAX = 3 };

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
                             .material = material_find("person"), .waypoint_count = 2, .radius_m = PERSON_RADIUS_M,
                             .height_m = PERSON_HEIGHT_M, .yields = true};
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

enum status scenario_crowd(struct scenario *s, uint64_t seed, struct error *err)
{
    if (s->crowd.difficulty >= 0) {
        s->crowd.count = 2 + (int)(14 * s->crowd.difficulty + 0.5);
        s->crowd.speed_mps = 0.4 + 0.6 * s->crowd.difficulty;
    }
    size_t wanted = s->actor_count + (size_t)s->crowd.count, first = s->actor_count;
    if (wanted > SCENARIO_ACTORS_MAX)
        return scenario_refuse(s, "crowd.count crowd", err, "%zu actors and a crowd of %d are more than %d people",
                               s->actor_count, s->crowd.count, SCENARIO_ACTORS_MAX);
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
    return scenario_refuse(s, "crowd.count crowd", err, "there is room for %zu of the crowd's %d people; lower "
                           "crowd.count or enlarge the bounds", s->actor_count - first, s->crowd.count);
}
