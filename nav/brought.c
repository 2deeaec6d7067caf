#include "nav/brought.h"

#include <stdio.h>
#include <string.h>

static bool ends_in(const char *text, size_t length, const char *ending)
{
    size_t tail = strlen(ending);
    return length > tail && !memcmp(text + length - tail, ending, tail);
}

enum brought brought_kind(const char *what)
{
    const char *hash = strrchr(what, '#');
    size_t length = hash ? (size_t)(hash - what) : strlen(what);
    if (strstr(what, "://"))
        return BROUGHT_PROCESS;
    if (ends_in(what, length, ".so"))
        return BROUGHT_LIBRARY;
    return ends_in(what, length, ".onnx") ? BROUGHT_NETWORK : BROUGHT_NOT;
}

void brought_name(char name[BROUGHT_NAME_MAX], const char *path, const char *sha256)
{
    const char *slash = strrchr(path, '/');
    snprintf(name, BROUGHT_NAME_MAX, "%.80s#%.8s", slash ? slash + 1 : path, sha256);
}
