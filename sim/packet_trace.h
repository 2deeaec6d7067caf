/* sim/packet_trace.h - the source of every struct packet_kernel (sim/packet.h). Whoever includes it, once, defines
 * LANES before and hands trace_bundle to its kernel.
 *
 * A packet walks the grid as one beam (Wald, Ize, Kensler, Knoll and Parker 2006): slice by slice along the axis its
 * rays mostly run along, in each slice over the cells between the outermost rays, and tests what stands there against
 * all rays at once. It ends when every ray has met something nearer than the next slice. Rays that would make the
 * beam wide go in a beam of their own. */
#ifndef SIM_PACKET_TRACE_H
#define SIM_PACKET_TRACE_H

#include <string.h>

#include "sim/packet_hit.h"
#include "sim/raycast_parts.h"

enum { MAILBOX_SIZE = 16, LIST_SIZE = 256 };

/* Progress along the beam is counted as if no ray ran more upright than this; so none divides by zero. */
#define LEAST_ADVANCE 1e-12
/* Rays of one beam: how far their sideways slopes may lie from the first one's, and their origins, in cells. */
#define BEAM_SPREAD 0.5
#define BEAM_CELLS 4

struct rays { /* one packet's, on their way */
    struct lanes3 o, d;
    lanes inverse_z, nearest, solid, face;
    struct vec3 lead; /* one ray's direction */
    unsigned sense;
    bool any, changed;
};

struct packet {
    struct rays rays;
    const double *origin[3], *direction[3]; /* the same as numbers */
    bool one_origin;
    int lead; /* lane by which the present group goes */
};

/* Bounds of a group of rays, along the axis u on which they advance and across it (v). */
struct beam {
    bool along_y;                        /* u is y */
    double sign;                         /* of the advance along u */
    double u0, u1, v0, v1, z0, z1;       /* of the origins; u and v from the grid's corner */
    double slope0, slope1, rise0, rise1; /* v and z per unit of advance */
    lanes advance;                       /* along u per metre, 0 for rays of other groups */
};

/* --- one solid ------------------------------------------------------------------------------------------- */

static inline struct lanes3 turn_into(const struct ray_solid *solid, struct lanes3 v)
{
    const struct vec3 *a = solid->axes;
    if (solid->upright)
        return (struct lanes3){lanes_all(a[0].x) * v.x + lanes_all(a[0].y) * v.y,
                               lanes_all(a[1].x) * v.x + lanes_all(a[1].y) * v.y, v.z};
    return (struct lanes3){lanes_all(a[0].x) * v.x + lanes_all(a[0].y) * v.y + lanes_all(a[0].z) * v.z,
                           lanes_all(a[1].x) * v.x + lanes_all(a[1].y) * v.y + lanes_all(a[1].z) * v.z,
                           lanes_all(a[2].x) * v.x + lanes_all(a[2].y) * v.y + lanes_all(a[2].z) * v.z};
}

static inline struct local_rays localise(const struct ray_solid *solid, const struct rays *rays)
{
    struct vec3 at = solid->position;
    struct lanes3 apart = {rays->o.x - lanes_all(at.x), rays->o.y - lanes_all(at.y), rays->o.z - lanes_all(at.z)};
    struct local_rays local = {turn_into(solid, apart), turn_into(solid, rays->d), rays->inverse_z};
    if (!solid->upright)
        local.inverse_z = lanes_all(1) / local.d.z;
    return local;
}

static inline lanes solid_hit(const struct ray_solid *solid, const struct rays *rays, lanes *face)
{
    struct local_rays local = localise(solid, rays);
    *face = lanes_all(FACE_ROUND);
    switch (solid->kind) {
    case SHAPE_BOX: return box_hit(solid->size_m, &local, face);
    case SHAPE_CYLINDER: return cylinder_hit(solid->size_m, &local, face);
    case SHAPE_SPHERE: return sphere_hit(solid->size_m.x, local.o, local.d);
    case SHAPE_CAPSULE: return capsule_hit(solid->size_m, &local);
    case SHAPE_PLANE: *face = lanes_all(FACE_Z); return plane_hit(&local);
    case SHAPE_HULL:
    case SHAPE_MESH:
    case SHAPE_HEIGHTFIELD: break;
    }
    struct vec3 lead = {vec3_dot(solid->axes[0], rays->lead), vec3_dot(solid->axes[1], rays->lead),
                        vec3_dot(solid->axes[2], rays->lead)};
    return triangles_hit(solid->triangles, &local, rays->nearest, lead, face);
}

/* Among equally near solids the lowest id wins, so the order of asking does not matter. */
static inline void solid_try(const struct raycast *raycast, uint32_t id, struct rays *rays)
{
    const struct ray_solid *solid = &raycast->solids[id];
    if (!(solid->senses & rays->sense))
        return;
    lanes face, own = lanes_all(id), t = solid_hit(solid, rays, &face);
    lane_mask tie = mask_and(lanes_equal(t, rays->nearest), lanes_less(own, rays->solid));
    lane_mask better = mask_or(lanes_less(t, rays->nearest), tie);
    if (!mask_any(better))
        return;
    rays->nearest = lanes_pick(better, rays->any ? lanes_all(-1) : t, rays->nearest);
    rays->solid = lanes_pick(better, own, rays->solid);
    rays->face = lanes_pick(better, face, rays->face);
    rays->changed = true;
}

/* --- walking --------------------------------------------------------------------------------------------- */

static inline void try_everywhere(const struct raycast *raycast, const struct cell *list, struct rays *rays)
{
    for (uint32_t i = 0; i < list->count; i++)
        solid_try(raycast, list->entries[i].id, rays);
}

/* Whether the circle and heights of an entry reach into the part of the beam from `near` to `far`. */
static inline bool beam_meets(const struct beam *beam, const struct cell_entry *entry, double near, double far)
{
    double u = (double)entry->at_m[beam->along_y], v = (double)entry->at_m[!beam->along_y];
    double r = (double)entry->radius_m;
    double from = (beam->sign > 0 ? u - beam->u1 : beam->u0 - u) - r;
    double to = (beam->sign > 0 ? u - beam->u0 : beam->u1 - u) + r;
    from = from > near ? from : near;
    to = to < far ? to : far;
    double v0 = beam->v0 + beam->slope0 * (beam->slope0 < 0 ? to : from);
    double v1 = beam->v1 + beam->slope1 * (beam->slope1 < 0 ? from : to);
    double z0 = beam->z0 + beam->rise0 * (beam->rise0 < 0 ? to : from);
    double z1 = beam->z1 + beam->rise1 * (beam->rise1 < 0 ? from : to);
    return (from <= to) & (v + r >= v0) & (v - r <= v1) & ((double)entry->z1_m >= z0) & ((double)entry->z0_m <= z1);
}

struct shortlist {
    uint32_t ids[LIST_SIZE], count;
    uint32_t mailbox[MAILBOX_SIZE]; /* what was listed before, nearly always; no id is UINT32_MAX */
};

/* Without branches, which no processor would foresee. There must be room. */
static inline void list_entries(const struct beam *beam, const struct cell_entry *entries, uint32_t count, double near,
                                double far, struct shortlist *list)
{
    uint32_t listed = list->count;
    for (uint32_t i = 0; i < count; i++) {
        const struct cell_entry *entry = &entries[i];
        uint32_t *seen = &list->mailbox[entry->id % MAILBOX_SIZE];
        bool wanted = (*seen != entry->id) & beam_meets(beam, entry, near, far);
        *seen = wanted ? entry->id : *seen;
        list->ids[listed] = entry->id;
        listed += wanted;
    }
    list->count = listed;
}

static inline void try_listed(const struct raycast *raycast, struct shortlist *list, struct rays *rays)
{
    for (uint32_t i = 0; i < list->count; i++)
        solid_try(raycast, list->ids[i], rays);
    list->count = 0;
}

static inline int cell_below(double offset_m, double per_m, int count)
{
    double cell = offset_m * per_m;
    return cell < 0 ? -1 : cell < count ? (int)cell : count;
}

static inline double beam_reach(const struct beam *beam, const struct rays *rays)
{
    return lanes_most(rays->nearest * beam->advance) + GRID_SLACK_M;
}

/* Tries what stands in those cells of slice i that the beam may touch. */
static inline void walk_slice(const struct raycast *raycast, const struct beam *beam, int i, double near, double far,
                              struct shortlist *list, struct rays *rays)
{
    const struct grid *grid = &raycast->grid;
    bool along_y = beam->along_y;
    int across = along_y ? grid->columns : grid->rows;
    double v0 = beam->v0 + beam->slope0 * (beam->slope0 < 0 ? far : near) - GRID_SLACK_M / 2;
    double v1 = beam->v1 + beam->slope1 * (beam->slope1 < 0 ? near : far) + GRID_SLACK_M / 2;
    int first = cell_below(v0, grid->per_m, across), last = cell_below(v1, grid->per_m, across);
    first += first < 0;
    last -= last == across;
    size_t stride = along_y ? 1 : (size_t)grid->columns;
    const struct cell *cells = grid->cells + (size_t)i * (along_y ? (size_t)grid->columns : 1);
    for (int k = first; k <= last; k++) {
        const struct cell *cell = &cells[(size_t)k * stride];
        for (uint32_t next = 0; next < cell->count;) {
            uint32_t room = LIST_SIZE - list->count, left = cell->count - next, count = left < room ? left : room;
            list_entries(beam, cell->entries + next, count, near, far, list);
            next += count;
            if (list->count == LIST_SIZE)
                try_listed(raycast, list, rays);
        }
    }
    try_listed(raycast, list, rays);
}

/* Where rays that rise or sink have left the solids' heights for good, along u. */
static inline double beam_limit(const struct beam *beam, const struct grid *grid)
{
    if (beam->rise0 > 0)
        return (grid->z1_m - beam->z0) / beam->rise0;
    return beam->rise1 < 0 ? (grid->z0_m - beam->z1) / beam->rise1 : HUGE_VAL;
}

static inline void walk_beam(const struct raycast *raycast, const struct beam *beam, struct rays *rays)
{
    const struct grid *grid = &raycast->grid;
    bool back = beam->sign < 0;
    int count = beam->along_y ? grid->rows : grid->columns;
    int i = cell_below(back ? beam->u1 : beam->u0, grid->per_m, count);
    double limit = beam_limit(beam, grid), reach = 0;
    struct shortlist list = {.count = 0};
    memset(list.mailbox, 0xff, sizeof list.mailbox);
    i = back ? i - (i == count) : i + (i < 0);
    rays->changed = true;
    for (; i >= 0 && i < count; i += back ? -1 : 1) {
        double low = i * grid->cell_m, high = (i + 1) * grid->cell_m;
        double near = back ? beam->u0 - high : low - beam->u1, far = back ? beam->u1 - low : high - beam->u0;
        if (rays->changed) {
            reach = lanes_most(rays->nearest * beam->advance) + GRID_SLACK_M;
            reach = reach < limit ? reach : limit;
            rays->changed = false;
        }
        if (near > reach)
            break;
        walk_slice(raycast, beam, i, near > 0 ? near : 0, far < reach ? far : reach, &list, rays);
    }
}

/* Bounds over the lanes of `group`. */
static inline void bound(lanes values, lane_mask group, double *low, double *high)
{
    *low = lanes_least(lanes_pick(group, values, lanes_all(HUGE_VAL)));
    *high = lanes_most(lanes_pick(group, values, lanes_all(-HUGE_VAL)));
}

/* Where the rays of a group begin, on the grid; who begins too far from the first leaves the group. */
static inline lane_mask bound_origins(const struct raycast *raycast, const struct packet *packet, lane_mask group,
                                      struct beam *beam)
{
    const struct grid *grid = &raycast->grid;
    const struct rays *rays = &packet->rays;
    bool along_y = beam->along_y;
    double corner_u = along_y ? grid->y0 : grid->x0, corner_v = along_y ? grid->x0 : grid->y0;
    double lead_u = packet->origin[along_y][packet->lead] - corner_u;
    double lead_v = packet->origin[!along_y][packet->lead] - corner_v;
    beam->u0 = beam->u1 = lead_u;
    beam->v0 = beam->v1 = lead_v;
    beam->z0 = beam->z1 = packet->origin[2][packet->lead];
    if (packet->one_origin)
        return group;
    const lanes wide = lanes_all(BEAM_CELLS * grid->cell_m);
    lanes u = (along_y ? rays->o.y : rays->o.x) - lanes_all(corner_u);
    lanes v = (along_y ? rays->o.x : rays->o.y) - lanes_all(corner_v);
    group = mask_and(group, lanes_at_most(lanes_abs(u - lanes_all(lead_u)), wide));
    group = mask_and(group, lanes_at_most(lanes_abs(v - lanes_all(lead_v)), wide));
    bound(u, group, &beam->u0, &beam->u1);
    bound(v, group, &beam->v0, &beam->v1);
    bound(rays->o.z, group, &beam->z0, &beam->z1);
    return group;
}

/* Walks with the lowest pending lane and all that go its way; returns who that was. */
static inline lane_mask walk_group(const struct raycast *raycast, struct packet *packet, lane_mask pending)
{
    struct rays *rays = &packet->rays;
    packet->lead = __builtin_ctz(mask_bits(pending));
    const double lead[2] = {packet->direction[0][packet->lead], packet->direction[1][packet->lead]};
    bool along_y = fabs(lead[1]) > fabs(lead[0]);
    double sign = copysign(1, lead[along_y]), lead_ahead = fabs(lead[along_y]);
    double lead_slope = lead[!along_y] / (lead_ahead > LEAST_ADVANCE ? lead_ahead : LEAST_ADVANCE);
    lanes ahead = (along_y ? rays->d.y : rays->d.x) * lanes_all(sign);
    lanes advance = lanes_max(ahead, lanes_all(LEAST_ADVANCE)), inverse = lanes_all(1) / advance;
    lanes slope = (along_y ? rays->d.x : rays->d.y) * inverse;
    lane_mask group = mask_and(pending, lanes_at_most(lanes_all(-LEAST_ADVANCE), ahead));
    group = mask_and(group, lanes_at_most(lanes_abs(slope - lanes_all(lead_slope)), lanes_all(BEAM_SPREAD)));
    struct beam beam = {.along_y = along_y, .sign = sign};
    group = bound_origins(raycast, packet, group, &beam);
    beam.advance = lanes_pick(group, advance, lanes_all(0));
    bound(slope, group, &beam.slope0, &beam.slope1);
    bound(rays->d.z * inverse, group, &beam.rise0, &beam.rise1);
    rays->lead = (struct vec3){lead[0], lead[1], packet->direction[2][packet->lead]};
    walk_beam(raycast, &beam, rays);
    return group;
}

static struct lanes3 load3(const double *const from[3])
{
    return (struct lanes3){lanes_load(from[0]), lanes_load(from[1]), lanes_load(from[2])};
}

static void trace_packet(const struct raycast *raycast, struct bundle *bundle, size_t first, unsigned sense, bool any)
{
    struct packet packet = {
        .origin = {&bundle->origin[0][first], &bundle->origin[1][first], &bundle->origin[2][first]},
        .direction = {&bundle->direction[0][first], &bundle->direction[1][first], &bundle->direction[2][first]},
        .one_origin = bundle->one_origin,
    };
    struct rays *rays = &packet.rays;
    rays->o = load3(packet.origin);
    rays->d = load3(packet.direction);
    rays->inverse_z = lanes_all(1) / rays->d.z;
    rays->nearest = lanes_load(&bundle->nearest_m[first]);
    rays->solid = lanes_all(BUNDLE_NO_SOLID);
    rays->face = lanes_all(0);
    rays->lead = (struct vec3){packet.direction[0][0], packet.direction[1][0], packet.direction[2][0]};
    rays->sense = sense;
    rays->any = any;
    try_everywhere(raycast, &raycast->planes, rays);
    try_everywhere(raycast, &raycast->grid.everywhere, rays);
    lane_mask pending = lanes_at_most(lanes_all(0), rays->nearest);
    while (mask_any(pending))
        pending = mask_without(pending, walk_group(raycast, &packet, pending));
    lanes_store(&bundle->nearest_m[first], rays->nearest);
    lanes_store(&bundle->solid[first], rays->solid);
    lanes_store(&bundle->face[first], rays->face);
}

static void trace_bundle(const struct raycast *raycast, struct bundle *bundle, unsigned sense, bool any)
{
    ASSERT(bundle->count <= BUNDLE_RAYS);
    for (size_t idle = bundle->count; idle % LANES; idle++) {
        for (int axis = 0; axis < 3; axis++) {
            bundle->origin[axis][idle] = bundle->origin[axis][0];
            bundle->direction[axis][idle] = bundle->direction[axis][0];
        }
        bundle->nearest_m[idle] = -1;
    }
    for (size_t first = 0; first < bundle->count; first += LANES)
        trace_packet(raycast, bundle, first, sense, any);
}

#endif
