/* A robot that is not told where it starts, or is carried away, finds itself again on the map, is not
 * sure of a wrong place for long, and then drives to its goal. The fault that carries it moves all of
 * its bodies and is one like any other. */
#include <math.h>

#include "sim/episode.h"
#include "tests/sim/stage.h"

#define WRONG_M 0.5
#define CARRIED_S 4.0
#define FOUND_S 20.0   /* after it was carried or switched on */
#define NOTICED_S 2.5  /* sure of a wrong place for so long: scans must have refused to fit for two seconds */
#define STAYS_S 1.0    /* found is: right, and still so after so long */

struct watched { /* of one episode; times in seconds since it was carried away, NaN: never */
    struct pose2 truth;
    double carried_s, found_s, right_s, wrong_s, wrong_longest_s;
    bool was_lost, said_why;
    enum outcome outcome;
    double ended_s;
    uint64_t ticks;
};

static void take_belief(struct watched *seen, const struct msg_belief *belief, double now_s)
{
    double since_s = now_s - seen->carried_s, off_m = hypot(seen->truth.x - belief->x, seen->truth.y - belief->y);
    if (since_s <= 0)
        return;
    bool sure = belief->localised, right = sure && off_m < WRONG_M;
    seen->was_lost |= !sure;
    seen->wrong_s = sure && !right ? seen->wrong_s + 0.05 : 0;
    seen->right_s = right && seen->was_lost ? seen->right_s + 0.05 : 0;
    seen->wrong_longest_s = fmax(seen->wrong_longest_s, seen->wrong_s);
    if (isnan(seen->found_s) && seen->right_s >= STAYS_S)
        seen->found_s = since_s - STAYS_S;
}

static void seen_put(void *self, const struct frame *frame)
{
    struct watched *seen = self;
    struct arena arena = {0};
    union {
        struct msg_odometry odometry;
        struct msg_belief belief;
        struct msg_decision decision;
    } message;
    if (frame->topic != TOPIC_TRUTH_ODOM && frame->topic != TOPIC_BELIEF && frame->topic != TOPIC_DECISION)
        return;
    assert_int_equal(
        message_decode(topic_table[frame->topic].type, frame->payload, frame->size, &message, &arena, NULL), 0);
    if (frame->topic == TOPIC_TRUTH_ODOM) {
        const struct msg_pose *pose = &message.odometry.pose.pose;
        seen->truth.x = pose->position.x;
        seen->truth.y = pose->position.y;
    } else if (frame->topic == TOPIC_BELIEF) {
        take_belief(seen, &message.belief, (double)frame->stamp_ns * 1e-9);
    } else {
        seen->said_why |= strstr(message.decision.reason, "lost for") != NULL;
    }
    arena_clear(&arena);
}

struct way { /* of getting lost */
    const char *label, *fault;
    double from_s;
    const char *sets[3];
    size_t set_count;
};
static const struct way ways[] = {
    {"unknown start", "robot:kidnap=0@0", 0, {"camera.width=16", "camera.height=12", "start_known=false"}, 3},
    {"carried away", "robot:kidnap=3@4", CARRIED_S, {"camera.width=16", "camera.height=12"}, 2},
};

/* Until it has been found, or to the end of the episode. */
static void drive(struct watched *seen, const char *name, uint64_t seed, const struct way *way, bool to_the_end)
{
    struct error err = {0};
    struct journal *journal = journal_create();
    struct scenario *scenario = scenario_load(name, &err);
    const struct episode_options options = {.seed = seed, .policy = "dwa", .shield = "on", .sets = way->sets,
                                            .set_count = way->set_count, .faults = &way->fault, .fault_count = 1};
    stage_must(scenario, &err);
    *seen = (struct watched){.carried_s = way->from_s, .found_s = (double)NAN};
    journal_add(journal, (struct sink){seen_put, seen});
    struct episode *episode = episode_create(scenario, &options, journal, &err);
    stage_must(episode, &err);
    episode_announce(episode);
    bool more = true;
    while (more && (to_the_end || isnan(seen->found_s))) {
        more = episode_step(episode);
        seen->ended_s = (double)episode_summary(episode).now_ns * 1e-9 - way->from_s;
        if (seen->ended_s > 3 * FOUND_S)
            break;
    }
    seen->outcome = episode_summary(episode).outcome;
    seen->ticks = episode_summary(episode).tick;
    episode_destroy(&episode);
    scenario_destroy(&scenario);
    journal_destroy(&journal);
}

/* Somebody who drives into a robot before it had the time is no failure to find oneself; it is counted
 * apart. */
static void it_finds_itself(void **unused)
{
    (void)unused;
    enum { SEEDS = 8 };
    static const char *const names[] = {"office", "warehouse"};
    int tried = 0, found = 0, wrong = 0, hit = 0;
    for (size_t n = 0; n < COUNT_OF(names); n++)
        for (size_t w = 0; w < COUNT_OF(ways); w++) {
            double sum_s = 0, longest_s = 0;
            int before = found;
            for (uint64_t seed = 1; seed <= SEEDS; seed++) {
                struct watched seen;
                drive(&seen, names[n], seed, &ways[w], false);
                bool in_time = seen.found_s <= FOUND_S;
                bool ended = !in_time && seen.outcome == OUTCOME_COLLISION && seen.ended_s < FOUND_S;
                tried += !ended;
                hit += ended;
                found += in_time;
                wrong += seen.wrong_longest_s > NOTICED_S;
                sum_s += in_time ? seen.found_s : 0;
                longest_s = fmax(longest_s, in_time ? seen.found_s : 0);
                assert_true(seen.said_why);
                if (!in_time || seen.wrong_longest_s > NOTICED_S)
                    print_error("%s, %s, seed %u: found after %.1f s, wrongly sure for %.1f s, %s after %.1f s\n",
                                names[n], ways[w].label, (unsigned)seed, seen.found_s, seen.wrong_longest_s,
                                outcome_names[seen.outcome], seen.ended_s);
            }
            printf("figure: %s, %s: %d of %d found within %.0f s, on the average after %.1f s, at most %.1f s\n",
                   names[n], ways[w].label, found - before, SEEDS, FOUND_S, sum_s / (found - before), longest_s);
        }
    printf("figure: found %d of %d; %d sure of a wrong place for more than %.1f s; %d hit by a cart before\n", found,
           tried, wrong, NOTICED_S, hit);
    assert_true(found >= 0.95 * tried && wrong == 0 && hit <= 2);
}

static void then_it_reaches_its_goal(void **unused)
{
    (void)unused;
    for (size_t w = 0; w < COUNT_OF(ways); w++) {
        struct watched seen;
        drive(&seen, "office", 3, &ways[w], true);
        assert_int_equal(seen.outcome, OUTCOME_SUCCESS);
    }
}

/* Chassis and wheels keep their places to each other, stand still, and drive on as before. */
static void all_bodies_move_together(void **unused)
{
    (void)unused;
    struct stage stage = stage_open("", NULL);
    stage_run(&stage, (struct twist2){0.8, 0.3}, 1.5);
    struct robot_state before = stage_truth(&stage);
    robot_put(stage.robot, (struct pose2){-6, 7, 2.5});
    struct robot_state after = stage_truth(&stage);
    assert_near(after.ground.x, -6, 1e-9);
    assert_near(after.ground.y, 7, 1e-9);
    assert_near(wrap_angle(after.ground.yaw - 2.5), 0, 1e-9);
    assert_near(after.pose.position.z, before.pose.position.z, 1e-9);
    assert_near(after.pitch_rad, before.pitch_rad, 1e-9);
    assert_near(after.twist.v_mps, 0, 1e-9);
    for (int side = 0; side < 2; side++)
        assert_near(wrap_angle(after.wheel_angle_rad[side] - before.wheel_angle_rad[side]), 0, 1e-6);
    stage_run(&stage, (struct twist2){0.5, 0}, 2);
    struct robot_state later = stage_truth(&stage);
    assert_near(hypot(later.ground.x - after.ground.x, later.ground.y - after.ground.y), 0.5 * 2, 0.15);
    assert_near(later.twist.v_mps, 0.5, 0.05);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_bodies_move_together),
        cmocka_unit_test(it_finds_itself),
        cmocka_unit_test(then_it_reaches_its_goal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
