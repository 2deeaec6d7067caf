#include "tests/bench/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "logs/clock.h"
#include "logs/status.h"

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double rate_of(const struct bench_contestant *contestant, double seconds)
{
    double units = 0, spent_s;
    int64_t start_ns = clock_cpu_ns();
    do {
        units += contestant->run(contestant->context);
        spent_s = (double)(clock_cpu_ns() - start_ns) * 1e-9;
    } while (spent_s < seconds);
    return units / spent_s;
}

struct bench_result bench_rounds(const struct bench_contestant *contestants, size_t count, double seconds)
{
    double rates[BENCH_CONTESTANTS][BENCH_ROUNDS], ratios[BENCH_CONTESTANTS][BENCH_ROUNDS];
    ASSERT(count > 0 && count <= BENCH_CONTESTANTS);
    for (size_t i = 0; i < count; i++)
        rate_of(&contestants[i], seconds / 4);
    for (size_t round = 0; round < BENCH_ROUNDS; round++)
        for (size_t i = 0; i < count; i++) {
            rates[i][round] = rate_of(&contestants[i], seconds);
            ratios[i][round] = rates[i][round] / rates[0][round];
        }
    struct bench_result result;
    for (size_t i = 0; i < count; i++) {
        result.per_s[i] = bench_median(rates[i], BENCH_ROUNDS);
        result.ratio[i] = bench_median(ratios[i], BENCH_ROUNDS);
    }
    return result;
}

static void put_number(FILE *out, const char *key, double value)
{
    if (isfinite(value))
        fprintf(out, ",\"%s\":%.6g", key, value);
    else
        fprintf(out, ",\"%s\":null", key);
}

static void put_json(FILE *out, const char *name, double value, const char *unit, double bar, bool better_higher,
                     const char *peer, double ratio)
{
    fprintf(out, "{\"name\":\"%s\",\"unit\":\"%s\",\"better\":\"%s\"", name, unit, better_higher ? "higher" : "lower");
    put_number(out, "value", value);
    put_number(out, "bar", bar);
    fprintf(out, ",\"peer\":%s%s%s", peer ? "\"" : "", peer ? peer : "null", peer ? "\"" : "");
    put_number(out, "ratio", ratio);
    fputs("}\n", out);
}

void bench_row(const char *name, double value, const char *unit, double bar, bool better_higher, const char *peer,
               double ratio)
{
    char goal[32] = "", against[80] = "";
    if (isfinite(bar)) {
        bool met = better_higher ? value >= bar : value <= bar;
        snprintf(goal, sizeof goal, "%s %.4g %s", better_higher ? ">=" : "<=", bar, met ? "met" : "MISSED");
    }
    if (isfinite(ratio))
        snprintf(against, sizeof against, "%.3g x %s", ratio, peer ? peer : "");
    printf("%-40s %12.4g %-10s %-20s %s\n", name, value, unit, goal, against);
    fflush(stdout);
    const char *path = getenv("BINNACLE_BENCH_ROWS");
    FILE *rows = path ? fopen(path, "a") : NULL;
    if (!rows)
        return;
    put_json(rows, name, value, unit, bar, better_higher, peer, ratio);
    fclose(rows);
}
