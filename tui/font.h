/* tui/font.h - a monospaced font as grey bitmaps, for screenshots; FreeType lives in this file only. */
#ifndef TUI_FONT_H
#define TUI_FONT_H

#include <stdint.h>

#include "logs/status.h"

struct font;

/* DejaVu Sans Mono from Debian's fonts-dejavu-core, or the file named by BINNACLE_FONT. STATUS_IO says which package
 * to install. */
MUST_USE struct font *font_open(int cell_height, struct error *err);
void font_close(struct font **font);
int font_width(const struct font *font);  /* of a cell, pixels */
int font_height(const struct font *font);
/* Coverage 0..255 of the cell, row by row; the rune is clipped to its cell, blank if the font lacks it. Valid until
 * the next call. */
const uint8_t *font_glyph(struct font *font, uint32_t rune, bool bold);

#endif
