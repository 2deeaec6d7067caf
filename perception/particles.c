#include "perception/particles.h"

#include <stdlib.h>
#include <string.h>

#include "logs/hash.h"
#include "logs/memory.h"
#include "logs/seed.h"
#include "perception/mapper.h"

enum { BEAMS = 36, YAW_BINS = 24, SPREAD_TRIES = 64, SUSPECTS_PER = 10, HALVINGS = 3 };
#define BIN_M 0.5               /* places that differ by less, and by less than 15 degrees, count as one */
#define KLD_ERROR 0.05          /* of the drawn distribution against the true one ... */
#define KLD_QUANTILE 2.326      /* ... with 99 % */
/* The log of how much less likely a beam makes a place that does not explain it: little, for one table takes many
 * beams, and is still there half a metre further on. */
#define BEAM_LOSS 0.15
#define KERNEL_FIRST_M 0.35 /* an end so far from a wall is half explained: as coarse as particles are sparse, ...   \
                             */
#define KERNEL_LAST_M 0.12      /* ... then, generation by generation, finer */
#define KERNEL_SHRINK 0.75
#define JITTER_SHARE 0.3        /* of the kernel: how far children stray from their parent */
#define JITTER_RAD_PER_M 0.3
#define MOVE_SHARE 0.05         /* of a motion that it may be off */
#define NEAR_M 0.75             /* particles so near each other ... */
#define NEAR_RAD 0.5            /* ... may be one place */
#define SUSPECT_M 0.5
#define SUSPECT_RAD 0.3

struct particles {
    const struct match *match;
    struct grid grid;
    uint8_t *is_open; /* cells a robot may stand in */
    struct seed_stream random;
    struct pose2 *now, *next;
    double *cumulative; /* of the weights, while drawing */
    size_t count;
    uint32_t generation;
    double kernel_m;
    bool settled;
    struct pose2 moved; /* since last weighed */
    struct pose2 best;
    uint8_t *bins; /* one bit each */
    int bin_columns, bin_rows;
};

struct particles *particles_create(const struct match *match, const struct static_map *map, double clear_m,
                                   uint64_t seed)
{
    ASSERT(match && map && clear_m >= 0);
    struct particles *p = NEW(struct particles);
    size_t cells = grid_size(&map->grid);
    p->match = match;
    p->grid = map->grid;
    p->is_open = NEW_ARRAY(cells, uint8_t);
    for (size_t i = 0; i < cells; i++) {
        struct cell c = {(int)(i % (size_t)map->grid.width), (int)(i / (size_t)map->grid.width)};
        p->is_open[i] = map->cells[i] >= 0 && map->cells[i] < MAPPER_OCCUPIED &&
                        match_distance_m(match, grid_centre(&map->grid, c)) >= clear_m;
    }
    p->random = seed_stream_named(seed, "perception.particles");
    p->now = NEW_ARRAY(PARTICLES_MAX, struct pose2);
    p->next = NEW_ARRAY(PARTICLES_MAX, struct pose2);
    p->cumulative = NEW_ARRAY(PARTICLES_MAX, double);
    p->bin_columns = (int)(map->grid.width * map->grid.resolution_m / BIN_M) + 1;
    p->bin_rows = (int)(map->grid.height * map->grid.resolution_m / BIN_M) + 1;
    p->bins = NEW_ARRAY((size_t)p->bin_columns * (size_t)p->bin_rows * YAW_BINS / 8 + 1, uint8_t);
    return p;
}

void particles_destroy(struct particles **particles)
{
    struct particles *p = *particles;
    *particles = NULL;
    if (!p)
        return;
    void *owned[] = {p->is_open, p->now, p->next, p->cumulative, p->bins};
    for (size_t i = 0; i < COUNT_OF(owned); i++)
        free(owned[i]);
    free(p);
}

static bool is_open(const struct particles *p, double x, double y)
{
    struct cell c = grid_cell(&p->grid, (struct vec2){x, y});
    return grid_holds(&p->grid, c) && p->is_open[grid_index(&p->grid, c)];
}

/* --- the first generation --------------------------------------------------------------------------------------- */

void particles_spread(struct particles *p)
{
    /* powers of the inverse of 1.2207..., the root of x^4 = x + 1: the evenest such recurrence in three dimensions */
    static const double steps[3] = {0.8191725133961645, 0.6710436067037893, 0.5497004779019703};
    double at[3], width_m = p->grid.width * p->grid.resolution_m, height_m = p->grid.height * p->grid.resolution_m;
    for (int i = 0; i < 3; i++)
        at[i] = seed_uniform(&p->random);
    p->count = 0;
    for (size_t tries = 0; tries < (size_t)SPREAD_TRIES * PARTICLES_MAX && p->count < PARTICLES_MAX; tries++) {
        for (int i = 0; i < 3; i++)
            at[i] = at[i] + steps[i] >= 1 ? at[i] + steps[i] - 1 : at[i] + steps[i];
        double x = p->grid.origin.x + at[0] * width_m, y = p->grid.origin.y + at[1] * height_m;
        if (is_open(p, x, y))
            p->now[p->count++] = (struct pose2){x, y, wrap_angle(at[2] * 2 * PI - PI)};
    }
    p->generation = 0;
    p->settled = false;
    p->kernel_m = KERNEL_FIRST_M;
    p->moved = (struct pose2){0};
}

void particles_forget(struct particles *p) { p->count = 0; }

void particles_suspect(struct particles *p, struct pose2 place)
{
    for (size_t i = 0; i < p->count; i += SUSPECTS_PER)
        p->now[i] = (struct pose2){place.x + SUSPECT_M * seed_gaussian(&p->random),
                                   place.y + SUSPECT_M * seed_gaussian(&p->random),
                                   wrap_angle(place.yaw + SUSPECT_RAD * seed_gaussian(&p->random))};
}

/* --- on the way ------------------------------------------------------------------------------------------------- */

void particles_move(struct particles *p, struct pose2 moved)
{
    double way_sd = MOVE_SHARE * hypot(moved.x, moved.y), turn_sd = MOVE_SHARE * fabs(moved.yaw);
    p->moved = pose2_compose(p->moved, moved);
    for (size_t i = 0; i < p->count; i++) {
        struct pose2 one = {moved.x + way_sd * seed_gaussian(&p->random), moved.y + way_sd * seed_gaussian(&p->random),
                            moved.yaw + turn_sd * seed_gaussian(&p->random)};
        p->now[i] = pose2_compose(p->now[i], one);
    }
    p->best = pose2_compose(p->best, moved);
}

/* How many there should be where `bins` bins are occupied; with every generation fewer will do, since
 * most of the first one's places are none. */
static size_t kld_count(size_t bins, uint32_t generation)
{
    if (bins < 2)
        return PARTICLES_MIN;
    size_t most = (size_t)PARTICLES_MAX >> (generation < HALVINGS ? generation + 1 : HALVINGS);
    double k = (double)(bins - 1), a = 2 / (9 * k), root = 1 - a + sqrt(a) * KLD_QUANTILE;
    double n = ceil(k / (2 * KLD_ERROR) * root * root * root);
    return n < PARTICLES_MIN ? PARTICLES_MIN : n > (double)most ? most : (size_t)n;
}

/* Marks the pose's bin; true if it was empty. Outside the map is one bin. */
static bool bin_mark(struct particles *p, struct pose2 pose)
{
    int column = (int)floor((pose.x - p->grid.origin.x) / BIN_M), row = (int)floor((pose.y - p->grid.origin.y) / BIN_M);
    int turn = (int)floor((pose.yaw + PI) / (2 * PI) * YAW_BINS);
    bool inside = column >= 0 && row >= 0 && column < p->bin_columns && row < p->bin_rows;
    size_t bin = inside ? ((size_t)row * (size_t)p->bin_columns + (size_t)column) * YAW_BINS +
                              (size_t)(turn < 0 ? 0 : turn % YAW_BINS) : 0;
    uint8_t bit = (uint8_t)(1u << bin % 8);
    bool is_new = !(p->bins[bin / 8] & bit);
    p->bins[bin / 8] |= bit;
    return is_new;
}

/* `count` of the present particles in proportion to their weights, by one random number and even steps:
 * into `next`, or only to count the bins they fall into. */
static size_t draw(struct particles *p, size_t count, double first, bool only_bins)
{
    double step = p->cumulative[p->count - 1] / (double)count;
    size_t from = 0, bins = 0;
    for (size_t i = 0; i < count; i++) {
        double at = ((double)i + first) * step;
        while (from + 1 < p->count && p->cumulative[from] < at)
            from++;
        if (only_bins)
            bins += bin_mark(p, p->now[from]);
        else
            p->next[i] = p->now[from];
    }
    return bins;
}

static void jitter(struct particles *p)
{
    double sd_m = JITTER_SHARE * p->kernel_m, sd_rad = sd_m * JITTER_RAD_PER_M;
    for (size_t i = 0; i < p->count; i++) {
        p->now[i].x += sd_m * seed_gaussian(&p->random);
        p->now[i].y += sd_m * seed_gaussian(&p->random);
        p->now[i].yaw = wrap_angle(p->now[i].yaw + sd_rad * seed_gaussian(&p->random));
    }
}

static void weigh_all(struct particles *p, const struct vec2 *beams, size_t count)
{
    double most = -HUGE_VAL, sum = 0;
    bool fine = p->kernel_m <= KERNEL_LAST_M; /* only then are particles near enough to ask what stands between */
    for (size_t i = 0; i < p->count; i++) {
        bool possible = is_open(p, p->now[i].x, p->now[i].y);
        double lost = (double)count;
        if (possible)
            lost = match_unexplained(p->match, beams, count, p->now[i], p->kernel_m, fine);
        p->cumulative[i] = -BEAM_LOSS * lost;
        if (p->cumulative[i] > most) {
            most = p->cumulative[i];
            p->best = p->now[i];
        }
    }
    for (size_t i = 0; i < p->count; i++)
        p->cumulative[i] = sum += exp(p->cumulative[i] - most);
}

bool particles_weigh(struct particles *p, const struct vec2 *points, size_t count)
{
    struct vec2 beams[BEAMS];
    bool settling = p->kernel_m > KERNEL_LAST_M; /* the same scan, finer */
    bool moved = hypot(p->moved.x, p->moved.y) >= PARTICLES_STEP_M || fabs(p->moved.yaw) >= PARTICLES_STEP_RAD;
    size_t used = count < BEAMS ? count : BEAMS;
    if (!p->count || used < BEAMS / 2 || !(moved || settling))
        return false;
    for (size_t i = 0; i < used; i++)
        beams[i] = points[i * count / used];
    weigh_all(p, beams, used);
    memset(p->bins, 0, (size_t)p->bin_columns * (size_t)p->bin_rows * YAW_BINS / 8 + 1);
    double first = seed_uniform(&p->random);
    size_t wanted = kld_count(draw(p, p->count, first, true), p->generation);
    draw(p, wanted, first, false);
    struct pose2 *old = p->now;
    p->now = p->next;
    p->next = old;
    p->count = wanted;
    jitter(p);
    p->kernel_m = fmax(KERNEL_LAST_M, p->kernel_m * KERNEL_SHRINK);
    p->moved = (struct pose2){0};
    p->settled = !settling;
    p->generation++;
    return true;
}

/* --- what came of it -------------------------------------------------------------------------------------------- */

struct particles_place particles_place(const struct particles *p)
{
    struct particles_place place = {.pose = p->best};
    double n = 0, sum[3] = {0}, products[9] = {0};
    for (size_t i = 0; i < p->count; i++) {
        double off[3] = {p->now[i].x - p->best.x, p->now[i].y - p->best.y, wrap_angle(p->now[i].yaw - p->best.yaw)};
        if (hypot(off[0], off[1]) > NEAR_M || fabs(off[2]) > NEAR_RAD)
            continue;
        n++;
        for (int a = 0; a < 3; a++) {
            sum[a] += off[a];
            for (int b = 0; b < 3; b++)
                products[a * 3 + b] += off[a] * off[b];
        }
    }
    if (n < 2)
        return place;
    place.pose = (struct pose2){p->best.x + sum[0] / n, p->best.y + sum[1] / n, wrap_angle(p->best.yaw + sum[2] / n)};
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++)
            place.covariance[a * 3 + b] = products[a * 3 + b] / n - sum[a] / n * (sum[b] / n);
    place.share = n / (double)p->count;
    return place;
}

size_t particles_count(const struct particles *p) { return p->count; }
uint32_t particles_generation(const struct particles *p) { return p->generation; }
bool particles_settled(const struct particles *p) { return p->settled; }

uint64_t particles_hash(const struct particles *p, uint64_t hash)
{
    const uint64_t words[] = {p->count, p->generation, p->settled, p->random.key, p->random.counter};
    hash = hash_bytes(hash, words, sizeof words);
    hash = hash_bytes(hash, &p->kernel_m, sizeof p->kernel_m);
    hash = hash_bytes(hash, &p->moved, sizeof p->moved);
    hash = hash_bytes(hash, &p->best, sizeof p->best);
    return hash_bytes(hash, p->now, p->count * sizeof *p->now);
}
