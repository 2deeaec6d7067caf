#include "tui/plain.h"

#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>

#include "logs/bus.h"
#include "logs/clock.h"
#include "logs/memory.h"

static const int64_t PATIENCE_NS = 5000000000, SILENCE_NS = 10000000000, REPORT_EVERY_NS = 1000000000;

struct plain {
    struct arena arena;
    struct msg_belief belief; /* the latest; its strings are not used */
    int64_t next_report_ns;   /* simulated */
    bool over, success;
};

static void print_info(struct plain *p, const void *message)
{
    const struct msg_episode_info *info = message;
    p->next_report_ns = 0;
    printf("         episode %s seed %" PRIu64 " policy %s shield %s, goal %.1f %.1f\n", info->scenario, info->seed,
           info->policy, info->shield, info->goal.position.x, info->goal.position.y);
}

static void print_decision(struct plain *p, const void *message)
{
    const struct msg_decision *d = message;
    int64_t now_ns = message_ns(d->header.stamp);
    if (now_ns < p->next_report_ns)
        return;
    p->next_report_ns = now_ns + REPORT_EVERY_NS;
    printf("%8.2f at %6.2f %6.2f  v %5.2f w %5.2f  goal %5.1f m  %s%s%s\n", (double)now_ns / 1e9, p->belief.x,
           p->belief.y, d->v_mps, d->w_radps, p->belief.goal_distance_m, d->reason,
           d->shield_active ? " | shield: " : "", d->shield_active ? d->shield_reason : "");
}

static void print_event(struct plain *p, const void *message)
{
    const struct msg_safety_event *e = message;
    (void)p;
    if (e->phase == 0)
        printf("%8.2f VIOLATION %s #%" PRIu32 "  %s (%.2f %s, limit %.2f)\n",
               (double)message_ns(e->header.stamp) / 1e9, e->id, e->number, e->detail, e->value, e->unit, e->threshold);
}

static void print_log(struct plain *p, const void *message)
{
    const struct msg_log *log = message;
    (void)p;
    printf("%8.2f %s %s: %s\n", (double)message_ns(log->stamp) / 1e9, log->level >= 30 ? "WARN" : "info", log->name,
           log->msg);
}

static void print_result(struct plain *p, const void *message)
{
    const struct msg_episode_result *r = message;
    p->over = true;
    p->success = r->success;
    printf("%8.2f RESULT %s: %s; %.1f m, SPL %.2f, clearance %.2f m;", r->sim_time_s, r->outcome, r->detail,
           r->path_length_m, r->spl, r->min_clearance_m);
    for (uint32_t i = 0; i < r->violations.count; i++)
        if (r->violations.data[i].count)
            printf(" %s %" PRIu32, r->violations.data[i].id, r->violations.data[i].count);
    printf("\n");
}

static void keep_belief(struct plain *p, const void *message) { p->belief = *(const struct msg_belief *)message; }

static void (*const printers[TOPIC_COUNT])(struct plain *, const void *) = {
    [TOPIC_EPISODE_INFO] = print_info,   [TOPIC_DECISION] = print_decision,     [TOPIC_SAFETY_EVENT] = print_event,
    [TOPIC_ROSOUT] = print_log,          [TOPIC_EPISODE_RESULT] = print_result, [TOPIC_BELIEF] = keep_belief,
};

static void show(struct plain *p, const struct frame *frame)
{
    const struct message_type *type = topic_table[frame->topic].type;
    if (!printers[frame->topic])
        return;
    arena_reset(&p->arena);
    void *message = arena_new(&p->arena, 1, type->size);
    if (!message_decode(type, frame->payload, frame->size, message, &p->arena, NULL))
        printers[frame->topic](p, message);
}

enum status plain_run(const char *endpoint, const volatile sig_atomic_t *stop, bool *success, struct error *err)
{
    struct plain p = {0};
    struct bus_client *bus = bus_client_create(endpoint, err);
    enum status status = bus ? STATUS_OK : err->status;
    int64_t heard_ns = clock_wall_ns(); /* or since when we wait */
    bool heard = false;
    while (!status && !p.over && !*stop) {
        struct frame frame;
        struct pollfd fd = {.fd = bus_client_fd(bus), .events = POLLIN};
        poll(&fd, 1, 100);
        while (!(status = bus_client_receive(bus, &frame, err)) && !p.over) {
            heard_ns = clock_wall_ns();
            heard = true;
            show(&p, &frame);
        }
        if (status == STATUS_AGAIN)
            status = STATUS_OK;
        if (fflush(stdout))
            break;
        int64_t silent_ns = clock_wall_ns() - heard_ns;
        if (!status && !heard && silent_ns > PATIENCE_NS)
            status = error_set(err, STATUS_IO, "nobody answers on %s; start a simulator with: binnacle sim --bind %s",
                               endpoint, endpoint);
        else if (!status && silent_ns > SILENCE_NS)
            status =
                error_set(err, STATUS_IO, "nothing came from %s for 10 s; is the simulator still running?", endpoint);
    }
    *success = p.success;
    bus_client_destroy(&bus);
    arena_clear(&p.arena);
    return status;
}
