/* Is the robot as unsure of its place as it should be?
 *
 * The normalised error squared (NEES) of the believed pose, e^T P^-1 e over x, y and yaw, is chi-square
 * with 3 degrees of freedom if P is honest: 3 on the average, above 7.81 in 5 % of the ticks. Over N
 * independent runs N times the mean at a tick is chi-square with 3 N (Bar-Shalom, Li, Kirubarajan,
 * Estimation with Applications to Tracking and Navigation, 5.4.2): it lies within its 2.5 % and 97.5 %
 * points. Ticks of one run are no further runs: their errors live on from tick to tick, so the runs
 * alone are counted, and how long errors live is printed. On a map whose walls stand elsewhere by a
 * centimetre (warehouse) even the runs are not wholly independent: its error is drawn once.
 *
 * Without a map nothing holds the pose; there only too much confidence is a mistake. */
#include <math.h>

#include "sim/episode.h"
#include "tests/sim/stage.h"

enum { TICKS_MAX = 700, RUNS_MAX = 10, SETTLED_TICK = 20, LAGS = 60 };
#define TICK_S 0.05
#define LIKELY 7.815 /* chi-square with 3 degrees of freedom, 95 % */

struct watched { /* of one run */
    struct pose2 truth;
    double nees[TICKS_MAX], worst_m;
    size_t ticks, over, lost;
};

static double normalised2(const double a[9], const double x[3])
{
    double l00 = sqrt(a[0]), l10 = a[3] / l00, l20 = a[6] / l00;
    double l11 = sqrt(a[4] - l10 * l10), l21 = (a[7] - l20 * l10) / l11;
    double l22 = sqrt(a[8] - l20 * l20 - l21 * l21);
    double y0 = x[0] / l00, y1 = (x[1] - l10 * y0) / l11, y2 = (x[2] - l20 * y0 - l21 * y1) / l22;
    return y0 * y0 + y1 * y1 + y2 * y2;
}

static void take_belief(struct watched *watched, const struct msg_belief *belief)
{
    double error[3] = {watched->truth.x - belief->x, watched->truth.y - belief->y,
                       wrap_angle(watched->truth.yaw - belief->yaw)};
    double nees = normalised2(belief->covariance, error);
    assert_true(isfinite(nees) && nees >= 0);
    if (belief->tick < SETTLED_TICK || watched->ticks == TICKS_MAX)
        return;
    watched->nees[watched->ticks++] = nees;
    watched->over += nees > LIKELY;
    watched->lost += !belief->localised;
    watched->worst_m = fmax(watched->worst_m, hypot(error[0], error[1]));
}

static void watch_put(void *self, const struct frame *frame)
{
    struct watched *watched = self;
    struct arena arena = {0};
    union {
        struct msg_odometry odometry;
        struct msg_belief belief;
    } message;
    if (frame->topic != TOPIC_TRUTH_ODOM && frame->topic != TOPIC_BELIEF)
        return;
    assert_int_equal(
        message_decode(topic_table[frame->topic].type, frame->payload, frame->size, &message, &arena, NULL), 0);
    if (frame->topic == TOPIC_BELIEF) {
        take_belief(watched, &message.belief);
    } else {
        const struct msg_pose *pose = &message.odometry.pose.pose;
        const struct msg_quaternion *q = &pose->orientation;
        watched->truth = (struct pose2){pose->position.x, pose->position.y,
                                        quat_yaw((struct quat){q->x, q->y, q->z, q->w})};
    }
    arena_clear(&arena);
}

static void drive(struct watched *watched, const char *name, uint64_t seed, const char *const *sets, size_t set_count)
{
    struct error err = {0};
    struct journal *journal = journal_create();
    struct scenario *scenario = scenario_load(name, &err);
    const struct episode_options options = {.seed = seed, .policy = "dwa", .shield = "on", .sets = sets,
                                            .set_count = set_count};
    stage_must(scenario, &err);
    *watched = (struct watched){0};
    journal_add(journal, (struct sink){watch_put, watched});
    struct episode *episode = episode_create(scenario, &options, journal, &err);
    stage_must(episode, &err);
    episode_announce(episode);
    while (watched->ticks < TICKS_MAX && episode_step(episode))
        continue;
    episode_destroy(&episode);
    scenario_destroy(&scenario);
    journal_destroy(&journal);
    assert_true(watched->ticks > 0);
}

struct tally { /* of all runs of a row */
    double mean, over, lost, inside, worst_m, lives_s;
    double over_most; /* 5 %, and what chance adds to it, at 97.5 %, in as many samples as errors lived and died */
};

/* Sum of the autocorrelation of a run's NEES up to where it is gone: so long one error lives, in seconds. */
static double lives_s(const struct watched *watched, double mean)
{
    double variance = 0, sum = 0.5;
    for (size_t i = 0; i < watched->ticks; i++)
        variance += square(watched->nees[i] - mean) / (double)watched->ticks;
    for (size_t lag = 1; lag < LAGS && lag < watched->ticks; lag++) {
        double product = 0;
        for (size_t i = lag; i < watched->ticks; i++)
            product += (watched->nees[i] - mean) * (watched->nees[i - lag] - mean);
        double share = product / (double)(watched->ticks - lag) / variance;
        if (share < 0.05)
            break;
        sum += share;
    }
    return 2 * sum * TICK_S;
}

static struct tally count(const struct watched *runs, size_t run_count, double low, double high)
{
    struct tally tally = {0};
    double ticks = 0, shared = 0, inside = 0;
    for (size_t r = 0; r < run_count; r++) {
        for (size_t i = 0; i < runs[r].ticks; i++)
            tally.mean += runs[r].nees[i];
        ticks += (double)runs[r].ticks;
        tally.over += (double)runs[r].over;
        tally.lost += (double)runs[r].lost;
        tally.worst_m = fmax(tally.worst_m, runs[r].worst_m);
    }
    tally.mean /= ticks;
    tally.over /= ticks;
    tally.lost /= ticks;
    for (size_t i = 0; i < TICKS_MAX; i++) { /* ticks at which all runs are still under way */
        double sum = 0;
        size_t r = 0;
        while (r < run_count && i < runs[r].ticks)
            sum += runs[r++].nees[i];
        shared += r == run_count;
        inside += r == run_count && sum / (double)run_count >= low && sum / (double)run_count <= high;
    }
    tally.inside = inside / shared;
    for (size_t r = 0; r < run_count; r++)
        tally.lives_s += lives_s(&runs[r], tally.mean) / (double)run_count;
    tally.over_most = 0.05 + 1.96 * sqrt(0.05 * 0.95 * tally.lives_s / (ticks * TICK_S));
    return tally;
}

static struct tally measure(const char *label, const char *name, const char *const *sets, size_t set_count,
                            size_t run_count, double low, double high)
{
    static struct watched runs[RUNS_MAX];
    for (size_t r = 0; r < run_count; r++)
        drive(&runs[r], name, r + 1, sets, set_count);
    struct tally t = count(runs, run_count, low, high);
    printf("figure: NEES %s: %.2f over %zu runs (3 is perfect; 95 %%: %.2f to %.2f), at %.0f %% of the ticks inside, "
           "above 7.81 in %.1f %% (at most %.1f), an error lives %.1f s, at most %.3f m off\n",
           label, t.mean, run_count, low, high, 100 * t.inside, 100 * t.over, 100 * t.over_most, t.lives_s, t.worst_m);
    return t;
}

#define SMALL_CAMERA "camera.width=16", "camera.height=12"

/* What is honest with one data sheet must be so with another. */
static const struct row {
    const char *label, *name;
    const char *sets[6];
    size_t set_count;
} rows[] = {
    {"office", "office", {SMALL_CAMERA}, 2},
    {"warehouse", "warehouse", {SMALL_CAMERA}, 2},
    {"office, coarse lidar, late", "office", {SMALL_CAMERA, "lidar.noise_m=0.03", "lidar.latency_s=0.08"}, 4},
    {"office, poor wheels and gyro", "office",
     {SMALL_CAMERA, "odometry.noise_mps=0.05", "odometry.scale_error=0.02", "imu.gyro_noise_radps=0.02",
      "imu.gyro_bias_radps=0.02"}, 6},
};

static void with_a_map_the_covariance_is_honest(void **unused)
{
    (void)unused;
    enum { RUNS = 10 };
    const double low = 16.791 / RUNS, high = 46.979 / RUNS; /* chi-square, 30 degrees of freedom: 2.5 %, 97.5 % */
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct tally t = measure(rows[i].label, rows[i].name, rows[i].sets, rows[i].set_count, RUNS, low, high);
        wrong += !(t.mean >= low && t.mean <= high && t.over <= t.over_most && t.lost == 0);
    }
    assert_int_equal(wrong, 0);
}

static void without_a_map_it_is_never_too_sure(void **unused)
{
    (void)unused;
    enum { RUNS = 4 };
    static const char *const names[] = {"corridor", "clutter", "maze", "crowd", "ramp", "slippery", "kerb"};
    static const char *const sets[] = {SMALL_CAMERA};
    const double low = 4.404 / RUNS, high = 23.337 / RUNS; /* 12 degrees of freedom */
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct tally t = measure(names[i], names[i], sets, COUNT_OF(sets), RUNS, low, high);
        wrong += !(t.mean <= high && t.over <= t.over_most);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_a_map_the_covariance_is_honest),
        cmocka_unit_test(without_a_map_it_is_never_too_sure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
