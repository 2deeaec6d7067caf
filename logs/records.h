/* logs/records.h - MCAP records taken apart where they lie, for whoever reads a file that may be damaged.
 *
 * logs/mcap.h reads logs; this is what logs/recover.h and logs/verify.h stand on: bytes at a place, and what a record's
 * body says, without any state. Texts and data are borrowed from the bytes. */
#ifndef LOGS_RECORDS_H
#define LOGS_RECORDS_H

#include "logs/mcap_format.h"

/* --- bytes at a place: a file read through a window, or memory -------------------------------------------------- */
struct records_source {
    int fd;        /* -1: memory */
    uint64_t size;
    struct bytes window; /* memory: borrowed data */
    uint64_t start;      /* of the window */
    uint64_t unreadable; /* bytes the device refused; they read as zeros */
};
/* STATUS_IO if the path cannot be opened or is no regular file. */
MUST_USE enum status records_open(struct records_source *source, const char *path, struct error *err);
struct records_source records_memory(const uint8_t *data, size_t size);
void records_close(struct records_source *source); /* memory is not freed */
/* `size` bytes, valid until the next call on this source. NULL: the source ends before, or they are more than
 * MCAP_CHUNK_MAX allows. */
const uint8_t *records_at(struct records_source *source, uint64_t offset, uint64_t size);

/* --- records ---------------------------------------------------------------------------------------------------- */
struct records_text {
    const char *data; /* not terminated */
    uint32_t size;
};
struct records_schema {
    uint16_t id;
    struct records_text name, encoding, data;
};
struct records_channel {
    uint16_t id, schema_id;
    struct records_text topic, encoding, metadata; /* metadata: packed pairs of texts */
};
struct records_message {
    uint16_t channel;
    uint32_t sequence;
    int64_t log_ns, publish_ns;
    const uint8_t *data;
    size_t size;
};
struct records_chunk {
    int64_t start_ns, end_ns;
    uint64_t unpacked;
    uint32_t crc;
    struct records_text compression;
    uint64_t stored;
    size_t head; /* bytes of the body before the stored ones */
};
struct records_attachment {
    int64_t log_ns, create_ns;
    struct records_text name, media_type;
    uint64_t size;
    size_t head;
};
enum { RECORDS_CHUNK_HEAD_MAX = 48, RECORDS_NAMES_MAX = 1 << 16 };

struct records_text records_text(struct cursor *cursor);
bool records_map_valid(struct records_text map);
/* The next pair of a map; false at its end. */
bool records_pair(struct cursor *map, struct records_text *key, struct records_text *value);
/* False if the body is too short for what it says. Bytes behind the last field are ignored. */
bool records_schema(struct cursor body, struct records_schema *schema);
bool records_channel(struct cursor body, struct records_channel *channel);
bool records_message(struct cursor body, struct records_message *message);
/* These two need only the body's beginning, and do not look at what is stored. */
bool records_chunk(struct cursor body, struct records_chunk *chunk);
bool records_attachment(struct cursor body, struct records_attachment *attachment);

#endif
