/* tui/main.c - finds the command, parses its options, runs it. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logs/memory.h"
#include "logs/names.h"
#include "sim/build_id.h"
#include "tui/command.h"

const struct command *const command_table[] = {
    &command_live,  &command_sim, &command_tui,      &command_run,  &command_check,  &command_branch, &command_eval,
    &command_train, &command_log, &command_scenario, &command_list, &command_policy, &command_help,
};
const size_t command_count = COUNT_OF(command_table);

static int print(struct bytes *text)
{
    fwrite(text->data, 1, text->size, stdout);
    bytes_clear(text);
    return fflush(stdout) ? 3 : 0;
}

static int command_run_with(const struct command *command, int argc, char **argv)
{
    struct error err = {0};
    struct bytes text = {0};
    bool help = false;
    int argument_count = 0;
    void *options = memory_new(1, command->options_size);
    int code = 0;
    if (options_parse(command, argc, argv, options, &argument_count, &help, &err)) {
        code = command_fail(command->name, &err);
    } else if (help) {
        if (*command->name)
            options_help(command, &text);
        else
            options_help_all(&text);
        code = print(&text);
    } else {
        code = command->run(options, argument_count, argv);
    }
    free(options);
    return code;
}

static int unknown_command(const char *word)
{
    struct error err = {0};
    size_t best = command_count, best_distance = strlen(word) / 3 + 2;
    for (size_t i = 1; i < command_count; i++) {
        size_t distance = names_distance(word, command_table[i]->name);
        if (distance < best_distance) {
            best_distance = distance;
            best = i;
        }
    }
    error_set(&err, STATUS_BAD_INPUT, "unknown command '%s'%s%s%s (see binnacle --help)", word,
              best < command_count ? "; did you mean '" : "", best < command_count ? command_table[best]->name : "",
              best < command_count ? "'?" : "");
    return command_fail("", &err);
}

/* glibc chooses, when a program starts, versions of sin, cos, exp and the like that use fused multiply-add where the
 * processor has it; their last bits differ. A log must not depend on the processor: begin again with those versions
 * switched off. */
static void libm_settle(char **argv)
{
    static const char wanted[] = "glibc.cpu.hwcaps=-FMA,-FMA4";
    char path[4096], tunables[1024];
    const char *present = getenv("GLIBC_TUNABLES");
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if ((present && strstr(present, wanted)) || length < 0)
        return;
    path[length] = '\0';
    snprintf(tunables, sizeof tunables, "%s%s%s", present ? present : "", present ? ":" : "", wanted);
    setenv("GLIBC_TUNABLES", tunables, 1);
    execv(path, argv);
}

int main(int argc, char **argv)
{
    libm_settle(argv);
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is a full disk, not a death */
    if (argc > 1 && !strcmp(argv[1], "--version")) {
        printf("binnacle %s\n", build_id());
        return 0;
    }
    if (argc < 2 || argv[1][0] == '-')
        return command_run_with(&command_live, argc - 1, argv + 1);
    for (size_t i = 1; i < command_count; i++)
        if (!strcmp(command_table[i]->name, argv[1]))
            return command_run_with(command_table[i], argc - 2, argv + 2);
    return unknown_command(argv[1]);
}
