/* PGM (netpbm): "P2" as decimal text or "P5" as bytes; width, height, largest value, then rows from the top. A '#' in
 * the head begins a comment up to the line's end. */
#include <stdlib.h>

#include "sim/scenario_internal.h"

bool scenario_is_pgm(const struct scenario_file *file)
{
    return file->size >= 3 && file->data[0] == 'P' && (file->data[1] == '2' || file->data[1] == '5');
}

static bool is_space(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* The next number of at most `most`, -1 if there is none. */
static int number_next(struct cursor *cursor, int most)
{
    int value = 0, digits = 0;
    while (cursor->offset < cursor->size &&
           (is_space(cursor->data[cursor->offset]) || cursor->data[cursor->offset] == '#'))
        if (cursor->data[cursor->offset++] == '#')
            while (cursor->offset < cursor->size && cursor->data[cursor->offset] != '\n')
                cursor->offset++;
    for (; cursor->offset < cursor->size; cursor->offset++, digits++) {
        uint8_t c = cursor->data[cursor->offset];
        if (c < '0' || c > '9')
            break;
        value = value * 10 + (c - '0');
        if (value > most)
            return -1;
    }
    return digits ? value : -1;
}

/* One sample as 8 bits; -1 if it is missing or too large. */
static int sample_next(struct cursor *cursor, bool raw, int most)
{
    int value = !raw ? number_next(cursor, most) : most < 256 ? cursor_u8(cursor) : cursor_u8(cursor) << 8;
    if (raw && most > 255)
        value |= cursor_u8(cursor); /* big-endian */
    return cursor->failed || value < 0 || value > most ? -1 : (value * 255 + most / 2) / most;
}

enum status scenario_pgm_decode(const struct scenario_file *file, struct image *image, struct error *err)
{
    ASSERT(scenario_is_pgm(file));
    struct cursor cursor = {.data = file->data, .size = file->size, .offset = 2};
    bool raw = file->data[1] == '5';
    int width = number_next(&cursor, 1000000), height = number_next(&cursor, 1000000),
        most = number_next(&cursor, 65535);
    if (width <= 0 || height <= 0 || most <= 0)
        return error_set(err, STATUS_CORRUPT, "%s: not a PGM image: its head lacks width, height or largest value",
                         file->name);
    if (width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX)
        return error_set(err, STATUS_BAD_INPUT, "%s is %d x %d pixels; at most %d a side are read; make it smaller",
                         file->name, width, height, IMAGE_SIDE_MAX);
    size_t count = (size_t)width * (size_t)height;
    cursor.offset += raw; /* exactly one blank */
    if (count > file->size - (cursor.offset < file->size ? cursor.offset : file->size)) /* no sample is under a byte */
        return error_set(err, STATUS_CORRUPT, "%s: the image is cut off", file->name);
    *image = (struct image){.width = width, .height = height, .channels = 1, .pixels = NEW_ARRAY(count, uint8_t)};
    for (size_t i = 0; i < count; i++) {
        int grey = sample_next(&cursor, raw, most);
        if (grey < 0) {
            image_clear(image);
            return error_set(err, STATUS_CORRUPT, "%s: pixel %zu of %zu is missing or over %d", file->name, i + 1,
                             count, most);
        }
        image->pixels[i] = (uint8_t)grey;
    }
    return STATUS_OK;
}
