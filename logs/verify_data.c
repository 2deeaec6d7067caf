#include <inttypes.h>
#include <stdio.h>

#include "logs/hash.h"
#include "logs/message.h"
#include "logs/verify_inside.h"

/* --- definitions ------------------------------------------------------------------------------------------------ */

static void schema_check(struct verify *verify, uint64_t at, struct cursor body)
{
    struct records_schema schema;
    if (!records_schema(body, &schema)) {
        verify_problem(verify, false, at, "a Schema record is too short for what it says");
        return;
    }
    uint64_t hash = verify_hash(body.data, body.size);
    struct verify_schema *known = verify->schemas[schema.id];
    if (!schema.id)
        verify_problem(verify, false, at, "schema '%.*s' has id 0, which means no schema", (int)schema.name.size,
                       schema.name.data);
    if (!schema.encoding.size && schema.data.size)
        verify_problem(verify, false, at, "schema %u has data but no encoding", schema.id);
    if (known && known->hash != hash)
        verify_problem(verify, false, at, "schema %u differs from its definition at byte %" PRIu64, schema.id,
                       known->offset);
    else if (known)
        verify_problem(verify, true, at, "schema %u is defined again", schema.id);
    if (known)
        return;
    known = verify->schemas[schema.id] = arena_new(&verify->arena, 1, sizeof *known);
    *known = (struct verify_schema){at, hash, false};
    verify->schema_count++;
}

static void channel_check(struct verify *verify, uint64_t at, struct cursor body)
{
    struct records_channel channel;
    static const char topic[] = "/binnacle/state_hash";
    if (!records_channel(body, &channel)) {
        verify_problem(verify, false, at, "a Channel record is too short for what it says");
        return;
    }
    uint64_t hash = verify_hash(body.data, body.size);
    struct verify_channel *known = verify->channels[channel.id];
    if (channel.schema_id && !verify->schemas[channel.schema_id])
        verify_problem(verify, false, at, "channel %u names schema %u, which is not defined before it", channel.id,
                       channel.schema_id);
    if (known && known->hash != hash)
        verify_problem(verify, false, at, "channel %u differs from its definition at byte %" PRIu64, channel.id,
                       known->offset);
    else if (known)
        verify_problem(verify, true, at, "channel %u is defined again", channel.id);
    if (known)
        return;
    known = verify->channels[channel.id] = arena_new(&verify->arena, 1, sizeof *known);
    known->offset = at;
    known->hash = hash;
    known->schema_id = channel.schema_id;
    known->state_hash = channel.topic.size == sizeof topic - 1 && !memcmp(channel.topic.data, topic, sizeof topic - 1);
    verify->channel_count++;
}

/* --- messages --------------------------------------------------------------------------------------------------- */

/* A re-simulation compares hash by hash: each tick has one. */
static void tick_check(struct verify *verify, uint64_t at, const struct records_message *message)
{
    struct msg_state_hash hash;
    if (message_decode(&message_type_state_hash, message->data, message->size, &hash, &verify->arena, NULL)) {
        verify_problem(verify, false, at, "the state hash #%" PRIu32 " cannot be decoded", message->sequence);
        return;
    }
    if (verify->report->ticks && verify->tick_holes == verify->holes && hash.tick != verify->last_tick + 1)
        verify_problem(verify, false, at, "state hash of tick %" PRIu64 " follows that of tick %" PRIu64, hash.tick,
                       verify->last_tick);
    verify->last_tick = hash.tick;
    verify->tick_holes = verify->holes;
    verify->report->ticks++;
}

/* What we record is numbered from 0 without a gap, and time does not go back. */
static void order_check(struct verify *verify, uint64_t at, struct verify_channel *channel,
                        const struct records_message *message)
{
    uint32_t expected = channel->began ? channel->sequence + 1 : 0;
    bool back = verify->span.messages && message->log_ns < verify->last_ns;
    if (verify->report->ours && channel->holes == verify->holes && message->sequence != expected)
        verify_problem(verify, false, at, "channel %u: message #%" PRIu32 " where #%" PRIu32 " is due",
                       message->channel, message->sequence, expected);
    if (verify->report->ours && back)
        verify_problem(verify, false, at, "channel %u: #%" PRIu32 " is stamped before the message in front of it",
                       message->channel, message->sequence);
    if (back && !verify->disordered)
        verify->disordered = at;
    if (verify->report->ours && channel->state_hash)
        tick_check(verify, at, message);
}

static struct verify_channel *message_check(struct verify *verify, uint64_t at, struct cursor body,
                                            struct records_message *message)
{
    if (!records_message(body, message)) {
        verify_problem(verify, false, at, "a Message record is too short");
        return NULL;
    }
    struct verify_channel *channel = verify->channels[message->channel];
    if (!channel) {
        verify_problem(verify, false, at, "message #%" PRIu32 " comes before the definition of its channel %u",
                       message->sequence, message->channel);
        return NULL;
    }
    order_check(verify, at, channel, message);
    channel->began = true;
    channel->holes = verify->holes;
    channel->sequence = message->sequence;
    channel->messages++;
    mcap_span_add(&verify->span, message->log_ns);
    verify->last_ns = message->log_ns;
    verify->report->messages++;
    return channel;
}

/* --- chunks ----------------------------------------------------------------------------------------------------- */

/* Of a chunk that is not `whole` only the definitions matter, lest every message after it lacks its channel. */
static void chunk_records(struct verify *verify, uint64_t at, bool whole, struct mcap_span *span)
{
    struct cursor cursor = {verify->unpacked.data, verify->unpacked.size, 0, false};
    while (cursor_left(&cursor)) {
        uint64_t inner = cursor.offset;
        uint8_t op = cursor_u8(&cursor);
        uint64_t length = cursor_u64(&cursor);
        const uint8_t *data =
            cursor.failed || length > cursor_left(&cursor) ? NULL : cursor_take(&cursor, (size_t)length);
        struct cursor body = {data, data ? (size_t)length : 0, 0, !data};
        struct records_message message;
        struct verify_channel *channel;
        if (!data && !whole)
            return;
        if (!data) {
            verify_problem(verify, false, at, "the chunk's records end inside one, at byte %" PRIu64 " of them", inner);
            return;
        }
        if (op == MCAP_SCHEMA) {
            schema_check(verify, at, body);
        } else if (op == MCAP_CHANNEL) {
            channel_check(verify, at, body);
        } else if (!whole) {
            continue;
        } else if (op != MCAP_MESSAGE && op < 0x80) {
            verify_problem(verify, false, at, "a record of kind 0x%02x is not allowed in a chunk", op);
        } else if (op == MCAP_MESSAGE && (channel = message_check(verify, at, body, &message))) {
            channel->in_chunk++;
            mcap_span_add(span, message.log_ns);
        }
    }
}

/* The chunk's records into verify->unpacked; false (and said) if they are not what was written. */
static bool chunk_unpack(struct verify *verify, uint64_t at, struct cursor body, const struct records_chunk *chunk)
{
    enum mcap_compression compression;
    const uint8_t *stored = body.data + chunk->head;
    if (!mcap_codec_find(chunk->compression.data, chunk->compression.size, &compression)) {
        verify_problem(verify, false, at, "the chunk's compression '%.*s' is none of the format's",
                       chunk->compression.size < 16 ? (int)chunk->compression.size : 16, chunk->compression.data);
        return false;
    }
    if (chunk->stored != body.size - chunk->head ||
        !mcap_codec_plausible(compression, stored, (size_t)chunk->stored, false, chunk->unpacked)) {
        verify_problem(verify, false, at, "the chunk's sizes do not fit it: %" PRIu64 " stored, %" PRIu64 " unpacked",
                       chunk->stored, chunk->unpacked);
        return false;
    }
    verify->unpacked.size = 0;
    uint8_t *out = bytes_add(&verify->unpacked, (size_t)chunk->unpacked);
    size_t got = mcap_codec_unpack(&verify->codec, compression, stored, (size_t)chunk->stored, false, out,
                                   (size_t)chunk->unpacked);
    if (got != chunk->unpacked)
        verify_problem(verify, false, at, "the chunk unpacks to %zu of %" PRIu64 " bytes", got, chunk->unpacked);
    else if (chunk->crc && mcap_codec_crc(out, got) != chunk->crc)
        verify_problem(verify, false, at, "the chunk's checksum is wrong");
    verify->unpacked.size = got;
    return got == chunk->unpacked && (!chunk->crc || mcap_codec_crc(out, got) == chunk->crc);
}

static void chunk_check(struct verify *verify, uint64_t at, struct cursor body)
{
    struct records_chunk chunk;
    struct mcap_span span = {0};
    verify->chunk_known = false;
    if (!records_chunk(body, &chunk)) {
        verify_problem(verify, false, at, "a Chunk record is too short for what it says");
        return;
    }
    verify->chunks = memory_resize(verify->chunks, verify->chunk_count + 1, sizeof *verify->chunks);
    verify->chunks[verify->chunk_count++] = (struct verify_chunk){
        .span = {chunk.start_ns, chunk.end_ns, 0},
        .offset = at,
        .length = MCAP_PREFIX_BYTES + body.size,
        .unpacked = chunk.unpacked,
        .stored = chunk.stored,
        .crc_of_name = verify_hash(chunk.compression.data, chunk.compression.size),
    };
    verify->report->chunks++;
    verify->unpacked.size = 0;
    verify->chunk_known = chunk_unpack(verify, at, body, &chunk);
    verify->holes += !verify->chunk_known;
    chunk_records(verify, at, verify->chunk_known, &span);
    if (!verify->chunk_known)
        return;
    if (span.start_ns != chunk.start_ns || span.end_ns != chunk.end_ns)
        verify_problem(verify, false, at,
                       "the chunk says times %" PRId64 " to %" PRId64 " ns, its messages %" PRId64 " to %" PRId64,
                       chunk.start_ns, chunk.end_ns, span.start_ns, span.end_ns);
}

/* Each entry must lead to a message of the channel with that time. */
static void message_index_check(struct verify *verify, uint64_t at, struct cursor body)
{
    uint16_t id = cursor_u16(&body);
    uint32_t size = cursor_u32(&body);
    if (body.failed || size % 16 || size > cursor_left(&body) || !verify->chunk_count) {
        verify_problem(verify, false, at, verify->chunk_count ? "a MessageIndex record is malformed"
                                                              : "a MessageIndex stands before any chunk");
        return;
    }
    verify->chunks[verify->chunk_count - 1].index_length += MCAP_PREFIX_BYTES + body.size;
    if (verify->channels[id])
        verify->channels[id]->indexed += size / 16;
    for (uint32_t i = 0; i < size / 16 && verify->chunk_known; i++) {
        int64_t log_ns = (int64_t)cursor_u64(&body);
        uint64_t offset = cursor_u64(&body);
        struct cursor record = {verify->unpacked.data, verify->unpacked.size,
                                offset <= verify->unpacked.size ? (size_t)offset : verify->unpacked.size, false};
        bool is_message = cursor_u8(&record) == MCAP_MESSAGE && cursor_u64(&record) >= MCAP_MESSAGE_BYTES;
        bool same_channel = cursor_u16(&record) == id;
        cursor_u32(&record);
        if (is_message && same_channel && (int64_t)cursor_u64(&record) == log_ns && !record.failed)
            continue;
        verify_problem(verify, false, at, "entry %" PRIu32 " of channel %u's index does not lead to its message", i,
                       id);
        return;
    }
}

/* Before the next chunk: was every message of the last one indexed, if any was? */
static void indexes_close(struct verify *verify)
{
    if (!verify->chunk_count)
        return;
    const struct verify_chunk *chunk = &verify->chunks[verify->chunk_count - 1];
    for (size_t id = 0; id <= UINT16_MAX; id++) {
        struct verify_channel *channel = verify->channels[id];
        if (!channel)
            continue;
        if (verify->chunk_known && chunk->index_length && channel->indexed != channel->in_chunk)
            verify_problem(verify, false, chunk->offset,
                           "%" PRIu32 " of the chunk's %" PRIu32 " messages of channel %zu are indexed",
                           channel->indexed, channel->in_chunk, id);
        channel->indexed = channel->in_chunk = 0;
    }
}

/* --- the rest --------------------------------------------------------------------------------------------------- */

static void extra_add(struct verify *verify, struct verify_extra extra)
{
    verify->extras = memory_resize(verify->extras, verify->extra_count + 1, sizeof extra);
    verify->extras[verify->extra_count++] = extra;
}

static void attachment_check(struct verify *verify, uint64_t at, struct cursor body)
{
    struct records_attachment found;
    if (!records_attachment(body, &found) || found.size > body.size - found.head) {
        verify_problem(verify, false, at, "an Attachment record is too short for what it says");
        return;
    }
    struct cursor tail = {body.data, body.size, found.head + (size_t)found.size, false};
    uint32_t crc = cursor_u32(&tail);
    if (tail.failed || (crc && mcap_codec_crc(body.data, found.head + (size_t)found.size) != crc))
        verify_problem(verify, false, at, "the attachment's checksum is wrong");
    extra_add(verify, (struct verify_extra){MCAP_ATTACHMENT, false, at, MCAP_PREFIX_BYTES + body.size,
                                            verify_hash(found.name.data, found.name.size), found.size, found.log_ns,
                                            found.create_ns});
}

static void metadata_check(struct verify *verify, uint64_t at, struct cursor body)
{
    static const char ours[] = "binnacle", build[] = "build_id";
    size_t size = body.size;
    struct records_text name = records_text(&body), map = records_text(&body), key, value;
    if (body.failed || !records_map_valid(map)) {
        verify_problem(verify, false, at, "a Metadata record is too short for what it says");
        return;
    }
    extra_add(verify, (struct verify_extra){.op = MCAP_METADATA, .offset = at, .length = MCAP_PREFIX_BYTES + size,
                                            .name_hash = verify_hash(name.data, name.size)});
    if (name.size != sizeof ours - 1 || memcmp(name.data, ours, name.size))
        return;
    verify->report->ours = true;
    struct cursor pairs = {(const uint8_t *)map.data, map.size, 0, false};
    while (records_pair(&pairs, &key, &value))
        if (key.size == sizeof build - 1 && !memcmp(key.data, build, key.size))
            snprintf(verify->report->build_id, sizeof verify->report->build_id, "%.*s",
                     value.size < 31 ? (int)value.size : 31, value.data);
    if (!*verify->report->build_id)
        verify_problem(verify, false, at,
                       "the log does not say which build made it, so no re-simulation can promise the same bits");
}

static void header_check(struct verify *verify, uint64_t at, struct cursor body)
{
    struct records_text profile = records_text(&body), library = records_text(&body);
    if (body.failed)
        verify_problem(verify, false, at, "the Header is too short for what it says");
    else if (!library.size)
        verify_problem(verify, true, at, "the Header does not name the library that wrote the file");
    if (!body.failed && profile.size &&
        !(profile.size == 4 && (!memcmp(profile.data, "ros1", 4) || !memcmp(profile.data, "ros2", 4))))
        verify_problem(verify, true, at, "profile '%.*s' is not a known one",
                       profile.size < 32 ? (int)profile.size : 32, profile.data);
}

static void record_check(struct verify *verify, uint64_t at, uint8_t op, struct cursor body)
{
    struct records_message message;
    if (op == MCAP_CHUNK)
        indexes_close(verify);
    if (at == MCAP_MAGIC_BYTES && op != MCAP_HEADER)
        verify_problem(verify, false, at, "the first record is not a Header");
    switch ((enum mcap_op)op) {
    case MCAP_HEADER:
        if (at != MCAP_MAGIC_BYTES)
            verify_problem(verify, false, at, "a second Header");
        else
            header_check(verify, at, body);
        break;
    case MCAP_SCHEMA: schema_check(verify, at, body); break;
    case MCAP_CHANNEL: channel_check(verify, at, body); break;
    case MCAP_MESSAGE:
        if (message_check(verify, at, body, &message) && !verify->loose)
            verify->loose = at;
        break;
    case MCAP_CHUNK: chunk_check(verify, at, body); break;
    case MCAP_MESSAGE_INDEX: message_index_check(verify, at, body); break;
    case MCAP_ATTACHMENT: attachment_check(verify, at, body); break;
    case MCAP_METADATA: metadata_check(verify, at, body); break;
    case MCAP_FOOTER:
    case MCAP_CHUNK_INDEX:
    case MCAP_ATTACHMENT_INDEX:
    case MCAP_STATISTICS:
    case MCAP_METADATA_INDEX:
    case MCAP_SUMMARY_OFFSET:
        verify_problem(verify, false, at, "a record of kind 0x%02x belongs behind DataEnd, which is missing", op);
        break;
    case MCAP_DATA_END: break;
    default:
        if (!op)
            verify_problem(verify, false, at, "a record of kind 0x00, which is invalid");
        else if (op < 0x80)
            verify_problem(verify, true, at, "a record of unknown kind 0x%02x", op);
    }
}

uint64_t verify_data(struct verify *verify, bool *ended)
{
    uint64_t at = MCAP_MAGIC_BYTES, length;
    uint8_t op = 0;
    *ended = false;
    while (at < verify->source.size && op != MCAP_FOOTER) {
        struct cursor body = verify_record(verify, at, verify->source.size, &op, &length);
        if (body.failed) {
            verify_problem(verify, false, at, "the file ends inside the record of kind 0x%02x that begins here", op);
            break;
        }
        if (op == MCAP_DATA_END) {
            *ended = true;
            break;
        }
        record_check(verify, at, op, body);
        at += MCAP_PREFIX_BYTES + length;
    }
    indexes_close(verify);
    return at;
}
