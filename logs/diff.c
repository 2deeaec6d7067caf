#include "logs/diff.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "logs/field.h"
#include "logs/memory.h"

struct held { /* a message of the open group */
    uint32_t topic, number; /* number: its place in the group */
    struct mcap_message message;
    size_t offset; /* of its data in the group's bytes */
};

struct group { /* one log's messages of the time that is being collected */
    struct held *held;
    size_t count, capacity;
    struct bytes bytes;
};

struct diff {
    struct reflect *const *reflects;
    struct diff_topic *topics;
    size_t topic_count;
    uint32_t *places[2]; /* by channel id: index into topics */
    struct group groups[2];
    int64_t now_ns;
    int64_t tick_ns;
    struct diff_point curve[DIFF_CURVE_MAX];
    size_t curve_count;
    uint64_t curve_stride, curve_seen;
};

static const char CURVE_TOPIC[] = "/ground_truth/odom";

/* --- topics of both logs ---------------------------------------------------------------------------------- */

static size_t topic_place(struct diff *diff, const char *name)
{
    size_t place = 0;
    while (place < diff->topic_count && strcmp(diff->topics[place].name, name))
        place++;
    if (place == diff->topic_count) {
        diff->topics = memory_resize(diff->topics, ++diff->topic_count, sizeof *diff->topics);
        diff->topics[place] = (struct diff_topic){.name = name};
    }
    return place;
}

static void tick_learn(struct diff *diff, struct mcap_reader *reader)
{
    const char *const topics[] = {"/binnacle/episode_info"};
    const struct mcap_query query = {MCAP_FILE_ORDER, INT64_MIN, INT64_MAX, topics, 1};
    const struct message_type *type;
    struct mcap_message message;
    struct field_value value;
    if (mcap_reader_query(reader, &query, NULL) || mcap_reader_next(reader, &message, NULL))
        return;
    const void *decoded = reflect_decode(diff->reflects[0], &message, &type, NULL);
    if (decoded && field_find(type, decoded, "tick_ns", &value) && value.kind == MESSAGE_INT64)
        diff->tick_ns = (int64_t)field_number(value);
}

struct diff *diff_create(struct mcap_reader *const readers[2], struct reflect *const reflects[2])
{
    struct diff *diff = NEW(struct diff);
    diff->reflects = reflects;
    diff->curve_stride = 1;
    for (int which = 0; which < 2; which++) {
        const struct mcap_channel *const *channels;
        size_t count = mcap_reader_channels(readers[which], &channels);
        diff->places[which] = NEW_ARRAY(UINT16_MAX + 1, uint32_t);
        for (size_t i = 0; i < count; i++)
            diff->places[which][channels[i]->id] = (uint32_t)topic_place(diff, channels[i]->topic);
    }
    tick_learn(diff, readers[0]);
    return diff;
}

void diff_destroy(struct diff **handle)
{
    struct diff *diff = *handle;
    if (!diff)
        return;
    for (size_t i = 0; i < diff->topic_count; i++)
        message_tally_clear(&diff->topics[i].tally);
    for (int which = 0; which < 2; which++) {
        free(diff->places[which]);
        free(diff->groups[which].held);
        bytes_clear(&diff->groups[which].bytes);
    }
    free(diff->topics);
    free(diff);
    *handle = NULL;
}

/* --- one pair --------------------------------------------------------------------------------------------- */

static void topic_differs(struct diff_topic *topic, int64_t log_ns)
{
    if (!topic->differs)
        topic->first_ns = log_ns;
    topic->differs = true;
}

/* The curve keeps every stride-th point; when it is full, every second one goes. */
static void curve_add(struct diff *diff, int64_t log_ns, double distance_m)
{
    if (diff->curve_seen++ % diff->curve_stride)
        return;
    if (diff->curve_count == DIFF_CURVE_MAX) {
        diff->curve_count /= 2;
        for (size_t i = 0; i < diff->curve_count; i++)
            diff->curve[i] = diff->curve[2 * i];
        diff->curve_stride *= 2;
    }
    diff->curve[diff->curve_count++] = (struct diff_point){log_ns, distance_m};
}

static bool position_get(const struct message_type *type, const void *message, double at[2])
{
    static const char *const paths[] = {"pose.pose.position.x", "pose.pose.position.y"};
    struct field_value value;
    for (int i = 0; i < 2; i++) {
        if (!field_find(type, message, paths[i], &value))
            return false;
        at[i] = (double)field_number(value);
    }
    return true;
}

/* Both messages by field, if they can be. */
static void pair_decode(struct diff *diff, struct diff_topic *topic, const struct mcap_message pair[2])
{
    const struct message_type *types[2];
    const void *decoded[2];
    struct error err = {0};
    double at[2][2];
    bool curve = !strcmp(topic->name, CURVE_TOPIC), same_bytes = pair[0].size == pair[1].size &&
                 !memcmp(pair[0].data, pair[1].data, pair[0].size);
    if (same_bytes && !curve)
        return;
    for (int i = 0; i < 2; i++)
        if (!(decoded[i] = reflect_decode(diff->reflects[i], &pair[i], &types[i], &err))) {
            topic->why_bytes = "a log's messages cannot be decoded";
            return;
        }
    if (curve && position_get(types[0], decoded[0], at[0]) && position_get(types[1], decoded[1], at[1]))
        curve_add(diff, pair[0].log_ns, hypot(at[0][0] - at[1][0], at[0][1] - at[1][1]));
    if (!topic->tally.type && message_same_shape(types[0], types[1]))
        message_tally_init(&topic->tally, types[0]);
    if (!topic->tally.type || !message_same_shape(topic->tally.type, types[0]) ||
        !message_same_shape(topic->tally.type, types[1]))
        topic->why_bytes = "the logs' schemas differ";
    else if (!same_bytes)
        message_tally_add(&topic->tally, pair[0].log_ns, decoded[0], decoded[1]);
}

static void pair_compare(struct diff *diff, struct diff_topic *topic, const struct mcap_message pair[2])
{
    if (pair[0].size != pair[1].size || memcmp(pair[0].data, pair[1].data, pair[0].size)) {
        topic->differing++;
        topic_differs(topic, pair[0].log_ns);
    }
    pair_decode(diff, topic, pair);
}

/* --- one time --------------------------------------------------------------------------------------------- */

static int held_compare(const void *a, const void *b)
{
    const struct held *x = a, *y = b;
    if (x->topic != y->topic)
        return x->topic < y->topic ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static void group_sort(struct group *group)
{
    for (size_t i = 0; i < group->count; i++)
        group->held[i].message.data = group->bytes.data + group->held[i].offset;
    if (group->count)
        qsort(group->held, group->count, sizeof *group->held, held_compare);
}

/* Both groups by topic: heads of the same topic are a pair, the smaller topic has no partner. */
static void groups_compare(struct diff *diff)
{
    struct group *a = &diff->groups[0], *b = &diff->groups[1];
    group_sort(a);
    group_sort(b);
    for (size_t i = 0, k = 0; i < a->count || k < b->count;) {
        uint32_t left = i < a->count ? a->held[i].topic : UINT32_MAX;
        uint32_t right = k < b->count ? b->held[k].topic : UINT32_MAX;
        struct diff_topic *topic = &diff->topics[left < right ? left : right];
        if (left == right) {
            pair_compare(diff, topic, (struct mcap_message[2]){a->held[i].message, b->held[k].message});
        } else {
            topic->only[left > right]++;
            topic_differs(topic, diff->now_ns);
        }
        i += left <= right;
        k += right <= left;
    }
    a->count = b->count = a->bytes.size = b->bytes.size = 0;
}

enum status diff_add(struct diff *diff, int which, const struct mcap_message *message, struct error *err)
{
    if (message->log_ns != diff->now_ns)
        groups_compare(diff);
    diff->now_ns = message->log_ns;
    struct group *group = &diff->groups[which];
    struct diff_topic *topic = &diff->topics[diff->places[which][message->channel->id]];
    topic->messages[which]++;
    if (message->size > DIFF_GROUP_MAX - group->bytes.size)
        return error_set(err, STATUS_BAD_INPUT,
                         "more than %d MiB of messages have the time %.9f s; compare fewer topics",
                         DIFF_GROUP_MAX >> 20, (double)message->log_ns / 1e9);
    if (group->count == group->capacity) {
        group->capacity = 2 * group->capacity + 16;
        group->held = memory_resize(group->held, group->capacity, sizeof *group->held);
    }
    uint32_t place = diff->places[which][message->channel->id];
    group->held[group->count] = (struct held){place, (uint32_t)group->count, *message, group->bytes.size};
    group->count++;
    bytes_put(&group->bytes, message->data, message->size);
    return STATUS_OK;
}

void diff_finish(struct diff *diff) { groups_compare(diff); }

size_t diff_topics(const struct diff *diff, const struct diff_topic **first)
{
    *first = diff->topics;
    return diff->topic_count;
}

size_t diff_curve(const struct diff *diff, const struct diff_point **first)
{
    *first = diff->curve;
    return diff->curve_count;
}

int64_t diff_tick_ns(const struct diff *diff) { return diff->tick_ns > 0 ? diff->tick_ns : 0; }
