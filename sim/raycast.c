#include "sim/raycast.h"

#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "logs/status.h"
#include "sim/raycast_parts.h"

enum { FEW_RAYS = 2, FIRST_REFINEMENT = 64 /* solids */ };

/* Cells per solid that are worth having: fewer and each holds many solids, more and rays walk through empty ones. */
static const double CELLS_PER_SOLID = 1;

/* --- solids --------------------------------------------------------------------------------------------- */

struct raycast *raycast_create(double x0, double y0, double x1, double y1, double cell_m)
{
    struct raycast *raycast = NEW(struct raycast);
    grid_init(&raycast->grid, x0, y0, x1, y1, cell_m);
    raycast->widest_m = cell_m;
    raycast->refine_at = FIRST_REFINEMENT;
    for (int lanes = RAYCAST_PLAIN; lanes <= RAYCAST_AVX512; lanes++)
        raycast_use(raycast, (enum raycast_lanes)lanes);
    return raycast;
}

static void shape_drop(struct shape *shape)
{
    free((void *)(uintptr_t)shape->vertices);
    free((void *)(uintptr_t)shape->triangles);
    free((void *)(uintptr_t)shape->heights_m);
}

void raycast_destroy(struct raycast **raycast)
{
    struct raycast *gone = *raycast;
    *raycast = NULL;
    if (!gone)
        return;
    for (uint32_t i = 0; i < gone->count; i++) {
        triangles_destroy(&gone->triangles[i]);
        shape_drop(&gone->given[i].shape);
    }
    grid_clear(&gone->grid);
    free(gone->planes.entries);
    free(gone->solids);
    free(gone->given);
    free(gone->triangles);
    free(gone);
}

static void *copy_array(const void *array, size_t count, size_t size)
{
    return count ? memcpy(memory_new(count, size), array, count * size) : NULL;
}

/* Only the arrays that the kind uses; the others may point anywhere. */
static struct shape shape_copy(const struct shape *shape)
{
    struct shape copy = *shape;
    bool vertices = shape->kind == SHAPE_HULL || shape->kind == SHAPE_MESH;
    copy.vertices = copy_array(shape->vertices, vertices ? shape->vertex_count : 0, sizeof *shape->vertices);
    copy.triangles = copy_array(shape->triangles, shape->kind == SHAPE_MESH ? 3 * (size_t)shape->triangle_count : 0,
                                sizeof *shape->triangles);
    copy.heights_m = copy_array(shape->heights_m,
                                shape->kind == SHAPE_HEIGHTFIELD ? (size_t)shape->rows * shape->columns : 0,
                                sizeof *shape->heights_m);
    return copy;
}

static void raycast_reserve(struct raycast *raycast)
{
    if (raycast->count < raycast->capacity)
        return;
    raycast->capacity = raycast->capacity ? 2 * raycast->capacity : 64;
    raycast->solids = memory_resize(raycast->solids, raycast->capacity, sizeof *raycast->solids);
    raycast->given = memory_resize(raycast->given, raycast->capacity, sizeof *raycast->given);
    raycast->triangles = memory_resize(raycast->triangles, raycast->capacity, sizeof *raycast->triangles);
}

static void raycast_place(struct raycast *raycast, uint32_t id)
{
    const struct raycast_solid *given = &raycast->given[id];
    struct vec3 low, high;
    shape_bounds(&given->shape, &low, &high);
    solid_set(&raycast->solids[id], &given->shape, low, high, given->pose);
}

/* Many solids are small ones, or the field is large: smaller cells keep the number in each. Rays answer alike. */
static void raycast_refine(struct raycast *raycast)
{
    struct grid *grid = &raycast->grid;
    double x0 = grid->x0, y0 = grid->y0, x1 = grid->x1, y1 = grid->y1;
    double cell_m = fmin(raycast->widest_m, sqrt((x1 - x0) * (y1 - y0) / (CELLS_PER_SOLID * raycast->count)));
    raycast->refine_at = 2 * raycast->count;
    if (cell_m > 0.8 * grid->cell_m)
        return;
    grid_clear(grid);
    grid_init(grid, x0, y0, x1, y1, cell_m);
    for (uint32_t id = 0; id < raycast->count; id++)
        if (raycast->solids[id].kind != SHAPE_PLANE)
            grid_put(grid, id, &raycast->solids[id].footprint);
}

uint32_t raycast_add(struct raycast *raycast, const struct raycast_solid *solid)
{
    ASSERT(shape_fault(&solid->shape) == NULL);
    raycast_reserve(raycast);
    uint32_t id = raycast->count++;
    raycast->given[id] = *solid;
    raycast->given[id].shape = shape_copy(&solid->shape);
    raycast->triangles[id] = triangles_create(&solid->shape);
    raycast->solids[id] = (struct ray_solid){.senses = solid->senses, .material = solid->material, .tag = solid->tag,
                                            .triangles = raycast->triangles[id]};
    raycast_place(raycast, id);
    if (solid->shape.kind == SHAPE_PLANE)
        cell_put(&raycast->planes, &(struct cell_entry){.id = id});
    else
        grid_put(&raycast->grid, id, &raycast->solids[id].footprint);
    if (raycast->count >= raycast->refine_at)
        raycast_refine(raycast);
    return id;
}

void raycast_move(struct raycast *raycast, uint32_t solid, struct pose3 pose)
{
    ASSERT(solid < raycast->count);
    struct footprint from = raycast->solids[solid].footprint;
    raycast->given[solid].pose = pose;
    raycast_place(raycast, solid);
    const struct ray_solid *moved = &raycast->solids[solid];
    if (moved->kind != SHAPE_PLANE)
        grid_move(&raycast->grid, solid, &from, &moved->footprint);
}

void raycast_answer(struct raycast *raycast, uint32_t solid, unsigned senses)
{
    ASSERT(solid < raycast->count);
    raycast->given[solid].senses = raycast->solids[solid].senses = senses;
}

/* --- rays ----------------------------------------------------------------------------------------------- */

const struct packet_kernel *packet_kernel(enum raycast_lanes lanes)
{
    switch (lanes) {
    case RAYCAST_PLAIN: return &packet_plain;
#if defined(__x86_64__)
    case RAYCAST_SSE2: return &packet_sse2;
    case RAYCAST_AVX2: return __builtin_cpu_supports("avx2") ? &packet_avx2 : NULL;
    case RAYCAST_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") ? &packet_avx512 : NULL;
#else
    case RAYCAST_SSE2:
    case RAYCAST_AVX2:
    case RAYCAST_AVX512: break;
#endif
    }
    return NULL;
}

bool raycast_use(struct raycast *raycast, enum raycast_lanes lanes)
{
    const struct packet_kernel *kernel = packet_kernel(lanes);
    if (kernel)
        raycast->kernel = kernel;
    return kernel != NULL;
}

/* One ray or two leave wide vectors mostly idle. */
static const struct packet_kernel *kernel_for(const struct raycast *raycast, size_t count)
{
    return count <= FEW_RAYS ? &packet_plain : raycast->kernel;
}

static void bundle_put(struct bundle *bundle, struct vec3 origin, struct vec3 direction, double max_m)
{
    size_t i = bundle->count++;
    bundle->origin[0][i] = origin.x;
    bundle->origin[1][i] = origin.y;
    bundle->origin[2][i] = origin.z;
    bundle->direction[0][i] = direction.x;
    bundle->direction[1][i] = direction.y;
    bundle->direction[2][i] = direction.z;
    bundle->nearest_m[i] = max_m;
}

static bool bundle_report(const struct raycast *raycast, const struct bundle *bundle, size_t i, double max_m,
                          struct raycast_hit *hit)
{
    if (bundle->solid[i] == BUNDLE_NO_SOLID) {
        *hit = (struct raycast_hit){.distance_m = max_m, .material = -1, .tag = -1, .solid = UINT32_MAX};
        return false;
    }
    uint32_t id = (uint32_t)bundle->solid[i], face = (uint32_t)bundle->face[i];
    const struct ray_solid *solid = &raycast->solids[id];
    struct vec3 origin = {bundle->origin[0][i], bundle->origin[1][i], bundle->origin[2][i]};
    struct vec3 direction = {bundle->direction[0][i], bundle->direction[1][i], bundle->direction[2][i]};
    *hit = (struct raycast_hit){
        .distance_m = bundle->nearest_m[i],
        .normal = solid_normal(solid, origin, direction, bundle->nearest_m[i], face),
        .material = solid->material, .tag = solid->tag, .solid = id,
    };
    return true;
}

bool raycast_ray(const struct raycast *raycast, struct vec3 origin, struct vec3 direction, double max_m, unsigned sense,
                 struct raycast_hit *hit)
{
    struct bundle bundle;
    bundle.count = 0;
    bundle.one_origin = true;
    ASSERT(max_m < HUGE_VAL);
    bundle_put(&bundle, origin, direction, max_m);
    packet_plain.trace(raycast, &bundle, sense, false);
    return bundle_report(raycast, &bundle, 0, max_m, hit);
}

void raycast_rays(const struct raycast *raycast, struct vec3 origin, const struct vec3 *directions, size_t count,
                  double max_m, unsigned sense, struct raycast_hit *hits)
{
    const struct packet_kernel *kernel = kernel_for(raycast, count);
    struct bundle bundle;
    bundle.one_origin = true;
    ASSERT(max_m < HUGE_VAL);
    for (size_t first = 0; first < count; first += BUNDLE_RAYS) {
        bundle.count = 0;
        for (size_t i = first; i < count && bundle.count < BUNDLE_RAYS; i++)
            bundle_put(&bundle, origin, directions[i], max_m);
        kernel->trace(raycast, &bundle, sense, false);
        for (size_t i = 0; i < bundle.count; i++)
            bundle_report(raycast, &bundle, i, max_m, &hits[first + i]);
    }
}

void raycast_blocked(const struct raycast *raycast, const struct raycast_line *lines, size_t count, unsigned sense,
                     bool *blocked)
{
    const struct packet_kernel *kernel = kernel_for(raycast, count);
    struct bundle bundle;
    bundle.one_origin = false;
    for (size_t first = 0; first < count; first += BUNDLE_RAYS) {
        bundle.count = 0;
        for (size_t i = first; i < count && bundle.count < BUNDLE_RAYS; i++)
            bundle_put(&bundle, lines[i].origin, lines[i].direction, lines[i].max_m);
        kernel->trace(raycast, &bundle, sense, true);
        for (size_t i = 0; i < bundle.count; i++)
            blocked[first + i] = bundle.solid[i] != BUNDLE_NO_SOLID;
    }
}

const struct raycast_solid *raycast_solid(const struct raycast *raycast, uint32_t solid)
{
    ASSERT(solid < raycast->count);
    return &raycast->given[solid];
}

size_t raycast_count(const struct raycast *raycast) { return raycast->count; }
