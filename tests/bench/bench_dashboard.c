/* The dashboard as its user's terminal sees it: a simulator and a dashboard as two processes, the dashboard on a pty
 * of 120x36 with 256 colours. Bytes are counted at the pty's other end, CPU and memory read from /proc, keys timed
 * until the first byte that carries their effect, and the simulator's ticks timed by a second client on the bus. */
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "logs/bus.h"
#include "logs/clock.h"
#include "logs/memory.h"
#include "logs/seed.h"
#include "tests/bench/bench.h"

enum { COLUMNS = 120, ROWS = 36, KEYS = 100, SAMPLES = 60, FIRST_PICTURE = 5000 };
static const double NONE = (double)NAN, BURST_GAP_S = 0.02;

struct rig {
    char folder[64], endpoint[96];
    pid_t sim, dashboard;
    int screen; /* the terminal's side of the pty */
    struct bus_client *bus;
    bool paused, ended;  /* by the latest ServerStatus */
    double sim_s, seen_s; /* the latest tick's simulated time, and when it came */
    struct arena arena;
};

struct traffic {
    double bytes, burst; /* burst: most bytes without a gap */
    double last_s;
};

static double now_s(void) { return (double)clock_wall_ns() * 1e-9; }

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "bench_dashboard: %s\n", what);
    exit(1);
}

/* --- the two processes ------------------------------------------------------------------------------------------ */

static const char *program(void)
{
    const char *path = getenv("BINNACLE");
    return path ? path : "build/release/binnacle";
}

static void sim_start(struct rig *rig)
{
    rig->sim = fork();
    if (rig->sim)
        return;
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execl(program(), "binnacle", "sim", "office", "--seed", "7", "--bind", rig->endpoint, (char *)NULL);
    _exit(127);
}

static void dashboard_start(struct rig *rig)
{
    struct winsize size = {.ws_col = COLUMNS, .ws_row = ROWS};
    rig->dashboard = forkpty(&rig->screen, NULL, NULL, &size);
    if (rig->dashboard)
        return;
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    execl(program(), "binnacle", "tui", rig->endpoint, (char *)NULL);
    _exit(127);
}

/* Takes what waits on the bus and on the screen for a while. `glyph`: returns early, when it appears on the screen. */
static bool watch(struct rig *rig, double seconds, const char *glyph, struct traffic *traffic)
{
    char bytes[65536];
    double until_s = now_s() + seconds, burst = 0;
    for (double left_s; (left_s = until_s - now_s()) > 0;) {
        struct pollfd fds[] = {{.fd = rig->screen, .events = POLLIN},
                               {.fd = bus_client_fd(rig->bus), .events = POLLIN}};
        poll(fds, 2, (int)(left_s * 1000) + 1);
        struct frame frame;
        struct error err;
        while (!bus_client_receive(rig->bus, &frame, &err)) {
            struct msg_server_status status;
            arena_reset(&rig->arena);
            if (frame.topic == TOPIC_STATE_HASH) {
                rig->sim_s = (double)frame.stamp_ns * 1e-9;
                rig->seen_s = now_s();
            }
            if (frame.topic == TOPIC_SERVER_STATUS &&
                !message_decode(&message_type_server_status, frame.payload, frame.size, &status, &rig->arena, NULL)) {
                rig->paused = status.paused;
                rig->ended = status.ended;
            }
        }
        if (!(fds[0].revents & (POLLIN | POLLHUP)))
            continue;
        ssize_t size = read(rig->screen, bytes, sizeof bytes - 1);
        if (size <= 0)
            fail("the dashboard ended");
        if (traffic) {
            burst = now_s() - traffic->last_s > BURST_GAP_S ? (double)size : burst + (double)size;
            traffic->burst = fmax(traffic->burst, burst);
            traffic->bytes += (double)size;
            traffic->last_s = now_s();
        }
        bytes[size] = '\0';
        if (glyph && strstr(bytes, glyph))
            return true;
    }
    return false;
}

static void press(struct rig *rig, const char *keys)
{
    if (write(rig->screen, keys, strlen(keys)) < 0)
        fail("the terminal takes no keys");
}

static void command(struct rig *rig, const char *verb, double value)
{
    if (!bus_client_command(rig->bus, verb, "", &value, strcmp(verb, "speed") == 0))
        fail("the simulator takes no commands");
}

static void rig_start(struct rig *rig)
{
    struct error err = {0};
    snprintf(rig->folder, sizeof rig->folder, "/tmp/binnacle-bench-XXXXXX");
    if (!mkdtemp(rig->folder))
        fail("no folder under /tmp");
    snprintf(rig->endpoint, sizeof rig->endpoint, "ipc://%s/bus", rig->folder);
    sim_start(rig);
    rig->bus = bus_client_create(rig->endpoint, &err);
    if (!rig->bus)
        fail(err.text);
    dashboard_start(rig);
    struct traffic traffic = {0};
    for (int i = 0; traffic.bytes < FIRST_PICTURE; i++) {
        if (i == 100)
            fail("no picture within 10 s");
        watch(rig, 0.1, NULL, &traffic);
    }
}

static void rig_stop(struct rig *rig)
{
    press(rig, "q");
    waitpid(rig->dashboard, NULL, 0);
    kill(rig->sim, SIGTERM);
    waitpid(rig->sim, NULL, 0);
    bus_client_destroy(&rig->bus);
    arena_clear(&rig->arena);
    rmdir(rig->folder);
}

/* --- /proc ------------------------------------------------------------------------------------------------------ */

static double cpu_s(pid_t pid)
{
    char path[64], text[1024] = "";
    unsigned long user, system;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file || !fgets(text, sizeof text, file))
        fail("a process is gone");
    fclose(file);
    const char *rest = strrchr(text, ')');
    if (!rest || sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        fail("/proc/PID/stat is not as expected");
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double resident_mb(pid_t pid)
{
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%*d %ld", &pages) != 1)
        fail("a process is gone");
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

/* --- figures ---------------------------------------------------------------------------------------------------- */

static void bench_steady(struct rig *rig)
{
    struct traffic traffic = {0};
    watch(rig, 2, NULL, NULL);
    double start_s = now_s(), dashboard_s = cpu_s(rig->dashboard), sim_s = cpu_s(rig->sim);
    watch(rig, 12, NULL, &traffic);
    double wall_s = now_s() - start_s;
    bench_row("dashboard: bytes to the terminal", traffic.bytes / wall_s / 1e3, "KB/s", 60, false, NULL, NONE);
    bench_row("dashboard: largest burst", traffic.burst / 1e3, "KB", 34, false, NULL, NONE);
    bench_row("dashboard: CPU", (cpu_s(rig->dashboard) - dashboard_s) / wall_s * 100, "%", 5, false, NULL, NONE);
    bench_row("simulator at real time: CPU", (cpu_s(rig->sim) - sim_s) / wall_s * 100, "%", NONE, false, NULL, NONE);
}

/* '~' typed into the command line: a sign that nothing else on the screen uses. */
static void bench_keys(struct rig *rig)
{
    double ms[KEYS];
    struct seed_stream phase = seed_stream_named(1, "phase");
    press(rig, ":");
    watch(rig, 0.3, NULL, NULL);
    for (int i = 0; i < KEYS; i++) {
        watch(rig, seed_between(&phase, 0.02, 0.12), NULL, NULL);
        double start_s = now_s();
        press(rig, "~");
        if (!watch(rig, 2, "~", NULL))
            fail("a key had no effect");
        ms[i] = (now_s() - start_s) * 1e3;
    }
    press(rig, "\033");
    watch(rig, 0.3, NULL, NULL);
    bench_row("dashboard: key to screen, p50", bench_median(ms, KEYS), "ms", NONE, false, NULL, NONE);
    bench_row("dashboard: key to screen, p99", ms[KEYS * 99 / 100 - 1], "ms", 5, false, NULL, NONE); /* sorted */
}

static void bench_paused(struct rig *rig)
{
    struct traffic traffic = {0};
    press(rig, " ");
    watch(rig, 6, NULL, NULL); /* until notices are gone */
    if (!rig->paused)
        fail("Space did not pause");
    double start_s = now_s(), before_s = cpu_s(rig->dashboard);
    watch(rig, 5, NULL, &traffic);
    double wall_s = now_s() - start_s;
    bench_row("dashboard: bytes while paused", traffic.bytes / wall_s, "B/s", 0, false, NULL, NONE);
    bench_row("dashboard: CPU while paused", (cpu_s(rig->dashboard) - before_s) / wall_s * 100, "%", NONE, false, NULL,
              NONE);
    press(rig, " ");
}

/* From the arrival of one tick to that of another. */
static double tick_rate(struct rig *rig, double seconds)
{
    watch(rig, 0.5, NULL, NULL);
    double sim_s = rig->sim_s, seen_s = rig->seen_s;
    watch(rig, seconds, NULL, NULL);
    return (rig->sim_s - sim_s) / (rig->seen_s - seen_s);
}

static void bench_stopped(struct rig *rig)
{
    command(rig, "reset", 0);
    watch(rig, 0.5, NULL, NULL);
    double before = tick_rate(rig, 5);
    kill(rig->dashboard, SIGSTOP);
    double during = tick_rate(rig, 5);
    kill(rig->dashboard, SIGCONT);
    bench_row("simulator: ticks with dashboard stopped", during / before, "ratio", 0.99, true, NULL, NONE);
}

/* Ten simulated minutes, one episode after the other. Growth is what comes on top of the first third. */
static void bench_memory(struct rig *rig)
{
    double sim_third = 0, dashboard_third = 0, sim_mb = 0, dashboard_mb = 0;
    command(rig, "speed", 10);
    for (int i = 0; i < SAMPLES; i++) {
        watch(rig, 1, NULL, NULL);
        if (rig->ended)
            command(rig, "reset", 0);
        sim_mb = fmax(sim_mb, resident_mb(rig->sim));
        dashboard_mb = fmax(dashboard_mb, resident_mb(rig->dashboard));
        if (i < SAMPLES / 3) {
            sim_third = sim_mb;
            dashboard_third = dashboard_mb;
        }
    }
    bench_row("dashboard: memory", dashboard_mb, "MB", NONE, false, NULL, NONE);
    bench_row("dashboard: growth after 200 s of 600 s", dashboard_mb - dashboard_third, "MB", 2, false, NULL, NONE);
    bench_row("simulator: memory", sim_mb, "MB", NONE, false, NULL, NONE);
    bench_row("simulator: growth after 200 s of 600 s", sim_mb - sim_third, "MB", 2, false, NULL, NONE);
}

int main(void)
{
    struct rig rig = {0};
    rig_start(&rig);
    bench_steady(&rig);
    bench_keys(&rig);
    bench_paused(&rig);
    bench_stopped(&rig);
    bench_memory(&rig);
    rig_stop(&rig);
    return 0;
}
