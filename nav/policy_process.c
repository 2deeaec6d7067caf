/* A policy in a process of its own: what it is asked, and what its answers may look like. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "nav/brought.h"
#include "nav/decision.h"

enum { PATH_POINTS_MAX = 80, QUESTION_BEAMS_MAX = 4096 };
#define PATH_AHEAD_M 4.0

struct process_params {
    double deadline_ms, start_s;
};
#define ROW(key, initial, low, high, u, text)                                                                         \
    {.name = #key, .kind = PARAM_REAL, .offset = offsetof(struct process_params, key), .fallback = (initial),         \
     .min = (low), .max = (high), .unit = (u), .help = (text)}
static const struct param process_rows[] = {
    ROW(deadline_ms, 200, 1, 60000, "ms", "wall time within which it must answer; later is no answer"),
    ROW(start_s, 10, 0.1, 600, "s", "wall time it has for the first answer"),
};
#undef ROW

struct process_state {
    uint64_t asked, missed_in_a_row;
};

struct process {
    struct policy policy; /* first */
    struct policy_line line;
    char endpoint[BROUGHT_NAME_MAX];
};

static void put_pair(struct bytes *out, const char *name, double a, double b)
{
    bytes_format(out, ",\"%s\":[%.6g,%.6g]", name, a, b);
}

static void put_path(struct bytes *out, const struct policy_input *in)
{
    const struct plan *plan = in->plan;
    double along_m = 0;
    size_t count = 0;
    bytes_format(out, ",\"path\":[");
    for (size_t i = 0; i < plan->count && along_m < PATH_AHEAD_M && count < PATH_POINTS_MAX; i++) {
        if (i)
            along_m += vec2_distance(plan->points[i - 1], plan->points[i]);
        struct vec2 p = pose2_unapply(in->belief->pose, plan->points[i]);
        bytes_format(out, "%s[%.4g,%.4g]", count++ ? "," : "", p.x, p.y);
    }
    bytes_format(out, "]");
}

static void put_scan(struct bytes *out, const struct sight *sight)
{
    bytes_format(out, ",\"scan\":{\"first_rad\":%.8g,\"step_rad\":%.8g,\"ranges\":[", sight->lidar_first_rad,
                 sight->lidar_step_rad);
    for (size_t i = 0; sight->lidar_m && i < sight->lidar_count && i < QUESTION_BEAMS_MAX; i++) {
        const char *comma = i ? "," : "";
        if (isfinite(sight->lidar_m[i]))
            bytes_format(out, "%s%.4g", comma, (double)sight->lidar_m[i]);
        else
            bytes_format(out, "%snull", comma);
    }
    bytes_format(out, "]}");
}

static void put_tracks(struct bytes *out, const struct belief *belief)
{
    bytes_format(out, ",\"tracks\":[");
    for (size_t i = 0; i < belief->track_count; i++) {
        const struct track *t = &belief->tracks[i];
        struct vec2 at = pose2_unapply(belief->pose, t->at);
        double c = cos(belief->pose.yaw), s = sin(belief->pose.yaw);
        struct vec2 v = {c * t->velocity_mps.x + s * t->velocity_mps.y, c * t->velocity_mps.y - s * t->velocity_mps.x};
        bytes_format(out, "%s{\"id\":%u,\"at\":[%.4g,%.4g],\"velocity\":[%.4g,%.4g],\"radius_m\":%.3g}", i ? "," : "",
                     t->id, at.x, at.y, v.x, v.y, t->radius_m);
    }
    bytes_format(out, "]");
}

static void question_write(struct bytes *out, const struct policy_input *in, uint64_t tick)
{
    const struct belief *b = in->belief;
    const struct task *t = in->task;
    struct vec2 goal = pose2_unapply(b->pose, t->goal);
    bytes_format(out, "{\"tick\":%llu,\"time_s\":%.9g,\"pose\":[%.6g,%.6g,%.6g]", (unsigned long long)tick,
                 (double)in->now_ns * 1e-9, b->pose.x, b->pose.y, b->pose.yaw);
    put_pair(out, "velocity", b->twist.v_mps, b->twist.w_radps);
    put_pair(out, "last", in->last.v_mps, in->last.w_radps);
    put_pair(out, "goal", goal.x, goal.y);
    bytes_format(out, ",\"goal_tolerance_m\":%.4g,\"limits\":{\"max_v\":%.4g,\"min_v\":%.4g,\"max_w\":%.4g,"
                      "\"max_a\":%.4g,\"max_alpha\":%.4g}",
                 t->goal_tolerance_m, t->max_v_mps, t->min_v_mps, t->max_w_radps, t->max_a_mps2, t->max_alpha_radps2);
    put_path(out, in);
    put_scan(out, &b->sight);
    put_tracks(out, b);
    bytes_format(out, ",\"image\":{\"width\":%d,\"height\":%d},\"localised\":%s,\"bumper\":%u}", b->sight.width,
                 b->sight.height, b->localised ? "true" : "false", b->bumper);
}

/* Whoever does not answer again and again is not waited for: a tick must not cost a deadline each. */
static double deadline_s(const struct process_params *params, const struct process_state *state)
{
    enum { PATIENCE = 5 };
    if (state->asked <= 1)
        return params->start_s;
    return state->missed_in_a_row >= PATIENCE ? 0.001 : params->deadline_ms / 1000;
}

static void process_decide(const void *params, void *state_bytes, const struct policy_input *in, struct decision *out)
{
    const struct process *process = (const struct process *)in->self;
    struct process_state *state = state_bytes;
    struct bytes text = {0};
    struct policy_answer answer = {0};
    state->asked++;
    question_write(&text, in, state->asked);
    const struct sight *sight = &in->belief->sight;
    const struct policy_question question = {
        .tick = state->asked, .text = (const char *)text.data, .size = text.size, .depth_m = sight->depth_m,
        .rgb = sight->rgb, .pixels = (size_t)sight->width * (size_t)sight->height,
        .deadline_s = deadline_s(params, state),
    };
    process->line.ask(process->line.self, &question, &answer);
    bytes_clear(&text);
    state->missed_in_a_row = answer.valid ? 0 : state->missed_in_a_row + 1;
    out->valid = answer.valid;
    out->wish = answer.valid ? answer.wish : (struct twist2){0};
    out->confidence = answer.valid ? answer.confidence : 0;
    snprintf(out->reason, sizeof out->reason, "%s", answer.reason);
    if (!answer.valid)
        snprintf(out->constraint, sizeof out->constraint, "no answer");
    decision_single(in->task, out);
}

static void process_close(const struct policy *self) { free((struct process *)(uintptr_t)self); }

const struct policy *policy_process_open(const char *endpoint, struct policy_line line, struct error *err)
{
    if (strlen(endpoint) >= BROUGHT_NAME_MAX) {
        error_set(err, STATUS_BAD_INPUT, "the endpoint %.40s... is longer than %d characters", endpoint,
                  BROUGHT_NAME_MAX - 1);
        return NULL;
    }
    struct process *process = NEW(struct process);
    snprintf(process->endpoint, sizeof process->endpoint, "%s", endpoint);
    process->line = line;
    process->policy = (struct policy){
        .name = process->endpoint,
        .summary = "a process that is asked over ZeroMQ",
        .group = "process",
        .params = process_rows,
        .param_count = COUNT_OF(process_rows),
        .param_size = sizeof(struct process_params),
        .state_size = sizeof(struct process_state),
        .decide = process_decide,
        .close = process_close,
    };
    return &process->policy;
}

/* --- the answer: a flat JSON object of numbers and strings ------------------------------------------------------ */
struct reader {
    const char *at, *end;
};

static void skip_space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

static bool take(struct reader *r, char c)
{
    skip_space(r);
    bool there = r->at < r->end && *r->at == c;
    r->at += there;
    return there;
}

/* A string's characters into `out`; escapes other than the plain ones become '?', and so does what is no ASCII text. */
static bool take_string(struct reader *r, char *out, size_t size)
{
    size_t length = 0;
    if (!take(r, '"'))
        return false;
    for (; r->at < r->end && *r->at != '"'; r->at++) {
        char c = *r->at;
        if (c == '\\') {
            if (++r->at == r->end)
                return false;
            c = *r->at == '"' || *r->at == '\\' || *r->at == '/' ? *r->at : '?';
        }
        if (length + 1 < size)
            out[length++] = c >= ' ' && c <= '~' ? c : '?';
    }
    out[length] = '\0';
    return take(r, '"');
}

static bool take_number(struct reader *r, double *value)
{
    char text[40];
    size_t length = 0;
    skip_space(r);
    while (r->at < r->end && length + 1 < sizeof text && strchr("+-.0123456789eE", *r->at) && *r->at)
        text[length++] = *r->at++;
    text[length] = '\0';
    char *rest;
    *value = strtod(text, &rest);
    return length > 0 && !*rest && isfinite(*value);
}

static bool take_member(struct reader *r, struct policy_answer *answer, bool *has_v, bool *has_w)
{
    char key[32], ignored[8];
    double number;
    if (!take_string(r, key, sizeof key) || !take(r, ':'))
        return false;
    skip_space(r);
    if (r->at < r->end && *r->at == '"') {
        bool is_reason = !strcmp(key, "reason");
        return take_string(r, is_reason ? answer->reason : ignored, is_reason ? sizeof answer->reason : sizeof ignored);
    }
    if (!take_number(r, &number))
        return false;
    if (!strcmp(key, "v"))
        answer->wish.v_mps = number, *has_v = true;
    else if (!strcmp(key, "w"))
        answer->wish.w_radps = number, *has_w = true;
    else if (!strcmp(key, "confidence"))
        answer->confidence = clamp(number, 0, 1);
    return true;
}

/* Expected and found, as far as it is text and fits. */
static void say_found(const char *text, size_t size, struct policy_answer *answer)
{
    enum { SHOWN = 40 };
    char found[SHOWN + 1];
    size_t length = size < SHOWN ? size : SHOWN;
    for (size_t i = 0; i < length; i++)
        found[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    found[length] = '\0';
    snprintf(answer->reason, sizeof answer->reason, "its answer is no JSON object of numbers with v and w, but '%s'%s",
             found, size > length ? " ..." : "");
}

bool policy_answer_read(const char *text, size_t size, struct policy_answer *answer)
{
    struct reader r = {text, text + size};
    bool has_v = false, has_w = false, well = take(&r, '{');
    *answer = (struct policy_answer){.confidence = 1};
    if (well && !take(&r, '}')) {
        do
            well = take_member(&r, answer, &has_v, &has_w);
        while (well && take(&r, ','));
        well = well && take(&r, '}');
    }
    skip_space(&r);
    answer->valid = well && r.at == r.end && has_v && has_w;
    if (!answer->valid)
        say_found(text, size, answer);
    return answer->valid;
}
