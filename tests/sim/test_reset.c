/* A reset is a world thrown away and built again: a thousand of them keep no memory and change no bit. */
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/sim/stage.h"

enum { RESETS = 1000, SETTLED = 20, STEPS = 5 };

static const char things[] = "solids:\n"
                             "  - {name: box, kind: box, at: [2, 1], size: [1, 0.6, 0.8], yaw: 0.4}\n"
                             "  - {name: pane, kind: box, at: [3, -2], size: [0.1, 2, 2], material: glass}\n"
                             "  - {name: post, kind: cylinder, at: [-2, 1], radius: 0.2, height: 1}\n"
                             "  - {name: ball, kind: sphere, at: [-1, -2, 0.5], radius: 0.3, mass: 2}\n"
                             "  - {name: parcel, kind: box, at: [0.6, 0.1, 0.2], size: [0.3, 0.3, 0.3], mass: 1}\n"
                             "  - {name: pill, kind: capsule, at: [1, -2], radius: 0.2, height: 1.2}\n"
                             "actors:\n"
                             "  - {name: somebody, waypoints: [[4, 4], [6, 4]], speed: 1}\n";

static uint64_t live_once(void)
{
    struct stage stage = stage_open(things, NULL);
    struct sensors_def def = {.world = stage.world, .robot = stage.robot, .journal = journal_create(), .seed = 1};
    stage.sensors = sensors_create(&def);
    for (int i = 0; i < STEPS; i++)
        stage_step(&stage);
    uint64_t hash = sensors_hash(stage.sensors, robot_hash(stage.robot, world_hash(stage.world, 0)));
    stage_close(&stage);
    journal_destroy(&def.journal);
    return hash;
}

static void a_thousand_resets_leak_nothing(void **state)
{
    (void)state;
    size_t held = 0;
    uint64_t first = live_once();
    for (int i = 1; i < RESETS; i++) {
        assert_true(live_once() == first);
        if (i == SETTLED) /* what libraries keep for themselves is there by now */
            held = mallinfo2().uordblks;
    }
    size_t after = mallinfo2().uordblks; /* both 0 under AddressSanitizer, which looks for leaks itself */
    printf("figure: %d resets, %zu bytes held after %d, %zu after all\n", RESETS, held, SETTLED, after);
    assert_int_equal(after, held);
}

/* Starts once more without the allocator's own caches, which count as memory in use. */
int main(int argc, char **argv)
{
    static const char *const name = "GLIBC_TUNABLES", *const value = "glibc.malloc.tcache_count=0";
    const char *present = getenv(name);
    (void)argc;
    if ((!present || strcmp(present, value) != 0) && setenv(name, value, 1) == 0)
        execv("/proc/self/exe", argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_thousand_resets_leak_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
