/* Models written here and read back: what a network computes, what is refused and how it is said, memory that is laid
 * out once. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "logs/file.h"
#include "logs/hash.h"
#include "onnx_model.h"

#define DIMS(...) (const int64_t[]){__VA_ARGS__}, (int)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

/* --- counting calls of the allocator: ours stand before the C library's ----------------------------------------- */

#if !defined __SANITIZE_ADDRESS__ && !defined __clang__
#define COUNTS_MALLOC 1
static size_t malloc_count;
static bool malloc_is_counted;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *malloc(size_t size) { return malloc_count += malloc_is_counted, __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return malloc_count += malloc_is_counted, __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { return malloc_count += malloc_is_counted, __libc_realloc(old, size); }
#endif

/* --- what it computes ------------------------------------------------------------------------------------------- */

static void test_mlp(void **state)
{
    struct bytes file = {0};
    struct error err = {0};
    (void)state;
    model_mlp(&file, 400, 128, 2);
    struct onnx_model *model = onnx_load(file.data, file.size, "mlp.onnx", NULL, &err);
    assert_non_null(model);
    const struct onnx_info *info = onnx_info(model);
    assert_int_equal(info->parameters, 400 * 128 + 128 + 128 * 128 + 128 + 128 * 2 + 2);
    assert_int_equal(info->multiply_adds, 400 * 128 + 128 * 128 + 128 * 2);
    assert_int_equal(info->nodes, 6);
    char sha[65];
    hash_sha256(file.data, file.size, sha);
    assert_string_equal(info->sha256, sha);
    assert_string_equal(onnx_input(model, 0)->name, "x");
    assert_int_equal(onnx_input(model, 0)->dims[0], 1); /* "batch" */
    assert_int_equal(onnx_find_output(model, "y"), 0);
    assert_int_equal(onnx_find_output(model, "z"), 1);
    assert_string_equal(onnx_metadata(model, "who"), "test");
    assert_null(onnx_metadata(model, "nobody"));
    size_t times;
    assert_string_equal(onnx_operator_used(model, 0, &times), "Gemm");
    assert_int_equal(times, 3);
    assert_null(onnx_operator_used(model, 3, &times));
    struct onnx_run *run = onnx_run_create(model);
    float x[400], wanted[2];
    model_fill(x, 400, "x", 1);
    memcpy(onnx_run_input(run, 0), x, sizeof x);
    assert_int_equal(onnx_run_forward(run, &err), STATUS_OK);
    model_mlp_by_hand(x, 400, 128, 2, wanted);
    assert_memory_equal(onnx_run_output(run, 0), wanted,
                        sizeof wanted);                       /* the chain of fmaf in kernel.h, bit for bit */
    assert_memory_equal(onnx_run_input(run, 0), x, sizeof x); /* inputs stay as written */
    onnx_run_destroy(&run);
    onnx_destroy(&model);
    onnx_destroy(&model);
    bytes_clear(&file);
}

/* Every set of kernels, and a second run beside the first: the same bits. */
static void test_same_bits(void **state)
{
    static const char *const kernels[] = {"scalar", "avx2", "avx512"};
    struct bytes file = {0};
    struct error err = {0};
    uint64_t hashes[COUNT_OF(kernels)], first = 0;
    (void)state;
    model_cnn(&file);
    for (size_t i = 0; i < COUNT_OF(kernels); i++) {
        struct onnx_options options = {.kernel = kernels[i]};
        struct onnx_model *model = onnx_load(file.data, file.size, "cnn.onnx", &options, &err);
        if (!model) {
            assert_non_null(strstr(err.text, "cannot run the kernels"));
            continue;
        }
        struct onnx_run *runs[2] = {onnx_run_create(model), onnx_run_create(model)};
        for (size_t round = 0; round < 3; round++)
            for (size_t j = 0; j < 2; j++) {
                for (size_t k = 0; k < onnx_input_count(model); k++)
                    model_fill(onnx_run_input(runs[j], k), onnx_input(model, k)->count, onnx_input(model, k)->name, 7);
                assert_int_equal(onnx_run_forward(runs[j], &err), STATUS_OK);
                hashes[i] =
                    hash_bytes(HASH_START, onnx_run_output(runs[j], 0), onnx_output(model, 0)->count * sizeof(float));
                first = first ? first : hashes[i];
                assert_true(hashes[i] == first);
            }
        onnx_run_destroy(&runs[0]);
        onnx_run_destroy(&runs[1]);
        onnx_destroy(&model);
    }
    bytes_clear(&file);
}

static void test_no_allocation(void **state)
{
#ifndef COUNTS_MALLOC
    (void)state;
    print_message("skipped: a sanitizer has its own allocator\n");
    skip();
#else
    struct bytes file = {0};
    struct error err = {0};
    (void)state;
    model_cnn(&file);
    struct onnx_model *model = onnx_load(file.data, file.size, "cnn.onnx", NULL, &err);
    struct onnx_run *run = onnx_run_create(model);
    malloc_count = 0;
    malloc_is_counted = true;
    for (int i = 0; i < 5; i++)
        assert_int_equal(onnx_run_forward(run, &err), STATUS_OK);
    malloc_is_counted = false;
    assert_int_equal(malloc_count, 0);
    onnx_run_destroy(&run);
    onnx_destroy(&model);
    bytes_clear(&file);
#endif
}

/* int8 weights against their definition: rows and inputs as 127ths of their peak, integer sums, one scale
 * per output. */
static void test_int8_reference(void **state)
{
    enum { IN = 100, OUT = 7 };
    struct bytes file = {0};
    struct error err = {0};
    float x[IN], w[OUT * IN], bias[OUT], exact[OUT];
    (void)state;
    struct onnx_write write = onnx_write_begin("int8", 13);
    onnx_write_input(&write, "x", DIMS(1, IN));
    model_gemm(&write, "fc", "x", "y", IN, OUT);
    onnx_write_output(&write, "y", DIMS(1, OUT));
    onnx_write_end(&write, &file);
    struct onnx_options options = {.int8_weights = true};
    struct onnx_model *model = onnx_load(file.data, file.size, "int8.onnx", &options, &err);
    assert_non_null(model);
    assert_int_equal(onnx_info(model)->int8_parameters, OUT * IN);
    assert_int_equal(onnx_info(model)->int8_rows, OUT);
    struct onnx_run *run = onnx_run_create(model);
    model_fill(x, IN, "x", 3);
    model_uniform(w, OUT * IN, "fc.w", sqrt(3.0 / IN));
    model_uniform(bias, OUT, "fc.b", 0.1);
    memcpy(onnx_run_input(run, 0), x, sizeof x);
    assert_int_equal(onnx_run_forward(run, &err), STATUS_OK);
    model_gemm_by_hand("fc", x, IN, exact, OUT);
    float x_peak = 0;
    for (size_t k = 0; k < IN; k++)
        x_peak = fmaxf(x_peak, fabsf(x[k]));
    for (size_t i = 0; i < OUT; i++) {
        float w_peak = 0;
        int64_t sum = 0;
        for (size_t k = 0; k < IN; k++)
            w_peak = fmaxf(w_peak, fabsf(w[i * IN + k]));
        for (size_t k = 0; k < IN; k++)
            sum += lrintf(w[i * IN + k] * (127 / w_peak)) * lrintf(x[k] * (127 / x_peak));
        float wanted = (float)sum * (x_peak / 127 * (w_peak / 127)) + bias[i];
        assert_memory_equal(&onnx_run_output(run, 0)[i], &wanted, sizeof wanted);
        assert_true(fabsf(wanted - exact[i]) < 0.02f);
    }
    onnx_run_input(run, 0)[5] = NAN; /* must not drown in the integers */
    assert_int_equal(onnx_run_forward(run, &err), STATUS_OK);
    assert_true(isnan(onnx_run_output(run, 0)[0]));
    onnx_run_destroy(&run);
    onnx_destroy(&model);
    bytes_clear(&file);
}

/* Torch writes x.view(x.shape[0], -1) as shape arithmetic: nothing of it is left to run. */
static void test_shape_arithmetic_folds(void **state)
{
    struct bytes file = {0};
    struct error err = {0};
    (void)state;
    struct onnx_write write = onnx_write_begin("view", 13);
    onnx_write_input(&write, "x", DIMS(-1, 3, 4));
    onnx_write_integers(&write, "zero", DIMS(1), (int64_t[]){0});
    onnx_write_integers(&write, "rest", DIMS(1), (int64_t[]){-1});
    onnx_write_node(&write, "Shape", "x", "shape");
    onnx_write_node(&write, "Gather", "shape zero", "first");
    onnx_write_node(&write, "Concat", "first rest", "wanted");
    onnx_write_int(&write, "axis", 0);
    onnx_write_node(&write, "Reshape", "x wanted", "flat");
    onnx_write_node(&write, "Neg", "flat", "y");
    onnx_write_output(&write, "y", DIMS(-1, 12));
    onnx_write_end(&write, &file);
    struct onnx_options options = {.dims = &(struct onnx_dim){"batch", 5}, .dim_count = 1};
    struct onnx_model *model = onnx_load(file.data, file.size, "view.onnx", &options, &err);
    assert_non_null(model);
    assert_int_equal(onnx_info(model)->steps, 1);
    assert_int_equal(onnx_output(model, 0)->dims[0], 5);
    assert_int_equal(onnx_output(model, 0)->dims[1], 12);
    onnx_destroy(&model);
    bytes_clear(&file);
}

/* A chain of 40 layers needs the room of two. */
static void test_memory_is_shared(void **state)
{
    struct bytes file = {0};
    struct error err = {0};
    char from[16] = "x", to[16];
    (void)state;
    struct onnx_write write = onnx_write_begin("chain", 13);
    onnx_write_input(&write, "x", DIMS(1, 256));
    for (int i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "fc%d", i);
        snprintf(to, sizeof to, "a%d", i);
        model_gemm(&write, name, from, to, 256, 256);
        snprintf(from, sizeof from, "h%d", i);
        onnx_write_node(&write, "Relu", to, from);
    }
    onnx_write_output(&write, from, DIMS(1, 256));
    onnx_write_end(&write, &file);
    struct onnx_model *model = onnx_load(file.data, file.size, "chain.onnx", NULL, &err);
    assert_non_null(model);
    assert_int_equal(onnx_info(model)->activation_bytes, 4 * 1024); /* input, output, and two that take turns */
    onnx_destroy(&model);
    bytes_clear(&file);
}

/* The state of a GRU goes round: ten steps one by one are ten steps at once. */
static void test_recurrent_state(void **state)
{
    enum { IN = 5, HIDDEN = 9, STEPS = 10 };
    struct onnx_model *models[2];
    float once[HIDDEN], x[STEPS * IN];
    struct error err = {0};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct bytes file = {0};
        struct onnx_write write = onnx_write_begin("gru", 14);
        onnx_write_input(&write, "x", DIMS(i ? STEPS : 1, 1, IN));
        onnx_write_input(&write, "h", DIMS(1, 1, HIDDEN));
        model_weights(&write, "w", DIMS(1, 3 * HIDDEN, IN));
        model_weights(&write, "r", DIMS(1, 3 * HIDDEN, HIDDEN));
        onnx_write_node(&write, "GRU", "x w r - - h", "- next");
        onnx_write_int(&write, "hidden_size", HIDDEN);
        onnx_write_output(&write, "next", DIMS(1, 1, HIDDEN));
        onnx_write_end(&write, &file);
        models[i] = onnx_load(file.data, file.size, "gru.onnx", NULL, &err);
        assert_non_null(models[i]);
        bytes_clear(&file);
    }
    model_fill(x, STEPS * IN, "steps", 1);
    struct onnx_run *one = onnx_run_create(models[0]), *ten = onnx_run_create(models[1]);
    for (size_t i = 0; i < STEPS; i++) {
        memcpy(onnx_run_input(one, 0), x + i * IN, IN * sizeof *x);
        assert_int_equal(onnx_run_forward(one, &err), STATUS_OK);
        memcpy(onnx_run_input(one, 1), onnx_run_output(one, 0), sizeof once);
    }
    memcpy(onnx_run_input(ten, 0), x, sizeof x);
    assert_int_equal(onnx_run_forward(ten, &err), STATUS_OK);
    assert_memory_equal(onnx_run_output(one, 0), onnx_run_output(ten, 0), sizeof once);
    for (int i = 0; i < 2; i++)
        onnx_destroy(&models[i]);
    onnx_run_destroy(&one);
    onnx_run_destroy(&ten);
}

/* --- weights beside the file ------------------------------------------------------------------------------------ */

static void write_outside(struct bytes *out, const char *location, int64_t offset, int64_t length)
{
    struct onnx_write write = onnx_write_begin("outside", 13);
    onnx_write_input(&write, "x", DIMS(1, 4));
    onnx_write_outside(&write, "w", DIMS(4), location, offset, length);
    onnx_write_node(&write, "Mul", "x w", "y");
    onnx_write_output(&write, "y", DIMS(1, 4));
    onnx_write_end(&write, out);
}

static void test_outside(void **state)
{
    static const struct {
        const char *location;
        int64_t offset, length;
        const char *says;
    } refused[] = {
        {"../w.bin", 0, 16, "only paths below the model's folder"},
        {"a/../../w.bin", 0, 16, "only paths below the model's folder"},
        {"/etc/passwd", 0, 16, "only paths below the model's folder"},
        {"", 0, 16, "no location"},
        {"link.bin", 0, 16, "symbolic link"},
        {"missing.bin", 0, 16, "cannot open"},
        {"w.bin", 8, 16, "has 20 bytes"},
        {"w.bin", -1, 16, "has 20 bytes"},
        {"w.bin", 4, 12, "its shape needs 16"},
        {".", 0, 16, "not a regular file"},
    };
    const float weights[5] = {9, 1, 2, 3, 4};
    char folder[] = "/tmp/binnacle_onnx_XXXXXX", path[64], weights_path[64], link_path[64];
    struct error err = {0};
    struct bytes file = {0};
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/m.onnx", folder);
    snprintf(weights_path, sizeof weights_path, "%s/w.bin", folder);
    snprintf(link_path, sizeof link_path, "%s/link.bin", folder);
    assert_int_equal(file_save(weights_path, weights, sizeof weights, &err), STATUS_OK);
    assert_int_equal(symlink(weights_path, link_path), 0);
    write_outside(&file, "w.bin", 4, 16);
    assert_int_equal(file_save(path, file.data, file.size, &err), STATUS_OK);
    struct onnx_model *model = onnx_load_file(path, NULL, &err);
    assert_non_null(model);
    struct onnx_run *run = onnx_run_create(model);
    for (size_t i = 0; i < 4; i++)
        onnx_run_input(run, 0)[i] = 10;
    assert_int_equal(onnx_run_forward(run, &err), STATUS_OK);
    for (size_t i = 0; i < 4; i++)
        assert_true(onnx_run_output(run, 0)[i] == 10 * (float)(i + 1));
    onnx_run_destroy(&run);
    onnx_destroy(&model);
    assert_null(onnx_load(file.data, file.size, "m.onnx", NULL, &err)); /* from bytes no folder is known */
    assert_non_null(strstr(err.text, "no folder for outside data"));
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        file.size = 0;
        write_outside(&file, refused[i].location, refused[i].offset, refused[i].length);
        assert_int_equal(file_save(path, file.data, file.size, &err), STATUS_OK);
        assert_null(onnx_load_file(path, NULL, &err));
        if (!strstr(err.text, refused[i].says))
            fail_msg("%s", err.text);
    }
    bytes_clear(&file);
    remove(path), remove(weights_path), remove(link_path), remove(folder);
}

/* --- operator sets 18 to 20, which the ONNX cases of the distribution do not reach ------------------------------ */

struct form {
    int64_t opset;
    const char *operation, *inputs;
    const char *attribute; /* an integer attribute, or NULL */
    int64_t value;
    int64_t list[8]; /* the constant input "list" */
    int64_t list_count;
    int64_t rank, dims[3];
    size_t outputs;
    float first[8]; /* of the outputs in turn; the input counts 0, 1, 2 ... along 2 x 3 */
};

static const struct form forms[] = {
    {18, "ReduceMean", "x list", "keepdims", 0, {1}, 1, 1, {2}, 1, {1, 4}},
    {18, "ReduceMean", "x", "keepdims", 1, {0}, 0, 2, {1, 1}, 1, {2.5f}},
    {18, "ReduceMean", "x", "noop_with_empty_axes", 1, {0}, 0, 2, {2, 3}, 1, {0, 1, 2, 3, 4, 5}},
    {18, "Split", "x", "num_outputs", 2, {0}, 0, 2, {1, 3}, 2, {0, 1, 2, 3, 4, 5}},
    {18, "Pad", "x list - axes", NULL, 0, {1, 1}, 2, 2, {2, 5}, 1, {0, 0, 1, 2, 0, 0, 3, 4}},
    {19, "Reshape", "x list", "allowzero", 0, {3, -1}, 2, 2, {3, 2}, 1, {0, 1, 2, 3, 4, 5}},
    {19, "Cast", "x", "to", 1, {0}, 0, 2, {2, 3}, 1, {0, 1, 2, 3, 4, 5}},
    {19, "Identity", "x", NULL, 0, {0}, 0, 2, {2, 3}, 1, {0, 1, 2, 3, 4, 5}},
    {20, "Transpose", "x", NULL, 0, {0}, 0, 2, {3, 2}, 1, {0, 3, 1, 4, 2, 5}},
    {20, "Squeeze", "x", NULL, 0, {0}, 0, 2, {2, 3}, 1, {0, 1, 2, 3, 4, 5}},
    {20, "Unsqueeze", "x list", NULL, 0, {-1}, 1, 3, {2, 3, 1}, 1, {0, 1, 2, 3, 4, 5}},
    {20, "Slice", "x list list list", NULL, 0, {1}, 1, 2, {2, 0}, 1, {0}},
    {20, "Softmax", "x", "axis", 0, {0}, 0, 2, {2, 3}, 1, {0.047425874f, 0.047425874f, 0.047425874f, 0.95257413f}},
    {20, "Clip", "x two three", NULL, 0, {0}, 0, 2, {2, 3}, 1, {2, 2, 2, 3, 3, 3}},
};

static void check_form(const struct form *form)
{
    struct bytes file = {0};
    struct error err = {0};
    const float two = 2, three = 3;
    struct onnx_write write = onnx_write_begin("form", form->opset);
    onnx_write_input(&write, "x", DIMS(2, 3));
    onnx_write_weights(&write, "two", NULL, 0, &two);
    onnx_write_weights(&write, "three", NULL, 0, &three);
    onnx_write_integers(&write, "list", &form->list_count, 1, form->list);
    onnx_write_integers(&write, "axes", DIMS(1), (int64_t[]){1});
    onnx_write_node(&write, form->operation, form->inputs, form->outputs == 2 ? "y0 y1" : "y0");
    if (form->attribute)
        onnx_write_int(&write, form->attribute, form->value);
    onnx_write_output(&write, "y0", form->dims, (int)form->rank);
    if (form->outputs == 2)
        onnx_write_output(&write, "y1", form->dims, (int)form->rank);
    onnx_write_end(&write, &file);
    struct onnx_model *model = onnx_load(file.data, file.size, form->operation, NULL, &err);
    if (!model)
        fail_msg("%s", err.text);
    struct onnx_run *run = onnx_run_create(model);
    for (size_t i = 0; i < 6; i++)
        onnx_run_input(run, 0)[i] = (float)i;
    assert_int_equal(onnx_run_forward(run, &err), STATUS_OK);
    for (size_t i = 0, at = 0; i < form->outputs; i++)
        for (size_t j = 0; j < onnx_output(model, i)->count && at < COUNT_OF(form->first); j++, at++)
            if (form->first[at] != 0 || at == 0)
                if (fabsf(onnx_run_output(run, i)[j] - form->first[at]) > 1e-6f)
                    fail_msg("%s of set %d: number %zu is %g", form->operation, (int)form->opset, at,
                             (double)onnx_run_output(run, i)[j]);
    onnx_run_destroy(&run);
    onnx_destroy(&model);
    bytes_clear(&file);
}

static void test_new_operator_sets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        check_form(&forms[i]);
}

/* --- what is refused, and how ----------------------------------------------------------------------------------- */

typedef void write_body(struct onnx_write *write);

static void body_unknown(struct onnx_write *w) { onnx_write_node(w, "Gelu", "x", "y"); }
static void body_typing_error(struct onnx_write *w) { onnx_write_node(w, "Convv", "x", "y"); }
static void body_missing(struct onnx_write *w) { onnx_write_node(w, "Add", "x w", "y"); }
static void body_cycle(struct onnx_write *w)
{
    onnx_write_node(w, "Add", "x b", "a");
    onnx_write_node(w, "Relu", "a", "b");
    onnx_write_node(w, "Relu", "b", "y");
}
static void body_self(struct onnx_write *w) { onnx_write_node(w, "Relu", "y", "y"); }
static void body_twice(struct onnx_write *w)
{
    onnx_write_node(w, "Relu", "x", "y");
    onnx_write_node(w, "Relu", "x", "y");
}
static void body_shadow(struct onnx_write *w)
{
    onnx_write_node(w, "Relu", "x", "x");
    onnx_write_node(w, "Relu", "x", "y");
}
static void body_bomb(struct onnx_write *w)
{
    onnx_write_integers(w, "shape", DIMS(4), (int64_t[]){1 << 15, 1 << 15, 1 << 15, 6});
    onnx_write_node(w, "Expand", "x shape", "y");
}
static void body_many_bombs(struct onnx_write *w)
{
    char from[16] = "x", to[16];
    onnx_write_integers(w, "shape", DIMS(2), (int64_t[]){8 << 20, 6});
    onnx_write_node(w, "Expand", "x shape", "e");
    for (int i = 0; i < 4; i++) {
        snprintf(to, sizeof to, i == 3 ? "y" : "t%d", i);
        onnx_write_node(w, "Transpose", i ? from : "e", to);
        strcpy(from, to);
    }
}
static void body_negative(struct onnx_write *w)
{
    onnx_write_integers(w, "shape", DIMS(2), (int64_t[]){-3, -2});
    onnx_write_node(w, "Reshape", "x shape", "y");
}
static void body_misfit(struct onnx_write *w)
{
    model_weights(w, "w", DIMS(5, 7));
    onnx_write_node(w, "MatMul", "x w", "y");
}
static void body_attribute(struct onnx_write *w)
{
    onnx_write_node(w, "Relu", "x", "y");
    onnx_write_int(w, "slope", 3);
}
static void body_running_shape(struct onnx_write *w)
{
    onnx_write_node(w, "Squeeze", "x", "line");
    onnx_write_node(w, "Cast", "line", "shape");
    onnx_write_int(w, "to", 7);
    onnx_write_node(w, "Reshape", "x shape", "y");
}
static void body_wrong_type(struct onnx_write *w)
{
    onnx_write_node(w, "Cast", "x", "i");
    onnx_write_int(w, "to", 7);
    onnx_write_node(w, "Tanh", "i", "y");
}
static void body_nobody(struct onnx_write *w) { onnx_write_node(w, "Relu", "x", "z"); }
static void body_shape_lie(struct onnx_write *w) { onnx_write_node(w, "Transpose", "x", "y"); }
static void body_huge_pad(struct onnx_write *w)
{
    onnx_write_integers(w, "pads", DIMS(4), (int64_t[]){INT64_MAX, 0, INT64_MAX, 0});
    onnx_write_node(w, "Pad", "x pads", "y");
}

static const struct refusal {
    write_body *body;
    const char *says[3];
} refusals[] = {
    {body_unknown, {"(Gelu, number 1)", "not supported", "Conv Div"}},
    {body_typing_error, {"(Convv, number 1)", "did you mean 'Conv'?", "supported are: Abs Add"}},
    {body_missing, {"(Add, number 1)", "'w' is neither an input of the model, nor an initialiser", ""}},
    {body_cycle, {"(Add, number 1)", "'b' comes from node number 2", "cycle"}},
    {body_self, {"(Relu, number 1)", "'y' comes from node number 1", "cycle"}},
    {body_twice, {"(Relu)", "'y' is given to two values", ""}},
    {body_shadow, {"(Relu)", "'x' is given to two values", ""}},
    {body_bomb, {"(Expand, number 1)", "32768x32768x32768x6", "larger than 256 MB"}},
    {body_many_bombs, {"need", "MB at once", "at most 256 MB"}},
    {body_negative, {"(Reshape, number 1)", "size -3 at axis 0", ""}},
    {body_misfit, {"(MatMul, number 1)", "1x6 and 5x7 cannot be multiplied", ""}},
    {body_attribute, {"(Relu, number 1)", "'slope' is not supported", ""}},
    {body_running_shape, {"(Reshape, number 3)", "decides a shape", "must be constant"}},
    {body_wrong_type, {"(Tanh, number 2)", "int64", "supported is float32"}},
    {body_nobody, {"the output 'y' is produced by nobody", "", ""}},
    {body_shape_lie, {"declared as float32 1x6, but computed as float32 6x1", "", ""}},
    {body_huge_pad, {"(Pad, number 1)", "too large", ""}},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct bytes file = {0};
        struct error err = {0};
        struct onnx_write write = onnx_write_begin("refused", 13);
        onnx_write_input(&write, "x", DIMS(1, 6));
        refusals[i].body(&write);
        onnx_write_output(&write, "y",
                          refusals[i].body == body_many_bombs ? (int64_t[]){8 << 20, 6} : (int64_t[]){1, 6}, 2);
        onnx_write_end(&write, &file);
        struct onnx_model *model = onnx_load(file.data, file.size, "bad.onnx", NULL, &err);
        if (model)
            fail_msg("refusal %zu was accepted", i);
        assert_int_equal(err.status, STATUS_BAD_INPUT);
        for (size_t j = 0; j < 3; j++)
            if (!strstr(err.text, refusals[i].says[j]))
                fail_msg("refusal %zu does not say '%s': %s", i, refusals[i].says[j], err.text);
        assert_non_null(strstr(err.text, "bad.onnx: "));
        bytes_clear(&file);
    }
}

/* Cut anywhere, the file is refused by a sentence, or read as something smaller; never more. */
static void test_cut(void **state)
{
    struct bytes file = {0};
    (void)state;
    model_mlp(&file, 4, 3, 2);
    for (size_t size = 0; size < file.size; size++) {
        struct error err = {0};
        uint8_t *exact = memory_new(size, 1); /* so that a sanitizer sees one byte too far */
        memcpy(exact, file.data, size);
        struct onnx_model *model = onnx_load(exact, size, "cut.onnx", NULL, &err);
        assert_true(model || err.text[0]);
        onnx_destroy(&model);
        free(exact);
    }
    bytes_clear(&file);
}

/* Messages in messages, a hundred thousand deep: the reader below us would follow with its stack. */
static void test_deep_nesting(void **state)
{
    struct bytes inner = {0}, outer = {0};
    struct error err = {0};
    (void)state;
    for (int depth = 0; depth < 2000; depth++) { /* graph > node > attribute > graph ... */
        static const uint8_t fields[] = {6, 5, 1};
        outer.size = 0;
        bytes_put_u8(&outer, (uint8_t)(fields[depth % 3] << 3 | 2));
        size_t left = inner.size;
        for (; left >= 0x80; left >>= 7)
            bytes_put_u8(&outer, (uint8_t)(left | 0x80));
        bytes_put_u8(&outer, (uint8_t)left);
        bytes_put(&outer, inner.data, inner.size);
        struct bytes swap = inner;
        inner = outer;
        outer = swap;
    }
    outer.size = 0;
    bytes_put_u8(&outer, 7 << 3 | 2);
    size_t left = inner.size;
    for (; left >= 0x80; left >>= 7)
        bytes_put_u8(&outer, (uint8_t)(left | 0x80));
    bytes_put_u8(&outer, (uint8_t)left);
    bytes_put(&outer, inner.data, inner.size);
    assert_null(onnx_load(outer.data, outer.size, "deep.onnx", NULL, &err));
    assert_non_null(strstr(err.text, "deep"));
    bytes_clear(&inner);
    bytes_clear(&outer);
}

/* Only while running: an index from an input. The next run is fine again. */
static void test_index_out_of_range(void **state)
{
    struct bytes file = {0};
    struct error err = {0};
    (void)state;
    struct onnx_write write = onnx_write_begin("gather", 13);
    model_weights(&write, "table", DIMS(4, 2));
    onnx_write_input_of(&write, ONNX_I64, "which", DIMS(1));
    onnx_write_node(&write, "Gather", "table which", "y");
    onnx_write_output(&write, "y", DIMS(1, 2));
    onnx_write_end(&write, &file);
    struct onnx_model *model = onnx_load(file.data, file.size, "gather.onnx", NULL, &err);
    assert_non_null(model);
    struct onnx_run *run = onnx_run_create(model);
    const int64_t tries[] = {3, 4, -4, -5, INT64_MIN, 0};
    const bool fine[] = {true, false, true, false, false, true};
    for (size_t i = 0; i < COUNT_OF(tries); i++) {
        memcpy(onnx_run_input_bytes(run, 0), &tries[i], sizeof tries[i]);
        assert_int_equal(onnx_run_forward(run, &err), fine[i] ? STATUS_OK : STATUS_BAD_INPUT);
    }
    assert_non_null(strstr(err.text, "(Gather, number 1): an index is outside"));
    onnx_run_destroy(&run);
    onnx_destroy(&model);
    bytes_clear(&file);
}

static void test_operator_list(void **state)
{
    size_t count = 0;
    (void)state;
    while (onnx_operator_name(count))
        count++;
    assert_int_equal(count, 48);
    assert_string_equal(onnx_operator_name(0), "Abs");
    assert_string_equal(onnx_operator_name(47), "Unsqueeze");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mlp),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_no_allocation),
        cmocka_unit_test(test_int8_reference),
        cmocka_unit_test(test_shape_arithmetic_folds),
        cmocka_unit_test(test_memory_is_shared),
        cmocka_unit_test(test_recurrent_state),
        cmocka_unit_test(test_outside),
        cmocka_unit_test(test_new_operator_sets),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_deep_nesting),
        cmocka_unit_test(test_index_out_of_range),
        cmocka_unit_test(test_operator_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
