#include "tui/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "logs/memory.h"

enum { TEXT_MAX = 512, HALF_BLOCK = 0x2580, ELLIPSIS = 0x2026 };

static const struct cell blank = {' ', {ROLE_TEXT, 0, 0, 0}, {ROLE_DEFAULT, 0, 0, 0}, 0};

/* --- storage -------------------------------------------------------------------------------------------------- */

void canvas_resize(struct canvas *canvas, int width, int height)
{
    canvas->width = width < 1 ? 1 : width;
    canvas->height = height < 1 ? 1 : height;
    canvas->cells = memory_resize(canvas->cells, (size_t)canvas->width * (size_t)canvas->height, sizeof(struct cell));
    canvas_erase(canvas);
}

void canvas_free(struct canvas *canvas)
{
    free(canvas->cells);
    *canvas = (struct canvas){0};
}

void canvas_erase(struct canvas *canvas)
{
    canvas->clip = (struct rect){0, 0, canvas->width, canvas->height};
    long count = (long)canvas->width * canvas->height;
    for (long i = 0; i < count; i++)
        canvas->cells[i] = blank;
}

/* --- rectangles ----------------------------------------------------------------------------------------------- */

struct rect rect_intersect(struct rect a, struct rect b)
{
    int x0 = a.x > b.x ? a.x : b.x, y0 = a.y > b.y ? a.y : b.y;
    int x1 = a.x + a.width < b.x + b.width ? a.x + a.width : b.x + b.width;
    int y1 = a.y + a.height < b.y + b.height ? a.y + a.height : b.y + b.height;
    return x1 > x0 && y1 > y0 ? (struct rect){x0, y0, x1 - x0, y1 - y0} : (struct rect){x0, y0, 0, 0};
}

struct rect rect_inset(struct rect rect, int by)
{
    rect.x += by;
    rect.y += by;
    rect.width = rect.width > 2 * by ? rect.width - 2 * by : 0;
    rect.height = rect.height > 2 * by ? rect.height - 2 * by : 0;
    return rect;
}

struct rect canvas_clip(struct canvas *canvas, struct rect rect)
{
    struct rect old = canvas->clip;
    canvas->clip = rect_intersect(old, rect);
    return old;
}

void canvas_clip_restore(struct canvas *canvas, struct rect old) { canvas->clip = old; }

/* The cell if drawing there is allowed, else NULL. */
static struct cell *drawable(const struct canvas *canvas, int x, int y)
{
    const struct rect *clip = &canvas->clip;
    bool inside = x >= clip->x && y >= clip->y && x < clip->x + clip->width && y < clip->y + clip->height;
    return inside ? &canvas->cells[(long)y * canvas->width + x] : NULL;
}

/* --- runes ---------------------------------------------------------------------------------------------------- */

/* One column wide, stands alone, does nothing to a terminal. */
static bool rune_is_plain(uint32_t rune)
{
    static const struct {
        uint32_t first, last;
    } plain[] = {{0x20, 0x7e},     {0xa1, 0xac},     {0xae, 0x2ff},    {0x370, 0x482},
                 {0x48a, 0x52f},   {0x2010, 0x2027}, {0x2030, 0x205e}, {0x2070, 0x20bf},
                 {0x2100, 0x22ff}, {0x2500, 0x25ff}, {0x2800, 0x28ff}};
    for (size_t i = 0; i < COUNT_OF(plain); i++)
        if (rune >= plain[i].first && rune <= plain[i].last)
            return true;
    return false;
}

/* Decodes one rune and moves on by at least one byte; whatever is not plain is '?'. */
static uint32_t rune_next(const char **text)
{
    const unsigned char *at = (const unsigned char *)*text;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    int length = at[0] < 0x80 ? 1 : at[0] >> 5 == 6 ? 2 : at[0] >> 4 == 14 ? 3 : at[0] >> 3 == 30 ? 4 : 0;
    uint32_t rune = length <= 1 ? at[0] : at[0] & (0xffU >> (length + 1));
    for (int i = 1; i < length; i++) {
        if (at[i] >> 6 != 2) {
            *text += i;
            return '?';
        }
        rune = rune << 6 | (at[i] & 0x3f);
    }
    *text += length ? length : 1;
    return length && rune >= least[length] && rune_is_plain(rune) ? rune : '?';
}

int canvas_utf8(uint32_t rune, char text[4])
{
    if (rune < 0x80) {
        text[0] = (char)rune;
        return 1;
    }
    int length = rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
    for (int i = length - 1; i > 0; i--, rune >>= 6)
        text[i] = (char)(0x80 | (rune & 0x3f));
    text[0] = (char)((0xf00 >> length & 0xff) | rune);
    return length;
}

int canvas_columns(const char *text)
{
    int columns = 0;
    for (; *text; columns++)
        rune_next(&text);
    return columns;
}

/* --- text ----------------------------------------------------------------------------------------------------- */

void canvas_put(struct canvas *canvas, int x, int y, uint32_t rune, enum role role)
{
    struct cell *cell = drawable(canvas, x, y);
    if (!cell)
        return;
    cell->rune = rune;
    cell->fg = colour_role(role);
    cell->attributes = 0;
    if (cell->bg.role == ROLE_RGB)
        cell->bg = colour_role(ROLE_DEFAULT);
}

int canvas_text(struct canvas *canvas, int x, int y, enum role role, const char *text)
{
    while (*text)
        canvas_put(canvas, x++, y, rune_next(&text), role);
    return x;
}

int canvas_print(struct canvas *canvas, int x, int y, enum role role, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return canvas_text(canvas, x, y, role, text);
}

int canvas_field(struct canvas *canvas, int x, int y, int width, enum role role, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    int room = abs(width), columns = canvas_columns(text), end = x + room;
    const char *at = text;
    int used = columns > room ? room : columns;
    for (int pad = width < 0 ? room - used : 0; pad > 0; pad--)
        canvas_put(canvas, x++, y, ' ', role);
    for (int i = 0; i < used; i++) {
        uint32_t rune = rune_next(&at);
        canvas_put(canvas, x++, y, i == room - 1 && columns > room ? ELLIPSIS : rune, role);
    }
    while (x < end)
        canvas_put(canvas, x++, y, ' ', role);
    return end;
}

/* --- areas ---------------------------------------------------------------------------------------------------- */

void canvas_fill(struct canvas *canvas, struct rect rect, uint32_t rune, enum role fg, enum role bg)
{
    rect = rect_intersect(rect, canvas->clip);
    for (int y = rect.y; y < rect.y + rect.height; y++)
        for (int x = rect.x; x < rect.x + rect.width; x++)
            *canvas_cell(canvas, x, y) = (struct cell){rune, colour_role(fg), colour_role(bg), 0};
}

void canvas_attribute(struct canvas *canvas, struct rect rect, uint32_t attributes)
{
    rect = rect_intersect(rect, canvas->clip);
    for (int y = rect.y; y < rect.y + rect.height; y++)
        for (int x = rect.x; x < rect.x + rect.width; x++)
            canvas_cell(canvas, x, y)->attributes |= attributes;
}

void canvas_background(struct canvas *canvas, struct rect rect, enum role bg)
{
    rect = rect_intersect(rect, canvas->clip);
    for (int y = rect.y; y < rect.y + rect.height; y++)
        for (int x = rect.x; x < rect.x + rect.width; x++)
            canvas_cell(canvas, x, y)->bg = colour_role(bg);
}

void canvas_box(struct canvas *canvas, struct rect rect, enum role role)
{
    if (rect.width < 2 || rect.height < 2)
        return;
    int right = rect.x + rect.width - 1, bottom = rect.y + rect.height - 1;
    for (int x = rect.x + 1; x < right; x++) {
        canvas_put(canvas, x, rect.y, 0x2500, role);
        canvas_put(canvas, x, bottom, 0x2500, role);
    }
    for (int y = rect.y + 1; y < bottom; y++) {
        canvas_put(canvas, rect.x, y, 0x2502, role);
        canvas_put(canvas, right, y, 0x2502, role);
    }
    canvas_put(canvas, rect.x, rect.y, 0x250c, role);
    canvas_put(canvas, right, rect.y, 0x2510, role);
    canvas_put(canvas, rect.x, bottom, 0x2514, role);
    canvas_put(canvas, right, bottom, 0x2518, role);
}

void canvas_bar(struct canvas *canvas, int x, int y, int width, double fraction, enum role role)
{
    int eighths = fraction > 0 ? (int)((fraction < 1 ? fraction : 1) * width * 8 + 0.5) : 0;
    for (int i = 0; i < width; i++, eighths -= 8) {
        if (eighths >= 8)
            canvas_put(canvas, x + i, y, 0x2588, role);
        else if (eighths > 0)
            canvas_put(canvas, x + i, y, (uint32_t)(0x2590 - eighths), role); /* U+258F is one eighth, U+2589 seven */
        else
            canvas_put(canvas, x + i, y, 0xb7, ROLE_DIM);
    }
}

void canvas_image(struct canvas *canvas, int x, int y, int width, int height, const uint8_t *rgb)
{
    for (int row = 0; row < height; row += 2) {
        const uint8_t *top = rgb + (long)row * width * 3, *bottom = row + 1 < height ? top + width * 3L : NULL;
        for (int column = 0; column < width; column++, top += 3, bottom = bottom ? bottom + 3 : NULL) {
            struct cell *cell = drawable(canvas, x + column, y + row / 2);
            if (cell)
                *cell = (struct cell){
                    HALF_BLOCK, colour_rgb(top[0], top[1], top[2]),
                    bottom ? colour_rgb(bottom[0], bottom[1], bottom[2]) : colour_role(ROLE_DEFAULT), 0};
        }
    }
}

static struct colour dimmed(struct colour colour, enum role role)
{
    return colour.role == ROLE_RGB ? colour_rgb(colour.r / 2, colour.g / 2, colour.b / 2) : colour_role(role);
}

void canvas_dim(struct canvas *canvas, struct rect rect)
{
    rect = rect_intersect(rect, canvas->clip);
    for (int y = rect.y; y < rect.y + rect.height; y++)
        for (int x = rect.x; x < rect.x + rect.width; x++) {
            struct cell *cell = canvas_cell(canvas, x, y);
            cell->fg = dimmed(cell->fg, ROLE_DIM);
            cell->bg = dimmed(cell->bg, ROLE_DEFAULT);
            cell->attributes = 0;
        }
}

/* --- the end of a frame --------------------------------------------------------------------------------------- */

static int brightness(struct colour colour)
{
    return colour.role == ROLE_RGB ? (colour.r * 54 + colour.g * 183 + colour.b * 19) >> 8 : 0;
}

/* Mean brightness of a picture cell in 0..255. */
static int cell_brightness(const struct cell *cell) { return (brightness(cell->fg) + brightness(cell->bg)) / 2; }

static uint32_t rune_ascii(uint32_t rune)
{
    static const struct {
        uint32_t rune;
        char ascii;
    } signs[] = {{ELLIPSIS, '~'}, {0xb0, 'o'},   {0xb1, '+'},   {0xb2, '2'},   {0xb7, '.'},   {0xd7, 'x'},
                 {0x2190, '<'},   {0x2191, '^'}, {0x2192, '>'}, {0x2193, 'v'}, {0x2500, '-'}, {0x2502, '|'},
                 {0x2501, '='},   {0x2503, '|'}, {0x25b2, '^'}, {0x25b6, '>'}, {0x25bc, 'v'}, {0x25c0, '<'},
                 {0x25cf, '*'},   {0x25c6, '*'}, {0x25cb, 'o'}, {0x2580, '#'}};
    if (rune < 0x80)
        return rune;
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (signs[i].rune == rune)
            return (uint32_t)signs[i].ascii;
    if (rune >= 0x2800 && rune <= 0x28ff) {
        int dots = __builtin_popcount(rune & 0xff);
        return dots == 0 ? ' ' : dots <= 2 ? '.' : dots <= 5 ? ':' : '*';
    }
    if (rune >= 0x2504 && rune <= 0x254b)
        return '+';
    if (rune >= 0x2588 && rune <= 0x258f)
        return rune <= 0x258c ? '#' : '-'; /* half full or more */
    return '?';
}

void canvas_degrade(struct canvas *canvas, bool ascii, bool ramp)
{
    static const char levels[] = " .:-=+*#%@";
    long count = (long)canvas->width * canvas->height;
    for (long i = 0; i < count; i++) {
        struct cell *cell = &canvas->cells[i];
        if (cell->fg.role == ROLE_RGB && ramp) {
            uint32_t level = (uint32_t)levels[cell_brightness(cell) * 10 / 256];
            *cell = (struct cell){level, colour_role(ROLE_TEXT), colour_role(ROLE_DEFAULT), 0};
        } else if (cell->fg.role == ROLE_RGB && ascii && cell->rune == HALF_BLOCK) {
            struct colour mean =
                colour_rgb((uint8_t)((cell->fg.r + cell->bg.r) / 2), (uint8_t)((cell->fg.g + cell->bg.g) / 2),
                           (uint8_t)((cell->fg.b + cell->bg.b) / 2));
            *cell = (struct cell){' ', mean, mean, 0}; /* the colours are there, only the glyph is not */
        } else if (ascii) {
            cell->rune = rune_ascii(cell->rune);
        }
    }
}

static char role_letter(const struct cell *cell)
{
#define ROLE_LETTER(id, letter) letter,
    static const char letters[ROLE_COUNT] = {ROLES(ROLE_LETTER)};
    if (cell->fg.role == ROLE_RGB)
        return (char)('0' + cell_brightness(cell) * 10 / 256);
    return letters[cell->rune == ' ' ? cell->bg.role : cell->fg.role];
}

void canvas_dump(const struct canvas *canvas, bool roles, struct bytes *out)
{
    for (int plane = 0; plane < 1 + roles; plane++) {
        if (plane)
            bytes_format(out, "--\n");
        for (int y = 0; y < canvas->height; y++) {
            size_t start = out->size;
            for (int x = 0; x < canvas->width; x++) {
                const struct cell *cell = canvas_cell(canvas, x, y);
                char text[4] = {role_letter(cell)};
                bytes_put(out, text, plane ? 1 : (size_t)canvas_utf8(cell->rune, text));
            }
            while (out->size > start && out->data[out->size - 1] == ' ')
                out->size--;
            bytes_put_u8(out, '\n');
        }
    }
}
