#include <inttypes.h>
#include <stdlib.h>

#include "logs/verify_inside.h"

struct group { /* of neighbouring records of one kind in the summary */
    uint64_t start, length;
};

struct summary {
    struct verify *verify;
    uint64_t start, offsets_start; /* as the footer says; 0: none */
    struct group groups[256];
    bool in_summary[UINT16_MAX + 1]; /* channels */
    bool statistics;
    bool chunk_indexes;
};

/* --- one check for each kind ------------------------------------------------------------------------------------ */

static void repeat_check(struct summary *s, uint64_t at, uint8_t op, struct cursor body)
{
    uint64_t hash = verify_hash(body.data, body.size);
    uint16_t id = cursor_u16(&body);
    const char *kind = op == MCAP_SCHEMA ? "schema" : "channel";
    const struct verify_schema *schema = op == MCAP_SCHEMA ? s->verify->schemas[id] : NULL;
    const struct verify_channel *channel = op == MCAP_CHANNEL ? s->verify->channels[id] : NULL;
    if (!schema && !channel)
        verify_problem(s->verify, false, at, "the summary has %s %u, which the data does not define", kind, id);
    else if ((schema ? schema->hash : channel->hash) != hash)
        verify_problem(s->verify, false, at, "the summary's %s %u differs from the one at byte %" PRIu64, kind, id,
                       schema ? schema->offset : channel->offset);
    if (schema)
        s->verify->schemas[id]->repeated = true;
    if (channel)
        s->verify->channels[id]->repeated = true;
}

static void number_check(struct summary *s, uint64_t at, const char *what, uint64_t said, uint64_t is)
{
    if (said != is && !s->verify->holes)
        verify_problem(s->verify, false, at, "Statistics says %" PRIu64 " %s; there are %" PRIu64, said, what, is);
}

static uint64_t extras_of(const struct verify *verify, uint8_t op)
{
    uint64_t count = 0;
    for (size_t i = 0; i < verify->extra_count; i++)
        count += verify->extras[i].op == op;
    return count;
}

static void statistics_check(struct summary *s, uint64_t at, struct cursor body)
{
    struct verify *verify = s->verify;
    if (s->statistics)
        verify_problem(verify, false, at, "a second Statistics record");
    s->statistics = true;
    number_check(s, at, "messages", cursor_u64(&body), verify->span.messages);
    number_check(s, at, "schemas", cursor_u16(&body), verify->schema_count);
    number_check(s, at, "channels", cursor_u32(&body), verify->channel_count);
    number_check(s, at, "attachments", cursor_u32(&body), extras_of(verify, MCAP_ATTACHMENT));
    number_check(s, at, "metadata records", cursor_u32(&body), extras_of(verify, MCAP_METADATA));
    number_check(s, at, "chunks", cursor_u32(&body), verify->chunk_count);
    number_check(s, at, "ns as the first time", cursor_u64(&body), (uint64_t)verify->span.start_ns);
    number_check(s, at, "ns as the last time", cursor_u64(&body), (uint64_t)verify->span.end_ns);
    uint32_t size = cursor_u32(&body);
    const uint8_t *data = cursor_take(&body, size);
    struct cursor counts = {data, data ? size : 0, 0, false};
    while (cursor_left(&counts)) {
        uint16_t id = cursor_u16(&counts);
        uint64_t count = cursor_u64(&counts), is = verify->channels[id] ? verify->channels[id]->messages : 0;
        if (!counts.failed && count != is && !verify->holes)
            verify_problem(verify, false, at, "Statistics says %" PRIu64 " messages of channel %u; there are %" PRIu64,
                           count, id, is);
    }
    if (body.failed || counts.failed)
        verify_problem(verify, false, at, "the Statistics record is too short for what it says");
}

/* Indexes come in file order, so the next one is nearly always where the last one was found. */
static struct verify_chunk *chunk_find(struct verify *verify, uint64_t offset)
{
    size_t low = 0, high = verify->chunk_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (verify->chunks[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < verify->chunk_count && verify->chunks[low].offset == offset ? &verify->chunks[low] : NULL;
}

static void chunk_index_check(struct summary *s, uint64_t at, struct cursor body)
{
    struct verify *verify = s->verify;
    int64_t start_ns = (int64_t)cursor_u64(&body), end_ns = (int64_t)cursor_u64(&body);
    uint64_t offset = cursor_u64(&body), length = cursor_u64(&body);
    struct records_text map = records_text(&body);
    uint64_t index_length = cursor_u64(&body);
    struct records_text compression = records_text(&body);
    uint64_t stored = cursor_u64(&body), unpacked = cursor_u64(&body);
    struct verify_chunk *chunk = body.failed ? NULL : chunk_find(verify, offset);
    s->chunk_indexes = true;
    if (!chunk) {
        verify_problem(verify, false, at, "a ChunkIndex points at byte %" PRIu64 ", where no chunk is", offset);
        return;
    }
    if (chunk->indexed)
        verify_problem(verify, false, at, "a second ChunkIndex for the chunk at byte %" PRIu64, offset);
    chunk->indexed = true;
    if (start_ns != chunk->span.start_ns || end_ns != chunk->span.end_ns || length != chunk->length ||
        stored != chunk->stored || unpacked != chunk->unpacked || index_length != chunk->index_length ||
        verify_hash(compression.data, compression.size) != chunk->crc_of_name)
        verify_problem(verify, false, at, "the ChunkIndex differs from its chunk at byte %" PRIu64, offset);
    struct cursor places = {(const uint8_t *)map.data, map.size, 0, false};
    while (cursor_left(&places)) {
        uint16_t id = cursor_u16(&places);
        uint64_t place = cursor_u64(&places), behind = chunk->offset + chunk->length;
        if (!places.failed && (place < behind || place >= behind + chunk->index_length))
            verify_problem(verify, false, at, "channel %u's MessageIndex is not at byte %" PRIu64, id, place);
        if (!places.failed)
            s->in_summary[id] = true;
    }
}

static void extra_index_check(struct summary *s, uint64_t at, uint8_t op, struct cursor body)
{
    struct verify *verify = s->verify;
    bool attachment = op == MCAP_ATTACHMENT_INDEX;
    uint64_t offset = cursor_u64(&body), length = cursor_u64(&body);
    int64_t log_ns = attachment ? (int64_t)cursor_u64(&body) : 0;
    int64_t create_ns = attachment ? (int64_t)cursor_u64(&body) : 0;
    uint64_t size = attachment ? cursor_u64(&body) : 0;
    struct records_text name = records_text(&body);
    struct verify_extra *extra = NULL;
    for (size_t i = 0; i < verify->extra_count && !extra; i++)
        if (verify->extras[i].offset == offset && (verify->extras[i].op == MCAP_ATTACHMENT) == attachment)
            extra = &verify->extras[i];
    if (body.failed || !extra) {
        verify_problem(verify, false, at, "an index points at byte %" PRIu64 ", where no such record is", offset);
        return;
    }
    extra->indexed = true;
    if (length != extra->length || verify_hash(name.data, name.size) != extra->name_hash ||
        size != extra->data_size || log_ns != extra->log_ns || create_ns != extra->create_ns)
        verify_problem(verify, false, at, "an index differs from its record at byte %" PRIu64, offset);
}

static void summary_offset_check(struct summary *s, uint64_t at, struct cursor body)
{
    uint8_t op = cursor_u8(&body);
    uint64_t start = cursor_u64(&body), length = cursor_u64(&body);
    if (body.failed || s->groups[op].start != start || s->groups[op].length != length)
        verify_problem(s->verify, false, at, "a SummaryOffset places the records of kind 0x%02x where they are not",
                       op);
}

/* --- the walk --------------------------------------------------------------------------------------------------- */

static void record_check(struct summary *s, uint64_t at, uint8_t op, struct cursor body)
{
    struct group *group = &s->groups[op];
    uint64_t length = MCAP_PREFIX_BYTES + body.size;
    if (op != MCAP_SUMMARY_OFFSET) {
        if (group->length && group->start + group->length != at)
            verify_problem(s->verify, false, at, "records of kind 0x%02x are not together in the summary", op);
        group->start = group->length ? group->start : at;
        group->length += length;
    }
    switch ((enum mcap_op)op) {
    case MCAP_SCHEMA:
    case MCAP_CHANNEL: repeat_check(s, at, op, body); break;
    case MCAP_STATISTICS: statistics_check(s, at, body); break;
    case MCAP_CHUNK_INDEX: chunk_index_check(s, at, body); break;
    case MCAP_ATTACHMENT_INDEX:
    case MCAP_METADATA_INDEX: extra_index_check(s, at, op, body); break;
    case MCAP_SUMMARY_OFFSET: summary_offset_check(s, at, body); break;
    case MCAP_HEADER:
    case MCAP_MESSAGE:
    case MCAP_CHUNK:
    case MCAP_MESSAGE_INDEX:
    case MCAP_ATTACHMENT:
    case MCAP_METADATA:
    case MCAP_DATA_END:
        verify_problem(s->verify, false, at, "a record of kind 0x%02x does not belong into the summary", op);
        break;
    case MCAP_FOOTER:
    default:
        if (op < 0x80)
            verify_problem(s->verify, true, at, "a record of unknown kind 0x%02x", op);
    }
}

static void footer_check(struct summary *s, uint64_t at, uint64_t begin, struct cursor body)
{
    struct verify *verify = s->verify;
    s->start = cursor_u64(&body);
    s->offsets_start = cursor_u64(&body);
    uint32_t crc = cursor_u32(&body);
    if (s->start && s->start != begin)
        verify_problem(verify, false, at, "the Footer places the summary at byte %" PRIu64 "; it is at %" PRIu64,
                       s->start, begin);
    if (!s->start && begin != at)
        verify_problem(verify, false, at, "the Footer says there is no summary; it is at byte %" PRIu64, begin);
    size_t covered = MCAP_PREFIX_BYTES + MCAP_FOOTER_BYTES - sizeof crc;
    uint32_t is = 0;
    for (uint64_t from = begin, left; crc && from < at + covered; from += left) {
        left = at + covered - from < 1 << 18 ? at + covered - from : 1 << 18;
        const uint8_t *data = records_at(&verify->source, from, left);
        is = data ? mcap_codec_crc_more(is, data, (size_t)left) : 0;
    }
    if (crc && is != crc)
        verify_problem(verify, false, at, "the summary's checksum is wrong");
    if (!crc)
        verify_problem(verify, true, at, "the summary has no checksum");
    if (at + MCAP_TAIL_BYTES > verify->source.size)
        verify_problem(verify, false, at, "the file ends before its closing magic");
    else if (memcmp(records_at(&verify->source, at + MCAP_PREFIX_BYTES + MCAP_FOOTER_BYTES, MCAP_MAGIC_BYTES),
                    MCAP_MAGIC, MCAP_MAGIC_BYTES))
        verify_problem(verify, false, at + MCAP_PREFIX_BYTES + MCAP_FOOTER_BYTES, "no closing magic behind the Footer");
    else if (at + MCAP_TAIL_BYTES != verify->source.size)
        verify_problem(verify, false, at + MCAP_TAIL_BYTES, "there are bytes behind the closing magic");
}

/* What an indexed reader would not find. */
static void completeness_check(struct summary *s, uint64_t at)
{
    struct verify *verify = s->verify;
    for (size_t i = 0; i < verify->chunk_count && s->chunk_indexes; i++)
        if (!verify->chunks[i].indexed)
            verify_problem(verify, false, verify->chunks[i].offset, "the chunk has no ChunkIndex");
    for (size_t i = 0; i < verify->extra_count && s->groups[verify->extras[i].op + 1].length; i++)
        if (!verify->extras[i].indexed)
            verify_problem(verify, false, verify->extras[i].offset, "the record has no index");
    for (size_t id = 0; id <= UINT16_MAX; id++) {
        const struct verify_channel *channel = verify->channels[id];
        if (!channel || !s->in_summary[id])
            continue;
        if (!channel->repeated)
            verify_problem(verify, false, at, "channel %zu is indexed but not repeated in the summary", id);
        if (channel->schema_id && verify->schemas[channel->schema_id] && !verify->schemas[channel->schema_id]->repeated)
            verify_problem(verify, false, at, "schema %u of indexed channel %zu is not repeated in the summary",
                           channel->schema_id, id);
    }
    if (verify->loose && s->chunk_indexes)
        verify_problem(verify, true, verify->loose,
                       "messages outside chunks: readers that use the index do not see them");
}

void verify_summary(struct verify *verify, uint64_t begin)
{
    struct summary *s = NEW(struct summary);
    uint64_t at = begin, length, offsets = 0;
    uint8_t op = 0;
    s->verify = verify;
    while (at < verify->source.size) {
        struct cursor body = verify_record(verify, at, verify->source.size, &op, &length);
        if (body.failed || op == MCAP_FOOTER) {
            if (body.failed || length != MCAP_FOOTER_BYTES)
                verify_problem(verify, false, at, "the file has no Footer: it ends, or stops making sense, here");
            else
                footer_check(s, at, begin, body);
            break;
        }
        if (op == MCAP_SUMMARY_OFFSET && !offsets)
            offsets = at;
        record_check(s, at, op, body);
        at += MCAP_PREFIX_BYTES + length;
    }
    if (op != MCAP_FOOTER && at >= verify->source.size)
        verify_problem(verify, false, at, "the file has no Footer");
    if (op == MCAP_FOOTER && s->offsets_start != offsets)
        verify_problem(verify, false, at,
                       "the Footer places the summary offsets at byte %" PRIu64 "; they are at %" PRIu64,
                       s->offsets_start, offsets);
    completeness_check(s, begin);
    free(s);
}
