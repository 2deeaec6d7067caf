/* log split: one log into parts of a length or size, each of which stands alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/latched.h"
#include "logs/transfer.h"
#include "tui/log_verb.h"

enum { PARTS_MAX = 10000 };

struct split {
    struct log_source source;
    struct mcap_options writing;
    const char *prefix;
    struct transfer *transfer; /* the open part */
    struct latched *latched;
    size_t number;       /* of the source in the open part */
    unsigned parts;
    int64_t start_ns;    /* of the open part */
    uint64_t bytes;      /* of messages in the open part */
};

/* A part begins with what was in force, and every part carries the attachments and metadata. */
static enum status part_open(struct split *split, struct error *err)
{
    const struct text_list *topics = &split->source.options->topics;
    const struct mcap_message *messages;
    char path[4096];
    int length = snprintf(path, sizeof path, "%s_%04u.mcap", split->prefix, split->parts);
    if (length >= (int)sizeof path)
        return error_set(err, STATUS_BAD_INPUT, "the name of the parts is too long");
    if (split->parts++ == PARTS_MAX)
        return error_set(err, STATUS_BAD_INPUT, "%s would become more than %d parts; make them larger",
                         split->source.path, PARTS_MAX);
    split->transfer = transfer_create(path, &split->writing, err);
    if (!split->transfer)
        return err->status;
    split->number = transfer_source(split->transfer, split->source.reader, topics->count ? topics->items : NULL,
                                    topics->count);
    size_t damaged = transfer_extras(split->transfer, split->source.reader);
    if (split->parts == 1 && damaged) {
        split->source.damaged += damaged;
        error_set(&split->source.damage, STATUS_CORRUPT, "%s", mcap_reader_info(split->source.reader)->damage);
    }
    size_t count = latched_messages(split->latched, &messages);
    for (size_t i = 0; i < count; i++)
        transfer_message(split->transfer, split->number, &messages[i]);
    split->start_ns = split->source.message.log_ns;
    split->bytes = 0;
    return STATUS_OK;
}

static bool part_full(const struct split *split)
{
    const struct log_options *options = split->source.options;
    double seconds = ((double)split->source.message.log_ns - (double)split->start_ns) / 1e9;
    return (options->every_s > 0 && seconds >= options->every_s) ||
           (options->size_bytes && split->bytes && split->bytes + split->source.message.size > options->size_bytes);
}

static enum status messages_split(struct split *split, struct error *err)
{
    enum status status;
    while (!(status = log_source_next(&split->source, err))) {
        if (split->transfer && part_full(split))
            status = transfer_close(&split->transfer, err);
        if (!status && !split->transfer)
            status = part_open(split, err);
        if (status)
            return status;
        transfer_message(split->transfer, split->number, &split->source.message);
        latched_keep(split->latched, &split->source.message);
        split->bytes += split->source.message.size;
        if (transfer_failed(split->transfer))
            return transfer_close(&split->transfer, err);
    }
    if (status == STATUS_END && !split->transfer)
        return error_set(err, STATUS_BAD_INPUT, "%s holds no message asked for", split->source.path);
    return status == STATUS_END ? transfer_close(&split->transfer, err) : status;
}

/* Beside the log, without its ".mcap". */
static char *default_prefix(const char *path)
{
    size_t length = strlen(path);
    char *prefix = memory_string(path);
    if (length > 5 && !strcmp(path + length - 5, ".mcap"))
        prefix[length - 5] = '\0';
    return prefix;
}

enum status log_split(const struct log_options *options, int file_count, char **files, struct error *err)
{
    struct split split = {0};
    if (options->every_s <= 0 && !options->size_bytes)
        return error_set(err, STATUS_BAD_INPUT, "split needs --every SECONDS or --size BYTES");
    char *prefix = file_count > 1 ? memory_string(files[1]) : default_prefix(files[0]);
    split.prefix = prefix;
    enum status status = log_source_open(&split.source, options, files[0], MCAP_TIME_ORDER, err);
    if (!status)
        status = log_writer_options(options, mcap_reader_info(split.source.reader)->profile, &split.writing, err);
    if (!status) {
        split.latched = latched_create(split.source.reader);
        status = messages_split(&split, err);
    }
    transfer_abandon(&split.transfer);
    latched_destroy(&split.latched);
    if (!status)
        printf("%u parts: %s_0000.mcap to %s_%04u.mcap\n", split.parts, prefix, prefix, split.parts - 1);
    free(prefix);
    return log_source_close(&split.source, status, err);
}
