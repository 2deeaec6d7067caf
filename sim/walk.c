#include "sim/walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the first difference, put into words ------------------------------------------------------------------------
 * */

static void differ(struct walk *walk, enum topic topic, const char *path, const char *left, const char *right)
{
    struct difference *first = &walk->first;
    walk->over = walk->differs = true;
    first->tick = walk->ticks + 1;
    snprintf(first->topic, sizeof first->topic, "%s", topic_table[topic].name);
    snprintf(first->field.path, sizeof first->field.path, "%s", path);
    snprintf(first->field.left, sizeof first->field.left, "%s", left);
    snprintf(first->field.right, sizeof first->field.right, "%s", right);
}

static void hexadecimal(char text[64])
{
    snprintf(text, 64, "%016llx", strtoull(text, NULL, 10));
}

static void name_hash(struct difference *first, const void *logged, const void *fresh)
{
    const struct msg_state_hash *a = logged, *b = fresh;
    const char *parts[] = {a->world != b->world ? " world" : "", a->sensors != b->sensors ? " sensors" : "",
                           a->belief != b->belief ? " belief" : "", a->decision != b->decision ? " decision" : ""};
    bool none = !*parts[0] && !*parts[1] && !*parts[2] && !*parts[3];
    snprintf(first->part, sizeof first->part, "state that differs:%s%s%s%s%s", parts[0], parts[1], parts[2], parts[3],
             none ? " none (only the logged hash)" : "");
    if (strcmp(first->field.path, "tick") && !strchr(first->field.path, '.')) {
        hexadecimal(first->field.left);
        hexadecimal(first->field.right);
        first->field.ulp = 0; /* hashes have no distance */
    }
}

/* Both payloads decoded, the first field that differs. */
static void differ_in_payload(struct walk *walk, const struct frame *logged, const struct frame *fresh)
{
    const struct message_type *type = topic_table[fresh->topic].type;
    arena_reset(&walk->scratch);
    void *a = arena_new(&walk->scratch, 1, type->size), *b = arena_new(&walk->scratch, 1, type->size);
    struct error bad = {0};
    if (message_decode(type, logged->payload, logged->size, a, &walk->scratch, &bad)) {
        differ(walk, fresh->topic, "(payload)", bad.text, "a whole message");
        return;
    }
    enum status ours = message_decode(type, fresh->payload, fresh->size, b, &walk->scratch, &bad);
    ASSERT(ours == STATUS_OK);
    struct message_difference field = {0};
    if (message_equal(type, a, b, 0, 0, &field)) /* padding or trailing bytes */
        snprintf(field.path, sizeof field.path, "(encoding)");
    differ(walk, fresh->topic, field.path, field.left, field.right);
    walk->first.field = field;
    if (fresh->topic == TOPIC_STATE_HASH)
        name_hash(&walk->first, a, b);
}

static void differ_in_frame(struct walk *walk, const struct frame *logged, const struct frame *fresh)
{
    char left[64], right[64];
    if (logged->topic != fresh->topic) {
        differ(walk, fresh->topic, "(next message)", topic_table[logged->topic].name, topic_table[fresh->topic].name);
    } else if (logged->stamp_ns != fresh->stamp_ns || logged->sequence != fresh->sequence) {
        snprintf(left, sizeof left, "#%" PRIu32 " at %.3f s", logged->sequence, (double)logged->stamp_ns / 1e9);
        snprintf(right, sizeof right, "#%" PRIu32 " at %.3f s", fresh->sequence, (double)fresh->stamp_ns / 1e9);
        differ(walk, fresh->topic, "(sequence and stamp)", left, right);
    } else {
        differ_in_payload(walk, logged, fresh);
    }
}

/* --- the walk
 * ------------------------------------------------------------------------------------------------------ */

static bool frames_agree(const struct walk *walk, const struct frame *a, const struct frame *b)
{
    if (a->topic != b->topic || a->sequence != b->sequence || a->stamp_ns != b->stamp_ns)
        return false;
    if (walk->other_build && a->topic == TOPIC_EPISODE_INFO)
        return true;
    return a->size == b->size && !memcmp(a->payload, b->payload, a->size);
}

/* Reads on into *logged; false (and over) at the log's end, or where it cannot be read. */
static bool log_next(struct walk *walk, struct frame *logged)
{
    enum status status = playback_next(walk->log, logged, walk->err);
    if (status)
        walk->over = true;
    if (status && status != STATUS_END)
        walk->status = status;
    return !status;
}

void walk_put(void *self, const struct frame *fresh)
{
    struct walk *walk = self;
    struct frame logged;
    if (walk->over || topic_table[fresh->topic].flags & TOPIC_BUS_ONLY || !log_next(walk, &logged))
        return;
    if (!frames_agree(walk, &logged, fresh)) {
        differ_in_frame(walk, &logged, fresh);
        return;
    }
    walk->frames++;
    walk->complete |= fresh->topic == TOPIC_EPISODE_RESULT;
    if (fresh->topic != TOPIC_STATE_HASH)
        return;
    struct msg_state_hash hash;
    arena_reset(&walk->scratch);
    if (!message_decode(topic_table[fresh->topic].type, fresh->payload, fresh->size, &hash, &walk->scratch, NULL)) {
        walk->ticks = hash.tick;
        walk->last_hash = hash.hash;
    }
}

void walk_finish(struct walk *walk)
{
    struct frame extra;
    if (!walk->over && log_next(walk, &extra))
        differ(walk, extra.topic, "(next message)", topic_table[extra.topic].name, "the episode is over");
}

void walk_refused(struct walk *walk, const char *sentence)
{
    if (!walk->over)
        differ(walk, TOPIC_COMMAND, "(command)", "accepted", sentence);
}

void walk_clear(struct walk *walk) { arena_clear(&walk->scratch); }
