#include "logs/param.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/names.h"

static void *member(const struct param *row, void *target) { return (char *)target + row->offset; }

static void store(const struct param *row, void *target, double value)
{
    switch (row->kind) {
    case PARAM_REAL:
        *(double *)member(row, target) = value;
        break;
    case PARAM_INT:
    case PARAM_CHOICE:
        *(int *)member(row, target) = (int)value;
        break;
    case PARAM_BOOL:
        *(bool *)member(row, target) = value != 0;
        break;
    case PARAM_TEXT:
        *(char *)member(row, target) = '\0';
        break;
    }
}

void param_defaults(const struct param *table, size_t count, void *target)
{
    for (size_t i = 0; i < count; i++)
        store(&table[i], target, table[i].fallback);
}

static enum status number_parse(const struct param *row, const char *text, double *value, struct error *err)
{
    char *end;
    *value = strtod(text, &end);
    const char *wanted = row->kind == PARAM_INT ? "a whole number" : "a number";
    if (end == text || *end || !isfinite(*value) || (row->kind == PARAM_INT && *value != floor(*value)))
        return error_set(err, STATUS_BAD_INPUT, "%s must be %s from %g to %g%s%s, not '%s'", row->name, wanted,
                         row->min, row->max, *row->unit ? " " : "", row->unit, text);
    if (*value < row->min || *value > row->max)
        return error_set(err, STATUS_BAD_INPUT, "%s = %s is outside %g to %g%s%s", row->name, text, row->min, row->max,
                         *row->unit ? " " : "", row->unit);
    return STATUS_OK;
}

static enum status bool_parse(const struct param *row, const char *text, double *value, struct error *err)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (!strcmp(text, words[i])) {
            *value = (double)(i % 2);
            return STATUS_OK;
        }
    return error_set(err, STATUS_BAD_INPUT, "%s must be true or false, not '%s'", row->name, text);
}

static enum status choice_parse(const struct param *row, const char *text, double *value, struct error *err)
{
    size_t count = 0;
    char list[256] = "";
    for (; row->choices[count]; count++) {
        if (!strcmp(text, row->choices[count])) {
            *value = (double)count;
            return STATUS_OK;
        }
        if (strlen(list) + strlen(row->choices[count]) + 3 < sizeof list)
            strcat(strcat(list, count ? ", " : ""), row->choices[count]);
    }
    char hint[96];
    names_hint(hint, sizeof hint, text, row->choices, count, sizeof *row->choices);
    return error_set(err, STATUS_BAD_INPUT, "%s must be one of %s, not '%s'%s", row->name, list, text, hint);
}

static enum status text_set(const struct param *row, void *target, const char *text, struct error *err)
{
    if ((double)strlen(text) > row->max)
        return error_set(err, STATUS_BAD_INPUT, "%s is %zu bytes long; at most %g fit", row->name, strlen(text),
                         row->max);
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ')
            return error_set(err, STATUS_BAD_INPUT, "%s must be a single line of text", row->name);
    strcpy(member(row, target), text);
    return STATUS_OK;
}

enum status param_set(const struct param *table, size_t count, void *target, const char *name, const char *text,
                      struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct param *row = &table[i];
        if (strcmp(row->name, name))
            continue;
        if (row->kind == PARAM_TEXT)
            return text_set(row, target, text, err);
        double value = 0;
        enum status status = row->kind == PARAM_BOOL     ? bool_parse(row, text, &value, err)
                             : row->kind == PARAM_CHOICE ? choice_parse(row, text, &value, err)
                                                         : number_parse(row, text, &value, err);
        if (!status)
            store(row, target, value);
        return status;
    }
    char hint[96];
    names_hint(hint, sizeof hint, name, table, count, sizeof *table);
    return error_set(err, STATUS_BAD_INPUT, "unknown key '%s'%s", name, hint);
}

void param_print(const struct param *table, size_t count, const void *target, struct bytes *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct param *row = &table[i];
        const char *at = (const char *)target + row->offset;
        bytes_format(out, "  %-24s ", row->name);
        switch (row->kind) {
        case PARAM_REAL:
            bytes_format(out, "%-10g", *(const double *)at);
            break;
        case PARAM_INT:
            bytes_format(out, "%-10d", *(const int *)at);
            break;
        case PARAM_BOOL:
            bytes_format(out, "%-10s", *(const bool *)at ? "true" : "false");
            break;
        case PARAM_TEXT:
            bytes_format(out, "%-10s", *at ? at : "-");
            break;
        case PARAM_CHOICE:
            bytes_format(out, "%-10s", row->choices[*(const int *)at]);
            break;
        }
        bytes_format(out, " %-8s %s", row->unit, row->help);
        if (row->kind == PARAM_REAL || row->kind == PARAM_INT)
            bytes_format(out, " [%g, %g]", row->min, row->max);
        bytes_format(out, "\n");
    }
}
