#include "perception/perception.h"

#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "perception/camera.h"
#include "perception/distance.h"
#include "perception/ekf.h"
#include "perception/keepout.h"
#include "perception/mapper.h"
#include "perception/match.h"
#include "perception/motion.h"
#include "perception/sight.h"
#include "perception/sonar.h"
#include "perception/track.h"
#include "perception/trust.h"

#define SENSOR_NAME(id, name, topic) name,
const char *const sensor_names[SENSOR_COUNT] = {SENSORS(SENSOR_NAME)};

enum {
    BEAMS_MAX = 720,   /* of a scan; a finer one is thinned */
    POINTS_MAX = 1280, /* beams, depth columns and arcs of ultrasound */
    COLUMNS_MAX = 480,
    GRID_CELLS_MAX = 4096,
    MISFITS_MAX = 10,  /* scans in a row that do not fit, until the pose is doubted: 1 s */
};
#define ODOMETRY_SILENT_NS INT64_C(250000000)
#define POINTS_OLD_NS INT64_C(500000000)
#define PAIR_NS INT64_C(20000000)    /* depth and image so close in time show the same */
#define BEAM_FOOT_M 0.06             /* a beam that ends lower hit the floor: the robot was tilted */
#define GYRO_MAX_RADPS 50.0          /* beyond, a value is no measurement */
#define ACCEL_MAX_MPS2 500.0
#define PLACE_MAX_M 1e6
#define SCAN_LONGEST_S 2.0
#define SCAN_RATE_AGE_S 0.35 /* motion by scans stands in for wheels for so long */
#define DOUBTFUL_SHARE 0.6   /* of a scan that fits the map: below, its mirror image is tried */
#define COMMAND_HZ 4.0       /* at least: a policy may take its time */

struct returns { /* what one sensor saw last, in base_link at its stamp */
    struct vec2 points[BEAMS_MAX];
    size_t count;
    int64_t stamp_ns;
};

struct perception {
    struct perception_config config;
    struct camera camera;
    struct motion motion;
    struct ekf ekf;
    struct match *match; /* NULL: no map */
    struct mapper mapper;
    struct tracker tracker;
    struct track tracks[TRACKS_MAX];
    struct keepout keepout;
    struct camera_cloud cloud;
    struct distance distance;
    struct trust trust;
    struct returns lidar, depth, sonar;
    struct sight_store sight;
    float *clearance_m;
    int64_t now_ns;           /* of the last update; INT64_MIN before the first */
    int64_t odometry_heard_ns; /* the last update that followed an odometry message */
    bool odometry_came;
    bool was_matched;
    uint32_t misfits;         /* scans in a row that were refused */
    double match_score;
    uint8_t bumper;
    struct vec2 points[POINTS_MAX];
    struct belief belief;
};

static struct grid grid_of(const struct perception_config *config)
{
    double r = config->resolution_m;
    return (struct grid){.resolution_m = r,
                         .origin = {config->bounds_x0_m, config->bounds_y0_m},
                         .width = (int)ceil((config->bounds_x1_m - config->bounds_x0_m) / r - 1e-6),
                         .height = (int)ceil((config->bounds_y1_m - config->bounds_y0_m) / r - 1e-6)};
}

struct perception *perception_create(const struct perception_config *config)
{
    struct grid grid = grid_of(config);
    ASSERT(grid.width > 0 && grid.height > 0 && grid.width <= GRID_CELLS_MAX && grid.height <= GRID_CELLS_MAX);
    ASSERT(config->camera_width > 0 && config->camera_width <= COLUMNS_MAX && config->camera_height > 0);
    struct perception *perception = NEW(struct perception);
    perception->config = *config;
    perception->config.map = NULL;
    perception->camera = (struct camera){.width = config->camera_width, .height = config->camera_height,
                                         .focal_px = config->camera_width / 2.0 / tan(config->camera_hfov_rad / 2),
                                         .mount = config->camera_in_base,
                                         .min_m = config->depth_min_m, .max_m = config->depth_max_m};
    motion_start(&perception->motion);
    ekf_start(&perception->ekf, config->start);
    if (config->map)
        perception->match = match_create(config->map);
    mapper_init(&perception->mapper, &grid, config->map);
    tracker_init(&perception->tracker, &grid);
    keepout_init(&perception->keepout, &perception->camera);
    camera_cloud_init(&perception->cloud, &perception->camera);
    sight_store_init(&perception->sight, config->camera_width, config->camera_height);
    distance_init(&perception->distance, grid.width, grid.height, grid.resolution_m, CLEARANCE_MAX_M);
    trust_start(&perception->trust, config);
    perception->clearance_m = NEW_ARRAY(grid_size(&grid), float);
    perception->lidar.stamp_ns = perception->depth.stamp_ns = perception->sonar.stamp_ns = INT64_MIN;
    perception->now_ns = INT64_MIN;
    perception->match_score = (double)NAN;
    perception->belief = (struct belief){.grid = grid, .occupancy = perception->mapper.occupancy,
                                         .keepout = perception->mapper.keepout,
                                         .clearance_m = perception->clearance_m, .points = perception->points,
                                         .tracks = perception->tracks};
    return perception;
}

void perception_destroy(struct perception **perception)
{
    struct perception *p = *perception;
    if (!p)
        return;
    match_destroy(&p->match);
    mapper_clear(&p->mapper);
    tracker_clear(&p->tracker);
    keepout_clear(&p->keepout);
    camera_cloud_clear(&p->cloud);
    sight_store_clear(&p->sight);
    distance_clear(&p->distance);
    free(p->clearance_m);
    free(p);
    *perception = NULL;
}

/* The motion since a stamp, up to the EKF's own time; and the pose believed for that stamp. */
static struct pose2 motion_since(const struct perception *perception, int64_t stamp_ns)
{
    int64_t known_ns = motion_stamp_ns(&perception->motion);
    return known_ns == INT64_MIN ? (struct pose2){0} : motion_between(&perception->motion, stamp_ns, known_ns);
}

static struct pose2 pose_before(const struct perception *perception, struct pose2 since)
{
    struct pose2 back = pose2_between(since, (struct pose2){0});
    return pose2_compose(ekf_pose(&perception->ekf), back);
}

static void advance(struct perception *perception, int64_t stamp_ns, const struct ekf_step *step)
{
    struct pose2 moved = ekf_displacement(&perception->ekf, step);
    ekf_predict(&perception->ekf, step);
    motion_mark(&perception->motion, stamp_ns, step, moved, perception->ekf.state[EKF_BIAS]);
}

/* What is BAD is listened to, so that it may prove itself again, but not fused. */
static bool is_trusted(const struct perception *perception, enum sensor sensor)
{
    return perception->belief.sensors[sensor].state != HEALTH_BAD;
}

/* --- one function per sensor: checks the values, tells health, passes them on ----------------------------- */
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
    if (is_trusted(perception, SENSOR_IMU))
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
    if (is_trusted(perception, SENSOR_ODOMETRY)) {
        if (motion_odometry(&perception->motion, stamp_ns, odometry, &step))
            advance(perception, stamp_ns, &step);
        return;
    }
    struct twist2 seen;
    bool known = is_trusted(perception, SENSOR_LIDAR) &&
                 witness_scan_rate(&perception->trust.witness, stamp_ns, SCAN_RATE_AGE_S, &seen);
    if (motion_substitute(&perception->motion, stamp_ns, known ? &seen : NULL, &step))
        advance(perception, stamp_ns, &step);
}

/* How the robot moved while a scanner turned that says when it fired each beam. */
static struct pose2 motion_in_scan(const struct perception *perception, const struct msg_laser_scan *scan,
                                   int64_t stamp_ns)
{
    double turn_s = (double)scan->time_increment * (double)scan->ranges.count;
    if (!(turn_s > 0 && turn_s <= SCAN_LONGEST_S))
        return (struct pose2){0};
    return motion_between(&perception->motion, stamp_ns, stamp_ns + (int64_t)(turn_s * 1e9));
}

/* The scan's beams in base_link at its stamp; unusable values are left out and counted. */
static size_t read_beams(const struct perception *perception, const struct msg_laser_scan *scan, struct pose2 moved,
                         struct mapper_beam beams[BEAMS_MAX], size_t *bad)
{
    const struct perception_config *config = &perception->config;
    double pitch = perception->motion.pitch_rad, roll = perception->motion.roll_rad;
    size_t stride = (scan->ranges.count + BEAMS_MAX - 1) / BEAMS_MAX, count = 0;
    bool has_moved = moved.x != 0 || moved.y != 0 || moved.yaw != 0;
    for (size_t i = 0; i < scan->ranges.count; i++) {
        double range = (double)scan->ranges.data[i];
        bool hit = range >= (double)scan->range_min && range <= (double)scan->range_max;
        if (!hit && !(isinf(range) && range > 0)) {
            ++*bad;
            continue;
        }
        if (i % stride || trust_is_stuck(&perception->trust, i))
            continue;
        double angle = (double)scan->angle_min + (double)i * (double)scan->angle_increment + config->lidar_yaw_rad;
        double reach = hit ? range : (double)scan->range_max;
        struct vec2 end = {config->lidar_x_m + reach * cos(angle), config->lidar_y_m + reach * sin(angle)};
        bool is_floor = config->lidar_z_m - end.x * sin(pitch) + end.y * sin(roll) < BEAM_FOOT_M;
        double share = (double)i / (double)scan->ranges.count;
        if (has_moved)
            end = pose2_apply((struct pose2){share * moved.x, share * moved.y, share * moved.yaw}, end);
        if (!is_floor)
            beams[count++] = (struct mapper_beam){end, hit};
    }
    return count;
}

/* The share of the map's walls that the scan would explain with left and right changed. */
static double mirrored_share(const struct perception *perception, struct pose2 pose, const double covariance[9])
{
    struct vec2 mirrored[BEAMS_MAX];
    const struct returns *lidar = &perception->lidar;
    for (size_t i = 0; i < lidar->count; i++)
        mirrored[i] = (struct vec2){lidar->points[i].x, -lidar->points[i].y};
    return match_scan(perception->match, mirrored, lidar->count, pose, covariance).share;
}

static void fit_to_map(struct perception *perception, struct pose2 since)
{
    double covariance[9];
    struct pose2 pose = pose_before(perception, since);
    ekf_earlier_covariance(&perception->ekf, since, covariance);
    struct match_result result = match_scan(perception->match, perception->lidar.points, perception->lidar.count, pose,
                                            covariance);
    if (result.verdict == MATCH_UNKNOWN)
        return;
    perception->match_score = result.share;
    bool doubtful = result.verdict != MATCH_ACCEPTED || result.share < DOUBTFUL_SHARE;
    trust_map(&perception->trust, result.share,
              doubtful ? mirrored_share(perception, pose, covariance) : (double)NAN);
    if (!is_trusted(perception, SENSOR_LIDAR))
        return;
    if (result.verdict == MATCH_ACCEPTED) {
        ekf_correct(&perception->ekf, since, result.information, result.pull);
        perception->misfits = 0;
        perception->was_matched = true;
    } else if (++perception->misfits % MISFITS_MAX == 0) {
        ekf_doubt(&perception->ekf, 0.1, 0.05);
    }
}

/* Who moves is asked before the scan changes the map: what stands where floor was free has come there. */
static void follow_movers(struct perception *perception, int64_t stamp_ns, double beam_step_rad, struct pose2 pose,
                          const struct mapper_beam *beams, size_t count)
{
    struct segment_return returns[BEAMS_MAX];
    struct vec2 mount = {perception->config.lidar_x_m, perception->config.lidar_y_m};
    size_t hits = 0;
    for (size_t i = 0; i < count; i++)
        if (beams[i].hit)
            returns[hits++] = (struct segment_return){pose2_apply(pose, beams[i].end),
                                                      vec2_distance(mount, beams[i].end), (int)i};
    tracker_scan(&perception->tracker, &perception->mapper, stamp_ns, pose2_apply(pose, mount), beam_step_rad, returns,
                 hits);
}

static void take_scan(struct perception *perception, struct health_log *health, int64_t stamp_ns, const void *message)
{
    const struct msg_laser_scan *scan = message;
    bool usable = scan->ranges.count > 0 && scan->ranges.data && fabs((double)scan->angle_min) <= 4 * PI &&
                  fabs((double)scan->angle_increment) <= PI && scan->range_min >= 0.0f &&
                  scan->range_max > scan->range_min && scan->range_max <= 1e3f;
    if (!usable) {
        health_values(health, 1, 1);
        return;
    }
    struct mapper_beam beams[BEAMS_MAX];
    struct pose2 moved = motion_in_scan(perception, scan, stamp_ns);
    size_t bad = 0, count = read_beams(perception, scan, moved, beams, &bad);
    health_values(health, bad, scan->ranges.count);
    struct vec2 mount = {perception->config.lidar_x_m, perception->config.lidar_y_m};
    trust_scan(&perception->trust, stamp_ns, scan, &perception->sight.shown, mount, perception->config.lidar_yaw_rad);
    sight_scan(&perception->sight, stamp_ns, scan, perception->config.lidar_yaw_rad);
    struct returns *lidar = &perception->lidar;
    lidar->count = 0;
    lidar->stamp_ns = stamp_ns;
    for (size_t i = 0; i < count; i++)
        if (beams[i].hit)
            lidar->points[lidar->count++] = beams[i].end;

    struct pose2 since = motion_since(perception, stamp_ns);
    if (perception->match)
        fit_to_map(perception, since);
    if (!is_trusted(perception, SENSOR_LIDAR)) {
        lidar->count = 0;
        return;
    }
    struct pose2 pose = pose_before(perception, since);
    double stride = (double)((scan->ranges.count + BEAMS_MAX - 1) / BEAMS_MAX);
    follow_movers(perception, stamp_ns, fabs((double)scan->angle_increment) * stride, pose, beams, count);
    mapper_scan(&perception->mapper, pose, mount, beams, count);
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
    trust_image(&perception->trust, image, &perception->sight.shown);
    sight_rgb(&perception->sight, stamp_ns, image);
    if (is_trusted(perception, SENSOR_CAMERA))
        keepout_image(&perception->keepout, &perception->camera, image->data.data, image->step, stamp_ns);
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
    trust_depth(&perception->trust, image, &perception->sight.shown, camera, &view);
    sight_depth(&perception->sight, stamp_ns, image);
    perception->depth.count = 0;
    if (!is_trusted(perception, SENSOR_DEPTH))
        return;
    struct pose2 pose = pose_before(perception, motion_since(perception, stamp_ns));
    camera_cloud_fill(&perception->cloud, camera, &view, image->data.data, image->step);
    perception->cloud.stamp_ns = perception->depth.stamp_ns = stamp_ns;
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

static void explain_by(const struct perception *perception, const struct returns *returns, int64_t stamp_ns,
                       struct sonar_cone *cones, size_t count)
{
    struct vec2 points[BEAMS_MAX];
    if (returns->stamp_ns == INT64_MIN)
        return;
    int64_t apart_ns = stamp_ns - returns->stamp_ns;
    if (apart_ns > POINTS_OLD_NS || apart_ns < -POINTS_OLD_NS)
        return;
    struct pose2 moved = motion_between(&perception->motion, returns->stamp_ns, stamp_ns);
    for (size_t i = 0; i < returns->count; i++)
        points[i] = pose2_unapply(moved, returns->points[i]);
    sonar_explain(cones, count, points, returns->count);
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
    explain_by(perception, &perception->lidar, stamp_ns, cones, count);
    explain_by(perception, &perception->depth, stamp_ns, cones, count);
    struct pose2 pose = pose_before(perception, motion_since(perception, stamp_ns));
    perception->sonar.stamp_ns = stamp_ns;
    perception->sonar.count = sonar_map(&perception->mapper, pose, cones, count, perception->sonar.points);
}

struct input {
    enum topic topic;
    void (*take)(struct perception *perception, struct health_log *health, int64_t stamp_ns, const void *message);
};
static const struct input inputs[SENSOR_COUNT] = {
    [SENSOR_LIDAR] = {TOPIC_SCAN, take_scan},   [SENSOR_CAMERA] = {TOPIC_IMAGE, take_image},
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

/* --- the belief ------------------------------------------------------------------------------------------- */
static void coast_if_silent(struct perception *perception)
{
    struct ekf_step step;
    if (perception->odometry_came)
        perception->odometry_heard_ns = perception->now_ns;
    perception->odometry_came = false;
    if (perception->now_ns - perception->odometry_heard_ns > ODOMETRY_SILENT_NS &&
        motion_coast(&perception->motion, perception->now_ns, &step))
        advance(perception, perception->now_ns, &step);
}

/* Paint waits for the depth image of its moment as long as there is a depth camera that works. */
static void mark_paint(struct perception *perception)
{
    struct keepout *keepout = &perception->keepout;
    if (!keepout->waits)
        return;
    enum health depth = perception->belief.sensors[SENSOR_DEPTH].state;
    int64_t apart_ns = keepout->stamp_ns - perception->cloud.stamp_ns;
    bool has_depth = depth == HEALTH_OK;
    if (has_depth && (apart_ns > PAIR_NS || apart_ns < -PAIR_NS))
        return;
    struct camera_view view = camera_view(&perception->camera, perception->motion.roll_rad,
                                          perception->motion.pitch_rad);
    struct pose2 pose = pose_before(perception, motion_since(perception, keepout->stamp_ns));
    keepout_mark(keepout, &perception->camera, &view, has_depth ? &perception->cloud : NULL, pose,
                 &perception->mapper);
}

static void tell_pose(struct perception *perception)
{
    struct belief *belief = &perception->belief;
    const struct motion *motion = &perception->motion;
    struct ekf ahead = perception->ekf;
    int64_t known_ns = motion_stamp_ns(motion);
    if (known_ns != INT64_MIN && perception->now_ns > known_ns) {
        double dt = fmin((double)(perception->now_ns - known_ns) * 1e-9, MOTION_AHEAD_S);
        ekf_predict(&ahead, &(struct ekf_step){.dt_s = dt, .forward_m = motion->twist.v_mps * dt,
                                               .turn_rad = motion->twist.w_radps * dt});
    }
    belief->pose = ekf_pose(&ahead);
    belief->twist = motion->twist;
    belief->roll_rad = motion->roll_rad;
    belief->pitch_rad = motion->pitch_rad;
    for (int i = 0; i < 9; i++)
        belief->covariance[i] = ahead.covariance[i / 3 * EKF_STATES + i % 3];
    const struct sensor_health *sensors = belief->sensors;
    bool odometry_lives = sensors[SENSOR_ODOMETRY].state == HEALTH_OK;
    bool scan_fits = perception->was_matched && perception->misfits < MISFITS_MAX &&
                     sensors[SENSOR_LIDAR].state == HEALTH_OK;
    belief->localised = perception->match ? scan_fits : odometry_lives;
    belief->match_score = perception->match_score;
}

/* Adds one sensor's last returns, moved on to now. */
static void tell_points(struct perception *perception, const struct returns *returns)
{
    struct belief *belief = &perception->belief;
    if (returns->stamp_ns == INT64_MIN || perception->now_ns - returns->stamp_ns > POINTS_OLD_NS)
        return;
    struct pose2 moved = motion_between(&perception->motion, returns->stamp_ns, perception->now_ns);
    double c = cos(moved.yaw), s = sin(moved.yaw);
    for (size_t i = 0; i < returns->count; i++) {
        struct vec2 p = {returns->points[i].x - moved.x, returns->points[i].y - moved.y};
        perception->points[belief->point_count++] = (struct vec2){c * p.x + s * p.y, c * p.y - s * p.x};
    }
}

/* What was fused before a rule came into force has done harm already: admit it. */
static void admit_harm(struct perception *perception, enum sensor sensor)
{
    struct ekf *ekf = &perception->ekf;
    if (sensor == SENSOR_IMU) {
        bool turned = perception->trust.logs[SENSOR_IMU].rules[RULE_TURN].in_force;
        double off_rad = turned ? perception->trust.gyro_off_rad : 0;
        ekf_forget_bias(ekf);
        if (!perception->match || perception->misfits) /* else scans have held the heading against the gyro */
            ekf->state[EKF_YAW] = wrap_angle(ekf->state[EKF_YAW] - off_rad);
        ekf_doubt(ekf, 0.05, fmax(0.1, fabs(off_rad) / 2));
        perception->motion.roll_rad = perception->motion.pitch_rad = 0;
    } else if (sensor == SENSOR_ODOMETRY) {
        double off_m = perception->trust.wheels_off_m, yaw = ekf->state[EKF_YAW];
        if (!perception->match) {
            ekf->state[EKF_X] -= off_m * cos(yaw);
            ekf->state[EKF_Y] -= off_m * sin(yaw);
        }
        ekf_doubt(ekf, fmax(0.1, fabs(off_m) / 2), 0.05);
    } else if (sensor == SENSOR_LIDAR) {
        ekf_doubt(ekf, 0.1, 0.05);
        mapper_distrust(&perception->mapper, MAPPER_LIDAR);
    } else if (sensor == SENSOR_DEPTH) {
        mapper_distrust(&perception->mapper, MAPPER_DEPTH);
    }
}

static void judge_sensors(struct perception *perception)
{
    struct belief *belief = &perception->belief;
    trust_judge(&perception->trust, perception->now_ns);
    for (enum sensor i = 0; i < SENSOR_COUNT; i++) {
        bool was_bad = belief->sensors[i].state == HEALTH_BAD;
        belief->sensors[i] = health_read(&perception->trust.logs[i], perception->now_ns);
        if (!was_bad && belief->sensors[i].state == HEALTH_BAD)
            admit_harm(perception, i);
    }
    belief->drive = health_read(&perception->trust.drive, perception->now_ns);
}

/* What is known to be wrong is not shown, either. */
static void hide_bad_sight(struct perception *perception)
{
    struct sight *sight = &perception->belief.sight;
    if (!is_trusted(perception, SENSOR_LIDAR))
        sight->lidar_m = NULL;
    if (!is_trusted(perception, SENSOR_DEPTH))
        sight->depth_m = NULL;
    if (!is_trusted(perception, SENSOR_CAMERA))
        sight->rgb = NULL;
}

void perception_command(struct perception *perception, int64_t now_ns, struct twist2 command)
{
    struct health_log *drive = &perception->trust.drive;
    drive->nominal_hz = COMMAND_HZ;
    health_message(drive, now_ns, now_ns);
    witness_command(&perception->trust.witness, now_ns, command);
}

const struct belief *perception_update(struct perception *perception, int64_t now_ns)
{
    struct belief *belief = &perception->belief;
    if (perception->now_ns == INT64_MIN) /* silence is counted from the beginning */
        perception->odometry_heard_ns = now_ns;
    perception->now_ns = belief->stamp_ns = now_ns;
    judge_sensors(perception);
    coast_if_silent(perception);
    tell_pose(perception);
    mark_paint(perception);
    mapper_tick(&perception->mapper, belief->pose, perception->config.width_m / 2);
    distance_update(&perception->distance, perception->mapper.blocked, perception->mapper.changed,
                    perception->clearance_m);
    perception->mapper.changed = (struct distance_window){0};
    belief->point_count = 0;
    tell_points(perception, &perception->lidar);
    tell_points(perception, &perception->depth);
    tell_points(perception, &perception->sonar);
    belief->track_count = tracker_now(&perception->tracker, now_ns, perception->tracks);
    belief->sight = sight_now(&perception->sight, now_ns);
    hide_bad_sight(perception);
    belief->bumper = perception->bumper;
    return belief;
}

static uint64_t hash_returns(uint64_t hash, const struct returns *returns)
{
    hash = hash_bytes(hash, &returns->stamp_ns, sizeof returns->stamp_ns);
    return hash_bytes(hash, returns->points, returns->count * sizeof *returns->points);
}

static uint64_t hash_motion(uint64_t hash, const struct motion *motion)
{
    const double reals[] = {motion->odometry.x,  motion->odometry.y,     motion->odometry.yaw, motion->twist.v_mps,
                            motion->twist.w_radps, motion->accel_mps2, motion->gyro_sum_radps, motion->roll_rad,
                            motion->pitch_rad};
    const uint64_t rest[] = {motion->marks, motion->gyro_count, (uint64_t)motion->imu_ns, motion->has_imu,
                             motion->has_odometry};
    hash = hash_bytes(hash, motion->track, sizeof motion->track);
    hash = hash_bytes(hash, reals, sizeof reals);
    return hash_bytes(hash, rest, sizeof rest);
}

uint64_t perception_hash(const struct perception *perception, uint64_t hash)
{
    const struct perception *p = perception;
    size_t pixels = (size_t)p->camera.width * (size_t)p->camera.height;
    const uint64_t rest[] = {(uint64_t)p->now_ns, (uint64_t)p->odometry_heard_ns, p->odometry_came, p->was_matched,
                             p->misfits, p->bumper, p->mapper.history, (uint64_t)p->mapper.fade_row,
                             p->mapper.image_tag, p->keepout.waits, (uint64_t)p->keepout.stamp_ns,
                             (uint64_t)p->cloud.stamp_ns};
    hash = hash_bytes(hash, rest, sizeof rest);
    hash = hash_bytes(hash, &p->match_score, sizeof p->match_score);
    hash = hash_bytes(hash, &p->ekf, sizeof p->ekf);
    hash = hash_motion(hash, &p->motion);
    hash = hash_returns(hash, &p->lidar);
    hash = hash_returns(hash, &p->depth);
    hash = hash_returns(hash, &p->sonar);
    if (p->keepout.waits)
        hash = hash_bytes(hash, p->keepout.yellow, pixels);
    hash = hash_bytes(hash, p->cloud.kind, pixels);
    hash = hash_bytes(hash, p->cloud.x_m, pixels * sizeof *p->cloud.x_m);
    hash = hash_bytes(hash, p->cloud.y_m, pixels * sizeof *p->cloud.y_m);
    hash = tracker_hash(&p->tracker, hash);
    return trust_hash(&p->trust, hash);
}
