/* tui/dashboard_state.h - what the dashboard's loop and its actions share (internal to dashboard*.c). */
#ifndef TUI_DASHBOARD_STATE_H
#define TUI_DASHBOARD_STATE_H

#include "tui/dashboard.h"
#include "tui/feed.h"
#include "tui/screen.h"
#include "tui/view.h"

enum { INPUT_MAX = 120, NOTICE_MAX = 256 };

struct dashboard {
    const struct dashboard_options *options;
    struct feed *feed;
    struct screen *screen; /* NULL while drawing a single shot */
    struct canvas canvas;
    struct theme theme;
    struct keymap keymap;
    struct picture cameras[2 * PANE_COUNT];
    struct model *live, *past; /* past: what is shown while not live */
    struct view_context context;
    struct layout_options layout;
    struct layout laid; /* as last drawn */
    bool ascii, blocks;
    bool running, dirty;
    bool connected, ever_connected;
    int64_t give_up_ns; /* wall: if nobody was ever there by then */
    uint64_t typed_request; /* of the command line's latest, whose answer is shown also when it is "ok" */

    /* time */
    bool looking_back; /* at cursor_ns instead of now */
    bool playing;      /* the cursor moves on by itself */
    int64_t cursor_ns;
    int64_t mark_ns;      /* -1: none */
    int64_t last_wall_ns; /* when the cursor was last moved */
    double play_speed;
    double speed_asked, speed_then; /* of the simulator: last asked for, and what it reported when asked; 0: never */

    size_t saliency; /* as last asked for with the key: off, driver, shadow */

    /* typed text */
    enum action asking; /* SEARCH, FILTER, COMMAND; ACTION_NONE */
    char input[INPUT_MAX];

    char notice[NOTICE_MAX];
    int64_t notice_until_ns; /* wall */
    int64_t refresh_ns;      /* wall: when to look again whether the file has grown */

    /* driving by hand */
    bool driving;
    struct twist2 drive;
    int64_t drive_due_ns;  /* wall */
    char policy_before[32];

    /* frames and their cost */
    int rung;
    int64_t frame_due_ns, frame_soonest_ns; /* wall: for what changed by itself, and not before */
    int64_t choked_ns; /* wall: since when a frame waits for the terminal to take it; 0: none does */
    int64_t pictured_ns;                     /* simulated: the newest picture of a sensor that a frame waited for */
    unsigned server_state; /* as last heard: what the operator waits for after a key */
    int64_t slow_since_ns, good_since_ns;
    uint64_t frames;
};

struct dashboard_binding {
    enum action action;
    void (*act)(struct dashboard *d);
};
/* Each ends in a row of ACTION_NONE. */
extern const struct dashboard_binding dashboard_time_actions[], dashboard_robot_actions[];

/* Carries out what a key means. */
void dashboard_act(struct dashboard *d, enum action action);
/* A key while text is being typed. */
void dashboard_type(struct dashboard *d, int key);
/* Shows a sentence in the key bar's line for some seconds. */
void dashboard_say(struct dashboard *d, const char *format, ...) PRINTF_LIKE(2, 3);
bool dashboard_is_live(const struct dashboard *d);
/* A command to the simulator. Where there is none the operator is told. Returns its number, 0 if it was not sent. */
uint64_t dashboard_tell(struct dashboard *d, const char *verb, const char *text, const double *values, size_t count);
/* The model on screen, and its moment. */
struct model *dashboard_model(const struct dashboard *d);
int64_t dashboard_moment(const struct dashboard *d);
/* Goes to a moment: stops following the live end. */
void dashboard_go(struct dashboard *d, int64_t t_ns);
void dashboard_go_live(struct dashboard *d);
/* Keeps the drive command alive while driving; called every turn of the loop. */
void dashboard_drive(struct dashboard *d, int64_t wall_ns);
/* Draws the model into the canvas for this size. */
void dashboard_draw(struct dashboard *d, int width, int height);

#endif
