#include "sim/counterfactual.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nav/footprint.h"
#include "sim/episode_mind.h"

static const char DECISION_TOPIC[] = "/binnacle/decision";

/* Two lists as one that belongs to the rerun's arena. */
static const char *const *join(struct rerun *rerun, const char *const *a, size_t a_count, const char *const *b,
                               size_t b_count)
{
    const char **all = arena_new(&rerun->arena, a_count + b_count + 1, sizeof *all);
    for (size_t i = 0; i < a_count + b_count; i++)
        all[i] = i < a_count ? a[i] : b[i - a_count];
    return all;
}

/* The log's options with the question's policy, settings and faults. */
static struct episode_options options_for(struct rerun *rerun, const struct counterfactual_question *question)
{
    struct episode_options options = rerun->options;
    options.sets = join(rerun, options.sets, options.set_count, question->sets, question->set_count);
    options.set_count += question->set_count;
    options.faults = join(rerun, options.faults, options.fault_count, question->faults, question->fault_count);
    options.fault_count += question->fault_count;
    options.policy = question->policy ? question->policy : options.policy;
    options.repeats = !question->policy;
    return options;
}

static enum status log_trace(struct rerun *rerun, struct trace *logged, struct error *err)
{
    struct frame frame;
    enum status status = rerun_rewind(rerun, err);
    while (!status)
        if (!(status = playback_next(rerun->log, &frame, err)))
            trace_put(logged, &frame);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status closed_loop(struct rerun *rerun, const struct counterfactual_question *question,
                               const struct episode_options *options, void (*progress)(void *, uint64_t, uint64_t),
                               void *self, struct trace *fresh, struct error *err)
{
    struct rerun_run run = {.ignore_swaps = question->policy != NULL};
    const struct sink sink = {trace_put, fresh};
    enum status status = rerun_start(&run, rerun, options, &sink, 1, err);
    bool more = true;
    while (!status && more) {
        status = rerun_step(&run, &more, err);
        if (progress)
            progress(self, fresh->row_count, rerun->last_tick);
    }
    rerun_end(&run);
    return status;
}

/* --- open loop
 * ----------------------------------------------------------------------------------------------------- */

struct mind {
    struct perception *perception;
    struct bring *bring;
    struct navigator *navigator;
    bool ignore_swaps;
    struct twist2 last; /* the command really in force */
    struct trace *fresh;
    struct arena scratch;
};

static bool is_sensed(enum topic topic)
{
    switch ((int)topic) {
    case TOPIC_SCAN:
    case TOPIC_IMAGE:
    case TOPIC_DEPTH:
    case TOPIC_IMU:
    case TOPIC_ODOM:
    case TOPIC_BUMPER:
        return true;
    default:
        return false;
    }
}

static enum status mind_command(struct mind *mind, const struct msg_command *command, int64_t now_ns, struct error *err)
{
    struct navigator *navigator = mind->navigator;
    const double *values = command->values.data;
    if (!strcmp(command->verb, "estop") || !strcmp(command->verb, "release"))
        navigator_estop(navigator, !strcmp(command->verb, "estop"));
    else if (!strcmp(command->verb, "teleop") && command->values.count == 2)
        navigator_teleop(navigator, (struct twist2){values[0], values[1]}, now_ns);
    else if (!strcmp(command->verb, "goal") && command->values.count == 2)
        navigator_goal(navigator, (struct vec2){values[0], values[1]});
    else if (!strcmp(command->verb, "set"))
        return navigator_set(navigator, command->text, err);
    else if (!strcmp(command->verb, "policy") && !mind->ignore_swaps)
        return navigator_swap(navigator, command->text, err);
    for (int mode = 0; !strcmp(command->verb, "shield") && shield_mode_names[mode]; mode++)
        if (!strcmp(command->text, shield_mode_names[mode]))
            navigator_shield(navigator, (enum shield_mode)mode);
    return STATUS_OK;
}

/* The clock is the first message of a tick's record: everything sensed in the tick has gone before. */
static void mind_decide(struct mind *mind, int64_t now_ns, struct trace_row *row)
{
    const struct belief *belief = perception_update(mind->perception, now_ns);
    struct navigator_output output = navigator_decide(mind->navigator, belief);
    row->wish = output.decision->wish;
    row->command = output.verdict->command;
    row->clearance_m = output.verdict->clearance_m;
}

/* What the logged robot was told counts, not what was just decided. */
static void mind_follow(struct mind *mind, const struct msg_decision *decision)
{
    struct twist2 command = {decision->v_mps, decision->w_radps};
    perception_command(mind->perception, message_ns(decision->header.stamp), command);
    mind->last = footprint_reach(navigator_task(mind->navigator), mind->last, command);
    navigator_overrule(mind->navigator, mind->last);
}

static enum status mind_take(struct mind *mind, const struct frame *frame, struct trace_row *row, struct error *err)
{
    bool wanted = is_sensed(frame->topic) || frame->topic == TOPIC_COMMAND || frame->topic == TOPIC_DECISION;
    if (frame->topic == TOPIC_CLOCK)
        mind_decide(mind, frame->stamp_ns, row);
    if (!wanted)
        return STATUS_OK;
    const struct message_type *type = topic_table[frame->topic].type;
    arena_reset(&mind->scratch);
    void *message = arena_new(&mind->scratch, 1, type->size);
    enum status status = message_decode(type, frame->payload, frame->size, message, &mind->scratch, err);
    if (status)
        return status;
    if (is_sensed(frame->topic))
        perception_put(mind->perception, frame->topic, message);
    else if (frame->topic == TOPIC_COMMAND)
        return mind_command(mind, message, frame->stamp_ns, err);
    else
        mind_follow(mind, message);
    return STATUS_OK;
}

static enum status open_loop(struct rerun *rerun, struct mind *mind, void (*progress)(void *, uint64_t, uint64_t),
                             void *self, struct trace *logged, struct trace *fresh, struct error *err)
{
    struct frame frame;
    struct trace_row row = {0};
    enum status status = rerun_rewind(rerun, err);
    while (!status && !(status = playback_next(rerun->log, &frame, err))) {
        trace_put(logged, &frame);
        status = mind_take(mind, &frame, &row, err);
        if (frame.topic != TOPIC_STATE_HASH || logged->row_count <= fresh->row_count)
            continue;
        row.tick = logged->rows[logged->row_count - 1].tick;
        row.pose = logged->rows[logged->row_count - 1].pose;
        trace_add(fresh, &row);
        if (progress)
            progress(self, row.tick, rerun->last_tick);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status mind_run(struct rerun *rerun, const struct counterfactual_question *question,
                            const struct episode_options *options, void (*progress)(void *, uint64_t, uint64_t),
                            void *self, struct trace *logged, struct trace *fresh, struct error *err)
{
    struct episode_options as_recorded;
    struct arena scratch = {0};
    char log_build[32];
    struct mind mind = {.ignore_swaps = question->policy != NULL};
    struct scenario *scenario = episode_unpack(playback_reader(rerun->log), &as_recorded, &scratch, log_build, err);
    struct journal *journal = journal_create(); /* nobody listens */
    mind.bring = bring_create(options, journal);
    enum status status =
        scenario ? episode_mind(scenario, options, mind.bring, &mind.perception, &mind.navigator, err) : err->status;
    if (!status)
        status = open_loop(rerun, &mind, progress, self, logged, fresh, err);
    arena_clear(&scratch);
    arena_clear(&mind.scratch);
    navigator_destroy(&mind.navigator);
    bring_destroy(&mind.bring);
    journal_destroy(&journal);
    perception_destroy(&mind.perception);
    scenario_destroy(&scenario);
    return status;
}

/* --- the answer
 * ---------------------------------------------------------------------------------------------------- */

static void decisions_compare(const struct tolerance *tolerance, const struct trace *logged, const struct trace *fresh,
                              size_t count, struct counterfactual *answer)
{
    struct bound v = tolerance_bound(tolerance, DECISION_TOPIC, "wish_v_mps");
    struct bound w = tolerance_bound(tolerance, DECISION_TOPIC, "wish_w_radps");
    for (size_t i = 0; i < count; i++) {
        struct twist2 a = logged->rows[i].wish, b = fresh->rows[i].wish;
        double dv = fabs(a.v_mps - b.v_mps), dw = fabs(a.w_radps - b.w_radps);
        answer->greatest_v_mps = fmax(answer->greatest_v_mps, dv);
        answer->greatest_w_radps = fmax(answer->greatest_w_radps, dw);
        if (bound_holds(v, a.v_mps, b.v_mps, dv) && bound_holds(w, a.w_radps, b.w_radps, dw))
            continue;
        if (!answer->different++) {
            answer->first_tick = logged->rows[i].tick;
            answer->logged_wish = a;
            answer->fresh_wish = b;
        }
    }
    answer->decisions = count;
}

static void curve_fill(const struct trace *logged, const struct trace *fresh, size_t count, int64_t tick_ns,
                       struct counterfactual *answer)
{
    for (size_t i = 0; i < CURVE_POINTS && count; i++) {
        size_t at = (count - 1) * i / (CURVE_POINTS - 1);
        answer->curve[answer->curve_count++] = (struct curve_point){
            .t_s = (double)logged->rows[at].tick * (double)tick_ns / 1e9,
            .distance_m = trace_distance_m(logged, fresh, at),
            .wish_mps = fabs(logged->rows[at].wish.v_mps - fresh->rows[at].wish.v_mps),
        };
    }
}

enum status counterfactual_run(struct rerun *rerun, const struct counterfactual_question *question,
                               void (*progress)(void *self, uint64_t tick, uint64_t last), void *self,
                               struct trace *logged, struct trace *fresh, struct counterfactual *answer,
                               struct error *err)
{
    struct episode_options options = options_for(rerun, question);
    enum status status;
    *answer = (struct counterfactual){0};
    if (question->open_loop) {
        status = mind_run(rerun, question, &options, progress, self, logged, fresh, err);
    } else {
        status = log_trace(rerun, logged, err);
        if (!status)
            status = closed_loop(rerun, question, &options, progress, self, fresh, err);
    }
    if (status)
        return status;
    size_t count = logged->row_count < fresh->row_count ? logged->row_count : fresh->row_count;
    decisions_compare(question->tolerance, logged, fresh, count, answer);
    curve_fill(logged, fresh, count, rerun->tick_ns, answer);
    return STATUS_OK;
}
