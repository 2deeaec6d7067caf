#include "perception/trust.h"

#include <string.h>

#include "logs/hash.h"
#include "perception/residual.h"

enum { FLOOR_PIXELS_MIN = 40, ECHOES_MIN = 2 };
#define GRAVITY_TIME_S 0.5
#define FLOOR_OFF 1.3
#define TILT_MAX 0.02        /* rad; with more, how far the floor is depends on how well that is known */
#define FLOOR_SIGMAS 3.0    /* the scan is held against pictures whose floor is right */
#define DRIVES_MPS 0.1
#define MIRROR_BETTER 0.15
#define MIRROR_SHARE 0.5
#define PAIR_NS INT64_C(20000000) /* depth and scan so close in time show the same */

void trust_start(struct trust *trust, const struct perception_config *config)
{
    *trust = (struct trust){.sheet = config->sheet, .floor_ratio = (double)NAN, .begun_ns = INT64_MIN,
                            .now_ns = INT64_MIN, .contrast = 255};
    for (int i = 0; i < SENSOR_COUNT; i++)
        health_start(&trust->logs[i], config->nominal_hz[i], config->late_s[i]);
    health_start(&trust->drive, 0, 0);
    scan_motion_start(&trust->scan_motion);
    witness_start(&trust->witness);
    channels_start(&trust->channels, &config->sheet);
    trust->lidar_at = (struct vec3){config->lidar_x_m, config->lidar_y_m, config->lidar_z_m};
}

static void count_repeat(struct trust *trust, enum sensor sensor, bool same)
{
    struct repeats *repeats = &trust->repeats[sensor];
    if (!same)
        repeats->wandered = trust->witness.wandered;
    repeats->count = same ? repeats->count + 1 : 0;
}

/* A value of a channel, if both sensors are fit to be compared. */
static void watch(struct trust *trust, enum channel channel, int64_t stamp_ns, double value)
{
    enum sensor sensor = channel_table[channel].sensor, against = channel_table[channel].against;
    bool other_is_fit = against == sensor || (health_is_sound(&trust->logs[against]) &&
                                              channels_is_quiet(&trust->channels, against));
    if (health_is_sound(&trust->logs[sensor]) && other_is_fit)
        channels_put(&trust->channels, channel, stamp_ns, value);
}

/* Wheels and gyro against the scans, over the last step but one: by now all have told of it. */
static void watch_motion(struct trust *trust)
{
    struct account sum;
    if (!witness_step(&trust->witness, 1, &sum))
        return;
    double rate = 1 / sum.span_s;
    bool drives = fabs(sum.scan_m) > DRIVES_MPS * sum.span_s; /* wheels that stand cannot be wrong */
    if (sum.has_forward && sum.has_wheels && drives && !trust->movers)
        watch(trust, CHANNEL_WHEELS_SPEED, sum.to_ns, rate * (sum.wheels_m - sum.scan_m));
    if (sum.has_scan && sum.has_wheels && drives)
        watch(trust, CHANNEL_WHEELS_TURN, sum.to_ns, rate * (sum.wheels_rad - sum.scan_rad));
    if (sum.has_scan && sum.has_gyro)
        watch(trust, CHANNEL_GYRO_TURN, sum.to_ns, rate * (sum.gyro_rad - sum.scan_rad));
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
    watch_motion(trust);
    if (trust->sheet.lidar_m > 0)
        watch(trust, CHANNEL_LIDAR_NOISE, stamp_ns, residual_lidar_noise(scan, trust->sheet.lidar_m));
}

void trust_image(struct trust *trust, int64_t stamp_ns, const struct msg_image *image, const struct sight *before)
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
    if (before->rgb_ns != INT64_MIN && stamp_ns > before->rgb_ns)
        watch(trust, CHANNEL_CAMERA_LIGHT, stamp_ns,
              residual_light(before, image) / ((double)(stamp_ns - before->rgb_ns) * 1e-9));
    count_repeat(trust, SENSOR_CAMERA, same && trust->contrast > TRUST_BLANK_LEVELS);
}

/* Nothing is seen through the floor: in the lower rows, how many times as far as the floor is what is seen? A
 * wall's distances do not grow with the rows as the floor's do, so where the ratio is the same everywhere it is the
 * floor, scaled. */
static void check_floor(struct trust *trust, const struct msg_image *image, const struct camera *camera,
                        const struct camera_view *view)
{
    size_t seen = 0, right = 0, beyond = 0, near = 0, floor = 0;
    double sum = 0, sum2 = 0, near_sum = 0;
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
            bool is_near = row >= camera->height * 7 / 8, may_be_floor = ratio > 0.85 && ratio < FLOOR_OFF;
            right += ratio > 0.85 && ratio < 1.15;
            near += is_near;
            floor += is_near && may_be_floor;
            near_sum += is_near && may_be_floor ? ratio : 0;
            beyond += ratio > FLOOR_OFF;
            sum += ratio;
            sum2 += ratio * ratio;
        }
    trust->floor_verdict = VERDICT_UNTRIED;
    trust->floor_ratio = seen ? sum / (double)seen : (double)NAN;
    trust->floor_near = near > FLOOR_PIXELS_MIN && 2 * floor > near ? near_sum / (double)floor : (double)NAN;
    if (seen < FLOOR_PIXELS_MIN)
        return;
    double spread = sqrt(fmax(0, sum2 / (double)seen - square(trust->floor_ratio)));
    bool scaled = trust->floor_ratio < 1 / FLOOR_OFF && spread < 0.06 * trust->floor_ratio;
    if (2 * beyond > seen || scaled)
        trust->floor_verdict = VERDICT_BROKEN;
    else if (5 * right > seen)
        trust->floor_verdict = VERDICT_KEPT;
}

void trust_depth(struct trust *trust, int64_t stamp_ns, const struct msg_image *image, const struct sight *before,
                 const struct camera *camera, const struct camera_view *view)
{
    size_t row_bytes = (size_t)image->width * sizeof(float);
    bool same = before->depth_ns != INT64_MIN;
    for (size_t row = 0; row < image->height && same; row++)
        same = memcmp(image->data.data + row * image->step, (const uint8_t *)before->depth_m + row * row_bytes,
                      row_bytes) == 0;
    check_floor(trust, image, camera, view);
    double tilt = view->forward.z - camera_view(camera, 0, 0).forward.z;
    if (fabs(tilt) > TILT_MAX)
        trust->floor_near = (double)NAN;
    watch(trust, CHANNEL_DEPTH_FLOOR, stamp_ns, trust->floor_near);
    int64_t apart_ns = stamp_ns - before->lidar_ns;
    const struct drift *floor = &trust->channels.drift[CHANNEL_DEPTH_FLOOR];
    bool is_right = fabs(trust->floor_near - floor->mean) < FLOOR_SIGMAS * floor->spread;
    if (is_right && before->lidar_ns != INT64_MIN && apart_ns <= PAIR_NS && apart_ns >= -PAIR_NS)
        watch(trust, CHANNEL_LIDAR_DEPTH, stamp_ns,
              residual_lidar_depth(before, trust->lidar_at, camera, image));
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
    watch(trust, CHANNEL_GRAVITY, stamp_ns, felt);
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

void trust_echo(struct trust *trust, int64_t stamp_ns, const struct sonar_cone *cones, size_t count,
                const struct vec2 *returns, size_t return_count)
{
    struct residual_echo echo = residual_echo(cones, count, returns, return_count);
    watch(trust, CHANNEL_ECHO_LIDAR, stamp_ns, echo.off_m);
    trust->echoes = echo.same + echo.beyond;
    trust->echoes_beyond = echo.beyond;
    trust->echo_verdict = echo.beyond >= ECHOES_MIN && 4 * echo.beyond > 3 * trust->echoes ? VERDICT_BROKEN
                          : 2 * echo.same >= trust->echoes && echo.same                    ? VERDICT_KEPT
                                                                                             : VERDICT_UNTRIED;
}

void trust_map(struct trust *trust, double share, double mirrored_share)
{
    bool turned_over = mirrored_share >= MIRROR_SHARE && mirrored_share > share + MIRROR_BETTER;
    trust->map_verdict = turned_over ? VERDICT_BROKEN : share >= MIRROR_SHARE ? VERDICT_KEPT : VERDICT_UNTRIED;
}

uint64_t trust_hash(const struct trust *trust, uint64_t hash)
{
    for (int i = 0; i < SENSOR_COUNT; i++)
        hash = health_hash(&trust->logs[i], hash);
    hash = health_hash(&trust->drive, hash);
    hash = scan_motion_hash(&trust->scan_motion, hash);
    hash = witness_hash(&trust->witness, hash);
    hash = channels_hash(&trust->channels, hash);
    hash = hash_bytes(hash, trust->beam_repeats, trust->beams);
    const double facts[] = {trust->returns_share, trust->returns_before, trust->contrast, trust->gravity_mps2,
                            trust->floor_verdict, trust->map_verdict, trust->echo_verdict, (double)trust->movers};
    hash = hash_bytes(hash, facts, sizeof facts);
    return hash_bytes(hash, trust->repeats, sizeof trust->repeats);
}
