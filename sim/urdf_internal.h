/* sim/urdf_internal.h - what the urdf_*.c files share; nobody else includes it.
 *
 * urdf_read: XML -> links and joints, each sound in itself -> urdf_tree: who hangs on whom, where, which are wheels
 * -> urdf_model: links that do not move against each other become one body. */
#ifndef SIM_URDF_INTERNAL_H
#define SIM_URDF_INTERNAL_H

#include "sim/inertia.h"
#include "sim/urdf.h"
#include "sim/xml.h"

enum { URDF_LINKS_MAX = 256 };

enum urdf_kind { URDF_FIXED, URDF_CONTINUOUS, URDF_REVOLUTE };

struct urdf_shape { /* a collision */
    struct shape shape;
    struct pose3 pose; /* in the link */
};

struct urdf_link {
    const char *name;
    const struct xml_node *node;
    double mass_kg; /* 0: it has no inertial */
    struct vec3 centre_m;
    struct inertia inertia; /* about the centre, in the link's axes */
    struct urdf_shape *shapes;
    size_t shape_count;
    /* urdf_tree */
    struct urdf_joint *above; /* NULL: the root */
    struct pose3 pose;        /* in base_link's axes */
    bool reached;
    size_t body;
};

struct urdf_joint {
    const char *name;
    const struct xml_node *node;
    enum urdf_kind kind;
    struct urdf_link *parent, *child;
    struct pose3 origin; /* of the child in the parent, at rest */
    struct vec3 axis;    /* unit, in the child */
    double effort, velocity; /* infinite: not limited */
    enum robot_side side;
};

struct urdf {
    struct arena *arena;
    const struct xml_node *robot;
    struct urdf_link links[URDF_LINKS_MAX];
    size_t link_count;
    struct urdf_joint joints[URDF_LINKS_MAX];
    size_t joint_count;
    struct urdf_link *root;
    struct urdf_link *order[URDF_LINKS_MAX]; /* parents before children */
};

MUST_USE enum status urdf_read(struct urdf *urdf, const struct urdf_files *files, struct error *err);
MUST_USE enum status urdf_tree(struct urdf *urdf, const struct urdf_options *options, struct error *err);
MUST_USE enum status urdf_model(struct urdf *urdf, const struct urdf_options *options, struct robot_model *model,
                                struct error *err);

static inline struct pose3 pose3_inverse(struct pose3 p)
{
    struct quat back = quat_conjugate(p.orientation);
    return (struct pose3){quat_rotate(back, vec3_scale(p.position, -1)), back};
}

#endif
