/* GRU and LSTM: per time step two products (of the input, of the state before), the gates, the new state. */
#include <string.h>
#include <strings.h>

#include "perception/onnx_inside.h"

enum { GATES_MAX = 4, DIRECTIONS_MAX = 2 };

/* A turned weight matrix: out = matrix * in. Packed when loaded if it is constant, else in every run. */
struct weights {
    const float *packed; /* or NULL */
    size_t input, first, from, columns,
        depth;      /* which input of the node; where in it: numbers before, rows before, rows, row length */
    size_t scratch; /* floats before it in the scratch */
};

struct recurrent {
    bool is_lstm, batch_first, reset_after;
    size_t gates, steps, batch, in, hidden, directions;
    bool reverse[DIRECTIONS_MAX];
    enum kernel_unary activation[DIRECTIONS_MAX][3]; /* f, g, h */
    struct weights w[DIRECTIONS_MAX], r[DIRECTIONS_MAX],
        candidate[DIRECTIONS_MAX]; /* candidate: GRU's third gate of r, apart */
    size_t work;                   /* floats of scratch before packed weights */
};

/* --- while loading ---------------------------------------------------------------------------------------------- */

static enum status read_activations(struct onnx_model *model, struct onnx_node *node, struct recurrent *plan)
{
    static const struct {
        const char *name;
        enum kernel_unary function;
    } known[] = {{"Sigmoid", KERNEL_SIGMOID}, {"Tanh", KERNEL_TANH}, {"Relu", KERNEL_RELU}};
    const struct onnx_attribute *names = onnx_attribute(node, "activations");
    size_t each = plan->is_lstm ? 3 : 2;
    if (names && (names->kind != ATTRIBUTE_STRINGS || names->count != each * plan->directions))
        return onnx_refuse(model, node, "activations does not name %zu functions", each * plan->directions);
    for (size_t d = 0; d < plan->directions; d++)
        for (size_t i = 0; i < each; i++) {
            const char *name = names ? names->texts[d * each + i] : i ? "Tanh" : "Sigmoid";
            size_t which = 0;
            while (which < COUNT_OF(known) && strcasecmp(known[which].name, name))
                which++;
            if (which == COUNT_OF(known))
                return onnx_refuse(model, node,
                                   "the activation '%s' is not supported; supported are Sigmoid, Tanh and Relu", name);
            plan->activation[d][i] = known[which].function;
        }
    return STATUS_OK;
}

/* An optional input must be float32 of exactly this shape. */
static enum status check_shape(struct onnx_model *model, struct onnx_node *node, int input, const char *what, size_t a,
                               size_t b, size_t c, int rank)
{
    if (!onnx_has(node, input))
        return STATUS_OK;
    const struct onnx_tensor *tensor = onnx_in(model, node, input);
    size_t dims[3] = {a, b, c};
    bool fits = tensor->type == ONNX_F32 && tensor->rank == rank;
    for (int i = 0; fits && i < rank; i++)
        fits = tensor->dims[i] == (int64_t)dims[i];
    return fits ? STATUS_OK
                : onnx_refuse(model, node, "its input %d (%s) is %s %s where %zux%zux%zu, its first %d axes, is needed",
                              input, what, onnx_type_name(tensor->type), onnx_shape(tensor).text, a, b, c, rank);
}

static enum status check_inputs(struct onnx_model *model, struct onnx_node *node, const struct recurrent *p)
{
    const size_t rows = p->gates * p->hidden, first = p->batch_first ? p->batch : p->directions,
                 second = p->batch_first ? p->directions : p->batch;
    const struct onnx_tensor *lengths = onnx_has(node, 4) ? onnx_in(model, node, 4) : NULL;
    if (lengths && (lengths->type != ONNX_I32 || lengths->count != p->batch))
        return onnx_refuse(model, node, "its sequence_lens must be one int32 for each of %zu sequences", p->batch);
    if (check_shape(model, node, 1, "W", p->directions, rows, p->in, 3) ||
        check_shape(model, node, 2, "R", p->directions, rows, p->hidden, 3) ||
        check_shape(model, node, 3, "B", p->directions, 2 * rows, 1, 2) ||
        check_shape(model, node, 5, "initial_h", first, second, p->hidden, 3) ||
        check_shape(model, node, 6, "initial_c", first, second, p->hidden, 3) ||
        check_shape(model, node, 7, "P", p->directions, 3 * p->hidden, 1, 2))
        return model->err->status;
    return STATUS_OK;
}

static enum status read_attributes(struct onnx_model *model, struct onnx_node *node, struct recurrent *p)
{
    const char *direction = onnx_attribute_text(node, "direction", "forward");
    if (strcmp(direction, "forward") && strcmp(direction, "reverse") && strcmp(direction, "bidirectional"))
        return onnx_refuse(model, node, "the direction '%s' is not known", direction);
    if (onnx_attribute(node, "clip") || onnx_attribute_int(node, "input_forget", 0))
        return onnx_refuse(model, node, "clip and input_forget are not supported");
    p->directions = strcmp(direction, "bidirectional") ? 1 : 2;
    p->reverse[0] = !strcmp(direction, "reverse");
    p->reverse[1] = true;
    p->reset_after = onnx_attribute_int(node, "linear_before_reset", 0) != 0;
    p->batch_first = onnx_attribute_int(node, "layout", 0) != 0;
    return read_activations(model, node, p);
}

static enum status recurrent_infer(struct onnx_model *model, struct onnx_node *node)
{
    const struct onnx_tensor *x = onnx_in(model, node, 0), *r = onnx_in(model, node, 2);
    struct recurrent *p = node->plan = arena_new(&model->arena, 1, sizeof *p);
    p->is_lstm = !strcmp(node->op->name, "LSTM");
    p->gates = p->is_lstm ? 4 : 3;
    if (read_attributes(model, node, p))
        return model->err->status;
    if (x->rank != 3 || r->rank != 3)
        return onnx_refuse(model, node, "its inputs X %s and R %s must have 3 axes", onnx_shape(x).text,
                           onnx_shape(r).text);
    p->steps = (size_t)x->dims[p->batch_first];
    p->batch = (size_t)x->dims[!p->batch_first];
    p->in = (size_t)x->dims[2];
    p->hidden = (size_t)r->dims[2];
    if (onnx_attribute_int(node, "hidden_size", r->dims[2]) != r->dims[2])
        return onnx_refuse(model, node, "hidden_size is not the last axis of R, %lld", (long long)r->dims[2]);
    if (check_inputs(model, node, p))
        return model->err->status;
    int64_t s = (int64_t)p->steps, b = (int64_t)p->batch, d = (int64_t)p->directions, h = (int64_t)p->hidden;
    const int64_t *all = p->batch_first ? (int64_t[]){b, s, d, h} : (int64_t[]){s, d, b, h};
    const int64_t *last = p->batch_first ? (int64_t[]){b, d, h} : (int64_t[]){d, b, h};
    if (onnx_out(model, node, 0, ONNX_F32, 4, all) || onnx_out(model, node, 1, ONNX_F32, 3, last))
        return model->err->status;
    return onnx_out(model, node, 2, ONNX_F32, 3, last);
}

static enum status prepare_weights(struct onnx_model *model, struct onnx_node *node, struct weights *w, size_t *scratch)
{
    ASSERT(w->input == 1 || w->input == 2);
    const float *from = onnx_known(model, node, (int)w->input);
    size_t size = kernel_packed_size(w->depth, w->columns);
    if (!from) {
        w->scratch = *scratch;
        *scratch += size;
        return STATUS_OK;
    }
    float *packed = onnx_keep(model, node, size, sizeof *packed);
    if (!packed)
        return model->err->status;
    kernel_pack(packed, from + w->first + w->from * w->depth, 1, w->depth, w->depth, w->columns);
    w->packed = packed;
    return STATUS_OK;
}

static enum status recurrent_prepare(struct onnx_model *model, struct onnx_node *node)
{
    struct recurrent *p = node->plan;
    const size_t h = p->hidden, rows = p->gates * h, kept = p->is_lstm ? rows : 2 * h;
    size_t scratch = p->work = 2 * (rows + KERNEL_SLACK) + 4 * (h + KERNEL_SLACK);
    for (size_t d = 0; d < p->directions; d++) {
        p->w[d] = (struct weights){.input = 1, .first = d * rows * p->in, .columns = rows, .depth = p->in};
        p->r[d] = (struct weights){.input = 2, .first = d * rows * h, .columns = kept, .depth = h};
        p->candidate[d] =
            (struct weights){.input = 2, .first = d * rows * h, .from = kept, .columns = rows - kept, .depth = h};
        if (prepare_weights(model, node, &p->w[d], &scratch) || prepare_weights(model, node, &p->r[d], &scratch) ||
            prepare_weights(model, node, &p->candidate[d], &scratch))
            return model->err->status;
    }
    /* Each factor is bounded by a tensor of the file; a product of two still fits. */
    if (__builtin_mul_overflow(p->steps * p->batch * p->directions, rows * (p->in + h), &node->multiply_adds))
        return onnx_refuse(model, node, "it takes more multiply-adds than can be counted");
    return onnx_scratch(model, node, scratch, sizeof(float));
}

/* --- while running ---------------------------------------------------------------------------------------------- */

/* One direction of one sequence. */
struct lane {
    const struct onnx_call *call;
    const struct recurrent *p;
    size_t direction;
    const float *bias_w, *bias_r, *peephole;       /* or NULL */
    float *from_x, *from_h, *h, *c, *reset, *part; /* scratch: gates of both products; state; r * h; activations */
};

static const float *packed_of(const struct lane *lane, const struct weights *w)
{
    return w->packed ? w->packed : (const float *)lane->call->scratch + w->scratch;
}

static void multiply(const struct lane *lane, const struct weights *w, const float *in, const float *start, float *out)
{
    kernel_multiply_packed(lane->call->model->kernel,
                           (struct kernel_multiply){.a = in,
                                                    .a_row = w->depth,
                                                    .a_step = 1,
                                                    .column_start = start,
                                                    .y = out,
                                                    .y_row = w->columns,
                                                    .rows = 1,
                                                    .columns = w->columns,
                                                    .depth = w->depth},
                           packed_of(lane, w));
}

static void activate(const struct lane *lane, size_t which, float *y, const float *x)
{
    lane->call->model->kernel->unary(lane->p->activation[lane->direction][which], y, x, lane->p->hidden, 0, 0);
}

/* Gates z (update), r (reset), then the candidate n: h = (1 - z) n + z h. */
static void gru_step(struct lane *lane, const float *x)
{
    const struct recurrent *p = lane->p;
    const size_t h = p->hidden, d = lane->direction;
    float *z = lane->from_x, *r = z + h, *n = r + h, *h_part = lane->from_h + 2 * h;
    const float *bias_n = lane->bias_r ? lane->bias_r + 2 * h : NULL;
    multiply(lane, &p->w[d], x, lane->bias_w, lane->from_x);
    multiply(lane, &p->r[d], lane->h, lane->bias_r, lane->from_h);
    for (size_t i = 0; i < 2 * h; i++)
        z[i] += lane->from_h[i];
    activate(lane, 0, z, z);
    activate(lane, 0, r, r);
    for (size_t i = 0; i < h; i++)
        lane->reset[i] = p->reset_after ? lane->h[i] : r[i] * lane->h[i];
    multiply(lane, &p->candidate[d], lane->reset, bias_n, h_part);
    for (size_t i = 0; i < h; i++)
        n[i] += p->reset_after ? r[i] * h_part[i] : h_part[i];
    activate(lane, 1, n, n);
    for (size_t i = 0; i < h; i++)
        lane->h[i] = (1 - z[i]) * n[i] + z[i] * lane->h[i];
}

/* Gates i (input), o (output), f (forget), g (candidate): c = f c + i g, h = o tanh(c). */
static void lstm_step(struct lane *lane, const float *x)
{
    const struct recurrent *p = lane->p;
    const size_t h = p->hidden, d = lane->direction;
    float *i_gate = lane->from_x, *o_gate = i_gate + h, *f_gate = o_gate + h, *g = f_gate + h;
    const float *peep = lane->peephole;
    multiply(lane, &p->w[d], x, lane->bias_w, lane->from_x);
    multiply(lane, &p->r[d], lane->h, lane->bias_r, lane->from_h);
    for (size_t i = 0; i < 4 * h; i++)
        i_gate[i] += lane->from_h[i];
    for (size_t i = 0; i < h && peep; i++) {
        i_gate[i] += peep[i] * lane->c[i];
        f_gate[i] += peep[2 * h + i] * lane->c[i];
    }
    activate(lane, 0, i_gate, i_gate);
    activate(lane, 0, f_gate, f_gate);
    activate(lane, 1, g, g);
    for (size_t i = 0; i < h; i++)
        lane->c[i] = f_gate[i] * lane->c[i] + i_gate[i] * g[i];
    for (size_t i = 0; i < h && peep; i++)
        o_gate[i] += peep[h + i] * lane->c[i];
    activate(lane, 0, o_gate, o_gate);
    activate(lane, 2, lane->part, lane->c);
    for (size_t i = 0; i < h; i++)
        lane->h[i] = o_gate[i] * lane->part[i];
}

static void state_load(float *state, const float *initial, size_t at, size_t hidden)
{
    if (initial)
        memcpy(state, initial + at * hidden, hidden * sizeof *state);
    else
        memset(state, 0, hidden * sizeof *state);
}

static void state_save(float *out, const float *state, size_t at, size_t hidden)
{
    if (out)
        memcpy(out + at * hidden, state, hidden * sizeof *state);
}

static void lane_run(struct lane *lane, size_t b)
{
    const struct onnx_call *call = lane->call;
    const struct recurrent *p = lane->p;
    const size_t d = lane->direction, h = p->hidden, state = p->batch_first ? b * p->directions + d : d * p->batch + b;
    const int32_t *lengths = call_in(call, 4);
    int64_t length = lengths ? lengths[b] : (int64_t)p->steps;
    length = length < 0 ? 0 : length > (int64_t)p->steps ? (int64_t)p->steps : length;
    float *y = call_out(call, 0);
    state_load(lane->h, call_in(call, 5), state, h);
    state_load(lane->c, call_in(call, 6), state, h);
    for (size_t s = 0; s < p->steps; s++) {
        size_t t = p->reverse[d] && (int64_t)s < length ? (size_t)length - 1 - s : s;
        size_t at = p->batch_first ? (b * p->steps + t) * p->directions + d : (t * p->directions + d) * p->batch + b;
        size_t x_at = p->batch_first ? b * p->steps + t : t * p->batch + b;
        if ((int64_t)s < length) {
            const float *x = (const float *)call_in(call, 0) + x_at * p->in;
            (p->is_lstm ? lstm_step : gru_step)(lane, x);
            state_save(y, lane->h, at, h);
        } else if (y)
            memset(y + at * h, 0, h * sizeof *y);
    }
    state_save(call_out(call, 1), lane->h, state, h);
    state_save(call_out(call, 2), lane->c, state, h);
}

static void pack_weights(const struct onnx_call *call, const struct weights *w)
{
    if (!w->packed)
        kernel_pack((float *)call->scratch + w->scratch,
                    (const float *)call_in(call, (int)w->input) + w->first + w->from * w->depth, 1, w->depth, w->depth,
                    w->columns);
}

static const char *recurrent_run(const struct onnx_call *call)
{
    const struct recurrent *p = call->node->plan;
    const size_t h = p->hidden, rows = p->gates * h;
    const float *bias = call_in(call, 3), *peephole = call_in(call, 7);
    float *at = call->scratch;
    struct lane lane = {.call = call, .p = p};
    lane.from_x = at, at += rows + KERNEL_SLACK;
    lane.from_h = at, at += rows + KERNEL_SLACK;
    lane.h = at, at += h + KERNEL_SLACK;
    lane.c = at, at += h + KERNEL_SLACK;
    lane.reset = at, at += h + KERNEL_SLACK;
    lane.part = at, at += h + KERNEL_SLACK;
    ASSERT((size_t)(at - (float *)call->scratch) <= p->work);
    for (size_t d = 0; d < p->directions; d++) {
        pack_weights(call, &p->w[d]);
        pack_weights(call, &p->r[d]);
        pack_weights(call, &p->candidate[d]);
        lane.direction = d;
        lane.bias_w = bias ? bias + d * 2 * rows : NULL;
        lane.bias_r = bias ? lane.bias_w + rows : NULL;
        lane.peephole = peephole ? peephole + d * 3 * h : NULL;
        for (size_t b = 0; b < p->batch; b++)
            lane_run(&lane, b);
    }
    return NULL;
}

static const struct onnx_op ops[] = {
    {"GRU", "activations clip direction hidden_size layout linear_before_reset", 3, 6, 2, TYPES_F32, 7, recurrent_infer,
     recurrent_prepare, recurrent_run, ONNX_FIRST_OPTIONAL},
    {"LSTM", "activations clip direction hidden_size input_forget layout", 3, 8, 3, TYPES_F32, 7, recurrent_infer,
     recurrent_prepare, recurrent_run, ONNX_FIRST_OPTIONAL},
};
const struct onnx_op_table onnx_ops_recurrent = {ops, COUNT_OF(ops)};
