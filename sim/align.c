#include "sim/align.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct side { /* the frames of one tick; payloads in the arena */
    struct frame *frames;
    size_t count, capacity;
};

struct align {
    const struct tolerance *tolerance;
    struct playback *log;
    int64_t tick_ns;
    struct trace *traces[2]; /* logged, fresh */
    struct align_report *report;
    struct side sides[2];
    struct arena payloads, scratch;
    int64_t tick; /* that is being gathered */
    struct frame ahead; /* of the log, belonging to a later tick */
    bool has_ahead, ended;
    enum status status;
    struct error err;
    enum topic topic; /* that is being compared */
};

struct align *align_create(const struct tolerance *tolerance, struct playback *log, int64_t tick_ns,
                           struct trace *logged, struct trace *fresh, struct align_report *report)
{
    struct align *align = NEW(struct align);
    align->tolerance = tolerance;
    align->log = log;
    align->tick_ns = tick_ns;
    align->traces[0] = logged;
    align->traces[1] = fresh;
    align->report = report;
    *report = (struct align_report){0};
    return align;
}

void align_destroy(struct align **align)
{
    if (!*align)
        return;
    free((*align)->sides[0].frames);
    free((*align)->sides[1].frames);
    arena_clear(&(*align)->payloads);
    arena_clear(&(*align)->scratch);
    free(*align);
    *align = NULL;
}

static int64_t tick_of(const struct align *align, int64_t stamp_ns)
{
    return (stamp_ns + align->tick_ns - 1) / align->tick_ns;
}

static void side_put(struct align *align, int which, const struct frame *frame)
{
    struct side *side = &align->sides[which];
    trace_put(align->traces[which], frame);
    if (side->count == side->capacity) {
        side->capacity = side->capacity * 2 + 64;
        side->frames = memory_resize(side->frames, side->capacity, sizeof *side->frames);
    }
    uint8_t *payload = arena_new(&align->payloads, frame->size + 1, 1);
    memcpy(payload, frame->payload, frame->size);
    side->frames[side->count] = *frame;
    side->frames[side->count++].payload = payload;
}

/* --- one pair
 * ------------------------------------------------------------------------------------------------------ */

static void found(void *self, const struct message_difference *difference)
{
    struct align *align = self;
    struct align_report *report = align->report;
    const char *topic = topic_table[align->topic].name;
    size_t bare = strcspn(difference->path, "["), i = 0;
    while (i < report->field_count &&
           (strcmp(report->fields[i].topic, topic) || strncmp(report->fields[i].path, difference->path, bare) ||
            strcspn(report->fields[i].path, "[") != bare))
        i++;
    if (i == ALIGN_FIELDS) {
        report->fields_more++;
        return;
    }
    struct align_field *field = &report->fields[i];
    if (i == report->field_count) {
        report->field_count++;
        field->tick = (uint64_t)align->tick;
        field->first = *difference;
        snprintf(field->topic, sizeof field->topic, "%s", topic);
        snprintf(field->path, sizeof field->path, "%.*s", (int)sizeof field->path - 1, difference->path);
    }
    field->count++;
    field->greatest = fmax(field->greatest, difference->difference);
}

static void pair_compare(struct align *align, const struct frame *logged, const struct frame *fresh)
{
    const struct message_type *type = topic_table[logged->topic].type;
    if (logged->size == fresh->size && !memcmp(logged->payload, fresh->payload, logged->size))
        return;
    arena_reset(&align->scratch);
    void *a = arena_new(&align->scratch, 1, type->size), *b = arena_new(&align->scratch, 1, type->size);
    struct error bad = {0};
    align->topic = logged->topic;
    if (message_decode(type, logged->payload, logged->size, a, &align->scratch, &bad)) {
        struct message_difference difference = {.path = "(payload)", .right = "a whole message"};
        snprintf(difference.left, sizeof difference.left, "%.63s", bad.text);
        found(align, &difference);
        return;
    }
    enum status ours = message_decode(type, fresh->payload, fresh->size, b, &align->scratch, &bad);
    ASSERT(ours == STATUS_OK);
    tolerance_compare(align->tolerance, logged->topic, a, b, found, align);
}

/* --- one tick
 * ------------------------------------------------------------------------------------------------------ */

static void stray(struct align *align, enum topic topic, size_t count, bool in_log)
{
    struct align_report *report = align->report;
    if (!report->deleted && !report->inserted) {
        report->first_stray_tick = (uint64_t)align->tick;
        snprintf(report->first_stray, sizeof report->first_stray, "tick %" PRId64 ": %zu of %s only in the %s",
                 align->tick, count, topic_table[topic].name, in_log ? "log" : "re-simulation");
    }
    *(in_log ? &report->deleted : &report->inserted) += count;
}

static const struct frame *next_of(const struct side *side, size_t *at, enum topic topic)
{
    while (*at < side->count && side->frames[*at].topic != topic)
        ++*at;
    return *at < side->count ? &side->frames[(*at)++] : NULL;
}

/* Has the log ended before its episode did? What the run says after that is no surprise. */
static bool is_cut(const struct align *align) { return align->ended && !align->traces[0]->complete; }

static void topic_compare(struct align *align, enum topic topic)
{
    size_t at[2] = {0, 0}, left_over[2] = {0, 0};
    for (;;) {
        const struct frame *logged = next_of(&align->sides[0], &at[0], topic);
        const struct frame *fresh = next_of(&align->sides[1], &at[1], topic);
        if (!logged && !fresh)
            break;
        if (logged && fresh)
            pair_compare(align, logged, fresh);
        else
            left_over[logged ? 0 : 1]++;
    }
    if (left_over[0])
        stray(align, topic, left_over[0], true);
    if (left_over[1] && !is_cut(align))
        stray(align, topic, left_over[1], false);
}

/* The log's frames up to the tick at hand. */
static void log_gather(struct align *align)
{
    while (!align->ended) {
        if (!align->has_ahead) {
            enum status status = playback_next(align->log, &align->ahead, &align->err);
            align->ended = status != STATUS_OK;
            if (status && status != STATUS_END)
                align->status = status;
            align->has_ahead = !status;
            continue;
        }
        if (tick_of(align, align->ahead.stamp_ns) > align->tick)
            return;
        side_put(align, 0, &align->ahead);
        align->has_ahead = false;
    }
}

static void tick_compare(struct align *align)
{
    log_gather(align);
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++)
        topic_compare(align, topic);
    align->sides[0].count = align->sides[1].count = 0;
    arena_reset(&align->payloads);
}

void align_put(void *self, const struct frame *frame)
{
    struct align *align = self;
    int64_t tick = tick_of(align, frame->stamp_ns);
    if (topic_table[frame->topic].flags & TOPIC_BUS_ONLY)
        return;
    if (tick > align->tick) {
        tick_compare(align);
        align->tick = tick;
    }
    side_put(align, 1, frame);
}

enum status align_finish(struct align *align, struct error *err)
{
    tick_compare(align);
    while (align->has_ahead) {
        align->tick = tick_of(align, align->ahead.stamp_ns);
        tick_compare(align);
    }
    if (align->status)
        *err = align->err;
    return align->status;
}
