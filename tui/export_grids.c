/* Maps as pictures, a pixel a cell, north up: occupancy as map_server draws it, and who says so in the
 * dashboard's colours. */
#include <string.h>

#include "logs/map_source.h"
#include "logs/memory.h"
#include "logs/message_tally.h"
#include "tui/export.h"
#include "tui/sources.h"
#include "tui/theme.h"

static const uint8_t grey_unknown = 205, grey_free = 254; /* occupied is black */
static const uint8_t seen_free[3] = {40, 46, 52};

static bool is_occupancy(const struct message_type *type)
{
    return !strcmp(type->name, "OccupancyGrid") && message_same_shape(type, &message_type_occupancy_grid);
}

static bool is_sources(const struct message_type *type)
{
    return !strcmp(type->name, "MapSources") && message_same_shape(type, &message_type_map_sources);
}

bool export_is_grid(const struct message_type *type) { return is_occupancy(type) || is_sources(type); }

static void role_colour(enum role role, uint8_t rgb[3])
{
    const struct theme theme = {THEME_256, THEME_DARK};
    uint32_t colour = theme_rgb(&theme, colour_role(role), false);
    for (int i = 0; i < 3; i++)
        rgb[i] = (uint8_t)(colour >> (16 - 8 * i));
}

/* The pixel of a cell: row 0 of a map is the lowest. */
static uint8_t *pixel_of(const struct image *out, uint32_t cell)
{
    uint32_t width = (uint32_t)out->width, row = (uint32_t)out->height - 1 - cell / width;
    return out->pixels + 3 * ((size_t)row * width + cell % width);
}

static bool image_of(const struct msg_map_meta_data *info, uint32_t cells, struct image *out)
{
    if (!info->width || !info->height || info->width > IMAGE_SIDE_MAX || info->height > IMAGE_SIDE_MAX ||
        info->width * info->height != cells)
        return false;
    *out = (struct image){(int)info->width, (int)info->height, 3, NEW_ARRAY((size_t)cells * 3, uint8_t)};
    return true;
}

static bool occupancy_draw(const struct msg_occupancy_grid *grid, struct image *out)
{
    if (!image_of(&grid->info, grid->data.count, out))
        return false;
    for (uint32_t i = 0; i < grid->data.count; i++) {
        int value = grid->data.data[i];
        uint8_t *rgb = pixel_of(out, i);
        if (value > 100) /* paint, in our costmap */
            role_colour(ROLE_KEEPOUT, rgb);
        else
            memset(rgb, value < 0 ? grey_unknown : grey_free - value * grey_free / 100, 3);
    }
    return true;
}

static bool sources_picture(const struct msg_map_sources *map, struct image *out)
{
    struct sources_walk walk = {.map = map};
    struct sources_word word;
    if (!sources_is_valid(map) || !image_of(&map->info, map->sources.count, out))
        return false;
    for (uint32_t i = 0; i < map->sources.count; i++)
        if (map->sources.data[i])
            memcpy(pixel_of(out, i), seen_free, 3);
    for (uint32_t cell; sources_next(&walk, &cell, &word);)
        role_colour(sources_looks[sources_sign(word)].role, pixel_of(out, cell));
    return true;
}

bool export_grid_draw(const struct message_type *type, const void *message, struct image *out)
{
    ASSERT(export_is_grid(type));
    return is_sources(type) ? sources_picture(message, out) : occupancy_draw(message, out);
}
