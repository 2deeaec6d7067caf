#include "sim/tolerance.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/file.h"

enum { PATTERN_MAX = 96, TEXT_MAX = 1 << 20, PATH_BYTES = 160 };

struct row {
    char pattern[PATTERN_MAX];
    struct bound bound;
};

struct tolerance {
    struct row *rows;
    size_t count, capacity;
};

const char tolerance_text[] =
    "# pattern                       absolute  relative\n"
    "*                               1e-6      1e-6\n"
    "# bits are promised by one build only\n"
    "/binnacle/state_hash.hash       inf       0\n"
    "/binnacle/state_hash.world      inf       0\n"
    "/binnacle/state_hash.sensors    inf       0\n"
    "/binnacle/state_hash.belief     inf       0\n"
    "/binnacle/state_hash.decision   inf       0\n"
    "# over the whole drive\n"
    "measure.pose_max_m              0.02      0\n"
    "measure.pose_rms_m              0.01      0\n"
    "measure.time_s                  0.05      0\n"
    "measure.path_length_m           0.02      0\n"
    "measure.min_clearance_m         0.01      0\n"
    "measure.collisions              0         0\n"
    "measure.violations              0         0\n"
    "measure.outcome                 0         0\n";

/* --- the text -------------------------------------------------------------------------------------------------- */

static bool number_read(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && !*end && *value >= 0; /* not NaN */
}

static enum status row_read(struct tolerance *tolerance, char *line, const char *path, size_t number, struct error *err)
{
    char *rest = NULL, *words[4];
    size_t count = 0;
    struct row row;
    line[strcspn(line, "#\r")] = '\0';
    for (char *word = strtok_r(line, " \t", &rest); word && count < COUNT_OF(words);
         word = strtok_r(NULL, " \t", &rest))
        words[count++] = word;
    if (!count)
        return STATUS_OK;
    if (count != 3)
        return error_set(err, STATUS_BAD_INPUT, "%s:%zu: a row has three words, PATTERN ABSOLUTE RELATIVE", path,
                         number);
    for (size_t i = 1; i < 3; i++)
        if (!number_read(words[i], i == 1 ? &row.bound.absolute : &row.bound.relative))
            return error_set(err, STATUS_BAD_INPUT, "%s:%zu: a bound is a number from 0 to inf, not '%.40s'", path,
                             number, words[i]);
    if (strlen(words[0]) >= PATTERN_MAX)
        return error_set(err, STATUS_BAD_INPUT, "%s:%zu: the pattern is longer than %d bytes", path, number,
                         PATTERN_MAX - 1);
    snprintf(row.pattern, sizeof row.pattern, "%s", words[0]);
    if (tolerance->count == tolerance->capacity) {
        tolerance->capacity = tolerance->capacity * 2 + 32;
        tolerance->rows = memory_resize(tolerance->rows, tolerance->capacity, sizeof *tolerance->rows);
    }
    tolerance->rows[tolerance->count++] = row;
    return STATUS_OK;
}

static enum status text_read(struct tolerance *tolerance, const char *text, const char *path, struct error *err)
{
    char *copy = memory_string(text);
    enum status status = STATUS_OK;
    size_t number = 1;
    for (char *line = copy, *next; line && !status; line = next, number++) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        status = row_read(tolerance, line, path, number, err);
    }
    free(copy);
    return status;
}

struct tolerance *tolerance_default(void)
{
    struct tolerance *tolerance = NEW(struct tolerance);
    enum status status = text_read(tolerance, tolerance_text, "(built in)", NULL);
    ASSERT(status == STATUS_OK);
    return tolerance;
}

struct tolerance *tolerance_load(const char *path, struct error *err)
{
    struct bytes text = {0};
    struct tolerance *tolerance = tolerance_default();
    if (file_load(path, TEXT_MAX, &text, err) || text_read(tolerance, (const char *)text.data, path, err))
        tolerance_destroy(&tolerance);
    bytes_clear(&text);
    return tolerance;
}

void tolerance_destroy(struct tolerance **tolerance)
{
    if (*tolerance)
        free((*tolerance)->rows);
    free(*tolerance);
    *tolerance = NULL;
}

/* --- asking it ---------------------------------------------------------------------------------------------------
 * */

struct bound tolerance_bound(const struct tolerance *tolerance, const char *topic, const char *field)
{
    char name[PATH_BYTES + 80];
    snprintf(name, sizeof name, "%s.%s", topic, field);
    for (size_t i = tolerance->count; i > 0; i--)
        if (!fnmatch(tolerance->rows[i - 1].pattern, name, 0))
            return tolerance->rows[i - 1].bound;
    return (struct bound){0};
}

bool bound_holds(struct bound bound, double a, double b, double difference)
{
    return isinf(bound.absolute) || difference <= bound.absolute ||
           difference <= bound.relative * fmax(fabs(a), fabs(b));
}

struct comparison {
    const struct tolerance *tolerance;
    const char *topic;
    void (*found)(void *self, const struct message_difference *difference);
    void *self;
};

static void report(const struct comparison *c, const char *prefix, struct message_difference *difference)
{
    char path[sizeof difference->path];
    size_t length = (size_t)snprintf(path, sizeof path, "%s", prefix);
    if (length < sizeof path)
        snprintf(path + length, sizeof path - length, "%s", difference->path);
    memcpy(difference->path, path, sizeof path);
    c->found(c->self, difference);
}

static struct message_sequence elements(const struct message_field *field, const void *message)
{
    struct message_sequence sequence = {(void *)(uintptr_t)((const char *)message + field->offset), field->length};
    if (field->shape == MESSAGE_SEQUENCE)
        memcpy(&sequence, sequence.data, sizeof sequence);
    return sequence;
}

/* A field compared as a message of its own. `prefix` is the path up to it with a dot, `bare` the same without
 * indices. */
static void compare_field(const struct comparison *c, const struct message_type *type,
                          const struct message_field *field, const void *a, const void *b, const char *prefix,
                          const char *bare)
{
    struct message_type alone = *type;
    struct message_difference difference = {0};
    char inner[PATH_BYTES], inner_bare[PATH_BYTES];
    alone.fields = field;
    alone.field_count = 1;
    if (message_equal(&alone, a, b, 0, 0, &difference))
        return;
    struct message_sequence left = elements(field, a), right = elements(field, b);
    snprintf(inner_bare, sizeof inner_bare, "%s%s", bare, field->name);
    if (field->kind != MESSAGE_NESTED || left.count != right.count) {
        struct bound bound = tolerance_bound(c->tolerance, c->topic, inner_bare);
        if (!isinf(bound.absolute) && !message_equal(&alone, a, b, bound.absolute, bound.relative, &difference))
            report(c, prefix, &difference);
        return;
    }
    snprintf(inner_bare, sizeof inner_bare, "%s%s.", bare, field->name);
    for (uint32_t i = 0; i < left.count; i++) {
        if (field->shape == MESSAGE_ONE)
            snprintf(inner, sizeof inner, "%s%s.", prefix, field->name);
        else
            snprintf(inner, sizeof inner, "%s%s[%u].", prefix, field->name, i);
        const struct message_type *nested = field->nested;
        for (size_t k = 0; k < nested->field_count; k++)
            compare_field(c, nested, &nested->fields[k], (const char *)left.data + i * nested->size,
                          (const char *)right.data + i * nested->size, inner, inner_bare);
    }
}

void tolerance_compare(const struct tolerance *tolerance, enum topic topic, const void *a, const void *b,
                       void (*found)(void *self, const struct message_difference *difference), void *self)
{
    struct comparison c = {tolerance, topic_table[topic].name, found, self};
    const struct message_type *type = topic_table[topic].type;
    for (size_t i = 0; i < type->field_count; i++)
        compare_field(&c, type, &type->fields[i], a, b, "", "");
}
