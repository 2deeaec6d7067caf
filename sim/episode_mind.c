#include "sim/episode_mind.h"

#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "sim/sensors.h"

bool episode_is_navigation(const char *assignment)
{
    size_t length = strcspn(assignment, ".=");
    for (size_t i = 0; i < policy_count; i++)
        if (strlen(policy_table[i]->name) == length && !strncmp(assignment, policy_table[i]->name, length))
            return true;
    return !strncmp(assignment, "shield.", 7) || !strncmp(assignment, "planner.", 8) ||
           !strncmp(assignment, "recovery.", 9);
}

static enum status apply_sets(struct scenario *scenario, const struct episode_options *options,
                              const char **navigation, size_t *navigation_count, struct error *err)
{
    for (size_t i = 0; i < options->set_count; i++) {
        const char *assignment = options->sets[i];
        enum status status = STATUS_OK;
        if (episode_is_navigation(assignment))
            navigation[(*navigation_count)++] = assignment;
        else
            status = scenario_set(scenario, assignment, err);
        if (status)
            return error_context(err, "--set %s", assignment);
    }
    return scenario_expand(scenario, options->seed, err);
}

static struct task task_of(const struct scenario *s)
{
    return (struct task){
        .goal = s->goal,
        .goal_tolerance_m = s->goal_tolerance_m,
        .length_m = s->robot.length_m,
        .width_m = s->robot.width_m,
        .max_v_mps = s->robot.max_v_mps,
        .min_v_mps = s->robot.min_v_mps,
        .max_w_radps = s->robot.max_w_radps,
        .max_a_mps2 = s->robot.max_a_mps2,
        .max_alpha_radps2 = s->robot.max_alpha_radps2,
        .period_s = 1.0 / s->world.control_hz,
    };
}

static enum status navigator_build(const struct scenario *scenario, const struct episode_options *options,
                                   const char *const *sets, size_t set_count, struct navigator **navigator,
                                   struct error *err)
{
    struct navigator_config config = navigator_config_default();
    const char *shield = options->shield ? options->shield : scenario->shield;
    int mode = 0;
    while (shield_mode_names[mode] && strcmp(shield_mode_names[mode], shield))
        mode++;
    if (!shield_mode_names[mode])
        return error_set(err, STATUS_BAD_INPUT, "unknown shield mode '%s'; use off, monitor or on", shield);
    config.task = task_of(scenario);
    config.policy = options->policy ? options->policy : scenario->policy;
    config.shield = (enum shield_mode)mode;
    config.sets = sets;
    config.set_count = set_count;
    *navigator = navigator_create(&config, err);
    return *navigator ? STATUS_OK : err->status;
}

static struct perception *perception_build(const struct scenario *s, unsigned without)
{
    struct static_map map = {s->map, s->map_cells};
    struct perception_config config = {
        .start = s->start,
        .length_m = s->robot.length_m,
        .width_m = s->robot.width_m,
        .bounds_x0_m = s->x0_m,
        .bounds_y0_m = s->y0_m,
        .bounds_x1_m = s->x1_m,
        .bounds_y1_m = s->y1_m,
        .resolution_m = 0.05,
        .map = s->map_given && s->map.width ? &map : NULL,
    };
    sensors_describe(s, without, &config);
    return perception_create(&config);
}

enum status episode_mind(struct scenario *scenario, const struct episode_options *options,
                         struct perception **perception, struct navigator **navigator, struct error *err)
{
    const char **sets = NEW_ARRAY(options->set_count, const char *);
    size_t set_count = 0;
    enum status status = apply_sets(scenario, options, sets, &set_count, err);
    if (!status)
        status = navigator_build(scenario, options, sets, set_count, navigator, err);
    if (!status)
        *perception = perception_build(scenario, options->without);
    free(sets);
    return status;
}

enum status episode_mind_of(const struct scenario *scenario, const struct episode_options *options,
                            struct perception **perception, struct navigator **navigator, struct error *err)
{
    enum status status = navigator_build(scenario, options, NULL, 0, navigator, err);
    if (!status)
        *perception = perception_build(scenario, options->without);
    return status;
}
