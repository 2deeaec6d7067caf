/* nav/navigator.h - planner, policy, recoveries and shield in one piece: one belief in, one shielded decision out. */
#ifndef NAV_NAVIGATOR_H
#define NAV_NAVIGATOR_H

#include "nav/planner.h"
#include "nav/recovery.h"
#include "nav/saliency.h"
#include "nav/shield.h"

struct navigator_config {
    struct task task;
    const char *policy;
    enum shield_mode shield;
    struct shield_params shield_params;
    struct planner_params planner_params;
    struct recovery_params recovery_params;
    const char *const *sets; /* "dwa.clearance_weight=2", "shield.ttc_s=1.5"; borrowed during create */
    size_t set_count;
    const struct policy *const *brought; /* as navigator_bring takes them; owned by the navigator from create on */
    size_t brought_count;
    const char *shadow; /* NULL: none */
};
/* Defaults for the parameter structs; task zeroed, policy "dwa", shield on. */
struct navigator_config navigator_config_default(void);

struct navigator;
/* NULL with a sentence for an unknown policy or a bad set. */
MUST_USE struct navigator *navigator_create(const struct navigator_config *config, struct error *err);
void navigator_destroy(struct navigator **navigator);

/* Adds a policy that was brought (nav/brought.h) to those that can be swapped in; owned from now on. */
void navigator_bring(struct navigator *navigator, const struct policy *policy);
/* Among the built-in and brought; NULL if it is not there. */
const struct policy *navigator_find(const struct navigator *navigator, const char *name);

/* Plans, asks the policy, recovers a stuck robot or one that is lost, applies the shield. Pointers
 * into the navigator are valid until the next call. */
struct navigator_output {
    const struct decision *decision;
    const struct shield_verdict *verdict;
    const struct plan *plan;
    bool plan_changed;
};
struct navigator_output navigator_decide(struct navigator *navigator, const struct belief *belief);

/* Operator inputs; each takes effect at the next decide. A wish that is no number counts as zero. While the emergency
 * stop is pressed the policy goes on deciding, but keeps no memory of it. */
MUST_USE enum status navigator_swap(struct navigator *navigator, const char *policy, struct error *err);
/* Back to the policy that drove before the last swap (which a second call undoes); with its parameters,
 * state afresh. */
void navigator_rollback(struct navigator *navigator);
/* A second policy that sees the same and never acts; "" for none. */
MUST_USE enum status navigator_shadow(struct navigator *navigator, const char *policy, struct error *err);
/* "dwa.x=1", "shield.x=1", "planner.x=1", "recovery.x=1", "saliency.x=1" */
MUST_USE enum status navigator_set(struct navigator *navigator, const char *assignment, struct error *err);
void navigator_shield(struct navigator *navigator, enum shield_mode mode);
void navigator_estop(struct navigator *navigator, bool pressed);
void navigator_teleop(struct navigator *navigator, struct twist2 wish, int64_t now_ns);
/* The command in force is this one, whatever was decided: for decisions on a log, in which another drove. */
void navigator_overrule(struct navigator *navigator, struct twist2 last);
void navigator_goal(struct navigator *navigator, struct vec2 goal);

struct navigator_shadow { /* the shadow's last decision, and the sums since it began */
    struct decision decision;
    double disagreement; /* distance of the two wishes, in shares of the drive's range; 1 if one of them had none */
    bool vetoed;         /* the shield would have stepped in */
    uint64_t ticks, vetoes, invalid;
    double disagreement_sum;
};
const struct policy *navigator_shadow_policy(const struct navigator *navigator); /* NULL: none */
const struct navigator_shadow *navigator_compared(const struct navigator *navigator);
/* What the network's command hung on at the last decide, of the driver or the shadow as "saliency.of" says. NULL: it is
 * off, or there is no network to ask. */
const struct saliency *navigator_saliency(const struct navigator *navigator);
const struct policy *navigator_policy(const struct navigator *navigator);
const struct decision *navigator_decision(const struct navigator *navigator); /* the last one */
enum shield_mode navigator_shield_mode(const struct navigator *navigator);
bool navigator_is_stopped(const struct navigator *navigator); /* e-stop pressed */
const struct task *navigator_task(const struct navigator *navigator);
uint64_t navigator_hash(const struct navigator *navigator, uint64_t hash);

#endif
