/* tests/sim/oracle.h - an independent ray caster: every solid for every ray, in the world's frame, in long double,
 * by other formulas than the one it judges. No triangles. */
#ifndef TESTS_SIM_ORACLE_H
#define TESTS_SIM_ORACLE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/raycast.h"

typedef long double real;

struct place { real x, y, z; };

static inline struct place place(struct vec3 v) { return (struct place){(real)v.x, (real)v.y, (real)v.z}; }
static inline real dot(struct place a, struct place b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static inline struct place plus(struct place a, struct place b, real s)
{
    return (struct place){a.x + s * b.x, a.y + s * b.y, a.z + s * b.z};
}

static inline void oracle_axes(struct quat q, struct place axes[3])
{
    real x = (real)q.x, y = (real)q.y, z = (real)q.z, w = (real)q.w;
    axes[0] = (struct place){1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)};
    axes[1] = (struct place){2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)};
    axes[2] = (struct place){2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)};
}

/* The nearest of the six faces that is met on its outside within the face. */
static inline real oracle_box(const struct raycast_solid *s, struct place o, struct place d)
{
    struct place axes[3], apart = plus(o, place(s->pose.position), -1);
    real half[3] = {(real)s->shape.half_m.x, (real)s->shape.half_m.y, (real)s->shape.half_m.z};
    oracle_axes(s->pose.orientation, axes);
    for (int face = 0; face < 6; face++) {
        struct place n = axes[face / 2];
        real sign = face & 1 ? -1 : 1, rate = sign * dot(n, d), height = sign * dot(n, apart) - half[face / 2];
        if (rate >= 0 || height <= 0)
            continue;
        struct place p = plus(apart, d, -height / rate);
        int u = (face / 2 + 1) % 3, v = (face / 2 + 2) % 3;
        if (fabsl(dot(p, axes[u])) <= half[u] && fabsl(dot(p, axes[v])) <= half[v])
            return -height / rate;
    }
    return HUGE_VALL;
}

static inline real oracle_sphere(struct place centre, real r, struct place o, struct place d)
{
    struct place m = plus(o, centre, -1);
    real b = dot(m, d), c = dot(m, m) - r * r, under = b * b - c;
    return c > 0 && b < 0 && under >= 0 ? -b - sqrtl(under) : HUGE_VALL;
}

/* The curved side only, between -half and half along the axis; from outside the endless tube or from beyond its
 * ends. */
static inline real oracle_side(struct place apart, struct place axis, real r, real half, struct place d)
{
    struct place m = plus(apart, axis, -dot(apart, axis)), n = plus(d, axis, -dot(d, axis));
    real a = dot(n, n), b = dot(m, n), c = dot(m, m) - r * r, under = b * b - a * c;
    if (a == 0 || under < 0)
        return HUGE_VALL;
    real t = (-b - sqrtl(under)) / a;
    return t > 0 && fabsl(dot(plus(apart, d, t), axis)) <= half ? t : HUGE_VALL;
}

static inline real oracle_cylinder(const struct raycast_solid *s, struct place o, struct place d)
{
    struct place axes[3], apart = plus(o, place(s->pose.position), -1);
    real r = (real)s->shape.radius_m, half = (real)s->shape.height_m / 2;
    oracle_axes(s->pose.orientation, axes);
    real best = oracle_side(apart, axes[2], r, half, d), height = dot(apart, axes[2]), rate = dot(d, axes[2]);
    if (fabsl(height) > half && height * rate < 0) {
        real t = (fabsl(height) - half) / fabsl(rate);
        struct place p = plus(apart, d, t);
        p = plus(p, axes[2], -dot(p, axes[2]));
        if (dot(p, p) <= r * r && t < best)
            best = t;
    }
    return best;
}

static inline real oracle_capsule(const struct raycast_solid *s, struct place o, struct place d)
{
    struct place axes[3], centre = place(s->pose.position), apart = plus(o, centre, -1);
    real r = (real)s->shape.radius_m, half = (real)s->shape.height_m / 2;
    oracle_axes(s->pose.orientation, axes);
    real along = dot(apart, axes[2]), beyond = fmaxl(fabsl(along) - half, 0);
    struct place across = plus(apart, axes[2], -along);
    if (dot(across, across) + beyond * beyond <= r * r)
        return HUGE_VALL;
    real best = oracle_side(apart, axes[2], r, half, d);
    best = fminl(best, oracle_sphere(plus(centre, axes[2], half), r, o, d));
    return fminl(best, oracle_sphere(plus(centre, axes[2], -half), r, o, d));
}

static inline real oracle_solid(const struct raycast_solid *s, struct place o, struct place d)
{
    switch (s->shape.kind) {
    case SHAPE_BOX: return oracle_box(s, o, d);
    case SHAPE_CYLINDER: return oracle_cylinder(s, o, d);
    case SHAPE_CAPSULE: return oracle_capsule(s, o, d);
    case SHAPE_SPHERE: return oracle_sphere(place(s->pose.position), (real)s->shape.radius_m, o, d);
    case SHAPE_PLANE: {
        real height = o.z - (real)s->pose.position.z;
        return d.z < 0 && height > 0 ? -height / d.z : HUGE_VALL;
    }
    case SHAPE_HULL:
    case SHAPE_MESH:
    case SHAPE_HEIGHTFIELD: break;
    }
    fail_msg("the oracle knows no triangles");
    return 0;
}

static inline real oracle(const struct raycast *raycast, struct vec3 origin, struct vec3 direction, double far_m,
                          unsigned sense, int *tag)
{
    real best = (real)far_m;
    *tag = -1;
    for (uint32_t i = 0; i < raycast_count(raycast); i++) {
        const struct raycast_solid *solid = raycast_solid(raycast, i);
        real t = solid->senses & sense ? oracle_solid(solid, place(origin), place(direction)) : HUGE_VALL;
        if (t < best) {
            best = t;
            *tag = solid->tag;
        }
    }
    return best;
}

#endif
