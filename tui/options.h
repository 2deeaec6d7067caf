/* tui/options.h - command lines from tables: the same rows parse, print --help, the man page and shell completion. */
#ifndef TUI_OPTIONS_H
#define TUI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "logs/bytes.h"
#include "logs/status.h"

enum option_kind {
    OPTION_SWITCH, /* bool */
    OPTION_TEXT,   /* const char * */
    OPTION_NUMBER, /* double, within min..max */
    OPTION_SPEED,  /* double: a factor from 0.1 to 100, or "max" = 0 */
    OPTION_COUNT,  /* uint64_t */
    OPTION_LIST,   /* struct text_list: may be repeated */
};

struct text_list {
    const char *items[64];
    size_t count;
};

struct option_row {
    const char *name;  /* long, without dashes */
    char letter;       /* or 0 */
    enum option_kind kind;
    size_t offset;     /* of the member in the command's option struct */
    const char *value; /* metavariable; NULL for a switch */
    const char *help;
    double min, max;
};

struct command {
    const char *name, *arguments, *summary; /* "run", "SCENARIO", one line */
    const char *details; /* a few lines below the options, or "" */
    const struct option_row *options;
    size_t option_count, options_size;
    int arguments_min, arguments_max;
    void (*defaults)(void *options); /* NULL: all zero */
    /* Returns the exit code; prints its own errors through command_fail. */
    int (*run)(const void *options, int argument_count, char **arguments);
};

/* Every command, in the order of the help; the first is the one without a name. */
extern const struct command *const command_table[];
extern const size_t command_count;

/* Fills `options`; arguments (not options) are moved to the front of argv and counted. *help is set by -h or --help.
 * STATUS_BAD_INPUT with a sentence that offers the nearest name. "--" ends the options. */
MUST_USE enum status options_parse(const struct command *command, int argc, char **argv, void *options,
                                   int *argument_count, bool *help, struct error *err);

void options_help(const struct command *command, struct bytes *out);
void options_help_all(struct bytes *out);
void options_man(struct bytes *out);        /* a man page in man(7) */
void options_completion(struct bytes *out); /* for bash */

/* "binnacle run: SENTENCE" on stderr; the exit code for the status. */
int command_fail(const char *command, const struct error *err);

#endif
