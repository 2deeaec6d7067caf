/* logs/png.h - PNG in and out; libpng lives in this file only. */
#ifndef LOGS_PNG_H
#define LOGS_PNG_H

#include "logs/bytes.h"
#include "logs/status.h"

struct image { /* 8 bits per sample, rows without padding, top row first */
    int width, height, channels; /* channels: 1 grey, 3 RGB */
    uint8_t *pixels;             /* owned; image_clear frees */
};
enum { IMAGE_SIDE_MAX = 8192 };

void image_clear(struct image *image);
/* Decodes PNG bytes, converting to `channels` (1 or 3; alpha is dropped onto white, 16 bits are cut to 8, grey is the
 * luma of ITU-R BT.601; gamma and colour profiles are ignored). `name` is used in sentences. STATUS_CORRUPT for
 * anything that is not a whole PNG, STATUS_BAD_INPUT for a side over IMAGE_SIDE_MAX. */
MUST_USE enum status png_decode(const void *data, size_t size, const char *name, int channels, struct image *image,
                                struct error *err);
void png_encode(const struct image *image, struct bytes *out); /* same pixels, same bytes */
MUST_USE enum status png_save(const struct image *image, const char *path, struct error *err);

#endif
