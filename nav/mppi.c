#include "nav/mppi.h"

#include <string.h>

#include "nav/footprint.h"

enum { /* of a future's periods */
    LOOK_STEPS = 7,   /* between two looks at the path */
    PEOPLE_STEPS = 4, /* ... and at people */
    HOLD_STEPS = 4,   /* ... and at what holding the command would do, in the first HOLD_UNTIL */
    HOLD_UNTIL = 15,
    HOLD_LOOKS = 5    /* along a held command */
};
static const double path_spacing_m = 0.1;
static const double latency_s = 0.1;
static const double cramped_m = 0.06; /* more than its corners' reach around its middle, and the robot can spin */
static const double people_within_m = 6;

/* --- the scene ---------------------------------------------------------------------------------------------- */

/* The window's lower left cell is (x0, y0) of the grid. What is not on the map is closed. */
static void window_fill(struct mppi_scene *scene, const struct belief *belief, int x0, int y0, int reach, float disc_m)
{
    const struct grid *grid = &belief->grid;
    int from = MPPI_WINDOW / 2 - reach, to = MPPI_WINDOW / 2 + reach;
    int left = from > -x0 ? from : -x0, right = to < grid->width - x0 ? to : grid->width - x0;
    for (int y = from; y < to; y++) {
        float *row = scene->gap_m + y * MPPI_WINDOW;
        bool inside = y + y0 >= 0 && y + y0 < grid->height;
        const float *clearance = belief->clearance_m + (inside ? (ptrdiff_t)(y + y0) * grid->width + x0 : 0);
        for (int x = from; x < to; x++)
            row[x] = -1;
        for (int x = left; x < right && inside; x++)
            row[x] = clearance[x] - disc_m;
    }
}

static void path_fill(struct mppi_scene *scene, const struct policy_input *in, struct vec2 origin)
{
    const struct plan *plan = in->plan;
    double left = plan->length_m, since = path_spacing_m, cell = (double)scene->cell_m;
    scene->path_count = 0;
    for (size_t i = 0; i < plan->count && scene->path_count < MPPI_PATH_MAX; i++) {
        double step = i ? vec2_distance(plan->points[i], plan->points[i - 1]) : 0;
        left -= step;
        since += step;
        if (since < path_spacing_m - 1e-6 && i + 1 < plan->count)
            continue;
        since = 0;
        size_t n = scene->path_count++;
        scene->path[n].x = (float)((plan->points[i].x - origin.x) / cell);
        scene->path[n].y = (float)((plan->points[i].y - origin.y) / cell);
        scene->path[n].left = (float)(fmax(0, left) / cell);
        scene->path[n].along_x = n ? scene->path[n - 1].along_x : scene->c;
        scene->path[n].along_y = n ? scene->path[n - 1].along_y : scene->s;
        if (n) {
            float dx = scene->path[n].x - scene->path[n - 1].x, dy = scene->path[n].y - scene->path[n - 1].y;
            float length = sqrtf(dx * dx + dy * dy);
            scene->path[n - 1].along_x = scene->path[n].along_x = length > 0 ? dx / length : scene->c;
            scene->path[n - 1].along_y = scene->path[n].along_y = length > 0 ? dy / length : scene->s;
        }
    }
}

/* The clearance that the path itself offers over the horizon: wanting more would be a reason to stay before a gap. */
static double offered_m(const struct mppi_scene *scene, double reach_m)
{
    double least = HUGE_VAL;
    for (size_t i = 0; i < scene->path_count && (double)i * path_spacing_m < reach_m; i++) {
        int x = (int)scene->path[i].x, y = (int)scene->path[i].y;
        if (x > 0 && y > 0 && x < MPPI_WINDOW && y < MPPI_WINDOW)
            least = fmin(least, (double)scene->gap_m[y * MPPI_WINDOW + x]);
    }
    return least;
}

static void crowd_move(struct mppi_scene *scene, const struct belief *belief, struct vec2 origin)
{
    double cell = (double)scene->cell_m;
    crowd_fill(&scene->crowd, belief, people_within_m);
    for (size_t i = 0; i < scene->crowd.count; i++) {
        struct mover *mover = &scene->crowd.movers[i];
        mover->at = vec2_scale(vec2_sub(mover->at, origin), 1 / cell);
        mover->velocity_mps = vec2_scale(mover->velocity_mps, 1 / cell);
        mover->radius_m /= cell;
    }
}

static void drive_fill(struct mppi_scene *scene, const struct mppi_params *params, const struct policy_input *in)
{
    const struct task *task = in->task;
    scene->v = (float)in->last.v_mps;
    scene->w = (float)in->last.w_radps;
    scene->period_s = (float)task->period_s;
    scene->v_max = (float)task->max_v_mps;
    scene->w_max = (float)task->max_w_radps;
    scene->wheel_mps = (float)footprint_fastest_mps(task, 0);
    scene->half_width_m = (float)(task->width_m / 2);
    scene->reach_m = (float)footprint_of(task).reach_m;
    scene->dv = (float)(task->max_a_mps2 * task->period_s);
    scene->dw = (float)(task->max_alpha_radps2 * task->period_s);
    scene->brake_per_v = (float)(1 / (2 * task->max_a_mps2 * task->period_s));
    scene->brake_per_w = (float)(1 / (2 * task->max_alpha_radps2 * task->period_s));
    scene->hold_s = (float)(params->ttc_s / HOLD_LOOKS);
    scene->clear_steps = (int)(params->ttc_s / task->period_s + 0.5);
}

/* Backwards only out of where the robot cannot turn round, and the way leads back. */
static float slowest_mps(const struct mppi_scene *scene, const struct policy_input *in, double reach_m)
{
    const struct pose2 pose = in->belief->pose;
    size_t i = scene->path_count > 3 ? 3 : scene->path_count - 1;
    float ahead = scene->c * (scene->path[i].x - scene->x) + scene->s * (scene->path[i].y - scene->y);
    bool cramped = footprint_sample_m(in->belief, pose.x, pose.y) < reach_m + cramped_m;
    return ahead < -1 && cramped ? (float)in->task->min_v_mps : 0;
}

void mppi_scene_fill(struct mppi_scene *scene, const struct mppi_params *params, const struct policy_input *in)
{
    const struct belief *belief = in->belief;
    const struct pose2 pose = belief->pose;
    double cell = belief->grid.resolution_m, c = cos(pose.yaw), s = sin(pose.yaw);
    struct footprint footprint = footprint_of(in->task);
    struct cell here = grid_cell(&belief->grid, (struct vec2){pose.x, pose.y});
    int x0 = here.x - MPPI_WINDOW / 2, y0 = here.y - MPPI_WINDOW / 2;
    struct vec2 origin = {belief->grid.origin.x + x0 * cell, belief->grid.origin.y + y0 * cell};
    ASSERT(in->plan->count > 0 && params->steps <= MPPI_STEPS_MAX && params->batch <= MPPI_BATCH_MAX);
    scene->params = params;
    scene->cell_m = (float)cell;
    scene->c = (float)c;
    scene->s = (float)s;
    scene->x = (float)((pose.x - origin.x) / cell);
    scene->y = (float)((pose.y - origin.y) / cell);
    drive_fill(scene, params, in);
    /* As far as the fastest future gets, and the footprint with it, but within the window. */
    double most = fmax(in->task->max_v_mps, fabs(in->last.v_mps)), own = footprint.disc_x_m / cell + 3;
    scene->steps = (int)fmin(params->steps, (MPPI_WINDOW / 2 - own) * cell / (most * in->task->period_s));
    int reach = (int)fmin(MPPI_WINDOW / 2, ceil(most * in->task->period_s * scene->steps / cell + own));
    window_fill(scene, belief, x0, y0, reach, (float)footprint.disc_radius_m);
    path_fill(scene, in, origin);
    crowd_move(scene, belief, origin);
    double now = footprint_grid_gap_m(belief, &footprint, pose.x, pose.y, c, s);
    /* What is too near already must not stop the robot from leaving; cells are read without interpolation. */
    scene->limit_m = (float)fmin(params->margin_m, now - 0.02);
    double offered = offered_m(scene, most * in->task->period_s * scene->steps);
    scene->comfort_m = (float)clamp(offered - 0.02, 0.04, params->comfort_m);
    scene->v_min = slowest_mps(scene, in, footprint.reach_m);
    scene->per_comfort = 1 / scene->comfort_m;
    scene->disc = (float)(footprint.disc_x_m / cell);
    /* With so much around its middle no part of the footprint is near anything. */
    scene->near = scene->comfort_m + (float)footprint.disc_x_m;
}

/* --- one future --------------------------------------------------------------------------------------------- */

struct walk { /* along a future */
    float x, y, c, s, v, w;
    float go_mps, gap_m, least_m;
    size_t at; /* of the path */
};

static inline float limit(float a, float low, float high) { return a < low ? low : a > high ? high : a; }

static inline float gap_at(const struct mppi_scene *scene, float x, float y)
{
    return scene->gap_m[(int)y * MPPI_WINDOW + (int)x];
}

/* The gap of the footprint's covering discs. */
static inline float walk_gap_m(const struct mppi_scene *scene, const struct walk *walk)
{
    float gap = gap_at(scene, walk->x, walk->y);
    if (gap < scene->near) {
        float dx = walk->c * scene->disc, dy = walk->s * scene->disc;
        float front = gap_at(scene, walk->x + dx, walk->y + dy), rear = gap_at(scene, walk->x - dx, walk->y - dy);
        gap = front < gap ? front : gap;
        gap = rear < gap ? rear : gap;
    }
    return gap;
}

/* On by `go` cells while turning by `a` radians, which is less than one. */
static inline void walk_go(struct walk *walk, float go, float a)
{
    float aa = a * a, sine = a * (1 - aa * (1.0F / 6 - aa * (1.0F / 120))), cosine = 1 - aa * (0.5F - aa * (1.0F / 24));
    float c = walk->c * cosine - walk->s * sine, s = walk->s * cosine + walk->c * sine;
    walk->x += (walk->c + c) * (go / 2);
    walk->y += (walk->s + s) * (go / 2);
    walk->c = c;
    walk->s = s;
}

/* One control period of the drive, and how near the footprint then is to anything. */
static inline void walk_step(const struct mppi_scene *scene, struct walk *walk, float v, float w)
{
    walk->v += limit(v - walk->v, -scene->dv, scene->dv);
    walk->w += limit(w - walk->w, -scene->dw, scene->dw);
    walk->w = limit(walk->w, -scene->w_max, scene->w_max);
    walk->v = limit(walk->v, scene->v_min, scene->v_max);
    float wheel = scene->wheel_mps - fabsf(walk->w) * scene->half_width_m;
    walk->go_mps = walk->v < wheel ? walk->v : wheel;
    walk_go(walk, walk->go_mps * scene->period_s / scene->cell_m, walk->w * scene->period_s);
    walk->gap_m = walk_gap_m(scene, walk);
    walk->least_m = walk->gap_m < walk->least_m ? walk->gap_m : walk->least_m;
}

/* What a shield or a judge sees is the command held: the share of ttc_s for which it would not be clear. */
static float hold_price(const struct mppi_scene *scene, const struct walk *walk)
{
    struct walk held = *walk;
    float go = walk->go_mps * scene->hold_s / scene->cell_m, turn = walk->w * scene->hold_s;
    for (int i = 0; i < HOLD_LOOKS; i++) {
        walk_go(&held, go, turn);
        if (walk_gap_m(scene, &held) < 0)
            return 1 - (float)i / HOLD_LOOKS;
    }
    return 0;
}

/* Moves on to the path's nearest point, from where it was; the way left from there, in cells. */
static float walk_look(const struct mppi_scene *scene, struct walk *walk, float *off, float *ahead)
{
    size_t i = walk->at;
    float dx = walk->x - scene->path[i].x, dy = walk->y - scene->path[i].y, best = dx * dx + dy * dy;
    for (size_t j = i + 1; j < scene->path_count && j < i + 12; j++) {
        float ex = walk->x - scene->path[j].x, ey = walk->y - scene->path[j].y, d = ex * ex + ey * ey;
        if (d >= best)
            continue;
        best = d;
        walk->at = j;
        dx = ex;
        dy = ey;
    }
    i = walk->at;
    float ux = scene->path[i].along_x, uy = scene->path[i].along_y, along = ux * dx + uy * dy;
    bool end = i + 1 == scene->path_count && along > 0;
    float across = fabsf(ux * dy - uy * dx);
    *off = end && scene->path[i].left > 0 ? across : end ? sqrtf(best) : across;
    *ahead = walk->c * ux + walk->s * uy;
    float left = scene->path[i].left - along;
    return end && scene->path[i].left <= 0 ? along : left;
}

static float people_price(const struct mppi_scene *scene, const struct walk *walk, int step, bool *hit)
{
    float near = (float)(scene->params->people_m), t = (float)step * scene->period_s, price = 0;
    float gap = (float)crowd_gap_m(&scene->crowd, (double)walk->x, (double)walk->y, (double)t) * scene->cell_m -
                scene->reach_m;
    if (gap < near) {
        float lack = 1 - limit(gap / near, 0, 1);
        price = lack * lack;
        *hit = gap < 0.05F && t > 0;
    }
    return price;
}

struct sums { /* over a future's periods, not yet weighted */
    float clearance, speed, smooth, path, heading, people, hold;
    float got; /* cells of progress, summed over the periods: getting there sooner counts, too */
};

/* A period's share of what is priced in every one; true if somebody is hit. */
static bool step_price(const struct mppi_scene *scene, const struct walk *walk, float w_before, int t,
                       struct sums *sums)
{
    const struct mppi_params *p = scene->params;
    float lack = limit(1 - walk->gap_m * scene->per_comfort, 0, 2), turn = walk->w - w_before;
    float over = walk->v - (float)p->crawl_mps - (float)p->clearance_gain * limit(walk->gap_m, 0, 9);
    bool met = false;
    sums->clearance += lack * lack;
    sums->speed += over > 0 ? over : 0;
    sums->smooth += walk->w * walk->w + 4 * turn * turn;
    if (t % HOLD_STEPS == 0 && t < HOLD_UNTIL)
        sums->hold += hold_price(scene, walk);
    if (scene->crowd.count && t % PEOPLE_STEPS == 0)
        sums->people += PEOPLE_STEPS * people_price(scene, walk, t, &met);
    return met;
}

static void price_fill(const struct mppi_scene *scene, const struct sums *sums, float lost_s, bool hit,
                       struct mppi_price *price)
{
    float dt = scene->period_s, metre = scene->cell_m, whole = (float)scene->steps * dt;
    const float raw[MPPI_CRITICS] = {
        [MPPI_PROGRESS] = whole - sums->got * dt * 2 / whole * metre / scene->v_max,
        [MPPI_PATH] = sums->path * dt * metre,
        [MPPI_HEADING] = sums->heading * dt,
        [MPPI_CLEARANCE] = sums->clearance * dt,
        [MPPI_SPEED] = sums->speed * dt / scene->v_max + sums->hold * (float)scene->params->hold_s,
        [MPPI_SMOOTH] = sums->smooth * dt / (scene->w_max * scene->w_max),
        [MPPI_PEOPLE] = sums->people * dt,
        [MPPI_COLLISION] = hit ? 1 + lost_s : 0,
    };
    for (size_t i = 0; i < MPPI_CRITICS; i++)
        price->total += price->costs[i] = (float)scene->params->weights[i] * raw[i];
}

/* Periods that the first command takes to stop again. */
static float brake_steps(const struct mppi_scene *scene, const struct walk *walk)
{
    float by_v = fabsf(walk->v) * scene->brake_per_v, by_w = fabsf(walk->w) * scene->brake_per_w;
    return fmaxf(by_v, by_w) + (float)latency_s / scene->period_s;
}

void mppi_price(const struct mppi_scene *scene, struct mppi_future *future)
{
    struct sums sums = {0};
    struct walk walk = {scene->x, scene->y, scene->c, scene->s, scene->v, scene->w, 0, 0, HUGE_VALF, 0};
    float off, ahead, begun = walk_look(scene, &walk, &off, &ahead), left = begun, needs = (float)scene->clear_steps;
    bool hit = false;
    int t = 0, looked = 0;
    for (; t < scene->steps && !hit; t++) {
        float w = walk.w;
        walk_step(scene, &walk, future->v[t], future->w[t]);
        hit = walk.gap_m < scene->limit_m;
        hit |= step_price(scene, &walk, w, t, &sums);
        if (t == 0)
            needs = fmaxf(needs, brake_steps(scene, &walk));
        if ((t + 1) % LOOK_STEPS && t + 1 != scene->steps && !hit)
            continue;
        left = walk_look(scene, &walk, &off, &ahead);
        sums.got += (begun - left) * (float)(t + 1 - looked);
        looked = t + 1;
        sums.path += off * LOOK_STEPS;
        sums.heading += (1 - ahead) * LOOK_STEPS / 2;
    }
    sums.got += (begun - left) * (float)(scene->steps - t);
    struct mppi_price *price = &future->price;
    *price = (struct mppi_price){.progress_m = (begun - left) * scene->cell_m, .least_m = walk.least_m};
    price->valid = !hit || (float)t > needs;
    price_fill(scene, &sums, (float)(scene->steps - t) * scene->period_s, hit, price);
}
