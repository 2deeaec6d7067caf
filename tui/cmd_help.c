/* binnacle help: everything the tables know, as help, man page or completion. */
#include <stdio.h>
#include <string.h>

#include "tui/command.h"

struct help_options {
    bool man, completion;
};

static int help_run(const void *options, int argument_count, char **arguments)
{
    const struct help_options *o = options;
    struct bytes text = {0};
    const struct command *one = NULL;
    for (size_t i = 0; argument_count && i < command_count; i++)
        if (!strcmp(command_table[i]->name, arguments[0]))
            one = command_table[i];
    if (argument_count && !one) {
        struct error err = {0};
        error_set(&err, STATUS_BAD_INPUT, "there is no command '%s' (see binnacle help)", arguments[0]);
        return command_fail("help", &err);
    }
    if (o->man)
        options_man(&text);
    else if (o->completion)
        options_completion(&text);
    else if (one)
        options_help(one, &text);
    else
        options_help_all(&text);
    fwrite(text.data, 1, text.size, stdout);
    bytes_clear(&text);
    return 0;
}

static const struct option_row rows[] = {
    {"man", 0, OPTION_SWITCH, offsetof(struct help_options, man), NULL, "print the man page", 0, 0},
    {"completion", 0, OPTION_SWITCH, offsetof(struct help_options, completion), NULL, "print the bash completion", 0,
     0},
};

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .summary = "this text, a command's, the man page, or shell completion",
    .details = "",
    .options = rows,
    .option_count = COUNT_OF(rows),
    .options_size = sizeof(struct help_options),
    .arguments_max = 1,
    .run = help_run,
};
