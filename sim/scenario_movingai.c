/* MovingAI grids (Sturtevant 2012): a .map of characters, and .scen files with a start and a goal a row.
 *
 * '.' and 'G' are floor; every other cell (trees, water, swamp, out of bounds) becomes a block. The map's top row has
 * the highest y. A cell of cell_m metres is drawn as cells of 0.05 m, so that the map that perception may be given
 * has the usual resolution. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario_internal.h"

static const double GRID_M = 0.05, SIDE_MAX_M = 100, CELL_MAX_M = 1.0;
enum { CELLS_SIDE_MAX = 2000, ROWS_MAX = 10000000 };

struct movingai_map {
    int width, height;
    const char *file;
    struct scenario_text text; /* before the first row of cells */
};

static bool begins_with(const struct scenario_file *file, const char *first)
{
    struct scenario_text text = scenario_text_open(file);
    char word[SCENARIO_WORD_MAX];
    return scenario_text_line(&text) && scenario_text_word(&text, word) && !strcmp(word, first);
}

static bool map_is(const struct scenario_file *file) { return begins_with(file, "type"); }
static bool scen_is(const struct scenario_file *file) { return begins_with(file, "version"); }

/* "height 49" and its like, in any order, up to the line "map". */
static enum status head_read(const struct scenario_file *file, struct movingai_map *map, struct error *err)
{
    char word[SCENARIO_WORD_MAX];
    *map = (struct movingai_map){.file = file->name, .text = scenario_text_open(file)};
    while (scenario_text_line(&map->text)) {
        enum status status = STATUS_OK;
        if (!scenario_text_word(&map->text, word) || !strcmp(word, "type"))
            continue;
        if (!strcmp(word, "map"))
            return map->width && map->height
                       ? STATUS_OK
                       : scenario_text_refuse(&map->text, err, "width and height must come first");
        if (!strcmp(word, "height"))
            status = scenario_text_whole(&map->text, "height", 1, CELLS_SIDE_MAX, &map->height, err);
        else if (!strcmp(word, "width"))
            status = scenario_text_whole(&map->text, "width", 1, CELLS_SIDE_MAX, &map->width, err);
        else
            status = scenario_text_refuse(&map->text, err, "'%s' where height, width or map belongs", word);
        if (status)
            return status;
    }
    return error_set(err, STATUS_BAD_INPUT, "%s: the file ends before the line 'map'", map->file);
}

/* The next row: exactly `width` characters. */
static enum status row_next(struct movingai_map *map, int number, struct error *err)
{
    struct scenario_text *text = &map->text;
    if (!scenario_text_line(text))
        return error_set(err, STATUS_BAD_INPUT, "%s: the map has %d of %d rows; the file is cut off", map->file, number,
                         map->height);
    int length = (int)(text->end - text->at);
    if (length == map->width + 1 && text->end[-1] == '\r')
        length--;
    if (length == map->width)
        return STATUS_OK;
    return scenario_text_refuse(text, err, "row %d has %d cells, not %d", number, length, map->width);
}

static enum status rows_check(struct movingai_map *map, struct error *err)
{
    enum status status = STATUS_OK;
    for (int row = 0; row < map->height && !status; row++)
        status = row_next(map, row, err);
    return status;
}

static void task_default(struct scenario *s, const char *file)
{
    snprintf(s->name, sizeof s->name, "%.*s", (int)strcspn(file, "."), file);
    s->start.x = s->start.y = s->goal.x = s->goal.y = (double)NAN;
    s->goal_tolerance_m = 0.5;
    s->time_limit_s = 600;
    s->map_given = true;
    s->camera.enabled = false; /* blocks on a bare floor: nothing to see */
}

static enum status map_load(struct scenario *s, int pick, struct error *err)
{
    struct movingai_map map;
    if (pick >= 0)
        return error_set(err, STATUS_BAD_INPUT, "%s holds one map; name a row of its .scen, or remove the #%d",
                         s->files[0].name, pick);
    enum status status = head_read(&s->files[0], &map, err);
    if (!status)
        status = rows_check(&map, err);
    task_default(s, s->files[0].name);
    snprintf(s->summary, sizeof s->summary, "a MovingAI map of %d x %d cells", map.width, map.height);
    return status;
}

/* --- .scen ------------------------------------------------------------------------------------------------------ */

struct scen_row {
    char map_name[SCENARIO_WORD_MAX];
    int width, height, cells[4]; /* sx, sy, gx, gy, counted from the top left */
    const char *begin, *end;
};

static enum status row_read(struct scenario_text *text, struct scen_row *row, struct error *err)
{
    static const char *const names[] = {"the start's column", "the start's row", "the goal's column", "the goal's row"};
    int bucket;
    row->begin = text->line_start;
    row->end = text->end;
    enum status status = scenario_text_whole(text, "the bucket", 0, ROWS_MAX, &bucket, err);
    if (status)
        return status;
    scenario_text_word(text, row->map_name);
    status = scenario_text_whole(text, "the width", 1, CELLS_SIDE_MAX, &row->width, err);
    if (!status)
        status = scenario_text_whole(text, "the height", 1, CELLS_SIDE_MAX, &row->height, err);
    for (size_t i = 0; i < COUNT_OF(names) && !status; i++)
        status = scenario_text_whole(text, names[i], 0, (i % 2 ? row->height : row->width) - 1, &row->cells[i], err);
    return status;
}

static enum status row_find(const struct scenario_file *file, int wanted, struct scen_row *row, struct error *err)
{
    struct scenario_text text = scenario_text_open(file);
    int count = 0;
    char word[SCENARIO_WORD_MAX];
    bool head = scenario_text_line(&text); /* version 1 */
    ASSERT(head);
    while (scenario_text_line(&text)) {
        struct scenario_text peek = text;
        if (!scenario_text_word(&peek, word))
            continue;
        if (count++ == wanted)
            return row_read(&text, row, err);
    }
    return error_set(err, STATUS_BAD_INPUT, "%s: there is no row %d; the file holds %d, counted from 0", file->name,
                     wanted, count);
}

static enum status scen_load(struct scenario *s, int pick, struct error *err)
{
    struct scen_row row;
    struct movingai_map map;
    struct scenario_file *file;
    int number = pick < 0 ? 0 : pick;
    enum status status = row_find(&s->files[0], number, &row, err);
    if (status)
        return status;
    struct bytes kept = {0}; /* the log needs this row only */
    bytes_format(&kept, "version 1\n");
    bytes_put(&kept, row.begin, (size_t)(row.end - row.begin));
    bytes_put_u8(&kept, '\n');
    scenario_file_keep(&s->files[0], &kept);
    const char *slash = strrchr(row.map_name, '/'); /* as the benchmark's folders; ours lie together */
    status = scenario_take_file(s, slash ? slash + 1 : row.map_name, &file, err);
    if (status)
        return error_context(err, "%s: row %d", s->files[0].name, number);
    status = head_read(file, &map, err);
    if (!status)
        status = rows_check(&map, err);
    task_default(s, file->name);
    snprintf(s->summary, sizeof s->summary, "a MovingAI map of %d x %d cells, start and goal of a .scen row", map.width,
             map.height);
    return status;
}

/* --- expansion -------------------------------------------------------------------------------------------------- */

/* How many 0.05 m cells a cell's side is long. */
static enum status cell_choose(const struct scenario *s, const struct movingai_map *map, int *fine, struct error *err)
{
    int side = map->width > map->height ? map->width : map->height;
    double cell_m = s->movingai.cell_m;
    if (cell_m > 0) {
        *fine = (int)(cell_m / GRID_M + 0.5);
        if (fabs(*fine * GRID_M - cell_m) > 1e-9 || *fine == 0)
            return error_set(err, STATUS_BAD_INPUT, "%s: movingai.cell_m %g is not a multiple of %g", map->file, cell_m,
                             GRID_M);
    } else {
        *fine = (int)fmin(CELL_MAX_M / GRID_M, floor(SIDE_MAX_M / GRID_M / side));
    }
    if (*fine * GRID_M * side <= SIDE_MAX_M)
        return STATUS_OK;
    return error_set(err, STATUS_BAD_INPUT,
                     "%s: %d x %d cells of %g m are longer than %g m; set movingai.cell_m to at most "
                     "%g",
                     map->file, map->width, map->height, *fine * GRID_M, SIDE_MAX_M,
                     floor(SIDE_MAX_M / GRID_M / side) * GRID_M);
}

static void row_draw(struct scenario *s, const char *characters, int width, int fine, int y)
{
    int8_t *first = s->map_cells + grid_index(&s->map, (struct cell){0, y * fine});
    for (int x = 0; x < width; x++)
        memset(first + x * fine, characters[x] == '.' || characters[x] == 'G' ? 0 : 100, (size_t)fine);
    for (int i = 1; i < fine; i++)
        memcpy(first + i * s->map.width, first, (size_t)s->map.width);
}

static enum status grid_build(struct scenario *s, struct movingai_map *map, int fine, struct error *err)
{
    s->map = (struct grid){.resolution_m = GRID_M};
    enum status status = scenario_map_size(s, map->file, map->width * fine, map->height * fine, err);
    for (int row = 0; row < map->height && !status; row++) {
        status = row_next(map, row, err);
        if (!status)
            row_draw(s, map->text.at, map->width, fine, map->height - 1 - row);
    }
    s->x0_m = s->y0_m = 0;
    s->x1_m = map->width * fine * GRID_M;
    s->y1_m = map->height * fine * GRID_M;
    return status;
}

static enum status map_expand(struct scenario *s, struct error *err)
{
    struct movingai_map map;
    int fine;
    const struct scenario_file *file = &s->files[s->file_count - 1]; /* behind the .scen if there is one */
    enum status status = head_read(file, &map, err);
    if (!status)
        status = cell_choose(s, &map, &fine, err);
    return status ? status : grid_build(s, &map, fine, err);
}

static enum status scen_expand(struct scenario *s, struct error *err)
{
    struct scen_row row;
    enum status status = map_expand(s, err);
    if (!status)
        status = row_find(&s->files[0], 0, &row, err);
    if (status)
        return status;
    /* A row for a map of another size is meant to be scaled. */
    double x_m = s->x1_m / row.width, y_m = s->y1_m / row.height;
    double *const places[] = {&s->start.x, &s->start.y, &s->goal.x, &s->goal.y};
    for (int i = 0; i < 4; i++)
        if (isnan(*places[i]))
            *places[i] = i % 2 ? (row.height - row.cells[i] - 0.5) * y_m : (row.cells[i] + 0.5) * x_m;
    return STATUS_OK;
}

const struct scenario_import scenario_import_movingai_map = {
    .name = "movingai", .is = map_is, .load = map_load, .expand = map_expand,
};
const struct scenario_import scenario_import_movingai_scen = {
    .name = "movingai", .is = scen_is, .load = scen_load, .expand = scen_expand,
};
