/* tui/shot.h - a canvas as a picture: text, or a PNG drawn cell by cell (tui/font.h). */
#ifndef TUI_SHOT_H
#define TUI_SHOT_H

#include "tui/canvas.h"
#include "tui/theme.h"

/* "FOLDER/binnacle-MOMENT.SUFFIX", or with "_2", "_3" ... before the dot if there is such a file. ':' and '.' of the
 * moment become '-'. */
void shot_name(char *path, size_t size, const char *folder, const char *moment, const char *suffix);
MUST_USE enum status shot_text(const struct canvas *canvas, const char *path, struct error *err);
/* 18 pixels high a cell. Half blocks, braille, eighth blocks and box drawing are drawn exactly. Same canvas, same
 * bytes. */
MUST_USE enum status shot_png(const struct canvas *canvas, const struct theme *theme, const char *path,
                              struct error *err);

#endif
