/* A floor of rooms from the seed: a rectangle is cut in two by a wall with a door in it, and each half again, until
 * they are rooms (binary space partition); so every room can be reached. Then furniture, as much as leaves a way. */
#include <stdio.h>
#include <stdlib.h>

#include "logs/seed.h"
#include "sim/material.h"
#include "sim/scenario_internal.h"

enum { ROOMS_MAX = 256, CUT_TRIES = 24, PIECE_TRIES = 24 };
static const double BEFORE_DOOR_M = 0.9;  /* free of furniture and of other walls' ends */
static const double ROUND_TASK_M = 0.9;   /* start and goal */
static const double APART_M = 0.15;       /* pieces, and pieces and walls */
static const double SPARE_M = 0.1;        /* a way is this much wider than the robot is long from corner to corner */

struct rectangle {
    double x0, y0, x1, y1;
};

struct building {
    struct scenario *scenario;
    struct seed_stream cuts, doors, pieces;
    struct rectangle rooms[ROOMS_MAX];
    size_t room_count;
    struct vec2 door_places[2 * ROOMS_MAX];
    size_t door_count;
    size_t wall_count, piece_count;
};

static enum status box_add(struct scenario *s, const char *name, struct rectangle r, double height,
                           const char *material, struct error *err)
{
    struct solid *solid = scenario_add_solid(s, name);
    if (!solid)
        return scenario_refuse(s, "rooms", err, "the rooms need more than %d solids; make them larger",
                               SCENARIO_SOLIDS_MAX);
    solid->shape = (struct shape){.kind = SHAPE_BOX, .half_m = {(r.x1 - r.x0) / 2, (r.y1 - r.y0) / 2, height / 2}};
    solid->pose.position = (struct vec3){(r.x0 + r.x1) / 2, (r.y0 + r.y1) / 2, height / 2};
    solid->material = material_find(material);
    return STATUS_OK;
}

static enum status wall_add(struct building *b, struct rectangle r, struct error *err)
{
    char name[32];
    if (r.x1 - r.x0 < 1e-3 || r.y1 - r.y0 < 1e-3) /* nothing is left of it beside the door */
        return STATUS_OK;
    snprintf(name, sizeof name, "room wall %zu", ++b->wall_count);
    return box_add(b->scenario, name, r, b->scenario->rooms.height_m, "plaster", err);
}

/* --- cutting ---------------------------------------------------------------------------------------------------- */

static bool is_near_task(const struct scenario *s, struct rectangle r, double reach_m)
{
    const struct vec2 places[] = {{s->start.x, s->start.y}, s->goal};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        double dx = fmax(fmax(r.x0 - places[i].x, places[i].x - r.x1), 0),
               dy = fmax(fmax(r.y0 - places[i].y, places[i].y - r.y1), 0);
        if (hypot(dx, dy) < reach_m)
            return true;
    }
    return false;
}

static bool is_near_door(const struct building *b, struct rectangle r, double reach_m)
{
    for (size_t i = 0; i < b->door_count; i++) {
        struct vec2 p = b->door_places[i];
        if (hypot(fmax(fmax(r.x0 - p.x, p.x - r.x1), 0), fmax(fmax(r.y0 - p.y, p.y - r.y1), 0)) < reach_m)
            return true;
    }
    return false;
}

/* The wall of a cut at `at` across the room; upright: along y. */
static struct rectangle cut_wall(const struct building *b, struct rectangle room, bool upright, double at)
{
    double half = b->scenario->rooms.wall_m / 2;
    return upright ? (struct rectangle){at - half, room.y0, at + half, room.y1}
                   : (struct rectangle){room.x0, at - half, room.x1, at + half};
}

/* A wall in two pieces with a door between them. */
static enum status cut_build(struct building *b, struct rectangle wall, bool upright, struct error *err)
{
    const struct rooms_config *config = &b->scenario->rooms;
    double low = upright ? wall.y0 : wall.x0, high = upright ? wall.y1 : wall.x1, half = config->door_m / 2;
    double door = seed_between(&b->doors, low + half + config->wall_m, high - half - config->wall_m);
    b->door_places[b->door_count++] =
        upright ? (struct vec2){(wall.x0 + wall.x1) / 2, door} : (struct vec2){door, (wall.y0 + wall.y1) / 2};
    struct rectangle before = wall, behind = wall;
    *(upright ? &before.y1 : &before.x1) = door - half;
    *(upright ? &behind.y0 : &behind.x0) = door + half;
    enum status status = wall_add(b, before, err);
    return status ? status : wall_add(b, behind, err);
}

static enum status room_cut(struct building *b, struct rectangle room, struct error *err)
{
    const struct rooms_config *config = &b->scenario->rooms;
    double width = room.x1 - room.x0, height = room.y1 - room.y0, least = config->room_m;
    bool upright = width > height || (width == height && seed_uniform(&b->cuts) < 0.5); /* across the longer side */
    double low = (upright ? room.x0 : room.y0) + least, high = (upright ? room.x1 : room.y1) - least;
    bool fits = high - low > config->wall_m && fmin(width, height) >= config->door_m + 3 * config->wall_m;
    for (int i = 0; fits && i < CUT_TRIES && b->room_count + b->door_count < ROOMS_MAX - 2; i++) {
        double at = seed_between(&b->cuts, low, high);
        struct rectangle wall = cut_wall(b, room, upright, at);
        if (is_near_task(b->scenario, wall, ROUND_TASK_M) || is_near_door(b, wall, config->door_m / 2 + config->wall_m))
            continue;
        struct rectangle one = room, other = room;
        *(upright ? &one.x1 : &one.y1) = upright ? wall.x0 : wall.y0;
        *(upright ? &other.x0 : &other.y0) = upright ? wall.x1 : wall.y1;
        enum status status = cut_build(b, wall, upright, err);
        if (!status)
            status = room_cut(b, one, err);
        return status ? status : room_cut(b, other, err);
    }
    ASSERT(b->room_count < ROOMS_MAX);
    b->rooms[b->room_count++] = room;
    return STATUS_OK;
}

/* --- furniture -------------------------------------------------------------------------------------------------- */

static const struct piece {
    const char *name, *material;
    double length_m, width_m, height_m;
    bool at_wall;
} pieces[] = {
    {"desk", "wood", 1.4, 0.7, 0.74, false},      {"chair", "fabric", 0.5, 0.5, 0.9, false},
    {"shelf", "wood", 1.2, 0.35, 1.8, true},      {"cupboard", "metal", 0.9, 0.45, 1.4, true},
    {"sofa", "fabric", 1.7, 0.8, 0.75, true},     {"box", "cardboard", 0.5, 0.4, 0.4, false},
    {"plant", "plant", 0.4, 0.4, 1.1, false},     {"low table", "wood", 0.9, 0.6, 0.4, false},
};

static bool is_clear(const struct building *b, size_t first, struct rectangle r)
{
    const struct scenario *s = b->scenario;
    for (size_t i = first; i < s->solid_count; i++) {
        struct vec3 low, high;
        shape_bounds_at(&s->solids[i].shape, s->solids[i].pose, &low, &high);
        if (r.x0 < high.x + APART_M && r.x1 > low.x - APART_M && r.y0 < high.y + APART_M && r.y1 > low.y - APART_M)
            return false;
    }
    return !is_near_task(s, r, ROUND_TASK_M) && !is_near_door(b, r, BEFORE_DOOR_M);
}

/* A place in the room for a piece that lies along x or y; at a wall if it belongs there. */
static bool place_find(struct building *b, size_t first, struct rectangle room, const struct piece *piece,
                       struct rectangle *place)
{
    for (int i = 0; i < PIECE_TRIES; i++) {
        bool turned = seed_uniform(&b->pieces) < 0.5, far = seed_uniform(&b->pieces) < 0.5;
        double length = turned ? piece->width_m : piece->length_m, width = turned ? piece->length_m : piece->width_m;
        double u = seed_uniform(&b->pieces), v = seed_uniform(&b->pieces);
        if (piece->at_wall && turned)
            u = far; /* its back to the left or right wall */
        else if (piece->at_wall)
            v = far;
        double gap = piece->at_wall ? APART_M + 0.01 : 2 * APART_M;
        double free_x = room.x1 - room.x0 - length - 2 * gap, free_y = room.y1 - room.y0 - width - 2 * gap;
        if (free_x < 0 || free_y < 0)
            continue;
        double x = room.x0 + gap + u * free_x, y = room.y0 + gap + v * free_y;
        *place = (struct rectangle){x, y, x + length, y + width};
        if (is_clear(b, first, *place))
            return true;
    }
    return false;
}

static enum status room_furnish(struct building *b, size_t first, struct rectangle room, struct error *err)
{
    double area = (room.x1 - room.x0) * (room.y1 - room.y0);
    int wanted = (int)(area * b->scenario->rooms.furniture * 0.5 + seed_uniform(&b->pieces));
    enum status status = STATUS_OK;
    for (int i = 0; i < wanted && !status; i++) {
        const struct piece *piece = &pieces[seed_below(&b->pieces, COUNT_OF(pieces))];
        struct rectangle place;
        char name[32];
        if (!place_find(b, first, room, piece, &place))
            continue;
        snprintf(name, sizeof name, "%s %zu", piece->name, ++b->piece_count);
        status = box_add(b->scenario, name, place, piece->height_m, piece->material, err);
    }
    return status;
}

/* Wide enough to turn round in anywhere. */
static double way_width_m(const struct scenario *s) { return hypot(s->robot.length_m, s->robot.width_m) + SPARE_M; }

static bool has_way(const struct scenario *s)
{
    double radius = way_width_m(s) / 2;
    struct route *route = scenario_route_create(s, 2 * radius);
    bool found = scenario_route_length_m(route, (struct vec2){s->start.x, s->start.y}, s->goal, radius) >= 0;
    scenario_route_destroy(&route);
    return found;
}

/* Takes a room's last pieces away until there is a way again; fewer never bar one, so halving finds how many may
 * stay. */
static void clear_way(struct scenario *s, size_t bare, size_t full)
{
    if (full == bare || has_way(s))
        return;
    while (full - bare > 1) { /* there is a way with `bare` solids and none with `full` */
        s->solid_count = bare + (full - bare) / 2;
        *(has_way(s) ? &bare : &full) = s->solid_count;
    }
    s->solid_count = bare;
}

/* --- all of it -------------------------------------------------------------------------------------------------- */

static enum status rooms_check(const struct scenario *s, struct error *err)
{
    const struct rooms_config *config = &s->rooms;
    double width = config->x1_m - config->x0_m, height = config->y1_m - config->y0_m;
    if (!(fmin(width, height) >= config->room_m + 2 * config->wall_m))
        return scenario_refuse(s, "rooms", err,
                               "the rooms from (%g, %g) to (%g, %g) must be at least one room_m %g and two walls "
                               "wide",
                               config->x0_m, config->y0_m, config->x1_m, config->y1_m, config->room_m);
    if (config->door_m < way_width_m(s))
        return scenario_refuse(s, "rooms.door_m rooms", err,
                               "rooms.door_m %g is too narrow for a robot of %g x %g m; at least "
                               "%.2f",
                               config->door_m, s->robot.length_m, s->robot.width_m, way_width_m(s));
    if (config->door_m + 3 * config->wall_m > config->room_m)
        return scenario_refuse(s, "rooms.door_m rooms", err, "rooms.door_m %g is too wide for walls of rooms.room_m %g",
                               config->door_m, config->room_m);
    return STATUS_OK;
}

static enum status outside_build(struct building *b, struct rectangle *inside, struct error *err)
{
    const struct rooms_config *c = &b->scenario->rooms;
    *inside = (struct rectangle){c->x0_m + c->wall_m, c->y0_m + c->wall_m, c->x1_m - c->wall_m, c->y1_m - c->wall_m};
    const struct rectangle walls[] = {
        {c->x0_m, c->y0_m, c->x1_m, inside->y0}, {c->x0_m, inside->y1, c->x1_m, c->y1_m},
        {c->x0_m, inside->y0, inside->x0, inside->y1}, {inside->x1, inside->y0, c->x1_m, inside->y1},
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < COUNT_OF(walls) && !status; i++)
        status = wall_add(b, walls[i], err);
    return status;
}

enum status scenario_rooms(struct scenario *s, uint64_t seed, struct error *err)
{
    struct rooms_config *config = &s->rooms;
    if (config->difficulty >= 0) {
        config->door_m = 1.5 - 0.6 * config->difficulty;
        config->furniture = config->difficulty;
    }
    enum status status = rooms_check(s, err);
    if (status)
        return status;
    struct building *b = NEW(struct building);
    *b = (struct building){.scenario = s,
                           .cuts = seed_stream_named(seed, "rooms.walls"),
                           .doors = seed_stream_named(seed, "rooms.doors"),
                           .pieces = seed_stream_named(seed, "rooms.furniture")};
    struct rectangle inside;
    size_t first = s->solid_count;
    status = outside_build(b, &inside, err);
    if (!status)
        status = room_cut(b, inside, err);
    bool way = status || has_way(s);
    for (size_t i = 0; i < b->room_count && !status && way; i++) {
        size_t bare = s->solid_count;
        status = room_furnish(b, first, b->rooms[i], err);
        clear_way(s, bare, s->solid_count);
    }
    free(b);
    if (status || way)
        return status;
    return scenario_refuse(s, "rooms", err,
                           "even without furniture there is no way %.2f m wide from start to goal; something else "
                           "than the rooms bars it",
                           way_width_m(s));
}
