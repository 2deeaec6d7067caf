#include "tui/salient.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const struct msg_saliency *salient_now(const struct model *model)
{
    const struct msg_saliency *saliency = MODEL(model, SALIENCY, saliency);
    const struct msg_decision *decision = MODEL(model, DECISION, decision);
    return saliency && decision && saliency->tick == decision->tick ? saliency : NULL;
}

double salient_along(const struct msg_saliency *saliency, const char *ring, double bearing)
{
    double strongest = 0;
    for (uint32_t i = 0; i < saliency->groups.count; i++) {
        const struct msg_salient *group = &saliency->groups.data[i];
        double half = (group->across[1] - group->across[0]) / 2;
        bool meant = isnan(bearing) || fabs(wrap_angle(bearing - group->across[0] - half)) <= half;
        if (meant && !strcmp(group->layout, "ring") && !strcmp(group->input, ring))
            strongest = fmax(strongest, group->saliency);
    }
    return strongest;
}

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
