#include "sim/robot.h"

#include <stdlib.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "sim/material.h"

enum { TOUCHES_MAX = 64 };
static const double up_cos = 0.7; /* a normal this steep carries; a flatter one pushes */

static const double DECK_OVER_LIDAR_M = 0.05; /* half of a scanner is above its beams */

struct robot {
    struct physics *physics;   /* borrowed */
    struct robot_model *own;   /* NULL if the model is somebody else's */
    const struct robot_model *model;
    struct robot_config config;
    int32_t tag;
    bool seen;
    uint32_t *solids; /* in the raycaster, if seen: one a part, bodies in order; then the deck, if there is one */
    double deck_z_m;  /* its middle; 0: none */
    size_t solid_count;
    struct physics_body bodies[ROBOT_BODIES_MAX];
    struct physics_joint axles[ROBOT_BODIES_MAX]; /* [i] holds bodies[i]; [0] is none */
    size_t encoder[SIDE_COUNT];                   /* the body whose axle counts for its side */
    struct twist2 command;                        /* in force */
    double wanted_radps[SIDE_COUNT];
    struct battery battery;
    struct robot_contact *contacts;
    double *strongest_ns; /* of each contact's touches, the one whose place is kept */
    size_t contact_count, contact_capacity;
    double belly_ns;
};

/* --- building --------------------------------------------------------------------------------------------- */

static struct pose3 start_pose(struct pose2 start)
{
    return (struct pose3){{start.x, start.y, 0}, quat_from_yaw(start.yaw)};
}

static bool exists(struct physics_body body) { return body.generation != 0; }

static struct physics_body body_create(const struct robot *robot, const struct robot_body *body, struct pose2 start,
                                       struct error *err)
{
    struct physics_body_def def = physics_body_def_default();
    def.motion = PHYSICS_DYNAMIC;
    def.pose = pose3_compose(start_pose(start), body->pose);
    def.parts = body->parts;
    def.part_count = body->part_count;
    def.part_friction = body->part_friction;
    def.mass_kg = body->mass_kg;
    def.centre_of_mass_m = body->centre_m;
    def.inertia_kgm2 = body->inertia_kgm2;
    def.inertia_axes = body->inertia_axes;
    def.friction = body->friction;
    def.tag = robot->tag;
    def.group = TAG_ROBOT - robot->tag + 1;
    return physics_body_create(robot->physics, &def, err);
}

/* From base_link into another body's frame. */
static struct vec3 into(struct pose3 frame, struct vec3 p)
{
    return quat_rotate(quat_conjugate(frame.orientation), vec3_sub(p, frame.position));
}

static struct physics_joint axle_create(const struct robot *robot, size_t index)
{
    const struct robot_body *body = &robot->model->bodies[index], *parent = &robot->model->bodies[body->parent];
    ASSERT(body->parent < index);
    struct physics_hinge_def axle = {
        .a = robot->bodies[body->parent], .b = robot->bodies[index],
        .pivot_in_a = into(parent->pose, body->pose.position),
        .axis_in_a = quat_rotate(quat_conjugate(parent->pose.orientation), body->axis),
    };
    return physics_hinge_create(robot->physics, &axle);
}

static enum status build(struct robot *robot, struct pose2 start, struct error *err)
{
    for (size_t i = 0; i < robot->model->body_count; i++) {
        const struct robot_body *body = &robot->model->bodies[i];
        robot->bodies[i] = body_create(robot, body, start, err);
        if (!exists(robot->bodies[i]))
            return error_context(err, "the robot's %s", body->name);
        if (i > 0)
            robot->axles[i] = axle_create(robot, i);
        if (i == 0 || body->side == SIDE_FREE)
            continue;
        physics_hinge_motor(robot->physics, robot->axles[i], 0, robot->config.max_torque_nm); /* holds until told */
        if (!robot->encoder[body->side])
            robot->encoder[body->side] = i;
    }
    ASSERT(robot->encoder[SIDE_LEFT] && robot->encoder[SIDE_RIGHT]);
    return STATUS_OK;
}

static unsigned body_senses(void) { return material_table[material_find("metal")].senses; }

static struct pose3 part_pose(const struct robot *robot, size_t body, size_t part)
{
    struct pose3 frame = physics_body_state(robot->physics, robot->bodies[body]).pose;
    return pose3_compose(frame, robot->model->bodies[body].parts[part].pose);
}

static struct pose3 deck_pose(const struct robot *robot)
{
    return pose3_compose(physics_body_state(robot->physics, robot->bodies[0]).pose,
                         (struct pose3){{0, 0, robot->deck_z_m}, {0, 0, 0, 1}});
}

/* Without it a lidar that looks out over its own body also looks out over everybody else's. Nothing touches it: it
 * stands on the footprint, and what stands beside that touches the body first. */
static void deck_add(struct robot *robot, struct world *world, double top_m)
{
    const struct robot_config *c = &robot->config;
    struct shape deck = {.kind = SHAPE_BOX, .half_m = {c->length_m / 2, c->width_m / 2, (top_m - c->height_m) / 2}};
    robot->deck_z_m = (top_m + c->height_m) / 2;
    robot->solids[robot->solid_count++] =
        raycast_add(world->raycast, &(struct raycast_solid){.shape = deck, .pose = deck_pose(robot),
                                                            .senses = body_senses(), .material = material_find("metal"),
                                                            .tag = robot->tag});
}

static void solids_add(struct robot *robot, struct world *world, double deck_m)
{
    robot->seen = true;
    robot->solids = NEW_ARRAY(robot->model->body_count * ROBOT_PARTS_MAX + 1, uint32_t);
    for (size_t b = 0; b < robot->model->body_count; b++)
        for (size_t p = 0; p < robot->model->bodies[b].part_count; p++)
            robot->solids[robot->solid_count++] =
                raycast_add(world->raycast, &(struct raycast_solid){.shape = robot->model->bodies[b].parts[p].shape,
                                                                    .pose = part_pose(robot, b, p),
                                                                    .senses = body_senses(),
                                                                    .material = material_find("metal"),
                                                                    .tag = robot->tag});
    if (deck_m > robot->config.height_m)
        deck_add(robot, world, deck_m);
}

struct robot_def robot_def_of(const struct scenario *scenario)
{
    return (struct robot_def){.config = scenario->robot, .model = scenario->robot_model, .start = scenario->start,
                              .name = "robot", .tag = TAG_ROBOT, .deck_m = scenario->lidar.z_m + DECK_OVER_LIDAR_M};
}

struct robot *robot_create(struct world *world, const struct robot_def *def, struct error *err)
{
    int32_t number = TAG_ROBOT - def->tag;
    ASSERT(number >= 0 && number < ROBOTS_MAX && def->name);
    struct robot *robot = NEW(struct robot);
    robot->physics = world->physics;
    robot->config = def->config;
    robot->own = def->model ? NULL : robot_model_of_numbers(&def->config);
    robot->model = def->model ? def->model : robot->own;
    robot->tag = def->tag;
    robot->battery = drive_start(&robot->config);
    world->robot_names[number] = def->name;
    if (build(robot, def->start, err) != STATUS_OK)
        robot_destroy(&robot);
    else if (def->seen)
        solids_add(robot, world, def->deck_m);
    return robot;
}

void robot_destroy(struct robot **robot)
{
    struct robot *gone = *robot;
    *robot = NULL;
    if (!gone)
        return;
    for (size_t i = gone->model->body_count; i-- > 0;)
        if (exists(gone->bodies[i]))
            physics_body_destroy(gone->physics, gone->bodies[i]);
    robot_model_destroy(&gone->own);
    free(gone->solids);
    free(gone->contacts);
    free(gone->strongest_ns);
    free(gone);
}

const struct robot_config *robot_config(const struct robot *robot) { return &robot->config; }

const struct battery *robot_battery(const struct robot *robot) { return &robot->battery; }

double robot_track_m(const struct robot_config *config)
{
    return config->wheel_base_m * (config->wheel_base_scale > 0 ? config->wheel_base_scale : 1);
}

/* --- driving ---------------------------------------------------------------------------------------------- */

/* Turning goes first: w is limited on its own, v takes what the wheels have left. Only where braking cannot make that
 * room within the period does w give way; it then lies between its old and its new value, so all limits hold. */
static struct twist2 limit(const struct robot_config *c, struct twist2 from, struct twist2 wish, double period_s)
{
    double half_base = robot_track_m(c) / 2, rim = fmax(c->max_v_mps, c->max_w_radps * half_base);
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
    double turn_mps = robot->command.w_radps * robot_track_m(c) / 2;
    robot->wanted_radps[SIDE_LEFT] = (robot->command.v_mps - turn_mps) / c->wheel_radius_m;
    robot->wanted_radps[SIDE_RIGHT] = (robot->command.v_mps + turn_mps) / c->wheel_radius_m;
    return robot->command;
}

/* All bodies turn about the vertical through base_link and move together, so that no axle notices. */
void robot_put(struct robot *robot, struct pose2 pose)
{
    struct pose3 base = physics_body_state(robot->physics, robot->bodies[0]).pose;
    double turn = wrap_angle(pose.yaw - quat_yaw(base.orientation));
    struct quat about = quat_from_yaw(turn);
    for (size_t i = 0; i < robot->model->body_count; i++) {
        struct physics_state state = {.pose = physics_body_state(robot->physics, robot->bodies[i]).pose};
        struct vec3 arm = quat_rotate(about, vec3_sub(state.pose.position, base.position));
        state.pose.position = vec3_add((struct vec3){pose.x, pose.y, base.position.z}, arm);
        state.pose.orientation = quat_multiply(about, state.pose.orientation);
        physics_body_set_state(robot->physics, robot->bodies[i], &state);
    }
    robot->command = (struct twist2){0};
    robot->wanted_radps[SIDE_LEFT] = robot->wanted_radps[SIDE_RIGHT] = 0;
}

void robot_step(struct robot *robot, double dt_s)
{
    const struct robot_config *c = &robot->config;
    double motors_a = 0;
    for (size_t i = 1; i < robot->model->body_count; i++)
        if (robot->model->bodies[i].side != SIDE_FREE) {
            struct physics_hinge_state axle = physics_hinge_state(robot->physics, robot->axles[i]);
            motors_a += drive_current_a(c, axle.torque_nm, axle.velocity_radps);
        }
    drive_step(&robot->battery, c, motors_a, dt_s);
    for (size_t i = 1; i < robot->model->body_count; i++)
        if (robot->model->bodies[i].side != SIDE_FREE) {
            double wanted = drive_target_radps(c, robot->battery.voltage_v,
                                               robot->wanted_radps[robot->model->bodies[i].side]);
            double now = physics_hinge_state(robot->physics, robot->axles[i]).velocity_radps;
            physics_hinge_motor(robot->physics, robot->axles[i], wanted,
                                drive_torque_nm(c, robot->battery.voltage_v, now, wanted));
        }
}

/* How fast the driven wheels' treads rub over the ground along the way they roll, the worst of them. */
static double slip_mps(const struct robot *robot, struct quat turn)
{
    struct vec3 ahead = quat_rotate(turn, (struct vec3){1, 0, 0});
    double worst = 0;
    for (size_t i = 1; i < robot->model->body_count; i++)
        if (robot->model->bodies[i].side != SIDE_FREE) {
            double rim = physics_hinge_state(robot->physics, robot->axles[i]).velocity_radps *
                         robot->config.wheel_radius_m;
            struct vec3 hub_mps = physics_body_state(robot->physics, robot->bodies[i]).linear_mps;
            worst = fmax(worst, fabs(rim - vec3_dot(hub_mps, ahead)));
        }
    return worst;
}

struct robot_state robot_state(const struct robot *robot, const struct world *world)
{
    struct physics_state body = physics_body_state(world->physics, robot->bodies[0]);
    struct quat turn = body.pose.orientation, back = quat_conjugate(turn);
    struct robot_state state = {
        .pose = body.pose,
        .ground = {body.pose.position.x, body.pose.position.y, quat_yaw(turn)},
        .twist = {quat_rotate(back, body.linear_mps).x, quat_rotate(back, body.angular_radps).z},
        .linear_mps = body.linear_mps,
        .angular_radps = body.angular_radps,
        .roll_rad = quat_roll(turn),
        .pitch_rad = quat_pitch(turn),
        .slip_mps = slip_mps(robot, turn),
        .belly_ns = robot->belly_ns,
    };
    for (int side = 0; side < SIDE_COUNT; side++) {
        struct physics_hinge_state axle = physics_hinge_state(world->physics, robot->axles[robot->encoder[side]]);
        state.wheel_radps[side] = axle.velocity_radps;
        state.wheel_angle_rad[side] = axle.angle_rad;
    }
    return state;
}

/* --- being looked at --------------------------------------------------------------------------------------- */

void robot_update_rays(const struct robot *robot, struct world *world)
{
    const uint32_t *solid = robot->solids;
    for (size_t b = 0; robot->seen && b < robot->model->body_count; b++)
        for (size_t p = 0; p < robot->model->bodies[b].part_count; p++)
            raycast_move(world->raycast, *solid++, part_pose(robot, b, p));
    if (robot->deck_z_m > 0)
        raycast_move(world->raycast, *solid, deck_pose(robot));
}

static void answer(const struct robot *robot, struct world *world, unsigned senses)
{
    for (size_t i = 0; i < robot->solid_count; i++)
        raycast_answer(world->raycast, robot->solids[i], senses);
}

void robot_hide(const struct robot *robot, struct world *world) { answer(robot, world, 0); }
void robot_show(const struct robot *robot, struct world *world) { answer(robot, world, body_senses()); }

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

/* Ground, and what a scenario declares to be ground, is there to be driven on: only the chassis running into it from
 * the side counts as a contact. The chassis resting on something is noted in any case. */
static void contact_add(struct robot *robot, const struct world *world, size_t body,
                        const struct physics_contact *touch)
{
    bool robot_is_a = touch->tag_a == robot->tag;
    int32_t other = robot_is_a ? touch->tag_b : touch->tag_a, part = robot_is_a ? touch->part_a : touch->part_b;
    struct vec3 normal = vec3_scale(touch->normal_on_b, robot_is_a ? 1 : -1);
    bool is_foot = robot->model->bodies[body].feet >> part & 1, carries = normal.z > up_cos;
    if (!is_foot && carries)
        robot->belly_ns += touch->impulse_ns;
    if (other == robot->tag || (world_is_ground(world, other) && (is_foot || carries || other == TAG_GROUND)))
        return;
    size_t i = contact_of(robot, other);
    robot->contacts[i].impulse_ns += touch->impulse_ns;
    if (touch->impulse_ns <= robot->strongest_ns[i])
        return;
    robot->strongest_ns[i] = touch->impulse_ns;
    robot->contacts[i].point = touch->point;
    robot->contacts[i].normal = normal;
}

void robot_contacts_gather(struct robot *robot, const struct world *world)
{
    for (size_t b = 0; b < robot->model->body_count; b++) {
        struct physics_contact touches[TOUCHES_MAX];
        size_t count = physics_contacts(world->physics, robot->bodies[b], touches, TOUCHES_MAX);
        for (size_t i = 0; i < count && i < TOUCHES_MAX; i++)
            contact_add(robot, world, b, &touches[i]);
    }
}

size_t robot_contacts(const struct robot *robot, const struct robot_contact **first)
{
    *first = robot->contacts;
    return robot->contact_count;
}

void robot_contacts_clear(struct robot *robot)
{
    robot->contact_count = 0;
    robot->belly_ns = 0;
}

uint64_t robot_hash(const struct robot *robot, uint64_t hash)
{
    hash = hash_bytes(hash, &robot->battery, sizeof robot->battery);
    return hash_bytes(hash, &robot->command, sizeof robot->command);
}
