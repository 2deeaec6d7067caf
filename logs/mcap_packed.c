#include "logs/mcap_inside.h"

enum status mcap_packed_head(struct mcap_packed *packed, const uint8_t *record, size_t size, struct error *err)
{
    struct cursor cursor = {record, size, 0, false};
    struct mcap_chunk *about = &packed->about;
    uint8_t op = cursor_u8(&cursor);
    uint64_t length = cursor_u64(&cursor);
    about->start_ns = (int64_t)cursor_u64(&cursor);
    about->end_ns = (int64_t)cursor_u64(&cursor);
    about->unpacked = cursor_u64(&cursor);
    about->crc = cursor_u32(&cursor);
    uint32_t name_length = cursor_u32(&cursor);
    const char *name = (const char *)cursor_take(&cursor, name_length);
    about->stored = cursor_u64(&cursor);
    packed->stored = cursor_take(&cursor, 0);
    size_t left = cursor_left(&cursor);
    bool whole = length == size - MCAP_PREFIX_BYTES && about->stored <= left;
    if (cursor.failed || op != MCAP_CHUNK || (!packed->cut && !whole))
        return error_set(err, STATUS_CORRUPT, "the chunk at byte %llu has a damaged header",
                         (unsigned long long)packed->offset);
    if (!mcap_codec_find(name, name_length, &packed->compression))
        return error_set(err, STATUS_CORRUPT,
                         "the chunk at byte %llu is compressed with '%.*s'; only zstd and lz4 are known",
                         (unsigned long long)packed->offset, name_length < 32 ? (int)name_length : 32, name);
    about->compression = mcap_codec_name(packed->compression);
    packed->available = about->stored < left ? (size_t)about->stored : left;
    if (!mcap_codec_plausible(packed->compression, packed->stored, packed->available, packed->cut, about->unpacked))
        return error_set(err, STATUS_CORRUPT,
                         "the chunk at byte %llu claims %llu bytes of records, which its %zu bytes cannot hold",
                         (unsigned long long)packed->offset, (unsigned long long)about->unpacked, packed->available);
    return STATUS_OK;
}

enum status mcap_packed_open(struct mcap_packed *packed, struct mcap_codec *codec, struct bytes *out,
                             uint64_t *bad_checksums, struct error *err)
{
    const struct mcap_chunk *about = &packed->about;
    packed->records = packed->stored;
    packed->size = packed->available;
    if (packed->compression != MCAP_NONE) {
        out->size = 0;
        packed->records = bytes_add(out, (size_t)about->unpacked);
        packed->size = mcap_codec_unpack(codec, packed->compression, packed->stored, packed->available, packed->cut,
                                         out->data, (size_t)about->unpacked);
    }
    if (packed->cut)
        return STATUS_OK;
    if (packed->size != about->unpacked)
        return error_set(err, STATUS_CORRUPT, "the chunk at byte %llu does not decompress: %zu of %llu bytes came out",
                         (unsigned long long)packed->offset, packed->size, (unsigned long long)about->unpacked);
    if (!about->crc || !packed->size || mcap_codec_crc(packed->records, packed->size) == about->crc)
        return STATUS_OK;
    if (!bad_checksums)
        return error_set(err, STATUS_CORRUPT, "the chunk at byte %llu is damaged: its checksum is wrong",
                         (unsigned long long)packed->offset);
    (*bad_checksums)++;
    return STATUS_OK;
}
