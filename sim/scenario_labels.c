/* camera.labels: finds the network's file, and keeps its bytes for the log. */
#include <stdio.h>
#include <string.h>

#include "logs/file.h"
#include "perception/seeing.h"
#include "sim/scenario_internal.h"

enum { FILE_BYTES_MAX = 32 << 20, PATH_BYTES = 1024 };
static const char prefix[] = "camera/"; /* of the file's name in a log */

static bool is_file(const char *labels)
{
    return *labels && strcmp(labels, "shipped") && strcmp(labels, "off");
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

enum status scenario_labels(struct scenario *s, struct error *err)
{
    const char *labels = s->camera.labels;
    struct bytes bytes = {0};
    char path[PATH_BYTES];
    if (!is_file(labels) || scenario_kept(s, prefix, base_of(labels)))
        return STATUS_OK;
    if (s->is_packed && !s->labels_are_here)
        return error_set(err, STATUS_CORRUPT, "the log holds no copy of %s, which labels its pictures",
                         labels);
    const char *root = s->labels_are_here || *labels == '/' || !s->folder ? "" : s->folder;
    if (snprintf(path, sizeof path, "%s%s", root, labels) >= (int)sizeof path)
        return error_set(err, STATUS_BAD_INPUT, "camera.labels: the path %s%s is too long", root, labels);
    enum status status = file_load(path, FILE_BYTES_MAX, &bytes, err);
    if (!status)
        status = scenario_keep(s, prefix, base_of(labels), &bytes, err);
    bytes_clear(&bytes);
    return status ? error_context(err, "camera.labels (a file, shipped or off)") : STATUS_OK;
}

bool scenario_labels_network(const struct scenario *s, struct scenario_network *network)
{
    const char *labels = s->camera.labels;
    if (!strcmp(labels, "off"))
        return false;
    *network = (struct scenario_network){"the shipped network", seeing_onnx, seeing_onnx_size};
    if (is_file(labels)) {
        const struct scenario_file *file = scenario_kept(s, prefix, base_of(labels));
        ASSERT(file); /* expanded before */
        *network = (struct scenario_network){labels, file->data, file->size};
    }
    return true;
}
