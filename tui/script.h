/* tui/script.h - an operator for an episode without one: commands at their ticks, from a text.
 *
 *   # TICK              VERB     WHAT
 *   1                   policy   teleop
 *   1..120/8            teleop   0.6 0.2      every 8th tick from 1 to 120
 *   121                 estop
 *   160                 stop     enough seen
 *
 * A command takes effect before its tick, as an operator's would, and is logged like one; rows of one tick keep
 * their order. Verbs are those of sim/episode.h, and stop, which ends the episode. */
#ifndef TUI_SCRIPT_H
#define TUI_SCRIPT_H

#include "sim/episode.h"

struct script;
/* STATUS_IO, or STATUS_BAD_INPUT with path:line. */
MUST_USE struct script *script_load(const char *path, struct error *err);
void script_destroy(struct script **script);

/* Gives what is due before the episode's next tick. A command that the episode refuses is an error with path:line. */
MUST_USE enum status script_give(struct script *script, struct episode *episode, struct error *err);

#endif
