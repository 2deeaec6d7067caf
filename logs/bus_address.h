/* logs/bus_address.h - what an endpoint means, and whether it may be taken. For logs/bus_*.c. */
#ifndef LOGS_BUS_ADDRESS_H
#define LOGS_BUS_ADDRESS_H

#include "logs/status.h"

enum { BUS_ADDRESS_MAX = 160 };

struct bus_address {
    char publish[BUS_ADDRESS_MAX], command[BUS_ADDRESS_MAX]; /* as ZeroMQ wants them */
    const char *publish_path, *command_path;                 /* within them, of ipc; else NULL */
};

/* "ipc://PATH" or "tcp://HOST:PORT" on the loopback; STATUS_BAD_INPUT for anything else. Fills *address, which must not
 * be copied. */
MUST_USE enum status bus_address_parse(struct bus_address *address, const char *endpoint, struct error *err);

/* May a server bind here? STATUS_IO if one listens already, STATUS_BAD_INPUT if a path is there that is no socket. (A
 * tcp port that is taken shows when it is bound.) */
MUST_USE enum status bus_address_claim(const struct bus_address *address, struct error *err);

#endif
