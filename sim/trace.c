#include "sim/trace.h"

#include <stdio.h>
#include <stdlib.h>

static const void *decoded(struct trace *trace, const struct frame *frame)
{
    const struct message_type *type = topic_table[frame->topic].type;
    arena_reset(&trace->scratch);
    void *message = arena_new(&trace->scratch, 1, type->size);
    return message_decode(type, frame->payload, frame->size, message, &trace->scratch, NULL) ? NULL : message;
}

static void put_decision(struct trace *trace, const struct msg_decision *decision)
{
    trace->next.wish = (struct twist2){decision->wish_v_mps, decision->wish_w_radps};
    trace->next.command = (struct twist2){decision->v_mps, decision->w_radps};
    trace->next.clearance_m = decision->clearance_m;
}

void trace_add(struct trace *trace, const struct trace_row *row)
{
    if (trace->row_count == trace->row_capacity) {
        trace->row_capacity = trace->row_capacity * 2 + 256;
        trace->rows = memory_resize(trace->rows, trace->row_capacity, sizeof *trace->rows);
    }
    trace->rows[trace->row_count++] = *row;
}

static void put_hash(struct trace *trace, const struct msg_state_hash *hash)
{
    const struct msg_quaternion *q = &hash->pose.orientation;
    trace->next.tick = hash->tick;
    trace->next.hash = hash->hash;
    trace->next.pose = (struct pose2){hash->pose.position.x, hash->pose.position.y,
                                      quat_yaw((struct quat){q->x, q->y, q->z, q->w})};
    trace_add(trace, &trace->next);
}

static void put_event(struct trace *trace, const struct msg_safety_event *event)
{
    enum violation id = violation_find(event->id);
    if (event->phase || id == VIOLATION_COUNT)
        return;
    trace->violations[id]++;
    if (trace->onset_count == trace->onset_capacity) {
        trace->onset_capacity = trace->onset_capacity * 2 + 16;
        trace->onsets = memory_resize(trace->onsets, trace->onset_capacity, sizeof *trace->onsets);
    }
    trace->onsets[trace->onset_count++] = (struct trace_onset){event->tick, id};
}

static void put_result(struct trace *trace, const struct msg_episode_result *result)
{
    trace->complete = true;
    snprintf(trace->scenario, sizeof trace->scenario, "%s", result->scenario);
    snprintf(trace->policy, sizeof trace->policy, "%s", result->policy);
    snprintf(trace->outcome, sizeof trace->outcome, "%s", result->outcome);
    trace->success = result->success;
    trace->sim_time_s = result->sim_time_s;
    trace->path_length_m = result->path_length_m;
    trace->spl = result->spl;
    trace->min_clearance_m = result->min_clearance_m;
}

void trace_put(void *self, const struct frame *frame)
{
    struct trace *trace = self;
    if (frame->topic != TOPIC_DECISION && frame->topic != TOPIC_STATE_HASH && frame->topic != TOPIC_SAFETY_EVENT &&
        frame->topic != TOPIC_EPISODE_RESULT)
        return;
    const void *message = decoded(trace, frame);
    if (!message)
        return;
    if (frame->topic == TOPIC_DECISION)
        put_decision(trace, message);
    else if (frame->topic == TOPIC_STATE_HASH)
        put_hash(trace, message);
    else if (frame->topic == TOPIC_SAFETY_EVENT)
        put_event(trace, message);
    else
        put_result(trace, message);
}

void trace_clear(struct trace *trace)
{
    free(trace->rows);
    free(trace->onsets);
    arena_clear(&trace->scratch);
    *trace = (struct trace){0};
}

uint32_t trace_collisions(const struct trace *trace)
{
    return trace->violations[VIOLATION_COL1] + trace->violations[VIOLATION_COL2] + trace->violations[VIOLATION_COL3];
}

double trace_distance_m(const struct trace *a, const struct trace *b, size_t i)
{
    return hypot(a->rows[i].pose.x - b->rows[i].pose.x, a->rows[i].pose.y - b->rows[i].pose.y);
}
