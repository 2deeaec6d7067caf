/* log annotate: a note, perhaps about a span of time, kept in the log itself. */
#include <inttypes.h>
#include <stdio.h>

#include "logs/mcap_append.h"
#include "tui/log_verb.h"

/* Metadata records of this name hold: text; tag, from_ns, to_ns if given (log time). */
static const char NOTE_RECORD[] = "note";

enum status log_annotate(const struct log_options *options, int file_count, char **files, struct error *err)
{
    (void)file_count;
    struct log_source source;
    struct mcap_pair pairs[4] = {{"text", options->note}};
    char from[24], to[24];
    size_t count = 1;
    if (!options->note)
        return error_set(err, STATUS_BAD_INPUT, "annotate needs --note TEXT");
    enum status status = log_source_open(&source, options, files[0], MCAP_FILE_ORDER, err);
    int64_t from_ns = source.from_ns, to_ns = source.to_ns;
    status = log_source_close(&source, status, err);
    if (status)
        return status;
    if (options->tag)
        pairs[count++] = (struct mcap_pair){"tag", options->tag};
    if (from_ns > INT64_MIN) {
        snprintf(from, sizeof from, "%" PRId64, from_ns);
        pairs[count++] = (struct mcap_pair){"from_ns", from};
    }
    if (to_ns < INT64_MAX) {
        snprintf(to, sizeof to, "%" PRId64, to_ns);
        pairs[count++] = (struct mcap_pair){"to_ns", to};
    }
    return mcap_append_metadata(files[0], NOTE_RECORD, pairs, count, err);
}
