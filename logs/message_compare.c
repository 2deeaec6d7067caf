#include <math.h>
#include <stdio.h>

#include "logs/message_internal.h"

struct tolerance {
    double absolute, relative;
};

/* The value's place among all values of its kind, as an unsigned number that grows with it: two floats that are
 * neighbours have places one apart. */
static uint64_t place(enum message_kind kind, const void *at)
{
    uint64_t bits = message_bits(kind, at), sign = (uint64_t)1 << (message_number_size(kind) * 8 - 1);
    if (message_is_float(kind))
        return bits & sign ? sign - (bits & ~sign) : sign + bits;
    return message_is_signed(kind) ? bits ^ sign : bits;
}

static double magnitude(enum message_kind kind, const void *at)
{
    if (message_is_float(kind))
        return fabs(message_float(kind, at));
    return message_is_signed(kind) ? fabs((double)message_signed(kind, at)) : (double)message_bits(kind, at);
}

/* The caller found different bytes at `a` and `b`. Nothing finite is near an infinity or NaN. */
static bool within(struct tolerance tolerance, enum message_kind kind, const void *a, const void *b, double difference)
{
    if ((tolerance.absolute <= 0 && tolerance.relative <= 0) || kind == MESSAGE_BOOL)
        return false;
    double x = magnitude(kind, a), y = magnitude(kind, b);
    if (isnan(x) || isnan(y))
        return isnan(x) && isnan(y);
    if (isinf(x) || isinf(y))
        return difference == 0;
    return difference <= tolerance.absolute || difference <= tolerance.relative * fmax(x, y);
}

double message_number_distance(enum message_kind kind, const void *a, const void *b, uint64_t *ulp)
{
    uint64_t left = place(kind, a), right = place(kind, b);
    *ulp = left > right ? left - right : right - left;
    if (!message_is_float(kind))
        return (double)*ulp;
    double x = message_float(kind, a), y = message_float(kind, b), difference = x == y ? 0 : fabs(x - y);
    if (!isnan(difference))
        return difference;
    *ulp = UINT64_MAX;
    return (double)INFINITY;
}

void message_numbers_differ(enum message_kind kind, const void *a, const void *b, struct message_difference *first)
{
    *first = (struct message_difference){0};
    first->difference = message_number_distance(kind, a, b, &first->ulp);
    char text[2][MESSAGE_NUMBER_TEXT];
    message_number_text(kind, a, text[0]);
    message_number_text(kind, b, text[1]);
    snprintf(first->left, sizeof first->left, "%s", text[0]);
    snprintf(first->right, sizeof first->right, "%s", text[1]);
}

static bool numbers_equal(struct tolerance tolerance, enum message_kind kind, const void *a, const void *b,
                          struct message_difference *first)
{
    uint64_t ulp;
    if (within(tolerance, kind, a, b, message_number_distance(kind, a, b, &ulp)))
        return true;
    message_numbers_differ(kind, a, b, first);
    return false;
}

static bool strings_equal(const char *a, const char *b, struct message_difference *first)
{
    a = a ? a : "";
    b = b ? b : "";
    if (!strcmp(a, b))
        return true;
    *first = (struct message_difference){0};
    snprintf(first->left, sizeof first->left, "%s", a);
    snprintf(first->right, sizeof first->right, "%s", b);
    return false;
}

static bool messages_equal(struct tolerance tolerance, const struct message_type *type, const void *a, const void *b,
                           struct message_difference *first);

static bool elements_equal(struct tolerance tolerance, const struct message_field *field, struct message_sequence a,
                           struct message_sequence b, struct message_difference *first)
{
    size_t size = message_element_size(field);
    if (a.count == 0 || (message_is_number(field->kind) && !memcmp(a.data, b.data, size * a.count)))
        return true;
    for (uint32_t i = 0; i < a.count; i++) {
        const char *left = (const char *)a.data + i * size, *right = (const char *)b.data + i * size;
        bool equal;
        if (field->kind == MESSAGE_NESTED)
            equal = messages_equal(tolerance, field->nested, left, right, first);
        else if (field->kind == MESSAGE_STRING)
            equal = strings_equal(*(const char *const *)(const void *)left, *(const char *const *)(const void *)right,
                                  first);
        else
            equal = !memcmp(left, right, size) || numbers_equal(tolerance, field->kind, left, right, first);
        if (!equal) {
            int64_t index = field->shape == MESSAGE_ONE ? -1 : (int64_t)i;
            message_path_prepend(first->path, sizeof first->path, field->name, index);
            return false;
        }
    }
    return true;
}

static bool counts_equal(const struct message_field *field, uint32_t a, uint32_t b, struct message_difference *first)
{
    if (a == b)
        return true;
    double difference = a > b ? a - b : b - a;
    *first = (struct message_difference){.difference = difference, .ulp = (uint64_t)difference};
    snprintf(first->path, sizeof first->path, "%s.count", field->name);
    snprintf(first->left, sizeof first->left, "%u", a);
    snprintf(first->right, sizeof first->right, "%u", b);
    return false;
}

static bool messages_equal(struct tolerance tolerance, const struct message_type *type, const void *a, const void *b,
                           struct message_difference *first)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct message_field *field = &type->fields[i];
        struct message_sequence left = message_elements(field, a), right = message_elements(field, b);
        if (!counts_equal(field, left.count, right.count, first) ||
            !elements_equal(tolerance, field, left, right, first))
            return false;
    }
    return true;
}

bool message_equal(const struct message_type *type, const void *a, const void *b, double absolute, double relative,
                   struct message_difference *first)
{
    struct message_difference ignored;
    return messages_equal((struct tolerance){absolute, relative}, type, a, b, first ? first : &ignored);
}
