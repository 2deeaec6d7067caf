#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "sim/why.h"
#include "tui/command.h"
#include "tui/model.h"
#include "tui/policy_verb.h"
#include "tui/salient.h"
#include "tui/why_picture.h"

enum { TOP_MAX = 500 };

static void on_progress(void *self, uint64_t tick, uint64_t last)
{
    progress_update(self, (double)tick / (double)last, "tick %" PRIu64 " of %" PRIu64, tick, last);
}

static void on_frame(void *self, const struct frame *frame) { model_apply(self, frame); }

static void describe(const struct why_answer *answer, const struct msg_saliency *saliency, char *text, size_t size)
{
    int length = snprintf(text, size, "%s seed %" PRIu64 ", tick %" PRIu64 " (%.2f s): %s wants ", answer->scenario,
                          answer->seed, answer->tick, answer->time_s, saliency->policy);
    if (length < 0 || (size_t)length >= size)
        return;
    if (isfinite(saliency->v_mps))
        snprintf(text + length, size - (size_t)length, "v %+.2f m/s, w %+.2f rad/s", saliency->v_mps,
                 saliency->w_radps);
    else
        snprintf(text + length, size - (size_t)length, "what is no number");
}

static void print_table(const char *title, const struct msg_saliency *saliency, size_t top)
{
    uint32_t order[TOP_MAX];
    size_t count = salient_strongest(saliency, top, order), more = 0;
    for (uint32_t i = 0; i < saliency->groups.count; i++)
        more += saliency->groups.data[i].saliency > 0;
    printf("%s\n  saliency   v       w      without\n", title);
    for (size_t i = 0; i < count; i++) {
        const struct msg_salient *group = &saliency->groups.data[order[i]];
        char name[80];
        salient_name(group, name, sizeof name);
        printf("  %-8.4f   %+.2f   %+.2f   %s\n", group->saliency, group->v_mps, group->w_radps, name);
    }
    printf("  %zu more; %zu of %" PRIu32 " groups change nothing\n", more - count, saliency->groups.count - more,
           saliency->groups.count);
}

static void print_json(const struct msg_saliency *saliency)
{
    struct bytes out = {0};
    message_json(&message_type_saliency, saliency, 0, &out);
    printf("%.*s\n", (int)out.size, (const char *)out.data);
    bytes_clear(&out);
}

static enum status save_picture(const struct model *model, const char *title, const char *path, struct error *err)
{
    struct image image = {0};
    enum status status = why_picture(model, title, &image, err);
    if (!status)
        status = png_save(&image, path, err);
    image_clear(&image);
    return status;
}

enum status policy_why(const struct policy_why_arguments *arguments, const char *log, struct error *err)
{
    struct why_question question = {arguments->at, arguments->policy, arguments->sets.items, arguments->sets.count};
    struct why_answer answer;
    struct progress progress = progress_start();
    if (!arguments->at)
        return error_set(err, STATUS_BAD_INPUT, "which moment? --at SECONDS, or ticks as in --at 250t");
    struct model *model = model_create();
    enum status status = why_run(log, &question, (struct sink){on_frame, model}, on_progress, &progress, &answer, err);
    progress_end(&progress);
    if (!status) {
        const struct msg_saliency *saliency = MODEL(model, SALIENCY, saliency);
        char title[240];
        ASSERT(saliency);
        describe(&answer, saliency, title, sizeof title);
        if (arguments->json)
            print_json(saliency);
        else
            print_table(title, saliency, (size_t)arguments->top);
        if (arguments->png)
            status = save_picture(model, title, arguments->png, err);
    }
    model_destroy(&model);
    return status;
}
