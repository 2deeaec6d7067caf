/* sim/robot_model.h - a robot as rigid bodies and hinges: what a URDF or a scenario's numbers come down to.
 *
 * Everything is given in base_link: on the ground under the middle of the footprint, x ahead, z up, wheels at rest.
 * bodies[0] is the chassis and its frame is base_link; every other body hangs on an earlier one by a hinge: a driven
 * wheel, or something that turns freely (a caster). A model is built once and then only read. */
#ifndef SIM_ROBOT_MODEL_H
#define SIM_ROBOT_MODEL_H

#include "logs/memory.h"
#include "sim/physics.h"
#include "sim/scenario.h"

enum robot_side { SIDE_LEFT, SIDE_RIGHT, SIDE_COUNT, SIDE_FREE = SIDE_COUNT };
enum { ROBOT_BODIES_MAX = 32, ROBOT_PARTS_MAX = 64 };

struct robot_body {
    const char *name;
    struct pose3 pose; /* of its frame in base_link */
    struct physics_part *parts;
    double *part_friction; /* one a part, 0: as the body; NULL: all as the body */
    size_t part_count;
    uint64_t feet; /* bit i: parts[i] is meant to touch the ground */
    double mass_kg, friction;
    struct vec3 centre_m;     /* of mass, in its own frame */
    struct vec3 inertia_kgm2; /* principal, about the centre */
    struct quat inertia_axes;
    size_t parent;    /* an earlier body; not of the chassis */
    struct vec3 axis; /* of its hinge, in base_link; the hinge runs through pose.position */
    enum robot_side side; /* SIDE_LEFT, SIDE_RIGHT: driven, axis = +y */
};

struct robot_model {
    struct arena arena; /* owns everything below */
    struct robot_body bodies[ROBOT_BODIES_MAX];
    size_t body_count;
    /* What a wheel's joint allows, infinite where the file does not say. */
    double wheel_torque_nm, wheel_radps;
};

/* The differential drive of a scenario's numbers: a box on two wheels, two balls that slide. Owned. */
struct robot_model *robot_model_of_numbers(const struct robot_config *config);
void robot_model_destroy(struct robot_model **model);

/* What of the model the rest of the lab knows by number (footprint, mass, wheels) into `config`; limits only shrink. */
void robot_model_measure(const struct robot_model *model, struct robot_config *config);

#endif
