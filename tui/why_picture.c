#include "tui/why_picture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "logs/memory.h"
#include "tui/picture.h"
#include "tui/raster.h"
#include "tui/salient.h"

enum { WIDTH = 1080, HEIGHT = 660, TITLE = 40, MARGIN = 16, TEXT_HEIGHT = 15, FAN = 580, RING = 20, RINGS_MAX = 4,
       IMAGES_MAX = 2, IMAGE_WIDTH = 210, BARS_MAX = 16, BAR_ROW = 21 };
static const double SCAN_M = 8; /* from the middle to the innermost ring */
static const uint32_t PAPER = 0xffffff, INK = 0x202124, FAINT = 0x5f6368, LINES = 0xdfe2e5, COLD = 0xeceff1,
                      HOT = 0xd55e00, RETURN = 0x0072b2;

struct why_view {
    struct raster raster;
    const struct model *model;
    const struct msg_saliency *saliency;
    double most;       /* of all saliencies; 1 if all are 0 */
    struct vec2 middle; /* of the fan */
    double inner;      /* its radius in pixels, of the innermost ring */
};

/* From cold to hot. */
static uint32_t heat(double share)
{
    uint32_t rgb = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
        double cold = COLD >> shift & 255, hot = HOT >> shift & 255;
        rgb |= (uint32_t)lround(cold + (hot - cold) * clamp(share, 0, 1)) << shift;
    }
    return rgb;
}

/* Ahead is up, left is left. */
static struct vec2 around(const struct why_view *v, double bearing, double radius)
{
    return (struct vec2){v->middle.x - radius * sin(bearing), v->middle.y - radius * cos(bearing)};
}

static void stroke(struct why_view *v, struct vec2 a, struct vec2 b, uint32_t rgb, double width)
{
    raster_segment(&v->raster, (double[]){a.x, a.y}, (double[]){b.x, b.y}, rgb, width);
}

/* --- the fan -------------------------------------------------------------------------------------------------- */

static void draw_sector(struct why_view *v, const struct msg_salient *group, int ring)
{
    static const double step = 0.004, gap = 0.008; /* rad: strokes as wide as they are apart at the outermost ring */
    double from = v->inner + ring * RING + 3, to = from + RING - 6;
    for (double bearing = group->across[0] + gap; bearing < group->across[1] - gap; bearing += step)
        stroke(v, around(v, bearing, from), around(v, bearing, to), heat(group->saliency / v->most), 2);
}

/* Every input that is a ring has one of its own, the first innermost. */
static void draw_rings(struct why_view *v)
{
    const char *names[RINGS_MAX];
    int rings = 0;
    for (uint32_t i = 0; i < v->saliency->groups.count; i++) {
        const struct msg_salient *group = &v->saliency->groups.data[i];
        int ring = 0;
        if (strcmp(group->layout, "ring"))
            continue;
        while (ring < rings && strcmp(names[ring], group->input))
            ring++;
        if (ring == RINGS_MAX)
            continue;
        if (ring == rings)
            names[rings++] = group->input;
        draw_sector(v, group, ring);
    }
    double x = MARGIN;
    for (int ring = 0; ring < rings; ring++) {
        char text[60];
        snprintf(text, sizeof text, "ring %d: %.40s", ring + 1, names[ring]);
        raster_text(&v->raster, x, HEIGHT - 18, 0, FAINT, text);
        x += 10 * (double)strlen(text) + 20;
    }
}

static void draw_scan(struct why_view *v)
{
    const struct msg_laser_scan *scan = MODEL(v->model, SCAN, laser_scan);
    double scale = v->inner / SCAN_M;
    for (int metres = 2; metres <= (int)SCAN_M; metres += 2)
        raster_outline(&v->raster, &(struct raster_area){.at = v->middle, .radius = metres * scale}, LINES, 1);
    for (uint32_t i = 0; scan && i < scan->ranges.count; i++) {
        double range_m = (double)scan->ranges.data[i];
        double bearing = (double)scan->angle_min + i * (double)scan->angle_increment;
        double share = salient_along(v->saliency, "lidar", bearing) / v->most;
        if (!isfinite(range_m) || range_m > SCAN_M)
            continue;
        struct vec2 at = around(v, bearing, range_m * scale);
        if (share > 0.2)
            stroke(v, v->middle, at, heat(share * 0.6), 1);
        raster_fill(&v->raster, &(struct raster_area){.at = at, .radius = 2.2}, share > 0.2 ? heat(share) : RETURN, 1);
    }
}

static void draw_robot(struct why_view *v)
{
    const struct msg_episode_info *info = MODEL(v->model, EPISODE_INFO, episode_info);
    double scale = v->inner / SCAN_M;
    double length_m = info ? info->robot_length_m : 0.5, width_m = info ? info->robot_width_m : 0.4;
    struct raster_area body = {.at = v->middle, .half = {width_m / 2 * scale, length_m / 2 * scale}};
    raster_fill(&v->raster, &body, INK, 1);
    stroke(v, v->middle, around(v, 0, length_m * scale), INK, 2);
    raster_text(&v->raster, v->middle.x, v->middle.y + v->inner - 12, 1, FAINT, "8 m");
}

/* --- images --------------------------------------------------------------------------------------------------- */

static bool is_on_image(const struct msg_salient *group, bool colour)
{
    return colour ? !strcmp(group->layout, "colour")
                  : !strcmp(group->layout, "image") || !strcmp(group->layout, "stripes");
}

static bool has_regions(const struct why_view *v, bool colour)
{
    for (uint32_t i = 0; i < v->saliency->groups.count; i++)
        if (is_on_image(&v->saliency->groups.data[i], colour))
            return true;
    return false;
}

static void draw_region(struct why_view *v, const struct msg_salient *g, double x, double y, double width,
                        double height)
{
    double share = g->saliency / v->most;
    struct raster_area area = {
        .at = {x + (g->across[0] + g->across[1]) / 2 * width, y + (g->down[0] + g->down[1]) / 2 * height},
        .half = {(g->across[1] - g->across[0]) / 2 * width - 1, (g->down[1] - g->down[0]) / 2 * height - 1},
    };
    raster_fill(&v->raster, &area, HOT, 0.7 * clamp(share, 0, 1));
    if (share > 0)
        raster_outline(&v->raster, &area, heat(share), 1);
}

/* Without its colours, which are the regions'. */
static void grey(struct picture *picture)
{
    for (int i = 0; i < picture->width * picture->height; i++) {
        uint8_t *p = picture->rgb + 3 * i;
        p[0] = p[1] = p[2] = (uint8_t)((299 * p[0] + 587 * p[1] + 114 * p[2]) / 1000);
    }
}

/* The picture of one camera with its regions; returns how high it is. */
static double draw_image(struct why_view *v, bool colour, double x, double y)
{
    const struct msg_image *seen = colour ? MODEL(v->model, IMAGE, image) : MODEL(v->model, DEPTH, image);
    enum picture_map map = colour ? PICTURE_COLOUR : PICTURE_DEPTH;
    if (!has_regions(v, colour) || !seen || !picture_is_valid(seen, map))
        return 0;
    struct picture picture = {0};
    int width = IMAGE_WIDTH, height = IMAGE_WIDTH;
    picture_fit((int)seen->width, (int)seen->height, &width, &height);
    picture_render(&picture, seen, map, width, height, 0.3, SCAN_M);
    grey(&picture);
    raster_paste(&v->raster, &(struct image){width, height, 3, picture.rgb}, (int)x, (int)y);
    for (uint32_t i = 0; i < v->saliency->groups.count; i++)
        if (is_on_image(&v->saliency->groups.data[i], colour))
            draw_region(v, &v->saliency->groups.data[i], x, y, width, height);
    raster_text(&v->raster, x, y + height + 12, 0, FAINT, colour ? "colour image" : "depth image");
    picture_clear(&picture);
    return height + 26;
}

/* --- bars ----------------------------------------------------------------------------------------------------- */

static void draw_bars(struct why_view *v, double x, double y)
{
    enum { NAME = 345, BAR = 84 };
    uint32_t order[BARS_MAX];
    size_t count = salient_strongest(v->saliency, BARS_MAX, order);
    raster_text(&v->raster, x, y, 0, FAINT, "change of the command, in shares of the drive's range");
    for (size_t i = 0; i < count && y + 2 * BAR_ROW < HEIGHT; i++) {
        const struct msg_salient *group = &v->saliency->groups.data[order[i]];
        char name[80], number[16];
        double length = BAR * group->saliency / v->most / 2;
        y += BAR_ROW;
        salient_name(group, name, sizeof name);
        snprintf(number, sizeof number, "%.3f", group->saliency);
        raster_text(&v->raster, x, y, 0, INK, name);
        raster_fill(&v->raster, &(struct raster_area){.at = {x + NAME + length, y}, .half = {length, 6}},
                    heat(group->saliency / v->most), 1);
        raster_text(&v->raster, x + NAME + BAR + 8, y, 0, FAINT, number);
    }
    if (!count)
        raster_text(&v->raster, x, y + BAR_ROW, 0, INK, "nothing: it commands the same without any of them");
}

enum status why_picture(const struct model *model, const char *title, struct image *image, struct error *err)
{
    struct why_view v = {.model = model, .saliency = MODEL(model, SALIENCY, saliency)};
    ASSERT(v.saliency);
    for (uint32_t i = 0; i < v.saliency->groups.count; i++)
        v.most = fmax(v.most, v.saliency->groups.data[i].saliency);
    v.most = v.most > 0 ? v.most : 1;
    enum status status = raster_open(&v.raster, WIDTH, HEIGHT, PAPER, TEXT_HEIGHT, err);
    if (status)
        return status;
    v.middle = (struct vec2){FAN / 2.0, TITLE + FAN / 2.0};
    v.inner = FAN / 2.0 - MARGIN - 3 * RING;
    raster_text(&v.raster, MARGIN, TITLE / 2.0, 0, INK, title);
    draw_scan(&v);
    draw_rings(&v);
    draw_robot(&v);
    double x = FAN + MARGIN, top = TITLE + 10, depth = draw_image(&v, false, x, top);
    double colour = draw_image(&v, true, depth > 0 ? x + IMAGE_WIDTH + MARGIN : x, top);
    draw_bars(&v, x, top + fmax(depth, colour) + 8);
    *image = raster_close(&v.raster);
    return STATUS_OK;
}
