#include "sim/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/build_id.h"
#include "sim/episode.h"


struct check {
    struct playback *log;
    struct check_report *report;
    struct error *err;
    enum status status; /* of reading the log */
    bool over;          /* the log ended or a difference was found: compare no more */
    struct arena arena; /* inputs and options */
    struct arena scratch;
    struct msg_command *inputs;
    size_t input_count, input_next;
    uint64_t last_tick;
};

/* --- the first difference, put into words ------------------------------------------------------------------------ */

static void differ(struct check *c, enum topic topic, const char *path, const char *left, const char *right)
{
    struct check_report *r = c->report;
    c->over = true;
    r->same = false;
    r->tick = r->ticks + 1;
    snprintf(r->topic, sizeof r->topic, "%s", topic_table[topic].name);
    snprintf(r->difference.path, sizeof r->difference.path, "%s", path);
    snprintf(r->difference.left, sizeof r->difference.left, "%s", left);
    snprintf(r->difference.right, sizeof r->difference.right, "%s", right);
}

static void name_hash_part(const void *logged, const void *fresh, char *text, size_t size)
{
    const struct msg_state_hash *a = logged, *b = fresh;
    const char *parts[] = {a->world != b->world ? " world" : "", a->sensors != b->sensors ? " sensors" : "",
                           a->belief != b->belief ? " belief" : "", a->decision != b->decision ? " decision" : ""};
    bool none = !*parts[0] && !*parts[1] && !*parts[2] && !*parts[3];
    snprintf(text, size, "state that differs:%s%s%s%s%s", parts[0], parts[1], parts[2], parts[3],
             none ? " none (only the logged hash)" : "");
}

/* Both payloads decoded, the first field that differs. */
static void differ_in_payload(struct check *c, const struct frame *logged, const struct frame *fresh)
{
    const struct message_type *type = topic_table[fresh->topic].type;
    arena_reset(&c->scratch);
    void *a = arena_new(&c->scratch, 1, type->size), *b = arena_new(&c->scratch, 1, type->size);
    struct error bad = {0};
    if (message_decode(type, logged->payload, logged->size, a, &c->scratch, &bad)) {
        differ(c, fresh->topic, "(payload)", bad.text, "a whole message");
        return;
    }
    enum status ours = message_decode(type, fresh->payload, fresh->size, b, &c->scratch, &bad);
    ASSERT(ours == STATUS_OK);
    struct message_difference first = {0};
    if (message_equal(type, a, b, 0, 0, &first)) /* padding or trailing bytes */
        snprintf(first.path, sizeof first.path, "(encoding)");
    differ(c, fresh->topic, first.path, first.left, first.right);
    c->report->difference = first;
    if (fresh->topic == TOPIC_STATE_HASH)
        name_hash_part(a, b, c->report->part, sizeof c->report->part);
}

static void differ_in_frame(struct check *c, const struct frame *logged, const struct frame *fresh)
{
    char left[64], right[64];
    if (logged->topic != fresh->topic) {
        differ(c, fresh->topic, "(next message)", topic_table[logged->topic].name, topic_table[fresh->topic].name);
    } else if (logged->stamp_ns != fresh->stamp_ns || logged->sequence != fresh->sequence) {
        snprintf(left, sizeof left, "#%" PRIu32 " at %.3f s", logged->sequence, (double)logged->stamp_ns / 1e9);
        snprintf(right, sizeof right, "#%" PRIu32 " at %.3f s", fresh->sequence, (double)fresh->stamp_ns / 1e9);
        differ(c, fresh->topic, "(sequence and stamp)", left, right);
    } else {
        differ_in_payload(c, logged, fresh);
    }
}

/* --- the walk ------------------------------------------------------------------------------------------------------ */

static bool frames_agree(const struct frame *a, const struct frame *b)
{
    return a->topic == b->topic && a->sequence == b->sequence && a->stamp_ns == b->stamp_ns && a->size == b->size &&
           !memcmp(a->payload, b->payload, a->size);
}

static void check_put(void *self, const struct frame *fresh)
{
    struct check *c = self;
    struct frame logged;
    if (c->over || topic_table[fresh->topic].flags & TOPIC_BUS_ONLY)
        return;
    enum status status = playback_next(c->log, &logged, c->err);
    if (status == STATUS_END) {
        c->over = true; /* cut short, but the same so far */
        return;
    }
    if (status) {
        c->status = status;
        c->over = true;
        return;
    }
    if (!frames_agree(&logged, fresh)) {
        differ_in_frame(c, &logged, fresh);
        return;
    }
    c->report->frames++;
    if (fresh->topic == TOPIC_STATE_HASH) {
        struct msg_state_hash hash;
        arena_reset(&c->scratch);
        if (!message_decode(topic_table[fresh->topic].type, fresh->payload, fresh->size, &hash, &c->scratch, NULL)) {
            c->report->ticks = hash.tick;
            c->report->last_hash = hash.hash;
        }
    }
    if (fresh->topic == TOPIC_EPISODE_RESULT)
        c->report->complete = true;
}

/* Commands and the last tick are read before the run. */
static enum status inputs_load(struct check *c)
{
    static const enum topic topics[] = {TOPIC_COMMAND, TOPIC_STATE_HASH};
    struct frame frame;
    size_t capacity = 0;
    enum status status = playback_query(c->log, MCAP_FILE_ORDER, INT64_MIN, INT64_MAX, topics, COUNT_OF(topics), c->err);
    while (!status) {
        status = playback_next(c->log, &frame, c->err);
        if (status == STATUS_CORRUPT) { /* the comparison will come to it, and name the tick */
            status = STATUS_OK;
            continue;
        }
        if (status)
            break;
        if (frame.topic == TOPIC_STATE_HASH) {
            c->last_tick = frame.sequence + 1;
            continue;
        }
        if (c->input_count == capacity)
            c->inputs = memory_resize(c->inputs, capacity = capacity * 2 + 16, sizeof *c->inputs);
        status = message_decode(topic_table[TOPIC_COMMAND].type, frame.payload, frame.size, &c->inputs[c->input_count++],
                                &c->arena, c->err);
    }
    if (status != STATUS_END)
        return status;
    return playback_query(c->log, MCAP_FILE_ORDER, INT64_MIN, INT64_MAX, NULL, 0, c->err);
}

static void inputs_apply(struct check *c, struct episode *episode)
{
    for (; c->input_next < c->input_count; c->input_next++) {
        const struct msg_command *command = &c->inputs[c->input_next];
        if (command->tick != episode_summary(episode).tick + 1)
            return;
        if (!strcmp(command->verb, "stop"))
            episode_stop(episode, command->text);
        else if (episode_command(episode, command, &(struct error){0}))
            differ(c, TOPIC_COMMAND, "(command)", command->verb, "refused");
    }
}

static enum status run(struct check *c, struct scenario *scenario, const struct episode_options *options,
                       void (*progress)(void *, uint64_t, uint64_t), void *self)
{
    struct journal *journal = journal_create();
    journal_add(journal, (struct sink){check_put, c});
    struct episode *episode = episode_create(scenario, options, journal, c->err);
    if (!episode) {
        journal_destroy(&journal);
        return c->err->status;
    }
    episode_announce(episode);
    bool running = true;
    while (running && !c->over) {
        inputs_apply(c, episode);
        running = !c->over && episode_step(episode);
        if (progress)
            progress(self, c->report->ticks, c->last_tick);
    }
    struct episode_summary summary = episode_summary(episode);
    struct frame extra;
    if (!c->over && c->report->same && !playback_next(c->log, &extra, c->err))
        differ(c, extra.topic, "(next message)", topic_table[extra.topic].name, "the episode is over");
    struct check_report *r = c->report;
    snprintf(r->policy, sizeof r->policy, "%s", options->policy);
    snprintf(r->outcome, sizeof r->outcome, "%s", outcome_names[summary.outcome]);
    r->seed = options->seed;
    episode_destroy(&episode);
    journal_destroy(&journal);
    return c->status;
}

enum status check_log(const char *path, void (*progress)(void *self, uint64_t tick, uint64_t last), void *self,
                      struct check_report *report, struct error *err)
{
    struct error local = {0};
    struct check c = {.report = report, .err = err ? err : &local};
    struct episode_options options;
    struct scenario *scenario = NULL;
    enum status status = STATUS_OK;
    *report = (struct check_report){.same = true};
    c.log = playback_open(path, c.err);
    if (!c.log)
        return c.err->status;
    mcap_reader_ignore_checksums(playback_reader(c.log)); /* every byte is compared anyway, and tells more */
    scenario = episode_unpack(playback_reader(c.log), &options, &c.arena, report->log_build, c.err);
    if (!scenario)
        status = c.err->status;
    if (!status) {
        snprintf(report->scenario, sizeof report->scenario, "%s", scenario->name);
        options.build_id = report->log_build;
        report->same_build = !strcmp(report->log_build, build_id());
        status = inputs_load(&c);
    }
    if (!status)
        status = run(&c, scenario, &options, progress, self);
    report->checksum_wrong = mcap_reader_info(playback_reader(c.log))->bad_checksums > 0;
    if (!status && report->same && report->checksum_wrong)
        status = error_set(c.err, STATUS_CORRUPT, "a checksum is wrong, though every message agrees; copy the log again");
    if (status)
        error_context(c.err, "%s: after tick %" PRIu64, path, report->ticks);
    free(c.inputs);
    scenario_destroy(&scenario);
    playback_destroy(&c.log);
    arena_clear(&c.arena);
    arena_clear(&c.scratch);
    return status;
}
