/* What a stranger's process may answer, and what names a policy may have. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "logs/seed.h"
#include "nav/brought.h"
#include "nav/features.h"

static bool reads(const char *text, struct policy_answer *answer)
{
    return policy_answer_read(text, strlen(text), answer);
}

static void test_answers(void **state)
{
    (void)state;
    struct policy_answer a;
    assert_true(reads("{\"v\": 0.4, \"w\":-0.2}", &a));
    assert_true(a.wish.v_mps == 0.4 && a.wish.w_radps == -0.2 && a.confidence == 1 && !*a.reason);
    assert_true(reads(" {\"reason\":\"a \\\"wall\\\"\",\"w\":1e-1,\"v\":-3,\"confidence\":7,\"other\":\"x\"}\n", &a));
    assert_string_equal(a.reason, "a \"wall\"");
    assert_true(a.confidence == 1 && a.wish.v_mps == -3);
    static const char *const wrong[] = {
        "",
        "{",
        "{}",
        "[]",
        "null",
        "{\"v\":1}",
        "{\"w\":1}",
        "{\"v\":1,\"w\":}",
        "{\"v\":nan,\"w\":0}",
        "{\"v\":1e999,\"w\":0}",
        "{\"v\":1,\"w\":0",
        "{\"v\":1,\"w\":0}}",
        "{\"v\":1,\"w\":0},",
        "{\"v\":\"1\",\"w\":0}",
        "{\"v\":1 \"w\":0}",
        "{'v':1,'w':0}",
        "{\"v\":--1,\"w\":0}",
        "{\"v\":1,\"w\":0,\"x\":[1]}",
        "{\"reason\":\"\\",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        if (reads(wrong[i], &a))
            print_error("took %s\n", wrong[i]);
        assert_false(a.valid);
        assert_true(*a.reason);
    }
    assert_false(reads("{\"speed\": 0.3}\n", &a));
    assert_string_equal(a.reason, "its answer is no JSON object of numbers with v and w, but '{\"speed\": 0.3}?'");
    assert_false(reads("<html><head><title>404 Not Found</title></head>", &a));
    assert_string_equal(a.reason, "its answer is no JSON object of numbers with v and w, but "
                                  "'<html><head><title>404 Not Found</title>' ...");
}

/* Bytes of all kinds: nothing is read past the end, text stays text. */
static void test_any_bytes(void **state)
{
    (void)state;
    struct seed_stream stream = seed_stream_named(5, "answers");
    static const char start[] = "{\"v\":0.25,\"w\":1,\"reason\":\"left\",\"confidence\":0.5}";
    for (int round = 0; round < 20000; round++) {
        char text[sizeof start];
        size_t size = seed_below(&stream, sizeof start);
        memcpy(text, start, sizeof start);
        for (uint64_t flips = seed_below(&stream, 4); flips > 0; flips--)
            text[seed_below(&stream, sizeof text)] = (char)seed_u64(&stream);
        struct policy_answer a;
        if (policy_answer_read(text, size, &a))
            assert_true(isfinite(a.wish.v_mps) && isfinite(a.wish.w_radps) && a.confidence >= 0 && a.confidence <= 1);
        assert_true(strlen(a.reason) < sizeof a.reason);
        for (const char *c = a.reason; *c; c++)
            assert_true(*c >= ' ' && *c <= '~');
    }
}

static void test_kinds_and_names(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        enum brought kind;
    } cases[] = {
        {"dwa", BROUGHT_NOT},
        {"mine.so", BROUGHT_LIBRARY},
        {"./a/mine.so#12345678", BROUGHT_LIBRARY},
        {".so", BROUGHT_NOT},
        {"net.onnx", BROUGHT_NETWORK},
        {"net.onnx#0a1b2c3d", BROUGHT_NETWORK},
        {"ipc:///tmp/x", BROUGHT_PROCESS},
        {"tcp://127.0.0.1:5", BROUGHT_PROCESS},
        {"", BROUGHT_NOT},
        {"#", BROUGHT_NOT},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(brought_kind(cases[i].what), cases[i].kind);
    char name[BROUGHT_NAME_MAX];
    brought_name(name, "/a/b/mine.so", "0123456789abcdef");
    assert_string_equal(name, "mine.so#01234567");
}

/* A wall of returns ahead and nothing elsewhere, a plan straight on. */
static void test_features_say_what_is_there(void **state)
{
    (void)state;
    static float ranges[360], row[360], depth[64 * 48];
    for (int i = 0; i < 360; i++)
        ranges[i] = i >= 170 && i <= 190 ? 2.0f : INFINITY;
    ranges[10] = NAN;
    for (int i = 0; i < 64 * 48; i++)
        depth[i] = i % 64 < 32 ? 3.0f : NAN;
    struct vec2 points[21];
    for (int i = 0; i <= 20; i++)
        points[i] = (struct vec2){1, 0.1 * i};
    struct belief belief = {.pose = {1, 0, PI / 2}, .twist = {0.5, -0.1},
                            .sight = {.lidar_m = ranges, .lidar_count = 360, .lidar_first_rad = -PI,
                                      .lidar_step_rad = 2 * PI / 360, .depth_m = depth, .width = 64, .height = 48}};
    struct task task = {.goal = {1, 5}, .max_v_mps = 2, .min_v_mps = -0.3, .max_w_radps = 3};
    struct plan plan = {points, 21, 2, ""};
    struct policy_input in = {.belief = &belief, .task = &task, .plan = &plan, .last = {0.4, 0}};
    feature_find("lidar")->fill(&in, 36, row);
    assert_true(row[18] == 2.0f && row[0] == 10.0f && row[9] == 10.0f);
    feature_find("goal")->fill(&in, 2, row);
    assert_true(fabsf(row[0] - 5) < 1e-6f && fabsf(row[1]) < 1e-6f);
    feature_find("path")->fill(&in, 6, row);
    assert_true(fabsf(row[0] - 0.4f) < 0.06f && fabsf(row[2] - 0.8f) < 0.06f && fabsf(row[1]) < 1e-6f);
    feature_find("depth")->fill(&in, 2, row);
    assert_true(row[0] == 3.0f && row[1] == 8.0f);
    feature_find("velocity")->fill(&in, 2, row);
    assert_true(row[0] == 0.5f && row[1] == -0.1f);
    belief.sight.lidar_m = NULL; /* a sense that is not there */
    feature_find("lidar")->fill(&in, 36, row);
    for (int i = 0; i < 36; i++)
        assert_true(row[i] == 0);
    assert_null(feature_find("truth"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_kinds_and_names),
        cmocka_unit_test(test_features_say_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
