/* tui/command.h - the commands (one file each) and what several of them share. */
#ifndef TUI_COMMAND_H
#define TUI_COMMAND_H

#include "sim/server.h"
#include "tui/options.h"

extern const struct command command_live, command_sim, command_tui, command_run, command_check, command_branch,
    command_eval, command_train, command_log, command_scenario, command_list, command_policy, command_help;

/* Which episode: shared by every command that runs one. Put it first in the command's option struct and
 * EPISODE_OPTIONS first in its rows. */
struct episode_arguments {
    uint64_t seed;
    const char *policy, *shield, *shadow;
    struct text_list without, sets, faults;
};
#define EPISODE_OPTIONS                                                                                              \
    {"seed", 's', OPTION_COUNT, offsetof(struct episode_arguments, seed), "N", "random seed (default 1)", 0, 0},     \
        {"policy",                                                                                                   \
         'p',                                                                                                        \
         OPTION_TEXT,                                                                                                \
         offsetof(struct episode_arguments, policy),                                                                 \
         "WHO",                                                                                                      \
         "who drives: a name (binnacle list policies), FILE.so, FILE.onnx, ipc://PATH, tcp://127.0.0.1:PORT",        \
         0,                                                                                                          \
         0},                                                                                                         \
        {"shadow",    0,                                                                                             \
         OPTION_TEXT, offsetof(struct episode_arguments, shadow),                                                    \
         "WHO",       "a second policy that watches and never acts",                                                 \
         0,           0},                                                                                            \
        {"shield", 0, OPTION_TEXT, offsetof(struct episode_arguments, shield), "MODE", "off, monitor or on", 0, 0},  \
        {"without",   0,                                                                                             \
         OPTION_LIST, offsetof(struct episode_arguments, without),                                                   \
         "SENSOR",    "remove a sensor (repeatable)",                                                                \
         0,           0},                                                                                            \
        {"set",                                                                                                      \
         0,                                                                                                          \
         OPTION_LIST,                                                                                                \
         offsetof(struct episode_arguments, sets),                                                                   \
         "PATH=VALUE",                                                                                               \
         "override a setting, e.g. lidar.noise_m=0.05",                                                              \
         0,                                                                                                          \
         0},                                                                                                         \
    {                                                                                                                \
        "fault", 0, OPTION_LIST, offsetof(struct episode_arguments, faults), "FAULT",                                \
            "e.g. lidar:bias=0.2@5+10~2 (binnacle list faults)", 0, 0                                                \
    }
void episode_arguments_default(struct episode_arguments *arguments);
MUST_USE enum status episode_arguments_apply(const struct episode_arguments *arguments, struct episode_options *options,
                                             struct error *err);

/* The names a key may swap through, NULL-terminated: all policies but teleop, which has a key of its own. Borrowed. */
enum { COMMAND_POLICIES_MAX = 16 };
void command_policies(const char *names[COMMAND_POLICIES_MAX]);

/* A progress line on stderr, only if that is a terminal; redrawn at most 5 times a second, erased by progress_end.
 * `fraction` < 0: unknown. */
struct progress {
    bool shown, is_terminal;
    int64_t start_ns, next_ns;
};
struct progress progress_start(void);
void progress_update(struct progress *progress, double fraction, const char *format, ...) PRINTF_LIKE(3, 4);
void progress_end(struct progress *progress);

#endif
