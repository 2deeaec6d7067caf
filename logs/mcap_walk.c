#include <stdlib.h>

#include "logs/mcap_inside.h"

static bool key_less(const struct mcap_key *a, const struct mcap_key *b)
{
    if (a->ns != b->ns)
        return a->ns < b->ns;
    return a->block != b->block ? a->block < b->block : a->entry < b->entry;
}

/* Reverse order is time order under complement: ~x falls as x rises, and does not overflow. */
static struct mcap_key key_make(enum mcap_order order, int64_t ns, uint64_t block, uint64_t entry)
{
    if (order == MCAP_REVERSE_ORDER)
        return (struct mcap_key){~ns, ~block, ~entry};
    return (struct mcap_key){order == MCAP_TIME_ORDER ? ns : 0, block, entry};
}

static int block_compare(const void *a, const void *b)
{
    const struct mcap_block *x = *(struct mcap_block *const *)a, *y = *(struct mcap_block *const *)b;
    return key_less(&x->key, &y->key) ? -1 : key_less(&y->key, &x->key);
}

static bool block_wanted(const struct mcap_reader *reader, const struct mcap_block *block)
{
    const struct mcap_query *query = &reader->walk.query;
    if (block->start_ns > query->to_ns || block->end_ns < query->from_ns)
        return false;
    for (size_t i = 0; i < block->channel_count; i++)
        if (reader->known[block->channels[i]] && reader->known[block->channels[i]]->wanted)
            return true;
    return !block->channels || block->damaged;
}

static bool topic_wanted(const struct mcap_query *query, const char *topic)
{
    for (size_t i = 0; query->topics && i < query->topic_count; i++)
        if (!strcmp(query->topics[i], topic))
            return true;
    return !query->topics;
}

enum status mcap_reader_query(struct mcap_reader *reader, const struct mcap_query *query, struct error *err)
{
    struct mcap_walk *walk = &reader->walk;
    if (query->from_ns > query->to_ns)
        return error_set(err, STATUS_BAD_INPUT, "the time span asked for ends before it begins");
    for (size_t i = 0; i < walk->open; i++)
        walk->heap[i]->active = false;
    walk->query = *query;
    walk->query.topics = NULL; /* borrowed for this call only */
    for (size_t i = 0; i < reader->channel_count; i++) {
        struct mcap_known *known = reader->known[reader->channels[i]->id];
        known->wanted = topic_wanted(query, known->public.topic);
    }
    walk->queue = memory_resize(walk->queue, reader->block_count, sizeof(struct mcap_block *));
    walk->heap = memory_resize(walk->heap, reader->block_count, sizeof(struct mcap_block *));
    walk->count = walk->next = walk->open = 0;
    walk->step = walk->torn = false;
    for (size_t i = 0; i < reader->block_count; i++) {
        struct mcap_block *block = reader->blocks[i];
        if (!block_wanted(reader, block))
            continue;
        int64_t first_ns = query->order == MCAP_REVERSE_ORDER ? block->end_ns : block->start_ns;
        block->key = key_make(query->order, first_ns, block->offset, 0);
        block->key.entry = 0; /* before all its messages */
        walk->queue[walk->count++] = block;
    }
    if (walk->count)
        qsort(walk->queue, walk->count, sizeof *walk->queue, block_compare);
    return STATUS_OK;
}

static const struct mcap_entry *block_entry(const struct mcap_block *block, enum mcap_order order)
{
    const struct mcap_slot *slot = block->slot;
    size_t index = order == MCAP_REVERSE_ORDER ? slot->entry_count - 1 - block->position : block->position;
    return &slot->entries[index];
}

/* Moves to the block's first wanted message from `position` on; false if there is none. */
static bool block_seek(const struct mcap_reader *reader, struct mcap_block *block)
{
    const struct mcap_query *query = &reader->walk.query;
    mcap_block_arrange(block, query->order != MCAP_FILE_ORDER);
    for (; block->position < block->slot->entry_count; block->position++) {
        const struct mcap_entry *entry = block_entry(block, query->order);
        if (entry->log_ns < query->from_ns || entry->log_ns > query->to_ns || !reader->known[entry->channel]->wanted)
            continue;
        block->key = key_make(query->order, entry->log_ns, block->offset, entry->offset);
        return true;
    }
    return false;
}

static void heap_sink(struct mcap_walk *walk)
{
    struct mcap_block **heap = walk->heap;
    for (size_t at = 0, child; (child = 2 * at + 1) < walk->open; at = child) {
        if (child + 1 < walk->open && key_less(&heap[child + 1]->key, &heap[child]->key))
            child++;
        if (!key_less(&heap[child]->key, &heap[at]->key))
            return;
        struct mcap_block *block = heap[at];
        heap[at] = heap[child];
        heap[child] = block;
    }
}

static void heap_push(struct mcap_walk *walk, struct mcap_block *block)
{
    struct mcap_block **heap = walk->heap;
    size_t at = walk->open++;
    for (; at && key_less(&block->key, &heap[(at - 1) / 2]->key); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = block;
    block->active = true;
}

static void heap_pop(struct mcap_walk *walk)
{
    walk->heap[0]->active = false;
    walk->heap[0] = walk->heap[--walk->open];
    heap_sink(walk);
}

static enum status block_end(const struct mcap_block *block, struct error *err)
{
    if (!block->damaged)
        return STATUS_OK;
    return error_set(err, STATUS_CORRUPT, "the %s at byte %llu is damaged behind byte %llu of its records",
                     block->chunk ? "chunk" : "run of messages", (unsigned long long)block->offset,
                     (unsigned long long)block->broken_at);
}

/* Past the message handed out last. */
static enum status walk_step(struct mcap_reader *reader, struct error *err)
{
    struct mcap_block *block = reader->walk.heap[0];
    enum status status = mcap_block_load(reader, block, err);
    reader->walk.step = false;
    block->position++;
    if (!status && block_seek(reader, block)) {
        heap_sink(&reader->walk);
        return STATUS_OK;
    }
    heap_pop(&reader->walk);
    return status ? status : block_end(block, err);
}

static enum status walk_open(struct mcap_reader *reader, struct error *err)
{
    struct mcap_block *block = reader->walk.queue[reader->walk.next++];
    enum status status = mcap_block_load(reader, block, err);
    block->position = 0;
    if (status || !block_seek(reader, block))
        return status ? status : block_end(block, err);
    heap_push(&reader->walk, block);
    return STATUS_OK;
}

static void message_read(const struct mcap_reader *reader, const struct mcap_block *block,
                         struct mcap_message *message)
{
    const struct mcap_entry *entry = block_entry(block, reader->walk.query.order);
    const uint8_t *record = block->slot->records + entry->offset;
    uint64_t length;
    memcpy(&length, record + 1, sizeof length);
    message->channel = &reader->known[entry->channel]->public;
    memcpy(&message->sequence, record + 11, 4);
    message->log_ns = entry->log_ns;
    memcpy(&message->publish_ns, record + 23, 8);
    message->data = record + MCAP_PREFIX_BYTES + MCAP_MESSAGE_BYTES;
    message->size = (size_t)length - MCAP_MESSAGE_BYTES;
}

enum status mcap_reader_next(struct mcap_reader *reader, struct mcap_message *message, struct error *err)
{
    struct mcap_walk *walk = &reader->walk;
    enum status status = walk->step ? walk_step(reader, err) : STATUS_OK;
    while (!status && walk->next < walk->count &&
           (!walk->open || key_less(&walk->queue[walk->next]->key, &walk->heap[0]->key)))
        status = walk_open(reader, err);
    if (!status && walk->open) {
        status = mcap_block_load(reader, walk->heap[0], err);
        if (status) {
            heap_pop(walk);
            return status;
        }
        mcap_block_arrange(walk->heap[0], walk->query.order != MCAP_FILE_ORDER); /* it may have been away */
        message_read(reader, walk->heap[0], message);
        walk->step = true;
        return STATUS_OK;
    }
    if (status)
        return status;
    if (reader->torn && !walk->torn) {
        walk->torn = true;
        return error_set(err, STATUS_CORRUPT, "%s", reader->info.damage);
    }
    return STATUS_END;
}
