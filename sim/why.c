#include "sim/why.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct why {
    const struct why_question *question;
    struct rerun rerun;
    struct rerun_run run;
    uint64_t tick;
    struct msg_state_hash logged, fresh; /* at the tick */
    bool answered;
    struct arena scratch;
};

static bool take_hash(struct why *why, const struct frame *frame, struct msg_state_hash *hash)
{
    struct error ignored;
    arena_reset(&why->scratch);
    return !message_decode(&message_type_state_hash, frame->payload, frame->size, hash, &why->scratch, &ignored);
}

static void why_put(void *self, const struct frame *frame)
{
    struct why *why = self;
    if (frame->topic == TOPIC_STATE_HASH && (uint64_t)frame->sequence + 1 == why->tick)
        (void)take_hash(why, frame, &why->fresh);
    why->answered |= frame->topic == TOPIC_SALIENCY && episode_summary(why->run.episode).tick == why->tick;
}

/* The state at the tick as the log has it. */
static enum status logged_load(struct why *why, struct error *err)
{
    static const enum topic topics[] = {TOPIC_STATE_HASH};
    struct frame frame;
    enum status status = playback_query(why->rerun.log, MCAP_FILE_ORDER, INT64_MIN, INT64_MAX, topics, 1, err);
    while (!status && !(status = playback_next(why->rerun.log, &frame, err)))
        if ((uint64_t)frame.sequence + 1 == why->tick && take_hash(why, &frame, &why->logged))
            return STATUS_OK;
    return error_set(err, STATUS_CORRUPT, "the log holds no state at tick %" PRIu64, why->tick);
}

static enum status sets_check(const struct why_question *question, struct error *err)
{
    for (size_t i = 0; i < question->set_count; i++)
        if (strncmp(question->sets[i], "saliency.", 9))
            return error_set(err, STATUS_BAD_INPUT,
                             "'%s' would change the drive; only saliency.sectors, .columns and .rows can be set here",
                             question->sets[i]);
    return STATUS_OK;
}

static enum status prepare(struct why *why, const char *log, struct error *err)
{
    enum status status = sets_check(why->question, err);
    if (!status)
        status = rerun_open(&why->rerun, log, err);
    if (!status)
        status = rerun_moment(&why->rerun, why->question->at, &why->tick, err);
    if (!status && why->tick < 1)
        status = error_set(err, STATUS_BAD_INPUT,
                           "nothing is decided at the very start; the first moment is tick 1 (1t)");
    return status ? status : logged_load(why, err);
}

/* Sets the question, after all that the log itself says before this tick. */
static enum status ask(struct why *why, struct error *err)
{
    const struct why_question *question = why->question;
    const char *of = question->policy ? "saliency.of=shadow" : "saliency.of=driver";
    enum status status = rerun_give(&why->run, err);
    for (size_t i = 0; i <= question->set_count && !status; i++) {
        struct msg_command command = {.verb = "set", .text = i < question->set_count ? question->sets[i] : of};
        status = episode_command(why->run.episode, &command, err);
    }
    return status;
}

static enum status go(struct why *why, void (*progress)(void *, uint64_t, uint64_t), void *self, struct error *err)
{
    bool more = true;
    enum status status = STATUS_OK;
    for (uint64_t tick = 1; tick <= why->tick && more && !status; tick++) {
        rerun_announce(&why->run);
        if (tick == why->tick)
            status = ask(why, err);
        if (!status)
            status = rerun_step(&why->run, &more, err);
        if (progress)
            progress(self, tick, why->tick);
    }
    return status;
}

static enum status judge(const struct why *why, struct error *err)
{
    const struct msg_state_hash *a = &why->logged, *b = &why->fresh;
    const struct navigator *navigator = episode_navigator(why->run.episode);
    const struct policy *asked =
        why->question->policy ? navigator_shadow_policy(navigator) : navigator_policy(navigator);
    if (b->tick != a->tick || a->world != b->world || a->sensors != b->sensors || a->belief != b->belief)
        return error_set(err, STATUS_DIVERGED,
                         "the log does not re-simulate up to tick %" PRIu64 "%s; 'binnacle check' says where it leaves",
                         why->tick, why->rerun.same_build ? "" : " (another build made it)");
    if (why->answered)
        return STATUS_OK;
    if (asked->explain)
        return error_set(err, STATUS_BAD_INPUT,
                         "nothing is decided at tick %" PRIu64 ": the policy hangs or still thinks",
                         why->tick);
    return error_set(err, STATUS_BAD_INPUT,
                     "at tick %" PRIu64 " it is %s that %s, and that is no network: what it weighs is in its decisions "
                     "(binnacle log cat LOG --topic /binnacle/decision); --policy FILE.onnx asks a network about the "
                     "same moment",
                     why->tick, asked->name, why->question->policy ? "watches" : "drives");
}

enum status why_run(const char *log, const struct why_question *question, struct sink sink,
                    void (*progress)(void *self, uint64_t tick, uint64_t last), void *self, struct why_answer *answer,
                    struct error *err)
{
    struct why why = {.question = question, .run = {.ignore_shadows = question->policy != NULL}};
    const struct sink sinks[] = {{why_put, &why}, sink};
    enum status status = prepare(&why, log, err);
    struct episode_options options = why.rerun.options;
    options.shadow = question->policy ? question->policy : options.shadow;
    if (!status)
        status = rerun_start(&why.run, &why.rerun, &options, sinks, COUNT_OF(sinks), err);
    if (!status)
        status = go(&why, progress, self, err);
    if (!status)
        status = judge(&why, err);
    *answer = (struct why_answer){.tick = why.tick, .seed = options.seed};
    answer->time_s = (double)why.tick * (double)why.rerun.tick_ns / 1e9;
    snprintf(answer->scenario, sizeof answer->scenario, "%s", why.rerun.scenario);
    rerun_end(&why.run);
    arena_clear(&why.scratch);
    rerun_close(&why.rerun);
    return status;
}
