/* tui/screen.h - the terminal: ncurses lives in this file only.
 *
 * A canvas goes out as the cells that changed since the last one, inside one synchronized update; nothing changed,
 * nothing is sent. The terminal is put back on screen_close and, should the program crash, by a handler that only
 * restores it and dies on. */
#ifndef TUI_SCREEN_H
#define TUI_SCREEN_H

#include "logs/status.h"
#include "tui/canvas.h"
#include "tui/theme.h"

struct screen;

/* STATUS_IO if stdin or stdout is no terminal or TERM is unknown. One screen at a time. */
MUST_USE struct screen *screen_open(struct error *err);
void screen_close(struct screen **screen);

void screen_size(const struct screen *screen, int *width, int *height);
int screen_colours(const struct screen *screen); /* the terminal claims */
bool screen_has_utf8(const struct screen *screen);

/* The next key (tui/keys.h), KEYS_RESIZE after a change of size, KEYS_NONE if none waits. Never blocks. */
int screen_key(struct screen *screen);

/* Can it take a frame now without blocking? */
bool screen_is_ready(const struct screen *screen);
/* Shows the canvas (its size must be the screen's). Returns how many cells had changed. */
size_t screen_show(struct screen *screen, const struct canvas *canvas, const struct theme *theme);
void screen_repaint(struct screen *screen); /* the next show paints everything */
/* Gives the terminal back, stops the process (SIGTSTP), and takes the terminal again when it continues. */
void screen_suspend(struct screen *screen);

#endif
