#include "logs/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "logs/message_internal.h"

struct text { /* a piece of the schema; not terminated */
    const char *at;
    size_t length;
};

enum progress { UNTOUCHED, OPEN, DONE };

struct definition { /* one section of the text */
    struct message_type type;
    struct text body;
    int line; /* of the body's first */
    size_t align, leaves;
    enum progress progress;
};

struct parser {
    const char *name; /* for sentences */
    struct arena *arena;
    struct definition *definitions;
    size_t count, fields;
    int line; /* being read */
    struct error *err;
};

static PRINTF_LIKE(2, 3) bool fail(struct parser *parser, const char *format, ...)
{
    char reason[256];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    error_set(parser->err, STATUS_CORRUPT, "the schema of %.200s cannot be used: line %d, %s", parser->name,
              parser->line, reason);
    return false;
}

/* --- pieces of text --------------------------------------------------------------------------------------- */

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_'; }

static bool text_is(struct text text, const char *word)
{
    return strlen(word) == text.length && !memcmp(word, text.at, text.length);
}

static int shown(struct text text) { return text.length < 100 ? (int)text.length : 100; } /* in a sentence */

static bool text_same(struct text a, struct text b) { return a.length == b.length && !memcmp(a.at, b.at, a.length); }

static struct text text_skip(struct text text, size_t count)
{
    return (struct text){text.at + count, text.length - count};
}

static struct text text_trim(struct text text)
{
    while (text.length && is_blank(*text.at))
        text = text_skip(text, 1);
    while (text.length && is_blank(text.at[text.length - 1]))
        text.length--;
    return text;
}

/* Takes the characters up to (not including) the first blank off the front. */
static struct text take_token(struct text *rest)
{
    struct text token = {rest->at, 0};
    while (token.length < rest->length && !is_blank(rest->at[token.length]) && rest->at[token.length] != '#')
        token.length++;
    *rest = text_trim(text_skip(*rest, token.length));
    return token;
}

static struct text take_line(struct text *rest)
{
    const char *end = rest->length ? memchr(rest->at, '\n', rest->length) : NULL;
    struct text line = {rest->at, end ? (size_t)(end - rest->at) : rest->length};
    *rest = text_skip(*rest, line.length + (end != NULL));
    return line;
}

/* A whole number at the front, at most UINT32_MAX. */
static bool take_number(struct text *rest, uint32_t *value)
{
    uint64_t sum = 0;
    size_t digits = 0;
    for (; digits < rest->length && is_digit(rest->at[digits]) && sum <= UINT32_MAX; digits++)
        sum = sum * 10 + (uint64_t)(rest->at[digits] - '0');
    *rest = text_skip(*rest, digits);
    *value = (uint32_t)sum;
    return digits && sum <= UINT32_MAX;
}

static bool take_text(struct text *rest, const char *word)
{
    size_t length = strlen(word);
    if (rest->length < length || memcmp(rest->at, word, length))
        return false;
    *rest = text_skip(*rest, length);
    return true;
}

static bool is_rule(struct text line) /* the line of '=' between two definitions */
{
    for (size_t i = 0; i < line.length; i++)
        if (line.at[i] != '=')
            return false;
    return line.length >= 3;
}

/* --- sections --------------------------------------------------------------------------------------------- */

/* "package/Name", "package/msg/Name" or "Name". */
static bool name_split(struct text full, struct text *package, struct text *name)
{
    size_t first = 0, last = full.length;
    while (first < full.length && full.at[first] != '/')
        first++;
    while (last > 0 && full.at[last - 1] != '/')
        last--;
    *package = (struct text){full.at, last ? first : 0};
    *name = text_skip(full, last);
    for (size_t i = 0; i < full.length; i++)
        if (!is_word(full.at[i]) && full.at[i] != '/')
            return false;
    return name->length > 0;
}

static char *keep(struct parser *parser, struct text text)
{
    return arena_string(parser->arena, text.at, text.length);
}

static size_t sections_count(struct text rest)
{
    size_t count = 1;
    while (rest.length)
        count += is_rule(text_trim(take_line(&rest)));
    return count;
}

static bool section_add(struct parser *parser, struct text full, struct text body, int line)
{
    struct text package, name;
    if (!name_split(full, &package, &name))
        return fail(parser, "'%.*s' is not a type's name (package/msg/Name)", shown(full), full.at);
    struct definition *definition = &parser->definitions[parser->count++];
    *definition = (struct definition){.body = body, .line = line};
    definition->type.package = keep(parser, package);
    definition->type.name = keep(parser, name);
    return true;
}

/* Cuts the text at the rules; fields are not looked at yet. */
static bool sections_find(struct parser *parser, struct text rest)
{
    struct text full = {parser->name, strlen(parser->name)}, body = {rest.at, 0};
    int body_line = 1;
    size_t count = sections_count(rest);
    if (count > SCHEMA_TYPES_MAX)
        return fail(parser, "there are %zu definitions and at most %d are read", count, SCHEMA_TYPES_MAX);
    parser->definitions = arena_new(parser->arena, count, sizeof *parser->definitions);
    for (;;) {
        parser->line++;
        bool over = !rest.length;
        const char *start = rest.at;
        struct text line = text_trim(take_line(&rest));
        if (!over && !is_rule(line))
            continue;
        body.length = (size_t)(start - body.at);
        if (!section_add(parser, full, body, body_line))
            return false;
        if (over)
            return true;
        parser->line++;
        full = text_trim(take_line(&rest));
        if (!take_text(&full, "MSG:"))
            return fail(parser, "a line 'MSG: package/Name' must follow the line of '='");
        full = text_trim(full);
        body = rest;
        body_line = parser->line + 1;
    }
}

/* --- one type --------------------------------------------------------------------------------------------- */

static bool kind_find(struct text word, enum message_kind *kind)
{
#define ROS_NAME(kind, c, ros) {ros, MESSAGE_##kind},
    static const struct {
        const char *name;
        enum message_kind kind;
    } kinds[] = {MESSAGE_KINDS(ROS_NAME){"char", MESSAGE_UINT8}};
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (text_is(word, kinds[i].name)) {
            *kind = kinds[i].kind;
            return true;
        }
    return false;
}

/* By full name; a bare one is looked up in the same package first, then anywhere ("Header" is std_msgs/Header). */
static struct definition *definition_find(struct parser *parser, struct text full, const char *package_here)
{
    struct text package, name, here = {package_here, strlen(package_here)};
    struct definition *elsewhere = NULL;
    if (!name_split(full, &package, &name))
        return NULL;
    for (size_t i = 0; i < parser->count; i++) {
        struct definition *definition = &parser->definitions[i];
        struct text its = {definition->type.package, strlen(definition->type.package)};
        if (!text_is(name, definition->type.name))
            continue;
        if (text_same(its, package.length ? package : here))
            return definition;
        if (!package.length && !elsewhere)
            elsewhere = definition;
    }
    return elsewhere;
}

/* "<=N" of a bounded string, "[]", "[N]", "[<=N]"; must be all that is left of the type. */
static bool shape_read(struct parser *parser, struct text rest, struct message_field *field)
{
    uint32_t bound;
    bool bounded = field->kind == MESSAGE_STRING && take_text(&rest, "<=");
    if (bounded && !take_number(&rest, &bound))
        return fail(parser, "a string's bound is not a number");
    if (!rest.length)
        return true;
    bool good = take_text(&rest, "[");
    bool at_most = take_text(&rest, "<=");
    bool number = rest.length && is_digit(*rest.at);
    good = good && number >= at_most && (!number || take_number(&rest, &bound)) && take_text(&rest, "]");
    if (!good || rest.length)
        return fail(parser, "what follows the type is not [], [N] or [<=N] with N below 2^32");
    field->shape = number && !at_most ? MESSAGE_ARRAY : MESSAGE_SEQUENCE;
    field->length = field->shape == MESSAGE_ARRAY ? bound : 1;
    if (field->length == 0)
        return fail(parser, "an array of no elements");
    return true;
}

static bool definition_read(struct parser *parser, struct definition *definition, int depth);

static bool type_read(struct parser *parser, struct text token, const struct definition *owner, int depth,
                      struct message_field *field, struct definition **nested)
{
    struct text word = {token.at, 0};
    while (word.length < token.length && (is_word(token.at[word.length]) || token.at[word.length] == '/'))
        word.length++;
    int line = parser->line;
    if (text_is(word, "wstring"))
        return fail(parser, "wstring has no agreed encoding in CDR and is not read");
    if (!kind_find(word, &field->kind)) {
        field->kind = MESSAGE_NESTED;
        *nested = definition_find(parser, word, owner->type.package);
        if (!*nested)
            return fail(parser, "the type '%.*s' is not defined in the schema", shown(word), word.at);
        if ((*nested)->progress == OPEN)
            return fail(parser, "the type '%.*s' contains itself", shown(word), word.at);
        if (depth == SCHEMA_DEPTH_MAX)
            return fail(parser, "types are nested more than %d deep", SCHEMA_DEPTH_MAX);
        if (!definition_read(parser, *nested, depth + 1))
            return false;
        parser->line = line;
        field->nested = &(*nested)->type;
    }
    return shape_read(parser, text_skip(token, word.length), field);
}

/* Where the compiler would put the member. */
static bool field_place(struct parser *parser, struct definition *owner, const struct definition *nested,
                        struct message_field *field)
{
    size_t align = nested ? nested->align : message_element_size(field), size = message_element_size(field);
    if (field->shape == MESSAGE_SEQUENCE) {
        align = _Alignof(struct message_sequence);
        size = sizeof(struct message_sequence);
    } else {
        size *= field->length; /* 2^24 times 2^32 at most */
    }
    field->offset = (owner->type.size + align - 1) & ~(align - 1);
    owner->type.size = field->offset + size;
    owner->align = align > owner->align ? align : owner->align;
    owner->leaves += nested ? nested->leaves : 1;
    if (owner->type.size > SCHEMA_STRUCT_MAX)
        return fail(parser, "a message of it would take more than %d bytes", SCHEMA_STRUCT_MAX);
    if (owner->leaves > SCHEMA_FIELDS_MAX || ++parser->fields > SCHEMA_FIELDS_MAX)
        return fail(parser, "there are more than %d fields", SCHEMA_FIELDS_MAX);
    return true;
}

/* One line. *is_field is false for blank lines, comments and constants. */
static bool line_read(struct parser *parser, struct text line, struct definition *owner, int depth,
                      struct message_field *field, bool *is_field)
{
    struct text rest = text_trim(line), type = take_token(&rest), name = {rest.at, 0};
    struct definition *nested = NULL;
    *is_field = false;
    if (!type.length)
        return true;
    while (name.length < rest.length && is_word(rest.at[name.length]))
        name.length++;
    rest = text_trim(text_skip(rest, name.length));
    if (!name.length || is_digit(*name.at))
        return fail(parser, "a field is 'type name', and there is no name");
    if (rest.length && *rest.at == '=')
        return true; /* a constant: nothing of it is in a message */
    *is_field = true;
    *field = (struct message_field){.shape = MESSAGE_ONE, .length = 1};
    if (!type_read(parser, type, owner, depth, field, &nested))
        return false;
    field->name = keep(parser, name);
    return field_place(parser, owner, nested, field);
}

static bool definition_read(struct parser *parser, struct definition *definition, int depth)
{
    if (definition->progress == DONE)
        return true;
    struct message_field *fields = NULL;
    size_t count = 0;
    struct text rest = definition->body;
    bool good = true;
    definition->progress = OPEN;
    definition->align = 1;
    for (int line = definition->line; good && rest.length; line++) {
        struct message_field field;
        bool is_field;
        parser->line = line;
        good = line_read(parser, take_line(&rest), definition, depth, &field, &is_field);
        if (!good || !is_field)
            continue;
        if (!(count & (count + 1))) /* grows when it is 2^n - 1 */
            fields = memory_resize(fields, 2 * count + 1, sizeof *fields);
        fields[count++] = field;
    }
    struct message_field *kept = arena_new(parser->arena, count, sizeof *kept);
    if (count)
        memcpy(kept, fields, count * sizeof *kept);
    free(fields);
    struct message_type *type = &definition->type;
    type->fields = kept;
    type->field_count = count;
    type->size = count ? (type->size + definition->align - 1) & ~(definition->align - 1) : 1;
    definition->leaves += count == 0;
    definition->progress = DONE;
    return good;
}

const struct message_type *schema_parse(const char *name, const void *text, size_t size, struct arena *arena,
                                        struct error *err)
{
    struct parser parser = {.name = name, .arena = arena, .err = err};
    if (size > SCHEMA_TEXT_MAX) {
        error_set(err, STATUS_CORRUPT,
                  "the schema of %.200s cannot be used: its %zu bytes are more than the %d allowed", name, size,
                  SCHEMA_TEXT_MAX);
        return NULL;
    }
    bool good = sections_find(&parser, (struct text){size ? text : "", size});
    return good && definition_read(&parser, &parser.definitions[0], 1) ? &parser.definitions[0].type : NULL;
}
