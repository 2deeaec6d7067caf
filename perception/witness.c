#include "perception/witness.h"

#include <string.h>

#include "logs/hash.h"
#include "logs/status.h"

#define GAP_MAX_S 0.2      /* a rate is not drawn on over longer silence */
#define FORWARD_SD_MAX_M 0.02 /* of one scan's motion, to be asked how far it went */
#define FORWARD_SHARE_MIN 0.85 /* who walks along drags the scans with him */
#define TURN_SD_MAX_RAD 0.01
#define SPAN_MIN_S 0.5
#define STILL_MPS 0.03     /* less is noise */
#define STILL_RADPS 0.05

void witness_start(struct witness *witness) { *witness = (struct witness){0}; }

static const struct tally_mark *newest(const struct tally *tally)
{
    return tally->count ? &tally->marks[(tally->count - 1) % TALLY_MARKS] : NULL;
}

/* The rate holds from the last mark to this one, or (`holds`) from this one on. */
static double tally_add(struct tally *tally, int64_t stamp_ns, struct twist2 rate, bool holds)
{
    const struct tally_mark *last = newest(tally);
    struct tally_mark mark = {.stamp_ns = stamp_ns, .rate = rate};
    double dt = last ? (double)(stamp_ns - last->stamp_ns) * 1e-9 : 0;
    if (last && dt <= 0)
        return 0;
    if (last) {
        struct twist2 driven = holds ? last->rate : rate;
        double known = holds || dt <= GAP_MAX_S ? dt : 0;
        mark.driven_m = last->driven_m + driven.v_mps * known;
        mark.turned_rad = last->turned_rad + driven.w_radps * known;
    }
    tally->marks[tally->count++ % TALLY_MARKS] = mark;
    return fmin(dt, GAP_MAX_S);
}

void witness_wheels(struct witness *witness, int64_t stamp_ns, struct twist2 twist)
{
    double dt = tally_add(&witness->wheels, stamp_ns, twist, false);
    if (fabs(twist.v_mps) > STILL_MPS)
        witness->wandered += fabs(twist.v_mps) * dt;
}

void witness_gyro(struct witness *witness, int64_t stamp_ns, double w_radps)
{
    double dt = tally_add(&witness->gyro, stamp_ns, (struct twist2){0, w_radps}, false);
    if (fabs(w_radps) > STILL_RADPS)
        witness->wandered += fabs(w_radps) * dt;
}

void witness_command(struct witness *witness, int64_t stamp_ns, struct twist2 command)
{
    tally_add(&witness->command, stamp_ns, command, true);
}

void witness_scan(struct witness *witness, const struct scan_step *step)
{
    if (step->from_ns != INT64_MIN)
        witness->scans[witness->scan_count++ % WITNESS_SCANS] = *step;
}

/* The sum at a stamp, linear between two marks; false before the oldest and after the newest, or across a gap. */
static bool tally_at(const struct tally *tally, int64_t stamp_ns, struct tally_mark *out)
{
    const struct tally_mark *newer = newest(tally);
    if (!newer || stamp_ns > newer->stamp_ns)
        return false;
    for (uint64_t back = 1; back <= TALLY_MARKS && back <= tally->count; back++) {
        const struct tally_mark *older = &tally->marks[(tally->count - back) % TALLY_MARKS];
        if (stamp_ns < older->stamp_ns) {
            newer = older;
            continue;
        }
        double apart = (double)(newer->stamp_ns - older->stamp_ns);
        double share = apart > 0 ? (double)(stamp_ns - older->stamp_ns) / apart : 0;
        if (apart * 1e-9 > GAP_MAX_S)
            return false;
        *out = *older;
        out->driven_m += share * (newer->driven_m - older->driven_m);
        out->turned_rad += share * (newer->turned_rad - older->turned_rad);
        return true;
    }
    return false;
}

static bool tally_between(const struct tally *tally, int64_t from_ns, int64_t to_ns, double *driven_m,
                          double *turned_rad)
{
    struct tally_mark from, to;
    if (!tally_at(tally, from_ns, &from) || !tally_at(tally, to_ns, &to))
        return false;
    *driven_m = to.driven_m - from.driven_m;
    *turned_rad = to.turned_rad - from.turned_rad;
    return true;
}

static bool is_sharp(const struct scan_step *step) { return step->valid && step->turn_sd_rad < TURN_SD_MAX_RAD; }

static bool sees_along(const struct scan_step *step)
{
    return step->forward_sd_m < FORWARD_SD_MAX_M && step->share > FORWARD_SHARE_MIN;
}

/* Along the heading halfway. */
static double forward_of(const struct scan_step *step)
{
    return step->moved.x * cos(step->moved.yaw / 2) + step->moved.y * sin(step->moved.yaw / 2);
}

/* Scans that follow each other without a break, back from the newest for a window. */
static void sum_scans(const struct witness *witness, int64_t now_ns, struct account *sum)
{
    bool forward = true;
    for (uint64_t back = 1; back <= WITNESS_SCANS && back <= witness->scan_count; back++) {
        const struct scan_step *step = &witness->scans[(witness->scan_count - back) % WITNESS_SCANS];
        if (back == 1)
            sum->to_ns = sum->from_ns = step->to_ns;
        bool fresh = (double)(now_ns - sum->to_ns) * 1e-9 < 2 * WITNESS_WINDOW_S;
        bool follows = is_sharp(step) && step->to_ns == sum->from_ns;
        if (!fresh || !follows || (double)(sum->to_ns - step->from_ns) * 1e-9 > WITNESS_WINDOW_S + 1e-6)
            break;
        sum->from_ns = step->from_ns;
        sum->scan_m += forward_of(step);
        sum->scan_rad += step->moved.yaw;
        forward &= sees_along(step);
    }
    sum->span_s = (double)(sum->to_ns - sum->from_ns) * 1e-9;
    sum->has_scan = sum->span_s >= SPAN_MIN_S;
    sum->has_forward = sum->has_scan && forward;
}

/* What the others say of the window. */
static void ask_others(const struct witness *witness, struct account *sum)
{
    double unused;
    sum->has_wheels = tally_between(&witness->wheels, sum->from_ns, sum->to_ns, &sum->wheels_m, &sum->wheels_rad);
    sum->has_gyro = tally_between(&witness->gyro, sum->from_ns, sum->to_ns, &unused, &sum->gyro_rad);
}

bool witness_step(const struct witness *witness, uint64_t before, struct account *out)
{
    if (before >= WITNESS_SCANS || before >= witness->scan_count)
        return false;
    const struct scan_step *step = &witness->scans[(witness->scan_count - 1 - before) % WITNESS_SCANS];
    *out = (struct account){.from_ns = step->from_ns, .to_ns = step->to_ns,
                            .span_s = (double)(step->to_ns - step->from_ns) * 1e-9,
                            .has_scan = is_sharp(step), .has_forward = is_sharp(step) && sees_along(step),
                            .scan_m = forward_of(step), .scan_rad = step->moved.yaw};
    ask_others(witness, out);
    return out->span_s > 0;
}

struct account witness_account(const struct witness *witness, int64_t now_ns)
{
    struct account sum = {0};
    sum_scans(witness, now_ns, &sum);
    if (!sum.has_scan) {
        const struct tally_mark *wheels = newest(&witness->wheels), *gyro = newest(&witness->gyro);
        if (!wheels || !gyro)
            return (struct account){0};
        int64_t to_ns = wheels->stamp_ns < gyro->stamp_ns ? wheels->stamp_ns : gyro->stamp_ns;
        sum = (struct account){.to_ns = to_ns, .from_ns = to_ns - (int64_t)(WITNESS_WINDOW_S * 1e9),
                               .span_s = WITNESS_WINDOW_S};
    }
    ask_others(witness, &sum);
    return sum;
}

bool witness_recent(const struct witness *witness, double span_s, int64_t *from_ns, int64_t *to_ns, struct twist2 *out)
{
    const struct tally_mark *wheels = newest(&witness->wheels), *gyro = newest(&witness->gyro);
    double driven_m, turned_rad, unused;
    if (!wheels || !gyro)
        return false;
    *to_ns = wheels->stamp_ns < gyro->stamp_ns ? wheels->stamp_ns : gyro->stamp_ns;
    *from_ns = *to_ns - (int64_t)(span_s * 1e9);
    if (!tally_between(&witness->wheels, *from_ns, *to_ns, &driven_m, &unused) ||
        !tally_between(&witness->gyro, *from_ns, *to_ns, &unused, &turned_rad))
        return false;
    *out = (struct twist2){driven_m / span_s, turned_rad / span_s};
    return true;
}

bool witness_commanded(const struct witness *witness, int64_t from_ns, int64_t to_ns, struct commanded *out)
{
    double v, w, span_s = (double)(to_ns - from_ns) * 1e-9;
    ASSERT(span_s > 0);
    if (!tally_between(&witness->command, from_ns, to_ns, &v, &w))
        return false;
    out->mean = out->least = out->most = (struct twist2){v / span_s, w / span_s};
    for (uint64_t back = 1; back <= TALLY_MARKS && back <= witness->command.count; back++) {
        const struct tally_mark *mark = &witness->command.marks[(witness->command.count - back) % TALLY_MARKS];
        if (mark->stamp_ns > to_ns)
            continue;
        struct twist2 rate = mark->rate, least = out->least, most = out->most;
        out->least = (struct twist2){fmin(least.v_mps, rate.v_mps), fmin(least.w_radps, rate.w_radps)};
        out->most = (struct twist2){fmax(most.v_mps, rate.v_mps), fmax(most.w_radps, rate.w_radps)};
        if (mark->stamp_ns <= from_ns)
            break;
    }
    return true;
}

bool witness_scan_rate(const struct witness *witness, int64_t now_ns, double age_s, struct twist2 *out)
{
    if (!witness->scan_count)
        return false;
    const struct scan_step *step = &witness->scans[(witness->scan_count - 1) % WITNESS_SCANS];
    double dt = (double)(step->to_ns - step->from_ns) * 1e-9;
    if (!step->valid || step->forward_sd_m > FORWARD_SD_MAX_M || (double)(now_ns - step->to_ns) * 1e-9 > age_s)
        return false;
    *out = (struct twist2){step->moved.x / dt, step->moved.yaw / dt};
    return true;
}

uint64_t witness_hash(const struct witness *witness, uint64_t hash)
{
    const struct tally *tallies[] = {&witness->wheels, &witness->gyro, &witness->command};
    for (int i = 0; i < 3; i++) {
        uint64_t count = tallies[i]->count < TALLY_MARKS ? tallies[i]->count : TALLY_MARKS;
        hash = hash_bytes(hash, &tallies[i]->count, sizeof tallies[i]->count);
        hash = count ? hash_bytes(hash, newest(tallies[i]), sizeof(struct tally_mark)) : hash;
    }
    for (uint64_t back = 1; back <= WITNESS_SCANS && back <= witness->scan_count; back++) {
        const struct scan_step *step = &witness->scans[(witness->scan_count - back) % WITNESS_SCANS];
        hash = hash_bytes(hash, &step->moved, sizeof step->moved);
    }
    return hash_bytes(hash, &witness->wandered, sizeof witness->wandered);
}
