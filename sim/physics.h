/* sim/physics.h - Bullet's rigid bodies behind a C face: the project's Bullet C API.
 *
 * SI units, z up, right-handed, double precision. One world per episode; not thread-safe. The same calls in the
 * same order give the same bits in every process running the same binary. A world is never reset, only
 * destroyed and created again (Bullet keeps caches otherwise). Handles carry a generation: a handle of a
 * destroyed body is our bug and asserts. Nothing thrown behind this header crosses it. */
#ifndef SIM_PHYSICS_H
#define SIM_PHYSICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "logs/geometry.h"
#include "logs/status.h"
#include "sim/shape.h"

#ifdef __cplusplus
extern "C" {
#endif

struct physics;                                               /* opaque, owned by whoever created it */
struct physics_body { uint32_t index, generation; };          /* {0} is no body */
struct physics_joint { uint32_t index, generation; };

struct physics_def {
    double gravity_mps2; /* downwards, 9.81 */
    double step_s;       /* fixed, 1/200 */
    int solver_iterations; /* 20 */
    uint32_t seed;       /* of the constraint solver */
};
struct physics_def physics_def_default(void);

/* An owned empty world. */
struct physics *physics_create(const struct physics_def *def);
void physics_destroy(struct physics **world);
/* Advances by exactly def.step_s. STATUS_DIVERGED (naming the body's tag) if a pose or velocity is no longer
 * finite, or farther than 1e5 m, faster than 1e4 m/s or 1e6 rad/s; the world may then only be read and destroyed. */
MUST_USE enum status physics_step(struct physics *world, struct error *err);

/* --- bodies --------------------------------------------------------------------------------------------- */
enum physics_motion { PHYSICS_STATIC, PHYSICS_KINEMATIC, PHYSICS_DYNAMIC };

struct physics_part { /* one piece of a compound body */
    struct shape shape;
    struct pose3 pose; /* in the body frame */
};

struct physics_body_def {
    enum physics_motion motion;
    struct pose3 pose; /* of the body frame in the world */
    const struct physics_part *parts;
    size_t part_count;
    const double *part_friction;   /* one a part where not all rub alike, 0: as the body; NULL: all as the body */
    double mass_kg;                /* dynamic only, > 0 */
    struct vec3 centre_of_mass_m;  /* in the body frame */
    struct vec3 inertia_kgm2;      /* principal, about the centre of mass; zeros: computed from the shapes */
    struct quat inertia_axes;      /* where those principal axes point in the body frame; zeros: along its own */
    double friction, rolling_friction, spinning_friction, restitution; /* a contact has the product of two bodies' */
    double linear_damping, angular_damping;
    int32_t tag; /* the caller's number, given back in contacts */
    int32_t group; /* bodies of one group other than 0 never touch each other */
};
struct physics_body_def physics_body_def_default(void); /* static, identity pose, friction 0.8 */
/* STATUS_BAD_INPUT for what Bullet cannot take: no or a faulty shape, a plane, mesh or heightfield that moves
 * or is not alone, a dynamic body without mass, numbers that are not finite. */
MUST_USE enum status physics_body_check(const struct physics_body_def *def, struct error *err);
/* The def's own inertia or, where that is zero, its shapes': each has its share of the mass by volume, products
 * of inertia are dropped. */
struct vec3 physics_body_inertia(const struct physics_body_def *def);

/* {0} and *err for a def that physics_body_check refuses. */
struct physics_body physics_body_create(struct physics *world, const struct physics_body_def *def, struct error *err);
/* Its hinges go with it. */
void physics_body_destroy(struct physics *world, struct physics_body body);

struct physics_state { /* of the body frame, in world coordinates */
    struct pose3 pose;
    struct vec3 linear_mps; /* of the body frame's origin */
    struct vec3 angular_radps;
};
struct physics_state physics_body_state(const struct physics *world, struct physics_body body);
/* Kinematic: where it is from now on (velocity is used for contacts). Dynamic: a teleport. */
void physics_body_set_state(struct physics *world, struct physics_body body, const struct physics_state *state);
/* A force through a world point for the next step only. */
void physics_body_push(struct physics *world, struct physics_body body, struct vec3 force_n, struct vec3 point);
int32_t physics_body_tag(const struct physics *world, struct physics_body body);

/* On this body's surface, within the rectangle (world frame, any height): this friction instead of the body's. Patches
 * given later lie on top. */
void physics_patch_add(struct physics *world, struct physics_body body, double x0_m, double y0_m, double x1_m,
                       double y1_m, double friction);

/* --- hinges --------------------------------------------------------------------------------------------- */
struct physics_hinge_def {
    struct physics_body a, b;    /* b may be {0}: the world */
    struct vec3 pivot_in_a, axis_in_a; /* unit axis; b's frame is taken from the poses at creation */
    bool collide; /* whether a and b may touch each other */
};
struct physics_joint physics_hinge_create(struct physics *world, const struct physics_hinge_def *def);
/* Drives b relative to a about the axis towards velocity with at most this torque; 0 torque: freewheel. */
void physics_hinge_motor(struct physics *world, struct physics_joint joint, double velocity_radps,
                         double max_torque_nm);
struct physics_hinge_state {
    double angle_rad, velocity_radps, torque_nm; /* torque: what the motor gave in the last step */
};
struct physics_hinge_state physics_hinge_state(const struct physics *world, struct physics_joint joint);

/* --- contacts ------------------------------------------------------------------------------------------- */
struct physics_contact { /* one touching point of the last step */
    int32_t tag_a, tag_b;
    struct physics_body a, b;
    int32_t part_a, part_b;         /* which of def.parts touch */
    struct vec3 point, normal_on_b; /* world; from b towards a */
    double impulse_ns;              /* normal, newton seconds over the step */
    double distance_m;              /* negative: overlap */
};
/* Up to `capacity` contacts of the last step that involve `body` ({0}: any); returns how many there are in all.
 * Order is fixed: by the older body (always `a`), then the younger. */
size_t physics_contacts(const struct physics *world, struct physics_body body, struct physics_contact *contacts,
                        size_t capacity);

/* --- the rest ------------------------------------------------------------------------------------------- */
/* Folds the raw bits of every pose and velocity, in creation order, into a running hash. */
uint64_t physics_hash(const struct physics *world, uint64_t hash);
size_t physics_body_count(const struct physics *world);
/* Bullet's own ray test: inexact (phantom hits) and slow. The benchmark's peer; no sensor may use it. Distance
 * or -1. */
double physics_ray(const struct physics *world, struct vec3 from, struct vec3 to);

#ifdef __cplusplus
}
#endif
#endif
