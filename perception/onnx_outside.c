/* Weights in files beside the model. The name comes from the model, so it may not lead anywhere else. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "perception/onnx_inside.h"

static bool stays_inside(const char *location)
{
    if (*location == '/' || strchr(location, '\\'))
        return false;
    for (const char *part = location; *part;) {
        size_t length = strcspn(part, "/");
        if (length == 2 && !memcmp(part, "..", 2))
            return false;
        part += length + (part[length] == '/');
    }
    return true;
}

static enum status read_all(int file, uint8_t *data, size_t size, off_t offset, const char *path, struct error *err)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(file, data + done, size - done, offset + (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return error_set(err, STATUS_IO, "cannot read %s: %s", path, got ? strerror(errno) : "it became shorter");
        done += (size_t)got;
    }
    return STATUS_OK;
}

enum status onnx_outside_read(const char *folder, const char *location, int64_t offset, int64_t length, size_t expected,
                              struct arena *arena, const void **data, struct error *err)
{
    char path[4096];
    struct stat about;
    ASSERT(folder && location);
    if (!stays_inside(location))
        return error_set(err, STATUS_BAD_INPUT,
                         "outside data in '%s' are refused: only paths below the model's folder are allowed", location);
    if (length >= 0 && (size_t)length != expected)
        return error_set(err, STATUS_BAD_INPUT, "%lld bytes in '%s' are named, but its shape needs %zu",
                         (long long)length, location, expected);
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, location) >= sizeof path)
        return error_set(err, STATUS_BAD_INPUT, "the path '%.80s...' is too long", location);
    /* Not through a link, and never waiting for a pipe's other end. */
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return error_set(err, STATUS_IO, "cannot open %s: %s", path,
                         errno == ELOOP ? "it is a symbolic link, and those are not followed" : strerror(errno));
    enum status status = STATUS_OK;
    if (fstat(file, &about) || !S_ISREG(about.st_mode))
        status = error_set(err, STATUS_IO, "%s is not a regular file", path);
    else if (offset < 0 || offset > about.st_size || (int64_t)expected > about.st_size - offset)
        status = error_set(err, STATUS_CORRUPT, "%s has %lld bytes, but %zu at offset %lld are needed", path,
                           (long long)about.st_size, expected, (long long)offset);
    else {
        uint8_t *bytes = arena_new(arena, expected, 1);
        status = read_all(file, bytes, expected, (off_t)offset, path, err);
        *data = bytes;
    }
    close(file);
    return status;
}
