/* nav/policy.h - belief in, decision out: the interface every policy has, built in or not.
 *
 * A policy is one file that ends in a const descriptor, listed once in policy_table (nav/policy.c). It sees a belief,
 * never the truth. Its parameters are a table with bounds and units; its state is plain bytes (no pointers), so that
 * it can be hashed per tick, kept for a rollback and repeated. */
#ifndef NAV_POLICY_H
#define NAV_POLICY_H

#include "logs/param.h"
#include "perception/belief.h"

struct task { /* what is asked and allowed; constant over an episode except goal */
    struct vec2 goal; /* map frame */
    double goal_tolerance_m;
    double length_m, width_m; /* footprint, base_link at its centre */
    double max_v_mps, min_v_mps; /* min is the fastest reverse, <= 0 */
    double max_w_radps;
    double max_a_mps2, max_alpha_radps2; /* what the drive can do */
    double period_s;             /* control period */
};

struct plan { /* a path over the map, from the planner; NULL points: none */
    const struct vec2 *points; /* map frame, start to goal, spaced by about the grid's resolution */
    size_t count;
    double length_m;
    const char *reason; /* "" or why there is no path */
};

struct policy_input {
    int64_t now_ns;
    const struct belief *belief;
    const struct task *task;
    const struct plan *plan;
    struct twist2 last;     /* the command now in force */
    struct twist2 operator; /* the latest teleop wish ... */
    double operator_age_s;  /* ... and how old it is; infinite if there was none */
    const struct policy *self; /* who is asked: one that was brought finds its own things behind its descriptor */
};

enum { CRITICS_MAX = 8, CANDIDATES_MAX = 12 };

struct candidate {
    struct twist2 command;
    bool valid;
    double total;              /* infinite when not valid */
    double costs[CRITICS_MAX]; /* weighted, one per critic */
};

struct decision {
    struct twist2 wish;      /* what the policy wants */
    bool valid;              /* false: it has no admissible command (INF); the shield stops the robot */
    double confidence;       /* 0..1 */
    char reason[120];        /* one plain clause: "following path, 1.2 m clear ahead" */
    char constraint[64];     /* what limits it now: "clearance 0.31 m left", "speed limit", "" */
    const char *const *critics; /* static names, critic_count of them */
    size_t critic_count;
    struct candidate candidates[CANDIDATES_MAX]; /* [0] the chosen one, then the best others, cheapest first */
    size_t candidate_count;
    uint32_t candidates_total, candidates_valid;
};

struct saliency_params;
struct saliency;

struct policy {
    const char *name, *summary; /* summary: under 70 characters, says when it fails */
    const struct param *params;
    size_t param_count, param_size; /* of the params struct */
    size_t state_size;
    /* state is zeroed before start. NULL start: nothing to do. */
    void (*start)(const void *params, void *state);
    /* *out is zeroed before. */
    void (*decide)(const void *params, void *state, const struct policy_input *in, struct decision *out);
    bool manual; /* an operator decides: no recovery takes over (nav/recovery.h) */
    const char *group; /* what its settings are called: GROUP.NAME=VALUE; NULL: its name */
    void (*close)(const struct policy *self); /* frees one that was brought (nav/brought.h); NULL: built in */
    /* Of networks: what the command hangs on that decide would give now (nav/saliency.h); *out is empty before. Changes
     * nothing. NULL: what it has to say is in its decisions. */
    void (*explain)(const void *state, const struct policy_input *in, const struct saliency_params *asked,
                    struct saliency *out);
};
static inline const char *policy_group(const struct policy *policy)
{
    return policy->group ? policy->group : policy->name;
}

extern const struct policy *const policy_table[];
extern const size_t policy_count;
/* STATUS_BAD_INPUT with the nearest name and the list. */
MUST_USE const struct policy *policy_find(const char *name, struct error *err);

/* --- for shared objects -------------------------------------------------------------------------------------
 * A file that ends in POLICY_PLUGIN(descriptor) and is built with -shared is a policy: --policy ./mine.so. The sizes
 * say what the structs looked like when it was built; one built for others is refused. */
enum { POLICY_ABI = 1, POLICY_SIZES = 6 };
#define POLICY_SIZES_NOW                                                                                              \
    {                                                                                                                  \
        sizeof(struct policy), sizeof(struct policy_input), sizeof(struct belief), sizeof(struct task),                \
            sizeof(struct plan), sizeof(struct decision)                                                               \
    }
struct policy_plugin {
    uint32_t abi, sizes[POLICY_SIZES];
    const struct policy *policy;
};
#define POLICY_PLUGIN(descriptor)                                                                                      \
    extern const struct policy_plugin binnacle_policy;                                                                 \
    const struct policy_plugin binnacle_policy = {POLICY_ABI, POLICY_SIZES_NOW, &(descriptor)}

#endif
