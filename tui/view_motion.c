/* Motion: ten seconds of odometry and IMU as small plots with fixed scales, and the attitude. */
#include <stdio.h>

#include "tui/view.h"

#define WINDOW_S 10.0
#define GRAVITY_MPS2 9.81
#define HOLD_S 0.3 /* a value is drawn on until the next one, at most this long: a longer silence is a hole */
enum { LABEL_COLUMNS = 17, COLUMNS_MAX = 1024 };

enum channel_kind { ODOMETRY_V, ODOMETRY_W, ACCEL, GYRO };
static const struct channel {
    const char *name, *unit;
    enum channel_kind kind;
    int axis;
    double low, high; /* of the plot ... */
    bool of_limit;    /* ... as shares of the robot's greatest speed or turn rate */
    enum role role;
} channels[] = {
    {"v", "m/s", ODOMETRY_V, 0, -0.25, 1, true, ROLE_PLAN},
    {"w", "rad/s", ODOMETRY_W, 0, -1, 1, true, ROLE_PLAN},
    {"ax", "m/s2", ACCEL, 0, -2, 2, false, ROLE_LIDAR},
    {"ay", "m/s2", ACCEL, 1, -2, 2, false, ROLE_LIDAR},
    {"az", "m/s2", ACCEL, 2, GRAVITY_MPS2 - 2, GRAVITY_MPS2 + 2, false, ROLE_LIDAR},
    {"gz", "rad/s", GYRO, 2, -1, 1, true, ROLE_TRAIL},
    {"gx", "rad/s", GYRO, 0, -0.5, 0.5, false, ROLE_TRAIL},
    {"gy", "rad/s", GYRO, 1, -0.5, 0.5, false, ROLE_TRAIL},
};

static double scale_of(const struct model *model, const struct channel *channel)
{
    const struct msg_episode_info *info = MODEL(model, EPISODE_INFO, episode_info);
    double limit = !info ? 0 : channel->kind == ODOMETRY_V ? info->max_v_mps : info->max_w_radps;
    return !channel->of_limit ? 1 : limit > 0 ? limit : 2;
}

/* The i-th sample counted from the oldest; false past the end. */
static bool sample(const struct model *model, const struct channel *channel, uint32_t i, int64_t *stamp_ns,
                   float *value)
{
    bool odom = channel->kind <= ODOMETRY_W;
    if (i >= (odom ? model->odom_ring.count : model->imu_ring.count))
        return false;
    if (odom) {
        const struct model_odom *one = &model->odom[ring_slot(&model->odom_ring, MODEL_ODOM, i)];
        *stamp_ns = one->stamp_ns;
        *value = channel->kind == ODOMETRY_V ? one->v_mps : one->w_radps;
    } else {
        const struct model_imu *one = &model->imu[ring_slot(&model->imu_ring, MODEL_IMU, i)];
        *stamp_ns = one->stamp_ns;
        *value = channel->kind == ACCEL ? one->accel[channel->axis] : one->gyro[channel->axis];
    }
    return true;
}

/* The window as `columns` values, newest last; returns the latest value. */
static double resample(const struct model *model, const struct channel *channel, float *values, int columns)
{
    double per_ns = columns / (WINDOW_S * 1e9), hold_columns = HOLD_S / WINDOW_S * columns + 1;
    int64_t start_ns = model->now_ns - (int64_t)(WINDOW_S * 1e9), stamp_ns;
    float value = NAN, last = NAN;
    int held = 0;
    for (int i = 0; i < columns; i++)
        values[i] = NAN;
    for (uint32_t i = 0; sample(model, channel, i, &stamp_ns, &value); i++) {
        double at = (double)(stamp_ns - start_ns) * per_ns;
        if (at >= 0 && at < columns + 1)
            values[at < columns ? (int)at : columns - 1] = value;
    }
    for (int i = 0; i < columns; i++) {
        held = isnan(values[i]) ? held + 1 : 0;
        last = held == 0 ? values[i] : held <= hold_columns ? last : NAN;
        values[i] = last;
    }
    return (double)value;
}

static void draw_channel(const struct view_context *context, struct canvas *canvas, struct rect rect,
                         const struct channel *channel)
{
    float values[COLUMNS_MAX];
    double scale = scale_of(context->model, channel);
    int columns = 2 * (rect.width - LABEL_COLUMNS);
    columns = columns > COLUMNS_MAX ? COLUMNS_MAX : columns < 1 ? 1 : columns;
    double latest = resample(context->model, channel, values, columns);
    int y = rect.y + rect.height / 2, x = canvas_field(canvas, rect.x + 1, y, 2, ROLE_DIM, "%s", channel->name);
    if (isfinite(latest))
        x = canvas_field(canvas, x, y, -7, ROLE_TEXT, "%+.2f", latest);
    else
        x = canvas_field(canvas, x, y, -7, ROLE_DIM, "-");
    canvas_field(canvas, x + 1, y, 5, ROLE_DIM, "%s", channel->unit);
    struct rect plot = {rect.x + LABEL_COLUMNS, rect.y, (columns + 1) / 2, rect.height};
    canvas_plot(canvas, plot, values, columns, channel->low * scale, channel->high * scale, channel->role);
}

static void draw_attitude(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    const struct msg_imu *imu = MODEL(context->model, IMU, imu);
    struct pose2 pose;
    bool placed = model_pose(context->model, &pose);
    const double degrees = 180 / PI;
    int x = canvas_text(canvas, rect.x + 1, rect.y, ROLE_DIM, "yaw");
    x = view_number(canvas, x, rect.y, 7, ROLE_TEXT, placed ? pose.yaw * degrees : (double)NAN, 1);
    const struct msg_vector3 *a = imu ? &imu->linear_acceleration : NULL; /* tilt as gravity shows it */
    x = canvas_text(canvas, x, rect.y, ROLE_DIM, " pitch");
    x = view_number(canvas, x, rect.y, 6, ROLE_TEXT, a ? atan2(-a->x, hypot(a->y, a->z)) * degrees : (double)NAN, 1);
    x = canvas_text(canvas, x, rect.y, ROLE_DIM, " roll");
    x = view_number(canvas, x, rect.y, 6, ROLE_TEXT, a ? atan2(a->y, a->z) * degrees : (double)NAN, 1);
    canvas_text(canvas, x, rect.y, ROLE_DIM, " deg");
}

static void motion_draw(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    int rows = rect.height - 1, shown = (int)COUNT_OF(channels) < rows ? (int)COUNT_OF(channels) : rows;
    int each = shown > 0 ? rows / shown : 0;
    for (int i = 0; i < shown; i++) {
        struct rect one = {rect.x, rect.y + i * each, rect.width,
                           each > 2 ? each - 1 : each}; /* a free line between tall ones */
        draw_channel(context, canvas, one, &channels[i]);
    }
    rect.y += rows;
    draw_attitude(context, canvas, rect);
}

static void motion_heading(const struct view_context *context, char *text, size_t size)
{
    const struct msg_battery_state *battery = MODEL(context->model, BATTERY, battery_state);
    char volts[24] = "";
    if (battery)
        snprintf(volts, sizeof volts, "  %.1f V", (double)battery->voltage);
    snprintf(text, size, "10 s%s  odom %.0f Hz", volts, model_rate_hz(context->model, TOPIC_ODOM));
}

static enum topic motion_topic(const struct view_context *context)
{
    bool imu = model_latest(context->model, TOPIC_IMU) || !model_latest(context->model, TOPIC_ODOM);
    return imu ? TOPIC_IMU : TOPIC_ODOM; /* with either of them there is something to see */
}

extern const struct view view_motion;
const struct view view_motion = {"MOTION", motion_topic, motion_draw, motion_heading};
