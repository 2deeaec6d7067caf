#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <libdeflate.h>

#include "logs/file.h"
#include "logs/memory.h"
#include "logs/png.h"
#include "logs/seed.h"

/* --- PNG files of every kind, written by hand ------------------------------------------------------------------- */

static void put_be32(struct bytes *out, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes_put_u8(out, (uint8_t)(value >> shift));
}

static void put_chunk(struct bytes *out, const char *type, const void *data, size_t size)
{
    put_be32(out, (uint32_t)size);
    size_t start = out->size;
    bytes_put(out, type, 4);
    bytes_put(out, data, size);
    put_be32(out, libdeflate_crc32(0, out->data + start, out->size - start));
}

struct row {
    const char *what;
    uint8_t depth, type, interlaced; /* type: 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGBA */
    const char *palette, *transparent, *raw;
    size_t palette_size, transparent_size, raw_size;
    uint8_t grey[2], rgb[6]; /* the two pixels wanted */
};
#define RAW(text) .raw = text, .raw_size = sizeof(text) - 1
#define PALETTE(text) .palette = text, .palette_size = sizeof(text) - 1
#define TRANSPARENT(text) .transparent = text, .transparent_size = sizeof(text) - 1

static void put_png(struct bytes *out, uint32_t width, uint32_t height, const struct row *row)
{
    bytes_put(out, "\x89PNG\r\n\x1a\n", 8);
    struct bytes body = {0};
    put_be32(&body, width);
    put_be32(&body, height);
    bytes_put(&body, (uint8_t[]){row->depth, row->type, 0, 0, row->interlaced}, 5);
    put_chunk(out, "IHDR", body.data, body.size);
    if (row->palette)
        put_chunk(out, "PLTE", row->palette, row->palette_size);
    if (row->transparent)
        put_chunk(out, "tRNS", row->transparent, row->transparent_size);
    body.size = 0;
    bytes_put(&body, "\x78\x01\x01", 3); /* one stored block */
    bytes_put_u16(&body, (uint16_t)row->raw_size);
    bytes_put_u16(&body, (uint16_t)~row->raw_size);
    bytes_put(&body, row->raw, row->raw_size);
    put_be32(&body, libdeflate_adler32(1, row->raw, row->raw_size));
    put_chunk(out, "IDAT", body.data, body.size);
    put_chunk(out, "IEND", NULL, 0);
    bytes_clear(&body);
}

static const struct row rows[] = {
    {"1-bit grey", .depth = 1, RAW("\0\x40"), .grey = {0, 255}, .rgb = {0, 0, 0, 255, 255, 255}},
    {"8-bit grey", .depth = 8, RAW("\0\x10\xf0"), .grey = {16, 240}, .rgb = {16, 16, 16, 240, 240, 240}},
    {"interlaced", .depth = 8, .interlaced = 1, RAW("\0\x10\0\xf0"), .grey = {16, 240},
     .rgb = {16, 16, 16, 240, 240, 240}},
    {"16-bit grey is cut", .depth = 16, RAW("\0\x12\xff\xfe\x01"), .grey = {18, 254},
     .rgb = {18, 18, 18, 254, 254, 254}},
    {"grey, alpha onto white", .depth = 8, .type = 4, RAW("\0\x20\xff\x20\x00"), .grey = {32, 255},
     .rgb = {32, 32, 32, 255, 255, 255}},
    {"16-bit grey, alpha onto white", .depth = 16, .type = 4, RAW("\0\x20\x00\xff\xff\x20\x00\x00\x00"),
     .grey = {32, 255}, .rgb = {32, 32, 32, 255, 255, 255}},
    {"grey, one value transparent", .depth = 8, RAW("\0\x10\xf0"), TRANSPARENT("\0\x10"), .grey = {255, 240},
     .rgb = {255, 255, 255, 240, 240, 240}},
    {"RGB", .depth = 8, .type = 2, RAW("\0\x01\x02\x03\x80\x80\x80"), .grey = {2, 128},
     .rgb = {1, 2, 3, 128, 128, 128}},
    {"16-bit RGB is cut", .depth = 16, .type = 2, RAW("\0\x01\xff\x02\xff\x03\xff\x80\0\x80\0\x80\0"),
     .grey = {2, 128}, .rgb = {1, 2, 3, 128, 128, 128}},
    {"RGBA onto white", .depth = 8, .type = 6, RAW("\0\x01\x02\x03\xff\x01\x02\x03\x00"), .grey = {2, 255},
     .rgb = {1, 2, 3, 255, 255, 255}},
    {"16-bit RGBA onto white", .depth = 16, .type = 6,
     RAW("\0\x01\0\x02\0\x03\0\xff\xff\x01\0\x02\0\x03\0\0\0"), .grey = {2, 255}, .rgb = {1, 2, 3, 255, 255, 255}},
    {"RGBA, half shining through", .depth = 8, .type = 6, RAW("\0\0\x64\xff\x80\xff\0\0\xff"), .grey = {171, 76},
     .rgb = {127, 177, 255, 255, 0, 0}},
    {"palette", .depth = 1, .type = 3, PALETTE("\x0a\x0a\x0a\x28\x32\x3c"), RAW("\0\x40"), .grey = {10, 48},
     .rgb = {10, 10, 10, 40, 50, 60}},
    {"palette, alpha onto white", .depth = 1, .type = 3, PALETTE("\x0a\x0a\x0a\x28\x32\x3c"), TRANSPARENT("\xff\0"),
     RAW("\0\x40"), .grey = {10, 255}, .rgb = {10, 10, 10, 255, 255, 255}},
};

static void check_pixels(const struct bytes *file, const char *what, int channels, const uint8_t *wanted)
{
    struct image image;
    struct error err = {0};
    if (png_decode(file->data, file->size, what, channels, &image, &err))
        fail_msg("%s", err.text);
    assert_int_equal(image.width, 2);
    assert_int_equal(image.height, 1);
    assert_int_equal(image.channels, channels);
    for (int i = 0; i < 2 * channels; i++)
        if (image.pixels[i] != wanted[i])
            fail_msg("%s, %d channels: sample %d is %d, not %d", what, channels, i, image.pixels[i], wanted[i]);
    image_clear(&image);
    assert_null(image.pixels);
}

static void every_kind_of_png_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes file = {0};
        put_png(&file, 2, 1, &rows[i]);
        check_pixels(&file, rows[i].what, 1, rows[i].grey);
        check_pixels(&file, rows[i].what, 3, rows[i].rgb);
        bytes_clear(&file);
    }
}

static void sizes_are_refused_before_memory_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, height;
        enum status status;
    } sizes[] = {
        {8193, 1, STATUS_BAD_INPUT},       {1, 8193, STATUS_BAD_INPUT}, {0x7fffffff, 0x7fffffff, STATUS_BAD_INPUT},
        {0x80000000, 1, STATUS_CORRUPT},   {0, 1, STATUS_CORRUPT},      {1, 0, STATUS_CORRUPT},
        {8192, 8192, STATUS_CORRUPT}, /* allowed, but the pixels are missing */
    };
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct bytes file = {0};
        struct image image;
        struct error err = {0};
        put_png(&file, sizes[i].width, sizes[i].height, &rows[1]);
        assert_int_equal(png_decode(file.data, file.size, "map.png", 1, &image, &err), sizes[i].status);
        assert_non_null(strstr(err.text, "map.png"));
        if (sizes[i].status == STATUS_BAD_INPUT)
            assert_non_null(strstr(err.text, "at most 8192"));
        assert_null(image.pixels);
        bytes_clear(&file);
    }
}

static void anything_but_a_whole_png_is_corrupt(void **state)
{
    (void)state;
    struct image image;
    struct error err = {0};
    assert_int_equal(png_decode("", 0, "x", 3, &image, &err), STATUS_CORRUPT);
    assert_int_equal(png_decode("P5\n2 1\n255\n..", 13, "x.pgm", 3, &image, &err), STATUS_CORRUPT);
    assert_non_null(strstr(err.text, "x.pgm is not a PNG image"));
    const struct row *whole = &rows[COUNT_OF(rows) - 2]; /* with a palette */
    struct bytes file = {0};
    put_png(&file, 2, 1, whole);
    for (size_t size = 0; size < file.size; size++) {
        assert_int_equal(png_decode(file.data, size, "cut.png", 3, &image, &err), STATUS_CORRUPT);
        assert_null(image.pixels);
    }
    assert_non_null(strstr(err.text, "it ends too early"));
    size_t refused = 0;
    for (size_t bit = 0; bit < file.size * 8; bit++) {
        file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        enum status status = png_decode(file.data, file.size, "flipped.png", 3, &image, &err);
        assert_true(status == STATUS_OK || status == STATUS_CORRUPT || status == STATUS_BAD_INPUT);
        refused += status != STATUS_OK;
        image_clear(&image);
        file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(refused > file.size * 7); /* CRCs see nearly all */
    check_pixels(&file, "unharmed", 3, whole->rgb);
    bytes_clear(&file);
}

static struct image random_image(struct seed_stream *stream, int channels)
{
    int width = 1 + (int)seed_below(stream, 40), height = 1 + (int)seed_below(stream, 40);
    size_t size = (size_t)width * (size_t)height * (size_t)channels;
    struct image image = {width, height, channels, NEW_ARRAY(size, uint8_t)};
    for (size_t i = 0; i < size; i++)
        image.pixels[i] = (uint8_t)seed_u64(stream);
    return image;
}

static void images_survive_encoding_and_repeat_to_the_byte(void **state)
{
    (void)state;
    struct seed_stream stream = seed_stream_named(1, "test_png");
    for (int round = 0; round < 40; round++) {
        struct image image = random_image(&stream, round % 2 ? 3 : 1), back;
        struct bytes first = {0}, second = {0};
        png_encode(&image, &first);
        png_encode(&image, &second);
        assert_int_equal(first.size, second.size);
        assert_memory_equal(first.data, second.data, first.size);
        assert_int_equal(png_decode(first.data, first.size, "back", image.channels, &back, NULL), STATUS_OK);
        assert_int_equal(back.width, image.width);
        assert_int_equal(back.height, image.height);
        assert_memory_equal(back.pixels, image.pixels, (size_t)(image.width * image.height * image.channels));
        image_clear(&image);
        image_clear(&back);
        bytes_clear(&first);
        bytes_clear(&second);
    }
}

static void saved_files_can_be_loaded(void **state)
{
    (void)state;
    char folder[] = "/tmp/binnacle-png-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.png", folder);
    uint8_t pixels[] = {1, 2, 3, 4, 5, 6};
    struct image image = {2, 1, 3, pixels};
    struct bytes file = {0};
    struct error err = {0};
    assert_int_equal(png_save(&image, path, &err), STATUS_OK);
    assert_int_equal(file_load(path, 1 << 20, &file, &err), STATUS_OK);
    check_pixels(&file, path, 3, pixels);
    assert_int_equal(file_load(path, 10, &file, &err), STATUS_BAD_INPUT);
    assert_non_null(strstr(err.text, "10 bytes"));
    bytes_clear(&file);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(png_save(&image, "/no/such/folder/a.png", &err), STATUS_IO);
    assert_non_null(strstr(err.text, "/no/such/folder/a.png"));
    assert_int_equal(file_load(folder, 10, &file, &err), STATUS_IO);
    assert_int_equal(file_load(path, 10, &file, &err), STATUS_IO);
    bytes_clear(&file);
    assert_int_equal(rmdir(folder), 0); /* and no temporary file was left */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_png_is_read),
        cmocka_unit_test(sizes_are_refused_before_memory_is_asked_for),
        cmocka_unit_test(anything_but_a_whole_png_is_corrupt),
        cmocka_unit_test(images_survive_encoding_and_repeat_to_the_byte),
        cmocka_unit_test(saved_files_can_be_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
