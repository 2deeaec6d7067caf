/* tui/view.h - what a pane shows: one file view_*.c each, ending in a const descriptor, listed once in view_table.
 *
 * A view is a function of its context: it reads the model and the options, and draws inside the rectangle it is given;
 * it keeps nothing. view_screen draws a whole frame: for every slot of the layout the frame with title, rate and age,
 * then the view. A pane whose data are older than 3 periods is dimmed and says STALE; one without data says what it
 * waits for. */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include "tui/canvas.h"
#include "tui/history.h"
#include "tui/keys.h"
#include "tui/layout.h"
#include "tui/model.h"
#include "tui/picture.h"

enum view_mode { VIEW_LIVE, VIEW_PAUSED, VIEW_REWIND, VIEW_FILE, VIEW_ENDED, VIEW_WAITING, VIEW_LOST, VIEW_MODES };
extern const char *const view_mode_names[VIEW_MODES]; /* "LIVE" ... */

enum { VIEW_TEXT = 64, VIEW_FLIPS_ODD = 4 }; /* so many changes of direction in 2 s look like oscillation */

struct view_options { /* what keys change; defaults by view_options_default */
    enum picture_map picture;  /* camera pane */
    bool side_by_side;
    double scale;              /* lidar and map: 1 shows range_m half-way across; clamped to VIEW_SCALE_MIN..MAX */
    double pan_x_m, pan_y_m;   /* how far the view has moved to the right and up */
    bool map_frame;            /* lidar pane: north-up map instead of robot-up */
    bool sources;              /* lidar and map: who saw what stands there, instead of the scan */
    bool follow;               /* map frame: the robot stays in the middle */
    int log_level;             /* least level shown: 10, 20, 30, 40 */
    char log_filter[VIEW_TEXT]; /* "" or text a line must hold */
    char log_search[VIEW_TEXT]; /* "" or text to highlight */
    int scroll[PANE_COUNT];    /* lines above the newest (log), below the top (others); views clamp what they use */
};
struct view_options view_options_default(void);
#define VIEW_SCALE_MIN 0.25
#define VIEW_SCALE_MAX 8.0
double view_scale(double scale, int steps); /* `steps` times sqrt(2) up or down, clamped */

struct view_link { /* facts of the connection and of the terminal, measured by the caller */
    uint64_t dropped;       /* frames the wire lost */
    int quality;            /* rung of the quality ladder, 0 the best */
    const char *colours;    /* "256" */
    bool utf8;
    const char *source;     /* endpoint or file name */
    double fps;             /* frames drawn per second of wall time */
    double bytes_per_s;     /* to the terminal */
};

struct view_context {
    const struct model *model;       /* what is shown: live or as it was */
    const struct history *history;   /* NULL: no timeline */
    const struct keymap *keymap;
    struct view_options options;
    enum view_mode mode;
    struct view_link link;
    struct picture *cameras;         /* 2 x PANE_COUNT caches for picture_settle; NULL: draw exactly */
    int hysteresis;                  /* threshold of picture_settle */
    const char *notice;              /* "" or a sentence for the key bar's line (answers, prompts) */
    const char *prompt;              /* NULL, or the label of a line being typed ("search: ") ... */
    const char *input;               /* ... and what was typed so far */
    bool driving;                    /* keys drive the robot */
    double drive_v_mps, drive_w_radps;
    enum pane focus;
};

struct view { /* a heading's parts are two spaces apart; those that do not fit are left out */
    const char *title;
    /* Whose rate and age the title shows, and whose absence means waiting. NULL: the view does without. */
    enum topic (*topic)(const struct view_context *context);
    void (*draw)(const struct view_context *context, struct canvas *canvas, struct rect rect);
    void (*heading)(const struct view_context *context, char *text, size_t size); /* more for the title; may be NULL */
};
extern const struct view *const view_table[PANE_COUNT];

/* One pane: erases its slot, frame, title, content, dimming. Nothing outside slot->rect changes. */
void view_pane(const struct view_context *context, struct canvas *canvas, enum pane pane, const struct slot *slot);
/* The whole screen; the canvas has the layout's size. */
void view_screen(const struct view_context *context, struct canvas *canvas, const struct layout *layout);
/* True if the strip has something to say (layout_options.strip). */
bool view_wants_strip(const struct model *model);

/* --- for the views -------------------------------------------------------------------------------------------- */
/* "00:41.32" (minutes run on past 99), fixed width 8 up to 100 minutes. */
void view_time(int64_t ns, char text[16]);
/* " 22 ms", " 4.1 s", " 3 min" in 6 columns; "   -  " if infinite. */
void view_age(double age_s, char text[16]);
enum role view_severity_role(uint8_t severity);
/* "0.31" or, where there is no number, "-", in `width` columns with `decimals`, right-aligned. Returns x + width. */
int view_number(struct canvas *canvas, int x, int y, int width, enum role role, double value, int decimals);
/* What the pane waits for, in the middle of it, with the sensor's state if it is known to be gone. */
void view_waiting(const struct view_context *context, struct canvas *canvas, struct rect rect, enum topic topic);
/* The name by which SensorHealth knows the source of a topic, or NULL. */
const char *view_sensor_of(enum topic topic);
/* Lines that pass level and filter, newest first: the i-th, or NULL. */
const struct model_line *view_log_line(const struct view_context *context, uint32_t i);
uint32_t view_log_count(const struct view_context *context);
/* The line (0 the newest) of the next hit of the search after line `from`, or -1. direction +1 older, -1 newer. */
int view_log_find(const struct view_context *context, int from, int direction);
/* A table of the sensors' health, a row each below a heading: what panes with 117 columns show. */
void view_sensors(const struct view_context *context, struct canvas *canvas, struct rect rect);
/* How near a sensor's worst channel is to Page-Hinkley's line: full at the line. */
void view_drift_bar(struct canvas *canvas, int x, int y, int columns, const struct msg_sensor_state *one);
/* Rows the help needs; its scroll is clamped to that. */
int view_help_rows(const struct keymap *keymap, int width);

#endif
