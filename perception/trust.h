/* perception/trust.h - holds every sensor against its data sheet, itself, its own past, and the others.
 *
 *   trust.c        facts, message by message, and values for the channels that are watched for drift (channel.h)
 *   trust_rules.c  what they mean: health.h's rules
 *
 * Facts are taken message by message (values that repeat, beams that stay, where the floor seems to be), judged once
 * an update by the rules of health.h. Three witnesses say how the robot turned: wheels, gyro and scans (witness.h);
 * where one disagrees with two, it is the one. Where only two are left, the command decides. Speed has two, and scans
 * win, for wheels slip. The drive itself is held against what it was told. */
#ifndef PERCEPTION_TRUST_H
#define PERCEPTION_TRUST_H

#include "perception/camera.h"
#include "perception/channel.h"
#include "perception/health.h"
#include "perception/perception.h"
#include "perception/sight.h"
#include "perception/sonar.h"
#include "perception/witness.h"

enum { TRUST_BLANK_LEVELS = 2 };
#define TRUST_GRAVITY_MPS2 9.81

struct repeats { /* messages in a row that were the same to the last bit */
    uint32_t count;
    double wandered; /* of the witnesses when the first came */
};

struct trust {
    struct noise_sheet sheet;
    struct health_log logs[SENSOR_COUNT], drive;
    struct scan_motion scan_motion;
    struct witness witness;
    struct channels channels;
    struct vec3 lidar_at;               /* in base_link */
    struct repeats repeats[SENSOR_COUNT];
    uint32_t judged[SENSOR_COUNT];      /* messages received when last judged */
    uint8_t beam_repeats[SIGHT_BEAMS_MAX];
    size_t beams, stuck_beams;
    size_t movers;                      /* that walk about in sight */
    double returns_share, returns_before; /* of the last scan; of the last one that had any */
    int contrast;                       /* of the last picture, levels */
    double floor_ratio;                 /* how many times as far as it must be the floor seems; NaN: not seen */
    double floor_near;                  /* the same of the nearest floor alone; NaN: not seen, or the robot tilts */
    enum verdict floor_verdict, map_verdict, echo_verdict;
    int echoes_beyond, echoes;          /* of the last ring: through what the lidar sees; compared at all */
    double gravity_mps2;                /* smoothed; 0: none yet */
    double gyro_off_rad;                /* what the gyro turned too much in the last window, by the others */
    double wheels_off_m;                /* what the wheels drove too far in the last window, by the scans */
    double imu_last[6], odometry_last[4];
    int64_t begun_ns, now_ns;
};

void trust_start(struct trust *trust, const struct perception_config *config);

/* One function per sensor, values already checked for use. `before`: what sight still holds of the message before. */
void trust_scan(struct trust *trust, int64_t stamp_ns, const struct msg_laser_scan *scan, const struct sight *before,
                struct vec2 mount, double yaw_rad);
void trust_image(struct trust *trust, int64_t stamp_ns, const struct msg_image *image, const struct sight *before);
void trust_depth(struct trust *trust, int64_t stamp_ns, const struct msg_image *image, const struct sight *before,
                 const struct camera *camera, const struct camera_view *view);
void trust_imu(struct trust *trust, int64_t stamp_ns, const struct msg_imu *imu);
void trust_odometry(struct trust *trust, int64_t stamp_ns, const struct msg_odometry *odometry);
/* The cones of a message, and the lidar's returns of that moment (base_link). */
void trust_echo(struct trust *trust, int64_t stamp_ns, const struct sonar_cone *cones, size_t count,
                const struct vec2 *returns, size_t return_count);
/* How well the scan fits the map, and how well its mirror image would (NaN: not asked). */
void trust_map(struct trust *trust, double share, double mirrored_share);

/* Is that beam's value to be left out, because it never changes? */
static inline bool trust_is_stuck(const struct trust *trust, size_t beam)
{
    enum { STUCK_AFTER = 4 };
    return beam < SIGHT_BEAMS_MAX && trust->beam_repeats[beam] >= STUCK_AFTER;
}

/* Judges all rules at now_ns, once an update. */
void trust_judge(struct trust *trust, int64_t now_ns);
/* health_read, and what the sensor's channels say. */
struct sensor_health trust_read(const struct trust *trust, enum sensor sensor, int64_t now_ns);
uint64_t trust_hash(const struct trust *trust, uint64_t hash);

#endif
