/* binnacle policy info FILE.onnx: what a network is, what it costs, and which device could carry it;
 * binnacle policy why LOG: what its command hung on. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/clock.h"
#include "logs/memory.h"
#include "logs/message.h"
#include "perception/onnx.h"
#include "tui/command.h"
#include "tui/policy_verb.h"

struct policy_arguments {
    struct text_list dims;
    double rate_mmac_s, sram_kb, flash_kb;
    bool int8, measure, json;
    struct policy_why_arguments why;
};

/* Multiply-adds a second in millions (0: cannot), memory in kB of 1024 bytes. */
struct device {
    const char *name;
    double f32_mmac_s, int8_mmac_s, sram_kb, flash_kb;
    const char *basis;
};

static const struct device devices[] = {
    {"STM32F746", 64, 64, 320, 1024, "Cortex-M7, 216 MHz: int8 rate published (MCUNet), f32 assumed the same"},
    {"GAP8", 0, 740, 512, 8192, "8 RISC-V cores, no f32: from PULP-DroNet's 18 frames/s of 41 MMAC, 16-bit"},
    {"Cortex-A72", 3000, 6000, 1 << 20, 1 << 24, "one core, 1.5 GHz: assumed half of what its vectors could do"},
};

static void policy_defaults(void *options)
{
    struct policy_arguments *o = options;
    o->sram_kb = 320;
    o->flash_kb = 1024;
    o->why.top = 12;
}

/* --- the figures ------------------------------------------------------------------------------------------------ */

/* One way of carrying the network: weights in flash, activations in SRAM, as numbers of `bytes` each. */
struct fit {
    const char *numbers;
    double rate_mmac_s, latency_ms, sram_kb, flash_kb;
    bool fits;
};

static struct fit fit_of(const struct onnx_info *info, const struct device *device, bool int8)
{
    double bytes = int8 ? 1 : 4;
    struct fit fit = {.numbers = int8 ? "int8" : "f32", .rate_mmac_s = int8 ? device->int8_mmac_s : device->f32_mmac_s};
    /* int8 keeps a scale of 4 bytes for each row of weights; activations shrink with the weights. */
    fit.flash_kb = ((double)info->parameters * bytes + (int8 ? 4 * (double)info->int8_rows : 0)) / 1024;
    fit.sram_kb = (double)info->activation_bytes / 4 * bytes / 1024;
    fit.latency_ms = fit.rate_mmac_s > 0 ? (double)info->multiply_adds / fit.rate_mmac_s / 1e3 : (double)NAN;
    fit.fits = fit.rate_mmac_s > 0 && fit.sram_kb <= device->sram_kb && fit.flash_kb <= device->flash_kb;
    return fit;
}

/* Median processor time of a forward pass here, in microseconds. */
static double measured_us(const struct onnx_model *model)
{
    enum { ROUNDS = 101 };
    struct onnx_run *run = onnx_run_create(model);
    struct error err = {0};
    double times[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        int64_t start_ns = clock_cpu_ns();
        if (onnx_run_forward(run, &err)) /* zeros as indices are in range wherever there is anything to pick */
            break;
        double us = (double)(clock_cpu_ns() - start_ns) / 1e3;
        int at = i;
        for (; at > 0 && times[at - 1] > us; at--)
            times[at] = times[at - 1];
        times[at] = us;
    }
    onnx_run_destroy(&run);
    return err.status ? (double)NAN : times[ROUNDS / 2];
}

/* --- as text ---------------------------------------------------------------------------------------------------- */

/* Names come from the file: nothing in them may steer the terminal. */
static void print_name(const char *name, int width)
{
    int length = 0;
    for (; *name; name++, length++)
        putchar((unsigned char)*name < ' ' || *name == 127 ? '?' : *name);
    printf("%*s", length < width ? width - length : 0, "");
}

static void print_tensor(const struct onnx_tensor *tensor)
{
    printf("    ");
    print_name(tensor->name, 20);
    printf(" %-8s ", onnx_type_name(tensor->type));
    for (int i = 0; i < tensor->rank; i++)
        printf("%s%" PRId64, i ? " x " : "", tensor->dims[i]);
    printf("%s\n", tensor->rank ? "" : "one number");
}

static void print_fits(const struct onnx_info *info, const struct device *list, size_t count)
{
    printf("  %-12s %-7s %10s %12s %12s  %s\n", "device", "numbers", "latency", "SRAM", "flash", "fits");
    for (size_t i = 0; i < count; i++)
        for (int int8 = 0; int8 < 2; int8++) {
            struct fit fit = fit_of(info, &list[i], int8);
            if (fit.rate_mmac_s > 0)
                printf("  %-12s %-7s %7.3g ms %9.4g kB %9.4g kB  %s\n", list[i].name, fit.numbers, fit.latency_ms,
                       fit.sram_kb, fit.flash_kb,
                       fit.fits                        ? "yes"
                       : fit.sram_kb > list[i].sram_kb ? "no: SRAM"
                                                       : "no: flash");
        }
    printf("  (multiply-adds at the device's rate; SRAM for activations, flash for weights)\n");
    for (size_t i = 0; i < count; i++)
        printf("  %-12s %s\n", list[i].name, list[i].basis);
}

static void print_model(const char *path, const struct onnx_model *model, const struct device *list, size_t count,
                        double us)
{
    const struct onnx_info *info = onnx_info(model);
    const char *name;
    size_t times;
    printf("%s\n  IR version %" PRId64 ", operator set %" PRId64 ", written by ", path, info->ir_version, info->opset);
    print_name(*info->producer ? info->producer : "an unnamed program", 0);
    printf("\n  SHA-256 %s\n  inputs\n", info->sha256);
    for (size_t i = 0; i < onnx_input_count(model); i++)
        print_tensor(onnx_input(model, i));
    printf("  outputs\n");
    for (size_t i = 0; i < onnx_output_count(model); i++)
        print_tensor(onnx_output(model, i));
    printf("  operators      ");
    for (size_t i = 0; (name = onnx_operator_used(model, i, &times)); i++)
        printf("%s%s %zu", i ? ", " : "", name, times);
    printf(" (%zu nodes, %zu left to run)\n", info->nodes, info->steps);
    printf("  parameters     %" PRIu64 " (%.4g kB as float32)\n", info->parameters,
           (double)info->parameters * 4 / 1024);
    printf("  multiply-adds  %" PRIu64 "\n", info->multiply_adds);
    printf("  memory         %.4g kB of activations; a run here takes %.4g kB\n", (double)info->activation_bytes / 1024,
           (double)info->arena_bytes / 1024);
    if (isfinite(us))
        printf("  measured here  %.3g us (%s)\n", us, info->kernel);
    print_fits(info, list, count);
}

/* --- as JSON ---------------------------------------------------------------------------------------------------- */

static void json_tensors(struct bytes *out, const struct onnx_model *model, size_t count,
                         const struct onnx_tensor *(*get)(const struct onnx_model *model, size_t index))
{
    for (size_t i = 0; i < count; i++) {
        const struct onnx_tensor *tensor = get(model, i);
        bytes_format(out, "%s{\"name\":", i ? "," : "");
        message_json_text(tensor->name, out);
        bytes_format(out, ",\"type\":\"%s\",\"shape\":[", onnx_type_name(tensor->type));
        for (int j = 0; j < tensor->rank; j++)
            bytes_format(out, "%s%" PRId64, j ? "," : "", tensor->dims[j]);
        bytes_format(out, "]}");
    }
}

static void json_fits(struct bytes *out, const struct onnx_info *info, const struct device *list, size_t count)
{
    const char *separator = "";
    for (size_t i = 0; i < count; i++)
        for (int int8 = 0; int8 < 2; int8++) {
            struct fit fit = fit_of(info, &list[i], int8);
            if (!(fit.rate_mmac_s > 0))
                continue;
            bytes_format(out,
                         "%s{\"device\":\"%s\",\"numbers\":\"%s\",\"latency_ms\":%.9g,\"sram_kb\":%.9g,\"flash_kb\":%."
                         "9g,\"fits\":%s}",
                         separator, list[i].name, fit.numbers, fit.latency_ms, fit.sram_kb, fit.flash_kb,
                         fit.fits ? "true" : "false");
            separator = ",";
        }
}

static void json_model(const struct onnx_model *model, const struct device *list, size_t count, double us)
{
    const struct onnx_info *info = onnx_info(model);
    struct bytes out = {0};
    const char *name;
    size_t times;
    bytes_format(&out, "{\"ir_version\":%" PRId64 ",\"opset\":%" PRId64 ",\"producer\":", info->ir_version,
                 info->opset);
    message_json_text(info->producer, &out);
    bytes_format(&out, ",\"sha256\":\"%s\",\"file_bytes\":%zu,\"inputs\":[", info->sha256, info->file_bytes);
    json_tensors(&out, model, onnx_input_count(model), onnx_input);
    bytes_format(&out, "],\"outputs\":[");
    json_tensors(&out, model, onnx_output_count(model), onnx_output);
    bytes_format(&out, "],\"operators\":{");
    for (size_t i = 0; (name = onnx_operator_used(model, i, &times)); i++)
        bytes_format(&out, "%s\"%s\":%zu", i ? "," : "", name, times);
    bytes_format(&out, "},\"nodes\":%zu,\"steps\":%zu,\"parameters\":%" PRIu64 ",\"multiply_adds\":%" PRIu64,
                 info->nodes, info->steps, info->parameters, info->multiply_adds);
    bytes_format(&out, ",\"activation_bytes\":%zu,\"arena_bytes\":%zu,\"kernel\":\"%s\"", info->activation_bytes,
                 info->arena_bytes, info->kernel);
    if (isfinite(us))
        bytes_format(&out, ",\"measured_us\":%.6g", us);
    bytes_format(&out, ",\"devices\":[");
    json_fits(&out, info, list, count);
    bytes_format(&out, "]}\n");
    fwrite(out.data, 1, out.size, stdout);
    bytes_clear(&out);
}

/* --- the command ------------------------------------------------------------------------------------------------ */

/* NAME=SIZE, split in place into a copy the caller frees. */
static enum status read_dim(const char *text, char **copy, struct onnx_dim *dim, struct error *err)
{
    *copy = memory_string(text);
    char *equals = strrchr(*copy, '='), *end = NULL;
    if (equals)
        *equals = '\0';
    *dim = (struct onnx_dim){*copy, equals ? strtoll(equals + 1, &end, 10) : 0};
    if (!equals || !equals[1] || *end || dim->size < 1 || equals == *copy)
        return error_set(err, STATUS_BAD_INPUT, "--dim %s is not NAME=SIZE with a whole number from 1 on", text);
    return STATUS_OK;
}

static enum status info_of(const struct policy_arguments *arguments, const char *path, struct error *err)
{
    struct onnx_dim dims[COUNT_OF(arguments->dims.items)];
    char *copies[COUNT_OF(arguments->dims.items)] = {NULL};
    struct device list[COUNT_OF(devices) + 1];
    size_t count = COUNT_OF(devices);
    enum status status = STATUS_OK;
    for (size_t i = 0; !status && i < arguments->dims.count; i++)
        status = read_dim(arguments->dims.items[i], &copies[i], &dims[i], err);
    struct onnx_options options = {.dims = dims, .dim_count = arguments->dims.count, .int8_weights = arguments->int8};
    struct onnx_model *model = status ? NULL : onnx_load_file(path, &options, err);
    memcpy(list, devices, sizeof devices);
    if (arguments->rate_mmac_s > 0)
        list[count++] = (struct device){"yours",
                                        arguments->rate_mmac_s,
                                        arguments->rate_mmac_s,
                                        arguments->sram_kb,
                                        arguments->flash_kb,
                                        "as given by --rate, --sram and --flash"};
    if (model) {
        double us = arguments->measure ? measured_us(model) : (double)NAN;
        if (arguments->json)
            json_model(model, list, count, us);
        else
            print_model(path, model, list, count, us);
    }
    status = model ? STATUS_OK : err->status;
    onnx_destroy(&model);
    for (size_t i = 0; i < COUNT_OF(copies); i++)
        free(copies[i]);
    return status;
}

static int policy_run(const void *options, int argument_count, char **arguments)
{
    const struct policy_arguments *o = options;
    struct error err = {0};
    enum status status;
    (void)argument_count;
    if (!strcmp(arguments[0], "info")) {
        status = info_of(o, arguments[1], &err);
    } else if (!strcmp(arguments[0], "why")) {
        struct policy_why_arguments why = o->why;
        why.json = o->json;
        status = policy_why(&why, arguments[1], &err);
    } else {
        status = error_set(&err, STATUS_BAD_INPUT, "unknown verb '%s' (there are: info FILE.onnx, why LOG --at T)",
                           arguments[0]);
    }
    return status ? command_fail("policy", &err) : 0;
}

#define OPTION(name, letter, kind, member, value, help, min, max)                                                      \
    {                                                                                                                  \
        name, letter, kind, offsetof(struct policy_arguments, member), value, help, min, max                           \
    }
static const struct option_row rows[] = {
    OPTION("dim", 0, OPTION_LIST, dims, "NAME=SIZE", "the size of a symbolic axis (repeatable; the batch is 1)", 0, 0),
    OPTION("int8", 0, OPTION_SWITCH, int8, NULL, "with int8 weights in Gemm and MatMul", 0, 0),
    OPTION("measure", 'm', OPTION_SWITCH, measure, NULL, "also run it here, 101 times, and print the median", 0, 0),
    OPTION("rate", 0, OPTION_NUMBER, rate_mmac_s, "MMAC/S", "a device of yours: millions of multiply-adds a second",
           0.001, 1e9),
    OPTION("sram", 0, OPTION_NUMBER, sram_kb, "KB", "... its memory for activations (default 320)", 0.001, 1e9),
    OPTION("flash", 0, OPTION_NUMBER, flash_kb, "KB", "... its memory for weights (default 1024)", 0.001, 1e9),
    OPTION("at", 0, OPTION_TEXT, why.at, "T", "why: the moment, in simulated seconds (12.5) or ticks (250t)", 0, 0),
    OPTION("policy", 'p', OPTION_TEXT, why.policy, "WHO",
           "why: ask another network, which sees the same beliefs", 0, 0),
    OPTION("set", 0, OPTION_LIST, why.sets, "PATH=VALUE", "why: saliency.sectors, .columns or .rows", 0, 0),
    OPTION("top", 0, OPTION_NUMBER, why.top, "N", "why: rows of the table (default 12)", 1, 500),
    OPTION("png", 0, OPTION_TEXT, why.png, "FILE", "why: also as a picture", 0, 0),
    OPTION("json", 'j', OPTION_SWITCH, json, NULL, "as one JSON object", 0, 0),
};

const struct command command_policy = {
    .name = "policy",
    .arguments = "VERB FILE",
    .summary = "info: what a network is and costs; why: what its command hung on",
    .details = "Verbs:\n"
               "  info FILE.onnx\n      inputs, outputs, operators, memory; latency on devices is an estimate: "
               "multiply-adds at their rate\n"
               "  why LOG --at T\n      re-simulates the log to T, covers one part of the network's inputs after the "
               "other, and prints\n      the change of its command in shares of the drive's range\n",
    .options = rows,
    .option_count = COUNT_OF(rows),
    .options_size = sizeof(struct policy_arguments),
    .arguments_min = 2,
    .arguments_max = 2,
    .defaults = policy_defaults,
    .run = policy_run,
};
