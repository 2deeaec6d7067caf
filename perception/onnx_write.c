#include "perception/onnx_write.h"

/* Field numbers are those of onnx.proto. */
enum { WIRE_VARINT = 0, WIRE_BYTES = 2, WIRE_32 = 5 };
enum { TYPE_F32 = 1, TYPE_I64 = 7, IR_VERSION = 8 };
enum { ATTRIBUTE_FLOAT = 1, ATTRIBUTE_INT, ATTRIBUTE_STRING, ATTRIBUTE_TENSOR, ATTRIBUTE_FLOATS = 6, ATTRIBUTE_INTS };

static void varint(struct bytes *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        bytes_put_u8(out, (uint8_t)(value | 0x80));
    bytes_put_u8(out, (uint8_t)value);
}

static void field_int(struct bytes *out, uint32_t field, int64_t value)
{
    varint(out, field << 3 | WIRE_VARINT);
    varint(out, (uint64_t)value);
}

static void field_bytes(struct bytes *out, uint32_t field, const void *data, size_t size)
{
    varint(out, field << 3 | WIRE_BYTES);
    varint(out, size);
    bytes_put(out, data, size);
}

static void field_text(struct bytes *out, uint32_t field, const char *text)
{
    field_bytes(out, field, text, strlen(text));
}

/* Puts the finished message into its parent and frees it. */
static void field_message(struct bytes *out, uint32_t field, struct bytes *message)
{
    field_bytes(out, field, message->data, message->size);
    bytes_clear(message);
}

static void field_float(struct bytes *out, uint32_t field, float value)
{
    varint(out, field << 3 | WIRE_32);
    bytes_put(out, &value, sizeof value);
}

static void field_entry(struct bytes *out, uint32_t field, const char *key, const char *value)
{
    struct bytes entry = {0};
    field_text(&entry, 1, key);
    field_text(&entry, 2, value);
    field_message(out, field, &entry);
}

struct onnx_write onnx_write_begin(const char *graph_name, int64_t opset)
{
    struct onnx_write file = {.opset = opset};
    ASSERT(opset > 0);
    field_text(&file.graph, 2, graph_name);
    return file;
}

/* A node is closed by whatever follows it. */
static void node_flush(struct onnx_write *file)
{
    if (file->node.size)
        field_message(&file->graph, 1, &file->node);
}

void onnx_write_end(struct onnx_write *file, struct bytes *out)
{
    struct bytes opset = {0};
    node_flush(file);
    field_int(out, 1, IR_VERSION);
    field_text(out, 2, "binnacle");
    field_message(out, 7, &file->graph);
    field_int(&opset, 2, file->opset);
    field_message(out, 8, &opset);
    bytes_put(out, file->metadata.data, file->metadata.size);
    bytes_clear(&file->metadata);
}

static const char *symbol_of(int64_t dim)
{
    static const char *const symbols[] = {"batch", "height", "width", "rows", "columns"};
    ASSERT(dim < 0 && dim >= -(int64_t)COUNT_OF(symbols));
    return symbols[-dim - 1];
}

static void value_info(struct onnx_write *file, uint32_t field, int type, const char *name, const int64_t *dims,
                       int rank)
{
    struct bytes shape = {0}, tensor = {0}, kind = {0}, info = {0};
    for (int i = 0; i < rank; i++) {
        struct bytes dim = {0};
        if (dims[i] < 0)
            field_text(&dim, 2, symbol_of(dims[i]));
        else
            field_int(&dim, 1, dims[i]);
        field_message(&shape, 1, &dim);
    }
    field_int(&tensor, 1, type);
    field_message(&tensor, 2, &shape);
    field_message(&kind, 1, &tensor);
    field_text(&info, 1, name);
    field_message(&info, 2, &kind);
    field_message(&file->graph, field, &info);
}

void onnx_write_input_of(struct onnx_write *file, int type, const char *name, const int64_t *dims, int rank)
{
    value_info(file, 11, type, name, dims, rank);
}

void onnx_write_output_of(struct onnx_write *file, int type, const char *name, const int64_t *dims, int rank)
{
    value_info(file, 12, type, name, dims, rank);
}

void onnx_write_input(struct onnx_write *file, const char *name, const int64_t *dims, int rank)
{
    onnx_write_input_of(file, TYPE_F32, name, dims, rank);
}

void onnx_write_output(struct onnx_write *file, const char *name, const int64_t *dims, int rank)
{
    onnx_write_output_of(file, TYPE_F32, name, dims, rank);
}

static struct bytes tensor_begin(int type, const char *name, const int64_t *dims, int rank)
{
    struct bytes tensor = {0};
    ASSERT(rank >= 0);
    for (int i = 0; i < rank; i++)
        field_int(&tensor, 1, dims[i]);
    field_int(&tensor, 2, type);
    if (name)
        field_text(&tensor, 8, name);
    return tensor;
}

static size_t element_count(const int64_t *dims, int rank)
{
    size_t count = 1;
    for (int i = 0; i < rank; i++) {
        ASSERT(dims[i] >= 0);
        count *= (size_t)dims[i];
    }
    return count;
}

static void initializer(struct onnx_write *file, int type, const char *name, const int64_t *dims, int rank,
                        const void *data, size_t element_bytes)
{
    struct bytes tensor = tensor_begin(type, name, dims, rank);
    field_bytes(&tensor, 9, data, element_count(dims, rank) * element_bytes);
    field_message(&file->graph, 5, &tensor);
}

void onnx_write_weights(struct onnx_write *file, const char *name, const int64_t *dims, int rank, const float *data)
{
    initializer(file, TYPE_F32, name, dims, rank, data, sizeof *data);
}

void onnx_write_integers(struct onnx_write *file, const char *name, const int64_t *dims, int rank, const int64_t *data)
{
    initializer(file, TYPE_I64, name, dims, rank, data, sizeof *data);
}

void onnx_write_outside(struct onnx_write *file, const char *name, const int64_t *dims, int rank, const char *location,
                        int64_t offset, int64_t length)
{
    struct bytes tensor = tensor_begin(TYPE_F32, name, dims, rank), number = {0};
    field_entry(&tensor, 13, "location", location);
    bytes_format(&number, "%lld", (long long)offset);
    bytes_put_u8(&number, 0);
    field_entry(&tensor, 13, "offset", (const char *)number.data);
    number.size = 0;
    bytes_format(&number, "%lld", (long long)length);
    bytes_put_u8(&number, 0);
    field_entry(&tensor, 13, "length", (const char *)number.data);
    field_int(&tensor, 14, 1);
    field_message(&file->graph, 5, &tensor);
    bytes_clear(&number);
}

static void node_names(struct bytes *node, uint32_t field, const char *names)
{
    while (*names) {
        size_t length = strcspn(names, " ");
        bool absent = length == 1 && *names == '-';
        field_bytes(node, field, names, absent ? 0 : length);
        names += length + (names[length] == ' ');
    }
}

void onnx_write_node(struct onnx_write *file, const char *operation, const char *inputs, const char *outputs)
{
    ASSERT(*operation && *outputs);
    node_flush(file);
    node_names(&file->node, 1, inputs);
    node_names(&file->node, 2, outputs);
    field_text(&file->node, 4, operation);
}

static struct bytes attribute_begin(const struct onnx_write *file, const char *name)
{
    struct bytes attribute = {0};
    ASSERT(file->node.size); /* an attribute follows its node */
    field_text(&attribute, 1, name);
    return attribute;
}

static void attribute_end(struct onnx_write *file, struct bytes *attribute, int kind)
{
    field_int(attribute, 20, kind);
    field_message(&file->node, 5, attribute);
}

void onnx_write_int(struct onnx_write *file, const char *name, int64_t value)
{
    struct bytes attribute = attribute_begin(file, name);
    field_int(&attribute, 3, value);
    attribute_end(file, &attribute, ATTRIBUTE_INT);
}

void onnx_write_float(struct onnx_write *file, const char *name, float value)
{
    struct bytes attribute = attribute_begin(file, name);
    field_float(&attribute, 2, value);
    attribute_end(file, &attribute, ATTRIBUTE_FLOAT);
}

void onnx_write_text(struct onnx_write *file, const char *name, const char *value)
{
    struct bytes attribute = attribute_begin(file, name);
    field_text(&attribute, 4, value);
    attribute_end(file, &attribute, ATTRIBUTE_STRING);
}

void onnx_write_ints(struct onnx_write *file, const char *name, const int64_t *values, size_t count)
{
    struct bytes attribute = attribute_begin(file, name);
    for (size_t i = 0; i < count; i++)
        field_int(&attribute, 8, values[i]);
    attribute_end(file, &attribute, ATTRIBUTE_INTS);
}

void onnx_write_floats(struct onnx_write *file, const char *name, const float *values, size_t count)
{
    struct bytes attribute = attribute_begin(file, name);
    for (size_t i = 0; i < count; i++)
        field_float(&attribute, 7, values[i]);
    attribute_end(file, &attribute, ATTRIBUTE_FLOATS);
}

void onnx_write_tensor(struct onnx_write *file, const char *name, int type, const int64_t *dims, int rank,
                       const void *data, size_t bytes)
{
    struct bytes attribute = attribute_begin(file, name);
    struct bytes tensor = tensor_begin(type, NULL, dims, rank);
    field_bytes(&tensor, 9, data, bytes);
    field_message(&attribute, 5, &tensor);
    attribute_end(file, &attribute, ATTRIBUTE_TENSOR);
}

void onnx_write_metadata(struct onnx_write *file, const char *key, const char *value)
{
    field_entry(&file->metadata, 14, key, value);
}
