/* A policy from a shared object. It runs in this process, so that its state is hashed and its decisions repeat like a
 * built-in's; whoever loads one guards against its crashes and endless loops (logs/guard.h). */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/guard.h"
#include "logs/memory.h"
#include "nav/brought.h"
#include "nav/decision.h"

/* Of wall time, for one decision: a hang, not a slow policy (that is world.policy_latency_s). */
static const double hangs_after_s = 10;
enum { STATE_MAX = 16 << 20, PARAMS_MAX = 256 };

struct library {
    struct policy policy; /* first: struct policy_input's self leads here */
    const struct policy *theirs;
    void *handle;
    char name[BROUGHT_NAME_MAX], guarded[BROUGHT_NAME_MAX + 16];
};

static void library_decide(const void *params, void *state, const struct policy_input *in, struct decision *out)
{
    const struct library *library = (const struct library *)in->self;
    struct policy_input theirs = *in;
    theirs.self = library->theirs;
    guard_enter(library->guarded, hangs_after_s);
    library->theirs->decide(params, state, &theirs, out);
    guard_leave();
    /* What they wrote is text and counts from a stranger. */
    out->reason[sizeof out->reason - 1] = out->constraint[sizeof out->constraint - 1] = '\0';
    if (out->critic_count > CRITICS_MAX || !out->critics)
        out->critic_count = 0;
    if (out->candidate_count > CANDIDATES_MAX)
        out->candidate_count = CANDIDATES_MAX;
    if (!out->candidate_count)
        decision_single(in->task, out);
    if (!(out->confidence >= 0 && out->confidence <= 1))
        out->confidence = 0;
}

static void library_close(const struct policy *self)
{
    struct library *library = (struct library *)(uintptr_t)self;
    dlclose(library->handle);
    free(library);
}

static enum status abi_check(const char *path, const struct policy_plugin *plugin, struct error *err)
{
    static const char *const names[POLICY_SIZES] = {"policy", "policy_input", "belief", "task", "plan", "decision"};
    const uint32_t sizes[POLICY_SIZES] = POLICY_SIZES_NOW;
    if (plugin->abi != POLICY_ABI)
        return error_set(err, STATUS_VERSION,
                         "%s is built for version %" PRIu32
                         " of the policy interface, this program has version %d; build it "
                         "against nav/policy.h of this version",
                         path, plugin->abi, POLICY_ABI);
    for (size_t i = 0; i < POLICY_SIZES; i++)
        if (plugin->sizes[i] != sizes[i])
            return error_set(err, STATUS_VERSION,
                             "%s takes struct %s to have %" PRIu32 " bytes, here it has %" PRIu32 "; build it against "
                             "nav/policy.h of this version", path, names[i], plugin->sizes[i], sizes[i]);
    return STATUS_OK;
}

static enum status descriptor_check(const char *path, const struct policy *theirs, struct error *err)
{
    const char *lacks = !theirs                     ? "descriptor"
                        : !theirs->name             ? "name"
                        : !theirs->summary          ? "summary"
                        : !theirs->decide           ? "decide function"
                        : theirs->param_count && !theirs->params ? "table for its params"
                                                    : NULL;
    if (lacks)
        return error_set(err, STATUS_BAD_INPUT, "%s: the policy has no %s", path, lacks);
    if (theirs->state_size > STATE_MAX || theirs->param_count > PARAMS_MAX || theirs->param_size > STATE_MAX)
        return error_set(err, STATUS_BAD_INPUT,
                         "%s: %zu bytes of state and %zu params are more than the %d and %d allowed", path,
                         theirs->state_size, theirs->param_count, STATE_MAX, PARAMS_MAX);
    for (size_t i = 0; i < theirs->param_count; i++)
        if (!theirs->params[i].name || theirs->params[i].offset >= theirs->param_size)
            return error_set(err, STATUS_BAD_INPUT,
                             "%s: param %zu has no name or lies outside the %zu bytes of params", path, i + 1,
                             theirs->param_size);
    return STATUS_OK;
}

const struct policy *policy_library_open(const char *name, const char *path, struct error *err)
{
    char with_folder[1024];
    /* Without a slash dlopen would look in the system's folders. */
    snprintf(with_folder, sizeof with_folder, "%s%s", strchr(path, '/') ? "" : "./", path);
    void *handle = dlopen(with_folder, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        error_set(err, STATUS_IO, "cannot load the policy: %s", dlerror());
        return NULL;
    }
    const struct policy_plugin *plugin = dlsym(handle, "binnacle_policy");
    enum status status = STATUS_OK;
    if (!plugin)
        status = error_set(err, STATUS_BAD_INPUT,
                           "%s exports no 'binnacle_policy'; end the file with POLICY_PLUGIN(descriptor)", path);
    if (!status)
        status = abi_check(path, plugin, err);
    if (!status)
        status = descriptor_check(path, plugin->policy, err);
    if (status) {
        dlclose(handle);
        return NULL;
    }
    struct library *library = NEW(struct library);
    snprintf(library->name, sizeof library->name, "%s", name);
    snprintf(library->guarded, sizeof library->guarded, "the policy %s", name);
    library->theirs = plugin->policy;
    library->handle = handle;
    library->policy = *plugin->policy;
    library->policy.group = policy_group(plugin->policy);
    library->policy.name = library->name;
    library->policy.decide = library_decide;
    library->policy.close = library_close;
    library->policy.explain = NULL; /* struct saliency is no part of the interface for plug-ins */
    return &library->policy;
}
