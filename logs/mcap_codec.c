#include <libdeflate.h>
#include <lz4frame.h>
#include <zstd.h>

#include "logs/mcap_format.h"

enum {
    PACK_MIN_BYTES = 1024, /* below this a frame's own header eats the gain */
    PACK_GAIN_PART = 50,   /* a chunk is stored as it is unless it shrinks by one part in 50 */
    LZ4_RATIO_MAX = 255,   /* the format cannot express more */
};

static const char *const names[] = {[MCAP_NONE] = "", [MCAP_LZ4] = "lz4", [MCAP_ZSTD] = "zstd"};

void mcap_codec_clear(struct mcap_codec *codec)
{
    ZSTD_freeCCtx(codec->zstd_pack);
    ZSTD_freeDCtx(codec->zstd_unpack);
    LZ4F_freeCompressionContext(codec->lz4_pack);
    LZ4F_freeDecompressionContext(codec->lz4_unpack);
    *codec = (struct mcap_codec){0};
}

const char *mcap_codec_name(enum mcap_compression compression) { return names[compression]; }

bool mcap_codec_find(const char *name, size_t length, enum mcap_compression *compression)
{
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strlen(names[i]) == length && !memcmp(names[i], name, length)) {
            *compression = (enum mcap_compression)i;
            return true;
        }
    return false;
}

static bool zstd_pack(struct mcap_codec *codec, int level, const void *data, size_t size, struct bytes *out)
{
    if (!codec->zstd_pack)
        codec->zstd_pack = ZSTD_createCCtx();
    size_t bound = ZSTD_compressBound(size);
    size_t packed = ZSTD_compressCCtx(codec->zstd_pack, bytes_add(out, bound), bound, data, size, level);
    out->size = ZSTD_isError(packed) ? 0 : packed;
    return out->size != 0;
}

/* Adds what one call of the frame library wrote; false if it failed. */
static bool lz4_took(struct bytes *out, size_t written)
{
    if (LZ4F_isError(written))
        return false;
    out->size += written;
    return true;
}

/* Independent blocks and autoFlush keep the library from buffering: it compresses straight from `data`. */
static bool lz4_pack(struct mcap_codec *codec, const void *data, size_t size, struct bytes *out)
{
    LZ4F_preferences_t preferences = {
        .frameInfo = {.blockSizeID = LZ4F_max1MB, .blockMode = LZ4F_blockIndependent, .contentSize = size},
        .autoFlush = 1,
    };
    if (!codec->lz4_pack && LZ4F_isError(LZ4F_createCompressionContext(&codec->lz4_pack, LZ4F_VERSION)))
        return false;
    LZ4F_cctx *context = codec->lz4_pack;
    bytes_grow(out, LZ4F_HEADER_SIZE_MAX + LZ4F_compressBound(size, &preferences));
    out->size = 0;
    uint8_t *at = out->data;
    size_t room = out->capacity;
    return lz4_took(out, LZ4F_compressBegin(context, at, room, &preferences)) &&
           lz4_took(out, LZ4F_compressUpdate(context, at + out->size, room - out->size, data, size, NULL)) &&
           lz4_took(out, LZ4F_compressEnd(context, at + out->size, room - out->size, NULL));
}

bool mcap_codec_pack(struct mcap_codec *codec, enum mcap_compression compression, int level, const void *data,
                     size_t size, struct bytes *out)
{
    out->size = 0;
    if (compression == MCAP_NONE || size < PACK_MIN_BYTES)
        return false;
    bool packed =
        compression == MCAP_LZ4 ? lz4_pack(codec, data, size, out) : zstd_pack(codec, level, data, size, out);
    return packed && out->size < size - size / PACK_GAIN_PART;
}

uint64_t mcap_codec_content(enum mcap_compression compression, const uint8_t *data, size_t size)
{
    if (compression != MCAP_ZSTD)
        return 0;
    unsigned long long content = ZSTD_getFrameContentSize(data, size);
    return content == ZSTD_CONTENTSIZE_ERROR || content == ZSTD_CONTENTSIZE_UNKNOWN ? 0 : content;
}

bool mcap_codec_plausible(enum mcap_compression compression, const uint8_t *data, size_t size, bool cut,
                          uint64_t unpacked)
{
    if (unpacked > MCAP_CHUNK_MAX)
        return false;
    if (compression == MCAP_NONE)
        return cut ? unpacked >= size : unpacked == size;
    if (compression == MCAP_LZ4)
        return cut || unpacked / LZ4_RATIO_MAX <= size;
    unsigned long long content = ZSTD_getFrameContentSize(data, size);
    if (content == ZSTD_CONTENTSIZE_ERROR)
        return cut;
    if (content != ZSTD_CONTENTSIZE_UNKNOWN)
        return content == unpacked;
    return cut || unpacked / ZSTD_BLOCKSIZE_MAX <= size; /* a block takes more than one byte */
}

static size_t zstd_unpack(struct mcap_codec *codec, const uint8_t *data, size_t size, bool cut, uint8_t *out,
                          size_t unpacked)
{
    if (!codec->zstd_unpack)
        codec->zstd_unpack = ZSTD_createDCtx();
    if (!cut) {
        size_t got = ZSTD_decompressDCtx(codec->zstd_unpack, out, unpacked, data, size);
        return ZSTD_isError(got) ? 0 : got;
    }
    ZSTD_DCtx_reset(codec->zstd_unpack, ZSTD_reset_session_only);
    ZSTD_inBuffer in = {data, size, 0};
    ZSTD_outBuffer to = {out, unpacked, 0};
    for (size_t hint = 1, before = SIZE_MAX; hint && !ZSTD_isError(hint) && before != in.pos + to.pos;) {
        before = in.pos + to.pos;
        hint = ZSTD_decompressStream(codec->zstd_unpack, &to, &in);
    }
    return to.pos;
}

static size_t lz4_unpack(struct mcap_codec *codec, const uint8_t *data, size_t size, uint8_t *out, size_t unpacked)
{
    if (!codec->lz4_unpack && LZ4F_isError(LZ4F_createDecompressionContext(&codec->lz4_unpack, LZ4F_VERSION)))
        return 0;
    LZ4F_resetDecompressionContext(codec->lz4_unpack); /* the last frame may have ended in an error */
    const LZ4F_decompressOptions_t options = {.stableDst = 1};
    size_t in = 0, got = 0;
    for (size_t hint = 1; hint && !LZ4F_isError(hint);) {
        size_t taken = size - in, made = unpacked - got;
        hint = LZ4F_decompress(codec->lz4_unpack, out + got, &made, data + in, &taken, &options);
        if (LZ4F_isError(hint) || (!taken && !made))
            break;
        in += taken;
        got += made;
    }
    return got;
}

size_t mcap_codec_unpack(struct mcap_codec *codec, enum mcap_compression compression, const uint8_t *data,
                         size_t size, bool cut, uint8_t *out, size_t unpacked)
{
    if (compression == MCAP_ZSTD)
        return zstd_unpack(codec, data, size, cut, out, unpacked);
    if (compression == MCAP_LZ4)
        return lz4_unpack(codec, data, size, out, unpacked);
    size_t got = size < unpacked ? size : unpacked;
    memcpy(out, data, got);
    return got;
}

uint32_t mcap_codec_crc_more(uint32_t crc, const void *data, size_t size) { return libdeflate_crc32(crc, data, size); }

/* Product of two polynomials over GF(2) modulo the checksum's; the highest bit is the coefficient of 1. */
static uint32_t crc_multiply(uint32_t a, uint32_t b)
{
    uint32_t product = 0;
    for (uint32_t bit = 1u << 31; bit; bit >>= 1) {
        product ^= a & bit ? b : 0;
        b = b >> 1 ^ (b & 1 ? 0xEDB88320 : 0);
    }
    return product;
}

/* Bytes that follow multiply what came before by x^8 each. */
uint32_t mcap_codec_crc_join(uint32_t first, uint32_t second, uint64_t second_size)
{
    uint32_t power = 1u << 31, step = 1u << 23; /* 1, x^8 */
    for (; second_size; second_size >>= 1, step = crc_multiply(step, step))
        power = second_size & 1 ? crc_multiply(power, step) : power;
    return crc_multiply(first, power) ^ second;
}
