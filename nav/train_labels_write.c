/* The graph: each colour times its scale over the picture's mean brightness, down times its own, side by side; Sub;
 * Conv and Relu; coarse laid out over its cells (Reshape, Transpose, Reshape) and added to fine. Sizes of pictures
 * stay open. */
#include <stdio.h>

#include "nav/train_labels_model.h"
#include "perception/onnx_write.h"

enum { OPSET = 13 };

static void write_inputs(struct onnx_write *file, const struct train_labels *model)
{
    const int64_t rgb[] = {1, 3, ONNX_WRITE_HEIGHT, ONNX_WRITE_WIDTH};
    const int64_t down[] = {1, 1, ONNX_WRITE_HEIGHT, ONNX_WRITE_WIDTH};
    const int64_t channels[] = {1, TRAIN_LABELS_CHANNELS, 1, 1};
    const float dark = TRAIN_LABELS_DARK;
    float scale[TRAIN_LABELS_CHANNELS], off[TRAIN_LABELS_CHANNELS];
    for (size_t c = 0; c < TRAIN_LABELS_CHANNELS; c++) {
        scale[c] = 1 / model->spread[c];
        off[c] = model->mean[c] / model->spread[c];
    }
    onnx_write_input(file, "rgb", rgb, 4);
    onnx_write_input(file, "down", down, 4);
    onnx_write_weights(file, "dark", (int64_t[]){1}, 1, &dark);
    onnx_write_weights(file, "rgb_scale", (int64_t[]){1, 3, 1, 1}, 4, scale);
    onnx_write_weights(file, "down_scale", (int64_t[]){1}, 1, scale + 3);
    onnx_write_weights(file, "off", channels, 4, off);
    onnx_write_node(file, "ReduceMean", "rgb", "brightness");
    onnx_write_ints(file, "axes", (int64_t[]){1, 2, 3}, 3);
    onnx_write_node(file, "Add", "brightness dark", "level");
    onnx_write_node(file, "Div", "rgb_scale level", "gain");
    onnx_write_node(file, "Mul", "rgb gain", "rgb_unit");
    onnx_write_node(file, "Mul", "down down_scale", "down_unit");
    onnx_write_node(file, "Concat", "rgb_unit down_unit", "units");
    onnx_write_int(file, "axis", 1);
    onnx_write_node(file, "Sub", "units off", "values_0");
}

static void write_convolution(struct onnx_write *file, const struct train_conv *net,
                              const struct train_conv_op *op, const char *in, const char *out)
{
    const struct train_conv_layer *l = &op->layer;
    const int64_t channels = (int64_t)l->channels, taps = (int64_t)l->taps,
                  pad = (int64_t)(l->taps / 2 * l->dilation);
    const int64_t dims[] = {channels, (int64_t)net->maps[op->from].channels, taps, taps};
    char weights[48], biases[48], inputs[160];
    snprintf(weights, sizeof weights, "%s_weights", out);
    snprintf(biases, sizeof biases, "%s_biases", out);
    snprintf(inputs, sizeof inputs, "%s %s %s", in, weights, biases);
    onnx_write_weights(file, weights, dims, 4, net->adam.parameters + op->weights);
    onnx_write_weights(file, biases, dims, 1, net->adam.parameters + op->biases);
    onnx_write_node(file, "Conv", inputs, out);
    onnx_write_ints(file, "kernel_shape", dims + 2, 2);
    onnx_write_ints(file, "pads", (int64_t[]){pad, pad, pad, pad}, 4);
    onnx_write_ints(file, "strides", (int64_t[]){(int64_t)l->stride, (int64_t)l->stride}, 2);
    onnx_write_ints(file, "dilations", (int64_t[]){(int64_t)l->dilation, (int64_t)l->dilation}, 2);
}

/* [1, labels * s * s, h, w] becomes [1, labels, h * s, w * s], whatever h and w are: fine has that shape
 * already. */
static void write_spread(struct onnx_write *file, const struct train_conv *net)
{
    const int64_t s = (int64_t)net->spread, begin = 2, end = 4;
    onnx_write_integers(file, "block", (int64_t[]){4}, 1, (int64_t[]){1, (int64_t)net->plan.labels, s, s});
    onnx_write_integers(file, "second", (int64_t[]){1}, 1, &begin);
    onnx_write_integers(file, "fourth", (int64_t[]){1}, 1, &end);
    onnx_write_node(file, "Shape", "coarse", "coarse_shape");
    onnx_write_node(file, "Slice", "coarse_shape second fourth", "coarse_size");
    onnx_write_node(file, "Concat", "block coarse_size", "blocks_shape");
    onnx_write_int(file, "axis", 0);
    onnx_write_node(file, "Reshape", "coarse blocks_shape", "blocks");
    onnx_write_node(file, "Transpose", "blocks", "blocks_turned");
    onnx_write_ints(file, "perm", (int64_t[]){0, 1, 4, 2, 5, 3}, 6);
    onnx_write_node(file, "Shape", "fine", "fine_shape");
    onnx_write_node(file, "Reshape", "blocks_turned fine_shape", "coarse_spread");
    onnx_write_node(file, "Add", "fine coarse_spread", "labels");
}

void train_labels_write(const struct train_labels *model, const struct train_note *notes, size_t note_count,
                        struct bytes *out)
{
    const struct train_conv *net = model->net;
    const int64_t labels[] = {1, (int64_t)net->plan.labels, ONNX_WRITE_ROWS, ONNX_WRITE_COLUMNS};
    struct onnx_write file = onnx_write_begin("labels", OPSET);
    char last[32] = "";
    write_inputs(&file, model);
    for (size_t i = 0; i < net->plan.layer_count; i++) {
        char in[32], sums[32];
        snprintf(in, sizeof in, "values_%zu", i);
        snprintf(sums, sizeof sums, "sums_%zu", i + 1);
        snprintf(last, sizeof last, "values_%zu", i + 1);
        write_convolution(&file, net, &net->ops[i], in, sums);
        onnx_write_node(&file, "Relu", sums, last);
    }
    write_convolution(&file, net, &net->ops[net->plan.layer_count], last, "coarse");
    write_convolution(&file, net, &net->ops[net->plan.layer_count + 1], "values_1", "fine");
    write_spread(&file, net);
    onnx_write_output(&file, "labels", labels, 4);
    for (size_t i = 0; i < note_count; i++)
        onnx_write_metadata(&file, notes[i].key, notes[i].value);
    onnx_write_end(&file, out);
}
