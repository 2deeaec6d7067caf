/* logs/mcap.h - MCAP files (https://mcap.dev/spec), written and read. Knows records, not our topics.
 *
 * Writer: chunked, CRC on every chunk and on the summary and data section, per-chunk message indexes, statistics and summary offsets.
 * A record reaches the file only whole: after a failed write (disk full) the file is cut back to the last whole record, the
 * writer goes quiet, counts what it had to refuse, and mcap_writer_close reports the first failure; the file stays readable.
 * Reader: front to back in file order (any file, growing or truncated), or by time through the index.
 * Every length from the file is checked against the bytes that are left before use; a chunk's uncompressed size is bounded by
 * MCAP_CHUNK_MAX. Nothing here asserts on file contents. */
#ifndef LOGS_MCAP_H
#define LOGS_MCAP_H

#include "logs/bytes.h"
#include "logs/status.h"

enum mcap_compression { MCAP_NONE, MCAP_LZ4, MCAP_ZSTD };
enum { MCAP_CHUNK_MAX = 1 << 28 };

struct mcap_pair { /* a map entry; both borrowed */
    const char *key, *value;
};

/* --- writing --------------------------------------------------------------------------------------------------- */
struct mcap_options {
    const char *profile, *library; /* "" allowed */
    enum mcap_compression compression;
    int level;         /* of zstd; 1 is the fast default */
    size_t chunk_bytes; /* a chunk closes before the message that would overflow it; 0: no chunks */
    int64_t chunk_ns;  /* ... and when it spans this much log time; 0: no limit */
};
struct mcap_options mcap_options_default(void); /* ros2, zstd 1, 768 KiB, 1 s */

struct mcap_writer;
/* An owned writer on a new or truncated file; NULL with a sentence if the path cannot be opened. A disk that is full
 * from the start is a failed write like any later one. */
MUST_USE struct mcap_writer *mcap_writer_create(const char *path, const struct mcap_options *options,
                                                struct error *err);
/* Ids count from 1 in call order. Definitions are written with the first message that needs them. Strings are copied. */
uint16_t mcap_writer_schema(struct mcap_writer *writer, const char *name, const char *encoding, const void *data,
                            size_t size);
uint16_t mcap_writer_channel(struct mcap_writer *writer, uint16_t schema, const char *topic, const char *encoding,
                             const struct mcap_pair *metadata, size_t metadata_count);
void mcap_writer_message(struct mcap_writer *writer, uint16_t channel, uint32_t sequence, int64_t log_ns,
                         int64_t publish_ns, const void *data, size_t size);
void mcap_writer_attachment(struct mcap_writer *writer, const char *name, const char *media_type, int64_t log_ns,
                            const void *data, size_t size);
void mcap_writer_metadata(struct mcap_writer *writer, const char *name, const struct mcap_pair *pairs, size_t count);
/* Messages refused since the first failure. */
uint64_t mcap_writer_lost(const struct mcap_writer *writer);
/* Ends the file (index, summary, footer), frees, nulls. The first failure of the writer's life, if any. */
enum status mcap_writer_close(struct mcap_writer **writer, struct error *err);

/* --- reading --------------------------------------------------------------------------------------------------- */
struct mcap_schema {
    uint16_t id;
    const char *name, *encoding;
    const uint8_t *data;
    uint32_t size;
};
struct mcap_channel {
    uint16_t id, schema_id;
    const char *topic, *encoding;
    struct mcap_pair *metadata;
    size_t metadata_count;
};
struct mcap_message {
    const struct mcap_channel *channel;
    uint32_t sequence;
    int64_t log_ns, publish_ns;
    const uint8_t *data; /* valid until the next call on the reader */
    size_t size;
};
struct mcap_attachment {
    const char *name, *media_type;
    int64_t log_ns, create_ns;
    const uint8_t *data; /* owned by the reader, valid until it is destroyed; NULL: damaged (and info.damage says so) */
    size_t size;
};
struct mcap_metadata {
    const char *name;
    const struct mcap_pair *pairs;
    size_t count;
};
struct mcap_info { /* from the summary if there is one, else from a scan */
    const char *profile, *library;
    uint64_t message_count, chunk_count, attachment_count, metadata_count;
    int64_t start_ns, end_ns; /* log time */
    uint64_t file_bytes, compressed_bytes, uncompressed_bytes;
    bool has_summary;   /* false: never closed, or damaged */
    bool truncated;     /* the file ends inside a record or has no footer */
    char damage[256];   /* "" or one sentence with the byte offset */
    uint64_t bad_checksums; /* chunks met so far that were used in spite of a wrong CRC */
};

struct mcap_reader;
/* An owned reader. STATUS_IO cannot be opened, STATUS_CORRUPT empty or not MCAP. A file without a summary is scanned once. */
MUST_USE struct mcap_reader *mcap_reader_open(const char *path, struct error *err);
void mcap_reader_destroy(struct mcap_reader **reader);

/* From now on a chunk with a wrong CRC is used as far as it unpacks, and counted; for whoever compares every byte anyway. */
void mcap_reader_ignore_checksums(struct mcap_reader *reader);

const struct mcap_info *mcap_reader_info(const struct mcap_reader *reader);
size_t mcap_reader_schemas(const struct mcap_reader *reader, const struct mcap_schema **first);
size_t mcap_reader_channels(const struct mcap_reader *reader, const struct mcap_channel *const **first);
const struct mcap_schema *mcap_reader_schema(const struct mcap_reader *reader, uint16_t id); /* NULL if unknown */
uint64_t mcap_reader_channel_messages(const struct mcap_reader *reader, uint16_t channel_id);
/* The attachment or metadata record of that name (the first one), or NULL. */
const struct mcap_attachment *mcap_reader_attachment(struct mcap_reader *reader, const char *name);
const struct mcap_metadata *mcap_reader_metadata(struct mcap_reader *reader, const char *name);
size_t mcap_reader_attachments(struct mcap_reader *reader, const struct mcap_attachment **first);

enum mcap_order { MCAP_FILE_ORDER, MCAP_TIME_ORDER, MCAP_REVERSE_ORDER };
struct mcap_query {
    enum mcap_order order;
    int64_t from_ns, to_ns;                 /* both inclusive; INT64_MIN and INT64_MAX for everything */
    const char *const *topics;              /* NULL: all */
    size_t topic_count;
};
/* Starts a walk; ends the one before. Ties in time resolve by file offset; reverse order is time order backwards. */
MUST_USE enum status mcap_reader_query(struct mcap_reader *reader, const struct mcap_query *query, struct error *err);
/* The next message of the walk. STATUS_END after the last whole one, STATUS_CORRUPT (with the byte offset) at damage;
 * calling again goes on behind it. */
MUST_USE enum status mcap_reader_next(struct mcap_reader *reader, struct mcap_message *message, struct error *err);

#endif
