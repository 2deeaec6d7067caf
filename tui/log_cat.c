/* log cat: messages as lines of JSON, decoded by the schema that is in the log. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/clock.h"
#include "logs/memory.h"
#include "tui/log_verb.h"

enum { FOLLOW_PAUSE_NS = 50000000 };

struct printer {
    struct bytes line;
    bool *told; /* by channel id: why its messages cannot be decoded */
};

static void put_base64(struct bytes *out, const uint8_t *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes_put_u8(out, '"');
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)data[i] << 16 | (left > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
                         (left > 2 ? data[i + 2] : 0);
        char text[4] = {digits[group >> 18], digits[group >> 12 & 63], left > 1 ? digits[group >> 6 & 63] : '=',
                        left > 2 ? digits[group & 63] : '='};
        bytes_put(out, text, sizeof text);
    }
    bytes_put_u8(out, '"');
}

static void message_print(struct printer *printer, struct log_source *source)
{
    const struct mcap_message *message = &source->message;
    struct bytes *line = &printer->line;
    struct error why = {0};
    const void *decoded = log_source_decode(source, &why);
    bytes_format(line, "{\"topic\":");
    message_json_text(message->channel->topic, line);
    bytes_format(line, ",\"time_s\":");
    log_time(line, message->log_ns);
    bytes_format(line, ",\"sequence\":%" PRIu32 ",", message->sequence);
    if (decoded) {
        bytes_format(line, "\"message\":");
        message_json(source->type, decoded, (size_t)source->options->items, line);
    } else {
        bytes_format(line, "\"base64\":");
        put_base64(line, message->data, message->size);
    }
    bytes_format(line, "}\n");
    if (!decoded && !printer->told[message->channel->id]) {
        printer->told[message->channel->id] = true;
        fprintf(stderr, "binnacle log: %s\n", why.text);
    }
}

static enum status whole_print(struct printer *printer, const struct log_options *options, const char *path,
                               struct error *err)
{
    struct log_source source;
    enum status status = log_source_open(&source, options, path, MCAP_TIME_ORDER, err);
    while (!status && !(status = log_source_next(&source, err))) {
        message_print(printer, &source);
        status = log_print(&printer->line);
    }
    return log_source_close(&source, status, err);
}

/* --- following a log that grows --------------------------------------------------------------------------- */

/* Is the stream's message asked for? The first one of all begins the log's time. */
static bool message_asked(struct log_source *source, const struct mcap_message *message, bool *begun)
{
    source->message = *message;
    source->decoded = NULL;
    if (!*begun)
        log_source_begin(source, message->log_ns);
    *begun = true;
    return message->log_ns >= source->from_ns && message->log_ns <= source->to_ns &&
           log_topic_wanted(source->options, message->channel->topic) && log_source_matches(source);
}

/* Prints what is there and waits where it ends, until the recording does. STATUS_END is the only good end. */
static enum status stream_print(struct printer *printer, struct log_source *source, struct mcap_stream *stream,
                                struct error *err)
{
    const uint64_t limit = source->options->limit;
    enum status status = STATUS_OK;
    bool begun = false;
    while (!status && (!limit || source->taken < limit)) {
        struct mcap_record record;
        struct error why = {0};
        status = mcap_stream_next(stream, &record, &why);
        if (!status && record.op == MCAP_SCHEMA)
            reflect_learn(source->reflect, &record.schema);
        if (!status && record.op == MCAP_MESSAGE && message_asked(source, &record.message, &begun)) {
            source->taken++;
            message_print(printer, source);
            status = log_print(&printer->line);
        } else if (status == STATUS_AGAIN) {
            status = fflush(stdout) ? STATUS_END : STATUS_OK;
            clock_sleep_until_ns(clock_wall_ns() + FOLLOW_PAUSE_NS);
        } else if (status == STATUS_CORRUPT) {
            if (!source->damaged++)
                source->damage = why;
            status = STATUS_OK;
        } else if (status == STATUS_IO) {
            error_set(err, status, "%s", why.text);
        }
    }
    return status ? status : STATUS_END;
}

static enum status growing_print(struct printer *printer, const struct log_options *options, const char *path,
                                 struct error *err)
{
    struct log_source source = {.options = options, .path = path};
    struct mcap_stream *stream = mcap_stream_open(path, err);
    if (!stream)
        return err->status;
    enum status status = STATUS_OK;
    if (options->where && !(source.where = where_parse(options->where, err)))
        status = err->status;
    source.reflect = reflect_create(NULL);
    if (!status)
        status = stream_print(printer, &source, stream, err);
    mcap_stream_destroy(&stream);
    return log_source_close(&source, status, err);
}

enum status log_cat(const struct log_options *options, int file_count, char **files, struct error *err)
{
    struct printer printer = {.told = NEW_ARRAY(UINT16_MAX + 1, bool)};
    enum status status = STATUS_OK;
    for (int i = 0; i < file_count && !status; i++) {
        memset(printer.told, 0, UINT16_MAX + 1);
        status = (options->follow ? growing_print : whole_print)(&printer, options, files[i], err);
    }
    free(printer.told);
    bytes_clear(&printer.line);
    return status;
}
