/* binnacle: a simulator in a child process and the dashboard on it; q ends both. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "logs/clock.h"
#include "tui/command.h"
#include "tui/dashboard.h"
#include "tui/plain.h"

struct live_options {
    struct episode_arguments episode;
    const char *scenario, *log;
    double speed, fps, sync_s;
    bool no_log, plain, ascii, no_colour;
};

static void live_defaults(void *options)
{
    struct live_options *o = options;
    episode_arguments_default(&o->episode);
    o->scenario = scenario_builtin_names[0];
    o->log = "binnacle.mcap";
    o->speed = 1;
    o->fps = 15;
}

struct child {
    char folder[64], endpoint[96];
    pid_t pid;
    int life;    /* our end of the pipe whose closing ends the child */
    FILE *words; /* its stderr, printed when the terminal is ours again */
};

/* Whoever ends last leaves nothing: the child after its owner was killed, the parent after the child was. */
static void folder_remove(const struct child *child)
{
    char path[sizeof child->folder + sizeof "/bus.cmd"];
    snprintf(path, sizeof path, "%s/bus", child->folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/bus.cmd", child->folder);
    unlink(path);
    rmdir(child->folder);
}

static volatile sig_atomic_t signalled;
static void on_signal(int number) { signalled = number; }

static void note(const char *sentence) { fprintf(stderr, "binnacle: %s\n", sentence); }

/* In the child: serve, then leave without running the parent's exit handlers. */
static _Noreturn void child_run(const struct live_options *o, const struct child *child, bool once, int ready, int life)
{
    struct error err = {0};
    struct server_options server = {
        .scenario = o->scenario,
        .endpoint = child->endpoint,
        .log = o->no_log ? NULL : o->log,
        .sync_s = o->sync_s,
        .note = note,
        .speed = o->speed,
        .once = once,
        .await_viewer = true,
        .ready_fd = ready,
        .life_fd = life,
    };
    setpgid(0, 0); /* Ctrl-C belongs to the parent, which then ends us in order */
    dup2(fileno(child->words), STDERR_FILENO);
    enum status status = episode_arguments_apply(&o->episode, &server.episode, &err);
    if (status) {
        ssize_t ignored = write(ready, err.text, strlen(err.text));
        (void)ignored;
        _exit(status_exit_code(status));
    }
    status = server_run(&server, NULL, &err);
    if (status)
        command_fail("", &err);
    folder_remove(child);
    fflush(NULL);
    _exit(status_exit_code(status));
}

/* Waits for the child's first word: 'k', or why not. */
static enum status child_ready(struct child *child, int ready, struct error *err)
{
    char text[1024];
    ssize_t size, length = 0;
    while (length < (ssize_t)sizeof text - 1 &&
           ((size = read(ready, text + length, sizeof text - 1 - (size_t)length)) > 0 || (size < 0 && errno == EINTR)))
        length += size > 0 ? size : 0;
    text[length] = '\0';
    if (!strcmp(text, "k"))
        return STATUS_OK;
    int code = 0;
    waitpid(child->pid, &code, 0);
    child->pid = 0;
    bool usage = WIFEXITED(code) && WEXITSTATUS(code) == 2;
    return error_set(err, usage ? STATUS_BAD_INPUT : STATUS_IO, "%s", length ? text : "the simulator did not start");
}

static enum status child_start(const struct live_options *o, bool once, struct child *child, struct error *err)
{
    int ready[2], life[2];
    const char *tmp = getenv("TMPDIR");
    /* A socket's path must be short. */
    bool usable = tmp && *tmp == '/' && strlen(tmp) < sizeof child->folder - sizeof "/binnacle-XXXXXX";
    snprintf(child->folder, sizeof child->folder, "%s/binnacle-XXXXXX", usable ? tmp : "/tmp");
    child->words = tmpfile();
    if (!child->words || !mkdtemp(child->folder) || pipe(ready) || pipe(life))
        return error_set(err, STATUS_IO, "cannot prepare a simulator at %s: %s", child->folder, strerror(errno));
    snprintf(child->endpoint, sizeof child->endpoint, "ipc://%s/bus", child->folder);
    fflush(NULL);
    child->pid = fork();
    if (child->pid < 0)
        return error_set(err, STATUS_IO, "cannot start a simulator: %s", strerror(errno));
    if (!child->pid) {
        close(ready[0]);
        close(life[1]);
        child_run(o, child, once, ready[1], life[0]);
    }
    close(ready[1]);
    close(life[0]);
    child->life = life[1];
    enum status status = child_ready(child, ready[0], err);
    close(ready[0]);
    return status;
}

/* Asks, waits, insists. Returns the child's exit code. */
static int child_end(struct child *child)
{
    int code = 0;
    if (child->life > 0)
        close(child->life);
    int64_t until_ns = clock_wall_ns() + 5000000000;
    for (pid_t left = child->pid; left > 0;) {
        pid_t done = waitpid(left, &code, WNOHANG);
        if (done == left || (done < 0 && errno == ECHILD))
            break;
        if (clock_wall_ns() > until_ns) {
            kill(left, SIGKILL);
            until_ns += 1000000000;
        }
        clock_sleep_until_ns(clock_wall_ns() + 5000000);
    }
    char line[1024];
    for (rewind(child->words); fgets(line, sizeof line, child->words);)
        fputs(line, stderr);
    fclose(child->words);
    folder_remove(child);
    return WIFEXITED(code) ? WEXITSTATUS(code) : 3;
}

static int live_run(const void *options, int argument_count, char **arguments)
{
    const struct live_options *o = options;
    struct error err = {0};
    struct child child = {0};
    const char *policies[COMMAND_POLICIES_MAX];
    bool plain = o->plain || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO), success = true;

    (void)argument_count, (void)arguments;
    command_policies(policies);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
    sigaction(SIGHUP, &(struct sigaction){.sa_handler = on_signal}, NULL);
    enum status status = child_start(o, plain, &child, &err);
    bool started = !status;
    if (!status && plain)
        status = plain_run(child.endpoint, &signalled, &success, &err);
    else if (!status)
        status = dashboard_run(&(struct dashboard_options){.source = child.endpoint,
                                                           .title = o->scenario,
                                                           .fps = o->fps,
                                                           .ascii = o->ascii,
                                                           .no_colour = o->no_colour,
                                                           .policies = policies,
                                                           .owns_server = true},
                               &err);
    int child_code = child.words ? child_end(&child) : 0;
    if (status)
        return command_fail("", &err);
    if (started && !o->no_log && !child_code)
        printf("recorded %s; look back: binnacle tui %s; prove it: binnacle check %s\n", o->log, o->log, o->log);
    return child_code ? child_code : success || signalled ? 0 : 1;
}

static const struct option_row rows[] = {
    EPISODE_OPTIONS,
    {"scenario", 0, OPTION_TEXT, offsetof(struct live_options, scenario), "NAME",
     "a built-in scenario or a YAML file (default office)", 0, 0},
    {"log", 'l', OPTION_TEXT, offsetof(struct live_options, log), "FILE", "where to record (default binnacle.mcap)",
     0, 0},
    {"sync", 0, OPTION_NUMBER, offsetof(struct live_options, sync_s), "SECONDS",
     "bound what a power failure loses: have the disk write this often", 0.01, 3600},
    {"no-log", 0, OPTION_SWITCH, offsetof(struct live_options, no_log), NULL, "do not record", 0, 0},
    {"speed", 0, OPTION_SPEED, offsetof(struct live_options, speed), "X",
     "times real time, 0.1 to 100, or max (default 1)", 0, 0},
    {"fps", 0, OPTION_NUMBER, offsetof(struct live_options, fps), "N", "frames per second at most (default 15)", 1,
     30},
    {"plain", 0, OPTION_SWITCH, offsetof(struct live_options, plain), NULL,
     "lines instead of the dashboard (also without a terminal)", 0, 0},
    {"ascii", 'a', OPTION_SWITCH, offsetof(struct live_options, ascii), NULL, "plain ASCII drawing", 0, 0},
    {"no-colour", 0, OPTION_SWITCH, offsetof(struct live_options, no_colour), NULL, "monochrome (as NO_COLOR)", 0, 0},
};

const struct command command_live = {
    .name = "",
    .arguments = "",
    .summary = "a live robot: starts a simulator and opens the dashboard on it; q ends both",
    .details = "",
    .options = rows,
    .option_count = COUNT_OF(rows),
    .options_size = sizeof(struct live_options),
    .arguments_max = 0,
    .defaults = live_defaults,
    .run = live_run,
};
