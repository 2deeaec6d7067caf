#include "logs/message_tally.h"

#include <stdio.h>
#include <stdlib.h>

#include "logs/message_internal.h"

enum { DEPTH_MAX = 64 };

struct walk {
    int64_t log_ns;
    struct step { /* from the root to the member that is being compared */
        const struct message_field *field;
        uint32_t index;
    } steps[DEPTH_MAX];
    size_t depth;
    uint64_t found;
};

static size_t rows_of(const struct message_type *type)
{
    size_t rows = 0;
    for (size_t i = 0; i < type->field_count; i++)
        rows += 1 + (type->fields[i].kind == MESSAGE_NESTED ? rows_of(type->fields[i].nested) : 0);
    return rows;
}

void message_tally_init(struct message_tally *tally, const struct message_type *type)
{
    size_t rows = rows_of(type);
    *tally = (struct message_tally){.type = type, .row_count = rows};
    tally->rows = NEW_ARRAY(rows, struct message_tally_row);
}

void message_tally_clear(struct message_tally *tally)
{
    free(tally->rows);
    *tally = (struct message_tally){0};
}

/* "a.b[2].c" or, without indexes, "a.b[].c"; cut where it is too long. */
static void path_write(const struct walk *walk, bool indexes, const char *ending, char *path, size_t size)
{
    size_t length = 0;
    path[0] = '\0';
    for (size_t i = 0; i < walk->depth && length < size; i++) {
        const struct step *step = &walk->steps[i];
        bool list = step->field->shape != MESSAGE_ONE && !(*ending && i + 1 == walk->depth);
        length += (size_t)snprintf(path + length, size - length, "%s%s", i ? "." : "", step->field->name);
        if (list && length < size && indexes)
            length += (size_t)snprintf(path + length, size - length, "[%u]", step->index);
        else if (list && length < size)
            length += (size_t)snprintf(path + length, size - length, "[]");
    }
    if (length < size)
        snprintf(path + length, size - length, "%s", ending);
}

/* One more difference in this row; `ending` is ".count" or "". */
static void row_add(struct walk *walk, struct message_tally_row *row, struct message_difference difference,
                    const char *ending)
{
    walk->found++;
    if (!row->count++) {
        row->first = difference;
        row->first_ns = walk->log_ns;
        path_write(walk, true, ending, row->first.path, sizeof row->first.path);
        path_write(walk, false, ending, row->path, sizeof row->path);
    }
    if (difference.difference > row->largest)
        row->largest = difference.difference;
    if (difference.ulp > row->largest_ulp)
        row->largest_ulp = difference.ulp;
}

static void compare_number(struct walk *walk, struct message_tally_row *row, enum message_kind kind, const void *a,
                           const void *b)
{
    struct message_difference difference = {0};
    if (!row->count) /* only the first one's texts are kept */
        message_numbers_differ(kind, a, b, &difference);
    else
        difference.difference = message_number_distance(kind, a, b, &difference.ulp);
    row_add(walk, row, difference, "");
}

static void compare_text(struct walk *walk, struct message_tally_row *row, const char *a, const char *b)
{
    struct message_difference difference = {0};
    a = a ? a : "";
    b = b ? b : "";
    if (!strcmp(a, b))
        return;
    snprintf(difference.left, sizeof difference.left, "%s", a);
    snprintf(difference.right, sizeof difference.right, "%s", b);
    row_add(walk, row, difference, "");
}

/* Lists of different lengths differ in their count, and are then compared as far as both reach. */
static void compare_counts(struct walk *walk, struct message_tally_row *row, uint32_t a, uint32_t b)
{
    struct message_difference difference = {.ulp = a > b ? a - b : b - a};
    difference.difference = (double)difference.ulp;
    snprintf(difference.left, sizeof difference.left, "%u", a);
    snprintf(difference.right, sizeof difference.right, "%u", b);
    row_add(walk, row, difference, ".count");
}

static void compare(struct walk *walk, const struct message_type *type, const void *a, const void *b,
                    struct message_tally_row *row);

static void compare_elements(struct walk *walk, const struct message_field *field, struct message_sequence a,
                             struct message_sequence b, struct message_tally_row *row)
{
    size_t size = message_element_size(field);
    uint32_t count = a.count < b.count ? a.count : b.count;
    struct step *step = &walk->steps[walk->depth - 1];
    if (!count || (message_is_number(field->kind) && !memcmp(a.data, b.data, size * count)))
        return;
    for (uint32_t i = 0; i < count; i++) {
        const char *left = (const char *)a.data + i * size, *right = (const char *)b.data + i * size;
        step->index = i;
        if (field->kind == MESSAGE_NESTED)
            compare(walk, field->nested, left, right, row + 1);
        else if (field->kind == MESSAGE_STRING)
            compare_text(walk, row, *(const char *const *)(const void *)left,
                         *(const char *const *)(const void *)right);
        else if (memcmp(left, right, size))
            compare_number(walk, row, field->kind, left, right);
    }
}

static void compare(struct walk *walk, const struct message_type *type, const void *a, const void *b,
                    struct message_tally_row *row)
{
    ASSERT(walk->depth < DEPTH_MAX);
    walk->depth++;
    for (size_t i = 0; i < type->field_count; i++) {
        const struct message_field *field = &type->fields[i];
        struct message_sequence left = message_elements(field, a), right = message_elements(field, b);
        walk->steps[walk->depth - 1] = (struct step){field, 0};
        if (left.count != right.count)
            compare_counts(walk, row, left.count, right.count);
        compare_elements(walk, field, left, right, row);
        row += 1 + (field->kind == MESSAGE_NESTED ? rows_of(field->nested) : 0);
    }
    walk->depth--;
}

void message_tally_add(struct message_tally *tally, int64_t log_ns, const void *a, const void *b)
{
    struct walk walk = {.log_ns = log_ns};
    compare(&walk, tally->type, a, b, tally->rows);
    tally->compared++;
    tally->differing += walk.found != 0;
}

bool message_same_shape(const struct message_type *a, const struct message_type *b)
{
    if (a == b)
        return true;
    if (a->field_count != b->field_count)
        return false;
    for (size_t i = 0; i < a->field_count; i++) {
        const struct message_field *x = &a->fields[i], *y = &b->fields[i];
        if (strcmp(x->name, y->name) || x->kind != y->kind || x->shape != y->shape || x->length != y->length ||
            (x->nested && !message_same_shape(x->nested, y->nested)))
            return false;
    }
    return true;
}
