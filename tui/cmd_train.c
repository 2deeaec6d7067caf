/* binnacle train OUT.onnx SOURCE...: a network learns to drive from an expert or logs, or to label pictures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "tui/command.h"
#include "tui/jobs.h"
#include "tui/train_label.h"
#include "tui/train_report.h"
#include "tui/train_trials.h"

enum { EVALUATION_SEED = 1000001 }; /* far from every seed that is driven for samples */

struct train_arguments {
    uint64_t seed;
    const char *expert, *rows, *hidden, *shield, *plot;
    struct text_list sets, without, evaluate;
    double rounds, samples, beta, epochs, batch, rate, decay, dropout, held_out, seeds, evaluate_seeds, jobs, gate,
        trials;
    double pictures;
    bool no_mirror, shuffle, compare, json, labels;
};

static void train_defaults(void *options)
{
    struct train_config config = train_config_default();
    *(struct train_arguments *)options = (struct train_arguments){
        .seed = 1,
        .expert = "mppi",
        .hidden = "256,256",
        .shield = "off",
        .rounds = 1,
        .beta = 0.5,
        .rows = "lidar=120,depth=16,keepout=24,goal,path=10,velocity,last,limits",
        .epochs = (double)config.epochs,
        .pictures = 24,
        .decay = config.decay,
        .dropout = config.dropout,
        .held_out = config.held_out,
        .seeds = 1,
        .evaluate_seeds = 1,
        .jobs = 2,
        .gate = -1,
        .trials = 1,
    };
}

/* --- options ------------------------------------------------ */

static enum status parse_hidden(const char *text, struct train_config *config, struct error *err)
{
    config->hidden_count = 0;
    for (const char *at = text; *at;) {
        char *end;
        unsigned long units = strtoul(at, &end, 10);
        if (*at < '0' || *at > '9' || !units || units > 4096 || (*end && *end != ',') ||
            config->hidden_count == TRAIN_HIDDEN_MAX)
            return error_set(err, STATUS_BAD_INPUT,
                             "--hidden takes up to %d layers of 1 to 4096 units, as in 256,256; not '%s'",
                             TRAIN_HIDDEN_MAX, text);
        config->hidden[config->hidden_count++] = units;
        at = end + (*end == ',');
    }
    return STATUS_OK;
}

/* What is not given is what suits the network. */
static struct train_arguments settled(const struct train_arguments *given)
{
    struct train_config drive = train_config_default();
    struct train_labels_config label = train_labels_config_default();
    struct train_arguments o = *given;
    if (o.batch <= 0)
        o.batch = (double)(o.labels ? label.batch : drive.batch);
    if (o.rate <= 0)
        o.rate = o.labels ? label.rate : drive.rate;
    return o;
}

static enum status configure(const struct train_arguments *o, struct train_config *config, struct error *err)
{
    *config = train_config_default();
    config->seed = o->seed;
    config->epochs = (size_t)o->epochs;
    config->batch = (size_t)o->batch;
    config->rate = o->rate;
    config->decay = o->decay;
    config->dropout = o->dropout;
    config->held_out = o->held_out;
    config->mirror = !o->no_mirror;
    enum status status = train_rows_parse(o->rows, &config->rows, err);
    if (status)
        return error_context(err, "--rows");
    return parse_hidden(o->hidden, config, err);
}

/* Scenarios first, logs after them: later rounds have no use for logs. */
static enum status list_items(const struct train_arguments *o, int count, char **words, struct train_items *items,
                              struct train_items *evaluation, struct error *err)
{
    enum status status = STATUS_OK;
    struct train_items all = {.count = 0};
    for (int i = 0; i < count && !status; i++)
        status = train_items_add(&all, words[i], o->seed, (size_t)o->seeds, err);
    for (int logs = 0; logs < 2; logs++)
        for (size_t i = 0; i < all.count; i++)
            if (all.items[i].is_log == logs)
                items->items[items->count++] = all.items[i];
    for (size_t i = 0; i < o->evaluate.count && !status; i++)
        status = train_items_add(evaluation, o->evaluate.items[i], EVALUATION_SEED, (size_t)o->evaluate_seeds, err);
    for (size_t i = 0; i < evaluation->count && !status; i++)
        if (evaluation->items[i].is_log)
            status = error_set(err, STATUS_BAD_INPUT, "--evaluate drives; %s is a log", evaluation->items[i].source);
    if (!status && !items->count)
        status = error_set(err, STATUS_BAD_INPUT, "the lists name nothing to learn from");
    if (!status && items->items[0].is_log && o->rounds > 1)
        status = error_set(err, STATUS_BAD_INPUT, "more than one round needs scenarios to drive; logs alone give one");
    if (!status && !o->labels && o->gate >= 0 && !evaluation->count)
        status = error_set(err, STATUS_BAD_INPUT, "--gate needs something to drive: --evaluate SCENARIO");
    return status;
}

/* Two ways to teach are compared on equal terms or not at all. */
static enum status check_trials(const struct train_arguments *o, const struct train_items *evaluation,
                                struct error *err)
{
    if ((o->compare || o->trials > 1) && !evaluation->count)
        return error_set(err, STATUS_BAD_INPUT, "%s needs something to drive: --evaluate SCENARIO",
                         o->compare ? "--compare" : "--trials");
    if (o->compare && o->rounds < 2)
        return error_set(err, STATUS_BAD_INPUT, "--compare needs --rounds 2 or more: the first is cloning anyway");
    if (o->compare && o->samples < 1)
        return error_set(err, STATUS_BAD_INPUT, "--compare needs --samples N: both learn from as many a round");
    return STATUS_OK;
}

/* A wrong name is told now, not after the first round. */
static enum status check_items(const struct train_items *items, struct error *err)
{
    for (size_t i = 0; i < items->count; i++) {
        const struct train_item *item = &items->items[i];
        if (item->is_log || (i && !strcmp(item->source, items->items[i - 1].source)))
            continue;
        struct scenario *scenario = scenario_load(item->source, err);
        if (!scenario)
            return err->status;
        scenario_destroy(&scenario);
    }
    return STATUS_OK;
}

/* --- results ------------------------------------------------ */

static void said(void *self, const struct train_run *run)
{
    const struct train_arguments *o = self;
    struct bytes text = {0};
    train_report_line(run, &text);
    fwrite(text.data, 1, text.size, o->json ? stderr : stdout);
    fflush(stdout);
    bytes_clear(&text);
}

static void command_line(const struct train_arguments *o, int count, char **words, struct bytes *out)
{
    bytes_format(out, "binnacle train");
    for (int i = 0; i < count; i++)
        bytes_format(out, " %s", words[i]);
    bytes_format(out, " --seed %llu --epochs %g --batch %g --rate %g --decay %g --held-out %g --seeds %g",
                 (unsigned long long)o->seed, o->epochs, o->batch, o->rate, o->decay, o->held_out, o->seeds);
    if (o->labels)
        bytes_format(out, " --labels --pictures %g", o->pictures);
    else
        bytes_format(out, " --expert %s --rows %s --hidden %s --shield %s --rounds %g --beta %g --dropout %g"
                     " --evaluate-seeds %g", o->expert, o->rows, o->hidden, o->shield, o->rounds, o->beta,
                     o->dropout, o->evaluate_seeds);
    for (size_t i = 0; i < o->sets.count; i++)
        bytes_format(out, " --set %s", o->sets.items[i]);
    for (size_t i = 0; i < o->without.count; i++)
        bytes_format(out, " --without %s", o->without.items[i]);
    for (size_t i = 0; i < o->evaluate.count; i++)
        bytes_format(out, " --evaluate %s", o->evaluate.items[i]);
    bytes_format(out, " --evaluate-seeds %g%s%s", o->evaluate_seeds, o->no_mirror ? " --no-mirror" : "",
                 o->shuffle ? " --shuffle" : "");
    if (o->samples > 0)
        bytes_format(out, " --samples %g", o->samples);
    if (o->trials > 1)
        bytes_format(out, " --trials %g", o->trials);
    if (o->compare)
        bytes_format(out, " --compare");
    bytes_put_u8(out, 0);
}

/* The network with its record inside, then the record beside it with the network's hash. */
static enum status save(const struct train_run *run, const char *path, const char *line, struct bytes *record,
                        struct error *err)
{
    struct bytes inside = {0}, network = {0}, rows = {0};
    char sha256[65];
    train_rows_text(&run->config.rows, &rows);
    bytes_put_u8(&rows, 0);
    train_report_json(run, &(struct train_record){.command_line = line}, &inside);
    bytes_put_u8(&inside, 0);
    const struct train_note notes[] = {{"rows", (const char *)rows.data}, {"provenance", (const char *)inside.data}};
    train_write(run->model, "policy", notes, COUNT_OF(notes), &network);
    struct train_record outside = train_json_outside(line, path, &network, sha256);
    train_report_json(run, &outside, record);
    enum status status = train_json_save(path, &network, record, err);
    bytes_clear(&rows);
    bytes_clear(&inside);
    bytes_clear(&network);
    return status;
}

/* With --json: the record, and one more member if there is something to compare. */
static void print(const struct train_arguments *o, const struct train_run *run, const struct train_trials *trials,
                  const char *path, const struct bytes *record)
{
    struct bytes text = {0};
    if (o->json) {
        size_t open = record->size - strlen("}\n");
        bytes_put(&text, record->data, trials->round ? open : record->size);
        if (trials->round) {
            bytes_format(&text, ",\"comparison\":");
            train_trials_json(trials, &text);
            bytes_format(&text, "}\n");
        }
    } else {
        if (trials->round)
            train_trials_table(trials, &text);
        bytes_format(&text, "%s%s: %zu parameters, of round %zu\n", trials->round ? "\n" : "", path,
                     train_parameters(run->model), run->best + 1);
    }
    fwrite(text.data, 1, text.size, stdout);
    bytes_clear(&text);
}

static int conclude(const struct train_arguments *o, const struct train_run *run, const struct train_trials *trials,
                    const char *path, const struct bytes *record)
{
    const struct train_verdict *kept = &run->round[run->best].verdict;
    bool good = !(o->gate >= 0) || kept->success >= o->gate;
    print(o, run, trials, path, record);
    if (!good)
        fprintf(stderr, "binnacle train: the gate is %.3g of the episodes; the network reached the goal in %.3g\n",
                o->gate, kept->success);
    return good ? 0 : 1;
}

static enum status check_path(const char *path, struct error *err)
{
    size_t length = strlen(path);
    if (length <= 5 || strcmp(path + length - 5, ".onnx") != 0)
        return error_set(err, STATUS_BAD_INPUT, "the first argument is the network to be written, NAME.onnx, not '%s'",
                         path);
    return STATUS_OK;
}

/* --- labels ------------------------------------------------ */

static enum status label_configure(const struct train_arguments *o, const struct train_items *items,
                                   struct train_label *run, struct error *err)
{
    struct train_labels_config *config = &run->config;
    *config = train_labels_config_default();
    config->seed = o->seed;
    config->epochs = (size_t)o->epochs;
    config->batch = (size_t)o->batch;
    config->rate = o->rate;
    config->decay = o->decay;
    config->mirror = !o->no_mirror;
    config->held_out = o->held_out;
    run->order = (struct album_order){.width = 64, .height = 48, .pictures = (size_t)o->pictures,
                                      .sets = o->sets.items, .set_count = o->sets.count};
    run->items = items;
    run->processes = (size_t)o->jobs;
    run->shuffle = o->shuffle;
    if (items->items[items->count - 1].is_log)
        return error_set(err, STATUS_BAD_INPUT, "--labels takes pictures in scenarios; %s is a log",
                         items->items[items->count - 1].source);
    if (o->rounds > 1 || o->evaluate.count || o->without.count)
        return error_set(err, STATUS_BAD_INPUT,
                         "with --labels nobody drives: --rounds, --evaluate and --without mean nothing then");
    return STATUS_OK;
}

static int label_command(const struct train_arguments *o, int argument_count, char **arguments)
{
    static struct train_items items, evaluation;
    static struct train_label run; /* with its curve large */
    struct error err = {0};
    struct bytes line = {0}, record = {0};
    enum status status = check_path(arguments[0], &err);
    if (!status)
        status = list_items(o, argument_count - 1, arguments + 1, &items, &evaluation, &err);
    if (!status)
        status = label_configure(o, &items, &run, &err);
    if (!status)
        status = check_items(&items, &err);
    if (!status)
        status = train_label_run(&run, &err);
    command_line(o, argument_count, arguments, &line);
    if (!status)
        status = train_label_save(&run, arguments[0], (const char *)line.data, &record, &err);
    if (!status && o->plot)
        status = train_label_plot(&run, o->plot, &err);
    int code = status ? command_fail("train", &err)
                      : train_label_conclude(&run, arguments[0], o->gate, o->json ? &record : NULL);
    bytes_clear(&line);
    bytes_clear(&record);
    train_label_clear(&run);
    train_items_clear(&items);
    train_items_clear(&evaluation);
    return code;
}

/* --- driving ------------------------------------------------ */

/* Once, or in trials; `trials->round` tells which. */
static enum status train(const struct train_arguments *o, struct train_run *run, struct train_trials *trials,
                         struct error *err)
{
    if (o->trials < 2 && !o->compare)
        return train_run(run, err);
    trials->count = (size_t)o->trials;
    if (o->compare)
        trials->ways[trials->way_count++] = (struct train_way){"cloning", 1};
    trials->ways[trials->way_count++] = (struct train_way){o->rounds > 1 ? "DAgger" : "cloning", o->beta};
    return train_trials_run(trials, run, err);
}

static int drive_command(const struct train_arguments *o, int argument_count, char **arguments)
{
    static struct train_items items, evaluation;
    struct train_run run = {.items = &items,
                            .evaluation = &evaluation,
                            .rounds = (size_t)o->rounds,
                            .quota = (size_t)o->samples,
                            .beta = o->beta,
                            .processes = (size_t)o->jobs,
                            .shuffle = o->shuffle,
                            .said = said,
                            .self = (void *)(uintptr_t)o};
    struct episode_arguments episode = {.seed = o->seed, .shield = o->shield, .without = o->without, .sets = o->sets};
    struct error err = {0};
    struct bytes line = {0}, record = {0};
    struct train_trials trials = {0};
    enum status status = check_path(arguments[0], &err);
    if (!status)
        status = configure(o, &run.config, &err);
    if (!status)
        status = list_items(o, argument_count - 1, arguments + 1, &items, &evaluation, &err);
    if (!status)
        status = check_trials(o, &evaluation, &err);
    if (!status)
        status = check_items(&items, &err);
    if (!status)
        status = check_items(&evaluation, &err);
    if (!status)
        status = policy_find(o->expert, &err) ? STATUS_OK : err.status;
    if (!status)
        status = episode_arguments_apply(&episode, &run.teach.options, &err);
    if (!status) {
        run.teach.expert = o->expert;
        run.teach.rows = &run.config.rows;
        run.teach.options.without |= teach_needless(&run.config.rows);
        status = train(o, &run, &trials, &err);
    }
    command_line(o, argument_count, arguments, &line);
    if (!status)
        status = save(&run, arguments[0], (const char *)line.data, &record, &err);
    if (!status && o->plot)
        status = trials.round ? train_trials_plot(&trials, o->plot, &err) : train_report_plot(&run, o->plot, &err);
    int code = status ? command_fail("train", &err) : conclude(o, &run, &trials, arguments[0], &record);
    bytes_clear(&line);
    bytes_clear(&record);
    train_run_clear(&run);
    train_trials_clear(&trials);
    train_items_clear(&items);
    train_items_clear(&evaluation);
    return code;
}

static int train_command(const void *options, int argument_count, char **arguments)
{
    struct train_arguments o = settled(options);
    return (o.labels ? label_command : drive_command)(&o, argument_count, arguments);
}

#define AT(member) offsetof(struct train_arguments, member)
static const struct option_row rows[] = {
    {"labels", 'l', OPTION_SWITCH, AT(labels), NULL,
     "teach it to label pictures (perception/seeing.h), from pictures taken in the scenarios", 0, 0},
    {"pictures", 0, OPTION_NUMBER, AT(pictures), "N",
     "for labels: of each world, which is a scenario and a seed (default 24)", 1, 1000},
    {"seed", 's', OPTION_COUNT, AT(seed), "N",
     "of episodes, weights and order (default 1); the same seed gives the same bytes", 0, 0},
    {"expert", 'e', OPTION_TEXT, AT(expert), "NAME", "the policy that is asked what to do (default mppi)", 0, 0},
    {"rounds", 'r', OPTION_NUMBER, AT(rounds), "N", "1: behaviour cloning (default); more: DAgger", 1,
     TRAIN_ROUNDS_MAX},
    {"beta", 0, OPTION_NUMBER, AT(beta), "SHARE",
     "how much the expert drives in round 2; its powers later (default 0.5)", 0, 1},
    {"samples", 0, OPTION_NUMBER, AT(samples), "N",
     "of each round: drive, with more seeds, until there are so many (default: each episode once)", 0, 1e7},
    {"seeds", 0, OPTION_NUMBER, AT(seeds), "N", "episodes of each scenario a round (default 1)", 1, 1000},
    {"rows", 0, OPTION_TEXT, AT(rows), "ROWS", "what the network is shown, NAME or NAME=LENGTH (binnacle list inputs)",
     0, 0},
    {"hidden", 0, OPTION_TEXT, AT(hidden), "UNITS", "of the layers between (default 256,256)", 0, 0},
    {"epochs", 0, OPTION_NUMBER, AT(epochs), "N", "passes over all samples, each round (default 20)", 1, 512},
    {"batch", 0, OPTION_NUMBER, AT(batch), "N", "samples a step (default 256; of pictures 16)", 1, 65536},
    {"rate", 0, OPTION_NUMBER, AT(rate), "X", "Adam's step at the start (default 0.001; for labels 0.003)",
     1e-7, 1},
    {"decay", 0, OPTION_NUMBER, AT(decay), "X", "pull of the weights to 0 (default 0.001)", 0, 1},
    {"dropout", 0, OPTION_NUMBER, AT(dropout), "P", "each sense of a sample is missing this often (default 0.05)", 0,
     0.9},
    {"no-mirror", 0, OPTION_SWITCH, AT(no_mirror), NULL, "do not show the world left for right, too", 0, 0},
    {"held-out", 0, OPTION_NUMBER, AT(held_out), "SHARE", "of the episodes only validate (default 0.1)", 0, 0.9},
    {"shuffle", 0, OPTION_SWITCH, AT(shuffle), NULL,
     "mix up the commands, or labels: a check of your evaluation, which must fail",
     0, 0},
    {"evaluate", 0, OPTION_LIST, AT(evaluate), "SCENARIO",
     "let it drive there after each round (as SOURCE; repeatable)", 0, 0},
    {"evaluate-seeds", 0, OPTION_NUMBER, AT(evaluate_seeds), "N",
     "episodes of each, with seeds not trained on (default 1)", 1, 1000},
    {"compare", 0, OPTION_SWITCH, AT(compare), NULL,
     "teach by cloning alone, too, on as many --samples: which drives better, and is it chance?", 0, 0},
    {"trials", 0, OPTION_NUMBER, AT(trials), "N", "the whole so often, with seeds of their own; the first one is kept",
     1, TRAIN_TRIALS_MAX},
    {"gate", 0, OPTION_NUMBER, AT(gate), "SHARE",
     "exit 1 if fewer of these reach the goal untouched (labels: if the mean IoU is less)", 0, 1},
    {"shield", 0, OPTION_TEXT, AT(shield), "MODE", "while learning and evaluating: off (default), monitor or on", 0, 0},
    {"without", 0, OPTION_LIST, AT(without), "SENSOR", "remove a sensor (repeatable); those no row needs are anyway", 0,
     0},
    {"set", 0, OPTION_LIST, AT(sets), "PATH=VALUE", "override a setting of scenario or expert", 0, 0},
    {"jobs", 'J', OPTION_NUMBER, AT(jobs), "N", "episodes at a time (default 2); the result does not depend on it", 1,
     JOBS_MAX},
    {"plot", 0, OPTION_TEXT, AT(plot), "FILE", "draw loss and closed loop (.svg, .png)", 0, 0},
    {"json", 'j', OPTION_SWITCH, AT(json), NULL, "print the provenance record", 0, 0},
};

const struct command command_train = {
    .name = "train",
    .arguments = "OUT.onnx SOURCE...",
    .summary = "a network that drives (taught by an expert or logs) or labels pictures, with its provenance",
    .details =
        "SOURCE: a scenario as for run, a range of worlds (worlds.txt#1-60, every sixth: worlds.txt#1-300/6),\n"
        "a log (.mcap: whoever drove it is the expert), or @FILE with a list. OUT.json beside the network says\n"
        "where it comes from. Then: binnacle run office --policy OUT.onnx. The network of the best round is kept,\n"
        "as evaluated, else the last. With --labels: binnacle run office --set camera.labels=OUT.onnx.\n"
        "Exit 0, or 1 if the gate is missed.",
    .options = rows,
    .option_count = COUNT_OF(rows),
    .options_size = sizeof(struct train_arguments),
    .arguments_min = 2,
    .arguments_max = 100000,
    .defaults = train_defaults,
    .run = train_command,
};
