#include <math.h>
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

/* --- JSON ------------------------------------------------------------------------------------------------------- */

static void check_json(const struct message_type *type, const void *message, size_t max_items, const char *wanted)
{
    struct bytes out = {0};
    message_json(type, message, max_items, &out);
    bytes_put_u8(&out, 0);
    assert_string_equal((char *)out.data, wanted);
    bytes_clear(&out);
}

static void json_prints_each_shape(void **state)
{
    (void)state;
    double values[] = {0.1, -0.0, 1e22, 5e-324, 1.0 / 3, (double)NAN, (double)-INFINITY, 123456789};
    struct msg_command command = {.tick = UINT64_MAX, .verb = "say", .text = NULL, .values = {values, 8}};
    check_json(&message_type_command, &command, 0,
               "{\"tick\":18446744073709551615,\"verb\":\"say\",\"text\":\"\","
               "\"values\":[0.1,-0,1e+22,5e-324,0.3333333333333333,null,null,123456789]}");
    check_json(&message_type_command, &command, 2,
               "{\"tick\":18446744073709551615,\"verb\":\"say\",\"text\":\"\",\"values\":[0.1,-0,\"... 6 more\"]}");
    command = (struct msg_command){.verb = "\"\\\n\t\x01", .text = "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"};
    check_json(&message_type_command, &command, 0,
               "{\"tick\":0,\"verb\":\"\\\"\\\\\\n\\t\\u0001\",\"text\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\","
               "\"values\":[]}");
    /* cut, stray, overlong, surrogate, beyond the last plane */
    command = (struct msg_command){.verb = "a\xe2\x82", .text = "\xff\xc0\xafz\xed\xa0\x80\xf4\x90\x80\x80"};
    check_json(&message_type_command, &command, 0,
               "{\"tick\":0,\"verb\":\"a\\ufffd\\ufffd\",\"text\":\"\\ufffd\\ufffd\\ufffdz\\ufffd\\ufffd\\ufffd\\ufffd"
               "\\ufffd\\ufffd\\ufffd\",\"values\":[]}");
    struct msg_key_value pairs[] = {{"k", "v"}, {"", "w"}};
    struct msg_diagnostic_status status = {.level = 2, .name = "n", .values = {pairs, 2}};
    check_json(&message_type_diagnostic_status, &status, 0,
               "{\"level\":2,\"name\":\"n\",\"message\":\"\",\"hardware_id\":\"\","
               "\"values\":[{\"key\":\"k\",\"value\":\"v\"},{\"key\":\"\",\"value\":\"w\"}]}");
    int8_t cells[] = {-1, 0, 100};
    struct msg_occupancy_grid grid = {.info = {{-5, 7}, 0.05f, 3, 1, {{0}, {.w = 1}}}, .data = {cells, 3}};
    check_json(&message_type_occupancy_grid, &grid, 0,
               "{\"header\":{\"stamp\":{\"sec\":0,\"nanosec\":0},\"frame_id\":\"\"},\"info\":{\"map_load_time\":"
               "{\"sec\":-5,\"nanosec\":7},\"resolution\":0.05,\"width\":3,\"height\":1,\"origin\":{\"position\":"
               "{\"x\":0,\"y\":0,\"z\":0},\"orientation\":{\"x\":0,\"y\":0,\"z\":0,\"w\":1}}},\"data\":[-1,0,100]}");
    check_json(&message_type_reply, &(struct msg_reply){true, "ok"}, 0, "{\"ok\":true,\"text\":\"ok\"}");
}

static void json_numbers_read_back_to_the_same_bits(void **state)
{
    (void)state;
    struct seed_stream stream = seed_stream_named(1, "test_message.json");
    struct bytes out = {0};
    for (int round = 0; round < 20000; round++) {
        uint64_t bits = seed_u64(&stream);
        double value, back;
        float ranges[1], single;
        memcpy(&value, &bits, sizeof value);
        memcpy(ranges, &bits, sizeof ranges);
        if (!isfinite(value) || !isfinite((double)ranges[0]))
            continue;
        out.size = 0;
        message_json(&message_type_point, &(struct msg_point){.x = value}, 0, &out);
        bytes_put_u8(&out, 0);
        back = strtod((char *)out.data + strlen("{\"x\":"), NULL);
        assert_memory_equal(&back, &value, sizeof value);
        out.size = 0;
        message_json(&message_type_laser_scan, &(struct msg_laser_scan){.ranges = {ranges, 1}}, 0, &out);
        bytes_put_u8(&out, 0);
        single = strtof(strstr((char *)out.data, "\"ranges\":[") + strlen("\"ranges\":["), NULL);
        assert_memory_equal(&single, ranges, sizeof single);
    }
    bytes_clear(&out);
}

/* --- comparison ------------------------------------------------------------------------------------------------- */

static void differences_are_named(void **state)
{
    (void)state;
    double costs[2][2] = {{1, 2}, {3, 4}}, other[2][2] = {{1, 2}, {3, nextafter(4, 5)}};
    struct msg_candidate left[2] = {{.costs = {costs[0], 2}}, {.costs = {costs[1], 2}}};
    struct msg_candidate right[2] = {{.costs = {other[0], 2}}, {.costs = {other[1], 2}}};
    struct msg_decision a = {.header = {{1, 2}, "map"}, .candidates = {left, 2}}, b = a;
    b.candidates.data = right;
    struct message_difference first;
    const struct message_type *type = &message_type_decision;
    assert_false(message_equal(type, &a, &b, 0, 0, &first));
    assert_string_equal(first.path, "candidates[1].costs[1]");
    assert_string_equal(first.left, "4");
    assert_string_equal(first.right, "4.000000000000001");
    assert_int_equal(first.ulp, 1);
    assert_true(first.difference > 0 && first.difference < 1e-15);
    assert_true(message_equal(type, &a, &b, 0, 1e-15, NULL));
    assert_true(message_equal(type, &a, &b, 1e-15, 0, NULL));
    assert_false(message_equal(type, &a, &b, 1e-17, 1e-17, NULL));

    b.candidates.count = 1;
    assert_false(message_equal(type, &a, &b, 9, 9, &first)); /* counts are exact */
    assert_string_equal(first.path, "candidates.count");
    assert_string_equal(first.left, "2");
    assert_string_equal(first.right, "1");
    b.header.frame_id = "odom"; /* the first difference in field order */
    assert_false(message_equal(type, &a, &b, 9, 9, &first));
    assert_string_equal(first.path, "header.frame_id");
    assert_string_equal(first.right, "odom");
    b.header.stamp.sec = -4;
    assert_false(message_equal(type, &a, &b, 0, 0, &first));
    assert_string_equal(first.path, "header.stamp.sec");
    assert_int_equal(first.ulp, 5);
    assert_true(first.difference == 5);
}

static void special_numbers_compare_as_promised(void **state)
{
    (void)state;
    static const struct {
        double a, b;
        bool exact, near; /* equal with no tolerance; with 1e-3 */
    } rows[] = {
        {1, 1, true, true},
        {0.0, -0.0, false, true},
        {1, 1.0005, false, true},
        {1000, 1000.5, false, true},
        {1, 1.01, false, false},
        {5e-324, 0, false, true},
        {(double)NAN, (double)NAN, true, true},
        {(double)NAN, 1, false, false},
        {(double)INFINITY, (double)INFINITY, true, true},
        {(double)INFINITY, 1e300, false, false},
        {(double)INFINITY, (double)-INFINITY, false, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct msg_point a = {.y = rows[i].a}, b = {.y = rows[i].b};
        struct message_difference first = {.path = ""};
        assert_int_equal(message_equal(&message_type_point, &a, &b, 0, 0, &first), rows[i].exact);
        assert_string_equal(first.path, rows[i].exact ? "" : "y");
        assert_int_equal(message_equal(&message_type_point, &a, &b, 1e-3, 1e-3, NULL), rows[i].near);
        assert_int_equal(message_equal(&message_type_point, &b, &a, 1e-3, 1e-3, NULL), rows[i].near);
    }
    uint64_t quiet = 0x7ff8000000000001u;
    struct msg_point a = {.x = (double)NAN}, b = {0};
    memcpy(&b.x, &quiet, sizeof quiet);
    assert_false(message_equal(&message_type_point, &a, &b, 0, 0, NULL)); /* other bits */
    assert_true(message_equal(&message_type_point, &a, &b, 1e-9, 0, NULL));
    struct msg_reply no = {false, NULL}, yes = {true, ""};
    assert_false(message_equal(&message_type_reply, &no, &yes, 9, 9, NULL)); /* no tolerance makes no a yes */
    yes.ok = false;
    assert_true(message_equal(&message_type_reply, &no, &yes, 0, 0, NULL)); /* NULL is "" */
    struct msg_state_hash left = {.hash = UINT64_MAX}, right = {.hash = 0};
    struct message_difference first;
    assert_false(message_equal(&message_type_state_hash, &left, &right, 0, 0, &first));
    assert_true(first.ulp == UINT64_MAX);
    assert_string_equal(first.left, "18446744073709551615");
}

/* --- schema ----------------------------------------------------------------------------------------------------- */

static void schema_is_ros2msg_text(void **state)
{
    (void)state;
    static const char line[] =
        "================================================================================\n";
    struct bytes wanted = {0}, got = {0};
    bytes_format(&wanted, "std_msgs/Header header\nuint32 height\nuint32 width\nstring distortion_model\nfloat64[] d\n"
                          "float64[9] k\nfloat64[9] r\nfloat64[12] p\nuint32 binning_x\nuint32 binning_y\n"
                          "sensor_msgs/RegionOfInterest roi\n");
    bytes_format(&wanted, "%sMSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n", line);
    bytes_format(&wanted, "%sMSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n", line);
    bytes_format(&wanted, "%sMSG: sensor_msgs/RegionOfInterest\nuint32 x_offset\nuint32 y_offset\nuint32 height\n"
                          "uint32 width\nbool do_rectify\n", line);
    message_schema(&message_type_camera_info, &got);
    bytes_put_u8(&wanted, 0);
    bytes_put_u8(&got, 0);
    assert_string_equal((char *)got.data, (char *)wanted.data);
    bytes_clear(&wanted);
    bytes_clear(&got);
}

static size_t occurrences(const char *text, const char *word)
{
    size_t count = 0;
    for (; (text = strstr(text, word)); text++)
        count++;
    return count;
}

static void check_dependencies(const struct message_type *type, const char *text)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct message_type *nested = type->fields[i].nested;
        if (!nested)
            continue;
        char heading[128];
        snprintf(heading, sizeof heading, "=\nMSG: %s/%s\n", nested->package, nested->name);
        assert_int_equal(occurrences(text, heading), 1);
        check_dependencies(nested, text);
    }
}

static void every_schema_is_whole_and_has_its_own_fingerprint(void **state)
{
    (void)state;
    uint64_t fingerprints[COUNT_OF(all_types)];
    for (size_t i = 0; i < COUNT_OF(all_types); i++) {
        struct bytes text = {0};
        message_schema(all_types[i], &text);
        bytes_put_u8(&text, 0);
        check_dependencies(all_types[i], (char *)text.data);
        bytes_clear(&text);
        fingerprints[i] = message_fingerprint(all_types[i]);
        for (size_t j = 0; j < i; j++)
            assert_true(fingerprints[i] != fingerprints[j]);
    }
    /* Vector3 and Point have the same fields; the name tells them apart. The value is part of the wire format. */
    assert_true(message_fingerprint(&message_type_header) == 0x54e11641185c201bu);
    char name[64];
    message_full_name(&message_type_laser_scan, name, sizeof name);
    assert_string_equal(name, "sensor_msgs/msg/LaserScan");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_prints_each_shape),
        cmocka_unit_test(json_numbers_read_back_to_the_same_bits),
        cmocka_unit_test(differences_are_named),
        cmocka_unit_test(special_numbers_compare_as_promised),
        cmocka_unit_test(schema_is_ros2msg_text),
        cmocka_unit_test(every_schema_is_whole_and_has_its_own_fingerprint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
