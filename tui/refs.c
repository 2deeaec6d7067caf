#include "tui/refs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/file.h"

enum { TEXT_MAX = 1 << 24 };

static const char header[] = "# What `binnacle check` found for each log; rewritten by --update-refs.\n"
                             "# name                     ticks  state             outcome    violations\n";

static enum status line_read(struct refs *refs, const char *line, const char *path, size_t number, struct error *err)
{
    struct ref ref;
    char rest[2];
    int count = sscanf(line, "%63s %" SCNu64 " %16s %15s %255s %1s", ref.name, &ref.ticks, ref.hash, ref.outcome,
                       ref.violations, rest);
    if (count < 1 || *ref.name == '#')
        return STATUS_OK;
    if (count != 5)
        return error_set(err, STATUS_BAD_INPUT, "%s:%zu: a row is NAME TICKS STATE OUTCOME VIOLATIONS", path, number);
    refs->rows = memory_resize(refs->rows, refs->count + 1, sizeof *refs->rows);
    refs->rows[refs->count++] = ref;
    return STATUS_OK;
}

enum status refs_load(struct refs *refs, const char *path, struct error *err)
{
    struct bytes text = {0};
    enum status status = file_load(path, TEXT_MAX, &text, err);
    size_t number = 1;
    for (char *line = (char *)text.data, *next; !status && line; line = next, number++) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        status = line_read(refs, line, path, number, err);
    }
    bytes_clear(&text);
    return status;
}

void refs_clear(struct refs *refs)
{
    free(refs->rows);
    *refs = (struct refs){0};
}

static const struct ref *find(const struct refs *refs, const char *name)
{
    for (size_t i = 0; i < refs->count; i++)
        if (!strcmp(refs->rows[i].name, name))
            return &refs->rows[i];
    return NULL;
}

static struct ref ref_of(const struct report_case *one)
{
    const struct check_side *side = &one->check.fresh;
    struct ref ref = {.ticks = side->ticks, .violations = "-"};
    struct bytes list = {0};
    for (int i = 0; i < VIOLATION_COUNT; i++)
        if (side->violations[i])
            bytes_format(&list, "%s%s:%" PRIu32, list.size ? "," : "", violation_table[i].id, side->violations[i]);
    if (list.size)
        snprintf(ref.violations, sizeof ref.violations, "%.*s", (int)list.size, (const char *)list.data);
    bytes_clear(&list);
    memcpy(ref.name, one->name, sizeof ref.name);
    snprintf(ref.hash, sizeof ref.hash, "%016" PRIx64, side->hash);
    snprintf(ref.outcome, sizeof ref.outcome, "%s", *side->outcome ? side->outcome : "-");
    return ref;
}

/* "ticks 284 -> 290, outcome success -> collision"; bits and ticks only if they are comparable. */
static void changes_put(const struct ref *old, const struct ref *new, bool exact, struct bytes *out)
{
    size_t start = out->size;
    if (exact && old->ticks != new->ticks)
        bytes_format(out, "ticks %" PRIu64 " -> %" PRIu64, old->ticks, new->ticks);
    const char *const rows[][3] = {{"state", exact ? old->hash : new->hash, new->hash},
                                   {"outcome", old->outcome, new->outcome},
                                   {"violations", old->violations, new->violations}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(rows[i][1], rows[i][2]) != 0)
            bytes_format(out, "%s%s %s -> %s", out->size > start ? ", " : "", rows[i][0], rows[i][1], rows[i][2]);
}

void refs_compare(const struct refs *refs, struct report_case *one)
{
    const struct ref *old = find(refs, one->name);
    struct bytes text = {0};
    if (one->status)
        return;
    if (old) {
        struct ref new = ref_of(one);
        changes_put(old, &new, one->check.mode == CHECK_EXACT, &text);
    } else {
        bytes_format(&text, "not in it yet (--update-refs)");
    }
    one->reference_differs = text.size > 0;
    snprintf(one->reference, sizeof one->reference, "%.*s", (int)text.size, text.size ? (const char *)text.data : "");
    bytes_clear(&text);
}

enum status refs_update(const struct refs *old, const char *path, const struct report_case *cases, size_t count,
                        struct bytes *changes, struct error *err)
{
    struct bytes text = {0};
    bytes_put(&text, header, strlen(header));
    for (size_t i = 0; i < count; i++) {
        if (cases[i].status)
            continue;
        struct ref new = ref_of(&cases[i]);
        const struct ref *before = find(old, new.name);
        size_t start = changes->size;
        bytes_format(&text, "%-24s %7" PRIu64 "  %s  %-9s  %s\n", new.name, new.ticks, new.hash, new.outcome,
                     new.violations);
        bytes_format(changes, "%s: ", new.name);
        size_t empty = changes->size;
        if (before)
            changes_put(before, &new, true, changes);
        else
            bytes_format(changes, "new, %s, violations %s", new.outcome, new.violations);
        if (changes->size == empty)
            changes->size = start;
        else
            bytes_format(changes, "\n");
    }
    for (size_t i = 0; i < old->count; i++) {
        size_t k = 0;
        while (k < count && strcmp(old->rows[i].name, cases[k].name) != 0)
            k++;
        if (k == count)
            bytes_format(changes, "%s: removed\n", old->rows[i].name);
    }
    enum status status = file_save(path, text.data, text.size, err);
    bytes_clear(&text);
    return status;
}
