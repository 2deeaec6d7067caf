/* Loading from bytes or a path, and what can be asked of a model. */
#include "perception/onnx.h"

#include <stdlib.h>
#include <string.h>

#include "logs/file.h"
#include "logs/hash.h"
#include "perception/onnx_inside.h"

static const struct onnx_op_table *const tables[] = {
    &onnx_ops_elementwise, &onnx_ops_view, &onnx_ops_move, &onnx_ops_pick,      &onnx_ops_linear,
    &onnx_ops_conv,        &onnx_ops_pool, &onnx_ops_norm, &onnx_ops_recurrent, &onnx_ops_dropout,
};

const struct onnx_op *onnx_op_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        for (size_t j = 0; j < tables[i]->count; j++)
            if (!strcmp(tables[i]->ops[j].name, name))
                return &tables[i]->ops[j];
    return NULL;
}

const char *onnx_operator_name(size_t index)
{
    const char *name = "";
    /* The next in the alphabet, index + 1 times: there are few. */
    for (size_t step = 0; name && step <= index; step++) {
        const char *next = NULL;
        for (size_t i = 0; i < COUNT_OF(tables); i++)
            for (size_t j = 0; j < tables[i]->count; j++) {
                const char *candidate = tables[i]->ops[j].name;
                if (strcmp(candidate, name) > 0 && (!next || strcmp(candidate, next) < 0))
                    next = candidate;
            }
        name = next;
    }
    return name;
}

static void fill_info(struct onnx_model *model, const void *bytes, size_t size)
{
    struct onnx_info *info = &model->info;
    info->ir_version = model->doc.ir_version;
    info->opset = model->doc.opset;
    info->producer = model->doc.producer;
    info->kernel = model->kernel->name;
    info->file_bytes = size;
    info->nodes = model->node_count;
    hash_sha256(bytes, size, info->sha256);
}

static enum status load(struct onnx_model *model, const void *bytes, size_t size, const struct onnx_options *options,
                        const char *folder, struct error *err)
{
    model->err = err; /* so that every operator can refuse */
    model->int8_weights = options->int8_weights;
    model->kernel = options->kernel ? kernel_named(options->kernel) : kernel_best();
    if (!model->kernel)
        return error_set(err, STATUS_BAD_INPUT, "%s: this processor cannot run the kernels '%s'", model->name,
                         options->kernel);
    enum status status = onnx_doc_read(bytes, size, model->name, folder, &model->arena, &model->doc, err);
    if (!status)
        status = onnx_graph_build(model, options);
    if (!status)
        status = onnx_plan_memory(model);
    if (!status)
        fill_info(model, bytes, size);
    model->err = NULL;
    return status;
}

static struct onnx_model *load_named(const void *bytes, size_t size, const char *name,
                                     const struct onnx_options *options, const char *folder, struct error *err)
{
    static const struct onnx_options none = {0};
    struct error fresh = {0}; /* the caller's may still hold an older failure */
    struct onnx_model *model = NEW(struct onnx_model);
    model->name = memory_string(name);
    if (!load(model, bytes, size, options ? options : &none, folder, &fresh))
        return model;
    ASSERT(fresh.status);
    for (char *c = fresh.text; *c; c++) /* names come from the file: they shall not steer a terminal */
        *c = (unsigned char)*c < ' ' || *c == 127 ? '?' : *c;
    if (err)
        *err = fresh;
    onnx_destroy(&model);
    return NULL;
}

struct onnx_model *onnx_load(const void *bytes, size_t size, const char *name, const struct onnx_options *options,
                             struct error *err)
{
    return load_named(bytes, size, name, options, options ? options->folder : NULL, err);
}

struct onnx_model *onnx_load_file(const char *path, const struct onnx_options *options, struct error *err)
{
    struct bytes bytes = {0};
    struct onnx_model *model = NULL;
    const char *slash = strrchr(path, '/');
    char *folder = memory_string(slash ? path : ".");
    /* Weights beside the model are looked for where it lies. */
    if (slash)
        folder[slash == path ? 1 : slash - path] = '\0';
    if (!file_load(path, ONNX_BYTES_MAX, &bytes, err))
        model = load_named(bytes.data, bytes.size, path, options, options && options->folder ? options->folder : folder,
                           err);
    bytes_clear(&bytes);
    free(folder);
    return model;
}

void onnx_destroy(struct onnx_model **model)
{
    if (!*model)
        return;
    arena_clear(&(*model)->arena);
    free((*model)->name);
    free(*model);
    *model = NULL;
}

size_t onnx_input_count(const struct onnx_model *model) { return model->input_count; }
size_t onnx_output_count(const struct onnx_model *model) { return model->output_count; }

const struct onnx_tensor *onnx_input(const struct onnx_model *model, size_t index)
{
    ASSERT(index < model->input_count);
    return &model->values[model->inputs[index]].tensor;
}

const struct onnx_tensor *onnx_output(const struct onnx_model *model, size_t index)
{
    ASSERT(index < model->output_count);
    return &model->values[model->outputs[index]].tensor;
}

size_t onnx_find_input(const struct onnx_model *model, const char *name)
{
    size_t i = 0;
    while (i < model->input_count && strcmp(onnx_input(model, i)->name, name))
        i++;
    return i;
}

size_t onnx_find_output(const struct onnx_model *model, const char *name)
{
    size_t i = 0;
    while (i < model->output_count && strcmp(onnx_output(model, i)->name, name))
        i++;
    return i;
}

const struct onnx_info *onnx_info(const struct onnx_model *model) { return &model->info; }

const char *onnx_operator_used(const struct onnx_model *model, size_t index, size_t *times)
{
    const char *name;
    size_t used = 0;
    for (size_t i = 0; (name = onnx_operator_name(i)); i++) {
        *times = 0;
        for (size_t j = 0; j < model->node_count; j++)
            *times += !strcmp(model->nodes[j].doc->operation, name);
        if (*times && used++ == index)
            return name;
    }
    return NULL;
}

const char *onnx_metadata(const struct onnx_model *model, const char *key)
{
    for (size_t i = 0; i < model->doc.metadata_count; i++)
        if (!strcmp(model->doc.metadata[i][0], key))
            return model->doc.metadata[i][1];
    return NULL;
}
