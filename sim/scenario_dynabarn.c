/* DynaBARN: moving cylinders in a field of 20 x 20 m that is walled on three sides.
 *
 *   T id period n  t x y ...     key frames of one obstacle; it repeats with the period (its last key's time)
 *   D world n  id id ...         a world and its obstacles
 *
 * Gazebo curves a PoseAnimation by the number of the key, not its time: SPLINE_COUNTED. The rules are BARN's; the
 * official length is the straight way (the challenge's own program computes a negative one). */
#include <stdio.h>
#include <string.h>

#include "sim/material.h"
#include "sim/scenario_internal.h"
#include "sim/spline.h"

static const struct pose2 START = {11, 0, 3.14};
static const struct vec2 GOAL = {-9, 0};
static const double RADIUS_M = 0.5, HEIGHT_M = 1;
enum { KEYS_MAX = 250 };

static bool dynabarn_is(const struct scenario_file *file) { return scenario_import_begins(file, "TD"); }

static void dynabarn_name(struct scenario *s, int id)
{
    s->dynabarn.world = id;
    snprintf(s->name, sizeof s->name, "dynabarn-%d", id);
    snprintf(s->summary, sizeof s->summary, "DynaBARN world %d: across a field of moving cylinders", id);
}

static enum status dynabarn_load(struct scenario *s, int pick, struct error *err)
{
    struct scenario_text text = scenario_text_open(&s->files[0]);
    int id;
    enum status status = scenario_record_find(&text, "D", pick, &id, err);
    if (status)
        return status;
    dynabarn_name(s, id);
    s->start = START;
    s->goal = GOAL;
    s->x0_m = -10.5;
    s->y0_m = -10.5;
    s->x1_m = 12.5;
    s->y1_m = 10.5;
    scenario_barn_rules(s);
    s->official_length_m = vec2_distance((struct vec2){START.x, START.y}, GOAL);
    return STATUS_OK;
}

static void walls_add(struct scenario *s)
{
    static const struct {
        const char *name;
        double x, y, length, width;
    } walls[] = {{"back wall", -10, 0, 0.5, 20}, {"top wall", 0, 10, 20, 0.5}, {"bottom wall", 0, -10, 20, 0.5}};
    for (size_t i = 0; i < COUNT_OF(walls); i++) {
        struct solid *solid = scenario_add_solid(s, walls[i].name);
        ASSERT(solid); /* the first ones */
        solid->shape = (struct shape){.kind = SHAPE_BOX,
                                      .half_m = {walls[i].length / 2, walls[i].width / 2, HEIGHT_M / 2}};
        solid->pose.position = (struct vec3){walls[i].x, walls[i].y, HEIGHT_M / 2};
        solid->material = material_find("plaster");
    }
}

static enum status keys_read(struct scenario_text *text, struct spline_key keys[KEYS_MAX], size_t *count,
                             struct error *err)
{
    double period;
    int number;
    enum status status = scenario_text_number(text, "the period", 0, 1e6, &period, err);
    if (!status)
        status = scenario_text_whole(text, "the number of keys", 2, KEYS_MAX, &number, err);
    for (int i = 0; !status && i < number; i++) {
        status = scenario_text_number(text, "t", 0, 1e6, &keys[i].t_s, err);
        if (!status)
            status = scenario_text_number(text, "x", -1000, 1000, &keys[i].at.x, err);
        if (!status)
            status = scenario_text_number(text, "y", -1000, 1000, &keys[i].at.y, err);
        *count = (size_t)i + 1;
    }
    return status;
}

static enum status obstacle_add(struct scenario *s, struct scenario_text *text, const char *name, struct error *err)
{
    struct spline_key keys[KEYS_MAX];
    struct spline_def def = {.pace = SPLINE_COUNTED, .end = SPLINE_REPEATS, .keys = keys};
    enum status status = keys_read(text, keys, &def.key_count, err);
    if (status)
        return status;
    size_t wrong;
    const char *fault = spline_fault(&def, &wrong);
    if (fault)
        return scenario_text_refuse(text, err, "key %zu of %s: %s", wrong + 1, name, fault);
    struct actor *actor = scenario_add_actor(s, ACTOR_CART, name);
    if (!actor)
        return scenario_text_refuse(text, err, "more than %d obstacles", SCENARIO_ACTORS_MAX);
    actor->radius_m = RADIUS_M;
    actor->height_m = HEIGHT_M;
    actor->spline = spline_create(&def);
    return STATUS_OK;
}

static void line_keep(const struct scenario_text *text, struct bytes *kept)
{
    bytes_put(kept, text->line_start, (size_t)(text->end - text->line_start));
    bytes_put_u8(kept, '\n');
}

/* Finds the obstacle's own line. */
static enum status obstacle_find(struct scenario *s, const struct scenario_text *at, const char *id, bool keep,
                                 struct bytes *kept, struct error *err)
{
    struct scenario_text text = scenario_text_open(&s->files[0]);
    char word[SCENARIO_WORD_MAX];
    while (scenario_text_line(&text)) {
        if (!scenario_text_word(&text, word) || strcmp(word, "T"))
            continue;
        scenario_text_word(&text, word);
        if (strcmp(word, id))
            continue;
        if (keep)
            line_keep(&text, kept);
        return obstacle_add(s, &text, id, err);
    }
    return scenario_text_refuse(at, err, "no T line of the file describes obstacle '%s'", id);
}

static bool is_known(const struct scenario *s, const char *id)
{
    for (size_t i = 0; i < s->actor_count; i++)
        if (!strncmp(s->actors[i].name, id, sizeof s->actors[i].name - 1))
            return true;
    return false;
}

static enum status dynabarn_expand(struct scenario *s, struct error *err)
{
    struct scenario_text text = scenario_text_open(&s->files[0]);
    struct bytes kept = {0};
    char id[SCENARIO_WORD_MAX];
    int world, count;
    enum status status = scenario_record_find(&text, "D", s->dynabarn.world, &world, err);
    if (!status)
        status = scenario_text_whole(&text, "the number of obstacles", 0, SCENARIO_ACTORS_MAX, &count, err);
    if (status)
        return status;
    dynabarn_name(s, world);
    walls_add(s);
    for (int i = 0; i < count && !status; i++) {
        if (!scenario_text_word(&text, id))
            status = scenario_text_refuse(&text, err, "the line names %d of %d obstacles", i, count);
        else
            status = obstacle_find(s, &text, id, !is_known(s, id), &kept, err);
    }
    line_keep(&text, &kept);
    if (!status)
        scenario_file_keep(&s->files[0], &kept);
    bytes_clear(&kept);
    return status;
}

const struct scenario_import scenario_import_dynabarn = {
    .name = "dynabarn", .is = dynabarn_is, .load = dynabarn_load, .expand = dynabarn_expand,
};
