#include "perception/trust.h"

#include <stdio.h>
#include <string.h>

#include "logs/hash.h"

enum { FROZEN_REPEATS = 3, BLANK_LEVELS = 2, FLOOR_PIXELS_MIN = 40 };
#define GRAVITY_MPS2 9.81
#define GRAVITY_TIME_S 0.5
#define GRAVITY_OFF 0.2
#define FROZEN_MOVED 0.1      /* metres and radians, where the data sheet promises no noise */
#define VANISH_SHARE 0.1
#define FLOOR_OFF 1.3
#define MIRROR_BETTER 0.15
#define MIRROR_SHARE 0.5
#define AHEAD_S 0.005
#define LATE_S 0.02
#define RATE_SHARE 0.8
#define RATE_AFTER_S 2.0
#define STUCK_SHARE_MIN 0.01

void trust_start(struct trust *trust, const struct perception_config *config)
{
    *trust = (struct trust){.sheet = config->sheet, .floor_ratio = (double)NAN, .begun_ns = INT64_MIN,
                            .now_ns = INT64_MIN, .contrast = 255};
    for (int i = 0; i < SENSOR_COUNT; i++)
        health_start(&trust->logs[i], config->nominal_hz[i], config->late_s[i]);
    health_start(&trust->drive, 0, 0);
    scan_motion_start(&trust->scan_motion);
    witness_start(&trust->witness);
}

/* --- facts, message by message ------------------------------------------------------------------------------------ */
static void count_repeat(struct trust *trust, enum sensor sensor, bool same)
{
    struct repeats *repeats = &trust->repeats[sensor];
    if (!same)
        repeats->wandered = trust->witness.wandered;
    repeats->count = same ? repeats->count + 1 : 0;
}

void trust_scan(struct trust *trust, int64_t stamp_ns, const struct msg_laser_scan *scan, const struct sight *before,
                struct vec2 mount, double yaw_rad)
{
    size_t count = scan->ranges.count < SIGHT_BEAMS_MAX ? scan->ranges.count : SIGHT_BEAMS_MAX;
    bool known = before->lidar_ns != INT64_MIN && before->lidar_count == count;
    size_t returns = 0, repeated = 0, stuck = 0;
    for (size_t i = 0; i < count; i++) {
        float range_m = scan->ranges.data[i];
        /* at its ends a range is held, and repeats without being stuck */
        bool back = range_m > scan->range_min && range_m < scan->range_max;
        bool same = back && known && range_m == before->lidar_m[i];
        uint8_t so_far = trust->beam_repeats[i];
        trust->beam_repeats[i] = (uint8_t)(!same ? 0 : so_far < UINT8_MAX ? so_far + 1 : so_far);
        returns += back || range_m == scan->range_min || range_m == scan->range_max;
        repeated += same;
        stuck += trust_is_stuck(trust, i);
    }
    trust->beams = count;
    trust->stuck_beams = trust->sheet.lidar_m > 0 ? stuck : 0;
    trust->returns_share = count ? (double)returns / (double)count : 0;
    if (returns)
        trust->returns_before = trust->returns_share;
    count_repeat(trust, SENSOR_LIDAR, returns > 0 && repeated * 20 >= returns * 19);
    if (trust->repeats[SENSOR_LIDAR].count) /* it saw nothing of what happened since: a break */
        scan_motion_start(&trust->scan_motion);
    struct scan_step step = scan_motion_next(&trust->scan_motion, stamp_ns, scan->ranges.data, count,
                                             (double)scan->angle_min + yaw_rad, (double)scan->angle_increment, mount,
                                             trust->sheet.lidar_m);
    witness_scan(&trust->witness, &step);
}

void trust_image(struct trust *trust, const struct msg_image *image, const struct sight *before)
{
    size_t row_bytes = (size_t)image->width * 3;
    bool same = before->rgb_ns != INT64_MIN;
    uint8_t least = 255, most = 0;
    for (size_t row = 0; row < image->height; row++) {
        const uint8_t *at = image->data.data + row * image->step;
        same = same && memcmp(at, before->rgb + row * row_bytes, row_bytes) == 0;
        for (size_t i = 0; i < row_bytes; i++) {
            least = at[i] < least ? at[i] : least;
            most = at[i] > most ? at[i] : most;
        }
    }
    trust->contrast = most - least;
    count_repeat(trust, SENSOR_CAMERA, same && trust->contrast > BLANK_LEVELS);
}

/* Nothing is seen through the floor: in the lower rows, how many times as far as the floor is what is seen? A
 * wall's distances do not grow with the rows as the floor's do, so where the ratio is the same everywhere it is the
 * floor, scaled. */
static void check_floor(struct trust *trust, const struct msg_image *image, const struct camera *camera,
                        const struct camera_view *view)
{
    size_t seen = 0, right = 0, beyond = 0;
    double sum = 0, sum2 = 0;
    for (int row = camera->height * 3 / 4; row < camera->height; row++)
        for (int column = 0; column < camera->width; column += 2) {
            struct vec3 ray = camera_ray(camera, view, column, row);
            float depth_m;
            memcpy(&depth_m, image->data.data + (size_t)row * image->step + (size_t)column * sizeof depth_m,
                   sizeof depth_m);
            double floor_m = ray.z < -0.05 ? -view->origin.z / ray.z : (double)INFINITY;
            if (!isfinite((double)depth_m) || !(floor_m < 0.8 * camera->max_m) || depth_m <= 0.0f)
                continue;
            double ratio = (double)depth_m / floor_m;
            seen++;
            right += ratio > 0.85 && ratio < 1.15;
            beyond += ratio > FLOOR_OFF;
            sum += ratio;
            sum2 += ratio * ratio;
        }
    trust->floor_verdict = VERDICT_UNTRIED;
    trust->floor_ratio = seen ? sum / (double)seen : (double)NAN;
    if (seen < FLOOR_PIXELS_MIN)
        return;
    double spread = sqrt(fmax(0, sum2 / (double)seen - square(trust->floor_ratio)));
    bool scaled = trust->floor_ratio < 1 / FLOOR_OFF && spread < 0.06 * trust->floor_ratio;
    if (2 * beyond > seen || scaled)
        trust->floor_verdict = VERDICT_BROKEN;
    else if (5 * right > seen)
        trust->floor_verdict = VERDICT_KEPT;
}

void trust_depth(struct trust *trust, const struct msg_image *image, const struct sight *before,
                 const struct camera *camera, const struct camera_view *view)
{
    size_t row_bytes = (size_t)image->width * sizeof(float);
    bool same = before->depth_ns != INT64_MIN;
    for (size_t row = 0; row < image->height && same; row++)
        same = memcmp(image->data.data + row * image->step, (const uint8_t *)before->depth_m + row * row_bytes,
                      row_bytes) == 0;
    check_floor(trust, image, camera, view);
    count_repeat(trust, SENSOR_DEPTH, same && trust->floor_ratio == trust->floor_ratio);
}

void trust_imu(struct trust *trust, int64_t stamp_ns, const struct msg_imu *imu)
{
    const struct msg_vector3 *w = &imu->angular_velocity, *a = &imu->linear_acceleration;
    const double values[6] = {w->x, w->y, w->z, a->x, a->y, a->z};
    count_repeat(trust, SENSOR_IMU, memcmp(values, trust->imu_last, sizeof values) == 0);
    memcpy(trust->imu_last, values, sizeof values);
    double felt = sqrt(a->x * a->x + a->y * a->y + a->z * a->z), hz = trust->logs[SENSOR_IMU].nominal_hz;
    double share = hz > 0 ? fmin(1, 1 / (hz * GRAVITY_TIME_S)) : 1;
    trust->gravity_mps2 = trust->gravity_mps2 > 0 ? trust->gravity_mps2 + share * (felt - trust->gravity_mps2) : felt;
    if (!trust->repeats[SENSOR_IMU].count)
        witness_gyro(&trust->witness, stamp_ns, w->z);
}

void trust_odometry(struct trust *trust, int64_t stamp_ns, const struct msg_odometry *odometry)
{
    const double values[4] = {odometry->twist.twist.linear.x, odometry->twist.twist.angular.z,
                              odometry->pose.pose.position.x, odometry->pose.pose.position.y};
    count_repeat(trust, SENSOR_ODOMETRY, memcmp(values, trust->odometry_last, sizeof values) == 0);
    memcpy(trust->odometry_last, values, sizeof values);
    if (!trust->repeats[SENSOR_ODOMETRY].count)
        witness_wheels(&trust->witness, stamp_ns, (struct twist2){values[0], values[1]});
}

void trust_map(struct trust *trust, double share, double mirrored_share)
{
    bool turned_over = mirrored_share >= MIRROR_SHARE && mirrored_share > share + MIRROR_BETTER;
    trust->map_verdict = turned_over ? VERDICT_BROKEN : share >= MIRROR_SHARE ? VERDICT_KEPT : VERDICT_UNTRIED;
}

/* --- rules that one sensor answers for alone ---------------------------------------------------------------------- */
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
                 trust->contrast > BLANK_LEVELS ? VERDICT_KEPT : VERDICT_BROKEN, dt_s, detail);
    judge_repeats(trust, SENSOR_DEPTH, trust->sheet.depth_per_m, dt_s);
    snprintf(detail, sizeof detail, "the floor seems %.3g times as far as it is", trust->floor_ratio);
    health_judge(&trust->logs[SENSOR_DEPTH], RULE_UNIT, trust->floor_verdict, dt_s, detail);
}

static void judge_imu(struct trust *trust, double dt_s)
{
    char detail[HEALTH_DETAIL];
    judge_repeats(trust, SENSOR_IMU, trust->sheet.gyro_radps, dt_s);
    bool off = fabs(trust->gravity_mps2 - GRAVITY_MPS2) > GRAVITY_OFF * GRAVITY_MPS2;
    snprintf(detail, sizeof detail, "feels %.2f m/s2 where gravity is %.2f", trust->gravity_mps2, GRAVITY_MPS2);
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

static bool is_sound(const struct health_log *log)
{
    for (int i = 0; i < HEALTH_RULE_COUNT; i++)
        if (health_rules[i].state == HEALTH_BAD && (log->rules[i].in_force || log->rules[i].broken_s > 0))
            return false;
    return !log->is_bad;
}

/* How it moved in the last half second, by whoever is sound. */
static bool moved(const struct trust *trust, const struct account *sum, int64_t *from_ns, int64_t *to_ns,
                  struct twist2 *out)
{
    bool scan = sum->has_scan && is_sound(&trust->logs[SENSOR_LIDAR]);
    bool wheels = is_sound(&trust->logs[SENSOR_ODOMETRY]), gyro = is_sound(&trust->logs[SENSOR_IMU]);
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
    judge_repeats(trust, SENSOR_ODOMETRY, fmax(trust->sheet.wheel_mps, trust->sheet.wheel_radps), dt_s);
    for (enum sensor i = 0; i < SENSOR_COUNT; i++)
        judge_stamps(trust, i, now_ns, dt_s);
    struct account sum = witness_account(&trust->witness, now_ns);
    if (!(sum.span_s > 0))
        return;
    judge_turn(trust, &sum, dt_s);
    judge_speed(trust, &sum, dt_s);
    judge_follow(trust, &sum, dt_s);
}

uint64_t trust_hash(const struct trust *trust, uint64_t hash)
{
    for (int i = 0; i < SENSOR_COUNT; i++)
        hash = health_hash(&trust->logs[i], hash);
    hash = health_hash(&trust->drive, hash);
    hash = scan_motion_hash(&trust->scan_motion, hash);
    hash = witness_hash(&trust->witness, hash);
    hash = hash_bytes(hash, trust->beam_repeats, trust->beams);
    const double facts[] = {trust->returns_share, trust->returns_before, trust->contrast, trust->gravity_mps2,
                            trust->floor_verdict, trust->map_verdict};
    hash = hash_bytes(hash, facts, sizeof facts);
    return hash_bytes(hash, trust->repeats, sizeof trust->repeats);
}
