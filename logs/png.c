#include "logs/png.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "logs/file.h"
#include "logs/memory.h"

enum { RGBA = 4 };

struct decoder {
    struct cursor cursor;
    char reason[96]; /* libpng's own words */
    png_structp png;
    png_infop info;
    int width, height;
    uint8_t *rgba;   /* the whole picture */
    png_bytep *rows; /* into it */
};

static _Noreturn void on_error(png_structp png, png_const_charp text)
{
    struct decoder *decoder = png_get_error_ptr(png);
    snprintf(decoder->reason, sizeof decoder->reason, "%s", text);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void on_read(png_structp png, png_bytep to, size_t size)
{
    struct decoder *decoder = png_get_io_ptr(png);
    const uint8_t *from = cursor_take(&decoder->cursor, size);
    if (!from)
        png_error(png, "it ends too early");
    memcpy(to, from, size);
}

/* Every colour type becomes 8-bit RGBA. */
static void ask_for_rgba(png_structp png, png_infop info)
{
    png_set_expand(png);
    png_set_strip_16(png);
    png_set_gray_to_rgb(png);
    png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
}

/* What shows through is white paper; grey is the luma of ITU-R BT.601. */
static void convert(const struct decoder *decoder, int channels, struct image *image)
{
    size_t count = (size_t)decoder->width * (size_t)decoder->height;
    uint8_t *to = NEW_ARRAY(count * (size_t)channels, uint8_t);
    *image = (struct image){decoder->width, decoder->height, channels, to};
    for (const uint8_t *rgba = decoder->rgba, *end = rgba + count * RGBA; rgba < end; rgba += RGBA) {
        unsigned rgb[3];
        for (int c = 0; c < 3; c++)
            rgb[c] = (rgba[c] * rgba[3] + 255u * (255u - rgba[3]) + 127u) / 255u;
        if (channels == 1)
            *to++ = (uint8_t)((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
        for (int c = 0; c < 3 && channels == 3; c++)
            *to++ = (uint8_t)rgb[c];
    }
}

/* All that must live across the jump is in *decoder, never in a register. */
static enum status decode(struct decoder *decoder, const char *name, struct error *err)
{
    png_structp png = decoder->png;
    if (setjmp(png_jmpbuf(png)))
        return error_set(err, STATUS_CORRUPT, "%s is not a whole PNG image: %s (at byte %zu)", name, decoder->reason,
                         decoder->cursor.offset);
    png_set_read_fn(png, decoder, on_read);
    png_set_user_limits(png, INT32_MAX, INT32_MAX); /* the sentence about the size is ours */
    png_read_info(png, decoder->info);
    png_uint_32 width = png_get_image_width(png, decoder->info), height = png_get_image_height(png, decoder->info);
    if (width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX)
        return error_set(err, STATUS_BAD_INPUT, "%s is %u x %u pixels; a side may have at most %d", name,
                         (unsigned)width, (unsigned)height, IMAGE_SIDE_MAX);
    ask_for_rgba(png, decoder->info);
    size_t row_bytes = (size_t)width * RGBA;
    ASSERT(png_get_rowbytes(png, decoder->info) == row_bytes);
    decoder->rgba = NEW_ARRAY(height * row_bytes, uint8_t);
    decoder->rows = NEW_ARRAY(height, png_bytep);
    for (png_uint_32 y = 0; y < height; y++)
        decoder->rows[y] = decoder->rgba + y * row_bytes;
    png_read_image(png, decoder->rows);
    png_read_end(png, NULL);
    decoder->width = (int)width;
    decoder->height = (int)height;
    return STATUS_OK;
}

void image_clear(struct image *image)
{
    free(image->pixels);
    *image = (struct image){0};
}

enum status png_decode(const void *data, size_t size, const char *name, int channels, struct image *image,
                       struct error *err)
{
    ASSERT(channels == 1 || channels == 3);
    *image = (struct image){0};
    if (size < 8 || png_sig_cmp(data, 0, 8))
        return error_set(err, STATUS_CORRUPT, "%s is not a PNG image: it does not begin like one", name);
    struct decoder decoder = {.cursor = {data, size, 0, false}};
    decoder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder, on_error, on_warning);
    ASSERT(decoder.png);
    decoder.info = png_create_info_struct(decoder.png);
    ASSERT(decoder.info);
    enum status status = decode(&decoder, name, err);
    if (!status)
        convert(&decoder, channels, image);
    png_destroy_read_struct(&decoder.png, &decoder.info, NULL);
    free(decoder.rows);
    free(decoder.rgba);
    return status;
}

static void on_write(png_structp png, png_bytep data, size_t size) { bytes_put(png_get_io_ptr(png), data, size); }

static void on_flush(png_structp png) { (void)png; }

void png_encode(const struct image *image, struct bytes *out)
{
    ASSERT(image->width > 0 && image->height > 0 && (image->channels == 1 || image->channels == 3));
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    ASSERT(info);
    /* No error function: with checked sizes and memory as the target, an error is our bug and libpng aborts. */
    png_set_write_fn(png, out, on_write, on_flush);
    png_set_compression_level(png, 6);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_ALL_FILTERS);
    png_set_IHDR(png, info, (png_uint_32)image->width, (png_uint_32)image->height, 8,
                 image->channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    size_t row_bytes = (size_t)image->width * (size_t)image->channels;
    for (int y = 0; y < image->height; y++)
        png_write_row(png, image->pixels + (size_t)y * row_bytes);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
}

enum status png_save(const struct image *image, const char *path, struct error *err)
{
    struct bytes bytes = {0};
    png_encode(image, &bytes);
    enum status status = file_save(path, bytes.data, bytes.size, err);
    bytes_clear(&bytes);
    return status;
}
