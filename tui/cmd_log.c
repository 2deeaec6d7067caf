/* binnacle log VERB FILE: what is in a log. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/names.h"
#include "tui/command.h"

struct log_options {
    struct text_list topics;
    double from_s, to_s;
    uint64_t limit, items;
    bool json;
};

static void log_defaults(void *options)
{
    struct log_options *o = options;
    o->from_s = -1e9;
    o->to_s = 1e9;
    o->items = 64;
}

/* --- info ------------------------------------------------------------------------------------------------------------ */

static void info_people(const char *path, struct mcap_reader *reader)
{
    const struct mcap_info *info = mcap_reader_info(reader);
    const struct mcap_channel *const *channels;
    size_t count = mcap_reader_channels(reader, &channels);
    double seconds = (double)(info->end_ns - info->start_ns) / 1e9;
    printf("%s\n  profile %s, by %s, %.1f kB, %" PRIu64 " chunks (%.1f kB uncompressed)\n", path, info->profile,
           info->library, (double)info->file_bytes / 1e3, info->chunk_count, (double)info->uncompressed_bytes / 1e3);
    printf("  %" PRIu64 " messages, %.3f s to %.3f s\n", info->message_count, (double)info->start_ns / 1e9,
           (double)info->end_ns / 1e9);
    if (*info->damage)
        printf("  DAMAGE: %s\n", info->damage);
    else if (!info->has_summary)
        printf("  never closed: no index; everything was found by a scan\n");
    const struct mcap_metadata *metadata = mcap_reader_metadata(reader, "binnacle");
    for (size_t i = 0; metadata && i < metadata->count; i++)
        printf("  %-10s %s\n", metadata->pairs[i].key, metadata->pairs[i].value);
    const struct mcap_attachment *attachments;
    size_t attachment_count = mcap_reader_attachments(reader, &attachments);
    for (size_t i = 0; i < attachment_count; i++)
        printf("  attached   %s (%s, %zu bytes)\n", attachments[i].name, attachments[i].media_type, attachments[i].size);
    printf("  %-28s %-34s %9s %9s\n", "topic", "type", "messages", "Hz");
    for (size_t i = 0; i < count; i++) {
        const struct mcap_schema *schema = mcap_reader_schema(reader, channels[i]->schema_id);
        uint64_t messages = mcap_reader_channel_messages(reader, channels[i]->id);
        printf("  %-28s %-34s %9" PRIu64 " %9.2f\n", channels[i]->topic, schema ? schema->name : "-", messages,
               seconds > 0 ? (double)messages / seconds : 0.0);
    }
}

static void info_json(const char *path, struct mcap_reader *reader)
{
    const struct mcap_info *info = mcap_reader_info(reader);
    const struct mcap_channel *const *channels;
    size_t count = mcap_reader_channels(reader, &channels);
    printf("{\"log\":\"%s\",\"messages\":%" PRIu64 ",\"start_s\":%.9f,\"end_s\":%.9f,\"bytes\":%" PRIu64
           ",\"indexed\":%s,\"truncated\":%s,\"damage\":\"%s\",\"topics\":{",
           path, info->message_count, (double)info->start_ns / 1e9, (double)info->end_ns / 1e9, info->file_bytes,
           info->has_summary ? "true" : "false", info->truncated ? "true" : "false", info->damage);
    for (size_t i = 0; i < count; i++) {
        const struct mcap_schema *schema = mcap_reader_schema(reader, channels[i]->schema_id);
        printf("%s\"%s\":{\"type\":\"%s\",\"messages\":%" PRIu64 "}", i ? "," : "", channels[i]->topic,
               schema ? schema->name : "", mcap_reader_channel_messages(reader, channels[i]->id));
    }
    printf("}}\n");
}

static enum status log_info(const struct log_options *o, const char *path, struct error *err)
{
    struct mcap_reader *reader = mcap_reader_open(path, err);
    if (!reader)
        return err->status;
    (o->json ? info_json : info_people)(path, reader);
    mcap_reader_destroy(&reader);
    return STATUS_OK;
}

/* --- cat ------------------------------------------------------------------------------------------------------------- */

static enum status topics_find(const struct text_list *names, enum topic *topics, struct error *err)
{
    for (size_t i = 0; i < names->count; i++) {
        topics[i] = topic_find(names->items[i]);
        if (topics[i] == TOPIC_COUNT) {
            char hint[96];
            names_hint(hint, sizeof hint, names->items[i], topic_table, TOPIC_COUNT, sizeof *topic_table);
            return error_set(err, STATUS_BAD_INPUT, "unknown topic '%s'%s", names->items[i], hint);
        }
    }
    return STATUS_OK;
}

static enum status cat_frame(const struct frame *frame, size_t items, struct arena *arena, struct bytes *line,
                             struct error *err)
{
    const struct message_type *type = topic_table[frame->topic].type;
    arena_reset(arena);
    void *message = arena_new(arena, 1, type->size);
    enum status status = message_decode(type, frame->payload, frame->size, message, arena, err);
    if (status)
        return error_context(err, "%s #%" PRIu32, topic_table[frame->topic].name, frame->sequence);
    line->size = 0;
    bytes_format(line, "{\"topic\":\"%s\",\"time_s\":%.9f,\"sequence\":%" PRIu32 ",\"message\":",
                 topic_table[frame->topic].name, (double)frame->stamp_ns / 1e9, frame->sequence);
    message_json(type, message, items, line);
    bytes_format(line, "}\n");
    if (fwrite(line->data, 1, line->size, stdout) != line->size)
        return STATUS_END; /* nobody reads any more */
    return STATUS_OK;
}

static enum status log_cat(const struct log_options *o, const char *path, struct error *err)
{
    enum topic topics[COUNT_OF(o->topics.items)];
    struct frame frame;
    struct arena arena = {0};
    struct bytes line = {0};
    struct playback *playback = NULL;
    enum status status = topics_find(&o->topics, topics, err);
    if (!status && !(playback = playback_open(path, err)))
        status = err->status;
    if (!status)
        status = playback_query(playback, MCAP_TIME_ORDER, (int64_t)(o->from_s * 1e9), (int64_t)(o->to_s * 1e9),
                                o->topics.count ? topics : NULL, o->topics.count, err);
    for (uint64_t n = 0; !status && (!o->limit || n < o->limit); n++)
        if (!(status = playback_next(playback, &frame, err)))
            status = cat_frame(&frame, (size_t)o->items, &arena, &line, err);
    playback_destroy(&playback);
    bytes_clear(&line);
    arena_clear(&arena);
    return status == STATUS_END ? STATUS_OK : status;
}

static const struct log_verb {
    const char *name;
    enum status (*run)(const struct log_options *, const char *path, struct error *);
} verbs[] = {{"info", log_info}, {"cat", log_cat}};

static int log_run(const void *options, int argument_count, char **arguments)
{
    struct error err = {0};
    const struct log_verb *verb = NULL;
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (!strcmp(verbs[i].name, arguments[0]))
            verb = &verbs[i];
    if (!verb) {
        char hint[96];
        names_hint(hint, sizeof hint, arguments[0], verbs, COUNT_OF(verbs), sizeof *verbs);
        error_set(&err, STATUS_BAD_INPUT, "unknown verb '%s'%s (info, cat)", arguments[0], hint);
        return command_fail("log", &err);
    }
    int worst = 0;
    for (int i = 1; i < argument_count; i++) {
        int code = verb->run(options, arguments[i], &err) ? command_fail("log", &err) : 0;
        worst = code > worst ? code : worst;
    }
    return worst;
}

static const struct option_row rows[] = {
    {"topic", 't', OPTION_LIST, offsetof(struct log_options, topics), "NAME", "cat: only this topic (repeatable)", 0, 0},
    {"from", 0, OPTION_NUMBER, offsetof(struct log_options, from_s), "SECONDS", "cat: from this simulated time", -1e9, 1e9},
    {"to", 0, OPTION_NUMBER, offsetof(struct log_options, to_s), "SECONDS", "cat: up to this simulated time", -1e9, 1e9},
    {"limit", 'n', OPTION_COUNT, offsetof(struct log_options, limit), "N", "cat: at most N messages", 0, 0},
    {"items", 0, OPTION_COUNT, offsetof(struct log_options, items), "N", "cat: cut longer arrays (default 64; 0: never)", 0, 0},
    {"json", 'j', OPTION_SWITCH, offsetof(struct log_options, json), NULL, "info: as JSON", 0, 0},
};

const struct command command_log = {
    .name = "log",
    .arguments = "VERB FILE...",
    .summary = "info: topics, rates, damage; cat: messages as JSON lines, in time order",
    .details = "",
    .options = rows,
    .option_count = COUNT_OF(rows),
    .options_size = sizeof(struct log_options),
    .arguments_min = 2,
    .arguments_max = 100000,
    .defaults = log_defaults,
    .run = log_run,
};
