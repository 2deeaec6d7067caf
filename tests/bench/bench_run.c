/* `binnacle run office` with all sensors, DWA and logging on, as a command: simulated seconds per second of user CPU
 * time. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"

enum { RUNS = 5 };

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "bench_run: %s\n", what);
    exit(1);
}

static double children_user_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec * 1e-6;
}

/* The number after "key": in the object that --json prints. */
static double number(const char *json, const char *key)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = strstr(json, quoted);
    return at ? strtod(at + strlen(quoted), NULL) : (double)NAN;
}

static double factor(const char *log)
{
    const char *program = getenv("BINNACLE");
    char text[4096] = "";
    int ends[2];
    size_t size = 0;
    if (pipe(ends))
        fail("no pipe");
    double before_s = children_user_s();
    pid_t pid = fork();
    if (!pid) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl(program ? program : "build/release/binnacle", "binnacle", "run", "office", "--seed", "7", "--json",
              "--log", log, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    for (ssize_t got; (got = read(ends[0], text + size, sizeof text - 1 - size)) > 0;)
        size += (size_t)got;
    close(ends[0]);
    if (waitpid(pid, NULL, 0) != pid || !isfinite(number(text, "sim_time_s")))
        fail("binnacle run office did not print its result");
    return number(text, "sim_time_s") / (children_user_s() - before_s);
}

int main(void)
{
    char log[] = "/tmp/binnacle-bench-XXXXXX";
    double factors[RUNS];
    int fd = mkstemp(log);
    if (fd < 0)
        fail("no file under /tmp");
    close(fd);
    for (int i = 0; i < RUNS; i++)
        factors[i] = factor(log);
    unlink(log);
    bench_row("run office, everything on and logged", bench_median(factors, RUNS), "x real", 20, true, NULL,
              (double)NAN);
    return 0;
}
