#include "perception/channel.h"

#include <math.h>

#include "logs/hash.h"
#include "logs/status.h"

#define CHANNEL_ROW(id, sensor, against, name, unit, mean, off, spread, what, why)                                     \
    [CHANNEL_##id] = {SENSOR_##sensor, SENSOR_##against, name, unit, mean, off, spread, what, why},
const struct channel_row channel_table[CHANNEL_COUNT] = {CHANNELS(CHANNEL_ROW)};

/* How many times noisier than usual a sensor is, by its data sheet; at least 1. */
static double noisiness(enum sensor sensor, const struct noise_sheet *sheet)
{
    const double of[SENSOR_COUNT] = {
        [SENSOR_LIDAR] = sheet->lidar_m / 0.01,
        [SENSOR_CAMERA] = sheet->camera / 0.02,
        [SENSOR_DEPTH] = sheet->depth_per_m / 0.003,
        [SENSOR_IMU] = fmax(fmax(sheet->gyro_radps / 0.003, sheet->gyro_bias_radps / 0.001), sheet->accel_mps2 / 0.05),
        [SENSOR_ODOMETRY] = fmax(fmax(sheet->wheel_mps, sheet->wheel_radps) / 0.01, sheet->wheel_scale / 0.002),
    };
    return fmax(1, of[sensor]);
}

void channels_start(struct channels *channels, const struct noise_sheet *sheet)
{
    *channels = (struct channels){0};
    for (enum channel i = 0; i < CHANNEL_COUNT; i++) {
        const struct channel_row *row = &channel_table[i];
        double wider = fmax(noisiness(row->sensor, sheet), noisiness(row->against, sheet));
        drift_start(&channels->drift[i], &(struct drift_def){.learn = CHANNEL_LEARN, .mean = row->mean,
                                                             .mean_off = wider * row->off,
                                                             .spread = wider * row->spread});
    }
}

void channels_put(struct channels *channels, enum channel channel, int64_t stamp_ns, double value)
{
    ASSERT(channel < CHANNEL_COUNT);
    struct channel_window *window = &channels->windows[channel];
    if (!isfinite(value))
        return;
    if (!window->count)
        window->from_ns = stamp_ns;
    window->sum += value;
    window->count++;
    if ((double)(stamp_ns - window->from_ns) * 1e-9 < CHANNEL_SPAN_S - 1e-6)
        return;
    drift_put(&channels->drift[channel], stamp_ns, window->sum / window->count);
    *window = (struct channel_window){0};
}

enum channel channels_worst(const struct channels *channels, enum sensor sensor)
{
    enum channel worst = CHANNEL_COUNT;
    for (enum channel i = 0; i < CHANNEL_COUNT; i++) {
        const struct drift *one = &channels->drift[i], *old = worst < CHANNEL_COUNT ? &channels->drift[worst] : NULL;
        if (channel_table[i].sensor != sensor || !one->count)
            continue;
        if (!old || one->state > old->state || (one->state == old->state && drift_ph(one) > drift_ph(old)))
            worst = i;
    }
    return worst;
}

bool channels_is_quiet(const struct channels *channels, enum sensor sensor)
{
    for (enum channel i = 0; i < CHANNEL_COUNT; i++)
        if (channel_table[i].sensor == sensor && drift_ph(&channels->drift[i]) > DRIFT_LINE / 2)
            return false;
    return true;
}

uint64_t channels_hash(const struct channels *channels, uint64_t hash)
{
    for (enum channel i = 0; i < CHANNEL_COUNT; i++) {
        const struct channel_window *window = &channels->windows[i];
        const uint64_t words[] = {window->count, (uint64_t)window->from_ns};
        hash = hash_bytes(hash, &window->sum, sizeof window->sum);
        hash = drift_hash(&channels->drift[i], hash_bytes(hash, words, sizeof words));
    }
    return hash;
}
