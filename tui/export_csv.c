#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "tui/export.h"

enum { BUFFER_BYTES = 1 << 16 };

struct table { /* of one channel */
    char *path;
    struct bytes rows; /* not in the file yet */
    bool begun;        /* the file is ours */
};

struct export_csv {
    const char *dir;
    struct table *tables[UINT16_MAX + 1];
    size_t count;
};

struct export_csv *export_csv_create(const char *dir)
{
    struct export_csv *csv = NEW(struct export_csv);
    csv->dir = dir;
    return csv;
}

/* Open files would be as many as topics; appending to one at a time never runs out of them. */
static enum status table_flush(struct table *table, struct error *err)
{
    FILE *file = fopen(table->path, table->begun ? "ab" : "wb");
    bool whole = file && fwrite(table->rows.data, 1, table->rows.size, file) == table->rows.size;
    if (file && fclose(file))
        whole = false;
    table->begun = true;
    table->rows.size = 0;
    return whole ? STATUS_OK : error_set(err, STATUS_IO, "cannot write %s: %s", table->path, strerror(errno));
}

static struct table *table_of(struct export_csv *csv, const struct log_source *source)
{
    struct table **table = &csv->tables[source->message.channel->id];
    if (*table)
        return *table;
    *table = NEW(struct table);
    (*table)->path = (char *)export_path(source, csv->dir, source->message.channel, ".csv").data;
    bytes_format(&(*table)->rows, "time_s,sequence");
    message_csv_header(source->type, &(*table)->rows);
    bytes_format(&(*table)->rows, "\n");
    csv->count++;
    return *table;
}

enum status export_csv_add(struct export_csv *csv, const struct log_source *source, struct error *err)
{
    struct table *table = table_of(csv, source);
    log_time(&table->rows, source->message.log_ns);
    bytes_format(&table->rows, ",%" PRIu32, source->message.sequence);
    message_csv(source->type, source->decoded, &table->rows);
    bytes_format(&table->rows, "\n");
    return table->rows.size > BUFFER_BYTES ? table_flush(table, err) : STATUS_OK;
}

enum status export_csv_close(struct export_csv **csv, size_t *files, struct error *err)
{
    enum status status = STATUS_OK;
    *files = (*csv)->count;
    for (size_t i = 0; i <= UINT16_MAX; i++) {
        struct table *table = (*csv)->tables[i];
        if (!table)
            continue;
        if (!status)
            status = table_flush(table, err);
        bytes_clear(&table->rows);
        free(table->path);
        free(table);
    }
    free(*csv);
    *csv = NULL;
    return status;
}
