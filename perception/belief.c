#include "perception/belief.h"

#include <string.h>

#include "perception/mapper_inside.h"

static unsigned is_clear(int8_t evidence) { return (evidence < 0) & (evidence != MAPPER_NONE); }
static unsigned is_held(int8_t evidence) { return evidence >= MAPPER_HELD; }

/* Without branches: a window of 160 x 160 cells is asked for twice a second. The lidar's layer began as
 * the given map, so the lidar itself holds only what it has hit. */
static void tell_sources(const struct mapper *mapper, size_t first, size_t count, uint8_t *sources)
{
    const int8_t *lidar = mapper->evidence[MAP_LIDAR] + first, *depth = mapper->evidence[MAP_DEPTH] + first;
    const int8_t *sonar = mapper->evidence[MAP_SONAR] + first;
    const uint8_t *given = mapper->given + first, *keepout = mapper->keepout + first;
    const uint16_t *lidar_hit = mapper->hit_tick[MAP_LIDAR] + first;
    const uint16_t *lidar_free = mapper->free_tick[MAP_LIDAR] + first;
    const uint16_t *depth_free = mapper->free_tick[MAP_DEPTH] + first;
    for (size_t i = 0; i < count; i++) {
        unsigned held = (is_held(lidar[i]) & (given[i] == MAPPER_GIVEN_WALL)) << MAP_GIVEN |
                        (is_held(lidar[i]) & (lidar_hit[i] != 0)) << MAP_LIDAR |
                        is_held(depth[i]) << MAP_DEPTH | is_held(sonar[i]) << MAP_SONAR |
                        (unsigned)(keepout[i] != 0) << MAP_CAMERA;
        unsigned clear = (is_clear(lidar[i]) & (given[i] == MAPPER_GIVEN_FREE)) << MAP_GIVEN |
                         (is_clear(lidar[i]) & (lidar_free[i] != 0)) << MAP_LIDAR |
                         (is_clear(depth[i]) & (depth_free[i] != 0)) << MAP_DEPTH;
        sources[i] = (uint8_t)(held | clear << MAP_FREE_SHIFT);
    }
}

void belief_sources(const struct belief *belief, struct cell from, size_t count, uint8_t *sources)
{
    const struct mapper *mapper = belief->mapper;
    if (!mapper || !count) {
        memset(sources, 0, count);
        return;
    }
    ASSERT(grid_holds(&mapper->grid, from) && from.x + (int)count <= mapper->grid.width);
    tell_sources(mapper, grid_index(&mapper->grid, from), count, sources);
}

static double ago_s(const struct mapper *mapper, const uint16_t *stamps, size_t i)
{
    return stamps && stamps[i] ? mapper_age(mapper, stamps[i]) * mapper->tick_s : (double)INFINITY;
}

struct seen belief_seen(const struct belief *belief, struct cell c)
{
    const struct mapper *mapper = belief->mapper;
    struct seen seen = {.height_m = (double)NAN};
    bool known = mapper && grid_holds(&mapper->grid, c);
    size_t i = known ? grid_index(&mapper->grid, c) : 0;
    for (int s = 0; s < MAP_SOURCE_COUNT; s++) {
        seen.held_s[s] = known ? ago_s(mapper, mapper->hit_tick[s], i) : (double)INFINITY;
        seen.free_s[s] = known ? ago_s(mapper, mapper->free_tick[s], i) : (double)INFINITY;
    }
    if (!known)
        return seen;
    uint8_t sources;
    tell_sources(mapper, i, 1, &sources);
    seen.held = sources & MAP_HELD;
    seen.free = (uint8_t)(sources >> MAP_FREE_SHIFT);
    double began_s = (double)mapper->tick * mapper->tick_s;
    if (mapper->given[i] == MAPPER_GIVEN_WALL)
        seen.held_s[MAP_GIVEN] = began_s;
    if (mapper->given[i] == MAPPER_GIVEN_FREE)
        seen.free_s[MAP_GIVEN] = began_s;
    seen.moves = seen.held && (seen.held & mapper->moving[i]) == seen.held;
    if (seen.held >> MAP_LIDAR & 1)
        seen.height_m = mapper->lidar_z_m;
    if (seen.held >> MAP_DEPTH & 1)
        seen.height_m = fmax(seen.height_m, mapper->height_cm[i] / 100.0);
    return seen;
}
