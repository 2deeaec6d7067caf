/* Any text as a fault. What is refused gets a sentence; what is accepted reads back from its own text as the same
 * fault, and bends a message of each sensor without touching what the sensor owns. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BEAMS = 5, PIXELS = 4 };

static void scan_bend(struct faults *faults, int64_t now_ns)
{
    float ranges[BEAMS] = {1, 2, 3, INFINITY, 5}, before[BEAMS];
    struct msg_laser_scan scan = {.header = {message_time(now_ns), "lidar"}, .angle_min = -3, .angle_increment = 1.25f,
                                  .ranges = {ranges, BEAMS}};
    memcpy(before, ranges, sizeof before);
    faults_message(faults, SENSOR_LIDAR, now_ns, &scan);
    ASSERT(scan.ranges.count == BEAMS && !memcmp(before, ranges, sizeof before));
}

static void pictures_bend(struct faults *faults, int64_t now_ns)
{
    uint8_t rgb[3 * PIXELS] = {0, 1, 2, 253, 254, 255};
    float depth[PIXELS] = {1, NAN, 3, 4};
    struct msg_image image = {.width = 2, .height = 2, .step = 6, .data = {rgb, sizeof rgb}};
    faults_message(faults, SENSOR_CAMERA, now_ns, &image);
    image = (struct msg_image){.width = 2, .height = 2, .step = 8, .data = {(uint8_t *)depth, sizeof depth}};
    faults_message(faults, SENSOR_DEPTH, now_ns, &image);
    ASSERT(rgb[5] == 255 && depth[0] == 1.0f);
}

static void bend(struct faults *faults, int64_t now_ns)
{
    struct msg_imu imu = {.angular_velocity = {1, 2, 3}, .linear_acceleration = {0, 0, 9.81}};
    struct msg_odometry odometry = {.pose.pose.orientation.w = 1, .twist.twist.linear.x = 1};
    struct msg_bumper bumper = {.sectors = 5};
    struct twist2 command = {0.5, -0.5};
    double more_s;
    scan_bend(faults, now_ns);
    pictures_bend(faults, now_ns);
    faults_message(faults, SENSOR_IMU, now_ns, &imu);
    faults_message(faults, SENSOR_ODOMETRY, now_ns, &odometry);
    faults_message(faults, SENSOR_BUMPER, now_ns, &bumper);
    struct fault_outcome outcome = faults_command(faults, now_ns, &command);
    ASSERT(isfinite(command.v_mps) && isfinite(command.w_radps) && outcome.delay_ns >= 0);
    faults_policy(faults, now_ns, &more_s);
    ASSERT(more_s >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault_spec spec, again;
    struct error err = {0};
    char *text = memory_new(size + 1, 1), printed[FAULT_TEXT];
    if (size)
        memcpy(text, data, size);
    if (fault_parse(text, &spec, &err)) {
        ASSERT(err.status == STATUS_BAD_INPUT && !strncmp(err.text, "fault '", 7));
    } else {
        fault_text(&spec, printed);
        ASSERT(!fault_parse(printed, &again, &err));
        ASSERT(!memcmp(&spec.amount, &again.amount, sizeof spec.amount) && spec.target == again.target &&
               spec.kind == again.kind && spec.for_s == again.for_s && spec.recover_s == again.recover_s);
        struct faults *faults = faults_create(1);
        if (!faults_add(faults, &spec, 0, &err))
            for (int64_t now_ns = 0; now_ns < 100000000000; now_ns = now_ns * 3 + 1000000)
                bend(faults, now_ns);
        faults_destroy(&faults);
    }
    free(text);
    return 0;
}
