#include <stdlib.h>

#include "logs/recover_inside.h"

enum { DEFINITIONS_BYTES_MAX = 64 << 20 };

static char *keep(struct arena *arena, struct records_text text) { return arena_string(arena, text.data, text.size); }

static struct mcap_pair *pairs_keep(struct arena *arena, struct records_text map, size_t *count)
{
    struct mcap_pair *pairs = arena_new(arena, map.size / 8 + 1, sizeof *pairs); /* two lengths each, at least */
    struct cursor cursor = {(const uint8_t *)map.data, map.size, 0, false};
    struct records_text key, value;
    for (*count = 0; records_pair(&cursor, &key, &value);)
        pairs[(*count)++] = (struct mcap_pair){keep(arena, key), keep(arena, value)};
    return pairs;
}

/* --- definitions ------------------------------------------------------------------------------------------------ */

static bool definition_fits(struct recover *recover, size_t size)
{
    recover->definition_bytes += size;
    return recover->definition_bytes <= DEFINITIONS_BYTES_MAX;
}

void recover_take_schema(struct recover *recover, struct cursor body)
{
    struct records_schema found;
    if (!records_schema(body, &found) || !found.id || recover->schemas[found.id] ||
        !definition_fits(recover, body.size))
        return;
    struct recover_schema *schema = arena_new(&recover->arena, 1, sizeof *schema);
    schema->id = found.id;
    schema->name = keep(&recover->arena, found.name);
    schema->encoding = keep(&recover->arena, found.encoding);
    schema->data = (struct records_text){keep(&recover->arena, found.data), found.data.size};
    recover->schemas[found.id] = schema;
}

void recover_take_channel(struct recover *recover, struct cursor body)
{
    struct records_channel found;
    if (!records_channel(body, &found) || recover->channels[found.id] || !definition_fits(recover, body.size))
        return;
    struct recover_channel *channel = arena_new(&recover->arena, 1, sizeof *channel);
    channel->schema_id = found.schema_id;
    channel->topic = keep(&recover->arena, found.topic);
    channel->encoding = keep(&recover->arena, found.encoding);
    channel->metadata = pairs_keep(&recover->arena, found.metadata, &channel->metadata_count);
    recover->channels[found.id] = channel;
}

void recover_take_definitions(struct recover *recover, struct cursor records)
{
    while (cursor_left(&records)) {
        uint8_t op = cursor_u8(&records);
        uint64_t length = cursor_u64(&records);
        const uint8_t *at = length <= cursor_left(&records) ? cursor_take(&records, (size_t)length) : NULL;
        if (!at)
            return;
        struct cursor body = {at, (size_t)length, 0, false};
        if (op == MCAP_SCHEMA)
            recover_take_schema(recover, body);
        else if (op == MCAP_CHANNEL)
            recover_take_channel(recover, body);
    }
}

/* Its ids in the new log, given when its first message comes. */
static void channel_begin(struct recover *recover, struct recover_channel *channel)
{
    struct recover_report *report = recover->report;
    struct recover_schema *schema = recover->schemas[channel->schema_id];
    if (schema && !schema->out)
        schema->out = mcap_writer_schema(recover->writer, schema->name, schema->encoding, schema->data.data,
                                         schema->data.size);
    channel->out = mcap_writer_channel(recover->writer, schema ? schema->out : 0, channel->topic, channel->encoding,
                                       channel->metadata, channel->metadata_count);
    channel->report = report->topic_count++;
    report->topics = memory_resize(report->topics, report->topic_count, sizeof *report->topics);
    report->topics[channel->report] =
        (struct recover_topic){.name = memory_string(channel->topic), .numbered = true};
}

/* --- messages --------------------------------------------------------------------------------------------------- */

static void gap_add(struct recover *recover, const struct recover_channel *channel, uint32_t first, uint32_t count,
                    int64_t log_ns)
{
    struct recover_report *report = recover->report;
    struct recover_topic *topic = &report->topics[channel->report];
    topic->missing += count;
    if (report->gap_count++ < RECOVER_ENTRIES_MAX) {
        report->gaps = memory_resize(report->gaps, report->gap_count, sizeof *report->gaps);
        report->gaps[report->gap_count - 1] =
            (struct recover_gap){(uint16_t)channel->report, first, count, topic->last_ns, log_ns};
    }
}

/* The jump was a damaged sequence number: what followed it continues what stood before. */
static void gap_undo(struct recover *recover, struct recover_channel *channel)
{
    struct recover_report *report = recover->report;
    struct recover_topic *topic = &report->topics[channel->report];
    topic->missing -= topic->last - channel->before - 1;
    topic->last = channel->before + 1;
    for (size_t i = report->gap_count < RECOVER_ENTRIES_MAX ? report->gap_count : RECOVER_ENTRIES_MAX; i-- > 0;)
        if (report->gaps[i].topic == channel->report) {
            report->gaps[i].count = 0;
            break;
        }
}

static void sequence_follow(struct recover *recover, struct recover_channel *channel, uint32_t sequence, int64_t log_ns)
{
    struct recover_topic *topic = &recover->report->topics[channel->report];
    if (channel->started && topic->numbered && sequence <= topic->last) {
        if (channel->jumped && sequence > channel->before + 1)
            gap_undo(recover, channel);
        else
            topic->numbered = false;
    }
    bool jump = channel->started && topic->numbered && sequence - topic->last > 1;
    if (jump)
        gap_add(recover, channel, topic->last + 1, sequence - topic->last - 1, log_ns);
    channel->jumped = jump;
    channel->before = topic->last;
    channel->started = true;
    topic->last = sequence;
    topic->last_ns = log_ns;
}

void recover_take_message(struct recover *recover, struct cursor body, bool verified)
{
    struct recover_report *report = recover->report;
    struct records_message message;
    struct recover_channel *channel = records_message(body, &message) ? recover->channels[message.channel] : NULL;
    if (!channel || message.size >= MCAP_CHUNK_MAX / 2)
        return;
    if (!channel->out)
        channel_begin(recover, channel);
    mcap_writer_message(recover->writer, channel->out, message.sequence, message.log_ns, message.publish_ns,
                        message.data, message.size);
    sequence_follow(recover, channel, message.sequence, message.log_ns);
    for (; recover->losses_open < report->loss_count && recover->losses_open < RECOVER_ENTRIES_MAX;
         recover->losses_open++)
        report->losses[recover->losses_open].before_ns = message.log_ns;
    recover->last_ns = message.log_ns;
    report->topics[channel->report].messages++;
    report->messages++;
    report->unverified += !verified;
}

/* --- the rest --------------------------------------------------------------------------------------------------- */

bool recover_take_attachment(struct recover *recover, struct cursor body)
{
    struct records_attachment found;
    if (!records_attachment(body, &found))
        return false;
    size_t size = (size_t)found.size, covered = found.head + size;
    struct cursor tail = {body.data, body.size, covered, false};
    uint32_t crc = cursor_u32(&tail);
    if (tail.failed || (crc && mcap_codec_crc(body.data, covered) != crc))
        return false;
    arena_reset(&recover->scratch);
    mcap_writer_attachment(recover->writer, keep(&recover->scratch, found.name),
                           keep(&recover->scratch, found.media_type), found.log_ns, body.data + found.head, size);
    recover->report->attachments++;
    return true;
}

bool recover_take_metadata(struct recover *recover, struct cursor body)
{
    size_t count;
    struct records_text name = records_text(&body), map = records_text(&body);
    if (body.failed || !records_map_valid(map))
        return false;
    arena_reset(&recover->scratch);
    const struct mcap_pair *pairs = pairs_keep(&recover->scratch, map, &count);
    mcap_writer_metadata(recover->writer, keep(&recover->scratch, name), pairs, count);
    recover->report->metadata++;
    return true;
}

void recover_take_loss(struct recover *recover, bool beside, uint64_t offset, uint64_t bytes, const char *what)
{
    struct recover_report *report = recover->report;
    report->lost_bytes += bytes;
    if (report->loss_count++ >= RECOVER_ENTRIES_MAX)
        return;
    report->losses = memory_resize(report->losses, report->loss_count, sizeof *report->losses);
    report->losses[report->loss_count - 1] =
        (struct recover_loss){offset, bytes, beside, recover->last_ns, RECOVER_NO_TIME, what};
}
