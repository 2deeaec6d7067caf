/* What is around the robot, and who saw it: in the built-in scenarios each hard thing is held by the
 * sense that can see it and by no other. Everything is read from /binnacle/map_sources alone, as a person
 * or a program outside would. */
#include "logs/map_source.h"
#include "sim/episode.h"
#include "tests/sim/stage.h"

#define MARGIN_M 0.12 /* a cell or two, and what dead reckoning loses in seconds */
#define NAME(id, letter, name) name,
static const char *const names[MAP_SOURCE_COUNT] = {MAP_SOURCE_ROWS(NAME)};

struct area { /* a box upright on the floor; the map shows it within MARGIN_M */
    struct pose2 at;
    double half_x_m, half_y_m;
};

struct watch {
    struct area area;
    uint32_t most[MAP_SOURCE_COUNT]; /* cells of the area that each held at once, at most */
    uint32_t held, lidar_free;       /* cells held by anybody; of those, seen free by the lidar */
    uint32_t elsewhere[MAP_SOURCE_COUNT];
    uint8_t tallest_cm;
    double now_s;
};

static bool is_in(const struct area *area, double x, double y)
{
    struct vec2 p = pose2_unapply(area->at, (struct vec2){x, y});
    return fabs(p.x) <= area->half_x_m + MARGIN_M && fabs(p.y) <= area->half_y_m + MARGIN_M;
}

static void look(struct watch *watch, const struct msg_map_sources *map)
{
    uint32_t now[MAP_SOURCE_COUNT] = {0}, held = 0, lidar_free = 0, at = 0;
    assert_int_equal(map->sources.count, map->info.width * map->info.height);
    assert_int_equal(map->age.count, map->height_cm.count);
    for (uint32_t i = 0; i < map->sources.count; i++) {
        uint8_t sources = map->sources.data[i];
        if (!(sources & MAP_HELD))
            continue;
        assert_true(at < map->age.count);
        uint8_t height_cm = map->height_cm.data[at++];
        double step = (double)map->info.resolution;
        bool here = is_in(&watch->area, map->info.origin.position.x + (i % map->info.width + 0.5) * step,
                          map->info.origin.position.y + (i / map->info.width + 0.5) * step);
        for (int s = 0; s < MAP_SOURCE_COUNT; s++)
            *(here ? &now[s] : &watch->elsewhere[s]) += sources >> s & 1;
        if (!here)
            continue;
        held++;
        lidar_free += sources >> (MAP_FREE_SHIFT + MAP_LIDAR) & 1;
        watch->tallest_cm = height_cm > watch->tallest_cm ? height_cm : watch->tallest_cm;
    }
    assert_int_equal(at, map->age.count);
    for (int s = 0; s < MAP_SOURCE_COUNT; s++)
        watch->most[s] = now[s] > watch->most[s] ? now[s] : watch->most[s];
    watch->held = held > watch->held ? held : watch->held;
    watch->lidar_free = lidar_free > watch->lidar_free ? lidar_free : watch->lidar_free;
}

static void watch_put(void *self, const struct frame *frame)
{
    struct watch *watch = self;
    struct msg_map_sources map;
    struct arena arena = {0};
    struct error err = {0};
    watch->now_s = (double)frame->stamp_ns * 1e-9;
    if (frame->topic != TOPIC_MAP_SOURCES)
        return;
    stage_must(message_decode(topic_table[frame->topic].type, frame->payload, frame->size, &map, &arena, &err) ==
                   STATUS_OK, &err);
    look(watch, &map);
    arena_clear(&arena);
}

static struct area area_of(const struct scenario *scenario, const char *name)
{
    for (size_t i = 0; i < scenario->zone_count; i++) {
        const struct zone *z = &scenario->zones[i];
        if (strcmp(z->name, name) == 0)
            return (struct area){{(z->x0_m + z->x1_m) / 2, (z->y0_m + z->y1_m) / 2, 0}, (z->x1_m - z->x0_m) / 2,
                                 (z->y1_m - z->y0_m) / 2};
    }
    for (size_t i = 0; i < scenario->solid_count; i++) {
        const struct solid *solid = &scenario->solids[i];
        const struct vec3 at = solid->pose.position, half = solid->shape.half_m;
        if (strcmp(solid->name, name) == 0)
            return (struct area){{at.x, at.y, quat_yaw(solid->pose.orientation)}, half.x, half.y};
    }
    fail_msg("no solid or zone '%s'", name);
    return (struct area){0};
}

/* Large things touch walls with their ends. */
static struct area inner(struct area area)
{
    area.half_x_m -= area.half_x_m > 1 ? 2 * MARGIN_M + 0.1 : 0;
    area.half_y_m -= area.half_y_m > 1 ? 2 * MARGIN_M + 0.1 : 0;
    return area;
}

/* Drives the scenario for so long, watching one thing in it. */
static struct watch drive(const char *name, const char *thing, double until_s, const char *const *sets)
{
    struct error err = {0};
    struct watch watch = {0};
    struct journal *journal = journal_create();
    struct scenario *scenario = scenario_load(name, &err);
    struct episode_options options = {.seed = 1, .sets = sets};
    while (sets && sets[options.set_count])
        options.set_count++;
    stage_must(scenario, &err);
    journal_add(journal, (struct sink){watch_put, &watch});
    struct episode *episode = episode_create(scenario, &options, journal, &err);
    stage_must(episode, &err);
    watch.area = inner(area_of(scenario, thing));
    episode_announce(episode);
    while (watch.now_s < until_s && episode_step(episode))
        continue;
    printf("figure: %s, %s: cells held by", name, thing);
    for (int s = 0; s < MAP_SOURCE_COUNT; s++)
        printf(" %s %u%s", names[s], watch.most[s], s + 1 < MAP_SOURCE_COUNT ? "," : "");
    printf("; at most %d cm high\n", watch.tallest_cm);
    episode_destroy(&episode);
    scenario_destroy(&scenario);
    journal_destroy(&journal);
    return watch;
}

static uint32_t by_others(const struct watch *watch, enum map_source one)
{
    uint32_t others = 0;
    for (enum map_source s = 0; s < MAP_SOURCE_COUNT; s++)
        others += s == one ? 0 : watch->most[s];
    return others;
}

/* The lidar looks through the pane, and says so of the same cells. */
static void test_glass_is_held_by_depth(void **state)
{
    (void)state;
    struct watch watch = drive("glass", "glass wall", 6, NULL);
    assert_true(watch.most[MAP_DEPTH] > 30);
    assert_int_equal(by_others(&watch, MAP_DEPTH), 0);
    assert_true(watch.lidar_free > 10);
    assert_true(watch.elsewhere[MAP_LIDAR] > 100);
    assert_true(watch.tallest_cm >= 50); /* as high as matters to the robot */
}

/* To the side, where no camera looks, sound finds the pane. */
static void test_glass_is_heard(void **state)
{
    (void)state;
    static const char *const ring[] = {"ultrasonic.enabled=true", "camera.enabled=false", NULL};
    struct watch watch = drive("glass", "glass wall", 6, ring);
    assert_true(watch.most[MAP_SONAR] > 10);
    assert_int_equal(by_others(&watch, MAP_SONAR), 0);
    assert_int_equal(watch.tallest_cm, 0); /* an echo does not say how high */
}

static void test_low_things_are_held_by_depth_and_low(void **state)
{
    (void)state;
    static const char *const things[][2] = {
        {"low-boxes", "pallet 1"}, {"black-sofa", "footstool"}, {"dark", "crate 1"}};
    for (size_t i = 0; i < COUNT_OF(things); i++) {
        struct watch watch = drive(things[i][0], things[i][1], 7, NULL);
        assert_true(watch.most[MAP_DEPTH] >= 8);
        assert_int_equal(by_others(&watch, MAP_DEPTH), 0);
        assert_in_range(watch.tallest_cm, 10, 29);
    }
}

static void test_black_is_held_by_lidar(void **state)
{
    (void)state;
    struct watch sofa = drive("black-sofa", "black sofa", 5, NULL), bin = drive("dark", "coal bin", 5, NULL);
    assert_true(sofa.most[MAP_LIDAR] > 40 && bin.most[MAP_LIDAR] > 20);
    assert_int_equal(by_others(&sofa, MAP_LIDAR) + by_others(&bin, MAP_LIDAR), 0);
    assert_int_equal(sofa.tallest_cm, 30); /* the lidar's own height */
}

static void test_paint_is_held_by_the_camera_while_there_is_light(void **state)
{
    (void)state;
    static const char *const off[] = {"world.ambient=0.01", "world.sun=0", NULL};
    struct watch lit = drive("wet-floor", "wet floor", 8, NULL);
    struct watch dark = drive("wet-floor", "wet floor", 6, off);
    assert_true(lit.most[MAP_CAMERA] > 400);
    assert_int_equal(by_others(&lit, MAP_CAMERA) + lit.elsewhere[MAP_GIVEN], 0);
    assert_int_equal(dark.held + dark.elsewhere[MAP_CAMERA], 0);
    /* these bring their own light */
    assert_true(dark.elsewhere[MAP_LIDAR] > 100 && dark.elsewhere[MAP_DEPTH] > 100);
}

/* What the plan shows is the given map's, and the lidar's where it has seen it. */
static void test_given_walls_are_told_from_seen_ones(void **state)
{
    (void)state;
    struct watch watch = drive("office", "desk by the door", 4, NULL);
    assert_int_equal(watch.most[MAP_GIVEN], 0); /* the map does not show furniture */
    assert_true(watch.most[MAP_LIDAR] > 5);
    assert_true(watch.elsewhere[MAP_GIVEN] > watch.elsewhere[MAP_LIDAR] && watch.elsewhere[MAP_LIDAR] > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_glass_is_held_by_depth),
        cmocka_unit_test(test_glass_is_heard),
        cmocka_unit_test(test_low_things_are_held_by_depth_and_low),
        cmocka_unit_test(test_black_is_held_by_lidar),
        cmocka_unit_test(test_paint_is_held_by_the_camera_while_there_is_light),
        cmocka_unit_test(test_given_walls_are_told_from_seen_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
