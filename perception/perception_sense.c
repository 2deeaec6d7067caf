#include <string.h>

#include "perception/perception_inside.h"

#define GYRO_MAX_RADPS 50.0  /* beyond, a value is no measurement */
#define ACCEL_MAX_MPS2 500.0
#define PLACE_MAX_M 1e6
#define SCAN_RATE_AGE_S 0.35 /* motion by scans stands in for wheels for so long */

static size_t count_beyond(const double *values, size_t count, double limit)
{
    size_t bad = 0;
    for (size_t i = 0; i < count; i++)
        bad += !(fabs(values[i]) <= limit);
    return bad;
}

static void take_imu(struct perception *perception, struct health_log *health, int64_t stamp_ns, const void *message)
{
    const struct msg_imu *imu = message;
    size_t bad = count_beyond(&imu->angular_velocity.x, 3, GYRO_MAX_RADPS) +
                 count_beyond(&imu->linear_acceleration.x, 3, ACCEL_MAX_MPS2);
    health_values(health, bad, bad ? bad : 6);
    if (bad)
        return;
    trust_imu(&perception->trust, stamp_ns, imu);
    if (perception_trusts(perception, SENSOR_IMU))
        motion_imu(&perception->motion, stamp_ns, imu);
}

static void take_odometry(struct perception *perception, struct health_log *health, int64_t stamp_ns,
                          const void *message)
{
    const struct msg_odometry *odometry = message;
    const struct msg_pose *pose = &odometry->pose.pose;
    const struct msg_twist *twist = &odometry->twist.twist;
    size_t bad = count_beyond(&pose->position.x, 3, PLACE_MAX_M) + count_beyond(&pose->orientation.x, 4, 1.1) +
                 count_beyond(&twist->linear.x, 3, GYRO_MAX_RADPS) + count_beyond(&twist->angular.x, 3, GYRO_MAX_RADPS);
    health_values(health, bad, bad ? bad : 13);
    struct ekf_step step;
    if (bad)
        return;
    perception->odometry_came = true;
    trust_odometry(&perception->trust, stamp_ns, odometry);
    if (perception_trusts(perception, SENSOR_ODOMETRY)) {
        if (motion_odometry(&perception->motion, stamp_ns, odometry, &step))
            perception_advance(perception, stamp_ns, &step);
        return;
    }
    struct twist2 seen;
    bool known = perception_trusts(perception, SENSOR_LIDAR) &&
                 witness_scan_rate(&perception->trust.witness, stamp_ns, SCAN_RATE_AGE_S, &seen);
    if (motion_substitute(&perception->motion, stamp_ns, known ? &seen : NULL, &step))
        perception_advance(perception, stamp_ns, &step);
}

/* A whole image of the expected size, encoding and byte order. */
static bool is_image(const struct perception *perception, const struct msg_image *image, const char *encoding,
                     size_t pixel_bytes)
{
    size_t width = (size_t)perception->config.camera_width, height = (size_t)perception->config.camera_height;
    return image->width == width && image->height == height && image->encoding &&
           strcmp(image->encoding, encoding) == 0 && image->step >= width * pixel_bytes && image->data.data &&
           image->data.count >= (uint64_t)image->step * (height - 1) + width * pixel_bytes &&
           (pixel_bytes == 3 || !image->is_bigendian);
}

static void take_image(struct perception *perception, struct health_log *health, int64_t stamp_ns, const void *message)
{
    const struct msg_image *image = message;
    bool usable = is_image(perception, image, "rgb8", 3);
    health_values(health, !usable, 1);
    if (!usable)
        return;
    trust_image(&perception->trust, stamp_ns, image, &perception->sight.shown);
    sight_rgb(&perception->sight, stamp_ns, image);
    if (!perception_trusts(perception, SENSOR_CAMERA))
        return;
    struct seeing *seeing = perception->config.seeing;
    if (seeing) {
        seeing_look(seeing, image->data.data, image->step);
        sight_labels(&perception->sight, stamp_ns, seeing_labels(seeing));
    }
    keepout_image(&perception->keepout, &perception->camera, image->data.data, image->step, seeing, stamp_ns);
}

/* NaN in single pixels is how a depth camera says "nothing certain here"; a value below 0, or NaN nearly
 * everywhere, is a fault. */
static size_t count_bad_depth(const struct camera *camera, const struct msg_image *image)
{
    size_t negative = 0, holes = 0, count = (size_t)camera->width * (size_t)camera->height;
    for (int row = 0; row < camera->height; row++) {
        const uint8_t *at = image->data.data + (size_t)row * image->step;
        for (int column = 0; column < camera->width; column++, at += sizeof(float)) {
            float depth_m;
            memcpy(&depth_m, at, sizeof depth_m);
            holes += depth_m != depth_m;
            negative += depth_m < 0.0f;
        }
    }
    return negative + (2 * holes > count ? holes : 0);
}

static void take_depth(struct perception *perception, struct health_log *health, int64_t stamp_ns, const void *message)
{
    const struct msg_image *image = message;
    const struct camera *camera = &perception->camera;
    if (!is_image(perception, image, "32FC1", sizeof(float))) {
        health_values(health, 1, 1);
        return;
    }
    health_values(health, count_bad_depth(camera, image), (size_t)camera->width * (size_t)camera->height);
    struct camera_view view = camera_view(camera, perception->motion.roll_rad, perception->motion.pitch_rad);
    trust_depth(&perception->trust, stamp_ns, image, &perception->sight.shown, camera, &view);
    sight_depth(&perception->sight, stamp_ns, image);
    perception->depth.count = 0;
    if (!perception_trusts(perception, SENSOR_DEPTH))
        return;
    struct pose2 pose = perception_pose_before(perception, perception_motion_since(perception, stamp_ns));
    camera_cloud_fill(&perception->cloud, camera, &view, image->data.data, image->step);
    perception->cloud.stamp_ns = perception->depth.stamp_ns = stamp_ns;
    perception_tell_movers(perception, stamp_ns);
    perception->depth.count = mapper_depth(&perception->mapper, pose, camera,
                                           (struct vec2){view.origin.x, view.origin.y}, &perception->cloud,
                                           perception->depth.points);
}

static void take_bumper(struct perception *perception, struct health_log *health, int64_t stamp_ns, const void *message)
{
    (void)stamp_ns;
    perception->bumper = ((const struct msg_bumper *)message)->sectors;
    health_values(health, 0, 1);
}

/* Another sense's last returns, moved on to a stamp; none if they are of another time. */
static size_t returns_at(const struct perception *perception, const struct returns *returns, int64_t stamp_ns,
                         struct vec2 points[BEAMS_MAX])
{
    if (returns->stamp_ns == INT64_MIN)
        return 0;
    int64_t apart_ns = stamp_ns - returns->stamp_ns;
    if (apart_ns > POINTS_OLD_NS || apart_ns < -POINTS_OLD_NS)
        return 0;
    struct pose2 moved = motion_between(&perception->motion, returns->stamp_ns, stamp_ns);
    for (size_t i = 0; i < returns->count; i++)
        points[i] = pose2_unapply(moved, returns->points[i]);
    return returns->count;
}

static void take_ultrasonic(struct perception *perception, struct health_log *health, int64_t stamp_ns,
                            const void *message)
{
    const struct msg_range_array *array = message;
    const struct perception_config *config = &perception->config;
    struct sonar_cone cones[SONAR_MAX];
    if (!array->ranges.count || !array->ranges.data) {
        health_values(health, 1, 1);
        return;
    }
    size_t bad = 0, count = sonar_read(array, config->length_m, config->width_m, cones, &bad);
    health_values(health, bad, array->ranges.count);
    struct vec2 points[BEAMS_MAX];
    if (perception_trusts(perception, SENSOR_LIDAR))
        trust_echo(&perception->trust, stamp_ns, cones, count, points,
                   returns_at(perception, &perception->lidar, stamp_ns, points));
    perception->sonar.stamp_ns = stamp_ns;
    perception->sonar.count = 0;
    if (!perception_trusts(perception, SENSOR_ULTRASONIC))
        return;
    sonar_explain(cones, count, points, returns_at(perception, &perception->lidar, stamp_ns, points));
    sonar_explain(cones, count, points, returns_at(perception, &perception->depth, stamp_ns, points));
    struct pose2 pose = perception_pose_before(perception, perception_motion_since(perception, stamp_ns));
    perception_tell_movers(perception, stamp_ns);
    perception->sonar.count = sonar_map(&perception->mapper, pose, cones, count, perception->sonar.points);
}

struct input {
    enum topic topic;
    void (*take)(struct perception *perception, struct health_log *health, int64_t stamp_ns, const void *message);
};
static const struct input inputs[SENSOR_COUNT] = {
    [SENSOR_LIDAR] = {TOPIC_SCAN, perception_take_scan}, [SENSOR_CAMERA] = {TOPIC_IMAGE, take_image},
    [SENSOR_DEPTH] = {TOPIC_DEPTH, take_depth}, [SENSOR_IMU] = {TOPIC_IMU, take_imu},
    [SENSOR_ODOMETRY] = {TOPIC_ODOM, take_odometry}, [SENSOR_BUMPER] = {TOPIC_BUMPER, take_bumper},
    [SENSOR_ULTRASONIC] = {TOPIC_ULTRASONIC, take_ultrasonic},
};

void perception_put(struct perception *perception, enum topic topic, const void *message)
{
    size_t sensor = 0;
    while (sensor < SENSOR_COUNT && inputs[sensor].topic != topic)
        sensor++;
    ASSERT(sensor < SENSOR_COUNT);
    const struct msg_header *header = message; /* every sensor message begins with one */
    struct health_log *health = &perception->trust.logs[sensor];
    int64_t stamp_ns = message_ns(header->stamp);
    if (health_message(health, stamp_ns, perception->now_ns))
        inputs[sensor].take(perception, health, stamp_ns, message);
}
