/* logs/bus.h - the wire between the simulator and whoever watches, over ZeroMQ: bus_server.c, bus_client.c.
 *
 * One endpoint names a bus. On it the server publishes (XPUB); next to it ("ipc://PATH.cmd", or tcp port + 1) it
 * answers commands (ROUTER). A published message has three parts: [topic name][header][CDR payload]; header = 32 bytes,
 * little-endian:
 *     u32 magic "BNCL"   u16 version 1   u16 flags (1 = latched repeat)   u64 schema fingerprint
 *     u32 sequence       u32 zero        i64 simulated ns
 * A joiner is sent the latest message of every latched topic. A slow subscriber loses messages at its high-water mark
 * and sees it as sequence gaps (bus_client_dropped); the publisher never blocks.
 * A command has two parts: [header][CDR Command], its reply [header][CDR Reply]; their fingerprint is that of the
 * payload's type and their last header word is the request number, which the reply repeats.
 * Endpoints: ipc:// and loopback tcp only; any other address is refused with a sentence (keys come with a later
 * version). */
#ifndef LOGS_BUS_H
#define LOGS_BUS_H

#include "logs/journal.h"

struct bus_server;
/* STATUS_BAD_INPUT for an endpoint of another form or a non-loopback address, STATUS_IO if it is in use. A stale ipc
 * socket file (nobody listens) is replaced; a live one is "in use". */
MUST_USE struct bus_server *bus_server_create(const char *endpoint, struct error *err);
/* Closes and removes ipc socket files. Pending messages get at most 100 ms. */
void bus_server_destroy(struct bus_server **server);
struct sink bus_server_sink(struct bus_server *server);
/* Forgets the latched messages (a new episode begins). */
void bus_server_forget(struct bus_server *server);
/* Serves joiners and takes one waiting command: waits up to wait_ms (0: not at all; -1 never used). STATUS_AGAIN when
 * none came. The command's strings live until the next call. Exactly one bus_server_reply must follow each STATUS_OK.
 * Foreign bytes are answered with a Reply{ok=false} here and not returned. */
MUST_USE enum status bus_server_receive(struct bus_server *server, int wait_ms, struct msg_command *command);
void bus_server_reply(struct bus_server *server, const struct msg_reply *reply);
/* Waits until somebody subscribes, at most wait_ms; true at once if somebody has. What is published from then on
 * reaches them. */
bool bus_server_await(struct bus_server *server, int wait_ms);
uint64_t bus_server_refused(const struct bus_server *server); /* messages the publisher could not queue */

struct bus_client;
/* Connects (which always succeeds at once, even with nobody there). STATUS_BAD_INPUT for a malformed endpoint. */
MUST_USE struct bus_client *bus_client_create(const char *endpoint, struct error *err);
void bus_client_destroy(struct bus_client **client);
/* A file descriptor to poll for POLLIN. Edge-triggered: after it fires, call bus_client_receive until STATUS_AGAIN,
 * then bus_client_reply until STATUS_AGAIN. */
int bus_client_fd(struct bus_client *client);
/* The next frame; its payload lives until the next call. STATUS_AGAIN: nothing waits. STATUS_VERSION: a peer with
 * another schema or wire version; said once per topic with the topic's name. */
MUST_USE enum status bus_client_receive(struct bus_client *client, struct frame *frame, struct error *err);
/* Sends a command; the answer comes later from bus_client_reply (STATUS_AGAIN until then). Returns the request number,
 * which the reply repeats, or 0 if nobody is there to take it (it is not kept for whoever comes later). */
uint64_t bus_client_command(struct bus_client *client, const char *verb, const char *text, const double *values,
                            size_t count);
MUST_USE enum status bus_client_reply(struct bus_client *client, uint64_t *request, bool *ok, char *text, size_t size);
bool bus_client_connected(const struct bus_client *client);   /* a peer was there at the latest of the calls above */
uint64_t bus_client_dropped(const struct bus_client *client); /* sequence gaps so far, all topics */

#endif
