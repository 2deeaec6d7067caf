#include "logs/ring.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "logs/mcap_format.h"
#include "logs/memory.h"

enum { NS_PER_S = 1000000000, RECORDS_THAT_FIT = 4, BATCH_PART = 8 };

struct ring {
    struct ring_control *control;
    uint8_t *memory;
    size_t capacity;
    _Atomic uint64_t tail;                 /* released */
    uint64_t taken;                        /* consumer: handed out */
    uint64_t announced;                    /* producer: head when the consumer was last woken */
    _Atomic uint64_t waits;
    pthread_mutex_t lock;                  /* over what follows */
    pthread_cond_t work, room;
    uint64_t done; /* the consumer is finished with everything below */
    bool wake, closed;
};

struct ring *ring_create(struct ring_control *control, uint8_t *memory, size_t capacity)
{
    ASSERT(capacity % RING_ALIGN == 0 && capacity >= RECORDS_THAT_FIT * RING_ALIGN);
    struct ring *ring = NEW(struct ring);
    ring->control = control;
    ring->memory = memory;
    ring->capacity = capacity;
    pthread_condattr_t monotonic; /* as clock_wall_ns */
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&ring->work, &monotonic);
    pthread_cond_init(&ring->room, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&ring->lock, NULL);
    return ring;
}

void ring_destroy(struct ring **handle)
{
    struct ring *ring = *handle;
    if (!ring)
        return;
    pthread_cond_destroy(&ring->work);
    pthread_cond_destroy(&ring->room);
    pthread_mutex_destroy(&ring->lock);
    free(ring);
    *handle = NULL;
}

size_t ring_record_max(const struct ring *ring)
{
    return ring->capacity / RECORDS_THAT_FIT - RING_PREFIX_BYTES - RING_ALIGN;
}

static uint64_t ring_space(size_t size)
{
    return (RING_PREFIX_BYTES + (uint64_t)size + RING_ALIGN - 1) / RING_ALIGN * RING_ALIGN;
}

static uint64_t ring_head(const struct ring *ring)
{
    return atomic_load_explicit(&ring->control->head, memory_order_acquire);
}

/* --- producer --------------------------------------------------------------------------------------------------- */

static void room_wait(struct ring *ring, uint64_t end)
{
    if (end - atomic_load_explicit(&ring->tail, memory_order_acquire) <= ring->capacity)
        return;
    atomic_fetch_add_explicit(&ring->waits, 1, memory_order_relaxed);
    pthread_mutex_lock(&ring->lock);
    while (end - atomic_load_explicit(&ring->tail, memory_order_acquire) > ring->capacity) {
        ring->wake = true;
        pthread_cond_signal(&ring->work);
        pthread_cond_wait(&ring->room, &ring->lock);
    }
    pthread_mutex_unlock(&ring->lock);
}

void ring_put(struct ring *ring, const void *head, size_t head_size, const void *body, size_t body_size)
{
    size_t size = head_size + body_size;
    ASSERT(size <= ring_record_max(ring));
    uint64_t start = atomic_load_explicit(&ring->control->head, memory_order_relaxed), space = ring_space(size);
    uint64_t left = ring->capacity - start % ring->capacity;
    room_wait(ring, start + (left < space ? left : 0) + space);
    if (left < space) {
        const uint32_t skip = RING_SKIP;
        memcpy(ring->memory + start % ring->capacity, &skip, sizeof skip);
        start += left;
    }
    uint8_t *at = ring->memory + start % ring->capacity;
    uint32_t crc = mcap_codec_crc(head, head_size);
    const uint32_t prefix[2] = {(uint32_t)size, body_size ? mcap_codec_crc_more(crc, body, body_size) : crc};
    memcpy(at, prefix, sizeof prefix);
    memcpy(at + RING_PREFIX_BYTES, head, head_size);
    if (body_size)
        memcpy(at + RING_PREFIX_BYTES + head_size, body, body_size);
    atomic_store_explicit(&ring->control->head, start + space, memory_order_release);
    atomic_fetch_add_explicit(&ring->control->put, 1, memory_order_relaxed);
    if (start + space - ring->announced >= ring->capacity / BATCH_PART)
        ring_wake(ring);
}

void ring_wake(struct ring *ring)
{
    ring->announced = atomic_load_explicit(&ring->control->head, memory_order_relaxed);
    pthread_mutex_lock(&ring->lock);
    ring->wake = true;
    pthread_cond_signal(&ring->work);
    pthread_mutex_unlock(&ring->lock);
}

void ring_drain(struct ring *ring)
{
    uint64_t head = ring_head(ring);
    pthread_mutex_lock(&ring->lock);
    while (ring->done < head) {
        ring->wake = true;
        pthread_cond_signal(&ring->work);
        pthread_cond_wait(&ring->room, &ring->lock);
    }
    pthread_mutex_unlock(&ring->lock);
}

void ring_close(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    ring->closed = true;
    pthread_cond_signal(&ring->work);
    pthread_mutex_unlock(&ring->lock);
}

uint64_t ring_waits(const struct ring *ring) { return atomic_load_explicit(&ring->waits, memory_order_relaxed); }

/* --- consumer --------------------------------------------------------------------------------------------------- */

bool ring_wait(struct ring *ring, int64_t until_ns)
{
    const struct timespec until = {.tv_sec = until_ns / NS_PER_S, .tv_nsec = until_ns % NS_PER_S};
    int timed_out = 0;
    pthread_mutex_lock(&ring->lock);
    ring->done = ring->taken;
    pthread_cond_signal(&ring->room);
    while (!ring->wake && !ring->closed && !timed_out)
        timed_out = until_ns == INT64_MAX ? pthread_cond_wait(&ring->work, &ring->lock)
                                          : pthread_cond_timedwait(&ring->work, &ring->lock, &until);
    ring->wake = false;
    bool more = !ring->closed || ring->taken != ring_head(ring);
    pthread_mutex_unlock(&ring->lock);
    return more;
}

bool ring_next(struct ring *ring, struct ring_record *record)
{
    uint64_t head = ring_head(ring);
    if (ring->taken == head)
        return false;
    uint32_t size;
    memcpy(&size, ring->memory + ring->taken % ring->capacity, sizeof size);
    if (size == RING_SKIP) {
        ring->taken += ring->capacity - ring->taken % ring->capacity;
        memcpy(&size, ring->memory, sizeof size);
    }
    const uint8_t *at = ring->memory + ring->taken % ring->capacity;
    uint64_t start = ring->taken;
    ring->taken += ring_space(size);
    *record = (struct ring_record){at + RING_PREFIX_BYTES, size, start, ring->taken};
    return true;
}

void ring_release(struct ring *ring, uint64_t position)
{
    pthread_mutex_lock(&ring->lock);
    atomic_store_explicit(&ring->tail, position, memory_order_release);
    pthread_cond_signal(&ring->room);
    pthread_mutex_unlock(&ring->lock);
}

uint64_t ring_taken(const struct ring *ring) { return ring->taken; }

/* --- from outside ----------------------------------------------------------------------------------------------- */

enum status ring_view_next(struct ring_view *view, struct ring_record *record)
{
    if (view->position == view->head)
        return STATUS_END;
    if (view->head < view->position || view->head - view->position > view->capacity || view->position % RING_ALIGN)
        return STATUS_CORRUPT;
    uint32_t prefix[2];
    uint64_t left = view->capacity - view->position % view->capacity;
    memcpy(prefix, view->memory + view->position % view->capacity, sizeof prefix);
    if (prefix[0] == RING_SKIP && left <= view->head - view->position) {
        view->position += left;
        return view->position % view->capacity == 0 && left < view->capacity ? ring_view_next(view, record)
                                                                             : STATUS_CORRUPT;
    }
    uint64_t space = ring_space(prefix[0]);
    const uint8_t *data = view->memory + view->position % view->capacity + RING_PREFIX_BYTES;
    if (space > left || space > view->head - view->position || mcap_codec_crc(data, prefix[0]) != prefix[1])
        return STATUS_CORRUPT;
    *record = (struct ring_record){data, prefix[0], view->position, view->position + space};
    view->position += space;
    return STATUS_OK;
}
