#include "sim/companion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "logs/seed.h"
#include "sim/actuator.h"
#include "sim/episode_mind.h"
#include "sim/sensors.h"

enum { WITHOUT = 1u << SENSOR_CAMERA | 1u << SENSOR_DEPTH };

struct companion {
    const struct robot_agent *agent; /* borrowed from the scenario */
    struct scenario *view;           /* the scenario with this robot's task; shares all that is behind pointers */
    struct robot *robot;
    struct sensors *sensors;
    struct actuator *actuator;
    struct perception *perception;
    struct navigator *navigator;
    struct navigator_output output;
    struct twist2 applied;
    uint32_t goals_reached;
    bool homeward, stays; /* on patrol: for its start; there is nothing left to do */
};

struct companions {
    const struct scenario *scenario;
    struct world *world;
    struct journal *unheard; /* where their sensors publish: nobody listens */
    struct companion *list;
    size_t count;
    uint32_t touches;
    bool touching[ROBOTS_MAX][ROBOTS_MAX];
};

/* --- building --------------------------------------------------------------------------------------------------- */

static uint64_t own_seed(const struct companion *c, uint64_t seed)
{
    char name[64];
    snprintf(name, sizeof name, "robots.%s", c->agent->name);
    struct seed_stream stream = seed_stream_named(seed, name);
    return seed_u64(&stream);
}

static void take(void *self, enum topic topic, const void *message)
{
    struct companion *c = self;
    perception_put(c->perception, topic, message);
}

/* Perception and navigator take their task from a scenario; so each robot has one in which it is the only robot. */
static struct scenario *view_create(const struct scenario *scenario, const struct robot_agent *agent)
{
    struct scenario *view = NEW(struct scenario);
    *view = *scenario;
    view->start = agent->start;
    view->goal = agent->goal;
    memcpy(view->policy, agent->policy, sizeof view->policy);
    memcpy(view->shield, agent->shield, sizeof view->shield);
    return view;
}

static enum status companion_build(struct companions *all, size_t i, uint64_t seed, struct error *err)
{
    struct companion *c = &all->list[i];
    c->agent = &all->scenario->robots[i];
    c->view = view_create(all->scenario, c->agent);
    struct robot_def def = robot_def_of(c->view);
    def.name = c->agent->name;
    def.tag = TAG_ROBOT - 1 - (int32_t)i;
    def.seen = true;
    struct episode_options options = {.seed = own_seed(c, seed), .without = WITHOUT};
    enum status status = episode_mind_of(c->view, &options, &c->perception, &c->navigator, err);
    if (!status && !(c->robot = robot_create(all->world, &def, err)))
        status = err->status;
    if (status)
        return error_context(err, "robot '%s'", c->agent->name);
    c->sensors = sensors_create(&(struct sensors_def){.world = all->world, .robot = c->robot, .journal = all->unheard,
                                                      .seed = options.seed, .without = WITHOUT, .take = take,
                                                      .self = c});
    c->actuator = actuator_create(robot_config(c->robot), options.seed, NULL);
    return STATUS_OK;
}

struct companions *companions_create(const struct scenario *scenario, struct world *world, uint64_t seed,
                                     struct error *err)
{
    struct companions *all = NEW(struct companions);
    all->scenario = scenario;
    all->world = world;
    all->unheard = journal_create();
    all->count = scenario->robot_count;
    all->list = NEW_ARRAY(all->count, struct companion);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < all->count && !status; i++)
        status = companion_build(all, i, seed, err);
    if (status)
        companions_destroy(&all);
    return all;
}

void companions_destroy(struct companions **companions)
{
    struct companions *all = *companions;
    *companions = NULL;
    if (!all)
        return;
    for (size_t i = 0; i < all->count; i++) {
        struct companion *c = &all->list[i];
        navigator_destroy(&c->navigator);
        perception_destroy(&c->perception);
        actuator_destroy(&c->actuator);
        sensors_destroy(&c->sensors);
        robot_destroy(&c->robot);
        free(c->view);
    }
    free(all->list);
    journal_destroy(&all->unheard);
    free(all);
}

size_t companions_count(const struct companions *all) { return all->count; }

/* --- a tick ----------------------------------------------------------------------------------------------------- */

void companions_start_tick(struct companions *all)
{
    for (size_t i = 0; i < all->count; i++)
        robot_contacts_clear(all->list[i].robot);
}

size_t companions_drive(struct companions *all, int64_t now_ns, struct actor_robot outlines[ROBOTS_MAX])
{
    for (size_t i = 0; i < all->count; i++) {
        struct companion *c = &all->list[i];
        struct twist2 asked;
        if (actuator_arrived(c->actuator, now_ns, &asked))
            c->applied = robot_drive(c->robot, asked, 1.0 / all->scenario->world.control_hz);
        robot_step(c->robot, 1.0 / all->scenario->world.physics_hz);
        outlines[i] = robot_outline(c->robot, all->world);
    }
    return all->count;
}

void companions_sense(struct companions *all, uint64_t step, int64_t now_ns)
{
    for (size_t i = 0; i < all->count; i++) {
        robot_contacts_gather(all->list[i].robot, all->world);
        robot_update_rays(all->list[i].robot, all->world);
    }
    for (size_t i = 0; i < all->count; i++) /* all stand where they are before any of them looks */
        sensors_sample(all->list[i].sensors, step, now_ns);
}

/* Judged by the truth, as the first robot's success is. */
static void check_goal(struct companions *all, struct companion *c)
{
    struct vec2 goal = navigator_task(c->navigator)->goal;
    struct pose2 at = robot_state(c->robot, all->world).ground;
    if (c->stays || hypot(goal.x - at.x, goal.y - at.y) > all->scenario->goal_tolerance_m)
        return;
    c->goals_reached++;
    c->stays = !c->agent->patrol;
    if (c->stays)
        return;
    c->homeward = !c->homeward;
    navigator_goal(c->navigator, c->homeward ? (struct vec2){c->agent->start.x, c->agent->start.y} : c->agent->goal);
}

void companions_decide(struct companions *all, int64_t now_ns)
{
    for (size_t i = 0; i < all->count; i++) {
        struct companion *c = &all->list[i];
        const struct belief *belief = perception_update(c->perception, now_ns);
        check_goal(all, c);
        c->output = navigator_decide(c->navigator, belief);
        struct twist2 command = c->stays ? (struct twist2){0, 0} : c->output.verdict->command;
        actuator_send(c->actuator, command, now_ns);
        perception_command(c->perception, now_ns, command);
    }
}

/* --- touching --------------------------------------------------------------------------------------------------- */

static bool touches(const struct robot *robot, int32_t tag)
{
    const struct robot_contact *contacts;
    size_t count = robot_contacts(robot, &contacts);
    for (size_t i = 0; i < count; i++)
        if (contacts[i].tag == tag)
            return true;
    return false;
}

uint32_t companions_count_touches(struct companions *all, const struct robot *first)
{
    for (size_t a = 0; a <= all->count; a++)
        for (size_t b = a + 1; b <= all->count; b++) {
            bool now = touches(a ? all->list[a - 1].robot : first, TAG_ROBOT - (int32_t)b);
            all->touches += now && !all->touching[a][b];
            all->touching[a][b] = now;
        }
    return all->touches;
}

/* --- the rest --------------------------------------------------------------------------------------------------- */

void companions_seed(struct companions *all, uint64_t seed)
{
    for (size_t i = 0; i < all->count; i++)
        sensors_seed(all->list[i].sensors, own_seed(&all->list[i], seed));
}

struct robot_state companion_state(const struct companions *all, size_t i)
{
    ASSERT(i < all->count);
    return robot_state(all->list[i].robot, all->world);
}

static struct msg_robot_truth truth_of(const struct companions *all, const struct companion *c)
{
    struct robot_state state = robot_state(c->robot, all->world);
    struct vec3 p = state.pose.position;
    struct quat q = state.pose.orientation;
    const struct vec2 goal = navigator_task(c->navigator)->goal;
    return (struct msg_robot_truth){
        .name = c->agent->name,
        .pose = {{p.x, p.y, p.z}, {q.x, q.y, q.z, q.w}},
        .twist = {.linear = {state.twist.v_mps, 0, 0}, .angular = {0, 0, state.twist.w_radps}},
        .goal = {goal.x, goal.y, 0},
        .goals_reached = c->goals_reached,
        .policy = navigator_policy(c->navigator)->name,
        .wish_v_mps = c->output.decision ? c->output.decision->wish.v_mps : 0,
        .wish_w_radps = c->output.decision ? c->output.decision->wish.w_radps : 0,
        .v_mps = c->applied.v_mps,
        .w_radps = c->applied.w_radps,
        .shield_active = c->output.verdict && c->output.verdict->active,
        .reason = c->stays ? "at its goal" : c->output.decision ? c->output.decision->reason : "",
    };
}

void companions_publish(const struct companions *all, struct journal *journal, uint64_t tick, int64_t now_ns)
{
    struct msg_robot_truth rows[ROBOTS_MAX];
    if (!all->count)
        return;
    for (size_t i = 0; i < all->count; i++)
        rows[i] = truth_of(all, &all->list[i]);
    struct msg_robots message = {.header = {message_time(now_ns), "map"}, .tick = tick, .touches = all->touches,
                                 .robots = {rows, (uint32_t)all->count}};
    journal_publish(journal, TOPIC_TRUTH_ROBOTS, now_ns, &message);
}

uint64_t companions_hash(const struct companions *all, uint64_t hash)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct companion *c = &all->list[i];
        const uint32_t state[] = {c->goals_reached, c->homeward, c->stays, all->touches};
        hash = actuator_hash(c->actuator, robot_hash(c->robot, hash));
        hash = perception_hash(c->perception, sensors_hash(c->sensors, hash));
        hash = hash_bytes(navigator_hash(c->navigator, hash), state, sizeof state);
    }
    return hash;
}
