#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "logs/bus.h"
#include "logs/bus_address.h"
#include "logs/bus_wire.h"

struct link { /* a socket, and the socket that tells whether its peer is there */
    void *socket, *monitor;
    bool up;
};

struct bus_client {
    void *context;
    struct link subscribe, command;
    int fd; /* an epoll of all four sockets */
    zmq_msg_t parts[BUS_PARTS];
    struct topic_state {
        uint64_t fingerprint;
        uint32_t sequence;
        bool seen, warned;
    } topics[TOPIC_COUNT + 1]; /* the last stands for every name that is not ours */
    uint64_t dropped, requests;
    struct arena arena;
};

static void fd_watch(int set, void *socket)
{
    struct epoll_event event = {.events = EPOLLIN};
    int fd = -1;
    zmq_getsockopt(socket, ZMQ_FD, &fd, &(size_t){sizeof fd});
    bool watched = !epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
    ASSERT(watched);
}

static void link_open(struct bus_client *client, struct link *link, int type, const char *name)
{
    link->socket = bus_wire_open(client->context, type);
    link->monitor = bus_wire_open(client->context, ZMQ_PAIR);
    int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED;
    bool watched = !zmq_socket_monitor(link->socket, name, events) && !zmq_connect(link->monitor, name);
    ASSERT(watched);
    fd_watch(client->fd, link->socket);
    fd_watch(client->fd, link->monitor);
}

static void link_close(struct link *link)
{
    zmq_socket_monitor(link->socket, NULL, 0);
    zmq_close(link->monitor);
    zmq_close(link->socket);
}

/* Each event is two parts: u16 event and u32 value, then the address. True if the peer went away meanwhile. */
static bool link_update(struct link *link, zmq_msg_t parts[BUS_PARTS])
{
    bool lost = false;
    while (bus_wire_receive(link->monitor, parts) == 2) {
        uint16_t event;
        memcpy(&event, zmq_msg_data(&parts[0]), sizeof event);
        link->up = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
        lost |= !link->up;
    }
    return lost;
}

/* Asking for ZMQ_EVENTS lets the command socket notice a fresh connection and quiets its descriptor. */
static void links_update(struct bus_client *client)
{
    int events;
    zmq_getsockopt(client->command.socket, ZMQ_EVENTS, &events, &(size_t){sizeof events});
    bool lost = link_update(&client->subscribe, client->parts);
    link_update(&client->command, client->parts);
    for (size_t i = 0; lost && i <= TOPIC_COUNT; i++) /* another server's sequences begin anew */
        client->topics[i].seen = client->topics[i].warned = false;
}

struct bus_client *bus_client_create(const char *endpoint, struct error *err)
{
    struct bus_address address;
    if (bus_address_parse(&address, endpoint, err))
        return NULL;
    int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) {
        error_set(err, STATUS_IO, "cannot watch %s: %s", endpoint, strerror(errno));
        return NULL;
    }
    struct bus_client *client = NEW(struct bus_client);
    client->fd = fd;
    client->context = zmq_ctx_new();
    ASSERT(client->context);
    bus_wire_parts_init(client->parts);
    link_open(client, &client->subscribe, ZMQ_SUB, "inproc://subscribe");
    link_open(client, &client->command, ZMQ_DEALER, "inproc://command");
    int on = 1; /* a command that nobody takes now must not reach whoever comes later */
    zmq_setsockopt(client->command.socket, ZMQ_IMMEDIATE, &on, sizeof on);
    zmq_setsockopt(client->subscribe.socket, ZMQ_SUBSCRIBE, "", 0);
    for (size_t i = 0; i < TOPIC_COUNT; i++)
        client->topics[i].fingerprint = message_fingerprint(topic_table[i].type);
    if (zmq_connect(client->subscribe.socket, address.publish) ||
        zmq_connect(client->command.socket, address.command)) {
        error_set(err, STATUS_BAD_INPUT, "cannot connect to %s: %s", endpoint, zmq_strerror(errno));
        bus_client_destroy(&client);
    }
    return client;
}

void bus_client_destroy(struct bus_client **client)
{
    struct bus_client *old = *client;
    if (!old)
        return;
    close(old->fd);
    bus_wire_parts_close(old->parts);
    link_close(&old->subscribe);
    link_close(&old->command);
    bus_wire_end(old->context);
    arena_clear(&old->arena);
    free(old);
    *client = NULL;
}

int bus_client_fd(struct bus_client *client) { return client->fd; }

static enum topic part_topic(zmq_msg_t *part)
{
    char name[64] = "";
    if (zmq_msg_size(part) < sizeof name)
        memcpy(name, zmq_msg_data(part), zmq_msg_size(part));
    return topic_find(name);
}

static enum status foreign(struct bus_client *client, enum topic topic, struct error *err)
{
    client->topics[topic].warned = true;
    if (topic < TOPIC_COUNT)
        return error_set(err, STATUS_VERSION,
                         "the simulator's %s has another schema or wire version; " BUS_SAME_VERSION,
                         topic_table[topic].name);
    char name[64];
    size_t size = zmq_msg_size(&client->parts[0]);
    size = size < sizeof name ? size : sizeof name - 1;
    memcpy(name, zmq_msg_data(&client->parts[0]), size);
    for (size_t i = 0; i < size; i++)
        name[i] = name[i] > 32 && name[i] < 127 ? name[i] : '?';
    name[size] = '\0';
    return error_set(err, STATUS_VERSION, "the simulator's topic '%s' is not known here; " BUS_SAME_VERSION, name);
}

/* Counts what went missing before this message. False for a repeat of what was seen already. */
static bool sequence_accept(struct bus_client *client, struct topic_state *state, const struct bus_header *header)
{
    int64_t step = (int64_t)header->sequence - state->sequence;
    if (state->seen && (header->flags & BUS_REPEAT) && step == 0)
        return false;
    if (state->seen && step > 1)
        client->dropped += (uint64_t)step - 1;
    state->seen = true;
    state->sequence = header->sequence;
    return true;
}

enum status bus_client_receive(struct bus_client *client, struct frame *frame, struct error *err)
{
    links_update(client);
    for (int count; (count = bus_wire_receive(client->subscribe.socket, client->parts)) > 0;) {
        enum topic topic = part_topic(&client->parts[0]);
        struct topic_state *state = &client->topics[topic];
        struct bus_header header;
        bool ours = topic < TOPIC_COUNT && count == BUS_PARTS && bus_wire_header(&client->parts[1], &header) &&
                    header.fingerprint == state->fingerprint;
        if (!ours && !state->warned)
            return foreign(client, topic, err);
        if (!ours || !sequence_accept(client, state, &header))
            continue;
        zmq_msg_t *payload = &client->parts[2];
        *frame = (struct frame){topic, header.sequence, header.stamp, zmq_msg_data(payload), zmq_msg_size(payload)};
        return STATUS_OK;
    }
    return STATUS_AGAIN;
}

uint64_t bus_client_command(struct bus_client *client, const char *verb, const char *text, const double *values,
                            size_t count)
{
    ASSERT(count <= UINT32_MAX);
    links_update(client);
    struct msg_command command = {0, verb, text, {(double *)(uintptr_t)values, (uint32_t)count}};
    bool sent = bus_wire_request(client->command.socket, &message_type_command, client->requests + 1, &command);
    return sent ? ++client->requests : 0;
}

enum status bus_client_reply(struct bus_client *client, uint64_t *request, bool *ok, char *text, size_t size)
{
    links_update(client);
    for (int count; (count = bus_wire_receive(client->command.socket, client->parts)) > 0;) {
        struct bus_header header;
        struct msg_reply reply = {0};
        struct error err = {0};
        if (count != 2 || !bus_wire_header(&client->parts[0], &header))
            continue; /* not an answer of ours */
        arena_reset(&client->arena);
        if (bus_wire_read(&message_type_reply, &header, &client->parts[1], &reply, &client->arena, &err))
            reply = (struct msg_reply){false, err.text};
        *request = (uint64_t)header.stamp;
        *ok = reply.ok;
        snprintf(text, size, "%s", reply.text);
        return STATUS_OK;
    }
    return STATUS_AGAIN;
}

bool bus_client_connected(const struct bus_client *client) { return client->subscribe.up && client->command.up; }

uint64_t bus_client_dropped(const struct bus_client *client) { return client->dropped; }
