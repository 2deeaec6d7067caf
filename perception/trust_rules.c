/* The rules of health.h, judged once an update from the facts that trust.c has taken. */
#include <stdio.h>

#include "perception/trust.h"

enum { FROZEN_REPEATS = 3 };
#define GRAVITY_OFF 0.2
#define FROZEN_MOVED 0.1      /* metres and radians, where the data sheet promises no noise */
#define VANISH_SHARE 0.1
#define AHEAD_S 0.005
#define LATE_S 0.02
#define RATE_SHARE 0.8
#define RATE_AFTER_S 2.0
#define STUCK_SHARE_MIN 0.01
#define OFF_LIDAR_M 0.1        /* from the depth camera: half of what obstacles are kept away by */
#define OFF_FLOOR 0.12
#define FRESH_NS INT64_C(1000000000)

/* --- rules that one sensor answers for alone -------------------------------------------------------------------- */
static void judge_repeats(struct trust *trust, enum sensor sensor, double noise, double dt_s)
{
    const struct repeats *repeats = &trust->repeats[sensor];
    char detail[HEALTH_DETAIL];
    double moved = trust->witness.wandered - repeats->wandered;
    bool frozen = repeats->count >= FROZEN_REPEATS && (noise > 0 || moved > FROZEN_MOVED);
    snprintf(detail, sizeof detail, "%u messages in a row are the same to the last bit", repeats->count + 1);
    health_judge(&trust->logs[sensor], RULE_FROZEN,
                 frozen ? VERDICT_BROKEN : repeats->count ? VERDICT_UNTRIED : VERDICT_KEPT, dt_s, detail);
}

static void judge_lidar(struct trust *trust, double dt_s)
{
    struct health_log *log = &trust->logs[SENSOR_LIDAR];
    char detail[HEALTH_DETAIL];
    judge_repeats(trust, SENSOR_LIDAR, trust->sheet.lidar_m, dt_s);
    snprintf(detail, sizeof detail, "no beam comes back, of %.0f %% before", 100 * trust->returns_before);
    health_judge(log, RULE_NOTHING,
                 trust->returns_share > 0                  ? VERDICT_KEPT
                 : trust->returns_before >= VANISH_SHARE ? VERDICT_BROKEN
                                                           : VERDICT_UNTRIED,
                 dt_s, detail);
    bool all = log->rules[RULE_FROZEN].in_force;
    snprintf(detail, sizeof detail, "%zu of %zu beams never change; they are left out", trust->stuck_beams,
             trust->beams);
    health_judge(log, RULE_STUCK,
                 !all && trust->stuck_beams && (double)trust->stuck_beams >= STUCK_SHARE_MIN * (double)trust->beams
                     ? VERDICT_BROKEN
                     : VERDICT_KEPT,
                 dt_s, detail);
    health_judge(log, RULE_MAP, trust->map_verdict, dt_s, "fits the map mirrored, not as it is: left and right");
    trust->map_verdict = VERDICT_UNTRIED;
}

static void judge_cameras(struct trust *trust, double dt_s)
{
    char detail[HEALTH_DETAIL];
    judge_repeats(trust, SENSOR_CAMERA, trust->sheet.camera, dt_s);
    snprintf(detail, sizeof detail, "all pixels are within %d levels of 255", trust->contrast);
    health_judge(&trust->logs[SENSOR_CAMERA], RULE_BLANK,
                 trust->contrast > TRUST_BLANK_LEVELS ? VERDICT_KEPT : VERDICT_BROKEN, dt_s, detail);
    judge_repeats(trust, SENSOR_DEPTH, trust->sheet.depth_per_m, dt_s);
    snprintf(detail, sizeof detail, "the floor seems %.3g times as far as it is", trust->floor_ratio);
    health_judge(&trust->logs[SENSOR_DEPTH], RULE_UNIT, trust->floor_verdict, dt_s, detail);
}

static void judge_ultrasonic(struct trust *trust, double dt_s)
{
    char detail[HEALTH_DETAIL];
    snprintf(detail, sizeof detail, "%d of %d echoes come from beyond what the lidar sees", trust->echoes_beyond,
             trust->echoes);
    health_judge(&trust->logs[SENSOR_ULTRASONIC], RULE_UNIT, trust->echo_verdict, dt_s, detail);
    trust->echo_verdict = VERDICT_UNTRIED;
}

static void judge_imu(struct trust *trust, double dt_s)
{
    char detail[HEALTH_DETAIL];
    judge_repeats(trust, SENSOR_IMU, trust->sheet.gyro_radps, dt_s);
    bool off = fabs(trust->gravity_mps2 - TRUST_GRAVITY_MPS2) > GRAVITY_OFF * TRUST_GRAVITY_MPS2;
    snprintf(detail, sizeof detail, "feels %.2f m/s2 where gravity is %.2f", trust->gravity_mps2, TRUST_GRAVITY_MPS2);
    if (trust->logs[SENSOR_IMU].received)
        health_judge(&trust->logs[SENSOR_IMU], RULE_GRAVITY, off ? VERDICT_BROKEN : VERDICT_KEPT, dt_s, detail);
}

static void judge_stamps(struct trust *trust, enum sensor sensor, int64_t now_ns, double dt_s)
{
    struct health_log *log = &trust->logs[sensor];
    char detail[HEALTH_DETAIL];
    double age_s = (double)(now_ns - log->last_ns) * 1e-9, rate = health_rate_hz(log, now_ns);
    if (log->received != trust->judged[sensor]) {
        snprintf(detail, sizeof detail, "its stamp is %.3f s ahead of the clock", -age_s);
        health_judge(log, RULE_AHEAD, age_s < -AHEAD_S ? VERDICT_BROKEN : VERDICT_KEPT, dt_s, detail);
        double most_s = log->late_s + dt_s + LATE_S;
        snprintf(detail, sizeof detail, "its newest message is %.3f s old, %.3f s at most is known", age_s, most_s);
        health_judge(log, RULE_LATE, age_s > most_s ? VERDICT_BROKEN : VERDICT_KEPT, dt_s, detail);
    }
    trust->judged[sensor] = log->received;
    if (!(log->nominal_hz > 0) || (double)(now_ns - trust->begun_ns) * 1e-9 < RATE_AFTER_S || !log->received)
        return;
    snprintf(detail, sizeof detail, "%.0f messages in the last second, %.0f are usual", rate, log->nominal_hz);
    health_judge(log, RULE_RATE, rate < RATE_SHARE * log->nominal_hz ? VERDICT_BROKEN : VERDICT_KEPT, dt_s, detail);
}

/* What drifts is named by its worst channel. */
static void judge_drift(struct trust *trust, enum sensor sensor, double dt_s)
{
    enum channel worst = channels_worst(&trust->channels, sensor);
    struct health_log *log = &trust->logs[sensor];
    if (worst == CHANNEL_COUNT)
        return;
    const struct channel_row *row = &channel_table[worst];
    const struct drift *drift = &trust->channels.drift[worst];
    if (drift->state != DRIFT_ALARM) {
        health_judge(log, RULE_DRIFT, VERDICT_KEPT, dt_s, NULL);
        return;
    }
    char detail[HEALTH_DETAIL];
    snprintf(detail, sizeof detail, "%s: %s %.3g %s, was %.3g; PH %.0f of %.0f, PSI %.2f of %.2f, since %.1f s",
             row->name, row->what, drift->last, row->unit, drift->mean, drift_ph(drift), DRIFT_LINE, drift_psi(drift),
             drift_psi_critical(drift), (double)drift_onset_ns(drift) * 1e-9);
    health_judge(log, RULE_DRIFT, VERDICT_BROKEN, dt_s, detail);
}

/* Where a channel's newest sample is so far off, the sensor places things where they are not. */
static void judge_off(struct trust *trust, enum channel channel, double most, int64_t now_ns, double dt_s)
{
    const struct drift *drift = &trust->channels.drift[channel];
    const struct channel_row *row = &channel_table[channel];
    double off = fabs(drift->last - drift->mean);
    if (!drift->count || now_ns - drift->last_ns > FRESH_NS)
        return;
    char detail[HEALTH_DETAIL];
    snprintf(detail, sizeof detail, "%s: %s %.3g %s, was %.3g; %.3g more or less is borne", row->name, row->what,
             drift->last, row->unit, drift->mean, most);
    health_judge(&trust->logs[row->sensor], RULE_OFF,
                 off > most ? VERDICT_BROKEN : off < most / 2 ? VERDICT_KEPT : VERDICT_UNTRIED, dt_s, detail);
}

struct sensor_health trust_read(const struct trust *trust, enum sensor sensor, int64_t now_ns)
{
    struct sensor_health health = health_read(&trust->logs[sensor], now_ns);
    enum channel worst = channels_worst(&trust->channels, sensor);
    if (worst == CHANNEL_COUNT)
        return health;
    const struct drift *drift = &trust->channels.drift[worst];
    health.drift = (struct sensor_drift){
        .channel = channel_table[worst].name, .unit = channel_table[worst].unit, .state = (int)drift->state,
        .value = drift->last, .usual = drift->mean, .ph = drift_ph(drift), .ph_line = DRIFT_LINE,
        .psi = drift_psi(drift), .psi_critical = drift_psi_critical(drift), .n_eff = drift_n_eff(drift),
        .since_s = drift->state == DRIFT_OK ? 0 : (double)drift_onset_ns(drift) * 1e-9,
    };
    return health;
}

/* --- rules between sensors ------------------------------------------------------------------------------------------
 *
 * The lines stand clear of what the built-in scenarios show without any fault (tests/sim/test_trust.c holds them to
 * it): a base for noise and an offset within the data sheet, and a share for wheels that scrape when they turn. */
struct line { double base_per_s, share; };
static const struct line gyro_wheels = {0.05, 0.25}, gyro_scan = {0.04, 0.1}, wheels_scan = {0.05, 0.25},
                         speed_line = {0.12, 0.1}, told_v = {0.12, 0.3}, told_w = {0.2, 0.4};
#define EXERCISE_RAD 0.2 /* per window: less tries nobody */
#define EXERCISE_M 0.15
#define FOLLOW_S 0.4      /* the drive is judged over */
#define LAG_S 0.15        /* from command to motion */

static bool agree(double a, double b, struct line line, double span_s)
{
    return fabs(a - b) <= line.base_per_s * span_s + line.share * fmin(fabs(a), fabs(b));
}

/* What was commanded for a window, the drive's lag ahead of it. */
static bool told(const struct trust *trust, int64_t from_ns, int64_t to_ns, struct commanded *out)
{
    int64_t lag_ns = (int64_t)(LAG_S * 1e9);
    return witness_commanded(&trust->witness, from_ns - 2 * lag_ns, to_ns - lag_ns, out);
}

/* The one that is farther from what was commanded; without a command the wheels, for they slip. */
static enum sensor suspect_of_two(const struct trust *trust, const struct account *sum)
{
    struct commanded command;
    if (!told(trust, sum->from_ns, sum->to_ns, &command))
        return SENSOR_ODOMETRY;
    double asked = command.mean.w_radps * sum->span_s;
    return fabs(sum->gyro_rad - asked) > fabs(sum->wheels_rad - asked) + 0.05 ? SENSOR_IMU : SENSOR_ODOMETRY;
}

static void judge_turn(struct trust *trust, const struct account *sum, double dt_s)
{
    enum verdict verdicts[SENSOR_COUNT] = {0};
    double most = fmax(fabs(sum->gyro_rad), fmax(fabs(sum->wheels_rad), fabs(sum->scan_rad))), span = sum->span_s;
    bool gw = agree(sum->gyro_rad, sum->wheels_rad, gyro_wheels, span);
    bool gs = agree(sum->gyro_rad, sum->scan_rad, gyro_scan, span);
    bool ws = agree(sum->wheels_rad, sum->scan_rad, wheels_scan, span);
    enum verdict kept = most > EXERCISE_RAD ? VERDICT_KEPT : VERDICT_UNTRIED;
    if (sum->has_gyro && sum->has_wheels && sum->has_scan) {
        verdicts[SENSOR_IMU] = ws && !gw && !gs ? VERDICT_BROKEN : gs ? kept : VERDICT_UNTRIED;
        verdicts[SENSOR_ODOMETRY] = gs && !gw && !ws ? VERDICT_BROKEN : ws ? kept : VERDICT_UNTRIED;
        verdicts[SENSOR_LIDAR] = gw && !gs && !ws ? VERDICT_BROKEN : gs ? kept : VERDICT_UNTRIED;
    } else if (sum->has_gyro && sum->has_wheels) {
        enum sensor suspect = gw ? SENSOR_COUNT : suspect_of_two(trust, sum);
        verdicts[SENSOR_IMU] = suspect == SENSOR_IMU ? VERDICT_BROKEN : gw ? kept : VERDICT_UNTRIED;
        verdicts[SENSOR_ODOMETRY] = suspect == SENSOR_ODOMETRY ? VERDICT_BROKEN : gw ? kept : VERDICT_UNTRIED;
    } else {
        return;
    }
    char detail[HEALTH_DETAIL], scans[24] = "no scans";
    if (sum->has_scan)
        snprintf(scans, sizeof scans, "scans %.2f", sum->scan_rad);
    snprintf(detail, sizeof detail, "turned in %.1f s: gyro %.2f rad, wheels %.2f, %s", span, sum->gyro_rad,
             sum->wheels_rad, scans);
    for (int i = 0; i < SENSOR_COUNT; i++)
        health_judge(&trust->logs[i], RULE_TURN, verdicts[i], dt_s, detail);
    trust->gyro_off_rad = sum->gyro_rad - (sum->has_scan ? sum->scan_rad : sum->wheels_rad);
}

static void judge_speed(struct trust *trust, const struct account *sum, double dt_s)
{
    char detail[HEALTH_DETAIL];
    const struct health_standing *lidar_turn = &trust->logs[SENSOR_LIDAR].rules[RULE_TURN];
    if (!sum->has_forward || !sum->has_wheels || lidar_turn->in_force || lidar_turn->broken_s > 0)
        return;
    trust->wheels_off_m = sum->wheels_m - sum->scan_m;
    bool same = agree(sum->wheels_m, sum->scan_m, speed_line, sum->span_s);
    bool tried = fmax(fabs(sum->wheels_m), fabs(sum->scan_m)) > EXERCISE_M;
    snprintf(detail, sizeof detail, "drove in %.1f s: wheels %.2f m, scans %.2f m", sum->span_s, sum->wheels_m,
             sum->scan_m);
    health_judge(&trust->logs[SENSOR_ODOMETRY], RULE_SPEED,
                 !same ? VERDICT_BROKEN : tried ? VERDICT_KEPT : VERDICT_UNTRIED, dt_s, detail);
}

/* How it moved in the last half second, by whoever is sound. */
static bool moved(const struct trust *trust, const struct account *sum, int64_t *from_ns, int64_t *to_ns,
                  struct twist2 *out)
{
    bool scan = sum->has_scan && health_is_sound(&trust->logs[SENSOR_LIDAR]);
    bool wheels = health_is_sound(&trust->logs[SENSOR_ODOMETRY]),
         gyro = health_is_sound(&trust->logs[SENSOR_IMU]);
    if (wheels && gyro && witness_recent(&trust->witness, FOLLOW_S, from_ns, to_ns, out))
        return true;
    *from_ns = sum->from_ns;
    *to_ns = sum->to_ns;
    wheels = wheels && sum->has_wheels;
    gyro = gyro && sum->has_gyro;
    if (!(wheels || (scan && sum->has_forward)) || !(gyro || scan))
        return false;
    *out = (struct twist2){(wheels ? sum->wheels_m : sum->scan_m) / sum->span_s,
                           (gyro ? sum->gyro_rad : sum->scan_rad) / sum->span_s};
    return true;
}

static bool is_against(double told, double done, double told_min, double done_min)
{
    return fabs(told) > told_min && fabs(done) > done_min && told * done < 0;
}

/* Only a command that was held for the window says what should have come of it. */
static void judge_follow(struct trust *trust, const struct account *sum, double dt_s)
{
    struct commanded command;
    struct twist2 does;
    int64_t from_ns, to_ns;
    if (!moved(trust, sum, &from_ns, &to_ns, &does) || !told(trust, from_ns, to_ns, &command))
        return;
    struct twist2 asked = command.mean, least = command.least, most = command.most;
    bool v_held = most.v_mps - least.v_mps < 0.1 + 0.2 * fabs(asked.v_mps);
    bool w_held = most.w_radps - least.w_radps < 0.2 + 0.2 * fabs(asked.w_radps);
    bool v_off = v_held && fabs(does.v_mps - asked.v_mps) > told_v.base_per_s + told_v.share * fabs(asked.v_mps);
    bool w_off = w_held && fabs(does.w_radps - asked.w_radps) > told_w.base_per_s + told_w.share * fabs(asked.w_radps);
    bool tried = (v_held && fabs(asked.v_mps) > EXERCISE_M) || (w_held && fabs(asked.w_radps) > EXERCISE_RAD);
    /* the nearest to zero that was asked for still has the other sign */
    double v = least.v_mps > 0 ? least.v_mps : most.v_mps < 0 ? most.v_mps : 0;
    double w = least.w_radps > 0 ? least.w_radps : most.w_radps < 0 ? most.w_radps : 0;
    bool against = is_against(v, does.v_mps, 0.1, 0.1) || is_against(w, does.w_radps, 0.1, 0.15);
    enum verdict kept = tried ? VERDICT_KEPT : VERDICT_UNTRIED;
    char detail[HEALTH_DETAIL];
    snprintf(detail, sizeof detail, "told %.2f m/s %.2f rad/s, does %.2f m/s %.2f rad/s", asked.v_mps, asked.w_radps,
             does.v_mps, does.w_radps);
    health_judge(&trust->drive, RULE_FOLLOW, v_off || w_off ? VERDICT_BROKEN : kept, dt_s, detail);
    health_judge(&trust->drive, RULE_AGAINST, against ? VERDICT_BROKEN : v_off || w_off ? VERDICT_UNTRIED : kept, dt_s,
                 detail);
}

void trust_judge(struct trust *trust, int64_t now_ns)
{
    double dt_s = trust->now_ns == INT64_MIN ? 0 : clamp((double)(now_ns - trust->now_ns) * 1e-9, 0, 0.5);
    if (trust->begun_ns == INT64_MIN)
        trust->begun_ns = now_ns;
    trust->now_ns = now_ns;
    judge_lidar(trust, dt_s);
    judge_cameras(trust, dt_s);
    judge_imu(trust, dt_s);
    judge_ultrasonic(trust, dt_s);
    judge_repeats(trust, SENSOR_ODOMETRY, fmax(trust->sheet.wheel_mps, trust->sheet.wheel_radps), dt_s);
    for (enum sensor i = 0; i < SENSOR_COUNT; i++) {
        judge_stamps(trust, i, now_ns, dt_s);
        judge_drift(trust, i, dt_s);
    }
    judge_off(trust, CHANNEL_LIDAR_DEPTH, OFF_LIDAR_M, now_ns, dt_s);
    judge_off(trust, CHANNEL_DEPTH_FLOOR, OFF_FLOOR, now_ns, dt_s);
    struct account sum = witness_account(&trust->witness, now_ns);
    if (!(sum.span_s > 0))
        return;
    judge_turn(trust, &sum, dt_s);
    judge_speed(trust, &sum, dt_s);
    judge_follow(trust, &sum, dt_s);
}
