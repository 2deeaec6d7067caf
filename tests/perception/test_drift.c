/* Page-Hinkley and PSI against distributions whose answer is known. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "logs/geometry.h"
#include "logs/seed.h"
#include "logs/status.h"
#include "perception/drift.h"

static const struct drift_def unit = {.learn = 100, .mean = 0, .mean_off = (double)INFINITY, .spread = 1};

/* x[n] = r x[n-1] + noise, variance 1. */
struct process {
    struct seed_stream stream;
    double r, x;
};

static struct process process_start(double r, uint64_t seed)
{
    struct process p = {.stream = seed_stream_named(seed, "drift"), .r = r};
    p.x = seed_gaussian(&p.stream);
    return p;
}

static double process_next(struct process *p)
{
    p->x = p->r * p->x + sqrt(1 - square(p->r)) * seed_gaussian(&p->stream);
    return p->x;
}

/* The share of windows of DRIFT_RECENT samples that are over the line without any drift; and over an uncorrected
 * line. */
static double false_share(double r, int runs, double *naive)
{
    int over = 0, over_naive = 0;
    for (int k = 0; k < runs; k++) {
        struct process p = process_start(r, (uint64_t)k + 1);
        struct drift drift;
        drift_start(&drift, &unit);
        for (uint32_t i = 0; i < unit.learn + DRIFT_RECENT; i++)
            drift_put(&drift, i, process_next(&p));
        over += drift_psi(&drift) > drift_psi_critical(&drift);
        over_naive += drift_psi(&drift) > 16.919 * (1.0 / DRIFT_RECENT + 1.0 / unit.learn);
    }
    *naive = (double)over_naive / runs;
    return (double)over / runs;
}

/* The line holds its 5 % for white noise. Deciles of an AR(1) forget faster than its mean, so n_eff, which is the
 * mean's, errs on the careful side there; without it twice to nine times too many are over. */
static void psi_line_is_five_percent(void **unused)
{
    static const struct {
        double r, least, most, naive_least;
    } rows[] = {{0, 0.015, 0.08, 0.02}, {0.5, 0, 0.05, 0.1}, {0.8, 0, 0.05, 0.4}};
    (void)unused;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        double naive, share = false_share(rows[i].r, 2000, &naive);
        printf("figure: PSI over its 5 %% line without drift, r = %.1f: %.1f %% of 2000 windows (%.1f %% without "
               "n_eff)\n",
               rows[i].r, 100 * share, 100 * naive);
        assert_true(share >= rows[i].least && share <= rows[i].most && naive >= rows[i].naive_least);
    }
}

/* Samples to the first alarm of Page-Hinkley by itself, at a line of 4 so that it does not take hours. */
static double run_length(double r, int runs)
{
    double sum = 0;
    for (int k = 0; k < runs; k++) {
        struct process p = process_start(r, (uint64_t)k + 1);
        struct drift drift;
        drift_start(&drift, &(struct drift_def){.learn = 128, .mean = 0, .mean_off = 0, .spread = 1});
        int n = 0;
        for (; n < 128; n++)
            drift_put(&drift, n, process_next(&p));
        drift.up = drift.down = 0; /* from zero, with the reference that is true */
        drift.spread = 1;
        drift.gain = sqrt((1 - r) / (1 + r));
        for (n = 0; drift_ph(&drift) <= 4 && n < 100000; n++)
            drift_put(&drift, n, process_next(&p));
        sum += n;
    }
    return sum / runs;
}

static void page_hinkley_runs_as_long_as_siegmund_says(void **unused)
{
    (void)unused;
    double d = DRIFT_SLACK, h = 4 + 1.166, siegmund = (exp(2 * d * h) - 2 * d * h - 1) / (2 * square(d)) / 2;
    double white = run_length(0, 600), red = run_length(0.5, 600);
    h = DRIFT_LINE + 1.166;
    printf("figure: Page-Hinkley at line 4: %.0f samples to a false alarm (Siegmund %.0f), AR(1) 0.5: %.0f\n", white,
           siegmund, red);
    printf("figure: Page-Hinkley at line %.0f, by Siegmund: %.0f samples\n", DRIFT_LINE,
           (exp(2 * d * h) - 2 * d * h - 1) / (2 * square(d)) / 2);
    assert_true(white > 0.85 * siegmund && white < 1.15 * siegmund);
    assert_true(red > 0.7 * siegmund);
}

/* Delay and misses for steps of so many spreads, of both tests. */
static void steps_are_found(void **unused)
{
    static const struct {
        double step;
        int ph_most, psi_most; /* samples, mean; 0: need not be found */
    } rows[] = {{1, 45, 0}, {2, 15, 60}, {4, 6, 40}};
    (void)unused;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        double ph_sum = 0, psi_sum = 0;
        int runs = 200, ph_found = 0, psi_found = 0;
        for (int k = 0; k < runs; k++) {
            struct process p = process_start(0, (uint64_t)k + 1);
            struct drift drift;
            drift_start(&drift, &unit);
            int n = 0, ph_at = 0, psi_at = 0;
            for (; n < 150; n++)
                drift_put(&drift, n, process_next(&p));
            for (n = 1; n <= 200; n++) {
                drift_put(&drift, 150 + n, process_next(&p) + (k % 2 ? 1 : -1) * rows[i].step);
                ph_at = !ph_at && drift_ph(&drift) > DRIFT_LINE ? n : ph_at;
                assert_true(ph_at != n || drift.state == DRIFT_ALARM);
                psi_at = !psi_at && drift_psi(&drift) > DRIFT_PSI_ALARM * drift_psi_critical(&drift) ? n : psi_at;
            }
            ph_found += ph_at > 0;
            psi_found += psi_at > 0;
            ph_sum += ph_at;
            psi_sum += psi_at;
        }
        printf("figure: step of %.0f spreads: Page-Hinkley %d of %d after %.1f samples, PSI %d after %.1f\n",
               rows[i].step, ph_found, runs, ph_found ? ph_sum / ph_found : 0, psi_found,
               psi_found ? psi_sum / psi_found : 0);
        assert_true(ph_found == runs && ph_sum / ph_found <= rows[i].ph_most);
        assert_true(!rows[i].psi_most || (psi_found == runs && psi_sum / psi_found <= rows[i].psi_most));
    }
}

/* Metres or millimetres: the same verdicts, the same S and PSI. Powers of two, so that rounding is the same, too. */
static void scale_and_offset_do_not_matter(void **unused)
{
    (void)unused;
    struct process p = process_start(0.3, 9);
    struct drift small, large;
    struct drift_def large_def = {.learn = 100, .mean = 4096, .mean_off = 512, .spread = 1024};
    drift_start(&small, &(struct drift_def){.learn = 100, .mean = 4, .mean_off = 0.5, .spread = 1});
    drift_start(&large, &large_def);
    for (int n = 0; n < 400; n++) {
        double x = 4 + process_next(&p) + (n > 250 ? 0.02 * (n - 250) : 0);
        drift_put(&small, n, x);
        drift_put(&large, n, 1024 * x);
        assert_true(drift_ph(&small) == drift_ph(&large) && drift_psi(&small) == drift_psi(&large));
        assert_true(small.state == large.state && small.since_ns == large.since_ns);
    }
    assert_int_equal(small.state, DRIFT_ALARM);
    assert_in_range(drift_onset_ns(&small), 240, 330);
}

/* Wrong from the first sample on is seen while the reference is learnt, and is not learnt to be usual. */
static void wrong_from_the_start_is_seen(void **unused)
{
    (void)unused;
    struct process p = process_start(0, 3);
    struct drift drift;
    drift_start(&drift, &(struct drift_def){.learn = 20, .mean = 0, .mean_off = 0.5, .spread = 1});
    int n = 0;
    while (drift.state != DRIFT_ALARM && n < 100)
        drift_put(&drift, n++, 3 + process_next(&p));
    assert_in_range(n, 2, 15);
    for (; n < 100; n++)
        drift_put(&drift, n, 3 + process_next(&p));
    assert_int_equal(drift.state, DRIFT_ALARM);
    assert_true(drift.mean == 0.5 && drift.spread == 1);
}

/* What has passed is over in bounded time, however long it lasted; and not at once. */
static void an_alarm_ends_after_the_drift(void **unused)
{
    (void)unused;
    struct process p = process_start(0, 5);
    struct drift drift;
    drift_start(&drift, &(struct drift_def){.learn = 50, .mean = 0, .mean_off = 0.2, .spread = 1});
    int n = 0;
    for (; n < 300; n++)
        drift_put(&drift, n, process_next(&p) + (n >= 60 ? 6 : 0));
    assert_int_equal(drift.state, DRIFT_ALARM);
    assert_true(drift_ph(&drift) <= 2 * DRIFT_LINE);
    int back = 0;
    for (; drift.state == DRIFT_ALARM && back < 1000; back++)
        drift_put(&drift, n++, process_next(&p));
    assert_in_range(back, 8, 80);
}

static uint64_t hash_after(double last)
{
    struct drift drift;
    uint64_t hash = 1;
    drift_start(&drift, &unit);
    for (int n = 0; n < 300; n++) {
        drift_put(&drift, n, n == 17 ? last : n % 7);
        hash = drift_hash(&drift, hash);
    }
    return hash;
}

static void every_sample_is_in_the_hash(void **unused)
{
    (void)unused;
    assert_true(hash_after(3) == hash_after(3));
    assert_true(hash_after(3) != hash_after(3.0000001));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(psi_line_is_five_percent),
        cmocka_unit_test(page_hinkley_runs_as_long_as_siegmund_says),
        cmocka_unit_test(steps_are_found),
        cmocka_unit_test(scale_and_offset_do_not_matter),
        cmocka_unit_test(wrong_from_the_start_is_seen),
        cmocka_unit_test(an_alarm_ends_after_the_drift),
        cmocka_unit_test(every_sample_is_in_the_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
