/* The parser of ros2msg text: our own schemas give our own structs back, other people's decode, bad ones get a
 * sentence. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "logs/schema.h"

static const struct message_type *parse(const char *text, struct arena *arena)
{
    struct error err = {0};
    const struct message_type *type = schema_parse("pkg/msg/Root", text, strlen(text), arena, &err);
    if (!type)
        fail_msg("%s", err.text);
    return type;
}

static void same_type(const struct message_type *a, const struct message_type *b)
{
    assert_string_equal(a->package, b->package);
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->size, b->size);
    assert_int_equal(a->field_count, b->field_count);
    for (size_t i = 0; i < a->field_count; i++) {
        const struct message_field *x = &a->fields[i], *y = &b->fields[i];
        assert_string_equal(x->name, y->name);
        assert_int_equal(x->kind, y->kind);
        assert_int_equal(x->shape, y->shape);
        assert_int_equal(x->length, y->length);
        assert_int_equal(x->offset, y->offset);
        if (x->kind == MESSAGE_NESTED)
            same_type(x->nested, y->nested);
    }
}

/* The compiler's layout of every struct of the table, found again from its schema text alone. */
static void test_own_schemas(void **state)
{
    (void)state;
#define TYPE_ROW(type, package, ros, FIELDS) &message_type_##type,
    static const struct message_type *const types[] = {MESSAGE_TYPES(TYPE_ROW)};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        struct arena arena = {0};
        struct bytes text = {0};
        struct error err = {0};
        char name[64];
        message_full_name(types[i], name, sizeof name);
        message_schema(types[i], &text);
        const struct message_type *parsed = schema_parse(name, text.data, text.size, &arena, &err);
        if (!parsed)
            fail_msg("%s", err.text);
        same_type(parsed, types[i]);
        bytes_clear(&text);
        arena_clear(&arena);
    }
    printf("figure: %zu schemas of ours parse to the compiler's layout\n", COUNT_OF(types));
}

static const char foreign[] = "# a comment\r\n"
                              "uint8 KIND_A=1   # constant\r\n"
                              "string TEXT=\"a # b\"\n"
                              "\n"
                              "  bool flag  true\n"
                              "char letter\n"
                              "string<=10 label \"none\"\n"
                              "string<=5[<=3] labels\n"
                              "int16[<=4] few [1, 2]\n"
                              "float32[2] pair# close\n"
                              "Part part\n"
                              "other/msg/Thing[] things\n"
                              "Header header\n"
                              "Nothing nothing\n"
                              "byte last\n"
                              "================================================================================\n"
                              "MSG: pkg/Part\n"
                              "int64 value -1\n"
                              "Thing thing\n"
                              "===\n"
                              "MSG: other/Thing\n"
                              "uint8 a\n"
                              "float64 b\n"
                              "===\n"
                              "MSG: pkg/Thing\n"
                              "uint8 c\n"
                              "===\n"
                              "MSG: std_msgs/Header\n"
                              "uint32 seq\n"
                              "===\n"
                              "MSG: pkg/Nothing\n"
                              "int32 ONLY=3";

/* What an independent encoder makes of: flag, letter 65, label "ab", labels ["x", "yz"], few [-1, 2], pair
 * [0.5, -2], part {-5, {7}}, things [{1, 1.5}, {2, -1}], header {9}, nothing {}, last 255. */
static const uint8_t payload[] = {
    0, 1, 0, 0, 1, 65, 0, 0, 3, 0, 0, 0, 'a', 'b', 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 'x', 0, 0, 0, 3, 0, 0, 0, 'y', 'z', 0,
    0, 2, 0, 0, 0, 0xff, 0xff, 2, 0, 0, 0, 0, 0x3f, 0, 0, 0, 0xc0, 0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 7, 0,
    0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0xf0, 0xbf, 9, 0, 0, 0, 0, 255};

static void test_foreign(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct error err = {0};
    struct bytes json = {0};
    const struct message_type *type = parse(foreign, &arena);
    void *message = arena_new(&arena, 1, type->size);
    if (message_decode(type, payload, sizeof payload, message, &arena, &err))
        fail_msg("%s", err.text);
    message_json(type, message, 0, &json);
    bytes_put_u8(&json, 0);
    assert_string_equal((char *)json.data,
                        "{\"flag\":true,\"letter\":65,\"label\":\"ab\",\"labels\":[\"x\",\"yz\"],\"few\":[-1,2],"
                        "\"pair\":[0.5,-2],\"part\":{\"value\":-5,\"thing\":{\"c\":7}},"
                        "\"things\":[{\"a\":1,\"b\":1.5},{\"a\":2,\"b\":-1}],\"header\":{\"seq\":9},"
                        "\"nothing\":{},\"last\":255}");
    json.size = 0;
    message_encode(type, message, &json);
    assert_int_equal(json.size, sizeof payload);
    assert_memory_equal(json.data, payload, sizeof payload);
    bytes_clear(&json);
    arena_clear(&arena);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"int32 a\nwstring b", "line 2, wstring"},
        {"wstring<=4[] b", "wstring"},
        {"Other x", "'Other' is not defined"},
        {"pkg/Root x", "contains itself"},
        {"A a\n===\nMSG: pkg/A\nB b\n===\nMSG: pkg/B\nA[] a", "contains itself"},
        {"A a\n===\nMSG: pkg/A\nint32 ok\nB b", "line 5, the type 'B'"},
        {"int32", "no name"},
        {"int32 3x", "no name"},
        {"int32[ x", "what follows the type"},
        {"int32[<=] x", "what follows the type"},
        {"int32[5000000000] x", "below 2^32"},
        {"int32[99999999999999999999999999] x", "below 2^32"},
        {"int32[0] x", "no elements"},
        {"int32<=3 x", "what follows the type"},
        {"string<= x", "bound"},
        {"float64[4000000000] x", "would take more than"},
        {"A[5000] a\n===\nMSG: pkg/A\nB[5000] b\n===\nMSG: pkg/B\nuint8 x", "would take more than"},
        {"int32 x\n===\nint32 y", "MSG:"},
        {"int32 x\n===\nMSG: ", "not a type's name"},
        {"int32 x\n===\nMSG: a b", "not a type's name"},
        {"struct Root {\n", "line 1"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena arena = {0};
        struct error err = {0};
        assert_null(schema_parse("pkg/msg/Root", cases[i].text, strlen(cases[i].text), &arena, &err));
        assert_int_equal(err.status, STATUS_CORRUPT);
        if (!strstr(err.text, cases[i].says) || !strstr(err.text, "pkg/msg/Root"))
            fail_msg("'%s' lacks '%s'", err.text, cases[i].says);
        arena_clear(&arena);
    }
}

/* Few bytes that stand for very much: each is refused before it costs anything. */
static void test_explosions(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct error err = {0};
    struct bytes text = {0};
    bytes_format(&text, "T0 x\n");
    for (int i = 0; i < 25; i++)
        bytes_format(&text, "===\nMSG: pkg/T%d\nT%d a\nT%d b\n", i, i + 1, i + 1);
    bytes_format(&text, "===\nMSG: pkg/T25\nuint8 x\n");
    assert_null(schema_parse("pkg/msg/Root", text.data, text.size, &arena, &err));
    assert_non_null(strstr(err.text, "more than 10000 fields"));
    text.size = 0;
    for (int i = 0; i < 40; i++)
        bytes_format(&text, "T%d x\n===\nMSG: pkg/T%d\n", i, i);
    bytes_format(&text, "uint8 x");
    assert_null(schema_parse("pkg/msg/Root", text.data, text.size, &arena, &err));
    assert_non_null(strstr(err.text, "nested more than 32 deep"));
    text.size = 0;
    for (int i = 0; i < 600; i++)
        bytes_format(&text, "===\nMSG: a/b\n");
    assert_null(schema_parse("pkg/msg/Root", text.data, text.size, &arena, &err));
    assert_non_null(strstr(err.text, "601 definitions"));
    bytes_add(&text, SCHEMA_TEXT_MAX);
    assert_null(schema_parse("pkg/msg/Root", text.data, text.size, &arena, &err));
    assert_non_null(strstr(err.text, "bytes are more than"));
    bytes_clear(&text);
    arena_clear(&arena);
}

static void test_empty(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct error err = {0};
    const struct message_type *type = schema_parse("Root", NULL, 0, &arena, &err);
    assert_non_null(type);
    assert_int_equal(type->field_count, 0);
    assert_string_equal(type->package, "");
    assert_int_equal(message_decode(type, (const uint8_t *)"\0\1\0\0\0", 5, arena_new(&arena, 1, 1), &arena, &err), 0);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_schemas), cmocka_unit_test(test_foreign), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_explosions),  cmocka_unit_test(test_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
