#include "tui/train_run.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "tui/command.h"
#include "tui/evaluation.h"
#include "tui/train_chunks.h"

enum { SEEDS_A_PASS = 1000, PASSES_MAX = 1000 };

/* --- episodes ------------------------------------------------ */

struct classroom {
    const struct teach *teach;
    uint64_t seed_offset;
    void (*take)(void *self, size_t item, struct lesson *lesson);
    void *self;
};

static void work(void *self, const struct train_item *item, void *result)
{
    const struct classroom *room = self;
    if (item->is_log)
        teach_log(room->teach, item->source, result);
    else
        teach_episode(room->teach, item->source, item->seed + room->seed_offset, result);
}

static void hand_on(void *self, size_t item, void *result)
{
    const struct classroom *room = self;
    room->take(room->self, item, result);
}

/* Every item's lesson, in the order of the list, goes to the room's `take`. */
static enum status drive_all(struct classroom *room, const struct train_items *items, bool logs, size_t processes,
                             const char *what, struct error *err)
{
    static_assert(offsetof(struct lesson, err) == offsetof(struct train_outcome, err), "a lesson begins as an outcome");
    return train_chunks_run(&(struct train_chunks){.items = items,
                                                   .logs = logs,
                                                   .processes = processes,
                                                   .result_size = teach_size(room->teach),
                                                   .what = what,
                                                   .unit = "episode",
                                                   .work = work,
                                                   .take = hand_on,
                                                   .self = room},
                            err);
}

/* --- evaluation ------------------------------------------------ */

struct tally {
    struct train_verdict verdict;
    double sum, squares, spl;
};

static void tally_take(void *self, size_t item, struct lesson *lesson)
{
    struct tally *tally = self;
    bool success = lesson->outcome == OUTCOME_SUCCESS && !lesson->collisions;
    double spl = success ? lesson->spl : 0;
    double score = success && isfinite(lesson->barn_score) ? lesson->barn_score : spl;
    tally->verdict.reached[item / 64] |= (uint64_t)success << item % 64;
    tally->verdict.episodes++;
    tally->verdict.successes += success;
    tally->verdict.collisions += lesson->collisions > 0;
    tally->sum += score;
    tally->squares += score * score;
    tally->spl += spl;
}

enum status train_judge(const struct train_run *run, const uint8_t *network, size_t size, struct train_verdict *verdict,
                        struct error *err)
{
    struct tally tally = {0};
    struct teach teach = run->teach;
    teach.expert = NULL;
    teach.network = network;
    teach.network_size = size;
    teach.expert_share = 0;
    struct classroom room = {&teach, run->seed_offset, tally_take, &tally};
    enum status status = drive_all(&room, run->evaluation, false, run->processes, "evaluation", err);
    if (status || !tally.verdict.episodes)
        return status;
    double n = (double)tally.verdict.episodes, mean = tally.sum / n;
    double half = 1.96 * sqrt(fmax(tally.squares / n - mean * mean, 0) / n);
    tally.verdict.success = (double)tally.verdict.successes / n;
    tally.verdict.spl = tally.spl / n;
    tally.verdict.score = mean;
    tally.verdict.score_low = mean - half;
    tally.verdict.score_high = mean + half;
    evaluation_wilson(tally.verdict.successes, tally.verdict.episodes, &tally.verdict.success_low,
                      &tally.verdict.success_high);
    *verdict = tally.verdict;
    return STATUS_OK;
}

/* --- rounds ------------------------------------------------ */

static void round_take(void *self, size_t item, struct lesson *lesson)
{
    struct train_run *run = self;
    struct train_round *round = &run->round[run->round_count];
    size_t count = lesson->count, room = run->quota - round->samples;
    if (run->quota && !room)
        return;
    if (run->quota && count > room)
        count = room;
    for (size_t i = 0; i < count; i++) {
        const float *sample = teach_sample(lesson, &run->config.rows, i);
        train_samples_put(&run->samples, sample, sample + run->config.rows.width, (uint32_t)item);
    }
    round->episodes++;
    round->successes += lesson->outcome == OUTCOME_SUCCESS;
    round->samples += count;
}

/* All items once; with a quota again and again, each time with new seeds, until it is filled. */
static enum status drive_round(struct train_run *run, const struct teach *teach, struct error *err)
{
    const struct train_round *round = &run->round[run->round_count];
    const char *what = run->round_count ? "the learner drives" : "the expert drives";
    size_t before;
    enum status status = STATUS_OK;
    do {
        uint64_t offset = run->seed_offset + run->passes * SEEDS_A_PASS;
        before = round->samples;
        struct classroom room = {teach, offset, round_take, run};
        status = drive_all(&room, run->items, !run->passes++, run->processes, what, err);
        if (!status && run->quota && (round->samples == before || run->passes == PASSES_MAX))
            status = error_set(err, STATUS_BAD_INPUT,
                               "round %zu has only %zu of %zu samples after %zu passes; name more episodes, or ask for "
                               "fewer samples",
                               run->round_count + 1, round->samples, run->quota, run->passes);
    } while (!status && round->samples < run->quota);
    return status;
}

struct watch {
    struct train_round *round;
    struct progress progress;
};

static void on_epoch(void *self, const struct train_epoch *epoch)
{
    struct watch *watch = self;
    if (watch->round->curve_count < COUNT_OF(watch->round->curve))
        watch->round->curve[watch->round->curve_count++] = *epoch;
    progress_update(&watch->progress, (double)epoch->epoch / (double)epoch->epochs,
                    "epoch %zu of %zu: loss %.4f, validation %.4f", epoch->epoch, epoch->epochs, epoch->loss,
                    epoch->validation);
}

static enum status fit(struct train_run *run, struct train_model **model, struct error *err)
{
    struct watch watch = {&run->round[run->round_count], progress_start()};
    if (run->shuffle)
        train_samples_shuffle(&run->samples, run->config.seed);
    *model = train_fit(&run->config, &run->samples, on_epoch, &watch, err);
    progress_end(&watch.progress);
    return *model ? STATUS_OK : err->status;
}

/* Goals count first: a score says how fast they were reached. Of equals the later one has seen more; so it has where
 * nobody was judged. */
static bool drives_worse(const struct train_verdict *a, const struct train_verdict *b)
{
    return a->successes != b->successes ? a->successes < b->successes : a->score < b->score;
}

/* The first round watches the expert; later the last network drives and the expert says what it would do. */
static enum status one_round(struct train_run *run, struct bytes *network, struct error *err)
{
    struct train_round *round = &run->round[run->round_count];
    struct train_model *model = NULL;
    struct teach teach = run->teach;
    bool first = !run->round_count;
    round->expert_share = first ? 1 : pow(run->beta, (double)run->round_count);
    teach.expert_share = round->expert_share;
    teach.network = first ? NULL : network->data;
    teach.network_size = network->size;
    enum status status = drive_round(run, &teach, err);
    if (!status)
        status = fit(run, &model, err);
    if (status)
        return status;
    round->samples_all = run->samples.count;
    round->fit = *train_result(model);
    bytes_clear(network);
    train_write(model, "policy", NULL, 0, network);
    if (run->evaluation->count)
        status = train_judge(run, network->data, network->size, &round->verdict, err);
    if (!run->model || !drives_worse(&round->verdict, &run->round[run->best].verdict)) {
        train_destroy(&run->model);
        run->model = model;
        run->best = run->round_count;
    } else {
        train_destroy(&model);
    }
    run->round_count++;
    return status;
}

enum status train_run(struct train_run *run, struct error *err)
{
    struct bytes network = {0};
    enum status status = STATUS_OK;
    ASSERT(run->rounds >= 1 && run->rounds <= TRAIN_ROUNDS_MAX && run->items->count);
    run->samples.width = run->config.rows.width;
    run->round = NEW_ARRAY(run->rounds, struct train_round);
    while (run->round_count < run->rounds && !status)
        if (!(status = one_round(run, &network, err)) && run->said)
            run->said(run->self, run);
    bytes_clear(&network);
    return status;
}

void train_run_clear(struct train_run *run)
{
    train_samples_clear(&run->samples);
    train_destroy(&run->model);
    free(run->round);
    run->round = NULL;
}
