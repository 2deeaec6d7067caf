/* Episodes that teach: who drives, what is noted, and that it repeats. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "sim/teach.h"

static const char *const few[] = {"lidar.beams=60", "time_limit_s=20", "camera.enabled=false"};

static struct teach teach_of(const char *rows_text, struct train_rows *rows)
{
    struct error err = {0};
    if (train_rows_parse(rows_text, rows, &err))
        fail_msg("%s", err.text);
    return (struct teach){.rows = rows,
                          .expert = "dwa",
                          .expert_share = 1,
                          .options = {.shield = "off", .sets = few, .set_count = COUNT_OF(few)}};
}

static struct lesson *drive(const struct teach *teach, uint64_t seed)
{
    struct lesson *lesson = memory_new(1, teach_size(teach));
    teach_episode(teach, "clutter", seed, lesson);
    if (lesson->status)
        fail_msg("%s", lesson->err.text);
    return lesson;
}

/* A network that knows nothing yet, as a file. */
static struct bytes network_of(const struct train_rows *rows)
{
    struct error err = {0};
    struct bytes file = {0};
    struct train_config config = train_config_default();
    struct train_samples samples = {.width = rows->width};
    float *seen = NEW_ARRAY(rows->width, float);
    config.rows = *rows;
    config.epochs = 1;
    for (uint32_t i = 0; i < 8; i++)
        train_samples_put(&samples, seen, (float[]){0.5f, 0}, i);
    struct train_model *model = train_fit(&config, &samples, NULL, NULL, &err);
    assert_non_null(model);
    train_write(model, "learner", NULL, 0, &file);
    train_destroy(&model);
    train_samples_clear(&samples);
    free(seen);
    return file;
}

static void test_expert_drives(void **state)
{
    (void)state;
    struct train_rows rows;
    struct teach teach = teach_of("lidar=36,goal,last,limits", &rows);
    struct lesson *a = drive(&teach, 4), *b = drive(&teach, 4), *c = drive(&teach, 5);
    assert_int_equal(a->outcome, OUTCOME_SUCCESS);
    assert_true(a->count > 50 && a->driven == a->ticks);
    assert_memory_equal(a, b, teach_size(&teach));
    assert_true(memcmp(a, c, teach_size(&teach)) != 0);
    for (size_t i = 0; i < a->count; i++) {
        const float *sample = teach_sample(a, &rows, i);
        assert_true(sample[rows.width] <= sample[40] + 1e-6f); /* no faster than the limit it is shown */
        for (size_t k = 0; k < rows.width + TRAIN_OUTPUTS; k++)
            assert_true(isfinite(sample[k]));
    }
    free(a);
    free(b);
    free(c);
}

static void test_learner_drives(void **state)
{
    (void)state;
    struct train_rows rows;
    struct teach teach = teach_of("lidar=36,goal", &rows);
    struct bytes network = network_of(&rows);
    teach.network = network.data;
    teach.network_size = network.size;
    teach.expert_share = 0;
    struct lesson *alone = drive(&teach, 4);
    assert_int_equal(alone->driven, 0);
    assert_true(alone->count > 0); /* the expert is asked all the same */
    teach.expert_share = 0.5;
    struct lesson *both = drive(&teach, 4);
    assert_true(both->driven > 0 && both->driven < both->ticks);
    teach.expert = NULL;
    teach.expert_share = 0;
    struct lesson *judged = drive(&teach, 4);
    assert_int_equal(judged->count, 0);
    assert_int_equal(judged->outcome, alone->outcome);
    assert_int_equal(judged->ticks, alone->ticks); /* whether somebody watches makes no difference */
    free(alone);
    free(both);
    free(judged);
    bytes_clear(&network);
}

/* In how many samples the command in force, which row `last` shows, is what the expert had said the tick before. */
static size_t obeyed(const struct lesson *lesson, const struct train_rows *rows, size_t last)
{
    size_t count = 0;
    for (size_t i = 1; i < lesson->count; i++) {
        struct lesson *l = (struct lesson *)(uintptr_t)lesson;
        count += !memcmp(teach_sample(l, rows, i) + last, teach_sample(l, rows, i - 1) + rows->width,
                         TRAIN_OUTPUTS * sizeof(float));
    }
    return count;
}

/* DAgger: the learner goes where it goes, and what is noted there is what the expert would do. */
static void test_expert_labels_what_the_learner_sees(void **state)
{
    (void)state;
    enum { LAST = 36 };
    struct train_rows rows;
    struct teach teach = teach_of("lidar=36,last", &rows);
    struct bytes network = network_of(&rows);
    struct lesson *cloned = drive(&teach, 4);
    teach.network = network.data;
    teach.network_size = network.size;
    teach.expert_share = 0;
    struct lesson *visited = drive(&teach, 4);
    assert_memory_equal(teach_sample(cloned, &rows, 0), teach_sample(visited, &rows, 0),
                        (rows.width + TRAIN_OUTPUTS) * sizeof(float)); /* same place, same answer, whoever drives */
    double apart = 0;
    for (size_t i = 1; i < visited->count; i++)
        apart += (double)fabsf(teach_sample(visited, &rows, i)[LAST + 1] -
                               teach_sample(visited, &rows, i - 1)[rows.width + 1]);
    print_message("figure: the expert is obeyed in %zu of %u samples where it drives, in %zu of %u where it is asked; "
                  "there it would turn by %.2f rad/s otherwise\n",
                  obeyed(cloned, &rows, LAST), cloned->count, obeyed(visited, &rows, LAST), visited->count,
                  apart / visited->count);
    assert_int_equal(obeyed(cloned, &rows, LAST), cloned->count - 1);
    assert_int_equal(obeyed(visited, &rows, LAST), 0);
    assert_true(visited->count > 100 && apart / visited->count > 0.1);
    free(cloned);
    free(visited);
    bytes_clear(&network);
}

/* Over many episodes the expert drives as often as it should, in whole seconds. */
static void test_expert_share(void **state)
{
    (void)state;
    enum { SECOND = 20, EPISODES = 4 };
    struct train_rows rows;
    struct teach teach = teach_of("lidar=36,goal", &rows);
    struct bytes network = network_of(&rows);
    teach.network = network.data;
    teach.network_size = network.size;
    for (double share = 0; share <= 1; share += 0.5) {
        double driven = 0, ticks = 0;
        teach.expert_share = share;
        for (uint64_t seed = 1; seed <= EPISODES; seed++) {
            struct lesson *lesson = drive(&teach, seed);
            uint32_t rest = lesson->ticks % SECOND;
            assert_true(lesson->driven % SECOND == 0 || lesson->driven % SECOND == rest);
            driven += lesson->driven;
            ticks += lesson->ticks;
            free(lesson);
        }
        double sigma = sqrt(share * (1 - share) * SECOND / ticks); /* of a mean over ticks / SECOND draws */
        print_message("figure: expert's share %.2f: it drove %.3f of %.0f ticks\n", share, driven / ticks, ticks);
        assert_true(fabs(driven / ticks - share) <= 3 * sigma);
    }
    bytes_clear(&network);
}

static void test_failures_are_told(void **state)
{
    (void)state;
    struct train_rows rows;
    struct teach teach = teach_of("goal", &rows);
    struct lesson *lesson = memory_new(1, teach_size(&teach));
    teach_episode(&teach, "nowhere", 1, lesson);
    assert_int_not_equal(lesson->status, STATUS_OK);
    assert_non_null(strstr(lesson->err.text, "nowhere"));
    memset(lesson, 0, teach_size(&teach));
    teach_log(&teach, "nowhere.mcap", lesson);
    assert_int_equal(lesson->status, STATUS_IO);
    assert_non_null(strstr(lesson->err.text, "nowhere.mcap"));
    free(lesson);
}

static void test_needless_sensors(void **state)
{
    (void)state;
    struct train_rows rows;
    teach_of("lidar=4,goal", &rows);
    assert_int_equal(teach_needless(&rows), 1u << SENSOR_CAMERA | 1u << SENSOR_DEPTH);
    teach_of("keepout=4,fused=4", &rows);
    assert_int_equal(teach_needless(&rows), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expert_drives),
        cmocka_unit_test(test_learner_drives),
        cmocka_unit_test(test_expert_labels_what_the_learner_sees),
        cmocka_unit_test(test_expert_share),
        cmocka_unit_test(test_failures_are_told),
        cmocka_unit_test(test_needless_sensors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
