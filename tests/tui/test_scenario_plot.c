/* The map of a scenario: things are where they are, in their colours. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tui/raster.h"
#include "tui/scenario_plot.h"

static const char text[] = "name: t\nbounds: [0, 0, 8, 6]\nstart: [1, 3, 0]\ngoal: [7, 3]\n"
                           "solids:\n  - {kind: box, at: [4, 5], size: [1, 1, 1], material: plant}\n"
                           "  - {kind: cylinder, at: [4, 1], radius: 0.5, height: 1, material: plastic}\n"
                           "zones:\n  - {rectangle: [2, 0, 3, 1], painted: true}\n"
                           "actors:\n  - {waypoints: [[6, 5], [6, 1]]}\n"
                           "lamps:\n  - {at: [7, 5.5, 3]}\n";

/* The colour at a place in metres: 100 pixels are one, and the map's lower left corner is known. */
static uint32_t colour_at(const struct image *image, double x_m, double y_m)
{
    int x = 14 + (int)(x_m * 100), y = image->height - 34 - (int)(y_m * 100);
    const uint8_t *pixel = image->pixels + ((size_t)y * (size_t)image->width + (size_t)x) * 3;
    return (uint32_t)(pixel[0] << 16 | pixel[1] << 8 | pixel[2]);
}

static struct image drawn(void)
{
    struct error err = {0};
    struct scenario_file file = {.name = "t.yaml", .data = (uint8_t *)(uintptr_t)text, .size = strlen(text)};
    struct scenario *s = scenario_unpack(&file, 1, &err);
    struct image image = {0};
    if (!s || scenario_expand(s, 1, &err))
        fail_msg("%s", err.text);
    struct vec2 *way;
    size_t corners = scenario_reference_way(s, &way);
    assert_int_equal(corners, 2);
    assert_true(way[0].x == 7 && way[1].x == 1); /* goal first */
    if (scenario_plot(s, "a title", way, corners, 828, 2000, &image, &err))
        fail_msg("%s", err.text);
    free(way);
    scenario_destroy(&s);
    return image;
}

static void things_are_where_they_are(void **state)
{
    (void)state;
    struct image image = drawn();
    assert_int_equal(image.width, 828);
    assert_int_equal(image.height, 600 + 30 + 34);
    assert_int_equal(colour_at(&image, 5.23, 2.37), 0xf1f3f4); /* bare floor, off the metre lines */
    assert_int_equal(colour_at(&image, 4.1, 5.1), 0x30703a);   /* plant */
    assert_int_equal(colour_at(&image, 4.1, 1.1), 0xb23a34);   /* plastic */
    assert_int_equal(colour_at(&image, 4.45, 0.55), 0xf1f3f4); /* a corner that the cylinder does not have */
    assert_int_equal(colour_at(&image, 6.05, 5.05), 0x3e58a0); /* a person, at the first waypoint */
    assert_int_equal(colour_at(&image, 4.0, 3.0), 0x0072b2);   /* the way, straight */
    assert_int_equal(colour_at(&image, 7.0, 5.5), 0xe6a800);   /* lamp */
    assert_true(colour_at(&image, 2.4, 0.6) >> 8 > 0xf0c0 - 0x10); /* paint, lightened */
    struct image again = drawn();
    assert_memory_equal(image.pixels, again.pixels, (size_t)image.width * (size_t)image.height * 3);
    image_clear(&again);
    image_clear(&image);
}

static void a_sheet_holds_all_in_rows(void **state)
{
    (void)state;
    struct error err = {0};
    struct image images[3] = {drawn(), drawn(), drawn()}, sheet;
    assert_int_equal(scenario_plot_sheet(images, 3, 2, &sheet, &err), STATUS_OK);
    assert_int_equal(sheet.width, 2 * 838 + 10);
    assert_int_equal(sheet.height, 2 * (images[0].height + 10) + 10);
    size_t third = ((size_t)(20 + images[0].height + 300) * (size_t)sheet.width + 10 + 300) * 3;
    assert_memory_equal(sheet.pixels + third, images[2].pixels + (300 * (size_t)images[2].width + 300) * 3, 300);
    image_clear(&sheet);
    assert_int_equal(scenario_plot_sheet(images, 3, 30, &sheet, &err), STATUS_BAD_INPUT);
    for (int i = 0; i < 3; i++)
        image_clear(&images[i]);
}

static void areas_turn_and_grow(void **state)
{
    (void)state;
    struct raster raster;
    struct error err = {0};
    assert_int_equal(raster_open(&raster, 40, 40, 0xffffff, 12, &err), STATUS_OK);
    /* a bar along x, turned by a right angle, stands; what lies outside the picture is cut off */
    raster_fill(&raster, &(struct raster_area){.at = {20, 20}, .half = {10, 2}, .yaw_rad = PI / 2}, 0x000000, 1);
    raster_fill(&raster, &(struct raster_area){.at = {-5, -5}, .radius = 10}, 0x000000, 1);
    raster_segment(&raster, (double[]){30, -100}, (double[]){30, 100}, 0x000000, 3);
    struct image image = raster_close(&raster);
    const struct {
        int x, y, value;
    } samples[] = {{20, 28, 0}, {26, 20, 255}, {20, 12, 0}, {0, 0, 0},
                   {3, 3, 255}, {30, 0, 0},    {30, 39, 0}, {33, 5, 255}};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        assert_int_equal(image.pixels[(samples[i].y * 40 + samples[i].x) * 3], samples[i].value);
    image_clear(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(things_are_where_they_are),
        cmocka_unit_test(a_sheet_holds_all_in_rows),
        cmocka_unit_test(areas_turn_and_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
