#include "logs/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void sentence_put(char *text, size_t size, const char *format, va_list args)
{
    int length = vsnprintf(text, size, format, args);
    if (length >= (int)size)
        memcpy(text + size - 4, "...", 4);
}

enum status error_set(struct error *err, enum status status, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        err->status = status;
        sentence_put(err->text, sizeof err->text, format, args);
        va_end(args);
    }
    return status;
}

enum status error_context(struct error *err, const char *format, ...)
{
    if (!err)
        return STATUS_IO;
    struct error inner = *err;
    char context[sizeof err->text / 2];
    va_list args;
    va_start(args, format);
    sentence_put(context, sizeof context, format, args);
    va_end(args);
    return error_set(err, inner.status, "%s: %s", context, inner.text);
}

int status_exit_code(enum status status)
{
    static const int codes[] = {
        [STATUS_OK] = 0,      [STATUS_BAD_INPUT] = 2, [STATUS_IO] = 3,  [STATUS_CORRUPT] = 3,
        [STATUS_VERSION] = 3, [STATUS_DIVERGED] = 1,  [STATUS_END] = 0, [STATUS_AGAIN] = 0,
    };
    return codes[status];
}

void assert_failed(const char *file, int line, const char *text)
{
    fprintf(stderr, "binnacle: %s:%d: assertion failed: %s\n", file, line, text);
    abort();
}
