#include "logs/records.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WINDOW_BYTES = 1 << 18, BLOCK_BYTES = 4096 };

enum status records_open(struct records_source *source, const char *path, struct error *err)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer must not hang us */
    if (fd < 0 || fstat(fd, &about) || !S_ISREG(about.st_mode)) {
        error_set(err, STATUS_IO, "cannot read %s: %s", path, fd < 0 ? strerror(errno) : "it is not a regular file");
        if (fd >= 0)
            close(fd);
        return STATUS_IO;
    }
    *source = (struct records_source){.fd = fd, .size = (uint64_t)about.st_size};
    return STATUS_OK;
}

struct records_source records_memory(const uint8_t *data, size_t size)
{
    return (struct records_source){.fd = -1, .size = size, .window = {(uint8_t *)(uintptr_t)data, size, 0}};
}

void records_close(struct records_source *source)
{
    if (source->fd < 0)
        return;
    bytes_clear(&source->window);
    close(source->fd);
    source->fd = -1;
}

/* Fills the window from `offset` on. A block the device cannot give reads as zeros, which are no record. */
static void window_fill(struct records_source *source, uint64_t offset, uint64_t size)
{
    source->window.size = 0;
    source->start = offset;
    uint8_t *at = bytes_add(&source->window, (size_t)size);
    for (uint64_t done = 0; done < size;) {
        ssize_t got = pread(source->fd, at + done, (size_t)(size - done), (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        uint64_t step = got > 0 ? (uint64_t)got : BLOCK_BYTES - (offset + done) % BLOCK_BYTES;
        step = step < size - done ? step : size - done;
        if (got <= 0) {
            memset(at + done, 0, (size_t)step);
            source->unreadable += step;
        }
        done += step;
    }
}

const uint8_t *records_at(struct records_source *source, uint64_t offset, uint64_t size)
{
    if (offset > source->size || size > source->size - offset || size > MCAP_CHUNK_MAX + (uint64_t)WINDOW_BYTES)
        return NULL;
    bool inside = offset >= source->start && offset + size <= source->start + source->window.size;
    if (!inside) {
        uint64_t ahead = size > WINDOW_BYTES ? size : WINDOW_BYTES, left = source->size - offset;
        window_fill(source, offset, ahead < left ? ahead : left);
    }
    return source->window.data ? source->window.data + (offset - source->start) : (const uint8_t *)"";
}

struct records_text records_text(struct cursor *cursor)
{
    uint32_t size = cursor_u32(cursor);
    const uint8_t *data = cursor_take(cursor, size);
    return (struct records_text){data ? (const char *)data : "", data ? size : 0};
}

bool records_pair(struct cursor *map, struct records_text *key, struct records_text *value)
{
    if (!cursor_left(map))
        return false;
    *key = records_text(map);
    *value = records_text(map);
    return !map->failed;
}

bool records_map_valid(struct records_text map)
{
    struct cursor cursor = {(const uint8_t *)map.data, map.size, 0, false};
    struct records_text key, value;
    while (records_pair(&cursor, &key, &value)) {
    }
    return !cursor.failed;
}

bool records_schema(struct cursor body, struct records_schema *schema)
{
    schema->id = cursor_u16(&body);
    schema->name = records_text(&body);
    schema->encoding = records_text(&body);
    schema->data = records_text(&body);
    return !body.failed;
}

bool records_channel(struct cursor body, struct records_channel *channel)
{
    channel->id = cursor_u16(&body);
    channel->schema_id = cursor_u16(&body);
    channel->topic = records_text(&body);
    channel->encoding = records_text(&body);
    channel->metadata = records_text(&body);
    return !body.failed && records_map_valid(channel->metadata);
}

bool records_message(struct cursor body, struct records_message *message)
{
    message->channel = cursor_u16(&body);
    message->sequence = cursor_u32(&body);
    message->log_ns = (int64_t)cursor_u64(&body);
    message->publish_ns = (int64_t)cursor_u64(&body);
    message->data = body.data + body.offset;
    message->size = cursor_left(&body);
    return !body.failed;
}

bool records_chunk(struct cursor body, struct records_chunk *chunk)
{
    chunk->start_ns = (int64_t)cursor_u64(&body);
    chunk->end_ns = (int64_t)cursor_u64(&body);
    chunk->unpacked = cursor_u64(&body);
    chunk->crc = cursor_u32(&body);
    chunk->compression = records_text(&body);
    chunk->stored = cursor_u64(&body);
    chunk->head = body.offset;
    return !body.failed;
}

bool records_attachment(struct cursor body, struct records_attachment *attachment)
{
    attachment->log_ns = (int64_t)cursor_u64(&body);
    attachment->create_ns = (int64_t)cursor_u64(&body);
    attachment->name = records_text(&body);
    attachment->media_type = records_text(&body);
    attachment->size = cursor_u64(&body);
    attachment->head = body.offset;
    return !body.failed;
}
