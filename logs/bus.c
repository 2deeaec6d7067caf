#include "logs/bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <zmq.h>

#include "logs/bus_address.h"

enum {
    PARTS = 3,            /* of the longest message: topic, header, payload */
    HIGH_WATER = 1000,    /* messages queued per subscriber before it loses some */
    LINGER_MS = 100,      /* at most, for what is still queued when a socket closes */
    REQUEST_MAX = 1 << 20, /* a peer that sends more in one part is disconnected */
    RECONNECT_MS = 50,
    RECONNECT_MAX_MS = 500,
    WIRE_VERSION = 1,
    FLAG_REPEAT = 1,
};
#define WIRE_MAGIC 0x4c434e42u /* "BNCL" */
#define SAME_VERSION "use the same version of binnacle on both sides"

struct header { /* as it stands on the wire; a command's and a reply's stamp is the request number */
    uint32_t magic;
    uint16_t version, flags;
    uint64_t fingerprint;
    uint32_t sequence, zero;
    int64_t stamp;
};
_Static_assert(sizeof(struct header) == 32, "the header has no padding");

/* --- sockets ---------------------------------------------------------------------------------------------------- */

static void *socket_open(void *context, int type)
{
    static const struct {
        int name, value;
    } options[] = {
        {ZMQ_LINGER, LINGER_MS},     {ZMQ_SNDHWM, HIGH_WATER},         {ZMQ_RCVHWM, HIGH_WATER},
        {ZMQ_RECONNECT_IVL, RECONNECT_MS}, {ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS}, {ZMQ_IPV6, 1},
    };
    void *socket = zmq_socket(context, type);
    ASSERT(socket);
    for (size_t i = 0; i < COUNT_OF(options); i++)
        zmq_setsockopt(socket, options[i].name, &options[i].value, sizeof options[i].value);
    return socket;
}

static void context_end(void *context)
{
    while (zmq_ctx_term(context) && errno == EINTR)
        continue;
}

static bool send_part(void *socket, const void *data, size_t size, int flags)
{
    int sent;
    do
        sent = zmq_send(socket, data, size, flags | ZMQ_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

/* One whole message. Returns how many parts it had (those beyond PARTS are dropped), 0 if none waits. */
static int receive_parts(void *socket, zmq_msg_t parts[PARTS])
{
    for (int count = 0;;) {
        zmq_msg_t *part = &parts[count < PARTS ? count : PARTS - 1];
        if (zmq_msg_recv(part, socket, ZMQ_DONTWAIT) < 0) {
            if (count > 0 && errno == EINTR)
                continue;
            return 0;
        }
        count++;
        if (!zmq_msg_more(part))
            return count;
    }
}

static void parts_init(zmq_msg_t parts[PARTS])
{
    for (int i = 0; i < PARTS; i++)
        zmq_msg_init(&parts[i]);
}

static void parts_close(zmq_msg_t parts[PARTS])
{
    for (int i = 0; i < PARTS; i++)
        zmq_msg_close(&parts[i]);
}

/* False if the part is not a header of this wire version. */
static bool header_read(zmq_msg_t *part, struct header *header)
{
    if (zmq_msg_size(part) != sizeof *header)
        return false;
    memcpy(header, zmq_msg_data(part), sizeof *header);
    return header->magic == WIRE_MAGIC && header->version == WIRE_VERSION;
}

/* A command or a reply: header and payload. */
static bool send_request(void *socket, const struct message_type *type, uint64_t request, const void *message)
{
    struct header header = {WIRE_MAGIC, WIRE_VERSION, 0, message_fingerprint(type), 0, 0, (int64_t)request};
    struct bytes payload = {0};
    message_encode(type, message, &payload);
    bool sent = send_part(socket, &header, sizeof header, ZMQ_SNDMORE) &&
                send_part(socket, payload.data, payload.size, 0);
    bytes_clear(&payload);
    return sent;
}

static enum status read_request(const struct message_type *type, const struct header *header, zmq_msg_t *payload,
                                void *message, struct arena *arena, struct error *err)
{
    if (header->fingerprint != message_fingerprint(type))
        return error_set(err, STATUS_VERSION, "the other side declares binnacle_msgs/%s differently; " SAME_VERSION,
                         type->name);
    return message_decode(type, zmq_msg_data(payload), zmq_msg_size(payload), message, arena, err);
}

/* --- server ----------------------------------------------------------------------------------------------------- */

struct latched {
    bool valid;
    struct header header;
    struct bytes payload;
};

struct bus_server {
    void *context, *publish, *command;
    struct bus_address address;
    uint64_t fingerprints[TOPIC_COUNT];
    struct latched latched[TOPIC_COUNT];
    uint64_t refused;
    bool watched; /* somebody subscribes */
    zmq_msg_t parts[PARTS]; /* of the latest command; parts[0] is whom to answer */
    uint64_t request;       /* the number to answer with */
    bool unanswered;
    struct arena arena; /* the latest command's strings */
};

static enum status listen_at(void *socket, const char *address, struct error *err)
{
    if (zmq_bind(socket, address) == 0)
        return STATUS_OK;
    if (errno == EADDRINUSE)
        return error_set(err, STATUS_IO, "%s is in use; stop the other program or choose another endpoint", address);
    return error_set(err, STATUS_IO, "cannot listen on %s: %s", address, zmq_strerror(errno));
}

struct bus_server *bus_server_create(const char *endpoint, struct error *err)
{
    struct bus_server *server = NEW(struct bus_server);
    if (bus_address_parse(&server->address, endpoint, err) || bus_address_claim(&server->address, err)) {
        free(server);
        return NULL;
    }
    server->context = zmq_ctx_new();
    ASSERT(server->context);
    server->publish = socket_open(server->context, ZMQ_XPUB);
    server->command = socket_open(server->context, ZMQ_ROUTER);
    int on = 1;
    int64_t limit = REQUEST_MAX;
    zmq_setsockopt(server->publish, ZMQ_XPUB_VERBOSE, &on, sizeof on); /* else a second joiner goes unseen */
    zmq_setsockopt(server->publish, ZMQ_MAXMSGSIZE, &limit, sizeof limit);
    zmq_setsockopt(server->command, ZMQ_MAXMSGSIZE, &limit, sizeof limit);
    parts_init(server->parts);
    for (size_t i = 0; i < TOPIC_COUNT; i++)
        server->fingerprints[i] = message_fingerprint(topic_table[i].type);
    if (listen_at(server->publish, server->address.publish, err) ||
        listen_at(server->command, server->address.command, err))
        bus_server_destroy(&server);
    return server;
}

void bus_server_destroy(struct bus_server **server)
{
    struct bus_server *old = *server;
    if (!old)
        return;
    if (old->address.publish_path) { /* while we still listen, so that a successor's files are never hit */
        unlink(old->address.publish_path);
        unlink(old->address.command_path);
    }
    parts_close(old->parts);
    zmq_close(old->publish);
    zmq_close(old->command);
    context_end(old->context); /* waits at most the linger time */
    for (size_t i = 0; i < TOPIC_COUNT; i++)
        bytes_clear(&old->latched[i].payload);
    arena_clear(&old->arena);
    free(old);
    *server = NULL;
}

static void publish(struct bus_server *server, enum topic topic, const struct header *header, const void *payload,
                    size_t size)
{
    const char *name = topic_table[topic].name;
    if (!send_part(server->publish, name, strlen(name), ZMQ_SNDMORE) ||
        !send_part(server->publish, header, sizeof *header, ZMQ_SNDMORE) ||
        !send_part(server->publish, payload, size, 0))
        server->refused++;
}

static void server_put(void *self, const struct frame *frame)
{
    struct bus_server *server = self;
    struct header header = {WIRE_MAGIC, WIRE_VERSION, 0, server->fingerprints[frame->topic], frame->sequence, 0,
                            frame->stamp_ns};
    publish(server, frame->topic, &header, frame->payload, frame->size);
    if (!(topic_table[frame->topic].flags & TOPIC_LATCHED))
        return;
    struct latched *latched = &server->latched[frame->topic];
    latched->valid = true;
    latched->header = header;
    latched->header.flags = FLAG_REPEAT;
    latched->payload.size = 0;
    bytes_put(&latched->payload, frame->payload, frame->size);
}

struct sink bus_server_sink(struct bus_server *server) { return (struct sink){server_put, server}; }

void bus_server_forget(struct bus_server *server)
{
    for (size_t i = 0; i < TOPIC_COUNT; i++)
        server->latched[i].valid = false;
}

/* A subscription arrives as a 1 and the beginning of the names wanted, the end of the last as a 0. All subscribers get
 * the repeats; those who have them already drop them by their sequence. */
static void serve_joiners(struct bus_server *server)
{
    bool wanted[TOPIC_COUNT] = {false};
    for (int count; (count = receive_parts(server->publish, server->parts)) > 0;) {
        const char *text = zmq_msg_data(&server->parts[0]);
        size_t size = zmq_msg_size(&server->parts[0]);
        if (size > 0)
            server->watched = text[0] == 1;
        for (size_t i = 0; i < TOPIC_COUNT && size > 0 && text[0] == 1; i++)
            wanted[i] |= !strncmp(topic_table[i].name, text + 1, size - 1);
    }
    for (enum topic i = 0; i < TOPIC_COUNT; i++) {
        const struct latched *latched = &server->latched[i];
        if (wanted[i] && latched->valid)
            publish(server, i, &latched->header, latched->payload.data, latched->payload.size);
    }
}

static enum status command_read(struct bus_server *server, int count, struct msg_command *command, struct error *err)
{
    struct header header = {0};
    bool ours = count == 3 && header_read(&server->parts[1], &header);
    server->request = (uint64_t)header.stamp;
    server->unanswered = true;
    arena_reset(&server->arena);
    if (!ours)
        return error_set(err, STATUS_CORRUPT, "not a command of binnacle's wire version %d", WIRE_VERSION);
    return read_request(&message_type_command, &header, &server->parts[2], command, &server->arena, err);
}

enum status bus_server_receive(struct bus_server *server, int wait_ms, struct msg_command *command)
{
    ASSERT(wait_ms >= 0 && !server->unanswered);
    zmq_pollitem_t items[] = {{.socket = server->publish, .events = ZMQ_POLLIN},
                              {.socket = server->command, .events = ZMQ_POLLIN}};
    if (zmq_poll(items, COUNT_OF(items), wait_ms) <= 0)
        return STATUS_AGAIN;
    serve_joiners(server);
    for (int count; (count = receive_parts(server->command, server->parts)) > 0;) {
        struct error err = {0};
        if (!command_read(server, count, command, &err))
            return STATUS_OK;
        bus_server_reply(server, &(struct msg_reply){false, err.text});
    }
    return STATUS_AGAIN;
}

void bus_server_reply(struct bus_server *server, const struct msg_reply *reply)
{
    ASSERT(server->unanswered);
    server->unanswered = false;
    zmq_msg_t *peer = &server->parts[0];
    if (!send_part(server->command, zmq_msg_data(peer), zmq_msg_size(peer), ZMQ_SNDMORE) ||
        !send_request(server->command, &message_type_reply, server->request, reply))
        server->refused++;
}

bool bus_server_await(struct bus_server *server, int wait_ms)
{
    zmq_pollitem_t item = {.socket = server->publish, .events = ZMQ_POLLIN};
    if (!server->watched && zmq_poll(&item, 1, wait_ms) > 0)
        serve_joiners(server);
    return server->watched;
}

uint64_t bus_server_refused(const struct bus_server *server) { return server->refused; }

/* --- client ----------------------------------------------------------------------------------------------------- */

struct link { /* a socket, and the socket that tells whether its peer is there */
    void *socket, *monitor;
    bool up;
};

struct bus_client {
    void *context;
    struct link subscribe, command;
    int fd; /* an epoll of all four sockets */
    zmq_msg_t parts[PARTS];
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
    link->socket = socket_open(client->context, type);
    link->monitor = socket_open(client->context, ZMQ_PAIR);
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
static bool link_update(struct link *link, zmq_msg_t parts[PARTS])
{
    bool lost = false;
    while (receive_parts(link->monitor, parts) == 2) {
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
    parts_init(client->parts);
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
    parts_close(old->parts);
    link_close(&old->subscribe);
    link_close(&old->command);
    context_end(old->context);
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
        return error_set(err, STATUS_VERSION, "the simulator's %s has another schema or wire version; " SAME_VERSION,
                         topic_table[topic].name);
    char name[64];
    size_t size = zmq_msg_size(&client->parts[0]);
    size = size < sizeof name ? size : sizeof name - 1;
    memcpy(name, zmq_msg_data(&client->parts[0]), size);
    for (size_t i = 0; i < size; i++)
        name[i] = name[i] > 32 && name[i] < 127 ? name[i] : '?';
    name[size] = '\0';
    return error_set(err, STATUS_VERSION, "the simulator's topic '%s' is not known here; " SAME_VERSION, name);
}

/* Counts what went missing before this message. False for a repeat of what was seen already. */
static bool sequence_accept(struct bus_client *client, struct topic_state *state, const struct header *header)
{
    int64_t step = (int64_t)header->sequence - state->sequence;
    if (state->seen && (header->flags & FLAG_REPEAT) && step == 0)
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
    for (int count; (count = receive_parts(client->subscribe.socket, client->parts)) > 0;) {
        enum topic topic = part_topic(&client->parts[0]);
        struct topic_state *state = &client->topics[topic];
        struct header header;
        bool ours = topic < TOPIC_COUNT && count == PARTS && header_read(&client->parts[1], &header) &&
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
    bool sent = send_request(client->command.socket, &message_type_command, client->requests + 1, &command);
    return sent ? ++client->requests : 0;
}

enum status bus_client_reply(struct bus_client *client, uint64_t *request, bool *ok, char *text, size_t size)
{
    links_update(client);
    for (int count; (count = receive_parts(client->command.socket, client->parts)) > 0;) {
        struct header header;
        struct msg_reply reply = {0};
        struct error err = {0};
        if (count != 2 || !header_read(&client->parts[0], &header))
            continue; /* not an answer of ours */
        arena_reset(&client->arena);
        if (read_request(&message_type_reply, &header, &client->parts[1], &reply, &client->arena, &err))
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
