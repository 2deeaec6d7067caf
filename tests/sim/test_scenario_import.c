/* Worlds in other people's formats: small samples of our own always, the published files where they are at hand. */
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
#include "sim/scenario.h"
#include "sim/spline.h"

/* A file without a folder, as in a log. */
static struct scenario_file file_of(const char *name, const char *text)
{
    struct scenario_file file = {.data = (uint8_t *)(uintptr_t)text, .size = strlen(text)};
    snprintf(file.name, sizeof file.name, "%s", name);
    return file;
}

static struct scenario *loaded(const struct scenario_file *files, size_t count)
{
    struct error err = {0};
    struct scenario *s = scenario_unpack(files, count, &err);
    if (!s)
        fail_msg("%s", err.text);
    return s;
}

static struct scenario *expanded(const struct scenario_file *files, size_t count, uint64_t seed)
{
    struct error err = {0};
    struct scenario *s = loaded(files, count);
    if (scenario_expand(s, seed, &err))
        fail_msg("%s", err.text);
    return s;
}

/* Load or expand must say exactly this. */
static void assert_refused(const struct scenario_file *files, size_t count, const char *set, const char *sentence)
{
    struct error err = {0};
    struct scenario *s = scenario_unpack(files, count, &err);
    enum status status = s ? STATUS_OK : err.status;
    if (s && set)
        status = scenario_set(s, set, &err);
    if (!status)
        status = scenario_expand(s, 1, &err);
    assert_true(status == STATUS_BAD_INPUT || status == STATUS_CORRUPT);
    assert_string_equal(err.text, sentence);
    scenario_destroy(&s);
}

/* --- BARN ------------------------------------------------------------------------------------------------------- */

#define BARN                                                                                                           \
    "# a comment\n"                                                                                                    \
    "W 3 2 10.0 5.0 0.5 10.0\n"                                                                                        \
    "P 3 15 0 15 0 15 29\n"                                                                                            \
    "C -4.425 0.075 0.075\n"                                                                                           \
    "C -2.25 8 0.25\n"                                                                                                 \
    "W 7 1 10.0 5.0 0.5 10.0\n"                                                                                        \
    "P 1 15 0\n"                                                                                                       \
    "C -2.25 9 0.1\n"

static void barn_world_has_its_cylinders_and_rules(void **state)
{
    (void)state;
    struct scenario_file file = file_of("worlds.txt", BARN);
    struct scenario *s = expanded(&file, 1, 1);
    assert_string_equal(s->name, "barn-3");
    assert_int_equal(s->solid_count, 2);
    assert_true(s->solids[1].pose.position.y == 8 && s->solids[1].shape.radius_m == 0.25);
    assert_true(s->start.x == -2.25 && s->start.y == 3 && s->goal.y == 13 && s->goal_tolerance_m == 1);
    assert_true(s->robot.max_v_mps == 2 && s->time_limit_s == 100 && s->clock_from_m == 0.1 && s->contact_ends);
    /* (15, 0) is (-2.325, 5.075) and (15, 29) is (-2.325, 9.425) */
    assert_true(fabs(s->official_length_m - (hypot(0.075, 2.075) + 4.35 + hypot(0.075, 3.575))) < 1e-12);
    scenario_destroy(&s);
}

static void barn_world_is_picked_by_number_and_kept_alone(void **state)
{
    (void)state;
    struct error err = {0};
    char path[] = "/tmp/worlds.XXXXXX", picked[64];
    int fd = mkstemp(path);
    assert_true(fd >= 0 && !close(fd));
    assert_int_equal(file_save(path, BARN, strlen(BARN), &err), STATUS_OK);
    snprintf(picked, sizeof picked, "%s#7", path);
    struct scenario *s = scenario_load(picked, &err), *by_set = scenario_load(path, &err);
    assert_non_null(s);
    assert_int_equal(scenario_set(by_set, "barn.world=7", &err), STATUS_OK);
    assert_int_equal(scenario_expand(s, 1, &err), STATUS_OK);
    assert_int_equal(scenario_expand(by_set, 1, &err), STATUS_OK);
    assert_string_equal(s->name, "barn-7");
    assert_string_equal(by_set->name, "barn-7");
    static const char alone[] = "W 7 1 10.0 5.0 0.5 10.0\nP 1 15 0\nC -2.25 9 0.1\n";
    assert_int_equal(s->files[0].size, strlen(alone));
    assert_memory_equal(s->files[0].data, alone, strlen(alone));
    struct scenario *again = expanded(s->files, s->file_count, 1);
    assert_string_equal(again->name, "barn-7");
    assert_true(again->official_length_m == s->official_length_m);
    snprintf(picked, sizeof picked, "%s#5", path);
    assert_null(scenario_load(picked, &err));
    assert_non_null(strstr(err.text, ": there is no world 5; the file holds 2, from 3 to 7"));
    assert_int_equal(unlink(path), 0);
    scenario_destroy(&again);
    scenario_destroy(&by_set);
    scenario_destroy(&s);
}

static void bad_barn_worlds_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"W 3 2 1 1 1 1\nP 0\nC 1 2 3\n", "worlds.txt: world 3 has 1 of 2 cylinders and a path; the file is cut off"},
        {"W 3 1 1 1 1 1\nC 1 2 3\n", "worlds.txt: world 3 has 1 of 1 cylinders and no path; the file is cut off"},
        {"W 3 1 1 1 1 1\nP 0\nC 1 nan 3\n", "worlds.txt:3:5: y must be a number from -1000 to 1000, not 'nan'"},
        {"W 3 1 1 1 1 1\nP 0\nC 1 2 0\n", "worlds.txt:3:7: the radius must be a number from 0.001 to 10, not '0'"},
        {"W 3 1 1 1 1 1\nP 0\nC 1 2\n", "worlds.txt:3:6: the line ends before the radius"},
        {"W 3 1 1 1 1 1\nP 2 1 2.5 3 4\nC 1 2 1\n", "worlds.txt:2:7: a cell's column must be a whole number"},
        {"W 3 1 1 1 1 1\nP 0\nX\n", "worlds.txt:3:1: 'X' where a record has one P and 1 C lines"},
        {"W 3 1000000 1 1 1 1\n",
         "worlds.txt:1:5: the number of cylinders must be a number from 0 to 5000, not '1000000'"},
        {"W x\n", "worlds.txt:1:3: the world's id must be a number from 0 to 1e+06, not 'x'"},
        {"W 3 1 1 1 1 1\nP 0\nC -2.25 3.1 0.1\n",
         "worlds.txt: at start (-2.25, 3) the robot stands in 'cylinder 1'; move one of them"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scenario_file file = file_of("worlds.txt", cases[i].text);
        assert_refused(&file, 1, NULL, cases[i].sentence);
    }
}

static const char *shared_folder(void)
{
    const char *shared = getenv("BINNACLE_SHARED");
    return shared ? shared : "../shared";
}

/* "W id cylinders Lref ..." lines of the published file are the oracle. */
static void all_published_barn_worlds_load(void **state)
{
    (void)state;
    struct error err = {0};
    struct bytes text = {0};
    char path[512], picked[600];
    snprintf(path, sizeof path, "%s/data/barn/worlds.txt", shared_folder());
    if (file_load(path, 4 << 20, &text, &err)) {
        print_message("skipped: no BARN worlds at %s\n", path);
        skip();
        return;
    }
    int worlds = 0, cylinders = 0;
    for (const char *line = (const char *)text.data; line; line = strchr(line, '\n')) {
        int id, count;
        double length;
        line += *line == '\n';
        if (sscanf(line, "W %d %d %lf", &id, &count, &length) != 3)
            continue;
        snprintf(picked, sizeof picked, "%s#%d", path, id);
        struct scenario *s = scenario_load(picked, &err);
        if (!s || scenario_expand(s, 1, &err)) /* start and goal are free, or this fails */
            fail_msg("%s", err.text);
        assert_int_equal(s->solid_count, count);
        assert_true(fabs(s->official_length_m - length) < 1e-4);
        worlds++;
        cylinders += count;
        if (worlds % 50 == 1) /* each takes a while */
            assert_true(scenario_reference_length_m(s) > 9.9);
        scenario_destroy(&s);
    }
    print_message("%d worlds, %d cylinders\n", worlds, cylinders);
    assert_int_equal(worlds, 250);
    bytes_clear(&text);
}

/* --- DynaBARN --------------------------------------------------------------------------------------------------- */

#define OBSTACLE "T a1 10 3 0 0 3 5 1 3 10 0 3\n"

static void dynabarn_world_has_moving_cylinders(void **state)
{
    (void)state;
    struct scenario_file file =
        file_of("dynabarn.txt", "# two\n" OBSTACLE "T b 4 2 0 0 -5 4 2 -5\nD 0 2 a1 a1\nD 1 1 b\n");
    struct scenario *s = expanded(&file, 1, 1);
    assert_string_equal(s->name, "dynabarn-0");
    assert_int_equal(s->solid_count, 3);
    assert_int_equal(s->actor_count, 2);
    assert_int_equal(s->actors[1].kind, ACTOR_CART);
    assert_true(s->actors[1].radius_m == 0.5);
    struct vec2 at = spline_at(s->actors[0].spline, 25).at; /* 5 s into the third round */
    assert_true(fabs(at.x - 1) < 1e-9 && fabs(at.y - 3) < 1e-9);
    assert_true(s->contact_ends && s->official_length_m == 20 && s->goal_tolerance_m == 1);
    static const char alone[] = OBSTACLE "D 0 2 a1 a1\n";
    assert_int_equal(s->files[0].size, strlen(alone));
    assert_memory_equal(s->files[0].data, alone, strlen(alone));
    scenario_destroy(&s);
}

static void bad_dynabarn_worlds_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {OBSTACLE, "dynabarn.txt: there is no world in the file, that is no line that begins with D"},
        {"D 0 1 a1\n", "dynabarn.txt:1:7: no T line of the file describes obstacle 'a1'"},
        {OBSTACLE "D 0 2 a1\n", "dynabarn.txt:2:9: the line names 1 of 2 obstacles"},
        {OBSTACLE "D 0 1000 a1\n",
         "dynabarn.txt:2:5: the number of obstacles must be a number from 0 to 128, not '1000'"},
        {"T a1 10 3 0 0 3 5 1 3\nD 0 1 a1\n", "dynabarn.txt:1:22: the line ends before t"},
        {"T a1 10 1 0 0 3\nD 0 1 a1\n",
         "dynabarn.txt:1:9: the number of keys must be a number from 2 to 250, not '1'"},
        {"T a1 10 2 5 0 3 5 1 3\nD 0 1 a1\n",
         "dynabarn.txt:1:21: key 2 of a1: the times of keys must increase, from 0 or later"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scenario_file file = file_of("dynabarn.txt", cases[i].text);
        assert_refused(&file, 1, NULL, cases[i].sentence);
    }
}

static void all_published_dynabarn_worlds_load(void **state)
{
    (void)state;
    size_t obstacles = 0;
    for (int i = 0; i < 60; i++) {
        struct error err = {0};
        char path[512];
        snprintf(path, sizeof path, "%s/data/barn/dynabarn.txt#%d", shared_folder(), i);
        struct scenario *s = scenario_load(path, &err);
        if (!s && err.status == STATUS_IO) {
            print_message("skipped: no DynaBARN worlds at %s\n", path);
            skip();
            return;
        }
        if (!s || scenario_expand(s, 1, &err))
            fail_msg("%s", err.text);
        obstacles += s->actor_count;
        scenario_destroy(&s);
    }
    print_message("60 worlds, %zu obstacles\n", obstacles);
    assert_int_equal(obstacles, 963);
}

/* --- MovingAI --------------------------------------------------------------------------------------------------- */

#define MAP "type octile\nheight 4\nwidth 5\nmap\n@@@@@\n@...T\n@.G.W\n@@@@@\n"

static void movingai_cells_become_blocks(void **state)
{
    (void)state;
    struct scenario_file file = file_of("tiny.map", MAP);
    struct scenario *s = expanded(&file, 1, 1);
    assert_string_equal(s->name, "tiny");
    assert_true(s->x1_m == 5 && s->y1_m == 4 && s->map.resolution_m == 0.05 && s->map.width == 100);
    /* floor is x 1..4, y 1..3; what is around it takes four boxes at most */
    assert_in_range(s->solid_count, 1, 4);
    assert_true(s->start.x > 1 && s->start.x < 4 && s->start.y > 1 && s->start.y < 3);
    assert_true(hypot(s->goal.x - s->start.x, s->goal.y - s->start.y) > 0.7);
    struct scenario *same = expanded(&file, 1, 1), *other = expanded(&file, 1, 2);
    assert_memory_equal(&s->start, &same->start, sizeof s->start);
    assert_memory_not_equal(&s->start, &other->start, sizeof s->start);
    scenario_destroy(&other);
    scenario_destroy(&same);
    scenario_destroy(&s);
}

static void movingai_row_gives_start_and_goal(void **state)
{
    (void)state;
    struct scenario_file files[] = {
        file_of("tiny.map.scen", "version 1\r\n0\tmaps/x/tiny.map\t5\t4\t1\t1\t3\t2\t2.41421\r\n"),
        file_of("tiny.map", MAP),
    };
    struct scenario *s = loaded(files, 2);
    struct error err = {0};
    assert_int_equal(scenario_set(s, "movingai.cell_m=2", &err), STATUS_OK);
    assert_int_equal(scenario_set(s, "goal.x=5", &err), STATUS_OK);
    assert_int_equal(scenario_expand(s, 1, &err), STATUS_OK);
    assert_true(s->start.x == 3 && s->start.y == 5 && s->goal.x == 5 && s->goal.y == 3);
    assert_int_equal(s->file_count, 2);
    scenario_destroy(&s);
}

static void published_movingai_maps_load(void **state)
{
    (void)state;
    static const char *const names[] = {"arena.map.scen#100", "lak507d.map", "rmtst01.map", "room-64-64-8.map",
                                        "warehouse-10-20-10-2-1.map"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct error err = {0};
        char path[512];
        snprintf(path, sizeof path, "%s/data/movingai/%s", shared_folder(), names[i]);
        struct scenario *s = scenario_load(path, &err);
        if (!s && err.status == STATUS_IO) {
            print_message("skipped: no MovingAI map at %s\n", path);
            skip();
            return;
        }
        if (!s || scenario_expand(s, 3, &err))
            fail_msg("%s", err.text);
        print_message("%s: %zu boxes\n", names[i], s->solid_count);
        assert_in_range(s->solid_count, 10, 1000);
        assert_true(scenario_reference_length_m(s) > 10);
        scenario_destroy(&s);
    }
}

static void bad_movingai_files_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *set, *sentence;
    } maps[] = {
        {"type octile\nheight 4\nmap\n", NULL, "m.map:3:1: width and height must come first"},
        {"type octile\nheight 4\nwidth 3000\nmap\n", NULL,
         "m.map:3:7: width must be a number from 1 to 2000, not '3000'"},
        {"type octile\nheight 2\nwidth 3\nmap\n...\n", NULL, "m.map: the map has 1 of 2 rows; the file is cut off"},
        {"type octile\nheight 2\nwidth 3\nmap\n...\n....\n", NULL, "m.map:6:1: row 1 has 4 cells, not 3"},
        {"type octile\nheight 2\n", NULL, "m.map: the file ends before the line 'map'"},
        {"type octile\ndepth 2\n", NULL, "m.map:2:1: 'depth' where height, width or map belongs"},
        {"type octile\nheight 1\nwidth 2\nmap\n@@\n", NULL,
         "m.map: nowhere is there a free place 0.87 m wide that is connected to another; set start and goal, or "
         "enlarge "
         "the world"},
        {MAP, "movingai.cell_m=0.52", "m.map: movingai.cell_m 0.52 is not a multiple of 0.05"},
        {"type octile\nheight 1\nwidth 30\nmap\n..............................\n", "movingai.cell_m=5",
         "m.map: 30 x 1 cells of 5 m are longer than 100 m; set movingai.cell_m to at most 3.3"},
        {MAP, "start.x=2", "m.map: of start and goal set both x and y, or neither"},
        {MAP, "lidar.beam=2", "lidar: unknown key 'beam'; did you mean 'beams'?"},
        {MAP, "barn.world=2", "barn.world is not for m.map but for imported files that have it"},
    };
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        struct scenario_file file = file_of("m.map", maps[i].text);
        assert_refused(&file, 1, maps[i].set, maps[i].sentence);
    }
    struct scenario_file files[] = {file_of("a.scen", "version 1\n0 tiny.map 5 4 1 9 3 2 2.4\n"),
                                    file_of("tiny.map", MAP)};
    assert_refused(files, 2, NULL, "a.scen:2:18: the start's row must be a number from 0 to 3, not '9'");
    files[0] = file_of("a.scen", "version 1\n");
    assert_refused(files, 2, NULL, "a.scen: there is no row 0; the file holds 0, counted from 0");
    files[0] = file_of("a.scen", "version 1\n0 other.map 5 4 1 1 3 2 2.4\n");
    assert_refused(files, 2, NULL,
                   "a.scen: row 0: the log holds no copy of other.map, which its scenario needs");
    files[0] = file_of("a.scen", "version 1\n0 tiny.map 5 4 0 0 3 2 2.4\n");
    assert_refused(files, 2, NULL, "a.scen: at start (0.5, 3.5) the robot stands in 'wall 2'; move one of them");
}

/* --- ROS maps --------------------------------------------------------------------------------------------------- */

#define ROS_MAP                                                                                                      \
    "image: m.pgm\nresolution: 1.0\norigin: [-1, -2, 0]\nnegate: 0\noccupied_thresh: 0.65\nfree_thresh: 0.196\n"

/* The same 4 x 3 picture twice: black left and right, 205 (unknown) below, white elsewhere. */
static const char plain[] = "P2\n# by hand\n4 3\n255\n0 255 255 0\n0 255 255 0\n205 205 205 205\n";
static const char raw[] = "P5 4 3 255\n\x00\xff\xff\x00\x00\xff\xff\x00\xcd\xcd\xcd\xcd";

static void ros_map_with_pgm_is_a_world(void **state)
{
    (void)state;
    struct scenario_file files[] = {file_of("m.yaml", ROS_MAP), file_of("m.pgm", plain)};
    struct scenario *s = expanded(files, 2, 1);
    files[1].data = (uint8_t *)(uintptr_t)raw;
    files[1].size = sizeof raw - 1;
    struct scenario *same = expanded(files, 2, 1);
    static const int8_t cells[] = {-1, -1, -1, -1, 100, 0, 0, 100, 100, 0, 0, 100};
    assert_memory_equal(s->map_cells, cells, sizeof cells);
    assert_memory_equal(same->map_cells, cells, sizeof cells);
    assert_string_equal(s->name, "m");
    assert_true(s->x0_m == -1 && s->y0_m == -2 && s->x1_m == 3 && s->y1_m == 1 && s->map_given);
    assert_int_equal(s->solid_count, 2);
    assert_true(s->start.x > 0 && s->start.x < 2 && s->start.y > -1); /* not on unknown floor */
    assert_memory_equal(&s->start, &same->start, sizeof s->start);
    scenario_destroy(&same);
    scenario_destroy(&s);
}

static void bad_pgm_images_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *image, *sentence;
    } cases[] = {
        {"P2\n4 3\n", "m.yaml:1:1: image: m.pgm: not a PGM image: its head lacks width, height or largest value"},
        {"P2\n4 3 0\n1", "m.yaml:1:1: image: m.pgm: not a PGM image: its head lacks width, height or largest value"},
        {"P5 20000 20000 255\n",
         "m.yaml:1:1: image: m.pgm is 20000 x 20000 pixels; at most 8192 a side are read; make it smaller"},
        {"P5 4 3 255\nabc", "m.yaml:1:1: image: m.pgm: the image is cut off"},
        {"P2 2 2 255 1 2 3    ", "m.yaml:1:1: image: m.pgm: pixel 4 of 4 is missing or over 255"},
        {"P2 2 2 9 1 2 3 10", "m.yaml:1:1: image: m.pgm: pixel 4 of 4 is missing or over 9"},
        {"GIF89a", "m.yaml:1:1: image: m.pgm is not a PNG image: it does not begin like one"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scenario_file files[] = {file_of("m.yaml", ROS_MAP), file_of("m.pgm", cases[i].image)};
        assert_refused(files, 2, NULL, cases[i].sentence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(barn_world_has_its_cylinders_and_rules),
        cmocka_unit_test(barn_world_is_picked_by_number_and_kept_alone),
        cmocka_unit_test(bad_barn_worlds_are_refused),
        cmocka_unit_test(all_published_barn_worlds_load),
        cmocka_unit_test(dynabarn_world_has_moving_cylinders),
        cmocka_unit_test(bad_dynabarn_worlds_are_refused),
        cmocka_unit_test(all_published_dynabarn_worlds_load),
        cmocka_unit_test(movingai_cells_become_blocks),
        cmocka_unit_test(movingai_row_gives_start_and_goal),
        cmocka_unit_test(published_movingai_maps_load),
        cmocka_unit_test(bad_movingai_files_are_refused),
        cmocka_unit_test(ros_map_with_pgm_is_a_world),
        cmocka_unit_test(bad_pgm_images_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
