/* sim/packet_hit.h - where rays enter solids, LANES rays at a time (part of sim/packet_trace.h).
 *
 * Closed forms in the solid's own frame. A hit is where a ray enters: rays that start inside report nothing.
 * Every function holds for each lane by itself; whole packets leave early where no lane is concerned. */
#ifndef SIM_PACKET_HIT_H
#define SIM_PACKET_HIT_H

#include "logs/status.h"
#include "sim/grid.h"
#include "sim/lanes.h"
#include "sim/packet.h"
#include "sim/solid.h"
#include "sim/triangles.h"

/* A direction this short across an axis does not turn: its square would lose all digits. */
#define NO_TURN 1e-150
/* How far beyond its edges a triangle is still hit, as a share of its size: closes the cracks that rounding leaves. */
#define EDGE_SLACK 1e-12

enum { TRIANGLES_STACK = 64 };

struct local_rays { /* in a solid's frame */
    struct lanes3 o, d;
    lanes inverse_z; /* 1 / d.z */
};

/* The part of a ray inside something convex. Not a number (a ray in a face's plane) leaves it as it is: faces
 * belong. */
struct stretch {
    lanes from, to;
};

static inline struct stretch slab(lanes half, lanes o, lanes d, lanes inverse)
{
    lanes side = lanes_copysign(half, d);
    return (struct stretch){(-side - o) * inverse, (side - o) * inverse};
}

static inline lanes entered(struct stretch s)
{
    lane_mask ahead = mask_and(lanes_at_most(s.from, s.to), lanes_less(lanes_all(0), s.from));
    return lanes_pick(ahead, s.from, lanes_all(NO_HIT));
}

/* No lane's line passes within GRID_SLACK_M of the rectangle, seen from above: spares the divisions. */
static inline bool box_is_missed(struct vec3 half, const struct local_rays *ray)
{
    lanes apart = lanes_abs(ray->o.x * ray->d.y - ray->o.y * ray->d.x);
    lanes reach = lanes_all(half.x + GRID_SLACK_M) * lanes_abs(ray->d.y) +
                  lanes_all(half.y + GRID_SLACK_M) * lanes_abs(ray->d.x);
    return !mask_any(lanes_at_most(apart, reach));
}

static inline lanes box_hit(struct vec3 half, const struct local_rays *ray, lanes *face)
{
    const lanes one = lanes_all(1);
    *face = lanes_all(FACE_X);
    if (box_is_missed(half, ray))
        return lanes_all(NO_HIT);
    struct stretch x = slab(lanes_all(half.x), ray->o.x, ray->d.x, one / ray->d.x);
    struct stretch y = slab(lanes_all(half.y), ray->o.y, ray->d.y, one / ray->d.y);
    struct stretch z = slab(lanes_all(half.z), ray->o.z, ray->d.z, ray->inverse_z);
    struct stretch in = {lanes_max(x.from, lanes_all(-HUGE_VAL)), lanes_min(x.to, lanes_all(HUGE_VAL))};
    *face = lanes_pick(lanes_less(in.from, y.from), lanes_all(FACE_Y), *face);
    in = (struct stretch){lanes_max(y.from, in.from), lanes_min(y.to, in.to)};
    *face = lanes_pick(lanes_less(in.from, z.from), lanes_all(FACE_Z), *face);
    return entered((struct stretch){lanes_max(z.from, in.from), lanes_min(z.to, in.to)});
}

/* The ray within the endless cylinder about z. The discriminant is taken from the distance between axis and
 * ray, not from b*b - a*c: far away that difference has no digits left. False if no lane meets it. */
static inline bool tube(double radius, const struct local_rays *ray, struct stretch *in)
{
    const lanes none = lanes_all(HUGE_VAL), all = lanes_all(-HUGE_VAL);
    struct lanes3 o = ray->o, d = ray->d;
    lanes a = d.x * d.x + d.y * d.y, cross = o.x * d.y - o.y * d.x, square = lanes_all(radius * radius);
    lanes under = a * lanes_all(radius) * lanes_all(radius) - cross * cross;
    lane_mask still = lanes_less(a, lanes_all(NO_TURN * NO_TURN));
    lane_mask met = mask_without(lanes_at_most(lanes_all(0), under), still);
    if (!mask_any(mask_or(met, still)))
        return false;
    lanes root = lanes_sqrt(lanes_max(under, lanes_all(0))), middle = -(o.x * d.x + o.y * d.y);
    lanes inverse = lanes_all(1) / a;
    in->from = lanes_pick(met, (middle - root) * inverse, none);
    in->to = lanes_pick(met, (middle + root) * inverse, all);
    lane_mask inside = mask_and(still, lanes_at_most(o.x * o.x + o.y * o.y, square));
    in->from = lanes_pick(inside, all, in->from);
    in->to = lanes_pick(inside, none, in->to);
    return true;
}

static inline lanes cylinder_hit(struct vec3 size, const struct local_rays *ray, lanes *face)
{
    struct stretch in;
    *face = lanes_all(FACE_ROUND);
    if (!tube(size.x, ray, &in))
        return lanes_all(NO_HIT);
    struct stretch z = slab(lanes_all(size.z), ray->o.z, ray->d.z, ray->inverse_z);
    *face = lanes_pick(lanes_less(in.from, z.from), lanes_all(FACE_Z), *face);
    return entered((struct stretch){lanes_max(z.from, in.from), lanes_min(z.to, in.to)});
}

static inline lanes sphere_hit(double radius, struct lanes3 o, struct lanes3 d)
{
    lanes middle = -lanes3_dot(o, d);
    struct lanes3 closest = {o.x + d.x * middle, o.y + d.y * middle, o.z + d.z * middle};
    lanes under = lanes_all(radius * radius) - lanes3_dot(closest, closest);
    lane_mask met = lanes_at_most(lanes_all(0), under);
    if (!mask_any(met))
        return lanes_all(NO_HIT);
    lanes root = lanes_sqrt(lanes_max(under, lanes_all(0)));
    return lanes_pick(met, entered((struct stretch){middle - root, middle + root}), lanes_all(NO_HIT));
}

/* The tube where it is entered between the two centres, otherwise the ball at the nearer end. */
static inline lanes capsule_hit(struct vec3 size, const struct local_rays *ray)
{
    const lanes half = lanes_all(size.z), endless = lanes_all(HUGE_VAL);
    struct lanes3 o = ray->o, d = ray->d;
    struct stretch side;
    if (!tube(size.x, ray, &side))
        return lanes_all(NO_HIT);
    lanes spine = o.z - lanes_pick(lanes_less(o.z, -half), -half, lanes_min(half, o.z));
    lane_mask outside = lanes_less(lanes_all(size.x * size.x), o.x * o.x + o.y * o.y + spine * spine);
    lanes z = lanes_pick(lanes_less(-endless, side.from), o.z + side.from * d.z, -lanes_copysign(endless, d.z));
    lanes end = sphere_hit(size.x, (struct lanes3){o.x, o.y, o.z - lanes_copysign(half, z)}, d);
    lanes t = lanes_pick(lanes_at_most(lanes_abs(z), half), entered(side), end);
    return lanes_pick(mask_and(outside, lanes_at_most(side.from, side.to)), t, lanes_all(NO_HIT));
}

static inline lanes plane_hit(const struct local_rays *ray)
{
    const lanes zero = lanes_all(0);
    lane_mask met = mask_and(lanes_less(ray->d.z, zero), lanes_less(zero, ray->o.z));
    return lanes_pick(met, -ray->o.z / ray->d.z, lanes_all(NO_HIT));
}

/* --- triangles ------------------------------------------------------------------------------------------- */

/* Moeller and Trumbore 1997, front side only. */
static inline lanes triangle_hit(const struct triangle *t, struct lanes3 o, struct lanes3 d)
{
    const struct lanes3 edge1 = {lanes_all(t->edge1.x), lanes_all(t->edge1.y), lanes_all(t->edge1.z)};
    const struct lanes3 edge2 = {lanes_all(t->edge2.x), lanes_all(t->edge2.y), lanes_all(t->edge2.z)};
    struct lanes3 across = lanes3_cross(d, edge2);
    lanes turn = lanes3_dot(edge1, across);
    lane_mask met = lanes_less(lanes_all(0), turn);
    if (!mask_any(met))
        return lanes_all(NO_HIT);
    struct lanes3 arm = {o.x - lanes_all(t->corner.x), o.y - lanes_all(t->corner.y), o.z - lanes_all(t->corner.z)};
    struct lanes3 q = lanes3_cross(arm, edge1);
    lanes u = lanes3_dot(arm, across) / turn, v = lanes3_dot(d, q) / turn;
    met = mask_and(met, lanes_at_most(lanes_all(-EDGE_SLACK), u));
    met = mask_and(met, lanes_at_most(lanes_all(-EDGE_SLACK), v));
    met = mask_and(met, lanes_at_most(u + v, lanes_all(1 + EDGE_SLACK)));
    lanes distance = lanes3_dot(edge2, q) / turn;
    met = mask_and(met, lanes_less(lanes_all(0), distance));
    return lanes_pick(met, distance, lanes_all(NO_HIT));
}

/* Shortens the stretch to the part between two planes; not a number (a ray in one of them) leaves it as it is. */
static inline void slab_clip(double low, double high, lanes o, lanes inverse, struct stretch *in)
{
    lane_mask back = lanes_less(inverse, lanes_all(0));
    lanes first = lanes_pick(back, lanes_all(high), lanes_all(low));
    lanes last = lanes_pick(back, lanes_all(low), lanes_all(high));
    in->from = lanes_max((first - o) * inverse, in->from);
    in->to = lanes_min((last - o) * inverse, in->to);
}

static inline bool node_is_met(const struct triangles_node *node, struct lanes3 o, struct lanes3 inverse, lanes limit)
{
    struct stretch in = {lanes_all(0), limit};
    slab_clip(node->low.x, node->high.x, o.x, inverse.x, &in);
    slab_clip(node->low.y, node->high.y, o.y, inverse.y, &in);
    slab_clip(node->low.z, node->high.z, o.z, inverse.z, &in);
    return mask_any(lanes_at_most(in.from, in.to));
}

/* Which of two children to look at first: the one that lies nearer the origins. The answer does not depend on it. */
static inline uint32_t nearer_child(const struct triangles_node *pair, struct vec3 direction)
{
    struct vec3 from = vec3_add(pair[0].low, pair[0].high), to = vec3_add(pair[1].low, pair[1].high);
    return vec3_dot(vec3_sub(to, from), direction) < 0;
}

/* The nearest within `limit`; of equally near ones the lowest number. `lead`: a direction to go by. */
static inline lanes triangles_hit(const struct triangles *triangles, const struct local_rays *ray, lanes limit,
                                  struct vec3 lead, lanes *number)
{
    const lanes one = lanes_all(1);
    struct lanes3 inverse = {one / ray->d.x, one / ray->d.y, ray->inverse_z};
    uint32_t stack[TRIANGLES_STACK], depth = 0;
    lanes best = lanes_all(NO_HIT);
    *number = lanes_all(BUNDLE_NO_SOLID);
    stack[depth++] = 0;
    while (depth) {
        const struct triangles_node *node = &triangles->nodes[stack[--depth]];
        if (!node_is_met(node, ray->o, inverse, lanes_min(best, limit)))
            continue;
        if (node->count == 0) {
            uint32_t first = nearer_child(&triangles->nodes[node->first], lead);
            ASSERT(depth + 2 <= TRIANGLES_STACK);
            stack[depth++] = node->first + !first;
            stack[depth++] = node->first + first;
        }
        for (uint32_t i = node->first; i < node->first + node->count; i++) {
            lanes t = triangle_hit(&triangles->items[i], ray->o, ray->d), own = lanes_all(triangles->items[i].number);
            lane_mask tie = mask_and(lanes_equal(t, best), lanes_less(t, lanes_all(NO_HIT)));
            lane_mask better = mask_or(lanes_less(t, best), mask_and(tie, lanes_less(own, *number)));
            best = lanes_pick(better, t, best);
            *number = lanes_pick(better, own, *number);
        }
    }
    return best;
}

#endif
