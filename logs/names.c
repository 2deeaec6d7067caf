#include "logs/names.h"

#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 63 };

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

size_t names_distance(const char *a, const char *b)
{
    size_t m = strlen(a), n = strlen(b);
    if (m > WORD_MAX || n > WORD_MAX)
        return m > n ? m : n;
    size_t rows[3][WORD_MAX + 1], *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= n; j++)
        last[j] = before[j] = j;
    for (size_t i = 1; i <= m; i++) {
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            row[j] = smaller(last[j - 1] + (a[i - 1] != b[j - 1]), smaller(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smaller(row[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[n];
}

static const char *name_at(const void *names, size_t i, size_t stride)
{
    const char *name;
    memcpy(&name, (const char *)names + i * stride, sizeof name);
    return name;
}

size_t names_nearest(const char *word, const void *names, size_t count, size_t stride)
{
    size_t best = count, best_distance = strlen(word) / 3 + 2;
    for (size_t i = 0; i < count; i++) {
        size_t distance = names_distance(word, name_at(names, i, stride));
        if (distance < best_distance) {
            best_distance = distance;
            best = i;
        }
    }
    return best;
}

void names_hint(char *text, size_t size, const char *word, const void *names, size_t count, size_t stride)
{
    size_t i = names_nearest(word, names, count, stride);
    if (i < count)
        snprintf(text, size, "; did you mean '%s'?", name_at(names, i, stride));
    else if (size)
        text[0] = '\0';
}
