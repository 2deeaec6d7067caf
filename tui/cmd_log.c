/* binnacle log VERB ...: logs looked into, cut, joined, compared, exported. The verbs are in tui/log_*.c. */
#include <string.h>

#include "logs/names.h"
#include "tui/command.h"
#include "tui/log_verb.h"

static const struct log_verb {
    const char *name, *files;
    int files_min, files_max;
    enum status (*run)(const struct log_options *options, int file_count, char **files, struct error *err);
} verbs[] = {
#define VERB_ROW(verb, files, min, max, summary) {#verb, files, min, max, log_##verb},
    LOG_VERBS(VERB_ROW)
};

static void log_defaults(void *options)
{
    struct log_options *o = options;
    o->from_s = -LOG_TIME_MAX_S;
    o->to_s = LOG_TIME_MAX_S;
    o->items = 64;
    o->far_m = 10;
}

static const struct log_verb *verb_find(const char *name, struct error *err)
{
    char hint[96];
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (!strcmp(verbs[i].name, name))
            return &verbs[i];
    names_hint(hint, sizeof hint, name, verbs, COUNT_OF(verbs), sizeof *verbs);
    error_set(err, STATUS_BAD_INPUT, "unknown verb '%s'%s (binnacle log --help lists them)", name, hint);
    return NULL;
}

static int log_run(const void *options, int argument_count, char **arguments)
{
    struct error err = {0};
    const struct log_verb *verb = verb_find(arguments[0], &err);
    int files = argument_count - 1;
    if (!verb)
        return command_fail("log", &err);
    enum status status = STATUS_OK;
    if (files < verb->files_min || files > verb->files_max)
        status = error_set(&err, STATUS_BAD_INPUT, "too %s arguments; usage: binnacle log %s %s",
                           files < verb->files_min ? "few" : "many", verb->name, verb->files);
    if (!status)
        status = verb->run(options, files, arguments + 1, &err);
    return status ? command_fail("log", &err) : 0;
}

#define OPTION(name, letter, kind, member, value, help, min, max)                                                      \
    {name, letter, kind, offsetof(struct log_options, member), value, help, min, max}
static const struct option_row rows[] = {
    OPTION("topic", 't', OPTION_LIST, topics, "NAME", "only this topic (repeatable)", 0, 0),
    OPTION("from", 0, OPTION_NUMBER, from_s, "SECONDS", "from this time on, counted from the log's start",
           -LOG_TIME_MAX_S, LOG_TIME_MAX_S),
    OPTION("to", 0, OPTION_NUMBER, to_s, "SECONDS", "up to this time", -LOG_TIME_MAX_S, LOG_TIME_MAX_S),
    OPTION("where", 'w', OPTION_TEXT, where, "EXPRESSION",
           "only messages it holds for: 'pose.x > 1.5 && id == \"a\"'", 0, 0),
    OPTION("limit", 'n', OPTION_COUNT, limit, "N", "at most N messages", 0, 0),
    OPTION("items", 0, OPTION_COUNT, items, "N", "cat: cut longer arrays (default 64; 0: never)", 0, 0),
    OPTION("follow", 'f', OPTION_SWITCH, follow, NULL, "cat: wait for what is still being recorded", 0, 0),
    OPTION("json", 'j', OPTION_SWITCH, json, NULL, "info, diff: as JSON", 0, 0),
    OPTION("quick", 0, OPTION_SWITCH, quick, NULL, "info: from the index alone, without reading the messages", 0, 0),
    OPTION("compression", 0, OPTION_TEXT, compression, "NAME", "of the output: none, lz4 or zstd (default)", 0, 0),
    OPTION("profile", 0, OPTION_TEXT, profile, "NAME", "of the output (default: the input's)", 0, 0),
    OPTION("every", 0, OPTION_NUMBER, every_s, "SECONDS", "split: length of a part", 1e-9, LOG_TIME_MAX_S),
    OPTION("size", 0, OPTION_COUNT, size_bytes, "BYTES", "split: of a part's messages, uncompressed", 0, 0),
    OPTION("format", 0, OPTION_LIST, formats, "NAME", "export: csv, frames or plots (repeatable; default all)", 0, 0),
    OPTION("series", 0, OPTION_LIST, series, "TOPIC:FIELD", "export: plot this field over time (repeatable)", 0, 0),
    OPTION("far", 0, OPTION_NUMBER, far_m, "METRES", "export: depth drawn darkest (default 10)", 0.01, 1e6),
    OPTION("note", 0, OPTION_TEXT, note, "TEXT", "annotate: what to say", 0, 0),
    OPTION("tag", 0, OPTION_TEXT, tag, "WORD", "annotate: a word to find it by", 0, 0),
};

#define VERB_HELP(verb, files, min, max, summary) "  " #verb " " files "\n      " summary "\n"

const struct command command_log = {
    .name = "log",
    .arguments = "VERB FILE...",
    .summary = "logs looked into, cut, joined, compared, exported (log --help lists the verbs)",
    .details = "Verbs:\n" LOG_VERBS(VERB_HELP),
    .options = rows,
    .option_count = COUNT_OF(rows),
    .options_size = sizeof(struct log_options),
    .arguments_min = 2,
    .arguments_max = 100001,
    .defaults = log_defaults,
    .run = log_run,
};
