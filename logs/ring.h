/* logs/ring.h - a bounded queue of records from one thread to one other, in memory that outlives both.
 *
 * The producer copies a record in and goes on; the consumer reads records in place and releases them when they are
 * safe elsewhere. What lies between release and head stays in memory untouched, so if the memory is a shared mapping of
 * a file, it can be read from there after the process was killed (logs/sidecar.h). Only a full ring makes the producer
 * wait, and that is counted.
 *
 * A position counts bytes since the beginning; position % capacity is its place. In memory a record is u32 size,
 * u32 CRC-32 of its bytes, the bytes, and padding to 8; a record never straddles the end: size RING_SKIP says that the
 * next one is at place 0. `head` is stored after the record's bytes, so whatever is below it is whole. */
#ifndef LOGS_RING_H
#define LOGS_RING_H

#include <stdatomic.h>

#include "logs/bytes.h"

enum { RING_ALIGN = 8, RING_PREFIX_BYTES = 8 };
#define RING_SKIP UINT32_MAX

struct ring_control {            /* may lie in a shared mapping */
    _Atomic uint64_t head; /* position behind the last record */
    _Atomic uint64_t put;  /* records put so far; stored after head */
};

struct ring_record {
    const uint8_t *data; /* in the ring, until released */
    size_t size;
    uint64_t start, end; /* positions */
};

/* --- the queue ------------------------------------------------------------------------------------------------- */
struct ring; /* borrows control and memory, which must be zero at first; capacity a multiple of RING_ALIGN */
struct ring *ring_create(struct ring_control *control, uint8_t *memory, size_t capacity);
void ring_destroy(struct ring **ring);
/* The largest record that may be put. Four of them fit, so the queue moves as long as the consumer never holds on to
 * more than half the capacity. */
size_t ring_record_max(const struct ring *ring);

/* Producer: copies both parts in as one record; waits only if there is no room. */
void ring_put(struct ring *ring, const void *head, size_t head_size, const void *body, size_t body_size);
void ring_wake(struct ring *ring);  /* the consumer should look now; else it looks when a batch has come together */
void ring_drain(struct ring *ring); /* returns when the consumer is done with everything put so far */
void ring_close(struct ring *ring); /* no more records; the consumer ends after the last */
uint64_t ring_waits(const struct ring *ring); /* how often the producer had to wait for room */

/* Consumer: sleeps until there is something to do or the wall clock (clock_wall_ns) shows until_ns. False: closed,
 * and all was taken. */
bool ring_wait(struct ring *ring, int64_t until_ns);
bool ring_next(struct ring *ring, struct ring_record *record); /* false: nothing more for now */
void ring_release(struct ring *ring, uint64_t position);       /* everything below may be overwritten */
uint64_t ring_taken(const struct ring *ring);                  /* position behind the last record taken */

/* --- the same memory seen by another process -------------------------------------------------------------------- */
struct ring_view {
    const uint8_t *memory;
    uint64_t capacity, position, head;
};
/* The record at view->position, which moves behind it. STATUS_END: no more. STATUS_CORRUPT: these bytes are no record
 * (a torn page), and nothing behind them can be found. */
MUST_USE enum status ring_view_next(struct ring_view *view, struct ring_record *record);

#endif
