/* What each kind of fault does to a message or to its way. */
#include <math.h>
#include <string.h>

#include "sim/fault_internal.h"

double fault_strength(const struct fault *fault, int64_t now_ns)
{
    if (now_ns < fault->from_ns || now_ns >= fault->over_ns)
        return 0;
    if (now_ns < fault->until_ns)
        return 1;
    return (double)(fault->over_ns - now_ns) / (double)(fault->over_ns - fault->until_ns);
}

bool fault_happens(struct fault *fault, double probability)
{
    return probability >= 1 || (probability > 0 && seed_uniform(&fault->stream) < probability);
}

/* --- the way ---------------------------------------------------------------------------------------------------- */

static int64_t in_ns(double seconds) { return (int64_t)llround(seconds * 1e9); }

static void apply_delay(struct fault *fault, double strength, struct fault_letter *letter)
{
    letter->outcome.delay_ns += in_ns(fault->spec.amount * strength);
}

static void apply_jitter(struct fault *fault, double strength, struct fault_letter *letter)
{
    letter->outcome.delay_ns += in_ns(fault->spec.amount * strength * seed_uniform(&fault->stream));
    letter->outcome.overtakes = true;
}

static void apply_drop(struct fault *fault, double strength, struct fault_letter *letter)
{
    letter->outcome.dropped |= fault_happens(fault, fault->spec.amount * strength);
}

/* --- values ----------------------------------------------------------------------------------------------------- */

static const struct fault_target_row *row_of(const struct fault *fault)
{
    return &fault_target_table[fault->spec.target];
}

static const struct values *load(const struct fault *fault, struct fault_letter *letter)
{
    ASSERT(row_of(fault)->load);
    row_of(fault)->load(letter->message, letter->values);
    return letter->values;
}

static void store(struct fault *fault, struct fault_letter *letter)
{
    row_of(fault)->store(letter->message, letter->values, letter->room);
}

static size_t signals(const struct fault *fault, const struct values *values)
{
    size_t count = row_of(fault)->signals;
    return count && count < values->count ? count : values->count;
}

static void add(struct fault *fault, struct fault_letter *letter, double offset)
{
    const struct values *values = load(fault, letter);
    for (size_t i = 0; i < signals(fault, values); i++)
        values->at[i] += offset;
    store(fault, letter);
}

static void apply_bias(struct fault *fault, double strength, struct fault_letter *letter)
{
    add(fault, letter, fault->spec.amount * strength);
}

/* Grows until the duration is over; then what has grown goes back. */
static void apply_drift(struct fault *fault, double strength, struct fault_letter *letter)
{
    int64_t now_ns = letter->now_ns < fault->until_ns ? letter->now_ns : fault->until_ns;
    add(fault, letter, fault->spec.amount * (double)(now_ns - fault->from_ns) * 1e-9 * strength);
}

static void apply_noise(struct fault *fault, double strength, struct fault_letter *letter)
{
    const struct values *values = load(fault, letter);
    for (size_t i = 0; i < signals(fault, values); i++)
        values->at[i] += fault->spec.amount * strength * seed_gaussian(&fault->stream);
    store(fault, letter);
}

/* All that carries the unit: of an odometry the speeds, whose pose follows. */
static void apply_scale(struct fault *fault, double strength, struct fault_letter *letter)
{
    const struct values *values = load(fault, letter);
    size_t count = fault->spec.target == SENSOR_ODOMETRY ? 2 : values->count;
    for (size_t i = 0; i < count; i++)
        values->at[i] *= 1 + (fault->spec.amount - 1) * strength;
    store(fault, letter);
}

static void hold(struct fault *fault, const struct values *values)
{
    if (fault->has_held && fault->held.count == values->count)
        return;
    values_resize(&fault->held, values->count);
    if (values->count)
        memcpy(fault->held.at, values->at, values->count * sizeof *values->at);
    fault->has_held = true;
}

static void apply_freeze(struct fault *fault, double strength, struct fault_letter *letter)
{
    if (fault->spec.target == FAULT_CLOCK) {
        struct msg_header *header = letter->message;
        if (fault_happens(fault, strength))
            header->stamp = message_time(fault->from_ns);
        return;
    }
    const struct values *values = load(fault, letter);
    hold(fault, values);
    if (!fault_happens(fault, strength) || !values->count)
        return;
    memcpy(values->at, fault->held.at, values->count * sizeof *values->at);
    store(fault, letter);
}

/* Each value has a draw of its own that stays: the stream is read from its beginning for every message. */
static void apply_stuck(struct fault *fault, double strength, struct fault_letter *letter)
{
    const struct values *values = load(fault, letter);
    struct seed_stream draws = fault->stream;
    hold(fault, values);
    for (size_t i = 0; i < values->count; i++)
        if (seed_uniform(&draws) < fault->spec.amount * strength)
            values->at[i] = fault->held.at[i];
    store(fault, letter);
}

static void apply_blackout(struct fault *fault, double strength, struct fault_letter *letter)
{
    const struct values *values = load(fault, letter);
    /* Wheels that do not turn still stand somewhere. */
    size_t count = fault->spec.target == SENSOR_ODOMETRY ? 2 : values->count;
    if (!fault_happens(fault, strength))
        return;
    for (size_t i = 0; i < count; i++)
        values->at[i] = row_of(fault)->nothing;
    store(fault, letter);
}

static void apply_flip(struct fault *fault, double strength, struct fault_letter *letter)
{
    const struct values *values = load(fault, letter);
    size_t count = row_of(fault)->signed_values;
    if (!fault_happens(fault, strength))
        return;
    for (size_t i = 0; i < values->count && (!count || i < count); i++)
        values->at[i] = -values->at[i];
    store(fault, letter);
}

static void apply_swap(struct fault *fault, double strength, struct fault_letter *letter)
{
    load(fault, letter);
    if (!fault_happens(fault, strength))
        return;
    row_of(fault)->swap(letter->message, letter->values);
    store(fault, letter);
}

static void apply_stale_stamp(struct fault *fault, double strength, struct fault_letter *letter)
{
    struct msg_header *header = letter->message;
    if (!fault->has_held)
        fault->held_ns = message_ns(header->stamp);
    fault->has_held = true;
    if (fault_happens(fault, strength))
        header->stamp = message_time(fault->held_ns);
}

#define REQUIRED ((double)NAN)
const struct fault_kind_row fault_kind_table[FAULT_KIND_COUNT] = {
    [FAULT_DELAY] = {0.001, 10, REQUIRED, "s", apply_delay},
    [FAULT_JITTER] = {0.001, 10, REQUIRED, "s", apply_jitter},
    [FAULT_DROP] = {0.0001, 1, 1, "", apply_drop},
    [FAULT_FREEZE] = {0, 0, 0, NULL, apply_freeze},
    [FAULT_STALE_STAMP] = {0, 0, 0, NULL, apply_stale_stamp},
    [FAULT_BIAS] = {0, 0, REQUIRED, "!", apply_bias},
    [FAULT_DRIFT] = {0, 0, REQUIRED, "!/s", apply_drift},
    [FAULT_NOISE] = {0, 0, REQUIRED, "!", apply_noise},
    [FAULT_SCALE] = {-1000, 1000, REQUIRED, "", apply_scale},
    [FAULT_STUCK] = {0.0001, 1, 1, "", apply_stuck},
    [FAULT_BLACKOUT] = {0, 0, 0, NULL, apply_blackout},
    [FAULT_FLIP] = {0, 0, 0, NULL, apply_flip},
    [FAULT_SWAP] = {0, 0, 0, NULL, apply_swap},
    [FAULT_HANG] = {0, 0, 0, NULL, NULL},
    [FAULT_KIDNAP] = {0, 1000, 2, "m", NULL},
};
