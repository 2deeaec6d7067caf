/* tests/perception/onnx_model.h - networks written for tests and benches, with weights from named random streams. */
#ifndef TESTS_PERCEPTION_ONNX_MODEL_H
#define TESTS_PERCEPTION_ONNX_MODEL_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "logs/seed.h"
#include "perception/kernel.h"
#include "perception/onnx.h"
#include "perception/onnx_write.h"

/* Uniform in -scale..scale, from the stream of that name. */
static inline void model_uniform(float *x, size_t count, const char *name, double scale)
{
    struct seed_stream stream = seed_stream_named(11, name);
    for (size_t i = 0; i < count; i++)
        x[i] = (float)seed_between(&stream, -scale, scale);
}

static inline void model_fill(float *x, size_t count, const char *name, int variant)
{
    char stream[64];
    snprintf(stream, sizeof stream, "%s.%d", name, variant);
    model_uniform(x, count, stream, 1);
}

static inline void model_weights(struct onnx_write *file, const char *name, const int64_t *dims, int rank)
{
    size_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= (size_t)dims[i];
    float *data = NEW_ARRAY(count, float);
    model_uniform(data, count, name, rank > 1 ? sqrt(3.0 / ((double)count / (double)dims[0])) : 0.1);
    onnx_write_weights(file, name, dims, rank, data);
    free(data);
}

/* A layer as PyTorch exports it: weights NAME.w of outputs x inputs, bias NAME.b. */
static inline void model_gemm(struct onnx_write *file, const char *name, const char *from, const char *to, int64_t in,
                              int64_t out)
{
    char w[32], b[32], inputs[96];
    snprintf(w, sizeof w, "%s.w", name);
    snprintf(b, sizeof b, "%s.b", name);
    snprintf(inputs, sizeof inputs, "%s %s %s", from, w, b);
    model_weights(file, w, (int64_t[]){out, in}, 2);
    model_weights(file, b, (int64_t[]){out}, 1);
    onnx_write_node(file, "Gemm", inputs, to);
    onnx_write_int(file, "transB", 1);
}

/* in - Relu hidden - Relu hidden - Tanh out */
static inline void model_mlp(struct bytes *out, int64_t in, int64_t hidden, int64_t outputs)
{
    struct onnx_write file = onnx_write_begin("mlp", 13);
    onnx_write_input(&file, "x", (int64_t[]){-1, in}, 2);
    model_gemm(&file, "fc1", "x", "a1", in, hidden);
    onnx_write_node(&file, "Relu", "a1", "h1");
    model_gemm(&file, "fc2", "h1", "a2", hidden, hidden);
    onnx_write_node(&file, "Relu", "a2", "h2");
    model_gemm(&file, "fc3", "h2", "a3", hidden, outputs);
    onnx_write_node(&file, "Tanh", "a3", "y");
    onnx_write_output(&file, "y", (int64_t[]){-1, outputs}, 2);
    onnx_write_metadata(&file, "who", "test");
    onnx_write_end(&file, out);
}

/* One layer by its definition: a chain of fused multiply-adds from the bias on. */
static inline void model_gemm_by_hand(const char *name, const float *x, size_t in, float *y, size_t out)
{
    char w_name[32], b_name[32];
    float *w = NEW_ARRAY(in * out, float);
    snprintf(w_name, sizeof w_name, "%s.w", name);
    snprintf(b_name, sizeof b_name, "%s.b", name);
    model_uniform(w, in * out, w_name, sqrt(3.0 / (double)in));
    model_uniform(y, out, b_name, 0.1);
    for (size_t i = 0; i < out; i++)
        for (size_t k = 0; k < in; k++)
            y[i] = fmaf(x[k], w[i * in + k], y[i]);
    free(w);
}

static inline void model_mlp_by_hand(const float *x, size_t in, size_t hidden, size_t out, float *y)
{
    float *h1 = NEW_ARRAY(hidden, float), *h2 = NEW_ARRAY(hidden, float);
    model_gemm_by_hand("fc1", x, in, h1, hidden);
    for (size_t i = 0; i < hidden; i++)
        h1[i] = h1[i] > 0 ? h1[i] : 0;
    model_gemm_by_hand("fc2", h1, hidden, h2, hidden);
    for (size_t i = 0; i < hidden; i++)
        h2[i] = h2[i] > 0 ? h2[i] : 0;
    model_gemm_by_hand("fc3", h2, hidden, y, out);
    for (size_t i = 0; i < out; i++)
        y[i] = kernel_tanh(y[i]);
    free(h1);
    free(h2);
}

static inline void model_conv(struct onnx_write *file, const char *name, const char *from, const char *to, int64_t in,
                              int64_t out, int64_t size, int64_t stride)
{
    char w[32], b[32], inputs[96];
    int64_t pad = size / 2;
    snprintf(w, sizeof w, "%s.w", name);
    snprintf(b, sizeof b, "%s.b", name);
    snprintf(inputs, sizeof inputs, "%s %s %s", from, w, b);
    model_weights(file, w, (int64_t[]){out, in, size, size}, 4);
    model_weights(file, b, (int64_t[]){out}, 1);
    onnx_write_node(file, "Conv", inputs, to);
    onnx_write_ints(file, "kernel_shape", (int64_t[]){size, size}, 2);
    onnx_write_ints(file, "strides", (int64_t[]){stride, stride}, 2);
    onnx_write_ints(file, "pads", (int64_t[]){pad, pad, pad, pad}, 4);
}

static inline void model_pool(struct onnx_write *file, const char *from, const char *to)
{
    onnx_write_node(file, "MaxPool", from, to);
    onnx_write_ints(file, "kernel_shape", (int64_t[]){2, 2}, 2);
    onnx_write_ints(file, "strides", (int64_t[]){2, 2}, 2);
}

/* A camera image of 3 x 64 x 64 and 72 other numbers: 165,378 parameters, 2.7 million multiply-adds. */
static inline void model_cnn(struct bytes *out)
{
    struct onnx_write file = onnx_write_begin("cnn", 13);
    onnx_write_input(&file, "image", (int64_t[]){1, 3, 64, 64}, 4);
    onnx_write_input(&file, "rest", (int64_t[]){1, 72}, 2);
    model_conv(&file, "c1", "image", "a1", 3, 16, 5, 2);
    onnx_write_node(&file, "Relu", "a1", "r1");
    model_pool(&file, "r1", "p1");
    model_conv(&file, "c2", "p1", "a2", 16, 32, 3, 1);
    onnx_write_node(&file, "Relu", "a2", "r2");
    model_pool(&file, "r2", "p2");
    model_conv(&file, "c3", "p2", "a3", 32, 32, 3, 2);
    onnx_write_node(&file, "Relu", "a3", "r3");
    onnx_write_node(&file, "Flatten", "r3", "flat");
    onnx_write_node(&file, "Concat", "flat rest", "all");
    onnx_write_int(&file, "axis", 1);
    model_gemm(&file, "fc1", "all", "a4", 584, 256);
    onnx_write_node(&file, "Relu", "a4", "r4");
    model_gemm(&file, "fc2", "r4", "a5", 256, 2);
    onnx_write_node(&file, "Tanh", "a5", "y");
    onnx_write_output(&file, "y", (int64_t[]){1, 2}, 2);
    onnx_write_end(&file, out);
}

#endif
