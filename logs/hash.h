/* logs/hash.h - fingerprints of state and of schemas, and SHA-256 of whole files. */
#ifndef LOGS_HASH_H
#define LOGS_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "logs/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A 64-bit running hash over raw bytes: start with HASH_START, feed the result back. Not cryptographic. The value is
 * part of the log format (StateHash, schema fingerprints): changing the function is a format change. */
#define HASH_START 0xcbf29ce484222325u
uint64_t hash_bytes(uint64_t hash, const void *data, size_t size);
uint64_t hash_text(uint64_t hash, const char *text);

/* Lower-case hexadecimal SHA-256 of a file's bytes into text[65]. STATUS_IO if it cannot be read. */
MUST_USE enum status hash_file_sha256(const char *path, char text[65], struct error *err);

/* The same of bytes in memory. */
void hash_sha256(const void *data, size_t size, char text[65]);

#ifdef __cplusplus
}
#endif
#endif
