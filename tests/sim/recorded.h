/* tests/sim/recorded.h - a short episode recorded to a file of the test's own, if wanted with one frame falsified on
 * the way. */
#ifndef TESTS_SIM_RECORDED_H
#define TESTS_SIM_RECORDED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/episode.h"

struct falsifier { /* of the n-th message of a topic */
    enum topic topic;
    uint32_t sequence;
    bool drop;
    void (*change)(void *message);
};

struct recording {
    struct sink to;
    const struct falsifier *falsifier;
};

static inline void recording_put(void *self, const struct frame *frame)
{
    struct recording *recording = self;
    const struct falsifier *f = recording->falsifier;
    if (!f || frame->topic != f->topic || frame->sequence != f->sequence) {
        recording->to.put(recording->to.self, frame);
        return;
    }
    if (f->drop)
        return;
    const struct message_type *type = topic_table[frame->topic].type;
    struct arena arena = {0};
    struct bytes payload = {0};
    struct frame changed = *frame;
    void *message = arena_new(&arena, 1, type->size);
    assert_int_equal(message_decode(type, frame->payload, frame->size, message, &arena, NULL), STATUS_OK);
    f->change(message);
    message_encode(type, message, &payload);
    changed.payload = payload.data;
    changed.size = payload.size;
    recording->to.put(recording->to.self, &changed);
    bytes_clear(&payload);
    arena_clear(&arena);
}

/* Few beams and no camera: quick. Runs `ticks` ticks and is then stopped, unless it ends before. */
static const char *const recorded_sets[] = {"lidar.beams=60", "imu.rate_hz=20", "odometry.rate_hz=20",
                                            "time_limit_s=6"};
static inline void record(const char *path, const char *scenario_name, const char *policy, uint64_t ticks,
                          const struct falsifier *falsifier)
{
    struct error err = {0};
    struct journal *journal = journal_create();
    struct scenario *scenario = scenario_load(scenario_name, &err);
    const struct episode_options options = {.seed = 5,
                                            .policy = policy,
                                            .without = 1u << SENSOR_CAMERA | 1u << SENSOR_DEPTH,
                                            .sets = recorded_sets,
                                            .set_count = COUNT_OF(recorded_sets)};
    struct episode *episode = episode_create(scenario, &options, journal, &err);
    struct recorder *recorder = recorder_create(path, NULL, &err);
    if (!episode || !recorder)
        fail_msg("%s", err.text);
    struct recording recording = {recorder_sink(recorder), falsifier};
    journal_add(journal, (struct sink){recording_put, &recording});
    episode_describe(episode, recorder);
    episode_announce(episode);
    for (uint64_t i = 0; i < ticks && episode_step(episode); i++)
        if (i == 20) { /* an input that does not come from the seed */
            double values[] = {12.0, 1.2};
            const struct msg_command command = {.verb = "goal", .values = {values, 2}};
            assert_int_equal(episode_command(episode, &command, &err), STATUS_OK);
        }
    episode_stop(episode, "enough");
    assert_int_equal(recorder_close(&recorder, &err), STATUS_OK);
    episode_destroy(&episode);
    scenario_destroy(&scenario);
    journal_destroy(&journal);
}

/* A path in the test's own folder; the buffer is the caller's. */
static char recorded_folder[64];
static inline int recorded_setup(void **state)
{
    (void)state;
    snprintf(recorded_folder, sizeof recorded_folder, "/tmp/binnacle-test-XXXXXX");
    return mkdtemp(recorded_folder) ? 0 : 1;
}
static inline const char *recorded_path(const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", recorded_folder, name);
    return path;
}
static inline int recorded_teardown(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", recorded_folder);
    return system(command);
}

#endif
