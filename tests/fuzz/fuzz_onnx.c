/* Any bytes as a model: loaded twice, the same sentence or the same network; if it is small, run with two sets of
 * kernels, the same bits. int8 weights are tried beside. */
#include <math.h>
#include <string.h>

#include "logs/hash.h"
#include "perception/onnx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_MAX = 1 << 20, STEPS_MAX = 256, WORK_MAX = 1 << 21 }; /* larger is only slower */

static bool is_small(const struct onnx_model *model)
{
    const struct onnx_info *info = onnx_info(model);
    return info->arena_bytes <= ARENA_MAX && info->steps <= STEPS_MAX && info->multiply_adds <= WORK_MAX &&
           info->pool_taps <= WORK_MAX;
}

/* One NaN is as good as another. */
static uint64_t hash_floats(uint64_t hash, const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float value = isnan(x[i]) ? NAN : x[i];
        hash = hash_bytes(hash, &value, sizeof value);
    }
    return hash;
}

static uint64_t outputs_of(const struct onnx_model *model)
{
    struct onnx_run *run = onnx_run_create(model);
    struct error err = {0};
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < onnx_input_count(model); i++) {
        const struct onnx_tensor *tensor = onnx_input(model, i);
        for (size_t j = 0; j < tensor->count && tensor->type == ONNX_F32; j++)
            onnx_run_input(run, i)[j] = (float)((j * 37 + i) % 17) / 8 - 1;
    }
    enum status status = onnx_run_forward(run, &err);
    ASSERT(status == STATUS_OK || (status == STATUS_BAD_INPUT && err.text[0]));
    for (size_t i = 0; i < onnx_output_count(model) && !status; i++) {
        const struct onnx_tensor *tensor = onnx_output(model, i);
        if (tensor->type == ONNX_F32)
            hash = hash_floats(hash, onnx_run_output(run, i), tensor->count);
        else
            hash = hash_bytes(hash, onnx_run_output_bytes(run, i), tensor->count * onnx_type_size(tensor->type));
    }
    onnx_run_destroy(&run);
    return hash_text(hash, err.text);
}

static uint64_t outcome(const uint8_t *data, size_t size, const char *kernel, bool int8_weights)
{
    struct error err = {0};
    struct onnx_options options = {.kernel = kernel, .int8_weights = int8_weights};
    struct onnx_model *model = onnx_load(data, size, "fuzz.onnx", &options, &err);
    uint64_t hash = HASH_START;
    if (!model)
        ASSERT(err.status != STATUS_OK && strstr(err.text, "fuzz.onnx: "));
    else if (is_small(model))
        hash = outputs_of(model);
    onnx_destroy(&model);
    return hash_text(hash, err.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ASSERT(outcome(data, size, NULL, false) == outcome(data, size, "scalar", false));
    ASSERT(outcome(data, size, NULL, true) == outcome(data, size, "scalar", true));
    return 0;
}
