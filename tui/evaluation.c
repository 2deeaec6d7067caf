#include "tui/evaluation.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/clock.h"
#include "logs/memory.h"

/* --- which episodes --------------------------------------------------------------------------------------------- */

struct worlds { /* of one argument */
    char stem[480]; /* up to and with '#' */
    bool is_range;
    long first, last, step;
};

/* "FILE#A-B" or "FILE#A-B/STEP"; anything else is one world. */
static enum status worlds_parse(const char *text, struct worlds *worlds, struct error *err)
{
    const char *hash = strrchr(text, '#');
    char *end;
    *worlds = (struct worlds){.step = 1};
    if (!hash || !strchr(hash, '-') || hash[1] == '-')
        return STATUS_OK;
    worlds->first = strtol(hash + 1, &end, 10);
    if (*end != '-')
        return STATUS_OK;
    worlds->last = strtol(end + 1, &end, 10);
    if (*end == '/')
        worlds->step = strtol(end + 1, &end, 10);
    if (*end || worlds->first < 0 || worlds->last < worlds->first || worlds->step < 1 ||
        (worlds->last - worlds->first) / worlds->step >= EVALUATION_WORLDS_MAX ||
        (size_t)(hash - text) + 2 > sizeof worlds->stem)
        return error_set(err, STATUS_BAD_INPUT,
                         "%s: a range of worlds is #FIRST-LAST or #FIRST-LAST/STEP, at most %d worlds", text,
                         EVALUATION_WORLDS_MAX);
    worlds->is_range = true;
    memcpy(worlds->stem, text, (size_t)(hash - text) + 1);
    return STATUS_OK;
}

static void add_case(struct evaluation *e, const char *scenario, size_t row, size_t variant, uint64_t seed)
{
    if (e->case_count % 256 == 0)
        e->cases = memory_resize(e->cases, e->case_count + 256, sizeof *e->cases);
    struct evaluation_case *one = &e->cases[e->case_count++];
    *one = (struct evaluation_case){.row = row, .variant = variant, .seed = seed};
    snprintf(one->scenario, sizeof one->scenario, "%s", scenario);
}

enum status evaluation_plan(struct evaluation *e, uint64_t first_seed, uint64_t seeds, struct error *err)
{
    for (size_t row = 0; row < e->scenario_count; row++) {
        struct worlds worlds;
        enum status status = worlds_parse(e->scenarios[row], &worlds, err);
        if (status)
            return status;
        for (size_t variant = 0; variant < e->variant_count; variant++)
            for (long id = worlds.first; id <= worlds.last; id += worlds.step)
                for (uint64_t seed = first_seed; seed < first_seed + seeds; seed++) {
                    char name[512];
                    snprintf(name, sizeof name, "%s%ld", worlds.stem, id);
                    add_case(e, worlds.is_range ? name : e->scenarios[row], row, variant, seed);
                }
    }
    e->results = NEW_ARRAY(e->case_count, struct evaluation_result);
    return STATUS_OK;
}

void evaluation_clear(struct evaluation *e)
{
    free(e->cases);
    free(e->results);
    *e = (struct evaluation){0};
}

/* --- driving ---------------------------------------------------------------------------------------------------- */

static void keep_summary(const struct episode *episode, struct evaluation_result *result)
{
    struct episode_summary s = episode_summary(episode);
    result->outcome = s.outcome;
    result->sim_time_s = (double)s.now_ns / 1e9;
    result->path_length_m = s.score->path_length_m;
    result->min_clearance_m = s.score->min_clearance_m;
    result->spl = s.spl;
    result->barn_score = s.barn_score;
    result->clock_s = s.clock_s;
    for (int i = 0; i < VIOLATION_COUNT; i++)
        result->violations[i] = s.violations[i].count;
}

void evaluation_drive(const struct evaluation *e, size_t item, const struct episode_options *common,
                      struct evaluation_result *result)
{
    const struct evaluation_case *one = &e->cases[item];
    const struct evaluation_variant *variant = &e->variants[one->variant];
    struct episode_options options = *common;
    struct journal *journal = journal_create(); /* nobody listens */
    struct episode *episode = NULL;
    int64_t start_ns = clock_wall_ns();
    *result = (struct evaluation_result){.barn_score = (double)NAN};
    options.policy = variant->policy;
    options.without |= variant->without;
    options.seed = one->seed;
    struct scenario *scenario = scenario_load(one->scenario, &result->err);
    if (scenario)
        episode = episode_create(scenario, &options, journal, &result->err);
    if (episode) {
        while (episode_step(episode))
            continue;
        keep_summary(episode, result);
    } else {
        result->status = result->err.status;
    }
    episode_destroy(&episode);
    scenario_destroy(&scenario);
    journal_destroy(&journal);
    result->wall_s = (double)(clock_wall_ns() - start_ns) / 1e9;
}

/* --- sums ------------------------------------------------------------------------------------------------------- */

void evaluation_wilson(size_t k, size_t n, double *low, double *high)
{
    ASSERT(n > 0 && k <= n);
    const double z = 1.959963984540054;
    double share = (double)k / (double)n, z2 = z * z / (double)n;
    double middle = (share + z2 / 2) / (1 + z2);
    double half = z / (1 + z2) * sqrt(share * (1 - share) / (double)n + z2 / (4 * (double)n));
    *low = middle - half;
    *high = middle + half;
}

static struct evaluation_row sum(const struct evaluation *e, size_t scenario, size_t variant, bool all)
{
    struct evaluation_row row = {.clearance_m = (double)INFINITY};
    size_t scored = 0;
    double time_s = 0;
    for (size_t i = 0; i < e->case_count; i++) {
        const struct evaluation_result *r = &e->results[i];
        if ((!all && e->cases[i].row != scenario) || e->cases[i].variant != variant)
            continue;
        row.runs++;
        row.failed += r->status != STATUS_OK;
        if (r->status)
            continue;
        bool success = r->outcome == OUTCOME_SUCCESS;
        row.successes += success;
        row.collisions += r->outcome == OUTCOME_COLLISION;
        row.timeouts += r->outcome == OUTCOME_TIMEOUT || r->outcome == OUTCOME_STUCK;
        row.spl += r->spl;
        time_s += success ? r->clock_s : 0;
        row.clearance_m = fmin(row.clearance_m, r->min_clearance_m);
        if (isfinite(r->barn_score)) {
            row.barn_score += r->barn_score;
            scored++;
        }
        for (int k = 0; k < VIOLATION_COUNT; k++)
            row.violations[k] += r->violations[k];
    }
    size_t driven = row.runs - row.failed;
    row.spl = driven ? row.spl / (double)driven : (double)NAN;
    row.time_s = row.successes ? time_s / (double)row.successes : (double)NAN;
    row.barn_score = scored ? row.barn_score / (double)scored : (double)NAN;
    if (driven)
        evaluation_wilson(row.successes, driven, &row.success_low, &row.success_high);
    return row;
}

struct evaluation_row evaluation_sum(const struct evaluation *e, size_t scenario, size_t variant)
{
    return sum(e, scenario, variant, false);
}

struct evaluation_row evaluation_total(const struct evaluation *e, size_t variant) { return sum(e, 0, variant, true); }
