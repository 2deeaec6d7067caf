/* robot.urdf: finds the file and its meshes, and keeps their bytes for the log. */
#include <stdio.h>
#include <string.h>

#include "logs/file.h"
#include "logs/names.h"
#include "sim/assets.h"
#include "sim/scenario_internal.h"
#include "sim/urdf.h"

enum { FILE_BYTES_MAX = 64 << 20, PATH_MAX_BYTES = 1024 };

static const char prefix[] = "robot/"; /* of the files' names in a log */

struct search {
    struct scenario *scenario;
    char folder[PATH_MAX_BYTES]; /* of the URDF, with its last slash */
};

/* --- the URDF --------------------------------------------------------------------------------------------------- */

static bool is_builtin_name(const char *urdf) { return !strchr(urdf, '/') && !strchr(urdf, '.'); }

static enum status builtin_take(const char *name, struct bytes *bytes, struct error *err)
{
    char file[96], hint[96];
    snprintf(file, sizeof file, "%.80s.urdf", name);
    const struct asset *asset = asset_find(file);
    if (asset) {
        bytes_put(bytes, asset->data, asset->size);
        return STATUS_OK;
    }
    names_hint(hint, sizeof hint, name, urdf_builtins, urdf_builtin_count, sizeof *urdf_builtins);
    return error_set(err, STATUS_BAD_INPUT,
                     "no robot is called '%s'%s binnacle list robots names them; a file needs its "
                     "path, such as ./mine.urdf",
                     name, *hint ? hint : ".");
}

static enum status urdf_take(struct search *search, const char *urdf, const struct scenario_file **file,
                             struct error *err)
{
    struct scenario *s = search->scenario;
    ASSERT(*urdf);
    const char *slash = strrchr(urdf, '/'), *base = slash ? slash + 1 : urdf;
    char name[sizeof s->robot.urdf + 8];
    snprintf(name, sizeof name, "%s%s", base, is_builtin_name(urdf) ? ".urdf" : "");
    const char *root = s->urdf_is_here || *urdf == '/' || !s->folder ? "" : s->folder;
    snprintf(search->folder, sizeof search->folder, "%s%.*s", root, (int)(base - urdf), urdf);
    *file = scenario_kept(s, prefix, name);
    if (*file)
        return STATUS_OK;
    if (s->is_packed && !s->urdf_is_here && !is_builtin_name(urdf)) /* somebody may ask a log about another robot */
        return error_set(err, STATUS_CORRUPT, "the log holds no copy of %s, which its robot needs", name);
    struct bytes bytes = {0};
    char path[2 * PATH_MAX_BYTES];
    snprintf(path, sizeof path, "%s%s", search->folder, base);
    enum status status = is_builtin_name(urdf) ? builtin_take(urdf, &bytes, err)
                                               : file_load(path, FILE_BYTES_MAX, &bytes, err);
    if (!status)
        status = scenario_keep(s, prefix, name, &bytes, err);
    *file = scenario_kept(s, prefix, name);
    bytes_clear(&bytes);
    return status;
}

/* --- its meshes ------------------------------------------------------------------------------------------------- */

/* Without scheme, package and steps upwards: the name in a log. */
static const char *mesh_name(const char *uri)
{
    static const char package[] = "package://", file[] = "file://";
    if (!strncmp(uri, package, strlen(package))) {
        const char *slash = strchr(uri + strlen(package), '/');
        return slash ? slash + 1 : uri + strlen(package);
    }
    if (!strncmp(uri, file, strlen(file)))
        uri += strlen(file);
    while (!strncmp(uri, "../", 3) || !strncmp(uri, "./", 2) || *uri == '/')
        uri += *uri == '/' ? 1 : uri[1] == '.' ? 3 : 2;
    return uri;
}

/* Beside the URDF, and where packages have it: URDF in pkg/urdf, meshes in pkg/meshes. */
static enum status mesh_load(const struct search *search, const char *uri, struct bytes *bytes, struct error *err)
{
    static const char *const steps[] = {"", "../", "../../"};
    const char *name = mesh_name(uri), *slash = strrchr(name, '/');
    struct error why = {0};
    char path[2 * PATH_MAX_BYTES];
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        snprintf(path, sizeof path, "%s%s%s", search->folder, steps[i], name);
        if (!file_load(path, FILE_BYTES_MAX, bytes, &why))
            return STATUS_OK;
        bytes_clear(bytes);
    }
    snprintf(path, sizeof path, "%s%s", search->folder, slash ? slash + 1 : name);
    if (!file_load(path, FILE_BYTES_MAX, bytes, &why))
        return STATUS_OK;
    return error_set(err, STATUS_BAD_INPUT,
                     "mesh '%s' is neither at %s%s nor one or two folders up from there, nor beside "
                     "the URDF",
                     uri, search->folder, name);
}

static enum status mesh_take(void *self, const char *uri, const uint8_t **data, size_t *size, struct error *err)
{
    struct search *search = self;
    const struct scenario_file *file = scenario_kept(search->scenario, prefix, mesh_name(uri));
    struct bytes bytes = {0};
    enum status status = STATUS_OK;
    bool on_disk = !search->scenario->is_packed || search->scenario->urdf_is_here;
    if (!file && (!on_disk || is_builtin_name(search->scenario->robot.urdf)))
        return error_set(err, STATUS_CORRUPT, "there is no copy of mesh '%s'", uri);
    if (!file)
        status = mesh_load(search, uri, &bytes, err);
    if (!file && !status && !(status = scenario_keep(search->scenario, prefix, mesh_name(uri), &bytes, err)))
        file = scenario_kept(search->scenario, prefix, mesh_name(uri));
    bytes_clear(&bytes);
    if (status)
        return status;
    *data = file->data;
    *size = file->size;
    return STATUS_OK;
}

enum status scenario_urdf(struct scenario *scenario, struct error *err)
{
    struct robot_config *c = &scenario->robot;
    struct search search = {.scenario = scenario};
    const struct scenario_file *file;
    if (!*c->urdf)
        return STATUS_OK;
    enum status status = urdf_take(&search, c->urdf, &file, err);
    if (status == STATUS_CORRUPT)
        return error_context(err, "%s: robot.urdf", scenario->files[0].name);
    if (status) { /* whoever named the file is to blame, wherever that was */
        struct error why = *err;
        return scenario_refuse(scenario, "robot.urdf", err, "robot.urdf: %s", why.text);
    }
    const struct urdf_options options = {c->left_wheels, c->right_wheels, c->base_link, c->wheel_friction};
    const struct urdf_files files = {mesh_take, &search};
    scenario->robot_model = urdf_load(file->name + strlen(prefix), file->data, file->size, &options, &files, err);
    if (!scenario->robot_model)
        return err->status;
    robot_model_measure(scenario->robot_model, c);
    return STATUS_OK;
}
