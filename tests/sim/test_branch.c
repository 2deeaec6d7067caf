#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "logs/hash.h"
#include "sim/branch.h"
#include "sim/check.h"
#include "tests/sim/recorded.h"

enum { TICKS = 80 };

static enum status branch(const char *parent, const char *out, const char *at, const struct branch_change *changes,
                          size_t count, struct branch_report *report, struct error *err)
{
    char from[128], to[128];
    const struct branch_options options = {.at = at, .changes = changes, .change_count = count};
    return branch_run(recorded_path(parent, from), recorded_path(out, to), &options, NULL, NULL, report, err);
}

static struct branch_report must_branch(const char *parent, const char *out, const char *at,
                                        const struct branch_change *changes, size_t count)
{
    struct branch_report report;
    struct error err = {0};
    if (branch(parent, out, at, changes, count, &report, &err))
        fail_msg("%s", err.text);
    return report;
}

static void must_check(const char *name)
{
    char path[128];
    struct check_report report;
    struct error err = {0};
    if (check_log(recorded_path(name, path), &(struct check_options){0}, NULL, NULL, &report, &err))
        fail_msg("%s", err.text);
    if (!report.same)
        fail_msg("%s differs at tick %u: %s %s", name, (unsigned)report.first.tick, report.first.topic,
                 report.first.field.path);
    assert_true(report.complete);
}

/* The tick of the first frame that is not in both, bit for bit. */
static uint64_t first_difference(const char *one, const char *other)
{
    char path[128];
    struct error err = {0};
    struct playback *a = playback_open(recorded_path(one, path), &err),
                    *b = playback_open(recorded_path(other, path), &err);
    assert_true(a && b);
    assert_int_equal(playback_query(a, MCAP_FILE_ORDER, INT64_MIN, INT64_MAX, NULL, 0, &err), STATUS_OK);
    assert_int_equal(playback_query(b, MCAP_FILE_ORDER, INT64_MIN, INT64_MAX, NULL, 0, &err), STATUS_OK);
    uint64_t ticks = 0;
    for (;;) {
        struct frame x, y;
        enum status p = playback_next(a, &x, &err), q = playback_next(b, &y, &err);
        if (p || q || x.topic != y.topic || x.sequence != y.sequence || x.stamp_ns != y.stamp_ns || x.size != y.size ||
            memcmp(x.payload, y.payload, x.size) != 0)
            break;
        ticks += x.topic == TOPIC_STATE_HASH;
    }
    playback_destroy(&a);
    playback_destroy(&b);
    return ticks + 1;
}

static void make_parent(void)
{
    char path[128];
    record(recorded_path("parent.mcap", path), "corridor", NULL, TICKS, NULL);
}

/* Three moments, two policies: the same before, different after, and each child proves itself. */
static void test_three_moments_two_policies(void **state)
{
    (void)state;
    static const char *const moments[] = {"10t", "1.5", "60t"};
    static const uint64_t ticks[] = {10, 30, 60};
    static const char *const policies[] = {"pursuit", "teleop"};
    make_parent();
    for (size_t i = 0; i < COUNT_OF(moments); i++)
        for (size_t k = 0; k < COUNT_OF(policies); k++) {
            const struct branch_change change = {"policy", policies[k]};
            struct branch_report r = must_branch("parent.mcap", "child.mcap", moments[i], &change, 1);
            assert_int_equal(r.tick, ticks[i]);
            assert_int_equal(r.parent_ticks, TICKS);
            assert_string_equal(r.policy, policies[k]);
            assert_true(r.ticks > r.tick);
            assert_int_equal(first_difference("parent.mcap", "child.mcap"), ticks[i] + 1);
            must_check("child.mcap");
        }
}

static void test_the_child_names_its_parent(void **state)
{
    (void)state;
    char path[128], sha256[65];
    struct error err = {0};
    const struct branch_change change = {"policy", "pursuit"};
    make_parent();
    struct branch_report r = must_branch("parent.mcap", "child.mcap", "25t", &change, 1);
    assert_int_equal(hash_file_sha256(recorded_path("parent.mcap", path), sha256, &err), STATUS_OK);
    assert_string_equal(r.parent_sha256, sha256);
    struct playback *child = playback_open(recorded_path("child.mcap", path), &err);
    const struct mcap_metadata *metadata = mcap_reader_metadata(playback_reader(child), "binnacle_branch");
    assert_non_null(metadata);
    assert_int_equal(metadata->count, 2);
    for (size_t i = 0; i < metadata->count; i++) {
        bool is_tick = !strcmp(metadata->pairs[i].key, "tick");
        assert_string_equal(metadata->pairs[i].value, is_tick ? "25" : sha256);
    }
    playback_destroy(&child);
}

static void test_a_branch_can_be_branched(void **state)
{
    (void)state;
    const struct branch_change first = {"policy", "pursuit"}, second[] = {{"policy", "dwa"}, {"seed", "77"}};
    make_parent();
    must_branch("parent.mcap", "child.mcap", "30t", &first, 1);
    must_branch("child.mcap", "grandchild.mcap", "50t", second, 2);
    assert_int_equal(first_difference("parent.mcap", "grandchild.mcap"), 31);
    assert_int_equal(first_difference("child.mcap", "grandchild.mcap"), 51);
    must_check("grandchild.mcap");
}

static void test_another_seed_is_other_noise(void **state)
{
    (void)state;
    const struct branch_change seeds[] = {{"seed", "8"}, {"seed", "9"}};
    make_parent();
    must_branch("parent.mcap", "eight.mcap", "40t", &seeds[0], 1);
    must_branch("parent.mcap", "nine.mcap", "40t", &seeds[1], 1);
    assert_int_equal(first_difference("eight.mcap", "nine.mcap"), 41);
    must_check("eight.mcap");
}

static void test_from_the_start_and_with_nothing_changed(void **state)
{
    (void)state;
    const struct branch_change change = {"policy", "pursuit"};
    make_parent();
    must_branch("parent.mcap", "start.mcap", "0", &change, 1);
    assert_int_equal(first_difference("parent.mcap", "start.mcap"), 1);
    must_check("start.mcap");
    /* The parent was stopped after its last tick; the branch just goes on from there. */
    must_branch("parent.mcap", "on.mcap", "80t", NULL, 0);
    assert_int_equal(first_difference("parent.mcap", "on.mcap"), TICKS + 1);
    must_check("on.mcap");
}

static void one_ulp(void *message) { ((struct msg_belief *)message)->x += 1e-12; }

static void test_a_parent_that_does_not_repeat_is_no_parent(void **state)
{
    (void)state;
    char path[128];
    const struct falsifier falsifier = {TOPIC_BELIEF, 19, false, one_ulp};
    const struct branch_change change = {"policy", "pursuit"};
    struct branch_report report;
    struct error err = {0};
    record(recorded_path("false.mcap", path), "corridor", NULL, TICKS, &falsifier);
    assert_int_equal(branch("false.mcap", "child-of-false.mcap", "40t", &change, 1, &report, &err), STATUS_DIVERGED);
    assert_non_null(strstr(err.text, "tick 20 differs in /binnacle/belief x"));
    assert_int_not_equal(access(recorded_path("child-of-false.mcap", path), F_OK), 0);
    must_branch("false.mcap", "before.mcap", "19t", &change, 1); /* before the lie it is as good as any */
}

static void test_what_cannot_be(void **state)
{
    (void)state;
    static const struct {
        const char *at;
        struct branch_change change;
        const char *says;
    } cases[] = {
        {"81t", {"policy", "pursuit"}, "80 ticks"},      {"4.2", {"policy", "pursuit"}, "80 ticks"},
        {"-1", {"policy", "pursuit"}, "a moment is"},    {"soon", {"policy", "pursuit"}, "a moment is"},
        {"nan", {"policy", "pursuit"}, "a moment is"},   {"10t", {"policy", "dva"}, "dwa"},
        {"10t", {"set", "lidar.noise_m=1"}, "reset"},    {"10t", {"seed", "x"}, "whole number"},
    };
    char path[128];
    make_parent();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct branch_report report;
        struct error err = {0};
        assert_int_equal(branch("parent.mcap", "never.mcap", cases[i].at, &cases[i].change, 1, &report, &err),
                         STATUS_BAD_INPUT);
        if (!strstr(err.text, cases[i].says))
            fail_msg("'%s' does not say '%s'", err.text, cases[i].says);
        assert_int_not_equal(access(recorded_path("never.mcap", path), F_OK), 0);
    }
    struct branch_report report;
    struct error err = {0};
    assert_int_equal(branch("parent.mcap", "parent.mcap", "1", NULL, 0, &report, &err), STATUS_BAD_INPUT);
    must_check("parent.mcap");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_moments_two_policies),
        cmocka_unit_test(test_the_child_names_its_parent),
        cmocka_unit_test(test_a_branch_can_be_branched),
        cmocka_unit_test(test_another_seed_is_other_noise),
        cmocka_unit_test(test_from_the_start_and_with_nothing_changed),
        cmocka_unit_test(test_a_parent_that_does_not_repeat_is_no_parent),
        cmocka_unit_test(test_what_cannot_be),
    };
    return cmocka_run_group_tests(tests, recorded_setup, recorded_teardown);
}
