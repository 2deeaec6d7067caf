#include "sim/drive.h"

#include "logs/status.h"

static const double seconds_per_hour = 3600;

/* Newton metres per ampere and volts per rad/s: the same number, seen at the wheel. */
static double constant_nm_per_a(const struct robot_config *c) { return c->battery_full_v / c->no_load_radps; }

static double open_v(const struct robot_config *c, double charge)
{
    return c->battery_empty_v + charge * (c->battery_full_v - c->battery_empty_v);
}

/* An empty battery's protection opens the circuit: no voltage, no current. */
static void drive_load(struct battery *battery, const struct robot_config *c, double current_a)
{
    bool live = battery->charge > 0;
    battery->current_a = live ? current_a : 0;
    battery->voltage_v = live ? fmax(0, open_v(c, battery->charge) - c->battery_ohm * current_a) : 0;
}

struct battery drive_start(const struct robot_config *config)
{
    struct battery battery = {.charge = config->battery_charge};
    ASSERT(config->no_load_radps > 0 && config->battery_full_v > 0 && config->battery_ah > 0);
    drive_load(&battery, config, config->idle_a);
    return battery;
}

double drive_torque_nm(const struct robot_config *c, double voltage_v, double wheel_radps, double wanted_radps)
{
    double towards = wanted_radps >= wheel_radps ? wheel_radps : -wheel_radps; /* speed in the torque's own direction */
    double share = voltage_v / c->battery_full_v;
    if (!(voltage_v > 0))
        return 0;
    if (towards <= 0) /* braking, or from rest */
        return c->max_torque_nm * (towards < 0 ? 1 : share);
    return c->max_torque_nm * clamp(share - towards / c->no_load_radps, 0, 1);
}

double drive_target_radps(const struct robot_config *c, double voltage_v, double wanted_radps)
{
    double end_radps = c->no_load_radps * voltage_v / c->battery_full_v;
    return clamp(wanted_radps, -end_radps, end_radps);
}

double drive_current_a(const struct robot_config *c, double torque_nm, double wheel_radps)
{
    return torque_nm * wheel_radps < 0 ? 0 : fabs(torque_nm) / constant_nm_per_a(c);
}

void drive_step(struct battery *battery, const struct robot_config *config, double motors_a, double dt_s)
{
    ASSERT(motors_a >= 0 && dt_s > 0);
    double current_a = motors_a + config->idle_a;
    drive_load(battery, config, current_a);
    battery->charge = fmax(0, battery->charge - battery->current_a * dt_s / (seconds_per_hour * config->battery_ah));
}
