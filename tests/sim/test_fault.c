/* Faults as text, and each kind against its definition: a message in, a message out, exact to the nanosecond. */
#include <math.h>
#include <stdlib.h>

#include "sim/fault.h"
#include "sim/fault_internal.h"
#include "tests/sim/stage.h"

static const int64_t S = 1000000000;
#define AT(seconds) ((int64_t)llround((seconds) * 1e9))

static struct faults *faults_of(const char *const *texts)
{
    struct faults *faults = faults_create(7);
    struct error err = {0};
    for (; *texts; texts++) {
        struct fault_spec spec;
        stage_must(!fault_parse(*texts, &spec, &err), &err);
        stage_must(!faults_add(faults, &spec, 0, &err), &err);
    }
    return faults;
}

/* --- text ------------------------------------------------------------------------------------------------------- */

static const struct { const char *text, *sentence;
} refusals[] = {
    {"lidr:bias=0.2",
     "fault 'lidr:bias=0.2', column 1: nothing that can fail is called 'lidr'; did you mean 'lidar'? (there "
     "are lidar, camera, depth, imu, odometry, bumper, ultrasonic, actuator, clock, link, policy, robot)"},
    {"lidar:flip",
     "fault 'lidar:flip', column 7: 'flip' makes no sense for lidar; what does is delay, jitter, drop, freeze, "
     "stale_stamp, bias, drift, noise, scale, stuck, blackout, swap"},
    {"policy:bias=1", "fault 'policy:bias=1', column 8: 'bias' makes no sense for policy; what does is delay, hang"},
    {"clock:bais=1",
     "fault 'clock:bais=1', column 7: there is no kind of fault 'bais'; did you mean 'bias'? (for clock there "
     "are freeze, bias, drift, noise)"},
    {"link", "fault 'link', column 5: ':' and the kind are missing; for link there are delay, jitter, drop"},
    {"", "fault '', column 1: the target is missing; write TARGET:KIND=AMOUNT@ONSET+DURATION~RECOVERY"},
    {"imu:", "fault 'imu:', column 5: the kind is missing; write TARGET:KIND=AMOUNT@ONSET+DURATION~RECOVERY"},
    {"imu:bias", "fault 'imu:bias', column 9: imu:bias needs an amount from -40 to 40 rad/s: imu:bias=..."},
    {"imu:drift=41",
     "fault 'imu:drift=41', column 10: the amount of imu:drift must be from -40 to 40 rad/s/s, not 41"},
    {"imu:freeze=1", "fault 'imu:freeze=1', column 11: freeze takes no amount; leave out 1"},
    {"lidar:drop=2", "fault 'lidar:drop=2', column 11: the amount of lidar:drop must be from 0.0001 to 1, not 2"},
    {"lidar:bias=0x10", "fault 'lidar:bias=0x10', column 12: the amount must be a number, not '0x10'"},
    {"lidar:bias=nan", "fault 'lidar:bias=nan', column 12: the amount must be a number, not 'nan'"},
    {"lidar:bias=", "fault 'lidar:bias=', column 12: the amount must be a number, not ''"},
    {"lidar:bias=1@-3", "fault 'lidar:bias=1@-3', column 14: the onset must be from 0 to 1e+06 s, not -3"},
    {"lidar:drop+0", "fault 'lidar:drop+0', column 12: the duration must be from 0.001 to 1e+06 s, not 0"},
    {"lidar:drop@5@6",
     "fault 'lidar:drop@5@6', column 13: '@6' is too much; what may follow is @ONSET, +DURATION and "
     "~RECOVERY, each once"},
    {"lidar:drop 5",
     "fault 'lidar:drop 5', column 7: there is no kind of fault 'drop 5'; did you mean 'drop'? (for lidar "
     "there are delay, jitter, drop, freeze, stale_stamp, bias, drift, noise, scale, stuck, blackout, swap)"},
};

static void what_makes_no_sense_is_refused(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct error err = {0};
        struct fault_spec spec;
        assert_int_equal(fault_parse(refusals[i].text, &spec, &err), STATUS_BAD_INPUT);
        assert_string_equal(err.text, refusals[i].sentence);
        assert_int_equal(fault_parse(refusals[i].text, &spec, NULL), STATUS_BAD_INPUT);
    }
}

static void text_reads_back(void **unused)
{
    (void)unused;
    static const char *const texts[] = {"lidar:bias=0.2@5+10~2", "camera:drop=1", "policy:hang@8+0.5",
                                        "odometry:scale=-0.1@0.3333333333333333~0.125", "clock:drift=1e-05@0+500000"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct fault_spec spec;
        char text[FAULT_TEXT];
        assert_int_equal(fault_parse(texts[i], &spec, NULL), STATUS_OK);
        fault_text(&spec, text);
        assert_string_equal(text, texts[i]);
    }
    struct fault_spec spec;
    assert_int_equal(fault_parse("imu:bias=-1e-3~2+3", &spec, NULL), STATUS_OK); /* in any order; + is no exponent's */
    assert_true(spec.amount == -1e-3 && spec.from_s < 0 && spec.for_s == 3 && spec.recover_s == 2);
    assert_int_equal(fault_parse("lidar:stuck", &spec, NULL), STATUS_OK);
    assert_true(spec.amount == 1 && isinf(spec.for_s) && spec.recover_s == 0);
}

/* Every pair is either parsed or refused; the least and the most amount are taken, more is not. */
static void the_table_is_whole(void **unused)
{
    (void)unused;
    size_t possible = 0;
    for (int target = 0; target < FAULT_TARGETS; target++)
        for (int kind = 0; kind < FAULT_KIND_COUNT; kind++) {
            struct fault_range range = fault_range(target, (enum fault_kind)kind);
            struct fault_spec spec;
            struct error err = {0};
            bool makes_sense = fault_target_kinds(target) >> kind & 1;
            double amount = range.unit ? range.most : (double)NAN;
            enum status status = fault_of(fault_target_name(target), fault_kind_names[kind], amount, &spec, &err);
            assert_true((status == STATUS_OK) == makes_sense);
            possible += makes_sense;
            if (!makes_sense) {
                assert_non_null(strstr(err.text, "makes no sense for"));
                continue;
            }
            assert_true(spec.target == target && (int)spec.kind == kind && *fault_kind_whats[kind]);
            if (!range.unit)
                continue;
            assert_int_equal(fault_of(fault_target_name(target), fault_kind_names[kind], range.least, &spec, &err), 0);
            assert_int_not_equal(
                fault_of(fault_target_name(target), fault_kind_names[kind], range.most * 1.001, &spec, &err), 0);
        }
    printf("figure: %zu pairs of target and kind\n", possible);
    assert_true(possible > 70);
}

/* --- messages --------------------------------------------------------------------------------------------------- */

enum { BEAMS = 8 };
static const float BEAM_M[BEAMS] = {1, 2, 3, 4, 5, 6, 7, INFINITY};

/* A full turn from -pi; beam 0 looks back, beam 4 ahead, 6 to the left, 2 to the right. */
static struct msg_laser_scan scan_at(int64_t now_ns, float more_m, float ranges[BEAMS])
{
    for (size_t i = 0; i < BEAMS; i++)
        ranges[i] = BEAM_M[i] + more_m;
    return (struct msg_laser_scan){.header = {message_time(now_ns), "lidar"}, .angle_min = (float)-PI,
                                   .angle_increment = (float)(2 * PI / BEAMS), .range_max = 10,
                                   .ranges = {ranges, BEAMS}};
}

struct scan { /* what came out */
    double ranges[BEAMS];
    int64_t stamp_ns;
    struct fault_outcome outcome;
};

/* What is measured grows by 1 m a second, so that a frozen value can be told from a new one. */
static struct scan scan_through(struct faults *faults, int64_t now_ns)
{
    float ranges[BEAMS], before[BEAMS];
    struct scan out;
    struct msg_laser_scan scan = scan_at(now_ns, (float)((double)now_ns * 1e-9), ranges);
    memcpy(before, ranges, sizeof before);
    out.outcome = faults_message(faults, SENSOR_LIDAR, now_ns, &scan);
    assert_memory_equal(before, ranges, sizeof before); /* the sensor's own memory stays as it is */
    assert_int_equal(scan.ranges.count, BEAMS);
    for (size_t i = 0; i < BEAMS; i++)
        out.ranges[i] = (double)scan.ranges.data[i];
    out.stamp_ns = message_ns(scan.header.stamp);
    return out;
}

static double range_of(struct faults *faults, double at_s, size_t beam)
{
    return scan_through(faults, AT(at_s)).ranges[beam];
}

static void strength_rises_at_the_onset_and_falls_in_the_recovery(void **unused)
{
    (void)unused;
    struct faults *f = faults_of((const char *[]){"lidar:bias=0.5@1+2~4", NULL});
    assert_near(scan_through(f, S - 1).ranges[0], 2, 1e-6);      /* not a nanosecond early */
    assert_near(scan_through(f, S).ranges[0], 2.5, 1e-6);
    assert_near(scan_through(f, 3 * S - 1).ranges[0], 4.5, 1e-6);
    assert_near(range_of(f, 3, 0), 4.5, 1e-6);                   /* begins to recover */
    assert_near(range_of(f, 4, 0), 5 + 0.375, 1e-6);
    assert_near(range_of(f, 6.999, 0), 7.999 + 0.5 * 0.001 / 4, 1e-5);
    assert_true(scan_through(f, 7 * S).ranges[0] == 8);
    assert_true(isinf(range_of(f, 2, 7)));                       /* nothing is still nothing */
    faults_destroy(&f);
}

static void lidar_values(void **unused)
{
    (void)unused;
    struct faults *f = faults_of((const char *[]){"lidar:drift=0.5@1+2~2", NULL});
    assert_near(range_of(f, 1, 0), 2, 1e-6);
    assert_near(range_of(f, 2, 0), 3.5, 1e-6);
    assert_near(range_of(f, 3, 0), 4 + 1, 1e-6);   /* as far as it will go */
    assert_near(range_of(f, 4, 0), 5 + 0.5, 1e-6); /* and back */
    faults_destroy(&f);

    f = faults_of((const char *[]){"lidar:scale=100@1+1", NULL});
    assert_near(range_of(f, 1.5, 2), 450, 1e-3);
    assert_near(range_of(f, 2, 2), 5, 1e-6);
    faults_destroy(&f);

    f = faults_of((const char *[]){"lidar:blackout@1+1", NULL});
    for (size_t i = 0; i < BEAMS; i++)
        assert_true(isinf(range_of(f, 1, i)));
    assert_near(range_of(f, 2, 0), 3, 1e-6);
    faults_destroy(&f);

    f = faults_of((const char *[]){"lidar:swap@0+1", NULL});
    static const double mirrored[BEAMS] = {1, (double)INFINITY, 7, 6, 5, 4, 3, 2}; /* ahead and back stay */
    struct scan scan = scan_through(f, 0);
    for (size_t i = 0; i < BEAMS; i++)
        assert_true(scan.ranges[i] == mirrored[i]);
    faults_destroy(&f);

    f = faults_of((const char *[]){"lidar:freeze@1+2", NULL});
    assert_near(range_of(f, 0.5, 0), 1.5, 1e-6);
    assert_near(range_of(f, 1, 0), 2, 1e-6);
    assert_near(range_of(f, 2.9, 0), 2, 1e-6);
    assert_true(scan_through(f, AT(2.95)).stamp_ns == AT(2.95)); /* a new stamp on old values */
    assert_near(range_of(f, 3, 0), 4, 1e-6);
    faults_destroy(&f);

    f = faults_of((const char *[]){"lidar:stale_stamp@1+2", NULL});
    scan_through(f, AT(1.1));
    scan = scan_through(f, AT(2));
    assert_true(scan.stamp_ns == AT(1.1) && scan.ranges[0] == 3); /* new values with an old stamp */
    assert_true(scan_through(f, 3 * S).stamp_ns == 3 * S);
    faults_destroy(&f);
}

static void some_beams_stick_and_always_the_same(void **unused)
{
    (void)unused;
    struct faults *f = faults_of((const char *[]){"lidar:stuck=0.5@1+10~10", NULL});
    unsigned stuck = 0, later = 0, recovering = 0;
    scan_through(f, S);
    for (unsigned i = 0; i < BEAMS - 1; i++) {
        stuck |= (range_of(f, 3, i) == (double)BEAM_M[i] + 1 ? 1u : 0u) << i;
        later |= (range_of(f, 9, i) == (double)BEAM_M[i] + 1 ? 1u : 0u) << i;
        recovering |= (range_of(f, 20, i) == (double)BEAM_M[i] + 1 ? 1u : 0u) << i;
    }
    assert_true(stuck != 0 && stuck != 127 && stuck == later);
    assert_true((recovering & ~stuck) == 0 && recovering != stuck); /* fewer and fewer of them */
    faults_destroy(&f);
    f = faults_of((const char *[]){"lidar:stuck@1", NULL});
    scan_through(f, S);
    for (size_t i = 0; i < BEAMS - 1; i++)
        assert_true(range_of(f, 5, i) == (double)BEAM_M[i] + 1);
    faults_destroy(&f);
}

static void noise_is_what_it_says_and_has_a_stream_of_its_own(void **unused)
{
    (void)unused;
    struct faults *a = faults_of((const char *[]){"lidar:noise=0.1", NULL});
    struct faults *b = faults_of((const char *[]){"lidar:noise=0.1", "lidar:noise=0.1@5000", "imu:noise=1", NULL});
    double n = 0, sum = 0, squares = 0;
    for (int i = 0; i < 2000; i++) {
        struct scan one = scan_through(a, i * 1000), same = scan_through(b, i * 1000);
        assert_memory_equal(one.ranges, same.ranges, sizeof one.ranges); /* others draw elsewhere */
        for (size_t k = 0; k < BEAMS - 1; k++, n++) {
            double error = one.ranges[k] - (double)BEAM_M[k] - i * 1e-6;
            sum += error;
            squares += error * error;
        }
    }
    assert_near(sum / n, 0, 5 * 0.1 / sqrt(n)); /* five sigma: one seed in 1.7 million would fail */
    assert_near(squares / n, 0.01, 5 * 0.01 * sqrt(2 / n));
    faults_destroy(&a);
    faults_destroy(&b);
}

static void the_way_is_longer_or_ends(void **unused)
{
    (void)unused;
    struct faults *f = faults_of((const char *[]){"lidar:delay=0.2@1+1~1", NULL});
    assert_true(scan_through(f, S - 1).outcome.delay_ns == 0);
    assert_true(scan_through(f, S).outcome.delay_ns == AT(0.2) && !scan_through(f, S).outcome.overtakes);
    assert_true(scan_through(f, AT(2.5)).outcome.delay_ns == AT(0.1));
    assert_true(scan_through(f, 3 * S).outcome.delay_ns == 0);
    faults_destroy(&f);

    f = faults_of((const char *[]){"lidar:jitter=0.2@1", NULL});
    int64_t least = S, most = 0;
    for (int i = 0; i < 500; i++) {
        struct fault_outcome outcome = scan_through(f, S + i).outcome;
        assert_true(outcome.overtakes && outcome.delay_ns >= 0 && outcome.delay_ns < AT(0.2));
        least = outcome.delay_ns < least ? outcome.delay_ns : least;
        most = outcome.delay_ns > most ? outcome.delay_ns : most;
    }
    assert_true(least < AT(0.01) && most > AT(0.19));
    faults_destroy(&f);

    f = faults_of((const char *[]){"lidar:drop=0.25@1+1", NULL});
    int dropped = 0;
    for (int i = 0; i < 4000; i++)
        dropped += scan_through(f, S + i).outcome.dropped;
    assert_near(dropped / 4000.0, 0.25, 5 * sqrt(0.25 * 0.75 / 4000));
    assert_false(scan_through(f, 2 * S).outcome.dropped);
    faults_destroy(&f);

    f = faults_of((const char *[]){"lidar:drop@1+1~1", NULL});
    assert_true(scan_through(f, S).outcome.dropped && scan_through(f, 2 * S - 1).outcome.dropped);
    dropped = 0;
    for (int i = 0; i < 4000; i++) /* half recovered: half of them come */
        dropped += scan_through(f, AT(2.5) + i).outcome.dropped;
    assert_near(dropped / 4000.0, 0.5, 5 * sqrt(0.25 / 4000));
    faults_destroy(&f);

    f = faults_of((const char *[]){"link:delay=0.3", "lidar:delay=0.1", NULL}); /* all that travels */
    assert_true(scan_through(f, S).outcome.delay_ns == AT(0.4));
    struct twist2 command = {1, 1};
    assert_true(faults_command(f, S, &command).delay_ns == AT(0.3));
    assert_true(faults_concern(f, SENSOR_BUMPER) && !faults_concern(f, FAULT_POLICY));
    faults_destroy(&f);
}

static void faults_compose_in_their_order(void **unused)
{
    (void)unused;
    struct faults *a = faults_of((const char *[]){"lidar:bias=1", "lidar:scale=10", NULL});
    struct faults *b = faults_of((const char *[]){"lidar:scale=10", "lidar:bias=1", NULL});
    struct faults *c =
        faults_of((const char *[]){"lidar:freeze", "lidar:bias=1", "clock:bias=-2", "lidar:delay=1", NULL});
    assert_near(range_of(a, 0, 1), 30, 1e-5);
    assert_near(range_of(b, 0, 1), 21, 1e-5);
    scan_through(c, 0);
    struct scan scan = scan_through(c, 3 * S);
    assert_true(scan.ranges[1] == 3 && scan.stamp_ns == S && scan.outcome.delay_ns == S);
    faults_destroy(&a);
    faults_destroy(&b);
    faults_destroy(&c);
}

static struct msg_image picture(uint8_t *data, uint32_t width, uint32_t bytes, const char *encoding)
{
    return (struct msg_image){.width = width, .height = 1, .encoding = encoding, .step = width * bytes,
                              .data = {data, width * bytes}};
}

static void pictures(void **unused)
{
    (void)unused;
    uint8_t rgb[6] = {10, 20, 250, 0, 128, 255};
    const struct { const char *fault; uint8_t out[6]; } rows[] = {
        {"camera:bias=10", {20, 30, 255, 10, 138, 255}},   {"camera:bias=-15", {0, 5, 235, 0, 113, 240}},
        {"camera:scale=0.5", {5, 10, 125, 0, 64, 128}},    {"camera:blackout", {0, 0, 0, 0, 0, 0}},
        {"camera:swap", {250, 20, 10, 255, 128, 0}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct faults *f = faults_of((const char *[]){rows[i].fault, NULL});
        struct msg_image image = picture(rgb, 2, 3, "rgb8");
        faults_message(f, SENSOR_CAMERA, S, &image);
        assert_memory_equal(image.data.data, rows[i].out, sizeof rgb);
        faults_destroy(&f);
    }
    float depth[3] = {1, NAN, 3};
    struct faults *f = faults_of((const char *[]){"depth:swap", "depth:scale=0.001", NULL});
    struct msg_image image = picture((uint8_t *)depth, 3, sizeof(float), "32FC1");
    faults_message(f, SENSOR_DEPTH, S, &image);
    float out[3];
    memcpy(out, image.data.data, sizeof out);
    assert_near((double)out[0], 0.003, 1e-9);
    assert_true(isnan(out[1]) && depth[0] == 1.0f);
    assert_near((double)out[2], 0.001, 1e-9);
    faults_destroy(&f);
    f = faults_of((const char *[]){"depth:blackout", NULL});
    image = picture((uint8_t *)depth, 3, sizeof(float), "32FC1");
    faults_message(f, SENSOR_DEPTH, S, &image);
    memcpy(out, image.data.data, sizeof out);
    assert_true(isnan(out[0]) && isnan(out[2]));
    faults_destroy(&f);
}

static void imu_and_bumper(void **unused)
{
    (void)unused;
    const struct { const char *fault; struct msg_vector3 w, a; } rows[] = {
        {"imu:bias=0.5", {1, 2, 3.5}, {4, 5, 6}},    {"imu:flip", {-1, -2, -3}, {4, 5, 6}},
        {"imu:swap", {2, 1, 3}, {5, 4, 6}},          {"imu:scale=2", {2, 4, 6}, {8, 10, 12}},
        {"imu:blackout", {0, 0, 0}, {0, 0, 0}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct faults *f = faults_of((const char *[]){rows[i].fault, NULL});
        struct msg_imu imu = {.angular_velocity = {1, 2, 3}, .linear_acceleration = {4, 5, 6}};
        faults_message(f, SENSOR_IMU, S, &imu);
        assert_memory_equal(&imu.angular_velocity, &rows[i].w, sizeof rows[i].w);
        assert_memory_equal(&imu.linear_acceleration, &rows[i].a, sizeof rows[i].a);
        faults_destroy(&f);
    }
    const struct { const char *fault; uint8_t in, out;
    } touches[] = {
        {"bumper:flip", 0x03, 0xfc},
        {"bumper:blackout", 0xff, 0},
        {"bumper:swap", 0x07, 0xc1}, /* 1 and 7 change places */
    };
    for (size_t i = 0; i < COUNT_OF(touches); i++) {
        struct faults *f = faults_of((const char *[]){touches[i].fault, NULL});
        struct msg_bumper bumper = {.sectors = touches[i].in};
        faults_message(f, SENSOR_BUMPER, S, &bumper);
        assert_int_equal(bumper.sectors, touches[i].out);
        faults_destroy(&f);
    }
}

/* Straight on along x at 1 m/s, 10 messages a second. */
static struct msg_odometry odometry_at(double t_s)
{
    struct msg_odometry o = {.header = {message_time(AT(t_s)), "odom"}};
    o.pose.pose.position.x = t_s;
    o.pose.pose.orientation.w = 1;
    o.twist.twist.linear.x = 1;
    return o;
}

static void the_pose_follows_wrong_wheels(void **unused)
{
    (void)unused;
    const struct { const char *fault; double x_at_4, v_at_2; } rows[] = {
        {"odometry:bias=0.5@1+2", 5, 1.5}, {"odometry:scale=0.01@1+2", 2.02, 0.01}, {"odometry:flip@1+2", 0, -1},
        {"odometry:blackout@1+2", 2, 0},   {"odometry:freeze@1+2", 4, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct faults *f = faults_of((const char *[]){rows[i].fault, NULL});
        for (int k = 0; k <= 40; k++) {
            double t = k / 10.0;
            struct msg_odometry o = odometry_at(t);
            faults_message(f, SENSOR_ODOMETRY, AT(t), &o);
            if (k == 9)
                assert_true(o.pose.pose.position.x == t); /* not touched, to the bit */
            if (k == 20)
                assert_near(o.twist.twist.linear.x, rows[i].v_at_2, 1e-12);
            if (k == 20 && strstr(rows[i].fault, "freeze"))
                assert_near(o.pose.pose.position.x, 1, 1e-12);
            if (k == 40)
                assert_near(o.pose.pose.position.x, rows[i].x_at_4, 1e-9);
        }
        faults_destroy(&f);
    }
    struct faults *f = faults_of((const char *[]){"odometry:swap@0+10", NULL}); /* it seems to turn the other way */
    struct msg_odometry o = odometry_at(0);
    faults_message(f, SENSOR_ODOMETRY, 0, &o);
    o = odometry_at(0.1);
    o.twist.twist.angular.z = 0.4;
    faults_message(f, SENSOR_ODOMETRY, AT(0.1), &o);
    const struct msg_quaternion *q = &o.pose.pose.orientation;
    assert_near(quat_yaw((struct quat){q->x, q->y, q->z, q->w}), -0.04, 1e-9);
    faults_destroy(&f);
}

static void the_clock_is_wrong_for_all(void **unused)
{
    (void)unused;
    struct faults *f = faults_of((const char *[]){"clock:drift=0.1@1+10", NULL});
    struct msg_bumper bumper = {.header = {message_time(3 * S), "base_link"}};
    faults_message(f, SENSOR_BUMPER, 3 * S, &bumper);
    assert_true(message_ns(bumper.header.stamp) == AT(3.2));
    assert_true(scan_through(f, 6 * S).stamp_ns == AT(6.5));
    assert_false(faults_concern(f, FAULT_ACTUATOR));
    faults_destroy(&f);
    f = faults_of((const char *[]){"clock:freeze@1+2", NULL});
    assert_true(scan_through(f, AT(2.5)).stamp_ns == S && scan_through(f, 3 * S).stamp_ns == 3 * S);
    faults_destroy(&f);
    f = faults_of((const char *[]){"clock:bias=-0.5@1+2", NULL});
    assert_true(scan_through(f, 2 * S).stamp_ns == AT(1.5));
    faults_destroy(&f);
}

static void actuator_and_policy(void **unused)
{
    (void)unused;
    const struct { const char *fault; struct twist2 out; } rows[] = {
        {"actuator:bias=-0.2", {0.3, 0.4}}, {"actuator:flip", {-0.5, -0.4}},    {"actuator:swap", {0.5, -0.4}},
        {"actuator:scale=2", {1, 0.8}},     {"actuator:blackout", {0, 0}}, {"actuator:drift=0.1", {0.7, 0.4}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct faults *f = faults_of((const char *[]){rows[i].fault, NULL});
        struct twist2 command = {0.5, 0.4};
        faults_command(f, 2 * S, &command);
        assert_near(command.v_mps, rows[i].out.v_mps, 1e-12);
        assert_near(command.w_radps, rows[i].out.w_radps, 1e-12);
        faults_destroy(&f);
    }
    struct faults *f = faults_of((const char *[]){"policy:hang@1+1", "policy:delay=0.3@3+1", NULL});
    double more_s;
    assert_true(faults_policy(f, S - 1, &more_s) && more_s == 0);
    assert_false(faults_policy(f, S, &more_s));
    assert_true(faults_policy(f, 2 * S, &more_s) && more_s == 0);
    assert_true(faults_policy(f, AT(3.5), &more_s) && more_s == 0.3);
    faults_destroy(&f);
}

/* --- the list --------------------------------------------------------------------------------------------------- */

struct events {
    size_t count;
    struct { int64_t now_ns; bool active; char name[FAULT_TEXT]; uint32_t in_force; double since_s; } rows[16];
};

static void events_put(void *self, const struct frame *frame)
{
    struct events *events = self;
    struct arena arena = {0};
    struct msg_fault_event event;
    if (frame->topic != TOPIC_FAULTS)
        return;
    assert_int_equal(
        message_decode(topic_table[TOPIC_FAULTS].type, frame->payload, frame->size, &event, &arena, NULL), 0);
    assert_true(events->count < COUNT_OF(events->rows));
    events->rows[events->count].now_ns = frame->stamp_ns;
    events->rows[events->count].active = event.active;
    events->rows[events->count].in_force = event.in_force.count;
    events->rows[events->count].since_s = event.since_s;
    snprintf(events->rows[events->count++].name, FAULT_TEXT, "%s", event.name);
    arena_clear(&arena);
}

static void onset_and_end_are_told(void **unused)
{
    (void)unused;
    struct faults *f = faults_of((const char *[]){"lidar:bias=1@1+1~1", "imu:drop@2", NULL});
    struct events events = {0};
    struct journal *journal = journal_create();
    struct error err = {0};
    journal_add(journal, (struct sink){events_put, &events});
    for (int64_t now_ns = 0; now_ns <= 5 * S; now_ns += S / 200) {
        if (now_ns == 4 * S)
            assert_int_equal(faults_clear(f, "imu", now_ns, &err), STATUS_OK);
        faults_tell(f, journal, 0, now_ns);
    }
    const struct { int64_t now_ns; bool active; const char *name; uint32_t in_force; } expected[] = {
        {S, true, "lidar:bias=1@1+1~1", 1}, {2 * S, true, "imu:drop=1@2", 2}, {3 * S, false, "lidar:bias=1@1+1~1", 1},
        {4 * S, false, "imu:drop=1@2", 0}};
    assert_int_equal(events.count, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_true(events.rows[i].now_ns == expected[i].now_ns && events.rows[i].active == expected[i].active);
        assert_string_equal(events.rows[i].name, expected[i].name);
        assert_int_equal(events.rows[i].in_force, expected[i].in_force);
    }
    assert_true(events.rows[1].since_s == 2);
    journal_destroy(&journal);
    faults_destroy(&f);
}

static void clearing_and_adding_late(void **unused)
{
    (void)unused;
    struct faults *f = faults_of((const char *[]){"lidar:bias=1@1~2", "lidar:bias=2@8", NULL});
    struct error err = {0};
    struct fault_spec spec;
    assert_int_equal(faults_clear(f, "camera", 4 * S, &err), STATUS_BAD_INPUT);
    assert_string_equal(err.text, "no fault 'camera' is in force or still to come");
    assert_int_equal(faults_clear(f, "lidar:bias", 4 * S, &err), STATUS_OK); /* one recovers, one never begins */
    assert_near(range_of(f, 5, 0), 6.5, 1e-6);
    assert_near(range_of(f, 9, 0), 10, 1e-6);
    assert_int_equal(faults_clear(f, "", 9 * S, &err), STATUS_BAD_INPUT);
    assert_string_equal(err.text, "no fault is in force or still to come");
    assert_int_equal(fault_parse("lidar:bias=1@2+3~1", &spec, &err), STATUS_OK);
    assert_int_equal(faults_add(f, &spec, 9 * S, &err), STATUS_BAD_INPUT);
    assert_string_equal(err.text, "lidar:bias=1@2+3~1 would be over by now, 9.000 s");
    assert_int_equal(fault_parse("lidar:bias=1+3", &spec, &err), STATUS_OK); /* at once */
    assert_int_equal(faults_add(f, &spec, 9 * S, &err), STATUS_OK);
    assert_string_equal(faults_text(f, 2), "lidar:bias=1@9+3");
    assert_null(faults_text(f, 3));
    assert_near(range_of(f, 9, 0), 11, 1e-6);
    assert_near(range_of(f, 12, 0), 13, 1e-6);
    for (size_t i = 3; i < FAULTS_MAX; i++)
        assert_int_equal(faults_add(f, &spec, 9 * S, &err), STATUS_OK);
    assert_int_equal(faults_add(f, &spec, 9 * S, &err), STATUS_BAD_INPUT);
    assert_string_equal(err.text, "lidar:bias=1@9+3: an episode has at most 64 faults; reset it");
    faults_destroy(&f);
}

static void what_a_fault_remembers_is_state(void **unused)
{
    (void)unused;
    struct faults *none = faults_create(7);
    assert_true(faults_hash(none, HASH_START) == HASH_START);
    faults_destroy(&none);
    static const char *const kinds[] = {"lidar:freeze", "lidar:noise=1", "lidar:stale_stamp", "lidar:jitter=1"};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct faults *a = faults_of((const char *[]){kinds[i], NULL}),
                      *b = faults_of((const char *[]){kinds[i], NULL});
        uint64_t before = faults_hash(a, HASH_START);
        assert_true(before == faults_hash(b, HASH_START));
        scan_through(a, S);
        assert_true(faults_hash(a, HASH_START) != before);
        scan_through(b, S);
        assert_true(faults_hash(a, HASH_START) == faults_hash(b, HASH_START));
        faults_destroy(&a);
        faults_destroy(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(text_reads_back),
        cmocka_unit_test(the_table_is_whole),
        cmocka_unit_test(strength_rises_at_the_onset_and_falls_in_the_recovery),
        cmocka_unit_test(lidar_values),
        cmocka_unit_test(some_beams_stick_and_always_the_same),
        cmocka_unit_test(noise_is_what_it_says_and_has_a_stream_of_its_own),
        cmocka_unit_test(the_way_is_longer_or_ends),
        cmocka_unit_test(faults_compose_in_their_order),
        cmocka_unit_test(pictures),
        cmocka_unit_test(imu_and_bumper),
        cmocka_unit_test(the_pose_follows_wrong_wheels),
        cmocka_unit_test(the_clock_is_wrong_for_all),
        cmocka_unit_test(actuator_and_policy),
        cmocka_unit_test(onset_and_end_are_told),
        cmocka_unit_test(clearing_and_adding_late),
        cmocka_unit_test(what_a_fault_remembers_is_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
