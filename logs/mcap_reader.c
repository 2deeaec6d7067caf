#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "logs/mcap_inside.h"

enum status mcap_reader_pread(const struct mcap_reader *reader, uint64_t offset, void *out, size_t size,
                              struct error *err)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(reader->fd, (uint8_t *)out + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(err, STATUS_IO, "cannot read %s at byte %llu: %s", reader->path,
                             (unsigned long long)(offset + done), strerror(errno));
        if (!got)
            return error_set(err, STATUS_CORRUPT, "%s became shorter while it was read: byte %llu is gone",
                             reader->path, (unsigned long long)(offset + done));
        done += (size_t)got;
    }
    return STATUS_OK;
}

const char *mcap_reader_string(struct mcap_reader *reader, struct cursor *cursor)
{
    uint32_t length = cursor_u32(cursor);
    const uint8_t *text = cursor_take(cursor, length);
    return text ? arena_string(&reader->arena, (const char *)text, length) : "";
}

struct mcap_pair *mcap_reader_map(struct mcap_reader *reader, struct cursor *cursor, size_t *count)
{
    uint32_t length = cursor_u32(cursor);
    struct cursor map = mcap_reader_part(cursor, length);
    struct mcap_pair *pairs = arena_new(&reader->arena, map.size / 8, sizeof *pairs); /* two lengths each, at least */
    for (*count = 0; cursor_left(&map) && !map.failed;) {
        struct mcap_pair pair = {.key = mcap_reader_string(reader, &map)};
        pair.value = mcap_reader_string(reader, &map);
        if (!map.failed)
            pairs[(*count)++] = pair;
    }
    cursor->failed |= map.failed;
    return pairs;
}

/* --- opening ------------------------------------------------------------------------------------------------- */
static enum status header_read(struct mcap_reader *reader, struct error *err)
{
    enum { START_BYTES = MCAP_MAGIC_BYTES + MCAP_PREFIX_BYTES };
    const char *path = reader->path;
    uint64_t file_bytes = reader->info.file_bytes;
    uint8_t start[START_BYTES] = {0};
    size_t there = file_bytes < START_BYTES ? (size_t)file_bytes : START_BYTES;
    enum status status = mcap_reader_pread(reader, 0, start, there, err);
    if (status)
        return status;
    if (!there)
        return error_set(err, STATUS_CORRUPT, "%s is empty; a log begins with an MCAP header", path);
    if (memcmp(start, MCAP_MAGIC, there < MCAP_MAGIC_BYTES ? there : MCAP_MAGIC_BYTES))
        return error_set(err, STATUS_CORRUPT,
                         "%s is not an MCAP file: its first bytes are another format's; name a recorded log", path);
    struct cursor prefix = {start, there, MCAP_MAGIC_BYTES, there < MCAP_MAGIC_BYTES};
    uint8_t op = cursor_u8(&prefix);
    uint64_t length = cursor_u64(&prefix);
    if (prefix.failed || op != MCAP_HEADER || length > file_bytes - START_BYTES)
        return error_set(err, STATUS_CORRUPT, "%s holds nothing: its header at byte 8 is cut off or damaged", path);
    struct bytes bytes = {0};
    status = mcap_reader_pread(reader, START_BYTES, bytes_add(&bytes, (size_t)length), (size_t)length, err);
    struct cursor body = {bytes.data, bytes.size, 0, false};
    reader->info.profile = mcap_reader_string(reader, &body);
    reader->info.library = mcap_reader_string(reader, &body);
    bytes_clear(&bytes);
    reader->data_start = START_BYTES + length;
    if (!status && body.failed)
        status = error_set(err, STATUS_CORRUPT, "%s has a damaged header at byte 8", path);
    return status;
}

struct mcap_reader *mcap_reader_open(const char *path, struct error *err)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer must not hang us */
    if (fd < 0 || fstat(fd, &about)) {
        error_set(err, STATUS_IO, "cannot read %s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    struct mcap_reader *reader = NEW(struct mcap_reader);
    reader->fd = fd;
    reader->path = memory_string(path);
    reader->info.file_bytes = (uint64_t)about.st_size;
    enum status status = STATUS_OK;
    if (!S_ISREG(about.st_mode))
        status = error_set(err, STATUS_IO, "cannot read %s: it is a %s, not a file", path,
                           S_ISDIR(about.st_mode) ? "folder" : "device or pipe");
    if (!status)
        status = header_read(reader, err);
    if (!status)
        status = mcap_index_build(reader, err);
    if (status)
        mcap_reader_destroy(&reader);
    return reader;
}

void mcap_reader_destroy(struct mcap_reader **handle)
{
    struct mcap_reader *reader = *handle;
    if (!reader)
        return;
    for (size_t i = 0; i < reader->slot_count; i++) {
        bytes_clear(&reader->slots[i].data);
        free(reader->slots[i].entries);
    }
    void *owned[] = {reader->path,        reader->schemas,           reader->channels, reader->blocks,
                     reader->attachments, reader->attachment_places, reader->metadata, reader->metadata_places,
                     reader->walk.queue,  reader->walk.heap};
    for (size_t i = 0; i < COUNT_OF(owned); i++)
        free(owned[i]);
    bytes_clear(&reader->raw);
    mcap_codec_clear(&reader->codec);
    arena_clear(&reader->arena);
    close(reader->fd);
    free(reader);
    *handle = NULL;
}

/* --- the whole file ------------------------------------------------------------------------------------------ */
void mcap_reader_ignore_checksums(struct mcap_reader *reader) { reader->ignore_checksums = true; }

const struct mcap_info *mcap_reader_info(const struct mcap_reader *reader) { return &reader->info; }

size_t mcap_reader_schemas(const struct mcap_reader *reader, const struct mcap_schema **first)
{
    *first = reader->schemas;
    return reader->schema_count;
}

size_t mcap_reader_channels(const struct mcap_reader *reader, const struct mcap_channel *const **first)
{
    *first = reader->channels;
    return reader->channel_count;
}

const struct mcap_schema *mcap_reader_schema(const struct mcap_reader *reader, uint16_t id)
{
    for (size_t i = 0; i < reader->schema_count; i++)
        if (reader->schemas[i].id == id)
            return &reader->schemas[i];
    return NULL;
}

uint64_t mcap_reader_channel_messages(const struct mcap_reader *reader, uint16_t channel_id)
{
    return reader->known[channel_id] ? reader->known[channel_id]->messages : 0;
}

/* The body of the record at `place`, in the arena; a failed cursor if it is not there or not of this kind. */
static struct cursor record_load(struct mcap_reader *reader, struct mcap_place *place, enum mcap_op expected)
{
    uint8_t *record = arena_new(&reader->arena, (size_t)place->length, 1);
    struct cursor cursor = {record, (size_t)place->length, 0, false};
    place->loaded = true;
    if (mcap_reader_pread(reader, place->offset, record, (size_t)place->length, NULL))
        cursor.failed = true;
    uint8_t op = cursor_u8(&cursor);
    uint64_t length = cursor_u64(&cursor);
    cursor.failed |= op != expected || length != place->length - MCAP_PREFIX_BYTES;
    return cursor;
}

static void record_damaged(struct mcap_reader *reader, const char *what, uint64_t offset)
{
    struct error err = {0};
    error_set(&err, STATUS_CORRUPT, "the %s at byte %llu is damaged", what, (unsigned long long)offset);
    if (!*reader->info.damage)
        memcpy(reader->info.damage, err.text, strlen(err.text) + 1);
}

/* Fills in the data, if it is what its checksum says. */
static void attachment_load(struct mcap_reader *reader, size_t index)
{
    struct mcap_attachment *attachment = &reader->attachments[index];
    struct mcap_place *place = &reader->attachment_places[index];
    if (place->loaded)
        return;
    struct cursor cursor = record_load(reader, place, MCAP_ATTACHMENT);
    cursor_take(&cursor, 16);
    for (int strings = 0; strings < 2; strings++)
        cursor_take(&cursor, cursor_u32(&cursor));
    uint64_t size = cursor_u64(&cursor);
    const uint8_t *data = cursor_take(&cursor, size <= cursor_left(&cursor) ? (size_t)size : SIZE_MAX);
    size_t covered = cursor.offset - MCAP_PREFIX_BYTES;
    uint32_t crc = cursor_u32(&cursor);
    if (cursor.failed || (crc && mcap_codec_crc(cursor.data + MCAP_PREFIX_BYTES, covered) != crc)) {
        record_damaged(reader, "attachment", place->offset);
        return;
    }
    attachment->data = data;
    attachment->size = (size_t)size;
}

const struct mcap_attachment *mcap_reader_attachment(struct mcap_reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->attachment_count; i++)
        if (!strcmp(reader->attachments[i].name, name)) {
            attachment_load(reader, i);
            return reader->attachments[i].data ? &reader->attachments[i] : NULL;
        }
    return NULL;
}

/* Fills in the pairs; NULL stays where the record is damaged. */
static void metadata_load(struct mcap_reader *reader, size_t index)
{
    struct mcap_metadata *metadata = &reader->metadata[index];
    struct mcap_place *place = &reader->metadata_places[index];
    if (place->loaded)
        return;
    struct cursor cursor = record_load(reader, place, MCAP_METADATA);
    mcap_reader_string(reader, &cursor);
    metadata->pairs = mcap_reader_map(reader, &cursor, &metadata->count);
    if (cursor.failed) {
        record_damaged(reader, "metadata record", place->offset);
        metadata->pairs = NULL;
        metadata->count = 0;
    }
}

const struct mcap_metadata *mcap_reader_metadata(struct mcap_reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->metadata_count; i++)
        if (!strcmp(reader->metadata[i].name, name)) {
            metadata_load(reader, i);
            return reader->metadata[i].pairs ? &reader->metadata[i] : NULL;
        }
    return NULL;
}

size_t mcap_reader_metadatas(struct mcap_reader *reader, const struct mcap_metadata **first)
{
    for (size_t i = 0; i < reader->metadata_count; i++)
        metadata_load(reader, i);
    *first = reader->metadata;
    return reader->metadata_count;
}

size_t mcap_reader_attachments(struct mcap_reader *reader, const struct mcap_attachment **first)
{
    for (size_t i = 0; i < reader->attachment_count; i++)
        attachment_load(reader, i);
    *first = reader->attachments;
    return reader->attachment_count;
}
