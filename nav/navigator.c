#include "nav/navigator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "logs/names.h"
#include "nav/footprint.h"

/* The planner keeps this much more than half the width free, since a path is followed with some error. */
static const double follow_m = 0.03;
enum { NAME_MAX = 64 };

struct navigator {
    struct task task;
    struct planner_params planner_params;
    struct shield_params shield_params;
    struct recovery_params recovery_params;
    struct recovery recovery;
    enum shield_mode mode;
    bool estop;
    struct planner *planner;
    size_t policy; /* index into policy_table */
    void **params; /* one block a policy: what was set survives a swap */
    void *state;   /* of the policy in force */
    void *trial;   /* a copy of it, to think with while the emergency stop is pressed */
    struct twist2 last, operator;
    int64_t operator_ns;
    bool operated;
    struct plan plan;
    struct decision decision;
    struct shield_verdict verdict;
};

struct navigator_config navigator_config_default(void)
{
    struct navigator_config config = {.policy = "dwa", .shield = SHIELD_ON};
    param_defaults(planner_params, planner_param_count, &config.planner_params);
    param_defaults(shield_params, shield_param_count, &config.shield_params);
    param_defaults(recovery_params, recovery_param_count, &config.recovery_params);
    return config;
}

static void policy_begin(struct navigator *navigator, size_t index)
{
    const struct policy *policy = policy_table[index];
    navigator->policy = index;
    recovery_forget(&navigator->recovery);
    free(navigator->state);
    free(navigator->trial);
    navigator->state = memory_new(1, policy->state_size);
    navigator->trial = memory_new(1, policy->state_size);
    if (policy->start)
        policy->start(navigator->params[index], navigator->state);
}

enum status navigator_swap(struct navigator *navigator, const char *name, struct error *err)
{
    const struct policy *policy = policy_find(name, err);
    if (!policy)
        return STATUS_BAD_INPUT;
    size_t index = 0;
    while (policy_table[index] != policy)
        index++;
    policy_begin(navigator, index);
    return STATUS_OK;
}

/* The rows behind a group's name: a policy's, the planner's, the shield's or the recoveries'. */
struct group {
    const char *name;
    const struct param *rows;
    size_t count;
    void *target;
};

static size_t groups_list(struct navigator *navigator, struct group *groups)
{
    size_t n = 0;
    groups[n++] = (struct group){"planner", planner_params, planner_param_count, &navigator->planner_params};
    groups[n++] = (struct group){"shield", shield_params, shield_param_count, &navigator->shield_params};
    groups[n++] =
        (struct group){"recovery", recovery_params, recovery_param_count, &navigator->recovery_params};
    for (size_t i = 0; i < policy_count; i++)
        groups[n++] = (struct group){policy_table[i]->name, policy_table[i]->params, policy_table[i]->param_count,
                                     navigator->params[i]};
    return n;
}

enum status navigator_set(struct navigator *navigator, const char *assignment, struct error *err)
{
    enum { GROUPS_MAX = 32 };
    struct group groups[GROUPS_MAX];
    ASSERT(policy_count + 3 <= GROUPS_MAX);
    size_t count = groups_list(navigator, groups);
    const char *dot = strchr(assignment, '.'), *equals = strchr(assignment, '=');
    if (!dot || !equals || equals < dot || equals - assignment >= NAME_MAX)
        return error_set(err, STATUS_BAD_INPUT, "'%s' is no setting: write GROUP.NAME=VALUE, as in dwa.sim_s=2",
                         assignment);
    char group[NAME_MAX], name[NAME_MAX], hint[96];
    snprintf(group, sizeof group, "%.*s", (int)(dot - assignment), assignment);
    snprintf(name, sizeof name, "%.*s", (int)(equals - dot - 1), dot + 1);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(groups[i].name, group) != 0)
            continue;
        enum status status = param_set(groups[i].rows, groups[i].count, groups[i].target, name, equals + 1, err);
        return status ? error_context(err, "%s", assignment) : STATUS_OK;
    }
    names_hint(hint, sizeof hint, group, groups, count, sizeof *groups);
    return error_set(err, STATUS_BAD_INPUT, "%s: nothing called '%s' can be set%s", assignment, group, hint);
}

struct navigator *navigator_create(const struct navigator_config *config, struct error *err)
{
    struct navigator *navigator = NEW(struct navigator);
    navigator->task = config->task;
    navigator->planner_params = config->planner_params;
    navigator->shield_params = config->shield_params;
    navigator->recovery_params = config->recovery_params;
    navigator->mode = config->shield;
    navigator->planner = planner_create(&navigator->planner_params, config->task.width_m / 2 + follow_m);
    navigator->params = NEW_ARRAY(policy_count, void *);
    for (size_t i = 0; i < policy_count; i++) {
        navigator->params[i] = memory_new(1, policy_table[i]->param_size);
        param_defaults(policy_table[i]->params, policy_table[i]->param_count, navigator->params[i]);
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; i < config->set_count && !status; i++)
        status = navigator_set(navigator, config->sets[i], err);
    if (!status)
        status = navigator_swap(navigator, config->policy, err);
    if (status)
        navigator_destroy(&navigator);
    return navigator;
}

void navigator_destroy(struct navigator **navigator)
{
    if (!*navigator)
        return;
    for (size_t i = 0; i < policy_count; i++)
        free((*navigator)->params[i]);
    free((*navigator)->params);
    free((*navigator)->state);
    free((*navigator)->trial);
    planner_destroy(&(*navigator)->planner);
    free(*navigator);
    *navigator = NULL;
}

/* Whoever holds the robot, by the emergency stop or by hand, is no obstacle. */
static void recover(struct navigator *navigator, const struct policy_input *in)
{
    struct vec2 at;
    if (navigator->estop || policy_table[navigator->policy]->manual)
        recovery_forget(&navigator->recovery);
    else if (recovery_step(&navigator->recovery_params, &navigator->recovery, in, &navigator->decision, &at))
        planner_avoid(navigator->planner, at, in->now_ns);
}

struct navigator_output navigator_decide(struct navigator *navigator, const struct belief *belief)
{
    struct navigator_output out = {&navigator->decision, &navigator->verdict, &navigator->plan, false};
    navigator->plan = planner_update(navigator->planner, belief, navigator->task.goal, &out.plan_changed);
    struct policy_input in = {
        .now_ns = belief->stamp_ns,
        .belief = belief,
        .task = &navigator->task,
        .plan = &navigator->plan,
        .last = navigator->last,
        .operator = navigator->operator,
        .operator_age_s = navigator->operated ? (double)(belief->stamp_ns - navigator->operator_ns) * 1e-9
                                              : HUGE_VAL,
    };
    const struct policy *policy = policy_table[navigator->policy];
    memset(&navigator->decision, 0, sizeof navigator->decision);
    /* A policy must not take an emergency stop for being stuck: what it learns meanwhile is forgotten. */
    if (navigator->estop)
        memcpy(navigator->trial, navigator->state, policy->state_size);
    policy->decide(navigator->params[navigator->policy], navigator->estop ? navigator->trial : navigator->state, &in,
                   &navigator->decision);
    recover(navigator, &in);
    shield_apply(&navigator->shield_params, navigator->mode, navigator->estop, belief, &navigator->task,
                 &navigator->decision, &navigator->verdict);
    /* A stop by the shield takes the drive more than one period. */
    navigator->last = footprint_reach(&navigator->task, navigator->last, navigator->verdict.command);
    return out;
}

void navigator_shield(struct navigator *navigator, enum shield_mode mode) { navigator->mode = mode; }
void navigator_estop(struct navigator *navigator, bool pressed) { navigator->estop = pressed; }

void navigator_teleop(struct navigator *navigator, struct twist2 wish, int64_t now_ns)
{
    navigator->operator.v_mps = isfinite(wish.v_mps) ? wish.v_mps : 0;
    navigator->operator.w_radps = isfinite(wish.w_radps) ? wish.w_radps : 0;
    navigator->operator_ns = now_ns;
    navigator->operated = true;
}

void navigator_overrule(struct navigator *navigator, struct twist2 last) { navigator->last = last; }

void navigator_goal(struct navigator *navigator, struct vec2 goal) { navigator->task.goal = goal; }

const struct policy *navigator_policy(const struct navigator *navigator) { return policy_table[navigator->policy]; }
enum shield_mode navigator_shield_mode(const struct navigator *navigator) { return navigator->mode; }
bool navigator_is_stopped(const struct navigator *navigator) { return navigator->estop; }
const struct task *navigator_task(const struct navigator *navigator) { return &navigator->task; }

uint64_t navigator_hash(const struct navigator *navigator, uint64_t hash)
{
    const struct policy *policy = policy_table[navigator->policy];
    const double numbers[] = {
        navigator->task.goal.x,           navigator->task.goal.y,           navigator->last.v_mps,
        navigator->last.w_radps,          navigator->operator.v_mps,        navigator->operator.w_radps,
        navigator->decision.wish.v_mps,   navigator->decision.wish.w_radps, navigator->verdict.safe.v_mps,
        navigator->verdict.safe.w_radps,
    };
    const int64_t words[] = {navigator->operator_ns, navigator->operated, navigator->mode, navigator->estop,
                             navigator->recovery_params.enabled};
    hash = hash_text(hash, policy->name);
    hash = hash_bytes(hash, numbers, sizeof numbers);
    hash = hash_bytes(hash, words, sizeof words);
    hash = hash_bytes(hash, navigator->state, policy->state_size);
    hash = hash_bytes(hash, &navigator->planner_params, sizeof navigator->planner_params);
    hash = hash_bytes(hash, &navigator->shield_params, sizeof navigator->shield_params);
    hash = hash_bytes(hash, &navigator->recovery, sizeof navigator->recovery);
    hash = hash_bytes(hash, &navigator->recovery_params.patience_s,
                      sizeof navigator->recovery_params - offsetof(struct recovery_params, patience_s));
    for (size_t i = 0; i < policy_count; i++)
        hash = hash_bytes(hash, navigator->params[i], policy_table[i]->param_size);
    return planner_hash(navigator->planner, hash);
}
