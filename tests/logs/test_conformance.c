/* The official MCAP conformance suite: every combination of 6 contents and 10 features, 416 files. Ours are compared
 * with the table of their sizes and SHA-256 (tests/conformance_sha256.txt), then read back record by record, and by
 * index. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "logs/file.h"
#include "logs/hash.h"
#include "logs/mcap.h"

enum { VARIANTS = 416, INDEXED = 16 };

/* --- what is in the files --------------------------------------------------------------------------------------- */
struct item {
    uint32_t sequence;
    int64_t log_ns, publish_ns;
};
static const struct item one[] = {{10, 2, 1}};
static const struct item ten[] = {{0, 0, 0}, {1, 2, 2}, {2, 1, 1}, {3, 3, 3}, {4, 3, 3},
                                  {5, 5, 5}, {6, 4, 4}, {7, 7, 7}, {8, 8, 8}, {9, 9, 9}};
static const int ten_by_time[] = {0, 2, 1, 3, 4, 6, 5, 7, 8, 9};
static const uint8_t payload[] = {1, 2, 3}, schema_data[] = {4, 5, 6};

static const struct input {
    const char *name;
    const struct item *items;
    size_t item_count;
    bool schema, attachment, metadata;
} inputs[] = {
    {"NoData", NULL, 0, false, false, false},           {"OneAttachment", NULL, 0, false, true, false},
    {"OneMetadata", NULL, 0, false, false, true},       {"OneSchemalessMessage", one, 1, false, false, false},
    {"OneMessage", one, COUNT_OF(one), true, false, false}, {"TenMessages", ten, COUNT_OF(ten), true, false, false},
};

/* --- and how ---------------------------------------------------------------------------------------------------- */
enum feature { AX, CH, CHX, MDX, MX, PAD, RCH, RSH, ST, SUM, FEATURES }; /* by name, as in the files' names */
static const struct {
    const char *name;
    enum mcap_op op; /* the record it switches on */
} features[] = {
    [AX] = {"ax", MCAP_ATTACHMENT_INDEX}, [CH] = {"ch", 0},          [CHX] = {"chx", MCAP_CHUNK_INDEX},
    [MDX] = {"mdx", MCAP_METADATA_INDEX}, [PAD] = {"pad", 0},        [MX] = {"mx", MCAP_MESSAGE_INDEX},
    [RCH] = {"rch", MCAP_CHANNEL},        [RSH] = {"rsh", MCAP_SCHEMA}, [ST] = {"st", MCAP_STATISTICS},
    [SUM] = {"sum", MCAP_SUMMARY_OFFSET},
};
#define BIT(feature) (1u << (feature))

struct variant {
    const struct input *input;
    unsigned with; /* BIT(feature) */
};

static bool has(const struct variant *variant, enum feature feature) { return variant->with >> feature & 1; }

/* Combinations that make sense; the suite has no others. */
static bool variant_valid(const struct variant *variant)
{
    const struct input *input = variant->input;
    unsigned never = (input->attachment ? 0 : BIT(AX)) | (input->metadata ? 0 : BIT(MDX)) |
                     (input->schema ? 0 : BIT(RSH)) |
                     (input->item_count ? 0 : BIT(RCH) | BIT(CH) | BIT(MX) | BIT(CHX));
    if (!has(variant, CH))
        never |= BIT(MX) | BIT(CHX);
    if (!(variant->with & (BIT(CHX) | BIT(RSH) | BIT(RCH) | BIT(MDX) | BIT(AX) | BIT(ST))))
        never |= BIT(SUM);
    return !(variant->with & never);
}

static void variant_name(const struct variant *variant, char name[64])
{
    int length = snprintf(name, 64, "%s", variant->input->name);
    for (enum feature f = 0; f < FEATURES; f++)
        if (has(variant, f))
            length += snprintf(name + length, 64 - (size_t)length, "-%s", features[f].name);
}

static struct {
    size_t written, read, indexed;
} figure;
static char path[] = "/tmp/binnacle-conformance-XXXXXX";

static void variant_write(const struct variant *variant)
{
    const struct input *input = variant->input;
    struct mcap_options options = {.profile = "", .library = "", .padded = has(variant, PAD)};
    options.chunk_bytes = has(variant, CH) ? 1 << 20 : 0;
    for (enum feature f = 0; f < FEATURES; f++)
        if (features[f].op && !has(variant, f))
            options.omit |= 1u << features[f].op;
    struct error err = {0};
    const struct mcap_pair pair = {"foo", "bar"};
    struct mcap_writer *writer = mcap_writer_create(path, &options, &err);
    assert_non_null(writer);
    uint16_t schema = input->schema ? mcap_writer_schema(writer, "Example", "c", schema_data, sizeof schema_data) : 0;
    uint16_t channel = mcap_writer_channel(writer, schema, "example", input->schema ? "a" : "text", &pair,
                                           input->schema);
    for (size_t i = 0; i < input->item_count; i++)
        mcap_writer_message(writer, channel, input->items[i].sequence, input->items[i].log_ns,
                            input->items[i].publish_ns, payload, sizeof payload);
    if (input->attachment)
        mcap_writer_attachment_put(writer, &(struct mcap_attachment){"myFile", "application/octet-stream", 2, 1,
                                                                     payload, sizeof payload});
    if (input->metadata)
        mcap_writer_metadata(writer, "myMetadata", &pair, 1);
    assert_int_equal(mcap_writer_close(&writer, &err), STATUS_OK);
}

/* Calls `check` for each variant, its file written; returns how many there were. */
static size_t each_variant(void (*check)(const struct variant *variant, void *context), void *context)
{
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(inputs); i++)
        for (unsigned with = 0; with < BIT(FEATURES); with++) {
            const struct variant variant = {&inputs[i], with};
            if (!variant_valid(&variant))
                continue;
            variant_write(&variant);
            check(&variant, context);
            count++;
        }
    return count;
}

/* --- written ---------------------------------------------------------------------------------------------------- */
static void check_hash(const struct variant *variant, void *context)
{
    const char *table = context;
    char name[64], sha256[65], line[160];
    struct bytes bytes = {0};
    struct error err = {0};
    variant_name(variant, name);
    assert_int_equal(hash_file_sha256(path, sha256, &err), STATUS_OK);
    assert_int_equal(file_load(path, SIZE_MAX, &bytes, &err), STATUS_OK);
    snprintf(line, sizeof line, "\n%s %zu %s\n", name, bytes.size, sha256);
    bytes_clear(&bytes);
    if (!strstr(table, line))
        fail_msg("not in the table:%s", line);
}

static void test_written(void **state)
{
    (void)state;
    struct bytes table = {0};
    struct error err = {0};
    bytes_put_u8(&table, '\n');
    assert_int_equal(file_load("tests/conformance_sha256.txt", SIZE_MAX, &table, &err), STATUS_OK);
    size_t count = each_variant(check_hash, table.data);
    bytes_clear(&table);
    assert_int_equal(count, VARIANTS);
    figure.written = count;
}

/* --- read record by record -------------------------------------------------------------------------------------- */
struct place {
    uint64_t offset, length;
};
struct walk { /* what was met so far, for the records that point at it */
    const struct variant *variant;
    const struct bytes *bytes;
    size_t messages, summary_offsets;
    uint64_t data_end;
    struct place places[MCAP_DATA_END + 1]; /* the last record of each kind */
    struct place groups[MCAP_DATA_END + 1]; /* in the summary */
    enum mcap_op order[MCAP_DATA_END + 1];
    size_t group_count;
};

/* Bit by bit, unlike the code it checks. */
static uint32_t crc32_plain(const uint8_t *data, size_t size)
{
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

static void assert_pair(const struct mcap_pair *pairs, size_t count, size_t expected)
{
    assert_int_equal(count, expected);
    assert_true(!count || (!strcmp(pairs->key, "foo") && !strcmp(pairs->value, "bar")));
}

static void assert_span(const struct walk *walk, int64_t start_ns, int64_t end_ns)
{
    const struct input *input = walk->variant->input;
    assert_int_equal(start_ns, input->items == one ? 2 : 0);
    assert_int_equal(end_ns, input->items == one ? 2 : input->items == ten ? 9 : 0);
}

static void assert_place(const struct walk *walk, enum mcap_op op, uint64_t offset, uint64_t length)
{
    assert_true(offset && offset == walk->places[op].offset);
    assert_int_equal(length, walk->places[op].length);
}

/* Messages and definitions of one item take this much of a chunk. */
static uint64_t message_offset(size_t i)
{
    const uint64_t schema = 9 + 2 + 4 + 7 + 4 + 1 + 4 + 3, channel = 9 + 2 + 2 + 4 + 7 + 4 + 1 + 4 + 14;
    return schema + channel + i * (9 + 22 + 3);
}

static void assert_schema(const struct mcap_schema *schema)
{
    assert_int_equal(schema->id, 1);
    assert_string_equal(schema->name, "Example");
    assert_string_equal(schema->encoding, "c");
    assert_int_equal(schema->size, sizeof schema_data);
    assert_memory_equal(schema->data, schema_data, sizeof schema_data);
}

static void assert_channel(const struct input *input, const struct mcap_channel *channel)
{
    assert_int_equal(channel->id, 1);
    assert_int_equal(channel->schema_id, input->schema);
    assert_string_equal(channel->topic, "example");
    assert_string_equal(channel->encoding, input->schema ? "a" : "text");
    assert_pair(channel->metadata, channel->metadata_count, input->schema);
}

static void assert_message(const struct input *input, const struct mcap_message *message, size_t i)
{
    assert_channel(input, message->channel);
    assert_int_equal(message->sequence, input->items[i].sequence);
    assert_int_equal(message->log_ns, input->items[i].log_ns);
    assert_int_equal(message->publish_ns, input->items[i].publish_ns);
    assert_int_equal(message->size, sizeof payload);
    assert_memory_equal(message->data, payload, sizeof payload);
}

static void check_chunk(const struct walk *walk, const struct mcap_record *record)
{
    const struct mcap_chunk *chunk = &record->chunk;
    assert_span(walk, chunk->start_ns, chunk->end_ns);
    assert_string_equal(chunk->compression, "");
    assert_int_equal(chunk->stored, chunk->unpacked);
    assert_int_equal(record->length, 9 + 8 + 8 + 8 + 4 + 4 + 8 + chunk->stored);
    const uint8_t *end = walk->bytes->data + record->offset + record->length;
    assert_int_equal(chunk->crc, crc32_plain(end - chunk->stored, chunk->stored));
}

static void check_message_index(const struct walk *walk, const struct mcap_record *record)
{
    const struct input *input = walk->variant->input;
    assert_int_equal(record->message_index.channel_id, 1);
    assert_int_equal(record->message_index.count, input->item_count);
    for (size_t i = 0; i < input->item_count; i++) {
        assert_int_equal(record->message_index.entries[i].log_ns, input->items[i].log_ns);
        if (input->schema)
            assert_int_equal(record->message_index.entries[i].offset, message_offset(i));
    }
}

static void check_chunk_index(const struct walk *walk, const struct mcap_record *record)
{
    const struct mcap_chunk_index *index = &record->chunk_index;
    const struct place *messages = &walk->places[MCAP_MESSAGE_INDEX];
    assert_span(walk, index->start_ns, index->end_ns);
    assert_place(walk, MCAP_CHUNK, index->offset, index->length);
    assert_string_equal(index->compression, "");
    assert_int_equal(index->stored, index->length - (9 + 8 + 8 + 8 + 4 + 4 + 8));
    assert_int_equal(index->unpacked, index->stored);
    assert_int_equal(index->message_index_length, messages->length);
    assert_int_equal(index->message_index_count, has(walk->variant, MX));
    if (index->message_index_count) {
        assert_int_equal(index->message_indexes->channel_id, 1);
        assert_int_equal(index->message_indexes->value, messages->offset);
    }
}

static void check_attachment(const struct walk *walk, const struct mcap_record *record)
{
    const struct mcap_attachment *attachment = &record->attachment;
    (void)walk;
    assert_string_equal(attachment->name, "myFile");
    assert_string_equal(attachment->media_type, "application/octet-stream");
    assert_int_equal(attachment->log_ns, 2);
    assert_int_equal(attachment->create_ns, 1);
    assert_int_equal(attachment->size, sizeof payload);
    assert_memory_equal(attachment->data, payload, sizeof payload);
}

static void check_attachment_index(const struct walk *walk, const struct mcap_record *record)
{
    const struct mcap_attachment_index *index = &record->attachment_index;
    assert_place(walk, MCAP_ATTACHMENT, index->offset, index->length);
    assert_string_equal(index->name, "myFile");
    assert_string_equal(index->media_type, "application/octet-stream");
    assert_int_equal(index->log_ns, 2);
    assert_int_equal(index->create_ns, 1);
    assert_int_equal(index->size, sizeof payload);
}

static void check_statistics(const struct walk *walk, const struct mcap_record *record)
{
    const struct input *input = walk->variant->input;
    const struct mcap_statistics *statistics = &record->statistics;
    assert_int_equal(statistics->messages, input->item_count);
    assert_int_equal(statistics->schemas, input->schema);
    assert_int_equal(statistics->channels, input->item_count > 0);
    assert_int_equal(statistics->attachments, input->attachment);
    assert_int_equal(statistics->metadata, input->metadata);
    assert_int_equal(statistics->chunks, has(walk->variant, CH));
    assert_span(walk, statistics->start_ns, statistics->end_ns);
    assert_int_equal(statistics->channel_message_count, input->item_count > 0);
    if (input->item_count) {
        assert_int_equal(statistics->channel_messages->channel_id, 1);
        assert_int_equal(statistics->channel_messages->value, input->item_count);
    }
}

static void check_metadata(const struct walk *walk, const struct mcap_record *record)
{
    (void)walk;
    assert_string_equal(record->metadata.name, "myMetadata");
    assert_pair(record->metadata.pairs, record->metadata.count, 1);
}

static void check_metadata_index(const struct walk *walk, const struct mcap_record *record)
{
    assert_place(walk, MCAP_METADATA, record->metadata_index.offset, record->metadata_index.length);
    assert_string_equal(record->metadata_index.name, "myMetadata");
}

static void check_summary_offset(const struct walk *walk, const struct mcap_record *record)
{
    enum mcap_op group = walk->order[walk->summary_offsets];
    assert_int_equal(record->summary_offset.group, group);
    assert_int_equal(record->summary_offset.start, walk->groups[group].offset);
    assert_int_equal(record->summary_offset.length, walk->groups[group].length);
}

static void check_header(const struct walk *walk, const struct mcap_record *record)
{
    (void)walk;
    assert_string_equal(record->header.profile, "");
    assert_string_equal(record->header.library, "");
}

static void check_schema(const struct walk *walk, const struct mcap_record *record)
{
    (void)walk;
    assert_schema(&record->schema);
}

static void check_channel(const struct walk *walk, const struct mcap_record *record)
{
    assert_channel(walk->variant->input, &record->channel);
}

static void check_message(const struct walk *walk, const struct mcap_record *record)
{
    assert_message(walk->variant->input, &record->message, walk->messages);
}

static void check_data_end(const struct walk *walk, const struct mcap_record *record)
{
    assert_int_equal(record->data_end.crc, crc32_plain(walk->bytes->data, record->offset));
}

static void check_footer(const struct walk *walk, const struct mcap_record *record)
{
    uint64_t start = walk->data_end, length = record->offset - start + 9 + 8 + 8;
    uint64_t first_offset = record->offset - walk->groups[MCAP_SUMMARY_OFFSET].length;
    assert_int_equal(record->length, 29);
    assert_int_equal(record->footer.summary_start, walk->group_count ? start : 0);
    assert_int_equal(record->footer.summary_offset_start, has(walk->variant, SUM) ? first_offset : 0);
    assert_int_equal(record->footer.summary_crc, crc32_plain(walk->bytes->data + start, length));
}

static void (*const checks[])(const struct walk *, const struct mcap_record *) = {
    [MCAP_HEADER] = check_header,
    [MCAP_FOOTER] = check_footer,
    [MCAP_SCHEMA] = check_schema,
    [MCAP_CHANNEL] = check_channel,
    [MCAP_MESSAGE] = check_message,
    [MCAP_CHUNK] = check_chunk,
    [MCAP_MESSAGE_INDEX] = check_message_index,
    [MCAP_CHUNK_INDEX] = check_chunk_index,
    [MCAP_ATTACHMENT] = check_attachment,
    [MCAP_ATTACHMENT_INDEX] = check_attachment_index,
    [MCAP_STATISTICS] = check_statistics,
    [MCAP_METADATA] = check_metadata,
    [MCAP_METADATA_INDEX] = check_metadata_index,
    [MCAP_SUMMARY_OFFSET] = check_summary_offset,
    [MCAP_DATA_END] = check_data_end,
};

/* The records the variant must have, in order; returns how many. */
static size_t expected_ops(const struct variant *variant, enum mcap_op ops[64])
{
    static const enum feature summary[] = {RSH, RCH, ST, MDX, AX, CHX};
    const struct input *input = variant->input;
    size_t count = 0, groups = 0;
    ops[count++] = MCAP_HEADER;
    if (has(variant, CH))
        ops[count++] = MCAP_CHUNK;
    if (input->schema)
        ops[count++] = MCAP_SCHEMA;
    if (input->item_count)
        ops[count++] = MCAP_CHANNEL;
    for (size_t i = 0; i < input->item_count; i++)
        ops[count++] = MCAP_MESSAGE;
    if (has(variant, MX))
        ops[count++] = MCAP_MESSAGE_INDEX;
    if (input->attachment)
        ops[count++] = MCAP_ATTACHMENT;
    if (input->metadata)
        ops[count++] = MCAP_METADATA;
    ops[count++] = MCAP_DATA_END;
    for (size_t i = 0; i < COUNT_OF(summary); i++)
        if (has(variant, summary[i])) {
            ops[count++] = features[summary[i]].op;
            groups++;
        }
    for (size_t i = 0; has(variant, SUM) && i < groups; i++)
        ops[count++] = MCAP_SUMMARY_OFFSET;
    ops[count++] = MCAP_FOOTER;
    return count;
}

static void walk_note(struct walk *walk, const struct mcap_record *record)
{
    struct place *group = &walk->groups[record->op];
    walk->messages += record->op == MCAP_MESSAGE;
    walk->summary_offsets += record->op == MCAP_SUMMARY_OFFSET;
    if (!record->in_chunk)
        walk->places[record->op] = (struct place){record->offset, record->length};
    if (record->op == MCAP_DATA_END) {
        walk->data_end = record->offset + record->length;
    } else if (walk->data_end && record->op != MCAP_FOOTER) {
        if (!group->length && record->op != MCAP_SUMMARY_OFFSET)
            walk->order[walk->group_count++] = record->op;
        if (!group->length)
            group->offset = record->offset;
        group->length += record->length;
    }
}

static void check_stream(const struct variant *variant, void *context)
{
    enum mcap_op ops[64];
    struct bytes bytes = {0};
    struct error err = {0};
    assert_int_equal(file_load(path, SIZE_MAX, &bytes, &err), STATUS_OK);
    struct walk walk = {.variant = variant, .bytes = &bytes};
    struct mcap_stream *stream = mcap_stream_open(path, &err);
    struct mcap_record record;
    assert_non_null(stream);
    size_t count = expected_ops(variant, ops);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(mcap_stream_next(stream, &record, &err), STATUS_OK);
        assert_int_equal(record.op, ops[i]);
        checks[record.op](&walk, &record);
        walk_note(&walk, &record);
    }
    assert_int_equal(mcap_stream_next(stream, &record, &err), STATUS_END);
    mcap_stream_destroy(&stream);
    bytes_clear(&bytes);
    *(size_t *)context += count;
}

static void test_streamed(void **state)
{
    (void)state;
    size_t records = 0, count = each_variant(check_stream, &records);
    assert_int_equal(count, VARIANTS);
    assert_true(records > 10 * VARIANTS);
    figure.read = count;
}

/* --- read by index ------------------------------------------------------------------------------------------- */
/* Without a DataEnd a scan would find damage: if none is reported, nobody scanned. */
static void data_end_erase(void)
{
    struct bytes bytes = {0};
    struct error err = {0};
    uint64_t summary_start;
    assert_int_equal(file_load(path, SIZE_MAX, &bytes, &err), STATUS_OK);
    memcpy(&summary_start, bytes.data + bytes.size - 8 - 20, sizeof summary_start);
    assert_int_equal(bytes.data[summary_start - 13], MCAP_DATA_END);
    memset(bytes.data + summary_start - 13, 0, 13);
    assert_int_equal(file_save(path, bytes.data, bytes.size, &err), STATUS_OK);
    bytes_clear(&bytes);
}

static void check_indexed(const struct variant *variant, void *context)
{
    static const unsigned needed = BIT(CH) | BIT(CHX) | BIT(MX) | BIT(RCH) | BIT(RSH);
    static const struct mcap_query query = {MCAP_TIME_ORDER, INT64_MIN, INT64_MAX, NULL, 0};
    if ((variant->with & needed) != needed)
        return;
    data_end_erase();
    struct error err = {0};
    const struct input *input = variant->input;
    struct mcap_reader *reader = mcap_reader_open(path, &err);
    assert_non_null(reader);
    const struct mcap_info *info = mcap_reader_info(reader);
    const struct mcap_schema *schemas;
    const struct mcap_channel *const *channels;
    struct mcap_message message;
    assert_true(info->has_summary);
    assert_int_equal(info->message_count, input->item_count);
    assert_int_equal(info->chunk_count, 1);
    assert_int_equal(info->start_ns, input->items == one ? 2 : 0);
    assert_int_equal(info->end_ns, input->items == one ? 2 : 9);
    assert_int_equal(mcap_reader_schemas(reader, &schemas), 1);
    assert_schema(schemas);
    assert_int_equal(mcap_reader_channels(reader, &channels), 1);
    assert_channel(input, channels[0]);
    assert_int_equal(mcap_reader_channel_messages(reader, 1), input->item_count);
    assert_int_equal(mcap_reader_query(reader, &query, &err), STATUS_OK);
    for (size_t i = 0; i < input->item_count; i++) {
        assert_int_equal(mcap_reader_next(reader, &message, &err), STATUS_OK);
        assert_message(input, &message, input->items == ten ? (size_t)ten_by_time[i] : i);
    }
    assert_int_equal(mcap_reader_next(reader, &message, &err), STATUS_END);
    assert_string_equal(info->damage, "");
    mcap_reader_destroy(&reader);
    ++*(size_t *)context;
}

static void test_indexed(void **state)
{
    (void)state;
    size_t indexed = 0;
    each_variant(check_indexed, &indexed);
    assert_int_equal(indexed, INDEXED);
    figure.indexed = indexed;
}

static int setup(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 || close(fd);
}

static int teardown(void **state)
{
    (void)state;
    printf("figure: conformance %zu of %d written byte-identical, %zu read, %zu indexed\n", figure.written, VARIANTS,
           figure.read, figure.indexed);
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_streamed),
        cmocka_unit_test(test_indexed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
