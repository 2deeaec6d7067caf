/* tui/salient.h - reading a message of /binnacle/saliency. */
#ifndef TUI_SALIENT_H
#define TUI_SALIENT_H

#include "logs/message.h"

/* The `most` strongest groups that are not 0, strongest first, equals in their order. Returns how many. */
size_t salient_strongest(const struct msg_saliency *saliency, size_t most, uint32_t *order);
/* "lidar 15 deg L", "goal". */
void salient_name(const struct msg_salient *group, char *text, size_t size);

#endif
