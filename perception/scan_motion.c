#include "perception/scan_motion.h"

#include <string.h>

#include "logs/hash.h"
#include "logs/status.h"

enum { ROUNDS = 10, PAIRS_MIN = 24, EVERY = 2 }; /* every other beam of the new scan is enough */
#define PAUSE_MAX_S 0.35
#define JUMP_MAX 0.15     /* of neighbouring ranges, as a share: more is an edge, not a surface */
#define GATE_WIDE_M 0.6   /* pairs farther apart are not believed; from this ... */
#define GATE_NARROW_M 0.1 /* ... down to this */
#define GATE_SHRINK 0.6
#define RETURNED_MIN 0.5 /* share of the beams */
#define SHARE_MIN 0.7    /* of the pairs that could be made must agree in the end */
#define NOISE_MIN_M 0.008 /* surfaces are not quite straight */
#define RATE_MAX_MPS 4.0
#define RATE_MAX_RADPS 6.0

void scan_motion_start(struct scan_motion *motion) { *motion = (struct scan_motion){.stamp_ns = INT64_MIN}; }

static bool is_smooth(double a, double b) { return fabs(a - b) < JUMP_MAX * fmin(a, b); }

/* Surfaces by the neighbours two beams away on either side: the noise of nearer ones would turn the normal. */
static void take_surfaces(struct scan_motion *motion, const float *ranges_m, size_t stride)
{
    size_t n = motion->count;
    for (size_t i = 0; i < n; i++) {
        double r = (double)ranges_m[i * stride], angle = motion->first_rad + (double)i * motion->step_rad;
        struct scan_surface *s = &motion->surface[i];
        *s = (struct scan_surface){{(double)NAN, (double)NAN}, {0, 0}};
        if (isfinite(r))
            s->point = (struct vec2){r * cos(angle), r * sin(angle)};
    }
    for (size_t i = 2; i + 2 < n; i++) {
        double before = (double)ranges_m[(i - 2) * stride], r = (double)ranges_m[i * stride],
               after = (double)ranges_m[(i + 2) * stride];
        if (!isfinite(before) || !isfinite(r) || !isfinite(after) || !is_smooth(before, r) || !is_smooth(r, after))
            continue;
        struct vec2 along = vec2_sub(motion->surface[i + 2].point, motion->surface[i - 2].point);
        double length = sqrt(along.x * along.x + along.y * along.y);
        if (length > 1e-6)
            motion->surface[i].normal = (struct vec2){-along.y / length, along.x / length};
    }
}

struct equations {
    double a[9], b[3]; /* information and pull, of unit noise */
    size_t pairs, near;
};

/* One beam of the new scan against the old one, if it has a partner there. */
static void add_pair(const struct scan_motion *old, struct vec2 p, double beam, struct pose2 at, double c, double s,
                     double gate_m, struct equations *sum)
{
    double rx = c * p.x - s * p.y, ry = s * p.x + c * p.y, range2 = p.x * p.x + p.y * p.y;
    /* moved by little, a return comes to lie under a beam that is found without an arc tangent */
    double across = (rx * at.y - ry * at.x) / range2;
    long i = lround(beam + (at.yaw + across) / old->step_rad), n = (long)old->count;
    if (fabs(old->step_rad) * (double)n > 1.98 * PI)
        i = (i % n + n) % n;
    if (i < 0 || i >= n)
        return;
    const struct scan_surface *surface = &old->surface[i];
    struct vec2 normal = surface->normal;
    if (normal.x == 0 && normal.y == 0)
        return;
    sum->pairs++;
    double off = normal.x * (rx + at.x - surface->point.x) + normal.y * (ry + at.y - surface->point.y);
    if (!(fabs(off) < gate_m))
        return;
    sum->near++;
    double share = off / gate_m, weight = square(1 - share * share); /* Tukey's biweight */
    const double slope[3] = {normal.x, normal.y, normal.y * rx - normal.x * ry};
    for (int j = 0; j < 3; j++) {
        sum->b[j] -= weight * slope[j] * off;
        for (int k = 0; k < 3; k++)
            sum->a[j * 3 + k] += weight * slope[j] * slope[k];
    }
}

static struct equations gather(const struct scan_motion *old, const struct vec2 *points, size_t count, struct pose2 at,
                               double gate_m)
{
    struct equations sum = {0};
    double c = cos(at.yaw), s = sin(at.yaw);
    for (size_t i = 0; i < count; i += EVERY)
        if (isfinite(points[i].x))
            add_pair(old, points[i], (double)i, at, c, s, gate_m, &sum);
    return sum;
}

/* Inverse of a symmetric 3x3 by its adjugate, a little held on the diagonal so that it exists. */
static void invert(const double a[9], double out[9])
{
    double m[9];
    memcpy(m, a, sizeof m);
    for (int i = 0; i < 9; i += 4)
        m[i] += 1e-3;
    const double adjugate[9] = {
        m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
        m[5] * m[6] - m[3] * m[8], m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
        m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3],
    };
    double determinant = m[0] * adjugate[0] + m[1] * adjugate[3] + m[2] * adjugate[6];
    ASSERT(determinant > 0);
    for (int i = 0; i < 9; i++)
        out[i] = adjugate[i] / determinant;
}

/* From `at` on; the covariance of unit noise stays in *covariance. Returns the share of pairs that agree. */
static double descend(const struct scan_motion *old, const struct vec2 *points, size_t count, struct pose2 *at,
                      double covariance[9])
{
    double gate_m = GATE_WIDE_M;
    struct equations sum = {0};
    for (int round = 0; round < ROUNDS; round++) {
        sum = gather(old, points, count, *at, gate_m);
        if (sum.near < PAIRS_MIN)
            return 0;
        invert(sum.a, covariance);
        double step[3] = {0};
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 3; k++)
                step[i] += covariance[i * 3 + k] * sum.b[k];
        *at = (struct pose2){at->x + step[0], at->y + step[1], at->yaw + step[2]};
        bool settled = hypot(step[0], step[1]) < 2e-4 && fabs(step[2]) < 2e-4;
        if (settled && gate_m <= GATE_NARROW_M)
            break;
        gate_m = fmax(GATE_NARROW_M, gate_m * GATE_SHRINK);
    }
    return sum.pairs ? (double)sum.near / (double)sum.pairs : 0;
}

static bool is_possible(struct pose2 moved, double dt_s)
{
    return hypot(moved.x, moved.y) < RATE_MAX_MPS * dt_s && fabs(moved.yaw) < RATE_MAX_RADPS * dt_s;
}

/* The search starts where the last motion goes on; if that does not fit, at rest. */
static void estimate(struct scan_motion *old, const struct vec2 *points, size_t count, struct vec2 mount,
                     double noise_m, struct scan_step *step)
{
    double dt_s = (double)(step->to_ns - step->from_ns) * 1e-9, covariance[9];
    struct pose2 at = {old->last_rate.x * dt_s, old->last_rate.y * dt_s, old->last_rate.yaw * dt_s};
    double share = descend(old, points, count, &at, covariance);
    if (share < SHARE_MIN || !is_possible(at, dt_s)) {
        at = (struct pose2){0};
        share = descend(old, points, count, &at, covariance);
    }
    step->share = share;
    step->valid = share >= SHARE_MIN && is_possible(at, dt_s);
    old->last_rate = step->valid ? (struct pose2){at.x / dt_s, at.y / dt_s, at.yaw / dt_s} : (struct pose2){0};
    if (!step->valid)
        return;
    double c = cos(at.yaw), s = sin(at.yaw), noise = fmax(noise_m, NOISE_MIN_M);
    noise *= 2; /* both scans; neighbours err alike */
    step->moved = (struct pose2){at.x + mount.x - c * mount.x + s * mount.y,
                                 at.y + mount.y - s * mount.x - c * mount.y, at.yaw};
    step->forward_sd_m = noise * sqrt(covariance[0]);
    step->turn_sd_rad = noise * sqrt(covariance[8]);
}

struct scan_step scan_motion_next(struct scan_motion *motion, int64_t stamp_ns, const float *ranges_m, size_t count,
                                  double first_rad, double step_rad, struct vec2 mount, double noise_m)
{
    struct scan_step step = {.from_ns = motion->stamp_ns, .to_ns = stamp_ns};
    size_t stride = (count + SCAN_MOTION_BEAMS - 1) / SCAN_MOTION_BEAMS, thin = count ? count / stride : 0;
    struct vec2 points[SCAN_MOTION_BEAMS];
    ASSERT(thin <= SCAN_MOTION_BEAMS && step_rad != 0);
    double spread_rad = step_rad * (double)stride;
    size_t returned = 0;
    for (size_t i = 0; i < thin; i++) {
        double r = (double)ranges_m[i * stride], angle = first_rad + (double)i * spread_rad;
        bool came_back = isfinite(r) && r > 0;
        points[i] = came_back ? vec2_scale((struct vec2){cos(angle), sin(angle)}, r)
                              : (struct vec2){(double)NAN, (double)NAN};
        returned += came_back;
    }
    bool same = thin == motion->count && first_rad == motion->first_rad && spread_rad == motion->step_rad;
    /* In the open, what little comes back may all belong to things that move: no witness. */
    bool enough = (double)returned >= RETURNED_MIN * (double)thin;
    if (motion->stamp_ns != INT64_MIN && same && enough && stamp_ns > motion->stamp_ns &&
        (double)(stamp_ns - motion->stamp_ns) * 1e-9 <= PAUSE_MAX_S)
        estimate(motion, points, thin, mount, noise_m, &step);
    motion->count = thin;
    motion->first_rad = first_rad;
    motion->step_rad = spread_rad;
    motion->stamp_ns = stamp_ns;
    take_surfaces(motion, ranges_m, stride);
    return step;
}

uint64_t scan_motion_hash(const struct scan_motion *motion, uint64_t hash)
{
    hash = hash_bytes(hash, &motion->stamp_ns, sizeof motion->stamp_ns);
    hash = hash_bytes(hash, &motion->last_rate, sizeof motion->last_rate);
    return hash_bytes(hash, motion->surface, motion->count * sizeof *motion->surface);
}
