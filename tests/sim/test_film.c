/* Exposure, gain, noise and dirt against their formulas. */
#include "tests/sim/capture.h"

#include "sim/film.h"

enum { WIDTH = 64, HEIGHT = 48, SAMPLES = 3 * WIDTH * HEIGHT };

static const struct camera_config standard = {.width = WIDTH, .height = HEIGHT, .exposure_s = FILM_STANDARD_S,
                                              .gain = 1, .gain_max = 8};

static void fill(float *brightness, double value)
{
    for (int i = 0; i < SAMPLES; i++)
        brightness[i] = (float)value;
}

/* The mean byte after `frames` pictures of something that bright; the last picture is in rgb. */
static double develop(const struct camera_config *config, double brightness, int frames, uint8_t rgb[SAMPLES],
                      double *gain)
{
    struct film film;
    struct film_state state = film_start(config, 1);
    float scene[SAMPLES];
    double sum = 0;
    fill(scene, brightness);
    film_init(&film, config, 1);
    for (int i = 0; i < frames; i++) {
        *gain = state.gain;
        film_develop(&film, &state, scene, rgb);
    }
    film_clear(&film);
    for (int i = 0; i < SAMPLES; i++)
        sum += rgb[i];
    return sum / SAMPLES;
}

static void bytes_are_brightness_times_time_and_gain(void **unused)
{
    (void)unused;
    static const struct { double brightness, exposure_s, gain, byte; } rows[] = {
        {100, 0.01, 1, 100}, {100, 0.02, 1, 200}, {100, 0.005, 1, 50},  {100, 0.01, 2, 200},
        {100, 0.04, 1, 255}, {300, 0.01, 1, 255}, {300, 0.005, 1, 150}, {0, 0.01, 50, 0},
        {40, 0.02, 0.5, 40}};
    uint8_t rgb[SAMPLES];
    double gain;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct camera_config config = standard;
        config.exposure_s = rows[i].exposure_s;
        config.gain = rows[i].gain;
        assert_near(develop(&config, rows[i].brightness, 1, rgb, &gain), rows[i].byte, 0.5);
    }
}

/* Variance = gain^2 (noise^2 + shot_noise^2 * level) of full scale, and neighbours know nothing of each other. */
static void photons_make_noise_as_their_root(void **unused)
{
    (void)unused;
    static const struct { double level, noise, shot_noise, gain; } rows[] = {
        {0.5, 0.02, 0, 1}, {0.25, 0, 0.04, 1}, {0.5, 0, 0.04, 1}, {0.7, 0.01, 0.04, 1}, {0.2, 0.01, 0.03, 3}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct camera_config config = standard;
        config.noise = rows[i].noise;
        config.shot_noise = rows[i].shot_noise;
        config.gain = rows[i].gain;
        uint8_t rgb[SAMPLES];
        double gain, level = floor(255 * rows[i].level); /* the table of sigmas is by whole levels */
        develop(&config, level, 1, rgb, &gain);
        struct moments bytes = {0};
        for (int k = 0; k < SAMPLES; k++)
            moments_put(&bytes, rgb[k]);
        double part = square(rows[i].noise) + square(rows[i].shot_noise) * level / 255;
        double sigma = sqrt(square(255 * rows[i].gain) * part + 1.0 / 12); /* and whole numbers */
        assert_white(&bytes, rows[i].gain * level, sigma);
    }
}

static void dark_pictures_are_black_and_noisy(void **unused)
{
    (void)unused;
    struct camera_config config = standard;
    config.noise = 0.01;
    config.shot_noise = 0.01;
    uint8_t rgb[SAMPLES];
    double gain, mean = develop(&config, 0, 1, rgb, &gain);
    assert_true(mean > 0.5 && mean < 2); /* the upper half of sigma 2.55 */
}

/* From any brightness the gain comes to where the mean is FILM_TARGET, unless a bound is in the way. */
static void automatic_exposure_settles_within_its_bounds(void **unused)
{
    (void)unused;
    static const struct { double brightness, mean, gain; } rows[] = {
        {55, FILM_TARGET, 2}, {220, FILM_TARGET, 0.5}, {110, FILM_TARGET, 1}, {5, 40, 8}, {1200, 150, 1.0 / 8}};
    uint8_t rgb[SAMPLES];
    double gain, half;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct camera_config config = standard;
        config.auto_exposure = true;
        assert_near(develop(&config, rows[i].brightness, 40, rgb, &gain), rows[i].mean, 1.5);
        assert_near(gain, rows[i].gain, 0.03 * rows[i].gain);
    }
    struct camera_config config = standard;
    config.auto_exposure = true;
    develop(&config, 55, 2, rgb, &half); /* half of the way in stops */
    assert_near(half, sqrt(2), 0.01);
    config.auto_exposure = false;
    develop(&config, 55, 40, rgb, &gain);
    assert_near(gain, 1, 0);
}

/* Spots are where the seed put them, as thick as is said, and everywhere else the lens is clear. */
static void dirt_holds_light_back(void **unused)
{
    (void)unused;
    struct camera_config config = standard;
    config.dirt_spots = 4;
    config.dirt_size = 0.08;
    config.dirt_opacity = 0.75;
    struct film film, again, other;
    film_init(&film, &config, 5);
    film_init(&again, &config, 5);
    film_init(&other, &config, 6);
    size_t clear = 0, thick = 0, same = 0;
    double least = pow(0.25, 4);
    for (size_t i = 0; i < film.pixels; i++) {
        assert_true(film.clear[i] == again.clear[i] && (double)film.clear[i] >= least);
        clear += film.clear[i] == 1;
        thick += fabsf(film.clear[i] - 0.25f) < 1e-6f;
        same += film.clear[i] == other.clear[i];
    }
    double spot = PI * square(0.08 * WIDTH); /* the mean radius; half of it at full thickness */
    assert_true(clear > film.pixels - 4 * (size_t)(2.25 * spot) && clear < film.pixels - (size_t)spot / 2);
    assert_true(thick > (size_t)(spot / 16));
    assert_true(same < film.pixels);
    float scene[SAMPLES];
    uint8_t rgb[SAMPLES];
    struct film_state state = film_start(&config, 5);
    fill(scene, 200);
    film_develop(&film, &state, scene, rgb);
    for (size_t i = 0; i < SAMPLES; i++)
        assert_near(rgb[i], 200 * (double)film.clear[i / 3], 0.51);
    film_clear(&film);
    film_clear(&again);
    film_clear(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_brightness_times_time_and_gain),
        cmocka_unit_test(photons_make_noise_as_their_root),
        cmocka_unit_test(dark_pictures_are_black_and_noisy),
        cmocka_unit_test(automatic_exposure_settles_within_its_bounds),
        cmocka_unit_test(dirt_holds_light_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
