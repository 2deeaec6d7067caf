/* BARN (Perille et al., SSRR 2020): fields of cylinders, each world one record of a text file.
 *
 *   W id cylinders Lref OT bottleneck Lgeo     what the record is; only the id and the count are used
 *   P n r0 c0 r1 c1 ...                        the official reference path, cells
 *   C x y radius                               a cylinder 1 m high whose centre lies on the floor plane
 *
 * The rules of the challenge: at most 2 m/s, success within 1 m of the goal, 100 s from the first 0.1 m of motion, any
 * touch ends the run. Its robot has a lidar and no camera. */
#include <stdio.h>
#include <string.h>

#include "sim/material.h"
#include "sim/scenario_internal.h"

static const struct pose2 START = {-2.25, 3.00, 1.57};
static const struct vec2 GOAL = {-2.25, 13.00};
static const double PATH_PITCH_M = 0.15, PATH_X0_M = -4.575, PATH_Y0_M = 5.075; /* of cell (0, 0), official frame */
static const double HEIGHT_M = 1, MARGIN_M = 1.5;
enum { CYLINDERS_MAX = 5000, CELLS_MAX = 5000, COLUMNS_MAX = 1000 };

static bool barn_is(const struct scenario_file *file) { return scenario_import_begins(file, "W"); }

static void barn_name(struct scenario *s, int id)
{
    snprintf(s->name, sizeof s->name, "barn-%d", id);
    snprintf(s->summary, sizeof s->summary, "BARN world %d: through a field of cylinders without touching any", id);
}

void scenario_barn_rules(struct scenario *s)
{
    s->goal_tolerance_m = 1.0;
    s->time_limit_s = 100;
    s->clock_from_m = 0.1;
    s->contact_ends = true;
    s->robot.max_v_mps = 2.0;
    s->lidar.beams = 720;
    s->camera.enabled = false;
}

static enum status barn_load(struct scenario *s, int pick, struct error *err)
{
    struct scenario_text text = scenario_text_open(&s->files[0]);
    int id;
    enum status status = scenario_record_find(&text, "W", pick, &id, err);
    if (status)
        return status;
    barn_name(s, id);
    s->barn.world = id;
    s->start = START;
    s->goal = GOAL;
    scenario_barn_rules(s);
    return STATUS_OK;
}

/* As the challenge measures it: start, the path's cells, goal. */
static enum status path_read(struct scenario *s, struct scenario_text *text, struct error *err)
{
    struct vec2 last = {START.x, START.y};
    int count = 0, row = 0, column = 0;
    double length = 0;
    enum status status = scenario_text_whole(text, "the number of cells", 0, CELLS_MAX, &count, err);
    for (int i = 0; i < count && !status; i++) {
        status = scenario_text_whole(text, "a cell's row", 0, COLUMNS_MAX, &row, err);
        if (!status)
            status = scenario_text_whole(text, "a cell's column", 0, COLUMNS_MAX, &column, err);
        struct vec2 p = {PATH_PITCH_M * row + PATH_X0_M, PATH_PITCH_M * column + PATH_Y0_M};
        length += vec2_distance(last, p);
        last = p;
    }
    s->official_length_m = length + vec2_distance(last, GOAL);
    return status;
}

static enum status cylinder_read(struct scenario *s, struct scenario_text *text, int number, struct error *err)
{
    double x, y, radius;
    enum status status = scenario_text_number(text, "x", -1000, 1000, &x, err);
    if (!status)
        status = scenario_text_number(text, "y", -1000, 1000, &y, err);
    if (!status)
        status = scenario_text_number(text, "the radius", 0.001, 10, &radius, err);
    if (status)
        return status;
    char name[32];
    snprintf(name, sizeof name, "cylinder %d", number);
    struct solid *solid = scenario_add_solid(s, name);
    if (!solid)
        return scenario_text_refuse(text, err, "more than %d solids", SCENARIO_SOLIDS_MAX);
    solid->shape = (struct shape){.kind = SHAPE_CYLINDER, .radius_m = radius, .height_m = HEIGHT_M};
    solid->pose.position = (struct vec3){x, y, 0};
    solid->material = material_find("wood");
    s->x0_m = fmin(s->x0_m, x - MARGIN_M);
    s->y0_m = fmin(s->y0_m, y - MARGIN_M);
    s->x1_m = fmax(s->x1_m, x + MARGIN_M);
    s->y1_m = fmax(s->y1_m, y + MARGIN_M);
    return STATUS_OK;
}

/* P and C lines up to the next record; *end is where that begins. */
static enum status record_read(struct scenario *s, struct scenario_text *text, int cylinders, const char **end,
                               struct error *err)
{
    int count = 0;
    bool path = false;
    char word[SCENARIO_WORD_MAX];
    enum status status = STATUS_OK;
    *end = text->last;
    while (!status && scenario_text_line(text)) {
        if (!scenario_text_word(text, word) || *word == '#')
            continue;
        if (!strcmp(word, "W")) {
            *end = text->line_start;
            break;
        }
        if (!strcmp(word, "P")) {
            path = true;
            status = path_read(s, text, err);
        } else if (!strcmp(word, "C") && count < cylinders) {
            status = cylinder_read(s, text, ++count, err);
        } else {
            return scenario_text_refuse(text, err, "'%s' where a record has one P and %d C lines", word, cylinders);
        }
    }
    if (!status && (count < cylinders || !path))
        return error_set(err, STATUS_BAD_INPUT, "%s: world %d has %d of %d cylinders and %s path; the file is cut off",
                         text->file, s->barn.world, count, cylinders, path ? "a" : "no");
    return status;
}

static enum status barn_expand(struct scenario *s, struct error *err)
{
    struct scenario_text text = scenario_text_open(&s->files[0]);
    int cylinders;
    const char *end;
    enum status status = scenario_record_find(&text, "W", s->barn.world, &s->barn.world, err);
    if (status)
        return status;
    const char *begin = text.line_start;
    s->x0_m = fmin(START.x, GOAL.x) - MARGIN_M;
    s->y0_m = fmin(START.y, GOAL.y) - MARGIN_M;
    s->x1_m = fmax(START.x, GOAL.x) + MARGIN_M;
    s->y1_m = fmax(START.y, GOAL.y) + MARGIN_M;
    status = scenario_text_whole(&text, "the number of cylinders", 0, CYLINDERS_MAX, &cylinders, err);
    if (!status)
        status = record_read(s, &text, cylinders, &end, err);
    if (status)
        return status;
    barn_name(s, s->barn.world);
    struct bytes record = {0};
    bytes_put(&record, begin, (size_t)(end - begin));
    scenario_file_keep(&s->files[0], &record);
    return STATUS_OK;
}

const struct scenario_import scenario_import_barn = {
    .name = "barn", .is = barn_is, .load = barn_load, .expand = barn_expand,
};
