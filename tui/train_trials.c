#include "tui/train_trials.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "logs/memory.h"
#include "tui/evaluation.h"

enum { SEEDS_A_TRIAL = 10000000 }; /* beyond all that one trial drives */

static struct train_round *round_of(const struct train_trials *trials, size_t way, size_t trial, size_t round)
{
    ASSERT(way < trials->way_count && trial < trials->count && round < trials->round_count);
    return &trials->round[(way * trials->count + trial) * trials->round_count + round];
}

/* --- running ------------------------------------------------ */

static enum status one_trial(struct train_trials *trials, size_t way, size_t trial, const struct train_run *like,
                             struct train_run *one, struct error *err)
{
    char label[64];
    snprintf(label, sizeof label, "%s, trial %zu of %zu: ", trials->ways[way].name, trial + 1, trials->count);
    *one = *like;
    one->config.seed += trial;
    one->seed_offset = trial * SEEDS_A_TRIAL;
    one->beta = trials->ways[way].beta;
    one->label = label;
    enum status status = train_run(one, err);
    one->label = NULL;
    for (size_t r = 0; r < one->round_count && !status; r++)
        *round_of(trials, way, trial, r) = one->round[r];
    return status;
}

enum status train_trials_run(struct train_trials *trials, struct train_run *run, struct error *err)
{
    ASSERT(trials->count >= 1 && trials->count <= TRAIN_TRIALS_MAX && run->evaluation->count);
    ASSERT(trials->way_count >= 1 && trials->way_count <= TRAIN_WAYS_MAX && !run->round_count);
    const struct train_run like = *run;
    enum status status = STATUS_OK;
    trials->round_count = run->rounds;
    trials->round = NEW_ARRAY(trials->way_count * trials->count * run->rounds, struct train_round);
    for (size_t trial = 0; trial < trials->count && !status; trial++)
        for (size_t way = 0; way < trials->way_count && !status; way++) {
            struct train_run one;
            status = one_trial(trials, way, trial, &like, &one, err);
            if (!trial && way == trials->way_count - 1)
                *run = one;
            else
                train_run_clear(&one);
        }
    return status;
}

void train_trials_clear(struct train_trials *trials)
{
    free(trials->round);
    trials->round = NULL;
}

/* --- sums ------------------------------------------------ */

struct train_pool train_trials_pool(const struct train_trials *trials, size_t way, size_t round)
{
    struct train_pool pool = {.least = SIZE_MAX};
    double share = 1 / (double)trials->count;
    for (size_t t = 0; t < trials->count; t++) {
        const struct train_round *r = round_of(trials, way, t, round);
        pool.samples = r->samples_all;
        pool.loss += r->fit.loss * share;
        pool.validation += r->fit.validation * share;
        pool.validation_mps += r->fit.validation_mps * share;
        pool.validation_radps += r->fit.validation_radps * share;
        pool.spl += r->verdict.spl * share;
        pool.episodes += r->verdict.episodes;
        pool.successes += r->verdict.successes;
        pool.collisions += r->verdict.collisions;
        pool.least = r->verdict.successes < pool.least ? r->verdict.successes : pool.least;
        pool.most = r->verdict.successes > pool.most ? r->verdict.successes : pool.most;
    }
    pool.success = (double)pool.successes / (double)pool.episodes;
    evaluation_wilson(pool.successes, pool.episodes, &pool.success_low, &pool.success_high);
    return pool;
}

/* Twice the chance that a fair coin falls `few` times or less often of few + many on the one side. */
static double coin(size_t few, size_t many)
{
    double n = (double)(few + many), sum = 0;
    for (size_t k = 0; k <= few; k++)
        sum += exp(lgamma(n + 1) - lgamma((double)k + 1) - lgamma(n - (double)k + 1) - n * log(2));
    return fmin(2 * sum, 1);
}

struct train_pairs train_trials_pairs(const struct train_trials *trials)
{
    struct train_pairs pairs = {0};
    size_t last = trials->round_count - 1;
    ASSERT(trials->way_count == 2);
    for (size_t t = 0; t < trials->count; t++) {
        const struct train_verdict *a = &round_of(trials, 0, t, last)->verdict;
        const struct train_verdict *b = &round_of(trials, 1, t, last)->verdict;
        for (size_t i = 0; i < a->episodes; i++) {
            bool first = a->reached[i / 64] >> i % 64 & 1, second = b->reached[i / 64] >> i % 64 & 1;
            pairs.both += first && second;
            pairs.first += first && !second;
            pairs.second += second && !first;
            pairs.neither += !first && !second;
        }
        pairs.first_ahead += a->successes > b->successes;
        pairs.second_ahead += b->successes > a->successes;
    }
    bool fewer = pairs.first < pairs.second;
    pairs.p = coin(fewer ? pairs.first : pairs.second, fewer ? pairs.second : pairs.first);
    return pairs;
}

/* --- table and JSON ------------------------------------------------ */

static void put_row(const struct train_trials *trials, size_t way, struct bytes *out)
{
    struct train_pool pool = train_trials_pool(trials, way, trials->round_count - 1);
    bytes_format(out, "| %s | %zu | %.4f | ", trials->ways[way].name, pool.samples, pool.loss);
    if (isfinite(pool.validation))
        bytes_format(out, "%.4f (%.3f m/s, %.3f rad/s)", pool.validation, pool.validation_mps, pool.validation_radps);
    else
        bytes_format(out, "-");
    bytes_format(out, " | %zu/%zu %.0f %% (%.0f-%.0f) | %zu..%zu of %zu | %zu | %.2f |\n", pool.successes,
                 pool.episodes, 100 * pool.success, 100 * pool.success_low, 100 * pool.success_high, pool.least,
                 pool.most, pool.episodes / trials->count, pool.collisions, pool.spl);
}

void train_trials_table(const struct train_trials *trials, struct bytes *out)
{
    bytes_format(out,
                 "| taught by | samples | loss | validation | goal reached (95 %%) | by trial | collided | SPL |\n");
    bytes_format(out, "|---|---:|---:|---|---|---|---:|---:|\n");
    for (size_t w = 0; w < trials->way_count; w++)
        put_row(trials, w, out);
    if (trials->way_count < 2)
        return;
    struct train_pairs pairs = train_trials_pairs(trials);
    const char *first = trials->ways[0].name, *second = trials->ways[1].name;
    bytes_format(out,
                 "\nOf %zu worlds both master %zu, only %s %zu, only %s %zu, neither %zu: p = %.2g (McNemar, exact, "
                 "two-sided). Ahead: %s in %zu, %s in %zu of %zu trials.\n",
                 pairs.both + pairs.first + pairs.second + pairs.neither, pairs.both, first, pairs.first, second,
                 pairs.second, pairs.neither, pairs.p, first, pairs.first_ahead, second, pairs.second_ahead,
                 trials->count);
}

static void put_pool(const struct train_pool *pool, struct bytes *out)
{
    bytes_format(out, "{\"samples\":%zu,\"loss\":%.9g,\"validation\":", pool->samples, pool->loss);
    bytes_format(out, isfinite(pool->validation) ? "%.9g" : "null", pool->validation);
    bytes_format(out,
                 ",\"episodes\":%zu,\"successes\":%zu,\"success_low\":%.9g,\"success_high\":%.9g,\"collisions\":%zu,"
                 "\"spl\":%.9g}",
                 pool->episodes, pool->successes, pool->success_low, pool->success_high, pool->collisions, pool->spl);
}

void train_trials_json(const struct train_trials *trials, struct bytes *out)
{
    bytes_format(out, "{\"trials\":%zu,\"ways\":[", trials->count);
    for (size_t w = 0; w < trials->way_count; w++) {
        bytes_format(out, "%s{\"name\":\"%s\",\"beta\":%g,\"rounds\":[", w ? "," : "", trials->ways[w].name,
                     trials->ways[w].beta);
        for (size_t r = 0; r < trials->round_count; r++) {
            struct train_pool pool = train_trials_pool(trials, w, r);
            bytes_format(out, r ? "," : "");
            put_pool(&pool, out);
        }
        bytes_format(out, "]}");
    }
    bytes_format(out, "]");
    if (trials->way_count == 2) {
        struct train_pairs pairs = train_trials_pairs(trials);
        bytes_format(out, ",\"pairs\":{\"both\":%zu,\"first\":%zu,\"second\":%zu,\"neither\":%zu,\"p\":%.9g}",
                     pairs.both, pairs.first, pairs.second, pairs.neither, pairs.p);
    }
    bytes_format(out, "}");
}
