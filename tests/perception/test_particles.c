#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "logs/hash.h"
#include "perception/particles.h"
#include "toy_world.h"

/* A room that looks like no other from anywhere, and a hall that looks the same when turned by half. */
static const struct toy_box room_boxes[] = {
    {-4.2, -3.2, 4.2, -3, 2, 0, 0}, {-4.2, 3, 4.2, 3.2, 2, 0, 0}, {-4.2, -3, -4, 3, 2, 0, 0}, {4, -3, 4.2, 3, 2, 0, 0},
    {1, 1, 1.5, 1.5, 2, 0, 0},      {-4, 1.5, -3.2, 3, 2, 0, 0},  {2.5, -3, 4, -2, 2, 0, 0},
};
static const struct toy_world room = {.boxes = room_boxes, .box_count = COUNT_OF(room_boxes)};
static const struct toy_box hall_boxes[] = {
    {-4.2, -2.2, 4.2, -2, 2, 0, 0}, {-4.2, 2, 4.2, 2.2, 2, 0, 0}, {-4.2, -2, -4, 2, 2, 0, 0}, {4, -2, 4.2, 2, 2, 0, 0},
};
static const struct toy_world hall = {.boxes = hall_boxes, .box_count = COUNT_OF(hall_boxes)};
static const struct grid grid = {0.05, {-5, -5}, 200, 200};

struct search {
    struct static_map map;
    struct match *match;
    struct particles *particles;
    const struct toy_world *world;
    struct pose2 truth;
    struct seed_stream random;
};

/* Outside the walls nothing is known, as on a map that somebody drove. */
static void close_outside(const struct static_map *map, double half_x_m, double half_y_m)
{
    for (size_t i = 0; i < grid_size(&map->grid); i++) {
        struct vec2 p = grid_centre(&map->grid, (struct cell){(int)(i % 200), (int)(i / 200)});
        if (fabs(p.x) > half_x_m || fabs(p.y) > half_y_m)
            ((int8_t *)map->cells)[i] = -1;
    }
}

static struct search search_start(const struct toy_world *world, double half_y_m, struct pose2 truth, uint64_t seed)
{
    struct search s = {.map = toy_map(world, grid), .world = world, .truth = truth,
                       .random = seed_stream_named(seed, "particles.test")};
    close_outside(&s.map, 4.2, half_y_m);
    s.match = match_create(&s.map);
    s.particles = particles_create(s.match, &s.map, 0.2, seed);
    particles_spread(s.particles);
    return s;
}

static void search_end(struct search *s)
{
    particles_destroy(&s->particles);
    match_destroy(&s->match);
    free((void *)s->map.cells);
}

static bool look(struct search *s)
{
    float ranges[TOY_BEAMS];
    struct vec2 points[TOY_BEAMS];
    size_t count = 0;
    toy_scan(s->world, s->truth, 0.01, &s->random, ranges);
    for (int i = 0; i < TOY_BEAMS; i++) {
        double angle = -PI + i * 2 * PI / TOY_BEAMS, range = (double)ranges[i];
        if (isfinite(range))
            points[count++] = (struct vec2){range * cos(angle), range * sin(angle)};
    }
    return particles_weigh(s->particles, points, count);
}

/* 0.2 m ahead, bending: the scan says something new each time. */
static void drive_and_look(struct search *s, int steps)
{
    for (int i = 0; i < steps; i++) {
        const struct pose2 moved = {i % 8 < 4 ? 0.2 : -0.2, 0, 0.12};
        s->truth = pose2_compose(s->truth, moved);
        particles_move(s->particles, moved);
        look(s);
    }
}

static double off_m(const struct search *s, struct pose2 place)
{
    return hypot(place.x - s->truth.x, place.y - s->truth.y);
}

static void test_it_is_found_from_anywhere(void **state)
{
    (void)state;
    int found = 0;
    double worst_m = 0;
    enum { RUNS = 20 };
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct seed_stream draw = seed_stream_named(seed, "particles.truth");
        struct pose2 truth = {seed_between(&draw, -2.5, 0.5), seed_between(&draw, -2, 0.7),
                              seed_between(&draw, -PI, PI)};
        struct search s = search_start(&room, 3.2, truth, seed);
        assert_int_equal(particles_count(s.particles), PARTICLES_MAX);
        drive_and_look(&s, 20);
        struct particles_place place = particles_place(s.particles);
        bool there = off_m(&s, place.pose) < 0.2 && place.share > 0.95;
        found += there;
        if (there)
            worst_m = fmax(worst_m, off_m(&s, place.pose));
        assert_true(particles_count(s.particles) < 2000); /* few places are left, so few are needed */
        search_end(&s);
    }
    printf("figure: %d of %d found after 20 looks from anywhere in a room, to %.2f m\n", found, RUNS, worst_m);
    assert_int_equal(found, RUNS);
}

/* Two places are as good: neither may win, however often one looks. */
static void test_two_places_stay_two(void **state)
{
    (void)state;
    double least = 1, most = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct search s = search_start(&hall, 2.2, (struct pose2){1.5, 0.6, 0.4}, seed);
        drive_and_look(&s, 30);
        struct particles_place place = particles_place(s.particles);
        struct pose2 turned = {-s.truth.x, -s.truth.y, wrap_angle(s.truth.yaw + PI)};
        double twin_m = hypot(place.pose.x - turned.x, place.pose.y - turned.y);
        assert_true(fmin(off_m(&s, place.pose), twin_m) < 0.2);
        least = fmin(least, place.share);
        most = fmax(most, place.share);
        search_end(&s);
    }
    printf("figure: in a hall with a twin of each place, one holds %.2f to %.2f of the particles\n", least, most);
    assert_true(least > 0.05 && most < 0.95);
}

/* A robot that stands learns nothing by looking again, once it has looked closely. */
static void test_standing_says_nothing_new(void **state)
{
    (void)state;
    struct search s = search_start(&room, 3.2, (struct pose2){-1, -1, 0.5}, 3);
    int weighed = 0;
    for (int i = 0; i < 40; i++) {
        particles_move(s.particles, (struct pose2){0});
        weighed += look(&s);
    }
    assert_true(weighed >= 3 && weighed <= 6);
    assert_false(particles_settled(s.particles));
    drive_and_look(&s, 1);
    assert_true(particles_settled(s.particles));
    assert_int_equal(particles_generation(s.particles), weighed + 1);
    search_end(&s);
}

/* Where the last place was known, a tenth of all begin there. */
static void test_a_suspicion_counts(void **state)
{
    (void)state;
    struct search s = search_start(&room, 3.2, (struct pose2){-1, -1, 0.5}, 4);
    uint64_t before = particles_hash(s.particles, HASH_START);
    particles_suspect(s.particles, s.truth);
    assert_true(particles_hash(s.particles, HASH_START) != before);
    look(&s);
    assert_true(off_m(&s, particles_place(s.particles).pose) < 0.3);
    search_end(&s);
}

static void test_same_seed_same_particles(void **state)
{
    (void)state;
    struct search a = search_start(&room, 3.2, (struct pose2){0, -1, 1}, 5);
    struct search b = search_start(&room, 3.2, (struct pose2){0, -1, 1}, 5);
    struct search c = search_start(&room, 3.2, (struct pose2){0, -1, 1}, 6);
    drive_and_look(&a, 6);
    drive_and_look(&b, 6);
    drive_and_look(&c, 6);
    assert_true(particles_hash(a.particles, HASH_START) == particles_hash(b.particles, HASH_START));
    assert_true(particles_hash(a.particles, HASH_START) != particles_hash(c.particles, HASH_START));
    search_end(&a);
    search_end(&b);
    search_end(&c);
}

/* A map without free floor, and a scan without beams: nothing to search, nothing to search with. */
static void test_nothing_to_go_by(void **state)
{
    (void)state;
    struct search s = search_start(&room, 0, (struct pose2){0}, 7);
    assert_int_equal(particles_count(s.particles), 0);
    assert_false(look(&s));
    assert_true(particles_place(s.particles).share == 0);
    search_end(&s);
    s = search_start(&room, 3.2, (struct pose2){0}, 8);
    assert_false(particles_weigh(s.particles, NULL, 0));
    particles_forget(s.particles);
    assert_int_equal(particles_count(s.particles), 0);
    search_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_found_from_anywhere), cmocka_unit_test(test_two_places_stay_two),
        cmocka_unit_test(test_standing_says_nothing_new), cmocka_unit_test(test_a_suspicion_counts),
        cmocka_unit_test(test_same_seed_same_particles),  cmocka_unit_test(test_nothing_to_go_by),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
