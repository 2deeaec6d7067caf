#include "logs/recover_inside.h"

enum {
    RUN_OVER_MAX = 64,             /* records that a wrong length may hide */
    CHAIN = 3,                     /* records in a row that make a place believable after damage */
    DEFINITION_MAX = 16 << 20,     /* a schema, channel or metadata record is read whole only up to here */
    SLACK_MAX = 64,                /* bytes a newer writer may have added behind a record's last field */
    UNPACKED_GUESS = 64 << 20,     /* when neither the chunk nor its frame says how much it unpacks to */
};
static const char CUT[] = "a record that the file ends in", NO_RECORD[] = "no record",
                  PACKED[] = "a compressed chunk, in part", CHECKSUM[] = "a chunk whose checksum is wrong",
                  ATTACHMENT[] = "a damaged attachment", METADATA[] = "a damaged metadata record";

struct scan {
    struct recover *recover;
    struct records_source *source;
    uint64_t end;
    bool inside;     /* a chunk's records */
    bool verified;   /* the chunk's checksum is right */
    bool cut;        /* the source may end inside a record */
    bool told;       /* a packed chunk's loss is told once */
    int64_t start_ns, end_ns; /* of a chunk whose checksum is wrong: messages of other times are no messages */
    uint64_t base;   /* of byte 0, in the file */
    uint64_t packed; /* > 0: the chunk's bytes there, which stand for any of its records */
};

struct found { /* a record, as its prefix says */
    uint8_t op;
    uint64_t at, length; /* of the body */
    bool exact;          /* its body's inner lengths add up to its length */
};

static uint64_t behind(const struct found *found) { return found->at + found->length; }

static struct cursor body_at(struct scan *scan, uint64_t at, uint64_t size)
{
    const uint8_t *data = records_at(scan->source, at, size);
    return (struct cursor){data, data ? (size_t)size : 0, 0, !data};
}

static bool prefix_read(struct scan *scan, uint64_t at, struct found *found)
{
    struct cursor prefix = scan->end - at < MCAP_PREFIX_BYTES ? (struct cursor){.failed = true}
                                                               : body_at(scan, at, MCAP_PREFIX_BYTES);
    found->op = cursor_u8(&prefix);
    found->length = cursor_u64(&prefix);
    found->at = at + MCAP_PREFIX_BYTES;
    found->exact = false;
    return !prefix.failed;
}

/* --- does a body hold together? --------------------------------------------------------------------------------- */

static bool slack_holds(struct found *found, uint64_t used)
{
    found->exact = used == found->length;
    return used <= found->length && found->length - used <= SLACK_MAX;
}

static bool definition_holds(struct scan *scan, struct found *found)
{
    struct records_schema schema;
    struct records_channel channel;
    if (found->length > DEFINITION_MAX)
        return false;
    struct cursor body = body_at(scan, found->at, found->length);
    if (found->op == MCAP_SCHEMA)
        return records_schema(body, &schema) && schema.id &&
               slack_holds(found, 14 + (uint64_t)schema.name.size + schema.encoding.size + schema.data.size);
    return records_channel(body, &channel) &&
           slack_holds(found, 16 + (uint64_t)channel.topic.size + channel.encoding.size + channel.metadata.size);
}

static bool message_holds(struct scan *scan, struct found *found)
{
    struct records_message message;
    return found->length >= MCAP_MESSAGE_BYTES &&
           records_message(body_at(scan, found->at, MCAP_MESSAGE_BYTES), &message) &&
           scan->recover->channels[message.channel] && message.log_ns >= scan->start_ns &&
           message.log_ns <= scan->end_ns;
}

static bool chunk_holds(struct scan *scan, struct found *found)
{
    struct records_chunk chunk;
    enum mcap_compression compression;
    uint64_t look = found->length < RECORDS_CHUNK_HEAD_MAX ? found->length : RECORDS_CHUNK_HEAD_MAX;
    if (!records_chunk(body_at(scan, found->at, look), &chunk))
        return false;
    found->exact = chunk.stored == found->length - chunk.head;
    return found->exact && mcap_codec_find(chunk.compression.data, chunk.compression.size, &compression);
}

static bool message_index_holds(struct scan *scan, struct found *found)
{
    struct cursor body = body_at(scan, found->at, found->length < 6 ? found->length : 6);
    cursor_u16(&body);
    uint64_t entries = cursor_u32(&body);
    return !body.failed && entries % 16 == 0 && slack_holds(found, 6 + entries);
}

static bool attachment_holds(struct scan *scan, struct found *found)
{
    struct records_attachment attachment;
    uint64_t look = found->length < RECORDS_NAMES_MAX ? found->length : RECORDS_NAMES_MAX;
    return records_attachment(body_at(scan, found->at, look), &attachment) && attachment.size <= found->length &&
           slack_holds(found, attachment.head + attachment.size + 4);
}

static bool metadata_holds(struct scan *scan, struct found *found)
{
    if (found->length > DEFINITION_MAX)
        return false;
    struct cursor body = body_at(scan, found->at, found->length);
    struct records_text name = records_text(&body), map = records_text(&body);
    (void)name;
    return !body.failed && records_map_valid(map) && slack_holds(found, body.offset);
}

static bool body_holds(struct scan *scan, struct found *found)
{
    if (scan->inside && found->op != MCAP_SCHEMA && found->op != MCAP_CHANNEL && found->op != MCAP_MESSAGE)
        return found->op >= 0x80;
    switch ((enum mcap_op)found->op) {
    case MCAP_SCHEMA:
    case MCAP_CHANNEL: return definition_holds(scan, found);
    case MCAP_MESSAGE: return message_holds(scan, found);
    case MCAP_CHUNK: return chunk_holds(scan, found);
    case MCAP_MESSAGE_INDEX: return message_index_holds(scan, found);
    case MCAP_ATTACHMENT: return attachment_holds(scan, found);
    case MCAP_METADATA: return metadata_holds(scan, found);
    case MCAP_HEADER: return found->at == MCAP_MAGIC_BYTES + MCAP_PREFIX_BYTES;
    case MCAP_FOOTER: return found->exact = found->length == MCAP_FOOTER_BYTES;
    case MCAP_DATA_END: return found->exact = found->length == MCAP_DATA_END_BYTES - MCAP_PREFIX_BYTES;
    case MCAP_CHUNK_INDEX: return found->length >= 64;
    case MCAP_STATISTICS: return found->length >= 46;
    case MCAP_ATTACHMENT_INDEX: return found->length >= 48;
    case MCAP_METADATA_INDEX: return found->length >= 20;
    case MCAP_SUMMARY_OFFSET: return found->length >= 17;
    }
    return found->op >= 0x80;
}

/* What the record at `at` is, if it is one: of a known kind, inside the source, its body consistent. */
static bool record_holds(struct scan *scan, uint64_t at, struct found *found)
{
    return prefix_read(scan, at, found) && found->length <= scan->end - found->at && body_holds(scan, found);
}

/* The source ends inside the record here: its beginning is that of one. */
static bool sticks_out(struct scan *scan, uint64_t at)
{
    struct found found;
    if (!scan->cut || !prefix_read(scan, at, &found))
        return scan->cut;
    if (found.op == MCAP_MESSAGE && scan->end - found.at >= 2) {
        struct cursor body = body_at(scan, found.at, 2);
        return found.length > scan->end - found.at && scan->recover->channels[cursor_u16(&body)] != NULL;
    }
    return found.op && found.op <= MCAP_DATA_END && found.length > scan->end - found.at &&
           found.length <= MCAP_CHUNK_MAX;
}

/* Do up to `count` records follow each other from here, or as many as there are? */
static bool chain_holds(struct scan *scan, uint64_t at, int count)
{
    struct found found;
    for (; count && at < scan->end; count--, at = behind(&found)) {
        if (!record_holds(scan, at, &found))
            return (!scan->inside && scan->end - at == MCAP_MAGIC_BYTES) || sticks_out(scan, at);
        if (found.op == MCAP_FOOTER)
            return true;
    }
    return true;
}

/* The next place from `at` on from where records follow each other; the end if there is none. */
static uint64_t resync(struct scan *scan, uint64_t at)
{
    struct found found;
    for (; at < scan->end; at++) {
        const uint8_t *op = records_at(scan->source, at, 1);
        if (*op && *op <= MCAP_DATA_END && record_holds(scan, at, &found) && chain_holds(scan, at, CHAIN))
            return at;
    }
    return scan->end;
}

/* A damaged length may happen to end where another record does. Then the records it runs over stand in the payload, the
 * last of them ending exactly there. */
static bool runs_over(struct scan *scan, const struct found *message)
{
    uint64_t end = behind(message);
    for (uint64_t at = message->at + MCAP_MESSAGE_BYTES; at + MCAP_PREFIX_BYTES + MCAP_MESSAGE_BYTES <= end; at++) {
        struct found found = {0};
        uint64_t next = at;
        for (int count = 0; count < RUN_OVER_MAX && next < end; count++, next = behind(&found))
            if (*records_at(scan->source, next, 1) > MCAP_MESSAGE || !record_holds(scan, next, &found))
                break;
        if (next == end)
            return true;
    }
    return false;
}

/* A message's length is backed by nothing but what follows. Where that is no record, which of the two is damaged? The
 * length, unless what stands at its end is a record but for its length, or but for its kind. */
static bool length_holds(struct scan *scan, const struct found *found)
{
    uint64_t next = behind(found);
    bool checked = found->exact || (scan->inside && scan->verified);
    if (checked || chain_holds(scan, next, 1))
        return checked || found->op != MCAP_MESSAGE || !runs_over(scan, found);
    uint64_t on = resync(scan, found->at);
    struct found damaged;
    if (on < next || !prefix_read(scan, next, &damaged) || on < damaged.at)
        return false;
    bool same_length = damaged.length == on - damaged.at;
    damaged.length = on - damaged.at;
    return same_length || body_holds(scan, &damaged);
}

/* --- losses ----------------------------------------------------------------------------------------------------- */

static void lose(struct scan *scan, uint64_t at, uint64_t size, const char *what)
{
    if (scan->packed && !scan->told)
        recover_take_loss(scan->recover, false, scan->base, scan->packed, PACKED);
    scan->told = true;
    if (!scan->packed)
        recover_take_loss(scan->recover, false, scan->base + at, size, what);
}

/* --- chunks ----------------------------------------------------------------------------------------------------- */

static void scan_run(struct scan *scan, uint64_t at);

struct piece { /* of a file: a chunk's stored bytes */
    uint64_t chunk, data, stored; /* where the chunk begins, where they do */
    enum mcap_compression compression;
    uint64_t unpacked;
    uint32_t crc;
    int64_t start_ns, end_ns;
};

/* The piece's records, as many as can be had; *whole if they are what the checksum says. */
static struct cursor piece_unpack(struct scan *scan, const struct piece *piece, bool *whole)
{
    struct recover *recover = scan->recover;
    struct cursor stored = body_at(scan, piece->data, piece->stored), records = stored;
    if (!stored.failed && piece->compression != MCAP_NONE) {
        uint64_t room = mcap_codec_content(piece->compression, stored.data, stored.size);
        room = room ? room : piece->unpacked <= MCAP_CHUNK_MAX ? piece->unpacked : UNPACKED_GUESS;
        recover->unpacked.size = 0;
        uint8_t *out = bytes_add(&recover->unpacked, room <= MCAP_CHUNK_MAX ? (size_t)room : UNPACKED_GUESS);
        size_t got = mcap_codec_unpack(&recover->codec, piece->compression, stored.data, stored.size, true, out,
                                       recover->unpacked.size);
        records = (struct cursor){out, got, 0, false};
    }
    *whole = !records.failed && (piece->crc ? mcap_codec_crc(records.data, records.size) == piece->crc
                                            : records.size == piece->unpacked);
    return records;
}

static void piece_take(struct scan *scan, const struct piece *piece)
{
    bool whole, packed = piece->compression != MCAP_NONE;
    struct cursor records = piece_unpack(scan, piece, &whole);
    struct records_source memory = records_memory(records.data, records.size);
    bool cut = records.size != piece->unpacked;
    struct scan inner = {
        .recover = scan->recover,
        .source = &memory,
        .end = records.size,
        .inside = true,
        .verified = whole,
        .cut = cut,
        .start_ns = whole || cut ? INT64_MIN : piece->start_ns,
        .end_ns = whole || cut ? INT64_MAX : piece->end_ns,
        .base = scan->base + (packed ? piece->chunk : piece->data),
        .packed = packed ? piece->stored : 0,
    };
    size_t losses = scan->recover->report->loss_count;
    scan_run(&inner, 0);
    if (!whole && scan->recover->report->loss_count == losses)
        lose(scan, piece->chunk, packed && cut ? piece->data + piece->stored - piece->chunk : 0,
             packed && cut ? PACKED : CHECKSUM);
}

static enum mcap_compression sniff(const uint8_t *data, uint64_t size)
{
    static const uint8_t zstd[] = {0x28, 0xB5, 0x2F, 0xFD}, lz4[] = {0x04, 0x22, 0x4D, 0x18};
    if (size >= sizeof zstd && !memcmp(data, zstd, sizeof zstd))
        return MCAP_ZSTD;
    return size >= sizeof lz4 && !memcmp(data, lz4, sizeof lz4) ? MCAP_LZ4 : MCAP_NONE;
}

/* A chunk's head at `at`, whatever the prefix says. False if it makes no sense even so. */
static bool head_read(struct scan *scan, uint64_t at, struct piece *piece)
{
    struct records_chunk chunk;
    uint64_t body = at + MCAP_PREFIX_BYTES;
    if (body >= scan->end)
        return false;
    uint64_t look = scan->end - body < RECORDS_CHUNK_HEAD_MAX ? scan->end - body : RECORDS_CHUNK_HEAD_MAX;
    if (!records_chunk(body_at(scan, body, look), &chunk) ||
        !mcap_codec_find(chunk.compression.data, chunk.compression.size, &piece->compression))
        return false;
    *piece = (struct piece){at, body + chunk.head, chunk.stored, piece->compression, chunk.unpacked, chunk.crc,
                            chunk.start_ns, chunk.end_ns};
    return true;
}

/* Does the piece end where another record begins, and hold what its checksum says? */
static bool piece_fits(struct scan *scan, const struct piece *piece)
{
    bool whole;
    if (piece->data > scan->end || piece->stored > scan->end - piece->data ||
        !chain_holds(scan, piece->data + piece->stored, 1))
        return false;
    piece_unpack(scan, piece, &whole);
    return whole;
}

/* A record of a kind that anything could be, but for a chunk's head and checksum in it: its kind is what is damaged. */
static bool chunk_disguised(struct scan *scan, uint64_t at, const struct found *found)
{
    struct piece piece;
    return !scan->inside && !found->exact && head_read(scan, at, &piece) &&
           piece.data + piece.stored == behind(found) && piece_fits(scan, &piece);
}

/* A chunk with one damaged field in front of its records: kind or length (its stored size tells), stored size or the
 * compression's name (its length tells). */
static bool chunk_rescue(struct scan *scan, uint64_t at, uint64_t *next)
{
    static const uint32_t names[] = {0, 3, 4};
    struct piece piece;
    struct found found;
    if (scan->inside || !prefix_read(scan, at, &found))
        return false;
    bool fits = head_read(scan, at, &piece) && piece_fits(scan, &piece);
    bool framed = found.length >= 40 && found.length <= scan->end - found.at && chain_holds(scan, behind(&found), 1);
    for (size_t i = 0; i < COUNT_OF(names) && framed && !fits; i++) {
        struct cursor body = body_at(scan, found.at, 40 + names[i] < found.length ? 40 + names[i] : found.length);
        int64_t start_ns = (int64_t)cursor_u64(&body), end_ns = (int64_t)cursor_u64(&body);
        uint64_t unpacked = cursor_u64(&body), data = found.at + 40 + names[i];
        uint32_t crc = cursor_u32(&body);
        if (body.failed || data > behind(&found))
            continue;
        uint64_t stored = behind(&found) - data;
        struct cursor begin = body_at(scan, data, stored < 4 ? stored : 4);
        piece = (struct piece){at, data, stored, sniff(begin.data, begin.size), unpacked, crc, start_ns,
                               end_ns};
        fits = piece_fits(scan, &piece);
    }
    if (!fits)
        return false;
    piece_take(scan, &piece);
    *next = piece.data + piece.stored;
    return true;
}

/* --- the walk --------------------------------------------------------------------------------------------------- */

static void record_take(struct scan *scan, uint64_t at, const struct found *found)
{
    struct piece piece;
    struct cursor body;
    switch (found->op) {
    case MCAP_SCHEMA: recover_take_schema(scan->recover, body_at(scan, found->at, found->length)); break;
    case MCAP_CHANNEL: recover_take_channel(scan->recover, body_at(scan, found->at, found->length)); break;
    case MCAP_MESSAGE:
        recover_take_message(scan->recover, body_at(scan, found->at, found->length), scan->verified);
        break;
    case MCAP_CHUNK:
        if (head_read(scan, at, &piece))
            piece_take(scan, &piece);
        break;
    case MCAP_ATTACHMENT:
        body = body_at(scan, found->at, found->length);
        if (body.failed || !recover_take_attachment(scan->recover, body))
            lose(scan, at, MCAP_PREFIX_BYTES + found->length, ATTACHMENT);
        break;
    case MCAP_METADATA:
        if (!recover_take_metadata(scan->recover, body_at(scan, found->at, found->length)))
            lose(scan, at, MCAP_PREFIX_BYTES + found->length, METADATA);
        break;
    default: break;
    }
    if (!scan->inside)
        scan->verified = true; /* behind a chunk that had to be entered */
}

/* What can be had of the bytes at `at`, which are no whole record; returns where to go on. */
static uint64_t damage_pass(struct scan *scan, uint64_t at)
{
    struct found found;
    struct piece piece;
    uint64_t next = at;
    if (chunk_rescue(scan, at, &next))
        return next;
    bool is_chunk = !scan->inside && prefix_read(scan, at, &found) && found.op == MCAP_CHUNK &&
                    head_read(scan, at, &piece) && piece.data <= scan->end;
    if (is_chunk && piece.compression == MCAP_NONE) { /* its records are walked like the file's own */
        scan->verified = false;
        if (piece.stored > scan->end - piece.data && scan->end == scan->source->size)
            lose(scan, scan->end, 0, CUT);
        return piece.data;
    }
    next = resync(scan, at + 1);
    if (is_chunk) {
        piece.stored = next - piece.data < piece.stored ? next - piece.data : piece.stored;
        if (next > piece.data)
            piece_take(scan, &piece);
        return next;
    }
    lose(scan, at, next - at, next == scan->end && sticks_out(scan, at) ? CUT : NO_RECORD);
    return next;
}

static void scan_run(struct scan *scan, uint64_t at)
{
    struct found found;
    while (at < scan->end && !(scan->recover->report->closed && scan->end - at == MCAP_MAGIC_BYTES)) {
        if (!record_holds(scan, at, &found) || !length_holds(scan, &found) || chunk_disguised(scan, at, &found)) {
            at = damage_pass(scan, at);
            continue;
        }
        if (found.op == MCAP_DATA_END || found.op == MCAP_FOOTER)
            scan->recover->report->closed = true;
        if (found.op == MCAP_DATA_END)
            return;
        record_take(scan, at, &found);
        at = behind(&found);
    }
}

void recover_scan_file(struct recover *recover, struct records_source *source, uint64_t end)
{
    const uint8_t *tail = records_at(source, end < MCAP_MAGIC_BYTES ? end : end - MCAP_MAGIC_BYTES, MCAP_MAGIC_BYTES);
    bool ended = tail && !memcmp(tail, MCAP_MAGIC, MCAP_MAGIC_BYTES);
    struct scan scan = {.recover = recover,
                        .source = source,
                        .end = end,
                        .verified = true,
                        .cut = !ended,
                        .start_ns = INT64_MIN,
                        .end_ns = INT64_MAX};
    scan_run(&scan, MCAP_MAGIC_BYTES < end ? MCAP_MAGIC_BYTES : end);
}
