/* The shipped network: how much of worlds it never saw it tells right, and what that gains over the
 * colour rule. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "logs/memory.h"
#include "perception/keepout.h"
#include "perception/seeing.h"
#include "sim/album.h"
#include "sim/episode.h"

static struct album *album_of(const struct album_order *order, const char *scenario, uint64_t seed)
{
    struct album *album = memory_new(1, album_size(order));
    album_fill(order, scenario, seed, album);
    if (album->status)
        fail_msg("%s", album->err.text);
    return album;
}

static struct seeing *shipped(const struct camera *camera)
{
    struct error err = {0};
    struct seeing *seeing = seeing_create(seeing_onnx, seeing_onnx_size, "shipped", camera, &err);
    if (!seeing)
        fail_msg("%s", err.text);
    return seeing;
}

static void albums_repeat(void **state)
{
    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        const struct album_order order = {.width = 32, .height = 24, .pictures = 4, .plain = plain};
        struct album *a = album_of(&order, "office", 7), *b = album_of(&order, "office", 7);
        struct album *c = album_of(&order, "office", 8);
        assert_int_equal(a->count, 4);
        assert_memory_equal(a, b, album_size(&order));
        assert_memory_not_equal(album_rgb(a, 0), album_rgb(c, 0), 32 * 24 * 3);
        free(a);
        free(b);
        free(c);
    }
    const struct album_order order = {.width = 32, .height = 24, .pictures = 1};
    struct album *album = memory_new(1, album_size(&order));
    album_fill(&order, "nowhere", 1, album);
    assert_int_not_equal(album->status, STATUS_OK);
    free(album);
}

/* Pictures as the robot sees them. Not one of these worlds was learned from. */
static void unseen_worlds_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *scenario;
        uint64_t seed;
        size_t pictures;
        double least_accuracy, least_iou; /* the latter over the labels that occur */
    } rows[] = {
        {"office", 1, 60, 0.90, 0.65},
        {"warehouse", 1, 60, 0.75, 0.65},
        {"wet-floor", 1, 60, 0.90, 0.70},
        {"perception/networks/rooms.yaml", 900001, 60, 0.85, 0.50},
    };
    struct label_tally all = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct album_order order = {
            .width = 64, .height = 48, .pictures = rows[i].pictures, .plain = true};
        struct album *album = album_of(&order, rows[i].scenario, rows[i].seed);
        struct seeing *seeing = shipped(&album->camera);
        struct label_tally tally = {0};
        for (uint32_t k = 0; k < album->count; k++) {
            seeing_look(seeing, album_rgb(album, k), 3 * 64);
            label_tally_add(&tally, album_labels(album, k), seeing_labels(seeing), 64 * 48);
            label_tally_add(&all, album_labels(album, k), seeing_labels(seeing), 64 * 48);
        }
        print_message("figure: %s: %.1f %% of pixels, mean IoU %.2f\n", rows[i].scenario,
                      100 * label_accuracy(&tally), label_mean_iou(&tally));
        assert_true(label_accuracy(&tally) > rows[i].least_accuracy);
        assert_true(label_mean_iou(&tally) > rows[i].least_iou);
        seeing_destroy(&seeing);
        free(album);
    }
    print_message("figure: IoU by label:");
    for (int label = 0; label < LABEL_COUNT; label++)
        print_message(" %s %.2f", label_names[label], label_iou(&all, (enum label)label));
    print_message("\n");
}

struct errors {
    double found, invented; /* share of the painted pixels taken for paint; of the others */
};

static struct errors errors_of(const char *scenario, const char *const *sets, size_t set_count,
                               enum keepout_rule rule)
{
    const struct album_order order = {
        .width = 64, .height = 48, .pictures = 60, .plain = true, .sets = sets, .set_count = set_count};
    struct album *album = album_of(&order, scenario, 3);
    struct seeing *seeing = shipped(&album->camera);
    struct keepout keepout;
    double painted = 0, other = 0, found = 0, invented = 0;
    keepout_init(&keepout, &album->camera, rule);
    for (uint32_t k = 0; k < album->count; k++) {
        const uint8_t *truth = album_labels(album, k);
        seeing_look(seeing, album_rgb(album, k), 3 * 64);
        keepout_image(&keepout, &album->camera, album_rgb(album, k), 3 * 64, seeing, 0);
        for (size_t i = 0; i < 64 * 48; i++) {
            bool paint = truth[i] == LABEL_KEEPOUT;
            painted += paint;
            other += !paint;
            found += paint && keepout.paint[i];
            invented += !paint && keepout.paint[i];
        }
    }
    keepout_clear(&keepout);
    seeing_destroy(&seeing);
    free(album);
    return (struct errors){found / painted, invented / other};
}

/* Pixel by pixel, before depth has a say in what is floor. The colour rule misses paint in poor light, and invents it
 * where something else is yellow, or the light is. */
static void labels_know_paint_from_yellow(void **state)
{
    (void)state;
    static const char *const rules[] = {"both", "colour", "labels"};
    static const char *const dim[] = {"world.ambient=0.05", "world.sun=0"};
    enum { WET, DIM, THINGS, LIGHT, SCENES };
    static const struct {
        const char *name, *scenario;
        size_t sets;
    } rows[SCENES] = {
        [WET] = {"wet-floor", "wet-floor", 0},
        [DIM] = {"wet-floor in dim light", "wet-floor", 2},
        [THINGS] = {"yellow things", "tests/sim/scenes/yellow-things.yaml", 0},
        [LIGHT] = {"yellow light", "tests/sim/scenes/yellow-light.yaml", 0},
    };
    struct errors errors[SCENES][3];
    for (size_t i = 0; i < SCENES; i++) {
        print_message("figure: %s, paint found and invented by", rows[i].name);
        for (int rule = 0; rule < 3; rule++) {
            struct errors e = errors_of(rows[i].scenario, dim, rows[i].sets, (enum keepout_rule)rule);
            errors[i][rule] = e;
            print_message("%s %s %.1f %.2f %%", rule ? "," : "", rules[rule], 100 * e.found, 100 * e.invented);
        }
        print_message("\n");
        assert_true(errors[i][KEEPOUT_BY_BOTH].invented <= errors[i][KEEPOUT_BY_COLOUR].invented + 0.005);
    }
    assert_true(errors[WET][KEEPOUT_BY_BOTH].found > 0.97);
    assert_true(errors[DIM][KEEPOUT_BY_BOTH].found > 0.6 && errors[DIM][KEEPOUT_BY_COLOUR].found < 0.05);
    assert_true(errors[LIGHT][KEEPOUT_BY_BOTH].invented < 0.5 * errors[LIGHT][KEEPOUT_BY_COLOUR].invented);
    assert_true(errors[THINGS][KEEPOUT_BY_BOTH].found > 0.95);
    assert_true(errors[THINGS][KEEPOUT_BY_BOTH].invented < 0.03 && errors[THINGS][KEEPOUT_BY_COLOUR].invented > 0.2);
}

/* The drive past the painted floor, whatever tells it. */
static void the_wet_floor_stays_dry(void **state)
{
    (void)state;
    static const char *const sets[][1] = {
        {"camera.paint=both"}, {"camera.paint=colour"}, {"camera.paint=labels"}, {"camera.labels=off"}};
    for (size_t i = 0; i < COUNT_OF(sets); i++) {
        struct error err = {0};
        struct journal *journal = journal_create();
        struct scenario *scenario = scenario_load("wet-floor", &err);
        const struct episode_options options = {.seed = 5, .sets = sets[i], .set_count = 1};
        struct episode *episode = scenario ? episode_create(scenario, &options, journal, &err) : NULL;
        if (!episode)
            fail_msg("%s", err.text);
        while (episode_step(episode))
            ;
        struct episode_summary summary = episode_summary(episode);
        assert_int_equal(summary.outcome, OUTCOME_SUCCESS);
        assert_int_equal(summary.violations[VIOLATION_KEEP].count, 0);
        episode_destroy(&episode);
        scenario_destroy(&scenario);
        journal_destroy(&journal);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(albums_repeat),
        cmocka_unit_test(unseen_worlds_are_told),
        cmocka_unit_test(labels_know_paint_from_yellow),
        cmocka_unit_test(the_wet_floor_stays_dry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
