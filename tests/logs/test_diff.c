/* Two logs compared: pairs by time, fields by name, first and largest differences. And messages as rows of a
 * table. */
#include "mcap_model.h"

#include <math.h>

#include "logs/diff.h"

/* --- fields ----------------------------------------------------------------------------------------------- */

static const struct message_tally_row *row_named(const struct message_tally *tally, const char *name)
{
    for (size_t i = 0; i < tally->row_count; i++)
        if (!strcmp(tally->rows[i].path, name))
            return &tally->rows[i];
    return NULL;
}

static void test_tally(void **state)
{
    (void)state;
    static double costs_a[] = {1, 2, 3}, costs_b[] = {1, 2.5, 4};
    static const char *words_a[] = {"x", "y"}, *words_b[] = {"x", NULL};
    struct msg_candidate list_a[] = {{.v_mps = 1}, {.costs = {costs_a, 3}}};
    struct msg_candidate list_b[] = {{.v_mps = 1}, {.costs = {costs_b, 3}}};
    struct msg_decision a = {.tick = 7, .v_mps = 0.1, .critics = {words_a, 2}, .candidates = {list_a, 2}};
    struct msg_decision b = a;
    struct message_tally tally;
    message_tally_init(&tally, &message_type_decision);
    message_tally_add(&tally, 100, &a, &b);
    assert_int_equal(tally.compared, 1);
    assert_int_equal(tally.differing, 0);
    b.v_mps = nextafter(0.1, 1);
    b.critics.data = words_b;
    b.candidates.data = list_b;
    message_tally_add(&tally, 200, &a, &b);
    b.v_mps = (double)NAN;
    b.candidates.count = 1;
    b.header.frame_id = "f";
    message_tally_add(&tally, 300, &a, &b);
    assert_int_equal(tally.differing, 2);
    const struct message_tally_row *row = row_named(&tally, "v_mps");
    assert_int_equal(row->count, 2);
    assert_int_equal(row->first_ns, 200);
    assert_int_equal(row->first.ulp, 1);
    assert_string_equal(row->first.left, "0.1");
    assert_string_equal(row->first.right, "0.10000000000000002");
    assert_true(isinf(row->largest) && row->largest_ulp == UINT64_MAX);
    row = row_named(&tally, "candidates[].costs[]");
    assert_int_equal(row->count, 2);
    assert_string_equal(row->first.path, "candidates[1].costs[1]");
    assert_true(row->largest == 1);
    row = row_named(&tally, "critics[]");
    assert_int_equal(row->count, 2);
    assert_string_equal(row->first.path, "critics[1]");
    assert_string_equal(row->first.right, "");
    row = row_named(&tally, "candidates.count");
    assert_int_equal(row->count, 1);
    assert_int_equal(row->first_ns, 300);
    assert_string_equal(row->first.path, "candidates.count");
    row = row_named(&tally, "header.frame_id");
    assert_string_equal(row->first.right, "f");
    size_t found = 0;
    for (size_t i = 0; i < tally.row_count; i++)
        found += tally.rows[i].count > 0;
    assert_int_equal(found, 5);
    message_tally_clear(&tally);
}

static void test_shape(void **state)
{
    (void)state;
    assert_true(message_same_shape(&message_type_point, &message_type_vector3)); /* names of types do not count */
    assert_false(message_same_shape(&message_type_point, &message_type_quaternion));
    assert_true(message_same_shape(&message_type_odometry, &message_type_odometry));
    assert_false(message_same_shape(&message_type_odometry, &message_type_imu));
}

/* --- logs ------------------------------------------------------------------------------------------------- */

static uint16_t twist_channel(struct mcap_writer *writer, const char *topic)
{
    struct bytes text = {0};
    message_schema(&message_type_twist, &text);
    uint16_t schema = mcap_writer_schema(writer, "geometry_msgs/msg/Twist", "ros2msg", text.data, text.size);
    bytes_clear(&text);
    return mcap_writer_channel(writer, schema, topic, "cdr", NULL, 0);
}

static void twist_put(struct mcap_writer *writer, uint16_t channel, int64_t log_ns, double x)
{
    const struct msg_twist twist = {.linear = {.x = x}};
    struct bytes payload = {0};
    message_encode(&message_type_twist, &twist, &payload);
    mcap_writer_message(writer, channel, 0, log_ns, log_ns, payload.data, payload.size);
    bytes_clear(&payload);
}

/* Log 1 lacks /both at 30, has two at 40, another value at 50, and /b of its own. */
static void log_write(const char *file, int which)
{
    struct mcap_options options = mcap_options_default();
    struct error err = {0};
    struct mcap_writer *writer = mcap_writer_create(file, &options, &err);
    uint16_t alone = which ? twist_channel(writer, "/b") : 0, both = twist_channel(writer, "/both");
    uint16_t raw = mcap_writer_channel(writer, 0, "/raw", "thing", NULL, 0);
    for (int64_t ns = 10; ns <= 50; ns += 10) {
        if (!which || ns != 30)
            twist_put(writer, both, ns, (double)ns);
        mcap_writer_message(writer, raw, 0, ns, ns, ns == 20 && which ? "abd" : "abc", 3);
    }
    if (which) {
        twist_put(writer, both, 40, 41);
        twist_put(writer, alone, 60, 0);
    }
    twist_put(writer, both, 60, which ? 60.5 : 60);
    assert_int_equal(mcap_writer_close(&writer, &err), STATUS_OK);
}

static void logs_add(struct diff *diff, struct mcap_reader *const readers[2])
{
    const struct mcap_query query = {MCAP_TIME_ORDER, INT64_MIN, INT64_MAX, NULL, 0};
    struct mcap_message messages[2];
    struct error err = {0};
    bool over[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mcap_reader_query(readers[i], &query, &err), STATUS_OK);
        over[i] = mcap_reader_next(readers[i], &messages[i], &err) != STATUS_OK;
    }
    while (!over[0] || !over[1]) {
        int next = over[0] || (!over[1] && messages[1].log_ns < messages[0].log_ns);
        assert_int_equal(diff_add(diff, next, &messages[next], &err), STATUS_OK);
        over[next] = mcap_reader_next(readers[next], &messages[next], &err) != STATUS_OK;
    }
    diff_finish(diff);
}

static void test_logs(void **state)
{
    (void)state;
    log_write(path, 0);
    log_write(other, 1);
    struct mcap_reader *readers[] = {reader_open(path), reader_open(other)};
    struct reflect *reflects[] = {reflect_create(readers[0]), reflect_create(readers[1])};
    struct diff *diff = diff_create(readers, reflects);
    const struct diff_topic *found;
    logs_add(diff, readers);
    assert_int_equal(diff_topics(diff, &found), 3);
    assert_string_equal(found[0].name, "/both");
    assert_int_equal(found[0].messages[0], 6);
    assert_int_equal(found[0].messages[1], 6);
    assert_int_equal(found[0].only[0], 1);
    assert_int_equal(found[0].only[1], 1);
    assert_int_equal(found[0].differing, 1);
    assert_int_equal(found[0].first_ns, 30);
    const struct message_tally_row *row = row_named(&found[0].tally, "linear.x");
    assert_int_equal(row->count, 1);
    assert_int_equal(row->first_ns, 60);
    assert_true(row->largest == 0.5);
    assert_string_equal(found[1].name, "/raw");
    assert_int_equal(found[1].differing, 1);
    assert_non_null(found[1].why_bytes);
    assert_null(found[1].tally.type);
    assert_string_equal(found[2].name, "/b");
    assert_int_equal(found[2].only[1], 1);
    assert_true(found[0].differs && found[1].differs && found[2].differs);
    assert_int_equal(diff_tick_ns(diff), 0);
    diff_destroy(&diff);
    diff_destroy(&diff);
    reflect_destroy(&reflects[0]);
    reflect_destroy(&reflects[1]);
    mcap_reader_destroy(&readers[0]);
    mcap_reader_destroy(&readers[1]);
}

/* --- rows of a table -------------------------------------------------------------------------------------- */
static void test_csv(void **state)
{
    (void)state;
    static const char *critics[] = {"a", "b\"c"};
    struct msg_command command = {.tick = 1, .verb = "say", .text = "a, \"b\"\n"};
    struct msg_decision decision = {.policy = "dwa", .v_mps = (double)NAN, .critics = {critics, 2}};
    struct bytes text = {0};
    message_csv_header(&message_type_command, &text);
    bytes_put_u8(&text, '|');
    message_csv(&message_type_command, &command, &text);
    bytes_put_u8(&text, '|');
    message_csv_header(&message_type_bumper, &text);
    bytes_put_u8(&text, 0);
    assert_string_equal((char *)text.data, ",tick,verb,text,values|,1,say,\"a, \"\"b\"\"\n\",\"[]\"|"
                                           ",header.stamp.sec,header.stamp.nanosec,header.frame_id,sectors");
    text.size = 0;
    message_csv_header(&message_type_belief, &text);
    bytes_put_u8(&text, 0);
    assert_non_null(strstr((char *)text.data, ",covariance[0],covariance[1]"));
    text.size = 0;
    message_csv(&message_type_decision, &decision, &text);
    bytes_put_u8(&text, 0);
    assert_non_null(strstr((char *)text.data, ",nan,"));
    assert_non_null(strstr((char *)text.data, ",\"[\"\"a\"\",\"\"b\\\"\"c\"\"]\",\"[]\""));
    bytes_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tally), cmocka_unit_test(test_shape), cmocka_unit_test(test_logs),
        cmocka_unit_test(test_csv),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
