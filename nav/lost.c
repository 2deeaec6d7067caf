#include "nav/lost.h"

#include <stdio.h>
#include <string.h>

#include "nav/footprint.h"

enum { DIRECTIONS = 36 };
static const double stand_s = 1.0;
static const double pace_mps = 0.5, turn_radps = 0.9;
static const double look_m = 4.0;     /* room farther away counts no more */
static const double side_m = 0.1;     /* room is as wide as the robot turns, and so much more on both sides */
static const double near_m = 0.45;    /* less room ahead: turn */
static const double turned_rad = 0.15;
static const double held_most_s = 0.8, held_mps = 0.05, held_radps = 0.1, back_for_s = 1.0, back_mps = 0.25;
static const double turn_cost = 0.5;  /* metres of room that a turn by a radian must gain */
static const double bend_rad = 0.5;   /* directions so far from ahead are steered to while driving */

/* How far the robot could drive that way, from its edge. */
static double room_m(const struct policy_input *in, double angle_rad)
{
    struct footprint footprint = footprint_of(in->task);
    double c = cos(angle_rad), s = sin(angle_rad), half = footprint.reach_m + side_m, room = look_m;
    for (size_t i = 0; i < in->belief->point_count; i++) {
        struct vec2 p = in->belief->points[i];
        double ahead = c * p.x + s * p.y, aside = fabs(c * p.y - s * p.x);
        if (ahead > 0 && aside < half)
            room = fmin(room, ahead - footprint.half_length_m);
    }
    return fmax(room, 0);
}

/* The direction with the most room, turning being worth something; within `reach_rad` of straight ahead. */
static double clearest_rad(const struct policy_input *in, double reach_rad)
{
    double best = 0, most = -HUGE_VAL;
    for (int i = 0; i < DIRECTIONS; i++) {
        double angle = wrap_angle(2 * PI * i / DIRECTIONS);
        double worth = room_m(in, angle) - turn_cost * fabs(angle);
        if (fabs(angle) <= reach_rad && worth > most) {
            best = angle;
            most = worth;
        }
    }
    return best;
}

/* True once when it has not moved for a while, though it was told to. */
static bool is_held(struct lost *state, const struct policy_input *in)
{
    bool moves = fabs(in->last.v_mps) > held_mps || fabs(in->last.w_radps) > held_radps;
    state->held_s = moves ? 0 : state->held_s + in->task->period_s;
    if (state->held_s < held_most_s)
        return false;
    state->held_s = 0;
    return true;
}

static struct twist2 look_around(struct lost *state, const struct policy_input *in)
{
    double turn = state->turn_rad;
    bool turns = fabs(turn) > turned_rad, held = is_held(state, in);
    if (state->back_s > 0) {
        state->back_s -= in->task->period_s;
        return (struct twist2){-fmin(back_mps, -in->task->min_v_mps), 0};
    }
    if (turns && held) { /* the other way round, from a little farther back */
        state->back_s = back_for_s;
        state->turn_rad = -turn;
        return (struct twist2){0, 0};
    }
    if (turns) {
        state->turn_rad = wrap_angle(turn - in->belief->twist.w_radps * in->task->period_s);
        return (struct twist2){0, turn > 0 ? turn_radps : -turn_radps};
    }
    double ahead = clearest_rad(in, bend_rad), room = room_m(in, ahead);
    state->turn_rad = held ? PI / 2 : room < near_m ? clearest_rad(in, PI) : 0;
    if (room < near_m && fabs(state->turn_rad) <= turned_rad) /* nowhere is room: what is behind? */
        state->turn_rad = PI / 2;
    if (state->turn_rad != 0)
        return (struct twist2){0, 0};
    return (struct twist2){fmin(pace_mps, room - near_m / 2), clamp(1.5 * ahead, -turn_radps, turn_radps)};
}

bool lost_step(struct lost *state, const struct policy_input *in, struct decision *decision)
{
    if (!in->belief->lost) {
        *state = (struct lost){0};
        return false;
    }
    state->since_s += in->task->period_s;
    bool stands = state->since_s < stand_s;
    struct twist2 want = stands ? (struct twist2){0, 0} : look_around(state, in);
    memset(decision, 0, sizeof *decision);
    decision->wish = footprint_reach(in->task, in->last, want);
    decision->valid = true;
    decision->candidates[0] = (struct candidate){.command = decision->wish, .valid = true};
    decision->candidate_count = 1;
    snprintf(decision->reason, sizeof decision->reason, "lost for %.1f s: %s", state->since_s,
             stands ? "standing to look" : state->turn_rad != 0 ? "turning to where room is" : "looking around");
    return true;
}
