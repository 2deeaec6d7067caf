/* The ring of ultrasonic sensors against the geometry of small scenes, and its noise against what it states. */
#include "tests/sim/capture.h"

#include "perception/sonar.h"

#define FITTED "ultrasonic.enabled=true"

static const struct msg_range_array *heard(struct stage *stage, struct capture *capture)
{
    capture_open(capture, stage, 1, ONLY(SENSOR_ULTRASONIC));
    return next(stage, capture, TOPIC_ULTRASONIC);
}

static double ahead(const char *solids, const char *setting)
{
    struct stage stage = stage_open(solids, (const char *[]){QUIET, FITTED, setting, NULL});
    struct capture capture;
    double range = (double)heard(&stage, &capture)->ranges.data[0].range;
    capture_close(&capture, &stage);
    stage_close(&stage);
    return range;
}

static void it_is_not_fitted_unless_asked_for(void **unused)
{
    (void)unused;
    struct stage stage = stage_open(ROOM, NULL);
    struct capture capture;
    struct perception_config config = {0};
    capture_open(&capture, &stage, 1, 0);
    stage_run(&stage, (struct twist2){0, 0}, 0.5);
    assert_int_equal(journal_count(capture.journal, TOPIC_ULTRASONIC), 0);
    sensors_describe(stage.scenario, 0, &config);
    assert_near(config.nominal_hz[SENSOR_ULTRASONIC], 0, 0);
    capture_close(&capture, &stage);
    stage_close(&stage);
}

/* The first looks ahead from the front of the footprint (0.255 m), the others evenly to the left. */
static void every_transducer_looks_its_way(void **unused)
{
    (void)unused;
    static const char box[] = "solids:\n"
                              "  - {kind: box, at: [2.1, 0], size: [0.2, 6, 1]}\n"
                              "  - {kind: box, at: [0, 1.6], size: [3, 0.2, 1]}\n"
                              "  - {kind: box, at: [-2.6, 0], size: [0.2, 6, 1]}\n";
    struct stage stage = stage_open(box, (const char *[]){QUIET, FITTED, "ultrasonic.count=4", NULL});
    struct capture capture;
    const struct msg_range_array *array = heard(&stage, &capture);
    const double expected[] = {2 - 0.255, 1.5 - 0.215, 2.5 - 0.255, HUGE_VAL};
    assert_int_equal(array->ranges.count, 4);
    assert_string_equal(array->header.frame_id, "base_link");
    for (uint32_t i = 0; i < 4; i++) {
        const struct msg_range *range = &array->ranges.data[i];
        char frame[20];
        snprintf(frame, sizeof frame, "ultrasonic_%u", i);
        assert_string_equal(range->header.frame_id, frame);
        assert_near((double)range->field_of_view, 0.6, 1e-6);
        if (isinf(expected[i]))
            assert_true(isinf(range->range) && range->range > 0);
        else
            assert_near((double)range->range, expected[i], 0.01);
    }
    capture_close(&capture, &stage);
    stage_close(&stage);
}

/* Sound asks neither for colour nor for clearness, and needs no more than a corner of the cone. */
static void it_hears_what_others_do_not_see(void **unused)
{
    (void)unused;
    static const char *const materials[] = {"glass", "black", "mirror", "fabric"};
    for (size_t i = 0; i < COUNT_OF(materials); i++) {
        char yaml[160];
        snprintf(yaml, sizeof yaml, "solids:\n  - {kind: box, at: [1.8, 0], size: [0.1, 2, 1], material: %s}\n",
                 materials[i]);
        assert_near(ahead(yaml, FITTED), 1.75 - 0.255, 0.01);
    }
    assert_near(ahead("solids:\n  - {kind: cylinder, at: [1.5, 0.25], radius: 0.1, height: 1}\n", FITTED),
                hypot(1.5 - 0.255, 0.25) - 0.1, 0.02);
    assert_true(isinf(ahead("solids:\n  - {kind: cylinder, at: [1.5, 0.8], radius: 0.1, height: 1}\n", FITTED)));
    assert_true(isinf(ahead("", FITTED))); /* the floor lies too flat */
}

/* A wall turned by 50 degrees: its nearest ray still meets it 50 - 17 degrees off face on. */
static void walls_aslant_send_no_echo(void **unused)
{
    (void)unused;
    static const char wall[] = "solids:\n  - {kind: box, at: [1.7, 0], size: [0.1, 6, 1], yaw: 0.8727}\n";
    assert_true(isfinite(ahead(wall, "ultrasonic.incidence_rad=0.62")));
    assert_true(isinf(ahead(wall, "ultrasonic.incidence_rad=0.53")));
}

static void noise_is_what_it_says(void **unused)
{
    (void)unused;
    static const char wall[] = "solids:\n  - {kind: box, at: [2.1, 0], size: [0.2, 6, 1]}\n";
    struct stage stage = stage_open(wall, (const char *[]){FITTED, "ultrasonic.noise_m=0.03", "ultrasonic.dropout=0.2",
                                                           "ultrasonic.count=1", NULL});
    struct capture capture;
    capture_open(&capture, &stage, 7, ONLY(SENSOR_ULTRASONIC));
    struct moments errors = {0}, lost = {0};
    double real = 2 - 0.255;
    for (int i = 0; i < 5000; i++) {
        sensors_sample(stage.sensors, 20, 0);
        arena_reset(&capture.arena);
        double range =
            (double)((const struct msg_range_array *)latest(&capture, TOPIC_ULTRASONIC))->ranges.data[0].range;
        moments_put(&lost, isinf(range));
        if (!isinf(range))
            moments_put(&errors, range - real);
    }
    assert_white(&errors, 0, 0.03);
    assert_near(moments_mean(&lost), 0.2, share_bound(0.2, lost.n));
    capture_close(&capture, &stage);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_not_fitted_unless_asked_for),
        cmocka_unit_test(every_transducer_looks_its_way),
        cmocka_unit_test(it_hears_what_others_do_not_see),
        cmocka_unit_test(walls_aslant_send_no_echo),
        cmocka_unit_test(noise_is_what_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
