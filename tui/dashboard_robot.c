/* What the operator tells the robot and the simulator; driving by hand; acknowledging what went wrong. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tui/dashboard_state.h"

static const int64_t DRIVE_EVERY_NS = 150000000;
static const double DRIVE_V_STEP_MPS = 0.1, DRIVE_W_STEP_RADPS = 0.2, DRIVE_V_MAX_MPS = 1.0, DRIVE_W_MAX_RADPS = 1.6;

/* Said aloud as well: while one looks back, the robot's present state is not on screen. */
static void order(struct dashboard *d, const char *verb, const char *text)
{
    if (dashboard_tell(d, verb, text, NULL, 0))
        dashboard_say(d, "%s%s%s", verb, *text ? " " : "", text);
}

static void act_estop(struct dashboard *d) { order(d, "estop", ""); }
static void act_release(struct dashboard *d) { order(d, "release", ""); }

static void speed_by(struct dashboard *d, double factor)
{
    const struct msg_server_status *status = MODEL(d->live, SERVER_STATUS, server_status);
    if (!dashboard_is_live(d)) {
        d->play_speed = fmin(fmax(d->play_speed * factor, 0.125), 64);
        dashboard_say(d, "playing at x%g", d->play_speed);
        return;
    }
    /* Two presses may come faster than a report: until the report changes, what was asked for is the newest known. */
    double reported = status && status->speed > 0 ? status->speed : 1;
    double now = d->speed_asked > 0 && reported == d->speed_then ? d->speed_asked : reported;
    double next = fmin(fmax(now * factor, 0.1), 100);
    if (dashboard_tell(d, "speed", "", &next, 1)) {
        d->speed_asked = next;
        d->speed_then = reported;
        dashboard_say(d, "speed x%g", next);
    }
}
static void act_slower(struct dashboard *d) { speed_by(d, 0.5); }
static void act_faster(struct dashboard *d) { speed_by(d, 2); }

static void act_reset(struct dashboard *d)
{
    dashboard_go_live(d);
    order(d, "reset", "");
}

static const char *policy_now(const struct dashboard *d)
{
    const struct msg_server_status *status = MODEL(d->live, SERVER_STATUS, server_status);
    return status ? status->policy : "";
}

/* The next of the list given by whoever opened us. */
static void act_policy(struct dashboard *d)
{
    const char *const *names = d->options->policies;
    size_t count = 0, at = 0;
    while (names && names[count])
        count++;
    for (size_t i = 0; i < count; i++)
        if (!strcmp(names[i], policy_now(d)))
            at = i + 1;
    if (count)
        order(d, "policy", names[at % count]);
}

static void act_rollback(struct dashboard *d) { order(d, "rollback", ""); }

static void act_shield(struct dashboard *d)
{
    static const char *const modes[] = {"off", "monitor", "on"};
    const struct msg_decision *decision = MODEL(d->live, DECISION, decision);
    size_t at = 0;
    for (size_t i = 0; decision && i < COUNT_OF(modes); i++)
        if (!strcmp(modes[i], decision->shield_mode))
            at = i + 1;
    order(d, "shield", modes[at % COUNT_OF(modes)]);
}

/* Off, the driver, and the shadow if there is one. */
static void act_saliency(struct dashboard *d)
{
    static const char *const settings[] = {"saliency.of=off", "saliency.of=driver", "saliency.of=shadow"};
    const struct msg_shadow *shadow = MODEL(d->live, SHADOW, shadow);
    size_t next = (d->saliency + 1) % (shadow ? 3 : 2);
    if (!dashboard_is_live(d)) {
        dashboard_say(d, "of a log, ask: binnacle policy why LOG --at T");
        return;
    }
    if (dashboard_tell(d, "set", settings[next], NULL, 0)) {
        d->saliency = next;
        dashboard_say(d, "set %s", settings[next]);
    }
}

static void act_teleop(struct dashboard *d)
{
    if (!dashboard_is_live(d)) {
        dashboard_tell(d, "teleop", "", NULL, 0);
        return;
    }
    dashboard_go_live(d);
    snprintf(d->policy_before, sizeof d->policy_before, "%s", policy_now(d));
    d->driving = true;
    d->drive = (struct twist2){0};
    d->drive_due_ns = 0;
    dashboard_tell(d, "policy", "teleop", NULL, 0);
}

static void act_drive_end(struct dashboard *d)
{
    d->driving = false;
    if (*d->policy_before)
        dashboard_tell(d, "policy", d->policy_before, NULL, 0);
    dashboard_say(d, "driving ended, %s drives", d->policy_before);
}

static void drive_by(struct dashboard *d, double v, double w)
{
    d->drive.v_mps = clamp(d->drive.v_mps + v, -DRIVE_V_MAX_MPS / 2, DRIVE_V_MAX_MPS);
    d->drive.w_radps = clamp(d->drive.w_radps + w, -DRIVE_W_MAX_RADPS, DRIVE_W_MAX_RADPS);
    d->drive_due_ns = 0;
    d->dirty = true;
}
static void act_drive_forward(struct dashboard *d) { drive_by(d, DRIVE_V_STEP_MPS, -d->drive.w_radps); }
static void act_drive_back(struct dashboard *d) { drive_by(d, -DRIVE_V_STEP_MPS, -d->drive.w_radps); }
static void act_drive_left(struct dashboard *d) { drive_by(d, 0, DRIVE_W_STEP_RADPS); }
static void act_drive_right(struct dashboard *d) { drive_by(d, 0, -DRIVE_W_STEP_RADPS); }
static void act_drive_stop(struct dashboard *d) { drive_by(d, -d->drive.v_mps, -d->drive.w_radps); }

void dashboard_drive(struct dashboard *d, int64_t wall_ns)
{
    if (!d->driving || wall_ns < d->drive_due_ns)
        return;
    d->drive_due_ns = wall_ns + DRIVE_EVERY_NS;
    dashboard_tell(d, "teleop", "", (double[]){d->drive.v_mps, d->drive.w_radps}, 2);
}

static void act_acknowledge(struct dashboard *d)
{
    if (!model_acknowledge(dashboard_model(d)))
        dashboard_say(d, "nothing to acknowledge");
    if (d->looking_back)
        model_copy_acknowledged(d->live, d->past);
    d->dirty = true;
}

static void act_acknowledge_all(struct dashboard *d)
{
    model_acknowledge_all(d->live);
    model_acknowledge_all(d->past);
    d->dirty = true;
}

const struct dashboard_binding dashboard_robot_actions[] = {
    {ACTION_ESTOP, act_estop}, {ACTION_RELEASE, act_release}, {ACTION_TELEOP, act_teleop},
    {ACTION_POLICY, act_policy}, {ACTION_ROLLBACK, act_rollback}, {ACTION_SHIELD, act_shield},
    {ACTION_SALIENCY, act_saliency},
    {ACTION_SLOWER, act_slower}, {ACTION_FASTER, act_faster}, {ACTION_RESET, act_reset},
    {ACTION_ACKNOWLEDGE, act_acknowledge}, {ACTION_ACKNOWLEDGE_ALL, act_acknowledge_all},
    {ACTION_DRIVE_FORWARD, act_drive_forward}, {ACTION_DRIVE_BACK, act_drive_back},
    {ACTION_DRIVE_LEFT, act_drive_left}, {ACTION_DRIVE_RIGHT, act_drive_right},
    {ACTION_DRIVE_STOP, act_drive_stop}, {ACTION_DRIVE_END, act_drive_end},
    {ACTION_NONE, NULL},
};
