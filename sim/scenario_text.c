#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario_internal.h"

struct scenario_text scenario_text_open(const struct scenario_file *file)
{
    const char *first = file->size ? (const char *)file->data : "";
    return (struct scenario_text){.file = file->name, .at = first, .end = first, .line_start = first, .word = first,
                                  .last = first + file->size};
}

bool scenario_text_line(struct scenario_text *text)
{
    const char *next = text->line ? text->end + 1 : text->end; /* beyond the newline, which may be missing at the end */
    if (next >= text->last)
        return false;
    const char *newline = memchr(next, '\n', (size_t)(text->last - next));
    text->at = text->word = text->line_start = next;
    text->end = newline ? newline : text->last;
    text->line++;
    return true;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool scenario_text_word(struct scenario_text *text, char word[SCENARIO_WORD_MAX])
{
    size_t length = 0;
    while (text->at < text->end && is_blank(*text->at))
        text->at++;
    text->word = text->at;
    for (; text->at < text->end && !is_blank(*text->at); text->at++)
        if (length + 1 < SCENARIO_WORD_MAX) /* bytes that are no text must not reach a terminal */
            word[length++] = *text->at >= ' ' && *text->at <= '~' ? *text->at : '?';
    word[length] = '\0';
    return length > 0;
}

enum status scenario_text_refuse(const struct scenario_text *text, struct error *err, const char *format, ...)
{
    char sentence[400];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return error_set(err, STATUS_BAD_INPUT, "%s:%zu:%zu: %s", text->file, text->line,
                     (size_t)(text->word - text->line_start) + 1, sentence);
}

enum status scenario_text_number(struct scenario_text *text, const char *what, double min, double max, double *number,
                                 struct error *err)
{
    ASSERT(min <= max);
    char word[SCENARIO_WORD_MAX], *end;
    if (!scenario_text_word(text, word))
        return scenario_text_refuse(text, err, "the line ends before %s", what);
    *number = strtod(word, &end);
    if (*end || !(*number >= min && *number <= max)) /* a NaN is within nothing */
        return scenario_text_refuse(text, err, "%s must be a number from %g to %g, not '%s'", what, min, max, word);
    return STATUS_OK;
}

enum status scenario_text_whole(struct scenario_text *text, const char *what, int min, int max, int *number,
                                struct error *err)
{
    double value;
    enum status status = scenario_text_number(text, what, min, max, &value, err);
    if (status)
        return status;
    *number = (int)value;
    return *number == value ? STATUS_OK : scenario_text_refuse(text, err, "%s must be a whole number", what);
}
