#include "sim/fault_internal.h"

/* The pose a robot that moved so for dt would have, as the encoders' driver integrates it. */
static struct pose2 integrate(struct pose2 from, struct twist2 twist, double dt_s)
{
    double middle = from.yaw + twist.w_radps * dt_s / 2;
    return (struct pose2){from.x + twist.v_mps * dt_s * cos(middle), from.y + twist.v_mps * dt_s * sin(middle),
                          wrap_angle(from.yaw + twist.w_radps * dt_s)};
}

static struct pose2 pose_of(const struct msg_odometry *message)
{
    const struct msg_pose *pose = &message->pose.pose;
    const struct msg_quaternion *q = &pose->orientation;
    return (struct pose2){pose->position.x, pose->position.y, quat_yaw((struct quat){q->x, q->y, q->z, q->w})};
}

bool fault_moves_pose(enum fault_kind kind)
{
    const unsigned kinds = 1u << FAULT_BIAS | 1u << FAULT_DRIFT | 1u << FAULT_NOISE | 1u << FAULT_SCALE |
                           1u << FAULT_BLACKOUT | 1u << FAULT_FLIP | 1u << FAULT_SWAP;
    return kinds >> kind & 1;
}

void fault_reckon(struct fault *fault, int64_t now_ns, struct msg_odometry *message, struct twist2 before)
{
    struct fault_reckoning *r = &fault->reckoning;
    const struct msg_twist *twist = &message->twist.twist;
    struct twist2 after = {twist->linear.x, twist->angular.z};
    struct pose2 in = pose_of(message);
    bool changed = after.v_mps != before.v_mps || after.w_radps != before.w_radps;
    double dt_s = r->known ? (double)(now_ns - r->at_ns) * 1e-9 : 0;
    struct pose2 out = !r->known ? in
                       : changed ? integrate(r->out, after, dt_s)
                       : r->apart ? pose2_compose(r->out, pose2_between(r->in, in)) : in;
    r->apart |= changed && r->known;
    r->in = in;
    r->out = out;
    r->at_ns = now_ns;
    r->known = true;
    if (!r->apart)
        return;
    struct quat q = quat_from_yaw(out.yaw);
    message->pose.pose.position.x = out.x;
    message->pose.pose.position.y = out.y;
    message->pose.pose.orientation = (struct msg_quaternion){q.x, q.y, q.z, q.w};
}
