/* sim/xml.h - XML text as a tree that remembers where everything stood.
 *
 * Elements and their attributes; text between elements, comments and processing instructions are dropped. Bounded
 * in size, depth and number of elements; a document type (and with it every entity of its own) is refused. */
#ifndef SIM_XML_H
#define SIM_XML_H

#include <stddef.h>
#include <stdint.h>

#include "logs/memory.h"
#include "logs/status.h"

struct xml_attribute {
    const char *name, *value;
};

struct xml_node {
    const char *file, *name;
    size_t line, column; /* from 1 */
    const struct xml_attribute *attributes;
    size_t attribute_count;
    const struct xml_node *first, *next; /* children, siblings */
};

/* The root of a tree in `arena`; NULL with STATUS_BAD_INPUT and a sentence that begins "file:line:column: ". */
MUST_USE const struct xml_node *xml_parse(struct arena *arena, const char *file, const uint8_t *data, size_t size,
                                          struct error *err);
/* The next element of that name, `from` (a first child or a sibling) included; NULL if there is none. */
const struct xml_node *xml_find(const struct xml_node *from, const char *name);
const char *xml_attribute(const struct xml_node *node, const char *name); /* NULL if it is not there */
/* STATUS_BAD_INPUT; the sentence gets the element's place in front. */
enum status xml_refuse(const struct xml_node *node, struct error *err, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
