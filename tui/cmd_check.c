/* binnacle check LOG...: re-simulates each log from what is inside it and compares every frame. */
#include <inttypes.h>
#include <stdio.h>

#include "sim/build_id.h"
#include "sim/check.h"
#include "tui/command.h"

struct check_options {
    bool json;
};

static void on_progress(void *self, uint64_t tick, uint64_t last)
{
    progress_update(self, last ? (double)tick / (double)last : -1, "tick %" PRIu64 " of %" PRIu64, tick, last);
}

static void print_line(const char *path, const struct check_report *r)
{
    if (r->same) {
        printf("%s: bit-exact, %" PRIu64 " ticks, %" PRIu64 " messages, state %016" PRIx64 " (%s seed %" PRIu64 " %s, %s)\n",
               path, r->ticks, r->frames, r->last_hash, r->scenario, r->seed, r->policy,
               r->complete ? r->outcome : "the log ends before the episode does");
        return;
    }
    printf("%s: DIFFERS at tick %" PRIu64 ": %s %s: logged %s, re-simulated %s", path, r->tick, r->topic,
           r->difference.path, r->difference.left, r->difference.right);
    if (r->difference.ulp)
        printf(" (%" PRIu64 " ulp)", r->difference.ulp);
    if (*r->part)
        printf("; %s", r->part);
    printf("; %" PRIu64 " ticks before agree\n", r->ticks);
    if (r->checksum_wrong)
        printf("  note: a checksum of the file is wrong there: it was altered after it was recorded\n");
    if (!r->same_build)
        printf("  note: the log was made by build %s, this is %s; only one build promises the same bits\n",
               r->log_build, build_id());
}

static void print_json(const char *path, const struct check_report *r)
{
    printf("{\"log\":\"%s\",\"same\":%s,\"complete\":%s,\"ticks\":%" PRIu64 ",\"messages\":%" PRIu64
           ",\"state_hash\":\"%016" PRIx64 "\",\"scenario\":\"%s\",\"seed\":%" PRIu64 ",\"policy\":\"%s\",\"outcome\":\"%s\""
           ",\"same_build\":%s",
           path, r->same ? "true" : "false", r->complete ? "true" : "false", r->ticks, r->frames, r->last_hash,
           r->scenario, r->seed, r->policy, r->outcome, r->same_build ? "true" : "false");
    if (!r->same)
        printf(",\"tick\":%" PRIu64 ",\"topic\":\"%s\",\"field\":\"%s\",\"logged\":\"%s\",\"resimulated\":\"%s\",\"ulp\":%" PRIu64,
               r->tick, r->topic, r->difference.path, r->difference.left, r->difference.right, r->difference.ulp);
    printf("}\n");
}

static int check_run(const void *options, int argument_count, char **arguments)
{
    const struct check_options *o = options;
    int worst = 0;
    for (int i = 0; i < argument_count; i++) {
        struct error err = {0};
        struct check_report report;
        struct progress progress = progress_start();
        enum status status = check_log(arguments[i], on_progress, &progress, &report, &err);
        progress_end(&progress);
        int code = status ? command_fail("check", &err) : report.same ? 0 : 1;
        if (!status)
            (o->json ? print_json : print_line)(arguments[i], &report);
        worst = code > worst ? code : worst;
    }
    return worst;
}

static const struct option_row rows[] = {
    {"json", 'j', OPTION_SWITCH, offsetof(struct check_options, json), NULL, "one JSON object a log", 0, 0},
};

const struct command command_check = {
    .name = "check",
    .arguments = "LOG...",
    .summary = "re-simulate logs and compare them bit by bit; names the first tick that differs",
    .details = "Exit 0: all the same; 1: one differs; 3: a log is damaged or holds no experiment.",
    .options = rows,
    .option_count = COUNT_OF(rows),
    .options_size = sizeof(struct check_options),
    .arguments_min = 1,
    .arguments_max = 100000,
    .run = check_run,
};
