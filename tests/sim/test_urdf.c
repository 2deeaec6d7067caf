/* URDF files: what they come down to, against hand computation; how the two of ours drive; what is said about bad
 * ones. */
#include "tests/sim/stage.h"

#include "sim/inertia.h"
#include "sim/mesh_file.h"
#include "sim/urdf.h"

static const struct urdf_options by_name = {"", "", "", 0.9};

/* The only mesh there is: the corners of a box of 0.2 x 0.1 x 0.1 m as OBJ. */
static enum status box_take(void *self, const char *name, const uint8_t **data, size_t *size, struct error *err)
{
    static const char box[] = "# a box\nv 0.1 0.05 0.05\nv 0.1 0.05 -0.05\nv 0.1 -0.05 0.05\nv 0.1 -0.05 -0.05\n"
                              "v -0.1 0.05 0.05\nv -0.1 0.05 -0.05\nv -0.1 -0.05 0.05\nv -0.1 -0.05 -0.05\nf 1 2 3\n";
    (void)self;
    if (strcmp(name, "package://thing/meshes/box.obj"))
        return error_set(err, STATUS_IO, "mesh '%s' is nowhere", name);
    *data = (const uint8_t *)box;
    *size = sizeof box - 1;
    return STATUS_OK;
}
static const struct urdf_files meshes = {.take = box_take};

#define INERTIA(xx, yy, zz) "<inertia ixx='" xx "' iyy='" yy "' izz='" zz "' ixy='0' ixz='0' iyz='0'/>"
#define BODY(mass, at, inertia, shape)                                                                                 \
    "<inertial><origin xyz='" at "'/><mass value='" mass "'/>" inertia "</inertial><collision><origin xyz='" at "'/>"   \
    "<geometry>" shape "</geometry></collision>"
#define WHEEL(side, y)                                                                                                 \
    "<link name='" side "_wheel'>" BODY("0.1", "0 0 0", INERTIA("1e-4", "2e-4", "1e-4"),                               \
    "<sphere radius='0.05'/>") "</link>\n<joint name='" side "_wheel_joint' type='continuous'><parent link='base'/>"    \
    "<child link='" side "_wheel'/><origin xyz='0 " y " 0'/><axis xyz='0 1 0'/></joint>\n"
#define WHEELS WHEEL("left", "0.2") WHEEL("right", "-0.2")
#define BASE                                                                                                           \
    "<link name='base'>" BODY("2", "0 0 0", INERTIA("0.01", "0.02", "0.02"), "<box size='0.3 0.2 0.1'/>") "</link>\n"
#define ROBOT(rest) "<robot name='r'>\n" rest "</robot>\n"

static struct robot_model *load(const char *text, const struct urdf_options *options, struct error *err)
{
    return urdf_load("r.urdf", (const uint8_t *)text, strlen(text), options, &meshes, err);
}

static struct robot_model *must_load(const char *text)
{
    struct error err = {0};
    struct robot_model *model = load(text, &by_name, &err);
    stage_must(model, &err);
    return model;
}

/* --- merging ---------------------------------------------------------------------------------------------------- */

/* Two equal balls of 1 kg, I = 0.004, at (0.2, 0.1, 0) either side of the base's centre: about it, by Steiner,
 * xx = 0.01 + 2 (0.004 + 0.01), yy = 0.02 + 2 (0.004 + 0.04), zz = 0.02 + 2 (0.004 + 0.05), xy = -2 (0.02). */
static void fixed_links_become_one_body(void **unused)
{
    (void)unused;
#define BALL(name, at)                                                                                                 \
    "<link name='" name "'>" BODY("1", "0 0 0", INERTIA("0.004", "0.004", "0.004"), "<sphere radius='0.02'/>")         \
    "</link>\n<joint name='" name "_joint' type='fixed'><parent link='base'/><child link='" name "'/>"                  \
    "<origin xyz='" at "' rpy='0.3 -0.2 1'/></joint>\n"
    struct robot_model *model = must_load(ROBOT(BASE WHEELS BALL("a", "0.2 0.1 0") BALL("b", "-0.2 -0.1 0")));
    assert_int_equal(model->body_count, 3);
    const struct robot_body *chassis = &model->bodies[0];
    assert_near(chassis->mass_kg, 4, 1e-12);
    assert_int_equal(chassis->part_count, 3);
    assert_near(chassis->centre_m.x, 0, 1e-12);
    assert_near(chassis->centre_m.y, 0, 1e-12);
    assert_near(chassis->centre_m.z, 0.05, 1e-12); /* wheels of 0.05 m stand on the ground */
    double xx = 0.01 + 2 * (0.004 + 0.01), yy = 0.02 + 2 * (0.004 + 0.04), xy = -2 * 0.02;
    double middle = (xx + yy) / 2, half = sqrt(square((xx - yy) / 2) + xy * xy);
    struct vec3 found = chassis->inertia_kgm2;
    double low = fmin(found.x, found.y), high = fmax(found.x, found.y);
    assert_near(low, middle - half, 1e-12);
    assert_near(high, middle + half, 1e-12);
    assert_near(found.z, 0.02 + 2 * (0.004 + 0.05), 1e-12);
    /* Its axes: turned about z by half the angle whose tangent is 2 xy / (xx - yy). */
    struct vec3 first = quat_rotate(chassis->inertia_axes, (struct vec3){1, 0, 0});
    double along = xx * first.x * first.x + 2 * xy * first.x * first.y + yy * first.y * first.y;
    assert_near(along, found.x, 1e-12);
    robot_model_destroy(&model);
}

static void inertia_follows_its_axes(void **unused)
{
    (void)unused;
    struct quat turn = quat_from_rpy(0.4, -0.7, 2), axes;
    struct inertia own = {.xx = 1, .yy = 2, .zz = 2.5}, turned = inertia_turn(own, turn);
    struct vec3 principal = inertia_principal(turned, &axes);
    struct inertia back = inertia_turn((struct inertia){.xx = principal.x, .yy = principal.y, .zz = principal.z}, axes);
    assert_near(principal.x + principal.y + principal.z, 5.5, 1e-12);
    assert_near(back.xx, turned.xx, 1e-12);
    assert_near(back.xy, turned.xy, 1e-12);
    assert_near(back.xz, turned.xz, 1e-12);
    assert_near(back.yz, turned.yz, 1e-12);
    char text[160];
    assert_null(inertia_fault(turned, text));
    assert_non_null(inertia_fault((struct inertia){.xx = 1, .yy = 1, .zz = 2.1}, text));
    assert_non_null(inertia_fault((struct inertia){.xx = 1, .yy = 1, .zz = 1, .xy = 1.1}, text));
}

static void numbers_are_those_of_the_file(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("robot: {urdf: jackal-like}\n", NULL);
    const struct robot_config *c = &stage.scenario->robot;
    assert_near(c->mass_kg, 15.1 + 4 * 0.477, 1e-9);
    assert_near(c->wheel_radius_m, 0.098, 1e-6);
    assert_near(c->wheel_base_m, 2 * 0.18779, 1e-6);
    assert_near(c->length_m, 2 * (0.131 + 0.098), 1e-6);
    assert_near(c->width_m, 2 * 0.18779 + 0.04, 1e-6);
    assert_near(c->height_m, 0.065 + 0.092 * 2, 1e-6);
    assert_near(c->com_z_m, (15.1 * 0.12 + 4 * 0.477 * 0.098) / c->mass_kg, 1e-6);
    assert_near(c->wheel_base_scale, 1 + square(0.131 / 0.18779), 1e-6);
    assert_near(c->max_torque_nm, 12, 0); /* the scenario's; the file would allow 20 */
    stage_close(&stage);
    stage = stage_open("robot: {urdf: turtlebot-like}\n", NULL);
    assert_near(stage.scenario->robot.max_v_mps, 0.033 * 6.7, 1e-6); /* the file's; the scenario would allow 1.2 */
    assert_near(stage.scenario->robot.wheel_x_m, 0.032, 1e-6);
    stage_close(&stage);
}

static void wheels_may_be_named(void **unused)
{
    (void)unused;
    struct error err = {0};
    struct urdf_options options = {"right_wheel_joint", "left_wheel_joint", "", 0.9};
    assert_null(load(ROBOT(BASE WHEELS), &options, &err)); /* the wrong way round */
    assert_non_null(strstr(err.text, "is one of the right wheels but stands 0.200 m to the left of the middle"));
    options = (struct urdf_options){" left_wheel_joint ", "right_wheel_joint,", "base", 0.9};
    struct robot_model *model = load(ROBOT(BASE WHEELS), &options, &err);
    stage_must(model, &err);
    assert_int_equal(model->bodies[1].side, SIDE_LEFT);
    robot_model_destroy(&model);
    /* A link that looks backwards as base_link: left and right change places. */
    options = (struct urdf_options){"right_wheel_joint", "left_wheel_joint", "back", 0.9};
    model = load(ROBOT(BASE WHEELS "<link name='back'/><joint name='turn' type='fixed'><parent link='base'/>"
                                   "<child link='back'/><origin rpy='0 0 3.14159265359'/></joint>\n"), &options, &err);
    stage_must(model, &err);
    assert_near(model->bodies[1].axis.y, 1, 1e-9); /* driving ahead is still turning about +y */
    robot_model_destroy(&model);
}

/* --- driving ---------------------------------------------------------------------------------------------------- */

static const char *const robots[] = {"robot: {urdf: turtlebot-like}\n", "robot: {urdf: jackal-like}\n"};

static void both_drive_straight(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT_OF(robots); i++) {
        struct stage stage = stage_open(robots[i], NULL);
        double v = 0.8 * fmin(stage.scenario->robot.max_v_mps, 1);
        stage_run(&stage, (struct twist2){v, 0}, 2 / v);
        stage_run(&stage, (struct twist2){0, 0}, 1);
        struct robot_state end = stage_truth(&stage);
        printf("figure: %s off by %.3f m and %.1f deg after 2 m\n", i ? "jackal-like" : "turtlebot-like",
               hypot(end.ground.x - 2, end.ground.y), fabs(end.ground.yaw) * 180 / PI);
        assert_near(end.ground.x, 2, 0.05);
        assert_near(end.ground.y, 0, 0.05);
        assert_near(end.ground.yaw, 0, 0.04);
        stage_close(&stage);
    }
}

static void both_turn_in_place(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT_OF(robots); i++)
        for (int way = -1; way <= 1; way += 2) {
            struct stage stage = stage_open(robots[i], NULL);
            const struct robot_config *c = &stage.scenario->robot;
            stage_run(&stage, (struct twist2){0, way}, 0.5);
            struct pose2 from = stage_truth(&stage).ground;
            struct vec2 axle = pose2_apply(from, (struct vec2){c->wheel_x_m, 0});
            stage_run(&stage, (struct twist2){0, way}, 2);
            struct pose2 to = stage_truth(&stage).ground;
            struct vec2 now = pose2_apply(to, (struct vec2){c->wheel_x_m, 0});
            double turned = wrap_angle(to.yaw - from.yaw);
            printf("figure: %s told to turn %d rad turns %.3f\n", i ? "jackal-like" : "turtlebot-like", 2 * way,
                   turned);
            assert_near(turned, 2 * way, 0.08);
            assert_near(vec2_distance(axle, now), 0, 0.03);
            stage_close(&stage);
        }
}

/* Four wheels that turn scrape over the ground; odometry that takes the scraping into account still tells the angle. */
static void odometry_knows_about_skidding(void **unused)
{
    (void)unused;
    struct stage stage = stage_open(robots[1], (const char *[]){"odometry.noise_mps=0", NULL});
    const struct robot_config *c = &stage.scenario->robot;
    double counted = 0;
    struct robot_state before = stage_truth(&stage);
    for (int i = 0; i < 40; i++) {
        stage_tick(&stage, (struct twist2){0.3, 1});
        struct robot_state now = stage_truth(&stage);
        double left = wrap_angle(now.wheel_angle_rad[0] - before.wheel_angle_rad[0]);
        double right = wrap_angle(now.wheel_angle_rad[1] - before.wheel_angle_rad[1]);
        counted += (right - left) * c->wheel_radius_m / robot_track_m(c);
        before = now;
    }
    assert_near(counted, before.ground.yaw, 0.1);
    assert_true(before.ground.yaw > 1.5);
    stage_close(&stage);
}

/* A swivelling caster: two hinges, one below the other, trail behind. */
static void a_caster_that_turns_trails_behind(void **unused)
{
    (void)unused;
#define FORK                                                                                                           \
    "<link name='fork'>" BODY("0.05", "0 0 0", INERTIA("1e-4", "1e-4", "1e-4"), "<sphere radius='0.005'/>") "</link>\n" \
    "<joint name='caster_swivel' type='continuous'><parent link='base'/><child link='fork'/>"                          \
    "<origin xyz='-0.12 0 0'/><axis xyz='0 0 1'/></joint>\n"                                                           \
    "<link name='roll'>" BODY("0.05", "0 0 0", INERTIA("1e-4", "1e-4", "1e-4"), "<sphere radius='0.02'/>") "</link>\n"  \
    "<joint name='caster_roll' type='continuous'><parent link='fork'/><child link='roll'/>"                            \
    "<origin xyz='0.03 0 -0.03'/><axis xyz='0 1 0'/></joint>\n"
    struct stage stage = stage_open("", NULL);
    struct error err = {0};
    robot_destroy(&stage.robot);
    struct robot_model *model = must_load(ROBOT("<link name='base'>" BODY(
        "2", "0 0 0", INERTIA("0.01", "0.02", "0.02"), "<box size='0.3 0.2 0.04'/>") "</link>\n" WHEELS FORK));
    assert_int_equal(model->body_count, 5);
    struct robot_def def = robot_def_of(stage.scenario);
    def.model = model;
    robot_model_measure(model, &def.config);
    stage.robot = robot_create(stage.world, &def, &err);
    stage_must(stage.robot, &err);
    stage_run(&stage, (struct twist2){0.5, 0.4}, 3); /* the fork began the wrong way round */
    struct robot_state now = stage_truth(&stage);
    assert_near(now.twist.v_mps, 0.5, 0.05);
    assert_near(now.pitch_rad, 0, 0.03);
    assert_near(now.twist.w_radps, 0.4, 0.06);
    stage_close(&stage);
    robot_model_destroy(&model);
}

/* --- meshes ----------------------------------------------------------------------------------------------------- */

static void put_facet(struct bytes *out, const float corner[3][3])
{
    const float normal[3] = {0, 0, 0};
    bytes_put(out, normal, sizeof normal);
    bytes_put(out, corner, 9 * sizeof(float));
    bytes_put_u16(out, 0);
}

static void meshes_in_three_formats_are_one(void **unused)
{
    (void)unused;
    static const float corners[4][3][3] = {
        {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}}, {{0, 0, 0}, {0, 1, 0}, {0, 0, 1}},
        {{0, 0, 0}, {0, 0, 1}, {1, 0, 0}}, {{1, 0, 0}, {0, 0, 1}, {0, 1, 0}},
    };
    static const char obj[] =
        "o thing\nv 0 0 0\nv 1 0 0 0.5 0.5 0.5\nvn 0 0 1\nv 0 1 0\r\n\tv 0 0 1\nf 1/1/1 2/2/2 3/3/3\n";
    struct bytes binary = {0}, text = {0};
    bytes_put(&binary, "solid, says the head, but it is not text                                        ", 80);
    bytes_put_u32(&binary, 4);
    bytes_format(&text, "solid thing\n");
    for (size_t i = 0; i < 4; i++) {
        put_facet(&binary, corners[i]);
        bytes_format(&text, "  facet normal 0 0 0\n    outer loop\n");
        for (size_t k = 0; k < 3; k++)
            bytes_format(&text, "      vertex %g %g %e\n", (double)corners[i][k][0], (double)corners[i][k][1],
                         (double)corners[i][k][2]);
        bytes_format(&text, "    endloop\n  endfacet\n");
    }
    bytes_format(&text, "endsolid thing\n");
    const struct { const uint8_t *data; size_t size; uint32_t points; } files[] = {
        {binary.data, binary.size, 12}, {text.data, text.size, 12}, {(const uint8_t *)obj, sizeof obj - 1, 4},
    };
    struct arena arena = {0};
    struct error err = {0};
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct mesh_points mesh;
        stage_must(mesh_read(&arena, "m", files[i].data, files[i].size, &mesh, &err) == STATUS_OK, &err);
        assert_int_equal(mesh.count, files[i].points);
        struct mesh_points hull = mesh_hull(&arena, &mesh);
        assert_int_equal(hull.count, 4);
        struct shape shape = {.kind = SHAPE_HULL, .vertices = hull.points, .vertex_count = hull.count};
        assert_null(shape_fault(&shape));
    }
    struct mesh_points none;
    assert_int_equal(mesh_read(&arena, "m.stl", binary.data, binary.size - 1, &none, &err), STATUS_OK); /* no points */
    assert_int_equal(none.count, 0);
    static const char wrong[] = "solid x\nvertex 1 2\n", foreign[] = "<COLLADA/>", huge[] = "v 1 1 1e300\n";
    assert_int_equal(mesh_read(&arena, "m.stl", (const uint8_t *)wrong, sizeof wrong - 1, &none, &err), STATUS_CORRUPT);
    assert_string_equal(err.text, "m.stl:2: a point needs three numbers, such as 0.1 0 -2e-3");
    assert_int_equal(mesh_read(&arena, "m.dae", (const uint8_t *)foreign, sizeof foreign - 1, &none, &err),
                     STATUS_BAD_INPUT);
    assert_int_equal(mesh_read(&arena, "m.obj", (const uint8_t *)huge, sizeof huge - 1, &none, &err), STATUS_CORRUPT);
    arena_clear(&arena);
    bytes_clear(&binary);
    bytes_clear(&text);
}

static void a_mesh_is_its_hull(void **unused)
{
    (void)unused;
    struct robot_model *model = must_load(ROBOT("<link name='base'>" BODY(
        "2", "0 0 0", INERTIA("0.01", "0.02", "0.02"),
        "<mesh filename='package://thing/meshes/box.obj' scale='1 2 1'/>") "</link>\n" WHEELS));
    assert_int_equal(model->bodies[0].parts[0].shape.kind, SHAPE_HULL);
    assert_int_equal(model->bodies[0].parts[0].shape.vertex_count, 8);
    struct vec3 low, high;
    shape_bounds(&model->bodies[0].parts[0].shape, &low, &high);
    assert_near(high.x, 0.1, 1e-12);
    assert_near(high.y, 0.1, 1e-12);
    robot_model_destroy(&model);
}

/* --- bad input -------------------------------------------------------------------------------------------------- */

#define LINK(name) "<link name='" name "'/>\n"
#define FIXED(name, parent, child)                                                                                     \
    "<joint name='" name "' type='fixed'><parent link='" parent "'/><child link='" child "'/></joint>\n"

static void bad_files_get_a_sentence(void **unused)
{
    (void)unused;
    static const struct { const char *text, *sentence;
    } cases[] = {
        {"", "r.urdf:1:1: this is not XML: no element found"},
        {"<robot>\n<link>", "r.urdf:2:7: this is not XML: no element found"},
        {"<!DOCTYPE r [<!ENTITY a 'b'>]><robot/>",
         "r.urdf:1:13: a document type is not read here; remove the <!DOCTYPE ...>"},
        {"<sdf/>", "r.urdf:1:1: a URDF is a <robot>, not a <sdf>; xacro files must be expanded first"},
        {"<robot name='r'/>", "r.urdf:1:1: it has no links"},
        {ROBOT("<link/>\n"), "r.urdf:2:1: <link> has no name"},
        {ROBOT(LINK("a") LINK("a")), "r.urdf:3:1: a link 'a' is already there (line 2)"},
        {ROBOT(LINK("a") LINK("b")), "r.urdf:3:1: there are two roots, 'a' and 'b'; join them with a fixed joint"},
        {ROBOT(LINK("a") LINK("b") FIXED("j", "a", "b") FIXED("k", "b", "a")),
         "r.urdf:4:1: the joints form a cycle through link 'b'; one link must hang on none"},
        {ROBOT(LINK("a") LINK("b") LINK("c") FIXED("j", "b", "c") FIXED("k", "c", "b")),
         "r.urdf:6:1: the joints form a cycle through link 'b'"},
        {ROBOT(LINK("a") LINK("b") LINK("c") FIXED("j", "a", "c") FIXED("k", "b", "c")),
         "r.urdf:6:1: link 'c' hangs on two joints, 'j' and 'k'"},
        {ROBOT(LINK("a") FIXED("j", "a", "b")), "r.urdf:3:48: joint 'j': there is no link 'b'"},
        {ROBOT(LINK("a") LINK("b") "<joint name='j' type='prismatic'><parent link='a'/><child link='b'/></joint>\n"),
         "r.urdf:4:1: joint 'j' is of type 'prismatic'; only fixed, continuous and revolute joints are known here"},
        {ROBOT("<link name='a'><inertial><mass value='-1'/>" INERTIA("1", "1", "1") "</inertial></link>"),
         "r.urdf:2:26: value=\"-1\" of <mass> must be 1 number from 0 to 10000"},
        {ROBOT("<link name='a'><inertial><mass value='0'/>" INERTIA("1", "1", "1") "</inertial></link>"),
         "r.urdf:2:26: the mass of link 'a' must be at least 1e-06 kg; leave <inertial> out if it has none"},
        {ROBOT("<link name='a'><inertial><mass value='nan'/>" INERTIA("1", "1", "1") "</inertial></link>"),
         "r.urdf:2:26: value=\"nan\" of <mass> must be 1 number from 0 to 10000"},
        {ROBOT("<link name='a'><inertial><mass value='1'/>" INERTIA("1", "1", "3") "</inertial></link>"),
         "r.urdf:2:43: the inertia of link 'a' is that of no body: of its principal moments 1, 1 and 3 kg m2 the "
         "largest "
         "exceeds the sum of the others"},
        {ROBOT("<link name='a'><inertial><mass value='1'/>" INERTIA("-1", "1", "1") "</inertial></link>"),
         "r.urdf:2:43: the inertia of link 'a' is not positive definite: its principal moments are -1, 1 and 1 kg m2"},
        {ROBOT("<link name='a'><inertial><mass value='1'/></inertial></link>"),
         "r.urdf:2:16: <inertial> of link 'a' has no <inertia>"},
        {ROBOT("<link name='a'><collision><geometry><box size='1 0 1'/></geometry></collision></link>"),
         "r.urdf:2:37: size=\"1 0 1\" of <box> must be 3 numbers from 0.0001 to 10"},
        {ROBOT("<link name='a'><collision><geometry><box size='1 1 1 1'/></geometry></collision></link>"),
         "r.urdf:2:37: size=\"1 1 1 1\" of <box> must be 3 numbers and nothing else"},
        {ROBOT("<link name='a'><collision><geometry><cylinder radius='1'/></geometry></collision></link>"),
         "r.urdf:2:37: <cylinder> has no length"},
        {ROBOT("<link name='a'><collision><geometry><cone/></geometry></collision></link>"),
         "r.urdf:2:27: <geometry> must hold a box, cylinder, sphere or mesh"},
        {ROBOT("<link name='a'><collision><geometry><mesh filename='gone.stl'/></geometry></collision></link>"),
         "r.urdf:2:37: mesh 'gone.stl' is nowhere"},
        {ROBOT(BASE WHEEL("left", "0.2")),
         "r.urdf:1:1: no joint drives the right side (none is continuous and called a "
         "wheel and that side); name its wheels' joints with robot.right_wheels"},
        {ROBOT(LINK("base") WHEELS),
         "r.urdf:2:1: link 'base' (with what is fixed to it) can move but has no <inertial>"},
        {ROBOT(BASE WHEEL("left", "0.2") WHEEL("right", "0.1")),
         "r.urdf:5:1: wheel 'right_wheel' is one of the right wheels but stands 0.025 m to the left of the middle"},
        {ROBOT("<link name='base'>" BODY("2", "0 0 -0.1", INERTIA("1", "1", "1"),
                                         "<box size='0.3 0.2 0.1'/>") "</link>\n" WHEELS),
         "r.urdf:3:1: wheel 'left_wheel' does not reach the ground: something else of the robot lies 0.100 m "
         "lower"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        assert_null(load(cases[i].text, &by_name, &err));
        assert_string_equal(err.text, cases[i].sentence);
        assert_int_equal(err.status, STATUS_BAD_INPUT);
    }
    struct error err = {0};
    struct urdf_options options = {"left_weel_joint", "right_wheel_joint", "", 0.9};
    assert_null(load(ROBOT(BASE WHEELS), &options, &err));
    assert_string_equal(err.text, "r.urdf:1:1: left_wheels: there is no joint 'left_weel_joint'; did you mean "
                                  "'left_wheel_joint'?");
    options = (struct urdf_options){"", "", "bas", 0.9};
    assert_null(load(ROBOT(BASE WHEELS), &options, &err));
    assert_string_equal(err.text, "r.urdf:1:1: base_link: there is no link 'bas'; did you mean 'base'?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_links_become_one_body),
        cmocka_unit_test(inertia_follows_its_axes),
        cmocka_unit_test(numbers_are_those_of_the_file),
        cmocka_unit_test(wheels_may_be_named),
        cmocka_unit_test(both_drive_straight),
        cmocka_unit_test(both_turn_in_place),
        cmocka_unit_test(odometry_knows_about_skidding),
        cmocka_unit_test(a_caster_that_turns_trails_behind),
        cmocka_unit_test(meshes_in_three_formats_are_one),
        cmocka_unit_test(a_mesh_is_its_hull),
        cmocka_unit_test(bad_files_get_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
