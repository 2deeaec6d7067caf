#include "logs/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum status file_load(const char *path, size_t max, struct bytes *out, struct error *err)
{
    FILE *file = fopen(path, "rb");
    struct stat about;
    if (!file || fstat(fileno(file), &about)) {
        enum status status = error_set(err, STATUS_IO, "cannot read %s: %s", path, strerror(errno));
        if (file)
            fclose(file);
        return status;
    }
    enum status status = STATUS_OK;
    size_t before = out->size, got;
    if (S_ISDIR(about.st_mode))
        status = error_set(err, STATUS_IO, "cannot read %s: it is a folder; name a file in it", path);
    while (!status && (got = fread(bytes_add(out, 65536), 1, 65536, file)) > 0) {
        out->size -= 65536 - got;
        if (out->size - before > max)
            status = error_set(err, STATUS_BAD_INPUT, "%s is larger than the %zu bytes allowed here", path, max);
    }
    if (!status) {
        out->size -= 65536; /* the last, empty read */
        if (ferror(file))
            status = error_set(err, STATUS_IO, "cannot read %s: %s", path, strerror(errno));
    }
    fclose(file);
    bytes_put_u8(out, 0);
    out->size--;
    return status;
}

enum status file_save(const char *path, const void *data, size_t size, struct error *err)
{
    struct bytes name = {0};
    bytes_format(&name, "%s.%ld.tmp", path, (long)getpid());
    bytes_put_u8(&name, 0);
    const char *temporary = (const char *)name.data;
    enum status status = STATUS_OK;
    FILE *file = fopen(temporary, "wb");
    bool whole = file && fwrite(data, 1, size, file) == size;
    if (file && fclose(file))
        whole = false;
    if (!whole || rename(temporary, path)) {
        status = error_set(err, STATUS_IO, "cannot write %s: %s", path, strerror(errno));
        if (file)
            unlink(temporary);
    }
    bytes_clear(&name);
    return status;
}

enum status file_replace(const char *temporary, const char *path, struct error *err)
{
    int fd = open(temporary, O_RDONLY | O_CLOEXEC);
    bool synced = fd >= 0 && !fsync(fd);
    if (fd >= 0)
        close(fd);
    if (synced && !rename(temporary, path))
        return STATUS_OK;
    error_set(err, STATUS_IO, "cannot write %s: %s", path, strerror(errno));
    unlink(temporary);
    return STATUS_IO;
}
