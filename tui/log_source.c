#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/field.h"
#include "logs/names.h"
#include "tui/log_verb.h"

/* --- what was asked for, against what is there ------------------------------------------------------------ */

static const char **topic_names(const struct mcap_reader *reader, size_t *count)
{
    const struct mcap_channel *const *channels;
    *count = mcap_reader_channels(reader, &channels);
    const char **names = NEW_ARRAY(*count, const char *);
    for (size_t i = 0; i < *count; i++)
        names[i] = channels[i]->topic;
    return names;
}

static enum status topics_check(const struct log_source *source, struct error *err)
{
    size_t count;
    const char **names = topic_names(source->reader, &count);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < source->options->topics.count && !status; i++) {
        const char *wanted = source->options->topics.items[i];
        size_t place = 0;
        while (place < count && strcmp(names[place], wanted))
            place++;
        char hint[96];
        names_hint(hint, sizeof hint, wanted, names, count, sizeof *names);
        if (place == count)
            status = error_set(err, STATUS_BAD_INPUT, "unknown topic '%s': %s has none of that name%s", wanted,
                               source->path, hint);
    }
    free(names);
    return status;
}

bool log_topic_wanted(const struct log_options *options, const char *topic)
{
    for (size_t i = 0; i < options->topics.count; i++)
        if (!strcmp(options->topics.items[i], topic))
            return true;
    return !options->topics.count;
}

/* A field that no topic has is most likely mistyped. */
static enum status where_check(const struct log_source *source, struct error *err)
{
    const char *const *paths;
    const struct mcap_channel *const *channels;
    size_t path_count = where_paths(source->where, &paths), count = mcap_reader_channels(source->reader, &channels);
    for (size_t i = 0; i < path_count; i++) {
        bool found = false;
        for (size_t c = 0; c < count && !found; c++) {
            struct field_value value;
            const struct message_type *type =
                log_topic_wanted(source->options, channels[c]->topic)
                    ? reflect_type(source->reflect, channels[c], NULL) : NULL;
            found = type && field_find(type, NULL, paths[i], &value);
        }
        if (!found)
            return error_set(err, STATUS_BAD_INPUT,
                             "no message asked for from %s has a field '%s' (log cat shows them)", source->path,
                             paths[i]);
    }
    return STATUS_OK;
}

/* Seconds from the log's start, as its own time; beyond what 64 bits hold there is no limit. */
static int64_t time_at(int64_t start_ns, double seconds, int64_t none_ns)
{
    int64_t ns;
    if (fabs(seconds) >= LOG_TIME_MAX_S)
        return none_ns;
    return __builtin_add_overflow(start_ns, (int64_t)llround(seconds * 1e9), &ns) ? none_ns : ns;
}

void log_source_begin(struct log_source *source, int64_t start_ns)
{
    source->from_ns = time_at(start_ns, source->options->from_s, INT64_MIN);
    source->to_ns = time_at(start_ns, source->options->to_s, INT64_MAX);
}

/* --- walking ---------------------------------------------------------------------------------------------- */

enum status log_source_walk(struct log_source *source, enum mcap_order order, struct error *err)
{
    const struct text_list *topics = &source->options->topics;
    const struct mcap_query query = {order, source->from_ns, source->to_ns, topics->count ? topics->items : NULL,
                                     topics->count};
    return mcap_reader_query(source->reader, &query, err);
}

enum status log_source_open(struct log_source *source, const struct log_options *options, const char *path,
                            enum mcap_order order, struct error *err)
{
    *source = (struct log_source){.options = options, .path = path};
    if (options->from_s > options->to_s)
        return error_set(err, STATUS_BAD_INPUT, "--from %g lies behind --to %g", options->from_s, options->to_s);
    if (options->where && !(source->where = where_parse(options->where, err)))
        return err->status;
    source->reader = mcap_reader_open(path, err);
    if (!source->reader)
        return err->status;
    source->reflect = reflect_create(source->reader);
    log_source_begin(source, mcap_reader_info(source->reader)->start_ns);
    enum status status = topics_check(source, err);
    if (!status && source->where)
        status = where_check(source, err);
    return status ? status : log_source_walk(source, order, err);
}

bool log_source_matches(struct log_source *source)
{
    return !source->where ||
           (log_source_decode(source, NULL) && where_matches(source->where, source->type, source->decoded));
}

enum status log_source_next(struct log_source *source, struct error *err)
{
    if (source->options->limit && source->taken == source->options->limit)
        return STATUS_END;
    for (;;) {
        struct error why = {0};
        source->decoded = NULL;
        enum status status = mcap_reader_next(source->reader, &source->message, &why);
        if (status == STATUS_CORRUPT && !source->damaged++)
            source->damage = why;
        if (status == STATUS_CORRUPT)
            continue;
        if (status && status != STATUS_END)
            return error_set(err, status, "%s", why.text);
        bool wanted = status || log_source_matches(source);
        source->taken += wanted && !status;
        if (wanted)
            return status;
    }
}

const void *log_source_decode(struct log_source *source, struct error *err)
{
    struct error ignored;
    if (!source->decoded)
        source->decoded = reflect_decode(source->reflect, &source->message, &source->type, err ? err : &ignored);
    return source->decoded;
}

enum status log_source_close(struct log_source *source, enum status status, struct error *err)
{
    if ((!status || status == STATUS_END) && source->damaged)
        status = error_set(err, STATUS_CORRUPT,
                           "%s is damaged in %llu place%s, and everything else was read; the first: %s",
                           source->path, (unsigned long long)source->damaged, source->damaged == 1 ? "" : "s",
                           source->damage.text);
    reflect_destroy(&source->reflect);
    where_destroy(&source->where);
    mcap_reader_destroy(&source->reader);
    return status == STATUS_END ? STATUS_OK : status;
}

/* --- output ----------------------------------------------------------------------------------------------- */

enum status log_print(struct bytes *text)
{
    size_t put = fwrite(text->data, 1, text->size, stdout);
    bool whole = put == text->size;
    text->size = 0;
    return whole ? STATUS_OK : STATUS_END;
}

void log_time(struct bytes *out, int64_t log_ns)
{
    uint64_t size_ns = log_ns < 0 ? -(uint64_t)log_ns : (uint64_t)log_ns;
    bytes_format(out, "%s%llu.%09llu", log_ns < 0 ? "-" : "", (unsigned long long)(size_ns / 1000000000),
                 (unsigned long long)(size_ns % 1000000000));
}

void log_text(struct bytes *out, const char *text)
{
    for (; *text; text++)
        bytes_put_u8(out, (uint8_t)*text < 0x20 || *text == 0x7f ? '?' : (uint8_t)*text);
}

enum status log_writer_options(const struct log_options *options, const char *profile, struct mcap_options *out,
                               struct error *err)
{
    static const char *const names[] = {[MCAP_NONE] = "none", [MCAP_LZ4] = "lz4", [MCAP_ZSTD] = "zstd"};
    *out = mcap_options_default();
    out->profile = options->profile ? options->profile : profile;
    if (!options->compression)
        return STATUS_OK;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (!strcmp(names[i], options->compression)) {
            out->compression = (enum mcap_compression)i;
            return STATUS_OK;
        }
    return error_set(err, STATUS_BAD_INPUT, "--compression is none, lz4 or zstd, not '%s'", options->compression);
}
