#include "tui/script.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/file.h"

enum { TEXT_MAX = 1 << 20, VALUES_MAX = 2, TICK_MAX = 100000000 };

struct row {
    uint64_t first, last, every;
    size_t line;
    char verb[16], text[200];
    double values[VALUES_MAX];
    uint32_t value_count;
};

struct script {
    char path[256];
    struct row *rows;
    size_t count;
    bool stopped; /* by a row: nothing is given any more */
};

static bool ticks_read(const char *word, struct row *row)
{
    int used = 0;
    row->every = 1;
    if (sscanf(word, "%" SCNu64 "..%" SCNu64 "/%" SCNu64 "%n", &row->first, &row->last, &row->every, &used) == 3 &&
        !word[used])
        return row->first && row->last >= row->first && row->every && row->last <= TICK_MAX;
    row->every = 1;
    if (sscanf(word, "%" SCNu64 "%n", &row->first, &used) != 1 || word[used])
        return false;
    row->last = row->first;
    return row->first && row->last <= TICK_MAX;
}

static enum status row_read(const struct script *script, struct row *row, char *line, struct error *err)
{
    char *rest = NULL, *end;
    char *ticks = strtok_r(line, " \t", &rest), *verb = strtok_r(NULL, " \t", &rest);
    if (!ticks_read(ticks, row) || !verb)
        return error_set(err, STATUS_BAD_INPUT, "%s:%zu: a row is TICK VERB ..., TICK from 1 or FIRST..LAST/EVERY",
                         script->path, row->line);
    if (!episode_knows(verb) && strcmp(verb, "stop") != 0)
        return error_set(err, STATUS_BAD_INPUT, "%s:%zu: there is no command '%s'", script->path, row->line, verb);
    snprintf(row->verb, sizeof row->verb, "%s", verb);
    row->value_count = episode_values(verb);
    ASSERT(row->value_count <= VALUES_MAX);
    for (uint32_t i = 0; i < row->value_count; i++) {
        const char *word = strtok_r(NULL, " \t", &rest);
        row->values[i] = word ? strtod(word, &end) : 0;
        if (!word || end == word || *end)
            return error_set(err, STATUS_BAD_INPUT, "%s:%zu: %s takes %" PRIu32 " numbers", script->path, row->line,
                             verb, row->value_count);
    }
    rest += strspn(rest, " \t");
    size_t length = strlen(rest);
    while (length && strchr(" \t\r", rest[length - 1]))
        rest[--length] = '\0';
    if (length >= sizeof row->text)
        return error_set(err, STATUS_BAD_INPUT, "%s:%zu: the text is longer than %zu bytes", script->path, row->line,
                         sizeof row->text - 1);
    snprintf(row->text, sizeof row->text, "%s", rest);
    return STATUS_OK;
}

struct script *script_load(const char *path, struct error *err)
{
    struct bytes text = {0};
    struct script *script = NEW(struct script);
    enum status status = file_load(path, TEXT_MAX, &text, err);
    size_t number = 1;
    snprintf(script->path, sizeof script->path, "%s", path);
    for (char *line = (char *)text.data, *next; !status && line; line = next, number++) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        line[strcspn(line, "#")] = '\0';
        line += strspn(line, " \t\r");
        if (!*line)
            continue;
        script->rows = memory_resize(script->rows, script->count + 1, sizeof *script->rows);
        script->rows[script->count] = (struct row){.line = number};
        status = row_read(script, &script->rows[script->count++], line, err);
    }
    bytes_clear(&text);
    if (status)
        script_destroy(&script);
    return script;
}

void script_destroy(struct script **script)
{
    if (*script)
        free((*script)->rows);
    free(*script);
    *script = NULL;
}

enum status script_give(struct script *script, struct episode *episode, struct error *err)
{
    uint64_t tick = episode_summary(episode).tick + 1;
    for (size_t i = 0; i < script->count && !script->stopped; i++) {
        struct row *row = &script->rows[i];
        if (tick < row->first || tick > row->last || (tick - row->first) % row->every)
            continue;
        if (!strcmp(row->verb, "stop")) {
            episode_stop(episode, row->text);
            script->stopped = true;
            continue;
        }
        const struct msg_command command = {
            .verb = row->verb, .text = row->text, .values = {row->values, row->value_count}};
        if (episode_command(episode, &command, err))
            return error_context(err, "%s:%zu", script->path, row->line);
    }
    return STATUS_OK;
}
