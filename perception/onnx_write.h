/* perception/onnx_write.h - ONNX files, written.
 *
 *     struct onnx_write file = onnx_write_begin("policy", 13);
 *     onnx_write_input(&file, "lidar", (int64_t[]){1, 360}, 2);
 *     onnx_write_weights(&file, "w", (int64_t[]){128, 360}, 2, w);
 *     onnx_write_node(&file, "Gemm", "lidar w b", "hidden");
 *     onnx_write_int(&file, "transB", 1);
 *     ...
 *     onnx_write_output(&file, "v_w", (int64_t[]){1, 2}, 2);
 *     onnx_write_metadata(&file, "parent", sha256);
 *     onnx_write_end(&file, &bytes);
 *
 * IR version 8. Parts may come in any order, except that nodes must come in an order in which they can run and
 * attributes follow their node. Same calls, same bytes. Nothing is checked here but our own arguments: onnx_load() does
 * that. */
#ifndef PERCEPTION_ONNX_WRITE_H
#define PERCEPTION_ONNX_WRITE_H

#include "logs/bytes.h"

struct onnx_write {
    struct bytes graph, node, metadata; /* what is finished; the node being written */
    int64_t opset;
};

struct onnx_write onnx_write_begin(const char *graph_name, int64_t opset);
/* Appends the whole file to `out` and frees the writer. */
void onnx_write_end(struct onnx_write *file, struct bytes *out);

/* f32 inputs and outputs. A dimension below 0 is written as a symbol: "batch", or those of a picture. */
enum {
    ONNX_WRITE_BATCH = -1,
    ONNX_WRITE_HEIGHT = -2,
    ONNX_WRITE_WIDTH = -3,
    ONNX_WRITE_ROWS = -4,
    ONNX_WRITE_COLUMNS = -5
};
void onnx_write_input(struct onnx_write *file, const char *name, const int64_t *dims, int rank);
void onnx_write_output(struct onnx_write *file, const char *name, const int64_t *dims, int rank);
/* The same for any element type, by the format's number (1 f32, 7 int64, 9 bool). */
void onnx_write_input_of(struct onnx_write *file, int type, const char *name, const int64_t *dims, int rank);
void onnx_write_output_of(struct onnx_write *file, int type, const char *name, const int64_t *dims, int rank);

/* Initialisers, as raw little-endian bytes. */
void onnx_write_weights(struct onnx_write *file, const char *name, const int64_t *dims, int rank, const float *data);
void onnx_write_integers(struct onnx_write *file, const char *name, const int64_t *dims, int rank, const int64_t *data);
/* An initialiser whose bytes lie in another file, at `offset`. */
void onnx_write_outside(struct onnx_write *file, const char *name, const int64_t *dims, int rank, const char *location,
                        int64_t offset, int64_t length);

/* Inputs and outputs are names separated by single spaces; "-" is an absent one. */
void onnx_write_node(struct onnx_write *file, const char *operation, const char *inputs, const char *outputs);
/* Attributes of the last node. */
void onnx_write_int(struct onnx_write *file, const char *name, int64_t value);
void onnx_write_float(struct onnx_write *file, const char *name, float value);
void onnx_write_text(struct onnx_write *file, const char *name, const char *value);
void onnx_write_ints(struct onnx_write *file, const char *name, const int64_t *values, size_t count);
void onnx_write_floats(struct onnx_write *file, const char *name, const float *values, size_t count);
/* A tensor attribute (Constant's "value"), element type by number, `bytes` of data. */
void onnx_write_tensor(struct onnx_write *file, const char *name, int type, const int64_t *dims, int rank,
                       const void *data, size_t bytes);

void onnx_write_metadata(struct onnx_write *file, const char *key, const char *value);

#endif
