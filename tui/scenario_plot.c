#include "tui/scenario_plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "sim/material.h"
#include "tui/raster.h"

enum { MARGIN = 14, TITLE = 30, FOOT = 34, TEXT_HEIGHT = 15, GAP = 10 };
static const uint32_t PAPER = 0xffffff, INK = 0x202124, FAINT = 0x5f6368, FLOOR = 0xf1f3f4, LINES = 0xdfe2e5,
                      UNKNOWN = 0xd3d6da;
static const uint32_t START = 0x009e73, GOAL = 0xd55e00, WAY = 0x0072b2, PAINT = 0xf0c818, FORBIDDEN = 0xcc3311,
                      SLOW = 0x56b4e9, SLIPPERY = 0x88ccee,
                      LAMP = 0xe6a800; /* apart for colour-blind eyes, as in tui/plot.c */

struct view {
    struct raster *raster;
    double scale;          /* pixels a metre */
    double left, bottom;   /* pixel of the bounds' lower left corner */
    double x0_m, y0_m;
};

static struct vec2 to_pixel(const struct view *view, struct vec2 p)
{
    return (struct vec2){view->left + (p.x - view->x0_m) * view->scale,
                         view->bottom - (p.y - view->y0_m) * view->scale};
}

static struct raster_area area_at(const struct view *view, struct vec2 centre, struct vec2 half_m, double yaw,
                                  double radius_m)
{
    return (struct raster_area){.at = to_pixel(view, centre), .half = vec2_scale(half_m, view->scale), .yaw_rad = -yaw,
                                .radius = radius_m * view->scale};
}

static struct raster_area area_between(const struct view *view, double x0, double y0, double x1, double y1)
{
    return area_at(view, (struct vec2){(x0 + x1) / 2, (y0 + y1) / 2}, (struct vec2){(x1 - x0) / 2, (y1 - y0) / 2}, 0,
                   0);
}

static void line_draw(const struct view *view, struct vec2 from, struct vec2 to, uint32_t rgb, double width)
{
    struct vec2 a = to_pixel(view, from), b = to_pixel(view, to);
    raster_segment(view->raster, (double[]){a.x, a.y}, (double[]){b.x, b.y}, rgb, width);
}

static void dashes_draw(const struct view *view, struct vec2 from, struct vec2 to, uint32_t rgb)
{
    double length = vec2_distance(from, to), step = 9 / view->scale;
    for (double at = 0; at < length; at += step)
        line_draw(view, vec2_add(from, vec2_scale(vec2_sub(to, from), at / length)),
                  vec2_add(from, vec2_scale(vec2_sub(to, from), fmin(at + step / 2, length) / length)), rgb, 1.5);
}

static uint32_t colour_of(int material)
{
    const uint8_t *rgb = material_table[material].rgb;
    return (uint32_t)(rgb[0] << 16 | rgb[1] << 8 | rgb[2]);
}

static uint32_t darker(uint32_t rgb)
{
    return (rgb >> 16 & 255) * 5 / 8 << 16 | (rgb >> 8 & 255) * 5 / 8 << 8 | (rgb & 255) * 5 / 8;
}

/* --- ground ----------------------------------------------------------------------------------------------------- */

static void floor_draw(const struct view *view, const struct scenario *s)
{
    struct raster_area all = area_between(view, s->x0_m, s->y0_m, s->x1_m, s->y1_m);
    raster_fill(view->raster, &all, FLOOR, 1);
    double step = view->scale >= 12 ? 1 : view->scale >= 3 ? 5 : 20;
    for (double x = ceil(s->x0_m / step) * step; x <= s->x1_m; x += step)
        line_draw(view, (struct vec2){x, s->y0_m}, (struct vec2){x, s->y1_m}, LINES, 1);
    for (double y = ceil(s->y0_m / step) * step; y <= s->y1_m; y += step)
        line_draw(view, (struct vec2){s->x0_m, y}, (struct vec2){s->x1_m, y}, LINES, 1);
}

/* What a map does not know, pixel by pixel. */
static void unknown_draw(const struct view *view, const struct scenario *s)
{
    struct image *image = &view->raster->image;
    for (int y = 0; s->map.width && y < image->height; y++)
        for (int x = 0; x < image->width; x++) {
            struct vec2 p = {view->x0_m + (x + 0.5 - view->left) / view->scale,
                             view->y0_m + (view->bottom - y - 0.5) / view->scale};
            struct cell c = grid_cell(&s->map, p);
            if (!grid_holds(&s->map, c) || s->map_cells[grid_index(&s->map, c)] >= 0)
                continue;
            uint8_t *pixel = image->pixels + ((size_t)y * (size_t)image->width + (size_t)x) * 3;
            for (int i = 0; i < 3; i++)
                pixel[i] = (uint8_t)(UNKNOWN >> (16 - 8 * i));
        }
}

static void zone_draw(const struct view *view, const struct zone *zone)
{
    struct raster_area area = area_between(view, zone->x0_m, zone->y0_m, zone->x1_m, zone->y1_m);
    if (zone->painted)
        raster_fill(view->raster, &area, PAINT, 0.8);
    if (isfinite(zone->speed_limit_mps))
        raster_fill(view->raster, &area, SLOW, 0.3);
    if (zone->friction >= 0)
        raster_fill(view->raster, &area, SLIPPERY, 0.5);
    if (zone->keep_out)
        raster_outline(view->raster, &area, FORBIDDEN, 2);
    else
        raster_outline(view->raster, &area, FAINT, 1);
}

/* --- what stands and moves -------------------------------------------------------------------------------------- */

static void solid_draw(const struct view *view, const struct solid *solid)
{
    struct vec3 low, high;
    shape_bounds(&solid->shape, &low, &high);
    bool round = solid->shape.kind == SHAPE_CYLINDER || solid->shape.kind == SHAPE_SPHERE ||
                 solid->shape.kind == SHAPE_CAPSULE;
    double yaw = quat_yaw(solid->pose.orientation), radius = round ? solid->shape.radius_m : 0;
    struct vec2 middle = {(low.x + high.x) / 2, (low.y + high.y) / 2},
                half = {(high.x - low.x) / 2, (high.y - low.y) / 2};
    struct pose2 pose = {solid->pose.position.x, solid->pose.position.y, yaw};
    struct raster_area area = area_at(view, pose2_apply(pose, middle), round ? (struct vec2){0, 0} : half, yaw, radius);
    uint32_t rgb = colour_of(solid->material);
    double opacity = solid->ground ? 0.5 : material_table[solid->material].optic == OPTIC_GLASS ? 0.7 : 1;
    raster_fill(view->raster, &area, rgb, opacity);
    if (fmax(fmin(half.x, half.y), radius) * view->scale > 1.5)
        raster_outline(view->raster, &area, darker(rgb), 1);
}

struct layer { /* drawn from the lowest top up, as one sees them from above */
    double top_m;
    size_t solid;
};

static int layer_compare(const void *a, const void *b)
{
    const struct layer *left = a, *right = b;
    if (left->top_m != right->top_m)
        return left->top_m < right->top_m ? -1 : 1;
    return left->solid < right->solid ? -1 : left->solid > right->solid;
}

static void solids_draw(const struct view *view, const struct scenario *s)
{
    struct layer *layers = NEW_ARRAY(s->solid_count, struct layer);
    for (size_t i = 0; i < s->solid_count; i++) {
        struct vec3 low, high;
        shape_bounds_at(&s->solids[i].shape, s->solids[i].pose, &low, &high);
        layers[i] = (struct layer){high.z, i};
    }
    qsort(layers, s->solid_count, sizeof *layers, layer_compare);
    for (size_t i = 0; i < s->solid_count; i++)
        solid_draw(view, &s->solids[layers[i].solid]);
    free(layers);
}

static void spline_draw(const struct view *view, const struct spline *spline, uint32_t rgb)
{
    enum { STEPS = 240 };
    struct spline_key first = spline_key(spline, 0);
    double duration = spline_duration_s(spline);
    struct vec2 last = first.at;
    for (int i = 1; i <= STEPS; i++) {
        struct vec2 p = spline_at(spline, first.t_s + duration * i / STEPS).at;
        if (i % 2)
            line_draw(view, last, p, rgb, 1.5);
        last = p;
    }
}

static void door_draw(const struct view *view, const struct actor *actor)
{
    const struct door *door = &actor->door;
    double half_m = actor->size_m.x / 2;
    struct vec2 along = {cos(door->yaw_rad), sin(door->yaw_rad)};
    struct raster_area leaf = area_at(view, vec2_add(door->hinge, vec2_scale(along, half_m)),
                                      (struct vec2){half_m, fmax(actor->size_m.y, 0.06) / 2}, door->yaw_rad, 0);
    raster_fill(view->raster, &leaf, colour_of(actor->material), 1);
    raster_outline(view->raster, &leaf, darker(colour_of(actor->material)), 1);
    if (door->swing_rad == 0)
        return;
    double open = door->yaw_rad + door->swing_rad;
    dashes_draw(view, door->hinge,
                vec2_add(door->hinge, (struct vec2){2 * half_m * cos(open), 2 * half_m * sin(open)}), FAINT);
}

static void actor_draw(const struct view *view, const struct actor *actor)
{
    uint32_t rgb = colour_of(actor->material);
    if (actor->kind == ACTOR_DOOR) {
        door_draw(view, actor);
        return;
    }
    struct vec2 at = actor->spline ? spline_at(actor->spline, 0).at : vec2_add(actor->waypoints[0], actor->offset);
    if (actor->spline)
        spline_draw(view, actor->spline, rgb);
    for (int i = 1; i < actor->waypoint_count; i++)
        dashes_draw(view, actor->waypoints[i - 1], actor->waypoints[i], rgb);
    bool box = actor->size_m.x > 0;
    struct raster_area body =
        area_at(view, at, box ? (struct vec2){actor->size_m.x / 2, actor->size_m.y / 2} : (struct vec2){0, 0}, 0,
                box ? 0 : actor->radius_m);
    raster_fill(view->raster, &body, rgb, 1);
    raster_outline(view->raster, &body, darker(rgb), 1);
}

static void lamp_draw(const struct view *view, const struct lamp *lamp)
{
    struct vec2 at = to_pixel(view, (struct vec2){lamp->at.x, lamp->at.y});
    for (int i = 0; i < 4; i++) {
        double angle = i * PI / 4, dx = 7 * cos(angle), dy = 7 * sin(angle);
        raster_segment(view->raster, (double[]){at.x - dx, at.y - dy}, (double[]){at.x + dx, at.y + dy}, LAMP, 1.5);
    }
    raster_fill(view->raster, &(struct raster_area){.at = at, .radius = 3.5}, LAMP, 1);
}

/* --- the task --------------------------------------------------------------------------------------------------- */

static void start_draw(const struct view *view, const struct robot_config *robot, struct pose2 start)
{
    struct vec2 half = {fmax(robot->length_m / 2, 4 / view->scale), fmax(robot->width_m / 2, 3.4 / view->scale)};
    struct raster_area body = area_at(view, (struct vec2){start.x, start.y}, half, start.yaw, 0);
    raster_fill(view->raster, &body, START, 0.85);
    raster_outline(view->raster, &body, INK, 1);
    line_draw(view, (struct vec2){start.x, start.y}, pose2_apply(start, (struct vec2){2 * half.x, 0}), INK, 2);
}

static void goal_draw(const struct view *view, struct vec2 goal, double tolerance_m)
{
    struct raster_area near = area_at(view, goal, (struct vec2){0, 0}, 0, fmax(tolerance_m, 5 / view->scale));
    raster_fill(view->raster, &near, GOAL, 0.25);
    raster_outline(view->raster, &near, GOAL, 2);
    raster_fill(view->raster, &(struct raster_area){.at = near.at, .radius = 3}, GOAL, 1);
}

static void task_draw(const struct view *view, const struct scenario *s, const struct vec2 *way, size_t corners)
{
    for (size_t i = 1; i < corners; i++)
        line_draw(view, way[i - 1], way[i], WAY, 2);
    goal_draw(view, s->goal, s->goal_tolerance_m);
    start_draw(view, &s->robot, s->start);
    for (size_t i = 0; i < s->robot_count; i++) {
        goal_draw(view, s->robots[i].goal, s->goal_tolerance_m);
        start_draw(view, &s->robot, s->robots[i].start);
    }
}

/* --- round about ------------------------------------------------------------------------------------------------ */

/* A round number of metres that takes up to a quarter of the width. */
static void scale_bar_draw(const struct view *view, int width, int height)
{
    static const double lengths[] = {0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100};
    double length = lengths[0];
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        length = lengths[i] * view->scale <= width / 4.0 ? lengths[i] : length;
    double y = height - FOOT / 2.0, x0 = MARGIN, x1 = x0 + length * view->scale;
    raster_segment(view->raster, (double[]){x0, y}, (double[]){x1, y}, INK, 2);
    raster_segment(view->raster, (double[]){x0, y - 4}, (double[]){x0, y + 4}, INK, 2);
    raster_segment(view->raster, (double[]){x1, y - 4}, (double[]){x1, y + 4}, INK, 2);
    char text[16];
    snprintf(text, sizeof text, "%g m", length);
    raster_text(view->raster, x1 + 8, y, 0, INK, text);
}

static void foot_draw(const struct view *view, const struct scenario *s, double way_m, int width, int height)
{
    char text[96], way[32];
    snprintf(way, sizeof way, way_m < 0 ? "no way" : "way %.1f m", way_m);
    snprintf(text, sizeof text, "%s, %zu solids, %zu actors", way, s->solid_count, s->actor_count);
    scale_bar_draw(view, width, height);
    raster_text(view->raster, width - MARGIN, height - FOOT / 2.0, 2, FAINT, text);
}

static double length_of(const struct vec2 *way, size_t corners)
{
    double length = corners ? 0 : -1;
    for (size_t i = 1; i < corners; i++)
        length += vec2_distance(way[i - 1], way[i]);
    return length;
}

enum status scenario_plot(const struct scenario *s, const char *title, const struct vec2 *way, size_t corners,
                          int width, int height, struct image *image, struct error *err)
{
    struct raster raster;
    double wide_m = s->x1_m - s->x0_m, high_m = s->y1_m - s->y0_m;
    ASSERT(wide_m > 0 && high_m > 0 && width > 4 * MARGIN && height > 2 * (TITLE + FOOT));
    double scale = fmin((width - 2 * MARGIN) / wide_m, (height - TITLE - FOOT) / high_m);
    int high = (int)ceil(high_m * scale) + TITLE + FOOT;
    if (raster_open(&raster, width, high, PAPER, TEXT_HEIGHT, err))
        return err->status;
    struct view view = {&raster, scale, (width - wide_m * scale) / 2, high - FOOT, s->x0_m, s->y0_m};
    floor_draw(&view, s);
    unknown_draw(&view, s);
    for (size_t i = 0; i < s->zone_count; i++)
        zone_draw(&view, &s->zones[i]);
    solids_draw(&view, s);
    for (size_t i = 0; i < s->actor_count; i++)
        actor_draw(&view, &s->actors[i]);
    task_draw(&view, s, way, corners);
    for (size_t i = 0; i < s->lamp_count; i++)
        lamp_draw(&view, &s->lamps[i]);
    char cut[160];
    snprintf(cut, sizeof cut, "%.*s", (width - 2 * MARGIN) / 9, title); /* a character is 9 pixels wide */
    raster_text(&raster, MARGIN, TITLE / 2.0, 0, INK, cut);
    foot_draw(&view, s, length_of(way, corners), width, high);
    *image = raster_close(&raster);
    return STATUS_OK;
}

/* A row is as high as its highest picture. */
static int sheet_row_height(const struct image *images, size_t count, int columns, int row)
{
    int height = 0;
    for (size_t i = (size_t)row * (size_t)columns; i < count && i < (size_t)(row + 1) * (size_t)columns; i++)
        height = images[i].height > height ? images[i].height : height;
    return height;
}

enum status scenario_plot_sheet(const struct image *images, size_t count, int columns, struct image *sheet,
                                struct error *err)
{
    struct raster raster;
    ASSERT(count && columns > 0);
    int width = 0, rows = (int)(count + (size_t)columns - 1) / columns;
    int64_t high = GAP;
    for (size_t i = 0; i < count; i++)
        width = images[i].width > width ? images[i].width : width;
    for (int row = 0; row < rows; row++)
        high += sheet_row_height(images, count, columns, row) + GAP;
    int64_t wide = (int64_t)columns * (width + GAP) + GAP;
    if (wide > IMAGE_SIDE_MAX || high > IMAGE_SIDE_MAX)
        return error_set(err, STATUS_BAD_INPUT,
                         "a sheet of %zu pictures is %lld x %lld pixels large, at most %d a side are "
                         "drawn; name fewer scenarios or lower --size",
                         count, (long long)wide, (long long)high, IMAGE_SIDE_MAX);
    if (raster_open(&raster, (int)wide, (int)high, LINES, TEXT_HEIGHT, err))
        return err->status;
    for (int row = 0, y = GAP; row < rows; row++) {
        int height = sheet_row_height(images, count, columns, row);
        for (size_t i = (size_t)row * (size_t)columns; i < count && i < (size_t)(row + 1) * (size_t)columns; i++) {
            int x = GAP + (int)(i % (size_t)columns) * (width + GAP);
            struct raster_area tile = {.at = {x + width / 2.0, y + height / 2.0}, .half = {width / 2.0, height / 2.0}};
            raster_fill(&raster, &tile, PAPER, 1);
            raster_paste(&raster, &images[i], x, y);
        }
        y += height + GAP;
    }
    *sheet = raster_close(&raster);
    return STATUS_OK;
}
