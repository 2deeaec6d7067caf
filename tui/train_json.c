#include "tui/train_json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "logs/file.h"
#include "logs/hash.h"
#include "logs/message.h"
#include "sim/build_id.h"

struct train_record train_json_outside(const char *command_line, const char *path,
                                       const struct bytes *network, char sha256[65])
{
    const char *name = strrchr(path, '/');
    hash_sha256(network->data, network->size, sha256);
    return (struct train_record){command_line, name ? name + 1 : path, sha256};
}

enum status train_json_save(const char *path, const struct bytes *network, const struct bytes *record,
                            struct error *err)
{
    char beside[1024];
    ASSERT(strlen(path) > strlen(".onnx"));
    int length = snprintf(beside, sizeof beside, "%.*s.json", (int)(strlen(path) - strlen(".onnx")), path);
    if (length < 0 || (size_t)length >= sizeof beside)
        return error_set(err, STATUS_BAD_INPUT, "the path %s is too long", path);
    enum status status = file_save(path, network->data, network->size, err);
    return status ? status : file_save(beside, record->data, record->size, err);
}

void train_json_text(struct bytes *out, const char *key, const char *text)
{
    bytes_format(out, "\"%s\":", key);
    message_json_text(text, out);
    bytes_format(out, ",");
}

void train_json_number(struct bytes *out, const char *key, double value)
{
    if (isfinite(value))
        bytes_format(out, "\"%s\":%.9g,", key, value);
    else
        bytes_format(out, "\"%s\":null,", key);
}

void train_json_close(struct bytes *out, const char *bracket)
{
    ASSERT(out->size > 0);
    if (out->data[out->size - 1] == ',')
        out->size--;
    bytes_format(out, "%s,", bracket);
}

/* A built-in scenario is in the build's id; a file is known by its hash. */
static void put_source(struct bytes *out, const char *source)
{
    char path[512], sha256[65];
    struct error err = {0};
    size_t length = strcspn(source, "#");
    bytes_format(out, "{");
    train_json_text(out, "source", source);
    memcpy(path, source, length = length < sizeof path ? length : sizeof path - 1);
    path[length] = '\0';
    if (strpbrk(path, "./") && !hash_file_sha256(path, sha256, &err))
        train_json_text(out, "sha256", sha256);
    train_json_close(out, "}");
}

void train_json_sources(struct bytes *out, const char *key, const struct train_items *items)
{
    bytes_format(out, "\"%s\":[", key);
    for (size_t i = 0; i < items->count; i++)
        if (!i || strcmp(items->items[i].source, items->items[i - 1].source) != 0)
            put_source(out, items->items[i].source);
    train_json_close(out, "]");
}

void train_json_record(struct bytes *out, const struct train_record *record, uint64_t seed)
{
    if (record->onnx)
        train_json_text(out, "onnx", record->onnx);
    if (record->onnx_sha256)
        train_json_text(out, "sha256", record->onnx_sha256);
    train_json_text(out, "command_line", record->command_line);
    train_json_text(out, "build", build_id());
    bytes_format(out, "\"seed\":%" PRIu64 ",", seed);
}
