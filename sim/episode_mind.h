/* sim/episode_mind.h - the half of an episode that perceives and decides, without a world.
 *
 * episode.c gives it a body; a question to a log ("what would another policy have decided on what was sensed then?")
 * gives it the logged messages instead. */
#ifndef SIM_EPISODE_MIND_H
#define SIM_EPISODE_MIND_H

#include "sim/bring.h"

/* Applies the sets, expands the scenario (which must be fresh) and builds both; the caller owns them. */
MUST_USE enum status episode_mind(struct scenario *scenario, const struct episode_options *options, struct bring *bring,
                                  struct perception **perception, struct navigator **navigator, struct error *err);
/* The same for a scenario that is expanded already; sets are not looked at, and the policy is a built-in one. */
MUST_USE enum status episode_mind_of(const struct scenario *scenario, const struct episode_options *options,
                                     struct perception **perception, struct navigator **navigator, struct error *err);

#endif
