/* Lidar and map: what the robot sees, where it believes to be, where it wants to go, as braille dots to one scale.
 * The lidar pane turns with the robot (or not, on a key); the map pane of wide screens never does. */
#include <stdio.h>

#include "tui/salient.h"
#include "tui/sources.h"
#include "tui/view.h"

#define RANGE_M 6.0       /* from the middle to the nearer edge at scale 1 */
#define ARC_S 1.5         /* candidates and the command are rolled out this far */
#define TRACK_SEEN_S 0.3  /* a track unseen for longer is a guess */
#define TRACK_STANDS_MPS 0.1
#define MUST_CLEAR_S 0.95 /* the safety class TTC counts below this */
enum { ARC_STEPS = 12, OCCUPIED = 65, COST_SHOWN = 70, COST_KEEP_OUT = 101 };

struct scene {
    struct canvas *canvas;
    const struct model *model;
    struct rect rect;
    double dots_per_m;
    bool placed; /* the robot's place in the map is known: map_dots holds */
    struct pose2 pose;
    struct affine robot_dots, map_dots;
};

/* The frame whose `middle` is shown in the middle, turned so that its direction `up_rad` points up. */
static struct affine looking(const struct scene *scene, struct vec2 middle, double up_rad)
{
    double s = scene->dots_per_m, c = cos(up_rad), n = sin(up_rad);
    struct affine a = {s * n, -s * c, 0, -s * c, -s * n, 0};
    struct vec2 at = affine_dots(&a, middle);
    a.x0 = 2 * scene->rect.x + scene->rect.width - at.x;
    a.y0 = 4 * scene->rect.y + 2 * scene->rect.height - at.y;
    return a;
}

/* Where a view that does not follow the robot stands: in the middle of the given map. */
static struct vec2 map_middle(const struct model *model)
{
    const struct msg_occupancy_grid *map = MODEL(model, MAP, occupancy_grid);
    if (!map)
        return (struct vec2){0};
    double half_m = (double)map->info.resolution / 2;
    return (struct vec2){map->info.origin.position.x + map->info.width * half_m,
                         map->info.origin.position.y + map->info.height * half_m};
}

static struct scene scene_of(const struct view_context *context, struct canvas *canvas, struct rect rect,
                             bool map_frame)
{
    const struct view_options *o = &context->options;
    struct scene scene = {.canvas = canvas, .model = context->model, .rect = rect};
    int across = 2 * rect.width < 4 * rect.height ? 2 * rect.width : 4 * rect.height;
    scene.dots_per_m = across / 2.0 / RANGE_M * o->scale;
    scene.placed = model_pose(context->model, &scene.pose);
    if (map_frame && scene.placed) {
        struct vec2 middle = o->follow ? (struct vec2){scene.pose.x, scene.pose.y} : map_middle(context->model);
        scene.map_dots = looking(&scene, vec2_add(middle, (struct vec2){o->pan_x_m, o->pan_y_m}), PI / 2);
        scene.robot_dots = affine_within(&scene.map_dots, scene.pose);
    } else {
        scene.robot_dots = looking(&scene, (struct vec2){o->pan_y_m, -o->pan_x_m}, 0);
        scene.map_dots = affine_within(&scene.robot_dots, pose2_between(scene.pose, (struct pose2){0}));
    }
    return scene;
}

static void dot(const struct scene *scene, const struct affine *a, struct vec2 p, enum role role)
{
    struct vec2 at = affine_dots(a, p);
    if (fabs(at.x) < 1e5 && fabs(at.y) < 1e5)
        canvas_dot(scene->canvas, (int)floor(at.x), (int)floor(at.y), role);
}

static void line(const struct scene *scene, const struct affine *a, struct vec2 p, struct vec2 q, enum role role)
{
    struct vec2 from = affine_dots(a, p), to = affine_dots(a, q);
    canvas_dot_line(scene->canvas, from.x, from.y, to.x, to.y, role);
}

/* --- grids ---------------------------------------------------------------------------------------------------- */

enum { NOTHING = ROLE_COUNT };

static int map_role(int8_t cell, bool odd)
{
    (void)odd;
    return cell >= OCCUPIED ? (int)ROLE_WALL : NOTHING;
}

static int costmap_role(int8_t cell, bool odd)
{
    if (cell >= COST_KEEP_OUT)
        return ROLE_KEEPOUT;
    if (cell == 100)
        return ROLE_WALL;
    return cell >= COST_SHOWN && odd ? (int)ROLE_DIM : NOTHING; /* every other dot: it stays in the background */
}

static void draw_grid(const struct scene *scene, const struct msg_occupancy_grid *grid, int (*role_of)(int8_t, bool))
{
    const struct msg_map_meta_data *info = &grid->info;
    double step = (double)info->resolution;
    if ((uint64_t)info->width * info->height > grid->data.count || !(step > 0))
        return;
    const struct msg_point *origin = &info->origin.position;
    struct affine a = affine_within(&scene->map_dots, (struct pose2){origin->x, origin->y, 0});
    const struct rect *clip = &scene->canvas->clip;
    for (uint32_t y = 0; y < info->height; y++) {
        const int8_t *cells = grid->data.data + (size_t)y * info->width;
        for (uint32_t x = 0; x < info->width; x++) {
            uint64_t eight;
            if (x + 8 <= info->width && (memcpy(&eight, cells + x, 8), eight == 0 || eight == UINT64_MAX)) {
                x += 7; /* free or unknown, as most of a map is */
                continue;
            }
            if (role_of(cells[x], true) == NOTHING)
                continue;
            struct vec2 at = affine_dots(&a, (struct vec2){(x + 0.5) * step, (y + 0.5) * step});
            int dx = (int)at.x, dy = (int)at.y;
            if (at.x < 0 || at.y < 0 || dx / 2 < clip->x || dy / 4 < clip->y || dx / 2 >= clip->x + clip->width ||
                dy / 4 >= clip->y + clip->height)
                continue;
            int role = role_of(cells[x], (dx + dy) & 1);
            if (role != NOTHING)
                canvas_dot(scene->canvas, dx, dy, (enum role)role);
        }
    }
}

/* --- what is planned ------------------------------------------------------------------------------------------ */

/* A point carried along the arc of a command, in the robot's frame. */
static struct vec2 carried(struct vec2 p, double v, double w, double t_s)
{
    double yaw = w * t_s;
    struct vec2 at =
        fabs(w) < 1e-6 ? (struct vec2){v * t_s, 0} : (struct vec2){v / w * sin(yaw), v / w * (1 - cos(yaw))};
    return pose2_apply((struct pose2){at.x, at.y, yaw}, p);
}

static void draw_arc(const struct scene *scene, struct vec2 p, double v, double w, double duration_s, enum role role)
{
    if (!isfinite(v) || !isfinite(w))
        return;
    struct vec2 last = p;
    for (int i = 1; i <= ARC_STEPS; i++) {
        struct vec2 next = carried(p, v, w, duration_s * i / ARC_STEPS);
        line(scene, &scene->robot_dots, last, next, role);
        last = next;
    }
}

static void draw_decision(const struct scene *scene, struct vec2 half)
{
    const struct msg_decision *d = MODEL(scene->model, DECISION, decision);
    if (!d)
        return;
    for (uint32_t i = d->candidates.count; i-- > 1;)
        if (d->candidates.data[i].valid)
            draw_arc(scene, (struct vec2){0}, d->candidates.data[i].v_mps, d->candidates.data[i].w_radps, ARC_S,
                     ROLE_DIM);
    /* The floor that must stay clear: where the front corners go within the time that counts as too close. */
    enum role edge = d->shield_active || d->ttc_s < MUST_CLEAR_S ? ROLE_WARN : ROLE_DIM;
    draw_arc(scene, half, d->v_mps, d->w_radps, MUST_CLEAR_S, edge);
    draw_arc(scene, (struct vec2){half.x, -half.y}, d->v_mps, d->w_radps, MUST_CLEAR_S, edge);
    draw_arc(scene, (struct vec2){0}, d->v_mps, d->w_radps, ARC_S, ROLE_ACCENT);
}

static void draw_plan(const struct scene *scene)
{
    const struct msg_path *plan = MODEL(scene->model, PLAN, path);
    for (uint32_t i = 1; plan && i < plan->poses.count; i++) {
        const struct msg_point *p = &plan->poses.data[i - 1].pose.position, *q = &plan->poses.data[i].pose.position;
        line(scene, &scene->map_dots, (struct vec2){p->x, p->y}, (struct vec2){q->x, q->y}, ROLE_PLAN);
    }
}

static void draw_trail(const struct scene *scene)
{
    const struct ring *ring = &scene->model->trail_ring;
    for (uint32_t i = 0; i < ring->count; i++) {
        const struct model_place *place = &scene->model->trail[ring_slot(ring, MODEL_TRAIL, i)];
        dot(scene, &scene->map_dots, (struct vec2){(double)place->x, (double)place->y}, ROLE_TRAIL);
    }
}

/* --- what is there -------------------------------------------------------------------------------------------- */

static void draw_scan(const struct scene *scene)
{
    const struct msg_saliency *saliency = salient_now(scene->model);
    /* Sectors are tinted from half of the strongest on. */
    double strong = saliency ? salient_along(saliency, "lidar", (double)NAN) / 2 : 0;
    const struct msg_laser_scan *scan = MODEL(scene->model, SCAN, laser_scan);
    if (!scan)
        return;
    struct pose2 mount = model_mount(scene->model, scan->header.frame_id);
    struct affine a = affine_within(&scene->robot_dots, mount);
    for (uint32_t i = 0; i < scan->ranges.count; i++) {
        double r = (double)scan->ranges.data[i], angle = (double)scan->angle_min + i * (double)scan->angle_increment;
        if (isfinite(r) && r > 0)
            dot(scene, &a, (struct vec2){r * cos(angle), r * sin(angle)},
                strong > 0 && salient_along(saliency, "lidar", angle + mount.yaw) >= strong ? ROLE_WARN : ROLE_LIDAR);
    }
}

/* Who is believed to move: a ring as wide as they are, and where they will be in a second. Dim while unseen. */
static void draw_tracks(const struct scene *scene)
{
    enum { CORNERS = 8 };
    const struct msg_tracks *tracks = MODEL(scene->model, TRACKS, tracks);
    for (uint32_t i = 0; tracks && i < tracks->tracks.count; i++) {
        const struct msg_track *track = &tracks->tracks.data[i];
        struct vec2 at = {track->position.x, track->position.y}, way = {track->velocity.x, track->velocity.y};
        enum role role = track->unseen_s > TRACK_SEEN_S ? ROLE_DIM : ROLE_WARN;
        double radius_m = fmax(track->radius_m, 3 / scene->dots_per_m); /* smaller than this is a blot */
        struct vec2 last = {at.x + radius_m, at.y};
        for (int k = 1; k <= CORNERS; k++) {
            double angle = 2 * PI * k / CORNERS;
            struct vec2 next = {at.x + radius_m * cos(angle), at.y + radius_m * sin(angle)};
            line(scene, &scene->map_dots, last, next, role);
            last = next;
        }
        if (!(hypot(way.x, way.y) > TRACK_STANDS_MPS))
            continue;
        struct vec2 tip = vec2_add(at, way), back = vec2_scale(way, -0.25), side = {back.y * 0.7, -back.x * 0.7};
        line(scene, &scene->map_dots, at, tip, role);
        line(scene, &scene->map_dots, tip, vec2_add(tip, vec2_add(back, side)), role);
        line(scene, &scene->map_dots, tip, vec2_add(tip, vec2_sub(back, side)), role);
    }
}

/* A sign at a place of the map; beyond the edge it stands at the edge, in that direction. */
static void draw_sign(const struct scene *scene, struct vec2 p, uint32_t rune, enum role role, bool always)
{
    struct vec2 at = affine_dots(&scene->map_dots, p);
    if (!isfinite(at.x) || !isfinite(at.y))
        return;
    const struct rect *r = &scene->rect;
    double x = floor(at.x / 2), y = floor(at.y / 4);
    double inside_x = clamp(x, r->x, r->x + r->width - 1), inside_y = clamp(y, r->y, r->y + r->height - 1);
    if (always || (x >= inside_x && x <= inside_x && y >= inside_y && y <= inside_y))
        canvas_put(scene->canvas, (int)inside_x, (int)inside_y, rune, role);
}

static void draw_signs(const struct scene *scene)
{
    for (uint32_t i = scene->model->event_ring.count; i-- > 0;) {
        const struct model_event *event = model_event(scene->model, i);
        if (event->severity >= 2)
            draw_sign(scene, (struct vec2){event->pose.x, event->pose.y}, '!', view_severity_role(event->severity),
                      false);
    }
    const struct msg_pose_stamped *goal = MODEL(scene->model, GOAL, pose_stamped);
    if (goal)
        draw_sign(scene, (struct vec2){goal->pose.position.x, goal->pose.position.y}, 0x25c6, ROLE_GOAL, true);
}

static void draw_robot(const struct scene *scene, struct vec2 half)
{
    const struct vec2 corners[] = {half, {-half.x, half.y}, {-half.x, -half.y}, {half.x, -half.y}};
    for (int i = 0; i < 4; i++)
        line(scene, &scene->robot_dots, corners[i], corners[(i + 1) % 4], ROLE_ACCENT);
    if (half.x * scene->dots_per_m < 6) { /* too small to see where its nose is: say it with an arrow */
        static const uint32_t arrows[] = {0x2192, 0x2191, 0x2190, 0x2193}; /* right, up, left, down */
        struct vec2 middle = affine_dots(&scene->robot_dots, (struct vec2){0}),
                    nose = vec2_sub(affine_dots(&scene->robot_dots, (struct vec2){1, 0}), middle);
        int quarter = (int)floor(atan2(-nose.y, nose.x) / (PI / 2) + 0.5);
        canvas_put(scene->canvas, (int)floor(middle.x / 2), (int)floor(middle.y / 4), arrows[(quarter + 4) % 4],
                   ROLE_ACCENT);
    } else {
        line(scene, &scene->robot_dots, (struct vec2){half.x, 0}, (struct vec2){0, half.y}, ROLE_ACCENT);
        line(scene, &scene->robot_dots, (struct vec2){half.x, 0}, (struct vec2){0, -half.y}, ROLE_ACCENT);
    }
}

static void draw_figures(const struct scene *scene)
{
    const struct msg_laser_scan *scan = MODEL(scene->model, SCAN, laser_scan);
    int y = scene->rect.y + scene->rect.height - 1;
    double nearest_m = (double)INFINITY, at_rad = 0;
    uint32_t returns = 0;
    for (uint32_t i = 0; scan && i < scan->ranges.count; i++) {
        double r = (double)scan->ranges.data[i];
        returns += isfinite(r) != 0;
        if (isfinite(r) && r < nearest_m) {
            nearest_m = r;
            at_rad = (double)scan->angle_min + i * (double)scan->angle_increment;
        }
    }
    if (!scan || scene->rect.height < 4)
        return;
    int x = canvas_text(scene->canvas, scene->rect.x, y, ROLE_DIM, " nearest ");
    x = view_number(scene->canvas, x, y, 5, ROLE_TEXT, nearest_m, 2);
    if (isfinite(nearest_m))
        x = canvas_print(scene->canvas, x, y, ROLE_DIM, " m at %3.0f deg %c  ", fabs(at_rad) * 180 / PI,
                         at_rad >= 0 ? 'L' : 'R');
    canvas_print(scene->canvas, x, y, ROLE_DIM, "returns %3.0f %% ",
                 scan->ranges.count ? 100.0 * returns / scan->ranges.count : 0.0);
}

/* Letters for who says what stands there, over all lines, and what the letters mean. */
static void draw_sources(const struct scene *scene)
{
    const struct msg_map_sources *map = MODEL(scene->model, MAP_SOURCES, map_sources);
    int y = scene->rect.y + scene->rect.height - 1;
    unsigned drawn = scene->placed && map ? sources_draw(scene->canvas, scene->rect, &scene->map_dots, map) : 0;
    if (map)
        sources_legend(scene->canvas, scene->rect, drawn);
    else
        canvas_text(scene->canvas, scene->rect.x, y, ROLE_DIM, " nobody says who saw what ");
}

static void draw_scene(const struct view_context *context, struct canvas *canvas, struct rect rect, bool map_frame)
{
    struct scene scene = scene_of(context, canvas, rect, map_frame);
    const struct msg_episode_info *info = MODEL(context->model, EPISODE_INFO, episode_info);
    const struct msg_occupancy_grid *map = MODEL(context->model, MAP, occupancy_grid),
                                    *costmap = MODEL(context->model, COSTMAP, occupancy_grid);
    struct vec2 half =
        info ? (struct vec2){info->robot_length_m / 2, info->robot_width_m / 2} : (struct vec2){0.25, 0.2};
    if (scene.placed && costmap && !context->options.sources)
        draw_grid(&scene, costmap, costmap_role);
    if (scene.placed && map)
        draw_grid(&scene, map, map_role);
    if (scene.placed) {
        draw_trail(&scene);
        draw_plan(&scene);
    }
    if (context->options.sources) {
        draw_sources(&scene);
    } else {
        draw_decision(&scene, half);
        draw_scan(&scene);
    }
    if (scene.placed)
        draw_tracks(&scene);
    draw_robot(&scene, half);
    if (scene.placed)
        draw_signs(&scene);
    if (!context->options.sources)
        draw_figures(&scene);
}

static enum topic lidar_topic(const struct view_context *context)
{
    (void)context;
    return TOPIC_SCAN;
}

static void lidar_draw(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    draw_scene(context, canvas, rect, context->options.map_frame);
}

static void lidar_heading(const struct view_context *context, char *text, size_t size)
{
    const struct view_options *o = &context->options;
    const struct msg_laser_scan *scan = MODEL(context->model, SCAN, laser_scan);
    snprintf(text, size, "%u beams  %s%s%s  x%.1f", scan ? scan->ranges.count : 0, o->map_frame ? "map" : "robot",
             o->map_frame && !o->follow ? ", fixed" : "", o->sources ? ", who saw it" : "", o->scale);
}

static void map_draw(const struct view_context *context, struct canvas *canvas, struct rect rect)
{
    draw_scene(context, canvas, rect, true);
}

static enum topic map_topic(const struct view_context *context)
{
    (void)context;
    return TOPIC_BELIEF;
}

extern const struct view view_lidar, view_map;
const struct view view_lidar = {"LIDAR", lidar_topic, lidar_draw, lidar_heading};
const struct view view_map = {"MAP", map_topic, map_draw, NULL};
