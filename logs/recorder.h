/* logs/recorder.h - the journal's lossless sink: an MCAP file, profile ros2, that other people's tools open.
 *
 * Every topic of the message table that is not TOPIC_BUS_ONLY gets a channel: CDR, ros2msg schema, offered_qos_profiles.
 * log_time = publish_time = simulated time, sequence = the journal's. Nothing in the file depends on wall time, paths or the
 * host, so the same run gives the same bytes. What a re-simulation needs (scenario text, maps, options) is attached by the
 * episode through recorder_attach / recorder_metadata before the first message. */
#ifndef LOGS_RECORDER_H
#define LOGS_RECORDER_H

#include "logs/journal.h"
#include "logs/mcap.h"

struct recorder;
/* `options` NULL: mcap_options_default. */
MUST_USE struct recorder *recorder_create(const char *path, const struct mcap_options *options, struct error *err);
struct sink recorder_sink(struct recorder *recorder);
void recorder_attach(struct recorder *recorder, const char *name, const char *media_type, const void *data,
                     size_t size);
void recorder_metadata(struct recorder *recorder, const char *name, const struct mcap_pair *pairs, size_t count);
bool recorder_failed(const struct recorder *recorder); /* the disk refused; the episode goes on */
enum status recorder_close(struct recorder **recorder, struct error *err);

/* --- the same file, read back as frames ------------------------------------------------------------------------ */
struct playback; /* a log of ours: MCAP channels mapped to enum topic */
/* STATUS_VERSION if a channel of ours carries another schema fingerprint (says which); unknown topics are skipped. */
MUST_USE struct playback *playback_open(const char *path, struct error *err);
void playback_destroy(struct playback **playback);
struct mcap_reader *playback_reader(struct playback *playback); /* borrowed */
MUST_USE enum status playback_query(struct playback *playback, enum mcap_order order, int64_t from_ns, int64_t to_ns,
                                    const enum topic *topics, size_t topic_count, struct error *err);
MUST_USE enum status playback_next(struct playback *playback, struct frame *frame, struct error *err);

#endif
