/* tui/salient.h - reading a message of /binnacle/saliency. */
#ifndef TUI_SALIENT_H
#define TUI_SALIENT_H

#include "tui/model.h"

/* The model's latest, if it is about the latest decision; NULL: nobody is asked now. */
const struct msg_saliency *salient_now(const struct model *model);
/* Saliency of the sector of a ring of directions at this bearing (rad, robot frame; NaN: of its strongest); 0
 * if it has no such ring. */
double salient_along(const struct msg_saliency *saliency, const char *ring, double bearing);
/* The `most` strongest groups that are not 0, strongest first, equals in their order. Returns how many. */
size_t salient_strongest(const struct msg_saliency *saliency, size_t most, uint32_t *order);
/* "lidar 15 deg L", "goal". */
void salient_name(const struct msg_salient *group, char *text, size_t size);

#endif
