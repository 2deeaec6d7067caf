#include "logs/clock.h"

#include <time.h>

enum { NS_PER_S = 1000000000 };

static int64_t read_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t clock_wall_ns(void) { return read_ns(CLOCK_MONOTONIC); }

void clock_date(char text[32])
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &utc);
}

int64_t clock_cpu_ns(void) { return read_ns(CLOCK_PROCESS_CPUTIME_ID); }

void clock_sleep_until_ns(int64_t wall_ns)
{
    struct timespec until = {.tv_sec = wall_ns / NS_PER_S, .tv_nsec = wall_ns % NS_PER_S};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}
