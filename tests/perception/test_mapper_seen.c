/* Which sense a cell's content comes from, since when and how high; and that what moves is forgotten
 * soon, what stands not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "mapper_rig.h"
#include "perception/track.h"

#define BIT(source) (1u << MAP_##source)

static struct seen seen_at(const struct rig *rig, double x, double y)
{
    const struct belief belief = {.mapper = &rig->mapper};
    return belief_seen(&belief, grid_cell(&grid, (struct vec2){x, y}));
}

/* Who holds any of the nine cells about a point. */
static unsigned held_near(const struct rig *rig, double x, double y)
{
    unsigned held = 0;
    for (int i = 0; i < 9; i++)
        held |= seen_at(rig, x + (i % 3 - 1) * grid.resolution_m, y + (i / 3 - 1) * grid.resolution_m).held;
    return held;
}

static double height_near(const struct rig *rig, double x, double y)
{
    double highest_m = (double)NAN;
    for (int i = 0; i < 9; i++)
        highest_m = fmax(highest_m, seen_at(rig, x + (i % 3 - 1) * grid.resolution_m,
                                            y + (i / 3 - 1) * grid.resolution_m).height_m);
    return highest_m;
}

static void test_nobody_has_seen_anything(void **state)
{
    (void)state;
    const struct belief made_by_hand = {.mapper = NULL};
    struct rig rig;
    rig_init(&rig, NULL);
    const struct seen all[] = {seen_at(&rig, 1, 1), seen_at(&rig, 99, 0),
                               belief_seen(&made_by_hand, (struct cell){0, 0})};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        assert_true(all[i].held == 0 && all[i].free == 0 && !all[i].moves && isnan(all[i].height_m));
        for (int s = 0; s < MAP_SOURCE_COUNT; s++)
            assert_true(isinf(all[i].held_s[s]) && isinf(all[i].free_s[s]));
    }
    rig_clear(&rig);
}

static void test_each_sense_is_named_with_its_age(void **state)
{
    (void)state;
    const struct toy_box boxes[] = {{2, -2, 2.3, -0.5, 2, 0, 0}, {1.5, 0.2, 1.8, 0.6, 0.15, 0, 0}};
    const struct toy_world world = {.boxes = boxes, .box_count = 2};
    struct rig rig;
    rig_init(&rig, NULL);
    rig.mapper.tick_s = 0.1;
    rig.mapper.lidar_z_m = TOY_LIDAR_Z_M;
    for (int i = 0; i < 4; i++)
        see_lidar(&rig, &world, (struct pose2){0});
    for (int i = 0; i < 10; i++)
        mapper_tick(&rig.mapper, (struct pose2){0}, 0.2);
    for (int i = 0; i < 4; i++)
        see_depth(&rig, &world, (struct pose2){0});
    for (int i = 0; i < 3; i++) {
        mapper_sonar_mark(&rig.mapper, (struct vec2){-1.02, 0.01});
        mapper_paint_image(&rig.mapper);
        mapper_paint(&rig.mapper, (struct vec2){-2, 1}, (struct vec2){-2.3, 1});
    }
    for (int i = 0; i < 5; i++)
        mapper_tick(&rig.mapper, (struct pose2){0}, 0.2);

    assert_int_equal(held_near(&rig, 2, -1.8), BIT(LIDAR)); /* beside the camera's view */
    assert_int_equal(held_near(&rig, 2, -0.8), BIT(LIDAR) | BIT(DEPTH));
    assert_int_equal(held_near(&rig, 1.5, 0.4), BIT(DEPTH)); /* under the lidar's plane */
    assert_true(fabs(height_near(&rig, 1.5, 0.4) - 0.15) < 0.04);
    assert_true(height_near(&rig, 2, -0.8) > 0.45 && height_near(&rig, 2, -1.8) == TOY_LIDAR_Z_M);
    struct seen floor = seen_at(&rig, 1, 0.1), echo = seen_at(&rig, -1.02, 0.01),
                paint = seen_at(&rig, -2.1, 1);
    assert_true(floor.held == 0 && floor.free == (BIT(LIDAR) | BIT(DEPTH)));
    assert_true(fabs(floor.free_s[MAP_LIDAR] - 1.5) < 0.11 && fabs(floor.free_s[MAP_DEPTH] - 0.5) < 0.01);
    assert_true(echo.held == BIT(SONAR) && isnan(echo.height_m) && fabs(echo.held_s[MAP_SONAR] - 0.5) < 0.01);
    assert_true(echo.free == BIT(LIDAR) && isinf(echo.held_s[MAP_LIDAR]));
    assert_true(paint.held == BIT(CAMERA) && fabs(paint.held_s[MAP_CAMERA] - 0.5) < 0.01);
    rig_clear(&rig);
}

/* Something low where something high stood is low. */
static void test_height_is_of_what_stands_there_now(void **state)
{
    (void)state;
    const struct toy_box high = {1.5, -0.2, 1.8, 0.2, 1, 0, 0}, low = {1.5, -0.2, 1.8, 0.2, 0.15, 0, 0};
    const struct toy_world worlds[] = {{.boxes = &high, .box_count = 1}, {0}, {.boxes = &low, .box_count = 1}};
    const double heights_m[] = {0.55, (double)NAN, 0.15};
    struct rig rig;
    rig_init(&rig, NULL);
    for (size_t k = 0; k < COUNT_OF(worlds); k++) {
        for (int i = 0; i < 12; i++)
            see_depth(&rig, &worlds[k], (struct pose2){0});
        double height_m = height_near(&rig, 1.5, 0);
        assert_true(isnan(heights_m[k]) ? isnan(height_m) : fabs(height_m - heights_m[k]) < 0.06);
    }
    rig_clear(&rig);
}

/* A wall of the plan is the plan's until the lidar meets it; one that is gone is nobody's. */
static void test_given_map_is_told_from_the_lidar(void **state)
{
    (void)state;
    const struct toy_box walls[] = {{1, -1, 1.2, 1, 2, 0, 0}, {-2, -1, -1.8, 1, 2, 0, 0}};
    const struct toy_world plan = {.boxes = walls, .box_count = 2}, world = {.boxes = walls, .box_count = 1};
    struct static_map map = toy_map(&plan, grid);
    struct rig rig;
    rig_init(&rig, &map);
    assert_int_equal(seen_at(&rig, 1.02, 0).held, BIT(GIVEN));
    assert_int_equal(seen_at(&rig, 0, 0).free, BIT(GIVEN));
    assert_true(isnan(seen_at(&rig, 1.02, 0).height_m));
    for (int i = 0; i < 60; i++) {
        see_lidar(&rig, &world, (struct pose2){0});
        mapper_tick(&rig.mapper, (struct pose2){0}, 0.2);
    }
    assert_int_equal(held_near(&rig, 1.02, 0), BIT(GIVEN) | BIT(LIDAR));
    assert_int_equal(seen_at(&rig, 1.12, 0).held, BIT(GIVEN)); /* inside, where no beam gets */
    assert_int_equal(seen_at(&rig, 0.5, 0).free, BIT(GIVEN) | BIT(LIDAR));
    assert_int_equal(held_near(&rig, -1.85, 0), 0);
    assert_true(fabs(seen_at(&rig, -1.9, 0).held_s[MAP_GIVEN] - 3) < 1e-9); /* it did say so, when all began */
    rig_clear(&rig);
    free((void *)map.cells);
}

/* Whatever is fed: a cell is blocked exactly where somebody holds it, nobody is named who was not asked,
 * and who holds a cell has seen it. */
static void test_sources_explain_the_map(void **state)
{
    (void)state;
    const struct toy_box boxes[] = {{1, 1, 1.5, 1.5, 2, 0, 0}, {-2, -1, -1.4, 0, 0.2, 0, 0},
                                    {0.5, -3, 0.53, -1, 2, 1, 0}};
    const struct toy_world world = {.boxes = boxes, .box_count = COUNT_OF(boxes)};
    static uint8_t sources[200 * 200];
    assert_int_equal(sizeof sources, grid_size(&grid));
    for (unsigned asked = 0; asked < 1u << MAP_SOURCE_COUNT; asked++) {
        struct static_map map = toy_map(&world, grid);
        struct rig rig;
        rig_init(&rig, asked & BIT(GIVEN) ? &map : NULL);
        const struct track track = {.at = {1.2, 1.2}, .radius_m = 0.3, .confirmed = true};
        for (int i = 0; i < 8; i++) {
            const struct pose2 pose = {seed_between(&rig.random, -4, 4), seed_between(&rig.random, -4, 4),
                                       seed_between(&rig.random, -PI, PI)};
            mapper_movers(&rig.mapper, &track, seed_below(&rig.random, 2));
            for (int k = 0; k < 3; k++) {
                if (asked & BIT(LIDAR))
                    see_lidar(&rig, &world, pose);
                if (asked & BIT(DEPTH))
                    see_depth(&rig, &world, pose);
                if (asked & BIT(SONAR))
                    mapper_sonar_mark(&rig.mapper, pose2_apply(pose, (struct vec2){1, 0}));
                mapper_paint_image(&rig.mapper);
                if (asked & BIT(CAMERA))
                    mapper_paint(&rig.mapper, pose2_apply(pose, (struct vec2){1, 0}),
                                 pose2_apply(pose, (struct vec2){1.3, 0}));
                mapper_tick(&rig.mapper, pose, 0.25);
            }
        }
        const struct belief belief = {.mapper = &rig.mapper};
        unsigned named = 0;
        for (int y = 0; y < grid.height; y++)
            belief_sources(&belief, (struct cell){0, y}, (size_t)grid.width, sources + y * grid.width);
        for (int at = 0; at < grid.width * grid.height; at++) {
            struct cell c = {at % grid.width, at / grid.width};
            struct seen seen = belief_seen(&belief, c);
            assert_int_equal(sources[at], seen.held | seen.free << MAP_FREE_SHIFT);
            assert_int_equal(seen.held != 0, rig.mapper.blocked[at]);
            for (int s = 0; s < MAP_SOURCE_COUNT; s++) {
                if (seen.held >> s & 1)
                    assert_true(isfinite(seen.held_s[s]));
                if (seen.free >> s & 1)
                    assert_true(isfinite(seen.free_s[s]));
            }
            named |= seen.held | seen.free;
        }
        assert_int_equal(named, asked);
        rig_clear(&rig);
        free((void *)map.cells);
    }
}

/* An hour of silence is not taken for a moment, though stamps have 16 bits. */
static void test_old_sights_stay_old(void **state)
{
    (void)state;
    const struct toy_box wall = {2, -2, 2.3, 2, 2, 0, 0};
    const struct toy_world world = {.boxes = &wall, .box_count = 1};
    struct rig rig;
    rig_init(&rig, NULL);
    mapper_tick(&rig.mapper, (struct pose2){0}, 0.2);
    see_lidar(&rig, &world, (struct pose2){0});
    double last_s = 0;
    for (int tick = 1; tick < 200000; tick++) {
        mapper_tick(&rig.mapper, (struct pose2){-4.5, -4.5, 0}, 0.05);
        double age_s = seen_at(&rig, 1, 0).free_s[MAP_LIDAR];
        assert_true(age_s >= last_s && (tick > 50000 || fabs(age_s - tick * 0.05) < 0.11));
        last_s = age_s;
    }
    assert_true(last_s >= 3000);
    rig_clear(&rig);
}

/* --- what moves ----------------------------------------------------------------------------------------------- */

/* Somebody walks across at 1 m/s, past a post that they nearly touch; after 3 s a door shuts before the
 * robot and nothing more is seen of either. Returns how long a cell of theirs stays blocked; *post_s: of
 * the post's. */
static double ghost_s(bool with_tracks, double *post_s)
{
    struct rig rig;
    struct tracker tracker;
    rig_init(&rig, NULL);
    tracker_init(&tracker, &grid);
    const double step_s = 0.05, shuts_s = 3, until_s = 70;
    double last_ghost_s = 0, last_post_s = 0;
    for (int tick = 1; tick * step_s < until_s; tick++) {
        double now_s = tick * step_s, y = fmin(now_s, shuts_s) - 2.2;
        const struct toy_box open[] = {{2, y - 0.15, 2.3, y + 0.15, 1.7, 0, 0}, {2.4, 0.5, 2.6, 0.7, 1, 0, 0}},
                             shut[] = {{1, -4, 1.1, 4, 2, 0, 0}};
        const struct toy_world world = now_s <= shuts_s ? (struct toy_world){.boxes = open, .box_count = 2}
                                                        : (struct toy_world){.boxes = shut, .box_count = 1};
        if (tick % 2 == 0) {
            float ranges[TOY_BEAMS];
            struct segment_return returns[TOY_BEAMS];
            size_t hits = 0;
            toy_scan(&world, (struct pose2){0}, 0.005, &rig.random, ranges);
            for (int i = 0; i < TOY_BEAMS; i++) {
                double angle = -PI + i * 2 * PI / TOY_BEAMS, range = (double)ranges[i];
                if (isfinite(range))
                    returns[hits++] =
                        (struct segment_return){{range * cos(angle), range * sin(angle)}, range, i};
            }
            int64_t now_ns = tick * INT64_C(50000000);
            struct track tracks[TRACKS_MAX];
            tracker_scan(&tracker, &rig.mapper, now_ns, (struct vec2){0}, 2 * PI / TOY_BEAMS, returns, hits);
            mapper_movers(&rig.mapper, tracks, with_tracks ? tracker_now(&tracker, now_ns, tracks) : 0);
            see_lidar(&rig, &world, (struct pose2){0});
            see_depth(&rig, &world, (struct pose2){0});
        }
        mapper_tick(&rig.mapper, (struct pose2){0}, 0.2);
        for (double at = 0.4; at < 1.1; at += 0.05)
            if (near(&rig, 2, at) >= MAPPER_OCCUPIED)
                last_ghost_s = now_s - shuts_s;
        if (near(&rig, 2.4, 0.6) >= MAPPER_OCCUPIED)
            last_post_s = now_s - shuts_s;
    }
    tracker_clear(&tracker);
    rig_clear(&rig);
    *post_s = last_post_s;
    return last_ghost_s;
}

static void test_who_left_is_forgotten_and_what_stands_is_not(void **state)
{
    (void)state;
    double post_s, post_before_s, now_s = ghost_s(true, &post_s), before_s = ghost_s(false, &post_before_s);
    printf("figure: a passer-by whom nobody sees any more blocks the map for %.2f s (%.0f s without tracks)\n", now_s,
           before_s);
    assert_true(now_s > 0.5 && now_s <= 2.05);
    assert_true(before_s > 15);
    printf("figure: a post beside their way stays %.0f s (%.0f s)\n", post_s, post_before_s);
    assert_true(post_s > 25 && post_s > 0.8 * post_before_s);
}

/* Ticks until nothing is blocked by hits of one layer, made while a track is or is not there; hits before
 * it, or after. */
static int ticks_blocked(bool depth, const char *story)
{
    const struct track track = {.at = {2, 0}, .radius_m = 0.25, .confirmed = true};
    const struct mapper_beam beam = {{2, 0.01}, true};
    const struct toy_box box = {1.98, -0.2, 2.3, 0.2, 1, 0, 0};
    const struct toy_world world = {.boxes = &box, .box_count = 1};
    struct rig rig;
    int last = 0;
    rig_init(&rig, NULL);
    for (const char *c = story; *c; c++) { /* m: a mover's mark, s: somebody else's */
        mapper_movers(&rig.mapper, &track, *c == 'm');
        if (depth)
            see_depth(&rig, &world, (struct pose2){0});
        else
            mapper_scan(&rig.mapper, (struct pose2){0}, (struct vec2){0, 0}, &beam, 1);
        mapper_tick(&rig.mapper, (struct pose2){-3, 0, 0}, 0.2);
    }
    for (int tick = 1; tick < 2400; tick++) {
        mapper_tick(&rig.mapper, (struct pose2){-3, 0, 0}, 0.2);
        if (near(&rig, 2, 0) >= MAPPER_OCCUPIED)
            last = tick;
    }
    rig_clear(&rig);
    return last;
}

/* Only a mover's marks fade fast, and only where nothing stood before and nothing is seen after. */
static void test_decay_law(void **state)
{
    (void)state;
    for (int depth = 0; depth < 2; depth++) {
        assert_in_range(ticks_blocked(depth, "mmmmmmmm"), 10, 40);
        assert_in_range(ticks_blocked(depth, "mm"), 1, 40);
        assert_true(ticks_blocked(depth, "ssssssss") > 500);
        assert_true(ticks_blocked(depth, "ssmmmmmm") > 500);
        assert_true(ticks_blocked(depth, "mmmmmmss") > 500);
        assert_true(ticks_blocked(depth, "mmsmmmmm") > 500);
    }
}

/* Fading alone never makes a cell free: nobody has seen that it is. */
static void test_forgotten_is_not_seen_free(void **state)
{
    (void)state;
    const struct track track = {.at = {2, 0}, .radius_m = 0.25, .confirmed = true};
    const struct mapper_beam beam = {{2, 0.01}, true};
    struct rig rig;
    rig_init(&rig, NULL);
    mapper_movers(&rig.mapper, &track, 1);
    for (int i = 0; i < 4; i++)
        mapper_scan(&rig.mapper, (struct pose2){0}, (struct vec2){0, 0}, &beam, 1);
    assert_true(seen_at(&rig, 2, 0.01).moves);
    for (int i = 0; i < 200; i++)
        mapper_tick(&rig.mapper, (struct pose2){-3, 0, 0}, 0.2);
    struct seen seen = seen_at(&rig, 2, 0.01);
    assert_true(!seen.held && !seen.moves && !(seen.free & BIT(LIDAR)));
    assert_true(fabs(seen.held_s[MAP_LIDAR] - 10) < 0.11);
    assert_int_equal(at(&rig, 2, 0.01), 50);
    rig_clear(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_has_seen_anything),
        cmocka_unit_test(test_each_sense_is_named_with_its_age),
        cmocka_unit_test(test_height_is_of_what_stands_there_now),
        cmocka_unit_test(test_given_map_is_told_from_the_lidar),
        cmocka_unit_test(test_sources_explain_the_map),
        cmocka_unit_test(test_old_sights_stay_old),
        cmocka_unit_test(test_who_left_is_forgotten_and_what_stands_is_not),
        cmocka_unit_test(test_decay_law),
        cmocka_unit_test(test_forgotten_is_not_seen_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
