#include "tui/font.h"

#include <stdlib.h>
#include <string.h>

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#include "logs/memory.h"

static const char default_path[] = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf";
enum { BOLD_STRENGTH = 40 }; /* of an outline, in 1/64 pixel */

struct font {
    FT_Library library;
    FT_Face face;
    int width, height, baseline;
    uint8_t *coverage;
};

struct font *font_open(int cell_height, struct error *err)
{
    const char *chosen = getenv("BINNACLE_FONT"), *path = chosen && *chosen ? chosen : default_path;
    struct font *font = NEW(struct font);
    if (FT_Init_FreeType(&font->library) || FT_New_Face(font->library, path, 0, &font->face)) {
        error_set(
            err, STATUS_IO,
            "cannot read the font %s; install fonts-dejavu-core or name a monospaced TrueType font in BINNACLE_FONT",
            path);
        font_close(&font);
        return NULL;
    }
    /* The cell holds ascender and descender exactly. */
    FT_Face face = font->face;
    long units = face->ascender - face->descender;
    FT_Set_Char_Size(face, 0, (FT_F26Dot6)((long)cell_height * 64 * face->units_per_EM / units), 72, 72);
    font->height = cell_height;
    font->baseline = (int)((long)cell_height * face->ascender / units);
    font->width = (int)((face->size->metrics.max_advance + 32) / 64);
    font->coverage = NEW_ARRAY((size_t)font->width * (size_t)font->height, uint8_t);
    return font;
}

void font_close(struct font **font)
{
    if (!*font)
        return;
    if ((*font)->face)
        FT_Done_Face((*font)->face);
    if ((*font)->library)
        FT_Done_FreeType((*font)->library);
    free((*font)->coverage);
    free(*font);
    *font = NULL;
}

int font_width(const struct font *font) { return font->width; }
int font_height(const struct font *font) { return font->height; }

const uint8_t *font_glyph(struct font *font, uint32_t rune, bool bold)
{
    memset(font->coverage, 0, (size_t)font->width * (size_t)font->height);
    FT_GlyphSlot slot = font->face->glyph;
    if (!FT_Get_Char_Index(font->face, rune) || FT_Load_Char(font->face, rune, FT_LOAD_TARGET_LIGHT))
        return font->coverage;
    if (bold)
        FT_Outline_Embolden(&slot->outline, BOLD_STRENGTH);
    if (FT_Render_Glyph(slot, FT_RENDER_MODE_NORMAL))
        return font->coverage;
    for (int y = 0; y < (int)slot->bitmap.rows; y++)
        for (int x = 0; x < (int)slot->bitmap.width; x++) {
            int to_x = slot->bitmap_left + x, to_y = font->baseline - slot->bitmap_top + y;
            if (to_x >= 0 && to_x < font->width && to_y >= 0 && to_y < font->height)
                font->coverage[to_y * font->width + to_x] = slot->bitmap.buffer[y * slot->bitmap.pitch + x];
        }
    return font->coverage;
}
