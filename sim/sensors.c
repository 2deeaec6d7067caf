#include "sim/sensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "logs/names.h"
#include "sim/sensor.h"
#include "sim/wire.h"

/* The order in which messages of one instant go out: what moves an estimate comes before what corrects it. */
static const struct sensor_device *const devices[] = {&sensor_imu, &sensor_odometry, &sensor_lidar, &sensor_camera,
                                                      &sensor_bumper, &sensor_ultrasonic};
enum { DEVICES = COUNT_OF(devices) };

static const struct {
    size_t enabled, rate_hz, latency_s, jitter_s; /* offsets in struct scenario */
} settings[SENSOR_COUNT] = {
#define SETTING(group)                                                                                                 \
    {offsetof(struct scenario, group.enabled), offsetof(struct scenario, group.rate_hz),                               \
     offsetof(struct scenario, group.latency_s), offsetof(struct scenario, group.jitter_s)}
    [SENSOR_LIDAR] = SETTING(lidar),   [SENSOR_CAMERA] = SETTING(camera),     [SENSOR_DEPTH] = SETTING(camera),
    [SENSOR_IMU] = SETTING(imu),       [SENSOR_ODOMETRY] = SETTING(odometry), [SENSOR_BUMPER] = SETTING(bumper),
    [SENSOR_ULTRASONIC] = SETTING(ultrasonic),
};

struct sensors {
    struct sensors_def def;
    unsigned on;
    void *self[DEVICES];         /* NULL: none of its sensors is on */
    uint64_t period[DEVICES];    /* in physics steps */
    struct wire *wire;
    struct seed_stream jitter[SENSOR_COUNT];
};

static double setting(const struct scenario *scenario, size_t offset)
{
    double value;
    memcpy(&value, (const char *)scenario + offset, sizeof value);
    return value;
}

static double rate_hz(const struct scenario *scenario, enum sensor sensor)
{
    bool enabled;
    memcpy(&enabled, (const char *)scenario + settings[sensor].enabled, sizeof enabled);
    return enabled ? setting(scenario, settings[sensor].rate_hz) : 0;
}

static unsigned sensors_on(const struct scenario *scenario, unsigned without)
{
    unsigned on = 0;
    for (enum sensor s = 0; s < SENSOR_COUNT; s++)
        if (rate_hz(scenario, s) > 0)
            on |= 1u << s;
    return on & ~without;
}

/* The sensors of one device share their settings. */
static enum sensor device_sensor(const struct sensor_device *device)
{
    enum sensor first = 0;
    while (!sensor_is_on(device->serves, first))
        first++;
    return first;
}

static uint64_t device_period(const struct scenario *scenario, const struct sensor_device *device)
{
    long long steps = llround(scenario->world.physics_hz / rate_hz(scenario, device_sensor(device)));
    ASSERT(steps > 0);
    return (uint64_t)steps;
}

static void jitter_seed(struct sensors *sensors, uint64_t seed)
{
    for (enum sensor s = 0; s < SENSOR_COUNT; s++) {
        char name[48];
        snprintf(name, sizeof name, "%s.jitter", sensor_names[s]);
        sensors->jitter[s] = seed_stream_named(seed, name);
    }
}

struct sensors *sensors_create(const struct sensors_def *def)
{
    struct sensors *sensors = NEW(struct sensors);
    sensors->def = *def;
    sensors->on = sensors_on(def->world->scenario, def->without);
    sensors->wire = wire_create((struct wire_out){def->journal, def->take, def->self});
    jitter_seed(sensors, def->seed);
    struct sensor_setup setup = {def->world->scenario, robot_config(def->robot), def->seed, sensors->on,
                                 robot_state(def->robot, def->world)};
    for (size_t i = 0; i < DEVICES; i++) {
        if (!(devices[i]->serves & sensors->on))
            continue;
        sensors->self[i] = devices[i]->create(&setup);
        sensors->period[i] = device_period(def->world->scenario, devices[i]);
    }
    return sensors;
}

void sensors_destroy(struct sensors **sensors)
{
    struct sensors *gone = *sensors;
    *sensors = NULL;
    if (!gone)
        return;
    for (size_t i = 0; i < DEVICES; i++)
        if (gone->self[i])
            devices[i]->destroy(gone->self[i]);
    wire_destroy(&gone->wire);
    free(gone);
}

/* Whose topic it is; SENSOR_COUNT: nobody's, such as the truth. */
static enum sensor topic_sensor(enum topic topic)
{
#define SENSOR_TOPIC(id, name, of) [SENSOR_##id] = TOPIC_##of,
    static const enum topic topics[SENSOR_COUNT] = {SENSORS(SENSOR_TOPIC)};
    enum sensor sensor = 0;
    if (topic == TOPIC_POINTS) /* a second message of the same scan */
        return SENSOR_LIDAR;
    while (sensor < SENSOR_COUNT && topics[sensor] != topic)
        sensor++;
    return sensor;
}

/* Of the message that is sampled now. */
static double lateness_s(struct sensors *sensors, enum sensor sensor)
{
    const struct scenario *scenario = sensors->def.world->scenario;
    double jitter_s = setting(scenario, settings[sensor].jitter_s);
    double drawn_s = jitter_s > 0 ? jitter_s * seed_uniform(&sensors->jitter[sensor]) : 0;
    return setting(scenario, settings[sensor].latency_s) + drawn_s;
}

void sensor_emit(const struct sensor_moment *moment, enum topic topic, const void *message)
{
    struct sensors *sensors = moment->sensors;
    enum sensor sensor = topic_sensor(topic);
    struct wire_letter letter = {
        .topic = topic, .message = message, .now_ns = moment->now_ns, .due_ns = moment->now_ns};
    _Alignas(16) unsigned char copy[1024]; /* of the struct: faults may change its members */
    if (sensor < SENSOR_COUNT)
        letter.due_ns += (int64_t)llround(lateness_s(sensors, sensor) * 1e9);
    if (sensor < SENSOR_COUNT && sensors->def.faults && faults_concern(sensors->def.faults, (int)sensor)) {
        ASSERT(topic_table[topic].type->size <= sizeof copy);
        letter.message = memcpy(copy, message, topic_table[topic].type->size);
        struct fault_outcome outcome = faults_message(sensors->def.faults, sensor, moment->now_ns, copy);
        if (outcome.dropped)
            return;
        letter.due_ns += outcome.delay_ns;
        letter.overtakes = outcome.overtakes;
    }
    wire_send(sensors->wire, &letter);
}

void sensors_sample(struct sensors *sensors, uint64_t step, int64_t now_ns)
{
    struct sensor_moment moment = {.def = &sensors->def, .sensors = sensors, .now_ns = now_ns};
    bool looked = false;
    wire_deliver(sensors->wire, now_ns);
    for (size_t i = 0; i < DEVICES; i++) {
        if (!sensors->self[i])
            continue;
        if (devices[i]->observe)
            devices[i]->observe(sensors->self[i], sensors->def.world, sensors->def.robot);
        if (step % sensors->period[i] != 0)
            continue;
        if (!looked) {
            moment.truth = robot_state(sensors->def.robot, sensors->def.world);
            robot_hide(sensors->def.robot, sensors->def.world);
        }
        looked = true;
        devices[i]->sample(sensors->self[i], &moment);
    }
    if (looked)
        robot_show(sensors->def.robot, sensors->def.world);
}

void sensors_seed(struct sensors *sensors, uint64_t seed)
{
    for (size_t i = 0; i < DEVICES; i++)
        if (sensors->self[i] && devices[i]->seed)
            devices[i]->seed(sensors->self[i], seed);
    jitter_seed(sensors, seed);
}

/* --- descriptions ----------------------------------------------------------------------------------------- */

struct pose3 sensor_lidar_mount(const struct lidar_config *config)
{
    return (struct pose3){{config->x_m, config->y_m, config->z_m}, quat_from_yaw(config->yaw_rad)};
}

struct pose3 sensor_camera_mount(const struct camera_config *config)
{
    return (struct pose3){{config->x_m, config->y_m, config->z_m}, quat_from_rpy(0, config->pitch_rad, 0)};
}

static void announce_frames(const struct sensors *sensors, const struct sensor_moment *moment)
{
    const struct scenario *s = sensors->def.world->scenario;
    const unsigned camera = 1u << SENSOR_CAMERA | 1u << SENSOR_DEPTH;
    const struct pose3 here = {.orientation = {0, 0, 0, 1}};
    /* REP 103: in an optical frame z looks ahead, x right, y down. */
    const struct pose3 optical = {.orientation = quat_from_rpy(-PI / 2, 0, -PI / 2)};
    const struct {
        unsigned needs;
        const char *parent, *child;
        struct pose3 pose;
    } frames[] = {
        {1u << SENSOR_LIDAR, "base_link", "lidar", sensor_lidar_mount(&s->lidar)},
        {camera, "base_link", "camera", sensor_camera_mount(&s->camera)},
        {camera, "camera", "camera_optical", optical},
        {1u << SENSOR_IMU, "base_link", "imu", here},
    };
    struct msg_transform_stamped transforms[COUNT_OF(frames)];
    struct msg_tf_message tf = {.transforms = {transforms, 0}};
    for (size_t i = 0; i < COUNT_OF(frames); i++)
        if (frames[i].needs & sensors->on)
            transforms[tf.transforms.count++] = (struct msg_transform_stamped){
                .header = sensor_header(moment, frames[i].parent),
                .child_frame_id = frames[i].child,
                .transform = {sensor_vector(frames[i].pose.position), sensor_quaternion(frames[i].pose.orientation)},
            };
    journal_publish(sensors->def.journal, TOPIC_TF_STATIC, moment->now_ns, &tf);
}

void sensors_announce(struct sensors *sensors, int64_t now_ns)
{
    struct sensor_moment moment = {.def = &sensors->def, .now_ns = now_ns};
    announce_frames(sensors, &moment);
    for (size_t i = 0; i < DEVICES; i++)
        if (sensors->self[i] && devices[i]->announce)
            devices[i]->announce(sensors->self[i], &moment);
}

uint64_t sensors_hash(const struct sensors *sensors, uint64_t hash)
{
    for (size_t i = 0; i < DEVICES; i++)
        if (sensors->self[i])
            hash = hash_bytes(hash, sensors->self[i], devices[i]->state_size);
    for (enum sensor s = 0; s < SENSOR_COUNT; s++)
        if (setting(sensors->def.world->scenario, settings[s].jitter_s) > 0)
            hash = hash_bytes(hash, &sensors->jitter[s], sizeof sensors->jitter[s]);
    return wire_hash(sensors->wire, hash);
}

void sensors_describe(const struct scenario *scenario, unsigned without, struct perception_config *config)
{
    const struct lidar_config *lidar = &scenario->lidar;
    const struct camera_config *camera = &scenario->camera;
    unsigned on = sensors_on(scenario, without);
    config->lidar_x_m = lidar->x_m;
    config->lidar_y_m = lidar->y_m;
    config->lidar_z_m = lidar->z_m;
    config->lidar_yaw_rad = lidar->yaw_rad;
    config->camera_in_base = sensor_camera_mount(camera);
    config->camera_hfov_rad = camera->hfov_rad;
    config->camera_width = camera->width;
    config->camera_height = camera->height;
    config->paint = camera->paint;
    config->depth_min_m = camera->depth_min_m;
    config->depth_max_m = camera->depth_max_m;
    const struct imu_config *imu = &scenario->imu;
    const struct odometry_config *odometry = &scenario->odometry;
    config->sheet = (struct noise_sheet){
        .lidar_m = lidar->noise_m, .lidar_dropout = lidar->dropout,
        .camera = camera->noise + camera->shot_noise, .depth_per_m = camera->depth_noise,
        .gyro_radps = imu->gyro_noise_radps, .gyro_bias_radps = imu->gyro_bias_radps,
        .accel_mps2 = imu->accel_noise_mps2,
        .wheel_mps = odometry->noise_mps, .wheel_radps = odometry->noise_radps, .wheel_scale = odometry->scale_error,
    };
    for (enum sensor s = 0; s < SENSOR_COUNT; s++) {
        config->nominal_hz[s] = sensor_is_on(on, s) ? rate_hz(scenario, s) : 0;
        config->late_s[s] = setting(scenario, settings[s].latency_s) + setting(scenario, settings[s].jitter_s);
    }
}

enum status sensors_without(const char *name, unsigned *without, struct error *err)
{
    for (enum sensor s = 0; s < SENSOR_COUNT; s++)
        if (!strcmp(name, sensor_names[s])) {
            *without |= 1u << s;
            return STATUS_OK;
        }
    char hint[80], known[120] = "";
    names_hint(hint, sizeof hint, name, sensor_names, SENSOR_COUNT, sizeof *sensor_names);
    for (enum sensor s = 0; s < SENSOR_COUNT; s++) {
        strncat(known, " ", sizeof known - strlen(known) - 1);
        strncat(known, sensor_names[s], sizeof known - strlen(known) - 1);
    }
    return error_set(err, STATUS_BAD_INPUT, "there is no sensor '%s'%s (there are%s)", name, hint, known);
}
