/* Dropout. In inference it is nothing: a view. A model exported in training mode drops numbers, and here always the
 * same ones: those which ONNX's reference implementation drops for its seed (numpy's legacy generator: Matsumoto and
 * Nishimura's MT19937). The mask is drawn when the model is loaded. */
#include <string.h>

#include "perception/onnx_inside.h"

enum { TWISTER_WORDS = 624, TWISTER_SHIFT = 397 };

struct twister {
    uint32_t words[TWISTER_WORDS];
    size_t at;
};

static void twister_seed(struct twister *twister, uint32_t seed)
{
    for (uint32_t i = 0; i < TWISTER_WORDS; i++) {
        twister->words[i] = seed;
        seed = 1812433253u * (seed ^ seed >> 30) + i + 1;
    }
    twister->at = TWISTER_WORDS;
}

static uint32_t twister_next(struct twister *twister)
{
    uint32_t *w = twister->words;
    ASSERT(twister->at <= TWISTER_WORDS);
    if (twister->at == TWISTER_WORDS) {
        for (size_t i = 0; i < TWISTER_WORDS; i++) {
            uint32_t mixed = (w[i] & 0x80000000u) | (w[(i + 1) % TWISTER_WORDS] & 0x7fffffffu);
            w[i] = w[(i + TWISTER_SHIFT) % TWISTER_WORDS] ^ mixed >> 1 ^ (mixed & 1 ? 0x9908b0dfu : 0);
        }
        twister->at = 0;
    }
    uint32_t y = w[twister->at++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

static double twister_uniform(struct twister *twister)
{
    uint32_t high = twister_next(twister) >> 5, low = twister_next(twister) >> 6;
    return ((double)high * 67108864.0 + (double)low) / 9007199254740992.0;
}

struct dropout {
    const uint8_t *mask; /* 1: stays */
    float scale;         /* of those that stay */
};

/* Is it to drop, and what share? Both must be known now. */
static enum status read_mode(struct onnx_model *model, const struct onnx_node *node, bool *drops, float *ratio)
{
    const float *share = onnx_known(model, node, 1);
    const uint8_t *training = onnx_known(model, node, 2);
    if (onnx_has(node, 1) && (onnx_in(model, node, 1)->type != ONNX_F32 || onnx_in(model, node, 1)->count != 1))
        return onnx_refuse(model, node, "its ratio is not a single float32");
    if (onnx_has(node, 2) && (onnx_in(model, node, 2)->type != ONNX_BOOL || onnx_in(model, node, 2)->count != 1))
        return onnx_refuse(model, node, "its training_mode is not a single bool");
    if (onnx_has(node, 2) && (!training || (onnx_has(node, 1) && !share)))
        return onnx_refuse(
            model, node,
            "its training_mode and ratio must be constant: initialisers, or given when the model is loaded");
    *ratio = share ? *share : 0.5f;
    *drops = training && *training && *ratio != 0;
    if (*drops && !(*ratio > 0 && *ratio < 1))
        return onnx_refuse(model, node, "its ratio %g is not between 0 and 1", (double)*ratio);
    return STATUS_OK;
}

static enum status dropout_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *in = onnx_in(model, node, 0);
    bool drops = false;
    float ratio = 0;
    if (read_mode(model, node, &drops, &ratio) || onnx_out(model, node, 0, in->type, in->rank, in->dims))
        return model->err->status;
    if (onnx_wants(node, 1) && model->doc.opset < 10)
        return onnx_refuse(model, node, "its mask is supported from operator set 10 on, but the file uses %lld",
                           (long long)model->doc.opset);
    if (!drops && !onnx_wants(node, 1))
        return STATUS_OK;
    uint8_t *mask = onnx_keep(model, node, in->count, 1);
    if (!mask || onnx_out(model, node, 1, ONNX_BOOL, in->rank, in->dims))
        return model->err->status;
    memset(mask, 1, in->count);
    onnx_out_known(model, node, 1, mask);
    if (!drops)
        return STATUS_OK;
    struct twister twister;
    twister_seed(&twister, (uint32_t)onnx_attribute_int(node, "seed", 0));
    for (size_t i = 0; i < in->count; i++)
        mask[i] = twister_uniform(&twister) >= (double)ratio;
    struct dropout *plan = node->plan = arena_new(&model->arena, 1, sizeof *plan);
    *plan = (struct dropout){mask, 1 / (1 - ratio)};
    return STATUS_OK;
}

static const char *dropout_run(const struct onnx_call *call)
{
    const struct dropout *plan = call->node->plan;
    ASSERT(plan); /* without one the node is a view */
    const float *x = call_in(call, 0);
    float *y = call_out(call, 0);
    for (size_t i = 0; i < call_shape_out(call, 0)->count; i++)
        y[i] = (float)plan->mask[i] * x[i] * plan->scale;
    return NULL;
}

static const struct onnx_op ops[] = {
    {"Dropout", "ratio seed", 1, 3, 2, TYPES_F32, 7, dropout_infer, NULL, dropout_run, ONNX_VIEW_UNPLANNED},
};
const struct onnx_op_table onnx_ops_dropout = {ops, COUNT_OF(ops)};
