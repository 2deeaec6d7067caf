#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "logs/bus.h"

enum { PATIENCE_MS = 20000, STEP_MS = 5 };

static struct bus_server *server_at(const char *endpoint)
{
    struct error err = {0};
    struct bus_server *server = bus_server_create(endpoint, &err);
    if (!server)
        fail_msg("%s", err.text);
    return server;
}

/* A client can connect here and be served. */
static void expect_peer(struct bus_server *server, const char *endpoint)
{
    struct bus_client *client = bus_client_create(endpoint, NULL);
    assert_non_null(client);
    struct msg_command command;
    struct frame frame;
    for (int waited = 0; !bus_client_command(client, "pause", "", NULL, 0); waited += STEP_MS) {
        assert_true(waited < PATIENCE_MS);
        poll(&(struct pollfd){.fd = bus_client_fd(client), .events = POLLIN}, 1, STEP_MS);
        assert_int_equal(bus_client_receive(client, &frame, NULL), STATUS_AGAIN);
    }
    int waited = 0;
    for (; bus_server_receive(server, STEP_MS, &command) == STATUS_AGAIN; waited += STEP_MS)
        assert_true(waited < PATIENCE_MS);
    assert_string_equal(command.verb, "pause");
    bus_client_destroy(&client);
}

static void expect_refusal(const char *endpoint, enum status status, const char *words)
{
    struct error err = {0};
    assert_null(bus_server_create(endpoint, &err));
    assert_int_equal(err.status, status);
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
}

static void an_endpoint_in_use_is_left_alone(void **state)
{
    (void)state;
    char folder[] = "/tmp/binnacle-bus-XXXXXX", path[64], endpoint[80];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/bus", folder);
    snprintf(endpoint, sizeof endpoint, "ipc://%s", path);
    struct bus_server *server = server_at(endpoint);
    expect_refusal(endpoint, STATUS_IO, "in use");
    expect_peer(server, endpoint); /* the first one did not suffer */
    bus_server_destroy(&server);
    assert_int_equal(access(path, F_OK), -1); /* and takes its files with it */

    int dead = socket(AF_UNIX, SOCK_STREAM, 0); /* as after kill -9: the file stays, nobody listens */
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof name.sun_path, "%s", path);
    assert_int_equal(bind(dead, (struct sockaddr *)&name, sizeof name), 0);
    close(dead);
    assert_int_equal(access(path, F_OK), 0);
    server = server_at(endpoint);
    bus_server_destroy(&server);

    FILE *file = fopen(path, "w"); /* someone's file, not a socket */
    assert_non_null(file);
    fclose(file);
    expect_refusal(endpoint, STATUS_BAD_INPUT, "is not a socket");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void malformed_endpoints_get_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *endpoint, *words;
    } rows[] = {
        {"", "neither ipc"},
        {"http://x", "neither ipc"},
        {"ipc://", "path of a file"},
        {"ipc://@abstract", "path of a file"},
        {"ipc:///tmp/01234567890123456789012345678901234567890123456789"
         "01234567890123456789012345678901234567890123456789",
         "at most 103 characters, this one has 105"},
        {"tcp://127.0.0.1", "needs a port"},
        {"tcp://127.0.0.1:", "needs a port"},
        {"tcp://127.0.0.1:*", "needs a port"},
        {"tcp://127.0.0.1:65535", "needs a port"},
        {"tcp://127.0.0.1:80x", "needs a port"},
        {"tcp://127.0.0.1:-1", "needs a port"},
        {"tcp://*:5600", "loopback"},
        {"tcp://0.0.0.0:5600", "loopback"},
        {"tcp://192.168.0.1:5600", "loopback"},
        {"tcp://127.0.0.1.example.org:5600", "loopback"},
        {"tcp://[::]:5600", "loopback"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        expect_refusal(rows[i].endpoint, STATUS_BAD_INPUT, rows[i].words);
        struct error err = {0};
        assert_null(bus_client_create(rows[i].endpoint, &err));
        assert_int_equal(err.status, STATUS_BAD_INPUT);
    }
    expect_refusal("ipc:///no/such/folder/bus", STATUS_IO, "cannot listen on ipc:///no/such/folder/bus");
}

static void loopback_tcp_works_too(void **state)
{
    (void)state;
    struct bus_server *server = NULL;
    char endpoint[64];
    for (int port = 30000 + (int)(getpid() % 20000); !server && port < 65000; port += 101) { /* a free pair of ports */
        snprintf(endpoint, sizeof endpoint, "tcp://localhost:%d", port);
        struct error err = {0};
        server = bus_server_create(endpoint, &err);
        if (!server)
            assert_non_null(strstr(err.text, "in use"));
    }
    assert_non_null(server);
    expect_refusal(endpoint, STATUS_IO, "in use");
    expect_peer(server, endpoint);
    bus_server_destroy(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_endpoint_in_use_is_left_alone),
        cmocka_unit_test(malformed_endpoints_get_a_sentence),
        cmocka_unit_test(loopback_tcp_works_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
