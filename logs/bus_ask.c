#include "logs/bus_ask.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <zmq.h>

#include "logs/bus_address.h"
#include "logs/clock.h"
#include "logs/memory.h"

enum { ANSWER_MAX = 1 << 16, RECONNECT_MS = 20, RECONNECT_MAX_MS = 200 };

struct bus_ask {
    void *context, *socket;
    struct bus_address address;
};

struct bus_ask *bus_ask_create(const char *endpoint, struct error *err)
{
    static const struct {
        int name, value;
    } options[] = {
        {ZMQ_LINGER, 0}, {ZMQ_REQ_RELAXED, 1}, {ZMQ_REQ_CORRELATE, 1}, {ZMQ_IMMEDIATE, 1}, {ZMQ_SNDHWM, 1},
        {ZMQ_RECONNECT_IVL, RECONNECT_MS}, {ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS}, {ZMQ_IPV6, 1},
    };
    struct bus_ask *ask = NEW(struct bus_ask);
    if (bus_address_parse(&ask->address, endpoint, err)) {
        free(ask);
        return NULL;
    }
    ask->context = zmq_ctx_new();
    ask->socket = zmq_socket(ask->context, ZMQ_REQ);
    ASSERT(ask->socket);
    for (size_t i = 0; i < COUNT_OF(options); i++)
        zmq_setsockopt(ask->socket, options[i].name, &options[i].value, sizeof options[i].value);
    const int64_t answer_max = ANSWER_MAX;
    zmq_setsockopt(ask->socket, ZMQ_MAXMSGSIZE, &answer_max, sizeof answer_max);
    if (zmq_connect(ask->socket, ask->address.publish)) {
        error_set(err, STATUS_BAD_INPUT, "cannot connect to %s: %s", endpoint, zmq_strerror(errno));
        bus_ask_destroy(&ask);
    }
    return ask;
}

void bus_ask_destroy(struct bus_ask **ask)
{
    if (!*ask)
        return;
    zmq_close((*ask)->socket);
    while (zmq_ctx_term((*ask)->context) && errno == EINTR)
        continue;
    free(*ask);
    *ask = NULL;
}

/* Waits until the socket can do that; false when the deadline comes first. */
static bool wait_for(struct bus_ask *ask, short event, int64_t until_ns)
{
    for (;;) {
        double left_ms = (double)(until_ns - clock_wall_ns()) / 1e6;
        zmq_pollitem_t item = {.socket = ask->socket, .events = event};
        int ready = zmq_poll(&item, 1, left_ms > 0 ? (long)ceil(left_ms) : 0);
        if (ready > 0)
            return true;
        if (ready == 0 || errno != EINTR)
            return false;
    }
}

enum status bus_ask_send(struct bus_ask *ask, const struct bus_part *parts, size_t count, double deadline_s,
                         struct bytes *answer, struct error *err)
{
    ASSERT(count > 0);
    int64_t until_ns = clock_wall_ns() + (int64_t)(deadline_s * 1e9);
    answer->size = 0;
    if (!wait_for(ask, ZMQ_POLLOUT, until_ns))
        return error_set(err, STATUS_IO, "nobody answers at %s: is its process running?", ask->address.publish);
    for (size_t i = 0; i < count; i++)
        if (zmq_send(ask->socket, parts[i].data, parts[i].size, (i + 1 < count ? ZMQ_SNDMORE : 0) | ZMQ_DONTWAIT) < 0)
            return error_set(err, STATUS_IO, "%s does not take the question: %s", ask->address.publish,
                             zmq_strerror(errno));
    if (!wait_for(ask, ZMQ_POLLIN, until_ns))
        return error_set(err, STATUS_AGAIN, "no answer within %.0f ms", deadline_s * 1000);
    for (bool more = true, first = true; more; first = false) {
        zmq_msg_t part;
        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, ask->socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&part);
            return error_set(err, STATUS_AGAIN, "the answer broke off");
        }
        if (first)
            bytes_put(answer, zmq_msg_data(&part), zmq_msg_size(&part));
        more = zmq_msg_more(&part);
        zmq_msg_close(&part);
    }
    return STATUS_OK;
}
