#include "tui/shot.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "logs/file.h"
#include "logs/memory.h"
#include "logs/png.h"
#include "tui/font.h"

enum { CELL_HEIGHT = 18, NAMES_MAX = 1000 };

void shot_name(char *path, size_t size, const char *folder, const char *moment, const char *suffix)
{
    char name[32], number[16] = "";
    snprintf(name, sizeof name, "%s", moment);
    for (char *c = name; *c; c++)
        *c = *c == ':' || *c == '.' ? '-' : *c;
    for (int i = 2; i < NAMES_MAX; i++) {
        snprintf(path, size, "%s/binnacle-%s%s.%s", folder, name, number, suffix);
        if (access(path, F_OK) != 0)
            return;
        snprintf(number, sizeof number, "_%d", i);
    }
}

enum status shot_text(const struct canvas *canvas, const char *path, struct error *err)
{
    struct bytes text = {0};
    canvas_dump(canvas, false, &text);
    enum status status = file_save(path, text.data, text.size, err);
    bytes_clear(&text);
    return status;
}

/* One character cell inside the picture. */
struct tile {
    uint8_t *pixels; /* of its top left corner */
    long stride;
    int width, height;
    uint32_t fg, bg;
};

static void blend(const struct tile *tile, int x, int y, unsigned coverage)
{
    uint8_t *pixel = tile->pixels + y * tile->stride + 3L * x;
    for (int i = 0; i < 3; i++) {
        unsigned fg = tile->fg >> (16 - 8 * i) & 255, bg = tile->bg >> (16 - 8 * i) & 255;
        pixel[i] = (uint8_t)((fg * coverage + bg * (255 - coverage) + 127) / 255);
    }
}

static void paint(const struct tile *tile, int x0, int y0, int x1, int y1)
{
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            blend(tile, x, y, 255);
}

/* U+2580 upper half, U+2581..2588 lower eighths, U+2589..258F left eighths, U+2590 right half. */
static void paint_block(const struct tile *t, uint32_t rune)
{
    int w = t->width, h = t->height;
    if (rune == 0x2580)
        paint(t, 0, 0, w, h / 2);
    else if (rune == 0x2590)
        paint(t, w / 2, 0, w, h);
    else if (rune <= 0x2588)
        paint(t, 0, h - h * (int)(rune - 0x2580) / 8, w, h);
    else
        paint(t, 0, 0, w * (int)(0x2590 - rune) / 8, h);
}

/* Dots 1..6 run down the two columns, 7 and 8 are the bottom row. */
static void paint_braille(const struct tile *t, uint32_t dots)
{
    static const struct {
        int x, y;
    } at[8] = {{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}};
    for (int i = 0; i < 8; i++) {
        int x = t->width * (2 * at[i].x + 1) / 4, y = t->height * (2 * at[i].y + 1) / 8;
        if (dots >> i & 1)
            paint(t, x - 1, y - 1, x + 1, y + 1);
    }
}

/* The light lines we use: which arms (left, right, up, down) each sign has. */
static bool paint_line(const struct tile *t, uint32_t rune)
{
    static const struct {
        uint32_t rune;
        unsigned arms; /* 1 left, 2 right, 4 up, 8 down */
    } signs[] = {
        {0x2500, 3}, {0x2502, 12}, {0x250c, 10}, {0x2510, 9}, {0x2514, 6}, {0x2518, 5},  {0x251c, 14},
        {0x2524, 13}, {0x252c, 11}, {0x2534, 7}, {0x253c, 15}, {0x256d, 10}, {0x256e, 9}, {0x256f, 5}, {0x2570, 6},
    };
    int x = t->width / 2, y = t->height / 2;
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (signs[i].rune != rune)
            continue;
        paint(t, signs[i].arms & 1 ? 0 : x, y, signs[i].arms & 2 ? t->width : x + 1, y + 1);
        paint(t, x, signs[i].arms & 4 ? 0 : y, x + 1, signs[i].arms & 8 ? t->height : y + 1);
        return true;
    }
    return false;
}

static void paint_cell(const struct tile *t, const struct cell *cell, struct font *font)
{
    for (int y = 0; y < t->height; y++)
        for (int x = 0; x < t->width; x++)
            blend(t, x, y, 0);
    if (cell->rune >= 0x2580 && cell->rune <= 0x2590) {
        paint_block(t, cell->rune);
    } else if (cell->rune >= 0x2800 && cell->rune <= 0x28ff) {
        paint_braille(t, cell->rune - 0x2800);
    } else if (cell->rune != ' ' && !paint_line(t, cell->rune)) {
        const uint8_t *coverage = font_glyph(font, cell->rune, cell->attributes & CELL_BOLD);
        for (int y = 0; y < t->height; y++)
            for (int x = 0; x < t->width; x++)
                blend(t, x, y, coverage[y * t->width + x]);
    }
    if (cell->attributes & CELL_UNDERLINE)
        paint(t, 0, t->height - 2, t->width, t->height - 1);
}

enum status shot_png(const struct canvas *canvas, const struct theme *theme, const char *path, struct error *err)
{
    struct font *font = font_open(CELL_HEIGHT, err);
    if (!font)
        return err->status;
    int w = font_width(font), h = font_height(font);
    struct image image = {.width = canvas->width * w, .height = canvas->height * h, .channels = 3};
    image.pixels = NEW_ARRAY((size_t)image.width * (size_t)image.height * 3, uint8_t);
    for (int y = 0; y < canvas->height; y++)
        for (int x = 0; x < canvas->width; x++) {
            const struct cell *cell = canvas_cell(canvas, x, y);
            bool reverse = cell->attributes & CELL_REVERSE;
            uint32_t fg = theme_rgb(theme, cell->fg, false), bg = theme_rgb(theme, cell->bg, true);
            struct tile tile = {
                .stride = 3L * image.width,
                .width = w,
                .height = h,
                .fg = reverse ? bg : fg,
                .bg = reverse ? fg : bg,
            };
            tile.pixels = image.pixels + (long)y * h * tile.stride + 3L * x * w;
            paint_cell(&tile, cell, font);
        }
    enum status status = png_save(&image, path, err);
    image_clear(&image);
    font_close(&font);
    return status;
}
