#include "sim/scenario_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 8, NODES_MAX = 500000, KEYS_MAX = 64 };

struct builder {
    struct arena *arena;
    const char *file;
    struct scenario_node *root;
    struct scenario_node *open[DEPTH_MAX];
    const struct scenario_node **tail[DEPTH_MAX]; /* where the next child of open[i] is linked in */
    size_t depth, nodes;
    const char *key; /* read, still without its value */
    yaml_mark_t key_mark;
};

static enum status place_refuse(const char *file, size_t line, size_t column, struct error *err, const char *format,
                                va_list args)
{
    char text[512];
    vsnprintf(text, sizeof text, format, args);
    return error_set(err, STATUS_BAD_INPUT, "%s:%zu:%zu: %s", file, line, column, text);
}

enum status scenario_yaml_refuse(const struct scenario_node *node, struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    place_refuse(node->file, node->line, node->column, err, format, args);
    va_end(args);
    return STATUS_BAD_INPUT;
}

static enum status PRINTF_LIKE(4, 5)
    mark_refuse(const struct builder *builder, yaml_mark_t mark, struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    place_refuse(builder->file, mark.line + 1, mark.column + 1, err, format, args);
    va_end(args);
    return STATUS_BAD_INPUT;
}

static enum status decoration_refuse(const struct builder *builder, const yaml_event_t *event, struct error *err)
{
    return mark_refuse(builder, event->start_mark, err,
                       "anchors and tags (&name, !tag) are not supported; remove it");
}

static const char *scalar_text(struct builder *builder, const yaml_event_t *event, struct error *err)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (memchr(text, '\0', length)) {
        mark_refuse(builder, event->start_mark, err, "the text contains a NUL character; remove it");
        return NULL;
    }
    return arena_string(builder->arena, text, length);
}

/* A scalar where a key belongs. */
static enum status key_take(struct builder *builder, const yaml_event_t *event, struct error *err)
{
    const struct scenario_node *map = builder->open[builder->depth - 1];
    builder->key = scalar_text(builder, event, err);
    builder->key_mark = event->start_mark;
    if (!builder->key)
        return STATUS_BAD_INPUT;
    if (map->count == KEYS_MAX)
        return mark_refuse(builder, event->start_mark, err, "more than %d keys in one group", KEYS_MAX);
    for (const struct scenario_node *child = map->first; child; child = child->next)
        if (!strcmp(child->key, builder->key))
            return mark_refuse(builder, event->start_mark, err,
                               "'%s' was given before, in line %zu; keep one of the two", builder->key, child->line);
    return STATUS_OK;
}

static enum status node_add(struct builder *builder, const yaml_event_t *event, enum scenario_node_kind kind,
                            struct scenario_node **added, struct error *err)
{
    if (++builder->nodes > NODES_MAX)
        return mark_refuse(builder, event->start_mark, err,
                           "more than %d values; a scenario holds at most %d solids, make it smaller", NODES_MAX,
                           SCENARIO_SOLIDS_MAX);
    yaml_mark_t mark = builder->key ? builder->key_mark : event->start_mark;
    struct scenario_node *node = arena_new(builder->arena, 1, sizeof *node);
    *node = (struct scenario_node){.kind = kind, .file = builder->file, .line = mark.line + 1,
                                   .column = mark.column + 1, .key = builder->key};
    builder->key = NULL;
    if (builder->depth) {
        builder->open[builder->depth - 1]->count++;
        *builder->tail[builder->depth - 1] = node;
        builder->tail[builder->depth - 1] = &node->next;
    } else {
        builder->root = node;
    }
    *added = node;
    return STATUS_OK;
}

static bool key_wanted(const struct builder *builder)
{
    return builder->depth && builder->open[builder->depth - 1]->kind == NODE_MAP && !builder->key;
}

static enum status scalar_take(struct builder *builder, const yaml_event_t *event, struct error *err)
{
    if (event->data.scalar.anchor || event->data.scalar.tag)
        return decoration_refuse(builder, event, err);
    if (key_wanted(builder))
        return key_take(builder, event, err);
    struct scenario_node *node;
    enum status status = node_add(builder, event, NODE_TEXT, &node, err);
    if (status)
        return status;
    node->text = scalar_text(builder, event, err);
    return node->text ? STATUS_OK : STATUS_BAD_INPUT;
}

static enum status group_open(struct builder *builder, const yaml_event_t *event, enum scenario_node_kind kind,
                              bool decorated, struct error *err)
{
    if (decorated)
        return decoration_refuse(builder, event, err);
    if (key_wanted(builder))
        return mark_refuse(builder, event->start_mark, err, "a key must be a word, not a list or a group");
    if (builder->depth == DEPTH_MAX)
        return mark_refuse(builder, event->start_mark, err, "nested more than %d levels deep", DEPTH_MAX);
    struct scenario_node *node;
    enum status status = node_add(builder, event, kind, &node, err);
    if (status)
        return status;
    builder->open[builder->depth] = node;
    builder->tail[builder->depth++] = &node->first;
    return STATUS_OK;
}

static enum status event_take(struct builder *builder, const yaml_event_t *event, struct error *err)
{
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return mark_refuse(builder, event->start_mark, err,
                           "aliases (*name) are not supported; write the value out");
    case YAML_SCALAR_EVENT:
        return scalar_take(builder, event, err);
    case YAML_SEQUENCE_START_EVENT:
        return group_open(builder, event, NODE_LIST,
                          event->data.sequence_start.anchor || event->data.sequence_start.tag, err);
    case YAML_MAPPING_START_EVENT:
        return group_open(builder, event, NODE_MAP,
                          event->data.mapping_start.anchor || event->data.mapping_start.tag, err);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        builder->depth--;
        return STATUS_OK;
    case YAML_DOCUMENT_START_EVENT:
        if (builder->root)
            return mark_refuse(builder, event->start_mark, err,
                               "a second document begins here; a file holds one, remove the '---'");
        return STATUS_OK;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return STATUS_OK;
    }
    return STATUS_OK;
}

static enum status parser_refuse(const struct builder *builder, const yaml_parser_t *parser, struct error *err)
{
    if (parser->error == YAML_READER_ERROR)
        return error_set(err, STATUS_BAD_INPUT, "%s: byte %zu is not UTF-8 text (%s); save the file as UTF-8",
                         builder->file, parser->problem_offset, parser->problem);
    return mark_refuse(builder, parser->problem_mark, err, "not YAML: %s%s%s; check indentation, brackets and quotes",
                       parser->problem ? parser->problem : "unreadable", parser->context ? " " : "",
                       parser->context ? parser->context : "");
}

const struct scenario_node *scenario_yaml_parse(struct arena *arena, const char *file, const uint8_t *data,
                                                size_t size, struct error *err)
{
    struct builder builder = {.arena = arena, .file = arena_string(arena, file, strlen(file))};
    yaml_parser_t parser;
    ASSERT(yaml_parser_initialize(&parser));
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, size ? data : (const uint8_t *)"", size);
    enum status status = STATUS_OK;
    for (bool more = true; more && !status;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            status = parser_refuse(&builder, &parser, err);
            break;
        }
        more = event.type != YAML_STREAM_END_EVENT;
        status = event_take(&builder, &event, err);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    if (!status && !builder.root)
        status = error_set(err, STATUS_BAD_INPUT, "%s: the file is empty", file);
    return status ? NULL : builder.root;
}

const struct scenario_node *scenario_yaml_find(const struct scenario_node *node, const char *path)
{
    size_t length = strcspn(path, " ");
    while (node && length) {
        size_t part = 0;
        while (part < length && path[part] != '.')
            part++;
        const struct scenario_node *child = node->kind == NODE_MAP ? node->first : NULL;
        while (child && (strlen(child->key) != part || strncmp(child->key, path, part)))
            child = child->next;
        node = child;
        path += part + (part < length);
        length -= part + (part < length);
    }
    return node;
}
