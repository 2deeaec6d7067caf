#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logs/file.h"
#include "logs/memory.h"
#include "logs/png.h"
#include "logs/seed.h"
#include "sim/material.h"
#include "sim/scenario.h"

#define HEAD "name: t\nbounds: [0, 0, 8, 6]\nstart: [1, 3, 0]\ngoal: [7, 3]\n"

static struct scenario *from_text(const char *text, struct error *err)
{
    struct scenario_file file = {.name = "t.yaml", .data = (uint8_t *)(uintptr_t)text, .size = strlen(text)};
    return scenario_unpack(&file, 1, err);
}

static struct scenario *good(const char *text)
{
    struct error err = {0};
    struct scenario *scenario = from_text(text, &err);
    if (!scenario || scenario_expand(scenario, 1, &err))
        fail_msg("%s", err.text);
    return scenario;
}

static struct scenario *expanded(const char *name, uint64_t seed)
{
    struct error err = {0};
    struct scenario *scenario = scenario_load(name, &err);
    if (!scenario || scenario_expand(scenario, seed, &err))
        fail_msg("%s seed %d: %s", name, (int)seed, err.text);
    return scenario;
}

static struct vec2 start_of(const struct scenario *s) { return (struct vec2){s->start.x, s->start.y}; }

/* --- what is refused, and in which words ----------------------------------------------------------------------- */

static const struct refusal {
    const char *text, *sentence;
} refusals[] = {
    {"name: t\nbounds: [0, 0, 8",
     "t.yaml:3:1: not YAML: did not find expected ',' or ']' while parsing a flow sequence; check "
     "indentation, brackets and quotes"},
    {HEAD "lidar:\n\tbeams: 90\n",
     "t.yaml:6:1: not YAML: found character that cannot start any token while scanning for the next token;"
     " check indentation, brackets and quotes"},
    {"just a sentence", "t.yaml:1:1: a scenario is a group of 'key: value' lines"},
    {"", "t.yaml: the file is empty"},
    {"# only a comment\n", "t.yaml: the file is empty"},
    {"name: \xff\xfe\n", "t.yaml: byte 6 is not UTF-8 text (invalid leading UTF-8 octet); save the file as UTF-8"},
    {HEAD "---\nname: u\n", "t.yaml:5:1: a second document begins here; a file holds one, remove the '---'"},
    {HEAD "summary: \"a\\0b\"\n", "t.yaml:5:10: the text contains a NUL character; remove it"},
    {HEAD "summary: \"two\\nlines\"\n", "t.yaml:5:1: summary must be a single line of text"},
    {HEAD "solids: [[[[[[[[[1]]]]]]]]]\n", "t.yaml:5:16: nested more than 8 levels deep"},
    {HEAD "solids: &many [a, a]\n", "t.yaml:5:9: anchors and tags (&name, !tag) are not supported; remove it"},
    {HEAD "solids: [*many, *many]\n", "t.yaml:5:10: aliases (*name) are not supported; write the value out"},
    {HEAD "summary: !!binary aGk=\n", "t.yaml:5:10: anchors and tags (&name, !tag) are not supported; remove it"},
    {HEAD "goal: [6, 3]\n", "t.yaml:5:1: 'goal' was given before, in line 4; keep one of the two"},
    {HEAD "lidar: {beams: 90, beams: 180}\n",
     "t.yaml:5:20: 'beams' was given before, in line 5; keep one of the two"},
    {HEAD "{a: b}: c\n", "t.yaml:5:1: a key must be a word, not a list or a group"},
    {HEAD "goul_tolerance_m: 1\n",
     "t.yaml:5:1: unknown key 'goul_tolerance_m' in the scenario; did you mean 'goal_tolerance_m'?"},
    {HEAD "ldiar: {beams: 90}\n", "t.yaml:5:1: unknown key 'ldiar' in the scenario; did you mean 'lidar'?"},
    {HEAD "lidar: {beam: 90}\n", "t.yaml:5:9: lidar: unknown key 'beam'; did you mean 'beams'?"},
    {HEAD "start.x: 2\n", "t.yaml:5:1: unknown key 'start.x' in the scenario; did you mean 'start'?"},
    {HEAD "solids:\n  - {kind: box, at: [4, 3], size: [1, 1, 1], matreial: wood}\n",
     "t.yaml:6:46: unknown key 'matreial' in a solid; did you mean 'material'?"},
    {HEAD "lidar: 360\n", "t.yaml:5:1: lidar must be a group of 'key: value'"},
    {HEAD "lidar: {beams: many}\n", "t.yaml:5:9: lidar: beams must be a whole number from 8 to 2048, not 'many'"},
    {HEAD "lidar: {beams: 90.5}\n", "t.yaml:5:9: lidar: beams must be a whole number from 8 to 2048, not '90.5'"},
    {HEAD "lidar: {beams: [90]}\n", "t.yaml:5:9: lidar.beams must be one value"},
    {HEAD "map_given: perhaps\n", "t.yaml:5:1: map_given must be true or false, not 'perhaps'"},
    {HEAD "time_limit_s: [60]\n", "t.yaml:5:1: time_limit_s must be one value, not a list"},
    {HEAD "solids: {kind: box}\n", "t.yaml:5:1: solids must be a list; begin each item with '- '"},
    {HEAD "solids: [box]\n", "t.yaml:5:10: a solid must be a group of 'key: value'"},
    {HEAD "summary: [a]\n", "t.yaml:5:1: summary must be a word or text"},
    {"name: t\nbounds: [0, 0, 8, 6]\nstart: [1, 3]\ngoal: [7, 3]\n",
     "t.yaml:3:1: start must be a list of 3 numbers (x, y in m and yaw in rad), such as [1.5, 2, 0]"},
    {"name: t\nbounds: [0, 0, 8, 6]\nstart: [1, 3, 0]\ngoal: 7\n",
     "t.yaml:4:1: goal must be a list of 2 numbers (x, y in m), such as [1.5, 2]"},
    {HEAD "lidar: {range_max_m: .nan}\n",
     "t.yaml:5:9: lidar: range_max_m must be a number from 0.5 to 100 m, not '.nan'"},
    {HEAD "lidar: {range_max_m: nan}\n",
     "t.yaml:5:9: lidar: range_max_m must be a number from 0.5 to 100 m, not 'nan'"},
    {HEAD "lidar: {range_max_m: inf}\n",
     "t.yaml:5:9: lidar: range_max_m must be a number from 0.5 to 100 m, not 'inf'"},
    {HEAD "lidar: {range_max_m: 1e999}\n",
     "t.yaml:5:9: lidar: range_max_m must be a number from 0.5 to 100 m, not '1e999'"},
    {HEAD "lidar: {range_max_m: -4}\n", "t.yaml:5:9: lidar: range_max_m = -4 is outside 0.5 to 100 m"},
    {HEAD "camera: {width: 4000}\n", "t.yaml:5:10: camera: width = 4000 is outside 8 to 320 px"},
    {HEAD "solids:\n  - {kind: box, at: [4, 3], size: [1, -1, 1]}\n",
     "t.yaml:6:39: size = -1 is outside 0.001 to 1000 m"},
    {HEAD "solids:\n  - {kind: box, at: [4, nan], size: [1, 1, 1]}\n",
     "t.yaml:6:25: at must be a number from -1000 to 1000 m, not 'nan'"},
    {HEAD "solids:\n  - {kind: cylinder, at: [4, 3], radius: 0, height: 1}\n",
     "t.yaml:6:34: radius = 0 is outside 0.001 to 100 m"},
    {"name: t\nbounds: [0, 0, 8, 6]\ngoal: [7, 3]\n",
     "t.yaml:1:1: the scenario has no 'start' (x, y in m and yaw in rad)"},
    {"name: t\nbounds: [0, 0, 8, 6]\nstart: [1, 3, 0]\n", "t.yaml:1:1: the scenario has no 'goal' (x, y in m)"},
    {"bounds: [0, 0, 8, 6]\nstart: [1, 3, 0]\ngoal: [7, 3]\n", "t.yaml:1:1: the scenario has no 'name' (one word)"},
    {HEAD "solids:\n  - {kind: box, size: [1, 1, 1]}\n",
     "t.yaml:6:5: a solid has no 'at' (x, y and, if not on the floor, its underside's z)"},
    {HEAD "solids:\n  - {kind: box, at: [4, 3]}\n",
     "t.yaml:6:5: a box is given by size: [x, y, z], no more and no less"},
    {HEAD "solids:\n  - {kind: sphere, at: [4, 3], radius: 1, height: 2}\n",
     "t.yaml:6:5: a sphere is given by radius, no more and no less"},
    {HEAD "solids:\n  - {kind: blox, at: [4, 3], size: [1, 1, 1]}\n",
     "t.yaml:6:5: kind must be box, cylinder, sphere or capsule, not 'blox'; did you mean 'box'?"},
    {HEAD "solids:\n  - {kind: box, at: [4, 3], size: [1, 1, 1], material: glas}\n",
     "t.yaml:6:5: unknown material 'glas'; did you mean 'glass'?"},
    {HEAD "solids:\n  - {kind: capsule, at: [4, 3], radius: 0.5, height: 0.9}\n",
     "t.yaml:6:5: a capsule must be taller (height 0.9 m) than it is wide (1 m)"},
    {HEAD "zones:\n  - {rectangle: [4, 3, 4, 5], keep_out: true}\n",
     "t.yaml:6:5: rectangle [4, 3, 4, 5] has no area; write [x0, y0, x1, y1] with x0 < x1 and y0 < y1"},
    {HEAD "actors:\n  - {waypoints: [[4, 3]]}\n", "t.yaml:6:6: an actor has 2 to 16 waypoints [[x, y], ...], not 1"},
    {HEAD "actors:\n  - {waypoints: [[4, 3], [5]]}\n",
     "t.yaml:6:26: a waypoint must be a list of 2 numbers (x, y), such as [1.5, 2]"},
    {HEAD "actors:\n  - {waypoints: [[4, 3], [5, 3]], radius: 0.9, height: 1.7}\n",
     "t.yaml:6:5: an actor must be taller (1.7 m) than it is wide (1.8 m)"},
    {"name: t\nbounds: [8, 0, 0, 6]\nstart: [1, 3, 0]\ngoal: [7, 3]\n",
     "t.yaml: bounds [8, 0, 0, 6] must be [x0, y0, x1, y1] with x0 < x1 and y0 < y1, at most 100 m apart"},
    {"name: t\nbounds: [0, 0, 800, 600]\nstart: [1, 3, 0]\ngoal: [7, 3]\n",
     "t.yaml: bounds [0, 0, 800, 600] must be [x0, y0, x1, y1] with x0 < x1 and y0 < y1, at most 100 m "
     "apart"},
    {"name: t\nbounds: [0, 0, 8, 6]\nstart: [9, 3, 0]\ngoal: [7, 3]\n", "t.yaml: start (9, 3) is outside the bounds"},
    {"name: t\nbounds: [0, 0, 8, 6]\nstart: [1, 3, 0]\ngoal: [7, 7]\n", "t.yaml: goal (7, 7) is outside the bounds"},
    {"name: t\nbounds: [0, 0, 8, 6]\nstart: [1, 3, 0]\ngoal: [1, 3]\n",
     "t.yaml: start (1, 3) is within goal_tolerance_m 0.3 of the goal (1, 3); move them apart"},
    {HEAD "solids:\n  - {name: crate, kind: box, at: [1.4, 3], size: [0.5, 1, 1]}\n",
     "t.yaml: at start (1, 3) the robot stands in 'crate'; move one of them"},
    {HEAD "solids:\n  - {kind: cylinder, at: [7, 3.4], radius: 0.3, height: 1}\n",
     "t.yaml: at goal (7, 3) the robot would stand in 'cylinder 1'; move one of them"},
    {HEAD "zones:\n  - {name: pit, rectangle: [6, 2, 8, 4], keep_out: true}\n",
     "t.yaml: at goal (7, 3) the robot would stand in 'pit'; move one of them"},
    {HEAD "lidar: {rate_hz: 30}\n",
     "t.yaml: lidar.rate_hz 30 does not divide world.physics_hz 200; the next lower rate that does is 25"},
    {HEAD "world: {control_hz: 30}\n",
     "t.yaml: world.control_hz 30 does not divide world.physics_hz 200; the next lower rate that does is "
     "25"},
    {HEAD "world: {physics_hz: 240}\n",
     "t.yaml: world.physics_hz 240 does not give a step of whole nanoseconds; use 200, 250 or 500"},
    {HEAD "lidar: {range_min_m: 4, range_max_m: 3}\n", "t.yaml: lidar.range_min_m 4 must be below range_max_m 3"},
    {HEAD "camera: {depth_min_m: 4, depth_max_m: 3}\n", "t.yaml: camera.depth_min_m 4 must be below depth_max_m 3"},
    {HEAD "robot: {wheel_base_m: 0.6}\n",
     "t.yaml: the robot's wheels (wheel_base_m 0.6, wheel_radius_m 0.098) stick out of its footprint of "
     "0.51 x 0.43 m"},
    {HEAD "clutter: {enabled: true, x0_m: 5, x1_m: 4}\n",
     "t.yaml: the clutter field from (5, 0) to (4, 6) must hold 1 to 4000000 lattice points of pitch_m "
     "0.15"},
    {HEAD "clutter: {enabled: true, x0_m: 2, x1_m: 6, fill: 0.6}\n",
     "t.yaml: none of 64 draws of the clutter left a way of passage_m 0.75 that is not a straight line; "
     "change clutter.fill or clutter.passage_m"},
    {HEAD "clutter: {enabled: true, passage_m: 3}\nsolids: [{kind: box, at: [4, 2], size: [1, 4, 1]}]\n",
     "t.yaml: even without clutter there is no way of clutter.passage_m 3 from start to goal"},
    {HEAD "crowd: {enabled: true, count: 64}\n",
     "t.yaml: there is room for 14 of the crowd's 64 people; lower crowd.count or enlarge the bounds"},
    {HEAD "map: ../../etc/passwd\n",
     "t.yaml: map: ../../etc/passwd: files of a scenario lie beside it; write the name without a folder"},
};

static void bad_text_gets_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct error err = {0};
        struct scenario *scenario = from_text(refusals[i].text, &err);
        enum status status = scenario ? scenario_expand(scenario, 1, &err) : err.status;
        assert_string_equal(status ? err.text : "accepted", refusals[i].sentence);
        assert_int_equal(status, STATUS_BAD_INPUT);
        scenario_destroy(&scenario);
    }
}

static void too_much_is_refused_not_built(void **state)
{
    (void)state;
    struct bytes text = {0};
    struct error err = {0};
    bytes_format(&text, HEAD "solids:\n");
    for (int i = 0; i <= SCENARIO_SOLIDS_MAX; i++)
        bytes_format(&text, "- {kind: sphere, at: [4, 3], radius: 0.1}\n");
    bytes_put_u8(&text, '\0');
    assert_null(from_text((const char *)text.data, &err));
    assert_string_equal(err.text, "t.yaml:20006:3: more than 20000 solids; remove some");
    bytes_clear(&text);

    bytes_format(&text, HEAD "solids: [");
    for (int i = 0; i < 600000; i++)
        bytes_format(&text, "1,");
    bytes_put_u8(&text, '\0');
    assert_null(from_text((const char *)text.data, &err));
    assert_string_equal(err.text, "t.yaml:5:999980: more than 500000 values; a scenario holds at most 20000 solids, "
                                  "make it smaller");
    bytes_clear(&text);
}

/* --- maps ------------------------------------------------------------------------------------------------------ */

#define MAP HEAD "map: m.yaml\n"
#define THRESHOLDS "negate: 0\noccupied_thresh: 0.65\nfree_thresh: 0.2\n"
#define MAP_YAML "image: m.png\nresolution: 0.1\norigin: [0, 0, 0]\n" THRESHOLDS

static struct bytes picture(int width, int height, uint8_t (*shade)(int x, int y))
{
    struct image image = {width, height, 1, NEW_ARRAY((size_t)(width * height), uint8_t)};
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            image.pixels[y * width + x] = shade(x, y);
    struct bytes png = {0};
    png_encode(&image, &png);
    image_clear(&image);
    return png;
}

static struct scenario *from_map(const char *map_yaml, const struct bytes *png, struct error *err)
{
    const struct scenario_file files[] = {
        {.name = "t.yaml", .data = (uint8_t *)(uintptr_t)MAP, .size = strlen(MAP)},
        {.name = "m.yaml", .data = (uint8_t *)(uintptr_t)map_yaml, .size = strlen(map_yaml)},
        {.name = "m.png", .data = png->data, .size = png->size},
    };
    return scenario_unpack(files, COUNT_OF(files), err);
}

static uint8_t shade_white(int x, int y) { return (void)x, (void)y, 254; }
/* Top row first: speckles, two blocks that touch, and a grey corner. */
static uint8_t shade_rooms(int x, int y)
{
    if (x < 3 && y < 3)
        return 128; /* unknown */
    bool frame = x == 0 || y == 0 || x == 79 || y == 59;
    bool block = (x >= 30 && x < 42 && y >= 5 && y < 20) || (x >= 36 && x < 50 && y >= 15 && y < 27);
    return frame || block || (y > 40 && y < 50 && x > 60 && (x * 7 + y * 13) % 5 == 0) ? 0 : 254;
}

static void bad_maps_get_a_sentence(void **state)
{
    (void)state;
    static const struct refusal maps[] = {
        {"image: m.png\n", "t.yaml: map: m.yaml:1:1: the map has no 'resolution' (side of a cell)"},
        {"resolution: 0.1\norigin: [0, 0, 0]\n" THRESHOLDS,
         "t.yaml: map: m.yaml:1:1: the map has no 'image' (a PNG beside this file)"},
        {"imgae: m.png\n", "t.yaml: map: m.yaml:1:1: unknown key 'imgae' in the map; did you mean 'image'?"},
        {MAP_YAML "mode: scale\n", "t.yaml: map: m.yaml:1:1: mode 'scale' is not supported; write trinary"},
        {"image: m.png\nresolution: 0\n", "t.yaml: map: m.yaml:2:1: resolution = 0 is outside 0.005 to 1 m"},
        {"image: m.png\nresolution: 0.1\norigin: [0, 0, 1]\n" THRESHOLDS,
         "t.yaml: map: m.yaml:1:1: origin has a yaw of 1 rad; turned maps are not supported, write 0"},
        {"image: m.png\nresolution: 0.1\norigin: [0, 0, 0]\nnegate: 0\noccupied_thresh: 0.2\nfree_thresh: 0.6\n",
         "t.yaml: map: m.yaml:1:1: free_thresh 0.6 must be below occupied_thresh 0.2"},
    };
    struct bytes png = picture(80, 60, shade_white);
    for (size_t i = 0; i < COUNT_OF(maps); i++) {
        struct error err = {0};
        assert_null(from_map(maps[i].text, &png, &err));
        assert_string_equal(err.text, maps[i].sentence);
        assert_int_equal(err.status, STATUS_BAD_INPUT);
    }
    struct error err = {0};
    bytes_clear(&png);

    struct bytes text = {.data = (uint8_t *)(uintptr_t)"GIF89a", .size = 6};
    assert_null(from_map(MAP_YAML, &text, &err));
    assert_int_equal(err.status, STATUS_CORRUPT);
    assert_non_null(strstr(err.text, "t.yaml: map: the map's image: "));
    assert_non_null(strstr(err.text, "m.png"));

    png = picture(2500, 2000, shade_white);
    assert_null(from_map(MAP_YAML, &png, &err));
    assert_string_equal(err.text, "t.yaml: map: m.png: a map of 2500 x 2000 cells is too large, at most 4000000 cells "
                                  "in all; use a coarser resolution");
    bytes_clear(&png);

    assert_null(from_text(MAP, &err));
    assert_int_equal(err.status, STATUS_CORRUPT);
    assert_string_equal(err.text, "t.yaml: map: the log holds no copy of m.yaml, which its scenario needs");
}

static int walls_at(const struct scenario *s, struct vec2 p)
{
    int count = 0;
    for (size_t i = 0; i < s->solid_count; i++) {
        const struct solid *solid = &s->solids[i];
        count += fabs(p.x - solid->pose.position.x) < solid->shape.half_m.x &&
                 fabs(p.y - solid->pose.position.y) < solid->shape.half_m.y;
    }
    return count;
}

static void walls_cover_dark_cells_once_and_nothing_else(void **state)
{
    (void)state;
    struct bytes png = picture(80, 60, shade_rooms);
    struct error err = {0};
    struct scenario *s = from_map(MAP_YAML, &png, &err);
    bytes_clear(&png);
    assert_non_null(s);
    assert_int_equal(scenario_expand(s, 1, &err), STATUS_OK);
    int dark = 0;
    for (int y = 0; y < 60; y++)
        for (int x = 0; x < 80; x++) {
            uint8_t shade = shade_rooms(x, 59 - y);
            struct cell cell = {x, y};
            assert_int_equal(s->map_cells[grid_index(&s->map, cell)], shade == 0 ? 100 : shade == 128 ? -1 : 0);
            assert_int_equal(walls_at(s, grid_centre(&s->map, cell)), shade == 0);
            dark += shade == 0;
        }
    assert_in_range(s->solid_count, 1, (unsigned)dark / 4); /* merged */
    assert_string_equal(s->solids[0].name, "wall 1");
    assert_true(s->solids[0].pose.position.z == s->world.wall_height_m / 2);
    scenario_destroy(&s);
}

/* --- files ----------------------------------------------------------------------------------------------------- */

static void assert_same(const struct scenario *a, const struct scenario *b)
{
    assert_int_equal(a->solid_count, b->solid_count);
    for (size_t i = 0; i < a->solid_count; i++) {
        assert_string_equal(a->solids[i].name, b->solids[i].name);
        assert_memory_equal(&a->solids[i].pose, &b->solids[i].pose, sizeof a->solids[i].pose);
        assert_memory_equal(&a->solids[i].shape, &b->solids[i].shape, sizeof a->solids[i].shape);
    }
    assert_int_equal(a->actor_count, b->actor_count);
    for (size_t i = 0; i < a->actor_count; i++) {
        assert_memory_equal(a->actors[i].waypoints, b->actors[i].waypoints, sizeof a->actors[i].waypoints);
        assert_true(a->actors[i].speed_mps == b->actors[i].speed_mps);
    }
    assert_memory_equal(&a->robot, &b->robot, sizeof a->robot);
    assert_int_equal(grid_size(&a->map), grid_size(&b->map));
    if (a->map_cells)
        assert_memory_equal(a->map_cells, b->map_cells, grid_size(&a->map));
}

static void what_was_read_is_kept_and_rebuilds_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < scenario_builtin_count; i++) {
        struct error err = {0};
        struct scenario *first = expanded(scenario_builtin_names[i], 5);
        struct scenario *again = scenario_unpack(first->files, first->file_count, &err);
        assert_non_null(again);
        assert_int_equal(again->file_count, first->file_count);
        assert_int_equal(scenario_expand(again, 5, &err), STATUS_OK);
        assert_same(first, again);
        scenario_destroy(&again);
        scenario_destroy(&first);
    }
}

static void a_path_reads_the_folder(void **state)
{
    (void)state;
    char folder[] = "/tmp/scenario.XXXXXX", path[128];
    assert_non_null(mkdtemp(folder));
    struct error err = {0};
    struct scenario *office = scenario_load("office", &err);
    assert_int_equal(office->file_count, 3);
    for (size_t i = 0; i < office->file_count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, office->files[i].name);
        assert_int_equal(file_save(path, office->files[i].data, office->files[i].size, &err), STATUS_OK);
    }
    snprintf(path, sizeof path, "%s/office.yaml", folder);
    struct scenario *copy = scenario_load(path, &err);
    assert_non_null(copy);
    assert_same(office, copy);
    scenario_destroy(&copy);
    scenario_destroy(&office);

    snprintf(path, sizeof path, "%s/office_map.png", folder);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof path, "%s/office.yaml", folder);
    assert_null(scenario_load(path, &err));
    assert_int_equal(err.status, STATUS_IO);
    assert_non_null(strstr(err.text, "office_map.png"));
    assert_int_equal(unlink(path), 0);
    assert_null(scenario_load(path, &err));
    assert_int_equal(err.status, STATUS_IO);
    snprintf(path, sizeof path, "%s/office_map.yaml", folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void unknown_names_offer_the_nearest(void **state)
{
    (void)state;
    struct error err = {0};
    assert_null(scenario_load("ofice", &err));
    assert_int_equal(err.status, STATUS_BAD_INPUT);
    assert_string_equal(err.text, "no scenario is called 'ofice'; did you mean 'office'? The built-in ones are office, "
                                  "corridor, clutter, glass, wet-floor, crowd; a file needs its path, such as "
                                  "./mine.yaml");
    assert_null(scenario_load("zzzzzzzz", &err));
    assert_non_null(strstr(err.text, "'zzzzzzzz'. The built-in"));
}

/* --- overrides ------------------------------------------------------------------------------------------------- */

static void overrides_reach_their_member(void **state)
{
    (void)state;
    struct error err = {0};
    struct scenario *s = scenario_load("corridor", &err);
    static const char *const fine[] = {"lidar.range_max_m=5", "camera.enabled=no", "goal.x=12", "start.yaw=0.5",
                                       "time_limit_s=33", "world.physics_hz=500"};
    for (size_t i = 0; i < COUNT_OF(fine); i++)
        assert_int_equal(scenario_set(s, fine[i], &err), STATUS_OK);
    assert_true(s->lidar.range_max_m == 5 && !s->camera.enabled && s->goal.x == 12 && s->start.yaw == 0.5);
    assert_true(s->time_limit_s == 33 && s->world.physics_hz == 500);
    static const struct refusal wrong[] = {
        {"lidar", "'lidar' is not SECTION.KEY=VALUE, such as lidar.range_max_m=5"},
        {"=5", "'=5' is not SECTION.KEY=VALUE, such as lidar.range_max_m=5"},
        {"ldar.beams=5", "nothing in a scenario is called 'ldar.beams'; did you mean 'lidar'?"},
        {"goal.z=5", "nothing in a scenario is called 'goal.z'; did you mean 'goal.x'?"},
        {"lidar.beems=90", "lidar: unknown key 'beems'; did you mean 'beams'?"},
        {"lidar.beams=", "lidar: beams must be a whole number from 8 to 2048, not ''"},
        {"goal.x=nan", "goal.x must be a number from -1000 to 1000 m, not 'nan'"},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(scenario_set(s, wrong[i].text, &err), STATUS_BAD_INPUT);
        assert_string_equal(err.text, wrong[i].sentence);
    }
    scenario_destroy(&s);
}

static void defaults_are_within_their_own_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < scenario_section_count; i++)
        for (size_t j = 0; j < scenario_section_table[i].row_count; j++) {
            const struct param *row = &scenario_section_table[i].rows[j];
            assert_true(row->fallback >= row->min && row->fallback <= row->max);
            assert_true(*row->help);
        }
    struct scenario *s = good(HEAD);
    assert_string_equal(s->policy, "dwa");
    assert_int_equal(s->lidar.beams, 360);
    assert_int_equal(s->world.physics_hz, 200);
    scenario_destroy(&s);
}

/* --- what a file means ----------------------------------------------------------------------------------------- */

static void solids_stand_where_they_are_put(void **state)
{
    (void)state;
    struct scenario *s = good(HEAD "solids:\n"
                                   "  - {kind: box, at: [4, 3], size: [1, 2, 0.5], yaw: 1.5707963267948966, mass: 3}\n"
                                   "  - {name: lamp, kind: sphere, at: [4, 3, 1.5], radius: 0.2, material: glass}\n"
                                   "  - {kind: capsule, at: [4, 5], radius: 0.25, height: 1.7}\n"
                                   "zones: [{rectangle: [3, 0, 5, 1], speed_limit: 0.4}]\n"
                                   "actors: [{waypoints: [[2, 1], [6, 1], [6, 2]], speed: 0.9}]\n");
    assert_string_equal(s->solids[0].name, "box 1");
    assert_true(s->solids[0].pose.position.z == 0.25 && s->solids[0].mass_kg == 3);
    assert_true(fabs(quat_yaw(s->solids[0].pose.orientation) - PI / 2) < 1e-12);
    assert_true(s->solids[1].pose.position.z == 1.7);
    assert_int_equal(s->solids[1].material, material_find("glass"));
    assert_true(fabs(s->solids[2].shape.height_m - 1.2) < 1e-12 && s->solids[2].pose.position.z == 0.85);
    assert_true(s->zones[0].speed_limit_mps == 0.4 && !s->zones[0].keep_out);
    assert_int_equal(s->actors[0].waypoint_count, 3);
    assert_true(s->actors[0].waypoints[2].y == 2 && s->actors[0].speed_mps == 0.9 && s->actors[0].yields);
    assert_string_equal(s->actors[0].name, "person 1");
    scenario_destroy(&s);
}

static void the_reference_goes_straight_round_or_nowhere(void **state)
{
    (void)state;
    struct scenario *s = good(HEAD);
    assert_true(fabs(scenario_reference_length_m(s) - 6) < 1e-9);
    scenario_destroy(&s);

    /* Round a thin wall's end at (4, 5): two tangents to a circle of half the robot's width about it, and an arc. */
    s = good(HEAD "solids: [{kind: box, at: [4, 2.5], size: [0.02, 5, 1]}]\n");
    double exact = 2 * hypot(3, 2 + s->robot.width_m / 2), length = scenario_reference_length_m(s);
    assert_true(length > exact - 0.05 && length < 1.02 * exact);
    scenario_destroy(&s);

    s = good(HEAD "solids: [{kind: box, at: [4, 3], size: [0.2, 6, 1]}]\n"); /* shut */
    assert_true(scenario_reference_length_m(s) < 0);
    scenario_destroy(&s);
    s = good(HEAD "solids: [{kind: box, at: [4, 3, 0.8], size: [0.2, 6, 1]}]\n"); /* passes under it */
    assert_true(fabs(scenario_reference_length_m(s) - 6) < 1e-9);
    scenario_destroy(&s);
    s = good(HEAD "zones: [{rectangle: [3, 0, 5, 4], keep_out: true}]\n"); /* not through the zone */
    assert_true(scenario_reference_length_m(s) > 6.3);
    scenario_destroy(&s);
}

/* --- the built-in ones ----------------------------------------------------------------------------------------- */

static void every_builtin_can_be_driven_with_any_seed(void **state)
{
    (void)state;
    for (size_t i = 0; i < scenario_builtin_count; i++)
        for (uint64_t seed = 0; seed < 50; seed++) {
            struct scenario *s = expanded(scenario_builtin_names[i], seed);
            assert_string_equal(s->name, scenario_builtin_names[i]);
            assert_true(*s->summary && strlen(s->summary) < 100);
            double length = scenario_reference_length_m(s), straight = vec2_distance(start_of(s), s->goal);
            assert_true(length > straight - 1e-9 && length < 40);
            assert_true(s->time_limit_s * s->robot.max_v_mps > 3 * length);
            scenario_destroy(&s);
        }
}

/* The smallest distance from the straight line between start and goal to the axis of a pillar. */
static double nearest_to_line(const struct scenario *s)
{
    double nearest = HUGE_VAL;
    struct vec2 start = start_of(s), way = vec2_sub(s->goal, start);
    for (size_t i = 0; i < s->solid_count; i++) {
        if (s->solids[i].shape.kind != SHAPE_CYLINDER)
            continue;
        struct vec2 p = vec2_sub((struct vec2){s->solids[i].pose.position.x, s->solids[i].pose.position.y}, start);
        double along = clamp(vec2_dot(p, way) / vec2_dot(way, way), 0, 1);
        nearest = fmin(nearest, vec2_distance(p, vec2_scale(way, along)));
    }
    return nearest;
}

static void clutter_bars_the_straight_way_and_leaves_another(void **state)
{
    (void)state;
    size_t least = SIZE_MAX, most = 0;
    double sum_before = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct scenario *s = expanded("clutter", seed);
        assert_true(nearest_to_line(s) < s->robot.width_m / 2 + s->clutter.radius_m);
        s->robot.width_m = s->clutter.passage_m; /* a robot as wide as the promise gets through */
        assert_true(scenario_reference_length_m(s) > 0);
        least = s->solid_count < least ? s->solid_count : least;
        most = s->solid_count > most ? s->solid_count : most;
        double sum = 0;
        for (size_t i = 0; i < s->solid_count; i++)
            sum += s->solids[i].pose.position.x * s->solids[i].pose.position.y;
        assert_true(sum != sum_before); /* another seed, another field */
        sum_before = sum;
        struct scenario *again = expanded("clutter", seed);
        again->robot.width_m = s->robot.width_m;
        assert_same(s, again);
        scenario_destroy(&again);
        scenario_destroy(&s);
    }
    printf("figure: clutter holds %zu to %zu solids over 100 seeds\n", least, most);
}

static void crowds_walk_where_they_fit(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct scenario *s = expanded("crowd", seed);
        assert_int_equal(s->actor_count, 8);
        for (size_t i = 0; i < s->actor_count; i++) {
            const struct actor *person = &s->actors[i];
            assert_true(vec2_distance(person->waypoints[0], start_of(s)) >= 1.5);
            for (int j = 0; j < person->waypoint_count; j++)
                assert_true(person->waypoints[j].x > person->radius_m - 0.05 && person->waypoints[j].x < 14 &&
                            person->waypoints[j].y > person->radius_m - 0.05 && person->waypoints[j].y < 6);
        }
        scenario_destroy(&s);
    }
}

static void the_shows_bar_the_straight_way_with_what_they_show(void **state)
{
    (void)state;
    struct scenario *s = expanded("glass", 1);
    double with = scenario_reference_length_m(s);
    int glass = material_find("glass"), panes = 0;
    for (size_t i = 0; i < s->solid_count; i++)
        if (s->solids[i].material == glass) {
            s->solids[i].pose.position.z = 50; /* out of the way */
            panes++;
        }
    assert_int_equal(panes, 1);
    double straight = vec2_distance(start_of(s), s->goal);
    assert_true(fabs(scenario_reference_length_m(s) - straight) < 1e-9);
    assert_true(with > 1.05 * straight && with < 1.3 * straight);
    scenario_destroy(&s);

    s = expanded("wet-floor", 1);
    assert_int_equal(s->zone_count, 1);
    assert_true(s->zones[0].keep_out && s->zones[0].painted && !s->map_given);
    with = scenario_reference_length_m(s);
    s->zone_count = 0;
    straight = vec2_distance(start_of(s), s->goal);
    assert_true(fabs(scenario_reference_length_m(s) - straight) < 1e-9);
    assert_true(with > 1.03 * straight && with < 1.3 * straight);
    scenario_destroy(&s);

    s = expanded("office", 1);
    assert_true(s->map_given && s->map.width == 400 && s->map.height == 240);
    assert_in_range(s->solid_count, 21 + 10, 200);
    assert_true(scenario_reference_length_m(s) > 25);
    scenario_destroy(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_text_gets_a_sentence),
        cmocka_unit_test(too_much_is_refused_not_built),
        cmocka_unit_test(bad_maps_get_a_sentence),
        cmocka_unit_test(walls_cover_dark_cells_once_and_nothing_else),
        cmocka_unit_test(what_was_read_is_kept_and_rebuilds_the_same),
        cmocka_unit_test(a_path_reads_the_folder),
        cmocka_unit_test(unknown_names_offer_the_nearest),
        cmocka_unit_test(overrides_reach_their_member),
        cmocka_unit_test(defaults_are_within_their_own_bounds),
        cmocka_unit_test(solids_stand_where_they_are_put),
        cmocka_unit_test(the_reference_goes_straight_round_or_nowhere),
        cmocka_unit_test(every_builtin_can_be_driven_with_any_seed),
        cmocka_unit_test(clutter_bars_the_straight_way_and_leaves_another),
        cmocka_unit_test(crowds_walk_where_they_fit),
        cmocka_unit_test(the_shows_bar_the_straight_way_with_what_they_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
