/* sim/inertia.h - inertia tensors as plain values: moved, turned, added, and brought to their principal axes. */
#ifndef SIM_INERTIA_H
#define SIM_INERTIA_H

#include "logs/geometry.h"

struct inertia { /* symmetric, kg m2, about a point that its user names */
    double xx, yy, zz, xy, xz, yz;
};

struct inertia inertia_add(struct inertia a, struct inertia b);
/* The same body's, seen from a frame in which its own has this orientation (R I R^T). */
struct inertia inertia_turn(struct inertia own, struct quat orientation);
/* About a point `arm` away from the centre of mass (Huygens and Steiner). */
struct inertia inertia_shift(struct inertia about_centre, double mass_kg, struct vec3 arm);
/* Principal moments, and where their axes point (Jacobi's rotations). */
struct vec3 inertia_principal(struct inertia inertia, struct quat *axes);
/* What no rigid body can have, as a clause with figures for the sentence; NULL if a body can. `text` is filled. */
const char *inertia_fault(struct inertia inertia, char text[160]);

#endif
