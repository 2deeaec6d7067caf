/* logs/guard.h - code of strangers in our process: says who it was when it crashes or never returns.
 *
 * Between guard_enter and guard_leave a segmentation fault (or a bus, arithmetic or illegal-instruction error,
 * or an abort), a call of exit() or the passing of `seconds` of wall time end the process with exit code 3 and
 * one sentence on stderr. Nothing that was recorded is lost: what was written stands in the log and its side
 * file (log recover). Not nested; one thread. */
#ifndef LOGS_GUARD_H
#define LOGS_GUARD_H

void guard_enter(const char *who, double seconds);
void guard_leave(void);

#endif
