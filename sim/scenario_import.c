#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario_internal.h"

enum { RECORD_ID_MAX = 1000000 };

/* --- ROS map_server: the map is the world ----------------------------------------------------------------------- */

static bool ros_map_is(const struct scenario_file *file)
{
    struct scenario_text text = scenario_text_open(file);
    char word[SCENARIO_WORD_MAX];
    bool image = false, name = false;
    while (scenario_text_line(&text)) {
        scenario_text_word(&text, word);
        image = image || !strncmp(word, "image:", 6);
        name = name || !strncmp(word, "name:", 5); /* every scenario of ours has one */
    }
    return image && !name;
}

static enum status ros_map_load(struct scenario *s, int pick, struct error *err)
{
    if (pick >= 0)
        return error_set(err, STATUS_BAD_INPUT, "%s holds one map; remove the #%d", s->files[0].name, pick);
    enum status status = scenario_map_finish(s, &s->files[0], err);
    if (status)
        return status;
    snprintf(s->name, sizeof s->name, "%.*s", (int)strcspn(s->files[0].name, "."), s->files[0].name);
    snprintf(s->summary, sizeof s->summary, "a ROS map of %d x %d cells, its walls raised", s->map.width,
             s->map.height);
    s->x0_m = s->map.origin.x;
    s->y0_m = s->map.origin.y;
    s->x1_m = s->x0_m + s->map.width * s->map.resolution_m;
    s->y1_m = s->y0_m + s->map.height * s->map.resolution_m;
    s->start.x = s->start.y = s->goal.x = s->goal.y = (double)NAN;
    s->map_given = true;
    return STATUS_OK;
}

const struct scenario_import scenario_import_ros_map = {.name = "map", .is = ros_map_is, .load = ros_map_load};

/* --- all of them ------------------------------------------------------------------------------------------------ */

static const struct scenario_import *const imports[] = {
    &scenario_import_barn, &scenario_import_dynabarn, &scenario_import_movingai_map,
    &scenario_import_movingai_scen, &scenario_import_ros_map,
};

const struct scenario_import *scenario_import_find(const struct scenario_file *file)
{
    for (size_t i = 0; i < COUNT_OF(imports); i++)
        if (imports[i]->is(file))
            return imports[i];
    return NULL;
}

bool scenario_import_begins(const struct scenario_file *file, const char *letters)
{
    struct scenario_text text = scenario_text_open(file);
    char word[SCENARIO_WORD_MAX];
    while (scenario_text_line(&text))
        if (scenario_text_word(&text, word) && *word != '#')
            return !word[1] && strchr(letters, *word);
    return false;
}

enum status scenario_record_find(struct scenario_text *text, const char *letter, int wanted, int *id, struct error *err)
{
    char word[SCENARIO_WORD_MAX];
    int count = 0, low = RECORD_ID_MAX, high = 0;
    while (scenario_text_line(text)) {
        if (!scenario_text_word(text, word) || strcmp(word, letter))
            continue;
        enum status status = scenario_text_whole(text, "the world's id", 0, RECORD_ID_MAX, id, err);
        if (status || wanted < 0 || *id == wanted)
            return status;
        count++;
        low = *id < low ? *id : low;
        high = *id > high ? *id : high;
    }
    if (!count)
        return error_set(err, STATUS_BAD_INPUT,
                         "%s: there is no world in the file, that is no line that begins with %s", text->file,
                         letter);
    return error_set(err, STATUS_BAD_INPUT, "%s: there is no world %d; the file holds %d, from %d to %d", text->file,
                     wanted, count, low, high);
}
