/* binnacle eval SCENARIO...: policies x scenarios x seeds, in several processes; tables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logs/file.h"
#include "nav/brought.h"
#include "sim/sensors.h"
#include "tui/command.h"
#include "tui/evaluation.h"
#include "tui/jobs.h"

struct eval_options {
    struct text_list policies, without, sets, faults;
    const char *shield, *markdown, *junit;
    uint64_t seeds, first;
    double jobs, least_success;
    bool ablation, matrix, json;
};

struct run {
    struct evaluation evaluation;
    struct episode_options common;
    struct progress progress;
    bool quiet;
};

static void eval_defaults(void *options)
{
    struct eval_options *o = options;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    o->seeds = 10;
    o->first = 1;
    o->jobs = processors > 0 && processors < JOBS_MAX ? (double)processors : 1;
    o->least_success = -1;
}

static void work(void *self, size_t item, void *result)
{
    struct run *run = self;
    evaluation_drive(&run->evaluation, item, &run->common, result);
}

static void died(void *self, size_t item, void *result, int signal)
{
    struct evaluation_result *r = result;
    const struct run *run = self;
    *r = (struct evaluation_result){0};
    r->status = error_set(&r->err, STATUS_IO, "%s: its process was ended by signal %d",
                          run->evaluation.cases[item].scenario, signal);
}

static void done(void *self, size_t finished, size_t count)
{
    struct run *run = self;
    progress_update(&run->progress, (double)finished / (double)count, "%zu of %zu episodes", finished, count);
}

/* --- what is compared ------------------------------------------------------------------------------------------- */

static void add_variant(struct evaluation *e, const char *policy, unsigned without, const char *name)
{
    struct evaluation_variant *variant = &e->variants[e->variant_count++];
    *variant = (struct evaluation_variant){.policy = policy, .without = without};
    snprintf(variant->name, sizeof variant->name, "%s", name);
}

/* One policy with all its sensors, and with each of three taken away. */
static void ablate(struct evaluation *e, const char *policy)
{
    static const enum sensor removed[] = {SENSOR_LIDAR, SENSOR_CAMERA, SENSOR_DEPTH};
    add_variant(e, policy, 0, "all sensors");
    for (size_t i = 0; i < COUNT_OF(removed); i++) {
        char name[64];
        snprintf(name, sizeof name, "no %s", sensor_names[removed[i]]);
        add_variant(e, policy, 1u << removed[i], name);
    }
}

static enum status variants_plan(const struct eval_options *o, struct evaluation *e, struct error *err)
{
    if (o->ablation && o->policies.count > 1)
        return error_set(err, STATUS_BAD_INPUT, "--ablation is about one --policy, not %zu", o->policies.count);
    for (size_t i = 0; i < o->policies.count; i++)
        if (brought_kind(o->policies.items[i]) == BROUGHT_NOT && !policy_find(o->policies.items[i], err))
            return STATUS_BAD_INPUT;
    if (o->ablation) {
        ablate(e, o->policies.count ? o->policies.items[0] : NULL);
        return STATUS_OK;
    }
    for (size_t i = 0; i < o->policies.count; i++)
        add_variant(e, o->policies.items[i], 0, o->policies.items[i]);
    if (!o->policies.count)
        add_variant(e, NULL, 0, "its own");
    return STATUS_OK;
}

static enum status options_plan(const struct eval_options *o, struct episode_options *common, struct error *err)
{
    *common = (struct episode_options){
        .shield = o->shield,
        .sets = o->sets.items,
        .set_count = o->sets.count,
        .faults = o->faults.items,
        .fault_count = o->faults.count,
    };
    for (size_t i = 0; i < o->without.count; i++) {
        enum status status = sensors_without(o->without.items[i], &common->without, err);
        if (status)
            return status;
    }
    return STATUS_OK;
}

/* --- what comes out --------------------------------------------------------------------------------------------- */

static enum status save(const char *path, const struct bytes *text, struct error *err)
{
    return path ? file_save(path, text->data, text->size, err) : STATUS_OK;
}

static enum status print(const struct eval_options *o, const struct evaluation *e, struct error *err)
{
    struct bytes text = {0}, markdown = {0}, junit = {0};
    if (o->json)
        evaluation_json(e, &text);
    else if (o->ablation || o->matrix)
        evaluation_matrix(e, false, &text);
    else
        evaluation_table(e, false, &text);
    fwrite(text.data, 1, text.size, stdout);
    if (o->ablation || o->matrix) { /* the overview, and behind it what it leaves out */
        evaluation_matrix(e, true, &markdown);
        bytes_format(&markdown, "\n");
    }
    evaluation_table(e, true, &markdown);
    evaluation_junit(e, &junit);
    enum status status = save(o->markdown, &markdown, err);
    if (!status)
        status = save(o->junit, &junit, err);
    bytes_clear(&text);
    bytes_clear(&markdown);
    bytes_clear(&junit);
    return status;
}

/* A table of nothing hides the sentence that says why. */
static bool is_any_driven(const struct evaluation *e)
{
    for (size_t i = 0; i < e->case_count; i++)
        if (!e->results[i].status)
            return true;
    return false;
}

/* The first that could not be driven speaks for all: it is the user's or the world's fault, no finding. */
static enum status first_failure(const struct evaluation *e, struct error *err)
{
    for (size_t i = 0; i < e->case_count; i++)
        if (e->results[i].status) {
            *err = e->results[i].err;
            return e->results[i].status;
        }
    return STATUS_OK;
}

static int gate(const struct eval_options *o, const struct evaluation *e)
{
    for (size_t v = 0; v < e->variant_count && o->least_success >= 0; v++) {
        struct evaluation_row row = evaluation_total(e, v);
        if (100.0 * (double)row.successes < o->least_success * (double)row.runs) {
            fprintf(stderr, "binnacle eval: %s reaches %zu of %zu goals, less than the %g %% asked for\n",
                    e->variants[v].name, row.successes, row.runs, o->least_success);
            return 1;
        }
    }
    return 0;
}

static int eval_run(const void *options, int argument_count, char **arguments)
{
    const struct eval_options *o = options;
    struct run run = {
        .evaluation = {.scenarios = (const char *const *)arguments, .scenario_count = (size_t)argument_count}};
    struct evaluation *e = &run.evaluation;
    struct error err = {0};
    enum status status = variants_plan(o, e, &err);
    if (!status)
        status = options_plan(o, &run.common, &err);
    if (!status && !o->seeds) /* a gate that nothing was driven through would stand open */
        status = error_set(&err, STATUS_BAD_INPUT, "--seeds 0 drives nothing; it takes a whole number from 1 on");
    if (!status)
        status = evaluation_plan(e, o->first, o->seeds, &err);
    if (!status) {
        run.progress = progress_start();
        const struct jobs jobs = {e->case_count, (size_t)o->jobs, sizeof *e->results, e->results, work, died, done,
                                  &run};
        status = jobs_run(&jobs, &err);
        progress_end(&run.progress);
    }
    if (!status && (is_any_driven(e) || o->json || o->markdown || o->junit))
        status = print(o, e, &err);
    if (!status)
        status = first_failure(e, &err);
    int code = status ? command_fail("eval", &err) : gate(o, e);
    evaluation_clear(e);
    return code;
}

#define AT(member) offsetof(struct eval_options, member)
static const struct option_row rows[] = {
    {"policy", 'p', OPTION_LIST, AT(policies), "WHO",
     "who drives (repeatable: each is a row); default: the scenario's own", 0, 0},
    {"seeds", 'n', OPTION_COUNT, AT(seeds), "N", "seeds of each scenario and policy (default 10)", 0, 0},
    {"seed", 's', OPTION_COUNT, AT(first), "N", "the first of them (default 1)", 0, 0},
    {"ablation", 0, OPTION_SWITCH, AT(ablation), NULL,
     "the policy with all sensors, and without lidar, camera, depth", 0, 0},
    {"matrix", 0, OPTION_SWITCH, AT(matrix), NULL,
     "scenarios down, policies across; --markdown has every row behind it", 0, 0},
    {"shield", 0, OPTION_TEXT, AT(shield), "MODE", "off, monitor or on", 0, 0},
    {"without", 0, OPTION_LIST, AT(without), "SENSOR", "remove a sensor (repeatable)", 0, 0},
    {"set", 0, OPTION_LIST, AT(sets), "PATH=VALUE", "override a setting (repeatable)", 0, 0},
    {"fault", 0, OPTION_LIST, AT(faults), "FAULT", "inject a fault (repeatable; binnacle list faults)", 0, 0},
    {"jobs", 0, OPTION_NUMBER, AT(jobs), "N", "processes (default: one a processor)", 1, JOBS_MAX},
    {"least-success", 0, OPTION_NUMBER, AT(least_success), "PERCENT", "exit 1 if a policy reaches fewer goals in all",
     0, 100},
    {"json", 'j', OPTION_SWITCH, AT(json), NULL, "every episode and every row as JSON", 0, 0},
    {"markdown", 0, OPTION_TEXT, AT(markdown), "FILE", "the table for a pull request or README", 0, 0},
    {"junit", 0, OPTION_TEXT, AT(junit), "FILE", "every episode as a test case", 0, 0},
};

const struct command command_eval = {
    .name = "eval",
    .arguments = "SCENARIO...",
    .summary = "policies x scenarios x seeds: success, time, clearance, violations",
    .details =
        "SCENARIO as for 'run'; FILE#FIRST-LAST/STEP stands for several worlds of one file, counted as one row:\n"
        "worlds.txt#3-297/6. Percentages in brackets are 95 % intervals.",
    .options = rows,
    .option_count = COUNT_OF(rows),
    .options_size = sizeof(struct eval_options),
    .arguments_min = 1,
    .arguments_max = 64,
    .defaults = eval_defaults,
    .run = eval_run,
};
