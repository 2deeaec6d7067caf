/* perception/perception_inside.h - what perception is made of; for perception.c and perception_*.c alone.
 *
 *   perception.c         made, judged, told: the belief of each update, and the hash
 *   perception_sense.c   one function per sensor: checks the values, tells health, passes them on
 *   perception_scan.c    the same for scans, which do most: pose, movers, map
 *   perception_lost.c    when the place on the map is given up, searched for, and found */
#ifndef PERCEPTION_PERCEPTION_INSIDE_H
#define PERCEPTION_PERCEPTION_INSIDE_H

#include "perception/camera.h"
#include "perception/distance.h"
#include "perception/ekf.h"
#include "perception/keepout.h"
#include "perception/mapper.h"
#include "perception/match.h"
#include "perception/motion.h"
#include "perception/particles.h"
#include "perception/perception.h"
#include "perception/seeing.h"
#include "perception/sight.h"
#include "perception/sonar.h"
#include "perception/track.h"
#include "perception/trust.h"

enum {
    BEAMS_MAX = 720,   /* of a scan; a finer one is thinned */
    POINTS_MAX = 1280, /* beams, depth columns and arcs of ultrasound */
    MISFITS_MAX = 10,  /* scans in a row that do not fit, until the pose is doubted: 1 s ... */
    MISFITS_LOST = 20, /* ... and until it is given up */
};
#define POINTS_OLD_NS INT64_C(500000000)


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
    struct static_map map;       /* a copy, for when the robot is found again */
    struct particles *particles; /* NULL: no map */
    bool lost;
    struct pose2 searched;   /* dead-reckoned pose of the last scan that the particles were moved on to */
    uint32_t finds, nowhere; /* generations in a row that agreed on one place; whose best place is none */
    double usual_share;      /* of the beams that the map explains, on the average; NaN before the first ... */
    double usual_through;    /* ... and of those that would have passed through its walls */
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
    double map_m2;            /* variance of the map's walls, as the scans show it; may be a little negative */
    uint8_t bumper;
    struct vec2 points[POINTS_MAX];
    struct belief belief;
};

/* The motion since a stamp, up to the EKF's own time; and the pose believed for that stamp. */
struct pose2 perception_motion_since(const struct perception *perception, int64_t stamp_ns);
struct pose2 perception_pose_before(const struct perception *perception, struct pose2 since);
/* Moves pose and track on to a stamp. */
void perception_advance(struct perception *perception, int64_t stamp_ns, const struct ekf_step *step);

/* What is BAD is listened to, so that it may prove itself again, but not fused. */
static inline bool perception_trusts(const struct perception *perception, enum sensor sensor)
{
    return perception->belief.sensors[sensor].state != HEALTH_BAD;
}

/* Tells the map who moves at a stamp, for the marks of that moment's scan or image. */
void perception_tell_movers(struct perception *perception, int64_t stamp_ns);

/* The scan's standard deviations, by the data sheet and by what was learnt of the map. */
struct match_noise perception_scan_noise(const struct perception *perception);

/* The place on the map is no longer known. */
void perception_lose(struct perception *perception);
/* Gives it up once scans have refused to fit for long enough; this one was taken at `pose`, as well as is known. */
void perception_doubt_place(struct perception *perception, struct pose2 pose, bool fits);
/* A scan while lost, in `lidar`: may end it. */
void perception_search(struct perception *perception, struct pose2 since);

/* Trusted, or accused of nothing but that it fits the map mirrored: so may a good one at another place. */
bool perception_may_search(const struct perception *perception);

void perception_take_scan(struct perception *perception, struct health_log *health, int64_t stamp_ns,
                          const void *message);

#endif
