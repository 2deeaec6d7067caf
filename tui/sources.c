#include "tui/sources.h"

#include <stdlib.h>

#include "logs/map_source.h"
#include "logs/memory.h"

enum { LOW_CM = 28 }; /* under the plane of most lidars */

const struct sources_look sources_looks[SOURCES_SIGNS] = {
    [SOURCES_NOTHING] = {' ', ROLE_DEFAULT, ""},
    [SOURCES_GIVEN] = {'g', ROLE_WALL, "given"},
    [SOURCES_SEVERAL] = {'+', ROLE_TEXT, "several"},
    [SOURCES_LIDAR] = {'l', ROLE_LIDAR, "lidar"},
    [SOURCES_HIGH] = {'D', ROLE_OK, "depth"},
    [SOURCES_LOW] = {'d', ROLE_WARN, "low"},
    [SOURCES_SONAR] = {'u', ROLE_TRAIL, "sound"},
    [SOURCES_PAINT] = {'c', ROLE_KEEPOUT, "paint"},
    [SOURCES_MOVES] = {'m', ROLE_BAD, "moves"},
};

enum sources_sign sources_sign(struct sources_word word)
{
    switch (word.sources & (1u << MAP_LIDAR | 1u << MAP_DEPTH | 1u << MAP_SONAR)) {
    case 0:
        return word.sources & 1u << MAP_CAMERA ? SOURCES_PAINT
               : word.sources & 1u << MAP_GIVEN ? SOURCES_GIVEN : SOURCES_NOTHING;
    case 1u << MAP_LIDAR:
        return word.moves ? SOURCES_MOVES : SOURCES_LIDAR;
    case 1u << MAP_DEPTH:
        return word.moves ? SOURCES_MOVES : word.height_cm < LOW_CM ? SOURCES_LOW : SOURCES_HIGH;
    case 1u << MAP_SONAR:
        return SOURCES_SONAR;
    default:
        return word.moves ? SOURCES_MOVES : SOURCES_SEVERAL;
    }
}

bool sources_is_valid(const struct msg_map_sources *map)
{
    uint64_t cells = (uint64_t)map->info.width * map->info.height;
    return cells == map->sources.count && map->age.count == map->height_cm.count && map->info.resolution > 0;
}

bool sources_next(struct sources_walk *walk, uint32_t *cell, struct sources_word *word)
{
    const struct msg_map_sources *map = walk->map;
    while (walk->next < map->sources.count && !(map->sources.data[walk->next] & MAP_HELD))
        walk->next++;
    if (walk->next >= map->sources.count || walk->held >= map->age.count)
        return false;
    *word = (struct sources_word){map->sources.data[walk->next], map->height_cm.data[walk->held],
                                  map->age.data[walk->held] & MAP_MOVES};
    *cell = walk->next++;
    walk->held++;
    return true;
}

/* What is said together in each cell of the rectangle. */
static void gather(struct sources_word *words, struct rect rect, const struct affine *map_dots,
                   const struct msg_map_sources *map)
{
    struct sources_walk walk = {.map = map};
    struct sources_word word;
    double step = (double)map->info.resolution;
    const struct msg_point *origin = &map->info.origin.position;
    for (uint32_t cell; sources_next(&walk, &cell, &word);) {
        struct vec2 at = {origin->x + (cell % map->info.width + 0.5) * step,
                          origin->y + (cell / map->info.width + 0.5) * step};
        at = affine_dots(map_dots, at);
        double x = floor(at.x / 2) - rect.x, y = floor(at.y / 4) - rect.y;
        if (!(x >= 0 && y >= 0 && x < rect.width && y < rect.height))
            continue;
        struct sources_word *sum = &words[(size_t)y * (size_t)rect.width + (size_t)x];
        sum->sources |= word.sources;
        sum->moves |= word.moves;
        sum->height_cm = word.height_cm > sum->height_cm ? word.height_cm : sum->height_cm;
    }
}

unsigned sources_draw(struct canvas *canvas, struct rect rect, const struct affine *map_dots,
                      const struct msg_map_sources *map)
{
    unsigned drawn = 0;
    if (!sources_is_valid(map) || rect.width <= 0 || rect.height <= 0)
        return drawn;
    struct sources_word *words = NEW_ARRAY((size_t)rect.width * (size_t)rect.height, struct sources_word);
    gather(words, rect, map_dots, map);
    for (int i = 0; i < rect.width * rect.height; i++) {
        enum sources_sign sign = sources_sign(words[i]);
        if (sign == SOURCES_NOTHING)
            continue;
        const struct sources_look *look = &sources_looks[sign];
        canvas_put(canvas, rect.x + i % rect.width, rect.y + i / rect.width, (uint32_t)look->letter, look->role);
        drawn |= 1u << sign;
    }
    free(words);
    return drawn;
}

static int legend_columns(int sign) { return 4 + canvas_columns(sources_looks[sign].word); }

void sources_legend(struct canvas *canvas, struct rect rect, unsigned drawn)
{
    int columns = 0, x = rect.x, y = rect.y + rect.height - 1;
    for (int sign = SOURCES_NOTHING + 1; sign < SOURCES_SIGNS; sign++)
        columns += drawn >> sign & 1 ? legend_columns(sign) : 0;
    y -= columns > rect.width;
    for (int sign = SOURCES_NOTHING + 1; sign < SOURCES_SIGNS; sign++) {
        if (!(drawn >> sign & 1))
            continue;
        if (x + legend_columns(sign) > rect.x + rect.width) {
            x = rect.x;
            y++;
        }
        x = canvas_print(canvas, x, y, sources_looks[sign].role, " %c", sources_looks[sign].letter);
        x = canvas_print(canvas, x, y, ROLE_DIM, " %s ", sources_looks[sign].word);
    }
}
