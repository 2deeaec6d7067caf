/* logs/mcap_inside.h - what the parts of the MCAP reader share. Internal to logs/mcap_*.c.
 *
 *   mcap_index.c   what is where: from the summary (mcap_summary.c), or from a scan of the whole file
 *   mcap_block.c   one block in memory: read, unpack, check, list its messages
 *   mcap_walk.c    messages in the order asked for, block by block
 *   mcap_reader.c  opening, and answers about the whole file
 *   mcap_packed.c  a chunk's records out of its record; mcap_stream.c stands on that, too
 *
 * A block is a Chunk record, or a run of neighbouring records outside chunks (at most MCAP_RUN_BYTES, unless one record
 * is larger). So files with and without chunks, with and without a summary, are walked by the same code. MessageIndex
 * records serve only to count where a summary has no statistics: listing the messages of a chunk that is in memory
 * anyway costs less than trusting them. */
#ifndef LOGS_MCAP_INSIDE_H
#define LOGS_MCAP_INSIDE_H

#include "logs/mcap_format.h"
#include "logs/memory.h"

enum {
    MCAP_RUN_BYTES = 1 << 20,
    MCAP_DEFINITIONS_MAX = 32 << 20, /* bytes of schemas and channels */
    MCAP_SLOTS = 256,            /* blocks in memory at once, at most ... */
    MCAP_SLOT_BYTES = 64 << 20,  /* ... and together about this large, unless two blocks are larger */
};

struct mcap_entry { /* a message of a block in memory */
    int64_t log_ns;
    uint32_t offset; /* of its record */
    uint16_t channel;
};

struct mcap_slot { /* room for one block; the buffers stay when the owner changes */
    struct mcap_block *owner;
    struct bytes data;
    const uint8_t *records; /* in data */
    size_t size;
    struct mcap_entry *entries;
    size_t entry_count, entry_capacity;
    bool monotone, by_time; /* of the entries: log times never fall; sorted by them */
    uint64_t used;
};

struct mcap_key { /* position in the walk; smaller comes first */
    int64_t ns;
    uint64_t block, entry;
};

struct mcap_block {
    uint64_t offset, length; /* in the file */
    bool chunk;
    bool cut;       /* the file ends inside it */
    bool damaged;   /* records behind broken_at cannot be read */
    uint64_t broken_at; /* byte of its records */
    int64_t start_ns, end_ns;
    uint64_t stored, unpacked;
    uint64_t index_length; /* of the MessageIndex records behind it, if the summary said so */
    uint16_t *channels; /* that have messages in it; NULL: unknown */
    size_t channel_count;
    struct mcap_slot *slot; /* NULL: not in memory */
    bool active;            /* of the walk: some messages are still to come */
    size_t position;
    struct mcap_key key;
};

struct mcap_known { /* a channel */
    struct mcap_channel public;
    uint64_t messages;
    bool wanted;                    /* by the walk */
    const struct mcap_block *seen; /* the last block it was met in */
};

struct mcap_place { /* an attachment or metadata record */
    uint64_t offset, length;
    bool loaded;
};

struct mcap_walk {
    struct mcap_query query;
    struct mcap_block **queue; /* not yet opened from `next` on, by key */
    size_t count, next;
    struct mcap_block **heap; /* open ones, the smallest key first */
    size_t open;
    bool step; /* heap[0]'s message was handed out */
    bool torn; /* what info.damage says was reported */
};

struct mcap_reader {
    int fd;
    char *path;
    struct arena arena; /* names, definitions, blocks: as long as the reader */
    struct mcap_info info;
    uint64_t data_start; /* behind the header */
    bool ignore_checksums;
    bool scanning;       /* definitions inside blocks are taken over */
    bool torn;           /* the scan met bytes that are no record */
    size_t definition_bytes;
    uint64_t orphans;    /* messages without a channel, met while scanning */
    struct mcap_schema *schemas;
    size_t schema_count;
    struct mcap_known *known[UINT16_MAX + 1]; /* by channel id */
    const struct mcap_channel **channels;
    size_t channel_count;
    struct mcap_block **blocks;
    size_t block_count;
    struct mcap_attachment *attachments;
    struct mcap_place *attachment_places;
    size_t attachment_count;
    struct mcap_metadata *metadata;
    struct mcap_place *metadata_places;
    size_t metadata_count;
    struct mcap_codec codec;
    struct bytes raw; /* a compressed chunk */
    struct mcap_slot slots[MCAP_SLOTS];
    size_t slot_count;
    uint64_t tick; /* of slot use */
    struct mcap_walk walk;
};

/* Exactly these bytes of the file. STATUS_CORRUPT where it ends early, STATUS_IO if it cannot be read. */
MUST_USE enum status mcap_reader_pread(const struct mcap_reader *reader, uint64_t offset, void *out, size_t size,
                                       struct error *err);
/* The next `size` bytes as a cursor of their own; failed and empty if fewer are left. */
static inline struct cursor mcap_reader_part(struct cursor *cursor, size_t size)
{
    const uint8_t *data = cursor_take(cursor, size);
    return (struct cursor){data, data ? size : 0, 0, !data};
}

/* A string or map of a record, copied to the arena; "" or nothing if the cursor fails. */
const char *mcap_reader_string(struct mcap_reader *reader, struct cursor *cursor);
struct mcap_pair *mcap_reader_map(struct mcap_reader *reader, struct cursor *cursor, size_t *count);

/* Takes over a definition; the first of an id counts. False if the record is malformed. */
bool mcap_index_schema(struct mcap_reader *reader, struct cursor body);
bool mcap_index_channel(struct mcap_reader *reader, struct cursor body);
/* What both ways of indexing collect. Names are borrowed. */
struct mcap_block *mcap_index_block(struct mcap_reader *reader, uint64_t offset, uint64_t length, bool chunk);
void mcap_index_attachment(struct mcap_reader *reader, uint64_t offset, uint64_t length,
                           struct mcap_attachment about);
void mcap_index_metadata(struct mcap_reader *reader, uint64_t offset, uint64_t length, const char *name);
/* From the summary. STATUS_END: there is none, or it leaves something out. */
MUST_USE enum status mcap_summary_read(struct mcap_reader *reader, struct error *err);
/* Fills in blocks, definitions, attachments, metadata and info. */
MUST_USE enum status mcap_index_build(struct mcap_reader *reader, struct error *err);

struct mcap_packed { /* a Chunk record in memory */
    uint64_t offset; /* in the file, for sentences */
    bool cut;        /* the file ends inside it: what there is will do */
    struct mcap_chunk about;
    enum mcap_compression compression;
    const uint8_t *stored;
    size_t available; /* of the stored bytes */
    const uint8_t *records;
    size_t size; /* of the records: about.unpacked, or fewer if cut */
};
/* Of `record`'s `size` bytes: everything up to available. STATUS_CORRUPT if they are no chunk, or its sizes cannot
 * be. */
MUST_USE enum status mcap_packed_head(struct mcap_packed *packed, const uint8_t *record, size_t size,
                                      struct error *err);
/* The records: in `out` if they were compressed, else where they are stored. STATUS_CORRUPT if they do not unpack or,
 * unless the caller counts these, their checksum is wrong. */
MUST_USE enum status mcap_packed_open(struct mcap_packed *packed, struct mcap_codec *codec, struct bytes *out,
                                      uint64_t *bad_checksums, struct error *err);

/* Brings the block into memory if it is not, perhaps at the cost of another one. */
MUST_USE enum status mcap_block_load(struct mcap_reader *reader, struct mcap_block *block, struct error *err);
/* Sorts its entries (it is in memory) by time or by offset. */
void mcap_block_arrange(struct mcap_block *block, bool by_time);

#endif
