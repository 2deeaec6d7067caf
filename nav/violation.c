#include "nav/violation.h"

#include <stdio.h>
#include <string.h>

static const double stuck_s = 10, window_s = 5;

#define VIOLATION_ROW(id, severity, unit, what) {#id, severity, unit, what},
const struct violation_class violation_table[VIOLATION_COUNT] = {VIOLATIONS(VIOLATION_ROW)};

enum violation violation_find(const char *id)
{
    enum violation violation = 0;
    while (violation < VIOLATION_COUNT && strcmp(violation_table[violation].id, id) != 0)
        violation++;
    return violation;
}

/* --- history ---------------------------------------------------------------------------------------------- */

static const struct past *past_at(const struct history *history, size_t ago)
{
    return &history->past[(history->ticks - 1 - ago) % HISTORY_TICKS];
}

/* How many ticks make up `span_s`, the present one included; no more than there were. */
static size_t past_ticks(const struct history *history, const struct monitor_sample *sample, double span_s)
{
    size_t ticks = sample->nominal_period_s > 0 ? (size_t)lround(span_s / sample->nominal_period_s) : HISTORY_TICKS;
    ticks = ticks < HISTORY_TICKS ? ticks : HISTORY_TICKS;
    return ticks < history->ticks ? ticks : (size_t)history->ticks;
}

static bool is_past_full(const struct history *history, const struct monitor_sample *sample, double span_s)
{
    return sample->nominal_period_s > 0 && (double)history->ticks >= round(span_s / sample->nominal_period_s);
}

static double past_net_m(const struct history *history, size_t ticks)
{
    return ticks ? vec2_distance(past_at(history, 0)->at, past_at(history, ticks - 1)->at) : 0;
}

static bool sign_flip(int32_t *sign, double value)
{
    int32_t now = value > 0.1 ? 1 : value < -0.1 ? -1 : 0;
    bool flipped = now && *sign && now != *sign;
    if (now)
        *sign = now;
    return flipped;
}

void violation_remember(struct history *history, const struct monitor_sample *sample)
{
    const struct task *task = sample->task;
    struct twist2 wish = sample->decision->wish, command = sample->verdict->command;
    struct past *past = &history->past[history->ticks % HISTORY_TICKS];
    history->first_ns = history->ticks ? history->first_ns : sample->now_ns;
    history->ticks++;
    past->at.x = sample->pose.x;
    past->at.y = sample->pose.y;
    past->asked = fabs(wish.v_mps) > 0.05 || fabs(wish.w_radps) > 0.1;
    past->clipped = fabs(command.v_mps - sample->applied.v_mps) > 0.01 * (task->max_v_mps - task->min_v_mps) ||
                    fabs(command.w_radps - sample->applied.w_radps) > 0.02 * task->max_w_radps;
    past->flipped_v = sign_flip(&history->sign_v, sample->applied.v_mps);
    past->flipped_w = sign_flip(&history->sign_w, sample->applied.w_radps);
    history->clipped_s = past->clipped ? history->clipped_s + sample->nominal_period_s : 0;
}

/* --- what each class looks at ----------------------------------------------------------------------------- */

#define TELL(reading, ...) snprintf((reading)->detail, sizeof(reading)->detail, __VA_ARGS__)

static void read_near(const struct history *history, const struct monitor_sample *sample, struct reading *r)
{
    (void)history;
    r->value = sample->clearance_m;
    r->threshold = 0.10;
    r->on = r->value < r->threshold && fabs(sample->twist.v_mps) > 0.1;
    r->stay = r->value <= 0.15;
    TELL(r, "%.2f m from a surface at %.2f m/s", r->value, fabs(sample->twist.v_mps));
}

static void read_ttc(const struct history *history, const struct monitor_sample *sample, struct reading *r)
{
    (void)history;
    r->value = sample->ttc_s;
    r->threshold = 0.95;
    r->on = r->value < r->threshold;
    r->stay = r->value <= 1.5;
    TELL(r, "%.2f s to a collision at %.2f m/s", r->value, fabs(sample->twist.v_mps));
}

static void read_spd(const struct history *history, const struct monitor_sample *sample, struct reading *r)
{
    (void)history;
    r->value = fabs(sample->twist.v_mps);
    r->threshold = sample->speed_limit_mps + 0.05;
    r->on = r->stay = r->value > r->threshold;
    TELL(r, "%.2f m/s where %.2f is allowed", r->value, sample->speed_limit_mps);
}

static void read_keep(const struct history *history, const struct monitor_sample *sample, struct reading *r)
{
    (void)history;
    r->value = sample->keepout_depth_m;
    r->on = r->stay = sample->in_keepout;
    TELL(r, "a corner is %.2f m inside a keep-out zone", r->value);
}

static void read_stale(const struct history *history, const struct monitor_sample *sample, struct reading *r)
{
    double life_s = (double)(sample->now_ns - history->first_ns) * 1e-9, worst = 0;
    for (int i = 0; i < SENSOR_COUNT; i++) {
        const struct sensor_health *sensor = &sample->belief->sensors[i];
        if (!(sensor->nominal_hz > 0))
            continue;
        double age = fmin(sensor->age_s, sensor->received ? sensor->age_s : life_s),
               limit = sensor->late_s + 3 / sensor->nominal_hz;
        if (age <= limit + 1e-9 || age / limit <= worst)
            continue;
        worst = age / limit;
        r->value = age;
        r->threshold = limit;
        r->on = r->stay = true;
        TELL(r, "%s data is %.2f s old", sensor_names[i], age);
    }
}

static void read_miss(const struct history *history, const struct monitor_sample *sample, struct reading *r)
{
    (void)history;
    r->value = sample->period_s;
    r->threshold = 1.5 * sample->nominal_period_s;
    r->on = r->stay = r->value > r->threshold + 1e-9;
    TELL(r, "control period of %.0f ms, nominal %.0f ms", r->value * 1e3, sample->nominal_period_s * 1e3);
}

static void read_sat(const struct history *history, const struct monitor_sample *sample, struct reading *r)
{
    double clipped_s = 0;
    for (size_t i = 0, n = past_ticks(history, sample, window_s); i < n; i++)
        clipped_s += past_at(history, i)->clipped * sample->nominal_period_s;
    bool often = clipped_s > 0.2 * window_s + 1e-9;
    r->value = often ? clipped_s : history->clipped_s;
    r->threshold = often ? 0.2 * window_s : 0.5;
    r->on = often || r->value > r->threshold + 1e-9;
    r->stay = often || history->clipped_s > 0;
    TELL(r, "command clipped for %.2f s of the last 5 s", clipped_s);
}

static void read_stuck(const struct history *history, const struct monitor_sample *sample, struct reading *r)
{
    size_t ticks = past_ticks(history, sample, stuck_s), asked = 0;
    for (size_t i = 0; i < ticks; i++)
        asked += past_at(history, i)->asked;
    r->value = past_net_m(history, ticks);
    r->threshold = 0.5;
    r->on = r->stay = is_past_full(history, sample, stuck_s) && r->value < r->threshold &&
                      past_at(history, 0)->asked && asked * 2 > ticks;
    TELL(r, "%.2f m in 10 s while asked to move", r->value);
}

static void read_osc(const struct history *history, const struct monitor_sample *sample, struct reading *r)
{
    size_t ticks = past_ticks(history, sample, window_s);
    int v = 0, w = 0;
    for (size_t i = 0; i < ticks; i++) {
        v += past_at(history, i)->flipped_v;
        w += past_at(history, i)->flipped_w;
    }
    r->value = v > w ? v : w;
    r->threshold = 4;
    r->on = r->stay = r->value >= r->threshold && past_net_m(history, ticks) < 0.3;
    TELL(r, "%d changes of %s in 5 s, %.2f m gained", v > w ? v : w, v > w ? "direction" : "turning sense",
         past_net_m(history, ticks));
}

static void read_slip(const struct history *history, const struct monitor_sample *sample, struct reading *r)
{
    (void)history;
    r->value = sample->slip_mps;
    r->threshold = 0.30;
    r->on = r->value > r->threshold;
    r->stay = r->value > 0.15;
    TELL(r, "a wheel rubs at %.2f m/s over the ground", r->value);
}

static void read_high(const struct history *history, const struct monitor_sample *sample, struct reading *r)
{
    bool stands = fabs(sample->twist.v_mps) < 0.05 && past_at(history, 0)->asked;
    r->value = sample->slip_mps;
    r->threshold = 0.05;
    r->on = sample->on_belly && stands && r->value > r->threshold;
    r->stay = sample->on_belly;
    TELL(r, "the chassis rests on something, the wheels spin at %.2f m/s", r->value);
}

static void read_tip(const struct history *history, const struct monitor_sample *sample, struct reading *r)
{
    (void)history;
    double roll = fabs(sample->roll_rad) * 180 / PI, pitch = fabs(sample->pitch_rad) * 180 / PI;
    r->value = fmax(roll, pitch);
    r->threshold = 20;
    r->on = r->value > r->threshold;
    r->stay = r->value > 15;
    TELL(r, "%s of %.0f deg", roll > pitch ? "roll" : "pitch", r->value);
}

static void read_shield(const struct history *history, const struct monitor_sample *sample, struct reading *r)
{
    (void)history;
    const struct task *task = sample->task;
    struct twist2 wish = sample->decision->wish, command = sample->verdict->command;
    double v = fabs(wish.v_mps - command.v_mps) / (task->max_v_mps - task->min_v_mps);
    double w = fabs(wish.w_radps - command.w_radps) / (2 * task->max_w_radps);
    r->value = fmax(v, w);
    r->threshold = 0.05;
    r->on = r->stay = r->value > r->threshold;
    TELL(r, "%s", sample->verdict->reason);
}

static void read_inf(const struct history *history, const struct monitor_sample *sample, struct reading *r)
{
    (void)history;
    struct twist2 wish = sample->decision->wish;
    bool number = isfinite(wish.v_mps) && isfinite(wish.w_radps);
    r->value = r->on = r->stay = !sample->decision->valid || !number;
    TELL(r, "%s", number ? sample->decision->reason : "the policy's command is not a number");
}

static void read_loc(const struct history *history, const struct monitor_sample *sample, struct reading *r)
{
    (void)history;
    double degrees = fabs(sample->heading_error_rad) * 180 / PI;
    r->value = sample->position_error_m;
    r->threshold = 0.5;
    r->on = r->value > r->threshold || degrees > 20;
    r->stay = r->on;
    TELL(r, "estimate is %.2f m and %.0f deg off", r->value, degrees);
}

const struct violation_rule violation_rules[VIOLATION_COUNT] = {
    [VIOLATION_NEAR] = {read_near, 0, 0, true},     [VIOLATION_TTC] = {read_ttc, 0, 0, true},
    [VIOLATION_SPD] = {read_spd, 0.2, 0, false},    [VIOLATION_KEEP] = {read_keep, 0, 0, false},
    [VIOLATION_STALE] = {read_stale, 0, 0, false},  [VIOLATION_MISS] = {read_miss, 0, 0, false},
    [VIOLATION_SAT] = {read_sat, 0, 0, false},      [VIOLATION_STUCK] = {read_stuck, 0, 0, true},
    [VIOLATION_OSC] = {read_osc, 0, 0, false},      [VIOLATION_TIP] = {read_tip, 0, 0, false},
    [VIOLATION_SLIP] = {read_slip, 0.3, 0, false},  [VIOLATION_HIGH] = {read_high, 0.5, 0, false},
    [VIOLATION_SHIELD] = {read_shield, 0, 1, false}, [VIOLATION_INF] = {read_inf, 0, 1, false},
    [VIOLATION_LOC] = {read_loc, 1, 0, false},
};
