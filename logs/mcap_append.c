#include "logs/mcap_append.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "logs/file.h"
#include "logs/mcap_emit.h"
#include "logs/memory.h"

enum {
    STATISTICS_METADATA_COUNT = 18, /* where it stands in the body */
    COPY_BYTES = 1 << 16,
};

struct append {
    const char *path;
    FILE *in, *out;
    uint64_t data_end;     /* of the log: where its DataEnd stands */
    struct bytes summary;  /* the old one, without its offsets */
    struct bytes groups[UINT8_MAX + 1]; /* records of the new one, by opcode */
    uint8_t order[UINT8_MAX + 1];
    size_t group_count;
    struct error *err;
};

static enum status refuse(struct append *append, const char *why)
{
    return error_set(append->err, STATUS_CORRUPT, "%s %s; make a whole log of it first (binnacle log recover)",
                     append->path, why);
}

static enum status read_at(struct append *append, uint64_t offset, void *to, size_t size)
{
    errno = 0;
    if (!fseeko(append->in, (off_t)offset, SEEK_SET) && fread(to, 1, size, append->in) == size)
        return STATUS_OK;
    return error_set(append->err, STATUS_IO, "cannot read %s at byte %llu: %s", append->path,
                     (unsigned long long)offset, errno ? strerror(errno) : "it ends there");
}

/* Finds the summary by the footer and checks it. */
static enum status summary_load(struct append *append)
{
    uint8_t tail[MCAP_TAIL_BYTES], data_end[MCAP_DATA_END_BYTES];
    if (fseeko(append->in, 0, SEEK_END) || ftello(append->in) < (off_t)(MCAP_MAGIC_BYTES + sizeof tail))
        return refuse(append, "is too short to be a finished log");
    uint64_t footer = (uint64_t)ftello(append->in) - sizeof tail;
    enum status status = read_at(append, footer, tail, sizeof tail);
    struct cursor cursor = {tail, sizeof tail, 0, false};
    bool is_footer = cursor_u8(&cursor) == MCAP_FOOTER && cursor_u64(&cursor) == MCAP_FOOTER_BYTES;
    uint64_t start = cursor_u64(&cursor), offset_start = cursor_u64(&cursor);
    uint32_t crc = cursor_u32(&cursor);
    if (status)
        return status;
    if (!is_footer || memcmp(tail + sizeof tail - MCAP_MAGIC_BYTES, MCAP_MAGIC, MCAP_MAGIC_BYTES))
        return refuse(append, "was never closed");
    uint64_t end = offset_start ? offset_start : footer;
    if (start < MCAP_MAGIC_BYTES + MCAP_DATA_END_BYTES || start > end || end > footer)
        return refuse(append, "has no summary");
    size_t checked = (size_t)(footer - start) + MCAP_PREFIX_BYTES + 16;
    append->data_end = start - MCAP_DATA_END_BYTES;
    status = read_at(append, append->data_end, data_end, sizeof data_end);
    if (!status)
        status = read_at(append, start, bytes_add(&append->summary, checked), checked);
    if (!status && (data_end[0] != MCAP_DATA_END || (crc && mcap_codec_crc(append->summary.data, checked) != crc)))
        status = refuse(append, "has a damaged summary");
    append->summary.size = (size_t)(end - start);
    return status;
}

/* Into the group of its kind; groups keep the order in which they first appeared. */
static uint8_t *group_put(struct append *append, uint8_t op, const uint8_t *record, size_t size)
{
    if (!append->groups[op].size)
        append->order[append->group_count++] = op;
    return memcpy(bytes_add(&append->groups[op], size), record, size);
}

/* The old summary's records; its statistics count one more metadata record. */
static enum status summary_take(struct append *append)
{
    struct cursor cursor = {append->summary.data, append->summary.size, 0, false};
    while (cursor_left(&cursor)) {
        const uint8_t *record = cursor.data + cursor.offset;
        uint8_t op = cursor_u8(&cursor);
        uint64_t length = cursor_u64(&cursor);
        if (!cursor_take(&cursor, length <= cursor_left(&cursor) ? (size_t)length : SIZE_MAX))
            return refuse(append, "has a damaged summary");
        uint8_t *copy = group_put(append, op, record, MCAP_PREFIX_BYTES + (size_t)length);
        uint8_t *place = copy + MCAP_PREFIX_BYTES + STATISTICS_METADATA_COUNT;
        uint32_t count;
        if (op != MCAP_STATISTICS || length < STATISTICS_METADATA_COUNT + sizeof count)
            continue;
        memcpy(&count, place, sizeof count);
        count++;
        memcpy(place, &count, sizeof count);
    }
    return STATUS_OK;
}

/* Groups, their offsets, footer and magic. */
static void summary_emit(const struct append *append, uint64_t start, struct bytes *out)
{
    struct bytes offsets = {0};
    for (size_t i = 0; i < append->group_count; i++) {
        const struct bytes *group = &append->groups[append->order[i]];
        mcap_emit_summary_offset(&offsets, (enum mcap_op)append->order[i], start + out->size, group->size);
        bytes_put(out, group->data, group->size);
    }
    uint64_t offset_start = start + out->size;
    bytes_put(out, offsets.data, offsets.size);
    mcap_emit_footer(out, start, offset_start);
    bytes_put(out, MCAP_MAGIC, MCAP_MAGIC_BYTES);
    bytes_clear(&offsets);
}

static bool put(struct append *append, const struct bytes *bytes)
{
    return fwrite(bytes->data, 1, bytes->size, append->out) == bytes->size;
}

/* The data section as it is; *crc runs over it. */
static enum status data_copy(struct append *append, uint32_t *crc)
{
    uint8_t piece[COPY_BYTES];
    for (uint64_t at = 0; at < append->data_end;) {
        uint64_t left = append->data_end - at;
        size_t size = left < sizeof piece ? (size_t)left : sizeof piece;
        enum status status = read_at(append, at, piece, size);
        if (status)
            return status;
        *crc = mcap_codec_crc_more(*crc, piece, size);
        if (fwrite(piece, 1, size, append->out) != size)
            return STATUS_OK; /* ferror tells */
        at += size;
    }
    return STATUS_OK;
}

static enum status log_copy(struct append *append, const struct mcap_metadata *metadata)
{
    struct bytes out = {0}, index = {0}, summary = {0};
    uint32_t crc = 0;
    enum status status = summary_take(append);
    if (!status)
        status = data_copy(append, &crc);
    mcap_emit_metadata(&out, metadata);
    mcap_emit_metadata_index(&index, metadata->name, append->data_end, out.size);
    group_put(append, MCAP_METADATA_INDEX, index.data, index.size);
    mcap_emit_data_end(&out, mcap_codec_crc_more(crc, out.data, out.size));
    summary_emit(append, append->data_end + out.size, &summary);
    if (!status && (!put(append, &out) || !put(append, &summary) || ferror(append->out)))
        status = error_set(append->err, STATUS_IO, "cannot write beside %s: %s", append->path, strerror(errno));
    bytes_clear(&out);
    bytes_clear(&index);
    bytes_clear(&summary);
    return status;
}

enum status mcap_append_metadata(const char *path, const char *name, const struct mcap_pair *pairs, size_t count,
                                 struct error *err)
{
    const struct mcap_metadata metadata = {name, pairs, count};
    struct append append = {.path = path, .err = err};
    struct bytes temporary = {0};
    bytes_format(&temporary, "%s.tmp", path);
    bytes_put_u8(&temporary, 0);
    append.in = fopen(path, "rb");
    enum status status = append.in ? summary_load(&append)
                                   : error_set(err, STATUS_IO, "cannot read %s: %s", path, strerror(errno));
    if (!status && !(append.out = fopen((char *)temporary.data, "wb")))
        status = error_set(err, STATUS_IO, "cannot write beside %s: %s", path, strerror(errno));
    if (!status)
        status = log_copy(&append, &metadata);
    if (append.out && fclose(append.out) && !status)
        status = error_set(err, STATUS_IO, "cannot write beside %s: %s", path, strerror(errno));
    if (!status)
        status = file_replace((char *)temporary.data, path, err);
    else if (append.out)
        unlink((char *)temporary.data);
    if (append.in)
        fclose(append.in);
    bytes_clear(&temporary);
    bytes_clear(&append.summary);
    for (size_t i = 0; i < append.group_count; i++)
        bytes_clear(&append.groups[append.order[i]]);
    return status;
}
