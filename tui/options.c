#include "tui/options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/names.h"

/* --- parsing ---------------------------------------------------------------------------------------------------- */

static const struct option_row *row_find(const struct command *command, const char *name, size_t length)
{
    for (size_t i = 0; i < command->option_count; i++)
        if (strlen(command->options[i].name) == length && !strncmp(command->options[i].name, name, length))
            return &command->options[i];
    return NULL;
}

static const struct option_row *letter_find(const struct command *command, char letter)
{
    for (size_t i = 0; i < command->option_count; i++)
        if (command->options[i].letter == letter)
            return &command->options[i];
    return NULL;
}

static enum status number_store(const struct option_row *row, const char *text, double *at, struct error *err)
{
    char *end;
    double value = strtod(text, &end);
    if (row->kind == OPTION_SPEED && !strcmp(text, "max")) {
        *at = 0;
        return STATUS_OK;
    }
    double min = row->kind == OPTION_SPEED ? 0.1 : row->min, max = row->kind == OPTION_SPEED ? 100 : row->max;
    if (end == text || *end || !isfinite(value) || value < min || value > max)
        return error_set(err, STATUS_BAD_INPUT, "--%s takes a number from %g to %g%s, not '%s'", row->name, min, max,
                         row->kind == OPTION_SPEED ? " or 'max'" : "", text);
    *at = value;
    return STATUS_OK;
}

static enum status count_store(const struct option_row *row, const char *text, uint64_t *at, struct error *err)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno)
        return error_set(err, STATUS_BAD_INPUT, "--%s takes a whole number, not '%s'", row->name, text);
    *at = value;
    return STATUS_OK;
}

static enum status value_store(const struct option_row *row, const char *text, void *options, struct error *err)
{
    char *at = (char *)options + row->offset;
    struct text_list *list = (struct text_list *)(void *)at;
    switch (row->kind) {
    case OPTION_SWITCH:
        *(bool *)at = true;
        return STATUS_OK;
    case OPTION_TEXT:
        memcpy(at, &text, sizeof text);
        return STATUS_OK;
    case OPTION_NUMBER:
    case OPTION_SPEED:
        return number_store(row, text, (double *)(void *)at, err);
    case OPTION_COUNT:
        return count_store(row, text, (uint64_t *)(void *)at, err);
    case OPTION_LIST:
        if (list->count == COUNT_OF(list->items))
            return error_set(err, STATUS_BAD_INPUT, "--%s given more than %zu times", row->name, list->count);
        list->items[list->count++] = text;
        return STATUS_OK;
    }
    return STATUS_OK;
}

static enum status unknown(const struct command *command, const char *word, const char *name, struct error *err)
{
    char hint[96] = "", bare[64];
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(name, "="), name);
    size_t i = names_nearest(bare, command->options, command->option_count, sizeof *command->options);
    if (i < command->option_count)
        snprintf(hint, sizeof hint, "; did you mean --%s?", command->options[i].name);
    return error_set(err, STATUS_BAD_INPUT, "unknown option %s%s (see --help)", word, hint);
}

enum status options_parse(const struct command *command, int argc, char **argv, void *options, int *argument_count,
                          bool *help, struct error *err)
{
    int kept = 0;
    bool only_arguments = false;
    if (command->defaults)
        command->defaults(options);
    for (int i = 0; i < argc; i++) {
        char *word = argv[i];
        if (only_arguments || *word != '-' || !word[1]) {
            argv[kept++] = word;
            continue;
        }
        if (!strcmp(word, "--")) {
            only_arguments = true;
            continue;
        }
        if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
            *help = true;
            return STATUS_OK;
        }
        bool is_long = word[1] == '-';
        const char *name = word + (is_long ? 2 : 1);
        const char *value = is_long ? strchr(name, '=') : name[1] ? name + 1 : NULL;
        const struct option_row *row =
            is_long ? row_find(command, name, strcspn(name, "=")) : letter_find(command, *name);
        if (!row)
            return unknown(command, word, name, err);
        if (row->kind == OPTION_SWITCH && value)
            return error_set(err, STATUS_BAD_INPUT, "--%s takes no value", row->name);
        value = value && is_long ? value + 1 : value;
        if (row->kind != OPTION_SWITCH && !value && ++i == argc)
            return error_set(err, STATUS_BAD_INPUT, "--%s needs a value: --%s %s", row->name, row->name, row->value);
        enum status status = value_store(row, value ? value : argv[i], options, err);
        if (status)
            return status;
    }
    *argument_count = kept;
    if (kept < command->arguments_min)
        return error_set(err, STATUS_BAD_INPUT, "missing argument; usage: binnacle %s %s", command->name,
                         command->arguments);
    if (kept > command->arguments_max)
        return error_set(err, STATUS_BAD_INPUT, "unexpected argument '%s'; usage: binnacle %s %s",
                         argv[command->arguments_max], command->name, command->arguments);
    return STATUS_OK;
}

/* --- printing --------------------------------------------------------------------------------------------------- */

static const char exit_codes[] = "Exit codes: 0 ok; 1 a finding (not reached, differs); 2 usage; 3 the outside world "
                                 "(I/O, damaged file, no peer).\n";

static void row_print(const struct option_row *row, struct bytes *out)
{
    char left[48];
    snprintf(left, sizeof left, "%c%c%c --%s%s%s", row->letter ? '-' : ' ', row->letter ? row->letter : ' ',
             row->letter ? ',' : ' ', row->name, row->value ? " " : "", row->value ? row->value : "");
    bytes_format(out, "  %-30s %s\n", left, row->help);
}

void options_help(const struct command *command, struct bytes *out)
{
    bytes_format(out, "usage: binnacle%s%s%s%s%s\n\n%s\n", *command->name ? " " : "", command->name,
                 command->option_count ? " [OPTION]..." : "", *command->arguments ? " " : "", command->arguments,
                 command->summary);
    if (command->option_count)
        bytes_format(out, "\n");
    for (size_t i = 0; i < command->option_count; i++)
        row_print(&command->options[i], out);
    if (*command->details)
        bytes_format(out, "\n%s\n", command->details);
}

void options_help_all(struct bytes *out)
{
    bytes_format(out, "Binnacle: a navigation lab in a terminal.\n\n");
    for (size_t i = 0; i < command_count; i++)
        bytes_format(out, "  binnacle %-8s %-20s %s\n", command_table[i]->name, command_table[i]->arguments,
                     command_table[i]->summary);
    bytes_format(out, "\n'binnacle COMMAND --help' explains a command. Without a command:\n\n");
    options_help(command_table[0], out);
    bytes_format(out, "\n%s", exit_codes);
}

void options_man(struct bytes *out)
{
    bytes_format(out, ".TH BINNACLE 1\n.SH NAME\nbinnacle \\- a navigation lab in a terminal\n.SH SYNOPSIS\n");
    for (size_t i = 0; i < command_count; i++)
        bytes_format(out, ".B binnacle %s\n[OPTION]... %s\n.br\n", command_table[i]->name, command_table[i]->arguments);
    bytes_format(out, ".SH COMMANDS\n");
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = command_table[i];
        bytes_format(out, ".SS binnacle %s %s\n%s\n", command->name, command->arguments, command->summary);
        for (size_t j = 0; j < command->option_count; j++)
            bytes_format(out, ".TP\n.B \\-\\-%s %s\n%s\n", command->options[j].name,
                         command->options[j].value ? command->options[j].value : "", command->options[j].help);
        if (*command->details)
            bytes_format(out, ".PP\n.nf\n%s\n.fi\n", command->details);
    }
    bytes_format(out, ".SH EXIT STATUS\n%s", exit_codes);
}

void options_completion(struct bytes *out)
{
    bytes_format(out, "_binnacle() {\n    local word=${COMP_WORDS[COMP_CWORD]} words\n    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 1; i < command_count; i++) {
        bytes_format(out, "    %s) words=\"--help", command_table[i]->name);
        for (size_t j = 0; j < command_table[i]->option_count; j++)
            bytes_format(out, " --%s", command_table[i]->options[j].name);
        bytes_format(out, "%s\" ;;\n",
                     !strcmp(command_table[i]->arguments, "SCENARIO") ? " $(binnacle list scenarios --names)" : "");
    }
    bytes_format(out, "    *) words=\"--help --version");
    for (size_t i = 0; i < command_count; i++)
        bytes_format(out, " %s", command_table[i]->name);
    bytes_format(out, "\" ;;\n    esac\n    [ \"$COMP_CWORD\" = 1 ] && words=\"$words");
    for (size_t j = 0; j < command_table[0]->option_count; j++)
        bytes_format(out, " --%s", command_table[0]->options[j].name);
    bytes_format(out, "\"\n    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
                      "complete -o default -F _binnacle binnacle\n");
}

int command_fail(const char *command, const struct error *err)
{
    fflush(stdout);
    fprintf(stderr, "binnacle%s%s: %s\n", *command ? " " : "", command, err->text);
    return status_exit_code(err->status);
}
