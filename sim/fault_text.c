/* Faults as text: one grammar for scenario, command line, bus and dashboard. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/names.h"
#include "sim/fault_internal.h"

#define KIND_NAME(id, name, what) name,
#define KIND_WHAT(id, name, what) what,
const char *const fault_kind_names[FAULT_KIND_COUNT] = {FAULT_KINDS(KIND_NAME)};
const char *const fault_kind_whats[FAULT_KIND_COUNT] = {FAULT_KINDS(KIND_WHAT)};
static const double TIME_MAX_S = 1e6;

/* --- the table, asked ------------------------------------------------------------------------------------------- */

/* A sensor without a row (one that is new) can still be late or silent. */
static const struct fault_target_row *target_row(int target)
{
    ASSERT(target >= 0 && target < FAULT_TARGETS);
    return &fault_target_table[target];
}

const char *fault_target_name(int target)
{
    return target < SENSOR_COUNT ? sensor_names[target] : target_row(target)->name;
}

unsigned fault_target_kinds(int target)
{
    unsigned kinds = target_row(target)->kinds;
    return kinds ? kinds : 1u << FAULT_DELAY | 1u << FAULT_JITTER | 1u << FAULT_DROP | 1u << FAULT_STALE_STAMP;
}

struct fault_range fault_range(int target, enum fault_kind kind)
{
    const struct fault_kind_row *row = &fault_kind_table[kind];
    struct fault_range range = {row->least, row->most, row->fallback, row->unit};
    if (!row->unit || *row->unit != '!')
        return range;
    double most = target_row(target)->most;
    range.most = most; /* a drift a second and a sigma are bounded as a bias is */
    range.least = kind == FAULT_NOISE ? 0 : -most;
    range.unit = target_row(target)->unit;
    return range;
}

/* --- refusing --------------------------------------------------------------------------------------------------- */

enum { LIST_MAX = 256 };

static void kinds_list(unsigned kinds, char list[LIST_MAX])
{
    size_t length = 0;
    list[0] = '\0';
    for (int i = 0; i < FAULT_KIND_COUNT; i++)
        if (kinds >> i & 1)
            length += (size_t)snprintf(list + length, LIST_MAX - length, "%s%s", length ? ", " : "",
                                       fault_kind_names[i]);
    ASSERT(length < LIST_MAX);
}

static enum status refuse_target(const char *name, struct error *err)
{
    const char *names[FAULT_TARGETS];
    char hint[96], list[LIST_MAX] = "";
    size_t length = 0;
    for (int i = 0; i < FAULT_TARGETS; i++) {
        names[i] = fault_target_name(i);
        length += (size_t)snprintf(list + length, LIST_MAX - length, "%s%s", i ? ", " : "", names[i]);
    }
    names_hint(hint, sizeof hint, name, names, FAULT_TARGETS, sizeof *names);
    return error_set(err, STATUS_BAD_INPUT, "nothing that can fail is called '%s'%s (there are %s)", name, hint, list);
}

static enum status refuse_kind(int target, const char *name, struct error *err)
{
    char hint[96], list[LIST_MAX];
    int kind = 0;
    while (kind < FAULT_KIND_COUNT && strcmp(fault_kind_names[kind], name) != 0)
        kind++;
    kinds_list(fault_target_kinds(target), list);
    if (kind < FAULT_KIND_COUNT)
        return error_set(err, STATUS_BAD_INPUT, "'%s' makes no sense for %s; what does is %s", name,
                         fault_target_name(target), list);
    names_hint(hint, sizeof hint, name, fault_kind_names, FAULT_KIND_COUNT, sizeof *fault_kind_names);
    return error_set(err, STATUS_BAD_INPUT, "there is no kind of fault '%s'%s (for %s there are %s)", name, hint,
                     fault_target_name(target), list);
}

static int target_find(const char *name)
{
    int target = 0;
    while (target < FAULT_TARGETS && strcmp(fault_target_name(target), name) != 0)
        target++;
    return target;
}

static enum status kind_find(int target, const char *name, enum fault_kind *found, struct error *err)
{
    for (int i = 0; i < FAULT_KIND_COUNT; i++)
        if (!strcmp(fault_kind_names[i], name) && fault_target_kinds(target) >> i & 1) {
            *found = (enum fault_kind)i;
            return STATUS_OK;
        }
    return refuse_kind(target, name, err);
}

/* `amount` NaN: none was given. */
static enum status amount_check(struct fault_spec *spec, double amount, struct error *err)
{
    struct fault_range range = fault_range(spec->target, spec->kind);
    const char *target = fault_target_name(spec->target), *kind = fault_kind_names[spec->kind];
    const char *unit = range.unit ? range.unit : "", *each = spec->kind == FAULT_DRIFT ? "/s" : "";
    if (!range.unit && !isnan(amount))
        return error_set(err, STATUS_BAD_INPUT, "%s takes no amount; leave out %g", kind, amount);
    if (range.unit && isnan(amount) && isnan(range.fallback))
        return error_set(err, STATUS_BAD_INPUT, "%s:%s needs an amount from %g to %g%s%s%s: %s:%s=...", target, kind,
                         range.least, range.most, *unit ? " " : "", unit, each, target, kind);
    spec->amount = isnan(amount) ? range.fallback : amount;
    if (range.unit && !(spec->amount >= range.least && spec->amount <= range.most))
        return error_set(err, STATUS_BAD_INPUT, "the amount of %s:%s must be from %g to %g%s%s%s, not %g", target, kind,
                         range.least, range.most, *unit ? " " : "", unit, each, spec->amount);
    return STATUS_OK;
}

static struct fault_spec spec_default(void) { return (struct fault_spec){.from_s = -1, .for_s = HUGE_VAL}; }

enum status fault_of(const char *target, const char *kind, double amount, struct fault_spec *spec, struct error *err)
{
    *spec = spec_default();
    spec->target = target_find(target);
    if (spec->target == FAULT_TARGETS)
        return refuse_target(target, err);
    enum status status = kind_find(spec->target, kind, &spec->kind, err);
    return status ? status : amount_check(spec, amount, err);
}

/* --- parsing ---------------------------------------------------------------------------------------------------- */

struct reading {
    const char *text, *at;
};

static enum status place(const struct reading *c, struct error *err)
{
    return error_context(err, "fault '%.*s', column %d", FAULT_TEXT, c->text, (int)(c->at - c->text) + 1);
}

/* A word up to one of the signs that end it. */
static enum status word_take(struct reading *c, const char *ends, const char *what, char word[32], struct error *err)
{
    size_t length = strcspn(c->at, ends);
    if (length == 0)
        error_set(err, STATUS_BAD_INPUT, "%s is missing; write TARGET:KIND=AMOUNT@ONSET+DURATION~RECOVERY", what);
    else if (length >= 32)
        error_set(err, STATUS_BAD_INPUT, "%s is too long", what);
    if (length == 0 || length >= 32)
        return place(c, err);
    memcpy(word, c->at, length);
    word[length] = '\0';
    return STATUS_OK;
}

/* A plain decimal number: digits, point, exponent. */
static enum status number_take(struct reading *c, const char *what, double least, double most, double *value,
                               struct error *err)
{
    char *end;
    size_t plain = strspn(c->at, "-.0123456789");
    double read = plain ? strtod(c->at, &end) : 0;
    bool is_plain = plain && end != c->at && (size_t)(end - c->at) >= plain &&
                    strcspn(c->at, "xX") >= (size_t)(end - c->at); /* strtod takes hexadecimal */
    if (!is_plain || !isfinite(read)) {
        error_set(err, STATUS_BAD_INPUT, "%s must be a number, not '%.16s'", what, c->at);
        return place(c, err);
    }
    if (!(read >= least && read <= most)) {
        error_set(err, STATUS_BAD_INPUT, "%s must be from %g to %g s, not %g", what, least, most, read);
        return place(c, err);
    }
    *value = read;
    c->at = end;
    return STATUS_OK;
}

static const struct time_part {
    char sign;
    const char *what;
    double least;
    size_t offset;
} time_parts[] = {
    {'@', "the onset", 0, offsetof(struct fault_spec, from_s)},
    {'+', "the duration", 0.001, offsetof(struct fault_spec, for_s)},
    {'~', "the recovery", 0, offsetof(struct fault_spec, recover_s)},
};

/* @5+10~2, each at most once. */
static enum status times_take(struct reading *c, struct fault_spec *spec, struct error *err)
{
    unsigned seen = 0;
    while (*c->at) {
        size_t i = 0;
        while (i < COUNT_OF(time_parts) && time_parts[i].sign != *c->at)
            i++;
        if (i == COUNT_OF(time_parts) || seen >> i & 1) {
            error_set(err, STATUS_BAD_INPUT, "'%.16s' is too much; what may follow is @ONSET, +DURATION and ~RECOVERY, "
                      "each once", c->at);
            return place(c, err);
        }
        seen |= 1u << i;
        c->at++;
        double value;
        enum status status = number_take(c, time_parts[i].what, time_parts[i].least, TIME_MAX_S, &value, err);
        if (status)
            return status;
        memcpy((char *)spec + time_parts[i].offset, &value, sizeof value);
    }
    return STATUS_OK;
}

enum status fault_parse(const char *text, struct fault_spec *spec, struct error *err)
{
    struct reading c = {text, text};
    struct error local = {0};
    char word[32];
    double amount = (double)NAN;
    err = err ? err : &local;
    *spec = spec_default();
    if (word_take(&c, ":=@+~", "the target", word, err))
        return STATUS_BAD_INPUT;
    spec->target = target_find(word);
    if (spec->target == FAULT_TARGETS) {
        refuse_target(word, err);
        return place(&c, err);
    }
    c.at += strlen(word);
    if (*c.at != ':') {
        char list[LIST_MAX];
        kinds_list(fault_target_kinds(spec->target), list);
        error_set(err, STATUS_BAD_INPUT, "':' and the kind are missing; for %s there are %s", word, list);
        return place(&c, err);
    }
    c.at++;
    if (word_take(&c, ":=@+~", "the kind", word, err))
        return STATUS_BAD_INPUT;
    if (kind_find(spec->target, word, &spec->kind, err))
        return place(&c, err);
    c.at += strlen(word);
    const char *amount_at = c.at;
    if (*c.at == '=') {
        c.at++;
        if (number_take(&c, "the amount", -HUGE_VAL, HUGE_VAL, &amount, err))
            return STATUS_BAD_INPUT;
    }
    if (amount_check(spec, amount, err))
        return place(&(struct reading){text, amount_at}, err);
    return times_take(&c, spec, err);
}

/* As few digits as give the same number back; of the texts a number can have here none is longer than 24. */
static void number_print(char sign, double value, char *text, size_t size)
{
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, size, "%c%.*g", sign, digits, value);
        if (strtod(text + 1, NULL) == value)
            break;
    }
}

void fault_text(const struct fault_spec *spec, char text[FAULT_TEXT])
{
    char amount[28] = "", from[28] = "", lasts[28] = "", recover[28] = "";
    if (fault_range(spec->target, spec->kind).unit)
        number_print('=', spec->amount, amount, sizeof amount);
    if (spec->from_s >= 0)
        number_print('@', spec->from_s, from, sizeof from);
    if (isfinite(spec->for_s))
        number_print('+', spec->for_s, lasts, sizeof lasts);
    if (spec->recover_s > 0)
        number_print('~', spec->recover_s, recover, sizeof recover);
    int length = snprintf(text, FAULT_TEXT, "%s:%s%s%s%s%s", fault_target_name(spec->target),
                          fault_kind_names[spec->kind], amount, from, lasts, recover);
    ASSERT(length < FAULT_TEXT);
}
