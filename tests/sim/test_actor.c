/* What moves by itself, kind by kind. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "logs/hash.h"
#include "sim/world.h"

static const double DT = 0.005;
static const struct pose2 far_away = {-50, -50, 0};
#define HEAD "name: t\nbounds: [0, 0, 12, 8]\nstart: [1, 1, 0]\ngoal: [11, 1]\n"

struct setting {
    struct scenario *scenario;
    struct world *world;
};

static struct setting open_seeded(const char *text, uint64_t seed)
{
    struct error err = {0};
    struct scenario_file file = {.name = "t.yaml", .data = (uint8_t *)(uintptr_t)text, .size = strlen(text)};
    struct setting s = {.scenario = scenario_unpack(&file, 1, &err)};
    if (!s.scenario || scenario_expand(s.scenario, seed, &err) || !(s.world = world_create(s.scenario, seed, &err)))
        fail_msg("%s", err.text);
    return s;
}

static struct setting open_text(const char *text) { return open_seeded(text, 1); }

static void close_world(struct setting *s)
{
    world_destroy(&s->world);
    scenario_destroy(&s->scenario);
}

static void run(struct setting *s, double seconds)
{
    for (long i = lround(seconds / DT); i > 0; i--)
        world_move_actors(s->world, far_away, DT);
}

static void assert_near(double got, double want, double within)
{
    if (!(fabs(got - want) <= within))
        print_error("%.12g is not %.12g +- %g\n", got, want, within);
    assert_true(fabs(got - want) <= within);
}

/* --- carts ----------------------------------------------------------------------------------------------------- */

static void a_cart_is_at_its_keys_in_time(void **state)
{
    (void)state;
    struct setting s = open_text(HEAD "actors:\n"
        "  - {kind: cart, keys: [[0, 2, 2], [1.5, 4, 3], [4, 6, 2], [5, 8, 6]], loop: true, radius: 0.5, height: 1}\n"
        "  - {kind: cart, keys: [[0, 2, 6], [4, 6, 6]], size: [0.8, 0.4, 0.9], material: wood}\n");
    const struct actor_state *round = &s.world->actors[0], *box = &s.world->actors[1];
    static const struct { double t_s, x, y; } keys[] = {{0, 2, 2}, {1.5, 4, 3}, {4, 6, 2}, {5, 2, 2}, {6.5, 4, 3}, {9, 6, 2}};
    double now = 0;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        run(&s, keys[i].t_s - now);
        now = keys[i].t_s;
        assert_near(round->at.x, keys[i].x, 1e-12);
        assert_near(round->at.y, keys[i].y, 1e-12);
    }
    assert_near(box->at.x, 3, 1e-12); /* 9 s: there in 4, back in 8, and 1 s more */
    assert_near(box->velocity_mps.x, 1, 1e-12);
    assert_near(box->heading_rad, 0, 1e-12);
    run(&s, 5);
    assert_near(box->heading_rad, PI, 1e-12);
    struct physics_state body = physics_body_state(s.world->physics, s.world->things[1].body);
    assert_near(body.pose.position.x, box->at.x, 1e-12);
    assert_near(body.pose.position.z, 0.45, 1e-12);
    assert_int_equal(raycast_solid(s.world->raycast, s.world->things[1].solid)->shape.kind, SHAPE_BOX);
    assert_string_equal(s.world->things[0].name, "cart 1");
    close_world(&s);
}

static void carts_can_be_added_without_a_file(void **state)
{
    (void)state;
    struct error err = {0};
    const char text[] = HEAD;
    struct scenario_file file = {.name = "t.yaml", .data = (uint8_t *)(uintptr_t)text, .size = strlen(text)};
    struct setting s = {.scenario = scenario_unpack(&file, 1, &err)};
    static const struct track_key keys[] = {{0, {2, 2}}, {2, {6, 2}}, {3, {6, 5}}};
    struct actor *cart = scenario_add_actor(s.scenario, ACTOR_CART, "e7");
    cart->radius_m = 0.5;
    cart->height_m = 1;
    cart->track = track_create(&(struct track_def){.pace = TRACK_COUNTED, .end = TRACK_REPEATS, .keys = keys, .key_count = 3});
    assert_int_equal(scenario_expand(s.scenario, 1, &err), STATUS_OK);
    s.world = world_create(s.scenario, 1, &err);
    run(&s, 2);
    assert_near(s.world->actors[0].at.x, 6, 0);
    assert_near(s.world->actors[0].at.y, 2, 0);
    while (s.scenario->actor_count < SCENARIO_ACTORS_MAX)
        assert_non_null(scenario_add_actor(s.scenario, ACTOR_CART, "more"));
    assert_null(scenario_add_actor(s.scenario, ACTOR_CART, "too many"));
    s.scenario->actor_count = 1;
    close_world(&s);
}

/* --- all ------------------------------------------------------------------------------------------------------- */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cart_is_at_its_keys_in_time),
        cmocka_unit_test(carts_can_be_added_without_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
