/* binnacle list [KIND]: what there is to choose from. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "logs/names.h"
#include "nav/features.h"
#include "sim/urdf.h"
#include "tui/command.h"

struct list_options {
    bool json, names;
};

struct list {
    const struct list_options *options;
    const char *kind;
    size_t printed;
};

static void item(struct list *list, const char *name, const char *summary)
{
    if (list->options->json)
        printf("%s{\"kind\":\"%s\",\"name\":\"%s\",\"summary\":\"%s\"}", list->printed++ ? ",\n " : "", list->kind,
               name, summary);
    else if (list->options->names)
        printf("%s\n", name);
    else
        printf("  %-14s %s\n", name, summary);
}

static void list_scenarios(struct list *list)
{
    for (size_t i = 0; i < scenario_builtin_count; i++) {
        struct error err = {0};
        struct scenario *scenario = scenario_load(scenario_builtin_names[i], &err);
        item(list, scenario_builtin_names[i], scenario ? scenario->summary : err.text);
        scenario_destroy(&scenario);
    }
}

static void list_policies(struct list *list)
{
    for (size_t i = 0; i < policy_count; i++)
        item(list, policy_table[i]->name, policy_table[i]->summary);
}

/* What a network may be shown, by the names of its inputs. */
static void list_inputs(struct list *list)
{
    for (size_t i = 0; i < feature_count; i++)
        item(list, feature_table[i].name, feature_table[i].help);
    item(list, "state", "what the network's output state_out said last; zeros at first");
}

static void list_robots(struct list *list)
{
    for (size_t i = 0; i < urdf_builtin_count; i++)
        item(list, urdf_builtins[i].name, urdf_builtins[i].summary);
}

static void list_sensors(struct list *list)
{
    for (int i = 0; i < SENSOR_COUNT; i++)
        item(list, sensor_names[i],
             i == SENSOR_ULTRASONIC ? "fitted with --set ultrasonic.enabled=true" : "can be removed with --without");
}

static void list_violations(struct list *list)
{
    for (int i = 0; i < VIOLATION_COUNT; i++)
        item(list, violation_table[i].id, violation_table[i].what);
}

/* One group of settings: with names only "section.name" (the task's have no section), else one a line with value, unit,
 * help and bounds. */
static void settings_print(struct list *list, const char *section, const char *help, const struct param *rows,
                           size_t count, const void *values)
{
    struct bytes text = {0};
    for (size_t i = 0; i < count && (list->options->json || list->options->names); i++) {
        char name[96];
        snprintf(name, sizeof name, "%s%s%s", section, *section ? "." : "", rows[i].name);
        item(list, name, rows[i].help);
    }
    if (list->options->json || list->options->names)
        return;
    bytes_format(&text, " %s%s%s\n", section, *section ? ": " : "", help);
    param_print(rows, count, values, &text);
    fwrite(text.data, 1, text.size, stdout);
    bytes_clear(&text);
}

/* What has no scenario to hold it shows its defaults. */
static void defaults_print(struct list *list, const char *section, const char *help, const struct param *rows,
                           size_t count)
{
    union {
        double align;
        char bytes[1024];
    } values;
    for (size_t i = 0; i < count; i++)
        ASSERT(rows[i].offset + sizeof(double) <= sizeof values);
    param_defaults(rows, count, &values);
    if (count)
        settings_print(list, section, help, rows, count, &values);
}

/* Every number that --set can change, with unit, bounds and default. */
static void list_settings(struct list *list)
{
    struct scenario *scenario = scenario_load(scenario_builtin_names[0], NULL);
    if (scenario)
        settings_print(list, "", "the task", scenario_task_rows, scenario_task_row_count, scenario);
    for (size_t i = 0; scenario && i < scenario_section_count; i++) {
        const struct scenario_section *section = &scenario_section_table[i];
        settings_print(list, section->name, section->help, section->rows, section->row_count,
                       (char *)scenario + section->offset);
    }
    scenario_destroy(&scenario);
    for (size_t i = 0; i < policy_count; i++)
        defaults_print(list, policy_table[i]->name, "the policy of that name", policy_table[i]->params,
                       policy_table[i]->param_count);
    defaults_print(list, "planner", "the way to the goal", planner_params, planner_param_count);
    defaults_print(list, "shield", "the last word on every command", shield_params, shield_param_count);
    defaults_print(list, "recovery", "what gets a stuck robot going again", recovery_params, recovery_param_count);
    defaults_print(list, "saliency", "what a network's command hangs on (/binnacle/saliency)", saliency_params,
                   saliency_param_count);
}

/* "lidar:bias" and "=-100..100 m" */
static void fault_pair(int target, enum fault_kind kind, char name[64], char amount[64])
{
    struct fault_range range = fault_range(target, kind);
    snprintf(name, 64, "%s:%s", fault_target_name(target), fault_kind_names[kind]);
    amount[0] = '\0';
    if (range.unit)
        snprintf(amount, 64, "=%g..%g%s%s%s", range.least, range.most, *range.unit ? " " : "", range.unit,
                 kind == FAULT_DRIFT ? "/s" : "");
    size_t length = strlen(amount);
    if (range.unit && !isnan(range.fallback))
        snprintf(amount + length, 64 - length, ", %g if left out", range.fallback);
}

/* What can go wrong, and on what: the pairs that make sense. */
static void list_faults(struct list *list)
{
    char name[64], amount[64];
    bool plain = !list->options->json && !list->options->names;
    for (int i = 0; plain && i < FAULT_KIND_COUNT; i++)
        item(list, fault_kind_names[i], fault_kind_whats[i]);
    for (int target = 0; target < FAULT_TARGETS; target++)
        for (int i = 0; i < FAULT_KIND_COUNT; i++) {
            if (!(fault_target_kinds(target) >> i & 1))
                continue;
            fault_pair(target, (enum fault_kind)i, name, amount);
            if (plain)
                printf("  %s%s\n", name, amount);
            else
                item(list, name, fault_kind_whats[i]);
        }
    if (plain)
        printf("TARGET:KIND=AMOUNT@ONSET+DURATION~RECOVERY, times in seconds; what follows the kind may be left out:\n"
               "  lidar:bias=0.2@5+10~2   camera:drop=0.3   policy:hang@8+0.5\n");
}

static const struct list_kind {
    const char *name;
    void (*print)(struct list *);
} kinds[] = {
    {"scenarios", list_scenarios},   {"policies", list_policies}, {"inputs", list_inputs}, {"robots", list_robots},
    {"sensors", list_sensors},
    {"violations", list_violations}, {"settings", list_settings}, {"faults", list_faults},
};

static int list_run(const void *options, int argument_count, char **arguments)
{
    struct list list = {.options = options};
    size_t chosen = COUNT_OF(kinds);
    for (size_t i = 0; argument_count && i < COUNT_OF(kinds); i++)
        if (!strcmp(kinds[i].name, arguments[0]))
            chosen = i;
    if (argument_count && chosen == COUNT_OF(kinds)) {
        struct error err = {0};
        char hint[96];
        names_hint(hint, sizeof hint, arguments[0], kinds, COUNT_OF(kinds), sizeof *kinds);
        error_set(
            &err, STATUS_BAD_INPUT,
            "there is no list of '%s'%s (scenarios, policies, inputs, robots, sensors, violations, settings, faults)",
            arguments[0], hint);
        return command_fail("list", &err);
    }
    if (list.options->json)
        printf("[");
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (argument_count ? i != chosen : (kinds[i].print == list_settings || kinds[i].print == list_faults))
            continue;
        list.kind = kinds[i].name;
        if (!argument_count && !list.options->json && !list.options->names)
            printf("%s\n", kinds[i].name);
        kinds[i].print(&list);
    }
    if (list.options->json)
        printf("]\n");
    return 0;
}

static const struct option_row rows[] = {
    {"json", 'j', OPTION_SWITCH, offsetof(struct list_options, json), NULL, "as a JSON array", 0, 0},
    {"names", 0, OPTION_SWITCH, offsetof(struct list_options, names), NULL, "names only, one a line", 0, 0},
};

const struct command command_list = {
    .name = "list",
    .arguments = "[KIND]",
    .summary = "scenarios, policies, inputs, robots, sensors, violations, settings, faults",
    .details = "",
    .options = rows,
    .option_count = COUNT_OF(rows),
    .options_size = sizeof(struct list_options),
    .arguments_max = 1,
    .run = list_run,
};
