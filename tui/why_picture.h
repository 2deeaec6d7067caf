/* tui/why_picture.h - what a network's command hung on, as a picture: the scan with a ring of sectors for each
 * input that is a ring of directions, images with their regions, and bars of the strongest. All to one scale:
 * the strongest is full. */
#ifndef TUI_WHY_PICTURE_H
#define TUI_WHY_PICTURE_H

#include "logs/png.h"
#include "tui/model.h"

/* An owned picture of the model's latest moment, which holds a /binnacle/saliency. STATUS_IO without a font. */
MUST_USE enum status why_picture(const struct model *model, const char *title, struct image *image, struct error *err);

#endif
