#include "sim/fault.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "sim/fault_internal.h"

struct faults {
    uint64_t seed;
    struct fault faults[FAULTS_MAX];
    size_t count;
    struct values values;
    struct bytes room;
};

struct faults *faults_create(uint64_t seed)
{
    struct faults *faults = NEW(struct faults);
    faults->seed = seed;
    return faults;
}

void faults_destroy(struct faults **faults)
{
    struct faults *gone = *faults;
    *faults = NULL;
    if (!gone)
        return;
    for (size_t i = 0; i < gone->count; i++)
        free(gone->faults[i].held.at);
    free(gone->values.at);
    bytes_clear(&gone->room);
    free(gone);
}

/* --- declaring -------------------------------------------------------------------------------------------------- */

static int64_t later_ns(int64_t from_ns, double by_s)
{
    return isfinite(by_s) ? from_ns + (int64_t)llround(by_s * 1e9) : INT64_MAX;
}

static size_t siblings(const struct faults *faults, const struct fault_spec *spec)
{
    size_t count = 0;
    for (size_t i = 0; i < faults->count; i++)
        count += faults->faults[i].spec.target == spec->target && faults->faults[i].spec.kind == spec->kind;
    return count;
}

enum status faults_add(struct faults *faults, const struct fault_spec *spec, int64_t now_ns, struct error *err)
{
    char name[96];
    struct fault fault = {.spec = *spec};
    ASSERT(fault_target_kinds(spec->target) >> spec->kind & 1);
    if (spec->from_s < 0)
        fault.spec.from_s = (double)now_ns * 1e-9;
    fault.from_ns = spec->from_s < 0 ? now_ns : later_ns(0, spec->from_s);
    /* What happens in an instant is told for a second, unless it is said for how long. */
    bool instant = spec->kind == FAULT_KIDNAP && isinf(spec->for_s);
    fault.until_ns = later_ns(fault.from_ns, instant ? 1 : spec->for_s);
    fault.over_ns = fault.until_ns == INT64_MAX ? INT64_MAX : later_ns(fault.until_ns, spec->recover_s);
    fault_text(&fault.spec, fault.text);
    if (fault.over_ns <= now_ns)
        return error_set(err, STATUS_BAD_INPUT, "%s would be over by now, %.3f s", fault.text, (double)now_ns * 1e-9);
    if (faults->count == FAULTS_MAX)
        return error_set(err, STATUS_BAD_INPUT, "%s: an episode has at most %d faults; reset it", fault.text,
                         FAULTS_MAX);
    snprintf(name, sizeof name, "fault.%s.%s.%zu", fault_target_name(spec->target), fault_kind_names[spec->kind],
             siblings(faults, spec));
    fault.stream = seed_stream_named(faults->seed, name);
    faults->faults[faults->count++] = fault;
    return STATUS_OK;
}

static bool matches(const struct fault *fault, const char *which)
{
    char pair[64];
    const char *target = fault_target_name(fault->spec.target);
    snprintf(pair, sizeof pair, "%s:%s", target, fault_kind_names[fault->spec.kind]);
    return !*which || !strcmp(which, target) || !strcmp(which, pair) || !strcmp(which, fault->text);
}

enum status faults_clear(struct faults *faults, const char *which, int64_t now_ns, struct error *err)
{
    size_t cleared = 0;
    for (size_t i = 0; i < faults->count; i++) {
        struct fault *fault = &faults->faults[i];
        if (!matches(fault, which) || fault->until_ns <= now_ns)
            continue;
        bool began = fault->from_ns <= now_ns;
        fault->until_ns = began ? now_ns : fault->from_ns;
        fault->over_ns = began ? later_ns(now_ns, fault->spec.recover_s) : fault->from_ns;
        cleared++;
    }
    if (cleared)
        return STATUS_OK;
    return *which ? error_set(err, STATUS_BAD_INPUT, "no fault '%s' is in force or still to come", which)
                  : error_set(err, STATUS_BAD_INPUT, "no fault is in force or still to come");
}

/* --- telling ---------------------------------------------------------------------------------------------------- */

static bool is_in_force(const struct fault *fault, int64_t now_ns)
{
    return now_ns >= fault->from_ns && now_ns < fault->over_ns;
}

static void publish(const struct faults *faults, const struct fault *fault, struct journal *journal, uint64_t tick,
                    int64_t now_ns)
{
    const char *texts[FAULTS_MAX];
    uint32_t count = 0;
    for (size_t i = 0; i < faults->count; i++)
        if (is_in_force(&faults->faults[i], now_ns))
            texts[count++] = faults->faults[i].text;
    struct fault_range range = fault_range(fault->spec.target, fault->spec.kind);
    struct msg_fault_event event = {
        .header = {message_time(now_ns), "base_link"},
        .tick = tick,
        .name = fault->text,
        .target = fault_target_name(fault->spec.target),
        .kind = fault_kind_names[fault->spec.kind],
        .amount = fault->spec.amount,
        .unit = range.unit,
        .active = fault->told,
        .since_s = (double)fault->from_ns * 1e-9,
        .in_force = {texts, count},
    };
    journal_publish(journal, TOPIC_FAULTS, now_ns, &event);
    journal_say(journal, now_ns, 30, "fault", "%s %s", fault->text, fault->told ? "begins" : "is over");
}

void faults_tell(struct faults *faults, struct journal *journal, uint64_t tick, int64_t now_ns)
{
    for (size_t i = 0; i < faults->count; i++) {
        struct fault *fault = &faults->faults[i];
        if (fault->told == is_in_force(fault, now_ns))
            continue;
        fault->told = !fault->told;
        publish(faults, fault, journal, tick, now_ns);
    }
}

const char *faults_text(const struct faults *faults, size_t i)
{
    return i < faults->count ? faults->faults[i].text : NULL;
}

/* --- applying --------------------------------------------------------------------------------------------------- */

/* The link carries the sensors and the actuator, the clock stamps the sensors. */
static bool concerns(const struct fault *fault, int target)
{
    int of = fault->spec.target;
    return of == target || (of == FAULT_LINK && target <= FAULT_ACTUATOR) ||
           (of == FAULT_CLOCK && target < SENSOR_COUNT);
}

bool faults_concern(const struct faults *faults, int target)
{
    for (size_t i = 0; i < faults->count; i++)
        if (concerns(&faults->faults[i], target))
            return true;
    return false;
}

static void pass(struct fault *fault, struct fault_letter *letter)
{
    double strength = fault_strength(fault, letter->now_ns);
    struct msg_odometry *odometry = fault->spec.target == SENSOR_ODOMETRY ? letter->message : NULL;
    struct twist2 before = {0};
    if (odometry)
        before = (struct twist2){odometry->twist.twist.linear.x, odometry->twist.twist.angular.z};
    if (strength > 0 && !letter->outcome.dropped)
        fault_kind_table[fault->spec.kind].apply(fault, strength, letter);
    if (odometry && fault_moves_pose(fault->spec.kind))
        fault_reckon(fault, letter->now_ns, odometry, before);
}

static struct fault_outcome carry(struct faults *faults, int target, int64_t now_ns, void *message)
{
    struct fault_letter letter = {
        .target = target, .now_ns = now_ns, .message = message, .values = &faults->values, .room = &faults->room};
    for (size_t i = 0; i < faults->count; i++)
        if (concerns(&faults->faults[i], target))
            pass(&faults->faults[i], &letter);
    return letter.outcome;
}

struct fault_outcome faults_message(struct faults *faults, enum sensor sensor, int64_t now_ns, void *message)
{
    ASSERT(sensor < SENSOR_COUNT && message);
    return carry(faults, (int)sensor, now_ns, message);
}

struct fault_outcome faults_command(struct faults *faults, int64_t now_ns, struct twist2 *command)
{
    return carry(faults, FAULT_ACTUATOR, now_ns, command);
}

bool faults_policy(struct faults *faults, int64_t now_ns, double *more_s)
{
    bool decides = true;
    *more_s = 0;
    for (size_t i = 0; i < faults->count; i++) {
        struct fault *fault = &faults->faults[i];
        double strength = fault->spec.target == FAULT_POLICY ? fault_strength(fault, now_ns) : 0;
        if (fault->spec.kind == FAULT_HANG)
            decides &= !fault_happens(fault, strength);
        else
            *more_s += fault->spec.amount * strength;
    }
    return decides;
}

bool faults_kidnap(struct faults *faults, int64_t now_ns, double *least_m, struct seed_stream **random)
{
    for (size_t i = 0; i < faults->count; i++) {
        struct fault *fault = &faults->faults[i];
        if (fault->spec.kind != FAULT_KIDNAP || fault->has_held || !is_in_force(fault, now_ns))
            continue;
        fault->has_held = true; /* done */
        *least_m = fault->spec.amount;
        *random = &fault->stream;
        return true;
    }
    return false;
}

uint64_t faults_hash(const struct faults *faults, uint64_t hash)
{
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *f = &faults->faults[i];
        const struct fault_reckoning *r = &f->reckoning;
        const uint64_t words[] = {(uint64_t)f->from_ns, (uint64_t)f->until_ns, (uint64_t)f->over_ns, f->stream.key,
                                  f->stream.counter, f->has_held, (uint64_t)f->held_ns, (uint64_t)r->at_ns, r->known,
                                  r->apart, f->told};
        const double poses[] = {r->in.x, r->in.y, r->in.yaw, r->out.x, r->out.y, r->out.yaw};
        hash = hash_bytes(hash, words, sizeof words);
        hash = hash_bytes(hash, poses, sizeof poses);
        if (f->held.count)
            hash = hash_bytes(hash, f->held.at, f->held.count * sizeof *f->held.at);
    }
    return hash;
}
