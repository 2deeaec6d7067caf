/* Thousands of scenarios that somebody nearly wrote: whatever is done to a good one, it loads and expands, or is
 * refused with a sentence that begins with a file's name. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/bytes.h"
#include "logs/seed.h"
#include "sim/assets.h"
#include "sim/scenario.h"

enum { MUTANTS = 3000, CHANGES_MAX = 4 };

static const char *const values[] = {
    "nan",
    "-1",
    "0",
    "1e308",
    ".inf",
    "1e-9",
    "true",
    "[]",
    "{}",
    "~",
    "[1, 2]",
    "{uniform: [0, 1]}",
    "{choice: [1, [2], {a: b}]}",
    "{normal: [0, 1e9]}",
    "\"\"",
    "&a",
    "*a",
    "\xff",
    "100000",
    "0.30000000000000004",
    "glass",
    "- ",
    ":",
    "{integer: [0, 5]}",
    "{log_uniform: [1e-9, 1e9]}",
    "999999999999999999999",
};
static const char *const bases[] = {"office.yaml", "corridor.yaml",  "clutter.yaml",
                                    "glass.yaml",  "wet-floor.yaml", "crowd.yaml"};

static void replace(struct bytes *text, size_t from, size_t to, const char *with, size_t length)
{
    struct bytes tail = {0};
    bytes_put(&tail, text->data + to, text->size - to);
    text->size = from;
    bytes_put(text, with, length);
    bytes_put(text, tail.data, tail.size);
    bytes_clear(&tail);
}

/* Where the word or line about a place begins and ends. */
static void span(const struct bytes *text, size_t at, const char *ends, size_t *from, size_t *to)
{
    *from = *to = at;
    while (*from && !strchr(ends, text->data[*from - 1]))
        (*from)--;
    while (*to < text->size && !strchr(ends, text->data[*to]))
        (*to)++;
}

static void mutate(struct bytes *text, struct seed_stream *stream)
{
    size_t at = (size_t)seed_below(stream, text->size), from, to;
    const char *value = values[seed_below(stream, COUNT_OF(values))];
    switch (seed_below(stream, 6)) {
    case 0: /* another byte */
        text->data[at] = (uint8_t)seed_below(stream, 256);
        return;
    case 1: /* a word becomes a value */
    case 2:
        span(text, at, " ,[]{}:\n", &from, &to);
        replace(text, from, to, value, strlen(value));
        return;
    case 3: /* a line goes */
        span(text, at, "\n", &from, &to);
        replace(text, from, to, "", 0);
        return;
    case 4: { /* a line comes twice */
        struct bytes line = {0};
        span(text, at, "\n", &from, &to);
        bytes_put_u8(&line, '\n');
        bytes_put(&line, text->data + from, to - from);
        replace(text, to, to, (const char *)line.data, line.size);
        bytes_clear(&line);
        return;
    }
    default: /* cut off */
        if (seed_below(stream, 8) == 0)
            text->size = at + 1;
        else
            replace(text, at, at, value, strlen(value));
    }
}

/* Larger is only slower. */
static bool is_small(const struct scenario *s)
{
    const struct clutter_config *c = &s->clutter;
    bool field = !c->enabled || fabs((c->x1_m - c->x0_m) * (c->y1_m - c->y0_m)) < 2000 * square(c->pitch_m);
    return field && fabs((s->x1_m - s->x0_m) * (s->y1_m - s->y0_m)) <= 400;
}

static void mutants_are_read_or_refused(void **state)
{
    (void)state;
    int read = 0, sound = 0;
    for (int i = 0; i < MUTANTS; i++) {
        char name[32];
        snprintf(name, sizeof name, "mutant.%d", i);
        struct seed_stream stream = seed_stream_named(1, name);
        const struct asset *asset = asset_find(bases[seed_below(&stream, COUNT_OF(bases))]);
        const struct asset *yaml = asset_find("office_map.yaml"), *png = asset_find("office_map.png");
        struct bytes text = {0};
        bytes_put(&text, asset->data, asset->size);
        for (uint64_t change = 1 + seed_below(&stream, CHANGES_MAX); change-- && text.size;)
            mutate(&text, &stream);
        struct scenario_file files[] = {
            {.name = "m.yaml", .data = text.data, .size = text.size},
            {.name = "office_map.yaml", .data = (uint8_t *)(uintptr_t)yaml->data, .size = yaml->size},
            {.name = "office_map.png", .data = (uint8_t *)(uintptr_t)png->data, .size = png->size},
        };
        struct error err = {0};
        struct scenario *s = scenario_unpack(files, COUNT_OF(files), &err);
        enum status status = s ? STATUS_OK : err.status;
        read += s != NULL;
        if (s && is_small(s))
            status = scenario_expand(s, 1, &err);
        sound += !status;
        if (status && strncmp(err.text, "m.yaml:", 7) && strncmp(err.text, "office_map.", 11))
            fail_msg("mutant %d: '%s'", i, err.text);
        scenario_destroy(&s);
        bytes_clear(&text);
    }
    print_message("figure: %d mutants, %d read, %d sound\n", MUTANTS, read, sound);
    assert_in_range(sound, MUTANTS / 20, MUTANTS / 2); /* not all refused for the same reason */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(mutants_are_read_or_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
