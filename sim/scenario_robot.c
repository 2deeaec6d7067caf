/* The list `robots`: those that drive beside the scenario's own robot. */
#include <stdio.h>
#include <string.h>

#include "logs/names.h"
#include "nav/policy.h"
#include "nav/shield.h"
#include "sim/scenario_internal.h"

static const struct field robot_fields[] = {
    ROW_TEXT(robot_agent, name, false, "shown in the ledger"),
    {.param = {.name = "start", .offset = offsetof(struct robot_agent, start), .kind = PARAM_REAL, .min = -1000,
               .max = 1000, .unit = "m", .help = "x, y in m and yaw in rad"},
     .shape = FIELD_NUMBERS, .least = 3, .most = 3, .required = true},
    ROW_NUMBERS(robot_agent, goal, 2, 2, -1000, 1000, true, "x, y in m"),
    ROW_TEXT(robot_agent, policy, false, "who drives it; dwa"),
    ROW_TEXT(robot_agent, shield, false, "off, monitor or on"),
    ROW_YES_NO(robot_agent, patrol, "drives back and forth instead of staying at its goal"),
};

/* The node of one key, for sentences about its value. */
static const struct scenario_node *key_of(const struct scenario_node *map, const char *key)
{
    for (const struct scenario_node *node = map->first; node; node = node->next)
        if (!strcmp(node->key, key))
            return node;
    return map;
}

static enum status names_check(const struct scenario *scenario, const struct robot_agent *agent,
                               const struct scenario_node *node, struct error *err)
{
    struct error why = {0};
    if (!policy_find(agent->policy, &why))
        return scenario_yaml_refuse(key_of(node, "policy"), err, "%s", why.text);
    size_t mode = 0;
    while (shield_mode_names[mode] && strcmp(shield_mode_names[mode], agent->shield))
        mode++;
    if (!shield_mode_names[mode])
        return scenario_yaml_refuse(key_of(node, "shield"), err, "unknown shield mode '%s'; use off, monitor or on",
                                    agent->shield);
    for (size_t i = 0; i < scenario->robot_count; i++)
        if (!strcmp(scenario->robots[i].name, agent->name))
            return scenario_yaml_refuse(key_of(node, "name"), err, "two robots are called '%s'", agent->name);
    if (!strcmp(agent->name, "robot"))
        return scenario_yaml_refuse(key_of(node, "name"), err, "'robot' is the name of the scenario's own robot");
    return STATUS_OK;
}

enum status scenario_robot_read(struct scenario *scenario, const struct scenario_node *node, struct error *err)
{
    struct robot_agent agent = {.policy = "dwa", .shield = "on"};
    unsigned seen;
    if (scenario->robot_count == SCENARIO_ROBOTS_MAX)
        return scenario_yaml_refuse(node, err, "more than %d robots beside the scenario's own; remove some",
                                    SCENARIO_ROBOTS_MAX);
    enum status status =
        scenario_field_read_all(robot_fields, COUNT_OF(robot_fields), node, "a robot", &agent, &seen, err);
    if (status)
        return status;
    if (!*agent.name)
        snprintf(agent.name, sizeof agent.name, "robot %zu", scenario->robot_count + 2);
    agent.start.yaw = wrap_angle(agent.start.yaw);
    status = names_check(scenario, &agent, node, err);
    if (!status)
        scenario->robots[scenario->robot_count++] = agent;
    return status;
}

/* --- cross-checks, when all is read ----------------------------------------------------------------------------- */

static bool is_inside(const struct scenario *s, struct vec2 p)
{
    return p.x >= s->x0_m && p.x <= s->x1_m && p.y >= s->y0_m && p.y <= s->y1_m;
}

static enum status place_check(const struct scenario *s, const struct robot_agent *agent, const char *what,
                               struct vec2 p, struct error *err)
{
    if (!is_inside(s, p))
        return error_set(err, STATUS_BAD_INPUT, "%s: the %s of '%s' (%g, %g) is outside the bounds", s->files[0].name,
                         what, agent->name, p.x, p.y);
    const char *blocker = scenario_route_blocker(s, p, s->robot.width_m / 2);
    if (blocker)
        return error_set(err, STATUS_BAD_INPUT, "%s: at its %s (%g, %g) '%s' would stand in '%s'; move one of them",
                         s->files[0].name, what, p.x, p.y, agent->name, blocker);
    return STATUS_OK;
}

enum status scenario_robots_check(const struct scenario *s, struct error *err)
{
    double apart = hypot(s->robot.length_m, s->robot.width_m);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < s->robot_count && !status; i++) {
        const struct robot_agent *agent = &s->robots[i];
        struct vec2 start = {agent->start.x, agent->start.y};
        status = place_check(s, agent, "start", start, err);
        if (!status)
            status = place_check(s, agent, "goal", agent->goal, err);
        for (size_t j = 0; j <= i && !status; j++) {
            struct pose2 other = j ? s->robots[j - 1].start : s->start;
            if (vec2_distance(start, (struct vec2){other.x, other.y}) < apart)
                status = error_set(err, STATUS_BAD_INPUT, "%s: '%s' and '%s' start within %.2f m of each other; move "
                                   "them apart", s->files[0].name, agent->name, j ? s->robots[j - 1].name : "robot",
                                   apart);
        }
    }
    return status;
}
