#include "sim/spline.h"

#include <stdlib.h>

#include "logs/memory.h"
#include "logs/status.h"

struct knot {
    struct spline_key key;
    double knot;
    struct vec2 slope;    /* per knot unit */
    double length_m;      /* of the segment that begins here */
};

struct spline {
    enum spline_pace pace;
    enum spline_end end;
    double speed_mps, pause_s;
    size_t count;
    struct knot knots[];
};

/* Abscissae and weights of Gauss and Legendre's five-point rule on 0..1. */
static const double GAUSS_AT[] = {0.5, 0.23076534494715845, 0.76923465505284155, 0.04691007703066802,
                                  0.95308992296933193};
static const double GAUSS_WEIGHT[] = {0.28444444444444444, 0.23931433524968324, 0.23931433524968324,
                                      0.11846344252809454, 0.11846344252809454};
enum { PANELS = 4, STEPS_MAX = 60 };
static const double SAME_PLACE_M = 1e-9, ARC_M = 1e-11;

const char *spline_fault(const struct spline_def *def, size_t *key)
{
    *key = 0;
    if (def->key_count < 2)
        return "a spline needs two keys at least";
    if (def->pace == SPLINE_STEADY && !(def->speed_mps > 0 && isfinite(def->speed_mps)))
        return "a spline's speed must be above zero";
    if (!(def->pause_s >= 0 && isfinite(def->pause_s)))
        return "a spline's pause must not be negative";
    for (size_t i = 0; i < def->key_count; i++) {
        const struct spline_key *k = &def->keys[i];
        *key = i;
        if (!isfinite(k->at.x) || !isfinite(k->at.y) || (def->pace != SPLINE_STEADY && !isfinite(k->t_s)))
            return "a key's numbers must be finite";
        if (def->pace != SPLINE_STEADY && (i ? k->t_s <= def->keys[i - 1].t_s : k->t_s < 0))
            return "the times of keys must increase, from 0 or later";
        if (def->pace == SPLINE_STEADY && i && vec2_distance(k->at, def->keys[i - 1].at) <= SAME_PLACE_M)
            return "two keys in a row are at the same place";
    }
    return NULL;
}

/* --- the curve ------------------------------------------------------------------------------------------------- */

struct curve_point {
    struct vec2 at, slope; /* per u */
};

/* Segment i at u in 0..1. */
static struct curve_point curve(const struct spline *spline, size_t i, double u)
{
    const struct knot *a = &spline->knots[i], *b = &spline->knots[i + 1];
    double span = b->knot - a->knot, u2 = u * u, u3 = u2 * u;
    struct vec2 chord = vec2_sub(b->key.at, a->key.at);
    struct vec2 sa = vec2_scale(a->slope, span), sb = vec2_scale(b->slope, span);
    struct vec2 bend = vec2_add(vec2_scale(sa, u3 - 2 * u2 + u), vec2_scale(sb, u3 - u2));
    struct vec2 turn = vec2_add(vec2_scale(sa, 3 * u2 - 4 * u + 1), vec2_scale(sb, 3 * u2 - 2 * u));
    return (struct curve_point){vec2_add(a->key.at, vec2_add(vec2_scale(chord, 3 * u2 - 2 * u3), bend)),
                                vec2_add(vec2_scale(chord, 6 * u - 6 * u2), turn)};
}

/* Of segment i from 0 to u. */
static double arc_m(const struct spline *spline, size_t i, double u)
{
    double sum = 0, width = u / PANELS;
    for (int p = 0; p < PANELS; p++)
        for (size_t g = 0; g < COUNT_OF(GAUSS_AT); g++)
            sum += GAUSS_WEIGHT[g] * width * vec2_length(curve(spline, i, (p + GAUSS_AT[g]) * width).slope);
    return sum;
}

static double knot_of(const struct spline_def *def, size_t i, double last)
{
    if (def->pace == SPLINE_TIMED)
        return def->keys[i].t_s;
    if (def->pace == SPLINE_COUNTED)
        return (double)i;
    return i ? last + sqrt(vec2_distance(def->keys[i].at, def->keys[i - 1].at)) : 0;
}

static struct vec2 slope_between(const struct knot *a, const struct knot *b, double knots)
{
    return vec2_scale(vec2_sub(b->key.at, a->key.at), 1 / knots);
}

static void set_slopes(struct spline *spline)
{
    struct knot *k = spline->knots;
    size_t last = spline->count - 1;
    bool meets = last > 1 && vec2_distance(k[0].key.at, k[last].key.at) <= SAME_PLACE_M;
    double end_share = spline->pace == SPLINE_COUNTED ? 0.5 : 1;
    for (size_t i = 1; i < last; i++)
        k[i].slope = slope_between(&k[i - 1], &k[i + 1], k[i + 1].knot - k[i - 1].knot);
    if (meets && spline->end == SPLINE_REPEATS) {
        k[0].slope = slope_between(&k[last - 1], &k[1], k[1].knot - k[0].knot + k[last].knot - k[last - 1].knot);
        k[last].slope = k[0].slope;
        return;
    }
    k[0].slope = vec2_scale(slope_between(&k[0], &k[1], k[1].knot - k[0].knot), end_share);
    k[last].slope = vec2_scale(slope_between(&k[last - 1], &k[last], k[last].knot - k[last - 1].knot), end_share);
}

struct spline *spline_create(const struct spline_def *def)
{
    size_t key;
    ASSERT(!spline_fault(def, &key));
    struct spline *spline = memory_new(1, sizeof *spline + def->key_count * sizeof *spline->knots);
    spline->pace = def->pace;
    spline->end = def->end;
    spline->speed_mps = def->speed_mps;
    spline->pause_s = def->pause_s;
    spline->count = def->key_count;
    for (size_t i = 0; i < def->key_count; i++) {
        spline->knots[i].key = def->keys[i];
        spline->knots[i].knot = knot_of(def, i, i ? spline->knots[i - 1].knot : 0);
    }
    set_slopes(spline);
    for (size_t i = 0; i + 1 < spline->count; i++)
        spline->knots[i].length_m = arc_m(spline, i, 1);
    spline->knots[0].key.t_s = def->pace == SPLINE_STEADY ? 0 : def->keys[0].t_s;
    for (size_t i = 1; def->pace == SPLINE_STEADY && i < spline->count; i++) {
        const struct knot *before = &spline->knots[i - 1];
        spline->knots[i].key.t_s = before->key.t_s + before->length_m / def->speed_mps;
    }
    return spline;
}

void spline_destroy(struct spline **spline)
{
    free(*spline);
    *spline = NULL;
}

/* --- the clock ------------------------------------------------------------------------------------------------- */

double spline_duration_s(const struct spline *spline)
{
    return spline->knots[spline->count - 1].key.t_s - spline->knots[0].key.t_s;
}

double spline_length_m(const struct spline *spline)
{
    double length = 0;
    for (size_t i = 0; i + 1 < spline->count; i++)
        length += spline->knots[i].length_m;
    return length;
}

size_t spline_key_count(const struct spline *spline) { return spline->count; }

struct spline_key spline_key(const struct spline *spline, size_t i)
{
    ASSERT(i < spline->count);
    return spline->knots[i].key;
}

/* The share of segment i that has been gone after `s` metres of it: Newton's steps, halved where they leave the
 * bracket. */
static double share_at(const struct spline *spline, size_t i, double s)
{
    double low = 0, high = 1, u = s / spline->knots[i].length_m;
    for (int n = 0; n < STEPS_MAX; n++) {
        double off = arc_m(spline, i, u) - s;
        if (fabs(off) < ARC_M)
            break;
        low = off < 0 ? u : low;
        high = off < 0 ? high : u;
        u -= off / vec2_length(curve(spline, i, u).slope);
        if (!(u > low && u < high))
            u = (low + high) / 2;
    }
    return u;
}

static struct vec2 at_speed(struct vec2 slope, double speed_mps)
{
    double length = vec2_length(slope); /* 0 where it turns on the spot */
    return length > 0 ? vec2_scale(slope, speed_mps / length) : slope;
}

/* On the way there, t between the first and the last key's time. */
static struct spline_point point_there(const struct spline *spline, double t)
{
    size_t i = 0;
    while (i + 2 < spline->count && t >= spline->knots[i + 1].key.t_s)
        i++;
    const struct knot *a = &spline->knots[i];
    double span = spline->knots[i + 1].key.t_s - a->key.t_s, u = clamp((t - a->key.t_s) / span, 0, 1);
    if (spline->pace != SPLINE_STEADY) {
        struct curve_point p = curve(spline, i, u);
        return (struct spline_point){u < 1 ? p.at : spline->knots[i + 1].key.at, vec2_scale(p.slope, 1 / span)};
    }
    struct curve_point p = curve(spline, i, u > 0 && u < 1 ? share_at(spline, i, u * a->length_m) : u);
    return (struct spline_point){u < 1 ? p.at : spline->knots[i + 1].key.at,
                                at_speed(p.slope, spline->speed_mps)};
}

static struct spline_point point_still(const struct spline *spline, size_t i)
{
    return (struct spline_point){.at = spline->knots[i].key.at};
}

struct spline_point spline_at(const struct spline *spline, double t_s)
{
    double start = spline->knots[0].key.t_s, duration = spline_duration_s(spline), since = t_s - start;
    ASSERT(isfinite(t_s));
    if (since < 0)
        return point_still(spline, 0);
    if (spline->end == SPLINE_STOPS)
        return since <= duration ? point_there(spline, t_s) : point_still(spline, spline->count - 1);
    if (spline->end == SPLINE_REPEATS)
        return point_there(spline, start + fmod(since, duration));
    double phase = fmod(since, 2 * (duration + spline->pause_s));
    if (phase <= duration)
        return point_there(spline, start + phase);
    if (phase <= duration + spline->pause_s)
        return point_still(spline, spline->count - 1);
    phase -= duration + spline->pause_s;
    if (phase > duration)
        return point_still(spline, 0);
    struct spline_point back = point_there(spline, start + duration - phase);
    back.velocity_mps = vec2_scale(back.velocity_mps, -1);
    return back;
}
