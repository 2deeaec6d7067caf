#include "nav/saliency.h"
#include "sim/episode_publish.h"

static const char *const layout_names[] = {
    [FEATURE_WHOLE] = "whole",  [FEATURE_RING] = "ring",     [FEATURE_STRIPES] = "stripes",
    [FEATURE_IMAGE] = "image", [FEATURE_COLOUR] = "colour",
};

void publish_saliency(struct journal *journal, uint64_t tick, int64_t now_ns, const struct saliency *saliency)
{
    enum { REGION_MAX = 40 };
    struct msg_salient rows[SALIENCY_MAX];
    char regions[SALIENCY_MAX][REGION_MAX];
    if (!saliency)
        return;
    for (size_t i = 0; i < saliency->count; i++) {
        const struct salient *group = &saliency->groups[i];
        saliency_region(group, regions[i], REGION_MAX);
        rows[i] = (struct msg_salient){
            .input = group->input,
            .region = regions[i],
            .saliency = group->saliency,
            .v_mps = group->without.v_mps,
            .w_radps = group->without.w_radps,
            .layout = layout_names[group->layout],
        };
        saliency_bounds(group, rows[i].across, rows[i].down);
    }
    struct msg_saliency message = {
        .header = {.stamp = message_time(now_ns), .frame_id = "base_link"},
        .tick = tick,
        .policy = saliency->policy,
        .v_mps = saliency->command.v_mps,
        .w_radps = saliency->command.w_radps,
        .groups = {rows, (uint32_t)saliency->count},
    };
    journal_publish(journal, TOPIC_SALIENCY, now_ns, &message);
}
