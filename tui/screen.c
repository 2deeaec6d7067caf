#define NCURSES_WIDECHAR 1
#include "tui/screen.h"

#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <ncurses.h>

#include "logs/memory.h"
#include "tui/keys.h"

enum { ESCAPE_MS = 25, UPPER_HALF = 0x2580, LOWER_HALF = 0x2584, FULL_BLOCK = 0x2588 };

struct screen {
    SCREEN *curses;
    struct canvas shown;
    struct theme theme;
    struct style pen; /* what the terminal last drew with */
    bool whole;       /* the next show paints everything */
    int colours;
};

/* --- should we crash -------------------------------------------------------------------------------------------- */

static struct termios saved_termios;
static const int crash_signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};

static void restore_and_die(int number)
{
    static const char leave[] = "\033[?2026l\033[0m\033[?1049l\033[?25h\r\n";
    ssize_t ignored = write(STDOUT_FILENO, leave, sizeof leave - 1);
    (void)ignored;
    tcsetattr(STDIN_FILENO, TCSANOW, &saved_termios);
    signal(number, SIG_DFL);
    raise(number);
}

static void crash_handlers(void (*handler)(int))
{
    for (size_t i = 0; i < COUNT_OF(crash_signals); i++)
        signal(crash_signals[i], handler);
}

/* --- opening and closing ---------------------------------------------------------------------------------------- */

static void modes_set(void)
{
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    leaveok(stdscr, TRUE);
    curs_set(0);
}

struct screen *screen_open(struct error *err)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &saved_termios)) {
        error_set(err, STATUS_IO,
                  "the dashboard needs a terminal on standard input and output; use --plain, or 'binnacle run'");
        return NULL;
    }
    set_escdelay(ESCAPE_MS);
    SCREEN *curses = newterm(NULL, stdout, stdin);
    if (!curses) {
        const char *term = getenv("TERM");
        error_set(err, STATUS_IO, "the terminal type '%s' is unknown here; try TERM=xterm-256color", term ? term : "");
        return NULL;
    }
    struct screen *screen = NEW(struct screen);
    screen->curses = curses;
    set_term(curses);
    typeahead(-1);
    modes_set();
    if (has_colors()) {
        start_color();
        use_default_colors();
        screen->colours = COLORS;
    }
    screen->whole = true;
    crash_handlers(restore_and_die);
    return screen;
}

void screen_close(struct screen **screen)
{
    if (!*screen)
        return;
    endwin();
    crash_handlers(SIG_DFL);
    delscreen((*screen)->curses);
    canvas_free(&(*screen)->shown);
    free(*screen);
    *screen = NULL;
}

void screen_size(const struct screen *screen, int *width, int *height)
{
    (void)screen;
    *width = COLS > 0 ? COLS : 1;
    *height = LINES > 0 ? LINES : 1;
}

int screen_colours(const struct screen *screen) { return screen->colours; }

bool screen_has_utf8(const struct screen *screen)
{
    (void)screen;
    return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

/* --- keys ------------------------------------------------------------------------------------------------------- */

static const struct {
    int curses, key;
} key_table[] = {
    {KEY_UP, KEYS_UP},       {KEY_DOWN, KEYS_DOWN},           {KEY_LEFT, KEYS_LEFT},
    {KEY_RIGHT, KEYS_RIGHT}, {KEY_HOME, KEYS_HOME},           {KEY_END, KEYS_END},
    {KEY_PPAGE, KEYS_PAGE_UP}, {KEY_NPAGE, KEYS_PAGE_DOWN},   {KEY_BTAB, KEYS_BACK_TAB},
    {KEY_DC, KEYS_DELETE},   {KEY_BACKSPACE, KEYS_BACKSPACE}, {KEY_ENTER, KEYS_ENTER},
    {KEY_RESIZE, KEYS_RESIZE},
};

int screen_key(struct screen *screen)
{
    wint_t got;
    int kind = get_wch(&got);
    if (kind == ERR)
        return KEYS_NONE;
    if (kind != KEY_CODE_YES)
        return got == 8 ? KEYS_BACKSPACE : got == 10 ? KEYS_ENTER : (int)got;
    if ((int)got >= KEY_F(1) && (int)got <= KEY_F(12))
        return KEYS_F1 + (int)got - KEY_F(1);
    for (size_t i = 0; i < COUNT_OF(key_table); i++)
        if (key_table[i].curses == (int)got) {
            screen->whole |= key_table[i].key == KEYS_RESIZE;
            return key_table[i].key;
        }
    return KEYS_NONE;
}

/* --- showing ---------------------------------------------------------------------------------------------------- */

bool screen_is_ready(const struct screen *screen)
{
    struct pollfd fd = {.fd = STDOUT_FILENO, .events = POLLOUT};
    (void)screen;
    return poll(&fd, 1, 0) > 0 && fd.revents & POLLOUT;
}

static bool shows_blank(const struct style *style) { return !(style->attributes & (CELL_REVERSE | CELL_UNDERLINE)); }

/* The same looks drawn with the pen the terminal already holds, if that can be: changing it costs up to 20 bytes, a
 * cell of text 1 to 3. A blank shows no foreground; a half block of one colour is a blank or a full block, of two
 * colours the other half block with its colours exchanged. */
static void cell_economise(const struct style *pen, struct style *style, wchar_t *rune)
{
    bool one_colour = *rune == UPPER_HALF && style->fg == style->bg;
    if (!shows_blank(style) || !shows_blank(pen))
        return;
    if (one_colour && pen->fg == style->fg && pen->bg != style->bg)
        *rune = FULL_BLOCK;
    else if (one_colour)
        *rune = ' ';
    else if (*rune == UPPER_HALF && pen->fg == style->bg && pen->bg == style->fg)
        *rune = LOWER_HALF;
    else if (*rune != ' ')
        return;
    if (*rune != ' ' || pen->bg == style->bg)
        *style = *pen;
}

static void cell_show(struct screen *screen, int x, int y, const struct cell *cell)
{
    struct style style = theme_style(&screen->theme, cell);
    wchar_t text[2] = {(wchar_t)cell->rune, 0};
    cell_economise(&screen->pen, &style, text);
    screen->pen = style;
    attr_t attributes = (style.attributes & CELL_BOLD ? A_BOLD : 0) |
                        (style.attributes & CELL_REVERSE ? A_REVERSE : 0) |
                        (style.attributes & CELL_UNDERLINE ? A_UNDERLINE : 0);
    int pair = screen->colours ? alloc_pair(style.fg, style.bg) : 0;
    cchar_t out;
    if (setcchar(&out, text, attributes, 0, screen->colours ? &pair : NULL) == OK)
        mvadd_wch(y, x, &out);
}

/* Bytes around ncurses' own: begin and end of one synchronized update (DEC mode 2026). Terminals without it ignore
 * them. */
static void synchronized(const char *sequence)
{
    ssize_t ignored = write(STDOUT_FILENO, sequence, strlen(sequence));
    (void)ignored;
}

size_t screen_show(struct screen *screen, const struct canvas *canvas, const struct theme *theme)
{
    struct canvas *shown = &screen->shown;
    size_t changed = 0;
    bool whole = screen->whole || shown->width != canvas->width || shown->height != canvas->height ||
                 memcmp(&screen->theme, theme, sizeof *theme);
    if (whole) {
        canvas_resize(shown, canvas->width, canvas->height);
        reset_color_pairs();
        erase();
        clearok(curscr, TRUE);
        screen->theme = *theme;
        screen->whole = false;
    }
    for (int y = 0; y < canvas->height; y++)
        for (int x = 0; x < canvas->width; x++) {
            const struct cell *fresh = canvas_cell(canvas, x, y);
            struct cell *old = canvas_cell(shown, x, y);
            if (!whole && !memcmp(fresh, old, sizeof *fresh))
                continue;
            *old = *fresh;
            cell_show(screen, x, y, fresh);
            changed++;
        }
    if (!changed)
        return 0;
    synchronized("\033[?2026h");
    wnoutrefresh(stdscr);
    doupdate();
    synchronized("\033[?2026l");
    return changed;
}

void screen_repaint(struct screen *screen) { screen->whole = true; }

void screen_suspend(struct screen *screen)
{
    endwin();
    raise(SIGTSTP);
    modes_set();
    refresh();
    screen->whole = true;
}
