#include "sim/raycast.h"

#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "logs/status.h"
#include "sim/raycast_parts.h"

enum { MAILBOX_SIZE = 16 };

/* A direction this short along an axis leaves no cell within any distance that matters. */
static const double NO_ADVANCE = 1e-12;

/* --- solids --------------------------------------------------------------------------------------------- */

struct raycast *raycast_create(double x0, double y0, double x1, double y1, double cell_m)
{
    struct raycast *raycast = NEW(struct raycast);
    grid_init(&raycast->grid, x0, y0, x1, y1, cell_m);
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
    free(gone->planes.ids);
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

uint32_t raycast_add(struct raycast *raycast, const struct raycast_solid *solid)
{
    ASSERT(shape_fault(&solid->shape) == NULL);
    raycast_reserve(raycast);
    uint32_t id = raycast->count++;
    raycast->given[id] = *solid;
    raycast->given[id].shape = shape_copy(&solid->shape);
    raycast->triangles[id] = triangles_create(&solid->shape);
    raycast->solids[id] = (struct ray_solid){.senses = solid->senses, .triangles = raycast->triangles[id]};
    raycast_place(raycast, id);
    if (solid->shape.kind == SHAPE_PLANE)
        id_list_put(&raycast->planes, id);
    else
        grid_put(&raycast->grid, id, &raycast->solids[id].footprint);
    return id;
}

void raycast_move(struct raycast *raycast, uint32_t solid, struct pose3 pose)
{
    ASSERT(solid < raycast->count);
    struct footprint from = raycast->solids[solid].footprint;
    raycast->given[solid].pose = pose;
    raycast_place(raycast, solid);
    if (raycast->solids[solid].kind != SHAPE_PLANE)
        grid_move(&raycast->grid, solid, &from, &raycast->solids[solid].footprint);
}

void raycast_answer(struct raycast *raycast, uint32_t solid, unsigned senses)
{
    ASSERT(solid < raycast->count);
    raycast->given[solid].senses = raycast->solids[solid].senses = senses;
}

/* --- rays ----------------------------------------------------------------------------------------------- */

struct nearest raycast_planes(const struct raycast *raycast, const struct ray *ray, double max_m)
{
    struct nearest nearest = {max_m, UINT32_MAX, 0};
    for (uint32_t i = 0; i < raycast->planes.count; i++) {
        uint32_t id = raycast->planes.ids[i];
        const struct ray_solid *solid = &raycast->solids[id];
        bool faces = vec3_dot(solid->axes[2], ray->direction) < 0;
        if (faces && solid->senses & ray->sense)
            nearest_try(&nearest, solid, id, solid_local_point(solid, ray->origin), ray->direction);
    }
    return nearest;
}

/* Tries a cell's solids, each of them (nearly always) only once a ray. */
static void list_try(const struct raycast *raycast, const struct id_list *list, const struct ray *ray,
                     uint32_t mailbox[MAILBOX_SIZE], struct nearest *nearest)
{
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t id = list->ids[i];
        const struct ray_solid *solid = &raycast->solids[id];
        if (!(solid->senses & ray->sense) || mailbox[id % MAILBOX_SIZE] == id)
            continue;
        mailbox[id % MAILBOX_SIZE] = id;
        nearest_try(nearest, solid, id, solid_local_point(solid, ray->origin), ray->direction);
    }
}

struct advance { /* along one axis of the grid */
    int cell, step;
    double next_m, per_cell_m; /* distance along the ray to the next border, and between borders */
};

/* Shortens from..to to what lies in 0..length along one axis; `still` if the ray does not move along it. */
static void clip_axis(double offset_m, double direction, double length_m, double *from, double *to)
{
    if (fabs(direction) < NO_ADVANCE) {
        if (offset_m < 0 || offset_m > length_m)
            *to = -1;
        return;
    }
    double a = -offset_m / direction, b = (length_m - offset_m) / direction;
    *from = fmax(*from, fmin(a, b));
    *to = fmin(*to, fmax(a, b));
}

static struct advance advance_start(double offset_m, double direction, double from, double cell_m, int count)
{
    int cell = (int)clamp(floor((offset_m + direction * from) / cell_m), 0, count - 1);
    if (fabs(direction) < NO_ADVANCE)
        return (struct advance){cell, 0, HUGE_VAL, HUGE_VAL};
    int step = direction > 0 ? 1 : -1;
    double border = (cell + (step > 0)) * cell_m;
    return (struct advance){cell, step, (border - offset_m) / direction, cell_m / fabs(direction)};
}

/* Amanatides and Woo 1987. */
struct nearest raycast_walk(const struct raycast *raycast, const struct ray *ray, double max_m)
{
    const struct grid *grid = &raycast->grid;
    struct nearest nearest = raycast_planes(raycast, ray, max_m);
    uint32_t mailbox[MAILBOX_SIZE];
    memset(mailbox, 0xff, sizeof mailbox);
    list_try(raycast, &grid->outside, ray, mailbox, &nearest);
    double from = 0, to = nearest.distance_m, ox = ray->origin.x - grid->x0, oy = ray->origin.y - grid->y0;
    clip_axis(ox, ray->direction.x, grid->columns * grid->cell_m, &from, &to);
    clip_axis(oy, ray->direction.y, grid->rows * grid->cell_m, &from, &to);
    if (from > to)
        return nearest;
    struct advance x = advance_start(ox, ray->direction.x, from, grid->cell_m, grid->columns);
    struct advance y = advance_start(oy, ray->direction.y, from, grid->cell_m, grid->rows);
    while ((unsigned)x.cell < (unsigned)grid->columns && (unsigned)y.cell < (unsigned)grid->rows) {
        const struct id_list *cell = &grid->cells[(size_t)y.cell * (size_t)grid->columns + (size_t)x.cell];
        list_try(raycast, cell, ray, mailbox, &nearest);
        struct advance *next = x.next_m < y.next_m ? &x : &y;
        if (!(next->next_m < nearest.distance_m + GRID_SLACK_M))
            break;
        next->cell += next->step;
        next->next_m += next->per_cell_m;
    }
    return nearest;
}

bool raycast_report(const struct raycast *raycast, const struct ray *ray, const struct nearest *nearest, double max_m,
                    struct raycast_hit *hit)
{
    uint32_t id = nearest->solid;
    if (id == UINT32_MAX) {
        *hit = (struct raycast_hit){.distance_m = max_m, .material = -1, .tag = -1, .solid = id};
        return false;
    }
    const struct ray_solid *solid = &raycast->solids[id];
    const struct raycast_solid *given = &raycast->given[id];
    *hit = (struct raycast_hit){
        .distance_m = nearest->distance_m,
        .normal = solid_normal(solid, ray->origin, ray->direction, nearest->distance_m, nearest->face),
        .material = given->material, .tag = given->tag, .solid = id,
    };
    return true;
}

bool raycast_ray(const struct raycast *raycast, struct vec3 origin, struct vec3 direction, double max_m, unsigned sense,
                 struct raycast_hit *hit)
{
    struct ray ray = {origin, direction, sense};
    struct nearest nearest = raycast_walk(raycast, &ray, max_m);
    return raycast_report(raycast, &ray, &nearest, max_m, hit);
}

void raycast_blocked(const struct raycast *raycast, const struct raycast_line *lines, size_t count, unsigned sense,
                     bool *blocked)
{
    for (size_t i = 0; i < count; i++) {
        struct ray ray = {lines[i].origin, lines[i].direction, sense};
        blocked[i] = raycast_walk(raycast, &ray, lines[i].max_m).solid != UINT32_MAX;
    }
}

const struct raycast_solid *raycast_solid(const struct raycast *raycast, uint32_t solid)
{
    ASSERT(solid < raycast->count);
    return &raycast->given[solid];
}

size_t raycast_count(const struct raycast *raycast) { return raycast->count; }
