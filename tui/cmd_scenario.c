/* binnacle scenario VERB ...: is it right, what does it become, what does it look like. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "logs/names.h"
#include "tui/command.h"
#include "tui/scenario_plot.h"
#include "tui/scenario_show.h"

enum { SEEDS_DEFAULT = 5, TILE = 480, SHEET_COLUMNS = 4 };

struct scenario_options {
    uint64_t seed, seeds;
    struct text_list sets;
    double size_px;
    bool all, json;
};

static void scenario_defaults_set(void *options)
{
    struct scenario_options *o = options;
    o->seed = 1;
    o->seeds = SEEDS_DEFAULT;
}

/* --- what the verbs share --------------------------------------------------------------------------------------- */

/* Loaded, set, expanded for a seed; NULL with a sentence. */
static struct scenario *expanded(const struct scenario_options *o, const char *name, uint64_t seed, struct error *err)
{
    struct scenario *s = scenario_load(name, err);
    enum status status = s ? STATUS_OK : STATUS_BAD_INPUT;
    for (size_t i = 0; i < o->sets.count && !status; i++)
        if ((status = scenario_set(s, o->sets.items[i], err)))
            error_context(err, "--set %s", o->sets.items[i]);
    if (!status)
        status = scenario_expand(s, seed, err);
    if (status)
        scenario_destroy(&s);
    return s;
}

/* The names on the command line, or all built-in ones. */
struct names {
    const char *const *items;
    size_t count;
};

static struct names names_of(const struct scenario_options *o, int count, char **arguments)
{
    if (o->all)
        return (struct names){scenario_builtin_names, scenario_builtin_count};
    return (struct names){(const char *const *)arguments, (size_t)count};
}

static enum status names_check(const struct names *names, struct error *err)
{
    return names->count
               ? STATUS_OK
               : error_set(err, STATUS_BAD_INPUT, "name a scenario or its file, or take --all of the built-in ones");
}

/* --- check ------------------------------------------------------------------------------------------------------ */

static bool depends_on_seed(const struct scenario *s)
{
    return s->is_random || s->clutter.enabled || s->maze.enabled || s->rooms.enabled || s->crowd.enabled || s->import;
}

/* One scenario for several seeds, if they make a difference: ways for the robot, as short and as long as they come. */
static enum status check_one(const struct scenario_options *o, const char *name, struct error *err)
{
    double least = HUGE_VAL, most = 0;
    uint64_t seed = o->seed, end = o->seed + (o->seeds ? o->seeds : 1);
    for (; seed < end; seed++) {
        struct scenario *s = expanded(o, name, seed, err);
        if (!s)
            return seed == o->seed ? err->status : error_context(err, "seed %llu", (unsigned long long)seed);
        double way_m = scenario_reference_length_m(s), width_m = s->robot.width_m;
        bool more = depends_on_seed(s);
        scenario_destroy(&s);
        if (way_m < 0)
            return error_set(err, STATUS_BAD_INPUT,
                             "%s: seed %llu: there is no way from start to goal for a robot %g m wide", name,
                             (unsigned long long)seed, width_m);
        least = fmin(least, way_m);
        most = fmax(most, way_m);
        if (!more)
            end = seed + 1;
    }
    printf("%s: ok, way %.1f m", name, least);
    if (most > least)
        printf(" to %.1f m", most);
    printf(end - o->seed > 1 ? ", %llu seeds\n" : "\n", (unsigned long long)(end - o->seed));
    return STATUS_OK;
}

/* Says what is wrong with each before it fails with the first. */
static enum status scenario_check(const struct scenario_options *o, int count, char **arguments, struct error *err)
{
    struct names names = names_of(o, count, arguments);
    enum status status = names_check(&names, err);
    size_t bad = 0;
    for (size_t i = 0; i < names.count && !status; i++) {
        struct error one = {0};
        if (!check_one(o, names.items[i], &one))
            continue;
        if (!bad++)
            *err = one;
        fflush(stdout);
        if (names.count > 1)
            fprintf(stderr, "binnacle scenario: %s\n", one.text);
    }
    if (bad && names.count > 1)
        error_set(err, err->status, "%zu of %zu scenarios are not right", bad, names.count);
    return bad ? err->status : status;
}

/* --- show ------------------------------------------------------------------------------------------------------- */

static enum status scenario_show(const struct scenario_options *o, int count, char **arguments, struct error *err)
{
    struct names names = names_of(o, count, arguments);
    struct bytes text = {0};
    enum status status = names_check(&names, err);
    for (size_t i = 0; i < names.count && !status; i++) {
        struct scenario *s = expanded(o, names.items[i], o->seed, err);
        if (!s) {
            status = err->status;
            break;
        }
        (o->json ? scenario_show_json : scenario_show_text)(s, o->seed, scenario_reference_length_m(s), &text);
        scenario_destroy(&s);
    }
    if (!status && text.size)
        fwrite(text.data, 1, text.size, stdout);
    bytes_clear(&text);
    return status;
}

/* --- plot ------------------------------------------------------------------------------------------------------- */

static enum status plot_one(const struct scenario_options *o, const char *name, bool is_tile, struct image *image,
                            char out_name[80], struct error *err)
{
    struct scenario *s = expanded(o, name, o->seed, err);
    if (!s)
        return err->status;
    char title[320];
    struct vec2 *way;
    size_t corners = scenario_reference_way(s, &way);
    int width = o->size_px > 0 ? (int)o->size_px : is_tile ? TILE : 2 * TILE;
    if (is_tile)
        snprintf(title, sizeof title, "%s", s->name);
    else
        snprintf(title, sizeof title, "%s, seed %llu%s%s", s->name, (unsigned long long)o->seed,
                 *s->summary ? ": " : "", s->summary);
    enum status status = scenario_plot(s, title, way, corners, width, is_tile ? width : width * 5 / 4, image, err);
    snprintf(out_name, 80, "%s.png", s->name);
    free(way);
    scenario_destroy(&s);
    return status;
}

static enum status plot_save(const struct image *image, const char *path, struct error *err)
{
    enum status status = png_save(image, path, err);
    if (!status)
        printf("%s: %d x %d pixels\n", path, image->width, image->height);
    return status;
}

static enum status plot_all(const struct scenario_options *o, struct names names, const char *path, struct error *err)
{
    char out_name[80];
    struct image *images = NEW_ARRAY(names.count, struct image), sheet = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < names.count && !status; i++)
        status = plot_one(o, names.items[i], names.count > 1, &images[i], out_name, err);
    if (!status && names.count == 1)
        status = plot_save(&images[0], path ? path : out_name, err);
    else if (!status &&
             !(status = scenario_plot_sheet(
                   images, names.count, names.count < SHEET_COLUMNS ? (int)names.count : SHEET_COLUMNS, &sheet, err)))
        status = plot_save(&sheet, path ? path : "scenarios.png", err);
    for (size_t i = 0; i < names.count; i++)
        image_clear(&images[i]);
    image_clear(&sheet);
    free(images);
    return status;
}

/* The picture's own name is the last argument if that ends in .png. */
static enum status scenario_plot_verb(const struct scenario_options *o, int count, char **arguments, struct error *err)
{
    const char *last = count ? arguments[count - 1] : "", *path = NULL;
    size_t length = strlen(last);
    if (length > 4 && !strcmp(last + length - 4, ".png")) {
        path = last;
        count--;
    }
    struct names names = names_of(o, count, arguments);
    enum status status = names_check(&names, err);
    return status ? status : plot_all(o, names, path, err);
}

/* --- the command ------------------------------------------------------------------------------------------------ */

static const struct scenario_verb {
    const char *name;
    enum status (*run)(const struct scenario_options *o, int count, char **arguments, struct error *err);
} verbs[] = {{"check", scenario_check}, {"show", scenario_show}, {"plot", scenario_plot_verb}};

static int scenario_run(const void *options, int argument_count, char **arguments)
{
    struct error err = {0};
    char hint[96];
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (!strcmp(verbs[i].name, arguments[0]))
            return verbs[i].run(options, argument_count - 1, arguments + 1, &err) ? command_fail("scenario", &err) : 0;
    names_hint(hint, sizeof hint, arguments[0], verbs, COUNT_OF(verbs), sizeof *verbs);
    error_set(&err, STATUS_BAD_INPUT, "unknown verb '%s'%s (check, show, plot)", arguments[0], hint);
    return command_fail("scenario", &err);
}

#define OPTION(name, letter, kind, member, value, help, min, max)                                                      \
    {name, letter, kind, offsetof(struct scenario_options, member), value, help, min, max}
static const struct option_row rows[] = {
    OPTION("seed", 's', OPTION_COUNT, seed, "N", "random seed (default 1)", 0, 0),
    OPTION("seeds", 'n', OPTION_COUNT, seeds, "N", "check: that many, from --seed on, where they matter (default 5)",
           0, 0),
    OPTION("set", 0, OPTION_LIST, sets, "PATH=VALUE", "override a setting, e.g. clutter.fill=0.3", 0, 0),
    OPTION("all", 'a', OPTION_SWITCH, all, NULL, "all built-in scenarios", 0, 0),
    OPTION("size", 0, OPTION_NUMBER, size_px, "PIXELS", "plot: width of a picture (default 960; on a sheet 480)", 200,
           4000),
    OPTION("json", 'j', OPTION_SWITCH, json, NULL, "show: one JSON object a scenario", 0, 0),
};

const struct command command_scenario = {
    .name = "scenario",
    .arguments = "VERB NAME...",
    .summary = "check, show and plot scenarios (scenario --help says more)",
    .details =
        "Verbs:\n"
        "  check SCENARIO...\n      is it right, and is there a way? names file, line and column; exit 2 if not\n"
        "  show SCENARIO...\n      what it becomes for the seed: places, solids, actors, drawn values\n"
        "  plot SCENARIO... [OUT.png]\n      its map from above; several make a contact sheet (--all: of the "
        "built-in ones)\n"
        "SCENARIO is a name or path, as for binnacle run.",
    .options = rows,
    .option_count = COUNT_OF(rows),
    .options_size = sizeof(struct scenario_options),
    .arguments_min = 1,
    .arguments_max = 10001,
    .defaults = scenario_defaults_set,
    .run = scenario_run,
};
