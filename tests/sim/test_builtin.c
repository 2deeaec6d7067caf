/* The built-in scenarios: each repeats itself bit for bit, whatever it has in it. (That they load, expand and can be
 * driven with any seed is in test_scenario.c.) */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sim/episode.h"

enum { TICKS = 60 }; /* three seconds: all sensors have spoken, everyone moves */

struct drive_end {
    uint64_t state, tick;
    int moves; /* messages of where the robot really is */
};

static void count_odometry(void *self, const struct frame *frame)
{
    struct drive_end *end = self;
    end->moves += frame->topic == TOPIC_TRUTH_ODOM;
}

static struct drive_end drive(const char *name, uint64_t seed)
{
    struct error err = {0};
    struct drive_end end = {0};
    struct journal *journal = journal_create();
    journal_add(journal, (struct sink){count_odometry, &end});
    struct scenario *scenario = scenario_load(name, &err);
    if (!scenario)
        fail_msg("%s", err.text);
    const struct episode_options options = {.seed = seed};
    struct episode *episode = episode_create(scenario, &options, journal, &err);
    if (!episode)
        fail_msg("%s", err.text);
    episode_announce(episode);
    while (episode_summary(episode).tick < TICKS && episode_step(episode))
        continue;
    end.state = episode_summary(episode).hash;
    end.tick = episode_summary(episode).tick;
    episode_destroy(&episode);
    journal_destroy(&journal);
    scenario_destroy(&scenario);
    return end;
}

static void test_every_one_repeats_bit_for_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < scenario_builtin_count; i++) {
        struct drive_end first = drive(scenario_builtin_names[i], 7), again = drive(scenario_builtin_names[i], 7);
        assert_int_equal(first.tick, TICKS);
        assert_int_equal(first.moves, TICKS);
        if (first.state != again.state)
            fail_msg("%s: seed 7 driven twice differs after %d ticks", scenario_builtin_names[i], TICKS);
    }
}

static void test_another_seed_is_another_drive(void **state)
{
    (void)state;
    for (size_t i = 0; i < scenario_builtin_count; i += 5)
        assert_int_not_equal(drive(scenario_builtin_names[i], 1).state, drive(scenario_builtin_names[i], 2).state);
}

static void test_names_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < scenario_builtin_count; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(scenario_builtin_names[i], scenario_builtin_names[j]);
    assert_int_equal(scenario_builtin_count, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_every_one_repeats_bit_for_bit),
        cmocka_unit_test(test_another_seed_is_another_drive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
