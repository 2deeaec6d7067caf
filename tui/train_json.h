/* tui/train_json.h - pieces of a network's provenance record: one JSON object, written member by member. */
#ifndef TUI_TRAIN_JSON_H
#define TUI_TRAIN_JSON_H

#include "logs/bytes.h"
#include "tui/train_items.h"

struct train_record { /* where a network comes from */
    const char *command_line;
    const char *onnx, *onnx_sha256; /* NULL in what is written into the network itself */
};

/* Of a finished network; its hash goes into `sha256`. */
struct train_record train_json_outside(const char *command_line, const char *path,
                                       const struct bytes *network, char sha256[65]);
/* The network to path, NAME.onnx; the record to NAME.json. */
MUST_USE enum status train_json_save(const char *path, const struct bytes *network,
                                     const struct bytes *record, struct error *err);

/* Each ends in a comma. A number that is not finite is null. */
void train_json_text(struct bytes *out, const char *key, const char *text);
void train_json_number(struct bytes *out, const char *key, double value);
/* "key":[...]: each source once, however many seeds it is used with; a file with its hash (what is built
 * in is in the build's id). */
void train_json_sources(struct bytes *out, const char *key, const struct train_items *items);
/* The bracket that ends a list or an object takes the place of the last comma. */
void train_json_close(struct bytes *out, const char *bracket);
/* The record's members, the build and the seed. */
void train_json_record(struct bytes *out, const struct train_record *record, uint64_t seed);

#endif
