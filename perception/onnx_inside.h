/* perception/onnx_inside.h - what the files of the ONNX runtime share, in the order of a model's life:
 *
 *   onnx_proto.c   bytes -> struct onnx_doc (protobuf)         onnx_graph.c   doc -> nodes and values, shapes,
 * constants onnx_plan.c    who lives when, and where                   onnx_run.c     the steps, one after another
 *   onnx_op_*.c    operators, each a row of a table: infer (at load), prepare (at load, of nodes that will run), run
 *
 * All memory of a model hangs on its arena. Sizes from the file are bounded before they are allocated. */
#ifndef PERCEPTION_ONNX_INSIDE_H
#define PERCEPTION_ONNX_INSIDE_H

#include "logs/memory.h"
#include "perception/kernel.h"
#include "perception/onnx.h"

/* --- the file, unpacked and checked for form only; everything lives in the arena -------------------------------- */

struct onnx_constant {
    struct onnx_tensor tensor;
    const void *data;
};

enum onnx_attribute_kind { /* the numbers of the format */
                           ATTRIBUTE_NONE = 0,
                           ATTRIBUTE_FLOAT,
                           ATTRIBUTE_INT,
                           ATTRIBUTE_STRING,
                           ATTRIBUTE_TENSOR,
                           ATTRIBUTE_GRAPH,
                           ATTRIBUTE_FLOATS,
                           ATTRIBUTE_INTS,
                           ATTRIBUTE_STRINGS,
};

struct onnx_attribute {
    const char *name;
    int kind; /* also others than named above: those are refused where an operator asks for one */
    float number;
    int64_t integer;
    const char *text; /* NUL-terminated */
    const char *const *texts;
    const float *numbers;
    const int64_t *integers;
    size_t count; /* of the lists */
    struct onnx_constant constant;
};

struct onnx_doc_node {
    const char *name, *operation, *domain; /* never NULL */
    const char *const *inputs, *const *outputs;
    size_t input_count, output_count;
    const struct onnx_attribute *attributes;
    size_t attribute_count;
};

struct onnx_doc_value {                 /* a declared input or output */
    struct onnx_tensor tensor;          /* dims below 0: unknown; type ONNX_NONE: not declared */
    const char *symbols[ONNX_RANK_MAX]; /* or NULL */
    bool has_shape;
};

struct onnx_doc {
    int64_t ir_version, opset;
    const char *producer;
    const struct onnx_constant *initializers;
    const struct onnx_doc_node *nodes;
    const struct onnx_doc_value *inputs, *outputs;
    const char *const (*metadata)[2];
    size_t initializer_count, node_count, input_count, output_count, metadata_count;
};

/* `folder` NULL: outside data are refused. */
MUST_USE enum status onnx_doc_read(const void *bytes, size_t size, const char *name, const char *folder,
                                   struct arena *arena, struct onnx_doc *doc, struct error *err);
/* The bytes of one tensor from a file beside the model, into the arena. `length` < 0: as many as the tensor has. */
MUST_USE enum status onnx_outside_read(const char *folder, const char *location, int64_t offset, int64_t length,
                                       size_t expected, struct arena *arena, const void **data, struct error *err);

/* Sets count from dims; false if a dim is negative or the bytes exceed ONNX_BYTES_MAX. */
bool onnx_tensor_measure(struct onnx_tensor *tensor);

/* --- the graph -------------------------------------------------------------------------------------------------- */

enum { ONNX_ABSENT = -1 };

struct onnx_value {
    struct onnx_tensor tensor;
    int32_t root;        /* the value whose bytes it shares (views); itself */
    int32_t first, last; /* of a root: the steps between which its bytes must stay */
    size_t offset;       /* of a root, in a run's arena */
    bool is_fixed;       /* an input or output of the model: lives all the time */
};

struct onnx_node {
    const struct onnx_doc_node *doc;
    const struct onnx_op *op;
    size_t position;           /* in the file, from 0 */
    int32_t *inputs, *outputs; /* values; ONNX_ABSENT where left out */
    int input_count, output_count;
    void *plan; /* what infer or prepare left for run */
    size_t scratch_bytes, scratch_offset;
    uint64_t multiply_adds, taps; /* taps: numbers a pool looks at */
    bool runs;                    /* a step: not constant, not a view, and needed for an output */
};

struct onnx_model {
    struct arena arena;
    char *name;
    struct onnx_doc doc;
    struct onnx_info info;
    const struct kernel *kernel;
    bool int8_weights;
    struct onnx_value *values;
    size_t value_count, value_room;
    void **data;          /* by value: the bytes of constants, NULL for others */
    uint32_t *name_slots; /* open addressing; value + 1, 0: free */
    size_t name_slot_count;
    struct onnx_node *nodes;
    size_t node_count;
    uint32_t *steps; /* nodes that run, in order */
    int32_t *inputs, *outputs;
    size_t input_count, output_count;
    size_t constant_bytes; /* taken by onnx_keep */
    uint64_t fold_work;    /* spent on constants so far */
    struct error *err;     /* of the load in progress */
};

/* One operator's call: what run gets. data[i] are the bytes of value i. */
struct onnx_call {
    const struct onnx_model *model;
    const struct onnx_node *node;
    void *const *data;
    void *scratch;
};

enum {
    ONNX_IN_PLACE = 1,       /* output 0 may take the bytes of input 0, if that is not needed later */
    ONNX_FIRST_OPTIONAL = 2, /* output 0 may be left out */
    ONNX_VIEW_UNPLANNED = 4, /* a view, if infer leaves no plan */
};

struct onnx_op {
    const char *name;
    const char *attributes; /* names it understands, separated by spaces */
    int inputs_min, inputs_max, outputs_max;
    unsigned first_types; /* bits 1 << onnx_type the first input may have */
    int64_t since;        /* operator set */
    /* Types and shapes of the outputs (onnx_out), given those of the inputs and the constants. */
    enum status (*infer)(struct onnx_model *model, struct onnx_node *node);
    /* Optional: packs weights, lays out scratch. Called once, after infer. */
    enum status (*prepare)(struct onnx_model *model, struct onnx_node *node);
    /* NULL: a view. On failure a sentence without subject ("index 7 is outside 0..4"), else NULL. */
    const char *(*run)(const struct onnx_call *call);
    unsigned traits;
};

enum {
    TYPES_F32 = 1u << ONNX_F32,
    TYPES_ARITHMETIC = 1u << ONNX_F32 | 1u << ONNX_I64,
    TYPES_ALL = 1u << ONNX_F32 | 1u << ONNX_I64 | 1u << ONNX_BOOL | 1u << ONNX_U8 | 1u << ONNX_I32 | 1u << ONNX_F64,
};

/* Each onnx_op_*.c ends in such a table. */
struct onnx_op_table {
    const struct onnx_op *ops;
    size_t count;
};
extern const struct onnx_op_table onnx_ops_elementwise, onnx_ops_view, onnx_ops_move, onnx_ops_pick, onnx_ops_linear,
    onnx_ops_conv, onnx_ops_pool, onnx_ops_norm, onnx_ops_recurrent, onnx_ops_dropout;
const struct onnx_op *onnx_op_find(const char *name);

/* --- for operators: looking at a node. Indices past the node's count are absent. -------------------------------- */

bool onnx_has(const struct onnx_node *node, int input);
bool onnx_wants(const struct onnx_node *node, int output);
const struct onnx_tensor *onnx_in(const struct onnx_model *model, const struct onnx_node *node, int input);
/* The bytes of an input that is constant, else NULL. */
const void *onnx_known(const struct onnx_model *model, const struct onnx_node *node, int input);

const struct onnx_attribute *onnx_attribute(const struct onnx_node *node, const char *name); /* or NULL */
int64_t onnx_attribute_int(const struct onnx_node *node, const char *name, int64_t otherwise);
float onnx_attribute_float(const struct onnx_node *node, const char *name, float otherwise);
const char *onnx_attribute_text(const struct onnx_node *node, const char *name, const char *otherwise);

/* Integers that are an attribute in older operator sets and a constant input in newer ones: whichever is there. *count
 * is 0 and *list NULL if neither is. Refused if the input is no constant. input < 0: attribute only. */
MUST_USE enum status onnx_integers(struct onnx_model *model, const struct onnx_node *node, const char *name, int input,
                                   const int64_t **list, size_t *count);
/* axis counted from the end if negative; refused outside 0..rank (rank itself only if `end`). */
MUST_USE enum status onnx_axis(struct onnx_model *model, const struct onnx_node *node, int64_t axis, int rank, bool end,
                               int *out);

/* Sets an output's type and shape, bounded. */
MUST_USE enum status onnx_out(struct onnx_model *model, struct onnx_node *node, int output, enum onnx_type type,
                              int rank, const int64_t *dims);

/* Makes an output of infer a constant with these bytes (of the model's arena). */
void onnx_out_known(struct onnx_model *model, const struct onnx_node *node, int output, const void *data);

/* "FILE: node 'fc1' (Gemm, number 3): SENTENCE", STATUS_BAD_INPUT. */
enum status onnx_refuse(struct onnx_model *model, const struct onnx_node *node, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Zeroed memory of the model that counts against ONNX_BYTES_MAX; NULL after refusing. */
void *onnx_keep(struct onnx_model *model, const struct onnx_node *node, size_t count, size_t size);
/* A run's scratch for this node; refused beyond ONNX_BYTES_MAX. */
MUST_USE enum status onnx_scratch(struct onnx_model *model, struct onnx_node *node, size_t count, size_t size);

/* Text such as "1x3x64x64" for messages. */
struct onnx_shape_text {
    char text[160];
};
struct onnx_shape_text onnx_shape(const struct onnx_tensor *tensor);

/* In a call. */
static inline void *call_bytes(const struct onnx_call *call, int32_t value)
{
    return value == ONNX_ABSENT ? NULL : call->data[value];
}
static inline const void *call_in(const struct onnx_call *call, int input)
{
    return input < call->node->input_count ? call_bytes(call, call->node->inputs[input]) : NULL;
}
static inline void *call_out(const struct onnx_call *call, int output)
{
    return output < call->node->output_count ? call_bytes(call, call->node->outputs[output]) : NULL;
}
static inline const struct onnx_tensor *call_shape_in(const struct onnx_call *call, int input)
{
    return &call->model->values[call->node->inputs[input]].tensor;
}
static inline const struct onnx_tensor *call_shape_out(const struct onnx_call *call, int output)
{
    return &call->model->values[call->node->outputs[output]].tensor;
}

/* --- the steps of loading --------------------------------------------------------------------------------------- */

MUST_USE enum status onnx_graph_build(struct onnx_model *model, const struct onnx_options *options);
MUST_USE enum status onnx_plan_memory(struct onnx_model *model);
int32_t onnx_value_root(const struct onnx_model *model, int32_t value); /* whose bytes it shares */

/* A table's numbers, in bulk: product of dims from..to. */
static inline size_t dims_product(const struct onnx_tensor *tensor, int from, int to)
{
    size_t product = 1;
    for (int i = from; i < to; i++)
        product *= (size_t)tensor->dims[i];
    return product;
}

#endif
