/* sim/robot.h - a robot in the world: rigid bodies on hinges, driven wheels, and the wheel-speed controller.
 *
 * Its bodies come from a model (sim/robot_model.h): that of a URDF, or the differential drive of the scenario's
 * numbers. base_link lies on the ground plane under the middle of the footprint. A command (v, w) is limited to
 * what the drive may do (speed, then acceleration per control period), turned into a wheel speed for each side,
 * and each wheel's motor drives towards it with what torque it has at that speed and voltage (sim/drive.h). What
 * the robot really does is up to Bullet: it slips, bumps, hangs on kerbs and tips. */
#ifndef SIM_ROBOT_H
#define SIM_ROBOT_H

#include "sim/drive.h"
#include "sim/robot_model.h"
#include "sim/world.h"

struct robot;

struct robot_def {
    struct robot_config config;
    const struct robot_model *model; /* borrowed, outlives the robot; NULL: built from the config's numbers */
    struct pose2 start;
    const char *name; /* borrowed; what others say they touched */
    int32_t tag;      /* TAG_ROBOT, or for further ones TAG_ROBOT - 1, - 2 ... to world.h's ROBOTS_MAX */
    bool seen;        /* rays and clearances meet its body: needed as soon as there is a second robot */
    double
        deck_m; /* what is seen reaches up to here, over the whole footprint: what carries its sensors; 0: no deck */
};
/* The scenario's own robot, alone in its world. */
struct robot_def robot_def_of(const struct scenario *scenario);

MUST_USE struct robot *robot_create(struct world *world, const struct robot_def *def, struct error *err);
void robot_destroy(struct robot **robot); /* before the world */
const struct robot_config *robot_config(const struct robot *robot);

/* How far apart the wheels seem to be when turning: more than they are where they scrape sideways. */
double robot_track_m(const struct robot_config *config);
const struct battery *robot_battery(const struct robot *robot);

/* Lifted and put down at rest, at the same height and tilt; its wheels and its drive's command stand. */
void robot_put(struct robot *robot, struct pose2 pose);

/* Before each physics step: motors and battery. */
void robot_step(struct robot *robot, double dt_s);
/* After each physics step: where rays meet the body. Nothing to do for a robot that is not seen. */
void robot_update_rays(const struct robot *robot, struct world *world);
/* Rays and clearances between these two calls look past this robot: what its own sensors do. */
void robot_hide(const struct robot *robot, struct world *world);
void robot_show(const struct robot *robot, struct world *world);

/* The command nearest to `wish` that the drive accepts, given what it did before; applied until the next call. */
struct twist2 robot_drive(struct robot *robot, struct twist2 wish, double period_s);

struct robot_state { /* truth */
    struct pose3 pose;   /* of base_link */
    struct pose2 ground; /* the same, flattened */
    struct twist2 twist; /* body frame */
    struct vec3 linear_mps, angular_radps; /* world frame, at base_link */
    double roll_rad, pitch_rad;
    double slip_mps;       /* of the driven wheel that rubs most along its way over the ground */
    double belly_ns;       /* the chassis' weight on something since robot_contacts_clear; its casters do not count */
    double wheel_radps[2]; /* left, right, as an encoder on the (first) axle of that side sees it */
    double wheel_angle_rad[2];
};
struct robot_state robot_state(const struct robot *robot, const struct world *world);
/* What people, doors and the like make way for. */
struct actor_robot robot_outline(const struct robot *robot, const struct world *world);

/* Contacts of chassis or wheels with anything but the ground (and solids that are ground), since the last call to
 * robot_contacts_clear; impulses of one body are summed. */
struct robot_contact {
    int32_t tag;
    double impulse_ns;
    struct vec3 point, normal; /* of the strongest touch; normal away from the obstacle */
};
void robot_contacts_gather(struct robot *robot, const struct world *world); /* after each physics step */
size_t robot_contacts(const struct robot *robot, const struct robot_contact **first);
void robot_contacts_clear(struct robot *robot);
uint64_t robot_hash(const struct robot *robot, uint64_t hash); /* controller and battery; bodies are in physics_hash */

#endif
