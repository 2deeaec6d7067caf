/* logs/mcap.h - MCAP files (https://mcap.dev/spec), written and read. Knows records, not our topics.
 *
 * Writer: chunked, CRC on every chunk, on the summary and on the data section, per-chunk message indexes, statistics
 * and summary offsets. A record reaches the file only whole: after a failed write (disk full) the file is cut back to
 * the last whole record, the writer goes quiet, counts what it had to refuse, and mcap_writer_close reports the first
 * failure; the file stays readable.
 * Reader: messages front to back in file order (any file, also a truncated one), or by time through the index.
 * Stream: every record of any file as it comes, also of one that is still growing.
 * Every length from the file is checked against the bytes that are left before use; a chunk's uncompressed size is
 * bounded by MCAP_CHUNK_MAX. Nothing here asserts on file contents. */
#ifndef LOGS_MCAP_H
#define LOGS_MCAP_H

#include "logs/bytes.h"
#include "logs/status.h"

enum mcap_compression { MCAP_NONE, MCAP_LZ4, MCAP_ZSTD };
enum { MCAP_CHUNK_MAX = 1 << 28 };

struct mcap_pair { /* a map entry; both borrowed */
    const char *key, *value;
};

/* Kinds of record. 0x80 and above are private: anyone's, and skipped by everyone else. */
enum mcap_op {
    MCAP_HEADER = 0x01,
    MCAP_FOOTER = 0x02,
    MCAP_SCHEMA = 0x03,
    MCAP_CHANNEL = 0x04,
    MCAP_MESSAGE = 0x05,
    MCAP_CHUNK = 0x06,
    MCAP_MESSAGE_INDEX = 0x07,
    MCAP_CHUNK_INDEX = 0x08,
    MCAP_ATTACHMENT = 0x09,
    MCAP_ATTACHMENT_INDEX = 0x0A,
    MCAP_STATISTICS = 0x0B,
    MCAP_METADATA = 0x0C,
    MCAP_METADATA_INDEX = 0x0D,
    MCAP_SUMMARY_OFFSET = 0x0E,
    MCAP_DATA_END = 0x0F,
};

/* --- writing --------------------------------------------------------------------------------------------------- */
struct mcap_options {
    const char *profile, *library; /* "" allowed */
    enum mcap_compression compression;
    int level;         /* of zstd; 1 is the fast default */
    size_t chunk_bytes; /* a chunk closes before the message that would overflow it; 0: no chunks */
    int64_t chunk_ns;  /* ... and when it spans this much log time; 0: no limit */
    unsigned omit;     /* 1u << MCAP_x of what a file can do without: MESSAGE_INDEX, STATISTICS, CHUNK_INDEX,
                          ATTACHMENT_INDEX, METADATA_INDEX, SUMMARY_OFFSET, and the summary's SCHEMA, CHANNEL. Readers
                          must then scan where they could have looked up. */
    bool padded;       /* for testing readers: three bytes behind the fields of every record outside chunks that the
                          format allows to extend, which a reader must ignore */
};
struct mcap_options mcap_options_default(void); /* ros2, zstd 1, 768 KiB, 1 s */

struct mcap_writer;
/* An owned writer on a new or truncated file; NULL with a sentence if the path cannot be opened. A disk that is full
 * from the start is a failed write like any later one. */
MUST_USE struct mcap_writer *mcap_writer_create(const char *path, const struct mcap_options *options,
                                                struct error *err);
/* Ids count from 1 in call order. Definitions are written with the first message that needs them. Strings are
 * copied. */
uint16_t mcap_writer_schema(struct mcap_writer *writer, const char *name, const char *encoding, const void *data,
                            size_t size);
uint16_t mcap_writer_channel(struct mcap_writer *writer, uint16_t schema, const char *topic, const char *encoding,
                             const struct mcap_pair *metadata, size_t metadata_count);
void mcap_writer_message(struct mcap_writer *writer, uint16_t channel, uint32_t sequence, int64_t log_ns,
                         int64_t publish_ns, const void *data, size_t size);
/* Writes the channel's definition, and its schema's, even if no message of it follows. */
void mcap_writer_define(struct mcap_writer *writer, uint16_t channel);
void mcap_writer_attachment(struct mcap_writer *writer, const char *name, const char *media_type, int64_t log_ns,
                            const void *data, size_t size);
struct mcap_attachment;
void mcap_writer_attachment_put(struct mcap_writer *writer, const struct mcap_attachment *attachment); /* both times */
void mcap_writer_metadata(struct mcap_writer *writer, const char *name, const struct mcap_pair *pairs, size_t count);
/* Messages refused since the first failure. */
uint64_t mcap_writer_lost(const struct mcap_writer *writer);
/* Bytes of whole records in the file: grows when a chunk has reached it. */
uint64_t mcap_writer_offset(const struct mcap_writer *writer);
/* Closes the open chunk. The next message begins another. */
void mcap_writer_flush(struct mcap_writer *writer);
/* Waits until the disk has what the file has (fdatasync). A device that cannot is none the worse. */
void mcap_writer_sync(struct mcap_writer *writer);
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
/* An owned reader. STATUS_IO cannot be opened, STATUS_CORRUPT empty or not MCAP. A file without a summary is scanned
 * once. */
MUST_USE struct mcap_reader *mcap_reader_open(const char *path, struct error *err);
void mcap_reader_destroy(struct mcap_reader **reader);

/* From now on a chunk with a wrong CRC is used as far as it unpacks, and counted; for whoever compares every byte
 * anyway. */
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
size_t mcap_reader_metadatas(struct mcap_reader *reader, const struct mcap_metadata **first); /* pairs NULL: damaged */

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

/* --- record by record ------------------------------------------------------------------------------------------ */
struct mcap_header {
    const char *profile, *library;
};
struct mcap_count { /* an entry of a map by channel: how many, or where */
    uint16_t channel_id;
    uint64_t value;
};
struct mcap_index_entry {
    int64_t log_ns;
    uint64_t offset; /* of the Message record in the unpacked chunk */
};
struct mcap_message_index {
    uint16_t channel_id;
    const struct mcap_index_entry *entries;
    size_t count;
};
struct mcap_chunk { /* its records follow, one by one */
    int64_t start_ns, end_ns; /* of its messages' log times; 0 if it has none */
    uint64_t stored, unpacked; /* bytes of its records */
    uint32_t crc;              /* of the unpacked ones; checked; 0: none */
    const char *compression;
};
struct mcap_chunk_index {
    int64_t start_ns, end_ns;
    uint64_t offset, length; /* of the Chunk record; lengths and offsets count whole records, here and below */
    const struct mcap_count *message_indexes; /* where they are in the file */
    size_t message_index_count;
    uint64_t message_index_length; /* of all of them */
    const char *compression;
    uint64_t stored, unpacked;
};
struct mcap_attachment_index {
    uint64_t offset, length;
    int64_t log_ns, create_ns;
    uint64_t size; /* of the data */
    const char *name, *media_type;
};
struct mcap_metadata_index {
    uint64_t offset, length;
    const char *name;
};
struct mcap_statistics {
    uint64_t messages;
    uint16_t schemas;
    uint32_t channels, attachments, metadata, chunks;
    int64_t start_ns, end_ns; /* log time; 0 without messages */
    const struct mcap_count *channel_messages;
    size_t channel_message_count;
};
struct mcap_summary_offset {
    enum mcap_op group;
    uint64_t start, length;
};
struct mcap_data_end {
    uint32_t crc; /* of everything before; not checked */
};
struct mcap_footer {
    uint64_t summary_start, summary_offset_start; /* 0: there is none */
    uint32_t summary_crc;                         /* not checked */
};

struct mcap_record {
    enum mcap_op op;
    bool in_chunk;
    uint64_t offset, length; /* of the whole record in the file; in the unpacked chunk if in_chunk */
    union { /* the member of that name; everything borrowed, valid until the next call on the stream */
        struct mcap_header header;
        struct mcap_footer footer;
        struct mcap_schema schema;
        struct mcap_channel channel;
        struct mcap_message message; /* message.channel is valid as long as the stream */
        struct mcap_chunk chunk;
        struct mcap_message_index message_index;
        struct mcap_chunk_index chunk_index;
        struct mcap_attachment attachment;
        struct mcap_attachment_index attachment_index;
        struct mcap_statistics statistics;
        struct mcap_metadata metadata;
        struct mcap_metadata_index metadata_index;
        struct mcap_summary_offset summary_offset;
        struct mcap_data_end data_end;
    };
};

struct mcap_stream; /* memory: one chunk or attachment, at most MCAP_CHUNK_MAX packed and as much unpacked */
/* An owned stream. STATUS_IO if the path cannot be opened. */
MUST_USE struct mcap_stream *mcap_stream_open(const char *path, struct error *err);
/* Of bytes in memory, borrowed for the life of the stream. */
struct mcap_stream *mcap_stream_bytes(const void *data, size_t size);
void mcap_stream_destroy(struct mcap_stream **stream);
/* The next record; unknown kinds are passed over. STATUS_END: behind the closing magic. STATUS_AGAIN: the bytes end
 * before that; a file that has grown since goes on with the next call. STATUS_CORRUPT (with the byte offset):
 * something is no record, fails its checksum, or is a message of an undefined channel; calling again goes on behind it,
 * and gives STATUS_END where nothing behind it can be found. */
MUST_USE enum status mcap_stream_next(struct mcap_stream *stream, struct mcap_record *record, struct error *err);

#endif
