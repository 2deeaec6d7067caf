/* logs/mcap_format.h - the numbers of the MCAP format, and how chunks are compressed. Internal to logs/.
 *
 * A file is MAGIC, records, MAGIC. A record is a u8 opcode, a u64 body length and the body; readers skip opcodes they
 * do not know. Where a record names another one's place, offset and length count the 9 bytes in front of its body. */
#ifndef LOGS_MCAP_FORMAT_H
#define LOGS_MCAP_FORMAT_H

#include "logs/mcap.h"

#define MCAP_MAGIC "\x89MCAP0\r\n"

enum {
    MCAP_MAGIC_BYTES = 8,
    MCAP_PREFIX_BYTES = 9,       /* opcode and length */
    MCAP_MESSAGE_BYTES = 22,     /* channel, sequence, two times; the payload follows */
    MCAP_FOOTER_BYTES = 20,      /* body */
    MCAP_DATA_END_BYTES = 13,    /* record */
    MCAP_TAIL_BYTES = 9 + 20 + 8, /* footer record and closing magic */
};

struct mcap_span { /* of log time; both ends 0 if it covers no message */
    int64_t start_ns, end_ns;
    uint64_t messages;
};
static inline void mcap_span_add(struct mcap_span *span, int64_t log_ns)
{
    if (!span->messages++)
        span->start_ns = span->end_ns = log_ns;
    span->start_ns = log_ns < span->start_ns ? log_ns : span->start_ns;
    span->end_ns = log_ns > span->end_ns ? log_ns : span->end_ns;
}

/* --- chunk compression --------------------------------------------------------------------------------------- */
struct mcap_codec { /* zero-initialise; contexts are made when first needed and kept */
    struct ZSTD_CCtx_s *zstd_pack;
    struct ZSTD_DCtx_s *zstd_unpack;
    struct LZ4F_cctx_s *lz4_pack;
    struct LZ4F_dctx_s *lz4_unpack;
};
void mcap_codec_clear(struct mcap_codec *codec);

/* "", "lz4", "zstd": the names in the file. */
const char *mcap_codec_name(enum mcap_compression compression);
/* False for a name that is none of the three. */
bool mcap_codec_find(const char *name, size_t length, enum mcap_compression *compression);

/* Replaces *out by the compressed bytes. False, and *out unspecified, if storing the bytes as they are is as good. */
bool mcap_codec_pack(struct mcap_codec *codec, enum mcap_compression compression, int level, const void *data,
                     size_t size, struct bytes *out);

/* CRC-32/ISO-HDLC over the bytes, going on from `crc` (0 at the start): the one checksum MCAP uses. */
uint32_t mcap_codec_crc_more(uint32_t crc, const void *data, size_t size);
static inline uint32_t mcap_codec_crc(const void *data, size_t size) { return mcap_codec_crc_more(0, data, size); }
/* The checksum of two runs of bytes from those of each, without looking at the bytes. */
uint32_t mcap_codec_crc_join(uint32_t first, uint32_t second, uint64_t second_size);

/* How much the frame says it unpacks to; 0: it does not say. */
uint64_t mcap_codec_content(enum mcap_compression compression, const uint8_t *data, size_t size);

/* Can `size` bytes of hostile input that begin like this unpack to `unpacked` bytes? Asked before memory is set
 * aside. A `cut` input is the beginning of one that was longer. */
bool mcap_codec_plausible(enum mcap_compression compression, const uint8_t *data, size_t size, bool cut,
                          uint64_t unpacked);

/* Unpacks into exactly `unpacked` bytes and returns how many came out: fewer if the input is damaged or cut off (then
 * these are the leading ones, as far as the input reaches). `size` and `unpacked` must be plausible. */
size_t mcap_codec_unpack(struct mcap_codec *codec, enum mcap_compression compression, const uint8_t *data,
                         size_t size, bool cut, uint8_t *out, size_t unpacked);

#endif
