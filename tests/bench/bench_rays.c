/* What a lidar ray costs among 100 to 100,000 obstacles: in the same 20 x 20 m with ever narrower ones, and in a field
 * that grows at the same density. The bar is twice the growth of log(obstacles). Each scan is from another place of
 * 256, so that nothing is warm. Draws tests/pictures/ray-scaling.png. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/bench.h"
#include "tests/bench/field.h"
#include "tui/plot.h"

enum { SIZES = 7, PLACES = 256, BEAMS = 360, SERIES = 2, COMMON = 200 };

static const double RANGE_M = 10, HALF_SIDE_M = 10;
static const size_t obstacles[SIZES] = {100, 316, 1000, 3162, 10000, 31623, 100000};

struct scene {
    struct raycast *raycast;
    struct vec3 places[PLACES], beams[BEAMS];
    unsigned next;
    double sum; /* so that nothing is optimised away */
};

static struct scene *scene_new(size_t count, bool grows)
{
    struct scene *scene = NEW(struct scene);
    struct seed_stream s = seed_stream_named(1, "bench");
    double stretch = sqrt((double)count / COMMON); /* of the field, or of its obstacles' number on each side */
    double half_side_m = grows ? HALF_SIDE_M * stretch : HALF_SIDE_M, scale = grows ? 1 : 1 / stretch;
    struct field field = field_make(&s, count, half_side_m, scale);
    scene->raycast = field_rays(&field);
    free(field.solids);
    field_places(&s, scene->raycast, half_side_m, .5 * scale, scene->places, PLACES);
    field_beams(scene->beams, BEAMS);
    return scene;
}

static double scans(void *context)
{
    struct scene *scene = context;
    struct raycast_hit hits[BEAMS];
    for (int i = 0; i < PLACES; i++) {
        struct vec3 from = scene->places[scene->next++ % PLACES];
        raycast_rays(scene->raycast, from, scene->beams, BEAMS, RANGE_M, SENSE_LIDAR, hits);
        scene->sum += hits[i].distance_m;
    }
    return PLACES * BEAMS;
}

/* ns a ray for each number of obstacles; the last one's cost over the first one's. */
static double measure(bool grows, double ns[SIZES])
{
    struct scene *scenes[SIZES];
    struct bench_contestant contestants[SIZES];
    for (int i = 0; i < SIZES; i++) {
        scenes[i] = scene_new(obstacles[i], grows);
        contestants[i] = (struct bench_contestant){scans, scenes[i]};
    }
    struct bench_result result = bench_rounds(contestants, SIZES, .05);
    for (int i = 0; i < SIZES; i++) {
        ns[i] = 1e9 / result.per_s[i];
        raycast_destroy(&scenes[i]->raycast);
        free(scenes[i]);
    }
    return 1 / result.ratio[SIZES - 1];
}

static void draw(double ns[SERIES][SIZES])
{
    static const char path[] = "tests/pictures/ray-scaling.png";
    /* The bar's line is broken after a first point that is there to leave the names room. */
    double decades[SIZES], bar_x[SIZES + 2] = {2, (double)NAN}, bar[SIZES + 2] = {6 * ns[1][0], (double)NAN};
    for (int i = 0; i < SIZES; i++) {
        decades[i] = bar_x[i + 2] = log10((double)obstacles[i]);
        bar[i + 2] = 2 * ns[1][0] * decades[i] / decades[0];
    }
    const struct plot plot = {
        .title = "Cost of a lidar ray",
        .x_label = "obstacles, powers of ten",
        .y_label = "ns / ray",
        .series = {{"the same 20 x 20 m, narrower obstacles", decades, ns[0], SIZES},
                   {"the same density, a larger field", decades, ns[1], SIZES},
                   {"bar: twice the growth of log(obstacles)", bar_x, bar, SIZES + 2}},
        .series_count = SERIES + 1,
    };
    struct image image = {0};
    struct error err = {0};
    if (plot_image(&plot, &image, &err) || png_save(&image, path, &err))
        fprintf(stderr, "bench_rays: %s\n", err.text);
    image_clear(&image);
}

int main(void)
{
    static const char *const names[SERIES] = {"20 x 20 m", "same density"};
    double ns[SERIES][SIZES], bar = 2 * log((double)obstacles[SIZES - 1]) / log((double)obstacles[0]);
    for (int grows = 0; grows < SERIES; grows++) {
        char text[64];
        double growth = measure(grows, ns[grows]);
        for (int i = 0; i < SIZES; i += 2) {
            snprintf(text, sizeof text, "lidar ray, %zu obstacles, %s", obstacles[i], names[grows]);
            bench_row(text, ns[grows][i], "ns", BENCH_NONE, false, NULL, BENCH_NONE);
        }
        snprintf(text, sizeof text, "  100,000 over 100, %s", names[grows]);
        bench_row(text, growth, "times", bar, false, NULL, BENCH_NONE);
    }
    draw(ns);
    return 0;
}
