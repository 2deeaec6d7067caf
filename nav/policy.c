#include "nav/policy.h"

#include <string.h>

#include "logs/names.h"

extern const struct policy policy_dwa, policy_learned, policy_mppi, policy_orca, policy_potential, policy_pursuit,
    policy_teleop, policy_vfh;

const struct policy *const policy_table[] = {&policy_dwa,       &policy_mppi,    &policy_vfh,     &policy_orca,
                                            &policy_potential, &policy_pursuit, &policy_learned, &policy_teleop};
const size_t policy_count = COUNT_OF(policy_table);

const struct policy *policy_find(const char *name, struct error *err)
{
    const char *names[COUNT_OF(policy_table)];
    char hint[96], list[256] = "";
    for (size_t i = 0; i < policy_count; i++) {
        names[i] = policy_table[i]->name;
        if (!strcmp(name, names[i]))
            return policy_table[i];
        if (strlen(list) + strlen(names[i]) + 3 < sizeof list)
            strcat(strcat(list, i ? ", " : ""), names[i]);
    }
    names_hint(hint, sizeof hint, name, names, policy_count, sizeof *names);
    error_set(err, STATUS_BAD_INPUT, "unknown policy '%s'%s (there are %s)", name, hint, list);
    return NULL;
}
