#include "logs/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logs/status.h"

enum { BLOCK_BYTES = 64 * 1024, PIECE_ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    _Alignas(16) unsigned char bytes[];
};

static _Noreturn void exhausted(size_t bytes)
{
    fprintf(stderr, "binnacle: out of memory asking for %zu bytes\n", bytes);
    abort();
}

static size_t product(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        exhausted(SIZE_MAX);
    return bytes ? bytes : 1;
}

void *memory_new(size_t count, size_t size)
{
    size_t bytes = product(count, size);
    void *memory = calloc(1, bytes);
    if (!memory)
        exhausted(bytes);
    return memory;
}

void *memory_resize(void *old, size_t count, size_t size)
{
    size_t bytes = product(count, size);
    void *memory = realloc(old, bytes);
    if (!memory)
        exhausted(bytes);
    return memory;
}

char *memory_string(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(memory_new(size, 1), text, size);
}

/* The next block with room for `bytes`: a kept one if it is large enough, else a new one. */
static struct arena_block *arena_grow(struct arena *arena, size_t bytes)
{
    struct arena_block **link = arena->current ? &arena->current->next : &arena->first;
    while (*link && (*link)->size < bytes)
        link = &(*link)->next;
    if (!*link) {
        size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        *link = memory_new(1, sizeof **link + size);
        (*link)->size = size;
    }
    (*link)->used = 0;
    return arena->current = *link;
}

void *arena_new(struct arena *arena, size_t count, size_t size)
{
    size_t bytes = (product(count, size) + PIECE_ALIGN - 1) & ~(size_t)(PIECE_ALIGN - 1);
    struct arena_block *block = arena->current;
    if (!block || block->size - block->used < bytes)
        block = arena_grow(arena, bytes);
    void *piece = memset(block->bytes + block->used, 0, bytes);
    block->used += bytes;
    return piece;
}

char *arena_string(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_new(arena, length + 1, 1);
    memcpy(copy, text, length);
    return copy;
}

void arena_reset(struct arena *arena)
{
    arena->current = arena->first;
    if (arena->first)
        arena->first->used = 0;
}

void arena_clear(struct arena *arena)
{
    for (struct arena_block *block = arena->first, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    *arena = (struct arena){0};
}
