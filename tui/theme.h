/* tui/theme.h - roles and exact colours -> what a terminal of 256, 16, 8 or 0 colours can show.
 *
 * Accents are Okabe and Ito's eight colours (Color Universal Design, 2008), told apart by all common kinds of colour
 * blindness; besides, every state on screen also carries a glyph or word. */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include "tui/canvas.h"

enum theme_depth { THEME_MONO, THEME_8, THEME_16, THEME_256, THEME_DEPTHS };
extern const char *const theme_depth_names[THEME_DEPTHS + 1]; /* "mono", "8", "16", "256", NULL */

enum theme_palette { THEME_DARK, THEME_LIGHT, THEME_PALETTES }; /* for a dark or a light terminal background */
extern const char *const theme_palette_names[THEME_PALETTES + 1];

struct theme {
    enum theme_depth depth;
    enum theme_palette palette;
};

struct style {
    int fg, bg;          /* palette index of the terminal, -1 its default */
    uint32_t attributes; /* CELL_*: the cell's own and those that stand in for colour */
};

/* How to show the cell. Exact RGB needs 256 colours and is the default colour below that; in mono, a background
 * becomes reverse. */
struct style theme_style(const struct theme *theme, const struct cell *cell);
/* The exact colour (PNG screenshots): 0xRRGGBB; a role behind is its background. */
uint32_t theme_rgb(const struct theme *theme, struct colour colour, bool background);
/* The nearest of xterm's 6x6x6 cube (16..231) and grey ramp (232..255), by squared distance. */
uint8_t theme_index_256(uint8_t r, uint8_t g, uint8_t b);
/* Whether pictures must be drawn with the character ramp (canvas_degrade). */
static inline bool theme_wants_ramp(const struct theme *theme) { return theme->depth < THEME_256; }
/* The best depth for a terminal: colours it claims (0 if unknown) and the value of NO_COLOR (NULL or "" counts as
 * unset). */
enum theme_depth theme_depth_for(int colours, const char *no_color);

#endif
