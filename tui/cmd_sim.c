/* binnacle sim SCENARIO: the simulator as a server. */
#include <stdio.h>
#include <string.h>

#include "tui/command.h"

struct sim_options {
    struct episode_arguments episode;
    const char *bind, *log;
    double speed, sync_s;
    bool paused, once;
};

static void sim_defaults(void *options)
{
    struct sim_options *o = options;
    episode_arguments_default(&o->episode);
    o->bind = "ipc:///tmp/binnacle.sock";
    o->speed = 1;
}

static void note(const char *sentence) { fprintf(stderr, "binnacle sim: %s\n", sentence); }

static int sim_run(const void *options, int argument_count, char **arguments)
{
    const struct sim_options *o = options;
    struct error err = {0};
    enum outcome outcome = OUTCOME_RUNNING;
    struct server_options server = {
        .scenario = argument_count ? arguments[0] : scenario_builtin_names[0],
        .endpoint = o->bind,
        .log = o->log,
        .sync_s = o->sync_s,
        .note = note,
        .speed = o->speed,
        .paused = o->paused,
        .once = o->once,
        .ready_fd = -1,
        .life_fd = -1,
    };
    if (episode_arguments_apply(&o->episode, &server.episode, &err))
        return command_fail("sim", &err);
    fprintf(stderr, "binnacle sim: %s on %s; watch it with: binnacle tui %s\n", server.scenario, o->bind, o->bind);
    if (server_run(&server, &outcome, &err))
        return command_fail("sim", &err);
    printf("%s\n", outcome_names[outcome]);
    return 0;
}

static const struct option_row rows[] = {
    EPISODE_OPTIONS,
    {"bind", 'b', OPTION_TEXT, offsetof(struct sim_options, bind), "ENDPOINT",
     "where to publish (default ipc:///tmp/binnacle.sock)", 0, 0},
    {"log", 'l', OPTION_TEXT, offsetof(struct sim_options, log), "FILE", "record to FILE (MCAP)", 0, 0},
    {"sync", 0, OPTION_NUMBER, offsetof(struct sim_options, sync_s), "SECONDS",
     "bound what a power failure loses: have the disk write this often", 0.01, 3600},
    {"speed", 0, OPTION_SPEED, offsetof(struct sim_options, speed), "X",
     "times real time, 0.1 to 100, or max (default 1)", 0, 0},
    {"paused", 0, OPTION_SWITCH, offsetof(struct sim_options, paused), NULL, "start paused", 0, 0},
    {"once", 0, OPTION_SWITCH, offsetof(struct sim_options, once), NULL, "end with the episode", 0, 0},
};

const struct command command_sim = {
    .name = "sim",
    .arguments = "[SCENARIO]",
    .summary = "the simulator as a server on a ZeroMQ endpoint",
    .details = "Commands over the bus: pause resume step speed reset quit estop release teleop policy rollback "
               "shadow shield set goal\n"
               "seed fault fault_clear.",
    .options = rows,
    .option_count = COUNT_OF(rows),
    .options_size = sizeof(struct sim_options),
    .arguments_max = 1,
    .defaults = sim_defaults,
    .run = sim_run,
};
