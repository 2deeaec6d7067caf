#include "logs/hash.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

__extension__ typedef unsigned __int128 wide_word;

static uint64_t fold(uint64_t hash, uint64_t word)
{
    wide_word wide = (wide_word)(hash ^ word) * 0x9fb21c651e98df25u;
    return (uint64_t)wide ^ (uint64_t)(wide >> 64) ^ hash >> 32;
}

uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
    const uint8_t *at = data;
    uint64_t word;
    hash = fold(hash, size + 0x2545f4914f6cdd1du);
    for (; size >= sizeof word; at += sizeof word, size -= sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = fold(hash, word);
    }
    if (size) {
        word = 0;
        memcpy(&word, at, size);
        hash = fold(hash, word);
    }
    return hash;
}

uint64_t hash_text(uint64_t hash, const char *text) { return hash_bytes(hash, text, strlen(text)); }

enum status hash_file_sha256(const char *path, char text[65], struct error *err)
{
    struct stat about;
    if (!stat(path, &about) && !S_ISREG(about.st_mode)) /* a device may never end */
        return error_set(err, STATUS_IO, "cannot read %s: it is not a regular file", path);
    FILE *file = fopen(path, "rb");
    if (!file)
        return error_set(err, STATUS_IO, "cannot read %s: %s", path, strerror(errno));
    crypto_hash_sha256_state state;
    unsigned char buffer[65536], digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_init(&state);
    for (size_t size; (size = fread(buffer, 1, sizeof buffer, file)) > 0;)
        crypto_hash_sha256_update(&state, buffer, size);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed)
        return error_set(err, STATUS_IO, "cannot read %s to its end", path);
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(text, 65, digest, sizeof digest);
    return STATUS_OK;
}

void hash_sha256(const void *data, size_t size, char text[65])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, data, size);
    sodium_bin2hex(text, 65, digest, sizeof digest);
}
