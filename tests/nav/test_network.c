/* Networks that cannot drive, and what is said about each; networks that answer nonsense, and what then happens. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nav/brought.h"
#include "perception/onnx_write.h"
#include "tests/nav/scene.h"

enum { DOUBLE = 11 };
static const float zeros[64];

static void input(struct onnx_write *w, const char *name, int64_t count)
{
    onnx_write_input(w, name, (int64_t[]){1, count}, 2);
}
static void output(struct onnx_write *w, const char *name, int64_t count)
{
    onnx_write_output(w, name, (int64_t[]){1, count}, 2);
}
/* `to` = `from` (a row of `rows` numbers) times zeros. */
static void product(struct onnx_write *w, const char *from, int64_t rows, const char *to, int64_t columns)
{
    char names[64];
    snprintf(names, sizeof names, "%s zeros", from);
    onnx_write_weights(w, "zeros", (int64_t[]){rows, columns}, 2, zeros);
    onnx_write_node(w, "MatMul", names, to);
}

static void body_name(struct onnx_write *w)
{
    input(w, "gaol", 2), product(w, "gaol", 2, "command", 2), output(w, "command", 2);
}
static void body_length(struct onnx_write *w)
{
    input(w, "goal", 3), product(w, "goal", 3, "command", 2), output(w, "command", 2);
}
static void body_no_command(struct onnx_write *w)
{
    input(w, "goal", 2), product(w, "goal", 2, "twist", 2), output(w, "twist", 2);
}
static void body_three(struct onnx_write *w)
{
    input(w, "goal", 2), product(w, "goal", 2, "command", 3), output(w, "command", 3);
}
static void body_double(struct onnx_write *w)
{
    onnx_write_input_of(w, DOUBLE, "goal", (int64_t[]){1, 2}, 2);
    onnx_write_node(w, "Cast", "goal", "command");
    onnx_write_int(w, "to", 1);
    output(w, "command", 2);
}
static void body_half_state(struct onnx_write *w)
{
    input(w, "state", 2), product(w, "state", 2, "command", 2), output(w, "command", 2);
}
static void body_other_state(struct onnx_write *w)
{
    input(w, "state", 2), product(w, "state", 2, "command", 2), output(w, "command", 2);
    onnx_write_weights(w, "zeros3", (int64_t[]){2, 3}, 2, zeros);
    onnx_write_node(w, "MatMul", "state zeros3", "state_out");
    output(w, "state_out", 3);
}
static void body_missing(struct onnx_write *w)
{
    input(w, "goal", 2);
    onnx_write_node(w, "MatMul", "goal weights", "command");
    output(w, "command", 2);
}
static void body_cycle(struct onnx_write *w)
{
    input(w, "goal", 2);
    onnx_write_node(w, "Add", "goal b", "a");
    onnx_write_node(w, "Add", "a goal", "b");
    onnx_write_node(w, "Identity", "b", "command");
    output(w, "command", 2);
}
static void body_unknown(struct onnx_write *w)
{
    input(w, "goal", 2);
    onnx_write_node(w, "Einsum", "goal goal", "command");
    output(w, "command", 2);
}
static void body_mismatch(struct onnx_write *w)
{
    input(w, "goal", 2), product(w, "goal", 3, "command", 2), output(w, "command", 2);
}
static void body_nan(struct onnx_write *w)
{
    input(w, "goal", 2);
    onnx_write_node(w, "Sub", "goal goal", "nothing");
    onnx_write_node(w, "Div", "nothing nothing", "command");
    output(w, "command", 2);
}

static const struct policy *open_network(void (*body)(struct onnx_write *), const char *name, struct error *err)
{
    struct onnx_write file = onnx_write_begin("test", 13);
    struct bytes bytes = {0};
    body(&file);
    onnx_write_end(&file, &bytes);
    const struct policy *policy = policy_network_open(name, bytes.data, bytes.size, err);
    bytes_clear(&bytes);
    return policy;
}

/* Each sentence says which file, which part, what was expected and what was found. */
static void test_refused(void **state)
{
    (void)state;
    static const struct {
        void (*body)(struct onnx_write *);
        const char *says[3];
    } cases[] = {
        {body_name, {"'gaol' is float32[1,2]", "did you mean 'goal'", "binnacle list inputs"}},
        {body_length, {"'goal' is float32[1,3]", "expected 2 numbers", "x ahead, y to the left"}},
        {body_no_command, {"no output called 'command'", "speed in m/s", "twist"}},
        {body_three, {"'command' is float32[1,3]", "expected two float32", "turn rate"}},
        {body_double, {"'goal' is float64[1,2]", "float32", ""}},
        {body_half_state, {"'state_out'", "of its shape", ""}},
        {body_other_state, {"'state_out' is float32[1,3]", "as long as the input 'state'", "2"}},
        {body_missing, {"(MatMul, number 1)", "'weights' is neither an input of the model, nor an initialiser", ""}},
        {body_cycle, {"(Add, number 1)", "'b' comes from node number 2", "cycle"}},
        {body_unknown, {"(Einsum, number 1)", "not supported", "MatMul"}},
        {body_mismatch, {"(MatMul, number 1)", "1x2 and 3x2", "cannot be multiplied"}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        assert_null(open_network(cases[i].body, "mine.onnx#12345678", &err));
        if (!strstr(err.text, "mine.onnx#12345678"))
            fail_msg("case %zu names no file: %s", i, err.text);
        for (int k = 0; k < 3; k++)
            if (!strstr(err.text, cases[i].says[k]))
                fail_msg("case %zu does not say \"%s\": %s", i, cases[i].says[k], err.text);
        print_message("# %s\n", err.text);
    }
}

/* No number: no decision, the shield stops the robot, and the next tick is asked again. */
static void test_no_number(void **state)
{
    (void)state;
    struct scene scene;
    struct error err = {0};
    scene_init(&scene, 12, 5, SCENE_BLANK);
    scene.twist.v_mps = 1;
    const struct policy *policy = open_network(body_nan, "nan", &err);
    assert_non_null(policy);
    struct navigator_config config = navigator_config_default();
    config.task = scene.task;
    config.policy = "nan";
    config.brought = &policy;
    config.brought_count = 1;
    const char *sets[] = {"recovery.enabled=false"};
    config.sets = sets;
    config.set_count = 1;
    struct navigator *navigator = navigator_create(&config, &err);
    assert_non_null(navigator);
    for (int tick = 0; tick < 40; tick++) {
        struct navigator_output out = navigator_decide(navigator, scene_sense(&scene, tick * 50000000LL));
        assert_false(out.decision->valid);
        assert_string_equal(out.decision->reason, "the network's answer is no number");
        assert_true(out.decision->confidence == 0);
        assert_true(out.verdict->active && out.verdict->command.v_mps == 0);
        scene_move(&scene, out.verdict->command);
    }
    assert_true(scene.twist.v_mps == 0);
    navigator_destroy(&navigator);
    scene_clear(&scene);
}

/* An image of another size than the camera's is an input of zeros for ever: said in every decision. */
static void body_image(struct onnx_write *w)
{
    input(w, "rgb", 12), product(w, "rgb", 12, "command", 2), output(w, "command", 2);
}
static void test_other_image(void **state)
{
    (void)state;
    static uint8_t rgb[4 * 4 * 3] = {200};
    struct error err = {0};
    struct belief belief = {.sight = {.rgb = rgb, .width = 4, .height = 4}};
    struct task task = {.max_v_mps = 1, .max_w_radps = 1};
    struct plan plan = {.reason = ""};
    struct decision decision = {0};
    const struct policy *policy = open_network(body_image, "image", &err);
    assert_non_null(policy);
    struct policy_input in = {.belief = &belief, .task = &task, .plan = &plan, .self = policy};
    policy->decide(NULL, NULL, &in, &decision);
    assert_string_equal(decision.constraint, "'rgb' takes 12 numbers, the camera has 48");
    belief.sight.width = belief.sight.height = 2;
    decision = (struct decision){0};
    policy->decide(NULL, NULL, &in, &decision);
    assert_string_equal(decision.constraint, "");
    policy->close(policy);
}

/* Its own word, within 0 and 1; a word that is no number is none. */
static float confidence_said;
static void body_confident(struct onnx_write *w)
{
    input(w, "goal", 2), product(w, "goal", 2, "command", 2), output(w, "command", 2);
    onnx_write_node(w, "Constant", "", "confidence");
    onnx_write_tensor(w, "value", 1, (int64_t[]){1}, 1, &confidence_said, sizeof confidence_said);
    onnx_write_output(w, "confidence", (int64_t[]){1}, 1);
}
static void test_confidence(void **state)
{
    (void)state;
    static const struct {
        float said;
        double taken;
    } cases[] = {{0.25f, 0.25}, {7, 1}, {-3, 0}, {NAN, 0}, {INFINITY, 1}};
    struct belief belief = {0};
    struct task task = {.max_v_mps = 1, .max_w_radps = 1};
    struct plan plan = {.reason = ""};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error err = {0};
        struct decision decision = {0};
        confidence_said = cases[i].said;
        const struct policy *policy = open_network(body_confident, "confident", &err);
        if (!policy)
            fail_msg("%s", err.text);
        struct policy_input in = {.belief = &belief, .task = &task, .plan = &plan, .self = policy};
        policy->decide(NULL, NULL, &in, &decision);
        assert_true(decision.valid && decision.confidence == cases[i].taken);
        policy->close(policy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_number),
        cmocka_unit_test(test_other_image),
        cmocka_unit_test(test_confidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
