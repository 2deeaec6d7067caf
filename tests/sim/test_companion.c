/* More than one robot: each with a mind of its own, all in one world that repeats. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "logs/hash.h"
#include "sim/episode.h"

/* Two rooms, a wall between them at x = 5 with a doorway of 1.4 m in its middle. */
#define ROOMS "bounds: [0, 0, 10, 6]\ntime_limit_s: 60\ngoal_tolerance_m: 0.35\n"                                          \
    "camera: {enabled: false}\nlidar: {beams: 120}\nsolids:\n"                                                              \
    "  - {kind: box, at: [5, -0.1], size: [10.4, 0.2, 1]}\n  - {kind: box, at: [5, 6.1], size: [10.4, 0.2, 1]}\n"              \
    "  - {kind: box, at: [-0.1, 3], size: [0.2, 6, 1]}\n  - {kind: box, at: [10.1, 3], size: [0.2, 6, 1]}\n"                  \
    "  - {kind: box, at: [5, 1.15], size: [0.2, 2.3, 1]}\n  - {kind: box, at: [5, 4.85], size: [0.2, 2.3, 1]}\n"
#define FOLLOWER "name: t\nstart: [1.2, 4.6, 0]\ngoal: [8.5, 4.8]\n" ROOMS                                                  \
    "robots: [{name: second, start: [3, 3, 0], goal: [8.5, 1.2]}]\n"

struct heard {
    uint64_t hash;
    uint32_t frames;
    struct msg_robots robots; /* the latest */
    struct msg_people people;
    struct arena robots_arena, people_arena;
};

static void heard_keep(const struct frame *frame, void *message, struct arena *arena)
{
    struct error err = {0};
    arena_reset(arena);
    assert_int_equal(message_decode(topic_table[frame->topic].type, frame->payload, frame->size, message, arena, &err),
                     STATUS_OK);
}

static void heard_put(void *self, const struct frame *frame)
{
    struct heard *heard = self;
    heard->hash = hash_bytes(heard->hash, frame->payload, frame->size);
    heard->frames++;
    if (frame->topic == TOPIC_TRUTH_ROBOTS)
        heard_keep(frame, &heard->robots, &heard->robots_arena);
    if (frame->topic == TOPIC_TRUTH_PEOPLE)
        heard_keep(frame, &heard->people, &heard->people_arena);
}

struct drive {
    struct scenario *scenario;
    struct journal *journal;
    struct episode *episode;
    struct heard heard;
};

static void drive_open(struct drive *drive, const char *text, uint64_t seed)
{
    struct error err = {0};
    struct scenario_file file = {.name = "t.yaml", .data = (uint8_t *)(uintptr_t)text, .size = strlen(text)};
    *drive = (struct drive){.heard.hash = HASH_START, .journal = journal_create()};
    drive->scenario = scenario_unpack(&file, 1, &err);
    if (!drive->scenario)
        fail_msg("%s", err.text);
    struct episode_options options = {.seed = seed};
    drive->episode = episode_create(drive->scenario, &options, drive->journal, &err);
    if (!drive->episode)
        fail_msg("%s", err.text);
    journal_add(drive->journal, (struct sink){heard_put, &drive->heard});
    episode_announce(drive->episode);
}

static void drive_close(struct drive *drive)
{
    arena_clear(&drive->heard.robots_arena);
    arena_clear(&drive->heard.people_arena);
    episode_destroy(&drive->episode);
    journal_destroy(&drive->journal);
    scenario_destroy(&drive->scenario);
}

static void two_robots_go_through_a_doorway_one_after_the_other(void **state)
{
    (void)state;
    struct drive drive;
    drive_open(&drive, FOLLOWER, 1);
    bool other_there = false, first_there = false;
    uint32_t ticks = 0;
    while (episode_step(drive.episode))
        ticks++;
    struct episode_summary summary = episode_summary(drive.episode);
    first_there = summary.outcome == OUTCOME_SUCCESS;
    const struct msg_robot_truth *second = &drive.heard.robots.robots.data[0];
    other_there = second->goals_reached == 1;
    printf("figure: two robots, one doorway: %s after %.1f s, the second is at (%.1f, %.1f), %u touches\n",
           outcome_names[summary.outcome], ticks * 0.05, second->pose.position.x, second->pose.position.y,
           summary.robot_touches);
    assert_true(first_there && other_there);
    assert_int_equal(summary.robot_touches, 0);
    assert_int_equal(drive.heard.robots.robots.count, 1);
    assert_string_equal(second->name, "second");
    assert_string_equal(second->policy, "dwa");
    assert_int_equal(drive.heard.people.people.count, 1);
    assert_string_equal(drive.heard.people.people.data[0].kind, "robot");
    drive_close(&drive);
}

static void a_robot_on_patrol_goes_back_and_forth_and_another_stays(void **state)
{
    (void)state;
    struct drive drive;
    drive_open(
        &drive,
        "name: t\nstart: [1, 1, 0]\ngoal: [9, 1]\npolicy: teleop\ntime_limit_s: 30\nbounds: [0, 0, 10, 6]\n"
        "camera: {enabled: false}\nlidar: {beams: 120}\n"
        "robots:\n  - {start: [2, 3, 0], goal: [4.5, 3], patrol: yes}\n  - {start: [6, 5, 0], goal: [7.5, 5]}\n",
        1);
    for (int i = 0; i < 500 && episode_step(drive.episode); i++)
        continue;
    const struct msg_robot_truth *rows = drive.heard.robots.robots.data;
    assert_string_equal(rows[0].name, "robot 2");
    assert_true(rows[0].goals_reached >= 3);
    assert_int_equal(rows[1].goals_reached, 1);
    assert_string_equal(rows[1].reason, "at its goal");
    assert_true(fabs(rows[1].twist.linear.x) < 0.02);
    assert_true(hypot(rows[1].pose.position.x - 7.5, rows[1].pose.position.y - 5) < 0.4);
    drive_close(&drive);
}

/* Nobody in the way but another robot: it is seen, and driven round. */
static void a_robot_drives_round_another_that_stands(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct drive drive;
        drive_open(&drive, "name: t\nstart: [1, 3, 0]\ngoal: [9, 3]\ntime_limit_s: 40\nbounds: [0, 0, 10, 6]\n"
                           "camera: {enabled: false}\n"
                           "robots: [{name: lazy, start: [5, 3, 1.57], goal: [5, 5.5], policy: teleop}]\n", seed);
        while (episode_step(drive.episode))
            continue;
        struct episode_summary summary = episode_summary(drive.episode);
        assert_int_equal(summary.outcome, OUTCOME_SUCCESS);
        assert_int_equal(summary.robot_touches, 0);
        drive_close(&drive);
    }
}

/* One that looks at nothing drives into one that stands: that is one touch, and a collision of the first. */
static void touches_between_robots_are_counted(void **state)
{
    (void)state;
    struct drive drive;
    drive_open(&drive, "name: t\nstart: [1, 3, 0]\ngoal: [9, 3]\npolicy: pursuit\nshield: off\nbounds: [0, 0, 10, 6]\n"
                       "camera: {enabled: false}\nlidar: {enabled: false}\n"
                       "robots: [{name: lazy, start: [5, 3, 1.57], goal: [5, 5.5], policy: teleop}]\n", 1);
    while (episode_step(drive.episode))
        continue;
    struct episode_summary summary = episode_summary(drive.episode);
    assert_int_equal(summary.outcome, OUTCOME_COLLISION);
    assert_int_equal(summary.robot_touches, 1);
    assert_non_null(strstr(summary.detail, "robots touched 1 time"));
    assert_int_equal(drive.heard.robots.touches, 1);
    drive_close(&drive);
}

static uint64_t hash_of(const char *text, uint64_t seed, uint64_t *state)
{
    struct drive drive;
    drive_open(&drive, text, seed);
    for (int i = 0; i < 100 && episode_step(drive.episode); i++)
        continue;
    uint64_t hash = drive.heard.hash;
    *state = episode_summary(drive.episode).hash;
    drive_close(&drive);
    return hash;
}

static void all_of_it_repeats_bit_for_bit(void **state)
{
    (void)state;
    uint64_t a, b, c;
    assert_true(hash_of(FOLLOWER, 5, &a) == hash_of(FOLLOWER, 5, &b));
    assert_true(a == b);
    assert_true(hash_of(FOLLOWER, 5, &a) != hash_of(FOLLOWER, 6, &c));
    assert_true(a != c);
}

static void bad_robots_get_a_sentence(void **state)
{
    (void)state;
    static const struct { const char *text, *sentence;
    } cases[] = {
        {"robots: [{start: [4, 3, 0]}]\n", "t.yaml:5:10: a robot has no 'goal' (x, y in m)"},
        {"robots: [{start: [4, 3, 0], goal: [6, 3], policy: dwo}]\n",
         "t.yaml:5:43: unknown policy 'dwo'; did you mean 'dwa'?"},
        {"robots: [{start: [4, 3, 0], goal: [6, 3], shield: maybe}]\n",
         "t.yaml:5:43: unknown shield mode 'maybe'; use off, monitor or on"},
        {"robots: [{name: robot, start: [4, 3, 0], goal: [6, 3]}]\n",
         "t.yaml:5:11: 'robot' is the name of the scenario's own robot"},
        {"robots:\n  - {name: a, start: [4, 3, 0], goal: [6, 3]}\n  - {name: a, start: [4, 5, 0], goal: [6, 3]}\n",
         "t.yaml:7:6: two robots are called 'a'"},
        {"robots: [{name: a, start: [1.3, 3, 0], goal: [6, 3]}]\n",
         "t.yaml: 'a' and 'robot' start within 0.67 m of each other; move them apart"},
        {"robots: [{name: a, start: [4, 3, 0], goal: [60, 3]}]\n",
         "t.yaml: the goal of 'a' (60, 3) is outside the bounds"},
        {"robots: [{name: a, start: [4, 3, 0], goal: [6, 3]}]\nsolids: [{name: crate, kind: box, at: [6, 3], size: "
         "[1, 1, 1]}]\n",
         "t.yaml: at its goal (6, 3) 'a' would stand in 'crate'; move one of them"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[400];
        struct error err = {0};
        snprintf(text, sizeof text, "name: t\nbounds: [0, 0, 8, 6]\nstart: [1, 3, 0]\ngoal: [7, 5]\n%s", cases[i].text);
        struct scenario_file file = {.name = "t.yaml", .data = (uint8_t *)text, .size = strlen(text)};
        struct scenario *scenario = scenario_unpack(&file, 1, &err);
        enum status status = scenario ? scenario_expand(scenario, 1, &err) : STATUS_BAD_INPUT;
        assert_int_equal(status, STATUS_BAD_INPUT);
        if (strncmp(err.text, cases[i].sentence, strlen(cases[i].sentence)))
            fail_msg("'%s' is not '%s'", err.text, cases[i].sentence);
        scenario_destroy(&scenario);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_robots_go_through_a_doorway_one_after_the_other),
        cmocka_unit_test(a_robot_on_patrol_goes_back_and_forth_and_another_stays),
        cmocka_unit_test(a_robot_drives_round_another_that_stands),
        cmocka_unit_test(touches_between_robots_are_counted),
        cmocka_unit_test(all_of_it_repeats_bit_for_bit),
        cmocka_unit_test(bad_robots_get_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
