/* logs/file.h - whole files, in and out. */
#ifndef LOGS_FILE_H
#define LOGS_FILE_H

#include "logs/bytes.h"

/* Appends the file's bytes plus a NUL that is not counted. STATUS_IO (missing, unreadable, a folder),
 * STATUS_BAD_INPUT over `max` bytes. */
MUST_USE enum status file_load(const char *path, size_t max, struct bytes *out, struct error *err);
/* Writes to a temporary name beside `path` and renames: the old file or the new one, never half. */
MUST_USE enum status file_save(const char *path, const void *data, size_t size, struct error *err);
/* Gives the finished file `temporary` the name `path`, once the disk has its bytes. On failure it is removed. */
MUST_USE enum status file_replace(const char *temporary, const char *path, struct error *err);

#endif
