#include "sim/triangles.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "logs/status.h"
#include "sim/hull.h"

enum { LEAF_SIZE = 4 };

/* --- from shapes ---------------------------------------------------------------------------------------- */

static struct triangle triangle_from(struct vec3 a, struct vec3 b, struct vec3 c, uint32_t number)
{
    struct vec3 edge1 = vec3_sub(b, a), edge2 = vec3_sub(c, a), normal = vec3_cross(edge1, edge2);
    double length = vec3_length(normal);
    return (struct triangle){a, edge1, edge2, vec3_scale(normal, length > 0 ? 1 / length : 0), number};
}

static void triangles_reserve(struct triangles *triangles, uint32_t count)
{
    triangles->items = NEW_ARRAY(count, struct triangle);
    triangles->count = count;
}

static void mesh_fill(struct triangles *triangles, const struct vec3 *vertices, const uint32_t *corners, uint32_t count)
{
    triangles_reserve(triangles, count);
    for (uint32_t i = 0; i < count; i++, corners += 3)
        triangles->items[i] = triangle_from(vertices[corners[0]], vertices[corners[1]], vertices[corners[2]], i);
}

static struct vec3 height_point(const struct shape *shape, uint32_t row, uint32_t column)
{
    return (struct vec3){(column - (shape->columns - 1) / 2.0) * shape->cell_m,
                         (row - (shape->rows - 1) / 2.0) * shape->cell_m,
                         shape->heights_m[(size_t)row * shape->columns + column]};
}

/* Each cell is cut from (row + 1, column) to (row, column + 1), as Bullet cuts it. */
static void heightfield_fill(struct triangles *triangles, const struct shape *shape)
{
    uint32_t next = 0;
    triangles_reserve(triangles, 2 * (shape->rows - 1) * (shape->columns - 1));
    for (uint32_t row = 0; row + 1 < shape->rows; row++)
        for (uint32_t column = 0; column + 1 < shape->columns; column++, next += 2) {
            struct vec3 a = height_point(shape, row, column), b = height_point(shape, row, column + 1);
            struct vec3 c = height_point(shape, row + 1, column), d = height_point(shape, row + 1, column + 1);
            triangles->items[next] = triangle_from(a, b, c, next);
            triangles->items[next + 1] = triangle_from(b, d, c, next + 1);
        }
}

/* --- the tree ------------------------------------------------------------------------------------------- */

static struct vec3 lower(struct vec3 a, struct vec3 b)
{
    return (struct vec3){fmin(a.x, b.x), fmin(a.y, b.y), fmin(a.z, b.z)};
}

static struct vec3 upper(struct vec3 a, struct vec3 b)
{
    return (struct vec3){fmax(a.x, b.x), fmax(a.y, b.y), fmax(a.z, b.z)};
}

static void node_bound(struct triangles_node *node, const struct triangle *items, double slack)
{
    node->low = (struct vec3){HUGE_VAL, HUGE_VAL, HUGE_VAL};
    node->high = (struct vec3){-HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
    for (uint32_t i = node->first; i < node->first + node->count; i++) {
        struct vec3 a = items[i].corner, b = vec3_add(a, items[i].edge1), c = vec3_add(a, items[i].edge2);
        node->low = lower(node->low, lower(a, lower(b, c)));
        node->high = upper(node->high, upper(a, upper(b, c)));
    }
    struct vec3 grow = {slack, slack, slack};
    node->low = vec3_sub(node->low, grow);
    node->high = vec3_add(node->high, grow);
}

/* Three times the centroid, along one axis. */
static double triangle_key(const struct triangle *t, int axis)
{
    struct vec3 sum = vec3_add(vec3_scale(t->corner, 3), vec3_add(t->edge1, t->edge2));
    return axis == 0 ? sum.x : axis == 1 ? sum.y : sum.z;
}

#define COMPARE_ALONG(name, axis)                                                                                      \
    static int name(const void *a, const void *b)                                                                      \
    {                                                                                                                  \
        const struct triangle *p = a, *q = b;                                                                          \
        double left = triangle_key(p, axis), right = triangle_key(q, axis);                                            \
        return left != right ? (left < right ? -1 : 1) : p->number < q->number ? -1 : 1;                               \
    }
COMPARE_ALONG(compare_x, 0)
COMPARE_ALONG(compare_y, 1)
COMPARE_ALONG(compare_z, 2)

/* Halves the node's triangles along its longest side until few are left; the depth is that of a balanced tree. */
static void node_split(struct triangles *triangles, uint32_t index, double slack)
{
    static int (*const compare[])(const void *, const void *) = {compare_x, compare_y, compare_z};
    struct triangles_node *node = &triangles->nodes[index];
    node_bound(node, triangles->items, slack);
    if (node->count <= LEAF_SIZE)
        return;
    struct vec3 size = vec3_sub(node->high, node->low);
    int axis = size.x >= size.y && size.x >= size.z ? 0 : size.y >= size.z ? 1 : 2;
    qsort(&triangles->items[node->first], node->count, sizeof *triangles->items, compare[axis]);
    uint32_t left = triangles->node_count, half = node->count / 2;
    triangles->node_count += 2;
    triangles->nodes[left] = (struct triangles_node){.first = node->first, .count = half};
    triangles->nodes[left + 1] = (struct triangles_node){.first = node->first + half, .count = node->count - half};
    node->first = left;
    node->count = 0;
    node_split(triangles, left, slack);
    node_split(triangles, left + 1, slack);
}

struct triangles *triangles_create(const struct shape *shape)
{
    if (shape->kind != SHAPE_HULL && shape->kind != SHAPE_MESH && shape->kind != SHAPE_HEIGHTFIELD)
        return NULL;
    struct triangles *triangles = NEW(struct triangles);
    if (shape->kind == SHAPE_HULL) {
        uint32_t count, *corners = hull_triangles(shape->vertices, shape->vertex_count, &count);
        mesh_fill(triangles, shape->vertices, corners, count);
        free(corners);
    } else if (shape->kind == SHAPE_MESH) {
        mesh_fill(triangles, shape->vertices, shape->triangles, shape->triangle_count);
    } else {
        heightfield_fill(triangles, shape);
    }
    triangles->nodes = NEW_ARRAY(2 * (size_t)triangles->count, struct triangles_node);
    triangles->nodes[0] = (struct triangles_node){.count = triangles->count};
    triangles->node_count = 1;
    struct vec3 low, high;
    shape_bounds(shape, &low, &high);
    node_split(triangles, 0, 1e-9 * (1 + vec3_length(low) + vec3_length(high)));
    triangles->place = NEW_ARRAY(triangles->count, uint32_t);
    for (uint32_t i = 0; i < triangles->count; i++)
        triangles->place[triangles->items[i].number] = i;
    return triangles;
}

void triangles_destroy(struct triangles **triangles)
{
    struct triangles *gone = *triangles;
    *triangles = NULL;
    if (!gone)
        return;
    free(gone->items);
    free(gone->place);
    free(gone->nodes);
    free(gone);
}

struct vec3 triangles_normal(const struct triangles *triangles, uint32_t triangle)
{
    return triangles->items[triangles->place[triangle]].normal;
}
