/* The one file that knows protobuf-c: bytes -> struct onnx_doc. Nothing of its structures gets out, except the numbers
 * and texts they point to, which lie in the arena. */
#include <stdlib.h>
#include <string.h>

#include "onnx.pb-c.h"
#include "logs/bytes.h"
#include "perception/onnx_inside.h"

enum { DEPTH_MAX = 24, EXTRA_BYTES = 64 << 20, EXTRA_FACTOR = 8 };

struct reader {
    struct arena *arena;
    const char *name, *folder;
    size_t outside_bytes; /* read so far */
    struct error *err;
};

#define REFUSE(reader, ...) error_set((reader)->err, STATUS_BAD_INPUT, __VA_ARGS__)

/* --- protobuf-c's memory: from the arena, bounded. It frees nothing; the arena does. ---------------------------- */

struct allowance {
    struct arena *arena;
    size_t left;
};

static void *allowance_take(void *context, size_t size)
{
    struct allowance *allowance = context;
    if (size > allowance->left)
        return NULL;
    allowance->left -= size;
    return arena_new(allowance->arena, size ? size : 1, 1);
}

static void allowance_return(void *context, void *memory)
{
    (void)context;
    (void)memory;
}

/* --- nesting: protobuf-c recurses as deep as the bytes say, so they are looked through first -------------------- */

static uint64_t take_varint(struct cursor *cursor)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        uint8_t byte = cursor_u8(cursor);
        value |= (uint64_t)(byte & 0x7f) << (shift < 64 ? shift : 63);
        if (!(byte & 0x80))
            return value;
    }
    cursor->failed = true;
    return 0;
}

static bool depth_is_fine(const ProtobufCMessageDescriptor *message, const uint8_t *data, size_t size, int depth)
{
    struct cursor cursor = {.data = data, .size = size};
    if (depth > DEPTH_MAX)
        return false;
    while (cursor_left(&cursor)) {
        uint64_t tag = take_varint(&cursor);
        switch (tag & 7) {
        case 0: take_varint(&cursor); break;
        case 1: cursor_take(&cursor, 8); break;
        case 5: cursor_take(&cursor, 4); break;
        case 2: {
            uint64_t length = take_varint(&cursor);
            const uint8_t *inner = length <= size ? cursor_take(&cursor, (size_t)length) : NULL;
            const ProtobufCFieldDescriptor *field =
                tag >> 3 < UINT32_MAX ? protobuf_c_message_descriptor_get_field(message, (unsigned)(tag >> 3)) : NULL;
            if (!inner)
                return true; /* damaged: the real reader says so */
            if (field && field->type == PROTOBUF_C_TYPE_MESSAGE &&
                !depth_is_fine(field->descriptor, inner, (size_t)length, depth + 1))
                return false;
            break;
        }
        default: return true;
        }
    }
    return true;
}

/* --- tensors ---------------------------------------------------------------------------------------------------- */

static const char *text(const char *maybe) { return maybe ? maybe : ""; }

static const char *entry(const Onnx__TensorProto *proto, const char *key)
{
    for (size_t i = 0; i < proto->n_external_data; i++)
        if (!strcmp(text(proto->external_data[i]->key), key))
            return text(proto->external_data[i]->value);
    return NULL;
}

static enum status read_outside(struct reader *reader, const Onnx__TensorProto *proto, struct onnx_constant *out)
{
    const char *location = entry(proto, "location"), *offset = entry(proto, "offset"), *length = entry(proto, "length");
    size_t bytes = out->tensor.count * onnx_type_size(out->tensor.type);
    if (!location || !*location)
        return REFUSE(reader, "%s: tensor '%s' lies outside the file, but no location is given", reader->name,
                      out->tensor.name);
    if (!reader->folder)
        return REFUSE(reader, "%s: tensor '%s' lies in '%s', but no folder for outside data is given", reader->name,
                      out->tensor.name, location);
    reader->outside_bytes += bytes;
    if (reader->outside_bytes > ONNX_BYTES_MAX)
        return REFUSE(reader, "%s: more than %d MB of outside data", reader->name, ONNX_BYTES_MAX >> 20);
    if (onnx_outside_read(reader->folder, location, offset ? strtoll(offset, NULL, 10) : 0,
                          length ? strtoll(length, NULL, 10) : -1, bytes, reader->arena, &out->data, reader->err))
        return error_context(reader->err, "%s: tensor '%s'", reader->name, out->tensor.name);
    return STATUS_OK;
}

/* bool and uint8 are stored as int32 when not raw. */
static const void *narrow(struct reader *reader, const int32_t *from, size_t count)
{
    uint8_t *to = arena_new(reader->arena, count, 1);
    for (size_t i = 0; i < count; i++)
        to[i] = (uint8_t)from[i];
    return to;
}

static enum status read_numbers(struct reader *reader, const Onnx__TensorProto *proto, struct onnx_constant *out)
{
    size_t count = out->tensor.count, given = 0, size = onnx_type_size(out->tensor.type);
    if (proto->has_raw_data) {
        given = proto->raw_data.len / size;
        given += proto->raw_data.len % size != 0;
        out->data = proto->raw_data.data;
    } else
        switch (out->tensor.type) {
        case ONNX_F32: given = proto->n_float_data, out->data = proto->float_data; break;
        case ONNX_I64: given = proto->n_int64_data, out->data = proto->int64_data; break;
        case ONNX_F64: given = proto->n_double_data, out->data = proto->double_data; break;
        case ONNX_I32: given = proto->n_int32_data, out->data = proto->int32_data; break;
        case ONNX_U8:
        case ONNX_BOOL:
            given = proto->n_int32_data;
            out->data = given ? narrow(reader, proto->int32_data, given) : NULL;
            break;
        case ONNX_NONE: ASSERT(out->tensor.type != ONNX_NONE);
        }
    if (given != count)
        return REFUSE(reader, "%s: tensor '%s' of shape %s has %zu numbers instead of %zu", reader->name,
                      out->tensor.name, onnx_shape(&out->tensor).text, given, count);
    if (!out->data)
        out->data = arena_new(reader->arena, 1, 1); /* no elements */
    return STATUS_OK;
}

static enum status read_tensor(struct reader *reader, const Onnx__TensorProto *proto, const char *name,
                               struct onnx_constant *out)
{
    struct onnx_tensor *tensor = &out->tensor;
    *out = (struct onnx_constant){.tensor = {.name = name, .type = (enum onnx_type)proto->data_type}};
    if (!onnx_type_size(tensor->type))
        return REFUSE(reader,
                      "%s: tensor '%s' has element type %d, but only float32 (1), uint8 (2), int32 (6), int64 (7), "
                      "bool (9) and float64 (11) are supported",
                      reader->name, name, (int)proto->data_type);
    if (proto->n_dims > ONNX_RANK_MAX)
        return REFUSE(reader, "%s: tensor '%s' has %zu axes, but at most %d are supported", reader->name, name,
                      proto->n_dims, ONNX_RANK_MAX);
    tensor->rank = (int)proto->n_dims;
    for (int i = 0; i < tensor->rank; i++)
        tensor->dims[i] = proto->dims[i];
    if (!onnx_tensor_measure(tensor))
        return REFUSE(reader, "%s: tensor '%s' of shape %s is impossible or larger than %d MB", reader->name, name,
                      onnx_shape(tensor).text, ONNX_BYTES_MAX >> 20);
    if (proto->segment)
        return REFUSE(reader, "%s: tensor '%s' is cut into segments, which is not supported", reader->name, name);
    if (proto->has_data_location && proto->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
        return read_outside(reader, proto, out);
    return read_numbers(reader, proto, out);
}

/* --- nodes ------------------------------------------------------------------------------------------------------ */

static const char *bytes_text(struct reader *reader, ProtobufCBinaryData data)
{
    return arena_string(reader->arena, data.len ? (const char *)data.data : "", data.len);
}

static enum status read_attribute(struct reader *reader, const Onnx__AttributeProto *proto, struct onnx_attribute *out)
{
    const char **texts = arena_new(reader->arena, proto->n_strings, sizeof *texts);
    *out = (struct onnx_attribute){
        .name = text(proto->name), .kind = (int)proto->type, .number = proto->f, .integer = proto->i, .text = ""};
    for (size_t i = 0; i < proto->n_strings; i++)
        texts[i] = bytes_text(reader, proto->strings[i]);
    switch (out->kind) {
    case ATTRIBUTE_STRING: out->text = bytes_text(reader, proto->s); break;
    case ATTRIBUTE_FLOATS: out->numbers = proto->floats, out->count = proto->n_floats; break;
    case ATTRIBUTE_INTS: out->integers = proto->ints, out->count = proto->n_ints; break;
    case ATTRIBUTE_STRINGS: out->texts = texts, out->count = proto->n_strings; break;
    case ATTRIBUTE_TENSOR:
        if (!proto->t)
            return REFUSE(reader, "%s: attribute '%s' should hold a tensor and does not", reader->name, out->name);
        return read_tensor(reader, proto->t, out->name, &out->constant);
    default: break;
    }
    return STATUS_OK;
}

static enum status read_node(struct reader *reader, const Onnx__NodeProto *proto, struct onnx_doc_node *out)
{
    struct onnx_attribute *attributes = arena_new(reader->arena, proto->n_attribute, sizeof *attributes);
    *out = (struct onnx_doc_node){
        .name = text(proto->name),
        .operation = text(proto->op_type),
        .domain = text(proto->domain),
        .inputs = (const char *const *)proto->input,
        .outputs = (const char *const *)proto->output,
        .input_count = proto->n_input,
        .output_count = proto->n_output,
        .attributes = attributes,
        .attribute_count = proto->n_attribute,
    };
    for (size_t i = 0; i < proto->n_attribute; i++)
        if (read_attribute(reader, proto->attribute[i], &attributes[i]))
            return error_context(reader->err, "node '%s' (%s)", out->name, out->operation);
    return STATUS_OK;
}

static enum status read_value(struct reader *reader, const Onnx__ValueInfoProto *proto, struct onnx_doc_value *out)
{
    const Onnx__TypeProto *type = proto->type;
    *out = (struct onnx_doc_value){.tensor.name = text(proto->name)};
    if (!type || type->value_case == ONNX__TYPE_PROTO__VALUE__NOT_SET)
        return STATUS_OK;
    if (type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
        return REFUSE(reader, "%s: '%s' is a sequence, map or optional; only tensors are supported", reader->name,
                      out->tensor.name);
    out->tensor.type = (enum onnx_type)type->tensor_type->elem_type;
    if (!onnx_type_size(out->tensor.type))
        return REFUSE(reader,
                      "%s: '%s' has element type %d, but only float32 (1), uint8 (2), int32 (6), int64 (7), bool (9) "
                      "and float64 (11) are supported",
                      reader->name, out->tensor.name, (int)type->tensor_type->elem_type);
    const Onnx__TensorShapeProto *shape = type->tensor_type->shape;
    if (!shape)
        return STATUS_OK;
    if (shape->n_dim > ONNX_RANK_MAX)
        return REFUSE(reader, "%s: '%s' has %zu axes, but at most %d are supported", reader->name, out->tensor.name,
                      shape->n_dim, ONNX_RANK_MAX);
    out->has_shape = true;
    out->tensor.rank = (int)shape->n_dim;
    for (int i = 0; i < out->tensor.rank; i++) {
        const Onnx__TensorShapeProto__Dimension *dim = shape->dim[i];
        bool known = dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        if (known && dim->dim_value < 0)
            return REFUSE(reader, "%s: axis %d of '%s' has the negative size %lld", reader->name, i, out->tensor.name,
                          (long long)dim->dim_value);
        out->tensor.dims[i] = known ? dim->dim_value : -1;
        if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM)
            out->symbols[i] = text(dim->dim_param);
    }
    return STATUS_OK;
}

/* --- the file --------------------------------------------------------------------------------------------------- */

static enum status read_versions(struct reader *reader, const Onnx__ModelProto *proto, struct onnx_doc *doc)
{
    doc->ir_version = proto->has_ir_version ? proto->ir_version : 0;
    doc->producer = text(proto->producer_name);
    if (doc->ir_version < 3 || doc->ir_version > 10)
        return REFUSE(reader, "%s: IR version %lld, but 3 to 10 are supported", reader->name,
                      (long long)doc->ir_version);
    for (size_t i = 0; i < proto->n_opset_import; i++) {
        const char *domain = text(proto->opset_import[i]->domain);
        if (!*domain || !strcmp(domain, "ai.onnx"))
            doc->opset = proto->opset_import[i]->version;
    }
    if (doc->opset < 1 || doc->opset > 20)
        return REFUSE(reader, "%s: operator set %lld, but 7 to 20 are supported%s", reader->name, (long long)doc->opset,
                      doc->opset > 20 ? " (export it again with opset_version=18)" : "");
    if (proto->n_functions)
        return REFUSE(reader, "%s: it defines functions of its own, which are not supported", reader->name);
    if (!proto->graph)
        return REFUSE(reader, "%s: there is no graph in it", reader->name);
    if (proto->graph->n_sparse_initializer)
        return REFUSE(reader, "%s: sparse initialisers are not supported", reader->name);
    if (proto->graph->n_node > ONNX_NODES_MAX)
        return REFUSE(reader, "%s: %zu nodes, but at most %d are supported", reader->name, proto->graph->n_node,
                      ONNX_NODES_MAX);
    return STATUS_OK;
}

static enum status read_graph(struct reader *reader, const Onnx__GraphProto *proto, struct onnx_doc *doc)
{
    struct onnx_constant *initializers = arena_new(reader->arena, proto->n_initializer, sizeof *initializers);
    struct onnx_doc_node *nodes = arena_new(reader->arena, proto->n_node, sizeof *nodes);
    struct onnx_doc_value *inputs = arena_new(reader->arena, proto->n_input, sizeof *inputs);
    struct onnx_doc_value *outputs = arena_new(reader->arena, proto->n_output, sizeof *outputs);
    enum status status = STATUS_OK;
    for (size_t i = 0; !status && i < proto->n_initializer; i++)
        status = read_tensor(reader, proto->initializer[i], text(proto->initializer[i]->name), &initializers[i]);
    for (size_t i = 0; !status && i < proto->n_node; i++)
        status = read_node(reader, proto->node[i], &nodes[i]);
    for (size_t i = 0; !status && i < proto->n_input; i++)
        status = read_value(reader, proto->input[i], &inputs[i]);
    for (size_t i = 0; !status && i < proto->n_output; i++)
        status = read_value(reader, proto->output[i], &outputs[i]);
    doc->initializers = initializers, doc->initializer_count = proto->n_initializer;
    doc->nodes = nodes, doc->node_count = proto->n_node;
    doc->inputs = inputs, doc->input_count = proto->n_input;
    doc->outputs = outputs, doc->output_count = proto->n_output;
    return status;
}

static void read_metadata(struct reader *reader, const Onnx__ModelProto *proto, struct onnx_doc *doc)
{
    const char *(*metadata)[2] = arena_new(reader->arena, proto->n_metadata_props, sizeof *metadata);
    for (size_t i = 0; i < proto->n_metadata_props; i++) {
        metadata[i][0] = text(proto->metadata_props[i]->key);
        metadata[i][1] = text(proto->metadata_props[i]->value);
    }
    doc->metadata = (const char *const(*)[2])metadata;
    doc->metadata_count = proto->n_metadata_props;
}

enum status onnx_doc_read(const void *bytes, size_t size, const char *name, const char *folder, struct arena *arena,
                          struct onnx_doc *doc, struct error *err)
{
    struct reader reader = {.arena = arena, .name = name, .folder = folder, .err = err};
    struct allowance allowance = {arena, EXTRA_BYTES + EXTRA_FACTOR * size};
    ProtobufCAllocator allocator = {allowance_take, allowance_return, &allowance};
    if (size > ONNX_BYTES_MAX)
        return REFUSE(&reader, "%s: %zu bytes, but at most %d MB are supported", name, size, ONNX_BYTES_MAX >> 20);
    if (!depth_is_fine(&onnx__model_proto__descriptor, bytes, size, 0))
        return REFUSE(&reader, "%s: nested more than %d deep", name, DEPTH_MAX);
    const Onnx__ModelProto *proto = size ? onnx__model_proto__unpack(&allocator, size, bytes) : NULL;
    if (!proto)
        return error_set(err, STATUS_CORRUPT, "%s: this is not an ONNX file, or it is damaged or cut short", name);
    enum status status = read_versions(&reader, proto, doc);
    if (!status)
        status = read_graph(&reader, proto->graph, doc);
    if (!status)
        read_metadata(&reader, proto, doc);
    return status;
}
