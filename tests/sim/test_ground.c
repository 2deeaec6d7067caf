/* Slopes, steps and slippery floors against closed forms. */
#include "tests/sim/stage.h"

#include <stdlib.h>

#include "sim/assets.h"
#include "sim/urdf.h"

static const double g_mps2 = 9.81;

/* The x between which f changes from true to false. */
static double limit_of(bool (*holds)(double x, const void *about), const void *about, double low, double high,
                       double step)
{
    while (high - low > step) {
        double middle = (low + high) / 2;
        if (holds(middle, about))
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

/* --- slopes ----------------------------------------------------------------------------------------------------- */

static bool climbs(double slope_rad, const void *settings)
{
    char yaml[256];
    const double length = 6;
    snprintf(yaml, sizeof yaml, "solids:\n  - {name: ramp, kind: ramp, at: [%g, 0], size: [%g, 4, %.9g], "
             "material: concrete}\n", 0.4 + length / 2, length, length * tan(slope_rad));
    struct stage stage = stage_open(yaml, settings);
    stage_run(&stage, (struct twist2){0.2, 0}, 10);
    double high = stage_truth(&stage).pose.position.z;
    const struct robot_contact *contacts;
    assert_int_equal(robot_contacts(stage.robot, &contacts), 0); /* a ramp is ground */
    stage_close(&stage);
    return high > 0.8 * sin(slope_rad);
}

/* All four wheels drive, so it is as if the robot were a block: tan h = mu. */
static void friction_ends_the_climb_of_four_wheels(void **unused)
{
    (void)unused;
    static const char *const settings[] = {"robot.urdf=jackal-like", "robot.wheel_friction=0.4", NULL};
    double expected = atan(0.4 * 0.9), found = limit_of(climbs, settings, 0.7 * expected, 1.3 * expected, 0.005);
    printf("figure: friction ends a climb on four wheels at %.1f deg, by hand %.1f\n", found * 180 / PI,
           expected * 180 / PI);
    assert_near(found, expected, 0.1 * expected);
}

/* The caster d behind the axle carries C d = m g (a cos h + z sin h), a and z the centre's place behind and above the
 * contact of the wheels, which have the rest: mu (m g cos h - C) = m g sin h + mu_c C. */
static bool two_wheels_hold(double slope_rad, const void *friction)
{
    double mu = *(const double *)friction * 0.9, mu_caster = 0.02 * 0.9, a = 0.03045, z = 0.0804, d = 0.081;
    double caster = (a * cos(slope_rad) + z * sin(slope_rad)) / d;
    return mu * (cos(slope_rad) - caster) >= sin(slope_rad) + mu_caster * caster;
}

static void friction_ends_the_climb_of_two_wheels(void **unused)
{
    (void)unused;
    static const double friction = 0.7;
    static const char *const settings[] = {"robot.urdf=turtlebot-like", "robot.wheel_friction=0.7", NULL};
    double expected = limit_of(two_wheels_hold, &friction, 0, 1, 1e-6);
    double found = limit_of(climbs, settings, 0.7 * expected, 1.3 * expected, 0.005);
    printf("figure: friction ends a climb on two wheels at %.1f deg, by hand %.1f\n", found * 180 / PI,
           expected * 180 / PI);
    assert_near(found, expected, 0.1 * expected);
}

static void torque_ends_the_climb(void **unused)
{
    (void)unused;
    static const char *const settings[] = {"robot.urdf=jackal-like", "robot.max_torque_nm=1", NULL};
    double speed_share = 1 - 0.2 / 0.098 / 40; /* what the motors have left at the speed asked for */
    double expected = asin(4 * 1 * speed_share / 0.098 / (17.008 * g_mps2));
    double found = limit_of(climbs, settings, 0.7 * expected, 1.3 * expected, 0.005);
    printf("figure: torque ends the climb at %.1f deg, by hand %.1f\n", found * 180 / PI, expected * 180 / PI);
    assert_near(found, expected, 0.1 * expected);
}

/* On a zone of less friction it can only slow down at mu g; beyond it at its own rate. */
static void a_slippery_zone_is_slippery_only_inside(void **unused)
{
    (void)unused;
    static const char zone[] = "zones:\n  - {name: ice, rectangle: [2, -2, 9, 2], friction: 0.05}\n";
    double deceleration[2];
    for (int on_ice = 0; on_ice < 2; on_ice++) {
        struct stage stage = stage_open(on_ice ? zone : "", NULL);
        while (stage_truth(&stage).ground.x < 3)
            stage_tick(&stage, (struct twist2){1, 0});
        double from = stage_truth(&stage).ground.x, v = stage_truth(&stage).twist.v_mps;
        stage_run(&stage, (struct twist2){0, 0}, 4);
        deceleration[on_ice] = v * v / 2 / (stage_truth(&stage).ground.x - from);
        stage_close(&stage);
    }
    assert_true(deceleration[0] > 2);                        /* 2.5 m/s2 */
    assert_near(deceleration[1], 0.05 * 0.9 * g_mps2, 0.08); /* the casters' share of the weight slides even better */
}

/* --- tipping ---------------------------------------------------------------------------------------------------- */

/* Going round ever tighter: it tips when v w h passes g b / 2. */
static void tips_over_in_a_curve(void **unused)
{
    (void)unused;
    struct stage stage =
        stage_open("", (const char *[]){"robot.com_z_m=0.6", "robot.height_m=1", "robot.wheel_friction=3",
                                        "robot.max_v_mps=1.5", "robot.max_w_radps=6", "robot.max_torque_nm=60", NULL});
    const struct robot_config *c = &stage.scenario->robot;
    double expected = g_mps2 * c->wheel_base_m / 2 / c->com_z_m, found = 0;
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

static enum status no_mesh(void *self, const char *name, const uint8_t **data, size_t *size, struct error *err)
{
    (void)self;
    (void)data;
    (void)size;
    return error_set(err, STATUS_IO, "no %s", name);
}

/* The four-wheeler with its load higher up: its centre of mass comes to 0.322 m. */
static struct robot_model *tall_robot(void)
{
    const struct asset *asset = asset_find("jackal-like.urdf");
    static const char low[] = "xyz=\"0 0 0.055\"", high[] = "xyz=\"0 0 0.285\"";
    char *text = memory_string((const char *)asset->data), *at = strstr(text, low);
    struct error err = {0};
    assert_non_null(at);
    memcpy(at, high, strlen(high));
    struct robot_model *model =
        urdf_load("tall.urdf", (const uint8_t *)text, asset->size, &(struct urdf_options){"", "", "", 3},
                  &(struct urdf_files){.take = no_mesh}, &err);
    stage_must(model, &err);
    free(text);
    return model;
}

static bool stands_when_braking(double deceleration_mps2, const void *model)
{
    struct stage stage = stage_open("", (const char *[]){"world.control_hz=200", "robot.max_a_mps2=20", NULL});
    struct error err = {0};
    struct robot_def def = robot_def_of(stage.scenario);
    robot_destroy(&stage.robot);
    def.model = model;
    robot_model_measure(model, &def.config);
    stage.robot = robot_create(stage.world, &def, &err);
    stage_must(stage.robot, &err);
    double v = 0, pitch = 0;
    for (; v < 1.2; v += 1.0 / 200)
        stage_tick(&stage, (struct twist2){v, 0});
    stage_run(&stage, (struct twist2){1.2, 0}, 0.5);
    for (; v > 0; v -= deceleration_mps2 / 200) {
        stage_tick(&stage, (struct twist2){fmax(v, 0), 0});
        pitch = fmax(pitch, stage_truth(&stage).pitch_rad);
    }
    stage_close(&stage);
    return pitch < 0.01;
}

/* Over its front wheels, a ahead of the centre of mass: when the deceleration passes g a / h. */
static void tips_over_when_braking(void **unused)
{
    (void)unused;
    struct robot_model *model = tall_robot();
    struct robot_config config = {.max_torque_nm = 12, .max_v_mps = 2, .max_w_radps = 2};
    robot_model_measure(model, &config);
    assert_near(config.com_z_m, (15.1 * 0.35 + 4 * 0.477 * 0.098) / 17.008, 1e-6);
    double expected = g_mps2 * 0.131 / config.com_z_m;
    double found = limit_of(stands_when_braking, model, 0.5 * expected, 1.5 * expected, 0.05);
    printf("figure: tips forwards when braking at %.2f m/s2, by hand %.2f\n", found, expected);
    assert_near(found, expected, 0.1 * expected);
    robot_model_destroy(&model);
}

/* --- steps and kerbs -------------------------------------------------------------------------------------------- */

static bool mounts(double height_m, const void *unused)
{
    (void)unused;
    char yaml[200];
    snprintf(yaml, sizeof yaml, "solids:\n  - {name: step, kind: box, at: [2.5, 0], size: [4, 4, %.6f], ground: true, "
             "material: concrete}\n", height_m);
    struct stage stage = stage_open(yaml, (const char *[]){"robot.urdf=jackal-like", NULL});
    stage_run(&stage, (struct twist2){0.1, 0}, 12);
    bool up = stage_truth(&stage).ground.x > 0.9 && stage_truth(&stage).pose.position.z > 0.9 * height_m;
    stage_close(&stage);
    return up;
}

/* The front wheels are on top, the rear ones at the edge, p round from their lowest point (r cos p = r - s). Both
 * pairs pull with all the friction they have. Then N sin p (mu + 1/mu) = W, and about the front contact N (cos p + mu
 * sin p) (L - r sin p) = W (L / 2 + (z - r) s / L), the centre of mass having leaned back. The blow of the wheel
 * against the edge, which this leaves out, helps. */
static bool rear_wheels_get_up(double height_m, const void *unused)
{
    (void)unused;
    double mu = 0.9 * 0.9, r = 0.098, length = 0.262, z = 0.1175, p = acos(1 - height_m / r);
    double needed = length / 2 + (z - r) * height_m / length;
    return (cos(p) + mu * sin(p)) * (length - r * sin(p)) > sin(p) * (mu + 1 / mu) * needed;
}

static void steps_end_where_friction_does(void **unused)
{
    (void)unused;
    double expected = limit_of(rear_wheels_get_up, NULL, 0.001, 0.09, 1e-6);
    double found = limit_of(mounts, NULL, 0.01, 0.09, 0.001);
    printf("figure: four wheels get up a step of %.3f m, by hand %.3f\n", found, expected);
    assert_near(found, expected, 0.2 * expected);
}

/* A wedge between the wheels lifts the chassis until they have nothing to push on. */
static void hangs_on_a_wedge(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("solids:\n  - {name: wedge, kind: ramp, at: [0.9, 0], size: [0.6, 0.2, 0.13], "
                                    "material: concrete}\n", (const char *[]){"robot.urdf=jackal-like", NULL});
    stage_run(&stage, (struct twist2){0.5, 0}, 6);
    struct robot_state now = stage_truth(&stage);
    assert_true(now.belly_ns > 0);
    assert_true(fabs(now.twist.v_mps) < 0.05);
    assert_true(now.slip_mps > 0.3);
    const struct robot_contact *contacts;
    assert_int_equal(robot_contacts(stage.robot, &contacts), 0);
    stage_close(&stage);
}

/* Waves of 4 cm every 2 m: it goes up and down with them, a little less for the length between its wheels. */
static void terrain_carries(void **unused)
{
    (void)unused;
    char yaml[4096];
    int length =
        snprintf(yaml, sizeof yaml, "solids:\n  - {name: waves, kind: terrain, at: [0, 0], cell: 0.25, heights: [");
    for (int row = 0; row < 9; row++) {
        length += snprintf(yaml + length, sizeof yaml - (size_t)length, "%s[", row ? ", " : "");
        for (int column = 0; column < 33; column++)
            length += snprintf(yaml + length, sizeof yaml - (size_t)length, "%s%.3f", column ? "," : "",
                               column < 2 ? 0 : 0.02 * (1 - cos((column - 1) * PI / 4)));
        length += snprintf(yaml + length, sizeof yaml - (size_t)length, "]");
    }
    snprintf(yaml + length, sizeof yaml - (size_t)length, "]}\n");
    struct stage stage = stage_open(yaml, (const char *[]){"robot.urdf=jackal-like", "start.x=-5", NULL});
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (int i = 0; i < 240; i++) {
        stage_tick(&stage, (struct twist2){0.5, 0});
        double z = stage_truth(&stage).pose.position.z;
        if (i > 80) {
            low = fmin(low, z);
            high = fmax(high, z);
        }
    }
    double part = 0.02 * cos(0.131 * PI);
    assert_near(stage_truth(&stage).ground.x, 1, 0.15);
    assert_near(low, 0.02 - part, 0.004);
    assert_near(high, 0.02 + part, 0.004);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(friction_ends_the_climb_of_four_wheels),
        cmocka_unit_test(friction_ends_the_climb_of_two_wheels),
        cmocka_unit_test(torque_ends_the_climb),
        cmocka_unit_test(a_slippery_zone_is_slippery_only_inside),
        cmocka_unit_test(tips_over_in_a_curve),
        cmocka_unit_test(tips_over_when_braking),
        cmocka_unit_test(steps_end_where_friction_does),
        cmocka_unit_test(hangs_on_a_wedge),
        cmocka_unit_test(terrain_carries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
