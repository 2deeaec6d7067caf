/* tui/model.h - everything the dashboard shows, built from frames and nothing else.
 *
 * A frame is decoded into the latest message of its topic; some topics also feed rings for plots, trails, the
 * violation ledger and the log. All memory is bounded: one message per topic, rings of fixed size. Time is simulated
 * time from the frames; no clock is read. The same frames give the same model. Frames are untrusted bytes: one that
 * does not decode is counted and leaves the topic's last message in place. A new episode is recognised by an
 * EpisodeInfo that differs, by sequence numbers that start again, or by simulated time going back; the model then
 * forgets all but the facts an episode announces first (info, map, frames, camera, goal) and the server's status.
 * Latched repeats, which the bus sends whenever anyone joins, change nothing. */
#ifndef TUI_MODEL_H
#define TUI_MODEL_H

#include "logs/geometry.h"
#include "logs/journal.h"

enum {
    MODEL_EVENTS = 512, /* violations kept, the newest */
    MODEL_LINES = 1000, /* log lines kept */
    MODEL_IMU = 1024,   /* samples: about 10 s at 100 Hz */
    MODEL_ODOM = 512,   /* about 10 s at 50 Hz */
    MODEL_CHOICES = 256, /* decisions: about 12 s at 20 Hz */
    MODEL_TRAIL = 2048, /* places, at least MODEL_TRAIL_STEP_M apart */
};
#define MODEL_TRAIL_STEP_M 0.05

/* The newest `count` of at most `capacity` slots. */
struct ring {
    uint32_t next, count;
};
/* The slot of the i-th, counted from the oldest (0) to the newest (count - 1). */
static inline uint32_t ring_slot(const struct ring *ring, uint32_t capacity, uint32_t i)
{
    return (ring->next + capacity - ring->count + i) % capacity;
}

struct model_topic {
    uint64_t received;  /* frames of this episode */
    uint64_t gaps;      /* frames missing by their sequence numbers */
    uint64_t corrupt;   /* frames that did not decode */
    uint32_t sequence;  /* of the last one */
    int64_t stamp_ns;   /* of the last one */
    double period_s;    /* smoothed; 0 until two have come */
    const void *message;     /* the last one, decoded: one of the two below; NULL if none came */
    void *buffers[2];        /* it and room for the next, so that a bad frame leaves it whole */
    struct arena arenas[2];  /* what they point to */
};

struct model_event { /* one violation, from its onset on */
    int64_t start_ns;
    uint64_t tick;
    uint32_t number;
    uint8_t severity; /* 1 notice, 2 warning, 3 serious */
    bool active, acknowledged; /* a notice is born acknowledged */
    double value, threshold, duration_s, lidar_age_s;
    struct pose2 pose; /* map frame */
    char id[12], unit[12], action[32], detail[120];
};
struct model_line {
    int64_t stamp_ns;
    uint8_t level; /* 10 debug, 20 info, 30 warn, 40 error, 50 fatal */
    char name[16], text[200];
};
struct model_imu {
    int64_t stamp_ns;
    float accel[3], gyro[3]; /* m/s2, rad/s, base_link */
};
struct model_odom {
    int64_t stamp_ns;
    float v_mps, w_radps;
};
struct model_choice {
    int64_t stamp_ns;
    float wish_v, wish_w, v, w; /* m/s, rad/s */
    bool shielded;
};
struct model_place { /* map frame */
    float x, y;
};

struct model {
    int64_t now_ns;        /* newest stamp seen in this episode */
    uint64_t episode;      /* how many began since model_create, this one included */
    uint64_t corrupt, gaps; /* over all topics */
    struct model_topic topics[TOPIC_COUNT];
    struct ring event_ring, line_ring, imu_ring, odom_ring, choice_ring, trail_ring;
    struct model_event events[MODEL_EVENTS];
    struct model_line lines[MODEL_LINES];
    struct model_imu imu[MODEL_IMU];
    struct model_odom odom[MODEL_ODOM];
    struct model_choice choices[MODEL_CHOICES];
    struct model_place trail[MODEL_TRAIL];
    uint64_t line_total; /* lines of this episode, also those no longer kept */
};

struct model *model_create(void);
void model_destroy(struct model **model);
void model_reset(struct model *model); /* forgets everything */

/* Takes the frame in. True if it began another episode, all of whose frames come from now on (the caller then forgets
 * its history: history_clear). */
bool model_apply(struct model *model, const struct frame *frame);
/* As model_apply, but only counts the frame (rate, gaps, time): for seeking past frames that a later one replaces. */
void model_skip(struct model *model, const struct frame *frame);
/* Whether frames of this topic leave a trace besides being the latest (ledger, log, rings), and for how long:
 * nanoseconds back that still matter (INT64_MAX: all), 0 if only the latest counts. */
int64_t model_memory_ns(enum topic topic);
/* The facts an episode states once, before its first step. */
bool model_is_announced(enum topic topic);

/* --- reading -------------------------------------------------------------------------------------------------- */
/* The latest message of a topic, or NULL: const struct msg_laser_scan *scan = MODEL(model, SCAN, laser_scan); */
#define MODEL(model, topic, type) ((const struct msg_##type *)model_latest((model), TOPIC_##topic))
static inline const void *model_latest(const struct model *model, enum topic topic)
{
    return model->topics[topic].message;
}
double model_rate_hz(const struct model *model, enum topic topic); /* 0 if unknown */
double model_age_s(const struct model *model, enum topic topic);   /* of simulated time; infinite if none came */
/* Older than 3 periods (of a topic that comes regularly). */
bool model_is_stale(const struct model *model, enum topic topic);
/* The row of SensorHealth of that name ("lidar", "camera" ...), or NULL. */
const struct msg_sensor_state *model_sensor(const struct model *model, const char *name);
/* Where the robot is in the map frame as it believes (else by odometry); false if unknown. */
bool model_pose(const struct model *model, struct pose2 *pose);
/* The mount of a sensor frame on the robot, from tf_static, on the ground plane; identity if unknown. */
struct pose2 model_mount(const struct model *model, const char *frame_id);
/* Sign changes of the commanded turn rate (beyond 0.1 rad/s) in the last `window_s`. */
int model_flips(const struct model *model, double window_s);
/* The i-th of the ledger and of the log, 0 the newest; NULL past the end. */
const struct model_event *model_event(const struct model *model, uint32_t i);
const struct model_line *model_line(const struct model *model, uint32_t i);
uint32_t model_unacknowledged(const struct model *model);

/* --- the operator's own marks --------------------------------------------------------------------------------- */
bool model_acknowledge(struct model *model); /* the newest open one; false if there is none */
void model_acknowledge_all(struct model *model);
/* Events that are acknowledged in `from` become so in `to` (a model rebuilt by seeking). */
void model_copy_acknowledged(struct model *to, const struct model *from);

#endif
