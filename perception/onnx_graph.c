/* doc -> values and nodes: who produces what, types, shapes, and everything that is constant computed right away. */
#include <stdlib.h>
#include <string.h>

#include "logs/bytes.h"
#include "logs/hash.h"
#include "logs/names.h"
#include "perception/onnx_inside.h"

static const uint64_t FOLD_WORK_MAX = 1 << 28; /* constants may not take more than a moment; more is left for the run */

#define REFUSE(model, ...) error_set((model)->err, STATUS_BAD_INPUT, __VA_ARGS__)

/* --- names ------------------------------------------------------------------------------------------------------ */

static uint32_t *name_slot(const struct onnx_model *model, const char *name)
{
    ASSERT(model->name_slot_count > model->value_count); /* a free slot ends every search */
    size_t at = hash_text(HASH_START, name) & (model->name_slot_count - 1);
    while (model->name_slots[at] && strcmp(model->values[model->name_slots[at] - 1].tensor.name, name))
        at = (at + 1) & (model->name_slot_count - 1);
    return &model->name_slots[at];
}

static int32_t value_find(const struct onnx_model *model, const char *name)
{
    return (int32_t)*name_slot(model, name) - 1;
}

/* ONNX_ABSENT after refusing a name that is taken. */
static int32_t value_add(struct onnx_model *model, const struct onnx_tensor *tensor)
{
    uint32_t *slot = name_slot(model, tensor->name);
    if (*slot) {
        REFUSE(model, "%s: the name '%s' is given to two values", model->name, tensor->name);
        return ONNX_ABSENT;
    }
    ASSERT(model->value_count < model->value_room);
    int32_t index = (int32_t)model->value_count++;
    model->values[index] = (struct onnx_value){.tensor = *tensor, .root = index};
    *slot = (uint32_t)index + 1;
    return index;
}

/* Room for every value there can be, so that pointers to values stay good. */
static void values_init(struct onnx_model *model)
{
    const struct onnx_doc *doc = &model->doc;
    size_t count = doc->initializer_count + doc->input_count;
    for (size_t i = 0; i < doc->node_count; i++)
        count += doc->nodes[i].output_count;
    model->value_room = count;
    model->values = arena_new(&model->arena, count, sizeof *model->values);
    model->data = arena_new(&model->arena, count, sizeof *model->data);
    for (model->name_slot_count = 16; model->name_slot_count < 2 * count;)
        model->name_slot_count *= 2;
    model->name_slots = arena_new(&model->arena, model->name_slot_count, sizeof *model->name_slots);
}

/* --- initialisers and inputs ------------------------------------------------------------------------------------ */

static enum status add_constant(struct onnx_model *model, const struct onnx_constant *constant)
{
    int32_t value = value_add(model, &constant->tensor);
    if (value == ONNX_ABSENT)
        return model->err->status;
    model->data[value] = (void *)(uintptr_t)constant->data;
    if (constant->tensor.type == ONNX_F32)
        model->info.parameters += constant->tensor.count;
    return STATUS_OK;
}

static enum status fix_dims(struct onnx_model *model, const struct onnx_doc_value *declared,
                            const struct onnx_options *options, struct onnx_tensor *tensor)
{
    for (int i = 0; i < tensor->rank; i++) {
        const char *symbol = declared->symbols[i] ? declared->symbols[i] : "";
        if (tensor->dims[i] >= 0)
            continue;
        for (size_t j = 0; j < options->dim_count; j++)
            if (*symbol && !strcmp(options->dims[j].name, symbol))
                tensor->dims[i] = options->dims[j].size;
        if (tensor->dims[i] < 0 && i == 0)
            tensor->dims[i] = 1;
        if (tensor->dims[i] < 0)
            return REFUSE(model,
                          "%s: axis %d of input '%s' has no fixed size%s%s%s; export it with one, or name its size",
                          model->name, i, tensor->name, *symbol ? " ('" : "", symbol, *symbol ? "')" : "");
    }
    return STATUS_OK;
}

static enum status add_given(struct onnx_model *model, const struct onnx_given *given)
{
    struct onnx_constant constant = {.tensor = given->tensor};
    size_t bytes;
    if (!onnx_tensor_measure(&constant.tensor))
        return REFUSE(model, "%s: the value given for '%s' is too large", model->name, given->tensor.name);
    bytes = constant.tensor.count * onnx_type_size(constant.tensor.type);
    constant.tensor.name = arena_string(&model->arena, given->tensor.name, strlen(given->tensor.name));
    void *copy = arena_new(&model->arena, bytes, 1);
    if (bytes)
        memcpy(copy, given->data, bytes);
    constant.data = copy;
    return add_constant(model, &constant);
}

static enum status add_input(struct onnx_model *model, const struct onnx_doc_value *declared,
                             const struct onnx_options *options)
{
    struct onnx_tensor tensor = declared->tensor;
    if (value_find(model, tensor.name) != ONNX_ABSENT && model->data[value_find(model, tensor.name)])
        return STATUS_OK; /* an initialiser is this input's default; older files list all of them so */
    for (size_t i = 0; i < options->given_count; i++)
        if (!strcmp(options->given[i].tensor.name, tensor.name))
            return add_given(model, &options->given[i]);
    if (!*tensor.name || tensor.type == ONNX_NONE || !declared->has_shape)
        return REFUSE(model, "%s: input '%s' has no name, type or shape", model->name, tensor.name);
    if (fix_dims(model, declared, options, &tensor))
        return model->err->status;
    if (!onnx_tensor_measure(&tensor))
        return REFUSE(model, "%s: input '%s' of shape %s is impossible or larger than %d MB", model->name, tensor.name,
                      onnx_shape(&tensor).text, ONNX_BYTES_MAX >> 20);
    int32_t value = value_add(model, &tensor);
    if (value == ONNX_ABSENT)
        return model->err->status;
    model->values[value].is_fixed = true;
    model->inputs[model->input_count++] = value;
    return STATUS_OK;
}

/* --- nodes ------------------------------------------------------------------------------------------------------ */

static enum status refuse_operator(struct onnx_model *model, const struct onnx_node *node)
{
    const char *names[128];
    struct bytes list = {0};
    char hint[96];
    size_t count = 0;
    for (; count < COUNT_OF(names) && (names[count] = onnx_operator_name(count)); count++)
        bytes_format(&list, "%s%s", count ? " " : "", names[count]);
    names_hint(hint, sizeof hint, node->doc->operation, names, count, sizeof *names);
    enum status status = onnx_refuse(model, node, "this operator%s%s%s is not supported%s; supported are: %s",
                                     *node->doc->domain ? " of domain '" : "", node->doc->domain,
                                     *node->doc->domain ? "'" : "", hint, (char *)list.data);
    bytes_clear(&list);
    return status;
}

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; *at;) {
        size_t here = strcspn(at, " ");
        if (here == length && !memcmp(at, word, length))
            return true;
        at += here + (at[here] == ' ');
    }
    return false;
}

static enum status check_form(struct onnx_model *model, const struct onnx_node *node)
{
    const struct onnx_doc_node *doc = node->doc;
    const struct onnx_op *op = node->op;
    if (model->doc.opset < op->since)
        return onnx_refuse(model, node, "its form of operator set %lld and later is supported, but the file uses %lld",
                           (long long)op->since, (long long)model->doc.opset);
    if (node->input_count < op->inputs_min || node->input_count > op->inputs_max)
        return onnx_refuse(model, node, "it has %d inputs, but %d to %d are supported", node->input_count,
                           op->inputs_min, op->inputs_max);
    if (node->output_count < 1 || node->output_count > op->outputs_max)
        return onnx_refuse(model, node, "it has %d outputs, but 1 to %d are supported", node->output_count,
                           op->outputs_max);
    for (int i = 0; i < op->inputs_min; i++)
        if (!onnx_has(node, i))
            return onnx_refuse(model, node, "input %d is missing", i);
    if (!onnx_wants(node, 0) && !(op->traits & ONNX_FIRST_OPTIONAL))
        return onnx_refuse(model, node, "its first output has no name");
    for (size_t i = 0; i < doc->attribute_count; i++)
        if (!has_word(op->attributes, doc->attributes[i].name))
            return onnx_refuse(model, node, "the attribute '%s' is not supported; supported are: %s",
                               doc->attributes[i].name, *op->attributes ? op->attributes : "none");
    if (onnx_has(node, 0) && !(op->first_types >> onnx_in(model, node, 0)->type & 1))
        return onnx_refuse(model, node, "its input is %s; supported is %s%s",
                           onnx_type_name(onnx_in(model, node, 0)->type), op->first_types & TYPES_F32 ? "float32" : "",
                           op->first_types & 1u << ONNX_I64 ? " or int64" : "");
    return STATUS_OK;
}

/* Names that are not there yet: is somebody going to produce them later? */
static enum status refuse_input(struct onnx_model *model, const struct onnx_node *node, const char *name)
{
    for (size_t i = node->position; i < model->doc.node_count; i++)
        for (size_t j = 0; j < model->doc.nodes[i].output_count; j++)
            if (!strcmp(model->doc.nodes[i].outputs[j], name))
                return onnx_refuse(model, node,
                                   "its input '%s' comes from node number %zu, which is not before it: the graph "
                                   "has a cycle or is out of order",
                                   name, i + 1);
    return onnx_refuse(model, node,
                       "its input '%s' is neither an input of the model, nor an initialiser, nor any node's output",
                       name);
}

static enum status connect(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_doc_node *doc = node->doc;
    node->input_count = (int)doc->input_count;
    node->output_count = (int)doc->output_count;
    node->inputs = arena_new(&model->arena, doc->input_count, sizeof *node->inputs);
    node->outputs = arena_new(&model->arena, doc->output_count, sizeof *node->outputs);
    for (size_t i = 0; i < doc->input_count; i++) {
        const char *name = doc->inputs[i];
        node->inputs[i] = *name ? value_find(model, name) : ONNX_ABSENT;
        if (*name && node->inputs[i] == ONNX_ABSENT)
            return refuse_input(model, node, name);
    }
    for (size_t i = 0; i < doc->output_count; i++) {
        struct onnx_tensor tensor = {.name = doc->outputs[i]};
        node->outputs[i] = *tensor.name ? value_add(model, &tensor) : ONNX_ABSENT;
        if (*tensor.name && node->outputs[i] == ONNX_ABSENT)
            return error_context(model->err, "node '%s' (%s)", doc->name, doc->operation);
    }
    return STATUS_OK;
}

static bool all_constant(const struct onnx_model *model, const int32_t *values, int count)
{
    for (int i = 0; i < count; i++)
        if (values[i] != ONNX_ABSENT && !model->data[values[i]])
            return false;
    return true;
}

/* Runs a node whose inputs are all known, once, now. */
static enum status fold(struct onnx_model *model, struct onnx_node *node)
{
    for (int i = 0; i < node->output_count; i++) {
        const struct onnx_tensor *tensor =
            node->outputs[i] == ONNX_ABSENT ? NULL : &model->values[node->outputs[i]].tensor;
        if (!tensor)
            continue;
        model->data[node->outputs[i]] =
            onnx_keep(model, node, tensor->count + KERNEL_SLACK, onnx_type_size(tensor->type));
        if (!model->data[node->outputs[i]])
            return model->err->status;
    }
    ASSERT(node->op->run && !node->runs);
    struct onnx_call call = {model, node, model->data, memory_new(node->scratch_bytes + 64, 1)};
    const char *fault = node->op->run(&call);
    free(call.scratch);
    return fault ? onnx_refuse(model, node, "%s", fault) : STATUS_OK;
}

/* Numbers read, written and multiplied. */
static uint64_t work_of(const struct onnx_model *model, const struct onnx_node *node)
{
    uint64_t work = node->multiply_adds < FOLD_WORK_MAX ? node->multiply_adds : FOLD_WORK_MAX;
    work += node->taps < FOLD_WORK_MAX ? node->taps : FOLD_WORK_MAX;
    for (int i = 0; i < node->input_count; i++)
        work += node->inputs[i] == ONNX_ABSENT ? 0 : model->values[node->inputs[i]].tensor.count;
    for (int i = 0; i < node->output_count; i++)
        work += node->outputs[i] == ONNX_ABSENT ? 0 : model->values[node->outputs[i]].tensor.count;
    return work;
}

static enum status settle(struct onnx_model *model, struct onnx_node *node)
{
    if (node->op->infer(model, node))
        return model->err->status;
    if (all_constant(model, node->outputs, node->output_count))
        return STATUS_OK;
    if (!node->op->run || (node->op->traits & ONNX_VIEW_UNPLANNED && !node->plan)) {
        model->values[node->outputs[0]].root = onnx_value_root(model, node->inputs[0]);
        model->data[node->outputs[0]] = model->data[node->inputs[0]];
        return STATUS_OK;
    }
    if (node->op->prepare && node->op->prepare(model, node))
        return model->err->status;
    if (all_constant(model, node->inputs, node->input_count) &&
        model->fold_work + work_of(model, node) <= FOLD_WORK_MAX) {
        model->fold_work += work_of(model, node);
        return fold(model, node);
    }
    node->runs = true;
    return STATUS_OK;
}

static enum status add_node(struct onnx_model *model, size_t position)
{
    struct onnx_node *node = &model->nodes[position];
    node->doc = &model->doc.nodes[position];
    node->position = position;
    bool ours = !*node->doc->domain || !strcmp(node->doc->domain, "ai.onnx");
    node->op = ours ? onnx_op_find(node->doc->operation) : NULL;
    if (!node->op)
        return refuse_operator(model, node);
    enum status status = connect(model, node);
    if (!status)
        status = check_form(model, node);
    return status ? status : settle(model, node);
}

/* --- outputs ---------------------------------------------------------------------------------------------------- */

static enum status add_output(struct onnx_model *model, const struct onnx_doc_value *declared)
{
    int32_t value = value_find(model, declared->tensor.name);
    if (value == ONNX_ABSENT)
        return REFUSE(model, "%s: the output '%s' is produced by nobody", model->name, declared->tensor.name);
    const struct onnx_tensor *tensor = &model->values[value].tensor;
    bool same = declared->tensor.type == ONNX_NONE || declared->tensor.type == tensor->type;
    if (declared->has_shape) {
        same = same && declared->tensor.rank == tensor->rank;
        for (int i = 0; same && i < tensor->rank; i++)
            same = declared->tensor.dims[i] < 0 || declared->tensor.dims[i] == tensor->dims[i];
    }
    if (!same)
        return REFUSE(model, "%s: the output '%s' is declared as %s %s, but computed as %s %s", model->name,
                      tensor->name, onnx_type_name(declared->tensor.type), onnx_shape(&declared->tensor).text,
                      onnx_type_name(tensor->type), onnx_shape(tensor).text);
    for (size_t i = 0; i < model->output_count; i++)
        if (model->outputs[i] == value)
            return REFUSE(model, "%s: the output '%s' is listed twice", model->name, tensor->name);
    ASSERT(model->output_count < model->doc.output_count);
    model->values[onnx_value_root(model, value)].is_fixed = true;
    model->outputs[model->output_count++] = value;
    return STATUS_OK;
}

/* Steps nobody needs are dropped; the rest, in order, is what a run does. */
static void keep_needed(struct onnx_model *model)
{
    bool *needed = memory_new(model->value_count + 1, sizeof *needed);
    size_t count = 0;
    for (size_t i = 0; i < model->output_count; i++)
        needed[onnx_value_root(model, model->outputs[i])] = true;
    for (size_t i = model->node_count; i-- > 0;) {
        struct onnx_node *node = &model->nodes[i];
        bool wanted = false;
        for (int j = 0; j < node->output_count; j++)
            wanted |= node->outputs[j] != ONNX_ABSENT && needed[onnx_value_root(model, node->outputs[j])];
        node->runs = node->runs && wanted;
        for (int j = 0; node->runs && j < node->input_count; j++)
            if (node->inputs[j] != ONNX_ABSENT)
                needed[onnx_value_root(model, node->inputs[j])] = true;
    }
    model->steps = arena_new(&model->arena, model->node_count, sizeof *model->steps);
    for (size_t i = 0; i < model->node_count; i++)
        if (model->nodes[i].runs) {
            model->steps[count++] = (uint32_t)i;
            model->info.multiply_adds += model->nodes[i].multiply_adds;
            model->info.pool_taps += model->nodes[i].taps;
        }
    model->info.steps = count;
    free(needed);
}

enum status onnx_graph_build(struct onnx_model *model, const struct onnx_options *options)
{
    const struct onnx_doc *doc = &model->doc;
    enum status status = STATUS_OK;
    values_init(model);
    model->inputs = arena_new(&model->arena, doc->input_count, sizeof *model->inputs);
    model->outputs = arena_new(&model->arena, doc->output_count, sizeof *model->outputs);
    model->nodes = arena_new(&model->arena, doc->node_count, sizeof *model->nodes);
    model->node_count = doc->node_count;
    for (size_t i = 0; !status && i < doc->initializer_count; i++)
        status = add_constant(model, &doc->initializers[i]);
    for (size_t i = 0; !status && i < doc->input_count; i++)
        status = add_input(model, &doc->inputs[i], options);
    for (size_t i = 0; !status && i < doc->node_count; i++)
        status = add_node(model, i);
    for (size_t i = 0; !status && i < doc->output_count; i++)
        status = add_output(model, &doc->outputs[i]);
    if (!status && !doc->output_count)
        status = REFUSE(model, "%s: it has no outputs", model->name);
    if (!status)
        keep_needed(model);
    return status;
}
