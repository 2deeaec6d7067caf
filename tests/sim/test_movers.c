/* Tracks against the truth, in a crowd: CLEAR MOT (Bernardin and Stiefelhagen 2008). A person counts once
 * they have walked 0.3 m (who stands is an obstacle, no mover), while at least three beams of the last scan end on them
 * within 7 m; a track near somebody who is not seen now is neither right nor wrong. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "sim/episode.h"

enum { PEOPLE_MAX = 64 };
#define MATCH_M 0.5
#define SEEN_M 7.0
#define PERSON_M 0.45

struct person {
    struct vec2 at, first;
    bool placed, walked, seen;
    uint32_t track; /* that it was last matched with; 0: none yet */
};

struct watch {
    struct arena arena;
    struct person people[PEOPLE_MAX];
    size_t people_count;
    struct vec2 ends[2048]; /* of the last scan, base_link */
    size_t end_count;
    struct pose2 robot;
    const struct msg_tracks *tracks;
    double seen, missed, wrong, switched, error_m, matched;
};

static const void *decoded(struct watch *watch, const struct frame *frame)
{
    const struct message_type *type = topic_table[frame->topic].type;
    void *message = arena_new(&watch->arena, 1, type->size);
    struct error err = {0};
    assert_int_equal(message_decode(type, frame->payload, frame->size, message, &watch->arena, &err), STATUS_OK);
    return message;
}

static void place(struct person *person, struct vec2 at)
{
    if (!person->placed)
        person->first = at;
    person->placed = true;
    person->at = at;
    person->walked |= vec2_distance(person->first, at) > 0.3;
}

static void watch_put(void *self, const struct frame *frame)
{
    struct watch *watch = self;
    if (frame->topic == TOPIC_TRUTH_ACTORS) {
        const struct msg_pose_array *actors = decoded(watch, frame);
        watch->people_count = actors->poses.count;
        for (size_t i = 0; i < watch->people_count; i++)
            place(&watch->people[i], (struct vec2){actors->poses.data[i].position.x, actors->poses.data[i].position.y});
    } else if (frame->topic == TOPIC_TRUTH_ODOM) {
        const struct msg_pose *pose = &((const struct msg_odometry *)decoded(watch, frame))->pose.pose;
        const struct msg_quaternion *q = &pose->orientation;
        watch->robot = (struct pose2){pose->position.x, pose->position.y,
                                      quat_yaw((struct quat){q->x, q->y, q->z, q->w})};
    } else if (frame->topic == TOPIC_SCAN) {
        const struct msg_laser_scan *scan = decoded(watch, frame);
        watch->end_count = 0;
        for (size_t i = 0; i < scan->ranges.count; i++) {
            double range = (double)scan->ranges.data[i];
            double angle = (double)scan->angle_min + (double)i * (double)scan->angle_increment;
            if (isfinite(range) && range < SEEN_M)
                watch->ends[watch->end_count++] = (struct vec2){range * cos(angle), range * sin(angle)};
        }
    } else if (frame->topic == TOPIC_TRACKS) {
        watch->tracks = decoded(watch, frame);
    }
}

static struct vec2 place_of(const struct watch *watch, size_t i)
{
    return (struct vec2){watch->tracks->tracks.data[i].position.x, watch->tracks->tracks.data[i].position.y};
}

static void look_for_people(struct watch *watch)
{
    for (size_t p = 0; p < watch->people_count; p++) {
        int beams = 0;
        for (size_t i = 0; i < watch->end_count; i++)
            beams += vec2_distance(pose2_apply(watch->robot, watch->ends[i]), watch->people[p].at) < PERSON_M;
        watch->people[p].seen = beams >= 3 && watch->people[p].walked;
    }
}

/* One tick: old pairs first, then the nearest, as the metric wants it. */
static void score_tick(struct watch *watch)
{
    look_for_people(watch);
    size_t count = watch->tracks ? watch->tracks->tracks.count : 0;
    bool track_taken[TRACKS_MAX] = {false}, person_taken[PEOPLE_MAX] = {false};
    for (int round = 0; round < 2; round++) {
        for (;;) {
            double best_m = MATCH_M;
            size_t person = 0, track = 0;
            bool found = false;
            for (size_t p = 0; p < watch->people_count; p++)
                for (size_t t = 0; t < count && !person_taken[p]; t++) {
                    bool old = watch->tracks->tracks.data[t].id == watch->people[p].track;
                    double away_m = vec2_distance(place_of(watch, t), watch->people[p].at);
                    if (track_taken[t] || (round == 0 && !old) || away_m >= best_m)
                        continue;
                    best_m = away_m, person = p, track = t, found = true;
                }
            if (!found)
                break;
            struct person *who = &watch->people[person];
            uint32_t id = watch->tracks->tracks.data[track].id;
            person_taken[person] = track_taken[track] = true;
            watch->switched += who->track && who->track != id;
            who->track = id;
            watch->error_m += best_m;
            watch->matched++;
        }
    }
    for (size_t p = 0; p < watch->people_count; p++) {
        watch->seen += watch->people[p].seen;
        watch->missed += watch->people[p].seen && !person_taken[p];
    }
    for (size_t t = 0; t < count; t++)
        watch->wrong += !track_taken[t];
}

static void drive(struct watch *watch, const char *name, uint64_t seed)
{
    struct error err = {0};
    struct scenario *scenario = scenario_load(name, &err);
    assert_non_null(scenario);
    struct journal *journal = journal_create();
    journal_add(journal, (struct sink){watch_put, watch});
    struct episode_options options = {.seed = seed};
    struct episode *episode = episode_create(scenario, &options, journal, &err);
    assert_non_null(episode);
    watch->tracks = NULL;
    memset(watch->people, 0, sizeof watch->people);
    bool goes_on = true;
    for (int tick = 0; goes_on && tick < 800; tick++) {
        goes_on = episode_step(episode);
        score_tick(watch);
        if (tick % 8 == 7) { /* tracks are said anew in every tick that has any */
            arena_reset(&watch->arena);
            watch->tracks = NULL;
        }
    }
    episode_destroy(&episode);
    journal_destroy(&journal);
    scenario_destroy(&scenario);
}

static void test_people_are_followed(void **state)
{
    (void)state;
    struct watch *watch = NEW(struct watch);
    for (uint64_t seed = 1; seed <= 5; seed++)
        drive(watch, "crowd", seed);
    double mota = 1 - (watch->missed + watch->wrong + watch->switched) / watch->seen;
    print_message(
        "figure: crowd MOTA %.3f over %.0f sightings (missed %.3f, wrong %.3f, %.0f switches), MOTP %.3f m\n", mota,
        watch->seen, watch->missed / watch->seen, watch->wrong / watch->seen, watch->switched,
        watch->error_m / watch->matched);
    assert_true(watch->seen > 5000);
    assert_true(mota > 0.70);
    assert_true(watch->error_m / watch->matched < 0.12);
    arena_clear(&watch->arena);
    free(watch);
}

static void test_nothing_moves_in_a_still_world(void **state)
{
    (void)state;
    struct watch *watch = NEW(struct watch);
    drive(watch, "clutter", 3);
    double ticks_wrong = watch->wrong;
    drive(watch, "office", 7);
    print_message("figure: false tracks in clutter and office: %.0f track-ticks over 1600 ticks\n",
                  ticks_wrong + watch->wrong);
    assert_true(ticks_wrong + watch->wrong < 500);
    arena_clear(&watch->arena);
    free(watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_people_are_followed),
        cmocka_unit_test(test_nothing_moves_in_a_still_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
