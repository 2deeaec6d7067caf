#include "logs/bus_wire.h"

#include <errno.h>

enum {
    HIGH_WATER = 1000, /* messages queued per subscriber before it loses some */
    LINGER_MS = 100,   /* at most, for what is still queued when a socket closes */
    RECONNECT_MS = 50,
    RECONNECT_MAX_MS = 500,
};

void *bus_wire_open(void *context, int type)
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

void bus_wire_end(void *context)
{
    while (zmq_ctx_term(context) && errno == EINTR)
        continue;
}

bool bus_wire_send(void *socket, const void *data, size_t size, int flags)
{
    int sent;
    do
        sent = zmq_send(socket, data, size, flags | ZMQ_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

/* One whole message. Returns how many parts it had (those beyond BUS_PARTS are dropped), 0 if none waits. */
int bus_wire_receive(void *socket, zmq_msg_t parts[BUS_PARTS])
{
    for (int count = 0;;) {
        zmq_msg_t *part = &parts[count < BUS_PARTS ? count : BUS_PARTS - 1];
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

void bus_wire_parts_init(zmq_msg_t parts[BUS_PARTS])
{
    for (int i = 0; i < BUS_PARTS; i++)
        zmq_msg_init(&parts[i]);
}

void bus_wire_parts_close(zmq_msg_t parts[BUS_PARTS])
{
    for (int i = 0; i < BUS_PARTS; i++)
        zmq_msg_close(&parts[i]);
}

/* False if the part is not a header of this wire version. */
bool bus_wire_header(zmq_msg_t *part, struct bus_header *header)
{
    if (zmq_msg_size(part) != sizeof *header)
        return false;
    memcpy(header, zmq_msg_data(part), sizeof *header);
    return header->magic == BUS_MAGIC && header->version == BUS_VERSION;
}

/* A command or a reply: header and payload. */
bool bus_wire_request(void *socket, const struct message_type *type, uint64_t request, const void *message)
{
    struct bus_header header = {BUS_MAGIC, BUS_VERSION, 0, message_fingerprint(type), 0, 0, (int64_t)request};
    struct bytes payload = {0};
    message_encode(type, message, &payload);
    bool sent = bus_wire_send(socket, &header, sizeof header, ZMQ_SNDMORE) &&
                bus_wire_send(socket, payload.data, payload.size, 0);
    bytes_clear(&payload);
    return sent;
}

enum status bus_wire_read(const struct message_type *type, const struct bus_header *header, zmq_msg_t *payload,
                                void *message, struct arena *arena, struct error *err)
{
    if (header->fingerprint != message_fingerprint(type))
        return error_set(err, STATUS_VERSION, "the other side declares binnacle_msgs/%s differently; " BUS_SAME_VERSION,
                         type->name);
    return message_decode(type, zmq_msg_data(payload), zmq_msg_size(payload), message, arena, err);
}
