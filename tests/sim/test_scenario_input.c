#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "logs/memory.h"
#include "logs/png.h"
#include "sim/scenario.h"

#define HEAD "name: t\nbounds: [0, 0, 8, 6]\nstart: [1, 3, 0]\ngoal: [7, 3]\n"

static struct scenario *from_text(const char *text, struct error *err)
{
    struct scenario_file file = {.name = "t.yaml", .data = (uint8_t *)(uintptr_t)text, .size = strlen(text)};
    return scenario_unpack(&file, 1, err);
}

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
     "t.yaml:6:5: a solid has no 'at' (x, y and, if not on the floor, its lowest point's z)"},
    {HEAD "solids:\n  - {kind: box, at: [4, 3]}\n",
     "t.yaml:6:5: a box is given by size: [x, y, z], no more and no less"},
    {HEAD "solids:\n  - {kind: sphere, at: [4, 3], radius: 1, height: 2}\n",
     "t.yaml:6:5: a sphere is given by radius, no more and no less"},
    {HEAD "solids:\n  - {kind: blox, at: [4, 3], size: [1, 1, 1]}\n",
     "t.yaml:6:5: kind must be box, cylinder, sphere, capsule, ramp or terrain, not 'blox'; did you mean 'box'?"},
    {HEAD "solids:\n  - {kind: ramp, at: [4, 3], radius: 1}\n",
     "t.yaml:6:5: a ramp is given by size: [length, width, height], no more and no less"},
    {HEAD "solids:\n  - {kind: terrain, at: [4, 3], cell: 0.1}\n",
     "t.yaml:6:5: a terrain is given by cell and heights: [[...], ...], no more and no less"},
    {HEAD "solids:\n  - {kind: terrain, at: [4, 3], cell: 0.1, heights: [[0, 1], [0]]}\n",
     "t.yaml:6:62: every row of heights must have 2 numbers, as the first one"},
    {HEAD "solids:\n  - {kind: terrain, at: [4, 3], cell: 0.1, heights: [[0, 1]]}\n",
     "t.yaml:6:44: heights must be a list of 2 to 256 rows of as many numbers, such as [[0, 0], [0, 0.1]]"},
    {HEAD "solids:\n  - {kind: box, at: [4, 3], size: [1, 1, 1], pitch: 2}\n",
     "t.yaml:6:46: pitch = 2 is outside -1.5708 to 1.5708 rad"},
    {HEAD "zones:\n  - {rectangle: [4, 3, 5, 5], friction: -1}\n", "t.yaml:6:31: friction = -1 is outside 0 to 3"},
    {HEAD "solids:\n  - {kind: box, at: [4, 3], size: [1, 1, 1], material: glas}\n",
     "t.yaml:6:5: unknown material 'glas'; did you mean 'glass'?"},
    {HEAD "solids:\n  - {kind: capsule, at: [4, 3], radius: 0.5, height: 0.9}\n",
     "t.yaml:6:5: a capsule must be taller (height 0.9 m) than it is wide (1 m)"},
    {HEAD "zones:\n  - {rectangle: [4, 3, 4, 5], keep_out: true}\n",
     "t.yaml:6:5: rectangle [4, 3, 4, 5] has no area; write [x0, y0, x1, y1] with x0 < x1 and y0 < y1"},
    {HEAD "faults: {target: lidar, kind: drop}\n", "t.yaml:5:1: faults must be a list; begin each item with '- '"},
    {HEAD "faults:\n  - {target: ldiar, kind: drop}\n",
     "t.yaml:6:5: nothing that can fail is called 'ldiar'; did you mean 'lidar'? (there are lidar, camera, depth, imu, "
     "odometry, bumper, ultrasonic, actuator, clock, link, policy, robot)"},
    {HEAD "faults:\n  - {target: clock, kind: flip}\n",
     "t.yaml:6:5: 'flip' makes no sense for clock; what does is freeze, bias, drift, noise"},
    {HEAD "faults:\n  - {target: lidar, kind: bias}\n",
     "t.yaml:6:5: lidar:bias needs an amount from -100 to 100 m: lidar:bias=..."},
    {HEAD "faults:\n  - {target: lidar, kind: bias, amount: 101}\n",
     "t.yaml:6:5: the amount of lidar:bias must be from -100 to 100 m, not 101"},
    {HEAD "faults:\n  - {target: lidar, kind: drop, for: 3}\n",
     "t.yaml:6:33: unknown key 'for' in a fault; did you mean 'for_s'?"},
    {HEAD "faults:\n  - {target: lidar}\n",
     "t.yaml:6:5: a fault has no 'kind' (what goes wrong: binnacle list faults)"},
    {HEAD "actors:\n  - {waypoints: [[4, 3]]}\n", "t.yaml:6:6: an actor has 2 to 16 waypoints [[x, y], ...], not 1"},
    {HEAD "actors:\n  - {waypoints: [[4, 3], [5]]}\n",
     "t.yaml:6:26: a waypoint must be a list of 2 numbers (x, y), such as [1.5, 2]"},
    {HEAD "actors:\n  - {kind: pedestrian, waypoints: [[4, 3], [5, 3]], count: 2.5}\n",
     "t.yaml:6:5: count must be a whole number, not 2.5"},
    {HEAD "actors:\n  - {kind: child, waypoints: [[4, 3], [5, 3]]}\n",
     "t.yaml:6:5: a child needs trigger (m from a robot) or at_s (s), or it never runs"},
    {HEAD "doors:\n  - {kind: swinging, at: [4, 3], near: 2}\n",
     "t.yaml:6:5: a door's kind must be hinged or sliding, not 'swinging'"},
    {HEAD "doors:\n  - {kind: hinged, at: [4, 3]}\n",
     "t.yaml:6:5: a door either goes by the clock (closed: s) or opens for whoever comes (near: m)"},
    {HEAD "doors:\n  - {kind: sliding, at: [4, 3], near: 2, swing: 1}\n", "t.yaml:6:5: a sliding door has no swing"},
    {HEAD "doors:\n  - {kind: hinged, at: [4, 3], near: 2, swing: 0}\n",
     "t.yaml:6:5: a hinged door with a swing of 0 never opens; write kind: sliding or a swing such as 1.57"},
    {HEAD "crowd: {model: boids}\n", "t.yaml:5:9: crowd: model must be one of waypoint, social_force, not 'boids'"},
    {HEAD "pedestrians: {notice: 2}\n", "t.yaml:5:15: pedestrians: notice = 2 is outside 0 to 1"},
    {HEAD "actors:\n  - {kind: kart, keys: [[0, 4, 3], [1, 5, 3]]}\n",
     "t.yaml:6:6: an actor's kind must be walker, pedestrian, child or cart; did you mean 'cart'?"},
    {HEAD "actors:\n  - {kind: cart, radius: 0.5}\n",
     "t.yaml:6:5: a cart has either keys: [[t, x, y], ...] or waypoints: [[x, y], ...]"},
    {HEAD "actors:\n  - {kind: cart, keys: [[0, 4, 3], [1, 5, 3]]}\n",
     "t.yaml:6:5: a cart is either a box, size: [along, across, up], or a cylinder, radius and height"},
    {HEAD "actors:\n  - {kind: cart, radius: 1, keys: [[0, 4, 3], [2, 5, 3], [1, 6, 3]]}\n",
     "t.yaml:6:58: the times of keys must increase, from 0 or later"},
    {HEAD "actors:\n  - {kind: cart, radius: 1, keys: [[0, 4, 3], [nan, 5, 3]]}\n",
     "t.yaml:6:48: a key's time must be a number from 0 to 100000 s, not 'nan'"},
    {HEAD "actors:\n  - {kind: cart, radius: 1, keys: [[0, 4, 3], [2, 5]]}\n",
     "t.yaml:6:47: a key must be a list of 3 numbers (t, x, y), such as [0, 1.5, 2]"},
    {HEAD "actors:\n  - {kind: cart, radius: 1, waypoints: [[4, 3], [4, 3]]}\n",
     "t.yaml:6:49: two keys in a row are at the same place"},
    {HEAD "actors:\n  - {kind: cart, radius: 1, waypoints: [[4, 3]]}\n",
     "t.yaml:6:29: a cart has 2 to 255 waypoints [[x, y], ...], not 1"},
    {HEAD "actors:\n  - {kind: cart, yields: no}\n", "t.yaml:6:18: unknown key 'yields' in a cart"},
    {HEAD "actors:\n  - {waypoints: [[4, 3], [5, 3]], radius: 0.9, height: 1.7}\n",
     "t.yaml:6:5: an actor must be taller (1.7 m) than it is wide (1.8 m)"},
    {"name: t\nbounds: [8, 0, 0, 6]\nstart: [1, 3, 0]\ngoal: [7, 3]\n",
     "t.yaml:2:1: bounds [8, 0, 0, 6] must be [x0, y0, x1, y1] with x0 < x1 and y0 < y1, at most 100 m apart"},
    {"name: t\nbounds: [0, 0, 800, 600]\nstart: [1, 3, 0]\ngoal: [7, 3]\n",
     "t.yaml:2:1: bounds [0, 0, 800, 600] must be [x0, y0, x1, y1] with x0 < x1 and y0 < y1, at most 100 m "
     "apart"},
    {"name: t\nbounds: [0, 0, 8, 6]\nstart: [9, 3, 0]\ngoal: [7, 3]\n",
     "t.yaml:3:1: start (9, 3) is outside the bounds"},
    {"name: t\nbounds: [0, 0, 8, 6]\nstart: [1, 3, 0]\ngoal: [7, 7]\n",
     "t.yaml:4:1: goal (7, 7) is outside the bounds"},
    {"name: t\nbounds: [0, 0, 8, 6]\nstart: [1, 3, 0]\ngoal: [1, 3]\n",
     "t.yaml:3:1: start (1, 3) is within goal_tolerance_m 0.3 of the goal (1, 3); move them apart"},
    {HEAD "solids:\n  - {name: crate, kind: box, at: [1.4, 3], size: [0.5, 1, 1]}\n",
     "t.yaml:3:1: at start (1, 3) the robot stands in 'crate'; move one of them"},
    {HEAD "solids:\n  - {kind: cylinder, at: [7, 3.4], radius: 0.3, height: 1}\n",
     "t.yaml:4:1: at goal (7, 3) the robot would stand in 'cylinder 1'; move one of them"},
    {HEAD "zones:\n  - {name: pit, rectangle: [6, 2, 8, 4], keep_out: true}\n",
     "t.yaml:4:1: at goal (7, 3) the robot would stand in 'pit'; move one of them"},
    {HEAD "lidar: {rate_hz: 30}\n",
     "t.yaml:5:9: lidar.rate_hz 30 does not divide world.physics_hz 200; the next lower rate that does is 25"},
    {HEAD "world: {control_hz: 30}\n",
     "t.yaml:5:9: world.control_hz 30 does not divide world.physics_hz 200; the next lower rate that does is "
     "25"},
    {HEAD "world: {physics_hz: 240}\n",
     "t.yaml:5:9: world.physics_hz 240 does not give a step of whole nanoseconds; use 200, 250 or 500"},
    {HEAD "lidar: {range_min_m: 4, range_max_m: 3}\n", "t.yaml:5:9: lidar.range_min_m 4 must be below range_max_m 3"},
    {HEAD "camera: {depth_min_m: 4, depth_max_m: 3}\n",
     "t.yaml:5:10: camera.depth_min_m 4 must be below depth_max_m 3"},
    {HEAD "robot: {wheel_base_m: 0.6}\n",
     "t.yaml:5:9: the robot's wheels (wheel_base_m 0.6, wheel_radius_m 0.098) stick out of its footprint of "
     "0.51 x 0.43 m"},
    {HEAD "clutter: {enabled: true, x0_m: 5, x1_m: 4}\n",
     "t.yaml:5:1: the clutter field from (5, 0) to (4, 6) must hold 1 to 4000000 lattice points of pitch_m "
     "0.15"},
    {HEAD "clutter: {enabled: true, x0_m: 2, x1_m: 6, fill: 0.6}\n",
     "t.yaml:5:44: none of 64 draws of the clutter left a way of passage_m 0.75 that is not a straight line; "
     "change clutter.fill or clutter.passage_m"},
    {HEAD "clutter: {enabled: true, passage_m: 1}\nsolids: [{kind: box, at: [4, 3], size: [1, 6, 1]}]\n",
     "t.yaml:5:26: even without clutter there is no way of clutter.passage_m 1 from start to goal"},
    {HEAD "crowd: {enabled: true, count: 64}\n",
     "t.yaml:5:24: there is room for 14 of the crowd's 64 people; lower crowd.count or enlarge the bounds"},
    {HEAD "map: ../../etc/passwd\n",
     "t.yaml:5:1: map: ../../etc/passwd: files of a scenario lie beside it; write the name without a folder"},
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
        {"image: m.png\n", "t.yaml:5:1: map: m.yaml:1:1: the map has no 'resolution' (side of a cell)"},
        {"resolution: 0.1\norigin: [0, 0, 0]\n" THRESHOLDS,
         "t.yaml:5:1: map: m.yaml:1:1: the map has no 'image' (a PNG or PGM beside this file)"},
        {"imgae: m.png\n", "t.yaml:5:1: map: m.yaml:1:1: unknown key 'imgae' in the map; did you mean 'image'?"},
        {MAP_YAML "mode: scale\n", "t.yaml:5:1: map: m.yaml:7:1: mode 'scale' is not supported; write trinary"},
        {"image: m.png\nresolution: 0\n", "t.yaml:5:1: map: m.yaml:2:1: resolution = 0 is outside 0.005 to 1 m"},
        {"image: m.png\nresolution: 0.1\norigin: [0, 0, 1]\n" THRESHOLDS,
         "t.yaml:5:1: map: m.yaml:3:1: origin has a yaw of 1 rad; turned maps are not supported, write 0"},
        {"image: m.png\nresolution: 0.1\norigin: [0, 0, 0]\nnegate: 0\noccupied_thresh: 0.2\nfree_thresh: 0.6\n",
         "t.yaml:5:1: map: m.yaml:6:1: free_thresh 0.6 must be below occupied_thresh 0.2"},
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
    assert_non_null(strstr(err.text, "t.yaml:5:1: map: m.yaml:1:1: image: "));
    assert_non_null(strstr(err.text, "m.png"));

    png = picture(2500, 2000, shade_white);
    assert_null(from_map(MAP_YAML, &png, &err));
    assert_string_equal(
        err.text,
        "t.yaml:5:1: map: m.yaml:1:1: image: m.png: a map of 2500 x 2000 cells is too large, at most 4000000 cells "
        "in all; use a coarser resolution");
    bytes_clear(&png);

    assert_null(from_text(MAP, &err));
    assert_int_equal(err.status, STATUS_CORRUPT);
    assert_string_equal(err.text, "t.yaml:5:1: map: the log holds no copy of m.yaml, which its scenario needs");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_text_gets_a_sentence),
        cmocka_unit_test(too_much_is_refused_not_built),
        cmocka_unit_test(bad_maps_get_a_sentence),
        cmocka_unit_test(walls_cover_dark_cells_once_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
