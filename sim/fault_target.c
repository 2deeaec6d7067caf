/* Who can have which faults, and where the values of its messages are. */
#include <math.h>
#include <string.h>

#include "sim/fault_internal.h"

#define BIT(kind) (1u << FAULT_##kind)
static const unsigned WAY = BIT(DELAY) | BIT(JITTER) | BIT(DROP), RATE = BIT(BIAS) | BIT(DRIFT) | BIT(NOISE),
                      STAMPED = BIT(FREEZE) | BIT(STALE_STAMP);

/* Leaves old values where they are; the caller writes all of them. */
void values_resize(struct values *values, size_t count)
{
    if (count > values->capacity)
        values->at = memory_resize(values->at, values->capacity = count, sizeof *values->at);
    values->count = count;
}

/* Room for `size` bytes that a message may point to, aligned as the heap is. */
static void *room_take(struct bytes *room, size_t size)
{
    room->size = 0;
    for (size_t i = 0; i < size; i += sizeof(uint64_t))
        bytes_put(room, &(uint64_t){0}, sizeof(uint64_t));
    return room->data;
}

/* --- lidar: a range each beam ----------------------------------------------------------------------------------- */

static void scan_load(const void *message, struct values *values)
{
    const struct msg_laser_scan *scan = message;
    values_resize(values, scan->ranges.count);
    for (size_t i = 0; i < values->count; i++)
        values->at[i] = (double)scan->ranges.data[i];
}

static void scan_store(void *message, const struct values *values, struct bytes *room)
{
    struct msg_laser_scan *scan = message;
    float *ranges = room_take(room, values->count * sizeof *ranges);
    for (size_t i = 0; i < values->count; i++)
        ranges[i] = (float)values->at[i];
    scan->ranges.data = ranges;
}

/* What was seen at an angle is told at its negative; a beam whose mirror image is not scanned sees nothing. */
static void scan_swap(const void *message, struct values *values)
{
    const struct msg_laser_scan *scan = message;
    long count = (long)values->count, turn = lround(2 * PI / (double)scan->angle_increment);
    long sum = lround(-2 * (double)scan->angle_min / (double)scan->angle_increment);
    struct values old = {0};
    values_resize(&old, values->count);
    if (count)
        memcpy(old.at, values->at, values->count * sizeof *old.at);
    for (long i = 0; i < count; i++) {
        long from = turn > 0 ? ((sum - i) % turn + turn) % turn : sum - i;
        values->at[i] = from >= 0 && from < count ? old.at[from] : (double)INFINITY;
    }
    free(old.at);
}

/* --- ultrasonic: a range each transducer ------------------------------------------------------------------------ */

static void ring_load(const void *message, struct values *values)
{
    const struct msg_range_array *array = message;
    values_resize(values, array->ranges.count);
    for (size_t i = 0; i < values->count; i++)
        values->at[i] = (double)array->ranges.data[i].range;
}

static void ring_store(void *message, const struct values *values, struct bytes *room)
{
    struct msg_range_array *array = message;
    struct msg_range *ranges = room_take(room, values->count * sizeof *ranges);
    for (size_t i = 0; i < values->count; i++) {
        ranges[i] = array->ranges.data[i];
        ranges[i].range = (float)values->at[i];
    }
    array->ranges.data = ranges;
}

/* The first looks ahead, the others evenly to the left: left and right change places. */
static void ring_swap(const void *message, struct values *values)
{
    (void)message;
    for (size_t i = 1; 2 * i < values->count; i++) {
        double left = values->at[i];
        values->at[i] = values->at[values->count - i];
        values->at[values->count - i] = left;
    }
}

/* --- pictures --------------------------------------------------------------------------------------------------- */

static void levels_load(const void *message, struct values *values)
{
    const struct msg_image *image = message;
    values_resize(values, image->data.count);
    for (size_t i = 0; i < values->count; i++)
        values->at[i] = image->data.data[i];
}

static void levels_store(void *message, const struct values *values, struct bytes *room)
{
    struct msg_image *image = message;
    uint8_t *levels = room_take(room, values->count);
    for (size_t i = 0; i < values->count; i++)
        levels[i] = (uint8_t)lround(clamp(values->at[i], 0, 255));
    image->data.data = levels;
}

static void levels_swap(const void *message, struct values *values)
{
    (void)message;
    for (size_t i = 0; i + 2 < values->count; i += 3) {
        double red = values->at[i];
        values->at[i] = values->at[i + 2];
        values->at[i + 2] = red;
    }
}

static void depth_load(const void *message, struct values *values)
{
    const struct msg_image *image = message;
    values_resize(values, image->data.count / sizeof(float));
    for (size_t i = 0; i < values->count; i++) {
        float depth_m;
        memcpy(&depth_m, image->data.data + i * sizeof depth_m, sizeof depth_m);
        values->at[i] = (double)depth_m;
    }
}

static void depth_store(void *message, const struct values *values, struct bytes *room)
{
    struct msg_image *image = message;
    float *depth_m = room_take(room, values->count * sizeof *depth_m);
    for (size_t i = 0; i < values->count; i++)
        depth_m[i] = (float)values->at[i];
    image->data.data = (uint8_t *)depth_m;
}

static void depth_swap(const void *message, struct values *values)
{
    size_t width = ((const struct msg_image *)message)->width;
    for (size_t row = 0; width && row + width <= values->count; row += width)
        for (size_t i = 0; i < width / 2; i++) {
            double left = values->at[row + i];
            values->at[row + i] = values->at[row + width - 1 - i];
            values->at[row + width - 1 - i] = left;
        }
}

/* --- what moves ------------------------------------------------------------------------------------------------- */

enum { IMU_VALUES = 6, ODOMETRY_VALUES = 6, SECTORS = 8 };

/* The yaw rate first: it is the signal, what heading is made of. */
static void imu_load(const void *message, struct values *values)
{
    const struct msg_imu *imu = message;
    const struct msg_vector3 *w = &imu->angular_velocity, *a = &imu->linear_acceleration;
    values_resize(values, IMU_VALUES);
    memcpy(values->at, (const double[]){w->z, w->x, w->y, a->z, a->x, a->y}, IMU_VALUES * sizeof *values->at);
}

static void imu_store(void *message, const struct values *values, struct bytes *room)
{
    struct msg_imu *imu = message;
    const double *v = values->at;
    (void)room;
    imu->angular_velocity = (struct msg_vector3){v[1], v[2], v[0]};
    imu->linear_acceleration = (struct msg_vector3){v[4], v[5], v[3]};
}

static void imu_swap(const void *message, struct values *values)
{
    double *v = values->at, rate = v[1], force = v[4];
    (void)message;
    v[1] = v[2];
    v[2] = rate;
    v[4] = v[5];
    v[5] = force;
}

/* Speeds first, then the pose: a freeze holds both, and what changes the speeds alone moves the pose (fault_reckon). */
static void odometry_load(const void *message, struct values *values)
{
    const struct msg_odometry *odometry = message;
    const struct msg_pose *pose = &odometry->pose.pose;
    values_resize(values, ODOMETRY_VALUES);
    memcpy(values->at,
           (const double[]){odometry->twist.twist.linear.x, odometry->twist.twist.angular.z, pose->position.x,
                            pose->position.y, pose->orientation.z, pose->orientation.w},
           ODOMETRY_VALUES * sizeof *values->at);
}

static void odometry_store(void *message, const struct values *values, struct bytes *room)
{
    struct msg_odometry *odometry = message;
    struct msg_pose *pose = &odometry->pose.pose;
    const double *v = values->at;
    (void)room;
    odometry->twist.twist.linear.x = v[0];
    odometry->twist.twist.angular.z = v[1];
    pose->position.x = v[2];
    pose->position.y = v[3];
    pose->orientation.z = v[4];
    pose->orientation.w = v[5];
}

/* Left and right wheel changed places: it seems to turn the other way. */
static void turn_swap(const void *message, struct values *values)
{
    (void)message;
    values->at[1] = -values->at[1];
}

static void bumper_load(const void *message, struct values *values)
{
    unsigned sectors = ((const struct msg_bumper *)message)->sectors;
    values_resize(values, SECTORS);
    for (unsigned i = 0; i < SECTORS; i++)
        values->at[i] = sectors >> i & 1 ? 1 : -1; /* so that a flip is a change of sign */
}

static void bumper_store(void *message, const struct values *values, struct bytes *room)
{
    unsigned sectors = 0;
    (void)room;
    for (unsigned i = 0; i < SECTORS; i++)
        sectors |= (values->at[i] > 0 ? 1u : 0u) << i;
    ((struct msg_bumper *)message)->sectors = (uint8_t)sectors;
}

static void bumper_swap(const void *message, struct values *values)
{
    (void)message;
    for (size_t i = 1; i < SECTORS / 2; i++) { /* sector 0 is dead ahead, 4 behind */
        double left = values->at[i];
        values->at[i] = values->at[SECTORS - i];
        values->at[SECTORS - i] = left;
    }
}

static void command_load(const void *message, struct values *values)
{
    const struct twist2 *command = message;
    values_resize(values, 2);
    values->at[0] = command->v_mps;
    values->at[1] = command->w_radps;
}

static void command_store(void *message, const struct values *values, struct bytes *room)
{
    (void)room;
    *(struct twist2 *)message = (struct twist2){values->at[0], values->at[1]};
}

/* --- the clock: how far the stamp is off, in s ------------------------------------------------------------------ */

static void clock_load(const void *message, struct values *values)
{
    (void)message;
    values_resize(values, 1);
    values->at[0] = 0;
}

static void clock_store(void *message, const struct values *values, struct bytes *room)
{
    struct msg_header *header = message; /* every sensor message begins with one */
    (void)room;
    header->stamp = message_time(message_ns(header->stamp) + (int64_t)llround(values->at[0] * 1e9));
}

#define MEASURES .unit = "m", .most = 100
const struct fault_target_row fault_target_table[FAULT_TARGETS] = {
    [SENSOR_LIDAR] = {.name = "lidar",
                      .kinds = WAY | STAMPED | RATE | BIT(SCALE) | BIT(STUCK) | BIT(BLACKOUT) | BIT(SWAP),
                      MEASURES, .nothing = (double)INFINITY, .load = scan_load, .store = scan_store, .swap = scan_swap},
    [SENSOR_CAMERA] = {.name = "camera",
                       .kinds = WAY | STAMPED | RATE | BIT(SCALE) | BIT(STUCK) | BIT(BLACKOUT) | BIT(SWAP),
                       .unit = "levels", .most = 255, .load = levels_load, .store = levels_store, .swap = levels_swap},
    [SENSOR_DEPTH] = {.name = "depth",
                      .kinds = WAY | STAMPED | RATE | BIT(SCALE) | BIT(STUCK) | BIT(BLACKOUT) | BIT(SWAP),
                      MEASURES, .nothing = (double)NAN, .load = depth_load, .store = depth_store, .swap = depth_swap},
    [SENSOR_IMU] = {.name = "imu",
                    .kinds = WAY | STAMPED | RATE | BIT(SCALE) | BIT(BLACKOUT) | BIT(FLIP) | BIT(SWAP),
                    .unit = "rad/s", .most = 40, .signals = 1, .signed_values = 3, .load = imu_load,
                    .store = imu_store, .swap = imu_swap},
    [SENSOR_ODOMETRY] = {.name = "odometry",
                         .kinds = WAY | STAMPED | RATE | BIT(SCALE) | BIT(BLACKOUT) | BIT(FLIP) | BIT(SWAP),
                         .unit = "m/s", .most = 10, .signals = 1, .signed_values = 2, .load = odometry_load,
                         .store = odometry_store, .swap = turn_swap},
    [SENSOR_BUMPER] = {.name = "bumper",
                       .kinds = WAY | STAMPED | BIT(STUCK) | BIT(BLACKOUT) | BIT(FLIP) | BIT(SWAP),
                       .nothing = -1, .load = bumper_load, .store = bumper_store, .swap = bumper_swap},
    [SENSOR_ULTRASONIC] = {.name = "ultrasonic",
                           .kinds = WAY | STAMPED | RATE | BIT(SCALE) | BIT(STUCK) | BIT(BLACKOUT) | BIT(SWAP),
                           MEASURES, .nothing = (double)INFINITY, .load = ring_load, .store = ring_store,
                           .swap = ring_swap},
    [FAULT_ACTUATOR] = {.name = "actuator",
                        .kinds = WAY | RATE | BIT(SCALE) | BIT(BLACKOUT) | BIT(FLIP) | BIT(SWAP),
                        .unit = "m/s", .most = 5, .signals = 1, .load = command_load, .store = command_store,
                        .swap = turn_swap},
    [FAULT_CLOCK] = {.name = "clock", .kinds = RATE | BIT(FREEZE), .unit = "s", .most = 3600, .load = clock_load,
                     .store = clock_store},
    [FAULT_LINK] = {.name = "link", .kinds = WAY},
    [FAULT_POLICY] = {.name = "policy", .kinds = BIT(DELAY) | BIT(HANG)},
    [FAULT_ROBOT] = {.name = "robot", .kinds = BIT(KIDNAP)},
};
