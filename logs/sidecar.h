/* logs/sidecar.h - "x.mcap.open": what was recorded but is not in x.mcap yet, kept where SIGKILL cannot reach it.
 *
 * A file mapped shared. Its pages belong to the kernel from the moment they are stored to, so every record the
 * recorder took is there even if the process is killed at the next instruction. (Against power failure see
 * recorder_sync_every.)
 *
 *     page 0        magic, geometry, the ring's control words, and two places for the latest commit
 *     definitions   MCAP Schema and Channel records with the ids the log uses
 *     ring          logs/ring.h; each record is an MCAP Message record
 *
 * A commit says: the log's first `file_bytes` bytes hold every message below ring position `tail`. So whoever repairs
 * the log takes it up to file_bytes and the ring from there, and no message comes twice or is missing.
 * The recording process holds a lock on the file (fcntl), which ends with the process. An orderly end removes the
 * file. */
#ifndef LOGS_SIDECAR_H
#define LOGS_SIDECAR_H

#include "logs/ring.h"

/* --- the recording side ----------------------------------------------------------------------------------------- */
struct sidecar;
/* Opens and locks the sidecar of the log, which need not exist. STATUS_AGAIN: another process records to this log.
 * STATUS_IO: it cannot be had. A sidecar that a killed recording left is taken over, and lost once sidecar_map is
 * called. */
MUST_USE enum status sidecar_lock(const char *log, struct sidecar **sidecar, struct error *err);
/* Sets the space aside on disk (so that no later store can fail) and maps it. STATUS_IO: no space, or a file system
 * that cannot. */
MUST_USE enum status sidecar_map(struct sidecar *sidecar, const struct bytes *definitions, size_t ring_bytes,
                                 struct error *err);
struct ring_control *sidecar_control(struct sidecar *sidecar);
uint8_t *sidecar_memory(struct sidecar *sidecar);
/* `records` of the ring lie below tail. The first commit makes the file valid. */
void sidecar_commit(struct sidecar *sidecar, uint64_t tail, uint64_t file_bytes, uint64_t records);
/* Waits until the disk has it. */
void sidecar_sync(struct sidecar *sidecar);
/* Unmaps, removes the file, frees. */
void sidecar_remove(struct sidecar **sidecar);

/* --- the repairing side ----------------------------------------------------------------------------------------- */
struct sidecar_view {
    struct bytes bytes;        /* the whole file; bytes_clear when done */
    struct cursor definitions; /* MCAP records, in bytes */
    struct ring_view ring;     /* from the commit's tail on */
    uint64_t file_bytes;       /* of the log, which stand for everything before the ring */
    uint64_t records;          /* that the ring should hold from there on; one more may be whole */
    bool recording;            /* a living process writes it */
};
/* Reads the sidecar of the log. STATUS_END: there is none. STATUS_CORRUPT: it was never valid or is damaged. */
MUST_USE enum status sidecar_load(const char *log, struct sidecar_view *view, struct error *err);
/* Removes the sidecar's file. */
void sidecar_forget(const char *log);

#endif
