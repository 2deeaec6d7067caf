/* tui/export.h - what `log export` makes of messages: tables (export_csv.c), pictures (export_frames.c,
 * those of maps export_grids.c), plots (export_plots.c). Each part takes decoded messages one by one and
 * holds bounded memory whatever the log's length. */
#ifndef TUI_EXPORT_H
#define TUI_EXPORT_H

#include "logs/png.h"
#include "tui/log_verb.h"

/* "DIR/camera_image", then `ending`: a file name for the channel, NUL-terminated, free with bytes_clear.
 * Channels whose topics would give one name are told apart by their ids. */
struct bytes export_path(const struct log_source *source, const char *dir, const struct mcap_channel *channel,
                         const char *ending);

struct export_csv;
struct export_csv *export_csv_create(const char *dir);
/* The source's message (decoded) as a row of its channel's table. */
MUST_USE enum status export_csv_add(struct export_csv *csv, const struct log_source *source, struct error *err);
MUST_USE enum status export_csv_close(struct export_csv **csv, size_t *files, struct error *err);

/* Is it a sensor_msgs/msg/Image? */
bool export_is_image(const struct message_type *type);
/* Is it a nav_msgs/msg/OccupancyGrid or a binnacle_msgs/msg/MapSources? */
bool export_is_grid(const struct message_type *type);
/* It as a picture, whose pixels the caller frees. False if its counts do not fit together or it is too
 * large. */
MUST_USE bool export_grid_draw(const struct message_type *type, const void *message, struct image *out);

struct export_frames { /* zero-initialise; export_frames_clear frees */
    uint32_t *counts;  /* by channel id */
    bool *told;        /* by channel id: something that cannot be drawn */
    uint64_t written;
};
/* The source's message, decoded: an image or a grid. */
MUST_USE enum status export_frames_add(struct export_frames *frames, const struct log_source *source, const char *dir,
                                       struct error *err);
void export_frames_clear(struct export_frames *frames);

struct export_plots;
/* --series and what is worth plotting of our own topics. STATUS_BAD_INPUT: a series that is not TOPIC:FIELD or
 * not in the log. */
MUST_USE struct export_plots *export_plots_create(struct log_source *source, struct error *err);
void export_plots_destroy(struct export_plots **plots);
void export_plots_add(struct export_plots *plots, const struct log_source *source);
MUST_USE enum status export_plots_write(struct export_plots *plots, const struct log_source *source, const char *dir,
                                        size_t *files, struct error *err);

#endif
