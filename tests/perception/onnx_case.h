/* tests/perception/onnx_case.h - the cases of libonnx-testdata: a folder with model.onnx and
 * test_data_set_0/{input,output}_N.pb.
 *
 * What a model contains is looked up here by a walk over its bytes, not by the reader under test: a case the reader
 * refuses must not vanish from the count. */
#ifndef TESTS_PERCEPTION_ONNX_CASE_H
#define TESTS_PERCEPTION_ONNX_CASE_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "logs/bytes.h"
#include "logs/file.h"
#include "perception/onnx.h"

#define CASE_FOLDER "/usr/share/libonnx-testdata/data"
enum { CASE_BYTES_MAX = 64 << 20, CASE_TENSORS_MAX = 16, CASE_OPERATORS_MAX = 128 };

struct case_content {
    char operators[CASE_OPERATORS_MAX][32];
    size_t operator_count;
    char inputs[CASE_TENSORS_MAX][64];
    size_t input_count;
    int64_t opset;
    unsigned
        types; /* bits 1 << element type, of inputs and outputs; bit 31: something that is no tensor of a small type */
};

struct case_field {
    uint64_t number, integer;
    struct cursor bytes;
};

static inline uint64_t case_varint(struct cursor *at)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        uint8_t byte = cursor_u8(at);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            break;
    }
    return value;
}

static inline bool case_next(struct cursor *at, struct case_field *field)
{
    if (!cursor_left(at))
        return false;
    uint64_t tag = case_varint(at);
    *field = (struct case_field){.number = tag >> 3};
    size_t size = 0;
    switch (tag & 7) {
    case 0: field->integer = case_varint(at); return !at->failed;
    case 1: size = 8; break;
    case 5: size = 4; break;
    default: size = case_varint(at); break;
    }
    field->bytes = (struct cursor){.data = cursor_take(at, size), .size = size};
    return !at->failed;
}

/* ValueInfoProto.type.tensor_type.elem_type */
static inline void case_value(struct cursor value, struct case_content *content)
{
    static const uint64_t way[] = {2, 1, 1};
    struct case_field field = {0};
    for (size_t depth = 0; depth < 3; depth++, value = field.bytes) {
        bool found = false;
        while (!found && case_next(&value, &field))
            found = field.number == way[depth];
        if (!found)
            field.integer = 31;
    }
    content->types |= 1u << (field.integer < 31 ? field.integer : 31);
}

static inline struct case_content case_look(const struct bytes *model)
{
    struct case_content content = {.operator_count = 0};
    struct cursor at = {.data = model->data, .size = model->size};
    struct case_field graph, part, field;
    while (case_next(&at, &graph)) {
        while (graph.number == 8 && case_next(&graph.bytes, &field))
            if (field.number == 2)
                content.opset = (int64_t)field.integer;
        while (graph.number == 7 && case_next(&graph.bytes, &part)) {
            if (part.number == 11 || part.number == 12)
                case_value(part.bytes, &content);
            struct cursor input = part.bytes;
            while (part.number == 11 && content.input_count < CASE_TENSORS_MAX && case_next(&input, &field))
                if (field.number == 1)
                    snprintf(content.inputs[content.input_count++], 64, "%.*s", (int)field.bytes.size,
                             (const char *)field.bytes.data);
            while (part.number == 1 && case_next(&part.bytes, &field))
                if (field.number == 4 && content.operator_count < CASE_OPERATORS_MAX)
                    snprintf(content.operators[content.operator_count++], 32, "%.*s", (int)field.bytes.size,
                             (const char *)field.bytes.data);
        }
    }
    return content;
}

static inline void case_put(struct bytes *out, uint8_t number, const void *data, size_t size)
{
    bytes_put_u8(out, (uint8_t)(number << 3 | 2));
    size_t left = size;
    for (; left >= 0x80; left >>= 7)
        bytes_put_u8(out, (uint8_t)(left | 0x80));
    bytes_put_u8(out, (uint8_t)left);
    bytes_put(out, data, size);
}

/* A TensorProto file as a model of its own: one Constant. NULL if the reader does not know its type. */
static inline struct onnx_model *case_tensor(const char *path)
{
    static const uint8_t head[] = {8, 8}, opset[] = {16, 13}, is_tensor[] = {0xa0, 1, 4};
    struct bytes file = {0}, attribute = {0}, node = {0}, value = {0}, graph = {0}, model = {0};
    struct error err = {0};
    struct onnx_model *loaded = NULL;
    if (!file_load(path, CASE_BYTES_MAX, &file, &err)) {
        case_put(&attribute, 1, "value", 5);
        case_put(&attribute, 5, file.data, file.size);
        bytes_put(&attribute, is_tensor, sizeof is_tensor);
        case_put(&node, 2, "t", 1);
        case_put(&node, 4, "Constant", 8);
        case_put(&node, 5, attribute.data, attribute.size);
        case_put(&value, 1, "t", 1);
        case_put(&graph, 1, node.data, node.size);
        case_put(&graph, 12, value.data, value.size);
        bytes_put(&model, head, sizeof head);
        case_put(&model, 7, graph.data, graph.size);
        case_put(&model, 8, opset, sizeof opset);
        loaded = onnx_load(model.data, model.size, path, NULL, &err);
    }
    bytes_clear(&file), bytes_clear(&attribute), bytes_clear(&node);
    bytes_clear(&value), bytes_clear(&graph), bytes_clear(&model);
    return loaded;
}

struct case_tensors {
    struct onnx_model *models[CASE_TENSORS_MAX];
    struct onnx_run *runs[CASE_TENSORS_MAX];
    size_t count;
};

static inline struct case_tensors case_tensors(const char *folder, const char *kind)
{
    struct case_tensors tensors = {.count = 0};
    for (; tensors.count < CASE_TENSORS_MAX; tensors.count++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/test_data_set_0/%s_%zu.pb", folder, kind, tensors.count);
        struct onnx_model *model = case_tensor(path);
        if (!model)
            break;
        tensors.models[tensors.count] = model;
        tensors.runs[tensors.count] = onnx_run_create(model);
    }
    return tensors;
}

static inline void case_tensors_clear(struct case_tensors *tensors)
{
    for (size_t i = 0; i < tensors->count; i++) {
        onnx_run_destroy(&tensors->runs[i]);
        onnx_destroy(&tensors->models[i]);
    }
}

static inline size_t case_bytes(const struct onnx_tensor *tensor)
{
    return tensor->count * onnx_type_size(tensor->type);
}

/* The tolerance of the suite's own runner: 1e-3 relative, 1e-7 absolute. */
static inline bool case_same(const struct onnx_tensor *a, const void *got, const struct onnx_tensor *b,
                             const void *wanted, char *why, size_t size)
{
    if (a->type != b->type || a->rank != b->rank || a->count != b->count ||
        (a->rank && memcmp(a->dims, b->dims, sizeof *a->dims * (size_t)a->rank))) {
        snprintf(why, size, "output %s differs in type or shape", a->name);
        return false;
    }
    if (a->type != ONNX_F32) {
        snprintf(why, size, "output %s differs", a->name);
        return !memcmp(got, wanted, case_bytes(a));
    }
    for (size_t i = 0; i < a->count; i++) {
        double x = (double)((const float *)got)[i], y = (double)((const float *)wanted)[i];
        if (!(fabs(x - y) <= 1e-7 + 1e-3 * fabs(y)) && !(isnan(x) && isnan(y)) && x != y) {
            snprintf(why, size, "output %s[%zu] is %.9g instead of %.9g", a->name, i, x, y);
            return false;
        }
    }
    return true;
}

/* Runs a case; false and why. Inputs that decide shapes are given when the model is loaded. */
static inline bool case_run(const char *folder, const struct onnx_options *plain, char *why, size_t size)
{
    char path[1024];
    struct error err = {0};
    struct case_tensors inputs = case_tensors(folder, "input"), outputs = case_tensors(folder, "output");
    struct onnx_given given[CASE_TENSORS_MAX];
    struct onnx_options options = *plain;
    bool ok = false;
    struct bytes file = {0};
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    if (file_load(path, CASE_BYTES_MAX, &file, &err))
        return false;
    const struct case_content content = case_look(&file);
    bytes_clear(&file);
    struct onnx_model *model = onnx_load_file(path, &options, &err);
    if (!model && (strstr(err.text, "decides a shape") || strstr(err.text, "must be constant"))) {
        for (size_t i = 0; i < inputs.count; i++) {
            struct onnx_tensor tensor = *onnx_output(inputs.models[i], 0);
            tensor.name = content.inputs[i];
            if ((tensor.type == ONNX_I64 && tensor.rank <= 1) || tensor.rank == 0)
                given[options.given_count++] = (struct onnx_given){tensor, onnx_run_output_bytes(inputs.runs[i], 0)};
        }
        options.given = given;
        model = onnx_load_file(path, &options, &err);
    }
    struct onnx_run *run = model ? onnx_run_create(model) : NULL;
    if (!model) {
        snprintf(why, size, "%s", err.text);
        goto out;
    }
    for (size_t i = 0, used = 0; i < inputs.count; i++) {
        const struct onnx_tensor *tensor = onnx_output(inputs.models[i], 0);
        bool is_given = false;
        for (size_t j = 0; j < options.given_count; j++)
            is_given |= given[j].data == onnx_run_output_bytes(inputs.runs[i], 0);
        if (is_given)
            continue;
        if (used >= onnx_input_count(model) || onnx_input(model, used)->count != tensor->count ||
            onnx_input(model, used)->type != tensor->type) {
            snprintf(why, size, "input %zu does not fit the model", i);
            goto out;
        }
        memcpy(onnx_run_input_bytes(run, used++), onnx_run_output_bytes(inputs.runs[i], 0), case_bytes(tensor));
    }
    if (onnx_run_forward(run, &err)) {
        snprintf(why, size, "%s", err.text);
        goto out;
    }
    snprintf(why, size, "%zu outputs instead of %zu", onnx_output_count(model), outputs.count);
    ok = onnx_output_count(model) == outputs.count;
    for (size_t i = 0; ok && i < outputs.count; i++)
        ok = case_same(onnx_output(model, i), onnx_run_output_bytes(run, i), onnx_output(outputs.models[i], 0),
                       onnx_run_output_bytes(outputs.runs[i], 0), why, size);
out:
    onnx_run_destroy(&run);
    onnx_destroy(&model);
    case_tensors_clear(&inputs);
    case_tensors_clear(&outputs);
    return ok;
}

#endif
