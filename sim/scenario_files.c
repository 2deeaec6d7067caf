#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/file.h"
#include "sim/assets.h"
#include "sim/scenario_internal.h"

enum { FILE_BYTES_MAX = 32 << 20 };

static enum status asset_take(const char *name, struct bytes *out, struct error *err)
{
    const struct asset *asset = asset_find(name);
    if (!asset)
        return error_set(err, STATUS_IO, "%s is not among the built-in files", name);
    bytes_put(out, asset->data, asset->size);
    return STATUS_OK;
}

static enum status disk_take(const char *folder, const char *name, struct bytes *out, struct error *err)
{
    char path[1024];
    if (snprintf(path, sizeof path, "%s%s", folder, name) >= (int)sizeof path)
        return error_set(err, STATUS_BAD_INPUT, "the path %s%s is too long", folder, name);
    return file_load(path, FILE_BYTES_MAX, out, err);
}

/* The caller fills its bytes. */
static struct scenario_file *file_add(struct scenario *scenario, const char *name)
{
    ASSERT(scenario->file_count < SCENARIO_FILES_MAX);
    struct scenario_file *file = &scenario->files[scenario->file_count++];
    *file = (struct scenario_file){0};
    snprintf(file->name, sizeof file->name, "%s", name);
    return file;
}

static enum status name_check(const struct scenario *scenario, const char *name, struct error *err)
{
    if (strlen(name) >= sizeof scenario->files->name)
        return error_set(err, STATUS_BAD_INPUT, "the file name %s is too long; at most %zu bytes fit", name,
                         sizeof scenario->files->name - 1);
    if (strchr(name, '/'))
        return error_set(err, STATUS_BAD_INPUT, "%s: files of a scenario lie beside it; write the name without a "
                         "folder", name);
    return STATUS_OK;
}

enum status scenario_take_file(struct scenario *scenario, const char *name, struct scenario_file **taken,
                               struct error *err)
{
    enum status status = name_check(scenario, name, err);
    if (status)
        return status;
    for (size_t i = 0; i < scenario->file_count; i++)
        if (!strcmp(scenario->files[i].name, name)) {
            *taken = &scenario->files[i];
            return STATUS_OK;
        }
    if (scenario->is_packed)
        return error_set(err, STATUS_CORRUPT, "the log holds no copy of %s, which its scenario needs", name);
    if (scenario->file_count == SCENARIO_FILES_MAX)
        return error_set(err, STATUS_BAD_INPUT, "%s: a scenario is made of at most %d files", name, SCENARIO_FILES_MAX);
    struct bytes bytes = {0};
    status = scenario->folder ? disk_take(scenario->folder, name, &bytes, err) : asset_take(name, &bytes, err);
    if (status) {
        bytes_clear(&bytes);
        return status;
    }
    *taken = file_add(scenario, name);
    scenario_file_keep(*taken, &bytes);
    return STATUS_OK;
}

void scenario_pack_files(struct scenario *scenario, const struct scenario_file *files, size_t count)
{
    ASSERT(count <= SCENARIO_FILES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct bytes bytes = {0};
        bytes_put(&bytes, files[i].data, files[i].size);
        bytes_put_u8(&bytes, '\0'); /* text is read by functions that stop there */
        bytes.size--;
        scenario_file_keep(file_add(scenario, files[i].name), &bytes);
    }
    scenario->is_packed = true;
}

void scenario_file_keep(struct scenario_file *file, struct bytes *bytes)
{
    free(file->data);
    file->data = bytes->data;
    file->size = bytes->size;
    *bytes = (struct bytes){0};
}

const struct scenario_file *scenario_kept(const struct scenario *s, const char *prefix, const char *name)
{
    for (size_t i = 0; i < s->file_count; i++)
        if (!strncmp(s->files[i].name, prefix, strlen(prefix)) &&
            !strcmp(s->files[i].name + strlen(prefix), name))
            return &s->files[i];
    return NULL;
}

enum status scenario_keep(struct scenario *s, const char *prefix, const char *name, struct bytes *bytes,
                          struct error *err)
{
    ASSERT(s->file_count > 0 && !scenario_kept(s, prefix, name)); /* [0] is the scenario */
    char full[2 * sizeof s->files->name];
    if (s->file_count == SCENARIO_FILES_MAX)
        return error_set(err, STATUS_BAD_INPUT, "%s: the scenario refers to more than %d files", name,
                         SCENARIO_FILES_MAX);
    if (snprintf(full, sizeof full, "%s%s", prefix, name) >= (int)sizeof s->files->name)
        return error_set(err, STATUS_BAD_INPUT, "the file name %s is too long; at most %zu bytes fit", name,
                         sizeof s->files->name - strlen(prefix) - 1);
    struct scenario_file *file = file_add(s, "");
    memcpy(file->name, full, strlen(full) + 1);
    scenario_file_keep(file, bytes);
    return STATUS_OK;
}
