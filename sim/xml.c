#include "sim/xml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <expat.h>

enum { DEPTH_MAX = 32, NODES_MAX = 50000, BYTES_MAX = 8 << 20 };

struct builder {
    struct arena *arena;
    XML_Parser parser;
    const char *file;
    struct xml_node *root, *open[DEPTH_MAX];
    const struct xml_node **tail[DEPTH_MAX]; /* where the next child of open[i] is linked in */
    size_t depth, nodes;
    struct error *err;
    bool failed;
};

/* Stops the parser; its own message is then not wanted. */
static void builder_fail(struct builder *b, const char *what)
{
    b->failed = true;
    error_set(b->err, STATUS_BAD_INPUT, "%s:%zu:%zu: %s", b->file, (size_t)XML_GetCurrentLineNumber(b->parser),
              (size_t)XML_GetCurrentColumnNumber(b->parser) + 1, what);
    XML_StopParser(b->parser, XML_FALSE);
}

static const struct xml_attribute *attributes_copy(struct arena *arena, const XML_Char **pairs, size_t *count)
{
    *count = 0;
    while (pairs[2 * *count])
        ++*count;
    struct xml_attribute *copy = arena_new(arena, *count + 1, sizeof *copy);
    for (size_t i = 0; i < *count; i++) {
        copy[i].name = arena_string(arena, pairs[2 * i], strlen(pairs[2 * i]));
        copy[i].value = arena_string(arena, pairs[2 * i + 1], strlen(pairs[2 * i + 1]));
    }
    return copy;
}

static void element_open(void *self, const XML_Char *name, const XML_Char **attributes)
{
    struct builder *b = self;
    if (b->failed)
        return;
    if (b->depth == DEPTH_MAX || b->nodes++ == NODES_MAX) {
        builder_fail(b, b->depth == DEPTH_MAX ? "elements are nested more than 32 deep" : "more than 50000 elements");
        return;
    }
    struct xml_node *node = arena_new(b->arena, 1, sizeof *node);
    node->file = b->file;
    node->name = arena_string(b->arena, name, strlen(name));
    node->line = (size_t)XML_GetCurrentLineNumber(b->parser);
    node->column = (size_t)XML_GetCurrentColumnNumber(b->parser) + 1;
    node->attributes = attributes_copy(b->arena, attributes, &node->attribute_count);
    if (b->depth == 0)
        b->root = node;
    else {
        *b->tail[b->depth - 1] = node;
        b->tail[b->depth - 1] = &node->next;
    }
    b->open[b->depth] = node;
    b->tail[b->depth++] = &node->first;
}

static void element_close(void *self, const XML_Char *name)
{
    struct builder *b = self;
    (void)name;
    if (b->failed)
        return;
    ASSERT(b->depth > 0); /* Expat pairs them */
    b->depth--;
}

static void doctype_open(void *self, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    builder_fail(self, "a document type is not read here; remove the <!DOCTYPE ...>");
}

const struct xml_node *xml_parse(struct arena *arena, const char *file, const uint8_t *data, size_t size,
                                 struct error *err)
{
    if (size > BYTES_MAX) {
        error_set(err, STATUS_BAD_INPUT, "%s: it is %zu bytes long; at most %d are read", file, size, BYTES_MAX);
        return NULL;
    }
    struct builder b = {.arena = arena, .err = err, .parser = XML_ParserCreate(NULL)};
    ASSERT(b.parser);
    b.file = arena_string(arena, file, strlen(file));
    XML_SetHashSalt(b.parser, 1); /* no need to ask the system for chance */
    XML_SetUserData(b.parser, &b);
    XML_SetElementHandler(b.parser, element_open, element_close);
    XML_SetStartDoctypeDeclHandler(b.parser, doctype_open);
    enum XML_Status status = XML_Parse(b.parser, (const char *)data, (int)size, XML_TRUE);
    if (status != XML_STATUS_OK && !b.failed)
        error_set(err, STATUS_BAD_INPUT, "%s:%zu:%zu: this is not XML: %s", file,
                  (size_t)XML_GetCurrentLineNumber(b.parser), (size_t)XML_GetCurrentColumnNumber(b.parser) + 1,
                  XML_ErrorString(XML_GetErrorCode(b.parser)));
    XML_ParserFree(b.parser);
    return status == XML_STATUS_OK && !b.failed ? b.root : NULL;
}

const struct xml_node *xml_find(const struct xml_node *from, const char *name)
{
    while (from && strcmp(from->name, name))
        from = from->next;
    return from;
}

const char *xml_attribute(const struct xml_node *node, const char *name)
{
    for (size_t i = 0; i < node->attribute_count; i++)
        if (!strcmp(node->attributes[i].name, name))
            return node->attributes[i].value;
    return NULL;
}

enum status xml_refuse(const struct xml_node *node, struct error *err, const char *format, ...)
{
    char text[800];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return error_set(err, STATUS_BAD_INPUT, "%s:%zu:%zu: %s", node->file, node->line, node->column, text);
}
