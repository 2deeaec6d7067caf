#include "logs/latched.h"

#include <stdlib.h>

#include "logs/memory.h"

struct entry {
    const struct mcap_channel *channel;
    struct mcap_message message; /* data in `data`; channel NULL: none yet */
    struct bytes data;
};

struct latched {
    struct entry *entries;
    size_t count;
    uint16_t places[UINT16_MAX + 1]; /* by channel id: index in entries + 1, 0: not latched */
    struct mcap_message *sorted;
};

/* rosbag2 writes the number of rmw's enum or, later, its name. */
static bool is_latched(const struct mcap_channel *channel)
{
    static const char key[] = "durability:";
    for (size_t i = 0; i < channel->metadata_count; i++) {
        if (strcmp(channel->metadata[i].key, "offered_qos_profiles"))
            continue;
        const char *value = strstr(channel->metadata[i].value, key);
        value = value ? value + sizeof key - 1 : "";
        value += strspn(value, " \"");
        return (value[0] == '1' && strchr("\n\r ", value[1])) || !strncmp(value, "transient_local", 15);
    }
    return false;
}

struct latched *latched_create(const struct mcap_reader *reader)
{
    struct latched *latched = NEW(struct latched);
    const struct mcap_channel *const *channels;
    size_t count = mcap_reader_channels(reader, &channels);
    latched->entries = NEW_ARRAY(count, struct entry);
    for (size_t i = 0; i < count; i++)
        if (is_latched(channels[i])) {
            latched->entries[latched->count++].channel = channels[i];
            latched->places[channels[i]->id] = (uint16_t)latched->count;
        }
    latched->sorted = NEW_ARRAY(latched->count, struct mcap_message);
    return latched;
}

void latched_destroy(struct latched **handle)
{
    struct latched *latched = *handle;
    if (!latched)
        return;
    for (size_t i = 0; i < latched->count; i++)
        bytes_clear(&latched->entries[i].data);
    free(latched->entries);
    free(latched->sorted);
    free(latched);
    *handle = NULL;
}

void latched_keep(struct latched *latched, const struct mcap_message *message)
{
    uint16_t place = latched->places[message->channel->id];
    if (!place)
        return;
    struct entry *entry = &latched->entries[place - 1];
    entry->data.size = 0;
    bytes_put(&entry->data, message->data, message->size);
    entry->message = *message;
    entry->message.data = entry->data.data;
}

enum status latched_seek(struct latched *latched, struct mcap_reader *reader, int64_t before_ns, struct error *err)
{
    for (size_t i = 0; i < latched->count && before_ns > INT64_MIN; i++) {
        const struct mcap_channel *channel = latched->entries[i].channel;
        const struct mcap_query query = {MCAP_REVERSE_ORDER, INT64_MIN, before_ns - 1, &channel->topic, 1};
        struct mcap_message message;
        enum status status = mcap_reader_query(reader, &query, err);
        if (status)
            return status;
        do
            status = mcap_reader_next(reader, &message, err);
        while (status == STATUS_CORRUPT || (!status && message.channel != channel)); /* channels may share a topic */
        if (status && status != STATUS_END)
            return status;
        if (!status)
            latched_keep(latched, &message);
    }
    return STATUS_OK;
}

static int message_compare(const void *a, const void *b)
{
    const struct mcap_message *x = a, *y = b;
    if (x->log_ns != y->log_ns)
        return x->log_ns < y->log_ns ? -1 : 1;
    return (int)x->channel->id - (int)y->channel->id;
}

size_t latched_messages(struct latched *latched, const struct mcap_message **first)
{
    size_t count = 0;
    for (size_t i = 0; i < latched->count; i++)
        if (latched->entries[i].message.channel)
            latched->sorted[count++] = latched->entries[i].message;
    if (count)
        qsort(latched->sorted, count, sizeof *latched->sorted, message_compare);
    *first = latched->sorted;
    return count;
}
