#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/scenario_internal.h"

/* The file is read once more: this happens once, and the tree need not be kept for it. */
static bool place_find(const struct scenario_file *file, const char *paths, char *place, size_t size)
{
    struct arena arena = {0};
    const struct scenario_node *found = NULL;
    const struct scenario_node *root = scenario_yaml_parse(&arena, file->name, file->data, file->size, NULL);
    for (const char *path = paths; root && !found && *path; path += strcspn(path, " "), path += *path == ' ')
        found = scenario_yaml_find(root, path);
    if (found)
        snprintf(place, size, "%s:%zu:%zu", file->name, found->line, found->column);
    arena_clear(&arena);
    return found != NULL;
}

/* Was the key given on the command line, so that its place in the file is not to blame? */
static bool was_set(const struct scenario *scenario, const char *paths)
{
    size_t length = strcspn(paths, " ");
    for (size_t i = 0; i < scenario->set_count; i++) /* start.x=1 overrides start */
        if (!strncmp(scenario->sets[i], paths, length) && strchr("=.", scenario->sets[i][length]))
            return true;
    return false;
}

enum status scenario_refuse(const struct scenario *scenario, const char *paths, struct error *err, const char *format,
                            ...)
{
    ASSERT(scenario->file_count);
    char sentence[512], place[176];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (scenario->import || was_set(scenario, paths) || !place_find(&scenario->files[0], paths, place, sizeof place))
        snprintf(place, sizeof place, "%s", scenario->files[0].name);
    return error_set(err, STATUS_BAD_INPUT, "%s: %s", place, sentence);
}

enum status scenario_refuse_file(const struct scenario_file *yaml, const char *key, struct error *err)
{
    char place[176];
    if (!err)
        return STATUS_BAD_INPUT;
    ASSERT(err->status != STATUS_OK);
    if (err->status == STATUS_IO)
        err->status = STATUS_BAD_INPUT;
    if (!place_find(yaml, key, place, sizeof place))
        return err->status;
    return error_context(err, "%s: %s", place, key);
}
