#include <stdlib.h>

#include "logs/mcap_inside.h"

/* --- definitions --------------------------------------------------------------------------------------------- */
/* Definitions stay in memory, and a small hostile chunk may unpack to a great many; too many fail the cursor. */
static bool definition_fits(struct mcap_reader *reader, struct cursor *body)
{
    body->failed |= body->size > MCAP_DEFINITIONS_MAX - reader->definition_bytes;
    if (!body->failed)
        reader->definition_bytes += body->size;
    return !body->failed;
}

bool mcap_index_schema(struct mcap_reader *reader, struct cursor body)
{
    struct mcap_schema schema = {.id = cursor_u16(&body)};
    if (body.failed || mcap_reader_schema(reader, schema.id) || !definition_fits(reader, &body))
        return !body.failed;
    schema.name = mcap_reader_string(reader, &body);
    schema.encoding = mcap_reader_string(reader, &body);
    schema.size = cursor_u32(&body);
    const uint8_t *data = cursor_take(&body, schema.size);
    if (body.failed)
        return false;
    schema.data = (uint8_t *)arena_string(&reader->arena, (const char *)data, schema.size);
    reader->schemas = memory_resize(reader->schemas, reader->schema_count + 1, sizeof schema);
    reader->schemas[reader->schema_count++] = schema;
    return true;
}

bool mcap_index_channel(struct mcap_reader *reader, struct cursor body)
{
    uint16_t id = cursor_u16(&body);
    if (body.failed || reader->known[id] || !definition_fits(reader, &body))
        return !body.failed;
    struct mcap_known *known = arena_new(&reader->arena, 1, sizeof *known);
    known->public.id = id;
    known->public.schema_id = cursor_u16(&body);
    known->public.topic = mcap_reader_string(reader, &body);
    known->public.encoding = mcap_reader_string(reader, &body);
    known->public.metadata = mcap_reader_map(reader, &body, &known->public.metadata_count);
    if (body.failed)
        return false;
    reader->known[id] = known;
    reader->channels = memory_resize(reader->channels, reader->channel_count + 1, sizeof *reader->channels);
    reader->channels[reader->channel_count++] = &known->public;
    return true;
}

/* --- what both ways of indexing collect ---------------------------------------------------------------------- */
struct mcap_block *mcap_index_block(struct mcap_reader *reader, uint64_t offset, uint64_t length, bool chunk)
{
    struct mcap_block *block = arena_new(&reader->arena, 1, sizeof *block);
    block->offset = offset;
    block->length = length;
    block->chunk = chunk;
    if (!(reader->block_count & (reader->block_count + 1))) /* grows when it is 2^n - 1, to 2^(n+1) - 1 */
        reader->blocks = memory_resize(reader->blocks, 2 * reader->block_count + 1, sizeof block);
    return reader->blocks[reader->block_count++] = block;
}

void mcap_index_attachment(struct mcap_reader *reader, uint64_t offset, uint64_t length, struct mcap_attachment about)
{
    size_t count = reader->attachment_count + 1;
    reader->attachments = memory_resize(reader->attachments, count, sizeof about);
    reader->attachment_places = memory_resize(reader->attachment_places, count, sizeof(struct mcap_place));
    reader->attachments[count - 1] = about;
    reader->attachment_places[count - 1] = (struct mcap_place){offset, length, false};
    reader->attachment_count = count;
}

void mcap_index_metadata(struct mcap_reader *reader, uint64_t offset, uint64_t length, const char *name)
{
    size_t count = reader->metadata_count + 1;
    reader->metadata = memory_resize(reader->metadata, count, sizeof(struct mcap_metadata));
    reader->metadata_places = memory_resize(reader->metadata_places, count, sizeof(struct mcap_place));
    reader->metadata[count - 1] = (struct mcap_metadata){name, NULL, 0};
    reader->metadata_places[count - 1] = (struct mcap_place){offset, length, false};
    reader->metadata_count = count;
}

static void index_reset(struct mcap_reader *reader)
{
    for (size_t i = 0; i < reader->channel_count; i++)
        reader->known[reader->channels[i]->id] = NULL;
    reader->schema_count = reader->channel_count = reader->block_count = 0;
    reader->attachment_count = reader->metadata_count = 0;
    struct mcap_info *info = &reader->info;
    info->message_count = info->chunk_count = info->compressed_bytes = info->uncompressed_bytes = 0;
    info->start_ns = info->end_ns = 0;
}

/* Keeps the first sentence. */
static void damage_note(struct mcap_reader *reader, const struct error *err)
{
    if (!*reader->info.damage) {
        memcpy(reader->info.damage, err->text, sizeof reader->info.damage - 1);
        reader->info.damage[sizeof reader->info.damage - 1] = 0;
    }
}

/* --- from a scan --------------------------------------------------------------------------------------------- */
struct window { /* onto the file, moving forward */
    struct bytes bytes;
    uint64_t offset;
};
enum { WINDOW_BYTES = 1 << 16 };

/* `size` bytes at `offset`, which are in the file; NULL if it cannot be read. */
static const uint8_t *window_at(struct mcap_reader *reader, struct window *window, uint64_t offset, size_t size)
{
    if (offset < window->offset || offset + size > window->offset + window->bytes.size) {
        uint64_t left = reader->info.file_bytes - offset;
        size_t want = size > WINDOW_BYTES ? size : WINDOW_BYTES;
        window->bytes.size = 0;
        window->offset = offset;
        want = want < left ? want : (size_t)left;
        if (mcap_reader_pread(reader, offset, bytes_add(&window->bytes, want), want, NULL)) {
            window->bytes.size = 0;
            return NULL;
        }
    }
    return window->bytes.data + (offset - window->offset);
}

/* Adds a block and what a look into it says: definitions, counts, times. */
static void scan_block(struct mcap_reader *reader, uint64_t offset, uint64_t length, bool chunk, bool cut)
{
    struct error err = {0};
    struct mcap_info *info = &reader->info;
    struct mcap_block *block = mcap_index_block(reader, offset, length, chunk);
    block->cut = cut;
    info->chunk_count += chunk;
    if (mcap_block_load(reader, block, &err)) {
        block->start_ns = INT64_MIN; /* unknown: any walk meets it and says so */
        block->end_ns = INT64_MAX;
        damage_note(reader, &err);
        return;
    }
    const struct mcap_slot *slot = block->slot;
    size_t most = reader->channel_count < slot->entry_count ? reader->channel_count : slot->entry_count;
    block->channels = arena_new(&reader->arena, most, sizeof *block->channels);
    info->compressed_bytes += block->stored;
    info->uncompressed_bytes += block->unpacked;
    for (size_t i = 0; i < slot->entry_count; i++) {
        const struct mcap_entry *entry = &slot->entries[i];
        struct mcap_known *known = reader->known[entry->channel];
        block->start_ns = i && block->start_ns < entry->log_ns ? block->start_ns : entry->log_ns;
        block->end_ns = i && block->end_ns > entry->log_ns ? block->end_ns : entry->log_ns;
        known->messages++;
        if (known->seen != block)
            block->channels[block->channel_count++] = entry->channel;
        known->seen = block;
    }
    if (slot->entry_count) {
        info->start_ns = info->message_count && info->start_ns < block->start_ns ? info->start_ns : block->start_ns;
        info->end_ns = info->message_count && info->end_ns > block->end_ns ? info->end_ns : block->end_ns;
        info->message_count += slot->entry_count;
    }
    if (block->damaged) {
        error_set(&err, STATUS_CORRUPT, "the %s at byte %llu is damaged behind byte %llu of its records",
                  chunk ? "chunk" : "run of messages", (unsigned long long)offset,
                  (unsigned long long)block->broken_at);
        damage_note(reader, &err);
    }
}

static void scan_attachment(struct mcap_reader *reader, struct window *window, uint64_t offset, uint64_t length)
{
    size_t look = length < WINDOW_BYTES ? (size_t)length : WINDOW_BYTES; /* names end long before that */
    const uint8_t *at = window_at(reader, window, offset, look);
    if (!at)
        return;
    struct cursor body = {at, look, MCAP_PREFIX_BYTES, false};
    struct mcap_attachment about = {.log_ns = (int64_t)cursor_u64(&body)};
    about.create_ns = (int64_t)cursor_u64(&body);
    about.name = mcap_reader_string(reader, &body);
    about.media_type = mcap_reader_string(reader, &body);
    mcap_index_attachment(reader, offset, length, about);
}

static void scan_metadata(struct mcap_reader *reader, struct window *window, uint64_t offset, uint64_t length)
{
    size_t look = length < WINDOW_BYTES ? (size_t)length : WINDOW_BYTES;
    const uint8_t *at = window_at(reader, window, offset, look);
    struct cursor body = {at, at ? look : 0, at ? MCAP_PREFIX_BYTES : 0, false};
    mcap_index_metadata(reader, offset, length, mcap_reader_string(reader, &body));
}

struct scan {
    struct window window;
    uint64_t at, run; /* the next record; where the open run of loose records began, or `at` */
};

static void scan_run_end(struct mcap_reader *reader, struct scan *scan)
{
    if (scan->run < scan->at)
        scan_block(reader, scan->run, scan->at - scan->run, false, false);
    scan->run = scan->at;
}

/* One whole record. Definitions and messages outside chunks only lengthen the run. */
static void scan_record(struct mcap_reader *reader, struct scan *scan, uint8_t op, uint64_t length)
{
    bool loose = op == MCAP_MESSAGE || op == MCAP_SCHEMA || op == MCAP_CHANNEL;
    if (!loose || scan->at + length - scan->run > MCAP_RUN_BYTES)
        scan_run_end(reader, scan);
    if (op == MCAP_CHUNK)
        scan_block(reader, scan->at, length, true, false);
    else if (op == MCAP_ATTACHMENT)
        scan_attachment(reader, &scan->window, scan->at, length);
    else if (op == MCAP_METADATA)
        scan_metadata(reader, &scan->window, scan->at, length);
    scan->at += length;
    if (!loose)
        scan->run = scan->at;
}

/* Record by record to DataEnd (or Footer), the end of the file, or bytes that are no record. Says where and why it
 * ended before its time. */
static enum status scan_records(struct mcap_reader *reader, struct scan *scan, struct error *err)
{
    for (;;) {
        uint64_t left = reader->info.file_bytes - scan->at;
        const uint8_t *prefix =
            left < MCAP_PREFIX_BYTES ? NULL : window_at(reader, &scan->window, scan->at, MCAP_PREFIX_BYTES);
        struct cursor cursor = {prefix, prefix ? MCAP_PREFIX_BYTES : 0, 0, false};
        uint8_t op = cursor_u8(&cursor);
        uint64_t length = cursor_u64(&cursor);
        bool over = !prefix || length > left - MCAP_PREFIX_BYTES || op == MCAP_DATA_END || op == MCAP_FOOTER || !op;
        if (!over) {
            scan_record(reader, scan, op, MCAP_PREFIX_BYTES + length);
            continue;
        }
        scan_run_end(reader, scan);
        if (prefix && (op == MCAP_DATA_END || op == MCAP_FOOTER))
            return STATUS_OK;
        reader->torn = prefix && (!op || !reader->info.truncated);
        if (reader->torn)
            return error_set(err, STATUS_CORRUPT, "there is no record at byte %llu, and nothing behind it can be read",
                             (unsigned long long)scan->at);
        if (prefix && op == MCAP_CHUNK)
            scan_block(reader, scan->at, left, true, true);
        return !left ? STATUS_OK
                     : error_set(err, STATUS_CORRUPT, "the file ends inside the record at byte %llu",
                                 (unsigned long long)scan->at);
    }
}

static void scan_file(struct mcap_reader *reader)
{
    struct error err = {0};
    struct scan scan = {.at = reader->data_start, .run = reader->data_start};
    reader->scanning = true;
    if (scan_records(reader, &scan, &err))
        damage_note(reader, &err);
    reader->scanning = false;
    if (reader->orphans) {
        error_set(&err, STATUS_CORRUPT, "%llu messages belong to channels that are not defined before them",
                  (unsigned long long)reader->orphans);
        damage_note(reader, &err);
    }
    if (reader->info.truncated) {
        error_set(&err, STATUS_CORRUPT, "the file has no footer behind byte %llu: it was never closed",
                  (unsigned long long)scan.at);
        damage_note(reader, &err);
    }
    bytes_clear(&scan.window.bytes);
}

enum status mcap_index_build(struct mcap_reader *reader, struct error *err)
{
    struct error why = {0};
    enum status status = mcap_summary_read(reader, &why);
    if (status == STATUS_CORRUPT)
        damage_note(reader, &why);
    if (status == STATUS_IO)
        return error_set(err, status, "%s", why.text);
    if (status) {
        index_reset(reader);
        scan_file(reader);
    }
    reader->info.attachment_count = reader->attachment_count;
    reader->info.metadata_count = reader->metadata_count;
    return STATUS_OK;
}
