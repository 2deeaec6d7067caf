#include "sim/world.h"

#include <stdlib.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "logs/seed.h"
#include "sim/material.h"

static const double RAY_CELL_M = 2;

/* --- building -------------------------------------------------------------------------------------------------- */

static enum status add_body(struct world *world, struct world_thing *thing, int32_t tag, const struct shape *shape,
                            struct pose3 pose, double mass_kg, struct error *err)
{
    const struct material *material = &material_table[thing->material];
    struct physics_part part = {*shape, {{0, 0, 0}, {0, 0, 0, 1}}};
    struct physics_body_def def = physics_body_def_default();
    bool walks = tag >= (int32_t)world->actor_first;
    def.motion = walks ? PHYSICS_KINEMATIC : mass_kg > 0 ? PHYSICS_DYNAMIC : PHYSICS_STATIC;
    def.pose = pose;
    def.parts = &part;
    def.part_count = 1;
    def.mass_kg = mass_kg;
    def.friction = material->friction;
    def.restitution = material->restitution;
    def.tag = tag;
    thing->body = physics_body_create(world->physics, &def, err);
    if (!thing->body.generation)
        return error_context(err, "%s: %s", world->scenario->files[0].name, thing->name);
    thing->moves = def.motion != PHYSICS_STATIC;
    unsigned senses = material->senses & (thing->ground ? ~(unsigned)SENSE_TOUCH : ~0u); /* ground is in nobody's way */
    thing->solid = raycast_add(world->raycast, &(struct raycast_solid){.shape = *shape, .pose = pose, .senses = senses,
                                                                       .material = thing->material, .tag = tag});
    return STATUS_OK;
}

static enum status add_ground(struct world *world, struct error *err)
{
    struct physics_part plane = {{.kind = SHAPE_PLANE}, {{0, 0, 0}, {0, 0, 0, 1}}};
    struct physics_body_def def = physics_body_def_default();
    def.pose.orientation.w = 1;
    def.parts = &plane;
    def.part_count = 1;
    def.friction = world->scenario->world.floor_friction;
    def.tag = TAG_GROUND;
    int material = material_find("floor");
    raycast_add(world->raycast, &(struct raycast_solid){.shape = plane.shape, .pose = plane.pose,
                                                        .senses = material_table[material].senses,
                                                        .material = material, .tag = TAG_GROUND});
    struct physics_body ground = physics_body_create(world->physics, &def, err);
    if (!ground.generation)
        return STATUS_BAD_INPUT;
    for (size_t i = 0; i < world->scenario->zone_count; i++) {
        const struct zone *zone = &world->scenario->zones[i];
        if (zone->friction >= 0)
            physics_patch_add(world->physics, ground, zone->x0_m, zone->y0_m, zone->x1_m, zone->y1_m, zone->friction);
    }
    return STATUS_OK;
}

static enum status add_things(struct world *world, uint64_t seed, struct error *err)
{
    const struct scenario *scenario = world->scenario;
    struct seed_stream stream = seed_stream_named(seed, "actors.first_pause");
    enum status status = STATUS_OK;
    for (size_t i = 0; i < scenario->solid_count && !status; i++) {
        const struct solid *solid = &scenario->solids[i];
        struct world_thing *thing = &world->things[i];
        *thing = (struct world_thing){.name = solid->name, .material = solid->material, .ground = solid->ground};
        status = add_body(world, thing, (int32_t)i, &solid->shape, solid->pose, solid->mass_kg, err);
    }
    for (size_t i = 0; i < scenario->actor_count && !status; i++) {
        const struct actor *actor = &scenario->actors[i];
        struct world_thing *thing = &world->things[world->actor_first + i];
        struct shape body = actor_shape(actor);
        world->reach_m = fmax(world->reach_m, actor_reach_m(actor));
        *thing = (struct world_thing){.name = actor->name, .material = actor->material};
        actor_classes[actor->kind]->start(actor, &stream, &world->actors[i]);
        status = add_body(world, thing, (int32_t)(world->actor_first + i), &body,
                          actor_pose(actor, &world->actors[i]), 0, err);
    }
    return status;
}

struct world *world_create(const struct scenario *scenario, uint64_t seed, struct error *err)
{
    struct world *world = NEW(struct world);
    struct physics_def def = physics_def_default();
    def.step_s = 1.0 / scenario->world.physics_hz;
    def.seed = (uint32_t)seed;
    world->scenario = scenario;
    world->physics = physics_create(&def);
    world->raycast = raycast_create(scenario->x0_m, scenario->y0_m, scenario->x1_m, scenario->y1_m, RAY_CELL_M);
    world->actor_first = scenario->solid_count;
    world->thing_count = scenario->solid_count + scenario->actor_count;
    world->things = NEW_ARRAY(world->thing_count, struct world_thing);
    world->obstacles = obstacles_create(scenario);
    if (add_ground(world, err) || add_things(world, seed, err))
        world_destroy(&world);
    return world;
}

void world_destroy(struct world **world)
{
    struct world *old = *world;
    *world = NULL;
    if (!old)
        return;
    physics_destroy(&old->physics);
    raycast_destroy(&old->raycast);
    obstacles_destroy(&old->obstacles);
    free(old->things);
    free(old);
}

/* --- what moves by itself -------------------------------------------------------------------------------------- */

/* What can be pushed may have been; people see it where it is now. */
static void update_obstacles(struct world *world)
{
    for (size_t i = 0; i < world->actor_first; i++)
        if (world->things[i].moves)
            obstacles_move(world->obstacles, i, physics_body_state(world->physics, world->things[i].body).pose);
}

void world_move_actors(struct world *world, const struct actor_robot *robots, size_t robot_count, double dt_s)
{
    if (!world->scenario->actor_count)
        return;
    update_obstacles(world);
    world->moved_ns += llround(dt_s * 1e9);
    struct actor_scene scene = {.scenario = world->scenario, .states = world->actors, .robots = robots,
                                .robot_count = robot_count, .obstacles = world->obstacles,
                                .reach_m = world->reach_m,
                                .now_s = (double)world->moved_ns * 1e-9, .dt_s = dt_s};
    actors_move(&scene);
    for (size_t i = 0; i < world->scenario->actor_count; i++) {
        const struct actor_state *actor = &world->actors[i];
        struct physics_state state = {.pose = actor_pose(&world->scenario->actors[i], actor),
                                      .linear_mps = {actor->velocity_mps.x, actor->velocity_mps.y, 0}};
        physics_body_set_state(world->physics, world->things[world->actor_first + i].body, &state);
    }
}

/* --- looking --------------------------------------------------------------------------------------------------- */

void world_update_rays(struct world *world)
{
    for (size_t i = 0; i < world->thing_count; i++)
        if (world->things[i].moves)
            raycast_move(world->raycast, world->things[i].solid,
                         physics_body_state(world->physics, world->things[i].body).pose);
}

bool world_is_ground(const struct world *world, int32_t tag)
{
    return tag == TAG_GROUND || (tag >= 0 && (size_t)tag < world->thing_count && world->things[tag].ground);
}

const char *world_tag_name(const struct world *world, int32_t tag)
{
    if (tag == TAG_GROUND)
        return "ground";
    if (tag <= TAG_ROBOT && tag > TAG_ROBOT - ROBOTS_MAX && world->robot_names[TAG_ROBOT - tag])
        return world->robot_names[TAG_ROBOT - tag];
    return tag >= 0 && (size_t)tag < world->thing_count ? world->things[tag].name : "nothing";
}

/* How far inside a zone; negative outside. */
static double zone_depth_m(const struct zone *zone, struct vec2 p)
{
    return fmin(fmin(p.x - zone->x0_m, zone->x1_m - p.x), fmin(p.y - zone->y0_m, zone->y1_m - p.y));
}

struct zone_state world_zones(const struct world *world, struct pose2 pose, double length_m, double width_m)
{
    double x = length_m / 2, y = width_m / 2;
    const struct vec2 points[] = {{0, 0}, {x, y}, {x, -y}, {-x, y}, {-x, -y}};
    struct zone_state state = {.speed_limit_mps = HUGE_VAL};
    for (size_t i = 0; i < world->scenario->zone_count; i++)
        for (size_t j = 0; j < COUNT_OF(points); j++) {
            const struct zone *zone = &world->scenario->zones[i];
            double depth = zone_depth_m(zone, pose2_apply(pose, points[j]));
            if (depth <= 0)
                continue;
            state.speed_limit_mps = fmin(state.speed_limit_mps, zone->speed_limit_mps);
            if (zone->keep_out) {
                state.in_keepout = true;
                state.depth_m = fmax(state.depth_m, depth);
            }
        }
    return state;
}

const struct zone *world_paint(const struct world *world, struct vec2 p)
{
    for (size_t i = 0; i < world->scenario->zone_count; i++) {
        const struct zone *zone = &world->scenario->zones[i];
        if (zone->painted && zone_depth_m(zone, p) >= 0)
            return zone;
    }
    return NULL;
}

uint64_t world_hash(const struct world *world, uint64_t hash)
{
    hash = physics_hash(world->physics, hash);
    for (size_t i = 0; i < world->scenario->actor_count; i++)
        hash = actor_classes[world->scenario->actors[i].kind]->hash(&world->actors[i], hash);
    return hash;
}
