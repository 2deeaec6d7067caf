/* sim/scenario_internal.h - what the scenario_*.c files share; nobody else includes it.
 *
 * load:   bytes -> scenario_yaml: a tree of nodes -> scenario_read: struct scenario -> scenario_map: its grid and cells
 *         or, for foreign formats, bytes -> scenario_import: one row of its table
 * expand: scenario_import, scenario_map, scenario_clutter and scenario_expand add what choice, map and seed decide */
#ifndef SIM_SCENARIO_INTERNAL_H
#define SIM_SCENARIO_INTERNAL_H

#include "logs/memory.h"
#include "logs/png.h"
#include "sim/scenario.h"

/* --- scenario_yaml.c: text as a tree that remembers where everything stood ------------------------------------- */
enum scenario_node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

struct scenario_node {
    enum scenario_node_kind kind;
    const char *file;
    size_t line, column; /* from 1; of the key if there is one */
    const char *key;     /* within a map, else NULL */
    const char *text;    /* NODE_TEXT */
    const struct scenario_node *first, *next;
    size_t count; /* children */
};

/* A tree in `arena`. Bounded in depth, nodes and keys per map; refuses aliases, tags, doubled keys, a second document
 * and anything that is not UTF-8, each with STATUS_BAD_INPUT and a sentence that begins "file:line:column: ". */
MUST_USE const struct scenario_node *scenario_yaml_parse(struct arena *arena, const char *file, const uint8_t *data,
                                                         size_t size, struct error *err);
/* STATUS_BAD_INPUT; the sentence gets the node's place in front. */
enum status scenario_yaml_refuse(const struct scenario_node *node, struct error *err, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* "lidar.rate_hz" below a node; the path ends at a blank. NULL: it is not there. */
const struct scenario_node *scenario_yaml_find(const struct scenario_node *node, const char *path);

/* --- scenario_files.c: what it is read from --------------------------------------------------------------------- */
/* The file of that name, kept in the scenario; read from where the scenario is from, if that has not been done. Also
 * for names that a scenario mentions: they lie beside it. */
MUST_USE enum status scenario_take_file(struct scenario *scenario, const char *name, struct scenario_file **taken,
                                        struct error *err);
/* Copies given files instead; nothing else will then be read. */
void scenario_pack_files(struct scenario *scenario, const struct scenario_file *files, size_t count);
/* What the log needs of a file is less than the file: replaces its bytes. */
void scenario_file_keep(struct scenario_file *file, struct bytes *bytes);

/* --- scenario_random.c: values drawn from the seed -------------------------------------------------------------- */
/* The tree with every block such as {uniform: [1, 2]} replaced by what it draws; the tree itself if there is none. A
 * block's random stream is named by its path in the file ("solids[2].at[0]"), so adding one never shifts another.
 * Each draw is added to the scenario's. NULL with a sentence that has the block's place. */
MUST_USE const struct scenario_node *scenario_random(struct arena *arena, const struct scenario_node *root,
                                                     uint64_t seed, struct scenario *scenario, struct error *err);

/* --- scenario_text.c: foreign formats, word by word, with the place of each ------------------------------------- */
struct scenario_text { /* walks over a file's bytes; scenario_text_line comes first */
    const char *file, *at, *end; /* end: of the current line */
    const char *line_start, *last; /* last: of all bytes */
    const char *word;            /* the latest word began here; sentences name its place */
    size_t line;                 /* from 1 */
};
enum { SCENARIO_WORD_MAX = 64 };
struct scenario_text scenario_text_open(const struct scenario_file *file);
bool scenario_text_line(struct scenario_text *text); /* on to the next line; false after the last */
/* The next word of the line, cut to what fits; false (and "") at its end. */
bool scenario_text_word(struct scenario_text *text, char word[SCENARIO_WORD_MAX]);
/* The next word as a number from min to max; `what` names it in the sentence. */
MUST_USE enum status scenario_text_number(struct scenario_text *text, const char *what, double min, double max,
                                          double *number, struct error *err);
MUST_USE enum status scenario_text_whole(struct scenario_text *text, const char *what, int min, int max, int *number,
                                         struct error *err);
/* STATUS_BAD_INPUT; the sentence gets the latest word's place in front. */
enum status scenario_text_refuse(const struct scenario_text *text, struct error *err, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* --- scenario_field.c: one group of the tree into one struct, by a table --------------------------------------- */
enum field_shape {
    FIELD_VALUE,   /* one value, as param says */
    FIELD_NUMBERS, /* a list of least..most reals, each within param's bounds, at consecutive doubles */
    FIELD_TEXT,    /* char[most] */
    FIELD_NODE,    /* const struct scenario_node *: the caller reads on */
};
struct field { /* a row that may also be a list or text; begins with the name, as names_hint wants it */
    struct param param;
    enum field_shape shape;
    size_t least, most;
    bool required;
};
/* Rows of such tables: the struct's type, the member that is also the key, and what its shape needs. */
#define ROW_COLUMN(type, key) .name = #key, .offset = offsetof(struct type, key)
#define ROW_TEXT(type, key, need, text)                                                                               \
    {.param = {ROW_COLUMN(type, key), .unit = "", .help = (text)}, .shape = FIELD_TEXT,                               \
     .most = sizeof(((struct type *)0)->key), .required = (need)}
#define ROW_NUMBER(type, key, low, high, u, need, text)                                                               \
    {.param = {ROW_COLUMN(type, key), .unit = (u), .kind = PARAM_REAL, .min = (low), .max = (high), .help = (text)},  \
     .required = (need)}
#define ROW_NUMBERS(type, key, few, many, low, high, need, text)                                                      \
    {.param = {ROW_COLUMN(type, key), .unit = "m", .kind = PARAM_REAL, .min = (low), .max = (high), .help = (text)},  \
     .shape = FIELD_NUMBERS, .least = (few), .most = (many), .required = (need)}
#define ROW_YES_NO(type, key, text)                                                                                   \
    {.param = {ROW_COLUMN(type, key), .unit = "", .kind = PARAM_BOOL, .max = 1, .help = (text)}}
#define ROW_NODE(type, key, need, text)                                                                               \
    {.param = {ROW_COLUMN(type, key), .unit = "", .help = (text)}, .shape = FIELD_NODE, .required = (need)}

/* The row of a table of structs that begin with a name; `count` if there is none. */
size_t scenario_field_find(const char *name, const void *table, size_t count, size_t stride);
MUST_USE enum status scenario_field_value(const struct param *param, const struct scenario_node *node, void *target,
                                          struct error *err);
MUST_USE enum status scenario_field_numbers(const struct field *field, const struct scenario_node *list, void *target,
                                            struct error *err);
MUST_USE enum status scenario_field_read(const struct field *field, const struct scenario_node *node, void *target,
                                         struct error *err);
/* Are all required rows among the bits of `seen`? `what` names the group in sentences ("a solid"). */
MUST_USE enum status scenario_field_required(const struct field *fields, size_t count, const struct scenario_node *map,
                                             const char *what, unsigned seen, struct error *err);
/* A whole group into `target`. Bit i of *seen tells that fields[i] was there. */
MUST_USE enum status scenario_field_read_all(const struct field *fields, size_t count, const struct scenario_node *map,
                                             const char *what, void *target, unsigned *seen, struct error *err);

/* --- scenario_read.c: tree -> struct --------------------------------------------------------------------------- */
/* Everything in the scenario file except the map's own files; `map_file` receives the map's name or "". */
MUST_USE enum status scenario_read(struct scenario *scenario, const struct scenario_node *root, char map_file[64],
                                   struct error *err);

/* --- scenario_actor.c: items of the lists that move ------------------------------------------------------------ */
MUST_USE enum status scenario_actor_read(struct scenario *scenario, const struct scenario_node *node,
                                         struct error *err);
MUST_USE enum status scenario_door_read(struct scenario *scenario, const struct scenario_node *node, struct error *err);

/* --- scenario_lamp.c: one item of `lamps` ---------------------------------------------------------------------- */
MUST_USE enum status scenario_lamp_read(struct scenario *scenario, const struct scenario_node *node, struct error *err);

/* --- scenario_robot.c ------------------------------------------------------------------------------------------ */
MUST_USE enum status scenario_robot_read(struct scenario *scenario, const struct scenario_node *node,
                                         struct error *err);
/* Starts and goals of further robots: inside, free, apart. */
MUST_USE enum status scenario_robots_check(const struct scenario *scenario, struct error *err);

/* --- scenario_section.c ---------------------------------------------------------------------------------------- */
void scenario_defaults(struct scenario *scenario);

/* --- scenario_import.c: other people's formats ------------------------------------------------------------------ */
/* One foreign format. `is` looks at the first file's bytes. `load` reads it into a scenario that has its defaults,
 * takes further files, and checks the record that was picked (-1: none). A start or goal it leaves NaN is chosen by
 * expand unless someone sets it. `expand` (may be NULL) builds what depends on settings: bounds, grid, solids. */
struct scenario_import {
    const char *name; /* also of its section in scenario_section_table, if it has one */
    bool (*is)(const struct scenario_file *file);
    enum status (*load)(struct scenario *scenario, int pick, struct error *err);
    enum status (*expand)(struct scenario *scenario, struct error *err);
};
extern const struct scenario_import scenario_import_barn, scenario_import_dynabarn, scenario_import_movingai_map,
    scenario_import_movingai_scen, scenario_import_ros_map;
const struct scenario_import *scenario_import_find(const struct scenario_file *file); /* NULL: none of these */
void scenario_barn_rules(struct scenario *scenario); /* the challenge's, for both of its kinds of worlds */
/* In a file of records that each begin with a line "LETTER id ...": on to one (-1: the first), just behind its id. */
MUST_USE enum status scenario_record_find(struct scenario_text *text, const char *letter, int wanted, int *id,
                                          struct error *err);
/* Does the first line that is no comment begin with this letter and a space? */
bool scenario_import_begins(const struct scenario_file *file, const char *letters);

/* --- scenario_map.c -------------------------------------------------------------------------------------------- */
/* ROS map_server yaml; `image` receives the PNG's name. */
struct map_description {
    char image[64], mode[16];
    double resolution, origin[3], negate, occupied_thresh, free_thresh; /* resolution and origin in metres */
};
MUST_USE enum status scenario_map_describe(const struct scenario_file *yaml, struct map_description *map,
                                           struct error *err);
MUST_USE enum status scenario_map_decode(struct scenario *scenario, const struct map_description *map,
                                         const struct scenario_file *png, struct error *err);
/* A grid without cells; zeroed cells are free. STATUS_BAD_INPUT if there are too many. */
MUST_USE enum status scenario_map_size(struct scenario *scenario, const char *file, int width, int height,
                                       struct error *err);
/* Map yaml and its image from beside the scenario. */
MUST_USE enum status scenario_map_take(struct scenario *scenario, const char *name, struct error *err);
/* The same, when the yaml has been taken already. */
MUST_USE enum status scenario_map_finish(struct scenario *scenario, const struct scenario_file *yaml,
                                         struct error *err);
/* Occupied cells as few boxes, added to the solids. */
MUST_USE enum status scenario_map_walls(struct scenario *scenario, struct error *err);

/* --- scenario_pgm.c --------------------------------------------------------------------------------------------- */
bool scenario_is_pgm(const struct scenario_file *file);
/* PGM, plain (P2) or raw (P5), to 8 bit grey. STATUS_CORRUPT or STATUS_BAD_INPUT as png_decode. */
MUST_USE enum status scenario_pgm_decode(const struct scenario_file *file, struct image *image, struct error *err);

/* --- scenario_refuse.c: sentences about how things fit together ------------------------------------------------- */
/* STATUS_BAD_INPUT. `paths` are keys such as "lidar.rate_hz", apart by blanks: the place of the first that stands in
 * the file comes in front of the sentence; the file alone if none does (a default or --set is to blame, or the format
 * is a foreign one). */
enum status scenario_refuse(const struct scenario *scenario, const char *paths, struct error *err, const char *format,
                            ...) PRINTF_LIKE(4, 5);
/* A failure about one of our keys' files gets the key's place in front; a missing file is then a bad scenario. */
enum status scenario_refuse_file(const struct scenario_file *yaml, const char *key, struct error *err);

/* --- scenario_crowd.c ------------------------------------------------------------------------------------------- */
MUST_USE enum status scenario_crowd(struct scenario *scenario, uint64_t seed, struct error *err);

/* --- scenario_maze.c, scenario_rooms.c -------------------------------------------------------------------------- */
MUST_USE enum status scenario_maze(struct scenario *scenario, uint64_t seed, struct error *err);
MUST_USE enum status scenario_rooms(struct scenario *scenario, uint64_t seed, struct error *err);

/* Files that settings name, under a prefix of their own ("robot/", "camera/"): NULL if it is not there; takes the
 * bytes over (STATUS_BAD_INPUT: too many files, or too long a name). */
const struct scenario_file *scenario_kept(const struct scenario *scenario, const char *prefix,
                                          const char *name);
MUST_USE enum status scenario_keep(struct scenario *scenario, const char *prefix, const char *name,
                                   struct bytes *bytes, struct error *err);

/* --- scenario_labels.c ----------------------------------------------------------------------------------------- */
/* The file of camera.labels, if one is named, among `files`. */
MUST_USE enum status scenario_labels(struct scenario *scenario, struct error *err);

/* --- scenario_urdf.c ------------------------------------------------------------------------------------------- */
/* The robot of robot.urdf, if one is named: its model, its numbers in scenario->robot, its files among `files`. */
MUST_USE enum status scenario_urdf(struct scenario *scenario, struct error *err);

/* --- scenario_clutter.c ---------------------------------------------------------------------------------------- */
MUST_USE enum status scenario_clutter(struct scenario *scenario, uint64_t seed, struct error *err);

/* --- scenario_places.c ----------------------------------------------------------------------------------------- */
/* Start and goal where they are NaN: the start drawn from the seed, the goal as far from it as the way is long. */
MUST_USE enum status scenario_places(struct scenario *scenario, uint64_t seed, struct error *err);

/* --- scenario_route.c: where a disc may go --------------------------------------------------------------------- */
/* Surface distance from a point of the floor to whatever keeps the robot out: solids that reach below its top, and
 * keep-out zones, at their places of time zero. Known at cell centres, 0.05 m apart, and only up to reach_m. */
struct route;
struct route *scenario_route_create(const struct scenario *scenario, double reach_m);
void scenario_route_destroy(struct route **route);
const struct grid *scenario_route_grid(const struct route *route);
double scenario_route_clearance_m(const struct route *route, struct vec2 p); /* 0 outside the bounds */
bool scenario_route_straight(const struct route *route, struct vec2 from, struct vec2 to, double radius_m);
/* A disc's way, octile and then pulled taut: its corners from goal to start, owned by the caller; 0: there is none. */
size_t scenario_route_way(const struct route *route, struct vec2 from, struct vec2 to, double radius_m,
                          struct vec2 **corners);
/* Its length; negative if there is none. */
double scenario_route_length_m(const struct route *route, struct vec2 from, struct vec2 to, double radius_m);
/* The name of a solid or keep-out zone that a disc at p touches, or NULL. Exact. */
const char *scenario_route_blocker(const struct scenario *scenario, struct vec2 p, double radius_m);

/* --- scenario.c ------------------------------------------------------------------------------------------------ */
/* Reads a scenario that draws values again, now that the seed is known, and repeats what was set since. */
MUST_USE enum status scenario_redraw(struct scenario *scenario, uint64_t seed, struct error *err);
/* Room for one more solid, zeroed but for material, name and orientation; NULL when there are SCENARIO_SOLIDS_MAX. */
struct solid *scenario_add_solid(struct scenario *scenario, const char *name);

#endif
