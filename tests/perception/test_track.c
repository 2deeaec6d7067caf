/* Discs on a floor, seen by a lidar without noise: who walks is followed, who stands is not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>

#include "perception/track.h"

enum { BEAMS = 360, DISCS_MAX = 4 };
#define RADIUS_M 0.25
#define RANGE_M 8.0

struct scene {
    struct mapper mapper;
    struct tracker tracker;
    struct vec2 eye, discs[DISCS_MAX];
    size_t disc_count;
    double radius_m; /* of every disc */
    int64_t now_ns;
};

static void scene_open(struct scene *scene)
{
    const struct grid grid = {.resolution_m = 0.05, .origin = {-8, -8}, .width = 320, .height = 320};
    *scene = (struct scene){.radius_m = RADIUS_M};
    mapper_init(&scene->mapper, &grid, NULL);
    tracker_init(&scene->tracker, &grid);
}

static void scene_close(struct scene *scene)
{
    mapper_clear(&scene->mapper);
    tracker_clear(&scene->tracker);
}

static double range_to(const struct scene *scene, struct vec2 along)
{
    double nearest = (double)INFINITY;
    for (size_t i = 0; i < scene->disc_count; i++) {
        struct vec2 to = vec2_sub(scene->discs[i], scene->eye);
        double ahead = to.x * along.x + to.y * along.y, beside = to.x * along.y - to.y * along.x;
        if (ahead > 0 && fabs(beside) < scene->radius_m)
            nearest = fmin(nearest, ahead - sqrt(scene->radius_m * scene->radius_m - beside * beside));
    }
    return nearest;
}

/* A tenth of a second: discs step on, the lidar looks, tracker and map take it. */
static void scene_scan(struct scene *scene, const struct vec2 *velocities)
{
    struct segment_return returns[BEAMS];
    struct mapper_beam beams[BEAMS];
    size_t hits = 0;
    for (size_t i = 0; i < scene->disc_count; i++)
        scene->discs[i] = vec2_add(scene->discs[i], vec2_scale(velocities[i], 0.1));
    for (int i = 0; i < BEAMS; i++) {
        double angle = i * 2 * PI / BEAMS;
        struct vec2 along = {cos(angle), sin(angle)};
        double range = range_to(scene, along);
        beams[i] = (struct mapper_beam){vec2_scale(along, fmin(range, RANGE_M)), range <= RANGE_M};
        if (beams[i].hit)
            returns[hits++] = (struct segment_return){vec2_add(scene->eye, beams[i].end), range, i};
    }
    scene->now_ns += 100000000;
    tracker_scan(&scene->tracker, &scene->mapper, scene->now_ns, scene->eye, 2 * PI / BEAMS, returns, hits);
    mapper_scan(&scene->mapper, (struct pose2){scene->eye.x, scene->eye.y, 0}, (struct vec2){0, 0}, beams, BEAMS);
}

static void test_who_walks_is_followed(void **state)
{
    (void)state;
    const struct vec2 ways[] = {{0.8, 0}, {0, 1.2}, {-0.5, -0.5}};
    for (size_t way = 0; way < 3; way++) {
        struct scene scene;
        scene_open(&scene);
        scene.disc_count = 1;
        scene.discs[0] = (struct vec2){2 - 2 * ways[way].x, 2 - 2 * ways[way].y};
        for (int i = 0; i < 30; i++)
            scene_scan(&scene, &ways[way]);
        struct track tracks[TRACKS_MAX];
        assert_int_equal(tracker_now(&scene.tracker, scene.now_ns, tracks), 1);
        assert_true(vec2_distance(tracks[0].at, scene.discs[0]) < 0.08);
        assert_true(vec2_distance(tracks[0].velocity_mps, ways[way]) < 0.25);
        assert_true(fabs(tracks[0].radius_m - RADIUS_M) < 0.08);
        /* half a second ahead it is believed farther on, and less surely */
        double sure = tracks[0].covariance[0];
        tracker_now(&scene.tracker, scene.now_ns + 500000000, tracks);
        struct vec2 ahead = vec2_add(scene.discs[0], vec2_scale(ways[way], 0.5));
        assert_true(vec2_distance(tracks[0].at, ahead) < 0.25 && tracks[0].covariance[0] > sure);
        scene_close(&scene);
    }
}

/* What rolls through DynaBARN's worlds is a metre wide: it comes nearer, and is known before it is here. */
static void test_what_is_a_metre_wide_is_followed(void **state)
{
    (void)state;
    const struct vec2 rolls = {-1.2, -0.2};
    struct scene scene;
    struct track tracks[TRACKS_MAX];
    int unknown = 0, unseen = 0;
    scene_open(&scene);
    scene.disc_count = 1;
    scene.radius_m = 0.5;
    scene.discs[0] = (struct vec2){6, 2.5};
    for (int i = 0; i < 40; i++) {
        scene_scan(&scene, &rolls);
        bool known = tracker_now(&scene.tracker, scene.now_ns, tracks) > 0;
        unknown += !known;
        unseen += known && tracks[0].unseen_s > 0;
    }
    assert_int_equal(unseen, 0);
    print_message("figure: a disc a metre wide that comes at 1.2 m/s is a track after %d scans\n", unknown);
    assert_int_equal(tracker_now(&scene.tracker, scene.now_ns, tracks), 1);
    assert_true(unknown <= 8);
    assert_true(vec2_distance(tracks[0].at, scene.discs[0]) < 0.15);
    assert_true(vec2_distance(tracks[0].velocity_mps, rolls) < 0.25);
    assert_true(tracks[0].radius_m > 0.4 && tracks[0].radius_m < 0.6);
    scene_close(&scene);
}

static void test_who_stands_is_no_mover(void **state)
{
    (void)state;
    struct scene scene;
    const struct vec2 still[DISCS_MAX] = {{0, 0}};
    scene_open(&scene);
    scene.disc_count = 3;
    scene.discs[0] = (struct vec2){3, 1};
    scene.discs[1] = (struct vec2){2, -1.5};
    scene.discs[2] = (struct vec2){5, 0.2};
    struct track tracks[TRACKS_MAX];
    for (int i = 0; i < 60; i++) { /* the robot drives past them: hidden parts come into view */
        scene.eye.x += 0.06;
        scene_scan(&scene, still);
        assert_int_equal(tracker_now(&scene.tracker, scene.now_ns, tracks), 0);
    }
    scene_close(&scene);
}

static void test_who_stops_stays_and_who_leaves_goes(void **state)
{
    (void)state;
    struct scene scene;
    const struct vec2 walks = {0.7, 0}, stands = {0, 0};
    struct track tracks[TRACKS_MAX];
    scene_open(&scene);
    scene.disc_count = 1;
    scene.discs[0] = (struct vec2){0, 2};
    for (int i = 0; i < 30; i++)
        scene_scan(&scene, &walks);
    assert_int_equal(tracker_now(&scene.tracker, scene.now_ns, tracks), 1);
    uint32_t id = tracks[0].id;
    for (int i = 0; i < 100; i++)
        scene_scan(&scene, &stands);
    assert_int_equal(tracker_now(&scene.tracker, scene.now_ns, tracks), 1);
    assert_int_equal(tracks[0].id, id);
    assert_true(vec2_length(tracks[0].velocity_mps) < 0.05);
    scene.disc_count = 0;
    for (int i = 0; i < 20; i++)
        scene_scan(&scene, &stands);
    assert_int_equal(tracker_now(&scene.tracker, scene.now_ns, tracks), 0);
    scene_close(&scene);
}

static void test_two_cross_without_changing_names(void **state)
{
    (void)state;
    struct scene scene;
    const struct vec2 ways[] = {{0.8, 0}, {-0.8, 0}};
    struct track before[TRACKS_MAX], after[TRACKS_MAX];
    scene_open(&scene);
    scene.disc_count = 2;
    scene.discs[0] = (struct vec2){-2.4, 2};
    scene.discs[1] = (struct vec2){2.4, 3.2};
    for (int i = 0; i < 20; i++)
        scene_scan(&scene, ways);
    assert_int_equal(tracker_now(&scene.tracker, scene.now_ns, before), 2);
    for (int i = 0; i < 25; i++)
        scene_scan(&scene, ways);
    assert_int_equal(tracker_now(&scene.tracker, scene.now_ns, after), 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(before[i].id, after[i].id);
        assert_true(before[i].velocity_mps.x * after[i].velocity_mps.x > 0);
    }
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_walks_is_followed),
        cmocka_unit_test(test_what_is_a_metre_wide_is_followed),
        cmocka_unit_test(test_who_stands_is_no_mover),
        cmocka_unit_test(test_who_stops_stays_and_who_leaves_goes),
        cmocka_unit_test(test_two_cross_without_changing_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
