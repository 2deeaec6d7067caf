#include "sim/mesh_file.h"

#include <stdlib.h>

enum { STL_HEAD = 84, STL_FACET = 50, POINTS_MAX = 3 << 20, NUMBER_MAX = 64 };

struct text { /* a walk over words, by lines */
    const uint8_t *at, *end;
    size_t line;
};

static bool is_blank(uint8_t c) { return c == ' ' || c == '\t' || c == '\r'; }

/* The next word of this line, NUL-terminated and cut to fit; false at the line's end. */
static bool text_word(struct text *text, char word[NUMBER_MAX])
{
    size_t length = 0;
    while (text->at < text->end && is_blank(*text->at))
        text->at++;
    while (text->at < text->end && !is_blank(*text->at) && *text->at != '\n') {
        if (length < NUMBER_MAX - 1)
            word[length++] = (char)*text->at;
        text->at++;
    }
    word[length] = '\0';
    return length > 0;
}

static bool text_line(struct text *text)
{
    while (text->at < text->end && *text->at != '\n')
        text->at++;
    if (text->at == text->end)
        return false;
    text->at++;
    text->line++;
    return text->at < text->end;
}

static enum status point_put(struct bytes *points, const char *file, struct vec3 p, struct error *err)
{
    bool sound = fabs(p.x) <= 1e6 && fabs(p.y) <= 1e6 && fabs(p.z) <= 1e6;
    if (!sound)
        return error_set(err, STATUS_CORRUPT, "%s: a point (%g, %g, %g) is not finite or beyond 1e6", file, p.x, p.y,
                         p.z);
    if (points->size / sizeof p >= POINTS_MAX)
        return error_set(err, STATUS_BAD_INPUT, "%s: it has more than %d points; make it coarser", file, POINTS_MAX);
    bytes_put(points, &p, sizeof p);
    return STATUS_OK;
}

static float float_at(const uint8_t *data)
{
    float value;
    memcpy(&value, data, sizeof value);
    return value;
}

static enum status stl_binary(const char *file, const uint8_t *data, size_t size, struct bytes *points,
                              struct error *err)
{
    enum status status = STATUS_OK;
    ASSERT((size - STL_HEAD) % STL_FACET == 0); /* is_binary_stl */
    for (size_t at = STL_HEAD; at < size && !status; at += STL_FACET)
        for (size_t corner = 1; corner <= 3 && !status; corner++) { /* [0] is the facet's normal */
            const uint8_t *p = data + at + 12 * corner;
            status = point_put(points, file, (struct vec3){(double)float_at(p), (double)float_at(p + 4),
                                                           (double)float_at(p + 8)}, err);
        }
    return status;
}

/* Three numbers to the line's end (OBJ may have a fourth, or colours, behind them). */
static enum status point_read(struct text *text, const char *file, struct bytes *points, struct error *err)
{
    double value[3];
    for (int i = 0; i < 3; i++) {
        char word[NUMBER_MAX], *end;
        if (!text_word(text, word) || (value[i] = strtod(word, &end), *end))
            return error_set(err, STATUS_CORRUPT, "%s:%zu: a point needs three numbers, such as 0.1 0 -2e-3", file,
                             text->line);
    }
    enum status status = point_put(points, file, (struct vec3){value[0], value[1], value[2]}, err);
    return status;
}

/* Text of either kind: `keyword` begins a line with a point. */
static enum status text_read(const char *file, const uint8_t *data, size_t size, const char *keyword,
                             struct bytes *points, struct error *err)
{
    struct text text = {data, data + size, 1};
    enum status status = STATUS_OK;
    do {
        char word[NUMBER_MAX];
        if (text_word(&text, word) && !strcmp(word, keyword))
            status = point_read(&text, file, points, err);
    } while (!status && text_line(&text));
    return status;
}

static bool has_line(const uint8_t *data, size_t size, const char *keyword)
{
    struct text text = {data, data + size, 1};
    char word[NUMBER_MAX];
    do
        if (text_word(&text, word) && !strcmp(word, keyword))
            return true;
    while (text_line(&text));
    return false;
}

static bool is_binary_stl(const uint8_t *data, size_t size)
{
    uint32_t facets;
    if (size < STL_HEAD)
        return false;
    memcpy(&facets, data + STL_HEAD - sizeof facets, sizeof facets);
    return size == STL_HEAD + (size_t)facets * STL_FACET;
}

/* Binary first: its head may well begin with "solid". */
static enum status any_read(const char *file, const uint8_t *data, size_t size, struct bytes *points, struct error *err)
{
    if (is_binary_stl(data, size))
        return stl_binary(file, data, size, points, err);
    if (size >= 5 && !memcmp(data, "solid", 5))
        return text_read(file, data, size, "vertex", points, err);
    if (has_line(data, size, "v"))
        return text_read(file, data, size, "v", points, err);
    return error_set(err, STATUS_BAD_INPUT, "%s: this is neither an STL file (or it is cut short) nor an OBJ file; "
                     "convert the mesh to one of them", file);
}

enum status mesh_read(struct arena *arena, const char *file, const uint8_t *data, size_t size, struct mesh_points *mesh,
                      struct error *err)
{
    struct bytes points = {0};
    enum status status = any_read(file, data, size, &points, err);
    if (!status) {
        mesh->count = (uint32_t)(points.size / sizeof(struct vec3));
        struct vec3 *kept = arena_new(arena, mesh->count + 1, sizeof *kept);
        memcpy(kept, points.data ? points.data : (uint8_t *)"", points.size);
        mesh->points = kept;
    }
    bytes_clear(&points);
    return status;
}

/* --- the outermost points --------------------------------------------------------------------------------------- */

enum { SPIRAL = MESH_HULL_MAX - 14 };

/* The axes and corners of a cube, then a spiral from pole to pole (Saff and Kuijlaars 1997). */
static struct vec3 direction(uint32_t i)
{
    ASSERT(i < MESH_HULL_MAX);
    if (i < 6)
        return (struct vec3){i == 0 ? 1 : i == 1 ? -1 : 0, i == 2 ? 1 : i == 3 ? -1 : 0, i == 4 ? 1 : i == 5 ? -1 : 0};
    if (i < 14)
        return (struct vec3){i & 1 ? 1 : -1, i & 2 ? 1 : -1, (i - 6) & 4 ? 1 : -1};
    double z = 1 - (2 * (i - 14) + 1.0) / SPIRAL, r = sqrt(1 - z * z), turn = 2.39996322972865332 * (i - 14);
    return (struct vec3){r * cos(turn), r * sin(turn), z};
}

struct mesh_points mesh_hull(struct arena *arena, const struct mesh_points *mesh)
{
    struct vec3 *kept = arena_new(arena, MESH_HULL_MAX, sizeof *kept);
    uint32_t chosen[MESH_HULL_MAX], count = 0;
    for (uint32_t i = 0; i < MESH_HULL_MAX && mesh->count; i++) {
        struct vec3 d = direction(i);
        uint32_t best = 0, j = 0;
        for (uint32_t k = 1; k < mesh->count; k++)
            if (vec3_dot(mesh->points[k], d) > vec3_dot(mesh->points[best], d))
                best = k;
        while (j < count && chosen[j] != best)
            j++;
        if (j < count)
            continue;
        chosen[count] = best;
        kept[count++] = mesh->points[best];
    }
    return (struct mesh_points){kept, count};
}
