/* logs/bus_wire.h - what both ends of a bus (logs/bus.h) do alike with ZeroMQ's sockets. For logs/bus_*.c only. */
#ifndef LOGS_BUS_WIRE_H
#define LOGS_BUS_WIRE_H

#include <zmq.h>

#include "logs/message.h"

enum {
    BUS_PARTS = 3, /* of the longest message: topic, header, payload */
    BUS_VERSION = 1,
    BUS_REPEAT = 1, /* flag: a latched message once more */
};
#define BUS_MAGIC 0x4c434e42u /* "BNCL" */
#define BUS_SAME_VERSION "use the same version of binnacle on both sides"

struct bus_header { /* as it stands on the wire; a command's and a reply's stamp is the request number */
    uint32_t magic;
    uint16_t version, flags;
    uint64_t fingerprint;
    uint32_t sequence, zero;
    int64_t stamp;
};
_Static_assert(sizeof(struct bus_header) == 32, "the header has no padding");

void *bus_wire_open(void *context, int type);
void bus_wire_end(void *context);
bool bus_wire_send(void *socket, const void *data, size_t size, int flags);
/* One whole message. Returns how many parts it had (those beyond BUS_PARTS are dropped), 0 if none waits. */
int bus_wire_receive(void *socket, zmq_msg_t parts[BUS_PARTS]);
void bus_wire_parts_init(zmq_msg_t parts[BUS_PARTS]);
void bus_wire_parts_close(zmq_msg_t parts[BUS_PARTS]);
/* False if the part is not a header of this wire version. */
bool bus_wire_header(zmq_msg_t *part, struct bus_header *header);
/* Sends a command or a reply: header and payload. */
bool bus_wire_request(void *socket, const struct message_type *type, uint64_t request, const void *message);
MUST_USE enum status bus_wire_read(const struct message_type *type, const struct bus_header *header, zmq_msg_t *payload,
                                   void *message, struct arena *arena, struct error *err);

#endif
