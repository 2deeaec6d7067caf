/* Status line: the episode in one row. Parts of least rank give way first when the row is short. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tui/view.h"

enum { PARTS_MAX = 16, PART_TEXT = 48 };

struct part {
    int rank; /* 1 stays longest */
    enum role role;
    uint32_t attributes;
    char text[PART_TEXT];
};

struct parts {
    struct part parts[PARTS_MAX];
    int count;
};

static PRINTF_LIKE(4, 5) void add(struct parts *parts, int rank, enum role role, const char *format, ...)
{
    struct part *part = &parts->parts[parts->count++];
    *part = (struct part){.rank = rank, .role = role};
    va_list args;
    va_start(args, format);
    vsnprintf(part->text, sizeof part->text, format, args);
    va_end(args);
}

static void add_mode(struct parts *parts, const struct view_context *context)
{
    static const enum role roles[VIEW_MODES] = {ROLE_OK,    ROLE_WARN, ROLE_ACCENT, ROLE_TITLE,
                                                ROLE_TITLE, ROLE_DIM,  ROLE_BAD};
    const struct msg_episode_result *result = MODEL(context->model, EPISODE_RESULT, episode_result);
    const struct msg_server_status *server = MODEL(context->model, SERVER_STATUS, server_status);
    add(parts, 1, roles[context->mode], "%s", view_mode_names[context->mode]);
    parts->parts[parts->count - 1].attributes = CELL_BOLD;
    if (result)
        add(parts, 2, result->success ? ROLE_OK : ROLE_BAD, "%.12s", result->outcome);
    if (server && server->estop) {
        add(parts, 1, ROLE_BAD, " E-STOP ");
        parts->parts[parts->count - 1].attributes = CELL_REVERSE | CELL_BOLD;
    }
}

static void add_server(struct parts *parts, const struct view_context *context)
{
    const struct msg_server_status *server = MODEL(context->model, SERVER_STATUS, server_status);
    if (!server || context->mode == VIEW_FILE)
        return;
    bool slow = !server->paused && server->speed > 0 && server->real_time_factor < 0.9 * server->speed;
    add(parts, 5, slow ? ROLE_WARN : ROLE_TEXT, "RTF %5.2f", fmin(server->real_time_factor, 999));
    if (server->recording)
        add(parts, 11, ROLE_TEXT, "rec");
}

static void collect(struct parts *parts, const struct view_context *context)
{
    const struct model *model = context->model;
    const struct msg_episode_info *info = MODEL(model, EPISODE_INFO, episode_info);
    const struct msg_decision *decision = MODEL(model, DECISION, decision);
    const struct msg_belief *belief = MODEL(model, BELIEF, belief);
    char when[16];
    view_time(model->now_ns, when);
    add(parts, 9, ROLE_FOCUS, "BINNACLE");
    if (info)
        add(parts, 3, ROLE_TITLE, "%.16s #%llu", info->scenario, (unsigned long long)info->seed);
    else
        add(parts, 3, ROLE_DIM, "%.32s", context->link.source);
    add_mode(parts, context);
    add(parts, 2, ROLE_TEXT, "sim %s", when);
    add_server(parts, context);
    bool lossy = context->link.dropped > 0;
    if (context->mode != VIEW_FILE)
        add(parts, 8, lossy ? ROLE_WARN : ROLE_DIM, "drop %llu", (unsigned long long)context->link.dropped);
    if (model->corrupt)
        add(parts, 7, ROLE_BAD, "bad %llu", (unsigned long long)model->corrupt);
    const struct msg_fault_event *faults = MODEL(model, FAULTS, fault_event);
    if (faults && faults->in_force.count) /* "lidar:bias", and how many more */
        add(parts, 4, ROLE_WARN, "FAULT %.*s%s", (int)strcspn(faults->in_force.data[0], "=@+~"),
            faults->in_force.data[0], faults->in_force.count > 1 ? " ..." : "");
    if (decision)
        add(parts, 4, ROLE_TEXT, "%.10s", decision->policy);
    if (decision)
        add(parts, 10, ROLE_DIM, "shield %.7s", decision->shield_mode);
    if (belief)
        add(parts, 6, ROLE_TEXT, "goal %5.2f m", fmin(belief->goal_distance_m, 99));
    if (belief && !belief->localised)
        add(parts, 7, ROLE_WARN, "LOST");
    add(parts, 12, ROLE_DIM, "%.6s q%d", context->link.colours ? context->link.colours : "", context->link.quality);
}

static void status_draw(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    struct parts parts = {0};
    collect(&parts, context);
    int width, limit = 100;
    do {            /* drop the least important parts until the rest fits */
        width = -1; /* one column of margin, no gap behind the last */
        int least = 0;
        for (int i = 0; i < parts.count; i++)
            if (parts.parts[i].rank < limit) {
                width += canvas_columns(parts.parts[i].text) + 2;
                least = parts.parts[i].rank > least ? parts.parts[i].rank : least;
            }
        if (width <= rect.width || least <= 1)
            break;
        limit = least;
    } while (true);
    canvas_background(canvas, rect, ROLE_BAR);
    int x = rect.x + 1;
    for (int i = 0; i < parts.count; i++) {
        const struct part *part = &parts.parts[i];
        if (part->rank >= limit)
            continue;
        int end = canvas_text(canvas, x, rect.y, part->role, part->text);
        canvas_attribute(canvas, (struct rect){x, rect.y, end - x, 1}, part->attributes);
        x = end + 2;
    }
}

extern const struct view view_status;
const struct view view_status = {"STATUS", NULL, status_draw, NULL};
