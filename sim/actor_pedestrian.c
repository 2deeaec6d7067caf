/* A pedestrian walks between waypoints under social forces and keeps its body out of others: whatever the forces say,
 * it never goes farther towards a surface than that surface is away; before a robot it brakes and, if it comes on,
 * steps back. */
#include "logs/hash.h"
#include "sim/actor.h"
#include "sim/social_force.h"

static const double LOOK_M = 5;            /* beyond, nobody pushes noticeably */
static const double CONTACT_M = 0.5;       /* surfaces nearer than that are kept out of */
static const double PART_MPS = 1;          /* how fast two who overlap part, and how fast one steps back */
static const double ROBOT_GAP_M = 0.1, BRAKE_S = 0.2;
static const double ARRIVED_M = 0.4, GROUP_ARRIVED_M = 0.8, SLOW_M = 0.5;
static const double PATIENCE_S = 3, PATIENCE_STEP_S = 0.25, SLOW_SHARE = 0.2;
static const double HEADING_SPEED_MPS = 0.05;
enum { ROUNDS = 4, SURFACES_MAX = SCENARIO_ACTORS_MAX + 16 };

static void pedestrian_start(const struct actor *actor, struct seed_stream *pauses, struct actor_state *state)
{
    struct vec2 way = vec2_sub(actor->waypoints[1], actor->waypoints[0]);
    *state = (struct actor_state){.at = vec2_add(actor->waypoints[0], actor->offset),
                                  .heading_rad = atan2(way.y, way.x), .target = 1, .direction = 1,
                                  .wait_s = seed_between(pauses, 0, actor->pause_s)};
}

/* --- making up one's mind -------------------------------------------------------------------------------------- */

/* A group's members stand in a row in the scenario. */
static size_t group_members(const struct actor_scene *scene, size_t index, struct vec2 others[SCENARIO_ACTORS_MAX])
{
    const struct actor *actors = scene->scenario->actors;
    size_t count = 0, group = actors[index].group;
    for (size_t i = group; i < scene->scenario->actor_count && actors[i].group == group; i++)
        if (i != index)
            others[count++] = scene->states[i].at;
    return count;
}

static bool is_beyond(struct vec2 apart, double far_m) { return vec2_dot(apart, apart) > far_m * far_m; }

/* The way to the target, shorter than a unit where one is nearly there. */
static struct vec2 wish(const struct actor_scene *scene, size_t index)
{
    const struct actor_state *state = &scene->states[index];
    struct vec2 to = vec2_sub(scene->scenario->actors[index].waypoints[state->target], state->at);
    double distance = vec2_length(to);
    return distance > 0 ? vec2_scale(to, fmin(1, distance / SLOW_M) / distance) : to;
}

/* How the other moves as I see it, if I take my own way into account as much as own_share says. */
static struct vec2 seen_velocity(const struct actor_scene *scene, size_t index, struct vec2 velocity)
{
    return vec2_sub(velocity, vec2_scale(scene->states[index].velocity_mps, scene->scenario->pedestrians.own_share));
}

static struct vec2 push_of_actor(const struct actor_scene *scene, size_t index, size_t other)
{
    const struct pedestrian_config *config = &scene->scenario->pedestrians;
    const struct actor *actor = &scene->scenario->actors[other];
    const struct actor_state *state = &scene->states[other];
    struct vec2 r = vec2_sub(scene->states[index].at, state->at);
    struct vec2 velocity = seen_velocity(scene, index, state->velocity_mps);
    if (!(actor->size_m.z > 0))
        return force_person(config, r, velocity);
    struct gap gap = actor_gap(actor, state, scene->states[index].at);
    if (!actor_classes[actor->kind]->is_track)
        return force_wall(config, gap.away, gap.distance_m);
    double apart = fmax(gap.distance_m, 0) + scene->scenario->actors[index].radius_m;
    return force_person(config, vec2_scale(gap.away, apart), velocity);
}

/* A robot is to them a person whose middle lies behind its surface as deep as their own. */
static struct vec2 push_of_robot(const struct actor_scene *scene, size_t index, const struct actor_robot *robot)
{
    struct gap gap = actor_robot_gap(robot, scene->states[index].at);
    double apart = fmax(gap.distance_m, 0) + scene->scenario->actors[index].radius_m;
    struct vec2 velocity = seen_velocity(scene, index, robot->velocity_mps);
    struct vec2 push = force_person(&scene->scenario->pedestrians, vec2_scale(gap.away, apart), velocity);
    return gap.distance_m > LOOK_M ? (struct vec2){0, 0} : vec2_scale(push, scene->scenario->pedestrians.notice);
}

static void pedestrian_plan(const struct actor_scene *scene, size_t index)
{
    const struct pedestrian_config *config = &scene->scenario->pedestrians;
    const struct actor *actor = &scene->scenario->actors[index];
    struct actor_state *state = &scene->states[index];
    struct vec2 way = wish(scene, index), others[SCENARIO_ACTORS_MAX];
    double length = vec2_length(way), speed = state->wait_s > 0 ? 0 : actor->speed_mps;
    struct vec2 e = length > 0 ? vec2_scale(way, 1 / length) : (struct vec2){0, 0};
    struct vec2 push = force_goal(config, way, speed, state->velocity_mps);
    for (size_t i = 0; i < scene->scenario->actor_count; i++)
        if (i != index && !is_beyond(vec2_sub(state->at, scene->states[i].at), LOOK_M + scene->reach_m)) /* most are */
            push = vec2_add(push, force_seen(config, e, push_of_actor(scene, index, i)));
    for (size_t i = 0; i < scene->robot_count; i++)
        push = vec2_add(push, force_seen(config, e, push_of_robot(scene, index, &scene->robots[i])));
    struct gap walls[OBSTACLES_NEAR_MAX];
    size_t wall_count = obstacles_near(scene->obstacles, state->at, walls);
    for (size_t i = 0; i < wall_count; i++)
        push = vec2_add(push, force_seen(config, e, force_wall(config, walls[i].away, walls[i].distance_m)));
    size_t count = group_members(scene, index, others);
    if (count)
        push = vec2_add(push, force_group(config, state->at, e, state->velocity_mps, others, count));
    state->push_mps2 = push;
}

/* --- moving ---------------------------------------------------------------------------------------------------- */

struct surface {
    struct vec2 away;
    double least_mps; /* away from it, that keeps out of it */
};

struct surfaces {
    struct surface list[SURFACES_MAX]; /* walls last: they have the last word */
    size_t count;
};

static void surface_add(struct surfaces *surfaces, struct vec2 away, double skin_gap_m, double least_mps)
{
    if (skin_gap_m < CONTACT_M && surfaces->count < SURFACES_MAX)
        surfaces->list[surfaces->count++] = (struct surface){away, fmin(least_mps, PART_MPS)};
}

/* What stands, or moves by itself no farther than it is away: one may use up the whole gap. */
static void surface_add_still(struct surfaces *surfaces, struct gap gap, double radius_m, double dt_s)
{
    surface_add(surfaces, gap.away, gap.distance_m - radius_m, -(gap.distance_m - radius_m) / dt_s);
}

/* A robot cannot tell what they are about to do, so they brake before it, and step back if it comes on. */
static void surface_add_robot(struct surfaces *surfaces, const struct actor_scene *scene,
                              const struct actor_robot *robot, struct vec2 at, double radius_m)
{
    struct gap gap = actor_robot_gap(robot, at);
    double skin_gap = gap.distance_m - radius_m, spare = skin_gap - ROBOT_GAP_M * scene->scenario->pedestrians.notice;
    surface_add(surfaces, gap.away, skin_gap, vec2_dot(robot->velocity_mps, gap.away) - spare / BRAKE_S);
}

static void surfaces_find(const struct actor_scene *scene, size_t index, struct surfaces *surfaces)
{
    const struct scenario *scenario = scene->scenario;
    struct vec2 at = scene->states[index].at;
    double radius_m = scenario->actors[index].radius_m;
    surfaces->count = 0;
    for (size_t i = 0; i < scenario->actor_count; i++) {
        struct vec2 apart = vec2_sub(at, scene->states[i].at);
        if (i != index && !is_beyond(apart, radius_m + CONTACT_M + scene->reach_m))
            surface_add_still(surfaces, actor_gap(&scenario->actors[i], &scene->states[i], at), radius_m, scene->dt_s);
    }
    for (size_t i = 0; i < scene->robot_count && scenario->pedestrians.notice > 0; i++)
        surface_add_robot(surfaces, scene, &scene->robots[i], at, radius_m);
    struct gap walls[OBSTACLES_NEAR_MAX];
    size_t wall_count = obstacles_near(scene->obstacles, at, walls);
    for (size_t i = 0; i < wall_count; i++)
        surface_add_still(surfaces, walls[i], radius_m, scene->dt_s);
}

static struct vec2 keep_out(const struct surfaces *surfaces, struct vec2 velocity)
{
    bool free = false;
    for (int round = 0; round < ROUNDS && !free; round++) {
        free = true;
        for (size_t i = 0; i < surfaces->count; i++) {
            double lack = surfaces->list[i].least_mps - vec2_dot(velocity, surfaces->list[i].away);
            if (lack > 1e-9) {
                velocity = vec2_add(velocity, vec2_scale(surfaces->list[i].away, lack));
                free = false;
            }
        }
    }
    /* Squeezed between several: better to stand than to be pressed into one of them. */
    for (size_t i = 0; i < surfaces->count && !free; i++)
        if (surfaces->list[i].least_mps <= 0 &&
            vec2_dot(velocity, surfaces->list[i].away) < surfaces->list[i].least_mps - 1e-9)
            return (struct vec2){0, 0};
    return velocity;
}

static struct vec2 capped(struct vec2 v, double most)
{
    double length = vec2_length(v);
    return length > most ? vec2_scale(v, most / length) : v;
}

/* The first of a group decides for all of it. */
static void choose_way(const struct actor_scene *scene, size_t index)
{
    const struct actor *actor = &scene->scenario->actors[index];
    struct actor_state *state = &scene->states[index];
    if (actor->group != index) {
        const struct actor_state *first = &scene->states[actor->group];
        state->target = first->target;
        state->direction = first->direction;
        state->wait_s = first->wait_s;
        return;
    }
    struct vec2 others[SCENARIO_ACTORS_MAX], middle = state->at;
    size_t count = group_members(scene, index, others);
    for (size_t i = 0; i < count; i++)
        middle = vec2_add(middle, others[i]);
    middle = vec2_scale(middle, 1.0 / (double)(count + 1));
    bool waits = state->wait_s > 0;
    state->wait_s = fmax(0, state->wait_s - scene->dt_s);
    state->blocked_s = waits || vec2_length(state->velocity_mps) > SLOW_SHARE * actor->speed_mps
                           ? 0 : state->blocked_s + scene->dt_s;
    if (vec2_distance(middle, actor->waypoints[state->target]) < (count ? GROUP_ARRIVED_M : ARRIVED_M))
        actor_next_waypoint(actor, state);
    else if (state->blocked_s > PATIENCE_S + PATIENCE_STEP_S * (double)(index % 16))
        actor_turn_back(state);
}

static void pedestrian_move(const struct actor_scene *scene, size_t index)
{
    const struct actor *actor = &scene->scenario->actors[index];
    struct actor_state *state = &scene->states[index];
    struct surfaces surfaces;
    struct vec2 velocity = vec2_add(state->velocity_mps, vec2_scale(state->push_mps2, scene->dt_s));
    velocity = capped(velocity, scene->scenario->pedestrians.haste * actor->speed_mps);
    surfaces_find(scene, index, &surfaces);
    velocity = keep_out(&surfaces, velocity);
    state->velocity_mps = velocity;
    state->at = vec2_add(state->at, vec2_scale(velocity, scene->dt_s));
    if (vec2_length(velocity) > HEADING_SPEED_MPS)
        state->heading_rad = atan2(velocity.y, velocity.x);
    choose_way(scene, index);
}

static uint64_t pedestrian_hash(const struct actor_state *state, uint64_t hash)
{
    hash = hash_bytes(hash, &state->velocity_mps, sizeof state->velocity_mps); /* it has inertia */
    return actor_hash_person(state, hash);
}

const struct actor_class actor_pedestrian = {"person", true, pedestrian_start, pedestrian_plan, pedestrian_move,
                                             pedestrian_hash};
