#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "logs/bus.h"

enum { PATIENCE_MS = 20000, STEP_MS = 5 }; /* far more than any machine needs; a pass takes milliseconds */

struct place { /* a folder of our own, and the endpoint in it */
    char folder[64], path[80], endpoint[96];
};

static int place_make(void **state)
{
    struct place *place = NEW(struct place);
    snprintf(place->folder, sizeof place->folder, "/tmp/binnacle-bus-XXXXXX");
    if (!mkdtemp(place->folder))
        return -1;
    snprintf(place->path, sizeof place->path, "%s/bus", place->folder);
    snprintf(place->endpoint, sizeof place->endpoint, "ipc://%s", place->path);
    *state = place;
    return 0;
}

static int place_remove(void **state)
{
    struct place *place = *state;
    char command[96];
    snprintf(command, sizeof command, "%s.cmd", place->path);
    unlink(place->path);
    unlink(command);
    int failed = rmdir(place->folder);
    free(place);
    return failed;
}

static struct bus_server *server_at(const char *endpoint)
{
    struct error err = {0};
    struct bus_server *server = bus_server_create(endpoint, &err);
    if (!server)
        fail_msg("%s", err.text);
    return server;
}

static struct bus_client *client_at(const char *endpoint)
{
    struct error err = {0};
    struct bus_client *client = bus_client_create(endpoint, &err);
    if (!client)
        fail_msg("%s", err.text);
    return client;
}

/* Lets the server work (if there is one) and waits as the dashboard does: on the descriptor, then drain. */
static enum status next(struct bus_server *server, struct bus_client *client, struct frame *frame, struct error *err)
{
    for (int waited = 0; waited < PATIENCE_MS; waited += STEP_MS) {
        struct msg_command command;
        if (server)
            assert_int_equal(bus_server_receive(server, 0, &command), STATUS_AGAIN);
        enum status status = bus_client_receive(client, frame, err);
        if (status != STATUS_AGAIN)
            return status;
        poll(&(struct pollfd){.fd = bus_client_fd(client), .events = POLLIN}, 1, STEP_MS);
    }
    return STATUS_AGAIN;
}

static void wait_connected(struct bus_client *client, bool wanted)
{
    struct frame frame;
    for (int waited = 0; bus_client_connected(client) != wanted; waited += STEP_MS) {
        assert_true(waited < PATIENCE_MS);
        poll(&(struct pollfd){.fd = bus_client_fd(client), .events = POLLIN}, 1, STEP_MS);
        while (bus_client_receive(client, &frame, NULL) != STATUS_AGAIN)
            continue;
    }
}

static void publish(struct bus_server *server, enum topic topic, uint32_t sequence, const void *message)
{
    struct bytes payload = {0};
    message_encode(topic_table[topic].type, message, &payload);
    struct sink sink = bus_server_sink(server);
    sink.put(sink.self, &(struct frame){topic, sequence, 1000 + sequence, payload.data, payload.size});
    bytes_clear(&payload);
}

/* A latched message proves that the subscription is in force; then what follows cannot be missed. */
static void join(struct bus_server *server, struct bus_client *client, uint32_t sequence)
{
    struct frame frame;
    publish(server, TOPIC_GOAL, sequence, &(struct msg_pose_stamped){.header.frame_id = "map"});
    assert_int_equal(next(server, client, &frame, NULL), STATUS_OK);
    assert_int_equal(frame.topic, TOPIC_GOAL);
    assert_int_equal(frame.sequence, sequence);
}

static void a_message_arrives_as_it_was(void **state)
{
    struct place *place = *state;
    struct bus_server *server = server_at(place->endpoint);
    struct bus_client *client = client_at(place->endpoint);
    join(server, client, 0);
    float ranges[] = {1, 2.5f};
    struct msg_laser_scan scan = {.header.frame_id = "laser", .ranges = {ranges, 2}}, got;
    publish(server, TOPIC_SCAN, 7, &scan);
    struct frame frame;
    assert_int_equal(next(server, client, &frame, NULL), STATUS_OK);
    assert_int_equal(frame.topic, TOPIC_SCAN);
    assert_int_equal(frame.sequence, 7);
    assert_int_equal(frame.stamp_ns, 1007);
    struct arena arena = {0};
    assert_int_equal(message_decode(&message_type_laser_scan, frame.payload, frame.size, &got, &arena, NULL),
                     STATUS_OK);
    assert_true(message_equal(&message_type_laser_scan, &scan, &got, 0, 0, NULL));
    assert_int_equal(bus_client_receive(client, &frame, NULL), STATUS_AGAIN);
    assert_int_equal(bus_client_dropped(client), 0);
    assert_int_equal(bus_server_refused(server), 0);
    arena_clear(&arena);
    bus_client_destroy(&client);
    bus_server_destroy(&server);
    assert_null(server);
    assert_int_equal(access(place->path, F_OK), -1); /* the socket files are gone */
}

static void a_late_joiner_gets_latched_topics_once(void **state)
{
    struct place *place = *state;
    struct bus_server *server = server_at(place->endpoint);
    struct bus_client *early = client_at(place->endpoint);
    join(server, early, 3);
    publish(server, TOPIC_CLOCK, 0, &(struct msg_clock){{1, 0}});
    publish(server, TOPIC_EPISODE_INFO, 5, &(struct msg_episode_info){.scenario = "office"});
    struct bus_client *late = client_at(place->endpoint);
    struct frame frame;
    assert_int_equal(next(server, late, &frame, NULL), STATUS_OK); /* in the order of the table */
    assert_int_equal(frame.topic, TOPIC_EPISODE_INFO);
    assert_int_equal(frame.sequence, 5);
    assert_int_equal(next(server, late, &frame, NULL), STATUS_OK);
    assert_int_equal(frame.topic, TOPIC_GOAL);
    assert_int_equal(next(server, early, &frame, NULL), STATUS_OK);
    assert_int_equal(frame.topic, TOPIC_CLOCK);
    assert_int_equal(next(server, early, &frame, NULL), STATUS_OK);
    assert_int_equal(frame.topic, TOPIC_EPISODE_INFO);
    publish(server, TOPIC_CLOCK, 1, &(struct msg_clock){{2, 0}});
    assert_int_equal(next(server, early, &frame, NULL), STATUS_OK); /* not the repeats, which came in between */
    assert_int_equal(frame.topic, TOPIC_CLOCK);

    bus_server_forget(server);
    publish(server, TOPIC_MAP, 0, &(struct msg_occupancy_grid){.header.frame_id = "map"});
    struct bus_client *later = client_at(place->endpoint);
    assert_int_equal(next(server, later, &frame, NULL), STATUS_OK);
    assert_int_equal(frame.topic, TOPIC_MAP);
    assert_int_equal(bus_client_dropped(early) + bus_client_dropped(late) + bus_client_dropped(later), 0);
    bus_client_destroy(&later);
    bus_client_destroy(&late);
    bus_client_destroy(&early);
    bus_server_destroy(&server);
}

/* A dashboard sleeps on the descriptor: it must wake for a message and stay quiet otherwise. */
static void the_descriptor_wakes_and_is_quiet(void **state)
{
    struct place *place = *state;
    struct bus_server *server = server_at(place->endpoint);
    struct bus_client *client = client_at(place->endpoint);
    join(server, client, 0);
    wait_connected(client, true);
    struct pollfd pollfd = {.fd = bus_client_fd(client), .events = POLLIN};
    struct frame frame;
    uint64_t request;
    bool ok;
    char text[32];
    for (uint32_t round = 0; round < 50; round++) {
        int wakes = 0;
        do {
            assert_int_equal(bus_client_receive(client, &frame, NULL), STATUS_AGAIN);
            assert_int_equal(bus_client_reply(client, &request, &ok, text, sizeof text), STATUS_AGAIN);
            assert_true(++wakes < 100);
        } while (poll(&pollfd, 1, 2) > 0);
        publish(server, TOPIC_CLOCK, round, &(struct msg_clock){{0, 0}});
        do
            assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
        while (bus_client_receive(client, &frame, NULL) == STATUS_AGAIN);
        assert_int_equal(frame.sequence, round);
    }
    bus_client_destroy(&client);
    bus_server_destroy(&server);
}

static void gaps_in_the_sequence_are_counted(void **state)
{
    struct place *place = *state;
    struct bus_server *server = server_at(place->endpoint);
    struct bus_client *client = client_at(place->endpoint);
    join(server, client, 0);
    static const uint32_t sequences[] = {10, 11, 14, 15, 0, 2, 2}; /* 12, 13, 1 are lost; anew at 0 and 2 */
    struct frame frame;
    for (size_t i = 0; i < COUNT_OF(sequences); i++) {
        publish(server, TOPIC_CLOCK, sequences[i], &(struct msg_clock){{0, 0}});
        assert_int_equal(next(server, client, &frame, NULL), STATUS_OK);
        assert_int_equal(frame.sequence, sequences[i]);
    }
    assert_int_equal(bus_client_dropped(client), 3);
    bus_client_destroy(&client);
    bus_server_destroy(&server);
}

static void a_slow_subscriber_loses_messages_and_nobody_waits(void **state)
{
    struct place *place = *state;
    struct bus_server *server = server_at(place->endpoint);
    struct bus_client *slow = client_at(place->endpoint);
    join(server, slow, 0);
    enum { COUNT = 12000 };
    uint8_t pixels[4096] = {0};
    for (uint32_t i = 0; i < COUNT; i++) /* no receive meanwhile: were it to block, this would not end */
        publish(server, TOPIC_IMAGE, i, &(struct msg_image){.data = {pixels, sizeof pixels}});
    uint32_t got = 0, sent = COUNT, last = 0;
    struct frame frame;
    struct error err = {0};
    while (last < COUNT) { /* until one comes through that was sent after the flood */
        publish(server, TOPIC_IMAGE, sent++, &(struct msg_image){.data = {pixels, sizeof pixels}});
        for (; bus_client_receive(slow, &frame, &err) == STATUS_OK; last = frame.sequence)
            got++;
        poll(&(struct pollfd){.fd = bus_client_fd(slow), .events = POLLIN}, 1, STEP_MS);
        assert_true(sent < COUNT + PATIENCE_MS / STEP_MS);
    }
    assert_true(bus_client_dropped(slow) > 0);
    assert_int_equal(got + bus_client_dropped(slow), last + 1); /* each is either here or counted */
    bus_client_destroy(&slow);
    bus_server_destroy(&server);
}

/* --- commands --------------------------------------------------------------------------------------------------- */

static enum status answer(struct bus_server *server, struct bus_client *client, uint64_t *request, bool *ok,
                          char text[128])
{
    struct msg_command command;
    for (int waited = 0; waited < PATIENCE_MS; waited += STEP_MS) {
        if (bus_server_receive(server, STEP_MS, &command) == STATUS_OK) {
            char words[128];
            snprintf(words, sizeof words, "%s(%s) %g", command.verb, command.text,
                     command.values.count ? command.values.data[0] : -1);
            bus_server_reply(server, &(struct msg_reply){!strcmp(command.verb, "pause"), words});
        }
        if (bus_client_reply(client, request, ok, text, 128) == STATUS_OK)
            return STATUS_OK;
    }
    return STATUS_AGAIN;
}

static void commands_are_answered_by_number(void **state)
{
    struct place *place = *state;
    struct bus_client *client = client_at(place->endpoint);
    assert_int_equal(bus_client_command(client, "pause", "", NULL, 0), 0); /* nobody is there */
    struct bus_server *server = server_at(place->endpoint);
    wait_connected(client, true);
    uint64_t first = bus_client_command(client, "pause", "now", NULL, 0);
    uint64_t second = bus_client_command(client, "speed", "", &(double){2.5}, 1);
    assert_true(first > 0 && second > first);
    uint64_t request;
    bool ok;
    char text[128];
    assert_int_equal(answer(server, client, &request, &ok, text), STATUS_OK);
    assert_int_equal(request, first);
    assert_true(ok);
    assert_string_equal(text, "pause(now) -1");
    assert_int_equal(answer(server, client, &request, &ok, text), STATUS_OK);
    assert_int_equal(request, second);
    assert_false(ok);
    assert_string_equal(text, "speed() 2.5");
    assert_int_equal(bus_client_reply(client, &request, &ok, text, sizeof text), STATUS_AGAIN);
    bus_client_destroy(&client);
    bus_server_destroy(&server);
}

static void *raw_socket(void *context, int type, const char *endpoint)
{
    void *raw = zmq_socket(context, type);
    zmq_setsockopt(raw, ZMQ_LINGER, &(int){0}, sizeof(int));
    zmq_setsockopt(raw, ZMQ_RCVTIMEO, &(int){PATIENCE_MS}, sizeof(int));
    assert_int_equal(zmq_connect(raw, endpoint), 0);
    return raw;
}

static void foreign_commands_are_answered_and_harmless(void **state)
{
    struct place *place = *state;
    struct bus_server *server = server_at(place->endpoint);
    char commands[128];
    snprintf(commands, sizeof commands, "%s.cmd", place->endpoint);
    void *context = zmq_ctx_new(), *raw = raw_socket(context, ZMQ_DEALER, commands);
    uint8_t header[32] = "BNCL\1\0\0\0", payload[] = {0, 1, 0, 0, 9, 9};
    uint64_t fingerprint = message_fingerprint(&message_type_command);
    for (int row = 0; row < 7; row++) {
        int parts = row == 0 || row == 5 ? 1 : row == 6 ? 9 : 2;
        if (row == 3 || row == 4)
            memcpy(header + 8, &fingerprint, sizeof fingerprint);
        for (int i = 0; i < parts; i++) {
            int more = i + 1 < parts ? ZMQ_SNDMORE : 0;
            if (row == 5) /* nothing at all */
                zmq_send(raw, "", 0, more);
            else if (i == 0 && row != 1) /* row 2: of another schema */
                zmq_send(raw, header, sizeof header, more);
            else /* row 3: cut, row 4: empty */
                zmq_send(raw, payload, row == 4 ? 0 : sizeof payload, more);
        }
        struct msg_command command;
        struct msg_reply reply;
        uint8_t got[2048];
        for (int waited = 0;; waited += STEP_MS) {
            assert_true(waited < PATIENCE_MS);
            assert_int_equal(bus_server_receive(server, STEP_MS, &command), STATUS_AGAIN);
            if (zmq_poll(&(zmq_pollitem_t){.socket = raw, .events = ZMQ_POLLIN}, 1, 0) > 0)
                break;
        }
        assert_int_equal(zmq_recv(raw, got, sizeof got, 0), 32);
        int size = zmq_recv(raw, got, sizeof got, 0);
        assert_in_range(size, 5, sizeof got);
        struct arena arena = {0};
        assert_int_equal(message_decode(&message_type_reply, got, (size_t)size, &reply, &arena, NULL), STATUS_OK);
        assert_false(reply.ok);
        static const char *const words[] = {"not a command", "not a command", "same version", "cannot be read",
                                            "cannot be read", "not a command", "not a command"};
        if (!strstr(reply.text, words[row]))
            fail_msg("row %d: '%s' does not say '%s'", row, reply.text, words[row]);
        arena_clear(&arena);
    }
    zmq_close(raw);
    zmq_ctx_term(context);

    int junk = socket(AF_UNIX, SOCK_STREAM, 0); /* not even ZeroMQ */
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof name.sun_path, "%s.cmd", place->path);
    assert_int_equal(connect(junk, (struct sockaddr *)&name, sizeof name), 0);
    assert_true(write(junk, "GET / HTTP/1.1\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff", 27) == 27);
    close(junk);
    struct bus_client *client = client_at(place->endpoint);
    wait_connected(client, true);
    assert_true(bus_client_command(client, "pause", "", NULL, 0) > 0); /* it still serves */
    uint64_t request;
    bool ok;
    char text[128];
    assert_int_equal(answer(server, client, &request, &ok, text), STATUS_OK);
    assert_true(ok);
    bus_client_destroy(&client);
    bus_server_destroy(&server);
}

/* --- peers that are not as they should be ----------------------------------------------------------------------- */

static void *raw_publisher(void *context, const struct place *place)
{
    void *raw = zmq_socket(context, ZMQ_XPUB);
    zmq_setsockopt(raw, ZMQ_LINGER, &(int){0}, sizeof(int));
    zmq_setsockopt(raw, ZMQ_RCVTIMEO, &(int){PATIENCE_MS}, sizeof(int));
    assert_int_equal(zmq_bind(raw, place->endpoint), 0);
    return raw;
}

static void send_three(void *raw, const char *topic, const void *header, size_t size)
{
    zmq_send(raw, topic, strlen(topic), ZMQ_SNDMORE);
    zmq_send(raw, header, size, ZMQ_SNDMORE);
    zmq_send(raw, "\0\1\0\0\0\0\0\0\0\0\0\0", 12, 0);
}

static void another_schema_is_said_once_per_topic(void **state)
{
    struct place *place = *state;
    void *context = zmq_ctx_new(), *raw = raw_publisher(context, place);
    struct bus_client *client = client_at(place->endpoint);
    char subscription[8];
    assert_int_equal(zmq_recv(raw, subscription, sizeof subscription, 0), 1);
    uint8_t header[32] = "BNCL\1\0\0\0", future[32] = "BNCL\2\0\0\0";
    send_three(raw, "/scan", header, sizeof header);
    send_three(raw, "/scan", header, sizeof header);
    send_three(raw, "/odom", future, sizeof future);
    send_three(raw, "/imu", header, 31);
    send_three(raw, "/no\nsuch", header, sizeof header);
    send_three(raw, "/nor this", header, sizeof header);
    zmq_send(raw, "/map", 4, 0);
    uint64_t fingerprint = message_fingerprint(&message_type_clock);
    memcpy(header + 8, &fingerprint, sizeof fingerprint);
    send_three(raw, "/clock", header, sizeof header);
    static const char *const said[] = {"/scan", "/odom", "/imu", "/no?such", "/map"};
    struct frame frame;
    for (size_t i = 0; i < COUNT_OF(said); i++) {
        struct error err = {0};
        assert_int_equal(next(NULL, client, &frame, &err), STATUS_VERSION);
        assert_int_equal(err.status, STATUS_VERSION);
        if (!strstr(err.text, said[i]))
            fail_msg("'%s' does not name %s", err.text, said[i]);
    }
    assert_int_equal(next(NULL, client, &frame, NULL), STATUS_OK);
    assert_int_equal(frame.topic, TOPIC_CLOCK);
    bus_client_destroy(&client);
    zmq_close(raw);
    zmq_ctx_term(context);
}

static void a_server_may_go_and_come_back(void **state)
{
    struct place *place = *state;
    struct bus_client *client = client_at(place->endpoint);
    assert_false(bus_client_connected(client));
    for (int round = 0; round < 3; round++) {
        struct bus_server *server = server_at(place->endpoint);
        join(server, client, 0); /* the same number each time: a new server's repeats count as new */
        wait_connected(client, true);
        assert_true(bus_client_command(client, "pause", "", NULL, 0) > 0);
        uint64_t request;
        bool ok;
        char text[128];
        assert_int_equal(answer(server, client, &request, &ok, text), STATUS_OK);
        bus_server_destroy(&server);
        wait_connected(client, false);
    }
    assert_int_equal(bus_client_dropped(client), 0);
    bus_client_destroy(&client);
}

static volatile sig_atomic_t alarms;
static void on_alarm(int number)
{
    (void)number;
    alarms++;
}

static void a_signal_only_means_nothing_came(void **state)
{
    struct place *place = *state;
    struct bus_server *server = server_at(place->endpoint);
    struct sigaction action = {.sa_handler = on_alarm}, before; /* no SA_RESTART, as the program's handler */
    sigaction(SIGALRM, &action, &before);
    struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &often, NULL);
    struct msg_command command;
    while (alarms < 20)
        assert_int_equal(bus_server_receive(server, 50, &command), STATUS_AGAIN);
    struct bus_client *client = client_at(place->endpoint);
    join(server, client, 0);
    for (uint32_t i = 0; i < 2000; i++)
        publish(server, TOPIC_CLOCK, i, &(struct msg_clock){{0, 0}});
    assert_int_equal(bus_server_refused(server), 0);
    bus_client_destroy(&client);
    bus_server_destroy(&server);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
}

int main(void)
{
#define BUS_TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)
    const struct CMUnitTest tests[] = {
        BUS_TEST(a_message_arrives_as_it_was),
        BUS_TEST(a_late_joiner_gets_latched_topics_once),
        BUS_TEST(the_descriptor_wakes_and_is_quiet),
        BUS_TEST(gaps_in_the_sequence_are_counted),
        BUS_TEST(a_slow_subscriber_loses_messages_and_nobody_waits),
        BUS_TEST(commands_are_answered_by_number),
        BUS_TEST(foreign_commands_are_answered_and_harmless),
        BUS_TEST(another_schema_is_said_once_per_topic),
        BUS_TEST(a_server_may_go_and_come_back),
        BUS_TEST(a_signal_only_means_nothing_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
