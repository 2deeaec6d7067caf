/* The graph: each row an input of its own, Sub, Div, side by side; Gemm and Relu; Mul, Add to metres and radians a
 * second. */
#include <stdio.h>

#include "nav/train_model.h"
#include "perception/onnx_write.h"

enum { OPSET = 13 };

static void write_row(struct onnx_write *file, const struct train_model *model, const struct train_row *row,
                      struct bytes *parts)
{
    const int64_t dims[] = {1, (int64_t)row->length};
    const char *name = row->feature->name;
    char mean[48], spread[48], in[160], out[48];
    snprintf(mean, sizeof mean, "%s_mean", name);
    snprintf(spread, sizeof spread, "%s_spread", name);
    onnx_write_input(file, name, dims, 2);
    onnx_write_weights(file, mean, dims, 2, model->mean + row->offset);
    onnx_write_weights(file, spread, dims, 2, model->spread + row->offset);
    snprintf(in, sizeof in, "%s %s", name, mean);
    snprintf(out, sizeof out, "%s_off", name);
    onnx_write_node(file, "Sub", in, out);
    snprintf(in, sizeof in, "%s_off %s", name, spread);
    snprintf(out, sizeof out, "%s_unit", name);
    onnx_write_node(file, "Div", in, out);
    bytes_format(parts, "%s%s", parts->size ? " " : "", out);
}

static void write_layer(struct onnx_write *file, const struct train_net *net, size_t layer)
{
    const int64_t dims[] = {(int64_t)net->sizes[layer + 1], (int64_t)net->sizes[layer]};
    char weights[32], biases[32], in[96], out[32], values[32];
    snprintf(weights, sizeof weights, "weights_%zu", layer);
    snprintf(biases, sizeof biases, "biases_%zu", layer);
    snprintf(in, sizeof in, "values_%zu %s %s", layer, weights, biases);
    snprintf(out, sizeof out, "sums_%zu", layer + 1);
    snprintf(values, sizeof values, "values_%zu", layer + 1);
    onnx_write_weights(file, weights, dims, 2, net->adam.parameters + net->weights[layer]);
    onnx_write_weights(file, biases, dims, 1, net->adam.parameters + net->biases[layer]);
    bool last = layer + 1 == net->layers;
    onnx_write_node(file, "Gemm", in, last ? values : out);
    onnx_write_int(file, "transB", 1);
    if (!last)
        onnx_write_node(file, "Relu", out, values);
}

void train_write(const struct train_model *model, const char *name, const struct train_note *notes, size_t note_count,
                 struct bytes *out)
{
    static const int64_t command[] = {1, TRAIN_OUTPUTS};
    struct onnx_write file = onnx_write_begin(name, OPSET);
    const struct train_net *net = model->net;
    struct bytes parts = {0};
    char last[64];
    for (size_t i = 0; i < model->config.rows.count; i++)
        write_row(&file, model, &model->config.rows.rows[i], &parts);
    bytes_put_u8(&parts, 0);
    onnx_write_node(&file, "Concat", (const char *)parts.data, "values_0");
    onnx_write_int(&file, "axis", 1);
    bytes_clear(&parts);
    for (size_t i = 0; i < net->layers; i++)
        write_layer(&file, net, i);
    onnx_write_weights(&file, "command_spread", command, 2, model->command_spread);
    onnx_write_weights(&file, "command_mean", command, 2, model->command_mean);
    snprintf(last, sizeof last, "values_%zu command_spread", net->layers);
    onnx_write_node(&file, "Mul", last, "command_off");
    onnx_write_node(&file, "Add", "command_off command_mean", "command");
    onnx_write_output(&file, "command", command, 2);
    for (size_t i = 0; i < note_count; i++)
        onnx_write_metadata(&file, notes[i].key, notes[i].value);
    onnx_write_end(&file, out);
}
