/* A run: one block of memory, a table of where each value lies in it, and the steps in order. */
#include <stdlib.h>
#include <string.h>

#include "perception/onnx_inside.h"

struct onnx_run {
    const struct onnx_model *model;
    void *block;
    uint8_t *arena; /* in the block, aligned to a cache line */
    void **data;    /* by value */
};

enum { LINE = 64 };

struct onnx_run *onnx_run_create(const struct onnx_model *model)
{
    ASSERT(model->info.arena_bytes <= ONNX_BYTES_MAX);
    struct onnx_run *run = NEW(struct onnx_run);
    run->model = model;
    run->block =
        memory_new(1, model->info.arena_bytes + LINE + KERNEL_PANEL * sizeof(float)); /* kernels read a little past */
    run->arena = (uint8_t *)(((uintptr_t)run->block + LINE - 1) / LINE * LINE);
    run->data = NEW_ARRAY(model->value_count, void *);
    for (size_t i = 0; i < model->value_count; i++) {
        int32_t root = onnx_value_root(model, (int32_t)i);
        run->data[i] = model->data[i] ? model->data[i] : run->arena + model->values[root].offset;
    }
    return run;
}

void onnx_run_destroy(struct onnx_run **run)
{
    if (!*run)
        return;
    free((*run)->data);
    free((*run)->block);
    free(*run);
    *run = NULL;
}

void *onnx_run_input_bytes(struct onnx_run *run, size_t index)
{
    ASSERT(index < run->model->input_count);
    return run->data[run->model->inputs[index]];
}

const void *onnx_run_output_bytes(const struct onnx_run *run, size_t index)
{
    ASSERT(index < run->model->output_count);
    return run->data[run->model->outputs[index]];
}

float *onnx_run_input(struct onnx_run *run, size_t index)
{
    ASSERT(onnx_input(run->model, index)->type == ONNX_F32);
    return onnx_run_input_bytes(run, index);
}

const float *onnx_run_output(const struct onnx_run *run, size_t index)
{
    ASSERT(onnx_output(run->model, index)->type == ONNX_F32);
    return onnx_run_output_bytes(run, index);
}

enum status onnx_run_forward(struct onnx_run *run, struct error *err)
{
    const struct onnx_model *model = run->model;
    for (size_t i = 0; i < model->info.steps; i++) {
        const struct onnx_node *node = &model->nodes[model->steps[i]];
        struct onnx_call call = {model, node, run->data, run->arena + node->scratch_offset};
        ASSERT(node->op->run && node->scratch_offset + node->scratch_bytes <= model->info.arena_bytes);
        const char *fault = node->op->run(&call);
        if (fault)
            return error_set(err, STATUS_BAD_INPUT, "%s: node '%s' (%s, number %zu): %s", model->name, node->doc->name,
                             node->doc->operation, node->position + 1, fault);
    }
    return STATUS_OK;
}
