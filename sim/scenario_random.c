#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/names.h"
#include "logs/seed.h"
#include "sim/scenario_internal.h"

enum { PATH_SIZE = 160, DRAWS_MAX = 4096, NORMAL_TRIES = 64 };
static const double NORMAL_REACH = 4; /* sigmas; farther is a fault of the scenario, not of the world */

struct drawing {
    struct arena *arena;
    struct scenario *scenario; /* takes the list of draws */
    uint64_t seed;
    struct error *err;
};

struct bounds {
    double low, high;
};

/* --- distributions ---------------------------------------------------------------------------------------------- */

static double draw_uniform(struct seed_stream *stream, const double a[4])
{
    return seed_between(stream, a[0], a[1]);
}

static double draw_log_uniform(struct seed_stream *stream, const double a[4])
{
    return clamp(exp(seed_between(stream, log(a[0]), log(a[1]))), a[0], a[1]);
}

static double draw_integer(struct seed_stream *stream, const double a[4])
{
    return a[0] + (double)seed_below(stream, (uint64_t)(a[1] - a[0]) + 1);
}

/* Truncated by drawing again, which keeps its shape within the bounds. */
static double draw_normal(struct seed_stream *stream, const double a[4])
{
    double value = a[0];
    for (int i = 0; i < NORMAL_TRIES; i++) {
        value = a[0] + a[1] * seed_gaussian(stream);
        if (value >= a[2] && value <= a[3])
            break;
    }
    return clamp(value, a[2], a[3]);
}

static const char *uniform_fault(const double a[4])
{
    return a[0] <= a[1] ? NULL : "its bounds are the wrong way round";
}

static const char *log_uniform_fault(const double a[4])
{
    return a[0] > 0 ? uniform_fault(a) : "its bounds must be above 0";
}

static const char *integer_fault(const double a[4])
{
    return a[0] == floor(a[0]) && a[1] == floor(a[1]) ? uniform_fault(a) : "its bounds must be whole numbers";
}

static const char *normal_fault(const double a[4])
{
    return !(a[1] >= 0) ? "its sigma must be 0 or more" : a[2] <= a[3] ? NULL : "its bounds are the wrong way round";
}

static const struct distribution {
    const char *name, *form;
    size_t least, most;
    const char *(*fault)(const double a[4]);
    double (*draw)(struct seed_stream *stream, const double a[4]);
} distributions[] = {
    {"uniform", "[low, high]", 2, 2, uniform_fault, draw_uniform},
    {"log_uniform", "[low, high]", 2, 2, log_uniform_fault, draw_log_uniform},
    {"integer", "[low, high]", 2, 2, integer_fault, draw_integer},
    {"normal", "[mean, sigma] or [mean, sigma, low, high]", 2, 4, normal_fault, draw_normal},
    {"choice", "[this, that, ...]", 1, SIZE_MAX, NULL, NULL},
};

/* A group of one key that is a distribution's name. */
static const struct distribution *distribution_of(const struct scenario_node *node)
{
    if (node->kind != NODE_MAP || node->count != 1)
        return NULL;
    size_t i = scenario_field_find(node->first->key, distributions, COUNT_OF(distributions), sizeof *distributions);
    return i < COUNT_OF(distributions) ? &distributions[i] : NULL;
}

/* What "lidar.noise_m" may be; anything for what has no row. */
static struct bounds bounds_of(const char *path)
{
    const char *dot = strchr(path, '.');
    for (size_t i = 0; dot && i < scenario_section_count; i++) {
        const struct scenario_section *section = &scenario_section_table[i];
        if (strlen(section->name) != (size_t)(dot - path) || strncmp(section->name, path, (size_t)(dot - path)))
            continue;
        size_t row = scenario_field_find(dot + 1, section->rows, section->row_count, sizeof *section->rows);
        if (row < section->row_count)
            return (struct bounds){section->rows[row].min, section->rows[row].max};
    }
    size_t row = scenario_field_find(path, scenario_task_rows, scenario_task_row_count, sizeof *scenario_task_rows);
    return row < scenario_task_row_count ? (struct bounds){scenario_task_rows[row].min, scenario_task_rows[row].max}
                                         : (struct bounds){-HUGE_VAL, HUGE_VAL};
}

/* --- blocks ----------------------------------------------------------------------------------------------------- */

static enum status arguments_read(const struct distribution *kind, const struct scenario_node *list, const char *path,
                                  double a[4], struct error *err)
{
    static const struct param number = {.name = "a number of the block", .kind = PARAM_REAL, .min = -1e9, .max = 1e9,
                                        .unit = ""};
    size_t count = 0;
    if (list->kind != NODE_LIST || list->count < kind->least || list->count > kind->most || list->count == 3)
        return scenario_yaml_refuse(list, err, "%s is written {%s: %s}", kind->name, kind->name, kind->form);
    for (const struct scenario_node *item = list->first; item; item = item->next) {
        enum status status = scenario_field_value(&number, item, &a[count++], err);
        if (status)
            return status;
    }
    if (kind->draw == draw_normal && count == 2) {
        struct bounds bounds = bounds_of(path);
        a[2] = fmax(bounds.low, a[0] - NORMAL_REACH * a[1]);
        a[3] = fmin(bounds.high, a[0] + NORMAL_REACH * a[1]);
    }
    const char *fault = kind->fault(a);
    return fault ? scenario_yaml_refuse(list, err, "%s: %s", kind->name, fault) : STATUS_OK;
}

static enum status draw_note(struct drawing *drawing, const struct scenario_node *node, const char *path,
                             const char *value)
{
    struct scenario *scenario = drawing->scenario;
    size_t count = scenario->draw_count;
    if (count == DRAWS_MAX)
        return scenario_yaml_refuse(node, drawing->err, "more than %d values are drawn", DRAWS_MAX);
    if (!(count & (count - 1))) /* room for the next power of two */
        scenario->draws = memory_resize(scenario->draws, count ? 2 * count : 1, sizeof *scenario->draws);
    scenario->draws[scenario->draw_count++] = (struct scenario_draw){memory_string(path), memory_string(value)};
    return STATUS_OK;
}

static const struct scenario_node *tree_draw(struct drawing *drawing, const struct scenario_node *node,
                                             const char *path);

/* One of the list's items takes the block's place, whatever it is. */
static const struct scenario_node *choice_draw(struct drawing *drawing, const struct scenario_node *block,
                                               const char *path, struct seed_stream *stream)
{
    const struct scenario_node *list = block->first, *item = list->first;
    char value[64], inner[PATH_SIZE];
    if (list->kind != NODE_LIST || !list->count) {
        scenario_yaml_refuse(list, drawing->err, "choice is written {choice: [this, that, ...]}");
        return NULL;
    }
    size_t chosen = (size_t)seed_below(stream, list->count);
    for (size_t i = 0; i < chosen; i++)
        item = item->next;
    snprintf(value, sizeof value, "item %zu of %zu", chosen + 1, list->count);
    if (draw_note(drawing, block, path, item->kind == NODE_TEXT ? item->text : value))
        return NULL;
    snprintf(inner, sizeof inner, "%.*s|%zu", PATH_SIZE - 24, path,
             chosen); /* a block within a choice has its own stream */
    return tree_draw(drawing, item, inner);
}

static const struct scenario_node *block_draw(struct drawing *drawing, const struct distribution *kind,
                                              const struct scenario_node *block, const char *path)
{
    char name[PATH_SIZE + 16], text[32];
    double a[4] = {0};
    snprintf(name, sizeof name, "scenario.%s", path);
    struct seed_stream stream = seed_stream_named(drawing->seed, name);
    if (!kind->draw)
        return choice_draw(drawing, block, path, &stream);
    if (arguments_read(kind, block->first, path, a, drawing->err))
        return NULL;
    snprintf(text, sizeof text, "%.9g", kind->draw(&stream, a)); /* what is shown is what is used */
    if (draw_note(drawing, block, path, text))
        return NULL;
    struct scenario_node *drawn = arena_new(drawing->arena, 1, sizeof *drawn);
    *drawn = (struct scenario_node){.kind = NODE_TEXT, .text = arena_string(drawing->arena, text, strlen(text))};
    return drawn;
}

/* A copy of the node and all below it, with its own key and place but without its neighbours. */
static const struct scenario_node *tree_draw(struct drawing *drawing, const struct scenario_node *node,
                                             const char *path)
{
    const struct distribution *kind = distribution_of(node);
    const struct scenario_node *from = kind ? block_draw(drawing, kind, node, path) : node;
    if (!from)
        return NULL;
    struct scenario_node *copy = arena_new(drawing->arena, 1, sizeof *copy);
    *copy = *from;
    copy->key = node->key;
    copy->file = node->file;
    copy->line = node->line;
    copy->column = node->column;
    copy->next = NULL;
    if (kind)
        return copy; /* what is below it has been copied */
    const struct scenario_node **tail = &copy->first;
    size_t number = 0;
    for (const struct scenario_node *child = node->first; child; child = child->next) {
        char below[PATH_SIZE];
        if (node->kind == NODE_LIST)
            snprintf(below, sizeof below, "%.*s[%zu]", PATH_SIZE - 24, path, number++);
        else
            snprintf(below, sizeof below, "%.*s%s%.*s", PATH_SIZE / 2, path, *path ? "." : "", PATH_SIZE / 2 - 8,
                     child->key);
        const struct scenario_node *drawn = tree_draw(drawing, child, below);
        if (!drawn)
            return NULL;
        *tail = drawn;
        tail = &((struct scenario_node *)(uintptr_t)drawn)->next; /* ours, made above */
    }
    return copy;
}

static bool has_block(const struct scenario_node *node)
{
    if (distribution_of(node))
        return true;
    for (const struct scenario_node *child = node->first; child; child = child->next)
        if (has_block(child))
            return true;
    return false;
}

const struct scenario_node *scenario_random(struct arena *arena, const struct scenario_node *root, uint64_t seed,
                                            struct scenario *scenario, struct error *err)
{
    struct drawing drawing = {.arena = arena, .scenario = scenario, .seed = seed, .err = err};
    return has_block(root) ? tree_draw(&drawing, root, "") : root;
}
