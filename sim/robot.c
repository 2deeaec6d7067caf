#include "sim/robot.h"

#include <stdlib.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "sim/material.h"

enum { LEFT, RIGHT, WHEELS };
enum { PARTS = 3, TOUCHES_MAX = 64 };

/* Proportions that no scenario needs to set. */
static const double clearance_per_wheel_radius = 0.6; /* underside of the chassis */
static const double caster_per_wheel_radius = 0.5;
static const double caster_gap_m = 0.0003; /* as deep as tyres sink in: wheels carry the weight, nothing rocks */
static const double caster_inset_m = 0.02; /* from the ends of the footprint: walls meet the chassis */
static const double chassis_friction = 0.02; /* the casters are part of it, and slide */
static const double tread_m = 0.004; /* Bullet touches it at either edge: narrow keeps the wheel base what it says */
static const double wheel_mass_share = 0.05; /* of the robot's mass, each */

struct robot {
    struct physics *physics; /* borrowed */
    struct robot_config config;
    int32_t tag;
    bool seen;
    uint32_t solid; /* in the raycaster, if seen */
    struct physics_body chassis, wheels[WHEELS];
    struct physics_joint axles[WHEELS];
    struct twist2 command; /* in force */
    struct robot_contact *contacts;
    double *strongest_ns; /* of each contact's touches, the one whose place is kept */
    size_t contact_count, contact_capacity;
};

/* --- building --------------------------------------------------------------------------------------------- */

static struct physics_part part_at(struct shape shape, double x, double z)
{
    return (struct physics_part){shape, {{x, 0, z}, {0, 0, 0, 1}}};
}

static struct pose3 start_pose(struct pose2 start)
{
    return (struct pose3){{start.x, start.y, 0}, quat_from_yaw(start.yaw)};
}

/* The chassis' own centre of mass, so that with the wheels the whole robot's is at com_z_m over the middle. */
static struct vec3 chassis_centre(const struct robot_config *c)
{
    double wheels = WHEELS * wheel_mass_share;
    return (struct vec3){-wheels * c->wheel_x_m / (1 - wheels), 0,
                         (c->com_z_m - wheels * c->wheel_radius_m) / (1 - wheels)};
}

static struct physics_body chassis_create(const struct robot *robot, struct pose2 start, struct error *err)
{
    const struct robot_config *c = &robot->config;
    double floor_m = clearance_per_wheel_radius * c->wheel_radius_m, half_z = fmax(c->height_m - floor_m, 0.02) / 2;
    double radius = caster_per_wheel_radius * c->wheel_radius_m, reach = c->length_m / 2 - radius - caster_inset_m;
    struct shape box = {.kind = SHAPE_BOX, .half_m = {c->length_m / 2, c->width_m / 2, half_z}};
    struct shape caster = {.kind = SHAPE_SPHERE, .radius_m = radius};
    struct physics_part parts[PARTS] = {
        part_at(box, 0, floor_m + half_z),
        part_at(caster, reach, radius + caster_gap_m),
        part_at(caster, -reach, radius + caster_gap_m),
    };
    double mass = c->mass_kg * (1 - WHEELS * wheel_mass_share);
    struct physics_body_def def = physics_body_def_default();
    def.motion = PHYSICS_DYNAMIC;
    def.pose = start_pose(start);
    def.parts = parts;
    def.part_count = PARTS;
    def.mass_kg = mass;
    def.centre_of_mass_m = chassis_centre(c);
    def.inertia_kgm2 = (struct vec3){mass / 3 * (square(box.half_m.y) + square(half_z)),
                                     mass / 3 * (square(box.half_m.x) + square(half_z)),
                                     mass / 3 * (square(box.half_m.x) + square(box.half_m.y))};
    def.friction = chassis_friction;
    def.tag = robot->tag;
    return physics_body_create(robot->physics, &def, err);
}

static struct vec3 wheel_pivot(const struct robot_config *c, int side)
{
    return (struct vec3){c->wheel_x_m, (side == LEFT ? 0.5 : -0.5) * c->wheel_base_m, c->wheel_radius_m};
}

/* A cylinder whose own z axis lies along the robot's y. */
static struct physics_body wheel_create(const struct robot *robot, struct pose2 start, int side, struct error *err)
{
    const struct robot_config *c = &robot->config;
    struct shape tyre = {.kind = SHAPE_CYLINDER, .radius_m = c->wheel_radius_m, .height_m = tread_m};
    struct physics_part part = part_at(tyre, 0, 0);
    struct physics_body_def def = physics_body_def_default();
    def.motion = PHYSICS_DYNAMIC;
    def.pose = pose3_compose(start_pose(start), (struct pose3){wheel_pivot(c, side), quat_from_rpy(-PI / 2, 0, 0)});
    def.parts = &part;
    def.part_count = 1;
    def.mass_kg = c->mass_kg * wheel_mass_share;
    def.friction = c->wheel_friction;
    def.tag = robot->tag;
    return physics_body_create(robot->physics, &def, err);
}

/* What others see of it is its chassis from the floor up: between wheels and underside no beam gets through. */
static struct shape outline(const struct robot_config *c)
{
    return (struct shape){.kind = SHAPE_BOX, .half_m = {c->length_m / 2, c->width_m / 2, c->height_m / 2}};
}

static struct pose3 outline_pose(const struct robot *robot)
{
    struct pose3 base = physics_body_state(robot->physics, robot->chassis).pose;
    return pose3_compose(base, (struct pose3){{0, 0, robot->config.height_m / 2}, {0, 0, 0, 1}});
}

static void body_show(struct robot *robot, struct world *world)
{
    int material = material_find("metal");
    robot->seen = true;
    robot->solid = raycast_add(world->raycast, &(struct raycast_solid){.shape = outline(&robot->config),
                                                                       .pose = outline_pose(robot),
                                                                       .senses = material_table[material].senses,
                                                                       .material = material, .tag = robot->tag});
}

static bool exists(struct physics_body body) { return body.generation != 0; }

static enum status build(struct robot *robot, struct pose2 start, struct error *err)
{
    robot->chassis = chassis_create(robot, start, err);
    if (!exists(robot->chassis))
        return error_context(err, "the robot's chassis");
    for (int side = LEFT; side < WHEELS; side++) {
        robot->wheels[side] = wheel_create(robot, start, side, err);
        if (!exists(robot->wheels[side]))
            return error_context(err, "the robot's wheels");
        struct physics_hinge_def axle = {.a = robot->chassis, .b = robot->wheels[side],
                                         .pivot_in_a = wheel_pivot(&robot->config, side), .axis_in_a = {0, 1, 0}};
        robot->axles[side] = physics_hinge_create(robot->physics, &axle);
        physics_hinge_motor(robot->physics, robot->axles[side], 0, robot->config.max_torque_nm);
    }
    return STATUS_OK;
}

struct robot_def robot_def_of(const struct scenario *scenario)
{
    return (struct robot_def){.config = scenario->robot, .start = scenario->start, .name = "robot", .tag = TAG_ROBOT};
}

struct robot *robot_create(struct world *world, const struct robot_def *def, struct error *err)
{
    int32_t number = TAG_ROBOT - def->tag;
    ASSERT(number >= 0 && number < ROBOTS_MAX && def->name);
    struct robot *robot = NEW(struct robot);
    robot->physics = world->physics;
    robot->config = def->config;
    robot->tag = def->tag;
    world->robot_names[number] = def->name;
    if (build(robot, def->start, err) != STATUS_OK)
        robot_destroy(&robot);
    else if (def->seen)
        body_show(robot, world);
    return robot;
}

const struct robot_config *robot_config(const struct robot *robot) { return &robot->config; }

void robot_destroy(struct robot **robot)
{
    struct robot *gone = *robot;
    *robot = NULL;
    if (!gone)
        return;
    for (int side = LEFT; side < WHEELS; side++)
        if (exists(gone->wheels[side]))
            physics_body_destroy(gone->physics, gone->wheels[side]);
    if (exists(gone->chassis))
        physics_body_destroy(gone->physics, gone->chassis);
    free(gone->contacts);
    free(gone->strongest_ns);
    free(gone);
}

/* --- driving ---------------------------------------------------------------------------------------------- */

/* Turning goes first: w is limited on its own, v takes what the wheels have left. Only where braking cannot make that
 * room within the period does w give way; it then lies between its old and its new value, so all limits hold. */
static struct twist2 limit(const struct robot_config *c, struct twist2 from, struct twist2 wish, double period_s)
{
    double half_base = c->wheel_base_m / 2, rim = fmax(c->max_v_mps, c->max_w_radps * half_base);
    double dv = c->max_a_mps2 * period_s, dw = c->max_alpha_radps2 * period_s;
    double w = clamp(clamp(wish.w_radps, -c->max_w_radps, c->max_w_radps), from.w_radps - dw, from.w_radps + dw);
    double left = rim - fabs(w) * half_base;
    double v = clamp(clamp(wish.v_mps, c->min_v_mps, c->max_v_mps), -left, left);
    v = clamp(v, from.v_mps - dv, from.v_mps + dv);
    double w_left = fmax(rim - fabs(v), 0) / half_base;
    return (struct twist2){v, clamp(w, -w_left, w_left)};
}

struct twist2 robot_drive(struct robot *robot, struct twist2 wish, double period_s)
{
    const struct robot_config *c = &robot->config;
    ASSERT(isfinite(wish.v_mps) && isfinite(wish.w_radps) && period_s > 0);
    robot->command = limit(c, robot->command, wish, period_s);
    for (int side = LEFT; side < WHEELS; side++) {
        double rim_mps = robot->command.v_mps - robot->command.w_radps * wheel_pivot(c, side).y;
        physics_hinge_motor(robot->physics, robot->axles[side], rim_mps / c->wheel_radius_m, c->max_torque_nm);
    }
    return robot->command;
}

struct robot_state robot_state(const struct robot *robot, const struct world *world)
{
    struct physics_state body = physics_body_state(world->physics, robot->chassis);
    struct quat turn = body.pose.orientation, back = quat_conjugate(turn);
    struct robot_state state = {
        .pose = body.pose,
        .ground = {body.pose.position.x, body.pose.position.y, quat_yaw(turn)},
        .twist = {quat_rotate(back, body.linear_mps).x, quat_rotate(back, body.angular_radps).z},
        .linear_mps = body.linear_mps,
        .angular_radps = body.angular_radps,
        .roll_rad = quat_roll(turn),
        .pitch_rad = quat_pitch(turn),
    };
    for (int side = LEFT; side < WHEELS; side++) {
        struct physics_hinge_state axle = physics_hinge_state(world->physics, robot->axles[side]);
        state.wheel_radps[side] = axle.velocity_radps;
        state.wheel_angle_rad[side] = axle.angle_rad;
    }
    return state;
}

/* --- being looked at --------------------------------------------------------------------------------------- */

void robot_update_rays(const struct robot *robot, struct world *world)
{
    if (robot->seen)
        raycast_move(world->raycast, robot->solid, outline_pose(robot));
}

void robot_hide(const struct robot *robot, struct world *world)
{
    if (robot->seen)
        raycast_answer(world->raycast, robot->solid, 0);
}

void robot_show(const struct robot *robot, struct world *world)
{
    if (robot->seen)
        raycast_answer(world->raycast, robot->solid, material_table[material_find("metal")].senses);
}

struct actor_robot robot_outline(const struct robot *robot, const struct world *world)
{
    struct robot_state state = robot_state(robot, world);
    return (struct actor_robot){state.ground, {state.linear_mps.x, state.linear_mps.y}, robot->config.length_m,
                                robot->config.width_m};
}

/* --- touching --------------------------------------------------------------------------------------------- */

static size_t contact_of(struct robot *robot, int32_t tag)
{
    for (size_t i = 0; i < robot->contact_count; i++)
        if (robot->contacts[i].tag == tag)
            return i;
    if (robot->contact_count == robot->contact_capacity) {
        robot->contact_capacity = robot->contact_capacity * 2 + 8;
        robot->contacts = memory_resize(robot->contacts, robot->contact_capacity, sizeof *robot->contacts);
        robot->strongest_ns = memory_resize(robot->strongest_ns, robot->contact_capacity, sizeof(double));
    }
    robot->contacts[robot->contact_count] = (struct robot_contact){.tag = tag};
    robot->strongest_ns[robot->contact_count] = -1;
    return robot->contact_count++;
}

static void contact_add(struct robot *robot, const struct physics_contact *touch)
{
    bool robot_is_a = touch->tag_a == robot->tag;
    int32_t other = robot_is_a ? touch->tag_b : touch->tag_a;
    if (other == TAG_GROUND || other == robot->tag)
        return;
    size_t i = contact_of(robot, other);
    robot->contacts[i].impulse_ns += touch->impulse_ns;
    if (touch->impulse_ns <= robot->strongest_ns[i])
        return;
    robot->strongest_ns[i] = touch->impulse_ns;
    robot->contacts[i].point = touch->point;
    robot->contacts[i].normal = vec3_scale(touch->normal_on_b, robot_is_a ? 1 : -1);
}

void robot_contacts_gather(struct robot *robot, const struct world *world)
{
    const struct physics_body bodies[] = {robot->chassis, robot->wheels[LEFT], robot->wheels[RIGHT]};
    for (size_t b = 0; b < COUNT_OF(bodies); b++) {
        struct physics_contact touches[TOUCHES_MAX];
        size_t count = physics_contacts(world->physics, bodies[b], touches, TOUCHES_MAX);
        for (size_t i = 0; i < count && i < TOUCHES_MAX; i++)
            contact_add(robot, &touches[i]);
    }
}

size_t robot_contacts(const struct robot *robot, const struct robot_contact **first)
{
    *first = robot->contacts;
    return robot->contact_count;
}

void robot_contacts_clear(struct robot *robot) { robot->contact_count = 0; }

uint64_t robot_hash(const struct robot *robot, uint64_t hash)
{
    return hash_bytes(hash, &robot->command, sizeof robot->command);
}
