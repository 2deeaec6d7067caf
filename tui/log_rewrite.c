/* log filter, merge, convert: one engine that copies what the options ask for from some logs into one. */
#include <stdlib.h>

#include "logs/latched.h"
#include "logs/memory.h"
#include "logs/transfer.h"
#include "tui/log_verb.h"

struct rewrite {
    struct log_source *sources;
    size_t count;
    struct transfer *transfer;
    size_t *numbers; /* of the sources in the transfer */
};

static enum status sources_open(struct rewrite *rewrite, const struct log_options *options, char **files,
                                struct error *err)
{
    enum mcap_order order = rewrite->count > 1 ? MCAP_TIME_ORDER : MCAP_FILE_ORDER; /* one log keeps its order */
    enum status status = STATUS_OK;
    for (size_t i = 0; i < rewrite->count && !status; i++)
        status = log_source_open(&rewrite->sources[i], options, files[i], order, err);
    return status;
}

/* The inputs' common profile, or none. */
static const char *common_profile(const struct rewrite *rewrite)
{
    const char *profile = mcap_reader_info(rewrite->sources[0].reader)->profile;
    for (size_t i = 1; i < rewrite->count; i++)
        if (strcmp(mcap_reader_info(rewrite->sources[i].reader)->profile, profile))
            return "";
    return profile;
}

static enum status transfer_open(struct rewrite *rewrite, const struct log_options *options, const char *path,
                                 struct error *err)
{
    struct mcap_options writing;
    enum status status = log_writer_options(options, common_profile(rewrite), &writing, err);
    if (status)
        return status;
    rewrite->transfer = transfer_create(path, &writing, err);
    if (!rewrite->transfer)
        return err->status;
    const struct text_list *topics = &options->topics;
    for (size_t i = 0; i < rewrite->count; i++)
        rewrite->numbers[i] = transfer_source(rewrite->transfer, rewrite->sources[i].reader,
                                              topics->count ? topics->items : NULL, topics->count);
    return STATUS_OK;
}

static void extras_copy(struct rewrite *rewrite)
{
    for (size_t i = 0; i < rewrite->count; i++) {
        struct log_source *source = &rewrite->sources[i];
        size_t damaged = transfer_extras(rewrite->transfer, source->reader);
        if (damaged && !source->damaged)
            error_set(&source->damage, STATUS_CORRUPT, "%s", mcap_reader_info(source->reader)->damage);
        source->damaged += damaged;
    }
}

/* What was in force when the span begins. */
static enum status latched_copy(struct rewrite *rewrite, size_t which, struct error *err)
{
    struct log_source *source = &rewrite->sources[which];
    const struct mcap_message *messages;
    struct latched *latched = latched_create(source->reader);
    enum status status = latched_seek(latched, source->reader, source->from_ns, err);
    size_t count = status ? 0 : latched_messages(latched, &messages);
    for (size_t i = 0; i < count; i++)
        if (log_topic_wanted(source->options, messages[i].channel->topic))
            transfer_message(rewrite->transfer, rewrite->numbers[which], &messages[i]);
    latched_destroy(&latched);
    return status ? status : log_source_walk(source, rewrite->count > 1 ? MCAP_TIME_ORDER : MCAP_FILE_ORDER, err);
}

/* All sources' messages, always the earliest of those at the front; among equals the first source's. */
static enum status messages_copy(struct rewrite *rewrite, struct error *err)
{
    bool *over = NEW_ARRAY(rewrite->count, bool);
    enum status status = STATUS_OK;
    size_t left = 0;
    for (size_t i = 0; i < rewrite->count && !status; i++) {
        status = log_source_next(&rewrite->sources[i], err);
        over[i] = status == STATUS_END;
        left += !over[i];
        status = over[i] ? STATUS_OK : status;
    }
    while (left && !status && !transfer_failed(rewrite->transfer)) {
        size_t first = rewrite->count;
        for (size_t i = 0; i < rewrite->count; i++)
            if (!over[i] && (first == rewrite->count ||
                             rewrite->sources[i].message.log_ns < rewrite->sources[first].message.log_ns))
                first = i;
        transfer_message(rewrite->transfer, rewrite->numbers[first], &rewrite->sources[first].message);
        status = log_source_next(&rewrite->sources[first], err);
        over[first] = status == STATUS_END;
        left -= over[first];
        status = over[first] ? STATUS_OK : status;
    }
    free(over);
    return status;
}

static enum status rewrite_run(const struct log_options *options, int file_count, char **files, struct error *err)
{
    size_t count = (size_t)file_count - 1;
    struct rewrite rewrite = {NEW_ARRAY(count, struct log_source), count, NULL, NEW_ARRAY(count, size_t)};
    enum status status = sources_open(&rewrite, options, files, err);
    if (!status)
        status = transfer_open(&rewrite, options, files[count], err);
    if (!status)
        extras_copy(&rewrite);
    for (size_t i = 0; i < count && !status; i++)
        if (rewrite.sources[i].from_ns > INT64_MIN)
            status = latched_copy(&rewrite, i, err);
    if (!status)
        status = messages_copy(&rewrite, err);
    if (status)
        transfer_abandon(&rewrite.transfer);
    else
        status = transfer_close(&rewrite.transfer, err);
    for (size_t i = 0; i < count; i++)
        status = log_source_close(&rewrite.sources[i], status, err);
    free(rewrite.sources);
    free(rewrite.numbers);
    return status;
}

enum status log_filter(const struct log_options *options, int file_count, char **files, struct error *err)
{
    return rewrite_run(options, file_count, files, err);
}

enum status log_merge(const struct log_options *options, int file_count, char **files, struct error *err)
{
    return rewrite_run(options, file_count, files, err);
}

enum status log_convert(const struct log_options *options, int file_count, char **files, struct error *err)
{
    return rewrite_run(options, file_count, files, err);
}
