#include "sim/branch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "logs/hash.h"
#include "sim/walk.h"

static const char METADATA_NAME[] = "binnacle_branch";

struct branch {
    const struct branch_options *options;
    uint64_t tick; /* of branching */
    struct rerun rerun;
    struct episode_options episode_options;
    struct rerun_run run;
    struct walk walk;
    struct recorder *recorder;
    void (*progress)(void *self, uint64_t tick, uint64_t last);
    void *self;
    struct branch_report *report;
    struct error *err;
};

static void progress_tell(const struct branch *b, uint64_t tick, double last)
{
    if (b->progress)
        b->progress(b->self, tick, (uint64_t)last);
}

static void describe(struct branch *b)
{
    char tick[24];
    snprintf(tick, sizeof tick, "%" PRIu64, b->tick);
    const struct mcap_pair pairs[] = {{"parent_sha256", b->report->parent_sha256}, {"tick", tick}};
    episode_describe(b->run.episode, b->recorder);
    recorder_metadata(b->recorder, METADATA_NAME, pairs, COUNT_OF(pairs));
}

static enum status follow_parent(struct branch *b)
{
    struct error refusal = {0};
    bool more = true;
    while (more && b->walk.ticks < b->tick && !b->walk.over) {
        if (rerun_step(&b->run, &more, &refusal))
            walk_refused(&b->walk, refusal.text);
        progress_tell(b, b->walk.ticks, (double)b->rerun.last_tick);
    }
    const struct difference *first = &b->walk.first;
    if (b->walk.status)
        return b->walk.status;
    if (b->walk.differs)
        return error_set(b->err, STATUS_DIVERGED,
                         "the log does not re-simulate up to tick %" PRIu64 ": tick %" PRIu64
                         " differs in %s %s, logged %s, "
                         "re-simulated %s%s",
                         b->tick, first->tick, first->topic, first->field.path, first->field.left, first->field.right,
                         b->rerun.same_build ? "" : " (another build made the log)");
    if (b->walk.ticks < b->tick)
        return error_set(b->err, STATUS_CORRUPT, "the log ends inside tick %" PRIu64, b->walk.ticks + 1);
    return STATUS_OK;
}

static enum status change(struct branch *b)
{
    b->report->frames_verified = b->walk.frames;
    b->walk.over = true;
    episode_go_live(b->run.episode);
    for (size_t i = 0; i < b->options->change_count; i++) {
        const struct branch_change *row = &b->options->changes[i];
        struct msg_command command = {.verb = row->verb, .text = row->text};
        enum status status = episode_command(b->run.episode, &command, b->err);
        if (status)
            return status;
    }
    return STATUS_OK;
}

static void go_on(struct branch *b)
{
    double last = b->run.scenario->time_limit_s * 1e9 / (double)b->rerun.tick_ns;
    while (episode_step(b->run.episode))
        progress_tell(b, episode_summary(b->run.episode).tick, last);
}

static void report_fill(struct branch *b)
{
    struct branch_report *r = b->report;
    struct episode_summary summary = episode_summary(b->run.episode);
    r->tick = b->tick;
    r->parent_ticks = b->rerun.last_tick;
    r->ticks = summary.tick;
    r->hash = summary.hash;
    r->sim_time_s = (double)summary.now_ns / 1e9;
    memcpy(r->scenario, b->rerun.scenario, sizeof r->scenario);
    snprintf(r->policy, sizeof r->policy, "%s", navigator_policy(episode_navigator(b->run.episode))->name);
    snprintf(r->outcome, sizeof r->outcome, "%s", outcome_names[summary.outcome]);
    snprintf(r->detail, sizeof r->detail, "%s", summary.detail);
}

/* From parent to child; the recorder has not been closed yet. */
static enum status run(struct branch *b)
{
    const struct sink sinks[] = {{walk_put, &b->walk}, recorder_sink(b->recorder)};
    enum status status = rerun_rewind(&b->rerun, b->err);
    if (!status)
        status = rerun_start(&b->run, &b->rerun, &b->episode_options, sinks, COUNT_OF(sinks), b->err);
    if (status)
        return status;
    describe(b);
    rerun_announce(&b->run);
    status = follow_parent(b);
    if (!status)
        status = change(b);
    if (status)
        return status;
    go_on(b);
    report_fill(b);
    return STATUS_OK;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat one, other;
    return !stat(a, &one) && !stat(b, &other) && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static enum status prepare(struct branch *b, const char *parent, const char *out)
{
    enum status status = rerun_open(&b->rerun, parent, b->err);
    if (!status)
        status = hash_file_sha256(parent, b->report->parent_sha256, b->err);
    if (status)
        return status;
    if (is_same_file(parent, out))
        return error_set(b->err, STATUS_BAD_INPUT, "%s is the parent itself; name another file for the branch", out);
    status = rerun_moment(&b->rerun, b->options->at, &b->tick, b->err);
    if (status)
        return status;
    b->episode_options = b->rerun.options;
    b->episode_options.build_id = NULL; /* the child is this program's work */
    b->walk = (struct walk){.log = b->rerun.log, .err = b->err, .other_build = !b->rerun.same_build};
    b->recorder = recorder_create(out, b->options->mcap, b->err);
    return b->recorder ? STATUS_OK : b->err->status;
}

enum status branch_run(const char *parent, const char *out, const struct branch_options *options,
                       void (*progress)(void *self, uint64_t tick, uint64_t last), void *self,
                       struct branch_report *report, struct error *err)
{
    struct branch b = {.options = options, .progress = progress, .self = self, .report = report, .err = err};
    *report = (struct branch_report){0};
    enum status status = prepare(&b, parent, out);
    if (!status) {
        struct error closing = {0};
        status = run(&b);
        if (recorder_close(&b.recorder, &closing) && !status) {
            *err = closing;
            status = closing.status;
        } else if (status) {
            remove(out);
        }
    }
    rerun_end(&b.run);
    walk_clear(&b.walk);
    rerun_close(&b.rerun);
    return status;
}
