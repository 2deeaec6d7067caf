/* Policy: what it wants, what the shield lets through, why, and what nearly won. */
#include <stdio.h>

#include "tui/salient.h"
#include "tui/view.h"

enum { CRITIC_BAR_MIN = 4, CRITIC_NUMBER_MIN = 11, FIXED_COLUMNS = 21 };

/* A bar with zero in the middle: the command full, the wish as a mark on it. */
static void draw_command(struct canvas *canvas, struct rect rect, int row, const char *name, const char *unit,
                         double value, double wish, double limit)
{
    int y = rect.y + row, x = canvas_print(canvas, rect.x, y, ROLE_DIM, " %s ", name);
    x = canvas_field(canvas, x, y, -5, ROLE_TEXT, "%+.2f", isfinite(value) ? value : 0.0);
    x = canvas_field(canvas, x + 1, y, 6, ROLE_DIM, "%s", unit);
    int width = rect.x + rect.width - x - 13, half = width / 2;
    if (half < 3 || !(limit > 0)) {
        canvas_print(canvas, x, y, ROLE_DIM, "wish %+.2f", isfinite(wish) ? wish : 0.0);
        return;
    }
    canvas_bar(canvas, x, y, 2 * half + 1, 0, ROLE_DIM);
    int middle = x + half, reach = (int)lround(clamp(value / limit, -1, 1) * half);
    for (int i = reach < 0 ? reach : 0; i <= (reach > 0 ? reach : 0) && isfinite(value); i++)
        canvas_put(canvas, middle + i, y, 0x2588, ROLE_LIDAR);
    canvas_put(canvas, middle, y, 0x2502, ROLE_TEXT);
    bool differs = fabs(wish - value) > 0.005;
    if (isfinite(wish) && differs)
        canvas_put(canvas, middle + (int)lround(clamp(wish / limit, -1, 1) * half), y, 0x25c6, ROLE_WARN);
    x = canvas_text(canvas, x + 2 * half + 2, y, ROLE_DIM, "wish ");
    canvas_field(canvas, x, y, -5, differs ? ROLE_WARN : ROLE_DIM, "%+.2f", isfinite(wish) ? wish : 0.0);
}

static void draw_words(struct canvas *canvas, struct rect rect, int row, const char *name, enum role role,
                       const char *text)
{
    int x = canvas_print(canvas, rect.x, rect.y + row, ROLE_DIM, " %-6s ", name);
    canvas_field(canvas, x, rect.y + row, rect.x + rect.width - x, role, "%s", *text ? text : "-");
}

/* Where bars do not fit: the critic that decides, and its cost. */
static void draw_dearest(struct canvas *canvas, int x, int y, const struct msg_decision *d,
                         const struct msg_candidate *c)
{
    uint32_t dearest = 0, count = c->costs.count < d->critics.count ? c->costs.count : d->critics.count;
    for (uint32_t i = 1; i < count; i++)
        if (c->costs.data[i] > c->costs.data[dearest])
            dearest = i;
    if (count) {
        x = canvas_field(canvas, x, y, 10, ROLE_TEXT, "%s", d->critics.data[dearest]);
        view_number(canvas, x, y, 6, ROLE_TEXT, c->costs.data[dearest], 2);
    }
}

/* All bars to one scale: the longest in a row is the critic that decides. */
static void draw_costs(struct canvas *canvas, int x, int y, int each, const struct msg_candidate *c, double most)
{
    for (uint32_t i = 0; i < c->costs.count; i++, x += each) {
        double cost = c->costs.data[i];
        int at = each >= CRITIC_NUMBER_MIN ? view_number(canvas, x, y, 6, ROLE_TEXT, cost, 2) + 1 : x;
        canvas_bar(canvas, at, y, x + each - 1 - at, most > 0 ? cost / most : 0, i % 2 ? ROLE_PLAN : ROLE_LIDAR);
    }
}

static void draw_candidates(struct canvas *canvas, struct rect rect, int row, const struct msg_decision *d)
{
    int y = rect.y + row, x = rect.x, bottom = rect.y + rect.height;
    int critics = d->critics.count < 8 ? (int)d->critics.count : 8;
    int each = critics ? (rect.width - FIXED_COLUMNS) / critics : 0;
    each = each > 16 ? 16 : each;
    double most = 0;
    for (uint32_t i = 0; i < d->candidates.count; i++)
        for (uint32_t k = 0; k < d->candidates.data[i].costs.count; k++)
            most = isfinite(d->candidates.data[i].costs.data[k]) ? fmax(most, d->candidates.data[i].costs.data[k])
                                                                 : most;
    canvas_print(canvas, x, y, ROLE_DIM, "     v     w  total");
    bool bars = each >= CRITIC_BAR_MIN;
    if (critics && !bars)
        canvas_text(canvas, x + FIXED_COLUMNS, y, ROLE_DIM, "costs most");
    for (int i = 0; i < critics && bars; i++)
        canvas_field(canvas, x + FIXED_COLUMNS + i * each, y, each - 1, ROLE_DIM, "%.*s", each - 1,
                     d->critics.data[i]);
    for (uint32_t i = 0; i < d->candidates.count && ++y < bottom; i++) {
        const struct msg_candidate *c = &d->candidates.data[i];
        enum role role = !c->valid ? ROLE_DIM : i == 0 ? ROLE_ACCENT : ROLE_TEXT;
        canvas_put(canvas, x, y, i == 0 ? '>' : ' ', role);
        view_number(canvas, x + 1, y, 5, role, c->v_mps, 2);
        view_number(canvas, x + 7, y, 5, role, c->w_radps, 2);
        if (c->valid)
            view_number(canvas, x + 13, y, 6, role, c->total, 2);
        else
            canvas_field(canvas, x + 13, y, -6, ROLE_WARN, "hits");
        if (bars)
            draw_costs(canvas, x + FIXED_COLUMNS, y, each, c, most);
        else
            draw_dearest(canvas, x + FIXED_COLUMNS, y, d, c);
    }
}

/* What the command hangs on: the groups of its inputs that change it most, and the command without each.
 * Returns the rows taken. */
static int draw_salient(struct canvas *canvas, struct rect rect, int row, const struct msg_decision *d,
                        const struct msg_saliency *saliency)
{
    enum { SHOWN = 8, BESIDE_CANDIDATES = 4, NUMBER = 5, BAR = 10, NAME = 38, COMMAND = 16 };
    uint32_t order[SHOWN];
    size_t count = salient_strongest(saliency, d->candidates.count > 1 ? BESIDE_CANDIDATES : SHOWN, order);
    int y = rect.y + row, bottom = rect.y + rect.height, right = rect.x + rect.width;
    int bar = rect.width >= NUMBER + BAR + NAME ? BAR : 0;
    canvas_field(canvas, rect.x, y, rect.width, ROLE_DIM, " %s hangs on%s", saliency->policy,
                 count ? "" : " nothing it is shown");
    for (size_t i = 0; i < count && ++y < bottom; i++) {
        const struct msg_salient *group = &saliency->groups.data[order[i]];
        char name[80];
        salient_name(group, name, sizeof name);
        int x = view_number(canvas, rect.x + 1, y, NUMBER, ROLE_TEXT, group->saliency, 3) + 1;
        if (bar)
            canvas_bar(canvas, x, y, bar, group->saliency / saliency->groups.data[order[0]].saliency, ROLE_WARN);
        x += bar ? bar + 1 : 0;
        bool fits = right - x >= NAME + COMMAND;
        canvas_field(canvas, x, y, fits ? NAME : right - x, ROLE_TEXT, "%s", name);
        if (fits)
            canvas_print(canvas, right - COMMAND, y, ROLE_DIM, "v %+.2f w %+.2f", group->v_mps, group->w_radps);
    }
    return y < bottom ? y + 1 - rect.y - row : bottom - rect.y - row;
}

static void policy_draw(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    const struct msg_decision *d = MODEL(context->model, DECISION, decision);
    const struct msg_episode_info *info = MODEL(context->model, EPISODE_INFO, episode_info);
    int flips = model_flips(context->model, 2);
    draw_command(canvas, rect, 0, "v", "m/s", d->v_mps, d->wish_v_mps, info ? info->max_v_mps : 0);
    draw_command(canvas, rect, 1, "w", "rad/s", d->w_radps, d->wish_w_radps, info ? info->max_w_radps : 0);
    draw_words(canvas, rect, 2, "why", ROLE_TEXT, d->reason);
    draw_words(canvas, rect, 3, "limit", ROLE_TEXT, d->constraint);
    char shield[160];
    snprintf(shield, sizeof shield, "%s%s%s", d->shield_mode, d->shield_active ? ": " : ", idle",
             d->shield_active ? d->shield_reason : "");
    draw_words(canvas, rect, 4, "shield", d->shield_active ? ROLE_WARN : ROLE_TEXT, shield);
    if (!d->shield_active) { /* else the shield's reason needs the row */
        int x = canvas_text(canvas, rect.x + rect.width - 10, rect.y + 4, ROLE_DIM, " conf ");
        view_number(canvas, x, rect.y + 4, 4, ROLE_TEXT, d->confidence, 2);
    }
    if (flips >= VIEW_FLIPS_ODD)
        canvas_field(canvas, rect.x + rect.width - 20, rect.y + 3, -20, ROLE_WARN, " OSC? %d flips in 2 s", flips);
    const struct msg_shadow *shadow = MODEL(context->model, SHADOW, shadow);
    if (shadow) {
        char text[200];
        snprintf(text, sizeof text, "%.40s  v %+.2f w %+.2f  differs %.2f (mean %.2f), %llu vetoed", shadow->policy,
                 shadow->wish_v_mps, shadow->wish_w_radps, shadow->disagreement, shadow->mean_disagreement,
                 (unsigned long long)shadow->vetoes);
        draw_words(canvas, rect, 5, "shadow", shadow->vetoed ? ROLE_WARN : ROLE_TEXT, text);
    }
    int row = shadow ? 6 : 5;
    const struct msg_saliency *saliency = salient_now(context->model);
    if (saliency)
        row += draw_salient(canvas, rect, row, d, saliency);
    if (d->candidates.count && rect.height > row + 1)
        draw_candidates(canvas, rect, row, d);
}

static void policy_heading(const struct view_context *context, char *text, size_t size)
{
    const struct msg_decision *d = MODEL(context->model, DECISION, decision);
    if (d && d->candidates_total)
        snprintf(text, size, "%.12s  %u of %u valid", d->policy, d->candidates_valid, d->candidates_total);
    else if (d)
        snprintf(text, size, "%.12s", d->policy);
}

static enum topic policy_topic(const struct view_context *context)
{
    (void)context;
    return TOPIC_DECISION;
}

extern const struct view view_policy;
const struct view view_policy = {"POLICY", policy_topic, policy_draw, policy_heading};
