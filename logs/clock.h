/* logs/clock.h - the only door to wall time. Nothing that is logged or simulated may come through it. */
#ifndef LOGS_CLOCK_H
#define LOGS_CLOCK_H
#include <stdint.h>

int64_t clock_wall_ns(void);                /* monotonic, since an arbitrary origin */
int64_t clock_cpu_ns(void);                 /* processor time of this process */
void clock_date(char text[32]);             /* in UTC: "2026-11-20T16:57:49" */
void clock_sleep_until_ns(int64_t wall_ns); /* returns early on a signal */

#endif
