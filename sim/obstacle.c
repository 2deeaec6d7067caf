#include "sim/obstacle.h"

#include <stdlib.h>

#include "logs/memory.h"
#include "logs/status.h"

enum { FOUND_MAX = 64 };
static const double CELL_M = 1, LOW_M = 0.05, HIGH_M = 1.8; /* between which heights a solid is in a person's way */
static const double SAME_WALL_COS = 0.5;

struct area { /* of the ground plane */
    struct pose2 pose;
    double length_m, width_m, radius_m;
    size_t solid;
};

struct obstacles {
    double x0_m, y0_m;
    int columns, rows;
    struct area *areas; /* the still ones first */
    size_t count, still_count;
    uint32_t *first;   /* of a cell in `held`; one more than cells */
    uint32_t *held;    /* indices of areas, cell by cell */
};

struct gap gap_rectangle(struct pose2 pose, double length_m, double width_m, double radius_m, struct vec2 p)
{
    struct vec2 local = pose2_unapply(pose, p);
    double x = fabs(local.x) - length_m / 2, y = fabs(local.y) - width_m / 2;
    struct vec2 out = {copysign(fmax(x, 0), local.x), copysign(fmax(y, 0), local.y)};
    double outside = vec2_length(out), distance = outside > 0 ? outside : fmax(x, y);
    if (outside > 0)
        out = vec2_scale(out, 1 / outside);
    else
        out = x > y ? (struct vec2){copysign(1, local.x), 0} : (struct vec2){0, copysign(1, local.y)};
    struct vec2 away = vec2_sub(pose2_apply(pose, out), (struct vec2){pose.x, pose.y});
    return (struct gap){distance - radius_m, away};
}

static struct area area_of(const struct solid *solid, size_t index)
{
    struct vec3 low, high;
    shape_bounds(&solid->shape, &low, &high);
    bool box = solid->shape.kind == SHAPE_BOX;
    struct vec3 at = solid->pose.position;
    return (struct area){{at.x, at.y, quat_yaw(solid->pose.orientation)}, box ? high.x - low.x : 0,
                         box ? high.y - low.y : 0, box ? 0 : solid->shape.radius_m, index};
}

static bool in_the_way(const struct solid *solid)
{
    struct vec3 low, high;
    shape_bounds(&solid->shape, &low, &high);
    return solid->pose.position.z + low.z < HIGH_M && solid->pose.position.z + high.z > LOW_M;
}

static void take_solids(struct obstacles *o, const struct scenario *scenario)
{
    o->areas = NEW_ARRAY(scenario->solid_count, struct area);
    for (int moving = 0; moving < 2; moving++) {
        for (size_t i = 0; i < scenario->solid_count; i++)
            if ((scenario->solids[i].mass_kg > 0) == moving && in_the_way(&scenario->solids[i]))
                o->areas[o->count++] = area_of(&scenario->solids[i], i);
        o->still_count = moving ? o->still_count : o->count;
    }
}

/* The cells within reach of an area, as clamped inclusive ranges. */
static void cells_of(const struct obstacles *o, const struct area *area, int range[4])
{
    double reach = hypot(area->length_m, area->width_m) / 2 + area->radius_m + OBSTACLES_REACH_M;
    range[0] = (int)clamp(floor((area->pose.x - reach - o->x0_m) / CELL_M), 0, o->columns - 1);
    range[1] = (int)clamp(floor((area->pose.x + reach - o->x0_m) / CELL_M), 0, o->columns - 1);
    range[2] = (int)clamp(floor((area->pose.y - reach - o->y0_m) / CELL_M), 0, o->rows - 1);
    range[3] = (int)clamp(floor((area->pose.y + reach - o->y0_m) / CELL_M), 0, o->rows - 1);
}

static bool reaches_cell(const struct obstacles *o, const struct area *area, int x, int y)
{
    struct vec2 middle = {o->x0_m + (x + 0.5) * CELL_M, o->y0_m + (y + 0.5) * CELL_M};
    return gap_rectangle(area->pose, area->length_m, area->width_m, area->radius_m, middle).distance_m <
           OBSTACLES_REACH_M + CELL_M * 0.71;
}

/* Two passes over the same cells: count, then fill (first[] serves as the cursor, and is shifted back by the last
 * pass). */
static void fill_grid(struct obstacles *o)
{
    size_t cells = (size_t)o->columns * (size_t)o->rows;
    o->first = NEW_ARRAY(cells + 2, uint32_t);
    for (int filling = 0; filling < 2; filling++) {
        for (size_t i = 0; i < o->still_count; i++) {
            int range[4];
            cells_of(o, &o->areas[i], range);
            for (int y = range[2]; y <= range[3]; y++)
                for (int x = range[0]; x <= range[1]; x++) {
                    size_t cell = (size_t)y * (size_t)o->columns + (size_t)x;
                    if (!reaches_cell(o, &o->areas[i], x, y))
                        continue;
                    if (filling)
                        o->held[o->first[cell + 1]++] = (uint32_t)i;
                    else
                        o->first[cell + 2]++;
                }
        }
        for (size_t c = 2; !filling && c < cells + 2; c++)
            o->first[c] += o->first[c - 1];
        if (!filling)
            o->held = NEW_ARRAY(o->first[cells + 1] + 1, uint32_t);
    }
}

struct obstacles *obstacles_create(const struct scenario *scenario)
{
    struct obstacles *o = NEW(struct obstacles);
    o->x0_m = scenario->x0_m;
    o->y0_m = scenario->y0_m;
    o->columns = (int)fmax(1, ceil((scenario->x1_m - scenario->x0_m) / CELL_M));
    o->rows = (int)fmax(1, ceil((scenario->y1_m - scenario->y0_m) / CELL_M));
    take_solids(o, scenario);
    fill_grid(o);
    return o;
}

void obstacles_destroy(struct obstacles **obstacles)
{
    struct obstacles *gone = *obstacles;
    *obstacles = NULL;
    if (!gone)
        return;
    free(gone->areas);
    free(gone->first);
    free(gone->held);
    free(gone);
}

void obstacles_move(struct obstacles *o, size_t solid, struct pose3 pose)
{
    for (size_t i = o->still_count; i < o->count; i++)
        if (o->areas[i].solid == solid)
            o->areas[i].pose = (struct pose2){pose.position.x, pose.position.y, quat_yaw(pose.orientation)};
}

/* --- looking --------------------------------------------------------------------------------------------------- */

static size_t insert(struct gap found[FOUND_MAX], size_t count, struct gap gap)
{
    size_t i = count < FOUND_MAX ? count : FOUND_MAX - 1;
    if (count == FOUND_MAX && gap.distance_m >= found[i].distance_m)
        return count;
    for (; i && found[i - 1].distance_m > gap.distance_m; i--)
        found[i] = found[i - 1];
    found[i] = gap;
    return count < FOUND_MAX ? count + 1 : count;
}

static size_t look_at(const struct area *area, struct vec2 p, struct gap found[FOUND_MAX], size_t count)
{
    struct gap gap = gap_rectangle(area->pose, area->length_m, area->width_m, area->radius_m, p);
    return gap.distance_m < OBSTACLES_REACH_M ? insert(found, count, gap) : count;
}

static bool is_new(const struct gap *gaps, size_t count, struct vec2 away)
{
    for (size_t i = 0; i < count; i++)
        if (vec2_dot(gaps[i].away, away) > SAME_WALL_COS)
            return false;
    return true;
}

size_t obstacles_near(const struct obstacles *o, struct vec2 p, struct gap gaps[OBSTACLES_NEAR_MAX])
{
    struct gap found[FOUND_MAX];
    size_t found_count = 0, count = 0;
    double x = floor((p.x - o->x0_m) / CELL_M), y = floor((p.y - o->y0_m) / CELL_M);
    ASSERT(isfinite(p.x) && isfinite(p.y));
    if (x >= 0 && y >= 0 && x < o->columns && y < o->rows) {
        size_t cell = (size_t)y * (size_t)o->columns + (size_t)x;
        for (uint32_t i = o->first[cell]; i < o->first[cell + 1]; i++)
            found_count = look_at(&o->areas[o->held[i]], p, found, found_count);
    }
    for (size_t i = o->still_count; i < o->count; i++)
        found_count = look_at(&o->areas[i], p, found, found_count);
    for (size_t i = 0; i < found_count && count < OBSTACLES_NEAR_MAX; i++)
        if (is_new(gaps, count, found[i].away))
            gaps[count++] = found[i];
    return count;
}
