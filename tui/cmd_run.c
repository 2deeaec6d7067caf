/* binnacle run SCENARIO: one episode as fast as possible, no network. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "logs/clock.h"
#include "logs/hash.h"
#include "tui/command.h"
#include "tui/result.h"
#include "tui/script.h"

struct run_options {
    struct episode_arguments episode;
    const char *log, *compression, *script;
    double level, sync_s;
    bool json;
};

static void run_defaults(void *options)
{
    struct run_options *o = options;
    episode_arguments_default(&o->episode);
    o->compression = "zstd";
    o->level = mcap_options_default().level;
}

static volatile sig_atomic_t signalled;
static void on_signal(int number) { signalled = number; }

static enum status recorder_open(const struct run_options *o, struct recorder **recorder, struct error *err)
{
    static const char *const names[] = {[MCAP_NONE] = "none", [MCAP_LZ4] = "lz4", [MCAP_ZSTD] = "zstd"};
    struct mcap_options mcap = mcap_options_default();
    size_t i = 0;
    while (i < COUNT_OF(names) && strcmp(names[i], o->compression))
        i++;
    if (i == COUNT_OF(names))
        return error_set(err, STATUS_BAD_INPUT, "--compression is none, lz4 or zstd, not '%s'", o->compression);
    mcap.compression = (enum mcap_compression)i;
    mcap.level = (int)o->level;
    *recorder = recorder_create(o->log, &mcap, err);
    if (!*recorder)
        return err->status;
    if (o->sync_s > 0)
        recorder_sync_every(*recorder, o->sync_s);
    if (*recorder_note(*recorder))
        fprintf(stderr, "binnacle run: %s\n", recorder_note(*recorder));
    return STATUS_OK;
}

/* Steps to the end, to a signal, or to a row of the script that cannot be obeyed. */
static enum status drive(struct episode *episode, struct script *script, double time_limit_s, struct error *err)
{
    enum status status = STATUS_OK;
    struct progress progress = progress_start();
    bool running = true;
    while (running && !signalled) {
        status = script ? script_give(script, episode, err) : STATUS_OK;
        running = !status && episode_step(episode);
        double sim_s = (double)episode_summary(episode).now_ns / 1e9;
        progress_update(&progress, sim_s / time_limit_s, "%.1f s of at most %.0f s simulated", sim_s, time_limit_s);
    }
    if (signalled)
        episode_stop(episode, "interrupted by a signal");
    progress_end(&progress);
    return status;
}

/* What a policy that was brought has to be told about is worth a line even where nobody looks at the log. */
static void complain(void *self, const struct frame *frame)
{
    struct arena *scratch = self;
    struct msg_log line;
    struct error ignored;
    if (frame->topic != TOPIC_ROSOUT)
        return;
    arena_reset(scratch);
    if (!message_decode(&message_type_log, frame->payload, frame->size, &line, scratch, &ignored) && line.level >= 30 &&
        !strcmp(line.name, "policy"))
        fprintf(stderr, "binnacle run: at %.2f s: %s\n", (double)frame->stamp_ns * 1e-9, line.msg);
}

static int report(const struct run_options *o, struct result *result, bool log_is_whole, struct error *err)
{
    struct bytes text = {0};
    if (log_is_whole && hash_file_sha256(result->log, result->log_sha256, err))
        return command_fail("run", err);
    if (o->json)
        result_json(result, &text);
    else
        result_line(result, &text);
    fwrite(text.data, 1, text.size, stdout);
    bytes_clear(&text);
    return result->summary.outcome == OUTCOME_SUCCESS ? 0 : 1;
}

static int run_run(const void *options, int argument_count, char **arguments)
{
    const struct run_options *o = options;
    struct error err = {0};
    struct episode_options episode_options;
    struct scenario *scenario = NULL;
    struct episode *episode = NULL;
    struct recorder *recorder = NULL;
    struct script *script = NULL;
    struct journal *journal = journal_create();
    struct arena scratch = {0};
    int code = 0;

    (void)argument_count;
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
    int64_t start_ns = clock_wall_ns();
    if (episode_arguments_apply(&o->episode, &episode_options, &err) ||
        (o->script && !(script = script_load(o->script, &err))) ||
        !(scenario = scenario_load(arguments[0], &err)) ||
        !(episode = episode_create(scenario, &episode_options, journal, &err)) ||
        (o->log && recorder_open(o, &recorder, &err))) {
        code = command_fail("run", &err);
        goto out;
    }
    if (recorder) {
        journal_add(journal, recorder_sink(recorder));
        episode_describe(episode, recorder);
    }
    journal_add(journal, (struct sink){complain, &scratch});
    episode_announce(episode);
    if (drive(episode, script, scenario->time_limit_s, &err)) {
        code = command_fail("run", &err);
        goto out;
    }
    uint64_t waits = recorder ? recorder_waits(recorder) : 0;
    enum status log_status = recorder ? recorder_close(&recorder, &err) : STATUS_OK;
    struct result result = {
        .scenario = scenario->name,
        .policy = navigator_policy(episode_navigator(episode))->name,
        .seed = episode_options.seed,
        .summary = episode_summary(episode),
        .episode = episode,
        .wall_time_s = (double)(clock_wall_ns() - start_ns) / 1e9,
        .log = log_status ? NULL : o->log, /* what it holds is not the whole episode */
        .recorder_waits = waits,
    };
    struct error log_error = err;
    code = report(o, &result, o->log && !log_status, &err);
    if (log_status)
        code = command_fail("run", &log_error);
out:
    if (recorder)
        (void)!recorder_close(&recorder, NULL);
    script_destroy(&script);
    episode_destroy(&episode);
    scenario_destroy(&scenario);
    journal_destroy(&journal);
    arena_clear(&scratch);
    return code;
}

static const struct option_row rows[] = {
    EPISODE_OPTIONS,
    {"log", 'l', OPTION_TEXT, offsetof(struct run_options, log), "FILE", "record to FILE (MCAP)", 0, 0},
    {"compression", 0, OPTION_TEXT, offsetof(struct run_options, compression), "KIND",
     "of the log: none, lz4 or zstd (default zstd)", 0, 0},
    {"level", 0, OPTION_NUMBER, offsetof(struct run_options, level), "N", "of zstd: 1 fast .. 19 small (default 1)",
     1, 19},
    {"script", 0, OPTION_TEXT, offsetof(struct run_options, script), "FILE",
     "commands at their ticks, rows: TICK VERB WHAT", 0, 0},
    {"sync", 0, OPTION_NUMBER, offsetof(struct run_options, sync_s), "SECONDS",
     "bound what a power failure loses: have the disk write this often", 0.01, 3600},
    {"json", 'j', OPTION_SWITCH, offsetof(struct run_options, json), NULL, "print the result as one JSON object", 0,
     0},
};

const struct command command_run = {
    .name = "run",
    .arguments = "SCENARIO",
    .summary = "one episode as fast as possible; exit 0 if the goal was reached, else 1",
    .details =
        "SCENARIO: a built-in name (binnacle list scenarios) or the path of a YAML file, a ROS map (yaml), BARN or\n"
        "DynaBARN worlds (worlds.txt#123), a MovingAI map (x.map) or one row of its scenarios (x.map.scen#12).",
    .options = rows,
    .option_count = COUNT_OF(rows),
    .options_size = sizeof(struct run_options),
    .arguments_min = 1,
    .arguments_max = 1,
    .defaults = run_defaults,
    .run = run_run,
};
