/* logs/map_source.h - who may know what a cell of the map holds: a bit each in MapSources.sources, in
 * belief.h too. */
#ifndef LOGS_MAP_SOURCE_H
#define LOGS_MAP_SOURCE_H

/*    enumerator letter name */
#define MAP_SOURCE_ROWS(X)                                                                                                 \
    X(GIVEN, 'g', "given map")                                                                                         \
    X(LIDAR, 'l', "lidar")                                                                                             \
    X(DEPTH, 'd', "depth")                                                                                             \
    X(SONAR, 'u', "ultrasound")                                                                                        \
    X(CAMERA, 'c', "camera") /* paint on the floor */

#define MAP_SOURCE_ENUM(id, letter, name) MAP_##id,
enum map_source { MAP_SOURCE_ROWS(MAP_SOURCE_ENUM) MAP_SOURCE_COUNT };

/* Bits 0..4 of a cell's byte: who holds it occupied, or painted. Bits 5..7: who holds it free; only the
 * first three can. */
enum { MAP_HELD = (1 << MAP_SOURCE_COUNT) - 1, MAP_FREE_SHIFT = MAP_SOURCE_COUNT };

enum { MAP_MOVES = 1 << 7 }; /* in MapSources.age: what is held there is somebody who moves */

#endif
