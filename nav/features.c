#include "nav/features.h"

#include <math.h>
#include <string.h>

static void fill_zero(size_t count, float *out) { memset(out, 0, count * sizeof *out); }

/* --- lidar: the nearest return of each of `count` equal sectors, the first centred behind the robot ------------- */
static size_t sector_of(double angle, size_t count)
{
    double turn = (angle + PI) / (2 * PI);
    turn -= floor(turn);
    size_t sector = (size_t)(turn * (double)count + 0.5);
    return sector < count ? sector : 0;
}

static void fill_lidar(const struct policy_input *in, size_t count, float *out)
{
    const struct sight *sight = &in->belief->sight;
    if (!sight->lidar_m) {
        fill_zero(count, out);
        return;
    }
    for (size_t i = 0; i < count; i++)
        out[i] = (float)FEATURE_LIDAR_M;
    for (size_t i = 0; i < sight->lidar_count; i++) {
        float range_m = sight->lidar_m[i];
        size_t sector = sector_of(sight->lidar_first_rad + (double)i * sight->lidar_step_rad, count);
        if (range_m < out[sector]) /* false for NaN */
            out[sector] = range_m;
    }
}

/* --- depth: the nearest of each of `count` stripes of columns, of what stands above the floor's lower third ----- */
static void fill_depth(const struct policy_input *in, size_t count, float *out)
{
    const struct sight *sight = &in->belief->sight;
    if (!sight->depth_m || sight->width <= 0) {
        fill_zero(count, out);
        return;
    }
    size_t width = (size_t)sight->width, height = (size_t)sight->height;
    for (size_t i = 0; i < count; i++)
        out[i] = (float)FEATURE_DEPTH_M;
    for (size_t column = 0; column < width; column++) {
        size_t stripe = column * count / width;
        for (size_t row = height / 6; row < height * 2 / 3; row++) {
            float depth_m = sight->depth_m[row * width + column];
            if (depth_m < out[stripe])
                out[stripe] = depth_m;
        }
    }
}

/* The whole image, `count` being its pixels, or its pixels pooled by whole factors; row by row. */
static void fill_depth_image(const struct policy_input *in, size_t count, float *out)
{
    const struct sight *sight = &in->belief->sight;
    size_t pixels = (size_t)sight->width * (size_t)sight->height;
    if (!sight->depth_m || pixels != count) {
        fill_zero(count, out);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        float depth_m = sight->depth_m[i];
        out[i] = depth_m < (float)FEATURE_DEPTH_M ? depth_m : (float)FEATURE_DEPTH_M; /* NaN: far */
    }
}

/* Planes of red, green and blue, 0..1. */
static void fill_rgb(const struct policy_input *in, size_t count, float *out)
{
    const struct sight *sight = &in->belief->sight;
    size_t pixels = (size_t)sight->width * (size_t)sight->height;
    if (!sight->rgb || 3 * pixels != count) {
        fill_zero(count, out);
        return;
    }
    for (size_t plane = 0; plane < 3; plane++)
        for (size_t i = 0; i < pixels; i++)
            out[plane * pixels + i] = (float)sight->rgb[3 * i + plane] / 255.0f;
}

/* --- the belief's layers: how far it is to something, along `count` directions, the first straight behind ------- */
static double free_along(const struct belief *belief, double angle, bool (*stops)(const struct belief *, size_t))
{
    double c = cos(belief->pose.yaw + angle), s = sin(belief->pose.yaw + angle), step = belief->grid.resolution_m;
    for (double away = step; away < FEATURE_FUSED_M; away += step) {
        struct cell cell =
            grid_cell(&belief->grid, (struct vec2){belief->pose.x + c * away, belief->pose.y + s * away});
        if (!grid_holds(&belief->grid, cell))
            break;
        if (stops(belief, grid_index(&belief->grid, cell)))
            return away;
    }
    return FEATURE_FUSED_M;
}

static bool is_occupied(const struct belief *belief, size_t i) { return belief->occupancy[i] >= 65; }
static bool is_keepout(const struct belief *belief, size_t i) { return belief->keepout[i] != 0; }

static void fill_rays(const struct policy_input *in, size_t count, float *out,
                      bool (*stops)(const struct belief *, size_t))
{
    for (size_t i = 0; i < count; i++)
        out[i] = (float)free_along(in->belief, -PI + 2 * PI * (double)i / (double)count, stops);
}
static void fill_fused(const struct policy_input *in, size_t count, float *out)
{
    fill_rays(in, count, out, is_occupied);
}
static void fill_keepout(const struct policy_input *in, size_t count, float *out)
{
    fill_rays(in, count, out, is_keepout);
}

/* --- task ------------------------------------------------------------------------------------------------------- */
static void fill_goal(const struct policy_input *in, size_t count, float *out)
{
    (void)count;
    struct vec2 goal = pose2_unapply(in->belief->pose, in->task->goal);
    out[0] = (float)goal.x;
    out[1] = (float)goal.y;
}

static size_t nearest_point(const struct plan *plan, struct vec2 at)
{
    size_t best = 0;
    for (size_t i = 1; i < plan->count; i++)
        if (vec2_distance(plan->points[i], at) < vec2_distance(plan->points[best], at))
            best = i;
    return best;
}

/* Points of the plan ahead, FEATURE_PATH_STEP_M apart, x and y in the robot's frame; the last is repeated. Without a
 * plan the goal's direction stands in. */
static void fill_path(const struct policy_input *in, size_t count, float *out)
{
    const struct plan *plan = in->plan;
    struct vec2 here = {in->belief->pose.x, in->belief->pose.y}, at = in->task->goal;
    size_t next = plan->count ? nearest_point(plan, here) : 0;
    double along_m = 0;
    for (size_t i = 0; 2 * i + 1 < count; i++) {
        double until_m = FEATURE_PATH_STEP_M * (double)(i + 1);
        for (; plan->count && next + 1 < plan->count && along_m < until_m; next++)
            along_m += vec2_distance(plan->points[next], plan->points[next + 1]);
        if (plan->count)
            at = plan->points[next];
        struct vec2 p = pose2_unapply(in->belief->pose, at);
        out[2 * i] = (float)p.x;
        out[2 * i + 1] = (float)p.y;
    }
}

static void fill_velocity(const struct policy_input *in, size_t count, float *out)
{
    (void)count;
    out[0] = (float)in->belief->twist.v_mps;
    out[1] = (float)in->belief->twist.w_radps;
}

static void fill_last(const struct policy_input *in, size_t count, float *out)
{
    (void)count;
    out[0] = (float)in->last.v_mps;
    out[1] = (float)in->last.w_radps;
}

static void fill_limits(const struct policy_input *in, size_t count, float *out)
{
    (void)count;
    out[0] = (float)in->task->max_v_mps;
    out[1] = (float)in->task->min_v_mps;
    out[2] = (float)in->task->max_w_radps;
}

const struct feature feature_table[] = {
    {"lidar", "nearest return of each sector, from straight behind to the left, at most 10 m", 0, fill_lidar,
     FEATURE_RING, (float)FEATURE_LIDAR_M},
    {"depth", "nearest depth of each stripe of the image, left to right, at most 8 m", 0, fill_depth,
     FEATURE_STRIPES, (float)FEATURE_DEPTH_M},
    {"depth_image", "depth of every pixel, at most 8 m, row by row", 0, fill_depth_image,
     FEATURE_IMAGE, (float)FEATURE_DEPTH_M},
    {"rgb", "red, green and blue planes of the colour image, 0..1", 0, fill_rgb, FEATURE_COLOUR, 0},
    {"fused", "way to the nearest occupied cell of the belief in each direction, at most 5 m", 0, fill_fused,
     FEATURE_RING, (float)FEATURE_FUSED_M},
    {"keepout", "way to the nearest keep-out cell of the belief in each direction, at most 5 m", 0, fill_keepout,
     FEATURE_RING, (float)FEATURE_FUSED_M},
    {"goal", "goal in the robot's frame: x ahead, y to the left", 2, fill_goal, FEATURE_WHOLE, 0},
    {"path", "points of the plan every 0.4 m, x and y in the robot's frame", 0, fill_path, FEATURE_WHOLE, 0},
    {"velocity", "believed speed and turn rate", 2, fill_velocity, FEATURE_WHOLE, 0},
    {"last", "the command now in force", 2, fill_last, FEATURE_WHOLE, 0},
    {"limits", "fastest forward, fastest reverse (negative), fastest turn", 3, fill_limits, FEATURE_WHOLE, 0},
};
const size_t feature_count = COUNT_OF(feature_table);

const struct feature *feature_find(const char *name)
{
    for (size_t i = 0; i < feature_count; i++)
        if (!strcmp(feature_table[i].name, name))
            return &feature_table[i];
    return NULL;
}
