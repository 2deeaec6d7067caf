#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/memory.h"
#include "sim/build_id.h"
#include "sim/episode_publish.h"
#include "sim/sensors.h"

static const char ATTACHMENT_PREFIX[] = "scenario/", METADATA_NAME[] = "binnacle",
                  DRAWS_NAME[] = "binnacle.draws";
enum { PAIRS_FIXED = 6, SETS_MAX = 256, PAIRS_MAX = PAIRS_FIXED + SETS_MAX + FAULTS_MAX };

void sensors_text(unsigned without, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (int i = 0; i < SENSOR_COUNT; i++)
        if (without & 1u << i && length < size)
            length += (size_t)snprintf(text + length, size - length, "%s%s", length ? " " : "", sensor_names[i]);
}

static const char *media_type(const char *name)
{
    static const char *const types[][2] = {
        {".png", "image/png"}, {".pgm", "image/x-portable-graymap"}, {".yaml", "application/yaml"},
        {".yml", "application/yaml"}, {".urdf", "application/xml"}, {".stl", "model/stl"}, {".obj", "model/obj"},
        {".onnx", "application/octet-stream"},
    };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < COUNT_OF(types); i++)
        if (!strcmp(dot, types[i][0]))
            return types[i][1];
    return "text/plain";
}

/* set.000, set.001, ...: names that sort as the list is ordered. */
static void list_pack(const char *name, const char *const *items, size_t item_count, char (*keys)[16],
                      struct mcap_pair *pairs, size_t *count)
{
    for (size_t i = 0; i < item_count; i++) {
        snprintf(keys[i], sizeof keys[i], "%s.%03u", name, (unsigned)i);
        pairs[(*count)++] = (struct mcap_pair){keys[i], items[i]};
    }
}

/* For people and programs that ask what the seed decided; a re-simulation draws again. */
static void draws_pack(const struct scenario *scenario, struct recorder *recorder)
{
    struct mcap_pair *pairs = NEW_ARRAY(scenario->draw_count, struct mcap_pair);
    for (size_t i = 0; i < scenario->draw_count; i++)
        pairs[i] = (struct mcap_pair){scenario->draws[i].path, scenario->draws[i].value};
    if (scenario->draw_count)
        recorder_metadata(recorder, DRAWS_NAME, pairs, scenario->draw_count);
    free(pairs);
}

void episode_pack(const struct scenario *scenario, const struct episode_options *options,
                  const struct navigator *navigator, struct recorder *recorder)
{
    char seed[24], without[96], keys[SETS_MAX + FAULTS_MAX][16];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)options->seed);
    sensors_text(options->without, without, sizeof without);
    const struct policy *shadow = navigator_shadow_policy(navigator);
    struct mcap_pair pairs[PAIRS_MAX] = {
        {"build_id", build_id()},
        {"seed", seed},
        {"policy", navigator_policy(navigator)->name},
        {"shield", options->shield ? options->shield : scenario->shield},
        {"without", without},
        {"shadow", shadow ? shadow->name : ""},
    };
    size_t count = PAIRS_FIXED;
    ASSERT(options->set_count <= SETS_MAX && options->fault_count <= FAULTS_MAX);
    list_pack("set", options->sets, options->set_count, keys, pairs, &count);
    list_pack("fault", options->faults, options->fault_count, keys + options->set_count, pairs, &count);
    recorder_metadata(recorder, METADATA_NAME, pairs, count);
    draws_pack(scenario, recorder);
    for (size_t i = 0; i < scenario->file_count; i++) {
        char name[160];
        snprintf(name, sizeof name, "%s%s", ATTACHMENT_PREFIX, scenario->files[i].name);
        recorder_attach(recorder, name, media_type(name), scenario->files[i].data, scenario->files[i].size);
    }
}

/* The value of a key, copied; NULL if it is not there. */
static char *pair_value(const struct mcap_metadata *metadata, const char *key, struct arena *arena)
{
    for (size_t i = 0; i < metadata->count; i++)
        if (!strcmp(metadata->pairs[i].key, key))
            return arena_string(arena, metadata->pairs[i].value, strlen(metadata->pairs[i].value));
    return NULL;
}

static enum status without_parse(char *text, unsigned *without, struct error *err)
{
    char *rest = NULL;
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        enum status status = sensors_without(word, without, err);
        if (status)
            return status;
    }
    return STATUS_OK;
}

static const char *const *list_unpack(const struct mcap_metadata *metadata, const char *prefix, size_t *count,
                                      struct arena *arena)
{
    const char **items = arena_new(arena, metadata->count + 1, sizeof *items);
    for (size_t i = 0; i < metadata->count; i++)
        if (!strncmp(metadata->pairs[i].key, prefix, strlen(prefix)))
            items[(*count)++] = arena_string(arena, metadata->pairs[i].value, strlen(metadata->pairs[i].value));
    return items;
}

static enum status options_parse(const struct mcap_metadata *metadata, struct episode_options *options,
                                 struct arena *arena, char id[32], struct error *err)
{
    const char *seed = pair_value(metadata, "seed", arena), *build = pair_value(metadata, "build_id", arena);
    char *without = pair_value(metadata, "without", arena);
    *options = (struct episode_options){
        .policy = pair_value(metadata, "policy", arena),
        .shield = pair_value(metadata, "shield", arena),
    };
    if (!seed || !build || !without || !options->policy || !options->shield)
        return error_set(err, STATUS_CORRUPT, "the log's 'binnacle' metadata lacks a key");
    const char *shadow = pair_value(metadata, "shadow", arena); /* older logs have none */
    options->shadow = shadow && *shadow ? shadow : NULL;
    options->seed = strtoull(seed, NULL, 10);
    snprintf(id, 32, "%s", build);
    options->sets = list_unpack(metadata, "set.", &options->set_count, arena);
    options->faults = list_unpack(metadata, "fault.", &options->fault_count, arena);
    return without_parse(without, &options->without, err);
}

/* The brought policies: of each its name and path, and of networks the bytes. */
static void policies_parse(struct mcap_reader *log, struct episode_options *options, struct arena *arena)
{
    const struct mcap_metadata *all;
    const struct mcap_attachment *attachments;
    size_t count = mcap_reader_metadatas(log, &all), attachment_count = mcap_reader_attachments(log, &attachments);
    struct policy_file *files = arena_new(arena, count + 1, sizeof *files);
    for (size_t i = 0; i < count; i++) {
        if (!all[i].pairs || strncmp(all[i].name, "binnacle_policy/", 16))
            continue;
        struct policy_file *file = &files[options->policy_file_count];
        *file = (struct policy_file){pair_value(&all[i], "name", arena), pair_value(&all[i], "path", arena), NULL, 0};
        if (!file->name || !file->path)
            continue;
        options->policy_file_count++;
        for (size_t k = 0; k < attachment_count; k++) {
            if (strncmp(attachments[k].name, "policy/", 7) || strcmp(attachments[k].name + 7, file->name))
                continue;
            uint8_t *copy = arena_new(arena, attachments[k].size + 1, 1);
            memcpy(copy, attachments[k].data, attachments[k].size);
            file->data = copy;
            file->size = attachments[k].size;
        }
    }
    options->policy_files = files;
}

struct scenario *episode_unpack(struct mcap_reader *log, struct episode_options *options, struct arena *arena,
                                char id[32], struct error *err)
{
    struct scenario_file files[SCENARIO_FILES_MAX] = {0};
    size_t file_count = 0;
    const struct mcap_metadata *metadata = mcap_reader_metadata(log, METADATA_NAME);
    if (!metadata) {
        error_set(err, STATUS_CORRUPT,
                  "the log carries no experiment (no 'binnacle' metadata); it can be shown but not re-simulated");
        return NULL;
    }
    if (options_parse(metadata, options, arena, id, err))
        return NULL;
    policies_parse(log, options, arena);
    options->repeats = true;
    const struct mcap_attachment *attachments;
    size_t count = mcap_reader_attachments(log, &attachments), prefix = strlen(ATTACHMENT_PREFIX);
    for (size_t i = 0; i < count && file_count < COUNT_OF(files); i++) {
        if (strncmp(attachments[i].name, ATTACHMENT_PREFIX, prefix))
            continue;
        struct scenario_file *file = &files[file_count++];
        snprintf(file->name, sizeof file->name, "%s", attachments[i].name + prefix);
        file->data = (uint8_t *)(uintptr_t)attachments[i].data; /* only read by scenario_unpack */
        file->size = attachments[i].size;
    }
    if (!file_count) {
        error_set(err, STATUS_CORRUPT, "the log carries no scenario attachment; it can be shown but not re-simulated");
        return NULL;
    }
    return scenario_unpack(files, file_count, err);
}
