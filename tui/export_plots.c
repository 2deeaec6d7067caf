#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/field.h"
#include "logs/file.h"
#include "logs/memory.h"
#include "tui/export.h"
#include "tui/plot.h"

enum { BUCKETS = 2048, PATH_POINTS = 8192, SERIES_MAX = 64 + 16, FIELD_MAX = 128 };

/* A field over time: the least and greatest value of each stretch of time, so that no peak is lost. */
struct series {
    const struct mcap_channel *channel;
    char field[FIELD_MAX];
    double low[BUCKETS], high[BUCKETS], first_s[BUCKETS]; /* first_s: NaN while the bucket is empty */
};

/* Where something was: every stride-th place, and when there are too many, every second of these. */
struct trail {
    const struct mcap_channel *channel;
    const char *x, *y; /* fields */
    double xs[PATH_POINTS], ys[PATH_POINTS];
    size_t count;
    uint64_t seen, stride;
};

struct export_plots {
    int64_t start_ns;
    double length_s;
    struct series *series[SERIES_MAX];
    struct trail *trails[PLOT_SERIES_MAX];
    size_t series_count, trail_count;
};

static const struct { /* of our own topics, what shows most */
    const char *topic, *field;
} worth_plotting[] = {
    {"/binnacle/decision", "v_mps"},        {"/binnacle/decision", "w_radps"},
    {"/binnacle/decision", "ttc_s"},        {"/binnacle/safety_counters", "clearance_m"},
    {"/binnacle/belief", "goal_distance_m"}, {"/binnacle/belief", "match_score"},
};

static const char ODOMETRY_X[] = "pose.pose.position.x", ODOMETRY_Y[] = "pose.pose.position.y";

/* --- what to plot ----------------------------------------------------------------------------------------- */

static const struct mcap_channel *channel_find(struct log_source *source, const char *topic, size_t length,
                                               const char *field)
{
    const struct mcap_channel *const *channels;
    size_t count = mcap_reader_channels(source->reader, &channels);
    for (size_t i = 0; i < count; i++) {
        struct field_value value;
        if (strncmp(channels[i]->topic, topic, length) || channels[i]->topic[length])
            continue;
        const struct message_type *type = reflect_type(source->reflect, channels[i], NULL);
        if (type && field_find(type, NULL, field, &value) && value.kind != MESSAGE_STRING)
            return channels[i];
    }
    return NULL;
}

static void series_add(struct export_plots *plots, const struct mcap_channel *channel, const char *field)
{
    struct series *series = NEW(struct series);
    series->channel = channel;
    snprintf(series->field, sizeof series->field, "%s", field);
    for (size_t i = 0; i < BUCKETS; i++)
        series->first_s[i] = (double)NAN;
    plots->series[plots->series_count++] = series;
}

static void trails_find(struct export_plots *plots, struct log_source *source)
{
    const struct mcap_channel *const *channels;
    size_t count = mcap_reader_channels(source->reader, &channels);
    for (size_t i = 0; i < count && plots->trail_count < PLOT_SERIES_MAX; i++) {
        const struct message_type *type = reflect_type(source->reflect, channels[i], NULL);
        struct field_value value;
        bool place = type && field_find(type, NULL, ODOMETRY_X, &value);
        bool belief = !strcmp(channels[i]->topic, "/binnacle/belief");
        if ((!place && !belief) || !log_topic_wanted(source->options, channels[i]->topic))
            continue;
        struct trail *trail = NEW(struct trail);
        trail->channel = channels[i];
        trail->x = belief ? "x" : ODOMETRY_X;
        trail->y = belief ? "y" : ODOMETRY_Y;
        trail->stride = 1;
        plots->trails[plots->trail_count++] = trail;
    }
}

struct export_plots *export_plots_create(struct log_source *source, struct error *err)
{
    struct export_plots *plots = NEW(struct export_plots);
    const struct mcap_info *info = mcap_reader_info(source->reader);
    const struct text_list *asked = &source->options->series;
    plots->start_ns = info->start_ns;
    plots->length_s = fmax(((double)info->end_ns - (double)info->start_ns) / 1e9, 1e-9);
    for (size_t i = 0; i < asked->count; i++) {
        const char *colon = strrchr(asked->items[i], ':');
        const struct mcap_channel *channel =
            colon && strlen(colon + 1) < FIELD_MAX
                ? channel_find(source, asked->items[i], (size_t)(colon - asked->items[i]), colon + 1) : NULL;
        if (!channel) {
            error_set(err, STATUS_BAD_INPUT, "--series is TOPIC:FIELD of a number in the log, not '%s'",
                      asked->items[i]);
            export_plots_destroy(&plots);
            return NULL;
        }
        series_add(plots, channel, colon + 1);
    }
    for (size_t i = 0; i < COUNT_OF(worth_plotting); i++) {
        const char *topic = worth_plotting[i].topic;
        const struct mcap_channel *channel = channel_find(source, topic, strlen(topic), worth_plotting[i].field);
        if (channel && log_topic_wanted(source->options, topic))
            series_add(plots, channel, worth_plotting[i].field);
    }
    trails_find(plots, source);
    return plots;
}

void export_plots_destroy(struct export_plots **plots)
{
    if (!*plots)
        return;
    for (size_t i = 0; i < (*plots)->series_count; i++)
        free((*plots)->series[i]);
    for (size_t i = 0; i < (*plots)->trail_count; i++)
        free((*plots)->trails[i]);
    free(*plots);
    *plots = NULL;
}

/* --- messages --------------------------------------------------------------------------------------------- */

static bool number_get(const struct log_source *source, const char *field, double *number)
{
    struct field_value value;
    if (!field_find(source->type, source->decoded, field, &value))
        return false;
    *number = (double)field_number(value);
    return isfinite(*number);
}

static void series_put(struct series *series, double length_s, double time_s, double value)
{
    double place = time_s / length_s * BUCKETS;
    size_t bucket = place < 0 ? 0 : place >= BUCKETS ? BUCKETS - 1 : (size_t)place;
    bool empty = isnan(series->first_s[bucket]);
    series->low[bucket] = empty ? value : fmin(series->low[bucket], value);
    series->high[bucket] = empty ? value : fmax(series->high[bucket], value);
    if (empty)
        series->first_s[bucket] = time_s;
}

static void trail_put(struct trail *trail, double x, double y)
{
    if (trail->seen++ % trail->stride)
        return;
    if (trail->count == PATH_POINTS) {
        trail->count /= 2;
        for (size_t i = 0; i < trail->count; i++) {
            trail->xs[i] = trail->xs[2 * i];
            trail->ys[i] = trail->ys[2 * i];
        }
        trail->stride *= 2;
    }
    trail->xs[trail->count] = x;
    trail->ys[trail->count++] = y;
}

void export_plots_add(struct export_plots *plots, const struct log_source *source)
{
    double time_s = ((double)source->message.log_ns - (double)plots->start_ns) / 1e9, value, x, y;
    for (size_t i = 0; i < plots->series_count; i++)
        if (plots->series[i]->channel == source->message.channel &&
            number_get(source, plots->series[i]->field, &value))
            series_put(plots->series[i], plots->length_s, time_s, value);
    for (size_t i = 0; i < plots->trail_count; i++)
        if (plots->trails[i]->channel == source->message.channel && number_get(source, plots->trails[i]->x, &x) &&
            number_get(source, plots->trails[i]->y, &y))
            trail_put(plots->trails[i], x, y);
}

/* --- files ------------------------------------------------------------------------------------------------ */

/* As `stem`.svg and `stem`.png; nothing if there is nothing to see. */
static enum status plot_write(const struct plot *plot, struct bytes *stem, size_t *files, struct error *err)
{
    struct bytes svg = {0};
    struct image image = {0};
    if (!plot_has_points(plot))
        return STATUS_OK;
    size_t length = strlen((char *)stem->data);
    plot_svg(plot, &svg);
    stem->size = length;
    bytes_format(stem, ".svg%c", 0);
    enum status status = file_save((char *)stem->data, svg.data, svg.size, err);
    bytes_clear(&svg);
    if (!status)
        status = plot_image(plot, &image, err);
    stem->size = length;
    bytes_format(stem, ".png%c", 0);
    if (!status)
        status = png_save(&image, (char *)stem->data, err);
    image_clear(&image);
    *files += status ? 0 : 2;
    return status;
}

static enum status series_write(const struct series *series, const struct log_source *source, const char *dir,
                                size_t *files, struct error *err)
{
    double x[2 * BUCKETS], y[2 * BUCKETS];
    size_t count = 0;
    char title[2 * FIELD_MAX];
    for (size_t i = 0; i < BUCKETS; i++) {
        int values = isnan(series->first_s[i]) ? 0 : series->low[i] < series->high[i] ? 2 : 1;
        for (int k = 0; k < values; k++) {
            x[count] = series->first_s[i];
            y[count++] = k ? series->high[i] : series->low[i];
        }
    }
    snprintf(title, sizeof title, "%.120s %s", series->channel->topic, series->field);
    const struct plot plot = {title, "s from the log's start", "", {{series->field, x, y, count}}, 1, false};
    struct bytes stem = export_path(source, dir, series->channel, "_");
    stem.size = strlen((char *)stem.data);
    for (const char *c = series->field; *c; c++)
        bytes_put_u8(&stem, strchr(".[]", *c) ? '_' : (uint8_t)*c);
    bytes_put_u8(&stem, 0);
    enum status status = plot_write(&plot, &stem, files, err);
    bytes_clear(&stem);
    return status;
}

enum status export_plots_write(struct export_plots *plots, const struct log_source *source, const char *dir,
                               size_t *files, struct error *err)
{
    struct plot map = {.title = "trajectory", .x_label = "x, m", .y_label = "y, m", .same_scale = true};
    struct bytes stem = {0};
    *files = 0;
    for (size_t i = 0; i < plots->trail_count; i++) {
        const struct trail *trail = plots->trails[i];
        map.series[map.series_count++] =
            (struct plot_series){trail->channel->topic, trail->xs, trail->ys, trail->count};
    }
    bytes_format(&stem, "%s/trajectory%c", dir, 0);
    enum status status = plot_write(&map, &stem, files, err);
    bytes_clear(&stem);
    for (size_t i = 0; i < plots->series_count && !status; i++)
        status = series_write(plots->series[i], source, dir, files, err);
    return status;
}
