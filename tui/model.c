#include "tui/model.h"

#include <stdio.h>
#include <stdlib.h>

enum { PHASE_ONSET = 0, SECOND_NS = 1000000000 };
static const int64_t back_in_time_ns = SECOND_NS / 2; /* more than any reordering, less than any episode */
static const double period_weight = 0.2;              /* of the newest interval in the smoothed period */

static uint32_t ring_push(struct ring *ring, uint32_t capacity)
{
    uint32_t slot = ring->next;
    ring->next = (slot + 1) % capacity;
    ring->count += ring->count < capacity;
    return slot;
}

#define COPY_TEXT(to, from) snprintf((to), sizeof(to), "%s", (from) ? (from) : "")

/* --- what topics leave behind --------------------------------------------------------------------------------- */

static void keep_imu(struct model *model, int64_t stamp_ns, const void *message)
{
    const struct msg_imu *imu = message;
    const struct msg_vector3 *a = &imu->linear_acceleration, *w = &imu->angular_velocity;
    model->imu[ring_push(&model->imu_ring, MODEL_IMU)] = (struct model_imu){
        stamp_ns, {(float)a->x, (float)a->y, (float)a->z}, {(float)w->x, (float)w->y, (float)w->z}};
}

static void keep_odom(struct model *model, int64_t stamp_ns, const void *message)
{
    const struct msg_twist *twist = &((const struct msg_odometry *)message)->twist.twist;
    model->odom[ring_push(&model->odom_ring, MODEL_ODOM)] =
        (struct model_odom){stamp_ns, (float)twist->linear.x, (float)twist->angular.z};
}

static void keep_belief(struct model *model, int64_t stamp_ns, const void *message)
{
    (void)stamp_ns;
    const struct msg_belief *belief = message;
    if (!isfinite(belief->x) || !isfinite(belief->y))
        return;
    const struct ring *ring = &model->trail_ring;
    if (ring->count) {
        const struct model_place *last = &model->trail[ring_slot(ring, MODEL_TRAIL, ring->count - 1)];
        if (hypot(belief->x - (double)last->x, belief->y - (double)last->y) < MODEL_TRAIL_STEP_M)
            return;
    }
    model->trail[ring_push(&model->trail_ring, MODEL_TRAIL)] =
        (struct model_place){(float)belief->x, (float)belief->y};
}

static void keep_decision(struct model *model, int64_t stamp_ns, const void *message)
{
    const struct msg_decision *d = message;
    model->choices[ring_push(&model->choice_ring, MODEL_CHOICES)] = (struct model_choice){
        stamp_ns, (float)d->wish_v_mps, (float)d->wish_w_radps, (float)d->v_mps, (float)d->w_radps, d->shield_active};
}

static struct model_event *event_find(struct model *model, const char *id, uint32_t number)
{
    for (uint32_t i = model->event_ring.count; i-- > 0;) {
        struct model_event *event = &model->events[ring_slot(&model->event_ring, MODEL_EVENTS, i)];
        if (event->number == number && strcmp(event->id, id) == 0)
            return event;
    }
    return NULL;
}

static void keep_safety_event(struct model *model, int64_t stamp_ns, const void *message)
{
    const struct msg_safety_event *from = message;
    struct model_event named; /* the id as it is kept, cut to its size */
    COPY_TEXT(named.id, from->id);
    struct model_event *event = event_find(model, named.id, from->number);
    if (!event) { /* an onset, or the end of one that began before we joined */
        event = &model->events[ring_push(&model->event_ring, MODEL_EVENTS)];
        double before_s = from->phase == PHASE_ONSET ? 0 : clamp(from->duration_s, 0, 1e6);
        *event = (struct model_event){.start_ns = stamp_ns - (int64_t)(before_s * 1e9),
                                      .tick = from->tick,
                                      .number = from->number,
                                      .severity = from->severity,
                                      .threshold = from->threshold,
                                      .acknowledged = from->severity <= 1, /* a notice wants no answer */
                                      .lidar_age_s = from->lidar_age_s,
                                      .pose = {from->x, from->y, from->yaw}};
        COPY_TEXT(event->id, from->id);
        COPY_TEXT(event->unit, from->unit);
        COPY_TEXT(event->action, from->action);
        COPY_TEXT(event->detail, from->detail);
    }
    event->value = from->value;
    event->duration_s = from->duration_s;
    event->active = from->phase == PHASE_ONSET;
}

static void keep_line(struct model *model, int64_t stamp_ns, const void *message)
{
    const struct msg_log *log = message;
    struct model_line *line = &model->lines[ring_push(&model->line_ring, MODEL_LINES)];
    *line = (struct model_line){.stamp_ns = stamp_ns, .level = log->level};
    COPY_TEXT(line->name, log->name);
    COPY_TEXT(line->text, log->msg);
    model->line_total++;
}

static const struct trace {
    void (*keep)(struct model *model, int64_t stamp_ns, const void *message);
    int64_t memory_ns;
} traces[TOPIC_COUNT] = {
    [TOPIC_IMU] = {keep_imu, 12LL * SECOND_NS},
    [TOPIC_ODOM] = {keep_odom, 12LL * SECOND_NS},
    [TOPIC_BELIEF] = {keep_belief, INT64_MAX},
    [TOPIC_DECISION] = {keep_decision, 12LL * SECOND_NS},
    [TOPIC_SAFETY_EVENT] = {keep_safety_event, INT64_MAX},
    [TOPIC_ROSOUT] = {keep_line, INT64_MAX},
};

int64_t model_memory_ns(enum topic topic) { return traces[topic].memory_ns; }

bool model_is_announced(enum topic topic)
{
    return topic == TOPIC_EPISODE_INFO || topic == TOPIC_MAP || topic == TOPIC_TF_STATIC ||
           topic == TOPIC_CAMERA_INFO || topic == TOPIC_GOAL;
}

/* --- life ----------------------------------------------------------------------------------------------------- */

struct model *model_create(void)
{
    struct model *model = NEW(struct model);
    for (int i = 0; i < TOPIC_COUNT; i++)
        for (int b = 0; b < 2; b++)
            model->topics[i].buffers[b] = memory_new(1, topic_table[i].type->size);
    return model;
}

void model_destroy(struct model **model)
{
    if (!*model)
        return;
    for (int i = 0; i < TOPIC_COUNT; i++)
        for (int b = 0; b < 2; b++) {
            free((*model)->topics[i].buffers[b]);
            arena_clear(&(*model)->topics[i].arenas[b]);
        }
    free(*model);
    *model = NULL;
}

static void topic_forget(struct model_topic *topic)
{
    topic->received = topic->gaps = topic->corrupt = 0;
    topic->sequence = 0;
    topic->stamp_ns = 0;
    topic->period_s = 0;
    topic->message = NULL;
}

/* What stays when another episode begins. */
enum kept { KEEP_NOTHING, KEEP_SERVER, KEEP_ANNOUNCED };

static bool is_kept(enum topic topic, enum kept kept)
{
    return (topic == TOPIC_SERVER_STATUS && kept >= KEEP_SERVER) ||
           (model_is_announced(topic) && kept >= KEEP_ANNOUNCED);
}

static void forget(struct model *model, enum kept kept)
{
    for (int i = 0; i < TOPIC_COUNT; i++)
        if (!is_kept((enum topic)i, kept))
            topic_forget(&model->topics[i]);
    struct ring *rings[] = {&model->event_ring, &model->line_ring,   &model->imu_ring,
                            &model->odom_ring,  &model->choice_ring, &model->trail_ring};
    for (size_t i = 0; i < COUNT_OF(rings); i++)
        *rings[i] = (struct ring){0};
    model->now_ns = 0;
    model->corrupt = model->gaps = model->line_total = 0;
}

void model_reset(struct model *model)
{
    forget(model, KEEP_NOTHING);
    model->episode = 0;
}

/* --- frames --------------------------------------------------------------------------------------------------- */

/* Latched topics are repeated at any time and the server's status is not the episode's: neither tells anything about
 * time. */
static bool tells_time(enum topic topic) { return !(topic_table[topic].flags & (TOPIC_LATCHED | TOPIC_BUS_ONLY)); }

static bool is_from_another_episode(const struct model *model, const struct frame *frame)
{
    const struct model_topic *topic = &model->topics[frame->topic];
    return tells_time(frame->topic) && ((topic->received && frame->sequence < topic->sequence) ||
                                        frame->stamp_ns < model->now_ns - back_in_time_ns);
}

static void count(struct model *model, const struct frame *frame)
{
    struct model_topic *topic = &model->topics[frame->topic];
    if (frame->stamp_ns > model->now_ns && frame->topic != TOPIC_SERVER_STATUS)
        model->now_ns = frame->stamp_ns;
    uint32_t steps = frame->sequence - topic->sequence;
    if (topic->received && frame->sequence > topic->sequence) {
        topic->gaps += steps - 1;
        model->gaps += steps - 1;
        double interval_s = (double)(frame->stamp_ns - topic->stamp_ns) / 1e9 / steps;
        if (interval_s > 0)
            topic->period_s += (topic->period_s > 0 ? period_weight : 1) * (interval_s - topic->period_s);
    }
    topic->received++;
    topic->sequence = frame->sequence;
    topic->stamp_ns = frame->stamp_ns;
}

/* Decodes into the buffer that is not in use; NULL if the bytes are no such message. */
static const void *decode(struct model *model, const struct frame *frame)
{
    struct model_topic *topic = &model->topics[frame->topic];
    int free_one = topic->message == topic->buffers[0];
    struct arena *arena = &topic->arenas[free_one];
    arena_reset(arena);
    if (message_decode(topic_table[frame->topic].type, frame->payload, frame->size, topic->buffers[free_one], arena,
                       NULL) != STATUS_OK)
        return NULL;
    return topic->buffers[free_one];
}

bool model_apply(struct model *model, const struct frame *frame)
{
    ASSERT(frame->topic < TOPIC_COUNT);
    struct model_topic *topic = &model->topics[frame->topic];
    const void *message = decode(model, frame);
    bool begins = is_from_another_episode(model, frame);
    if (begins)
        forget(model, KEEP_ANNOUNCED);
    if (frame->topic == TOPIC_EPISODE_INFO && message && topic->message &&
        !message_equal(topic_table[frame->topic].type, topic->message, message, 0, 0, NULL)) {
        forget(model, KEEP_SERVER);
        begins = true;
    }
    model->episode += begins || model->episode == 0;
    count(model, frame);
    if (!message) {
        topic->corrupt++;
        model->corrupt++;
        return begins;
    }
    topic->message = message;
    if (traces[frame->topic].keep)
        traces[frame->topic].keep(model, frame->stamp_ns, message);
    return begins;
}

void model_skip(struct model *model, const struct frame *frame)
{
    ASSERT(frame->topic < TOPIC_COUNT);
    count(model, frame);
}
