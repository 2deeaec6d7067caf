/* Light, shadows, textures, glass and mirrors against arithmetic on small scenes. */
#include "tests/sim/capture.h"

#include "perception/label.h"
#include "sim/light.h"
#include "sim/render.h"
#include "sim/texture.h"

static const struct vec3 up = {0, 0, 1};

static struct raycast_hit seen(const struct stage *stage, struct vec3 from, struct vec3 way)
{
    struct raycast_hit hit;
    assert_true(raycast_ray(stage->world->raycast, from, way, 60, SENSE_CAMERA, &hit));
    return hit;
}

static double light_here(const struct stage *stage, struct vec3 point, struct vec3 normal, double rgb[3])
{
    struct light light = light_of(stage->scenario);
    light_at(&light, stage->world->raycast, point, normal, rgb);
    return rgb[1];
}

/* --- light ------------------------------------------------------------------------------------------------ */

static void the_sun_lights_what_faces_it(void **unused)
{
    (void)unused;
    struct stage stage =
        stage_open("", (const char *[]){"world.ambient=0.2", "world.sun=0.7", "world.sun_azimuth_rad=0",
                                        "world.sun_elevation_rad=0.5", NULL});
    double rgb[3];
    assert_near(light_here(&stage, (struct vec3){3, 2, 0}, up, rgb), 0.2 + 0.7 * sin(0.5), 1e-12);
    double away = light_here(&stage, (struct vec3){3, 2, 1}, (struct vec3){-1, 0, 0}, rgb);
    double facing = light_here(&stage, (struct vec3){3, 2, 1}, (struct vec3){1, 0, 0}, rgb);
    assert_near(facing + away, 0.4 + 0.7 * cos(0.5), 1e-12); /* the fill is as much more here as less there */
    assert_near(away, 0.2, 0.2 * 0.151);
    assert_true(light_here(&stage, (struct vec3){3, 2, 0}, (struct vec3){-1, 0, 0}, rgb) < 0.75 * away); /* the foot */
    stage_close(&stage);
}

static void lamps_fade_with_the_square(void **unused)
{
    (void)unused;
    static const char lamps[] = "lamps:\n  - {at: [2, 1, 2], power: 3, colour: [1, 0.5, 0.25]}\n";
    struct stage stage = stage_open(lamps, (const char *[]){"world.ambient=0", "world.sun=0", NULL});
    double rgb[3];
    light_here(&stage, (struct vec3){2, 1, 0}, up, rgb);
    assert_near(rgb[0], 3.0 / 4, 1e-3);
    assert_near(rgb[1], rgb[0] / 2, 1e-12);
    assert_near(rgb[2], rgb[0] / 4, 1e-12);
    light_here(&stage, (struct vec3){3.5, 1, 0}, up, rgb);
    assert_near(rgb[0], 3 / 6.25 * 0.8, 1e-3);
    assert_near(light_here(&stage, (struct vec3){2, 1, 0}, (struct vec3){0, 0, -1}, rgb), 0, 0);
    stage_close(&stage);
}

/* A post of 1 m at (3, 0): with the sun in the west at 45 degrees its shadow reaches from 3.1 to 4.1 m. */
static void shadows_fall_where_the_sun_says(void **unused)
{
    (void)unused;
    static const char post[] = "solids:\n"
                               "  - {kind: box, at: [3, 0], size: [0.2, 0.2, 1]}\n"
                               "  - {kind: box, at: [3, 3], size: [0.2, 0.2, 1], material: glass}\n"
                               "lamps:\n  - {at: [0, 8, 1], power: 4}\n"
                               "  - {at: [-9, 0, 9], power: 0}\n";
    static const struct { double x, y; bool dark; } spots[] = {
        {2.8, 0, false}, {3.2, 0, true}, {4.05, 0, true}, {4.15, 0, false}, {3.5, 0.12, false}, {3.5, 3, false}};
    for (int on = 0; on < 2; on++) {
        struct stage stage = stage_open(
            post, (const char *[]){"world.ambient=0.1", "world.sun=0.8", "world.sun_azimuth_rad=3.14159265358979",
                                   "world.sun_elevation_rad=0.78539816339745",
                                   on ? "world.shadows=true" : "world.shadows=false", NULL});
        for (size_t i = 0; i < COUNT_OF(spots); i++) {
            struct vec3 p = {spots[i].x, spots[i].y, 0};
            double rgb[3], lamp = 4 * 1 / pow(square(p.x) + square(p.y - 8) + 1, 1.5);
            double sun = on && spots[i].dark ? 0 : 0.8 * sqrt(0.5);
            assert_near(light_here(&stage, p, up, rgb), 0.1 + sun + (lamp > 1.0 / 512 ? lamp : 0), 1e-3);
        }
        stage_close(&stage);
    }
}

/* The lamp stands low in the north, so the post's shadow falls to the south. */
static void lamps_cast_shadows(void **unused)
{
    (void)unused;
    static const char post[] = "solids:\n  - {kind: box, at: [3, 0], size: [0.2, 0.2, 1]}\n"
                               "lamps:\n  - {at: [3, 3, 2], power: 9}\n";
    struct stage stage =
        stage_open(post, (const char *[]){"world.ambient=0", "world.sun=0", "world.shadows=true", NULL});
    double rgb[3];
    assert_near(light_here(&stage, (struct vec3){3, -1, 0}, up, rgb), 0, 0);
    assert_true(light_here(&stage, (struct vec3){3.5, -1, 0}, up, rgb) > 0.1);
    assert_true(light_here(&stage, (struct vec3){3, 1, 0}, up, rgb) > 0.1);
    assert_true(light_here(&stage, (struct vec3){3, -4, 0}, up, rgb) > 0.01); /* over its top */
    stage_close(&stage);
}

/* --- textures --------------------------------------------------------------------------------------------- */

static float red_at(const char *texture, double u, double v, double pixel_m)
{
    struct texture_spot spot = {u, v, 1, 1};
    float rgb[3] = {200, 200, 200};
    texture_colour(&texture_table[texture_find(texture)], &spot, pixel_m, rgb);
    return rgb[0];
}

static void patterns_are_what_they_say(void **unused)
{
    (void)unused;
    assert_true(red_at("checker", 0.1, 0.1, 1e-3) == 200 && red_at("checker", 0.3, 0.1, 1e-3) == 100);
    assert_true(red_at("checker", 0.3, 0.3, 1e-3) == 200 && red_at("checker", -0.1, 0.1, 1e-3) == 100);
    assert_true(red_at("stripes", 0.1, 5, 1e-3) == 100 && red_at("stripes", 0.2, 5, 1e-3) == 200);
    assert_true(red_at("arrow", 0.5, 0.5, 1e-3) > 200 && red_at("arrow", 0.5, 0.8, 1e-3) < 100);
    assert_true(red_at("arrow", 0.8, 0.5, 1e-3) > 200 && red_at("arrow", 0.1, 0.5, 1e-3) < 100); /* points right */
    assert_true(red_at("checker", 0.1, 0.1, 5) == 150 && red_at("checker", 0.3, 0.1, 5) == 150); /* too small to see */
    assert_true(red_at("plain", 0.1, 0.1, 1e-3) == 200);
    assert_int_equal(texture_find("chequer"), -1);
}

/* Each pattern's stated mean is its mean, so that it does not change its brightness as it fades. */
static void patterns_fade_into_their_mean(void **unused)
{
    (void)unused;
    for (int i = 0; i < texture_count; i++) {
        const struct texture *texture = &texture_table[i];
        double sum = 0;
        if (!texture->ink)
            continue;
        for (int u = 0; u < 400; u++)
            for (int v = 0; v < 400; v++) {
                struct texture_spot spot = {(u + 0.5) * 0.005, (v + 0.5) * 0.005, 2, 2};
                double ink = texture->ink(&spot);
                assert_true(ink >= 0 && ink <= 1);
                sum += ink / 160000;
            }
        if (fabs(sum - texture->mean) > 0.13)
            print_error("%s: mean %g\n", texture->name, sum);
        assert_near(sum, texture->mean, 0.13);
    }
}

/* On every side of a box that may be turned, u runs to the right of who stands before it, v up, from the lower left
 * corner. */
static void faces_are_measured_from_their_lower_left(void **unused)
{
    (void)unused;
    struct shape box = {.kind = SHAPE_BOX, .half_m = {1, 2, 0.5}};
    struct pose3 pose = {{5, 6, 0.5}, quat_from_yaw(0.7)};
    for (int side = 0; side < 4; side++) {
        double turn = side * PI / 2, half = side % 2 ? 2 : 1, width = side % 2 ? 2 : 4;
        struct quat q = quat_multiply(pose.orientation, quat_from_yaw(turn));
        struct vec3 normal = quat_rotate(q, (struct vec3){1, 0, 0}), right = quat_rotate(q, (struct vec3){0, 1, 0});
        struct vec3 corner = vec3_sub(vec3_add(pose.position, vec3_scale(normal, half)), vec3_scale(right, width / 2));
        struct vec3 p = vec3_add(vec3_add(corner, vec3_scale(right, 0.3)), (struct vec3){0, 0, -0.5 + 0.2});
        struct texture_spot spot = texture_spot(&box, pose, p, normal);
        assert_near(spot.u_m, 0.3, 1e-9);
        assert_near(spot.v_m, 0.2, 1e-9);
        assert_near(spot.width_m, width, 1e-9);
        assert_near(spot.height_m, 1, 1e-9);
    }
}

/* --- frames ----------------------------------------------------------------------------------------------- */

#define LEVEL QUIET, "camera.pitch_rad=0", "world.ambient=1", "world.sun=0"

static const struct msg_image *picture(struct stage *stage, struct capture *capture)
{
    capture_open(capture, stage, 1, ONLY(SENSOR_CAMERA));
    return next(stage, capture, TOPIC_IMAGE);
}

static const uint8_t *pixel(const struct msg_image *image, uint32_t u, uint32_t v)
{
    return image->data.data + v * image->step + 3 * u;
}

static void a_solid_wears_its_texture(void **unused)
{
    (void)unused;
    static const char wall[] = "solids:\n"
                               "  - {kind: box, at: [3.1, 0], size: [0.2, 12, 3], material: wood, texture: barrier}\n";
    struct stage stage = stage_open(wall, (const char *[]){LEVEL, NULL});
    struct capture capture;
    const struct msg_image *image = picture(&stage, &capture);
    size_t red = 0, white = 0;
    for (uint32_t u = 0; u < image->width; u++) {
        const uint8_t *rgb = pixel(image, u, 10);
        red += rgb[0] > 150 && rgb[1] < 60;
        white += rgb[1] > 180;
    }
    assert_true(red > 8 && white > 8);
    capture_close(&capture, &stage);
    stage_close(&stage);
}

/* A mirror 2 m ahead shows the red wall 1.95 m behind; a laser measures the way there and back again. */
static void mirrors_show_what_is_behind(void **unused)
{
    (void)unused;
    static const char room[] =
        "solids:\n  - {kind: box, at: [2.05, 0], size: [0.1, 6, 3], material: mirror}\n"
        "  - {kind: box, at: [-2.05, 0], size: [0.2, 6, 3], material: plastic, texture: plain}\n";
    struct stage stage = stage_open(room, (const char *[]){LEVEL, NULL});
    struct capture capture;
    const struct msg_image *image = picture(&stage, &capture), *labels = latest(&capture, TOPIC_LABELS);
    const uint8_t *rgb = pixel(image, 32, 20);
    double fill = 0.15 * cos(0.9 + 2.4), red = 0.15 * 196 * (1 - fill) + 0.85 * 178 * (1 + fill);
    assert_near(rgb[0], red, 6);
    assert_true(rgb[0] > 2 * rgb[1]);
    assert_int_equal(labels->data.data[20 * labels->step + 32], LABEL_OBSTACLE);
    assert_near(seen(&stage, (struct vec3){0, 0, 1}, (struct vec3){1, 0, 0}).distance_m, 2, 1e-9);
    capture_close(&capture, &stage);
    stage_close(&stage);
}

/* Two panes: each adds 30 % of its own colour to what is behind. */
static void glass_tints_what_is_behind(void **unused)
{
    (void)unused;
    static const char panes[] = "solids:\n  - {kind: box, at: [2, 0], size: [0.02, 6, 3], material: glass}\n"
                                "  - {kind: box, at: [3, 0], size: [0.02, 6, 3], material: glass}\n"
                                "  - {kind: box, at: [4.1, 0], size: [0.2, 6, 3], material: plastic}\n";
    struct stage stage = stage_open(panes, (const char *[]){LEVEL, NULL});
    struct capture capture;
    const struct msg_image *image = picture(&stage, &capture);
    double light = 1 + 0.15 * -cos(0.9 + 2.4);
    assert_near(pixel(image, 32, 20)[0], light * (0.3 * 168 * (1 + 0.7) + 0.49 * 178), 3);
    assert_near(pixel(image, 32, 20)[1], light * (0.3 * 198 * (1 + 0.7) + 0.49 * 58), 3);
    capture_close(&capture, &stage);
    stage_close(&stage);
}

/* The share of columns between black and white of an edge seen while turning at 1 rad/s with the shutter open 0.1 s:
 * the edge is smeared over 0.1 * focal pixels. Standing still it is sharp. */
static void motion_blurs_as_far_as_one_turned(void **unused)
{
    (void)unused;
    static const char edge[] = "solids:\n  - {kind: box, at: [6, 10], size: [0.2, 20, 3], texture: plain}\n"
                               "  - {kind: box, at: [6, -10], size: [0.2, 19.99, 3], material: black}\n";
    const char *const rows[] = {"camera.blur_samples=1", "camera.blur_samples=16"};
    int grey[2];
    for (int blurs = 0; blurs < 2; blurs++) {
        struct stage stage = stage_open(edge, (const char *[]){LEVEL, "camera.width=320", "camera.height=48",
                                                               "camera.exposure_s=0.1", "camera.gain=0.1", rows[blurs],
                                                               "robot.max_alpha_radps2=50", "start.yaw=-0.5", NULL});
        struct capture capture;
        capture_open(&capture, &stage, 1, ONLY(SENSOR_CAMERA));
        stage_run(&stage, (struct twist2){0, 1}, 0.5);
        const struct msg_image *image = next(&stage, &capture, TOPIC_IMAGE);
        uint8_t low = 255, high = 0;
        grey[blurs] = 0;
        for (uint32_t u = 0; u < 320; u++) {
            uint8_t value = pixel(image, u, 20)[0];
            low = value < low ? value : low;
            high = value > high ? value : high;
        }
        for (uint32_t u = 0; u < 320; u++)
            grey[blurs] += pixel(image, u, 20)[0] > low + 8 && pixel(image, u, 20)[0] < high - 8;
        if (blurs) {
            double turned = stage_truth(&stage).angular_radps.z * 0.1, focal = render_focal_px(&stage.scenario->camera);
            double across = turned * focal; /* near the middle; wider towards the sides */

            assert_true(across > 10);
            assert_true(grey[1] > 0.8 * across && grey[1] < 1.2 * across);
        }
        capture_close(&capture, &stage);
        stage_close(&stage);
    }
    assert_true(grey[0] <= 1);
}

/* No light at all: black, but for the noise, which is the read-out's. */
static void darkness_is_dark(void **unused)
{
    (void)unused;
    struct stage stage = stage_open(ROOM, (const char *[]){"world.ambient=0", "world.sun=0", NULL});
    struct capture capture;
    const struct msg_image *image = picture(&stage, &capture);
    double sum = 0;
    bool varies = false;
    for (uint32_t i = 0; i < image->data.count; i++) {
        assert_true(image->data.data[i] < 12);
        sum += image->data.data[i];
        varies |= image->data.data[i] != image->data.data[0];
    }
    assert_true(varies && sum / image->data.count < 3);
    capture_close(&capture, &stage);
    stage_close(&stage);
}

/* --- what is written ------------------------------------------------------------------------------------------ */

static void odd_lamps_and_textures_are_refused(void **unused)
{
    (void)unused;
    static const struct { const char *yaml, *sentence; } rows[] = {
        {"lamps:\n  - {at: [1, 2]}\n", "bad.yaml:5:6: at must be a list of 3 numbers"},
        {"lamps:\n  - {power: 1}\n", "a lamp has no 'at'"},
        {"lamps:\n  - {at: [1, 2, 3], color: [1, 1, 1]}\n", "did you mean 'colour'?"},
        {"lamps:\n  - {at: [1, 2, 3], colour: [1, 1, 2]}\n", "outside 0 to 1"},
        {"lamps:\n  - {at: [1, 2, 3], power: -1}\n", "outside 0 to 1000"},
        {"lamps: 3\n", "lamps must be a list"},
        {"solids:\n  - {kind: sphere, at: [3, 3], radius: 1, texture: chequer}\n", "did you mean 'checker'?"},
        {"camera: {depth_glass: yes}\n", "must be one of surface, hole, beyond"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[400];
        snprintf(text, sizeof text, "name: bad\nbounds: [0, 0, 9, 9]\nstart: [1, 1, 0]\n%sgoal: [8, 8]\n",
                 rows[i].yaml);
        struct scenario_file file = {.name = "bad.yaml", .data = (uint8_t *)text, .size = strlen(text)};
        struct error err = {0};
        assert_null(scenario_unpack(&file, 1, &err));
        if (!strstr(err.text, rows[i].sentence))
            print_error("'%s' lacks '%s'\n", err.text, rows[i].sentence);
        assert_non_null(strstr(err.text, rows[i].sentence));
    }
}

static void doors_and_signs_have_labels_of_their_own(void **unused)
{
    (void)unused;
    static const char hall[] =
        "solids:\n  - {kind: box, at: [3.05, 1, 0], size: [0.1, 2, 3], texture: exit}\n"
        "  - {kind: box, at: [6.05, 0], size: [0.1, 12, 3]}\n"
        "doors:\n  - {name: leaf, kind: hinged, at: [3, -2.5], yaw: 1.5708, width: 1.5, closed: 1000,\n"
        "     open: 1}\n";
    struct stage stage = stage_open(hall, (const char *[]){LEVEL, NULL});
    struct capture capture;
    picture(&stage, &capture);
    const struct msg_image *labels = latest(&capture, TOPIC_LABELS);
    const uint8_t *row = labels->data.data + 20 * labels->step;
    assert_int_equal(row[20], LABEL_SIGN);
    assert_int_equal(row[36], LABEL_WALL); /* between the two */
    assert_int_equal(row[50], LABEL_DOOR);
    capture_close(&capture, &stage);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sun_lights_what_faces_it),
        cmocka_unit_test(lamps_fade_with_the_square),
        cmocka_unit_test(shadows_fall_where_the_sun_says),
        cmocka_unit_test(lamps_cast_shadows),
        cmocka_unit_test(patterns_are_what_they_say),
        cmocka_unit_test(patterns_fade_into_their_mean),
        cmocka_unit_test(faces_are_measured_from_their_lower_left),
        cmocka_unit_test(a_solid_wears_its_texture),
        cmocka_unit_test(mirrors_show_what_is_behind),
        cmocka_unit_test(doors_and_signs_have_labels_of_their_own),
        cmocka_unit_test(glass_tints_what_is_behind),
        cmocka_unit_test(motion_blurs_as_far_as_one_turned),
        cmocka_unit_test(darkness_is_dark),
        cmocka_unit_test(odd_lamps_and_textures_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
