#include "perception/perception_inside.h"

#define BEAM_FOOT_M 0.06   /* a beam that ends lower hit the floor: the robot was tilted */
#define SCAN_LONGEST_S 2.0
#define RANGE_SD_M 0.02    /* where the data sheet says nothing */
#define KNOCK_M 0.012
#define KNOCK_RAD 0.005
#define SURPRISE_MAX 16.3  /* chi-square with 3 degrees of freedom, 99.9 % */
#define MAP_LEARNT 0.2     /* of a scan's evidence about the map's error: the last second counts */
#define MOVER_MPS 0.2
#define DOUBTFUL_SHARE 0.6 /* of a scan that fits the map: below, its mirror image is tried */

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

struct match_noise perception_scan_noise(const struct perception *perception)
{
    double range_m = perception->config.sheet.lidar_m;
    return (struct match_noise){range_m > 0 ? range_m : RANGE_SD_M, sqrt(fmax(0, perception->map_m2))};
}

/* The share of the map's walls that the scan would explain with left and right changed. */
static double mirrored_share(const struct perception *perception, struct pose2 pose, const double covariance[9])
{
    struct vec2 mirrored[BEAMS_MAX];
    struct match_noise noise = perception_scan_noise(perception);
    const struct returns *lidar = &perception->lidar;
    for (size_t i = 0; i < lidar->count; i++)
        mirrored[i] = (struct vec2){lidar->points[i].x, -lidar->points[i].y};
    return match_scan(perception->match, mirrored, lidar->count, pose, covariance, &noise).share;
}

/* A knock or a slip may have moved the robot by more than wheels and gyro know: scans are looked for,
 * and believed, so much farther than the covariance says. */
static void search_covariance(const struct ekf *ekf, struct pose2 since, double covariance[9])
{
    const double sd[3] = {KNOCK_M, KNOCK_M, KNOCK_RAD};
    ekf_earlier_covariance(ekf, since, covariance);
    for (int i = 0; i < 3; i++)
        covariance[i * 4] += square(sd[i]);
}

static void take_match(struct perception *perception, struct pose2 since, const struct match_result *result)
{
    struct ekf *ekf = &perception->ekf;
    if (ekf_surprise(ekf, since, result->information, result->pull) > SURPRISE_MAX)
        ekf_doubt(ekf, KNOCK_M, KNOCK_RAD);
    ekf_correct(ekf, since, result->information, result->pull, result->systematic);
    perception->map_m2 += MAP_LEARNT * (result->map_m2 - perception->map_m2);
    perception->was_matched = true;
}

/* A lidar that is not fully believed is taken to be so much noisier. */
static void weigh_match(struct match_result *result, double weight)
{
    for (int i = 0; i < 9; i++)
        result->information[i] *= square(weight);
    for (int i = 0; i < 3; i++)
        result->pull[i] *= square(weight);
}

static void fit_to_map(struct perception *perception, struct pose2 since)
{
    double covariance[9];
    struct pose2 pose = perception_pose_before(perception, since);
    struct match_noise noise = perception_scan_noise(perception);
    search_covariance(&perception->ekf, since, covariance);
    struct match_result result = match_scan(perception->match, perception->lidar.points, perception->lidar.count, pose,
                                            covariance, &noise);
    if (result.verdict == MATCH_UNKNOWN)
        return;
    perception->match_score = result.share;
    bool doubtful = result.verdict != MATCH_ACCEPTED || result.share < DOUBTFUL_SHARE;
    trust_map(&perception->trust, result.share,
              doubtful ? mirrored_share(perception, pose, covariance) : (double)NAN);
    if (!perception_may_search(perception))
        return;
    weigh_match(&result, perception->belief.sensors[SENSOR_LIDAR].weight);
    if (result.verdict == MATCH_ACCEPTED && perception_trusts(perception, SENSOR_LIDAR))
        take_match(perception, since, &result);
    perception_doubt_place(perception, result.pose, result.verdict == MATCH_ACCEPTED);
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

void perception_tell_movers(struct perception *perception, int64_t stamp_ns)
{
    struct track tracks[TRACKS_MAX];
    mapper_movers(&perception->mapper, tracks, tracker_now(&perception->tracker, stamp_ns, tracks));
}

/* Who walks about, as far as the last update knew. */
static size_t count_movers(const struct perception *perception)
{
    size_t count = 0;
    for (size_t i = 0; i < perception->belief.track_count; i++) {
        const struct track *track = &perception->tracks[i];
        count += track->confirmed && vec2_length(track->velocity_mps) > MOVER_MPS;
    }
    return count;
}

void perception_take_scan(struct perception *perception, struct health_log *health, int64_t stamp_ns,
                          const void *message)
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
    perception->trust.movers = count_movers(perception);
    trust_scan(&perception->trust, stamp_ns, scan, &perception->sight.shown, mount, perception->config.lidar_yaw_rad);
    sight_scan(&perception->sight, stamp_ns, scan, perception->config.lidar_yaw_rad);
    struct returns *lidar = &perception->lidar;
    lidar->count = 0;
    lidar->stamp_ns = stamp_ns;
    for (size_t i = 0; i < count; i++)
        if (beams[i].hit)
            lidar->points[lidar->count++] = beams[i].end;

    struct pose2 since = perception_motion_since(perception, stamp_ns);
    if (perception->lost)
        perception_search(perception, since);
    else if (perception->match)
        fit_to_map(perception, since);
    if (!perception_trusts(perception, SENSOR_LIDAR)) {
        lidar->count = 0;
        return;
    }
    struct pose2 pose = perception_pose_before(perception, since);
    double stride = (double)((scan->ranges.count + BEAMS_MAX - 1) / BEAMS_MAX);
    follow_movers(perception, stamp_ns, fabs((double)scan->angle_increment) * stride, pose, beams, count);
    perception_tell_movers(perception, stamp_ns);
    mapper_scan(&perception->mapper, pose, mount, beams, count);
}
