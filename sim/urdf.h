/* sim/urdf.h - a URDF file as a robot model: links merged over what does not move, wheels by the names of their
 * joints.
 *
 * Read: link (inertial, collision: box, cylinder, sphere, mesh), joint (fixed, continuous, revolute: held where it
 * stands at zero, or at the nearest limit), limit's effort and velocity of wheels. Refused with a sentence: other
 * joints, two roots, cycles, a mass or an inertia that no body has, sizes of zero, meshes that are missing.
 * Everything else (visual, transmission, gazebo ...) is looked over. Continuous joints named as wheels are driven;
 * if none is named, those are whose joint or link is called a wheel and left or right. All other continuous joints
 * turn freely: casters.
 *
 * What a wheel rolls on is a narrow tread in its middle, whatever its shape. Parts of the chassis that reach the
 * ground slide on it (a caster's ball). base_link of the model lies on the ground under the middle of all shapes,
 * turned as the link `base_link` of the file (its root if none is named): x ahead. Source: ROS 2 URDF XML
 * specification, wiki.ros.org/urdf/XML. */
#ifndef SIM_URDF_H
#define SIM_URDF_H

#include "sim/robot_model.h"

struct urdf_options {
    const char *left_wheels, *right_wheels; /* names of joints with commas between; both "": look for them */
    const char *base_link;                  /* "": the root */
    double wheel_friction;
};

struct urdf_files { /* where meshes come from */
    /* The bytes of a mesh as the file names it, valid until urdf_load returns. */
    enum status (*take)(void *self, const char *name, const uint8_t **data, size_t *size, struct error *err);
    void *self;
};

/* Owned. NULL with a sentence that begins "file:line:column: ". */
MUST_USE struct robot_model *urdf_load(const char *file, const uint8_t *data, size_t size,
                                       const struct urdf_options *options, const struct urdf_files *files,
                                       struct error *err);

/* Robots that come with the binary: urdf: NAME. */
struct urdf_builtin {
    const char *name, *summary;
};
extern const struct urdf_builtin urdf_builtins[];
extern const size_t urdf_builtin_count;

#endif
