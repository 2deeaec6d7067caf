#include "sim/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/names.h"
#include "sim/material.h"
#include "sim/robot_model.h"
#include "sim/scenario_internal.h"

const char *const scenario_builtin_names[] = {
    "office", "corridor", "clutter", "glass", "wet-floor", "dark", "low-boxes", "black-sofa", "crowd", "doorway",
    "blind-corner", "ramp", "slippery", "warehouse", "kerb", "maze"};
const size_t scenario_builtin_count = COUNT_OF(scenario_builtin_names);

/* `seed` NULL: not known yet; what is drawn then serves to find mistakes early. */
static enum status yaml_take(struct scenario *scenario, const uint64_t *seed, struct error *err)
{
    const struct scenario_file *file = &scenario->files[0];
    char map_file[64];
    struct arena arena = {0};
    const struct scenario_node *root = scenario_yaml_parse(&arena, file->name, file->data, file->size, err);
    if (root)
        root = scenario_random(&arena, root, seed ? *seed : 0, scenario, err);
    enum status status = root ? scenario_read(scenario, root, map_file, err) : STATUS_BAD_INPUT;
    arena_clear(&arena);
    scenario->is_random = scenario->draw_count > 0;
    if (!status && *map_file && (seed || !scenario->is_random)) {
        status = scenario_map_take(scenario, map_file, err);
        if (status)
            status = scenario_refuse_file(file, "map", err);
    }
    return status;
}

/* `pick`: the record of a file that holds many, -1 if none is named. */
static enum status scenario_take(struct scenario *scenario, const char *name, int pick, struct error *err)
{
    struct scenario_file *file;
    enum status status = scenario_take_file(scenario, name, &file, err);
    if (status)
        return status;
    scenario->import = scenario_import_find(file);
    if (scenario->import) {
        scenario_defaults(scenario);
        return scenario->import->load(scenario, pick, err);
    }
    if (pick >= 0)
        return error_set(err, STATUS_BAD_INPUT, "%s holds one scenario; remove the #%d", name, pick);
    return yaml_take(scenario, NULL, err);
}

enum status scenario_redraw(struct scenario *scenario, uint64_t seed, struct error *err)
{
    struct scenario *old = NEW(struct scenario);
    *old = *scenario;
    *scenario = (struct scenario){.file_count = old->file_count, .folder = old->folder, .is_packed = old->is_packed};
    memcpy(scenario->files, old->files, sizeof old->files);
    old->file_count = 0;
    old->folder = NULL;
    enum status status = yaml_take(scenario, &seed, err);
    for (size_t i = 0; i < old->set_count && !status; i++)
        status = scenario_set(scenario, old->sets[i], err);
    scenario_destroy(&old);
    return status;
}

struct solid *scenario_add_solid(struct scenario *scenario, const char *name)
{
    size_t count = scenario->solid_count;
    if (count == SCENARIO_SOLIDS_MAX)
        return NULL;
    if (!(count & (count - 1))) /* room for the next power of two */
        scenario->solids = memory_resize(scenario->solids, count ? 2 * count : 1, sizeof *scenario->solids);
    struct solid *solid = &scenario->solids[scenario->solid_count++];
    *solid = (struct solid){.pose = {.orientation = {0, 0, 0, 1}}};
    snprintf(solid->name, sizeof solid->name, "%s", name);
    return solid;
}

struct actor *scenario_add_actor(struct scenario *scenario, enum actor_kind kind, const char *name)
{
    static const char *const materials[ACTOR_KIND_COUNT] = {
        [ACTOR_WALKER] = "person", [ACTOR_PEDESTRIAN] = "person", [ACTOR_CHILD] = "person",
        [ACTOR_CART] = "metal",    [ACTOR_DOOR] = "wood",
    };
    ASSERT(kind < ACTOR_KIND_COUNT);
    if (scenario->actor_count == SCENARIO_ACTORS_MAX)
        return NULL;
    struct actor *actor = &scenario->actors[scenario->actor_count++];
    *actor = (struct actor){.kind = kind, .material = material_find(materials[kind]),
                            .group = scenario->actor_count - 1};
    snprintf(actor->name, sizeof actor->name, "%s", name);
    return actor;
}

/* "worlds.txt#123": the number, and where it begins; -1 if the path does not end like that. */
static int path_pick(const char *path, size_t *length)
{
    const char *hash = strrchr(path, '#');
    *length = strlen(path);
    if (!hash || !hash[1] || strlen(hash) > 10 || strspn(hash + 1, "0123456789") != strlen(hash + 1))
        return -1;
    *length = (size_t)(hash - path);
    return atoi(hash + 1);
}

/* Takes an empty scenario that knows where its files are. */
static struct scenario *taken(struct scenario *scenario, const char *name, int pick, struct error *err)
{
    if (scenario_take(scenario, name, pick, err))
        scenario_destroy(&scenario);
    return scenario;
}

static struct scenario *path_load(const char *path, struct error *err)
{
    size_t length;
    int pick = path_pick(path, &length);
    char *whole = memory_string(path), *slash = strrchr(whole, '/');
    whole[length] = '\0';
    char *name = memory_string(slash ? slash + 1 : whole);
    whole[slash ? slash + 1 - whole : 0] = '\0';
    struct scenario *scenario = NEW(struct scenario);
    scenario->folder = whole;
    scenario = taken(scenario, name, pick, err);
    free(name);
    return scenario;
}

struct scenario *scenario_load(const char *name_or_path, struct error *err)
{
    if (strchr(name_or_path, '/') || strchr(name_or_path, '.'))
        return path_load(name_or_path, err);
    char name[64], list[256] = "";
    size_t length = 0;
    for (size_t i = 0; i < scenario_builtin_count; i++) {
        if (!strcmp(scenario_builtin_names[i], name_or_path)) {
            snprintf(name, sizeof name, "%s.yaml", name_or_path);
            return taken(NEW(struct scenario), name, -1, err);
        }
        ASSERT(length < sizeof list);
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", i ? ", " : "",
                                   scenario_builtin_names[i]);
    }
    char hint[96];
    names_hint(hint, sizeof hint, name_or_path, scenario_builtin_names, scenario_builtin_count,
               sizeof *scenario_builtin_names);
    error_set(err, STATUS_BAD_INPUT, "no scenario is called '%s'%s The built-in ones are %s; a file needs its path, "
              "such as ./mine.yaml", name_or_path, *hint ? hint : ".", list);
    return NULL;
}

struct scenario *scenario_unpack(const struct scenario_file *files, size_t count, struct error *err)
{
    if (!count) {
        error_set(err, STATUS_CORRUPT, "the log holds no scenario");
        return NULL;
    }
    struct scenario *scenario = NEW(struct scenario);
    scenario_pack_files(scenario, files, count);
    return taken(scenario, files[0].name, -1, err);
}

void scenario_destroy(struct scenario **scenario)
{
    struct scenario *old = *scenario;
    *scenario = NULL;
    if (!old)
        return;
    for (size_t i = 0; i < old->file_count; i++)
        free(old->files[i].data);
    for (size_t i = 0; i < old->actor_count; i++)
        spline_destroy(&old->actors[i].spline);
    for (size_t i = 0; i < old->draw_count; i++) {
        free(old->draws[i].path);
        free(old->draws[i].value);
    }
    for (size_t i = 0; i < old->set_count; i++)
        free(old->sets[i]);
    free(old->draws);
    free(old->sets);
    free(old->folder);
    free(old->solids);
    arena_clear(&old->shapes);
    robot_model_destroy(&old->robot_model);
    free(old->map_cells);
    free(old);
}

bool scenario_section_applies(const struct scenario *scenario, const struct scenario_section *section)
{
    return !section->only_for || (scenario->import && !strcmp(scenario->import->name, section->only_for));
}

/* "lidar.range_max_m" or "goal.x": the rows to look in and the name there. */
static enum status key_resolve(const struct scenario *scenario, const char *key, const struct scenario_section *task,
                               const struct scenario_section **section, const char **name, struct error *err)
{
    const char *dot = strchr(key, '.');
    *section = task;
    *name = key;
    if (scenario_field_find(key, task->rows, task->row_count, sizeof *task->rows) < task->row_count)
        return STATUS_OK;
    char group[32], hint[96];
    snprintf(group, sizeof group, "%.*s", dot ? (int)(dot - key) : (int)strlen(key), key);
    size_t i = scenario_field_find(group, scenario_section_table, scenario_section_count,
                                   sizeof *scenario_section_table);
    bool ours = i < scenario_section_count && scenario_section_applies(scenario, &scenario_section_table[i]);
    if (dot && ours) {
        *section = &scenario_section_table[i];
        *name = dot + 1;
        return STATUS_OK;
    }
    if (i < scenario_section_count && !ours)
        return error_set(err, STATUS_BAD_INPUT, "%s is not for %s but for imported files that have it", key,
                         scenario->files[0].name);
    names_hint(hint, sizeof hint, key, task->rows, task->row_count, sizeof *task->rows);
    if (!*hint)
        names_hint(hint, sizeof hint, group, scenario_section_table, scenario_section_count,
                   sizeof *scenario_section_table);
    return error_set(err, STATUS_BAD_INPUT, "nothing in a scenario is called '%s'%s", key, hint);
}

enum status scenario_set(struct scenario *scenario, const char *assignment, struct error *err)
{
    const struct scenario_section task = {.name = "task", .rows = scenario_task_rows,
                                          .row_count = scenario_task_row_count};
    const struct scenario_section *section;
    const char *name, *equals = strchr(assignment, '=');
    char key[96];
    if (!equals || equals == assignment || equals - assignment >= (long)sizeof key)
        return error_set(err, STATUS_BAD_INPUT, "'%s' is not SECTION.KEY=VALUE, such as lidar.range_max_m=5",
                         assignment);
    snprintf(key, sizeof key, "%.*s", (int)(equals - assignment), assignment);
    enum status status = key_resolve(scenario, key, &task, &section, &name, err);
    if (status)
        return status;
    status = param_set(section->rows, section->row_count, (char *)scenario + section->offset, name, equals + 1, err);
    if (status)
        return section != &task ? error_context(err, "%s", section->name) : status;
    scenario->urdf_is_here |= !strcmp(key, "robot.urdf");
    scenario->labels_are_here |= !strcmp(key, "camera.labels");
    scenario->sets = memory_resize(scenario->sets, scenario->set_count + 1, sizeof *scenario->sets);
    scenario->sets[scenario->set_count++] = memory_string(assignment);
    return STATUS_OK;
}
