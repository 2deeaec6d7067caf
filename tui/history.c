#include "tui/history.h"

#include <stdio.h>
#include <stdlib.h>

#include "logs/memory.h"

static const int64_t second_ns = 1000000000;
static const int64_t counted_ns = 5LL * 1000000000; /* so long before the moment sought, frames count for the rates */

struct entry {
    int64_t time_ns;  /* never falls: where the frame stands in the ring's order */
    int64_t stamp_ns; /* the frame's own; latched repeats bring old ones */
    size_t offset;
    uint32_t size, sequence;
    enum topic topic;
};

struct remembered { /* a frame that left the ring; payload reused for the next */
    struct entry entry;
    struct bytes payload;
};

struct history {
    struct history_options options;
    uint8_t *bytes;
    size_t write; /* where the next payload goes */
    size_t held_bytes;
    struct entry *entries;
    uint64_t first, end; /* numbers of the oldest entry and of the one to come; slot = number % options.frames */
    struct remembered latched[TOPIC_COUNT];
    struct remembered sparse[HISTORY_SPARSE];
    struct ring sparse_ring;
    struct history_mark marks[HISTORY_MARKS];
    size_t mark_count;
    const struct model *reached_model; /* what the last seek brought where */
    uint64_t reached;                  /* entries before this number are in it */
    struct arena arena;
};

struct history_options history_options_default(void)
{
    return (struct history_options){120 * second_ns, (size_t)96 << 20, 131072};
}

struct history *history_create(const struct history_options *options)
{
    ASSERT(options->bytes > 0 && options->frames > 0 && options->window_ns > 0);
    struct history *history = NEW(struct history);
    history->options = *options;
    history->bytes = memory_new(options->bytes, 1);
    history->entries = NEW_ARRAY(options->frames, struct entry);
    return history;
}

void history_destroy(struct history **history)
{
    if (!*history)
        return;
    for (size_t i = 0; i < TOPIC_COUNT; i++)
        bytes_clear(&(*history)->latched[i].payload);
    for (size_t i = 0; i < HISTORY_SPARSE; i++)
        bytes_clear(&(*history)->sparse[i].payload);
    arena_clear(&(*history)->arena);
    free((*history)->entries);
    free((*history)->bytes);
    free(*history);
    *history = NULL;
}

static struct entry *entry_at(const struct history *history, uint64_t number)
{
    return &history->entries[number % history->options.frames];
}

/* --- what is remembered of frames that leave ------------------------------------------------------------------ */

static void remember(struct remembered *slot, const struct history *history, const struct entry *entry)
{
    slot->entry = *entry;
    slot->payload.size = 0;
    bytes_put(&slot->payload, history->bytes + entry->offset, entry->size);
}

static bool is_sparse(enum topic topic) { return topic == TOPIC_SAFETY_EVENT || topic == TOPIC_ROSOUT; }

static void evict(struct history *history)
{
    const struct entry *entry = entry_at(history, history->first++);
    history->held_bytes -= entry->size;
    if (topic_table[entry->topic].flags & TOPIC_LATCHED) {
        remember(&history->latched[entry->topic], history, entry);
    } else if (is_sparse(entry->topic)) {
        struct ring *ring = &history->sparse_ring;
        remember(&history->sparse[ring->next], history, entry);
        ring->next = (ring->next + 1) % HISTORY_SPARSE;
        ring->count += ring->count < HISTORY_SPARSE;
    }
}

static void forget(struct history *history, bool announced_too)
{
    while (history->first < history->end)
        evict(history);
    for (int i = 0; i < TOPIC_COUNT; i++)
        if (announced_too || !model_is_announced((enum topic)i))
            history->latched[i].payload.size = 0;
    history->sparse_ring = (struct ring){0};
    history->write = history->mark_count = 0;
    history->first = history->end = 0; /* the next episode fills the same pages */
    history->reached_model = NULL;
}

void history_clear(struct history *history) { forget(history, false); }
void history_reset(struct history *history) { forget(history, true); }

/* --- marks ---------------------------------------------------------------------------------------------------- */

static void mark_add(struct history *history, struct history_mark mark)
{
    struct history_mark *marks = history->marks;
    if (history->mark_count == HISTORY_MARKS)
        memmove(marks, marks + 1, --history->mark_count * sizeof *marks);
    size_t at = history->mark_count++;
    for (; at > 0 && marks[at - 1].stamp_ns > mark.stamp_ns; at--)
        marks[at] = marks[at - 1];
    marks[at] = mark;
}

/* Violations, errors of the log and onsets of faults leave a mark; a frame that does not decode leaves none. */
static void mark_frame(struct history *history, const struct frame *frame)
{
    union {
        struct msg_safety_event event;
        struct msg_log log;
        struct msg_fault_event fault;
    } message;
    arena_reset(&history->arena);
    bool marks = is_sparse(frame->topic) || frame->topic == TOPIC_FAULTS;
    if (!marks || message_decode(topic_table[frame->topic].type, frame->payload, frame->size,
                                                   &message, &history->arena, NULL) != STATUS_OK)
        return;
    struct history_mark mark = {.stamp_ns = frame->stamp_ns};
    if (frame->topic == TOPIC_SAFETY_EVENT) {
        mark.kind = HISTORY_VIOLATION;
        mark.severity = message.event.severity;
        snprintf(mark.label, sizeof mark.label, "%s", message.event.id);
        if (message.event.phase == 0 && mark.severity >= 2)
            mark_add(history, mark);
    } else if (frame->topic == TOPIC_FAULTS) {
        mark.kind = HISTORY_FAULT;
        snprintf(mark.label, sizeof mark.label, "%s", message.fault.target);
        if (message.fault.active)
            mark_add(history, mark);
    } else if (message.log.level >= 40) {
        mark.kind = HISTORY_ERROR;
        mark_add(history, mark);
    }
}

void history_mark(struct history *history, int64_t stamp_ns)
{
    mark_add(history, (struct history_mark){.stamp_ns = stamp_ns, .kind = HISTORY_USER});
}

/* --- frames in ------------------------------------------------------------------------------------------------ */

/* Makes `size` bytes free at history->write, by evicting from the oldest on. */
static void make_room(struct history *history, size_t size)
{
    if (history->write + size > history->options.bytes) {
        /* What stands between here and the end is older than what stands at the start. */
        while (history->first < history->end && entry_at(history, history->first)->offset >= history->write)
            evict(history);
        history->write = 0;
    }
    while (history->first < history->end) {
        const struct entry *oldest = entry_at(history, history->first);
        bool apart = oldest->offset >= history->write + size || oldest->offset + oldest->size <= history->write;
        if (apart && history->end - history->first < history->options.frames)
            break;
        evict(history);
    }
}

void history_put(struct history *history, const struct frame *frame)
{
    ASSERT(frame->topic < TOPIC_COUNT);
    if (frame->size > history->options.bytes)
        return;
    int64_t last_ns = history_last_ns(history);
    bool earlier = history->end > history->first && frame->stamp_ns < last_ns;
    struct entry entry = {.time_ns = earlier ? last_ns : frame->stamp_ns, .stamp_ns = frame->stamp_ns,
                          .size = (uint32_t)frame->size, .sequence = frame->sequence, .topic = frame->topic};
    while (history->first < history->end &&
           entry_at(history, history->first)->time_ns < entry.time_ns - history->options.window_ns)
        evict(history);
    make_room(history, frame->size);
    entry.offset = history->write;
    if (frame->size)
        memcpy(history->bytes + history->write, frame->payload, frame->size);
    history->write += frame->size;
    history->held_bytes += frame->size;
    *entry_at(history, history->end++) = entry;
    mark_frame(history, frame);
}

/* --- questions ------------------------------------------------------------------------------------------------ */

bool history_is_empty(const struct history *history) { return history->first == history->end; }

int64_t history_first_ns(const struct history *history)
{
    return history_is_empty(history) ? 0 : entry_at(history, history->first)->time_ns;
}

int64_t history_last_ns(const struct history *history)
{
    return history_is_empty(history) ? 0 : entry_at(history, history->end - 1)->time_ns;
}

size_t history_frames(const struct history *history) { return (size_t)(history->end - history->first); }
size_t history_bytes(const struct history *history) { return history->held_bytes; }

/* The number of the first entry after time t. */
static uint64_t after(const struct history *history, int64_t t_ns)
{
    uint64_t low = history->first, high = history->end;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (entry_at(history, middle)->time_ns <= t_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- going there ---------------------------------------------------------------------------------------------- */

static struct frame frame_of(const struct entry *entry, const uint8_t *payload)
{
    return (struct frame){entry->topic, entry->sequence, entry->stamp_ns, payload, entry->size};
}

/* Entries from..to-1 into the model: those that still matter at the end are decoded, a few more counted. */
static void replay(const struct history *history, struct model *model, uint64_t from, uint64_t to)
{
    uint64_t latest[TOPIC_COUNT] = {0}; /* number + 1 */
    for (uint64_t i = from; i < to; i++)
        latest[entry_at(history, i)->topic] = i + 1;
    int64_t end_ns = to > from ? entry_at(history, to - 1)->time_ns : 0;
    for (uint64_t i = from; i < to; i++) {
        const struct entry *entry = entry_at(history, i);
        struct frame frame = frame_of(entry, history->bytes + entry->offset);
        int64_t age_ns = end_ns - entry->time_ns;
        if (latest[entry->topic] == i + 1 || age_ns < model_memory_ns(entry->topic))
            model_apply(model, &frame);
        else if (age_ns < counted_ns)
            model_skip(model, &frame);
    }
}

static void restart(const struct history *history, struct model *model)
{
    model_reset(model);
    for (uint32_t i = 0; i < history->sparse_ring.count; i++) {
        const struct remembered *one = &history->sparse[ring_slot(&history->sparse_ring, HISTORY_SPARSE, i)];
        struct frame frame = frame_of(&one->entry, one->payload.data);
        model_apply(model, &frame);
    }
    for (size_t i = 0; i < TOPIC_COUNT; i++) {
        struct frame frame = frame_of(&history->latched[i].entry, history->latched[i].payload.data);
        if (history->latched[i].payload.size)
            model_apply(model, &frame);
    }
}

int64_t history_seek(struct history *history, struct model *model, int64_t t_ns)
{
    int64_t first_ns = history_first_ns(history), last_ns = history_last_ns(history);
    t_ns = t_ns < first_ns ? first_ns : t_ns > last_ns ? last_ns : t_ns;
    uint64_t to = after(history, t_ns);
    bool onward = history->reached_model == model && history->reached >= history->first && history->reached <= to;
    if (!onward)
        restart(history, model);
    replay(history, model, onward ? history->reached : history->first, to);
    history->reached_model = model;
    history->reached = to;
    return t_ns;
}

size_t history_marks(const struct history *history, const struct history_mark **marks)
{
    *marks = history->marks;
    return history->mark_count;
}

bool history_find(const struct history *history, enum history_mark_kind kind, int64_t t_ns, int direction,
                  int64_t *found_ns)
{
    bool found = false;
    for (size_t i = 0; i < history->mark_count; i++) {
        const struct history_mark *mark = &history->marks[i];
        if (mark->kind != kind || (direction > 0 ? mark->stamp_ns <= t_ns : mark->stamp_ns >= t_ns))
            continue;
        *found_ns = mark->stamp_ns;
        found = true;
        if (direction > 0)
            break;
    }
    return found;
}

int64_t history_step(const struct history *history, int64_t t_ns, int ticks)
{
    bool hashes = false;
    for (uint64_t i = history->first; i < history->end && !hashes; i++)
        hashes = entry_at(history, i)->topic == TOPIC_STATE_HASH;
    uint64_t at = after(history, t_ns);
    while (ticks > 0 && at < history->end) {
        const struct entry *entry = entry_at(history, at++);
        if ((!hashes || entry->topic == TOPIC_STATE_HASH) && entry->time_ns > t_ns) {
            t_ns = entry->time_ns;
            ticks--;
        }
    }
    while (ticks < 0 && at > history->first) {
        const struct entry *entry = entry_at(history, --at);
        if ((!hashes || entry->topic == TOPIC_STATE_HASH) && entry->time_ns < t_ns) {
            t_ns = entry->time_ns;
            ticks++;
        }
    }
    return t_ns;
}
