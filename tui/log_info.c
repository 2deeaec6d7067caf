/* log info: what is in a log, and what is missing. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "tui/log_verb.h"

struct tally { /* of one channel, from its messages */
    uint64_t messages, bytes;
    int64_t first_ns, last_ns, longest_ns; /* longest: between two messages */
    uint64_t gaps, missing;                /* by sequence number */
    uint32_t sequence;
    bool numbered; /* a sequence number other than 0 was seen */
};

struct view {
    const struct log_options *options;
    struct log_source *source;
    struct tally *tallies; /* by channel id */
    struct bytes *out;
};

static void tally_add(struct tally *tally, const struct mcap_message *message)
{
    int64_t pause_ns;
    if (__builtin_sub_overflow(message->log_ns, tally->last_ns, &pause_ns))
        pause_ns = INT64_MAX;
    if (!tally->messages) {
        tally->first_ns = tally->last_ns = message->log_ns;
    } else {
        uint32_t step = message->sequence - tally->sequence;
        tally->longest_ns = pause_ns > tally->longest_ns ? pause_ns : tally->longest_ns;
        if (message->sequence > tally->sequence && step > 1) {
            tally->gaps++;
            tally->missing += step - 1;
        }
    }
    tally->numbered |= message->sequence != 0;
    tally->sequence = message->sequence;
    tally->last_ns = message->log_ns > tally->last_ns ? message->log_ns : tally->last_ns;
    tally->messages++;
    tally->bytes += message->size;
}

static double tally_rate_hz(const struct tally *tally)
{
    double seconds = ((double)tally->last_ns - (double)tally->first_ns) / 1e9;
    return tally->messages > 1 && seconds > 0 ? (double)(tally->messages - 1) / seconds : 0;
}

/* Without a scan the summary's counts must do. */
static void tally_guess(struct tally *tally, const struct mcap_reader *reader, uint16_t channel)
{
    const struct mcap_info *info = mcap_reader_info(reader);
    tally->messages = mcap_reader_channel_messages(reader, channel);
    tally->first_ns = info->start_ns;
    tally->last_ns = info->end_ns;
}

/* --- for people ------------------------------------------------------------------------------------------- */

static void metadata_line(struct bytes *out, const struct mcap_metadata *metadata)
{
    bytes_format(out, "  ");
    log_text(out, metadata->name);
    for (size_t i = 0; i < metadata->count; i++) {
        bytes_format(out, "%s ", i ? "," : " ");
        log_text(out, metadata->pairs[i].key);
        bytes_format(out, " ");
        log_text(out, metadata->pairs[i].value);
    }
    bytes_format(out, "%s\n", metadata->pairs ? "" : " (damaged)");
}

static void extras_people(const struct view *view)
{
    struct bytes *out = view->out;
    const struct mcap_metadata *metadata;
    const struct mcap_attachment *attachments;
    size_t count = mcap_reader_metadatas(view->source->reader, &metadata);
    for (size_t i = 0; i < count; i++)
        metadata_line(out, &metadata[i]);
    count = mcap_reader_attachments(view->source->reader, &attachments);
    for (size_t i = 0; i < count; i++) {
        bytes_format(out, "  attached ");
        log_text(out, attachments[i].name);
        bytes_format(out, " (%s%zu bytes)\n", attachments[i].data ? "" : "damaged, ", attachments[i].size);
    }
}

static void topic_people(const struct view *view, const struct mcap_channel *channel)
{
    const struct mcap_schema *schema = mcap_reader_schema(view->source->reader, channel->schema_id);
    const struct tally *tally = &view->tallies[channel->id];
    struct bytes names = {0};
    log_text(&names, channel->topic);
    bytes_put_u8(&names, 0);
    size_t type_at = names.size;
    log_text(&names, schema ? schema->name : "-");
    bytes_put_u8(&names, 0);
    bytes_format(view->out, "  %-28s %-34s %9" PRIu64 " %9.2f", (char *)names.data, (char *)names.data + type_at,
                 tally->messages, tally_rate_hz(tally));
    if (!view->options->quick)
        bytes_format(view->out, " %11.1f %9.3f", (double)tally->bytes / 1e3, (double)tally->longest_ns / 1e9);
    if (tally->missing)
        bytes_format(view->out, "  %" PRIu64 " missing in %" PRIu64 " gaps", tally->missing, tally->gaps);
    bytes_format(view->out, "\n");
    bytes_clear(&names);
}

static void info_people(const struct view *view)
{
    const struct mcap_info *info = mcap_reader_info(view->source->reader);
    const struct mcap_channel *const *channels;
    size_t count = mcap_reader_channels(view->source->reader, &channels);
    struct bytes *out = view->out;
    bytes_format(out, "%s\n  profile ", view->source->path);
    log_text(out, *info->profile ? info->profile : "none");
    bytes_format(out, ", by ");
    log_text(out, *info->library ? info->library : "unknown");
    bytes_format(out, ", %.1f kB, %" PRIu64 " chunks (%.1f kB uncompressed)\n", (double)info->file_bytes / 1e3,
                 info->chunk_count, (double)info->uncompressed_bytes / 1e3);
    bytes_format(out, "  %" PRIu64 " messages, %.3f s to %.3f s\n", info->message_count, (double)info->start_ns / 1e9,
                 (double)info->end_ns / 1e9);
    if (*info->damage || view->source->damaged)
        bytes_format(out, "  DAMAGE: %s\n", *info->damage ? info->damage : view->source->damage.text);
    else if (!info->has_summary)
        bytes_format(out, "  no summary: everything was found by a scan\n");
    extras_people(view);
    bytes_format(out, "  %-28s %-34s %9s %9s%s\n", "topic", "type", "messages", "Hz",
                 view->options->quick ? "" : "          kB longest s");
    for (size_t i = 0; i < count; i++)
        topic_people(view, channels[i]);
}

/* --- as JSON ---------------------------------------------------------------------------------------------- */

static void json_member(struct bytes *out, const char *before, const char *key, const char *value)
{
    bytes_format(out, "%s", before);
    message_json_text(key, out);
    bytes_put_u8(out, ':');
    if (value)
        message_json_text(value, out);
}

static void extras_json(const struct view *view)
{
    struct bytes *out = view->out;
    const struct mcap_metadata *metadata;
    const struct mcap_attachment *attachments;
    size_t count = mcap_reader_metadatas(view->source->reader, &metadata);
    bytes_format(out, ",\"metadata\":[");
    for (size_t i = 0; i < count; i++) {
        json_member(out, i ? ",{" : "{", "name", metadata[i].name);
        bytes_format(out, ",\"pairs\":{");
        for (size_t k = 0; k < metadata[i].count; k++)
            json_member(out, k ? "," : "", metadata[i].pairs[k].key, metadata[i].pairs[k].value);
        bytes_format(out, "}}");
    }
    bytes_format(out, "],\"attachments\":[");
    count = mcap_reader_attachments(view->source->reader, &attachments);
    for (size_t i = 0; i < count; i++) {
        json_member(out, i ? ",{" : "{", "name", attachments[i].name);
        json_member(out, ",", "media_type", attachments[i].media_type);
        bytes_format(out, ",\"bytes\":%zu,\"damaged\":%s}", attachments[i].size,
                     attachments[i].data ? "false" : "true");
    }
    bytes_format(out, "]");
}

static void topic_json(const struct view *view, const struct mcap_channel *channel, bool first)
{
    struct bytes *out = view->out;
    const struct mcap_schema *schema = mcap_reader_schema(view->source->reader, channel->schema_id);
    const struct tally *tally = &view->tallies[channel->id];
    json_member(out, first ? "" : ",", channel->topic, NULL);
    json_member(out, "{", "type", schema ? schema->name : "");
    json_member(out, ",", "encoding", channel->encoding);
    bytes_format(out, ",\"messages\":%" PRIu64 ",\"rate_hz\":%.6g", tally->messages, tally_rate_hz(tally));
    if (!view->options->quick) {
        bytes_format(out, ",\"bytes\":%" PRIu64 ",\"longest_s\":%.9f", tally->bytes, (double)tally->longest_ns / 1e9);
        if (tally->numbered)
            bytes_format(out, ",\"gaps\":%" PRIu64 ",\"missing\":%" PRIu64, tally->gaps, tally->missing);
    }
    bytes_format(out, "}");
}

static void info_json(const struct view *view)
{
    const struct mcap_info *info = mcap_reader_info(view->source->reader);
    const struct mcap_channel *const *channels;
    size_t count = mcap_reader_channels(view->source->reader, &channels);
    struct bytes *out = view->out;
    json_member(out, "{", "log", view->source->path);
    json_member(out, ",", "profile", info->profile);
    json_member(out, ",", "library", info->library);
    bytes_format(out, ",\"messages\":%" PRIu64 ",\"start_s\":", info->message_count);
    log_time(out, info->start_ns);
    bytes_format(out, ",\"end_s\":");
    log_time(out, info->end_ns);
    bytes_format(out, ",\"bytes\":%" PRIu64 ",\"uncompressed_bytes\":%" PRIu64 ",\"chunks\":%" PRIu64
                 ",\"indexed\":%s,\"truncated\":%s", info->file_bytes, info->uncompressed_bytes, info->chunk_count,
                 info->has_summary ? "true" : "false", info->truncated ? "true" : "false");
    json_member(out, ",", "damage", *info->damage ? info->damage : view->source->damage.text);
    bytes_format(out, ",\"damaged_places\":%" PRIu64, view->source->damaged);
    extras_json(view);
    bytes_format(out, ",\"topics\":{");
    for (size_t i = 0; i < count; i++)
        topic_json(view, channels[i], i == 0);
    bytes_format(out, "}}\n");
}

/* --- the verb --------------------------------------------------------------------------------------------- */

/* What the messages say, or what the summary says of them. */
static enum status tallies_fill(const struct view *view, struct error *err)
{
    const struct mcap_channel *const *channels;
    size_t count = mcap_reader_channels(view->source->reader, &channels);
    for (size_t i = 0; i < count && view->options->quick; i++)
        tally_guess(&view->tallies[channels[i]->id], view->source->reader, channels[i]->id);
    enum status status = view->options->quick ? STATUS_END : STATUS_OK;
    while (!status && !(status = log_source_next(view->source, err)))
        tally_add(&view->tallies[view->source->message.channel->id], &view->source->message);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status info_one(const struct log_options *options, const char *path, struct error *err)
{
    struct bytes out = {0};
    struct log_source source;
    struct view view = {options, &source, NEW_ARRAY(UINT16_MAX + 1, struct tally), &out};
    enum status status = log_source_open(&source, options, path, MCAP_FILE_ORDER, err);
    if (!status)
        status = tallies_fill(&view, err);
    if (!status) {
        (options->json ? info_json : info_people)(&view);
        source.damaged = 0; /* it was told; a look at a damaged log succeeds */
        status = log_print(&out);
    }
    free(view.tallies);
    bytes_clear(&out);
    return log_source_close(&source, status, err);
}

enum status log_info(const struct log_options *options, int file_count, char **files, struct error *err)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < file_count && !status; i++)
        status = info_one(options, files[i], err);
    return status;
}
