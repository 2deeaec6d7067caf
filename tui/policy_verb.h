/* tui/policy_verb.h - the verbs of binnacle policy that are not in tui/cmd_policy.c. */
#ifndef TUI_POLICY_VERB_H
#define TUI_POLICY_VERB_H

#include "tui/options.h"

struct policy_why_arguments {
    const char *at, *policy, *png;
    struct text_list sets;
    double top;
    bool json;
};
/* Prints what a network's command hung on at one tick of a log. */
MUST_USE enum status policy_why(const struct policy_why_arguments *arguments, const char *log, struct error *err);

#endif
