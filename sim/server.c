#include "sim/server.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "logs/bus.h"
#include "logs/clock.h"
#include "logs/memory.h"

enum { TICK_SAMPLES = 256, NS_PER_MS = 1000000, VIEWER_WAIT_MS = 2000 };
static const int64_t STATUS_EVERY_NS = 100 * NS_PER_MS, STATUS_PAUSED_EVERY_NS = 500 * NS_PER_MS,
                     BACKLOG_MAX_NS = 200 * NS_PER_MS, WATCH_EVERY_NS = 200 * NS_PER_MS;
static const double SPEED_MAX = 100, SPEED_MIN = 0.1;

struct server {
    const struct server_options *options;
    struct bus_server *bus;
    struct journal *journal;
    struct recorder *recorder;
    struct scenario *scenario;
    struct episode *episode;
    uint64_t seed, episode_number, steps_asked;
    double speed;
    bool paused, ended, quitting;
    int64_t due_ns, status_due_ns;                 /* wall */
    int64_t rate_wall_ns, rate_sim_ns;             /* where the real-time factor is measured from */
    double real_time_factor;
    float tick_ms[TICK_SAMPLES];
    uint64_t tick_samples;
    struct watched { /* the file of the policy in force: when it changes, the new one is swapped in */
        char path[512];
        struct stat seen;
        bool settling; /* it differs from what is in force; taken once it has stayed the same for a look */
    } watched;
    int64_t watch_due_ns; /* wall */
    char log[512];
    enum status log_status; /* the first trouble with a log; the episode went on */
    struct error log_error;
};

static volatile sig_atomic_t signalled;

static void on_signal(int number) { signalled = number; }

static void signals_catch(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

/* --- one episode after the other -------------------------------------------------------------------------------- */

/* "run.mcap", "run-2.mcap", "run-3.mcap", ... */
static void log_name(struct server *s)
{
    const char *path = s->options->log, *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
    size_t stem = dot && (!slash || dot > slash) ? (size_t)(dot - path) : strlen(path);
    if (s->episode_number == 1)
        snprintf(s->log, sizeof s->log, "%s", path);
    else
        snprintf(s->log, sizeof s->log, "%.*s-%llu%s", (int)stem, path, (unsigned long long)s->episode_number,
                 path + stem);
}

static void episode_close(struct server *s)
{
    struct error err = {0};
    if (s->episode)
        episode_stop(s->episode, "ended by the operator");
    if (s->recorder && recorder_close(&s->recorder, &err) && !s->log_status) {
        s->log_status = err.status;
        s->log_error = err;
    }
    episode_destroy(&s->episode);
    scenario_destroy(&s->scenario);
    journal_destroy(&s->journal);
}

static enum status episode_open(struct server *s, struct error *err)
{
    struct episode_options options = s->options->episode;
    options.seed = s->seed;
    s->episode_number++;
    s->journal = journal_create();
    if (!(s->scenario = scenario_load(s->options->scenario, err)))
        return err->status;
    if (s->options->log) {
        log_name(s);
        if (!(s->recorder = recorder_create(s->log, NULL, err)))
            return err->status;
        if (s->options->sync_s > 0)
            recorder_sync_every(s->recorder, s->options->sync_s);
        if (s->options->note && *recorder_note(s->recorder))
            s->options->note(recorder_note(s->recorder));
        journal_add(s->journal, recorder_sink(s->recorder));
    }
    journal_add(s->journal, bus_server_sink(s->bus));
    if (!(s->episode = episode_create(s->scenario, &options, s->journal, err)))
        return err->status;
    bus_server_forget(s->bus);
    if (s->recorder)
        episode_describe(s->episode, s->recorder);
    s->ended = false;
    s->steps_asked = 0;
    s->rate_sim_ns = 0;
    s->real_time_factor = 0;
    return STATUS_OK;
}

static void episode_begin(struct server *s)
{
    episode_announce(s->episode);
    s->due_ns = s->rate_wall_ns = clock_wall_ns();
}

/* --- commands of the server ------------------------------------------------------------------------------------- */

static enum status verb_pause(struct server *s, const struct msg_command *c, struct error *err)
{
    (void)err;
    s->paused = !strcmp(c->verb, "pause");
    s->due_ns = s->rate_wall_ns = clock_wall_ns();
    s->rate_sim_ns = episode_summary(s->episode).now_ns;
    return STATUS_OK;
}

static enum status verb_step(struct server *s, const struct msg_command *c, struct error *err)
{
    double steps = c->values.count ? c->values.data[0] : 1;
    if (!(steps >= 1 && steps <= 1e6))
        return error_set(err, STATUS_BAD_INPUT, "step takes 1 to 1000000 ticks");
    s->paused = true;
    s->steps_asked += (uint64_t)steps;
    return STATUS_OK;
}

static enum status verb_speed(struct server *s, const struct msg_command *c, struct error *err)
{
    double speed = c->values.count ? c->values.data[0] : 1;
    if (speed != 0 && !(speed >= SPEED_MIN && speed <= SPEED_MAX))
        return error_set(err, STATUS_BAD_INPUT, "speed is 0 (as fast as possible) or %g to %g times real time",
                         SPEED_MIN, SPEED_MAX);
    s->speed = speed;
    s->due_ns = s->rate_wall_ns = clock_wall_ns();
    s->rate_sim_ns = episode_summary(s->episode).now_ns;
    return STATUS_OK;
}

static enum status verb_reset(struct server *s, const struct msg_command *c, struct error *err)
{
    if (c->values.count && !(c->values.data[0] >= 0 && c->values.data[0] <= 0x1p53))
        return error_set(err, STATUS_BAD_INPUT, "reset takes a seed from 0 to 2^53");
    if (c->values.count)
        s->seed = (uint64_t)c->values.data[0];
    episode_close(s);
    enum status status = episode_open(s, err);
    if (!status)
        episode_begin(s);
    return status;
}

static enum status verb_quit(struct server *s, const struct msg_command *c, struct error *err)
{
    (void)c, (void)err;
    s->quitting = true;
    return STATUS_OK;
}

static enum status verb_status(struct server *s, const struct msg_command *c, struct error *err)
{
    (void)c, (void)err;
    s->status_due_ns = 0;
    return STATUS_OK;
}

static const struct verb_row {
    const char *verb;
    enum status (*apply)(struct server *, const struct msg_command *, struct error *);
} verb_table[] = {
    {"pause", verb_pause}, {"resume", verb_pause}, {"step", verb_step},     {"speed", verb_speed},
    {"reset", verb_reset}, {"quit", verb_quit},    {"status", verb_status},
};

/* Carries out one command and answers it. STATUS_OK unless the server itself cannot go on. */
static enum status obey(struct server *s, const struct msg_command *command, struct error *err)
{
    struct error refusal = {0};
    enum status status = STATUS_BAD_INPUT;
    const struct verb_row *row = NULL;
    for (size_t i = 0; i < COUNT_OF(verb_table) && !row; i++)
        if (!strcmp(verb_table[i].verb, command->verb))
            row = &verb_table[i];
    status = row ? row->apply(s, command, &refusal) : episode_command(s->episode, command, &refusal);
    bus_server_reply(s->bus, &(struct msg_reply){.ok = !status, .text = status ? refusal.text : "ok"});
    s->status_due_ns = 0; /* let everybody see the effect at once */
    if (!s->episode) {    /* a reset that failed leaves nothing to serve */
        *err = refusal;
        return status;
    }
    return STATUS_OK;
}

/* --- the policy's file ------------------------------------------------------------------------------------------ */

static bool is_same_content(const struct stat *a, const struct stat *b)
{
    return a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_size == b->st_size && a->st_ino == b->st_ino;
}

/* A compiler or trainer writes for a while: the file is taken when it has been left alone between two looks. */
static void watch_policy(struct server *s, int64_t wall_ns)
{
    struct watched *w = &s->watched;
    struct stat now;
    s->watch_due_ns = wall_ns + WATCH_EVERY_NS;
    const char *path = episode_policy_path(s->episode);
    if (!path || stat(path, &now))
        return;
    if (strcmp(path, w->path) != 0) {
        *w = (struct watched){.seen = now};
        snprintf(w->path, sizeof w->path, "%s", path);
        return;
    }
    bool left_alone = is_same_content(&now, &w->seen);
    w->seen = now;
    if (!left_alone) {
        w->settling = true;
    } else if (w->settling) {
        struct error err = {0};
        struct msg_command command = {.verb = "policy", .text = w->path};
        w->settling = false;
        if (episode_command(s->episode, &command, &err))
            journal_say(s->journal, episode_summary(s->episode).now_ns, 30, "server",
                        "%s; the version before drives on", err.text);
    }
}

/* --- pacing ----------------------------------------------------------------------------------------------------- */

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void status_publish(struct server *s, int64_t wall_ns)
{
    struct episode_summary summary = episode_summary(s->episode);
    const struct navigator *navigator = episode_navigator(s->episode);
    float sorted[TICK_SAMPLES];
    size_t count = s->tick_samples < TICK_SAMPLES ? (size_t)s->tick_samples : TICK_SAMPLES;
    memcpy(sorted, s->tick_ms, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_floats);
    int64_t wall = wall_ns - s->rate_wall_ns;
    if (!s->paused && !s->ended && wall > 10 * STATUS_EVERY_NS) {
        s->real_time_factor = (double)(summary.now_ns - s->rate_sim_ns) / (double)wall;
        s->rate_wall_ns = wall_ns;
        s->rate_sim_ns = summary.now_ns;
    }
    struct msg_server_status status = {
        .tick = summary.tick,
        .sim_ns = summary.now_ns,
        .paused = s->paused,
        .ended = s->ended,
        .speed = s->speed,
        .real_time_factor = s->real_time_factor,
        .tick_ms = count ? (double)sorted[count / 2] : 0,
        .tick_ms_p99 = count ? (double)sorted[count * 99 / 100] : 0,
        .dropped = bus_server_refused(s->bus),
        .recording = s->recorder && !recorder_failed(s->recorder),
        .log = s->log,
        .policy = navigator_policy(navigator)->name,
        .shield = shield_mode_names[navigator_shield_mode(navigator)],
        .estop = navigator_is_stopped(navigator),
        .episode = s->episode_number,
    };
    journal_publish(s->journal, TOPIC_SERVER_STATUS, summary.now_ns, &status);
    bool idle = s->paused || s->ended;
    s->status_due_ns = wall_ns + (idle ? STATUS_PAUSED_EVERY_NS : STATUS_EVERY_NS);
}

static void tick(struct server *s)
{
    int64_t before_ns = clock_wall_ns();
    s->ended = !episode_step(s->episode);
    if (s->steps_asked)
        s->steps_asked--;
    int64_t after_ns = clock_wall_ns();
    s->tick_ms[s->tick_samples++ % TICK_SAMPLES] = (float)((double)(after_ns - before_ns) / NS_PER_MS);
    if (s->speed > 0)
        s->due_ns += (int64_t)((double)episode_tick_ns(s->episode) / s->speed);
    if (after_ns - s->due_ns > BACKLOG_MAX_NS)
        s->due_ns = after_ns; /* too slow to keep up: run late rather than in bursts */
    if (s->ended)
        s->status_due_ns = 0;
}

static bool owner_left(int life_fd)
{
    struct pollfd fd = {.fd = life_fd, .events = POLLIN};
    return life_fd >= 0 && poll(&fd, 1, 0) > 0 && fd.revents & (POLLHUP | POLLERR);
}

/* Milliseconds until something is due, rounded up; 0 when it is now. */
static int wait_ms(const struct server *s, int64_t wall_ns)
{
    bool running = !s->ended && (!s->paused || s->steps_asked);
    int64_t until = s->status_due_ns;
    if (running && (s->speed == 0 || s->steps_asked))
        return 0;
    if (running && s->due_ns < until)
        until = s->due_ns;
    return until <= wall_ns ? 0 : (int)((until - wall_ns + NS_PER_MS - 1) / NS_PER_MS);
}

static enum status serve(struct server *s, struct error *err)
{
    while (!s->quitting && !signalled && !owner_left(s->options->life_fd) && !(s->ended && s->options->once)) {
        struct msg_command command;
        if (!bus_server_receive(s->bus, wait_ms(s, clock_wall_ns()), &command)) {
            enum status status = obey(s, &command, err);
            if (status)
                return status;
        }
        int64_t wall_ns = clock_wall_ns();
        bool may_run = !s->ended && (!s->paused || s->steps_asked);
        if (may_run && (s->speed == 0 || s->steps_asked || wall_ns >= s->due_ns))
            tick(s);
        if (wall_ns >= s->watch_due_ns)
            watch_policy(s, wall_ns);
        if (wall_ns >= s->status_due_ns)
            status_publish(s, wall_ns);
    }
    return STATUS_OK;
}

/* Tells whoever started us: one byte 'k', or the sentence that explains why not. */
static void report_ready(int fd, enum status status, const struct error *err)
{
    if (fd < 0)
        return;
    const char *text = status ? err->text : "k";
    ssize_t ignored = write(fd, text, strlen(text));
    (void)ignored;
    close(fd);
}

enum status server_run(const struct server_options *options, enum outcome *outcome, struct error *err)
{
    struct server s = {.options = options,
                       .seed = options->episode.seed,
                       .speed = options->speed,
                       .paused = options->paused};
    signalled = 0;
    signals_catch();
    s.bus = bus_server_create(options->endpoint, err);
    enum status status = s.bus ? episode_open(&s, err) : err->status;
    report_ready(options->ready_fd, status, err);
    if (!status) {
        if (options->await_viewer)
            bus_server_await(s.bus, VIEWER_WAIT_MS);
        episode_begin(&s);
        status = serve(&s, err);
    }
    if (s.episode && outcome)
        *outcome = episode_summary(s.episode).outcome;
    if (s.journal)
        episode_close(&s);
    bus_server_destroy(&s.bus);
    if (!status && s.log_status) {
        *err = s.log_error;
        status = s.log_status;
    }
    return status;
}
