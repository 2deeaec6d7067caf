/* tui/keys.h - every key, declared once: dispatch, key bar, help overlay and remapping all read this table.
 *
 * A key code is the rune of a printable key, 1..26 for Ctrl-A..Ctrl-Z (Tab 9 and Enter 13 have names of their own), or
 * one of enum key_code. In text a key is written as its rune ("q", "?") or as a name: Space Tab BackTab Enter Esc
 * Backspace Up Down Left Right Home End PgUp PgDn Delete F1..F12 Ctrl-X. */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

#include "logs/bytes.h"
#include "logs/status.h"

enum key_code {
    KEYS_NONE = 0,
    KEYS_TAB = 9,
    KEYS_ENTER = 13,
    KEYS_ESC = 27,
    KEYS_BACKSPACE = 127,
    KEYS_UP = 0x110000, /* beyond Unicode */
    KEYS_DOWN,
    KEYS_LEFT,
    KEYS_RIGHT,
    KEYS_HOME,
    KEYS_END,
    KEYS_PAGE_UP,
    KEYS_PAGE_DOWN,
    KEYS_BACK_TAB,
    KEYS_DELETE,
    KEYS_F1, /* F1..F12 are consecutive */
    KEYS_F12 = KEYS_F1 + 11,
    KEYS_RESIZE, /* not a key: the terminal changed its size */
};

enum key_group { KEYS_GENERAL, KEYS_PANES, KEYS_TIME, KEYS_ROBOT, KEYS_VIEW, KEYS_LOG, KEYS_DRIVE, KEYS_GROUPS };
extern const char *const keys_group_names[KEYS_GROUPS];

/* Rows of KEYS_DRIVE apply only while driving by hand, and then before the others.
 *      action         name (remap)    default keys        group    bar (or NULL)  rank  help
 * bar: the word in the key bar; rank: 1 is kept longest when the line is short. */
#define ACTIONS(X)                                                                                                     \
    X(HELP, "help", "? F1", GENERAL, "help", 1, "this page")                                                          \
    X(PAUSE, "pause", "Space", TIME, "pause", 2, "pause or resume the simulator; play or stop in the past")            \
    X(STEP, "step", ".", TIME, "step", 3, "one control tick forward")                                                  \
    X(STEP_BACK, "step-back", ",", TIME, "back", 5, "one control tick back")                                           \
    X(BACK_1S, "back-1s", "[", TIME, "-1s", 6, "one second back: live data keep coming in behind")                     \
    X(FORWARD_1S, "forward-1s", "]", TIME, "+1s", 7, "one second forward")                                             \
    X(BACK_10S, "back-10s", "{", TIME, NULL, 0, "ten seconds back")                                                    \
    X(FORWARD_10S, "forward-10s", "}", TIME, NULL, 0, "ten seconds forward")                                           \
    X(START, "start", "g Home", TIME, NULL, 0, "the oldest moment kept")                                               \
    X(LIVE, "live", "G End", TIME, "live", 8, "back to now")                                                           \
    X(NEXT_VIOLATION, "next-violation", "v", TIME, "breach", 4, "next violation")                                     \
    X(PREVIOUS_VIOLATION, "previous-violation", "V", TIME, NULL, 0, "previous violation")                              \
    X(NEXT_ERROR, "next-error", "e", TIME, NULL, 0, "next error in the log")                                          \
    X(PREVIOUS_ERROR, "previous-error", "E", TIME, NULL, 0, "previous error in the log")                               \
    X(MARK, "mark", "m", TIME, NULL, 0, "mark this moment")                                                            \
    X(RETURN, "return", "'", TIME, NULL, 0, "go to the last mark")                                                     \
    X(ESTOP, "estop", "x", ROBOT, "stop!", 2, "emergency stop, at once")                                               \
    X(RELEASE, "release", "X", ROBOT, NULL, 0, "release the emergency stop")                                           \
    X(TELEOP, "teleop", "T", ROBOT, "drive", 11, "drive by hand (again, or Esc: end)")                                 \
    X(POLICY, "policy", "P", ROBOT, "policy", 12, "swap the policy")                                                   \
    X(ROLLBACK, "rollback", "U", ROBOT, NULL, 0, "undo the last swap of the policy")                                   \
    X(SHIELD, "shield", "O", ROBOT, NULL, 0, "shield: off, monitor, on")                                               \
    X(SALIENCY, "saliency", "w", ROBOT, NULL, 0, "what the network's command hangs on: driver, shadow, off")               \
    X(SLOWER, "slower", "<", ROBOT, NULL, 0, "simulate half as fast")                                                  \
    X(FASTER, "faster", ">", ROBOT, NULL, 0, "simulate twice as fast")                                                 \
    X(RESET, "reset", "R", ROBOT, "reset", 13, "begin the episode again")                                              \
    X(COMMAND, "command", ":", ROBOT, NULL, 0, "type a command to the simulator")                                      \
    X(FAULT, "fault", "i", ROBOT, NULL, 0, "inject a fault: lidar:bias=0.2+10; fault_clear ends it")                   \
    X(NEXT_PANE, "next-pane", "Tab", PANES, "pane", 9, "next pane")                                                    \
    X(PREVIOUS_PANE, "previous-pane", "BackTab", PANES, NULL, 0, "previous pane")                                      \
    X(PANE_1, "camera", "1", PANES, NULL, 0, "camera")                                                                 \
    X(PANE_2, "lidar", "2", PANES, NULL, 0, "lidar and map")                                                           \
    X(PANE_3, "policy-pane", "3", PANES, NULL, 0, "policy: what and why")                                             \
    X(PANE_4, "safety", "4", PANES, NULL, 0, "safety ledger")                                                          \
    X(PANE_5, "motion", "5", PANES, NULL, 0, "IMU and odometry")                                                       \
    X(PANE_6, "log", "6", PANES, NULL, 0, "log")                                                                       \
    X(MAXIMISE, "maximise", "z", PANES, "zoom", 10, "the focused pane alone, and back")                                \
    X(ACKNOWLEDGE, "acknowledge", "a", ROBOT, "ack", 8, "acknowledge the newest violation")                            \
    X(ACKNOWLEDGE_ALL, "acknowledge-all", "A", ROBOT, NULL, 0, "acknowledge all violations")                           \
    X(UP, "up", "Up k", VIEW, NULL, 0, "scroll or pan up")                                                             \
    X(DOWN, "down", "Down j", VIEW, NULL, 0, "scroll or pan down")                                                     \
    X(LEFT, "left", "Left h", VIEW, NULL, 0, "pan left")                                                               \
    X(RIGHT, "right", "Right l", VIEW, NULL, 0, "pan right")                                                           \
    X(PAGE_UP, "page-up", "PgUp Ctrl-U", VIEW, NULL, 0, "a page up")                                                   \
    X(PAGE_DOWN, "page-down", "PgDn Ctrl-D", VIEW, NULL, 0, "a page down")                                             \
    X(ZOOM_IN, "zoom-in", "+ =", VIEW, "scale", 14, "larger scale")                                                    \
    X(ZOOM_OUT, "zoom-out", "-", VIEW, NULL, 0, "smaller scale")                                                       \
    X(ZOOM_RESET, "zoom-reset", "0", VIEW, NULL, 0, "default scale, robot in the middle")                              \
    X(FOLLOW, "follow", "F", VIEW, NULL, 0, "follow the robot; follow the end of the log")                             \
    X(FRAME, "frame", "f", VIEW, "frame", 16, "lidar: robot frame or map frame")                                       \
    X(SOURCES, "sources", "W", VIEW, "who", 18, "lidar and map: who saw what stands there")                            \
    X(PICTURE, "picture", "d", VIEW, "depth", 15, "camera: colour, depth, labels")                                     \
    X(SIDE_BY_SIDE, "side-by-side", "D", VIEW, NULL, 0, "camera: colour and depth side by side")                       \
    X(BLOCKS, "blocks", "b", VIEW, NULL, 0, "pictures as half blocks or characters")                                   \
    X(COLOURS, "colours", "c", VIEW, NULL, 0, "256, 16, 8 colours, none")                                              \
    X(THEME, "theme", "t", VIEW, NULL, 0, "for a dark or a light background")                                          \
    X(SEARCH, "search", "/", LOG, "search", 17, "search the log")                                                      \
    X(SEARCH_NEXT, "search-next", "n", LOG, NULL, 0, "next hit, older")                                                \
    X(SEARCH_PREVIOUS, "search-previous", "N", LOG, NULL, 0, "previous hit, newer")                                    \
    X(FILTER, "filter", "\\ &", LOG, NULL, 0, "only lines that hold a text")                                           \
    X(LEVEL, "level", "L", LOG, NULL, 0, "least level shown: debug, info, warn, error")                                \
    X(SCREENSHOT, "screenshot", "s", GENERAL, NULL, 0, "picture of the screen as PNG")                                 \
    X(SCREENSHOT_TEXT, "screenshot-text", "S", GENERAL, NULL, 0, "picture of the screen as text")                      \
    X(REPAINT, "repaint", "Ctrl-L", GENERAL, NULL, 0, "paint everything again")                                        \
    X(SUSPEND, "suspend", "Ctrl-Z", GENERAL, NULL, 0, "to the background (the robot goes on)")                         \
    X(BACK, "back", "Esc", GENERAL, NULL, 0, "close help, end input, leave zoom")                                      \
    X(QUIT, "quit", "q F10 Ctrl-C", GENERAL, "quit", 1, "quit")                                                        \
    X(DRIVE_FORWARD, "drive-forward", "Up w", DRIVE, "forward", 1, "faster forward")                                \
    X(DRIVE_BACK, "drive-back", "Down s", DRIVE, "back", 1, "slower, then backward")                                \
    X(DRIVE_LEFT, "drive-left", "Left a", DRIVE, "left", 1, "turn left")                                           \
    X(DRIVE_RIGHT, "drive-right", "Right d", DRIVE, "right", 1, "turn right")                                      \
    X(DRIVE_STOP, "drive-stop", "Space", DRIVE, "stand", 1, "stand still")                                         \
    X(DRIVE_END, "drive-end", "Esc T", DRIVE, "end", 1, "end driving by hand")

#define ACTION_ENUM(id, name, keys, group, bar, rank, help) ACTION_##id,
enum action { ACTIONS(ACTION_ENUM) ACTION_COUNT, ACTION_NONE = ACTION_COUNT };

struct action_row { /* the name comes first: names_nearest reads this table */
    const char *name, *keys;
    enum key_group group;
    const char *bar;
    int rank;
    const char *help;
};
extern const struct action_row action_table[ACTION_COUNT];

enum { KEYS_PER_ACTION = 3 };
struct keymap {
    int codes[ACTION_COUNT][KEYS_PER_ACTION]; /* KEYS_NONE fills up */
};

struct keymap keymap_default(void);
/* "name=key key": replaces the action's keys. STATUS_BAD_INPUT for an unknown action (nearest offered), an unknown
 * key, too many keys, or a key that another action has in the same group set. */
MUST_USE enum status keymap_bind(struct keymap *keymap, const char *text, struct error *err);
/* What the key does, or ACTION_NONE. */
enum action keymap_action(const struct keymap *keymap, int code, bool driving);

int keys_parse(const char *name);                        /* KEYS_NONE if unknown */
void keys_name(int code, char text[16]);                 /* "Ctrl-L", "Space", "q" */
void keymap_label(const struct keymap *keymap, enum action action, char *text, size_t size); /* "q F10 Ctrl-C" */

#endif
