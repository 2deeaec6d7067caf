/* perception/mapper.h - what stands where, cell by cell, and who says so.
 *
 * Evidence per cell in a layer per modality: lidar (which the given map fills beforehand), depth, sonar.
 * A cell is as occupied as its most convinced layer says, and each layer is cleared only by its own
 * sense: a lidar that looks through glass, or over a low box, cannot erase what the depth camera saw.
 * Evidence fades slowly where nothing confirms it; what stood where somebody moves (track.h) is forgotten
 * within two seconds of their leaving, seen or not. Painted floor is a layer of its own, which nothing
 * erases. Each cell keeps when each modality last saw it occupied, and free; belief_seen (belief.h) reads
 * that. `changed` collects the cells whose `blocked` flipped, for distance.h. Poses are base_link's in
 * the map, points in the level frame of camera.h. Nothing allocates after mapper_init.
 *
 *   mapper.c        made; evidence; marks of lidar, sonar and paint
 *   mapper_depth.c  a depth image
 *   mapper_fade.c   what time does */
#ifndef PERCEPTION_MAPPER_H
#define PERCEPTION_MAPPER_H

#include "logs/map_source.h"
#include "perception/camera.h"
#include "perception/distance.h"
#include "perception/perception.h"

enum { MAPPER_OCCUPIED = 65 }; /* occupancy from here on is blocked */

enum mapper_given { MAPPER_GIVEN_NOTHING, MAPPER_GIVEN_FREE, MAPPER_GIVEN_WALL };

struct mapper_beam {
    struct vec2 end; /* base_link */
    bool hit;        /* false: nothing up to there */
};

struct mapper_mover { /* marks within belong to somebody who moves */
    struct vec2 at;   /* map frame */
    double reach_m;
};

struct mapper {
    struct grid grid;
    int8_t *evidence[MAP_SOURCE_COUNT]; /* of lidar, depth, sonar, others NULL; INT8_MIN: none yet */
    uint8_t *given;        /* enum mapper_given: the given map's walls are harder to clear and do not fade */
    uint8_t *paint;        /* tag of the image that first saw paint; 0: none */
    int8_t *occupancy;     /* 0..100, -1 unknown */
    uint8_t *keepout, *blocked;
    uint8_t *height_cm;    /* of what depth holds occupied: its highest point that was seen */
    uint8_t *moving;       /* bits of enum map_source: all that layer's marks there are a mover's */
    struct distance_window changed;
    uint16_t *hit_tick[MAP_SOURCE_COUNT];  /* mapper_stamp of when each last saw the cell occupied or ... */
    uint16_t *free_tick[MAP_SOURCE_COUNT]; /* ... painted, and when free; 0: never, NULL: it never tells */
    double weight[MAP_SOURCE_COUNT]; /* 0..1, the owner's: how much of its usual evidence a sense adds; 1 at first */
    uint64_t tick;
    /* marks of these ticks fade faster */
    uint64_t suspect_from[MAP_SOURCE_COUNT], suspect_to[MAP_SOURCE_COUNT];
    struct mapper_mover movers[TRACKS_MAX];
    size_t mover_count;
    int fade_row;          /* fading goes round, some rows a tick */
    uint8_t image_tag;
    double tick_s;         /* how often mapper_tick is called; for the ages in seconds that others are told */
    double lidar_z_m;      /* what a lidar sees is at least so high */
    uint64_t history;      /* a hash of all changes so far, in order: stands for the layers in the state hash */
};

/* The grid covers the bounds; `map` (may be NULL) is read into it. */
void mapper_init(struct mapper *mapper, const struct grid *grid, const struct static_map *map);
void mapper_clear(struct mapper *mapper);
/* Forgets all that was seen: cells lie elsewhere now. The map (NULL: none) is read anew. */
void mapper_restart(struct mapper *mapper, const struct static_map *map);

/* Who moves at the moment of the scan or image that comes next: the marks it leaves there are theirs.
 * Tracks unseen for longer than TRACK_UNSEEN_S say nothing. */
void mapper_movers(struct mapper *mapper, const struct track *tracks, size_t count);
void mapper_scan(struct mapper *mapper, struct pose2 pose, struct vec2 lidar, const struct mapper_beam *beams,
                 size_t count);
/* Marks what stands, clears where floor is seen, up to the nearest thing of each column. Writes those nearest
 * points (level frame; at most one per column) to `nearest` and returns their number. */
size_t mapper_depth(struct mapper *mapper, struct pose2 pose, const struct camera *camera, struct vec2 eye,
                    const struct camera_cloud *cloud, struct vec2 *nearest);

/* What echoes say (sonar.h), map frame: a line that sound passed, and a place it came back from. */
void mapper_sonar_clear(struct mapper *mapper, struct vec2 from, struct vec2 to);
void mapper_sonar_mark(struct mapper *mapper, struct vec2 at);

/* A new image with paint in it begins; then its paint, along segments of the floor (map frame). A cell is
 * keep-out once two images agree. */
void mapper_paint_image(struct mapper *mapper);
void mapper_paint(struct mapper *mapper, struct vec2 from, struct vec2 to);

/* The sense turns out to be wrong, and has been for a while: its latest marks fade ten times as fast. */
void mapper_distrust(struct mapper *mapper, enum map_source source);

/* Once per control tick: fades a share of the grid, and clears depth and sonar evidence where the robot itself
 * stands. */
void mapper_tick(struct mapper *mapper, struct pose2 pose, double radius_m);

/* The moment as the layers keep it: the low bits of `tick`, never 0. mapper_age is the number of ticks
 * since a stamp that is not 0; what is older than MAPPER_AGE_MAX is told as that. */
enum { MAPPER_AGE_MAX = 60000 };
static inline uint16_t mapper_stamp(const struct mapper *mapper)
{
    uint16_t low = (uint16_t)mapper->tick;
    return low ? low : 1;
}
static inline unsigned mapper_age(const struct mapper *mapper, uint16_t stamp)
{
    unsigned age = (uint16_t)(mapper_stamp(mapper) - stamp);
    return age < MAPPER_AGE_MAX ? age : MAPPER_AGE_MAX;
}

#endif
