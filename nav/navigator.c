#include "nav/navigator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "logs/names.h"
#include "nav/decision.h"
#include "nav/footprint.h"
#include "nav/lost.h"

/* The planner keeps this much more than half the width free, since a path is followed with some error. */
static const double follow_m = 0.03;
enum { NAME_MAX = 64, GROUPS_MAX = 64 };

struct seat { /* a policy that may be put in force, and its parameters: what was set survives a swap */
    const struct policy *policy;
    void *params;
};

struct mind { /* a policy at work */
    size_t seat;
    void *state;
    void *trial; /* a copy of it, to think with while the emergency stop is pressed */
};

struct navigator {
    struct task task;
    struct planner_params planner_params;
    struct shield_params shield_params;
    struct recovery_params recovery_params;
    struct saliency_params saliency_params;
    struct recovery recovery;
    struct lost lost;
    enum shield_mode mode;
    bool estop;
    struct planner *planner;
    struct seat *seats; /* the built-in policies, then those that were brought */
    size_t seat_count;
    struct mind driver, shadow;
    bool has_shadow;
    size_t previous; /* the seat that drove before the last swap */
    struct twist2 last, operator;
    int64_t operator_ns;
    bool operated;
    struct plan plan;
    struct decision decision;
    struct shield_verdict verdict;
    struct navigator_shadow compared;
    struct saliency saliency;
};

struct navigator_config navigator_config_default(void)
{
    struct navigator_config config = {.policy = "dwa", .shield = SHIELD_ON};
    param_defaults(planner_params, planner_param_count, &config.planner_params);
    param_defaults(shield_params, shield_param_count, &config.shield_params);
    param_defaults(recovery_params, recovery_param_count, &config.recovery_params);
    return config;
}

static void seat_take(struct navigator *navigator, const struct policy *policy)
{
    struct seat seat = {policy, memory_new(1, policy->param_size)};
    param_defaults(policy->params, policy->param_count, seat.params);
    navigator->seats = memory_resize(navigator->seats, navigator->seat_count + 1, sizeof *navigator->seats);
    navigator->seats[navigator->seat_count++] = seat;
}

static void mind_clear(struct mind *mind)
{
    free(mind->state);
    free(mind->trial);
    *mind = (struct mind){0};
}

static void mind_begin(struct navigator *navigator, struct mind *mind, size_t seat)
{
    const struct policy *policy = navigator->seats[seat].policy;
    mind_clear(mind);
    *mind = (struct mind){seat, memory_new(1, policy->state_size), memory_new(1, policy->state_size)};
    if (policy->start)
        policy->start(navigator->seats[seat].params, mind->state);
}

const struct policy *navigator_find(const struct navigator *navigator, const char *name)
{
    for (size_t i = 0; i < navigator->seat_count; i++)
        if (!strcmp(navigator->seats[i].policy->name, name))
            return navigator->seats[i].policy;
    return NULL;
}

static enum status seat_find(const struct navigator *navigator, const char *name, size_t *seat, struct error *err)
{
    const struct policy *policy = navigator_find(navigator, name);
    if (!policy && !(policy = policy_find(name, err)))
        return STATUS_BAD_INPUT;
    *seat = 0;
    while (navigator->seats[*seat].policy != policy)
        ++*seat;
    return STATUS_OK;
}

void navigator_bring(struct navigator *navigator, const struct policy *policy)
{
    ASSERT(policy->close && !navigator_find(navigator, policy->name));
    seat_take(navigator, policy);
}

static void put_in_force(struct navigator *navigator, size_t seat)
{
    navigator->previous = navigator->driver.state ? navigator->driver.seat : seat;
    recovery_forget(&navigator->recovery);
    mind_begin(navigator, &navigator->driver, seat);
}

enum status navigator_swap(struct navigator *navigator, const char *name, struct error *err)
{
    size_t seat;
    enum status status = seat_find(navigator, name, &seat, err);
    if (!status)
        put_in_force(navigator, seat);
    return status;
}

void navigator_rollback(struct navigator *navigator) { put_in_force(navigator, navigator->previous); }

enum status navigator_shadow(struct navigator *navigator, const char *name, struct error *err)
{
    size_t seat;
    mind_clear(&navigator->shadow);
    navigator->has_shadow = false;
    navigator->compared = (struct navigator_shadow){0};
    if (!*name)
        return STATUS_OK;
    enum status status = seat_find(navigator, name, &seat, err);
    if (status)
        return status;
    mind_begin(navigator, &navigator->shadow, seat);
    navigator->has_shadow = true;
    return STATUS_OK;
}

/* The rows behind a group's name: a policy's, the planner's, the shield's ... */
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
    groups[n++] = (struct group){"saliency", saliency_params, saliency_param_count, &navigator->saliency_params};
    for (size_t i = 0; i < navigator->seat_count && n < GROUPS_MAX; i++) {
        const struct policy *policy = navigator->seats[i].policy;
        groups[n++] =
            (struct group){policy_group(policy), policy->params, policy->param_count, navigator->seats[i].params};
    }
    return n;
}

enum status navigator_set(struct navigator *navigator, const char *assignment, struct error *err)
{
    struct group groups[GROUPS_MAX];
    size_t count = groups_list(navigator, groups);
    const char *dot = strchr(assignment, '.'), *equals = strchr(assignment, '=');
    if (!dot || !equals || equals < dot || equals - assignment >= NAME_MAX)
        return error_set(err, STATUS_BAD_INPUT, "'%s' is no setting: write GROUP.NAME=VALUE, as in dwa.sim_s=2",
                         assignment);
    char group[NAME_MAX], name[NAME_MAX], hint[96];
    snprintf(group, sizeof group, "%.*s", (int)(dot - assignment), assignment);
    snprintf(name, sizeof name, "%.*s", (int)(equals - dot - 1), dot + 1);
    for (size_t i = count; i-- > 0;) { /* the last brought of a name is the newest */
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
    param_defaults(saliency_params, saliency_param_count, &navigator->saliency_params);
    navigator->mode = config->shield;
    navigator->planner = planner_create(&navigator->planner_params, config->task.width_m / 2 + follow_m);
    for (size_t i = 0; i < policy_count; i++)
        seat_take(navigator, policy_table[i]);
    for (size_t i = 0; i < config->brought_count; i++)
        navigator_bring(navigator, config->brought[i]);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < config->set_count && !status; i++)
        status = navigator_set(navigator, config->sets[i], err);
    if (!status)
        status = navigator_swap(navigator, config->policy, err);
    if (!status && config->shadow)
        status = navigator_shadow(navigator, config->shadow, err);
    if (status)
        navigator_destroy(&navigator);
    return navigator;
}

void navigator_destroy(struct navigator **navigator)
{
    if (!*navigator)
        return;
    mind_clear(&(*navigator)->driver);
    mind_clear(&(*navigator)->shadow);
    for (size_t i = 0; i < (*navigator)->seat_count; i++) {
        const struct policy *policy = (*navigator)->seats[i].policy;
        free((*navigator)->seats[i].params);
        if (policy->close)
            policy->close(policy);
    }
    free((*navigator)->seats);
    planner_destroy(&(*navigator)->planner);
    free(*navigator);
    *navigator = NULL;
}

/* Whoever holds the robot, by the emergency stop or by hand, is no obstacle; and who is lost is not stuck. */
static void recover(struct navigator *navigator, const struct policy_input *in)
{
    struct vec2 at;
    if (navigator->estop || navigator_policy(navigator)->manual ||
        lost_step(&navigator->lost, in, &navigator->decision))
        recovery_forget(&navigator->recovery);
    else if (recovery_step(&navigator->recovery_params, &navigator->recovery, in, &navigator->decision, &at))
        planner_avoid(navigator->planner, at, in->now_ns);
}

static void think(struct navigator *navigator, struct mind *mind, struct policy_input *in, struct decision *decision)
{
    const struct seat *seat = &navigator->seats[mind->seat];
    memset(decision, 0, sizeof *decision);
    in->self = seat->policy;
    /* A policy must not take an emergency stop for being stuck, nor learn of places while lost: what it learns
     * meanwhile is forgotten. */
    bool forgets = navigator->estop || in->belief->lost;
    if (forgets)
        memcpy(mind->trial, mind->state, seat->policy->state_size);
    seat->policy->decide(seat->params, forgets ? mind->trial : mind->state, in, decision);
}

/* Before it decides, since its memory is then what the decision is made with. Whoever is asked changes nothing. */
static void explain(struct navigator *navigator, struct policy_input *in)
{
    const struct saliency_params *asked = &navigator->saliency_params;
    const struct mind *mind = asked->of == SALIENCY_DRIVER ? &navigator->driver : &navigator->shadow;
    navigator->saliency.policy = NULL;
    if (asked->of == SALIENCY_OFF || !mind->state)
        return;
    const struct policy *policy = navigator->seats[mind->seat].policy;
    if (!policy->explain)
        return;
    in->self = policy;
    navigator->saliency.count = 0;
    navigator->saliency.policy = policy->name;
    policy->explain(mind->state, in, asked, &navigator->saliency);
}

/* What the shadow would have done here. It is shown the driver's last command as its own, and never acts. */
static void compare(struct navigator *navigator, struct policy_input *in)
{
    struct navigator_shadow *c = &navigator->compared;
    if (!navigator->has_shadow)
        return;
    struct decision *would = &c->decision;
    struct shield_verdict verdict;
    think(navigator, &navigator->shadow, in, would);
    shield_apply(&navigator->shield_params, SHIELD_MONITOR, false, in->belief, &navigator->task, would, &verdict);
    bool both = navigator->decision.valid && would->valid;
    c->disagreement = both ? decision_distance(&navigator->task, navigator->decision.wish, would->wish) : 1;
    c->vetoed = verdict.active;
    c->ticks++;
    c->vetoes += c->vetoed;
    c->invalid += !would->valid;
    c->disagreement_sum += c->disagreement;
}

struct navigator_output navigator_decide(struct navigator *navigator, const struct belief *belief)
{
    struct navigator_output out = {&navigator->decision, &navigator->verdict, &navigator->plan, false};
    if (belief->lost) {
        out.plan_changed = navigator->plan.count > 0;
        navigator->plan = (struct plan){.reason = "the robot does not know where it is"};
    } else {
        navigator->plan = planner_update(navigator->planner, belief, navigator->task.goal, &out.plan_changed);
    }
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
    explain(navigator, &in);
    think(navigator, &navigator->driver, &in, &navigator->decision);
    recover(navigator, &in);
    shield_apply(&navigator->shield_params, navigator->mode, navigator->estop, belief, &navigator->task,
                 &navigator->decision, &navigator->verdict);
    /* A stop by the shield takes the drive more than one period. */
    compare(navigator, &in);
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

const struct saliency *navigator_saliency(const struct navigator *navigator)
{
    return navigator->saliency.policy ? &navigator->saliency : NULL;
}

const struct policy *navigator_policy(const struct navigator *navigator)
{
    return navigator->seats[navigator->driver.seat].policy;
}
const struct policy *navigator_shadow_policy(const struct navigator *navigator)
{
    return navigator->has_shadow ? navigator->seats[navigator->shadow.seat].policy : NULL;
}
const struct navigator_shadow *navigator_compared(const struct navigator *navigator) { return &navigator->compared; }
const struct decision *navigator_decision(const struct navigator *navigator) { return &navigator->decision; }
enum shield_mode navigator_shield_mode(const struct navigator *navigator) { return navigator->mode; }
bool navigator_is_stopped(const struct navigator *navigator) { return navigator->estop; }
const struct task *navigator_task(const struct navigator *navigator) { return &navigator->task; }

uint64_t navigator_hash(const struct navigator *navigator, uint64_t hash)
{
    const struct policy *policy = navigator_policy(navigator);
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
    hash = hash_bytes(hash, navigator->driver.state, policy->state_size);
    if (navigator->has_shadow)
        hash = hash_bytes(hash, navigator->shadow.state, navigator_shadow_policy(navigator)->state_size);
    hash = hash_bytes(hash, &navigator->planner_params, sizeof navigator->planner_params);
    hash = hash_bytes(hash, &navigator->shield_params, sizeof navigator->shield_params);
    hash = hash_bytes(hash, &navigator->recovery, sizeof navigator->recovery);
    hash = hash_bytes(hash, &navigator->lost, sizeof navigator->lost);
    hash = hash_bytes(hash, &navigator->recovery_params.patience_s,
                      sizeof navigator->recovery_params - offsetof(struct recovery_params, patience_s));
    for (size_t i = 0; i < navigator->seat_count; i++)
        hash = hash_bytes(hash, navigator->seats[i].params, navigator->seats[i].policy->param_size);
    return planner_hash(navigator->planner, hash);
}
