/* Colour, depth and labels against the geometry and materials of small scenes. */
#include "tests/sim/capture.h"

#include "perception/label.h"
#include "sim/render.h"

static float depth_at(const struct msg_image *image, uint32_t u, uint32_t v)
{
    float depth;
    memcpy(&depth, image->data.data + v * image->step + 4 * u, sizeof depth);
    return depth;
}

static const uint8_t *rgb_at(const struct msg_image *image, uint32_t u, uint32_t v)
{
    return image->data.data + v * image->step + 3 * u;
}

static uint8_t label_at(const struct msg_image *image, uint32_t u, uint32_t v)
{
    return image->data.data[v * image->step + u];
}

/* A level camera sees the wall ahead at one depth, and the floor at height * focal / rows below the middle. */
static void depth_is_measured_along_the_axis(void **unused)
{
    (void)unused;
    struct stage stage = stage_open(ROOM, (const char *[]){QUIET, "camera.pitch_rad=0", NULL});
    struct capture capture;
    capture_open(&capture, &stage, 1, ONLY(SENSOR_DEPTH));
    stage_run(&stage, (struct twist2){0, 0}, 0.1);
    const struct msg_image *depth = next(&stage, &capture, TOPIC_DEPTH);
    assert_string_equal(depth->encoding, "32FC1");
    assert_string_equal(depth->header.frame_id, "camera_optical");
    const struct camera_config *c = &stage.scenario->camera;
    double wall = 3.0 - c->x_m, focal = render_focal_px(c);
    size_t walls = 0, floors = 0;
    for (uint32_t v = 0; v < depth->height; v++)
        for (uint32_t u = 0; u < depth->width; u++) {
            double below = v + 0.5 - c->height / 2.0, floor_m = below > 0 ? c->z_m * focal / below : HUGE_VAL;
            double expected = fmin(floor_m, wall);
            assert_near((double)depth_at(depth, u, v), expected, 0.01 * expected); /* it stands a hair off level */
            *(floor_m < wall ? &floors : &walls) += 1;
        }
    assert_true(walls > 500 && floors > 500);
    capture_close(&capture, &stage);
    stage_close(&stage);
}

static void depth_noise_grows_with_the_square(void **unused)
{
    (void)unused;
    struct stage stage = stage_open(ROOM, (const char *[]){"camera.pitch_rad=-0.6", "camera.depth_noise=0.01", NULL});
    struct stage quiet = stage_open(ROOM, (const char *[]){QUIET, "camera.pitch_rad=-0.6", NULL});
    struct capture capture, truth;
    capture_open(&truth, &quiet, 1, ONLY(SENSOR_DEPTH));
    const struct msg_image *exact = next(&quiet, &truth, TOPIC_DEPTH);
    capture_open(&capture, &stage, 4, ONLY(SENSOR_DEPTH));
    struct moments errors = {0};
    for (int n = 0; n < 5; n++) {
        const struct msg_image *depth = next(&stage, &capture, TOPIC_DEPTH);
        for (uint32_t v = 0; v < depth->height; v++)
            for (uint32_t u = 0; u < depth->width; u++) {
                double z = (double)depth_at(exact, u, v);
                if (!isnan(z) && z < 5)
                    moments_put(&errors, ((double)depth_at(depth, u, v) - z) / (z * z));
                else if (isnan(z)) /* sky above the wall */
                    assert_true(isnan(depth_at(depth, u, v)));
            }
    }
    assert_true(errors.n > 3000 && errors.n < 5 * 64 * 48);
    assert_white(&errors, 0, 0.01);
    capture_close(&truth, &quiet);
    capture_close(&capture, &stage);
    stage_close(&quiet);
    stage_close(&stage);
}

/* The pixel of a point of the base frame, through K and the frames that were announced. */
static void project(const struct msg_camera_info *info, const struct msg_tf_message *tf, struct vec3 p, int *u, int *v)
{
    for (uint32_t i = 0; i < tf->transforms.count; i++) {
        const struct msg_transform_stamped *t = &tf->transforms.data[i];
        if (strcmp(t->child_frame_id, "camera") && strcmp(t->child_frame_id, "camera_optical"))
            continue;
        struct vec3 at = {t->transform.translation.x, t->transform.translation.y, t->transform.translation.z};
        struct quat q = {t->transform.rotation.x, t->transform.rotation.y, t->transform.rotation.z,
                         t->transform.rotation.w};
        p = quat_rotate(quat_conjugate(q), vec3_sub(p, at));
    }
    assert_true(p.z > 0);
    *u = (int)lround(info->k[0] * p.x / p.z + info->k[2]);
    *v = (int)lround(info->k[4] * p.y / p.z + info->k[5]);
}

static void paint_is_yellow_where_it_lies(void **unused)
{
    (void)unused;
    static const char paint[] = "zones:\n"
                                "  - {name: wet, rectangle: [1.2, -0.1, 2.2, 0.9], keep_out: true, painted: true}\n";
    struct stage stage = stage_open(paint, (const char *[]){"camera.width=160", "camera.height=120", NULL});
    struct capture capture;
    capture_open(&capture, &stage, 2, ONLY(SENSOR_CAMERA));
    sensors_announce(stage.sensors, 0);
    next(&stage, &capture, TOPIC_LABELS);
    const struct msg_camera_info *info = latest(&capture, TOPIC_CAMERA_INFO);
    const struct msg_tf_message *tf = latest(&capture, TOPIC_TF_STATIC);
    const struct msg_image *image = latest(&capture, TOPIC_IMAGE), *labels = latest(&capture, TOPIC_LABELS);
    const struct { struct vec3 point; bool painted; } spots[] = {
        {{1.7, 0.4, 0}, true},   {{1.3, 0, 0}, true},   {{2.1, 0.8, 0}, true},   {{1.3, 0.8, 0}, true},
        {{1.1, 0.4, 0}, false},  {{1.7, -0.2, 0}, false}, {{2.4, 0.4, 0}, false}, {{1.7, 1.0, 0}, false},
    };
    for (size_t i = 0; i < COUNT_OF(spots); i++) {
        int u, v;
        project(info, tf, spots[i].point, &u, &v);
        assert_true(u >= 0 && u < 160 && v >= 0 && v < 120);
        const uint8_t *rgb = rgb_at(image, (uint32_t)u, (uint32_t)v);
        bool yellow = rgb[0] > 150 && rgb[1] > 120 && rgb[2] < 60;
        assert_int_equal(yellow, spots[i].painted);
        assert_int_equal(label_at(labels, (uint32_t)u, (uint32_t)v), spots[i].painted ? LABEL_KEEPOUT : LABEL_FLOOR);
    }
    capture_close(&capture, &stage);
    stage_close(&stage);
}

static void pixel_noise_is_what_it_says(void **unused)
{
    (void)unused;
    const char *bare = "camera.pitch_rad=-0.3";
    struct stage stage = stage_open(ROOM, (const char *[]){"camera.noise=0.02", "camera.shot_noise=0", bare, NULL});
    struct stage quiet = stage_open(ROOM, (const char *[]){QUIET, bare, NULL});
    struct capture capture, truth;
    capture_open(&truth, &quiet, 1, ONLY(SENSOR_CAMERA));
    const struct msg_image *exact = next(&quiet, &truth, TOPIC_IMAGE);
    capture_open(&capture, &stage, 5, ONLY(SENSOR_CAMERA));
    const struct msg_image *noisy = next(&stage, &capture, TOPIC_IMAGE);
    assert_int_equal(exact->data.count, 64 * 48 * 3);
    struct moments errors = {0};
    for (uint32_t i = 0; i < exact->data.count; i++)
        if (exact->data.data[i] > 20 && exact->data.data[i] < 235) /* not clipped */
            moments_put(&errors, noisy->data.data[i] - exact->data.data[i]);
    double sigma = sqrt(square(255 * 0.02) + 1.0 / 12); /* and whole numbers */
    assert_true(errors.n > 5000);
    assert_near(moments_mean(&errors), 0, 5 * sigma / sqrt(errors.n) + 0.5); /* the exact one was rounded, too */
    assert_near(moments_variance(&errors), sigma * sigma, 5 * sigma * sigma * sqrt(2 / errors.n) + 0.1);
    capture_close(&truth, &quiet);
    capture_close(&capture, &stage);
    stage_close(&quiet);
    stage_close(&stage);
}

/* Glass 2 m ahead on the left, soot-black on the right, a wall behind both. */
static const char show_case[] =
    "solids:\n"
    "  - {name: back, kind: box, at: [4.1, 0], size: [0.2, 12, 3]}\n"
    "  - {name: pane, kind: box, at: [2.05, 1.5], size: [0.1, 3, 3], material: glass}\n"
    "  - {name: soot, kind: box, at: [2.05, -1.5], size: [0.1, 3, 3], material: black}\n";

static void materials_answer_to_their_senses(void **unused)
{
    (void)unused;
    struct stage stage = stage_open(show_case, (const char *[]){QUIET, "camera.pitch_rad=0", NULL});
    struct capture capture;
    capture_open(&capture, &stage, 1, 0);
    next(&stage, &capture, TOPIC_LABELS);
    const struct msg_laser_scan *scan = latest(&capture, TOPIC_SCAN);
    const struct msg_image *depth = latest(&capture, TOPIC_DEPTH), *labels = latest(&capture, TOPIC_LABELS);
    const struct msg_image *image = latest(&capture, TOPIC_IMAGE);
    double tilt = 0.02, camera_x = stage.scenario->camera.x_m;
    const uint32_t left_beam = 180 + 10, right_beam = 180 - 10, left = 20, right = 44, row = 20;
    assert_near((double)scan->ranges.data[left_beam], 4 / cos(10 * PI / 180), tilt);
    assert_near((double)scan->ranges.data[right_beam], 2 / cos(10 * PI / 180), tilt);
    assert_near((double)depth_at(depth, left, row), 2 - camera_x, tilt);
    assert_true(isnan(depth_at(depth, right, row)));
    assert_int_equal(label_at(labels, left, row), LABEL_GLASS);
    assert_int_equal(label_at(labels, right, row), LABEL_OBSTACLE);
    assert_true(rgb_at(image, left, row)[0] > 60); /* the wall shows through */
    assert_true(rgb_at(image, right, row)[0] < 30);
    capture_close(&capture, &stage);
    stage_close(&stage);
}

/* Each material whose depth is a matter of choice, and each choice. The mirror stands 2 m ahead across the view: what
 * one sees in it is 1.95 m behind the robot. */
static void depth_of_odd_materials_is_a_choice(void **unused)
{
    (void)unused;
    static const char *const scenes[] = {
        "solids:\n  - {kind: box, at: [4.1, 0], size: [0.2, 12, 3]}\n"
        "  - {kind: box, at: [2.05, 0], size: [0.1, 3, 3], material: %s}\n"
        "  - {kind: box, at: [-2.05, 0], size: [0.2, 12, 3]}\n"};
    static const struct { const char *material, *setting; double depth_m; } rows[] = { /* 0: a hole */
        {"glass", "camera.depth_glass=surface", 2}, {"glass", "camera.depth_glass=hole", 0},
        {"glass", "camera.depth_glass=beyond", 4},  {"black", "camera.depth_black=surface", 2},
        {"black", "camera.depth_black=hole", 0},  {"black", "camera.depth_black=beyond", 4},
        {"mirror", "camera.depth_mirror=surface", 2}, {"mirror", "camera.depth_mirror=hole", 0},
        {"mirror", "camera.depth_mirror=beyond", 2 + 2 + 1.95}, {"wood", "camera.depth_black=hole", 2}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char yaml[400];
        snprintf(yaml, sizeof yaml, scenes[0], rows[i].material);
        struct stage stage = stage_open(yaml, (const char *[]){QUIET, "camera.pitch_rad=0", rows[i].setting, NULL});
        struct capture capture;
        capture_open(&capture, &stage, 1, ONLY(SENSOR_DEPTH));
        double depth_m = (double)depth_at(next(&stage, &capture, TOPIC_DEPTH), 32, 20);
        if (rows[i].depth_m == 0)
            assert_true(isnan(depth_m));
        else
            assert_near(depth_m, rows[i].depth_m - stage.scenario->camera.x_m, 0.02);
        capture_close(&capture, &stage);
        stage_close(&stage);
    }
}

/* A post 2 m ahead before a wall at 4 m: its picture grows by depth_edge_px on both sides, and by nothing up and
 * down. */
static void near_edges_bleed_sideways(void **unused)
{
    (void)unused;
    static const char post[] = "solids:\n  - {kind: box, at: [4.1, 0], size: [0.2, 12, 3]}\n"
                               "  - {kind: box, at: [2.05, 0], size: [0.1, 0.4, 0.3]}\n";
    int columns[2], rows[2];
    for (int bleeds = 0; bleeds < 2; bleeds++) {
        struct stage stage =
            stage_open(post, (const char *[]){QUIET, "camera.pitch_rad=0",
                                              bleeds ? "camera.depth_edge_px=3" : "camera.depth_edge_px=0", NULL});
        struct capture capture;
        capture_open(&capture, &stage, 1, ONLY(SENSOR_DEPTH));
        const struct msg_image *depth = next(&stage, &capture, TOPIC_DEPTH);
        columns[bleeds] = rows[bleeds] = 0;
        for (uint32_t u = 0; u < depth->width; u++)
            columns[bleeds] += depth_at(depth, u, 26) < 1.9f;
        for (uint32_t v = 0; v < depth->height; v++)
            rows[bleeds] += fabsf(depth_at(depth, 32, v) - 1.8f) < 0.02f;
        capture_close(&capture, &stage);
        stage_close(&stage);
    }
    assert_true(columns[0] >= 7 && columns[0] <= 10);
    assert_int_equal(columns[1], columns[0] + 2 * 3);
    assert_int_equal(rows[1], rows[0]);
}

/* Every pixel's depth, put back into the world through CameraInfo's K and the frames, lies on the wall or on the
 * floor. */
static void camera_info_is_the_projection(void **unused)
{
    (void)unused;
    struct stage stage = stage_open(ROOM, (const char *[]){QUIET, "camera.width=50", "camera.height=36",
                                                           "camera.hfov_rad=1.1", "camera.pitch_rad=0.3", NULL});
    struct capture capture;
    capture_open(&capture, &stage, 2, 0);
    sensors_announce(stage.sensors, 0);
    next(&stage, &capture, TOPIC_LABELS);
    const struct msg_camera_info *info = latest(&capture, TOPIC_CAMERA_INFO);
    const struct msg_image *depth = latest(&capture, TOPIC_DEPTH);
    struct pose3 base = stage_truth(&stage).pose;
    struct vec3 mount = {stage.scenario->camera.x_m, 0, stage.scenario->camera.z_m};
    assert_string_equal(info->distortion_model, "plumb_bob");
    assert_int_equal(info->d.count, 5);
    size_t seen = 0;
    for (uint32_t v = 0; v < depth->height; v++)
        for (uint32_t u = 0; u < depth->width; u++) {
            double z = (double)depth_at(depth, u, v);
            if (isnan(z))
                continue;
            struct vec3 optical = {(u - info->k[2]) / info->k[0] * z, (v - info->k[5]) / info->k[4] * z, z};
            struct vec3 body = {optical.z, -optical.x, -optical.y};
            struct vec3 p = vec3_add(mount, quat_rotate(quat_from_rpy(0, 0.3, 0), body));
            p = pose3_apply(base, p);
            assert_true(fabs(p.z) < 0.005 || fabs(p.x - 3) < 0.005);
            seen++;
        }
    assert_true(seen > 1500);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++)
            assert_near(info->p[4 * i + j], info->k[3 * i + j], 0);
    capture_close(&capture, &stage);
    stage_close(&stage);
}

/* Depth is the same whether colour rays went first or not. */
static void depth_does_not_depend_on_colour(void **unused)
{
    (void)unused;
    struct stage stage = stage_open(show_case, NULL);
    struct capture both, alone;
    capture_open(&both, &stage, 6, 0);
    sensors_sample(stage.sensors, 400, 0);
    uint64_t with_colour = both.hash[TOPIC_DEPTH];
    capture_close(&both, &stage);
    capture_open(&alone, &stage, 6, ONLY(SENSOR_DEPTH));
    sensors_sample(stage.sensors, 400, 0);
    assert_true(alone.hash[TOPIC_DEPTH] == with_colour && with_colour != HASH_START);
    capture_close(&alone, &stage);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depth_is_measured_along_the_axis),
        cmocka_unit_test(depth_noise_grows_with_the_square),
        cmocka_unit_test(paint_is_yellow_where_it_lies),
        cmocka_unit_test(pixel_noise_is_what_it_says),
        cmocka_unit_test(materials_answer_to_their_senses),
        cmocka_unit_test(depth_of_odd_materials_is_a_choice),
        cmocka_unit_test(near_edges_bleed_sideways),
        cmocka_unit_test(camera_info_is_the_projection),
        cmocka_unit_test(depth_does_not_depend_on_colour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
