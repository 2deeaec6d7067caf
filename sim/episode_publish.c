#include "sim/episode_publish.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/build_id.h"

enum { ACTORS_EVERY = 2, HEALTH_EVERY = 10, DIAGNOSTICS_EVERY = 20 }; /* ticks */

/* --- small converters ----------------------------------------------------------------------------------------- */

static struct msg_header header_at(int64_t ns, const char *frame)
{
    return (struct msg_header){.stamp = message_time(ns), .frame_id = frame};
}

static struct msg_pose pose_of2(struct pose2 pose)
{
    struct quat q = quat_from_yaw(pose.yaw);
    return (struct msg_pose){.position = {pose.x, pose.y, 0}, .orientation = {q.x, q.y, q.z, q.w}};
}

static struct msg_pose pose_of3(struct pose3 pose)
{
    struct quat q = pose.orientation;
    return (struct msg_pose){.position = {pose.position.x, pose.position.y, pose.position.z},
                             .orientation = {q.x, q.y, q.z, q.w}};
}

static struct msg_transform_stamped transform_of(int64_t ns, const char *parent, const char *child, struct pose2 pose)
{
    struct msg_pose p = pose_of2(pose);
    return (struct msg_transform_stamped){
        .header = header_at(ns, parent),
        .child_frame_id = child,
        .transform = {.translation = {p.position.x, p.position.y, 0}, .rotation = p.orientation},
    };
}

/* --- at the start ----------------------------------------------------------------------------------------------- */

void publish_goal(struct journal *journal, int64_t now_ns, struct vec2 goal)
{
    struct msg_pose_stamped message = {.header = header_at(now_ns, "map"),
                                       .pose = pose_of2((struct pose2){goal.x, goal.y, 0})};
    journal_publish(journal, TOPIC_GOAL, now_ns, &message);
}

void publish_start(struct journal *journal, const struct scenario *s, const struct episode_options *options,
                   const struct navigator *navigator, double reference_length_m)
{
    char without[96];
    sensors_text(options->without, without, sizeof without);
    struct msg_episode_info info = {
        .header = header_at(0, "map"),
        .scenario = s->name,
        .summary = s->summary,
        .seed = options->seed,
        .policy = navigator_policy(navigator)->name,
        .shield = shield_mode_names[navigator_shield_mode(navigator)],
        .without = without,
        .build_id = options->build_id ? options->build_id : build_id(),
        .tick_ns = 1000000000 / s->world.control_hz,
        .time_limit_ns = (int64_t)(s->time_limit_s * 1e9),
        .robot_length_m = s->robot.length_m,
        .robot_width_m = s->robot.width_m,
        .max_v_mps = s->robot.max_v_mps,
        .max_w_radps = s->robot.max_w_radps,
        .start = pose_of2(s->start),
        .goal = pose_of2((struct pose2){s->goal.x, s->goal.y, 0}),
        .goal_tolerance_m = s->goal_tolerance_m,
        .reference_length_m = reference_length_m,
    };
    journal_publish(journal, TOPIC_EPISODE_INFO, 0, &info);
    if (s->map.width)
        publish_grid(journal, TOPIC_MAP, 0, &s->map, s->map_cells);
    publish_goal(journal, 0, s->goal);
    journal_say(journal, 0, 20, "episode", "%s, seed %llu, policy %s, shield %s%s%s", s->name,
                (unsigned long long)options->seed, info.policy, info.shield, *without ? ", without " : "", without);
    for (size_t i = 0; i < s->draw_count; i++)
        journal_say(journal, 0, 20, "scenario", "drawn: %s = %s", s->draws[i].path, s->draws[i].value);
}

/* --- every tick ------------------------------------------------------------------------------------------------- */

static void publish_truth(const struct tick_report *r)
{
    struct msg_odometry message = {
        .header = header_at(r->now_ns, "map"),
        .child_frame_id = "base_link",
        .pose = {.pose = pose_of3(r->truth->pose)},
        .twist = {.twist = {.linear = {r->truth->twist.v_mps, 0, 0}, .angular = {0, 0, r->truth->twist.w_radps}}},
    };
    journal_publish(r->journal, TOPIC_TRUTH_ODOM, r->now_ns, &message);

    const struct robot_contact *contacts;
    size_t count = robot_contacts(r->robot, &contacts);
    struct msg_contact rows[32];
    count = count < COUNT_OF(rows) ? count : COUNT_OF(rows);
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct msg_contact){
            .body_a = "robot",
            .body_b = world_tag_name(r->world, contacts[i].tag),
            .impulse_ns = contacts[i].impulse_ns,
            .position = {contacts[i].point.x, contacts[i].point.y, contacts[i].point.z},
            .normal = {contacts[i].normal.x, contacts[i].normal.y, contacts[i].normal.z},
        };
    struct msg_contacts all = {.header = header_at(r->now_ns, "map"), .contacts = {rows, (uint32_t)count}};
    if (count)
        journal_publish(r->journal, TOPIC_TRUTH_CONTACTS, r->now_ns, &all);
}

static struct msg_person robot_as_person(const struct tick_report *r, size_t i)
{
    struct robot_state state = companion_state(r->companions, i);
    return (struct msg_person){
        .id = (uint32_t)(r->scenario->actor_count + i),
        .kind = "robot",
        .name = r->scenario->robots[i].name,
        .pose = pose_of2(state.ground),
        .velocity = {state.linear_mps.x, state.linear_mps.y, 0},
        .radius_m = hypot(r->scenario->robot.length_m, r->scenario->robot.width_m) / 2,
    };
}

/* What a tracker is expected to follow: everything that moves by itself as a body of its own. */
static void publish_people(const struct tick_report *r)
{
    struct msg_person rows[SCENARIO_ACTORS_MAX + ROBOTS_MAX];
    uint32_t count = 0;
    for (size_t i = 0; i < r->scenario->actor_count; i++) {
        const struct actor *actor = &r->scenario->actors[i];
        const struct actor_state *state = &r->world->actors[i];
        const struct actor_class *class = actor_classes[actor->kind];
        if (class->is_track)
            rows[count++] = (struct msg_person){
                .id = (uint32_t)i,
                .kind = class->name,
                .name = actor->name,
                .pose = pose_of2((struct pose2){state->at.x, state->at.y, state->heading_rad}),
                .velocity = {state->velocity_mps.x, state->velocity_mps.y, 0},
                .radius_m = actor_reach_m(actor),
            };
    }
    for (size_t i = 0; i < companions_count(r->companions); i++)
        rows[count++] = robot_as_person(r, i);
    struct msg_people message = {.header = header_at(r->now_ns, "map"), .people = {rows, count}};
    if (count && r->tick % ACTORS_EVERY == 0)
        journal_publish(r->journal, TOPIC_TRUTH_PEOPLE, r->now_ns, &message);
}

static void publish_actors(const struct tick_report *r)
{
    struct msg_pose poses[SCENARIO_ACTORS_MAX];
    size_t count = r->scenario->actor_count;
    if (!count || r->tick % ACTORS_EVERY)
        return;
    for (size_t i = 0; i < count; i++) {
        const struct actor_state *actor = &r->world->actors[i];
        poses[i] = pose_of2((struct pose2){actor->at.x, actor->at.y, actor->heading_rad});
    }
    struct msg_pose_array message = {.header = header_at(r->now_ns, "map"), .poses = {poses, (uint32_t)count}};
    journal_publish(r->journal, TOPIC_TRUTH_ACTORS, r->now_ns, &message);
}

/* Silent where nothing moves; one empty message says that the last one has gone. */
static void publish_tracks(const struct tick_report *r)
{
    struct msg_track tracks[TRACKS_MAX];
    const struct belief *belief = r->belief;
    for (size_t i = 0; i < belief->track_count; i++) {
        const struct track *t = &belief->tracks[i];
        tracks[i] = (struct msg_track){.id = t->id, .position = {t->at.x, t->at.y, 0},
                                       .velocity = {t->velocity_mps.x, t->velocity_mps.y, 0}, .radius_m = t->radius_m,
                                       .age_s = t->age_s, .unseen_s = t->unseen_s};
        memcpy(tracks[i].covariance, t->covariance, sizeof tracks[i].covariance);
    }
    struct msg_tracks message = {header_at(r->now_ns, "map"), {tracks, (uint32_t)belief->track_count}};
    if (belief->track_count || r->tracked_before)
        journal_publish(r->journal, TOPIC_TRACKS, r->now_ns, &message);
}

/* Once for each image. */
static void publish_labels(const struct tick_report *r)
{
    const struct sight *sight = &r->belief->sight;
    if (!sight->labels || sight->labels_ns == r->labels_before_ns)
        return;
    uint32_t width = (uint32_t)sight->width, height = (uint32_t)sight->height;
    struct msg_image message = {
        .header = header_at(sight->labels_ns, "camera_optical"),
        .height = height,
        .width = width,
        .encoding = "mono8",
        .step = width,
        .data = {(uint8_t *)(uintptr_t)sight->labels, width * height},
    };
    journal_publish(r->journal, TOPIC_LABELS_SEEN, r->now_ns, &message);
}

static void publish_belief(const struct tick_report *r)
{
    const struct belief *belief = r->belief;
    struct pose2 base_in_odom = r->odometry;
    struct pose2 odom_in_map =
        pose2_compose(belief->pose, pose2_between(base_in_odom, (struct pose2){0, 0, 0}));
    struct msg_transform_stamped rows[] = {
        transform_of(r->now_ns, "map", "odom", odom_in_map),
        transform_of(r->now_ns, "odom", "base_link", base_in_odom),
    };
    struct msg_tf_message tf = {.transforms = {rows, COUNT_OF(rows)}};
    journal_publish(r->journal, TOPIC_TF, r->now_ns, &tf);

    const struct task *task = navigator_task(r->navigator);
    struct msg_belief message = {
        .header = header_at(r->now_ns, "map"),
        .tick = r->tick,
        .x = belief->pose.x,
        .y = belief->pose.y,
        .yaw = belief->pose.yaw,
        .v_mps = belief->twist.v_mps,
        .w_radps = belief->twist.w_radps,
        .localised = belief->localised,
        .match_score = belief->match_score,
        .goal_distance_m = vec2_distance((struct vec2){belief->pose.x, belief->pose.y}, task->goal),
        .path_left_m = r->output->plan->length_m,
    };
    memcpy(message.covariance, belief->covariance, sizeof message.covariance);
    journal_publish(r->journal, TOPIC_BELIEF, r->now_ns, &message);
}

static const char *const health_words[] = {"OK", "STALE", "MISSING", "BAD"};

static void publish_health(const struct tick_report *r)
{
    enum { ROWS = SENSOR_COUNT + 1 }; /* the last is the drive's */
    struct msg_sensor_state states[ROWS];
    struct msg_diagnostic_status rows[ROWS];
    static const uint8_t levels[] = {[HEALTH_OK] = 0, [HEALTH_STALE] = 2, [HEALTH_MISSING] = 1, [HEALTH_BAD] = 2};
    char texts[ROWS][160];
    bool changed = false;
    uint32_t count = 0;
    for (int i = 0; i < ROWS; i++) {
        const struct sensor_health *health = i < SENSOR_COUNT ? &r->belief->sensors[i] : &r->belief->drive;
        const char *name = i < SENSOR_COUNT ? sensor_names[i] : "drive";
        if (i < SENSOR_COUNT && health->nominal_hz == 0 && !(r->without & 1u << i))
            continue; /* never fitted, so nobody misses it */
        bool named = *health->rule != '\0';
        snprintf(texts[count], sizeof texts[count], "%s%s%s%s%s", health_words[health->state], named ? ", " : "",
                 health->rule, named ? ": " : "", health->detail);
        bool news = strcmp(r->rules_before[i], health->rule) != 0;
        if (news && named)
            journal_say(r->journal, r->now_ns, health->state == HEALTH_OK ? 20 : 30, "health", "%s: %s", name,
                        texts[count]);
        else if (news)
            journal_say(r->journal, r->now_ns, 20, "health", "%s: %s again", name, texts[count]);
        changed |= news;
        states[count] = (struct msg_sensor_state){
            .name = name,
            .rule = health->rule,
            .detail = health->detail,
            .state = (uint8_t)health->state,
            .rate_hz = health->rate_hz,
            .nominal_hz = health->nominal_hz,
            .age_s = health->age_s,
            .received = health->received,
            .gaps = health->gaps,
            .bad_values = health->bad_values,
            .weight = health->weight,
            .drift_channel = health->drift.channel,
            .drift_unit = health->drift.unit,
            .drift_state = (uint8_t)health->drift.state,
            .drift_value = health->drift.value,
            .drift_usual = health->drift.usual,
            .ph = health->drift.ph,
            .ph_line = health->drift.ph_line,
            .psi = health->drift.psi,
            .psi_critical = health->drift.psi_critical,
            .n_eff = health->drift.n_eff,
            .drift_since_s = health->drift.since_s,
        };
        rows[count] = (struct msg_diagnostic_status){
            .level = health->state == HEALTH_OK && named ? 1 : levels[health->state],
            .name = name,
            .message = texts[count],
            .hardware_id = "binnacle",
        };
        count++;
    }
    struct msg_sensor_health message = {.header = header_at(r->now_ns, "base_link"), .sensors = {states, count}};
    if (r->tick % HEALTH_EVERY == 0 || changed)
        journal_publish(r->journal, TOPIC_SENSOR_HEALTH, r->now_ns, &message);
    struct msg_diagnostic_array diagnostics = {.header = header_at(r->now_ns, ""), .status = {rows, count}};
    if (r->tick % DIAGNOSTICS_EVERY == 0)
        journal_publish(r->journal, TOPIC_DIAGNOSTICS, r->now_ns, &diagnostics);
}

static void publish_plan(const struct tick_report *r)
{
    const struct plan *plan = r->output->plan;
    if (!r->output->plan_changed)
        return;
    struct msg_pose_stamped *poses = NEW_ARRAY(plan->count, struct msg_pose_stamped);
    for (size_t i = 0; i < plan->count; i++) {
        poses[i].header = header_at(r->now_ns, "map");
        poses[i].pose = pose_of2((struct pose2){plan->points[i].x, plan->points[i].y, 0});
    }
    struct msg_path message = {.header = header_at(r->now_ns, "map"), .poses = {poses, (uint32_t)plan->count}};
    journal_publish(r->journal, TOPIC_PLAN, r->now_ns, &message);
    free(poses);
    if (!plan->count)
        journal_say(r->journal, r->now_ns, 30, "planner", "no path: %s", plan->reason);
}

void publish_command(struct journal *journal, int64_t now_ns, struct twist2 applied)
{
    struct msg_twist command = {.linear = {applied.v_mps, 0, 0}, .angular = {0, 0, applied.w_radps}};
    journal_publish(journal, TOPIC_CMD_VEL, now_ns, &command);
}

static void publish_decision(const struct tick_report *r)
{
    const struct decision *d = r->output->decision;
    const struct shield_verdict *verdict = r->output->verdict;
    struct msg_candidate rows[CANDIDATES_MAX];
    for (size_t i = 0; i < d->candidate_count; i++) {
        const struct candidate *c = &d->candidates[i];
        rows[i] = (struct msg_candidate){
            .v_mps = c->command.v_mps,
            .w_radps = c->command.w_radps,
            .valid = c->valid,
            .total = c->total,
            .costs = {(double *)(uintptr_t)c->costs, (uint32_t)d->critic_count},
        };
    }
    struct msg_decision message = {
        .header = header_at(r->now_ns, "base_link"),
        .tick = r->tick,
        .policy = navigator_policy(r->navigator)->name,
        .wish_v_mps = d->wish.v_mps,
        .wish_w_radps = d->wish.w_radps,
        .v_mps = verdict->command.v_mps,
        .w_radps = verdict->command.w_radps,
        .confidence = d->confidence,
        .reason = d->reason,
        .constraint = d->constraint,
        .shield_mode = shield_mode_names[navigator_shield_mode(r->navigator)],
        .shield_active = verdict->active,
        .shield_reason = verdict->reason,
        .ttc_s = verdict->ttc_s,
        .clearance_m = verdict->clearance_m,
        .candidates_total = d->candidates_total,
        .candidates_valid = d->candidates_valid,
        .critics = {(const char **)(uintptr_t)d->critics, (uint32_t)d->critic_count},
        .candidates = {rows, (uint32_t)d->candidate_count},
    };
    journal_publish(r->journal, TOPIC_DECISION, r->now_ns, &message);
}

static void publish_shadow(const struct tick_report *r)
{
    const struct policy *policy = navigator_shadow_policy(r->navigator);
    const struct navigator_shadow *shadow = navigator_compared(r->navigator);
    if (!policy || !shadow->ticks)
        return;
    struct msg_shadow message = {
        .header = header_at(r->now_ns, "base_link"),
        .tick = r->tick,
        .policy = policy->name,
        .valid = shadow->decision.valid,
        .wish_v_mps = shadow->decision.wish.v_mps,
        .wish_w_radps = shadow->decision.wish.w_radps,
        .reason = shadow->decision.reason,
        .disagreement = shadow->disagreement,
        .mean_disagreement = shadow->disagreement_sum / (double)shadow->ticks,
        .vetoed = shadow->vetoed,
        .vetoes = shadow->vetoes,
        .ticks = shadow->ticks,
    };
    journal_publish(r->journal, TOPIC_SHADOW, r->now_ns, &message);
}

/* Once a second. Signs as the message's definition has them: what is drawn is negative. */
static void publish_battery(const struct tick_report *r)
{
    const struct battery *battery = robot_battery(r->robot);
    const struct robot_config *c = robot_config(r->robot);
    enum { DISCHARGING = 2, HEALTH_GOOD = 1, HEALTH_DEAD = 3, TECHNOLOGY_LION = 2 };
    if (r->tick % (uint64_t)r->scenario->world.control_hz)
        return;
    struct msg_battery_state message = {
        .header = header_at(r->now_ns, "base_link"),
        .voltage = (float)battery->voltage_v,
        .temperature = NAN,
        .current = (float)-battery->current_a,
        .charge = (float)(battery->charge * c->battery_ah),
        .capacity = (float)c->battery_ah,
        .design_capacity = (float)c->battery_ah,
        .percentage = (float)battery->charge,
        .power_supply_status = DISCHARGING,
        .power_supply_health = battery->charge > 0 ? HEALTH_GOOD : HEALTH_DEAD,
        .power_supply_technology = TECHNOLOGY_LION,
        .present = true,
    };
    journal_publish(r->journal, TOPIC_BATTERY, r->now_ns, &message);
}

void publish_tick(const struct tick_report *r)
{
    struct msg_clock clock = {message_time(r->now_ns)};
    journal_publish(r->journal, TOPIC_CLOCK, r->now_ns, &clock);
    publish_truth(r);
    publish_actors(r);
    publish_battery(r);
    publish_people(r);
    companions_publish(r->companions, r->journal, r->tick, r->now_ns);
    publish_belief(r);
    publish_tracks(r);
    publish_labels(r);
    publish_health(r);
    publish_around(r);
    if (r->decides) {
        publish_plan(r);
        publish_decision(r);
        publish_shadow(r);
        publish_saliency(r->journal, r->tick, r->now_ns, navigator_saliency(r->navigator));
    }
    if (r->drove)
        publish_command(r->journal, r->now_ns, r->applied);
    struct msg_state_hash hash = {
        .tick = r->tick,
        .hash = r->hashes->all,
        .world = r->hashes->world,
        .sensors = r->hashes->sensors,
        .belief = r->hashes->belief,
        .decision = r->hashes->decision,
        .pose = pose_of3(r->truth->pose),
    };
    journal_publish(r->journal, TOPIC_STATE_HASH, r->now_ns, &hash);
}

/* --- at the end ------------------------------------------------------------------------------------------------- */

void publish_result(struct journal *journal, const struct scenario *s, const struct episode_options *options,
                    const char *policy, const struct episode_summary *summary)
{
    const struct score *score = summary->score;
    struct msg_violation_count counts[VIOLATION_COUNT];
    for (int i = 0; i < VIOLATION_COUNT; i++)
        counts[i] = (struct msg_violation_count){
            .id = violation_table[i].id,
            .count = summary->violations[i].count,
            .active_s = summary->violations[i].active_s,
            .worst = summary->violations[i].worst,
        };
    struct msg_episode_result result = {
        .header = header_at(summary->now_ns, "map"),
        .scenario = s->name,
        .seed = options->seed,
        .policy = policy,
        .outcome = outcome_names[summary->outcome],
        .detail = summary->detail,
        .success = summary->outcome == OUTCOME_SUCCESS,
        .ticks = summary->tick,
        .sim_time_s = (double)summary->now_ns / 1e9,
        .path_length_m = score->path_length_m,
        .spl = summary->spl,
        .min_clearance_m = score->min_clearance_m,
        .mean_clearance_m = score->mean_clearance_m,
        .position_rms_m = score->position_rms_m,
        .shield_share = score->shield_share,
        .violations = {counts, VIOLATION_COUNT},
    };
    journal_publish(journal, TOPIC_EPISODE_RESULT, summary->now_ns, &result);
    journal_say(journal, summary->now_ns, result.success ? 20 : 30, "episode", "%s: %s", result.outcome,
                result.detail);
}
