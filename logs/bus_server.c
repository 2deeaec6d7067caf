#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "logs/bus.h"
#include "logs/bus_address.h"
#include "logs/bus_wire.h"

enum { REQUEST_MAX = 1 << 20 }; /* a peer that sends more in one part is disconnected */

struct latched {
    bool valid;
    struct bus_header header;
    struct bytes payload;
};

struct bus_server {
    void *context, *publish, *command;
    struct bus_address address;
    uint64_t fingerprints[TOPIC_COUNT];
    struct latched latched[TOPIC_COUNT];
    uint64_t refused;
    bool watched; /* somebody subscribes */
    zmq_msg_t parts[BUS_PARTS]; /* of the latest command; parts[0] is whom to answer */
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
    server->publish = bus_wire_open(server->context, ZMQ_XPUB);
    server->command = bus_wire_open(server->context, ZMQ_ROUTER);
    int on = 1;
    int64_t limit = REQUEST_MAX;
    zmq_setsockopt(server->publish, ZMQ_XPUB_VERBOSE, &on, sizeof on); /* else a second joiner goes unseen */
    zmq_setsockopt(server->publish, ZMQ_MAXMSGSIZE, &limit, sizeof limit);
    zmq_setsockopt(server->command, ZMQ_MAXMSGSIZE, &limit, sizeof limit);
    bus_wire_parts_init(server->parts);
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
    bus_wire_parts_close(old->parts);
    zmq_close(old->publish);
    zmq_close(old->command);
    bus_wire_end(old->context); /* waits at most the linger time */
    for (size_t i = 0; i < TOPIC_COUNT; i++)
        bytes_clear(&old->latched[i].payload);
    arena_clear(&old->arena);
    free(old);
    *server = NULL;
}

static void publish(struct bus_server *server, enum topic topic, const struct bus_header *header, const void *payload,
                    size_t size)
{
    const char *name = topic_table[topic].name;
    if (!bus_wire_send(server->publish, name, strlen(name), ZMQ_SNDMORE) ||
        !bus_wire_send(server->publish, header, sizeof *header, ZMQ_SNDMORE) ||
        !bus_wire_send(server->publish, payload, size, 0))
        server->refused++;
}

static void server_put(void *self, const struct frame *frame)
{
    struct bus_server *server = self;
    struct bus_header header = {BUS_MAGIC, BUS_VERSION, 0, server->fingerprints[frame->topic], frame->sequence, 0,
                            frame->stamp_ns};
    publish(server, frame->topic, &header, frame->payload, frame->size);
    if (!(topic_table[frame->topic].flags & TOPIC_LATCHED))
        return;
    struct latched *latched = &server->latched[frame->topic];
    latched->valid = true;
    latched->header = header;
    latched->header.flags = BUS_REPEAT;
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
    for (int count; (count = bus_wire_receive(server->publish, server->parts)) > 0;) {
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
    struct bus_header header = {0};
    bool ours = count == 3 && bus_wire_header(&server->parts[1], &header);
    server->request = (uint64_t)header.stamp;
    server->unanswered = true;
    arena_reset(&server->arena);
    if (!ours)
        return error_set(err, STATUS_CORRUPT, "not a command of binnacle's wire version %d", BUS_VERSION);
    return bus_wire_read(&message_type_command, &header, &server->parts[2], command, &server->arena, err);
}

enum status bus_server_receive(struct bus_server *server, int wait_ms, struct msg_command *command)
{
    ASSERT(wait_ms >= 0 && !server->unanswered);
    zmq_pollitem_t items[] = {{.socket = server->publish, .events = ZMQ_POLLIN},
                              {.socket = server->command, .events = ZMQ_POLLIN}};
    if (zmq_poll(items, COUNT_OF(items), wait_ms) <= 0)
        return STATUS_AGAIN;
    serve_joiners(server);
    for (int count; (count = bus_wire_receive(server->command, server->parts)) > 0;) {
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
    if (!bus_wire_send(server->command, zmq_msg_data(peer), zmq_msg_size(peer), ZMQ_SNDMORE) ||
        !bus_wire_request(server->command, &message_type_reply, server->request, reply))
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
