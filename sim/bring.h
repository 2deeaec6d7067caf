/* sim/bring.h - where an episode's brought policies come from, and what its log must hold of them.
 *
 * A network's bytes go into the log as attachment "policy/NAME", so that the log can be re-simulated alone. A shared
 * object does not (code from a log must not run by itself): its path and hash do, and the same file must be there. Of a
 * process every answer is logged as a command "answer" with its tick, an input like an operator's; a re-simulation
 * takes them from there and asks nobody. */
#ifndef SIM_BRING_H
#define SIM_BRING_H

#include "nav/brought.h"
#include "nav/navigator.h"
#include "sim/episode.h"

struct bring;

/* `options` and `journal` are borrowed and outlive it. */
struct bring *bring_create(const struct episode_options *options, struct journal *journal);
void bring_destroy(struct bring **bring); /* after the navigator that uses what it opened */

/* Finds out what policy `what` means (a built-in, a file, an endpoint, a name in the log). *policy is newly opened,
 * to be given to the navigator; or NULL if it is built in or was opened before. `name` is what the navigator knows it
 * by. */
MUST_USE enum status bring_policy(struct bring *bring, const char *what, char name[BROUGHT_NAME_MAX],
                                  const struct policy **policy, struct error *err);
/* The path of the file that the policy of that name was read from; NULL if it has none. */
const char *bring_path(const struct bring *bring, const char *name);
/* Does "GROUP.NAME=VALUE" belong to planner, shield, recovery, saliency or a policy? The rest belongs to the
 * scenario. */
bool bring_is_navigation(const struct bring *bring, const char *assignment);

/* Writes what a re-simulation needs of all that was opened so far, and from now on of what is opened later. */
void bring_describe(struct bring *bring, struct recorder *recorder);
/* An answer from the log, for the tick that comes next. */
void bring_answer(struct bring *bring, const struct msg_command *command);
/* The tick whose decision is made now, for what is logged. */
void bring_tick(struct bring *bring, uint64_t tick, int64_t now_ns);
/* From now on processes are asked, where the log has no answer any more (a branch). */
void bring_go_live(struct bring *bring);

#endif
