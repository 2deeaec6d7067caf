/* logs/bus_ask.h - questions to another process over ZeroMQ, one at a time, each with a deadline (REQ, relaxed and
 * correlated: an answer that comes too late is thrown away and never taken for the next one). */
#ifndef LOGS_BUS_ASK_H
#define LOGS_BUS_ASK_H

#include "logs/bytes.h"

struct bus_ask;

/* Connects, which succeeds at once even with nobody there. Endpoints as in logs/bus.h: ipc and loopback tcp. */
MUST_USE struct bus_ask *bus_ask_create(const char *endpoint, struct error *err);
void bus_ask_destroy(struct bus_ask **ask);

struct bus_part {
    const void *data;
    size_t size;
};
/* Sends one message of these parts and waits for the answer's first part, at most deadline_s of wall time in all.
 * STATUS_AGAIN: it did not come in time; STATUS_IO: nobody takes questions there; STATUS_CORRUPT: more than 64 kB
 * came. */
MUST_USE enum status bus_ask_send(struct bus_ask *ask, const struct bus_part *parts, size_t count, double deadline_s,
                                  struct bytes *answer, struct error *err);

#endif
