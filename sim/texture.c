#include "sim/texture.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "logs/status.h"

/* --- patterns ---------------------------------------------------------------------------------------------- */

/* A number of 0..1 for a cell of an endless board. */
static double cell_noise(long column, long row)
{
    uint32_t h = (uint32_t)column * 0x9e3779b1u ^ (uint32_t)row * 0x85ebca6bu;
    h = (h ^ h >> 15) * 0x2c1b3c6du;
    return (double)((h ^ h >> 13) & 0xffff) / 65535.0;
}

/* Without the call that floor() is on the oldest x86-64. */
static inline long whole(double x)
{
    long towards_zero = (long)x;
    return towards_zero - (x < (double)towards_zero);
}

static double wrap(double x, double period) { return x - period * (double)whole(x / period); }

static double ink_checker(const struct texture_spot *s)
{
    return (whole(s->u_m / 0.25) + whole(s->v_m / 0.25)) & 1 ? 1 : 0;
}

static double ink_stripes(const struct texture_spot *s) { return wrap(s->u_m, 0.3) < 0.15; }

/* The floor everywhere: tiles of 1 m in two greys. */
static double ink_floor(const struct texture_spot *s)
{
    return (whole(s->u_m) + whole(s->v_m)) & 1 ? 1 : 0;
}

static double ink_tiles(const struct texture_spot *s) { return wrap(s->u_m, 0.3) < 0.015 || wrap(s->v_m, 0.3) < 0.015; }

/* Running bond: every second course is half a brick on. */
static double ink_bricks(const struct texture_spot *s)
{
    long course = whole(s->v_m / 0.12);
    double u = s->u_m + (course & 1 ? 0.13 : 0);
    if (wrap(s->v_m, 0.12) < 0.018 || wrap(u, 0.26) < 0.018)
        return 1;
    return 0.35 * cell_noise(whole(u / 0.26), course);
}

static double ink_planks(const struct texture_spot *s)
{
    long board = whole(s->v_m / 0.14);
    return cell_noise(whole((s->u_m + 0.37 * (double)board) / 1.3), board);
}

static double ink_skirting(const struct texture_spot *s) { return s->v_m < 0.08; }

static double ink_blotches(const struct texture_spot *s)
{
    return 0.6 * cell_noise(whole(s->u_m / 0.5), whole(s->v_m / 0.5)) +
           0.4 * cell_noise(whole(s->u_m / 0.17), whole(s->v_m / 0.17) + 71);
}

static double ink_weave(const struct texture_spot *s)
{
    return (whole(s->u_m / 0.05) + whole(s->v_m / 0.05)) & 1 ? 1 : 0;
}

static double ink_leaves(const struct texture_spot *s)
{
    return cell_noise(whole((s->u_m + 0.4 * s->v_m) / 0.07), whole((s->v_m - 0.3 * s->u_m) / 0.09));
}

/* Doors of lockers, half a metre wide, with gaps between. */
static double ink_panels(const struct texture_spot *s)
{
    return wrap(s->u_m, 0.45) < 0.025 || wrap(s->v_m, 0.6) < 0.025;
}

/* A band of tape along the middle of each side. */
static double ink_parcel(const struct texture_spot *s)
{
    double middle = s->height_m / 2, off = s->v_m > middle ? s->v_m - middle : middle - s->v_m;
    return off < 0.035;
}

/* Spines on boards 0.36 m apart. */
static double ink_books(const struct texture_spot *s)
{
    long shelf = whole(s->v_m / 0.36), spine = whole((s->u_m + 0.013 * (double)shelf) / 0.06);
    double above = wrap(s->v_m, 0.36), top = 0.22 + 0.1 * cell_noise(spine, shelf + 7);
    return above < 0.03 ? 0.3 : above > top ? 1 : 0.9 * cell_noise(spine, shelf);
}

/* A person: dark trousers up to 0.8 m, a head from 1.45 m. */
static double ink_dress(const struct texture_spot *s) { return s->v_m < 0.8 ? 1 : s->v_m > 1.45 ? 0.6 : 0; }

/* --- signs: over the whole face, x and y from 0 to 1 ---------------------------------------------------------- */

static bool sign_place(const struct texture_spot *s, double *x, double *y)
{
    double width = s->width_m > 0 ? s->width_m : 1, height = s->height_m > 0 ? s->height_m : 1;
    *x = wrap(s->u_m, width) / width;
    *y = wrap(s->v_m, height) / height;
    return *x < 0.04 || *x > 0.96 || *y < 0.05 || *y > 0.95; /* on the border */
}

static double ink_arrow(const struct texture_spot *s)
{
    double x, y;
    if (sign_place(s, &x, &y))
        return 1;
    double off = y > 0.5 ? y - 0.5 : 0.5 - y;
    bool shaft = x > 0.15 && x < 0.6 && off < 0.12, head = x >= 0.55 && x < 0.87 && off < 0.36 * (0.87 - x) / 0.32;
    return shaft || head;
}

static double ink_stop(const struct texture_spot *s)
{
    double x, y;
    return sign_place(s, &x, &y) || (x > 0.18 && x < 0.82 && y > 0.38 && y < 0.62);
}

static double ink_barrier(const struct texture_spot *s) { return wrap(s->u_m + s->v_m, 0.4) < 0.2; }

/* Colours of signs keep clear of yellow, which means keep-out paint to the robot; two textures are yellow all the
 * same, as things are in the world, and colour alone takes their foot for paint. */
const struct texture texture_table[] = {
    {.name = "plain", .help = "nothing but the material's colour"},
    {"floor", ink_floor, 0.5, 1.0, 0.9, {0}, {0}, "tiles of 1 m in two shades", false},
    {"checker", ink_checker, 0.5, 0.25, 0.5, {0}, {0}, "squares of 0.25 m", false},
    {"stripes", ink_stripes, 0.5, 0.15, 0.5, {0}, {0}, "upright, 0.15 m wide", false},
    {"tiles", ink_tiles, 0.1, 0.03, 0.6, {0}, {0}, "0.3 m with joints", false},
    {"bricks", ink_bricks, 0.38, 0.06, 1.35, {0}, {0}, "in running bond", false},
    {"planks", ink_planks, 0.5, 0.14, 0.66, {0}, {0}, "boards of several shades", false},
    {"skirting", ink_skirting, 0.04, 0.04, 0.55, {0}, {0}, "a dark strip along the floor", false},
    {"blotches", ink_blotches, 0.5, 0.2, 0.8, {0}, {0}, "as of cast concrete", false},
    {"weave", ink_weave, 0.5, 0.05, 0.72, {0}, {0}, "coarse cloth", false},
    {"leaves", ink_leaves, 0.5, 0.06, 0.45, {0}, {0}, "of a plant", false},
    {"panels", ink_panels, 0.09, 0.03, 0.6, {0}, {0}, "doors with gaps between", false},
    {"parcel", ink_parcel, 0.15, 0.05, 0.72, {0}, {0}, "a band of tape round the middle", false},
    {"books", ink_books, 0.5, 0.06, 0.35, {0}, {0}, "spines on shelves", false},
    {"dress", ink_dress, 0.5, 0.2, 0.5, {0}, {0}, "trousers, shirt, hair", false},
    {"arrow", ink_arrow, 0.35, 0.04, 0, {24, 84, 168}, {236, 238, 240}, "a blue sign with an arrow to the right", true},
    {"exit", ink_arrow, 0.35, 0.04, 0, {10, 128, 72}, {236, 240, 238}, "the same in green", true},
    {"stop", ink_stop, 0.3, 0.04, 0, {176, 22, 30}, {240, 238, 238}, "a red sign with a white bar", true},
    {"barrier", ink_barrier, 0.5, 0.14, 0, {186, 30, 34}, {236, 236, 236}, "red and white, aslant", false},
    {"hazard", ink_barrier, 0.5, 0.14, 0, {222, 178, 28}, {30, 30, 32}, "yellow and black, aslant", false},
    {"yellow", ink_panels, 0.09, 0.03, 0, {226, 184, 30}, {150, 120, 24}, "lacquered doors with gaps between", false},
};
const int texture_count = COUNT_OF(texture_table);

int texture_find(const char *name)
{
    for (int i = 0; i < texture_count; i++)
        if (!strcmp(texture_table[i].name, name))
            return i;
    return -1;
}

/* --- where on a face ------------------------------------------------------------------------------------------- */

/* Grows with the angle about z, 0..4 in a turn: trigonometry would cost more than the rest. */
static double turn_of(double x, double y)
{
    double sum = fabs(x) + fabs(y);
    if (sum == 0)
        return 0;
    return y >= 0 ? 1 - x / sum : 3 + x / sum;
}

static struct texture_spot spot_round(const struct shape *shape, struct vec3 p)
{
    double round_m = 2 * PI * shape->radius_m;
    double half = shape->kind == SHAPE_SPHERE    ? shape->radius_m
                  : shape->kind == SHAPE_CAPSULE ? shape->height_m / 2 + shape->radius_m
                                                 : shape->height_m / 2;
    return (struct texture_spot){turn_of(p.x, p.y) / 4 * round_m, p.z + half, round_m, 2 * half};
}

static struct texture_spot spot_flat(const struct shape *shape, struct vec3 p, struct vec3 n)
{
    struct vec3 half = shape->kind == SHAPE_BOX ? shape->half_m : (struct vec3){0, 0, 0};
    double x = fabs(n.x), y = fabs(n.y), z = fabs(n.z);
    if (z >= x && z >= y) {
        double side = shape->kind == SHAPE_CYLINDER ? shape->radius_m : 0;
        return (struct texture_spot){p.x + half.x + side, p.y + half.y + side, 2 * half.x, 2 * half.y};
    }
    if (x >= y)
        return (struct texture_spot){(n.x > 0 ? p.y : -p.y) + half.y, p.z + half.z, 2 * half.y, 2 * half.z};
    return (struct texture_spot){(n.y > 0 ? -p.x : p.x) + half.x, p.z + half.z, 2 * half.x, 2 * half.z};
}

struct texture_spot texture_spot(const struct shape *shape, struct pose3 pose, struct vec3 point, struct vec3 normal)
{
    if (shape->kind == SHAPE_PLANE)
        return (struct texture_spot){point.x, point.y, 0, 0};
    struct quat back = quat_conjugate(pose.orientation);
    struct vec3 p = quat_rotate(back, vec3_sub(point, pose.position)), n = quat_rotate(back, normal);
    bool is_round = shape->kind == SHAPE_SPHERE || shape->kind == SHAPE_CAPSULE ||
                    (shape->kind == SHAPE_CYLINDER && fabs(n.z) < 0.5);
    return is_round ? spot_round(shape, p) : spot_flat(shape, p, n);
}

void texture_colour(const struct texture *texture, const struct texture_spot *spot, double pixel_m, float rgb[3])
{
    if (!texture->ink)
        return;
    /* Whole at two pixels a feature, gone at half of one. */
    double seen = clamp((texture->detail_m / pixel_m - 0.5) / 1.5, 0, 1);
    double ink = seen > 0 ? texture->mean + seen * (texture->ink(spot) - texture->mean) : texture->mean;
    bool own = texture->shade == 0;
    for (int c = 0; c < 3; c++) {
        double paper = own ? (double)texture->paper_rgb[c] : (double)rgb[c];
        double full = own ? (double)texture->ink_rgb[c] : paper * texture->shade;
        rgb[c] = (float)(paper + ink * (full - paper));
    }
}
