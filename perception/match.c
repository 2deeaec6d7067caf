#include "perception/match.h"

#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "perception/distance.h"
#include "perception/mapper.h"

enum { ROUNDS = 14, BEAMS_MIN = 20 };
#define FIELD_M 0.8          /* walls farther away than this pull no more */
#define KERNEL_WIDE_M 0.5    /* the robust kernel's scale, shrinking by KERNEL_SHRINK every round ... */
#define KERNEL_NARROW_M 0.08 /* ... to this */
#define KERNEL_SHRINK 0.75
#define BEAM_SD_M 0.12       /* while searching: so that the prior holds against what the map does not know */
#define NEAR_SDS 3.0         /* of range noise and map: beams that end farther from a wall have not met it */
#define FACE_TURN_COS 0.87   /* beams end on one face of a wall while its normal turns less than 30 degrees ... */
#define FACE_GAP_M 0.5       /* ... and their ends are no farther apart */
#define THROUGH_M 0.4        /* a beam that ends so far behind a wall has passed through it */
#define BACK_MAX 0.2         /* cosine */
#define SHARE_MIN 0.35
#define SHIFT_MAX 16.3       /* squared Mahalanobis distance: chi-square with 3 degrees of freedom, 99.9 % */

struct match {
    struct grid grid;
    float *signed_m;
};

/* Distances to the nearest cell with (cells[i] is a wall) == walls. */
static void measure(struct distance *distance, const struct static_map *map, bool walls, uint8_t *flags, float *out_m)
{
    for (size_t i = 0; i < grid_size(&map->grid); i++)
        flags[i] = (map->cells[i] >= MAPPER_OCCUPIED) == walls;
    distance_update(distance, flags, (struct distance_window){0, 0, map->grid.width, map->grid.height}, out_m);
}

struct match *match_create(const struct static_map *map)
{
    struct match *match = NEW(struct match);
    size_t cells = grid_size(&map->grid);
    double reach_m = fmin(FIELD_M, DISTANCE_REACH_MAX * map->grid.resolution_m);
    struct distance distance;
    distance_init(&distance, map->grid.width, map->grid.height, map->grid.resolution_m, reach_m);
    uint8_t *flags = NEW_ARRAY(cells, uint8_t);
    float *inside = NEW_ARRAY(cells, float), half = (float)(map->grid.resolution_m / 2);
    match->grid = map->grid;
    match->signed_m = NEW_ARRAY(cells, float);
    measure(&distance, map, true, flags, match->signed_m);
    measure(&distance, map, false, flags, inside);
    for (size_t i = 0; i < cells; i++) /* a cell is half a cell away from its own face */
        match->signed_m[i] += match->signed_m[i] > 0 ? -half : half - inside[i];
    free(inside);
    free(flags);
    distance_clear(&distance);
    return match;
}

void match_destroy(struct match **match)
{
    if (!*match)
        return;
    free((*match)->signed_m);
    free(*match);
    *match = NULL;
}

/* By the nearest cell: for many poses, each of them rough. */
double match_distance_m(const struct match *match, struct vec2 p)
{
    struct cell c = grid_cell(&match->grid, p);
    return grid_holds(&match->grid, c) ? fabs((double)match->signed_m[grid_index(&match->grid, c)]) : FIELD_M;
}

/* Strides as long as the field says that nothing is near (sphere tracing, Hart 1996). Walls that a beam
 * ends close behind count as met: that much the pose and the map may err. */
static bool passes_wall(const struct match *match, struct vec2 from, struct vec2 to)
{
    double length = vec2_distance(from, to), end = length - THROUGH_M;
    struct vec2 way = vec2_scale(vec2_sub(to, from), length > 0 ? 1 / length : 0);
    for (double at = 0; at < end;) {
        struct cell c = grid_cell(&match->grid, vec2_add(from, vec2_scale(way, at)));
        double free_m = grid_holds(&match->grid, c) ? (double)match->signed_m[grid_index(&match->grid, c)] : FIELD_M;
        if (free_m < 0)
            return true;
        at += fmax(free_m, match->grid.resolution_m);
    }
    return false;
}

static struct vec2 end_of(struct pose2 pose, double c, double s, struct vec2 beam)
{
    return (struct vec2){pose.x + c * beam.x - s * beam.y, pose.y + s * beam.x + c * beam.y};
}

double match_unexplained(const struct match *match, const struct vec2 *beams, size_t count, struct pose2 pose,
                         double kernel_m, bool through)
{
    double c = cos(pose.yaw), s = sin(pose.yaw), sum = 0, k2 = square(kernel_m);
    for (size_t i = 0; i < count; i++) {
        struct vec2 end = end_of(pose, c, s, beams[i]);
        double d2 = square(match_distance_m(match, end));
        sum += through && passes_wall(match, (struct vec2){pose.x, pose.y}, end) ? 1 : d2 / (d2 + k2);
    }
    return sum;
}

double match_through(const struct match *match, const struct vec2 *beams, size_t count, struct pose2 pose)
{
    double c = cos(pose.yaw), s = sin(pose.yaw);
    size_t passed = 0;
    for (size_t i = 0; i < count; i++)
        passed += passes_wall(match, (struct vec2){pose.x, pose.y}, end_of(pose, c, s, beams[i]));
    return count ? (double)passed / (double)count : 0;
}

struct probe {
    double value_m, dx, dy; /* the field and its slope */
};

/* Bilinear between cell centres; false outside the grid or too far from any wall. */
static bool probe_field(const struct match *match, double x, double y, struct probe *out)
{
    const struct grid *grid = &match->grid;
    double u = (x - grid->origin.x) / grid->resolution_m - 0.5, v = (y - grid->origin.y) / grid->resolution_m - 0.5;
    if (!(u >= 0 && v >= 0 && u < grid->width - 1 && v < grid->height - 1))
        return false;
    int column = (int)u, row = (int)v;
    double a = u - column, b = v - row;
    const float *low = match->signed_m + grid_index(grid, (struct cell){column, row}), *high = low + grid->width;
    double f00 = (double)low[0], f10 = (double)low[1], f01 = (double)high[0], f11 = (double)high[1];
    out->value_m = (1 - b) * ((1 - a) * f00 + a * f10) + b * ((1 - a) * f01 + a * f11);
    out->dx = ((1 - b) * (f10 - f00) + b * (f11 - f01)) / grid->resolution_m;
    out->dy = ((1 - a) * (f01 - f00) + a * (f11 - f10)) / grid->resolution_m;
    return out->value_m < FIELD_M - grid->resolution_m;
}

struct ending { /* of a beam on the map */
    double value_m, slope[3]; /* the field there, and its derivatives by x, y, yaw */
    double weight;            /* Geman and McClure, 0..1 */
    double facing2;           /* squared cosine between the beam and the wall's normal */
};

static bool end_beam(const struct match *match, struct vec2 beam, struct pose2 pose, double kernel_m,
                     struct ending *out)
{
    double c = cos(pose.yaw), s = sin(pose.yaw), rx = c * beam.x - s * beam.y, ry = s * beam.x + c * beam.y;
    struct probe at;
    if (!probe_field(match, pose.x + rx, pose.y + ry, &at))
        return false;
    double along = at.dx * rx + at.dy * ry, length2 = rx * rx + ry * ry, k2 = square(kernel_m);
    if (along > BACK_MAX * sqrt(length2))
        return false; /* the far face of a thin wall: no beam ends there */
    *out = (struct ending){at.value_m, {at.dx, at.dy, at.dy * rx - at.dx * ry}, square(k2 / (k2 + square(at.value_m))),
                           length2 > 0 ? square(along) / length2 : 1};
    return true;
}

struct normal { /* equations of one round */
    double information[9], gradient[3];
    double explained;
};

static struct normal gather(const struct match *match, const struct vec2 *beams, size_t count, struct pose2 pose,
                            double kernel_m)
{
    struct normal sum = {0};
    struct ending at;
    for (size_t i = 0; i < count; i++) {
        if (!end_beam(match, beams[i], pose, kernel_m, &at))
            continue;
        sum.explained += fabs(at.value_m) < MATCH_EXPLAINED_M;
        for (int a = 0; a < 3; a++) {
            sum.gradient[a] += at.weight / square(BEAM_SD_M) * at.slope[a] * at.value_m;
            for (int b = 0; b < 3; b++)
                sum.information[a * 3 + b] += at.weight / square(BEAM_SD_M) * at.slope[a] * at.slope[b];
        }
    }
    return sum;
}

/* x = a^-1 b for a symmetric positive definite 3x3 (Cholesky). False if it is not. */
static bool solve3(const double a[9], const double b[3], double x[3])
{
    double l[9] = {0}, y[3];
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j <= i; j++) {
            double sum = a[i * 3 + j];
            for (int k = 0; k < j; k++)
                sum -= l[i * 3 + k] * l[j * 3 + k];
            if (i == j && !(sum > 0))
                return false;
            l[i * 3 + j] = i == j ? sqrt(sum) : sum / l[j * 3 + j];
        }
    }
    for (int i = 0; i < 3; i++) {
        y[i] = b[i];
        for (int k = 0; k < i; k++)
            y[i] -= l[i * 3 + k] * y[k];
        y[i] /= l[i * 4];
    }
    for (int i = 2; i >= 0; i--) {
        x[i] = y[i];
        for (int k = i + 1; k < 3; k++)
            x[i] -= l[k * 3 + i] * x[k];
        x[i] /= l[i * 4];
    }
    return true;
}

static bool invert_prior(const double covariance[9], double out[9])
{
    for (int i = 0; i < 3; i++) {
        double unit[3] = {i == 0, i == 1, i == 2}, column[3];
        if (!solve3(covariance, unit, column))
            return false;
        for (int j = 0; j < 3; j++)
            out[j * 3 + i] = column[j];
    }
    return true;
}

static void times(const double a[9], const double x[3], double out[3])
{
    for (int i = 0; i < 3; i++)
        out[i] = a[i * 3] * x[0] + a[i * 3 + 1] * x[1] + a[i * 3 + 2] * x[2];
}

/* What the scan is worth: beams weighed as in the search, their noise told apart into what is white and
 * what all beams on one face of a wall share. */
struct worth {
    double near, range2, residual2; /* beams that end on a wall; sums of variance by range noise, and of squares */
    double shared[9];               /* sum over faces of g g^T, g being the face's sum of weighted slopes */
};

static void face_close(struct worth *worth, double face[3])
{
    for (int i = 0; i < 9; i++)
        worth->shared[i] += face[i / 3] * face[i % 3];
    face[0] = face[1] = face[2] = 0;
}

static bool is_same_face(const struct ending *a, const struct ending *b, struct vec2 from, struct vec2 to)
{
    double dot = a->slope[0] * b->slope[0] + a->slope[1] * b->slope[1];
    double norms = hypot(a->slope[0], a->slope[1]) * hypot(b->slope[0], b->slope[1]);
    return dot >= FACE_TURN_COS * norms && vec2_distance(from, to) <= FACE_GAP_M;
}

static struct worth weigh(const struct match *match, const struct vec2 *beams, size_t count, struct pose2 pose,
                          const struct match_noise *noise)
{
    double near_m = NEAR_SDS * hypot(noise->range_m, noise->map_m);
    struct worth worth = {0};
    struct ending at, last = {0};
    struct vec2 last_beam = {0};
    double face[3] = {0};
    for (size_t i = 0; i < count; i++) {
        if (!end_beam(match, beams[i], pose, KERNEL_NARROW_M, &at))
            continue;
        if (!is_same_face(&last, &at, last_beam, beams[i]))
            face_close(&worth, face);
        for (int a = 0; a < 3; a++)
            face[a] += at.weight * at.slope[a];
        last = at;
        last_beam = beams[i];
        if (fabs(at.value_m) > near_m)
            continue; /* this one ends on something that the map does not know */
        worth.near++;
        worth.range2 += square(noise->range_m) * at.facing2;
        worth.residual2 += square(at.value_m);
    }
    face_close(&worth, face);
    return worth;
}

/* Rounds of Gauss-Newton on scan and prior together. The last one's equations stay in *last; `shift` is
 * pose - start. */
static bool descend(const struct match *match, const struct vec2 *beams, size_t count, struct pose2 start,
                    const double prior[9], struct normal *last, double shift[3])
{
    double kernel_m = KERNEL_WIDE_M;
    for (int round = 0; round < ROUNDS; round++) {
        struct pose2 pose = {start.x + shift[0], start.y + shift[1], start.yaw + shift[2]};
        *last = gather(match, beams, count, pose, kernel_m);
        double held[3], sum[9], right[3], step[3];
        times(prior, shift, held);
        for (int i = 0; i < 9; i++)
            sum[i] = last->information[i] + prior[i];
        for (int i = 0; i < 3; i++)
            right[i] = -last->gradient[i] - held[i];
        if (!solve3(sum, right, step))
            return false;
        for (int i = 0; i < 3; i++)
            shift[i] += step[i];
        bool is_settled = hypot(step[0], step[1]) < 1e-4 && fabs(step[2]) < 1e-5;
        if (is_settled && kernel_m <= KERNEL_NARROW_M)
            break;
        kernel_m = fmax(KERNEL_NARROW_M, kernel_m * (is_settled ? 0.3 : KERNEL_SHRINK));
    }
    return true;
}

/* From the equations of the search to what the scan says: information and pull by the beams' own noise,
 * and what the map's error makes of the pose, (information + held)^-1 applied to the faces' shares. */
static void tell_worth(const struct match *match, const struct vec2 *beams, size_t count, const double held[9],
                       const struct match_noise *noise, struct match_result *result)
{
    struct worth worth = weigh(match, beams, count, result->pose, noise);
    if (!(worth.range2 > 0))
        return;
    double white_m2 = worth.range2 / worth.near, scale = square(BEAM_SD_M) / white_m2, sum[9], half[9], shift[3];
    result->map_m2 = worth.residual2 / worth.near - white_m2;
    for (int i = 0; i < 9; i++) {
        result->information[i] *= scale;
        sum[i] = result->information[i] + held[i];
    }
    for (int i = 0; i < 3; i++)
        result->pull[i] *= scale;
    for (int j = 0; j < 3; j++) { /* columns of sum^-1 shared; then the same from the right, by symmetry */
        double column[3] = {worth.shared[j], worth.shared[3 + j], worth.shared[6 + j]};
        if (!solve3(sum, column, shift))
            return;
        for (int i = 0; i < 3; i++)
            half[j * 3 + i] = shift[i];
    }
    for (int j = 0; j < 3; j++) {
        double column[3] = {half[j], half[3 + j], half[6 + j]};
        if (!solve3(sum, column, shift))
            return;
        for (int i = 0; i < 3; i++)
            result->systematic[j * 3 + i] = shift[i] * square(noise->map_m / white_m2);
    }
}

struct match_result match_scan(const struct match *match, const struct vec2 *points, size_t count, struct pose2 prior,
                               const double covariance[9], const struct match_noise *noise)
{
    ASSERT(noise->range_m > 0 && noise->map_m >= 0);
    struct match_result result = {.verdict = MATCH_UNKNOWN, .pose = prior};
    struct vec2 beams[MATCH_BEAMS_MAX];
    size_t stride = (count + MATCH_BEAMS_MAX - 1) / MATCH_BEAMS_MAX, used = 0;
    for (size_t i = 0; i < count; i += stride)
        beams[used++] = points[i];
    if (used < BEAMS_MIN)
        return result;

    result.verdict = MATCH_REFUSED;
    double held[9], shift[3] = {0}, tension[3];
    struct normal last;
    if (!invert_prior(covariance, held) || !descend(match, beams, used, prior, held, &last, shift))
        return result;
    result.pose = (struct pose2){prior.x + shift[0], prior.y + shift[1], wrap_angle(prior.yaw + shift[2])};
    last = gather(match, beams, used, result.pose, KERNEL_NARROW_M);
    result.share = last.explained / (double)used;
    memcpy(result.information, last.information, sizeof result.information);
    /* at the optimum the scan's pull is balanced by the prior's: information * (scan - pose) = prior * (pose -
     * start) */
    times(held, shift, tension);
    times(last.information, shift, result.pull);
    for (int i = 0; i < 3; i++)
        result.pull[i] += tension[i];
    double distance2 = tension[0] * shift[0] + tension[1] * shift[1] + tension[2] * shift[2];
    if (result.share >= SHARE_MIN && distance2 <= SHIFT_MAX)
        result.verdict = MATCH_ACCEPTED;
    tell_worth(match, beams, used, held, noise, &result);
    return result;
}
