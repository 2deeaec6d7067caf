#include "sim/episode_parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum status command_estop(struct episode *e, struct msg_command *c, struct error *err)
{
    (void)err;
    navigator_estop(e->navigator, !strcmp(c->verb, "estop"));
    return STATUS_OK;
}

static enum status command_teleop(struct episode *e, struct msg_command *c, struct error *err)
{
    (void)err;
    navigator_teleop(e->navigator, (struct twist2){c->values.data[0], c->values.data[1]}, e->now_ns);
    return STATUS_OK;
}

/* The policy of that name, file or endpoint, known to the navigator from now on as `name`. */
static enum status bring(struct episode *e, const char *what, char name[BROUGHT_NAME_MAX], struct error *err)
{
    const struct policy *policy;
    enum status status = bring_policy(e->bring, what, name, &policy, err);
    if (policy)
        navigator_bring(e->navigator, policy);
    return status;
}

/* What is logged is the name that says which version of a file it was. */
static enum status command_policy(struct episode *e, struct msg_command *c, struct error *err)
{
    enum status status = bring(e, c->text, e->named, err);
    c->text = e->named;
    return status ? status : navigator_swap(e->navigator, e->named, err);
}

static enum status command_shadow(struct episode *e, struct msg_command *c, struct error *err)
{
    e->named[0] = '\0';
    enum status status = *c->text ? bring(e, c->text, e->named, err) : STATUS_OK;
    c->text = e->named;
    return status ? status : navigator_shadow(e->navigator, e->named, err);
}

static enum status command_rollback(struct episode *e, struct msg_command *c, struct error *err)
{
    (void)c, (void)err;
    navigator_rollback(e->navigator);
    return STATUS_OK;
}

static enum status command_answer(struct episode *e, struct msg_command *c, struct error *err)
{
    if (!e->options.repeats)
        return error_set(err, STATUS_BAD_INPUT,
                         "answer is what a policy's process says; it cannot be given as a command");
    bring_answer(e->bring, c);
    return STATUS_OK;
}

static enum status command_shield(struct episode *e, struct msg_command *c, struct error *err)
{
    for (int mode = 0; shield_mode_names[mode]; mode++)
        if (!strcmp(c->text, shield_mode_names[mode])) {
            navigator_shield(e->navigator, (enum shield_mode)mode);
            return STATUS_OK;
        }
    return error_set(err, STATUS_BAD_INPUT, "unknown shield mode '%s'; use off, monitor or on", c->text);
}

static enum status command_set(struct episode *e, struct msg_command *c, struct error *err)
{
    if (!bring_is_navigation(e->bring, c->text))
        return error_set(err, STATUS_BAD_INPUT, "'%s' cannot change in a running episode; reset with --set", c->text);
    return navigator_set(e->navigator, c->text, err);
}

static enum status command_goal(struct episode *e, struct msg_command *c, struct error *err)
{
    const struct scenario *s = e->scenario;
    struct vec2 goal = {c->values.data[0], c->values.data[1]};
    if (goal.x < s->x0_m || goal.x > s->x1_m || goal.y < s->y0_m || goal.y > s->y1_m)
        return error_set(err, STATUS_BAD_INPUT, "goal (%g, %g) is outside the world, %g..%g x %g..%g m", goal.x, goal.y,
                         s->x0_m, s->x1_m, s->y0_m, s->y1_m);
    navigator_goal(e->navigator, goal);
    publish_goal(e->journal, e->now_ns, goal);
    return STATUS_OK;
}

static enum status command_seed(struct episode *e, struct msg_command *c, struct error *err)
{
    char *end;
    errno = 0;
    unsigned long long seed = strtoull(c->text, &end, 10);
    if (*c->text < '0' || *c->text > '9' || *end || errno)
        return error_set(err, STATUS_BAD_INPUT, "seed takes a whole number, not '%s'", c->text);
    sensors_seed(e->sensors, seed);
    companions_seed(e->companions, seed);
    return STATUS_OK;
}

static enum status command_fault(struct episode *e, struct msg_command *c, struct error *err)
{
    struct fault_spec spec;
    enum status status = fault_parse(c->text, &spec, err);
    return status ? status : faults_add(e->faults, &spec, e->now_ns, err);
}

static enum status command_fault_clear(struct episode *e, struct msg_command *c, struct error *err)
{
    return faults_clear(e->faults, c->text, e->now_ns, err);
}

static const struct command_row {
    const char *verb;
    uint32_t values;
    enum status (*apply)(struct episode *, struct msg_command *, struct error *);
    bool silent; /* it is logged when it is used */
} command_table[] = {
    {"estop", 0, command_estop, false},   {"release", 0, command_estop, false},
    {"teleop", 2, command_teleop, false}, {"policy", 0, command_policy, false},
    {"shield", 0, command_shield, false}, {"set", 0, command_set, false},
    {"goal", 2, command_goal, false},     {"seed", 0, command_seed, false},
    {"rollback", 0, command_rollback, false}, {"shadow", 0, command_shadow, false},
    {"answer", 4, command_answer, true},
    {"fault", 0, command_fault, false},   {"fault_clear", 0, command_fault_clear, false},
};

static const struct command_row *command_find(const char *verb)
{
    for (size_t i = 0; i < COUNT_OF(command_table); i++)
        if (!strcmp(command_table[i].verb, verb))
            return &command_table[i];
    return NULL;
}

bool episode_knows(const char *verb) { return command_find(verb) != NULL; }

uint32_t episode_values(const char *verb)
{
    const struct command_row *row = command_find(verb);
    return row ? row->values : 0;
}

enum status episode_command(struct episode *e, const struct msg_command *command, struct error *err)
{
    const struct command_row *row = command_find(command->verb);
    if (!row)
        return error_set(err, STATUS_BAD_INPUT, "unknown command '%s'", command->verb);
    if (command->values.count != row->values)
        return error_set(err, STATUS_BAD_INPUT, "%s takes %u numbers, not %u", row->verb, row->values,
                         command->values.count);
    for (uint32_t i = 0; i < command->values.count; i++)
        if (!isfinite(command->values.data[i]))
            return error_set(err, STATUS_BAD_INPUT, "%s: number %u is not finite", row->verb, i + 1);
    if (e->outcome != OUTCOME_RUNNING)
        return error_set(err, STATUS_BAD_INPUT, "the episode is over (%s); reset first", outcome_names[e->outcome]);
    struct msg_command logged = *command;
    logged.tick = e->tick + 1; /* it takes effect before this tick */
    if (!logged.text)
        logged.text = "";
    enum status status = row->apply(e, &logged, err);
    if (status || row->silent)
        return status;
    journal_publish(e->journal, TOPIC_COMMAND, e->now_ns, &logged);
    if (strcmp(logged.verb, "teleop")) /* many a second, and seen in the decision */
        journal_say(e->journal, e->now_ns, 20, "operator", "%s%s%s", logged.verb, *logged.text ? " " : "", logged.text);
    return STATUS_OK;
}
