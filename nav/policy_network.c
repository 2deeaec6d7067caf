/* A policy that is a network: what its inputs ask for is made from the belief (nav/features.h), what it
 * answers is the command. Its recurrent state is the policy's state, and so part of the state hash. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "logs/names.h"
#include "nav/brought.h"
#include "nav/decision.h"
#include "nav/saliency.h"
#include "perception/onnx.h"

enum { INPUTS_MAX = 16, STATE_FLOATS_MAX = 65536 };
static const char STATE_IN[] = "state", STATE_OUT[] = "state_out", COMMAND[] = "command", CONFIDENCE[] = "confidence";

struct network {
    struct policy policy; /* first: struct policy_input's self leads here */
    struct onnx_model *model;
    struct onnx_run *run;
    const struct feature *features[INPUTS_MAX]; /* of each input; NULL: the state */
    float *kept; /* room for the longest input */
    size_t command, confidence, state_in, state_out, state_count; /* counts of outputs and inputs where not there */
    char name[BROUGHT_NAME_MAX], summary[70];
};

/* Scratch in the descriptor is no state: every input is written before every run. */
static void fill_inputs(struct network *network, const void *state, const struct policy_input *in)
{
    for (size_t i = 0; i < onnx_input_count(network->model); i++) {
        float *row = onnx_run_input(network->run, i);
        if (network->features[i])
            network->features[i]->fill(in, onnx_input(network->model, i)->count, row);
        else
            memcpy(row, state, network->state_count * sizeof *row);
    }
}

/* An image that is not as large as the camera's is zeros for ever (nav/features.h); nobody would see why it
 * drives so badly. */
static void tell_of_images(const struct network *network, const struct sight *sight, struct decision *out)
{
    for (size_t i = 0; i < onnx_input_count(network->model); i++) {
        const struct feature *feature = network->features[i];
        size_t planes = !feature ? 0 : feature->layout == FEATURE_COLOUR ? 3 : feature->layout == FEATURE_IMAGE ? 1 : 0;
        size_t wanted = onnx_input(network->model, i)->count;
        size_t there = planes * (size_t)sight->width * (size_t)sight->height;
        if (there && there != wanted)
            snprintf(out->constraint, sizeof out->constraint, "'%s' takes %zu numbers, the camera has %zu",
                     feature->name, wanted, there);
    }
}

static bool is_blank(const float *row, size_t count)
{
    size_t i = 0;
    while (i < count && row[i] == 0)
        i++;
    return i == count;
}

/* The share of its senses that show something; *lacks: the first that does not, or NULL. Read before the run. */
static double senses_of(const struct network *network, const char **lacks)
{
    size_t senses = 0, there = 0;
    *lacks = NULL;
    for (size_t i = 0; i < onnx_input_count(network->model); i++) {
        const struct feature *feature = network->features[i];
        if (!feature || feature->layout == FEATURE_WHOLE)
            continue;
        bool blank = is_blank(onnx_run_input(network->run, i), onnx_input(network->model, i)->count);
        senses++;
        there += !blank;
        *lacks = blank && !*lacks ? feature->name : *lacks;
    }
    return senses ? (double)there / (double)senses : 1;
}

/* Its own word if it has an output for it, else the share of its senses that are there; 0 without an answer,
 * and of a word that is no number. */
static double confidence_of(const struct network *network, double senses, bool valid)
{
    double said = senses;
    if (network->confidence < onnx_output_count(network->model))
        said = (double)onnx_run_output(network->run, network->confidence)[0];
    return valid && said > 0 ? fmin(said, 1) : 0;
}

static void network_decide(const void *params, void *state, const struct policy_input *in, struct decision *out)
{
    (void)params;
    struct network *network = (struct network *)(uintptr_t)in->self;
    struct error err = {0};
    fill_inputs(network, state, in);
    const char *lacks;
    double senses = senses_of(network, &lacks);
    if (lacks)
        snprintf(out->constraint, sizeof out->constraint, "sees nothing: no %s", lacks);
    tell_of_images(network, &in->belief->sight, out);
    if (onnx_run_forward(network->run, &err)) {
        snprintf(out->reason, sizeof out->reason, "%.118s", err.text);
        decision_single(in->task, out);
        return;
    }
    const float *command = onnx_run_output(network->run, network->command);
    out->wish = (struct twist2){(double)command[0], (double)command[1]};
    out->valid = isfinite(command[0]) && isfinite(command[1]);
    out->confidence = confidence_of(network, senses, out->valid);
    if (network->state_count && out->valid)
        memcpy(state, onnx_run_output(network->run, network->state_out), network->state_count * sizeof(float));
    snprintf(out->reason, sizeof out->reason,
             out->valid ? "the network's answer" : "the network's answer is no number");
    decision_single(in->task, out);
}

/* NaN: it has no answer to what its inputs hold now. */
static struct twist2 answer(struct network *network)
{
    struct error err = {0};
    const float *command = onnx_run_output(network->run, network->command);
    if (onnx_run_forward(network->run, &err) || !isfinite(command[0]) || !isfinite(command[1]))
        return (struct twist2){(double)NAN, (double)NAN};
    return (struct twist2){(double)command[0], (double)command[1]};
}

static void measure_group(struct network *network, size_t input, const struct policy_input *in, struct twist2 command,
                          struct salient *group)
{
    float *row = onnx_run_input(network->run, input);
    size_t count = onnx_input(network->model, input)->count;
    memcpy(network->kept, row, count * sizeof *row);
    saliency_cover(network->features[input], group, in, count, row);
    group->without = command;
    if (memcmp(network->kept, row, count * sizeof *row)) /* else nothing was there to be covered */
        group->without = answer(network);
    memcpy(row, network->kept, count * sizeof *row);
    bool before = isfinite(command.v_mps), after = isfinite(group->without.v_mps);
    group->saliency = before && after ? decision_distance(in->task, command, group->without) : before != after;
}

static void network_explain(const void *state, const struct policy_input *in, const struct saliency_params *asked,
                            struct saliency *out)
{
    struct network *network = (struct network *)(uintptr_t)in->self;
    fill_inputs(network, state, in);
    out->command = answer(network);
    for (size_t i = 0; i < onnx_input_count(network->model); i++) {
        size_t more = saliency_split(network->features[i], asked, in, onnx_input(network->model, i)->count, out);
        for (size_t k = out->count - more; k < out->count; k++)
            measure_group(network, i, in, out->command, &out->groups[k]);
    }
}

static void network_close(const struct policy *self)
{
    struct network *network = (struct network *)(uintptr_t)self;
    onnx_run_destroy(&network->run);
    onnx_destroy(&network->model);
    free(network->kept);
    free(network);
}

static void describe_shape(const struct onnx_tensor *tensor, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (int i = 0; i < tensor->rank && length < size; i++)
        length += (size_t)snprintf(text + length, size - length, "%s%lld", i ? "," : "", (long long)tensor->dims[i]);
}

static enum status refuse(const struct network *network, const struct onnx_tensor *tensor, struct error *err,
                          const char *what)
{
    char shape[80];
    describe_shape(tensor, shape, sizeof shape);
    return error_set(err, STATUS_BAD_INPUT, "%s: '%s' is %s[%s]; %s", network->name, tensor->name,
                     onnx_type_name(tensor->type), shape, what);
}

static enum status bind_input(struct network *network, size_t index, struct error *err)
{
    const struct onnx_tensor *tensor = onnx_input(network->model, index);
    char hint[96], what[220];
    if (tensor->type != ONNX_F32)
        return refuse(network, tensor, err, "inputs are float32");
    if (!strcmp(tensor->name, STATE_IN))
        return STATUS_OK;
    const struct feature *feature = feature_find(tensor->name);
    if (!feature) {
        names_hint(hint, sizeof hint, tensor->name, feature_table, feature_count, sizeof *feature_table);
        snprintf(what, sizeof what, "no input is called so%s; the inputs are those of 'binnacle list inputs'", hint);
        return refuse(network, tensor, err, what);
    }
    if (feature->length && tensor->count != feature->length) {
        snprintf(what, sizeof what, "expected %zu numbers: %s", feature->length, feature->help);
        return refuse(network, tensor, err, what);
    }
    if (tensor->count < 1 || (!feature->length && tensor->count > FEATURE_LENGTH_MAX * 64))
        return refuse(network, tensor, err, "that is no length for it");
    network->features[index] = feature;
    return STATUS_OK;
}

/* Output names are a stranger's: the sentence says so many of them as fit. */
static enum status refuse_outputs(const struct network *network, struct error *err)
{
    char list[120];
    size_t length = 0, count = onnx_output_count(network->model);
    for (size_t i = 0; i < count && length < sizeof list; i++)
        length += (size_t)snprintf(list + length, sizeof list - length, "%s'%.40s'", i ? ", " : "",
                                   onnx_output(network->model, i)->name);
    return error_set(err, STATUS_BAD_INPUT,
                     "%s has no output called 'command' (two float32: speed in m/s, turn rate in rad/s); it has %s%s",
                     network->name, list, length < sizeof list ? "" : " ...");
}

static enum status bind_outputs(struct network *network, struct error *err)
{
    const struct onnx_model *model = network->model;
    network->command = onnx_find_output(model, COMMAND);
    network->confidence = onnx_find_output(model, CONFIDENCE);
    network->state_in = onnx_find_input(model, STATE_IN);
    network->state_out = onnx_find_output(model, STATE_OUT);
    bool has_in = network->state_in < onnx_input_count(model), has_out = network->state_out < onnx_output_count(model);
    if (network->command == onnx_output_count(model))
        return refuse_outputs(network, err);
    const struct onnx_tensor *command = onnx_output(model, network->command);
    if (command->type != ONNX_F32 || command->count != 2)
        return refuse(network, command, err, "expected two float32: speed in m/s and turn rate in rad/s");
    if (network->confidence < onnx_output_count(model) && onnx_output(model, network->confidence)->type != ONNX_F32)
        return refuse(network, onnx_output(model, network->confidence), err, "expected float32");
    if (has_in != has_out)
        return error_set(err, STATUS_BAD_INPUT,
                         "%s: an input 'state' needs an output 'state_out' of its shape, and the other way round",
                         network->name);
    if (!has_in)
        return STATUS_OK;
    const struct onnx_tensor *in = onnx_input(model, network->state_in), *out = onnx_output(model, network->state_out);
    network->state_count = in->count;
    if (out->count != in->count || out->type != ONNX_F32 || in->count > STATE_FLOATS_MAX)
        return refuse(network, out, err, "it must be float32 and as long as the input 'state', at most 65536");
    return STATUS_OK;
}

static enum status bind(struct network *network, struct error *err)
{
    size_t count = onnx_input_count(network->model);
    if (count > INPUTS_MAX)
        return error_set(err, STATUS_BAD_INPUT, "%s has %zu inputs; at most %d can be filled", network->name, count,
                         INPUTS_MAX);
    for (size_t i = 0; i < count; i++) {
        enum status status = bind_input(network, i, err);
        if (status)
            return status;
    }
    return bind_outputs(network, err);
}

const struct policy *policy_network_open(const char *name, const uint8_t *bytes, size_t size, struct error *err)
{
    struct onnx_model *model = onnx_load(bytes, size, name, NULL, err);
    if (!model)
        return NULL;
    struct network *network = NEW(struct network);
    snprintf(network->name, sizeof network->name, "%s", name);
    network->model = model;
    network->run = onnx_run_create(model);
    if (bind(network, err)) {
        network_close(&network->policy);
        return NULL;
    }
    size_t longest = 1;
    for (size_t i = 0; i < onnx_input_count(model); i++)
        longest = onnx_input(model, i)->count > longest ? onnx_input(model, i)->count : longest;
    network->kept = NEW_ARRAY(longest, float);
    const struct onnx_info *info = onnx_info(model);
    snprintf(network->summary, sizeof network->summary, "a network of %llu parameters",
             (unsigned long long)info->parameters);
    network->policy = (struct policy){
        .name = network->name,
        .summary = network->summary,
        .group = "network",
        .state_size = network->state_count * sizeof(float),
        .decide = network_decide,
        .close = network_close,
        .explain = network_explain,
    };
    return &network->policy;
}
