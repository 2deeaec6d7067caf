/* sim/drive.h - what turns the wheels: direct-current motors behind a gear, fed by one battery.
 *
 * A motor at its full voltage gives max_torque_nm when it stands and nothing at no_load_radps, falling linearly
 * between; both shrink with the voltage (T = Kt (U - Kt w) / R, with Kt = battery_full_v / no_load_radps at the wheel).
 * Braking is only limited by max_torque_nm. The battery's open voltage falls linearly from battery_full_v to
 * battery_empty_v with the charge used, and by battery_ohm times the current under load; an empty one cuts off. Motors
 * that brake give nothing back. Source of both models: Krishnan, Electric Motor Drives, 2001, 2.2; and a linearised
 * discharge curve. */
#ifndef SIM_DRIVE_H
#define SIM_DRIVE_H

#include <stdint.h>

#include "sim/scenario.h"

struct battery { /* the battery's state; a plain value, part of the state hash */
    double charge;    /* what is left, 0..1 of battery_ah */
    double current_a; /* drawn in the last step, not negative */
    double voltage_v; /* at the terminals, under that current */
};

struct battery drive_start(const struct robot_config *config);
/* The most a wheel's motor can give at `wheel_radps` towards `wanted_radps`, Nm, not negative. */
double drive_torque_nm(const struct robot_config *config, double voltage_v, double wheel_radps, double wanted_radps);
/* What a wheel told to turn at wanted_radps heads for: no voltage takes it past its no-load speed. */
double drive_target_radps(const struct robot_config *config, double voltage_v, double wanted_radps);
/* What a motor draws to give this torque at this speed, A, not negative. */
double drive_current_a(const struct robot_config *config, double torque_nm, double wheel_radps);
/* One step of dt_s during which all motors together drew motors_a; what the computer draws is added. */
void drive_step(struct battery *battery, const struct robot_config *config, double motors_a, double dt_s);

#endif
