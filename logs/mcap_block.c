#include <stdlib.h>

#include "logs/mcap_inside.h"

enum { SLOTS_KEPT = 4 }; /* for walks that come back to the same place */

/* A free slot: an idle one, a new one while there is room, else the one longest unused. */
static struct mcap_slot *slot_take(struct mcap_reader *reader)
{
    struct mcap_slot *oldest = NULL, *idle = NULL;
    size_t held = 0;
    for (size_t i = 0; i < reader->slot_count; i++) {
        struct mcap_slot *slot = &reader->slots[i];
        held += slot->data.capacity + slot->entry_capacity * sizeof *slot->entries;
        if (!oldest || slot->used < oldest->used)
            oldest = slot;
        if ((!slot->owner || !slot->owner->active) && (!idle || slot->used < idle->used))
            idle = slot;
    }
    bool room = reader->slot_count < MCAP_SLOTS && (held < MCAP_SLOT_BYTES || reader->slot_count < 2);
    if (room && (reader->slot_count < SLOTS_KEPT || !idle))
        return &reader->slots[reader->slot_count++];
    struct mcap_slot *slot = idle ? idle : oldest;
    if (slot->owner)
        slot->owner->slot = NULL;
    slot->owner = NULL;
    return slot;
}

/* Of a chunk the file ends in, whatever its beginning gives; of any other, every byte, checked. */
static enum status chunk_unpack(struct mcap_reader *reader, struct mcap_block *block, struct mcap_slot *slot,
                                struct error *err)
{
    struct mcap_packed packed = {.offset = block->offset, .cut = block->cut};
    enum status status = mcap_packed_head(&packed, slot->data.data, (size_t)block->length, err);
    if (!status && packed.compression != MCAP_NONE) { /* slots keep what is unpacked */
        struct bytes stored = slot->data;
        slot->data = reader->raw;
        reader->raw = stored;
    }
    if (!status)
        status = mcap_packed_open(&packed, &reader->codec, &slot->data,
                                  reader->ignore_checksums ? &reader->info.bad_checksums : NULL, err);
    slot->records = packed.records;
    slot->size = packed.size;
    block->stored = packed.about.stored;
    block->unpacked = packed.about.unpacked;
    return block->cut ? STATUS_OK : status; /* ending inside the chunk's header is no damage */
}

static void entry_add(struct mcap_slot *slot, struct mcap_entry entry)
{
    if (slot->entry_count == slot->entry_capacity) {
        slot->entry_capacity = slot->entry_capacity ? 2 * slot->entry_capacity : 256;
        slot->entries = memory_resize(slot->entries, slot->entry_capacity, sizeof entry);
    }
    if (slot->entry_count && entry.log_ns < slot->entries[slot->entry_count - 1].log_ns)
        slot->monotone = false;
    slot->entries[slot->entry_count++] = entry;
}

/* One record of the block; false if it is malformed. */
static bool record_list(struct mcap_reader *reader, struct mcap_slot *slot, uint8_t op, struct cursor body)
{
    if (reader->scanning && op == MCAP_SCHEMA)
        return mcap_index_schema(reader, body);
    if (reader->scanning && op == MCAP_CHANNEL)
        return mcap_index_channel(reader, body);
    if (op != MCAP_MESSAGE)
        return op != 0;
    size_t record = (size_t)(body.data - slot->records) - MCAP_PREFIX_BYTES;
    uint16_t channel = cursor_u16(&body);
    cursor_u32(&body);
    int64_t log_ns = (int64_t)cursor_u64(&body);
    cursor_u64(&body);
    if (!body.failed && reader->known[channel])
        entry_add(slot, (struct mcap_entry){log_ns, (uint32_t)record, channel});
    else if (!body.failed)
        reader->orphans += reader->scanning;
    return !body.failed;
}

static void records_list(struct mcap_reader *reader, struct mcap_block *block, struct mcap_slot *slot)
{
    struct cursor cursor = {slot->records, slot->size, 0, false};
    slot->entry_count = 0;
    slot->monotone = true;
    slot->by_time = block->damaged = false;
    while (cursor_left(&cursor)) {
        size_t start = cursor.offset;
        uint8_t op = cursor_u8(&cursor);
        uint64_t length = cursor_u64(&cursor);
        const uint8_t *body = length <= SIZE_MAX ? cursor_take(&cursor, (size_t)length) : NULL;
        if (body && record_list(reader, slot, op, (struct cursor){body, (size_t)length, 0, false}))
            continue;
        block->damaged = body || !block->cut; /* a cut block simply ends */
        block->broken_at = start;
        return;
    }
}

/* An index that misstates a chunk's times would silently put its messages in the wrong place. */
static bool times_hold(const struct mcap_reader *reader, const struct mcap_block *block, const struct mcap_slot *slot)
{
    for (size_t i = 0; i < slot->entry_count && !reader->scanning; i++)
        if (slot->entries[i].log_ns < block->start_ns || slot->entries[i].log_ns > block->end_ns)
            return false;
    return true;
}

enum status mcap_block_load(struct mcap_reader *reader, struct mcap_block *block, struct error *err)
{
    struct mcap_slot *slot = block->slot;
    if (!slot) {
        slot = slot_take(reader);
        slot->data.size = 0;
        slot->size = (size_t)block->length;
        slot->records = bytes_add(&slot->data, slot->size);
        enum status status = mcap_reader_pread(reader, block->offset, slot->data.data, slot->size, err);
        if (!status && block->chunk)
            status = chunk_unpack(reader, block, slot, err);
        if (status)
            return status;
        records_list(reader, block, slot);
        if (!times_hold(reader, block, slot))
            return error_set(err, STATUS_CORRUPT, "the chunk at byte %llu holds other times than its index says",
                             (unsigned long long)block->offset);
        slot->owner = block;
        block->slot = slot;
    }
    slot->used = ++reader->tick;
    return STATUS_OK;
}

static int entry_compare_time(const void *a, const void *b)
{
    const struct mcap_entry *x = a, *y = b;
    if (x->log_ns != y->log_ns)
        return x->log_ns < y->log_ns ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int entry_compare_offset(const void *a, const void *b)
{
    const struct mcap_entry *x = a, *y = b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

void mcap_block_arrange(struct mcap_block *block, bool by_time)
{
    struct mcap_slot *slot = block->slot;
    if (!slot->monotone && slot->by_time != by_time)
        qsort(slot->entries, slot->entry_count, sizeof *slot->entries,
              by_time ? entry_compare_time : entry_compare_offset);
    slot->by_time = by_time;
}
