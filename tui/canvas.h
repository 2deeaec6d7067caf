/* tui/canvas.h - a grid of cells that views draw on and tests can read; no terminal anywhere.
 *
 * Coordinates are cells, x to the right, y down, (0, 0) top left. Every drawing call is clipped to the canvas and to
 * the current clip rectangle, so nothing outside of it can change; any coordinate is allowed. A colour is a role,
 * which the theme turns into a colour of the terminal at hand, or exact RGB (pictures). Cells always hold the richest
 * form (Unicode, half blocks, braille); canvas_degrade rewrites them once, at the end, for terminals that cannot show
 * that. So no view asks what the terminal can do. Runes are one column wide: control characters, bad UTF-8, combining
 * and wide runes are drawn as '?', which also makes text from the wire harmless. */
#ifndef TUI_CANVAS_H
#define TUI_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

#include "logs/bytes.h"

struct rect {
    int x, y, width, height;
};

/*    enumerator  letter in a dump */
#define ROLES(X)                                                                                                       \
    X(DEFAULT, ' ')  /* the terminal's own background (or foreground) */                                               \
    X(TEXT, '.')                                                                                                       \
    X(DIM, 'd')      /* units, stale panes, costmap */                                                                 \
    X(BORDER, 'b')                                                                                                     \
    X(FOCUS, 'f')    /* border and title of the focused pane */                                                        \
    X(TITLE, 't')                                                                                                      \
    X(BAR, '=')      /* background of status line and key bar */                                                       \
    X(KEY, 'k')      /* a key's name where help is given */                                                            \
    X(OK, 'o')                                                                                                         \
    X(WARN, 'w')                                                                                                       \
    X(BAD, '!')                                                                                                        \
    X(ACCENT, 'a')   /* the chosen one, the cursor */                                                                  \
    X(LIDAR, 'l')                                                                                                      \
    X(WALL, 'm')     /* the given map */                                                                               \
    X(PLAN, 'p')                                                                                                       \
    X(TRAIL, 'r')                                                                                                      \
    X(GOAL, 'g')                                                                                                       \
    X(KEEPOUT, 'y')                                                                                                    \
    X(RGB, '#')      /* exact colour in r, g, b: 256 colours or more; canvas_degrade's ramp takes it away */

#define ROLE_ENUM(id, letter) ROLE_##id,
enum role { ROLES(ROLE_ENUM) ROLE_COUNT };

struct colour {
    uint8_t role; /* enum role */
    uint8_t r, g, b; /* ROLE_RGB only, else 0 */
};
static inline struct colour colour_role(enum role role) { return (struct colour){(uint8_t)role, 0, 0, 0}; }
static inline struct colour colour_rgb(uint8_t r, uint8_t g, uint8_t b) { return (struct colour){ROLE_RGB, r, g, b}; }

enum { CELL_BOLD = 1, CELL_REVERSE = 2, CELL_UNDERLINE = 4 };

struct cell { /* no padding: cells may be compared with memcmp */
    uint32_t rune;
    struct colour fg, bg;
    uint32_t attributes;
};

struct canvas {
    int width, height;
    struct cell *cells; /* row by row */
    struct rect clip;
};

/* Caller's storage, zero-initialised before the first canvas_resize; canvas_free frees. */
void canvas_resize(struct canvas *canvas, int width, int height); /* 1 x 1 at least; erases */
void canvas_free(struct canvas *canvas);
void canvas_erase(struct canvas *canvas); /* spaces, ROLE_TEXT on ROLE_DEFAULT; clip to the whole canvas */

/* The cell, or NULL outside of the canvas. */
static inline struct cell *canvas_cell(const struct canvas *canvas, int x, int y)
{
    bool inside = x >= 0 && y >= 0 && x < canvas->width && y < canvas->height;
    return inside ? &canvas->cells[(long)y * canvas->width + x] : NULL;
}

/* Narrows the clip to its intersection with `rect`; returns the old one for canvas_clip_restore. */
struct rect canvas_clip(struct canvas *canvas, struct rect rect);
void canvas_clip_restore(struct canvas *canvas, struct rect old);
struct rect rect_intersect(struct rect a, struct rect b); /* width and height 0 if they do not meet */
struct rect rect_inset(struct rect rect, int by);         /* never negative sizes */

/* --- drawing -------------------------------------------------------------------------------------------------- */
void canvas_put(struct canvas *canvas, int x, int y, uint32_t rune, enum role role); /* keeps the background */
/* Text on the present background. Returns the column behind the last one, drawn or clipped. */
int canvas_text(struct canvas *canvas, int x, int y, enum role role, const char *text);
int canvas_print(struct canvas *canvas, int x, int y, enum role role, const char *format, ...) PRINTF_LIKE(5, 6);
/* Exactly |width| columns: cut with an ellipsis, padded with spaces; right-aligned if width is negative. Returns the
 * column behind them. */
int canvas_field(struct canvas *canvas, int x, int y, int width, enum role role, const char *format, ...)
    PRINTF_LIKE(6, 7);
int canvas_columns(const char *text); /* columns canvas_text would use */
void canvas_fill(struct canvas *canvas, struct rect rect, uint32_t rune, enum role fg, enum role bg);
void canvas_attribute(struct canvas *canvas, struct rect rect, uint32_t attributes); /* sets these bits */
void canvas_background(struct canvas *canvas, struct rect rect, enum role bg);
void canvas_box(struct canvas *canvas, struct rect rect, enum role role);
/* A horizontal bar of `width` cells, `fraction` of it full (eighth blocks, the rest dim dots). NaN draws as empty. */
void canvas_bar(struct canvas *canvas, int x, int y, int width, double fraction, enum role role);
/* RGB pixels, width x height, rows without padding; two pixel rows per cell row: cell (x, y) holds pixel (0, 0) above
 * pixel (0, 1). An odd last row gets the default background below it. */
void canvas_image(struct canvas *canvas, int x, int y, int width, int height, const uint8_t *rgb);
/* Everything in the rectangle as seen through frosted glass: roles become ROLE_DIM, RGB half as bright. */
void canvas_dim(struct canvas *canvas, struct rect rect);

/* --- braille dots: 2 x 4 per cell (tui/braille.c) ------------------------------------------------------------- */
/* Dot coordinates count from the canvas's corner: dot (2x, 4y) is the top left one of cell (x, y). A dot joins those
 * already in its cell; the last call decides the cell's role. Text under a dot is replaced. */
void canvas_dot(struct canvas *canvas, int dot_x, int dot_y, enum role role);
void canvas_dot_line(struct canvas *canvas, double x0, double y0, double x1, double y1, enum role role);
/* One curve over `rect`: values[i] is at the i-th of `count` equally spaced columns; low..high span the height, values
 * outside stick to the edge, NaN leaves a hole. */
void canvas_plot(struct canvas *canvas, struct rect rect, const float *values, int count, double low, double high,
                 enum role role);

/* --- the end of a frame --------------------------------------------------------------------------------------- */
/* Rewrites cells for what the terminal lacks. `ramp` (fewer than 256 colours): picture cells become characters by
 * brightness, " .:-=+*#%@". `ascii` (no UTF-8): borders + - |, braille . : *, known signs their nearest letter,
 * anything else '?'. */
void canvas_degrade(struct canvas *canvas, bool ascii, bool ramp);

/* Appends the text, one line per row in UTF-8, trailing spaces cut; with `roles` then a line "--" and the plane of
 * role letters (of the foreground; of the background where it is not default and the cell is blank; a digit 0..9 of
 * brightness where the cell is a picture's), so that a change of colour shows in a diff too. */
void canvas_dump(const struct canvas *canvas, bool roles, struct bytes *out);

/* UTF-8 of one rune into text (at most 4 bytes); returns the length. */
int canvas_utf8(uint32_t rune, char text[4]);

#endif
