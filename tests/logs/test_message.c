#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "logs/message.h"
#include "logs/seed.h"

#define TYPE_ROW(type, package, ros, FIELDS) &message_type_##type,
static const struct message_type *const all_types[] = {MESSAGE_TYPES(TYPE_ROW)};

/* --- known answers ---------------------------------------------------------------------------------------------- */

struct small { /* one member of each shape; each row below describes the ones it needs */
    uint8_t a;
    double b;
    uint8_t c;
    const char *text;
    bool flags[3];
    uint32_t number;
    struct {
        double *data;
        uint32_t count;
    } reals;
    struct {
        const char **data;
        uint32_t count;
    } texts;
    struct {
        uint8_t *data;
        uint32_t count;
    } octets;
};
#define ROW(member, KIND, SHAPE, length_)                                                                              \
    {.name = #member, .kind = MESSAGE_##KIND, .shape = MESSAGE_##SHAPE, .length = length_,                             \
     .offset = offsetof(struct small, member)}

static const struct message_field a_b[] = {ROW(a, UINT8, ONE, 1), ROW(b, FLOAT64, ONE, 1)};
static const struct message_field a_reals_c[] = {ROW(a, UINT8, ONE, 1), ROW(reals, FLOAT64, SEQUENCE, 1),
                                                 ROW(c, UINT8, ONE, 1)};
static const struct message_field texts_only[] = {ROW(texts, STRING, SEQUENCE, 1)};
static const struct message_field flags_number[] = {ROW(flags, BOOL, ARRAY, 3), ROW(number, UINT32, ONE, 1)};
static const struct message_field text_octets[] = {ROW(text, STRING, ONE, 1), ROW(octets, UINT8, SEQUENCE, 1)};

static const struct message_type type_a_b = {"test_msgs", "AB", sizeof(struct small), a_b, COUNT_OF(a_b)};
static const struct message_type type_a_reals_c = {"test_msgs", "ARealsC", sizeof(struct small), a_reals_c,
                                                   COUNT_OF(a_reals_c)};
static const struct message_type type_texts = {"test_msgs", "Texts", sizeof(struct small), texts_only, 1};
static const struct message_type type_flags = {"test_msgs", "Flags", sizeof(struct small), flags_number, 2};
static const struct message_type type_text = {"test_msgs", "Text", sizeof(struct small), text_octets, 2};
static const struct message_type type_empty = {"test_msgs", "Empty", 1, NULL, 0};

static size_t unhex(const char *hex, uint8_t *to)
{
    size_t size = 0;
    for (; *hex; hex += *hex == ' ' ? 1 : 2)
        if (*hex != ' ') {
            unsigned byte;
            assert_int_equal(sscanf(hex, "%2x", &byte), 1);
            to[size++] = (uint8_t)byte;
        }
    return size;
}

static void check_answer(const struct message_type *type, const void *message, const char *hex)
{
    uint8_t wanted[128];
    size_t size = unhex(hex, wanted);
    struct bytes got = {0};
    message_encode(type, message, &got);
    assert_int_equal(got.size, size);
    assert_memory_equal(got.data, wanted, size);

    struct arena arena = {0};
    struct error err = {0};
    void *back = memory_new(1, type->size);
    assert_int_equal(message_decode(type, wanted, size, back, &arena, &err), STATUS_OK);
    assert_true(message_equal(type, message, back, 0, 0, NULL));
    free(back);
    arena_clear(&arena);
    bytes_clear(&got);
}

static void known_answers_of_cdr(void **state)
{
    (void)state;
    uint8_t octets[] = {1, 2};
    const char *texts[] = {"a", "bcd"};
    float ranges[] = {1, 2, 3};
    check_answer(&type_a_b, &(struct small){.a = 1, .b = 1}, "00010000 01 00000000000000 000000000000f03f");
    check_answer(&type_a_reals_c, &(struct small){.a = 1, .c = 7}, "00010000 01000000 00000000 07");
    check_answer(&type_texts, &(struct small){.texts = {texts, 2}},
                 "00010000 02000000 02000000 6100 0000 04000000 62636400");
    check_answer(&type_flags, &(struct small){.flags = {true, false, true}, .number = 9},
                 "00010000 010001 00 09000000");
    check_answer(&type_text, &(struct small){.text = "hi", .octets = {octets, 2}},
                 "00010000 03000000 686900 00 02000000 0102");
    check_answer(&type_empty, "", "00010000 00");
    struct msg_laser_scan scan = {.header = {{1, 500000000}, "laser"}, .angle_min = -1.5f, .angle_max = 1.5f,
                                  .angle_increment = .01f, .scan_time = .1f, .range_min = .1f, .range_max = 30,
                                  .ranges = {ranges, 3}};
    check_answer(&message_type_laser_scan, &scan,
                 "00010000 01000000 0065cd1d 06000000 6c6173657200 0000 0000c0bf 0000c03f 0ad7233c 00000000 "
                 "cdcccc3d cdcccc3d 0000f041 03000000 0000803f 00000040 00004040 00000000");
}

static enum status decode_hex(const struct message_type *type, const char *hex, struct small *to, struct arena *arena,
                              struct error *err)
{
    uint8_t payload[128];
    return message_decode(type, payload, unhex(hex, payload), to, arena, err);
}

static void other_representations_are_read(void **state)
{
    (void)state;
    static const struct {
        const struct message_type *type;
        const char *hex;
    } rows[] = {
        {&type_a_b, "00000000 01 00000000000000 3ff0000000000000"}, /* big-endian */
        {&type_a_b, "00070000 01000000 000000000000f03f"},          /* XCDR2: 8 bytes align to 4 */
        {&type_a_b, "00060000 01000000 3ff0000000000000"},
        {&type_a_b, "00090000 0c000000 01000000 000000000000f03f"},          /* appendable: its length first */
        {&type_a_b, "00090000 10000000 01000000 000000000000f03f aabbccdd"}, /* and a member we do not know */
        {&type_a_b, "00010000 01 ffffffffffffff 000000000000f03f eeee"},     /* padding and trailing bytes: ignored */
    };
    struct small got;
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(decode_hex(rows[i].type, rows[i].hex, &got, &arena, NULL), STATUS_OK);
        assert_int_equal(got.a, 1);
        assert_true(got.b == 1.0);
    }
    assert_int_equal(decode_hex(&type_texts, "00070000 16000000 02000000 02000000 6100 0000 04000000 62636400", &got,
                                &arena, NULL), STATUS_OK);
    assert_int_equal(got.texts.count, 2);
    assert_string_equal(got.texts.data[1], "bcd");
    assert_int_equal(decode_hex(&type_text, "00010000 00000000 00000000", &got, &arena, NULL), STATUS_OK);
    assert_string_equal(got.text, ""); /* a string of length 0 is accepted */
    assert_int_equal(decode_hex(&type_flags, "00010000 02ff00 00 09000000", &got, &arena, NULL), STATUS_OK);
    uint8_t flags[3];
    memcpy(flags, got.flags, 3);
    assert_memory_equal(flags, "\1\1\0", 3); /* a bool is 0 or 1 in memory, whatever came */
    arena_clear(&arena);
}

static void damage_gets_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const struct message_type *type;
        const char *hex, *words;
    } rows[] = {
        {&type_a_b, "0001", "4-byte header"},
        {&type_a_b, "00010000", "at byte 4, field a"},
        {&type_a_b, "00020000 01", "no CDR representation"},
        {&type_a_b, "01010000 01", "no CDR representation"},
        {&type_a_b, "000a0000 01", "no CDR representation"},
        {&type_a_b, "00010000 01 00000000000000 0000000000", "field b, 15 bytes are needed and 12 are left"},
        {&type_a_b, "00090000 ff000000 01000000 000000000000f03f", "length runs past the end"},
        {&type_a_reals_c, "00010000 01000000 02000000 07", "field reals, 2 elements cannot fit"},
        {&type_a_reals_c, "00010000 01000000 ffffffff 07", "field reals, 4294967295 elements cannot fit"},
        {&type_texts, "00010000 ffffffff 00000000", "field texts, 4294967295 elements"},
        {&type_texts, "00010000 02000000 02000000 6100 0000 ff000000 62636400", "field texts[1], 255 bytes"},
        {&type_texts, "00010000 01000000 02000000 6162", "field texts[0], the string's only NUL"},
        {&type_texts, "00010000 01000000 03000000 610000", "field texts[0], the string's only NUL"},
        {&message_type_diagnostic_array, "00010000 00000000 00000000 01000000 00 000000 ffffff7f", "field status, "},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error err = {0};
        union {
            struct small small;
            struct msg_diagnostic_array array;
        } got;
        assert_int_equal(decode_hex(rows[i].type, rows[i].hex, &got.small, &arena, &err), STATUS_CORRUPT);
        if (!strstr(err.text, rows[i].words))
            fail_msg("'%s' does not say '%s'", err.text, rows[i].words);
        assert_non_null(strstr(err.text, rows[i].type->name));
    }
    arena_clear(&arena);
}

/* --- every type, filled at random ------------------------------------------------------------------------------- */

static void fill(struct seed_stream *stream, const struct message_type *type, void *message, struct arena *arena)
{
    static const char *const texts[] = {NULL, "", "x", "caf\xc3\xa9 \"q\"\n", "a longer text that crosses a few words"};
    for (size_t f = 0; f < type->field_count; f++) {
        const struct message_field *field = &type->fields[f];
        char *at = (char *)message + field->offset;
        uint32_t count = field->length;
        size_t size = message_element_size(field);
        if (field->shape == MESSAGE_SEQUENCE) {
            count = (uint32_t)seed_below(stream, 5);
            struct message_sequence list = {arena_new(arena, count, size), count};
            memcpy(at, &list, sizeof list);
            at = list.data;
        }
        for (uint32_t i = 0; i < count; i++, at += size) {
            uint64_t bits = seed_u64(stream);
            if (field->kind == MESSAGE_NESTED)
                fill(stream, field->nested, at, arena);
            else if (field->kind == MESSAGE_STRING)
                memcpy(at, &texts[bits % COUNT_OF(texts)], size);
            else if (field->kind == MESSAGE_BOOL)
                *at = bits & 1;
            else
                memcpy(at, &bits, size);
        }
    }
}

static void every_type_survives_the_wire(void **state)
{
    (void)state;
    struct seed_stream stream = seed_stream_named(1, "test_message.wire");
    struct arena source = {0}, target = {0};
    struct bytes first = {0}, second = {0};
    size_t messages = 0;
    for (size_t t = 0; t < COUNT_OF(all_types); t++)
        for (int round = 0; round < 20; round++, messages++) {
            const struct message_type *type = all_types[t];
            arena_reset(&source);
            arena_reset(&target);
            first.size = second.size = 0;
            void *sent = arena_new(&source, 1, type->size), *got = arena_new(&target, 1, type->size);
            fill(&stream, type, sent, &source);
            bytes_put(&first, "abc", 3); /* the payload's place in the buffer must not matter */
            message_encode(type, sent, &first);
            struct error err = {0};
            struct message_difference difference;
            if (message_decode(type, first.data + 3, first.size - 3, got, &target, &err))
                fail_msg("%s", err.text);
            if (!message_equal(type, sent, got, 0, 0, &difference))
                fail_msg("%s: %s is %s, was %s", type->name, difference.path, difference.right, difference.left);
            message_encode(type, got, &second);
            assert_int_equal(second.size, first.size - 3);
            assert_memory_equal(second.data, first.data + 3, second.size);
            for (size_t cut = 0; cut < second.size; cut++)
                if (!message_decode(type, second.data, cut, got, &target, &err))
                    fail_msg("%s cut to %zu of %zu bytes was accepted", type->name, cut, second.size);
        }
    printf("figure: %zu random messages of %zu types over CDR and back\n", messages, COUNT_OF(all_types));
    arena_clear(&source);
    arena_clear(&target);
    bytes_clear(&first);
    bytes_clear(&second);
}

/* --- the same message in each representation a ROS 2 system may send ------------------------------------------- */

struct representation {
    uint8_t kind; /* second byte of the payload */
    bool swapped, version2, delimited;
};

static void foreign_number(struct bytes *out, const struct representation *as, const void *value, size_t size)
{
    size_t align = as->version2 && size > 4 ? 4 : size;
    while ((out->size - 4) % align)
        bytes_put_u8(out, 0xAA); /* padding is anyone's */
    for (size_t i = 0; i < size; i++)
        bytes_put_u8(out, ((const uint8_t *)value)[as->swapped ? size - 1 - i : i]);
}

static void foreign_u32(struct bytes *out, const struct representation *as, uint32_t value)
{
    foreign_number(out, as, &value, sizeof value);
}

/* The number of bytes since `start`, into the four before it. */
static void foreign_length(struct bytes *out, const struct representation *as, size_t start)
{
    uint32_t length = (uint32_t)(out->size - start);
    out->size = start - sizeof length;
    foreign_u32(out, as, length);
    out->size += length;
}

static void foreign_message(struct bytes *out, const struct representation *as, const struct message_type *type,
                            const void *message);

static void foreign_element(struct bytes *out, const struct representation *as, const struct message_field *field,
                            const char *at)
{
    const char *text;
    if (field->kind == MESSAGE_NESTED) {
        foreign_message(out, as, field->nested, at);
    } else if (field->kind == MESSAGE_STRING) {
        memcpy(&text, at, sizeof text);
        text = text ? text : "";
        foreign_u32(out, as, (uint32_t)strlen(text) + 1);
        bytes_put(out, text, strlen(text) + 1);
    } else {
        foreign_number(out, as, at, message_element_size(field));
    }
}

static void foreign_message(struct bytes *out, const struct representation *as, const struct message_type *type,
                            const void *message)
{
    if (as->delimited)
        foreign_u32(out, as, 0);
    size_t start = out->size;
    for (size_t f = 0; f < type->field_count; f++) {
        const struct message_field *field = &type->fields[f];
        const char *at = (const char *)message + field->offset;
        bool is_number = field->kind != MESSAGE_STRING && field->kind != MESSAGE_NESTED;
        bool sized = as->version2 && field->shape != MESSAGE_ONE && !is_number;
        struct message_sequence list = {(void *)(uintptr_t)at, field->length};
        if (sized)
            foreign_u32(out, as, 0);
        size_t elements = out->size;
        if (field->shape == MESSAGE_SEQUENCE) {
            memcpy(&list, at, sizeof list);
            foreign_u32(out, as, list.count);
        }
        for (uint32_t i = 0; i < list.count; i++)
            foreign_element(out, as, field, (const char *)list.data + i * message_element_size(field));
        if (sized)
            foreign_length(out, as, elements);
    }
    if (!type->field_count)
        bytes_put_u8(out, 0);
    if (as->delimited)
        foreign_length(out, as, start);
}

static void every_representation_is_read(void **state)
{
    (void)state;
    static const struct representation all[] = {
        {0, true, false, false}, {1, false, false, false}, {6, true, true, false},
        {7, false, true, false}, {8, true, true, true},    {9, false, true, true},
    };
    struct seed_stream stream = seed_stream_named(1, "test_message.representations");
    struct arena arena = {0};
    struct bytes payload = {0};
    for (size_t i = 0; i < COUNT_OF(all) * COUNT_OF(all_types) * 5; i++) {
        const struct message_type *type = all_types[i % COUNT_OF(all_types)];
        const struct representation *as = &all[i / COUNT_OF(all_types) % COUNT_OF(all)];
        arena_reset(&arena);
        void *sent = arena_new(&arena, 1, type->size), *got = arena_new(&arena, 1, type->size);
        fill(&stream, type, sent, &arena);
        payload.size = 0;
        bytes_put(&payload, (const uint8_t[]){0, as->kind, 0, 0}, 4);
        foreign_message(&payload, as, type, sent);
        struct error err = {0};
        struct message_difference difference;
        if (message_decode(type, payload.data, payload.size, got, &arena, &err))
            fail_msg("kind %d: %s", as->kind, err.text);
        if (!message_equal(type, sent, got, 0, 0, &difference))
            fail_msg("%s, kind %d: %s is %s, was %s", type->name, as->kind, difference.path, difference.right,
                     difference.left);
    }
    arena_clear(&arena);
    bytes_clear(&payload);
}

static void damaged_payloads_are_refused_or_are_messages(void **state)
{
    (void)state;
    struct seed_stream stream = seed_stream_named(1, "test_message.damage");
    struct arena source = {0}, target = {0};
    struct bytes payload = {0};
    size_t refused = 0, rounds = 4000;
    for (size_t round = 0; round < rounds; round++) {
        const struct message_type *type = all_types[seed_below(&stream, COUNT_OF(all_types))];
        arena_reset(&source);
        arena_reset(&target);
        payload.size = 0;
        void *message = arena_new(&source, 1, type->size);
        fill(&stream, type, message, &source);
        message_encode(type, message, &payload);
        for (int hits = 0; hits < 3; hits++)
            payload.data[seed_below(&stream, payload.size)] = (uint8_t)seed_u64(&stream);
        struct error err = {0};
        if (message_decode(type, payload.data, payload.size, message, &target, &err)) {
            assert_int_equal(err.status, STATUS_CORRUPT);
            refused++;
            continue;
        }
        struct bytes again = {0};
        message_encode(type, message, &again); /* what was accepted is a message like any other */
        bytes_clear(&again);
    }
    assert_in_range(refused, rounds / 20, rounds - rounds / 20);
    arena_clear(&source);
    arena_clear(&target);
    bytes_clear(&payload);
}

static void topics_are_found_by_name(void **state)
{
    (void)state;
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        assert_int_equal(topic_find(topic_table[topic].name), topic); /* so names are unique, too */
        assert_int_equal(topic_table[topic].name[0], '/');
    }
    assert_int_equal(topic_find("/scan2"), TOPIC_COUNT);
    assert_int_equal(topic_find(""), TOPIC_COUNT);
    assert_ptr_equal(topic_table[TOPIC_SCAN].type, &message_type_laser_scan);
}

static void stamps_split_and_join(void **state)
{
    (void)state;
    static const int64_t times_ns[] = {0, 1, 999999999, 1000000000, 50000000, -1, -1000000000, 123456789012345};
    for (size_t i = 0; i < COUNT_OF(times_ns); i++) {
        struct msg_time time = message_time(times_ns[i]);
        assert_true(time.nanosec < 1000000000);
        assert_true(message_ns(time) == times_ns[i]);
    }
    assert_int_equal(message_time(-1).sec, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers_of_cdr),
        cmocka_unit_test(other_representations_are_read),
        cmocka_unit_test(damage_gets_a_sentence),
        cmocka_unit_test(every_type_survives_the_wire),
        cmocka_unit_test(every_representation_is_read),
        cmocka_unit_test(damaged_payloads_are_refused_or_are_messages),
        cmocka_unit_test(topics_are_found_by_name),
        cmocka_unit_test(stamps_split_and_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
