/* binnacle branch LOG OUT --at T: what if, from that moment on? */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/branch.h"
#include "tui/command.h"

enum { CHANGES_MAX = 3 + 2 * 64 }; /* as many as a list of options holds */

struct branch_arguments {
    const char *at, *policy, *shield, *seed;
    struct text_list sets, faults;
    bool json;
};

static void on_progress(void *self, uint64_t tick, uint64_t last)
{
    progress_update(self, last ? (double)tick / (double)last : -1, "tick %" PRIu64 " of at most %" PRIu64, tick, last);
}

static size_t changes_list(const struct branch_arguments *o, struct branch_change changes[CHANGES_MAX])
{
    size_t count = 0;
    const struct branch_change words[] = {{"policy", o->policy}, {"shield", o->shield}, {"seed", o->seed}};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (words[i].text)
            changes[count++] = words[i];
    for (size_t i = 0; i < o->sets.count; i++)
        changes[count++] = (struct branch_change){"set", o->sets.items[i]};
    for (size_t i = 0; i < o->faults.count; i++)
        changes[count++] = (struct branch_change){"fault", o->faults.items[i]};
    ASSERT(count <= CHANGES_MAX);
    return count;
}

static void print(const struct branch_arguments *o, const char *parent, const char *out, const struct branch_report *r)
{
    if (!o->json) {
        printf("%s: %s as in %s up to tick %" PRIu64 " (%" PRIu64
               " messages bit-exact), then %s: %s (%s) in %.2f s, state %016" PRIx64 "\n",
               out, r->scenario, parent, r->tick, r->frames_verified, r->policy, r->outcome, r->detail, r->sim_time_s,
               r->hash);
        return;
    }
    struct bytes text = {0};
    const char *const rows[][2] = {{"log", out}, {"parent", parent}, {"parent_sha256", r->parent_sha256},
                                   {"scenario", r->scenario}, {"policy", r->policy}, {"outcome", r->outcome},
                                   {"detail", r->detail}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bytes_format(&text, "%s\"%s\":", i ? "," : "{", rows[i][0]);
        message_json_text(rows[i][1], &text);
    }
    bytes_format(&text,
                 ",\"tick\":%" PRIu64 ",\"parent_ticks\":%" PRIu64 ",\"ticks\":%" PRIu64
                 ",\"messages_verified\":%" PRIu64 ",\"sim_time_s\":%.9g,\"state_hash\":\"%016" PRIx64 "\"}\n",
                 r->tick, r->parent_ticks, r->ticks, r->frames_verified, r->sim_time_s, r->hash);
    fwrite(text.data, 1, text.size, stdout);
    bytes_clear(&text);
}

static int branch_command(const void *options, int argument_count, char **arguments)
{
    const struct branch_arguments *o = options;
    struct branch_change changes[CHANGES_MAX];
    struct branch_report report;
    struct error err = {0};
    (void)argument_count;
    if (!o->at) {
        error_set(&err, STATUS_BAD_INPUT, "say from when on: --at 12.5 (seconds) or --at 250t (ticks)");
        return command_fail("branch", &err);
    }
    const struct branch_options question = {o->at, changes, changes_list(o, changes), NULL};
    struct progress progress = progress_start();
    enum status status = branch_run(arguments[0], arguments[1], &question, on_progress, &progress, &report, &err);
    progress_end(&progress);
    if (status)
        return command_fail("branch", &err);
    print(o, arguments[0], arguments[1], &report);
    return 0;
}

#define AT(member) offsetof(struct branch_arguments, member)
static const struct option_row rows[] = {
    {"at", 'a', OPTION_TEXT, AT(at), "T", "the last moment that is the log's: seconds (12.5) or ticks (250t)", 0, 0},
    {"policy", 'p', OPTION_TEXT, AT(policy), "NAME", "who drives from then on", 0, 0},
    {"shield", 0, OPTION_TEXT, AT(shield), "MODE", "off, monitor or on from then on", 0, 0},
    {"seed", 's', OPTION_TEXT, AT(seed), "N", "the sensors' noise from then on", 0, 0},
    {"set", 0, OPTION_LIST, AT(sets), "PATH=VALUE", "a setting of policy, planner or shield from then on", 0, 0},
    {"fault", 0, OPTION_LIST, AT(faults), "FAULT",
     "a fault, from then on unless it has an @onset (binnacle list faults)", 0, 0},
    {"json", 'j', OPTION_SWITCH, AT(json), NULL, "print the result as one JSON object", 0, 0},
};

const struct command command_branch = {
    .name = "branch",
    .arguments = "LOG OUT",
    .summary = "re-simulate a log up to a moment, then go on differently into a new log",
    .details =
        "Up to the moment every message is compared with the log. OUT names its parent by SHA-256, and is itself\n"
        "a log to check or to branch. Exit 1: the log does not re-simulate bit by bit up to there.",
    .options = rows,
    .option_count = COUNT_OF(rows),
    .options_size = sizeof(struct branch_arguments),
    .arguments_min = 2,
    .arguments_max = 2,
    .run = branch_command,
};
