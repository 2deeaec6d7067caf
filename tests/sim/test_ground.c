/* Slopes, steps and slippery floors against closed forms. */
#include "tests/sim/stage.h"

/* On a zone of less friction it can only slow down at mu g; beyond it at its own rate. */
static void a_slippery_zone_is_slippery_only_inside(void **unused)
{
    (void)unused;
    static const char zone[] = "zones:\n  - {name: ice, rectangle: [2, -2, 9, 2], friction: 0.05}\n";
    double stopped[2];
    for (int on_ice = 0; on_ice < 2; on_ice++) {
        struct stage stage = stage_open(on_ice ? zone : "", NULL);
        while (stage_truth(&stage).ground.x < 3)
            stage_tick(&stage, (struct twist2){1, 0});
        double from = stage_truth(&stage).ground.x, v = stage_truth(&stage).twist.v_mps;
        stage_run(&stage, (struct twist2){0, 0}, 4);
        stopped[on_ice] = (stage_truth(&stage).ground.x - from) * 2 / (v * v);
        stage_close(&stage);
    }
    assert_true(1 / stopped[0] > 2);                  /* 2.5 m/s2 */
    assert_near(1 / stopped[1], 0.05 * 0.9 * 9.81, 0.08); /* the casters' share of the weight slides even better */
}

/* Going round ever tighter: it tips when v w h passes g b / 2. */
static void tips_over_where_it_should(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", (const char *[]){"robot.com_z_m=0.6", "robot.height_m=1", "robot.wheel_friction=3",
                                                         "robot.max_v_mps=1.5", "robot.max_w_radps=6",
                                                         "robot.max_torque_nm=60", NULL});
    const struct robot_config *c = &stage.scenario->robot;
    double expected = physics_def_default().gravity_mps2 * c->wheel_base_m / 2 / c->com_z_m, found = 0;
    for (int i = 0; i < 400 && found == 0; i++) {
        stage_tick(&stage, (struct twist2){1.5, i < 40 ? 0 : 0.01 * (i - 40)});
        struct robot_state now = stage_truth(&stage);
        if (fabs(now.roll_rad) > 0.06)
            found = fabs(now.twist.v_mps * now.twist.w_radps);
    }
    printf("figure: tips over at %.2f m/s2 to the side, by hand %.2f\n", found, expected);
    assert_near(found, expected, 0.1 * expected);
    stage_run(&stage, (struct twist2){1.5, 4}, 1);
    assert_true(fabs(stage_truth(&stage).roll_rad) > 0.35);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slippery_zone_is_slippery_only_inside),
        cmocka_unit_test(tips_over_where_it_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
