/* tests/bench/bench.h - measuring, and the table that `make bench` prints.
 *
 * Every figure is taken in CPU time of this process, as the median of rounds in which the contestants take
 * turns, so that a busy neighbour slows all of them alike and ratios hold. Each row is printed, and appended to
 * the file named by BINNACLE_BENCH_ROWS (one JSON object a line), which tests/bench/run.sh gathers into
 * build/bench.json. */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#define BENCH_NONE ((double)NAN) /* no bar, no ratio */

enum { BENCH_ROUNDS = 7, BENCH_CONTESTANTS = 8 };

struct bench_contestant {
    double (*run)(void *context); /* does some work and returns how many units of it */
    void *context;
};

struct bench_result {
    double per_s[BENCH_CONTESTANTS]; /* units per CPU second: median over rounds */
    double ratio[BENCH_CONTESTANTS]; /* to contestant 0 within a round: median over rounds */
};

/* Contestants take turns for BENCH_ROUNDS rounds of at least `seconds` CPU time each; one more round before
 * warms up. */
struct bench_result bench_rounds(const struct bench_contestant *contestants, size_t count, double seconds);

double bench_median(double *values, size_t count); /* sorts them */

/* One row. `bar` and `ratio` may be BENCH_NONE, `peer` NULL. */
void bench_row(const char *name, double value, const char *unit, double bar, bool better_higher, const char *peer,
               double ratio);

#endif
