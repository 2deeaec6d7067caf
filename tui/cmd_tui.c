/* binnacle tui [ENDPOINT or FILE]: the dashboard, live or on a log. */
#include <signal.h>

#include "tui/command.h"
#include "tui/dashboard.h"
#include "tui/plain.h"

struct tui_options {
    double fps, at_s, columns, rows;
    bool plain, ascii, no_colour;
    const char *folder, *shot;
};

static void tui_defaults(void *options)
{
    struct tui_options *o = options;
    o->fps = 15;
    o->columns = 120;
    o->rows = 36;
}

static volatile sig_atomic_t signalled;
static void on_signal(int number) { signalled = number; }

static int plain(const char *source)
{
    struct error err = {0};
    bool success = false;
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
    sigaction(SIGHUP, &(struct sigaction){.sa_handler = on_signal}, NULL);
    if (!dashboard_is_endpoint(source))
        error_set(&err, STATUS_BAD_INPUT, "--plain takes an endpoint; of a log: binnacle log cat %s", source);
    else if (!plain_run(source, &signalled, &success, &err))
        return success || signalled ? 0 : 1;
    return command_fail("tui", &err);
}

static int tui_run(const void *options, int argument_count, char **arguments)
{
    const struct tui_options *o = options;
    struct error err = {0};
    const char *policies[COMMAND_POLICIES_MAX];
    command_policies(policies);
    struct dashboard_options dashboard = {
        .source = argument_count ? arguments[0] : "ipc:///tmp/binnacle.sock",
        .fps = o->fps,
        .ascii = o->ascii,
        .no_colour = o->no_colour,
        .policies = policies,
        .folder = o->folder,
        .start_s = o->at_s,
        .shot = o->shot,
        .shot_columns = (int)o->columns,
        .shot_rows = (int)o->rows,
    };
    dashboard.title = dashboard.source;
    if (o->plain)
        return plain(dashboard.source);
    return dashboard_run(&dashboard, &err) ? command_fail("tui", &err) : 0;
}

static const struct option_row rows[] = {
    {"fps", 0, OPTION_NUMBER, offsetof(struct tui_options, fps), "N", "frames per second at most (default 15)", 1,
     30},
    {"at", 0, OPTION_NUMBER, offsetof(struct tui_options, at_s), "SECONDS", "of a log: where to begin", 0, 1e9},
    {"plain", 0, OPTION_SWITCH, offsetof(struct tui_options, plain), NULL,
     "of an endpoint: lines instead of the dashboard, until the episode ends", 0, 0},
    {"ascii", 'a', OPTION_SWITCH, offsetof(struct tui_options, ascii), NULL, "plain ASCII drawing", 0, 0},
    {"no-colour", 0, OPTION_SWITCH, offsetof(struct tui_options, no_colour), NULL, "monochrome (as NO_COLOR)", 0, 0},
    {"folder", 0, OPTION_TEXT, offsetof(struct tui_options, folder), "DIR", "where screenshots go (default here)", 0,
     0},
    {"shot", 0, OPTION_TEXT, offsetof(struct tui_options, shot), "NAME",
     "of a log: no terminal, write NAME.txt and NAME.png", 0, 0},
    {"columns", 0, OPTION_NUMBER, offsetof(struct tui_options, columns), "N", "width of --shot (default 120)", 1,
     500},
    {"rows", 0, OPTION_NUMBER, offsetof(struct tui_options, rows), "N", "height of --shot (default 36)", 1, 200},
};

const struct command command_tui = {
    .name = "tui",
    .arguments = "[ENDPOINT|FILE]",
    .summary = "the dashboard, live or on a log",
    .details = "ENDPOINT: ipc://PATH or tcp://127.0.0.1:PORT (default ipc:///tmp/binnacle.sock). Keys: press ? inside.",
    .options = rows,
    .option_count = COUNT_OF(rows),
    .options_size = sizeof(struct tui_options),
    .arguments_max = 1,
    .defaults = tui_defaults,
    .run = tui_run,
};
