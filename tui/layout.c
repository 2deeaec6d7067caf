#include "tui/layout.h"

static void place(struct layout *layout, enum pane pane, struct rect rect, bool framed)
{
    layout->slots[pane] = (struct slot){rect, framed};
}

/* Cuts `rows` from the top (or, negative, from the bottom) of *rest. */
static struct rect take(struct rect *rest, int rows)
{
    struct rect cut = *rest;
    cut.height = rows < 0 ? -rows : rows;
    rest->height -= cut.height;
    if (rows > 0)
        rest->y += rows;
    else
        cut.y = rest->y + rest->height;
    return cut;
}

/* Panes side by side, as wide as their weights. */
static void row(struct layout *layout, struct rect rect, const enum pane *panes, const int *weights, int count)
{
    int sum = 0, before = 0;
    for (int i = 0; i < count; i++)
        sum += weights[i];
    for (int i = 0; i < count; i++) {
        int x0 = rect.width * before / sum, x1 = rect.width * (before + weights[i]) / sum;
        place(layout, panes[i], (struct rect){rect.x + x0, rect.y, x1 - x0, rect.height}, true);
        before += weights[i];
    }
}

static void tiled(struct layout *layout, struct rect body, bool wide)
{
    static const enum pane top[] = {PANE_CAMERA, PANE_LIDAR}, middle[] = {PANE_POLICY, PANE_SAFETY, PANE_MOTION};
    static const enum pane top_wide[] = {PANE_CAMERA, PANE_DEPTH, PANE_LIDAR, PANE_MAP};
    static const int even[] = {1, 1, 1, 1}, thirds[] = {40, 38, 42};
    int log_rows = layout->height / 5, middle_rows = layout->height * 10 / 36;
    log_rows = log_rows > 12 ? 12 : log_rows;
    middle_rows = middle_rows < 10 ? 10 : middle_rows > 16 ? 16 : middle_rows;
    place(layout, PANE_LOG, take(&body, -log_rows), true);
    place(layout, PANE_TIMELINE, take(&body, -1), false);
    row(layout, take(&body, -middle_rows), middle, thirds, 3);
    if (wide)
        row(layout, body, top_wide, even, 4);
    else
        row(layout, body, top, even, 2);
}

static void one_and_rail(struct layout *layout, struct rect body, enum pane focus)
{
    int rail = layout->width * 24 / 80;
    rail = rail < 20 ? 20 : rail > 28 ? 28 : rail;
    if (focus != PANE_LOG)
        place(layout, PANE_LOG, take(&body, -3), false);
    place(layout, PANE_TIMELINE, take(&body, -1), false);
    place(layout, PANE_RAIL, (struct rect){body.x + body.width - rail, body.y, rail, body.height}, true);
    body.width -= rail;
    place(layout, focus, body, true);
}

static enum layout_form form_of(int width, int height)
{
    static const struct {
        int width, height;
        enum layout_form form;
    } forms[] = {{160, 44, LAYOUT_WIDE}, {100, 30, LAYOUT_FULL}, {60, 16, LAYOUT_COMPACT}, {40, 8, LAYOUT_SUMMARY}};
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        if (width >= forms[i].width && height >= forms[i].height)
            return forms[i].form;
    return LAYOUT_LINE;
}

struct layout layout_compute(int width, int height, const struct layout_options *options)
{
    struct layout layout = {
        .width = width < 1 ? 1 : width, .height = height < 1 ? 1 : height, .focus = options->focus};
    layout.form = form_of(width, height);
    struct rect body = {0, 0, layout.width, layout.height};
    place(&layout, PANE_STATUS, take(&body, 1), false);
    if (layout.form == LAYOUT_LINE)
        return layout;
    place(&layout, PANE_KEYBAR, take(&body, -1), false);
    if (layout.form == LAYOUT_SUMMARY) {
        place(&layout, options->help ? PANE_HELP : PANE_SUMMARY, body, false);
        return layout;
    }
    if (layout.form >= LAYOUT_FULL || options->strip)
        place(&layout, PANE_STRIP, take(&body, 1), false);
    if (options->help) {
        place(&layout, PANE_HELP, body, true);
    } else if (options->maximised) {
        place(&layout, PANE_TIMELINE, take(&body, -1), false);
        place(&layout, options->focus, body, true);
    } else if (layout.form == LAYOUT_COMPACT) {
        one_and_rail(&layout, body, options->focus);
    } else {
        tiled(&layout, body, layout.form == LAYOUT_WIDE);
    }
    return layout;
}

enum pane layout_hit(const struct layout *layout, int x, int y)
{
    enum pane pane = 0;
    for (; pane < PANE_COUNT; pane++) {
        const struct rect *rect = &layout->slots[pane].rect;
        if (x >= rect->x && y >= rect->y && x < rect->x + rect->width && y < rect->y + rect->height)
            break;
    }
    return pane;
}
