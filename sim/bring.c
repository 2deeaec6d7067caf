#include "sim/bring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/bus_ask.h"
#include "logs/file.h"
#include "logs/hash.h"
#include "logs/memory.h"

enum { NETWORK_MAX = 256 << 20, OPENED_MAX = 64 };
static const int64_t TELL_AGAIN_NS = 5000000000;
static const char ATTACHMENT_PREFIX[] = "policy/", METADATA_NAME[] = "binnacle_policy";

struct opened { /* one that was brought, under the name the navigator knows */
    char name[BROUGHT_NAME_MAX], path[512], sha256[65], group[64];
    enum brought kind;
    struct bytes data; /* of a network */
    struct bus_ask *ask; /* of a process; NULL until it is asked */
    bool told; /* that it does not answer */
    int64_t told_ns; /* when; at most every TELL_AGAIN_NS */
    struct bring *bring;
};

struct bring {
    const struct episode_options *options;
    struct journal *journal;
    struct recorder *recorder; /* borrowed; NULL before bring_describe */
    struct opened *opened[OPENED_MAX];
    size_t opened_count;
    uint64_t tick;
    int64_t now_ns;
    bool repeats; /* no process is asked */
    uint64_t answer_tick; /* of the waiting answer; 0: none waits */
    struct policy_answer answer;
};

struct bring *bring_create(const struct episode_options *options, struct journal *journal)
{
    struct bring *bring = NEW(struct bring);
    bring->options = options;
    bring->journal = journal;
    bring->repeats = options->repeats;
    return bring;
}

void bring_destroy(struct bring **bring)
{
    if (!*bring)
        return;
    for (size_t i = 0; i < (*bring)->opened_count; i++) {
        struct opened *opened = (*bring)->opened[i];
        bytes_clear(&opened->data);
        bus_ask_destroy(&opened->ask);
        free(opened);
    }
    free(*bring);
    *bring = NULL;
}

/* --- a process's line ------------------------------------------------------------------------------------------- */

static void ask_process(struct opened *opened, const struct policy_question *question, struct policy_answer *answer)
{
    struct error err = {0};
    struct bytes text = {0};
    const struct bus_part parts[] = {
        {question->text, question->size},
        {question->depth_m, question->depth_m ? question->pixels * sizeof(float) : 0},
        {question->rgb, question->rgb ? question->pixels * 3 : 0},
    };
    enum status status = STATUS_OK;
    if (!opened->ask && !(opened->ask = bus_ask_create(opened->path, &err)))
        status = err.status;
    if (!status)
        status = bus_ask_send(opened->ask, parts, COUNT_OF(parts), question->deadline_s, &text, &err);
    if (status) {
        *answer = (struct policy_answer){0};
        snprintf(answer->reason, sizeof answer->reason, "%.118s", err.text);
    } else {
        policy_answer_read((const char *)text.data, text.size, answer);
    }
    bytes_clear(&text);
}

static void publish_answer(const struct bring *bring, const struct policy_answer *answer)
{
    double values[] = {answer->valid, answer->wish.v_mps, answer->wish.w_radps, answer->confidence};
    struct msg_command command = {.tick = bring->tick, .verb = "answer", .text = answer->reason,
                                  .values = {values, COUNT_OF(values)}};
    journal_publish(bring->journal, TOPIC_COMMAND, bring->now_ns, &command);
}

/* Once when it fails, once when it answers again; a function of the answers alone, so that it repeats. */
static void tell(struct opened *opened, const struct policy_answer *answer)
{
    const struct bring *bring = opened->bring;
    bool lately = opened->told_ns > 0 && bring->now_ns - opened->told_ns < TELL_AGAIN_NS;
    if (answer->valid && opened->told) {
        opened->told = false;
        journal_say(bring->journal, bring->now_ns, 20, "policy", "%s answers again", opened->name);
    } else if (!answer->valid && !opened->told && !lately) {
        opened->told = true;
        opened->told_ns = bring->now_ns;
        journal_say(bring->journal, bring->now_ns, 30, "policy",
                    "%s gives no command: %s (it is asked again at every tick; without a command the robot stops, "
                    "or recovers)",
                    opened->name, answer->reason);
    }
}

static void line_ask(void *self, const struct policy_question *question, struct policy_answer *answer)
{
    struct opened *opened = self;
    struct bring *bring = opened->bring;
    if (bring->answer_tick == bring->tick) {
        *answer = bring->answer;
        bring->answer_tick = 0;
    } else if (bring->repeats) {
        *answer = (struct policy_answer){.reason = "the log holds no answer for this tick"};
    } else {
        ask_process(opened, question, answer);
    }
    publish_answer(bring, answer);
    tell(opened, answer);
}

void bring_answer(struct bring *bring, const struct msg_command *command)
{
    const double *values = command->values.data;
    ASSERT(command->values.count == 4);
    bring->answer_tick = command->tick;
    bring->answer = (struct policy_answer){values[0] != 0, {values[1], values[2]}, values[3], ""};
    snprintf(bring->answer.reason, sizeof bring->answer.reason, "%s", command->text ? command->text : "");
}

void bring_tick(struct bring *bring, uint64_t tick, int64_t now_ns)
{
    bring->tick = tick;
    bring->now_ns = now_ns;
}

void bring_go_live(struct bring *bring) { bring->repeats = false; }

/* --- opening ---------------------------------------------------------------------------------------------------- */

static void describe_one(const struct bring *bring, const struct opened *opened)
{
    if (!bring->recorder || opened->kind == BROUGHT_PROCESS)
        return;
    const struct mcap_pair pairs[] = {{"name", opened->name}, {"path", opened->path}, {"sha256", opened->sha256}};
    char name[sizeof METADATA_NAME + BROUGHT_NAME_MAX];
    snprintf(name, sizeof name, "%s/%s", METADATA_NAME, opened->name);
    recorder_metadata(bring->recorder, name, pairs, COUNT_OF(pairs));
    if (opened->kind == BROUGHT_NETWORK) {
        snprintf(name, sizeof name, "%s%s", ATTACHMENT_PREFIX, opened->name);
        recorder_attach(bring->recorder, name, "application/onnx", opened->data.data, opened->data.size);
    }
}

void bring_describe(struct bring *bring, struct recorder *recorder)
{
    bring->recorder = recorder;
    for (size_t i = 0; i < bring->opened_count; i++)
        describe_one(bring, bring->opened[i]);
}

static const struct opened *find_opened(const struct bring *bring, const char *name)
{
    for (size_t i = 0; i < bring->opened_count; i++)
        if (!strcmp(bring->opened[i]->name, name))
            return bring->opened[i];
    return NULL;
}

static const struct policy_file *find_logged(const struct bring *bring, const char *name)
{
    for (size_t i = 0; i < bring->options->policy_file_count; i++)
        if (!strcmp(bring->options->policy_files[i].name, name))
            return &bring->options->policy_files[i];
    return NULL;
}

/* The name in a log stands for a certain content: "mine.so#1a2b3c4d". */
static enum status check_same(const struct policy_file *logged, const struct opened *opened, struct error *err)
{
    if (!logged || !strcmp(logged->name, opened->name))
        return STATUS_OK;
    return error_set(err, STATUS_VERSION,
                     "the log was driven by %s, but %s is now %s; bring back that version of the file, or ask about "
                     "another policy with --policy", logged->name, opened->path, opened->name);
}

/* Path, content and name of a file's policy: from the log if it is there, else from disk. */
static enum status read_file(const struct bring *bring, const char *what, struct opened *opened, struct error *err)
{
    const struct policy_file *logged = find_logged(bring, what);
    snprintf(opened->path, sizeof opened->path, "%s", logged ? logged->path : what);
    if (!logged && strlen(what) >= sizeof opened->path)
        return error_set(err, STATUS_BAD_INPUT, "the path of a policy may have %zu characters",
                         sizeof opened->path - 1);
    if (logged && logged->data) {
        bytes_put(&opened->data, logged->data, logged->size);
    } else {
        enum status status = file_load(opened->path, NETWORK_MAX, &opened->data, err);
        if (status)
            return status;
    }
    hash_sha256(opened->data.data, opened->data.size, opened->sha256);
    brought_name(opened->name, opened->path, opened->sha256);
    return check_same(logged, opened, err);
}

static const struct policy *open_policy(struct opened *opened, struct error *err)
{
    if (opened->kind == BROUGHT_PROCESS)
        return policy_process_open(opened->path, (struct policy_line){line_ask, opened}, err);
    if (opened->kind == BROUGHT_NETWORK)
        return policy_network_open(opened->name, opened->data.data, opened->data.size, err);
    return policy_library_open(opened->name, opened->path, err);
}

/* An endpoint must make sense before the first question. */
static enum status read_endpoint(const char *what, struct opened *opened, struct error *err)
{
    snprintf(opened->path, sizeof opened->path, "%s", what);
    snprintf(opened->name, sizeof opened->name, "%s", what);
    struct bus_ask *ask = bus_ask_create(what, err);
    if (!ask)
        return err->status;
    bus_ask_destroy(&ask);
    return STATUS_OK;
}

enum status bring_policy(struct bring *bring, const char *what, char name[BROUGHT_NAME_MAX],
                         const struct policy **policy, struct error *err)
{
    enum brought kind = brought_kind(what);
    const struct opened *known = find_opened(bring, what);
    *policy = NULL;
    snprintf(name, BROUGHT_NAME_MAX, "%s", what);
    if (kind == BROUGHT_NOT || known)
        return STATUS_OK; /* the navigator says if there is no such policy */
    if (bring->opened_count == OPENED_MAX)
        return error_set(err, STATUS_BAD_INPUT, "an episode takes at most %d brought policies; begin another",
                         OPENED_MAX);
    struct opened *opened = NEW(struct opened);
    opened->kind = kind;
    opened->bring = bring;
    enum status status =
        kind == BROUGHT_PROCESS ? read_endpoint(what, opened, err) : read_file(bring, what, opened, err);
    if (!status && find_opened(bring, opened->name)) { /* the file has not changed */
        snprintf(name, BROUGHT_NAME_MAX, "%s", opened->name);
        bytes_clear(&opened->data);
        free(opened);
        return STATUS_OK;
    }
    if (!status && !(*policy = open_policy(opened, err)))
        status = err->status;
    if (status) {
        bytes_clear(&opened->data);
        free(opened);
        return status;
    }
    snprintf(name, BROUGHT_NAME_MAX, "%s", opened->name);
    snprintf(opened->group, sizeof opened->group, "%s", policy_group(*policy));
    bring->opened[bring->opened_count++] = opened;
    describe_one(bring, opened);
    return STATUS_OK;
}

const char *bring_path(const struct bring *bring, const char *name)
{
    const struct opened *opened = find_opened(bring, name);
    return opened && opened->kind != BROUGHT_PROCESS ? opened->path : NULL;
}

bool bring_is_navigation(const struct bring *bring, const char *assignment)
{
    static const char *const others[] = {"planner", "shield", "recovery", "saliency"};
    size_t length = strcspn(assignment, ".=");
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (strlen(others[i]) == length && !strncmp(assignment, others[i], length))
            return true;
    for (size_t i = 0; i < policy_count; i++)
        if (strlen(policy_group(policy_table[i])) == length &&
            !strncmp(assignment, policy_group(policy_table[i]), length))
            return true;
    for (size_t i = 0; i < bring->opened_count; i++)
        if (strlen(bring->opened[i]->group) == length && !strncmp(assignment, bring->opened[i]->group, length))
            return true;
    return false;
}
