/* perception/channel.h - which scalar of which sensor is watched for drift. A table.
 *
 * The hard rules of trust.h see what is grossly wrong now; a channel sees what goes wrong slowly. It must not change
 * because the robot drives into another room: so most are residuals, a sensor held `against` another one or against
 * what must be so, and the rest look at noise alone; `why` says it. A channel's sample is the mean of the values that
 * came over CHANNEL_SPAN_S: one every half second at 10 Hz. No value counts while the sensor or the one it is held
 * against breaks a hard rule, or that one's own channels are uneasy: of two that drift apart the one that stands
 * alone is named.
 *
 * Mean, how far it may be off, and spread are what the built-in scenarios show without any fault, given their usual
 * data sheets; noisier sheets widen them (channels_start). */
#ifndef PERCEPTION_CHANNEL_H
#define PERCEPTION_CHANNEL_H

#include "perception/belief.h"
#include "perception/drift.h"
#include "perception/perception.h"

#define CHANNEL_SPAN_S 0.4
enum { CHANNEL_LEARN = 20 }; /* samples of the reference: 10 s */

/*    enumerator     sensor, against           name       unit       mean   off    spread  what; why it stays so */
#define CHANNELS(X)                                                                                                    \
    X(WHEELS_SPEED, ODOMETRY, LIDAR, "speed", "m/s", 0, 0.012, 0.015, "wheels minus scans",                             \
      "both saw the same drive; left out while people walk about, who drag the scans along")                           \
    X(WHEELS_TURN, ODOMETRY, LIDAR, "turn", "rad/s", 0, 0.02, 0.02, "wheels minus scans",                             \
      "both saw the same turn; wheels of unequal size turn by themselves, but always the same way")                    \
    X(GYRO_TURN, IMU, LIDAR, "turn", "rad/s", 0, 0.004, 0.004, "gyro minus scans",                                     \
      "both saw the same turn, and a gyro does not slip")                                                              \
    X(GRAVITY, IMU, IMU, "gravity", "m/s2", 9.85, 0.02, 0.2, "force felt",                                            \
      "gravity is everywhere; what driving adds is within the spread")                                                        \
    X(LIDAR_DEPTH, LIDAR, DEPTH, "range", "m", 0, 0.004, 0.008, "lidar minus depth",                                   \
      "both look at the same wall along the same ray")                                                                 \
    X(LIDAR_NOISE, LIDAR, LIDAR, "noise", "times", 1.05, 0.15, 0.12, "of its data sheet's",                            \
      "neighbouring beams on one surface differ by noise, and little by its shape")                                    \
    X(DEPTH_FLOOR, DEPTH, ODOMETRY, "floor", "times", 1, 0.02, 0.015, "as far as the floor is",                   \
      "the floor is where the wheels are; left out on and before ramps, and while the robot tilts")                                         \
    X(CAMERA_LIGHT, CAMERA, CAMERA, "light", "levels/s", 0.1, 0.4, 2, "brighter",                                      \
      "from picture to picture most pixels show the same surface again")                                               \
    X(ECHO_LIDAR, ULTRASONIC, LIDAR, "range", "m", 0, 0.02, 0.015, "echo minus lidar",                                  \
      "what is nearest in a cone mostly stops both light and sound")
#define CHANNEL_ENUM(id, sensor, against, name, unit, mean, off, spread, what, why) CHANNEL_##id,
enum channel { CHANNELS(CHANNEL_ENUM) CHANNEL_COUNT };

struct channel_row {
    enum sensor sensor, against;
    const char *name, *unit;
    double mean, off, spread;
    const char *what, *why;
};
extern const struct channel_row channel_table[CHANNEL_COUNT];

struct channels {
    struct drift drift[CHANNEL_COUNT];
    struct channel_window { /* values since the last sample */
        double sum;
        uint32_t count;
        int64_t from_ns;
    } windows[CHANNEL_COUNT];
};

void channels_start(struct channels *channels, const struct noise_sheet *sheet);
/* A value of that moment; NaN: there is none. */
void channels_put(struct channels *channels, enum channel channel, int64_t stamp_ns, double value);
/* The sensor's channel in the worst state, nearest to its line; CHANNEL_COUNT: none of its has had a sample. */
enum channel channels_worst(const struct channels *channels, enum sensor sensor);
/* Is none of the sensor's own channels more than half of the way to its line? */
bool channels_is_quiet(const struct channels *channels, enum sensor sensor);
uint64_t channels_hash(const struct channels *channels, uint64_t hash);

#endif
