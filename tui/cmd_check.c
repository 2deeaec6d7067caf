/* binnacle check LOG...: re-simulates each log from what is inside it and compares; the gate in CI. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logs/clock.h"
#include "logs/file.h"
#include "nav/brought.h"
#include "tui/command.h"
#include "tui/jobs.h"
#include "tui/refs.h"

struct check_arguments {
    const char *tolerance, *policy, *refs, *junit, *markdown;
    struct text_list sets, faults;
    double jobs;
    bool once, open_loop, update_refs, json;
};

static void check_defaults(void *options)
{
    struct check_arguments *o = options;
    o->jobs = 1;
}

struct gate {
    const struct check_arguments *arguments;
    struct check_options options;
    struct tolerance *tolerance;
    struct refs refs;
    char **paths;
    struct report_case *cases;
    size_t count;
    struct progress progress;
};

/* --- one log ---------------------------------------------------------------------------------------------------- */

static void case_name(const char *path, struct report_case *one)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t length = strlen(base), ending = strlen(".mcap");
    if (length > ending && !strcmp(base + length - ending, ".mcap"))
        length -= ending;
    snprintf(one->path, sizeof one->path, "%s", path);
    snprintf(one->name, sizeof one->name, "%.*s", (int)length, base);
    for (char *c = one->name; *c; c++)
        if (*c == ' ' || *c == '\t' || *c == '\n')
            *c = '_';
}

static void on_progress(void *self, uint64_t tick, uint64_t last)
{
    progress_update(self, last ? (double)tick / (double)last : -1, "tick %" PRIu64 " of %" PRIu64, tick, last);
}

static void work(void *self, size_t item, void *result)
{
    struct gate *gate = self;
    struct report_case *one = result;
    bool alone = gate->count == 1;
    int64_t start_ns = clock_wall_ns();
    case_name(gate->paths[item], one);
    one->status = check_log(gate->paths[item], &gate->options, alone ? on_progress : NULL, &gate->progress, &one->check,
                            &one->err);
    one->wall_s = (double)(clock_wall_ns() - start_ns) / 1e9;
}

static void died(void *self, size_t item, void *result, int signal)
{
    struct gate *gate = self;
    struct report_case *one = result;
    case_name(gate->paths[item], one);
    one->status = error_set(&one->err, STATUS_CORRUPT,
                            "%s: the re-simulation died (signal %d); check it alone to see why", one->path, signal);
}

static void done(void *self, size_t finished, size_t count)
{
    struct gate *gate = self;
    if (count > 1)
        progress_update(&gate->progress, (double)finished / (double)count, "%zu of %zu logs", finished, count);
}

/* --- the answer ------------------------------------------------------------------------------------------------- */

static enum status save(const char *path, void (*render)(const struct report_case *, size_t, struct bytes *),
                        const struct gate *gate, struct error *err)
{
    struct bytes text = {0};
    if (!path)
        return STATUS_OK;
    render(gate->cases, gate->count, &text);
    enum status status = file_save(path, text.data, text.size, err);
    bytes_clear(&text);
    return status;
}

static void print(struct gate *gate)
{
    struct bytes text = {0};
    (gate->arguments->json ? report_json : report_table)(gate->cases, gate->count, &text);
    if (getenv("GITHUB_ACTIONS") && !gate->arguments->json)
        report_github(gate->cases, gate->count, &text);
    fwrite(text.data, 1, text.size, stdout);
    bytes_clear(&text);
    for (size_t i = 0; i < gate->count; i++)
        if (gate->cases[i].status)
            (void)command_fail("check", &gate->cases[i].err);
}

static enum status references(struct gate *gate, struct error *err)
{
    const struct check_arguments *o = gate->arguments;
    struct bytes changes = {0};
    for (size_t i = 0; o->refs && !o->update_refs && i < gate->count; i++)
        refs_compare(&gate->refs, &gate->cases[i]);
    if (!o->update_refs)
        return STATUS_OK;
    enum status status = refs_update(&gate->refs, o->refs, gate->cases, gate->count, &changes, err);
    FILE *to = o->json ? stderr : stdout;
    fwrite(changes.data, 1, changes.size, to);
    if (!status && !changes.size)
        fprintf(to, "%s: nothing changed\n", o->refs);
    bytes_clear(&changes);
    return status;
}

static enum status gate_open(struct gate *gate, struct error *err)
{
    const struct check_arguments *o = gate->arguments;
    enum status status = STATUS_OK;
    if (o->update_refs && !o->refs)
        return error_set(err, STATUS_BAD_INPUT, "--update-refs needs the file: --refs FILE");
    if (o->refs && (o->policy || o->sets.count || o->faults.count || o->open_loop))
        return error_set(err, STATUS_BAD_INPUT,
                         "--refs is about the recorded policy; leave out --policy, --set, --fault and --open-loop");
    if (o->faults.count && o->open_loop)
        return error_set(err, STATUS_BAD_INPUT,
                         "--open-loop takes the sensors as they were logged; leave out --fault or --open-loop");
    for (size_t i = 0; i < o->faults.count; i++)
        if (fault_parse(o->faults.items[i], &(struct fault_spec){0}, err))
            return err->status;
    if (o->tolerance && !(gate->tolerance = tolerance_load(o->tolerance, err)))
        return err->status;
    if (o->policy && brought_kind(o->policy) == BROUGHT_NOT && !policy_find(o->policy, err))
        return err->status;
    if (o->refs && (!o->update_refs || !access(o->refs, F_OK)))
        status = refs_load(&gate->refs, o->refs, err);
    gate->options = (struct check_options){.tolerance = gate->tolerance, .once = o->once, .policy = o->policy,
                                           .sets = o->sets.items, .set_count = o->sets.count, .open_loop = o->open_loop,
                                           .faults = o->faults.items, .fault_count = o->faults.count};
    return status;
}

static enum status gate_run(struct gate *gate, struct error *err)
{
    const struct check_arguments *o = gate->arguments;
    bool here = gate->count == 1 && !o->junit; /* else a log that kills its process must not cost the report */
    gate->cases = NEW_ARRAY(gate->count, struct report_case);
    gate->progress = progress_start();
    const struct jobs jobs = {
        gate->count, here ? 0 : (size_t)o->jobs, sizeof *gate->cases, gate->cases, work, died, done, gate};
    enum status status = jobs_run(&jobs, err);
    progress_end(&gate->progress);
    if (!status)
        status = references(gate, err);
    if (status)
        return status;
    print(gate);
    status = save(o->junit, report_junit, gate, err);
    return status ? status : save(o->markdown, report_markdown, gate, err);
}

static int check_run(const void *options, int argument_count, char **arguments)
{
    struct gate gate = {.arguments = options, .paths = arguments, .count = (size_t)argument_count};
    struct error err = {0};
    enum status status = gate_open(&gate, &err);
    if (!status)
        status = gate_run(&gate, &err);
    int code = status ? command_fail("check", &err) : report_exit_code(gate.cases, gate.count);
    if (!status && gate.arguments->update_refs && code == 1)
        code = 0; /* what changed was to be accepted, and was printed */
    free(gate.cases);
    refs_clear(&gate.refs);
    tolerance_destroy(&gate.tolerance);
    return code;
}

#define AT(member) offsetof(struct check_arguments, member)
static const struct option_row rows[] = {
    {"tolerance", 't', OPTION_TEXT, AT(tolerance), "FILE",
     "bounds by field decide, not bits (rows: PATTERN ABSOLUTE RELATIVE)", 0, 0},
    {"once", '1', OPTION_SWITCH, AT(once), NULL,
     "run each log once, not twice: a run that does not repeat itself goes unseen", 0, 0},
    {"jobs", 'J', OPTION_NUMBER, AT(jobs), "N", "logs at a time (default 1)", 1, JOBS_MAX},
    {"policy", 'p', OPTION_TEXT, AT(policy), "NAME", "counterfactual: what if this policy had driven?", 0, 0},
    {"set", 0, OPTION_LIST, AT(sets), "PATH=VALUE", "counterfactual: with this setting", 0, 0},
    {"fault", 0, OPTION_LIST, AT(faults), "FAULT", "counterfactual: with this fault (binnacle list faults)", 0, 0},
    {"open-loop", 0, OPTION_SWITCH, AT(open_loop), NULL, "feed the logged sensors, compare decisions only", 0, 0},
    {"refs", 'r', OPTION_TEXT, AT(refs), "FILE", "also compare with a reference file", 0, 0},
    {"update-refs", 0, OPTION_SWITCH, AT(update_refs), NULL, "rewrite it instead, and print what changed", 0, 0},
    {"junit", 0, OPTION_TEXT, AT(junit), "FILE", "write a JUnit report", 0, 0},
    {"markdown", 0, OPTION_TEXT, AT(markdown), "FILE", "write a report for a pull request", 0, 0},
    {"json", 'j', OPTION_SWITCH, AT(json), NULL, "print one JSON object a log", 0, 0},
};

const struct command command_check = {
    .name = "check",
    .arguments = "LOG...",
    .summary = "re-simulate logs and compare them bit by bit; names the first tick that differs",
    .details = "A log of another build is compared bit by bit too; if it differs, tolerances decide.\n"
               "Exit 0: all the same; 1: one differs; 2: usage; 3: a log is damaged or holds no experiment.",
    .options = rows,
    .option_count = COUNT_OF(rows),
    .options_size = sizeof(struct check_arguments),
    .arguments_min = 1,
    .arguments_max = 100000,
    .defaults = check_defaults,
    .run = check_run,
};
