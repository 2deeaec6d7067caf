#include "sim/teach.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nav/brought.h"
#include "sim/rerun.h"

enum { SHIFT_TICKS = 20 }; /* so long the same one drives */
static const char TEACHER[] = "teacher", WITNESS[] = "witness";

/* One of the program's own policies at work inside another. */
struct mind {
    const struct policy *policy; /* NULL: nobody */
    void *params, *state;
};

struct teacher {          /* a policy that drives by asking the two, and takes notes */
    struct policy policy; /* first: struct policy_input's self leads here */
    const struct teach *teach;
    struct lesson *lesson;
    struct mind expert, learner;
    struct seed_stream shifts;
    bool expert_drives;
};

size_t teach_size(const struct teach *teach)
{
    return sizeof(struct lesson) + TEACH_SAMPLES_MAX * (teach->rows->width + TRAIN_OUTPUTS) * sizeof(float);
}

unsigned teach_needless(const struct train_rows *rows)
{
    unsigned without = 0;
    if (!train_rows_have(rows, "keepout") && !train_rows_have(rows, "rgb"))
        without |= 1u << SENSOR_CAMERA;
    if (!train_rows_have(rows, "depth") && !train_rows_have(rows, "depth_image") && !train_rows_have(rows, "fused"))
        without |= 1u << SENSOR_DEPTH;
    return without;
}

/* --- minds ------------------------------------------------ */

/* Settings "GROUP.NAME=VALUE" of this policy are given to it; the others are somebody else's. */
static enum status mind_set(const struct mind *mind, const struct episode_options *options, struct error *err)
{
    const char *group = policy_group(mind->policy);
    size_t length = strlen(group);
    for (size_t i = 0; i < options->set_count; i++) {
        const char *text = options->sets[i], *equals = strchr(text, '=');
        char name[64] = "";
        if (strncmp(text, group, length) != 0 || text[length] != '.' || !equals ||
            (size_t)(equals - text) - length > sizeof name)
            continue;
        memcpy(name, text + length + 1, (size_t)(equals - text) - length - 1);
        enum status status = param_set(mind->policy->params, mind->policy->param_count, mind->params, name, equals + 1,
                                       err);
        if (status)
            return error_context(err, "%s", text);
    }
    return STATUS_OK;
}

static void mind_begin(struct mind *mind, const struct policy *policy)
{
    *mind = (struct mind){policy, memory_new(1, policy->param_size), memory_new(1, policy->state_size)};
    param_defaults(policy->params, policy->param_count, mind->params);
}

static void mind_clear(struct mind *mind)
{
    if (mind->policy && mind->policy->close)
        mind->policy->close(mind->policy);
    free(mind->params);
    free(mind->state);
    *mind = (struct mind){0};
}

static void mind_ask(const struct mind *mind, const struct policy_input *in, struct decision *decision)
{
    struct policy_input asked = *in;
    asked.self = mind->policy;
    *decision = (struct decision){0};
    mind->policy->decide(mind->params, mind->state, &asked, decision);
}

/* --- the teacher, a policy ------------------------------------------------ */

static bool is_full(const struct lesson *lesson) { return lesson->count == TEACH_SAMPLES_MAX; }

/* Room for a sample with what is seen now; the command is still to come. */
static float *note_seen(struct teacher *teacher, const struct policy_input *in)
{
    float *sample = teach_sample(teacher->lesson, teacher->teach->rows, teacher->lesson->count);
    train_rows_fill(teacher->teach->rows, in, sample);
    return sample + teacher->teach->rows->width;
}

static void note_command(struct teacher *teacher, float *command, const struct decision *decision)
{
    if (!decision->valid || !isfinite(decision->wish.v_mps) || !isfinite(decision->wish.w_radps))
        return;
    command[0] = (float)decision->wish.v_mps;
    command[1] = (float)decision->wish.w_radps;
    teacher->lesson->count++;
}

static void teacher_decide(const void *params, void *state, const struct policy_input *in, struct decision *out)
{
    (void)params, (void)state;
    struct teacher *teacher = (struct teacher *)(uintptr_t)in->self;
    struct lesson *lesson = teacher->lesson;
    struct decision expert = {0};
    if (lesson->ticks++ % SHIFT_TICKS == 0)
        teacher->expert_drives = seed_uniform(&teacher->shifts) < teacher->teach->expert_share;
    if (teacher->expert.policy && !is_full(lesson)) {
        float *command = note_seen(teacher, in);
        mind_ask(&teacher->expert, in, &expert);
        note_command(teacher, command, &expert);
    }
    bool drives = teacher->expert.policy && (teacher->expert_drives || !teacher->learner.policy);
    lesson->driven += drives;
    if (drives)
        *out = expert;
    else
        mind_ask(&teacher->learner, in, out);
}

/* Of a log: sees what the driver sees; what the driver then does is noted after the tick. */
static void witness_decide(const void *params, void *state, const struct policy_input *in, struct decision *out)
{
    (void)params, (void)state, (void)out;
    struct teacher *teacher = (struct teacher *)(uintptr_t)in->self;
    teacher->lesson->ticks++;
    if (!is_full(teacher->lesson))
        note_seen(teacher, in);
}

static void teacher_close(const struct policy *self)
{
    struct teacher *teacher = (struct teacher *)(uintptr_t)self;
    mind_clear(&teacher->expert);
    mind_clear(&teacher->learner);
    free(teacher);
}

static struct teacher *teacher_new(const struct teach *teach, struct lesson *lesson, const char *name)
{
    struct teacher *teacher = NEW(struct teacher);
    teacher->teach = teach;
    teacher->lesson = lesson;
    teacher->policy = (struct policy){
        .name = name,
        .summary = "asks an expert and a learner, and takes notes",
        .decide = name == WITNESS ? witness_decide : teacher_decide,
        .close = teacher_close,
    };
    return teacher;
}

static struct teacher *teacher_open(const struct teach *teach, uint64_t seed, struct lesson *lesson, struct error *err)
{
    struct teacher *teacher = teacher_new(teach, lesson, TEACHER);
    teacher->shifts = seed_stream_named(seed, "teach.shifts");
    const struct policy *expert = teach->expert ? policy_find(teach->expert, err) : NULL;
    const struct policy *learner = teach->network
                                       ? policy_network_open("learner", teach->network, teach->network_size, err)
                                       : NULL;
    enum status status = (teach->expert && !expert) || (teach->network && !learner) ? err->status : STATUS_OK;
    if (learner)
        mind_begin(&teacher->learner, learner);
    if (expert) {
        mind_begin(&teacher->expert, expert);
        status = status ? status : mind_set(&teacher->expert, &teach->options, err);
    }
    if (!status && expert && expert->start)
        expert->start(teacher->expert.params, teacher->expert.state);
    if (status) {
        teacher_close(&teacher->policy);
        return NULL;
    }
    return teacher;
}

/* --- episodes ------------------------------------------------ */

static void conclude(const struct episode *episode, struct lesson *lesson)
{
    struct episode_summary summary = episode_summary(episode);
    lesson->outcome = summary.outcome;
    lesson->collisions = summary.violations[VIOLATION_COL1].count + summary.violations[VIOLATION_COL2].count +
                         summary.violations[VIOLATION_COL3].count;
    lesson->time_s = summary.clock_s;
    lesson->spl = summary.spl;
    lesson->barn_score = summary.barn_score;
}

static enum status run_episode(const struct teach *teach, const char *name, uint64_t seed, struct lesson *lesson,
                               struct error *err)
{
    struct episode_options options = teach->options;
    struct journal *journal = journal_create();
    struct scenario *scenario = scenario_load(name, err);
    struct episode *episode = NULL;
    struct teacher *teacher = NULL;
    enum status status = STATUS_OK;
    options.seed = seed;
    options.policy = options.shadow = NULL;
    if (!scenario || !(episode = episode_create(scenario, &options, journal, err)) ||
        !(teacher = teacher_open(teach, seed, lesson, err)))
        status = err->status;
    if (teacher)
        episode_bring(episode, &teacher->policy);
    if (!status)
        status = episode_command(episode, &(struct msg_command){.tick = 1, .verb = "policy", .text = TEACHER}, err);
    if (!status) {
        while (episode_step(episode) && !is_full(lesson))
            ;
        conclude(episode, lesson);
    }
    episode_destroy(&episode);
    scenario_destroy(&scenario);
    journal_destroy(&journal);
    return status;
}

void teach_episode(const struct teach *teach, const char *scenario, uint64_t seed, struct lesson *lesson)
{
    ASSERT(teach->expert || teach->network);
    ASSERT(teach->expert_share >= 0 && teach->expert_share <= 1);
    lesson->status = run_episode(teach, scenario, seed, lesson, &lesson->err);
}

/* What the log's driver decided is the command that belongs to what the witness has just seen. */
static enum status run_log(struct rerun_run *run, struct teacher *teacher, struct error *err)
{
    struct lesson *lesson = teacher->lesson;
    bool more = true;
    enum status status = STATUS_OK;
    while (!status && more && !is_full(lesson)) {
        uint32_t seen = lesson->ticks;
        status = rerun_step(run, &more, err);
        const struct decision *driver = navigator_decision(episode_navigator(run->episode));
        if (!status && lesson->ticks > seen)
            note_command(teacher,
                         teach_sample(lesson, teacher->teach->rows, lesson->count) + teacher->teach->rows->width,
                         driver);
    }
    if (!status)
        conclude(run->episode, lesson);
    return status;
}

void teach_log(const struct teach *teach, const char *path, struct lesson *lesson)
{
    struct rerun rerun = {0};
    struct rerun_run run = {0};
    struct error *err = &lesson->err;
    enum status status = rerun_open(&rerun, path, err);
    if (!status) {
        struct episode_options options = rerun.options;
        options.shadow = NULL;
        options.repeats = true;
        status = rerun_start(&run, &rerun, &options, NULL, 0, err);
    }
    if (!status) {
        struct teacher *witness = teacher_new(teach, lesson, WITNESS);
        episode_bring(run.episode, &witness->policy);
        status = episode_command(run.episode, &(struct msg_command){.tick = 1, .verb = "shadow", .text = WITNESS}, err);
        status = status ? status : run_log(&run, witness, err);
    }
    rerun_end(&run);
    rerun_close(&rerun);
    lesson->status = status ? error_context(err, "%s", path) : STATUS_OK;
}
