#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/names.h"
#include "nav/train.h"

/* How a row looks in a mirror; and whether it is sensed, so that it can go missing. */
enum mirror { MIRROR_NOT, MIRROR_ROUND, MIRROR_ACROSS, MIRROR_SECOND, MIRROR_SAME };
static const struct {
    const char *name;
    enum mirror mirror;
} mirrors[] = {
    {"lidar", MIRROR_ROUND},     {"fused", MIRROR_ROUND}, {"keepout", MIRROR_ROUND},
    {"depth", MIRROR_ACROSS},    {"goal", MIRROR_SECOND}, {"path", MIRROR_SECOND},
    {"velocity", MIRROR_SECOND}, {"last", MIRROR_SECOND}, {"limits", MIRROR_SAME},
};

static enum status refuse_name(const char *name, struct error *err)
{
    char hint[96];
    names_hint(hint, sizeof hint, name, feature_table, feature_count, sizeof *feature_table);
    return error_set(err, STATUS_BAD_INPUT, "no row is called '%s'%s (binnacle list inputs)", name, hint);
}

static enum status put_row(struct train_rows *rows, const char *name, const char *length, struct error *err)
{
    const struct feature *feature = feature_find(name);
    char *end = NULL;
    unsigned long count = length ? strtoul(length, &end, 10) : 0;
    if (!feature)
        return refuse_name(name, err);
    if (rows->count == TRAIN_ROWS_MAX)
        return error_set(err, STATUS_BAD_INPUT, "at most %d rows can be given", TRAIN_ROWS_MAX);
    if (train_rows_have(rows, name))
        return error_set(err, STATUS_BAD_INPUT, "the row '%s' is given twice", name);
    if (length && (*length < '0' || *length > '9' || *end || !count || count > FEATURE_LENGTH_MAX))
        return error_set(err, STATUS_BAD_INPUT, "the length of row '%s' is 1 to %d, not '%s'", name, FEATURE_LENGTH_MAX,
                         length);
    if (!length && !feature->length)
        return error_set(err, STATUS_BAD_INPUT, "the row '%s' needs a length, as in %s=24", name, name);
    if (length && feature->length && count != feature->length)
        return error_set(err, STATUS_BAD_INPUT, "the row '%s' has %zu numbers, not %lu", name, feature->length, count);
    count = feature->length ? feature->length : count;
    rows->rows[rows->count++] = (struct train_row){feature, count, rows->width};
    rows->width += count;
    return STATUS_OK;
}

enum status train_rows_parse(const char *text, struct train_rows *rows, struct error *err)
{
    char word[64];
    enum status status = STATUS_OK;
    *rows = (struct train_rows){0};
    for (const char *at = text; !status && *at;) {
        size_t length = strcspn(at, ",");
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), at);
        char *equals = strchr(word, '=');
        if (equals)
            *equals++ = '\0';
        status = put_row(rows, word, equals, err);
        at += length + (at[length] == ',');
    }
    if (!status && !rows->count)
        return error_set(err, STATUS_BAD_INPUT, "no rows are given; write for instance lidar=120,goal,path=10");
    return status;
}

void train_rows_text(const struct train_rows *rows, struct bytes *out)
{
    for (size_t i = 0; i < rows->count; i++)
        bytes_format(out, "%s%s=%zu", i ? "," : "", rows->rows[i].feature->name, rows->rows[i].length);
}

void train_rows_fill(const struct train_rows *rows, const struct policy_input *in, float *out)
{
    for (size_t i = 0; i < rows->count; i++)
        rows->rows[i].feature->fill(in, rows->rows[i].length, out + rows->rows[i].offset);
}

bool train_rows_have(const struct train_rows *rows, const char *name)
{
    for (size_t i = 0; i < rows->count; i++)
        if (!strcmp(rows->rows[i].feature->name, name))
            return true;
    return false;
}

static enum mirror mirror_of(const struct train_row *row)
{
    for (size_t i = 0; i < COUNT_OF(mirrors); i++)
        if (!strcmp(mirrors[i].name, row->feature->name))
            return mirrors[i].mirror;
    return MIRROR_NOT;
}

bool train_rows_mirror(const struct train_rows *rows, uint32_t *from, float *sign)
{
    for (size_t r = 0; r < rows->count; r++) {
        const struct train_row *row = &rows->rows[r];
        enum mirror mirror = mirror_of(row);
        if (mirror == MIRROR_NOT)
            return false;
        for (size_t i = 0; i < row->length; i++) {
            size_t other = mirror == MIRROR_ROUND ? (row->length - i) % row->length /* the first is straight behind */
                           : mirror == MIRROR_ACROSS ? row->length - 1 - i
                                                     : i;
            from[row->offset + i] = (uint32_t)(row->offset + other);
            sign[row->offset + i] = mirror == MIRROR_SECOND && i % 2 ? -1 : 1;
        }
    }
    return true;
}
