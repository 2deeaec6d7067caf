#include "nav/saliency.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const of_names[] = {"off", "driver", "shadow", NULL};
const struct param saliency_params[] = {
    {.name = "of", .kind = PARAM_CHOICE, .offset = offsetof(struct saliency_params, of), .choices = of_names,
     .help = "whose network is asked at every tick what its command hangs on"},
    {.name = "sectors", .kind = PARAM_INT, .offset = offsetof(struct saliency_params, sectors),
     .fallback = 24, .min = 1, .max = 72, .unit = "1", .help = "of a ring of directions"},
    {.name = "columns", .kind = PARAM_INT, .offset = offsetof(struct saliency_params, columns),
     .fallback = 8, .min = 1, .max = 16, .unit = "1", .help = "of an image"},
    {.name = "rows", .kind = PARAM_INT, .offset = offsetof(struct saliency_params, rows),
     .fallback = 4, .min = 1, .max = 8,
     .unit = "1", .help = "of an image"},
};
const size_t saliency_param_count = COUNT_OF(saliency_params);

/* --- which groups there are ----------------------------------------------------------------------------------- */

static int at_most(int wanted, size_t there) { return (size_t)wanted < there ? wanted : (int)there; }

size_t saliency_split(const struct feature *feature, const struct saliency_params *params,
                      const struct policy_input *in, size_t count, struct saliency *saliency)
{
    const struct sight *sight = &in->belief->sight;
    struct salient group = {.input = feature ? feature->name : "state",
                            .layout = feature ? feature->layout : FEATURE_WHOLE, .columns = 1, .rows = 1};
    size_t before = saliency->count;
    ASSERT(params->sectors > 0 && params->columns > 0 && params->rows > 0 && count > 0);
    if (group.layout == FEATURE_RING)
        group.columns = at_most(params->sectors, count);
    if (group.layout == FEATURE_STRIPES)
        group.columns = at_most(params->columns, count);
    if (group.layout >= FEATURE_IMAGE && sight->width > 0 && sight->height > 0) {
        group.columns = at_most(params->columns, (size_t)sight->width);
        group.rows = at_most(params->rows, (size_t)sight->height);
    }
    for (group.row = 0; group.row < group.rows; group.row++)
        for (group.column = 0; group.column < group.columns && saliency->count < SALIENCY_MAX; group.column++)
            saliency->groups[saliency->count++] = group;
    return saliency->count - before;
}

/* --- what is covered ------------------------------------------------------------------------------------------ */

/* Direction i belongs to the sector whose middle is nearest: both rings begin straight behind. */
static void cover_ring(const struct feature *feature, const struct salient *group, size_t count, float *row)
{
    size_t sectors = (size_t)group->columns;
    for (size_t i = 0; i < count; i++)
        if ((2 * i * sectors + count) / (2 * count) % sectors == (size_t)group->column)
            row[i] = feature->nothing;
}

static void cover_stripes(const struct feature *feature, const struct salient *group, size_t count, float *row)
{
    for (size_t i = 0; i < count; i++)
        if (i * (size_t)group->columns / count == (size_t)group->column)
            row[i] = feature->nothing;
}

static void cover_plane(const struct salient *group, const struct sight *sight, float value, float *plane)
{
    size_t width = (size_t)sight->width, height = (size_t)sight->height;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++)
            if (x * (size_t)group->columns / width == (size_t)group->column &&
                y * (size_t)group->rows / height == (size_t)group->row)
                plane[y * width + x] = value;
}

static float mean_of(const float *numbers, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)numbers[i];
    return (float)(sum / (double)count);
}

void saliency_cover(const struct feature *feature, const struct salient *group, const struct policy_input *in,
                    size_t count, float *row)
{
    const struct sight *sight = &in->belief->sight;
    size_t pixels = sight->width > 0 && sight->height > 0 ? (size_t)sight->width * (size_t)sight->height : 0;
    bool absent = true;
    for (size_t i = 0; i < count && absent; i++)
        absent = row[i] == 0;
    if (absent)
        return;
    switch (group->layout) {
    case FEATURE_WHOLE:
        memset(row, 0, count * sizeof *row);
        break;
    case FEATURE_RING:
        cover_ring(feature, group, count, row);
        break;
    case FEATURE_STRIPES:
        cover_stripes(feature, group, count, row);
        break;
    case FEATURE_IMAGE:
        ASSERT(pixels == count); /* else its fill would have left zeros */
        cover_plane(group, sight, feature->nothing, row);
        break;
    case FEATURE_COLOUR:
        ASSERT(3 * pixels == count);
        for (size_t plane = 0; plane < 3; plane++)
            cover_plane(group, sight, mean_of(row + plane * pixels, pixels), row + plane * pixels);
        break;
    }
}

/* --- telling -------------------------------------------------------------------------------------------------- */

void saliency_bounds(const struct salient *group, double across[2], double down[2])
{
    double left = group->column, width = group->columns, top = group->row, height = group->rows;
    across[0] = across[1] = down[0] = down[1] = 0;
    if (group->layout == FEATURE_RING) {
        across[0] = -PI + 2 * PI * (left - 0.5) / width;
        across[1] = -PI + 2 * PI * (left + 0.5) / width;
    } else if (group->layout != FEATURE_WHOLE) {
        across[0] = left / width;
        across[1] = (left + 1) / width;
        down[0] = top / height;
        down[1] = (top + 1) / height;
    }
}

void saliency_region(const struct salient *group, char *text, size_t size)
{
    double degrees = -180 + 360.0 * group->column / group->columns;
    text[0] = '\0';
    if (group->layout == FEATURE_RING && (group->column == 0 || 2 * group->column == group->columns))
        snprintf(text, size, "%s", group->column ? "ahead" : "behind");
    else if (group->layout == FEATURE_RING)
        snprintf(text, size, "%.3g deg %c", fabs(degrees), degrees > 0 ? 'L' : 'R');
    else if (group->layout == FEATURE_STRIPES)
        snprintf(text, size, "column %d of %d", group->column + 1, group->columns);
    else if (group->layout != FEATURE_WHOLE)
        snprintf(text, size, "column %d of %d, row %d of %d", group->column + 1, group->columns, group->row + 1,
                 group->rows);
}
