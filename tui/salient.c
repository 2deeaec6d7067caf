#include "tui/salient.h"

#include <stdio.h>
#include <string.h>

size_t salient_strongest(const struct msg_saliency *saliency, size_t most, uint32_t *order)
{
    size_t count = 0;
    for (uint32_t i = 0; i < saliency->groups.count; i++) {
        double strength = saliency->groups.data[i].saliency;
        size_t at = count;
        while (at > 0 && saliency->groups.data[order[at - 1]].saliency < strength)
            at--;
        if (!(strength > 0) || at == most)
            continue;
        count += count < most;
        memmove(order + at + 1, order + at, (count - 1 - at) * sizeof *order);
        order[at] = i;
    }
    return count;
}

void salient_name(const struct msg_salient *group, char *text, size_t size)
{
    snprintf(text, size, "%s%s%s", group->input, *group->region ? " " : "", group->region);
}
