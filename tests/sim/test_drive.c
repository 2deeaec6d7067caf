/* Motor and battery against the closed forms their header states. */
#include "tests/sim/stage.h"

static struct robot_config numbers(void)
{
    struct stage stage = stage_open("", NULL);
    struct robot_config config = stage.scenario->robot;
    stage_close(&stage);
    return config;
}

static void the_motor_lies_on_its_curve(void **unused)
{
    (void)unused;
    struct robot_config c = numbers();
    c.max_torque_nm = 10;
    c.no_load_radps = 50;
    c.battery_full_v = 24;
    const struct { /* by hand: T = 10 (U/24 - w/50) towards where it turns */
        double voltage_v, now_radps, wanted_radps, torque_nm;
    } points[] = {
        {24, 0, 20, 10},   {24, 10, 20, 8},   {24, 25, 40, 5},    {24, 49, 50, 0.2}, {24, 50, 60, 0},
        {24, 80, 90, 0},   {12, 0, 20, 5},    {12, 10, 20, 3},    {12, 25, 30, 0},   {24, -25, -40, 5},
        {24, 25, 10, 10},  {24, 25, -40, 10}, {24, -25, 40, 10},  {0, 10, 20, 0},    {0, 10, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(points); i++)
        assert_near(drive_torque_nm(&c, points[i].voltage_v, points[i].now_radps, points[i].wanted_radps),
                    points[i].torque_nm, 1e-12);
    assert_near(drive_current_a(&c, 4.8, 10), 10, 1e-12); /* Kt = 24 / 50 */
    assert_near(drive_current_a(&c, -4.8, -10), 10, 1e-12);
    assert_near(drive_current_a(&c, -4.8, 10), 0, 0); /* braking gives nothing back and takes nothing */
}

static void the_battery_sags_and_empties(void **unused)
{
    (void)unused;
    struct robot_config c = numbers();
    c.battery_full_v = 25;
    c.battery_empty_v = 20;
    c.battery_ohm = 0.1;
    c.battery_ah = 2;
    c.battery_charge = 0.5;
    c.idle_a = 2;
    struct battery battery = drive_start(&c);
    assert_near(battery.voltage_v, 22.5 - 0.2, 1e-12);
    drive_step(&battery, &c, 18, 0.005);
    assert_near(battery.current_a, 20, 1e-12);
    assert_near(battery.voltage_v, 22.5 - 2, 1e-12);
    for (int i = 1; i < 20000; i++) /* 100 s at 20 A are 5/9 Ah of 2 */
        drive_step(&battery, &c, 18, 0.005);
    assert_near(battery.charge, 0.5 - 20.0 * 100 / 3600 / 2, 1e-9);
    for (int i = 0; i < 20000; i++)
        drive_step(&battery, &c, 18, 0.005);
    assert_near(battery.charge, 0, 0);
    assert_near(battery.voltage_v, 0, 0); /* its protection has opened */
    assert_near(battery.current_a, 0, 0);
}

/* The wheels run as fast as the voltage lets them, however fast they are told to. */
static void no_load_speed_is_the_end(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", (const char *[]){"robot.max_v_mps=2", "robot.no_load_radps=10", NULL});
    stage_run(&stage, (struct twist2){2, 0}, 4);
    double top = 10 * stage.scenario->robot.wheel_radius_m;
    double v = stage_truth(&stage).twist.v_mps;
    printf("figure: told 2 m/s, motors that end at %.2f m/s reach %.3f m/s\n", top, v);
    assert_true(v > 0.93 * top && v <= top);
    stage_close(&stage);
}

/* Nothing accelerates it any more, and nothing brakes it but what friction there is. */
static void an_empty_battery_lets_it_roll(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", (const char *[]){"robot.battery_ah=0.001", NULL});
    stage_run(&stage, (struct twist2){1, 0}, 5);
    assert_near(robot_battery(stage.robot)->charge, 0, 0);
    double v = stage_truth(&stage).twist.v_mps;
    stage_run(&stage, (struct twist2){0, 0}, 1);
    assert_true(stage_truth(&stage).twist.v_mps > 0.9 * v && v > 0.9);
    stage_close(&stage);
    stage = stage_open("", (const char *[]){"robot.battery_charge=0", NULL});
    stage_run(&stage, (struct twist2){1, 0}, 2);
    assert_near(stage_truth(&stage).twist.v_mps, 0, 0.01);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_motor_lies_on_its_curve),
        cmocka_unit_test(the_battery_sags_and_empties),
        cmocka_unit_test(no_load_speed_is_the_end),
        cmocka_unit_test(an_empty_battery_lets_it_roll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
