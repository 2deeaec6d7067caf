/* tui/layout.h - where everything stands: a pure function of the size and a few switches.
 *
 *   WIDE     from 160x44   camera, depth, lidar and map in one row; policy, safety, motion; log
 *   FULL     from 100x30   camera, lidar; policy, safety, motion; log (120x36 is the reference)
 *   COMPACT  from 60x16    the focused pane and a rail of figures; three lines of log (80x24 is the reference)
 *   SUMMARY  from 40x8     text only
 *   LINE     anything      one status line
 * Rectangles lie inside the screen, never overlap, and have area 0 if the pane is not shown. No size is refused. */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H

#include "tui/canvas.h"

/*    enumerator  the first six answer to keys 1..6 */
#define PANES(X)                                                                                                       \
    X(CAMERA) X(LIDAR) X(POLICY) X(SAFETY) X(MOTION) X(LOG)                                                            \
    X(DEPTH) X(MAP) X(STATUS) X(STRIP) X(TIMELINE) X(KEYBAR) X(RAIL) X(HELP) X(SUMMARY)
#define PANE_ENUM(id) PANE_##id,
enum pane { PANES(PANE_ENUM) PANE_COUNT, PANE_FOCUSABLE = PANE_LOG + 1 };

enum layout_form { LAYOUT_LINE, LAYOUT_SUMMARY, LAYOUT_COMPACT, LAYOUT_FULL, LAYOUT_WIDE };

struct layout_options {
    enum pane focus;  /* below PANE_FOCUSABLE */
    bool maximised;   /* the focused pane takes the whole body */
    bool strip;       /* violations wait for acknowledgement; FULL and WIDE keep the row in any case */
    bool help;        /* help takes the whole body */
};

struct slot {
    struct rect rect;
    bool framed; /* a border with the title takes one cell on each side */
};

struct layout {
    int width, height;
    enum layout_form form;
    enum pane focus;
    struct slot slots[PANE_COUNT];
};

struct layout layout_compute(int width, int height, const struct layout_options *options);
/* The pane at a cell (mouse), or PANE_COUNT. */
enum pane layout_hit(const struct layout *layout, int x, int y);

#endif
