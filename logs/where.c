#include "logs/where.h"

#include <stdio.h>
#include <stdlib.h>

#include "logs/field.h"

enum { DEPTH_MAX = 64, PATHS_MAX = 64 };

enum operator { IS_TRUE, EQUAL, UNEQUAL, LESS, AT_MOST, GREATER, AT_LEAST, NOT, AND, OR };
enum verdict { NO, YES, UNKNOWN };

struct operand {
    const char *path; /* NULL: a constant */
    const char *text; /* NULL: a number */
    long double number;
};

struct node {
    enum operator operator;
    struct node *left, *right;     /* NOT has only a left one */
    struct operand first, second;  /* of a comparison; IS_TRUE has only a first one */
};

struct where {
    struct arena arena;
    struct node *root;
    const char *paths[PATHS_MAX];
    size_t path_count;
};

/* --- parsing ---------------------------------------------------------------------------------------------- */

struct parser {
    struct where *where;
    const char *text, *at;
    int depth;
    struct error *err;
};

static bool fail(struct parser *parser, const char *reason)
{
    if (parser->err && !parser->err->status)
        error_set(parser->err, STATUS_BAD_INPUT, "the expression '%.300s' is wrong at column %zu: %s", parser->text,
                  (size_t)(parser->at - parser->text) + 1, reason);
    return false;
}

static void skip_blanks(struct parser *parser) { parser->at += strspn(parser->at, " \t\n"); }

static bool take(struct parser *parser, const char *word)
{
    skip_blanks(parser);
    size_t length = strlen(word);
    if (strncmp(parser->at, word, length))
        return false;
    parser->at += length;
    return true;
}

static bool operand_text(struct parser *parser, struct operand *operand)
{
    const char *start = parser->at + 1, *end = strchr(start, *parser->at);
    if (!end)
        return fail(parser, "the text that begins here does not end");
    operand->text = arena_string(&parser->where->arena, start, (size_t)(end - start));
    parser->at = end + 1;
    return true;
}

static bool operand_path(struct parser *parser, struct operand *operand)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.[]";
    struct where *where = parser->where;
    size_t length = strspn(parser->at, letters);
    const char *word = arena_string(&where->arena, parser->at, length);
    bool is_true = !strcmp(word, "true");
    if (is_true || !strcmp(word, "false")) {
        operand->number = is_true;
    } else if (where->path_count == PATHS_MAX) {
        return fail(parser, "too many field names");
    } else {
        operand->path = where->paths[where->path_count++] = word;
    }
    parser->at += length;
    return true;
}

static bool operand_read(struct parser *parser, struct operand *operand)
{
    skip_blanks(parser);
    char c = *parser->at, *end;
    if (c == '"' || c == '\'')
        return operand_text(parser, operand);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
        return operand_path(parser, operand);
    operand->number = strtold(parser->at, &end);
    if (end == parser->at)
        return fail(parser, c ? "here should stand a field, a number or a text" : "something is missing at the end");
    parser->at = end;
    return true;
}

static struct node *node_new(struct parser *parser, enum operator operator, struct node *left, struct node *right)
{
    struct node *node = arena_new(&parser->where->arena, 1, sizeof *node);
    *node = (struct node){.operator = operator, .left = left, .right = right};
    return node;
}

static struct node *comparison_read(struct parser *parser)
{
    static const struct {
        const char *word;
        enum operator operator;
    } words[] = {{"==", EQUAL}, {"!=", UNEQUAL}, {"<=", AT_MOST}, {">=", AT_LEAST}, {"<", LESS}, {">", GREATER}};
    struct node *node = node_new(parser, IS_TRUE, NULL, NULL);
    if (!operand_read(parser, &node->first))
        return NULL;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (take(parser, words[i].word)) {
            node->operator = words[i].operator;
            return operand_read(parser, &node->second) ? node : NULL;
        }
    return node;
}

static struct node *either_read(struct parser *parser);

static struct node *unary_read(struct parser *parser)
{
    struct node *node = NULL;
    if (parser->depth == DEPTH_MAX) {
        fail(parser, "it is nested too deeply");
        return NULL;
    }
    parser->depth++;
    if (take(parser, "!")) {
        node = unary_read(parser);
        node = node ? node_new(parser, NOT, node, NULL) : NULL;
    } else if (take(parser, "(")) {
        node = either_read(parser);
        if (node && !take(parser, ")"))
            node = fail(parser, "a ')' is missing") ? node : NULL;
    } else {
        node = comparison_read(parser);
    }
    parser->depth--;
    return node;
}

static struct node *both_read(struct parser *parser)
{
    struct node *node = unary_read(parser);
    while (node && take(parser, "&&")) {
        struct node *right = unary_read(parser);
        node = right ? node_new(parser, AND, node, right) : NULL;
    }
    return node;
}

static struct node *either_read(struct parser *parser)
{
    struct node *node = both_read(parser);
    while (node && take(parser, "||")) {
        struct node *right = both_read(parser);
        node = right ? node_new(parser, OR, node, right) : NULL;
    }
    return node;
}

struct where *where_parse(const char *text, struct error *err)
{
    struct where *where = NEW(struct where);
    struct error why = {0};
    struct parser parser = {.where = where, .text = text, .at = text, .err = &why};
    where->root = either_read(&parser);
    skip_blanks(&parser);
    if (where->root && *parser.at)
        fail(&parser, "here should stand &&, || or the end");
    if (why.status) {
        error_set(err, why.status, "%s", why.text);
        where_destroy(&where);
    }
    return where;
}

void where_destroy(struct where **where)
{
    if (!*where)
        return;
    arena_clear(&(*where)->arena);
    free(*where);
    *where = NULL;
}

size_t where_paths(const struct where *where, const char *const **first)
{
    *first = where->paths;
    return where->path_count;
}

/* --- evaluating ------------------------------------------------------------------------------------------- */

struct subject {
    const struct message_type *type;
    const void *message;
};

/* The operand with its path replaced by what it leads to; false if it leads nowhere. */
static bool resolve(const struct operand *operand, const struct subject *subject, struct operand *constant)
{
    struct field_value value;
    *constant = *operand;
    if (!operand->path)
        return true;
    if (!field_find(subject->type, subject->message, operand->path, &value))
        return false;
    constant->text = value.kind == MESSAGE_STRING ? field_text(value) : NULL;
    constant->number = field_number(value);
    return true;
}

static enum verdict compare(enum operator operator, const struct operand *a, const struct operand *b)
{
    if (!a->text != !b->text)
        return UNKNOWN;
    int order = a->text ? strcmp(a->text, b->text) : 0;
    bool less = a->text ? order < 0 : a->number < b->number, greater = a->text ? order > 0 : a->number > b->number;
    bool equal = a->text ? order == 0 : a->number == b->number;
    switch ((int)operator) {
    case EQUAL: return equal;
    case UNEQUAL: return !equal;
    case LESS: return less;
    case AT_MOST: return less || equal;
    case GREATER: return greater;
    default: return greater || equal;
    }
}

static enum verdict evaluate(const struct node *node, const struct subject *subject)
{
    struct operand first, second;
    if (node->operator == NOT) {
        enum verdict verdict = evaluate(node->left, subject);
        return verdict == UNKNOWN ? UNKNOWN : verdict == NO ? YES : NO;
    }
    if (node->operator == AND || node->operator == OR) {
        enum verdict decisive = node->operator == OR ? YES : NO, left = evaluate(node->left, subject);
        if (left == decisive)
            return left;
        enum verdict right = evaluate(node->right, subject);
        return right == decisive ? right : left == UNKNOWN ? left : right;
    }
    if (!resolve(&node->first, subject, &first))
        return UNKNOWN;
    if (node->operator == IS_TRUE)
        return first.text ? *first.text != 0 : first.number != 0;
    return resolve(&node->second, subject, &second) ? compare(node->operator, &first, &second) : UNKNOWN;
}

bool where_matches(const struct where *where, const struct message_type *type, const void *message)
{
    const struct subject subject = {type, message};
    return evaluate(where->root, &subject) == YES;
}
