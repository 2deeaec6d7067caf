#include "sim/episode_mind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "perception/seeing.h"
#include "sim/sensors.h"

static enum status apply_sets(struct scenario *scenario, const struct episode_options *options,
                              const struct bring *bring,
                              const char **navigation, size_t *navigation_count, struct error *err)
{
    for (size_t i = 0; i < options->set_count; i++) {
        const char *assignment = options->sets[i];
        enum status status = STATUS_OK;
        if (bring_is_navigation(bring, assignment))
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

enum { DRIVER, SHADOW, ROLES };
struct wanted { /* who drives and who watches, by the names the navigator knows */
    char name[ROLES][BROUGHT_NAME_MAX];
    const struct policy *brought[ROLES]; /* brought_count of them, to be owned by the navigator */
    size_t brought_count;
};

static enum status wanted_open(const struct scenario *scenario, const struct episode_options *options,
                               struct bring *bring, struct wanted *wanted, struct error *err)
{
    const char *what[ROLES] = {options->policy ? options->policy : scenario->policy, options->shadow};
    *wanted = (struct wanted){0};
    for (int role = 0; role < ROLES; role++) {
        const struct policy *policy;
        if (!what[role])
            continue;
        enum status status = bring_policy(bring, what[role], wanted->name[role], &policy, err);
        if (status)
            return status;
        if (policy)
            wanted->brought[wanted->brought_count++] = policy;
    }
    return STATUS_OK;
}

static void wanted_close(struct wanted *wanted)
{
    while (wanted->brought_count) {
        const struct policy *policy = wanted->brought[--wanted->brought_count];
        policy->close(policy);
    }
}

static enum status navigator_build(const struct scenario *scenario, const struct episode_options *options,
                                   const char *const *sets, size_t set_count, struct wanted *wanted,
                                   struct navigator **navigator,
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
    config.policy = wanted->name[DRIVER];
    config.shadow = *wanted->name[SHADOW] ? wanted->name[SHADOW] : NULL;
    config.brought = wanted->brought;
    config.brought_count = wanted->brought_count;
    config.shield = (enum shield_mode)mode;
    config.sets = sets;
    config.set_count = set_count;
    *navigator = navigator_create(&config, err);
    wanted->brought_count = 0; /* they are the navigator's, even where it failed */
    return *navigator ? STATUS_OK : err->status;
}

static enum status seeing_build(const struct scenario *s, struct perception_config *config, struct error *err)
{
    struct scenario_network network;
    const struct camera camera = {.width = config->camera_width, .height = config->camera_height,
                                  .focal_px = config->camera_width / 2.0 / tan(config->camera_hfov_rad / 2),
                                  .mount = config->camera_in_base};
    if (config->nominal_hz[SENSOR_CAMERA] <= 0 || !scenario_labels_network(s, &network))
        return STATUS_OK;
    config->seeing = seeing_create(network.data, network.size, network.name, &camera, err);
    return config->seeing ? STATUS_OK : error_context(err, "camera.labels");
}

static enum status perception_build(const struct scenario *s, const struct episode_options *options,
                                    struct perception **perception, struct error *err)
{
    struct static_map map = {s->map, s->map_cells};
    struct perception_config config = {
        .start = s->start,
        .start_unknown = !s->start_known,
        .seed = options->seed,
        .length_m = s->robot.length_m,
        .width_m = s->robot.width_m,
        .bounds_x0_m = s->x0_m,
        .bounds_y0_m = s->y0_m,
        .bounds_x1_m = s->x1_m,
        .bounds_y1_m = s->y1_m,
        .update_hz = s->world.control_hz,
        .resolution_m = 0.05,
        .map = s->map_given && s->map.width ? &map : NULL,
    };
    sensors_describe(s, options->without, &config);
    enum status status = seeing_build(s, &config, err);
    if (!status)
        *perception = perception_create(&config);
    return status;
}

enum status episode_mind(struct scenario *scenario, const struct episode_options *options, struct bring *bring,
                         struct perception **perception, struct navigator **navigator, struct error *err)
{
    const char **sets = NEW_ARRAY(options->set_count, const char *);
    size_t set_count = 0;
    struct wanted wanted;
    enum status status = wanted_open(scenario, options, bring, &wanted, err);
    if (!status)
        status = apply_sets(scenario, options, bring, sets, &set_count, err);
    if (!status)
        status = navigator_build(scenario, options, sets, set_count, &wanted, navigator, err);
    else
        wanted_close(&wanted);
    if (!status)
        status = perception_build(scenario, options, perception, err);
    free(sets);
    return status;
}

enum status episode_mind_of(const struct scenario *scenario, const struct episode_options *options,
                            struct perception **perception, struct navigator **navigator, struct error *err)
{
    struct wanted wanted = {0};
    snprintf(wanted.name[DRIVER], sizeof wanted.name[DRIVER], "%s",
             options->policy ? options->policy : scenario->policy);
    enum status status = navigator_build(scenario, options, NULL, 0, &wanted, navigator, err);
    if (!status)
        status = perception_build(scenario, options, perception, err);
    return status;
}
