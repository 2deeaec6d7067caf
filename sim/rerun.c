#include "sim/rerun.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/build_id.h"

enum status rerun_rewind(struct rerun *rerun, struct error *err)
{
    return playback_query(rerun->log, MCAP_FILE_ORDER, INT64_MIN, INT64_MAX, NULL, 0, err);
}

/* Commands and the last tick are read before any run. */
static enum status inputs_load(struct rerun *rerun, struct error *err)
{
    static const enum topic topics[] = {TOPIC_COMMAND, TOPIC_STATE_HASH, TOPIC_EPISODE_RESULT};
    struct frame frame;
    size_t capacity = 0;
    enum status status =
        playback_query(rerun->log, MCAP_FILE_ORDER, INT64_MIN, INT64_MAX, topics, COUNT_OF(topics), err);
    while (!status) {
        status = playback_next(rerun->log, &frame, err);
        if (status == STATUS_CORRUPT) { /* a comparison will come to it, and name the tick */
            status = STATUS_OK;
            continue;
        }
        if (status)
            break;
        if (frame.topic == TOPIC_STATE_HASH)
            rerun->last_tick = (uint64_t)frame.sequence + 1;
        rerun->complete |= frame.topic == TOPIC_EPISODE_RESULT;
        if (frame.topic != TOPIC_COMMAND)
            continue;
        if (rerun->input_count == capacity)
            rerun->inputs = memory_resize(rerun->inputs, capacity = capacity * 2 + 16, sizeof *rerun->inputs);
        status = message_decode(topic_table[TOPIC_COMMAND].type, frame.payload, frame.size,
                                &rerun->inputs[rerun->input_count++], &rerun->arena, err);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status experiment_load(struct rerun *rerun, struct error *err)
{
    struct scenario *scenario = episode_unpack(playback_reader(rerun->log), &rerun->options, &rerun->arena,
                                               rerun->log_build, err);
    if (!scenario)
        return err->status;
    memcpy(rerun->scenario, scenario->name, sizeof rerun->scenario);
    rerun->tick_ns = 1000000000 / scenario->world.control_hz;
    rerun->options.build_id = rerun->log_build;
    rerun->same_build = !strcmp(rerun->log_build, build_id());
    scenario_destroy(&scenario);
    return inputs_load(rerun, err);
}

enum status rerun_open(struct rerun *rerun, const char *path, struct error *err)
{
    rerun->log = playback_open(path, err);
    if (!rerun->log)
        return err->status;
    mcap_reader_ignore_checksums(playback_reader(rerun->log));
    enum status status = experiment_load(rerun, err);
    return status ? error_context(err, "%s", path) : STATUS_OK;
}

void rerun_close(struct rerun *rerun)
{
    free(rerun->inputs);
    playback_destroy(&rerun->log);
    arena_clear(&rerun->arena);
    *rerun = (struct rerun){0};
}

enum status rerun_start(struct rerun_run *run, const struct rerun *rerun, const struct episode_options *options,
                        const struct sink *sinks, size_t sink_count, struct error *err)
{
    struct episode_options as_recorded;
    struct arena scratch = {0};
    char log_build[32];
    run->rerun = rerun;
    run->journal = journal_create();
    for (size_t i = 0; i < sink_count; i++)
        journal_add(run->journal, sinks[i]);
    run->scenario = episode_unpack(playback_reader(rerun->log), &as_recorded, &scratch, log_build, err);
    arena_clear(&scratch);
    run->episode = run->scenario ? episode_create(run->scenario, options, run->journal, err) : NULL;
    if (!run->episode) {
        rerun_end(run);
        return err->status;
    }
    return STATUS_OK;
}

void rerun_announce(struct rerun_run *run)
{
    if (!run->announced)
        episode_announce(run->episode);
    run->announced = true;
}

void rerun_end(struct rerun_run *run)
{
    episode_destroy(&run->episode);
    scenario_destroy(&run->scenario);
    journal_destroy(&run->journal);
}

enum status rerun_give(struct rerun_run *run, struct error *err)
{
    for (; run->next < run->rerun->input_count; run->next++) {
        const struct msg_command *command = &run->rerun->inputs[run->next];
        if (command->tick > episode_summary(run->episode).tick + 1)
            return STATUS_OK;
        if ((run->ignore_swaps && !strcmp(command->verb, "policy")) ||
            (run->ignore_shadows && !strcmp(command->verb, "shadow")))
            continue;
        if (!strcmp(command->verb, "stop"))
            episode_stop(run->episode, command->text);
        else if (episode_command(run->episode, command, err))
            return error_set(err, STATUS_DIVERGED, "the logged command '%s' before tick %" PRIu64 " is refused",
                             command->verb, command->tick);
    }
    return STATUS_OK;
}

enum status rerun_step(struct rerun_run *run, bool *more, struct error *err)
{
    rerun_announce(run);
    enum status status = rerun_give(run, err);
    *more = !status && episode_step(run->episode);
    return status;
}

enum status rerun_moment(const struct rerun *rerun, const char *text, uint64_t *tick, struct error *err)
{
    char *end;
    double value = strtod(text, &end);
    bool in_ticks = *end == 't' && !end[1];
    if (end == text || (*end && !in_ticks) || !(value >= 0 && value < 1e9))
        return error_set(err, STATUS_BAD_INPUT,
                         "a moment is seconds of simulated time (12.5) or ticks (250t), not '%s'", text);
    *tick = (uint64_t)llround(in_ticks ? value : value * 1e9 / (double)rerun->tick_ns);
    if (*tick > rerun->last_tick)
        return error_set(err, STATUS_BAD_INPUT,
                         "the log has %" PRIu64 " ticks (%.2f s); tick %" PRIu64 " is not among them", rerun->last_tick,
                         (double)rerun->last_tick * (double)rerun->tick_ns / 1e9, *tick);
    return STATUS_OK;
}
