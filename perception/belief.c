#include "perception/belief.h"

#include "perception/mapper_inside.h"

static bool holds(const struct mapper *mapper, enum map_source source, size_t i)
{
    bool occupied = mapper->evidence[MAP_LIDAR][i] >= MAPPER_HELD;
    switch (source) {
    case MAP_GIVEN:
        return occupied && mapper->given[i] == MAPPER_GIVEN_WALL;
    case MAP_LIDAR: /* its layer began as the given map */
        return occupied && mapper->hit_tick[MAP_LIDAR][i];
    case MAP_DEPTH:
    case MAP_SONAR:
        return mapper->evidence[source][i] >= MAPPER_HELD;
    case MAP_CAMERA:
        return mapper->keepout[i];
    case MAP_SOURCE_COUNT:
        break;
    }
    ASSERT(source < MAP_SOURCE_COUNT);
    return false;
}

static bool is_free(const struct mapper *mapper, enum map_source source, size_t i)
{
    enum map_source layer = source == MAP_GIVEN ? MAP_LIDAR : source;
    int8_t evidence = mapper->evidence[layer][i];
    bool said = source == MAP_GIVEN ? mapper->given[i] == MAPPER_GIVEN_FREE : mapper->free_tick[source][i] != 0;
    return said && evidence < 0 && evidence != MAPPER_NONE;
}

uint8_t belief_sources(const struct belief *belief, struct cell c)
{
    const struct mapper *mapper = belief->mapper;
    unsigned bits = 0;
    if (!mapper || !grid_holds(&mapper->grid, c))
        return 0;
    size_t i = grid_index(&mapper->grid, c);
    for (enum map_source s = 0; s < MAP_SOURCE_COUNT; s++)
        bits |= (unsigned)holds(mapper, s, i) << s;
    for (enum map_source s = 0; s <= MAP_DEPTH; s++)
        bits |= (unsigned)is_free(mapper, s, i) << (MAP_FREE_SHIFT + s);
    return (uint8_t)bits;
}

static double ago_s(const struct mapper *mapper, const uint16_t *stamps, size_t i)
{
    return stamps && stamps[i] ? mapper_age(mapper, stamps[i]) * mapper->tick_s : (double)INFINITY;
}

struct seen belief_seen(const struct belief *belief, struct cell c)
{
    const struct mapper *mapper = belief->mapper;
    uint8_t sources = belief_sources(belief, c);
    struct seen seen = {.held = sources & MAP_HELD, .free = (uint8_t)(sources >> MAP_FREE_SHIFT),
                        .height_m = (double)NAN};
    bool known = mapper && grid_holds(&mapper->grid, c);
    size_t i = known ? grid_index(&mapper->grid, c) : 0;
    for (int s = 0; s < MAP_SOURCE_COUNT; s++) {
        seen.held_s[s] = known ? ago_s(mapper, mapper->hit_tick[s], i) : (double)INFINITY;
        seen.free_s[s] = known ? ago_s(mapper, mapper->free_tick[s], i) : (double)INFINITY;
    }
    if (!known)
        return seen;
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
