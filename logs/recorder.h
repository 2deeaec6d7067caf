/* logs/recorder.h - the journal's lossless sink: an MCAP file, profile ros2, that other people's tools open.
 *
 * The sink only copies a frame into a ring; a thread of the recorder's own compresses and writes. The ring lies in a
 * file beside the log (logs/sidecar.h) until the chunk with the message has reached the log: SIGKILL loses nothing.
 * What the file contains depends on the messages alone, never on how the threads took turns.
 *
 * Every topic of the message table that is not TOPIC_BUS_ONLY gets a channel: CDR, ros2msg schema,
 * offered_qos_profiles. log_time = publish_time = simulated time, sequence = the journal's. Nothing in the file
 * depends on wall time, paths or the host, so the same run gives the same bytes. What a re-simulation needs (scenario
 * text, maps, options) is attached by the episode through recorder_attach / recorder_metadata before the first
 * message. */
#ifndef LOGS_RECORDER_H
#define LOGS_RECORDER_H

#include "logs/journal.h"
#include "logs/mcap.h"

struct recorder;
/* `options` NULL: mcap_options_default. STATUS_IO if the file cannot be created or another process records to it. */
MUST_USE struct recorder *recorder_create(const char *path, const struct mcap_options *options, struct error *err);
/* "", or a sentence: why nothing is kept beside the log, so that a kill would lose the open chunk. */
const char *recorder_note(const struct recorder *recorder);
/* Bounds what a power failure loses: every `seconds` of wall time the disk is made to have everything (fdatasync). 0:
 * when the kernel sees fit. Before the first message. */
void recorder_sync_every(struct recorder *recorder, double seconds);
struct sink recorder_sink(struct recorder *recorder);
void recorder_attach(struct recorder *recorder, const char *name, const char *media_type, const void *data,
                     size_t size);
void recorder_metadata(struct recorder *recorder, const char *name, const struct mcap_pair *pairs, size_t count);
bool recorder_failed(const struct recorder *recorder); /* the disk refused; the episode goes on */
uint64_t recorder_waits(const struct recorder *recorder); /* how often a full ring made the sink wait */
/* Writes what is left, ends the file, removes the sidecar, joins, frees, nulls. The first failure, if any. */
enum status recorder_close(struct recorder **recorder, struct error *err);

/* --- the same file, read back as frames ------------------------------------------------------------------------ */
struct playback; /* a log of ours: MCAP channels mapped to enum topic */
/* A log whose recording was killed is made whole first (recover_beside).
 * STATUS_VERSION if a channel of ours carries another schema fingerprint (says which); unknown topics are skipped. */
MUST_USE struct playback *playback_open(const char *path, struct error *err);
void playback_destroy(struct playback **playback);
struct mcap_reader *playback_reader(struct playback *playback); /* borrowed */
MUST_USE enum status playback_query(struct playback *playback, enum mcap_order order, int64_t from_ns, int64_t to_ns,
                                    const enum topic *topics, size_t topic_count, struct error *err);
MUST_USE enum status playback_next(struct playback *playback, struct frame *frame, struct error *err);

#endif
