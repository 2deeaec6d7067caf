/* What operators ask of a node while a model is loaded, and the sentences they refuse with. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "perception/onnx_inside.h"

enum { CACHE_LINE = 64 };

static const struct {
    size_t bytes;
    const char *name;
} types[] = {
    [ONNX_NONE] = {0, "unknown"}, [ONNX_F32] = {4, "float32"}, [ONNX_U8] = {1, "uint8"},    [ONNX_I32] = {4, "int32"},
    [ONNX_I64] = {8, "int64"},    [ONNX_BOOL] = {1, "bool"},   [ONNX_F64] = {8, "float64"},
};

size_t onnx_type_size(enum onnx_type type) { return (size_t)type < COUNT_OF(types) ? types[type].bytes : 0; }

const char *onnx_type_name(enum onnx_type type)
{
    return (size_t)type < COUNT_OF(types) && types[type].name ? types[type].name : "unknown";
}

bool onnx_tensor_measure(struct onnx_tensor *tensor)
{
    size_t size = onnx_type_size(tensor->type), bytes = size ? size : sizeof(double);
    tensor->count = 0;
    for (int i = 0; i < tensor->rank; i++) {
        /* Even an empty tensor may not have an axis whose product with others would overflow. */
        size_t dim = tensor->dims[i] > 0 ? (size_t)tensor->dims[i] : 1;
        if (tensor->dims[i] < 0 || __builtin_mul_overflow(bytes, dim, &bytes) || bytes > ONNX_BYTES_MAX)
            return false;
    }
    tensor->count = dims_product(tensor, 0, tensor->rank);
    return true;
}

struct onnx_shape_text onnx_shape(const struct onnx_tensor *tensor)
{
    struct onnx_shape_text out = {"()"};
    size_t used = 0;
    for (int i = 0; i < tensor->rank && used < sizeof out.text; i++) {
        int length = tensor->dims[i] < 0 ? snprintf(out.text + used, sizeof out.text - used, "%s?", i ? "x" : "")
                                         : snprintf(out.text + used, sizeof out.text - used, "%s%lld", i ? "x" : "",
                                                    (long long)tensor->dims[i]);
        used += (size_t)length;
    }
    return out;
}

bool onnx_has(const struct onnx_node *node, int input)
{
    return input >= 0 && input < node->input_count && node->inputs[input] != ONNX_ABSENT;
}

bool onnx_wants(const struct onnx_node *node, int output)
{
    return output < node->output_count && node->outputs[output] != ONNX_ABSENT;
}

const struct onnx_tensor *onnx_in(const struct onnx_model *model, const struct onnx_node *node, int input)
{
    ASSERT(onnx_has(node, input));
    return &model->values[node->inputs[input]].tensor;
}

const void *onnx_known(const struct onnx_model *model, const struct onnx_node *node, int input)
{
    return onnx_has(node, input) ? model->data[node->inputs[input]] : NULL;
}

const struct onnx_attribute *onnx_attribute(const struct onnx_node *node, const char *name)
{
    for (size_t i = 0; i < node->doc->attribute_count; i++)
        if (!strcmp(node->doc->attributes[i].name, name))
            return &node->doc->attributes[i];
    return NULL;
}

/* An attribute of another kind reads as absent there; exporters do not write such. */
int64_t onnx_attribute_int(const struct onnx_node *node, const char *name, int64_t otherwise)
{
    const struct onnx_attribute *attribute = onnx_attribute(node, name);
    return attribute && attribute->kind == ATTRIBUTE_INT ? attribute->integer : otherwise;
}

float onnx_attribute_float(const struct onnx_node *node, const char *name, float otherwise)
{
    const struct onnx_attribute *attribute = onnx_attribute(node, name);
    return attribute && attribute->kind == ATTRIBUTE_FLOAT ? attribute->number : otherwise;
}

const char *onnx_attribute_text(const struct onnx_node *node, const char *name, const char *otherwise)
{
    const struct onnx_attribute *attribute = onnx_attribute(node, name);
    return attribute && attribute->kind == ATTRIBUTE_STRING ? attribute->text : otherwise;
}

enum status onnx_integers(struct onnx_model *model, const struct onnx_node *node, const char *name, int input,
                          const int64_t **list, size_t *count)
{
    const struct onnx_attribute *attribute = onnx_attribute(node, name);
    *list = NULL;
    *count = 0;
    if (attribute) {
        if (attribute->kind != ATTRIBUTE_INTS)
            return onnx_refuse(model, node, "the attribute '%s' is not a list of integers", name);
        *list = attribute->integers;
        *count = attribute->count;
        return STATUS_OK;
    }
    if (!onnx_has(node, input))
        return STATUS_OK;
    const struct onnx_tensor *tensor = onnx_in(model, node, input);
    if (tensor->type != ONNX_I64 || tensor->rank > 1)
        return onnx_refuse(model, node, "its input '%s' (%s) must be a list of int64, but is %s %s", tensor->name, name,
                           onnx_type_name(tensor->type), onnx_shape(tensor).text);
    *list = onnx_known(model, node, input);
    *count = tensor->count;
    if (!*list)
        return onnx_refuse(model, node,
                           "its input '%s' (%s) decides a shape, so it must be constant: an initialiser, computed "
                           "from shapes, or given when the model is loaded",
                           tensor->name, name);
    return STATUS_OK;
}

enum status onnx_axis(struct onnx_model *model, const struct onnx_node *node, int64_t axis, int rank, bool end,
                      int *out)
{
    int64_t last = end ? rank : rank - 1, from_start = axis < 0 ? axis + rank : axis;
    *out = 0;
    if (from_start < 0 || from_start > last)
        return onnx_refuse(model, node, "axis %lld is outside the %d axes of its input", (long long)axis, rank);
    *out = (int)from_start;
    return STATUS_OK;
}

enum status onnx_out(struct onnx_model *model, struct onnx_node *node, int output, enum onnx_type type, int rank,
                     const int64_t *dims)
{
    if (!onnx_wants(node, output))
        return STATUS_OK;
    struct onnx_tensor *tensor = &model->values[node->outputs[output]].tensor;
    if (rank > ONNX_RANK_MAX)
        return onnx_refuse(model, node, "its output has %d axes, but at most %d are supported", rank, ONNX_RANK_MAX);
    ASSERT(rank >= 0 && onnx_type_size(type));
    tensor->type = type;
    tensor->rank = rank;
    for (int i = 0; i < rank; i++)
        tensor->dims[i] = dims[i];
    if (!onnx_tensor_measure(tensor))
        return onnx_refuse(model, node, "its output would be %s %s: impossible, or larger than %d MB",
                           onnx_type_name(type), onnx_shape(tensor).text, ONNX_BYTES_MAX >> 20);
    return STATUS_OK;
}

void onnx_out_known(struct onnx_model *model, const struct onnx_node *node, int output, const void *data)
{
    ASSERT(data);
    if (onnx_wants(node, output))
        model->data[node->outputs[output]] = (void *)(uintptr_t)data;
}

enum status onnx_refuse(struct onnx_model *model, const struct onnx_node *node, const char *format, ...)
{
    char sentence[900];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return error_set(model->err, STATUS_BAD_INPUT, "%s: node '%.80s' (%.40s, number %zu): %s", model->name,
                     node->doc->name, node->doc->operation, node->position + 1, sentence);
}

void *onnx_keep(struct onnx_model *model, const struct onnx_node *node, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > ONNX_BYTES_MAX - model->constant_bytes) {
        onnx_refuse(model, node, "constants computed while loading need more than %d MB", ONNX_BYTES_MAX >> 20);
        return NULL;
    }
    model->constant_bytes += bytes;
    /* Vectors of weights shall not straddle cache lines: that alone costs a third. */
    uint8_t *memory = arena_new(&model->arena, bytes + CACHE_LINE, 1);
    return memory + (CACHE_LINE - (uintptr_t)memory % CACHE_LINE) % CACHE_LINE;
}

enum status onnx_scratch(struct onnx_model *model, struct onnx_node *node, size_t count, size_t size)
{
    if (__builtin_mul_overflow(count, size, &node->scratch_bytes) || node->scratch_bytes > ONNX_BYTES_MAX)
        return onnx_refuse(model, node, "it needs more than %d MB to work in", ONNX_BYTES_MAX >> 20);
    return STATUS_OK;
}
