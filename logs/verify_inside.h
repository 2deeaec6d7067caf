/* logs/verify_inside.h - what the parts of verify share. Internal to logs/verify*.c. */
#ifndef LOGS_VERIFY_INSIDE_H
#define LOGS_VERIFY_INSIDE_H

#include "logs/memory.h"
#include "logs/mcap_emit.h"
#include "logs/records.h"
#include "logs/verify.h"

struct verify_channel {
    uint64_t offset;   /* of its first definition */
    uint64_t hash;     /* over the definition's bytes */
    uint16_t schema_id;
    bool repeated, state_hash, began;
    uint64_t messages;
    uint64_t holes;    /* of the file, when its last message was met */
    uint32_t sequence;
    int64_t log_ns;
    uint32_t in_chunk, indexed; /* messages of the latest chunk, and its MessageIndex entries for them */
};

struct verify_schema {
    uint64_t offset, hash;
    bool repeated;
};

struct verify_chunk {
    struct mcap_span span;
    uint64_t offset, length, unpacked, stored, index_length;
    uint64_t crc_of_name; /* of the compression */
    bool indexed;         /* a ChunkIndex names it */
};

struct verify_extra { /* an attachment or metadata record */
    uint8_t op;
    bool indexed;
    uint64_t offset, length, name_hash, data_size;
    int64_t log_ns, create_ns;
};

struct verify {
    struct verify_report *report;
    struct records_source source;
    struct verify_channel *channels[UINT16_MAX + 1];
    struct verify_schema *schemas[UINT16_MAX + 1];
    uint32_t channel_count, schema_count;
    struct verify_chunk *chunks;
    size_t chunk_count;
    struct verify_extra *extras;
    size_t extra_count;
    struct mcap_span span; /* of all messages */
    uint64_t loose;        /* offset of the first message outside chunks; 0: none */
    uint64_t disordered;   /* offset of the first message older than the one before; 0: none */
    int64_t last_ns;
    uint64_t last_tick;
    struct mcap_codec codec;
    struct bytes unpacked; /* the latest chunk's records */
    bool chunk_known;      /* they could be had, and are what their checksum says */
    uint64_t holes;        /* chunks that were not: what follows from them is not said again */
    uint64_t tick_holes;
    struct arena arena;
};

void verify_problem(struct verify *verify, bool warning, uint64_t offset, const char *format, ...) PRINTF_LIKE(4, 5);
uint64_t verify_hash(const void *data, size_t size);
/* The record at `at` as a body; failed if the file ends inside it. */
struct cursor verify_record(struct verify *verify, uint64_t at, uint64_t end, uint8_t *op, uint64_t *length);

/* The data section's records, from byte 8; returns the offset of DataEnd, or where it had to stop. */
uint64_t verify_data(struct verify *verify, bool *ended);
/* Everything behind DataEnd at `at`. */
void verify_summary(struct verify *verify, uint64_t at);

#endif
