#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "perception/keepout.h"
#include "toy_world.h"

static const struct grid grid = {0.05, {-5, -5}, 200, 200};

struct rig {
    struct camera camera;
    struct mapper mapper;
    struct keepout keepout;
    struct camera_cloud cloud;
    struct seed_stream random;
};

static void rig_init(struct rig *rig)
{
    *rig = (struct rig){.random = seed_stream_named(10, "keepout")};
    rig->camera = (struct camera){.width = TOY_WIDTH, .height = TOY_HEIGHT, .min_m = 0.1, .max_m = 8,
                                  .focal_px = TOY_WIDTH / 2.0 / tan(TOY_HFOV_RAD / 2),
                                  .mount = toy_config((struct pose2){0}, NULL).camera_in_base};
    mapper_init(&rig->mapper, &grid, NULL);
    keepout_init(&rig->keepout, &rig->camera, KEEPOUT_BY_BOTH);
    camera_cloud_init(&rig->cloud, &rig->camera);
}

static void rig_clear(struct rig *rig)
{
    mapper_clear(&rig->mapper);
    keepout_clear(&rig->keepout);
    camera_cloud_clear(&rig->cloud);
}

static void look(struct rig *rig, const struct toy_world *world, struct pose2 pose, bool with_depth)
{
    static uint8_t rgb[TOY_PIXELS * 3];
    static float depth[TOY_PIXELS];
    toy_camera(world, pose, &rig->random, rgb, depth);
    struct camera_view view = camera_view(&rig->camera, 0, 0);
    camera_cloud_fill(&rig->cloud, &rig->camera, &view, (const uint8_t *)depth, TOY_WIDTH * sizeof(float));
    keepout_image(&rig->keepout, &rig->camera, rgb, TOY_WIDTH * 3, NULL, 0);
    if (rig->keepout.waits)
        keepout_mark(&rig->keepout, &rig->camera, &view, with_depth ? &rig->cloud : NULL, pose, &rig->mapper);
}

static size_t marked(const struct rig *rig)
{
    size_t count = 0;
    for (size_t i = 0; i < grid_size(&grid); i++)
        count += rig->mapper.keepout[i];
    return count;
}

/* Cells of the patch, shrunk by `inside`, that are marked, and marked cells outside the patch grown by
 * `outside`. */
static void check_patch(const struct rig *rig, const struct toy_box *patch, double min_share)
{
    const double tolerance = 0.08; /* a cell, and what a pixel covers */
    size_t inside = 0, hits = 0;
    for (int y = 0; y < grid.height; y++) {
        for (int x = 0; x < grid.width; x++) {
            struct vec2 p = grid_centre(&grid, (struct cell){x, y});
            bool mark = rig->mapper.keepout[grid_index(&grid, (struct cell){x, y})];
            if (mark)
                assert_true(p.x > patch->x0 - tolerance && p.x < patch->x1 + tolerance &&
                            p.y > patch->y0 - tolerance && p.y < patch->y1 + tolerance);
            if (toy_holds(patch, p.x, p.y)) {
                inside++;
                hits += mark;
            }
        }
    }
    printf("figure: %zu of %zu painted cells found\n", hits, inside);
    assert_true((double)hits >= min_share * (double)inside);
}

static void test_paint_lands_on_its_cells(void **state)
{
    (void)state;
    for (int with_depth = 0; with_depth < 2; with_depth++) {
        struct toy_world world = {.paint = {1.0, -0.4, 1.8, 0.5, 0, 0, 0}};
        struct rig rig;
        rig_init(&rig);
        look(&rig, &world, (struct pose2){0}, with_depth);
        assert_int_equal(marked(&rig), 0); /* one image is no proof */
        for (int i = 0; i < 12; i++)
            look(&rig, &world, (struct pose2){-0.05 * i, 0.02 * i, 0.02 * i}, with_depth);
        check_patch(&rig, &world.paint, 0.9);
        size_t before = marked(&rig);
        for (int i = 0; i < 20; i++)
            look(&rig, &(struct toy_world){0}, (struct pose2){0}, with_depth);
        assert_int_equal(marked(&rig), before); /* absence proves nothing */
        rig_clear(&rig);
    }
}

static void test_yellow_box_is_no_paint(void **state)
{
    (void)state;
    const struct toy_box box = {1.5, -0.5, 2, 0.5, 0.5, 0, 1};
    const struct toy_world world = {.boxes = &box, .box_count = 1};
    struct rig rig;
    rig_init(&rig);
    for (int i = 0; i < 20; i++)
        look(&rig, &world, (struct pose2){0.03 * i - 0.3, 0, 0.01 * i}, true);
    assert_int_equal(marked(&rig), 0);
    look(&rig, &world, (struct pose2){0}, false);
    look(&rig, &world, (struct pose2){0}, false);
    assert_true(marked(&rig) > 0); /* the colour alone would have said so: depth made the difference */
    rig_clear(&rig);
}

static void test_colours(void **state)
{
    (void)state;
    static const struct {
        uint8_t r, g, b;
        bool yellow;
    } cases[] = {
        {250, 200, 20, true},   {125, 100, 10, true},   {75, 60, 6, true},      {255, 240, 30, true},
        {128, 128, 128, false}, {255, 255, 255, false}, {200, 60, 20, false},   {190, 185, 175, false},
        {40, 200, 30, false},   {3, 2, 0, false},       {180, 140, 100, false}, {0, 0, 0, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(keepout_is_yellow(cases[i].r, cases[i].g, cases[i].b), cases[i].yellow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paint_lands_on_its_cells),
        cmocka_unit_test(test_yellow_box_is_no_paint),
        cmocka_unit_test(test_colours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
