/* The network that comes with the program (nav/policies/learned.onnx; learned.json beside it says how it was made),
 * as a built-in policy. It is read when somebody first wants it. */
#include "nav/brought.h"
#include "nav/learned.h"

/* Kept until the program ends. It has no state of its own: what a network scribbles on is written anew at every
 * decision. */
static const struct policy *network;

static void learned_start(const void *params, void *state)
{
    struct error err = {0};
    (void)params, (void)state;
    if (!network)
        network = policy_network_open("learned", learned_onnx, learned_onnx_size, &err);
    ASSERT(network && !network->state_size); /* our own file, built in */
}

static struct policy_input asked_of(const struct policy_input *in)
{
    struct policy_input asked = *in;
    ASSERT(network);
    asked.self = network;
    return asked;
}

static void learned_decide(const void *params, void *state, const struct policy_input *in, struct decision *out)
{
    struct policy_input asked = asked_of(in);
    network->decide(params, state, &asked, out);
}

static void learned_explain(const void *state, const struct policy_input *in, const struct saliency_params *params,
                            struct saliency *out)
{
    struct policy_input asked = asked_of(in);
    network->explain(state, &asked, params, out);
}

const struct policy policy_learned = {
    .name = "learned",
    .summary = "a network that mppi taught; fails where it was never taken",
    .start = learned_start,
    .decide = learned_decide,
    .explain = learned_explain,
};
