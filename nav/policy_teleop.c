/* nav/policy_teleop.c - does what the operator asks, and lets go when the operator does. */
#include <stdio.h>

#include "nav/decision.h"
#include "nav/footprint.h"

struct teleop_params {
    double hold_s;
};

static const struct param teleop_params[] = {
    {"hold_s", PARAM_REAL, offsetof(struct teleop_params, hold_s), 0.5, 0.05, 5, "s",
     "how long a wish holds after the last key", NULL},
};

static void teleop_decide(const void *params, void *state, const struct policy_input *in, struct decision *out)
{
    const struct teleop_params *p = params;
    (void)state;
    bool held = in->operator_age_s <= p->hold_s;
    out->valid = true;
    out->confidence = held ? 1 : 0;
    out->wish = footprint_reach(in->task, in->last, held ? in->operator : (struct twist2){0});
    if (held)
        snprintf(out->reason, sizeof out->reason, "operator asks for %.2f m/s, %+.2f rad/s", in->operator.v_mps,
                 in->operator.w_radps);
    else if (isfinite(in->operator_age_s))
        snprintf(out->reason, sizeof out->reason, "let go: the operator's last wish is %.1f s old", in->operator_age_s);
    else
        snprintf(out->reason, sizeof out->reason, "waiting for the operator");
    decision_single(in->task, out);
}

extern const struct policy policy_teleop;
const struct policy policy_teleop = {
    .name = "teleop",
    .summary = "drives as the operator asks; blind to everything, stops when let go",
    .params = teleop_params,
    .param_count = COUNT_OF(teleop_params),
    .param_size = sizeof(struct teleop_params),
    .decide = teleop_decide,
    .manual = true,
};
