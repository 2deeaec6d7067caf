/* Camera: colour, depth, true or seen labels as half blocks, alone or side by side. */
#include <stdio.h>

#include "tui/view.h"

#define DEPTH_NEAR_M 0.2
#define DEPTH_FAR_M 8.0 /* fixed: a range that follows the picture would flicker and mean something else each frame \
                         */

static const enum topic topics[PICTURE_MAPS] = {TOPIC_IMAGE, TOPIC_DEPTH, TOPIC_LABELS, TOPIC_LABELS_SEEN};

static void draw_picture(const struct view_context *context, struct canvas *canvas, struct rect rect,
                         enum picture_map map, int cache)
{
    const struct msg_image *image = model_latest(context->model, topics[map]);
    if (!image) {
        view_waiting(context, canvas, rect, topics[map]);
        return;
    }
    if (!picture_is_valid(image, map)) {
        canvas_print(canvas, rect.x, rect.y, ROLE_WARN, "%ux%u %s cannot be shown", image->width, image->height,
                     image->encoding);
        return;
    }
    int width = rect.width, height = 2 * rect.height;
    picture_fit((int)image->width, (int)image->height, &width, &height);
    struct picture fresh = {0};
    picture_render(&fresh, image, map, width, height, DEPTH_NEAR_M, DEPTH_FAR_M);
    const struct picture *shown = &fresh;
    if (context->cameras) {
        picture_settle(&context->cameras[cache], &fresh, context->hysteresis);
        shown = &context->cameras[cache];
    }
    int x = rect.x + (rect.width - shown->width) / 2, y = rect.y + (rect.height - (shown->height + 1) / 2) / 2;
    canvas_image(canvas, x, y, shown->width, shown->height, shown->rgb);
    picture_clear(&fresh);
}

/* Colour and depth belong together, and so do the labels as they are and as they are seen. */
static enum picture_map left_of(const struct view_context *context)
{
    enum picture_map map = context->options.picture;
    if (!context->options.side_by_side)
        return map;
    return map == PICTURE_LABELS || map == PICTURE_SEEN ? PICTURE_LABELS : PICTURE_COLOUR;
}

static enum topic camera_topic(const struct view_context *context)
{
    return topics[left_of(context)];
}

static void camera_draw(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    if (!context->options.side_by_side) {
        draw_picture(context, canvas, rect, context->options.picture, 2 * PANE_CAMERA);
        return;
    }
    struct rect left = rect, right = rect;
    left.width = (rect.width - 1) / 2;
    right.x += left.width + 1;
    right.width -= left.width + 1;
    draw_picture(context, canvas, left, left_of(context), 2 * PANE_CAMERA);
    draw_picture(context, canvas, right, left_of(context) == PICTURE_LABELS ? PICTURE_SEEN : PICTURE_DEPTH,
                 2 * PANE_CAMERA + 1);
}

static void camera_heading(const struct view_context *context, char *text, size_t size)
{
    static const char *const words[PICTURE_MAPS] = {"colour", "depth 0.2-8 m", "labels (truth)", "labels (seen)"};
    enum picture_map map = left_of(context);
    const struct msg_image *image = model_latest(context->model, topics[map]);
    if (context->options.side_by_side)
        snprintf(text, size, "%s", map == PICTURE_LABELS ? "labels: true, seen" : "colour and depth 0.2-8 m");
    else if (image)
        snprintf(text, size, "%s  %ux%u", words[map], image->width, image->height);
    else
        snprintf(text, size, "%s", words[map]);
}

static enum topic depth_topic(const struct view_context *context)
{
    (void)context;
    return TOPIC_DEPTH;
}

static void depth_draw(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    draw_picture(context, canvas, rect, PICTURE_DEPTH, 2 * PANE_DEPTH);
}

static void depth_heading(const struct view_context *context, char *text, size_t size)
{
    (void)context;
    snprintf(text, size, "0.2-8 m");
}

extern const struct view view_camera, view_depth;
const struct view view_camera = {"CAMERA", camera_topic, camera_draw, camera_heading};
const struct view view_depth = {"DEPTH", depth_topic, depth_draw, depth_heading};
