/* A door's leaf swings about its hinge, or slides back along itself, by the clock or when somebody is near. It waits
 * rather than squeeze a robot or a person. */
#include "logs/hash.h"
#include "sim/actor.h"

static const double KEEP_M = 0.05; /* from the leaf to whoever is in its way */

/* Where the leaf is when it is that far open: linear in time, so that a door half way through its time is half open. */
static struct pose2 leaf_pose(const struct actor *actor, double open)
{
    const struct door *door = &actor->door;
    double half = actor->size_m.x / 2, yaw = door->yaw_rad + door->swing_rad * open;
    double along = door->swing_rad != 0 ? half : half - actor->size_m.x * open;
    return (struct pose2){door->hinge.x + along * cos(yaw), door->hinge.y + along * sin(yaw), wrap_angle(yaw)};
}

static void place(const struct actor *actor, struct actor_state *state, double open)
{
    struct pose2 pose = leaf_pose(actor, open);
    state->open = open;
    state->at = (struct vec2){pose.x, pose.y};
    state->heading_rad = pose.yaw;
}

static void door_start(const struct actor *actor, struct seed_stream *pauses, struct actor_state *state)
{
    (void)pauses;
    *state = (struct actor_state){.wait_s = actor->door.near_m > 0 ? 0 : actor->door.closed_s};
    place(actor, state, 0);
}

/* The smallest distance between a robot's outline and the leaf, from the corners of both. */
static double robot_to_leaf_m(const struct actor_robot *robot, const struct actor *actor, struct pose2 leaf)
{
    static const struct vec2 corners[] = {{0.5, 0.5}, {0.5, -0.5}, {-0.5, 0.5}, {-0.5, -0.5}, {0, 0}};
    double least = HUGE_VAL;
    for (size_t i = 0; i < COUNT_OF(corners); i++) {
        struct vec2 on_robot = pose2_apply(robot->pose, (struct vec2){corners[i].x * robot->length_m,
                                                                      corners[i].y * robot->width_m});
        struct vec2 on_leaf = pose2_apply(leaf, (struct vec2){corners[i].x * actor->size_m.x,
                                                              corners[i].y * actor->size_m.y});
        least = fmin(least, gap_rectangle(leaf, actor->size_m.x, actor->size_m.y, 0, on_robot).distance_m);
        least = fmin(least, actor_robot_gap(robot, on_leaf).distance_m);
    }
    return least;
}

/* To the nearest of robots and people. */
static double room_m(const struct actor_scene *scene, size_t index, struct pose2 leaf)
{
    const struct actor *actor = &scene->scenario->actors[index];
    double least = HUGE_VAL;
    for (size_t i = 0; i < scene->robot_count; i++)
        least = fmin(least, robot_to_leaf_m(&scene->robots[i], actor, leaf));
    for (size_t i = 0; i < scene->scenario->actor_count; i++) {
        const struct actor *other = &scene->scenario->actors[i];
        if (actor_classes[other->kind]->is_track)
            least = fmin(least, gap_rectangle(leaf, actor->size_m.x, actor->size_m.y, actor_reach_m(other),
                                              scene->states[i].at).distance_m);
    }
    return least;
}

static bool somebody_near(const struct actor_scene *scene, size_t index)
{
    const struct actor *actor = &scene->scenario->actors[index];
    struct pose2 closed = leaf_pose(actor, 0);
    struct vec2 middle = {closed.x, closed.y};
    for (size_t i = 0; i < scene->robot_count; i++)
        if (actor_robot_gap(&scene->robots[i], middle).distance_m < actor->door.near_m)
            return true;
    for (size_t i = 0; i < scene->scenario->actor_count; i++) {
        const struct actor *other = &scene->scenario->actors[i];
        if (actor_classes[other->kind]->is_track &&
            actor_gap(other, &scene->states[i], middle).distance_m < actor->door.near_m)
            return true;
    }
    return false;
}

/* Which way it wants to go: +1 opens, -1 closes, 0 rests. */
static int door_wish(const struct actor_scene *scene, size_t index)
{
    const struct door *door = &scene->scenario->actors[index].door;
    struct actor_state *state = &scene->states[index];
    if (door->near_m > 0) {
        if (somebody_near(scene, index)) {
            state->wait_s = door->open_s;
            return 1;
        }
        state->wait_s = fmax(0, state->wait_s - scene->dt_s);
        return state->wait_s > 0 ? 0 : -1;
    }
    if (state->wait_s > scene->dt_s / 2) { /* by the clock: counted in whole steps */
        state->wait_s -= scene->dt_s;
        return 0;
    }
    if (state->direction == 0)
        state->direction = state->open > 0 ? -1 : 1;
    return state->direction;
}

static void door_move(const struct actor_scene *scene, size_t index)
{
    const struct actor *actor = &scene->scenario->actors[index];
    const struct door *door = &actor->door;
    struct actor_state *state = &scene->states[index];
    struct vec2 before = state->at;
    int wish = door_wish(scene, index);
    double open = clamp(state->open + wish * scene->dt_s / door->move_s, 0, 1);
    if (1 - open < 1e-9 || open < 1e-9)
        open = round(open);
    if (open != state->open) {
        double room = room_m(scene, index, leaf_pose(actor, open));
        if (room >= KEEP_M || room >= room_m(scene, index, leaf_pose(actor, state->open)))
            place(actor, state, open);
    }
    if (door->near_m <= 0 && state->direction && (state->direction > 0 ? state->open >= 1 : state->open <= 0)) {
        state->wait_s = state->direction > 0 ? door->open_s : door->closed_s;
        state->direction = 0;
    }
    state->velocity_mps = vec2_scale(vec2_sub(state->at, before), 1 / scene->dt_s);
}

static uint64_t door_hash(const struct actor_state *state, uint64_t hash)
{
    const double reals[] = {state->open, state->wait_s};
    const int32_t direction = state->direction;
    return hash_bytes(hash_bytes(hash, reals, sizeof reals), &direction, sizeof direction);
}

const struct actor_class actor_door = {"door", false, door_start, NULL, door_move, door_hash};
