/* tests/sim/capture.h - what a stage's sensors say, caught, counted and decoded. */
#ifndef TESTS_SIM_CAPTURE_H
#define TESTS_SIM_CAPTURE_H

#include "logs/memory.h"
#include "tests/sim/stage.h"
#include "tests/sim/statistics.h"

enum { WITHOUT_ALL = (1 << SENSOR_COUNT) - 1 };
#define ONLY(sensor) ((unsigned)WITHOUT_ALL & ~(1u << (sensor)))

struct capture {
    struct journal *journal;
    uint64_t hash[TOPIC_COUNT];
    uint32_t taken[TOPIC_COUNT];
    int64_t period_ns[TOPIC_COUNT], last_ns[TOPIC_COUNT];
    struct bytes payload[TOPIC_COUNT]; /* of the latest message */
    struct arena arena;
};

static inline void capture_put(void *self, const struct frame *frame)
{
    struct capture *capture = self;
    enum topic t = frame->topic;
    capture->hash[t] = hash_bytes(capture->hash[t], frame->payload, frame->size);
    capture->period_ns[t] = frame->stamp_ns - capture->last_ns[t];
    capture->last_ns[t] = frame->stamp_ns;
    capture->payload[t].size = 0;
    bytes_put(&capture->payload[t], frame->payload, frame->size);
}

static inline void capture_take(void *self, enum topic topic, const void *message)
{
    struct capture *capture = self;
    assert_non_null(message);
    capture->taken[topic]++;
}

static inline void capture_open(struct capture *capture, struct stage *stage, uint64_t seed, unsigned without)
{
    *capture = (struct capture){.journal = journal_create()};
    for (size_t t = 0; t < TOPIC_COUNT; t++)
        capture->hash[t] = HASH_START;
    journal_add(capture->journal, (struct sink){capture_put, capture});
    struct sensors_def def = {.world = stage->world, .robot = stage->robot, .journal = capture->journal, .seed = seed,
                              .without = without, .take = capture_take, .self = capture};
    sensors_destroy(&stage->sensors);
    stage->sensors = sensors_create(&def);
}

/* Keeps what was captured; the sensors must not be used any more. */
static inline void capture_close(struct capture *capture, struct stage *stage)
{
    sensors_destroy(&stage->sensors);
    journal_destroy(&capture->journal);
    for (size_t t = 0; t < TOPIC_COUNT; t++)
        bytes_clear(&capture->payload[t]);
    arena_clear(&capture->arena);
}

static inline void *latest(struct capture *capture, enum topic topic)
{
    const struct message_type *type = topic_table[topic].type;
    void *message = arena_new(&capture->arena, 1, type->size);
    struct error err = {0};
    assert_true(capture->payload[topic].size > 0);
    stage_must(message_decode(type, capture->payload[topic].data, capture->payload[topic].size, message,
                              &capture->arena, &err) == STATUS_OK, &err);
    return message;
}

/* Runs until the topic's next message. */
static inline void *next(struct stage *stage, struct capture *capture, enum topic topic)
{
    uint32_t count = journal_count(capture->journal, topic);
    for (int i = 0; i < 400 && journal_count(capture->journal, topic) == count; i++)
        stage_step(stage);
    arena_reset(&capture->arena);
    return latest(capture, topic);
}

/* A wall 3 m ahead, one to the left, round things behind. */
#define ROOM                                                                                                           \
    "solids:\n"                                                                                                        \
    "  - {name: ahead, kind: box, at: [3.1, 0], size: [0.2, 12, 3]}\n"                                                 \
    "  - {name: left, kind: box, at: [0, 6], size: [12, 0.2, 3]}\n"                                                    \
    "  - {name: pillar, kind: cylinder, at: [-2, -1.5], radius: 0.3, height: 2, material: concrete}\n"                 \
    "  - {name: ball, kind: sphere, at: [-1.2, 1.4], radius: 0.5, material: plastic}\n"

#define QUIET                                                                                                          \
    "lidar.noise_m=0", "camera.noise=0", "camera.shot_noise=0", "camera.depth_noise=0", "imu.gyro_noise_radps=0",      \
        "imu.gyro_bias_radps=0", "imu.gyro_walk=0", "imu.accel_noise_mps2=0", "imu.accel_bias_mps2=0",                 \
        "imu.accel_walk=0", "odometry.noise_mps=0", "odometry.noise_radps=0", "odometry.scale_error=0",                \
        "ultrasonic.noise_m=0"

#endif
