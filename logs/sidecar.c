#include "logs/sidecar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "logs/file.h"
#include "logs/mcap_format.h"
#include "logs/memory.h"

enum { PAGE_BYTES = 4096 };
static const size_t SIDECAR_BYTES_MAX = (size_t)1 << 31;
static const uint64_t MAGIC = 0x014e45504f4c4e42; /* "BNLOPEN", version 1 */

struct commit {
    uint64_t tail, file_bytes, records;
    uint32_t crc, zero; /* of the three */
};
enum { COMMIT_COVERED = 24 };

/* A commit is written to the place not in use, then made the one in use: a kill between two stores leaves the old
 * one. */
struct head {
    _Atomic uint64_t magic;
    uint64_t definitions_bytes, definitions_crc, ring_offset, ring_bytes;
    struct ring_control control;
    struct commit commits[2];
    _Atomic uint64_t commit_count; /* the latest is commits[commit_count % 2] */
};
_Static_assert(sizeof(struct head) <= PAGE_BYTES, "the head is one page");

struct sidecar {
    char *path;
    int fd;
    struct head *head; /* NULL: not mapped */
    size_t size;
};

static char *path_of(const char *log)
{
    struct bytes text = {0};
    bytes_format(&text, "%s.open", log);
    bytes_put_u8(&text, 0);
    return (char *)text.data;
}

/* --- the recording side ----------------------------------------------------------------------------------------- */

enum status sidecar_lock(const char *log, struct sidecar **out, struct error *err)
{
    struct stat about;
    *out = NULL;
    if (!stat(log, &about) && !S_ISREG(about.st_mode))
        return error_set(err, STATUS_IO, "%s is no regular file, so nothing can be kept beside it", log);
    struct sidecar *sidecar = NEW(struct sidecar);
    sidecar->path = path_of(log);
    sidecar->fd = open(sidecar->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    enum status status = STATUS_OK;
    if (sidecar->fd < 0)
        status = error_set(err, STATUS_IO, "cannot create %s: %s", sidecar->path, strerror(errno));
    else if (fcntl(sidecar->fd, F_SETLK, &lock))
        status = errno == EACCES || errno == EAGAIN
                     ? error_set(err, STATUS_AGAIN, "cannot record to %s: another process is recording to it", log)
                     : error_set(err, STATUS_IO, "cannot lock %s: %s", sidecar->path, strerror(errno));
    if (!status) {
        *out = sidecar;
        return STATUS_OK;
    }
    if (sidecar->fd >= 0)
        close(sidecar->fd);
    free(sidecar->path);
    free(sidecar);
    return status;
}

enum status sidecar_map(struct sidecar *sidecar, const struct bytes *definitions, size_t ring_bytes, struct error *err)
{
    size_t ring_offset = (PAGE_BYTES + definitions->size + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    size_t size = ring_offset + ring_bytes;
    int failure = size > SIDECAR_BYTES_MAX ? EFBIG : ftruncate(sidecar->fd, 0) ? errno : 0;
    if (!failure)
        failure = posix_fallocate(sidecar->fd, 0, (off_t)size);
    void *at = failure ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, sidecar->fd, 0);
    if (at == MAP_FAILED)
        return error_set(err, STATUS_IO, "cannot set %zu bytes aside in %s: %s", size, sidecar->path,
                         strerror(failure ? failure : errno));
    sidecar->head = at;
    sidecar->size = size;
    memcpy((uint8_t *)at + PAGE_BYTES, definitions->data, definitions->size);
    sidecar->head->definitions_bytes = definitions->size;
    sidecar->head->definitions_crc = mcap_codec_crc(definitions->data, definitions->size);
    sidecar->head->ring_offset = ring_offset;
    sidecar->head->ring_bytes = ring_bytes;
    return STATUS_OK;
}

struct ring_control *sidecar_control(struct sidecar *sidecar) { return &sidecar->head->control; }

uint8_t *sidecar_memory(struct sidecar *sidecar) { return (uint8_t *)sidecar->head + sidecar->head->ring_offset; }

void sidecar_commit(struct sidecar *sidecar, uint64_t tail, uint64_t file_bytes, uint64_t records)
{
    struct commit commit = {tail, file_bytes, records, 0, 0};
    commit.crc = mcap_codec_crc(&commit, COMMIT_COVERED);
    struct head *head = sidecar->head;
    uint64_t count = atomic_load_explicit(&head->commit_count, memory_order_relaxed) + 1;
    head->commits[count % 2] = commit;
    atomic_store_explicit(&head->commit_count, count, memory_order_release);
    atomic_store_explicit(&head->magic, MAGIC, memory_order_release);
}

void sidecar_sync(struct sidecar *sidecar) { msync(sidecar->head, sidecar->size, MS_SYNC); }

void sidecar_remove(struct sidecar **handle)
{
    struct sidecar *sidecar = *handle;
    if (!sidecar)
        return;
    if (sidecar->head)
        munmap(sidecar->head, sidecar->size);
    unlink(sidecar->path);
    close(sidecar->fd);
    free(sidecar->path);
    free(sidecar);
    *handle = NULL;
}

/* --- the repairing side ----------------------------------------------------------------------------------------- */

static bool is_locked(const char *path)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool locked = fd >= 0 && !fcntl(fd, F_GETLK, &lock) && lock.l_type != F_UNLCK;
    if (fd >= 0)
        close(fd);
    return locked;
}

/* False if the head is none, or points outside the file. */
static bool view_fill(struct sidecar_view *view)
{
    const struct bytes *bytes = &view->bytes;
    const struct head *head = (const struct head *)(const void *)bytes->data;
    if (bytes->size < PAGE_BYTES || head->magic != MAGIC || head->ring_offset > bytes->size ||
        head->ring_bytes > bytes->size - head->ring_offset || !head->ring_bytes || head->ring_bytes % RING_ALIGN ||
        head->ring_offset < PAGE_BYTES || head->definitions_bytes > head->ring_offset - PAGE_BYTES ||
        mcap_codec_crc(bytes->data + PAGE_BYTES, head->definitions_bytes) != head->definitions_crc)
        return false;
    const struct commit *commit = &head->commits[head->commit_count % 2];
    if (mcap_codec_crc(commit, COMMIT_COVERED) != commit->crc)
        return false;
    view->definitions = (struct cursor){bytes->data + PAGE_BYTES, head->definitions_bytes, 0, false};
    view->ring = (struct ring_view){bytes->data + head->ring_offset, head->ring_bytes, commit->tail,
                                    head->control.head};
    view->file_bytes = commit->file_bytes;
    view->records = head->control.put - commit->records;
    return true;
}

enum status sidecar_load(const char *log, struct sidecar_view *view, struct error *err)
{
    *view = (struct sidecar_view){0};
    char *path = path_of(log);
    struct error why = {0};
    enum status status = STATUS_OK;
    if (access(path, F_OK))
        status = STATUS_END;
    if (!status)
        view->recording = is_locked(path);
    if (!status && file_load(path, SIDECAR_BYTES_MAX, &view->bytes, &why))
        status = error_set(err, why.status, "%s", why.text);
    if (!status && !view_fill(view))
        status = error_set(err, STATUS_CORRUPT, "%s is damaged, or its recording was killed before it began", path);
    free(path);
    return status;
}

void sidecar_forget(const char *log)
{
    char *path = path_of(log);
    unlink(path);
    free(path);
}
