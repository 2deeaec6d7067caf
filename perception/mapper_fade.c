#include <string.h>

#include "perception/mapper_inside.h"
#include "perception/track.h"

enum {
    FADE = -2, FADE_SUSPECT = -20,
    FADE_TICKS = 40,         /* ticks for one round over the grid: 1 evidence point a second */
    SUSPECT_TICKS = 40,      /* 2 s: no rule takes longer to notice */
    MOVER_FADE = -25,        /* of what a mover left ... */
    MOVER_TICKS = 10,        /* ... each half second, from half a second after the last mark on */
    AGE_TICKS = 4096,        /* between two rounds that keep old stamps from looking new */
};
#define MOVER_MARGIN_M 0.15  /* about a track: arms, and how wrong its place may be */

void mapper_movers(struct mapper *mapper, const struct track *tracks, size_t count)
{
    ASSERT(count <= TRACKS_MAX);
    mapper->mover_count = 0;
    for (size_t i = 0; i < count; i++)
        if (tracks[i].confirmed && tracks[i].unseen_s <= TRACK_UNSEEN_S)
            mapper->movers[mapper->mover_count++] =
                (struct mapper_mover){tracks[i].at, tracks[i].radius_m + MOVER_MARGIN_M};
}

void mapper_distrust(struct mapper *mapper, enum map_source source)
{
    ASSERT(mapper->evidence[source]);
    mapper->suspect_from[source] = mapper->tick > SUSPECT_TICKS ? mapper->tick - SUSPECT_TICKS : 0;
    mapper->suspect_to[source] = mapper->tick + 1;
}

/* How fast the layer's mark in that cell fades. */
static int fade_of(const struct mapper *mapper, enum map_source source, size_t i)
{
    uint64_t age = mapper_age(mapper, mapper->hit_tick[source][i]);
    uint64_t marked = mapper->tick > age ? mapper->tick - age : 0;
    bool suspect = marked >= mapper->suspect_from[source] && marked < mapper->suspect_to[source];
    return suspect ? FADE_SUSPECT : FADE;
}

static void fade_rows(struct mapper *mapper)
{
    const struct grid *grid = &mapper->grid;
    size_t rows = (size_t)(grid->height + FADE_TICKS - 1) / FADE_TICKS, width = (size_t)grid->width;
    size_t first = (size_t)mapper->fade_row * width, last = first + rows * width;
    for (size_t i = first; i < last && i < grid_size(grid); i++) {
        if (mapper->occupancy[i] <= 50)
            continue;
        for (enum map_source s = MAP_LIDAR; s <= MAP_SONAR; s++)
            if (mapper->evidence[s][i] > 0 && !(s == MAP_LIDAR && mapper->given[i] == MAPPER_GIVEN_WALL))
                mapper_weigh(mapper, s, i, fade_of(mapper, s, i));
    }
    mapper->fade_row = last < grid_size(grid) ? mapper->fade_row + (int)rows : 0;
}

/* Never below 0: that nothing confirms a cell does not make it free. */
static void fade_mover(struct mapper *mapper, size_t i)
{
    for (enum map_source s = MAP_LIDAR; s <= MAP_SONAR; s++) {
        int evidence = mapper->evidence[s][i];
        if (!(mapper->moving[i] >> s & 1) || evidence <= 0)
            continue;
        if (mapper_age(mapper, mapper->hit_tick[s][i]) >= MOVER_TICKS)
            mapper_weigh(mapper, s, i, -MOVER_FADE < evidence ? MOVER_FADE : -evidence);
    }
}

static void fade_movers(struct mapper *mapper)
{
    size_t cells = grid_size(&mapper->grid), share = cells / MOVER_TICKS + 1;
    size_t first = mapper->tick % MOVER_TICKS * share, last = first + share < cells ? first + share : cells;
    uint64_t eight;
    for (size_t i = first; i < last; i++) {
        if (i + sizeof eight <= last && (memcpy(&eight, mapper->moving + i, sizeof eight), !eight))
            i += sizeof eight - 1;
        else if (mapper->moving[i])
            fade_mover(mapper, i);
    }
}

static void hold_ages(const struct mapper *mapper, uint16_t *stamps)
{
    uint16_t oldest = (uint16_t)(mapper_stamp(mapper) - MAPPER_AGE_MAX);
    oldest = oldest ? oldest : 1;
    for (size_t i = 0; stamps && i < grid_size(&mapper->grid); i++)
        if (stamps[i] && mapper_age(mapper, stamps[i]) == MAPPER_AGE_MAX)
            stamps[i] = oldest;
}

static void clear_own_place(struct mapper *mapper, struct pose2 pose, double radius_m)
{
    const struct grid *grid = &mapper->grid;
    for (double dy = -radius_m; dy <= radius_m; dy += grid->resolution_m) {
        for (double dx = -radius_m; dx <= radius_m; dx += grid->resolution_m) {
            struct vec2 p = {pose.x + dx, pose.y + dy};
            if (dx * dx + dy * dy > radius_m * radius_m || !mapper_holds(grid, p))
                continue;
            size_t i = grid_index(grid, grid_cell(grid, p));
            for (enum map_source s = MAP_DEPTH; s <= MAP_SONAR; s++)
                if (mapper->evidence[s][i] > 0)
                    mapper_weigh(mapper, s, i, mapper_senses[s].miss);
        }
    }
}

void mapper_tick(struct mapper *mapper, struct pose2 pose, double radius_m)
{
    mapper->tick++;
    fade_rows(mapper);
    fade_movers(mapper);
    for (int s = 0; mapper->tick % AGE_TICKS == 0 && s < MAP_SOURCE_COUNT; s++) {
        hold_ages(mapper, mapper->hit_tick[s]);
        hold_ages(mapper, mapper->free_tick[s]);
    }
    clear_own_place(mapper, pose, radius_m);
}
