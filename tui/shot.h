/* tui/shot.h - a canvas as a picture: text, or a PNG drawn cell by cell with a built-in 8 x 16 font. */
#ifndef TUI_SHOT_H
#define TUI_SHOT_H

#include "tui/canvas.h"
#include "tui/theme.h"

MUST_USE enum status shot_text(const struct canvas *canvas, const char *path, struct error *err);
/* 8 x 16 pixels a cell. Half blocks, braille, eighth blocks and box drawing are drawn exactly. Same canvas, same bytes. */
MUST_USE enum status shot_png(const struct canvas *canvas, const struct theme *theme, const char *path,
                              struct error *err);

#endif
