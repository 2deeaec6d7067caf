/* The reading half of tui/model.h. */
#include <string.h>

#include "tui/model.h"

static const double stale_periods = 3,
                    stale_least_s = 0.1; /* below that a batch on the wire would look like silence */
static const float flip_least_radps = 0.1F;

double model_rate_hz(const struct model *model, enum topic topic)
{
    double period_s = model->topics[topic].period_s;
    return period_s > 0 ? 1 / period_s : 0;
}

double model_age_s(const struct model *model, enum topic topic)
{
    const struct model_topic *from = &model->topics[topic];
    return from->received ? fmax(0, (double)(model->now_ns - from->stamp_ns) / 1e9) : (double)INFINITY;
}

bool model_is_stale(const struct model *model, enum topic topic)
{
    const struct model_topic *from = &model->topics[topic];
    bool regular = !(topic_table[topic].flags & TOPIC_LATCHED) && from->period_s > 0;
    return regular && model_age_s(model, topic) > fmax(stale_least_s, stale_periods * from->period_s);
}

const struct msg_sensor_state *model_sensor(const struct model *model, const char *name)
{
    const struct msg_sensor_health *health = MODEL(model, SENSOR_HEALTH, sensor_health);
    for (uint32_t i = 0; health && i < health->sensors.count; i++)
        if (strcmp(health->sensors.data[i].name, name) == 0)
            return &health->sensors.data[i];
    return NULL;
}

static struct pose2 flat(const struct msg_point *at, const struct msg_quaternion *q)
{
    return (struct pose2){at->x, at->y, quat_yaw((struct quat){q->x, q->y, q->z, q->w})};
}

bool model_pose(const struct model *model, struct pose2 *pose)
{
    const struct msg_belief *belief = MODEL(model, BELIEF, belief);
    const struct msg_odometry *odom = MODEL(model, ODOM, odometry);
    const struct msg_episode_info *info = MODEL(model, EPISODE_INFO, episode_info);
    if (belief) {
        *pose = (struct pose2){belief->x, belief->y, belief->yaw};
    } else if (odom) {
        struct pose2 start = info ? flat(&info->start.position, &info->start.orientation) : (struct pose2){0};
        *pose = pose2_compose(start, flat(&odom->pose.pose.position, &odom->pose.pose.orientation));
    }
    return (belief || odom) && isfinite(pose->x) && isfinite(pose->y) && isfinite(pose->yaw);
}

struct pose2 model_mount(const struct model *model, const char *frame_id)
{
    const struct msg_tf_message *tf = MODEL(model, TF_STATIC, tf_message);
    for (uint32_t i = 0; tf && i < tf->transforms.count; i++) {
        const struct msg_transform_stamped *one = &tf->transforms.data[i];
        struct msg_point at = {one->transform.translation.x, one->transform.translation.y, 0};
        if (strcmp(one->child_frame_id, frame_id) == 0)
            return flat(&at, &one->transform.rotation);
    }
    return (struct pose2){0};
}

int model_flips(const struct model *model, double window_s)
{
    const struct ring *ring = &model->choice_ring;
    int flips = 0, sign = 0;
    for (uint32_t i = ring->count; i-- > 0;) {
        const struct model_choice *choice = &model->choices[ring_slot(ring, MODEL_CHOICES, i)];
        if ((double)(model->now_ns - choice->stamp_ns) / 1e9 > window_s)
            break;
        int now = choice->w > flip_least_radps ? 1 : choice->w < -flip_least_radps ? -1 : 0;
        if (now == 0)
            continue;
        flips += sign != 0 && now != sign;
        sign = now;
    }
    return flips;
}

const struct model_event *model_event(const struct model *model, uint32_t i)
{
    const struct ring *ring = &model->event_ring;
    return i < ring->count ? &model->events[ring_slot(ring, MODEL_EVENTS, ring->count - 1 - i)] : NULL;
}

const struct model_line *model_line(const struct model *model, uint32_t i)
{
    const struct ring *ring = &model->line_ring;
    return i < ring->count ? &model->lines[ring_slot(ring, MODEL_LINES, ring->count - 1 - i)] : NULL;
}

uint32_t model_unacknowledged(const struct model *model)
{
    uint32_t open = 0;
    for (uint32_t i = 0; i < model->event_ring.count; i++)
        open += !model_event(model, i)->acknowledged;
    return open;
}

/* The same event, to write in it: the caller owns the model. */
static struct model_event *event_of(struct model *model, uint32_t i)
{
    const struct ring *ring = &model->event_ring;
    return &model->events[ring_slot(ring, MODEL_EVENTS, ring->count - 1 - i)];
}

bool model_acknowledge(struct model *model)
{
    for (uint32_t i = 0; i < model->event_ring.count; i++) {
        struct model_event *event = event_of(model, i);
        if (!event->acknowledged)
            return event->acknowledged = true;
    }
    return false;
}

void model_acknowledge_all(struct model *model)
{
    while (model_acknowledge(model)) {
    }
}

void model_copy_acknowledged(struct model *to, const struct model *from)
{
    for (uint32_t i = 0; i < to->event_ring.count; i++) {
        struct model_event *event = event_of(to, i);
        for (uint32_t j = 0; j < from->event_ring.count && !event->acknowledged; j++) {
            const struct model_event *other = model_event(from, j);
            event->acknowledged =
                other->acknowledged && other->number == event->number && strcmp(other->id, event->id) == 0;
        }
    }
}
