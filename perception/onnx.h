/* perception/onnx.h - neural networks from ONNX files, run in plain C.
 *
 *     struct onnx_model *model = onnx_load_file("policy.onnx", NULL, &err);
 *     struct onnx_run *run = onnx_run_create(model);
 *     memcpy(onnx_run_input(run, onnx_find_input(model, "lidar")), ranges, 360 * sizeof(float));
 *     status = onnx_run_forward(run, &err);
 *     const float *v_w = onnx_run_output(run, 0);
 *
 * What is read: ONNX IR 3 to 10, default operator set 7 to 20 (older ones for operators whose form is still
 * the same), the operators of onnx_operator_name(). Numbers are f32;
 * int64 and bool serve shapes, indices and masks; uint8, int32 and float64 may come in and are moved or Cast. Weights
 * may lie in files beside the model (a relative path below its folder, never through "..", nor a symbolic link).
 *
 * All shapes are inferred and checked, constant parts computed, and memory laid out when a model is loaded: tensors
 * whose lives do not overlap share bytes, and onnx_run_forward() never allocates. What cannot be run is refused by a
 * sentence that names node, operator and what is supported. A model never changes and may be shared; everything that
 * changes is in a run. Recurrent state is an ordinary input and output: the caller copies one to the other.
 *
 * Same file, same inputs: same bits, on every x86-64 (perception/kernel.h fixes the order of every sum).
 *
 * Bounds, so that a small hostile file cannot ask for the machine: ONNX_BYTES_MAX for file and outside data together,
 * for the arena and for constants computed at load, each; ONNX_NODES_MAX nodes; ONNX_RANK_MAX axes; unpacking may take
 * 64 MB and 8 times the file's size. */
#ifndef PERCEPTION_ONNX_H
#define PERCEPTION_ONNX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "logs/status.h"

enum { ONNX_RANK_MAX = 8, ONNX_NODES_MAX = 8192, ONNX_BYTES_MAX = 256 << 20 };

enum onnx_type { /* the numbers of the format */
                 ONNX_NONE = 0,
                 ONNX_F32 = 1,
                 ONNX_U8 = 2,
                 ONNX_I32 = 6,
                 ONNX_I64 = 7,
                 ONNX_BOOL = 9,
                 ONNX_F64 = 11,
};
size_t onnx_type_size(enum onnx_type type);      /* bytes of an element; 0 for ONNX_NONE */
const char *onnx_type_name(enum onnx_type type); /* "float32" */

/* A tensor's description: row-major, the last axis contiguous. Rank 0 is a single number. */
struct onnx_tensor {
    const char *name;
    enum onnx_type type;
    int rank;
    int64_t dims[ONNX_RANK_MAX];
    size_t count; /* elements: the product of dims */
};

/* A value given to an input when the model is loaded; the input becomes a constant and is no longer among the inputs.
 * For inputs that decide shapes ("axes", "shape"), which must be known before memory can be laid out. */
struct onnx_given {
    struct onnx_tensor tensor;
    const void *data; /* borrowed during the load */
};

struct onnx_options {
    const char *folder; /* where outside data lie; NULL: the model's own folder (onnx_load: none are allowed) */
    /* Sizes of symbolic axes by name. A symbolic or unknown first axis (the batch) is 1 unless named here; others must
     * be. */
    const struct onnx_dim {
        const char *name;
        int64_t size;
    } * dims;
    size_t dim_count;
    const struct onnx_given *given;
    size_t given_count;
    /* Weights of Gemm and MatMul as int8, one scale per output; inputs of those nodes as int8 with a scale per row,
     * found as it runs. A quarter of the memory traffic; results differ in the third digit. Conv and recurrent weights
     * stay f32. */
    bool int8_weights;
    const char *kernel; /* "scalar", "avx2", "avx512": for tests; NULL: the fastest here. The bits are the same. */
};

struct onnx_model;

/* An owned model, or NULL and *err. `bytes` are borrowed during the call only; `name` begins the sentences. `options`
 * may be NULL. */
MUST_USE struct onnx_model *onnx_load(const void *bytes, size_t size, const char *name,
                                      const struct onnx_options *options, struct error *err);
MUST_USE struct onnx_model *onnx_load_file(const char *path, const struct onnx_options *options, struct error *err);
void onnx_destroy(struct onnx_model **model);

/* Inputs and outputs in the file's order; the descriptions live as long as the model. */
size_t onnx_input_count(const struct onnx_model *model);
size_t onnx_output_count(const struct onnx_model *model);
const struct onnx_tensor *onnx_input(const struct onnx_model *model, size_t index);
const struct onnx_tensor *onnx_output(const struct onnx_model *model, size_t index);
/* The index of that name, or the count if there is none. */
size_t onnx_find_input(const struct onnx_model *model, const char *name);
size_t onnx_find_output(const struct onnx_model *model, const char *name);

struct onnx_info {
    int64_t ir_version, opset;
    const char *producer; /* "" if it does not say */
    const char *kernel;   /* whose instructions run it */
    char sha256[65];      /* of the file's bytes, without outside data */
    size_t file_bytes;
    size_t nodes;           /* as in the file */
    size_t steps;           /* nodes left to run: the others are constant, or give their input another shape */
    uint64_t parameters;    /* numbers in the f32 initialisers */
    uint64_t multiply_adds; /* of Gemm, MatMul, Conv, GRU and LSTM, one pass */
    uint64_t pool_taps;     /* numbers that pools look at, one pass */
    uint64_t int8_parameters, int8_rows; /* those that int8_weights would make, or has made, int8; and their scales */
    size_t arena_bytes;                  /* a run's memory: activations, inputs, outputs, scratch */
    size_t activation_bytes;             /* of it inputs, outputs and activations, as laid out */
};
const struct onnx_info *onnx_info(const struct onnx_model *model);

/* How often each operator occurs in the file. The name, or NULL past the last. */
const char *onnx_operator_used(const struct onnx_model *model, size_t index, size_t *times);
/* metadata_props: the value of a key, or NULL. */
const char *onnx_metadata(const struct onnx_model *model, const char *key);

/* All operators that can be run, sorted; NULL past the last. */
const char *onnx_operator_name(size_t index);

struct onnx_run;

/* A run's memory, owned; inputs begin as zeros. Borrows the model. */
MUST_USE struct onnx_run *onnx_run_create(const struct onnx_model *model);
void onnx_run_destroy(struct onnx_run **run);

/* Where an input's numbers are to be written before a forward (they stay as written), and an output's are after it. The
 * f32 forms ASSERT the type; the other two serve all types. Pointers stay the same for the run's life. */
float *onnx_run_input(struct onnx_run *run, size_t index);
const float *onnx_run_output(const struct onnx_run *run, size_t index);
void *onnx_run_input_bytes(struct onnx_run *run, size_t index);
const void *onnx_run_output_bytes(const struct onnx_run *run, size_t index);

/* Computes all outputs. Fails only with STATUS_BAD_INPUT, where an integer input is out of its range (an index, a
 * divisor); NaN and infinity pass through as they do in the arithmetic. Allocates nothing when it succeeds or fails. */
MUST_USE enum status onnx_run_forward(struct onnx_run *run, struct error *err);

#endif
