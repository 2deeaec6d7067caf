#include "sim/urdf.h"

#include <stdlib.h>

#include "sim/urdf_internal.h"

const struct urdf_builtin urdf_builtins[] = {
    {"turtlebot-like", "a small two-wheeler on a caster ball: 1 kg, 0.22 m/s"},
    {"jackal-like", "four driven wheels that skid to turn: 17 kg, 2 m/s"},
};
const size_t urdf_builtin_count = COUNT_OF(urdf_builtins);

struct robot_model *urdf_load(const char *file, const uint8_t *data, size_t size, const struct urdf_options *options,
                              const struct urdf_files *files, struct error *err)
{
    ASSERT(file && options->left_wheels && options->right_wheels && options->base_link && files->take);
    struct arena arena = {0}; /* of the file's tree; the model keeps its own copies */
    struct robot_model *model = NULL;
    const struct xml_node *root = xml_parse(&arena, file, data, size, err);
    if (root) {
        struct urdf *urdf = NEW(struct urdf);
        urdf->arena = &arena;
        urdf->robot = root;
        model = NEW(struct robot_model);
        if (urdf_read(urdf, files, err) || urdf_tree(urdf, options, err) || urdf_model(urdf, options, model, err))
            robot_model_destroy(&model);
        free(urdf);
    }
    arena_clear(&arena);
    return model;
}
