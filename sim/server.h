/* sim/server.h - an episode behind a bus: paced, paused, stepped, restarted. The only part of the simulator that
 * knows wall time.
 *
 * The loop:  take waiting commands; if due (or stepping), one episode_step; publish ServerStatus at 10 Hz of wall
 * time; wait. Verbs of its own (no effect on an episode's course, not logged): pause, resume, step (values n), speed
 * (values x; 0 = as fast as possible), reset (values seed, optional), status, quit. All other verbs go to
 * episode_command. A finished episode stays announced until reset or quit; with `once` the server ends with it. The
 * simulator never waits for a viewer. SIGINT, SIGTERM and SIGHUP end it in order: log closed, sockets removed. */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "sim/episode.h"

struct server_options {
    const char *scenario; /* name or path */
    struct episode_options episode;
    const char *endpoint; /* ipc://... or tcp://127.0.0.1:PORT */
    const char *log;      /* NULL: none. A reset writes to log with "-2", "-3" ... before ".mcap" */
    double sync_s;        /* > 0: have the disk write the log this often (recorder_sync_every) */
    void (*note)(const char *sentence); /* told once an episode if its log is not safe from a kill; may be NULL */
    double speed;         /* 1 real time; 0: as fast as possible */
    bool paused;          /* start paused */
    bool once;
    bool await_viewer;    /* the first episode begins when somebody watches, or after 2 s: nothing of it is missed */
    int ready_fd; /* -1, or a pipe: one byte is written when the endpoint answers, a sentence if it never will */
    int life_fd;          /* -1, or a pipe whose other end's closing ends the server (its owner died) */
};

/* Runs until quit, a signal, or (once) the end. *outcome (may be NULL) is that of the last episode. STATUS_IO also
 * when the log could not be written in full: the episode itself went on. */
MUST_USE enum status server_run(const struct server_options *options, enum outcome *outcome, struct error *err);

#endif
