/* The ONNX project's own cases (libonnx-testdata): every one whose operators are all ours and whose types are float32,
 * int64 and bool must pass, with each set of kernels. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>

#include "onnx_case.h"

static const char tier_1[] =
    " Gemm MatMul Add Sub Mul Div Relu Tanh Sigmoid Clip Softmax Conv MaxPool AveragePool GlobalAveragePool "
    "BatchNormalization Flatten Reshape Concat Constant Identity Transpose Squeeze Unsqueeze Gather Shape GRU "
    "LSTM Split Slice Cast Expand Exp ";
static const char tier_2[] =
    " LeakyRelu Elu HardSigmoid HardSwish LayerNormalization Dropout ConstantOfShape ReduceMean Pow Sqrt Pad "
    "Neg Abs Min Max ";

struct count {
    size_t passed[2], failed;
};

static bool has(const char *list, const char *name)
{
    char word[40];
    snprintf(word, sizeof word, " %s ", name);
    return strstr(list, word) != NULL;
}

/* 0: tier 1, 1: tiers 1 and 2, 2: neither */
static int tier_of(const struct case_content *content)
{
    int tier = 0;
    for (size_t i = 0; i < content->operator_count; i++) {
        bool first = has(tier_1, content->operators[i]), second = has(tier_2, content->operators[i]);
        tier = !first && !second ? 2 : second && tier == 0 ? 1 : tier;
        if (tier == 2)
            return 2;
    }
    return content->operator_count ? tier : 2;
}

static void one(const char *group, const char *name, const char *kernel, struct count *count)
{
    char folder[512], path[600], why[1200];
    struct bytes model = {0};
    const unsigned ours = 1u << ONNX_F32 | 1u << ONNX_I64 | 1u << ONNX_BOOL;
    snprintf(folder, sizeof folder, CASE_FOLDER "/%s/%s", group, name);
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    if (file_load(path, CASE_BYTES_MAX, &model, NULL))
        return;
    struct case_content content = case_look(&model);
    bytes_clear(&model);
    int tier = tier_of(&content);
    /* The exporters' cases are of operator set 6: those whose operators changed their form with 7 are not asked for. */
    bool is_old = content.opset < 7 && strcmp(group, "node");
    if (tier == 2 || content.types & ~ours)
        return;
    if (case_run(folder, &(struct onnx_options){.kernel = kernel}, why, sizeof why)) {
        count->passed[tier]++;
        return;
    }
    if (is_old && (strstr(why, "its form of operator set") || strstr(why, "'broadcast'")))
        return;
    count->failed++;
    print_message("%s/%s: %s\n", group, name, why);
}

static bool is_expanded(const char *name)
{
    size_t length = strlen(name);
    return length > 9 && !strcmp(name + length - 9, "_expanded");
}

static struct count all(const char *group, const char *kernel)
{
    struct count count = {.failed = 0};
    struct dirent **names = NULL;
    char folder[512];
    snprintf(folder, sizeof folder, CASE_FOLDER "/%s", group);
    int found = scandir(folder, &names, NULL, alphasort);
    for (int i = 0; i < found; i++) {
        if (names[i]->d_name[0] != '.' && !is_expanded(names[i]->d_name))
            one(group, names[i]->d_name, kernel, &count);
        free(names[i]);
    }
    free(names);
    return count;
}

static bool is_installed(void)
{
    DIR *folder = opendir(CASE_FOLDER);
    if (folder)
        closedir(folder);
    else
        print_message("skipped: libonnx-testdata is not installed\n");
    return folder != NULL;
}

static void test_node_cases(void **state)
{
    (void)state;
    if (!is_installed())
        skip();
    struct count count = all("node", NULL);
    print_message("figure: %zu of ONNX's node cases pass (%zu of them with tier 1 alone)\n",
                  count.passed[0] + count.passed[1], count.passed[0]);
    assert_int_equal(count.failed, 0);
    assert_true(count.passed[0] >= 174);
    assert_true(count.passed[0] + count.passed[1] >= 249);
}

static void test_exported_cases(void **state)
{
    (void)state;
    if (!is_installed())
        skip();
    struct count converted = all("pytorch-converted", NULL), operators = all("pytorch-operator", NULL);
    print_message("figure: %zu and %zu cases exported from PyTorch\n", converted.passed[0] + converted.passed[1],
                  operators.passed[0] + operators.passed[1]);
    assert_int_equal(converted.failed + operators.failed, 0);
}

static void test_scalar_kernels(void **state)
{
    (void)state;
    if (!is_installed())
        skip();
    assert_int_equal(all("node", "scalar").failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_node_cases),
        cmocka_unit_test(test_exported_cases),
        cmocka_unit_test(test_scalar_kernels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
