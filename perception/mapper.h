/* perception/mapper.h - what stands where, cell by cell.
 *
 * Evidence per cell in a layer per modality: lidar (which the given map fills beforehand), depth, sonar. A
 * cell is as occupied as its most convinced layer says, and each layer is cleared only by its own sense: a
 * lidar that looks through glass, or over a low box, cannot erase what the depth camera saw. Evidence fades
 * slowly where nothing confirms it (people walk away unseen). Painted floor is a third layer, which nothing
 * erases. `changed` collects the cells whose `blocked` flipped, for distance.h. Poses are base_link's in the
 * map, points in the level frame of camera.h. Nothing allocates after mapper_init. */
#ifndef PERCEPTION_MAPPER_H
#define PERCEPTION_MAPPER_H

#include "perception/camera.h"
#include "perception/distance.h"
#include "perception/perception.h"

enum { MAPPER_OCCUPIED = 65 }; /* occupancy from here on is blocked */

enum mapper_layer { MAPPER_LIDAR, MAPPER_DEPTH, MAPPER_LAYERS };

struct mapper_beam {
    struct vec2 end; /* base_link */
    bool hit;        /* false: nothing up to there */
};

struct mapper {
    struct grid grid;
    int8_t *lidar, *depth, *sonar; /* evidence; INT8_MIN: none yet */
    uint8_t *wall;         /* 1 where the given map says so: harder to clear, does not fade */
    uint8_t *paint;        /* tag of the image that first saw paint; 0: none */
    int8_t *occupancy;     /* 0..100, -1 unknown */
    uint8_t *keepout, *blocked;
    struct distance_window changed;
    uint16_t *hit_tick[MAPPER_LAYERS]; /* when each layer last marked the cell; low bits of `tick` */
    uint64_t tick;
    uint64_t suspect_from[MAPPER_LAYERS], suspect_to[MAPPER_LAYERS]; /* marks of these ticks fade faster */
    int fade_row;          /* fading goes round, some rows a tick */
    uint8_t image_tag;
    uint64_t history;      /* a hash of all changes so far, in order: stands for the layers in the state hash */
};

/* The grid covers the bounds; `map` (may be NULL) is read into it. */
void mapper_init(struct mapper *mapper, const struct grid *grid, const struct static_map *map);
void mapper_clear(struct mapper *mapper);
/* Forgets all that was seen: cells lie elsewhere now. The map (NULL: none) is read anew. */
void mapper_restart(struct mapper *mapper, const struct static_map *map);

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

/* The layer's sensor turns out to be wrong, and has been for a while: its latest marks fade ten times as fast. */
void mapper_distrust(struct mapper *mapper, enum mapper_layer layer);

/* Once per control tick: fades a share of the grid, and clears depth and sonar evidence where the robot itself stands. */
void mapper_tick(struct mapper *mapper, struct pose2 pose, double radius_m);

#endif
