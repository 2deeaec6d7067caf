#include "tui/theme.h"

#include <stddef.h>

const char *const theme_depth_names[THEME_DEPTHS + 1] = {"mono", "8", "16", "256", NULL};
const char *const theme_palette_names[THEME_PALETTES + 1] = {"dark", "light", NULL};

enum {
    OWN = -1,
    BLACK = 0,
    RED,
    GREEN,
    YELLOW,
    BLUE,
    MAGENTA,
    CYAN,
    WHITE,
    GREY
}; /* of the terminal; OWN: its default */

struct role_look {
    uint32_t rgb[THEME_PALETTES];
    int basic;           /* of 8 and 16 colours */
    uint32_t attributes; /* always */
    uint32_t mono;       /* in their place when there is no colour */
};

/* Light: the same hues, darkened until they keep a contrast of about 4.5 on white. */
static const struct role_look looks[ROLE_COUNT] = {
    [ROLE_DEFAULT] = {{0x000000, 0xffffff}, OWN, 0, 0},
    [ROLE_TEXT] = {{0xd8dce0, 0x202428}, OWN, 0, 0},
    [ROLE_DIM] = {{0x7a828a, 0x767c82}, GREY, 0, 0},
    [ROLE_BORDER] = {{0x4e565e, 0x9aa0a6}, GREY, 0, 0},
    [ROLE_FOCUS] = {{0x56b4e9, 0x0072b2}, CYAN, CELL_BOLD, CELL_BOLD},
    [ROLE_TITLE] = {{0xd8dce0, 0x202428}, OWN, CELL_BOLD, CELL_BOLD},
    [ROLE_BAR] = {{0x262c32, 0xe4e8ec}, OWN, 0, 0},
    [ROLE_KEY] = {{0x56b4e9, 0x0072b2}, CYAN, CELL_BOLD, CELL_BOLD},
    [ROLE_OK] = {{0x009e73, 0x00704f}, GREEN, 0, 0},
    [ROLE_WARN] = {{0xe69f00, 0x8a5f00}, YELLOW, 0, CELL_BOLD},
    [ROLE_BAD] = {{0xd55e00, 0xb04a00}, RED, CELL_BOLD, CELL_BOLD},
    [ROLE_ACCENT] = {{0xf0e442, 0x6e6600}, YELLOW, CELL_BOLD, CELL_BOLD},
    [ROLE_LIDAR] = {{0x56b4e9, 0x0072b2}, CYAN, 0, 0},
    [ROLE_WALL] = {{0x8a929a, 0x5a6066}, OWN, 0, 0},
    [ROLE_PLAN] = {{0x009e73, 0x00704f}, GREEN, 0, 0},
    [ROLE_TRAIL] = {{0xcc79a7, 0x9a4a78}, MAGENTA, 0, 0},
    [ROLE_GOAL] = {{0xe69f00, 0x8a5f00}, YELLOW, CELL_BOLD, CELL_BOLD},
    [ROLE_KEEPOUT] = {{0xf0e442, 0x6e6600}, YELLOW, 0, 0},
};

static int distance(int a, int b) { return (a - b) * (a - b); }

uint8_t theme_index_256(uint8_t r, uint8_t g, uint8_t b)
{
    static const int cube[6] = {0, 95, 135, 175, 215, 255};
    const int rgb[3] = {r, g, b};
    int index[3], error = 0;
    for (int i = 0; i < 3; i++) {
        int v = rgb[i];
        index[i] = v < 48 ? 0 : v < 115 ? 1 : (v - 35) / 40; /* the nearest of the uneven steps */
        error += distance(v, cube[index[i]]);
    }
    int mean = (r + g + b) / 3, grey = mean < 8 ? 0 : mean > 238 ? 23 : (mean - 3) / 10, level = 8 + 10 * grey;
    if (distance(r, level) + distance(g, level) + distance(b, level) < error)
        return (uint8_t)(232 + grey);
    return (uint8_t)(16 + 36 * index[0] + 6 * index[1] + index[2]);
}

uint32_t theme_rgb(const struct theme *theme, struct colour colour, bool background)
{
    if (colour.role == ROLE_RGB)
        return (uint32_t)colour.r << 16 | (uint32_t)colour.g << 8 | colour.b;
    enum role role = colour.role == ROLE_DEFAULT && !background ? ROLE_TEXT : (enum role)colour.role;
    return looks[role].rgb[theme->palette];
}

static int palette_index(const struct theme *theme, struct colour colour)
{
    const struct role_look *look = &looks[colour.role];
    bool own = colour.role == ROLE_DEFAULT || colour.role == ROLE_TEXT || colour.role == ROLE_TITLE;
    if (theme->depth == THEME_MONO || own)
        return OWN;
    if (theme->depth == THEME_256) {
        uint32_t rgb = theme_rgb(theme, colour, false);
        return theme_index_256((uint8_t)(rgb >> 16), (uint8_t)(rgb >> 8), (uint8_t)rgb);
    }
    if (colour.role == ROLE_RGB)
        return OWN;
    return theme->depth == THEME_8 && look->basic == GREY ? OWN : look->basic;
}

struct style theme_style(const struct theme *theme, const struct cell *cell)
{
    bool mono = theme->depth == THEME_MONO;
    const struct role_look *look = &looks[cell->fg.role];
    struct style style = {palette_index(theme, cell->fg), palette_index(theme, cell->bg),
                          cell->attributes | (mono ? look->mono : look->attributes)};
    /* A bar without a background of its own is told apart by reversing it. */
    if (cell->bg.role == ROLE_BAR && style.bg == OWN)
        style.attributes ^= CELL_REVERSE;
    return style;
}

enum theme_depth theme_depth_for(int colours, const char *no_color)
{
    if ((no_color && *no_color) || colours < 8)
        return THEME_MONO;
    return colours >= 256 ? THEME_256 : colours >= 16 ? THEME_16 : THEME_8;
}
