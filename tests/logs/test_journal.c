#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "logs/journal.h"

struct capture { /* a sink that remembers the latest frame, and when it came */
    struct frame frame;
    uint8_t payload[2048];
    int calls, *clock, at;
};

static void capture_put(void *self, const struct frame *frame)
{
    struct capture *capture = self;
    assert_in_range(frame->size, 1, sizeof capture->payload);
    capture->frame = *frame;
    memcpy(capture->payload, frame->payload, frame->size);
    capture->calls++;
    capture->at = ++*capture->clock;
}

static void every_sink_gets_the_same_frame_in_order(void **state)
{
    (void)state;
    int clock = 0;
    struct capture first = {.clock = &clock}, second = {.clock = &clock};
    struct journal *journal = journal_create();
    journal_publish(journal, TOPIC_CLOCK, 5, &(struct msg_clock){{0, 5}}); /* before any sink: counted all the same */
    journal_add(journal, (struct sink){capture_put, &first});
    journal_add(journal, (struct sink){capture_put, &second});
    struct msg_clock clock_message = {{1, 2}}, got;
    journal_publish(journal, TOPIC_CLOCK, 1000000002, &clock_message);
    assert_int_equal(first.calls, 1);
    assert_int_equal(second.calls, 1);
    assert_true(first.at < second.at);
    assert_int_equal(first.frame.topic, TOPIC_CLOCK);
    assert_int_equal(first.frame.sequence, 1);
    assert_int_equal(first.frame.stamp_ns, 1000000002);
    assert_int_equal(second.frame.size, first.frame.size);
    assert_memory_equal(first.payload, second.payload, first.frame.size);
    struct arena arena = {0};
    assert_int_equal(message_decode(&message_type_clock, first.payload, first.frame.size, &got, &arena, NULL),
                     STATUS_OK);
    assert_true(message_equal(&message_type_clock, &clock_message, &got, 0, 0, NULL));
    arena_clear(&arena);
    journal_destroy(&journal);
    assert_null(journal);
    journal_destroy(&journal);
}

static void topics_are_numbered_apart(void **state)
{
    (void)state;
    int clock = 0;
    struct capture capture = {.clock = &clock};
    struct journal *journal = journal_create();
    journal_add(journal, (struct sink){capture_put, &capture});
    for (uint32_t i = 0; i < 5; i++) {
        journal_publish(journal, TOPIC_CMD_VEL, i, &(struct msg_twist){.linear.x = i});
        assert_int_equal(capture.frame.sequence, i);
        journal_publish(journal, TOPIC_CLOCK, i, &(struct msg_clock){{0, 0}});
        assert_int_equal(capture.frame.sequence, i);
    }
    assert_int_equal(journal_count(journal, TOPIC_CMD_VEL), 5);
    assert_int_equal(journal_count(journal, TOPIC_SCAN), 0);
    journal_destroy(&journal);
}

static void what_is_said_goes_to_rosout(void **state)
{
    (void)state;
    int clock = 0;
    struct capture capture = {.clock = &clock};
    struct journal *journal = journal_create();
    journal_add(journal, (struct sink){capture_put, &capture});
    journal_say(journal, 3000000004, 30, "perception", "no lidar for %.1f s", 0.5);
    struct arena arena = {0};
    struct msg_log log;
    assert_int_equal(capture.frame.topic, TOPIC_ROSOUT);
    assert_int_equal(message_decode(&message_type_log, capture.payload, capture.frame.size, &log, &arena, NULL),
                     STATUS_OK);
    assert_int_equal(log.level, 30);
    assert_int_equal(log.stamp.sec, 3);
    assert_int_equal(log.stamp.nanosec, 4);
    assert_string_equal(log.name, "perception");
    assert_string_equal(log.msg, "no lidar for 0.5 s");
    char longer[1000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    journal_say(journal, 0, 20, "sim", "%s", longer); /* is cut, not overrun */
    assert_int_equal(message_decode(&message_type_log, capture.payload, capture.frame.size, &log, &arena, NULL),
                     STATUS_OK);
    assert_in_range(strlen(log.msg), 400, 999);
    arena_clear(&arena);
    journal_destroy(&journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sink_gets_the_same_frame_in_order),
        cmocka_unit_test(topics_are_numbered_apart),
        cmocka_unit_test(what_is_said_goes_to_rosout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
