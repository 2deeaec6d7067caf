/* log export: tables, pictures and plots from a log's messages, for other programs and for people. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "logs/memory.h"
#include "tui/export.h"

enum { CSV = 1, FRAMES = 2, PLOTS = 4 };

static void name_put(const char *topic, struct bytes *out)
{
    for (const char *c = topic + (*topic == '/'); *c; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '-';
        bytes_put_u8(out, plain ? (uint8_t)*c : '_');
    }
}

static bool same_name(const char *a, const char *b)
{
    struct bytes x = {0}, y = {0};
    name_put(a, &x);
    name_put(b, &y);
    bool same = x.size == y.size && (!x.size || !memcmp(x.data, y.data, x.size));
    bytes_clear(&x);
    bytes_clear(&y);
    return same;
}

struct bytes export_path(const struct log_source *source, const char *dir, const struct mcap_channel *channel,
                         const char *ending)
{
    enum { NAME_MAX_BYTES = 100 };
    const struct mcap_channel *const *channels;
    size_t count = mcap_reader_channels(source->reader, &channels), alike = 0;
    struct bytes path = {0};
    for (size_t i = 0; i < count; i++)
        alike += same_name(channels[i]->topic, channel->topic);
    bytes_format(&path, "%s/", dir);
    size_t start = path.size;
    name_put(channel->topic, &path);
    bool cut = path.size - start > NAME_MAX_BYTES;
    path.size = cut ? start + NAME_MAX_BYTES : path.size;
    if (alike > 1 || cut || path.size == start)
        bytes_format(&path, "_%u", channel->id);
    bytes_format(&path, "%s%c", ending, 0);
    return path;
}

static enum status formats_read(const struct text_list *list, unsigned *formats, struct error *err)
{
    static const char *const names[] = {"csv", "frames", "plots"};
    for (size_t i = 0; i < list->count; i++) {
        size_t k = 0;
        while (k < COUNT_OF(names) && strcmp(names[k], list->items[i]))
            k++;
        if (k == COUNT_OF(names))
            return error_set(err, STATUS_BAD_INPUT, "--format is csv, frames or plots, not '%s'", list->items[i]);
        *formats |= 1u << k;
    }
    *formats = *formats ? *formats : CSV | FRAMES | PLOTS;
    return STATUS_OK;
}

struct export {
    struct log_source source;
    const char *dir;
    unsigned formats;
    struct export_csv *csv;
    struct export_frames frames;
    struct export_plots *plots;
    bool *told; /* by channel id: why its messages cannot be decoded */
};

/* Pictures are frames, not rows of a table; maps are both. */
static enum status message_export(struct export *export, struct error *err)
{
    struct log_source *source = &export->source;
    struct error why = {0};
    enum status status = STATUS_OK;
    if (!log_source_decode(source, &why)) {
        if (!export->told[source->message.channel->id])
            fprintf(stderr, "binnacle log: %s\n", why.text);
        export->told[source->message.channel->id] = true;
        return STATUS_OK;
    }
    bool image = export_is_image(source->type);
    if ((image || export_is_grid(source->type)) && export->formats & FRAMES)
        status = export_frames_add(&export->frames, source, export->dir, err);
    if (!image && export->formats & CSV)
        status = export_csv_add(export->csv, source, err);
    if (export->plots)
        export_plots_add(export->plots, source);
    return status;
}

static enum status messages_export(struct export *export, struct error *err)
{
    size_t tables = 0, plots = 0;
    enum status status = STATUS_OK;
    if (export->formats & PLOTS && !(export->plots = export_plots_create(&export->source, err)))
        return err->status;
    if (mkdir(export->dir, 0777) && errno != EEXIST)
        return error_set(err, STATUS_IO, "cannot make the folder %s: %s", export->dir, strerror(errno));
    export->csv = export_csv_create(export->dir);
    while (!status && !(status = log_source_next(&export->source, err)))
        status = message_export(export, err);
    status = status == STATUS_END ? STATUS_OK : status;
    enum status closed = export_csv_close(&export->csv, &tables, status ? NULL : err);
    status = status ? status : closed;
    if (!status && export->plots)
        status = export_plots_write(export->plots, &export->source, export->dir, &plots, err);
    if (!status)
        printf("%s: %zu tables, %llu frames, %zu plot files\n", export->dir, tables,
               (unsigned long long)export->frames.written, plots);
    return status;
}

enum status log_export(const struct log_options *options, int file_count, char **files, struct error *err)
{
    (void)file_count;
    struct export export = {.dir = files[1]};
    enum status status = formats_read(&options->formats, &export.formats, err);
    if (status)
        return status;
    export.told = NEW_ARRAY(UINT16_MAX + 1, bool);
    status = log_source_open(&export.source, options, files[0], MCAP_TIME_ORDER, err);
    if (!status)
        status = messages_export(&export, err);
    export_plots_destroy(&export.plots);
    export_frames_clear(&export.frames);
    free(export.told);
    return log_source_close(&export.source, status, err);
}
