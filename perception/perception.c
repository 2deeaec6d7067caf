#include "perception/perception.h"

#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "perception/perception_inside.h"

#define SENSOR_NAME(id, name, topic) name,
const char *const sensor_names[SENSOR_COUNT] = {SENSORS(SENSOR_NAME)};

enum { GRID_CELLS_MAX = 4096 };
#define ODOMETRY_SILENT_NS INT64_C(250000000)
#define PAIR_NS INT64_C(20000000) /* depth and image so close in time show the same */
#define START_SD_M 0.02           /* a robot that is told where it starts is put there with such care */
#define START_SD_RAD 0.01
/* Of a sensor that is no longer what its data sheet says, at weight 0.7: */
#define DOUBTED_FORWARD_SD 0.04 /* m per root metre driven */
#define DOUBTED_GYRO_SD 0.003   /* rad per root second */
#define COMMAND_HZ 4.0            /* at least: a policy may take its time */

static struct grid grid_of(const struct perception_config *config)
{
    double r = config->resolution_m;
    return (struct grid){.resolution_m = r,
                         .origin = {config->bounds_x0_m, config->bounds_y0_m},
                         .width = (int)ceil((config->bounds_x1_m - config->bounds_x0_m) / r - 1e-6),
                         .height = (int)ceil((config->bounds_y1_m - config->bounds_y0_m) / r - 1e-6)};
}

/* Where the data sheet says nothing, careful figures. */
static struct ekf_noise pose_noise(const struct perception_config *config)
{
    const struct noise_sheet *sheet = &config->sheet;
    double imu_hz = config->nominal_hz[SENSOR_IMU];
    return (struct ekf_noise){
        .wheel_mps = sheet->wheel_mps > 0 ? sheet->wheel_mps : 0.05,
        .wheel_scale = sheet->wheel_scale > 0 ? sheet->wheel_scale / sqrt(2) : 0.02, /* the mean of two wheels */
        .gyro = sheet->gyro_radps > 0 && imu_hz > 0 ? sheet->gyro_radps / sqrt(imu_hz) : 0.003,
        .gyro_bias_radps = sheet->gyro_bias_radps > 0 ? sheet->gyro_bias_radps : 0.01,
        .start_m = START_SD_M,
        .start_rad = START_SD_RAD,
    };
}

static void learn_map(struct perception *perception, const struct static_map *map)
{
    const struct perception_config *config = &perception->config;
    size_t cells = grid_size(&map->grid);
    int8_t *copy = NEW_ARRAY(cells, int8_t);
    memcpy(copy, map->cells, cells);
    perception->map = (struct static_map){map->grid, copy};
    perception->match = match_create(map);
    perception->particles = particles_create(perception->match, map, config->width_m / 2, config->seed);
    perception->map_m2 = square(map->grid.resolution_m) / 12; /* of rounding to cells, until scans tell */
}

struct perception *perception_create(const struct perception_config *config)
{
    struct grid grid = grid_of(config);
    ASSERT(grid.width > 0 && grid.height > 0 && grid.width <= GRID_CELLS_MAX && grid.height <= GRID_CELLS_MAX);
    ASSERT(config->camera_width > 0 && config->camera_width <= CAMERA_COLUMNS_MAX && config->camera_height > 0);
    struct perception *perception = NEW(struct perception);
    perception->config = *config;
    perception->config.map = NULL;
    perception->camera = (struct camera){.width = config->camera_width, .height = config->camera_height,
                                         .focal_px = config->camera_width / 2.0 / tan(config->camera_hfov_rad / 2),
                                         .mount = config->camera_in_base,
                                         .min_m = config->depth_min_m, .max_m = config->depth_max_m};
    motion_start(&perception->motion);
    struct ekf_noise noise = pose_noise(config);
    ekf_start(&perception->ekf, &noise, config->start);
    if (config->map)
        learn_map(perception, config->map);
    mapper_init(&perception->mapper, &grid, config->map);
    perception->mapper.lidar_z_m = config->lidar_z_m;
    perception->mapper.tick_s = 1 / (config->update_hz > 0 ? config->update_hz : 20);
    tracker_init(&perception->tracker, &grid);
    keepout_init(&perception->keepout, &perception->camera, (enum keepout_rule)config->paint);
    camera_cloud_init(&perception->cloud, &perception->camera);
    sight_store_init(&perception->sight, config->camera_width, config->camera_height);
    distance_init(&perception->distance, grid.width, grid.height, grid.resolution_m, CLEARANCE_MAX_M);
    trust_start(&perception->trust, config);
    perception->usual_share = (double)NAN;
    perception->clearance_m = NEW_ARRAY(grid_size(&grid), float);
    perception->lidar.stamp_ns = perception->depth.stamp_ns = perception->sonar.stamp_ns = INT64_MIN;
    perception->now_ns = INT64_MIN;
    perception->match_score = (double)NAN;
    perception->belief = (struct belief){.grid = grid, .occupancy = perception->mapper.occupancy,
                                         .keepout = perception->mapper.keepout,
                                         .clearance_m = perception->clearance_m, .mapper = &perception->mapper,
                                         .points = perception->points, .tracks = perception->tracks};
    for (int i = 0; i < SENSOR_COUNT; i++)
        perception->belief.sensors[i].weight = 1; /* nothing is known against anybody */
    if (config->map && config->start_unknown)
        perception_lose(perception);
    return perception;
}

void perception_destroy(struct perception **perception)
{
    struct perception *p = *perception;
    if (!p)
        return;
    particles_destroy(&p->particles);
    match_destroy(&p->match);
    free((void *)p->map.cells);
    mapper_clear(&p->mapper);
    tracker_clear(&p->tracker);
    seeing_destroy(&p->config.seeing);
    keepout_clear(&p->keepout);
    camera_cloud_clear(&p->cloud);
    sight_store_clear(&p->sight);
    distance_clear(&p->distance);
    free(p->clearance_m);
    free(p);
    *perception = NULL;
}

struct pose2 perception_motion_since(const struct perception *perception, int64_t stamp_ns)
{
    int64_t known_ns = motion_stamp_ns(&perception->motion);
    return known_ns == INT64_MIN ? (struct pose2){0} : motion_between(&perception->motion, stamp_ns, known_ns);
}

struct pose2 perception_pose_before(const struct perception *perception, struct pose2 since)
{
    struct pose2 back = pose2_between(since, (struct pose2){0});
    return pose2_compose(ekf_pose(&perception->ekf), back);
}

/* What a sensor of less weight says is taken to be so much noisier: sd / weight. One that is BAD had no say. */
static double added_variance(const struct perception *perception, enum sensor sensor)
{
    double weight = perception->belief.sensors[sensor].weight;
    return weight > 0 ? 1 / square(weight) - 1 : 0;
}

static void doubt_step(struct perception *perception, const struct ekf_step *step)
{
    double wheels = added_variance(perception, SENSOR_ODOMETRY), gyro = added_variance(perception, SENSOR_IMU);
    if (!(wheels > 0 || gyro > 0))
        return;
    double turn_sd = step->by_gyro ? DOUBTED_GYRO_SD * sqrt(gyro * step->dt_s)
                                   : EKF_WHEEL_TURN_SD * sqrt(wheels * fabs(step->turn_rad));
    ekf_doubt(&perception->ekf, DOUBTED_FORWARD_SD * sqrt(wheels * fabs(step->forward_m)), turn_sd);
}

void perception_advance(struct perception *perception, int64_t stamp_ns, const struct ekf_step *step)
{
    struct pose2 moved = ekf_displacement(&perception->ekf, step);
    ekf_predict(&perception->ekf, step);
    doubt_step(perception, step);
    motion_mark(&perception->motion, stamp_ns, step, moved, perception->ekf.state[EKF_BIAS]);
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
        perception_advance(perception, perception->now_ns, &step);
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
    struct pose2 pose = perception_pose_before(perception, perception_motion_since(perception, keepout->stamp_ns));
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
        double bias_radps = motion->turns_by_gyro ? ahead.state[EKF_BIAS] : 0;
        ekf_predict(&ahead, &(struct ekf_step){.dt_s = dt, .forward_m = motion->twist.v_mps * dt,
                                               .accel_mps2 = motion->accel_mps2,
                                               .turn_rad = (motion->twist.w_radps + bias_radps) * dt,
                                               .by_gyro = motion->turns_by_gyro, .ahead = true});
    }
    belief->pose = ekf_pose(&ahead);
    belief->twist = motion->twist;
    belief->roll_rad = motion->roll_rad;
    belief->pitch_rad = motion->pitch_rad;
    ekf_pose_covariance(&ahead, belief->covariance);
    const struct sensor_health *sensors = belief->sensors;
    bool odometry_lives = sensors[SENSOR_ODOMETRY].state == HEALTH_OK;
    bool scan_fits = !perception->lost && perception->was_matched && perception->misfits < MISFITS_MAX &&
                     sensors[SENSOR_LIDAR].state == HEALTH_OK;
    belief->localised = perception->match ? scan_fits : odometry_lives;
    belief->lost = perception->lost;
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
        mapper_distrust(&perception->mapper, MAP_LIDAR);
    } else if (sensor == SENSOR_DEPTH) {
        mapper_distrust(&perception->mapper, MAP_DEPTH);
    }
}

static void judge_sensors(struct perception *perception)
{
    struct belief *belief = &perception->belief;
    trust_judge(&perception->trust, perception->now_ns);
    for (enum sensor i = 0; i < SENSOR_COUNT; i++) {
        bool was_bad = belief->sensors[i].state == HEALTH_BAD;
        belief->sensors[i] = trust_read(&perception->trust, i, perception->now_ns);
        if (!was_bad && belief->sensors[i].state == HEALTH_BAD)
            admit_harm(perception, i);
    }
    perception->mapper.weight[MAP_LIDAR] = belief->sensors[SENSOR_LIDAR].weight;
    perception->mapper.weight[MAP_DEPTH] = belief->sensors[SENSOR_DEPTH].weight;
    belief->drive = health_read(&perception->trust.drive, perception->now_ns);
}

/* What is known to be wrong is not shown, either. */
static void hide_bad_sight(struct perception *perception)
{
    struct sight *sight = &perception->belief.sight;
    if (!perception_trusts(perception, SENSOR_LIDAR))
        sight->lidar_m = NULL;
    if (!perception_trusts(perception, SENSOR_DEPTH))
        sight->depth_m = NULL;
    if (!perception_trusts(perception, SENSOR_CAMERA))
        sight->rgb = sight->labels = NULL;
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
                             motion->has_odometry, motion->turns_by_gyro};
    hash = hash_bytes(hash, motion->track, sizeof motion->track);
    hash = hash_bytes(hash, reals, sizeof reals);
    return hash_bytes(hash, rest, sizeof rest);
}

uint64_t perception_hash(const struct perception *perception, uint64_t hash)
{
    const struct perception *p = perception;
    size_t pixels = (size_t)p->camera.width * (size_t)p->camera.height;
    const uint64_t rest[] = {(uint64_t)p->now_ns, (uint64_t)p->odometry_heard_ns, p->odometry_came, p->was_matched,
                             p->lost, p->finds, p->nowhere, p->misfits, p->bumper, p->mapper.history,
                             (uint64_t)p->mapper.fade_row,
                             p->mapper.image_tag, p->keepout.waits, (uint64_t)p->keepout.stamp_ns,
                             (uint64_t)p->cloud.stamp_ns};
    hash = hash_bytes(hash, rest, sizeof rest);
    hash = hash_bytes(hash, &p->match_score, sizeof p->match_score);
    hash = hash_bytes(hash, &p->map_m2, sizeof p->map_m2);
    hash = hash_bytes(hash, &p->usual_share, sizeof p->usual_share);
    hash = hash_bytes(hash, &p->usual_through, sizeof p->usual_through);
    hash = hash_bytes(hash, &p->searched, sizeof p->searched);
    if (p->particles)
        hash = particles_hash(p->particles, hash);
    hash = hash_bytes(hash, &p->ekf, sizeof p->ekf);
    hash = hash_motion(hash, &p->motion);
    hash = hash_returns(hash, &p->lidar);
    hash = hash_returns(hash, &p->depth);
    hash = hash_returns(hash, &p->sonar);
    if (p->keepout.waits)
        hash = hash_bytes(hash, p->keepout.paint, pixels);
    hash = hash_bytes(hash, &p->sight.shown.labels_ns, sizeof p->sight.shown.labels_ns);
    if (p->sight.shown.labels)
        hash = hash_bytes(hash, p->sight.shown.labels, pixels);
    hash = hash_bytes(hash, p->cloud.kind, pixels);
    hash = hash_bytes(hash, p->cloud.x_m, pixels * sizeof *p->cloud.x_m);
    hash = hash_bytes(hash, p->cloud.y_m, pixels * sizeof *p->cloud.y_m);
    hash = tracker_hash(&p->tracker, hash);
    return trust_hash(&p->trust, hash);
}
