/* tui/sources.h - who says what stands around the robot (/binnacle/map_sources), as signs: a letter, a
 * colour and a word each, the same on the screen, in its legend and in exported pictures. */
#ifndef TUI_SOURCES_H
#define TUI_SOURCES_H

#include "logs/message.h"
#include "tui/affine.h"
#include "tui/canvas.h"

enum sources_sign {
    SOURCES_NOTHING,
    SOURCES_GIVEN,   /* the given map alone */
    SOURCES_SEVERAL, /* two senses or more */
    SOURCES_LIDAR,   /* one sense alone, from here on; with or without the given map */
    SOURCES_HIGH,    /* depth, and as high as a lidar would see */
    SOURCES_LOW,     /* depth, and lower */
    SOURCES_SONAR,
    SOURCES_PAINT,
    SOURCES_MOVES,   /* somebody who moves, whoever saw them */
    SOURCES_SIGNS
};
struct sources_look {
    char letter;
    enum role role;
    const char *word;
};
extern const struct sources_look sources_looks[SOURCES_SIGNS];

/* What is said of a cell, or of several together. */
struct sources_word {
    uint8_t sources, height_cm; /* bits of logs/map_source.h; the highest */
    bool moves;
};
enum sources_sign sources_sign(struct sources_word word);

/* Whether the message's counts agree: it may come from anywhere. */
bool sources_is_valid(const struct msg_map_sources *map);
/* The cells that somebody holds, one after the other; zero but for `map` at first. False at the end. */
struct sources_walk {
    const struct msg_map_sources *map;
    uint32_t next, held;
};
bool sources_next(struct sources_walk *walk, uint32_t *cell, struct sources_word *word);

/* A letter in every cell of the rectangle that the map's held cells fall into, by what is said of all of
 * them; `map_dots` leads from the map frame. Returns a bit for each enum sources_sign that was drawn. */
unsigned sources_draw(struct canvas *canvas, struct rect rect, const struct affine *map_dots,
                      const struct msg_map_sources *map);
/* "l lidar  d low" for the signs in `drawn`, at the bottom of the rectangle: one row, or two if it is
 * narrow. */
void sources_legend(struct canvas *canvas, struct rect rect, unsigned drawn);

#endif
