/* tui/train_label.h - the other thing that can be taught: to label pictures (binnacle train --labels). */
#ifndef TUI_TRAIN_LABEL_H
#define TUI_TRAIN_LABEL_H

#include "nav/train_labels.h"
#include "sim/album.h"
#include "tui/train_json.h"

struct train_label {
    /* given */
    struct train_labels_config config;
    struct album_order order;
    const struct train_items *items; /* worlds; no logs */
    size_t processes;
    bool shuffle; /* of the labels: little can be learned */
    /* found */
    size_t pictures;
    struct train_labels_epoch curve[512]; /* of all epochs */
    size_t curve_count;
    struct train_labels *model; /* owned */
};
/* Takes the pictures and fits. Fails if a world cannot be built (the sentence names it), or has no room. */
MUST_USE enum status train_label_run(struct train_label *run, struct error *err);
void train_label_clear(struct train_label *run);

/* Writes the network with its provenance inside, and the record (appended to `record`) beside it. */
MUST_USE enum status train_label_save(const struct train_label *run, const char *path,
                                      const char *command_line, struct bytes *record, struct error *err);
/* Says what came of it, to stdout; with a record that goes there and the words to stderr. The exit code:
 * 1 if the mean IoU is below `gate` (negative: there is none). */
int train_label_conclude(const struct train_label *run, const char *path, double gate,
                         const struct bytes *record);
MUST_USE enum status train_label_plot(const struct train_label *run, const char *path, struct error *err);

#endif
