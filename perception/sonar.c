#include "perception/sonar.h"

#include "logs/status.h"

#define AROUND_M 0.2    /* a return so near an echo's distance is the same thing */
#define ASIDE_RAD 0.1   /* and so far outside of its cone */
#define FOV_MAX_RAD 3.0
#define SHORT_M 0.15    /* a cone is free up to so far before its echo */

struct pose2 sonar_mount(int index, int count, double length_m, double width_m)
{
    double yaw = wrap_angle(2 * PI * index / count), c = cos(yaw), s = sin(yaw);
    double along = fmin(length_m / 2 / fmax(fabs(c), 1e-9), width_m / 2 / fmax(fabs(s), 1e-9));
    return (struct pose2){along * c, along * s, yaw};
}

size_t sonar_read(const struct msg_range_array *message, double length_m, double width_m,
                  struct sonar_cone cones[SONAR_MAX], size_t *bad)
{
    size_t count = 0, told = message->ranges.count;
    for (size_t i = 0; i < told; i++) {
        const struct msg_range *range = &message->ranges.data[i];
        bool hit = range->range >= range->min_range && range->range <= range->max_range && range->min_range >= 0.0f;
        bool nothing = isinf(range->range) && range->range > 0;
        bool cone = range->field_of_view > 0.0f && (double)range->field_of_view <= FOV_MAX_RAD;
        if (i >= SONAR_MAX || !cone || !(hit || nothing)) {
            ++*bad;
            continue;
        }
        cones[count++] = (struct sonar_cone){sonar_mount((int)i, (int)told, length_m, width_m),
                                             (double)range->field_of_view, (double)range->range,
                                             nothing || (double)range->range > SONAR_TRUST_M};
    }
    return count;
}

void sonar_explain(struct sonar_cone *cones, size_t count, const struct vec2 *points, size_t point_count)
{
    for (size_t i = 0; i < count; i++) {
        struct sonar_cone *cone = &cones[i];
        for (size_t k = 0; k < point_count && !cone->explained; k++) {
            struct vec2 p = pose2_unapply(cone->mount, points[k]);
            cone->explained = fabs(vec2_length(p) - cone->range_m) <= AROUND_M &&
                              fabs(atan2(p.y, p.x)) <= cone->fov_rad / 2 + ASIDE_RAD;
        }
    }
}

/* A point of the arc: `side` from -1 (right edge of the cone) to 1. */
static struct vec2 arc_point(const struct sonar_cone *cone, double side, double range_m)
{
    double a = side * cone->fov_rad / 2;
    return pose2_apply(cone->mount, (struct vec2){range_m * cos(a), range_m * sin(a)});
}

void sonar_arc(const struct sonar_cone *cone, struct vec2 points[SONAR_ARC_POINTS])
{
    for (int i = 0; i < SONAR_ARC_POINTS; i++)
        points[i] = arc_point(cone, -1 + 2.0 * i / (SONAR_ARC_POINTS - 1), cone->range_m);
}

/* A missing echo says nothing: a smooth wall aslant sends none. */
static void clear_cone(struct mapper *mapper, struct pose2 pose, const struct sonar_cone *cone)
{
    double free_m = fmin(cone->range_m, SONAR_TRUST_M) - SHORT_M;
    struct vec2 from = pose2_apply(pose, (struct vec2){cone->mount.x, cone->mount.y});
    if (isinf(cone->range_m) || free_m <= 0)
        return;
    for (int i = 0; i < SONAR_ARC_POINTS; i++)
        mapper_sonar_clear(mapper, from, pose2_apply(pose, arc_point(cone, -1 + 0.5 * i, free_m)));
}

size_t sonar_map(struct mapper *mapper, struct pose2 pose, const struct sonar_cone *cones, size_t count,
                 struct vec2 *points)
{
    size_t marked = 0;
    ASSERT(count <= SONAR_MAX);
    for (size_t i = 0; i < count; i++)
        clear_cone(mapper, pose, &cones[i]);
    for (size_t i = 0; i < count; i++) {
        if (cones[i].explained)
            continue;
        sonar_arc(&cones[i], points + marked);
        for (int k = 0; k < SONAR_ARC_POINTS; k++)
            mapper_sonar_mark(mapper, pose2_apply(pose, points[marked++]));
    }
    return marked;
}
