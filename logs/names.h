/* logs/names.h - "did you mean": the nearest of some names to what was typed. */
#ifndef LOGS_NAMES_H
#define LOGS_NAMES_H

#include <stddef.h>

/* Levenshtein distance, adjacent swaps counted as one edit. */
size_t names_distance(const char *a, const char *b);

/* The index of the name closest to `word` among `count` names, `stride` bytes apart (so a table of structs that begin
 * with a `const char *` can be passed as it is); `count` if none is within a third of the word's length plus one. */
size_t names_nearest(const char *word, const void *names, size_t count, size_t stride);

/* "; did you mean 'office'?" or "" into text. */
void names_hint(char *text, size_t size, const char *word, const void *names, size_t count, size_t stride);

#endif
