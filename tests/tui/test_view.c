/* Every view, on its own and on whole screens, drawn from a made-up episode and compared with
 * tests/golden/NAME.screen. UPDATE=1 rewrites them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "logs/file.h"
#include "logs/map_source.h"
#include "logs/seed.h"
#include "tests/tui/story.h"
#include "tui/salient.h"
#include "tui/sources.h"
#include "tui/view.h"

struct fixture {
    struct model *model;
    struct history *history;
    struct keymap keymap;
    struct journal *journal;
};

static void take(void *self, const struct frame *frame)
{
    struct fixture *f = self;
    if (model_apply(f->model, frame))
        history_clear(f->history);
    history_put(f->history, frame);
}

static void fixture_open(struct fixture *f, uint64_t ticks)
{
    const struct history_options options = {60000000000, 16 << 20, 65536};
    *f = (struct fixture){model_create(), history_create(&options), keymap_default(), journal_create()};
    journal_add(f->journal, (struct sink){take, f});
    story_play(f->journal, 7, 0, ticks);
}

static void fixture_close(struct fixture *f)
{
    model_destroy(&f->model);
    history_destroy(&f->history);
    journal_destroy(&f->journal);
}

static struct view_context context_of(const struct fixture *f)
{
    return (struct view_context){.model = f->model,
                                 .history = f->history,
                                 .keymap = &f->keymap,
                                 .options = view_options_default(),
                                 .mode = VIEW_LIVE,
                                 .link = {.colours = "256", .utf8 = true, .source = "ipc:///tmp/x"},
                                 .notice = "",
                                 .focus = PANE_CAMERA};
}

/* --- goldens -------------------------------------------------------------------------------------------------- */

static void compare(const char *name, const struct bytes *drawn)
{
    char path[128];
    snprintf(path, sizeof path, "tests/golden/%s.screen", name);
    struct error err = {0};
    if (getenv("UPDATE"))
        assert_int_equal(file_save(path, drawn->data, drawn->size, &err), STATUS_OK);
    struct bytes golden = {0};
    if (file_load(path, 1 << 20, &golden, &err) != STATUS_OK)
        fail_msg("%s (UPDATE=1 writes it)", err.text);
    bool same = golden.size == drawn->size && memcmp(golden.data, drawn->data, drawn->size) == 0;
    if (!same)
        fail_msg("%s differs; it is now:\n%.*s", path, (int)drawn->size, (const char *)drawn->data);
    bytes_clear(&golden);
}

static void golden_screen(const char *name, const struct view_context *context, int width, int height,
                          struct layout_options options, bool ascii, bool ramp)
{
    options.focus = context->focus;
    options.strip = view_wants_strip(context->model);
    struct layout layout = layout_compute(width, height, &options);
    struct canvas canvas = {0};
    canvas_resize(&canvas, width, height);
    view_screen(context, &canvas, &layout);
    if (ascii || ramp)
        canvas_degrade(&canvas, ascii, ramp);
    struct bytes out = {0};
    canvas_dump(&canvas, true, &out);
    compare(name, &out);
    bytes_clear(&out);
    canvas_free(&canvas);
}

static const struct layout_options tiled = {0}, maximised = {.maximised = true}, help = {.help = true};

static void test_whole_screens(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, 300);
    struct view_context context = context_of(&f);
    golden_screen("screen_120x36", &context, 120, 36, tiled, false, false);
    golden_screen("screen_200x60", &context, 200, 60, tiled, false, false);
    golden_screen("screen_50x12", &context, 50, 12, tiled, false, false);
    golden_screen("screen_30x3", &context, 30, 3, tiled, false, false);
    golden_screen("screen_120x36_ascii", &context, 120, 36, tiled, true, true);
    golden_screen("help_120x36", &context, 120, 36, help, false, false);
    golden_screen("help_80x24", &context, 80, 24, help, false, false);
    context.mode = VIEW_ENDED;
    model_acknowledge_all(f.model);
    golden_screen("screen_80x24_acknowledged", &context, 80, 24, tiled, false, false);
    fixture_close(&f);
}

static void test_each_pane_large(void **state)
{
    (void)state;
    static const char *const names[] = {"camera", "lidar", "policy", "safety", "motion", "log"};
    struct fixture f;
    fixture_open(&f, 215); /* in the middle of a violation, the shield at work */
    for (int pane = 0; pane < PANE_FOCUSABLE; pane++) {
        char name[64];
        struct view_context context = context_of(&f);
        context.focus = (enum pane)pane;
        snprintf(name, sizeof name, "%s_80x24", names[pane]);
        golden_screen(name, &context, 80, 24, tiled, false, false);
        snprintf(name, sizeof name, "%s_120x36", names[pane]);
        golden_screen(name, &context, 120, 36, maximised, false, false);
    }
    fixture_close(&f);
}

/* The rail names up to three or counts the rest; the strip names all while no violation is open. */
static void test_faults(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, 100);
    const char *texts[] = {"lidar:bias=0.2@4+10~2", "imu:drop=1@4.5", "policy:hang@4.9+0.5", "clock:drift=0.1@5"};
    struct msg_fault_event event = {.header = {{5, 0}, "base_link"}, .name = texts[3], .target = "clock",
                                    .kind = "drift", .amount = 0.1, .unit = "s", .active = true, .since_s = 5,
                                    .in_force = {texts, COUNT_OF(texts)}};
    journal_publish(f.journal, TOPIC_FAULTS, 5000000000, &event);
    struct view_context context = context_of(&f);
    golden_screen("faults_80x24", &context, 80, 24, tiled, false, false);
    golden_screen("faults_120x36", &context, 120, 36, tiled, false, false);
    fixture_close(&f);
}

/* Who moves: walking with an arrow, standing, and one not seen for a while, dim; the battery on the rail, low. */
static void test_tracks(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, 100);
    struct msg_track who[] = {
        {.id = 1, .position = {6, 3.2, 0}, .velocity = {-0.6, 0.8, 0}, .radius_m = 0.3},
        {.id = 2, .position = {5.5, 2.2, 0}, .radius_m = 0.3},
        {.id = 3, .position = {3, 5.2, 0}, .velocity = {1, 0, 0}, .radius_m = 0.3, .unseen_s = 1}};
    struct msg_tracks tracks = {.header = {{5, 0}, "map"}, .tracks = {who, COUNT_OF(who)}};
    struct msg_battery_state battery = {.header = {{5, 0}, "base_link"}, .voltage = 22.4F, .percentage = 0.14F};
    journal_publish(f.journal, TOPIC_TRACKS, 5000000000, &tracks);
    journal_publish(f.journal, TOPIC_BATTERY, 5000000000, &battery);
    struct view_context context = context_of(&f);
    context.focus = PANE_LIDAR;
    golden_screen("tracks_80x24", &context, 80, 24, tiled, false, false);
    golden_screen("tracks_120x36", &context, 120, 36, tiled, false, false);
    fixture_close(&f);
}

/* What a network's command hangs on: the strongest first in the policy pane, beams of strong sectors tinted. A
 * message about an earlier decision is none. */
static void test_saliency(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, 100);
    const struct msg_decision *decision = MODEL(f.model, DECISION, decision);
    struct msg_salient groups[] = {
        {.input = "goal", .region = "", .saliency = 0.05, .v_mps = 0.6, .w_radps = 0.1, .layout = "whole"},
        {.input = "lidar", .region = "90 deg R", .saliency = 0.1, .v_mps = 0.5, .layout = "ring",
         .across = {-1.7, -1.4}},
        {.input = "lidar", .region = "ahead", .saliency = 0.4, .v_mps = 1.2, .w_radps = -0.3, .layout = "ring",
         .across = {-0.13, 0.13}},
        {.input = "lidar", .region = "45 deg L", .saliency = 0.25, .v_mps = 0.9, .layout = "ring",
         .across = {0.65, 0.92}},
        {.input = "velocity", .region = "", .layout = "whole"},
        {.input = "depth_image", .region = "column 3 of 8, row 2 of 4", .saliency = 0.25, .v_mps = (double)NAN,
         .w_radps = (double)NAN, .layout = "image", .across = {0.25, 0.375}, .down = {0.25, 0.5}},
    };
    struct msg_saliency saliency = {.header = {{5, 0}, "base_link"}, .tick = decision->tick, .policy = "learned",
                                    .v_mps = 0.6, .groups = {groups, COUNT_OF(groups)}};
    uint32_t order[COUNT_OF(groups)];
    assert_int_equal(salient_strongest(&saliency, COUNT_OF(order), order), 5);
    const uint32_t wanted[] = {2, 3, 5, 1, 0}; /* equals in their order */
    assert_memory_equal(order, wanted, sizeof wanted);
    assert_int_equal(salient_strongest(&saliency, 2, order), 2);
    assert_true(order[0] == 2 && order[1] == 3);
    assert_true(salient_along(&saliency, "lidar", 0.1) == 0.4 && salient_along(&saliency, "lidar", 2) == 0);
    assert_true(salient_along(&saliency, "lidar", (double)NAN) == 0.4);
    assert_true(salient_along(&saliency, "fused", (double)NAN) == 0);
    journal_publish(f.journal, TOPIC_SALIENCY, 5000000000, &saliency);
    struct view_context context = context_of(&f);
    context.focus = PANE_POLICY;
    golden_screen("saliency_80x24", &context, 80, 24, tiled, false, false);
    golden_screen("saliency_120x36", &context, 120, 36, tiled, false, false);
    saliency.tick--;
    journal_publish(f.journal, TOPIC_SALIENCY, 5000000000, &saliency);
    assert_null(salient_now(f.model));
    fixture_close(&f);
}

/* Who saw what: a wall that the plan and the lidar know, glass, a low box, paint, an echo, and somebody
 * who moves. Without colour and in ASCII it reads the same; a message whose counts do not agree draws
 * nothing. */
static void test_sources(void **state)
{
    (void)state;
    enum { SIDE = 60 };
    static const struct { int x, y, width, height; uint8_t sources, height_cm, age; } things[] = {
        {10, 50, 40, 2, 1 << MAP_GIVEN | 1 << MAP_LIDAR, 30, 0},  {10, 8, 40, 1, 1 << MAP_GIVEN, 0, 9},
        {48, 20, 1, 20, 1 << MAP_DEPTH, 60, 0},                   {36, 26, 5, 5, 1 << MAP_DEPTH, 15, 0},
        {20, 38, 10, 6, 1 << MAP_CAMERA, 0, 1},                   {14, 20, 4, 1, 1 << MAP_SONAR, 0, 0},
        {40, 36, 4, 4, 1 << MAP_LIDAR | 1 << MAP_DEPTH, 58, MAP_MOVES},
        {10, 14, 4, 4, 1 << MAP_LIDAR | 1 << MAP_DEPTH, 60, 0},
    };
    static uint8_t sources[SIDE * SIDE], age[SIDE * SIDE], height_cm[SIDE * SIDE];
    struct fixture f;
    fixture_open(&f, 100);
    uint32_t held = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        sources[i] = 1 << (MAP_FREE_SHIFT + MAP_LIDAR);
        for (size_t k = 0; k < COUNT_OF(things); k++)
            if (i % SIDE >= things[k].x && i % SIDE < things[k].x + things[k].width && i / SIDE >= things[k].y &&
                i / SIDE < things[k].y + things[k].height) {
                sources[i] = things[k].sources;
                age[held] = things[k].age;
                height_cm[held++] = things[k].height_cm;
            }
    }
    struct msg_map_sources map = {.header = {{5, 0}, "map"},
                                  .info = {.resolution = 0.1F, .width = SIDE, .height = SIDE,
                                           .origin = story_pose((struct pose2){1.5, 0.7, 0})},
                                  .sources = {sources, SIDE * SIDE}, .age = {age, held},
                                  .height_cm = {height_cm, held}};
    struct view_context context = context_of(&f);
    context.focus = PANE_LIDAR;
    context.options.sources = context.options.map_frame = true;
    golden_screen("sources_none", &context, 80, 24, tiled, false, false);
    journal_publish(f.journal, TOPIC_MAP_SOURCES, 5000000000, &map);
    golden_screen("sources_80x24", &context, 80, 24, tiled, false, false);
    golden_screen("sources_120x36", &context, 120, 36, tiled, true, true);
    map.sources.count--;
    journal_publish(f.journal, TOPIC_MAP_SOURCES, 5000000000, &map);
    assert_false(sources_is_valid(MODEL(f.model, MAP_SOURCES, map_sources)));
    assert_int_equal(sources_draw(&(struct canvas){0}, (struct rect){0, 0, 80, 24}, &(struct affine){0},
                                  MODEL(f.model, MAP_SOURCES, map_sources)), 0);
    fixture_close(&f);
}

static void test_options(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, 215);
    struct view_context context = context_of(&f);
    context.options.side_by_side = true;
    golden_screen("camera_side_by_side", &context, 80, 24, tiled, false, false);
    context.options.side_by_side = false;
    context.options.picture = PICTURE_LABELS;
    golden_screen("camera_labels", &context, 80, 24, tiled, false, false);
    context.options.side_by_side = true;
    golden_screen("camera_labels_side_by_side", &context, 80, 24, tiled, false, false);
    context.options.side_by_side = false;
    context.focus = PANE_LIDAR;
    context.options.map_frame = true;
    context.options.scale = view_scale(1, 1);
    context.prompt = "search: ";
    context.input = "near";
    golden_screen("lidar_map_frame", &context, 80, 24, tiled, false, false);
    context.focus = PANE_LOG;
    context.prompt = NULL;
    context.notice = "policy is now pursuit";
    snprintf(context.options.log_search, sizeof context.options.log_search, "near");
    context.options.log_level = 30;
    golden_screen("log_search", &context, 80, 24, tiled, false, false);
    context.notice = "";
    context.driving = true;
    context.mode = VIEW_REWIND;
    golden_screen("driving", &context, 80, 24, tiled, false, false);
    fixture_close(&f);
}

static void test_waiting_and_stale(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, 0);
    struct view_context context = context_of(&f);
    context.mode = VIEW_WAITING;
    golden_screen("nothing_yet", &context, 120, 36, tiled, false, false);
    story_play(f.journal, 7, 0, 40);
    for (uint64_t tick = 40; tick < 60; tick++) /* lidar and camera fall silent */
        story_belief(f.journal, (int64_t)(tick + 1) * STORY_TICK_NS, tick);
    context.mode = VIEW_LIVE;
    golden_screen("stale", &context, 120, 36, tiled, false, false);
    fixture_close(&f);
}

/* --- laws ----------------------------------------------------------------------------------------------------- */

/* No view changes a cell outside its rectangle, whatever the rectangle. */
static void test_views_stay_inside(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, 215);
    struct seed_stream stream = seed_stream_named(1, "views");
    struct canvas canvas = {0}, before = {0};
    canvas_resize(&canvas, 130, 40);
    canvas_resize(&before, 130, 40);
    canvas_fill(&canvas, canvas.clip, 'x', ROLE_BAD, ROLE_BAR);
    canvas_fill(&before, before.clip, 'x', ROLE_BAD, ROLE_BAR);
    for (int round = 0; round < 1500; round++) {
        struct view_context context = context_of(&f);
        enum pane pane = (enum pane)seed_below(&stream, PANE_COUNT);
        context.focus = (enum pane)seed_below(&stream, PANE_FOCUSABLE);
        context.options.side_by_side = seed_below(&stream, 2);
        context.options.map_frame = seed_below(&stream, 2);
        context.options.sources = seed_below(&stream, 2);
        context.options.follow = seed_below(&stream, 2);
        context.options.picture = (enum picture_map)seed_below(&stream, PICTURE_MAPS);
        context.options.scale = seed_between(&stream, 0.25, 8);
        for (int i = 0; i < PANE_COUNT; i++)
            context.options.scroll[i] = (int)seed_below(&stream, 40) - 10;
        struct rect r = {(int)seed_below(&stream, 120), (int)seed_below(&stream, 36), 0, 0};
        r.width = 1 + (int)seed_below(&stream, (uint64_t)(130 - r.x));
        r.height = 1 + (int)seed_below(&stream, (uint64_t)(40 - r.y));
        struct slot slot = {r, seed_below(&stream, 2)};
        view_pane(&context, &canvas, pane, &slot);
        for (int y = 0; y < 40; y++)
            for (int x = 0; x < 130; x++) {
                bool inside = x >= r.x && y >= r.y && x < r.x + r.width && y < r.y + r.height;
                const struct cell *cell = canvas_cell(&canvas, x, y), *old = canvas_cell(&before, x, y);
                if (!inside && memcmp(cell, old, sizeof *cell) != 0)
                    fail_msg("pane %d drew at %d,%d outside %d,%d %dx%d", (int)pane, x, y, r.x, r.y, r.width,
                             r.height);
                if (inside && cell->rune == 'x' && cell->bg.role == ROLE_BAR && cell->fg.role == ROLE_BAD)
                    fail_msg("pane %d left %d,%d untouched", (int)pane, x, y);
            }
        canvas_fill(&canvas, r, 'x', ROLE_BAD, ROLE_BAR);
    }
    canvas_free(&canvas);
    canvas_free(&before);
    fixture_close(&f);
}

static void test_same_model_same_screen(void **state)
{
    (void)state;
    struct fixture f, g;
    fixture_open(&f, 250);
    fixture_open(&g, 250);
    struct view_context a = context_of(&f), b = context_of(&g);
    struct layout layout = layout_compute(120, 36, &tiled);
    struct canvas one = {0}, two = {0};
    canvas_resize(&one, 120, 36);
    canvas_resize(&two, 120, 36);
    view_screen(&a, &one, &layout);
    view_screen(&b, &two, &layout);
    view_screen(&b, &two, &layout); /* drawing again changes nothing */
    assert_memory_equal(one.cells, two.cells, 120 * 36 * sizeof(struct cell));
    canvas_free(&one);
    canvas_free(&two);
    fixture_close(&f);
    fixture_close(&g);
}

/* Going back shows, cell for cell, what was on the panes at that moment (the rates need a while to settle, so they
 * are late). */
static void test_rewind_shows_what_was(void **state)
{
    (void)state;
    static const enum pane panes[] = {PANE_LIDAR, PANE_POLICY, PANE_SAFETY, PANE_LOG, PANE_RAIL, PANE_STRIP};
    struct fixture f, g;
    fixture_open(&f, 215);
    fixture_open(&g, 300);
    struct model *past = model_create();
    history_seek(g.history, past, 215 * (int64_t)STORY_TICK_NS);
    struct view_context then = context_of(&f), now = context_of(&g);
    now.model = past;
    struct canvas one = {0}, two = {0};
    canvas_resize(&one, 60, 20);
    canvas_resize(&two, 60, 20);
    for (size_t i = 0; i < COUNT_OF(panes); i++) {
        struct slot slot = {{0, 0, 60, 20}, false};
        view_pane(&then, &one, panes[i], &slot);
        view_pane(&now, &two, panes[i], &slot);
        if (memcmp(one.cells, two.cells, 60 * 20 * sizeof(struct cell)) != 0) {
            struct bytes out = {0};
            canvas_dump(&one, true, &out);
            canvas_dump(&two, true, &out);
            fail_msg("pane %d:\n%.*s", (int)panes[i], (int)out.size, (const char *)out.data);
        }
    }
    canvas_free(&one);
    canvas_free(&two);
    model_destroy(&past);
    fixture_close(&f);
    fixture_close(&g);
}

static void test_formats(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
    } times[] = {{0, "00:00.00"}, {41320000000, "00:41.32"}, {-5, "00:00.00"}, {6000000000000, "100:00.00"}};
    static const struct {
        double age_s;
        const char *text;
    } ages[] = {{0.022, " 22 ms"}, {0.9999, " 1.0 s"}, {4.1, " 4.1 s"}, {120, " 2 min"}, {1e9, "99 min"}};
    char text[16];
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        view_time(times[i].ns, text);
        assert_string_equal(text, times[i].text);
    }
    for (size_t i = 0; i < COUNT_OF(ages); i++) {
        view_age(ages[i].age_s, text);
        assert_string_equal(text, ages[i].text);
    }
    assert_true(view_scale(1, 100) <= VIEW_SCALE_MAX && view_scale(1, -100) >= VIEW_SCALE_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_whole_screens),
        cmocka_unit_test(test_each_pane_large),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_tracks),
        cmocka_unit_test(test_saliency),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_waiting_and_stale),
        cmocka_unit_test(test_views_stay_inside),
        cmocka_unit_test(test_same_model_same_screen),
        cmocka_unit_test(test_rewind_shows_what_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
